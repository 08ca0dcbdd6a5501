//! A plate pattern made ready for the index: key masks for short texts, and the narrowest range of keys to try them on.

use crate::index::{Keys, PlateIndex, places_within};
use crate::machine::{KeyMask, select_keys};
use crate::text::{KEY_BYTES, Text, prefix_key, reversed_key};
use domain::plate::look_alikes;
use domain::{PlatePattern, Token};
use std::ops::{ControlFlow, Range};

/// Masks of one pattern; where a pattern needs more, its middle is left to the check of each text.
const MASKS_MAX: usize = 32;
/// A span of so many keys is looked at rather than narrowed further; backwards, where each key is fetched by itself, fewer.
const SPAN_KEYS: usize = 1_024;
const SPAN_KEYS_BACKWARDS: usize = 16;

/// Keys are looked up backwards where fewer than this part of them may match.
const BACKWARDS_PART: usize = 16;

/// Where a text that matches stands among some keys.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Key(usize),
    /// The number of a long text.
    Long(u32),
}

impl Place {
    /// Its number where long texts follow so many keys.
    pub(crate) fn number(self, keys: usize) -> usize {
        match self {
            Self::Key(at) => at,
            Self::Long(at) => keys + at as usize,
        }
    }
}

fn number(place: usize) -> u32 {
    u32::try_from(place).expect("indexes have less than 2^32 keys")
}

/// A pattern, compiled.
#[derive(Debug)]
pub(crate) struct KeyPattern {
    pattern: PlatePattern,
    widened: bool,
    /// Every short text that matches passes one of them.
    masks: Vec<KeyMask>,
    /// What passes a mask matches; otherwise the text is asked.
    is_exact: bool,
    /// What the first characters of a matching text are, each with its look-alikes; with `is_backwards`, the last ones
    /// from the end.
    begins: Vec<Vec<u8>>,
    is_backwards: bool,
    /// What the first and the last bytes of a long text pass, if it matches.
    head: KeyMask,
    tail: KeyMask,
    /// The hash of the one text that matches, look-alikes aside.
    hash: Option<u64>,
}

impl KeyPattern {
    pub(crate) fn new(pattern: &PlatePattern, widened: bool) -> Self {
        let tokens = pattern.tokens();
        let runs: Vec<&[Token]> = tokens.split(|token| *token == Token::Any).collect();
        let (masks, is_exact) = masks_of(&runs, widened);
        let (beginning, ending) = (known(tokens.iter()), known(tokens.iter().rev()));
        // Backwards, keys are fetched one by one: it must narrow more to be worth it.
        let is_backwards = weight(&ending) > 4.0 * weight(&beginning);
        let begins = choices_of(if is_backwards { &ending } else { &beginning }, widened);
        let literal: Option<String> =
            tokens.iter().map(|token| if let Token::Literal(one) = token { Some(*one) } else { None }).collect();
        let hash = literal.map(|text| Text::of(&text).folded_hash());
        let (head, tail) = (end_mask(&beginning, false, widened), end_mask(&ending, true, widened));
        Self { pattern: pattern.clone(), widened, masks, is_exact, begins, is_backwards, head, tail, hash }
    }

    /// The hash that a segment's filter must hold for anything to match there; `None` where that cannot be said.
    pub(crate) fn hash(&self) -> Option<u64> {
        self.hash
    }

    /// Whether the first or the last character is known, so that not all keys are looked at.
    pub(crate) fn is_anchored(&self) -> bool {
        !self.begins.is_empty()
    }

    pub(crate) fn matches(&self, text: Text<'_>) -> bool {
        text.read(|text| self.pattern.matches(text, self.widened))
    }

    /// Whether a text that matches does so without look-alikes.
    pub(crate) fn is_plain(&self, text: Text<'_>) -> bool {
        !self.widened || text.read(|text| self.pattern.matches(text, false))
    }

