//! The key folder: `ring.json` holds every key but one, wrapped under that one, the master key. The master key lies beside
//! it as `master-N.key`, or comes from elsewhere at each start.
//!
//! One file, replaced as a whole, is what makes an exchange of keys happen or not happen.

use super::{KEY_BYTES, VaultError, cipher, decrypt, encrypt, expand, random_bytes};
use crate::clock::{Clock, SystemClock};
use crate::files::{create_private_folder, sync_folder, write_privately};
use aws_lc_rs::aead::NONCE_LEN;
use domain::UtcMicros;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

pub(super) const RING_FILE: &str = "ring.json";
/// Keys that sign the ledger at the same time: each adds a line to every checkpoint.
pub const SIGNERS_MAX: usize = 4;
const RING_VERSION: u8 = 1;
/// Files of the layout before the ring.
const OLD_SIGNER: &str = "ledger-signer.key";
const OLD_SESSION: &str = "session.key";

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyUse {
    /// Wraps all the others.
    Master,
    /// Agency, kind and day keys are derived from it.
    Root,
    /// Signs the ledger's checkpoints.
    Signer,
    /// Hashes session and bearer tokens.
    Session,
    /// Hashes camera credentials, case references and texts.
    Lookup,
}

impl KeyUse {
    const ALL: [Self; 5] = [Self::Master, Self::Root, Self::Signer, Self::Session, Self::Lookup];

    fn word(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Root => "root",
            Self::Signer => "signer",
            Self::Session => "session",
            Self::Lookup => "lookup",
        }
    }
}

/// A key's id, such as `signer-2`. Numbers of one use only grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyName {
    pub key_use: KeyUse,
    pub number: u32,
}

impl KeyName {
    pub(super) fn new(key_use: KeyUse, number: u32) -> Self {
        Self { key_use, number }
    }

    /// Name of its file, where it has one.
    pub(super) fn file(self) -> String {
        format!("{self}.key")
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.key_use.word(), self.number)
    }
}

impl FromStr for KeyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (word, number) = text.split_once('-')?;
            let key_use = KeyUse::ALL.into_iter().find(|key_use| key_use.word() == word)?;
            Some(Self { key_use, number: number.parse().ok()? })
        };
        read().ok_or_else(|| "a key is named as `signer-1`".to_owned())
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for KeyName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Where the master key comes from.
#[derive(Clone)]
pub enum MasterKeySource {
    /// `master-N.key` in the key folder.
    Folder,
    /// Kept elsewhere: a secret store, a mounted file, the environment.
    Given([u8; KEY_BYTES]),
}

impl fmt::Debug for MasterKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "Folder",
            Self::Given(_) => "Given",
        })
    }
}

impl MasterKeySource {
    /// A key of 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, VaultError> {
        read_hex(text).map(Self::Given).ok_or(VaultError::BadMaster)
    }
}

/// A key as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    pub name: KeyName,
    /// `None` for a key of a release that did not note it.
    pub made: Option<UtcMicros>,
    /// It seals, signs or hashes what is new. Others open, or sign beside it.
    pub in_force: bool,
    /// It lies in the key folder itself, wrapped by nothing.
    pub bare: bool,
}

#[derive(Clone)]
pub(super) struct Key {
    pub(super) name: KeyName,
    pub(super) made: Option<UtcMicros>,
    pub(super) bytes: [u8; KEY_BYTES],
}

/// All keys, opened.
#[derive(Clone)]
pub(super) struct KeyRing {
    pub(super) master: Key,
    /// The master key is not in the folder.
    pub(super) is_given: bool,
    /// All but the master key.
    pub(super) keys: Vec<Key>,
}

/// `ring.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RingFile {
    version: u8,
    master: KeyName,
    #[serde(skip_serializing_if = "Option::is_none")]
    master_made: Option<UtcMicros>,
    keys: Vec<WrappedKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrappedKey {
    name: KeyName,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<UtcMicros>,
    /// Nonce, ciphertext and tag of AES-256-GCM under the master key, with the key's name as additional data; hexadecimal.
    wrapped: String,
}

impl KeyRing {
    /// Keys of a new installation.
    pub(super) fn new(master: [u8; KEY_BYTES], is_given: bool) -> Self {
        let made = Some(SystemClock.now());
        let key = |key_use| Key { name: KeyName::new(key_use, 1), made, bytes: random_bytes() };
        let uses = [KeyUse::Root, KeyUse::Signer, KeyUse::Session, KeyUse::Lookup];
        let master = Key { name: KeyName::new(KeyUse::Master, 1), made, bytes: master };
        Self { master, is_given, keys: uses.map(key).into() }
    }

