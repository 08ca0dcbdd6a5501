//! Segments of version 1, read once more to be written anew as version 2. Nothing else knows them.

use crate::columns::resolved_sections;
use crate::container::{FormatError, SEGMENT, Toc, VERSION_1};
use crate::plates::PlateDictionary;
use crate::row::{Origin, Raw, RowRef, VehicleRef};
use crate::text::Text;
use domain::{AgencyId, CameraId, PoolId, Position, Source, State};

const BLOCK_ROWS: usize = 1024;
const NOT_REPORTED: u32 = u32::MAX;
const FLAG_LOW_QUALITY: u8 = 1;
const FLAG_HAS_CONFIDENCE: u8 = 2;

resolved_sections! {
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

/// All rows of a file of version 1, once the whole of it was found sound. `file` lies on a 64-byte boundary.
pub(crate) fn rows_of(file: &[u8]) -> Result<Vec<RowRef<'_>>, FormatError> {
    let toc = Toc::read(SEGMENT, file)?;
    if toc.version() != VERSION_1 {
        return Err(FormatError::OtherVersion { found: toc.version() });
    }
    let columns = Columns::resolve(&toc)?;
    let rows = usize::try_from(toc.rows()).map_err(|_| FormatError::Damaged { part: "header".into() })?;
    toc.verify(file)?;
    let view = View::of(&columns, file);
    check_shape(&view, rows)?;
    Ok((0..rows).map(|row| row_of(&view, row)).collect())
}

fn row_of<'a>(view: &View<'a>, row: usize) -> RowRef<'a> {
    let flags = view.flags[row];
    let update = u32::try_from(row).ok().and_then(|row| view.update_row.binary_search(&row).ok());
    let plate = text(view.plate_offsets, view.plate_bytes, view.plate[row]);
    let dictionary = PlateDictionary { offsets: view.rplate_offsets, bytes: view.rplate_bytes };
    let readings = view.reading_offsets[row] as usize..view.reading_offsets[row + 1] as usize;
    RowRef {
        id: view.id[row],
        origin: origin(view, view.origin[row] as usize),
        event_id: text(view.event_offsets, view.event_bytes, u32::try_from(row).unwrap_or_default()),
        known_hash: None,
        version: update.map_or(1, |at| view.update_version[at]),
        supersedes: update.map(|at| view.update_supersedes[at]).filter(|id| *id != 0),
        scan_time: view.scan_time[row],
        receive_time: view.receive_time[row],
        raw: Raw::of(text(view.raw_offsets, view.raw_bytes, view.raw[row]), plate),
        plate: Text::of(plate),
        state: State::from_bytes(view.state_codes[view.state[row] as usize]),
        confidence: (flags & FLAG_HAS_CONFIDENCE != 0).then(|| view.confidence[row]),
        readings: readings
            .map(|at| (Text::of(dictionary.get(view.reading_plate[at])), view.reading_confidence[at]))
            .collect(),
        vehicle: vehicle(view, view.vehicle[row] as usize),
        position: Position { lat_e7: view.lat_e7[row], lon_e7: view.lon_e7[row] },
        photos_stored: view.photos_stored[row],
        photos_at_camera: view.photos_at_camera[row],
        low_quality: flags & FLAG_LOW_QUALITY != 0,
    }
}

fn text<'a>(offsets: &'a [u32], bytes: &'a [u8], number: u32) -> &'a str {
    PlateDictionary { offsets, bytes }.get(number)
}

fn origin(view: &View<'_>, number: usize) -> Origin {
    Origin {
        owner: AgencyId(view.origin_owner[number]),
        pool: PoolId(view.origin_pool[number]),
        camera: CameraId(view.origin_camera[number]),
        source: Source::ALL[usize::from(view.origin_source[number])],
    }
}

fn vehicle<'a>(view: &View<'a>, number: usize) -> VehicleRef<'a> {
    let word = |number: u32| (number != NOT_REPORTED).then(|| text(view.word_offsets, view.word_bytes, number));
    VehicleRef {
        make: word(view.vehicle_make[number]),
        model: word(view.vehicle_model[number]),
        colour: word(view.vehicle_colour[number]),
        year: u16::try_from(view.vehicle_year[number]).ok(),
    }
}

