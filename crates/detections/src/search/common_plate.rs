//! Plates that were seen in at least two places (QRY-5).
//!
//! A plate is its text and its state. Reads without a state are a group of their own: nobody knows whose they are, so they
//! join no other.

use crate::search::gather::{Gather, fan_out, gather_of};
use crate::search::plan::Plan;
use crate::search::scan::{Match, PlateNumbers};
use crate::segment::Reader;
use crate::snapshot::{Entry, Snapshot};
use domain::{DetectionId, PlateText, State, UtcMicros};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Plates that one common-plate question may look at, one of several days counted for each. Keeps its memory within half
/// a gigabyte.
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

/// Plates by the segment that has them: (number of the entry, their numbers there).
pub(crate) type ByEntry = HashMap<usize, Vec<PlateNumbers>>;

/// The plates that were seen in at least two places, in every segment that has reads of them there.
pub(crate) fn seen_in_two_places(snapshot: &Snapshot, plan: &Plan, threads: usize) -> Result<ByEntry, TooManyPlates> {
    let seen = seen_by_entry(snapshot, plan, threads)?;
    // Plates have other numbers in other segments: here each gets one number for all.
    let elements = seen.iter().map(|(_, seen)| seen.len()).sum();
    let mut keys: HashMap<(&[u8], [u8; 6]), usize, foldhash::fast::RandomState> = HashMap::default();
    keys.reserve(elements);
    let (mut places, mut key_of) = (Vec::<u64>::new(), Vec::<Vec<usize>>::new());
    for (at, seen) in &seen {
        let reader = snapshot.entries[*at].reader();
        let number = |(numbers, mask): &(PlateNumbers, u64)| {
            let reader = reader.as_ref().ok()?;
            let plate = reader.plates().raw(numbers.plate as usize);
            let key = (plate, reader.view.state_codes[numbers.state as usize]);
            let number = *keys.entry(key).or_insert(places.len());
            match places.get_mut(number) {
                Some(seen) => *seen |= mask,
                None => places.push(*mask),
            }
            Some(number)
        };
        key_of.push(seen.iter().filter_map(number).collect());
    }
    let keep = |((at, seen), key_of): ((usize, Seen), Vec<usize>)| {
        let is_common = |number: usize| places[number].count_ones() >= 2;
        let common = seen.into_iter().zip(key_of).filter(|(_, number)| is_common(*number));
        (at, common.map(|((numbers, _), _)| numbers).collect())
    };
    Ok(seen.into_iter().zip(key_of).map(keep).collect())
}

/// Plates of one segment, each with the places it was seen in.
type Seen = Vec<(PlateNumbers, u64)>;

/// For each segment the plates seen in any place, each with all its places.
fn seen_by_entry(snapshot: &Snapshot, plan: &Plan, threads: usize) -> Result<Vec<(usize, Seen)>, TooManyPlates> {
    let total = AtomicUsize::new(0);
    let (parts, _) = fan_out(snapshot, plan, threads, &Vec::new, |at, scan, made: &mut Vec<_>| {
        let mut seen = Seen::new();
        let view = &scan.reader.view;
        let _ = scan.each(|found| {
            let row = found.row as usize;
            seen.push((PlateNumbers { plate: view.plate[row], state: view.state[row] }, found.places));
            ControlFlow::Continue(())
        });
        reduce(&mut seen);
        let is_over = total.fetch_add(seen.len(), Ordering::Relaxed) + seen.len() > COMMON_PLATES_MAX;
        made.push((at, seen));
        if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if total.into_inner() > COMMON_PLATES_MAX { Err(TooManyPlates) } else { Ok(parts.concat()) }
}

/// One element for each plate and state, with all the places it was seen in.
fn reduce(seen: &mut Seen) {
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

/// Some plates, sorted, in every segment that has them.
fn numbers_of(snapshot: &Snapshot, keys: &[CommonKey<'_>]) -> ByEntry {
    let of_entry = |entry: &Entry| -> Vec<PlateNumbers> {
        let Ok(reader) = entry.reader() else { return Vec::new() };
        let dictionary = reader.plates();
        let mut place = 0;
        let find = |key: &CommonKey<'_>| {
            place = dictionary.at_or_after(place, key.plate);
            let plate = u32::try_from(place).ok().filter(|_| place < dictionary.len())?;
            let is_it = dictionary.get(plate) == key.plate;
            is_it.then_some(PlateNumbers { plate, state: reader.state_number(key.state)? })
        };
        keys.iter().filter_map(find).collect()
    };
    snapshot.entries.iter().map(|entry| of_entry(entry)).enumerate().collect()
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
    let mut keys: Vec<CommonKey<'_>> =
        hits.iter().map(|hit| CommonKey { plate: hit.detection.plate.as_str(), state: hit.detection.state }).collect();
    keys.sort_unstable();
    keys.dedup();
    let places = plan.places.len();
    let new = || Tally { plates: HashMap::new(), places };
    let mut tally = gather_of(snapshot, plan, Some(&numbers_of(snapshot, &keys)), None, threads, new).made;
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
