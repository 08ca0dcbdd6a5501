//! A plan over all segments of a snapshot, newest first, by a few threads.

use crate::search::listing::{Listed, Listing};
use crate::search::plan::Plan;
use crate::search::scan::{Match, Scratch, Visit, scan};
use crate::search::turn::Turn;
use crate::segment::Reader;
use crate::snapshot::{Entry, Snapshot};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A search that is not done by then gets a second thread. To start one takes a few hundredths of this, and on a machine
/// that is busy with other things several times as much. The model tests are small, and join threads too.
const ALONE: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_millis(1) };

/// Makes something of matches. Each thread has its own; they are joined at the end.
pub(crate) trait Gather: Send {
    fn take(&mut self, entry: usize, reader: &Reader<'_>, found: Match);

    /// Neighbouring rows that all match exactly.
    fn take_span(&mut self, entry: usize, reader: &Reader<'_>, rows: Range<usize>, places: u64) {
        for row in rows.filter_map(|row| u32::try_from(row).ok()) {
            self.take(entry, reader, Match { row, kind: domain::MatchKind::Exact, places });
        }
    }

    fn join(&mut self, other: Self);
}

/// The matches of one entry, on their way into a gather.
pub(crate) struct Into<'g, G> {
    pub(crate) entry: usize,
    pub(crate) made: &'g mut G,
}

impl<'s, G: Gather> Visit<'s> for Into<'_, G> {
    fn one(&mut self, reader: &Reader<'s>, found: Match) -> ControlFlow<()> {
        self.made.take(self.entry, reader, found);
        ControlFlow::Continue(())
    }

    fn span(&mut self, reader: &Reader<'s>, rows: Range<usize>, places: u64) -> ControlFlow<()> {
        self.made.take_span(self.entry, reader, rows, places);
        ControlFlow::Continue(())
    }
}

#[derive(Debug)]
pub(crate) struct Gathered<G> {
    pub(crate) made: G,
    /// Names of segments that the question's time frame reaches and that are damaged.
    pub(crate) set_aside: Vec<String>,
}

/// Runs a plan and gathers all its matches.
pub(crate) fn gather<G: Gather>(
    snapshot: &Snapshot,
    plan: &Plan,
    turn: &Turn,
    new: impl Fn() -> G + Sync,
) -> Gathered<G> {
    let each =
        |of: Of<'_, '_>, scratch: &mut Scratch, made: &mut G| scan(plan, of, scratch, &mut Into { entry: of.at, made });
    let (mut parts, set_aside) = fan_out(snapshot, plan, turn, &new, |_| false, each);
    let mut made = parts.pop().unwrap_or_else(&new);
    for part in parts {
        made.join(part);
    }
    Gathered { made, set_aside }
}

/// An entry that is looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Of<'s, 'l> {
    pub(crate) at: usize,
    pub(crate) entry: &'s Entry,
    /// The rows that an index names; no others can match.
    pub(crate) listed: Option<&'l [Listed]>,
}

/// Runs `each` over all entries that the plan's frame reaches, those with the newest reads first. A break ends the run; so
/// does `is_done`, which is asked before an entry is begun and then must hold for all older ones too.
/// Also gives the names of the segments that were set aside.
pub(crate) fn fan_out<'s, P: Send>(
    snapshot: &'s Snapshot,
    plan: &Plan,
    turn: &Turn,
    new: &(impl Fn() -> P + Sync),
    is_done: impl Fn(&Entry) -> bool + Sync,
    each: impl for<'l> Fn(Of<'s, 'l>, &mut Scratch, &mut P) -> Result<ControlFlow<()>, crate::FormatError> + Sync,
) -> (Vec<P>, Vec<String>) {
    let listing = Listing::new(snapshot, plan);
    let entries = &listing.entries;
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    // One thread's share; ends early, with what is made so far, where `pauses` says so.
    let work = |made: &mut P, set_aside: &mut Vec<String>, pauses: &dyn Fn() -> bool| {
        let mut scratch = Scratch::default();
        while !pauses() {
            let Some((at, span)) = entries.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let at = *at as usize;
            let entry: &'s Entry = &snapshot.entries[at];
            if is_over.load(Ordering::Relaxed) || is_done(entry) {
                break;
            }
            let of = Of { at, entry, listed: span.as_ref().map(|span| listing.rows(span)) };
            match each(of, &mut scratch, made) {
                Err(_) => set_aside.push(entry.name.to_string()),
                Ok(ControlFlow::Break(())) => is_over.store(true, Ordering::Relaxed),
                Ok(ControlFlow::Continue(())) => {}
            }
        }
    };
    let (mut made, mut set_aside) = (new(), Vec::new());
    let began = Instant::now();
    // The thread that asked never pauses; between segments it lets others go first.
    let goes_on = || {
        turn.give_way();
        false
    };
    work(&mut made, &mut set_aside, &|| goes_on() || began.elapsed() >= ALONE && turn.helpers().is_some());
    let is_left = next.load(Ordering::Relaxed) < entries.len() && !is_over.load(Ordering::Relaxed);
    let mut parts = vec![(made, set_aside)];
    match turn.helpers() {
        _ if !is_left => {}
        None => {
            for (made, set_aside) in &mut parts {
                work(made, set_aside, &goes_on);
            }
        }
        Some(pool) => {
            let mut others: Vec<_> = (0..pool.current_num_threads()).map(|_| (new(), Vec::new())).collect();
            pool.in_place_scope(|scope| {
                for (made, set_aside) in &mut others {
                    scope.spawn(|_| work(made, set_aside, &|| turn.is_shared()));
                }
                for (made, set_aside) in &mut parts {
                    work(made, set_aside, &goes_on);
                }
            });
            parts.append(&mut others);
        }
    }
    let (made, set_aside): (Vec<P>, Vec<Vec<String>>) = parts.into_iter().unzip();
    let mut set_aside = set_aside.concat();
    set_aside.sort_unstable();
    (made, set_aside)
}
