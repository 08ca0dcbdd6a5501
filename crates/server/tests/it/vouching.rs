//! The second person is a second person: whoever makes, invites or changes an account does not check oneself through it.

use super::invitations::{code, open};
use super::world::{PASSWORD, World};
use domain::Role;
use serde_json::{Value, json};

const CHANGES: &str = "/api/v1/agency/policy/changes";
const DAY: i64 = 86_400_000_000;
/// What a person chooses in the place of the password that was typed for them.
const OWN: &str = "amber lantern nine";

/// Makes an account with a password that `by` typed, and signs in as it.
async fn make(world: &World, by: &str, login: &str, role: &str) -> String {
    let unit = world.unit_of("sergeant").await.0;
    let user =
        json!({ "login": login, "name": "P", "password": PASSWORD, "unit": unit, "roles": [role], "permissions": [] });
    world.post("/api/v1/agency/users", by, user).await.ok();
    world.sign_in_first(login, PASSWORD, OWN).await
}

async fn propose(world: &World, by: &str) -> String {
    let document = json!({ "reference": "Order 26-14", "date": "2026-05-20" });
    let body = json!({ "limits": { "fewest_known_characters": 1 }, "document": document });
    format!("{CHANGES}/{}/confirm", world.post(CHANGES, by, body).await.ok()["id"])
}

async fn refused(world: &World, confirm: &str, by: &str) {
    assert_eq!(world.post(confirm, by, json!({})).await.refused(403)["rule"], "independent-manager");
}

/// A world with a second manager of the police, whom nobody there made.
async fn two_managers() -> (World, String, String) {
    let mut world = World::new().await;
    let (police, patrol) = (world.police, world.unit_of("sergeant").await);
    world.user("deputychief", police, patrol, &[Role::AgencyManager], &[]).await;
    let (chief, deputy) = (world.sign_in("chief", "plain").await, world.sign_in("deputychief", "plain").await);
    (world, chief, deputy)
}

#[tokio::test]
async fn agy_5_a_manager_does_not_confirm_through_an_account_that_they_made_nor_through_one_made_by_it() {
    let (world, chief, deputy) = two_managers().await;
    let puppet = make(&world, &chief, "puppet", "agency-manager").await;
    let second = make(&world, &puppet, "second", "agency-manager").await;
    let of_chief = propose(&world, &chief).await;
    refused(&world, &of_chief, &puppet).await;
    refused(&world, &of_chief, &second).await;
    // Nor the other way round, nor both of two that one person made.
    let of_puppet = propose(&world, &puppet).await;
    refused(&world, &of_puppet, &chief).await;
    refused(&world, &of_puppet, &second).await;
    let limits = world.get("/api/v1/agency/policy", &chief).await.ok()["limits"].clone();
    assert_ne!(limits["fewest_known_characters"], 1);
    world.post(&of_puppet, &deputy, json!({})).await.ok();
}

#[tokio::test]
async fn agy_5_an_honest_change_of_an_account_does_not_hide_who_made_it_and_after_thirty_days_it_stands_alone() {
    let (world, chief, deputy) = two_managers().await;
    make(&world, &chief, "puppet", "agency-manager").await;
    let sign_in = || json!({ "login": "puppet", "password": OWN, "deliver": "token" });
    let people = world.get("/api/v1/agency/people", &chief).await.ok();
    let id = people.as_array().unwrap().iter().find(|one| one["login"] == "puppet").unwrap()["user"].clone();
    let roles = json!({ "roles": ["agency-manager"] });
    let path = format!("/api/v1/agency/people/{}", id.as_str().unwrap());
    world.put(&path, &deputy, roles).await.ok();
    let puppet = world.sign_in_with(sign_in()).await;
    refused(&world, &propose(&world, &chief).await, &puppet).await;
    refused(&world, &propose(&world, &deputy).await, &puppet).await;
    world.clock.advance_micros(30 * DAY);
    let (chief, puppet) = (world.sign_in("chief", "plain").await, world.sign_in_with(sign_in()).await);
    let confirm = propose(&world, &chief).await;
    world.post(&confirm, &puppet, json!({})).await.ok();
}

