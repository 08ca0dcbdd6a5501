//! An agency changes its policy: narrowing is at once, widening needs a document and a second manager.

use super::world::{World, ask, square};
use domain::Role;
use serde_json::{Value, json};

const CHANGES: &str = "/api/v1/agency/policy/changes";

struct TwoManagers {
    world: World,
    first: String,
    second: String,
    detective: String,
}

impl TwoManagers {
    async fn begin() -> Self {
        let mut world = World::new().await;
        let (police, patrol) = (world.police, world.unit_of("sergeant").await);
        world.user("deputychief", police, patrol, &[Role::AgencyManager], &[]).await;
        let (first, second) = (world.sign_in("chief", "plain").await, world.sign_in("deputychief", "plain").await);
        let detective = world.sign_in("detective", "enhanced").await;
        Self { world, first, second, detective }
    }

    async fn partial(&self, plate: &str) -> super::world::Reply {
        let body = ask("partial-plate", json!({ "plate": plate, "state": "US-CA" }));
        self.world.post("/api/v1/queries", &self.detective, body).await
    }

    async fn policy(&self) -> Value {
        self.world.get("/api/v1/agency/policy", &self.first).await.ok()
    }
}

fn document() -> Value {
    json!({ "reference": "Order 26-14", "date": "2026-05-20" })
}

#[tokio::test]
async fn agy_5_a_narrower_number_is_in_force_on_the_next_question() {
    let two = TwoManagers::begin().await;
    two.partial("7A?").await.ok();
    let body = json!({ "limits": { "fewest_known_characters": 3 } });
    let changed = two.world.post(CHANGES, &two.first, body).await.ok();
    assert_eq!((&changed["effective"], &changed["widens"]), (&json!(true), &json!([])));
    assert_eq!(two.partial("7A?").await.refused(422)["rule"], "too-few-known-characters");
    two.partial("7AB?").await.ok();
    let shown = two.policy().await;
    assert_eq!(
        (&shown["limits"]["fewest_known_characters"], &shown["changed"]),
        (&json!(3), &json!(["fewest_known_characters"]))
    );
    assert_eq!(two.world.newest(two.world.police, "query.rows").await.record["policy"], "open/5+1");
    let other = two.world.sign_in("manager", "plain").await;
    assert_eq!(two.world.get("/api/v1/agency/policy", &other).await.ok()["revision"], 0, "another agency's stays");
}

#[tokio::test]
async fn agy_5_a_wider_policy_needs_a_document_and_a_second_manager_and_is_not_in_force_before() {
    let two = TwoManagers::begin().await;
    let wider = |document: Option<Value>| json!({ "limits": { "fewest_known_characters": 1 }, "document": document });
    let problem = two.world.post(CHANGES, &two.first, wider(None)).await.refused(422);
    assert_eq!(problem["field"], "document");
    assert!(problem["detail"].as_str().unwrap().contains("known characters"), "{problem}");
    let late = json!({ "reference": "Order 26-15", "date": "2026-06-02" });
    assert_eq!(two.world.post(CHANGES, &two.first, wider(Some(late))).await.refused(422)["field"], "document.date");
    let changed = two.world.post(CHANGES, &two.first, wider(Some(document()))).await.ok();
    assert_eq!(changed["effective"], false);
    assert!(!changed["widens"].as_array().unwrap().is_empty());
    assert_eq!(two.partial("7?").await.refused(422)["rule"], "too-few-known-characters", "not before");
    let record = two.world.newest(two.world.police, "policy.widening-proposed").await.record;
    assert_eq!(record["act"]["document"], document());
    let pending = two.policy().await["pending"].clone();
    assert_eq!((&pending["own"], &pending["by"]), (&json!(true), &json!("Name of chief")));
    let confirm = format!("{CHANGES}/{}/confirm", changed["id"]);
    assert_eq!(two.world.post(&confirm, &two.first, json!({})).await.refused(403)["rule"], "second-manager");
    assert_eq!(two.partial("7?").await.refused(422)["rule"], "too-few-known-characters", "not by the same manager");
    let stranger = two.world.sign_in("manager", "plain").await;
    two.world.post(&confirm, &stranger, json!({})).await.refused(404);
    two.world.post(&confirm, &two.second, json!({})).await.ok();
    two.partial("7?").await.ok();
    assert_eq!(two.policy().await.get("pending"), None);
    two.world.post(&confirm, &two.second, json!({})).await.refused(404);
    assert_eq!(
        two.world.newest(two.world.police, "policy.widening-confirmed").await.record["by"],
        json!(two.world.id("deputychief"))
    );
}

