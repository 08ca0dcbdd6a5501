use super::super::ring::{read_key, write_key};
use super::*;
use crate::files::create_private_folder;
use crate::vault::{Scope, Vault};
use domain::AgencyId;

const HERE: MasterKeySource = MasterKeySource::Folder;
const NOW: UtcMicros = UtcMicros(1_780_000_000_000_000);

fn scope() -> Scope {
    Scope::agency(AgencyId(7), "photo").on_day(20_000)
}

struct Place {
    data: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { data: tempfile::tempdir().unwrap() };
        assert_eq!(make_ready(&place.keys(), &HERE).unwrap(), None);
        place
    }

    fn keys(&self) -> PathBuf {
        self.data.path().join("keys")
    }

    fn vault(&self) -> Vault {
        Vault::open(&self.keys()).unwrap()
    }

    fn rotate(&self, change: &KeyChange) -> RotationNote {
        let rotation = Rotation::prepare(&self.keys(), &HERE, change, NOW).unwrap();
        rotation.announce().unwrap();
        rotation.perform().unwrap();
        settle(&self.keys()).unwrap();
        rotation.note().clone()
    }

    fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.keys()).unwrap();
        let mut names: Vec<_> = names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn names(vault: &Vault) -> Vec<String> {
    vault.list().iter().map(|key| key.name.to_string()).collect()
}

/// The layout of a release before the ring.
fn old_folder(keys: &Path) {
    create_private_folder(keys).unwrap();
    for (name, byte) in [("master-1", 1), ("master-2", 2), ("ledger-signer", 3), ("session", 4)] {
        write_key(keys, &format!("{name}.key"), &[byte; KEY_BYTES]).unwrap();
    }
}

#[test]
fn a_new_master_key_wraps_all_keys_anew_and_old_sealed_things_open() {
    let place = Place::new();
    let before = place.vault();
    let sealed = before.seal(&scope(), b"old").unwrap();
    let note = place.rotate(&KeyChange::Master(HERE));
    assert_eq!((note.from.to_string(), note.to.unwrap().to_string()), ("master-1".into(), "master-2".into()));
    let after = place.vault();
    assert_eq!(after.open_sealed(&scope(), &sealed).unwrap(), b"old");
    let new = after.seal(&scope(), b"new").unwrap();
    assert_eq!(after.open_sealed(&scope(), &new).unwrap(), b"new");
    // Sealed under a root key that the old ring with the old master key does not hold.
    assert!(matches!(before.open_sealed(&scope(), &new), Err(VaultError::KeyGone { id: 2 })));
    assert_eq!(after.session_key(), before.session_key());
    assert_eq!(after.signing_seeds(), before.signing_seeds());
    assert_eq!(place.files(), ["master-2.key", "ring.json"]);
}

#[test]
fn a_new_session_key_takes_the_place_of_the_old_one_and_nothing_else_changes() {
    let place = Place::new();
    let before = place.vault();
    let sealed = before.seal(&scope(), b"old").unwrap();
    place.rotate(&KeyChange::Session);
    let after = place.vault();
    assert_ne!(after.session_key(), before.session_key());
    assert_eq!(after.lookup_key(), before.lookup_key());
    assert_eq!(after.open_sealed(&scope(), &sealed).unwrap(), b"old");
    assert_eq!(names(&after), ["master-1", "root-1", "signer-1", "session-2", "lookup-1"]);
}

#[test]
fn a_new_signer_signs_first_and_the_old_one_beside_it_until_it_is_retired() {
    let place = Place::new();
    let first = place.vault().signing_seeds().to_vec();
    place.rotate(&KeyChange::Signer);
    let both = place.vault().signing_seeds().to_vec();
    assert_eq!(both.get(1), first.first());
    assert_eq!(both.len(), 2);
    let retire = |number| Rotation::prepare(&place.keys(), &HERE, &KeyChange::RetireSigner(number), NOW);
    for number in [2, 3] {
        assert!(matches!(retire(number), Err(VaultError::NotRetirable { .. })), "signer-{number}");
    }
    place.rotate(&KeyChange::RetireSigner(1));
    assert_eq!(place.vault().signing_seeds(), both.get(..1).unwrap());
    for _ in 1..SIGNERS_MAX {
        place.rotate(&KeyChange::Signer);
    }
    let further = Rotation::prepare(&place.keys(), &HERE, &KeyChange::Signer, NOW);
    assert!(matches!(further, Err(VaultError::TooManySigners { .. })));
}

