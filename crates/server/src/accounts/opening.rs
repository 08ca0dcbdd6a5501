//! A new session, whichever way its person showed who they are.

use super::caller::SAME_SITE_HEADER;
use super::sessions;
use super::store::{self, Session, SessionKind, User};
use crate::App;
use crate::agencies::store::Agency;
use crate::http::Problem;
use crate::oversight::entries::Entry;
use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::LogIn;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// The rule by which an agency's enhanced door takes only passkeys.
pub const PHISHING_RESISTANT: &str = "phishing-resistant";

/// What a new session must accept before anything else.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    /// Only with `deliver: token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    pub rules: Rules,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Rules {
    pub version: i64,
    pub text: String,
    /// For the enhanced door, rules of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enhanced_text: Option<String>,
}

impl Rules {
    /// What somebody at this door accepts.
    pub fn of(agency: Agency, door: LogIn) -> Self {
        Self {
            version: agency.rules_version,
            text: agency.rules_text,
            enhanced_text: (door == LogIn::Enhanced).then_some(agency.enhanced_rules_text),
        }
    }
}

/// How somebody came in.
#[derive(Debug)]
pub struct Way {
    pub door: LogIn,
    pub kind: SessionKind,
    pub device: String,
    /// The passkey that opened the door, where it was one.
    pub passkey: Option<Uuid>,
}

/// How a session is handed over: `cookie` or `token`.
pub fn delivery(word: &str, headers: &HeaderMap) -> Result<SessionKind, Problem> {
    let kind = match word {
        "cookie" => SessionKind::Web,
        "token" => SessionKind::Token,
        _ => return Err(Problem::invalid("deliver", "a session is delivered by `cookie` or `token`")),
    };
    // A form on another site could sign a browser in to somebody else's account, who would then read what is asked.
    if kind == SessionKind::Web && !headers.contains_key(SAME_SITE_HEADER) {
        return Err(Problem::not_permitted("a sign-in by cookie needs the header `x-sightline: 1`"));
    }
    Ok(kind)
}

/// Whether the agency's policy opens the enhanced door by passkey only. So does a policy of a newer release, which this
/// one cannot read.
pub fn takes_only_passkeys(app: &App, agency: &Agency) -> bool {
    app.policy_of(agency).is_none_or(|policy| policy.limits().phishing_resistant)
}

pub fn only_passkeys() -> Problem {
    Problem {
        rule: Some(PHISHING_RESISTANT.into()),
        unlock: Some("use a passkey; the first is added from a session of the standard door, with the code of your second factor".into()),
        ..Problem::not_permitted("your agency's enhanced door takes a passkey, and no password with a code")
    }
}

/// Records the sign-in, makes the session and hands it over. The account and the agency are known to be open.
pub async fn open(app: &App, user: &User, agency: Agency, way: Way) -> Result<Response, Problem> {
    let Way { door, kind, device, passkey } = way;
    let now = app.clock.now();
    let (secret, id) = sessions::new_secret(&app.vault);
    let session = Session {
        id,
        user: user.id,
        log_in: door,
        by_passkey: passkey.is_some(),
        kind,
        label: "sign-in".into(),
        scopes: None,
        device: device.clone(),
        created: now,
        last_seen: now,
        expires: now.plus_micros(sessions::SESSION_MICROS_MAX),
        rules_version: 0,
        enhanced_rules_version: 0,
    };
    let mut details = json!({ "user": user.id, "door": door, "delivered": kind.delivery(), "device": device });
    if let Some(passkey) = passkey {
        details["passkey"] = json!(passkey);
        // Too many wrong passwords lock passwords, not the key in its owner's hand.
        details["despite_lock"] = json!(user.locked.is_some());
    }
    app.ledger.record(Entry::of(Some(agency.id), "sign-in", details)).await?;
    store::drop_expired_sessions(&app.sql, now).await?;
    store::insert_session(&app.sql, &session).await?;
    store::end_oldest_sessions(&app.sql, user.id, sessions::SESSIONS_MAX).await?;
    hand_over(kind, secret, Rules::of(agency, door))
}

/// The answer that carries a session's secret.
pub fn hand_over(kind: SessionKind, secret: String, rules: Rules) -> Result<Response, Problem> {
    let cookie = (kind == SessionKind::Web).then(|| sessions::cookie(&secret));
    let token = (kind == SessionKind::Token).then_some(secret);
    let mut response = Json(SignedIn { token, rules }).into_response();
    if let Some(cookie) = cookie {
        let value = cookie.parse().map_err(|_| Problem::signed_out())?;
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}
