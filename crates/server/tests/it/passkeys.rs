//! Passkeys, step-up and lists of sessions; identity tests 21 to 23 of the threats (ACC-3, ACC-6, ACC-8).

use super::soft_key::{Saying, SoftKey};
use super::world::{PASSWORD, Reply, World, ask, read, square};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use sightline_server::accounts::passkeys::PASSKEYS_MAX;

async fn add(world: &World, token: &str, code: Option<String>) -> SoftKey {
    let begun = world.post("/api/v1/passkeys/challenge", token, json!({ "code": code })).await.ok();
    let (key, credential) = SoftKey::create(&begun["options"]).await;
    let body = json!({ "ceremony": begun["ceremony"], "name": "Blue key", "credential": credential });
    world.post("/api/v1/passkeys", token, body).await.ok();
    key
}

pub(crate) async fn begin(world: &World, login: &str) -> Value {
    world.call("POST", "/api/v1/session/passkey/challenge", None, Some(json!({ "login": login }))).await.ok()
}

async fn end(world: &World, ceremony: &Value, credential: Value) -> Reply {
    let body = json!({ "ceremony": ceremony, "credential": credential, "deliver": "token" });
    world.call("POST", "/api/v1/session/passkey", None, Some(body)).await
}

pub(crate) async fn sign_in(world: &World, login: &str, key: &mut SoftKey, saying: Saying) -> Reply {
    let begun = begin(world, login).await;
    let credential = key.answer(&begun["options"], saying).await;
    end(world, &begun["ceremony"], credential).await
}

async fn accept(world: &World, token: &str) {
    world.post("/api/v1/session/rules", token, json!({ "version": 1, "accepted": true })).await.ok();
}

fn token(signed_in: &Value) -> String {
    signed_in["token"].as_str().unwrap().to_owned()
}

fn area() -> Value {
    ask("area", json!({ "areas": [square(34.0, -140.0)] }))
}

/// A world whose detective has a passkey.
pub(crate) async fn with_key() -> (World, SoftKey, String) {
    let world = World::new().await;
    let token = world.sign_in("detective", "enhanced").await;
    let key = add(&world, &token, None).await;
    (world, key, token)
}

#[tokio::test]
async fn acc_3_acc_6_a_passkey_opens_the_enhanced_door_and_its_use_is_recorded() {
    let (world, mut key, first) = with_key().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    let signed_in = sign_in(&world, "detective", &mut key, Saying::default()).await.ok();
    let session = token(&signed_in);
    world.post("/api/v1/queries", &session, area()).await.refused(403);
    accept(&world, &session).await;
    world.post("/api/v1/queries", &session, area()).await.ok();
    let listed = world.get("/api/v1/passkeys", &session).await.ok();
    assert_eq!(listed[0]["name"], "Blue key");
    assert!(listed[0]["last_used"].is_string());
    let entry = world.newest(world.police, "sign-in").await.record;
    assert_eq!((&entry["passkey"], &entry["despite_lock"]), (&listed[0]["id"], &json!(false)));
    let path = format!("/api/v1/passkeys/{}", listed[0]["id"].as_str().unwrap());
    world.put(&path, &session, json!({ "name": "Red key" })).await.ok();
    assert_eq!(world.get("/api/v1/passkeys", &session).await.ok()[0]["name"], "Red key");
    // Somebody else's is nothing.
    let other = world.sign_in("officer", "enhanced").await;
    world.put(&path, &other, json!({ "name": "Mine" })).await.refused(404);
    world.call("DELETE", &path, Some(&other), None).await.refused(404);
    world.call("DELETE", &path, Some(&session), None).await.ok();
    world.get("/api/v1/session", &first).await.refused(401);
    world.get("/api/v1/session", &session).await.ok();
    sign_in(&world, "detective", &mut key, Saying::default()).await.refused(401);
}

