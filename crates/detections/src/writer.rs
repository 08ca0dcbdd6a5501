//! Appending. One task takes batches from a queue, joins those that wait, and commits them together, so that one fsync
//! serves many. What it acknowledges is durable and in the snapshot that searches take.

use crate::answer::{Appended, Outcome};
use crate::catalogue::{BatchChange, HiddenId};
use crate::container::Line;
use crate::encode::encode;
use crate::photos::{self, SealedPhoto};
use crate::row::{RowRef, day_of, is_near_day};
use crate::seen::SeenEvents;
use crate::segment::Segment;
use crate::shared::Shared;
use crate::snapshot::{Entry, Snapshot};
use crate::{StoreError, tiers};
use domain::limits::{
    BATCH_DETECTIONS_MAX, EVENT_ID_CHARS_MAX, PHOTO_BYTES_MAX, PHOTOS_MAX, READINGS_MAX, VEHICLE_WORD_CHARS_MAX,
};
use domain::{CameraId, DetectionId, NewDetection, PlateText, ShortText, UtcMicros};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use storage::Vault;
use tokio::sync::{mpsc, oneshot};

/// Batches that may wait for the writer; then appending waits.
pub(crate) const QUEUE_BATCHES_MAX: usize = 64;
/// Detections that one commit may hold.
const GROUP_ROWS_MAX: usize = 2 * BATCH_DETECTIONS_MAX;
/// Bytes of photos in one batch.
pub const BATCH_PHOTO_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of a plate as the reader wrote it.
pub const RAW_PLATE_BYTES_MAX: usize = 512;
/// Events that one read may sum up.
pub const REPLACED_EVENTS_MAX: usize = 2_000;
/// Recent entries from which on appending joins them itself, because the background does not keep up.
const RECENT_ENTRIES_MAX: usize = 100;
/// When recents are this many times what triggers sealing, appending waits for it.
const RECENTS_OVERFLOW: usize = 4;

pub(crate) enum Job {
    Append { batch: Vec<NewDetection>, answer: oneshot::Sender<Result<Vec<Appended>, StoreError>> },
    Close { done: oneshot::Sender<()> },
}

type Waiting = (Vec<NewDetection>, oneshot::Sender<Result<Vec<Appended>, StoreError>>);

/// Refuses what the store could not keep or give back as it is.
pub(crate) fn check(batch: &[NewDetection]) -> Result<(), StoreError> {
    let photo_bytes: usize = batch.iter().flat_map(|new| &new.photos).map(|photo| photo.bytes.len()).sum();
    if batch.len() > BATCH_DETECTIONS_MAX || photo_bytes > BATCH_PHOTO_BYTES_MAX {
        return Err(StoreError::BatchTooLarge);
    }
    let is_plate = |plate: &PlateText| PlateText::normalise(plate.as_str()).as_ref() == Ok(plate);
    let too_long =
        |word: &Option<ShortText>| word.as_ref().is_some_and(|word| word.chars().count() > VEHICLE_WORD_CHARS_MAX);
    for (index, new) in batch.iter().enumerate() {
        let refuse = |field, problem| Err(StoreError::Refused { index, field, problem });
        let vehicle = &new.vehicle;
        if new.event_id.is_empty() || new.event_id.chars().count() > EVENT_ID_CHARS_MAX {
            return refuse("event_id", "is empty or too long");
        }
        if new.replaces_events.len() > REPLACED_EVENTS_MAX {
            return refuse("replaces_events", "are too many");
        }
        if new.raw_plate.len() > RAW_PLATE_BYTES_MAX {
            return refuse("raw_plate", "is too long");
        }
        if !is_plate(&new.plate) || !new.readings.iter().all(|reading| is_plate(&reading.plate)) {
            return refuse("plate", "is not in its normal form");
        }
        if new.readings.len() > READINGS_MAX {
            return refuse("readings", "are too many");
        }
        if [&vehicle.make, &vehicle.model, &vehicle.colour].into_iter().any(too_long) {
            return refuse("vehicle", "has a word that is too long");
        }
        if new.photos.len() > PHOTOS_MAX || new.photos.iter().any(|photo| photo.bytes.len() > PHOTO_BYTES_MAX) {
            return refuse("photos", "are too many or too large");
        }
    }
    Ok(())
}

