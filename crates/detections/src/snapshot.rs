//! What a search runs over: an unchanging list of segments. Appending, sealing and merging make a new list, so no search
//! waits for them, and none sees half of a change.

use crate::bits::Bits;
use crate::container::FormatError;
use crate::days_index::DaysIndex;
use crate::row::{day_of, is_near_day};
use crate::segment::{Reader, Segment};
use domain::CameraId;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// One segment and what is known of it without reading it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The blob's name, or `recents/` and the number of the batch.
    pub(crate) name: Arc<str>,
    pub(crate) kept: Kept,
    pub(crate) content: Result<Arc<Segment>, FormatError>,
    /// Checksum of the table of contents as the catalogue has it; none of recents.
    pub(crate) checksum: Option<u32>,
    /// First and last scan time.
    pub(crate) times: (i64, i64),
    /// Lowest and highest id.
    pub(crate) ids: (u64, u64),
    pub(crate) rows: usize,
    pub(crate) bytes: u64,
    pub(crate) hidden: Hidden,
}

/// Rows that never come back: superseded or withdrawn. Kept as ids, because a start should not read every segment to
/// find their rows; they are found when the segment is first searched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden {
    /// Ascending.
    ids: Arc<Vec<u64>>,
    rows: OnceLock<Option<Arc<Bits>>>,
}

/// Where a segment's bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// In the rows `first` to `last` of the table `recents`.
    Recent { first: i64, last: i64 },
    /// In a blob; rows of one UTC day and one retention class.
    Sealed { day: i32, class: i32 },
}

impl Entry {
    /// A segment in memory whose bytes are rows of `recents`.
    pub(crate) fn recent(first: i64, last: i64, segment: Segment) -> Self {
        let kept = Kept::Recent { first, last };
        let name = format!("recents/{first}").into();
        let (rows, bytes) = (segment.rows(), segment.bytes().len() as u64);
        let everything = ((i64::MIN, i64::MAX), (0, u64::MAX));
        let (content, (times, ids)) = match segment.read().map(|reader| (reader.time_bounds(), reader.id_bounds())) {
            Ok(bounds) => (Ok(Arc::new(segment)), bounds),
            Err(error) => (Err(error), everything),
        };
        Self { name, kept, content, checksum: None, times, ids, rows, bytes, hidden: Hidden::default() }
    }

    /// A batch of `recents` that cannot be read.
    pub(crate) fn broken_recent(batch: i64, rows: usize, error: FormatError) -> Self {
        Self {
            name: format!("recents/{batch}").into(),
            kept: Kept::Recent { first: batch, last: batch },
            content: Err(error),
            checksum: None,
            times: (i64::MIN, i64::MAX),
            ids: (0, u64::MAX),
            rows,
            bytes: 0,
            hidden: Hidden::default(),
        }
    }

    /// The segment, not yet looked into.
    pub(crate) fn segment(&self) -> Result<&Segment, FormatError> {
        match &self.content {
            Ok(segment) => Ok(segment),
            Err(error) => Err(error.clone()),
        }
    }

