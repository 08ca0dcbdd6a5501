//! Photos: opened of returned rows only, recorded before the first byte, sealed on disk.

use super::world::{Reply, World, ask, one_pixel_jpeg, read};
use base64::Engine;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[tokio::test]
async fn det_4_photos_of_a_returned_row_open_and_each_opening_is_recorded_first() {
    let world = World::new().await;
    let mut sent = read("7ABC123", Some("US-CA"), 5);
    let picture = base64::prelude::BASE64_STANDARD.encode(one_pixel_jpeg());
    sent["photos"] = json!([{ "kind": "scene", "base64": picture }, { "kind": "plate", "base64": picture }]);
    sent.as_object_mut().unwrap().remove("photos_at_camera");
    world.ingest("pole-1", vec![sent, read("7ABC124", Some("US-CA"), 4)]).await;
    let token = world.sign_in("detective", "plain").await;
    for plate in ["7ABC123", "7ABC124"] {
        let answer = world
            .post("/api/v1/queries", &token, ask("full-plate", json!({ "plate": plate, "state": "US-CA" })))
            .await
            .ok();
        let (query, row) = (answer["query"].as_str().unwrap(), &answer["page"]["rows"][0]);
        assert_eq!((&row["photos"], &row["verified"]), (&json!(2), &json!(true)));
        let id = row["id"].as_str().unwrap();
        for n in 0..2 {
            let reply = world.get(&format!("/api/v1/queries/{query}/photos/{id}/{n}"), &token).await;
            assert_eq!(reply.headers.get("content-type").unwrap(), "image/jpeg");
            assert_eq!(reply.bytes, one_pixel_jpeg());
            let record = world.newest(world.police, "photos.opened").await.record;
            assert_eq!((&record["query"], &record["photos"][0][1]), (&json!(query), &json!(n)));
        }
        world.get(&format!("/api/v1/queries/{query}/photos/{id}/2"), &token).await.refused(404);
    }
}

#[tokio::test]
async fn res_3_a_photo_that_the_answer_did_not_return_is_like_one_that_does_not_exist() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5), read("9OTHER1", Some("US-CA"), 4)]).await;
    let token = world.sign_in("officer", "plain").await;
    let asked = async |plate: &str| {
        let answer = world
            .post("/api/v1/queries", &token, ask("full-plate", json!({ "plate": plate, "state": "US-CA" })))
            .await
            .ok();
        let id = answer["page"]["rows"][0]["id"].as_str().unwrap().to_owned();
        (answer["query"].as_str().unwrap().to_owned(), id)
    };
    let (query, own) = asked("7ABC123").await;
    let (_, other) = asked("9OTHER1").await;
    let theirs = world.get(&format!("/api/v1/queries/{query}/photos/{other}/0"), &token).await;
    let missing = world.get(&format!("/api/v1/queries/{query}/photos/99999999/0"), &token).await;
    assert_eq!((theirs.status, theirs.bytes), (missing.status, missing.bytes));
    // Another session, even of the same person, has no grant.
    let second = world.sign_in("officer", "plain").await;
    world.get(&format!("/api/v1/queries/{query}/photos/{own}/0"), &second).await.refused(404);
}

#[tokio::test]
async fn det_4_a_read_with_fewer_than_two_photos_is_marked_unverified() {
    let world = World::new().await;
    let mut sent = read("7ABC123", Some("US-CA"), 5);
    sent["photos_at_camera"] = json!(1);
    world.ingest("pole-1", vec![sent]).await;
    let token = world.sign_in("officer", "plain").await;
    let answer = world
        .post("/api/v1/queries", &token, ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" })))
        .await
        .ok();
    assert_eq!(answer["page"]["rows"][0]["verified"], false);
}

/// A read that comes with two photos of its own.
fn with_photos(plate: &str, minutes: i64) -> Value {
    let mut sent = read(plate, Some("US-CA"), minutes);
    let picture = base64::prelude::BASE64_STANDARD.encode(one_pixel_jpeg());
    sent["photos"] = json!([{ "kind": "scene", "base64": picture }, { "kind": "plate", "base64": picture }]);
    sent.as_object_mut().unwrap().remove("photos_at_camera");
    sent
}

/// Asks for all plates at a place; gives the query and the ids of its rows.
async fn asked_area(world: &World, token: &str) -> (String, Vec<String>) {
    let areas = json!({ "areas": [super::world::square(34.0, -140.0)] });
    let answer = world.post("/api/v1/queries", token, ask("area", areas)).await.ok();
    let rows = answer["page"]["rows"].as_array().unwrap();
    let ids = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    (answer["query"].as_str().unwrap().to_owned(), ids)
}

/// The parts of a form: name, media type, content.
fn parts(reply: &Reply) -> Vec<(String, String, Vec<u8>)> {
    let content_type = reply.header("content-type");
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let find = |bytes: &[u8], sought: &[u8]| bytes.windows(sought.len()).position(|window| window == sought);
    let (line, end) = (format!("--{boundary}\r\n"), format!("--{boundary}--\r\n"));
    let mut rest = reply.bytes.as_slice();
    let mut found = Vec::new();
    while let Some(after) = rest.strip_prefix(line.as_bytes()) {
        let head = find(after, b"\r\n\r\n").unwrap();
        let text = String::from_utf8(after[..head].to_vec()).unwrap();
        let value = |from: &str, to: &str| text.split_once(from).unwrap().1.split(to).next().unwrap().to_owned();
        let body = &after[head + 4..];
        let length = find(body, format!("\r\n--{boundary}").as_bytes()).unwrap();
        found.push((value("; name=\"", "\""), value("content-type: ", "\r\n"), body[..length].to_vec()));
        rest = &body[length + 2..];
    }
    assert_eq!(rest, end.as_bytes());
    found
}

fn wanted(names: &[(&str, u8)]) -> Value {
    let name = |(detection, number): &(&str, u8)| json!({ "detection": detection, "number": number });
    json!({ "photos": names.iter().map(name).collect::<Vec<_>>() })
}

#[tokio::test]
async fn det_4_aud_1_many_photos_open_in_the_order_asked_under_one_entry() {
    let world = World::new().await;
    world.ingest("pole-1", vec![with_photos("7ABC123", 5), read("7ABC124", Some("US-CA"), 4)]).await;
    let token = world.sign_in("detective", "enhanced").await;
    let (query, ids) = asked_area(&world, &token).await;
    let path = format!("/api/v1/queries/{query}/photos");
    let names = [(ids[1].as_str(), 1), (ids[0].as_str(), 0), (ids[1].as_str(), 0)];
    let before = world.app.ledger.size();
    let reply = world.post(&path, &token, wanted(&names)).await;
    assert_eq!(world.app.ledger.size(), before + 1, "one entry for the batch");
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "private, no-store"));
    let record = world.newest(world.police, "photos.opened").await.record;
    assert_eq!((&record["query"], record["photos"].as_array().unwrap().len()), (&json!(query), 3));

    let parts = parts(&reply);
    let named: Vec<_> = parts.iter().map(|(name, _, _)| name.clone()).collect();
    assert_eq!(named, names.map(|(id, number)| format!("{id}/{number}")));
    assert!(parts.iter().all(|(_, media_type, bytes)| media_type == "image/jpeg" && *bytes == one_pixel_jpeg()));
}

