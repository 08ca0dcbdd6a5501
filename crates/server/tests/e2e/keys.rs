//! Keys exchanged by the command line, between one run of the server and the next.

use super::calling::Caller;
use super::installation::{Installation, PASSWORD, reads};
use super::running::{Running, run_badly, run_well, sightline, text};
use serde_json::json;
use sightline_server::{App, Setup};
use std::path::Path;

fn keys(command: &[&str], data: &Path) -> String {
    run_well(&[&["keys"], command, &["--data", text(data)]].concat())
}

/// Kinds of the installation's own ledger entries about keys, and their records.
fn entries(data: &Path) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let app = App::open(Setup::new(data)).await.unwrap();
        let records = app.ledger.records_of(None, 0, 1_000).await.unwrap();
        app.close().await;
        let of_keys = records.iter().filter(|record| record.kind.starts_with("key."));
        of_keys.map(|record| format!("{} {}", record.kind, record.record)).collect()
    })
}

#[test]
fn keys_are_rotated_while_the_server_is_stopped_and_everything_from_before_still_opens() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let mut server = Running::serve(data);
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);
    caller.post("/api/v1/detections", &installation.camera, &reads("K1", 5)).ok();
    assert_eq!(installation.count(&caller, "K1"), 5);
    let refused = run_badly(&["keys", "rotate", "session", "--data", text(data)]);
    assert!(refused.contains("the data folder is in use"), "{refused}");
    assert!(server.terminate().0.success());

    let listed = keys(&["list"], data);
    for name in ["master-1", "root-1", "signer-1", "session-1", "lookup-1"] {
        assert!(listed.contains(name), "{listed}");
    }
    let rotated = keys(&["rotate", "session"], data);
    assert!(rotated.contains("everybody is signed out") && rotated.contains("session-2"), "{rotated}");
    let rotated = keys(&["rotate", "master"], data);
    assert!(rotated.contains("master-2 is in force instead of master-1"), "{rotated}");
    assert!(!data.join("keys/master-1.key").exists());

    let server = Running::serve(data);
    let caller = Caller::new(&server.address);
    for token in [&installation.manager, &installation.investigator] {
        caller.get("/api/v1/session", token).refused(401);
    }
    caller.post("/api/v1/detections", &installation.camera, &reads("K2", 5)).ok();
    caller.sign_in("chief", PASSWORD, None);
    assert!(server.terminate().0.success());
    let checked = run_well(&["check", "--data", text(data)]);
    assert!(checked.contains("store: 10 detections") && checked.contains(" 0 are gone"), "{checked}");
    let entries = entries(data);
    assert_eq!(entries.len(), 2, "{entries:?}");
    assert!(entries[0].contains(r#""from":"session-1""#) && entries[0].contains(r#""to":"session-2""#), "{entries:?}");
    assert!(entries[1].contains(r#""from":"master-1""#), "{entries:?}");
}

#[test]
fn aud_6_a_new_signer_is_published_beside_the_old_one_and_both_verify_the_log_until_the_old_one_is_retired() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let mut server = Running::serve(data);
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);
    let old = caller.get("/ledger/vkey", "").text;
    let older = data.join("older-checkpoint");
    std::fs::write(&older, caller.get("/ledger/checkpoint", "").text).unwrap();
    assert!(server.terminate().0.success());

    assert!(keys(&["rotate", "signer"], data).contains("signer-2 signs the ledger, signer-1 beside it"));
    let server = Running::serve(data);
    let caller = Caller::new(&server.address);
    let both = caller.get("/ledger/vkey", "").text;
    let vkeys: Vec<&str> = both.lines().collect();
    assert_eq!((vkeys.len(), vkeys[1]), (2, old.trim()));
    assert_eq!(caller.get("/ledger/checkpoint", "").text.matches('\u{2014}').count(), 2);
    caller.post("/api/v1/detections", &installation.camera, &reads("S1", 1)).ok();
    assert!(server.terminate().0.success());
    let exported = data.join("exported");
    run_well(&["ledger", "export", "--data", text(data), "--out", text(&exported)]);
    for vkey in &vkeys {
        run_well(&["ledger", "verify", text(&exported), "--vkey", vkey]);
    }
    // Whoever kept a checkpoint from before sees with the old key that the log only grew.
    run_well(&["ledger", "verify", text(&exported), "--vkey", vkeys[1], "--older", text(&older)]);
    run_well(&["ledger", "verify", text(&exported)]);

    let refused = run_badly(&["keys", "retire", "signer-2", "--data", text(data)]);
    assert!(refused.contains("signer-2"), "{refused}");
    assert!(keys(&["retire", "signer-1"], data).contains("signer-1 signs no longer"));
    run_well(&["ledger", "verify", text(data), "--vkey", vkeys[0]]);
    let refused = run_badly(&["ledger", "verify", text(data), "--vkey", vkeys[1]]);
    assert!(refused.contains("no signature of the given key"), "{refused}");
    run_well(&["check", "--data", text(data)]);
    let entries = entries(data);
    assert!(entries[0].contains(vkeys[0]), "the log says itself who signs next: {entries:?}");
    assert!(entries[1].contains(r#""to":null"#), "{entries:?}");
}

#[test]
fn keys_a_master_key_from_the_environment_lies_nowhere_in_the_folder_and_a_wrong_one_is_refused_by_name() {
    let data = tempfile::tempdir().unwrap();
    let secret = "5a".repeat(32);
    let serve = |key: Option<&str>| {
        let mut command = sightline();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", text(data.path())]);
        command.envs(key.map(|key| ("SIGHTLINE_MASTER_KEY", key)));
        command
    };
    let server = Running::start(&mut serve(Some(&secret)));
    assert!(server.terminate().0.success());
    assert!(!data.path().join("keys/master-1.key").exists());
    let ring = std::fs::read_to_string(data.path().join("keys/ring.json")).unwrap();
    assert!(!ring.contains(&secret), "{ring}");
    let complaint = |key: Option<&str>| String::from_utf8(serve(key).output().unwrap().stderr).unwrap();
    assert!(complaint(None).contains("`master-1.key` is missing"), "{}", complaint(None));
    let wrong = complaint(Some(&"5b".repeat(32)));
    assert!(wrong.contains("is not `master-1`"), "{wrong}");
    assert!(complaint(Some("short")).contains("64 hexadecimal digits"));
    let again = Running::start(&mut serve(Some(&secret)));
    assert_eq!(Caller::new(&again.address).get("/api/v1/health", "").ok()["status"], json!("ok"));
}
