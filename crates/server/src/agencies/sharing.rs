//! Whose detections an agency may see: under agreements that are in force, and that their owners' policies allow now.

use super::acts::{self, Act, Secrets};
use super::api::{Made, MadeAnswer, name, reason_code, words};
use super::store::{self, Agency, Agreement};
use crate::App;
use crate::accounts::Caller;
use crate::cameras::store::{self as camera_store, Camera};
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::entries::Entry;
use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{AgencyId, Permission, Source, UtcMicros};
use policy::{PoolFacts, SharingRefusal};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

/// Whether the owner's policy lets it share with the recipient.
pub fn allowed(app: &App, owner: &Agency, recipient: &Agency) -> Result<(), SharingRefusal> {
    let Some(policy) = app.policy_of(owner) else {
        return Err(SharingRefusal {
            rule: "policy-unknown".into(),
            sentence: "The owner's policy is of a newer release; nothing can be shared.".into(),
            unlock: None,
        });
    };
    policy::share(&policy, &owner.party(), &recipient.party(), app.clock.now())
}

/// The pools that policy decides on for an agency.
pub async fn pools(app: &App, recipient: &Agency) -> Result<Vec<PoolFacts>, Problem> {
    let agencies = store::agencies(&app.sql).await?;
    let owner_allows = |owner| {
        let owner = agencies.iter().find(|agency| agency.id == owner);
        owner.is_some_and(|owner| allowed(app, owner, recipient).is_ok())
    };
    Ok(store::pool_facts(&app.sql, recipient.id, owner_allows).await?)
}

/// The active cameras whose detections an agency could ask for.
pub async fn cameras(app: &App, recipient: &Agency) -> Result<Vec<Camera>, Problem> {
    let pools = pools(app, recipient).await?;
    Ok(camera_store::visible_in(&app.sql, &pools, app.clock.now()).await?)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignAgreement {
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
    /// Reference of the signed document.
    pub document: String,
}

/// Shows this agency's detections to another agency, under a signed document.
#[utoipa::path(post, path = "/api/v1/agency/agreements", tag = "management", request_body = SignAgreement,
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn sign_agreement(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: SignAgreement = read_json(&bytes)?;
    let recipient = AgencyId(body.recipient);
    if recipient == caller.agency.id {
        return Err(Problem::invalid("recipient", "an agency needs no agreement with itself"));
    }
    let other = store::agency(&app.sql, recipient).await?.filter(|agency| agency.active);
    let other = other.ok_or_else(Problem::not_found)?;
    if let Err(refusal) = allowed(&app, &caller.agency, &other) {
        let details = json!({ "by": caller.user.id, "recipient": recipient, "rule": refusal.rule });
        let entry = app.ledger.record(Entry::of(Some(caller.agency.id), "agreement.refused", details)).await?.entry();
        let problem = Problem::not_permitted(refusal.sentence).recorded_as(entry.index);
        return Err(Problem { rule: Some(refusal.rule), unlock: refusal.unlock, ..problem });
    }
    let instant = |field: &str, text: &str| {
        UtcMicros::parse_rfc3339(text).map_err(|error| Problem::invalid(field, error.to_string()))
    };
    let (from, to) = (instant("from", &body.from)?, instant("to", &body.to)?);
    if from >= to {
        return Err(Problem::invalid("to", "the agreement ends before it begins"));
    }
    let agreement = Agreement {
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
        active: true,
        document: name("document", &body.document)?,
    };
    let done = acts::perform(&app, Some(caller.user.id), Act::SignAgreement(agreement), Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(Made::from(done))))
}
