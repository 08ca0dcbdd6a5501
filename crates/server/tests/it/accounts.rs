//! Sign-in, doors, rules of behaviour, sessions, tokens.

use super::world::{PASSWORD, World, ask};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

fn sign_in(login: &str, password: &str, door: &str, code: Option<String>) -> Value {
    json!({ "login": login, "password": password, "door": door, "code": code, "deliver": "token" })
}

async fn try_sign_in(world: &World, body: Value) -> super::world::Reply {
    world.call("POST", "/api/v1/session", None, Some(body)).await
}

fn full() -> Value {
    ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }))
}

#[tokio::test]
async fn acc_4_nothing_can_be_asked_before_the_rules_of_behaviour_are_accepted_in_this_session() {
    let world = World::new().await;
    let token = world.sign_in_only("officer", "plain").await;
    let problem = world.post("/api/v1/queries", &token, full()).await.refused(403);
    assert_eq!(problem["type"], "urn:sightline:problem:accept-rules");
    world.get("/api/v1/reasons", &token).await.refused(403);
    let old = json!({ "version": 0, "accepted": true });
    world.post("/api/v1/session/rules", &token, old).await.refused(409);
    let no = json!({ "version": 1, "accepted": false });
    world.post("/api/v1/session/rules", &token, no).await.refused(422);
    world.post("/api/v1/session/rules", &token, json!({ "version": 1, "accepted": true })).await.ok();
    world.post("/api/v1/queries", &token, full()).await.ok();
    let record = world.newest(world.police, "rules.accepted").await.record;
    assert_eq!((&record["version"], record["sha256"].as_str().unwrap().len()), (&json!(1), 64));
    // The next session begins without.
    let next = world.sign_in_only("officer", "plain").await;
    world.post("/api/v1/queries", &next, full()).await.refused(403);
}

#[tokio::test]
async fn acc_3_acc_6_the_enhanced_door_needs_a_code_that_counts_once() {
    let world = World::new().await;
    try_sign_in(&world, sign_in("investigator", PASSWORD, "enhanced", None)).await.refused(401);
    let code = world.next_code("investigator");
    try_sign_in(&world, sign_in("investigator", PASSWORD, "enhanced", Some(code.clone()))).await.ok();
    try_sign_in(&world, sign_in("investigator", PASSWORD, "enhanced", Some(code.clone()))).await.refused(401);
    // Two steps later it is too old, and so is one from the future.
    let next = world.next_code("investigator");
    world.clock.advance_micros(90_000_000);
    try_sign_in(&world, sign_in("investigator", PASSWORD, "enhanced", Some(next))).await.refused(401);
    try_sign_in(&world, sign_in("investigator", PASSWORD, "side", None)).await.refused(422);
    try_sign_in(&world, sign_in(&"x".repeat(129), PASSWORD, "plain", None)).await.refused(422);
}

#[tokio::test]
async fn acc_6_the_sixth_try_finds_the_door_closed_even_with_the_right_password() {
    let world = World::new().await;
    for _ in 0..5 {
        try_sign_in(&world, sign_in("officer", "wrong password here", "plain", None)).await.refused(401);
    }
    let closed = try_sign_in(&world, sign_in("officer", PASSWORD, "plain", None)).await.refused(401);
    let unknown = try_sign_in(&world, sign_in("nobody", PASSWORD, "plain", None)).await.refused(401);
    assert_eq!(closed, unknown, "the answer does not tell which names exist");
    world.clock.advance_micros(15 * 60 * 1_000_000);
    try_sign_in(&world, sign_in("officer", PASSWORD, "plain", None)).await.ok();
    let failures =
        world.records(world.police).await.into_iter().filter(|record| record.kind == "sign-in.failed").count();
    assert_eq!(failures, 6, "aud: every failed try is recorded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acc_6_of_fifty_wrong_tries_at_the_same_time_at_most_five_reach_the_password_check() {
    let world = Arc::new(World::new().await);
    let mut tries = JoinSet::new();
    for number in 0..50 {
        let world = Arc::clone(&world);
        tries.spawn(async move {
            try_sign_in(&world, sign_in("officer", &format!("wrong password {number}"), "plain", None))
                .await
                .refused(401)
        });
    }
    let answers = tries.join_all().await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "the answer does not tell which were looked at");
    let records = world.records(world.police).await;
    let failed: Vec<_> = records.iter().filter(|record| record.kind == "sign-in.failed").collect();
    assert_eq!(failed.len(), 50, "aud: every failed try is recorded");
    assert_eq!(failed.iter().filter(|record| record.record["checked"] == true).count(), 5);
    try_sign_in(&world, sign_in("officer", PASSWORD, "plain", None)).await.refused(401);
    world.clock.advance_micros(15 * 60 * 1_000_000);
    try_sign_in(&world, sign_in("officer", PASSWORD, "plain", None)).await.ok();
}

