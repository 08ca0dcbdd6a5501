//! Invitations: one-time links by which people set their own password and second factor.

use super::passkeys;
use super::soft_key::Saying;
use super::world::{PASSWORD, Reply, World};
use serde_json::{Value, json};
use sightline_server::accounts::api as account_api;
use std::sync::Arc;
use storage::Clock;

const OWN: &str = "a kettle of violets at noon";
const HOUR: i64 = 3_600_000_000;

/// What stands behind `#link=`.
pub(crate) fn secret(invitation: &Value) -> String {
    let link = invitation["link"].as_str().unwrap();
    let (address, secret) = link.split_once("#link=").unwrap();
    assert_eq!(address, "http://localhost:8080/join", "the secret is where no server's log sees it");
    secret.to_owned()
}

pub(crate) async fn open(world: &World, link: &str) -> Reply {
    world.call("POST", "/api/v1/invitations/open", None, Some(json!({ "link": link }))).await
}

pub(crate) async fn use_up(world: &World, link: &str, password: &str, code: &str) -> Reply {
    let body = json!({ "link": link, "password": password, "code": code });
    world.call("POST", "/api/v1/invitations/use", None, Some(body)).await
}

/// The code of a secret as an authenticator app shows it.
pub(crate) fn code(world: &World, base32: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(base32).unwrap();
    let totp = account_api::totp(secret.as_ref().to_vec()).unwrap();
    totp.generate(u64::try_from(world.clock.now().seconds()).unwrap()).to_string()
}

/// A new person of the police without a password; gives the user's id and the link.
async fn invited(world: &World, chief: &str) -> (String, String) {
    let unit = world.unit_of("officer").await;
    let body = json!({ "login": "newcomer", "name": "Robin Vale", "unit": unit, "roles": ["patrol-officer"], "permissions": ["full"] });
    let made = world.post("/api/v1/agency/users", chief, body).await.ok();
    (made["user"].as_str().unwrap().to_owned(), secret(&made["invitation"]))
}

async fn sign_in(world: &World, login: &str, password: &str, code: Option<String>) -> Reply {
    let door = if code.is_some() { "enhanced" } else { "plain" };
    let body = json!({ "login": login, "password": password, "door": door, "code": code, "deliver": "token" });
    world.call("POST", "/api/v1/session", None, Some(body)).await
}

#[tokio::test]
async fn acc_1_acc_6_who_is_invited_sets_an_own_password_and_second_factor_and_signs_in_by_the_ordinary_door() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let (user, link) = invited(&world, &chief).await;
    sign_in(&world, "newcomer", "", None).await.refused(401);

    let opened = open(&world, &link).await.ok();
    assert_eq!((&opened["name"], &opened["replaces"]), (&json!("Robin Vale"), &json!(false)));
    assert_eq!(opened["password_rules"][0], "15 to 128 characters.");
    let factor = opened["totp_secret"].as_str().unwrap();
    assert_eq!(opened["totp_uri"], format!("otpauth://totp/Sightline:newcomer?secret={factor}&issuer=Sightline"));
    assert_eq!(open(&world, &link).await.ok()["totp_secret"], factor, "looking again shows the same factor");

    // What is refused leaves the link as it was.
    assert_eq!(use_up(&world, &link, "short", &code(&world, factor)).await.refused(422)["field"], "password");
    assert_eq!(use_up(&world, &link, OWN, "000000").await.refused(422)["field"], "code");
    let shown = code(&world, factor);
    assert!(use_up(&world, &link, OWN, &shown).await.status.is_success());

    sign_in(&world, "newcomer", OWN, None).await.ok();
    sign_in(&world, "newcomer", OWN, Some(shown)).await.refused(401);
    world.clock.advance_micros(60_000_000);
    sign_in(&world, "newcomer", OWN, Some(code(&world, factor))).await.ok();

    for kind in ["invitation.made", "invitation.opened", "invitation.used"] {
        let record = world.newest(world.police, kind).await.record.to_string();
        assert!(record.contains(&user), "{kind}");
        assert!(!record.contains(&link) && !record.contains(OWN) && !record.contains(factor), "{kind}");
    }
}

