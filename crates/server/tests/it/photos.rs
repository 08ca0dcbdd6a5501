//! Photos: opened of returned rows only, recorded before the first byte, sealed on disk.

use super::world::{World, ask, one_pixel_jpeg, read};
use base64::Engine;
use serde_json::json;

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
