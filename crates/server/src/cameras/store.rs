//! SQL of cameras and pools.

use crate::agencies::acts::{NewCamera, Secrets};
use crate::agencies::store::{names_in, next_id, small_id};
use domain::{AgencyId, CameraId, PoolId, Position, Source, UtcMicros};
use feeds::CameraFacts;
use policy::{AgreementFacts, PoolFacts};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use std::collections::{BTreeSet, HashMap};
use storage::sql::{Migration, flag};
use storage::{Sql, SqlError};

pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("cameras", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    statements: "
        CREATE TABLE cameras (
            id BIGINT PRIMARY KEY, agency BIGINT NOT NULL REFERENCES agencies (id),
            pool BIGINT NOT NULL REFERENCES pools (id), camera_key TEXT NOT NULL, name TEXT NOT NULL,
            source TEXT NOT NULL, lat_e7 BIGINT, lon_e7 BIGINT, zone TEXT NOT NULL, width_px BIGINT NOT NULL,
            height_px BIGINT NOT NULL, credential TEXT UNIQUE, active BIGINT NOT NULL, UNIQUE (agency, camera_key));
        CREATE TABLE quarantine (
            id TEXT PRIMARY KEY, agency BIGINT NOT NULL, camera BIGINT NOT NULL, received BIGINT NOT NULL,
            reason TEXT NOT NULL, sealed {bytes} NOT NULL);
        CREATE INDEX quarantine_by_camera ON quarantine (camera, received);
    ",
}];

/// A registered camera.
#[derive(Clone, Debug)]
pub struct Camera {
    pub id: CameraId,
    pub agency: AgencyId,
    pub pool: PoolId,
    pub key: String,
    pub name: String,
    pub source: Source,
    /// `None` for a camera that moves.
    pub position: Option<Position>,
    pub zone: String,
    pub width_px: u32,
    pub height_px: u32,
    pub active: bool,
}

impl Camera {
    /// What a feed needs to know of the camera that sent it.
    pub fn facts(&self) -> CameraFacts {
        CameraFacts {
            camera: self.id,
            owner: self.agency,
            pool: self.pool,
            source: self.source,
            position: self.position,
            zone: self.zone.clone(),
            width_px: self.width_px,
            height_px: self.height_px,
        }
    }
}

fn read_camera(row: &AnyRow) -> Result<Camera, sqlx::Error> {
    let source: String = row.try_get("source")?;
    let coordinate = |name: &str| -> Result<Option<i32>, sqlx::Error> {
        let value: Option<i64> = row.try_get(name)?;
        value.map(i32::try_from).transpose().map_err(|error| sqlx::Error::Decode(Box::new(error)))
    };
    let position = match (coordinate("lat_e7")?, coordinate("lon_e7")?) {
        (Some(lat_e7), Some(lon_e7)) => Some(Position { lat_e7, lon_e7 }),
        _ => None,
    };
    Ok(Camera {
        id: CameraId(small_id(row.try_get("id")?)?),
        agency: AgencyId(small_id(row.try_get("agency")?)?),
        pool: PoolId(small_id(row.try_get("pool")?)?),
        key: row.try_get("camera_key")?,
        name: row.try_get("name")?,
        source: Source::from_word(&source).ok_or_else(|| sqlx::Error::Decode("a source of a newer release".into()))?,
        position,
        zone: row.try_get("zone")?,
        width_px: small_id(row.try_get("width_px")?)?,
        height_px: small_id(row.try_get("height_px")?)?,
        active: flag(row, "active")?,
    })
}

pub async fn by_credential(sql: &Sql, credential_hash: &str) -> Result<Option<Camera>, sqlx::Error> {
    let text = "SELECT * FROM cameras WHERE credential = $1 AND active = 1
        AND agency IN (SELECT id FROM agencies WHERE active = 1)";
    let row = sqlx::query(text).bind(credential_hash).fetch_optional(sql.pool()).await?;
    row.as_ref().map(read_camera).transpose()
}

