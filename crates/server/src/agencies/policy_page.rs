//! The policy in words, as a table, and "could this user ask this?" for the agency's managers. Decided by the same code as
//! questions; no detection is looked at.

use super::store;
use crate::App;
use crate::accounts::caller::personnel_file;
use crate::accounts::{Caller, store as account_store};
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::entries::Entry;
use crate::people::store as people_store;
use crate::sharing;
use crate::training::store as training_store;
use axum::body::Bytes;
use axum::extract::State;
use axum::{Extension, Json};
use domain::limits::AREAS_MAX;
use domain::{LogIn, QuestionKind, ReasonCode};
use policy::{Asker, Extent, MatrixCell, QueryRecord, QueryRequest, Signature, Supposed};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// Days that a tried time frame spans or reaches back: 100 years.
const DAYS_MAX: u32 = 36_500;
/// Square metres of a tried area: a square of 300 km.
const SQUARE_METRES_MAX: f64 = 9e10;

/// Who would ask what. What is left out of the extent is small enough for every limit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryBody {
    /// A person of the agency.
    pub user: String,
    /// `full-plate`, `partial-plate`, `make-model`, `area`, `common-plate`, `movement`.
    pub kind: String,
    /// A code of the agency's list.
    pub reason: String,
    /// `plain` or `enhanced`.
    pub door: String,
    /// Days that the time frame spans.
    pub days: Option<u32>,
    /// Days ago that it begins.
    pub days_back: Option<u32>,
    /// Size of each area.
    pub square_metres: Option<f64>,
    /// Number of areas.
    pub areas: Option<u32>,
    pub known_characters: Option<u32>,
}

/// What the person would be told, and what would change it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TryView {
    pub allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlock: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Each by itself, found by asking again as if it were so.
    pub would_help: Vec<HelpView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HelpView {
    /// `enhanced-door`, `training`, `permission`, `review`, `criminal-reason`, `approval`.
    pub what: String,
    pub sentence: String,
    /// `allowed`, or the rule that refuses then.
    pub then: String,
    /// What that rule says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then_sentence: Option<String>,
}

fn extent(body: &TryBody) -> Result<Extent, Problem> {
    let within = |field: &str, value: Option<u32>, max: u32| match value {
        Some(value) if value == 0 || value > max => Err(Problem::invalid(field, format!("1 to {max}"))),
        _ => Ok(value),
    };
    if body.square_metres.is_some_and(|size| !(size > 0.0 && size <= SQUARE_METRES_MAX)) {
        return Err(Problem::invalid("square_metres", format!("more than 0, and at most {SQUARE_METRES_MAX}")));
    }
    Ok(Extent {
        days: within("days", body.days, DAYS_MAX)?,
        days_back: within("days_back", body.days_back, DAYS_MAX)?,
        square_metres: body.square_metres,
        areas: within("areas", body.areas, u32::try_from(AREAS_MAX).unwrap_or(u32::MAX))?,
        known_characters: within("known_characters", body.known_characters, 15)?,
    })
}

