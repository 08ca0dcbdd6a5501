//! The proof that something stands in the ledger.

use domain::UtcMicros;

/// Where an entry stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryRef {
    /// Position in the log, from 0.
    pub index: u64,
    /// When the entry was made.
    pub time: UtcMicros,
    /// RFC 6962 leaf hash.
    pub leaf_hash: [u8; 32],
}

/// Something whose ledger entry is durable. Only the ledger makes one, and only after the entry is on disk;
/// whoever asks for a `Recorded<T>` therefore cannot be reached by a way around the ledger.
#[derive(Debug)]
pub struct Recorded<T> {
    act: T,
    entry: EntryRef,
}

impl<T> Recorded<T> {
    pub(crate) fn new(act: T, entry: EntryRef) -> Self {
        Self { act, entry }
    }

    pub fn act(&self) -> &T {
        &self.act
    }

    pub fn entry(&self) -> EntryRef {
        self.entry
    }

    /// Gives up the proof for the thing itself.
    pub fn into_act(self) -> T {
        self.act
    }
}
