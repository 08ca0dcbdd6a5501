//! The store as its callers see it.

use crate::StoreError;
use crate::answer::{Answer, Appended, Count, Counted, Counts, FoundRows, Previewed, Stats};
use crate::check::Checked;
use crate::encode::SEGMENT_ROWS_MAX;
use crate::fault::{DurableWrite, FaultHook};
use crate::open;
use crate::photos::{self, OpenedPhoto, PHOTOS_ASKED_MAX, PHOTOS_OPENED_BYTES_MAX};
use crate::purge::{Purged, RetentionAct};
use crate::search::common_plate::{self, Tally};
use crate::search::density::Density;
use crate::search::gather::{Gather, Gathered, gather};
use crate::search::newest::{self, Newest, NewestFound};
use crate::search::plan::{Plan, Search};
use crate::search::scan::Match;
use crate::search::turn::Turn;
use crate::segment::{Reader, Segment};
use crate::shared::Shared;
use crate::withdraw::WithdrawalAct;
use crate::writer::{self, Job, QUEUE_BATCHES_MAX};
use domain::limits::{PHOTO_BYTES_MAX, PHOTOS_MAX, RESULTS_WARNING};
use domain::{Criteria, Detection, DetectionId, NewDetection, NewPhoto};
use ledger::Recorded;
use policy::{ExactCount, Permit, PhotoPermit, Preview, Rows};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use storage::{Blobs, Clock, Sql, Vault};
use tokio::sync::{mpsc, oneshot};

/// Recent rows from which on they are sealed: about 30 MB, and under a second of encoding.
pub const SEAL_ROWS: usize = 250_000;
/// Recent batches from which on they are sealed, however few their rows: each is read by itself when the store opens, and
/// cameras that post every read alone must not make a restart slow: these take about seven seconds on two cores.
pub const SEAL_BATCHES: usize = 20_000;
/// Threads that work on one search.
pub const SEARCH_THREADS: usize = 2;

#[derive(Debug)]
pub struct StoreConfig {
    pub sql: Sql,
    /// Segments and photo packs.
    pub blobs: Blobs,
    pub vault: Arc<Vault>,
    pub clock: Arc<dyn Clock>,
    /// Recent rows that make the background task seal; [`SEAL_ROWS`] unless there is a reason.
    pub seal_rows: usize,
    /// The same for recent batches; [`SEAL_BATCHES`].
    pub seal_batches: usize,
    pub search_threads: usize,
    /// For tests; the default does nothing.
    pub faults: FaultHook,
}

impl StoreConfig {
    pub fn new(sql: Sql, blobs: Blobs, vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Self {
        Self {
            sql,
            blobs,
            vault,
            clock,
            seal_rows: SEAL_ROWS,
            seal_batches: SEAL_BATCHES,
            search_threads: SEARCH_THREADS,
            faults: FaultHook::default(),
        }
    }
}

/// Where a photo comes from that its camera kept: asked once, when the photo is first opened.
#[async_trait::async_trait]
pub trait PhotoSource: Send + Sync {
    /// Photo number `n` of a detection, from 0; `None` where the camera no longer has it.
    async fn fetch(&self, detection: &Detection, n: u8) -> Option<NewPhoto>;
}

/// The detection store. Cheap to clone; all clones are one store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    queue: mpsc::Sender<Job>,
}

impl Store {
    /// Opens the store and starts its writer and its maintenance, which end with the last clone or with [`Self::close`].
    pub async fn open(config: StoreConfig) -> Result<Self, StoreError> {
        Self::open_with(config, SEGMENT_ROWS_MAX).await
    }

