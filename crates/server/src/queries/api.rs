//! The routes of questions.

use super::answers::{Asked, Outcome};
use super::body::{self, Ask};
use super::gate::{self, Follows, Step, Wanted};
use super::rows::{self, CommonView, Page, RowFilter};
use super::sentence;
use crate::App;
use crate::accounts::Caller;
use crate::accounts::store::{self as account_store, User};
use crate::agencies::store as agency_store;
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::people::store as people_store;
use crate::sharing;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode};
use axum::{Extension, Json};
use detections::{Count, FoundRows};
use domain::{Criteria, MatchKind, Permission, QueryId, Question, TimeFrame};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Where the question stands in the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    /// Position of the entry in the log; `GET /api/v1/ledger/entries/{entry}/receipt` proves it.
    pub entry: u64,
    /// RFC 3339, UTC.
    pub time: String,
    /// RFC 6962 leaf hash, hexadecimal.
    pub leaf_hash: String,
    /// The entry that says what came out.
    pub outcome_entry: u64,
}

impl Receipt {
    pub(super) fn of(asked: &Asked) -> Self {
        Self {
            entry: asked.entry.index,
            time: asked.entry.time.to_string(),
            leaf_hash: hex::encode(asked.entry.leaf_hash),
            outcome_entry: asked.outcome.index,
        }
    }
}

/// How many reads match; exactly one of the two is given.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exactly: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
}

impl From<Count> for CountView {
    fn from(count: Count) -> Self {
        match count {
            Count::Exactly(count) => Self { exactly: Some(count), at_least: None },
            Count::AtLeast(count) => Self { exactly: None, at_least: Some(count) },
        }
    }
}

/// A cell of the coarse density of a preview.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellView {
    pub south: f64,
    pub west: f64,
    pub north: f64,
    pub east: f64,
    pub reads: u64,
}

/// The frame of an area of a common-plate question, where it has one of its own.
#[derive(Debug, Serialize, ToSchema)]
pub struct AreaFrame {
    /// Number of the area, from 0.
    pub area: usize,
    /// RFC 3339, UTC; the frame holds this instant.
    pub from: String,
    /// RFC 3339, UTC; the frame ends before this instant.
    pub to: String,
}

impl AreaFrame {
    fn all_of(question: &Question) -> Vec<Self> {
        let Criteria::CommonPlate { places, .. } = question.criteria() else { return Vec::new() };
        let own = places.iter().enumerate().filter_map(|(area, place)| Some((area, place.frame?)));
        own.map(|(area, frame)| Self { area, from: frame.from().to_string(), to: frame.to().to_string() }).collect()
    }
}

/// A question that passed the gate, with its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerView {
    pub query: String,
    /// `full-plate`, ...
    pub kind: String,
    /// The question said back.
    pub sentence: String,
    /// The frame that was asked. RFC 3339, UTC; it holds this instant.
    pub from: String,
    /// RFC 3339, UTC; the frame ends before this instant.
    pub to: String,
    /// Common plate only: the areas with a frame of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<AreaFrame>,
    /// `previewed` or `answered`.
    pub step: String,
    pub receipt: Receipt,
    pub count: CountView,
    /// Rows by why they matched; of a truncated answer, those that it holds.
    pub by_match: BTreeMap<String, u64>,
    /// 10,000 or more matched; these are the 5,000 most recent.
    pub truncated: bool,
    /// When the answer can no longer be looked at. RFC 3339, UTC.
    pub expires: String,
    /// Advice to narrow the question, where policy asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The query that this one asks again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again_of: Option<String>,
    /// Damaged parts of the store that did not answer; the answer is complete only where this is empty.
    pub incomplete: Vec<String>,
    /// Preview only: where the reads are, roughly.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub density: Vec<CellView>,
    /// Common plate only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common: Option<Vec<CommonView>>,
    /// The first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
    pub reminder: String,
}

/// On every answer (RES-4).
pub(super) const REMINDER: &str = "Verify before acting; never act on this alone.";

