//! Cameras: their registration and credentials, what they post, and what is logged of it.

pub mod api;
pub mod caller;
pub mod ingest_log;
pub mod quarantine;
pub mod store;
