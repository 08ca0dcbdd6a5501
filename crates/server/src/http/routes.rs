//! The one table of routes, with who may call each and what each leaves in the ledger (invariant 1).
//!
//! The router is made from this table, the access checks are applied from it, and the coverage tests read it:
//! a route that is not here does not exist.

use super::{Problem, health, openapi, web};
use crate::App;
use crate::accounts::{self, Caller, invitations};
use crate::oversight::entries::Entry;
use crate::{agencies, basemap, cameras, oversight, people, queries, saved_areas, sharing, training};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};
use domain::Role;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;

/// Bytes of a body from people and programs; cameras may send more (`feeds::limits::BODY_BYTES_MAX`).
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// A camera, by its credential.
    Camera,
    /// A session, also one that has not accepted the rules of behaviour yet.
    Session,
    /// A session that has accepted the current rules of behaviour.
    Caller,
    /// Such a session, of a person with the role ...
    Role(Role),
    /// ... or with any of several.
    AnyRole(&'static [Role]),
}

/// What a route leaves in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// Assets, health, the OpenAPI document, the public log, and what holds no personal data.
    None,
    /// An entry for every call, before anything is returned.
    ReadsPersonalData,
    /// Looks again at an answer whose query has its entry.
    WithinAnAnswer,
    Changes,
    SignIn,
    /// One entry per camera and minute.
    Ingest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

/// One route.
pub struct Route {
    pub verb: Verb,
    pub path: &'static str,
    pub access: Access,
    pub audit: Audit,
    handler: MethodRouter<Arc<App>>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} {:?} {:?}", self.verb, self.path, self.access, self.audit)
    }
}

fn route(verb: Verb, path: &'static str, access: Access, audit: Audit, handler: MethodRouter<Arc<App>>) -> Route {
    Route { verb, path, access, audit, handler }
}