    /// The same; segments of version 1 are cut into parts of at most `rows_max` rows.
    pub(crate) async fn open_with(config: StoreConfig, rows_max: usize) -> Result<Self, StoreError> {
        let shared = Arc::new(open::open(config, rows_max).await?);
        let (queue, jobs) = mpsc::channel(QUEUE_BATCHES_MAX);
        let (seal_wanted, wake_ups) = mpsc::channel(1);
        let (join_wanted, mut joins) = mpsc::channel(1);
        tokio::spawn(writer::run(Arc::clone(&shared), jobs, seal_wanted, join_wanted));
        let joining = Arc::clone(&shared);
        tokio::spawn(async move {
            while joins.recv().await.is_some() {
                joining.join_or_warn().await;
            }
        });
        let opening = Arc::clone(&shared);
        tokio::spawn(async move {
            if let Err(error) = opening.open_indexes_that_are_there().await {
                tracing::error!(error = &error as &dyn std::error::Error, "indexes of plates could not be opened");
            }
        });
        tokio::spawn(maintain(Arc::clone(&shared), wake_ups));
        Ok(Self { shared, queue })
    }

    /// Stores detections. On return every one of them is durable and found by searches; the answers are in their order.
    pub async fn append(&self, batch: Vec<NewDetection>) -> Result<Vec<Appended>, StoreError> {
        writer::check(&batch)?;
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job::Append { batch, answer }).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// How many reads match, and roughly where.
    pub async fn preview(&self, permit: Recorded<Permit<Preview>>) -> Result<Previewed, StoreError> {
        self.preview_of(search_of(permit.act())).await
    }

    /// The rows, or the warning that there are too many (LIM-1).
    pub async fn rows(&self, permit: Recorded<Permit<Rows>>) -> Result<Answer, StoreError> {
        self.rows_of(search_of(permit.act()), permit.act().confirmed_large()).await
    }

    /// The number of matches, however many.
    pub async fn exact_count(&self, permit: Recorded<Permit<ExactCount>>) -> Result<Counted, StoreError> {
        self.count_of(search_of(permit.act())).await
    }

    /// Opens photos. Those that the camera kept are fetched from it, stored sealed, and then returned. A photo that does
    /// not exist, or whose detection is no longer shown, is left out.
    pub async fn photos(
        &self,
        permit: Recorded<PhotoPermit>,
        source: &dyn PhotoSource,
    ) -> Result<Vec<OpenedPhoto>, StoreError> {
        let wanted: Vec<(u64, u8)> = permit.act().photos().iter().map(|(id, n)| (id.0, *n)).collect();
        self.photos_of(&wanted, source).await
    }

    /// Opens one of a permit's photos, by its place in the permit's list, so that many can leave one after another without
    /// being held together. `None` where it does not exist, or its detection is no longer shown.
    pub async fn photo(
        &self,
        permit: &Recorded<PhotoPermit>,
        place: usize,
        source: &dyn PhotoSource,
    ) -> Result<Option<OpenedPhoto>, StoreError> {
        let Some((detection, n)) = permit.act().photos().get(place) else { return Ok(None) };
        Ok(self.photos_of(&[(detection.0, *n)], source).await?.pop())
    }

    /// Seals all recents now. The background task does so by itself.
    pub async fn seal(&self) -> Result<usize, StoreError> {
        self.shared.seal().await
    }

    /// Merges small segments now. The background task does so by itself.
    pub async fn merge(&self) -> Result<usize, StoreError> {
        self.shared.merge().await
    }

    /// Makes indexes over many segments now. The background task does so by itself.
    pub async fn index_days(&self) -> Result<usize, StoreError> {
        self.shared.index_days().await
    }

    /// Withdraws detections: on return they are hidden, durably, from searches, previews, counts and photos, and stay so.
    /// A later version of the same event is another detection, and is shown. Gives those that were shown until now; of
    /// the others nothing is known here, or they were hidden before.
    pub async fn withdraw<A: WithdrawalAct>(&self, act: Recorded<A>) -> Result<Vec<DetectionId>, StoreError> {
        self.shared.withdraw(act.act().detections()).await
    }

    /// Sets how long detections are kept, from their scan on. Those that are due are hidden from the same instant on, and
    /// removed by [`Self::purge`].
    pub async fn set_retention<A: RetentionAct>(&self, act: Recorded<A>) -> Result<(), StoreError> {
        self.shared.set_retention(act.act().keep_micros()).await
    }

