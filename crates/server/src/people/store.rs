//! SQL of permissions, certificates of need to know and seats.

use crate::agencies::store::small_id;
use domain::{AgencyId, Permission, Role, UnitId, UserId, UtcMicros};
use policy::GrantFacts;
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use storage::sql::{Migration, flag};
use storage::{Scope, Sql, SqlError};

/// How often the last use of a permission is written, at most.
const USE_NOTED_EVERY_MICROS: i64 = 60 * 60 * 1_000_000;

/// Accounts of an older release keep their permissions, without a certificate; when they were granted is not known, so
/// it is taken to be `now`.
pub async fn migrate(sql: &Sql, now: UtcMicros) -> Result<(), SqlError> {
    sql.migrate("people", MIGRATIONS).await?;
    sqlx::query("UPDATE grants SET granted = $1 WHERE granted IS NULL")
        .bind(now.0)
        .execute(sql.pool())
        .await
        .map_err(SqlError::Migrate)?;
    Ok(())
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE certificates (
            id BIGINT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id),
            unit BIGINT NOT NULL REFERENCES units (id), permission TEXT NOT NULL,
            supervisor TEXT NOT NULL REFERENCES users (id), sealed {bytes} NOT NULL, made BIGINT NOT NULL,
            ends BIGINT NOT NULL, used BIGINT NOT NULL);
        CREATE INDEX certificates_by_user ON certificates (user_id);
        CREATE TABLE grants (
            user_id TEXT NOT NULL REFERENCES users (id), permission TEXT NOT NULL, granted BIGINT, granted_by TEXT,
            certificate BIGINT REFERENCES certificates (id), reviewed BIGINT, reviewed_by TEXT, last_used BIGINT,
            PRIMARY KEY (user_id, permission));
        CREATE TABLE seats (
            agency BIGINT NOT NULL REFERENCES agencies (id), permission TEXT NOT NULL, seats BIGINT NOT NULL,
            PRIMARY KEY (agency, permission));
        INSERT INTO grants (user_id, permission)
            SELECT users.id, words.word FROM users CROSS JOIN (
                SELECT 'full' AS word UNION ALL SELECT 'partial' UNION ALL SELECT 'make-model' UNION ALL
                SELECT 'area' UNION ALL SELECT 'common' UNION ALL SELECT 'movement' UNION ALL SELECT 'photo' UNION ALL
                SELECT 'mobile' UNION ALL SELECT 'export') AS words
            WHERE ',' || users.permissions || ',' LIKE '%,' || words.word || ',%';
        ALTER TABLE users DROP COLUMN permissions;
    ",
}];

/// A permission that a person holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub granted: UtcMicros,
    /// `None` for a permission that came with the account.
    pub granted_by: Option<UserId>,
    /// The supervisor who certified the need to know, and until when.
    pub certified: Option<(UserId, UtcMicros)>,
    pub reviewed: Option<UtcMicros>,
    pub reviewed_by: Option<UserId>,
    pub last_used: Option<UtcMicros>,
}

impl Grant {
    /// When somebody last said that the person needs it.
    pub fn confirmed(&self) -> UtcMicros {
        self.reviewed.map_or(self.granted, |reviewed| reviewed.max(self.granted))
    }

    pub fn facts(&self) -> GrantFacts {
        let confirmed = self.confirmed();
        GrantFacts {
            in_use: self.last_used.map_or(confirmed, |used| used.max(confirmed)),
            confirmed,
            until: self.certified.map(|(_, until)| until),
        }
    }
}

pub type Grants = BTreeMap<Permission, Grant>;

const GRANTS: &str = "SELECT grants.*, certificates.supervisor, certificates.ends FROM grants
    LEFT JOIN certificates ON certificates.id = grants.certificate";

fn decode<T>(error: T) -> sqlx::Error
where
    T: std::error::Error + Send + Sync + 'static,
{
    sqlx::Error::Decode(Box::new(error))
}

fn user_id(text: Option<String>) -> Result<Option<UserId>, sqlx::Error> {
    text.map(|text| text.parse().map_err(decode)).transpose()
}

