//! A permit has private fields: only a decision makes one.

use policy::{Permit, Rows};

fn forge(real: &Permit<Rows>) -> Permit<Rows> {
    Permit { query: real.query(), by: real.by().clone() }
}

fn main() {}
