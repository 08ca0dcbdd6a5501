//! `sightline check` on a folder in which one byte is flipped: it fails, and names the damaged thing.

use super::calling::Caller;
use super::installation::{Installation, reads};
use super::running::{Running, run_badly, run_well, text};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sightline_server::{App, Setup};
use std::fs;
use std::path::{Path, PathBuf};

/// Sealed reads with a photo, recent ones, and entries in the ledger.
fn fill(data: &Path) {
    let mut server = Running::serve(data);
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);
    let mut body = reads("P1", 20);
    body["detections"][0]["photos"] =
        json!([{ "kind": "scene", "media_type": "image/png", "base64": BASE64_STANDARD.encode(png()) }]);
    caller.post("/api/v1/detections", &installation.camera, &body).ok();
    assert!(server.terminate().0.success());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let app = App::open(Setup::new(data)).await.unwrap();
        assert_eq!(app.store.seal().await.unwrap(), 20);
        app.close().await;
    });
    drop(runtime);
    let server = Running::serve(data);
    let caller = Caller::new(&server.address);
    caller.post("/api/v1/detections", &installation.camera, &reads("P2", 20)).ok();
    assert!(server.terminate().0.success());
}

/// The head of a picture, which is all that ingest looks at.
fn png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x40\x00\x00\x00\x30\x08\x02\x00\x00\x00".to_vec();
    png.resize(400, 7);
    png
}

/// Files below a folder whose path has all of some parts.
fn files(folder: &Path, parts: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, parts));
        } else if parts.iter().all(|part| text(&path).contains(part)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn place_of(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).position(|window| window == wanted).expect("it is in the file")
}

/// Where a byte is flipped.
type Place<'a> = &'a dyn Fn(&[u8]) -> usize;

#[test]
fn inv_2_check_fails_and_names_what_has_a_flipped_byte() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    fill(&data);
    let checked = run_well(&["check", "--data", text(&data)]);
    assert!(checked.starts_with("store: 40 detections, 20 of them recent, in 1 segments"), "{checked}");
    assert!(checked.contains("; 1 photos") && checked.contains("entries hold"), "{checked}");

    let one = |parts: &[&str]| files(&data, parts).pop().unwrap_or_else(|| panic!("{parts:?}"));
    let middle = |bytes: &[u8]| bytes.len() / 2;
    let batch: Place<'_> = &|bytes| place_of(bytes, b"SIGHTSEG") + 300;
    let catalogued: Place<'_> = &|bytes| place_of(bytes, b"segments/2") + 12;
    let cases: [(PathBuf, Place<'_>, &str); 8] = [
        (one(&["blobs/segments", ".seg"]), &middle, "segments/"),
        (one(&["blobs/photos", ".pack"]), &middle, ".pack: photo 0 of detection "),
        (data.join("main.db"), batch, "recents/"),
        (data.join("main.db"), catalogued, "main.db: "),
        (one(&["ledger/tile/0/"]), &middle, "ledger/tile/0/"),
        // Of entries and the hashes above them, which do not fit, nobody can say which was altered.
        (one(&["ledger/tile/entries/"]), &middle, "ledger/tile/"),
        (one(&["ledger/checkpoint"]), &middle, "the ledger: "),
        (data.join("ledger.db"), &|_| 16, "ledger.db: "),
    ];
    for (file, place, name) in cases {
        let sound = fs::read(&file).unwrap();
        let mut altered = sound.clone();
        altered[place(&sound)] ^= 1;
        fs::write(&file, altered).unwrap();
        let complaint = run_badly(&["check", "--data", text(&data)]);
        assert!(complaint.contains(name), "{}: {complaint}", file.display());
        assert!(!complaint.contains("P1") && !complaint.contains("P2"), "{complaint}");
        fs::write(&file, sound).unwrap();
    }
    assert_eq!(run_well(&["check", "--data", text(&data)]), checked, "as it was");
}
