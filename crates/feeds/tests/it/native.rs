//! The native format.

use crate::given::{assert_all_within_limits, at, base64, camera, has_key, jpeg, mobile, now};
use domain::limits::{BATCH_DETECTIONS_MAX, READINGS_MAX};
use domain::{NewDetection, Position, Source};
use feeds::{FeedError, Received, native, to_json};
use serde_json::{Value, json};

fn sent(fields: &Value) -> Value {
    let mut detection = json!({"event_id": "e-1", "scan_time": "2026-05-03T14:00:00-07:00", "plate": "7FKT204"});
    for (name, value) in fields.as_object().unwrap() {
        detection[name] = value.clone();
    }
    detection
}

fn batch(detections: &[Value]) -> Received {
    native(json!({ "detections": detections }).to_string().as_bytes(), &camera(), now()).unwrap()
}

fn one(fields: &Value) -> NewDetection {
    let received = batch(&[sent(fields)]);
    assert_eq!(received.rejected, [], "{fields}");
    assert_all_within_limits(&received, now());
    received.detections.into_iter().next().unwrap()
}

/// The field and reason for which a detection is refused.
fn refused(fields: &Value) -> (String, String) {
    let received = batch(&[sent(fields)]);
    assert!(received.detections.is_empty(), "taken: {fields}");
    let fault = received.rejected.first().unwrap();
    (fault.field.to_string(), fault.reason.to_string())
}

#[test]
fn det_1_a_detection_carries_plate_state_time_place_camera_and_photos() {
    let found = one(&json!({"state": "us-nv", "photos": [
        {"kind": "scene", "media_type": "image/jpeg", "base64": base64(&jpeg(1920, 1080))},
        {"kind": "plate", "base64": base64(&jpeg(240, 60))},
    ]}));
    assert_eq!((found.camera.0, found.owner.0, found.pool.0), (7, 2, 3));
    assert_eq!(found.plate.as_str(), "7FKT204");
    assert_eq!(found.state.unwrap().as_str(), "US-NV");
    assert_eq!(found.scan_time, at("2026-05-03T21:00:00Z"));
    assert_eq!(found.position, camera().position.unwrap());
    assert_eq!(found.photos.len(), 2);
    assert!(!found.low_quality);
}

#[test]
fn det_1_an_unknown_state_is_no_fault_but_a_wrong_code_is() {
    assert_eq!(one(&json!({})).state, None);
    assert_eq!(one(&json!({"state": null})).state, None);
    assert_eq!(refused(&json!({"state": "California"})).0, "state");
}

#[test]
fn det_2_the_source_is_the_registered_one_and_cannot_be_sent() {
    assert_eq!(one(&json!({})).source, Source::Pole);
    let (field, reason) = refused(&json!({"source": "toll-road"}));
    assert_eq!(field, "source");
    assert!(reason.starts_with("unknown field; expected"), "{reason}");
}

#[test]
fn det_3_vehicle_attributes_are_kept_when_the_camera_reports_them() {
    let vehicle = one(&json!({"vehicle": {"make": " Land  Rover", "colour": "WHITE", "year": 2019}})).vehicle;
    assert_eq!(vehicle.make.as_deref(), Some("land rover"));
    assert_eq!(vehicle.model, None);
    assert_eq!(vehicle.colour.as_deref(), Some("white"));
    assert_eq!(vehicle.year, Some(2019));
    assert_eq!(refused(&json!({"vehicle": {"year": 20190}})).0, "vehicle.year");
    assert_eq!(refused(&json!({"vehicle": {"make": "x".repeat(41)}})).0, "vehicle.make");
    assert_eq!(refused(&json!({"vehicle": {"color": "white"}})).0, "color");
}

#[test]
fn det_5_confidence_and_alternative_readings_are_kept_likeliest_first_without_the_reading_itself() {
    let found = one(&json!({"confidence": 0.91, "readings": [
        {"plate": "7FKT2O4", "confidence": 0.4},
        {"plate": "7FKT204", "confidence": 0.91},
        {"plate": "7FK T2D4", "confidence": 0.62},
        {"plate": "7FKT2D4", "confidence": 0.1},
    ]}));
    assert_eq!(found.confidence, Some(9_100));
    let readings: Vec<(&str, u16)> =
        found.readings.iter().map(|reading| (reading.plate.as_str(), reading.confidence)).collect();
    assert_eq!(readings, [("7FKT2D4", 6_200), ("7FKT2O4", 4_000)]);
    assert_eq!(refused(&json!({"confidence": 1.5})).0, "confidence");
    assert_eq!(refused(&json!({"readings": [{"plate": "A1", "confidence": 2}]})).0, "readings[0].confidence");
    assert_eq!(refused(&json!({"readings": [{"plate": "<b>", "confidence": 1}]})).0, "readings[0].plate");
    assert_eq!(refused(&json!({"readings": [{"confidence": 1}]})).0, "readings[0].plate");
}

