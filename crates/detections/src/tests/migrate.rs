//! A data folder of the release that wrote segments of version 1: four sealed days, and one batch that is still recent.

use super::craft::Crafted;
use super::support::{Home, homes};
use crate::answer::{Answer, FoundRows};
use crate::search::plan::Search;
use crate::{DurableWrite, Fault, FaultHook, Store};
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
    for write in [DurableWrite::SegmentFile, DurableWrite::Migrating, DurableWrite::FileRemoval] {
        for fault in Fault::ALL {
            let home = home();
            let faults = FaultHook::new(move |at| (at == write).then_some(fault));
            let config = crate::StoreConfig { faults, ..home.config().await };
            // A commit that was kept is found in the database, whatever was reported of it.
            assert_eq!(Store::open(config).await.is_ok(), (write, fault) == (DurableWrite::Migrating, Fault::After));
            let store = home.open().await;
            check(&store).await;
            assert_eq!(versions(&home), [2; 4], "{write:?} {fault:?}");
        }
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

/// Makes the only row of a file of version 1 `copies` rows, with ids from 1,000, and has the catalogue name the new file.
async fn multiply(home: &Home, file: &Path, copies: u32) {
    let mut old = Crafted::of(&fs::read(file).unwrap());
    assert_eq!((old.version, old.rows), (1, 1));
    old.rows = copies.into();
    let numbers = |first: u32| (first..first + copies).flat_map(u32::to_le_bytes).collect::<Vec<u8>>();
    let times = |bytes: &[u8], times: u32| bytes.repeat(times as usize);
    for column in [
        "event.hash",
        "scan_time",
        "receive_time",
        "raw",
        "plate",
        "state",
        "confidence",
        "vehicle",
        "origin",
        "lat_e7",
        "lon_e7",
        "photos_stored",
        "photos_at_camera",
        "flags",
        "event.bytes",
    ] {
        let bytes = old.section(column);
        *bytes = times(bytes, copies);
    }
    for rows in ["id.order", "event.row", "plate.post_rows"] {
        *old.section(rows) = numbers(0);
    }
    let event_bytes = u32::try_from(old.section("event.bytes").len()).unwrap() / copies;
    *old.section("event.offsets") = (0..=copies).flat_map(|at| (at * event_bytes).to_le_bytes()).collect();
    *old.section("plate.post_offsets") = [0, copies].iter().flat_map(|at| at.to_le_bytes()).collect();
    *old.section("reading.offsets") = times(&[0; 4], copies + 1);
    *old.section("id") = (1_000..1_000 + u64::from(copies)).flat_map(u64::to_le_bytes).collect();
    let bytes = old.file();
    fs::write(file, &bytes).unwrap();
    let checksum = u32::from_le_bytes(bytes[32..36].try_into().unwrap());
    let sql = home.config().await.sql;
    sqlx::query(
        "UPDATE segments SET row_count = $1, checksum = $2, byte_count = $3, id_min = 1000, id_max = 999 + $1 \
         WHERE name LIKE $4",
    )
    .bind(i64::from(copies))
    .bind(i64::from(checksum))
    .bind(i64::try_from(bytes.len()).unwrap())
    .bind(format!("%{}", file.file_name().unwrap().to_str().unwrap()))
    .execute(sql.pool())
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_9_a_segment_of_version_1_above_the_present_limit_is_migrated_in_parts() {
    let home = home();
    multiply(&home, &home.segment_files().remove(0), 5).await;
    let store = Store::open_with(home.config().await, 2).await.unwrap();
    for _ in 0..2 {
        let mut ids: Vec<u64> = all(&store).await.hits.iter().map(|hit| hit.detection.id.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, [2, 3, 4, 5, 1_000, 1_001, 1_002, 1_003, 1_004]);
        assert_eq!(store.stats().rows, 9);
        assert_eq!(versions(&home), [2; 6]);
    }
    store.close().await;
    let store = home.open().await;
    assert_eq!((all(&store).await.hits.len(), versions(&home).len()), (9, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_segment_of_version_1_that_cannot_be_migrated_does_not_stop_the_start() {
    let home = home();
    let (other, large) = (home.segment_files().remove(1), home.segment_files().remove(0));
    // Another file than the catalogue names, and one whose work panics: parts of no rows cannot be cut.
    fs::copy(&large, &other).unwrap();
    let before: Vec<Vec<u8>> = home.segment_files().iter().map(|file| fs::read(file).unwrap()).collect();
    let store = Store::open_with(home.config().await, 0).await.unwrap();
    let found = all(&store).await;
    assert_eq!((found.hits.len(), found.set_aside.len()), (1, 4));
    store.close().await;
    let after: Vec<Vec<u8>> = home.segment_files().iter().map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(before, after);
    let found = all(&home.open().await).await;
    assert_eq!((found.hits.len(), found.set_aside.len()), (4, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_9_a_release_that_knows_version_1_only_refuses_the_folder_by_name() {
    for home in homes() {
        home.open().await.close().await;
        let of_old = [storage::sql::Migration { number: 1, statements: "" }];
        let refused = home.config().await.sql.migrate("detections", &of_old).await;
        let newer = storage::SqlError::FromNewerRelease { component: "detections".to_owned(), found: 4, known: 1 };
        assert_eq!(refused.unwrap_err().to_string(), newer.to_string());
    }
}
