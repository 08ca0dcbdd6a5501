//! Keys and sealing: AES-256-GCM under keys derived root -> agency -> kind or day (HKDF-SHA-256, RFC 5869).
//!
//! The root keys, the ledger's signers, the session key and the lookup key lie wrapped in the key ring ([`ring`]), under one
//! master key that can be kept elsewhere. Both lie in a folder of their own, outside backups, so that a copy of disks or
//! databases reveals nothing. [`rotation`] exchanges them.

mod ring;
mod rotation;

pub use ring::{KeyName, KeyUse, ListedKey, MasterKeySource, SIGNERS_MAX};
pub use rotation::{Interrupted, KeyChange, Rotation, RotationNote, make_ready, settle};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use domain::AgencyId;
use ring::KeyRing;
use std::collections::BTreeMap;
use std::path::Path;

const KEY_BYTES: usize = 32;
/// First byte of everything sealed: the form of the rest.
const SEALED_VERSION: u8 = 1;
/// Version, key id, nonce.
const HEADER_BYTES: usize = 1 + 4 + NONCE_LEN;

/// What a sealed thing is, so that it opens only as that: whose, of what kind, of which day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// `None` is the installation itself.
    pub agency: Option<AgencyId>,
    /// `ledger-record`, `photo`, `totp-secret`, ...
    pub kind: &'static str,
    /// Days since 1970 where the key is one of a day, so that a day can be made unreadable by itself.
    pub day: Option<i32>,
}

impl Scope {
    pub fn agency(agency: AgencyId, kind: &'static str) -> Self {
        Self { agency: Some(agency), kind, day: None }
    }

    pub fn installation(kind: &'static str) -> Self {
        Self { agency: None, kind, day: None }
    }

    #[must_use]
    pub fn on_day(self, day: i32) -> Self {
        Self { day: Some(day), ..self }
    }

    fn bytes(&self) -> Vec<u8> {
        let agency = self.agency.map_or(String::from("-"), |agency| agency.to_string());
        let day = self.day.map_or(String::from("-"), |day| day.to_string());
        format!("sightline/{agency}/{}/{day}", self.kind).into_bytes()
    }
}

/// The installation's secrets.
pub struct Vault {
    /// Root keys by number; the highest seals, all of them open.
    roots: BTreeMap<u32, [u8; KEY_BYTES]>,
    /// The newest first: it signs; the others sign beside it.
    signing_seeds: Vec<[u8; KEY_BYTES]>,
    session_key: [u8; KEY_BYTES],
    lookup_key: [u8; KEY_BYTES],
    keys: Vec<ListedKey>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("root_keys", &self.roots.len()).finish_non_exhaustive()
    }
}

impl Vault {
    /// Reads the key folder with the master key that lies in it, or fills an empty one.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        Self::open_with(folder, &MasterKeySource::Folder)
    }

    /// Reads the key folder, or fills an empty one. A folder with some of its keys missing is refused: making new ones
    /// would lose what the old ones sealed. Changes nothing in a folder that holds keys.
    pub fn open_with(folder: &Path, source: &MasterKeySource) -> Result<Self, VaultError> {
        Self::of_ring(&KeyRing::open(folder, source)?)
    }

    /// Random keys that are kept nowhere.
    pub fn for_tests() -> Self {
        Self::of_ring(&KeyRing::new(random_bytes(), true)).expect("a new ring has all keys")
    }

    fn of_ring(ring: &KeyRing) -> Result<Self, VaultError> {
        let newest = |key_use| ring.newest(key_use).map(|key| key.bytes);
        let of = |key_use| ring.keys.iter().filter(move |key| key.name.key_use == key_use);
        let mut signers: Vec<_> = of(KeyUse::Signer).collect();
        signers.sort_by_key(|key| std::cmp::Reverse(key.name.number));
        newest(KeyUse::Root)?;
        newest(KeyUse::Signer)?;
        Ok(Self {
            roots: of(KeyUse::Root).map(|key| (key.name.number, key.bytes)).collect(),
            signing_seeds: signers.iter().map(|key| key.bytes).collect(),
            session_key: newest(KeyUse::Session)?,
            lookup_key: newest(KeyUse::Lookup)?,
            keys: ring.list(),
        })
    }

    /// All keys by name, the master key first; no secrets.
    pub fn list(&self) -> &[ListedKey] {
        &self.keys
    }

    pub fn seal(&self, scope: &Scope, content: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (id, root) = self.roots.last_key_value().ok_or(VaultError::Unsealable)?;
        let mut sealed = Vec::with_capacity(HEADER_BYTES + content.len() + AES_256_GCM.tag_len());
        sealed.push(SEALED_VERSION);
        sealed.extend_from_slice(&id.to_be_bytes());
        encrypt(&derive(root, scope)?, &scope.bytes(), content, &mut sealed)?;
        Ok(sealed)
    }

    pub fn open_sealed(&self, scope: &Scope, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (header, body) = sealed.split_at_checked(HEADER_BYTES).ok_or(VaultError::NotOpened)?;
        let (version, header) = header.split_first().ok_or(VaultError::NotOpened)?;
        let (id, _) = header.split_first_chunk::<4>().ok_or(VaultError::NotOpened)?;
        if *version != SEALED_VERSION {
            return Err(VaultError::NotOpened);
        }
        let id = u32::from_be_bytes(*id);
        let root = self.roots.get(&id).ok_or(VaultError::KeyGone { id })?;
        let (nonce, _) = header.get(4..).and_then(|rest| rest.split_first_chunk()).ok_or(VaultError::NotOpened)?;
        decrypt(&derive(root, scope)?, &scope.bytes(), *nonce, body)
    }

    /// Seeds of the keys that sign the ledger's checkpoints: the current one first, then those that sign beside it until they
    /// are retired. Never empty.
    pub fn signing_seeds(&self) -> &[[u8; KEY_BYTES]] {
        &self.signing_seeds
    }

    /// For hashing session and bearer tokens before they are stored. Its rotation ends all of them.
    pub fn session_key(&self) -> &[u8; KEY_BYTES] {
        &self.session_key
    }

    /// For hashing what must be found again for years: camera credentials, case references, texts of purposes.
    pub fn lookup_key(&self) -> &[u8; KEY_BYTES] {
        &self.lookup_key
    }
}

