//! How a training stands, as screens show it.

use super::courses;
use super::store::Trained;
use domain::time::DAY_MICROS;
use domain::{Course, UtcMicros};
use policy::{Limits, Training};
use serde::Serialize;
use utoipa::ToSchema;

/// How long before its end a training is due.
pub const REMINDED_DAYS: i64 = 30;

/// A course and how one person stands in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CourseView {
    /// `tool`, `tool-enhanced`, `privacy`, `integrity`.
    pub course: String,
    pub title: String,
    /// The agency's policy requires it.
    pub required: bool,
    /// It can be taken here.
    pub built_in: bool,
    /// When it was last passed. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// Until when that holds, where it is required. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// `current`; `due`, within 30 days of its end; `lapsed`; `missing`, never passed.
    pub state: String,
}

impl CourseView {
    /// All courses of one person, in the order of `Course`.
    pub fn all(limits: &Limits, trained: &Trained, now: UtcMicros) -> Vec<Self> {
        Course::ALL.iter().map(|course| Self::of(limits, *course, trained, now).0).collect()
    }

    /// The view, and when the training ends or ended.
    pub fn of(limits: &Limits, course: Course, trained: &Trained, now: UtcMicros) -> (Self, Option<UtcMicros>) {
        let done = trained.get(&course).copied();
        let (state, until) = match limits.training(course, done, now) {
            Training::NotRequired => (if done.is_some() { "current" } else { "missing" }, None),
            Training::Missing => ("missing", None),
            Training::Lapsed(until) => ("lapsed", Some(until)),
            Training::Current(until) if until.0 - now.0 <= REMINDED_DAYS * DAY_MICROS => ("due", Some(until)),
            Training::Current(until) => ("current", Some(until)),
        };
        let view = Self {
            course: course.word().into(),
            title: courses::title(course).into(),
            required: limits.training_days.contains_key(&course),
            built_in: courses::lesson(course).is_some(),
            done: done.map(|done| done.to_string()),
            until: until.map(|until| until.to_string()),
            state: state.into(),
        };
        (view, until)
    }
}
