//! Checking a log from outside, with what anybody can have: the published files and the verifier key.
//!
//! Written from the specifications and apart from the writer: only the hash functions are shared. Nothing is accepted that is not
//! covered by the signed root. Start at [`verify_folder`].

mod folder;
mod note;
mod records;
mod tree;

pub use folder::{verify_folder, verify_published};
pub(crate) use note::{SignedNote, VerifierKey, WitnessKey, cosigned_message, decimal};
pub use records::{VerifiedRecords, verify_records};
pub(crate) use tree::{fold_proof, has_grown};

use crate::hash::{Hash, leaf_hash};
use crate::recorded::EntryRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::UtcMicros;
use std::path::PathBuf;

/// First line of a proof (C2SP tlog-proof).
const PROOF_FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2^64 entries has no longer proof.
const PROOF_HASHES_MAX: usize = 64;
/// Version, sequence, time, commitment: `docs/ledger-format.md`.
const LEAF_BYTES: usize = 49;

/// What a signature and the hashes under it prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
    /// The witnesses that were asked for, in that order.
    pub cosigned: Vec<Cosigned>,
}

/// A witness saw this tree head, and it followed from all that it saw before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    pub witness: String,
    /// When, by the witness's clock: seconds since 1970.
    pub seconds: i64,
}

/// Whom a verifier trusts. A plain verifier key is one without witnesses.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// The log's verifier key.
    pub vkey: &'a str,
    /// Verifier keys of witnesses, each of which must have cosigned.
    pub witnesses: &'a [String],
}

impl<'a> From<&'a str> for Trust<'a> {
    fn from(vkey: &'a str) -> Self {
        Self { vkey, witnesses: &[] }
    }
}

impl<'a> From<&'a String> for Trust<'a> {
    fn from(vkey: &'a String) -> Self {
        Self::from(vkey.as_str())
    }
}

impl Trust<'_> {
    /// Checks the log's signature and every witness's, and reads the checkpoint.
    fn open_checkpoint(&self, note: &[u8]) -> Result<Verified, VerifyError> {
        let note = SignedNote::parse(note)?;
        let mut log = VerifierKey::parse(self.vkey)?.open_note(&note)?;
        for witness in self.witnesses {
            log.cosigned.push(WitnessKey::parse(witness)?.check(&note)?);
        }
        Ok(log)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the verifier key is not of the form `<name>+<key id>+<key>`, or not an Ed25519 key")]
    BadKey,
    #[error("the witness's key is not of the form `<name>+<key id>+<key>`, or not a cosigner's Ed25519 key")]
    BadWitnessKey,
    #[error("the witness `{witness}` has not cosigned the checkpoint")]
    NotWitnessed { witness: String },
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
pub fn verify_receipt<'a>(
    text: &str,
    trust: impl Into<Trust<'a>>,
    leaf: &[u8],
) -> Result<(u64, Verified), VerifyError> {
    verify_receipt_of_hash(text, trust, leaf_hash(leaf))
}

/// The same for somebody who has the entry's RFC 6962 leaf hash only, as answers show it.
pub fn verify_receipt_of_hash<'a>(
    text: &str,
    trust: impl Into<Trust<'a>>,
    leaf_hash: Hash,
) -> Result<(u64, Verified), VerifyError> {
    let receipt = Receipt::parse(text)?;
    Ok((receipt.index, receipt.check(trust.into(), leaf_hash)?))
}

/// The same for somebody who has the receipt only, as a code on paper holds it: the leaf in it says when the entry was made. Which
/// entry that is must be told from its index, time and leaf hash.
pub fn verify_receipt_alone<'a>(text: &str, trust: impl Into<Trust<'a>>) -> Result<(EntryRef, Verified), VerifyError> {
    let receipt = Receipt::parse(text)?;
    let leaf = receipt.extra.and_then(|extra| STANDARD.decode(extra).ok());
    let leaf = leaf.ok_or(VerifyError::BadReceipt { what: "it does not hold the leaf; say the leaf hash" })?;
    let leaf_hash = leaf_hash(&leaf);
    // What is in the receipt is not to be trusted before this.
    let log = receipt.check(trust.into(), leaf_hash)?;
    let time = leaf.get(9..17).and_then(|time| time.try_into().ok()).map(i64::from_be_bytes);
    let sequence = leaf.get(1..9).and_then(|sequence| sequence.try_into().ok()).map(u64::from_be_bytes);
    match (leaf.len(), leaf.first(), sequence, time) {
        (LEAF_BYTES, Some(1), Some(index), Some(time)) if index == receipt.index => {
            Ok((EntryRef { index, time: UtcMicros(time), leaf_hash }, log))
        }
        _ => Err(VerifyError::BadReceipt { what: "its leaf is not of version 1 and in its place" }),
    }
}

/// A tlog-proof in its form; nothing of it is checked yet.
struct Receipt<'a> {
    /// Opaque and unauthenticated by the specification; ours holds the leaf.
    extra: Option<&'a str>,
    index: u64,
    proof: Vec<Hash>,
    checkpoint: &'a str,
}

impl<'a> Receipt<'a> {
    fn parse(text: &'a str) -> Result<Self, VerifyError> {
        let bad = |what| VerifyError::BadReceipt { what };
        let (proof, checkpoint) = text.split_once("\n\n").ok_or_else(|| bad("no empty line before the checkpoint"))?;
        let mut lines = proof.split('\n').peekable();
        if lines.next() != Some(PROOF_FIRST_LINE) {
            return Err(bad("the first line is not that of a proof"));
        }
        let extra = lines.next_if(|line| line.starts_with("extra ")).and_then(|line| line.strip_prefix("extra "));
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or_else(|| bad("no index"))?;
        let proof: Vec<Hash> = lines
            .map(|line| STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok()))
            .collect::<Option<_>>()
            .ok_or_else(|| bad("a line is not a hash"))?;
        if proof.len() > PROOF_HASHES_MAX {
            return Err(bad("too many hashes"));
        }
        Ok(Self { extra, index, proof, checkpoint })
    }

    fn check(&self, trust: Trust<'_>, leaf_hash: Hash) -> Result<Verified, VerifyError> {
        let log = trust.open_checkpoint(self.checkpoint.as_bytes())?;
        if fold_proof(self.index, log.size, leaf_hash, &self.proof) != Some(log.root) {
            return Err(VerifyError::NotIncluded);
        }
        Ok(log)
    }
}
