//! A seam for tests that stop the store between two durable steps, as a crash would. Without a hook it does nothing.

use crate::StoreError;
use std::fmt;
use std::sync::Arc;

/// Between which steps a test may stop the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Photos are in their packs and fsynced; the batch is not committed.
    PhotosWritten,
    /// The batch's statements ran; the commit comes next.
    BatchCommitting,
    /// The batch is committed; nothing was told to anyone.
    BatchCommitted,
    /// Segments are written and fsynced; the catalogue does not name them.
    SegmentsWritten,
    /// The catalogue names the new segments; the old ones are still there.
    CatalogueCommitted,
    /// An index over many segments is written and fsynced; those that it replaces are still there.
    IndexWritten,
}

/// Asked at each step; true stops there.
#[derive(Clone, Default)]
pub struct FaultHook(Option<Arc<dyn Fn(Step) -> bool + Send + Sync>>);

impl FaultHook {
    pub fn new(stops: impl Fn(Step) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(stops)))
    }

    pub(crate) fn pass(&self, step: Step) -> Result<(), StoreError> {
        match &self.0 {
            Some(stops) if stops(step) => Err(StoreError::Interrupted(step)),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for FaultHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FaultHook").field(&self.0.is_some()).finish()
    }
}
