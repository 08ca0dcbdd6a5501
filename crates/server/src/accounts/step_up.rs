//! A session of the plain door becomes one of the enhanced door, by a passkey or the code of the second factor. It gets a
//! new secret; the old one opens nothing from then on.

use super::caller::Caller;
use super::opening::{self, Rules, SignedIn};
use super::passkeys::api::prove_by_code;
use super::passkeys::ceremonies::{self, Begun, Purpose};
use super::passkeys::sign_in::note_refused;
use super::passkeys::store as passkey_store;
use super::sessions;
use super::store::{self, Session};
use crate::App;
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::entries::Entry;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use domain::LogIn;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

/// How the caller's session can step up.
pub async fn ways(app: &App, caller: &Caller) -> Result<Vec<&'static str>, Problem> {
    if caller.session.log_in == LogIn::Enhanced {
        return Ok(Vec::new());
    }
    let mut ways = Vec::new();
    if !passkey_store::of_user(&app.sql, Some(caller.user.id)).await?.is_empty() {
        ways.push("passkey");
    }
    if caller.user.totp_sealed.is_some() && !opening::takes_only_passkeys(app, &caller.agency) {
        ways.push("code");
    }
    Ok(ways)
}

fn not_enhanced_yet(caller: &Caller) -> Result<(), Problem> {
    if caller.session.log_in == LogIn::Enhanced {
        return Err(Problem::conflict("door", "this session came through the enhanced door already"));
    }
    Ok(())
}

/// Begins a step-up by one of the caller's passkeys.
#[utoipa::path(post, path = "/api/v1/session/step-up/challenge", operation_id = "begin_step_up", tag = "sign-in",
    responses((status = 200, body = Begun), (status = 409, body = Problem)))]
pub async fn begin(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Begun>, Problem> {
    not_enhanced_yet(&caller)?;
    let user = &caller.user;
    Ok(Json(ceremonies::begin_assertion(&app, Purpose::StepUp, &user.login, Some(user)).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUp {
    /// With `credential`: the ceremony that was begun.
    pub ceremony: Option<String>,
    /// `PublicKeyCredential.toJSON()` of what `navigator.credentials.get` gave.
    #[schema(value_type = Option<Object>)]
    pub credential: Option<PublicKeyCredential>,
    /// Or the six digits of the second factor.
    pub code: Option<String>,
}

/// Makes this session one of the enhanced door, with a new secret: a cookie where it came by one, else a token. Its
/// enhanced rules of behaviour are accepted before anything else. Answers that are open stay with it.
#[utoipa::path(post, path = "/api/v1/session/step-up", operation_id = "step_up", tag = "sign-in", request_body = StepUp,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn step_up(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let body: StepUp = read_json(&bytes)?;
    not_enhanced_yet(&caller)?;
    let passkey = match (&body.ceremony, &body.credential) {
        (Some(ceremony), Some(credential)) => Some(by_passkey(&app, &caller, ceremony, credential).await?),
        (None, None) => {
            if opening::takes_only_passkeys(&app, &caller.agency) {
                let details = json!({ "user": caller.user.id, "rule": opening::PHISHING_RESISTANT });
                app.ledger.record(Entry::of(Some(caller.agency.id), "step-up.refused", details)).await?;
                return Err(opening::only_passkeys());
            }
            prove_by_code(&app, &caller, body.code.as_deref()).await?;
            None
        }
        _ => return Err(Problem::invalid("credential", "a passkey comes with the ceremony that it answers")),
    };
    let way = if passkey.is_some() { "passkey" } else { "code" };
    let now = app.clock.now();
    let (secret, id) = sessions::new_secret(&app.vault);
    let old = &caller.session;
    let session = Session {
        id,
        log_in: LogIn::Enhanced,
        by_passkey: passkey.is_some(),
        last_seen: now,
        // No longer than the session would have lasted, and no longer than the enhanced door gives.
        expires: old.expires.min(now.plus_micros(sessions::SESSION_MICROS_MAX)),
        enhanced_rules_version: 0,
        ..old.clone()
    };
    let details = json!({ "user": caller.user.id, "way": way, "passkey": passkey, "device": old.device });
    app.ledger.record(Entry::of(Some(caller.agency.id), "step-up", details)).await?;
    if !store::replace_session(&app.sql, &old.id, &session).await? {
        return Err(Problem::signed_out());
    }
    // The same person, who proved more than before, keeps what was asked with less.
    app.answers.hand_over(&old.id, &session.id);
    opening::hand_over(session.kind, secret, Rules::of(caller.agency.clone(), LogIn::Enhanced))
}

async fn by_passkey(
    app: &App,
    caller: &Caller,
    ceremony: &str,
    credential: &PublicKeyCredential,
) -> Result<Uuid, Problem> {
    let mut asserting = ceremonies::take_assertion(app, Purpose::StepUp, ceremony).await?;
    // Somebody else's ceremony is none.
    if asserting.user.as_ref().is_none_or(|user| user.id != caller.user.id) {
        asserting = asserting.of_nothing(&caller.user);
    }
    match ceremonies::end_assertion(app, &asserting, credential).await? {
        Ok(passkey) => Ok(passkey),
        Err(refused) => {
            note_refused(app, &asserting, refused, ("step-up.failed", &caller.session.device)).await?;
            Err(Problem::wrong_second_factor())
        }
    }
}