/// `None` for a permission that this release does not know.
fn read_grant(row: &AnyRow) -> Result<Option<(UserId, Permission, Grant)>, sqlx::Error> {
    let (user, word): (String, String) = (row.try_get("user_id")?, row.try_get("permission")?);
    let Some(permission) = Permission::from_word(&word) else { return Ok(None) };
    let time = |column: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(UtcMicros));
    let supervisor = user_id(row.try_get("supervisor")?)?;
    let grant = Grant {
        granted: time("granted")?.unwrap_or(UtcMicros(0)),
        granted_by: user_id(row.try_get("granted_by")?)?,
        certified: supervisor.zip(time("ends")?),
        reviewed: time("reviewed")?,
        reviewed_by: user_id(row.try_get("reviewed_by")?)?,
        last_used: time("last_used")?,
    };
    Ok(Some((user.parse().map_err(decode)?, permission, grant)))
}

pub async fn grants_of_user(sql: &Sql, user: UserId) -> Result<Grants, sqlx::Error> {
    let text = format!("{GRANTS} WHERE grants.user_id = $1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(text)).bind(user.to_string()).fetch_all(sql.pool()).await?;
    let read = rows.iter().map(read_grant).collect::<Result<Vec<_>, _>>()?;
    Ok(read.into_iter().flatten().map(|(_, permission, grant)| (permission, grant)).collect())
}

/// Of everybody in the agency who holds any.
pub async fn grants_of_agency(sql: &Sql, agency: AgencyId) -> Result<HashMap<UserId, Grants>, sqlx::Error> {
    let text = format!("{GRANTS} WHERE grants.user_id IN (SELECT id FROM users WHERE agency = $1)");
    let rows = sqlx::query(sqlx::AssertSqlSafe(text)).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?;
    let mut all: HashMap<UserId, Grants> = HashMap::new();
    for row in &rows {
        if let Some((user, permission, grant)) = read_grant(row)? {
            all.entry(user).or_default().insert(permission, grant);
        }
    }
    Ok(all)
}

/// What an account comes with.
pub async fn insert_grants(
    transaction: &mut Transaction<'_, Any>,
    user: UserId,
    permissions: &BTreeSet<Permission>,
    now: UtcMicros,
) -> Result<(), sqlx::Error> {
    for permission in permissions {
        sqlx::query("INSERT INTO grants (user_id, permission, granted) VALUES ($1, $2, $3)")
            .bind(user.to_string())
            .bind(permission.word())
            .bind(now.0)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Notes that a permission was used, once an hour at most.
pub async fn note_use(sql: &Sql, user: UserId, permission: Permission, now: UtcMicros) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE grants SET last_used = $3 WHERE user_id = $1 AND permission = $2")
        .bind(user.to_string())
        .bind(permission.word())
        .bind(now.0)
        .execute(sql.pool())
        .await?;
    Ok(())
}

/// Whether the last use that is on file is old enough to be written anew.
pub fn use_is_stale(grant: &Grant, now: UtcMicros) -> bool {
    grant.last_used.is_none_or(|used| now.0 - used.0 >= USE_NOTED_EVERY_MICROS)
}

/// A supervisor's word that a person needs a permission (ACC-7).
#[derive(Clone, Debug)]
pub struct Certificate {
    pub id: u32,
    pub user: UserId,
    pub unit: UnitId,
    pub permission: Permission,
    pub supervisor: UserId,
    /// Why, sealed under the agency's key.
    pub sealed: Vec<u8>,
    pub made: UtcMicros,
    pub until: UtcMicros,
    /// A permission was granted on it.
    pub used: bool,
}

pub fn scope(agency: AgencyId) -> Scope {
    Scope::agency(agency, "certificate")
}

fn read_certificate(row: &AnyRow) -> Result<Option<Certificate>, sqlx::Error> {
    let (user, word, supervisor): (String, String, String) =
        (row.try_get("user_id")?, row.try_get("permission")?, row.try_get("supervisor")?);
    let Some(permission) = Permission::from_word(&word) else { return Ok(None) };
    Ok(Some(Certificate {
        id: small_id(row.try_get("id")?)?,
        user: user.parse().map_err(decode)?,
        unit: UnitId(small_id(row.try_get("unit")?)?),
        permission,
        supervisor: supervisor.parse().map_err(decode)?,
        sealed: row.try_get("sealed")?,
        made: UtcMicros(row.try_get("made")?),
        until: UtcMicros(row.try_get("ends")?),
        used: flag(row, "used")?,
    }))
}

/// Newest first.
pub async fn certificates_of_agency(sql: &Sql, agency: AgencyId) -> Result<Vec<Certificate>, sqlx::Error> {
    let text = "SELECT * FROM certificates WHERE user_id IN (SELECT id FROM users WHERE agency = $1) ORDER BY id DESC";
    let rows = sqlx::query(text).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?;
    Ok(rows.iter().map(read_certificate).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The certificates that a grant could rest on: not used, not over, of the person's present unit.
pub(super) async fn open_certificates(
    transaction: &mut Transaction<'_, Any>,
    user: UserId,
    unit: UnitId,
    permission: Permission,
    now: UtcMicros,
) -> Result<Vec<Certificate>, sqlx::Error> {
    let text = "SELECT * FROM certificates WHERE user_id = $1 AND unit = $2 AND permission = $3 AND used = 0
        AND ends > $4 ORDER BY ends DESC, id";
    let rows = sqlx::query(text)
        .bind(user.to_string())
        .bind(i64::from(unit.0))
        .bind(permission.word())
        .bind(now.0)
        .fetch_all(&mut **transaction)
        .await?;
    Ok(rows.iter().map(read_certificate).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Who a person is in the agency, inside a transaction.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) unit: UnitId,
    pub(super) roles: BTreeSet<Role>,
    pub(super) active: bool,
}

/// `RowNotFound` for a person of another agency too.
pub(super) async fn place_of(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
) -> Result<Place, sqlx::Error> {
    let row = sqlx::query("SELECT unit, roles, active FROM users WHERE id = $1 AND agency = $2")
        .bind(user.to_string())
        .bind(i64::from(agency.0))
        .fetch_one(&mut **transaction)
        .await?;
    let roles: String = row.try_get("roles")?;
    Ok(Place {
        unit: UnitId(small_id(row.try_get("unit")?)?),
        roles: crate::agencies::store::split_words(&roles, Role::from_word).collect(),
        active: flag(&row, "active")?,
    })
}

/// How many people of the agency hold each permission.
pub async fn seats_taken(sql: &Sql, agency: AgencyId) -> Result<BTreeMap<Permission, i64>, sqlx::Error> {
    let text = "SELECT permission, CAST(COUNT(*) AS BIGINT) AS taken FROM grants
        WHERE user_id IN (SELECT id FROM users WHERE agency = $1) GROUP BY permission";
    let rows = sqlx::query(text).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?;
    read_counts(&rows, "taken")
}

/// How many may hold each permission, where the agency says so.
pub async fn seats(sql: &Sql, agency: AgencyId) -> Result<BTreeMap<Permission, i64>, sqlx::Error> {
    let text = "SELECT permission, seats FROM seats WHERE agency = $1";
    read_counts(&sqlx::query(text).bind(i64::from(agency.0)).fetch_all(sql.pool()).await?, "seats")
}

fn read_counts(rows: &[AnyRow], column: &str) -> Result<BTreeMap<Permission, i64>, sqlx::Error> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let word: String = row.try_get("permission")?;
        if let Some(permission) = Permission::from_word(&word) {
            counts.insert(permission, row.try_get(column)?);
        }
    }
    Ok(counts)
}

/// Seats taken of a permission, and how many there are; counted while nobody else grants in this agency.
pub(super) async fn seats_of(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    permission: Permission,
) -> Result<(i64, Option<i64>), sqlx::Error> {
    let text = "SELECT CAST(COUNT(*) AS BIGINT) AS taken FROM grants
        WHERE permission = $2 AND user_id IN (SELECT id FROM users WHERE agency = $1)";
    let taken = sqlx::query(text)
        .bind(i64::from(agency.0))
        .bind(permission.word())
        .fetch_one(&mut **transaction)
        .await?
        .try_get("taken")?;
    let limit = sqlx::query("SELECT seats FROM seats WHERE agency = $1 AND permission = $2")
        .bind(i64::from(agency.0))
        .bind(permission.word())
        .fetch_optional(&mut **transaction)
        .await?
        .map(|row| row.try_get("seats"))
        .transpose()?;
    Ok((taken, limit))
}
