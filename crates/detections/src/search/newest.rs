//! Counts of all matches, and the newest of them.

use crate::answer::{Counts, Hit};
use crate::search::gather::Gather;
use crate::search::plan::Plan;
use crate::search::scan::Match;
use crate::segment::Reader;
use crate::snapshot::Snapshot;
use domain::MatchKind;
use domain::limits::RESULTS_WARNING;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Matches kept while counting: all of them where the answer needs no warning (LIM-1).
pub(crate) const KEPT_MAX: usize = RESULTS_WARNING - 1;

/// Where a match lies; ordered by scan time, then id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    scan_time: i64,
    id: u64,
    entry: usize,
    row: u32,
    kind: MatchKind,
    places: u64,
}

#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) counts: Counts,
    keep: usize,
    /// The oldest kept match is on top.
    heap: BinaryHeap<Reverse<Found>>,
}

impl Newest {
    pub(crate) fn keeping(keep: usize) -> Self {
        Self { counts: Counts::default(), keep, heap: BinaryHeap::new() }
    }

    fn offer(&mut self, found: Found) {
        if self.heap.len() < self.keep {
            self.heap.push(Reverse(found));
        } else if let Some(mut oldest) = self.heap.peek_mut()
            && oldest.0 < found
        {
            oldest.0 = found;
        }
    }

    /// The newest `limit`, newest first.
    pub(crate) fn into_newest(self, limit: usize) -> Vec<Found> {
        let mut found: Vec<Found> = self.heap.into_iter().map(|Reverse(found)| found).collect();
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.truncate(limit);
        found
    }
}

impl Gather for Newest {
    fn take(&mut self, entry: usize, reader: &Reader<'_>, found: Match) {
        self.counts.add(found.kind, 1);
        let row = found.row as usize;
        let (scan_time, id) = (reader.view.scan_time[row], reader.view.id[row]);
        self.offer(Found { scan_time, id, entry, row: found.row, kind: found.kind, places: found.places });
    }

    fn join(&mut self, other: Self) {
        self.counts.join(&other.counts);
        other.heap.into_iter().for_each(|Reverse(found)| self.offer(found));
    }
}

/// The rows themselves, in full.
pub(crate) fn hits(snapshot: &Snapshot, plan: &Plan, found: &[Found]) -> Vec<Hit> {
    found
        .iter()
        .filter_map(|found| {
            let reader = snapshot.entries[found.entry].reader().ok()?;
            let detection = reader.row(found.row as usize).to_detection();
            let reading = match (found.kind, &plan.pattern) {
                (MatchKind::Alternative, Some(pattern)) => detection
                    .readings
                    .iter()
                    .position(|reading| pattern.matches(reading.plate.as_str(), plan.widen.look_alikes)),
                _ => None,
            };
            let areas = (0..64).filter(|at| found.places & (1 << at) != 0).collect();
            Some(Hit { detection, matched: found.kind, reading, areas })
        })
        .collect()
}
