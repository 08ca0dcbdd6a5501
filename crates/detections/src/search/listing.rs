//! Rows that indexes over many segments name for a plate pattern, so that the segments themselves need not be asked.

use crate::days_index::{Texts, segment_and_row};
use crate::search::plan::Plan;
use crate::snapshot::{Covered, Snapshot};
use domain::MatchKind;
use std::ops::{ControlFlow, Range};

/// Rows that are listed; where a pattern has more, the segments are asked, newest first, and few of them may do.
const ROWS_MAX: usize = if cfg!(test) { 40 } else { 200_000 };
/// Segments that a question must reach for an index over them to be worth asking.
const SEGMENTS_MIN: usize = if cfg!(test) { 1 } else { 4 };

/// A row whose plate, or one of whose alternative readings, matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    entry: u32,
    /// Rows that match by their plate come first.
    pub(crate) is_reading: bool,
    pub(crate) row: u32,
    /// Of its text and, where a state was asked for, its state. Means nothing of readings.
    pub(crate) kind: ListedKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ListedKind {
    Exact,
    UnknownState,
    LookAlike,
}

impl From<ListedKind> for MatchKind {
    fn from(kind: ListedKind) -> Self {
        match kind {
            ListedKind::Exact => Self::Exact,
            ListedKind::UnknownState => Self::UnknownState,
            ListedKind::LookAlike => Self::LookAlike,
        }
    }
}

/// What is left to do for a plan in a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    rows: Vec<Listed>,
    /// Entries to look into, those with the newest reads first: with the rows that are listed of it, or none where it is
    /// to be searched.
    pub(crate) entries: Vec<(u32, Option<Range<usize>>)>,
}

impl Listing {
    pub(crate) fn new(snapshot: &Snapshot, plan: &Plan) -> Self {
        let (from, to) = (plan.frame.from().0, plan.frame.to().0);
        let reaches = |(first, last): (i64, i64)| first < to && from <= last;
        let mut is_covered = Vec::new();
        let mut rows = Vec::new();
        if plan.pattern.is_some() {
            is_covered.resize(snapshot.entries.len(), false);
            for covered in &snapshot.indexes {
                // The entries that the question reaches, by their number in the index.
                let reached: Vec<Option<u32>> = covered
                    .entries
                    .iter()
                    .map(|entry| entry.filter(|(_, times)| reaches(*times)).map(|(at, _)| at))
                    .collect();
                let before = rows.len();
                if list(plan, covered, &reached, &mut rows) {
                    reached.iter().flatten().for_each(|at| is_covered[*at as usize] = true);
                } else {
                    rows.truncate(before);
                }
            }
            rows.sort_unstable();
        }
        let spans: Vec<(u32, Range<usize>)> = spans(&rows);
        let span = |at: u32| {
            let found = spans.binary_search_by_key(&at, |(entry, _)| *entry).ok()?;
            Some(spans[found].1.clone())
        };
        let mut entries = Vec::new();
        for (at, _) in snapshot.newest_first.iter().filter(|(_, times)| reaches(*times)) {
            if is_covered.get(*at as usize).copied().unwrap_or_default() {
                entries.extend(span(*at).map(|span| (*at, Some(span))));
            } else {
                entries.push((*at, None));
            }
        }
        Self { rows, entries }
    }

    pub(crate) fn rows(&self, span: &Range<usize>) -> &[Listed] {
        &self.rows[span.clone()]
    }
}

fn spans(rows: &[Listed]) -> Vec<(u32, Range<usize>)> {
    let mut start = 0;
    let span = |same: &[Listed]| {
        let span = (same[0].entry, start..start + same.len());
        start += same.len();
        span
    };
    rows.chunk_by(|one, other| one.entry == other.entry).map(span).collect()
}

/// Adds what one index names. False where the segments are better asked.
fn list(plan: &Plan, covered: &Covered, reached: &[Option<u32>], rows: &mut Vec<Listed>) -> bool {
    let Some(pattern) = &plan.pattern else { return false };
    let count = reached.iter().flatten().count();
    // A pattern without a beginning or an end looks at all keys: of the index, or of the segments that are reached.
    let plates = covered.index.plates();
    let part = plates.keys.keys.len() / (covered.rows / reached.len().max(1)).max(1);
    if count < SEGMENTS_MIN || (!pattern.is_anchored() && count <= part) {
        return false;
    }
    let wanted = plan.state.map(|state| {
        covered.index.states().iter().position(|code| *code == state.to_bytes()).and_then(|at| u16::try_from(at).ok())
    });
    let mut scratch = Vec::new();
    let mut each = |texts: &Texts<'_>, is_reading: bool| {
        pattern.each_place(&texts.keys, &mut scratch, |text, place| {
            let number = place.number(texts.keys.keys.len());
            let kind = match (wanted, texts.state[number]) {
                (None, _) => ListedKind::Exact,
                (Some(_), 0) => ListedKind::UnknownState,
                (Some(wanted), state) if wanted == Some(state) => ListedKind::Exact,
                _ => return ControlFlow::Continue(()),
            };
            let kind = if is_reading || pattern.is_plain(text) { kind } else { ListedKind::LookAlike };
            for post in texts.posts_of(number) {
                let (segment, row) = segment_and_row(*post);
                if let Some(Some(entry)) = reached.get(segment) {
                    rows.push(Listed { entry: *entry, is_reading, row, kind });
                }
            }
            if rows.len() > ROWS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    };
    let mut flow = each(&plates, false);
    if flow.is_continue() && plan.widen.alternatives {
        flow = each(&covered.index.readings(), true);
    }
    flow.is_continue()
}
