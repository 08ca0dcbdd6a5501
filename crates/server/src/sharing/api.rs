//! Agreements over HTTP: managers of both parties list them, propose, sign, suspend, resume, end, and read what use was made.

use super::acts::SharingAct;
use super::store::{self, Agreement, AgreementState, Signature, TellsUse, Terms};
use super::usage::{self, Usage, UsePeriod};
use crate::App;
use crate::accounts::Caller;
use crate::agencies::acts::{self, Act, Secrets};
use crate::agencies::api::{Made, MadeAnswer, name, reason_code, words};
use crate::agencies::store::{self as agency_store, Agency};
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::entries::Entry;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::time::DAY_MICROS;
use domain::{AgencyId, Permission, Source, UtcMicros};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Characters of why an agreement is suspended or ended.
const WHY_CHARS_MAX: usize = 1_000;
/// Days of use that are counted where nothing else is said.
const USE_DAYS: i64 = 30;
/// Days of use that are counted at once.
const USE_DAYS_MAX: i64 = 92;

/// A signature under an agreement.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignatureView {
    /// Who signed; empty for what was signed before two signatures were asked for.
    pub name: String,
    /// RFC 3339, UTC; left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementView {
    pub id: u32,
    pub owner: u32,
    pub owner_name: String,
    pub recipient: u32,
    pub recipient_name: String,
    /// Source kinds that are shown; left out, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<String>>,
    pub permissions: Vec<String>,
    /// Reason codes of the recipient that count; left out, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<String>>,
    pub from: String,
    pub to: String,
    pub document: String,
    /// `nothing`, `numbers`, `units` or `people`: what of the recipient's use the owner is told.
    pub tells_use: String,
    /// `proposed`, `in-force`, `suspended` or `ended`. In force, it shows something from `from` to `to` only.
    pub state: String,
    pub owner_signed: SignatureView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_signed: Option<SignatureView>,
    /// When it was suspended or ended, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
    /// Number of the party that suspended or ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl AgreementView {
    fn of(agreement: Agreement, names: &HashMap<AgencyId, String>) -> Self {
        let Agreement { id, terms, state, owner_signed, recipient_signed, changed } = agreement;
        let name_of = |id: AgencyId| names.get(&id).cloned().unwrap_or_default();
        let sign = |Signature { name, at }| SignatureView { name, at: (at.0 != 0).then(|| at.to_string()) };
        let (at, by, why) = changed.map_or((None, None, String::new()), |(at, by, why)| (Some(at), Some(by), why));
        Self {
            id,
            owner: terms.owner.0,
            owner_name: name_of(terms.owner),
            recipient: terms.recipient.0,
            recipient_name: name_of(terms.recipient),
            sources: terms.sources.map(|all| all.iter().map(|source| source.word().to_owned()).collect()),
            permissions: terms.permissions.iter().map(ToString::to_string).collect(),
            reasons: terms.reasons.map(|all| all.into_iter().map(|reason| reason.0).collect()),
            from: terms.from.to_string(),
            to: terms.to.to_string(),
            document: terms.document,
            tells_use: terms.tells_use.word().into(),
            state: state.word().into(),
            owner_signed: sign(owner_signed),
            recipient_signed: recipient_signed.map(sign),
            changed: at.map(|at| at.to_string()),
            changed_by: by.map(|by| by.0),
            why,
        }
    }
}