#[tokio::test]
async fn acc_6_links_that_are_wrong_used_replaced_ended_late_or_of_a_closed_account_answer_alike() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let (user, replaced) = invited(&world, &chief).await;
    let path = format!("/api/v1/agency/people/{user}/invitation");
    let again = async || secret(&world.post(&path, &chief, json!({})).await.ok());
    let mut dead = vec!["guess".to_owned(), "x".repeat(5_000), replaced];

    let used = again().await;
    let factor = open(&world, &used).await.ok()["totp_secret"].as_str().unwrap().to_owned();
    assert!(use_up(&world, &used, OWN, &code(&world, &factor)).await.status.is_success());
    dead.push(used);

    let ended = again().await;
    world.call("DELETE", &path, Some(&chief), None).await.ok();
    world.call("DELETE", &path, Some(&chief), None).await.refused(404);
    assert_eq!(world.records(world.police).await.iter().filter(|record| record.kind == "invitation.ended").count(), 2);
    dead.push(ended);

    let of_closed = again().await;
    let active = format!("/api/v1/agency/users/{user}/active");
    world.put(&active, &chief, json!({ "active": false })).await.ok();
    world.post(&path, &chief, json!({})).await.refused(409);
    world.put(&active, &chief, json!({ "active": true })).await.ok();
    dead.push(of_closed);

    let late = again().await;
    world.clock.advance_micros(71 * HOUR);
    open(&world, &late).await.ok();
    world.clock.advance_micros(HOUR);
    dead.push(late);

    let size = world.app.ledger.size();
    let unknown = open(&world, "guess").await.refused(404);
    for link in dead {
        assert_eq!(open(&world, &link).await.refused(404), unknown);
        // Also with a password and a code that would do.
        assert_eq!(use_up(&world, &link, OWN, &code(&world, &factor)).await.refused(404), unknown);
        assert_eq!(use_up(&world, &link, "short", "1").await.refused(404), unknown);
    }
    assert_eq!(world.app.ledger.size(), size, "guesses of strangers do not fill the ledger");
}

#[tokio::test]
async fn acc_6_acc_8_a_new_link_ends_old_password_factor_lock_and_sessions_when_it_is_used_and_not_before() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let token = world.sign_in("detective", "enhanced").await;
    let path = format!("/api/v1/agency/people/{}/invitation", world.id("detective"));
    let link = secret(&world.post(&path, &chief, json!({})).await.ok());
    let opened = open(&world, &link).await.ok();
    assert_eq!(opened["replaces"], true);
    world.get("/api/v1/me", &token).await.ok();
    sign_in(&world, "detective", PASSWORD, Some(world.next_code("detective"))).await.ok();

    let factor = opened["totp_secret"].as_str().unwrap();
    assert!(use_up(&world, &link, OWN, &code(&world, factor)).await.status.is_success());
    world.get("/api/v1/me", &token).await.refused(401);
    sign_in(&world, "detective", PASSWORD, None).await.refused(401);
    sign_in(&world, "detective", OWN, Some(world.next_code("detective"))).await.refused(401);
    world.clock.advance_micros(60_000_000);
    sign_in(&world, "detective", OWN, Some(code(&world, factor))).await.ok();
}

#[tokio::test]
async fn acc_6_acc_8_a_one_time_link_ends_passkeys_when_it_is_used_and_not_before() {
    let (world, mut key, _) = passkeys::with_key().await;
    let chief = world.sign_in("chief", "plain").await;
    let path = format!("/api/v1/agency/people/{}/invitation", world.id("detective"));
    let link = secret(&world.post(&path, &chief, json!({})).await.ok());
    let opened = open(&world, &link).await.ok();
    let signed_in = passkeys::sign_in(&world, "detective", &mut key, Saying::default()).await.ok();
    let session = signed_in["token"].as_str().unwrap();

    let shown = code(&world, opened["totp_secret"].as_str().unwrap());
    assert!(use_up(&world, &link, OWN, &shown).await.status.is_success());
    world.get("/api/v1/session", session).await.refused(401);
    passkeys::sign_in(&world, "detective", &mut key, Saying::default()).await.refused(401);
    assert_eq!(world.newest(world.police, "sign-in.failed").await.record["why"], "credential");
    let people = world.get("/api/v1/agency/people", &chief).await.ok();
    let detective = people.as_array().unwrap().iter().find(|one| one["login"] == "detective").unwrap();
    assert_eq!(detective["passkeys"], 0);
}

