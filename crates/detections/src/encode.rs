//! Rows into the bytes of a segment. The same form holds one appended batch and a whole day.

use crate::columns::{BLOCK_ROWS, FLAG_HAS_CONFIDENCE, FLAG_LOW_QUALITY, Filled, NOT_REPORTED};
use crate::container::Line;
use crate::row::{Origin, RowRef, VehicleRef};
use domain::{Position, Source, State};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// Rows of one segment. Keeps every offset within 32 bits: a row holds at most about 1.2 KB of text.
pub(crate) const SEGMENT_ROWS_MAX: usize = 2_000_000;

/// Encodes rows, which come in any order, as one segment. At most [`SEGMENT_ROWS_MAX`] rows.
pub(crate) fn encode(rows: &[RowRef<'_>]) -> Vec<Line> {
    assert!(rows.len() <= SEGMENT_ROWS_MAX, "callers split what is larger");
    let ordered = in_file_order(rows);
    let mut filled = Filled::default();
    plain_columns(&mut filled, &ordered);
    updates(&mut filled, &ordered);
    origins(&mut filled, &ordered);
    states(&mut filled, &ordered);
    events(&mut filled, &ordered);
    vehicles(&mut filled, &ordered);
    raw_plates(&mut filled, &ordered);
    plates(&mut filled, &ordered);
    readings(&mut filled, &ordered);
    blocks(&mut filled, &ordered);
    filled.into_file(rows.len() as u64)
}

/// What is near in space is near in the file; within a cell of about 38 m by time.
fn in_file_order<'r, 't>(rows: &'r [RowRef<'t>]) -> Vec<&'r RowRef<'t>> {
    let mut keyed: Vec<_> = rows.iter().map(|row| (morton(row.position), row.scan_time, row.id, row)).collect();
    keyed.sort_unstable_by_key(|(cell, time, id, _)| (*cell, *time, *id));
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
    filled.id = rows.iter().map(|row| row.id).collect();
    filled.scan_time = rows.iter().map(|row| row.scan_time).collect();
    filled.receive_time = rows.iter().map(|row| row.receive_time).collect();
    filled.confidence = rows.iter().map(|row| row.confidence.unwrap_or_default()).collect();
    filled.lat_e7 = rows.iter().map(|row| row.position.lat_e7).collect();
    filled.lon_e7 = rows.iter().map(|row| row.position.lon_e7).collect();
    filled.photos_stored = rows.iter().map(|row| row.photos_stored).collect();
    filled.photos_at_camera = rows.iter().map(|row| row.photos_at_camera).collect();
    filled.flags = rows
        .iter()
        .map(|row| {
            let low_quality = if row.low_quality { FLAG_LOW_QUALITY } else { 0 };
            low_quality | if row.confidence.is_some() { FLAG_HAS_CONFIDENCE } else { 0 }
        })
        .collect();
    let mut by_id: Vec<u32> = (0..number(rows.len())).collect();
    by_id.sort_unstable_by_key(|row| filled.id[*row as usize]);
    filled.id_order = by_id;
}

