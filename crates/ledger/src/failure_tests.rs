//! What happens when a step fails: undone, done all the same, or not known.

use crate::error::LedgerError;
use crate::ledger::{Background, Ledger, LedgerConfig};
use crate::store::{Group, Head, Journal, Store};
use crate::tree::Frontier;
use crate::verify::{VerifyError, verify_folder, verify_receipt};
use domain::{AgencyId, Recordable, UtcMicros};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use storage::{Sql, TestClock, Vault};

#[derive(Debug)]
struct Act(u64);

impl Recordable for Act {
    fn agency(&self) -> Option<AgencyId> {
        Some(AgencyId(7))
    }

    fn kind(&self) -> &'static str {
        "test.act"
    }

    fn record(&self) -> Value {
        json!({ "number": self.0 })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The commit fails and nothing is stored.
    Undone,
    /// The commit fails, yet all is stored.
    Done,
}

/// The database, with the next commits and the next readings of the head failing as told.
#[derive(Clone, Debug)]
struct FaultyJournal {
    store: Store,
    commits: Arc<Mutex<VecDeque<Fault>>>,
    unreadable: Arc<Mutex<u32>>,
}

impl FaultyJournal {
    fn fail_next_commit(&self, fault: Fault) {
        self.commits.lock().unwrap().push_back(fault);
    }

    fn hide_head(&self, readings: u32) {
        *self.unreadable.lock().unwrap() = readings;
    }
}

impl Journal for FaultyJournal {
    async fn head(&self) -> Result<Option<Head>, sqlx::Error> {
        {
            let mut left = self.unreadable.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return Err(sqlx::Error::PoolTimedOut);
            }
        }
        self.store.head().await
    }

    async fn frontier(&self, size: u64) -> Result<Option<Frontier>, sqlx::Error> {
        self.store.frontier(size).await
    }

    async fn append(&self, group: &Group) -> Result<(), sqlx::Error> {
        let fault = self.commits.lock().unwrap().pop_front().unwrap_or(Fault::None);
        if fault != Fault::Undone {
            self.store.append(group).await?;
        }
        if fault == Fault::None { Ok(()) } else { Err(sqlx::Error::PoolTimedOut) }
    }
}

/// A data folder that outlives its ledgers.
struct Data {
    folder: tempfile::TempDir,
    vault: Arc<Vault>,
}

impl Data {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), vault: Arc::new(Vault::for_tests()) }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    async fn sql(&self) -> Sql {
        Sql::sqlite(&self.folder.path().join("ledger.sqlite")).await.unwrap()
    }

    async fn try_open(&self) -> Result<(Ledger, FaultyJournal), LedgerError> {
        let sql = self.sql().await;
        let store = Store::open(sql.clone()).await.unwrap();
        let journal = FaultyJournal { store: store.clone(), commits: Arc::default(), unreadable: Arc::default() };
        let config = LedgerConfig {
            sql,
            vault: Arc::clone(&self.vault),
            clock: Arc::new(TestClock::at(UtcMicros::YEAR_2000)),
            origin: "sightline.example/ledger".into(),
            folder: self.log(),
        };
        let ledger = Ledger::start(config, store, journal.clone(), Background::Idle).await?;
        Ok((ledger, journal))
    }

    async fn open(&self) -> (Ledger, FaultyJournal) {
        self.try_open().await.unwrap()
    }

    fn verified_size(&self, ledger: &Ledger) -> u64 {
        verify_folder(&self.log(), &ledger.verifier_key(), None).unwrap().size
    }
}

async fn record(ledger: &Ledger, count: u64) {
    let acts = (0..count).map(|number| ledger.record(Act(number)));
    futures::future::try_join_all(acts).await.unwrap();
}

#[tokio::test]
async fn aud_1_a_commit_that_failed_and_stored_nothing_assigns_nothing() {
    let data = Data::new();
    let (ledger, journal) = data.open().await;
    record(&ledger, 3).await;
    journal.fail_next_commit(Fault::Undone);
    let error = ledger.record(Act(9)).await.unwrap_err();
    assert!(matches!(error, LedgerError::NotWritten(_)) && !error.is_fatal());
    assert_eq!(ledger.size(), 3);
    assert_eq!(ledger.record(Act(10)).await.unwrap().entry().index, 3);
    ledger.publish().await.unwrap();
    assert_eq!(data.verified_size(&ledger), 4);
}

