//! The ledger from outside, on SQLite and, where one is named, on PostgreSQL.

mod place;
mod reading;
mod receipts;
mod recording;
mod verifying;

#[test]
fn aud_1_nobody_but_the_ledger_makes_a_proof_of_recording() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
