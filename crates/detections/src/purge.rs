//! Retention: a read is hidden the instant that the rule says, by the time frame of every search, and removed later, with
//! its whole segment and the photos of its day.

use crate::StoreError;
use crate::fault::DurableWrite;
use crate::open::subfolders;
use crate::row::{date_of, day_of};
use crate::search::plan::Plan;
use crate::shared::Shared;
use crate::snapshot::{Entry, Kept};
use domain::{Recordable, TimeFrame, UtcMicros};
use std::sync::{Arc, PoisonError};

/// An administrative act that sets how long detections are kept. The store takes it recorded only.
pub trait RetentionAct: Recordable {
    /// Microseconds from the scan on; `None` is for ever.
    fn keep_micros(&self) -> Option<i64>;
}

/// What was removed because it was due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    pub segments: usize,
    /// Rows of every version, hidden ones included.
    pub rows: usize,
    pub photo_packs: usize,
}

impl Plan {
    /// Leaves out what was scanned before an instant; false where nothing is left of the time frame.
    pub(crate) fn begin_at(&mut self, instant: i64) -> bool {
        let begin = |frame: TimeFrame| TimeFrame::new(frame.from().max(UtcMicros(instant)), frame.to());
        let Ok(frame) = begin(self.frame) else { return false };
        self.frame = frame;
        for place in &mut self.places {
            // One that ends before keeps its frame: the question's own leaves its reads out.
            place.frame = begin(place.frame).unwrap_or(place.frame);
        }
        true
    }
}

/// The first day of photos whose detection is in one of the entries. `photos` are (detection, day), by detection.
fn first_needed_day(entries: &[Arc<Entry>], photos: &[(u64, i32)]) -> Option<i32> {
    let mut ids: Vec<u64> = photos.iter().map(|(detection, _)| *detection).collect();
    ids.dedup();
    let mut found: Vec<u64> = Vec::new();
    for entry in entries {
        let is_in_range = |id: &&u64| (entry.ids.0..=entry.ids.1).contains(*id);
        match entry.reader() {
            Ok(reader) => found.extend(reader.find_all(&ids).into_iter().map(|row| reader.id(row as usize))),
            // What a damaged segment may hold is needed.
            Err(_) => found.extend(ids.iter().filter(is_in_range)),
        }
    }
    photos.iter().filter(|(detection, _)| found.contains(detection)).map(|(_, day)| *day).min()
}

impl Shared {
    pub(crate) async fn set_retention(&self, keep_micros: Option<i64>) -> Result<(), StoreError> {
        let _alone = self.maintenance.lock().await;
        self.check_state()?;
        let keep = keep_micros.unwrap_or(i64::MAX).max(0);
        let transaction = self.catalogue.stage_retention(keep).await?;
        let is_kept = async { Ok(self.catalogue.counter("keep_micros").await? == keep) };
        self.commit(DurableWrite::Retention, transaction, is_kept).await?;
        self.set_keep_micros(keep);
        Ok(())
    }

    /// Removes the segments all of whose reads are due, with what else is kept of their days.
    pub(crate) async fn purge(&self) -> Result<Purged, StoreError> {
        let is_due_in = |entry: &Arc<Entry>, due_before: i64| entry.content.is_ok() && entry.times.0 < due_before;
        let due_before = self.due_before();
        if due_before == i64::MIN {
            return Ok(Purged::default());
        }
        if self.snapshot().entries.iter().any(|entry| entry.is_recent() && is_due_in(entry, due_before)) {
            // Recent batches hold reads of several days; sealed, each has a segment of its own day.
            self.seal().await?;
        }
        let _alone = self.maintenance.lock().await;
        self.check_state()?;
        let snapshot = self.snapshot();
        let is_gone = |entry: &Entry| matches!(entry.kept, Kept::Sealed { .. }) && entry.times.1 < due_before;
        let (gone, stay): (Vec<_>, Vec<_>) = snapshot.entries.iter().cloned().partition(|entry| is_gone(entry));
        let first_day =
            stay.iter().map(|entry| day_of(entry.times.0)).min().unwrap_or(i32::MAX).min(day_of(due_before));
        let photos_before = self.photos_before(first_day, stay).await?;
        let names: Vec<String> = gone.iter().map(|entry| entry.name.to_string()).collect();
        let mut purged = Purged { rows: gone.iter().map(|entry| entry.rows).sum(), ..Purged::default() };
        let has_rows = || self.catalogue.has_rows_before(first_day, photos_before);
        if !names.is_empty() || has_rows().await? {
            let transaction = self.catalogue.stage_purge(&names, first_day, photos_before).await?;
            let has_segments = self.catalogue.has_segment(names.first().map_or("", String::as_str));
            let is_kept = async { Ok(!has_segments.await? && !has_rows().await?) };
            self.commit(DurableWrite::Purging, transaction, is_kept).await?;
            self.publish(|snapshot| snapshot.replacing(|entry| names.iter().any(|name| **name == *entry.name), vec![]));
        }
        for name in &names {
            self.remove_blob(name).await?;
            purged.segments += 1;
        }
        for name in self.packs_before(photos_before).await? {
            self.remove_blob(&name).await?;
            purged.photo_packs += 1;
        }
        Ok(purged)
    }

    /// The day before which no photo belongs to a read that stays. A later version without photos of its own has taken over
    /// those of the version before, which may be of an earlier day.
    async fn photos_before(&self, first_day: i32, stay: Vec<Arc<Entry>>) -> Result<i32, StoreError> {
        let (mut before, mut after, stay) = (first_day, 0, Arc::new(stay));
        loop {
            let page = self.catalogue.photos_taken_over(first_day, after).await?;
            let Some((last, _)) = page.last() else { return Ok(before) };
            after = *last;
            let stay = Arc::clone(&stay);
            let needed = self.work(move || first_needed_day(&stay, &page)).await?;
            before = before.min(needed.unwrap_or(before));
        }
    }

    /// Names of the photo packs of days before one. They are looked for on disk, so that what a crash left is found too.
    async fn packs_before(&self, before: i32) -> Result<Vec<String>, StoreError> {
        let (packs, folder) = (Arc::clone(&self.packs), self.blobs.local_path("photos"));
        let date = date_of(before);
        let look = move || -> std::io::Result<Vec<String>> {
            packs.lock().unwrap_or_else(PoisonError::into_inner).forget_before(before);
            let mut names = Vec::new();
            for owner in subfolders(&folder)? {
                for day in subfolders(&owner)? {
                    let name = |path: &std::path::Path| Some(path.file_name()?.to_str()?.to_owned());
                    let (Some(owner), Some(of_day)) = (name(&owner), name(&day)) else { continue };
                    // Dates of four-digit years, which the time frame of reads keeps to, are ordered as texts.
                    if of_day.len() != date.len() || of_day >= date {
                        continue;
                    }
                    for file in std::fs::read_dir(&day)? {
                        let file = file?.file_name();
                        let pack = file.to_str().filter(|file| file.strip_suffix(".pack").is_some());
                        names.extend(pack.map(|pack| format!("photos/{owner}/{of_day}/{pack}")));
                    }
                }
            }
            names.sort_unstable();
            Ok(names)
        };
        self.work(look).await?.map_err(StoreError::file("list the photo packs"))
    }
}
