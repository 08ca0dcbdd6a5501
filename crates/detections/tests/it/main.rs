//! The store through its only door: permits that policy gave and the ledger recorded.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests that fails should fail the test")]

mod compile_fail;
mod gate;
mod house;
mod together;
