//! Presets at work: whom an agency shares with, what a state's law asks first, and a rule that fails.

use super::world::{NOW, World, ask, read};
use domain::{LogIn, Permission, Role, UnitId};
use policy::{AgencyPolicy, Asker, PersonnelFile, Signature};
use serde_json::{Value, json};
use sightline_server::queries::gate;
use std::collections::BTreeSet;

/// Good under either set of password rules.
const STRONG: &str = "Violet-kettle-7";

fn agreement(recipient: u32) -> Value {
    json!({
        "recipient": recipient, "permissions": ["full"], "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z",
        "document": "MOU 9",
    })
}

#[tokio::test]
async fn agy_2_a_california_agency_shares_with_public_agencies_of_the_state_only_and_old_agreements_end_with_it() {
    let mut world = World::new().await;
    let oakmont = world.agency_of("Oakmont Police", "california", Some("US-CA")).await;
    let dale = world.agency_of("Dale County Sheriff", "california", Some("US-CA")).await;
    let nevada = world.agency_of("Elko Fictional Police", "open", Some("US-NV")).await;
    let unit = world.unit(oakmont, "Office", "default").await;
    world.user("oakchief", oakmont, unit, &[Role::AgencyManager], &[]).await;
    let chief = world.sign_in("oakchief", "plain").await;
    for recipient in [nevada, world.federal] {
        let problem = world.post("/api/v1/agency/agreements", &chief, agreement(recipient.0)).await.refused(403);
        assert_eq!(problem["rule"], "no-permit.share");
        assert_eq!(world.newest(oakmont, "agreement.refused").await.record["recipient"], json!(recipient.0));
    }
    world.post("/api/v1/agency/agreements", &chief, agreement(dale.0)).await.ok();

    // An agreement of the time before the agency chose this preset shows nothing any more.
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    world.share(world.police, world.federal).await;
    let token = world.sign_in("investigator", "plain").await;
    let full = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    assert_eq!(world.post("/api/v1/queries", &token, full()).await.ok()["count"]["exactly"], 1);
    let police = world.police.0;
    let text = format!("UPDATE agencies SET preset = 'california', state = 'US-CA' WHERE id = {police}");
    sqlx::query(sqlx::AssertSqlSafe(text)).execute(world.app.sql.pool()).await.unwrap();
    assert_eq!(world.post("/api/v1/queries", &token, full()).await.refused(403)["rule"], "no-pools");
}

#[tokio::test]
async fn why_3_agy_5_a_california_agency_asks_nothing_before_its_policy_is_published() {
    let mut world = World::new().await;
    let oakmont = world.agency_of("Oakmont Police", "california", Some("US-CA")).await;
    let unit = world.unit(oakmont, "Office", "default").await;
    world.reason(oakmont, "CRIME", true).await;
    world.user("oakchief", oakmont, unit, &[Role::AgencyManager], &[]).await;
    world.user("oakdetective", oakmont, unit, &[Role::CriminalInvestigator], &[Permission::Full]).await;
    let (chief, token) = (world.sign_in("oakchief", "plain").await, world.sign_in("oakdetective", "plain").await);
    world.camera_of("oak-1", oakmont).await;
    let full = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    assert_eq!(world.post("/api/v1/queries", &token, full()).await.refused(403)["rule"], "policy-published");
    assert_eq!(world.get("/api/v1/kinds", &token).await.ok()[0]["refusal"]["rule"], "policy-published");
    let wrong = json!({ "reference": "https://oakmont.example/alpr", "date": "May" });
    assert_eq!(world.put("/api/v1/agency/publication", &chief, wrong).await.refused(422)["field"], "date");
    let published = json!({ "reference": "https://oakmont.example/alpr", "date": "2026-05-01" });
    world.put("/api/v1/agency/publication", &chief, published).await.ok();
    world.post("/api/v1/queries", &token, full()).await.ok();
    let overview = world.get("/api/v1/agency", &chief).await.ok();
    assert_eq!(overview["published"], "https://oakmont.example/alpr, 2026-05-01");
}