#[tokio::test]
async fn acc_6_a_password_alone_never_makes_a_second_factor() {
    let world = World::new().await;
    let plain = world.sign_in("detective", "plain").await;
    let begin =
        async |code: Option<String>| world.post("/api/v1/passkeys/challenge", &plain, json!({ "code": code })).await;
    assert_eq!(begin(None).await.refused(403)["rule"], "second-factor-first");
    begin(Some("000000".into())).await.refused(422);
    assert_eq!(world.newest(world.police, "step-up.failed").await.record["way"], "code");
    add(&world, &plain, Some(world.next_code("detective"))).await;
    // The code made the first one; a further one, and taking one away, need the enhanced door.
    begin(Some(world.next_code("detective"))).await.refused(403);
    let id = world.get("/api/v1/passkeys", &plain).await.ok()[0]["id"].as_str().unwrap().to_owned();
    world.call("DELETE", &format!("/api/v1/passkeys/{id}"), Some(&plain), None).await.refused(403);
    let enhanced = world.sign_in("detective", "enhanced").await;
    for _ in 1..PASSKEYS_MAX {
        add(&world, &enhanced, None).await;
    }
    world.post("/api/v1/passkeys/challenge", &enhanced, json!({})).await.refused(429);
}

#[tokio::test]
async fn acc_6_a_wrong_challenge_origin_or_relying_party_and_an_unverified_user_are_refused() {
    let (world, mut key, _) = with_key().await;
    let good = Saying::default();
    for (why, saying) in [
        ("challenge", Saying { challenge: Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()), ..good.clone() }),
        ("origin", Saying { origin: "http://localhost:9999", ..good.clone() }),
        ("relying-party", Saying { relying_party: "elsewhere.example", ..good.clone() }),
        ("user-not-verified", Saying { verified: false, ..good.clone() }),
    ] {
        sign_in(&world, "detective", &mut key, saying).await.refused(401);
        assert_eq!(world.newest(world.police, "sign-in.failed").await.record["why"], why);
    }
    sign_in(&world, "detective", &mut key, good.clone()).await.ok();
    // A signature that somebody changed, and the key of another person.
    let begun = begin(&world, "detective").await;
    let mut credential = key.answer(&begun["options"], good.clone()).await;
    credential["response"]["authenticatorData"] =
        key.answer(&begun["options"], good.clone()).await["response"]["authenticatorData"].clone();
    end(&world, &begun["ceremony"], credential).await.refused(401);
    assert_eq!(world.newest(world.police, "sign-in.failed").await.record["why"], "signature");
    sign_in(&world, "officer", &mut key, good).await.refused(401);
    assert_eq!(world.newest(world.police, "sign-in.failed").await.record["why"], "credential");
}

#[tokio::test]
async fn acc_6_a_challenge_counts_once_for_five_minutes_and_for_one_purpose() {
    let (world, mut key, _) = with_key().await;
    let begun = begin(&world, "detective").await;
    let credential = key.answer(&begun["options"], Saying::default()).await;
    end(&world, &begun["ceremony"], credential.clone()).await.ok();
    end(&world, &begun["ceremony"], credential).await.refused(401);
    let late = begin(&world, "detective").await;
    let credential = key.answer(&late["options"], Saying::default()).await;
    world.clock.advance_micros(5 * 60 * 1_000_000);
    end(&world, &late["ceremony"], credential).await.refused(401);
    let plain = world.sign_in("detective", "plain").await;
    let begun = world.post("/api/v1/session/step-up/challenge", &plain, json!({})).await.ok();
    let credential = key.answer(&begun["options"], Saying::default()).await;
    end(&world, &begun["ceremony"], credential).await.refused(401);
    // Nor does one person's challenge step another's session up.
    let begun = world.post("/api/v1/session/step-up/challenge", &plain, json!({})).await.ok();
    let credential = key.answer(&begun["options"], Saying::default()).await;
    let body = json!({ "ceremony": begun["ceremony"], "credential": credential });
    let officer = world.sign_in("officer", "plain").await;
    world.post("/api/v1/session/step-up", &officer, body).await.refused(422);
}

#[tokio::test]
async fn acc_6_a_counter_that_goes_back_is_refused_with_an_entry_and_an_alarm() {
    let (world, mut key, _) = with_key().await;
    sign_in(&world, "detective", &mut key, Saying::default()).await.ok();
    sign_in(&world, "detective", &mut key, Saying::default()).await.ok();
    key.passkey.counter = Some(1);
    sign_in(&world, "detective", &mut key, Saying::default()).await.refused(401);
    assert_eq!(world.newest(world.police, "sign-in.failed").await.record["why"], "counter");
    let chief = world.sign_in("chief", "plain").await;
    let alarms = world.get("/api/v1/agency/alarms", &chief).await.ok();
    assert_eq!(alarms[0]["kind"], "passkey-counter");
    // Two copies that answer at the same time with the same counter: the second is refused, although both were asked before.
    key.passkey.counter = Some(50);
    let (one, two) = (begin(&world, "detective").await, begin(&world, "detective").await);
    let first = key.answer(&one["options"], Saying::default()).await;
    key.passkey.counter = Some(50);
    let second = key.answer(&two["options"], Saying::default()).await;
    end(&world, &one["ceremony"], first).await.ok();
    end(&world, &two["ceremony"], second).await.refused(401);
}

