//! Prints: the relevant rows of an answer with all that a printout must carry (RES-4), recorded before they are returned.
//! Photos are not part of one (RES-2).

use super::answers::{self, Asked, Mark};
use super::api::{REMINDER, Receipt, answered, open_answer};
use super::body::TargetBody;
use super::gate;
use super::rows::{self, Names, Row};
use super::sentence;
use crate::App;
use crate::accounts::{Caller, store as account_store};
use crate::agencies::store as agency_store;
use crate::http::Problem;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use detections::FoundRows;
use ledger::Recorded;
use policy::{PrintPermit, RelevantRow};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a printout says.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrintView {
    /// The ledger entry of this print; `GET /api/v1/ledger/entries/{entry}/receipt` proves it.
    pub entry: u64,
    /// RFC 3339, UTC.
    pub time: String,
    /// Name of who prints.
    pub by: String,
    pub unit: String,
    pub agency: String,
    /// Name of the colleague for whom it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// The question said back.
    pub sentence: String,
    pub reason: PrintReason,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspicion_facts: Option<String>,
    /// Of the question.
    pub receipt: Receipt,
    /// The rows marked relevant, in the answer's order.
    pub rows: Vec<Row>,
    /// Rows marked relevant that are not printed.
    pub left_out: Vec<LeftOutView>,
    /// The notice under which the unit keeps what it prints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records_notice: Option<String>,
    pub reminder: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PrintReason {
    pub code: String,
    pub label: String,
    /// The legal authority.
    pub authority: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LeftOutView {
    /// `unverified`: fewer than two photos.
    pub why: String,
    pub rows: usize,
}

/// Makes a print of the rows that the caller marked relevant. Who, which query and which rows are in the ledger before it
/// is returned.
#[utoipa::path(post, path = "/api/v1/queries/{query}/prints", tag = "queries", params(("query" = String, Path)),
    responses((status = 201, body = PrintView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem, description = "No row is marked relevant, or none of them may be printed")))]
pub async fn print(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(query): Path<String>,
) -> Result<(StatusCode, Json<PrintView>), Problem> {
    let asked = open_answer(&app, &caller, &query).await?;
    let found = answered(&asked)?;
    let marks = asked.marks.all();
    let is_relevant = |hit: &&detections::Hit| marks.get(&hit.detection.id) == Some(&Mark::Relevant);
    let relevant: Vec<_> = found
        .hits
        .iter()
        .filter(is_relevant)
        .map(|hit| RelevantRow { detection: hit.detection.id, is_verified: hit.detection.is_verified() })
        .collect();
    let returned = answers::returned(found);
    let now = app.clock.now();
    let permit = policy::print(caller.policy()?, caller.asker(), asked.query, &returned, &relevant, now);
    let permit = match permit {
        Ok(permit) => permit,
        Err(refusal) => return Err(gate::refuse(&app, refusal).await?),
    };
    // What could fail is read before the entry says that a print was made.
    let facts = Facts::read(&app, &caller, &asked, found).await?;
    let recorded = app.ledger.record(permit).await?;
    Ok((StatusCode::CREATED, Json(view(&caller, &asked, found, facts, &recorded))))
}

/// What a print says beside the answer itself.
struct Facts {
    reason: PrintReason,
    on_behalf_of: Option<String>,
    records_notice: Option<String>,
    names: Names,
}

impl Facts {
    async fn read(app: &App, caller: &Caller, asked: &Asked, found: &FoundRows) -> Result<Self, Problem> {
        let code = &asked.purpose.reason;
        let reason = agency_store::reason(&app.sql, caller.agency.id, code).await?;
        let (label, authority) = reason.map(|reason| (reason.label, reason.authority)).unwrap_or_default();
        let on_behalf_of = match asked.purpose.on_behalf_of {
            Some(colleague) => account_store::user(&app.sql, colleague).await?.map(|user| user.name),
            None => None,
        };
        Ok(Self {
            reason: PrintReason { code: code.0.clone(), label, authority },
            on_behalf_of,
            records_notice: caller.policy()?.limits().records_notice.get(&caller.unit.profile).cloned(),
            names: Names::of(app, found.hits.iter()).await?,
        })
    }
}

/// Only rows of a recorded permit get onto a print.
fn view(
    caller: &Caller,
    asked: &Asked,
    found: &FoundRows,
    facts: Facts,
    recorded: &Recorded<PrintPermit>,
) -> PrintView {
    let (permit, entry, purpose) = (recorded.act(), recorded.entry(), &asked.purpose);
    let target = purpose.target.as_ref();
    let left_out = permit.left_out().into_iter().map(|(why, rows)| LeftOutView { why: why.word().into(), rows });
    PrintView {
        entry: entry.index,
        time: entry.time.to_string(),
        by: caller.user.name.clone(),
        unit: caller.unit.name.clone(),
        agency: caller.agency.name.clone(),
        on_behalf_of: facts.on_behalf_of,
        sentence: sentence::of(&asked.question),
        reason: facts.reason,
        case_reference: purpose.case_reference.clone(),
        subject: purpose.subject.clone(),
        target: target
            .map(|target| TargetBody { kind: target.kind.word().into(), description: target.description.clone() }),
        justification: purpose.justification.clone(),
        suspicion_facts: purpose.suspicion_facts.clone(),
        receipt: Receipt::of(asked),
        rows: rows::printed(asked, found, &permit.detections().iter().copied().collect(), &facts.names),
        left_out: left_out.collect(),
        records_notice: facts.records_notice,
        reminder: REMINDER.into(),
    }
}
