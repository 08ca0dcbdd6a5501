//! What was shown is what the log holds: every row of every page, by proofs that need no service.

use super::world::{World, ask, read};
use ledger::verify::{verify_receipt_alone, verify_records};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn aud_2_aud_6_every_row_of_every_page_stands_in_an_outcome_whose_receipt_verifies_offline() {
    let world = World::new().await;
    for batch in 0..3 {
        let reads = (0..400).map(|number| read("7ABC123", Some("US-CA"), 1 + batch * 400 + number)).collect();
        world.ingest("pole-1", reads).await;
    }
    world.share(world.police, world.federal).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let body = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    let answer = world.post("/api/v1/queries", &token, body).await.ok();
    let query = answer["query"].as_str().unwrap();
    let mut shown = BTreeSet::new();
    for page in 0..answer["page"]["pages"].as_u64().unwrap() {
        let page = world.get(&format!("/api/v1/queries/{query}/rows?page={page}"), &token).await.ok();
        shown.extend(page["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(shown.len(), 1_200, "three pages");

    let key = String::from_utf8(world.call("GET", "/ledger/vkey", None, None).await.bytes).unwrap();
    let receipt = &answer["receipt"];
    let number = |field: &str| receipt[field].as_u64().unwrap();
    let mut proved = Vec::new();
    for entry in [number("entry"), number("outcome_entry")] {
        let path = format!("/api/v1/ledger/entries/{entry}/receipt");
        let text = String::from_utf8(world.get(&path, &token).await.bytes).unwrap();
        let (found, log) = verify_receipt_alone(&text, key.trim()).unwrap();
        assert_eq!((found.index, found.index < log.size), (entry, true));
        proved.push(found);
    }
    assert_eq!(receipt["leaf_hash"], json!(hex::encode(proved[0].leaf_hash)));
    assert_eq!(receipt["time"], json!(proved[0].time.to_string()));

    // Whoever may open the outcome finds there what was shown, no more and no less; and it is what the log committed to.
    let outcome = world.app.ledger.open_record(number("outcome_entry"), Some(world.federal)).await.unwrap();
    let returned: BTreeSet<String> =
        outcome.record["returned"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert!(returned == shown, "{} recorded, {} shown", returned.len(), shown.len());
    world.app.ledger.publish().await.unwrap();
    let app = &world.app;
    let verified = verify_records(&app.ledger_folder, key.trim(), &app.ledger_sql, &app.vault).await.unwrap();
    assert_eq!((verified.opened, verified.gone), (verified.log.size, 0));
}
