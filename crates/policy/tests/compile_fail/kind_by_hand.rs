//! What a permit allows cannot be made apart from it.

use policy::Rows;

fn confirm() -> Rows {
    Rows { confirmed_large: true }
}

fn main() {}
