//! People and what they may ask, for the agency's managers and for supervisors of the own unit.

use super::acts::{NewCertificate, PeopleAct, PersonChange};
use super::store;
use super::views::{CertificateView, GrantView, PersonView, review_is_near};
use crate::App;
use crate::accounts::Caller;
use crate::accounts::invitations::store as invitations;
use crate::accounts::passkeys::store as passkey_store;
use crate::accounts::store::{self as account_store, User};
use crate::agencies::acts::{self, Act, Secrets};
use crate::agencies::api::{Made, MadeAnswer, SetActive, name, words};
use crate::agencies::store as agency_store;
use crate::http::Problem;
use crate::http::routes::read_json;
use crate::mail;
use crate::oversight::entries::Entry;
use crate::training::{store as training_store, views::CourseView};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::time::DAY_MICROS;
use domain::{Permission, Role, UnitId, UserId, UtcMicros};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Characters of a certificate's reason.
const WHY_CHARS_MAX: usize = 1_000;
/// How far ahead a need to know can be certified.
const CERTIFIED_DAYS_MAX: i64 = 366;
/// Seats of one permission.
const SEATS_MAX: u32 = 1_000_000;

/// Whether the caller may look after this person: a manager after everybody of the agency, a supervisor after the own unit.
pub fn in_reach(caller: &Caller, user: &User) -> bool {
    let own_unit = caller.has_role(Role::Supervisor) && user.unit == caller.unit.id;
    user.agency == caller.agency.id && (caller.has_role(Role::AgencyManager) || own_unit)
}

/// The person of a path. Out of reach answers like one who does not exist.
pub(super) async fn person(app: &App, caller: &Caller, id: &str) -> Result<UserId, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let user = account_store::user(&app.sql, id).await?.filter(|user| in_reach(caller, user));
    user.map(|user| user.id).ok_or_else(Problem::not_found)
}

fn permission(field: &str, word: &str) -> Result<Permission, Problem> {
    Permission::from_word(word).ok_or_else(|| Problem::invalid(field, "the word of a permission, such as `area`"))
}

pub(super) async fn perform(app: &App, caller: &Caller, act: PeopleAct) -> MadeAnswer {
    let done = acts::perform(app, Some(caller.user.id), Act::People(act), Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(Made::from(done))))
}

