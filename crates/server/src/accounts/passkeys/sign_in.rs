//! Sign-in by passkey.

use super::ceremonies::{self, Asserting, Begun, Purpose, Refused};
use crate::App;
use crate::accounts::api::{CREDENTIAL_CHARS_MAX, cookie};
use crate::accounts::caller::device_name;
use crate::accounts::opening::{self, SignedIn, Way};
use crate::accounts::source::Source;
use crate::accounts::store;
use crate::agencies::store as agency_store;
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::alarms;
use crate::oversight::entries::Entry;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{AgencyId, LogIn};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginSignIn {
    pub login: String,
}

/// Begins a sign-in by passkey. Names that nobody has get an answer of the same form.
#[utoipa::path(post, path = "/api/v1/session/passkey/challenge", operation_id = "begin_sign_in_by_passkey", tag = "sign-in",
    request_body = BeginSignIn, responses((status = 200, body = Begun), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem, description = "Too many were begun from this place")))]
pub async fn begin(State(app): State<Arc<App>>, source: Source, bytes: Bytes) -> Result<Json<Begun>, Problem> {
    let body: BeginSignIn = read_json(&bytes)?;
    if body.login.chars().count() > CREDENTIAL_CHARS_MAX {
        return Err(Problem::invalid("login", format!("at most {CREDENTIAL_CHARS_MAX} characters")));
    }
    let login = store::normalise_login(&body.login);
    source.begin_passkey(&app).await?;
    let user = store::user_by_login(&app.sql, &login).await?;
    Ok(Json(ceremonies::begin_assertion(&app, Purpose::SignIn, &login, user.as_ref()).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInByPasskey {
    pub ceremony: String,
    /// `PublicKeyCredential.toJSON()` of what `navigator.credentials.get` gave.
    #[schema(value_type = Object)]
    pub credential: PublicKeyCredential,
    /// `enhanced`, or `plain`.
    #[serde(default = "enhanced")]
    pub door: String,
    /// `cookie` for a browser, `token` for a program.
    #[serde(default = "cookie")]
    pub deliver: String,
    /// A name for this device, kept with every entry.
    pub device: Option<String>,
}

fn enhanced() -> String {
    LogIn::Enhanced.word().into()
}

/// Signs in by a passkey. Also where too many wrong passwords locked the account.
#[utoipa::path(post, path = "/api/v1/session/passkey", operation_id = "sign_in_by_passkey", tag = "sign-in", request_body = SignInByPasskey,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    source: Source,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let body: SignInByPasskey = read_json(&bytes)?;
    let door =
        LogIn::from_word(&body.door).ok_or_else(|| Problem::invalid("door", "the door is `plain` or `enhanced`"))?;
    let kind = opening::delivery(&body.deliver, &headers)?;
    let device = device_name(body.device.as_deref(), &headers);
    let asserting = ceremonies::take_assertion(&app, Purpose::SignIn, &body.ceremony).await?;
    let passkey = match verify(&app, source, &asserting, &body.credential).await? {
        Ok(passkey) => passkey,
        Err(refused) => {
            note_refused(&app, &asserting, refused, ("sign-in.failed", &device)).await?;
            return Err(Problem::wrong_credentials());
        }
    };
    let of_agency = asserting.user.as_ref().map(|user| user.agency);
    let user = asserting.user.filter(|user| user.active);
    let agency = match &user {
        Some(user) => agency_store::agency(&app.sql, user.agency).await?.filter(|agency| agency.active),
        None => None,
    };
    let (Some(user), Some(agency)) = (user, agency) else {
        let details = json!({ "passkey": passkey, "why": "closed", "device": device });
        app.ledger.record(Entry::of(of_agency, "sign-in.failed", details)).await?;
        return Err(Problem::wrong_credentials());
    };
    opening::open(&app, &user, agency, Way { door, kind, device, passkey: Some(passkey) }).await
}

/// Verifies the assertion, counted by account and source. A door that is closed to the source looks at nothing, whoever is
/// meant. One that is closed to the account does the work that it does for nobody, so that the time does not tell.
async fn verify(
    app: &App,
    source: Source,
    asserting: &Asserting,
    credential: &PublicKeyCredential,
) -> Result<Result<Uuid, (Refused, Option<Uuid>)>, Problem> {
    let now = app.clock.now();
    let mut ended = Err((Refused::TooManyTries, None));
    let check = async {
        let verified = async {
            ended = ceremonies::end_assertion(app, asserting, credential).await?;
            Ok(ended.is_ok())
        };
        let Some(user) = &asserting.user else { return verified.await };
        if let Some(fits) = source.check_passkey(app, user.id, now, verified).await {
            return fits;
        }
        let of_nobody = ceremonies::end_assertion(app, &asserting.of_nobody(), credential).await?;
        Ok::<_, Problem>(of_nobody.is_ok())
    };
    source.check(app, now, check).await.transpose()?;
    Ok(ended)
}

/// The entry of a refused assertion, and the alarm where there may be a copy of the key.
pub(in crate::accounts) async fn note_refused(
    app: &App,
    asserting: &Asserting,
    (refused, passkey): (Refused, Option<Uuid>),
    (kind, device): (&'static str, &str),
) -> Result<(), Problem> {
    let agency: Option<AgencyId> = asserting.user.as_ref().map(|user| user.agency);
    let user = asserting.user.as_ref().map(|user| user.id);
    let why = refused.word();
    let details = json!({ "user": user, "way": "passkey", "passkey": passkey, "why": why, "device": device });
    app.ledger.record(Entry::of(agency, kind, details)).await?;
    if let (Refused::Counter, Some(agency)) = (refused, agency) {
        let details = json!({ "user": user, "passkey": passkey });
        alarms::raise(app, agency, alarms::PASSKEY_COUNTER, details).await?;
    }
    Ok(())
}
