//! What cameras and files send, read into detections.

mod files;
mod given;
mod nasty;
mod native;
mod plate_recognizer;
mod rekor;
