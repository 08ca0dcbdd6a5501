//! Whether every offset and number of a segment points within it, so that reading cannot go astray. Checksums say that
//! the bytes are those that were written; this says that what was written is a segment.

use crate::columns::{BLOCK_ROWS, EVENT_GROUP_ROWS, NOT_REPORTED, SAMPLE_KEYS, View};
use crate::container::{FormatError, U24};
use crate::segment::counted;
use crate::text::{key_of, length_of};
use domain::{PlateText, Source};

pub(crate) fn check_shape(view: &View<'_>, rows: usize) -> Result<(), FormatError> {
    columns(view, rows)?;
    blocks(view, rows)?;
    tables(view, rows)?;
    texts(view, rows)?;
    indexes(view, rows)
}

fn check(part: &str, holds: bool) -> Result<(), FormatError> {
    if holds { Ok(()) } else { Err(FormatError::Damaged { part: part.to_owned() }) }
}

/// A column has an element for each row, or where it may be left out, none.
fn columns(v: &View<'_>, rows: usize) -> Result<(), FormatError> {
    for (part, length) in [
        ("id.low", v.id_low.len()),
        ("time.low", v.time_low.len()),
        ("receive.low", v.receive_low.len()),
        ("lat_e7", v.lat_e7.len()),
        ("lon_e7", v.lon_e7.len()),
        ("origin", v.origin.len()),
        ("state", v.state.len()),
        ("confidence", v.confidence.len()),
        ("vehicle", v.vehicle.len()),
        ("flags", v.flags.len()),
        ("photos_stored", v.photos_stored.len()),
        ("photos_at_camera", v.photos_at_camera.len()),
        ("plate", v.plate.len()),
        ("event.offset", v.event_offset.len()),
        ("event.hash", v.event_hash.len()),
        ("event.row", v.event_row.len()),
    ] {
        check(part, length == rows)?;
    }
    for (part, length) in [
        ("id.mid", v.id_mid.len()),
        ("id.top", v.id_top.len()),
        ("time.mid", v.time_mid.len()),
        ("time.top", v.time_top.len()),
        ("receive.mid", v.receive_mid.len()),
        ("receive.top", v.receive_top.len()),
        ("origin.high", v.origin_high.len()),
        ("state.high", v.state_high.len()),
        ("vehicle.high", v.vehicle_high.len()),
    ] {
        check(part, length == rows || length == 0)?;
    }
    let blocks = rows.div_ceil(BLOCK_ROWS);
    for (part, length) in [
        ("block.time_min", v.block_time_min.len()),
        ("block.time_max", v.block_time_max.len()),
        ("block.lat_min", v.block_lat_min.len()),
        ("block.lat_max", v.block_lat_max.len()),
        ("block.lon_min", v.block_lon_min.len()),
        ("block.lon_max", v.block_lon_max.len()),
    ] {
        check(part, length == blocks)?;
    }
    check("base", v.base.len() == 3)
}

/// The bounds of each block are those of its rows: searches take and leave whole blocks by them.
fn blocks(v: &View<'_>, rows: usize) -> Result<(), FormatError> {
    let places = [
        ("block.lat", v.lat_e7, v.block_lat_min, v.block_lat_max),
        ("block.lon", v.lon_e7, v.block_lon_min, v.block_lon_max),
    ];
    for (part, values, lowest, highest) in places {
        let bounds = values.chunks(BLOCK_ROWS).zip(lowest.iter().zip(highest));
        let is_bound = |(block, (low, high)): (&[i32], (&i32, &i32))| {
            block.iter().min() == Some(low) && block.iter().max() == Some(high)
        };
        check(part, bounds.into_iter().all(is_bound))?;
    }
    let base = v.base.first().copied().unwrap_or_default();
    for (block, (low, high)) in v.block_time_min.iter().zip(v.block_time_max).enumerate() {
        let of_block = block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(rows);
        let times = of_block.map(|row| base.wrapping_add_unsigned(counted(v.time_low, v.time_mid, v.time_top, row)));
        let (earliest, latest) = times.fold((i64::MAX, i64::MIN), |(low, high), time| (low.min(time), high.max(time)));
        check("block.time", (earliest, latest) == (*low, *high))?;
    }
    Ok(())
}

