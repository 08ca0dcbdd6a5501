//! What must be sealed is sealed: texts that a run marked are looked for in every file that it left, and in its log.

use super::calling::Caller;
use super::installation::{Installation, PASSWORD, full_plate, reads};
use super::running::{Running, text};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Files below a folder, with the write-ahead logs of databases.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(all_files(&path)) } else { found.push(path) }
    }
    found
}

/// Names of the files that hold a text in any case, as it is or in UTF-16.
fn holding(data: &Path, wanted: &str) -> Vec<String> {
    let lower = wanted.to_lowercase().into_bytes();
    let wide: Vec<u8> = lower.iter().flat_map(|byte| [*byte, 0]).collect();
    let holds = |file: &PathBuf| {
        let content = std::fs::read(file).unwrap().to_ascii_lowercase();
        [&lower, &wide].into_iter().any(|text| content.windows(text.len()).any(|window| window == text))
    };
    let files = all_files(data).into_iter().filter(holds);
    files.map(|file| text(file.strip_prefix(data).unwrap()).to_owned()).collect()
}

#[test]
fn inv_5_no_file_and_no_log_holds_what_was_asked_and_why_and_only_the_store_holds_what_cameras_read() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Running::serve(data.path());
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);
    let investigator = &installation.investigator;
    // A read that nobody asks for, and a plate that is asked for and was never read.
    caller.post("/api/v1/detections", &installation.camera, &reads("8QZX417", 3)).ok();
    let mut ask = full_plate("9WVK302");
    ask["purpose"]["case_reference"] = json!("MARKED-CASE-4471");
    ask["purpose"]["subject"] = json!("markedsubject of the vermilion lorry");
    ask["purpose"]["justification"] = json!("Markedjustification: the lorry left the quarry with the stolen turbine.");
    ask["purpose"]["target"] = json!({ "kind": "vehicle", "description": "markedtarget at the quarry" });
    caller.post("/api/v1/queries", investigator, &ask).ok();
    // Refused, too: an unknown reason.
    ask["purpose"]["reason"] = json!("MARKEDREASON");
    assert!(caller.post("/api/v1/queries", investigator, &ask).status >= 400);
    let corner = |lon: f64, lat: f64| json!([lon, lat]);
    let outline =
        [(-140.0, 34.0), (-139.99, 34.0), (-139.99, 34.01), (-140.0, 34.0)].map(|(lon, lat)| corner(lon, lat));
    let area = json!({ "type": "Polygon", "coordinates": [outline] });
    let areas = json!({ "name": "markedarea of the quarry", "areas": [area] });
    let saved = caller.post("/api/v1/saved-areas", investigator, &areas);
    assert!(saved.status < 300, "{}", saved.text);
    // A name that is typed at the door, perhaps a password.
    let typed =
        json!({ "login": "markedlogin", "password": "markedpassword one", "door": "plain", "deliver": "token" });
    assert!(caller.post("/api/v1/session", "", &typed).status >= 400);
    // A read that cannot be right waits in quarantine.
    let mut late = reads("7MARKED1", 1);
    late["detections"][0]["scan_time"] = json!("1999-01-01T00:00:00Z");
    caller.post("/api/v1/detections", &installation.camera, &late).ok();
    let camera = installation.camera.clone();
    let tokens = [installation.manager.clone(), investigator.clone(), camera];

    // While it runs, and after a clean stop.
    let sealed = [
        "9WVK302",
        "MARKED-CASE-4471",
        "markedsubject",
        "markedjustification",
        "markedtarget",
        "MARKEDREASON",
        "markedarea",
        "markedlogin",
        "markedpassword",
        "7MARKED1",
        // Why a supervisor certified, and the first password.
        "Works the burglaries",
        PASSWORD,
    ];
    let look = |when: &str| {
        for wanted in sealed.iter().copied().chain(tokens.iter().map(String::as_str)) {
            assert_eq!(holding(data.path(), wanted), [""; 0], "{wanted} {when}");
        }
        // As threats.md says: plates that cameras read are what is searched. In the ledger they are not.
        let read = holding(data.path(), "8QZX417");
        assert!(!read.is_empty(), "the look finds what is there");
        for file in &read {
            assert!(file.starts_with("main.db") || file.starts_with("blobs"), "{file} {when}");
        }
    };
    look("while it runs");
    let (status, log) = server.terminate();
    assert!(status.success());
    look("after a stop");
    for wanted in sealed.iter().copied().chain(["8QZX417"]).chain(tokens.iter().map(String::as_str)) {
        assert!(!log.to_lowercase().contains(&wanted.to_lowercase()), "{wanted} is in the log: {log}");
    }
}
