//! Tree heads and proofs, in the forms of RFC 9162 section 2.1, which defines the same tree as RFC 6962.

use crate::hash::{Hash, empty_root, node_hash};

/// The tree head over a run of leaf hashes, one at a time (RFC 9162 section 2.1.2, "Verifying a Tree Head").
#[derive(Debug, Default)]
pub(super) struct RunningRoot {
    count: u64,
    stack: Vec<Hash>,
}

impl RunningRoot {
    pub(super) fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.count.trailing_ones() {
            let left = self.stack.pop().expect("each one bit of the count is a subtree on the stack");
            hash = node_hash(&left, &hash);
        }
        self.stack.push(hash);
        self.count += 1;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn root(&self) -> Hash {
        self.stack.iter().rev().copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}

/// The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2); `None` where the proof has the wrong length.
pub(crate) fn fold_proof(index: u64, size: u64, leaf: Hash, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node /= 2;
        last /= 2;
    }
    (last == 0).then_some(hash)
}

/// Whether a proof shows that the tree of `size` entries and this root is the older one with entries appended (RFC 9162 section
/// 2.1.4.2). Where the older has none, or both have as many, there is nothing to prove, and a proof must be empty.
pub(crate) fn has_grown(old_size: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if old_size >= size {
        return old_size == size && old_root == root && proof.is_empty();
    }
    if old_size == 0 {
        return *old_root == empty_root() && proof.is_empty();
    }
    // An older tree that is complete is itself the first hash, and left out of the proof.
    let mut hashes = proof.iter().copied();
    let first = if old_size.is_power_of_two() { Some(*old_root) } else { hashes.next() };
    let Some(first) = first else { return false };
    let skipped = (old_size - 1).trailing_ones();
    let (mut node, mut last) = ((old_size - 1) >> skipped, (size - 1) >> skipped);
    let (mut of_old, mut of_new) = (first, first);
    for hash in hashes {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            of_old = node_hash(&hash, &of_old);
            of_new = node_hash(&hash, &of_new);
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            of_new = node_hash(&of_new, &hash);
        }
        node /= 2;
        last /= 2;
    }
    last == 0 && of_old == *old_root && of_new == *root
}
