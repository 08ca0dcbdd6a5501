//! What cameras and files send, read into detections.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on should stop where it stands")]

mod files;
mod given;
mod nasty;
mod native;
mod plate_recognizer;
mod rekor;
