//! The public log over HTTP in the layout of C2SP tlog-tiles: hashes and commitments, no content. And receipts.

use crate::App;
use crate::http::Problem;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::path::{Component, Path as FilePath};
use std::sync::Arc;

/// Longest tile path: `tile/63/` and seven groups of three digits.
const TILE_PATH_CHARS_MAX: usize = 60;

/// The newest signed checkpoint of the log (C2SP tlog-checkpoint).
#[utoipa::path(get, path = "/ledger/checkpoint", tag = "ledger", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn checkpoint(State(app): State<Arc<App>>) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")],
        app.ledger.checkpoint(),
    )
        .into_response()
}

/// The key that verifies checkpoints (C2SP signed-note, verifier key form). After a rotation a line for each key that signs,
/// the current one first.
#[utoipa::path(get, path = "/ledger/vkey", tag = "ledger", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn verifier_key(State(app): State<Arc<App>>) -> Response {
    let keys = app.ledger.verifier_keys().join("\n");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{keys}\n")).into_response()
}

/// A tile of hashes or a bundle of entries (C2SP tlog-tiles).
#[utoipa::path(get, path = "/ledger/tile/{path}", tag = "ledger", params(("path" = String, Path, description = "level and number, or `entries` and number")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub async fn tile(State(app): State<Arc<App>>, Path(path): Path<String>) -> Result<Response, Problem> {
    let plain = FilePath::new(&path).components().all(|part| matches!(part, Component::Normal(_)));
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '/' | '.');
    if !plain || path.len() > TILE_PATH_CHARS_MAX || !path.chars().all(allowed) {
        return Err(Problem::not_found());
    }
    let file = app.ledger_folder.join("tile").join(&path);
    let content = tokio::fs::read(file).await.map_err(|_| Problem::not_found())?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, content).into_response())
}

/// The receipt of an entry: a proof that it is in the log, verifiable offline (C2SP tlog-proof).
#[utoipa::path(get, path = "/api/v1/ledger/entries/{index}/receipt", tag = "ledger", params(("index" = u64, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = Problem)))]
pub async fn receipt(State(app): State<Arc<App>>, Path(index): Path<u64>) -> Result<Response, Problem> {
    if index >= app.ledger.size() {
        return Err(Problem::not_found());
    }
    let receipt = app.ledger.receipt(index).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], receipt).into_response())
}
