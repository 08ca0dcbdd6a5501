//! Exchanging keys, step by durable step: announced, the new master key kept, in force with one replaced file, the old one
//! removed, settled. Whoever starts next finds what an interrupted exchange left, and finishes or undoes it.
//!
//! The caller holds the data folder's lock and writes the ledger's entry between [`Rotation::announce`] and the rest.

use super::ring::{Key, KeyName, KeyRing, KeyUse, MasterKeySource, SIGNERS_MAX, write_key};
use super::{KEY_BYTES, VaultError, random_bytes};
use crate::files::{sync_folder, write_privately};
use domain::UtcMicros;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const NOTE_FILE: &str = "rotation.json";

/// What is exchanged.
#[derive(Clone, Debug)]
pub enum KeyChange {
    /// All keys are wrapped anew, and what is sealed from now on is sealed under a new root key. `Folder` makes the new master
    /// key and keeps it in the key folder.
    Master(MasterKeySource),
    /// All sessions and tokens end.
    Session,
    /// A new key signs the ledger; the old one signs beside it until it is retired.
    Signer,
    /// An older signer signs no longer, and its seed is forgotten.
    RetireSigner(u32),
}

/// Which key takes the place of which; what is announced, and what the ledger records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotationNote {
    pub from: KeyName,
    /// `None` where a key is retired.
    pub to: Option<KeyName>,
}

/// A rotation that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupted {
    pub note: RotationNote,
    /// The new key is in force; else nothing changed.
    pub finished: bool,
}

/// A rotation that is laid out. Nothing is written before [`Rotation::announce`].
pub struct Rotation {
    folder: PathBuf,
    note: RotationNote,
    ring: KeyRing,
    new_signer: Option<[u8; KEY_BYTES]>,
}

impl std::fmt::Debug for Rotation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rotation").field("note", &self.note).finish_non_exhaustive()
    }
}

impl Rotation {
    /// Lays a rotation out: makes the new keys, in memory.
    pub fn prepare(
        folder: &Path,
        source: &MasterKeySource,
        change: &KeyChange,
        now: UtcMicros,
    ) -> Result<Self, VaultError> {
        let mut ring = KeyRing::open(folder, source)?;
        let mut new_signer = None;
        let renew = |ring: &mut KeyRing, key_use: KeyUse| {
            let from = ring.newest(key_use)?.name;
            let to = KeyName::new(key_use, from.number.saturating_add(1));
            ring.keys.push(Key { name: to, made: Some(now), bytes: random_bytes() });
            Ok::<_, VaultError>((from, to))
        };
        let note = match change {
            KeyChange::Master(new) => {
                renew(&mut ring, KeyUse::Root)?;
                let from = ring.master.name;
                let to = KeyName::new(KeyUse::Master, from.number.saturating_add(1));
                let bytes = match new {
                    MasterKeySource::Folder => random_bytes(),
                    MasterKeySource::Given(bytes) => *bytes,
                };
                ring.is_given = matches!(new, MasterKeySource::Given(_));
                ring.master = Key { name: to, made: Some(now), bytes };
                RotationNote { from, to: Some(to) }
            }
            KeyChange::Session => {
                let (from, to) = renew(&mut ring, KeyUse::Session)?;
                ring.keys.retain(|key| key.name != from);
                RotationNote { from, to: Some(to) }
            }
            KeyChange::Signer => {
                let signers = ring.keys.iter().filter(|key| key.name.key_use == KeyUse::Signer).count();
                if signers >= SIGNERS_MAX {
                    return Err(VaultError::TooManySigners { max: SIGNERS_MAX });
                }
                let (from, to) = renew(&mut ring, KeyUse::Signer)?;
                new_signer = Some(ring.newest(KeyUse::Signer)?.bytes);
                RotationNote { from, to: Some(to) }
            }
            KeyChange::RetireSigner(number) => {
                let from = KeyName::new(KeyUse::Signer, *number);
                if !ring.names(from) || ring.newest(KeyUse::Signer)?.name == from {
                    return Err(VaultError::NotRetirable { name: from.to_string() });
                }
                ring.keys.retain(|key| key.name != from);
                RotationNote { from, to: None }
            }
        };
        Ok(Self { folder: folder.to_owned(), note, ring, new_signer })
    }

    pub fn note(&self) -> &RotationNote {
        &self.note
    }

    /// The seed of the signer that this rotation makes, for telling its verifier key beforehand.
    pub fn new_signer_seed(&self) -> Option<&[u8; KEY_BYTES]> {
        self.new_signer.as_ref()
    }

    /// First step: whoever starts next knows what was going on.
    pub fn announce(&self) -> Result<(), VaultError> {
        let damaged = |error: serde_json::Error| VaultError::Damaged { name: NOTE_FILE, what: error.to_string() };
        let text = serde_json::to_vec_pretty(&self.note).map_err(damaged)?;
        write_privately(&self.folder.join(NOTE_FILE), &text).map_err(VaultError::Folder)
    }

    /// Second step, of a master key that is kept here.
    pub fn keep_new_master(&self) -> Result<(), VaultError> {
        if self.note.to != Some(self.ring.master.name) || self.ring.is_given {
            return Ok(());
        }
        write_key(&self.folder, &self.ring.master.name.file(), &self.ring.master.bytes)
    }

    /// Third step: from here on the new keys are in force.
    pub fn put_in_force(&self) -> Result<(), VaultError> {
        self.ring.write(&self.folder)
    }

    /// Fourth step: what the old keys alone could open is nothing any more.
    pub fn remove_outdated(&self) -> Result<(), VaultError> {
        self.ring.remove_outdated(&self.folder)
    }

    /// The steps between the announcement and [`settle`].
    pub fn perform(&self) -> Result<(), VaultError> {
        self.keep_new_master()?;
        self.put_in_force()?;
        self.remove_outdated()
    }
}

/// Last step: the rotation is over, and the ledger knows how it ended.
pub fn settle(folder: &Path) -> Result<(), VaultError> {
    match std::fs::remove_file(folder.join(NOTE_FILE)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(VaultError::Folder(error)),
        _ => sync_folder(folder).map_err(VaultError::Folder),
    }
}

/// Makes the key folder ready for a start, under the data folder's lock: fills an empty one, brings one of an older release
/// into the ring, and finishes what an interrupted rotation left. Says which that was, until it is settled.
pub fn make_ready(folder: &Path, source: &MasterKeySource) -> Result<Option<Interrupted>, VaultError> {
    let ring = KeyRing::open(folder, source)?;
    let mut is_old = false;
    if KeyRing::read(folder, source)?.is_none() {
        is_old = true;
        if !ring.is_given {
            write_key(folder, &ring.master.name.file(), &ring.master.bytes)?;
        }
        ring.write(folder)?;
    }
    ring.remove_outdated(folder)?;
    if is_old {
        tracing::info!(master = %ring.master.name, "the key folder of an older release was brought into a key ring");
    }
    let text = match std::fs::read(folder.join(NOTE_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(VaultError::Folder(error)),
    };
    let note: RotationNote = serde_json::from_slice(&text)
        .map_err(|error| VaultError::Damaged { name: NOTE_FILE, what: error.to_string() })?;
    let finished = note.to.map_or(!ring.names(note.from), |to| ring.names(to));
    Ok(Some(Interrupted { note, finished }))
}

#[cfg(test)]
mod tests;