/// The table.
pub fn table() -> Vec<Route> {
    use Access::{AnyRole, Caller as AsCaller, Camera, Open, Role as AsRole, Session};
    use Audit::{Changes, Ingest, None as Unlogged, ReadsPersonalData, SignIn, WithinAnAnswer};
    use Verb::{Delete, Get, Post, Put};
    let manager = AsRole(Role::AgencyManager);
    let host = AsRole(Role::HostOperator);
    let supervisor = AsRole(Role::Supervisor);
    let leader = AnyRole(&[Role::AgencyManager, Role::Supervisor]);
    vec![
        route(Get, "/", Open, Unlogged, get(web::root)),
        route(Get, "/{*path}", Open, Unlogged, get(web::file).fallback(web::nothing)),
        route(Get, "/api/v1/basemap", AsCaller, Unlogged, get(basemap::api::about)),
        route(Get, "/basemap/{name}", Open, Unlogged, get(basemap::api::content)),
        route(Get, "/api/v1/health", Open, Unlogged, get(health::health)),
        route(Get, "/api/v1/openapi.json", Open, Unlogged, get(openapi::document)),
        route(Get, "/ledger/checkpoint", Open, Unlogged, get(oversight::api::checkpoint)),
        route(Get, "/ledger/vkey", Open, Unlogged, get(oversight::api::verifier_key)),
        route(Get, "/ledger/tile/{*path}", Open, Unlogged, get(oversight::api::tile)),
        route(Post, "/api/v1/first-start", Open, SignIn, post(accounts::first_start::first_start)),
        route(Post, "/api/v1/invitations/open", Open, SignIn, post(invitations::api::open)),
        route(Post, "/api/v1/invitations/use", Open, SignIn, post(invitations::api::use_up)),
        route(Post, "/api/v1/session", Open, SignIn, post(accounts::api::sign_in)),
        route(Get, "/api/v1/session", Session, Unlogged, get(accounts::api::me)),
        route(Post, "/api/v1/session/rules", Session, SignIn, post(accounts::api::accept_rules)),
        route(Put, "/api/v1/session/password", Session, SignIn, put(accounts::own_password::change)),
        route(Post, "/api/v1/session/passkey/challenge", Open, Unlogged, post(accounts::passkeys::sign_in::begin)),
        route(Post, "/api/v1/session/passkey", Open, SignIn, post(accounts::passkeys::sign_in::sign_in)),
        route(Post, "/api/v1/session/step-up/challenge", Session, Unlogged, post(accounts::step_up::begin)),
        route(Post, "/api/v1/session/step-up", Session, SignIn, post(accounts::step_up::step_up)),
        route(Delete, "/api/v1/session", Session, SignIn, delete(accounts::api::sign_out)),
        route(Post, "/api/v1/tokens", AsCaller, Changes, post(accounts::api::make_token)),
        route(Get, "/api/v1/sessions", AsCaller, Unlogged, get(accounts::session_list::list)),
        route(Delete, "/api/v1/sessions/{session}", AsCaller, Changes, delete(accounts::session_list::end)),
        route(Get, "/api/v1/passkeys", AsCaller, Unlogged, get(accounts::passkeys::api::list)),
        route(Post, "/api/v1/passkeys/challenge", AsCaller, SignIn, post(accounts::passkeys::api::begin)),
        route(Post, "/api/v1/passkeys", AsCaller, Changes, post(accounts::passkeys::api::add)),
        route(Put, "/api/v1/passkeys/{id}", AsCaller, Changes, put(accounts::passkeys::api::rename)),
        route(Delete, "/api/v1/passkeys/{id}", AsCaller, Changes, delete(accounts::passkeys::api::remove)),
        route(Post, "/api/v1/detections", Camera, Ingest, post(cameras::api::native)),
        route(Post, "/api/v1/feeds/rekor", Camera, Ingest, post(cameras::api::rekor)),
        route(Post, "/api/v1/feeds/rekor/{key}", Camera, Ingest, post(cameras::api::rekor_by_path)),
        route(Post, "/api/v1/feeds/plate-recognizer", Camera, Ingest, post(cameras::api::plate_recognizer)),
        route(
            Post,
            "/api/v1/feeds/plate-recognizer/{key}",
            Camera,
            Ingest,
            post(cameras::api::plate_recognizer_by_path),
        ),
        route(Get, "/api/v1/kinds", AsCaller, Unlogged, get(queries::kinds::kinds)),
        route(Get, "/api/v1/reasons", AsCaller, Unlogged, get(queries::api::reasons)),
        route(Get, "/api/v1/colleagues", AsCaller, Unlogged, get(queries::api::colleagues)),
        route(Get, "/api/v1/cameras", AsCaller, Unlogged, get(queries::api::cameras)),
        route(Post, "/api/v1/areas/measure", AsCaller, Unlogged, post(queries::measure::measure)),
        route(Post, "/api/v1/queries", AsCaller, ReadsPersonalData, post(queries::api::ask)),
        route(Post, "/api/v1/queries/{query}/show", AsCaller, ReadsPersonalData, post(queries::api::show)),
        route(Post, "/api/v1/queries/{query}/again", AsCaller, ReadsPersonalData, post(queries::api::again)),
        route(Post, "/api/v1/queries/{query}/count", AsCaller, ReadsPersonalData, post(queries::api::count)),
        route(Put, "/api/v1/queries/{query}/marks", AsCaller, WithinAnAnswer, put(queries::marks::mark)),
        route(Post, "/api/v1/queries/{query}/prints", AsCaller, ReadsPersonalData, post(queries::prints::print)),
        route(Get, "/api/v1/saved-areas", AsCaller, Unlogged, get(saved_areas::api::list)),
        route(Post, "/api/v1/saved-areas", AsCaller, Changes, post(saved_areas::api::save)),
        route(Delete, "/api/v1/saved-areas/{id}", AsCaller, Changes, delete(saved_areas::api::delete)),
        route(Get, "/api/v1/queries/{query}/rows", AsCaller, WithinAnAnswer, get(queries::api::rows)),
        route(Post, "/api/v1/queries/{query}/photos", AsCaller, ReadsPersonalData, post(queries::photos::open_batch)),
        route(
            Get,
            "/api/v1/queries/{query}/photos/{detection}/{number}",
            AsCaller,
            ReadsPersonalData,
            get(queries::photos::open),
        ),
        route(Get, "/api/v1/ledger/entries/{index}/receipt", AsCaller, Unlogged, get(oversight::api::receipt)),
        route(Post, "/api/v1/agencies", host, Changes, post(agencies::api::create_agency)),
        route(Post, "/api/v1/agencies/{agency}/managers", host, Changes, post(agencies::api::create_manager)),
        route(Get, "/api/v1/agencies/names", manager, Unlogged, get(agencies::overview::agency_names)),
        route(Get, "/api/v1/agency", manager, Unlogged, get(agencies::overview::overview)),
        route(Post, "/api/v1/agency/units", manager, Changes, post(agencies::api::create_unit)),
        route(Put, "/api/v1/agency/reasons/{code}", manager, Changes, put(agencies::api::put_reason)),
        route(Get, "/api/v1/agency/cases", manager, Unlogged, get(agencies::cases::show)),
        route(Delete, "/api/v1/agency/cases", manager, Changes, delete(agencies::cases::drop_list)),
        route(Put, "/api/v1/agency/cases/pattern", manager, Changes, put(agencies::cases::set_pattern)),
        route(Post, "/api/v1/agency/cases/imports", manager, Changes, post(agencies::cases::import)),
        route(Put, "/api/v1/agency/publication", manager, Changes, put(agencies::api::publish_policy)),
        route(Get, "/api/v1/agency/alarms", manager, Unlogged, get(oversight::alarms::list)),
        route(Post, "/api/v1/policy/tries", manager, Changes, post(agencies::policy_page::try_question)),
        route(Get, "/api/v1/policy/matrix", leader, Unlogged, get(agencies::policy_page::matrix)),
        route(Get, "/api/v1/agency/policy", manager, Unlogged, get(agencies::policy_changes::show)),
        route(Post, "/api/v1/agency/policy/changes", manager, Changes, post(agencies::policy_changes::propose)),
        route(
            Post,
            "/api/v1/agency/policy/changes/{id}/confirm",
            manager,
            Changes,
            post(agencies::policy_changes::confirm),
        ),
        route(
            Delete,
            "/api/v1/agency/policy/changes/{id}",
            manager,
            Changes,
            delete(agencies::policy_changes::withdraw),
        ),
        route(Get, "/api/v1/policy/presets", AsCaller, Unlogged, get(agencies::presets::list)),
        route(Put, "/api/v1/agency/rules", manager, Changes, put(agencies::api::replace_rules)),
        route(Post, "/api/v1/agency/users", manager, Changes, post(agencies::api::create_user)),
        route(Put, "/api/v1/agency/users/{user}/active", manager, Changes, put(people::api::set_active)),
        route(Post, "/api/v1/agency/users/{user}/unlock", manager, Changes, post(people::api::unlock)),
        route(Get, "/api/v1/agency/people", leader, ReadsPersonalData, get(people::api::list)),
        route(Put, "/api/v1/agency/people/{user}", manager, Changes, put(people::api::change)),
        route(Get, "/api/v1/agency/people/{user}/sessions", manager, Unlogged, get(people::entry::sessions)),
        route(Delete, "/api/v1/agency/people/{user}/sessions", manager, Changes, delete(people::entry::end_sessions)),
        route(
            Delete,
            "/api/v1/agency/people/{user}/sessions/{session}",
            manager,
            Changes,
            delete(people::entry::end_session),
        ),
        route(
            Delete,
            "/api/v1/agency/people/{user}/passkeys",
            manager,
            Changes,
            delete(people::entry::remove_passkeys),
        ),
        route(Post, "/api/v1/agency/people/{user}/certificates", supervisor, Changes, post(people::api::certify)),
        route(Post, "/api/v1/agency/people/{user}/invitation", manager, Changes, post(invitations::api::make)),
        route(Delete, "/api/v1/agency/people/{user}/invitation", manager, Changes, delete(invitations::api::end)),
        route(Post, "/api/v1/agency/people/{user}/grants", manager, Changes, post(people::api::grant)),
        route(
            Delete,
            "/api/v1/agency/people/{user}/grants/{permission}",
            leader,
            Changes,
            delete(people::api::end_grant),
        ),
        route(
            Post,
            "/api/v1/agency/people/{user}/grants/{permission}/review",
            leader,
            Changes,
            post(people::api::review),
        ),
        route(Put, "/api/v1/agency/seats/{permission}", manager, Changes, put(people::api::set_seats)),
        route(Get, "/api/v1/agency/access", leader, Unlogged, get(people::api::access)),
        route(Get, "/api/v1/me", AsCaller, Unlogged, get(training::api::me)),
        route(Get, "/api/v1/training/courses/{course}", AsCaller, Unlogged, get(training::api::course)),
        route(Post, "/api/v1/training/courses/{course}/answers", AsCaller, Changes, post(training::api::answer)),
        route(Post, "/api/v1/agency/training/imports", manager, Changes, post(training::api::import)),
        route(Get, "/api/v1/agency/training", leader, Unlogged, get(training::api::reminders)),
        route(Post, "/api/v1/agency/cameras", manager, Changes, post(agencies::api::add_camera)),
        route(Put, "/api/v1/agency/cameras/{camera}/active", manager, Changes, put(agencies::api::set_camera_active)),
        route(Get, "/api/v1/agency/agreements", manager, Unlogged, get(sharing::api::list)),
        route(Post, "/api/v1/agency/agreements", manager, Changes, post(sharing::api::propose)),
        route(Put, "/api/v1/agency/agreements/{agreement}/state", manager, Changes, put(sharing::api::set_state)),
        route(
            Get,
            "/api/v1/agency/agreements/{agreement}/use",
            manager,
            ReadsPersonalData,
            get(sharing::api::use_made),
        ),
    ]
}

