//! Writing the log as static files: entry bundles and tiles first, the checkpoint last.
//!
//! The publisher reads committed entries from the database and hashes them anew, so a checkpoint is only ever published over
//! entries that are stored and hash to the signed root. Recovery is the same code from an earlier start.

use crate::cosigning::Cosigning;
use crate::error::LedgerError;
use crate::files::{CHECKPOINT, Series, UnsyncedFolders, remove_folder};
use crate::hash::{HASH_BYTES, Hash, leaf_hash};
use crate::leaf::LEAF_BYTES;
use crate::note::NoteSigner;
use crate::store::{Head, Journal, Store};
use crate::tree::{Frontier, LEVELS_MAX, TILE_HEIGHT, TILE_WIDTH, hashes_at};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::write_durably;

/// Entries read and written at a time: 16 full tiles.
const READ_ENTRIES_MAX: u64 = 16 * TILE_WIDTH;
/// Bytes of an entry in a bundle: its length as a big-endian u16, then the leaf.
const BUNDLE_ENTRY_BYTES: usize = 2 + LEAF_BYTES;

/// Owned behind one lock: only one publication runs at a time.
#[derive(Debug)]
pub(crate) struct Publisher {
    folder: Arc<Path>,
    store: Store,
    /// The right edge of what the files hold.
    edge: Edge,
    /// The checkpoint in the folder, with what witnesses signed under it.
    published: Option<Head>,
    /// The same as the log alone signs it.
    own_note: String,
    pub(crate) cosigning: Cosigning,
}

/// The unfinished tiles and the unfinished entry bundle.
#[derive(Clone, Debug, Default)]
struct Edge {
    frontier: Frontier,
    bundle: Vec<u8>,
}

impl Publisher {
    /// Looks at what is in the folder. Files that contradict the database are never overwritten, but refused: either of the two
    /// was changed or restored from an older copy, and going on would show two histories under one signature.
    pub(crate) async fn open(
        folder: &Path,
        store: &Store,
        signer: &NoteSigner,
        head: &Head,
    ) -> Result<Self, LedgerError> {
        let found = read_checkpoint(folder, signer)?;
        let size = found.as_ref().map_or(0, |found| found.size);
        if size > head.size {
            return Err(contradiction("the published log is longer than the database; restore a newer database"));
        }
        let mut edge = Edge::read(store, size).await?;
        if found.as_ref().is_some_and(|found| edge.frontier.root() != found.root) {
            return Err(contradiction("the published log and the database have different entries"));
        }
        let (root, checked, head_size) = (folder.to_owned(), edge.clone(), head.size);
        let sound = on_disk_thread(folder, move || sound_until(&root, size, head_size, &checked)).await?;
        if sound < size {
            tracing::warn!(from = sound, size, "published ledger files are missing and are written again");
            edge = Edge::read(store, sound).await?;
        }
        // Signed by the keys of now and no other of the log: after a rotation the same head is published again. Cosignatures
        // stay.
        let is_head = |found: &Found| signer.lines_of_others(&found.note, &head.checkpoint).is_some();
        let note = found.filter(is_head).map(|found| found.note).filter(|_| sound == size);
        let published = note.map(|checkpoint| Head { checkpoint, ..head.clone() });
        let (store, own_note) = (store.clone(), head.checkpoint.clone());
        Ok(Self { folder: folder.into(), store, edge, published, own_note, cosigning: Cosigning::default() })
    }

    pub(crate) fn published(&self) -> Option<&Head> {
        self.published.as_ref()
    }

