//! A witness, for a second party: it remembers the newest tree head that it saw of each log, cosigns a newer one only if the log
//! proves that it merely grew, and so never signs two histories (C2SP tlog-witness, tlog-cosignature, Ed25519).
//!
//! Not here: HTTP, and which logs to watch.

mod memory;
mod request;
#[cfg(test)]
mod tests;

use crate::hash::{COSIGNATURE, empty_root, note_key_id, origin_hash};
use crate::note::is_key_name;
use crate::verify::{VerifierKey, VerifyError, WitnessKey, cosigned_message, has_grown};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use memory::{Memory, Seen};
use request::AddCheckpoint;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use storage::vault::random_bytes;
use storage::{Clock, DataLock, write_privately};

pub use request::REQUEST_BYTES_MAX;

/// Logs that one witness watches.
pub const LOGS_MAX: usize = 1_000;
/// The seed of the witness's key, in hexadecimal digits; only its owner reads it.
const KEY_FILE: &str = "key";

/// What makes a witness.
#[derive(Debug)]
pub struct WitnessConfig {
    /// Its key and its memory. One process at a time opens it.
    pub folder: PathBuf,
    /// Its name in cosignatures, such as `oversight.example.org/witness`.
    pub name: String,
    /// Verifier keys of the logs that it watches. A log has a key more after it rotated its signer.
    pub logs: Vec<String>,
    pub clock: Arc<dyn Clock>,
}

/// A witness that is open. Its calls block on the disk.
pub struct Witness {
    name: String,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    logs: BTreeMap<String, Log>,
    _lock: DataLock,
}

/// A log that is watched.
struct Log {
    keys: Vec<VerifierKey>,
    /// Held from the look at what was seen until the newer is on disk, so that two requests never pass each other.
    memory: Mutex<Memory>,
}

/// Why a witness does not open.
#[derive(Debug, thiserror::Error)]
pub enum WitnessOpenError {
    #[error("another process has this witness open")]
    InUse,
    #[error("a witness's name is without white space and `+`, such as `example.org/witness`")]
    Name,
    #[error("a witness watches 1 to {LOGS_MAX} logs")]
    Logs,
    #[error("`{vkey}` is no verifier key of a log")]
    LogKey { vkey: String, source: VerifyError },
    #[error("the witness's key is not 64 hexadecimal digits")]
    Key,
    #[error("the witness's file `{}` could not be read or written", path.display())]
    Files { path: PathBuf, source: io::Error },
    /// Going on would let a log show another history: restore the file, or begin a witness anew under another name and key.
    #[error("what the witness remembers in `{}` is not what it cosigned", path.display())]
    Memory { path: PathBuf, source: VerifyError },
}

/// Why a checkpoint was not cosigned. Each is a status of the protocol.
#[derive(Debug, thiserror::Error)]
pub enum NotCosigned {
    #[error("the request is not one: {what}")]
    Malformed { what: &'static str },
    #[error("this log is not watched here")]
    UnknownLog,
    #[error("no signature is that of a key that is trusted for this log")]
    NotSigned,
    #[error("the newest tree head that was cosigned has {size} entries, and follows")]
    Conflict { size: u64 },
    /// What a split view looks like.
    #[error("another root was cosigned for these {size} entries")]
    OtherRoot { size: u64 },
    #[error("the proof does not show that the log only grew")]
    NotConsistent,
    /// Nothing is cosigned that would be forgotten.
    #[error("the checkpoint could not be kept, so it is not cosigned")]
    NotKept(#[source] io::Error),
}

impl NotCosigned {
    /// The status of the protocol.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } => 400,
            Self::NotSigned => 403,
            Self::UnknownLog => 404,
            Self::Conflict { .. } | Self::OtherRoot { .. } => 409,
            Self::NotConsistent => 422,
            Self::NotKept(_) => 500,
        }
    }

