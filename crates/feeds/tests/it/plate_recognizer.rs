//! What Plate Recognizer Stream and Snapshot post. All payloads are fictional, in the shape of the vendor's documentation.

use crate::given::{assert_all_within_limits, at, camera, has_key, jpeg, mobile, now};
use crate::rekor::payload;
use feeds::{
    FeedError, Format, Received, detect_format, plate_recognizer_json, plate_recognizer_multipart, read_any, to_json,
};
use serde_json::{Value, json};

fn post(body: &[u8]) -> Received {
    let received = plate_recognizer_json(body, &camera(), now()).unwrap();
    assert_all_within_limits(&received, now());
    received
}

fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(&payload("plate_recognizer_stream.json")).unwrap();
    change(&mut value["data"]);
    value.to_string().into_bytes()
}

macro_rules! snapshot {
    ($name:literal) => {{
        let body = payload(concat!($name, ".json"));
        assert_eq!(detect_format(&body), Some(Format::PlateRecognizerJson));
        insta::assert_json_snapshot!($name, crate::given::sorted(&to_json(&post(&body))));
    }};
}

#[test]
fn det_1_events_of_stream_and_snapshot_become_detections() {
    snapshot!("plate_recognizer_stream");
    snapshot!("plate_recognizer_snapshot");
}

#[test]
fn det_1_vehicles_are_read_with_plates_as_objects_and_without_plates() {
    snapshot!("plate_recognizer_vehicles");
}

#[test]
fn an_event_without_a_plate_has_no_plate_in_the_answer() {
    let received = post(&payload("plate_recognizer_empty.json"));
    assert_eq!(received.notice, Some("nothing was detected"));
    let report = to_json(&received);
    assert!(!has_key(&report, "plate") && !report.to_string().contains("\"plate\""), "{report}");
    let other = post(br#"{"hook":{"event":"heartbeat","id":"gate-2"}}"#);
    assert_eq!(other.notice, Some("nothing was detected"));
}

#[test]
fn det_4_the_uploaded_picture_goes_with_the_read() {
    let json = payload("plate_recognizer_stream.json");
    let picture = jpeg(1280, 720);
    let received = plate_recognizer_multipart(&json, Some(&picture), &camera(), now()).unwrap();
    assert_eq!(received.detections[0].photos[0].bytes, picture);
    let received = plate_recognizer_multipart(&json, Some(b"GIF89a"), &camera(), now()).unwrap();
    assert_eq!(received.detections[0].photos, []);
    assert_eq!((received.rejected[0].field.as_ref(), received.left_out.photos), ("upload", 1));
    let received = plate_recognizer_multipart(&json, Some(b""), &camera(), now()).unwrap();
    assert_eq!((received.detections.len(), received.rejected.len()), (1, 0));
}

#[test]
fn a_recorded_multipart_body_is_taken_apart() {
    let mut body = b"--x7\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n".to_vec();
    body.extend(payload("plate_recognizer_stream.json"));
    body.extend(b"\r\n--x7\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"a.jpg\"\r\n");
    body.extend(b"Content-Type: image/jpeg\r\n\r\n");
    body.extend(jpeg(640, 480));
    body.extend(b"\r\n--x7--\r\n");
    assert_eq!(detect_format(&body), Some(Format::PlateRecognizerMultipart));
    let (_, received) = read_any(&body, &camera(), now()).unwrap();
    assert_eq!(received.detections[0].photos[0].bytes, jpeg(640, 480));
}

#[test]
fn the_same_event_in_another_form_of_time_is_the_same_event() {
    let first = post(&payload("plate_recognizer_stream.json")).detections.remove(0);
    assert_eq!(first.event_id, "gate-2/2026-05-03T21:00:00.25Z/0");
    for time in ["2026-05-03 21:00:00.250000+00:00", "2026-05-03T14:00:00.25-07:00", "2026-05-03 21:00:00.250000"] {
        let again = post(&changed(|data| data["timestamp"] = json!(time))).detections.remove(0);
        assert_eq!(again, first, "{time}");
    }
    let uuid = post(&changed(|data| data["results"][0]["uuid"] = json!("u-1"))).detections.remove(0);
    assert_eq!(uuid.event_id, "u-1");
}

#[test]
fn a_time_that_is_only_local_is_taken_unless_the_clock_shows_it_twice() {
    let local = |text: &str| {
        post(&changed(|data| {
            data["timestamp"] = json!(null);
            data["timestamp_local"] = json!(text);
        }))
    };
    assert_eq!(local("2026-05-03 14:00:00").detections[0].scan_time, at("2026-05-03T21:00:00Z"));
    let twice = local("2025-11-02 01:30:00");
    assert_eq!(twice.rejected[0].field, "timestamp_local");
    assert!(twice.rejected[0].reason.contains("2025-11-02T08:30:00Z or 2025-11-02T09:30:00Z"));
    let neither = post(&changed(|data| {
        data["timestamp"] = json!(null);
        data["timestamp_local"] = json!(null);
    }));
    assert_eq!(neither.rejected[0].field, "timestamp");
}

#[test]
fn det_7_a_low_plate_box_marks_the_read() {
    let low = |ymax: u32| {
        post(&changed(|data| data["results"][0]["box"] = json!({"xmin": 0, "ymin": 100, "xmax": 60, "ymax": ymax})))
            .detections[0]
            .low_quality
    };
    assert!(low(119) && !low(120) && !low(50));
}

#[test]
fn html_in_the_plate_and_control_characters_in_the_cameras_name_are_refused() {
    let fault = |change: &dyn Fn(&mut Value)| {
        let received = post(&changed(|data| change(data)));
        assert!(received.detections.is_empty());
        received.rejected[0].field.to_string()
    };
    assert_eq!(fault(&|data| data["results"][0]["plate"] = json!("<img src=x>")), "plate");
    assert_eq!(fault(&|data| data["results"][0]["plate"] = json!("7fk\nt204")), "plate");
    assert_eq!(fault(&|data| data["camera_id"] = json!("gate\n2")), "camera_id");
    assert_eq!(fault(&|data| data["camera_id"] = json!("g".repeat(200))), "camera_id");
}

#[test]
fn more_vehicles_than_a_picture_holds_are_reported() {
    let received = post(&changed(|data| {
        let one = data["results"][0].clone();
        data["results"] = vec![one; 40].into();
    }));
    assert_eq!(received.detections.len(), 32);
    assert_eq!(received.rejected[0].reason, "8 vehicles beyond 32 in one event");
}

#[test]
fn without_a_registered_position_there_is_none() {
    let received = plate_recognizer_json(&payload("plate_recognizer_stream.json"), &mobile(), now()).unwrap();
    assert_eq!(received.rejected[0].field, "position");
}

#[test]
fn a_body_of_another_sender_is_refused_with_what_was_expected() {
    for body in [&b"{}"[..], b"[]", br#"{"detections":[]}"#, b"7"] {
        let error = plate_recognizer_json(body, &camera(), now()).unwrap_err();
        assert!(matches!(error, FeedError::NotThisFormat { .. }), "{error}");
    }
}
