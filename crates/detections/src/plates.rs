//! A sorted dictionary of texts, and patterns over it.

use domain::plate::look_alikes;
use domain::{PlatePattern, Token};
use std::ops::Range;

/// Sorted texts: offsets into bytes, one offset more than texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlateDictionary<'a> {
    pub(crate) offsets: &'a [u32],
    pub(crate) bytes: &'a [u8],
}

impl<'a> PlateDictionary<'a> {
    pub(crate) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    pub(crate) fn get(&self, number: u32) -> &'a str {
        std::str::from_utf8(self.raw(number as usize)).unwrap_or_default()
    }

    /// The text as it is stored.
    fn raw(&self, at: usize) -> &'a [u8] {
        &self.bytes[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }

    /// The number of a text.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let at = self.first_where(0..self.len(), |other| other >= text.as_bytes());
        (at < self.len() && self.raw(at) == text.as_bytes()).then(|| number(at))
    }

    /// The numbers of the texts that a pattern matches, ascending within each leading literal.
    pub(crate) fn matching(self, pattern: &PlatePattern, widened: bool) -> impl Iterator<Item = u32> {
        self.spans(pattern.tokens(), widened)
            .into_iter()
            .flatten()
            .map(number)
            .filter(move |at| pattern.matches(self.get(*at), widened))
    }

    /// Where texts lie that begin with the pattern's leading literals, each with its look-alikes where widened.
    fn spans(&self, tokens: &[Token], widened: bool) -> Vec<Range<usize>> {
        let mut spans = vec![(0..self.len(), 0)];
        for token in tokens {
            let Token::Literal(wanted) = token else { break };
            let choices = if widened { look_alikes(*wanted) } else { vec![*wanted] };
            let mut next = Vec::new();
            for (span, prefix) in &spans {
                for choice in &choices {
                    let mut buffer = [0; 4];
                    let begin = choice.encode_utf8(&mut buffer).as_bytes();
                    let rest = |text: &'a [u8]| text.get(*prefix..).unwrap_or_default();
                    let from = self.first_where(span.clone(), |text| rest(text) >= begin);
                    let to = self.first_where(from..span.end, |text| !rest(text).starts_with(begin));
                    if from < to {
                        next.push((from..to, prefix + begin.len()));
                    }
                }
            }
            spans = next;
        }
        spans.into_iter().map(|(span, _)| span).collect()
    }

    /// The first place in `span` where `holds` turns true; `span.end` where it never does.
    fn first_where(&self, span: Range<usize>, holds: impl Fn(&'a [u8]) -> bool) -> usize {
        let (mut low, mut high) = (span.start, span.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(self.raw(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("a segment has at most SEGMENT_ROWS_MAX texts of a kind")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PlatePattern;
    use proptest::prelude::*;

    fn dictionary(texts: &[String]) -> (Vec<u32>, Vec<u8>) {
        let (mut offsets, mut bytes) = (vec![0], Vec::new());
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            offsets.push(u32::try_from(bytes.len()).unwrap());
        }
        (offsets, bytes)
    }

    fn token() -> impl Strategy<Value = Token> {
        prop_oneof![
            4 => prop::sample::select(vec!['0', 'O', 'B', '8', 'Q', '粤', 'A']).prop_map(Token::Literal),
            1 => Just(Token::One),
            1 => Just(Token::Any),
        ]
    }

    proptest! {
        #[test]
        fn qry_2_the_dictionary_finds_what_a_plain_scan_finds(
            mut texts in prop::collection::vec("[0OB8Q粤A]{1,4}", 0..60),
            tokens in prop::collection::vec(token(), 1..5),
            widened in any::<bool>(),
        ) {
            texts.sort();
            texts.dedup();
            let (offsets, bytes) = dictionary(&texts);
            let found = PlateDictionary { offsets: &offsets, bytes: &bytes };
            let pattern = PlatePattern::new(tokens).unwrap();
            let mut numbers: Vec<u32> = found.matching(&pattern, widened).collect();
            numbers.sort_unstable();
            let plain: Vec<u32> =
                (0..).zip(&texts).filter(|(_, text)| pattern.matches(text, widened)).map(|(at, _)| at).collect();
            prop_assert_eq!(numbers, plain);
            for (at, text) in (0..).zip(&texts) {
                prop_assert_eq!(found.find(text), Some(at));
            }
            prop_assert_eq!(found.find("Z"), None);
        }
    }
}
