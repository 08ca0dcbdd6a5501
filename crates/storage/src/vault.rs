//! Keys and sealing: AES-256-GCM under keys derived master -> agency -> kind or day (HKDF-SHA-256, RFC 5869).
//!
//! The keys lie in a folder of their own, outside backups, so that a copy of disks or databases reveals nothing.

use crate::files::{create_private_folder, sync_folder, write_durably};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use domain::AgencyId;
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
    /// Master keys by id; the highest seals, all of them open.
    masters: BTreeMap<u32, [u8; KEY_BYTES]>,
    signing_seed: [u8; KEY_BYTES],
    session_key: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("master_keys", &self.masters.len()).finish_non_exhaustive()
    }
}

impl Vault {
    /// Reads the key folder, or fills an empty one. A folder with some of its keys missing is refused: making new ones
    /// would lose what the old ones sealed.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        create_private_folder(folder).map_err(VaultError::Folder)?;
        let is_new = std::fs::read_dir(folder).map_err(VaultError::Folder)?.next().is_none();
        if is_new {
            fill(folder)?;
        }
        let mut masters = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(VaultError::Folder)? {
            let name = entry.map_err(VaultError::Folder)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_prefix("master-")?.strip_suffix(".key")?.parse().ok());
            if let (Some(id), Some(name)) = (id, name.to_str()) {
                masters.insert(id, read_key(folder, name)?);
            }
        }
        if masters.is_empty() {
            return Err(VaultError::Missing { name: "master-1.key".into() });
        }
        let signing_seed = read_key(folder, "ledger-signer.key")?;
        let session_key = read_key(folder, "session.key")?;
        Ok(Self { masters, signing_seed, session_key })
    }

    /// Random keys that are kept nowhere.
    pub fn for_tests() -> Self {
        Self {
            masters: BTreeMap::from([(1, random_bytes())]),
            signing_seed: random_bytes(),
            session_key: random_bytes(),
        }
    }

    /// Adds a master key that seals from the next opening on; older ones still open what they sealed.
    pub fn rotate_master(folder: &Path) -> Result<u32, VaultError> {
        let newest = Self::open(folder)?.masters.last_key_value().map_or(0, |(id, _)| *id);
        let id = newest.saturating_add(1);
        write_key(folder, &format!("master-{id}.key"), &random_bytes())?;
        Ok(id)
    }

    pub fn seal(&self, scope: &Scope, content: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (id, master) = self.masters.last_key_value().ok_or(VaultError::Unsealable)?;
        let nonce: [u8; NONCE_LEN] = random_bytes();
        let mut sealed = Vec::with_capacity(HEADER_BYTES + content.len() + AES_256_GCM.tag_len());
        sealed.push(SEALED_VERSION);
        sealed.extend_from_slice(&id.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        let mut body = content.to_vec();
        derive(master, scope)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(scope.bytes()), &mut body)
            .map_err(|_| VaultError::Unsealable)?;
        sealed.append(&mut body);
        Ok(sealed)
    }

    pub fn open_sealed(&self, scope: &Scope, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (header, body) = sealed.split_at_checked(HEADER_BYTES).ok_or(VaultError::NotOpened)?;
        let (version, header) = header.split_first().ok_or(VaultError::NotOpened)?;
        let (id, nonce) = header.split_first_chunk::<4>().ok_or(VaultError::NotOpened)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| VaultError::NotOpened)?;
        if *version != SEALED_VERSION {
            return Err(VaultError::NotOpened);
        }
        let id = u32::from_be_bytes(*id);
        let master = self.masters.get(&id).ok_or(VaultError::KeyGone { id })?;
        let mut body = body.to_vec();
        let opened = derive(master, scope)?
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(scope.bytes()), &mut body)
            .map_err(|_| VaultError::NotOpened)?
            .len();
        body.truncate(opened);
        Ok(body)
    }

    /// The seed of the key that signs the ledger's checkpoints.
    pub fn signing_seed(&self) -> &[u8; KEY_BYTES] {
        &self.signing_seed
    }

    /// For hashing session and bearer tokens before they are stored.
    pub fn session_key(&self) -> &[u8; KEY_BYTES] {
        &self.session_key
    }
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

