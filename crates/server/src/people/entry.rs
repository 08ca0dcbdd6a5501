//! How people of the agency come in, for its managers: their sessions and tokens, and passkeys that were lost.

use super::acts::PeopleAct;
use super::api::{perform, person};
use crate::App;
use crate::accounts::Caller;
use crate::accounts::session_list::{self, SessionView};
use crate::accounts::store as account_store;
use crate::agencies::api::{Made, MadeAnswer};
use crate::http::Problem;
use crate::oversight::entries::Entry;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use domain::UserId;
use serde_json::json;
use std::sync::Arc;

/// Sessions and tokens of a person of the agency, newest first.
#[utoipa::path(get, path = "/api/v1/agency/people/{user}/sessions", operation_id = "sessions_of_person", tag = "people", params(("user" = String, Path)),
    responses((status = 200, body = Vec<SessionView>), (status = 404, body = Problem)))]
pub async fn sessions(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
) -> Result<Json<Vec<SessionView>>, Problem> {
    let user = person(&app, &caller, &user).await?;
    // When and from which device somebody works is theirs: who looks is known.
    let details = json!({ "by": caller.user.id, "user": user });
    app.ledger.record(Entry::of(Some(caller.agency.id), "sessions.viewed", details)).await?;
    Ok(Json(session_list::views(&app, user, Some(&caller.session.id), app.clock.now()).await?))
}

/// Ends all sessions and tokens of a person of the agency; the next request of each is refused.
#[utoipa::path(delete, path = "/api/v1/agency/people/{user}/sessions", operation_id = "end_sessions_of_person", tag = "people", params(("user" = String, Path)),
    responses((status = 201, body = Made), (status = 404, body = Problem)))]
pub async fn end_sessions(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    end(&app, &caller, user, None).await
}

/// Ends one session or token of a person of the agency.
#[utoipa::path(delete, path = "/api/v1/agency/people/{user}/sessions/{session}", operation_id = "end_session_of_person", tag = "people",
    params(("user" = String, Path), ("session" = String, Path)), responses((status = 201, body = Made), (status = 404, body = Problem)))]
pub async fn end_session(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path((user, session)): Path<(String, String)>,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    let id = session_list::find(&app, user, &session).await?;
    end(&app, &caller, user, Some((id, session))).await
}

async fn end(app: &App, caller: &Caller, user: UserId, session: Option<(String, String)>) -> MadeAnswer {
    let open = account_store::sessions_of(&app.sql, user, app.clock.now()).await?;
    let ended = open.into_iter().map(|one| one.id).filter(|id| session.as_ref().is_none_or(|(only, _)| only == id));
    let ended: Vec<String> = ended.collect();
    let made = perform(app, caller, PeopleAct::EndSessions { agency: caller.agency.id, user, session }).await?;
    for id in &ended {
        app.answers.forget_session(id);
    }
    Ok(made)
}

/// Removes all passkeys of a person who lost them, and ends every session. The first new one is added with the code of the
/// second factor.
#[utoipa::path(delete, path = "/api/v1/agency/people/{user}/passkeys", operation_id = "remove_passkeys_of_person", tag = "people", params(("user" = String, Path)),
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn remove_passkeys(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    perform(&app, &caller, PeopleAct::RemovePasskeys { agency: caller.agency.id, user }).await
}
