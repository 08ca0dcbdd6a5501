//! What cameras post, and what a camera's credential can and cannot do.

use super::world::{NOW, World, ask, plates, read};
use axum::body::Body;
use axum::http::Request;
use city::{City, CityPlan};
use serde_json::{Value, json};

fn native(detections: Vec<Value>) -> Value {
    json!({ "detections": detections })
}

async fn full(world: &World, plate: &str) -> Value {
    let token = world.sign_in("officer", "plain").await;
    world.post("/api/v1/queries", &token, ask("full-plate", json!({ "plate": plate, "state": "US-CA" }))).await.ok()
}

#[tokio::test]
async fn det_1_a_read_is_searchable_as_soon_as_it_is_acknowledged_and_the_same_again_is_one_read() {
    let world = World::new().await;
    let posted = world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    assert_eq!((&posted["stored"], &posted["duplicates"]), (&json!(1), &json!(0)));
    let again = world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    assert_eq!((&again["stored"], &again["duplicates"]), (&json!(0), &json!(1)));
    let answer = full(&world, "7ABC123").await;
    let row = &answer["page"]["rows"][0];
    assert_eq!(answer["count"]["exactly"], 1);
    assert_eq!(
        (&row["camera"], &row["source"], &row["commercial"]),
        (&json!("Camera pole-1"), &json!("pole"), &json!(false))
    );
    assert_eq!((&row["make"], &row["colour"], &row["verified"]), (&json!("toyota"), &json!("white"), &json!(true)));
}

#[tokio::test]
async fn det_6_a_later_version_of_an_event_replaces_the_earlier_one() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    let mut update = read("7ABC123", Some("US-CA"), 5);
    update["plate"] = json!("7ABD123");
    let posted = world.ingest("pole-1", vec![update]).await;
    assert_eq!((&posted["stored"], &posted["superseded"]), (&json!(1), &json!(1)));
    assert_eq!(full(&world, "7ABC123").await["count"]["exactly"], 0);
    assert_eq!(full(&world, "7ABD123").await["count"]["exactly"], 1);
}

#[tokio::test]
async fn acc_1_without_a_camera_credential_or_with_a_revoked_one_nothing_is_stored() {
    let world = World::new().await;
    let body = native(vec![read("7ABC123", Some("US-CA"), 5)]);
    world.call("POST", "/api/v1/detections", None, Some(body.clone())).await.refused(401);
    world.post("/api/v1/detections", "wrong", body.clone()).await.refused(401);
    let officer = world.sign_in("officer", "plain").await;
    world.post("/api/v1/detections", &officer, body.clone()).await.refused(401);

    let manager = world.sign_in("chief", "plain").await;
    let overview = world.get("/api/v1/agency", &manager).await.ok();
    let camera =
        overview["cameras"].as_array().unwrap().iter().find(|camera| camera["key"] == "pole-1").unwrap()["id"].clone();
    let path = format!("/api/v1/agency/cameras/{camera}/active");
    world.call("PUT", &path, Some(&manager), Some(json!({ "active": false }))).await.ok();
    let credential = world.cameras["pole-1"].clone();
    world.post("/api/v1/detections", &credential, body).await.refused(401);
    assert_eq!(full(&world, "7ABC123").await["count"]["exactly"], 0);
}

#[tokio::test]
async fn acc_2_a_camera_credential_can_read_nothing() {
    let world = World::new().await;
    let credential = world.cameras["pole-1"].clone();
    for path in ["/api/v1/session", "/api/v1/reasons", "/api/v1/agency", "/api/v1/ledger/entries/0/receipt"] {
        world.get(path, &credential).await.refused(401);
    }
    world.post("/api/v1/queries", &credential, ask("full-plate", json!({ "plate": "7ABC123" }))).await.refused(401);
}

