//! Every bound that a caller can meet, by name (invariant 8). Policy can only narrow these.

/// Characters of a plate after normalising.
pub const PLATE_CHARS_MAX: usize = 16;
/// Tokens of a plate pattern.
pub const PATTERN_TOKENS_MAX: usize = 32;
/// Alternative readings kept with a detection.
pub const READINGS_MAX: usize = 10;
/// Photos kept with a detection.
pub const PHOTOS_MAX: usize = 8;
/// Bytes of one photo.
pub const PHOTO_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Detections in one batch.
pub const BATCH_DETECTIONS_MAX: usize = 10_000;
/// Characters of a camera's own event id.
pub const EVENT_ID_CHARS_MAX: usize = 128;
/// Characters of a make, model or colour.
pub const VEHICLE_WORD_CHARS_MAX: usize = 40;
/// Areas in one question.
pub const AREAS_MAX: usize = 50;
/// Corners of one area, holes included.
pub const AREA_CORNERS_MAX: usize = 10_000;
/// Characters of a justification or of suspicion facts. Bounded so that a sealed ledger record stays small.
pub const JUSTIFICATION_CHARS_MAX: usize = 4_000;
/// Characters of a case reference, a subject or a target.
pub const PURPOSE_FIELD_CHARS_MAX: usize = 200;
/// From this many results on, a question is first answered by a warning (LIM-1).
pub const RESULTS_WARNING: usize = 10_000;
/// Newest results returned after the warning was confirmed (LIM-1).
pub const RESULTS_AFTER_WARNING: usize = 5_000;
/// Rows in one page of an answer.
pub const PAGE_ROWS: usize = 500;
/// How far ahead of the server's clock a scan time may be before the read is quarantined.
pub const FUTURE_MICROS_MAX: i64 = 5 * 60 * 1_000_000;
