//! Keeping indexes over many segments: which are made, of what, and what is found of them when the store opens.
//!
//! They are blobs `indexes/NUMBER.idx` that no catalogue names, because they are derived: one that is torn, damaged, of
//! another version or about segments that are not there is removed and made anew.

use crate::StoreError;
use crate::days_index::{DaysIndex, SEGMENTS_MAX};
use crate::days_index_build::{Part, build};
use crate::fault::Step;
use crate::seal::FileBytes;
use crate::shared::Shared;
use crate::snapshot::{Covered, Entry, Kept, Snapshot};
use bytes::Bytes;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Rows of one index. While one is made, its postings, keys and readings take about 20 bytes a row of memory.
const INDEX_ROWS_MAX: usize = if cfg!(test) { 4_000 } else { 32_000_000 };
/// So many of about the same size become one, which is up to this many times as large: every row is written anew once for
/// each power of it, and a search looks into few indexes.
const RUN: usize = if cfg!(test) { 2 } else { 4 };

/// What the next index is made of.
struct Run {
    parts: Vec<Part>,
    /// Names of the indexes that it takes the place of.
    replaced: Vec<Arc<str>>,
}

impl Shared {
    /// Makes indexes until there is nothing to make. Gives the number of those made.
    pub(crate) async fn index_days(&self) -> Result<usize, StoreError> {
        let _alone = self.maintenance.lock().await;
        self.open_indexes().await?;
        let mut made = 0;
        while let Some(Run { parts, replaced }) = next_run(&self.snapshot()) {
            let built = self.work(move || build(&parts)).await?;
            // A segment that turns out to be damaged is set aside by whoever reads it next, and is then no part.
            let Ok(lines) = built else { break };
            let added = match lines {
                Some(lines) => Some(self.write_index(lines).await?),
                None => None,
            };
            self.faults.pass(Step::IndexWritten)?;
            let is_replaced = |covered: &Covered| replaced.contains(&covered.name);
            let is_nothing = added.is_none() && replaced.is_empty();
            self.publish(|snapshot| snapshot.with_indexes(is_replaced, added));
            for name in &replaced {
                self.blobs.delete(name).await.map_err(StoreError::blob("remove an index that was replaced"))?;
            }
            if is_nothing {
                break;
            }
            made += 1;
        }
        Ok(made)
    }

