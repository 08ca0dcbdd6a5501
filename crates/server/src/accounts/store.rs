//! SQL of users, sessions and tokens.

use crate::agencies::acts::{NewUser, Secrets};
use crate::agencies::store::{join_words, small_id, split_words};
use domain::{AgencyId, LogIn, Permission, Role, UnitId, UserId, UtcMicros};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use std::collections::BTreeSet;
use storage::sql::{Migration, flag};
use storage::{Scope, Sql, SqlError};

/// When passwords of an older release were set is not known; it is taken to be `now`.
pub async fn migrate(sql: &Sql, now: UtcMicros) -> Result<(), SqlError> {
    sql.migrate("accounts", MIGRATIONS).await?;
    sqlx::query("UPDATE users SET password_set = $1 WHERE password_set IS NULL")
        .bind(now.0)
        .execute(sql.pool())
        .await
        .map_err(SqlError::Migrate)?;
    Ok(())
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        statements: "
        CREATE TABLE users (
            id TEXT PRIMARY KEY, agency BIGINT NOT NULL REFERENCES agencies (id),
            unit BIGINT NOT NULL REFERENCES units (id), login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            password TEXT NOT NULL, totp {bytes}, totp_last_step BIGINT NOT NULL, roles TEXT NOT NULL,
            permissions TEXT NOT NULL, cleared BIGINT NOT NULL, active BIGINT NOT NULL,
            rules_version BIGINT NOT NULL, enhanced_rules_version BIGINT NOT NULL);
        CREATE TABLE sessions (
            id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), log_in TEXT NOT NULL, kind TEXT NOT NULL,
            label TEXT NOT NULL, scopes TEXT, device TEXT NOT NULL, created BIGINT NOT NULL, last_seen BIGINT NOT NULL,
            expires BIGINT NOT NULL, rules_version BIGINT NOT NULL, enhanced_rules_version BIGINT NOT NULL);
        CREATE INDEX sessions_by_user ON sessions (user_id);
        CREATE TABLE setup_links (id TEXT PRIMARY KEY, expires BIGINT NOT NULL);
    ",
    },
    Migration {
        // How old a password is, and whether too many failures locked the account.
        number: 2,
        statements: "
        ALTER TABLE users ADD COLUMN password_set BIGINT;
        ALTER TABLE users ADD COLUMN locked BIGINT;
    ",
    },
    Migration {
        // Whether somebody else typed the password, who therefore knows it.
        number: 3,
        statements: "ALTER TABLE users ADD COLUMN password_typed_for BIGINT NOT NULL DEFAULT 0;",
    },
];

/// A person with an account.
#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub agency: AgencyId,
    pub unit: UnitId,
    pub login: String,
    pub name: String,
    /// Argon2id, PHC string form; empty for somebody who was invited and has none yet.
    pub password: String,
    pub password_set: UtcMicros,
    /// Somebody else typed it, and knows it: nothing can be done before its person chose another.
    pub password_typed_for: bool,
    /// Since when too many failures keep the account locked.
    pub locked: Option<UtcMicros>,
    pub totp_sealed: Option<Vec<u8>>,
    pub roles: BTreeSet<Role>,
    pub cleared: bool,
    pub active: bool,
    /// Versions of the rules of behaviour last accepted at any log-in; 0 is none.
    pub rules_version: i64,
    pub enhanced_rules_version: i64,
}

pub fn totp_scope(agency: AgencyId) -> Scope {
    Scope::agency(agency, "totp-secret")
}

/// Login names are compared without case.
pub fn normalise_login(login: &str) -> String {
    login.trim().to_lowercase()
}

fn read_user(row: &AnyRow) -> Result<User, sqlx::Error> {
    let id: String = row.try_get("id")?;
    let roles: String = row.try_get("roles")?;
    Ok(User {
        id: id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        agency: AgencyId(small_id(row.try_get("agency")?)?),
        unit: UnitId(small_id(row.try_get("unit")?)?),
        login: row.try_get("login")?,
        name: row.try_get("name")?,
        password: row.try_get("password")?,
        password_set: UtcMicros(row.try_get::<Option<i64>, _>("password_set")?.unwrap_or_default()),
        password_typed_for: flag(row, "password_typed_for")?,
        locked: row.try_get::<Option<i64>, _>("locked")?.map(UtcMicros),
        totp_sealed: row.try_get("totp")?,
        roles: split_words(&roles, Role::from_word).collect(),
        cleared: flag(row, "cleared")?,
        active: flag(row, "active")?,
        rules_version: row.try_get("rules_version")?,
        enhanced_rules_version: row.try_get("enhanced_rules_version")?,
    })
}

