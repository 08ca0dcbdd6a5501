//! The routes of the base map.

use super::{Basemap, Content, Kind, Layers, ranges};
use crate::App;
use crate::http::Problem;
use crate::http::web::knows;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What maps are drawn on.
#[derive(Debug, Serialize, ToSchema)]
pub struct BasemapView {
    pub kind: Kind,
    /// A path of this service, or a template with `{z}/{x}/{y}` or a `TileJSON` document of another host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Plain text, to be shown on the map.
    pub attribution: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_zoom: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_zoom: Option<u8>,
    /// How the layers are named, for vector tiles and the city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Layers>,
}

impl From<&Basemap> for BasemapView {
    fn from(basemap: &Basemap) -> Self {
        Self {
            kind: basemap.kind,
            url: basemap.url.clone(),
            attribution: basemap.attribution.clone(),
            min_zoom: basemap.min_zoom,
            max_zoom: basemap.max_zoom,
            layers: basemap.layers,
        }
    }
}

/// What maps are drawn on. For people who are signed in: a tile host's address may hold the deployment's key.
#[utoipa::path(get, path = "/api/v1/basemap", tag = "service", responses((status = 200, body = BasemapView)))]
pub async fn about(State(app): State<Arc<App>>) -> Json<BasemapView> {
    Json(BasemapView::from(&app.basemap))
}

/// The map itself, where this machine has it: the city as `GeoJSON`, or a `PMTiles` file in ranges.
#[utoipa::path(get, path = "/basemap/{name}", tag = "service", params(("name" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"), (status = 304), (status = 404, body = Problem),
        (status = 416, body = Problem)))]
pub async fn content(
    State(app): State<Arc<App>>,
    Path(wanted): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match &app.basemap.content {
        Content::Document { name, json, etag } if *name == wanted => {
            let common = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, "no-cache".into())];
            if knows(&headers, etag) {
                return Ok((StatusCode::NOT_MODIFIED, common).into_response());
            }
            Ok((common, [(header::CONTENT_TYPE, "application/geo+json")], json.clone()).into_response())
        }
        Content::File { name, path } if *name == wanted => {
            ranges::send(path, "application/vnd.pmtiles", &headers).await
        }
        _ => Err(Problem::not_found()),
    }
}
