//! A split-block Bloom filter, as in Parquet: says that a hash is certainly not there, by one line of memory.

/// Words of 32 bits in one block.
const BLOCK_WORDS: usize = 8;
/// Bits for each hash: about one false yes in a hundred.
const BITS_EACH: usize = 10;
const SALTS: [u32; BLOCK_WORDS] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];

pub(crate) fn build(hashes: impl Iterator<Item = u64>, count: usize) -> Vec<u32> {
    let blocks = (count * BITS_EACH).div_ceil(32 * BLOCK_WORDS);
    let mut words = vec![0; blocks * BLOCK_WORDS];
    for hash in hashes {
        let start = block_of(hash, blocks);
        for (word, bit) in words[start..start + BLOCK_WORDS].iter_mut().zip(bits_of(hash)) {
            *word |= bit;
        }
    }
    words
}

/// False where the hash was not among those that the filter was built of.
pub(crate) fn may_hold(words: &[u32], hash: u64) -> bool {
    let blocks = words.len() / BLOCK_WORDS;
    if blocks == 0 {
        return false;
    }
    let start = block_of(hash, blocks);
    words[start..start + BLOCK_WORDS].iter().zip(bits_of(hash)).all(|(word, bit)| word & bit != 0)
}

fn block_of(hash: u64, blocks: usize) -> usize {
    let block = ((hash >> 32) * blocks as u64) >> 32;
    usize::try_from(block).expect("blocks of a segment fit 32 bits") * BLOCK_WORDS
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
fn bits_of(hash: u64) -> impl Iterator<Item = u32> {
    let low = hash as u32;
    SALTS.into_iter().map(move |salt| 1 << (low.wrapping_mul(salt) >> 27))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn what_was_put_in_is_there_and_little_else() {
        let hash = |number: u32| Text::of(&format!("{number:07}")).folded_hash();
        let words = build((0..20_000).map(hash), 20_000);
        assert!((0..20_000).all(|number| may_hold(&words, hash(number))));
        let wrong = (20_000..120_000).filter(|number| may_hold(&words, hash(*number))).count();
        assert!(wrong < 3_000, "{wrong} of 100,000");
        assert!(!may_hold(&[], 7) && !may_hold(&build(std::iter::empty(), 0), 7));
    }
}
