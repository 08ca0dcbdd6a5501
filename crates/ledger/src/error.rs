//! What can go wrong, in the three families of the project: refused, failed, broken.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{SqlError, VaultError};

/// Cheap to clone, because all acts of one group learn of one failure.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// Refused: the caller can act.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Refused. Also the answer to an agency that asks for another's entry.
    #[error("there is no such ledger entry")]
    Missing,
    /// Failed: this act was not recorded, or may not have been; later ones can succeed.
    #[error("the ledger could not be written, so nothing may be done on its strength")]
    NotWritten(#[source] Arc<sqlx::Error>),
    #[error("the ledger could not be read")]
    NotRead(#[source] Arc<sqlx::Error>),
    #[error("the ledger's tables could not be opened")]
    Schema(#[source] Arc<SqlError>),
    #[error("a record could not be sealed")]
    Sealing(#[source] Arc<VaultError>),
    #[error("the published file `{}` could not be written or read", path.display())]
    Files { path: PathBuf, source: Arc<std::io::Error> },
    /// Broken: what is stored of an entry was changed, or its key is gone.
    #[error("ledger entry {index} is not as it was written, or its key is gone")]
    Altered { index: u64 },
    /// Broken: what is stored contradicts itself. The ledger stops; going on could fork the log.
    #[error("the ledger contradicts itself: {what}")]
    Contradiction { what: &'static str },
    /// The ledger accepts nothing more: it was closed, or stopped by a contradiction.
    #[error("the ledger is stopped and accepts no entries")]
    Stopped,
}

/// Why an act or a question was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a record has at most {max} bytes, this one has {bytes}")]
    TooLarge { bytes: usize, max: usize },
    #[error("a record holds integers only; write a fraction as an integer of a smaller unit")]
    NotAnInteger,
    #[error("the record of an outcome is an object without a field `of`")]
    OutcomeShape,
    #[error("at most {max} records are opened at once, {asked} were asked for")]
    TooManyRecords { asked: usize, max: usize },
    #[error("a log's origin is a name without white space and `+`, such as `example.org/ledger`")]
    Origin,
    #[error("a witness's key is of the form `<name>+<key id>+<key>`, of a cosigner, and not named like the log")]
    WitnessKey,
    #[error("at most {max} witnesses are asked, {asked} were named, each once")]
    TooManyWitnesses { asked: usize, max: usize },
    #[error("the folder for an export must be new or empty")]
    FolderNotEmpty,
}

impl LedgerError {
    /// Whether the ledger accepts nothing more. Any other error concerns one act, or one group of acts, only.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Contradiction { .. } | Self::Stopped)
    }

    pub(crate) fn files(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Files { path, source: Arc::new(source) }
    }

    pub(crate) fn not_read(error: sqlx::Error) -> Self {
        Self::NotRead(Arc::new(error))
    }
}