/// One step of a rotation.
type Step = fn(&Rotation) -> Result<(), VaultError>;

/// Every kind of rotation, stopped after each of its durable steps, as a kill would.
#[test]
fn a_rotation_that_was_cut_short_after_any_step_is_finished_or_undone_at_the_next_start() {
    let changes = [KeyChange::Master(HERE), KeyChange::Session, KeyChange::Signer, KeyChange::RetireSigner(1)];
    for (change, steps) in changes.iter().flat_map(|change| (0..=4).map(move |steps| (change, steps))) {
        let place = Place::new();
        if matches!(change, KeyChange::RetireSigner(_)) {
            place.rotate(&KeyChange::Signer);
        }
        let before = place.vault();
        let sealed = before.seal(&scope(), b"old").unwrap();
        let rotation = Rotation::prepare(&place.keys(), &HERE, change, NOW).unwrap();
        let all: [Step; 4] =
            [Rotation::announce, Rotation::keep_new_master, Rotation::put_in_force, Rotation::remove_outdated];
        for step in &all[..steps] {
            step(&rotation).unwrap();
        }
        let what = format!("{change:?} after {steps} steps");
        // Whoever only looks, such as an export, gets along with what lies there.
        place.vault();
        let interrupted = make_ready(&place.keys(), &HERE).unwrap();
        let expected = (steps > 0).then(|| Interrupted { note: rotation.note().clone(), finished: steps >= 3 });
        assert_eq!(interrupted, expected, "{what}");
        let after = place.vault();
        assert_eq!(after.open_sealed(&scope(), &sealed).unwrap(), b"old", "{what}");
        assert_eq!(names(&after) == names(&before), steps < 3, "{what}");
        if steps < 3 {
            assert_eq!(after.session_key(), before.session_key(), "{what}");
            assert_eq!(after.signing_seeds(), before.signing_seeds(), "{what}");
        }
        settle(&place.keys()).unwrap();
        assert_eq!(make_ready(&place.keys(), &HERE).unwrap(), None, "{what}");
        // It can be done again, to its end.
        if steps < 3 {
            place.rotate(change);
            assert_ne!(names(&place.vault()), names(&before), "{what}");
        }
        let newest = place.vault().list().first().unwrap().name.file();
        assert_eq!(place.files(), [newest, "ring.json".into()], "{what}");
    }
}

#[test]
fn a_master_key_from_elsewhere_is_never_written_and_a_wrong_one_is_refused_by_its_name() {
    let data = tempfile::tempdir().unwrap();
    let keys = data.path().join("keys");
    let given = MasterKeySource::Given([5; KEY_BYTES]);
    assert_eq!(make_ready(&keys, &given).unwrap(), None);
    assert!(!keys.join("master-1.key").exists());
    let sealed = Vault::open_with(&keys, &given).unwrap().seal(&scope(), b"old").unwrap();
    let wrong = Vault::open_with(&keys, &MasterKeySource::Given([6; KEY_BYTES])).unwrap_err();
    assert!(wrong.to_string().contains("is not `master-1`"), "{wrong}");
    let missing = Vault::open(&keys).unwrap_err();
    assert!(missing.to_string().contains("`master-1.key` is missing"), "{missing}");
    // Exchanged for one that is kept here, and back for another from elsewhere.
    let rotate = |from: &MasterKeySource, to: &MasterKeySource| {
        let rotation = Rotation::prepare(&keys, from, &KeyChange::Master(to.clone()), NOW).unwrap();
        rotation.announce().unwrap();
        rotation.perform().unwrap();
        settle(&keys).unwrap();
        assert_eq!(Vault::open_with(&keys, to).unwrap().open_sealed(&scope(), &sealed).unwrap(), b"old");
    };
    rotate(&given, &HERE);
    assert!(keys.join("master-2.key").exists());
    rotate(&HERE, &MasterKeySource::Given([8; KEY_BYTES]));
    assert!(!keys.join("master-2.key").exists());
    let old = Vault::open_with(&keys, &given).unwrap_err();
    assert!(old.to_string().contains("is not `master-3`"), "{old}");
    assert!(MasterKeySource::from_hex("abc").is_err());
    assert!(MasterKeySource::from_hex(&"07".repeat(32)).is_ok());
}