#[tokio::test]
async fn acc_6_names_that_nobody_has_get_the_same_answers_for_the_same_work() {
    let (world, mut key, _) = with_key().await;
    let shape = |begun: &Value| {
        let mut options = begun["options"].clone();
        let allowed = options["allowCredentials"].as_array().unwrap();
        assert!(!allowed.is_empty());
        for one in allowed {
            assert_eq!((one.as_object().unwrap().len(), &one["type"]), (2, &json!("public-key")));
        }
        options["challenge"] = json!(options["challenge"].as_str().unwrap().len());
        options["allowCredentials"] = Value::Null;
        options
    };
    let (known, unknown) = (begin(&world, "detective").await, begin(&world, "nobody").await);
    // `officer` has an account and no passkey.
    let without = begin(&world, "officer").await;
    assert_eq!(shape(&known), shape(&unknown));
    assert_eq!(shape(&known), shape(&without));
    let again = begin(&world, "nobody").await;
    assert_eq!(unknown["options"]["allowCredentials"], again["options"]["allowCredentials"]);
    assert_ne!(unknown["options"]["allowCredentials"], without["options"]["allowCredentials"]);
    let work = || (world.app.assertions.since_start(), world.app.passwords.checked_since_start());
    let mut answers = Vec::new();
    for begun in [known, unknown, without] {
        let before = work();
        let wrong = Saying { origin: "http://localhost:9999", ..Saying::default() };
        let credential = key.answer(&begun["options"], wrong).await;
        answers.push(end(&world, &begun["ceremony"], credential).await.refused(401));
        assert_eq!(work(), (before.0 + 1, before.1));
    }
    // The same for passwords: one hash each, whether the name is known, unknown, or its password right with a wrong code.
    for (login, password) in [("officer", "wrong password here"), ("nobody", PASSWORD), ("detective", PASSWORD)] {
        let before = work();
        let body =
            json!({ "login": login, "password": password, "door": "enhanced", "code": "000000", "deliver": "token" });
        answers.push(world.call("POST", "/api/v1/session", None, Some(body)).await.refused(401));
        assert_eq!(work(), (before.0, before.1 + 1));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn acc_6_a_passkey_passes_the_lock_that_wrong_passwords_set_and_a_code_does_not() {
    let (world, mut key, _) = with_key().await;
    let plain = world.sign_in("detective", "plain").await;
    sqlx::query("UPDATE users SET locked = 1 WHERE id = $1")
        .bind(world.id("detective").to_string())
        .execute(world.app.sql.pool())
        .await
        .unwrap();
    let code = json!({ "code": world.next_code("detective") });
    world.post("/api/v1/session/step-up", &plain, code).await.refused(422);
    sign_in(&world, "detective", &mut key, Saying::default()).await.ok();
    assert_eq!(world.newest(world.police, "sign-in").await.record["despite_lock"], true);
    // It stays locked for passwords.
    let body = json!({ "login": "detective", "password": PASSWORD, "deliver": "token" });
    world.call("POST", "/api/v1/session", None, Some(body)).await.refused(401);
}

#[tokio::test]
async fn acc_3_acc_4_a_step_up_gives_a_new_secret_ends_the_old_one_and_asks_for_the_enhanced_rules_first() {
    let (world, mut key, _) = with_key().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    let plain = world.sign_in("detective", "plain").await;
    assert_eq!(world.get("/api/v1/session", &plain).await.ok()["step_up"], json!(["passkey", "code"]));
    let full = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    let answer = world.post("/api/v1/queries", &plain, full).await.ok();
    let rows = format!("/api/v1/queries/{}/rows", answer["query"].as_str().unwrap());
    world.post("/api/v1/queries", &plain, area()).await.refused(403);
    let begun = world.post("/api/v1/session/step-up/challenge", &plain, json!({})).await.ok();
    let credential = key.answer(&begun["options"], Saying::default()).await;
    let body = json!({ "ceremony": begun["ceremony"], "credential": credential });
    let up = world.post("/api/v1/session/step-up", &plain, body).await.ok();
    let enhanced = token(&up);
    assert_eq!(world.newest(world.police, "step-up").await.record["way"], "passkey");
    assert!(up["rules"]["enhanced_text"].is_string());
    world.get("/api/v1/session", &plain).await.refused(401);
    let problem = world.post("/api/v1/queries", &enhanced, area()).await.refused(403);
    assert_eq!(problem["type"], "urn:sightline:problem:accept-rules");
    accept(&world, &enhanced).await;
    world.post("/api/v1/queries", &enhanced, area()).await.ok();
    // What was open stays with the person, and with nobody else.
    world.get(&rows, &enhanced).await.ok();
    let other = world.sign_in("detective", "plain").await;
    world.get(&rows, &other).await.refused(404);
    assert_eq!(world.get("/api/v1/session", &enhanced).await.ok()["step_up"], json!([]));
    world.post("/api/v1/session/step-up", &enhanced, json!({ "code": "123456" })).await.refused(409);
    // By code, which counts once here too.
    let code = json!({ "code": world.next_code("detective") });
    world.post("/api/v1/session/step-up", &other, code.clone()).await.ok();
    let third = world.sign_in("detective", "plain").await;
    world.post("/api/v1/session/step-up", &third, code).await.refused(422);
    let next = world.code("detective");
    world.clock.advance_micros(90_000_000);
    world.post("/api/v1/session/step-up", &third, json!({ "code": next })).await.refused(422);
}

#[tokio::test]
async fn acc_6_a_session_id_changes_at_sign_in_and_at_step_up_and_its_cookie_has_every_flag() {
    let world = World::new().await;
    let send = async |path: &str, cookie: &str, same_site: bool, body: Value| {
        let mut request = Request::post(path).header("cookie", cookie);
        if same_site {
            request = request.header("x-sightline", "1");
        }
        world.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let cookie_of = |reply: &Reply| {
        let cookie = reply.header("set-cookie").to_owned();
        for flag in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        cookie.split(';').next().unwrap().to_owned()
    };
    // A cookie that somebody planted is not taken over.
    let planted = "sightline=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let body = json!({ "login": "detective", "password": PASSWORD });
    let first = cookie_of(&send("/api/v1/session", planted, true, body).await);
    assert_ne!(first, planted);
    let code = json!({ "code": world.next_code("detective") });
    send("/api/v1/session/step-up", &first, false, code.clone()).await.refused(403);
    let second = cookie_of(&send("/api/v1/session/step-up", &first, true, code).await);
    assert_ne!(first, second);
    world.fetch("/api/v1/session", &[("cookie", &first)]).await.refused(401);
    world.fetch("/api/v1/session", &[("cookie", &second)]).await.ok();
    world.fetch("/api/v1/session", &[("cookie", planted)]).await.refused(401);
    let begun = begin(&world, "detective").await;
    let credential = json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "authenticatorData": "AA", "clientDataJSON": "AA", "signature": "AA", "userHandle": null } });
    let body = json!({ "ceremony": begun["ceremony"], "credential": credential });
    send("/api/v1/session/passkey", "", false, body).await.refused(403);
}

