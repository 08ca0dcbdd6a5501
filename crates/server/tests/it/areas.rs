//! Areas as questions and screens meet them: what is refused and where, sizes, the 180th meridian, budgets.

use super::world::{World, ask, read, square};
use serde_json::{Value, json};

const MEASURE: &str = "/api/v1/areas/measure";

fn polygon(rings: &[&[[f64; 2]]]) -> Value {
    json!({ "type": "Polygon", "coordinates": rings })
}

/// A square of one square kilometre, so many degrees further east.
fn kilometre(east: f64) -> Value {
    let (west, south, wide, high) = (-140.0 + east, 34.0, 0.010_831, 0.009_014);
    polygon(&[&[[west, south], [west + wide, south], [west + wide, south + high], [west, south + high]]])
}

async fn measured(world: &World, token: &str, areas: Value) -> Value {
    world.post(MEASURE, token, json!({ "areas": areas })).await.ok()
}

#[tokio::test]
async fn lim_2_an_outline_that_crosses_itself_is_refused_with_the_place_wherever_it_is_given() {
    let world = World::new().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let eight = polygon(&[&[[-140.0, 34.0], [-139.0, 35.0], [-139.0, 34.0], [-140.0, 35.0]]]);
    let saved = json!({ "name": "pier", "areas": [eight] });
    for (path, body, field) in [
        (MEASURE, json!({ "areas": [eight] }), "areas[0].coordinates"),
        ("/api/v1/queries", ask("area", json!({ "areas": [eight] })), "question.areas[0].coordinates"),
        ("/api/v1/saved-areas", saved, "areas[0].coordinates"),
    ] {
        let problem = world.post(path, &token, body).await.refused(422);
        assert_eq!(problem["field"], field);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("crosses or touches itself") && detail.contains("34.500000, -139.500000"), "{detail}");
    }
    let hole: &[[f64; 2]] = &[[-150.0, 34.0], [-149.9, 34.0], [-149.9, 34.1]];
    let beside = polygon(&[&[[-140.0, 34.0], [-139.0, 34.0], [-139.0, 35.0]], hole]);
    let problem = world.post(MEASURE, &token, json!({ "areas": [beside] })).await.refused(422);
    assert!(problem["detail"].as_str().unwrap().contains("not inside the outline"));
}

#[tokio::test]
async fn lim_2_overlapping_areas_are_measured_once_together() {
    let world = World::new().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let sizes = measured(&world, &token, json!([kilometre(0.0), kilometre(0.0), kilometre(0.005_415_5)])).await;
    for size in sizes["square_metres"].as_array().unwrap() {
        assert!((size.as_f64().unwrap() / 1e6 - 1.0).abs() < 1e-3, "{size}");
    }
    let together = sizes["together_square_metres"].as_f64().unwrap();
    assert!((together / 1.5e6 - 1.0).abs() < 1e-3, "{together}");
}

#[tokio::test]
async fn qry_4_a_question_across_the_180th_meridian_finds_reads_on_both_sides_and_none_beside() {
    let mut worlds = vec![World::new().await];
    worlds.extend(World::on_postgres().await);
    for world in worlds {
        let at = |plate: &str, lat: f64, lon: f64| {
            let mut read = read(plate, Some("US-CA"), 60);
            read["position"] = json!({ "lat": lat, "lon": lon });
            read
        };
        let reads = vec![
            at("WEST1", 34.0, 179.999),
            at("EAST1", 34.0, -179.999),
            at("ONIT1", 34.0, 180.0),
            at("ONIT2", 34.0, -180.0),
            at("NORTH1", 34.01, 179.999),
            at("FAR1", 34.0, 179.9),
            at("FAR2", 34.0, -179.9),
            at("FAR3", 34.0, 0.0),
        ];
        world.ingest("car-1", reads).await;
        world.share(world.police, world.federal).await;
        let token = world.sign_in("investigator", "enhanced").await;
        let (south, north) = (33.995, 34.005);
        for [west, east] in [[179.998, 180.002], [-180.002, -179.998], [179.998, -179.998]] {
            let area = polygon(&[&[[west, south], [east, south], [east, north], [west, north]]]);
            let answer = world.post("/api/v1/queries", &token, ask("area", json!({ "areas": [area] }))).await.ok();
            let mut plates = super::world::plates(&answer);
            plates.sort();
            assert_eq!(plates, ["EAST1", "ONIT1", "ONIT2", "WEST1"], "{west} {east}");
        }
    }
}

/// Five square-kilometre days for a person, seven for a case.
async fn with_budgets() -> Vec<World> {
    let mut worlds = vec![World::new().await];
    worlds.extend(World::on_postgres().await);
    for world in &worlds {
        world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
        world.share(world.police, world.federal).await;
        let manager = world.sign_in("manager", "plain").await;
        let limits = json!({ "limits": { "area_budget_person_km2_days": 5, "area_budget_case_km2_days": 7 } });
        let changed = world.post("/api/v1/agency/policy/changes", &manager, limits).await.ok();
        assert_eq!(changed["effective"], true);
    }
    worlds
}

/// One square kilometre for one day, so many degrees further east.
fn one(east: f64) -> Value {
    let mut body = ask("area", json!({ "areas": [kilometre(east)] }));
    // Ends before now: the clock moves on while people sign in.
    body["question"]["from"] = json!("2026-05-28T00:00:00Z");
    body["question"]["to"] = json!("2026-05-28T23:55:00Z");
    body
}

