//! The index of plates in a segment: sorted keys, the same read backwards, postings, and a filter that says at once
//! that a plate is not there. Alternative readings have an index of the same form.
//!
//! A short text has one key for each of its postings, newest first; its number is the place of the first. Long texts
//! are a sorted dictionary, numbered after the keys.

use crate::columns::SAMPLE_KEYS;
use crate::container::U24;
use crate::filter;
use crate::plates::PlateDictionary;
use crate::text::{Text, prefix_key, reversed_key};
use std::cmp::Reverse;
use std::ops::Range;

/// Texts in order: short ones as ascending keys, each as often as its index needs it, and once as keys read backwards;
/// long ones as a dictionary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'a> {
    pub(crate) keys: &'a [u64],
    /// Every `SAMPLE_KEYS`th key.
    pub(crate) sample: &'a [u64],
    /// The distinct short texts read backwards, ascending, and every `SAMPLE_KEYS`th of them.
    pub(crate) reversed_keys: &'a [u64],
    pub(crate) reversed_sample: &'a [u64],
    pub(crate) long: PlateDictionary<'a>,
    /// The first bytes of each long text, and the last ones backwards, as keys.
    pub(crate) long_head: &'a [u64],
    pub(crate) long_tail: &'a [u64],
}

impl Keys<'_> {
    /// The first place whose key is not below `key`.
    fn at_or_after(&self, key: u64) -> usize {
        at_or_after(self.keys, self.sample, key)
    }

    /// The places of the keys from `first` to `last`, both included.
    pub(crate) fn places(&self, first: u64, last: u64) -> Range<usize> {
        places(self.keys, self.sample, first, last)
    }

    /// The same in the order of texts read backwards, as places in `reversed_keys`.
    pub(crate) fn reversed_places(&self, first: u64, last: u64) -> Range<usize> {
        places(self.reversed_keys, self.reversed_sample, first, last)
    }

    /// The places of one key.
    pub(crate) fn places_of(&self, key: u64) -> Range<usize> {
        let from = self.at_or_after(key);
        let same = self.keys.get(from..).unwrap_or_default().iter().take_while(|other| **other == key).count();
        from..from + same
    }
}

fn at_or_after(keys: &[u64], sample: &[u64], key: u64) -> usize {
    let group = sample.partition_point(|other| *other < key).saturating_sub(1);
    let from = group * SAMPLE_KEYS;
    let window = &keys[from..keys.len().min(from + SAMPLE_KEYS + 1)];
    from + window.partition_point(|other| *other < key)
}

fn places(keys: &[u64], sample: &[u64], first: u64, last: u64) -> Range<usize> {
    let from = at_or_after(keys, sample, first);
    // Ranges are mostly short: look near before looking everywhere.
    let near = &keys[from..keys.len().min(from + SAMPLE_KEYS)];
    let to = match near.iter().position(|key| *key > last) {
        Some(length) => from + length,
        None => last.checked_add(1).map_or(keys.len(), |next| at_or_after(keys, sample, next)),
    };
    from..to
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PlateIndex<'a> {
    /// One key for each posting.
    pub(crate) keys: Keys<'a>,
    /// The row of each posting.
    pub(crate) rows: &'a [U24],
    pub(crate) long_post_offsets: &'a [u32],
    pub(crate) long_post_rows: &'a [U24],
}

impl<'a> PlateIndex<'a> {
    pub(crate) fn text(&self, number: u32) -> Text<'a> {
        let at = number as usize;
        match self.keys.keys.get(at) {
            Some(key) => Text::Short(*key),
            None => Text::Long(self.keys.long.get(number - self.first_long())),
        }
    }

    /// The number of the first long text.
    pub(crate) fn first_long(&self) -> u32 {
        u32::try_from(self.keys.keys.len()).expect("a segment has at most SEGMENT_READINGS_MAX postings")
    }

    /// The number of a text.
    #[cfg(test)]
    pub(crate) fn find(&self, text: Text<'_>) -> Option<u32> {
        match text {
            Text::Short(key) => {
                let at = self.keys.at_or_after(key);
                (self.keys.keys.get(at) == Some(&key)).then(|| number(at))
            }
            Text::Long(text) => self.keys.long.find(text).map(|at| at + self.first_long()),
        }
    }

    /// The rows of one text, newest first.
    #[cfg(test)]
    pub(crate) fn rows_of(&self, number: u32) -> &'a [U24] {
        match self.keys.keys.get(number as usize) {
            Some(key) => &self.rows[self.keys.places_of(*key)],
            None => self.rows_of_long(number - self.first_long()),
        }
    }

    pub(crate) fn rows_of_long(&self, at: u32) -> &'a [U24] {
        let at = at as usize;
        &self.long_post_rows[self.long_post_offsets[at] as usize..self.long_post_offsets[at + 1] as usize]
    }
}