/// Runs until the last sender is gone or the store is closed.
pub(crate) async fn run(
    shared: Arc<Shared>,
    mut queue: mpsc::Receiver<Job>,
    seal_wanted: mpsc::Sender<()>,
    join_wanted: mpsc::Sender<()>,
) {
    let mut writer = Writer { shared, seal_wanted, join_wanted, seen: SeenEvents::default() };
    while let Some(job) = queue.recv().await {
        let (mut group, mut closing) = (Vec::new(), None);
        let mut next = Some(job);
        let mut rows = 0;
        while let Some(job) = next.take() {
            match job {
                Job::Append { batch, answer } => {
                    rows += batch.len();
                    group.push((batch, answer));
                }
                Job::Close { done } => closing = Some(done),
            }
            if rows + BATCH_DETECTIONS_MAX <= GROUP_ROWS_MAX && closing.is_none() {
                next = queue.try_recv().ok();
            }
        }
        writer.append_group(group).await;
        if let Some(done) = closing {
            queue.close();
            let _ = done.send(());
            break;
        }
    }
}

struct Writer {
    shared: Arc<Shared>,
    /// Wakes the maintenance task; it ends when this end is gone.
    seal_wanted: mpsc::Sender<()>,
    /// The same for the task that joins recents in memory.
    join_wanted: mpsc::Sender<()>,
    seen: SeenEvents,
}

impl Writer {
    /// Stores a group and answers everyone in it, all with the same outcome: kept, or not.
    async fn append_group(&mut self, group: Vec<Waiting>) {
        let (batches, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        match self.store(batches).await {
            Ok(appended) => {
                for (answer, appended) in answers.into_iter().zip(appended) {
                    let _ = answer.send(Ok(appended));
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(error.clone()));
                }
            }
        }
        if self.shared.recent_entries() > RECENT_ENTRIES_MAX {
            self.shared.join_or_warn().await;
        } else {
            // A full channel means that the wake-up is already there.
            let _ = self.join_wanted.try_send(());
        }
        if self.shared.has_recents(1) {
            let _ = self.seal_wanted.try_send(());
        }
    }

    async fn store(&mut self, batches: Vec<Vec<NewDetection>>) -> Result<Vec<Vec<Appended>>, StoreError> {
        let shared = Arc::clone(&self.shared);
        shared.check_state()?;
        if shared.has_recents(RECENTS_OVERFLOW) {
            shared.seal().await?;
        }
        let (snapshot, now, due_before) = (shared.snapshot(), shared.clock.now(), shared.due_before());
        let numbers = shared.next_numbers();
        let vault = Arc::clone(&shared.vault);
        let mut seen = std::mem::take(&mut self.seen);
        let prepare = move || {
            let prepared = prepare(&snapshot, &batches, &mut seen, numbers, (now, due_before), &vault);
            (prepared, seen)
        };
        let (prepared, seen) = shared.work(prepare).await?;
        self.seen = seen;
        let prepared = prepared?;
        let Prepared { appended, mut change, sealed, body } = prepared;
        if change.rows == 0 {
            return Ok(appended);
        }
        if !sealed.is_empty() {
            let packs = Arc::clone(&shared.packs);
            let append = move || packs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(sealed);
            change.photos = shared.work(append).await?.map_err(StoreError::file("write photos"))?;
        }
        let bytes = bytemuck::cast_slice(&body);
        let transaction = shared.catalogue.stage_batch(&change, bytes, now).await?;
        shared.commit_batch(transaction, &change).await?;
        // The batch is kept from here on: where it cannot be shown, memory is behind the database.
        let lost = |_: &StoreError| shared.lose_state();
        let segment = Segment::in_memory(body).map_err(StoreError::Unreadable).inspect_err(lost)?;
        let hidden: Vec<u64> = change.hidden.iter().map(|hidden| hidden.id).collect();
        let snapshot = shared.snapshot();
        let recent = move || (Entry::recent(change.batch, change.batch, segment), snapshot.hiding(hidden));
        let (entry, hiding) = shared.work(recent).await.inspect_err(lost)?;
        shared.publish(|snapshot| snapshot.with(vec![entry], &hiding));
        Ok(appended)
    }
}