#[tokio::test]
async fn agy_5_a_proposal_is_void_once_the_policy_was_changed_and_can_be_withdrawn() {
    let two = TwoManagers::begin().await;
    let wider = json!({ "limits": { "fewest_known_characters": 1 }, "document": document() });
    let id = two.world.post(CHANGES, &two.first, wider.clone()).await.ok()["id"].clone();
    two.world.post(CHANGES, &two.first, json!({ "limits": { "unused_days": 30 } })).await.ok();
    let confirm = format!("{CHANGES}/{id}/confirm");
    assert_eq!(two.world.post(&confirm, &two.second, json!({})).await.refused(409)["field"], "policy");
    assert_eq!(two.policy().await["limits"]["unused_days"], 30);
    let id = two.world.post(CHANGES, &two.first, wider).await.ok()["id"].clone();
    let withdraw = format!("{CHANGES}/{id}");
    two.world.call("DELETE", &withdraw, Some(&two.second), None).await.ok();
    two.world.post(&format!("{withdraw}/confirm"), &two.second, json!({})).await.refused(404);
    assert_eq!(two.policy().await.get("pending"), None);
}

#[tokio::test]
async fn agy_5_another_preset_is_a_change_like_any_other() {
    let two = TwoManagers::begin().await;
    assert_eq!(two.world.post(CHANGES, &two.first, json!({ "preset": "texas" })).await.refused(422)["field"], "preset");
    let wrong = json!({ "limits": { "largest_aera_m2": 5 } });
    assert_eq!(two.world.post(CHANGES, &two.first, wrong).await.refused(422)["field"], "limits");
    assert_eq!(
        two.world.post(CHANGES, &two.first, json!({ "preset": "pia-039b" })).await.refused(422)["field"],
        "document"
    );
    let body = json!({ "preset": "strict", "document": document() });
    let changed = two.world.post(CHANGES, &two.first, body).await.ok();
    two.world.post(&format!("{CHANGES}/{}/confirm", changed["id"]), &two.second, json!({})).await.ok();
    assert_eq!(two.policy().await["preset"], "strict");
    let area = ask("area", json!({ "areas": [square(34.0, -140.0)] }));
    let problem = two.world.post("/api/v1/queries", &two.detective, area).await.refused(403);
    // The detective came by password and code, which opens the enhanced door there no more.
    assert_eq!(problem["rule"], "enhanced-log-in");
}

#[tokio::test]
async fn agy_5_no_proposal_gets_the_number_of_an_earlier_one_and_the_entry_says_what_was_confirmed() {
    let two = TwoManagers::begin().await;
    let wider = |known: u32| json!({ "limits": { "fewest_known_characters": known }, "document": document() });
    two.world.post(CHANGES, &two.first, json!({ "limits": { "fewest_known_characters": 4 } })).await.ok();
    let mild = two.world.post(CHANGES, &two.first, wider(3)).await.ok()["id"].clone();
    let wide = two.world.post(CHANGES, &two.first, wider(1)).await.ok()["id"].clone();
    assert_ne!(mild, wide);
    // Who looked at the mild one does not confirm the wide one.
    two.world.post(&format!("{CHANGES}/{mild}/confirm"), &two.second, json!({})).await.refused(404);
    assert_eq!(two.policy().await["limits"]["fewest_known_characters"], 4);
    two.world.post(&format!("{CHANGES}/{wide}/confirm"), &two.second, json!({})).await.ok();
    let record = two.world.newest(two.world.police, "policy.widening-confirmed").await.record;
    assert_eq!(record["act"]["limits"]["fewest_known_characters"], 1);
}

#[tokio::test]
async fn agy_5_an_optional_limit_is_taken_away_like_anything_that_widens() {
    let two = TwoManagers::begin().await;
    two.world.post(CHANGES, &two.first, json!({ "limits": { "longest_look_back_days": 21 } })).await.ok();
    let without = json!({ "without": ["longest_look_back_days"] });
    assert_eq!(two.world.post(CHANGES, &two.first, without.clone()).await.refused(422)["field"], "document");
    let body = json!({ "without": ["longest_look_back_days"], "document": document() });
    let id = two.world.post(CHANGES, &two.first, body).await.ok()["id"].clone();
    assert_eq!(two.policy().await["limits"]["longest_look_back_days"], 21);
    two.world.post(&format!("{CHANGES}/{id}/confirm"), &two.second, json!({})).await.ok();
    assert_eq!(two.policy().await["limits"]["longest_look_back_days"], Value::Null);
    // What a policy cannot do without is not taken away.
    let wrong = json!({ "without": ["largest_area_m2"], "document": document() });
    assert_eq!(two.world.post(CHANGES, &two.first, wrong).await.refused(422)["field"], "limits");
}
