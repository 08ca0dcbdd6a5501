//! A question end to end: six kinds, what each leaves in the ledger, and what cannot come back.

use super::world::{World, ask, plates, purpose, question, read, square};
use serde_json::{Value, json};

/// A world with some reads, shared with the federal agency.
async fn with_reads(world: World) -> World {
    world.ingest("pole-1", vec![
        read("7ABC123", Some("US-CA"), 600),
        read("7ABD124", Some("US-CA"), 540),
        read("7A8C123", Some("US-CA"), 480),
        read("7ABC123", None, 420),
        json!({
            "event_id": "alt", "scan_time": read("x1", None, 360)["scan_time"], "plate": "7XXC123", "state": "US-CA",
            "readings": [{ "plate": "7ABC123", "confidence": 0.4 }], "photos_at_camera": 2,
        }),
    ]).await;
    world.ingest("pole-2", vec![read("7ABC123", Some("US-CA"), 300), read("9ZZZ999", Some("US-NV"), 240)]).await;
    world.ingest("toll-1", vec![read("7ABC123", Some("US-CA"), 180)]).await;
    world.share(world.police, world.federal).await;
    world.share(world.roads, world.federal).await;
    world
}

async fn asked(world: &World, token: &str, body: Value) -> Value {
    world.post("/api/v1/queries", token, body).await.ok()
}

#[tokio::test]
async fn qry_1_qry_2_qry_3_qry_4_qry_5_qry_6_an_investigator_asks_all_six_kinds() {
    let mut worlds = vec![World::new().await];
    worlds.extend(World::on_postgres().await);
    for world in worlds {
        let world = with_reads(world).await;
        let token = world.sign_in("investigator", "enhanced").await;

        let full = asked(&world, &token, ask("full-plate", json!({ "plate": "7abc-123", "state": "US-CA" }))).await;
        assert_eq!(full["count"]["exactly"], 4);
        assert_eq!(full["by_match"], json!({ "exact": 3, "unknown-state": 1, "look-alike": 0, "alternative": 0 }));

        let fields = json!({ "plate": "7ABC123", "state": "US-CA", "look_alikes": true, "alternatives": true });
        let wide = asked(&world, &token, ask("full-plate", fields)).await;
        assert_eq!(wide["by_match"], json!({ "exact": 3, "unknown-state": 1, "look-alike": 1, "alternative": 1 }));
        let matched: Vec<_> = wide["page"]["rows"].as_array().unwrap().iter().map(|row| row["match"].clone()).collect();
        assert_eq!(matched, ["exact", "exact", "alternative", "unknown-state", "look-alike", "exact"]);

        // Under pia-039b a star is exactly one character.
        let partial =
            asked(&world, &token, ask("partial-plate", json!({ "plate": "7AB*12*", "state": "US-CA" }))).await;
        assert_eq!(partial["count"]["exactly"], 5);
        let fields = json!({ "plate": "7AB*3", "state": "US-CA" });
        assert_eq!(asked(&world, &token, ask("partial-plate", fields)).await["count"]["exactly"], 0);

        let fields = json!({ "vehicle": { "make": "TOYOTA", "colour": "white", "year": 2019 } });
        assert_eq!(asked(&world, &token, ask("make-model", fields)).await["count"]["exactly"], 7);

        let area = asked(&world, &token, ask("area", json!({ "areas": [square(34.0, -140.0)] }))).await;
        assert_eq!(plates(&area), ["7XXC123", "7ABC123", "7A8C123", "7ABD124", "7ABC123"]);

        let areas = json!({ "areas": [square(34.0, -140.0), square(34.01, -140.01), square(34.02, -140.02)] });
        let common = asked(&world, &token, ask("common-plate", areas)).await;
        let table = common["common"].as_array().unwrap();
        assert_eq!((table.len(), table[0]["plate"].as_str()), (1, Some("7ABC123")));
        assert!(table[0]["places"].as_array().unwrap().iter().all(|seen| seen["reads"] == 1));

        let movement = asked(&world, &token, ask("movement", json!({ "plate": "7ABC123", "state": "US-CA" }))).await;
        let rows = movement["page"]["rows"].as_array().unwrap();
        let gaps: Vec<_> = rows.iter().map(|row| row["seconds_since_previous"].as_i64()).collect();
        assert_eq!(gaps, [None, Some(180 * 60), Some(120 * 60), Some(120 * 60)]);
    }
}

