//! A power cut the moment after an acknowledgement: what was promised is in what was synced (invariant 2).
//!
//! `tests/faults/unsynced.c` keeps, beside the data folder, what a power cut would leave of it. The binary runs under it; at
//! each acknowledgement that state is taken out and opened as a data folder of its own.

use super::calling::{Answered, Caller};
use super::installation::{Installation, reads};
use super::running::{Running, run_well, sightline, text};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// When names become durable: with their folder's fsync, or at once and before their content.
#[derive(Clone, Copy, Debug)]
enum Names {
    Late,
    Early,
}

/// A data folder under the layer.
struct Layer {
    home: TempDir,
    names: Names,
}

impl Layer {
    fn new(names: Names) -> Self {
        let home = tempfile::tempdir().unwrap();
        for name in ["data", "state"] {
            fs::create_dir(home.path().join(name)).unwrap();
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/faults/unsynced.c");
        let library = home.path().join("unsynced.so");
        let compiler = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-o", text(&library), text(&source), "-ldl"])
            .output()
            .unwrap();
        assert!(compiler.status.success(), "{}", String::from_utf8_lossy(&compiler.stderr));
        Self { home, names }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn under(&self, mut command: Command) -> Command {
        let names = match self.names {
            Names::Late => "late",
            Names::Early => "early",
        };
        command.env("LD_PRELOAD", self.home.path().join("unsynced.so")).env("UNSYNCED_NAMES", names);
        command.env("UNSYNCED_ROOT", self.data()).env("UNSYNCED_STATE", self.home.path().join("state"));
        command
    }

    #[track_caller]
    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.data());
        assert!(self.under(command).status().unwrap().success(), "{program} {arguments:?}");
    }

    /// What a power cut would leave now.
    fn after_power_cut(&self) -> TempDir {
        let (state, left) = (self.home.path().join("state"), tempfile::tempdir().unwrap());
        let lock = File::create(state.join("lock")).unwrap();
        lock.lock().unwrap();
        if let Ok(root) = fs::read_link(state.join("root")) {
            copy_out(&state, &state.join(root), left.path());
        }
        left
    }
}

fn copy_out(state: &Path, folder: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kept = state.join(fs::read_link(entry.path()).unwrap());
        let target = to.join(entry.file_name());
        if kept.is_dir() {
            copy_out(state, &kept, &target);
        } else {
            fs::copy(kept, target).unwrap();
        }
    }
}