/// The people of the agency, by name, with permissions, certificates and trainings. A supervisor sees the own unit. That
/// the certificates were opened is recorded first: they say why somebody needs to know.
#[utoipa::path(get, path = "/api/v1/agency/people", operation_id = "people", tag = "people", responses((status = 200, body = Vec<PersonView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<PersonView>>, Problem> {
    let (agency, limits, now) = (caller.agency.id, caller.policy()?.limits(), app.clock.now());
    let everybody = account_store::users_of(&app.sql, agency).await?;
    let people: HashMap<UserId, &User> = everybody.iter().map(|user| (user.id, user)).collect();
    let units = agency_store::units(&app.sql, agency).await?;
    let grants = store::grants_of_agency(&app.sql, agency).await?;
    let mut certificates = store::certificates_of_agency(&app.sql, agency).await?;
    // Of a person who changed units a supervisor reads what was certified for the own unit only.
    certificates.retain(|one| caller.has_role(Role::AgencyManager) || one.unit == caller.unit.id);
    let reach = |one: &&store::Certificate| people.get(&one.user).is_some_and(|user| in_reach(&caller, user));
    let opened: Vec<_> = certificates.iter().filter(reach).map(|certificate| certificate.id).collect();
    let details = json!({ "by": caller.user.id, "certificates": opened });
    app.ledger.record(Entry::of(Some(agency), "people.read", details)).await?;
    let trained = training_store::of_agency(&app.sql, agency).await?;
    let passkeys: HashMap<String, i64> = passkey_store::counts_of(&app.sql, agency).await?.into_iter().collect();
    let invited = invitations::open_in(&app.sql, agency, now).await?;
    let shows_addresses = caller.has_role(Role::AgencyManager);
    let emails = if shows_addresses { mail::store::addresses_of(&app.sql, agency).await? } else { HashMap::new() };
    let view = |user: &User| {
        let held = grants.get(&user.id).into_iter().flatten();
        let own = certificates.iter().filter(|certificate| certificate.user == user.id);
        Ok(PersonView {
            user: user.id.to_string(),
            login: user.login.clone(),
            name: user.name.clone(),
            unit: user.unit.0,
            unit_name: units.iter().find(|unit| unit.id == user.unit).map(|unit| unit.name.clone()).unwrap_or_default(),
            roles: user.roles.iter().map(ToString::to_string).collect(),
            cleared: user.cleared,
            active: user.active,
            email: emails.get(&user.id).map(|sealed| mail::address::open_text(&app, agency, sealed)).transpose()?,
            locked: user.locked.map(|since| since.to_string()),
            second_factor: user.totp_sealed.is_some(),
            passkeys: passkeys.get(&user.id.to_string()).copied().unwrap_or_default(),
            password: !user.password.is_empty(),
            invited_until: invited.get(&user.id.to_string()).map(ToString::to_string),
            grants: held.map(|(permission, grant)| GrantView::of(limits, *permission, grant, &people, now)).collect(),
            certificates: own
                .map(|certificate| CertificateView::of(&app.vault, agency, certificate, &people, now))
                .collect::<Result<_, Problem>>()?,
            training: CourseView::all(limits, &trained.get(&user.id).cloned().unwrap_or_default(), now),
        })
    };
    let seen = everybody.iter().filter(|user| in_reach(&caller, user));
    let mut views = seen.map(view).collect::<Result<Vec<_>, Problem>>()?;
    views.sort_by(|one, other| (&one.name, &one.login).cmp(&(&other.name, &other.login)));
    Ok(Json(views))
}

/// What is changed of a person; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePerson {
    pub name: Option<String>,
    pub unit: Option<u32>,
    pub roles: Option<Vec<String>>,
    pub cleared: Option<bool>,
}

/// Changes name, unit, roles or clearance of a person; it acts on the person's next request.
#[utoipa::path(put, path = "/api/v1/agency/people/{user}", tag = "people", params(("user" = String, Path)), request_body = ChangePerson,
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
    bytes: Bytes,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    let body: ChangePerson = read_json(&bytes)?;
    let change = PersonChange {
        name: body.name.map(|text| name("name", &text)).transpose()?,
        unit: body.unit.map(UnitId),
        roles: body.roles.map(|roles| words("roles", &roles, Role::from_word)).transpose()?,
        cleared: body.cleared,
    };
    perform(&app, &caller, PeopleAct::Change { agency: caller.agency.id, user, change }).await
}

/// Closes or opens an account of the manager's agency; closing ends its sessions at once.
#[utoipa::path(put, path = "/api/v1/agency/users/{user}/active", tag = "people", params(("user" = String, Path)), request_body = SetActive,
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_active(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: SetActive = read_json(&bytes)?;
    let user = user.parse().map_err(|_| Problem::not_found())?;
    perform(&app, &caller, PeopleAct::SetActive { agency: caller.agency.id, user, active: body.active }).await
}

