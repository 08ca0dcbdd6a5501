use crate::place::{Place, on_every_database, record_many};
use ledger::verify::{Verified, VerifyError, verify_folder};
use ledger::{Ledger, LedgerError, Refusal, export};
use std::fs;
use std::path::{Path, PathBuf};

/// An export of a log of `size` entries.
struct Export {
    place: Place,
    folder: PathBuf,
    key: String,
    checkpoint: String,
}

impl Export {
    async fn of(size: u64) -> Self {
        let place = Place::sqlite();
        let ledger = place.open().await;
        record_many(&ledger, size).await;
        ledger.publish().await.unwrap();
        let folder = place.folder.path().join("export");
        assert_eq!(export(&place.log(), &ledger.verifier_key(), &folder).unwrap().size, size);
        let (key, checkpoint) = (ledger.verifier_key(), ledger.checkpoint());
        ledger.close().await;
        Self { place, folder, key, checkpoint }
    }

    fn verify(&self) -> Result<Verified, VerifyError> {
        verify_folder(&self.folder, &self.key, None)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Verifies with one file's content replaced, and puts it back.
    fn verify_with(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Result<Verified, VerifyError> {
        let before = fs::read(self.path(name)).unwrap();
        let mut content = before.clone();
        change(&mut content);
        fs::write(self.path(name), content).unwrap();
        let verified = self.verify();
        fs::write(self.path(name), before).unwrap();
        verified
    }
}

pub(crate) fn files(folder: &Path) -> Vec<String> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

#[tokio::test]
async fn aud_6_a_log_of_any_size_is_exported_and_verified_while_it_grows() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        let mut size = 0;
        let mut older = ledger.checkpoint();
        for step in [0, 1, 1, 5, 248, 1, 1, 255, 1, 88, 424] {
            record_many(&ledger, step).await;
            ledger.publish().await.unwrap();
            size += step;
            let folder = place.folder.path().join(format!("export-{size}"));
            if folder.exists() {
                continue;
            }
            export(&place.log(), &ledger.verifier_key(), &folder).unwrap();
            for folder in [&folder, &place.log()] {
                let verified = verify_folder(folder, &ledger.verifier_key(), Some(&older)).unwrap();
                assert_eq!((verified.size, verified.origin.as_str()), (size, crate::place::ORIGIN));
            }
            older = ledger.checkpoint();
        }
        assert_eq!(size, 1_025);
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_6_an_export_holds_the_files_of_the_specification_and_nothing_else() {
    let export = Export::of(600).await;
    let expected = [
        "checkpoint",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/88",
        "vkey",
    ];
    assert_eq!(files(&export.folder), expected);
    assert_eq!(fs::metadata(export.path("tile/0/000")).unwrap().len(), 8_192);
}

#[tokio::test]
async fn partial_tiles_go_once_the_full_tile_is_published() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    for count in [100, 100, 100] {
        record_many(&ledger, count).await;
        ledger.publish().await.unwrap();
    }
    let names = files(&place.log());
    assert!(!names.iter().any(|name| name.starts_with("tile/0/000.p/") || name.starts_with("tile/entries/000.p/")));
    assert!(names.contains(&"tile/0/001.p/44".to_owned()));
    ledger.close().await;
}

#[tokio::test]
async fn an_export_into_a_folder_with_something_in_it_is_refused() {
    let log = Export::of(1).await;
    let refused = export(&log.place.log(), &log.key, &log.folder);
    assert!(matches!(refused, Err(LedgerError::Refused(Refusal::FolderNotEmpty))));
}

#[tokio::test]
async fn aud_6_one_changed_byte_in_any_file_is_found() {
    let export = Export::of(600).await;
    for name in files(&export.folder) {
        let length = fs::metadata(export.path(&name)).unwrap().len();
        // Every byte of the small files, every 211th and the last of the large ones.
        let step = if length <= 300 { 1 } else { 211 };
        for place in (0..length).step_by(step).chain([length - 1]) {
            let place = usize::try_from(place).unwrap();
            for bit in [0, 7] {
                let verified = export.verify_with(&name, |content| content[place] ^= 1 << bit);
                assert!(verified.is_err(), "{name}, byte {place}, bit {bit}");
            }
        }
    }
    export.verify().unwrap();
}

#[tokio::test]
async fn aud_6_a_cut_lengthened_or_missing_file_is_found() {
    let export = Export::of(600).await;
    for name in files(&export.folder).iter().filter(|name| *name != "vkey") {
        assert!(export.verify_with(name, |content| content.truncate(content.len() - 1)).is_err(), "{name} cut");
        assert!(export.verify_with(name, |content| content.push(b'\n')).is_err(), "{name} lengthened");
        assert!(export.verify_with(name, Vec::clear).is_err(), "{name} emptied");
        let away = export.place.folder.path().join("away");
        fs::rename(export.path(name), &away).unwrap();
        assert!(matches!(export.verify(), Err(VerifyError::Unreadable { .. })), "{name} missing");
        fs::rename(&away, export.path(name)).unwrap();
    }
}

#[tokio::test]
async fn aud_6_reordered_entries_are_found_even_when_all_tiles_are_made_to_fit() {
    let export = Export::of(600).await;
    let swap = |content: &mut Vec<u8>, width: usize| {
        let (first, second) = content.split_at_mut(width);
        first.swap_with_slice(&mut second[..width]);
    };
    assert!(export.verify_with("tile/entries/000", |content| swap(content, 51)).is_err());
    assert!(export.verify_with("tile/0/000", |content| swap(content, 32)).is_err());
    // Whole bundles and their tiles exchanged together, so that leaves and hashes agree.
    for series in ["0", "entries"] {
        let (a, b) = (export.path(&format!("tile/{series}/000")), export.path(&format!("tile/{series}/001")));
        let (first, second) = (fs::read(&a).unwrap(), fs::read(&b).unwrap());
        fs::write(&a, second).unwrap();
        fs::write(&b, first).unwrap();
    }
    assert!(export.verify().is_err());
}

#[tokio::test]
async fn aud_6_a_log_that_agrees_with_itself_but_not_with_the_signature_is_found() {
    let (export, other) = (Export::of(300).await, Export::of(300).await);
    let signed = fs::read(export.path("checkpoint")).unwrap();
    fs::remove_dir_all(export.path("tile")).unwrap();
    fs::rename(other.path("tile"), export.path("tile")).unwrap();
    assert!(matches!(export.verify(), Err(VerifyError::RootDiffers)));
    fs::copy(other.path("checkpoint"), export.path("checkpoint")).unwrap();
    assert!(matches!(export.verify(), Err(VerifyError::NotSigned)), "signed by another key");
    fs::write(export.path("checkpoint"), signed).unwrap();
    assert!(matches!(verify_folder(&export.folder, &other.key, None), Err(VerifyError::NotSigned)));
}

#[tokio::test]
async fn aud_6_a_rolled_back_log_is_found_by_an_older_checkpoint() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    record_many(&ledger, 10).await;
    ledger.publish().await.unwrap();
    let early = place.folder.path().join("early");
    export(&place.log(), &ledger.verifier_key(), &early).unwrap();
    record_many(&ledger, 10).await;
    ledger.publish().await.unwrap();
    let verified = verify_folder(&early, &ledger.verifier_key(), Some(&ledger.checkpoint()));
    assert!(matches!(verified, Err(VerifyError::RolledBack { older: 20, size: 10 })));
    ledger.close().await;
}

