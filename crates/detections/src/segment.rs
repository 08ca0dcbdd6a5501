//! A segment opened for reading, in memory or mapped from its file.
//!
//! Nothing of it is used before its checksums were compared and its offsets were found to lie within it; that happens
//! once, on first use, because a large store has more bytes than a start should read.

use crate::columns::{
    BLOCK_ROWS, Columns, EVENT_GROUP_ROWS, FLAG_HAS_CONFIDENCE, FLAG_HAS_READINGS, FLAG_IS_UPDATE, FLAG_LOW_QUALITY,
    FLAG_RAW_LOWER, FLAG_RAW_OTHER, NOT_REPORTED, View,
};
use crate::container::{FormatError, Line, SEGMENT, Toc, U24, VERSION, VERSION_1};
use crate::encode::{SEGMENT_ROWS_MAX, encode};
use crate::filter;
use crate::index::{Keys, PlateIndex};
use crate::machine;
use crate::plates::PlateDictionary;
use crate::row::{Origin, Raw, RowRef, VehicleRef};
use crate::shape::check_shape;
use crate::text::Text;
use crate::v1;
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
    /// Checksum of the file that it was opened from.
    crc: u32,
    soundness: OnceLock<Result<(), FormatError>>,
}

/// The bytes of a container.
#[derive(Debug)]
pub(crate) enum Backing {
    Mapped(Mmap),
    Memory(Vec<Line>),
}

impl Backing {
    pub(crate) fn bytes(&self) -> &[u8] {
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
        Self::open_any(Backing::Memory(lines))
    }

    /// A file of the present version. One of version 1 is an error that opening the store takes up.
    pub(crate) fn map(path: &Path) -> Result<Self, FormatError> {
        Self::open(Backing::Mapped(map(path)?))
    }

    /// A segment of either version; of version 1 only as many rows as one of the present version takes.
    fn open_any(backing: Backing) -> Result<Self, FormatError> {
        let toc = Toc::read(SEGMENT, backing.bytes())?;
        if toc.version() != VERSION_1 {
            return Self::open(backing);
        }
        let rows = v1::rows_of(backing.bytes())?;
        if rows.len() > SEGMENT_ROWS_MAX {
            return Err(FormatError::Damaged { part: "header".into() });
        }
        let rewritten = Self::open(Backing::Memory(encode(&rows)))?;
        Ok(Self { crc: toc.crc(), ..rewritten })
    }

    fn open(backing: Backing) -> Result<Self, FormatError> {
        let toc = Toc::read(SEGMENT, backing.bytes())?;
        if toc.version() != VERSION {
            return Err(FormatError::OtherVersion { found: toc.version() });
        }
        let columns = Columns::resolve(&toc)?;
        let rows = usize::try_from(toc.rows()).map_err(|_| FormatError::Damaged { part: "header".into() })?;
        Ok(Self { crc: toc.crc(), backing, toc, columns, rows, soundness: OnceLock::new() })
    }

