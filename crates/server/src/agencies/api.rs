//! Changes over HTTP: agencies by the host operator; units, reasons, rules, users, cameras, agreements by managers, of
//! their own agency only. What managers look at is in [`super::overview`].

use super::acts::{self, Act, Done, NewAgency, NewCamera, NewUser, Secrets};
use super::new_accounts::{first_secrets, make_account};
use super::store::{self, Reason};
use crate::App;
use crate::accounts::invitations::InvitationMade;
use crate::accounts::password::PasswordRules;
use crate::accounts::{Caller, sessions};
use crate::http::Problem;
use crate::http::routes::read_json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::{AgencyId, CameraId, Permission, Position, ReasonClass, ReasonCode, Role, Source, UnitId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

const NAME_CHARS_MAX: usize = 100;
/// Different profiles of an agency's units: what a matrix and a change of policy decide grows with each.
const PROFILES_MAX: usize = 12;
const RULES_CHARS_MAX: usize = 20_000;
/// A reason's longest look-back: 100 years of days, so that arithmetic on it cannot overflow.
const LOOK_BACK_DAYS_MAX: u32 = 36_500;
/// Bytes of a TOTP secret (RFC 4226 recommends 160 bits).
const TOTP_SECRET_BYTES: usize = 20;

/// What an act made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    /// Number of the new agency, unit, camera or agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    pub ledger_entry: u64,
}

impl From<Done> for Made {
    fn from(done: Done) -> Self {
        Self { id: (done.id != 0).then_some(done.id), ledger_entry: done.ledger_entry }
    }
}

pub type MadeAnswer = Result<(StatusCode, Json<Made>), Problem>;

async fn perform(app: &App, caller: &Caller, act: Act, secrets: Secrets) -> MadeAnswer {
    let done = acts::perform(app, Some(caller.user.id), act, secrets).await?;
    Ok((StatusCode::CREATED, Json(done.into())))
}

pub fn name(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Problem::invalid(field, format!("a name has 1 to {NAME_CHARS_MAX} characters")))
    }
}

/// A reason code as it is stored: lists of them are joined by commas, so one with a comma would read back as two.
pub fn reason_code(field: &str, text: &str) -> Result<ReasonCode, Problem> {
    let code = name(field, text)?;
    if code.contains(',') { Err(Problem::invalid(field, "a reason code has no comma")) } else { Ok(ReasonCode(code)) }
}

