//! What an agency says of its case references: how they are written, and which exist (WHY-3). The list keeps keyed hashes
//! only: a reference can be looked up here and not read.

use super::acts::{self, Act, ActError, Secrets};
use super::api::{Made, MadeAnswer};
use crate::App;
use crate::accounts::{Caller, sessions};
use crate::http::Problem;
use crate::http::csv_body::{Faults, read_csv};
use crate::http::routes::read_json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::case_pattern::{CasePattern, normalise_case_reference};
use domain::{AgencyId, UtcMicros};
use policy::CaseStanding;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{Any, Row, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::sql::{Migration, flag};
use storage::{Sql, SqlError, Vault};
use utoipa::ToSchema;

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("cases", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE case_rules (
            agency BIGINT PRIMARY KEY REFERENCES agencies (id), pattern TEXT, imported BIGINT);
        CREATE TABLE cases (
            agency BIGINT NOT NULL REFERENCES agencies (id), reference_key TEXT NOT NULL, still_open BIGINT NOT NULL,
            PRIMARY KEY (agency, reference_key));
    ",
}];

/// Changes of these rules.
#[derive(Clone, Debug)]
pub enum CaseAct {
    SetPattern {
        agency: AgencyId,
        pattern: Option<CasePattern>,
    },
    /// The whole list anew, by keyed hash: whether each case is open.
    ReplaceList {
        agency: AgencyId,
        cases: BTreeMap<String, bool>,
    },
    DropList {
        agency: AgencyId,
    },
}

impl CaseAct {
    pub fn agency(&self) -> AgencyId {
        match self {
            Self::SetPattern { agency, .. } | Self::ReplaceList { agency, .. } | Self::DropList { agency } => *agency,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::SetPattern { .. } => "case-pattern.set",
            Self::ReplaceList { .. } => "case-list.imported",
            Self::DropList { .. } => "case-list.dropped",
        }
    }

    pub fn record(&self) -> Value {
        match self {
            Self::SetPattern { pattern, .. } => json!({ "pattern": pattern.as_ref().map(ToString::to_string) }),
            Self::ReplaceList { cases, .. } => json!({
                "cases": cases.len(), "open": cases.values().filter(|open| **open).count(),
            }),
            Self::DropList { .. } => json!({}),
        }
    }

    pub(crate) async fn apply(self, transaction: &mut Transaction<'_, Any>, now: UtcMicros) -> Result<u32, ActError> {
        let agency = i64::from(self.agency().0);
        sqlx::query("INSERT INTO case_rules (agency) VALUES ($1) ON CONFLICT (agency) DO NOTHING")
            .bind(agency)
            .execute(&mut **transaction)
            .await?;
        let (imported, cases) = match self {
            Self::SetPattern { pattern, .. } => {
                sqlx::query("UPDATE case_rules SET pattern = $2 WHERE agency = $1")
                    .bind(agency)
                    .bind(pattern.map(|pattern| pattern.to_string()))
                    .execute(&mut **transaction)
                    .await?;
                return Ok(0);
            }
            Self::ReplaceList { cases, .. } => (Some(now.0), cases),
            Self::DropList { .. } => (None, BTreeMap::new()),
        };
        sqlx::query("UPDATE case_rules SET imported = $2 WHERE agency = $1")
            .bind(agency)
            .bind(imported)
            .execute(&mut **transaction)
            .await?;
        sqlx::query("DELETE FROM cases WHERE agency = $1").bind(agency).execute(&mut **transaction).await?;
        for (key, open) in cases {
            sqlx::query("INSERT INTO cases (agency, reference_key, still_open) VALUES ($1, $2, $3)")
                .bind(agency)
                .bind(key)
                .bind(i64::from(open))
                .execute(&mut **transaction)
                .await?;
        }
        Ok(0)
    }
}

/// Under which key a reference stands in the list.
fn key(vault: &Vault, agency: AgencyId, reference: &str) -> String {
    sessions::lasting_id_of(vault, &format!("case {agency} {}", normalise_case_reference(reference)))
}

struct Rules {
    pattern: Option<CasePattern>,
    imported: Option<UtcMicros>,
}

async fn rules(sql: &Sql, agency: AgencyId) -> Result<Rules, sqlx::Error> {
    let row = sqlx::query("SELECT pattern, imported FROM case_rules WHERE agency = $1")
        .bind(i64::from(agency.0))
        .fetch_optional(sql.pool())
        .await?;
    let Some(row) = row else { return Ok(Rules { pattern: None, imported: None }) };
    let pattern: Option<String> = row.try_get("pattern")?;
    let pattern = pattern.map(|text| text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))).transpose()?;
    Ok(Rules { pattern, imported: row.try_get::<Option<i64>, _>("imported")?.map(UtcMicros) })
}

/// What the agency's pattern and list say of a case reference.
pub async fn standing(app: &App, agency: AgencyId, reference: &str) -> Result<CaseStanding, sqlx::Error> {
    let rules = rules(&app.sql, agency).await?;
    if rules.pattern.is_some_and(|pattern| !pattern.fits(reference)) {
        return Ok(CaseStanding::NotOfPattern);
    }
    if rules.imported.is_none() {
        return Ok(CaseStanding::NotListed);
    }
    let row = sqlx::query("SELECT still_open FROM cases WHERE agency = $1 AND reference_key = $2")
        .bind(i64::from(agency.0))
        .bind(key(&app.vault, agency, reference))
        .fetch_optional(app.sql.pool())
        .await?;
    Ok(match row.map(|row| flag(&row, "still_open")).transpose()? {
        None => CaseStanding::Unknown,
        Some(true) => CaseStanding::Open,
        Some(false) => CaseStanding::Closed,
    })
}

