//! Training (ACC-5): two short courses with a test, records of the others by import, and who must learn what and when.
//!
//! What is required, and for how long a training is good, is policy; what was passed is here.

pub mod acts;
pub mod api;
pub mod courses;
pub mod import;
pub mod store;
pub mod views;
