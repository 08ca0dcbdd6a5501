//! `sightline check`: opens everything and tells what is wrong.

use super::{DataArgs, block_on, say};
use crate::App;
use ledger::verify;

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    #[command(flatten)]
    data: DataArgs,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<()> {
        block_on(async {
            let app = App::open(self.data.setup()).await?;
            let damaged = app.store.check().await?;
            let stats = app.store.stats();
            say(&format!(
                "store: {} detections, {} of them recent, in {} segments, {} bytes",
                stats.rows, stats.recents, stats.segments, stats.bytes
            ));
            for name in &damaged {
                say(&format!("store: segment {name} is damaged and set aside; its rows do not answer"));
            }
            app.ledger.publish().await?;
            let folder = app.ledger_folder.clone();
            let key = app.ledger.verifier_key();
            let found = verify::verify_records(&folder, &key, &app.ledger_sql, &app.vault).await;
            app.close().await;
            let found = found?;
            say(&format!(
                "ledger: {} entries hold, root {}; {} records open to their commitments, {} are gone",
                found.log.size,
                hex::encode(found.log.root),
                found.opened,
                found.gone
            ));
            anyhow::ensure!(damaged.is_empty(), "{} segments are damaged", damaged.len());
            Ok(())
        })
    }
}
