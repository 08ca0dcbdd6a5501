//! SQL of passkeys and of ceremonies that are under way.

use super::SIGN_INS_BEGUN_MAX;
use crate::accounts::store::User;
use crate::http::Problem;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{AgencyId, UserId, UtcMicros};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use storage::sql::Migration;
use storage::{Scope, Sql, SqlError, Vault};
use uuid::Uuid;
use webauthn_rs::prelude::Passkey;

/// After the accounts' own tables, which one column is added to.
pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("passkeys", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE passkeys (
            id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), credential TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL, sealed {bytes} NOT NULL, counter BIGINT NOT NULL, created BIGINT NOT NULL,
            last_used BIGINT);
        CREATE INDEX passkeys_by_user ON passkeys (user_id);
        CREATE TABLE passkey_ceremonies (
            id TEXT PRIMARY KEY, purpose TEXT NOT NULL, user_id TEXT, state TEXT NOT NULL, expires BIGINT NOT NULL);
        CREATE INDEX passkey_ceremonies_by_end ON passkey_ceremonies (expires);
        ALTER TABLE sessions ADD COLUMN by_passkey BIGINT;
    ",
}];

fn scope(agency: AgencyId) -> Scope {
    Scope::agency(agency, "passkey")
}

/// A credential's id as the database and browsers write it.
pub fn credential_text(id: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(id)
}

/// A passkey as lists show it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: Uuid,
    pub credential: String,
    pub name: String,
    pub created: UtcMicros,
    pub last_used: Option<UtcMicros>,
}

fn read_listed(row: &AnyRow) -> Result<Listed, sqlx::Error> {
    let id: String = row.try_get("id")?;
    Ok(Listed {
        id: id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        credential: row.try_get("credential")?,
        name: row.try_get("name")?,
        created: UtcMicros(row.try_get("created")?),
        last_used: row.try_get::<Option<i64>, _>("last_used")?.map(UtcMicros),
    })
}

/// Oldest first. Of nobody: none, by the same statement.
pub async fn of_user(sql: &Sql, user: Option<UserId>) -> Result<Vec<Listed>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, credential, name, created, last_used FROM passkeys WHERE user_id = $1 ORDER BY created, id",
    )
    .bind(user.map(|user| user.to_string()).unwrap_or_default())
    .fetch_all(sql.pool())
    .await?;
    rows.iter().map(read_listed).collect()
}

/// Keeps a new passkey, unless the person has as many as may be; `false` then. The credential is sealed, so that nobody
/// who can only write the database adds a key of their own to an account.
pub async fn insert(
    sql: &Sql,
    vault: &Vault,
    user: &User,
    (id, name): (Uuid, &str),
    passkey: &Passkey,
    now: UtcMicros,
) -> Result<bool, Problem> {
    let mut transaction = sql.begin().await?;
    let text = "SELECT CAST(COUNT(*) AS BIGINT) AS count FROM passkeys WHERE user_id = $1";
    let count: i64 =
        sqlx::query(text).bind(user.id.to_string()).fetch_one(&mut *transaction).await?.try_get("count")?;
    if count >= super::PASSKEYS_MAX {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO passkeys (id, user_id, credential, name, sealed, counter, created) VALUES ($1, $2, $3, $4, $5, 0, $6)",
    )
    .bind(id.to_string())
    .bind(user.id.to_string())
    .bind(credential_text(passkey.cred_id()))
    .bind(name)
    .bind(seal(vault, user.agency, passkey)?)
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}

fn seal(vault: &Vault, agency: AgencyId, passkey: &Passkey) -> Result<Vec<u8>, Problem> {
    let bytes =
        serde_json::to_vec(passkey).map_err(|error| Problem::failed("the passkey could not be written", &error))?;
    vault.seal(&scope(agency), &bytes).map_err(|error| Problem::failed("the passkey could not be sealed", &error))
}

/// A passkey with what verifies it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: Uuid,
    pub passkey: Passkey,
}

/// The passkey of this person with this credential id; of nobody, none, by the same statement.
pub async fn find(sql: &Sql, vault: &Vault, user: Option<&User>, credential: &[u8]) -> Result<Option<Kept>, Problem> {
    let row = sqlx::query("SELECT id, sealed FROM passkeys WHERE user_id = $1 AND credential = $2")
        .bind(user.map(|user| user.id.to_string()).unwrap_or_default())
        .bind(credential_text(credential))
        .fetch_optional(sql.pool())
        .await?;
    let (Some(row), Some(user)) = (row, user) else { return Ok(None) };
    let id: String = row.try_get("id")?;
    let sealed: Vec<u8> = row.try_get("sealed")?;
    let bytes = vault
        .open_sealed(&scope(user.agency), &sealed)
        .map_err(|error| Problem::failed("a passkey could not be opened", &error))?;
    let passkey =
        serde_json::from_slice(&bytes).map_err(|error| Problem::failed("a passkey could not be read", &error))?;
    let id = id.parse().map_err(|error| Problem::failed("a passkey could not be read", &error))?;
    Ok(Some(Kept { id, passkey }))
}

