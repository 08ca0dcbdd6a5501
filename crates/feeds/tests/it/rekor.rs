//! What Rekor Scout and `OpenALPR` agents post. All payloads are fictional, in the shape of the vendor's documentation.

use crate::given::{assert_all_within_limits, base64, camera, has_key, jpeg, mobile, now};
use domain::limits::READINGS_MAX;
use feeds::{CameraFacts, FeedError, Format, Received, detect_format, rekor, to_json};
use serde_json::{Value, json};

pub(crate) fn payload(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/payloads/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn post(body: &[u8]) -> Received {
    post_from(body, &camera())
}

fn post_from(body: &[u8], camera: &CameraFacts) -> Received {
    let received = rekor(body, camera, now()).unwrap();
    assert_all_within_limits(&received, now());
    received
}

/// A payload with some fields changed.
fn changed(name: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(&payload(name)).unwrap();
    change(&mut value);
    value.to_string().into_bytes()
}

macro_rules! snapshot {
    ($name:literal) => {{
        let body = payload(concat!($name, ".json"));
        assert_eq!(detect_format(&body), Some(Format::Rekor));
        insta::assert_json_snapshot!($name, crate::given::sorted(&to_json(&post(&body))));
    }};
}

#[test]
fn det_1_groups_of_all_three_versions_become_one_detection_each() {
    snapshot!("rekor_group_v1");
    snapshot!("rekor_group_v2");
    snapshot!("rekor_group_v3");
}

#[test]
fn det_1_frames_of_several_plates_become_a_detection_for_each_plate() {
    snapshot!("rekor_results");
}

#[test]
fn det_1_alerts_and_groups_wrapped_without_a_type_are_read_as_the_group_inside() {
    let group = post(&payload("rekor_group_v3.json"));
    assert_eq!(post(&payload("rekor_alert.json")).detections, group.detections);
    let group = post(&payload("rekor_group_v2.json"));
    assert_eq!(post(&payload("rekor_wrapped.json")).detections, group.detections);
}

#[test]
fn heartbeats_tests_and_vehicles_without_a_plate_are_answered_without_a_detection() {
    for (name, notice) in [
        ("rekor_heartbeat.json", "a heartbeat of the agent"),
        ("rekor_test.json", "a test of the webhook"),
        ("rekor_vehicle.json", "a vehicle without a plate"),
    ] {
        let body = payload(name);
        assert_eq!(detect_format(&body), Some(Format::Rekor), "{name}");
        let received = post(&body);
        assert_eq!(received.notice, Some(notice));
        let report = to_json(&received);
        assert!(!has_key(&report, "plate") && !report.to_string().contains("\"plate\""), "{report}");
    }
    let newer = post(br#"{"data_type":"something_newer"}"#);
    assert!(newer.notice.is_some() && newer.rejected.is_empty());
    let empty = post(&changed("rekor_results.json", |frame| frame["results"] = json!([])));
    assert_eq!(empty.notice, Some("nothing was detected"));
    let no_plate = post(&changed("rekor_group_v2.json", |group| {
        group["best_plate_number"] = json!("");
        group["best_plate"]["plate"] = json!("");
    }));
    assert_eq!((no_plate.notice, no_plate.left_out.without_plate), (Some("a vehicle without a plate"), 1));
    assert!(!has_key(&to_json(&no_plate), "plate"));
}

#[test]
fn frames_and_their_group_are_one_car_because_their_event_ids_meet() {
    let frame = post(&payload("rekor_results.json"));
    let group = post(&payload("rekor_group_v2.json"));
    // The group's best frame is this frame's first plate: one event, of which the group is the later version.
    assert_eq!(group.detections[0].event_id, frame.detections[0].event_id);
    // The other car in the frame keeps an event of its own.
    assert_eq!(frame.detections[1].event_id, format!("{}#1", frame.detections[0].event_id));
    // The group's second frame saw the car as its second plate.
    let other = &group.supersedes_events[0];
    assert_eq!(other.event_id, group.detections[0].event_id);
    let second = post(&changed("rekor_results.json", |frame| {
        frame["uuid"] = json!("FICTIONALAGENT000000000000000000000001-1001-1777842000100");
    }));
    assert_eq!(other.other_event_ids, [second.detections[1].event_id.clone()]);
}

#[test]
fn the_same_post_twice_has_the_same_event_ids() {
    let body = payload("rekor_group_v3.json");
    assert_eq!(post(&body), post(&body));
}

#[test]
fn det_3_a_model_is_kept_only_with_its_own_make() {
    let car = post(&changed("rekor_group_v3.json", |group| {
        group["vehicle"]["make_model"] = json!([{"name": "honda_civic", "confidence": 90}]);
        group["vehicle"]["year"] = json!([{"name": "2018", "confidence": 90}]);
    }))
    .detections
    .remove(0)
    .vehicle;
    assert_eq!(car.make.as_deref(), Some("land rover"));
    assert_eq!(car.model, None);
    assert_eq!(car.year, Some(2018));
}

#[test]
fn det_4_a_photo_that_is_none_does_not_cost_the_read_and_is_reported() {
    let received = post(&changed("rekor_group_v3.json", |group| {
        group["vehicle_crop_jpeg"] = json!(base64(b"<svg onload=alert(1)>"));
    }));
    assert_eq!(received.detections[0].photos.len(), 2);
    assert_eq!(received.left_out.photos, 1);
    assert_eq!(received.rejected[0].field, "vehicle_crop_jpeg");
    assert_eq!(received.rejected[0].reason, "not an image; the read was kept without this photo");
}

#[test]
fn det_5_twenty_thousand_candidates_are_read_fast_and_the_best_are_kept() {
    let body = changed("rekor_group_v2.json", |group| {
        group["candidates"] = (0..20_000)
            .map(|i| json!({"plate": format!("A{i:05}"), "confidence": f64::from((i * 7_919) % 20_000) / 200.0}))
            .collect();
    });
    let started = std::time::Instant::now();
    let received = post(&body);
    assert!(started.elapsed().as_millis() < 1_000, "{:?}", started.elapsed());
    let readings = &received.detections[0].readings;
    assert_eq!(readings.len(), READINGS_MAX);
    assert_eq!(readings[0].confidence, 10_000);
    assert_eq!(received.left_out.readings, 20_000 - READINGS_MAX);
}

#[test]
fn det_7_a_plate_lower_than_twenty_pixels_is_low_quality() {
    let low = |height: u32| {
        let body = changed("rekor_group_v2.json", |group| {
            group["best_plate"]["coordinates"] =
                json!([{"x": 0, "y": 0}, {"x": 50, "y": 0}, {"x": 50, "y": height}, {"x": 0, "y": height}]);
        });
        post(&body).detections[0].low_quality
    };
    assert!(low(19) && !low(20));
    // A box beyond the picture says nothing, and the crop alone is high enough.
    assert!(!low(721));
    let crop_only = changed("rekor_group_v2.json", |group| {
        group["best_plate"]["coordinates"] = json!(null);
        group["best_plate"]["plate_crop_jpeg"] = json!(base64(&jpeg(70, 12)));
    });
    assert!(post(&crop_only).detections[0].low_quality);
}

#[test]
fn a_moving_agent_must_say_where_it_is_and_minus_one_is_nowhere() {
    let group = payload("rekor_group_v3.json");
    let here = post_from(&group, &mobile()).detections[0].position;
    assert_eq!((here.lat_e7, here.lon_e7), (375_123_450, -1_221_234_560));
    assert_eq!(post(&group).detections[0].position, camera().position.unwrap());
    let nowhere = changed("rekor_group_v3.json", |group| {
        group["gps_latitude"] = json!(-1);
        group["gps_longitude"] = json!("-1");
    });
    let received = post_from(&nowhere, &mobile());
    assert!(received.detections.is_empty());
    assert_eq!(received.rejected[0].field, "gps_latitude");
}

#[test]
fn times_before_2000_are_quarantined_and_missing_ones_refused() {
    let held = post(&changed("rekor_group_v2.json", |group| group["epoch_start"] = json!(1_000)));
    assert_eq!((held.detections.len(), held.quarantined.len(), held.supersedes_events.len()), (0, 1, 0));
    assert!(!has_key(&to_json(&held), "plate"));
    for (field, value) in
        [("epoch_start", json!(null)), ("best_uuid", json!(null)), ("best_plate_number", json!("a;b"))]
    {
        let received = post(&changed("rekor_group_v2.json", |group| group[field] = value));
        assert_eq!(received.rejected[0].field, field);
    }
}

#[test]
fn a_body_of_another_sender_is_refused_with_what_was_expected() {
    for body in [&b"{}"[..], b"[]", br#"{"detections":[]}"#, br#"{"data_type":"alpr_alert","group":7}"#] {
        let error = rekor(body, &camera(), now()).unwrap_err();
        assert!(matches!(error, FeedError::NotThisFormat { .. }), "{error}");
    }
}
