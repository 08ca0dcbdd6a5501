//! The presets that an agency can choose from.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub struct PresetView {
    pub name: String,
    pub version: String,
    /// What it is, in a few words.
    pub title: String,
    /// How far it can be relied on.
    pub status: String,
}

/// The presets that come with the service.
#[utoipa::path(get, path = "/api/v1/policy/presets", operation_id = "presets", tag = "policy", responses((status = 200, body = Vec<PresetView>)))]
pub async fn list() -> Json<Vec<PresetView>> {
    let view = |preset: policy::Preset| PresetView {
        name: preset.name.into(),
        version: preset.version.into(),
        title: preset.title.into(),
        status: preset.status.into(),
    };
    Json(policy::PRESETS.map(view).into())
}
