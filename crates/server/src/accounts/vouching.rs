//! Who answers for an account: whoever made it, sent the link that was used, or set its roles or unit. Two people who are to
//! check each other count as two only where neither vouched for the other lately, and nobody for both: a manager could make
//! the second person oneself.
//!
//! Whoever makes an account from another agency, as the host operator does, or from the command line, vouches for nothing.

use domain::time::DAY_MICROS;
use domain::{AgencyId, UserId, UtcMicros};
use sqlx::{Any, Row, Transaction};
use std::collections::BTreeSet;
use storage::sql::Migration;
use storage::{Sql, SqlError};

/// How long an account hangs on who vouched for it: longer than a hasty change can wait, and long enough for the people of an
/// agency to notice an account that belongs to nobody. Afterwards a patient person with a second account remains.
pub const VOUCHED_DAYS: i64 = 30;

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("vouching", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE vouches (
            user_id TEXT NOT NULL REFERENCES users (id), by_user TEXT NOT NULL REFERENCES users (id), made BIGINT NOT NULL,
            PRIMARY KEY (user_id, by_user));
    ",
}];

/// Notes that somebody of the same agency vouched for an account. Everybody who did is kept, not the last alone: an honest
/// colleague's change must not hide whose account it is.
pub async fn note(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
    by: Option<UserId>,
    now: UtcMicros,
) -> Result<(), sqlx::Error> {
    let Some(by) = by.filter(|by| *by != user) else { return Ok(()) };
    sqlx::query(
        "INSERT INTO vouches (user_id, by_user, made)
         SELECT CAST($1 AS TEXT), id, CAST($2 AS BIGINT) FROM users WHERE id = $3 AND agency = $4
         ON CONFLICT (user_id, by_user) DO UPDATE SET made = excluded.made",
    )
    .bind(user.to_string())
    .bind(now.0)
    .bind(by.to_string())
    .bind(i64::from(agency.0))
    .execute(&mut **transaction)
    .await
    .map(|_| ())
}

/// Whether the accounts are of people who did not make one another: neither hangs on the other, nor both on a third, within
/// [`VOUCHED_DAYS`].
pub async fn are_independent(
    transaction: &mut Transaction<'_, Any>,
    one: UserId,
    other: UserId,
    now: UtcMicros,
) -> Result<bool, sqlx::Error> {
    let behind_one = behind(transaction, one, now).await?;
    let behind_other = behind(transaction, other, now).await?;
    Ok(behind_one.is_disjoint(&behind_other))
}

/// The account and all on which it hangs. Bounded by those who may vouch: the managers of one agency.
async fn behind(
    transaction: &mut Transaction<'_, Any>,
    user: UserId,
    now: UtcMicros,
) -> Result<BTreeSet<String>, sqlx::Error> {
    let mut found = BTreeSet::from([user.to_string()]);
    let mut to_ask = vec![user.to_string()];
    while let Some(user) = to_ask.pop() {
        let rows = sqlx::query("SELECT by_user FROM vouches WHERE user_id = $1 AND made > $2")
            .bind(user)
            .bind(now.plus_micros(-VOUCHED_DAYS * DAY_MICROS).0)
            .fetch_all(&mut **transaction)
            .await?;
        for row in rows {
            let by: String = row.try_get("by_user")?;
            if found.insert(by.clone()) {
                to_ask.push(by);
            }
        }
    }
    Ok(found)
}
