//! The policy in words, as a table, and "could this user ask this?".

use super::world::{World, ask, square};
use domain::{Permission, Role};
use serde_json::{Value, json};

const TRIES: &str = "/api/v1/policy/tries";

fn body(world: &World, login: &str, kind: &str, door: &str, more: Value) -> Value {
    let mut body = json!({ "user": world.id(login), "kind": kind, "reason": "CRIME", "door": door });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn helps(tried: &Value) -> Vec<(&str, &str)> {
    let all = tried["would_help"].as_array().unwrap().iter();
    all.map(|one| (one["what"].as_str().unwrap(), one["then"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn agy_1_agy_5_a_manager_tries_what_a_person_could_ask_and_is_told_what_would_help() {
    let world = World::new().await;
    world.share(world.police, world.federal).await;
    let manager = world.sign_in("manager", "plain").await;
    let tried = async |body: Value| world.post(TRIES, &manager, body).await.ok();
    let none = || json!({});
    assert_eq!(tried(body(&world, "investigator", "area", "enhanced", none())).await["allowed"], true);
    let plain = tried(body(&world, "investigator", "area", "plain", none())).await;
    assert_eq!((&plain["allowed"], &plain["rule"]), (&json!(false), &json!("enhanced-log-in")));
    assert_eq!(helps(&plain), [("enhanced-door", "allowed")]);
    let large = tried(body(&world, "investigator", "area", "enhanced", json!({ "square_metres": 6_000_000 }))).await;
    assert_eq!((&large["rule"], &large["field"]), (&json!("area-too-large"), &json!("criteria.areas")));
    assert_eq!(helps(&large), [("approval", "allowed")]);
    let both = tried(body(&world, "investigator", "area", "plain", json!({ "square_metres": 6_000_000 }))).await;
    assert_eq!(helps(&both), [("enhanced-door", "area-too-large")]);
    let long = tried(body(&world, "investigator", "common-plate", "enhanced", json!({ "days": 31 }))).await;
    assert_eq!(long["rule"], "span-too-long");
    let back = tried(body(&world, "investigator", "full-plate", "plain", json!({ "days": 1, "days_back": 400 }))).await;
    assert_eq!(back["rule"], "look-back-too-long");
    let never = tried(body(&world, "enforcement", "area", "enhanced", none())).await;
    assert_eq!((never["rule"].as_str(), helps(&never)), (Some("enforcement-no-area"), Vec::new()));
    let mut admin = body(&world, "investigator", "area", "enhanced", none());
    admin["reason"] = json!("ADMIN");
    let admin = tried(admin).await;
    assert_eq!(
        (admin["rule"].as_str(), helps(&admin)),
        (Some("criminal-reason"), vec![("criminal-reason", "allowed")])
    );
    assert_eq!(world.newest(world.federal, "policy.tried").await.record["rule"], "criminal-reason");
    // What is tried is what is asked.
    let token = world.sign_in("investigator", "plain").await;
    let asked = world.post("/api/v1/queries", &token, ask("area", json!({ "areas": [square(34.0, -140.0)] }))).await;
    assert_eq!(asked.refused(403)["rule"], plain["rule"]);
}

#[tokio::test]
async fn acc_5_acc_7_a_try_tells_of_permission_training_and_review_and_reaches_nobody_of_another_agency() {
    let mut world = World::new().await;
    let (police, patrol) = (world.police, world.unit_of("sergeant").await);
    world.user("rookie", police, patrol, &[Role::PatrolOfficer], &[Permission::Full]).await;
    let chief = world.sign_in("chief", "plain").await;
    let tried = async |body: Value| world.post(TRIES, &chief, body).await.ok();
    let missing = tried(body(&world, "rookie", "area", "enhanced", json!({}))).await;
    assert_eq!(
        (missing["rule"].as_str(), helps(&missing)),
        (Some("permission-missing"), vec![("permission", "allowed")])
    );
    sqlx::query("DELETE FROM training_records WHERE user_id = $1")
        .bind(world.id("rookie").to_string())
        .execute(world.app.sql.pool())
        .await
        .unwrap();
    let untrained = tried(body(&world, "rookie", "full-plate", "plain", json!({}))).await;
    assert_eq!((untrained["rule"].as_str(), helps(&untrained)), (Some("training-tool"), vec![("training", "allowed")]));
    sqlx::query("UPDATE grants SET granted = 0 WHERE user_id = $1")
        .bind(world.id("detective").to_string())
        .execute(world.app.sql.pool())
        .await
        .unwrap();
    let unused = tried(body(&world, "detective", "full-plate", "plain", json!({}))).await;
    assert_eq!(unused["rule"], "access-unused");
    assert!(helps(&unused).contains(&("review", "allowed")), "{unused}");
    let theirs = world.post(TRIES, &chief, body(&world, "investigator", "area", "plain", json!({}))).await;
    let mut nobody = body(&world, "rookie", "area", "plain", json!({}));
    nobody["user"] = json!("0190aaaa-0000-7000-8000-000000000000");
    let nobody = world.post(TRIES, &chief, nobody).await;
    assert_eq!((theirs.status.as_u16(), theirs.bytes), (404, nobody.bytes));
    for (name, value, field) in [
        ("kind", json!("all"), "kind"),
        ("door", json!("back"), "door"),
        ("days", json!(0), "days"),
        ("areas", json!(51), "areas"),
    ] {
        let body = body(&world, "rookie", "area", "plain", json!({ name: value }));
        assert_eq!(world.post(TRIES, &chief, body).await.refused(422)["field"], field);
    }
}

#[tokio::test]
async fn acc_2_the_matrix_tells_rules_with_their_sources_numbers_and_who_may_ask_what() {
    let world = World::new().await;
    let manager = world.sign_in("manager", "plain").await;
    let matrix = world.get("/api/v1/policy/matrix", &manager).await.ok();
    assert_eq!(matrix["preset"], "pia-039b");
    let rules = matrix["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["source"].as_str().is_some_and(|source| !source.is_empty())));
    assert_eq!(matrix["limits"]["fewest_known_characters"], 1);
    let cell = |profile: &str, kind: &str, role: &str| {
        let cells = matrix["cells"].as_array().unwrap();
        cells
            .iter()
            .find(|one| one["profile"] == profile && one["kind"] == kind && one["role"] == role)
            .unwrap()
            .clone()
    };
    let area = cell("investigations", "area", "criminal-investigator");
    assert_eq!(area["plain"], json!({ "allowed": false, "rule": "enhanced-log-in" }));
    assert_eq!(area["enhanced"], json!({ "allowed": true, "rule": "area-and-common-plate" }));
    assert_eq!(area["administrative"], json!({ "allowed": false, "rule": "criminal-reason" }));
    assert_eq!(cell("enforcement", "area", "task-force-officer")["enhanced"]["rule"], "enforcement-no-area");
    assert_eq!(cell("investigations", "full-plate", "agency-manager")["plain"]["rule"], "administrator-never");
    let supervisor = world.sign_in("supervisor", "plain").await;
    assert_eq!(world.get("/api/v1/policy/matrix", &supervisor).await.ok()["preset"], "pia-039b");
}
