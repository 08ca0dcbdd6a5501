//! Sharing: agreements with two signatures, their suspension and end, several over the same detections, and what use is told.

use super::world::{NOW, Reply, World, ask, read};
use serde_json::{Value, json};

const DAY: i64 = 86_400_000_000;

#[tokio::test]
async fn agy_2_a_pool_under_several_agreements_is_seen_while_any_of_them_holds() {
    let world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world.share_until(world.police, world.federal, NOW.plus_micros(DAY)).await;
    world.share_until(world.police, world.federal, NOW.plus_micros(2 * DAY)).await;
    // One that is over does not stop the others.
    world.share_until(world.police, world.federal, NOW.plus_micros(-DAY / 2)).await;
    let token = world.sign_in("investigator", "plain").await;
    let body = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    assert_eq!(world.post("/api/v1/queries", &token, body()).await.ok()["count"]["exactly"], 1);
}

fn proposal(recipient: u32, tells_use: &str) -> Value {
    json!({
        "recipient": recipient, "permissions": ["full"], "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z",
        "document": "MOU 11", "tells_use": tells_use,
    })
}

/// Two agencies, and the path of an agreement that the police has proposed to the federal service.
struct Parties {
    world: World,
    chief: String,
    manager: String,
    /// Asks for the federal service.
    investigator: String,
    path: String,
}

impl Parties {
    async fn new(tells_use: &str) -> Self {
        let world = World::new().await;
        world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
        let (chief, manager) = (world.sign_in("chief", "plain").await, world.sign_in("manager", "plain").await);
        let investigator = world.sign_in("investigator", "plain").await;
        let made = world.post("/api/v1/agency/agreements", &chief, proposal(world.federal.0, tells_use)).await.ok();
        let path = format!("/api/v1/agency/agreements/{}", made["id"]);
        Self { world, chief, manager, investigator, path }
    }

    async fn set(&self, by: &str, state: &str) -> Reply {
        let body = json!({ "state": state, "why": "A review of the project." });
        self.world.put(&format!("{}/state", self.path), by, body).await
    }

    async fn ask(&self) -> Reply {
        let body = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
        self.world.post("/api/v1/queries", &self.investigator, body).await
    }

    async fn sees_something(&self) -> bool {
        let reply = self.ask().await;
        if reply.status.is_success() {
            assert_eq!(reply.ok()["count"]["exactly"], 1);
            return true;
        }
        assert_eq!(reply.refused(403)["rule"], "no-pools");
        false
    }

    async fn shown_to(&self, who: &str) -> Value {
        self.world.get("/api/v1/agency/agreements", who).await.ok()[0].clone()
    }

    async fn use_made(&self, who: &str) -> Reply {
        let path = format!("{}/use?from=2026-05-01T00:00:00Z&to=2026-06-02T00:00:00Z", self.path);
        self.world.get(&path, who).await
    }
}

#[tokio::test]
async fn agy_2_nothing_is_shown_before_both_sides_have_signed_and_each_sees_both_signatures() {
    let parties = Parties::new("nothing").await;
    assert!(!parties.sees_something().await, "one signature is none");
    // Nobody signs for the other side.
    assert_eq!(parties.set(&parties.chief, "in-force").await.refused(409)["field"], "state");
    assert!(!parties.sees_something().await);
    parties.set(&parties.manager, "in-force").await.ok();
    assert!(parties.sees_something().await);
    for who in [&parties.chief, &parties.manager] {
        let shown = parties.shown_to(who).await;
        assert_eq!(shown["owner_signed"]["name"], "Name of chief");
        assert_eq!(shown["recipient_signed"]["name"], "Name of manager");
        assert_eq!((&shown["state"], &shown["document"]), (&json!("in-force"), &json!("MOU 11")));
    }
    let (police, federal) = (parties.world.police, parties.world.federal);
    assert_eq!(parties.world.newest(police, "agreement.proposed").await.record["act"]["document"], "MOU 11");
    assert_eq!(parties.world.newest(federal, "agreement.signed").await.record["act"]["signer"], "Name of manager");
    // A proposal is signed once.
    parties.set(&parties.manager, "in-force").await.refused(409);
}

#[tokio::test]
async fn agy_2_acc_8_either_side_suspends_at_once_only_who_suspended_resumes_and_an_end_is_for_good() {
    let parties = Parties::new("nothing").await;
    parties.set(&parties.manager, "in-force").await.ok();
    for (by, other) in [(&parties.chief, &parties.manager), (&parties.manager, &parties.chief)] {
        let answer = parties.ask().await.ok();
        parties.set(by, "suspended").await.ok();
        assert!(!parties.sees_something().await);
        let rows = format!("/api/v1/queries/{}/rows", answer["query"].as_str().unwrap());
        parties.world.get(&rows, &parties.investigator).await.refused(403);
        let shown = parties.shown_to(other).await;
        assert_eq!((&shown["state"], &shown["why"]), (&json!("suspended"), &json!("A review of the project.")));
        parties.set(other, "in-force").await.refused(409);
        assert!(!parties.sees_something().await);
        parties.set(by, "in-force").await.ok();
        assert!(parties.sees_something().await);
    }
    let reasonless = json!({ "state": "ended" });
    let path = format!("{}/state", parties.path);
    assert_eq!(parties.world.put(&path, &parties.chief, reasonless).await.refused(422)["field"], "why");
    parties.set(&parties.manager, "ended").await.ok();
    assert!(!parties.sees_something().await);
    for state in ["in-force", "suspended", "ended"] {
        parties.set(&parties.chief, state).await.refused(409);
    }
    assert_eq!(
        parties.world.newest(parties.world.federal, "agreement.ended").await.record["act"]["why"],
        "A review of the project."
    );
}