#[tokio::test]
async fn acc_1_acc_2_a_link_is_made_by_a_manager_of_the_same_agency_and_never_for_oneself() {
    let world = World::new().await;
    let (chief, manager) = (world.sign_in("chief", "plain").await, world.sign_in("manager", "plain").await);
    let path = |login: &str| format!("/api/v1/agency/people/{}/invitation", world.id(login));
    let theirs = world.post(&path("officer"), &manager, json!({})).await.refused(404);
    let missing = "/api/v1/agency/people/0190aaaa-0000-7000-8000-000000000000/invitation";
    assert_eq!(world.post(missing, &manager, json!({})).await.refused(404), theirs);
    world.call("DELETE", &path("officer"), Some(&manager), None).await.refused(404);
    assert_eq!(world.post(&path("chief"), &chief, json!({})).await.refused(422)["field"], "user");
    let sergeant = world.sign_in("sergeant", "plain").await;
    world.post(&path("officer"), &sergeant, json!({})).await.refused(403);

    // The list says until when a link is open, and who never set a password.
    let made = world.post(&path("officer"), &chief, json!({})).await.ok();
    let (user, _) = invited(&world, &chief).await;
    let people = world.get("/api/v1/agency/people", &chief).await.ok();
    let person = |id: &str| people.as_array().unwrap().iter().find(|one| one["user"] == id).unwrap().clone();
    let officer = person(&world.id("officer").to_string());
    assert_eq!((&officer["invited_until"], &officer["password"]), (&made["expires"], &json!(true)));
    assert_eq!(person(&user)["password"], false);
    assert_eq!(person(&world.id("sergeant").to_string()).get("invited_until"), None);
    // A second factor is not made for somebody who makes it with the link.
    let unit = world.unit_of("officer").await;
    let body =
        json!({ "login": "x", "name": "X", "unit": unit, "roles": [], "permissions": [], "second_factor": true });
    assert_eq!(world.post("/api/v1/agency/users", &chief, body).await.refused(422)["field"], "second_factor");
}

#[tokio::test]
async fn acc_1_agy_1_a_host_operator_invites_the_first_manager_of_an_agency() {
    let world = World::new().await;
    let host = world.sign_in("host", "plain").await;
    let agency = json!({ "name": "Eastbank Sheriff", "preset": "pia-039b", "zone": "UTC" });
    let id = world.post("/api/v1/agencies", &host, agency).await.ok()["id"].as_u64().unwrap();
    let manager = json!({ "login": "sheriff", "name": "Ida Stone", "unit": "Office" });
    let made = world.post(&format!("/api/v1/agencies/{id}/managers"), &host, manager).await.ok();
    let link = secret(&made["invitation"]);
    let opened = open(&world, &link).await.ok();
    assert_eq!(
        opened["password_rules"].as_array().unwrap().len(),
        4,
        "the document's complexity and yearly change are said"
    );
    let factor = opened["totp_secret"].as_str().unwrap();
    assert_eq!(use_up(&world, &link, OWN, &code(&world, factor)).await.refused(422)["field"], "password");
    assert!(use_up(&world, &link, "Violet-kettle-7", &code(&world, factor)).await.status.is_success());
    let body = json!({ "login": "sheriff", "password": "Violet-kettle-7", "deliver": "token" });
    let sheriff = world.sign_in_with(body).await;
    assert_eq!(world.get("/api/v1/agency", &sheriff).await.ok()["name"], "Eastbank Sheriff");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acc_6_of_two_uses_at_the_same_time_one_finds_the_link_gone() {
    let world = Arc::new(World::new().await);
    let chief = world.sign_in("chief", "plain").await;
    let (_, link) = invited(&world, &chief).await;
    let factor = open(&world, &link).await.ok()["totp_secret"].as_str().unwrap().to_owned();
    let shown = code(&world, &factor);
    let uses = ["a kettle of violets at noon", "a kettle of violets at dusk"].map(|password| {
        let (world, link, shown) = (Arc::clone(&world), link.clone(), shown.clone());
        tokio::spawn(async move { use_up(&world, &link, password, &shown).await.status.as_u16() })
    });
    let mut statuses = Vec::new();
    for one in uses {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404]);
}

#[tokio::test]
async fn acc_6_the_database_keeps_no_link() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let (_, link) = invited(&world, &chief).await;
    let factor = open(&world, &link).await.ok()["totp_secret"].as_str().unwrap().to_owned();
    let raw = totp_rs::Secret::try_from_base32(&factor).unwrap().as_ref().to_vec();
    for file in ["main.db", "main.db-wal"] {
        let bytes = std::fs::read(world.data().join(file)).unwrap();
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(!holds(link.as_bytes()) && !holds(&raw), "{file}");
    }
}
