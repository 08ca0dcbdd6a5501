//! Agreements, several over the same detections, and an agency's policy with what it leaves out.

use super::world::{NOW, World, ask, read};
use serde_json::json;

const DAY: i64 = 86_400_000_000;

#[tokio::test]
async fn agy_2_a_pool_under_several_agreements_is_seen_while_any_of_them_holds() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world.share_until(world.police, world.federal, NOW.plus_micros(DAY)).await;
    world.share_until(world.police, world.federal, NOW.plus_micros(2 * DAY)).await;
    // One that is over does not stop the others.
    world.share_until(world.police, world.federal, NOW.plus_micros(-DAY / 2)).await;
    let token = world.sign_in("investigator", "plain").await;
    let body = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    assert_eq!(world.post("/api/v1/queries", &token, body()).await.ok()["count"]["exactly"], 1);
}