/// A number in two parts, of which the high one may be left out.
fn below<L: Copy + Into<usize>, H: Copy + Into<usize>>(low: &[L], high: &[H], shift: u32, limit: usize) -> bool {
    let number = |(at, low): (usize, &L)| (*low).into() | high.get(at).map_or(0, |high| (*high).into() << shift);
    low.iter().enumerate().map(number).all(|number| number < limit)
}

fn rows_below(numbers: &[U24], limit: usize) -> bool {
    numbers.iter().all(|number| number.place() < limit)
}

fn offsets(offsets: &[u32], entries: usize, total: usize) -> bool {
    offsets.len() == entries + 1
        && offsets.first() == Some(&0)
        && offsets.last().is_some_and(|last| *last as usize == total)
        && offsets.is_sorted()
}

fn tables(v: &View<'_>, rows: usize) -> Result<(), FormatError> {
    let origins = v.origin_owner.len();
    let lengths = [v.origin_pool.len(), v.origin_camera.len(), v.origin_source.len()];
    check("origin", lengths == [origins; 3] && below(v.origin, v.origin_high, 16, origins))?;
    check("origin.source", v.origin_source.iter().all(|source| usize::from(*source) < Source::ALL.len()))?;
    let is_listed = |pool: &u32| v.pool.binary_search(pool).is_ok();
    check("pool", v.pool.is_sorted() && v.origin_pool.iter().all(is_listed))?;
    let vehicles = v.vehicle_make.len();
    let lengths = [v.vehicle_model.len(), v.vehicle_colour.len(), v.vehicle_year.len()];
    check("vehicle", lengths == [vehicles; 3] && below(v.vehicle, v.vehicle_high, 16, vehicles))?;
    let words = v.word_offsets.len().saturating_sub(1);
    for numbers in [v.vehicle_make, v.vehicle_model, v.vehicle_colour] {
        check("vehicle", numbers.iter().all(|word| *word == NOT_REPORTED || (*word as usize) < words))?;
    }
    check("word.offsets", offsets(v.word_offsets, words, v.word_bytes.len()))?;
    check("state", below(v.state, v.state_high, 8, v.state_codes.len()))?;
    let updates = v.update_row.len();
    check("update.row", [v.update_version.len(), v.update_supersedes.len()] == [updates; 2])?;
    check("event.row", rows_below(v.event_row, rows))?;
    check("event.hash", v.event_hash.is_sorted())
}

fn texts(v: &View<'_>, rows: usize) -> Result<(), FormatError> {
    check("event.group", offsets(v.event_group, rows.div_ceil(EVENT_GROUP_ROWS), v.event_bytes.len()))?;
    for (group, starts) in v.event_offset.chunks(EVENT_GROUP_ROWS).zip(v.event_group.windows(2)) {
        let bytes = starts.iter().rev().copied().reduce(|end, start| end - start).unwrap_or_default();
        let is_within = group.last().is_none_or(|last| u32::from(*last) <= bytes);
        check("event.offset", group.is_sorted() && is_within && group.first().is_none_or(|first| *first == 0))?;
    }
    let raws = v.raw_row.len();
    check("raw.offsets", offsets(v.raw_offsets, raws, v.raw_bytes.len()))?;
    let others = v.flags.iter().filter(|flags| **flags & crate::columns::FLAG_RAW_OTHER != 0).count();
    let are_flagged = v
        .raw_row
        .iter()
        .all(|row| v.flags.get(row.place()).is_some_and(|flags| flags & crate::columns::FLAG_RAW_OTHER != 0));
    let ascend = v.raw_row.is_sorted_by(|one, other| one.get() < other.get());
    check("raw.row", others == raws && are_flagged && ascend)
}

/// The sections of one plate index.
struct Index<'a> {
    name: &'static str,
    numbers: &'a [U24],
    keys: &'a [u64],
    rows: &'a [U24],
    sample: &'a [u64],
    reversed_keys: &'a [u64],
    reversed_sample: &'a [u64],
    filter: &'a [u32],
    long_head: &'a [u64],
    long_tail: &'a [u64],
    long_offsets: &'a [u32],
    long_bytes: &'a [u8],
    long_post_offsets: &'a [u32],
    long_post_rows: &'a [U24],
}