    /// Removes the segments all of whose reads are due, and photos of days before; indexes are made anew without them. The
    /// background task does so by itself whenever it seals.
    pub async fn purge(&self) -> Result<Purged, StoreError> {
        let purged = self.shared.purge().await?;
        self.shared.index_days().await?;
        Ok(purged)
    }

    pub fn stats(&self) -> Stats {
        let snapshot = self.shared.snapshot();
        let mut stats = Stats::default();
        for entry in &snapshot.entries {
            stats.rows += entry.rows as u64;
            stats.bytes += entry.bytes;
            if entry.is_recent() {
                stats.recents += entry.rows as u64;
            } else {
                stats.segments += 1;
            }
            if entry.is_damaged() {
                stats.set_aside.push(entry.name.to_string());
            }
        }
        stats.bytes += snapshot.indexes.iter().map(|covered| covered.index.bytes().len() as u64).sum::<u64>();
        stats
    }

    /// Bytes of the sections of all segments and recents, by the names of `docs/segment-format.md`.
    pub fn section_bytes(&self) -> std::collections::BTreeMap<String, u64> {
        let mut sizes = std::collections::BTreeMap::new();
        let snapshot = self.shared.snapshot();
        let segments = snapshot.entries.iter().filter_map(|entry| entry.segment().ok());
        let indexes = snapshot.indexes.iter().flat_map(|covered| covered.index.sizes());
        for (name, bytes) in segments.flat_map(Segment::sizes).chain(indexes) {
            *sizes.entry(name.to_owned()).or_default() += bytes;
        }
        sizes
    }

    /// Reads every segment, recent batch and photo once, and compares each with its checksums, with its own rows, and with
    /// what the database says of it. For a store that nobody writes to meanwhile.
    pub async fn check(&self) -> Result<Checked, StoreError> {
        self.shared.check().await
    }

