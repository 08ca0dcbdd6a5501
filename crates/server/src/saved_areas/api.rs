//! The routes of saved areas.

use super::store::{self, Content, NewSavedAreas, SAVED_AREAS_MAX};
use crate::App;
use crate::accounts::Caller;
use crate::agencies::acts::{self, Act, Secrets};
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::queries::body::{self, AreaBody};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::limits::{AREA_CORNERS_MAX, AREAS_MAX};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

const NAME_CHARS_MAX: usize = 80;
/// Corners of all areas under one name, so that the list of them stays small.
const CORNERS_MAX: usize = AREA_CORNERS_MAX;

/// Areas under a name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveAreas {
    /// At most 80 characters.
    #[schema(max_length = 80)]
    pub name: String,
    /// At most 50, with at most 10,000 corners together.
    #[schema(min_items = 1, max_items = 50)]
    pub areas: Vec<AreaBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SavedAreasView {
    pub id: String,
    pub name: String,
    pub areas: Vec<AreaBody>,
    /// RFC 3339, UTC.
    pub saved: String,
}

/// The caller's own saved areas, newest first.
#[utoipa::path(get, path = "/api/v1/saved-areas", operation_id = "saved_areas", tag = "queries", responses((status = 200, body = Vec<SavedAreasView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<SavedAreasView>>, Problem> {
    let saved = store::of_user(&app.sql, &app.vault, caller.agency.id, caller.user.id).await?;
    let view = |saved: store::SavedAreas| SavedAreasView {
        id: saved.id.to_string(),
        name: saved.content.name,
        areas: saved.content.areas,
        saved: saved.saved.to_string(),
    };
    Ok(Json(saved.into_iter().map(view).collect()))
}

/// Saves areas under a name, for the caller alone; at most 50.
#[utoipa::path(post, path = "/api/v1/saved-areas", tag = "queries", request_body = SaveAreas,
    responses((status = 201, body = SavedAreasView), (status = 422, body = Problem)))]
pub async fn save(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<SavedAreasView>), Problem> {
    let SaveAreas { name, areas } = read_json(&bytes)?;
    let name = checked_name(&name)?;
    if areas.is_empty() || areas.len() > AREAS_MAX {
        return Err(Problem::invalid("areas", format!("1 to {AREAS_MAX} areas are saved under one name")));
    }
    let corners: usize = areas.iter().flat_map(|area| &area.coordinates).map(Vec::len).sum();
    if corners > CORNERS_MAX {
        return Err(Problem::invalid(
            "areas",
            format!("areas under one name have at most {CORNERS_MAX} corners together"),
        ));
    }
    let read = body::places(&areas, "areas")?.into_iter().map(|place| place.area).collect();
    if store::count(&app.sql, caller.user.id).await? >= SAVED_AREAS_MAX {
        return Err(Problem::invalid(
            "name",
            format!("at most {SAVED_AREAS_MAX} areas can be saved; delete one first"),
        ));
    }
    let content = Content { name, areas };
    let new = NewSavedAreas {
        id: Uuid::now_v7(),
        agency: caller.agency.id,
        user: caller.user.id,
        saved: app.clock.now(),
        name: content.name.clone(),
        areas: read,
        sealed: store::seal(&app.vault, caller.agency.id, &content)?,
    };
    let (id, saved) = (new.id.to_string(), new.saved.to_string());
    acts::perform(&app, Some(caller.user.id), Act::SaveAreas(new), Secrets::default()).await?;
    let view = SavedAreasView { id, name: content.name, areas: content.areas, saved };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Deletes saved areas of the caller's own.
#[utoipa::path(delete, path = "/api/v1/saved-areas/{id}", tag = "queries", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let act = Act::DeleteSavedAreas { agency: caller.agency.id, user: caller.user.id, id };
    acts::perform(&app, Some(caller.user.id), act, Secrets::default()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked_name(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Problem::invalid("name", format!("a name has 1 to {NAME_CHARS_MAX} characters")));
    }
    Ok(text.to_owned())
}
