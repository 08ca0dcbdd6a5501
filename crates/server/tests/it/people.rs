//! People are changed, certified, granted, reviewed and revoked; each acts on the next request.

use super::world::{NOW, PASSWORD, World, ask, read, square};
use domain::{Permission, Role};
use serde_json::{Value, json};
use sightline_server::people::store as people_store;

const DAY: i64 = 86_400_000_000;

fn area() -> Value {
    ask("area", json!({ "areas": [square(34.0, -140.0)] }))
}

fn path(world: &World, login: &str, rest: &str) -> String {
    format!("/api/v1/agency/people/{}{rest}", world.id(login))
}

/// A world with somebody in the sergeant's unit who holds `full` only.
async fn with_rookie() -> World {
    let mut world = World::new().await;
    let (police, patrol) = (world.police, world.unit_of("sergeant").await);
    world.user("rookie", police, patrol, &[Role::PatrolOfficer], &[Permission::Full]).await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    world
}

async fn certify(world: &World, token: &str, login: &str, permission: &str) -> super::world::Reply {
    let body = json!({ "permission": permission, "why": "Works the harbor burglaries.", "until": "2026-12-31" });
    world.post(&path(world, login, "/certificates"), token, body).await
}

async fn grant(world: &World, token: &str, login: &str, permission: &str) -> super::world::Reply {
    world.post(&path(world, login, "/grants"), token, json!({ "permission": permission })).await
}

async fn person(world: &World, token: &str, login: &str) -> Value {
    let people = world.get("/api/v1/agency/people", token).await.ok();
    let found = people.as_array().unwrap().iter().find(|person| person["login"] == login);
    found.cloned().unwrap_or(Value::Null)
}

#[tokio::test]
async fn acc_7_a_supervisor_certifies_the_need_to_know_then_a_manager_grants_and_the_next_question_passes() {
    let world = with_rookie().await;
    let (chief, sergeant) = (world.sign_in("chief", "plain").await, world.sign_in("sergeant", "plain").await);
    let rookie = world.sign_in("rookie", "enhanced").await;
    assert_eq!(world.post("/api/v1/queries", &rookie, area()).await.refused(403)["rule"], "permission-missing");
    let problem = grant(&world, &chief, "rookie", "area").await.refused(409);
    assert_eq!((&problem["rule"], &problem["field"]), (&json!("certificate-missing"), &json!("permission")));
    certify(&world, &sergeant, "rookie", "area").await.ok();
    let record = world.newest(world.police, "need.certified").await.record;
    assert_eq!(record["act"]["why"], "Works the harbor burglaries.");
    assert_eq!(person(&world, &chief, "rookie").await["certificates"][0]["usable"], true);
    grant(&world, &chief, "rookie", "area").await.ok();
    world.post("/api/v1/queries", &rookie, area()).await.ok();
    let seen = person(&world, &sergeant, "rookie").await;
    let held = seen["grants"].as_array().unwrap().iter().find(|one| one["permission"] == "area").unwrap();
    assert_eq!((&held["granted_by"], &held["certified_by"]), (&json!("Name of chief"), &json!("Name of sergeant")));
    assert!(held["last_used"].is_string() && held["until"] == "2027-01-01T09:00:00Z", "{held}");
    assert_eq!(seen["certificates"][0]["usable"], false, "a certificate is good for one grant");
    assert_eq!(grant(&world, &chief, "rookie", "area").await.refused(409)["rule"], "already-held");
    // A full plate comes with the account and needs no certificate.
    world.call("DELETE", &path(&world, "rookie", "/grants/full"), Some(&chief), None).await.ok();
    grant(&world, &chief, "rookie", "full").await.ok();
}

