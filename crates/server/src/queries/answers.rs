//! Answers that are being looked at. Results are not stored (RES-3): an answer lives in memory for fifteen minutes, is
//! bound to the session that asked, and is gone with a restart.

use crate::http::Problem;
use detections::{FoundRows, Previewed};
use domain::{DetectionId, PoolId, Purpose, QueryId, Question, UserId, UtcMicros};
use ledger::EntryRef;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use utoipa::ToSchema;

/// How long an answer can be looked at.
pub const ANSWER_MICROS: i64 = 15 * 60 * 1_000_000;
/// Answers of one session; a further one pushes the oldest out.
const PER_SESSION_MAX: usize = 8;
/// Answers of all sessions together.
const ALL_MAX: usize = 512;

/// A question that passed the gate, and what became of it.
#[derive(Debug)]
pub struct Asked {
    pub query: QueryId,
    /// The session that asked; no other sees it.
    pub session: Holder,
    pub user: UserId,
    pub question: Question,
    pub purpose: Purpose,
    /// Whose detections it holds.
    pub pools: Vec<PoolId>,
    pub again_of: Option<QueryId>,
    pub asked_at: UtcMicros,
    /// The entry that was durable before anything was searched.
    pub entry: EntryRef,
    /// The entry of what came out.
    pub outcome: EntryRef,
    pub notice: Option<String>,
    pub timing: Timing,
    pub result: Outcome,
    pub marks: Marks,
}

/// Id of the session that an answer belongs to. A session that steps up takes its answers along.
#[derive(Debug)]
pub struct Holder(Mutex<String>);

impl Holder {
    pub fn new(session: &str) -> Self {
        Self(Mutex::new(session.to_owned()))
    }
}

impl Asked {
    fn session(&self) -> MutexGuard<'_, String> {
        self.session.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn is_of(&self, session: &str) -> bool {
        *self.session() == session
    }
}

/// How long each step of the gate took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// Gathering the facts and deciding.
    pub policy: Duration,
    /// Making the entry durable.
    pub entry: Duration,
    pub search: Duration,
    /// Making the entry of what came out durable.
    pub outcome: Duration,
}

impl Timing {
    /// The value of the header `Server-Timing` (W3C): names and milliseconds, nothing of the question.
    pub fn header(&self) -> String {
        let Self { policy, entry, search, outcome } = self;
        [("policy", policy), ("entry", entry), ("search", search), ("outcome", outcome)]
            .map(|(name, took)| format!("{name};dur={:.3}", took.as_secs_f64() * 1e3))
            .join(", ")
    }
}

/// What a person thinks of a row (RES-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    Relevant,
    NotRelevant,
}

/// The marks of an answer; they end with it.
#[derive(Debug, Default)]
pub struct Marks(Mutex<BTreeMap<DetectionId, Mark>>);

impl Marks {
    /// Sets or takes away marks, all of them or none to anybody who looks meanwhile; gives all that hold afterwards.
    pub fn set(&self, wanted: &[(DetectionId, Option<Mark>)]) -> BTreeMap<DetectionId, Mark> {
        let mut marks = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (detection, mark) in wanted {
            match mark {
                Some(mark) => marks.insert(*detection, *mark),
                None => marks.remove(detection),
            };
        }
        marks.clone()
    }

    pub fn all(&self) -> BTreeMap<DetectionId, Mark> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

#[derive(Debug)]
pub enum Outcome {
    Previewed(Previewed),
    /// 10,000 or more, not confirmed: nothing was returned.
    NeedsConfirmation,
    Answered(Box<FoundRows>),
}

/// The detections that an answer returned; photos can be opened of these and no others.
pub fn returned(found: &FoundRows) -> BTreeSet<DetectionId> {
    found.hits.iter().map(|hit| hit.detection.id).collect()
}

/// Answers by query.
#[derive(Debug, Default)]
pub struct Answers(Mutex<BTreeMap<QueryId, Arc<Asked>>>);

impl Answers {
    pub fn keep(&self, asked: Asked) -> Arc<Asked> {
        let asked = Arc::new(asked);
        let mut answers = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.retain(|_, other| asked.asked_at.0 - other.asked_at.0 < ANSWER_MICROS);
        answers.insert(asked.query, Arc::clone(&asked));
        // Query ids are UUIDs of version 7: their order is the order of asking.
        let session = asked.session().clone();
        let of_session: Vec<_> =
            answers.iter().filter(|(_, other)| other.is_of(&session)).map(|(query, _)| *query).collect();
        for query in of_session.iter().take(of_session.len().saturating_sub(PER_SESSION_MAX)) {
            answers.remove(query);
        }
        while answers.len() > ALL_MAX {
            answers.pop_first();
        }
        asked
    }

    /// An answer of this session. Another session's, a late one and one that never was answer alike.
    pub fn get(&self, session: &str, query: QueryId, now: UtcMicros) -> Result<Arc<Asked>, Problem> {
        let answers = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let asked = answers.get(&query).filter(|asked| asked.is_of(session));
        let asked = asked.filter(|asked| now.0 - asked.asked_at.0 < ANSWER_MICROS);
        asked.cloned().ok_or_else(Problem::not_found)
    }

    /// Gives a session's answers to the one that takes its place, of the same person.
    pub fn hand_over(&self, old: &str, new: &str) {
        let answers = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for asked in answers.values().filter(|asked| asked.is_of(old)) {
            new.clone_into(&mut asked.session());
        }
    }

    pub fn forget_session(&self, session: &str) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).retain(|_, asked| !asked.is_of(session));
    }

    /// Lets go of what is over; run with the housekeeping every few seconds, so that memory does not wait for the next question.
    pub fn forget_late(&self, now: UtcMicros) {
        let mut answers = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        answers.retain(|_, asked| now.0 - asked.asked_at.0 < ANSWER_MICROS);
    }
}
