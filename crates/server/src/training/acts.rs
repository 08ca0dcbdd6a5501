//! Changes of training records: a try at a built-in test, and records that an agency imports.

use super::courses::TRIES_A_DAY_MAX;
use super::store;
use crate::agencies::acts::ActError;
use crate::http::Problem;
use domain::{AgencyId, Course, UserId, UtcMicros};
use serde_json::{Value, json};
use sqlx::{Any, Transaction};

#[derive(Clone, Debug)]
pub enum TrainingAct {
    /// A try at a test, passed or not.
    Try {
        agency: AgencyId,
        user: UserId,
        course: Course,
        right: usize,
        passed: bool,
    },
    Import {
        agency: AgencyId,
        records: Vec<Record>,
    },
}

/// A training that somebody passed elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub user: UserId,
    pub course: Course,
    pub passed: UtcMicros,
}

impl TrainingAct {
    pub fn agency(&self) -> AgencyId {
        match self {
            Self::Try { agency, .. } | Self::Import { agency, .. } => *agency,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Try { .. } => "training.tried",
            Self::Import { .. } => "training.imported",
        }
    }

    pub fn record(&self) -> Value {
        match self {
            Self::Try { user, course, right, passed, .. } => {
                json!({ "user": user, "course": course, "right": right, "passed": passed })
            }
            Self::Import { records, .. } => {
                let record = |one: &Record| json!([one.user, one.course, one.passed]);
                json!({ "records": records.iter().map(record).collect::<Vec<_>>() })
            }
        }
    }

    pub(crate) async fn apply(self, transaction: &mut Transaction<'_, Any>, now: UtcMicros) -> Result<u32, ActError> {
        match self {
            Self::Try { user, course, right, passed, .. } => {
                // Two tries at once are counted one after the other.
                sqlx::query("UPDATE users SET active = active WHERE id = $1")
                    .bind(user.to_string())
                    .execute(&mut **transaction)
                    .await?;
                if store::tries(&mut **transaction, user, course, now).await? >= TRIES_A_DAY_MAX {
                    return Err(no_try_left().into());
                }
                store::insert_try(&mut **transaction, user, course, (right, passed), now).await?;
                if passed {
                    store::insert_record(&mut **transaction, user, course, now, "course").await?;
                }
            }
            Self::Import { records, .. } => {
                for record in records {
                    store::insert_record(&mut **transaction, record.user, record.course, record.passed, "import")
                        .await?;
                }
            }
        }
        Ok(0)
    }
}

pub(super) fn no_try_left() -> Problem {
    Problem::too_many(format!(
        "a test can be tried {TRIES_A_DAY_MAX} times in 24 hours; read the course again, and try tomorrow"
    ))
}
