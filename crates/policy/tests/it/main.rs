//! The rules of the presets, as plain sentences: each test says what may be asked, or what the refusal says.

#![allow(clippy::unwrap_used, reason = "a helper of tests that fails should fail the test")]

mod asking;
mod compile_fail;
mod evidence;
mod extent;
mod kinds;
mod matrix;
mod presets;
mod print;
mod properties;
mod purpose;
mod sharing;
mod speed;
mod standing;
mod widening;
