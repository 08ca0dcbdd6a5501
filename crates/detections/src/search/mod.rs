//! The search: a question over permitted pools, compiled once, run over every segment of a snapshot.
//!
//! `plan` is the compiled question, `scan` runs it over one segment, `gather` over all of them, `listing` over
//! the indexes that stand for many; `newest`, `common_plate` and
//! `density` are what is made of the matches. The definition of every result is in `domain`; `tests/oracle.rs` compares.

pub(crate) mod common_plate;
pub(crate) mod density;
pub(crate) mod gather;
pub(crate) mod listing;
pub(crate) mod newest;
pub(crate) mod plan;
pub(crate) mod scan;
pub(crate) mod turn;