#[tokio::test]
async fn det_1_each_read_of_a_batch_is_judged_alone_and_impossible_times_are_held_apart() {
    let world = World::new().await;
    let mut future = read("7FUT001", Some("US-CA"), 0);
    future["scan_time"] = json!(NOW.plus_micros(3_600_000_000).to_string());
    let mut old = read("7OLD001", Some("US-CA"), 0);
    old["scan_time"] = json!("1999-12-31T23:59:59Z");
    let bad = read("7%%", Some("US-CA"), 9);
    let posted = world.ingest("pole-1", vec![future, bad, read("7ABC123", Some("US-CA"), 5), old]).await;
    assert_eq!((&posted["stored"], &posted["quarantined"]), (&json!(1), &json!(2)));
    assert_eq!((&posted["rejected"][0]["index"], &posted["rejected"][0]["field"]), (&json!(1), &json!("plate")));
    assert!(!posted.to_string().contains("7%%"));
    assert_eq!(full(&world, "7FUT001").await["count"]["exactly"], 0);
}

#[tokio::test]
async fn det_2_what_rekor_and_plate_recognizer_agents_post_is_in_the_next_answer() {
    let world = World::new().await;
    let city = City::build(CityPlan { vehicles: 2_000, days: 30, end: NOW, ..CityPlan::default() }).unwrap();
    let credential = world.cameras["pole-1"].clone();
    let mut reads = city.detections(6_000).filter(|read| {
        read.scan_time.0 > NOW.0 - 80_000_000_000 && read.state.is_some_and(|state| state.as_str() == "US-CA")
    });
    let one = reads.next().unwrap();
    let rekor = city.rekor_group(&one, &city.photos(&one));
    let path = format!("/api/v1/feeds/rekor/{credential}");
    let posted = world.call("POST", &path, None, Some(rekor.clone())).await.ok();
    assert_eq!(posted["stored"], 1, "{posted}");
    assert_eq!(world.call("POST", &path, None, Some(rekor)).await.ok()["duplicates"], 1);

    let two = reads.find(|read| read.true_plate != one.true_plate).unwrap();
    let (payload, _) = city.plate_recognizer(&two, &city.photos(&two));
    let posted = world.post("/api/v1/feeds/plate-recognizer", &credential, payload).await.ok();
    assert_eq!(posted["stored"], 1, "{posted}");

    for read in [&one, &two] {
        let answer = full(&world, &read.raw_plate).await;
        assert_eq!(answer["count"]["exactly"], 1);
        assert_eq!(plates(&answer)[0], read.raw_plate.replace(['-', ' '], ""));
    }
    let heartbeat = city.rekor_heartbeat(&city.cameras()[0], NOW);
    let posted = world.post("/api/v1/feeds/rekor", &credential, heartbeat).await.ok();
    assert!(posted["stored"] == 0 && posted["notice"].is_string());
}

#[tokio::test]
async fn det_2_plate_recognizer_multipart_and_basic_authentication_are_taken_as_agents_send_them() {
    use base64::Engine;
    let world = World::new().await;
    let city = City::build(CityPlan { vehicles: 2_000, days: 30, end: NOW, ..CityPlan::default() }).unwrap();
    let one = city.detections(6_000).filter(|read| read.photos_at_camera > 0 && read.state.is_some()).last().unwrap();
    let (payload, upload) = city.plate_recognizer(&one, &city.photos(&one));
    let mut body =
        format!("--cut\r\ncontent-disposition: form-data; name=\"json\"\r\n\r\n{payload}\r\n--cut\r\n").into_bytes();
    body.extend_from_slice(
        b"content-disposition: form-data; name=\"upload\"; filename=\"a.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n",
    );
    body.extend_from_slice(&upload.unwrap());
    body.extend_from_slice(b"\r\n--cut--\r\n");
    let basic = base64::prelude::BASE64_STANDARD.encode(format!("camera:{}", world.cameras["pole-1"]));
    let request = Request::post("/api/v1/feeds/plate-recognizer")
        .header("authorization", format!("Basic {basic}"))
        .header("content-type", "multipart/form-data; boundary=cut")
        .body(Body::from(body))
        .unwrap();
    let posted = world.send(request).await.ok();
    assert_eq!(posted["stored"], 1, "{posted}");
}

