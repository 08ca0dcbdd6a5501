//! Sealing and merging: recents become immutable segments of one UTC day, and small segments of a day become larger ones.
//!
//! Both write new blobs first, fsynced, and then change the catalogue in one transaction. A crash before it leaves blobs
//! that nobody names, which the next opening removes; a crash after it leaves old blobs, removed the same way.

use crate::StoreError;
use crate::catalogue::{Catalogued, describe};
use crate::container::{FormatError, Line, Toc};
use crate::encode::{SEGMENT_ROWS_MAX, encode};
use crate::fault::DurableWrite;
use crate::machine;
use crate::row::{RowRef, date_of, day_of};
use crate::segment::Segment;
use crate::shared::Shared;
use crate::snapshot::{Entry, Hidden, Kept};
use crate::tiers;
use crate::v1;
use bytes::Bytes;
use sqlx::{Any, Transaction};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

/// The only retention class so far; segments of different classes are never merged.
const CLASS_STANDARD: i32 = 0;

/// A segment that was encoded and is not yet written.
struct Encoded {
    class: i32,
    day: i32,
    lines: Vec<Line>,
}

/// Lines as the bytes of a blob.
struct FileBytes(Arc<Segment>);

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl Shared {
    /// Makes all recents that are there now into segments, one for each day. Gives the number of rows sealed.
    pub(crate) async fn seal(&self) -> Result<usize, StoreError> {
        let _alone = self.maintenance.lock().await;
        self.check_state()?;
        // No joining until the bound is known: a batch of before it joined with one of after it would be sealed and stay.
        self.set_sealing_through(i64::MAX);
        let snapshot = self.snapshot();
        let recents: Vec<Arc<Entry>> =
            snapshot.entries.iter().filter(|entry| entry.is_recent() && entry.content.is_ok()).cloned().collect();
        let sealed = match recents.iter().map(|entry| tiers::batches(entry).1).max() {
            None => Ok(0),
            Some(through) => {
                self.set_sealing_through(through);
                self.seal_entries(recents, through).await
            }
        };
        self.set_sealing_through(i64::MIN);
        sealed
    }

    async fn seal_entries(&self, recents: Vec<Arc<Entry>>, through: i64) -> Result<usize, StoreError> {
        let rows = recents.iter().map(|entry| entry.rows).sum();
        let batches: Vec<(i64, i64)> = recents.iter().map(|entry| tiers::batches(entry)).collect();
        let encoded = self.work(move || encode_by_day(&recents)).await?.map_err(StoreError::Unreadable)?;
        let (added, entries) = self.write(encoded).await?;
        let next = self.next_segment().saturating_add_unsigned(added.len() as u64);
        let transaction = self.catalogue.stage_segments(&added, &batches, &[], next).await?;
        self.commit_segments(DurableWrite::Sealing, transaction, &added).await?;
        self.set_next_segment(next);
        let is_sealed =
            |entry: &Entry| entry.is_recent() && entry.content.is_ok() && tiers::batches(entry).1 <= through;
        self.publish(|snapshot| snapshot.replacing(is_sealed, entries));
        Ok(rows)
    }

    /// Merges small segments of a day until none are left to merge. Gives the number of merges.
    pub(crate) async fn merge(&self) -> Result<usize, StoreError> {
        let _alone = self.maintenance.lock().await;
        let mut merges = 0;
        while let Some(run) = self.next_merge() {
            self.check_state()?;
            if !self.rewrite(run).await? {
                break;
            }
            merges += 1;
        }
        Ok(merges)
    }

    fn next_merge(&self) -> Option<Vec<Arc<Entry>>> {
        let mut days: BTreeMap<(i32, i32), Vec<Arc<Entry>>> = BTreeMap::new();
        for entry in &self.snapshot().entries {
            if let (Kept::Sealed { day, class }, true) = (entry.kept, entry.content.is_ok()) {
                days.entry((day, class)).or_default().push(Arc::clone(entry));
            }
        }
        let newest = days.keys().map(|(day, _)| *day).max();
        let run = |((day, _), entries)| tiers::sealed_run(entries, Some(day) < newest);
        days.into_iter().map(run).find(|run| !run.is_empty())
    }

    /// Puts segments of a day, written anew, in place of some others. False where one of those turned out to be damaged; it
    /// is set aside by whoever reads it next.
    pub(crate) async fn rewrite(&self, run: Vec<Arc<Entry>>) -> Result<bool, StoreError> {
        let names: Vec<String> = run.iter().map(|entry| entry.name.to_string()).collect();
        let encoded = self.work(move || encode_by_day(&run)).await?;
        let Ok(encoded) = encoded else { return Ok(false) };
        self.replace(DurableWrite::Merging, names, encoded).await?;
        Ok(true)
    }

    /// Writes a sealed file of version 1 anew, in parts of at most `rows_max` rows, all in one change of the catalogue.
    /// Fails with [`StoreError::Unreadable`] where the file is damaged or not the one that the catalogue names.
    pub(crate) async fn migrate_segment(&self, entry: &Arc<Entry>, rows_max: usize) -> Result<(), StoreError> {
        let (path, known) = (self.blobs.local_path(&entry.name), Arc::clone(entry));
        let encoded = self.work(move || encode_version_1(&path, &known, rows_max)).await?;
        let encoded = encoded.map_err(StoreError::Unreadable)?;
        self.replace(DurableWrite::Migrating, vec![entry.name.to_string()], encoded).await
    }

    /// Puts encoded segments in place of named ones that hold the same rows.
    async fn replace(&self, write: DurableWrite, names: Vec<String>, encoded: Vec<Encoded>) -> Result<(), StoreError> {
        let (added, entries) = self.write(encoded).await?;
        let next = self.next_segment().saturating_add_unsigned(added.len() as u64);
        let transaction = self.catalogue.stage_segments(&added, &[], &names, next).await?;
        self.commit_segments(write, transaction, &added).await?;
        self.set_next_segment(next);
        self.publish(|snapshot| snapshot.replacing(|entry| names.iter().any(|name| **name == *entry.name), entries));
        for name in &names {
            // Searches that still read it hold the map; an unlinked file stays until they end.
            self.remove_blob(name).await?;
        }
        Ok(())
    }

    /// Commits a change of the catalogue, known by one of the segments that it added.
    async fn commit_segments(
        &self,
        write: DurableWrite,
        transaction: Transaction<'static, Any>,
        added: &[Catalogued],
    ) -> Result<(), StoreError> {
        let first = added.first().map_or("", |added| &added.name);
        self.commit(write, transaction, self.catalogue.has_segment(first)).await
    }

    /// Writes segments as blobs, durably, and opens them from there.
    async fn write(&self, encoded: Vec<Encoded>) -> Result<(Vec<Catalogued>, Vec<Entry>), StoreError> {
        let (mut added, mut entries) = (Vec::new(), Vec::new());
        for (Encoded { class, day, lines }, number) in encoded.into_iter().zip(self.next_segment()..) {
            let segment = Arc::new(Segment::in_memory(lines).map_err(StoreError::Unreadable)?);
            let name = format!("segments/{}/{class}-{number:010}.seg", date_of(day));
            let described = describe(name.clone(), class, &segment).map_err(StoreError::Unreadable)?;
            let (bytes, path) = (Bytes::from_owner(FileBytes(segment)), self.blobs.local_path(&name));
            let half = bytes.slice(..bytes.len() / 2);
            let put = async { self.blobs.put(&name, bytes).await.map_err(StoreError::blob("write a segment")) };
            self.faults.around(DurableWrite::SegmentFile, put, || leave_torn(&path, &half)).await?;
            let mapped = self.work(move || Segment::map(&path)).await?.map_err(StoreError::Unreadable)?;
            entries.push(entry_of(&described, Ok(mapped)));
            added.push(described);
        }
        Ok((added, entries))
    }
}