#[tokio::test]
async fn an_answer_says_how_long_each_step_of_the_gate_took_and_nothing_else() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let body = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    let reply = world.post("/api/v1/queries", &token, body).await;
    let steps: Vec<_> = reply.header("server-timing").split(", ").filter_map(|step| step.split_once(";dur=")).collect();
    let names: Vec<_> = steps.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["policy", "entry", "search", "outcome"]);
    assert!(steps.iter().all(|(_, millis)| millis.parse::<f64>().is_ok_and(|millis| millis > 0.0)), "{steps:?}");
    // Two commits cannot be free: what is told is measured.
    let total: f64 = steps.iter().filter_map(|(_, millis)| millis.parse::<f64>().ok()).sum();
    assert!(total > 0.1 && total < 60_000.0, "{total}");
}

#[tokio::test]
async fn aud_1_aud_2_the_ledger_holds_the_question_and_what_was_answered() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let answer = asked(&world, &token, ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }))).await;

    let entry = answer["receipt"]["entry"].as_u64().unwrap();
    let record = world.app.ledger.open_record(entry, Some(world.federal)).await.unwrap();
    assert_eq!(record.kind, "query.rows");
    assert_eq!(record.record["question"]["criteria"]["plate"], "7ABC123");
    assert_eq!(record.record["purpose"]["case_reference"], "HF-2026-0113");
    assert_eq!(record.record["by"]["channel"], "api");

    let outcome = answer["receipt"]["outcome_entry"].as_u64().unwrap();
    let outcome = world.app.ledger.open_record(outcome, Some(world.federal)).await.unwrap();
    assert_eq!((outcome.kind.as_str(), &outcome.record["of"]), ("query.outcome", &json!(entry)));
    assert_eq!(outcome.record["returned"].as_array().unwrap().len(), 4);

    // Another agency's right opens neither.
    assert!(world.app.ledger.open_record(entry, Some(world.police)).await.is_err());
}

#[tokio::test]
async fn aud_6_the_receipt_of_an_answer_verifies_offline() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let answer = asked(&world, &token, ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }))).await;
    let entry = answer["receipt"]["entry"].as_u64().unwrap();
    let path = format!("/api/v1/ledger/entries/{entry}/receipt");
    let receipt = String::from_utf8(world.get(&path, &token).await.bytes).unwrap();
    let key = world.call("GET", "/ledger/vkey", None, None).await.bytes;
    let key = String::from_utf8(key).unwrap();
    let leaf = |text: &Value| hex::decode(text.as_str().unwrap()).unwrap().try_into().unwrap();
    let hash = leaf(&answer["receipt"]["leaf_hash"]);
    let (index, _) = ledger::verify::verify_receipt_of_hash(&receipt, key.trim(), hash).unwrap();
    assert_eq!(index, entry);
    let mut other = hash;
    other[0] ^= 1;
    assert!(ledger::verify::verify_receipt_of_hash(&receipt, key.trim(), other).is_err());
}

#[tokio::test]
async fn agy_2_another_owners_reads_never_appear_without_an_agreement() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world.ingest("toll-1", vec![read("7ABC123", Some("US-CA"), 30)]).await;
    let body = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));

    let token = world.sign_in("investigator", "plain").await;
    let problem = world.post("/api/v1/queries", &token, body()).await.refused(403);
    assert_eq!(problem["rule"], "no-pools");

    world.share(world.roads, world.federal).await;
    let answer = asked(&world, &token, body()).await;
    assert_eq!(
        (&answer["count"]["exactly"], &answer["page"]["rows"][0]["owner"]),
        (&json!(1), &json!("Larkin Road Data"))
    );

    let officer = world.sign_in("officer", "plain").await;
    let answer = asked(&world, &officer, body()).await;
    assert_eq!(answer["page"]["rows"][0]["owner"], "Port Larkin Police");
    assert_eq!(answer["count"]["exactly"], 1);
}