#[tokio::test]
async fn det_2_single_frames_and_the_group_that_sums_them_up_count_as_one_passing() {
    let world = World::new().await;
    let credential = world.cameras["pole-1"].clone();
    let start = NOW.0 / 1_000 - 600_000;
    let frame = |uuid: &str, at: i64| {
        json!({
            "version": 2, "data_type": "alpr_results", "epoch_time": start + at, "img_width": 1920, "img_height": 1080,
            "uuid": uuid, "camera_id": 7, "agent_uid": "fictional", "site_id": "pier",
            "results": [{ "plate": "7FRM001", "confidence": 91.0, "region": "us-ca", "region_confidence": 80,
                "candidates": [{ "plate": "7FRM001", "confidence": 91.0 }] }],
        })
    };
    for (uuid, at) in [("pier-cam-1", 0), ("pier-cam-2", 400), ("pier-cam-3", 800)] {
        let posted = world.post("/api/v1/feeds/rekor", &credential, frame(uuid, at)).await.ok();
        assert_eq!(posted["stored"], 1, "{posted}");
    }
    assert_eq!(full(&world, "7FRM001").await["count"]["exactly"], 3);
    let group = json!({
        "version": 2, "data_type": "alpr_group", "epoch_start": start, "epoch_end": start + 800, "frame_start": 1,
        "frame_end": 3, "company_id": "fictional", "agent_uid": "fictional", "camera_id": 7, "country": "us",
        "uuids": ["pier-cam-1", "pier-cam-2", "pier-cam-3"], "plate_indexes": [0, 0, 0], "best_uuid": "pier-cam-2",
        "best_plate_number": "7FRM001", "best_confidence": 93.1, "best_region": "us-ca", "best_region_confidence": 90,
        "best_plate": { "plate": "7FRM001", "confidence": 93.1 },
        "candidates": [{ "plate": "7FRM001", "confidence": 93.1 }], "vehicle": {},
    });
    let posted = world.post("/api/v1/feeds/rekor", &credential, group).await.ok();
    assert_eq!(posted["stored"], 1, "{posted}");
    assert_eq!(full(&world, "7FRM001").await["count"]["exactly"], 1);
}

#[tokio::test]
async fn aud_1_one_entry_per_camera_and_minute_tells_what_was_ingested() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    world.ingest("pole-1", vec![read("7ABC124", Some("US-CA"), 4), read("7ABC125", Some("US-CA"), 3)]).await;
    sightline_server::cameras::ingest_log::write_ended_minutes(&world.app).await.unwrap();
    assert!(
        !world.records(world.police).await.iter().any(|record| record.kind == "ingest"),
        "the minute has not ended"
    );
    world.clock.advance_micros(60_000_000);
    sightline_server::cameras::ingest_log::write_ended_minutes(&world.app).await.unwrap();
    let record = world.newest(world.police, "ingest").await.record;
    assert_eq!((&record["batches"], &record["stored"]), (&json!(2), &json!(3)));
    assert_eq!(record["sha256"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn a_body_that_is_no_json_or_too_large_is_refused_and_the_next_post_works() {
    let world = World::new().await;
    let credential = world.cameras["pole-1"].clone();
    let send = async |body: Vec<u8>| {
        let request = Request::post("/api/v1/detections").header("authorization", format!("Bearer {credential}"));
        world.send(request.body(Body::from(body)).unwrap()).await
    };
    send(b"{\"detections\": [".to_vec()).await.refused(400);
    send(vec![b' '; feeds::limits::BODY_BYTES_MAX + 1]).await.refused(413);
    let nested = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    send(nested).await.refused(400);
    assert_eq!(world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await["stored"], 1);
}
