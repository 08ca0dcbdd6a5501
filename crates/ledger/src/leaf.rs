//! The public leaf, version 1. Final: a change of any kind is a new version number.

use crate::hash::Hash;
use domain::UtcMicros;

/// The first byte of every leaf.
pub(crate) const LEAF_VERSION: u8 = 1;
/// Version, sequence, time, commitment.
pub(crate) const LEAF_BYTES: usize = 1 + 8 + 8 + 32;

/// The bytes that the log hashes and publishes. Neither agency nor kind is in them: how much an agency asks is
/// information about its work.
pub(crate) fn leaf_bytes(index: u64, time: UtcMicros, commitment: &Hash) -> [u8; LEAF_BYTES] {
    let mut leaf = [0; LEAF_BYTES];
    leaf[0] = LEAF_VERSION;
    leaf[1..9].copy_from_slice(&index.to_be_bytes());
    leaf[9..17].copy_from_slice(&time.0.to_be_bytes());
    leaf[17..].copy_from_slice(commitment);
    leaf
}

/// Index, time and commitment of a leaf that this crate wrote; `None` for other bytes.
pub(crate) fn read_leaf(leaf: &[u8]) -> Option<(u64, UtcMicros, Hash)> {
    let (version, rest) = leaf.split_first()?;
    let (index, rest) = rest.split_first_chunk::<8>()?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let commitment = rest.try_into().ok()?;
    let read = (u64::from_be_bytes(*index), UtcMicros(i64::from_be_bytes(*time)), commitment);
    (*version == LEAF_VERSION).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_version_1_is_these_bytes_for_ever() {
        let leaf = leaf_bytes(0x0102, UtcMicros(-2), &[7; 32]);
        let text = format!("01{}{}{}", "0000000000000102", "fffffffffffffffe", "07".repeat(32));
        assert_eq!(hex::encode(leaf), text);
        assert_eq!(read_leaf(&leaf), Some((0x0102, UtcMicros(-2), [7; 32])));
        assert_eq!(read_leaf(&leaf[..48]), None);
        assert_eq!(read_leaf(&[&[2], &leaf[1..]].concat()), None);
    }
}
