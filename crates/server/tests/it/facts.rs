//! Facts that are looked up at every question: cases, repeated words, colleagues.

use super::world::{World, ask, read, square};
use domain::{Permission, Role};
use serde_json::{Value, json};

const CASES: &str = "/api/v1/agency/cases";

fn full(case: &str) -> Value {
    let mut body = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    body["purpose"]["case_reference"] = json!(case);
    body
}

async fn world() -> World {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world.share(world.police, world.federal).await;
    world
}

#[tokio::test]
async fn why_3_a_case_reference_is_written_as_the_agency_writes_it_and_stands_in_its_list_as_open() {
    let world = world().await;
    let (token, manager) = (world.sign_in("investigator", "plain").await, world.sign_in("manager", "plain").await);
    let refused = async |case: &str, rule: &str| {
        let problem = world.post("/api/v1/queries", &token, full(case)).await.refused(422);
        assert_eq!((&problem["rule"], &problem["field"]), (&json!(rule), &json!("purpose.case_reference")));
        assert!(!problem.to_string().contains(case), "the reference is not in the error");
        let entry = problem["ledger_entry"].as_u64().unwrap();
        let record = world.app.ledger.open_record(entry, Some(world.federal)).await.unwrap();
        assert_eq!(record.kind, "query.refused");
    };
    world.post("/api/v1/queries", &token, full("anything")).await.ok();
    let pattern = json!({ "pattern": "HF-9999-9999" });
    world.put(&format!("{CASES}/pattern"), &manager, json!({ "pattern": "*" })).await.refused(422);
    world.put(&format!("{CASES}/pattern"), &manager, pattern).await.ok();
    refused("anything", "case-reference-pattern").await;
    world.post("/api/v1/queries", &token, full("hf-2026-0113")).await.ok();
    let imports = format!("{CASES}/imports");
    let faulty = "case_reference,status\nHF-2026-0113,open\nHF-2026-77,open\nHF-2026-0009,shut\n";
    let lines = world.post_csv(&imports, &manager, faulty).await.refused(422)["lines"].clone();
    assert_eq!(lines.as_array().unwrap().iter().map(|one| &one["line"]).collect::<Vec<_>>(), [3, 4]);
    let list = "case_reference,status\nHF-2026-0113,open\nHF-2026-0114,closed\n";
    let made = world.post_csv(&imports, &manager, list).await.ok();
    assert_eq!((&made["cases"], &made["open"]), (&json!(2), &json!(1)));
    world.post("/api/v1/queries", &token, full("HF-2026-0113")).await.ok();
    refused("HF-2026-0114", "case-closed").await;
    refused("HF-2026-0115", "case-unknown").await;
    let shown = world.get(CASES, &manager).await.ok();
    assert_eq!((&shown["pattern"], &shown["listed"], &shown["open"]), (&json!("HF-9999-9999"), &json!(2), &json!(1)));
    // Another agency's list says nothing about this one's cases.
    let officer = world.sign_in("officer", "plain").await;
    world.post("/api/v1/queries", &officer, full("HF-2026-0115")).await.ok();
    world.call("DELETE", CASES, Some(&manager), None).await.ok();
    world.post("/api/v1/queries", &token, full("HF-2026-0115")).await.ok();
    assert_eq!(world.newest(world.federal, "case-list.imported").await.record["act"]["cases"], 2);
}

#[tokio::test]
async fn why_3_why_7_words_that_are_given_again_and_again_are_flagged_in_the_entry() {
    let world = world().await;
    let token = world.sign_in("investigator", "enhanced").await;
    let area = |justification: &str| {
        let mut body = ask("area", json!({ "areas": [square(34.0, -140.0)] }));
        body["purpose"]["justification"] = json!(justification);
        body["purpose"]["suspicion_facts"] = json!(format!("{justification} Seen by two."));
        body["preview"] = json!(true);
        body
    };
    let flags = async || world.newest(world.federal, "query.preview").await.record["flags"].clone();
    for number in 0..20 {
        // Case, signs and blanks do not make it another text.
        let text = if number % 2 == 0 { "The van left the pier." } else { "the  VAN, left the pier" };
        world.post("/api/v1/queries", &token, area(text)).await.ok();
        assert_eq!(flags().await, json!([]), "question {number}");
    }
    world.post("/api/v1/queries", &token, area("The van left the pier.")).await.ok();
    assert_eq!(flags().await, json!(["justification-repeated", "suspicion-facts-repeated"]));
    world.post("/api/v1/queries", &token, area("A white van was seen at the mill.")).await.ok();
    assert_eq!(flags().await, json!([]));
    let other = world.sign_in("colleague", "enhanced").await;
    world.post("/api/v1/queries", &other, area("The van left the pier.")).await.ok();
    assert_eq!(flags().await, json!([]), "another person's words are not counted");
    world.clock.advance_micros(31 * 86_400_000_000);
    let token = world.sign_in("investigator", "enhanced").await;
    let mut late = area("The van left the pier.");
    late["question"]["to"] = json!("2026-07-02T00:00:00Z");
    late["question"]["from"] = json!("2026-07-01T00:00:00Z");
    world.post("/api/v1/queries", &token, late).await.ok();
    assert_eq!(flags().await, json!([]), "a month later");
}

#[tokio::test]
async fn why_4_on_behalf_of_oneself_a_former_user_somebody_without_the_right_or_of_another_agency_is_refused() {
    let mut world = world().await;
    let (federal, unit) = (world.federal, world.investigations);
    world.user("former", federal, unit, &[Role::CriminalInvestigator], &[Permission::Full, Permission::Partial]).await;
    world.user("narrow", federal, unit, &[Role::CriminalInvestigator], &[Permission::Full]).await;
    for login in ["former", "narrow", "colleague"] {
        world.sign_in(login, "enhanced").await;
    }
    let manager = world.sign_in("manager", "plain").await;
    let closed = format!("/api/v1/agency/users/{}/active", world.id("former"));
    world.put(&closed, &manager, json!({ "active": false })).await.ok();
    let token = world.sign_in("investigator", "enhanced").await;
    let partial = |colleague: String| {
        let mut body = ask("partial-plate", json!({ "plate": "7ABC1*3", "state": "US-CA" }));
        body["purpose"]["on_behalf_of"] = json!(colleague);
        body
    };
    for (login, rule) in [
        ("investigator", "on-behalf-self"),
        ("former", "on-behalf-inactive"),
        ("narrow", "on-behalf-not-entitled"),
        ("detective", "on-behalf-unknown"),
    ] {
        let problem = world.post("/api/v1/queries", &token, partial(world.id(login).to_string())).await.refused(422);
        assert_eq!((&problem["rule"], &problem["field"]), (&json!(rule), &json!("purpose.on_behalf_of")));
    }
    let nobody = "0190aaaa-0000-7000-8000-000000000000";
    let theirs = world.post("/api/v1/queries", &token, partial(world.id("detective").to_string())).await.refused(422);
    let missing = world.post("/api/v1/queries", &token, partial(nobody.into())).await.refused(422);
    assert_eq!((&theirs["rule"], &theirs["detail"]), (&missing["rule"], &missing["detail"]));
    world.post("/api/v1/queries", &token, partial(world.id("colleague").to_string())).await.ok();
    let record = world.newest(federal, "query.rows").await.record;
    assert_eq!(record["purpose"]["on_behalf_of"], json!(world.id("colleague")), "both are in the entry");
    assert_eq!(record["by"]["user"], json!(world.id("investigator")));
}
