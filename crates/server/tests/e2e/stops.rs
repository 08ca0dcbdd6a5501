//! How it ends, and what it refuses: signals, a second process, a full disk.

use super::calling::{Answered, Caller};
use super::installation::{Installation, reads};
use super::running::{PATIENCE, Running, pause, run_badly, run_well, sightline, text};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn sigterm_stops_cleanly_while_cameras_post() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Running::serve(data.path());
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);
    let mut acknowledged = 0;
    std::thread::scope(|scope| {
        let (caller, installation) = (&caller, &installation);
        let posting = scope.spawn(move || {
            let mut stored = 0;
            for number in 0.. {
                let body = reads(&format!("T{number}"), 10);
                let reply = caller.try_call("POST", "/api/v1/detections", &installation.camera, Some(&body));
                let Some(reply) = reply else { return stored };
                stored += reply.ok()["stored"].as_u64().unwrap();
            }
            unreachable!("a stop ends it")
        });
        pause(Duration::from_millis(300));
        let (status, log) = server.terminate();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(!log.contains("ERROR"), "{log}");
        acknowledged = posting.join().unwrap();
    });
    assert!(acknowledged > 0);
    let checked = run_well(&["check", "--data", text(data.path())]);
    let stored: u64 = checked.split(' ').nth(1).unwrap().parse().unwrap();
    assert!((acknowledged..=acknowledged + 10).contains(&stored), "{acknowledged} acknowledged: {checked}");
}

#[test]
fn sigterm_stops_the_demo_cleanly_while_its_cameras_are_live() {
    let data = tempfile::tempdir().unwrap();
    let mut demo = sightline();
    demo.args(["demo", "--rows", "2000", "--listen", "127.0.0.1:0", "--data", text(data.path())]);
    let server = Running::start(&mut demo);
    let begun = Instant::now();
    let (status, log) = server.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    assert!(run_well(&["ledger", "verify", text(data.path())]).contains("holds"));
    // Started again it goes on with the same city and the same accounts.
    let again = Running::start(&mut demo);
    assert!(again.printed.iter().any(|line| line.contains("investigator")));
}

#[test]
fn a_second_process_on_the_same_data_folder_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::serve(data.path());
    let folder = text(data.path());
    let file = data.path().join("reads.csv");
    let file = text(&file);
    let add = ["camera", "add", "--data", folder, "--agency", "x", "--key", "k", "--name", "n", "--source", "pole"];
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0", "--data", folder][..],
        &["check", "--data", folder],
        &["import", "--data", folder, "--agency", "x", file],
        &add,
    ] {
        let complaint = run_badly(arguments);
        assert!(complaint.contains("the data folder is in use by another sightline process"), "{complaint}");
    }
    // The log can be exported and verified meanwhile.
    let out = tempfile::tempdir().unwrap();
    run_well(&["ledger", "export", "--data", folder, "--out", text(out.path())]);
    drop(server);
    run_well(&["check", "--data", folder]);
}

/// A small file system in memory, with a file that can be removed to make room.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount(size: &str, ballast_bytes: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none", text(folder.path())]);
        if !mount.status().is_ok_and(|status| status.success()) {
            eprintln!("a file system cannot be mounted here: full disks are those of the file size limit only");
            return None;
        }
        std::fs::write(folder.path().join("ballast"), vec![1; ballast_bytes]).unwrap();
        Some(Self { folder })
    }

    fn make_room(&self) {
        std::fs::remove_file(self.folder.path().join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", text(self.folder.path())]).status();
    }
}