    /// The rows, or why this segment is set aside.
    pub(crate) fn reader(&self) -> Result<Reader<'_>, FormatError> {
        self.segment()?.read()
    }

    /// Whether it is known to be damaged; a segment that was not read yet is not.
    pub(crate) fn is_damaged(&self) -> bool {
        self.content.as_ref().map_or(true, |segment| segment.is_known_damaged())
    }

    pub(crate) fn is_recent(&self) -> bool {
        matches!(self.kept, Kept::Recent { .. })
    }

    /// The rows that never come back; `None` where all may.
    pub(crate) fn hidden_rows(&self) -> Option<&Bits> {
        let find = || {
            let rows = self.find_all(&self.hidden.ids);
            (!rows.is_empty()).then(|| Arc::new(with_rows(Bits::none(self.rows), &rows)))
        };
        self.hidden.rows.get_or_init(find).as_deref()
    }

    pub(crate) fn is_hidden(&self, row: u32) -> bool {
        self.hidden_rows().is_some_and(|hidden| hidden.has(row as usize))
    }

    /// The rows of some ids, ascending, hidden or not.
    fn find_all(&self, ids: &[u64]) -> Vec<u32> {
        let from = ids.partition_point(|id| *id < self.ids.0);
        let to = ids.partition_point(|id| *id <= self.ids.1);
        match self.reader() {
            Ok(reader) if from < to => reader.find_all(&ids[from..to]),
            _ => Vec::new(),
        }
    }

    /// The row of an id, hidden or not.
    pub(crate) fn find(&self, id: u64) -> Option<u32> {
        let may_hold = (self.ids.0..=self.ids.1).contains(&id);
        may_hold.then(|| self.reader().ok()?.find(id)).flatten()
    }

    /// The same entry with more ids hidden, or `None` where it can hold none of them.
    pub(crate) fn hiding(&self, ids: &[u64]) -> Option<Self> {
        let mut own: Vec<u64> = ids.iter().copied().filter(|id| (self.ids.0..=self.ids.1).contains(id)).collect();
        let known = self.hidden.rows.get();
        own.sort_unstable();
        // Where rows were looked up already, only those of the new ids are.
        let found = known.map(|_| self.find_all(&own));
        if own.is_empty() || found.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let rows = match known.zip(found) {
            Some((known, found)) => {
                let bits = known.as_deref().cloned().unwrap_or_else(|| Bits::none(self.rows));
                OnceLock::from(Some(Arc::new(with_rows(bits, &found))))
            }
            None => OnceLock::new(),
        };
        let mut all = self.hidden.ids.to_vec();
        all.append(&mut own);
        all.sort_unstable();
        Some(Self { hidden: Hidden { ids: Arc::new(all), rows }, ..self.clone() })
    }

    /// Ids of its hidden rows; others of its range may be among them.
    pub(crate) fn hidden_ids(&self) -> &[u64] {
        &self.hidden.ids
    }
}

fn with_rows(mut bits: Bits, rows: &[u32]) -> Bits {
    for row in rows {
        bits.set(*row as usize);
    }
    bits
}

/// Ids to be hidden, and what that makes of the entries of a snapshot.
#[derive(Debug)]
pub(crate) struct Hiding {
    ids: Vec<u64>,
    /// By address: the entry, held so that no other comes to lie there, and what takes its place, if it changes.
    made: HashMap<usize, (Arc<Entry>, Option<Arc<Entry>>)>,
}

/// The number of an entry, with its first and last scan time, so that a search passes those that it does not need without
/// reading of each of them.
pub(crate) type Standing = (u32, (i64, i64));

#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) indexes: Vec<Covered>,
    /// The entries, those with the newest reads first.
    pub(crate) newest_first: Arc<Vec<Standing>>,
}

/// An index over many segments, with where these stand in a snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Covered {
    /// The blob's name.
    pub(crate) name: Arc<str>,
    pub(crate) index: Arc<DaysIndex>,
    /// For each of its segments the entry; `None` where it is gone or cannot be read.
    pub(crate) entries: Arc<Vec<Option<Standing>>>,
    /// Rows of the segments that are there.
    pub(crate) rows: usize,
}

impl Covered {
    fn of(name: Arc<str>, index: Arc<DaysIndex>, entries: &[Arc<Entry>]) -> Self {
        let known: HashMap<&str, u32> = (0..).zip(entries).map(|(at, entry)| (&*entry.name, at)).collect();
        let mut rows = 0;
        let place = |(name, checksum): &(Arc<str>, u32)| {
            let at = *known.get(&**name)?;
            let entry = entries.get(at as usize)?;
            let is_it = entry.content.is_ok() && entry.checksum == Some(*checksum);
            rows += if is_it { entry.rows } else { 0 };
            is_it.then_some((at, entry.times))
        };
        let found: Vec<_> = index.segments().iter().map(place).collect();
        Self { name, index, entries: Arc::new(found), rows }
    }

    /// Whether some of its segments are gone.
    pub(crate) fn is_partly_gone(&self) -> bool {
        self.entries.iter().any(Option::is_none)
    }
}

