//! The one task that appends. It takes the acts that wait, gives them their places, and commits them together.
//!
//! Every error of the database leaves it in doubt whether the group is stored. The writer then answers all of the group with the
//! error and reads its state again before it appends anything, so that a group that was stored after all is never overwritten.

use crate::error::LedgerError;
use crate::hash::{Hash, leaf_hash};
use crate::leaf::leaf_bytes;
use crate::note::NoteSigner;
use crate::recorded::EntryRef;
use crate::store::{Group, Head, Journal, NewEntry};
use crate::tree::Frontier;
use domain::AgencyId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use storage::Clock;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

/// Acts in one transaction.
const GROUP_ENTRIES_MAX: usize = 512;
/// Acts that wait for the writer; more wait at the door.
pub(crate) const WAITING_ENTRIES_MAX: usize = 1_024;

/// An act on its way into the log.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) agency: Option<AgencyId>,
    pub(crate) commitment: Hash,
    /// Salt and record, sealed.
    pub(crate) sealed: Vec<u8>,
    /// The act's share of the memory for waiting records.
    pub(crate) _room: OwnedSemaphorePermit,
    pub(crate) answer: oneshot::Sender<Result<EntryRef, LedgerError>>,
}

#[derive(Debug)]
pub(crate) enum Order {
    Append(Append),
    /// Finish what came before, then stop.
    Close(oneshot::Sender<()>),
}

/// Owned by its task alone; others see the committed head through a watch channel.
#[derive(Debug)]
pub(crate) struct Writer<J> {
    journal: J,
    clock: Arc<dyn Clock>,
    signer: Arc<NoteSigner>,
    committed: watch::Sender<Head>,
    frontier: Frontier,
    /// The last commit failed; the state must be read again before the next.
    in_doubt: bool,
    stopped: Stopped,
}

/// Set once by whoever meets a contradiction: the writer, or the publisher.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopped(Arc<AtomicBool>);

impl Stopped {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Stops the ledger if the error says that going on could fork the log. Reported once.
    pub(crate) fn set_if_fatal(&self, error: &LedgerError) {
        if error.is_fatal() && !self.0.swap(true, Ordering::SeqCst) {
            tracing::error!(error = error as &dyn std::error::Error, "the ledger stops");
        }
    }
}

/// The committed head and the right edge under it, checked against each other.
pub(crate) async fn read_state(journal: &impl Journal, signer: &NoteSigner) -> Result<(Head, Frontier), LedgerError> {
    let contradiction = |what| LedgerError::Contradiction { what };
    let head = journal.head().await.map_err(LedgerError::not_read)?;
    let head = head.ok_or_else(|| contradiction("the database has no head of the log"))?;
    if signer.read_own(&head.checkpoint) != Some((head.size, head.root)) {
        return Err(contradiction("the head in the database is not signed by this key under this origin"));
    }
    let frontier = journal.frontier(head.size).await.map_err(LedgerError::not_read)?;
    let frontier = frontier.ok_or_else(|| contradiction("the database lacks hashes of the newest entries"))?;
    if frontier.root() != head.root {
        return Err(contradiction("the newest entries in the database do not hash to the signed root"));
    }
    Ok((head, frontier))
}

impl<J: Journal> Writer<J> {
    pub(crate) fn new(
        journal: J,
        clock: Arc<dyn Clock>,
        signer: Arc<NoteSigner>,
        committed: watch::Sender<Head>,
        frontier: Frontier,
        stopped: Stopped,
    ) -> Self {
        Self { journal, clock, signer, committed, frontier, in_doubt: false, stopped }
    }

    /// Runs until the ledger is closed or all its handles are gone.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(first) = orders.recv().await {
            let mut group = Vec::new();
            let mut closing = None;
            let mut next = Some(first);
            while let Some(order) = next {
                match order {
                    Order::Append(append) => group.push(append),
                    Order::Close(answer) => closing = Some(answer),
                }
                let is_full = closing.is_some() || group.len() == GROUP_ENTRIES_MAX;
                next = if is_full { None } else { orders.try_recv().ok() };
            }
            if !group.is_empty() {
                self.serve(group).await;
            }
            if let Some(answer) = closing {
                // Acts still in the queue are dropped with it; their callers learn that the ledger is stopped.
                drop(orders);
                let _ = answer.send(());
                return;
            }
        }
    }

    async fn serve(&mut self, mut group: Vec<Append>) {
        match self.commit(&mut group).await {
            Ok(entries) => {
                for (append, entry) in group.into_iter().zip(entries) {
                    let _ = append.answer.send(Ok(entry));
                }
            }
            Err(error) => {
                for append in group {
                    let _ = append.answer.send(Err(error.clone()));
                }
            }
        }
    }

    async fn commit(&mut self, waiting: &mut [Append]) -> Result<Vec<EntryRef>, LedgerError> {
        if self.stopped.is_set() {
            return Err(LedgerError::Stopped);
        }
        if self.in_doubt {
            self.read_again().await?;
        }
        let (group, frontier) = self.lay_out(waiting);
        if let Err(error) = self.journal.append(&group).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                entries = waiting.len(),
                "the ledger was not written"
            );
            self.in_doubt = true;
            // Tried at once for the sake of `size`; where it fails, the next group tries again.
            let _ = self.read_again().await;
            return Err(LedgerError::NotWritten(Arc::new(error)));
        }
        let entry = |new: &NewEntry| EntryRef { index: new.index, time: new.time, leaf_hash: new.leaf_hash };
        let entries = group.entries.iter().map(entry).collect();
        self.frontier = frontier;
        self.committed.send_replace(group.after);
        Ok(entries)
    }

    /// Gives each act its place and time, takes its sealed record, and signs the head after them. The state stays as it is.
    fn lay_out(&self, waiting: &mut [Append]) -> (Group, Frontier) {
        let before = self.committed.borrow().clone();
        let mut frontier = self.frontier.clone();
        let mut time = before.time;
        let mut entries = Vec::with_capacity(waiting.len());
        let mut nodes = Vec::new();
        for append in waiting {
            let index = frontier.size();
            // A clock that is set back does not set the log back.
            time = time.max(self.clock.now());
            let leaf = leaf_bytes(index, time, &append.commitment);
            let leaf_hash = leaf_hash(&leaf);
            let completed = frontier.push(leaf_hash);
            nodes.extend(completed.iter().map(|tile| (tile.id.level + 1, tile.id.number, tile.root)));
            let (agency, sealed) = (append.agency, std::mem::take(&mut append.sealed));
            entries.push(NewEntry { index, time, agency, leaf: leaf.to_vec(), leaf_hash, sealed });
        }
        let (size, root) = (frontier.size(), frontier.root());
        let after = Head { size, root, time, checkpoint: self.signer.checkpoint(size, &root) };
        (Group { before, after, entries, nodes }, frontier)
    }

    /// Adopts what the database holds. Where that is less than was acknowledged, or contradicts itself, the ledger stops.
    async fn read_again(&mut self) -> Result<(), LedgerError> {
        let known = self.committed.borrow().clone();
        let read = match read_state(&self.journal, &self.signer).await {
            Ok((head, _)) if head.size < known.size || (head.size == known.size && head.root != known.root) => {
                Err(LedgerError::Contradiction { what: "the database lost entries that were acknowledged" })
            }
            other => other,
        };
        let (head, frontier) = read.inspect_err(|error| self.stopped.set_if_fatal(error))?;
        self.frontier = frontier;
        self.committed.send_replace(head);
        self.in_doubt = false;
        Ok(())
    }
}
