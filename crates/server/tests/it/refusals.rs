//! What is refused: which field is named, what is recorded, and that no row leaves.

use super::world::{NOW, World, ask, purpose, question, read, square};
use serde_json::{Value, json};

async fn world() -> World {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world.share(world.police, world.federal).await;
    world
}

/// Asks, expects a refusal with this field, and that it is in the ledger.
async fn refused(world: &World, token: &str, body: Value, field: &str) -> Value {
    let problem = world.post("/api/v1/queries", token, body).await.refused(422);
    assert_eq!(problem["field"], field, "{problem}");
    let entry = problem["ledger_entry"].as_u64().unwrap();
    let record = world.app.ledger.open_record(entry, Some(world.federal)).await.unwrap();
    assert_eq!(record.kind, "query.refused");
    assert!(!problem.to_string().contains("7ABC123"), "no plate in an error");
    problem
}

fn without(mut body: Value, field: &str) -> Value {
    let (parent, name) = field.split_once('.').unwrap();
    body[parent].as_object_mut().unwrap().remove(name).unwrap();
    body
}

#[tokio::test]
async fn why_1_why_2_why_3_why_6_why_7_each_missing_field_is_named_and_the_refusal_recorded() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let full = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    let fields = [
        "question.from",
        "question.to",
        "question.state",
        "purpose.reason",
        "purpose.case_reference",
        "purpose.subject",
        "purpose.not_based_on_trait",
    ];
    for field in fields {
        refused(&world, &token, without(full(), field), field).await;
    }
    let area = || ask("area", json!({ "areas": [square(34.0, -140.0)] }));
    let fields = [
        "question.areas",
        "purpose.case_reference",
        "purpose.justification",
        "purpose.suspicion_facts",
        "purpose.target",
        "purpose.place_linked_to_case",
    ];
    for field in fields {
        refused(&world, &token, without(area(), field), field).await;
    }
}

#[tokio::test]
async fn why_2_a_reason_that_is_not_on_the_list_is_refused() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let mut body = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    body["purpose"]["reason"] = json!("CURIOUS");
    refused(&world, &token, body, "purpose.reason").await;
}

#[tokio::test]
async fn why_5_a_frame_that_reaches_further_back_than_the_reason_allows_is_refused() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let mut body = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    body["question"]["from"] = json!(NOW.plus_micros(-400 * 86_400_000_000).to_string());
    refused(&world, &token, body, "question.from").await;
}

#[tokio::test]
async fn qry_2_fields_of_another_kind_and_unknown_fields_are_refused_by_name_not_dropped() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let fields = json!({ "plate": "7ABC123", "state": "US-CA", "areas": [square(34.0, -140.0)] });
    refused(&world, &token, ask("full-plate", fields), "question.areas").await;
    let fields = json!({ "plate": "7ABC123", "state": "US-CA", "colour": "red" });
    refused(&world, &token, ask("full-plate", fields), "question.colour").await;
    refused(&world, &token, ask("full-plate", json!({ "plate": "7%", "state": "US-CA" })), "question.plate").await;
    refused(&world, &token, ask("everything", json!({})), "question.kind").await;
    let far = json!({ "areas": [{ "coordinates": [[[0.0, 0.0], [1.0, 1.0]]] }] });
    refused(&world, &token, ask("area", far), "question.areas[0].coordinates").await;
    world.post("/api/v1/queries", &token, json!("not an object")).await.refused(400);
}

#[tokio::test]
async fn qry_2_a_wildcard_that_is_not_true_is_refused_by_name_not_taken_for_one() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let with = |wildcard: Value| ask("partial-plate", json!({ "tokens": ["7", wildcard, "B"], "state": "US-CA" }));
    refused(&world, &token, with(json!({ "one": false })), "question.tokens[1].one").await;
    refused(&world, &token, with(json!({ "any": false })), "question.tokens[1].any").await;
    refused(&world, &token, with(json!({ "one": true, "any": true })), "question.tokens[1]").await;
    world.post("/api/v1/queries", &token, with(json!({ "one": true }))).await.ok();
    // Where a star is one character no other way of writing makes it a run of them.
    refused(&world, &token, with(json!({ "any": true })), "question.tokens[1].any").await;
    let detective = world.sign_in("detective", "enhanced").await;
    world.post("/api/v1/queries", &detective, with(json!({ "any": true }))).await.ok();
}

