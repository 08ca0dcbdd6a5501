//! The ledger as the server uses it: entries that are not permits or acts, and the public log over HTTP.

pub mod alarms;
pub mod api;
pub mod entries;
pub mod key_rotation;
