//! Sign-in through two doors, rules of behaviour at each sign-in, tokens for programs, and the first start.

use super::caller::{Caller, device_name};
use super::opening::{self, Rules, SignedIn, Way};
use super::source::Source;
use super::store::{self, Session, SessionKind, User};
use super::{password, sessions, step_up};
use crate::App;
use crate::agencies::store as agency_store;
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::entries::{Entry, SignInFailed};
use crate::sharing;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::{AgencyId, LogIn, Permission, UserId, UtcMicros};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use totp_rs::{Builder, Secret};
use utoipa::ToSchema;

/// Characters of a login name or a password at sign-in; no account has longer ones.
pub(super) const CREDENTIAL_CHARS_MAX: usize = 128;
/// Characters of a token's label.
const LABEL_CHARS_MAX: usize = 80;
/// Steps of 30 s by which a phone's clock may be off.
const TOTP_SKEW_STEPS: u16 = 1;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub login: String,
    pub password: String,
    /// `plain` or `enhanced`; partial plates, areas and the like need the enhanced door.
    #[serde(default = "plain")]
    pub door: String,
    /// The six digits of the second factor; the enhanced door needs them.
    pub code: Option<String>,
    /// `cookie` for a browser, `token` for a program.
    #[serde(default = "cookie")]
    pub deliver: String,
    /// A name for this device, kept with every entry.
    pub device: Option<String>,
}

fn plain() -> String {
    LogIn::Plain.word().into()
}

pub(super) fn cookie() -> String {
    "cookie".into()
}

/// Signs in through one of the two doors.
#[utoipa::path(post, path = "/api/v1/session", tag = "sign-in", request_body = SignIn,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    source: Source,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let body: SignIn = read_json(&bytes)?;
    let door =
        LogIn::from_word(&body.door).ok_or_else(|| Problem::invalid("door", "the door is `plain` or `enhanced`"))?;
    let kind = opening::delivery(&body.deliver, &headers)?;
    let device = device_name(body.device.as_deref(), &headers);
    // Remembered by the throttle and hashed: both are bounded before either happens.
    for (field, text) in [("login", &body.login), ("password", &body.password)] {
        if text.chars().count() > CREDENTIAL_CHARS_MAX {
            return Err(Problem::invalid(field, format!("at most {CREDENTIAL_CHARS_MAX} characters")));
        }
    }
    let login = store::normalise_login(&body.login);
    let found = store::user_by_login(&app.sql, &login).await?;
    let known = found.as_ref().map(|user| (user.id, user.agency));
    let known_agency = known.map(|(_, agency)| agency);
    let checked = check_credentials(&app, source, (&login, found.as_ref()), &body, door).await?;
    // Also looked up for a name that nobody has, so that both take as long. No agency has the number 0.
    let agency = agency_store::agency(&app.sql, known_agency.unwrap_or(AgencyId(0))).await?;
    let agency = agency.filter(|agency| agency.active);
    let Some((user, agency)) = found.zip(agency).filter(|_| checked == Checked::Fits) else {
        let checked = checked != Checked::DoorIsClosed;
        let failed = SignInFailed { agency: known_agency, login: login.clone(), door, device, checked };
        app.ledger.record(failed).await?;
        if let Some(user) = known {
            lock_after_failures(&app, &login, user).await?;
        }
        return Err(Problem::wrong_credentials());
    };

    if door == LogIn::Enhanced && opening::takes_only_passkeys(&app, &agency) {
        let details = json!({ "user": user.id, "door": door, "rule": opening::PHISHING_RESISTANT, "device": device });
        app.ledger.record(Entry::of(Some(agency.id), "sign-in.refused", details)).await?;
        return Err(opening::only_passkeys());
    }
    let way = Way { door, kind, device, passkey: None };
    opening::open(&app, &user, agency, way).await
}

/// Under some password rules too many failures lock the account until a manager releases it (CJIS AC-7).
pub(super) async fn lock_after_failures(
    app: &App,
    login: &str,
    (user, agency): (UserId, AgencyId),
) -> Result<(), Problem> {
    let now = app.clock.now();
    if !app.sign_ins.is_closed(login, now) {
        return Ok(());
    }
    let rules = agency_store::agency(&app.sql, agency).await?.map(|agency| agency.passwords);
    let is_open = store::user(&app.sql, user).await?.is_some_and(|user| user.locked.is_none());
    if rules.is_some_and(password::PasswordRules::locks) && is_open {
        app.ledger.record(Entry::of(Some(agency), "user.locked", json!({ "user": user }))).await?;
        store::lock(&app.sql, user, now).await?;
    }
    Ok(())
}

/// What became of the credentials of a try.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Checked {
    Fits,
    Wrong,
    /// Too many tries before this one: nothing was looked at.
    DoorIsClosed,
}