/// Could this person ask this? The answer is that of a real question; the try is recorded, and nothing is searched.
#[utoipa::path(post, path = "/api/v1/policy/tries", tag = "policy", request_body = TryBody,
    responses((status = 200, body = TryView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn try_question(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<Json<TryView>, Problem> {
    let body: TryBody = read_json(&bytes)?;
    let kind = QuestionKind::from_word(&body.kind).ok_or_else(|| {
        let kinds = QuestionKind::ALL.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
        Problem::invalid("kind", format!("the kind is one of: {kinds}"))
    })?;
    let door =
        LogIn::from_word(&body.door).ok_or_else(|| Problem::invalid("door", "the door is `plain` or `enhanced`"))?;
    let extent = extent(&body)?;
    let id = body.user.parse().map_err(|_| Problem::not_found())?;
    let user = account_store::user(&app.sql, id).await?.filter(|user| user.agency == caller.agency.id);
    let user = user.ok_or_else(Problem::not_found)?;
    let unit = store::unit(&app.sql, user.unit).await?.ok_or_else(Problem::not_found)?;
    let grants = people_store::grants_of_user(&app.sql, id).await?;
    let trained = training_store::of_user(&app.sql, id).await?;
    let code = ReasonCode(body.reason.trim().to_owned());
    let reason = store::reason(&app.sql, caller.agency.id, &code).await?;
    let (now, pools) = (app.clock.now(), sharing::pools(&app, &caller.agency).await?);
    let asker = Asker {
        signature: Signature {
            user: id,
            agency: caller.agency.id,
            unit: unit.id,
            roles: user.roles.iter().copied().collect(),
            log_in: door,
            channel: "web".into(),
            device: String::new(),
        },
        permissions: grants.keys().copied().collect(),
        cleared: user.cleared,
        active: user.active,
        agency_active: caller.agency.active,
        unit_profile: unit.profile,
        // They are accepted at each log-in, or nothing is asked.
        rules_accepted: true,
        enhanced_rules_accepted: true,
        file: personnel_file(&grants, &trained),
    };
    let record =
        QueryRecord { previewed: true, policy_published: caller.agency.published.is_some(), ..QueryRecord::default() };
    let request = |question, purpose: domain::Purpose| QueryRequest {
        now,
        query: domain::QueryId(uuid::Uuid::nil()),
        asker,
        question,
        purpose: domain::Purpose { reason: code, ..purpose },
        reason: reason.map(|reason| reason.facts()),
        colleague: None,
        pools,
        again_of: None,
        record,
    };
    let outcome = policy::try_question(caller.policy()?, kind, &extent, request, now)
        .ok_or_else(|| Problem::invalid("kind", "no question of this kind and extent can be put"))?;
    let rule = outcome.refusal.as_ref().map(|refusal| refusal.rule.clone());
    let details = json!({ "by": caller.user.id, "user": id, "kind": kind, "rule": rule });
    app.ledger.record(Entry::of(Some(caller.agency.id), "policy.tried", details)).await?;
    let help = |help: policy::WouldHelp| HelpView {
        what: help.supposed.word().into(),
        sentence: Supposed::sentence(help.supposed).into(),
        then: help.then.as_ref().map_or_else(|| "allowed".to_owned(), |refusal| refusal.rule.clone()),
        then_sentence: help.then.map(|refusal| refusal.sentence),
    };
    let would_help = outcome.would_help.into_iter().map(help).collect();
    let refusal = outcome.refusal;
    Ok(Json(TryView {
        allowed: refusal.is_none(),
        rule,
        sentence: refusal.as_ref().map(|refusal| refusal.sentence.clone()),
        unlock: refusal.as_ref().and_then(|refusal| refusal.unlock.clone()),
        field: refusal.and_then(|refusal| refusal.field),
        would_help,
    }))
}

/// The policy of the agency: rules in words, numbers, and who may ask what.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatrixView {
    pub preset: String,
    pub version: String,
    /// Rules of every agency first, then the preset's.
    pub rules: Vec<RuleView>,
    /// The numbers by name.
    #[schema(value_type = Object)]
    pub limits: serde_json::Value,
    /// Kinds of question and roles, for each kind of unit that the agency has.
    pub cells: Vec<MatrixRowView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RuleView {
    pub id: String,
    /// `permit` or `forbid`.
    pub effect: String,
    /// Of a rule that forbids: `standing`, `right`, `door`, `purpose`, `extent`, `pools`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    pub sentence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlock: Option<String>,
    /// Page and note of the document, law, or "ours".
    pub source: String,
}

/// Somebody of the role, who holds every permission, clearance and training, asks with everything filled in.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatrixRowView {
    pub profile: String,
    pub kind: String,
    pub role: String,
    /// Standard door, criminal reason.
    pub plain: CellView,
    /// Enhanced door, criminal reason.
    pub enhanced: CellView,
    /// Enhanced door, administrative reason.
    pub administrative: CellView,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatrixCellView)]
pub struct CellView {
    pub allowed: bool,
    /// The rule that decides.
    pub rule: String,
}

impl From<MatrixCell> for CellView {
    fn from(cell: MatrixCell) -> Self {
        Self { allowed: cell.allowed, rule: cell.rule }
    }
}

/// Who may ask what in the agency, made by real decisions, with the rules in words.
#[utoipa::path(get, path = "/api/v1/policy/matrix", tag = "policy", responses((status = 200, body = MatrixView)))]
pub async fn matrix(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<MatrixView>, Problem> {
    let policy = caller.policy()?;
    let units = store::units(&app.sql, caller.agency.id).await?;
    let profiles: BTreeSet<String> = units.into_iter().map(|unit| unit.profile).collect();
    let profiles: Vec<String> = profiles.into_iter().collect();
    let rule = |rule: policy::RuleText<'_>| RuleView {
        id: rule.id.into(),
        effect: if rule.permits { "permit" } else { "forbid" }.into(),
        stage: rule.stage.map(Into::into),
        sentence: rule.sentence.into(),
        unlock: rule.unlock.map(Into::into),
        source: rule.source.into(),
    };
    let row = |row: policy::MatrixRow| MatrixRowView {
        profile: row.profile,
        kind: row.kind.word().into(),
        role: row.role.word().into(),
        plain: row.plain.into(),
        enhanced: row.enhanced.into(),
        administrative: row.administrative.into(),
    };
    let limits = serde_json::to_value(policy.limits()).map_err(|_| Problem::broken("limits could not be written"))?;
    Ok(Json(MatrixView {
        preset: policy.name().into(),
        version: policy.version().into(),
        rules: policy::rule_texts(policy).into_iter().map(rule).collect(),
        limits,
        cells: policy::matrix(policy, &profiles, app.clock.now()).into_iter().map(row).collect(),
    }))
}
