//! Agencies, units and reasons: the facts that policy decides on, and the acts that change them.
//!
//! Every change is an [`acts::Act`]: recorded in the ledger first, then applied.

pub mod acts;
pub mod api;
pub mod cases;
mod new_accounts;
pub mod overview;
pub mod policy_changes;
pub mod policy_page;
pub mod presets;
pub mod rules_text;
pub mod store;