    pub(super) fn open(folder: &Path, source: &MasterKeySource) -> Result<Self, VaultError> {
        create_private_folder(folder).map_err(VaultError::Folder)?;
        if std::fs::read_dir(folder).map_err(VaultError::Folder)?.next().is_none() {
            fill(folder, source)?;
        }
        match Self::read(folder, source)? {
            Some(ring) => Ok(ring),
            None => Self::read_old(folder, source),
        }
    }

    /// `None` where there is no ring: a folder of an older release, or one that lost it.
    pub(super) fn read(folder: &Path, source: &MasterKeySource) -> Result<Option<Self>, VaultError> {
        let bytes = match std::fs::read(folder.join(RING_FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(VaultError::Folder(error)),
        };
        let damaged = |what: String| VaultError::Damaged { name: RING_FILE, what };
        let file: RingFile = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if file.version != RING_VERSION {
            return Err(damaged(format!("version {} is not one that this release reads", file.version)));
        }
        let (bytes, is_given) = match source {
            MasterKeySource::Folder => (read_key(folder, &file.master.file())?, false),
            MasterKeySource::Given(bytes) => (*bytes, true),
        };
        let wrapping = cipher(&expand(&bytes, "key ring")?)?;
        let mut keys = Vec::with_capacity(file.keys.len());
        for WrappedKey { name, made, wrapped } in file.keys {
            let wrapped = hex::decode(&wrapped).map_err(|error| damaged(error.to_string()))?;
            let parts = wrapped.split_first_chunk::<NONCE_LEN>();
            let (nonce, body) = parts.ok_or_else(|| damaged(format!("`{name}` is too short")))?;
            let opened = decrypt(&wrapping, name.to_string().as_bytes(), *nonce, body)
                .map_err(|_| VaultError::WrongMaster { name: file.master })?;
            let bytes = opened.try_into().map_err(|_| damaged(format!("`{name}` has another length")))?;
            keys.push(Key { name, made, bytes });
        }
        let master = Key { name: file.master, made: file.master_made, bytes };
        Ok(Some(Self { master, is_given, keys }))
    }

    /// The layout before the ring: what were master keys became root keys, and what the session key hashed besides sessions
    /// is hashed by the lookup key, which therefore starts as the same.
    fn read_old(folder: &Path, source: &MasterKeySource) -> Result<Self, VaultError> {
        if !folder.join(OLD_SIGNER).exists() && !folder.join(OLD_SESSION).exists() {
            return Err(VaultError::Missing { name: RING_FILE.into() });
        }
        let key = |key_use, number, bytes| Key { name: KeyName::new(key_use, number), made: None, bytes };
        let mut keys = Vec::new();
        for number in master_files(folder)? {
            let bytes = read_key(folder, &KeyName::new(KeyUse::Master, number).file())?;
            keys.push(key(KeyUse::Root, number, bytes));
        }
        let Some(newest) = keys.iter().map(|key| key.name.number).max() else {
            return Err(VaultError::Missing { name: "master-1.key".into() });
        };
        let session = read_key(folder, OLD_SESSION)?;
        keys.push(key(KeyUse::Signer, 1, read_key(folder, OLD_SIGNER)?));
        keys.push(key(KeyUse::Session, 1, session));
        keys.push(key(KeyUse::Lookup, 1, session));
        let name = KeyName::new(KeyUse::Master, newest.saturating_add(1));
        let (bytes, is_given) = match source {
            MasterKeySource::Folder => (random_bytes(), false),
            MasterKeySource::Given(bytes) => (*bytes, true),
        };
        Ok(Self { master: Key { name, made: Some(SystemClock.now()), bytes }, is_given, keys })
    }

    /// Replaces the ring in the folder, durably.
    pub(super) fn write(&self, folder: &Path) -> Result<(), VaultError> {
        let wrapping = cipher(&expand(&self.master.bytes, "key ring")?)?;
        let wrap = |key: &Key| {
            let mut wrapped = Vec::new();
            encrypt(&wrapping, key.name.to_string().as_bytes(), &key.bytes, &mut wrapped)?;
            Ok(WrappedKey { name: key.name, made: key.made, wrapped: hex::encode(wrapped) })
        };
        let file = RingFile {
            version: RING_VERSION,
            master: self.master.name,
            master_made: self.master.made,
            keys: self.keys.iter().map(wrap).collect::<Result<_, VaultError>>()?,
        };
        let damaged = |error: serde_json::Error| VaultError::Damaged { name: RING_FILE, what: error.to_string() };
        let text = serde_json::to_vec_pretty(&file).map_err(damaged)?;
        write_privately(&folder.join(RING_FILE), &text).map_err(VaultError::Folder)
    }

    pub(super) fn newest(&self, key_use: KeyUse) -> Result<&Key, VaultError> {
        let of = self.keys.iter().filter(|key| key.name.key_use == key_use);
        of.max_by_key(|key| key.name.number)
            .ok_or_else(|| VaultError::Missing { name: format!("{}-1 in {RING_FILE}", key_use.word()) })
    }

    pub(super) fn names(&self, name: KeyName) -> bool {
        self.master.name == name || self.keys.iter().any(|key| key.name == name)
    }

    pub(super) fn list(&self) -> Vec<ListedKey> {
        let listed = |key: &Key, bare| ListedKey {
            name: key.name,
            made: key.made,
            in_force: self.newest(key.name.key_use).map_or(true, |newest| newest.name == key.name),
            bare,
        };
        let mut list = vec![listed(&self.master, !self.is_given)];
        list.extend(self.keys.iter().map(|key| listed(key, false)));
        list.sort_by_key(|key| key.name);
        list
    }

    /// Removes files that the ring made needless: older master keys, and those of the layout before it. A newer master key
    /// than the ring's is left alone: a ring from a backup does not say what it knows nothing of.
    pub(super) fn remove_outdated(&self, folder: &Path) -> Result<(), VaultError> {
        let masters = master_files(folder)?.into_iter().filter(|number| *number < self.master.name.number);
        let names = masters.map(|number| KeyName::new(KeyUse::Master, number).file());
        for name in names.chain([OLD_SIGNER.to_owned(), OLD_SESSION.to_owned()]) {
            match std::fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(VaultError::Folder(error)),
                _ => {}
            }
        }
        sync_folder(folder).map_err(VaultError::Folder)
    }
}

