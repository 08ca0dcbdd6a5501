//! Checking a store that nobody writes to: every file against its checksums, against its own rows, and against what the
//! database says of it.
//!
//! A segment is what its rows give when they are written anew, byte by byte: that its dictionaries are sorted, its postings
//! complete, its bounds right and its filters whole follows from that.

use crate::StoreError;
use crate::catalogue::{Catalogue, Catalogued, RecentBatch};
use crate::container::{FormatError, Line, SEGMENT, Toc};
use crate::encode::encode;
use crate::photos;
use crate::row::day_of;
use crate::segment::{Reader, Segment};
use crate::shared::Shared;
use domain::limits::PHOTOS_MAX;
use roaring::RoaringTreemap;
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Findings that are listed; more are counted.
pub const FINDINGS_MAX: usize = 1_000;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The damaged thing: a blob's name, or `recents/` and the number of a batch, or a table of the database.
    pub name: String,
    /// What is wrong with it. Never a plate.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}

/// What a check read, and what it found wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Rows of every version, hidden ones included, of what can be read.
    pub rows: u64,
    pub recents: u64,
    pub segments: u64,
    pub photos: u64,
    /// The first [`FINDINGS_MAX`] of them.
    pub findings: Vec<Finding>,
    pub further_findings: u64,
}

impl Checked {
    fn find(&mut self, name: &str, problem: impl Into<String>) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { name: name.to_owned(), problem: problem.into() });
        } else {
            self.further_findings += 1;
        }
    }
}

impl Shared {
    /// Reads everything once. What is appended or sealed meanwhile may be reported as missing.
    pub(crate) async fn check(&self) -> Result<Checked, StoreError> {
        let _alone = self.maintenance.lock().await;
        let hidden: HashMap<u64, i32> = self.catalogue.hidden().await?.into_iter().collect();
        let mut checking = Checking { hidden, ..Checking::default() };
        for described in self.catalogue.segments().await? {
            let path = self.blobs.local_path(&described.name);
            let check = move || {
                checking.segment(&described, &path);
                checking
            };
            checking = self.work(check).await?;
        }
        checking = self.check_recents(checking).await?;
        checking.numbers(&self.catalogue).await?;
        checking = self.check_photos(checking).await?;
        self.work(move || checking.conclude()).await
    }

    async fn check_recents(&self, mut checking: Checking) -> Result<Checking, StoreError> {
        let mut after = i64::MIN;
        loop {
            let page = self.catalogue.recents_after(after).await?;
            let Some(last) = page.last() else { return Ok(checking) };
            after = last.batch;
            let check = move || {
                for batch in &page {
                    checking.recent(batch);
                }
                checking
            };
            checking = self.work(check).await?;
        }
    }

    async fn check_photos(&self, mut checking: Checking) -> Result<Checking, StoreError> {
        let mut after = (0, 0);
        loop {
            let page = self.catalogue.photos_after(after).await?;
            let Some(last) = page.last() else { return Ok(checking) };
            after = (last.detection, last.n);
            let (blobs, vault) = (self.blobs.clone(), Arc::clone(&self.vault));
            let check = move || {
                for stored in &page {
                    checking.checked.photos += 1;
                    if let Some(photos) = checking.has_photo.get_mut(usize::from(stored.n)) {
                        photos.insert(stored.detection);
                    }
                    if let Err(problem) = photos::check(&blobs, &vault, stored) {
                        let problem = format!("photo {} of detection {} {problem}", stored.n, stored.detection);
                        checking.checked.find(&stored.place.pack, problem);
                    }
                }
                checking
            };
            checking = self.work(check).await?;
        }
    }
}

/// What is gathered from file to file.
#[derive(Debug, Default)]
struct Checking {
    checked: Checked,
    /// Hidden ids with the day that the database has of them.
    hidden: HashMap<u64, i32>,
    ids: RoaringTreemap,
    /// Ids that later versions say they supersede.
    superseded: RoaringTreemap,
    /// By number of the photo: ids whose rows say that it is stored, and those for which the database has it.
    wants_photo: [RoaringTreemap; PHOTOS_MAX],
    has_photo: [RoaringTreemap; PHOTOS_MAX],
    /// Highest number of a segment.
    last_segment: i64,
}

impl Checking {
    fn segment(&mut self, described: &Catalogued, path: &Path) {
        let name = described.name.as_str();
        let number = name.rsplit('-').next().and_then(|end| end.strip_suffix(".seg")?.parse().ok());
        self.last_segment = self.last_segment.max(number.unwrap_or_default());
        let segment = match Segment::map(path) {
            Ok(segment) => segment,
            Err(error) => return self.checked.find(name, error.to_string()),
        };
        if segment.crc() != described.checksum {
            return self.checked.find(name, FormatError::NotTheCatalogued.to_string());
        }
        self.checked.segments += 1;
        let Some(reader) = self.rows(name, &segment) else { return };
        let days = (day_of(reader.time_bounds().0), day_of(reader.time_bounds().1));
        if days != (described.day, described.day) {
            self.checked.find(name, "the segment has reads of another day than the catalogue says");
        }
        let known = (described.rows, described.bytes, described.times, described.ids);
        if known != (segment.rows(), segment.bytes().len() as u64, reader.time_bounds(), reader.id_bounds()) {
            self.checked.find(name, "the catalogue has other numbers of the segment than the file");
        }
        let is_day_wrong = |row: usize| self.hidden.get(&reader.id(row)).is_some_and(|day| *day != described.day);
        let wrong = (0..reader.rows()).filter(|row| is_day_wrong(*row)).count();
        if wrong > 0 {
            self.checked
                .find("hidden_detections", format!("{wrong} hidden reads of {name} are listed under another day"));
        }
    }

