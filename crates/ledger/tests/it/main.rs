//! The ledger from outside, on the embedded database and, where one is named, on the other.

#[cfg(test)]
mod killed;
#[cfg(test)]
mod outside;
#[cfg(test)]
mod place;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod verifying;
#[cfg(test)]
mod witnessed;

#[test]
fn aud_1_nobody_but_the_ledger_makes_a_proof_of_recording() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
