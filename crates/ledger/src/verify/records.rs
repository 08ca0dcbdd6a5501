//! The sealed records against the public log: each must open to the commitment that its leaf published.

use super::folder::{read_bundle, verify_folder};
use super::{Verified, VerifyError};
use crate::hash::commitment;
use domain::AgencyId;
use serde_json::Value;
use sqlx::Row;
use std::path::Path;
use storage::{Scope, Sql, Vault};

/// Entries of one bundle.
const BUNDLE_ENTRIES: u64 = 256;

/// What was found of the records of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRecords {
    pub log: Verified,
    /// Records that open to their commitments.
    pub opened: u64,
    /// Entries whose records are gone, as they are after their retention.
    pub gone: u64,
}

/// Verifies the log in `folder`, then every record of the database against it.
pub async fn verify_records(
    folder: &Path,
    vkey: &str,
    sql: &Sql,
    vault: &Vault,
) -> Result<VerifiedRecords, VerifyError> {
    let (public, key) = (folder.to_owned(), vkey.to_owned());
    let log = tokio::task::spawn_blocking(move || verify_folder(&public, &key, None));
    let log = log.await.map_err(|_| VerifyError::Interrupted)??;
    let (mut opened, mut gone) = (0, 0);
    for number in 0..log.size.div_ceil(BUNDLE_ENTRIES) {
        let leaves = read_bundle(folder, number, log.size)?;
        let start = number * BUNDLE_ENTRIES;
        let mut rows = read_rows(sql, start, start + leaves.len() as u64).await?.into_iter().peekable();
        for (index, leaf) in (start..).zip(leaves) {
            let row = rows.next_if(|row| u64::try_from(row.index) == Ok(index));
            let row = row.ok_or(VerifyError::BadRecord { index, what: "the entry is not in the database" })?;
            match check_record(vault, &row, &leaf) {
                Ok(true) => opened += 1,
                Ok(false) => gone += 1,
                Err(what) => return Err(VerifyError::BadRecord { index, what }),
            }
        }
    }
    Ok(VerifiedRecords { log, opened, gone })
}

struct RecordRow {
    index: i64,
    time: i64,
    agency: Option<i64>,
    leaf: Vec<u8>,
    sealed: Option<Vec<u8>>,
}

async fn read_rows(sql: &Sql, from: u64, to: u64) -> Result<Vec<RecordRow>, VerifyError> {
    let bound = |bound: u64| i64::try_from(bound).unwrap_or(i64::MAX);
    let rows = sqlx::query(
        "SELECT idx, time, agency, leaf, sealed FROM ledger_entries WHERE idx >= $1 AND idx < $2 ORDER BY idx",
    )
    .bind(bound(from))
    .bind(bound(to))
    .fetch_all(sql.pool())
    .await
    .map_err(VerifyError::Records)?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(RecordRow {
            index: row.try_get("idx")?,
            time: row.try_get("time")?,
            agency: row.try_get("agency")?,
            leaf: row.try_get("leaf")?,
            sealed: row.try_get("sealed")?,
        })
    };
    rows.iter().map(read).collect::<Result<_, sqlx::Error>>().map_err(VerifyError::Records)
}

/// Whether the record is there; an error says why it is not the one that was committed to.
fn check_record(vault: &Vault, row: &RecordRow, leaf: &[u8]) -> Result<bool, &'static str> {
    // The leaf's bytes 9 to 16 are its time: `docs/ledger-format.md`.
    if row.leaf != leaf || leaf.get(9..17) != Some(&row.time.to_be_bytes()[..]) {
        return Err("the database has another leaf or time than the public log");
    }
    let Some(sealed) = &row.sealed else { return Ok(false) };
    let agency = row.agency.map(u32::try_from).transpose().map_err(|_| "its agency is not one")?;
    let scope = match agency {
        Some(agency) => Scope::agency(AgencyId(agency), "ledger-record"),
        None => Scope::installation("ledger-record"),
    };
    let content = vault.open_sealed(&scope, sealed).map_err(|_| "it was altered, or its key is gone")?;
    let (salt, record) = content.split_first_chunk::<32>().ok_or("it is too short")?;
    if leaf.last_chunk() != Some(&commitment(salt, record)) {
        return Err("its commitment is another");
    }
    let record: Value = serde_json::from_slice(record).map_err(|_| "it is not JSON")?;
    if record.get("agency") != Some(&serde_json::json!(agency)) {
        return Err("it is filed under another agency");
    }
    Ok(true)
}
