//! SQL of agencies, units, reasons and pools; the tables of agreements are made here and belong to `sharing`.

use crate::accounts::password::PasswordRules;
use domain::{AgencyId, ReasonClass, ReasonCode, UnitId};
use policy::{PartyFacts, ReasonFacts};
use serde_json::{Map, Value};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row};
use std::collections::{BTreeSet, HashMap};
use storage::sql::{Migration, flag};
use storage::{Sql, SqlError};

/// Names that one statement looks up; a page of an answer needs one.
const NAMES_AT_ONCE: usize = 512;

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("agencies", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        statements: "
        CREATE TABLE agencies (
            id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, preset TEXT NOT NULL, zone TEXT NOT NULL,
            active BIGINT NOT NULL, rules_version BIGINT NOT NULL, rules_text TEXT NOT NULL,
            enhanced_rules_text TEXT NOT NULL);
        CREATE TABLE units (
            id BIGINT PRIMARY KEY, agency BIGINT NOT NULL REFERENCES agencies (id), name TEXT NOT NULL,
            profile TEXT NOT NULL, UNIQUE (agency, name));
        CREATE TABLE reasons (
            agency BIGINT NOT NULL REFERENCES agencies (id), code TEXT NOT NULL, label TEXT NOT NULL,
            criminal BIGINT NOT NULL, active BIGINT NOT NULL, units TEXT, authority TEXT NOT NULL,
            look_back_days BIGINT NOT NULL, PRIMARY KEY (agency, code));
        CREATE TABLE pools (
            id BIGINT PRIMARY KEY, owner BIGINT NOT NULL REFERENCES agencies (id), source TEXT NOT NULL,
            UNIQUE (owner, source));
        CREATE TABLE agreements (
            id BIGINT PRIMARY KEY, owner BIGINT NOT NULL REFERENCES agencies (id),
            recipient BIGINT NOT NULL REFERENCES agencies (id), sources TEXT, permissions TEXT NOT NULL, reasons TEXT,
            starts BIGINT NOT NULL, ends BIGINT NOT NULL, active BIGINT NOT NULL, document TEXT NOT NULL);
    ",
    },
    Migration {
        // What laws of states tell apart: reasons by what they are for, agencies by state and kind, a published policy.
        number: 2,
        statements: "
        ALTER TABLE reasons ADD COLUMN class TEXT NOT NULL DEFAULT 'other';
        UPDATE reasons SET class = 'criminal-investigation' WHERE criminal <> 0;
        ALTER TABLE agencies ADD COLUMN state TEXT;
        ALTER TABLE agencies ADD COLUMN public_body BIGINT NOT NULL DEFAULT 1;
        ALTER TABLE agencies ADD COLUMN published TEXT;
    ",
    },
    Migration {
        // Numbers of an agency's own, changes that wait for a second manager, and the rules of its passwords.
        number: 3,
        statements: "
        ALTER TABLE agencies ADD COLUMN limits TEXT;
        ALTER TABLE agencies ADD COLUMN policy_revision BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE agencies ADD COLUMN passwords TEXT NOT NULL DEFAULT 'nist';
        CREATE TABLE policy_changes (
            id BIGINT PRIMARY KEY, agency BIGINT NOT NULL REFERENCES agencies (id), made_by TEXT NOT NULL,
            made BIGINT NOT NULL, preset TEXT NOT NULL, limits TEXT NOT NULL, widens TEXT NOT NULL,
            reference TEXT NOT NULL, dated TEXT NOT NULL, revision BIGINT NOT NULL);
    ",
    },
    Migration {
        // A change that waits no more is kept, so that no other gets its number.
        number: 4,
        statements: "ALTER TABLE policy_changes ADD COLUMN settled BIGINT NOT NULL DEFAULT 0;",
    },
];

