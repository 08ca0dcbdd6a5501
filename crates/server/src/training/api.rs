//! Courses to take, one's own records, records to import, and who has to learn what.

use super::acts::{TrainingAct, no_try_left};
use super::courses::{self, Lesson, TRIES_A_DAY_MAX};
use super::import;
use super::store;
use super::views::CourseView;
use crate::App;
use crate::accounts::{Caller, store as account_store};
use crate::agencies::acts::{self, Act, Secrets};
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::mail;
use crate::people::api::in_reach;
use crate::people::views::OwnGrantView;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::{Course, UtcMicros};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// One's own records.
#[derive(Debug, Serialize, ToSchema)]
pub struct Own {
    pub user: String,
    pub name: String,
    /// The e-mail address for reminders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The service has a mail server; otherwise no reminder is sent.
    pub sends_mail: bool,
    pub training: Vec<CourseView>,
    pub grants: Vec<OwnGrantView>,
}

/// What is on file of the caller: trainings and permissions, with what lapses when.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "own_records", tag = "training", responses((status = 200, body = Own)))]
pub async fn me(State(app): State<Arc<App>>, Extension(caller): Extension<Arc<Caller>>) -> Result<Json<Own>, Problem> {
    let (limits, now) = (caller.policy()?.limits(), app.clock.now());
    let grants = caller.grants.iter();
    let sealed = mail::store::address_of(&app.sql, caller.user.id).await?;
    let email = sealed.map(|sealed| mail::address::open_text(&app, caller.agency.id, &sealed)).transpose()?;
    Ok(Json(Own {
        user: caller.user.id.to_string(),
        name: caller.user.name.clone(),
        email,
        sends_mail: app.mail.is_some(),
        training: CourseView::all(limits, &caller.trained, now),
        grants: grants.map(|(permission, grant)| OwnGrantView::of(limits, *permission, grant, now)).collect(),
    }))
}

/// A built-in course as it is read and tested; the right answers stay here.
#[derive(Debug, Serialize, ToSchema)]
pub struct LessonView {
    pub course: String,
    pub title: String,
    /// How long it takes to read.
    pub minutes: u32,
    pub sections: Vec<SectionView>,
    pub questions: Vec<TestQuestionView>,
    /// Right answers that are needed.
    pub pass_mark: usize,
    pub tries_a_day: usize,
    pub tries_left: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SectionView {
    pub heading: String,
    pub paragraphs: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TestQuestionView {
    pub text: String,
    pub options: Vec<String>,
}

fn built_in(word: &str) -> Result<(Course, &'static Lesson), Problem> {
    let course = Course::from_word(word).ok_or_else(Problem::not_found)?;
    Ok((course, courses::lesson(course).ok_or_else(Problem::not_found)?))
}

async fn tries_left(app: &App, caller: &Caller, course: Course) -> Result<usize, Problem> {
    let tries = store::tries(app.sql.pool(), caller.user.id, course, app.clock.now()).await?;
    Ok(TRIES_A_DAY_MAX.saturating_sub(tries))
}

/// A built-in course: `tool` or `tool-enhanced`.
#[utoipa::path(get, path = "/api/v1/training/courses/{course}", tag = "training", params(("course" = String, Path)),
    responses((status = 200, body = LessonView), (status = 404, body = Problem)))]
