//! No ledger, no rows: what happens when it cannot be written, signed or published. A full disk is in `stops`.

use super::calling::{Answered, Caller};
use super::installation::{Installation, reads};
use super::running::{Running, run_badly, run_well, text, until};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An installation that is stopped, with reads of one plate.
fn with_reads(data: &Path) -> Installation {
    let mut server = Running::serve(data);
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);
    caller.post("/api/v1/detections", &installation.camera, &reads("N1", 3)).ok();
    assert_eq!(installation.count(&caller, "N1"), 3);
    assert!(server.terminate().0.success());
    installation
}

/// A file that cannot be written, while its folder can: it lies on a read-only mount of itself.
struct ReadOnly(PathBuf);

impl ReadOnly {
    /// `None` where this user may not mount.
    fn mount(file: &Path) -> Option<Self> {
        let mount =
            |arguments: &[&str]| Command::new("mount").args(arguments).status().is_ok_and(|done| done.success());
        if !mount(&["--bind", text(file), text(file)]) {
            eprintln!("a file cannot be mounted here: a read-only database is not tested");
            return None;
        }
        let mounted = Self(file.to_owned());
        assert!(mount(&["-o", "remount,ro,bind", text(file)]), "a mount that is there can be made read-only");
        Some(mounted)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", text(&self.0)]).status();
    }
}

#[test]
fn aud_1_while_the_ledgers_database_is_read_only_nothing_is_answered_and_nobody_is_let_in() {
    let data = tempfile::tempdir().unwrap();
    let installation = with_reads(data.path());
    let Some(read_only) = ReadOnly::mount(&data.path().join("ledger.db")) else { return };
    let server = Running::serve(data.path());
    let caller = Caller::new(&server.address);
    for _ in 0..3 {
        let problem = installation.try_ask(&caller, "N1").unwrap().refused(503);
        assert!(problem.get("page").is_none() && problem.get("count").is_none(), "{problem}");
    }
    let nobody = json!({ "login": "nobody", "password": "violet kettle nine", "door": "plain", "deliver": "token" });
    caller.post("/api/v1/session", "", &nobody).refused(503);
    drop(server);
    drop(read_only);
    // Nothing was lost, and nothing of it stands in the log.
    let server = Running::serve(data.path());
    assert_eq!(installation.count(&Caller::new(&server.address), "N1"), 3);
    assert!(server.terminate().0.success());
    run_well(&["check", "--data", text(data.path())]);
}

#[test]
fn aud_1_without_the_key_that_signs_the_ledger_or_with_another_nothing_is_served() {
    let data = tempfile::tempdir().unwrap();
    let installation = with_reads(data.path());
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", text(data.path())];
    let (keys, aside) = (data.path().join("keys"), data.path().join("keys-aside"));
    std::fs::rename(&keys, &aside).unwrap();
    // New keys are no way on beside a ledger that the lost ones signed, nor are those of elsewhere.
    let missing = run_badly(&serve);
    assert!(missing.contains("is not signed by this key"), "{missing}");
    std::fs::remove_dir_all(&keys).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    drop(Running::serve(elsewhere.path()));
    std::fs::rename(elsewhere.path().join("keys"), &keys).unwrap();
    let other = run_badly(&serve);
    assert!(other.contains("is not signed by this key"), "{other}");
    std::fs::remove_dir_all(&keys).unwrap();
    std::fs::rename(&aside, &keys).unwrap();
    let server = Running::serve(data.path());
    assert_eq!(installation.count(&Caller::new(&server.address), "N1"), 3);
}

#[test]
fn aud_1_a_log_that_cannot_be_published_loses_no_entry_and_gives_no_receipt_until_it_can() {
    let data = tempfile::tempdir().unwrap();
    let installation = with_reads(data.path());
    let server = Running::serve(data.path());
    let caller = Caller::new(&server.address);
    // In the way of the file that becomes the checkpoint.
    let in_the_way = data.path().join("ledger").join("checkpoint.new");
    std::fs::create_dir(&in_the_way).unwrap();
    let answered = Answered::of(&installation.ask(&caller, "N1"));
    let path = format!("/api/v1/ledger/entries/{}/receipt", answered.entry);
    caller.get(&path, &installation.investigator).refused(503);
    std::fs::remove_dir(in_the_way).unwrap();
    caller.verify_receipt(&answered, &installation.investigator);
    until("the log is published", || {
        let size = caller.get("/ledger/checkpoint", "").text.lines().nth(1).unwrap().parse::<u64>().unwrap();
        (size > answered.entry).then_some(())
    });
    assert!(server.terminate().0.success());
    run_well(&["check", "--data", text(data.path())]);
}