fn derive(master: &[u8; KEY_BYTES], scope: &Scope) -> Result<LessSafeKey, VaultError> {
    let agency = scope.agency.map_or(String::from("installation"), |agency| format!("agency {agency}"));
    let kind = format!("{} {}", scope.kind, scope.day.map_or(String::from("-"), |day| day.to_string()));
    let expand = |secret: &[u8], label: &str| -> Result<[u8; KEY_BYTES], VaultError> {
        let mut key = [0; KEY_BYTES];
        Salt::new(HKDF_SHA256, b"sightline vault 1")
            .extract(secret)
            .expand(&[label.as_bytes()], KeyLength)
            .and_then(|okm| okm.fill(&mut key))
            .map_err(|_| VaultError::Unsealable)?;
        Ok(key)
    };
    let key = expand(&expand(master, &agency)?, &kind)?;
    UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(|_| VaultError::Unsealable)
}

/// Makes the keys of a new installation. A crash leaves all of them or none: with some, the folder would be refused for ever.
fn fill(folder: &Path) -> Result<(), VaultError> {
    let parent = folder.parent().ok_or_else(|| VaultError::Folder(std::io::Error::other("a folder in a folder")))?;
    let new = folder.with_extension("new");
    if new.exists() {
        std::fs::remove_dir_all(&new).map_err(VaultError::Folder)?;
    }
    create_private_folder(&new).map_err(VaultError::Folder)?;
    for name in ["master-1.key", "ledger-signer.key", "session.key"] {
        write_key(&new, name, &random_bytes())?;
    }
    std::fs::remove_dir(folder).and_then(|()| std::fs::rename(&new, folder)).map_err(VaultError::Folder)?;
    sync_folder(parent).map_err(VaultError::Folder)
}

fn write_key(folder: &Path, name: &str, key: &[u8; KEY_BYTES]) -> Result<(), VaultError> {
    let path = folder.join(name);
    write_durably(&path, hex::encode(key).as_bytes()).map_err(VaultError::Folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(VaultError::Folder)?;
    }
    Ok(())
}

fn read_key(folder: &Path, name: &str) -> Result<[u8; KEY_BYTES], VaultError> {
    let text = std::fs::read_to_string(folder.join(name)).map_err(|_| VaultError::Missing { name: name.into() })?;
    let bytes = hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| VaultError::Missing { name: name.into() })
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the key folder could not be used")]
    Folder(#[source] std::io::Error),
    #[error(
        "the key `{name}` is missing or unreadable; restore the key folder, what it sealed cannot be opened without it"
    )]
    Missing { name: String },
    #[error("master key {id} is not in the key folder")]
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

    #[test]
    fn a_rotated_master_key_still_opens_what_the_old_one_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let scope = Scope::installation("test");
        let sealed = Vault::open(folder.path()).unwrap().seal(&scope, b"old").unwrap();
        assert_eq!(Vault::rotate_master(folder.path()).unwrap(), 2);
        let vault = Vault::open(folder.path()).unwrap();
        assert_eq!(vault.open_sealed(&scope, &sealed).unwrap(), b"old");
        assert_ne!(vault.seal(&scope, b"old").unwrap().get(..5), sealed.get(..5));
    }

    #[test]
    fn a_first_start_that_was_cut_short_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        create_private_folder(&folder.path().join("keys.new")).unwrap();
        write_key(&folder.path().join("keys.new"), "master-1.key", &[7; KEY_BYTES]).unwrap();
        Vault::open(&keys).unwrap();
        assert_ne!(read_key(&keys, "master-1.key").unwrap(), [7; KEY_BYTES]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_folder_with_a_key_missing_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        Vault::open(folder.path()).unwrap();
        std::fs::remove_file(folder.path().join("ledger-signer.key")).unwrap();
        assert!(matches!(Vault::open(folder.path()), Err(VaultError::Missing { .. })));
        assert!(!folder.path().join("ledger-signer.key").exists());
    }
}
