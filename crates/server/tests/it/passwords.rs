//! Password rules: how long, how complex, how old, and what too many failures do (ACC-6).

use super::world::{PASSWORD, World, ask};
use serde_json::{Value, json};

/// What a manager types for somebody, who changes it to [`STRONG`] at once.
const TYPED: &str = "Copper-teapot-5";
const STRONG: &str = "Violet-kettle-7";
const YEAR: i64 = 365 * 86_400_000_000;

fn sign_in(login: &str, password: &str) -> Value {
    json!({ "login": login, "password": password, "deliver": "token" })
}

/// A world with an agency under `cjis`, its manager `cjchief`, signed in, and a trained `cjofficer`.
async fn world() -> (World, String) {
    let world = World::new().await;
    let host = world.sign_in("host", "plain").await;
    let agency = json!({ "name": "Harbor Bureau", "preset": "open", "zone": "UTC", "passwords": "cjis" });
    let id = world.post("/api/v1/agencies", &host, agency).await.ok()["id"].as_u64().unwrap();
    let managers = format!("/api/v1/agencies/{id}/managers");
    let manager =
        |login: &str, password: &str| json!({ "login": login, "name": "M", "password": password, "unit": "Office" });
    for weak in [PASSWORD, "Harbor-Bureau-7", "Cjchief-2026"] {
        assert_eq!(
            world.post(&managers, &host, manager("cjchief", weak)).await.refused(422)["field"],
            "password",
            "{weak}"
        );
    }
    world.post(&managers, &host, manager("cjchief", TYPED)).await.ok();
    let chief = world.sign_in_first("cjchief", TYPED, STRONG).await;
    let unit = world.get("/api/v1/agency", &chief).await.ok()["units"][0]["id"].clone();
    let user = json!({
        "login": "cjofficer", "name": "O", "password": TYPED, "unit": unit, "roles": ["patrol-officer"],
        "permissions": ["full"],
    });
    world.post("/api/v1/agency/users", &chief, user).await.ok();
    world.sign_in_first("cjofficer", TYPED, STRONG).await;
    (world, chief)
}

#[tokio::test]
async fn acc_6_after_a_year_a_cjis_password_must_be_changed_before_anything_else() {
    let (world, _) = world().await;
    world.clock.advance_micros(YEAR);
    let token = world.sign_in_with(sign_in("cjofficer", STRONG)).await;
    let body = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    let problem = world.post("/api/v1/queries", &token, body.clone()).await.refused(403);
    assert_eq!(problem["type"], "urn:sightline:problem:change-password");
    world.get("/api/v1/me", &token).await.refused(403);
    assert!(world.get("/api/v1/session", &token).await.ok()["password_expires"].is_string());
    let other = world.sign_in_with(sign_in("cjofficer", STRONG)).await;
    let change = async |current: &str, new: &str| {
        world.put("/api/v1/session/password", &token, json!({ "current": current, "new": new })).await
    };
    assert_eq!(change("Wrong-one-7", "Amber-lantern-9").await.refused(422)["field"], "current");
    for weak in [STRONG, "amber lantern nine", "Password-1"] {
        assert_eq!(change(STRONG, weak).await.refused(422)["field"], "new", "{weak}");
    }
    change(STRONG, "Amber-lantern-9").await.ok();
    world.get("/api/v1/me", &token).await.ok();
    world.get("/api/v1/session", &other).await.refused(401);
    world.call("POST", "/api/v1/session", None, Some(sign_in("cjofficer", STRONG))).await.refused(401);
    world.sign_in_with(sign_in("cjofficer", "Amber-lantern-9")).await;
    // Under `nist` a password has no age.
    let officer = world.sign_in("officer", "plain").await;
    world.get("/api/v1/me", &officer).await.ok();
    assert_eq!(world.get("/api/v1/session", &officer).await.ok().get("password_expires"), None);
}

#[tokio::test]
async fn acc_6_under_cjis_five_failures_lock_the_account_until_a_manager_releases_it() {
    let (world, chief) = world().await;
    let try_it =
        async |password: &str| world.call("POST", "/api/v1/session", None, Some(sign_in("cjofficer", password))).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(try_it("Wrong-one-7").await.refused(401));
    }
    world.clock.advance_micros(16 * 60 * 1_000_000);
    answers.push(try_it(STRONG).await.refused(401));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "the answer does not tell that the account is locked");
    let people = world.get("/api/v1/agency/people", &chief).await.ok();
    let officer = people.as_array().unwrap().iter().find(|one| one["login"] == "cjofficer").unwrap();
    assert!(officer["locked"].is_string(), "the manager sees it at once");
    let unlock = format!("/api/v1/agency/users/{}/unlock", officer["user"].as_str().unwrap());
    let stranger = world.sign_in("manager", "plain").await;
    world.post(&unlock, &stranger, json!({})).await.refused(404);
    world.post(&unlock, &chief, json!({})).await.ok();
    try_it(STRONG).await.ok();
    // Elsewhere the door opens by itself.
    for _ in 0..5 {
        world.call("POST", "/api/v1/session", None, Some(sign_in("officer", "wrong password here"))).await.refused(401);
    }
    world.clock.advance_micros(15 * 60 * 1_000_000);
    world.sign_in("officer", "plain").await;
}

#[tokio::test]
async fn acc_6_guesses_at_the_password_behind_a_stolen_session_are_recorded_and_lock_the_account() {
    let (world, chief) = world().await;
    let token = world.sign_in_with(sign_in("cjofficer", STRONG)).await;
    let body = json!({ "current": "Wrong-one-7", "new": "Amber-lantern-9" });
    for _ in 0..5 {
        world.put("/api/v1/session/password", &token, body.clone()).await.refused(422);
    }
    world.clock.advance_micros(16 * 60 * 1_000_000);
    world
        .put("/api/v1/session/password", &token, json!({ "current": STRONG, "new": "Amber-lantern-9" }))
        .await
        .refused(429);
    let agency = world.get("/api/v1/session", &chief).await.ok()["agency_id"].clone();
    let records = world.records(serde_json::from_value(agency).unwrap()).await;
    let kinds: Vec<&str> = records.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "password.change-failed").count(), 5);
    assert_eq!(kinds.iter().filter(|kind| **kind == "user.locked").count(), 1);
}
