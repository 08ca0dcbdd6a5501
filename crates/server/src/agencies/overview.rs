//! What managers look at: their own agency with everything that they can change, and the names of other agencies.

use super::store;
use crate::App;
use crate::accounts::first_start::HOST_AGENCY;
use crate::accounts::{Caller, store as account_store};
use crate::cameras::store as camera_store;
use crate::http::Problem;
use crate::people::store as people_store;
use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The manager's agency at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overview {
    pub id: u32,
    pub name: String,
    pub preset: String,
    pub zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    pub public_body: bool,
    /// Where the agency's usage and privacy policy is published, with the date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    pub rules_version: i64,
    pub rules: RulesView,
    pub units: Vec<UnitView>,
    /// All of them, also those that are withdrawn.
    pub reasons: Vec<ReasonSetting>,
    pub users: Vec<UserView>,
    pub cameras: Vec<CameraView>,
}

/// The current rules of behaviour of both doors, as `PUT /api/v1/agency/rules` takes them.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesView {
    pub text: String,
    pub enhanced_text: String,
}

/// A reason code as `PUT /api/v1/agency/reasons/{code}` takes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonSetting {
    pub code: String,
    pub label: String,
    pub criminal: bool,
    /// False where it is withdrawn.
    pub active: bool,
    /// `criminal-investigation`, `missing-or-endangered`, `notice`, `other`.
    pub class: String,
    /// Units that may use it; left out, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<Vec<u32>>,
    /// The legal authority that the reason rests on.
    pub authority: String,
    pub look_back_days: u32,
}

impl From<store::Reason> for ReasonSetting {
    fn from(reason: store::Reason) -> Self {
        Self {
            code: reason.code.0,
            label: reason.label,
            criminal: reason.criminal,
            active: reason.active,
            class: reason.class.word().into(),
            units: reason.units.map(|units| units.into_iter().map(|unit| unit.0).collect()),
            authority: reason.authority,
            look_back_days: reason.look_back_days,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UnitView {
    pub id: u32,
    pub name: String,
    pub profile: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    pub user: String,
    pub login: String,
    pub name: String,
    pub unit: u32,
    pub roles: Vec<String>,
    pub permissions: Vec<String>,
    pub cleared: bool,
    pub active: bool,
    pub second_factor: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CameraView {
    pub id: u32,
    pub key: String,
    pub name: String,
    pub source: String,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub active: bool,
}

/// Rules, units, reasons, users and cameras of the manager's agency, the same through either door.
#[utoipa::path(get, path = "/api/v1/agency", tag = "management", responses((status = 200, body = Overview), (status = 403, body = Problem)))]
pub async fn overview(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Overview>, Problem> {
    let agency = &caller.agency;
    let units = store::units(&app.sql, agency.id).await?;
    let users = account_store::users_of(&app.sql, agency.id).await?;
    let grants = people_store::grants_of_agency(&app.sql, agency.id).await?;
    let cameras = camera_store::of_agency(&app.sql, agency.id).await?;
    let reasons = store::reasons(&app.sql, agency.id).await?;
    Ok(Json(Overview {
        id: agency.id.0,
        name: agency.name.clone(),
        preset: agency.preset.clone(),
        zone: agency.zone.clone(),
        state: agency.state.clone(),
        public_body: agency.public_body,
        published: agency.published.clone(),
        rules_version: agency.rules_version,
        rules: RulesView { text: agency.rules_text.clone(), enhanced_text: agency.enhanced_rules_text.clone() },
        reasons: reasons.into_iter().map(ReasonSetting::from).collect(),
        units: units
            .into_iter()
            .map(|unit| UnitView { id: unit.id.0, name: unit.name, profile: unit.profile })
            .collect(),
        users: users
            .into_iter()
            .map(|user| UserView {
                user: user.id.to_string(),
                login: user.login,
                name: user.name,
                unit: user.unit.0,
                roles: user.roles.iter().map(ToString::to_string).collect(),
                permissions: grants
                    .get(&user.id)
                    .map(|grants| grants.keys().map(ToString::to_string).collect())
                    .unwrap_or_default(),
                cleared: user.cleared,
                active: user.active,
                second_factor: user.totp_sealed.is_some(),
            })
            .collect(),
        cameras: cameras
            .into_iter()
            .map(|camera| CameraView {
                id: camera.id.0,
                key: camera.key,
                name: camera.name,
                source: camera.source.word().into(),
                lat: camera.position.map(|position| position.lat()),
                lon: camera.position.map(|position| position.lon()),
                active: camera.active,
            })
            .collect(),
    }))
}

/// An agency as it can be chosen for an agreement.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyName {
    pub id: u32,
    pub name: String,
}

/// The agencies with which the manager's can sign an agreement: active ones, without its own and without the host's,
/// which has no use for detections. Names and numbers, nothing else of them.
#[utoipa::path(get, path = "/api/v1/agencies/names", tag = "management",
    responses((status = 200, body = Vec<AgencyName>), (status = 403, body = Problem)))]
pub async fn agency_names(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<AgencyName>>, Problem> {
    let agencies = store::agencies(&app.sql).await?;
    let others = agencies
        .into_iter()
        .filter(|agency| agency.active && agency.id != caller.agency.id && agency.name != HOST_AGENCY);
    let mut names: Vec<_> = others.map(|agency| AgencyName { id: agency.id.0, name: agency.name }).collect();
    names.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(names))
}