#[tokio::test]
async fn agy_2_a_proposal_is_declined_or_taken_back_and_never_shows_anything() {
    for declines in [true, false] {
        let parties = Parties::new("nothing").await;
        let by = if declines { &parties.manager } else { &parties.chief };
        parties.set(by, "suspended").await.refused(409);
        parties.set(by, "ended").await.ok();
        parties.set(&parties.manager, "in-force").await.refused(409);
        assert!(!parties.sees_something().await);
    }
}

#[tokio::test]
async fn agy_3_the_owner_is_told_of_the_use_as_far_as_the_recipient_has_signed() {
    for (tells, unit, person) in [("numbers", false, false), ("units", true, false), ("people", true, true)] {
        let parties = Parties::new(tells).await;
        parties.set(&parties.manager, "in-force").await.ok();
        parties.ask().await.ok();
        parties.ask().await.ok();
        // What searches none of the owner's detections, and what was asked before the period, is not told.
        let told = parties.use_made(&parties.chief).await.ok();
        assert_eq!((&told["told"], &told["is_cut"]), (&json!(tells), &json!(false)));
        let [line] = told["lines"].as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!(
            (&line["kind"], &line["questions"], &line["counts"], &line["shown"]),
            (&json!("full-plate"), &json!(2), &json!(0), &json!(2))
        );
        assert_eq!((line["unit"].is_string(), line["person"].is_string()), (unit, person), "{line}");
        assert_eq!(parties.use_made(&parties.manager).await.ok()["told"], "people", "the recipient's own");
        let before = format!("{}/use?from=2026-04-01T00:00:00Z&to=2026-05-01T00:00:00Z", parties.path);
        assert_eq!(parties.world.get(&before, &parties.chief).await.ok()["lines"], json!([]));
        parties.world.newest(parties.world.police, "agreement.use-read").await;
    }
    let parties = Parties::new("nothing").await;
    parties.set(&parties.manager, "in-force").await.ok();
    parties.ask().await.ok();
    parties.use_made(&parties.chief).await.refused(403);
    let long = format!("{}/use?from=2026-01-01T00:00:00Z&to=2026-06-02T00:00:00Z", parties.path);
    assert_eq!(parties.world.get(&long, &parties.manager).await.refused(422)["field"], "to");
}

#[tokio::test]
async fn agy_1_an_agreement_of_two_others_answers_like_none() {
    let parties = Parties::new("numbers").await;
    let mut world = parties.world;
    let elsewhere = world.agency_of("Oakmont Police", "open", Some("US-CA")).await;
    let unit = world.unit(elsewhere, "Office", "default").await;
    world.user("oakchief", elsewhere, unit, &[domain::Role::AgencyManager], &[]).await;
    let outsider = world.sign_in("oakchief", "plain").await;
    assert_eq!(world.get("/api/v1/agency/agreements", &outsider).await.ok(), json!([]));
    let body = || json!({ "state": "ended", "why": "Not theirs." });
    let theirs = world.put(&format!("{}/state", parties.path), &outsider, body()).await.refused(404);
    let nothing = world.put("/api/v1/agency/agreements/987654/state", &outsider, body()).await.refused(404);
    assert_eq!(theirs, nothing);
}

#[tokio::test]
async fn agy_3_terms_that_the_recipient_has_not_signed_tell_the_owner_nothing() {
    let parties = Parties::new("people").await;
    // Under another agreement, which tells nothing, the same detections are searched.
    parties.world.share(parties.world.police, parties.world.federal).await;
    parties.ask().await.ok();
    parties.use_made(&parties.chief).await.refused(403);
    parties.set(&parties.manager, "ended").await.ok();
    parties.use_made(&parties.chief).await.refused(403);
}

#[tokio::test]
async fn agy_3_what_was_asked_before_the_recipient_signed_is_not_told() {
    let parties = Parties::new("people").await;
    parties.world.share(parties.world.police, parties.world.federal).await;
    parties.ask().await.ok();
    parties.world.clock.advance_micros(1_000_000);
    parties.set(&parties.manager, "in-force").await.ok();
    assert_eq!(parties.use_made(&parties.chief).await.ok()["lines"], json!([]));
    parties.ask().await.ok();
    assert_eq!(parties.use_made(&parties.chief).await.ok()["lines"][0]["questions"], 1);
}