#[tokio::test]
async fn agy_2_an_agreement_that_has_ended_shows_nothing_from_the_next_question_on() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world.share_until(world.police, world.federal, super::world::NOW.plus_micros(600_000_000)).await;
    let token = world.sign_in("investigator", "plain").await;
    let body = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    assert_eq!(asked(&world, &token, body()).await["count"]["exactly"], 1);
    assert_eq!(world.get("/api/v1/cameras", &token).await.ok().as_array().unwrap().len(), 2);
    world.clock.advance_micros(601_000_000);
    assert_eq!(world.get("/api/v1/cameras", &token).await.ok(), json!([]));
    assert!(world.get("/api/v1/session", &token).await.ok().get("centre").is_none());
    world.post("/api/v1/queries", &token, body()).await.refused(403);
}

#[tokio::test]
async fn lim_4_a_preview_counts_before_any_plate_is_shown_and_both_steps_are_recorded() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let mut body = ask("area", json!({ "areas": [square(34.0, -140.0)] }));
    body["preview"] = json!(true);
    let preview = asked(&world, &token, body).await;
    assert_eq!((&preview["step"], &preview["count"]["exactly"]), (&json!("previewed"), &json!(5)));
    assert!(preview.get("page").is_none() && !preview.to_string().contains("7ABC123"));
    let reads: u64 = preview["density"].as_array().unwrap().iter().map(|cell| cell["reads"].as_u64().unwrap()).sum();
    assert_eq!(reads, 5);

    let path = format!("/api/v1/queries/{}/show", preview["query"].as_str().unwrap());
    let shown = world.post(&path, &token, json!({})).await.ok();
    assert_eq!(shown["page"]["rows"].as_array().unwrap().len(), 5);
    let kinds: Vec<_> = world.records(world.federal).await.into_iter().map(|record| record.kind).collect();
    assert!(kinds.ends_with(&[
        "query.preview".into(),
        "query.outcome".into(),
        "query.rows".into(),
        "query.outcome".into()
    ]));
}

#[tokio::test]
async fn qry_9_asking_again_is_one_action_and_visible_as_a_repeat() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let first = asked(&world, &token, ask("area", json!({ "areas": [square(34.0, -140.0)] }))).await;
    let query = first["query"].as_str().unwrap();
    let again = json!({ "from": "2026-06-01T02:00:00Z", "to": "2026-06-01T05:00:00Z" });
    let second = world.post(&format!("/api/v1/queries/{query}/again"), &token, again).await.ok();
    assert_eq!((&second["count"]["exactly"], second["again_of"].as_str()), (&json!(3), Some(query)));
    assert_eq!(world.newest(world.federal, "query.rows").await.record["again_of"], query);
}

#[tokio::test]
async fn why_1_qry_5_an_answer_says_which_frame_was_asked_and_which_areas_had_their_own() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let mut own = square(34.01, -140.01);
    own["from"] = json!("2026-06-01T01:30:00-03:00");
    own["to"] = json!("2026-06-01T08:00:00Z");
    let mut fields = json!({ "areas": [square(34.0, -140.0), own], "from": "2026-06-01T00:00:00Z" });
    fields["to"] = json!("2026-06-01T13:00:00+01:00");
    let mut body = ask("common-plate", fields);
    let common = asked(&world, &token, body.clone()).await;
    let said = (&common["from"], &common["to"]);
    assert_eq!(said, (&json!("2026-06-01T00:00:00Z"), &json!("2026-06-01T12:00:00Z")));
    let frames = json!([{ "area": 1, "from": "2026-06-01T04:30:00Z", "to": "2026-06-01T08:00:00Z" }]);
    assert_eq!(common["frames"], frames);
    body["preview"] = json!(true);
    let previewed = asked(&world, &token, body).await;
    assert_eq!((&previewed["from"], &previewed["frames"]), (&common["from"], &frames));
    // Asked again over another frame, the areas have none of their own.
    let path = format!("/api/v1/queries/{}/again", common["query"].as_str().unwrap());
    let again = json!({ "from": "2026-06-01T02:00:00Z", "to": "2026-06-01T05:00:00Z" });
    let again = world.post(&path, &token, again).await.ok();
    assert_eq!((&again["from"], &again["to"]), (&json!("2026-06-01T02:00:00Z"), &json!("2026-06-01T05:00:00Z")));
    assert!(again.get("frames").is_none());
}