/// Notes a use. `false` where the counter did not rise meanwhile: of two that use one counter only the first counts.
pub async fn note_use(
    sql: &Sql,
    vault: &Vault,
    agency: AgencyId,
    kept: &Kept,
    counter: u32,
    now: UtcMicros,
) -> Result<bool, Problem> {
    let noted = sqlx::query(
        "UPDATE passkeys SET sealed = $2, counter = $3, last_used = $4
         WHERE id = $1 AND (counter < $3 OR (counter = 0 AND $3 = 0))",
    )
    .bind(kept.id.to_string())
    .bind(seal(vault, agency, &kept.passkey)?)
    .bind(i64::from(counter))
    .bind(now.0)
    .execute(sql.pool())
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// `false` where the person has no such passkey.
pub async fn rename(sql: &Sql, user: UserId, id: Uuid, name: &str) -> Result<bool, sqlx::Error> {
    let renamed = sqlx::query("UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2")
        .bind(id.to_string())
        .bind(user.to_string())
        .bind(name)
        .execute(sql.pool())
        .await?;
    Ok(renamed.rows_affected() == 1)
}

/// Removes a passkey, and ends every other session of the account: one of them may be its finder's.
pub async fn remove(sql: &Sql, user: UserId, id: Uuid, keep: &str) -> Result<bool, sqlx::Error> {
    let mut transaction = sql.begin().await?;
    let removed = sqlx::query("DELETE FROM passkeys WHERE id = $1 AND user_id = $2")
        .bind(id.to_string())
        .bind(user.to_string())
        .execute(&mut *transaction)
        .await?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
        .bind(user.to_string())
        .bind(keep)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(true)
}

/// Removes all passkeys of a person, with every session.
pub async fn remove_all(transaction: &mut Transaction<'_, Any>, user: UserId) -> Result<(), sqlx::Error> {
    for text in ["DELETE FROM passkeys WHERE user_id = $1", "DELETE FROM sessions WHERE user_id = $1"] {
        sqlx::query(text).bind(user.to_string()).execute(&mut **transaction).await?;
    }
    Ok(())
}

/// How many passkeys each person of the agency has.
pub async fn counts_of(sql: &Sql, agency: AgencyId) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let text = "SELECT user_id, CAST(COUNT(*) AS BIGINT) AS count FROM passkeys
        WHERE user_id IN (SELECT id FROM users WHERE agency = $1) GROUP BY user_id";
    let rows = sqlx::query(text).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?;
    rows.iter().map(|row| Ok((row.try_get("user_id")?, row.try_get("count")?))).collect()
}

/// A ceremony that is under way.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// `None` where nobody has the login that was given.
    pub user: Option<UserId>,
    pub state: String,
}

pub async fn put_ceremony(
    sql: &Sql,
    (id, purpose): (&str, &str),
    ceremony: &Ceremony,
    (now, expires): (UtcMicros, UtcMicros),
) -> Result<(), sqlx::Error> {
    let mut transaction = sql.begin().await?;
    sqlx::query("DELETE FROM passkey_ceremonies WHERE expires <= $1").bind(now.0).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO passkey_ceremonies (id, purpose, user_id, state, expires) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(purpose)
        .bind(ceremony.user.map(|user| user.to_string()))
        .bind(ceremony.state.as_str())
        .bind(expires.0)
        .execute(&mut *transaction)
        .await?;
    let text = "SELECT CAST(COUNT(*) AS BIGINT) AS count FROM passkey_ceremonies WHERE purpose = 'sign-in'";
    let count: i64 = sqlx::query(text).fetch_one(&mut *transaction).await?.try_get("count")?;
    if count > SIGN_INS_BEGUN_MAX {
        sqlx::query(
            "DELETE FROM passkey_ceremonies WHERE id IN (
                 SELECT id FROM passkey_ceremonies WHERE purpose = 'sign-in' ORDER BY expires, id LIMIT $1)",
        )
        .bind(count - SIGN_INS_BEGUN_MAX)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}

/// Takes a ceremony for good: its challenge counts once, also where what follows is refused.
pub async fn take_ceremony(
    sql: &Sql,
    id: &str,
    purpose: &str,
    now: UtcMicros,
) -> Result<Option<Ceremony>, sqlx::Error> {
    let mut transaction = sql.begin().await?;
    let row = sqlx::query("SELECT user_id, state, expires FROM passkey_ceremonies WHERE id = $1 AND purpose = $2")
        .bind(id)
        .bind(purpose)
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let taken = sqlx::query("DELETE FROM passkey_ceremonies WHERE id = $1").bind(id).execute(&mut *transaction).await?;
    transaction.commit().await?;
    let expires: i64 = row.try_get("expires")?;
    if taken.rows_affected() == 0 || expires <= now.0 {
        return Ok(None);
    }
    let user: Option<String> = row.try_get("user_id")?;
    let user = user.map(|user| user.parse()).transpose().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Some(Ceremony { user, state: row.try_get("state")? }))
}