/// What the agency says of its case references.
#[derive(Debug, Serialize, ToSchema)]
pub struct CasesView {
    /// `9` one digit, `A` one letter, `*` one or more letters or digits, everything else itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// References in the list.
    pub listed: i64,
    /// Of these, those of open cases.
    pub open: i64,
    /// When the list was imported; without one no reference is looked up. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<String>,
}

/// The pattern of case references and the size of the imported list.
#[utoipa::path(get, path = "/api/v1/agency/cases", operation_id = "cases", tag = "management", responses((status = 200, body = CasesView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<CasesView>, Problem> {
    let rules = rules(&app.sql, caller.agency.id).await?;
    let text = "SELECT CAST(COUNT(*) AS BIGINT) AS listed, CAST(COALESCE(SUM(still_open), 0) AS BIGINT) AS still_open
        FROM cases WHERE agency = $1";
    let row = sqlx::query(text).bind(i64::from(caller.agency.id.0)).fetch_one(app.sql.pool()).await?;
    Ok(Json(CasesView {
        pattern: rules.pattern.map(|pattern| pattern.to_string()),
        listed: row.try_get("listed")?,
        open: row.try_get("still_open")?,
        imported: rules.imported.map(|imported| imported.to_string()),
    }))
}

async fn perform(app: &App, caller: &Caller, act: CaseAct) -> MadeAnswer {
    let done = acts::perform(app, Some(caller.user.id), Act::Cases(act), Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(Made::from(done))))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatternBody {
    /// Such as `HF-9999-9999`; `null` takes it away.
    pub pattern: Option<String>,
}

/// Says how the agency writes its case references; acts on the next question.
#[utoipa::path(put, path = "/api/v1/agency/cases/pattern", tag = "management", request_body = PatternBody,
    responses((status = 201, body = Made), (status = 422, body = Problem)))]
pub async fn set_pattern(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> MadeAnswer {
    let body: PatternBody = read_json(&bytes)?;
    let pattern = body.pattern.map(|text| text.parse::<CasePattern>()).transpose();
    let pattern = pattern.map_err(|error| Problem::invalid("pattern", error.to_string()))?;
    perform(&app, &caller, CaseAct::SetPattern { agency: caller.agency.id, pattern }).await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CasesImported {
    pub cases: usize,
    pub open: usize,
    pub ledger_entry: u64,
}

/// Replaces the list of case references: `case_reference,status` in the first line, `open` or `closed` in the second
/// field. The whole file or nothing.
#[utoipa::path(post, path = "/api/v1/agency/cases/imports", operation_id = "import_cases", tag = "management",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 201, body = CasesImported), (status = 422, body = Problem)))]
pub async fn import(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<CasesImported>), Problem> {
    let agency = caller.agency.id;
    let pattern = rules(&app.sql, agency).await?.pattern;
    let cases = match read_cases(&bytes, pattern.as_ref(), |reference| key(&app.vault, agency, reference)) {
        Ok(cases) => cases,
        Err(problem) => return Err(acts::refuse_file(&app, &caller, "case-list.refused", problem).await?),
    };
    let (count, open) = (cases.len(), cases.values().filter(|open| **open).count());
    let act = Act::Cases(CaseAct::ReplaceList { agency, cases });
    let done = acts::perform(&app, Some(caller.user.id), act, Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(CasesImported { cases: count, open, ledger_entry: done.ledger_entry })))
}

fn read_cases(
    bytes: &[u8],
    pattern: Option<&CasePattern>,
    key: impl Fn(&str) -> String,
) -> Result<BTreeMap<String, bool>, Problem> {
    let (mut faults, mut cases) = (Faults::default(), BTreeMap::new());
    for (line, fields) in read_csv(bytes, &["case_reference", "status"])? {
        let [reference, status] = [0, 1].map(|place| fields.get(place).unwrap_or_default());
        if reference.is_empty() || reference.chars().count() > domain::limits::PURPOSE_FIELD_CHARS_MAX {
            faults.note(line, "the case reference is empty or too long");
        } else if pattern.is_some_and(|pattern| !pattern.fits(reference)) {
            faults.note(line, "the case reference is not written as the agency's pattern says");
        }
        if !matches!(status, "open" | "closed") {
            faults.note(line, "the status is `open` or `closed`");
        }
        if cases.insert(key(reference), status == "open").is_some() {
            faults.note(line, "the same case reference stands in an earlier line");
        }
    }
    faults.refuse()?;
    Ok(cases)
}

/// Takes the list away: case references are looked up no more.
#[utoipa::path(delete, path = "/api/v1/agency/cases", tag = "management", responses((status = 201, body = Made)))]
pub async fn drop_list(State(app): State<Arc<App>>, Extension(caller): Extension<Arc<Caller>>) -> MadeAnswer {
    perform(&app, &caller, CaseAct::DropList { agency: caller.agency.id }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_3_a_list_of_cases_is_read_whole_or_its_faults_are_told_by_line() {
        let read = |text: &str| read_cases(text.as_bytes(), "HF-99".parse().ok().as_ref(), normalise_case_reference);
        let cases = read("case_reference,status\nhf-01,open\nHF-02,closed\n").unwrap();
        assert_eq!(cases, BTreeMap::from([("HF-01".into(), true), ("HF-02".into(), false)]));
        let problem =
            read("case_reference,status\nHF-01,open\nhf-01,closed\nX,open\nHF-03,maybe\n,open\n").unwrap_err();
        assert_eq!(problem.lines.iter().map(|fault| fault.line).collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert!(problem.lines.iter().all(|fault| !fault.detail.contains("HF")), "what stands there is not repeated");
    }
}