pub async fn user(sql: &Sql, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM users WHERE id = $1").bind(id.to_string()).fetch_optional(sql.pool()).await?;
    row.as_ref().map(read_user).transpose()
}

pub async fn user_by_login(sql: &Sql, login: &str) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM users WHERE login = $1")
        .bind(normalise_login(login))
        .fetch_optional(sql.pool())
        .await?;
    row.as_ref().map(read_user).transpose()
}

pub async fn users_of(sql: &Sql, agency: AgencyId) -> Result<Vec<User>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM users WHERE agency = $1 ORDER BY login")
        .bind(i64::from(agency.0))
        .fetch_all(sql.pool())
        .await?;
    rows.iter().map(read_user).collect()
}

pub async fn any_user(sql: &Sql) -> Result<bool, sqlx::Error> {
    Ok(sqlx::query("SELECT id FROM users LIMIT 1").fetch_optional(sql.pool()).await?.is_some())
}

pub async fn insert_user(
    transaction: &mut Transaction<'_, Any>,
    user: &NewUser,
    secrets: &Secrets,
    by: Option<UserId>,
    now: UtcMicros,
) -> Result<u32, sqlx::Error> {
    unit_of_agency(transaction, user.agency, user.unit).await?;
    sqlx::query(
        "INSERT INTO users (id, agency, unit, login, name, password, totp, totp_last_step, roles, cleared, active,
             rules_version, enhanced_rules_version, password_set, password_typed_for)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, 0, 0, $11, $12)",
    )
    .bind(user.id.to_string())
    .bind(i64::from(user.agency.0))
    .bind(i64::from(user.unit.0))
    .bind(normalise_login(&user.login))
    .bind(user.name.as_str())
    .bind(secrets.password_hash.clone().unwrap_or_default())
    .bind(secrets.totp_sealed.clone())
    .bind(join_words(&user.roles))
    .bind(i64::from(user.cleared))
    .bind(1_i64)
    .bind(now.0)
    // The operator at the machine itself hands over what the first start and the demo print.
    .bind(i64::from(by.is_some() && secrets.password_hash.is_some()))
    .execute(&mut **transaction)
    .await?;
    Ok(0)
}

/// A new password; every other session and token of the account ends.
pub async fn set_password(sql: &Sql, user: UserId, hash: &str, keep: &str, now: UtcMicros) -> Result<(), sqlx::Error> {
    let mut transaction = sql.begin().await?;
    sqlx::query("UPDATE users SET password = $2, password_set = $3, password_typed_for = 0 WHERE id = $1")
        .bind(user.to_string())
        .bind(hash)
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
        .bind(user.to_string())
        .bind(keep)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Locks an account that is not locked yet; `false` where it was.
pub async fn lock(sql: &Sql, user: UserId, now: UtcMicros) -> Result<bool, sqlx::Error> {
    let locked = sqlx::query("UPDATE users SET locked = $2 WHERE id = $1 AND locked IS NULL")
        .bind(user.to_string())
        .bind(now.0)
        .execute(sql.pool())
        .await?;
    Ok(locked.rows_affected() > 0)
}

/// `RowNotFound` where the unit is not one of the agency's own.
pub async fn unit_of_agency(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    unit: UnitId,
) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT id FROM units WHERE id = $1 AND agency = $2")
        .bind(i64::from(unit.0))
        .bind(i64::from(agency.0))
        .fetch_one(&mut **transaction)
        .await
        .map(|_| ())
}