#[test]
fn det_5_readings_beyond_the_limit_are_counted_not_silent() {
    let readings: Vec<Value> =
        (0..25).map(|i| json!({"plate": format!("7FKT{i:03}"), "confidence": f64::from(i) / 100.0})).collect();
    let received = batch(&[sent(&json!({ "readings": readings }))]);
    assert_eq!(received.detections[0].readings.len(), READINGS_MAX);
    assert_eq!(received.detections[0].readings[0].plate.as_str(), "7FKT024");
    assert_eq!(received.left_out.readings, 15);
}

#[test]
fn det_7_a_plate_too_small_in_its_picture_is_marked_low_quality() {
    let crop = |height| json!({"photos": [{"kind": "plate", "base64": base64(&jpeg(60, height))}]});
    assert!(one(&crop(19)).low_quality);
    assert!(!one(&crop(20)).low_quality);
    assert!(one(&json!({"low_quality": true})).low_quality);
    assert!(!one(&json!({"photos": [{"kind": "scene", "base64": base64(&jpeg(60, 19))}]})).low_quality);
}

#[test]
fn each_detection_of_a_batch_is_judged_alone() {
    let received = batch(&[
        sent(&json!({})),
        sent(&json!({"event_id": "e-2", "plate": "AB%123"})),
        json!("not an object"),
        sent(&json!({"event_id": "e-3", "scan_time": "2026-05-03T14:00:00"})),
        sent(&json!({"event_id": "e-4", "plate": 77})),
        sent(&json!({"event_id": "e-5"})),
    ]);
    let taken: Vec<&str> = received.detections.iter().map(|found| found.event_id.as_str()).collect();
    assert_eq!(taken, ["e-1", "e-5"]);
    let faults: Vec<(usize, &str)> =
        received.rejected.iter().map(|fault| (fault.index, fault.field.as_ref())).collect();
    assert_eq!(faults, [(1, "plate"), (2, "detection"), (3, "scan_time"), (4, "plate")]);
    assert!(!received.rejected.iter().any(|fault| fault.reason.contains("AB%") || fault.reason.contains("77")));
}

