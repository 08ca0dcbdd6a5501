//! A person's own passkeys: list, add, name, remove.

use super::ceremonies::{self, Begun};
use super::store::{self, Listed};
use super::{NAME_CHARS_MAX, PASSKEYS_MAX};
use crate::App;
use crate::accounts::Caller;
use crate::accounts::api::{check_code, lock_after_failures};
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::entries::Entry;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::LogIn;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::prelude::RegisterPublicKeyCredential;

/// One of the caller's passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyView {
    pub id: String,
    pub name: String,
    /// RFC 3339, UTC.
    pub created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

impl From<Listed> for PasskeyView {
    fn from(passkey: Listed) -> Self {
        Self {
            id: passkey.id.to_string(),
            name: passkey.name,
            created: passkey.created.to_string(),
            last_used: passkey.last_used.map(|used| used.to_string()),
        }
    }
}

/// The caller's own passkeys, oldest first.
#[utoipa::path(get, path = "/api/v1/passkeys", operation_id = "passkeys", tag = "sign-in",
    responses((status = 200, body = Vec<PasskeyView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<PasskeyView>>, Problem> {
    let own = store::of_user(&app.sql, Some(caller.user.id)).await?;
    Ok(Json(own.into_iter().map(PasskeyView::from).collect()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginPasskey {
    /// The six digits of the second factor, where the session is of the plain door and there is no passkey yet.
    pub code: Option<String>,
}

/// Begins to add a passkey. A session of the enhanced door may; one of the plain door needs the code of the second
/// factor, and only for the first passkey: a password alone never makes a second factor.
#[utoipa::path(post, path = "/api/v1/passkeys/challenge", operation_id = "begin_passkey", tag = "sign-in", request_body = BeginPasskey,
    responses((status = 200, body = Begun), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn begin(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<Json<Begun>, Problem> {
    let body: BeginPasskey = read_json(&bytes)?;
    let own = store::of_user(&app.sql, Some(caller.user.id)).await?;
    if i64::try_from(own.len()).unwrap_or(i64::MAX) >= PASSKEYS_MAX {
        return Err(too_many());
    }
    let proof = if caller.session.log_in == LogIn::Enhanced {
        "enhanced-door"
    } else if own.is_empty() {
        prove_by_code(&app, &caller, body.code.as_deref()).await?;
        "code"
    } else {
        return Err(enhanced_first("a further passkey is added from a session of the enhanced door"));
    };
    let details = json!({ "user": caller.user.id, "proof": proof });
    app.ledger.record(Entry::of(Some(caller.agency.id), "passkey.begun", details)).await?;
    Ok(Json(ceremonies::begin_registration(&app, &caller.user).await?))
}

fn too_many() -> Problem {
    Problem::too_many(format!("a person has at most {PASSKEYS_MAX} passkeys; remove one first"))
}

fn enhanced_first(detail: &str) -> Problem {
    Problem {
        rule: Some("second-factor-first".into()),
        unlock: Some("confirm with your second factor".into()),
        ..Problem::not_permitted(detail)
    }
}

/// The second factor, asked for in the middle of a session of the plain door. Wrong codes count as failed sign-ins.
pub(in crate::accounts) async fn prove_by_code(app: &App, caller: &Caller, code: Option<&str>) -> Result<(), Problem> {
    let (user, now) = (&caller.user, app.clock.now());
    if user.totp_sealed.is_none() {
        let detail = "this account has no second factor; a manager of your agency hands one out";
        return Err(Problem { rule: Some("no-second-factor".into()), ..Problem::not_permitted(detail) });
    }
    let code = code.filter(|code| !code.trim().is_empty());
    let code = code.ok_or_else(|| enhanced_first("this needs the code of your second factor"))?;
    // A stolen session must not guess the second factor behind it.
    let check = async { Ok::<_, Problem>(check_code(app, user, code, now).await? && user.locked.is_none()) };
    let fits = app.sign_ins.check(&user.login, now, check).await.ok_or_else(Problem::too_many_tries)?;
    if fits? {
        return Ok(());
    }
    let details = json!({ "user": user.id, "way": "code", "device": caller.session.device });
    app.ledger.record(Entry::of(Some(caller.agency.id), "step-up.failed", details)).await?;
    lock_after_failures(app, &user.login, (user.id, user.agency)).await?;
    Err(Problem::wrong_second_factor())
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    pub ceremony: String,
    /// What the person calls it: 1 to 80 characters.
    pub name: String,
    /// `PublicKeyCredential.toJSON()` of what `navigator.credentials.create` made.
    #[schema(value_type = Object)]
    pub credential: RegisterPublicKeyCredential,
}

fn passkey_name(name: &str) -> Result<&str, Problem> {
    let name = name.trim();
    let is_fine = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    is_fine
        .then_some(name)
        .ok_or_else(|| Problem::invalid("name", format!("a name has 1 to {NAME_CHARS_MAX} characters")))
}

/// Adds a passkey, once its ceremony is done.
#[utoipa::path(post, path = "/api/v1/passkeys", operation_id = "add_passkey", tag = "sign-in", request_body = NewPasskey,
    responses((status = 201, body = PasskeyView), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<PasskeyView>), Problem> {
    let body: NewPasskey = read_json(&bytes)?;
    let name = passkey_name(&body.name)?;
    let (id, now) = (Uuid::now_v7(), app.clock.now());
    let made = ceremonies::end_registration(&app, &caller.user, &body.ceremony, &body.credential).await;
    let passkey = match made {
        Ok(passkey) => passkey,
        Err(problem) => {
            let details = json!({ "user": caller.user.id });
            app.ledger.record(Entry::of(Some(caller.agency.id), "passkey.refused", details)).await?;
            return Err(problem);
        }
    };
    let details = json!({ "user": caller.user.id, "passkey": id, "name": name });
    app.ledger.record(Entry::of(Some(caller.agency.id), "passkey.added", details)).await?;
    if !store::insert(&app.sql, &app.vault, &caller.user, (id, name), &passkey, now).await? {
        return Err(too_many());
    }
    let view = PasskeyView { id: id.to_string(), name: name.into(), created: now.to_string(), last_used: None };
    Ok((StatusCode::CREATED, Json(view)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePasskey {
    pub name: String,
}

/// Gives one of the caller's passkeys another name.
#[utoipa::path(put, path = "/api/v1/passkeys/{id}", operation_id = "rename_passkey", tag = "sign-in", params(("id" = String, Path)),
    request_body = RenamePasskey, responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn rename(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let body: RenamePasskey = read_json(&bytes)?;
    let name = passkey_name(&body.name)?;
    let id: Uuid = id.parse().map_err(|_| Problem::not_found())?;
    let details = json!({ "user": caller.user.id, "passkey": id, "name": name });
    app.ledger.record(Entry::of(Some(caller.agency.id), "passkey.renamed", details)).await?;
    let renamed = store::rename(&app.sql, caller.user.id, id, name).await?;
    if renamed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

/// Removes one of the caller's passkeys, from a session of the enhanced door; all other sessions and tokens of the
/// account end.
#[utoipa::path(delete, path = "/api/v1/passkeys/{id}", operation_id = "remove_passkey", tag = "sign-in", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: Uuid = id.parse().map_err(|_| Problem::not_found())?;
    if caller.session.log_in != LogIn::Enhanced {
        return Err(enhanced_first("a passkey is removed from a session of the enhanced door"));
    }
    let details = json!({ "user": caller.user.id, "passkey": id });
    app.ledger.record(Entry::of(Some(caller.agency.id), "passkey.removed", details)).await?;
    let removed = store::remove(&app.sql, caller.user.id, id, &caller.session.id).await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}