/// Agreements of the manager's agency, on either side, the oldest first.
#[utoipa::path(get, path = "/api/v1/agency/agreements", operation_id = "agreements", tag = "sharing",
    responses((status = 200, body = Vec<AgreementView>), (status = 403, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<AgreementView>>, Problem> {
    let agreements = store::agreements_of(&app.sql, caller.agency.id).await?;
    let parties = agreements.iter().flat_map(|one| [one.terms.owner, one.terms.recipient]).collect();
    let names = agency_store::names(&app.sql, parties).await?;
    Ok(Json(agreements.into_iter().map(|agreement| AgreementView::of(agreement, &names)).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeAgreement {
    /// Number of the agency that is shown this agency's detections.
    pub recipient: u32,
    /// Source kinds that are shown; left out, all.
    pub sources: Option<Vec<String>>,
    /// Permissions that the recipient's users may use on them.
    pub permissions: Vec<String>,
    /// Reason codes of the recipient that count; left out, all.
    pub reasons: Option<Vec<String>>,
    /// RFC 3339 with offset.
    pub from: String,
    /// RFC 3339 with offset.
    pub to: String,
    /// Reference of the document that both have.
    pub document: String,
    /// What the recipient lets the owner see of its use: `nothing`, `numbers`, `units` or `people`; left out, nothing.
    pub tells_use: Option<String>,
}

/// Signs an agreement for the owner of detections, and proposes it to another agency. Nothing is shown before that has signed too.
#[utoipa::path(post, path = "/api/v1/agency/agreements", operation_id = "propose_agreement", tag = "sharing", request_body = ProposeAgreement,
    responses((status = 201, body = Made), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn propose(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: ProposeAgreement = read_json(&bytes)?;
    let recipient = AgencyId(body.recipient);
    if recipient == caller.agency.id {
        return Err(Problem::invalid("recipient", "an agency needs no agreement with itself"));
    }
    let other = agency_store::agency(&app.sql, recipient).await?.filter(|agency| agency.active);
    let other = other.ok_or_else(Problem::not_found)?;
    check(&app, &caller, &caller.agency, &other).await?;
    let (from, to) = (instant("from", &body.from)?, instant("to", &body.to)?);
    if from >= to {
        return Err(Problem::invalid("to", "the agreement ends before it begins"));
    }
    let terms = Terms {
        owner: caller.agency.id,
        recipient,
        sources: body.sources.map(|sources| words("sources", &sources, Source::from_word)).transpose()?,
        permissions: words("permissions", &body.permissions, Permission::from_word)?,
        reasons: body
            .reasons
            .map(|codes| codes.iter().map(|code| reason_code("reasons", code)).collect())
            .transpose()?,
        from,
        to,
        document: name("document", &body.document)?,
        tells_use: body
            .tells_use
            .map(|word| {
                TellsUse::from_word(&word).ok_or_else(|| Problem::invalid("tells_use", "one of the four words"))
            })
            .transpose()?
            .unwrap_or_default(),
    };
    let act = SharingAct::Propose { terms, signer: caller.user.name.clone() };
    perform(&app, &caller, act).await
}

async fn perform(app: &App, caller: &Caller, act: SharingAct) -> MadeAnswer {
    let done = acts::perform(app, Some(caller.user.id), Act::Sharing(act), Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(Made::from(done))))
}

/// The owner's policy decides whom it may share with, at each signature.
async fn check(app: &App, caller: &Caller, owner: &Agency, recipient: &Agency) -> Result<(), Problem> {
    let Err(refusal) = super::allowed(app, owner, recipient) else { return Ok(()) };
    let details = json!({ "by": caller.user.id, "owner": owner.id, "recipient": recipient.id, "rule": refusal.rule });
    let entry = app.ledger.record(Entry::of(Some(caller.agency.id), "agreement.refused", details)).await?.entry();
    let problem = Problem::not_permitted(refusal.sentence).recorded_as(entry.index);
    Err(Problem { rule: Some(refusal.rule), unlock: refusal.unlock, ..problem })
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAgreementState {
    /// `in-force` signs a proposal or resumes what this agency suspended; `suspended`; `ended` for good, also declines or takes
    /// back a proposal.
    pub state: String,
    /// Why it is suspended or ended; the other agency reads it.
    pub why: Option<String>,
}

/// Signs, suspends, resumes or ends an agreement of the manager's agency. It acts on the next request of everybody.
#[utoipa::path(put, path = "/api/v1/agency/agreements/{agreement}/state", operation_id = "set_agreement_state", tag = "sharing", request_body = SetAgreementState,
    params(("agreement" = u32, Path)),
    responses((status = 201, body = Made), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is in another state"), (status = 422, body = Problem)))]
pub async fn set_state(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(agreement): Path<String>,
    bytes: Bytes,
) -> MadeAnswer {
    let agreement = party_to(&app, &caller, &agreement).await?;
    let body: SetAgreementState = read_json(&bytes)?;
    let to = AgreementState::from_word(&body.state).filter(|state| *state != AgreementState::Proposed);
    let to = to.ok_or_else(|| Problem::invalid("state", "one of `in-force`, `suspended`, `ended`"))?;
    let why = body.why.unwrap_or_default().trim().to_owned();
    if to == AgreementState::InForce {
        if agreement.terms.to <= app.clock.now() {
            return Err(Problem::conflict("state", "its time is over; make a new one"));
        }
        let party = |id| agency_store::agency(&app.sql, id);
        let (owner, recipient) = (party(agreement.terms.owner).await?, party(agreement.terms.recipient).await?);
        let both = owner.filter(|owner| owner.active).zip(recipient.filter(|recipient| recipient.active));
        let (owner, recipient) =
            both.ok_or_else(|| Problem::conflict("state", "the other agency is not active any more"))?;
        check(&app, &caller, &owner, &recipient).await?;
    } else if why.is_empty() || why.chars().count() > WHY_CHARS_MAX {
        let detail = format!("the other agency is told why, in 1 to {WHY_CHARS_MAX} characters");
        return Err(Problem::invalid("why", detail));
    }
    let act = SharingAct::into_state(&agreement, caller.agency.id, to, &caller.user.name, &why);
    perform(&app, &caller, act).await
}

/// The agreement of a path. Another agency's answers like one that does not exist.
async fn party_to(app: &App, caller: &Caller, id: &str) -> Result<Agreement, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    store::agreement(&app.sql, id, caller.agency.id).await?.ok_or_else(Problem::not_found)
}

/// What use was made of the detections under an agreement, counted from the recipient's entries in the ledger. The recipient sees
/// all of it, the owner as far as the recipient has signed.
#[utoipa::path(get, path = "/api/v1/agency/agreements/{agreement}/use", operation_id = "use_of_agreement", tag = "sharing",
    params(("agreement" = u32, Path), UsePeriod),
    responses((status = 200, body = Usage), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn use_made(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(agreement): Path<String>,
    period: Result<Query<UsePeriod>, QueryRejection>,
) -> Result<Json<Usage>, Problem> {
    let agreement = party_to(&app, &caller, &agreement).await?;
    let Query(period) = period.map_err(|_| Problem::invalid("from", "a period is `from` and `to`"))?;
    let to = period.to.map_or(Ok(app.clock.now()), |text| instant("to", &text))?;
    let from = period.from.map_or(Ok(to.plus_micros(-USE_DAYS * DAY_MICROS)), |text| instant("from", &text))?;
    if from >= to || to.0 - from.0 > USE_DAYS_MAX * DAY_MICROS {
        return Err(Problem::invalid("to", format!("a period of up to {USE_DAYS_MAX} days, its end after its start")));
    }
    let is_own = caller.agency.id == agreement.terms.recipient;
    // The owner alone wrote the terms: before the recipient has signed they permit nothing, and then for their time only.
    let signed = agreement.recipient_signed.as_ref().map(|signature| signature.at);
    let told = match signed {
        _ if is_own => TellsUse::People,
        Some(_) => agreement.terms.tells_use,
        None => TellsUse::Nothing,
    };
    let (from, to) = if is_own { (from, to) } else { agreement.within_its_time(from, to) };
    let details = json!({ "by": caller.user.id, "agreement": agreement.id, "from": from, "to": to });
    let entry = app.ledger.record(Entry::of(Some(caller.agency.id), "agreement.use-read", details)).await?.entry();
    if told == TellsUse::Nothing {
        let problem = Problem::not_permitted("The recipient has not signed that the owner is told of its use.");
        return Err(problem.recorded_as(entry.index));
    }
    Ok(Json(usage::count(&app, &agreement, told, from, to).await?))
}

fn instant(field: &str, text: &str) -> Result<UtcMicros, Problem> {
    UtcMicros::parse_rfc3339(text).map_err(|error| Problem::invalid(field, error.to_string()))
}