#[test]
fn unknown_fields_are_refused_by_name_so_that_a_typo_loses_nothing_in_silence() {
    let (field, reason) = refused(&json!({"licence": "7FKT204"}));
    assert_eq!(field, "licence");
    assert!(reason.contains("`plate`") && !reason.contains("7FKT204"), "{reason}");
    let error = native(br#"{"detection":[]}"#, &camera(), now()).unwrap_err();
    assert!(matches!(&error, FeedError::Malformed { field: Some(field), .. } if field == "detection"), "{error}");
}

#[test]
fn html_sql_line_breaks_and_direction_marks_in_a_plate_are_refused() {
    for plate in [
        "<script>alert(1)</script>",
        "'; DROP TABLE--",
        "7FK\nT204",
        "7FK\rT204",
        "7FK\tT204",
        "7FK\u{2028}T204",
        "7FK\u{202e}T204",
        "7FK\u{200b}T204",
        "7FK\u{0}T204",
        "7FKT204%",
        "7FKT_04",
        "",
        "   ",
        "---",
        "ABCDEFGHIJKLMNOPQ",
        &"A".repeat(65_536),
        &format!("7FKT204{}<b>", " ".repeat(300)),
    ] {
        assert_eq!(refused(&json!({ "plate": plate })).0, "plate", "{plate:?}");
    }
}

#[test]
fn event_ids_with_control_characters_or_without_end_are_refused() {
    for id in ["", "  ", "e\n1", "e\u{202e}1", "\u{7}", &"e".repeat(129)] {
        assert_eq!(refused(&json!({ "event_id": id })).0, "event_id", "{id:?}");
    }
    assert_eq!(one(&json!({"event_id": "e".repeat(128)})).event_id.len(), 128);
}

#[test]
fn an_impossible_time_is_quarantined_not_first_or_last_in_any_answer() {
    for (time, held) in [
        ("1970-01-01T00:00:00Z", true),
        ("1999-12-31T23:59:59Z", true),
        ("2000-01-01T00:00:00Z", false),
        ("2026-05-03T21:10:00Z", false),
        ("2026-05-03T21:10:01Z", true),
        ("2999-01-01T00:00:00Z", true),
    ] {
        let received = batch(&[sent(&json!({ "scan_time": time }))]);
        assert_eq!(
            (received.detections.len(), received.quarantined.len()),
            if held { (0, 1) } else { (1, 0) },
            "{time}"
        );
        assert_eq!(received.rejected, [], "{time}");
        assert_eq!(has_key(&to_json(&received), "plate"), !held, "{time}");
    }
}

#[test]
fn the_registered_position_wins_and_a_moving_camera_must_say_where_it_is() {
    let elsewhere = json!({"position": {"lat": 40.0, "lon": -100.0}});
    assert_eq!(one(&elsewhere).position, camera().position.unwrap());
    let post = |fields: &Value| {
        native(json!({"detections": [sent(fields)]}).to_string().as_bytes(), &mobile(), now()).unwrap()
    };
    assert_eq!(post(&elsewhere).detections[0].position, Position { lat_e7: 400_000_000, lon_e7: -1_000_000_000 });
    for (fields, field) in [
        (json!({}), "position"),
        (json!({"position": {"lat": 91, "lon": 0}}), "position"),
        (json!({"position": {"lat": 40}}), "position.lon"),
        (json!({"position": [40, -100]}), "position"),
    ] {
        assert_eq!(post(&fields).rejected[0].field, field, "{fields}");
    }
}

#[test]
fn photos_that_are_no_images_or_too_many_are_refused() {
    let photo = |kind: &str, base64: &str| json!({"kind": kind, "base64": base64});
    for (photos, field) in [
        (json!([photo("scene", &base64(b"%PDF-1.7"))]), "photos[0].base64"),
        (json!([photo("scene", "%%%")]), "photos[0].base64"),
        (json!([photo("driver", &base64(&jpeg(9, 9)))]), "photos[0].kind"),
        (json!([{"kind": "scene", "media_type": "image/png", "base64": base64(&jpeg(9, 9))}]), "photos[0].media_type"),
        (json!([photo("scene", &base64(&jpeg(60_000, 60_000)))]), "photos[0].base64"),
        (Value::Array(vec![photo("scene", &base64(&jpeg(9, 9))); 9]), "photos"),
    ] {
        assert_eq!(refused(&json!({ "photos": photos })).0, field);
    }
    assert_eq!(one(&json!({"photos_at_camera": 2})).photos_at_camera, 2);
    assert_eq!(refused(&json!({"photos_at_camera": 9})).0, "photos_at_camera");
    let both = json!({"photos_at_camera": 2, "photos": [photo("scene", &base64(&jpeg(9, 9)))]});
    assert_eq!((one(&both).photos.len(), one(&both).photos_at_camera), (1, 0));
}

#[test]
fn duplicate_keys_cost_their_detection_and_no_other() {
    let body = br#"{"detections":[
        {"event_id":"a","scan_time":"2026-05-03T21:00:00Z","plate":"ONE1","plate":"TWO2"},
        {"event_id":"b","scan_time":"2026-05-03T21:00:00Z","plate":"THR33"}]}"#;
    let received = native(body, &camera(), now()).unwrap();
    assert_eq!(received.detections.len(), 1);
    assert_eq!((received.rejected[0].field.as_ref(), received.rejected[0].reason.as_ref()), ("plate", "given twice"));
}

#[test]
fn a_document_that_is_not_a_batch_is_an_error_without_its_values() {
    for body in [&b"\"7FKT204\""[..], b"[]", b"{}", b"{\"detections\":7}", b"null", b"7"] {
        let error = native(body, &camera(), now()).unwrap_err();
        assert!(matches!(error, FeedError::NotThisFormat { .. }), "{error}");
        assert!(!error.to_string().contains("7FKT204"));
    }
    let cut = native(br#"{"detections":[{"plate":"7FKT204"#, &camera(), now()).unwrap_err().to_string();
    assert!(cut.contains("line 1") && !cut.contains("7FKT204"), "{cut}");
    assert_eq!(batch(&[]).notice, Some("nothing was detected"));
    let many = vec![json!(0); BATCH_DETECTIONS_MAX + 1];
    let body = json!({ "detections": many }).to_string();
    assert_eq!(native(body.as_bytes(), &camera(), now()), Err(FeedError::TooManyDetections));
}
