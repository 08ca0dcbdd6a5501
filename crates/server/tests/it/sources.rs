//! Tries to sign in are counted by where they come from, not by name alone.

use super::passkeys::{begin, with_key};
use super::soft_key::Saying;
use super::world::{PASSWORD, Reply, World};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value, json};
use sightline_server::accounts::source::{BEGUN_FROM_ONE_PLACE_MAX, FAILED_FROM_ONE_PLACE_MAX};
use sightline_server::http::door::Peer;

const WINDOW_MICROS: i64 = 15 * 60 * 1_000_000;
const HERE: &str = "[2001:db8:1:2::1]:5000";
const SAME_NETWORK: &str = "[2001:db8:1:2:ffff::7]:6000";
const ELSEWHERE: &str = "192.0.2.44:5000";

async fn from(world: &World, peer: &str, path: &str, body: Value) -> Reply {
    let request = Request::post(path)
        .extension(ConnectInfo(Peer(peer.parse().unwrap())))
        // Everybody can say this, and nobody is believed.
        .header("x-forwarded-for", "198.51.100.3")
        .body(Body::from(body.to_string()))
        .unwrap();
    world.send(request).await
}

async fn sign_in(world: &World, peer: &str, login: &str, password: &str) -> Reply {
    let body = json!({ "login": login, "password": password, "deliver": "token" });
    from(world, peer, "/api/v1/session", body).await
}

#[tokio::test]
async fn acc_6_who_guesses_at_many_names_from_one_place_finds_every_door_closed_there_and_nobody_else_does() {
    let (world, mut key, _) = with_key().await;
    for number in 0..FAILED_FROM_ONE_PLACE_MAX {
        // Signing in to an account of one's own takes nothing back.
        if number == 10 {
            sign_in(&world, HERE, "officer", PASSWORD).await.ok();
        }
        sign_in(&world, HERE, &format!("guess {number}"), "a password of somebody").await.refused(401);
    }
    let checked = (world.app.passwords.checked_since_start(), world.app.assertions.since_start());
    let wrong = sign_in(&world, HERE, "nobody", PASSWORD).await.refused(401);
    assert_eq!(sign_in(&world, SAME_NETWORK, "officer", PASSWORD).await.refused(401), wrong);
    assert_eq!(world.newest(world.police, "sign-in.failed").await.record["checked"], false);

    let begun = begin(&world, "detective").await;
    let credential = key.answer(&begun["options"], Saying::default()).await;
    let body = json!({ "ceremony": begun["ceremony"], "credential": credential, "deliver": "token" });
    assert_eq!(from(&world, HERE, "/api/v1/session/passkey", body).await.refused(401), wrong);
    assert_eq!(world.newest(world.police, "sign-in.failed").await.record["why"], "too-many-tries");
    let now = (world.app.passwords.checked_since_start(), world.app.assertions.since_start());
    assert_eq!(now, checked, "nothing was looked at");

    sign_in(&world, ELSEWHERE, "officer", PASSWORD).await.ok();
    world.clock.advance_micros(WINDOW_MICROS);
    sign_in(&world, HERE, "officer", PASSWORD).await.ok();
}

#[tokio::test]
async fn acc_6_wrong_answers_close_a_passkeys_door_where_they_come_from_for_the_same_work_and_nowhere_else() {
    let (world, mut key, _) = with_key().await;
    let mut answer = async |peer: &str, saying: Saying| {
        let begun = begin(&world, "detective").await;
        let credential = key.answer(&begun["options"], saying).await;
        let body = json!({ "ceremony": begun["ceremony"], "credential": credential, "deliver": "token" });
        from(&world, peer, "/api/v1/session/passkey", body).await
    };
    for _ in 0..5 {
        let wrong = Saying { origin: "http://localhost:9999", ..Saying::default() };
        answer(HERE, wrong).await.refused(401);
        assert_eq!(world.newest(world.police, "sign-in.failed").await.record["why"], "origin");
    }
    let before = world.app.assertions.since_start();
    answer(HERE, Saying::default()).await.refused(401);
    assert_eq!(world.newest(world.police, "sign-in.failed").await.record["why"], "too-many-tries");
    assert_eq!(world.app.assertions.since_start(), before + 1, "the time tells nothing");
    answer(ELSEWHERE, Saying::default()).await.ok();
    world.clock.advance_micros(WINDOW_MICROS);
    answer(HERE, Saying::default()).await.ok();
}

#[tokio::test]
async fn acc_6_from_one_place_a_bounded_number_of_sign_ins_by_passkey_begins() {
    let world = World::new().await;
    let begin = async |peer: &str, login: &str| {
        from(&world, peer, "/api/v1/session/passkey/challenge", json!({ "login": login })).await
    };
    for _ in 0..BEGUN_FROM_ONE_PLACE_MAX {
        begin(HERE, "nobody").await.ok();
    }
    let refused = begin(HERE, "nobody").await.refused(429);
    assert_eq!(begin(SAME_NETWORK, "detective").await.refused(429), refused);
    begin(ELSEWHERE, "detective").await.ok();
}