    /// Waits for what was handed in and for maintenance that runs, then takes nothing more.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Job::Close { done }).await.is_ok() {
            let _ = closed.await;
        }
        drop(self.shared.maintenance.lock().await);
        drop(self.shared.joining.lock().await);
    }

    /// Runs a search, a few at once. Where the runtime can give this thread's other work to another, the search runs right
    /// here: handing it to a waiting thread takes longer than most searches.
    pub(crate) async fn search<T: Send + 'static>(
        &self,
        search: Search,
        run: impl FnOnce(&crate::snapshot::Snapshot, &Plan, &Turn) -> Result<T, common_plate::TooManyPlates>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        let is_common = matches!(search.question.criteria(), Criteria::CommonPlate { .. });
        let turn = self.shared.turns.next(is_common).await.map_err(|_| StoreError::Closed)?;
        let (snapshot, due_before) = (self.shared.snapshot(), self.shared.due_before());
        let work = move || {
            // A search changes nothing that others see: one that panics over a segment leaves nothing half done.
            let run = || {
                let mut plan = Plan::new(&search);
                let snapshot = if plan.begin_at(due_before) { snapshot } else { Arc::default() };
                run(&snapshot, &plan, &turn)
            };
            catch_unwind(AssertUnwindSafe(run)).map_err(|_| StoreError::WorkerLost)
        };
        let found = match tokio::runtime::Handle::current().runtime_flavor() {
            tokio::runtime::RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
            _ => self.shared.work(work).await?,
        };
        found?.map_err(|common_plate::TooManyPlates| StoreError::TooManyPlates)
    }

    pub(crate) async fn preview_of(&self, search: Search) -> Result<Previewed, StoreError> {
        let run = |snapshot: &crate::snapshot::Snapshot, plan: &Plan, turn: &Turn| {
            let gathered = gather_all(snapshot, plan, turn, Density::new)?;
            let count = count_of(gathered.made.counts.total());
            let (density, cell_e7) = gathered.made.into_cells();
            Ok(Previewed { count, density, cell_e7, set_aside: gathered.set_aside })
        };
        self.search(search, run).await
    }

    pub(crate) async fn rows_of(&self, search: Search, is_confirmed: bool) -> Result<Answer, StoreError> {
        let run = move |snapshot: &crate::snapshot::Snapshot, plan: &Plan, turn: &Turn| {
            let mut winners = None;
            let found = if plan.is_common {
                let common = winners.insert(common_plate::winners(snapshot, plan, turn)?);
                let newest = common_plate::gather_winners(snapshot, plan, common, turn, Newest::new);
                let (counts, set_aside) = (newest.counts, std::mem::take(&mut common.set_aside));
                NewestFound { counts, found: newest.into_newest(), set_aside }
            } else {
                newest::newest(snapshot, plan, turn, !is_confirmed)
            };
            let NewestFound { counts, found, set_aside } = found;
            let is_truncated = counts.total() >= RESULTS_WARNING as u64;
            if is_truncated && !is_confirmed {
                return Ok(Answer::NeedsConfirmation { at_least: RESULTS_WARNING as u64 });
            }
            let hits = newest::hits(snapshot, plan, turn, &found);
            // Only what the report shows is tallied: the plates of the hits, in a second pass.
            let common = winners.map(|mut winners| {
                winners.keep_those_of(snapshot, &found);
                let new = || Tally::new(plan);
                common_plate::gather_winners(snapshot, plan, &winners, turn, new).into_report(&hits)
            });
            let count = count_of(counts.total());
            Ok(Answer::Rows(Box::new(FoundRows { hits, count, counts, is_truncated, common, set_aside })))
        };
        self.search(search, run).await
    }

    pub(crate) async fn count_of(&self, search: Search) -> Result<Counted, StoreError> {
        let run = |snapshot: &crate::snapshot::Snapshot, plan: &Plan, turn: &Turn| {
            let gathered = gather_all(snapshot, plan, turn, OnlyCounts::default)?;
            Ok(Counted { counts: gathered.made.0, set_aside: gathered.set_aside })
        };
        self.search(search, run).await
    }

    pub(crate) async fn photos_of(
        &self,
        wanted: &[(u64, u8)],
        source: &dyn PhotoSource,
    ) -> Result<Vec<OpenedPhoto>, StoreError> {
        if wanted.len() > PHOTOS_ASKED_MAX {
            return Err(StoreError::TooManyPhotos);
        }
        let (mut opened, mut bytes) = (Vec::new(), 0);
        for (id, n) in wanted {
            let (shared, id) = (Arc::clone(&self.shared), *id);
            let Some(shown) = self.shared.work(move || shown(&shared, id)).await? else { continue };
            if let Some(photo) = self.photo_of(&shown, *n, source).await? {
                bytes += photo.bytes.len();
                opened.push(photo);
            }
            if bytes > PHOTOS_OPENED_BYTES_MAX {
                return Err(StoreError::TooManyPhotos);
            }
        }
        Ok(opened)
    }

    async fn photo_of(
        &self,
        shown: &Shown,
        n: u8,
        source: &dyn PhotoSource,
    ) -> Result<Option<OpenedPhoto>, StoreError> {
        let (shared, detection) = (&self.shared, &shown.detection);
        let mut stored = shared.catalogue.photo(detection.id.0, n).await?;
        if stored.is_none() && n < shown.photos_at_camera {
            let fetched = source.fetch(detection, n).await;
            let Some(photo) = fetched.filter(|photo| photo.bytes.len() <= PHOTO_BYTES_MAX) else { return Ok(None) };
            self.keep(detection, n, &photo).await?;
            stored = shared.catalogue.photo(detection.id.0, n).await?;
        }
        match stored {
            Some(stored) => photos::open(&shared.blobs, &shared.vault, &stored).await.map(Some),
            None => Ok(None),
        }
    }

    /// Seals and stores a photo that was fetched.
    async fn keep(&self, detection: &Detection, n: u8, photo: &NewPhoto) -> Result<(), StoreError> {
        let key = (detection.id.0, n);
        let sealed = photos::seal(&self.shared.vault, detection.owner, detection.scan_time.day(), key, photo)?;
        let packs = Arc::clone(&self.shared.packs);
        let append = move || packs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(vec![sealed]);
        let stored = self.shared.work(append).await?.map_err(StoreError::file("write photos"))?;
        let shared = &self.shared;
        for photo in &stored {
            let transaction = shared.catalogue.stage_photo(photo).await?;
            let is_kept = async { Ok(shared.catalogue.photo(photo.detection, photo.n).await?.is_some()) };
            shared.commit(DurableWrite::FetchedPhoto, transaction, is_kept).await?;
        }
        Ok(())
    }
}

