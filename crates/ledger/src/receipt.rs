//! Audit receipts: C2SP tlog-proof. Whoever holds one and the verifier key can check, offline, that an entry is in the log.

use crate::error::LedgerError;
use crate::hash::{Hash, leaf_hash};
use crate::store::{Head, Store};
use crate::tree::{inclusion_proof, proof_tiles};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use std::fmt::Write;

/// First line of a proof.
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The proof of entry `index` under a published head that covers it.
pub(crate) async fn receipt(store: &Store, head: &Head, index: u64) -> Result<String, LedgerError> {
    let mut tiles = HashMap::new();
    for id in proof_tiles(index, head.size) {
        tiles.insert(id, store.tile(id).await.map_err(LedgerError::not_read)?);
    }
    let proof = inclusion_proof(index, head.size, &tiles);
    let proof = proof.ok_or(LedgerError::Altered { index })?;
    let leaf = store.leaves(index, index + 1).await.map_err(LedgerError::not_read)?;
    let leaf = leaf.into_iter().next().ok_or(LedgerError::Altered { index })?.leaf;
    // A receipt that does not check is never handed out, whatever happened to the tables.
    if crate::verify::fold_proof(index, head.size, leaf_hash(&leaf), &proof) != Some(head.root) {
        return Err(LedgerError::Altered { index });
    }
    Ok(proof_text(index, &leaf, &proof, &head.checkpoint))
}

fn proof_text(index: u64, leaf: &[u8], proof: &[Hash], checkpoint: &str) -> String {
    // With the leaf the text is enough by itself: a code on paper verifies without typing a hash.
    let mut text = format!("{FIRST_LINE}\nextra {}\nindex {index}\n", STANDARD.encode(leaf));
    for hash in proof {
        writeln!(text, "{}", STANDARD.encode(hash)).expect("a string takes every line");
    }
    text.push('\n');
    text.push_str(checkpoint);
    text
}
