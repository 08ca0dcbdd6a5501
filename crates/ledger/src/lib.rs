//! The tamper-evident audit log: append, receipt, checkpoint, verify. C2SP tlog-tiles, readable by other people's tools.

mod recorded;

pub use recorded::{EntryRef, Recorded};
