//! Whether a person gives the same words for question after question. Kept for thirty days as keyed hashes: enough to
//! count, not enough to read.

use crate::App;
use crate::accounts::{Caller, sessions};
use domain::time::DAY_MICROS;
use domain::{Purpose, QueryId, UserId, UtcMicros};
use policy::REPEATED_DAYS;
use sqlx::{Any, Row, Transaction};
use storage::sql::Migration;
use storage::{Sql, SqlError};

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("purpose-texts", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE purpose_texts (
            user_id TEXT NOT NULL REFERENCES users (id), text_key TEXT NOT NULL, query TEXT NOT NULL,
            used BIGINT NOT NULL, PRIMARY KEY (user_id, text_key, query));
        CREATE INDEX purpose_texts_by_time ON purpose_texts (used);
    ",
}];

fn oldest(now: UtcMicros) -> i64 {
    now.plus_micros(-i64::from(REPEATED_DAYS) * DAY_MICROS).0
}

/// Compared without case, signs and blanks, and apart for every person.
fn key(app: &App, user: UserId, text: &str) -> String {
    sessions::lasting_id_of(&app.vault, &format!("text {user} {}", policy::same_words(text)))
}

/// How many questions the caller asked with this text within the last thirty days; not counted further than the policy
/// looks, so that asking does not become slower with every question.
pub async fn uses(app: &App, caller: &Caller, text: Option<&String>, now: UtcMicros) -> Result<u32, sqlx::Error> {
    let Some(text) = text else { return Ok(0) };
    let most = caller.policy().map_or(1, |policy| policy.limits().repeated_text_max.max(1));
    let query = "SELECT CAST(COUNT(*) AS BIGINT) AS uses FROM
        (SELECT 1 AS one FROM purpose_texts WHERE user_id = $1 AND text_key = $2 AND used > $3 LIMIT $4) AS counted";
    let uses: i64 = sqlx::query(query)
        .bind(caller.user.id.to_string())
        .bind(key(app, caller.user.id, text))
        .bind(oldest(now))
        .bind(i64::from(most))
        .fetch_one(app.sql.pool())
        .await?
        .try_get("uses")?;
    Ok(u32::try_from(uses).unwrap_or(u32::MAX))
}

/// Notes the texts of a question that passed, and forgets what is older than thirty days.
pub async fn note(
    transaction: &mut Transaction<'_, Any>,
    app: &App,
    caller: &Caller,
    query: QueryId,
    purpose: &Purpose,
    now: UtcMicros,
) -> Result<(), sqlx::Error> {
    let texts = [purpose.justification.as_ref(), purpose.suspicion_facts.as_ref()];
    for text in texts.into_iter().flatten() {
        sqlx::query(
            "INSERT INTO purpose_texts (user_id, text_key, query, used) VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id, text_key, query) DO NOTHING",
        )
        .bind(caller.user.id.to_string())
        .bind(key(app, caller.user.id, text))
        .bind(query.to_string())
        .bind(now.0)
        .execute(&mut **transaction)
        .await?;
    }
    sqlx::query("DELETE FROM purpose_texts WHERE used <= $1").bind(oldest(now)).execute(&mut **transaction).await?;
    Ok(())
}