#[tokio::test]
async fn aud_1_a_commit_that_failed_but_stored_all_fails_its_acts_and_does_not_fork_the_log() {
    let data = Data::new();
    let (ledger, journal) = data.open().await;
    record(&ledger, 3).await;
    ledger.publish().await.unwrap();
    let older = ledger.checkpoint();
    journal.fail_next_commit(Fault::Done);
    assert!(matches!(ledger.record(Act(9)).await, Err(LedgerError::NotWritten(_))));
    assert_eq!(ledger.size(), 4, "the entry stands, as an intent without outcome");
    assert_eq!(ledger.record(Act(10)).await.unwrap().entry().index, 4);
    ledger.publish().await.unwrap();
    assert_eq!(verify_folder(&data.log(), &ledger.verifier_key(), Some(&older)).unwrap().size, 5);
    drop(ledger);
    assert_eq!(data.open().await.0.size(), 5);
}

#[tokio::test]
async fn aud_1_while_the_state_cannot_be_read_again_every_act_fails_and_then_the_log_goes_on() {
    for fault in [Fault::Done, Fault::Undone] {
        let data = Data::new();
        let (ledger, journal) = data.open().await;
        record(&ledger, 300).await;
        journal.fail_next_commit(fault);
        journal.hide_head(2);
        assert!(matches!(ledger.record(Act(1)).await, Err(LedgerError::NotWritten(_))));
        assert!(matches!(ledger.record(Act(2)).await, Err(LedgerError::NotRead(_))), "still in doubt");
        let next = ledger.record(Act(3)).await.unwrap().entry().index;
        assert_eq!(next, if fault == Fault::Done { 301 } else { 300 });
        ledger.publish().await.unwrap();
        assert_eq!(data.verified_size(&ledger), next + 1);
    }
}

#[tokio::test]
async fn aud_6_a_database_that_lost_acknowledged_entries_stops_the_ledger_for_good() {
    let data = Data::new();
    let (ledger, journal) = data.open().await;
    record(&ledger, 1).await;
    let earlier = journal.store.head().await.unwrap().unwrap();
    record(&ledger, 1).await;
    let sql = data.sql().await;
    sqlx::query("DELETE FROM ledger_entries WHERE idx = 1").execute(sql.pool()).await.unwrap();
    sqlx::query("UPDATE ledger_head SET size = 1, root = $1, checkpoint = $2")
        .bind(earlier.root.to_vec())
        .bind(earlier.checkpoint)
        .execute(sql.pool())
        .await
        .unwrap();
    // The head is not the one that the writer knows, so the group is refused by the database and the state read again.
    assert!(matches!(ledger.record(Act(5)).await, Err(LedgerError::NotWritten(_))));
    let error = ledger.record(Act(6)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Stopped) && error.is_fatal());
    assert_eq!(journal.store.entries_end().await.unwrap(), 1, "nothing was written on top");
}

#[tokio::test]
async fn aud_6_a_log_killed_between_commit_and_publication_is_published_at_the_next_start() {
    let data = Data::new();
    let (ledger, _) = data.open().await;
    record(&ledger, 5).await;
    ledger.publish().await.unwrap();
    let older = ledger.checkpoint();
    record(&ledger, 700).await;
    assert_eq!(data.verified_size(&ledger), 5);
    drop(ledger);
    let (ledger, _) = data.open().await;
    assert_eq!(ledger.size(), 705);
    assert_eq!(verify_folder(&data.log(), &ledger.verifier_key(), Some(&older)).unwrap().size, 705);
}

#[tokio::test]
async fn aud_6_a_publication_that_fails_keeps_the_earlier_checkpoint_and_is_finished_later() {
    let data = Data::new();
    let (ledger, _) = data.open().await;
    record(&ledger, 250).await;
    ledger.publish().await.unwrap();
    let older = ledger.checkpoint();
    // A folder where the checkpoint's temporary file should be: tiles are written, the checkpoint is not.
    let obstacle = data.log().join("checkpoint.new");
    std::fs::create_dir(&obstacle).unwrap();
    record(&ledger, 10).await;
    assert!(matches!(ledger.publish().await, Err(LedgerError::Files { .. })));
    assert!(ledger.receipt(255).await.is_err(), "no receipt without a checkpoint that covers the entry");
    assert_eq!(ledger.checkpoint(), older);
    assert_eq!(std::fs::read_to_string(data.log().join("checkpoint")).unwrap(), older);
    std::fs::remove_dir(&obstacle).unwrap();
    let early = verify_folder(&data.log(), &ledger.verifier_key(), None);
    assert!(matches!(early, Err(VerifyError::Stray { .. })), "files beyond the checkpoint are not accepted");
    drop(ledger);
    let (ledger, _) = data.open().await;
    assert_eq!(verify_folder(&data.log(), &ledger.verifier_key(), Some(&older)).unwrap().size, 260);
}

