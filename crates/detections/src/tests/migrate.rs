//! A data folder of the release that wrote segments of version 1: four sealed days, and one batch that is still recent.

use super::support::Home;
use crate::answer::{Answer, FoundRows};
use crate::search::plan::Search;
use crate::{FaultHook, Step, Store, StoreError};
use domain::{Criteria, PoolId, Question, State, TimeFrame, UtcMicros, Widen};
use std::fs;
use std::path::Path;

type Known = (u64, &'static str, i64, i32, u16, &'static [&'static str]);

/// Id, event, scan time, latitude, confidence, readings of each read; their plate is YUT469, of Arizona.
const READS: [Known; 5] = [
    (1, "982-0", 1_770_292_446_462_185, 332_528_775, 9_485, &[]),
    (2, "558-1", 1_771_920_942_168_507, 329_283_034, 8_369, &[]),
    (3, "4075-2", 1_773_967_087_787_768, 419_671_129, 7_478, &[]),
    (4, "4973-3", 1_774_832_508_747_373, 417_078_284, 8_710, &["3UT469"]),
    (5, "2855-4", 1_776_798_573_893_528, 306_084_236, 8_630, &[]),
];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(drop).unwrap() }
    }
}

fn home() -> Home {
    let home = Home::sqlite();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/version_1"), home.folder.path());
    home
}

async fn all(store: &Store) -> FoundRows {
    let criteria = Criteria::FullPlate { plate: super::support::plate("YUT469"), state: State::us("AZ").ok() };
    let frame = TimeFrame::new(UtcMicros(READS[0].2), UtcMicros(READS[4].2 + 1)).unwrap();
    let question = Question::new(criteria, frame, Widen::default()).unwrap();
    let search = Search { question, pools: (1..=3).map(PoolId).collect() };
    let Answer::Rows(found) = store.rows_of(search, false).await.unwrap() else { panic!("few rows") };
    *found
}

async fn check(store: &Store) {
    let found = all(store).await;
    assert!(found.set_aside.is_empty());
    let mut hits: Vec<_> = found.hits.into_iter().map(|hit| hit.detection).collect();
    hits.reverse();
    assert_eq!(hits.len(), READS.len());
    for (hit, (id, event, time, lat, confidence, readings)) in hits.iter().zip(READS) {
        assert_eq!((hit.id.0, hit.event_id.as_str(), hit.scan_time.0), (id, event, time));
        assert_eq!((hit.position.lat_e7, hit.confidence, hit.photos), (lat, Some(confidence), 2));
        let texts: Vec<&str> = hit.readings.iter().map(|reading| reading.plate.as_str()).collect();
        assert_eq!((hit.raw_plate.as_str(), texts.as_slice()), ("YUT469", readings));
        assert_eq!(hit.vehicle.make.as_deref(), Some("hyundai"));
    }
}

fn versions(home: &Home) -> Vec<u8> {
    home.segment_files().iter().map(|file| fs::read(file).unwrap()[8]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_9_a_folder_of_version_1_opens_and_is_written_anew_as_version_2() {
    let home = home();
    assert_eq!(versions(&home), [1; 4]);
    for _ in 0..2 {
        let store = home.open().await;
        check(&store).await;
        store.close().await;
        assert_eq!(versions(&home), [2; 4]);
    }
    let store = home.open().await;
    assert_eq!(store.seal().await.unwrap(), 1);
    check(&store).await;
    assert_eq!(versions(&home), [2; 5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_9_a_migration_that_stops_at_any_step_loses_nothing_and_goes_on_when_opened_again() {
    for step in [Step::SegmentsWritten, Step::CatalogueCommitted] {
        let home = home();
        let config = crate::StoreConfig { faults: FaultHook::new(move |at| at == step), ..home.config().await };
        assert!(matches!(Store::open(config).await, Err(StoreError::Interrupted(_))));
        let store = home.open().await;
        check(&store).await;
        assert_eq!(versions(&home), [2; 4]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_damaged_segment_of_version_1_is_set_aside_and_left_as_it_is() {
    let home = home();
    let file = home.segment_files().remove(1);
    let mut bytes = fs::read(&file).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let store = home.open().await;
    let found = all(&store).await;
    assert_eq!((found.hits.len(), found.set_aside.len()), (4, 1));
    assert_eq!(fs::read(&file).unwrap(), bytes);
}
