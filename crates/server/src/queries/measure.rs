//! What may be known of areas before anything is asked: their size, the cameras in them, the budget that is left.

use super::area_budget;
use super::body::{self, AreaBody};
use crate::App;
use crate::accounts::Caller;
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::sharing;
use axum::body::Bytes;
use axum::extract::State;
use axum::{Extension, Json};
use domain::limits::AREAS_MAX;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    pub areas: Vec<AreaBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Measured {
    /// Size of each area in square metres.
    pub square_metres: Vec<f64>,
    /// Size of all of them in square metres, each place counted once.
    pub together_square_metres: f64,
    /// The caller's budget of area and time as it stands.
    pub budget: AreaBudgetView,
    /// Fixed cameras of owners that the caller's agency may see, inside any of the areas.
    pub cameras: usize,
}

/// A person's own budget of area and time within 30 days (LIM-2).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AreaBudgetView {
    /// Square kilometres times days.
    pub km2_days: u32,
    /// Of these, what is left.
    pub left_km2_days: f64,
    /// When some of what was spent is free again. RFC 3339, UTC; left out where nothing was spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_free: Option<String>,
}

impl AreaBudgetView {
    pub(super) async fn of(app: &App, caller: &Caller) -> Result<Self, Problem> {
        let (km2_days, spent, more_free) = area_budget::standing(app, caller).await?;
        #[expect(clippy::cast_precision_loss, reason = "a number to show")]
        let left = (f64::from(km2_days) - spent as f64 / policy::M2_PER_KM2 as f64).max(0.0);
        Ok(Self { km2_days, left_km2_days: left, more_free: more_free.map(|at| at.to_string()) })
    }
}

/// The size of areas and how many cameras stand in them: what may be known before a recorded preview. No count of reads.
#[utoipa::path(post, path = "/api/v1/areas/measure", tag = "queries", request_body = Measure,
    responses((status = 200, body = Measured), (status = 422, body = Problem)))]
pub async fn measure(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<Json<Measured>, Problem> {
    let measure = read_json::<Measure>(&bytes)?;
    if measure.areas.len() > AREAS_MAX {
        return Err(Problem::invalid("areas", format!("at most {AREAS_MAX} areas")));
    }
    let areas = body::areas(&measure.areas, "areas")?;
    let together = domain::square_metres_together(&areas.iter().collect::<Vec<_>>())
        .map_err(|error| Problem::invalid("areas", error.to_string()))?;
    let cameras = sharing::cameras(&app, &caller.agency).await?;
    let inside = cameras
        .iter()
        .filter(|camera| camera.position.is_some_and(|position| areas.iter().any(|area| area.contains(position))));
    Ok(Json(Measured {
        cameras: inside.count(),
        square_metres: areas.iter().map(domain::Area::square_metres).collect(),
        together_square_metres: together,
        budget: AreaBudgetView::of(&app, &caller).await?,
    }))
}