#[tokio::test]
async fn acc_1_acc_8_a_closed_account_ends_its_open_session_at_once() {
    let world = World::new().await;
    let token = world.sign_in("officer", "plain").await;
    world.post("/api/v1/queries", &token, full()).await.ok();
    let manager = world.sign_in("chief", "plain").await;
    let overview = world.get("/api/v1/agency", &manager).await.ok();
    let officer = overview["users"].as_array().unwrap().iter().find(|user| user["login"] == "officer").unwrap();
    let path = format!("/api/v1/agency/users/{}/active", officer["user"].as_str().unwrap());
    world.call("PUT", &path, Some(&manager), Some(json!({ "active": false }))).await.ok();
    world.post("/api/v1/queries", &token, full()).await.refused(401);
    try_sign_in(&world, sign_in("officer", PASSWORD, "plain", None)).await.refused(401);
}

#[tokio::test]
async fn acc_1_a_manager_cannot_reach_into_another_agency() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let overview = world.get("/api/v1/agency", &chief).await.ok();
    let officer = overview["users"].as_array().unwrap().iter().find(|user| user["login"] == "officer").unwrap();
    let path = format!("/api/v1/agency/users/{}/active", officer["user"].as_str().unwrap());
    let manager = world.sign_in("manager", "plain").await;
    let theirs = world.call("PUT", &path, Some(&manager), Some(json!({ "active": false }))).await;
    let missing = "/api/v1/agency/users/0190aaaa-0000-7000-8000-000000000000/active";
    let missing = world.call("PUT", missing, Some(&manager), Some(json!({ "active": false }))).await;
    assert_eq!((theirs.status, theirs.bytes), (missing.status, missing.bytes));
}

#[tokio::test]
async fn acc_6_a_browser_session_ends_when_idle_and_signing_out_ends_it_at_the_server() {
    let world = World::new().await;
    let body = json!({ "login": "officer", "password": PASSWORD });
    let sign_in = |header: Option<&str>, more: &str| {
        let mut request = Request::post("/api/v1/session");
        if let Some(header) = header {
            request = request.header(header, "1");
        }
        request.body(Body::from(format!("{body}{more}"))).unwrap()
    };
    // A form of another site could otherwise sign the browser in to an account of its choice.
    world.send(sign_in(None, "")).await.refused(403);
    world.send(sign_in(Some("x-sightline"), "=x")).await.refused(400);
    let reply = world.send(sign_in(Some("x-sightline"), "")).await;
    let cookie = reply.headers.get("set-cookie").unwrap().to_str().unwrap().to_owned();
    for flag in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with_cookie = async |method: &str, path: &str, body: Option<Value>, same_site: bool| {
        let mut request = Request::builder().method(method).uri(path).header("cookie", &cookie);
        if same_site {
            request = request.header("x-sightline", "1");
        }
        world.send(request.body(body.map_or(Body::empty(), |body| Body::from(body.to_string()))).unwrap()).await
    };
    with_cookie("GET", "/api/v1/session", None, false).await.ok();
    // A form of another site cannot send the header.
    let accept = json!({ "version": 1, "accepted": true });
    with_cookie("POST", "/api/v1/session/rules", Some(accept.clone()), false).await.refused(403);
    with_cookie("POST", "/api/v1/session/rules", Some(accept), true).await.ok();
    world.clock.advance_micros(29 * 60 * 1_000_000);
    with_cookie("GET", "/api/v1/session", None, false).await.ok();
    world.clock.advance_micros(30 * 60 * 1_000_000);
    with_cookie("GET", "/api/v1/session", None, false).await.refused(401);

    let token = world.sign_in("officer", "plain").await;
    world.call("DELETE", "/api/v1/session", Some(&token), None).await.ok();
    world.get("/api/v1/session", &token).await.refused(401);
}

