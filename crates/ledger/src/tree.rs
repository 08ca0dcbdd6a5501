//! The Merkle tree of RFC 6962, kept as the right edge of its tiles: what is needed to append, and nothing more.

use crate::hash::{Hash, empty_root, node_hash};
use std::collections::HashMap;
use std::ops::Range;

/// Hashes in a full tile (C2SP tlog-tiles).
pub(crate) const TILE_WIDTH: u64 = 256;
/// Tree levels from one tile level to the next: log2 of [`TILE_WIDTH`].
pub(crate) const TILE_HEIGHT: u32 = 8;
/// Tile levels that a log of at most `i64::MAX` entries can have.
pub(crate) const LEVELS_MAX: u8 = 8;

/// A tile's place: hashes `number * 256 ..` of its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TileId {
    pub(crate) level: u8,
    pub(crate) number: u64,
}

/// A tile that an append completed.
#[derive(Debug)]
pub(crate) struct FullTile {
    pub(crate) id: TileId,
    pub(crate) hashes: Vec<Hash>,
    /// The tree hash of the tile: hash `id.number` of the level above.
    pub(crate) root: Hash,
}

/// How many complete subtrees of height `8 * level` a log of `size` entries has: the hashes at that tile level.
pub(crate) fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0)
}

/// The partial tiles of a log of some size. Everything left of them never changes again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontier {
    size: u64,
    /// By level: the hashes of the partial tile, 0 to 255 of them.
    levels: Vec<Vec<Hash>>,
}

impl Frontier {
    /// `levels` must hold, by level, the hashes of the partial tile of a log of `size` entries; `None` where they do not.
    pub(crate) fn from_partials(size: u64, levels: Vec<Vec<Hash>>) -> Option<Self> {
        let fits = |(level, hashes): (u8, &Vec<Hash>)| hashes.len() as u64 == hashes_at(level, size) % TILE_WIDTH;
        (levels.len() == usize::from(LEVELS_MAX) && (0..).zip(&levels).all(fits)).then_some(Self { size, levels })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// By level, lowest first.
    pub(crate) fn partials(&self) -> impl Iterator<Item = (u8, &[Hash])> {
        (0..).zip(self.levels.iter().map(Vec::as_slice))
    }

    /// Appends a leaf hash and gives the tiles that it completed, lowest first.
    pub(crate) fn push(&mut self, leaf: Hash) -> Vec<FullTile> {
        self.size += 1;
        let mut completed = Vec::new();
        let mut hash = leaf;
        for level in 0.. {
            let index = usize::from(level);
            if self.levels.len() <= index {
                self.levels.push(Vec::new());
            }
            self.levels[index].push(hash);
            if (self.levels[index].len() as u64) < TILE_WIDTH {
                break;
            }
            let hashes = std::mem::take(&mut self.levels[index]);
            hash = complete_root(&hashes);
            let number = hashes_at(level, self.size) / TILE_WIDTH - 1;
            completed.push(FullTile { id: TileId { level, number }, hashes, root: hash });
        }
        completed
    }

    /// The tree hash of all entries: complete subtrees folded from the smallest, at the right, to the largest.
    pub(crate) fn root(&self) -> Hash {
        let mut folded: Option<Hash> = None;
        for hashes in &self.levels {
            let mut end = hashes.len();
            while end > 0 {
                let width = 1 << end.trailing_zeros();
                let subtree = complete_root(&hashes[end - width..end]);
                folded = Some(folded.map_or(subtree, |right| node_hash(&subtree, &right)));
                end -= width;
            }
        }
        folded.unwrap_or_else(empty_root)
    }
}

/// The tree hash over a power of two of hashes.
fn complete_root(hashes: &[Hash]) -> Hash {
    debug_assert!(hashes.len().is_power_of_two());
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row[0]
}

/// A complete subtree: `2^height` entries from `start`, which is a multiple of that.
#[derive(Clone, Copy, Debug)]
struct Subtree {
    height: u32,
    start: u64,
}

impl Subtree {
    fn level(self) -> u8 {
        u8::try_from(self.height / TILE_HEIGHT).expect("heights are below 64")
    }