#[test]
fn the_layer_loses_what_was_not_synced() {
    let layer = Layer::new(Names::Late);
    let left = |name: &str| fs::read(layer.after_power_cut().path().join(name)).ok();
    layer.run("dd", &["if=/dev/zero", "of=file", "bs=100", "count=1", "status=none"]);
    assert_eq!(left("file"), None, "nothing was synced");
    layer.run("sync", &["file"]);
    assert_eq!(left("file"), None, "its name was not");
    layer.run("sync", &["."]);
    assert_eq!(left("file"), Some(vec![0; 100]));

    layer.run("dd", &["if=/dev/zero", "of=file", "bs=300", "count=1", "conv=notrunc", "status=none"]);
    assert_eq!(left("file").map(|content| content.len()), Some(100), "later content was not");
    layer.run("dd", &["if=/dev/zero", "of=file", "bs=300", "count=1", "conv=notrunc,fsync", "status=none"]);
    assert_eq!(left("file").map(|content| content.len()), Some(300));
    layer.run("mv", &["file", "moved"]);
    assert_eq!((left("file").is_some(), left("moved")), (true, None));
    layer.run("sync", &["."]);
    assert_eq!((left("file"), left("moved").is_some()), (None, true));
    layer.run("mkdir", &["folder"]);
    layer.run("dd", &["if=/dev/zero", "of=folder/file", "bs=100", "count=1", "conv=fsync", "status=none"]);
    layer.run("sync", &["folder"]);
    assert_eq!(left("folder/file"), None, "the folder's own name was not");
    layer.run("sync", &["."]);
    assert!(left("folder/file").is_some());
    layer.run("rm", &["moved"]);
    assert_eq!(left("moved"), None);

    let layer = Layer::new(Names::Early);
    layer.run("dd", &["if=/dev/zero", "of=file", "bs=100", "count=1", "status=none"]);
    let content = fs::read(layer.after_power_cut().path().join("file"));
    assert_eq!(content.unwrap(), b"", "the name is there before the content");
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_right_after_it() {
    for names in [Names::Late, Names::Early] {
        let layer = Layer::new(names);
        let mut serve = sightline();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data", text(&layer.data())]);
        let mut server = Running::start(&mut layer.under(serve));
        let installation = Installation::begin(&mut server);
        let caller = Caller::new(&server.address);
        let mut cuts = vec![(layer.after_power_cut(), 0, 0, None)];
        let mut stored = 0;
        for number in 0..12_u64 {
            let (plate, count) = (format!("P{number}"), 1 + number * 900 % 4_000);
            caller.post("/api/v1/detections", &installation.camera, &reads(&plate, count)).ok();
            stored += count;
            cuts.push((layer.after_power_cut(), number + 1, stored, None));
            let answered = Answered::of(&installation.ask(&caller, &plate));
            assert_eq!(answered.count, count);
            cuts.push((layer.after_power_cut(), number + 1, stored, Some(answered)));
        }
        drop(server);
        for (left, plates, stored, answered) in cuts {
            check_left(&installation, left.path(), (plates, stored), answered.as_ref());
        }
    }
}

/// Opens what a power cut left, as after a restart.
fn check_left(installation: &Installation, data: &Path, (plates, stored): (u64, u64), answered: Option<&Answered>) {
    let checked = run_well(&["check", "--data", text(data)]);
    assert!(checked.contains(&format!("store: {stored} detections")), "{stored} were promised: {checked}");
    let server = Running::serve(data);
    let caller = Caller::new(&server.address);
    for number in plates.saturating_sub(2)..plates {
        assert_eq!(installation.count(&caller, &format!("P{number}")), 1 + number * 900 % 4_000);
    }
    if let Some(answered) = answered {
        caller.verify_receipt(answered, &installation.investigator);
    }
    assert_eq!(caller.get("/api/v1/health", "").ok()["status"], json!("ok"));
}

#[test]
fn a_photo_that_was_acknowledged_survives_a_power_cut() {
    for names in [Names::Late, Names::Early] {
        let layer = Layer::new(names);
        let mut serve = sightline();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data", text(&layer.data())]);
        let mut server = Running::start(&mut layer.under(serve));
        let installation = Installation::begin(&mut server);
        let picture = grey_picture();
        let mut body = reads("P1", 1);
        body["detections"][0]["photos"] =
            json!([{ "kind": "scene", "media_type": "image/jpeg", "base64": BASE64_STANDARD.encode(&picture) }]);
        Caller::new(&server.address).post("/api/v1/detections", &installation.camera, &body).ok();
        let left = layer.after_power_cut();
        drop(server);

        let server = Running::serve(left.path());
        let caller = Caller::new(&server.address);
        let answer = installation.ask(&caller, "P1");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (query, id) = (text(&answer["query"]), text(&answer["page"]["rows"][0]["id"]));
        let path = format!("/api/v1/queries/{query}/photos/{id}/0");
        let photo = caller.get(&path, &installation.investigator);
        assert_eq!((photo.status, photo.bytes == picture), (200, true), "{names:?} {}", photo.text);
    }
}

fn grey_picture() -> Vec<u8> {
    let mut picture = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut picture, 90);
    encoder.encode(&[128; 64 * 48], 64, 48, jpeg_encoder::ColorType::Luma).unwrap();
    picture
}

/// More reads than are kept as recents, so that the store seals while the import goes on and before it ends.
const ROWS_TO_SEAL: u64 = 270_000;

#[test]
fn what_was_imported_and_sealed_survives_a_power_cut() {
    let layer = Layer::new(Names::Late);
    let mut server = Running::serve(&layer.data());
    let installation = Installation::begin(&mut server);
    assert!(server.terminate().0.success());
    let file = layer.home.path().join("reads.ndjson");
    write_reads(&file, ROWS_TO_SEAL);
    // Everything that is there now is durable.
    layer.run("sh", &["-c", "find . -type f -exec sync {} + && find . -depth -type d -exec sync {} +"]);
    let mut import = sightline();
    import.args(["import", "--data", text(&layer.data()), "--agency", "Port Larkin Police", text(&file)]);
    let output = layer.under(import).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.starts_with(&format!("{ROWS_TO_SEAL} stored")), "{printed}");

    let left = layer.after_power_cut();
    let checked = run_well(&["check", "--data", text(left.path())]);
    assert!(checked.contains(&format!("store: {ROWS_TO_SEAL} detections")), "{checked}");
    assert!(!checked.contains("in 0 segments"), "{checked}");
    let server = Running::serve(left.path());
    let caller = Caller::new(&server.address);
    for number in [0, ROWS_TO_SEAL / 2, ROWS_TO_SEAL - 1] {
        assert_eq!(installation.count(&caller, &format!("S{number}")), 1);
    }
}

fn write_reads(file: &Path, rows: u64) {
    use std::io::Write;
    let body = reads("S", 1);
    let time = body["detections"][0]["scan_time"].as_str().unwrap();
    let mut out = std::io::BufWriter::new(File::create(file).unwrap());
    for number in 0..rows {
        let row = json!({
            "camera": "pier-1", "event_id": format!("s-{number}"), "scan_time": time, "plate": format!("S{number}"),
        });
        writeln!(out, "{row}").unwrap();
    }
    out.flush().unwrap();
}