/// A customer of the installation.
#[derive(Clone, Debug)]
pub struct Agency {
    pub id: AgencyId,
    pub name: String,
    pub preset: String,
    pub zone: String,
    pub active: bool,
    /// The state whose law holds for it, such as `US-CA`.
    pub state: Option<String>,
    /// A public body, not a company.
    pub public_body: bool,
    /// Where its usage and privacy policy is published, with the date.
    pub published: Option<String>,
    /// Numbers of its own policy, by name.
    pub limits: Map<String, Value>,
    pub passwords: PasswordRules,
    /// How often it has changed its policy.
    pub policy_revision: u32,
    pub rules_version: i64,
    pub rules_text: String,
    pub enhanced_rules_text: String,
}

impl Agency {
    /// What sharing rules may know of it.
    pub fn party(&self) -> PartyFacts {
        PartyFacts { agency: self.id, active: self.active, state: self.state.clone(), public_body: self.public_body }
    }
}

#[derive(Clone, Debug)]
pub struct Unit {
    pub id: UnitId,
    pub agency: AgencyId,
    pub name: String,
    /// Which column of the preset's table applies: `investigations`, `enforcement`, `default`.
    pub profile: String,
}

/// A reason code of an agency's list (WHY-2).
#[derive(Clone, Debug)]
pub struct Reason {
    pub code: ReasonCode,
    pub label: String,
    pub criminal: bool,
    pub active: bool,
    pub class: ReasonClass,
    /// `None` is every unit.
    pub units: Option<BTreeSet<UnitId>>,
    pub authority: String,
    pub look_back_days: u32,
}

impl Reason {
    pub fn facts(&self) -> ReasonFacts {
        ReasonFacts {
            code: self.code.clone(),
            criminal: self.criminal,
            active: self.active,
            class: self.class,
            units: self.units.clone(),
            authority: self.authority.clone(),
            max_look_back_days: self.look_back_days,
        }
    }
}

/// Words joined by commas, as small sets are stored.
pub fn join_words<T: ToString>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(",")
}

/// Reads what [`join_words`] wrote; words of a newer release that mean nothing here are left out.
pub fn split_words<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> impl Iterator<Item = T> {
    text.split(',').filter(|word| !word.is_empty()).filter_map(read).collect::<Vec<_>>().into_iter()
}

/// An id that came out of the database, where ids are 64 bits wide.
pub fn small_id(id: i64) -> Result<u32, sqlx::Error> {
    u32::try_from(id).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The next free id of a table. Called inside the transaction that uses it.
pub async fn next_id<'c>(executor: impl Executor<'c, Database = Any>, table: &'static str) -> Result<i64, sqlx::Error> {
    let query = format!("SELECT CAST(COALESCE(MAX(id), 0) + 1 AS BIGINT) AS id FROM {table}");
    sqlx::query(sqlx::AssertSqlSafe(query)).fetch_one(executor).await?.try_get("id")
}

fn read_limits(text: Option<String>) -> Result<Map<String, Value>, sqlx::Error> {
    let Some(text) = text else { return Ok(Map::new()) };
    serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn read_agency(row: &AnyRow) -> Result<Agency, sqlx::Error> {
    let passwords: String = row.try_get("passwords")?;
    Ok(Agency {
        id: AgencyId(small_id(row.try_get("id")?)?),
        name: row.try_get("name")?,
        preset: row.try_get("preset")?,
        zone: row.try_get("zone")?,
        active: flag(row, "active")?,
        state: row.try_get("state")?,
        public_body: flag(row, "public_body")?,
        published: row.try_get("published")?,
        limits: read_limits(row.try_get("limits")?)?,
        passwords: PasswordRules::from_word(&passwords).unwrap_or(PasswordRules::Cjis),
        policy_revision: small_id(row.try_get("policy_revision")?)?,
        rules_version: row.try_get("rules_version")?,
        rules_text: row.try_get("rules_text")?,
        enhanced_rules_text: row.try_get("enhanced_rules_text")?,
    })
}

pub async fn agency(sql: &Sql, id: AgencyId) -> Result<Option<Agency>, sqlx::Error> {
    let row =
        sqlx::query("SELECT * FROM agencies WHERE id = $1").bind(i64::from(id.0)).fetch_optional(sql.pool()).await?;
    row.as_ref().map(read_agency).transpose()
}

pub async fn agencies(sql: &Sql) -> Result<Vec<Agency>, sqlx::Error> {
    sqlx::query("SELECT * FROM agencies ORDER BY id").fetch_all(sql.pool()).await?.iter().map(read_agency).collect()
}

fn read_unit(row: &AnyRow) -> Result<Unit, sqlx::Error> {
    Ok(Unit {
        id: UnitId(small_id(row.try_get("id")?)?),
        agency: AgencyId(small_id(row.try_get("agency")?)?),
        name: row.try_get("name")?,
        profile: row.try_get("profile")?,
    })
}

pub async fn unit(sql: &Sql, id: UnitId) -> Result<Option<Unit>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM units WHERE id = $1").bind(i64::from(id.0)).fetch_optional(sql.pool()).await?;
    row.as_ref().map(read_unit).transpose()
}

