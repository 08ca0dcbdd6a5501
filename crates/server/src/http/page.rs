//! The first page and its assets, inside the binary; and health.

use super::Problem;
use crate::App;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Scripts, styles and pictures come from us only; nothing may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
                      font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const INDEX: &str = include_str!("../../page/index.html");

/// Name, media type, content.
const ASSETS: [(&str, &str, &str); 6] = [
    ("app.js", "text/javascript; charset=utf-8", include_str!("../../page/app.js")),
    ("api.js", "text/javascript; charset=utf-8", include_str!("../../page/api.js")),
    ("ask.js", "text/javascript; charset=utf-8", include_str!("../../page/ask.js")),
    ("answer.js", "text/javascript; charset=utf-8", include_str!("../../page/answer.js")),
    ("map.js", "text/javascript; charset=utf-8", include_str!("../../page/map.js")),
    ("style.css", "text/css; charset=utf-8", include_str!("../../page/style.css")),
];

pub async fn index() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, INDEX).into_response()
}

pub async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|(known, _, _)| *known == name);
    let (_, media_type, content) = found.ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, *media_type), (header::CACHE_CONTROL, "no-cache")], *content).into_response())
}

/// Whether the service can answer, and how much it holds; no personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `degraded` where a part of the store is damaged and set aside.
    pub status: String,
    pub version: String,
    pub ledger_size: u64,
}

/// Whether the service can answer.
#[utoipa::path(get, path = "/api/v1/health", tag = "service", responses((status = 200, body = Health), (status = 503, body = Problem)))]
pub async fn health(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    app.sql.ping().await?;
    let whole = app.store.stats().set_aside.is_empty();
    Ok(Json(Health {
        status: if whole { "ok" } else { "degraded" }.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ledger_size: app.ledger.size(),
    }))
}
