//! Rows into the bytes of a segment. The same form holds one appended batch and a whole day.

use crate::columns::{
    BLOCK_ROWS, EVENT_GROUP_ROWS, FLAG_HAS_CONFIDENCE, FLAG_HAS_READINGS, FLAG_IS_UPDATE, FLAG_LOW_QUALITY,
    FLAG_RAW_LOWER, FLAG_RAW_OTHER, Filled, NOT_REPORTED,
};
use crate::container::{Line, U24};
use crate::index;
use crate::row::{Origin, Raw, RowRef, VehicleRef};
use crate::text::Text;
use domain::{PoolId, Position, Source, State};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// Rows of one segment. Keeps rows, and readings at ten a row, within 24 bits, and every offset within 32: a row holds
/// at most about 1.2 KB of text.
pub(crate) const SEGMENT_ROWS_MAX: usize = 1_600_000;

/// Encodes rows, which come in any order, as one segment. At most [`SEGMENT_ROWS_MAX`] rows.
pub(crate) fn encode(rows: &[RowRef<'_>]) -> Vec<Line> {
    assert!(rows.len() <= SEGMENT_ROWS_MAX, "callers split what is larger");
    let ordered = in_file_order(rows);
    let mut filled = Filled::default();
    plain_columns(&mut filled, &ordered);
    counted_columns(&mut filled, &ordered);
    raw_plates(&mut filled, &ordered);
    updates(&mut filled, &ordered);
    origins(&mut filled, &ordered);
    states(&mut filled, &ordered);
    events(&mut filled, &ordered);
    vehicles(&mut filled, &ordered);
    plates(&mut filled, &ordered);
    readings(&mut filled, &ordered);
    blocks(&mut filled, &ordered);
    filled.into_file(rows.len() as u64)
}

/// What is near in space is near in the file; within a cell of about 38 m by time.
fn in_file_order<'r, 't>(rows: &'r [RowRef<'t>]) -> Vec<&'r RowRef<'t>> {
    let mut keyed: Vec<_> = rows.iter().map(|row| (morton(row.position), row.scan_time, row.id, row)).collect();
    // Stable, because it is quick on the sorted runs that joined segments are.
    keyed.sort_by_key(|(cell, time, id, _)| (*cell, *time, *id));
    keyed.into_iter().map(|(_, _, _, row)| row).collect()
}

/// Interleaves 20 bits of longitude with 20 bits of latitude (Morton order).
fn morton(position: Position) -> u64 {
    let cell = |value: i32, half: i64| -> u64 {
        let shifted = (i64::from(value) + half).clamp(0, 2 * half);
        u64::try_from((shifted << 20) / (2 * half + 1)).expect("clamped to be positive")
    };
    spread(cell(position.lon_e7, 1_800_000_000)) | (spread(cell(position.lat_e7, 900_000_000)) << 1)
}

/// Puts a zero bit before each of 32 bits.
fn spread(value: u64) -> u64 {
    let mut bits = value & 0xffff_ffff;
    bits = (bits | (bits << 16)) & 0x0000_ffff_0000_ffff;
    bits = (bits | (bits << 8)) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | (bits << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | (bits << 2)) & 0x3333_3333_3333_3333;
    (bits | (bits << 1)) & 0x5555_5555_5555_5555
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("SEGMENT_ROWS_MAX keeps rows and offsets within 32 bits")
}

fn plain_columns(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    filled.confidence = rows.iter().map(|row| row.confidence.unwrap_or_default()).collect();
    filled.lat_e7 = rows.iter().map(|row| row.position.lat_e7).collect();
    filled.lon_e7 = rows.iter().map(|row| row.position.lon_e7).collect();
    filled.photos_stored = rows.iter().map(|row| row.photos_stored).collect();
    filled.photos_at_camera = rows.iter().map(|row| row.photos_at_camera).collect();
    filled.flags = rows.iter().map(|row| flags_of(row)).collect();
}

