//! Keeping indexes over many segments: which are made, of what, and what is found of them when the store opens.
//!
//! They are blobs `indexes/NUMBER.idx` that no catalogue names, because they are derived: one that is torn, damaged, of
//! another version or about segments that are not there is removed and made anew.

use crate::StoreError;
use crate::days_index::{DaysIndex, SEGMENTS_MAX};
use crate::days_index_build::{Part, build};
use crate::fault::DurableWrite;
use crate::seal::{FileBytes, leave_torn};
use crate::shared::Shared;
use crate::snapshot::{Covered, Entry, Kept, Snapshot};
use bytes::Bytes;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Rows of one index, which bounds the memory that making one takes: all of it is made there before it is written.
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
            self.check_state()?;
            // A segment that turns out to be damaged is set aside by whoever reads it next, and is then no part.
            let Ok(lines) = built else { break };
            let added = match lines {
                Some(lines) => Some(self.write_index(lines).await?),
                None => None,
            };
            let is_replaced = |covered: &Covered| replaced.contains(&covered.name);
            let is_nothing = added.is_none() && replaced.is_empty();
            self.publish(|snapshot| snapshot.with_indexes(is_replaced, added));
            for name in &replaced {
                self.remove_blob(name).await?;
            }
            if is_nothing {
                break;
            }
            made += 1;
        }
        Ok(made)
    }

    /// Opens the indexes that are there, where nobody has yet. Searches do without until then.
    pub(crate) async fn open_indexes_that_are_there(&self) -> Result<(), StoreError> {
        let _alone = self.maintenance.lock().await;
        self.open_indexes().await
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
        let (bytes, path) = (Bytes::from_owner(FileBytes(index)), self.blobs.local_path(&name));
        let half = bytes.slice(..bytes.len() / 2);
        let put = async { self.blobs.put(&name, bytes).await.map_err(StoreError::blob("write an index")) };
        self.faults.around(DurableWrite::IndexFile, put, || leave_torn(&path, &half)).await?;
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
        // One about a segment that is gone may hold what was purged.
        let is_known = index.segments().iter().all(|(name, checksum)| known.contains(&(&**name, Some(*checksum))));
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

#[cfg(test)]
mod tests {
    use crate::answer::Answer;
    use crate::search::listing::Listing;
    use crate::search::plan::{Plan, Search};
    use crate::tests::support::{Home, around, noon, plate, read};
    use domain::time::DAY_MICROS;
    use domain::{Criteria, NewDetection, PoolId, Question, UtcMicros, Widen};

    async fn home_with_an_index() -> Home {
        let home = Home::sqlite();
        let store = home.open().await;
        for day in -2..=0 {
            let of_day = |number: u32| NewDetection {
                scan_time: UtcMicros(noon() + day * DAY_MICROS + i64::from(number)),
                ..read(&format!("{day}/{number}"), if number == 0 { "WANTED" } else { "OTHER1" })
            };
            store.append((0..3).map(of_day).collect()).await.unwrap();
        }
        store.seal().await.unwrap();
        assert!(store.index_days().await.unwrap() > 0);
        store.close().await;
        home
    }

    /// Hits of the plate, and the segments that are searched for it; the others were answered by an index.
    async fn asked(home: &Home) -> (usize, usize) {
        let store = home.open().await;
        store.shared.open_indexes_that_are_there().await.unwrap();
        let criteria = Criteria::FullPlate { plate: plate("WANTED"), state: None };
        let question = Question::new(criteria, around(), Widen::default()).unwrap();
        let search = Search { question, pools: vec![PoolId(1)] };
        let listing = Listing::new(&store.shared.snapshot(), &Plan::new(&search));
        let searched = listing.entries.iter().filter(|(_, listed)| listed.is_none()).count();
        let Answer::Rows(found) = store.rows_of(search, false).await.unwrap() else { panic!("few rows") };
        assert!(found.set_aside.is_empty());
        store.close().await;
        (found.hits.len(), searched)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_index_answers_for_its_segments_and_one_that_is_damaged_is_removed_and_missed_by_nobody() {
        let home = home_with_an_index().await;
        let (hits, searched) = asked(&home).await;
        assert!(hits == 3 && searched < 3, "{hits} hits, {searched} segments searched");
        let folder = home.folder.path().join("blobs/indexes");
        let path = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let sound = std::fs::read(&path).unwrap();
        for place in (0..sound.len()).step_by(211) {
            let mut altered = sound.clone();
            altered[place] ^= 4;
            for damaged in [altered, sound[..place].to_vec()] {
                std::fs::write(&path, damaged).unwrap();
                assert_eq!(asked(&home).await, (3, 3), "byte {place}");
                assert!(!path.exists(), "what is of no use is removed");
            }
        }
        let store = home.open().await;
        assert!(store.index_days().await.unwrap() > 0, "and made anew");
        store.close().await;
        assert_eq!(asked(&home).await, (hits, searched));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ret_1_what_was_purged_is_not_in_an_index_any_more() {
        let home = home_with_an_index().await;
        let store = home.open().await;
        let now = storage::Clock::now(&*home.clock).0;
        store.shared.set_retention(Some(now - (noon() - DAY_MICROS))).await.unwrap();
        assert!(store.purge().await.unwrap().segments > 0);
        store.index_days().await.unwrap();
        let snapshot = store.shared.snapshot();
        assert!(snapshot.indexes.iter().all(|covered| !covered.is_partly_gone()));
        let kept: Vec<_> = snapshot.entries.iter().map(|entry| entry.name.clone()).collect();
        let covered = snapshot.indexes.iter().flat_map(|covered| covered.index.segments());
        assert!(covered.into_iter().all(|(name, _)| kept.contains(name)));
        store.close().await;
        let files = std::fs::read_dir(home.folder.path().join("blobs/indexes")).unwrap().count();
        assert_eq!(files, snapshot.indexes.len());
    }
}