#[tokio::test]
async fn acc_2_a_token_is_scoped_expires_and_never_widens() {
    let world = World::new().await;
    let token = world.sign_in("detective", "enhanced").await;
    let wanted = json!({ "label": "nightly report", "hours": 1, "scopes": ["full", "export"] });
    let made = world.post("/api/v1/tokens", &token, wanted).await.ok();
    let scoped = made["token"].as_str().unwrap();
    let me = world.get("/api/v1/session", scoped).await.ok();
    assert_eq!((&me["permissions"], &me["door"]), (&json!(["full"]), &json!("enhanced")));
    world.post("/api/v1/queries", scoped, full()).await.ok();
    let partial = ask("partial-plate", json!({ "plate": "7AB?123", "state": "US-CA" }));
    world.post("/api/v1/queries", scoped, partial.clone()).await.refused(403);
    world.post("/api/v1/queries", &token, partial).await.ok();
    // A token made by a token is as narrow.
    let again = world.post("/api/v1/tokens", scoped, json!({ "label": "copy", "hours": 1 })).await.ok();
    let me = world.get("/api/v1/session", again["token"].as_str().unwrap()).await.ok();
    assert_eq!(me["permissions"], json!(["full"]));
    world.post("/api/v1/tokens", &token, json!({ "label": "long", "hours": 13 })).await.refused(422);
    world.clock.advance_micros(3_600_000_000);
    world.get("/api/v1/session", scoped).await.refused(401);
}

#[tokio::test]
async fn acc_2_a_token_made_by_a_token_or_behind_a_second_factor_ends_with_what_made_it() {
    let world = World::new().await;
    let hours = |hours: u32| json!({ "label": "nightly", "hours": hours });
    let make = async |by: &str, of: u32| world.post("/api/v1/tokens", by, hours(of)).await;
    let token = world.sign_in("detective", "enhanced").await;
    let first = make(&token, 12).await.ok()["token"].as_str().unwrap().to_owned();
    world.clock.advance_micros(11 * 3_600_000_000);
    for by in [&token, &first] {
        assert_eq!(make(by, 2).await.refused(422)["field"], "hours");
    }
    let last = make(&first, 1).await.ok()["token"].as_str().unwrap().to_owned();
    world.clock.advance_micros(3_600_000_000);
    for over in [&token, &first, &last] {
        world.get("/api/v1/session", over).await.refused(401);
    }
    // Nor does a program's token through the plain door make itself one for months.
    let program = world.sign_in("officer", "plain").await;
    assert_eq!(make(&program, 90 * 24).await.refused(422)["field"], "hours");
}

#[tokio::test]
async fn acc_1_the_first_start_link_makes_one_host_operator_and_is_used_up() {
    let world = World::new().await;
    let (secret, id) = sightline_server::accounts::sessions::new_secret(&world.app.vault);
    let later = super::world::NOW.plus_micros(1_000_000_000);
    sightline_server::accounts::store::put_setup_link(&world.app.sql, &id, later).await.unwrap();
    let body = |link: &str, password: &str| json!({ "link": link, "login": "second-host", "name": "Second Host", "password": password });
    let post = async |body: Value| world.call("POST", "/api/v1/first-start", None, Some(body)).await;
    post(body("guess", PASSWORD)).await.refused(404);
    post(body(&secret, "short")).await.refused(422);
    // The host's agency exists in this world, so making it again is refused; the link is used up all the same.
    post(body(&secret, PASSWORD)).await.refused(409);
    post(body(&secret, PASSWORD)).await.refused(404);
}
