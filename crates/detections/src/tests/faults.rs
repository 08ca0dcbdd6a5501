//! Every durable write of a scripted history failing, one after another, in every way: what was acknowledged is there,
//! once; what was not is there whole or not at all; and the history goes on, opened again or not.

use super::oracle::Oracle;
use super::support::{Home, around, at, homes, photo, read};
use crate::answer::Answer;
use crate::search::plan::Search;
use crate::{DurableWrite, Fault, FaultHook, PhotoSource, Store, StoreError};
use domain::time::DAY_MICROS;
use domain::{AgencyId, Area, Criteria, Detection, DetectionId, NewDetection, NewPhoto, PoolId, Question, Widen};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug)]
enum Act {
    Append(Vec<NewDetection>),
    Seal,
    Merge,
    /// Opens a photo that a camera kept of an event.
    Fetch(&'static str, u8),
    Withdraw(&'static str),
    Keep(Option<i64>),
    Wait(i64),
    Purge,
}

/// A read some days from the fictional one, with photos, and others that the camera keeps.
fn new(event_id: &'static str, day: i64, photos: &[&[u8]], at_camera: u8) -> NewDetection {
    let mut new = read(event_id, "A1");
    new.scan_time = new.scan_time.plus_micros(day * DAY_MICROS);
    new.photos = photos.iter().map(|content| photo(content)).collect();
    new.photos_at_camera = at_camera;
    new
}

fn corrected(event_id: &'static str, day: i64, raw: &str) -> NewDetection {
    NewDetection { raw_plate: raw.to_owned(), ..new(event_id, day, &[], 0) }
}

fn script() -> Vec<Act> {
    let other_owner = NewDetection { owner: AgencyId(2), ..new("guest", 0, &[b"theirs"], 0) };
    let tenth = DAY_MICROS / 10;
    vec![
        Act::Append(vec![new("old", -1, &[b"one", b"two"], 0), new("plain", 0, &[], 0), other_owner]),
        Act::Append(vec![corrected("old", -1, "first correction"), new("kept", 0, &[], 2)]),
        Act::Fetch("kept", 0),
        Act::Fetch("kept", 1),
        Act::Seal,
        Act::Append(vec![new("late", -1, &[b"late"], 0), corrected("plain", 0, "second"), new("more", 0, &[], 0)]),
        Act::Seal,
        Act::Merge,
        Act::Append(vec![new("recent", 0, &[b"recent"], 0), new("wrong", 0, &[b"wrong"], 0)]),
        Act::Withdraw("wrong"),
        Act::Withdraw("more"),
        Act::Append(vec![corrected("old", -1, "third correction")]),
        // Reads of the day before become due a tenth of a day later, and their whole day half a day after that.
        Act::Keep(Some(15 * tenth + tenth / 2)),
        Act::Wait(tenth),
        Act::Purge,
        Act::Append(vec![new("old", -1, &[b"one", b"two"], 0), new("last", 0, &[b"last"], 0)]),
        Act::Wait(5 * tenth),
        Act::Purge,
        Act::Keep(None),
    ]
}

/// A camera that keeps a picture of everything.
struct Camera;

#[async_trait::async_trait]
impl PhotoSource for Camera {
    async fn fetch(&self, detection: &Detection, n: u8) -> Option<NewPhoto> {
        Some(photo(&kept_at_camera(detection.id, n)))
    }
}

/// A camera that is gone: only what is stored can be seen.
struct NoCamera;

#[async_trait::async_trait]
impl PhotoSource for NoCamera {
    async fn fetch(&self, _: &Detection, _: u8) -> Option<NewPhoto> {
        None
    }
}

fn kept_at_camera(id: DetectionId, n: u8) -> Vec<u8> {
    format!("at the camera {id:?} {n}").into_bytes()
}

/// What is to be seen: the oracle's list, and the photos of each detection.
#[derive(Clone, Debug, Default)]
struct Expected {
    oracle: Oracle,
    photos: BTreeMap<DetectionId, Vec<Vec<u8>>>,
    keep: Option<i64>,
}

impl Expected {
    fn id_of(&self, event_id: &str) -> DetectionId {
        let of_event = self.oracle.versions.iter().map(|version| &version.detection);
        of_event.rev().find(|detection| detection.event_id == event_id).unwrap().id
    }

    /// What the act makes of it, at a time.
    fn after(&self, act: &Act, now: domain::UtcMicros) -> Self {
        let mut after = self.clone();
        after.oracle.due_before = after.keep.map_or(i64::MIN, |keep| now.0 - keep);
        match act {
            Act::Append(batch) => {
                for new in batch {
                    let (id, _) = after.oracle.append(new, now);
                    let own: Vec<_> = new.photos.iter().map(|photo| photo.bytes.clone()).collect();
                    let before = after.oracle.versions.last().and_then(|version| version.detection.supersedes);
                    let taken_over =
                        || before.and_then(|before| after.photos.get(&before).cloned()).unwrap_or_default();
                    let photos = if own.is_empty() { taken_over() } else { own };
                    after.photos.entry(id).or_insert(photos);
                }
            }
            Act::Withdraw(event_id) => drop(after.oracle.withdraw(&[self.id_of(event_id)])),
            Act::Keep(keep) => {
                after.keep = *keep;
                after.oracle.due_before = keep.map_or(i64::MIN, |keep| now.0 - keep);
                // What was due and removed does not come back.
                after.oracle.versions.iter_mut().for_each(|version| {
                    if version.detection.scan_time.0 < self.oracle.due_before {
                        version.is_hidden = true;
                    }
                });
            }
            Act::Fetch(event_id, n) => {
                let id = self.id_of(event_id);
                after.photos.entry(id).or_default().push(photo(&kept_at_camera(id, *n)).bytes);
            }
            Act::Seal | Act::Merge | Act::Wait(_) | Act::Purge => {}
        }
        after
    }
}

fn everything() -> Search {
    let area = Area::new(vec![at(-100, -100), at(100, -100), at(100, 100), at(-100, 100)], vec![]).unwrap();
    let criteria = Criteria::Area { areas: vec![area], vehicle: domain::VehicleFilter::default(), state: None };
    Search { question: Question::new(criteria, around(), Widen::default()).unwrap(), pools: vec![PoolId(1)] }
}

/// Whether the store shows what is expected: each detection once, with its photos.
async fn shows(store: &Store, expected: &Expected) -> Result<(), String> {
    let Answer::Rows(found) = store.rows_of(everything(), false).await.unwrap() else { panic!("few rows") };
    let wanted = expected.oracle.hits(&everything());
    if found.hits != wanted || !found.set_aside.is_empty() {
        return Err(format!("{:#?}\nin place of\n{wanted:#?}", found.hits));
    }
    for hit in wanted {
        let id = hit.detection.id;
        let places: Vec<(u64, u8)> = (0..3).map(|n| (id.0, n)).collect();
        let opened = store.photos_of(&places, &NoCamera).await.unwrap();
        let opened: Vec<Vec<u8>> = opened.into_iter().map(|photo| photo.bytes).collect();
        if opened != expected.photos[&id] {
            return Err(format!("the photos of {id:?} are others: {opened:?}"));
        }
    }
    Ok(())
}

async fn perform(store: &Store, home: &Home, expected: &Expected, act: &Act) -> Result<(), StoreError> {
    match act {
        Act::Append(batch) => store.append(batch.clone()).await.map(drop),
        Act::Seal => store.seal().await.map(drop),
        Act::Merge => store.merge().await.map(drop),
        Act::Fetch(event_id, n) => {
            let wanted = [(expected.id_of(event_id).0, *n)];
            store.photos_of(&wanted, &Camera).await.map(drop)
        }
        Act::Withdraw(event_id) => store.shared.withdraw(&[expected.id_of(event_id)]).await.map(drop),
        Act::Keep(keep) => store.shared.set_retention(*keep).await,
        Act::Wait(micros) => {
            home.clock.advance_micros(*micros);
            Ok(())
        }
        Act::Purge => store.purge().await.map(drop),
    }
}

/// Which write fails, and how; and whether the store is then opened again.
#[derive(Clone, Copy, Debug)]
struct Case {
    number: usize,
    fault: Fault,
    is_opened_again: bool,
}

/// Runs the script; gives the kinds of writes in their order, and whether the fault was met.
async fn run(home: &Home, case: Option<Case>) -> (Vec<DurableWrite>, bool) {
    let writes = Arc::new(Mutex::new(Vec::new()));
    let (seen, gone) = (Arc::clone(&writes), AtomicUsize::new(0));
    let hook = FaultHook::new(move |write| {
        let mut seen = seen.lock().unwrap();
        seen.push(write);
        let case = case.filter(|case| case.number + 1 == seen.len());
        if let Some(Case { fault: Fault::Crash, .. }) = case {
            gone.store(1, Ordering::SeqCst);
        } else if gone.load(Ordering::SeqCst) == 1 {
            return Some(Fault::Before);
        }
        case.map(|case| case.fault)
    });
    let (mut store, mut expected, mut failed) = (home.open_with(hook).await, Expected::default(), false);
    for act in script() {
        home.clock.advance_micros(1);
        let result = perform(&store, home, &expected, &act).await;
        let now = storage::Clock::now(&*home.clock);
        // The wait itself makes reads due.
        let before = expected.after(&Act::Seal, now);
        let after = expected.after(&act, now);
        if result.is_err() {
            let case = case.expect("without a fault every act succeeds");
            assert!(!std::mem::replace(&mut failed, true), "{case:?}: {act:?} failed after the fault: {result:?}");
            if case.is_opened_again {
                drop(store);
                store = home.open().await;
            }
            let (unchanged, changed) = (shows(&store, &before).await, shows(&store, &after).await);
            assert!(unchanged.is_ok() || changed.is_ok(), "{case:?}: {act:?}\n{unchanged:?}\n{changed:?}");
            perform(&store, home, &expected, &act).await.unwrap_or_else(|error| panic!("{case:?}: {act:?}: {error}"));
        }
        expected = after;
        let shown = shows(&store, &expected).await;
        assert!(shown.is_ok(), "{case:?}: {act:?}: {}", shown.unwrap_err());
    }
    store.close().await;
    drop(store);
    let store = home.open().await;
    let shown = shows(&store, &expected).await;
    assert!(shown.is_ok(), "{case:?}: opened again: {}", shown.unwrap_err());
    assert_eq!(store.check().await.unwrap().findings, [], "{case:?}");
    assert_eq!(store.stats().segments, home.segment_files().len() as u64, "{case:?}: only what is named lies there");
    let met = case.is_some_and(|case| case.number < writes.lock().unwrap().len());
    (writes.lock().unwrap().clone(), met)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_det_1_every_durable_write_may_fail_before_halfway_and_after_and_nothing_is_lost_or_doubled() {
    for (number, home) in homes().into_iter().enumerate() {
        let (writes, _) = run(&home, None).await;
        let kinds: BTreeSet<_> = writes.iter().copied().collect();
        // Migrating is of old folders; `migrate` has it.
        let wanted: BTreeSet<_> =
            DurableWrite::ALL.into_iter().filter(|kind| *kind != DurableWrite::Migrating).collect();
        assert_eq!(kinds, wanted, "the history has every kind of durable write");
        let (mut cases, mut met) = (0, 0);
        // On the second database only the commits are others.
        for write in (0..writes.len()).filter(|write| number == 0 || write % 3 == 0) {
            for fault in Fault::ALL {
                for is_opened_again in [true, false].into_iter().filter(|again| *again || fault != Fault::Crash) {
                    let case = Case { number: write, fault, is_opened_again };
                    cases += 1;
                    met += usize::from(run(&home.another(), Some(case)).await.1);
                }
            }
        }
        eprintln!("{} durable writes, {cases} faults", writes.len());
        assert_eq!(met, cases, "every fault was met");
    }
}
