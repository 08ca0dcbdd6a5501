//! `sightline check`: reads all of a data folder that no server runs on, and names what is not as it was written.

use super::{DataArgs, block_on, complain, say};
use crate::app::{LEDGER_ORIGIN, Setup, ledger_origin};
use crate::http::problem::chain;
use anyhow::Context;
use detections::{Store, StoreConfig};
use ledger::{Ledger, LedgerConfig, verify};
use std::sync::Arc;
use storage::{Blobs, DataLock, Sql, Vault};

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    #[command(flatten)]
    data: DataArgs,
}

/// The parts of a data folder, each opened and checked by itself, so that damage to one does not hide the others.
struct Parts {
    setup: Setup,
    vault: Arc<Vault>,
    damages: u64,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let setup = self.data.setup()?;
        let lock = DataLock::take(&setup.data).context("the data folder cannot be used")?;
        let _held = lock.context(crate::app::OpenError::InUse)?;
        let vault = Arc::new(Vault::open_with(&setup.data.join("keys"), &setup.master_key)?);
        let mut parts = Parts { setup, vault, damages: 0 };
        block_on(async {
            parts.store().await;
            parts.ledger().await;
            anyhow::ensure!(parts.damages == 0, "{} damages were found", parts.damages);
            Ok(())
        })
    }
}

impl Parts {
    fn damage(&mut self, what: &str) {
        complain(what);
        self.damages += 1;
    }

    async fn sql(&self, file: &str, schema: &str) -> anyhow::Result<Sql> {
        Ok(match &self.setup.postgres {
            Some(url) => Sql::postgres(url, schema).await?,
            None => Sql::sqlite(&self.setup.data.join(file)).await?,
        })
    }

    /// Opens a database and checks its own structure. `None` where it cannot be read, or cannot be trusted: opening the parts
    /// on it would remove files that it does not name.
    async fn database(&mut self, file: &str, schema: &str) -> Option<Sql> {
        let looked = async {
            let sql = self.sql(file, schema).await?;
            let problems = sql.check_structure().await?;
            anyhow::Ok((sql, problems))
        };
        match looked.await {
            Ok((sql, problems)) => {
                for problem in &problems {
                    self.damage(&format!("{file}: {problem}"));
                }
                problems.is_empty().then_some(sql)
            }
            Err(error) => {
                self.damage(&format!("{file}: {error:#}"));
                None
            }
        }
    }

    async fn store(&mut self) {
        let Some(sql) = self.database("main.db", "sightline").await else { return };
        let checked = async {
            let blobs = Blobs::local(&self.setup.data.join("blobs"))?;
            let config = StoreConfig::new(sql.clone(), blobs, Arc::clone(&self.vault), Arc::clone(&self.setup.clock));
            let store = Store::open(config).await?;
            let checked = store.check().await?;
            let stats = store.stats();
            store.close().await;
            anyhow::Ok((checked, stats))
        };
        match checked.await {
            Ok((checked, stats)) => {
                say(&format!(
                    "store: {} detections, {} of them recent, in {} segments, {} bytes; {} photos",
                    checked.rows, checked.recents, checked.segments, stats.bytes, checked.photos
                ));
                for finding in &checked.findings {
                    self.damage(&finding.to_string());
                }
                if checked.further_findings > 0 {
                    complain(&format!("{} further damages are not listed", checked.further_findings));
                    self.damages += checked.further_findings;
                }
            }
            Err(error) => self.damage(&format!("the detection store: {}", chain(error.as_ref()))),
        }
        sql.close().await;
    }

    async fn ledger(&mut self) {
        let Some(sql) = self.database("ledger.db", "sightline_ledger").await else { return };
        let folder = self.setup.data.join("ledger");
        let verified = async {
            // Before the ledger is opened: opening writes anew what is missing or cut.
            let origin = ledger_origin(&self.setup.data)?.unwrap_or_else(|| LEDGER_ORIGIN.into());
            let keys = ledger::verifier_keys(&self.vault, &origin)?;
            let checkpoint = folder.join("checkpoint");
            if checkpoint.exists() {
                let signed = std::fs::read(&checkpoint).with_context(|| checkpoint.display().to_string())?;
                verify::verify_published(&folder, verify::signed_by(&signed, &keys)?)?;
            }
            let ledger = Ledger::open(LedgerConfig {
                sql: sql.clone(),
                vault: Arc::clone(&self.vault),
                clock: Arc::clone(&self.setup.clock),
                origin,
                folder: folder.clone(),
            })
            .await?;
            ledger.publish().await?;
            let key = ledger.verifier_key();
            let found = verify::verify_records(&folder, &key, &sql, &self.vault).await;
            ledger.close().await;
            anyhow::Ok(found?)
        };
        match verified.await {
            Ok(found) => say(&format!(
                "ledger: {} entries hold, root {}; {} records open to their commitments, {} are gone",
                found.log.size,
                hex::encode(found.log.root),
                found.opened,
                found.gone
            )),
            Err(error) => self.damage(&format!("the ledger: {}", chain(error.as_ref()))),
        }
        sql.close().await;
    }
}