#[test]
fn inv_9_a_key_folder_of_an_older_release_is_brought_into_the_ring_wherever_that_is_cut_short() {
    let data = tempfile::tempdir().unwrap();
    let keys = data.path().join("keys");
    old_folder(&keys);
    // As it lies there it can be read, and stays as it is.
    let old = Vault::open(&keys).unwrap();
    assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 4);
    assert_eq!((old.session_key(), old.lookup_key()), (&[4; KEY_BYTES], &[4; KEY_BYTES]));
    let sealed = old.seal(&scope(), b"old").unwrap();
    assert_eq!(sealed.get(1..5), Some(&2_u32.to_be_bytes()[..]));
    // Cut short after the new master key was written, before the ring was.
    write_key(&keys, "master-3.key", &[9; KEY_BYTES]).unwrap();
    assert_eq!(make_ready(&keys, &HERE).unwrap(), None);
    let ready = Vault::open(&keys).unwrap();
    assert_eq!(ready.open_sealed(&scope(), &sealed).unwrap(), b"old");
    assert_eq!(ready.signing_seeds(), [[3; KEY_BYTES]]);
    assert_eq!((ready.session_key(), ready.lookup_key()), (&[4; KEY_BYTES], &[4; KEY_BYTES]));
    assert!(names(&ready).contains(&"master-4".to_owned()));
    // Cut short after the ring was written, before the old files were removed.
    write_key(&keys, "session.key", &[4; KEY_BYTES]).unwrap();
    write_key(&keys, "master-1.key", &[1; KEY_BYTES]).unwrap();
    assert_eq!(make_ready(&keys, &HERE).unwrap(), None);
    assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 2);
    assert_eq!(Vault::open(&keys).unwrap().open_sealed(&scope(), &sealed).unwrap(), b"old");
}

#[test]
fn a_key_folder_with_a_part_missing_or_damaged_is_refused_by_name_and_left_alone() {
    let refused = |spoil: &dyn Fn(&Path), named: &str| {
        let place = Place::new();
        spoil(&place.keys());
        let files = place.files();
        for error in [Vault::open(&place.keys()).unwrap_err(), make_ready(&place.keys(), &HERE).unwrap_err()] {
            assert!(error.to_string().contains(named), "{error}");
        }
        assert_eq!(place.files(), files);
    };
    refused(&|keys| std::fs::remove_file(keys.join("ring.json")).unwrap(), "ring.json");
    refused(&|keys| std::fs::remove_file(keys.join("master-1.key")).unwrap(), "master-1.key");
    refused(&|keys| write_key(keys, "master-1.key", &[1; KEY_BYTES]).unwrap(), "is not `master-1`");
    refused(&|keys| std::fs::write(keys.join("ring.json"), "{}").unwrap(), "ring.json");
    let without = |key_use: &str, keys: &Path| {
        let text = std::fs::read(keys.join("ring.json")).unwrap();
        let mut ring: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let all = ring["keys"].as_array_mut().unwrap();
        all.retain(|key| !key["name"].as_str().unwrap().starts_with(key_use));
        std::fs::write(keys.join("ring.json"), ring.to_string()).unwrap();
    };
    for key_use in ["root", "signer", "session", "lookup"] {
        let place = Place::new();
        without(key_use, &place.keys());
        let error = Vault::open(&place.keys()).unwrap_err();
        assert!(error.to_string().contains(key_use), "{error}");
    }
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

#[cfg(unix)]
#[test]
fn keys_can_be_read_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.rotate(&KeyChange::Master(HERE));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.keys()), 0o700);
    for name in place.files() {
        assert_eq!(mode(&place.keys().join(&name)), 0o600, "{name}");
    }
}
