//! How fast one person asks, and whether it looks like trawling: many different plates or patterns in a short time. Too fast
//! is refused; what looks like trawling is not, but somebody of the agency sees it at once (AUD-5). In memory: a restart
//! forgives, the ledger does not forget.

use crate::App;
use crate::accounts::Caller;
use crate::http::{Problem, refusals};
use crate::oversight::alarms;
use domain::time::DAY_MICROS;
use domain::{Criteria, Question, UserId, UtcMicros};
use serde_json::json;
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

/// Questions of one person within a minute, by whatever sessions and tokens: more than a person or a careful program asks, and
/// few enough that one person neither fills the ledger nor holds the store.
pub const QUESTIONS_A_MINUTE_MAX: usize = 300;
const MINUTE_MICROS: i64 = 60 * 1_000_000;
/// The time over which different plates and patterns are counted.
pub const TRAWL_MICROS: i64 = 60 * MINUTE_MICROS;
/// Different partial plates within [`TRAWL_MICROS`] from which on it looks like an enumeration: somebody who narrows down what a
/// witness saw tries fewer.
pub const TRAWL_PATTERNS: usize = 20;
/// Different whole plates within [`TRAWL_MICROS`] from which on it looks like a list that is worked off.
pub const TRAWL_PLATES: usize = 60;

/// What people asked lately. Bounded by the people with an account, [`QUESTIONS_A_MINUTE_MAX`] and the numbers above.
#[derive(Debug, Default)]
pub struct Asking {
    people: Mutex<HashMap<UserId, Lately>>,
    /// Plates are told apart, not kept.
    hashes: RandomState,
}

#[derive(Debug, Default)]
struct Lately {
    /// Times of the questions of the last minute.
    times: VecDeque<UtcMicros>,
    patterns: Different,
    plates: Different,
}

/// Different texts of the last hour, each with when it was asked last; no more than make an alarm.
#[derive(Debug, Default)]
struct Different {
    texts: HashMap<u64, UtcMicros>,
    raised: Option<UtcMicros>,
}

impl Different {
    /// Counts a text. True where it is the one that makes too many, at most once a day.
    fn is_too_many(&mut self, text: u64, from: usize, now: UtcMicros) -> bool {
        self.texts.retain(|_, asked| now.0 - asked.0 < TRAWL_MICROS);
        self.texts.insert(text, now);
        if self.texts.len() < from {
            return false;
        }
        self.texts.clear();
        let is_due = self.raised.is_none_or(|raised| now.0 - raised.0 >= DAY_MICROS);
        if is_due {
            self.raised = Some(now);
        }
        is_due
    }
}

/// What a question adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    TooFast,
    Fine,
    Trawling { kind: &'static str, different: usize },
}

impl Asking {
    fn see(&self, user: UserId, question: &Question, now: UtcMicros) -> Seen {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = people.entry(user).or_default();
        while lately.times.front().is_some_and(|time| now.0 - time.0 >= MINUTE_MICROS) {
            lately.times.pop_front();
        }
        if lately.times.len() >= QUESTIONS_A_MINUTE_MAX {
            return Seen::TooFast;
        }
        lately.times.push_back(now);
        let (different, from, kind) = match question.criteria() {
            Criteria::PartialPlate { .. } => (&mut lately.patterns, TRAWL_PATTERNS, "partial-plates"),
            Criteria::FullPlate { .. } | Criteria::Movement { .. } => {
                (&mut lately.plates, TRAWL_PLATES, "whole-plates")
            }
            Criteria::MakeModel { .. } | Criteria::Area { .. } | Criteria::CommonPlate { .. } => return Seen::Fine,
        };
        let text = self.hashes.hash_one(question.criteria().pattern());
        if different.is_too_many(text, from, now) {
            return Seen::Trawling { kind, different: from };
        }
        Seen::Fine
    }
}

/// Counts a question before it is decided, so that what is refused counts too. Raises an alarm where it looks like trawling;
/// nothing of what was asked is in it.
pub async fn watch(app: &App, caller: &Caller, question: &Question, now: UtcMicros) -> Result<(), Problem> {
    match app.asking.see(caller.user.id, question, now) {
        Seen::Fine => Ok(()),
        Seen::TooFast => {
            let detail = format!("a person asks at most {QUESTIONS_A_MINUTE_MAX} questions a minute; wait a minute");
            Err(refusals::record(app, caller, "POST", "/api/v1/queries", Problem::too_many(detail)).await?)
        }
        Seen::Trawling { kind, different } => {
            let minutes = TRAWL_MICROS / MINUTE_MICROS;
            let details =
                json!({ "by": caller.user.id, "of": kind, "different": different, "within_minutes": minutes });
            alarms::raise(app, caller.agency.id, alarms::TRAWLING, details).await
        }
    }
}