fn view(asked: &Asked, page: Option<Page>) -> Result<AnswerView, Problem> {
    let mut view = AnswerView {
        query: asked.query.to_string(),
        kind: asked.question.kind().word().into(),
        sentence: sentence::of(&asked.question),
        from: asked.question.frame().from().to_string(),
        to: asked.question.frame().to().to_string(),
        frames: AreaFrame::all_of(&asked.question),
        step: "answered".into(),
        receipt: Receipt::of(asked),
        count: CountView { exactly: None, at_least: None },
        by_match: BTreeMap::new(),
        truncated: false,
        expires: asked.asked_at.plus_micros(super::answers::ANSWER_MICROS).to_string(),
        notice: asked.notice.clone(),
        again_of: asked.again_of.map(|query| query.to_string()),
        incomplete: Vec::new(),
        density: Vec::new(),
        common: None,
        page: None,
        reminder: REMINDER.into(),
    };
    match &asked.result {
        Outcome::NeedsConfirmation => {
            return Err(Problem::needs_confirmation(asked.query.to_string()).recorded_as(asked.entry.index));
        }
        Outcome::Previewed(previewed) => {
            view.step = "previewed".into();
            view.count = previewed.count.into();
            view.incomplete.clone_from(&previewed.set_aside);
            let cell = |cell: &detections::DensityCell| CellView {
                south: cell.south_west.lat(),
                west: cell.south_west.lon(),
                north: cell.north_east.lat(),
                east: cell.north_east.lon(),
                reads: cell.count,
            };
            view.density = previewed.density.iter().map(cell).collect();
        }
        Outcome::Answered(found) => {
            view.count = found.count.into();
            // Of a large answer the rest is not looked at: what is said of kinds is of the rows that are here.
            let of_kind = |kind: MatchKind| {
                if found.is_truncated {
                    found.hits.iter().filter(|hit| hit.matched == kind).count() as u64
                } else {
                    found.counts.of(kind)
                }
            };
            view.by_match = MatchKind::ALL.iter().map(|kind| (kind.word().to_owned(), of_kind(*kind))).collect();
            view.truncated = found.is_truncated;
            view.incomplete.clone_from(&found.set_aside);
            view.common = found.common.as_ref().map(|common| common.iter().map(rows::common_view).collect());
            view.page = page;
        }
    }
    Ok(view)
}

/// Says how long the steps of the gate took, for whoever looks why an answer was slow (W3C Server Timing).
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

type Answered = (StatusCode, [(HeaderName, String); 1], Json<AnswerView>);

async fn answer(app: &App, asked: &Asked) -> Result<Answered, Problem> {
    let page = match &asked.result {
        Outcome::Answered(found) => Some(rows::page(app, asked, found, &RowFilter::default()).await?),
        Outcome::Previewed(_) | Outcome::NeedsConfirmation => None,
    };
    let timing = [(SERVER_TIMING, asked.timing.header())];
    Ok((StatusCode::CREATED, timing, Json(view(asked, page)?)))
}

/// Reads a body; what cannot be read is refused with its field, and the refusal is recorded.
pub(super) async fn read<T>(app: &App, caller: &Caller, read: Result<T, Problem>) -> Result<T, Problem> {
    match read {
        Ok(value) => Ok(value),
        Err(problem) => Err(gate::refuse_unreadable(app, caller, problem).await?),
    }
}

/// Asks a question. The answer carries the receipt of its ledger entry and the first 500 rows.
#[utoipa::path(post, path = "/api/v1/queries", tag = "queries", request_body = Ask,
    responses((status = 201, body = AnswerView, headers(("server-timing" = String,
        description = "milliseconds of each step of the gate: `policy;dur=1.5, entry;dur=2.1, search;dur=0.2, outcome;dur=2.0`"))),
        (status = 403, body = Problem), (status = 409, body = Problem, description = "10,000 or more results: confirm or narrow"), (status = 422, body = Problem)))]