/// What a test's fault leaves of a file: its first half under its own name, as after a power cut, and under the name that
/// the blob store writes to first, as after a kill.
fn leave_torn(path: &Path, half: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut first_name = path.as_os_str().to_owned();
    first_name.push("#1");
    fs::write(first_name, half)?;
    fs::write(path, half)
}

/// An entry as the catalogue describes it, with its file opened or not.
pub(crate) fn entry_of(described: &Catalogued, opened: Result<Segment, FormatError>) -> Entry {
    let content = opened.and_then(|segment| {
        let is_it = segment.crc() == described.checksum && segment.rows() == described.rows;
        if is_it { Ok(Arc::new(segment)) } else { Err(FormatError::NotTheCatalogued) }
    });
    Entry {
        name: described.name.as_str().into(),
        kept: Kept::Sealed { day: described.day, class: described.class },
        content,
        checksum: Some(described.checksum),
        times: described.times,
        ids: described.ids,
        rows: described.rows,
        bytes: described.bytes,
        hidden: Hidden::default(),
    }
}

/// One segment for each UTC day of scan time; several where a day has more rows than a segment takes.
fn encode_by_day(entries: &[Arc<Entry>]) -> Result<Vec<Encoded>, FormatError> {
    Ok(encode_rows(tiers::rows_of(entries)?, SEGMENT_ROWS_MAX))
}

fn encode_rows(all: Vec<RowRef<'_>>, rows_max: usize) -> Vec<Encoded> {
    let mut days: BTreeMap<i32, Vec<RowRef<'_>>> = BTreeMap::new();
    for row in all {
        days.entry(day_of(row.scan_time)).or_default().push(row);
    }
    let mut encoded = Vec::new();
    for (day, rows) in days {
        for rows in rows.chunks(rows_max) {
            encoded.push(Encoded { class: CLASS_STANDARD, day, lines: encode(rows) });
        }
    }
    encoded
}

/// The rows of a file of version 1, which may have more than a segment of the present version takes.
fn encode_version_1(path: &Path, known: &Entry, rows_max: usize) -> Result<Vec<Encoded>, FormatError> {
    let map = machine::map(path).map_err(|error| FormatError::Unreadable(error.kind()))?;
    let checksum = Toc::read(&map)?.crc();
    let rows = v1::rows_of(&map)?;
    if Some(checksum) != known.checksum || rows.len() != known.rows {
        return Err(FormatError::NotTheCatalogued);
    }
    Ok(encode_rows(rows, rows_max))
}
