//! Photos of an answer's rows: by a grant bound to session, query and returned ids, each opening recorded first.

use super::answers::{self, Outcome};
use super::gate;
use crate::App;
use crate::accounts::Caller;
use crate::http::Problem;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{DetectionId, QueryId};
use std::sync::Arc;

/// Opens one photo. The opening is in the ledger before the first byte leaves.
#[utoipa::path(get, path = "/api/v1/queries/{query}/photos/{detection}/{number}", tag = "queries",
    params(("query" = String, Path), ("detection" = u64, Path), ("number" = u8, Path, description = "from 0")),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg"), (status = 404, body = Problem)))]
pub async fn open(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path((query, detection, number)): Path<(String, u64, u8)>,
) -> Result<Response, Problem> {
    let query: QueryId = query.parse().map_err(|_| Problem::not_found())?;
    let now = app.clock.now();
    let asked = app.answers.get(&caller.session.id, query, now)?;
    let Outcome::Answered(found) = &asked.result else { return Err(Problem::not_found()) };
    let wanted = vec![(DetectionId(detection), number)];
    let returned = answers::returned(found);
    let permit = match policy::photos(caller.policy(&app)?, caller.asker(), query, &returned, wanted, now) {
        Ok(permit) => permit,
        Err(refusal) => {
            // An id that was not returned answers like one that does not exist; the try is recorded all the same.
            gate::refuse(&app, refusal).await?;
            return Err(Problem::not_found());
        }
    };
    let recorded = app.ledger.record(permit).await?;
    let opened = app.store.photos(recorded, app.photo_source.as_ref()).await?;
    let photo = opened.into_iter().next().ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, photo.media_type.to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, photo.bytes).into_response())
}