/// The only way from a permit to a search: its own question over its own pools.
fn search_of<K>(permit: &Permit<K>) -> Search {
    Search { question: permit.question().clone(), pools: permit.pools().to_vec() }
}

/// A detection that may be shown, with what its camera keeps.
struct Shown {
    detection: Detection,
    photos_at_camera: u8,
}

fn shown(shared: &Shared, id: u64) -> Option<Shown> {
    shared.snapshot().entries.iter().find_map(|entry| {
        let row = entry.find(id).filter(|row| !entry.is_hidden(*row))?;
        let row = entry.reader().ok()?.row(row as usize);
        let row = Some(row).filter(|row| row.scan_time >= shared.due_before())?;
        let photos_at_camera = if row.photos_stored > 0 { 0 } else { row.photos_at_camera };
        let photos_at_camera = photos_at_camera.min(u8::try_from(PHOTOS_MAX).unwrap_or(u8::MAX));
        Some(Shown { detection: row.to_detection(), photos_at_camera })
    })
}

/// Gathers every match of a question.
fn gather_all<G: Gather>(
    snapshot: &crate::snapshot::Snapshot,
    plan: &Plan,
    turn: &Turn,
    new: impl Fn() -> G + Sync,
) -> Result<Gathered<G>, common_plate::TooManyPlates> {
    if !plan.is_common {
        return Ok(gather(snapshot, plan, turn, new));
    }
    let winners = common_plate::winners(snapshot, plan, turn)?;
    let made = common_plate::gather_winners(snapshot, plan, &winners, turn, new);
    Ok(Gathered { made, set_aside: winners.set_aside })
}

/// What is told of a number: exact below the warning.
fn count_of(total: u64) -> Count {
    let warning = RESULTS_WARNING as u64;
    if total < warning { Count::Exactly(total) } else { Count::AtLeast(warning) }
}

#[derive(Debug, Default)]
struct OnlyCounts(Counts);

impl Gather for OnlyCounts {
    fn take(&mut self, _entry: usize, _reader: &Reader<'_>, found: Match) {
        self.0.add(found.kind, 1);
    }

    fn take_span(&mut self, _entry: usize, _reader: &Reader<'_>, rows: std::ops::Range<usize>, _places: u64) {
        self.0.add(domain::MatchKind::Exact, rows.len() as u64);
    }

    fn join(&mut self, other: Self) {
        self.0.join(&other.0);
    }
}

/// Seals and merges whenever the writer asks; ends with the writer. A failure is logged once, and tried again when the
/// writer next asks.
async fn maintain(shared: Arc<Shared>, mut wake_ups: mpsc::Receiver<()>) {
    while wake_ups.recv().await.is_some() {
        if let Err(error) = shared.seal().await {
            tracing::error!(error = &error as &dyn std::error::Error, "recent detections could not be sealed");
        }
        if let Err(error) = shared.merge().await {
            tracing::error!(error = &error as &dyn std::error::Error, "segments could not be merged");
        }
        if let Err(error) = shared.purge().await {
            tracing::error!(error = &error as &dyn std::error::Error, "detections that are due could not be removed");
        }
        if let Err(error) = shared.index_days().await {
            tracing::error!(error = &error as &dyn std::error::Error, "an index of plates could not be made");
        }
    }
}
