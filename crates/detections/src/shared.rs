//! What the parts of a store share: the snapshot, the seams, and the numbers that are given out.

use crate::catalogue::{BatchChange, Catalogue};
use crate::fault::{CommitFailure, DurableWrite, FaultHook};
use crate::photos::Packs;
use crate::search::turn::Turns;
use crate::snapshot::Snapshot;
use crate::writer::NextNumbers;
use crate::{StoreError, tiers};
use sqlx::{Any, Transaction};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use storage::{Blobs, Clock, Vault};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) catalogue: Catalogue,
    pub(crate) blobs: Blobs,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) faults: FaultHook,
    pub(crate) seal_rows: usize,
    pub(crate) seal_batches: usize,
    pub(crate) packs: Arc<Mutex<Packs>>,
    /// Held by whoever seals or merges; there is one at a time.
    pub(crate) maintenance: tokio::sync::Mutex<()>,
    /// Held by whoever joins recents in memory.
    pub(crate) joining: tokio::sync::Mutex<()>,
    /// Whether the indexes over many segments that are there were opened. Changed under `maintenance` only.
    pub(crate) are_indexes_open: AtomicBool,
    pub(crate) turns: Turns,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Changed by the writer only, after the commit that used them.
    next_id: AtomicU64,
    next_batch: AtomicI64,
    /// Changed under `maintenance` only.
    next_segment: AtomicI64,
    /// Recent batches up to this one are being sealed, and are left alone by everyone else.
    sealing_through: AtomicI64,
    /// A commit whose outcome nobody knows: no further change until the store is opened again.
    is_state_unknown: AtomicBool,
    /// How long detections are kept, from their scan on, in microseconds; `i64::MAX` is for ever.
    keep_micros: AtomicI64,
}

/// What a store starts from.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) snapshot: Snapshot,
    pub(crate) next_id: u64,
    pub(crate) next_batch: i64,
    pub(crate) next_segment: i64,
    pub(crate) keep_micros: i64,
}

