//! Making an index over many segments: of the segments' own indexes and of smaller indexes, merged in the order of texts.

use crate::container::{ContainerWriter, FormatError, INDEX, Line};
use crate::days_index::{DaysIndex, ROW_BITS, SEGMENTS_MAX, Texts, segment_and_row};
use crate::index::{Keys, reversed, sample};
use crate::plates::PlateDictionary;
use crate::segment::{Reader, Segment};
use crate::text::{Text, prefix_key};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an index is made of.
#[derive(Debug)]
pub(crate) enum Part {
    Segment {
        name: Arc<str>,
        checksum: u32,
        segment: Arc<Segment>,
        latest: i64,
    },
    /// With the time of the last read of each of its segments; `None` where the segment is gone.
    Index {
        index: Arc<DaysIndex>,
        latest: Vec<Option<i64>>,
    },
}

/// The sections of one kind of texts, as they are made.
#[derive(Debug, Default)]
struct Made {
    keys: Vec<u64>,
    long_offsets: Vec<u32>,
    long_bytes: Vec<u8>,
    long_head: Vec<u64>,
    long_tail: Vec<u64>,
    state: Vec<u16>,
    post_offsets: Vec<u32>,
    posts: Vec<u32>,
}

impl Made {
    fn new() -> Self {
        Self { long_offsets: vec![0], post_offsets: vec![0], ..Self::default() }
    }

    fn texts(&self) -> Texts<'_> {
        let long = PlateDictionary { offsets: &self.long_offsets, bytes: &self.long_bytes };
        let (long_head, long_tail) = (&self.long_head[..], &self.long_tail[..]);
        let keys = Keys {
            keys: &self.keys,
            sample: &[],
            reversed_keys: &[],
            reversed_sample: &[],
            long,
            long_head,
            long_tail,
        };
        Texts { keys, state: &self.state, post_offsets: &self.post_offsets, posts: &self.posts }
    }

    /// Adds a text in a state; its postings follow.
    fn begin(&mut self, text: Text<'_>, state: u16) {
        match text {
            Text::Short(key) => self.keys.push(key),
            Text::Long(text) => {
                self.long_bytes.extend_from_slice(text.as_bytes());
                self.long_offsets.push(number(self.long_bytes.len()));
                self.long_head.push(prefix_key(text.as_bytes()));
                self.long_tail.push(prefix_key(&text.bytes().rev().collect::<Vec<u8>>()));
            }
        }
        self.state.push(state);
    }

    fn end(&mut self) {
        self.post_offsets.push(number(self.posts.len()));
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("an index has at most INDEX_ROWS_MAX rows, and ten readings of each")
}

/// The text with a number, short ones first.
fn text<'a>(texts: &Texts<'a>, number: usize) -> Text<'a> {
    if let Some(key) = texts.keys.keys.get(number) {
        return Text::Short(*key);
    }
    let long = u32::try_from(number - texts.keys.keys.len()).expect("long texts are numbered in 32 bits");
    Text::Long(texts.keys.long.get(long))
}

/// Texts of a segment, each with each state, with their rows.
fn of_segment(reader: &Reader<'_>, is_readings: bool) -> Made {
    let mut made = Made::new();
    let index = if is_readings { reader.reading_plates() } else { reader.plates() };
    let mut rows: Vec<(u16, u32)> = Vec::new();
    let mut add = |text: Text<'_>, rows: &mut Vec<(u16, u32)>| {
        // Stable: rows of one state stay newest first.
        rows.sort_by_key(|(state, _)| *state);
        for same in rows.chunk_by(|one, other| one.0 == other.0) {
            made.begin(text, same[0].0);
            made.posts.extend(same.iter().map(|(_, row)| *row));
            made.end();
        }
        rows.clear();
    };
    let state =
        |row: usize| u16::try_from(reader.state_number(row)).expect("segments with more states are not indexed");
    let mut place = 0;
    for same in index.keys.keys.chunk_by(|one, other| one == other) {
        let of_key = &index.rows[place..place + same.len()];
        rows.extend(of_key.iter().map(|row| (state(row.place()), row.get())));
        add(Text::Short(same[0]), &mut rows);
        place += same.len();
    }
    for at in 0..index.keys.long.len() {
        let at = number(at);
        rows.extend(index.rows_of_long(at).iter().map(|row| (state(row.place()), row.get())));
        add(Text::Long(index.keys.long.get(at)), &mut rows);
    }
    made
}

/// A text on its way: short ones come first, as they are stored; then its state.
type Head<'a> = (bool, Text<'a>, u16);

/// One of the things that are merged, with what its numbers become.
struct Source<'a> {
    texts: Texts<'a>,
    /// The number of each of its segments in what is made; `None` where the segment is gone.
    segments: Vec<Option<u32>>,
    /// The same of its states.
    states: Vec<u16>,
    /// The number of the next text.
    next: usize,
}

impl<'a> Source<'a> {
    fn head(&self) -> Option<Head<'a>> {
        let state = self.texts.state.get(self.next)?;
        let text = text(&self.texts, self.next);
        Some((matches!(text, Text::Long(_)), text, self.states[usize::from(*state)]))
    }
}

/// Merges sources; each has texts in ascending order, short ones first, and a text's states ascending.
fn merge(mut sources: Vec<Source<'_>>) -> Made {
    let mut made = Made::new();
    let mut heads: Vec<Option<Head<'_>>> = sources.iter().map(Source::head).collect();
    while let Some(lowest) = heads.iter().flatten().min().copied() {
        let start = made.posts.len();
        for (source, head) in sources.iter_mut().zip(&mut heads) {
            if *head == Some(lowest) {
                let posts = source.texts.posts_of(source.next).iter().filter_map(|post| {
                    let (segment, row) = segment_and_row(*post);
                    source.segments[segment].map(|segment| (segment << ROW_BITS) | row)
                });
                made.posts.extend(posts);
                source.next += 1;
                *head = source.head();
            }
        }
        let added = &mut made.posts[start..];
        if !added.is_sorted_by_key(|post| segment_and_row(*post).0) {
            added.sort_by_key(|post| segment_and_row(*post).0);
        }
        if !added.is_empty() {
            made.begin(lowest.1, lowest.2);
            made.end();
        }
    }
    made
}

