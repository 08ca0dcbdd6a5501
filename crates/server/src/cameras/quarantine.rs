//! Reads of an impossible time, held apart until somebody corrects or withdraws them. Sealed: they hold plates.

use super::store::Camera;
use crate::App;
use crate::http::Problem;
use domain::UtcMicros;
use feeds::Quarantined;
use sqlx::Row;
use storage::Scope;

/// Reads held of one camera. A camera whose clock is lost fills it; then it is told so, instead of being forgotten.
const HELD_MAX: i64 = 10_000;

pub async fn hold(app: &App, camera: &Camera, quarantined: &[Quarantined], now: UtcMicros) -> Result<(), Problem> {
    if quarantined.is_empty() {
        return Ok(());
    }
    let text = "SELECT CAST(COUNT(*) AS BIGINT) AS held FROM quarantine WHERE camera = $1";
    let held: i64 = sqlx::query(text).bind(i64::from(camera.id.0)).fetch_one(app.sql.pool()).await?.try_get("held")?;
    if held + i64::try_from(quarantined.len()).unwrap_or(i64::MAX) > HELD_MAX {
        return Err(Problem::too_many("this camera's quarantine is full; set its clock and clear its quarantine"));
    }
    let scope = Scope::agency(camera.agency, "quarantine");
    let mut transaction = app.sql.begin().await?;
    for read in quarantined {
        let detection = &read.detection;
        let content = serde_json::json!({
            "event_id": read.event_id, "scan_time": detection.scan_time, "raw_plate": detection.raw_plate,
            "state": detection.state, "confidence": detection.confidence, "readings": detection.readings,
            "vehicle": detection.vehicle, "position": detection.position,
        });
        let sealed = app
            .vault
            .seal(&scope, content.to_string().as_bytes())
            .map_err(|error| Problem::failed("a quarantined read could not be sealed", &error))?;
        sqlx::query(
            "INSERT INTO quarantine (id, agency, camera, received, reason, sealed) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(uuid::Uuid::now_v7().to_string())
        .bind(i64::from(camera.agency.0))
        .bind(i64::from(camera.id.0))
        .bind(now.0)
        .bind(read.reason)
        .bind(sealed)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(())
}
