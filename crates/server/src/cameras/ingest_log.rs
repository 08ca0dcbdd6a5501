//! One ledger entry per camera and minute for what was ingested, with a hash over its batches.

use crate::App;
use crate::oversight::entries::Entry;
use domain::{AgencyId, CameraId, UtcMicros};
use ledger::LedgerError;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Mutex;

const MINUTE_MICROS: i64 = 60_000_000;

/// What a camera sent within one minute.
#[derive(Clone, Debug, Default)]
struct Minute {
    batches: u64,
    stored: u64,
    duplicates: u64,
    rejected: u64,
    quarantined: u64,
    hash: Sha256,
}

/// Numbers of one accepted batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct BatchNumbers {
    pub stored: u64,
    pub duplicates: u64,
    pub rejected: u64,
    pub quarantined: u64,
}

/// Minutes that are not yet in the ledger. Bounded by the number of registered cameras.
#[derive(Debug, Default)]
pub struct IngestLog(Mutex<BTreeMap<(AgencyId, CameraId, i64), Minute>>);

impl IngestLog {
    pub fn count(&self, agency: AgencyId, camera: CameraId, now: UtcMicros, body: &[u8], numbers: BatchNumbers) {
        let mut minutes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let minute = minutes.entry((agency, camera, now.0.div_euclid(MINUTE_MICROS))).or_default();
        minute.batches += 1;
        minute.stored += numbers.stored;
        minute.duplicates += numbers.duplicates;
        minute.rejected += numbers.rejected;
        minute.quarantined += numbers.quarantined;
        minute.hash.update(Sha256::digest(body));
    }

    fn take(&self, ended_before: i64) -> BTreeMap<(AgencyId, CameraId, i64), Minute> {
        let mut minutes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (due, kept) =
            std::mem::take(&mut *minutes).into_iter().partition(|((_, _, minute), _)| *minute < ended_before);
        *minutes = kept;
        due
    }

    fn put_back(&self, key: (AgencyId, CameraId, i64), minute: Minute) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, minute);
    }
}

/// Writes the minutes that have ended.
pub async fn write_ended_minutes(app: &App) -> Result<(), LedgerError> {
    write(app, app.clock.now().0.div_euclid(MINUTE_MICROS)).await
}

/// Writes all minutes, for a clean stop.
pub async fn flush(app: &App) -> Result<(), LedgerError> {
    write(app, i64::MAX).await
}

async fn write(app: &App, ended_before: i64) -> Result<(), LedgerError> {
    let mut failed = None;
    for ((agency, camera, number), minute) in app.ingest.take(ended_before) {
        if failed.is_some() {
            app.ingest.put_back((agency, camera, number), minute);
            continue;
        }
        let details = json!({
            "camera": camera, "minute": number * 60, "batches": minute.batches, "stored": minute.stored,
            "duplicates": minute.duplicates, "rejected": minute.rejected, "quarantined": minute.quarantined,
            "sha256": hex::encode(minute.hash.clone().finalize()),
        });
        if let Err(error) = app.ledger.record(Entry::of(Some(agency), "ingest", details)).await {
            app.ingest.put_back((agency, camera, number), minute);
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}
