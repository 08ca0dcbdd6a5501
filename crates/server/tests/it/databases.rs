//! The same story on SQLite and on PostgreSQL: every table of people, trainings, cases, policy and alarms is written and read.

use super::world::{PASSWORD, World, ask, read, square};
use domain::{Course, Permission, Role};
use serde_json::{Value, json};
use sightline_server::training::courses;

#[tokio::test]
async fn acc_1_acc_5_acc_7_agy_5_people_trainings_cases_and_policy_are_kept_by_both_databases() {
    let mut worlds = vec![World::new().await];
    worlds.extend(World::on_postgres().await);
    for mut world in worlds {
        let (police, patrol) = (world.police, world.unit_of("sergeant").await);
        world.user("rookie", police, patrol, &[Role::PatrolOfficer], &[Permission::Full]).await;
        world.user("deputychief", police, patrol, &[Role::AgencyManager], &[]).await;
        world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
        let (chief, sergeant) = (world.sign_in("chief", "plain").await, world.sign_in("sergeant", "plain").await);
        let deputy = world.sign_in("deputychief", "plain").await;
        let person = format!("/api/v1/agency/people/{}", world.id("rookie"));

        let certificate = json!({ "permission": "area", "why": "Works the harbor cases.", "until": "2026-12-31" });
        world.post(&format!("{person}/certificates"), &sergeant, certificate).await.ok();
        world.put("/api/v1/agency/seats/area", &chief, json!({ "seats": 9 })).await.ok();
        world.post(&format!("{person}/grants"), &chief, json!({ "permission": "area" })).await.ok();
        world.post(&format!("{person}/grants/area/review"), &sergeant, json!({ "keep": true })).await.ok();
        world.put(&person, &chief, json!({ "name": "Kim Dale", "cleared": true, "unit": patrol.0 })).await.ok();
        let access = world.get("/api/v1/agency/access", &chief).await.ok();
        assert_eq!(access["seats"][3], json!({ "permission": "area", "taken": 2, "seats": 9 }));
        let people = world.get("/api/v1/agency/people", &sergeant).await.ok();
        let rookie = people.as_array().unwrap().iter().find(|one| one["login"] == "rookie").unwrap();
        assert_eq!((&rookie["name"], &rookie["certificates"][0]["usable"]), (&json!("Kim Dale"), &json!(false)));
        assert_eq!(rookie["grants"][1]["reviewed_by"], "Name of sergeant");

        let token = world.sign_in("rookie", "enhanced").await;
        let answers = json!({ "answers": courses::lesson(Course::Tool).unwrap().right_answers() });
        world.post("/api/v1/training/courses/tool/answers", &token, answers).await.ok();
        let file = "login,course,date\nrookie,privacy,2026-05-01\n";
        world.post_csv("/api/v1/agency/training/imports", &chief, file).await.ok();
        assert_eq!(world.get("/api/v1/me", &token).await.ok()["training"][2]["state"], "current");
        world.get("/api/v1/agency/training", &chief).await.ok();

        let list = "case_reference,status\nHF-2026-0113,open\nHF-2026-0114,closed\n";
        world.post_csv("/api/v1/agency/cases/imports", &chief, list).await.ok();
        world.put("/api/v1/agency/cases/pattern", &chief, json!({ "pattern": "HF-9999-9999" })).await.ok();
        let shown = world.get("/api/v1/agency/cases", &chief).await.ok();
        assert_eq!((&shown["listed"], &shown["open"]), (&json!(2), &json!(1)));
        let area = |case: &str| -> Value {
            let mut body = ask("area", json!({ "areas": [square(34.0, -140.0)] }));
            body["purpose"]["case_reference"] = json!(case);
            body
        };
        world.post("/api/v1/queries", &token, area("HF-2026-0113")).await.ok();
        assert_eq!(
            world.post("/api/v1/queries", &token, area("HF-2026-0114")).await.refused(422)["rule"],
            "case-closed"
        );
        world.call("DELETE", "/api/v1/agency/cases", Some(&chief), None).await.ok();

        let changes = "/api/v1/agency/policy/changes";
        let document = json!({ "reference": "Order 14", "date": "2026-05-01" });
        world.put("/api/v1/agency/publication", &chief, document.clone()).await.ok();
        world.post(changes, &chief, json!({ "limits": { "fewest_known_characters": 3 } })).await.ok();
        let wider = json!({ "limits": { "fewest_known_characters": 1 }, "document": document });
        let id = world.post(changes, &chief, wider).await.ok()["id"].clone();
        assert_eq!(world.get("/api/v1/agency/policy", &deputy).await.ok()["pending"]["own"], false);
        world.post(&format!("{changes}/{id}/confirm"), &deputy, json!({})).await.ok();
        let policy = world.get("/api/v1/agency/policy", &chief).await.ok();
        assert_eq!((&policy["limits"]["fewest_known_characters"], &policy["revision"]), (&json!(1), &json!(2)));
        assert_eq!(world.get("/api/v1/agency/alarms", &chief).await.ok(), json!([]));

        world.post(&format!("/api/v1/agency/users/{}/unlock", world.id("rookie")), &chief, json!({})).await.ok();
        let password = json!({ "current": PASSWORD, "new": "amber lantern nine" });
        world.put("/api/v1/session/password", &token, password).await.ok();
        world.call("DELETE", &format!("{person}/grants/area"), Some(&sergeant), None).await.ok();
        assert_eq!(
            world.post("/api/v1/queries", &token, area("HF-2026-0113")).await.refused(403)["rule"],
            "permission-missing"
        );
    }
}
