//! The HTTP edge: the route table with access and audit classes, problem details, the OpenAPI document, the web app.

pub mod csv_body;
pub mod door;
pub mod health;
pub mod openapi;
pub mod problem;
pub mod refusals;
pub mod routes;
pub mod serve;
pub mod tls;
pub mod web;

pub use problem::Problem;
