//! A permit for one question cannot be turned to another.

use domain::Question;
use policy::{Permit, Rows};

fn turn(mut permit: Permit<Rows>, other: Question) -> Permit<Rows> {
    permit.question = other;
    permit
}

fn main() {}
