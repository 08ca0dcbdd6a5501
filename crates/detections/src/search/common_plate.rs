//! Plates that were seen in at least two places (QRY-5).
//!
//! A plate is its text and its state. Reads without a state are a group of their own: nobody knows whose they are, so they
//! join no other.

use crate::search::gather::{Gather, Of, fan_out};
use crate::search::newest::Found;
use crate::search::plan::Plan;
use crate::search::scan::{Match, Scratch, Visit, scan};
use crate::search::turn::Turn;
use crate::segment::Reader;
use crate::snapshot::Snapshot;
use crate::text::Text;
use domain::{DetectionId, MatchKind, PlateText, State, UtcMicros};
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Plates that one common-plate question may look at, counted by thread. Keeps its memory within half a gigabyte: 33
/// bytes for a plate in a table of twice as many places, and for a moment the table of half the size that it grows from.
pub const COMMON_PLATES_MAX: usize = 4_000_000;
/// Reads in the places that are kept with their place; where there are more, only the plates are, and the segments are
/// read a second time.
const LISTED_MAX: usize = if cfg!(test) { 6 } else { 1_000_000 };

/// A plate and the code of its state, zeros where it is unknown.
type Key<'s> = (Text<'s>, [u8; 6]);
type Keyed<'s, T> = HashMap<Key<'s>, T, foldhash::fast::RandomState>;

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

/// A read in one of the places.
#[derive(Clone, Copy, Debug)]
struct Seen<'s> {
    key: Key<'s>,
    places: u64,
    entry: u32,
    row: u32,
    kind: MatchKind,
}

/// What one thread saw: reads as long as they are few, then plates with all their places.
#[derive(Debug, Default)]
struct SeenBy<'s> {
    listed: Vec<Seen<'s>>,
    plates: Keyed<'s, u64>,
}

/// The plates that were seen in at least two places.
#[derive(Debug)]
pub(crate) struct Winners<'s> {
    /// With all their places.
    plates: Keyed<'s, u64>,
    /// Their reads in the places; `None` where they were too many to keep.
    listed: Option<Vec<Seen<'s>>>,
    pub(crate) set_aside: Vec<String>,
}

struct Collecting<'c, 's> {
    at: u32,
    made: &'c mut SeenBy<'s>,
    listed: &'c AtomicUsize,
}

impl<'s> Visit<'s> for Collecting<'_, 's> {
    fn one(&mut self, reader: &Reader<'s>, found: Match) -> ControlFlow<()> {
        if self.made.plates.is_empty() && self.listed.fetch_add(1, Ordering::Relaxed) < LISTED_MAX {
            let Match { row, kind, places } = found;
            self.made.listed.push(Seen { key: NO_KEY, places, entry: self.at, row, kind });
        } else {
            *self.made.plates.entry(key_of(reader, found.row)).or_default() |= found.places;
        }
        ControlFlow::Continue(())
    }
}

/// Stands where the key is not looked up yet.
const NO_KEY: Key<'static> = (Text::Short(0), [0; 6]);

fn key_of<'s>(reader: &Reader<'s>, row: u32) -> Key<'s> {
    let row = row as usize;
    (reader.plate(row), reader.view.state_codes[reader.state_number(row) as usize])
}

/// The plates that were seen in at least two places.
pub(crate) fn winners<'s>(snapshot: &'s Snapshot, plan: &Plan, turn: &Turn) -> Result<Winners<'s>, TooManyPlates> {
    let (listed, counted) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let each = |of: Of<'s, '_>, scratch: &mut Scratch, made: &mut SeenBy<'s>| {
        let at = u32::try_from(of.at).expect("entries of a snapshot fit 32 bits");
        let (before, listed_before) = (made.plates.len(), made.listed.len());
        let _ = scan(plan, of, scratch, &mut Collecting { at, made, listed: &listed })?;
        // Plates lie far apart. Looked up one after another, with nothing in between, they do not wait for each other.
        if let Some(reader) = made.listed.get(listed_before).and_then(|_| of.entry.reader().ok()) {
            made.listed.iter_mut().skip(listed_before).for_each(|seen| seen.key = key_of(&reader, seen.row));
        }
        let more = made.plates.len() - before;
        let is_over = counted.fetch_add(more, Ordering::Relaxed) + more > COMMON_PLATES_MAX;
        Ok(if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    let (parts, set_aside) = fan_out(snapshot, plan, turn, &SeenBy::default, |_| false, each);
    if counted.into_inner() > COMMON_PLATES_MAX {
        return Err(TooManyPlates);
    }
    if parts.iter().all(|part| part.plates.is_empty()) {
        let listed = parts.into_iter().flat_map(|part| part.listed).collect();
        return Ok(winners_of(listed, set_aside));
    }
    // The largest part takes in the others, each of which is gone before the next is begun.
    let mut parts = parts;
    parts.sort_by_key(|part| part.plates.len());
    let mut plates = parts.last_mut().map(|part| std::mem::take(&mut part.plates)).unwrap_or_default();
    for part in parts {
        let seen = part.listed.iter().map(|seen| (seen.key, seen.places));
        for (key, places) in seen.chain(part.plates) {
            *plates.entry(key).or_default() |= places;
        }
    }
    plates.retain(|_, places| places.count_ones() >= 2);
    plates.shrink_to_fit();
    Ok(Winners { plates, listed: None, set_aside })
}