pub async fn units(sql: &Sql, agency: AgencyId) -> Result<Vec<Unit>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM units WHERE agency = $1 ORDER BY id")
        .bind(i64::from(agency.0))
        .fetch_all(sql.pool())
        .await?;
    rows.iter().map(read_unit).collect()
}

fn read_reason(row: &AnyRow) -> Result<Reason, sqlx::Error> {
    let units: Option<String> = row.try_get("units")?;
    let class: String = row.try_get("class")?;
    Ok(Reason {
        code: ReasonCode(row.try_get("code")?),
        label: row.try_get("label")?,
        criminal: flag(row, "criminal")?,
        active: flag(row, "active")?,
        class: ReasonClass::from_word(&class).unwrap_or(ReasonClass::Other),
        units: units.map(|units| split_words(&units, |word| word.parse().ok()).collect()),
        authority: row.try_get("authority")?,
        look_back_days: small_id(row.try_get("look_back_days")?)?,
    })
}

pub async fn reasons(sql: &Sql, agency: AgencyId) -> Result<Vec<Reason>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM reasons WHERE agency = $1 ORDER BY code")
        .bind(i64::from(agency.0))
        .fetch_all(sql.pool())
        .await?;
    rows.iter().map(read_reason).collect()
}

/// The reasons that people of a unit may choose from.
pub async fn usable_reasons(sql: &Sql, unit: &Unit) -> Result<Vec<Reason>, sqlx::Error> {
    let mut all = reasons(sql, unit.agency).await?;
    all.retain(|reason| reason.active && reason.units.as_ref().is_none_or(|units| units.contains(&unit.id)));
    Ok(all)
}

pub async fn reason(sql: &Sql, agency: AgencyId, code: &ReasonCode) -> Result<Option<Reason>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM reasons WHERE agency = $1 AND code = $2")
        .bind(i64::from(agency.0))
        .bind(code.0.as_str())
        .fetch_optional(sql.pool())
        .await?;
    row.as_ref().map(read_reason).transpose()
}

/// Names of some agencies.
pub async fn names(sql: &Sql, ids: BTreeSet<AgencyId>) -> Result<HashMap<AgencyId, String>, sqlx::Error> {
    let ids: Vec<_> = ids.into_iter().map(|id| id.0).collect();
    let found = names_in(sql, "agencies", &ids).await?;
    Ok(found.into_iter().map(|(id, name)| (AgencyId(id), name)).collect())
}

/// Id and name of some rows of a table.
pub(crate) async fn names_in(sql: &Sql, table: &'static str, ids: &[u32]) -> Result<Vec<(u32, String)>, sqlx::Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(NAMES_AT_ONCE) {
        // Rounded up to a power of two, so that only few different statements are prepared; the last id fills up.
        let places = ids.len().next_power_of_two();
        let numbers: Vec<_> = (1..=places).map(|number| format!("${number}")).collect();
        let text = format!("SELECT id, name FROM {table} WHERE id IN ({})", numbers.join(", "));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
        for id in ids.iter().chain(ids.last().into_iter().cycle()).take(places) {
            query = query.bind(i64::from(*id));
        }
        for row in query.fetch_all(sql.pool()).await? {
            found.push((small_id(row.try_get("id")?)?, row.try_get("name")?));
        }
    }
    Ok(found)
}
