//! Invitations over HTTP: managers make and end links, whoever has one opens and uses it.

use super::acts::InvitationAct;
use super::store::{self, Invitation};
use super::{InvitationMade, invite};
use crate::App;
use crate::accounts::store::{self as account_store, User};
use crate::accounts::{Caller, api as account_api, password, sessions};
use crate::agencies::acts::{self as agency_acts, Act, Secrets};
use crate::agencies::api::{Made, MadeAnswer};
use crate::agencies::store::{self as agency_store, Agency};
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::mail;
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

/// Characters of a link's secret as it comes; real ones have 43.
const SECRET_CHARS_MAX: usize = 128;
/// Who stands before the name in an authenticator app.
const ISSUER: &str = "Sightline";

/// How a link reaches the invited; a body that is left out is `link`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// `link`: the manager hands it over. `e-mail`: it is sent to the person's address, and the manager does not see it.
    pub deliver: Option<String>,
}

/// A link that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invited {
    /// For the invited person alone; shown once, and only where the manager hands it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Until when it can be used, RFC 3339, UTC.
    pub expires: String,
    pub ledger_entry: u64,
}

/// Makes a one-time link for a person of the manager's agency: for a new account, or in the place of a lost password or
/// second factor. An earlier link ends; what the person signs in with now holds until the link is used.
#[utoipa::path(post, path = "/api/v1/agency/people/{user}/invitation", operation_id = "invite", tag = "people",
    params(("user" = String, Path)), request_body(content = Option<Invite>),
    responses((status = 201, body = Invited), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The account is closed, or the link cannot be sent"),
        (status = 422, body = Problem)))]
pub async fn make(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let user = user.parse().map_err(|_| Problem::not_found())?;
    let deliver = if bytes.is_empty() { None } else { read_json::<Invite>(&bytes)?.deliver };
    let (made, shown) = match deliver.as_deref() {
        None | Some("link") => (invite(&app, caller.user.id, caller.agency.id, user).await?, true),
        Some("e-mail") => (mail::api::send_invitation(&app, &caller, user).await?, false),
        Some(_) => return Err(Problem::invalid("deliver", "a link is delivered by `link` or `e-mail`")),
    };
    let InvitationMade { link, expires, ledger_entry } = made;
    Ok((StatusCode::CREATED, Json(Invited { link: shown.then_some(link), expires, ledger_entry })))
}

/// Ends a person's link before it is used.
#[utoipa::path(delete, path = "/api/v1/agency/people/{user}/invitation", operation_id = "end_invitation", tag = "people",
    params(("user" = String, Path)), responses((status = 201, body = Made), (status = 404, body = Problem)))]
pub async fn end(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
) -> MadeAnswer {
    let user: UserId = user.parse().map_err(|_| Problem::not_found())?;
    let act = Act::Invitations(InvitationAct::End { agency: caller.agency.id, user });
    let done = agency_acts::perform(&app, Some(caller.user.id), act, Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(Made::from(done))))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenLink {
    /// What stands behind `#link=`.
    pub link: String,
}

/// For whom a link is, and what it asks for.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedInvitation {
    pub name: String,
    pub login: String,
    pub agency: String,
    /// RFC 3339, UTC.
    pub expires: String,
    /// The account has a password already, which ends with the use of the link.
    pub replaces: bool,
    /// What a password must be, a sentence each.
    pub password_rules: Vec<String>,
    /// The second factor's secret for an authenticator app, base32.
    pub totp_secret: String,
    /// The same with its names, as a QR code carries it: `otpauth://totp/...`.
    pub totp_uri: String,
}