pub async fn ask(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<Answered, Problem> {
    let wildcards = caller.policy()?.wildcards();
    let wanted = read_json::<Ask>(&bytes).and_then(|ask| {
        let step = if ask.preview { Step::Preview } else { Step::Rows { confirmed_large: ask.confirm_large } };
        let (question, purpose) = (ask.question.question(wildcards)?, ask.purpose.purpose()?);
        Ok(Wanted { question, purpose, step, again_of: None, follows: Follows::Nothing })
    });
    let wanted = read(&app, &caller, wanted).await?;
    answer(&app, &*gate::ask(&app, &caller, wanted).await?).await
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// 10,000 or more results: show the 5,000 most recent.
    #[serde(default)]
    pub confirm_large: bool,
}

fn parse_query(text: &str) -> Result<QueryId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

pub(super) fn asked_before(app: &App, caller: &Caller, query: &str) -> Result<Arc<Asked>, Problem> {
    app.answers.get(&caller.session.id, parse_query(query)?, app.clock.now())
}

/// An answer of this session that the caller may still look at, as things are now.
pub(super) async fn open_answer(app: &App, caller: &Caller, query: &str) -> Result<Arc<Asked>, Problem> {
    let asked = asked_before(app, caller, query)?;
    gate::still_permitted(app, caller, &asked).await?;
    Ok(asked)
}

/// Shows the rows of a question that was previewed, or that asked to be confirmed; decided and recorded anew.
#[utoipa::path(post, path = "/api/v1/queries/{query}/show", tag = "queries", params(("query" = String, Path)), request_body = Show,
    responses((status = 201, body = AnswerView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(query): Path<String>,
    bytes: Bytes,
) -> Result<Answered, Problem> {
    let asked = asked_before(&app, &caller, &query)?;
    let show = read(&app, &caller, read_json::<Show>(&bytes)).await?;
    let wanted = Wanted {
        question: asked.question.clone(),
        purpose: asked.purpose.clone(),
        step: Step::Rows { confirmed_large: show.confirm_large },
        again_of: asked.again_of,
        follows: if matches!(asked.result, Outcome::Answered(_)) { Follows::Answer } else { Follows::Preview },
    };
    answer(&app, &*gate::ask(&app, &caller, wanted).await?).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// RFC 3339 with offset.
    pub from: Option<String>,
    /// RFC 3339 with offset.
    pub to: Option<String>,
    #[serde(default)]
    pub confirm_large: bool,
}

/// Asks the same again over another time frame, to see whether the same vehicles return. Visible as a repeat in the audit.
#[utoipa::path(post, path = "/api/v1/queries/{query}/again", tag = "queries", params(("query" = String, Path)), request_body = Again,
    responses((status = 201, body = AnswerView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn again(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(query): Path<String>,
    bytes: Bytes,
) -> Result<Answered, Problem> {
    let asked = asked_before(&app, &caller, &query)?;
    let again = read_json::<Again>(&bytes).and_then(|again| {
        let frame: TimeFrame = body::new_frame(again.from.as_ref(), again.to.as_ref())?;
        Ok((frame, again.confirm_large))
    });
    let (frame, confirmed_large) = read(&app, &caller, again).await?;
    let wanted = Wanted {
        question: asked.question.again(frame),
        purpose: asked.purpose.clone(),
        step: Step::Rows { confirmed_large },
        again_of: Some(asked.query),
        follows: Follows::OtherFrame,
    };
    answer(&app, &*gate::ask(&app, &caller, wanted).await?).await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExactCountView {
    pub exactly: u64,
    /// Damaged parts of the store that did not answer; the number is exact only where this is empty.
    pub incomplete: Vec<String>,
    pub ledger_entry: u64,
}

/// Counts all matches of a question that was asked before, which is slower than "at least 10,000".
#[utoipa::path(post, path = "/api/v1/queries/{query}/count", tag = "queries", params(("query" = String, Path)),
    responses((status = 200, body = ExactCountView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn count(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(query): Path<String>,
) -> Result<Json<ExactCountView>, Problem> {
    let asked = asked_before(&app, &caller, &query)?;
    let (counted, entry) = gate::exact_count(&app, &caller, &asked).await?;
    let exactly = counted.counts.total();
    Ok(Json(ExactCountView { exactly, incomplete: counted.set_aside, ledger_entry: entry.index }))
}

/// A page of an answer, filtered without a new query. Refused where the question would be refused by now.
#[utoipa::path(get, path = "/api/v1/queries/{query}/rows", tag = "queries", params(("query" = String, Path), RowFilter),
    responses((status = 200, body = Page), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn rows(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(query): Path<String>,
    filter: Result<Query<RowFilter>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let asked = open_answer(&app, &caller, &query).await?;
    let answered = answered(&asked)?;
    let Query(filter) =
        filter.map_err(|_| Problem::invalid("filter", "a filter is not known or has the wrong form"))?;
    Ok(Json(rows::page(&app, &asked, answered, &filter).await?))
}

pub(super) fn answered(asked: &Asked) -> Result<&FoundRows, Problem> {
    match &asked.result {
        Outcome::Answered(found) => Ok(found),
        _ => Err(Problem::not_found()),
    }
}

/// A reason code as the form shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonView {
    pub code: String,
    pub label: String,
    pub criminal: bool,
    /// The legal authority.
    pub authority: String,
    pub look_back_days: u32,
}

/// The reason codes that the caller's unit may use.
#[utoipa::path(get, path = "/api/v1/reasons", tag = "queries", responses((status = 200, body = Vec<ReasonView>)))]
pub async fn reasons(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<ReasonView>>, Problem> {
    let usable = agency_store::usable_reasons(&app.sql, &caller.unit).await?;
    Ok(Json(
        usable
            .into_iter()
            .map(|reason| ReasonView {
                code: reason.code.0,
                label: reason.label,
                criminal: reason.criminal,
                authority: reason.authority,
                look_back_days: reason.look_back_days,
            })
            .collect(),
    ))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ColleagueView {
    pub user: String,
    pub name: String,
    pub unit: u32,
}

/// Colleagues of the caller's agency on whose behalf a question can be asked.
#[utoipa::path(get, path = "/api/v1/colleagues", tag = "queries", responses((status = 200, body = Vec<ColleagueView>)))]
pub async fn colleagues(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<ColleagueView>>, Problem> {
    let users = account_store::users_of(&app.sql, caller.agency.id).await?;
    let grants = people_store::grants_of_agency(&app.sql, caller.agency.id).await?;
    let holds = |user: &User| grants.get(&user.id).is_some_and(|grants| grants.contains_key(&Permission::Full));
    let others = users.into_iter().filter(|user| user.active && user.id != caller.user.id && holds(user));
    let view = others.map(|user| ColleagueView { user: user.id.to_string(), name: user.name, unit: user.unit.0 });
    Ok(Json(view.collect()))
}

/// A camera that stands still, for the map.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeenCamera {
    pub name: String,
    pub source: String,
    pub owner: String,
    pub lat: f64,
    pub lon: f64,
}

/// The fixed cameras that the caller's agency owns or sees under an agreement.
#[utoipa::path(get, path = "/api/v1/cameras", tag = "queries", responses((status = 200, body = Vec<SeenCamera>)))]
pub async fn cameras(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<SeenCamera>>, Problem> {
    let owners = agency_store::agencies(&app.sql).await?;
    let seen = sharing::cameras(&app, &caller.agency).await?.into_iter().filter_map(|camera| {
        let position = camera.position?;
        let owner = owners.iter().find(|agency| agency.id == camera.agency)?;
        Some(SeenCamera {
            name: camera.name,
            source: camera.source.word().into(),
            owner: owner.name.clone(),
            lat: position.lat(),
            lon: position.lon(),
        })
    });
    Ok(Json(seen.collect()))
}