/// The numbers that the next group takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NextNumbers {
    pub(crate) id: u64,
    pub(crate) batch: i64,
}

struct Prepared {
    /// For each batch, in the order of its detections.
    appended: Vec<Vec<Appended>>,
    change: BatchChange,
    sealed: Vec<SealedPhoto>,
    body: Vec<Line>,
}

/// Decides what is new, gives ids, seals photos, and encodes. Reads the snapshot; changes nothing.
fn prepare(
    snapshot: &Snapshot,
    batches: &[Vec<NewDetection>],
    seen: &mut SeenEvents,
    numbers: NextNumbers,
    (now, due_before): (UtcMicros, i64),
    vault: &Vault,
) -> Result<Prepared, StoreError> {
    let news = || batches.iter().flatten();
    seen.begin(snapshot, &news().map(|new| day_of(new.scan_time.0)).collect::<HashSet<i32>>());
    let mut group = Group {
        snapshot,
        seen,
        rows: Vec::with_capacity(news().count()),
        pending: HashMap::default(),
        next_id: numbers.id,
        due_before,
        change: BatchChange::default(),
    };
    let (mut appended, mut sealed) = (Vec::with_capacity(batches.len()), Vec::new());
    for batch in batches {
        let mut outcomes = Vec::with_capacity(batch.len());
        for new in batch {
            let outcome = group.add(new, now);
            if outcome.outcome != Outcome::Duplicate {
                group.hide_replaced(new, outcome.id, now);
                for (photo, n) in new.photos.iter().zip(0..) {
                    let day = new.scan_time.day();
                    sealed.push(photos::seal(vault, new.owner, day, (outcome.id.0, n), photo)?);
                }
            }
            outcomes.push(outcome);
        }
        appended.push(outcomes);
    }
    let Group { rows, next_id, mut change, .. } = group;
    change.batch = numbers.batch;
    change.rows = rows.len();
    change.next_id = next_id;
    let body = if rows.is_empty() { Vec::new() } else { encode(&rows) };
    Ok(Prepared { appended, change, sealed, body })
}

/// The rows that a group will add.
struct Group<'a> {
    snapshot: &'a Snapshot,
    seen: &'a mut SeenEvents,
    rows: Vec<RowRef<'a>>,
    /// Rows of the group by event, in the order of their versions.
    pending: HashMap<(CameraId, &'a str), Vec<usize>, foldhash::fast::RandomState>,
    next_id: u64,
    due_before: i64,
    change: BatchChange,
}

