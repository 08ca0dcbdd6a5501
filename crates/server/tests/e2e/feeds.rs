//! `sightline feed try` on what cameras really send.

use super::running::{complaint, run_badly, sightline, text};
use city::{City, CityPlan, Photos};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;

/// Hands a body over on standard input.
fn tried(body: &[u8], arguments: &[&str]) -> Value {
    let mut command = sightline();
    command.args(["feed", "try", "-", "--position", "34.01,-139.99"]).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", complaint(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Whether the key stands anywhere.
fn has_key(value: &Value, key: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, inner)| name == key || has_key(inner, key)),
        Value::Array(all) => all.iter().any(|inner| has_key(inner, key)),
        _ => false,
    }
}

#[test]
fn feed_try_shows_what_a_body_of_each_make_becomes() {
    let city = City::build(CityPlan::default()).unwrap();
    let read = city.detections(1_000).find(|read| read.state.is_some() && read.vehicle.make.is_some()).unwrap();
    let photos = city.photos(&read);
    let rekor = city.rekor_group(&read, &photos);
    let (recognizer, _) = city.plate_recognizer(&read, &photos);
    let native = city.native(&read, &photos);
    for (format, body) in [("rekor", &rekor), ("plate-recognizer", &recognizer), ("native", &native)] {
        // The format is recognised, and named it gives the same.
        let found = tried(body.to_string().as_bytes(), &[]);
        assert_eq!(found, tried(body.to_string().as_bytes(), &["--format", format]), "{format}");
        let detection = &found["detections"][0];
        assert_eq!(detection["plate"], json!(read.raw_plate), "{format}");
        assert_eq!(detection["state"], json!(read.state), "{format}");
        assert_eq!(detection["vehicle"]["make"], json!(read.vehicle.make), "{format}");
        assert_eq!(detection["scan_time"].as_str().map(|time| &time[..19]), read.scan_time.to_string().get(..19));
        assert_eq!(found["detections"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn feed_try_has_no_key_plate_where_nothing_was_detected() {
    let city = City::build(CityPlan::default()).unwrap();
    let read = city.detections(1).next().unwrap();
    let (mut recognizer, _) = city.plate_recognizer(&read, &Photos::default());
    recognizer["data"]["results"] = json!([]);
    let results = json!({
        "data_type": "alpr_results", "version": 2, "epoch_time": 1_780_000_000_000_u64, "camera_id": 1,
        "img_width": 1920, "img_height": 1080, "processing_time_ms": 20.0, "results": [],
    });
    let heartbeat = city.rekor_heartbeat(&city.cameras()[0], read.scan_time);
    let native = json!({ "detections": [] });
    for body in [recognizer, results, heartbeat, native] {
        let found = tried(body.to_string().as_bytes(), &[]);
        assert!(!has_key(&found, "plate"), "{found}");
        assert_eq!(found["detections"], json!([]));
        assert!(found["notice"].is_string(), "{found}");
    }
}

#[test]
fn feed_try_tells_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.json");
    std::fs::write(&file, r#"{"plate": "7ABC123", "where": "#).unwrap();
    for arguments in [vec![], vec!["--format", "rekor"], vec!["--format", "morse"], vec!["--resolution", "wide"]] {
        let complaint = run_badly(&[&["feed", "try", text(&file)], arguments.as_slice()].concat());
        assert!(complaint.starts_with("sightline: ") && !complaint.contains("7ABC123"), "{complaint}");
    }
    assert!(run_badly(&["feed", "try", text(&folder.path().join("no-such-file"))]).contains("no-such-file"));
}
