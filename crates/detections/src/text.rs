//! Plate texts as a segment holds them: most fit one 64-bit key, the others are kept as text.

use domain::plate::fold;
use std::fmt;

/// Bytes of a text that fits a key.
pub(crate) const KEY_BYTES: usize = 8;

/// A plate text. A text that fits a key is always `Short`, so that equal texts are equal values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Text<'a> {
    /// ASCII, first byte highest, zeros behind: keys are ordered as texts are.
    Short(u64),
    Long(&'a str),
}

impl<'a> Text<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        key_of(text.as_bytes()).map_or(Self::Long(text), Self::Short)
    }

    /// Runs something on the text itself.
    pub(crate) fn read<R>(self, run: impl FnOnce(&str) -> R) -> R {
        match self {
            Self::Long(text) => run(text),
            Self::Short(key) => {
                let bytes = key.to_be_bytes();
                run(std::str::from_utf8(bytes.get(..length_of(key)).unwrap_or_default()).unwrap_or_default())
            }
        }
    }

    /// A hash that texts with look-alike characters share.
    pub(crate) fn folded_hash(self) -> u64 {
        self.read(|text| {
            let mut hash = 0xcbf2_9ce4_8422_2325_u64;
            for character in text.chars() {
                hash = (hash ^ u64::from(u32::from(fold(character)))).wrapping_mul(0x0100_0000_01b3);
            }
            hash ^= hash >> 32;
            hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash ^ (hash >> 29)
        })
    }
}

/// As text, so that short and long ones have one order.
impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Short(one), Self::Short(other)) => one.cmp(other),
            _ => self.read(|one| other.read(|other| one.cmp(other))),
        }
    }
}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Plates do not belong in output that somebody may log.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text")
    }
}

/// The key of a text that fits one.
pub(crate) fn key_of(text: &[u8]) -> Option<u64> {
    let fits = !text.is_empty() && text.len() <= KEY_BYTES && text.iter().all(|byte| (1..128).contains(byte));
    fits.then(|| prefix_key(text))
}

/// Up to eight bytes as the highest of a key.
pub(crate) fn prefix_key(bytes: &[u8]) -> u64 {
    let mut key = [0; KEY_BYTES];
    for (slot, byte) in key.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    u64::from_be_bytes(key)
}

/// Bytes of the text that a key holds.
pub(crate) fn length_of(key: u64) -> usize {
    KEY_BYTES - (key.trailing_zeros() as usize / 8).min(KEY_BYTES)
}

/// The key of the same text read backwards.
pub(crate) fn reversed_key(key: u64) -> u64 {
    key.swap_bytes() << (8 * (KEY_BYTES - length_of(key)) % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_are_ordered_as_texts_and_read_back(one in "[0-9A-Z]{1,9}", other in "[0-9A-Z粤]{1,9}") {
            let (a, b) = (Text::of(&one), Text::of(&other));
            prop_assert_eq!(a.cmp(&b), one.cmp(&other));
            prop_assert!(a.read(|text| text == one) && b.read(|text| text == other));
            if let Text::Short(key) = a {
                let backwards: String = one.chars().rev().collect();
                prop_assert_eq!(Text::Short(reversed_key(key)), Text::of(&backwards));
            }
        }

        #[test]
        fn look_alikes_share_a_hash(text in "[0ODQ1ILB8AX]{1,10}") {
            let folded: String = text.chars().map(fold).collect();
            prop_assert_eq!(Text::of(&text).folded_hash(), Text::of(&folded).folded_hash());
        }
    }
}
