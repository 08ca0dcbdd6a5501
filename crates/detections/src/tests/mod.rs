//! Tests of the whole store from inside, where a search needs no permit. `tests/it` goes through the permits.

mod check;
mod corpora;
mod craft;
mod crash;
mod damage;
mod faults;
mod forged;
mod full;
mod limits;
mod migrate;
mod model;
mod oracle;
mod photos;
pub(crate) mod support;
mod torn;
