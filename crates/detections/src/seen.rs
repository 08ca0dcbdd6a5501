//! Which events were seen on which day: says at once that a read is new, so that appending looks for earlier versions of
//! few. What it says is there may still not be; then the segments are asked.

use crate::row::{day_of, is_near_day};
use crate::snapshot::{Entry, Kept, Snapshot};
use std::collections::{HashMap, HashSet};

/// Hashes that are held; about 8 bytes each. Days that do not fit are asked of their segments, read by read.
const HASHES_MAX: usize = if cfg!(test) { 30 } else { 24_000_000 };
/// Groups of appends for which a day is held after it was last needed, when another needs its place.
const GROUPS_HELD: u64 = 16;

#[derive(Debug, Default)]
pub(crate) struct SeenEvents {
    days: HashMap<i32, Day>,
    /// Groups of appends so far.
    group: u64,
}

#[derive(Debug, Default)]
struct Day {
    hashes: HashSet<u32, foldhash::fast::RandomState>,
    /// The group that needed it last.
    needed: u64,
}

impl SeenEvents {
    /// Makes ready for a group of appends with reads of some days. `snapshot` is all that was appended before.
    pub(crate) fn begin(&mut self, snapshot: &Snapshot, days: &HashSet<i32>) {
        self.group += 1;
        let near = days.iter().flat_map(|day| day.saturating_sub(1)..=day.saturating_add(1));
        let mut missing: Vec<i32> = Vec::new();
        for day in near {
            match self.days.get_mut(&day) {
                Some(known) => known.needed = self.group,
                None => missing.push(day),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        for day in missing {
            let rows: usize = entries_of(snapshot, day).map(|entry| entry.rows).sum();
            if self.makes_room(rows) {
                self.days.insert(day, Day { hashes: hashes_of(snapshot, day), needed: self.group });
            }
        }
    }

    /// False where an event with this hash was certainly not read near a day.
    pub(crate) fn may_have(&self, day: i32, hash: u32) -> bool {
        (day.saturating_sub(1)..=day.saturating_add(1))
            .any(|day| self.days.get(&day).is_none_or(|known| known.hashes.contains(&hash)))
    }

    /// Adds a read that is being appended.
    pub(crate) fn add(&mut self, day: i32, hash: u32) {
        if let Some(known) = self.days.get_mut(&day) {
            known.hashes.insert(hash);
        }
    }

    /// Forgets days that were not needed for long until so many hashes more fit; whether they do.
    fn makes_room(&mut self, more: usize) -> bool {
        loop {
            let held: usize = self.days.values().map(|day| day.hashes.len()).sum();
            if held + more <= HASHES_MAX {
                return true;
            }
            let oldest = self.days.iter().min_by_key(|(_, known)| known.needed);
            match oldest.filter(|(_, known)| known.needed + GROUPS_HELD < self.group).map(|(day, _)| *day) {
                Some(day) => drop(self.days.remove(&day)),
                None => return false,
            }
        }
    }
}

fn entries_of(snapshot: &Snapshot, day: i32) -> impl Iterator<Item = &Entry> {
    let holds = move |entry: &&Entry| (day_of(entry.times.0)..=day_of(entry.times.1)).contains(&day);
    snapshot.entries.iter().map(AsRef::as_ref).filter(holds)
}

fn hashes_of(snapshot: &Snapshot, day: i32) -> HashSet<u32, foldhash::fast::RandomState> {
    let mut hashes: HashSet<u32, foldhash::fast::RandomState> = HashSet::default();
    for entry in entries_of(snapshot, day) {
        let Ok(reader) = entry.reader() else { continue };
        let events = reader.view.event_hash.iter().zip(reader.view.event_row);
        match entry.kept {
            Kept::Sealed { .. } => hashes.extend(events.map(|(hash, _)| hash)),
            Kept::Recent { .. } => {
                let of_day = events.filter(|(_, row)| is_near_day(day_of(reader.time(row.place())), day));
                hashes.extend(of_day.map(|(hash, _)| hash));
            }
        }
    }
    hashes
}