fn updates(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    for (at, row) in rows.iter().enumerate() {
        if row.version > 1 || row.supersedes.is_some() {
            filled.update_row.push(number(at));
            filled.update_version.push(row.version);
            filled.update_supersedes.push(row.supersedes.unwrap_or_default());
        }
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
    filled.origin = numbers;
    for origin in distinct {
        filled.origin_owner.push(origin.owner.0);
        filled.origin_pool.push(origin.pool.0);
        filled.origin_camera.push(origin.camera.0);
        let source = Source::ALL.iter().position(|source| *source == origin.source);
        filled.origin_source.push(source.and_then(|at| u8::try_from(at).ok()).expect("there are six sources"));
    }
}

fn states(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let known: BTreeSet<State> = rows.iter().filter_map(|row| row.state).collect();
    let numbers: HashMap<State, u32> = known.iter().copied().zip(1..).collect();
    filled.state = rows.iter().map(|row| row.state.map_or(0, |state| numbers[&state])).collect();
    filled.state_codes = std::iter::once([0; 6]).chain(known.iter().map(|state| state.to_bytes())).collect();
}

fn events(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    (filled.event_offsets, filled.event_bytes) = texts(rows.iter().map(|row| row.event_id));
    let mut hashed: Vec<(u64, u32)> = rows.iter().map(|row| row.event_hash()).zip(0..).collect();
    hashed.sort_unstable();
    (filled.event_hash, filled.event_row) = hashed.into_iter().unzip();
}

fn vehicles(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let (numbers, distinct): (_, Vec<VehicleRef<'_>>) = dictionary(rows.iter().map(|row| row.vehicle));
    filled.vehicle = numbers;
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

fn raw_plates(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let (numbers, distinct) = dictionary(rows.iter().map(|row| row.raw));
    filled.raw = numbers;
    (filled.raw_offsets, filled.raw_bytes) = texts(distinct.into_iter());
}

fn plates(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let (numbers, distinct) = dictionary(rows.iter().map(|row| row.plate));
    let pairs = numbers.iter().copied().zip(0..).collect();
    (filled.plate_post_offsets, filled.plate_post_rows) = postings(rows, pairs, distinct.len());
    filled.plate = numbers;
    (filled.plate_offsets, filled.plate_bytes) = texts(distinct.into_iter());
}

fn readings(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    let all = rows.iter().flat_map(|row| row.readings.iter());
    let (numbers, distinct) = dictionary(all.clone().map(|(text, _)| *text));
    filled.reading_confidence = all.map(|(_, confidence)| *confidence).collect();
    let (mut pairs, mut end) = (Vec::with_capacity(numbers.len()), 0);
    filled.reading_offsets.push(0);
    for (at, row) in rows.iter().enumerate() {
        let start = end;
        end += row.readings.len();
        pairs.extend(numbers[start..end].iter().map(|reading| (*reading, number(at))));
        filled.reading_offsets.push(number(end));
    }
    (filled.rplate_post_offsets, filled.rplate_post_rows) = postings(rows, pairs, distinct.len());
    filled.reading_plate = numbers;
    (filled.rplate_offsets, filled.rplate_bytes) = texts(distinct.into_iter());
}

/// For each of `texts` entries the rows that have it, newest first, each once.
fn postings(rows: &[&RowRef<'_>], mut pairs: Vec<(u32, u32)>, texts: usize) -> (Vec<u32>, Vec<u32>) {
    pairs.sort_unstable_by_key(|(text, row)| {
        let found = rows[*row as usize];
        (*text, Reverse(found.scan_time), Reverse(found.id))
    });
    pairs.dedup();
    let mut offsets = vec![0; texts + 1];
    for (text, _) in &pairs {
        offsets[*text as usize + 1] += 1;
    }
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    (offsets, pairs.into_iter().map(|(_, row)| row).collect())
}

fn blocks(filled: &mut Filled, rows: &[&RowRef<'_>]) {
    for block in rows.chunks(BLOCK_ROWS) {
        let bounds = |values: &mut dyn Iterator<Item = i64>| {
            values.fold((i64::MAX, i64::MIN), |(low, high), value| (low.min(value), high.max(value)))
        };
        let narrow = |value: i64| i32::try_from(value).expect("bounds of 32-bit coordinates");
        let (time_min, time_max) = bounds(&mut block.iter().map(|row| row.scan_time));
        let (lat_min, lat_max) = bounds(&mut block.iter().map(|row| i64::from(row.position.lat_e7)));
        let (lon_min, lon_max) = bounds(&mut block.iter().map(|row| i64::from(row.position.lon_e7)));
        filled.block_time_min.push(time_min);
        filled.block_time_max.push(time_max);
        filled.block_lat_min.push(narrow(lat_min));
        filled.block_lat_max.push(narrow(lat_max));
        filled.block_lon_min.push(narrow(lon_min));
        filled.block_lon_max.push(narrow(lon_max));
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
}
