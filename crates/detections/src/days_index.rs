//! One index of plates over many sealed segments, so that a plate is looked for once and not once a day.
//!
//! It is derived: nothing is lost with it, and a store without any answers the same, slower. Segments that no index covers
//! have their own, as has every segment. `days_index_build` makes them; the layout is in `docs/segment-format.md`.

use crate::columns::SAMPLE_KEYS;
use crate::container::{FormatError, INDEX, Line, Toc};
use crate::encode::SEGMENT_ROWS_MAX;
use crate::index::Keys;
use crate::plates::PlateDictionary;
use crate::segment::{Backing, map};
use std::path::Path;
use std::sync::Arc;

/// Bits of a posting that are the row; the others are the number of the segment in the index.
pub(crate) const ROW_BITS: u32 = 21;
/// Segments of one index.
pub(crate) const SEGMENTS_MAX: usize = 1 << (u32::BITS - ROW_BITS);
const _: () = assert!(SEGMENT_ROWS_MAX <= 1 << ROW_BITS, "a row of a segment fits its bits");

mod sections {
    use crate::columns::resolved_sections;

    resolved_sections! {
        segment_offsets: u32 = "segment.offsets",
        segment_bytes: u8 = "segment.bytes",
        segment_checksum: u32 = "segment.checksum",
        state_codes: [u8; 6] = "state.codes",
        plate_key: u64 = "plate.key",
        plate_sample: u64 = "plate.sample",
        plate_reversed_key: u64 = "plate.reversed_key",
        plate_reversed_sample: u64 = "plate.reversed_sample",
        plate_long_offsets: u32 = "plate.long.offsets",
        plate_long_bytes: u8 = "plate.long.bytes",
        plate_long_head: u64 = "plate.long.head",
        plate_long_tail: u64 = "plate.long.tail",
        plate_state: u16 = "plate.state",
        plate_post_offsets: u32 = "plate.post_offsets",
        plate_posts: u32 = "plate.posts",
        rplate_key: u64 = "rplate.key",
        rplate_sample: u64 = "rplate.sample",
        rplate_reversed_key: u64 = "rplate.reversed_key",
        rplate_reversed_sample: u64 = "rplate.reversed_sample",
        rplate_long_offsets: u32 = "rplate.long.offsets",
        rplate_long_bytes: u8 = "rplate.long.bytes",
        rplate_long_head: u64 = "rplate.long.head",
        rplate_long_tail: u64 = "rplate.long.tail",
        rplate_state: u16 = "rplate.state",
        rplate_post_offsets: u32 = "rplate.post_offsets",
        rplate_posts: u32 = "rplate.posts",
    }
}
use sections::{Columns, View};

/// An index whose checksums were compared.
#[derive(Debug)]
pub(crate) struct DaysIndex {
    backing: Backing,
    toc: Toc,
    columns: Columns,
    /// The segments that it covers, newest first: names and checksums.
    segments: Vec<(Arc<str>, u32)>,
    states: Vec<[u8; 6]>,
}

/// Texts of one kind with their postings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a> {
    /// A text has a key for each state that it was read with.
    pub(crate) keys: Keys<'a>,
    /// The number of the state of each key, then of each long text.
    pub(crate) state: &'a [u16],
    /// Where the postings of each key, then of each long text, begin in `posts`.
    pub(crate) post_offsets: &'a [u32],
    pub(crate) posts: &'a [u32],
}

impl<'a> Texts<'a> {
    pub(crate) fn posts_of(&self, number: usize) -> &'a [u32] {
        &self.posts[self.post_offsets[number] as usize..self.post_offsets[number + 1] as usize]
    }
}

/// The number of the segment in the index, and the row.
pub(crate) fn segment_and_row(post: u32) -> (usize, u32) {
    ((post >> ROW_BITS) as usize, post & ((1 << ROW_BITS) - 1))
}

impl DaysIndex {
    pub(crate) fn in_memory(lines: Vec<Line>) -> Result<Self, FormatError> {
        Self::open(Backing::Memory(lines))
    }

    pub(crate) fn map(path: &Path) -> Result<Self, FormatError> {
        Self::open(Backing::Mapped(map(path)?))
    }

