//! The OpenAPI 3.1 document, made from the handlers.

use crate::{accounts, agencies, basemap, cameras, oversight, people, queries, saved_areas, training};
use axum::Json;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sightline",
        description = "License plate reader data under a gate: every question carries who, why, when and for whom; policy decides; \
                       a tamper-evident ledger holds the question before the first row is read.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        super::health::health,
        basemap::api::about,
        basemap::api::content,
        accounts::first_start::first_start,
        accounts::invitations::api::open,
        accounts::invitations::api::use_up,
        accounts::invitations::api::make,
        accounts::invitations::api::end,
        accounts::api::sign_in,
        accounts::api::me,
        accounts::api::accept_rules,
        accounts::api::sign_out,
        accounts::api::make_token,
        accounts::passkeys::sign_in::begin,
        accounts::passkeys::sign_in::sign_in,
        accounts::step_up::begin,
        accounts::step_up::step_up,
        accounts::session_list::list,
        accounts::session_list::end,
        accounts::passkeys::api::list,
        accounts::passkeys::api::begin,
        accounts::passkeys::api::add,
        accounts::passkeys::api::rename,
        accounts::passkeys::api::remove,
        people::entry::sessions,
        people::entry::end_sessions,
        people::entry::end_session,
        people::entry::remove_passkeys,
        cameras::api::native,
        cameras::api::rekor,
        cameras::api::rekor_by_path,
        cameras::api::plate_recognizer,
        cameras::api::plate_recognizer_by_path,
        queries::kinds::kinds,
        queries::api::reasons,
        queries::api::colleagues,
        queries::api::cameras,
        queries::measure::measure,
        queries::api::ask,
        queries::api::show,
        queries::api::again,
        queries::api::count,
        queries::api::rows,
        queries::marks::mark,
        queries::prints::print,
        saved_areas::api::list,
        saved_areas::api::save,
        saved_areas::api::delete,
        queries::photos::open,
        queries::photos::open_batch,
        oversight::api::checkpoint,
        oversight::api::verifier_key,
        oversight::api::tile,
        oversight::api::receipt,
        agencies::api::create_agency,
        agencies::api::create_manager,
        agencies::overview::agency_names,
        agencies::overview::overview,
        agencies::api::create_unit,
        agencies::api::put_reason,
        agencies::api::replace_rules,
        agencies::api::publish_policy,
        agencies::presets::list,
        agencies::policy_page::try_question,
        agencies::policy_page::matrix,
        agencies::policy_changes::show,
        agencies::policy_changes::propose,
        agencies::policy_changes::confirm,
        agencies::policy_changes::withdraw,
        oversight::alarms::list,
        agencies::cases::show,
        agencies::cases::set_pattern,
        agencies::cases::import,
        agencies::cases::drop_list,
        agencies::api::create_user,
        accounts::own_password::change,
        people::api::set_active,
        people::api::unlock,
        people::api::list,
        people::api::change,
        people::api::certify,
        people::api::grant,
        people::api::end_grant,
        people::api::review,
        people::api::set_seats,
        people::api::access,
        training::api::me,
        training::api::course,
        training::api::answer,
        training::api::import,
        training::api::reminders,
        agencies::api::add_camera,
        agencies::api::set_camera_active,
        agencies::sharing::sign_agreement,
    ),
    tags(
        (name = "sign-in", description = "Sessions, rules of behaviour, tokens"),
        (name = "queries", description = "Questions and their answers"),
        (name = "ingest", description = "What cameras post"),
        (name = "ledger", description = "The tamper-evident log and receipts"),
        (name = "people", description = "People, permissions, certificates of need to know, seats, reviews"),
        (name = "training", description = "Courses, records, reminders"),
        (name = "policy", description = "Presets, rules, tries"),
        (name = "management", description = "Agencies, units, users, reasons, cameras, agreements"),
        (name = "service", description = "Health and the base map")
    )
)]
struct Api;

/// The document as it is served and as `docs/generated/openapi.json` holds it.
pub fn build() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(build())
}
