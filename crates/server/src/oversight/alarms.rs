//! Alarms: a rule of a policy could not be evaluated, or a passkey seems to be copied. What was asked for was refused;
//! somebody has to look.
//! No content of any question is in one.

use super::entries::Entry;
use crate::App;
use crate::accounts::Caller;
use crate::http::Problem;
use axum::extract::State;
use axum::{Extension, Json};
use domain::AgencyId;
use policy::Refusal;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::Row;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::sql::Migration;
use storage::{Sql, SqlError};
use utoipa::ToSchema;

/// The rule of every refusal that is one.
const POLICY_ERROR: &str = "policy-error";
/// A passkey's counter went back: there may be a copy of the key.
pub const PASSKEY_COUNTER: &str = "passkey-counter";
/// Somebody asked about many different plates in a short time.
pub const TRAWLING: &str = "trawling";
/// Alarms that are shown, the newest.
const SHOWN_MAX: i64 = 100;

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("alarms", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        statements: "
        CREATE TABLE alarms (
            ledger_entry BIGINT PRIMARY KEY, agency BIGINT NOT NULL REFERENCES agencies (id), raised BIGINT NOT NULL,
            rules TEXT NOT NULL);
        CREATE INDEX alarms_by_agency ON alarms (agency, raised);
    ",
    },
    Migration {
        // Not only policies raise alarms.
        number: 2,
        statements: "ALTER TABLE alarms ADD COLUMN kind TEXT;",
    },
];

/// How many there were since the start, for those who run the machine.
#[derive(Debug, Default)]
pub struct Alarms(AtomicU64);

impl Alarms {
    pub fn since_start(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Raises an alarm where a refusal comes from a rule that failed.
pub async fn watch(app: &App, refusal: &Refusal) -> Result<(), Problem> {
    if refusal.rule != POLICY_ERROR {
        return Ok(());
    }
    let (agency, rules) = (refusal.by().agency, refusal.failed_rules().join(","));
    tracing::error!(rules, "a rule of a policy could not be evaluated; the question was refused");
    let details = json!({ "rules": refusal.failed_rules(), "by": refusal.by().user });
    keep(app, agency, (POLICY_ERROR, "policy.alarm"), rules, details).await
}

/// Raises an alarm of another kind; its details are in its entry only.
pub async fn raise(app: &App, agency: AgencyId, kind: &'static str, details: Value) -> Result<(), Problem> {
    tracing::error!(kind, "an alarm was raised for an agency");
    keep(app, agency, (kind, "security.alarm"), String::new(), details).await
}

async fn keep(
    app: &App,
    agency: AgencyId,
    (kind, entry): (&'static str, &'static str),
    rules: String,
    details: Value,
) -> Result<(), Problem> {
    app.alarms.0.fetch_add(1, Ordering::Relaxed);
    let entry = app.ledger.record(Entry::of(Some(agency), entry, details)).await?.entry();
    sqlx::query("INSERT INTO alarms (ledger_entry, agency, raised, rules, kind) VALUES ($1, $2, $3, $4, $5)")
        .bind(i64::try_from(entry.index).unwrap_or(i64::MAX))
        .bind(i64::from(agency.0))
        .bind(app.clock.now().0)
        .bind(rules)
        .bind(kind)
        .execute(app.sql.pool())
        .await?;
    Ok(())
}

/// An alarm of the agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlarmView {
    /// `policy-error`: a rule could not be evaluated. `passkey-counter`: there may be a copy of a passkey.
    /// `trawling`: somebody asked about many different plates in a short time.
    pub kind: String,
    /// RFC 3339, UTC.
    pub raised: String,
    /// Rules that could not be evaluated; none where the facts of the question could not be said.
    pub rules: Vec<String>,
    pub ledger_entry: i64,
}

/// The newest 100 alarms of the agency.
#[utoipa::path(get, path = "/api/v1/agency/alarms", operation_id = "alarms", tag = "policy", responses((status = 200, body = Vec<AlarmView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<Vec<AlarmView>>, Problem> {
    let text = "SELECT * FROM alarms WHERE agency = $1 ORDER BY ledger_entry DESC LIMIT $2";
    let rows = sqlx::query(text).bind(i64::from(caller.agency.id.0)).bind(SHOWN_MAX).fetch_all(app.sql.pool()).await?;
    let view = |row: &sqlx::any::AnyRow| {
        let rules: String = row.try_get("rules")?;
        Ok(AlarmView {
            kind: row.try_get::<Option<String>, _>("kind")?.unwrap_or_else(|| POLICY_ERROR.into()),
            raised: domain::UtcMicros(row.try_get("raised")?).to_string(),
            rules: rules.split(',').filter(|rule| !rule.is_empty()).map(ToOwned::to_owned).collect(),
            ledger_entry: row.try_get("ledger_entry")?,
        })
    };
    Ok(Json(rows.iter().map(view).collect::<Result<_, sqlx::Error>>()?))
}
