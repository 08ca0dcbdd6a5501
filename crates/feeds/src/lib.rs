//! What cameras and files send, read into detections. Pure: bytes in, detections or reasons out.
