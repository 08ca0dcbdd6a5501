//! Counts of matches, and the newest of them. Stops where older reads can change neither.

use crate::answer::{Counts, Hit};
use crate::search::gather::{Gather, Into, Of, fan_out};
use crate::search::plan::Plan;
use crate::search::scan::{Match, scan};
use crate::search::turn::Turn;
use crate::segment::Reader;
use crate::snapshot::{Entry, Snapshot};
use domain::MatchKind;
use domain::limits::{RESULTS_AFTER_WARNING, RESULTS_WARNING};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

/// Matches kept while counting: all of them where the answer needs no warning (LIM-1).
pub(crate) const KEPT_MAX: usize = RESULTS_WARNING - 1;
/// Hits from which on two threads make them.
const HITS_FOR_THREADS: usize = if cfg!(test) { 2 } else { 2_000 };

/// Rows whose columns are touched ahead of making them.
const HITS_TOUCHED: usize = 32;

/// Where a match lies; ordered by scan time, then id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    scan_time: i64,
    id: u64,
    entry: u32,
    row: u32,
    kind: MatchKind,
    places: u64,
}

impl Found {
    /// Number of the entry, and row.
    pub(crate) fn place(&self) -> (usize, u32) {
        (self.entry as usize, self.row)
    }
}

/// The newest of some matches.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) counts: Counts,
    found: Vec<Found>,
    /// Matches older than this are not among the newest.
    floor: i64,
}

impl Newest {
    pub(crate) fn new() -> Self {
        Self { counts: Counts::default(), found: Vec::new(), floor: i64::MIN }
    }

    fn is_large(&self) -> bool {
        self.counts.total() >= RESULTS_WARNING as u64
    }

    /// How many of the newest will be wanted: all below the warning, and after it a fixed number.
    fn wanted(&self) -> usize {
        if self.is_large() { RESULTS_AFTER_WARNING } else { KEPT_MAX }
    }

    /// Leaves the newest that are wanted, in no order.
    fn prune(&mut self) {
        let wanted = self.wanted();
        if self.found.len() > wanted {
            let (_, oldest, _) = self.found.select_nth_unstable_by(wanted - 1, |one, other| other.cmp(one));
            self.floor = self.floor.max(oldest.scan_time);
            self.found.truncate(wanted);
        }
    }

    /// Whether reads up to a time can change neither the warning nor the newest rows.
    fn is_settled_before(&self, latest: i64) -> bool {
        self.is_large() && self.found.len() >= RESULTS_AFTER_WARNING && latest < self.floor
    }

    /// The newest that the answer gives, newest first.
    pub(crate) fn into_newest(mut self) -> Vec<Found> {
        self.prune();
        self.found.sort_unstable_by(|one, other| other.cmp(one));
        self.found
    }
}

impl Gather for Newest {
    fn take(&mut self, entry: usize, reader: &Reader<'_>, found: Match) {
        self.counts.add(found.kind, 1);
        let row = found.row as usize;
        let scan_time = reader.time(row);
        if scan_time < self.floor {
            return;
        }
        let entry = u32::try_from(entry).expect("entries of a snapshot fit 32 bits");
        let Match { row, kind, places } = found;
        self.found.push(Found { scan_time, id: reader.id(row as usize), entry, row, kind, places });
        if self.found.len() >= 4 * RESULTS_WARNING {
            self.prune();
        }
    }

    fn join(&mut self, other: Self) {
        self.counts.join(&other.counts);
        self.floor = self.floor.max(other.floor);
        self.found.extend(other.found);
        self.prune();
    }
}

/// What was found of a plan, as far as its answer needs it.
#[derive(Debug)]
pub(crate) struct NewestFound {
    /// Exact below the warning; from there on at least so many.
    pub(crate) counts: Counts,
    pub(crate) found: Vec<Found>,
    pub(crate) set_aside: Vec<String>,
}

/// Counts up to the warning, and the newest matches. `stops_at_warning` ends as soon as the warning is certain.
pub(crate) fn newest(snapshot: &Snapshot, plan: &Plan, turn: &Turn, stops_at_warning: bool) -> NewestFound {
    let all = Mutex::new(Newest::new());
    let locked = || all.lock().unwrap_or_else(PoisonError::into_inner);
    let is_done = |entry: &Entry| locked().is_settled_before(entry.times.1);
    let each = |of: Of<'_, '_>, scratch: &mut _, (): &mut ()| {
        let mut own = Newest { floor: locked().floor, ..Newest::new() };
        let scanned = scan(plan, of, scratch, &mut Into { entry: of.at, made: &mut own });
        let mut all = locked();
        all.join(own);
        let flow = scanned?;
        Ok(if stops_at_warning && all.is_large() { ControlFlow::Break(()) } else { flow })
    };
    let (_, set_aside) = fan_out(snapshot, plan, turn, &|| (), is_done, each);
    let made = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    NewestFound { counts: made.counts, found: made.into_newest(), set_aside }
}

/// The rows themselves, in full.
pub(crate) fn hits(snapshot: &Snapshot, plan: &Plan, turn: &Turn, found: &[Found]) -> Vec<Hit> {
    let Some(pool) = turn.helpers().filter(|_| found.len() >= HITS_FOR_THREADS) else {
        return make_hits(snapshot, plan, found, found.len());
    };
    let (newer, older) = found.split_at(found.len() / 2);
    let mut made = Vec::new();
    let mut hits = pool.in_place_scope(|scope| {
        scope.spawn(|_| made = make_hits(snapshot, plan, older, older.len()));
        make_hits(snapshot, plan, newer, found.len())
    });
    hits.append(&mut made);
    hits
}

/// The rows, with room for `capacity` of them.
fn make_hits(snapshot: &Snapshot, plan: &Plan, found: &[Found], capacity: usize) -> Vec<Hit> {
    let mut hits = Vec::with_capacity(capacity);
    // Neighbours in time are mostly of one segment.
    for run in found.chunk_by(|one, other| one.entry == other.entry) {
        let Some(Ok(reader)) = run.first().map(|found| snapshot.entries[found.entry as usize].reader()) else {
            continue;
        };
        for some in run.chunks(HITS_TOUCHED) {
            reader.touch(some.iter().map(|found| found.row as usize));
            hits.extend(some.iter().map(|found| hit(&reader, plan, found)));
        }
    }
    hits
}

fn hit(reader: &Reader<'_>, plan: &Plan, found: &Found) -> Hit {
    let detection = reader.row(found.row as usize).to_detection();
    let reading = match (found.kind, &plan.pattern) {
        (MatchKind::Alternative, Some(pattern)) => {
            detection.readings.iter().position(|reading| pattern.matches(crate::text::Text::of(reading.plate.as_str())))
        }
        _ => None,
    };
    let (mut areas, mut rest) = (Vec::new(), found.places);
    while rest != 0 {
        areas.extend(u16::try_from(rest.trailing_zeros()));
        rest &= rest - 1;
    }
    Hit { detection, matched: found.kind, reading, areas }
}
