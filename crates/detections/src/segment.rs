//! A segment opened for reading, in memory or mapped from its file.
//!
//! Nothing of it is used before its checksums were compared and its offsets were found to lie within it; that happens
//! once, on first use, because a large store has more bytes than a start should read.

use crate::columns::{BLOCK_ROWS, Columns, FLAG_HAS_CONFIDENCE, FLAG_LOW_QUALITY, NOT_REPORTED, View};
use crate::container::{FormatError, Line, Toc};
use crate::mapped;
use crate::plates::PlateDictionary;
use crate::row::{Origin, RowRef, VehicleRef};
use domain::{AgencyId, CameraId, PoolId, Position, Source, State};
use memmap2::Mmap;
use std::path::Path;
use std::sync::OnceLock;

/// The number that stands for the unknown state in every segment.
pub(crate) const UNKNOWN_STATE: u32 = 0;

#[derive(Debug)]
pub(crate) struct Segment {
    backing: Backing,
    toc: Toc,
    columns: Columns,
    rows: usize,
    soundness: OnceLock<Result<(), FormatError>>,
}

#[derive(Debug)]
enum Backing {
    Mapped(Mmap),
    Memory(Vec<Line>),
}

impl Backing {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Memory(lines) => bytemuck::cast_slice(lines),
        }
    }
}

impl Segment {
    /// What the encoder has just made.
    pub(crate) fn in_memory(lines: Vec<Line>) -> Result<Self, FormatError> {
        Self::open(Backing::Memory(lines))
    }

    /// Bytes that were stored elsewhere; copied, so that columns lie on their boundaries.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut lines: Vec<Line> = vec![bytemuck::Zeroable::zeroed(); bytes.len().div_ceil(size_of::<Line>())];
        let Some(place) = bytemuck::cast_slice_mut::<Line, u8>(&mut lines).get_mut(..bytes.len()) else {
            return Err(FormatError::NotASegment);
        };
        place.copy_from_slice(bytes);
        if !bytes.len().is_multiple_of(size_of::<Line>()) {
            return Err(FormatError::Torn {
                expected: size_of_val(lines.as_slice()) as u64,
                found: bytes.len() as u64,
            });
        }
        Self::open(Backing::Memory(lines))
    }

    pub(crate) fn map(path: &Path) -> Result<Self, FormatError> {
        let map = mapped::map(path).map_err(|error| FormatError::Unreadable(error.kind()))?;
        Self::open(Backing::Mapped(map))
    }

    fn open(backing: Backing) -> Result<Self, FormatError> {
        let toc = Toc::read(backing.bytes())?;
        let columns = Columns::resolve(&toc)?;
        let rows = usize::try_from(toc.rows()).map_err(|_| FormatError::Damaged { part: "header".into() })?;
        Ok(Self { backing, toc, columns, rows, soundness: OnceLock::new() })
    }

    /// The columns, once the whole segment was found sound.
    pub(crate) fn read(&self) -> Result<Reader<'_>, FormatError> {
        let view = View::of(&self.columns, self.bytes());
        let check = || self.toc.verify(self.bytes()).and_then(|()| check_shape(&view, self.rows));
        self.soundness.get_or_init(check).clone()?;
        Ok(Reader { view, rows: self.rows })
    }

    pub(crate) fn is_known_damaged(&self) -> bool {
        self.soundness.get().is_some_and(Result::is_err)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.backing.bytes()
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn crc(&self) -> u32 {
        self.toc.crc()
    }
}

