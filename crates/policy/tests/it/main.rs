//! The rules of the presets, as plain sentences: each test says what may be asked, or what the refusal says.

mod asking;
mod compile_fail;
mod evidence;
mod extent;
mod matrix;
mod properties;
mod purpose;
mod sharing;
mod speed;
mod standing;
