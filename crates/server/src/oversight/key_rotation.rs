//! Exchanging keys as an act of the operator at the machine: in the ledger before it happens, and after an interruption how it
//! ended.

use super::entries::Entry;
use crate::App;
use crate::accounts::store as account_store;
use crate::app::OpenError;
use anyhow::Context;
use ledger::Ledger;
use serde_json::json;
use std::path::Path;
use storage::vault::{self, Interrupted, KeyChange, KeyUse, Rotation, RotationNote};
use storage::{MasterKeySource, Sql};

/// What a rotation did.
#[derive(Debug)]
pub struct Rotated {
    pub note: RotationNote,
    /// Sessions and tokens that ended by it.
    pub sessions_ended: u64,
}

/// Exchanges a key of the open service's folder. The service goes on with the keys that it has: open it anew afterwards.
pub async fn rotate(app: &App, folder: &Path, source: &MasterKeySource, change: &KeyChange) -> anyhow::Result<Rotated> {
    let rotation = Rotation::prepare(folder, source, change, app.clock.now())?;
    rotation.announce()?;
    record(&app.ledger, &rotation).await?;
    rotation.perform()?;
    let note = rotation.note().clone();
    let sessions_ended = if note.from.key_use == KeyUse::Session {
        account_store::end_all_sessions(&app.sql).await.context("the sessions, which nobody can use any more")?
    } else {
        0
    };
    vault::settle(folder)?;
    Ok(Rotated { note, sessions_ended })
}

/// The entry, before anything is in force. That of a new signer names its verifier key, so that the log itself, signed by the
/// old key, says who signs next.
pub async fn record(ledger: &Ledger, rotation: &Rotation) -> Result<(), ledger::LedgerError> {
    let seed = rotation.new_signer_seed().map(std::slice::from_ref);
    let vkey = seed.map(|seed| ledger::verifier_keys_of(seed, ledger.origin())).transpose()?;
    let note = rotation.note();
    let details =
        json!({ "from": note.from, "to": note.to, "verifier_key": vkey.and_then(|keys| keys.into_iter().next()) });
    ledger.record(Entry::of(None, "key.rotated", details)).await.map(|_| ())
}

/// Records how an interrupted rotation ended, before it is settled.
pub async fn conclude(ledger: &Ledger, sql: &Sql, interrupted: &Interrupted) -> Result<(), OpenError> {
    let Interrupted { note, finished } = interrupted;
    let kind = if *finished { "key.rotation-finished" } else { "key.rotation-undone" };
    tracing::warn!(from = %note.from, finished, "a rotation of keys had been interrupted");
    if *finished && note.from.key_use == KeyUse::Session {
        account_store::end_all_sessions(sql).await.map_err(OpenError::Rotation)?;
    }
    ledger.record(Entry::of(None, kind, json!({ "from": note.from, "to": note.to }))).await?;
    Ok(())
}
