//! Photos of an answer's rows: by a grant bound to session, query and returned ids, each opening recorded first.

use super::answers;
use super::api::{answered, open_answer, read};
use super::gate;
use crate::App;
use crate::accounts::Caller;
use crate::http::Problem;
use crate::http::problem::chain;
use crate::http::routes::read_json;
use crate::http::web::AsItIs;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use detections::OpenedPhoto;
use domain::DetectionId;
use futures::StreamExt;
use ledger::Recorded;
use policy::{PHOTOS_AT_ONCE_MAX, PhotoPermit};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use utoipa::ToSchema;

/// Photos of a batch that are opened while an earlier one is being sent; no more are held.
const OPENED_AHEAD: usize = 4;
/// Random bytes of the line between two parts: no photo holds it.
const BOUNDARY_BYTES: usize = 16;

/// Opens one photo. The opening is in the ledger before the first byte leaves.
#[utoipa::path(get, path = "/api/v1/queries/{query}/photos/{detection}/{number}", tag = "queries",
    params(("query" = String, Path), ("detection" = u64, Path), ("number" = u8, Path, description = "from 0")),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg"), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn open(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path((query, detection, number)): Path<(String, u64, u8)>,
) -> Result<Response, Problem> {
    let recorded = grant(&app, &caller, &query, vec![(DetectionId(detection), number)]).await?;
    let opened = app.store.photos(recorded, app.photo_source.as_ref()).await?;
    let photo = opened.into_iter().next().ok_or_else(Problem::not_found)?;
    let headers = [(header::CONTENT_TYPE, photo.media_type), (header::CACHE_CONTROL, NOT_KEPT)];
    Ok((headers, photo.bytes).into_response())
}

const NOT_KEPT: &str = "private, no-store";

/// Photos to open at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotoBatch {
    /// At most 4,000: all photos of a page of rows.
    #[schema(min_items = 1, max_items = 4000)]
    pub photos: Vec<PhotoName>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhotoName {
    /// Id of a row of the answer.
    pub detection: String,
    /// From 0.
    pub number: u8,
}

/// Opens many photos with one entry in the ledger, which is durable before the first byte leaves. A part for each photo in
/// the order asked, named `detection/number`; one that cannot be opened any more is left out.
#[utoipa::path(post, path = "/api/v1/queries/{query}/photos", tag = "queries", params(("query" = String, Path)), request_body = PhotoBatch,
    responses((status = 200, body = Vec<u8>, content_type = "multipart/form-data"), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn open_batch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(query): Path<String>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let wanted = read(&app, &caller, read_json::<PhotoBatch>(&bytes).and_then(PhotoBatch::wanted)).await?;
    let permit = Arc::new(grant(&app, &caller, &query, wanted).await?);
    let boundary = format!("sightline-{}", hex::encode(storage::vault::random_bytes::<BOUNDARY_BYTES>()));
    let content_type = format!("multipart/form-data; boundary={boundary}");
    let end = Bytes::from(format!("--{boundary}--\r\n"));
    let places = 0..permit.act().photos().len();
    let parts = futures::stream::iter(places)
        .map(move |place| opened(Arc::clone(&app), Arc::clone(&permit), place))
        .buffered(OPENED_AHEAD)
        .filter_map(async |photo| photo)
        .flat_map(move |photo| futures::stream::iter(part(&boundary, photo)))
        .chain(futures::stream::iter([end]));
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, NOT_KEPT.to_owned())];
    let mut response = (headers, Body::from_stream(parts.map(Ok::<_, Infallible>))).into_response();
    // Photos are compressed in themselves.
    response.extensions_mut().insert(AsItIs);
    Ok(response)
}

impl PhotoBatch {
    fn wanted(self) -> Result<Vec<(DetectionId, u8)>, Problem> {
        if self.photos.is_empty() || self.photos.len() > PHOTOS_AT_ONCE_MAX {
            return Err(Problem::invalid("photos", format!("1 to {PHOTOS_AT_ONCE_MAX} photos can be opened at once")));
        }
        let read = |(place, photo): (usize, PhotoName)| {
            let field = || Problem::invalid(format!("photos[{place}].detection"), "the id of a detection is a number");
            Ok((photo.detection.parse().map_err(|_| field())?, photo.number))
        };
        self.photos.into_iter().enumerate().map(read).collect()
    }
}

/// The permit for photos of an answer of this session, after its entry is durable. An id that was not returned answers
/// like one that does not exist; the try is recorded all the same.
async fn grant(
    app: &App,
    caller: &Caller,
    query: &str,
    wanted: Vec<(DetectionId, u8)>,
) -> Result<Recorded<PhotoPermit>, Problem> {
    let asked = open_answer(app, caller, query).await?;
    let returned = answers::returned(answered(&asked)?);
    let now = app.clock.now();
    match policy::photos(caller.policy()?, caller.asker(), asked.query, &returned, wanted, now) {
        Ok(permit) => Ok(app.ledger.record(permit).await?),
        Err(refusal) => {
            gate::refuse(app, refusal).await?;
            Err(Problem::not_found())
        }
    }
}

async fn opened(app: Arc<App>, permit: Arc<Recorded<PhotoPermit>>, place: usize) -> Option<OpenedPhoto> {
    match app.store.photo(&permit, place, app.photo_source.as_ref()).await {
        Ok(photo) => photo,
        Err(error) => {
            tracing::error!(cause = chain(&error), "a photo could not be opened and is left out");
            None
        }
    }
}

/// One part of the form: head, photo, end of line.
fn part(boundary: &str, photo: OpenedPhoto) -> [Bytes; 3] {
    let OpenedPhoto { detection, n, media_type, bytes, .. } = photo;
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"{detection}/{n}\"; filename=\"{detection}-{n}\"\r\n\
         content-type: {media_type}\r\n\r\n"
    );
    [head.into(), bytes.into(), Bytes::from_static(b"\r\n")]
}