    fn recent(&mut self, batch: &RecentBatch) {
        let name = format!("recents/{}", batch.batch);
        match Segment::from_bytes(&batch.body) {
            Ok(segment) => {
                if segment.rows() != batch.rows {
                    self.checked.find(&name, "the database has another number of rows than the batch");
                }
                self.checked.recents += segment.rows() as u64;
                self.rows(&name, &segment);
            }
            Err(error) => self.checked.find(&name, error.to_string()),
        }
    }

    /// The rows of a segment and what they say of others; `None` where they cannot be trusted.
    fn rows<'a>(&mut self, name: &str, segment: &'a Segment) -> Option<Reader<'a>> {
        let reader = match rows_are_sound(segment) {
            Ok(reader) => reader,
            Err(error) => {
                self.checked.find(name, error.to_string());
                return None;
            }
        };
        self.checked.rows += reader.rows() as u64;
        let mut twice = 0;
        for row in 0..reader.rows() {
            let id = reader.id(row);
            twice += u64::from(!self.ids.insert(id));
            for photos in self.wants_photo.iter_mut().take(reader.view.photos_stored[row].into()) {
                photos.insert(id);
            }
        }
        self.superseded.extend(reader.view.update_supersedes.iter().filter(|id| **id != 0));
        if twice > 0 {
            self.checked.find(name, format!("{twice} of its reads are kept elsewhere too, or twice"));
        }
        Some(reader)
    }

    /// Numbers that are given out next are above all that were given.
    async fn numbers(&mut self, catalogue: &Catalogue) -> Result<(), StoreError> {
        let next_id = u64::try_from(catalogue.counter("next_id").await?).unwrap_or_default();
        if self.ids.max().is_some_and(|highest| highest >= next_id) {
            self.checked.find("store_counters", "the next detection would take a number that is taken");
        }
        if catalogue.counter("next_segment").await? <= self.last_segment {
            self.checked.find("store_counters", "the next segment would take a name that is taken");
        }
        Ok(())
    }

    /// What can be said once everything was read.
    fn conclude(mut self) -> Checked {
        let hidden: RoaringTreemap = self.hidden.keys().copied().collect();
        let shown = (&self.superseded & &self.ids) - &hidden;
        if !shown.is_empty() {
            let problem = format!("{} superseded reads are not hidden", shown.len());
            self.checked.find("hidden_detections", problem);
        }
        for (n, (wanted, had)) in self.wants_photo.iter().zip(&self.has_photo).enumerate() {
            let missing = wanted - had;
            if !missing.is_empty() {
                self.checked.find("photos", format!("photo {n} of {} reads is not listed", missing.len()));
            }
        }
        self.checked
    }
}

/// Whether a segment is what its rows give when they are written anew. Sections of an older release that are not written
/// any more have their checksum only.
fn rows_are_sound(segment: &Segment) -> Result<Reader<'_>, FormatError> {
    let reader = segment.read()?;
    // Rows of a forged file may be such that reading one panics; nothing is left half done by it.
    let rewrite = || {
        let rows: Vec<_> = (0..reader.rows()).map(|row| reader.row(row)).collect();
        for row in &rows {
            drop(row.to_detection());
        }
        encode(&rows)
    };
    let damaged = |part: &str| FormatError::Damaged { part: part.to_owned() };
    let lines = catch_unwind(AssertUnwindSafe(rewrite)).map_err(|_| damaged("rows"))?;
    let other = first_difference(segment, &lines)?;
    other.map_or(Ok(reader), |section| Err(damaged(&section)))
}

/// The first section that two files of one version have differently.
fn first_difference(segment: &Segment, rewritten: &[Line]) -> Result<Option<String>, FormatError> {
    let rewritten: &[u8] = bytemuck::cast_slice(rewritten);
    let checksums: HashMap<String, (u64, u32)> = Toc::read(SEGMENT, segment.bytes())?
        .checksums()
        .map(|(name, length, crc)| (name.to_owned(), (length, crc)))
        .collect();
    let expected = Toc::read(SEGMENT, rewritten)?;
    let differs = |(name, length, crc): &(&str, u64, u32)| checksums.get(*name) != Some(&(*length, *crc));
    Ok(expected.checksums().find(differs).map(|(name, _, _)| name.to_owned()))
}
