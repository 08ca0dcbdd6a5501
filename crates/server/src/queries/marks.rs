//! Marks on the rows of an answer (RES-1): relevant or not. They are kept with the answer and end with it.

use super::answers::{self, Mark};
use super::api::{answered, open_answer};
use crate::App;
use crate::accounts::Caller;
use crate::http::Problem;
use crate::http::routes::read_json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use domain::DetectionId;
use domain::limits::RESULTS_WARNING;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Marks of one request: all rows of the largest answer.
pub const MARKS_AT_ONCE_MAX: usize = RESULTS_WARNING;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutMarks {
    /// By id of the row; at most 10,000.
    pub marks: BTreeMap<String, MarkWord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MarkWord {
    Relevant,
    NotRelevant,
    /// Takes the mark away.
    None,
}

impl MarkWord {
    pub fn of(mark: Option<Mark>) -> Self {
        match mark {
            Some(Mark::Relevant) => Self::Relevant,
            Some(Mark::NotRelevant) => Self::NotRelevant,
            None => Self::None,
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "relevant" => Some(Self::Relevant),
            "not-relevant" => Some(Self::NotRelevant),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    fn mark(self) -> Option<Mark> {
        match self {
            Self::Relevant => Some(Mark::Relevant),
            Self::NotRelevant => Some(Mark::NotRelevant),
            Self::None => None,
        }
    }
}

/// How many rows of the answer are marked.
#[derive(Debug, Serialize, ToSchema)]
pub struct MarkCounts {
    pub relevant: u64,
    pub not_relevant: u64,
}

/// Marks rows of an answer. All of them are rows of this answer, or none is marked.
#[utoipa::path(put, path = "/api/v1/queries/{query}/marks", tag = "queries", params(("query" = String, Path)), request_body = PutMarks,
    responses((status = 200, body = MarkCounts), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn mark(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(query): Path<String>,
    bytes: Bytes,
) -> Result<Json<MarkCounts>, Problem> {
    let asked = open_answer(&app, &caller, &query).await?;
    let returned = answers::returned(answered(&asked)?);
    let body: PutMarks = read_json(&bytes)?;
    if body.marks.len() > MARKS_AT_ONCE_MAX {
        return Err(Problem::invalid("marks", format!("at most {MARKS_AT_ONCE_MAX} rows can be marked at once")));
    }
    let read = |(id, word): (&String, &MarkWord)| {
        let id: Result<DetectionId, _> = id.parse();
        let id = id.map_err(|_| Problem::invalid("marks", "the id of a row is a number"))?;
        if returned.contains(&id) { Ok((id, word.mark())) } else { Err(Problem::not_found()) }
    };
    let wanted = body.marks.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let marks = asked.marks.set(&wanted);
    let count = |wanted| marks.values().filter(|mark| **mark == wanted).count() as u64;
    Ok(Json(MarkCounts { relevant: count(Mark::Relevant), not_relevant: count(Mark::NotRelevant) }))
}
