//! What cameras post: our own JSON, and the webhooks of Rekor Scout / OpenALPR and Plate Recognizer Stream.
//!
//! Acknowledged means durable and searchable.

use super::caller::camera_of_request;
use super::ingest_log::BatchNumbers;
use super::quarantine;
use crate::App;
use crate::http::Problem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use detections::Outcome;
use feeds::{FeedError, Format};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What became of a post.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct IngestView {
    /// Reads that are now durable and searchable, updates of earlier ones included.
    pub stored: u64,
    /// Reads that were here before, unchanged.
    pub duplicates: u64,
    /// Reads that replaced an earlier version of the same event.
    pub superseded: u64,
    /// Reads of an impossible time, held apart.
    pub quarantined: u64,
    pub rejected: Vec<RejectedView>,
    /// Why there was nothing to store: a heartbeat, a test, nothing detected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// A read that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct RejectedView {
    /// Place in the batch, from 0.
    pub index: usize,
    pub field: String,
    pub reason: String,
}

/// Posts a batch of reads in our own format.
#[utoipa::path(post, path = "/api/v1/detections", tag = "ingest", request_body(content = serde_json::Value, content_type = "application/json", description = "see docs/feeds.md"),
    responses((status = 200, body = IngestView), (status = 401, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn native(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Json<IngestView>, Problem> {
    ingest(app, &headers, None, |_| Format::Native, body).await
}

/// The webhook of Rekor Scout and OpenALPR agents: results, groups, alerts, heartbeats, tests.
#[utoipa::path(post, path = "/api/v1/feeds/rekor", tag = "ingest", request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 200, body = IngestView), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn rekor(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Result<Json<IngestView>, Problem> {
    ingest(app, &headers, None, |_| Format::Rekor, body).await
}

/// The same, for agents that can be given a URL and nothing more.
#[utoipa::path(post, path = "/api/v1/feeds/rekor/{key}", tag = "ingest", params(("key" = String, Path, description = "the camera's credential")),
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 200, body = IngestView), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn rekor_by_path(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Json<IngestView>, Problem> {
    ingest(app, &headers, Some(&key), |_| Format::Rekor, body).await
}

/// The webhook of Plate Recognizer Stream, as JSON or as multipart with `json` and `upload`.
#[utoipa::path(post, path = "/api/v1/feeds/plate-recognizer", tag = "ingest", request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 200, body = IngestView), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn plate_recognizer(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<IngestView>, Problem> {
    ingest(app, &headers, None, plate_recognizer_format, body).await
}

/// The same, for agents that can be given a URL and nothing more.
#[utoipa::path(post, path = "/api/v1/feeds/plate-recognizer/{key}", tag = "ingest", params(("key" = String, Path, description = "the camera's credential")),
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 200, body = IngestView), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn plate_recognizer_by_path(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Json<IngestView>, Problem> {
    ingest(app, &headers, Some(&key), plate_recognizer_format, body).await
}

fn plate_recognizer_format(body: &[u8]) -> Format {
    match feeds::detect_format(body) {
        Some(Format::PlateRecognizerMultipart) => Format::PlateRecognizerMultipart,
        _ => Format::PlateRecognizerJson,
    }
}

async fn ingest(
    app: Arc<App>,
    headers: &HeaderMap,
    key: Option<&str>,
    format: fn(&[u8]) -> Format,
    body: Bytes,
) -> Result<Json<IngestView>, Problem> {
    let camera = camera_of_request(&app, headers, key).await?;
    let now = app.clock.now();
    let facts = camera.facts();
    let read = body.clone();
    let received = tokio::task::spawn_blocking(move || feeds::read(format(&read), &read, &facts, now))
        .await
        .map_err(|error| Problem::failed("reading the body stopped", &error))?
        .map_err(|error| unreadable(&error))?;
    quarantine::hold(&app, &camera, &received.quarantined, now).await?;

    let mut view = IngestView {
        quarantined: received.quarantined.len() as u64,
        rejected: received
            .rejected
            .iter()
            .map(|rejected| RejectedView {
                index: rejected.index,
                field: rejected.field.to_string(),
                reason: rejected.reason.to_string(),
            })
            .collect(),
        notice: received.notice.map(ToOwned::to_owned),
        ..IngestView::default()
    };
    let mut detections = received.detections;
    for same in received.supersedes_events {
        if let Some(sum) = detections.iter_mut().find(|detection| detection.event_id == same.event_id) {
            sum.replaces_events = same.other_event_ids;
        }
    }
    if !detections.is_empty() {
        for appended in app.store.append(detections).await? {
            match appended.outcome {
                Outcome::Stored => view.stored += 1,
                Outcome::Duplicate => view.duplicates += 1,
                Outcome::Superseded => {
                    view.stored += 1;
                    view.superseded += 1;
                }
            }
        }
    }
    let numbers = BatchNumbers {
        stored: view.stored,
        duplicates: view.duplicates,
        rejected: view.rejected.len() as u64,
        quarantined: view.quarantined,
    };
    app.ingest.count(camera.agency, camera.id, now, &body, numbers);
    Ok(Json(view))
}

fn unreadable(error: &FeedError) -> Problem {
    match error {
        FeedError::TooLarge | FeedError::TooManyDetections => Problem::too_large(error.to_string()),
        _ => Problem::unreadable(error.to_string()),
    }
}