    /// The columns, once the whole segment was found sound.
    pub(crate) fn read(&self) -> Result<Reader<'_>, FormatError> {
        self.check()?;
        Ok(Reader { view: View::of(&self.columns, self.bytes()), rows: self.rows })
    }

    /// Compares checksums and shape when first asked.
    fn check(&self) -> Result<(), FormatError> {
        let check = || {
            self.toc.verify(self.bytes())?;
            check_shape(&View::of(&self.columns, self.bytes()), self.rows)
        };
        match self.soundness.get_or_init(check) {
            Ok(()) => Ok(()),
            Err(error) => Err(error.clone()),
        }
    }

    /// The index of plates, without resolving the other columns: most segments do not have the plate that is looked for.
    /// `None` where no text with this hash is there.
    pub(crate) fn plate_index(&self, hash: Option<u64>) -> Result<Option<PlateIndex<'_>>, FormatError> {
        self.check()?;
        let (columns, file) = (&self.columns, self.bytes());
        let filter = columns.plate_filter.of(file);
        if hash.is_some_and(|hash| !filter::may_hold(filter, hash)) {
            return Ok(None);
        }
        Ok(Some(PlateIndex {
            keys: Keys {
                keys: columns.plate_key.of(file),
                sample: columns.plate_sample.of(file),
                reversed_keys: columns.plate_reversed_key.of(file),
                reversed_sample: columns.plate_reversed_sample.of(file),
                long: PlateDictionary {
                    offsets: columns.plate_long_offsets.of(file),
                    bytes: columns.plate_long_bytes.of(file),
                },
                long_head: columns.plate_long_head.of(file),
                long_tail: columns.plate_long_tail.of(file),
            },
            rows: columns.plate_row.of(file),
            long_post_offsets: columns.plate_long_post_offsets.of(file),
            long_post_rows: columns.plate_long_post_rows.of(file),
        }))
    }

    /// The same of alternative readings.
    pub(crate) fn reading_index(&self, hash: Option<u64>) -> Result<Option<PlateIndex<'_>>, FormatError> {
        self.check()?;
        let (columns, file) = (&self.columns, self.bytes());
        let filter = columns.rplate_filter.of(file);
        if hash.is_some_and(|hash| !filter::may_hold(filter, hash)) {
            return Ok(None);
        }
        Ok(Some(PlateIndex {
            keys: Keys {
                keys: columns.rplate_key.of(file),
                sample: columns.rplate_sample.of(file),
                reversed_keys: columns.rplate_reversed_key.of(file),
                reversed_sample: columns.rplate_reversed_sample.of(file),
                long: PlateDictionary {
                    offsets: columns.rplate_long_offsets.of(file),
                    bytes: columns.rplate_long_bytes.of(file),
                },
                long_head: columns.rplate_long_head.of(file),
                long_tail: columns.rplate_long_tail.of(file),
            },
            rows: columns.rplate_row.of(file),
            long_post_offsets: columns.rplate_long_post_offsets.of(file),
            long_post_rows: columns.rplate_long_post_rows.of(file),
        }))
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
        self.crc
    }

    /// Names of the sections with their bytes.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (&str, u64)> {
        self.toc.sizes()
    }
}

pub(crate) fn map(path: &Path) -> Result<Mmap, FormatError> {
    machine::map(path).map_err(|error| FormatError::Unreadable(error.kind()))
}

