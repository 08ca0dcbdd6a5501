//! Errors on the wire: problem details (RFC 9457). What happened, which field, what would help; never a plate or a name.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The body of every error answer, `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank` family: the code says what it is. Stable: `not-permitted`, `invalid`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// A short, constant sentence for the code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in plain words.
    pub detail: String,
    /// The field at fault, as a path into the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The policy rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlock: Option<String>,
    /// The query that waits for a confirmation (LIM-1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Ledger entry that records this refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_entry: Option<u64>,
    /// Of a file: the lines that cannot be taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineFault>,
    /// How many more there are than told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_lines: Option<u64>,
}

/// What is wrong with a line of a file; what stands there is not repeated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LineFault {
    /// From 1, the header.
    pub line: u64,
    pub detail: String,
}

impl Problem {
    fn new(code: &str, title: &str, status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:sightline:problem:{code}"),
            title: title.into(),
            status: status.as_u16(),
            detail: detail.into(),
            field: None,
            rule: None,
            unlock: None,
            query: None,
            ledger_entry: None,
            lines: Vec::new(),
            more_lines: None,
        }
    }

    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new("invalid", "The request is not valid", StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }

    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new("unreadable", "The request could not be read", StatusCode::BAD_REQUEST, detail)
    }

    pub fn signed_out() -> Self {
        Self::new("signed-out", "Sign in first", StatusCode::UNAUTHORIZED, "there is no valid session or token")
    }

    pub fn wrong_credentials() -> Self {
        let detail = "the name, password or code is wrong, or the account is closed or locked";
        Self::new("wrong-credentials", "Sign-in failed", StatusCode::UNAUTHORIZED, detail)
    }

    /// Too many wrong secrets in the middle of a session.
    pub fn too_many_tries() -> Self {
        Self::too_many("too many tries; wait fifteen minutes")
    }

    /// In the middle of a session, which goes on.
    pub fn wrong_second_factor() -> Self {
        let detail = "the code or passkey is wrong, was used before, or came too late; your session goes on as it was";
        Self::new("wrong-second-factor", "Not confirmed", StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub fn accept_rules() -> Self {
        Self {
            unlock: Some("accept the current rules of behaviour".into()),
            ..Self::new(
                "accept-rules",
                "The rules of behaviour are not accepted",
                StatusCode::FORBIDDEN,
                "the current rules of behaviour must be accepted in this session first",
            )
        }
    }

    /// `typed_for`: by somebody else, who knows it; otherwise it is too old.
    pub fn change_password(typed_for: bool) -> Self {
        let detail = if typed_for {
            "somebody else typed this password; choose one that nobody else knows"
        } else {
            "the agency's rules ask for a new password every year"
        };
        Self {
            unlock: Some("change the password".into()),
            ..Self::new("change-password", "The password must be changed", StatusCode::FORBIDDEN, detail)
        }
    }

    pub fn not_permitted(detail: impl Into<String>) -> Self {
        Self::new("not-permitted", "Not permitted", StatusCode::FORBIDDEN, detail)
    }

    pub fn needs_confirmation(query: impl Into<String>) -> Self {
        Self {
            query: Some(query.into()),
            unlock: Some("narrow the question, or confirm to get the 5,000 most recent".into()),
            ..Self::new(
                "needs-confirmation",
                "The answer is large",
                StatusCode::CONFLICT,
                "at least 10,000 results match; confirm to get the 5,000 most recent, or narrow the question",
            )
        }
    }

    /// Also for things that exist but are not for this caller: both answer alike.
    pub fn not_found() -> Self {
        Self::new("not-found", "Not found", StatusCode::NOT_FOUND, "there is nothing here that you may see")
    }

    pub fn no_such_range() -> Self {
        let detail = "the range begins after the end of the file";
        Self::new("no-such-range", "No such range", StatusCode::RANGE_NOT_SATISFIABLE, detail)
    }

    pub fn conflict(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new("conflict", "Already taken", StatusCode::CONFLICT, detail) }
    }

    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::new("too-many", "Too many", StatusCode::TOO_MANY_REQUESTS, detail)
    }

    pub fn took_too_long() -> Self {
        let detail = "the request took too long and was given up; what was asked is in the ledger";
        Self::new("took-too-long", "The service took too long", StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new("too-large", "Too large", StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// The world failed: disk, network, busy. The cause is logged once, here, and not shown.
    pub fn failed(what: &'static str, cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(what, cause = chain(cause), "a request failed");
        Self::new(
            "failed",
            "The service cannot do this now",
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{what}; nothing was done, try again"),
        )
    }

    /// Our mistake; logged here, once.
    pub fn broken(what: &'static str) -> Self {
        tracing::error!(what, "a part of the service is broken");
        Self::new("broken", "The service made a mistake", StatusCode::INTERNAL_SERVER_ERROR, what)
    }

    /// No audit, no answer.
    pub fn ledger_unavailable(cause: &(dyn std::error::Error + 'static)) -> Self {
        Self::failed("the audit ledger cannot be written", cause)
    }

    #[must_use]
    pub fn recorded_as(self, entry: u64) -> Self {
        Self { ledger_entry: Some(entry), ..self }
    }
}

/// The error and its causes, for the log. Error texts carry no plates, names or case references (invariant 5).
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::failed("the database did not answer", &error)
    }
}

impl From<ledger::LedgerError> for Problem {
    fn from(error: ledger::LedgerError) -> Self {
        Self::ledger_unavailable(&error)
    }
}

impl From<detections::StoreError> for Problem {
    fn from(error: detections::StoreError) -> Self {
        // What the caller can mend is not an outage, and not logged as one.
        if error.is_refusal() {
            let detail = error.to_string();
            return Self::new("invalid", "The request is not valid", StatusCode::UNPROCESSABLE_ENTITY, detail);
        }
        Self::failed("the detection store did not answer", &error)
    }
}
