//! A rotation of keys that was cut short, as the next start meets it.

use sightline_server::oversight::key_rotation;
use sightline_server::{App, Setup};
use std::path::Path;
use std::sync::Arc;
use storage::MasterKeySource;
use storage::vault::{KeyChange, Rotation};

const HERE: MasterKeySource = MasterKeySource::Folder;

async fn open(data: &Path) -> Arc<App> {
    App::open(Setup::new(data)).await.unwrap()
}

async fn kinds(app: &App) -> Vec<String> {
    let records = app.ledger.records_of(None, 0, 1_000).await.unwrap();
    records.iter().filter(|record| record.kind.starts_with("key.")).map(|record| record.kind.clone()).collect()
}

#[tokio::test]
async fn keys_a_rotation_that_was_cut_short_is_finished_or_undone_at_the_next_start_and_the_ledger_says_which() {
    let changes = [KeyChange::Master(HERE), KeyChange::Session, KeyChange::Signer];
    for (change, in_force) in changes.iter().flat_map(|change| [(change, false), (change, true)]) {
        let data = tempfile::tempdir().unwrap();
        let app = open(data.path()).await;
        let names = |app: &App| app.vault.list().iter().map(|key| key.name.to_string()).collect::<Vec<_>>();
        let before = names(&app);
        let rotation = Rotation::prepare(&data.path().join("keys"), &HERE, change, app.clock.now()).unwrap();
        rotation.announce().unwrap();
        key_rotation::record(&app.ledger, &rotation).await.unwrap();
        if in_force {
            rotation.perform().unwrap();
        }
        app.close().await;
        drop(app);

        let app = open(data.path()).await;
        let end = if in_force { "key.rotation-finished" } else { "key.rotation-undone" };
        assert_eq!(kinds(&app).await, ["key.rotated", end], "{change:?}");
        assert_eq!(names(&app) != before, in_force, "{change:?}");
        app.close().await;
        drop(app);
        // Said once.
        let app = open(data.path()).await;
        assert_eq!(kinds(&app).await.len(), 2, "{change:?}");
        app.close().await;
    }
}