#[tokio::test]
async fn aud_6_missing_and_cut_files_are_written_again_at_the_next_start() {
    let data = Data::new();
    let (ledger, _) = data.open().await;
    record(&ledger, 1_000).await;
    ledger.publish().await.unwrap();
    let key = ledger.verifier_key();
    drop(ledger);
    let names = ["tile/0/001", "tile/entries/000", "tile/1/000.p/3", "tile/0/003.p/232", "tile/entries/003.p/232"];
    for name in names {
        let path = data.log().join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        drop(data.open().await);
        assert_eq!(std::fs::read(&path).unwrap(), whole, "{name}");
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        drop(data.open().await);
        assert_eq!(verify_folder(&data.log(), &key, None).unwrap().size, 1_000, "{name}");
    }
    std::fs::write(data.log().join("tile/0/003.p/17.new"), b"half").unwrap();
    drop(data.open().await);
    assert_eq!(verify_folder(&data.log(), &key, None).unwrap().size, 1_000, "a half-written file was left");
    std::fs::remove_dir_all(data.log()).unwrap();
    // As a kill during the first publication leaves it: no checkpoint, a file half written.
    std::fs::create_dir_all(data.log().join("tile/0/000.p")).unwrap();
    std::fs::write(data.log().join("tile/0/000.p/1.new"), b"half").unwrap();
    drop(data.open().await);
    assert_eq!(verify_folder(&data.log(), &key, None).unwrap().size, 1_000, "the whole folder was gone");
}

#[tokio::test]
async fn aud_6_a_published_log_that_the_database_contradicts_is_refused_and_left_alone() {
    let data = Data::new();
    let (ledger, journal) = data.open().await;
    record(&ledger, 2).await;
    let earlier = journal.store.head().await.unwrap().unwrap();
    record(&ledger, 1).await;
    ledger.publish().await.unwrap();
    let published = ledger.checkpoint();
    drop(ledger);
    let sql = data.sql().await;
    sqlx::query("DELETE FROM ledger_entries WHERE idx = 2").execute(sql.pool()).await.unwrap();
    sqlx::query("UPDATE ledger_head SET size = 2, root = $1, checkpoint = $2")
        .bind(earlier.root.to_vec())
        .bind(earlier.checkpoint)
        .execute(sql.pool())
        .await
        .unwrap();
    assert!(matches!(data.try_open().await, Err(LedgerError::Contradiction { .. })), "an older copy of the database");
    assert_eq!(std::fs::read_to_string(data.log().join("checkpoint")).unwrap(), published);
}

#[tokio::test]
async fn aud_6_changed_newest_entries_and_a_changed_head_are_found_at_the_start() {
    let changes = [
        "UPDATE ledger_head SET size = 2",
        "UPDATE ledger_entries SET leaf_hash = (SELECT leaf_hash FROM ledger_entries WHERE idx = 0) WHERE idx = 1",
        "DELETE FROM ledger_entries WHERE idx = 2",
        "DELETE FROM ledger_head",
    ];
    for change in changes {
        let data = Data::new();
        let (ledger, _) = data.open().await;
        record(&ledger, 3).await;
        drop(ledger);
        sqlx::query(change).execute(data.sql().await.pool()).await.unwrap();
        assert!(matches!(data.try_open().await, Err(LedgerError::Contradiction { .. })), "{change}");
    }
}

#[tokio::test]
async fn aud_6_a_leaf_changed_in_the_database_is_never_published_and_stops_the_ledger() {
    let data = Data::new();
    let (ledger, _) = data.open().await;
    record(&ledger, 3).await;
    let change = "UPDATE ledger_entries SET leaf = (SELECT leaf FROM ledger_entries WHERE idx = 0) WHERE idx = 1";
    sqlx::query(change).execute(data.sql().await.pool()).await.unwrap();
    assert!(matches!(ledger.publish().await, Err(LedgerError::Contradiction { .. })));
    assert!(matches!(ledger.record(Act(1)).await, Err(LedgerError::Stopped)));
}

#[tokio::test]
async fn aud_6_a_receipt_waits_for_no_background_task() {
    let data = Data::new();
    let (ledger, _) = data.open().await;
    record(&ledger, 400).await;
    let receipt = ledger.receipt(399).await.unwrap();
    let leaf = ledger.leaf(399).await.unwrap();
    let (index, log) = verify_receipt(&receipt, &ledger.verifier_key(), &leaf).unwrap();
    assert_eq!((index, log.size), (399, 400));
    assert_eq!(data.verified_size(&ledger), 400);
}
