//! Rights that end while an answer is looked at: the next request is refused, whichever it is (ACC-8).

use super::world::{World, ask, read, square};
use serde_json::{Value, json};

/// An answer of an investigator over another agency's detections.
struct Looking {
    world: World,
    token: String,
    manager: String,
    query: String,
    row: String,
}

impl Looking {
    async fn begin() -> Self {
        let world = World::new().await;
        world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
        world.share(world.police, world.federal).await;
        let token = world.sign_in("investigator", "enhanced").await;
        let manager = world.sign_in("manager", "plain").await;
        let area = ask("area", json!({ "areas": [square(34.0, -140.0)] }));
        let answer = world.post("/api/v1/queries", &token, area).await.ok();
        let (query, row) = (answer["query"].as_str().unwrap(), answer["page"]["rows"][0]["id"].as_str().unwrap());
        let (query, row) = (query.to_owned(), row.to_owned());
        Self { world, token, manager, query, row }
    }

    /// Every request that an answer takes.
    fn requests(&self) -> Vec<(&'static str, String, Value)> {
        let path = |rest: &str| format!("/api/v1/queries/{}/{rest}", self.query);
        let again = json!({ "from": "2026-06-01T00:00:00Z", "to": "2026-06-01T11:00:00Z" });
        let photos = json!({ "photos": [{ "detection": self.row, "number": 0 }] });
        vec![
            ("GET", path("rows"), json!({})),
            ("PUT", path("marks"), json!({ "marks": { self.row.as_str(): "relevant" } })),
            ("GET", path(&format!("photos/{}/0", self.row)), json!({})),
            ("POST", path("photos"), photos),
            ("POST", path("prints"), json!({})),
            ("POST", path("show"), json!({})),
            ("POST", path("again"), again),
            ("POST", path("count"), json!({})),
        ]
    }

    async fn all_pass(&self) {
        for (method, path, body) in self.requests() {
            let reply = self.world.call(method, &path, Some(&self.token), Some(body)).await;
            assert!(reply.status.is_success(), "{method} {path} {}", reply.status);
        }
    }

    async fn all_refused(&self, why: &str, rules: &[&str]) {
        for (method, path, body) in self.requests() {
            let before = self.world.app.ledger.size();
            let reply = self.world.call(method, &path, Some(&self.token), Some(body)).await;
            assert!(reply.status.is_client_error(), "{why}: {method} {path} {}", reply.status);
            let problem = reply.json();
            assert!(rules.iter().any(|rule| problem["rule"] == *rule), "{why}: {method} {path} {problem}");
            assert_eq!(self.world.app.ledger.size(), before + 1, "{why}: {method} {path} is recorded");
            assert!(!problem.to_string().contains("7ABC123"));
        }
    }

    async fn sql(&self, text: &'static str) {
        let id = self.world.id("investigator").to_string();
        sqlx::query(text).bind(id).execute(self.world.app.sql.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn acc_8_a_permission_that_is_ended_acts_on_every_next_request_of_an_open_answer() {
    let looking = Looking::begin().await;
    looking.all_pass().await;
    let grant = format!("/api/v1/agency/people/{}/grants/area", looking.world.id("investigator"));
    looking.world.call("DELETE", &grant, Some(&looking.manager), None).await.ok();
    looking.all_refused("the permission was ended", &["permission-missing"]).await;
}

#[tokio::test]
async fn acc_5_acc_8_a_training_that_lapses_acts_on_every_next_request_of_an_open_answer() {
    let looking = Looking::begin().await;
    looking.sql("UPDATE training_records SET passed = 0 WHERE user_id = $1 AND course = 'privacy'").await;
    looking.all_refused("the training lapsed", &["training-privacy"]).await;
}

#[tokio::test]
async fn acc_7_acc_8_access_that_lapses_acts_on_every_next_request_of_an_open_answer() {
    let looking = Looking::begin().await;
    looking.sql("UPDATE grants SET granted = 0, last_used = 0 WHERE user_id = $1 AND permission = 'area'").await;
    looking.all_refused("nobody used it", &["access-unused"]).await;
}

#[tokio::test]
async fn acc_8_a_changed_unit_role_or_clearance_acts_on_every_next_request_of_an_open_answer() {
    for (what, change, rule) in [
        ("another unit", json!({ "unit": 0 }), "enforcement-no-area"),
        ("another role", json!({ "roles": ["patrol-officer"] }), "no-permit.area"),
        ("no clearance", json!({ "cleared": false }), "clearance"),
    ] {
        let looking = Looking::begin().await;
        let mut change = change;
        if change["unit"].is_number() {
            change["unit"] = json!(looking.world.enforcement.0);
        }
        let person = format!("/api/v1/agency/people/{}", looking.world.id("investigator"));
        looking.world.put(&person, &looking.manager, change).await.ok();
        looking.all_refused(what, &[rule]).await;
    }
}

#[tokio::test]
async fn why_2_agy_2_acc_8_a_withdrawn_reason_and_an_ended_agreement_act_on_every_next_request_of_an_open_answer() {
    let looking = Looking::begin().await;
    let reason =
        json!({ "label": "Crime", "criminal": true, "active": false, "authority": "Code", "look_back_days": 365 });
    looking.world.put("/api/v1/agency/reasons/CRIME", &looking.manager, reason).await.ok();
    looking.all_refused("the reason was withdrawn", &["reason-inactive"]).await;

    let looking = Looking::begin().await;
    looking.sql("UPDATE agreements SET state = 'suspended' WHERE document <> $1").await;
    looking.all_refused("nothing is shared any more", &["no-pools"]).await;
}

#[tokio::test]
async fn agy_2_acc_8_an_answer_over_detections_that_are_shared_no_more_is_withdrawn() {
    let looking = Looking::begin().await;
    looking.world.share(looking.world.roads, looking.world.federal).await;
    let police = looking.world.police.0;
    let end = format!("UPDATE agreements SET state = 'ended' WHERE owner = {police}");
    sqlx::query(sqlx::AssertSqlSafe(end)).execute(looking.world.app.sql.pool()).await.unwrap();
    // What asks anew sees what is shared now; what looks at the old answer does not see it again.
    for (method, path, body) in looking.requests().into_iter().take(5) {
        let reply = looking.world.call(method, &path, Some(&looking.token), Some(body)).await;
        assert_eq!(reply.refused(403)["rule"], "pools-withdrawn", "{method} {path}");
    }
}

#[tokio::test]
async fn acc_1_acc_8_a_closed_account_acts_on_every_next_request_of_an_open_answer() {
    let looking = Looking::begin().await;
    let active = format!("/api/v1/agency/users/{}/active", looking.world.id("investigator"));
    looking.world.put(&active, &looking.manager, json!({ "active": false })).await.ok();
    for (method, path, body) in looking.requests() {
        looking.world.call(method, &path, Some(&looking.token), Some(body)).await.refused(401);
    }
}
