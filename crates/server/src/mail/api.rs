//! Addresses, one-time links by e-mail, and how sending stands.

use super::acts::MailAct;
use super::{address, reminders, store};
use crate::App;
use crate::accounts::Caller;
use crate::accounts::invitations::acts::InvitationAct;
use crate::accounts::invitations::{InvitationMade, LINK_HOURS, invite};
use crate::accounts::store as account_store;
use crate::agencies::acts::{self as agency_acts, Act, Secrets};
use crate::agencies::api::{Made, MadeAnswer};
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::entries::Entry;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::UserId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailBody {
    /// Such as `name@example.org`; `null` takes the address away.
    pub email: Option<String>,
}

/// Sets or takes away the own e-mail address, for reminders.
#[utoipa::path(put, path = "/api/v1/me/email", operation_id = "set_own_email", tag = "people", request_body = EmailBody,
    responses((status = 201, body = Made), (status = 422, body = Problem)))]
pub async fn set_own(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> MadeAnswer {
    set(&app, &caller, caller.user.id, &bytes).await
}

/// Sets or takes away the e-mail address of a person of the manager's agency, for reminders and one-time links.
#[utoipa::path(put, path = "/api/v1/agency/people/{user}/email", operation_id = "set_email_of_person", tag = "people",
    params(("user" = String, Path)), request_body = EmailBody,
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_of_person(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
    bytes: Bytes,
) -> MadeAnswer {
    let user = user.parse().map_err(|_| Problem::not_found())?;
    set(&app, &caller, user, &bytes).await
}

async fn set(app: &App, caller: &Caller, user: UserId, bytes: &[u8]) -> MadeAnswer {
    let body: EmailBody = read_json(bytes)?;
    let agency = caller.agency.id;
    let email = address::read(body.email.as_deref())?;
    let sealed = email.map(|email| address::seal(app, agency, &email)).transpose()?;
    let act = Act::Mail(MailAct::SetAddress { agency, user, sealed });
    let done = agency_acts::perform(app, Some(caller.user.id), act, Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(Made::from(done))))
}

/// How e-mail stands in the agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailView {
    /// The service has a mail server; otherwise nothing is sent.
    pub sends: bool,
    /// People whose reminder was not taken, and is tried again.
    pub waiting: usize,
    /// Since when the oldest of them waits. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// When the next is tried. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_try: Option<String>,
}

/// Whether reminders are sent, and which wait to be tried again.
#[utoipa::path(get, path = "/api/v1/agency/mail", operation_id = "mail", tag = "people", responses((status = 200, body = MailView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<MailView>, Problem> {
    let waiting = reminders::waiting(&app, &caller.agency).await?;
    Ok(Json(MailView {
        sends: app.mail.is_some(),
        waiting: waiting.len(),
        since: waiting.values().map(|one| one.since).min().map(|since| since.to_string()),
        next_try: waiting.values().map(|one| one.next_try).min().map(|next| next.to_string()),
    }))
}

/// Makes a one-time link and sends it to the person's address; nobody else sees it. An earlier link ends. Where the mail
/// server does not take the mail, the new link ends too.
pub(crate) async fn send_invitation(app: &App, caller: &Caller, user: UserId) -> Result<InvitationMade, Problem> {
    let (agency, by) = (&caller.agency, caller.user.id);
    let known = account_store::user(&app.sql, user).await?.filter(|user| user.agency == agency.id);
    known.ok_or_else(Problem::not_found)?;
    let hand_over = |what: &str| Problem::conflict("email", format!("{what}; make a link and hand it over"));
    let post = app.mail.as_ref().ok_or_else(|| hand_over("this service sends no e-mail"))?;
    let sealed = store::address_of(&app.sql, user).await?;
    let sealed = sealed.ok_or_else(|| hand_over("the person has no e-mail address"))?;
    let made = invite(app, by, agency.id, user).await?;
    let to = address::open(app, agency.id, &sealed)?;
    let details = json!({ "user": user, "by": by, "channel": "e-mail" });
    let recorded = app.ledger.record(Entry::of(Some(agency.id), "invitation.sent", details)).await?;
    let text = format!(
        "{} invites you to its license plate reader service. With this link you set your password and second factor, \
         within {LINK_HOURS} hours and once:\n\n{}\n\nGive it to nobody. If you expect no invitation, do nothing.\n",
        agency.name, made.link
    );
    if let Err(error) = post.send(&to, "Sightline: your one-time link", text, app.clock.now()).await {
        let details = json!({ "user": user, "why": error.to_string() });
        app.ledger.record_outcome(recorded.entry(), Entry::of(Some(agency.id), "invitation.not-sent", details)).await?;
        let act = Act::Invitations(InvitationAct::End { agency: agency.id, user });
        agency_acts::perform(app, Some(by), act, Secrets::default()).await?;
        let failed = Problem::failed("the mail server did not take the mail", &error);
        let detail = format!("{error}; the link has ended: make one and hand it over, or try later");
        return Err(Problem { detail, ..failed });
    }
    Ok(made)
}
