//! The first start: a one-time link makes the first host operator, who sees no records but creates agencies.

use super::{password, sessions, store};
use crate::App;
use crate::agencies::acts::{self, Act, NewAgency, NewUser};
use crate::agencies::{api as agency_api, store as agency_store};
use crate::http::Problem;
use crate::http::routes::read_json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{AgencyId, Role, UnitId, UserId};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstStart {
    /// From the line that the first start printed.
    pub link: String,
    pub login: String,
    pub name: String,
    pub password: String,
}

/// Uses the one-time link of an empty data folder: makes the first host operator, who sees no records but creates
/// agencies and their first managers.
#[utoipa::path(post, path = "/api/v1/first-start", tag = "sign-in", request_body = FirstStart,
    responses((status = 201), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn first_start(State(app): State<Arc<App>>, bytes: Bytes) -> Result<StatusCode, Problem> {
    let body: FirstStart = read_json(&bytes)?;
    // Everything that can be refused is, before the link is used up.
    let (login, name) = (agency_api::name("login", &body.login)?, agency_api::name("name", &body.name)?);
    password::check_strength(&body.password, password::PasswordRules::Nist, &[&login, HOST_AGENCY])?;
    let id = sessions::id_of(&app.vault, &body.link);
    if !store::take_setup_link(&app.sql, &id, app.clock.now()).await? {
        return Err(Problem::not_found());
    }
    // Accounts can also have come from the command line, after the link was printed.
    if store::any_user(&app.sql).await? {
        return Err(Problem::conflict("link", "accounts exist already; a host operator makes further ones"));
    }
    make_host_operator(&app, &login, &name, &body.password).await?;
    Ok(StatusCode::CREATED)
}

/// Names of the host's own agency and unit.
pub const HOST_AGENCY: &str = "Host";
const HOST_UNIT: &str = "Operations";

/// The host's own agency, unit and operator. What an earlier attempt made before it was cut short is used again: with it in
/// the way, nobody could ever begin.
pub async fn make_host_operator(app: &App, login: &str, name: &str, plain_password: &str) -> Result<UserId, Problem> {
    let made = agency_store::agencies(&app.sql).await?.into_iter().find(|agency| agency.name == HOST_AGENCY);
    let agency = if let Some(agency) = made {
        agency.id
    } else {
        let create = Act::CreateAgency(NewAgency {
            name: HOST_AGENCY.into(),
            preset: "open".into(),
            zone: "UTC".into(),
            state: None,
            public_body: false,
            passwords: password::PasswordRules::Nist,
        });
        AgencyId(acts::perform(app, None, create, acts::Secrets::default()).await?.id)
    };
    let made = agency_store::units(&app.sql, agency).await?.into_iter().find(|unit| unit.name == HOST_UNIT);
    let unit = if let Some(unit) = made {
        unit.id
    } else {
        let create = Act::CreateUnit { agency, name: HOST_UNIT.into(), profile: "default".into() };
        UnitId(acts::perform(app, None, create, acts::Secrets::default()).await?.id)
    };
    let secrets = acts::user_secrets(app, agency, login, plain_password, None).await?;
    let user = NewUser {
        id: UserId(uuid::Uuid::now_v7()),
        agency,
        unit,
        login: login.into(),
        name: name.into(),
        roles: BTreeSet::from([Role::HostOperator]),
        permissions: BTreeSet::new(),
        cleared: false,
    };
    let id = user.id;
    acts::perform(app, None, Act::CreateUser(user), secrets).await?;
    Ok(id)
}
