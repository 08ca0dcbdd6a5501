//! The bounds of what a feed may send, by name. Those of a stored detection are in [`domain::limits`].

/// Bytes of one body. A full batch without photos is about 6 MiB; one detection with eight large photos about 43 MiB.
pub const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Characters of a plate as a reader writes it, separators included. Longer than any plate; `PlateText` then allows 16.
pub const RAW_PLATE_CHARS_MAX: usize = 64;
/// Alternative readings that are looked at in one native detection or file row; the best [`domain::limits::READINGS_MAX`] are kept.
pub const READINGS_READ_MAX: usize = 1_000;
/// Plates in one frame or event of a vendor's reader.
pub const PLATES_PER_EVENT_MAX: usize = 32;
/// Frames of one car that a Rekor group may name.
pub const FRAMES_PER_GROUP_MAX: usize = 2_000;
/// Pixels along one side of a photo.
pub const PHOTO_SIDE_PX_MAX: u32 = 16_384;
/// Pixels of a photo. An image that unpacks to more is refused before anything unpacks it.
pub const PHOTO_PIXELS_MAX: u64 = 64_000_000;
/// A plate lower than this in the picture is marked low quality (DET-7). Vendors ask for characters of about 15 pixels
/// and plates of 75 pixels' width; a plate's characters take about three quarters of a tight box around it.
pub const PLATE_HEIGHT_PX_MIN: u32 = 20;
/// Bytes of one row of a CSV or NDJSON file.
pub const ROW_BYTES_MAX: usize = 64 * 1024;
/// Characters of a camera's name in a file.
pub const CAMERA_NAME_CHARS_MAX: usize = 128;
/// Rows of a Parquet file that are in memory at once.
pub const PARQUET_BATCH_ROWS: usize = 8_192;
