//! Refusals of what a person calls: the first of a minute is an entry at once, the same one again is counted, and the count
//! is one entry when the minute is over. Nobody who is signed in fills the ledger by asking for what they may not.

use super::Problem;
use crate::App;
use crate::accounts::Caller;
use crate::oversight::entries::Entry;
use domain::{AgencyId, UserId, UtcMicros};
use ledger::LedgerError;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

const MINUTE_MICROS: i64 = 60 * 1_000_000;

/// Whose refusals they are, and the minute, from 1970 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    agency: AgencyId,
    user: UserId,
    minute: i64,
}

/// What was refused: method, route as the table has it, and why. Bounded by the table.
type What = (String, &'static str, String);

/// Refusals that are not yet whole in the ledger, with how often each was repeated. Bounded by the people who are signed in
/// and the routes. A kill loses the counts of its last minute, never that there was a refusal.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<BTreeMap<Key, BTreeMap<What, u64>>>);

impl Refusals {
    fn minutes(&self) -> MutexGuard<'_, BTreeMap<Key, BTreeMap<What, u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is the person's first of this minute, which is recorded by itself; a repetition is counted.
    fn is_first(&self, (agency, user): (AgencyId, UserId), what: What, now: UtcMicros) -> bool {
        let key = Key { agency, user, minute: now.0.div_euclid(MINUTE_MICROS) };
        let mut minutes = self.minutes();
        let of_minute = minutes.entry(key).or_default();
        if let Some(again) = of_minute.get_mut(&what) {
            *again += 1;
            return false;
        }
        of_minute.insert(what, 0);
        true
    }

    /// It could not be recorded: the next one is the first.
    fn forget(&self, (agency, user): (AgencyId, UserId), what: &What, now: UtcMicros) {
        let key = Key { agency, user, minute: now.0.div_euclid(MINUTE_MICROS) };
        if let Some(of_minute) = self.minutes().get_mut(&key) {
            of_minute.remove(what);
        }
    }

    fn take(&self, ended_before: i64) -> BTreeMap<Key, BTreeMap<What, u64>> {
        let mut minutes = self.minutes();
        let (due, kept) = std::mem::take(&mut *minutes).into_iter().partition(|(key, _)| key.minute < ended_before);
        *minutes = kept;
        due
    }
}

/// Records that a known person was refused: at once, or as one more of the same.
pub async fn record(
    app: &App,
    caller: &Caller,
    method: &str,
    route: &'static str,
    problem: Problem,
) -> Result<Problem, Problem> {
    let (who, now) = ((caller.agency.id, caller.user.id), app.clock.now());
    let what = (method.to_owned(), route, problem.kind.clone());
    if !app.refusals.is_first(who, what.clone(), now) {
        return Ok(problem);
    }
    let details = json!({
        "by": { "user": caller.user.id, "unit": caller.unit.id, "log_in": caller.session.log_in },
        "method": method, "route": route, "problem": problem.kind,
    });
    match app.ledger.record(Entry::of(Some(caller.agency.id), "access.refused", details)).await {
        Ok(recorded) => Ok(problem.recorded_as(recorded.entry().index)),
        Err(error) => {
            app.refusals.forget(who, &what, now);
            Err(error.into())
        }
    }
}

/// Writes how often refusals were repeated in the minutes that have ended.
pub async fn write_ended_minutes(app: &App) -> Result<(), LedgerError> {
    write(app, app.clock.now().0.div_euclid(MINUTE_MICROS)).await
}

/// Writes all counts, for a clean stop.
pub async fn flush(app: &App) -> Result<(), LedgerError> {
    write(app, i64::MAX).await
}

async fn write(app: &App, ended_before: i64) -> Result<(), LedgerError> {
    let mut failed = None;
    for (key, refused) in app.refusals.take(ended_before) {
        let again: Vec<Value> = refused
            .iter()
            .filter(|(_, again)| **again > 0)
            .map(|((method, route, problem), again)| {
                json!({ "method": method, "route": route, "problem": problem, "again": again })
            })
            .collect();
        if again.is_empty() {
            continue;
        }
        if failed.is_some() {
            app.refusals.minutes().insert(key, refused);
            continue;
        }
        let count: u64 = refused.values().sum();
        let details =
            json!({ "by": { "user": key.user }, "minute": key.minute * 60, "count": count, "refused": again });
        if let Err(error) = app.ledger.record(Entry::of(Some(key.agency), "access.refused-again", details)).await {
            app.refusals.minutes().insert(key, refused);
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}
