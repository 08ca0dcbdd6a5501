//! Plates that were seen in at least two places (QRY-5).
//!
//! A plate is its text and its state. Reads without a state are a group of their own: nobody knows whose they are, so they
//! join no other.

use crate::search::gather::fan_out;
use crate::search::gather::{Gather, gather_of};
use crate::search::plan::Plan;
use crate::search::scan::Match;
use crate::segment::Reader;
use crate::snapshot::Snapshot;
use domain::{DetectionId, PlateText, State, UtcMicros};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Different plates that one common-plate question may look at. Keeps its memory within about half a gigabyte.
pub const COMMON_PLATES_MAX: usize = 4_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CommonKey<'a> {
    pub(crate) plate: &'a str,
    pub(crate) state: Option<State>,
}

/// The places hold more plates than [`COMMON_PLATES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyPlates;

/// A plate of a common-plate answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommonPlate {
    pub plate: PlateText,
    /// `None` groups the reads without a state.
    pub state: Option<State>,
    /// For each place of the question, in its order, the reads there; `None` where there were none.
    pub places: Vec<Option<Sighting>>,
}

/// The reads of one plate in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub first: UtcMicros,
    pub last: UtcMicros,
    pub reads: u64,
    /// Those among the answer's hits, newest first. Fewer than `reads` where the answer was cut.
    pub detections: Vec<DetectionId>,
}

/// Sorted, so that they are found one after another in each segment's sorted dictionary.
pub(crate) fn seen_in_two_places<'s>(
    snapshot: &'s Snapshot,
    plan: &Plan,
    threads: usize,
) -> Result<Vec<CommonKey<'s>>, TooManyPlates> {
    let is_over = AtomicBool::new(false);
    let (parts, _) = fan_out(snapshot, plan, threads, &Vec::new, |at, scan, made: &mut Vec<(usize, Vec<(u64, u64)>)>| {
        let mut seen: Vec<(u64, u64)> = Vec::new();
        let view = scan.reader.view;
        let _ = scan.each(|found| {
            let row = found.row as usize;
            seen.push(((u64::from(view.plate[row]) << 32) | u64::from(view.state[row]), found.places));
            ControlFlow::Continue(())
        });
        reduce(&mut seen);
        made.push((at, seen));
        if made.iter().map(|(_, seen)| seen.len()).sum::<usize>() > COMMON_PLATES_MAX {
            is_over.store(true, Ordering::Relaxed);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    if is_over.into_inner() {
        return Err(TooManyPlates);
    }
    let mut places: HashMap<CommonKey<'s>, u64> = HashMap::new();
    for (at, seen) in parts.iter().flatten() {
        let Ok(reader) = snapshot.entries[*at].reader() else { continue };
        let dictionary = reader.plates();
        for (numbers, mask) in seen {
            let (plate, state) = split(*numbers);
            let key = CommonKey { plate: dictionary.get(plate), state: reader.state(state) };
            *places.entry(key).or_default() |= mask;
        }
    }
    let mut common: Vec<CommonKey<'s>> =
        places.into_iter().filter(|(_, mask)| mask.count_ones() >= 2).map(|(key, _)| key).collect();
    common.sort_unstable();
    Ok(common)
}

/// One element for each plate and state, with all the places it was seen in.
fn reduce(seen: &mut Vec<(u64, u64)>) {
    seen.sort_unstable();
    seen.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        if is_same {
            kept.1 |= later.1;
        }
        is_same
    });
    seen.shrink_to_fit();
}

fn split(numbers: u64) -> (u32, u32) {
    let low = |value: u64| u32::try_from(value & u64::from(u32::MAX)).expect("masked to 32 bits");
    (low(numbers >> 32), low(numbers))
}

/// First, last and number of the reads of each plate in each place.
#[derive(Debug)]
struct Tally {
    plates: HashMap<(PlateText, Option<State>), Vec<Option<Sighting>>>,
    places: usize,
}

impl Gather for Tally {
    fn take(&mut self, _entry: usize, reader: &Reader<'_>, found: Match) {
        let row = found.row as usize;
        let time = UtcMicros(reader.view.scan_time[row]);
        let plate = PlateText::normalise(reader.plate(row)).expect("only normalised plate texts are stored");
        let empty = vec![None; self.places];
        let seen = self.plates.entry((plate, reader.state(reader.view.state[row]))).or_insert(empty);
        for (_, slot) in seen.iter_mut().enumerate().filter(|(at, _)| found.places & (1 << at) != 0) {
            add(slot, &Sighting { first: time, last: time, reads: 1, detections: Vec::new() });
        }
    }

    fn join(&mut self, other: Self) {
        for (plate, places) in other.plates {
            let empty = vec![None; self.places];
            let seen = self.plates.entry(plate).or_insert(empty);
            for (slot, sighting) in seen.iter_mut().zip(&places) {
                if let Some(sighting) = sighting {
                    add(slot, sighting);
                }
            }
        }
    }
}

fn add(slot: &mut Option<Sighting>, more: &Sighting) {
    match slot {
        None => *slot = Some(more.clone()),
        Some(seen) => {
            seen.first = seen.first.min(more.first);
            seen.last = seen.last.max(more.last);
            seen.reads += more.reads;
        }
    }
}

/// The report over the plates of some hits. Numbers are of all their reads in the places, also of those that the answer
/// leaves out; plates in most places come first, then those seen last.
pub(crate) fn report(
    snapshot: &Snapshot,
    plan: &Plan,
    threads: usize,
    hits: &[crate::answer::Hit],
) -> Vec<CommonPlate> {
    let mut keys: Vec<CommonKey<'_>> = hits
        .iter()
        .map(|hit| CommonKey { plate: hit.detection.plate.as_str(), state: hit.detection.state })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let places = plan.places.len();
    let new = || Tally { plates: HashMap::new(), places };
    let mut tally = gather_of(snapshot, plan, Some(&keys), None, threads, new).made;
    for hit in hits {
        let Some(seen) = tally.plates.get_mut(&(hit.detection.plate.clone(), hit.detection.state)) else { continue };
        for place in &hit.areas {
            if let Some(Some(sighting)) = seen.get_mut(usize::from(*place)) {
                sighting.detections.push(hit.detection.id);
            }
        }
    }
    let mut plates: Vec<CommonPlate> =
        tally.plates.into_iter().map(|((plate, state), places)| CommonPlate { plate, state, places }).collect();
    plates.sort_by_cached_key(|common| {
        let seen = || common.places.iter().flatten();
        let last = seen().map(|sighting| sighting.last).max();
        (std::cmp::Reverse((seen().count(), last)), common.plate.clone(), common.state)
    });
    plates
}