#[tokio::test]
async fn lim_2_many_small_areas_add_up_to_a_budget_for_each_person_and_the_same_again_counts_once() {
    for world in with_budgets().await {
        let token = world.sign_in("investigator", "enhanced").await;
        let left = async || {
            let shown = measured(&world, &token, json!([kilometre(0.0)])).await;
            let kinds = world.get("/api/v1/kinds", &token).await.ok();
            let of_kinds = kinds.as_array().unwrap().iter().find(|kind| kind["kind"] == "area").unwrap();
            assert_eq!(of_kinds["area_budget"], shown["budget"]);
            shown["budget"]["left_km2_days"].as_f64().unwrap()
        };
        assert!((left().await - 5.0).abs() < 1e-9);
        for number in 0..5 {
            let answer = world.post("/api/v1/queries", &token, one(f64::from(number) / 50.0)).await.ok();
            world.post("/api/v1/queries", &token, one(f64::from(number) / 50.0)).await.ok();
            let show = format!("/api/v1/queries/{}/show", answer["query"].as_str().unwrap());
            world.post(&show, &token, json!({})).await.ok();
        }
        let rest = left().await;
        assert!(rest > 0.0 && rest < 0.1, "{rest}");
        let mut moved = one(0.5);
        let problem = world.post("/api/v1/queries", &token, moved.clone()).await.refused(422);
        assert_eq!((&problem["rule"], &problem["field"]), (&json!("area-budget-person"), &json!("question.areas")));
        let unlock = problem["unlock"].as_str().unwrap();
        assert!(unlock.starts_with("Of 5 square-kilometer days 0.0"), "{unlock}");
        assert!(unlock.contains("Enough is free again on 2026-0"), "{unlock}");
        moved["preview"] = json!(true);
        world.post("/api/v1/queries", &token, moved).await.refused(422);
        // The same areas over other time: only that time counts.
        let mut longer = one(0.0);
        longer["question"]["from"] = json!("2026-05-27T00:00:00Z");
        world.post("/api/v1/queries", &token, longer).await.refused(422);
        assert!((left().await - rest).abs() < 1e-9, "what is refused spends nothing");
        world.clock.advance_micros(30 * domain::time::DAY_MICROS);
        let token = world.sign_in("investigator", "enhanced").await;
        let shown = measured(&world, &token, json!([kilometre(0.0)])).await;
        assert_eq!(shown["budget"], json!({ "km2_days": 5, "left_km2_days": 5.0 }));
    }
}

#[tokio::test]
async fn lim_2_the_budget_of_a_case_counts_what_all_who_ask_for_it_ask() {
    for world in with_budgets().await {
        let (one_person, another) =
            (world.sign_in("investigator", "enhanced").await, world.sign_in("colleague", "enhanced").await);
        for number in 0..4 {
            world.post("/api/v1/queries", &one_person, one(f64::from(number) / 50.0)).await.ok();
        }
        for number in 4..7 {
            world.post("/api/v1/queries", &another, one(f64::from(number) / 50.0)).await.ok();
        }
        let problem = world.post("/api/v1/queries", &another, one(0.5)).await.refused(422);
        assert_eq!(problem["rule"], "area-budget-case");
        let mut for_other_case = one(0.5);
        for_other_case["purpose"]["case_reference"] = json!("HF-2026-0999");
        world.post("/api/v1/queries", &another, for_other_case).await.ok();
        // What a colleague has looked at for the case, another person may look at for it: only that person's budget counts.
        world.post("/api/v1/queries", &another, one(0.0)).await.ok();
    }
}

#[tokio::test]
async fn lim_2_questions_asked_at_once_do_not_all_take_the_last_of_the_budget() {
    for world in with_budgets().await {
        let token = world.sign_in("investigator", "enhanced").await;
        for number in 0..4 {
            world.post("/api/v1/queries", &token, one(f64::from(number) / 50.0)).await.ok();
        }
        let ask = |number: i32| world.post("/api/v1/queries", &token, one(f64::from(number) / 50.0));
        let (a, b, c) = tokio::join!(ask(5), ask(6), ask(7));
        let passed = [a, b, c].iter().filter(|reply| reply.status.is_success()).count();
        assert!(passed <= 1, "{passed}");
        world.post("/api/v1/queries", &token, one(0.0)).await.ok();
    }
}

#[tokio::test]
async fn lim_2_a_polygon_of_ten_thousand_corners_and_fifty_areas_are_answered_in_time() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world.share(world.police, world.federal).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let circle = |lon: f64, corners: u32| {
        let corner = |step: u32| {
            let angle = f64::from(step) / f64::from(corners) * std::f64::consts::TAU;
            [lon + 0.009 * angle.cos(), 34.0 + 0.009 * angle.sin()]
        };
        polygon(&[&(0..corners).map(corner).collect::<Vec<_>>()])
    };
    let fifty: Vec<_> = (0..50).map(|number| circle(-140.0 + f64::from(number) * 0.0002, 1_000)).collect();
    for areas in [json!([circle(-140.0, 10_000)]), json!(fifty)] {
        let begun = std::time::Instant::now();
        let answer = world.post("/api/v1/queries", &token, ask("area", json!({ "areas": areas }))).await.ok();
        println!("answered after {:?}", begun.elapsed());
        assert_eq!(answer["count"]["exactly"], 1);
        assert!(begun.elapsed().as_secs() < 10);
    }
    let one_more = circle(-140.0, 10_001);
    let problem = world.post(MEASURE, &token, json!({ "areas": [one_more] })).await.refused(422);
    assert!(problem["detail"].as_str().unwrap().contains("at most 10000 corners"));
    let many = vec![square(34.0, -140.0); 51];
    world.post("/api/v1/queries", &token, ask("area", json!({ "areas": many }))).await.refused(422);
}