#[tokio::test]
async fn aud_6_a_rewritten_log_under_the_same_key_is_found_by_an_older_checkpoint() {
    let first = Export::of(10).await;
    // The same keys, a new database and folder: another history under one name.
    let mut second = Place::sqlite();
    second.vault = std::sync::Arc::clone(&first.place.vault);
    let ledger = second.open().await;
    record_many(&ledger, 300).await;
    ledger.publish().await.unwrap();
    assert_eq!(ledger.verifier_key(), first.key);
    verify_folder(&second.log(), &first.key, None).unwrap();
    let verified = verify_folder(&second.log(), &first.key, Some(&first.checkpoint));
    assert!(matches!(verified, Err(VerifyError::Rewritten { older: 10 })));
    ledger.close().await;
}

#[tokio::test]
async fn aud_6_what_the_checkpoint_does_not_cover_is_not_accepted() {
    let export = Export::of(600).await;
    for name in [
        "note.txt",
        "tile/0/003",
        "tile/0/002",
        "tile/0/002.p/89",
        "tile/1/000",
        "tile/2/000.p/1",
        "tile/entries/002",
        "tile/0/000.new",
    ] {
        fs::copy(export.path("tile/0/000"), export.path(name)).unwrap_or_else(|_| {
            fs::create_dir_all(export.path(name).parent().unwrap()).unwrap();
            fs::copy(export.path("tile/0/000"), export.path(name)).unwrap()
        });
        assert!(matches!(export.verify(), Err(VerifyError::Stray { .. })), "{name}");
        fs::remove_file(export.path(name)).unwrap();
    }
    export.verify().unwrap();
}

#[tokio::test]
async fn aud_6_partial_tiles_of_earlier_sizes_are_accepted_only_if_they_are_the_beginning() {
    let export = Export::of(600).await;
    let pieces =
        [("tile/0/002.p/88", "tile/0/002.p/40", 40 * 32), ("tile/entries/000", "tile/entries/000.p/9", 9 * 51)];
    for (whole, part, length) in pieces {
        let beginning = fs::read(export.path(whole)).unwrap()[..length].to_vec();
        fs::create_dir_all(export.path(part).parent().unwrap()).unwrap();
        fs::write(export.path(part), &beginning).unwrap();
        export.verify().unwrap();
        let mut altered = beginning.clone();
        altered[0] ^= 1;
        for content in [altered, beginning[..length - 1].to_vec(), [beginning, vec![0]].concat()] {
            fs::write(export.path(part), content).unwrap();
            assert!(export.verify().is_err(), "{part}");
        }
        fs::remove_file(export.path(part)).unwrap();
    }
}

#[tokio::test]
async fn the_key_for_verifiers_is_known_without_opening_the_ledger() {
    let place = Place::sqlite();
    let ledger: Ledger = place.open().await;
    assert_eq!(ledger::verifier_keys(&place.vault, crate::place::ORIGIN).unwrap(), [ledger.verifier_key()]);
    ledger.close().await;
}