#[tokio::test]
async fn acc_2_acc_3_a_unit_without_the_right_and_a_plain_door_are_refused_before_the_form_is_read_closely() {
    let world = world().await;
    let area = || ask("area", json!({ "areas": [square(34.0, -140.0)] }));
    let enforcement = world.sign_in("enforcement", "enhanced").await;
    let problem = world.post("/api/v1/queries", &enforcement, area()).await.refused(403);
    assert!(problem["rule"].as_str().unwrap().contains("area"), "{problem}");

    let plain = world.sign_in("investigator", "plain").await;
    let problem = world.post("/api/v1/queries", &plain, area()).await.refused(403);
    assert!(problem["unlock"].as_str().unwrap().to_lowercase().contains("enhanced"), "{problem}");

    let officer = world.sign_in("officer", "plain").await;
    world.post("/api/v1/queries", &officer, area()).await.refused(403);
    let manager = world.sign_in("manager", "plain").await;
    let full = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    world.post("/api/v1/queries", &manager, full).await.refused(403);
}

#[tokio::test]
async fn lim_2_an_area_over_the_limit_is_refused() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let wide = json!({ "coordinates": [[[-141.0, 33.0], [-139.0, 33.0], [-139.0, 35.0], [-141.0, 35.0]]] });
    refused(&world, &token, ask("area", json!({ "areas": [wide] })), "question.areas").await;
}

#[tokio::test]
async fn acc_4_new_rules_of_behaviour_stop_questions_until_they_are_accepted() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let body = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    world.post("/api/v1/queries", &token, body()).await.ok();
    let manager = world.sign_in("manager", "plain").await;
    let rules = json!({ "text": "New rules.", "enhanced_text": "New rules of the enhanced functions." });
    world.call("PUT", "/api/v1/agency/rules", Some(&manager), Some(rules)).await.ok();
    let problem = world.post("/api/v1/queries", &token, body()).await.refused(403);
    assert_eq!(problem["type"], "urn:sightline:problem:accept-rules");
    let me = world.get("/api/v1/session", &token).await.ok();
    assert_eq!(me["rules"]["text"], "New rules.");
    let accept = json!({ "version": me["rules"]["version"], "accepted": true });
    world.post("/api/v1/session/rules", &token, accept).await.ok();
    world.post("/api/v1/queries", &token, body()).await.ok();
}

#[tokio::test]
async fn aud_1_when_the_ledger_cannot_write_nothing_runs_and_no_row_leaves() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let answer = world
        .post("/api/v1/queries", &token, ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" })))
        .await
        .ok();
    world.app.ledger_sql.close().await;
    let body = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    world.post("/api/v1/queries", &token, body()).await.refused(503);
    let mut preview = body();
    preview["preview"] = json!(true);
    world.post("/api/v1/queries", &token, preview).await.refused(503);
    let query = answer["query"].as_str().unwrap();
    world.post(&format!("/api/v1/queries/{query}/count"), &token, json!({})).await.refused(503);
    let again = json!({ "from": "2026-06-01T02:00:00Z", "to": "2026-06-01T05:00:00Z" });
    world.post(&format!("/api/v1/queries/{query}/again"), &token, again).await.refused(503);
    let id = answer["page"]["rows"][0]["id"].as_str().unwrap();
    world.get(&format!("/api/v1/queries/{query}/photos/{id}/0"), &token).await.refused(503);
}

#[tokio::test]
async fn why_6_a_question_that_is_not_attested_free_of_traits_is_refused_for_every_kind() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let mut purpose = purpose();
    purpose["not_based_on_trait"] = json!(false);
    let kinds = [
        ("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" })),
        ("partial-plate", json!({ "plate": "7ABC1*3", "state": "US-CA" })),
        ("make-model", json!({ "vehicle": { "make": "toyota" } })),
        ("area", json!({ "areas": [square(34.0, -140.0)] })),
        ("common-plate", json!({ "areas": [square(34.0, -140.0), square(34.01, -140.01)] })),
        ("movement", json!({ "plate": "7ABC123", "state": "US-CA" })),
    ];
    for (kind, fields) in kinds {
        let body = json!({ "question": question(kind, fields), "purpose": purpose });
        refused(&world, &token, body, "purpose.not_based_on_trait").await;
    }
}