/// Counts the try before anything is checked, so that tries at the same time pass the limit no more than one after another.
async fn check_credentials(
    app: &App,
    source: Source,
    (login, found): (&str, Option<&User>),
    body: &SignIn,
    door: LogIn,
) -> Result<Checked, Problem> {
    let now = app.clock.now();
    let mut closed_to_name = false;
    let by_name = async {
        let fits = app.sign_ins.check(login, now, credentials_fit(app, found, body, door, now)).await;
        closed_to_name = fits.is_none();
        fits.unwrap_or(Ok(false))
    };
    let fits = source.check(app, now, by_name).await.transpose()?;
    Ok(match fits {
        None => Checked::DoorIsClosed,
        Some(_) if closed_to_name => Checked::DoorIsClosed,
        Some(true) => Checked::Fits,
        Some(false) => Checked::Wrong,
    })
}

/// Password, and for the enhanced door the one-time code. Unknown names take as long as known ones.
async fn credentials_fit(
    app: &App,
    found: Option<&User>,
    body: &SignIn,
    door: LogIn,
    now: UtcMicros,
) -> Result<bool, Problem> {
    let hash = found.map(|user| user.password.clone());
    let mut passed = app.passwords.verify(body.password.clone(), hash).await?;
    if let (true, LogIn::Enhanced, Some(user)) = (passed, door, found) {
        passed = check_code(app, user, body.code.as_deref().unwrap_or_default(), now).await?;
    }
    Ok(passed && found.is_some_and(|user| user.active && user.locked.is_none()))
}

/// A code counts once, and no code before one that counted.
pub(super) async fn check_code(app: &App, user: &User, code: &str, now: UtcMicros) -> Result<bool, Problem> {
    let Some(sealed) = &user.totp_sealed else { return Ok(false) };
    let secret = app
        .vault
        .open_sealed(&store::totp_scope(user.agency), sealed)
        .map_err(|error| Problem::failed("the second factor could not be opened", &error))?;
    let totp = totp(secret).ok_or_else(Problem::wrong_credentials)?;
    let seconds = u64::try_from(now.seconds()).unwrap_or_default();
    match totp.check(code.trim(), seconds) {
        Some(step) => Ok(store::take_totp_step(&app.sql, user.id, step).await?),
        None => Ok(false),
    }
}