/// Names of some cameras, whoever owns them, for answers.
pub async fn names(sql: &Sql, ids: BTreeSet<CameraId>) -> Result<HashMap<CameraId, String>, sqlx::Error> {
    let ids: Vec<_> = ids.into_iter().map(|id| id.0).collect();
    let found = names_in(sql, "cameras", &ids).await?;
    Ok(found.into_iter().map(|(id, name)| (CameraId(id), name)).collect())
}

/// All cameras of the installation.
pub async fn all(sql: &Sql) -> Result<Vec<Camera>, sqlx::Error> {
    sqlx::query("SELECT * FROM cameras ORDER BY id").fetch_all(sql.pool()).await?.iter().map(read_camera).collect()
}

pub async fn of_agency(sql: &Sql, agency: AgencyId) -> Result<Vec<Camera>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM cameras WHERE agency = $1 ORDER BY id")
        .bind(i64::from(agency.0))
        .fetch_all(sql.pool())
        .await?;
    rows.iter().map(read_camera).collect()
}

/// Active cameras that an agency owns, or whose detections it sees under an agreement in force: of `pools`, those that it
/// could ask.
pub async fn visible_in(sql: &Sql, pools: &[PoolFacts], now: UtcMicros) -> Result<Vec<Camera>, sqlx::Error> {
    let is_open = |facts: &PoolFacts| {
        let in_force = |agreement: &AgreementFacts| agreement.active && agreement.from <= now && now < agreement.to;
        facts.agreement.as_ref().is_none_or(in_force)
    };
    let cameras = all(sql).await?.into_iter();
    let seen = |camera: &Camera| pools.iter().any(|facts| facts.pool == camera.pool && is_open(facts));
    Ok(cameras.filter(|camera| camera.active && seen(camera)).collect())
}

async fn ensure_pool(
    transaction: &mut Transaction<'_, Any>,
    owner: AgencyId,
    source: Source,
) -> Result<i64, sqlx::Error> {
    let found = sqlx::query("SELECT id FROM pools WHERE owner = $1 AND source = $2")
        .bind(i64::from(owner.0))
        .bind(source.word())
        .fetch_optional(&mut **transaction)
        .await?;
    if let Some(row) = found {
        return row.try_get("id");
    }
    let id = next_id(&mut **transaction, "pools").await?;
    sqlx::query("INSERT INTO pools (id, owner, source) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(i64::from(owner.0))
        .bind(source.word())
        .execute(&mut **transaction)
        .await?;
    Ok(id)
}

pub async fn insert_camera(
    transaction: &mut Transaction<'_, Any>,
    camera: &NewCamera,
    secrets: &Secrets,
) -> Result<u32, sqlx::Error> {
    let pool = ensure_pool(transaction, camera.agency, camera.source).await?;
    let id = next_id(&mut **transaction, "cameras").await?;
    sqlx::query(
        "INSERT INTO cameras (id, agency, pool, camera_key, name, source, lat_e7, lon_e7, zone, width_px, height_px,
             credential, active)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(id)
    .bind(i64::from(camera.agency.0))
    .bind(pool)
    .bind(camera.key.as_str())
    .bind(camera.name.as_str())
    .bind(camera.source.word())
    .bind(camera.position.map(|position| i64::from(position.lat_e7)))
    .bind(camera.position.map(|position| i64::from(position.lon_e7)))
    .bind(camera.zone.as_str())
    .bind(i64::from(camera.width_px))
    .bind(i64::from(camera.height_px))
    .bind(secrets.credential_hash.clone())
    .bind(1_i64)
    .execute(&mut **transaction)
    .await?;
    small_id(id)
}

/// Takes a camera's credential away, or gives it back. It acts on the next post.
pub async fn set_active(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    camera: CameraId,
    active: bool,
) -> Result<u32, sqlx::Error> {
    let changed = sqlx::query("UPDATE cameras SET active = $3 WHERE id = $1 AND agency = $2")
        .bind(i64::from(camera.0))
        .bind(i64::from(agency.0))
        .bind(i64::from(active))
        .execute(&mut **transaction)
        .await?;
    if changed.rows_affected() == 0 { Err(sqlx::Error::RowNotFound) } else { Ok(0) }
}
