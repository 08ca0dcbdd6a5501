//! A permit is used once: it cannot be cloned.

use policy::{Permit, Rows};

fn twice(permit: Permit<Rows>) -> (Permit<Rows>, Permit<Rows>) {
    (permit.clone(), permit)
}

fn main() {}