#[tokio::test]
async fn agy_1_the_host_chooses_among_all_presets_and_is_told_what_each_is() {
    let world = World::new().await;
    let host = world.sign_in("host", "plain").await;
    let presets = world.get("/api/v1/policy/presets", &host).await.ok();
    let names: Vec<_> = presets.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["open", "pia-039b", "strict", "california", "virginia", "new-jersey", "uk"]);
    assert_eq!(presets[4]["status"], "draft for counsel, primary text unread");
    for name in names {
        let body = json!({ "name": format!("Of {name}"), "preset": name, "zone": "UTC", "state": "US-CA" });
        let agency = world.post("/api/v1/agencies", &host, body).await.ok()["id"].clone();
        let manager = json!({ "login": format!("m-{name}"), "name": "M", "password": STRONG, "unit": "Office" });
        world.post(&format!("/api/v1/agencies/{agency}/managers"), &host, manager).await.ok();
        let token = world.sign_in_first(&format!("m-{name}"), STRONG, "Amber-lantern-9 at noon").await;
        assert_eq!(world.get("/api/v1/agency", &token).await.ok()["preset"], name);
        world.get("/api/v1/kinds", &token).await.ok();
    }
    let wrong = json!({ "name": "X", "preset": "open", "zone": "UTC", "state": "Texas" });
    assert_eq!(world.post("/api/v1/agencies", &host, wrong).await.refused(422)["field"], "state");
}

#[tokio::test]
async fn agy_5_a_rule_that_cannot_be_evaluated_denies_and_raises_an_alarm_without_content() {
    let world = World::new().await;
    let (cedar, limits) = AgencyPolicy::preset_texts("open").unwrap();
    // Too large a number: Cedar would skip the rule.
    let rule = r#"@id("overflows") @stage("extent") @sentence("No such number.") @source("ours")
        forbid (principal, action in Action::"use", resource) when { context.now * 9223372036854775807 == 5 };"#;
    let broken = AgencyPolicy::parse("broken", "1", &format!("{cedar}\n{rule}"), limits).unwrap();
    let asker = Asker {
        signature: Signature {
            user: world.id("officer"),
            agency: world.police,
            unit: UnitId(1),
            roles: vec![Role::PatrolOfficer],
            log_in: LogIn::Enhanced,
            channel: "web".into(),
            device: "test".into(),
        },
        permissions: Permission::ALL.iter().copied().collect::<BTreeSet<_>>(),
        cleared: true,
        active: true,
        agency_active: true,
        unit_profile: "default".into(),
        rules_accepted: true,
        enhanced_rules_accepted: true,
        file: PersonnelFile::fresh(NOW),
    };
    let refusal = policy::photo_query(&broken, &asker, NOW).unwrap_err();
    assert_eq!(refusal.rule, "policy-error");
    assert_eq!(world.call("GET", "/api/v1/health", None, None).await.ok()["status"], "ok");
    gate::refuse(&world.app, refusal).await.unwrap();
    let health = world.call("GET", "/api/v1/health", None, None).await.ok();
    assert_eq!((&health["status"], &health["policy_errors"]), (&json!("degraded"), &json!(1)));
    let chief = world.sign_in("chief", "plain").await;
    let alarms = world.get("/api/v1/agency/alarms", &chief).await.ok();
    assert_eq!((&alarms[0]["kind"], &alarms[0]["rules"]), (&json!("policy-error"), &json!(["overflows"])));
    assert_eq!(world.newest(world.police, "policy.alarm").await.record["rules"], json!(["overflows"]));
    let manager = world.sign_in("manager", "plain").await;
    assert_eq!(world.get("/api/v1/agency/alarms", &manager).await.ok(), json!([]), "another agency's is not seen");
}
