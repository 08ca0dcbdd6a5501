//! Stores on temporary folders, and small fictional detections.

use crate::{FaultHook, Store, StoreConfig};
use domain::time::DAY_MICROS;
use domain::{
    AgencyId, CameraId, NewDetection, NewPhoto, PlateText, PoolId, Position, Source, State, TimeFrame, UtcMicros,
    Vehicle,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use storage::{Blobs, Sql, TestClock, Vault};
use tempfile::TempDir;

/// The day on which the fictional reads are made: 2026-05-03.
pub(crate) const DAY: i64 = 20_576;

/// A data folder that can be opened again and again, as after a crash.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<TestClock>,
    /// URL and schema.
    pub(crate) postgres: Option<(String, String)>,
}

/// One home on each database that the environment offers.
pub(crate) fn homes() -> Vec<Home> {
    let mut homes = vec![Home::sqlite()];
    match std::env::var("SIGHTLINE_TEST_POSTGRES") {
        Ok(url) => homes.push(Home::new(Some((url, fresh_schema())))),
        Err(_) => eprintln!("SIGHTLINE_TEST_POSTGRES is not set: this ran on SQLite only"),
    }
    homes
}

fn fresh_schema() -> String {
    static SCHEMAS: AtomicU32 = AtomicU32::new(0);
    let number = SCHEMAS.fetch_add(1, Ordering::SeqCst);
    format!("detections_{}_{number}_{}", std::process::id(), u32::from_le_bytes(storage::vault::random_bytes()))
}

impl Home {
    fn new(postgres: Option<(String, String)>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            vault: Arc::new(Vault::for_tests()),
            clock: Arc::new(TestClock::at(UtcMicros((DAY + 1) * DAY_MICROS))),
            postgres,
        }
    }

    pub(crate) fn sqlite() -> Self {
        Self::new(None)
    }

    /// An empty home on the same database.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.postgres.as_ref().map(|(url, _)| (url.clone(), fresh_schema())))
    }

    pub(crate) async fn config(&self) -> StoreConfig {
        let sql = match &self.postgres {
            None => Sql::sqlite(&self.folder.path().join("detections.db")).await.unwrap(),
            Some((url, schema)) => Sql::postgres(url, schema).await.unwrap(),
        };
        let blobs = Blobs::local(&self.folder.path().join("blobs")).unwrap();
        let clock: Arc<dyn storage::Clock> = self.clock.clone();
        StoreConfig {
            seal_rows: usize::MAX,
            seal_batches: usize::MAX,
            ..StoreConfig::new(sql, blobs, Arc::clone(&self.vault), clock)
        }
    }

    /// Opens the store; it seals and merges only when told to.
    pub(crate) async fn open(&self) -> Store {
        Store::open(self.config().await).await.unwrap()
    }

    pub(crate) async fn open_with(&self, faults: FaultHook) -> Store {
        Store::open(StoreConfig { faults, ..self.config().await }).await.unwrap()
    }

    /// The files of the segments that lie on disk, named in the catalogue or not.
    pub(crate) fn segment_files(&self) -> Vec<std::path::PathBuf> {
        files_below(&self.folder.path().join("blobs/segments"))
    }

    pub(crate) fn pack_files(&self) -> Vec<std::path::PathBuf> {
        files_below(&self.folder.path().join("blobs/photos"))
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files_below(&path) } else { vec![path] }
        })
        .collect();
    files.sort();
    files
}

pub(crate) fn plate(text: &str) -> PlateText {
    PlateText::normalise(text).unwrap()
}

pub(crate) fn at(lon_e7: i32, lat_e7: i32) -> Position {
    Position { lat_e7, lon_e7 }
}

/// Noon of the fictional day.
pub(crate) fn noon() -> i64 {
    DAY * DAY_MICROS + DAY_MICROS / 2
}

/// The fictional day and the days beside it.
pub(crate) fn around() -> TimeFrame {
    TimeFrame::new(UtcMicros((DAY - 2) * DAY_MICROS), UtcMicros((DAY + 3) * DAY_MICROS)).unwrap()
}

/// A read of camera 1, pool 1, at noon.
pub(crate) fn read(event_id: &str, text: &str) -> NewDetection {
    NewDetection {
        camera: CameraId(1),
        event_id: event_id.to_owned().into(),
        scan_time: UtcMicros(noon()),
        raw_plate: text.to_lowercase().into(),
        plate: plate(text),
        state: State::us("CA").ok(),
        confidence: Some(9_000),
        readings: Vec::new(),
        vehicle: Vehicle::default(),
        position: at(0, 0),
        owner: AgencyId(1),
        pool: PoolId(1),
        source: Source::Pole,
        photos: Vec::new(),
        photos_at_camera: 0,
        low_quality: false,
        replaces_events: Vec::new(),
    }
}

pub(crate) fn photo(content: &[u8]) -> NewPhoto {
    let mut bytes = vec![0xff, 0xd8, 0xff];
    bytes.extend_from_slice(content);
    NewPhoto { kind: domain::detection::PhotoKind::Scene, bytes }
}

/// A small generator for model tests (SplitMix64): the same seed, the same run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub(crate) fn number(&mut self, limit: i32) -> i32 {
        i32::try_from(self.below(usize::try_from(limit).unwrap())).unwrap()
    }

    pub(crate) fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
