//! The gate: who is asking, what exactly and why, may they, the ledger entry is durable, search, outcome, answer.
//!
//! A refusal is recorded too. If the ledger cannot write, nothing runs and nothing is returned.

use super::answers::{Asked, Holder, Marks, Outcome, Timing};
use super::area_budget::{self, Charge};
use super::texts;
use crate::App;
use crate::accounts::caller::personnel_file;
use crate::accounts::{Caller, store as account_store};
use crate::agencies::{cases, store as agency_store};
use crate::http::Problem;
use crate::oversight::alarms;
use crate::oversight::entries::{Entry, Outcome as OutcomeEntry};
use crate::people::store as people_store;
use crate::sharing;
use crate::training::store as training_store;
use detections::{Answer, Count, Counted, FoundRows};
use domain::{Permission, PoolId, Purpose, QueryId, Question, UtcMicros};
use ledger::EntryRef;
use policy::{CaseStanding, ColleagueFacts, QueryRecord, QueryRequest, Refusal};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// What is wanted of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Preview,
    Rows { confirmed_large: bool },
}

/// A question as a caller puts it.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub question: Question,
    pub purpose: Purpose,
    pub step: Step,
    /// The query that this one asks again (QRY-9).
    pub again_of: Option<QueryId>,
    /// What stands before this question in the session.
    pub follows: Follows,
}

/// What a question follows in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// A new question: its texts count when they are looked for again.
    Nothing,
    /// A question that was answered, shown once more; its texts are the same by nature.
    Answer,
    /// A question that was answered, over another frame: the same texts, and another time that is looked at.
    OtherFrame,
    /// A preview or a warning of exactly this question.
    Preview,
}

/// Puts a question through the gate and keeps its answer for the session.
pub async fn ask(app: &App, caller: &Caller, wanted: Wanted) -> Result<Arc<Asked>, Problem> {
    let query = QueryId(uuid::Uuid::now_v7());
    let mut timing = Timing::default();
    let mut since = Instant::now();
    let mut lap = || std::mem::replace(&mut since, Instant::now()).elapsed();
    let mut request = request(app, caller, query, &wanted).await?;
    let charge = match wanted.follows {
        Follows::Nothing | Follows::OtherFrame => {
            let case = wanted.purpose.case_reference.as_deref();
            Some(area_budget::charge(app, caller, &wanted.question, case, request.now).await?)
        }
        // Exactly this question has been counted.
        Follows::Answer | Follows::Preview => None,
    };
    request.record.area_time = charge.as_ref().map(Charge::facts).unwrap_or_default();
    let policy = caller.policy()?;
    let notice = policy::narrowing_advice(policy, &wanted.question);
    let asked_at = request.now;
    // Beside the search, so that its write is not waited for twice.
    let noting = note(app, caller, query, &wanted, charge.as_ref(), asked_at);
    let pools: Vec<PoolId>;
    let (entry, outcome, result) = match wanted.step {
        Step::Preview => {
            let permit = match policy::preview(policy, request) {
                Ok(permit) => permit,
                Err(refusal) => return Err(refuse(app, refusal).await?),
            };
            timing.policy = lap();
            pools = permit.pools().to_vec();
            let recorded = app.ledger.record(permit).await?;
            timing.entry = lap();
            let entry = recorded.entry();
            let (previewed, noted) = tokio::join!(app.store.preview(recorded), noting);
            let previewed = previewed?;
            timing.search = lap();
            let damage = &previewed.set_aside;
            let outcome = record_outcome(app, caller, entry, count_json(previewed.count), damage, None).await?;
            noted?;
            (entry, outcome, Outcome::Previewed(previewed))
        }
        Step::Rows { confirmed_large } => {
            let permit = match policy::rows(policy, request, confirmed_large) {
                Ok(permit) => permit,
                Err(refusal) => return Err(refuse(app, refusal).await?),
            };
            timing.policy = lap();
            pools = permit.pools().to_vec();
            let recorded = app.ledger.record(permit).await?;
            timing.entry = lap();
            let entry = recorded.entry();
            let (answer, noted) = tokio::join!(app.store.rows(recorded), noting);
            let answer = answer?;
            timing.search = lap();
            // What came out is recorded before it counts that the texts could not be noted.
            let answered = match answer {
                Answer::NeedsConfirmation { at_least } => {
                    let count = json!({ "at_least": at_least });
                    (entry, record_outcome(app, caller, entry, count, &[], None).await?, Outcome::NeedsConfirmation)
                }
                Answer::Rows(found) => {
                    let count = count_json(found.count);
                    let outcome = record_outcome(app, caller, entry, count, &found.set_aside, Some(&found)).await?;
                    (entry, outcome, Outcome::Answered(found))
                }
            };
            noted?;
            answered
        }
    };
    note_use(app, caller, wanted.question.kind().permission()).await?;
    timing.outcome = lap();
    Ok(app.answers.keep(Asked {
        query,
        session: Holder::new(&caller.session.id),
        user: caller.user.id,
        question: wanted.question,
        purpose: wanted.purpose,
        pools,
        again_of: wanted.again_of,
        asked_at,
        entry,
        outcome,
        notice,
        timing,
        result,
        marks: Marks::default(),
    }))
}

