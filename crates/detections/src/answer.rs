//! What the store answers.

use domain::{Detection, DetectionId, MatchKind, Position};

pub use crate::search::common_plate::{CommonPlate, Sighting};

/// The answer to a question for rows (LIM-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There are at least this many results, and the asker has not confirmed that.
    NeedsConfirmation {
        at_least: u64,
    },
    Rows(Box<FoundRows>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRows {
    /// Scan time descending, then id descending.
    pub hits: Vec<Hit>,
    /// What may be said of the number of matches. From the warning on older reads are not looked at.
    pub count: Count,
    /// Matches by kind: all of them where `count` is exact, else those that were looked at.
    pub counts: Counts,
    /// The newest hits only, because there were 10,000 matches or more.
    pub is_truncated: bool,
    /// The report of a common-plate question.
    pub common: Option<Vec<CommonPlate>>,
    /// Names of damaged segments that may hold more matches. Empty is the rule.
    pub set_aside: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub detection: Detection,
    pub matched: MatchKind,
    /// Which of the alternative readings matched, where one did.
    pub reading: Option<usize>,
    /// The question's areas or places that it lies in, by number.
    pub areas: Vec<u16>,
}

/// Matches by kind; each is counted apart (QRY-10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub exact: u64,
    pub unknown_state: u64,
    pub look_alike: u64,
    pub alternative: u64,
}

impl Counts {
    /// All kinds together, which is what limits count (LIM-1).
    pub fn total(&self) -> u64 {
        self.exact + self.unknown_state + self.look_alike + self.alternative
    }

    pub fn of(&self, kind: MatchKind) -> u64 {
        match kind {
            MatchKind::Exact => self.exact,
            MatchKind::UnknownState => self.unknown_state,
            MatchKind::LookAlike => self.look_alike,
            MatchKind::Alternative => self.alternative,
        }
    }

    pub(crate) fn add(&mut self, kind: MatchKind, count: u64) {
        *match kind {
            MatchKind::Exact => &mut self.exact,
            MatchKind::UnknownState => &mut self.unknown_state,
            MatchKind::LookAlike => &mut self.look_alike,
            MatchKind::Alternative => &mut self.alternative,
        } += count;
    }

    pub(crate) fn join(&mut self, other: &Self) {
        for kind in MatchKind::ALL {
            self.add(*kind, other.of(*kind));
        }
    }
}

/// How many reads match, as far as it is told before rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Exactly(u64),
    AtLeast(u64),
}

/// A number and a coarse density; no plate (LIM-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previewed {
    pub count: Count,
    pub density: Vec<DensityCell>,
    /// Side of the cells in 1e-7 degree.
    pub cell_e7: i64,
    pub set_aside: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DensityCell {
    pub south_west: Position,
    pub north_east: Position,
    pub count: u64,
}

/// The exact number of matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub counts: Counts,
    pub set_aside: Vec<String>,
}

/// What became of a detection that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The detection that now stands for the event.
    pub id: DetectionId,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Stored,
    /// The same was stored before; nothing changed.
    Duplicate,
    /// Stored, and an earlier version of the event is no longer shown.
    Superseded,
}

/// What the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Rows of every version, hidden ones included.
    pub rows: u64,
    /// Rows that are not yet sealed.
    pub recents: u64,
    pub segments: u64,
    pub bytes: u64,
    /// Names of the segments and batches known to be damaged.
    pub set_aside: Vec<String>,
}