#[tokio::test]
async fn acc_7_nobody_certifies_or_grants_for_themselves_and_one_person_does_not_do_both() {
    let mut world = with_rookie().await;
    let (police, patrol) = (world.police, world.unit_of("sergeant").await);
    world.user("captain", police, patrol, &[Role::Supervisor, Role::AgencyManager], &[]).await;
    let (chief, captain) = (world.sign_in("chief", "plain").await, world.sign_in("captain", "plain").await);
    let sergeant = world.sign_in("sergeant", "plain").await;
    assert_eq!(certify(&world, &sergeant, "sergeant", "area").await.refused(422)["field"], "user");
    certify(&world, &captain, "rookie", "area").await.ok();
    assert_eq!(grant(&world, &captain, "rookie", "area").await.refused(409)["rule"], "certificate-by-granter");
    grant(&world, &chief, "rookie", "area").await.ok();
    assert_eq!(grant(&world, &captain, "captain", "full").await.refused(422)["field"], "user");
    assert_eq!(grant(&world, &captain, "chief", "full").await.refused(422)["rule"], "separation");
    for (body, field) in [(json!({ "cleared": true }), "user"), (json!({ "roles": ["supervisor"] }), "user")] {
        assert_eq!(world.put(&path(&world, "captain", ""), &captain, body).await.refused(422)["field"], field);
    }
    let own = format!("/api/v1/agency/users/{}/active", world.id("chief"));
    assert_eq!(world.put(&own, &chief, json!({ "active": false })).await.refused(422)["field"], "user");
}

#[tokio::test]
async fn acc_7_a_certificate_is_of_a_supervisor_of_the_persons_present_unit_and_ends_with_its_day() {
    let mut world = with_rookie().await;
    let police = world.police;
    let harbor = world.unit(police, "Harbor", "default").await;
    world.user("lieutenant", police, harbor, &[Role::Supervisor], &[]).await;
    world.user("deputychief", police, harbor, &[Role::AgencyManager], &[]).await;
    let (chief, sergeant) = (world.sign_in("chief", "plain").await, world.sign_in("sergeant", "plain").await);
    let lieutenant = world.sign_in("lieutenant", "plain").await;
    // Out of reach answers like one who does not exist.
    let theirs = certify(&world, &lieutenant, "rookie", "area").await;
    let nobody = "/api/v1/agency/people/0190aaaa-0000-7000-8000-000000000000/certificates";
    let missing = world.post(nobody, &lieutenant, json!({})).await;
    assert_eq!((theirs.status.as_u16(), &theirs.bytes), (404, &missing.bytes));
    assert_eq!(person(&world, &lieutenant, "rookie").await, Value::Null);
    let wrong = |until: &str, why: &str| json!({ "permission": "area", "why": why, "until": until });
    for (until, why, field) in
        [("2026-05-31", "x", "until"), ("2027-06-04", "x", "until"), ("soon", "x", "until"), ("2026-12-31", " ", "why")]
    {
        let reply = world.post(&path(&world, "rookie", "/certificates"), &sergeant, wrong(until, why)).await;
        assert_eq!(reply.refused(422)["field"], field, "{until}");
    }
    certify(&world, &sergeant, "rookie", "area").await.ok();
    let to_harbor = json!({ "unit": harbor.0 });
    world.put(&path(&world, "rookie", ""), &chief, to_harbor).await.ok();
    assert_eq!(grant(&world, &chief, "rookie", "area").await.refused(409)["rule"], "certificate-missing");
    certify(&world, &lieutenant, "rookie", "area").await.ok();
    let demoted = json!({ "roles": ["patrol-officer"] });
    world.put(&path(&world, "lieutenant", ""), &chief, demoted).await.ok();
    assert_eq!(grant(&world, &chief, "rookie", "area").await.refused(409)["rule"], "certificate-missing");
    world.put(&path(&world, "lieutenant", ""), &chief, json!({ "roles": ["supervisor"] })).await.ok();
    // Whose roles one has just set, on their certificate one does not grant.
    assert_eq!(grant(&world, &chief, "rookie", "area").await.refused(409)["rule"], "certificate-not-independent");
    let deputy = world.sign_in("deputychief", "plain").await;
    grant(&world, &deputy, "rookie", "area").await.ok();

    let rookie = world.sign_in("rookie", "enhanced").await;
    world.post("/api/v1/queries", &rookie, area()).await.ok();
    // After the certified time the permission counts no more, a review does not bring it back, a new certificate does.
    world.clock.advance_micros(214 * DAY);
    let rookie = world.sign_in("rookie", "enhanced").await;
    assert_eq!(world.post("/api/v1/queries", &rookie, area()).await.refused(403)["rule"], "certificate-ended");
    let chief = world.sign_in("chief", "plain").await;
    let review = path(&world, "rookie", "/grants/area/review");
    assert_eq!(world.post(&review, &chief, json!({ "keep": true })).await.refused(409)["rule"], "certificate-ended");
    let lieutenant = world.sign_in("lieutenant", "plain").await;
    let body = json!({ "permission": "area", "why": "Still on the case.", "until": "2027-03-01" });
    world.post(&path(&world, "rookie", "/certificates"), &lieutenant, body).await.ok();
    grant(&world, &chief, "rookie", "area").await.ok();
}

