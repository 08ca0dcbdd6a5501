//! Sessions and tokens as their person sees them, and as a manager of the agency does. Ending one acts on its next request.

use super::caller::Caller;
use super::store::{self, Session};
use crate::App;
use crate::http::Problem;
use crate::oversight::entries::Entry;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::{UserId, UtcMicros};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

/// A session of a browser, or a token of a program.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// For ending it; opens nothing.
    pub id: String,
    /// `web`, by cookie; `token`, by bearer token.
    pub kind: String,
    /// What a token is for; `sign-in` for what a sign-in made.
    pub label: String,
    /// `plain` or `enhanced`.
    pub door: String,
    /// A passkey opened the door.
    pub by_passkey: bool,
    /// What the device said of itself.
    pub device: String,
    /// Permissions that a token is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// RFC 3339, UTC, as all times here.
    pub created: String,
    /// At most a minute old.
    pub last_seen: String,
    /// When it ends if nobody uses it any more.
    pub ends: String,
    /// The one that asks.
    pub current: bool,
}

impl SessionView {
    fn of(session: &Session, current: Option<&str>) -> Self {
        Self {
            id: session.handle(),
            kind: session.kind.word().into(),
            label: session.label.clone(),
            door: session.log_in.word().into(),
            by_passkey: session.by_passkey,
            device: session.device.clone(),
            scopes: session.scopes.as_ref().map(|scopes| scopes.iter().map(ToString::to_string).collect()),
            created: session.created.to_string(),
            last_seen: session.last_seen.to_string(),
            ends: session.ends().to_string(),
            current: current == Some(session.id.as_str()),
        }
    }
}

/// Sessions and tokens of a person, newest first.
pub async fn views(
    app: &App,
    user: UserId,
    current: Option<&str>,
    now: UtcMicros,
) -> Result<Vec<SessionView>, Problem> {
    let sessions = store::sessions_of(&app.sql, user, now).await?;
    Ok(sessions.iter().map(|session| SessionView::of(session, current)).collect())
}

/// The id behind a handle. A session that is over, another person's and one that never was answer alike.
pub async fn find(app: &App, user: UserId, handle: &str) -> Result<String, Problem> {
    let sessions = store::sessions_of(&app.sql, user, app.clock.now()).await?;
    let found = sessions.into_iter().find(|session| session.handle() == handle);
    found.map(|session| session.id).ok_or_else(Problem::not_found)
}

/// The caller's own sessions and tokens, newest first.
#[utoipa::path(get, path = "/api/v1/sessions", operation_id = "sessions", tag = "sign-in",
    responses((status = 200, body = Vec<SessionView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<SessionView>>, Problem> {
    Ok(Json(views(&app, caller.user.id, Some(&caller.session.id), app.clock.now()).await?))
}

/// Ends one of the caller's own sessions or tokens.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", operation_id = "end_session", tag = "sign-in", params(("session" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn end(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(session): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = find(&app, caller.user.id, &session).await?;
    let details = json!({ "user": caller.user.id, "session": session });
    app.ledger.record(Entry::of(Some(caller.agency.id), "session.ended", details)).await?;
    store::end_session(&app.sql, &id).await?;
    app.answers.forget_session(&id);
    Ok(StatusCode::NO_CONTENT)
}