/// Access to the rows of a sound segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) view: View<'a>,
    rows: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn blocks(&self) -> usize {
        self.rows.div_ceil(BLOCK_ROWS)
    }

    pub(crate) fn plates(&self) -> PlateDictionary<'a> {
        PlateDictionary { offsets: self.view.plate_offsets, bytes: self.view.plate_bytes }
    }

    /// The dictionary of alternative readings.
    pub(crate) fn reading_plates(&self) -> PlateDictionary<'a> {
        PlateDictionary { offsets: self.view.rplate_offsets, bytes: self.view.rplate_bytes }
    }

    /// The rows of one plate, newest first.
    pub(crate) fn rows_of_plate(&self, plate: u32) -> &'a [u32] {
        slice(self.view.plate_post_offsets, self.view.plate_post_rows, plate as usize)
    }

    /// The rows that have a reading among their alternatives, newest first.
    pub(crate) fn rows_of_reading(&self, reading: u32) -> &'a [u32] {
        slice(self.view.rplate_post_offsets, self.view.rplate_post_rows, reading as usize)
    }

    pub(crate) fn plate(&self, row: usize) -> &'a str {
        self.plates().get(self.view.plate[row])
    }

    /// The state of a row by its number in `state.codes`.
    pub(crate) fn state(&self, number: u32) -> Option<State> {
        State::from_bytes(self.view.state_codes[number as usize])
    }

    /// The number of a state; `None` where no row has it. The unknown state is number 0 everywhere.
    pub(crate) fn state_number(&self, state: Option<State>) -> Option<u32> {
        let Some(state) = state else { return Some(UNKNOWN_STATE) };
        (1..).zip(self.view.state_codes.iter().skip(1)).find(|(_, code)| **code == state.to_bytes()).map(|(at, _)| at)
    }

    pub(crate) fn position(&self, row: usize) -> Position {
        Position { lat_e7: self.view.lat_e7[row], lon_e7: self.view.lon_e7[row] }
    }

    pub(crate) fn readings(&self, row: usize) -> impl Iterator<Item = (&'a str, u16)> + use<'a> {
        let view = &self.view;
        let dictionary = self.reading_plates();
        let numbers = slice(view.reading_offsets, view.reading_plate, row);
        let confidences = slice(view.reading_offsets, view.reading_confidence, row);
        numbers.iter().map(move |number| dictionary.get(*number)).zip(confidences.iter().copied())
    }

    pub(crate) fn origin(&self, number: usize) -> Origin {
        Origin {
            owner: AgencyId(self.view.origin_owner[number]),
            pool: PoolId(self.view.origin_pool[number]),
            camera: CameraId(self.view.origin_camera[number]),
            source: Source::ALL[usize::from(self.view.origin_source[number])],
        }
    }

    pub(crate) fn vehicle(&self, number: usize) -> VehicleRef<'a> {
        let words = PlateDictionary { offsets: self.view.word_offsets, bytes: self.view.word_bytes };
        let word = |number: u32| (number != NOT_REPORTED).then(|| words.get(number));
        VehicleRef {
            make: word(self.view.vehicle_make[number]),
            model: word(self.view.vehicle_model[number]),
            colour: word(self.view.vehicle_colour[number]),
            year: u16::try_from(self.view.vehicle_year[number]).ok(),
        }
    }

    pub(crate) fn event_id(&self, row: usize) -> &'a str {
        utf8(slice(self.view.event_offsets, self.view.event_bytes, row))
    }

    pub(crate) fn row(&self, row: usize) -> RowRef<'a> {
        let view = &self.view;
        let flags = view.flags[row];
        let update = u32::try_from(row).ok().and_then(|row| view.update_row.binary_search(&row).ok());
        RowRef {
            id: view.id[row],
            origin: self.origin(view.origin[row] as usize),
            event_id: self.event_id(row),
            version: update.map_or(1, |at| view.update_version[at]),
            supersedes: update.map(|at| view.update_supersedes[at]).filter(|id| *id != 0),
            scan_time: view.scan_time[row],
            receive_time: view.receive_time[row],
            raw: utf8(slice(view.raw_offsets, view.raw_bytes, view.raw[row] as usize)),
            plate: self.plate(row),
            state: self.state(view.state[row]),
            confidence: (flags & FLAG_HAS_CONFIDENCE != 0).then(|| view.confidence[row]),
            readings: self.readings(row).collect(),
            vehicle: self.vehicle(view.vehicle[row] as usize),
            position: self.position(row),
            photos_stored: view.photos_stored[row],
            photos_at_camera: view.photos_at_camera[row],
            low_quality: flags & FLAG_LOW_QUALITY != 0,
        }
    }

    /// The row of an id.
    pub(crate) fn find(&self, id: u64) -> Option<u32> {
        let order = self.view.id_order;
        let at = order.binary_search_by_key(&id, |row| self.view.id[*row as usize]).ok()?;
        order.get(at).copied()
    }

    /// Rows that may be of an event; camera and event id are still to be compared.
    pub(crate) fn rows_of_event(&self, hash: u64) -> &'a [u32] {
        let hashes = self.view.event_hash;
        let from = hashes.partition_point(|other| *other < hash);
        let to = from + hashes[from..].partition_point(|other| *other == hash);
        &self.view.event_row[from..to]
    }

    pub(crate) fn time_bounds(&self) -> (i64, i64) {
        let low = self.view.block_time_min.iter().min().copied().unwrap_or(i64::MAX);
        (low, self.view.block_time_max.iter().max().copied().unwrap_or(i64::MIN))
    }

    pub(crate) fn id_bounds(&self) -> (u64, u64) {
        let id_of = |row: Option<&u32>| row.map(|row| self.view.id[*row as usize]);
        (id_of(self.view.id_order.first()).unwrap_or(u64::MAX), id_of(self.view.id_order.last()).unwrap_or(0))
    }
}

fn slice<'a, T>(offsets: &[u32], values: &'a [T], at: usize) -> &'a [T] {
    &values[offsets[at] as usize..offsets[at + 1] as usize]
}

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
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
