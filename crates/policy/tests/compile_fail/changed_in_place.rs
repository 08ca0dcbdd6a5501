//! Nor can the question or the pools be changed through what the permit shows.

use domain::{PoolId, Question};
use policy::{Permit, Rows};

fn turn(permit: &mut Permit<Rows>, other: Question) {
    *permit.question() = other;
}

fn add(permit: &mut Permit<Rows>, pool: PoolId) {
    permit.pools()[0] = pool;
}

fn main() {}