/// The exact number of matches of a question that was asked before, decided and recorded by itself.
pub async fn exact_count(app: &App, caller: &Caller, asked: &Asked) -> Result<(Counted, EntryRef), Problem> {
    let wanted = Wanted {
        question: asked.question.clone(),
        purpose: asked.purpose.clone(),
        step: Step::Preview,
        again_of: asked.again_of,
        follows: Follows::Preview,
    };
    let request = request(app, caller, asked.query, &wanted).await?;
    let permit = match policy::exact_count(caller.policy()?, request) {
        Ok(permit) => permit,
        Err(refusal) => return Err(refuse(app, refusal).await?),
    };
    let recorded = app.ledger.record(permit).await?;
    let entry = recorded.entry();
    let counted = app.store.exact_count(recorded).await?;
    let count = json!({ "exactly": counted.counts.total() });
    record_outcome(app, caller, entry, count, &counted.set_aside, None).await?;
    Ok((counted, entry))
}

/// Notes what counts against later questions: texts, and area and time.
async fn note(
    app: &App,
    caller: &Caller,
    query: QueryId,
    wanted: &Wanted,
    charge: Option<&Charge<'_>>,
    now: UtcMicros,
) -> Result<(), Problem> {
    let has_text = wanted.purpose.justification.is_some() || wanted.purpose.suspicion_facts.is_some();
    let has_text = wanted.follows == Follows::Nothing && has_text;
    let charge = charge.filter(|charge| !charge.is_nothing());
    if !has_text && charge.is_none() {
        return Ok(());
    }
    let mut transaction = app.sql.begin().await?;
    if has_text {
        texts::note(&mut transaction, app, caller, query, &wanted.purpose, now).await?;
    }
    if let Some(charge) = charge {
        charge.note(&mut transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// A permission that is used does not lapse (ACC-7).
async fn note_use(app: &App, caller: &Caller, permission: Permission) -> Result<(), Problem> {
    let now = app.clock.now();
    if caller.grants.get(&permission).is_some_and(|grant| people_store::use_is_stale(grant, now)) {
        people_store::note_use(&app.sql, caller.user.id, permission, now).await?;
    }
    Ok(())
}

/// Whether an answer may still be looked at: its question is decided again, so that a right that was taken away, a
/// training that lapsed or an agreement that ended acts on the next page, photo and print (ACC-8).
pub async fn still_permitted(app: &App, caller: &Caller, asked: &Asked) -> Result<(), Problem> {
    let wanted = Wanted {
        question: asked.question.clone(),
        purpose: asked.purpose.clone(),
        step: Step::Rows { confirmed_large: false },
        again_of: asked.again_of,
        follows: Follows::Preview,
    };
    let request = request(app, caller, asked.query, &wanted).await?;
    match policy::still_permitted(caller.policy()?, request, &asked.pools) {
        Ok(()) => Ok(()),
        Err(refusal) => Err(refuse(app, refusal).await?),
    }
}

/// Records a refusal and turns it into the answer.
pub async fn refuse(app: &App, refusal: Refusal) -> Result<Problem, Problem> {
    let mut problem = match &refusal.field {
        Some(field) => Problem::invalid(wire_field(field), refusal.sentence.clone()),
        None => Problem::not_permitted(refusal.sentence.clone()),
    };
    problem.rule = Some(refusal.rule.clone());
    problem.unlock.clone_from(&refusal.unlock);
    alarms::watch(app, &refusal).await?;
    let entry = app.ledger.record(refusal).await?.entry();
    Ok(problem.recorded_as(entry.index))
}

/// Policy speaks of criteria and time frame, the wire of the question's fields.
fn wire_field(field: &str) -> String {
    match field.strip_prefix("criteria.") {
        Some("pattern") => "question.plate".into(),
        Some(rest) => format!("question.{rest}"),
        None if field == "time_frame" => "question.from".into(),
        None => field.into(),
    }
}

/// Records that a question could not even be read; its content is not known, its author and the field are.
pub async fn refuse_unreadable(app: &App, caller: &Caller, problem: Problem) -> Result<Problem, Problem> {
    let details = json!({
        "by": { "user": caller.user.id, "unit": caller.unit.id, "log_in": caller.session.log_in },
        "rule": problem.kind, "field": problem.field,
    });
    let entry = app.ledger.record(Entry::of(Some(caller.agency.id), "query.refused", details)).await?.entry();
    Ok(problem.recorded_as(entry.index))
}

async fn request(app: &App, caller: &Caller, query: QueryId, wanted: &Wanted) -> Result<QueryRequest, Problem> {
    let purpose = wanted.purpose.clone();
    let reason = agency_store::reason(&app.sql, caller.agency.id, &purpose.reason).await?;
    let colleague = match purpose.on_behalf_of {
        Some(id) => colleague(app, caller, id).await?,
        None => None,
    };
    let now = app.clock.now();
    Ok(QueryRequest {
        now,
        record: query_record(app, caller, wanted, now).await?,
        query,
        asker: caller.asker(),
        question: wanted.question.clone(),
        purpose,
        reason: reason.map(|reason| reason.facts()),
        colleague,
        pools: sharing::pools(app, &caller.agency).await?,
        again_of: wanted.again_of,
    })
}

/// What is on record about the question: its case, whether its texts were given before, whether it was previewed.
async fn query_record(app: &App, caller: &Caller, wanted: &Wanted, now: UtcMicros) -> Result<QueryRecord, Problem> {
    let purpose = &wanted.purpose;
    let case = match purpose.case_reference.as_deref() {
        Some(reference) => cases::standing(app, caller.agency.id, reference).await?,
        None => CaseStanding::NotListed,
    };
    let mut record = QueryRecord {
        case,
        previewed: wanted.follows == Follows::Preview,
        policy_published: caller.agency.published.is_some(),
        ..QueryRecord::default()
    };
    if wanted.follows == Follows::Nothing {
        record.justification_uses = texts::uses(app, caller, purpose.justification.as_ref(), now).await?;
        record.suspicion_facts_uses = texts::uses(app, caller, purpose.suspicion_facts.as_ref(), now).await?;
    }
    Ok(record)
}

/// The facts of the colleague for whom it is asked (WHY-4): that person's own, whatever this session is. Somebody of another
/// agency is looked at no further than somebody who does not exist.
async fn colleague(app: &App, caller: &Caller, id: domain::UserId) -> Result<Option<ColleagueFacts>, Problem> {
    let user = account_store::user(&app.sql, id).await?.filter(|user| user.agency == caller.agency.id);
    let Some(user) = user else { return Ok(None) };
    let agency = &caller.agency;
    let Some(unit) = agency_store::unit(&app.sql, user.unit).await? else { return Ok(None) };
    let grants = people_store::grants_of_user(&app.sql, id).await?;
    let trained = training_store::of_user(&app.sql, id).await?;
    Ok(Some(ColleagueFacts {
        user: user.id,
        agency: user.agency,
        unit: user.unit,
        roles: user.roles.iter().copied().collect(),
        permissions: grants.keys().copied().collect(),
        cleared: user.cleared,
        active: user.active && agency.active,
        unit_profile: unit.profile,
        rules_accepted: user.rules_version == agency.rules_version,
        enhanced_rules_accepted: user.enhanced_rules_version == agency.rules_version,
        file: personnel_file(&grants, &trained),
    }))
}

async fn record_outcome(
    app: &App,
    caller: &Caller,
    of: EntryRef,
    count: Value,
    set_aside: &[String],
    found: Option<&FoundRows>,
) -> Result<EntryRef, Problem> {
    let mut shown = BTreeMap::new();
    for hit in found.iter().flat_map(|found| &found.hits) {
        *shown.entry(hit.detection.pool).or_default() += 1;
    }
    let entry = OutcomeEntry {
        agency: caller.agency.id,
        count,
        truncated: found.is_some_and(|found| found.is_truncated),
        returned: found.map(|found| found.hits.iter().map(|hit| hit.detection.id).collect()).unwrap_or_default(),
        shown,
        set_aside: set_aside.to_vec(),
    };
    Ok(app.ledger.record_outcome(of, entry).await?)
}

fn count_json(count: Count) -> Value {
    match count {
        Count::Exactly(count) => json!({ "exactly": count }),
        Count::AtLeast(count) => json!({ "at_least": count }),
    }
}
