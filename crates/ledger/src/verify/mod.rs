//! Checking a log from outside, with what anybody can have: the published files and the verifier key.
//!
//! Written from the specifications and apart from the writer: only the hash functions are shared. Nothing is accepted that is not
//! covered by the signed root. Start at [`verify_folder`].

mod folder;
mod note;
mod records;
mod tree;

pub use folder::{verify_folder, verify_published};
pub use records::{VerifiedRecords, verify_records};
pub(crate) use tree::fold_proof;

use crate::hash::{Hash, leaf_hash};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use note::VerifierKey;
use std::path::PathBuf;

/// First line of a proof (C2SP tlog-proof).
const PROOF_FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2^64 entries has no longer proof.
const PROOF_HASHES_MAX: usize = 64;

/// What a signature and the hashes under it prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the verifier key is not of the form `<name>+<key id>+<key>`, or not an Ed25519 key")]
    BadKey,
    #[error("the file `vkey` in the log is not the given verifier key")]
    OtherKey,
    #[error("the checkpoint is malformed: {what}")]
    BadCheckpoint { what: &'static str },
    #[error("the checkpoint carries no signature of the given key")]
    NotSigned,
    #[error("the checkpoint's signature is wrong")]
    BadSignature,
    #[error("the checkpoint is of the log `{found}`, not of `{expected}`")]
    OtherOrigin { found: String, expected: String },
    #[error("the file `{}` is missing or cannot be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the file `{}` does not have the content that its place needs: {what}", path.display())]
    BadFile { path: PathBuf, what: &'static str },
    #[error("the log holds `{}`, which its checkpoint does not cover; export the log and verify the copy", path.display())]
    Stray { path: PathBuf },
    #[error("the entries do not hash to the root that the checkpoint signs")]
    RootDiffers,
    #[error("the log was rolled back: an older checkpoint has {older} entries, this one {size}")]
    RolledBack { older: u64, size: u64 },
    #[error("the log was rewritten: its first {older} entries are not those of the older checkpoint")]
    Rewritten { older: u64 },
    #[error("the receipt is malformed: {what}")]
    BadReceipt { what: &'static str },
    #[error("the receipt does not prove that this entry is in the log")]
    NotIncluded,
    #[error("the record of entry {index} does not open to what the log committed to: {what}")]
    BadRecord { index: u64, what: &'static str },
    #[error("verifying was interrupted before its end")]
    Interrupted,
    #[error("the records could not be read")]
    Records(#[source] sqlx::Error),
}

/// The first of these verifier keys that signed the checkpoint: after a rotation the newest one may not have signed yet.
pub fn signed_by<'a>(checkpoint: &[u8], vkeys: &'a [String]) -> Result<&'a str, VerifyError> {
    let mut last = VerifyError::NotSigned;
    for vkey in vkeys {
        match VerifierKey::parse(vkey)?.open_checkpoint(checkpoint) {
            Ok(_) => return Ok(vkey),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Checks an audit receipt (C2SP tlog-proof): the checkpoint's signature, and that the entry with these public bytes is in the log.
/// Gives the entry's index and the log as of the receipt.
pub fn verify_receipt(text: &str, vkey: &str, leaf: &[u8]) -> Result<(u64, Verified), VerifyError> {
    verify_receipt_of_hash(text, vkey, leaf_hash(leaf))
}

/// The same for somebody who has the entry's RFC 6962 leaf hash only, as answers show it.
pub fn verify_receipt_of_hash(text: &str, vkey: &str, leaf_hash: Hash) -> Result<(u64, Verified), VerifyError> {
    let key = VerifierKey::parse(vkey)?;
    let bad = |what| VerifyError::BadReceipt { what };
    let (proof, checkpoint) = text.split_once("\n\n").ok_or_else(|| bad("no empty line before the checkpoint"))?;
    let mut lines = proof.split('\n').peekable();
    if lines.next() != Some(PROOF_FIRST_LINE) {
        return Err(bad("the first line is not that of a proof"));
    }
    // Opaque and unauthenticated; nothing here reads it.
    lines.next_if(|line| line.starts_with("extra "));
    let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(note::decimal);
    let index = index.ok_or_else(|| bad("no index"))?;
    let hashes: Vec<Hash> = lines
        .map(|line| STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok()))
        .collect::<Option<_>>()
        .ok_or_else(|| bad("a line is not a hash"))?;
    if hashes.len() > PROOF_HASHES_MAX {
        return Err(bad("too many hashes"));
    }
    let log = key.open_checkpoint(checkpoint.as_bytes())?;
    if fold_proof(index, log.size, leaf_hash, &hashes) != Some(log.root) {
        return Err(VerifyError::NotIncluded);
    }
    Ok((index, log))
}