fn flags_of(row: &RowRef<'_>) -> u8 {
    let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
    flag(row.low_quality, FLAG_LOW_QUALITY)
        | flag(row.confidence.is_some(), FLAG_HAS_CONFIDENCE)
        | flag(!row.readings.is_empty(), FLAG_HAS_READINGS)
        | flag(is_update(row), FLAG_IS_UPDATE)
        | flag(row.raw == Raw::Lower, FLAG_RAW_LOWER)
        | flag(matches!(row.raw, Raw::Other(_)), FLAG_RAW_OTHER)
}

fn is_update(row: &RowRef<'_>) -> bool {
    row.version > 1 || row.supersedes.is_some()
}

/// Numbers of which the lowest is known, in as few bytes as they need: 4, 5 or 9.
struct Counted {
    base: u64,
    low: Vec<u32>,
    mid: Vec<u8>,
    top: Vec<u32>,
}

#[expect(clippy::cast_possible_truncation, reason = "each part is what its bits hold")]
fn counted(values: &[u64]) -> Counted {
    let base = values.iter().min().copied().unwrap_or_default();
    let largest = values.iter().max().map_or(0, |largest| largest - base);
    let since = || values.iter().map(|value| value - base);
    Counted {
        base,
        low: since().map(|value| value as u32).collect(),
        mid: if largest >> 32 == 0 { Vec::new() } else { since().map(|value| (value >> 32) as u8).collect() },
        top: if largest >> 40 == 0 { Vec::new() } else { since().map(|value| (value >> 40) as u32).collect() },
    }
}

/// Moves signed numbers to where their order is that of unsigned ones.
pub(crate) fn shifted(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

fn counted_columns(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let times = counted(&rows.iter().map(|row| shifted(row.scan_time)).collect::<Vec<_>>());
    let waits = rows.iter().map(|row| shifted(row.receive_time.wrapping_sub(row.scan_time)));
    let waits = counted(&waits.collect::<Vec<_>>());
    let ids = counted(&rows.iter().map(|row| row.id).collect::<Vec<_>>());
    filled.base =
        [shifted(times.base.cast_signed()), shifted(waits.base.cast_signed()), ids.base].map(u64::cast_signed).to_vec();
    (filled.time_low, filled.time_mid, filled.time_top) = (times.low, times.mid, times.top);
    (filled.receive_low, filled.receive_mid, filled.receive_top) = (waits.low, waits.mid, waits.top);
    (filled.id_low, filled.id_mid, filled.id_top) = (ids.low, ids.mid, ids.top);
}

fn raw_plates(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    filled.raw_offsets.push(0);
    for (at, row) in rows.iter().enumerate() {
        if let Raw::Other(text) = row.raw {
            filled.raw_row.push(U24::new(number(at)));
            filled.raw_bytes.extend_from_slice(text.as_bytes());
            filled.raw_offsets.push(number(filled.raw_bytes.len()));
        }
    }
}

fn updates(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| is_update(row)) {
        filled.update_row.push(number(at));
        filled.update_version.push(row.version);
        filled.update_supersedes.push(row.supersedes.unwrap_or_default());
    }
}

/// Numbers the distinct values in ascending order; the number of each row, and the values.
fn dictionary<T: Copy + Ord + Hash>(values: impl Iterator<Item = T>) -> (Vec<u32>, Vec<T>) {
    let mut seen: HashMap<T, u32, foldhash::fast::RandomState> = HashMap::default();
    let mut provisional = Vec::new();
    for value in values {
        let next = number(seen.len());
        provisional.push(*seen.entry(value).or_insert(next));
    }
    let mut distinct: Vec<(T, u32)> = seen.into_iter().collect();
    distinct.sort_unstable();
    let mut rank = vec![0; distinct.len()];
    for (at, (_, given)) in distinct.iter().enumerate() {
        rank[*given as usize] = number(at);
    }
    for slot in &mut provisional {
        *slot = rank[*slot as usize];
    }
    (provisional, distinct.into_iter().map(|(value, _)| value).collect())
}

/// The low 16 bits of numbers, and the high ones where any is set.
#[expect(clippy::cast_possible_truncation, reason = "each part is what its bits hold")]
fn halves(numbers: &[u32]) -> (Vec<u16>, Vec<u16>) {
    let has_high = numbers.iter().any(|number| number >> 16 != 0);
    let high = if has_high { numbers.iter().map(|number| (number >> 16) as u16).collect() } else { Vec::new() };
    (numbers.iter().map(|number| *number as u16).collect(), high)
}

