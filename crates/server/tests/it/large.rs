//! LIM-1: the warning at 10,000.

use super::world::{World, ask, read};
use serde_json::{Value, json};

async fn world_with(reads: i64) -> (World, String) {
    let world = World::new().await;
    let all: Vec<Value> = (0..reads)
        .map(|number| {
            let mut read = read("7ABC123", Some("US-CA"), 0);
            read["event_id"] = json!(format!("event {number}"));
            read["scan_time"] = json!(super::world::NOW.plus_micros(-(number + 1) * 1_000_000).to_string());
            read
        })
        .collect();
    for batch in all.chunks(5_000) {
        world.ingest("pole-1", batch.to_vec()).await;
    }
    let token = world.sign_in("officer", "plain").await;
    (world, token)
}

fn full() -> Value {
    ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }))
}

#[tokio::test]
async fn lim_1_below_ten_thousand_every_row_is_returned_in_pages_of_five_hundred() {
    let (world, token) = world_with(9_999).await;
    let answer = world.post("/api/v1/queries", &token, full()).await.ok();
    assert_eq!((&answer["count"]["exactly"], &answer["truncated"]), (&json!(9_999), &json!(false)));
    let query = answer["query"].as_str().unwrap();
    let mut seen = Vec::new();
    for page in 0..answer["page"]["pages"].as_u64().unwrap() {
        let rows = world.get(&format!("/api/v1/queries/{query}/rows?page={page}"), &token).await.ok();
        assert!(rows["rows"].as_array().unwrap().len() <= 500);
        seen.extend(rows["rows"].as_array().unwrap().iter().map(|row| row["scan_time"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen.len(), 9_999);
    assert!(seen.is_sorted_by(|earlier, later| earlier >= later), "newest first");
}

#[tokio::test]
async fn lim_1_ten_thousand_ask_for_confirmation_and_then_give_the_newest_five_thousand() {
    let (world, token) = world_with(10_000).await;
    let problem = world.post("/api/v1/queries", &token, full()).await.refused(409);
    assert!(problem["detail"].as_str().unwrap().starts_with("at least 10,000"));
    let query = problem["query"].as_str().unwrap();

    let exact = world.post(&format!("/api/v1/queries/{query}/count"), &token, json!({})).await.ok();
    assert_eq!((&exact["exactly"], &exact["incomplete"]), (&json!(10_000), &json!([])));

    let shown =
        world.post(&format!("/api/v1/queries/{query}/show"), &token, json!({ "confirm_large": true })).await.ok();
    assert_eq!((&shown["count"]["at_least"], &shown["truncated"]), (&json!(10_000), &json!(true)));
    assert_eq!((&shown["page"]["filtered"], &shown["page"]["pages"]), (&json!(5_000), &json!(10)));
    let newest = super::world::NOW.plus_micros(-1_000_000).to_string();
    assert_eq!(shown["page"]["rows"][0]["scan_time"], json!(newest));

    let record = world.newest(world.police, "query.rows").await;
    assert_eq!(record.record["details"]["confirmed_large"], true);
    let outcome = world.newest(world.police, "query.outcome").await;
    assert_eq!(outcome.record["returned"].as_array().unwrap().len(), 5_000);
    // Showing without the confirmation asks again.
    world.post(&format!("/api/v1/queries/{query}/show"), &token, json!({})).await.refused(409);
}