/// Whether every offset and number points within the segment, so that reading cannot go astray. Checksums say that the
/// bytes are those that were written; this says that what was written is a segment.
fn check_shape(view: &View<'_>, rows: usize) -> Result<(), FormatError> {
    let check = |part: &str, holds: bool| {
        if holds { Ok(()) } else { Err(FormatError::Damaged { part: part.to_owned() }) }
    };
    let below = |numbers: &[u32], limit: usize| numbers.iter().all(|number| (*number as usize) < limit);
    let offsets = |offsets: &[u32], entries: usize, total: usize| {
        offsets.len() == entries + 1
            && offsets.first() == Some(&0)
            && offsets.last().is_some_and(|last| *last as usize == total)
            && offsets.is_sorted()
    };
    let v = view;
    for (part, length) in [
        ("id", v.id.len()),
        ("id.order", v.id_order.len()),
        ("origin", v.origin.len()),
        ("event.hash", v.event_hash.len()),
        ("event.row", v.event_row.len()),
        ("scan_time", v.scan_time.len()),
        ("receive_time", v.receive_time.len()),
        ("raw", v.raw.len()),
        ("plate", v.plate.len()),
        ("state", v.state.len()),
        ("confidence", v.confidence.len()),
        ("vehicle", v.vehicle.len()),
        ("lat_e7", v.lat_e7.len()),
        ("lon_e7", v.lon_e7.len()),
        ("photos_stored", v.photos_stored.len()),
        ("photos_at_camera", v.photos_at_camera.len()),
        ("flags", v.flags.len()),
    ] {
        check(part, length == rows)?;
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
    let origins = v.origin_owner.len();
    let tables = [v.origin_pool.len(), v.origin_camera.len(), v.origin_source.len()];
    check("origin", tables == [origins; 3] && below(v.origin, origins))?;
    check("origin.source", v.origin_source.iter().all(|source| usize::from(*source) < Source::ALL.len()))?;
    let vehicles = v.vehicle_make.len();
    let tables = [v.vehicle_model.len(), v.vehicle_colour.len(), v.vehicle_year.len()];
    check("vehicle", tables == [vehicles; 3] && below(v.vehicle, vehicles))?;
    let words = v.word_offsets.len().saturating_sub(1);
    for numbers in [v.vehicle_make, v.vehicle_model, v.vehicle_colour] {
        check("vehicle", numbers.iter().all(|word| *word == NOT_REPORTED || (*word as usize) < words))?;
    }
    check("word.offsets", offsets(v.word_offsets, words, v.word_bytes.len()))?;
    let updates = v.update_row.len();
    check("update.row", [v.update_version.len(), v.update_supersedes.len()] == [updates; 2])?;
    check("id.order", below(v.id_order, rows))?;
    check("event.offsets", offsets(v.event_offsets, rows, v.event_bytes.len()))?;
    check("event.row", below(v.event_row, rows))?;
    let raws = v.raw_offsets.len().saturating_sub(1);
    check("raw", offsets(v.raw_offsets, raws, v.raw_bytes.len()) && below(v.raw, raws))?;
    let plates = v.plate_offsets.len().saturating_sub(1);
    check("plate", offsets(v.plate_offsets, plates, v.plate_bytes.len()) && below(v.plate, plates))?;
    check("plate.post_offsets", offsets(v.plate_post_offsets, plates, v.plate_post_rows.len()))?;
    check("plate.post_rows", below(v.plate_post_rows, rows))?;
    check("state", below(v.state, v.state_codes.len()))?;
    check("reading.offsets", offsets(v.reading_offsets, rows, v.reading_plate.len()))?;
    check("reading.confidence", v.reading_confidence.len() == v.reading_plate.len())?;
    let readings = v.rplate_offsets.len().saturating_sub(1);
    check("rplate", offsets(v.rplate_offsets, readings, v.rplate_bytes.len()) && below(v.reading_plate, readings))?;
    check("rplate.post_offsets", offsets(v.rplate_post_offsets, readings, v.rplate_post_rows.len()))?;
    check("rplate.post_rows", below(v.rplate_post_rows, rows))
}