#[tokio::test]
async fn acc_7_seats_are_limited_and_the_refusal_tells_how_many_are_taken() {
    let world = with_rookie().await;
    let (chief, sergeant) = (world.sign_in("chief", "plain").await, world.sign_in("sergeant", "plain").await);
    for login in ["rookie", "officer"] {
        certify(&world, &sergeant, login, "area").await.ok();
    }
    // The detective holds one.
    world.put("/api/v1/agency/seats/area", &chief, json!({ "seats": 2 })).await.ok();
    grant(&world, &chief, "rookie", "area").await.ok();
    let problem = grant(&world, &chief, "officer", "area").await.refused(409);
    assert_eq!(problem["rule"], "no-seat");
    assert!(problem["detail"].as_str().unwrap().starts_with("2 of 2 seats"), "{problem}");
    let access = world.get("/api/v1/agency/access", &chief).await.ok();
    let seats = access["seats"].as_array().unwrap().iter().find(|one| one["permission"] == "area").unwrap();
    assert_eq!(seats, &json!({ "permission": "area", "taken": 2, "seats": 2 }));
    world.call("DELETE", &path(&world, "rookie", "/grants/area"), Some(&sergeant), None).await.ok();
    grant(&world, &chief, "officer", "area").await.ok();
    world.put("/api/v1/agency/seats/area", &chief, json!({ "seats": null })).await.ok();
    world.put("/api/v1/agency/seats/flying", &chief, json!({ "seats": 1 })).await.refused(404);
}

#[tokio::test]
async fn acc_7_access_is_reviewed_and_unused_access_lapses_until_somebody_confirms_it() {
    let world = with_rookie().await;
    world.clock.advance_micros(89 * DAY);
    let rookie = world.sign_in("rookie", "enhanced").await;
    let full = || ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }));
    let recent = |mut body: Value| {
        let now = NOW.plus_micros(90 * DAY);
        body["question"]["from"] = json!(now.plus_micros(-5 * DAY).to_string());
        body["question"]["to"] = json!(now.to_string());
        body
    };
    world.post("/api/v1/queries", &rookie, recent(full())).await.ok();
    world.clock.advance_micros(2 * DAY);
    // What was used last month is good; what nobody used for 90 days is not.
    let rookie = world.sign_in("rookie", "enhanced").await;
    world.post("/api/v1/queries", &rookie, recent(full())).await.ok();
    let detective = world.sign_in("detective", "enhanced").await;
    let problem = world.post("/api/v1/queries", &detective, recent(area())).await.refused(403);
    assert_eq!(problem["rule"], "access-unused");
    assert!(problem["unlock"].as_str().unwrap().contains("90 days"), "{problem}");
    let kinds = world.get("/api/v1/kinds", &detective).await.ok();
    assert_eq!(kinds[3]["refusal"]["rule"], "access-unused");
    let (chief, sergeant) = (world.sign_in("chief", "plain").await, world.sign_in("sergeant", "plain").await);
    let review = path(&world, "detective", "/grants/area/review");
    let own = path(&world, "sergeant", "/grants/area/review");
    assert_eq!(world.post(&own, &sergeant, json!({ "keep": true })).await.refused(422)["field"], "user");
    world.post(&review, &sergeant, json!({ "keep": true })).await.ok();
    world.post("/api/v1/queries", &detective, recent(area())).await.ok();
    // A year after the last word a review is overdue, and tells so.
    world.clock.advance_micros(280 * DAY);
    let chief_later = world.sign_in("chief", "plain").await;
    drop(chief);
    let access = world.get("/api/v1/agency/access", &chief_later).await.ok();
    let of = |login: &str, permission: &str| {
        let id = world.id(login).to_string();
        let reviews = access["reviews"].as_array().unwrap();
        reviews.iter().find(|one| one["user"] == id.as_str() && one["permission"] == permission).cloned()
    };
    assert_eq!(of("officer", "full").unwrap()["overdue"], true);
    assert_eq!(of("detective", "area"), None, "it was confirmed in September");
    world.post(&review, &chief_later, json!({ "keep": false })).await.ok();
    let record = world.newest(world.police, "permission.reviewed").await.record;
    assert_eq!(record["act"]["keep"], false);
    world.post(&review, &chief_later, json!({ "keep": true })).await.refused(404);
}

