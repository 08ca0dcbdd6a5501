//! The ledger as the rest of the product sees it.

use crate::cosigning::{COSIGN_RETRY, WitnessCall};
use crate::error::{LedgerError, Refusal};
use crate::hash::empty_root;
use crate::note::NoteSigner;
use crate::publish::Publisher;
use crate::receipt;
use crate::record::{self, OpenedRecord};
use crate::recorded::{EntryRef, Recorded};
use crate::store::{Head, Journal, Store};
use crate::writer::{Append, Order, Stopped, WAITING_ENTRIES_MAX, Writer, read_state};
use domain::{AgencyId, Recordable, UtcMicros};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use storage::{Clock, Sql, Vault};
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};

/// How long after an append the log is published in the background; a receipt publishes at once.
pub const PUBLISH_INTERVAL: Duration = Duration::from_millis(500);
/// How long the background task waits after a publication failed.
const PUBLISH_RETRY: Duration = Duration::from_secs(2);
/// Records that [`Ledger::records_of`] opens in one call.
pub const OPENED_RECORDS_MAX: usize = 10_000;
/// Memory of all records that wait to be written, in KiB; more wait at the door.
const WAITING_KIB_MAX: u32 = 64 * 1_024;

/// Where a ledger lives. One process at a time opens it: the server holds the data folder's lock before it does.
#[derive(Debug)]
pub struct LedgerConfig {
    pub sql: Sql,
    pub vault: Arc<Vault>,
    pub clock: Arc<dyn Clock>,
    /// The log's name in every checkpoint and the name of its key, such as `example.org/ledger`.
    pub origin: String,
    /// The public log as static files.
    pub folder: PathBuf,
}

/// The log. Cheap to clone; the last handle that is dropped ends its tasks as a crash would, [`Ledger::close`] in order.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    vault: Arc<Vault>,
    signer: Arc<NoteSigner>,
    orders: mpsc::Sender<Order>,
    waiting_kib: Arc<Semaphore>,
    publishing: Arc<Publishing>,
}

/// What publishing needs; the background task shares it, without a way to append.
struct Publishing {
    publisher: Mutex<Publisher>,
    /// The newest committed head, set by the writer.
    committed: watch::Receiver<Head>,
    /// The newest published head, set under the publisher's lock.
    published: watch::Sender<Head>,
    stopped: Stopped,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// Whether a task publishes after appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Background {
    Publishes,
    #[cfg(test)]
    Idle,
}

impl Ledger {
    /// Opens or creates the log, checks its newest part, finishes what a crash left unpublished.
    pub async fn open(config: LedgerConfig) -> Result<Self, LedgerError> {
        let store = Store::open(config.sql.clone()).await.map_err(|error| LedgerError::Schema(Arc::new(error)))?;
        Self::start(config, store.clone(), store, Background::Publishes).await
    }

