//! SQL of addresses, of reminders that were sent, and of mails that wait to be tried again.

use super::due::Due;
use domain::{AgencyId, UserId, UtcMicros};
use sqlx::{Any, Row, Transaction};
use std::collections::{HashMap, HashSet};
use storage::sql::Migration;
use storage::{Sql, SqlError};

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("mail", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    // A reminder is known by what lapses, when, and how near that was.
    statements: "
        CREATE TABLE mail_addresses (user_id TEXT PRIMARY KEY REFERENCES users (id), sealed {bytes} NOT NULL);
        CREATE TABLE reminders_sent (
            user_id TEXT NOT NULL REFERENCES users (id), what TEXT NOT NULL, ends BIGINT NOT NULL, stage TEXT NOT NULL,
            sent BIGINT NOT NULL, PRIMARY KEY (user_id, what, ends, stage));
        CREATE TABLE mails_failed (
            user_id TEXT PRIMARY KEY REFERENCES users (id), tries BIGINT NOT NULL, since BIGINT NOT NULL,
            next_try BIGINT NOT NULL);
    ",
}];

/// A reminder that was not taken, and when it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    pub tries: i64,
    pub since: UtcMicros,
    pub next_try: UtcMicros,
}

/// What was sent to one person.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub marks: HashSet<(String, UtcMicros, String)>,
    pub last: Option<UtcMicros>,
}

/// `RowNotFound` for a person of another agency.
pub(super) async fn set_address(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
    sealed: Option<Vec<u8>>,
) -> Result<u32, sqlx::Error> {
    let id = user.to_string();
    sqlx::query("SELECT id FROM users WHERE id = $1 AND agency = $2")
        .bind(id.as_str())
        .bind(i64::from(agency.0))
        .fetch_one(&mut **transaction)
        .await?;
    // Another address deserves a try of its own.
    for text in ["DELETE FROM mail_addresses WHERE user_id = $1", "DELETE FROM mails_failed WHERE user_id = $1"] {
        sqlx::query(text).bind(id.as_str()).execute(&mut **transaction).await?;
    }
    if let Some(sealed) = sealed {
        sqlx::query("INSERT INTO mail_addresses (user_id, sealed) VALUES ($1, $2)")
            .bind(id.as_str())
            .bind(sealed)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(0)
}

pub async fn address_of(sql: &Sql, user: UserId) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row = sqlx::query("SELECT sealed FROM mail_addresses WHERE user_id = $1")
        .bind(user.to_string())
        .fetch_optional(sql.pool())
        .await?;
    row.map(|row| row.try_get("sealed")).transpose()
}

fn user_id(row: &sqlx::any::AnyRow) -> Result<UserId, sqlx::Error> {
    let id: String = row.try_get("user_id")?;
    id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The sealed addresses of an agency's people.
pub async fn addresses_of(sql: &Sql, agency: AgencyId) -> Result<HashMap<UserId, Vec<u8>>, sqlx::Error> {
    let text = "SELECT user_id, sealed FROM mail_addresses
        WHERE user_id IN (SELECT id FROM users WHERE agency = $1)";
    let rows = sqlx::query(text).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?;
    rows.iter().map(|row| Ok((user_id(row)?, row.try_get("sealed")?))).collect()
}

pub async fn sent_in(sql: &Sql, agency: AgencyId) -> Result<HashMap<UserId, Sent>, sqlx::Error> {
    let text = "SELECT * FROM reminders_sent WHERE user_id IN (SELECT id FROM users WHERE agency = $1)";
    let rows = sqlx::query(text).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?;
    let mut all: HashMap<UserId, Sent> = HashMap::new();
    for row in &rows {
        let of = all.entry(user_id(row)?).or_default();
        of.marks.insert((row.try_get("what")?, UtcMicros(row.try_get("ends")?), row.try_get("stage")?));
        of.last = of.last.max(Some(UtcMicros(row.try_get("sent")?)));
    }
    Ok(all)
}

pub async fn failed_in(sql: &Sql, agency: AgencyId) -> Result<HashMap<UserId, Failed>, sqlx::Error> {
    let text = "SELECT * FROM mails_failed WHERE user_id IN (SELECT id FROM users WHERE agency = $1)";
    let rows = sqlx::query(text).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?;
    let read = |row: &sqlx::any::AnyRow| {
        let (since, next_try) = (UtcMicros(row.try_get("since")?), UtcMicros(row.try_get("next_try")?));
        Ok((user_id(row)?, Failed { tries: row.try_get("tries")?, since, next_try }))
    };
    rows.iter().map(read).collect()
}

/// What the server took is never sent again.
pub async fn mark_sent(sql: &Sql, user: UserId, due: &[Due], now: UtcMicros) -> Result<(), sqlx::Error> {
    let mut transaction = sql.begin().await?;
    for one in due {
        sqlx::query(
            "INSERT INTO reminders_sent (user_id, what, ends, stage, sent) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (user_id, what, ends, stage) DO NOTHING",
        )
        .bind(user.to_string())
        .bind(one.what.key())
        .bind(one.ends.0)
        .bind(one.stage)
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    }
    sqlx::query("DELETE FROM mails_failed WHERE user_id = $1")
        .bind(user.to_string())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

pub async fn put_failed(sql: &Sql, user: UserId, failed: Failed) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO mails_failed (user_id, tries, since, next_try) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET tries = excluded.tries, next_try = excluded.next_try",
    )
    .bind(user.to_string())
    .bind(failed.tries)
    .bind(failed.since.0)
    .bind(failed.next_try.0)
    .execute(sql.pool())
    .await?;
    Ok(())
}

/// Nothing is due any more: it was renewed meanwhile.
pub async fn forget_failed(sql: &Sql, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM mails_failed WHERE user_id = $1").bind(user.to_string()).execute(sql.pool()).await?;
    Ok(())
}