#[tokio::test]
async fn acc_1_acc_2_separation_an_administrator_holds_no_permission_and_an_asking_role_administers_nothing() {
    let world = with_rookie().await;
    let chief = world.sign_in("chief", "plain").await;
    let mixed = json!({ "roles": ["agency-manager", "criminal-investigator"] });
    assert_eq!(world.put(&path(&world, "sergeant", ""), &chief, mixed).await.refused(422)["field"], "roles");
    let promoted = json!({ "roles": ["agency-manager"] });
    assert_eq!(world.put(&path(&world, "rookie", ""), &chief, promoted.clone()).await.refused(422)["field"], "roles");
    assert_eq!(
        world.put(&path(&world, "rookie", ""), &chief, json!({ "roles": ["host-operator"] })).await.refused(422)["field"],
        "roles"
    );
    world.call("DELETE", &path(&world, "rookie", "/grants/full"), Some(&chief), None).await.ok();
    world.put(&path(&world, "rookie", ""), &chief, promoted).await.ok();
    let unit = world.unit_of("sergeant").await.0;
    let user = |roles: Value, permissions: Value| json!({ "login": "new", "name": "New", "password": PASSWORD, "unit": unit, "roles": roles, "permissions": permissions });
    for (roles, permissions, field) in [
        (json!(["patrol-officer", "privacy-officer"]), json!([]), "roles"),
        (json!(["agency-manager"]), json!(["full"]), "permissions"),
        (json!(["patrol-officer"]), json!(["full", "area"]), "permissions"),
    ] {
        let reply = world.post("/api/v1/agency/users", &chief, user(roles, permissions)).await;
        assert_eq!(reply.refused(422)["field"], field);
    }
    world.post("/api/v1/agency/users", &chief, user(json!(["patrol-officer"]), json!(["full"]))).await.ok();
}

#[tokio::test]
async fn acc_1_agy_3_a_manager_reaches_nobody_of_another_agency_and_the_answer_is_as_for_nobody() {
    let world = with_rookie().await;
    let (manager, supervisor) = (world.sign_in("manager", "plain").await, world.sign_in("supervisor", "plain").await);
    let nobody = "0190aaaa-0000-7000-8000-000000000000";
    for (method, rest, token, body) in [
        ("PUT", "", &manager, json!({ "cleared": false })),
        ("POST", "/grants", &manager, json!({ "permission": "full" })),
        ("POST", "/certificates", &supervisor, json!({ "permission": "area", "why": "x", "until": "2026-12-31" })),
        ("DELETE", "/grants/full", &manager, json!({})),
        ("DELETE", "/grants/full", &supervisor, json!({})),
        ("POST", "/grants/full/review", &manager, json!({ "keep": false })),
    ] {
        let theirs = world.call(method, &path(&world, "rookie", rest), Some(token), Some(body.clone())).await;
        let missing = format!("/api/v1/agency/people/{nobody}{rest}");
        let missing = world.call(method, &missing, Some(token), Some(body)).await;
        assert_eq!((theirs.status.as_u16(), &theirs.bytes), (404, &missing.bytes), "{method} {rest}");
    }
    let people = world.get("/api/v1/agency/people", &manager).await.ok();
    assert!(people.as_array().unwrap().iter().all(|person| person["login"] != "rookie"));
    let units = json!({ "unit": world.unit_of("rookie").await.0 });
    world.put(&path(&world, "investigator", ""), &manager, units).await.refused(404);
}