/// The places, among some of ascending keys, of those from `first` to `last`.
pub(crate) fn places_within(keys: &[u64], span: Range<usize>, first: u64, last: u64) -> Range<usize> {
    let (start, keys) = (span.start, &keys[span]);
    let from = keys.partition_point(|key| *key < first);
    let length = keys[from..].partition_point(|key| *key <= last);
    start + from..start + from + length
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("a segment has at most SEGMENT_READINGS_MAX postings")
}

/// The sections of an index.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// For each text handed in its number.
    pub(crate) numbers: Vec<U24>,
    pub(crate) keys: Vec<u64>,
    pub(crate) rows: Vec<U24>,
    pub(crate) sample: Vec<u64>,
    pub(crate) reversed_keys: Vec<u64>,
    pub(crate) reversed_sample: Vec<u64>,
    pub(crate) filter: Vec<u32>,
    pub(crate) long_head: Vec<u64>,
    pub(crate) long_tail: Vec<u64>,
    pub(crate) long_offsets: Vec<u32>,
    pub(crate) long_bytes: Vec<u8>,
    pub(crate) long_post_offsets: Vec<u32>,
    pub(crate) long_post_rows: Vec<U24>,
}

/// Builds an index of texts, each with its row; `newness` orders rows, and is larger for newer ones.
pub(crate) fn build(texts: &[(Text<'_>, u32)], newness: impl Fn(u32) -> (i64, u64)) -> Built {
    let mut built = Built { numbers: vec![U24::new(0); texts.len()], ..Built::default() };
    let mut short = Vec::with_capacity(texts.len());
    let mut long = Vec::new();
    for ((text, row), at) in texts.iter().zip(0_u32..) {
        match text {
            Text::Short(key) => {
                let (time, id) = newness(*row);
                short.push((*key, Reverse(time), Reverse(id), at));
            }
            Text::Long(text) => long.push((*text, Reverse(newness(*row)), at)),
        }
    }
    short.sort_unstable();
    let row_of = |at: u32| U24::new(texts[at as usize].1);
    let mut first = 0;
    for ((key, _, _, at), place) in short.iter().zip(0_u32..) {
        if built.keys.last() != Some(key) {
            first = place;
        }
        built.keys.push(*key);
        built.rows.push(row_of(*at));
        built.numbers[*at as usize] = U24::new(first);
    }
    built.sample = sample(&built.keys);
    built.reversed_keys = reversed(&built.keys);
    built.reversed_sample = sample(&built.reversed_keys);
    add_long(&mut built, long, row_of);
    built.filter = filter::build(texts.iter().map(|(text, _)| text.folded_hash()), texts.len());
    built
}

/// Every `SAMPLE_KEYS`th of some keys.
pub(crate) fn sample(keys: &[u64]) -> Vec<u64> {
    keys.iter().step_by(SAMPLE_KEYS).copied().collect()
}

/// The distinct ones of ascending keys, as the texts read backwards.
pub(crate) fn reversed(keys: &[u64]) -> Vec<u64> {
    let mut reversed: Vec<u64> = keys.chunk_by(|one, other| one == other).map(|same| reversed_key(same[0])).collect();
    reversed.sort_unstable();
    reversed
}

/// A long text, how new its row is, and its place among the texts handed in.
type LongPosting<'t> = (&'t str, Reverse<(i64, u64)>, u32);

fn add_long(built: &mut Built, mut long: Vec<LongPosting<'_>>, row_of: impl Fn(u32) -> U24) {
    long.sort_unstable();
    let first_long = number(built.keys.len());
    built.long_offsets.push(0);
    let mut before = None;
    for (text, _, at) in long {
        if before != Some(text) {
            built.long_post_offsets.push(number(built.long_post_rows.len()));
            built.long_bytes.extend_from_slice(text.as_bytes());
            built.long_head.push(prefix_key(text.as_bytes()));
            built.long_tail.push(prefix_key(&text.bytes().rev().collect::<Vec<u8>>()));
            built.long_offsets.push(number(built.long_bytes.len()));
            before = Some(text);
        }
        built.long_post_rows.push(row_of(at));
        built.numbers[at as usize] = U24::new(first_long + number(built.long_offsets.len()) - 2);
    }
    built.long_post_offsets.push(number(built.long_post_rows.len()));
}