/// Most plates were seen in one place. A table of places by hash says so of nearly all of them; only the rest is put under
/// its own name.
fn winners_of(mut listed: Vec<Seen<'_>>, set_aside: Vec<String>) -> Winners<'_> {
    let hasher = foldhash::fast::RandomState::default();
    let mut places = vec![0_u64; (2 * listed.len()).next_power_of_two()];
    let slots = places.len() as u64 - 1;
    let slot = |seen: &Seen<'_>| usize::try_from(hasher.hash_one(seen.key) & slots).expect("as many as fit memory");
    for seen in &listed {
        places[slot(seen)] |= seen.places;
    }
    listed.retain(|seen| places[slot(seen)].count_ones() >= 2);
    let mut plates: Keyed<'_, u64> = HashMap::default();
    for seen in &listed {
        *plates.entry(seen.key).or_default() |= seen.places;
    }
    plates.retain(|_, places| places.count_ones() >= 2);
    listed.retain(|seen| plates.contains_key(&seen.key));
    Winners { plates, listed: Some(listed), set_aside }
}

impl<'s> Winners<'s> {
    /// Leaves only the plates of some matches.
    pub(crate) fn keep_those_of(&mut self, snapshot: &'s Snapshot, found: &[Found]) {
        let key = |found: &Found| {
            let (entry, row) = found.place();
            snapshot.entries.get(entry).and_then(|entry| entry.reader().ok()).map(|reader| key_of(&reader, row))
        };
        let kept: HashSet<Key<'s>, foldhash::fast::RandomState> = found.iter().filter_map(key).collect();
        self.plates.retain(|key, _| kept.contains(key));
        if let Some(listed) = &mut self.listed {
            listed.retain(|seen| kept.contains(&seen.key));
        }
    }
}

/// Gathers the reads, in the places, of the plates that were seen in two of them.
pub(crate) fn gather_winners<'s, G: Gather>(
    snapshot: &'s Snapshot,
    plan: &Plan,
    winners: &Winners<'s>,
    turn: &Turn,
    new: impl Fn() -> G + Sync,
) -> G {
    let mut made = new();
    if let Some(listed) = &winners.listed {
        for seen in listed {
            let at = seen.entry as usize;
            let Some(Ok(reader)) = snapshot.entries.get(at).map(|entry| entry.reader()) else { continue };
            made.take(at, &reader, Match { row: seen.row, kind: seen.kind, places: seen.places });
        }
        return made;
    }
    let each = |of: Of<'s, '_>, scratch: &mut Scratch, made: &mut G| {
        scan(plan, of, scratch, &mut Choosing { at: of.at, winners, made })
    };
    let (parts, _) = fan_out(snapshot, plan, turn, &new, |_| false, each);
    for part in parts {
        made.join(part);
    }
    made
}

struct Choosing<'c, 's, G> {
    at: usize,
    winners: &'c Winners<'s>,
    made: &'c mut G,
}

impl<'s, G: Gather> Visit<'s> for Choosing<'_, 's, G> {
    fn one(&mut self, reader: &Reader<'s>, found: Match) -> ControlFlow<()> {
        if self.winners.plates.contains_key(&key_of(reader, found.row)) {
            self.made.take(self.at, reader, found);
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
thread_local! {
    /// Reads that this thread has tallied.
    pub(crate) static TALLIED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// First, last and number of the reads of each plate in each place.
#[derive(Debug)]
pub(crate) struct Tally {
    plates: HashMap<(PlateText, Option<State>), Vec<Option<Sighting>>>,
    places: usize,
}

impl Tally {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self { plates: HashMap::new(), places: plan.places.len() }
    }

    /// The report over the plates of some hits. Numbers are of all their reads in the places, also of those that the answer
    /// leaves out; plates in most places come first, then those seen last.
    pub(crate) fn into_report(mut self, hits: &[crate::answer::Hit]) -> Vec<CommonPlate> {
        for hit in hits {
            let key = (hit.detection.plate.clone(), hit.detection.state);
            let Some(seen) = self.plates.get_mut(&key) else { continue };
            for place in &hit.areas {
                if let Some(Some(sighting)) = seen.get_mut(usize::from(*place)) {
                    sighting.detections.push(hit.detection.id);
                }
            }
        }
        let is_among_hits =
            |places: &[Option<Sighting>]| places.iter().flatten().any(|sighting| !sighting.detections.is_empty());
        let mut plates: Vec<CommonPlate> = self
            .plates
            .into_iter()
            .filter(|(_, places)| is_among_hits(places))
            .map(|((plate, state), places)| CommonPlate { plate, state, places })
            .collect();
        plates.sort_by_cached_key(|common| {
            let seen = || common.places.iter().flatten();
            let last = seen().map(|sighting| sighting.last).max();
            (std::cmp::Reverse((seen().count(), last)), common.plate.clone(), common.state)
        });
        plates
    }
}

impl Gather for Tally {
    fn take(&mut self, _entry: usize, reader: &Reader<'_>, found: Match) {
        #[cfg(test)]
        TALLIED.set(TALLIED.get() + 1);
        let row = found.row as usize;
        let time = UtcMicros(reader.time(row));
        let plate = reader.plate(row).read(PlateText::normalise).expect("only normalised plate texts are stored");
        let empty = vec![None; self.places];
        let seen = self.plates.entry((plate, reader.state(reader.state_number(row)))).or_insert(empty);
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