    /// Reads all of it: checksums first, then whether what points points within.
    fn open(backing: Backing) -> Result<Self, FormatError> {
        let toc = Toc::read(INDEX, backing.bytes())?;
        toc.verify(backing.bytes())?;
        let columns = Columns::resolve(&toc)?;
        let view = View::of(&columns, backing.bytes());
        let damaged = |part: &str| FormatError::Damaged { part: part.into() };
        let names = PlateDictionary { offsets: view.segment_offsets, bytes: view.segment_bytes };
        let is_named = offsets_hold(view.segment_offsets, view.segment_checksum.len(), view.segment_bytes.len());
        if !is_named || names.len() > SEGMENTS_MAX {
            return Err(damaged("segment"));
        }
        let segments = (0..).zip(view.segment_checksum).map(|(at, crc)| (names.get(at).into(), *crc)).collect();
        let states = view.state_codes.to_vec();
        let index = Self { backing, toc, columns, segments, states };
        for (part, texts) in [("plate", index.plates()), ("rplate", index.readings())] {
            index.check(&texts).then_some(()).ok_or_else(|| damaged(part))?;
        }
        Ok(index)
    }

    fn check(&self, texts: &Texts<'_>) -> bool {
        let Texts { keys, state, post_offsets, posts } = texts;
        let long = keys.long.len();
        state.len() == keys.keys.len() + long
            && keys.keys.is_sorted()
            && keys.sample.iter().eq(keys.keys.iter().step_by(SAMPLE_KEYS))
            && keys.reversed_keys.is_sorted()
            && keys.reversed_sample.iter().eq(keys.reversed_keys.iter().step_by(SAMPLE_KEYS))
            && offsets_hold(keys.long.offsets, long, keys.long.bytes.len())
            && [keys.long_head.len(), keys.long_tail.len()] == [long; 2]
            && state.iter().all(|state| usize::from(*state) < self.states.len())
            && offsets_hold(post_offsets, state.len(), posts.len())
            && posts.iter().all(|post| segment_and_row(*post).0 < self.segments.len())
    }

    fn view(&self) -> View<'_> {
        View::of(&self.columns, self.backing.bytes())
    }

    pub(crate) fn plates(&self) -> Texts<'_> {
        let v = self.view();
        Texts {
            keys: Keys {
                keys: v.plate_key,
                sample: v.plate_sample,
                reversed_keys: v.plate_reversed_key,
                reversed_sample: v.plate_reversed_sample,
                long: PlateDictionary { offsets: v.plate_long_offsets, bytes: v.plate_long_bytes },
                long_head: v.plate_long_head,
                long_tail: v.plate_long_tail,
            },
            state: v.plate_state,
            post_offsets: v.plate_post_offsets,
            posts: v.plate_posts,
        }
    }

    /// Alternative readings; the state is that of the row.
    pub(crate) fn readings(&self) -> Texts<'_> {
        let v = self.view();
        Texts {
            keys: Keys {
                keys: v.rplate_key,
                sample: v.rplate_sample,
                reversed_keys: v.rplate_reversed_key,
                reversed_sample: v.rplate_reversed_sample,
                long: PlateDictionary { offsets: v.rplate_long_offsets, bytes: v.rplate_long_bytes },
                long_head: v.rplate_long_head,
                long_tail: v.rplate_long_tail,
            },
            state: v.rplate_state,
            post_offsets: v.rplate_post_offsets,
            posts: v.rplate_posts,
        }
    }

    pub(crate) fn segments(&self) -> &[(Arc<str>, u32)] {
        &self.segments
    }

    /// Codes of states, ascending; the first is the unknown state.
    pub(crate) fn states(&self) -> &[[u8; 6]] {
        &self.states
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.backing.bytes()
    }

    pub(crate) fn sizes(&self) -> impl Iterator<Item = (&str, u64)> {
        self.toc.sizes()
    }
}

fn offsets_hold(offsets: &[u32], entries: usize, total: usize) -> bool {
    offsets.len() == entries + 1
        && offsets.first() == Some(&0)
        && offsets.last().is_some_and(|last| *last as usize == total)
        && offsets.is_sorted()
}
