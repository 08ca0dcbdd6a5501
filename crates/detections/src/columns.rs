//! The sections of a segment, listed once: what the encoder fills and what the reader resolves are made from this list.
//! `docs/segment-format.md` says what each means.

use crate::container::{ContainerWriter, Line, SEGMENT, U24};

/// What a reader resolves, of a list of sections.
macro_rules! resolved_sections {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $name:literal,)+) => {
        /// Where the sections lie in one file.
        #[derive(Debug)]
        pub(crate) struct Columns { $(pub(crate) $field: $crate::container::Column<$type>,)+ }

        impl Columns {
            pub(crate) fn resolve(toc: &$crate::container::Toc) -> Result<Self, $crate::container::FormatError> {
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
pub(crate) use resolved_sections;

macro_rules! filled_sections {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $name:literal,)+) => {
        /// The sections as they are filled by the encoder.
        #[derive(Debug, Default)]
        pub(crate) struct Filled { $($(#[$doc])* pub(crate) $field: Vec<$type>,)+ }

        impl Filled {
            pub(crate) fn into_file(self, rows: u64) -> Vec<Line> {
                let mut writer = ContainerWriter::default();
                $(writer.add::<$type>($name, self.$field);)+
                writer.finish(SEGMENT, rows)
            }
        }
    };
}

macro_rules! sections {
    ($($list:tt)+) => {
        resolved_sections! { $($list)+ }
        filled_sections! { $($list)+ }
    };
}

sections! {
    /// Lowest scan time, lowest difference of receive and scan time, lowest id: what the next three count from.
    base: i64 = "base",
    id_low: u32 = "id.low",
    id_mid: u8 = "id.mid",
    id_top: u32 = "id.top",
    time_low: u32 = "time.low",
    time_mid: u8 = "time.mid",
    time_top: u32 = "time.top",
    receive_low: u32 = "receive.low",
    receive_mid: u8 = "receive.mid",
    receive_top: u32 = "receive.top",
    lat_e7: i32 = "lat_e7",
    lon_e7: i32 = "lon_e7",
    /// Index into the `origin.*` tables; the high half is empty where it is zero everywhere.
    origin: u16 = "origin",
    origin_high: u16 = "origin.high",
    origin_owner: u32 = "origin.owner",
    origin_pool: u32 = "origin.pool",
    origin_camera: u32 = "origin.camera",
    /// Position of the word in `Source::ALL`.
    origin_source: u8 = "origin.source",
    /// The pools of the segment, ascending.
    pool: u32 = "pool",
    /// Index into `state.codes`; 0 is the unknown state.
    state: u8 = "state",
    state_high: u16 = "state.high",
    state_codes: [u8; 6] = "state.codes",
    confidence: u16 = "confidence",
    /// Index into the `vehicle.*` tables.
    vehicle: u16 = "vehicle",
    vehicle_high: u16 = "vehicle.high",
    /// Index into the word dictionary; `u32::MAX` is not reported.
    vehicle_make: u32 = "vehicle.make",
    vehicle_model: u32 = "vehicle.model",
    vehicle_colour: u32 = "vehicle.colour",
    /// -1 is not reported.
    vehicle_year: i32 = "vehicle.year",
    word_offsets: u32 = "word.offsets",
    word_bytes: u8 = "word.bytes",
    /// See the constants below.
    flags: u8 = "flags",
    photos_stored: u8 = "photos_stored",
    photos_at_camera: u8 = "photos_at_camera",
    /// Number in the index `plate.*`.
    plate: U24 = "plate",
    plate_key: u64 = "plate.key",
    plate_row: U24 = "plate.row",
    plate_sample: u64 = "plate.sample",
    plate_reversed_key: u64 = "plate.reversed_key",
    plate_reversed_sample: u64 = "plate.reversed_sample",
    plate_filter: u32 = "plate.filter",
    plate_long_offsets: u32 = "plate.long.offsets",
    plate_long_head: u64 = "plate.long.head",
    plate_long_tail: u64 = "plate.long.tail",
    plate_long_bytes: u8 = "plate.long.bytes",
    plate_long_post_offsets: u32 = "plate.long.post_offsets",
    plate_long_post_rows: U24 = "plate.long.post_rows",
    /// Alternative readings in the order of rows: the row, the number in the index `rplate.*`, the confidence.
    reading_row: U24 = "reading.row",
    reading_plate: U24 = "reading.plate",
    reading_confidence: u16 = "reading.confidence",
    rplate_key: u64 = "rplate.key",
    rplate_row: U24 = "rplate.row",
    rplate_sample: u64 = "rplate.sample",
    rplate_reversed_key: u64 = "rplate.reversed_key",
    rplate_reversed_sample: u64 = "rplate.reversed_sample",
    rplate_filter: u32 = "rplate.filter",
    rplate_long_offsets: u32 = "rplate.long.offsets",
    rplate_long_head: u64 = "rplate.long.head",
    rplate_long_tail: u64 = "rplate.long.tail",
    rplate_long_bytes: u8 = "rplate.long.bytes",
    rplate_long_post_offsets: u32 = "rplate.long.post_offsets",
    rplate_long_post_rows: U24 = "rplate.long.post_rows",
    /// Rows, ascending, whose plate as written is neither the plate nor the plate in lower case, and what was written.
    raw_row: U24 = "raw.row",
    raw_offsets: u32 = "raw.offsets",
    raw_bytes: u8 = "raw.bytes",
    /// Where each group of rows begins in `event.bytes`, and each row within its group.
    event_group: u32 = "event.group",
    event_offset: u16 = "event.offset",
    event_bytes: u8 = "event.bytes",
    /// Event hashes in ascending order, and the row of each.
    event_hash: u32 = "event.hash",
    event_row: U24 = "event.row",
    /// Rows with a version above 1, ascending, with version and the id that each supersedes.
    update_row: u32 = "update.row",
    update_version: u32 = "update.version",
    update_supersedes: u64 = "update.supersedes",
    /// Zone maps: one element for each block of `BLOCK_ROWS` rows.
    block_time_min: i64 = "block.time_min",
    block_time_max: i64 = "block.time_max",
    block_lat_min: i32 = "block.lat_min",
    block_lat_max: i32 = "block.lat_max",
    block_lon_min: i32 = "block.lon_min",
    block_lon_max: i32 = "block.lon_max",
}

/// Rows of one block of the zone maps.
pub(crate) const BLOCK_ROWS: usize = 256;
/// Rows of one group of event ids. A group's bytes fit 16 bits: an id has at most 512.
pub(crate) const EVENT_GROUP_ROWS: usize = 64;
/// Every so many keys of an index one is repeated in its sample.
pub(crate) const SAMPLE_KEYS: usize = 64;
pub(crate) const NOT_REPORTED: u32 = u32::MAX;
pub(crate) const FLAG_LOW_QUALITY: u8 = 1;
pub(crate) const FLAG_HAS_CONFIDENCE: u8 = 2;
pub(crate) const FLAG_HAS_READINGS: u8 = 4;
pub(crate) const FLAG_IS_UPDATE: u8 = 8;
/// The plate was written in lower case.
pub(crate) const FLAG_RAW_LOWER: u8 = 16;
/// What was written is in `raw.*`.
pub(crate) const FLAG_RAW_OTHER: u8 = 32;