fn indexes(v: &View<'_>, rows: usize) -> Result<(), FormatError> {
    let readings = v.reading_row.len();
    let lengths = [v.reading_plate.len(), v.reading_confidence.len()];
    let ascend = v.reading_row.is_sorted_by_key(|row| row.get());
    check("reading.row", lengths == [readings; 2] && rows_below(v.reading_row, rows) && ascend)?;
    let plates = Index {
        name: "plate",
        numbers: v.plate,
        keys: v.plate_key,
        rows: v.plate_row,
        sample: v.plate_sample,
        reversed_keys: v.plate_reversed_key,
        reversed_sample: v.plate_reversed_sample,
        filter: v.plate_filter,
        long_head: v.plate_long_head,
        long_tail: v.plate_long_tail,
        long_offsets: v.plate_long_offsets,
        long_bytes: v.plate_long_bytes,
        long_post_offsets: v.plate_long_post_offsets,
        long_post_rows: v.plate_long_post_rows,
    };
    let readings = Index {
        name: "rplate",
        numbers: v.reading_plate,
        keys: v.rplate_key,
        rows: v.rplate_row,
        sample: v.rplate_sample,
        reversed_keys: v.rplate_reversed_key,
        reversed_sample: v.rplate_reversed_sample,
        filter: v.rplate_filter,
        long_head: v.rplate_long_head,
        long_tail: v.rplate_long_tail,
        long_offsets: v.rplate_long_offsets,
        long_bytes: v.rplate_long_bytes,
        long_post_offsets: v.rplate_long_post_offsets,
        long_post_rows: v.rplate_long_post_rows,
    };
    [plates, readings].iter().try_for_each(|index| check_index(index, rows))
}

fn check_index(index: &Index<'_>, rows: usize) -> Result<(), FormatError> {
    let (keys, long) = (index.keys.len(), index.long_offsets.len().saturating_sub(1));
    let is_sound = index.rows.len() == keys
        && keys + index.long_post_rows.len() == index.numbers.len()
        && index.keys.is_sorted()
        && index.keys.iter().all(|key| is_plate_key(*key))
        && index.sample.len() == keys.div_ceil(SAMPLE_KEYS)
        && index.sample.iter().eq(index.keys.iter().step_by(SAMPLE_KEYS))
        && index.reversed_keys.is_sorted()
        && index.reversed_sample.iter().eq(index.reversed_keys.iter().step_by(SAMPLE_KEYS))
        && index.filter.len().is_multiple_of(8)
        && rows_below(index.rows, rows)
        && rows_below(index.numbers, keys + long)
        && [index.long_head.len(), index.long_tail.len()] == [long; 2]
        && offsets(index.long_offsets, long, index.long_bytes.len())
        && offsets(index.long_post_offsets, long, index.long_post_rows.len())
        && rows_below(index.long_post_rows, rows)
        && are_long_plates(index);
    check(index.name, is_sound)
}

/// One to eight of `0-9A-Z`, then zeros: the short plates in their normal form.
fn is_plate_key(key: u64) -> bool {
    let (bytes, length) = (key.to_be_bytes(), length_of(key));
    length > 0 && bytes.iter().take(length).all(|byte| PLATE_BYTE[usize::from(*byte)])
}

/// The bytes of `0-9A-Z`.
const PLATE_BYTE: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0);
    while byte < 128_u8 {
        table[byte as usize] = byte.is_ascii_digit() || byte.is_ascii_uppercase();
        byte += 1;
    }
    table
};

/// Ascending normalised plates, none of which fits a key.
fn are_long_plates(index: &Index<'_>) -> bool {
    let texts = index.long_offsets.windows(2).map(|ends| {
        let bytes =
            ends.first().zip(ends.last()).and_then(|(from, to)| index.long_bytes.get(*from as usize..*to as usize));
        std::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    });
    let is_plate = |text: &str| {
        key_of(text.as_bytes()).is_none() && PlateText::normalise(text).is_ok_and(|plate| plate.as_str() == text)
    };
    texts.clone().all(is_plate) && texts.is_sorted_by(|one, other| one < other)
}
