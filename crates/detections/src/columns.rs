//! The sections of a segment, listed once: what the encoder fills and what the reader resolves are made from this list.

use crate::container::{Column, ContainerWriter, FormatError, Line, Toc};

macro_rules! sections {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $name:literal,)+) => {
        /// The sections as they are filled by the encoder.
        #[derive(Debug, Default)]
        pub(crate) struct Filled { $($(#[$doc])* pub(crate) $field: Vec<$type>,)+ }

        impl Filled {
            pub(crate) fn into_file(self, rows: u64) -> Vec<Line> {
                let mut writer = ContainerWriter::default();
                $(writer.add::<$type>($name, &self.$field);)+
                writer.finish(rows)
            }
        }

        /// Where the sections lie in one file.
        #[derive(Debug)]
        pub(crate) struct Columns { $(pub(crate) $field: Column<$type>,)+ }

        impl Columns {
            pub(crate) fn resolve(toc: &Toc) -> Result<Self, FormatError> {
                Ok(Self { $($field: toc.column($name)?,)+ })
            }
        }

        /// The sections of one file, read in place.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct View<'a> { $($(#[$doc])* pub(crate) $field: &'a [$type],)+ }

        impl<'a> View<'a> {
            pub(crate) fn of(columns: &Columns, file: &'a [u8]) -> Self {
                Self { $($field: columns.$field.of(file),)+ }
            }
        }
    };
}

sections! {
    id: u64 = "id",
    /// Rows in ascending order of id.
    id_order: u32 = "id.order",
    /// Index into the `origin.*` tables.
    origin: u32 = "origin",
    origin_owner: u32 = "origin.owner",
    origin_pool: u32 = "origin.pool",
    origin_camera: u32 = "origin.camera",
    /// Position of the word in `Source::ALL`.
    origin_source: u8 = "origin.source",
    event_offsets: u32 = "event.offsets",
    event_bytes: u8 = "event.bytes",
    /// Event hashes in ascending order, and the row of each.
    event_hash: u64 = "event.hash",
    event_row: u32 = "event.row",
    /// Rows with a version above 1, ascending, with version and the id that each supersedes.
    update_row: u32 = "update.row",
    update_version: u32 = "update.version",
    update_supersedes: u64 = "update.supersedes",
    scan_time: i64 = "scan_time",
    receive_time: i64 = "receive_time",
    raw: u32 = "raw",
    raw_offsets: u32 = "raw.offsets",
    raw_bytes: u8 = "raw.bytes",
    /// Index into the sorted plate dictionary.
    plate: u32 = "plate",
    plate_offsets: u32 = "plate.offsets",
    plate_bytes: u8 = "plate.bytes",
    /// Postings: the rows of each plate, newest first.
    plate_post_offsets: u32 = "plate.post_offsets",
    plate_post_rows: u32 = "plate.post_rows",
    /// Index into `state.codes`; 0 is the unknown state.
    state: u32 = "state",
    state_codes: [u8; 6] = "state.codes",
    confidence: u16 = "confidence",
    reading_offsets: u32 = "reading.offsets",
    /// Index into the sorted dictionary of alternative readings.
    reading_plate: u32 = "reading.plate",
    reading_confidence: u16 = "reading.confidence",
    rplate_offsets: u32 = "rplate.offsets",
    rplate_bytes: u8 = "rplate.bytes",
    rplate_post_offsets: u32 = "rplate.post_offsets",
    rplate_post_rows: u32 = "rplate.post_rows",
    /// Index into the `vehicle.*` tables.
    vehicle: u32 = "vehicle",
    /// Index into the word dictionary; `u32::MAX` is not reported.
    vehicle_make: u32 = "vehicle.make",
    vehicle_model: u32 = "vehicle.model",
    vehicle_colour: u32 = "vehicle.colour",
    /// -1 is not reported.
    vehicle_year: i32 = "vehicle.year",
    word_offsets: u32 = "word.offsets",
    word_bytes: u8 = "word.bytes",
    lat_e7: i32 = "lat_e7",
    lon_e7: i32 = "lon_e7",
    photos_stored: u8 = "photos_stored",
    photos_at_camera: u8 = "photos_at_camera",
    /// Bit 0: low quality; bit 1: the reader reported a confidence.
    flags: u8 = "flags",
    /// Zone maps: one element for each block of `BLOCK_ROWS` rows.
    block_time_min: i64 = "block.time_min",
    block_time_max: i64 = "block.time_max",
    block_lat_min: i32 = "block.lat_min",
    block_lat_max: i32 = "block.lat_max",
    block_lon_min: i32 = "block.lon_min",
    block_lon_max: i32 = "block.lon_max",
}

/// Rows of one block of the zone maps.
pub(crate) const BLOCK_ROWS: usize = 1024;
pub(crate) const NOT_REPORTED: u32 = u32::MAX;
pub(crate) const FLAG_LOW_QUALITY: u8 = 1;
pub(crate) const FLAG_HAS_CONFIDENCE: u8 = 2;
