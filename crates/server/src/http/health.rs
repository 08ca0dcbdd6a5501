//! Whether the service can answer.

use super::Problem;
use crate::App;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Whether the service can answer, and how much it holds; no personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `degraded` where a part of the store is damaged and set aside, a rule of a policy failed, or a new certificate
    /// cannot be used.
    pub status: String,
    pub version: String,
    pub ledger_size: u64,
    /// Questions that were refused because a rule could not be evaluated, since the start.
    pub policy_errors: u64,
    /// The certificate's files hold something that cannot be used; an older certificate is in use.
    pub stale_certificate: bool,
}

/// Whether the service can answer.
#[utoipa::path(get, path = "/api/v1/health", tag = "service", responses((status = 200, body = Health), (status = 503, body = Problem)))]
pub async fn health(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    app.sql.ping().await?;
    let policy_errors = app.alarms.since_start();
    let stale_certificate = app.certificates.get().is_some_and(|certificates| certificates.is_stale());
    let whole = app.store.stats().set_aside.is_empty() && policy_errors == 0 && !stale_certificate;
    Ok(Json(Health {
        status: if whole { "ok" } else { "degraded" }.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ledger_size: app.ledger.size(),
        policy_errors,
        stale_certificate,
    }))
}