    /// Opens the indexes that are there, once. All of each is read, which for a large store takes longer than a start should:
    /// searches ask the segments meanwhile.
    async fn open_indexes(&self) -> Result<(), StoreError> {
        if self.are_indexes_open.load(Ordering::SeqCst) {
            return Ok(());
        }
        let (blobs, snapshot) = (self.blobs.clone(), self.snapshot());
        let opened = self.work(move || open_indexes(&blobs, &snapshot.entries)).await?;
        let mut opened = opened.map_err(StoreError::file("list the indexes"))?;
        self.publish(|snapshot| {
            opened.drain(..).fold(snapshot.clone(), |all, one| all.with_indexes(|_| false, Some(one)))
        });
        self.are_indexes_open.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn write_index(&self, lines: Vec<crate::container::Line>) -> Result<(Arc<str>, Arc<DaysIndex>), StoreError> {
        let snapshot = self.snapshot();
        let last = snapshot.indexes.iter().filter_map(|covered| number_of(&covered.name)).max().unwrap_or_default();
        let name: Arc<str> = format!("indexes/{:010}.idx", last.saturating_add(1)).into();
        let index = Arc::new(DaysIndex::in_memory(lines).map_err(StoreError::Unreadable)?);
        let bytes = Bytes::from_owner(FileBytes(index));
        self.blobs.put(&name, bytes).await.map_err(StoreError::blob("write an index"))?;
        let path = self.blobs.local_path(&name);
        let mapped = self.work(move || DaysIndex::map(&path)).await?.map_err(StoreError::Unreadable)?;
        Ok((name, Arc::new(mapped)))
    }
}

/// An index of which segments are gone is made anew first: what was purged is not to stay in it. Then those of a size.
fn next_run(snapshot: &Snapshot) -> Option<Run> {
    let latest = |covered: &Covered| {
        covered.entries.iter().map(|entry| entry.map(|(_, (_, latest))| latest)).collect::<Vec<_>>()
    };
    let part = |covered: &Covered| Part::Index { index: Arc::clone(&covered.index), latest: latest(covered) };
    if let Some(covered) = snapshot.indexes.iter().find(|covered| covered.is_partly_gone()) {
        return Some(Run { parts: vec![part(covered)], replaced: vec![Arc::clone(&covered.name)] });
    }
    let covered: HashSet<u32> =
        snapshot.indexes.iter().flat_map(|covered| covered.entries.iter().flatten()).map(|(at, _)| *at).collect();
    let day = |entry: &Entry| if let Kept::Sealed { day, .. } = entry.kept { Some(day) } else { None };
    let newest = snapshot.entries.iter().filter_map(|entry| day(entry)).max();
    let is_open = |at: u32, entry: &Entry| {
        // Segments of the newest day are merged soon.
        day(entry) < newest && !entry.is_recent() && !entry.is_damaged() && !covered.contains(&at)
    };
    let segments = (0..).zip(&snapshot.entries).filter(|(at, entry)| is_open(*at, entry)).filter_map(|(_, entry)| {
        let (segment, checksum) = (entry.content.as_ref().ok()?, entry.checksum?);
        let part = Part::Segment {
            name: Arc::clone(&entry.name),
            checksum,
            segment: Arc::clone(segment),
            latest: entry.times.1,
        };
        Some((entry.rows, 1, part, None))
    });
    let indexes = snapshot
        .indexes
        .iter()
        .map(|covered| (covered.rows, covered.entries.len(), part(covered), Some(Arc::clone(&covered.name))));
    let mut units: Vec<(usize, usize, Part, Option<Arc<str>>)> = segments.chain(indexes).collect();
    units.sort_by_key(|(rows, ..)| *rows);
    let tier = |rows: usize| rows.max(1).ilog(RUN.max(2));
    for top in units.iter().map(|(rows, ..)| tier(*rows)).collect::<std::collections::BTreeSet<_>>() {
        let (mut rows, mut segments) = (0, 0);
        let fits = |(own, count, ..): &&(usize, usize, Part, Option<Arc<str>>)| {
            rows += own;
            segments += count;
            tier(*own) <= top && rows <= INDEX_ROWS_MAX && segments <= SEGMENTS_MAX
        };
        let run = units.iter().take_while(fits).count();
        if run >= RUN {
            let (parts, replaced): (Vec<_>, Vec<_>) = units.drain(..run).map(|(_, _, part, name)| (part, name)).unzip();
            return Some(Run { parts, replaced: replaced.into_iter().flatten().collect() });
        }
    }
    None
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix("indexes/")?.strip_suffix(".idx")?.parse().ok()
}

/// The indexes that are there. Files of our naming that are of no use are removed.
fn open_indexes(blobs: &storage::Blobs, entries: &[Arc<Entry>]) -> io::Result<Vec<(Arc<str>, Arc<DaysIndex>)>> {
    let mut found: Vec<(Arc<str>, Arc<DaysIndex>)> = Vec::new();
    for path in files(&blobs.local_path("indexes"))? {
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        // Half-written ones are called `NUMBER.idx#1`.
        let (name, is_whole) = file.split_once('#').map_or((file, true), |(name, _)| (name, false));
        let name: Arc<str> = format!("indexes/{name}").into();
        if number_of(&name).is_none() {
            continue;
        }
        match DaysIndex::map(&path) {
            Ok(index) if is_whole => found.push((name, Arc::new(index))),
            opened => {
                let error = opened.err().map(|error| error.to_string()).unwrap_or_default();
                tracing::info!(file, error, "an index that is of no use is removed, and made anew");
                std::fs::remove_file(&path)?;
            }
        }
    }
    // A crash between writing an index and removing what it replaces leaves both: the larger one stays.
    found.sort_by_key(|(_, index)| std::cmp::Reverse(index.segments().len()));
    let known: HashSet<(&str, Option<u32>)> = entries.iter().map(|entry| (&*entry.name, entry.checksum)).collect();
    let mut covered: HashSet<Arc<str>> = HashSet::new();
    let mut kept = Vec::new();
    for (name, index) in found {
        let is_known = index.segments().iter().any(|(name, checksum)| known.contains(&(&**name, Some(*checksum))));
        let is_repeat = index.segments().iter().any(|(name, _)| covered.contains(name));
        if is_known && !is_repeat {
            covered.extend(index.segments().iter().map(|(name, _)| Arc::clone(name)));
            kept.push((name, index));
        } else {
            std::fs::remove_file(blobs.local_path(&name))?;
        }
    }
    Ok(kept)
}

fn files(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(files) => files.map(|file| file.map(|file| file.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
