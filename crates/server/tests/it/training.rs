//! Training: courses and their tests, records by import, reminders, and what a lapse stops.

use super::world::{World, ask, read};
use domain::{Course, Permission, Role};
use serde_json::{Value, json};
use sightline_server::training::courses;

const DAY: i64 = 86_400_000_000;
const ANSWERS: &str = "/api/v1/training/courses/tool/answers";
const IMPORTS: &str = "/api/v1/agency/training/imports";

fn full() -> Value {
    ask("full-plate", json!({ "plate": "7ABC123", "state": "US-CA" }))
}

fn answers(wrong: usize) -> Value {
    let mut answers = courses::lesson(Course::Tool).unwrap().right_answers();
    for answer in answers.iter_mut().take(wrong) {
        *answer = (*answer + 1) % 3;
    }
    json!({ "answers": answers })
}

/// Takes every record of a course away, as if it had never been passed.
async fn forget(world: &World, login: &str, course: Course) {
    sqlx::query("DELETE FROM training_records WHERE user_id = $1 AND course = $2")
        .bind(world.id(login).to_string())
        .bind(course.word())
        .execute(world.app.sql.pool())
        .await
        .unwrap();
}

fn course_of(me: &Value, course: &str) -> Value {
    me["training"].as_array().unwrap().iter().find(|one| one["course"] == course).unwrap().clone()
}

#[tokio::test]
async fn acc_5_a_lapsed_training_stops_questions_on_the_next_request_and_the_built_in_course_restores_them() {
    let world = World::new().await;
    let officer = world.sign_in("officer", "plain").await;
    world.post("/api/v1/queries", &officer, full()).await.ok();
    forget(&world, "officer", Course::Tool).await;
    let problem = world.post("/api/v1/queries", &officer, full()).await.refused(403);
    assert_eq!(problem["rule"], "training-tool");
    assert_eq!(problem["detail"], "Your training in the use of the service is not current.");
    assert_eq!(problem["unlock"], "Take the short course under Training.");
    assert_eq!(world.get("/api/v1/kinds", &officer).await.ok()[0]["refusal"]["rule"], "training-tool");
    assert_eq!(course_of(&world.get("/api/v1/me", &officer).await.ok(), "tool")["state"], "missing");

    let lesson = world.get("/api/v1/training/courses/tool", &officer).await.ok();
    assert_eq!((&lesson["tries_left"], lesson["questions"].as_array().unwrap().len()), (&json!(3), 8));
    assert!(!lesson.to_string().contains("\"right\""), "the right answers stay at the server");
    let tried = world.post(ANSWERS, &officer, answers(2)).await.ok();
    assert_eq!((&tried["passed"], &tried["wrong"], &tried["tries_left"]), (&json!(false), &json!([0, 1]), &json!(2)));
    world.post("/api/v1/queries", &officer, full()).await.refused(403);
    let tried = world.post(ANSWERS, &officer, answers(1)).await.ok();
    assert_eq!((&tried["passed"], &tried["right"], &tried["of"]), (&json!(true), &json!(7), &json!(8)));
    assert_eq!(world.newest(world.police, "training.tried").await.record["act"]["passed"], true);
    world.post("/api/v1/queries", &officer, full()).await.ok();
}

#[tokio::test]
async fn acc_5_a_training_is_good_for_its_year_and_is_due_thirty_days_before() {
    let world = World::new().await;
    world.clock.advance_micros(335 * DAY);
    let officer = world.sign_in("officer", "plain").await;
    let due = course_of(&world.get("/api/v1/me", &officer).await.ok(), "tool");
    assert_eq!((&due["state"], &due["required"], &due["built_in"]), (&json!("due"), &json!(true), &json!(true)));
    assert_eq!(course_of(&world.get("/api/v1/me", &officer).await.ok(), "privacy")["required"], false);
    let chief = world.sign_in("chief", "plain").await;
    let reminders = world.get("/api/v1/agency/training", &chief).await.ok();
    let of = |login: &str| {
        let id = world.id(login).to_string();
        reminders.as_array().unwrap().iter().filter(|one| one["user"] == id.as_str()).cloned().collect::<Vec<_>>()
    };
    assert_eq!(of("officer").len(), 2, "tool and tool-enhanced");
    assert!(of("chief").is_empty(), "who asks nothing is not reminded");
    world.clock.advance_micros(30 * DAY);
    let officer = world.sign_in("officer", "plain").await;
    let problem = world.post("/api/v1/queries", &officer, full()).await.refused(403);
    assert_eq!(problem["rule"], "training-tool");
    assert!(problem["unlock"].as_str().unwrap().starts_with("It lapsed on 2027-06-01. "), "{problem}");
}

