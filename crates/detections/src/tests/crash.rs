//! The store stopped before and after the commits that matter most, and opened again: nothing lost, nothing doubled. Every
//! other durable write is in `faults`.

use super::support::{Home, around, homes, photo, plate, read};
use crate::answer::Answer;
use crate::search::plan::Search;
use crate::{DurableWrite, Fault, FaultHook, Outcome, Store, StoreError};
use domain::time::DAY_MICROS;
use domain::{Criteria, DetectionId, NewDetection, PoolId, Question, Widen};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A hook that fails one kind of write once it is armed.
fn trap(write: DurableWrite, fault: Fault) -> (FaultHook, Arc<AtomicBool>) {
    let armed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&armed);
    (FaultHook::new(move |at| (at == write && seen.load(Ordering::SeqCst)).then_some(fault)), armed)
}

/// Ids and event ids of all reads that are shown.
async fn shown(store: &Store) -> Vec<(DetectionId, domain::ShortText)> {
    let criteria = Criteria::FullPlate { plate: plate("A1"), state: None };
    let question = Question::new(criteria, around(), Widen::default()).unwrap();
    let search = Search { question, pools: vec![PoolId(1)] };
    let Answer::Rows(found) = store.rows_of(search, false).await.unwrap() else { panic!("few rows") };
    assert!(found.set_aside.is_empty());
    let mut shown: Vec<_> = found.hits.into_iter().map(|hit| (hit.detection.id, hit.detection.event_id)).collect();
    shown.sort();
    shown
}

fn on_day(event_id: &str, day: i64) -> NewDetection {
    let mut new = read(event_id, "A1");
    new.scan_time = new.scan_time.plus_micros(day * DAY_MICROS);
    new
}

/// Events over two days, one of them updated, in five batches.
async fn some_history(store: &Store) {
    for number in 0..5 {
        let batch = (0..3).map(|row| on_day(&format!("{number}-{row}"), row % 2)).collect();
        store.append(batch).await.unwrap();
    }
    let mut update = on_day("2-1", 1);
    update.raw_plate = "corrected".into();
    assert_eq!(store.append(vec![update]).await.unwrap()[0].outcome, Outcome::Superseded);
}

async fn seal_and_merge(store: &Store) -> Result<(), StoreError> {
    store.seal().await?;
    store.merge().await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_crash_while_sealing_loses_nothing_and_doubles_nothing() {
    for home in homes() {
        for fault in [Fault::Before, Fault::Crash] {
            let home = home.another();
            let (hook, armed) = trap(DurableWrite::Sealing, fault);
            let store = home.open_with(hook).await;
            some_history(&store).await;
            let before = shown(&store).await;
            armed.store(true, Ordering::SeqCst);
            assert!(store.seal().await.is_err());
            assert_eq!(shown(&store).await, before, "searches go on");
            drop(store);
            check_after_crash(&home, &before).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_crash_while_merging_loses_nothing_and_doubles_nothing() {
    for home in homes() {
        for fault in [Fault::Before, Fault::Crash] {
            let home = home.another();
            let (hook, armed) = trap(DurableWrite::Merging, fault);
            let store = home.open_with(hook).await;
            for round in 0..4 {
                store.append(vec![on_day(&format!("early-{round}"), 0)]).await.unwrap();
                store.seal().await.unwrap();
            }
            let before = shown(&store).await;
            armed.store(true, Ordering::SeqCst);
            assert!(store.merge().await.is_err());
            drop(store);
            check_after_crash(&home, &before).await;
        }
    }
}

/// The same reads are there, also after sealing and merging anew, and only catalogued files remain.
async fn check_after_crash(home: &Home, before: &[(DetectionId, domain::ShortText)]) {
    let store = home.open().await;
    assert_eq!(shown(&store).await, before);
    seal_and_merge(&store).await.unwrap();
    assert_eq!(shown(&store).await, before);
    let repeated = store.append(vec![on_day(&before[0].1, 0)]).await.unwrap();
    assert_eq!((repeated[0].id, repeated[0].outcome), (before[0].0, Outcome::Duplicate));
    store.close().await;
    let store = home.open().await;
    assert_eq!(shown(&store).await, before);
    assert_eq!(store.stats().segments, home.segment_files().len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_batch_that_was_not_acknowledged_is_there_whole_or_not_at_all_and_is_taken_once_when_repeated() {
    for home in homes() {
        for (write, fault, is_kept) in [
            (DurableWrite::PhotoPack, Fault::Crash, false),
            (DurableWrite::Batch, Fault::Halfway, false),
            (DurableWrite::Batch, Fault::Crash, true),
        ] {
            let home = home.another();
            let (hook, armed) = trap(write, fault);
            let store = home.open_with(hook).await;
            store.append(vec![read("first", "A1")]).await.unwrap();
            let mut new = read("second", "A1");
            new.photos = vec![photo(b"one"), photo(b"two")];
            let batch = vec![new, read("third", "A1")];
            armed.store(true, Ordering::SeqCst);
            assert!(store.append(batch.clone()).await.is_err());
            if is_kept {
                armed.store(false, Ordering::SeqCst);
                let refused = store.append(vec![read("fourth", "A1")]).await;
                assert!(matches!(refused, Err(StoreError::StateUnknown)), "memory is behind the database");
            }
            drop(store);
            let store = home.open().await;
            assert_eq!(shown(&store).await.len(), if is_kept { 3 } else { 1 });
            let repeated = store.append(batch).await.unwrap();
            let expected = if is_kept { Outcome::Duplicate } else { Outcome::Stored };
            assert!(repeated.iter().all(|one| one.outcome == expected));
            assert_eq!(shown(&store).await.len(), 3);
        }
    }
}
