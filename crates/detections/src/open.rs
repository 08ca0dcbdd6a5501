//! Opening: what the database and the blob folder hold becomes the first snapshot.

use crate::StoreError;
use crate::catalogue::{Catalogue, Catalogued, RecentBatch};
use crate::container::{FormatError, VERSION_1};
use crate::seal::entry_of;
use crate::segment::Segment;
use crate::shared::{Shared, Start};
use crate::snapshot::{Entry, Snapshot};
use crate::store::StoreConfig;
use crate::tiers;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use storage::Blobs;

/// Opens the store. Files of version 1 are written anew in parts of at most `rows_max` rows.
pub(crate) async fn open(config: StoreConfig, rows_max: usize) -> Result<Shared, StoreError> {
    let catalogue = Catalogue::open(config.sql.clone()).await?;
    let segments = catalogue.segments().await?;
    let hidden = catalogue.hidden().await?;
    let next_batch = catalogue.last_batch().await?.unwrap_or(0).saturating_add(1);
    let mut entries = open_segments(&config.blobs, segments).await?;
    entries.extend(load_recents(&catalogue).await?);
    let entries = blocking(move || hide(entries, &hidden)).await?;
    let start = Start {
        snapshot: Snapshot { entries },
        next_id: u64::try_from(catalogue.counter("next_id").await?).unwrap_or(1),
        next_batch,
        next_segment: catalogue.counter("next_segment").await?,
        keep_micros: catalogue.counter("keep_micros").await?,
    };
    let shared = Shared::new(config, catalogue, start);
    migrate(&shared, rows_max).await?;
    Ok(shared)
}

