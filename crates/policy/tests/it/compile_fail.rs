//! The detours that do not build.

#[test]
fn a_permit_cannot_be_made_copied_or_changed_outside_the_decision() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