/// Releases an account of the manager's agency that too many failed sign-ins locked.
#[utoipa::path(post, path = "/api/v1/agency/users/{user}/unlock", tag = "people", params(("user" = String, Path)),
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn unlock(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    // First, or a try in between would find the door closed and lock the account again.
    if let Some(user) = account_store::user(&app.sql, user).await? {
        app.sign_ins.forgive(&user.login);
    }
    perform(&app, &caller, PeopleAct::Unlock { agency: caller.agency.id, user }).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Certify {
    pub permission: String,
    /// Why the person needs it, in the supervisor's words.
    pub why: String,
    /// The last day, in the agency's zone, such as `2026-12-31`; at most 366 days ahead.
    pub until: String,
}

/// Certifies that a person of the supervisor's unit needs a permission. A manager can then grant it.
#[utoipa::path(post, path = "/api/v1/agency/people/{user}/certificates", tag = "people", params(("user" = String, Path)), request_body = Certify,
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn certify(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
    bytes: Bytes,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    let body: Certify = read_json(&bytes)?;
    let permission = permission("permission", &body.permission)?;
    let why = body.why.trim().to_owned();
    if why.is_empty() || why.chars().count() > WHY_CHARS_MAX {
        return Err(Problem::invalid("why", format!("say why, in 1 to {WHY_CHARS_MAX} characters")));
    }
    let until = end_of_day(&body.until, &caller.agency.zone, app.clock.now())?;
    let sealed = app
        .vault
        .seal(&store::scope(caller.agency.id), why.as_bytes())
        .map_err(|error| Problem::failed("the certificate could not be sealed", &error))?;
    let new = NewCertificate { agency: caller.agency.id, user, permission, why, sealed, until };
    perform(&app, &caller, PeopleAct::Certify(new)).await
}

/// The instant after the last of a day.
fn end_of_day(text: &str, zone: &str, now: UtcMicros) -> Result<UtcMicros, Problem> {
    let wrong = |detail: &str| Problem::invalid("until", detail);
    let date: Date = text.parse().map_err(|_| wrong("the last day is written as 2026-12-31"))?;
    let zone = TimeZone::get(zone).map_err(|_| Problem::broken("the agency's zone is not known"))?;
    let next = date.checked_add(1.day()).map_err(|_| wrong("the day is too far ahead"))?;
    let end = next.to_zoned_datetime(zone).map_err(|_| wrong("the day does not exist"))?;
    let end = UtcMicros(end.timestamp().as_microsecond());
    if end <= now {
        return Err(wrong("the day is over"));
    }
    if end.0 - now.0 > (CERTIFIED_DAYS_MAX + 1) * DAY_MICROS {
        return Err(wrong("a need to know is certified for 366 days at most"));
    }
    Ok(end)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    pub permission: String,
}

/// Grants a permission to a person: where the policy says so, after a supervisor certified the need to know, and never by
/// the one who certified it.
#[utoipa::path(post, path = "/api/v1/agency/people/{user}/grants", tag = "people", params(("user" = String, Path)), request_body = GrantBody,
    responses((status = 201, body = Made), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "Held already, no certificate, or no seat"), (status = 422, body = Problem)))]
pub async fn grant(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(user): Path<String>,
    bytes: Bytes,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    let body: GrantBody = read_json(&bytes)?;
    let permission = permission("permission", &body.permission)?;
    let needs_certificate = caller.policy()?.limits().needs_certificate.contains(&permission);
    perform(&app, &caller, PeopleAct::Grant { agency: caller.agency.id, user, permission, needs_certificate }).await
}

/// Ends a permission of a person; it acts on the next request.
#[utoipa::path(delete, path = "/api/v1/agency/people/{user}/grants/{permission}", tag = "people",
    params(("user" = String, Path), ("permission" = String, Path)),
    responses((status = 201, body = Made), (status = 404, body = Problem)))]
