//! SQL of saved areas. Names and coordinates say what is looked into, so they are sealed under the agency's key.

use crate::http::Problem;
use crate::queries::body::AreaBody;
use domain::{AgencyId, Area, UserId, UtcMicros};
use serde::{Deserialize, Serialize};
use sqlx::{Any, Row, Transaction};
use storage::sql::Migration;
use storage::{Scope, Sql, SqlError, Vault};
use uuid::Uuid;

/// Saved areas of one user.
pub const SAVED_AREAS_MAX: i64 = 50;

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("saved-areas", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE saved_areas (
            id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), saved BIGINT NOT NULL,
            sealed {bytes} NOT NULL);
        CREATE INDEX saved_areas_by_user ON saved_areas (user_id, saved);
    ",
}];

/// What is sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Content {
    pub name: String,
    pub areas: Vec<AreaBody>,
}

/// Areas to be saved.
#[derive(Clone, Debug)]
pub struct NewSavedAreas {
    pub id: Uuid,
    pub agency: AgencyId,
    pub user: UserId,
    pub saved: UtcMicros,
    pub name: String,
    /// As the ledger records them.
    pub areas: Vec<Area>,
    pub sealed: Vec<u8>,
}

/// Saved areas, opened.
#[derive(Clone, Debug)]
pub struct SavedAreas {
    pub id: Uuid,
    pub saved: UtcMicros,
    pub content: Content,
}

fn scope(agency: AgencyId) -> Scope {
    Scope::agency(agency, "saved-areas")
}

pub fn seal(vault: &Vault, agency: AgencyId, content: &Content) -> Result<Vec<u8>, Problem> {
    let bytes = serde_json::to_vec(content).map_err(|_| Problem::broken("areas could not be written"))?;
    vault.seal(&scope(agency), &bytes).map_err(|error| Problem::failed("the areas could not be sealed", &error))
}

/// A user's own, newest first.
pub async fn of_user(sql: &Sql, vault: &Vault, agency: AgencyId, user: UserId) -> Result<Vec<SavedAreas>, Problem> {
    let rows = sqlx::query("SELECT id, saved, sealed FROM saved_areas WHERE user_id = $1 ORDER BY saved DESC, id DESC")
        .bind(user.to_string())
        .fetch_all(sql.pool())
        .await?;
    let open = |row: &sqlx::any::AnyRow| {
        let (id, sealed): (String, Vec<u8>) = (row.try_get("id")?, row.try_get("sealed")?);
        let bytes = vault.open_sealed(&scope(agency), &sealed);
        let bytes = bytes.map_err(|error| Problem::failed("saved areas could not be opened", &error))?;
        Ok(SavedAreas {
            id: id.parse().map_err(|_| Problem::broken("saved areas have no id"))?,
            saved: UtcMicros(row.try_get("saved")?),
            content: serde_json::from_slice(&bytes).map_err(|_| Problem::broken("saved areas cannot be read"))?,
        })
    };
    rows.iter().map(open).collect()
}

pub async fn count(sql: &Sql, user: UserId) -> Result<i64, sqlx::Error> {
    let query = "SELECT CAST(COUNT(*) AS BIGINT) AS count FROM saved_areas WHERE user_id = $1";
    sqlx::query(query).bind(user.to_string()).fetch_one(sql.pool()).await?.try_get("count")
}

/// Two that are saved at once cannot both be the last that fits: the user's row is held while they are counted.
pub async fn insert(transaction: &mut Transaction<'_, Any>, new: &NewSavedAreas) -> Result<u32, sqlx::Error> {
    let user = new.user.to_string();
    sqlx::query("UPDATE users SET active = active WHERE id = $1")
        .bind(user.as_str())
        .execute(&mut **transaction)
        .await?;
    let inserted = sqlx::query(
        "INSERT INTO saved_areas (id, user_id, saved, sealed) SELECT $1, $2, $3, $4
         WHERE (SELECT COUNT(*) FROM saved_areas WHERE user_id = $5) < $6",
    )
    .bind(new.id.to_string())
    .bind(user.as_str())
    .bind(new.saved.0)
    .bind(new.sealed.as_slice())
    .bind(user.as_str())
    .bind(SAVED_AREAS_MAX)
    .execute(&mut **transaction)
    .await?;
    if inserted.rows_affected() == 0 {
        return Err(sqlx::Error::Protocol("a user has as many saved areas as fit".into()));
    }
    Ok(0)
}

pub async fn delete(transaction: &mut Transaction<'_, Any>, user: UserId, id: Uuid) -> Result<u32, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM saved_areas WHERE id = $1 AND user_id = $2")
        .bind(id.to_string())
        .bind(user.to_string())
        .execute(&mut **transaction)
        .await?;
    if deleted.rows_affected() == 0 { Err(sqlx::Error::RowNotFound) } else { Ok(0) }
}
