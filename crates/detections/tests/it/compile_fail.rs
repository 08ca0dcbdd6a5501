//! The detours that do not build.

#[test]
fn inv_1_no_search_and_no_photo_without_a_recorded_permit_for_exactly_that() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