    pub(crate) async fn start<J: Journal>(
        config: LedgerConfig,
        store: Store,
        journal: J,
        background: Background,
    ) -> Result<Self, LedgerError> {
        let signer = NoteSigner::new(&config.origin, config.vault.signing_seeds()).ok_or(Refusal::Origin)?;
        let signer = Arc::new(signer);
        let end = store.entries_end().await.map_err(LedgerError::not_read)?;
        if end == 0 {
            let root = empty_root();
            let head = Head { size: 0, root, time: UtcMicros(0), checkpoint: signer.checkpoint(0, &root) };
            store.create_head(&head).await.map_err(|error| LedgerError::NotWritten(Arc::new(error)))?;
        }
        let (mut head, frontier) = read_state(&journal, &signer).await?;
        let checkpoint = signer.checkpoint(head.size, &head.root);
        if head.checkpoint != checkpoint {
            // The keys changed since: the same head is signed again, by those of now.
            head.checkpoint = checkpoint;
            store.sign_head_again(&head).await.map_err(|error| LedgerError::NotWritten(Arc::new(error)))?;
        }
        if head.size != end {
            return Err(LedgerError::Contradiction {
                what: "the database has more or fewer entries than its head says",
            });
        }
        std::fs::create_dir_all(&config.folder).map_err(LedgerError::files(&config.folder))?;
        let mut publisher = Publisher::open(&config.folder, &store, &signer, &head).await?;
        publisher.publish(&head).await?;
        let published = publisher.published().cloned().unwrap_or_else(|| head.clone());

        let stopped = Stopped::default();
        let (committed_sender, committed) = watch::channel(head);
        let (orders, receiver) = mpsc::channel(WAITING_ENTRIES_MAX);
        let writer =
            Writer::new(journal, config.clock, Arc::clone(&signer), committed_sender, frontier, stopped.clone());
        tokio::spawn(writer.run(receiver));
        let (published, _) = watch::channel(published);
        let publishing = Arc::new(Publishing { publisher: Mutex::new(publisher), committed, published, stopped });
        if background == Background::Publishes {
            tokio::spawn(Arc::clone(&publishing).run());
        }
        let waiting_kib = Arc::new(Semaphore::new(WAITING_KIB_MAX as usize));
        let inner = Inner { store, vault: config.vault, signer, orders, waiting_kib, publishing };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Writes the act to the log and gives it back with the proof. When this returns, the entry is on disk.
    ///
    /// On an error the caller must not act; the entry may still be in the log, as an intent without outcome.
    pub async fn record<T: Recordable>(&self, act: T) -> Result<Recorded<T>, LedgerError> {
        let entry = self.append(act.agency(), act.kind(), &act.record()).await?;
        Ok(Recorded::new(act, entry))
    }

    /// Writes what came of an earlier entry; the record carries its index as `of`.
    pub async fn record_outcome(&self, of: EntryRef, act: impl Recordable) -> Result<EntryRef, LedgerError> {
        if of.index >= self.size() {
            return Err(LedgerError::Missing);
        }
        let record = record::with_of(act.record(), of.index)?;
        self.append(act.agency(), act.kind(), &record).await
    }

    /// Lets witnesses cosign what is published from now on, each by its verifier key. One that cannot be reached, or refuses,
    /// holds nothing up for longer than [`crate::WITNESS_TIME_MAX`]: the checkpoint then lacks its cosignature until it answers.
    pub async fn set_witnesses(&self, witnesses: Vec<(String, Arc<dyn WitnessCall>)>) -> Result<(), LedgerError> {
        let publishing = Arc::clone(&self.inner.publishing);
        {
            let mut publisher = publishing.publisher.lock().await;
            let published = publishing.published.borrow().clone();
            publisher.cosigning.ask_of(witnesses, &published, self.inner.signer.origin())?;
        }
        tokio::spawn(publishing.cosign_again());
        Ok(())
    }

    #[cfg(test)]
    pub(crate) async fn publisher(&self) -> tokio::sync::MutexGuard<'_, Publisher> {
        self.inner.publishing.publisher.lock().await
    }

    async fn append(
        &self,
        agency: Option<AgencyId>,
        kind: &'static str,
        record: &Value,
    ) -> Result<EntryRef, LedgerError> {
        let sealed = record::seal(&self.inner.vault, agency, kind, record)?;
        let kib = u32::try_from(sealed.sealed.len().div_ceil(1_024)).unwrap_or(u32::MAX).min(WAITING_KIB_MAX);
        let room = Arc::clone(&self.inner.waiting_kib).acquire_many_owned(kib).await;
        let (answer, answered) = oneshot::channel();
        let append = Append {
            agency,
            commitment: sealed.commitment,
            sealed: sealed.sealed,
            _room: room.map_err(|_| LedgerError::Stopped)?,
            answer,
        };
        self.inner.orders.send(Order::Append(append)).await.map_err(|_| LedgerError::Stopped)?;
        answered.await.map_err(|_| LedgerError::Stopped)?
    }

    /// Entries that are committed.
    pub fn size(&self) -> u64 {
        self.inner.publishing.committed.borrow().size
    }

    /// The signed note of the newest published size.
    pub fn checkpoint(&self) -> String {
        self.inner.publishing.published.borrow().checkpoint.clone()
    }

    /// The log's name in its checkpoints.
    pub fn origin(&self) -> &str {
        self.inner.signer.origin()
    }

    /// What somebody needs to check checkpoints and receipts: name, key id and public key (C2SP signed-note).
    pub fn verifier_key(&self) -> String {
        self.verifier_keys().swap_remove(0)
    }

    /// The same of every key that signs now: the current one, then those that sign beside it until they are retired.
    pub fn verifier_keys(&self) -> Vec<String> {
        self.inner.signer.verifier_keys()
    }

    /// The public bytes of an entry, to which a receipt belongs.
    pub async fn leaf(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        let entry = self.inner.store.entry(index).await.map_err(LedgerError::not_read)?;
        entry.map(|entry| entry.leaf).ok_or(LedgerError::Missing)
    }