    /// Publishes everything up to `head`. On an error the folder still holds the earlier checkpoint and all that it needs.
    pub(crate) async fn publish(&mut self, head: &Head) -> Result<(), LedgerError> {
        if self.published.as_ref().is_some_and(|published| published.size >= head.size) {
            return Ok(());
        }
        let start = self.edge.frontier.size();
        let mut edge = self.edge.clone();
        let mut finished = Vec::new();
        let mut at = start;
        while at < head.size {
            let until = head.size.min(at + READ_ENTRIES_MAX);
            let mut files = edge.take_in(&self.store, at, until, &mut finished).await?;
            at = until;
            if at == head.size {
                files.extend(edge.partial_files(start));
            }
            let folder = Arc::clone(&self.folder);
            on_disk_thread(&self.folder, move || write_files(&folder, &files)).await?;
        }
        if edge.frontier.root() != head.root {
            return Err(contradiction("the entries in the database do not hash to the signed root"));
        }
        // What witnesses sign is there to be fetched: entries and tiles came first.
        let checkpoint = self.cosigning.cosigned(&self.store, head).await;
        self.write_checkpoint(&checkpoint).await?;
        self.edge = edge;
        self.published = Some(Head { checkpoint, ..head.clone() });
        head.checkpoint.clone_into(&mut self.own_note);
        // Only now does nobody need the partial forms of tiles that became full.
        let folder = Arc::clone(&self.folder);
        on_disk_thread(&self.folder, move || {
            finished.iter().try_for_each(|partial| remove_folder(&folder.join(partial)))
        })
        .await
    }

    /// Asks witnesses again who have not cosigned what is published. The size stays.
    pub(crate) async fn cosign_again(&mut self) -> Result<(), LedgerError> {
        let Some(published) = self.published.clone() else { return Ok(()) };
        let own = Head { checkpoint: self.own_note.clone(), ..published.clone() };
        if !self.cosigning.is_due(&own) {
            return Ok(());
        }
        let checkpoint = self.cosigning.cosigned(&self.store, &own).await;
        if checkpoint != published.checkpoint && checkpoint != own.checkpoint {
            self.write_checkpoint(&checkpoint).await?;
            self.published = Some(Head { checkpoint, ..own });
        }
        Ok(())
    }

    async fn write_checkpoint(&self, note: &str) -> Result<(), LedgerError> {
        let (path, note) = (self.folder.join(CHECKPOINT), note.to_owned());
        on_disk_thread(&self.folder, move || write_durably(&path, note.as_bytes()).map_err(LedgerError::files(&path)))
            .await
    }
}

type NamedFile = (String, Vec<u8>);

impl Edge {
    async fn read(store: &Store, size: u64) -> Result<Self, LedgerError> {
        let frontier = store.frontier(size).await.map_err(LedgerError::not_read)?;
        let frontier = frontier.ok_or_else(|| contradiction("the database lacks entries that were published"))?;
        let leaves = store.leaves(size - size % TILE_WIDTH, size).await.map_err(LedgerError::not_read)?;
        let mut bundle = Vec::new();
        for stored in leaves {
            push_entry(&mut bundle, &stored.leaf)?;
        }
        Ok(Self { frontier, bundle })
    }

    /// Appends the entries `from..until` and gives the files that they complete. Folders of partial files that these replace are
    /// added to `finished`.
    async fn take_in(
        &mut self,
        store: &Store,
        from: u64,
        until: u64,
        finished: &mut Vec<String>,
    ) -> Result<Vec<NamedFile>, LedgerError> {
        let leaves = store.leaves(from, until).await.map_err(LedgerError::not_read)?;
        if leaves.len() as u64 != until - from {
            return Err(contradiction("the database lacks committed entries"));
        }
        let mut files = Vec::new();
        for stored in leaves {
            if leaf_hash(&stored.leaf) != stored.leaf_hash {
                return Err(contradiction("an entry in the database does not have its hash"));
            }
            push_entry(&mut self.bundle, &stored.leaf)?;
            for tile in self.frontier.push(stored.leaf_hash) {
                let (series, number) = (Series::from(tile.id), tile.id.number);
                if tile.id.level == 0 {
                    files.push((Series::Entries.full(number), std::mem::take(&mut self.bundle)));
                    finished.push(Series::Entries.partial_folder(number));
                }
                files.push((series.full(number), tile.hashes.concat()));
                finished.push(series.partial_folder(number));
            }
        }
        Ok(files)
    }

    /// The unfinished tiles that differ from those of a log of `since` entries.
    fn partial_files(&self, since: u64) -> Vec<NamedFile> {
        let size = self.frontier.size();
        let mut files = Vec::new();
        for (level, hashes) in self.frontier.partials() {
            let count = hashes_at(level, size);
            if hashes.is_empty() || count == hashes_at(level, since) {
                continue;
            }
            let number = count / TILE_WIDTH;
            if level == 0 {
                files.push((Series::Entries.partial(number, hashes.len()), self.bundle.clone()));
            }
            files.push((Series::Tile(level).partial(number, hashes.len()), hashes.concat()));
        }
        files
    }
}