pub fn words<T: Ord>(field: &str, words: &[String], read: fn(&str) -> Option<T>) -> Result<BTreeSet<T>, Problem> {
    words
        .iter()
        .map(|word| read(word).ok_or_else(|| Problem::invalid(field, "one of the words is not known")))
        .collect()
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAgency {
    pub name: String,
    /// One of `GET /api/v1/policy/presets`.
    pub preset: String,
    /// IANA time zone.
    pub zone: String,
    /// The state whose law holds for it, ISO 3166-2 such as `US-CA`; left out for none, as a federal agency.
    pub state: Option<String>,
    /// A public body, not a company.
    #[serde(default = "yes")]
    pub public_body: bool,
    /// `nist` or `cjis`; left out, what goes with the preset.
    pub passwords: Option<String>,
}

/// Creates an agency. Host operators only.
#[utoipa::path(post, path = "/api/v1/agencies", tag = "management", request_body = CreateAgency,
    responses((status = 201, body = Made), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_agency(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: CreateAgency = read_json(&bytes)?;
    if app.policy(&body.preset).is_none() {
        return Err(Problem::invalid(
            "preset",
            format!("the preset is one of: {}", policy::PRESETS.map(|preset| preset.name).join(", ")),
        ));
    }
    if jiff::tz::TimeZone::get(&body.zone).is_err() {
        return Err(Problem::invalid("zone", "the zone is an IANA time zone such as `America/Los_Angeles`"));
    }
    let state = body.state.map(|text| text.parse::<domain::State>()).transpose();
    let state = state.map_err(|error| Problem::invalid("state", error.to_string()))?.map(|state| state.to_string());
    let (name, public_body) = (name("name", &body.name)?, body.public_body);
    let passwords = match body.passwords.as_deref() {
        None => PasswordRules::of_preset(&body.preset),
        Some(word) => PasswordRules::from_word(word)
            .ok_or_else(|| Problem::invalid("passwords", "the password rules are `nist` or `cjis`"))?,
    };
    let act =
        Act::CreateAgency(NewAgency { name, preset: body.preset, zone: body.zone, state, public_body, passwords });
    perform(&app, &caller, act, Secrets::default()).await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ManagerMade {
    pub user: String,
    /// Where no password was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationMade>,
    pub ledger_entry: u64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagerBody {
    pub login: String,
    pub name: String,
    /// Given to the manager by another way; left out, a one-time link is made by which the manager sets it.
    pub password: Option<String>,
    /// The unit is created with it where it does not exist.
    pub unit: String,
}

/// Creates a manager of an agency, in a unit of the name given. Host operators only.
#[utoipa::path(post, path = "/api/v1/agencies/{agency}/managers", tag = "management", params(("agency" = u32, Path)), request_body = ManagerBody,
    responses((status = 201, body = ManagerMade), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_manager(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(agency): Path<u32>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<ManagerMade>), Problem> {
    let body: ManagerBody = read_json(&bytes)?;
    let agency = store::agency(&app.sql, AgencyId(agency)).await?.ok_or_else(Problem::not_found)?.id;
    let unit_name = name("unit", &body.unit)?;
    let units = store::units(&app.sql, agency).await?;
    let unit = if let Some(unit) = units.into_iter().find(|unit| unit.name == unit_name) {
        unit.id
    } else {
        let act = Act::CreateUnit { agency, name: unit_name, profile: "default".into() };
        UnitId(acts::perform(&app, Some(caller.user.id), act, Secrets::default()).await?.id)
    };
    let secrets = first_secrets(&app, agency, &body.login, body.password.as_deref(), None).await?;
    let user = NewUser {
        id: UserId(uuid::Uuid::now_v7()),
        agency,
        unit,
        login: name("login", &body.login)?,
        name: name("name", &body.name)?,
        roles: BTreeSet::from([Role::AgencyManager]),
        permissions: BTreeSet::new(),
        cleared: false,
    };
    let id = user.id.to_string();
    let (done, invitation) = make_account(&app, &caller, user, secrets).await?;
    Ok((StatusCode::CREATED, Json(ManagerMade { user: id, invitation, ledger_entry: done.ledger_entry })))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUnit {
    pub name: String,
    /// Which column of the preset applies: `default`, or under `pia-039b` `investigations` or `enforcement`.
    pub profile: String,
}

/// Creates a unit of the manager's agency.
#[utoipa::path(post, path = "/api/v1/agency/units", tag = "management", request_body = CreateUnit,
    responses((status = 201, body = Made), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_unit(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: CreateUnit = read_json(&bytes)?;
    let profile = name("profile", &body.profile)?;
    let units = store::units(&app.sql, caller.agency.id).await?;
    let profiles: BTreeSet<&str> = units.iter().map(|unit| unit.profile.as_str()).collect();
    if !profiles.contains(profile.as_str()) && profiles.len() >= PROFILES_MAX {
        let detail = format!("the units of an agency have at most {PROFILES_MAX} different profiles");
        return Err(Problem::invalid("profile", detail));
    }
    let act = Act::CreateUnit { agency: caller.agency.id, name: name("name", &body.name)?, profile };
    perform(&app, &caller, act, Secrets::default()).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutReason {
    pub label: String,
    pub criminal: bool,
    #[serde(default = "yes")]
    pub active: bool,
    /// What it is for: `criminal-investigation`, `missing-or-endangered`, `notice`, `other`; left out, the first for a
    /// criminal reason and the last for others.
    pub class: Option<String>,
    /// Units that may use it; left out, all.
    pub units: Option<Vec<u32>>,
    /// The legal authority that the reason rests on.
    pub authority: String,
    pub look_back_days: u32,
}

fn yes() -> bool {
    true
}

/// Sets a reason code of the manager's agency.
#[utoipa::path(put, path = "/api/v1/agency/reasons/{code}", tag = "management", params(("code" = String, Path)), request_body = PutReason,
    responses((status = 201, body = Made), (status = 422, body = Problem)))]
pub async fn put_reason(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(code): Path<String>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: PutReason = read_json(&bytes)?;
    let code = reason_code("code", &code)?;
    if body.look_back_days == 0 || body.look_back_days > LOOK_BACK_DAYS_MAX {
        return Err(Problem::invalid("look_back_days", format!("a look-back is 1 to {LOOK_BACK_DAYS_MAX} days")));
    }
    let class = match body.class.as_deref() {
        None if body.criminal => ReasonClass::CriminalInvestigation,
        None => ReasonClass::Other,
        Some(word) => ReasonClass::from_word(word).ok_or_else(|| {
            let words = ReasonClass::ALL.iter().map(|class| class.word()).collect::<Vec<_>>().join(", ");
            Problem::invalid("class", format!("the class is one of: {words}"))
        })?,
    };
    let own: BTreeSet<_> = store::units(&app.sql, caller.agency.id).await?.into_iter().map(|unit| unit.id.0).collect();
    if body.units.iter().flatten().any(|unit| !own.contains(unit)) {
        return Err(Problem::invalid("units", "the agency has no such unit"));
    }
    let reason = Reason {
        code,
        class,
        label: name("label", &body.label)?,
        criminal: body.criminal,
        active: body.active,
        units: body.units.map(|units| units.into_iter().map(UnitId).collect()),
        authority: name("authority", &body.authority)?,
        look_back_days: body.look_back_days,
    };
    perform(&app, &caller, Act::PutReason { agency: caller.agency.id, reason }, Secrets::default()).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceRules {
    pub text: String,
    pub enhanced_text: String,
}

/// Replaces the rules of behaviour; every session must accept the new version before it can ask again.
#[utoipa::path(put, path = "/api/v1/agency/rules", tag = "management", request_body = ReplaceRules,
    responses((status = 201, body = Made), (status = 422, body = Problem)))]
pub async fn replace_rules(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: ReplaceRules = read_json(&bytes)?;
    for (field, text) in [("text", &body.text), ("enhanced_text", &body.enhanced_text)] {
        if text.trim().is_empty() || text.chars().count() > RULES_CHARS_MAX {
            return Err(Problem::invalid(field, format!("rules of behaviour have 1 to {RULES_CHARS_MAX} characters")));
        }
    }
    let act =
        Act::ReplaceRules { agency: caller.agency.id, rules_text: body.text, enhanced_rules_text: body.enhanced_text };
    perform(&app, &caller, act, Secrets::default()).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Where the agency's usage and privacy policy can be read.
    pub reference: String,
    /// Since when, such as `2026-05-03`.
    pub date: String,
}

/// Records where the agency's usage and privacy policy is published; some presets ask for it before any question.
#[utoipa::path(put, path = "/api/v1/agency/publication", tag = "management", request_body = Publication,
    responses((status = 201, body = Made), (status = 422, body = Problem)))]
pub async fn publish_policy(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: Publication = read_json(&bytes)?;
    let date: jiff::civil::Date =
        body.date.parse().map_err(|_| Problem::invalid("date", "the date is a day such as 2026-05-03"))?;
    if date.to_string() > app.clock.now().to_string().chars().take(10).collect::<String>() {
        return Err(Problem::invalid("date", "what is dated in the future is not published"));
    }
    let (agency, reference) = (caller.agency.id, name("reference", &body.reference)?);
    perform(&app, &caller, Act::PublishPolicy { agency, reference, date: date.to_string() }, Secrets::default()).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    pub login: String,
    pub name: String,
    /// Left out, a one-time link is made by which the person sets password and second factor.
    pub password: Option<String>,
    pub unit: u32,
    pub roles: Vec<String>,
    pub permissions: Vec<String>,
    #[serde(default)]
    pub cleared: bool,
    /// Also make a second factor, for the enhanced door; only with a password.
    #[serde(default)]
    pub second_factor: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UserMade {
    pub user: String,
    /// Base32, for an authenticator app; shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totp_secret: Option<String>,
    /// Where no password was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationMade>,
    pub ledger_entry: u64,
}

/// An account comes with what needs no certificate; everything else is granted afterwards (ACC-7).
fn check_first_permissions(
    limits: &policy::Limits,
    roles: &BTreeSet<Role>,
    permissions: &BTreeSet<Permission>,
) -> Result<(), Problem> {
    if crate::people::administers(roles) && !permissions.is_empty() {
        let detail = "who administers or oversees asks nothing, and holds no permission";
        return Err(Problem::invalid("permissions", detail));
    }
    let certified: Vec<_> = permissions.intersection(&limits.needs_certificate).map(ToString::to_string).collect();
    if certified.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "a supervisor has to certify the need to know before these are granted: {}; make the account without them",
        certified.join(", ")
    );
    Err(Problem::invalid("permissions", detail))
}

/// Gives a person of the manager's agency an account.
#[utoipa::path(post, path = "/api/v1/agency/users", tag = "management", request_body = CreateUser,
    responses((status = 201, body = UserMade), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_user(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<UserMade>), Problem> {
    let body: CreateUser = read_json(&bytes)?;
    let roles = words("roles", &body.roles, Role::from_word)?;
    crate::people::acts::check_roles(&roles)?;
    let permissions = words("permissions", &body.permissions, Permission::from_word)?;
    check_first_permissions(caller.policy()?.limits(), &roles, &permissions)?;
    let agency = caller.agency.id;
    let secret = body.second_factor.then(storage::vault::random_bytes::<TOTP_SECRET_BYTES>);
    let factor = secret.as_ref().map(<[u8; _]>::as_slice);
    let secrets = first_secrets(&app, agency, &body.login, body.password.as_deref(), factor).await?;
    let user = NewUser {
        id: UserId(uuid::Uuid::now_v7()),
        agency,
        unit: UnitId(body.unit),
        login: name("login", &body.login)?,
        name: name("name", &body.name)?,
        roles,
        permissions,
        cleared: body.cleared,
    };
    let id = user.id;
    let (done, invitation) = make_account(&app, &caller, user, secrets).await?;
    let totp_secret = secret.map(|secret| totp_rs::Secret::from(secret.to_vec()).to_base32());
    let made = UserMade { user: id.to_string(), totp_secret, invitation, ledger_entry: done.ledger_entry };
    Ok((StatusCode::CREATED, Json(made)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetActive {
    pub active: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCamera {
    /// The agency's own short name of the camera, unique in it.
    pub key: String,
    pub name: String,
    /// `pole`, `vehicle-mounted`, `handheld`, `toll-road`, `parking-lot`, `repossession`.
    pub source: String,
    /// Degrees, for a camera that stands still.
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    /// IANA time zone; left out, the agency's.
    pub zone: Option<String>,
    /// Resolution in pixels.
    pub width_px: u32,
    pub height_px: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CameraMade {
    pub camera: u32,
    /// The credential that the camera posts with; shown once.
    pub credential: String,
    pub ledger_entry: u64,
}

/// Registers a camera of the manager's agency and makes its credential.
#[utoipa::path(post, path = "/api/v1/agency/cameras", tag = "management", request_body = AddCamera,
    responses((status = 201, body = CameraMade), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn add_camera(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<CameraMade>), Problem> {
    let body: AddCamera = read_json(&bytes)?;
    let made = register_camera(&app, Some(caller.user.id), &caller.agency, body).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Registers a camera for an agency, for the route and the command line.
pub async fn register_camera(
    app: &App,
    by: Option<UserId>,
    agency: &store::Agency,
    body: AddCamera,
) -> Result<CameraMade, Problem> {
    let source = Source::from_word(&body.source).ok_or_else(|| {
        let words = Source::ALL.iter().map(|source| source.word()).collect::<Vec<_>>().join(", ");
        Problem::invalid("source", format!("the source is one of: {words}"))
    })?;
    let position = match (body.lat, body.lon) {
        (None, None) => None,
        (Some(lat), Some(lon)) => {
            Some(Position::from_degrees(lat, lon).map_err(|error| Problem::invalid("lat", error.to_string()))?)
        }
        _ => return Err(Problem::invalid("lat", "give both `lat` and `lon`, or neither for a camera that moves")),
    };
    let zone = body.zone.unwrap_or_else(|| agency.zone.clone());
    if jiff::tz::TimeZone::get(&zone).is_err() {
        return Err(Problem::invalid("zone", "the zone is an IANA time zone such as `America/Los_Angeles`"));
    }
    let camera = NewCamera {
        agency: agency.id,
        key: name("key", &body.key)?,
        name: name("name", &body.name)?,
        source,
        position,
        zone,
        width_px: body.width_px,
        height_px: body.height_px,
    };
    let (credential, hash) = sessions::new_lasting_secret(&app.vault);
    let secrets = Secrets { credential_hash: Some(hash), ..Secrets::default() };
    let done = acts::perform(app, by, Act::AddCamera(camera), secrets).await?;
    Ok(CameraMade { camera: done.id, credential, ledger_entry: done.ledger_entry })
}

/// Takes a camera's credential away, or gives it back; acts on the next post.
#[utoipa::path(put, path = "/api/v1/agency/cameras/{camera}/active", tag = "management", params(("camera" = u32, Path)), request_body = SetActive,
    responses((status = 201, body = Made), (status = 404, body = Problem)))]
pub async fn set_camera_active(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(camera): Path<u32>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: SetActive = read_json(&bytes)?;
    let act = Act::SetCameraActive { agency: caller.agency.id, camera: CameraId(camera), active: body.active };
    perform(&app, &caller, act, Secrets::default()).await
}
