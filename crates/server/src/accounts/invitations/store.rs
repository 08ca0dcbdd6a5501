//! SQL of invitations: one of a person at a time.

use crate::accounts::passkeys::store as passkey_store;
use crate::accounts::vouching;
use crate::agencies::acts::Secrets;
use domain::{AgencyId, UserId, UtcMicros};
use sqlx::{Any, Row, Transaction};
use std::collections::HashMap;
use storage::sql::{Migration, flag};
use storage::{Sql, SqlError};

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("invitations", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    // `link` is the keyed hash of the link's secret, `totp` the sealed secret of the factor that is offered with it.
    statements: "
        CREATE TABLE invitations (
            user_id TEXT PRIMARY KEY REFERENCES users (id), link TEXT NOT NULL UNIQUE, totp {bytes} NOT NULL,
            made BIGINT NOT NULL, made_by TEXT, expires BIGINT NOT NULL);
    ",
}];

/// A link that can be used.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub user: UserId,
    /// The second factor that goes with it, sealed.
    pub totp_sealed: Vec<u8>,
    pub expires: UtcMicros,
}

/// `None` for a link that is unknown, used, ended or late.
pub async fn by_link(sql: &Sql, link: &str, now: UtcMicros) -> Result<Option<Invitation>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM invitations WHERE link = $1 AND expires > $2")
        .bind(link)
        .bind(now.0)
        .fetch_optional(sql.pool())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let user: String = row.try_get("user_id")?;
    Ok(Some(Invitation {
        user: user.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        totp_sealed: row.try_get("totp")?,
        expires: UtcMicros(row.try_get("expires")?),
    }))
}

/// Until when the people of an agency can use their links, as far as they have one.
pub async fn open_in(sql: &Sql, agency: AgencyId, now: UtcMicros) -> Result<HashMap<String, UtcMicros>, sqlx::Error> {
    let text = "SELECT user_id, expires FROM invitations
        WHERE expires > $2 AND user_id IN (SELECT id FROM users WHERE agency = $1)";
    let rows = sqlx::query(text).bind(i64::from(agency.0)).bind(now.0).fetch_all(sql.pool()).await?;
    rows.iter().map(|row| Ok((row.try_get("user_id")?, UtcMicros(row.try_get("expires")?)))).collect()
}

/// Whether the account is open; `RowNotFound` for a person of another agency too.
pub(super) async fn is_active(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT active FROM users WHERE id = $1 AND agency = $2")
        .bind(user.to_string())
        .bind(i64::from(agency.0))
        .fetch_one(&mut **transaction)
        .await?;
    flag(&row, "active")
}

pub(super) async fn put(
    transaction: &mut Transaction<'_, Any>,
    user: UserId,
    by: Option<UserId>,
    secrets: &Secrets,
    now: UtcMicros,
    expires: UtcMicros,
) -> Result<u32, sqlx::Error> {
    sqlx::query(
        "INSERT INTO invitations (user_id, link, totp, made, made_by, expires) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id) DO UPDATE SET link = excluded.link, totp = excluded.totp, made = excluded.made,
             made_by = excluded.made_by, expires = excluded.expires",
    )
    .bind(user.to_string())
    .bind(secrets.link_hash.clone())
    .bind(secrets.totp_sealed.clone())
    .bind(now.0)
    .bind(by.map(|by| by.to_string()))
    .bind(expires.0)
    .execute(&mut **transaction)
    .await?;
    Ok(0)
}

/// `RowNotFound` where there is none.
pub(crate) async fn end(transaction: &mut Transaction<'_, Any>, user: UserId) -> Result<u32, sqlx::Error> {
    let ended = sqlx::query("DELETE FROM invitations WHERE user_id = $1")
        .bind(user.to_string())
        .execute(&mut **transaction)
        .await?;
    if ended.rows_affected() == 0 { Err(sqlx::Error::RowNotFound) } else { Ok(0) }
}

/// Uses the link up: new password and second factor, no lock, and no passkey and no session from before. `RowNotFound` where it is
/// gone, late, or the account was closed meanwhile.
pub(super) async fn take(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
    secrets: &Secrets,
    now: UtcMicros,
) -> Result<u32, sqlx::Error> {
    let made_by: Option<String> = sqlx::query("SELECT made_by FROM invitations WHERE user_id = $1")
        .bind(user.to_string())
        .fetch_one(&mut **transaction)
        .await?
        .try_get("made_by")?;
    let taken = sqlx::query("DELETE FROM invitations WHERE user_id = $1 AND link = $2 AND expires > $3")
        .bind(user.to_string())
        .bind(secrets.link_hash.clone())
        .bind(now.0)
        .execute(&mut **transaction)
        .await?;
    let step = secrets.totp_step.and_then(|step| i64::try_from(step).ok()).unwrap_or_default();
    let set = sqlx::query(
        "UPDATE users SET password = $3, password_set = $4, password_typed_for = 0, totp = $5, totp_last_step = $6,
             locked = NULL
         WHERE id = $1 AND agency = $2 AND active = 1",
    )
    .bind(user.to_string())
    .bind(i64::from(agency.0))
    .bind(secrets.password_hash.clone().unwrap_or_default())
    .bind(now.0)
    .bind(secrets.totp_sealed.clone())
    .bind(step)
    .execute(&mut **transaction)
    .await?;
    if taken.rows_affected() == 0 || set.rows_affected() == 0 {
        return Err(sqlx::Error::RowNotFound);
    }
    let made_by = made_by.map(|by| by.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))).transpose()?;
    vouching::note(transaction, agency, user, made_by, now).await?;
    // Whoever held the account before holds nothing of it now.
    passkey_store::remove_all(transaction, user).await?;
    Ok(0)
}

pub async fn drop_expired(sql: &Sql, now: UtcMicros) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM invitations WHERE expires <= $1").bind(now.0).execute(sql.pool()).await?;
    Ok(())
}