/// Closes or opens an account. Closing ends its sessions at once (ACC-8), and a link that was not used.
pub async fn set_active(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
    active: bool,
) -> Result<u32, sqlx::Error> {
    let changed = sqlx::query("UPDATE users SET active = $3 WHERE id = $1 AND agency = $2")
        .bind(user.to_string())
        .bind(i64::from(agency.0))
        .bind(i64::from(active))
        .execute(&mut **transaction)
        .await?;
    if changed.rows_affected() == 0 {
        return Err(sqlx::Error::RowNotFound);
    }
    if !active {
        sqlx::query("DELETE FROM sessions WHERE user_id = $1")
            .bind(user.to_string())
            .execute(&mut **transaction)
            .await?;
        sqlx::query("DELETE FROM invitations WHERE user_id = $1")
            .bind(user.to_string())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(0)
}

/// Takes a one-time code's step for good. `false` where it, or a later one, was used before.
pub async fn take_totp_step(sql: &Sql, user: UserId, step: u64) -> Result<bool, sqlx::Error> {
    let step = i64::try_from(step).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let changed = sqlx::query("UPDATE users SET totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2")
        .bind(user.to_string())
        .bind(step)
        .execute(sql.pool())
        .await?;
    Ok(changed.rows_affected() == 1)
}

/// What lies behind a cookie or a bearer token.
#[derive(Clone, Debug)]
pub struct Session {
    /// Keyed hash of the secret; the secret itself is not stored.
    pub id: String,
    pub user: UserId,
    pub log_in: LogIn,
    /// The enhanced door was opened by a passkey.
    pub by_passkey: bool,
    pub kind: SessionKind,
    pub label: String,
    /// What a token may do at most; `None` is all that its user may.
    pub scopes: Option<BTreeSet<Permission>>,
    pub device: String,
    pub created: UtcMicros,
    pub last_seen: UtcMicros,
    pub expires: UtcMicros,
    /// Version of the rules of behaviour accepted in this session; 0 is none.
    pub rules_version: i64,
    pub enhanced_rules_version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser, by cookie.
    Web,
    /// A program, by bearer token.
    Token,
}

impl SessionKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Token => "token",
        }
    }

    /// How its secret is handed over.
    pub fn delivery(self) -> &'static str {
        match self {
            Self::Web => "cookie",
            Self::Token => "token",
        }
    }
}

pub async fn insert_session(sql: &Sql, session: &Session) -> Result<(), sqlx::Error> {
    let mut transaction = sql.begin().await?;
    insert_session_in(&mut transaction, session).await?;
    transaction.commit().await
}

async fn insert_session_in(transaction: &mut Transaction<'_, Any>, session: &Session) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sessions (id, user_id, log_in, kind, label, scopes, device, created, last_seen, expires,
             rules_version, enhanced_rules_version, by_passkey)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(session.id.as_str())
    .bind(session.user.to_string())
    .bind(session.log_in.word())
    .bind(session.kind.word())
    .bind(session.label.as_str())
    .bind(session.scopes.as_ref().map(join_words))
    .bind(session.device.as_str())
    .bind(session.created.0)
    .bind(session.last_seen.0)
    .bind(session.expires.0)
    .bind(session.rules_version)
    .bind(session.enhanced_rules_version)
    .bind(i64::from(session.by_passkey))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Puts a session in the place of another: from then on the old secret opens nothing. `false` where the old one is gone.
pub async fn replace_session(sql: &Sql, old: &str, new: &Session) -> Result<bool, sqlx::Error> {
    let mut transaction = sql.begin().await?;
    let ended = sqlx::query("DELETE FROM sessions WHERE id = $1").bind(old).execute(&mut *transaction).await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    insert_session_in(&mut transaction, new).await?;
    transaction.commit().await?;
    Ok(true)
}

fn read_session(row: &AnyRow) -> Result<Session, sqlx::Error> {
    let user: String = row.try_get("user_id")?;
    let log_in: String = row.try_get("log_in")?;
    let kind: String = row.try_get("kind")?;
    let scopes: Option<String> = row.try_get("scopes")?;
    Ok(Session {
        id: row.try_get("id")?,
        user: user.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        log_in: LogIn::from_word(&log_in).unwrap_or(LogIn::Plain),
        // Sessions of an older release do not have it.
        by_passkey: row.try_get::<Option<i64>, _>("by_passkey")? == Some(1),
        kind: if kind == "token" { SessionKind::Token } else { SessionKind::Web },
        label: row.try_get("label")?,
        scopes: scopes.map(|words| split_words(&words, Permission::from_word).collect()),
        device: row.try_get("device")?,
        created: UtcMicros(row.try_get("created")?),
        last_seen: UtcMicros(row.try_get("last_seen")?),
        expires: UtcMicros(row.try_get("expires")?),
        rules_version: row.try_get("rules_version")?,
        enhanced_rules_version: row.try_get("enhanced_rules_version")?,
    })
}

pub async fn session(sql: &Sql, id: &str) -> Result<Option<Session>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM sessions WHERE id = $1").bind(id).fetch_optional(sql.pool()).await?;
    row.as_ref().map(read_session).transpose()
}