/// Writes segments of version 1 anew, one after another. Stopped at any point, the next opening goes on. One that cannot
/// be written anew stays as it is, set aside, and does not keep the others from being searched.
async fn migrate(shared: &Shared, rows_max: usize) -> Result<(), StoreError> {
    let old: Vec<Arc<Entry>> = shared
        .snapshot()
        .entries
        .iter()
        .filter(|entry| !entry.is_recent() && entry.content.as_ref().err().is_some_and(is_version_1))
        .cloned()
        .collect();
    if !old.is_empty() {
        tracing::info!(segments = old.len(), "segments of version 1 are written anew as version 2");
    }
    for entry in old {
        match shared.migrate_segment(&entry, rows_max).await {
            Ok(()) => {}
            Err(
                error @ (StoreError::Unreadable(_)
                | StoreError::WorkerLost
                | StoreError::Blob { .. }
                | StoreError::File { .. }),
            ) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(segment = %entry.name, error, "a segment of version 1 could not be migrated");
            }
            // The database, on which everything else depends too.
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_version_1(error: &FormatError) -> bool {
    matches!(error, FormatError::OtherVersion { found: VERSION_1 })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::WorkerLost)
}

/// Maps the catalogued segments and removes blobs of segments that no catalogue names: a crash left them.
async fn open_segments(blobs: &Blobs, segments: Vec<Catalogued>) -> Result<Vec<Entry>, StoreError> {
    let blobs = blobs.clone();
    let work = move || -> io::Result<Vec<Entry>> {
        let named: HashSet<&str> = segments.iter().map(|segment| segment.name.as_str()).collect();
        let missing = named.iter().filter(|name| !blobs.local_path(name).exists()).count();
        if missing == 0 {
            remove_orphans(&blobs.local_path("segments"), &named)?;
        } else {
            // A catalogue that names what is not there may be the damaged one; what it does not name may be what it means.
            tracing::error!(
                missing,
                "catalogued segments are missing; files that are not named are left where they are"
            );
        }
        let opened = segments.iter().map(|described| {
            let entry = entry_of(described, Segment::map(&blobs.local_path(&described.name)));
            // Those of version 1 are about to be migrated.
            if let Some(error) = entry.content.as_ref().err().filter(|error| !is_version_1(error)) {
                tracing::error!(segment = %entry.name, error = %error, "a segment is set aside");
            }
            entry
        });
        Ok(opened.collect())
    };
    blocking(work).await?.map_err(StoreError::file("list the segments"))
}

/// Removes files of our own naming only: `segments/DATE/CLASS-NUMBER.seg`, also half-written ones (`...seg#1`).
fn remove_orphans(segments: &Path, named: &HashSet<&str>) -> io::Result<()> {
    for folder in subfolders(segments)? {
        let Some(date) = folder.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
        for file in std::fs::read_dir(&folder)? {
            let file = file?;
            let Some(name) = file.file_name().to_str().map(str::to_owned) else { continue };
            if is_segment_name(&name) && !named.contains(format!("segments/{date}/{name}").as_str()) {
                tracing::info!(file = %name, "a segment that was never catalogued is removed");
                std::fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}

pub(crate) fn subfolders(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let paths: io::Result<Vec<_>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    Ok(paths?.into_iter().filter(|path| path.is_dir()).collect())
}

fn is_segment_name(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (stem, staged) = name.split_once('#').map_or((name, None), |(stem, staged)| (stem, Some(staged)));
    let numbers = stem.strip_suffix(".seg").and_then(|stem| stem.split_once('-'));
    numbers.is_some_and(|(class, number)| digits(class) && digits(number)) && staged.is_none_or(digits)
}

/// Recent batches, or their rows, from which on they become one entry in memory. A batch of one row takes about 10 KB by
/// itself, and few of them as one segment.
const JOINED_BATCHES: usize = if cfg!(test) { 3 } else { 256 };
const JOINED_ROWS: usize = 60_000;

/// Recent batches on their way into memory.
#[derive(Debug, Default)]
struct Loading {
    loaded: Vec<Arc<Entry>>,
    /// The newest ones, neighbours, not yet joined; and their rows.
    run: Vec<Arc<Entry>>,
    rows: usize,
}

/// Reads the recent batches a page at a time, and joins neighbours into few entries.
async fn load_recents(catalogue: &Catalogue) -> Result<Vec<Entry>, StoreError> {
    let (mut loading, mut after) = (Loading::default(), i64::MIN);
    loop {
        let page = catalogue.recents_after(after).await?;
        let Some(last) = page.last() else { break };
        after = last.batch;
        loading = blocking(move || loading.with(page)).await??;
    }
    let loaded = blocking(move || loading.join_run().map(|loading| loading.loaded)).await??;
    Ok(loaded.into_iter().map(Arc::unwrap_or_clone).collect())
}

impl Loading {
    /// Adds a page of batches. Damaged ones end a run: what is joined must be without a gap.
    fn with(mut self, page: Vec<RecentBatch>) -> Result<Self, StoreError> {
        for RecentBatch { batch, rows, body } in page {
            let entry = match Segment::from_bytes(&body) {
                Ok(segment) => Entry::recent(batch, batch, segment),
                Err(error) => Entry::broken_recent(batch, rows, error),
            };
            if let Err(error) = &entry.content {
                tracing::error!(batch, error = %error, "a recent batch is set aside");
                self = self.join_run()?;
                self.loaded.push(Arc::new(entry));
                continue;
            }
            self.rows += entry.rows;
            self.run.push(Arc::new(entry));
            if self.rows >= JOINED_ROWS || self.run.len() >= JOINED_BATCHES {
                self = self.join_run()?;
            }
        }
        Ok(self)
    }

    /// Makes the run one entry, and joins it with those before it by the same rule as appending does.
    fn join_run(mut self) -> Result<Self, StoreError> {
        self.rows = 0;
        match std::mem::take(&mut self.run).as_slice() {
            [] => return Ok(self),
            [only] => self.loaded.push(Arc::clone(only)),
            several => self.loaded.push(Arc::new(tiers::join_run(several).map_err(StoreError::Unreadable)?)),
        }
        loop {
            let run = tiers::newest_run(&self.loaded, i64::MIN);
            if run.is_empty() {
                return Ok(self);
            }
            self.loaded.truncate(self.loaded.len() - run.len());
            self.loaded.push(Arc::new(tiers::join_run(&run).map_err(StoreError::Unreadable)?));
        }
    }
}

/// Hides what is hidden. Of a sealed segment only the ids of its day are kept, without reading it.
fn hide(entries: Vec<Entry>, hidden: &[(u64, i32)]) -> Vec<Arc<Entry>> {
    let all: Vec<u64> = hidden.iter().map(|(id, _)| *id).collect();
    let mut by_day: HashMap<i32, Vec<u64>> = HashMap::new();
    for (id, day) in hidden {
        by_day.entry(*day).or_default().push(*id);
    }
    let hide_one = |entry: Entry| {
        let ids = match entry.kept {
            crate::snapshot::Kept::Sealed { day, .. } => by_day.get(&day).map_or(&[][..], Vec::as_slice),
            crate::snapshot::Kept::Recent { .. } => &all,
        };
        Arc::new(entry.hiding(ids).unwrap_or(entry))
    };
    entries.into_iter().map(hide_one).collect()
}