pub async fn course(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(word): Path<String>,
) -> Result<Json<LessonView>, Problem> {
    let (course, lesson) = built_in(&word)?;
    let section = |section: &courses::Section| SectionView {
        heading: section.heading.clone(),
        paragraphs: section.paragraphs.clone(),
    };
    let question = |question: &courses::TestQuestion| TestQuestionView {
        text: question.text.clone(),
        options: question.options.clone(),
    };
    Ok(Json(LessonView {
        course: course.word().into(),
        title: lesson.title.clone(),
        minutes: lesson.minutes,
        sections: lesson.sections.iter().map(section).collect(),
        questions: lesson.questions.iter().map(question).collect(),
        pass_mark: lesson.pass_mark,
        tries_a_day: TRIES_A_DAY_MAX,
        tries_left: tries_left(&app, &caller, course).await?,
    }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// For each question the place of the chosen option, from 0.
    pub answers: Vec<usize>,
}

/// How a try went.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tried {
    pub passed: bool,
    pub right: usize,
    pub of: usize,
    /// Places of the questions that were answered wrongly.
    pub wrong: Vec<usize>,
    pub tries_left: usize,
    /// Until when the training holds now. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub ledger_entry: u64,
}

/// A try at a course's test.
#[utoipa::path(post, path = "/api/v1/training/courses/{course}/answers", tag = "training", params(("course" = String, Path)), request_body = Answers,
    responses((status = 200, body = Tried), (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn answer(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(word): Path<String>,
    bytes: Bytes,
) -> Result<Json<Tried>, Problem> {
    let (course, lesson) = built_in(&word)?;
    let body: Answers = read_json(&bytes)?;
    let of = lesson.questions.len();
    let wrong = lesson
        .wrong(&body.answers)
        .ok_or_else(|| Problem::invalid("answers", format!("give an option of each of the {of} questions")))?;
    if tries_left(&app, &caller, course).await? == 0 {
        return Err(no_try_left());
    }
    let right = of - wrong.len();
    let passed = right >= lesson.pass_mark;
    let act = TrainingAct::Try { agency: caller.agency.id, user: caller.user.id, course, right, passed };
    let done = acts::perform(&app, Some(caller.user.id), Act::Training(act), Secrets::default()).await?;
    let now = app.clock.now();
    let trained = store::of_user(&app.sql, caller.user.id).await?;
    let (view, _) = CourseView::of(caller.policy()?.limits(), course, &trained, now);
    Ok(Json(Tried {
        passed,
        right,
        of,
        wrong,
        tries_left: tries_left(&app, &caller, course).await?,
        until: view.until.filter(|_| passed),
        ledger_entry: done.ledger_entry,
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Imported {
    pub records: usize,
    pub ledger_entry: u64,
}

/// Imports records of privacy and integrity trainings: `login,course,date` in the first line. The whole file or nothing.
#[utoipa::path(post, path = "/api/v1/agency/training/imports", operation_id = "import_training_records", tag = "training",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 201, body = Imported), (status = 422, body = Problem)))]
pub async fn import(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Imported>), Problem> {
    let zone = TimeZone::get(&caller.agency.zone).map_err(|_| Problem::broken("the agency's zone is not known"))?;
    let people = account_store::users_of(&app.sql, caller.agency.id).await?;
    let people = people.into_iter().map(|user| (user.login, user.id)).collect();
    let records = match import::read(&bytes, &people, &zone, app.clock.now()) {
        Ok(records) => records,
        Err(problem) => return Err(acts::refuse_file(&app, &caller, "training.refused", problem).await?),
    };
    let count = records.len();
    let act = Act::Training(TrainingAct::Import { agency: caller.agency.id, records });
    let done = acts::perform(&app, Some(caller.user.id), act, Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(Imported { records: count, ledger_entry: done.ledger_entry })))
}

/// A training that somebody has to take.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reminder {
    pub user: String,
    pub name: String,
    pub unit: u32,
    pub course: String,
    /// `due`, `lapsed`, `missing`.
    pub state: String,
    /// When it ends or ended. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Required trainings that are lapsed, missing, or end within 30 days, of people with an active account who are not only
/// administrators; soonest first. A supervisor sees the own unit.
#[utoipa::path(get, path = "/api/v1/agency/training", tag = "training", responses((status = 200, body = Vec<Reminder>)))]
pub async fn reminders(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<Reminder>>, Problem> {
    let (limits, now) = (caller.policy()?.limits(), app.clock.now());
    let trained = store::of_agency(&app.sql, caller.agency.id).await?;
    let mut found: Vec<(Option<UtcMicros>, Reminder)> = Vec::new();
    let people = account_store::users_of(&app.sql, caller.agency.id).await?;
    // Who administers asks nothing, and needs no training for it.
    let asks = |user: &account_store::User| user.active && !crate::people::administers(&user.roles);
    for user in people.into_iter().filter(|user| asks(user) && in_reach(&caller, user)) {
        let own = trained.get(&user.id).cloned().unwrap_or_default();
        for course in limits.training_days.keys() {
            let (view, until) = CourseView::of(limits, *course, &own, now);
            if view.state != "current" {
                let (course, state, until_text) = (view.course, view.state, view.until);
                let (name, unit) = (user.name.clone(), user.unit.0);
                let user = user.id.to_string();
                found.push((until, Reminder { user, name, unit, course, state, until: until_text }));
            }
        }
    }
    found.sort_by(|(a, one), (b, other)| (a, &one.name, &one.course).cmp(&(b, &other.name, &other.course)));
    Ok(Json(found.into_iter().map(|(_, reminder)| reminder).collect()))
}
