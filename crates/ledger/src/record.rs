//! From an act to what is stored of it: canonical bytes, salt, commitment, seal; and back.

use crate::error::{LedgerError, Refusal};
use crate::hash::{Hash, commitment};
use crate::leaf::read_leaf;
use crate::store::StoredEntry;
use domain::record::canonical_bytes;
use domain::{AgencyId, UtcMicros};
use serde_json::{Value, json};
use std::sync::Arc;
use storage::vault::random_bytes;
use storage::{Scope, Vault};

/// Bytes of one canonical record. The largest question (many polygons of many corners) fits.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What the vault calls a sealed record.
const RECORD_KIND: &str = "ledger-record";
const SALT_BYTES: usize = 32;

/// A record as somebody with the right may read it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedRecord {
    pub index: u64,
    pub time: UtcMicros,
    pub kind: String,
    pub record: Value,
}

/// A record ready to be appended.
#[derive(Debug)]
pub(crate) struct SealedRecord {
    pub(crate) commitment: Hash,
    /// Salt, then canonical record, sealed for the agency.
    pub(crate) sealed: Vec<u8>,
}

/// Writes the canonical record, commits to it and seals it. Agency and kind are inside, not in the public leaf.
pub(crate) fn seal(
    vault: &Vault,
    agency: Option<AgencyId>,
    kind: &str,
    record: &Value,
) -> Result<SealedRecord, LedgerError> {
    if !holds_integers_only(record) {
        return Err(Refusal::NotAnInteger.into());
    }
    let canonical = canonical_bytes(&json!({ "agency": agency, "kind": kind, "record": record }));
    if canonical.len() > RECORD_BYTES_MAX {
        return Err(Refusal::TooLarge { bytes: canonical.len(), max: RECORD_BYTES_MAX }.into());
    }
    let salt: [u8; SALT_BYTES] = random_bytes();
    let mut content = salt.to_vec();
    content.extend_from_slice(&canonical);
    let sealed = vault.seal(&scope(agency), &content).map_err(|error| LedgerError::Sealing(Arc::new(error)))?;
    Ok(SealedRecord { commitment: commitment(&salt, &canonical), sealed })
}

/// Opens a stored record and checks it against the commitment in its leaf.
pub(crate) fn open(vault: &Vault, entry: &StoredEntry) -> Result<OpenedRecord, LedgerError> {
    let altered = || LedgerError::Altered { index: entry.index };
    let sealed = entry.sealed.as_ref().ok_or(LedgerError::Missing)?;
    let content = vault.open_sealed(&scope(entry.agency), sealed).map_err(|_| altered())?;
    let (salt, canonical) = content.split_first_chunk::<SALT_BYTES>().ok_or_else(altered)?;
    // The leaf is what the log signed; the columns beside it are only for finding it.
    if read_leaf(&entry.leaf) != Some((entry.index, entry.time, commitment(salt, canonical))) {
        return Err(altered());
    }
    let value: Value = serde_json::from_slice(canonical).map_err(|_| altered())?;
    let Value::Object(mut fields) = value else { return Err(altered()) };
    let (kind, record) = (fields.remove("kind"), fields.remove("record"));
    let (Some(Value::String(kind)), Some(record)) = (kind, record) else { return Err(altered()) };
    if fields.remove("agency") != Some(json!(entry.agency)) {
        return Err(altered());
    }
    Ok(OpenedRecord { index: entry.index, time: entry.time, kind, record })
}

/// The record of an outcome carries the index of the entry whose outcome it is.
pub(crate) fn with_of(record: Value, index: u64) -> Result<Value, Refusal> {
    match record {
        Value::Object(mut fields) if !fields.contains_key("of") => {
            fields.insert("of".into(), json!(index));
            Ok(Value::Object(fields))
        }
        _ => Err(Refusal::OutcomeShape),
    }
}

fn scope(agency: Option<AgencyId>) -> Scope {
    match agency {
        Some(agency) => Scope::agency(agency, RECORD_KIND),
        None => Scope::installation(RECORD_KIND),
    }
}

/// One number has one form only as an integer.
fn holds_integers_only(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(items) => items.iter().all(holds_integers_only),
        Value::Object(fields) => fields.values().all(holds_integers_only),
        _ => true,
    }
}