/// The file of an index over all segments of some parts. `None` where there is nothing to index, or more than fits.
pub(crate) fn build(parts: &[Part]) -> Result<Option<Vec<Line>>, FormatError> {
    let mut segments: Vec<(i64, Arc<str>, u32)> = Vec::new();
    let mut codes: BTreeSet<[u8; 6]> = BTreeSet::from([[0; 6]]);
    for part in parts {
        match part {
            Part::Segment { name, checksum, segment, latest } => {
                segments.push((*latest, Arc::clone(name), *checksum));
                codes.extend(segment.read()?.view.state_codes);
            }
            Part::Index { index, latest } => {
                let live = index.segments().iter().zip(latest);
                segments.extend(
                    live.filter_map(|((name, crc), latest)| latest.map(|latest| (latest, Arc::clone(name), *crc))),
                );
                codes.extend(index.states());
            }
        }
    }
    if segments.is_empty() || segments.len() > SEGMENTS_MAX || codes.len() > usize::from(u16::MAX) {
        return Ok(None);
    }
    segments.sort_unstable_by(|one, other| other.cmp(one));
    let numbered = |wanted: &str| segments.iter().position(|(_, name, _)| **name == *wanted).map(number);
    let codes: Vec<[u8; 6]> = codes.into_iter().collect();
    let states_of = |own: &[[u8; 6]]| -> Vec<u16> {
        let place = |code| codes.binary_search(code).ok().and_then(|at| u16::try_from(at).ok());
        own.iter().map(|code| place(code).expect("the codes of all parts were collected")).collect()
    };
    let made_of = |is_readings: bool| -> Result<Made, FormatError> {
        let mut own = Vec::new();
        for part in parts {
            own.push(match part {
                Part::Segment { segment, .. } => Some(of_segment(&segment.read()?, is_readings)),
                Part::Index { .. } => None,
            });
        }
        let mut sources = Vec::new();
        for (part, own) in parts.iter().zip(&own) {
            let (texts, segments, states) = match part {
                Part::Segment { name, segment, .. } => {
                    let texts = own.as_ref().map(Made::texts).expect("made for every segment");
                    (texts, vec![numbered(name)], states_of(segment.read()?.view.state_codes))
                }
                Part::Index { index, latest } => {
                    let texts = if is_readings { index.readings() } else { index.plates() };
                    let live = index.segments().iter().zip(latest);
                    let segments = live.map(|((name, _), latest)| latest.and_then(|_| numbered(name))).collect();
                    (texts, segments, states_of(index.states()))
                }
            };
            sources.push(Source { texts, segments, states, next: 0 });
        }
        Ok(merge(sources))
    };
    let mut writer = ContainerWriter::default();
    let (mut offsets, mut bytes) = (vec![0], Vec::new());
    for (_, name, _) in &segments {
        bytes.extend_from_slice(name.as_bytes());
        offsets.push(number(bytes.len()));
    }
    writer.add::<u32>("segment.offsets", offsets);
    writer.add::<u8>("segment.bytes", bytes);
    writer.add::<u32>("segment.checksum", segments.iter().map(|(_, _, checksum)| *checksum).collect());
    writer.add::<[u8; 6]>("state.codes", codes.clone());
    let plates = made_of(false)?;
    let rows = plates.posts.len() as u64;
    add_sections(&mut writer, plates, &PLATE);
    add_sections(&mut writer, made_of(true)?, &READING);
    Ok(Some(writer.finish(INDEX, rows)))
}

/// Names of the sections of one kind of texts.
struct Names {
    key: [&'static str; 2],
    reversed_key: [&'static str; 2],
    long: [&'static str; 4],
    posts: [&'static str; 3],
}

const PLATE: Names = Names {
    key: ["plate.key", "plate.sample"],
    reversed_key: ["plate.reversed_key", "plate.reversed_sample"],
    long: ["plate.long.offsets", "plate.long.bytes", "plate.long.head", "plate.long.tail"],
    posts: ["plate.state", "plate.post_offsets", "plate.posts"],
};
const READING: Names = Names {
    key: ["rplate.key", "rplate.sample"],
    reversed_key: ["rplate.reversed_key", "rplate.reversed_sample"],
    long: ["rplate.long.offsets", "rplate.long.bytes", "rplate.long.head", "rplate.long.tail"],
    posts: ["rplate.state", "rplate.post_offsets", "rplate.posts"],
};

fn add_sections(writer: &mut ContainerWriter, made: Made, names: &Names) {
    let backwards = reversed(&made.keys);
    writer.add::<u64>(names.key[1], sample(&made.keys));
    writer.add::<u64>(names.key[0], made.keys);
    writer.add::<u64>(names.reversed_key[1], sample(&backwards));
    writer.add::<u64>(names.reversed_key[0], backwards);
    writer.add::<u32>(names.long[0], made.long_offsets);
    writer.add::<u8>(names.long[1], made.long_bytes);
    writer.add::<u64>(names.long[2], made.long_head);
    writer.add::<u64>(names.long[3], made.long_tail);
    writer.add::<u16>(names.posts[0], made.state);
    writer.add::<u32>(names.posts[1], made.post_offsets);
    writer.add::<u32>(names.posts[2], made.posts);
}
