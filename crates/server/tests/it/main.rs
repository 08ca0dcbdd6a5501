//! The server's tests: one file per feature, names that are sentences. `world` builds what they share.

mod accounts;
mod gate;
mod ingest;
mod large;
mod management;
mod photos;
mod refusals;
mod routes;
mod world;
