//! What can go wrong. Errors can be cloned, because one failed commit answers every append that shared it.

use crate::fault::DurableWrite;
use crate::photos::{PHOTOS_ASKED_MAX, PHOTOS_OPENED_BYTES_MAX};
use crate::search::common_plate::COMMON_PLATES_MAX;
use crate::withdraw::WITHDRAWN_AT_ONCE_MAX;
use crate::writer::BATCH_PHOTO_BYTES_MAX;
use domain::limits::BATCH_DETECTIONS_MAX;
use std::sync::Arc;
use storage::{BlobError, SqlError, VaultError};

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The caller can send less.
    #[error("a batch holds at most {BATCH_DETECTIONS_MAX} detections and {BATCH_PHOTO_BYTES_MAX} bytes of photos")]
    BatchTooLarge,
    /// The caller can correct it. Never carries the content.
    #[error("detection {index} of the batch: `{field}` {problem}")]
    Refused { index: usize, field: &'static str, problem: &'static str },
    #[error("the places hold more than {COMMON_PLATES_MAX} plates; ask for smaller places or a shorter time")]
    TooManyPlates,
    #[error("at most {PHOTOS_ASKED_MAX} photos, of {PHOTOS_OPENED_BYTES_MAX} bytes in all, can be opened at once")]
    TooManyPhotos,
    #[error("at most {WITHDRAWN_AT_ONCE_MAX} detections can be withdrawn at once")]
    TooManyWithdrawn,
    #[error("the database failed to {step}")]
    Database {
        step: &'static str,
        #[source]
        source: Arc<sqlx::Error>,
    },
    #[error("the detection store's schema could not be prepared")]
    Schema(#[source] Arc<SqlError>),
    #[error("the blob store failed to {step}")]
    Blob {
        step: &'static str,
        #[source]
        source: Arc<BlobError>,
    },
    #[error("failed to {step}")]
    File {
        step: &'static str,
        #[source]
        source: Arc<std::io::Error>,
    },
    #[error("a photo could not be sealed or opened")]
    Vault(#[source] Arc<VaultError>),
    #[error("the photo of detection {detection} is damaged")]
    DamagedPhoto { detection: u64 },
    #[error("a freshly written segment does not read back")]
    Unreadable(#[source] crate::FormatError),
    /// The store stops changing, so that nothing is doubled; opening it again finds out what was kept.
    #[error("the database did not say whether the last change was kept; open the store again")]
    StateUnknown,
    #[error("the store is closed")]
    Closed,
    #[error("interrupted by the test at the durable write {0:?}")]
    Interrupted(DurableWrite),
    #[error("a worker of the store ended unexpectedly")]
    WorkerLost,
}

impl StoreError {
    /// Whether the caller can act on it; the rest is the world's or ours.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::BatchTooLarge
                | Self::Refused { .. }
                | Self::TooManyPlates
                | Self::TooManyPhotos
                | Self::TooManyWithdrawn
        )
    }

    pub(crate) fn database(step: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Database { step, source: Arc::new(source) }
    }

    pub(crate) fn blob(step: &'static str) -> impl Fn(BlobError) -> Self {
        move |source| Self::Blob { step, source: Arc::new(source) }
    }

    pub(crate) fn file(step: &'static str) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::File { step, source: Arc::new(source) }
    }
}
