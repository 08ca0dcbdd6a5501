//! A search's share of the processors: as many searches run at once as there are processors, and one that takes long gives
//! way after a while to those that wait, so that a heavy question does not hold up the light ones.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// A search that ran so long lets one that waits go first. Most searches are done by then; handing over takes a hundredth of it.
/// The model tests are small, and give way between all segments.
const SLICE: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_millis(2) };
/// Searches that have begun and are not done; more wait before they hold any memory. Each holds a few megabytes.
const BEGUN_MAX: usize = 32;

/// The turns of a store's searches.
#[derive(Debug)]
pub(crate) struct Turns {
    begun: Arc<Semaphore>,
    /// Questions for common plates hold up to half a gigabyte: as many are begun as can run.
    common: Arc<Semaphore>,
    running: Arc<Semaphore>,
    at_once: usize,
    pool: Option<Arc<rayon::ThreadPool>>,
}

impl Turns {
    pub(crate) fn new(at_once: usize, pool: Option<Arc<rayon::ThreadPool>>) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits));
        Self { begun: semaphore(BEGUN_MAX), common: semaphore(at_once), running: semaphore(at_once), at_once, pool }
    }

    /// Waits until a search may run.
    pub(crate) async fn next(&self, is_common: bool) -> Result<Turn, AcquireError> {
        let common = if is_common { Some(Arc::clone(&self.common).acquire_owned().await?) } else { None };
        let begun = Arc::clone(&self.begun).acquire_owned().await?;
        let running = Arc::clone(&self.running).acquire_owned().await?;
        Ok(Turn {
            slice: Mutex::new(Slice { running: Some(running), began: Instant::now() }),
            queue: Arc::clone(&self.running),
            at_once: self.at_once,
            pool: self.pool.clone(),
            runtime: Some(Handle::current()),
            _begun: Some((begun, common)),
        })
    }
}

/// The turn of one search, which ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    slice: Mutex<Slice>,
    queue: Arc<Semaphore>,
    at_once: usize,
    pool: Option<Arc<rayon::ThreadPool>>,
    /// `None` where nobody else ever waits.
    runtime: Option<Handle>,
    _begun: Option<(OwnedSemaphorePermit, Option<OwnedSemaphorePermit>)>,
}

#[derive(Debug)]
struct Slice {
    running: Option<OwnedSemaphorePermit>,
    began: Instant,
}

impl Turn {
    /// Of a search beside which there is no other.
    pub(crate) fn alone() -> Self {
        let slice = Mutex::new(Slice { running: None, began: Instant::now() });
        Self { slice, queue: Arc::new(Semaphore::new(1)), at_once: 1, pool: None, runtime: None, _begun: None }
    }

    /// Threads that may help; none where other searches run, which share the processors by themselves. They are kept: one
    /// that is started for each search would fetch its memory from the system each time.
    pub(crate) fn helpers(&self) -> Option<&rayon::ThreadPool> {
        self.pool.as_deref().filter(|_| !self.is_shared())
    }

    /// Whether other searches run.
    pub(crate) fn is_shared(&self) -> bool {
        self.queue.available_permits() < self.at_once - 1
    }

    /// Lets searches that wait go first, once this one has run for a while. Called by the thread that asked, which then waits.
    pub(crate) fn give_way(&self) {
        let Some(runtime) = &self.runtime else { return };
        let mut slice = self.slice.lock().unwrap_or_else(PoisonError::into_inner);
        if slice.began.elapsed() < SLICE {
            return;
        }
        // The queue is in order of arrival. A store that closes has no queue any more: the search runs to its end.
        slice.running = None;
        slice.running = runtime.block_on(Arc::clone(&self.queue).acquire_owned()).ok();
        slice.began = Instant::now();
    }
}
