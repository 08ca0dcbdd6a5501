//! A sorted dictionary of texts.

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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_is_found_under_its_number(mut texts in prop::collection::vec("[0OB8Q粤A]{1,4}", 0..60)) {
            texts.sort();
            texts.dedup();
            let (mut offsets, mut bytes) = (vec![0], Vec::new());
            for text in &texts {
                bytes.extend_from_slice(text.as_bytes());
                offsets.push(u32::try_from(bytes.len()).unwrap());
            }
            let dictionary = PlateDictionary { offsets: &offsets, bytes: &bytes };
            for (at, text) in (0..).zip(&texts) {
                prop_assert_eq!((dictionary.find(text), dictionary.get(at)), (Some(at), text.as_str()));
            }
            prop_assert_eq!(dictionary.find("Z"), None);
        }
    }
}