/// Access to the rows of a sound segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) view: View<'a>,
    pub(crate) rows: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn plates(&self) -> PlateIndex<'a> {
        let view = &self.view;
        PlateIndex {
            keys: Keys {
                keys: view.plate_key,
                sample: view.plate_sample,
                reversed_keys: view.plate_reversed_key,
                reversed_sample: view.plate_reversed_sample,
                long: PlateDictionary { offsets: view.plate_long_offsets, bytes: view.plate_long_bytes },
                long_head: view.plate_long_head,
                long_tail: view.plate_long_tail,
            },
            rows: view.plate_row,
            long_post_offsets: view.plate_long_post_offsets,
            long_post_rows: view.plate_long_post_rows,
        }
    }

    pub(crate) fn plate(&self, row: usize) -> Text<'a> {
        let number = self.view.plate[row].place();
        match self.view.plate_key.get(number) {
            Some(key) => Text::Short(*key),
            None => self.plates().text(self.view.plate[row].get()),
        }
    }

    pub(crate) fn time(&self, row: usize) -> i64 {
        let view = &self.view;
        let since = counted(view.time_low, view.time_mid, view.time_top, row);
        view.base[0].wrapping_add_unsigned(since)
    }

    pub(crate) fn receive_time(&self, row: usize) -> i64 {
        let view = &self.view;
        let since = counted(view.receive_low, view.receive_mid, view.receive_top, row);
        self.time(row).wrapping_add(view.base[1].wrapping_add_unsigned(since))
    }

    pub(crate) fn id(&self, row: usize) -> u64 {
        let view = &self.view;
        view.base[2].cast_unsigned().wrapping_add(counted(view.id_low, view.id_mid, view.id_top, row))
    }

    /// The number of a row's origin in the `origin.*` tables.
    pub(crate) fn origin_number(&self, row: usize) -> usize {
        usize::from(self.view.origin[row]) | self.view.origin_high.get(row).map_or(0, |high| usize::from(*high) << 16)
    }

    pub(crate) fn vehicle_number(&self, row: usize) -> usize {
        usize::from(self.view.vehicle[row]) | self.view.vehicle_high.get(row).map_or(0, |high| usize::from(*high) << 16)
    }

    pub(crate) fn state_number(&self, row: usize) -> u32 {
        u32::from(self.view.state[row]) | self.view.state_high.get(row).map_or(0, |high| u32::from(*high) << 8)
    }

    /// The state with a number in `state.codes`.
    pub(crate) fn state(&self, number: u32) -> Option<State> {
        State::from_bytes(self.view.state_codes[number as usize])
    }

    /// The number of a state; `None` where no row has it. The unknown state is number 0 everywhere.
    pub(crate) fn find_state(&self, state: Option<State>) -> Option<u32> {
        let Some(state) = state else { return Some(UNKNOWN_STATE) };
        (1..).zip(self.view.state_codes.iter().skip(1)).find(|(_, code)| **code == state.to_bytes()).map(|(at, _)| at)
    }

    pub(crate) fn position(&self, row: usize) -> Position {
        Position { lat_e7: self.view.lat_e7[row], lon_e7: self.view.lon_e7[row] }
    }

    fn readings(&self, row: usize) -> Vec<(Text<'a>, u16)> {
        let view = &self.view;
        if view.flags[row] & FLAG_HAS_READINGS == 0 {
            return Vec::new();
        }
        let from = self.first_reading(row);
        let index = self.reading_plates();
        let own = view.reading_row[from..].iter().take_while(|other| other.place() == row).count();
        (from..from + own).map(|at| (index.text(view.reading_plate[at].get()), view.reading_confidence[at])).collect()
    }

    /// The index of alternative readings.
    pub(crate) fn reading_plates(&self) -> PlateIndex<'a> {
        let view = &self.view;
        PlateIndex {
            keys: Keys {
                keys: view.rplate_key,
                sample: view.rplate_sample,
                reversed_keys: view.rplate_reversed_key,
                reversed_sample: view.rplate_reversed_sample,
                long: PlateDictionary { offsets: view.rplate_long_offsets, bytes: view.rplate_long_bytes },
                long_head: view.rplate_long_head,
                long_tail: view.rplate_long_tail,
            },
            rows: view.rplate_row,
            long_post_offsets: view.rplate_long_post_offsets,
            long_post_rows: view.rplate_long_post_rows,
        }
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
        let (view, group) = (&self.view, row / EVENT_GROUP_ROWS);
        let start = view.event_group[group] as usize;
        let end = match view.event_offset.get(row + 1) {
            Some(next) if !(row + 1).is_multiple_of(EVENT_GROUP_ROWS) => start + usize::from(*next),
            _ => view.event_group[group + 1] as usize,
        };
        utf8(&view.event_bytes[start + usize::from(view.event_offset[row])..end])
    }

    fn raw(&self, row: usize) -> Raw<'a> {
        let (view, flags) = (&self.view, self.view.flags[row]);
        if flags & FLAG_RAW_OTHER != 0 {
            let at = view.raw_row.partition_point(|other| other.place() < row);
            return Raw::Other(utf8(slice(view.raw_offsets, view.raw_bytes, at)));
        }
        if flags & FLAG_RAW_LOWER != 0 { Raw::Lower } else { Raw::AsPlate }
    }

    pub(crate) fn row(&self, row: usize) -> RowRef<'a> {
        let view = &self.view;
        let flags = view.flags[row];
        let is_update = flags & FLAG_IS_UPDATE != 0;
        let update = u32::try_from(row).ok().filter(|_| is_update);
        let update = update.and_then(|row| view.update_row.binary_search(&row).ok());
        RowRef {
            id: self.id(row),
            origin: self.origin(self.origin_number(row)),
            event_id: self.event_id(row),
            known_hash: None,
            version: update.map_or(1, |at| view.update_version[at]),
            supersedes: update.map(|at| view.update_supersedes[at]).filter(|id| *id != 0),
            scan_time: self.time(row),
            receive_time: self.receive_time(row),
            raw: self.raw(row),
            plate: self.plate(row),
            state: self.state(self.state_number(row)),
            confidence: (flags & FLAG_HAS_CONFIDENCE != 0).then(|| view.confidence[row]),
            readings: self.readings(row),
            vehicle: self.vehicle(self.vehicle_number(row)),
            position: self.position(row),
            photos_stored: view.photos_stored[row],
            photos_at_camera: view.photos_at_camera[row],
            low_quality: flags & FLAG_LOW_QUALITY != 0,
        }
    }

    /// The row of an id.
    pub(crate) fn find(&self, id: u64) -> Option<u32> {
        self.find_all(&[id]).first().copied()
    }

    /// The rows of some ids, sorted, that are here.
    pub(crate) fn find_all(&self, ids: &[u64]) -> Vec<u32> {
        let view = &self.view;
        let base = view.base[2].cast_unsigned();
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Vec::new() };
        let (first, last) = (first.saturating_sub(base), last.saturating_sub(base));
        let is_near = |row: usize| {
            let since = counted(view.id_low, view.id_mid, view.id_top, row);
            first <= since && since <= last
        };
        let near = (0..self.rows).filter(|row| is_near(*row) && ids.binary_search(&self.id(*row)).is_ok());
        near.map(|row| u32::try_from(row).expect("rows of a segment are numbered in 24 bits")).collect()
    }

    /// All rows in their order, ready to be written anew.
    pub(crate) fn all_rows(&self) -> impl Iterator<Item = RowRef<'a>> + use<'a> {
        let (reader, view) = (*self, self.view);
        let mut hashes = vec![0; self.rows];
        for (hash, row) in view.event_hash.iter().zip(view.event_row) {
            hashes[row.place()] = *hash;
        }
        hashes.into_iter().enumerate().map(move |(row, hash)| RowRef { known_hash: Some(hash), ..reader.row(row) })
    }

    /// Rows that may be of an event; camera and event id are still to be compared.
    pub(crate) fn rows_of_event(&self, hash: u32) -> &'a [U24] {
        let hashes = self.view.event_hash;
        let from = hashes.partition_point(|other| *other < hash);
        let same = hashes[from..].iter().take_while(|other| **other == hash).count();
        &self.view.event_row[from..from + same]
    }

    pub(crate) fn time_bounds(&self) -> (i64, i64) {
        let low = self.view.block_time_min.iter().min().copied().unwrap_or(i64::MAX);
        (low, self.view.block_time_max.iter().max().copied().unwrap_or(i64::MIN))
    }

    pub(crate) fn id_bounds(&self) -> (u64, u64) {
        let ids = || (0..self.rows).map(|row| self.id(row));
        (ids().min().unwrap_or(u64::MAX), ids().max().unwrap_or(0))
    }

    /// Rows of a block of the zone maps.
    pub(crate) fn rows_of_block(&self, block: usize) -> std::ops::Range<usize> {
        block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(self.rows)
    }
}

pub(crate) fn counted(low: &[u32], mid: &[u8], top: &[u32], row: usize) -> u64 {
    let mid = mid.get(row).map_or(0, |mid| u64::from(*mid) << 32);
    let top = top.get(row).map_or(0, |top| u64::from(*top) << 40);
    u64::from(low[row]) | mid | top
}

fn slice<'a, T>(offsets: &[u32], values: &'a [T], at: usize) -> &'a [T] {
    &values[offsets[at] as usize..offsets[at + 1] as usize]
}

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
