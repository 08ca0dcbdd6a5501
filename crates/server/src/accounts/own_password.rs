//! A person changes the own password, at once where the agency's rules say that it is too old.

use super::api::lock_after_failures;
use super::caller::Caller;
use super::password;
use super::store;
use crate::App;
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::oversight::entries::Entry;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    pub current: String,
    pub new: String,
}

/// Changes the own password, and ends all other sessions and tokens of the account.
#[utoipa::path(put, path = "/api/v1/session/password", operation_id = "change_password", tag = "sign-in", request_body = ChangePassword,
    responses((status = 204), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    let body: ChangePassword = read_json(&bytes)?;
    let (user, now) = (&caller.user, app.clock.now());
    password::check_strength(&body.new, caller.agency.passwords, &[&user.login, &caller.agency.name])
        .map_err(|problem| Problem { field: Some("new".into()), ..problem })?;
    if body.new == body.current {
        return Err(Problem::invalid("new", "the new password is the present one"));
    }
    if user.locked.is_some() {
        return Err(Problem::too_many_tries());
    }
    // A stolen session must not guess the password behind it.
    let check = app.passwords.verify(body.current, Some(user.password.clone()));
    let fits = app.sign_ins.check(&user.login, now, check).await.ok_or_else(Problem::too_many_tries)?;
    if !fits? {
        let details = json!({ "user": user.id });
        app.ledger.record(Entry::of(Some(caller.agency.id), "password.change-failed", details)).await?;
        lock_after_failures(&app, &user.login, (user.id, caller.agency.id)).await?;
        return Err(Problem::invalid("current", "this is not the present password"));
    }
    let hash = password::hash(body.new).await?;
    let details = json!({ "user": user.id });
    app.ledger.record(Entry::of(Some(caller.agency.id), "password.changed", details)).await?;
    store::set_password(&app.sql, user.id, &hash, &caller.session.id, now).await?;
    Ok(StatusCode::NO_CONTENT)
}
