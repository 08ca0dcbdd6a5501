//! A seam for tests at every durable write of the store: any of them may fail before it, halfway, after it, or be the last
//! thing that the process did. Without a hook it does nothing.

use crate::StoreError;
use sqlx::{Any, Transaction};
use std::fmt;
use std::io;
use std::sync::Arc;

/// A change of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DurableWrite {
    /// Sealed photos of one owner and day, appended to their pack and fsynced.
    PhotoPack,
    /// The commit of a group of appends.
    Batch,
    /// The commit that says where a photo lies that was fetched from its camera.
    FetchedPhoto,
    /// A segment as a blob.
    SegmentFile,
    /// An index over many segments as a blob.
    IndexFile,
    /// The commit that puts segments in place of recent batches.
    Sealing,
    /// The commit that puts one segment in place of several.
    Merging,
    /// The commit that puts segments of the present version in place of an old one.
    Migrating,
    /// The commit that hides withdrawn detections.
    Withdrawing,
    /// The commit that sets how long detections are kept.
    Retention,
    /// The commit that takes segments that are due out of the catalogue.
    Purging,
    /// A file that nothing names any more is removed.
    FileRemoval,
}

impl DurableWrite {
    pub const ALL: [Self; 12] = [
        Self::PhotoPack,
        Self::Batch,
        Self::FetchedPhoto,
        Self::SegmentFile,
        Self::IndexFile,
        Self::Sealing,
        Self::Merging,
        Self::Migrating,
        Self::Withdrawing,
        Self::Retention,
        Self::Purging,
        Self::FileRemoval,
    ];
}

/// How a durable write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Nothing is written.
    Before,
    /// A file is torn; of a transaction a statement fails.
    Halfway,
    /// All is written and durable, and an error is reported all the same.
    After,
    /// All is written and durable, and the process ends: whoever waits is told nothing, and nothing is written any more.
    Crash,
}

impl Fault {
    pub const ALL: [Self; 4] = [Self::Before, Self::Halfway, Self::After, Self::Crash];
}

/// Asked at each durable write how it fails; `None` lets it be.
#[derive(Clone, Default)]
pub struct FaultHook(Option<Arc<Faults>>);

type Faults = dyn Fn(DurableWrite) -> Option<Fault> + Send + Sync;

/// Why a transaction was not committed, or not said to be.
pub(crate) enum CommitFailure {
    /// It may be kept all the same.
    Reported(sqlx::Error),
    /// It is kept, and the process has ended, as far as the test is concerned.
    Crashed,
}

impl FaultHook {
    pub fn new(faults: impl Fn(DurableWrite) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(faults)))
    }

    pub(crate) fn at(&self, write: DurableWrite) -> Option<Fault> {
        self.0.as_ref().and_then(|faults| faults(write))
    }

    /// Passes where nothing is to fail; else `torn` is done halfway, or `whole`, before the error is told.
    pub(crate) async fn around<T, E: From<StoreError>>(
        &self,
        write: DurableWrite,
        whole: impl Future<Output = Result<T, E>>,
        torn: impl FnOnce() -> io::Result<()>,
    ) -> Result<T, E> {
        match self.at(write) {
            None => return whole.await,
            Some(Fault::Before) => {}
            Some(Fault::Halfway) => torn().map_err(StoreError::file("leave a torn file"))?,
            Some(Fault::After | Fault::Crash) => drop(whole.await?),
        }
        Err(StoreError::Interrupted(write).into())
    }

    /// Commits a transaction, or fails as it is told to.
    pub(crate) async fn commit(
        &self,
        write: DurableWrite,
        mut transaction: Transaction<'static, Any>,
    ) -> Result<(), CommitFailure> {
        let reported = || CommitFailure::Reported(sqlx::Error::Io(io::Error::other("a fault of the test")));
        match self.at(write) {
            None => transaction.commit().await.map_err(CommitFailure::Reported),
            Some(Fault::Before) => {
                transaction.rollback().await.map_err(CommitFailure::Reported)?;
                Err(reported())
            }
            Some(Fault::Halfway) => {
                let statement = sqlx::query("INSERT INTO no_such_table (value) VALUES (1)");
                let failed = statement.execute(&mut *transaction).await.map(drop);
                transaction.rollback().await.map_err(CommitFailure::Reported)?;
                Err(failed.map_or_else(CommitFailure::Reported, |()| reported()))
            }
            Some(fault @ (Fault::After | Fault::Crash)) => {
                transaction.commit().await.map_err(CommitFailure::Reported)?;
                Err(if fault == Fault::Crash { CommitFailure::Crashed } else { reported() })
            }
        }
    }
}

impl fmt::Debug for FaultHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FaultHook").field(&self.0.is_some()).finish()
    }
}
