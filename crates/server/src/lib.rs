//! The product: HTTP API, features as folders, background tasks, command line. The binary `sightline` is a thin shell.

pub mod accounts;
pub mod agencies;
pub mod app;
pub mod basemap;
pub mod cameras;
pub mod commands;
pub mod http;
pub mod oversight;
pub mod people;
pub mod queries;
pub mod saved_areas;
pub mod sharing;
pub mod training;

pub use app::{App, Setup};
