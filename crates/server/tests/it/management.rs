//! Agencies by the host operator, everything else by managers of their own agency; each act is recorded first.

use super::world::{ALL, PASSWORD, World, ask, read};
use domain::{Permission, Role};
use serde_json::{Value, json};
use sightline_server::training::courses;

#[tokio::test]
async fn acc_1_agy_1_agy_4_from_a_new_agency_to_a_first_question() {
    let world = World::new().await;
    let host = world.sign_in("host", "plain").await;
    let agency = json!({ "name": "Eastbank Sheriff", "preset": "open", "zone": "America/Denver" });
    let made = world.post("/api/v1/agencies", &host, agency.clone()).await.ok();
    let id = made["id"].as_u64().unwrap();
    world.post("/api/v1/agencies", &host, agency).await.refused(409);
    let manager = json!({ "login": "sheriff", "name": "Ida Stone", "password": PASSWORD, "unit": "Office" });
    world.post(&format!("/api/v1/agencies/{id}/managers"), &host, manager).await.ok();

    let sheriff = world.sign_in_with(json!({ "login": "sheriff", "password": PASSWORD, "deliver": "token" })).await;
    let put = async |path: &str, body: Value| world.call("PUT", path, Some(&sheriff), Some(body)).await;
    let reason = json!({ "label": "Theft", "criminal": true, "authority": "Fictional Code 9", "look_back_days": 30 });
    put("/api/v1/agency/reasons/THEFT", reason).await.ok();
    let unit = world.post("/api/v1/agency/units", &sheriff, json!({ "name": "Road", "profile": "default" })).await.ok();
    let user = json!({
        "login": "deputy", "name": "Jo Park", "password": PASSWORD, "unit": unit["id"], "roles": ["patrol-officer"],
        "permissions": ["full"], "second_factor": true,
    });
    let made = world.post("/api/v1/agency/users", &sheriff, user).await.ok();
    assert!(made["totp_secret"].as_str().unwrap().len() >= 32);
    let camera = json!({ "key": "bridge", "name": "Bridge", "source": "pole", "lat": 34.5, "lon": -140.5, "width_px": 1920, "height_px": 1080 });
    let camera = world.post("/api/v1/agency/cameras", &sheriff, camera).await.ok();
    let credential = camera["credential"].as_str().unwrap();
    let reads = json!({ "detections": [read("4EAST01", Some("US-CO"), 5)] });
    assert_eq!(world.post("/api/v1/detections", credential, reads).await.ok()["stored"], 1);

    let deputy = world.sign_in_with(json!({ "login": "deputy", "password": PASSWORD, "deliver": "token" })).await;
    let answers = courses::lesson(domain::Course::Tool).unwrap().right_answers();
    let tried = world.post("/api/v1/training/courses/tool/answers", &deputy, json!({ "answers": answers })).await.ok();
    assert_eq!(tried["passed"], true);
    let mut body = ask("full-plate", json!({ "plate": "4EAST01", "state": "US-CO" }));
    body["purpose"]["reason"] = json!("THEFT");
    assert_eq!(world.post("/api/v1/queries", &deputy, body).await.ok()["count"]["exactly"], 1);
}

#[tokio::test]
async fn aud_1_an_administrative_act_is_in_the_ledger_with_who_did_it() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let me = world.get("/api/v1/session", &chief).await.ok();
    world.post("/api/v1/agency/units", &chief, json!({ "name": "Harbor", "profile": "default" })).await.ok();
    let record = world.newest(world.police, "unit.created").await.record;
    assert_eq!((&record["by"], &record["act"]["name"]), (&me["user"], &json!("Harbor")));
    world.post("/api/v1/agency/units", &chief, json!({ "name": "Harbor", "profile": "default" })).await.refused(409);
    assert_eq!(world.records(world.police).await.last().unwrap().kind, "act.failed");
}

#[tokio::test]
async fn acc_2_an_administrator_cannot_ask_an_investigator_cannot_administer_a_host_operator_sees_no_records() {
    let mut world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    let full = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    for login in ["chief", "host"] {
        let token = world.sign_in(login, "plain").await;
        let reply = world.post("/api/v1/queries", &token, full()).await;
        assert!(reply.status.is_client_error());
    }
    let detective = world.sign_in("detective", "plain").await;
    world.get("/api/v1/agency", &detective).await.refused(403);
    world.post("/api/v1/agencies", &detective, json!({})).await.refused(403);
    let chief = world.sign_in("chief", "plain").await;
    world.post("/api/v1/agencies", &chief, json!({})).await.refused(403);
    // Even with permissions, a host operator asks nothing.
    let unit = world.unit(world.police, "Odd", "default").await;
    let police = world.police;
    world.user("odd", police, unit, &[Role::HostOperator], &ALL).await;
    let odd = world.sign_in("odd", "plain").await;
    world.post("/api/v1/queries", &odd, full()).await.refused(403);
}