    /// The size that a conflict answers with, in a body of its own type.
    pub fn seen_size(&self) -> Option<u64> {
        match self {
            Self::Conflict { size } | Self::OtherRoot { size } => Some(*size),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Witness {
    /// Opens a witness, or makes one with a new key where the folder has none.
    pub fn open(config: WitnessConfig) -> Result<Self, WitnessOpenError> {
        let WitnessConfig { folder, name, logs, clock } = config;
        if !is_key_name(&name) {
            return Err(WitnessOpenError::Name);
        }
        let lock = DataLock::take(&folder).map_err(failed(&folder))?.ok_or(WitnessOpenError::InUse)?;
        let key = read_or_make_key(&folder.join(KEY_FILE))?;
        let mut witness = Self { name, key, clock, logs: BTreeMap::new(), _lock: lock };
        let own = WitnessKey::parse(&witness.vkey()).map_err(|_| WitnessOpenError::Key)?;
        for vkey in logs {
            let parsed = VerifierKey::parse(&vkey).map_err(|source| WitnessOpenError::LogKey { vkey, source })?;
            let origin = parsed.name().to_owned();
            if let Some(log) = witness.logs.get_mut(&origin) {
                log.keys.push(parsed);
                continue;
            }
            let memory = Memory::open(&folder.join("logs").join(hex::encode(origin_hash(&origin))), &origin, &own)?;
            witness.logs.insert(origin, Log { keys: vec![parsed], memory: Mutex::new(memory) });
        }
        if !(1..=LOGS_MAX).contains(&witness.logs.len()) {
            return Err(WitnessOpenError::Logs);
        }
        Ok(witness)
    }

    /// The key that verifies its cosignatures (C2SP signed-note, verifier key form, of the type of a cosigner).
    pub fn vkey(&self) -> String {
        let public = self.key.verifying_key();
        let id = hex::encode(note_key_id(&self.name, COSIGNATURE, public.as_bytes()));
        let typed = [&[COSIGNATURE], public.as_bytes().as_slice()].concat();
        format!("{}+{id}+{}", self.name, STANDARD.encode(typed))
    }

    /// Answers `add-checkpoint`: the line with which it cosigns. It is on disk before it is answered.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<String, NotCosigned> {
        let request = AddCheckpoint::parse(body)?;
        let (origin, size, root) = request.tree_head;
        let log = self.logs.get(origin).ok_or(NotCosigned::UnknownLog)?;
        if !log.keys.iter().any(|key| key.open_note(&request.note).is_ok()) {
            return Err(NotCosigned::NotSigned);
        }
        if request.old_size > size {
            return Err(NotCosigned::Malformed { what: "the old size is larger than the checkpoint's" });
        }
        let mut memory = log.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = memory.seen().unwrap_or_else(|| Seen { size: 0, root: empty_root() });
        if request.old_size != seen.size {
            return Err(NotCosigned::Conflict { size: seen.size });
        }
        if size == seen.size && root != seen.root {
            return Err(NotCosigned::OtherRoot { size });
        }
        if !has_grown(seen.size, &seen.root, size, &root, &request.proof) {
            return Err(NotCosigned::NotConsistent);
        }
        let cosignature = self.cosignature(request.note.text);
        let of_log = log.keys.iter().flat_map(|key| request.note.lines_of(key.key()));
        let note = format!("{}\n{}{cosignature}", request.note.text, of_log.collect::<String>());
        memory.keep(Seen { size, root }, note).map_err(NotCosigned::NotKept)?;
        Ok(cosignature)
    }

    /// The newest checkpoint that was cosigned of the log with this origin hash (`SHA-256(origin)`, hexadecimal), with the
    /// cosignature.
    pub fn newest(&self, log: &str) -> Option<String> {
        let (_, log) = self.logs.iter().find(|(origin, _)| hex::encode(origin_hash(origin)) == log)?;
        log.memory.lock().unwrap_or_else(PoisonError::into_inner).note().map(ToOwned::to_owned)
    }

    fn cosignature(&self, text: &str) -> String {
        let seconds = u64::try_from(self.clock.now().seconds()).unwrap_or_default();
        let mut blob = note_key_id(&self.name, COSIGNATURE, self.key.verifying_key().as_bytes()).to_vec();
        blob.extend_from_slice(&seconds.to_be_bytes());
        blob.extend_from_slice(&self.key.sign(cosigned_message(seconds, text).as_bytes()).to_bytes());
        format!("\u{2014} {} {}\n", self.name, STANDARD.encode(blob))
    }
}

fn read_or_make_key(path: &Path) -> Result<SigningKey, WitnessOpenError> {
    let digits = match std::fs::read_to_string(path) {
        Ok(digits) => digits,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let digits = hex::encode(random_bytes::<32>());
            write_privately(path, digits.as_bytes()).map_err(failed(path))?;
            digits
        }
        Err(error) => return Err(failed(path)(error)),
    };
    let seed: Option<[u8; 32]> = hex::decode(digits.trim()).ok().and_then(|seed| seed.try_into().ok());
    Ok(SigningKey::from_bytes(&seed.ok_or(WitnessOpenError::Key)?))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> WitnessOpenError {
    let path = path.to_owned();
    move |source| WitnessOpenError::Files { path, source }
}
