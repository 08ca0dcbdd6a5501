//! The daily round: everybody who has an address is told what lapses, once, in one mail a day.

use super::address;
use super::due::{self, Due, Records};
use super::post::{Post, SendError};
use super::store::{self, Failed, Sent};
use crate::App;
use crate::accounts::store::{self as account_store, User};
use crate::agencies::store::{self as agency_store, Agency};
use crate::http::Problem;
use crate::oversight::entries::Entry;
use crate::people::store as people_store;
use crate::training::store as training_store;
use domain::time::DAY_MICROS;
use domain::{UserId, UtcMicros};
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often it is looked whether a round is due by the service's clock.
const LOOKED_EVERY: Duration = Duration::from_mins(1);
const MINUTE_MICROS: i64 = 60 * 1_000_000;
/// When a mail is tried again for the first time; each further wait is twice as long.
const FIRST_RETRY_MICROS: i64 = 5 * MINUTE_MICROS;
/// The longest wait between two tries.
const LAST_RETRY_MICROS: i64 = DAY_MICROS;
/// Mails of one round; the next begins a minute later.
pub const MAILS_A_ROUND_MAX: usize = 500;

/// What a round did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    pub sent: usize,
    pub failed: usize,
    /// When the next one is due.
    pub next: UtcMicros,
}

/// Makes rounds for as long as it runs: at once, every day, and when a mail that failed is due again.
pub async fn watch(app: Arc<App>) {
    let mut ticks = tokio::time::interval(LOOKED_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next = app.clock.now();
    loop {
        ticks.tick().await;
        if app.clock.now() < next {
            continue;
        }
        next = match round(&app).await {
            Ok(round) => round.next,
            // The cause was logged where it happened.
            Err(_) => app.clock.now().plus_micros(FIRST_RETRY_MICROS),
        };
    }
}

/// One round. Does nothing without a mail server.
///
/// # Errors
/// Database, vault or ledger; what was sent until then is marked.
pub async fn round(app: &App) -> Result<Round, Problem> {
    let now = app.clock.now();
    let mut round = Round { sent: 0, failed: 0, next: now.plus_micros(DAY_MICROS) };
    let Some(post) = &app.mail else { return Ok(round) };
    for agency in agency_store::agencies(&app.sql).await?.into_iter().filter(|agency| agency.active) {
        if !of_agency(app, post, &agency, &mut round).await? {
            break;
        }
    }
    Ok(round)
}

/// `false` where the round ends here: the server is away, or the round is full.
async fn of_agency(app: &App, post: &Post, agency: &Agency, round: &mut Round) -> Result<bool, Problem> {
    let (Some(policy), Ok(zone)) = (app.policy_of(agency), TimeZone::get(&agency.zone)) else {
        tracing::warn!(agency = agency.id.0, "no reminders: the policy or zone of the agency is not known here");
        return Ok(true);
    };
    let addresses = store::addresses_of(&app.sql, agency.id).await?;
    if addresses.is_empty() {
        return Ok(true);
    }
    let now = app.clock.now();
    let people = account_store::users_of(&app.sql, agency.id).await?;
    let trained = training_store::of_agency(&app.sql, agency.id).await?;
    let grants = people_store::grants_of_agency(&app.sql, agency.id).await?;
    let mut sent = store::sent_in(&app.sql, agency.id).await?;
    let failed = store::failed_in(&app.sql, agency.id).await?;
    let records = Records { limits: policy.limits(), people: &people, trained: &trained, grants: &grants, now };
    for user in &people {
        let Some(sealed) = addresses.get(&user.id) else { continue };
        let Sent { marks, last } = sent.remove(&user.id).unwrap_or_default();
        let mut due = records.due_to(user);
        due.retain(|one| !marks.contains(&(one.what.key(), one.ends, one.stage.to_owned())));
        if due.is_empty() {
            if failed.contains_key(&user.id) {
                store::forget_failed(&app.sql, user.id).await?;
            }
            continue;
        }
        // One mail a day: what came up since the last waits for tomorrow.
        if last.is_some_and(|last| due::date(last, &zone) == due::date(now, &zone)) {
            continue;
        }
        let earlier = failed.get(&user.id).copied();
        if let Some(earlier) = earlier.filter(|earlier| earlier.next_try > now) {
            round.next = round.next.min(earlier.next_try);
            continue;
        }
        if round.sent + round.failed >= MAILS_A_ROUND_MAX {
            round.next = now.plus_micros(MINUTE_MICROS);
            return Ok(false);
        }
        let text = due::text(&due, &agency.name, &zone, app.public_url.as_str(), now);
        let mail = Mail { agency, user, sealed, due: &due, text, earlier };
        match send(app, post, mail, now).await? {
            Ok(()) => round.sent += 1,
            Err((error, next_try)) => {
                round.failed += 1;
                round.next = round.next.min(next_try);
                // A server that is away is not asked for everybody.
                if error == SendError::Unreachable {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

struct Mail<'a> {
    agency: &'a Agency,
    user: &'a User,
    sealed: &'a [u8],
    due: &'a [Due],
    text: String,
    earlier: Option<Failed>,
}

/// Recorded, sent, and marked as sent once the server has taken it: a crash between the last two sends a mail twice, and
/// none is lost.
async fn send(
    app: &App,
    post: &Post,
    mail: Mail<'_>,
    now: UtcMicros,
) -> Result<Result<(), (SendError, UtcMicros)>, Problem> {
    let Mail { agency, user, sealed, due, text, earlier } = mail;
    let to = address::open(app, agency.id, sealed)?;
    let tries = earlier.map_or(0, |earlier| earlier.tries) + 1;
    let what: Vec<_> = due.iter().map(|one| json!({ "what": one.what.key(), "ends": one.ends })).collect();
    let details = json!({ "user": user.id, "what": what, "channel": "e-mail", "try": tries });
    let recorded = app.ledger.record(Entry::of(Some(agency.id), "reminder.sent", details)).await?;
    let Err(error) = post.send(&to, "Sightline: what lapses soon", text, now).await else {
        store::mark_sent(&app.sql, user.id, due, now).await?;
        return Ok(Ok(()));
    };
    tracing::warn!(user = %user.id, %error, "a reminder was not taken; it is tried again");
    let details = json!({ "user": user.id, "why": error.to_string() });
    app.ledger.record_outcome(recorded.entry(), Entry::of(Some(agency.id), "reminder.failed", details)).await?;
    let next_try = now.plus_micros(retry_after(tries));
    let since = earlier.map_or(now, |earlier| earlier.since);
    store::put_failed(&app.sql, user.id, Failed { tries, since, next_try }).await?;
    Ok(Err((error, next_try)))
}

fn retry_after(tries: i64) -> i64 {
    let doublings = u32::try_from(tries - 1).unwrap_or(u32::MAX).min(20);
    FIRST_RETRY_MICROS.saturating_mul(1 << doublings).min(LAST_RETRY_MICROS)
}

/// Whose reminders of an agency wait to be tried again.
pub async fn waiting(app: &App, agency: &Agency) -> Result<HashMap<UserId, Failed>, Problem> {
    Ok(store::failed_in(&app.sql, agency.id).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_tried_again_after_five_minutes_then_twice_as_long_and_at_least_daily() {
        assert_eq!(retry_after(1), 5 * MINUTE_MICROS);
        assert_eq!(retry_after(4), 40 * MINUTE_MICROS);
        assert_eq!(retry_after(9), 1_280 * MINUTE_MICROS);
        assert_eq!(retry_after(10), DAY_MICROS);
        assert_eq!(retry_after(i64::MAX), DAY_MICROS);
    }
}