    /// The proof that an entry is in the log: C2SP tlog-proof. Publishes a checkpoint that covers it, if there is none yet.
    pub async fn receipt(&self, index: u64) -> Result<String, LedgerError> {
        if index >= self.size() {
            return Err(LedgerError::Missing);
        }
        let mut head = self.inner.publishing.published.borrow().clone();
        if head.size <= index {
            head = self.inner.publishing.publish().await?;
        }
        receipt::receipt(&self.inner.store, &head, index).await
    }

    /// Publishes everything committed: tiles and entry bundles first, then the checkpoint.
    pub async fn publish(&self) -> Result<(), LedgerError> {
        self.inner.publishing.publish().await.map(|_| ())
    }

    /// Opens a record of `agency`, or with `None` of the installation itself. Another's entry answers like none.
    pub async fn open_record(&self, index: u64, agency: Option<AgencyId>) -> Result<OpenedRecord, LedgerError> {
        let entry = self.inner.store.entry(index).await.map_err(LedgerError::not_read)?;
        match entry {
            Some(entry) if entry.agency == agency => record::open(&self.inner.vault, &entry),
            _ => Err(LedgerError::Missing),
        }
    }

    /// Opens up to `limit` records of `agency`, or with `None` of the installation itself, by index from `from_index` on.
    pub async fn records_of(
        &self,
        agency: Option<AgencyId>,
        from_index: u64,
        limit: usize,
    ) -> Result<Vec<OpenedRecord>, LedgerError> {
        if limit > OPENED_RECORDS_MAX {
            return Err(Refusal::TooManyRecords { asked: limit, max: OPENED_RECORDS_MAX }.into());
        }
        let entries = self.inner.store.entries_of(agency, from_index, limit).await.map_err(LedgerError::not_read)?;
        entries.iter().map(|entry| record::open(&self.inner.vault, entry)).collect()
    }

    /// Writes what waits, publishes, and stops. Other handles get [`LedgerError::Stopped`] from then on.
    pub async fn close(self) {
        let (answer, closed) = oneshot::channel();
        if self.inner.orders.send(Order::Close(answer)).await.is_ok() {
            // An error means that the writer is gone, which is what was asked for.
            let _ = closed.await;
        }
        if let Err(error) = self.publish().await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the ledger was closed before its newest entries were published");
        }
    }
}

impl Publishing {
    /// Publishes the newest committed head; those who come meanwhile share the next publication.
    async fn publish(&self) -> Result<Head, LedgerError> {
        let mut publisher = self.publisher.lock().await;
        // After the lock: what was committed while waiting for it is covered too.
        let head = self.committed.borrow().clone();
        publisher.publish(&head).await.inspect_err(|error| self.stopped.set_if_fatal(error))?;
        let head = publisher.published().cloned().unwrap_or(head);
        self.published.send_replace(head.clone());
        Ok(head)
    }

    /// Asks for cosignatures that are missing, until the writer is gone.
    async fn cosign_again(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(COSIGN_RETRY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.committed.has_changed().is_err() || self.stopped.is_set() {
                return;
            }
            let mut publisher = self.publisher.lock().await;
            match publisher.cosign_again().await {
                Ok(()) => {
                    if let Some(published) = publisher.published() {
                        self.published.send_replace(published.clone());
                    }
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "cosignatures could not be published");
                }
            }
        }
    }

    /// Publishes soon after appends, until the writer is gone.
    async fn run(self: Arc<Self>) {
        let mut committed = self.committed.clone();
        let mut failures: u32 = 0;
        while failures > 0 || committed.changed().await.is_ok() {
            tokio::time::sleep(if failures == 0 { PUBLISH_INTERVAL } else { PUBLISH_RETRY }).await;
            if committed.has_changed().is_err() || self.stopped.is_set() {
                return;
            }
            match self.publish().await {
                Ok(_) => failures = 0,
                Err(error) => {
                    if failures == 0 {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "the log was not published; retrying"
                        );
                    }
                    failures = failures.saturating_add(1);
                }
            }
        }
    }
}

/// The verifier keys of the log that this vault signs, the current one first, for tools that do not open the ledger.
pub fn verifier_keys(vault: &Vault, origin: &str) -> Result<Vec<String>, LedgerError> {
    verifier_keys_of(vault.signing_seeds(), origin)
}

/// The verifier keys of signers' seeds, in their order.
pub fn verifier_keys_of(seeds: &[[u8; 32]], origin: &str) -> Result<Vec<String>, LedgerError> {
    Ok(NoteSigner::new(origin, seeds).ok_or(Refusal::Origin)?.verifier_keys())
}
