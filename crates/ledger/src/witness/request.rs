//! The body of `add-checkpoint` (C2SP tlog-witness).

use super::NotCosigned;
use crate::hash::Hash;
use crate::verify::{SignedNote, decimal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a request: 63 hashes, and a checkpoint with many signatures.
pub const REQUEST_BYTES_MAX: usize = 128 * 1_024;
/// Hashes of a consistency proof, by the specification.
const PROOF_HASHES_MAX: usize = 63;

/// A request in its form; nothing of it is checked yet.
pub(super) struct AddCheckpoint<'a> {
    pub(super) old_size: u64,
    pub(super) proof: Vec<Hash>,
    pub(super) note: SignedNote<'a>,
    /// Origin, size and root.
    pub(super) tree_head: (&'a str, u64, Hash),
}

impl<'a> AddCheckpoint<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, NotCosigned> {
        Self::try_parse(body).map_err(|what| NotCosigned::Malformed { what })
    }

    fn try_parse(body: &'a [u8]) -> Result<Self, &'static str> {
        if body.len() > REQUEST_BYTES_MAX {
            return Err("it is too long");
        }
        let body = std::str::from_utf8(body).map_err(|_| "it is not UTF-8")?;
        // Not a blank line within the checkpoint: that of the head is the first.
        let (head, note) = body.split_once("\n\n").ok_or("no empty line before the checkpoint")?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let old_size = old_size.ok_or("the first line is not an old size")?;
        let hash = |line: &str| STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok());
        let proof: Vec<Hash> = lines.map(hash).collect::<Option<_>>().ok_or("a line of the proof is not a hash")?;
        if proof.len() > PROOF_HASHES_MAX {
            return Err("the proof has too many hashes");
        }
        let note = SignedNote::parse(note.as_bytes()).map_err(|_| "the checkpoint is not a signed note")?;
        let tree_head = note.tree_head().map_err(|_| "the note is not a checkpoint")?;
        Ok(Self { old_size, proof, note, tree_head })
    }
}