/// Time-based one-time passwords (RFC 6238): 6 digits, 30 s, SHA-1 as every authenticator app has it.
pub fn totp(secret: Vec<u8>) -> Option<totp_rs::Totp> {
    Builder::new().with_secret(Secret::from(secret)).with_skew(TOTP_SKEW_STEPS).build().ok()
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptRules {
    /// The version that was read.
    pub version: i64,
    /// Must be true.
    pub accepted: bool,
}

/// Accepts the rules of behaviour in this session; those of the enhanced door are accepted with them.
#[utoipa::path(post, path = "/api/v1/session/rules", tag = "sign-in", request_body = AcceptRules,
    responses((status = 204), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn accept_rules(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let body: AcceptRules = read_json(&bytes)?;
    if !body.accepted {
        return Err(Problem::invalid("accepted", "the rules must be accepted, or nothing can be asked"));
    }
    if body.version != caller.agency.rules_version {
        return Err(Problem::conflict("version", "the rules have changed; read the current version"));
    }
    let enhanced = caller.session.log_in == LogIn::Enhanced;
    let mut texts = Sha256::new();
    texts.update(caller.agency.rules_text.as_bytes());
    if enhanced {
        texts.update(caller.agency.enhanced_rules_text.as_bytes());
    }
    let details = json!({
        "user": caller.user.id, "version": body.version, "enhanced": enhanced,
        "sha256": hex::encode(texts.finalize()),
    });
    app.ledger.record(Entry::of(Some(caller.agency.id), "rules.accepted", details)).await?;
    store::accept_rules(&app.sql, &caller.session, body.version, enhanced).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the session at the server.
#[utoipa::path(delete, path = "/api/v1/session", tag = "sign-in", responses((status = 204)))]
pub async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Response, Problem> {
    let details = json!({ "user": caller.user.id });
    // Ended first: a ledger that cannot write must not keep a session alive that its owner wants to leave.
    app.answers.forget_session(&caller.session.id);
    store::end_session(&app.sql, &caller.session.id).await?;
    app.ledger.record(Entry::of(Some(caller.agency.id), "sign-out", details)).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let value = sessions::expired_cookie().parse().map_err(|_| Problem::signed_out())?;
    response.headers_mut().insert(header::SET_COOKIE, value);
    Ok(response)
}

/// Who is signed in, and what they may ask.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub user: String,
    pub login: String,
    pub name: String,
    pub agency: String,
    pub unit: String,
    pub unit_id: u32,
    pub agency_id: u32,
    pub preset: String,
    /// The agency's time zone, IANA.
    pub zone: String,
    pub roles: Vec<String>,
    pub permissions: Vec<String>,
    pub door: String,
    /// How a session of the plain door can become one of the enhanced door: `passkey`, `code`. None where it is one, or the
    /// person has no second factor.
    pub step_up: Vec<String>,
    pub rules_accepted: bool,
    /// When the password must be changed, where the agency's rules say so; from then on nothing else can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_expires: Option<String>,
    pub rules: Rules,
    /// The service's time, RFC 3339: what "now" means in a time frame.
    pub now: String,
    /// What `*` means in a plate: `one` character or `any` run of them.
    pub star: String,
    /// Where a map opens: the middle of the cameras that the agency sees, `[longitude, latitude]` in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centre: Option<[f64; 2]>,
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", tag = "sign-in", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub async fn me(State(app): State<Arc<App>>, Extension(caller): Extension<Arc<Caller>>) -> Result<Json<Me>, Problem> {
    let star = match caller.policy()?.wildcards() {
        domain::Wildcards::StarIsOne => "one",
        domain::Wildcards::StarIsAny => "any",
    };
    let enhanced = caller.session.log_in == LogIn::Enhanced;
    Ok(Json(Me {
        user: caller.user.id.to_string(),
        login: caller.user.login.clone(),
        name: caller.user.name.clone(),
        agency: caller.agency.name.clone(),
        agency_id: caller.agency.id.0,
        unit: caller.unit.name.clone(),
        unit_id: caller.unit.id.0,
        preset: caller.agency.preset.clone(),
        zone: caller.agency.zone.clone(),
        roles: caller.user.roles.iter().map(ToString::to_string).collect(),
        permissions: caller.permissions().iter().map(ToString::to_string).collect(),
        door: caller.session.log_in.word().into(),
        step_up: step_up::ways(&app, &caller).await?.into_iter().map(Into::into).collect(),
        rules_accepted: caller.has_accepted_rules(),
        password_expires: caller.password_expires().map(|expires| expires.to_string()),
        rules: Rules {
            version: caller.agency.rules_version,
            text: caller.agency.rules_text.clone(),
            enhanced_text: enhanced.then(|| caller.agency.enhanced_rules_text.clone()),
        },
        now: app.clock.now().to_string(),
        star: star.into(),
        centre: centre(&app, &caller).await?,
    }))
}

async fn centre(app: &App, caller: &Caller) -> Result<Option<[f64; 2]>, Problem> {
    let cameras = sharing::cameras(app, &caller.agency).await?;
    let positions: Vec<_> = cameras.iter().filter_map(|camera| camera.position).collect();
    let middle = |of: fn(&domain::Position) -> f64| {
        let mut values: Vec<f64> = positions.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Ok(middle(domain::Position::lon).zip(middle(domain::Position::lat)).map(|(lon, lat)| [lon, lat]))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What the token is for.
    pub label: String,
    /// At most 90 days; 12 hours through the enhanced door.
    pub hours: u32,
    /// Permissions that the token is limited to; left out, all of its user's.
    pub scopes: Option<Vec<String>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TokenMade {
    /// Shown once.
    pub token: String,
    /// RFC 3339, UTC.
    pub expires: String,
}

/// Makes a bearer token for a program: bound to its user, scoped, expiring, with the rules accepted in this session.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "sign-in", request_body = NewToken,
    responses((status = 201, body = TokenMade), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn make_token(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<TokenMade>), Problem> {
    let body: NewToken = read_json(&bytes)?;
    let label = body.label.trim();
    if label.is_empty() || label.chars().count() > LABEL_CHARS_MAX {
        return Err(Problem::invalid("label", format!("a label has 1 to {LABEL_CHARS_MAX} characters")));
    }
    let now = app.clock.now();
    let lifetime = i64::from(body.hours) * 3_600 * 1_000_000;
    let longest = sessions::token_micros_max(caller.session.log_in);
    if lifetime == 0 || lifetime > longest {
        let detail = format!("a token through this door lives 1 to {} hours", longest / 3_600_000_000);
        return Err(Problem::invalid("hours", detail));
    }
    let expires = now.plus_micros(lifetime);
    if sessions::tokens_end_with_it(&caller.session) && expires > caller.session.expires {
        let detail = format!("a token made here ends with what makes it, at {} at the latest", caller.session.expires);
        return Err(Problem::invalid("hours", detail));
    }
    let mut scopes = caller.session.scopes.clone();
    if let Some(words) = &body.scopes {
        let wanted = words
            .iter()
            .map(|word| {
                Permission::from_word(word)
                    .ok_or_else(|| Problem::invalid("scopes", "a scope is the word of a permission"))
            })
            .collect::<Result<BTreeSet<_>, _>>()?;
        scopes = Some(caller.permissions().intersection(&wanted).copied().collect());
    }
    if store::count_tokens(&app.sql, caller.user.id, now).await? >= sessions::TOKENS_MAX {
        return Err(Problem::too_many(format!("a user has at most {} valid tokens", sessions::TOKENS_MAX)));
    }
    let (secret, id) = sessions::new_secret(&app.vault);
    let details = json!({ "user": caller.user.id, "label": label, "scopes": scopes, "expires": expires });
    app.ledger.record(Entry::of(Some(caller.agency.id), "token.made", details)).await?;
    let session = Session {
        id,
        kind: SessionKind::Token,
        label: label.to_owned(),
        scopes,
        created: now,
        last_seen: now,
        expires,
        ..caller.session.clone()
    };
    store::insert_session(&app.sql, &session).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { token: secret, expires: expires.to_string() })))
}