    /// The subtree's first hash among those of its tile level.
    fn first_hash(self) -> u64 {
        self.start >> (u32::from(self.level()) * TILE_HEIGHT)
    }

    fn tile(self) -> TileId {
        TileId { level: self.level(), number: self.first_hash() / TILE_WIDTH }
    }

    fn root(self, tiles: &HashMap<TileId, Vec<Hash>>) -> Option<Hash> {
        let offset = usize::try_from(self.first_hash() % TILE_WIDTH).ok()?;
        let width = 1 << (self.height % TILE_HEIGHT);
        Some(complete_root(tiles.get(&self.tile())?.get(offset..offset + width)?))
    }
}

/// The entries under each hash of an inclusion proof, leaf's sibling first: PATH(index, D[size]), RFC 6962 section 2.1.1.
fn proof_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - start > 1 {
        // The largest power of two below the number of entries.
        let split = start + (1 << (end - start - 1).ilog2());
        if index < split {
            ranges.push(split..end);
            end = split;
        } else {
            ranges.push(start..split);
            start = split;
        }
    }
    ranges.reverse();
    ranges
}

/// The entries under each hash of the proof that a log of `size` entries is that of `old` with entries appended: PROOF(old,
/// D[size]), RFC 6962 section 2.1.2. There are none where one of the two has nothing to prove.
fn consistency_ranges(old: u64, size: u64) -> Vec<Range<u64>> {
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    if old == 0 {
        return ranges;
    }
    while end > old {
        let split = start + (1 << (end - start - 1).ilog2());
        if old <= split {
            ranges.push(split..end);
            end = split;
        } else {
            ranges.push(start..split);
            start = split;
        }
    }
    // The old tree itself is known to whoever asks; a part of it is not.
    if start > 0 {
        ranges.push(start..end);
    }
    ranges.reverse();
    ranges
}

/// The complete subtrees that make up a range of a proof, left to right.
fn subtrees(range: Range<u64>) -> impl Iterator<Item = Subtree> {
    let mut start = range.start;
    std::iter::from_fn(move || {
        let height = range.end.checked_sub(start)?.checked_ilog2()?;
        let subtree = Subtree { height, start };
        start += 1 << height;
        Some(subtree)
    })
}

/// The tiles from which [`inclusion_proof`] takes its hashes.
pub(crate) fn proof_tiles(index: u64, size: u64) -> Vec<TileId> {
    tiles_of(proof_ranges(index, size))
}

/// The tiles from which [`consistency_proof`] takes its hashes.
pub(crate) fn consistency_tiles(old: u64, size: u64) -> Vec<TileId> {
    tiles_of(consistency_ranges(old, size))
}

fn tiles_of(ranges: Vec<Range<u64>>) -> Vec<TileId> {
    let mut tiles: Vec<_> = ranges.into_iter().flat_map(subtrees).map(Subtree::tile).collect();
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}

/// The proof that entry `index` is in the log of `size` entries; `None` where `tiles` lacks a hash.
pub(crate) fn inclusion_proof(index: u64, size: u64, tiles: &HashMap<TileId, Vec<Hash>>) -> Option<Vec<Hash>> {
    proof_ranges(index, size).into_iter().map(|range| fold(range, tiles)).collect()
}

/// The proof that the log of `size` entries is that of `old` entries, at most as many, with entries appended; `None` where
/// `tiles` lacks a hash.
pub(crate) fn consistency_proof(old: u64, size: u64, tiles: &HashMap<TileId, Vec<Hash>>) -> Option<Vec<Hash>> {
    consistency_ranges(old, size).into_iter().map(|range| fold(range, tiles)).collect()
}

fn fold(range: Range<u64>, tiles: &HashMap<TileId, Vec<Hash>>) -> Option<Hash> {
    let roots: Vec<Hash> = subtrees(range).map(|subtree| subtree.root(tiles)).collect::<Option<_>>()?;
    roots.into_iter().rev().reduce(|right, left| node_hash(&left, &right))
}

#[cfg(test)]
#[path = "tree_tests.rs"]
pub(crate) mod tests;