#[tokio::test]
async fn agy_5_who_came_in_by_a_managers_link_hangs_on_that_manager_from_its_use_on() {
    let (world, chief, deputy) = two_managers().await;
    let confirm = propose(&world, &chief).await;
    // A link replaces password and second factor: whoever holds it holds the account.
    let path = format!("/api/v1/agency/people/{}/invitation", world.id("deputychief"));
    let made = world.post(&path, &chief, json!({})).await.ok();
    let (_, link) = made["link"].as_str().unwrap().split_once("link=").unwrap();
    let opened = open(&world, link).await.ok();
    let code = code(&world, opened["totp_secret"].as_str().unwrap());
    let body = json!({ "link": link, "password": OWN, "code": code });
    assert!(world.call("POST", "/api/v1/invitations/use", None, Some(body)).await.status.is_success());
    world.post(&confirm, &deputy, json!({})).await.refused(401);
    let sign_in = json!({ "login": "deputychief", "password": OWN, "deliver": "token" });
    refused(&world, &confirm, &world.sign_in_with(sign_in).await).await;
}

#[tokio::test]
async fn agy_5_the_managers_that_the_host_made_confirm_one_anothers_changes() {
    let world = World::new().await;
    let host = world.sign_in("host", "plain").await;
    let body = json!({ "name": "Eastbank Sheriff", "preset": "open", "zone": "UTC" });
    let agency = world.post("/api/v1/agencies", &host, body).await.ok()["id"].clone();
    let mut managers = Vec::new();
    for login in ["one", "two"] {
        let manager = json!({ "login": login, "name": "M", "password": PASSWORD, "unit": "Office" });
        world.post(&format!("/api/v1/agencies/{agency}/managers"), &host, manager).await.ok();
        managers.push(world.sign_in_first(login, PASSWORD, OWN).await);
    }
    let confirm = propose(&world, &managers[0]).await;
    world.post(&confirm, &managers[1], json!({})).await.ok();
}

#[tokio::test]
async fn acc_7_a_manager_does_not_grant_on_the_certificate_of_a_supervisor_whom_they_made_or_changed() {
    let (world, chief, deputy) = two_managers().await;
    let puppet = make(&world, &chief, "puppet", "supervisor").await;
    let officer = |rest: &str| format!("/api/v1/agency/people/{}{rest}", world.id("officer"));
    let certify = async |by: &str, permission: &str| {
        let body = json!({ "permission": permission, "why": "Works the harbor burglaries.", "until": "2026-12-31" });
        world.post(&officer("/certificates"), by, body).await.ok();
    };
    let grant = async |by: &str, permission: &str| {
        world.post(&officer("/grants"), by, json!({ "permission": permission })).await
    };
    certify(&puppet, "area").await;
    assert_eq!(grant(&chief, "area").await.refused(409)["rule"], "certificate-not-independent");
    grant(&deputy, "area").await.ok();
    // Whose roles a manager sets does as that manager wants.
    let sergeant = world.sign_in("sergeant", "plain").await;
    certify(&sergeant, "common").await;
    let path = format!("/api/v1/agency/people/{}", world.id("sergeant"));
    world.put(&path, &chief, json!({ "roles": ["supervisor"] })).await.ok();
    assert_eq!(grant(&chief, "common").await.refused(409)["rule"], "certificate-not-independent");
    grant(&deputy, "common").await.ok();
}

#[tokio::test]
async fn acc_6_a_password_that_somebody_else_typed_opens_nothing_before_it_is_changed() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let unit = world.unit_of("sergeant").await.0;
    let user = json!({ "login": "fresh", "name": "F", "password": PASSWORD, "unit": unit, "roles": ["agency-manager"],
        "permissions": [] });
    world.post("/api/v1/agency/users", &chief, user).await.ok();
    let fresh = world.sign_in_with(json!({ "login": "fresh", "password": PASSWORD, "deliver": "token" })).await;
    let problem = world.get("/api/v1/agency/policy", &fresh).await.refused(403);
    assert_eq!(problem["type"], "urn:sightline:problem:change-password");
    assert!(problem["detail"].as_str().unwrap().contains("somebody else typed"), "{problem}");
    let change = async |new: &str| {
        let body: Value = json!({ "current": PASSWORD, "new": new });
        world.put("/api/v1/session/password", &fresh, body).await
    };
    assert_eq!(change(PASSWORD).await.refused(422)["field"], "new");
    change(OWN).await.ok();
    world.get("/api/v1/agency/policy", &fresh).await.ok();
}