#[test]
fn inv_2_on_a_full_file_system_cameras_get_problems_and_after_room_was_made_all_goes_on_without_a_restart() {
    let Some(disk) = SmallDisk::mount("24m", 12 << 20) else { return };
    let data = disk.folder.path().join("data");
    let mut server = Running::serve(&data);
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);
    let mut plates = Vec::new();
    let post = |plate: &str| caller.post("/api/v1/detections", &installation.camera, &reads(plate, 300));
    let mut refused = 0;
    for number in 0..2_000 {
        let plate = format!("G{number}");
        let reply = post(&plate);
        if reply.status == 200 {
            plates.push(plate);
            continue;
        }
        let problem = reply.refused(503);
        assert_eq!(problem["type"], json!("urn:sightline:problem:failed"));
        assert!(!problem.to_string().contains(&plate), "{problem}");
        refused += 1;
        if refused == 5 {
            break;
        }
    }
    assert!(refused == 5 && plates.len() > 20, "{refused} refused, {} taken", plates.len());
    // The ledger is on the same disk: an answer is whole and recorded, or there is none.
    let reply = installation.try_ask(&caller, &plates[0]).unwrap();
    let is_answered = reply.status == 201;
    if is_answered {
        assert_eq!(Answered::of(&reply.ok()).count, 300);
    } else {
        assert!(reply.refused(503).get("page").is_none());
    }
    disk.make_room();
    assert_eq!(post("G9999").ok()["stored"], json!(300));
    plates.push("G9999".into());
    // An answer takes about 40 KB of the ledger, and the disk is small.
    for plate in plates.iter().rev().step_by(plates.len() / 20) {
        let reply = installation.try_ask(&caller, plate).unwrap();
        assert_eq!(reply.status, 201, "{}\n{}", reply.text, server.log());
        assert_eq!(Answered::of(&reply.ok()).count, 300, "{plate}");
    }
    assert!(server.terminate().0.success());
    let checked = run_well(&["check", "--data", text(&data)]);
    assert!(checked.starts_with(&format!("store: {} detections", 300 * plates.len())), "{checked}");
    eprintln!("{} batches until the disk was full; asked then: answered {is_answered}", plates.len());
}

/// Blocks of 512 bytes that a file may have: 3 MiB.
const FILE_BLOCKS_MAX: u32 = 6_144;

/// A server whose files cannot grow beyond a size: the error that a full disk gives, without a disk of its own.
fn serve_on_full_disk(data: &Path) -> Running {
    let script = format!(r#"trap '' XFSZ; ulimit -f {FILE_BLOCKS_MAX}; exec "$0" "$@""#);
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_sightline")]);
    Running::start(shell.args(["serve", "--listen", "127.0.0.1:0", "--data", text(data)]))
}

#[test]
fn on_a_full_disk_nothing_is_acknowledged_that_is_not_kept() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Running::serve(data.path());
    let installation = Installation::begin(&mut server);
    assert!(server.terminate().0.success());

    let server = serve_on_full_disk(data.path());
    let caller = Caller::new(&server.address);
    let (mut plates, mut refused) = (Vec::new(), 0);
    for number in 0..4_000 {
        let plate = format!("F{number}");
        let reply = caller.post("/api/v1/detections", &installation.camera, &reads(&plate, 300));
        if reply.status == 200 {
            assert_eq!(reply.ok()["stored"], json!(300));
            plates.push(plate);
            continue;
        }
        let problem = reply.refused(503);
        assert!(!problem["detail"].as_str().unwrap().contains(&plate), "{problem}");
        refused += 1;
        if refused == 5 {
            break;
        }
    }
    assert!(refused == 5 && !plates.is_empty(), "{refused} refused, {} taken", plates.len());
    // What is there still answers, until the ledger cannot write either; then nothing is answered.
    let mut answers = Vec::new();
    let last = (0..4_000).find_map(|_| {
        let reply = installation.try_ask(&caller, &plates[0]).unwrap();
        if reply.status != 201 {
            return Some(reply.refused(503));
        }
        answers.push(Answered::of(&reply.ok()));
        None
    });
    assert!(last.is_some_and(|problem| problem.get("page").is_none()), "the ledger never filled");
    server.kill();

    // With room again, all that was acknowledged is there, once.
    let server = Running::serve(data.path());
    let caller = Caller::new(&server.address);
    for plate in &plates {
        assert_eq!(installation.count(&caller, plate), 300, "{plate}");
    }
    for answered in &answers {
        assert_eq!(answered.count, 300);
        caller.verify_receipt(answered, &installation.investigator);
    }
    caller.post("/api/v1/detections", &installation.camera, &reads("F9999", 1)).ok();
    assert!(server.terminate().0.success());
    run_well(&["check", "--data", text(data.path())]);
    eprintln!("{} batches and {} answers before the disk was full", plates.len(), answers.len());
}