impl Shared {
    pub(crate) fn new(config: crate::store::StoreConfig, catalogue: Catalogue, start: Start) -> Self {
        let searches = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            catalogue,
            packs: Arc::new(Mutex::new(Packs::new(config.blobs.clone(), config.faults.clone()))),
            blobs: config.blobs,
            vault: config.vault,
            clock: config.clock,
            faults: config.faults,
            seal_rows: config.seal_rows,
            seal_batches: config.seal_batches,
            maintenance: tokio::sync::Mutex::new(()),
            joining: tokio::sync::Mutex::new(()),
            are_indexes_open: AtomicBool::new(false),
            turns: Turns::new(searches, helpers(config.search_threads)),
            snapshot: RwLock::new(Arc::new(start.snapshot)),
            next_id: AtomicU64::new(start.next_id),
            next_batch: AtomicI64::new(start.next_batch),
            next_segment: AtomicI64::new(start.next_segment),
            sealing_through: AtomicI64::new(i64::MIN),
            is_state_unknown: AtomicBool::new(false),
            keep_micros: AtomicI64::new(start.keep_micros),
        }
    }

    /// What is stored now. Stays as it is however long it is held.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the snapshot by one made from it.
    pub(crate) fn publish(&self, change: impl FnOnce(&Snapshot) -> Snapshot) {
        let mut current = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(change(&current));
    }

    /// Whether recents are `times` what makes the background task seal, in rows or in batches.
    pub(crate) fn has_recents(&self, times: usize) -> bool {
        let snapshot = self.snapshot();
        let sound = snapshot.entries.iter().filter(|entry| entry.is_recent() && entry.content.is_ok());
        let (rows, batches) = sound.fold((0, 0), |(rows, batches), entry| {
            let (first, last) = tiers::batches(entry);
            (rows + entry.rows, batches + usize::try_from(last - first + 1).unwrap_or_default())
        });
        rows >= self.seal_rows.saturating_mul(times) || batches >= self.seal_batches.saturating_mul(times)
    }

    pub(crate) fn next_numbers(&self) -> NextNumbers {
        NextNumbers { id: self.next_id.load(Ordering::SeqCst), batch: self.next_batch.load(Ordering::SeqCst) }
    }

    pub(crate) fn next_segment(&self) -> i64 {
        self.next_segment.load(Ordering::SeqCst)
    }

    pub(crate) fn set_next_segment(&self, number: i64) {
        self.next_segment.store(number, Ordering::SeqCst);
    }

    pub(crate) fn sealing_through(&self) -> i64 {
        self.sealing_through.load(Ordering::SeqCst)
    }

    pub(crate) fn set_sealing_through(&self, batch: i64) {
        self.sealing_through.store(batch, Ordering::SeqCst);
    }

    pub(crate) fn check_state(&self) -> Result<(), StoreError> {
        if self.is_state_unknown.load(Ordering::SeqCst) { Err(StoreError::StateUnknown) } else { Ok(()) }
    }

    pub(crate) fn lose_state(&self) {
        self.is_state_unknown.store(true, Ordering::SeqCst);
    }

    /// Reads scanned before this instant are due: they are not shown, opened or recognised any more.
    pub(crate) fn due_before(&self) -> i64 {
        match self.keep_micros.load(Ordering::SeqCst) {
            i64::MAX => i64::MIN,
            keep => self.clock.now().0.saturating_sub(keep),
        }
    }

    pub(crate) fn set_keep_micros(&self, keep_micros: i64) {
        self.keep_micros.store(keep_micros, Ordering::SeqCst);
    }

    /// Commits a group of appends.
    pub(crate) async fn commit_batch(
        &self,
        transaction: Transaction<'static, Any>,
        change: &BatchChange,
    ) -> Result<(), StoreError> {
        self.commit(DurableWrite::Batch, transaction, self.catalogue.has_batch(change.batch)).await?;
        self.next_id.store(change.next_id, Ordering::SeqCst);
        self.next_batch.store(change.batch + 1, Ordering::SeqCst);
        Ok(())
    }

    /// Commits a change. A commit that failed may have been kept all the same: the database is asked (`is_kept`), and
    /// where it does not answer either, the store stops changing.
    pub(crate) async fn commit(
        &self,
        write: DurableWrite,
        transaction: Transaction<'static, Any>,
        is_kept: impl Future<Output = Result<bool, StoreError>>,
    ) -> Result<(), StoreError> {
        let error = match self.faults.commit(write, transaction).await {
            Ok(()) => return Ok(()),
            Err(CommitFailure::Crashed) => {
                self.lose_state();
                return Err(StoreError::Interrupted(write));
            }
            Err(CommitFailure::Reported(error)) => error,
        };
        match is_kept.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::database("commit a change")(error)),
            Err(_) => {
                self.lose_state();
                Err(StoreError::StateUnknown)
            }
        }
    }

    /// Removes a blob that nothing names any more.
    pub(crate) async fn remove_blob(&self, name: &str) -> Result<(), StoreError> {
        let remove = async { self.blobs.delete(name).await.map_err(StoreError::blob("remove a file")) };
        self.faults.around(DurableWrite::FileRemoval, remove, || Ok(())).await
    }

    /// Runs work of the processor off the threads that answer requests.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::WorkerLost)
    }
}

/// The threads beside the one that asks; none where only that one is to work, or the system gives no more.
fn helpers(search_threads: usize) -> Option<Arc<rayon::ThreadPool>> {
    let more = search_threads.checked_sub(1).filter(|more| *more > 0)?;
    let named = rayon::ThreadPoolBuilder::new().num_threads(more).thread_name(|number| format!("search-{number}"));
    named.build().inspect_err(|error| tracing::warn!(%error, "searches have no helping threads")).ok().map(Arc::new)
}