/// The router, with every route behind its access check.
pub fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for route in table() {
        let guard = Guard { access: route.access, audit: route.audit, path: route.path };
        let check = from_fn_with_state((Arc::clone(app), guard), check_access);
        let bytes_max = if route.access == Access::Camera { feeds::limits::BODY_BYTES_MAX } else { BODY_BYTES_MAX };
        router = router
            .route(route.path, route.handler.layer::<_, Infallible>(check).layer(DefaultBodyLimit::max(bytes_max)));
    }
    router.fallback(|| async { Problem::not_found() }).with_state(Arc::clone(app))
}

/// What stands before a route.
#[derive(Clone, Copy)]
struct Guard {
    access: Access,
    audit: Audit,
    path: &'static str,
}

async fn check_access(State((app, guard)): State<(Arc<App>, Guard)>, mut request: Request, next: Next) -> Response {
    // Cameras are known by credentials that their handlers read: the key may be part of the path.
    if matches!(guard.access, Access::Open | Access::Camera) {
        return next.run(request).await;
    }
    let caller = match Caller::of_request(&app, request.method(), request.headers()).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if let Err(problem) = may_call(&app, &caller, guard.access) {
        let method = request.method().as_str();
        return record_refusal(&app, &caller, guard, method, problem)
            .await
            .unwrap_or_else(|failed| failed)
            .into_response();
    }
    request.extensions_mut().insert(Arc::new(caller));
    next.run(request).await
}