/// Texts one after another, and where each begins; one offset more than texts.
fn texts<'a>(values: impl Iterator<Item = &'a str>) -> (Vec<u32>, Vec<u8>) {
    let (mut offsets, mut bytes) = (vec![0], Vec::new());
    for value in values {
        bytes.extend_from_slice(value.as_bytes());
        offsets.push(number(bytes.len()));
    }
    (offsets, bytes)
}

fn origins(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let (numbers, distinct): (_, Vec<Origin>) = dictionary(rows.iter().map(|row| row.origin));
    (filled.origin, filled.origin_high) = halves(&numbers);
    let pools: BTreeSet<PoolId> = distinct.iter().map(|origin| origin.pool).collect();
    filled.pool = pools.into_iter().map(|pool| pool.0).collect();
    for origin in distinct {
        filled.origin_owner.push(origin.owner.0);
        filled.origin_pool.push(origin.pool.0);
        filled.origin_camera.push(origin.camera.0);
        let source = Source::ALL.iter().position(|source| *source == origin.source);
        filled.origin_source.push(source.and_then(|at| u8::try_from(at).ok()).expect("there are six sources"));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each part is what its bits hold")]
fn states(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let (numbers, distinct) = dictionary(rows.iter().filter_map(|row| row.state));
    let mut known = numbers.into_iter();
    let numbers: Vec<u32> =
        rows.iter().map(|row| row.state.and_then(|_| known.next()).map_or(0, |at| at + 1)).collect();
    filled.state = numbers.iter().map(|number| *number as u8).collect();
    if distinct.len() > usize::from(u8::MAX) {
        filled.state_high = numbers.iter().map(|number| (number >> 8) as u16).collect();
    }
    filled.state_codes = std::iter::once([0; 6]).chain(distinct.into_iter().map(State::to_bytes)).collect();
}

fn events(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    for group in rows.chunks(EVENT_GROUP_ROWS) {
        let start = filled.event_bytes.len();
        filled.event_group.push(number(start));
        for row in group {
            let offset = u16::try_from(filled.event_bytes.len() - start).expect("64 event ids of at most 512 bytes");
            filled.event_offset.push(offset);
            filled.event_bytes.extend_from_slice(row.event_id.as_bytes());
        }
    }
    filled.event_group.push(number(filled.event_bytes.len()));
    let hashed = rows.iter().zip(0_u64..).map(|(row, at)| (u64::from(row.event_hash()) << 32) | at);
    let mut hashed: Vec<u64> = hashed.collect();
    hashed.sort_unstable();
    filled.event_hash = hashed.iter().map(|both| number((both >> 32) as usize)).collect();
    filled.event_row = hashed.iter().map(|both| U24::new(number((both & 0xffff_ffff) as usize))).collect();
}

fn vehicles(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let (numbers, distinct): (_, Vec<VehicleRef<'_>>) = dictionary(rows.iter().map(|row| row.vehicle));
    (filled.vehicle, filled.vehicle_high) = halves(&numbers);
    let words: BTreeSet<&str> =
        distinct.iter().flat_map(|vehicle| [vehicle.make, vehicle.model, vehicle.colour]).flatten().collect();
    let numbers: HashMap<&str, u32> = words.iter().copied().zip(0..).collect();
    let word = |word: Option<&str>| word.map_or(NOT_REPORTED, |word| numbers[word]);
    for vehicle in &distinct {
        filled.vehicle_make.push(word(vehicle.make));
        filled.vehicle_model.push(word(vehicle.model));
        filled.vehicle_colour.push(word(vehicle.colour));
        filled.vehicle_year.push(vehicle.year.map_or(-1, i32::from));
    }
    (filled.word_offsets, filled.word_bytes) = texts(words.into_iter());
}

fn plates(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let texts: Vec<(Text<'_>, u32)> = rows.iter().map(|row| row.plate).zip(0..).collect();
    let built = index::build(&texts, |row| (rows[row as usize].scan_time, rows[row as usize].id));
    filled.plate = built.numbers;
    (filled.plate_key, filled.plate_row, filled.plate_sample) = (built.keys, built.rows, built.sample);
    filled.plate_reversed_key = built.reversed_keys;
    filled.plate_reversed_sample = built.reversed_sample;
    filled.plate_filter = built.filter;
    (filled.plate_long_head, filled.plate_long_tail) = (built.long_head, built.long_tail);
    (filled.plate_long_offsets, filled.plate_long_bytes) = (built.long_offsets, built.long_bytes);
    (filled.plate_long_post_offsets, filled.plate_long_post_rows) = (built.long_post_offsets, built.long_post_rows);
}

fn readings(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let mut texts: Vec<(Text<'_>, u32)> = Vec::new();
    for (row, at) in rows.iter().zip(0..) {
        for (text, confidence) in &row.readings {
            texts.push((*text, at));
            filled.reading_row.push(U24::new(at));
            filled.reading_confidence.push(*confidence);
        }
    }
    let built = index::build(&texts, |row| (rows[row as usize].scan_time, rows[row as usize].id));
    filled.reading_plate = built.numbers;
    (filled.rplate_key, filled.rplate_row, filled.rplate_sample) = (built.keys, built.rows, built.sample);
    filled.rplate_reversed_key = built.reversed_keys;
    filled.rplate_reversed_sample = built.reversed_sample;
    filled.rplate_filter = built.filter;
    (filled.rplate_long_head, filled.rplate_long_tail) = (built.long_head, built.long_tail);
    (filled.rplate_long_offsets, filled.rplate_long_bytes) = (built.long_offsets, built.long_bytes);
    (filled.rplate_long_post_offsets, filled.rplate_long_post_rows) = (built.long_post_offsets, built.long_post_rows);
}

fn blocks(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    for block in rows.chunks(BLOCK_ROWS) {
        let times = || block.iter().map(|row| row.scan_time);
        let (lat, lon) =
            (|| block.iter().map(|row| row.position.lat_e7), || block.iter().map(|row| row.position.lon_e7));
        filled.block_time_min.extend(times().min());
        filled.block_time_max.extend(times().max());
        filled.block_lat_min.extend(lat().min());
        filled.block_lat_max.extend(lat().max());
        filled.block_lon_min.extend(lon().min());
        filled.block_lon_max.extend(lon().max());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_places_have_near_codes_and_the_corners_of_the_earth_fit() {
        let at = |lat_e7, lon_e7| morton(Position { lat_e7, lon_e7 });
        assert_eq!(at(-900_000_000, -1_800_000_000), 0);
        assert_eq!(at(900_000_000, 1_800_000_000), (1 << 40) - 1);
        assert_eq!(at(377_749_000, -1_224_194_000), at(377_749_001, -1_224_194_001));
        assert_eq!(at(i32::MAX, i32::MIN), at(900_000_000, -1_800_000_000));
    }

    #[test]
    fn a_dictionary_is_sorted_and_gives_each_row_its_value() {
        let (numbers, values) = dictionary(["B", "A", "B", "C"].into_iter());
        assert_eq!(values, ["A", "B", "C"]);
        assert_eq!(numbers, [1, 0, 1, 2]);
    }

    #[test]
    fn numbers_take_more_bytes_only_where_they_need_them() {
        for (values, mid, top) in [
            (&[5, 6, 7][..], false, false),
            (&[0, 1 << 33], true, false),
            (&[3, u64::MAX / 2], true, true),
            (&[], false, false),
        ] {
            let found = counted(values);
            assert_eq!((found.mid.is_empty(), found.top.is_empty()), (!mid, !top));
            for (at, value) in values.iter().enumerate() {
                let part = |parts: u64, shift: u32| parts << shift;
                let mid = found.mid.get(at).map_or(0, |mid| part(u64::from(*mid), 32));
                let top = found.top.get(at).map_or(0, |top| part(u64::from(*top), 40));
                assert_eq!(found.base + u64::from(found.low[at]) + mid + top, *value);
            }
        }
    }
}