/// The checkpoint in the folder.
struct Found {
    size: u64,
    root: Hash,
    note: String,
}

fn read_checkpoint(folder: &Path, signer: &NoteSigner) -> Result<Option<Found>, LedgerError> {
    let path = folder.join(CHECKPOINT);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let found = String::from_utf8(bytes).ok().and_then(|note| {
                let (size, root) = signer.read_own(&note)?;
                Some(Found { size, root, note })
            });
            found
                .map(Some)
                .ok_or_else(|| contradiction("the published checkpoint is not signed by this key and origin"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LedgerError::files(&path)(error)),
    }
}

fn push_entry(bundle: &mut Vec<u8>, leaf: &[u8]) -> Result<(), LedgerError> {
    let length = u16::try_from(leaf.len()).map_err(|_| contradiction("an entry in the database is too long"))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(leaf);
    Ok(())
}

fn write_files(folder: &Path, files: &[NamedFile]) -> Result<(), LedgerError> {
    let mut unsynced = UnsyncedFolders::default();
    for (name, content) in files {
        unsynced.write(folder, name, content)?;
    }
    unsynced.sync()
}

/// The size up to which every file that a log of `size` entries needs is there: full ones by length, those of the right edge by
/// content. A tile that is not gives its first entry.
fn sound_until(folder: &Path, size: u64, head_size: u64, edge: &Edge) -> Result<u64, LedgerError> {
    let mut sound = size;
    let mut check = |series: Series, level: u8, full_bytes: usize, partial: &[u8]| {
        let count = hashes_at(level, size);
        let entries = |number: u64| (number * TILE_WIDTH) << (u32::from(level) * TILE_HEIGHT);
        let has_length = |number: &u64| {
            let found = std::fs::metadata(folder.join(series.full(*number)));
            found.is_ok_and(|found| found.is_file() && found.len() == full_bytes as u64)
        };
        let full = count / TILE_WIDTH;
        if let Some(number) = (0..full).find(|number| !has_length(number)) {
            sound = sound.min(entries(number));
        }
        // A crash may have left files half written that no checkpoint names: of any partial tile up to the entries that
        // the database holds, also where the published log ends with a full tile or has not begun.
        for number in full..=hashes_at(level, head_size) / TILE_WIDTH {
            remove_leftovers(&folder.join(series.partial_folder(number)))?;
        }
        let width = usize::try_from(count % TILE_WIDTH).expect("below 256");
        if width == 0 {
            return Ok(());
        }
        if std::fs::read(folder.join(series.partial(full, width))).ok().as_deref() != Some(partial) {
            sound = sound.min(entries(full));
        }
        Ok::<(), LedgerError>(())
    };
    let tile_bytes = usize::try_from(TILE_WIDTH).expect("256") * HASH_BYTES;
    check(Series::Entries, 0, usize::try_from(TILE_WIDTH).expect("256") * BUNDLE_ENTRY_BYTES, &edge.bundle)?;
    let partials: Vec<Vec<u8>> = edge.frontier.partials().map(|(_, hashes)| hashes.concat()).collect();
    for level in 0..LEVELS_MAX {
        let partial = partials.get(usize::from(level)).map_or(&[][..], Vec::as_slice);
        check(Series::Tile(level), level, tile_bytes, partial)?;
    }
    Ok(sound)
}

/// Files that a crash left half written beside partial tiles.
fn remove_leftovers(folder: &Path) -> Result<(), LedgerError> {
    let Ok(names) = std::fs::read_dir(folder) else { return Ok(()) };
    for name in names.flatten() {
        let path = name.path();
        if path.extension().is_some_and(|extension| extension == "new") {
            std::fs::remove_file(&path).map_err(LedgerError::files(&path))?;
        }
    }
    Ok(())
}

/// Runs file work where it may block.
async fn on_disk_thread<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    let folder: PathBuf = folder.to_owned();
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(LedgerError::files(&folder)(std::io::Error::other(error))),
    }
}

fn contradiction(what: &'static str) -> LedgerError {
    LedgerError::Contradiction { what }
}
