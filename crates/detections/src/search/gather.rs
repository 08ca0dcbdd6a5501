//! A plan over all segments of a snapshot, by a few threads.

use crate::search::common_plate::{self, ByEntry, TooManyPlates};
use crate::search::plan::Plan;
use crate::search::scan::{Match, Scan};
use crate::segment::Reader;
use crate::snapshot::{Entry, Snapshot};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Below this many rows a second thread costs more than it brings. The model tests are small, and join threads too.
const ROWS_FOR_THREADS: usize = if cfg!(test) { 1 } else { 50_000 };

/// Makes something of matches. Each thread has its own; they are joined at the end.
pub(crate) trait Gather: Send {
    fn take(&mut self, entry: usize, reader: &Reader<'_>, found: Match);
    fn join(&mut self, other: Self);
}

#[derive(Debug)]
pub(crate) struct Gathered<G> {
    pub(crate) made: G,
    /// The cap was reached, and the rest was not looked at.
    pub(crate) is_capped: bool,
    /// Names of segments that the question's time frame reaches and that are damaged.
    pub(crate) set_aside: Vec<String>,
}

/// Runs a plan and gathers its matches. With a cap it may stop once that many were found.
pub(crate) fn gather<G: Gather>(
    snapshot: &Snapshot,
    plan: &Plan,
    cap: Option<u64>,
    threads: usize,
    new: impl Fn() -> G + Sync,
) -> Result<Gathered<G>, TooManyPlates> {
    let winners = if plan.is_common { Some(common_plate::seen_in_two_places(snapshot, plan, threads)?) } else { None };
    Ok(gather_of(snapshot, plan, winners.as_ref(), cap, threads, new))
}

/// The same, for some plates of a common-plate question; `None` is the plan's own matches.
pub(crate) fn gather_of<G: Gather>(
    snapshot: &Snapshot,
    plan: &Plan,
    plates: Option<&ByEntry>,
    cap: Option<u64>,
    threads: usize,
    new: impl Fn() -> G + Sync,
) -> Gathered<G> {
    let found = AtomicU64::new(0);
    let is_capped = AtomicBool::new(false);
    let run = |at: usize, scan: &Scan<'_>, made: &mut G| {
        let visit = |found_row: Match| {
            made.take(at, &scan.reader, found_row);
            let is_over = cap.is_some_and(|cap| found.fetch_add(1, Ordering::Relaxed) + 1 >= cap);
            if is_over {
                is_capped.store(true, Ordering::Relaxed);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        match plates {
            Some(plates) => scan.each_of(plates.get(&at).map_or(&[][..], Vec::as_slice), visit),
            None => scan.each(visit),
        }
    };
    let (mut parts, set_aside) = fan_out(snapshot, plan, threads, &new, run);
    let mut made = parts.pop().unwrap_or_else(&new);
    for part in parts {
        made.join(part);
    }
    Gathered { made, is_capped: is_capped.into_inner(), set_aside }
}

/// Runs `each` over the scans of all segments that the plan's frame reaches. A break ends the run.
/// Also gives the names of the segments that were set aside.
pub(crate) fn fan_out<'s, P: Send>(
    snapshot: &'s Snapshot,
    plan: &Plan,
    threads: usize,
    new: &(impl Fn() -> P + Sync),
    each: impl Fn(usize, &Scan<'_>, &mut P) -> ControlFlow<()> + Sync,
) -> (Vec<P>, Vec<String>) {
    let (from, to) = (plan.frame.from().0, plan.frame.to().0);
    let entries: Vec<(usize, &'s Arc<Entry>)> =
        snapshot.entries.iter().enumerate().filter(|(_, entry)| entry.overlaps(from, to)).collect();
    let rows: usize = entries.iter().map(|(_, entry)| entry.rows).sum();
    let threads = if rows < ROWS_FOR_THREADS { 1 } else { threads.clamp(1, entries.len().max(1)) };
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        let (mut made, mut set_aside) = (new(), Vec::new());
        while let Some((at, entry)) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            match entry.reader() {
                Err(_) => set_aside.push(entry.name.to_string()),
                Ok(reader) => {
                    let Some(scan) = Scan::new(plan, entry, &reader) else { continue };
                    if each(*at, &scan, &mut made).is_break() {
                        is_over.store(true, Ordering::Relaxed);
                    }
                }
            }
        }
        (made, set_aside)
    };
    let parts: Vec<(P, Vec<String>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        let joined = others.into_iter().map(|other| other.join().expect("a search thread does not panic"));
        joined.chain([own]).collect()
    });
    let (made, set_aside): (Vec<P>, Vec<Vec<String>>) = parts.into_iter().unzip();
    let mut set_aside = set_aside.concat();
    set_aside.sort_unstable();
    (made, set_aside)
}