    /// Calls `visit` with the text and the row of every posting whose text matches.
    pub(crate) fn each<'a, B>(
        &self,
        index: &PlateIndex<'a>,
        scratch: &mut Vec<u32>,
        mut visit: impl FnMut(Text<'a>, u32) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        self.each_place(&index.keys, scratch, |text, place| match place {
            Place::Key(at) => visit(text, index.rows[at].get()),
            Place::Long(at) => index.rows_of_long(at).iter().try_for_each(|row| visit(text, row.get())),
        })
    }

    /// Calls `visit` with every text that matches and each of its places.
    pub(crate) fn each_place<'a, B>(
        &self,
        keys: &Keys<'a>,
        scratch: &mut Vec<u32>,
        mut visit: impl FnMut(Text<'a>, Place) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let mut spans = self.spans(keys);
        // A key that matches backwards is looked up forwards; where many do, all keys are quicker looked at.
        let is_few = || spans.iter().map(Range::len).sum::<usize>() < keys.reversed_keys.len() / BACKWARDS_PART;
        let is_backwards = self.is_backwards && is_few();
        if self.is_backwards && !is_backwards {
            spans = (!self.masks.is_empty()).then_some(0..keys.keys.len()).into_iter().collect();
        }
        for span in spans {
            scratch.clear();
            if is_backwards {
                for reversed in &keys.reversed_keys[span] {
                    let key = reversed_key(*reversed);
                    if self.passes(key) {
                        let same = keys.places_of(key);
                        scratch.extend((number(same.start)..).take(same.len()));
                    }
                }
            } else {
                select_keys(&keys.keys[span.clone()], &self.masks, number(span.start), scratch);
            }
            for place in scratch.iter() {
                let place = *place as usize;
                let text = Text::Short(keys.keys[place]);
                if self.is_exact || self.matches(text) {
                    visit(text, Place::Key(place))?;
                }
            }
        }
        scratch.clear();
        let (ends, wanted) = if self.is_backwards { (keys.long_tail, self.tail) } else { (keys.long_head, self.head) };
        select_keys(ends, &[wanted], 0, scratch);
        for at in scratch.iter() {
            let text = Text::Long(keys.long.get(*at));
            let other = if self.is_backwards {
                self.head.has(keys.long_head[*at as usize])
            } else {
                self.tail.has(keys.long_tail[*at as usize])
            };
            if other && self.matches(text) {
                visit(text, Place::Long(*at))?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Where keys lie that begin as the pattern does. Narrowed character by character where look-alikes branch, so that
    /// branches that no text takes end early.
    fn spans(&self, keys: &Keys<'_>) -> Vec<Range<usize>> {
        if self.masks.is_empty() {
            return Vec::new();
        }
        let (all, least) = if self.is_backwards {
            (0..keys.reversed_keys.len(), SPAN_KEYS_BACKWARDS)
        } else {
            (0..keys.keys.len(), SPAN_KEYS)
        };
        let (mut open, mut spans) = (vec![(Vec::new(), all.clone())], Vec::new());
        while let Some((mut begun, span)) = open.pop() {
            // What does not branch is one step.
            while let Some([only]) = self.begins.get(begun.len()).map(Vec::as_slice) {
                begun.push(*only);
            }
            let narrowed = if begun.is_empty() { span } else { self.narrowed(keys, &begun, span, &all) };
            match self.begins.get(begun.len()) {
                Some(choices) if narrowed.len() > least => {
                    open.extend(
                        choices.iter().map(|choice| ([begun.as_slice(), &[*choice]].concat(), narrowed.clone())),
                    );
                }
                _ => spans.extend((!narrowed.is_empty()).then_some(narrowed)),
            }
        }
        spans
    }

    fn narrowed(&self, keys: &Keys<'_>, begun: &[u8], span: Range<usize>, all: &Range<usize>) -> Range<usize> {
        let first = prefix_key(begun);
        let last = first | u64::MAX.checked_shr(8 * u32::try_from(begun.len()).unwrap_or(8)).unwrap_or(0);
        match (self.is_backwards, span == *all) {
            (true, true) => keys.reversed_places(first, last),
            (true, false) => places_within(keys.reversed_keys, span, first, last),
            (false, true) => keys.places(first, last),
            (false, false) => places_within(keys.keys, span, first, last),
        }
    }

    fn passes(&self, key: u64) -> bool {
        self.masks.iter().any(|wanted| wanted.has(key))
    }
}

/// What the first bytes of a text with these first literals pass; with `is_backwards` all is read from the end.
fn end_mask(literals: &[char], is_backwards: bool, widened: bool) -> KeyMask {
    let (mut mask, mut value) = (Vec::new(), Vec::new());
    for literal in literals {
        let mut buffer = [0; 4];
        let mut bytes = literal.encode_utf8(&mut buffer).as_bytes().to_vec();
        if is_backwards {
            bytes.reverse();
        }
        let is_open = widened && look_alikes(*literal).len() > 1;
        mask.extend(bytes.iter().map(|_| if is_open { 0 } else { 0xff }));
        value.extend(bytes.iter().map(|byte| if is_open { 0 } else { *byte }));
    }
    KeyMask { mask: prefix_key(&mask), value: prefix_key(&value) }
}

/// The literals that tokens begin with.
fn known<'t>(tokens: impl Iterator<Item = &'t Token>) -> Vec<char> {
    tokens.map_while(|token| if let Token::Literal(one) = token { Some(*one) } else { None }).collect()
}

/// How much literals narrow: letters are one of 26, digits one of 10.
fn weight(literals: &[char]) -> f64 {
    literals.iter().map(|one| if one.is_ascii_digit() { 10.0 } else { 26.0 }).product()
}

/// Each literal with what it may be; as far as a key reaches.
fn choices_of(literals: &[char], widened: bool) -> Vec<Vec<u8>> {
    let choices = |literal: &char| -> Vec<u8> {
        let all = if widened { look_alikes(*literal) } else { vec![*literal] };
        all.into_iter().filter_map(|one| u8::try_from(one).ok().filter(u8::is_ascii)).collect()
    };
    literals.iter().take(KEY_BYTES).map(choices).collect()
}

/// The masks of a pattern, split at its runs of any characters, and whether they decide alone.
fn masks_of(runs: &[&[Token]], widened: bool) -> (Vec<KeyMask>, bool) {
    let shortest: usize = runs.iter().map(|run| run.len()).sum();
    let has_stranger =
        runs.iter().copied().flatten().any(|token| matches!(token, Token::Literal(one) if !one.is_ascii()));
    if shortest > KEY_BYTES || has_stranger {
        return (Vec::new(), true);
    }
    let is_loose = |token: &Token| match token {
        Token::Literal(one) => widened && look_alikes(*one).len() > 1,
        _ => true,
    };
    let mut is_exact = !runs.iter().copied().flatten().any(is_loose);
    let [beginning, middles @ .., ending] = runs else {
        // Without a wildcard of any length the text ends where the run does.
        let run = runs.first().copied().unwrap_or_default();
        return (vec![joined(&[placed(run, 0, widened), ends_at(run.len())])], is_exact);
    };
    let middle = middles.iter().copied().max_by_key(|run| run.len()).filter(|run| !run.is_empty());
    is_exact &= middles.iter().filter(|run| !run.is_empty()).count() <= 1;
    let start = placed(beginning, 0, widened);
    let ends = if ending.is_empty() { KEY_BYTES..=KEY_BYTES } else { shortest..=KEY_BYTES };
    let (mut masks, mut without_middle) = (Vec::new(), Vec::new());
    for end in ends {
        let mut outer = vec![start];
        if !ending.is_empty() {
            outer.extend([placed(ending, end - ending.len(), widened), ends_at(end)]);
        }
        without_middle.push(joined(&outer));
        if let Some(run) = middle {
            for at in beginning.len()..=end - ending.len() - run.len() {
                masks.push(joined(&[joined(&outer), placed(run, at, widened)]));
            }
        }
    }
    if middle.is_none() {
        (without_middle, is_exact)
    } else if masks.len() <= MASKS_MAX {
        (masks, is_exact)
    } else {
        (without_middle, false)
    }
}

/// A run of tokens at a place of the text. What may be several characters is left open.
fn placed(run: &[Token], at: usize, widened: bool) -> KeyMask {
    let (mut mask, mut value) = ([0; KEY_BYTES], [0; KEY_BYTES]);
    for ((token, mask), value) in run.iter().zip(&mut mask[at..]).zip(&mut value[at..]) {
        if let Token::Literal(one) = token
            && !(widened && look_alikes(*one).len() > 1)
        {
            (*mask, *value) = (0xff, u8::try_from(*one).unwrap_or_default());
        }
    }
    KeyMask { mask: u64::from_be_bytes(mask), value: u64::from_be_bytes(value) }
}

/// Nothing stands from this place on.
fn ends_at(length: usize) -> KeyMask {
    let mask = u64::MAX.checked_shr(8 * u32::try_from(length).unwrap_or(8)).unwrap_or(0);
    KeyMask { mask, value: 0 }
}

fn joined(parts: &[KeyMask]) -> KeyMask {
    parts.iter().fold(KeyMask { mask: 0, value: 0 }, |all, part| KeyMask {
        mask: all.mask | part.mask,
        value: all.value | part.value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index;
    use crate::plates::PlateDictionary;
    use proptest::prelude::*;

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            4 => prop::sample::select(vec!['0', 'O', 'B', '8', 'Q', '粤', 'A']).prop_map(Token::Literal),
            1 => Just(Token::One),
            2 => Just(Token::Any),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn qry_2_the_index_finds_what_a_plain_scan_finds(
            texts in prop::collection::vec("[0OB8Q粤A]{1,4}|[0OB8A]{1,12}", 0..200),
            tokens in prop::collection::vec(token(), 1..6),
            widened in any::<bool>(),
        ) {
            let rows: Vec<(Text<'_>, u32)> = texts.iter().map(|text| Text::of(text)).zip(0..).collect();
            let built = index::build(&rows, |row| (0, u64::from(row)));
            let found = PlateIndex {
                keys: Keys {
                    keys: &built.keys,
                    sample: &built.sample,
                    reversed_keys: &built.reversed_keys,
                    reversed_sample: &built.reversed_sample,
                    long_head: &built.long_head,
                    long_tail: &built.long_tail,
                    long: PlateDictionary { offsets: &built.long_offsets, bytes: &built.long_bytes },
                },
                rows: &built.rows,
                long_post_offsets: &built.long_post_offsets,
                long_post_rows: &built.long_post_rows,
            };
            let pattern = PlatePattern::new(tokens).unwrap();
            let compiled = KeyPattern::new(&pattern, widened);
            let mut seen = Vec::new();
            let _ = compiled.each(&found, &mut Vec::new(), |text, row| {
                assert!(text == rows[row as usize].0);
                seen.push(row);
                ControlFlow::<()>::Continue(())
            });
            seen.sort_unstable();
            let plain: Vec<u32> =
                (0..).zip(&texts).filter(|(_, text)| pattern.matches(text, widened)).map(|(at, _)| at).collect();
            prop_assert_eq!(&seen, &plain);
            if let Some(hash) = compiled.hash() {
                prop_assert!(plain.is_empty() || crate::filter::may_hold(&built.filter, hash));
            }
            for ((text, row), number) in rows.iter().zip(&built.numbers) {
                prop_assert!(found.text(number.get()) == *text && found.find(*text) == Some(number.get()));
                let same = found.rows_of(number.get()).iter().map(|row| row.get());
                prop_assert!(same.is_sorted_by(|one, other| one > other) && found.rows_of(number.get()).iter().any(|one| one.get() == *row));
            }
            prop_assert_eq!(found.find(Text::of("Z")), None);
            prop_assert_eq!(found.find(Text::of("ZZZZZZZZZZ")), None);
        }
    }
}
