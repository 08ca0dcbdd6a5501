//! The seams to the world that ledger, detections and server share: SQL, blobs, keys and sealing, clock, data folder.
//!
//! Nothing here knows what is stored. Each seam has an embedded default, and the system behind it can be replaced.

pub mod blobs;
pub mod clock;
pub mod files;
pub mod sql;
pub mod vault;

pub use blobs::{BlobError, Blobs};
pub use clock::{Clock, ShiftedClock, SystemClock, TestClock};
pub use files::{DataLock, write_durably, write_privately};
pub use sql::{Dialect, Sql, SqlError};
pub use vault::{MasterKeySource, Scope, Vault, VaultError};