#[tokio::test]
async fn acc_7_accounts_of_an_older_data_folder_keep_their_permissions_without_a_certificate() {
    let world = World::new().await;
    let file = world.data().join("main.db");
    let officer = world.id("officer");
    world.app.close().await;
    let sql = storage::Sql::sqlite(&file).await.unwrap();
    for statement in [
        "DELETE FROM migrations WHERE component = 'people'",
        "DROP TABLE grants",
        "DROP TABLE certificates",
        "DROP TABLE seats",
        "ALTER TABLE users ADD COLUMN permissions TEXT NOT NULL DEFAULT 'full,make-model'",
    ] {
        sqlx::query(statement).execute(sql.pool()).await.unwrap();
    }
    people_store::migrate(&sql, NOW).await.unwrap();
    let grants = people_store::grants_of_user(&sql, officer).await.unwrap();
    assert_eq!(grants.keys().copied().collect::<Vec<_>>(), [Permission::Full, Permission::MakeModel]);
    assert!(grants.values().all(|grant| grant.granted == NOW && grant.granted_by.is_none()));
    // Opening again changes nothing.
    people_store::migrate(&sql, NOW.plus_micros(DAY)).await.unwrap();
    assert_eq!(people_store::grants_of_user(&sql, officer).await.unwrap(), grants);
}

#[tokio::test]
async fn acc_7_an_account_is_made_with_permissions_only_while_there_are_seats() {
    let world = with_rookie().await;
    let chief = world.sign_in("chief", "plain").await;
    let taken = world.get("/api/v1/agency/access", &chief).await.ok()["seats"][0]["taken"].clone();
    world.put("/api/v1/agency/seats/full", &chief, json!({ "seats": taken })).await.ok();
    let unit = world.unit_of("sergeant").await;
    let user = |permissions: Value| {
        json!({ "login": "late", "name": "Late", "password": PASSWORD, "unit": unit.0, "roles": [],
            "permissions": permissions })
    };
    let problem = world.post("/api/v1/agency/users", &chief, user(json!(["full"]))).await.refused(409);
    assert_eq!(problem["rule"], "no-seat");
    world.post("/api/v1/agency/users", &chief, user(json!([]))).await.ok();
}

#[tokio::test]
async fn aud_1_acc_7_who_reads_why_somebody_needs_to_know_is_recorded_first() {
    let world = with_rookie().await;
    let (chief, sergeant) = (world.sign_in("chief", "plain").await, world.sign_in("sergeant", "plain").await);
    certify(&world, &sergeant, "rookie", "area").await.ok();
    world.get("/api/v1/agency/people", &chief).await.ok();
    let record = world.newest(world.police, "people.read").await.record;
    assert_eq!((&record["by"], record["certificates"].as_array().unwrap().len()), (&json!(world.id("chief")), 1));
}

#[tokio::test]
async fn aud_1_a_file_that_is_not_taken_leaves_an_entry_without_what_stands_in_it() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    for (path, file, kind) in [
        ("/api/v1/agency/cases/imports", "case_reference,status\nHF-1,maybe\n", "case-list.refused"),
        ("/api/v1/agency/training/imports", "login,course,date\nzebra,privacy,2026-05-01\n", "training.refused"),
    ] {
        let problem = world.post_csv(path, &chief, file).await.refused(422);
        let record = world.newest(world.police, kind).await;
        assert_eq!(problem["ledger_entry"], record.index);
        assert_eq!(record.record, json!({ "by": world.id("chief"), "faulty_lines": 1 }));
    }
}