pub async fn end_grant(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path((user, word)): Path<(String, String)>,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    let permission = Permission::from_word(&word).ok_or_else(Problem::not_found)?;
    perform(&app, &caller, PeopleAct::EndGrant { agency: caller.agency.id, user, permission }).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewBody {
    /// The person still needs it; `false` ends it.
    pub keep: bool,
}

/// Reviews a permission of somebody else: confirms or ends it.
#[utoipa::path(post, path = "/api/v1/agency/people/{user}/grants/{permission}/review", tag = "people",
    params(("user" = String, Path), ("permission" = String, Path)), request_body = ReviewBody,
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn review(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path((user, word)): Path<(String, String)>,
    bytes: Bytes,
) -> MadeAnswer {
    let user = person(&app, &caller, &user).await?;
    let permission = Permission::from_word(&word).ok_or_else(Problem::not_found)?;
    let body: ReviewBody = read_json(&bytes)?;
    let act = PeopleAct::Review { agency: caller.agency.id, user, permission, keep: body.keep };
    perform(&app, &caller, act).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatsBody {
    /// How many people may hold the permission; `null` is no limit.
    pub seats: Option<u32>,
}

/// Limits how many people of the agency hold a permission. Nobody loses one by it.
#[utoipa::path(put, path = "/api/v1/agency/seats/{permission}", tag = "people", params(("permission" = String, Path)), request_body = SeatsBody,
    responses((status = 201, body = Made), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_seats(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(word): Path<String>,
    bytes: Bytes,
) -> MadeAnswer {
    let permission = Permission::from_word(&word).ok_or_else(Problem::not_found)?;
    let body: SeatsBody = read_json(&bytes)?;
    if body.seats.is_some_and(|seats| seats > SEATS_MAX) {
        return Err(Problem::invalid("seats", format!("at most {SEATS_MAX} seats, or none as a limit")));
    }
    let act = PeopleAct::SetSeats { agency: caller.agency.id, permission, seats: body.seats };
    perform(&app, &caller, act).await
}

/// How permissions are given and kept in the agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessView {
    /// Permissions that need a supervisor's certificate first.
    pub needs_certificate: Vec<String>,
    /// Days after which a permission is reviewed.
    pub review_days: u32,
    /// Days without use after which a permission lapses.
    pub unused_days: u32,
    /// All permissions.
    pub seats: Vec<SeatsView>,
    /// Reviews that are overdue or due within 30 days, soonest first; for a supervisor those of the own unit.
    pub reviews: Vec<DueReview>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeatsView {
    pub permission: String,
    /// People who hold it, closed accounts and lapsed permissions included.
    pub taken: i64,
    /// Left out: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DueReview {
    pub user: String,
    pub name: String,
    pub unit: u32,
    pub permission: String,
    /// RFC 3339, UTC.
    pub review_due: String,
    pub overdue: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

/// Seats, certificates and reviews of the agency.
#[utoipa::path(get, path = "/api/v1/agency/access", tag = "people", responses((status = 200, body = AccessView)))]
pub async fn access(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<AccessView>, Problem> {
    let (agency, limits, now) = (caller.agency.id, caller.policy()?.limits(), app.clock.now());
    let (taken, seats) = (store::seats_taken(&app.sql, agency).await?, store::seats(&app.sql, agency).await?);
    let grants = store::grants_of_agency(&app.sql, agency).await?;
    let mut reviews = Vec::new();
    let people = account_store::users_of(&app.sql, agency).await?;
    for user in people.iter().filter(|user| in_reach(&caller, user)) {
        for (permission, grant) in grants.get(&user.id).into_iter().flatten() {
            let due = limits.review_due(grant.confirmed());
            if review_is_near(due, now) {
                let view = DueReview {
                    user: user.id.to_string(),
                    name: user.name.clone(),
                    unit: user.unit.0,
                    permission: permission.word().into(),
                    review_due: due.to_string(),
                    overdue: due <= now,
                    last_used: grant.last_used.map(|used| used.to_string()),
                };
                reviews.push((due, view));
            }
        }
    }
    reviews.sort_by(|(a, one), (b, other)| (a, &one.name, &one.permission).cmp(&(b, &other.name, &other.permission)));
    let seats_view = |permission: &Permission| SeatsView {
        permission: permission.word().into(),
        taken: taken.get(permission).copied().unwrap_or_default(),
        seats: seats.get(permission).copied(),
    };
    Ok(Json(AccessView {
        needs_certificate: limits.needs_certificate.iter().map(ToString::to_string).collect(),
        review_days: limits.review_days,
        unused_days: limits.unused_days,
        seats: Permission::ALL.iter().map(seats_view).collect(),
        reviews: reviews.into_iter().map(|(_, view)| view).collect(),
    }))
}
