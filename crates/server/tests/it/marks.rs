//! Rows are reviewed: marked relevant or not, and only relevant ones are printed, with all that a printout must carry.

use super::world::{World, ask, purpose, question, read, square};
use serde_json::{Value, json};

/// Reads of four plates at one place, the last with one photo only.
async fn world() -> World {
    let world = World::new().await;
    let mut unverified = read("7ABC126", Some("US-CA"), 30);
    unverified["photos_at_camera"] = json!(1);
    let reads = [("7ABC123", 60), ("7ABC124", 50), ("7ABC125", 40)];
    let mut reads: Vec<_> = reads.map(|(plate, minutes)| read(plate, Some("US-CA"), minutes)).into();
    reads.push(unverified);
    world.ingest("pole-1", reads).await;
    world.share(world.police, world.federal).await;
    world
}

struct Answered {
    query: String,
    /// By plate's last digit.
    ids: Vec<(char, String)>,
}

impl Answered {
    fn id(&self, digit: char) -> &str {
        &self.ids.iter().find(|(known, _)| *known == digit).unwrap().1
    }

    fn path(&self, what: &str) -> String {
        format!("/api/v1/queries/{}/{what}", self.query)
    }

    /// Marks rows, each by its plate's last digit.
    fn marks(&self, marks: &[(char, &str)]) -> Value {
        let marks: serde_json::Map<_, _> =
            marks.iter().map(|(digit, mark)| (self.id(*digit).to_owned(), json!(mark))).collect();
        json!({ "marks": marks })
    }
}

async fn asked(world: &World, token: &str, body: Value) -> Answered {
    let answer = world.post("/api/v1/queries", token, body).await.ok();
    let rows = answer["page"]["rows"].as_array().unwrap();
    let id =
        |row: &Value| (row["plate"].as_str().unwrap().chars().last().unwrap(), row["id"].as_str().unwrap().to_owned());
    Answered { query: answer["query"].as_str().unwrap().into(), ids: rows.iter().map(id).collect() }
}

async fn asked_area(world: &World, token: &str) -> Answered {
    asked(world, token, ask("area", json!({ "areas": [square(34.0, -140.0)] }))).await
}

async fn put(world: &World, token: &str, answered: &Answered, marks: &[(char, &str)]) -> Value {
    world.call("PUT", &answered.path("marks"), Some(token), Some(answered.marks(marks))).await.ok()
}

