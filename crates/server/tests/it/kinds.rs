//! What a caller may ask, told before anything is asked; and that what is told is what is decided.

use super::world::{World, ask, purpose, question, read, square};
use serde_json::{Value, json};

const KINDS: [&str; 6] = ["full-plate", "partial-plate", "make-model", "area", "common-plate", "movement"];

async fn world() -> World {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world.share(world.police, world.federal).await;
    world
}

async fn kinds(world: &World, token: &str) -> Vec<Value> {
    let kinds = world.get("/api/v1/kinds", token).await.ok().as_array().unwrap().clone();
    assert_eq!(kinds.iter().map(|kind| kind["kind"].as_str().unwrap()).collect::<Vec<_>>(), KINDS);
    kinds
}

fn fields(kind: &str) -> Value {
    match kind {
        "full-plate" | "movement" => json!({ "plate": "7ABC123", "state": "US-CA" }),
        "partial-plate" => json!({ "plate": "7ABC1*3", "state": "US-CA" }),
        "make-model" => json!({ "vehicle": { "make": "toyota" } }),
        "area" => json!({ "areas": [square(34.0, -140.0)] }),
        _ => json!({ "areas": [square(34.0, -140.0), square(34.01, -140.01)] }),
    }
}

#[tokio::test]
async fn acc_2_acc_3_what_is_told_of_each_kind_is_what_a_question_of_it_meets() {
    let world = world().await;
    let people = [
        ("investigator", "enhanced"),
        ("investigator", "plain"),
        ("enforcement", "enhanced"),
        ("officer", "plain"),
        ("detective", "enhanced"),
        ("manager", "plain"),
    ];
    for (login, door) in people {
        let token = world.sign_in(login, door).await;
        for kind in kinds(&world, &token).await {
            let name = kind["kind"].as_str().unwrap();
            let reply = world.post("/api/v1/queries", &token, ask(name, fields(name))).await;
            assert_eq!(kind["permitted"], reply.status.is_success(), "{login} {door} {name} {kind}");
            if !reply.status.is_success() {
                let problem = reply.json();
                assert_eq!(
                    (&kind["refusal"]["rule"], &kind["refusal"]["sentence"]),
                    (&problem["rule"], &problem["detail"])
                );
                assert_eq!(kind["refusal"].get("unlock"), problem.get("unlock"));
            }
        }
    }
}

#[tokio::test]
async fn qry_2_why_3_why_6_why_7_the_fields_that_a_kind_needs_are_those_without_which_it_is_refused() {
    let world = world().await;
    for (login, door) in [("investigator", "enhanced"), ("detective", "enhanced")] {
        let token = world.sign_in(login, door).await;
        for kind in kinds(&world, &token).await.into_iter().filter(|kind| kind["permitted"] == true) {
            let name = kind["kind"].as_str().unwrap();
            for (field, needed) in kind["needs"].as_object().unwrap() {
                let (mut question, mut purpose) = (question(name, fields(name)), purpose());
                let whole = if field == "state" {
                    question["state"] = Value::Null;
                    format!("question.{field}")
                } else {
                    purpose.as_object_mut().unwrap().remove(field).unwrap();
                    format!("purpose.{field}")
                };
                let body = json!({ "question": question, "purpose": purpose });
                let reply = world.post("/api/v1/queries", &token, body).await;
                assert_eq!(*needed, !reply.status.is_success(), "{login} {name} {field}");
                if *needed == true {
                    assert_eq!(reply.refused(422)["field"], whole);
                }
            }
        }
    }
}

#[tokio::test]
async fn lim_2_lim_5_why_1_the_limits_of_each_kind_are_told_before_anything_is_asked() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let before = world.app.ledger.size();
    let kinds = kinds(&world, &token).await;
    assert_eq!(world.app.ledger.size(), before, "nothing was asked");
    let of = |name: &str| kinds.iter().find(|kind| kind["kind"] == name).unwrap();
    assert_eq!((&of("area")["longest_days"], &of("movement")["longest_days"]), (&json!(30), &json!(365)));
    for kind in ["area", "common-plate"] {
        assert_eq!(of(kind)["largest_area_square_metres"], 5_000_000.0);
        assert_eq!(of(kind)["largest_together_square_metres"], 25_000_000.0);
    }
    let partial = of("partial-plate");
    assert_eq!((&partial["known_characters_min"], &partial["narrow_below_characters"]), (&json!(1), &json!(3)));
    assert!(of("full-plate").get("largest_area_square_metres").is_none());
    assert!(of("full-plate").get("known_characters_min").is_none());
}

#[tokio::test]
async fn agy_2_a_kind_for_which_no_agreement_opens_a_pool_is_told_as_policy_tells_it() {
    let world = World::new().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let kinds = kinds(&world, &token).await;
    assert!(kinds.iter().all(|kind| kind["permitted"] == false && kind["refusal"]["rule"] == "no-pools"));
}