/// Sessions and tokens of a person that are not over, newest first.
pub async fn sessions_of(sql: &Sql, user: UserId, now: UtcMicros) -> Result<Vec<Session>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM sessions WHERE user_id = $1 ORDER BY created DESC, id")
        .bind(user.to_string())
        .fetch_all(sql.pool())
        .await?;
    let sessions = rows.iter().map(read_session).collect::<Result<Vec<_>, _>>()?;
    Ok(sessions.into_iter().filter(|session| !session.is_over(now)).collect())
}

/// Ends the sessions that were unused longest, beyond so many of one person.
pub async fn end_oldest_sessions(sql: &Sql, user: UserId, max: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM sessions WHERE user_id = $1 AND id NOT IN (
             SELECT id FROM sessions WHERE user_id = $1 ORDER BY last_seen DESC, created DESC, id LIMIT $2)",
    )
    .bind(user.to_string())
    .bind(max)
    .execute(sql.pool())
    .await?;
    Ok(())
}

pub async fn touch_session(sql: &Sql, id: &str, now: UtcMicros) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET last_seen = $2 WHERE id = $1").bind(id).bind(now.0).execute(sql.pool()).await?;
    Ok(())
}

/// Notes the acceptance in the session, and with the user for questions that colleagues ask on their behalf.
pub async fn accept_rules(sql: &Sql, session: &Session, version: i64, enhanced: bool) -> Result<(), sqlx::Error> {
    let mut transaction = sql.begin().await?;
    let enhanced_version = if enhanced { version } else { 0 };
    sqlx::query("UPDATE sessions SET rules_version = $2, enhanced_rules_version = $3 WHERE id = $1")
        .bind(session.id.as_str())
        .bind(version)
        .bind(enhanced_version)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("UPDATE users SET rules_version = $2 WHERE id = $1")
        .bind(session.user.to_string())
        .bind(version)
        .execute(&mut *transaction)
        .await?;
    if enhanced {
        sqlx::query("UPDATE users SET enhanced_rules_version = $2 WHERE id = $1")
            .bind(session.user.to_string())
            .bind(version)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

/// Ends one session of a person, or all of them.
pub async fn end_sessions_of(
    transaction: &mut Transaction<'_, Any>,
    user: UserId,
    session: Option<&str>,
) -> Result<(), sqlx::Error> {
    let text = "DELETE FROM sessions WHERE user_id = $1 AND (id = $2 OR $2 = '')";
    sqlx::query(text).bind(user.to_string()).bind(session.unwrap_or_default()).execute(&mut **transaction).await?;
    Ok(())
}

pub async fn end_session(sql: &Sql, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM sessions WHERE id = $1").bind(id).execute(sql.pool()).await?;
    Ok(())
}

/// Ends every session, token and setup link; says how many sessions and tokens there were.
pub async fn end_all_sessions(sql: &Sql) -> Result<u64, sqlx::Error> {
    sqlx::query("DELETE FROM setup_links").execute(sql.pool()).await?;
    Ok(sqlx::query("DELETE FROM sessions").execute(sql.pool()).await?.rows_affected())
}

pub async fn count_tokens(sql: &Sql, user: UserId, now: UtcMicros) -> Result<i64, sqlx::Error> {
    let text =
        "SELECT CAST(COUNT(*) AS BIGINT) AS count FROM sessions WHERE user_id = $1 AND kind = 'token' AND expires > $2";
    sqlx::query(text).bind(user.to_string()).bind(now.0).fetch_one(sql.pool()).await?.try_get("count")
}

pub async fn drop_expired_sessions(sql: &Sql, now: UtcMicros) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM sessions WHERE expires <= $1").bind(now.0).execute(sql.pool()).await?;
    sqlx::query("DELETE FROM setup_links WHERE expires <= $1").bind(now.0).execute(sql.pool()).await?;
    Ok(())
}

/// Keeps a one-time link's hash for the first host operator.
pub async fn put_setup_link(sql: &Sql, id: &str, expires: UtcMicros) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO setup_links (id, expires) VALUES ($1, $2)")
        .bind(id)
        .bind(expires.0)
        .execute(sql.pool())
        .await?;
    Ok(())
}

/// Uses a one-time link up, and with it all others: each start of an empty folder prints one, and the first that is used
/// closes them. `false` where it is unknown, used or late.
pub async fn take_setup_link(sql: &Sql, id: &str, now: UtcMicros) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query(
        "DELETE FROM setup_links WHERE EXISTS (SELECT 1 FROM setup_links AS used WHERE used.id = $1 AND used.expires > $2)",
    )
    .bind(id)
    .bind(now.0)
    .execute(sql.pool())
    .await?;
    Ok(taken.rows_affected() > 0)
}
