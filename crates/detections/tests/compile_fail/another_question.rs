//! The question of a recorded permit cannot be exchanged for another.
use domain::Question;
use ledger::Recorded;
use policy::{Permit, Rows};

fn exchange(permit: &mut Recorded<Permit<Rows>>, other: Question) {
    *permit.act().question() = other;
}

fn main() {}
