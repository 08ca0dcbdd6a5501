//! Areas that a person keeps for the next question: that person's own, sealed, each change a recorded act.

pub mod api;
pub mod store;