/// Opens a one-time link: for whom it is, the rules of passwords, and the second factor to keep. Does not use it up. Links that
/// are unknown, used, ended or late answer alike.
#[utoipa::path(post, path = "/api/v1/invitations/open", operation_id = "open_invitation", tag = "sign-in", request_body = OpenLink,
    responses((status = 200, body = OpenedInvitation), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn open(State(app): State<Arc<App>>, bytes: Bytes) -> Result<Json<OpenedInvitation>, Problem> {
    let body: OpenLink = read_json(&bytes)?;
    let (_, invitation, user, agency) = find(&app, &body.link).await?;
    let secret = factor(&app, &user, &invitation)?;
    // The invited can see later that somebody else looked at the link.
    app.ledger.record(Entry::of(Some(agency.id), "invitation.opened", json!({ "user": user.id }))).await?;
    let totp_secret = totp_rs::Secret::from(secret).to_base32();
    Ok(Json(OpenedInvitation {
        totp_uri: totp_uri(&user.login, &totp_secret),
        totp_secret,
        name: user.name,
        login: user.login,
        agency: agency.name,
        expires: invitation.expires.to_string(),
        replaces: !user.password.is_empty(),
        password_rules: agency.passwords.sentences(),
    }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UseLink {
    /// What stands behind `#link=`.
    pub link: String,
    pub password: String,
    /// The six digits that the authenticator app shows: it has the secret.
    pub code: String,
}

/// Uses a one-time link up: the person's password and second factor are set, earlier ones and all open sessions end. Signing
/// in is another step, by the ordinary door.
#[utoipa::path(post, path = "/api/v1/invitations/use", operation_id = "use_invitation", tag = "sign-in", request_body = UseLink,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn use_up(State(app): State<Arc<App>>, bytes: Bytes) -> Result<StatusCode, Problem> {
    let body: UseLink = read_json(&bytes)?;
    let (id, invitation, user, agency) = find(&app, &body.link).await?;
    // Everything that can be refused is, before the link is used up.
    password::check_strength(&body.password, agency.passwords, &[&user.login, &agency.name])?;
    let totp = account_api::totp(factor(&app, &user, &invitation)?);
    let totp = totp.ok_or_else(|| Problem::broken("the second factor of an invitation makes no code"))?;
    let seconds = u64::try_from(app.clock.now().seconds()).unwrap_or_default();
    let Some(step) = totp.check(body.code.trim(), seconds) else {
        let detail =
            "the code does not fit; take the one that the app shows now, and see that the phone's clock is right";
        return Err(Problem::invalid("code", detail));
    };
    let secrets = Secrets {
        password_hash: Some(password::hash(body.password).await?),
        totp_sealed: Some(invitation.totp_sealed),
        link_hash: Some(id),
        // The code that showed the factor does not open a door as well.
        totp_step: Some(step),
        ..Secrets::default()
    };
    let act = Act::Invitations(InvitationAct::Use { agency: agency.id, user: user.id });
    agency_acts::perform(&app, Some(user.id), act, secrets).await?;
    app.sign_ins.forgive(&user.login);
    Ok(StatusCode::NO_CONTENT)
}

/// The link's hash, and what it leads to.
async fn find(app: &App, secret: &str) -> Result<(String, Invitation, User, Agency), Problem> {
    if secret.chars().count() > SECRET_CHARS_MAX {
        return Err(Problem::not_found());
    }
    let id = sessions::id_of(&app.vault, secret);
    let invitation = store::by_link(&app.sql, &id, app.clock.now()).await?.ok_or_else(Problem::not_found)?;
    let user = account_store::user(&app.sql, invitation.user).await?.filter(|user| user.active);
    let user = user.ok_or_else(Problem::not_found)?;
    let agency = agency_store::agency(&app.sql, user.agency).await?.filter(|agency| agency.active);
    Ok((id, invitation, user, agency.ok_or_else(Problem::not_found)?))
}

fn factor(app: &App, user: &User, invitation: &Invitation) -> Result<Vec<u8>, Problem> {
    app.vault
        .open_sealed(&account_store::totp_scope(user.agency), &invitation.totp_sealed)
        .map_err(|error| Problem::failed("the second factor could not be opened", &error))
}

/// As authenticator apps read it (the Key URI format).
fn totp_uri(login: &str, secret: &str) -> String {
    let login: String = url::form_urlencoded::byte_serialize(login.as_bytes()).collect();
    // Apps show a `+` as it is written.
    format!("otpauth://totp/{ISSUER}:{}?secret={secret}&issuer={ISSUER}", login.replace('+', "%20"))
}