impl Snapshot {
    pub(crate) fn of(entries: Vec<Arc<Entry>>, indexes: Vec<(Arc<str>, Arc<DaysIndex>)>) -> Self {
        let indexes = indexes.into_iter().map(|(name, index)| Covered::of(name, index, &entries)).collect();
        Self { newest_first: newest_first(&entries), entries, indexes }
    }

    /// With other indexes.
    pub(crate) fn with_indexes(
        &self,
        goes: impl Fn(&Covered) -> bool,
        added: Option<(Arc<str>, Arc<DaysIndex>)>,
    ) -> Self {
        let mut indexes: Vec<Covered> = self.indexes.iter().filter(|covered| !goes(covered)).cloned().collect();
        indexes.extend(added.map(|(name, index)| Covered::of(name, index, &self.entries)));
        Self { indexes, ..self.clone() }
    }

    /// What hiding some ids makes of the entries. Looks for rows, which searches should not wait for.
    pub(crate) fn hiding(&self, ids: Vec<u64>) -> Hiding {
        let of = if ids.is_empty() { &[][..] } else { &self.entries };
        let made = |entry: &Arc<Entry>| (Arc::clone(entry), entry.hiding(&ids).map(Arc::new));
        Hiding { made: of.iter().map(|entry| (Arc::as_ptr(entry).addr(), made(entry))).collect(), ids }
    }

    /// With more entries, and some ids hidden. Only entries that are newer than the hiding are looked into.
    pub(crate) fn with(&self, added: Vec<Entry>, hiding: &Hiding) -> Self {
        let mut entries = self.entries.clone();
        entries.extend(added.into_iter().map(Arc::new));
        if !hiding.ids.is_empty() {
            for entry in &mut entries {
                let changed = match hiding.made.get(&Arc::as_ptr(entry).addr()) {
                    Some((_, made)) => made.clone(),
                    None => entry.hiding(&hiding.ids).map(Arc::new),
                };
                if let Some(changed) = changed {
                    *entry = changed;
                }
            }
        }
        Self { newest_first: newest_first(&entries), entries, indexes: self.indexes.clone() }
    }

    /// With some entries replaced by others that hold the same rows; what was hidden stays hidden.
    pub(crate) fn replacing(&self, goes: impl Fn(&Entry) -> bool, added: Vec<Entry>) -> Self {
        let (gone, stays): (Vec<_>, Vec<_>) = self.entries.iter().cloned().partition(|entry| goes(entry));
        let hidden: Vec<u64> = gone.iter().flat_map(|entry| entry.hidden_ids()).copied().collect();
        let added = added.into_iter().map(|entry| Arc::new(entry.hiding(&hidden).unwrap_or(entry)));
        let entries = stays.into_iter().chain(added).collect();
        let indexes = self.indexes.iter().map(|covered| (Arc::clone(&covered.name), Arc::clone(&covered.index)));
        Self::of(entries, indexes.collect())
    }

    /// The stored versions of an event: reads of its camera with its event id, of the same UTC day or a neighbouring one.
    /// As (entry, row).
    pub(crate) fn versions(&self, camera: CameraId, event_id: &str, hash: u32, scan_time: i64) -> Vec<(usize, u32)> {
        let day = day_of(scan_time);
        let mut found = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let days = (day_of(entry.times.0), day_of(entry.times.1));
            if day < days.0.saturating_sub(1) || day > days.1.saturating_add(1) {
                continue;
            }
            let Ok(reader) = entry.reader() else { continue };
            found.extend(reader.rows_of_event(hash).iter().filter_map(|row| {
                let place = row.place();
                let is_same = is_near_day(day_of(reader.time(place)), day)
                    && reader.origin(reader.origin_number(place)).camera == camera
                    && reader.event_id(place) == event_id;
                is_same.then_some((at, row.get()))
            }));
        }
        found
    }
}

fn newest_first(entries: &[Arc<Entry>]) -> Arc<Vec<Standing>> {
    let mut all: Vec<Standing> = (0..).zip(entries).map(|(at, entry)| (at, entry.times)).collect();
    all.sort_by_key(|(_, (_, latest))| std::cmp::Reverse(*latest));
    Arc::new(all)
}
