//! Which segments are joined into a larger one: those of about the same size, when there are several. Every row is then
//! rewritten a few times in all, and a search has few segments to open.

use crate::container::FormatError;
use crate::encode::{SEGMENT_ROWS_MAX, encode};
use crate::row::RowRef;
use crate::segment::Segment;
use crate::snapshot::{Entry, Kept};
use std::sync::Arc;

/// A tier holds segments up to this many times larger than the one below.
const TIER_FACTOR: usize = 8;
/// Recent segments of one tier that are joined.
const RECENT_RUN: usize = 8;
/// Sealed segments of one day and tier that are merged.
const SEALED_RUN: usize = 4;
/// On a day that is over, a segment is rewritten once the others have this part of its rows: a search then finds one
/// segment, and late reads rewrite the day rarely.
const LATE_PART: usize = 8;

fn tier(rows: usize) -> u32 {
    rows.max(1).ilog(TIER_FACTOR)
}

/// Whether the largest grows by half at least. Without this a large one would be rewritten with every few small ones, and
/// appending would take time in the square of what is there. Segments of one tier always pass.
fn is_worth_it(run: &[Arc<Entry>]) -> bool {
    let rows = run.iter().map(|entry| entry.rows);
    let (largest, all) = (rows.clone().max().unwrap_or_default(), rows.sum::<usize>());
    largest <= 2 * (all - largest)
}

/// First and last batch of a recent entry.
pub(crate) fn batches(entry: &Entry) -> (i64, i64) {
    match entry.kept {
        Kept::Recent { first, last } => (first, last),
        Kept::Sealed { .. } => (i64::MIN, i64::MIN),
    }
}

/// The newest neighbours among recent entries, sorted by batch, that are to be joined. Only entries after batch `bound`,
/// which sealing does not touch, and never across a damaged one or a batch that is not there: the joined batches must be
/// without a gap, because sealing takes all from the first to the last out of the database.
pub(crate) fn newest_run(recents: &[Arc<Entry>], bound: i64) -> Vec<Arc<Entry>> {
    let highest = recents.iter().map(|entry| tier(entry.rows)).max().unwrap_or_default();
    for top in 0..=highest {
        let (mut rows, mut newer) = (0, None);
        let run: Vec<_> = recents
            .iter()
            .rev()
            .take_while(|entry| {
                rows += entry.rows;
                let (first, last) = batches(entry);
                let touches = newer.replace(first).is_none_or(|newer| last.checked_add(1) == Some(newer));
                touches && first > bound && entry.content.is_ok() && tier(entry.rows) <= top && rows <= SEGMENT_ROWS_MAX
            })
            .cloned()
            .collect();
        if run.len() >= RECENT_RUN && is_worth_it(&run) {
            return run;
        }
    }
    Vec::new()
}

/// The segments of one day and class that are to be merged. `entries` are all sound ones of that day and class; `is_over`
/// says that later days have segments already.
pub(crate) fn sealed_run(mut entries: Vec<Arc<Entry>>, is_over: bool) -> Vec<Arc<Entry>> {
    entries.sort_unstable_by_key(|entry| entry.rows);
    if is_over {
        let mut rows = 0;
        let fits = |entry: &&Arc<Entry>| {
            rows += entry.rows;
            rows <= SEGMENT_ROWS_MAX
        };
        let run: Vec<_> = entries.iter().take_while(fits).cloned().collect();
        let (largest, all) =
            (run.last().map_or(0, |entry| entry.rows), run.iter().map(|entry| entry.rows).sum::<usize>());
        if run.len() >= 2 && largest <= LATE_PART * (all - largest) {
            return run;
        }
    }
    let highest = entries.last().map_or(0, |entry| tier(entry.rows));
    for top in 0..=highest {
        let mut rows = 0;
        let run: Vec<_> = entries
            .iter()
            .take_while(|entry| {
                rows += entry.rows;
                tier(entry.rows) <= top && rows <= SEGMENT_ROWS_MAX
            })
            .cloned()
            .collect();
        if run.len() >= SEALED_RUN && is_worth_it(&run) {
            return run;
        }
    }
    Vec::new()
}

/// All rows of some entries, hidden ones included: they are history, and only never shown.
pub(crate) fn rows_of(entries: &[Arc<Entry>]) -> Result<Vec<RowRef<'_>>, FormatError> {
    let mut rows = Vec::with_capacity(entries.iter().map(|entry| entry.rows).sum());
    for entry in entries {
        let reader = entry.reader()?;
        rows.extend(reader.all_rows());
    }
    Ok(rows)
}

/// One recent entry in place of several.
pub(crate) fn join_run(run: &[Arc<Entry>]) -> Result<Entry, FormatError> {
    let segment = Segment::in_memory(encode(&rows_of(run)?))?;
    let first = run.iter().map(|entry| batches(entry).0).min().unwrap_or_default();
    let last = run.iter().map(|entry| batches(entry).1).max().unwrap_or_default();
    Ok(Entry::recent(first, last, segment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Hidden;

    fn entry((first, last): (i64, i64), rows: usize) -> Arc<Entry> {
        let kept = Kept::Recent { first, last };
        let content = Ok(Arc::new(Segment::in_memory(encode(&[])).unwrap()));
        let (times, ids) = ((0, 0), (0, 0));
        Arc::new(Entry {
            name: "".into(),
            kept,
            content,
            checksum: None,
            times,
            ids,
            rows,
            bytes: 0,
            hidden: Hidden::default(),
        })
    }

    #[test]
    fn many_equal_batches_are_rewritten_a_few_times_each_and_few_entries_stay() {
        for rows in [1, 20, 63, 10_000] {
            let (mut recents, mut rewritten, mut most) = (Vec::new(), 0, 0);
            let batches = if rows > 1_000 { 150 } else { 20_000 };
            for batch in 0..batches {
                recents.push(entry((batch, batch), rows));
                while let run @ [_, ..] = newest_run(&recents, i64::MIN).as_slice() {
                    let joined: usize = run.iter().map(|entry| entry.rows).sum();
                    let first = run.iter().map(|entry| super::batches(entry).0).min().unwrap();
                    recents.truncate(recents.len() - run.len());
                    recents.push(entry((first, batch), joined));
                    rewritten += joined;
                }
                most = most.max(recents.len());
            }
            let each = rewritten / (rows * usize::try_from(batches).unwrap());
            assert!(each <= 8 && most <= 60, "{rows} rows: rewritten {each} times, {most} entries");
        }
    }

    #[test]
    fn a_run_ends_where_a_batch_is_missing() {
        let recents: Vec<_> = (0..20).filter(|batch| *batch != 9).map(|batch| entry((batch, batch), 5)).collect();
        let run = newest_run(&recents, i64::MIN);
        assert_eq!(run.iter().map(|entry| batches(entry).0).min(), Some(10));
        assert_eq!(newest_run(&recents[..recents.len() - 3], i64::MIN).len(), 0);
    }
}