#[tokio::test]
async fn acc_5_tries_at_a_test_are_limited_per_day_also_at_the_same_time() {
    let world = World::new().await;
    forget(&world, "officer", Course::Tool).await;
    let officer = world.sign_in("officer", "plain").await;
    for wrong in [json!({ "answers": [0] }), json!({ "answers": [9, 0, 0, 0, 0, 0, 0, 0] })] {
        assert_eq!(world.post(ANSWERS, &officer, wrong).await.refused(422)["field"], "answers");
    }
    let tries = (0..6).map(|_| world.post(ANSWERS, &officer, answers(8)));
    let replies = futures::future::join_all(tries).await;
    assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 3);
    world.post(ANSWERS, &officer, answers(0)).await.refused(429);
    world.post("/api/v1/queries", &officer, full()).await.refused(403);
    world.clock.advance_micros(DAY);
    let officer = world.sign_in("officer", "plain").await;
    assert_eq!(world.post(ANSWERS, &officer, answers(0)).await.ok()["passed"], true);
    for course in ["privacy", "juggling"] {
        world.get(&format!("/api/v1/training/courses/{course}"), &officer).await.refused(404);
        world.post(&format!("/api/v1/training/courses/{course}/answers"), &officer, answers(0)).await.refused(404);
    }
}

#[tokio::test]
async fn acc_5_the_enhanced_module_is_asked_for_at_the_enhanced_door_only() {
    let world = World::new().await;
    forget(&world, "detective", Course::ToolEnhanced).await;
    let enhanced = world.sign_in("detective", "enhanced").await;
    let problem = world.post("/api/v1/queries", &enhanced, full()).await.refused(403);
    assert_eq!(problem["rule"], "training-tool-enhanced");
    let plain = world.sign_in("detective", "plain").await;
    world.post("/api/v1/queries", &plain, full()).await.ok();
}

#[tokio::test]
async fn acc_5_privacy_and_integrity_records_are_imported_whole_or_not_at_all() {
    let world = World::new().await;
    for course in [Course::Privacy, Course::Integrity] {
        forget(&world, "investigator", course).await;
    }
    world.share(world.police, world.federal).await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    let (manager, investigator) =
        (world.sign_in("manager", "plain").await, world.sign_in("investigator", "plain").await);
    assert_eq!(world.post("/api/v1/queries", &investigator, full()).await.refused(403)["rule"], "training-privacy");
    let file = "login,course,date\ninvestigator,privacy,2026-05-01\nofficer,privacy,2026-05-01\n";
    let problem = world.post_csv(IMPORTS, &manager, file).await.refused(422);
    let told = json!([{ "line": 3, "detail": "no account of the agency has this login" }]);
    assert_eq!(problem["lines"], told, "a person of another agency is nobody");
    assert_eq!(world.post("/api/v1/queries", &investigator, full()).await.refused(403)["rule"], "training-privacy");
    world.post_csv(IMPORTS, &manager, "login,course,date\ninvestigator,tool,2026-05-01\n").await.refused(422);
    let file = "login,course,date\ninvestigator,privacy,2026-05-01\ninvestigator,integrity,2025-05-01\n";
    assert_eq!(world.post_csv(IMPORTS, &manager, file).await.ok()["records"], 2);
    let problem = world.post("/api/v1/queries", &investigator, full()).await.refused(403);
    assert_eq!(problem["rule"], "training-integrity", "it was passed too long ago");
    world.post_csv(IMPORTS, &manager, "login,course,date\ninvestigator,integrity,2026-05-01\n").await.ok();
    world.post("/api/v1/queries", &investigator, full()).await.ok();
    assert_eq!(world.newest(world.federal, "training.imported").await.record["act"]["records"][0][1], "integrity");
}

#[tokio::test]
async fn acc_5_a_supervisor_is_reminded_of_the_own_unit_only() {
    let mut world = World::new().await;
    let federal = world.federal;
    let other = world.unit(federal, "Other", "enforcement").await;
    world.user("far", federal, other, &[Role::TaskForceOfficer], &[Permission::Full]).await;
    for login in ["far", "investigator"] {
        forget(&world, login, Course::Privacy).await;
    }
    let supervisor = world.sign_in("supervisor", "plain").await;
    let reminders = world.get("/api/v1/agency/training", &supervisor).await.ok();
    let names: Vec<_> = reminders.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Name of investigator"]);
    assert_eq!(reminders[0]["state"], "missing");
}