#[tokio::test]
async fn acc_6_where_policy_asks_for_it_the_enhanced_door_takes_a_passkey_only_from_the_next_request_on() {
    let (world, mut key, by_code) = with_key().await;
    let by_passkey = token(&sign_in(&world, "detective", &mut key, Saying::default()).await.ok());
    let limits = r#"{"phishing_resistant":true}"#;
    sqlx::query("UPDATE agencies SET limits = $1 WHERE id = $2")
        .bind(limits)
        .bind(i64::from(world.police.0))
        .execute(world.app.sql.pool())
        .await
        .unwrap();
    assert_eq!(world.get("/api/v1/session", &by_code).await.ok()["door"], "plain");
    assert_eq!(world.get("/api/v1/session", &by_passkey).await.ok()["door"], "enhanced");
    let code = world.next_code("detective");
    let body =
        json!({ "login": "detective", "password": PASSWORD, "door": "enhanced", "code": code, "deliver": "token" });
    let problem = world.call("POST", "/api/v1/session", None, Some(body)).await.refused(403);
    assert_eq!(problem["rule"], "phishing-resistant");
    assert_eq!(world.newest(world.police, "sign-in.refused").await.record["rule"], "phishing-resistant");
    let plain = world.sign_in("detective", "plain").await;
    assert_eq!(world.get("/api/v1/session", &plain).await.ok()["step_up"], json!(["passkey"]));
    let code = json!({ "code": world.next_code("detective") });
    assert_eq!(world.post("/api/v1/session/step-up", &plain, code).await.refused(403)["rule"], "phishing-resistant");
    // Who has none yet adds the first at the standard door.
    let officer = world.sign_in("officer", "plain").await;
    let mut key = add(&world, &officer, Some(world.next_code("officer"))).await;
    sign_in(&world, "officer", &mut key, Saying::default()).await.ok();
}