fn may_call(app: &App, caller: &Caller, access: Access) -> Result<(), Problem> {
    if access != Access::Session && !caller.has_accepted_rules() {
        return Err(Problem::accept_rules());
    }
    if access != Access::Session && caller.password_expires().is_some_and(|expires| expires <= app.clock.now()) {
        return Err(Problem::change_password());
    }
    let wanted = match &access {
        Access::Role(role) => std::slice::from_ref(role),
        Access::AnyRole(roles) => roles,
        _ => &[],
    };
    if !wanted.is_empty() && !wanted.iter().any(|role| caller.has_role(*role)) {
        let words: Vec<_> = wanted.iter().map(|role| format!("`{role}`")).collect();
        return Err(Problem::not_permitted(format!("this needs the role {}", words.join(" or "))));
    }
    Ok(())
}

/// A known person tried what the route's audit class would have recorded: so is the try (CJIS AU-2). The path is the
/// table's, without what stood in its places.
async fn record_refusal(
    app: &App,
    caller: &Caller,
    guard: Guard,
    method: &str,
    problem: Problem,
) -> Result<Problem, Problem> {
    if guard.audit == Audit::None {
        return Ok(problem);
    }
    let details = json!({
        "by": { "user": caller.user.id, "unit": caller.unit.id, "log_in": caller.session.log_in },
        "method": method, "route": guard.path, "problem": problem.kind,
    });
    let entry = app.ledger.record(Entry::of(Some(caller.agency.id), "access.refused", details)).await?.entry();
    Ok(problem.recorded_as(entry.index))
}

/// Reads a JSON body. The error names the field by its path and never repeats what was sent in it.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let text = error.inner().to_string();
        let named = ["missing field `", "unknown field `"].iter().find_map(|start| {
            let (field, _) = text.strip_prefix(start)?.split_once('`')?;
            Some((*start, field.to_owned()))
        });
        match named {
            Some((start, field)) => {
                // The path of an unknown field ends with it, that of a missing one with the object that lacks it.
                let (whole, detail) = match (start.starts_with("missing"), path.as_str()) {
                    (true, ".") => (field, "the field is missing"),
                    (true, _) => (format!("{path}.{field}"), "the field is missing"),
                    (false, ".") => (field, "there is no such field"),
                    (false, _) => (path, "there is no such field"),
                };
                Problem::invalid(whole, detail)
            }
            None if path == "." => Problem::unreadable("the body is not the JSON that is expected here"),
            None => Problem::invalid(path, "the value has the wrong form"),
        }
    })?;
    reader.end().map_err(|_| Problem::unreadable("something follows the JSON of the body"))?;
    Ok(read)
}
