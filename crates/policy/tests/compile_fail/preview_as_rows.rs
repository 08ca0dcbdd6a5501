//! A permit to see a number is not one to see plates.

use policy::{Permit, Preview, Rows};

fn rows(permit: Permit<Rows>) {
    drop(permit);
}

fn widen(permit: Permit<Preview>) {
    rows(permit);
}

fn main() {}