fn plates(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["plate"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn res_1_rows_are_marked_relevant_or_not_filtered_by_it_and_unmarked_again() {
    let world = world().await;
    let token = world.sign_in("detective", "enhanced").await;
    let answered = asked_area(&world, &token).await;
    let entries = world.app.ledger.size();
    let counts = put(&world, &token, &answered, &[('3', "relevant"), ('4', "not-relevant"), ('5', "relevant")]).await;
    assert_eq!(counts, json!({ "relevant": 2, "not_relevant": 1 }));
    let rows = async |filter: &str| world.get(&answered.path(&format!("rows?{filter}")), &token).await;

    let all = rows("").await.ok();
    let marks: Vec<_> = all["rows"].as_array().unwrap().iter().map(|row| row["mark"].as_str()).collect();
    assert_eq!(marks, [None, Some("relevant"), Some("not-relevant"), Some("relevant")]);
    assert_eq!(plates(&rows("mark=relevant").await.ok()["rows"]), ["7ABC125", "7ABC123"]);
    assert_eq!(plates(&rows("mark=not-relevant").await.ok()["rows"]), ["7ABC124"]);
    assert_eq!(plates(&rows("mark=none").await.ok()["rows"]), ["7ABC126"]);
    assert_eq!(rows("mark=maybe").await.refused(422)["field"], "mark");

    let counts = put(&world, &token, &answered, &[('3', "none"), ('4', "relevant")]).await;
    assert_eq!(counts, json!({ "relevant": 2, "not_relevant": 0 }));
    assert_eq!(world.app.ledger.size(), entries, "marks stay within the answer");
}

#[tokio::test]
async fn res_1_a_row_of_another_answer_cannot_be_marked_and_then_none_is() {
    let world = world().await;
    let token = world.sign_in("detective", "enhanced").await;
    let answered = asked_area(&world, &token).await;
    let mut body = answered.marks(&[('3', "relevant")]);
    body["marks"]["99999999"] = json!("relevant");
    world.call("PUT", &answered.path("marks"), Some(&token), Some(body)).await.refused(404);
    assert_eq!(world.get(&answered.path("rows?mark=relevant"), &token).await.ok()["filtered"], 0);

    let other = world.sign_in("detective", "plain").await;
    let marks = answered.marks(&[('3', "relevant")]);
    world.call("PUT", &answered.path("marks"), Some(&other), Some(marks)).await.refused(404);
    let put = async |body: Value| world.call("PUT", &answered.path("marks"), Some(&token), Some(body)).await;
    put(json!({ "marks": { "seven": "relevant" } })).await.refused(422);
    put(json!({ "marks": { "1": "important" } })).await.refused(422);
    let many: serde_json::Map<_, _> = (0..10_001).map(|id| (id.to_string(), json!("relevant"))).collect();
    let problem = put(json!({ "marks": many })).await.refused(422);
    assert!(problem["detail"].as_str().unwrap().contains("10000"));
}

#[tokio::test]
async fn res_3_marks_end_with_their_answer() {
    let world = world().await;
    let token = world.sign_in("detective", "enhanced").await;
    let answered = asked_area(&world, &token).await;
    put(&world, &token, &answered, &[('3', "relevant")]).await;
    let again = asked_area(&world, &token).await;
    assert_eq!(world.get(&again.path("rows?mark=relevant"), &token).await.ok()["filtered"], 0);
    world.clock.advance_micros(15 * 60 * 1_000_000);
    world.call("PUT", &answered.path("marks"), Some(&token), Some(answered.marks(&[]))).await.refused(404);
    world.post(&answered.path("prints"), &token, json!({})).await.refused(404);
}

#[tokio::test]
async fn res_1_res_4_aud_1_a_print_has_the_relevant_rows_says_why_and_is_recorded_first() {
    let world = world().await;
    // The colleague must have accepted the rules at a log-in of their own.
    world.sign_in("colleague", "enhanced").await;
    let token = world.sign_in("investigator", "enhanced").await;
    let colleagues = world.get("/api/v1/colleagues", &token).await.ok();
    let colleague = colleagues.as_array().unwrap().iter().find(|one| one["name"] == "Name of colleague").unwrap();
    let mut purpose = purpose();
    purpose["on_behalf_of"] = colleague["user"].clone();
    let body = json!({ "question": question("area", json!({ "areas": [square(34.0, -140.0)] })), "purpose": purpose });
    let answered = asked(&world, &token, body).await;
    put(&world, &token, &answered, &[('3', "relevant"), ('4', "not-relevant"), ('5', "relevant")]).await;

    let print = world.post(&answered.path("prints"), &token, json!({})).await;
    assert_eq!(print.status.as_u16(), 201);
    let print = print.ok();
    assert_eq!(plates(&print["rows"]), ["7ABC125", "7ABC123"]);
    assert_eq!((&print["by"], &print["on_behalf_of"]), (&json!("Name of investigator"), &json!("Name of colleague")));
    assert_eq!((&print["agency"], &print["unit"]), (&json!("Harbor Federal Service"), &json!("Investigations")));
    let reason = json!({ "code": "CRIME", "label": "CRIME", "authority": "Fictional Code 7" });
    assert_eq!(print["reason"], reason);
    for field in ["case_reference", "subject", "target", "justification", "suspicion_facts"] {
        assert_eq!(print[field], purpose[field], "{field}");
    }
    assert!(print["sentence"].as_str().unwrap().starts_with("Every plate in 1 area"));
    assert_eq!(print["records_notice"], "External Investigations");
    assert_eq!(
        (&print["reminder"], &print["left_out"]),
        (&json!("Verify before acting; never act on this alone."), &json!([]))
    );
    assert!(print["rows"].as_array().unwrap().iter().all(|row| row["mark"] == "relevant"));

    let record = world.app.ledger.open_record(print["entry"].as_u64().unwrap(), Some(world.federal)).await.unwrap();
    assert_eq!((record.kind.as_str(), &record.record["query"]), ("answer.printed", &json!(answered.query)));
    assert_eq!(record.time.to_string(), print["time"].as_str().unwrap());
    let ids = record.record["detections"].as_array().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(ids, [answered.id('5'), answered.id('3')]);
    assert_eq!(record.record["by"]["user"], world.newest(world.federal, "query.rows").await.record["by"]["user"]);
    let question = print["receipt"]["entry"].as_u64().unwrap();
    assert_eq!(world.app.ledger.open_record(question, Some(world.federal)).await.unwrap().kind, "query.rows");
}

#[tokio::test]
async fn res_1_without_a_relevant_row_nothing_is_printed_and_the_try_is_recorded() {
    let world = world().await;
    let token = world.sign_in("detective", "enhanced").await;
    let answered = asked_area(&world, &token).await;
    put(&world, &token, &answered, &[('3', "not-relevant")]).await;
    let problem = world.post(&answered.path("prints"), &token, json!({})).await.refused(422);
    assert_eq!((&problem["field"], &problem["rule"]), (&json!("marks"), &json!("print-nothing-relevant")));
    let record =
        world.app.ledger.open_record(problem["ledger_entry"].as_u64().unwrap(), Some(world.police)).await.unwrap();
    assert_eq!(record.kind, "print.refused");
}

#[tokio::test]
async fn det_4_unverified_reads_are_left_out_of_a_print_where_the_preset_says_so_and_the_print_says_it() {
    let world = world().await;
    let investigator = world.sign_in("investigator", "enhanced").await;
    let answered = asked_area(&world, &investigator).await;
    put(&world, &investigator, &answered, &[('6', "relevant")]).await;
    let problem = world.post(&answered.path("prints"), &investigator, json!({})).await.refused(422);
    assert_eq!(problem["rule"], "print-only-unverified");
    put(&world, &investigator, &answered, &[('3', "relevant")]).await;
    let print = world.post(&answered.path("prints"), &investigator, json!({})).await.ok();
    assert_eq!(plates(&print["rows"]), ["7ABC123"]);
    assert_eq!(print["left_out"], json!([{ "why": "unverified", "rows": 1 }]));
    let record = world.newest(world.federal, "answer.printed").await.record;
    assert_eq!(record["left_out"]["unverified"].as_array().unwrap().len(), 1);

    let detective = world.sign_in("detective", "enhanced").await;
    let answered = asked_area(&world, &detective).await;
    put(&world, &detective, &answered, &[('6', "relevant")]).await;
    let print = world.post(&answered.path("prints"), &detective, json!({})).await.ok();
    assert_eq!((plates(&print["rows"]), &print["rows"][0]["verified"]), (vec!["7ABC126"], &json!(false)));
    assert!(print.get("records_notice").is_none());
}

#[tokio::test]
async fn res_1_qry_6_a_printed_movement_is_in_order_of_time_with_the_time_between_what_is_printed() {
    let world = World::new().await;
    let reads = [60, 50, 20].map(|minutes| read("7ABC123", Some("US-CA"), minutes));
    world.ingest("pole-1", reads.into()).await;
    world.share(world.police, world.federal).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let movement = ask("movement", json!({ "plate": "7ABC123", "state": "US-CA" }));
    let answer = world.post("/api/v1/queries", &token, movement).await.ok();
    let ids: Vec<_> =
        answer["page"]["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    let path = format!("/api/v1/queries/{}", answer["query"].as_str().unwrap());
    let marks = json!({ "marks": { ids[0]: "relevant", ids[2]: "relevant" } });
    world.call("PUT", &format!("{path}/marks"), Some(&token), Some(marks)).await.ok();
    let print = world.post(&format!("{path}/prints"), &token, json!({})).await.ok();
    let gaps: Vec<_> =
        print["rows"].as_array().unwrap().iter().map(|row| row["seconds_since_previous"].as_i64()).collect();
    assert_eq!(gaps, [None, Some(40 * 60)]);
}

#[tokio::test]
async fn aud_1_a_print_whose_entry_cannot_be_written_is_not_returned() {
    let world = world().await;
    let token = world.sign_in("detective", "enhanced").await;
    let answered = asked_area(&world, &token).await;
    put(&world, &token, &answered, &[('3', "relevant")]).await;
    world.app.ledger_sql.close().await;
    world.post(&answered.path("prints"), &token, json!({})).await.refused(503);
}