#[tokio::test]
async fn agy_2_a_manager_shows_the_agencys_detections_under_a_document_and_to_others_only() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let agreement = |recipient: u32| {
        json!({
            "recipient": recipient, "permissions": ["full"], "from": "2026-01-01T00:00:00Z",
            "to": "2027-01-01T00:00:00Z", "document": "MOU 7",
        })
    };
    world.post("/api/v1/agency/agreements", &chief, agreement(world.police.0)).await.refused(422);
    world.post("/api/v1/agency/agreements", &chief, agreement(999)).await.refused(404);
    let mut two_in_one = agreement(world.federal.0);
    two_in_one["reasons"] = json!(["CRIME,ADMIN"]);
    assert_eq!(world.post("/api/v1/agency/agreements", &chief, two_in_one).await.refused(422)["field"], "reasons");
    let id = world.post("/api/v1/agency/agreements", &chief, agreement(world.federal.0)).await.ok()["id"].clone();
    let manager = world.sign_in("manager", "plain").await;
    let state = format!("/api/v1/agency/agreements/{id}/state");
    world.put(&state, &manager, json!({ "state": "in-force" })).await.ok();
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 5)]).await;
    let token = world.sign_in("investigator", "enhanced").await;
    let full = ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    assert_eq!(world.post("/api/v1/queries", &token, full).await.ok()["count"]["exactly"], 1);
    // The agreement is for full plates only.
    let partial = ask("partial-plate", json!({ "plate": "7AB*123", "state": "US-CA" }));
    assert_eq!(world.post("/api/v1/queries", &token, partial).await.refused(403)["rule"], "no-pools");
}

#[tokio::test]
async fn agy_1_why_2_acc_4_a_manager_sees_all_that_can_be_changed_through_either_door() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let overview = world.get("/api/v1/agency", &chief).await.ok();
    let unit = overview["units"][0]["id"].as_u64().unwrap();
    let theft = json!({
        "label": "Theft", "criminal": true, "active": false, "units": [unit], "authority": "Fictional Code 9",
        "look_back_days": 30, "class": "notice",
    });
    let put = async |path: &str, body: Value| world.call("PUT", path, Some(&chief), Some(body)).await.ok();
    put("/api/v1/agency/reasons/THEFT", theft.clone()).await;
    let overview = world.get("/api/v1/agency", &chief).await.ok();
    let reasons = overview["reasons"].as_array().unwrap();
    assert_eq!(
        reasons.iter().map(|one| one["code"].as_str().unwrap()).collect::<Vec<_>>(),
        ["ADMIN", "CRIME", "THEFT"]
    );
    assert!(reasons[0].get("units").is_none(), "every unit may use it");
    let mut shown = reasons[2].clone();
    assert_eq!(shown.as_object_mut().unwrap().remove("code").unwrap(), "THEFT");
    assert_eq!(shown, theft, "what is shown can be put back");
    let enhanced = world.sign_in("chief", "enhanced").await;
    assert_eq!(world.get("/api/v1/agency", &enhanced).await.ok(), overview);
    assert!(overview["rules"]["enhanced_text"].as_str().unwrap().contains("enhanced functions"));
    let rules = json!({ "text": "Ask lawfully.", "enhanced_text": "Draw small." });
    put("/api/v1/agency/rules", rules.clone()).await;
    let chief = world.sign_in("chief", "plain").await;
    let overview = world.get("/api/v1/agency", &chief).await.ok();
    assert_eq!((&overview["rules"], &overview["rules_version"]), (&rules, &json!(2)));
}

#[tokio::test]
async fn agy_2_a_manager_chooses_the_other_agency_by_name_and_reads_both_names_in_agreements() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let names = async || world.get("/api/v1/agencies/names", &chief).await.ok();
    let (roads, federal) = (world.roads.0, world.federal.0);
    let federal_name = json!({ "id": federal, "name": "Harbor Federal Service" });
    assert_eq!(names().await, json!([federal_name, { "id": roads, "name": "Larkin Road Data" }]));
    let detective = world.sign_in("detective", "plain").await;
    world.get("/api/v1/agencies/names", &detective).await.refused(403);

    world.share(world.police, world.federal).await;
    world.share(world.roads, world.police).await;
    let agreements = world.get("/api/v1/agency/agreements", &chief).await.ok();
    let (police, roads_name) = ("Port Larkin Police", "Larkin Road Data");
    for (agreement, owner, recipient) in
        [(&agreements[0], police, "Harbor Federal Service"), (&agreements[1], roads_name, police)]
    {
        let both = (agreement["owner_name"].as_str().unwrap(), agreement["recipient_name"].as_str().unwrap());
        assert_eq!(both, (owner, recipient));
    }

    sqlx::query("UPDATE agencies SET active = 0 WHERE id = $1")
        .bind(i64::from(roads))
        .execute(world.app.sql.pool())
        .await
        .unwrap();
    assert_eq!(names().await, json!([federal_name]));
    let agreement = json!({
        "recipient": roads, "permissions": ["full"], "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z",
        "document": "MOU 8",
    });
    world.post("/api/v1/agency/agreements", &chief, agreement).await.refused(404);
}

#[tokio::test]
async fn acc_1_a_login_name_is_taken_once_in_the_whole_installation() {
    let mut world = World::new().await;
    let unit = world.unit(world.federal, "Second", "investigations").await;
    let federal = world.federal;
    world.user("newcomer", federal, unit, &[Role::CriminalAnalyst], &[Permission::Full]).await;
    let chief = world.sign_in("chief", "plain").await;
    let overview = world.get("/api/v1/agency", &chief).await.ok();
    let user = json!({
        "login": " NewComer ", "name": "Other", "password": PASSWORD, "unit": overview["units"][0]["id"], "roles": [],
        "permissions": [],
    });
    world.post("/api/v1/agency/users", &chief, user).await.refused(409);
}
