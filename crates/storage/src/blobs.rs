//! Large immutable things by name: a local folder by default, S3-compatible storage when a machine is outgrown.

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as BlobPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A store of blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Where blobs lie as files, for those who map them into memory.
    folder: PathBuf,
}

impl Blobs {
    /// A folder on this machine; what `put` acknowledged is fsynced, its name included.
    pub fn local(folder: &Path) -> Result<Self, BlobError> {
        std::fs::create_dir_all(folder).map_err(BlobError::Folder)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(BlobError::Store)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: folder.to_owned() })
    }

    pub async fn put(&self, name: &str, content: impl Into<PutPayload>) -> Result<(), BlobError> {
        self.store.put(&BlobPath::from(name), content.into()).await.map_err(BlobError::Store)?;
        Ok(())
    }

    pub async fn get(&self, name: &str) -> Result<Bytes, BlobError> {
        let found = self.store.get(&BlobPath::from(name)).await.map_err(BlobError::Store)?;
        found.bytes().await.map_err(BlobError::Store)
    }

    pub async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Bytes, BlobError> {
        self.store.get_range(&BlobPath::from(name), range).await.map_err(BlobError::Store)
    }

    pub async fn delete(&self, name: &str) -> Result<(), BlobError> {
        match self.store.delete(&BlobPath::from(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(BlobError::Store(error)),
        }
    }

    /// The blob as a file of this machine.
    pub fn local_path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("the blob folder could not be made")]
    Folder(#[source] std::io::Error),
    #[error("the blob store failed")]
    Store(#[source] object_store::Error),
}

impl BlobError {
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }
}