/// Appends nonce, ciphertext and tag.
fn encrypt(key: &LessSafeKey, aad: &[u8], content: &[u8], to: &mut Vec<u8>) -> Result<(), VaultError> {
    let nonce: [u8; NONCE_LEN] = random_bytes();
    let mut body = content.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut body)
        .map_err(|_| VaultError::Unsealable)?;
    to.extend_from_slice(&nonce);
    to.append(&mut body);
    Ok(())
}

fn decrypt(key: &LessSafeKey, aad: &[u8], nonce: [u8; NONCE_LEN], body: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut body = body.to_vec();
    let opened = key
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut body)
        .map_err(|_| VaultError::NotOpened)?
        .len();
    body.truncate(opened);
    Ok(body)
}

/// Random bytes of the operating system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

fn derive(root: &[u8; KEY_BYTES], scope: &Scope) -> Result<LessSafeKey, VaultError> {
    let agency = scope.agency.map_or(String::from("installation"), |agency| format!("agency {agency}"));
    let kind = format!("{} {}", scope.kind, scope.day.map_or(String::from("-"), |day| day.to_string()));
    let key = expand(&expand(root, &agency)?, &kind)?;
    cipher(&key)
}

fn expand(secret: &[u8], label: &str) -> Result<[u8; KEY_BYTES], VaultError> {
    let mut key = [0; KEY_BYTES];
    Salt::new(HKDF_SHA256, b"sightline vault 1")
        .extract(secret)
        .expand(&[label.as_bytes()], KeyLength)
        .and_then(|okm| okm.fill(&mut key))
        .map_err(|_| VaultError::Unsealable)?;
    Ok(key)
}

fn cipher(key: &[u8; KEY_BYTES]) -> Result<LessSafeKey, VaultError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| VaultError::Unsealable)
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the key folder could not be used")]
    Folder(#[source] std::io::Error),
    #[error(
        "the key `{name}` is missing or unreadable; restore the key folder, what it sealed cannot be opened without it"
    )]
    Missing { name: String },
    #[error(
        "the given master key is not `{name}`, under which the key ring lies; give that one, or restore the key folder"
    )]
    WrongMaster { name: KeyName },
    #[error("the master key that was given is not 64 hexadecimal digits")]
    BadMaster,
    #[error("the file `{name}` of the key folder is damaged: {what}; restore the key folder")]
    Damaged { name: &'static str, what: String },
    #[error("the ledger is signed by {max} keys already; retire an old one first: `sightline keys retire`")]
    TooManySigners { max: usize },
    #[error("there is no key `{name}`, or it is the one in force")]
    NotRetirable { name: String },
    #[error("root key {id} is not in the key ring")]
    KeyGone { id: u32 },
    #[error("sealing failed")]
    Unsealable,
    #[error("the sealed content was altered, or is of another kind, agency or day")]
    NotOpened,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_for_one_agency_kind_and_day_opens_for_no_other() {
        let vault = Vault::for_tests();
        let scope = Scope::agency(AgencyId(1), "photo").on_day(5);
        let sealed = vault.seal(&scope, b"content").unwrap();
        assert_eq!(vault.open_sealed(&scope, &sealed).unwrap(), b"content");
        let others = [
            Scope::agency(AgencyId(2), "photo").on_day(5),
            Scope::agency(AgencyId(1), "ledger-record").on_day(5),
            Scope::agency(AgencyId(1), "photo").on_day(6),
            Scope::installation("photo").on_day(5),
        ];
        for other in others {
            assert!(vault.open_sealed(&other, &sealed).is_err(), "{other:?}");
        }
    }

    #[test]
    fn one_changed_byte_anywhere_does_not_open() {
        let vault = Vault::for_tests();
        let scope = Scope::installation("test");
        let sealed = vault.seal(&scope, b"content").unwrap();
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            *altered.get_mut(place).unwrap() ^= 1;
            assert!(vault.open_sealed(&scope, &altered).is_err(), "byte {place}");
        }
        assert!(vault.open_sealed(&scope, &[]).is_err());
    }
}
