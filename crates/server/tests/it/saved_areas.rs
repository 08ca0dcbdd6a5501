//! Areas that a person saves: that person's own, sealed, bounded, each change recorded.

use super::world::{World, square};
use serde_json::{Value, json};

fn pier(name: &str) -> Value {
    json!({ "name": name, "areas": [square(34.0, -140.0), square(34.01, -140.01)] })
}

#[tokio::test]
async fn qry_4_areas_are_saved_listed_newest_first_and_deleted() {
    let mut worlds = vec![World::new().await];
    worlds.extend(World::on_postgres().await);
    for world in worlds {
        let token = world.sign_in("detective", "enhanced").await;
        assert_eq!(world.get("/api/v1/saved-areas", &token).await.ok(), json!([]));
        let first = world.post("/api/v1/saved-areas", &token, pier("  Both piers ")).await.ok();
        assert_eq!((&first["name"], &first["areas"]), (&json!("Both piers"), &pier("")["areas"]));
        world.clock.advance_micros(1_000_000);
        let mut framed = square(34.0, -140.0);
        framed["from"] = json!("2026-06-01T02:00:00Z");
        framed["to"] = json!("2026-06-01T03:00:00Z");
        let second = json!({ "name": "One hour", "areas": [framed] });
        let second = world.post("/api/v1/saved-areas", &token, second).await.ok();
        assert_eq!(second["areas"][0]["from"], "2026-06-01T02:00:00Z");
        assert_eq!(world.get("/api/v1/saved-areas", &token).await.ok(), json!([second, first]));

        let path = format!("/api/v1/saved-areas/{}", first["id"].as_str().unwrap());
        assert_eq!(world.call("DELETE", &path, Some(&token), None).await.status.as_u16(), 204);
        world.call("DELETE", &path, Some(&token), None).await.refused(404);
        assert_eq!(world.get("/api/v1/saved-areas", &token).await.ok(), json!([second]));
    }
}

#[tokio::test]
async fn agy_3_saved_areas_are_their_users_own() {
    let world = World::new().await;
    let owner = world.sign_in("detective", "enhanced").await;
    let saved = world.post("/api/v1/saved-areas", &owner, pier("Pier")).await.ok();
    let path = format!("/api/v1/saved-areas/{}", saved["id"].as_str().unwrap());
    for login in ["chief", "officer", "investigator"] {
        let token = world.sign_in(login, "plain").await;
        assert_eq!(world.get("/api/v1/saved-areas", &token).await.ok(), json!([]), "{login}");
        let theirs = world.call("DELETE", &path, Some(&token), None).await;
        let missing = "/api/v1/saved-areas/0190aaaa-0000-7000-8000-000000000000";
        let missing = world.call("DELETE", missing, Some(&token), None).await;
        assert_eq!((theirs.status.as_u16(), theirs.bytes), (404, missing.bytes), "{login}");
    }
    // Another session of the owner's own sees them.
    let plain = world.sign_in("detective", "plain").await;
    assert_eq!(world.get("/api/v1/saved-areas", &plain).await.ok(), json!([saved]));
}

#[tokio::test]
async fn aud_1_saving_and_deleting_are_recorded_before_they_hold() {
    let world = World::new().await;
    let token = world.sign_in("detective", "enhanced").await;
    let saved = world.post("/api/v1/saved-areas", &token, pier("Pier")).await.ok();
    let record = world.newest(world.police, "areas.saved").await.record;
    assert_eq!((&record["act"]["id"], &record["act"]["name"]), (&saved["id"], &json!("Pier")));
    assert_eq!(record["act"]["areas"].as_array().unwrap().len(), 2);
    let path = format!("/api/v1/saved-areas/{}", saved["id"].as_str().unwrap());
    world.call("DELETE", &path, Some(&token), None).await;
    assert_eq!(world.newest(world.police, "areas.deleted").await.record["act"]["id"], saved["id"]);

    world.app.ledger_sql.close().await;
    world.post("/api/v1/saved-areas", &token, pier("Never")).await.refused(503);
    assert_eq!(world.get("/api/v1/saved-areas", &token).await.ok(), json!([]));
}

#[tokio::test]
async fn acc_6_names_and_coordinates_of_saved_areas_are_sealed_on_disk() {
    let world = World::new().await;
    let token = world.sign_in("detective", "enhanced").await;
    world.post("/api/v1/saved-areas", &token, pier("Zanzibar yard")).await.ok();
    let rows = sqlx::query("SELECT sealed FROM saved_areas").fetch_all(world.app.sql.pool()).await.unwrap();
    let sealed: Vec<u8> = sqlx::Row::try_get(&rows[0], "sealed").unwrap();
    let text = String::from_utf8_lossy(&sealed).into_owned();
    assert!(!text.contains("Zanzibar") && !text.contains("coordinates") && !text.contains("-140"));
}

#[tokio::test]
async fn every_limit_of_saved_areas_is_named() {
    let world = World::new().await;
    let token = world.sign_in("detective", "enhanced").await;
    let refused = async |body: Value, field: &str, named: &str| {
        let problem = world.post("/api/v1/saved-areas", &token, body).await.refused(422);
        assert_eq!(problem["field"], field, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(named), "{problem}");
    };
    refused(pier(&"x".repeat(81)), "name", "80").await;
    refused(pier("  "), "name", "80").await;
    refused(json!({ "name": "None", "areas": [] }), "areas", "50").await;
    refused(json!({ "name": "Many", "areas": vec![square(34.0, -140.0); 51] }), "areas", "50").await;
    let ring: Vec<_> = (0..10_001).map(|number| json!([-140.0 - f64::from(number) * 1e-6, 34.0])).collect();
    refused(json!({ "name": "Large", "areas": [{ "coordinates": [ring] }] }), "areas", "10000").await;
    let line =
        json!({ "name": "Line", "areas": [square(34.0, -140.0), { "coordinates": [[[0.0, 0.0], [1.0, 1.0]]] }] });
    refused(line, "areas[1].coordinates", "").await;
    for number in 0..50 {
        world.post("/api/v1/saved-areas", &token, pier(&format!("Pier {number}"))).await.ok();
    }
    refused(pier("One more"), "name", "50").await;
    assert_eq!(world.get("/api/v1/saved-areas", &token).await.ok().as_array().unwrap().len(), 50);
}