#[tokio::test]
async fn res_3_a_batch_with_one_photo_of_another_answer_opens_none_and_the_try_is_recorded() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    world.ingest("pole-2", vec![read("9OTHER1", Some("US-CA"), 4)]).await;
    let token = world.sign_in("detective", "enhanced").await;
    let (query, ids) = asked_area(&world, &token).await;
    let full = ask("full-plate", json!({ "plate": "9OTHER1", "state": "US-CA" }));
    let other = world.post("/api/v1/queries", &token, full).await.ok();
    let other = other["page"]["rows"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/queries/{query}/photos");
    world.post(&path, &token, wanted(&[(&ids[0], 0), (other, 0)])).await.refused(404);
    assert_eq!(world.newest(world.police, "photos.refused").await.record["rule"], "photo-not-returned");
    assert!(world.records(world.police).await.iter().all(|record| record.kind != "photos.opened"));

    let colleague = world.sign_in("officer", "plain").await;
    world.post(&path, &colleague, wanted(&[(&ids[0], 0)])).await.refused(404);
}

#[tokio::test]
async fn a_batch_names_its_limit_and_the_field_that_cannot_be_read() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    let token = world.sign_in("detective", "enhanced").await;
    let (query, ids) = asked_area(&world, &token).await;
    let path = format!("/api/v1/queries/{query}/photos");
    let many = vec![(ids[0].as_str(), 0); policy::PHOTOS_AT_ONCE_MAX + 1];
    for body in [wanted(&many), wanted(&[])] {
        let problem = world.post(&path, &token, body).await.refused(422);
        assert_eq!(problem["field"], "photos");
        assert!(problem["detail"].as_str().unwrap().contains(&policy::PHOTOS_AT_ONCE_MAX.to_string()));
    }
    let problem = world.post(&path, &token, wanted(&[(&ids[0], 0), ("seven", 0)])).await.refused(422);
    assert_eq!(problem["field"], "photos[1].detection");
}

fn packs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            packs(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "pack") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn det_4_a_photo_that_is_damaged_or_gone_is_left_out_of_a_batch_and_the_others_open() {
    let world = World::new().await;
    world.ingest("pole-1", vec![with_photos("7ABC123", 5)]).await;
    let token = world.sign_in("detective", "enhanced").await;
    let (query, ids) = asked_area(&world, &token).await;
    let mut found = Vec::new();
    packs(&world.data().join("blobs"), &mut found);
    let mut bytes = std::fs::read(&found[0]).unwrap();
    // The second photo is the last of the pack.
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&found[0], bytes).unwrap();
    let names = wanted(&[(&ids[0], 1), (&ids[0], 0), (&ids[0], 7)]);
    let reply = world.post(&format!("/api/v1/queries/{query}/photos"), &token, names).await;
    let named: Vec<_> = parts(&reply).into_iter().map(|(name, _, _)| name).collect();
    assert_eq!(named, [format!("{}/0", ids[0])]);
}

#[tokio::test]
async fn aud_1_a_batch_whose_entry_cannot_be_written_sends_no_photo() {
    let world = World::new().await;
    world.ingest("pole-1", vec![with_photos("7ABC123", 5)]).await;
    let token = world.sign_in("detective", "enhanced").await;
    let (query, ids) = asked_area(&world, &token).await;
    world.app.ledger_sql.close().await;
    world.post(&format!("/api/v1/queries/{query}/photos"), &token, wanted(&[(&ids[0], 0)])).await.refused(503);
}
