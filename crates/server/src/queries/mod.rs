//! Questions: how they are read, how they pass the gate, how their answers are kept and shown.
//!
//! Start at [`gate`]: purpose, decision, durable ledger entry, search, outcome, in this order and no other.

pub mod answers;
pub mod api;
pub mod area_budget;
pub mod asking;
pub mod body;
pub mod gate;
pub mod kinds;
pub mod marks;
pub mod measure;
pub mod photos;
pub mod prints;
pub mod rows;
pub mod sentence;
pub mod texts;
