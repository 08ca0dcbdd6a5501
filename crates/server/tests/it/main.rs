//! The server's tests: one file per feature, names that are sentences. `world` builds what they share.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::needless_pass_by_value,
    reason = "a test that meets the unexpected fails there, says what it leaves out, and takes JSON as it is written"
)]

mod accounts;
mod areas;
mod areas_postgis;
mod asking;
mod basemap;
mod coverage;
mod databases;
mod facts;
mod gate;
mod ingest;
mod invitations;
mod keys;
mod kinds;
mod large;
mod management;
mod marks;
mod passkeys;
mod passwords;
mod people;
mod photos;
mod policy_changes;
mod policy_page;
mod presets;
mod receipts;
mod refusals;
mod reminders;
mod revocation;
mod routes;
mod saved_areas;
mod sharing;
#[path = "../smtp/mod.rs"]
mod smtp;
mod soft_key;
mod sources;
mod training;
mod vouching;
mod web;
mod world;