impl<'a> Group<'a> {
    fn add(&mut self, new: &'a NewDetection, now: UtcMicros) -> Appended {
        let mut row = RowRef::of_new(new, now);
        let versions = self.versions(&row);
        let Some(newest) = versions.iter().max_by_key(|version| version.id).cloned() else {
            return self.push(row, Outcome::Stored);
        };
        // A repeat or update that brings no photos takes nothing away.
        let takes_photos_over = row.photos_stored == 0 && newest.photos_stored > 0;
        let is_repeat = |version: &RowRef<'_>| {
            let mut as_repeated = row.clone();
            if as_repeated.photos_stored == 0 {
                as_repeated.photos_stored = version.photos_stored;
            }
            as_repeated.says_the_same_as(version)
        };
        if versions.iter().any(is_repeat) {
            return Appended { id: DetectionId(newest.id), outcome: Outcome::Duplicate };
        }
        row.version = versions.iter().map(|version| version.version).max().unwrap_or_default().saturating_add(1);
        row.supersedes = Some(newest.id);
        if takes_photos_over {
            row.photos_stored = newest.photos_stored;
            self.change.inherited.push((newest.id, self.next_id));
        }
        let hidden = HiddenId { id: newest.id, day: day_of(newest.scan_time), successor: Some(self.next_id) };
        self.change.hidden.push(hidden);
        self.push(row, Outcome::Superseded)
    }

    /// Hides the reads of the same passing that this one sums up. One that comes later than its sum is not known here, and
    /// stays.
    fn hide_replaced(&mut self, new: &'a NewDetection, sum: DetectionId, now: UtcMicros) {
        let own = RowRef::of_new(new, now);
        for event_id in new.replaces_events.iter().filter(|event_id| **event_id != new.event_id) {
            let other = RowRef { event_id, known_hash: None, ..own.clone() };
            let Some(newest) = self.versions(&other).into_iter().max_by_key(|version| version.id) else { continue };
            let hidden = HiddenId { id: newest.id, day: day_of(newest.scan_time), successor: Some(sum.0) };
            if self.change.hidden.iter().all(|known| known.id != hidden.id) {
                self.change.hidden.push(hidden);
            }
        }
    }

    /// All versions of the event that are stored or about to be. One that is due is as good as gone.
    fn versions(&self, row: &RowRef<'_>) -> Vec<RowRef<'a>> {
        let hash = row.event_hash();
        // Reads of this group are in the filter too, and among the pending ones.
        if !self.seen.may_have(day_of(row.scan_time), hash) {
            return Vec::new();
        }
        let stored = self.snapshot.versions(row.origin.camera, row.event_id, hash, row.scan_time);
        let stored = stored.into_iter().filter_map(|(entry, found)| {
            let reader = self.snapshot.entries[entry].reader().ok()?;
            Some(reader.row(found as usize))
        });
        let pending = self.pending.get(&(row.origin.camera, row.event_id)).into_iter().flatten();
        let pending = pending
            .map(|at| &self.rows[*at])
            .filter(|other| is_near_day(day_of(other.scan_time), day_of(row.scan_time)))
            .cloned();
        stored.chain(pending).filter(|version| version.scan_time >= self.due_before).collect()
    }

    fn push(&mut self, mut row: RowRef<'a>, outcome: Outcome) -> Appended {
        row.id = self.next_id;
        self.next_id += 1;
        self.seen.add(day_of(row.scan_time), row.event_hash());
        self.pending.entry((row.origin.camera, row.event_id)).or_default().push(self.rows.len());
        let id = DetectionId(row.id);
        self.rows.push(row);
        Appended { id, outcome }
    }
}

impl Shared {
    fn recent_entries(&self) -> usize {
        self.snapshot().entries.iter().filter(|entry| entry.is_recent()).count()
    }

    /// [`Self::join_recents`], one at a time; a failure is logged and tried again after the next append.
    pub(crate) async fn join_or_warn(&self) {
        let _alone = self.joining.lock().await;
        if let Err(error) = self.join_recents().await {
            tracing::warn!(error = %error, "recent batches could not be joined in memory");
        }
    }

    /// Joins small recent batches into larger segments in memory, so that a search has few to open. `recents` is unchanged.
    async fn join_recents(&self) -> Result<(), StoreError> {
        loop {
            let snapshot = self.snapshot();
            let bound = self.sealing_through();
            let mut recents: Vec<Arc<Entry>> =
                snapshot.entries.iter().filter(|entry| entry.is_recent()).cloned().collect();
            recents.sort_unstable_by_key(|entry| tiers::batches(entry));
            let run = tiers::newest_run(&recents, bound);
            if run.is_empty() {
                return Ok(());
            }
            let joined = self.work(move || tiers::join_run(&run)).await?.map_err(StoreError::Unreadable)?;
            let (first, last) = tiers::batches(&joined);
            let is_joined = |entry: &Entry| {
                let (low, high) = tiers::batches(entry);
                entry.is_recent() && first <= low && high <= last
            };
            // Sealing may have taken them meanwhile; then there is nothing left to replace.
            self.publish(|snapshot| {
                let rows: usize =
                    snapshot.entries.iter().filter(|entry| is_joined(entry)).map(|entry| entry.rows).sum();
                if rows == joined.rows { snapshot.replacing(is_joined, vec![joined]) } else { snapshot.clone() }
            });
        }
    }
}
