//! The HTTP edge: the route table with access and audit classes, problem details, the OpenAPI document, the first page.

pub mod openapi;
pub mod page;
pub mod problem;
pub mod routes;
pub mod serve;

pub use problem::Problem;