#[tokio::test]
async fn qry_8_results_are_filtered_afterwards_without_a_new_query() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let areas = json!({ "areas": [square(34.0, -140.0), square(34.01, -140.01)] });
    let answer = asked(&world, &token, ask("area", areas)).await;
    let query = answer["query"].as_str().unwrap();
    let entries = world.app.ledger.size();
    let rows = async |filter: &str| world.get(&format!("/api/v1/queries/{query}/rows?{filter}"), &token).await;
    assert_eq!(rows("state=US-NV").await.ok()["filtered"], 1);
    assert_eq!(rows("state=unknown").await.ok()["filtered"], 1);
    assert_eq!(rows("area=1").await.ok()["filtered"], 2);
    assert_eq!(rows("make=toyota&from=2026-06-01T07:00:00Z").await.ok()["filtered"], 2);
    assert_eq!(rows("source=toll-road").await.ok()["filtered"], 0);
    rows("plate=7ABC123").await.refused(422);
    rows("page=1").await.refused(422);
    assert_eq!(world.app.ledger.size(), entries, "filtering asks nothing new");
}

#[tokio::test]
async fn res_3_an_answer_belongs_to_the_session_that_asked_and_ends_after_fifteen_minutes() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let answer = asked(&world, &token, ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }))).await;
    let path = format!("/api/v1/queries/{}/rows", answer["query"].as_str().unwrap());
    world.get(&path, &token).await.ok();

    let other = world.sign_in("colleague", "enhanced").await;
    let theirs = world.get(&path, &other).await;
    let missing = world.get("/api/v1/queries/0190aaaa-0000-7000-8000-000000000000/rows", &other).await;
    assert_eq!((theirs.status, theirs.bytes), (missing.status, missing.bytes));

    world.clock.advance_micros(15 * 60 * 1_000_000);
    world.get(&path, &token).await.refused(404);
}

#[tokio::test]
async fn why_1_a_read_at_the_end_of_the_frame_is_outside_it() {
    let world = with_reads(World::new().await).await;
    let token = world.sign_in("officer", "plain").await;
    let mut body = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    body["question"]["from"] = json!("2026-06-01T02:00:00Z");
    body["question"]["to"] = json!("2026-06-01T07:00:00Z");
    // Reads at 02:00, 05:00 (unknown state) and 07:00.
    let answer = asked(&world, &token, body).await;
    assert_eq!(answer["count"]["exactly"], 2);
}

#[tokio::test]
async fn why_4_a_question_on_behalf_names_a_colleague_who_could_ask_it() {
    let world = with_reads(World::new().await).await;
    // The colleague must have accepted the rules at a log-in of their own.
    world.sign_in("colleague", "enhanced").await;
    let token = world.sign_in("investigator", "enhanced").await;
    let colleagues = world.get("/api/v1/colleagues", &token).await.ok();
    let id = |name: &str| {
        let found = colleagues.as_array().unwrap().iter().find(|colleague| colleague["name"] == name).unwrap();
        found["user"].clone()
    };
    let on_behalf = |colleague: Value| {
        let mut purpose = purpose();
        purpose["on_behalf_of"] = colleague;
        json!({ "question": question("area", json!({ "areas": [square(34.0, -140.0)] })), "purpose": purpose })
    };
    asked(&world, &token, on_behalf(id("Name of colleague"))).await;
    assert_eq!(
        world.newest(world.federal, "query.rows").await.record["purpose"]["on_behalf_of"],
        id("Name of colleague")
    );
    // The other unit may never ask areas, so nobody may ask one for it; an unknown person answers alike.
    let entitled = world.post("/api/v1/queries", &token, on_behalf(id("Name of enforcement"))).await.refused(422);
    let unknown = json!("0190aaaa-0000-7000-8000-000000000000");
    let unknown = world.post("/api/v1/queries", &token, on_behalf(unknown)).await.refused(422);
    assert_eq!(entitled["field"], "purpose.on_behalf_of");
    assert_eq!(unknown["field"], "purpose.on_behalf_of");
}