#[tokio::test]
async fn acc_8_a_person_sees_own_sessions_and_a_manager_those_of_the_agency_and_ends_them_at_once() {
    let (world, mut key, one) = with_key().await;
    let two = token(&sign_in(&world, "detective", &mut key, Saying::default()).await.ok());
    let program = world.post("/api/v1/tokens", &one, json!({ "label": "nightly", "hours": 1 })).await.ok();
    let program = token(&program);
    let list = world.get("/api/v1/sessions", &one).await.ok();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 3);
    let of = |list: &[Value], find: &dyn Fn(&Value) -> bool| {
        list.iter().find(|session| find(session)).unwrap()["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(list.iter().filter(|session| session["current"] == true).count(), 1);
    let second = of(list, &|session| session["by_passkey"] == true);
    let officer = world.sign_in("officer", "plain").await;
    let path = format!("/api/v1/sessions/{second}");
    world.call("DELETE", &path, Some(&officer), None).await.refused(404);
    world.call("DELETE", &path, Some(&one), None).await.ok();
    world.get("/api/v1/session", &two).await.refused(401);
    assert_eq!(world.newest(world.police, "session.ended").await.record["session"], json!(second));
    // A manager of another agency sees nobody; the own one ends the token, then everything.
    let person = format!("/api/v1/agency/people/{}", world.id("detective"));
    let (chief, stranger) = (world.sign_in("chief", "plain").await, world.sign_in("manager", "plain").await);
    let sessions = format!("{person}/sessions");
    world.get(&sessions, &chief).await.ok();
    let viewed = world.newest(world.police, "sessions.viewed").await.record;
    assert_eq!(viewed["by"], json!(world.id("chief")), "{viewed}");
    world.get(&sessions, &stranger).await.refused(404);
    let list = world.get(&sessions, &chief).await.ok();
    let token_id = of(list.as_array().unwrap(), &|session| session["label"] == "nightly");
    world.call("DELETE", &format!("{sessions}/{token_id}"), Some(&stranger), None).await.refused(404);
    world.call("DELETE", &format!("{sessions}/{token_id}"), Some(&chief), None).await.ok();
    world.get("/api/v1/session", &program).await.refused(401);
    world.get("/api/v1/session", &one).await.ok();
    world.call("DELETE", &sessions, Some(&chief), None).await.ok();
    world.get("/api/v1/session", &one).await.refused(401);
    assert_eq!(world.newest(world.police, "sessions.ended").await.record["act"]["session"], Value::Null);
    // Lost passkeys are taken away.
    world.call("DELETE", &format!("{person}/passkeys"), Some(&chief), None).await.ok();
    sign_in(&world, "detective", &mut key, Saying::default()).await.refused(401);
    let people = world.get("/api/v1/agency/people", &chief).await.ok();
    let detective = people.as_array().unwrap().iter().find(|one| one["login"] == "detective").unwrap();
    assert_eq!(detective["passkeys"], 0);
}

#[tokio::test]
async fn acc_6_a_passkey_works_on_postgresql_too() {
    let Some(world) = World::on_postgres().await else { return };
    let token = world.sign_in("detective", "enhanced").await;
    let mut key = add(&world, &token, None).await;
    sign_in(&world, "detective", &mut key, Saying::default()).await.ok();
    assert_eq!(world.get("/api/v1/sessions", &token).await.ok().as_array().unwrap().len(), 2);
}
