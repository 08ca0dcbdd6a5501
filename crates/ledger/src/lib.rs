//! The tamper-evident audit log: append, receipt, checkpoint, verify. C2SP tlog-tiles, readable by other people's tools.
//!
//! An act goes in through [`Ledger::record`] and comes back as [`Recorded`], once its entry is on disk; what must not happen
//! unrecorded asks for a `Recorded`. The public log tells nothing about the acts; `docs/ledger-format.md` is its format.
//! Not here: who may record or read what, and the lock that keeps a second process away.

mod cosigning;
mod error;
mod export;
mod files;
pub mod hash;
mod leaf;
mod ledger;
mod note;
mod publish;
mod receipt;
mod record;
mod recorded;
mod store;
mod tree;
pub mod verify;
pub mod witness;
mod writer;

pub use cosigning::{WITNESS_TIME_MAX, WITNESSES_MAX, WitnessAnswer, WitnessCall};
pub use error::{LedgerError, Refusal};
pub use export::{Exported, export, export_from};
pub use ledger::{Ledger, LedgerConfig, OPENED_RECORDS_MAX, PUBLISH_INTERVAL, verifier_keys, verifier_keys_of};
pub use record::{OpenedRecord, RECORD_BYTES_MAX};
pub use recorded::{EntryRef, Recorded};

#[cfg(test)]
mod failure_tests;