/// Makes the keys of a new installation. A crash leaves all of them or none: with some, the folder would be refused for ever.
fn fill(folder: &Path, source: &MasterKeySource) -> Result<(), VaultError> {
    let parent = folder.parent().ok_or_else(|| VaultError::Folder(std::io::Error::other("a folder in a folder")))?;
    let new = folder.with_extension("new");
    if new.exists() {
        std::fs::remove_dir_all(&new).map_err(VaultError::Folder)?;
    }
    create_private_folder(&new).map_err(VaultError::Folder)?;
    let ring = match source {
        MasterKeySource::Folder => KeyRing::new(random_bytes(), false),
        MasterKeySource::Given(bytes) => KeyRing::new(*bytes, true),
    };
    if !ring.is_given {
        write_key(&new, &ring.master.name.file(), &ring.master.bytes)?;
    }
    ring.write(&new)?;
    std::fs::remove_dir(folder).and_then(|()| std::fs::rename(&new, folder)).map_err(VaultError::Folder)?;
    sync_folder(parent).map_err(VaultError::Folder)
}

/// Numbers of the master keys that lie in the folder.
fn master_files(folder: &Path) -> Result<Vec<u32>, VaultError> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(VaultError::Folder)? {
        let name = entry.map_err(VaultError::Folder)?.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".key")?.parse::<KeyName>().ok());
        numbers.extend(name.filter(|name| name.key_use == KeyUse::Master).map(|name| name.number));
    }
    Ok(numbers)
}

pub(super) fn write_key(folder: &Path, name: &str, key: &[u8; KEY_BYTES]) -> Result<(), VaultError> {
    write_privately(&folder.join(name), hex::encode(key).as_bytes()).map_err(VaultError::Folder)
}

pub(super) fn read_key(folder: &Path, name: &str) -> Result<[u8; KEY_BYTES], VaultError> {
    let text = std::fs::read_to_string(folder.join(name)).map_err(|_| VaultError::Missing { name: name.into() })?;
    read_hex(&text).ok_or_else(|| VaultError::Missing { name: name.into() })
}

fn read_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    hex::decode(text.trim()).ok()?.try_into().ok()
}
