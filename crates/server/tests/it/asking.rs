//! How fast somebody asks: what looks like trawling is seen, what is too fast waits, and refusals do not fill the ledger.

use super::world::{World, ask};
use serde_json::{Value, json};
use sightline_server::http::refusals;
use sightline_server::queries::asking::{QUESTIONS_A_MINUTE_MAX, TRAWL_MICROS, TRAWL_PATTERNS};

fn partial(plate: &str) -> Value {
    ask("partial-plate", json!({ "plate": plate, "state": "US-CA" }))
}

async fn alarms(world: &World) -> usize {
    let records = world.records(world.police).await;
    records.iter().filter(|record| record.kind == "security.alarm" && record.record["of"] == "partial-plates").count()
}

#[tokio::test]
async fn lim_5_aud_5_an_enumeration_of_partial_plates_is_flagged_to_the_agency_and_in_the_ledger_and_not_refused() {
    let world = World::new().await;
    let token = world.sign_in("detective", "enhanced").await;
    let letters: Vec<char> = ('A'..='Z').collect();
    for letter in &letters[..TRAWL_PATTERNS - 1] {
        world.post("/api/v1/queries", &token, partial(&format!("7A{letter}?1??"))).await.ok();
    }
    // The same one again is no other one.
    world.post("/api/v1/queries", &token, partial("7AA?1??")).await.ok();
    assert_eq!(alarms(&world).await, 0);
    let last = letters[TRAWL_PATTERNS - 1];
    world.post("/api/v1/queries", &token, partial(&format!("7A{last}?1??"))).await.ok();
    assert_eq!(alarms(&world).await, 1);
    let alarm = world.newest(world.police, "security.alarm").await.record;
    assert_eq!(
        (&alarm["by"], alarm["different"].as_u64()),
        (&json!(world.id("detective")), Some(TRAWL_PATTERNS as u64))
    );
    assert!(!alarm.to_string().contains("7A"), "no content of a question is in an alarm: {alarm}");
    let chief = world.sign_in("chief", "plain").await;
    assert_eq!(world.get("/api/v1/agency/alarms", &chief).await.ok()[0]["kind"], "trawling");
}

#[tokio::test]
async fn lim_5_aud_5_partial_plates_over_a_day_are_no_enumeration_and_one_with_too_few_characters_counts_and_is_refused()
 {
    let world = World::new().await;
    let token = world.sign_in("detective", "enhanced").await;
    for letter in ('A'..='Z').take(TRAWL_PATTERNS - 1) {
        world.post("/api/v1/queries", &token, partial(&format!("7A{letter}?1??"))).await.ok();
    }
    world.clock.advance_micros(TRAWL_MICROS);
    let token = world.sign_in("detective", "enhanced").await;
    world.post("/api/v1/queries", &token, partial("7AZ?1??")).await.ok();
    assert_eq!(alarms(&world).await, 0);
    for letter in ('A'..='Z').take(TRAWL_PATTERNS) {
        world.post("/api/v1/queries", &token, partial(&format!("{letter}*"))).await.refused(422);
    }
    assert_eq!(alarms(&world).await, 1);
}

#[tokio::test]
async fn lim_5_more_questions_a_minute_than_anybody_asks_are_refused_and_the_refusals_are_one_entry_and_a_count() {
    let world = World::new().await;
    let token = world.sign_in("officer", "plain").await;
    let question = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    for _ in 0..QUESTIONS_A_MINUTE_MAX {
        world.post("/api/v1/queries", &token, question.clone()).await.ok();
    }
    let before = world.records(world.police).await.len();
    let first = world.post("/api/v1/queries", &token, question.clone()).await.refused(429);
    assert_eq!(first["ledger_entry"], world.newest(world.police, "access.refused").await.index);
    for _ in 0..7 {
        world.post("/api/v1/queries", &token, question.clone()).await.refused(429);
    }
    assert_eq!(world.records(world.police).await.len(), before + 1);
    world.clock.advance_micros(60_000_000);
    world.post("/api/v1/queries", &token, question).await.ok();
    refusals::write_ended_minutes(&world.app).await.unwrap();
    let counted = world.newest(world.police, "access.refused-again").await.record;
    assert_eq!((&counted["count"], &counted["by"]["user"]), (&json!(7), &json!(world.id("officer"))), "{counted}");
}

#[tokio::test]
async fn aud_1_a_person_who_is_refused_again_and_again_fills_no_ledger_and_every_kind_of_refusal_is_an_entry_at_once() {
    let world = World::new().await;
    let token = world.sign_in("officer", "plain").await;
    let count = async || {
        let records = world.records(world.police).await;
        records.iter().filter(|record| record.kind.starts_with("access.refused")).count()
    };
    for _ in 0..50 {
        world.post("/api/v1/agency/units", &token, json!({})).await.refused(403);
        world.post("/api/v1/agency/users", &token, json!({})).await.refused(403);
    }
    assert_eq!(count().await, 2);
    refusals::write_ended_minutes(&world.app).await.unwrap();
    assert_eq!(count().await, 2, "the minute is not over");
    world.clock.advance_micros(60_000_000);
    refusals::write_ended_minutes(&world.app).await.unwrap();
    assert_eq!(world.newest(world.police, "access.refused-again").await.record["count"], 98);
    world.post("/api/v1/agency/units", &token, json!({})).await.refused(403);
    assert_eq!(count().await, 4);
    refusals::flush(&world.app).await.unwrap();
    assert_eq!(count().await, 4, "what was not repeated is whole already");
}
