//! LIM-1 at its edge, and that no path shows what its pools do not permit.

use super::support::{Home, around, at, homes, noon, read};
use crate::answer::{Answer, Count};
use crate::search::plan::Search;
use crate::{Outcome, Store, StoreError};
use domain::limits::BATCH_DETECTIONS_MAX;
use domain::{
    Area, Criteria, NewDetection, Place, PlatePattern, PoolId, Question, Reading, State, UtcMicros, VehicleFilter,
    Widen,
};

fn ask(criteria: Criteria, pools: &[u32]) -> Search {
    let widen = Widen { look_alikes: true, alternatives: true };
    let question = Question::new(criteria, around(), widen).unwrap();
    Search { question, pools: pools.iter().copied().map(PoolId).collect() }
}

fn anywhere() -> Area {
    Area::new(vec![at(-100, -100), at(100, -100), at(100, 100), at(-100, 100)], vec![]).unwrap()
}

fn by_area() -> Criteria {
    Criteria::Area { areas: vec![anywhere()], vehicle: VehicleFilter::default(), state: None }
}

fn pattern() -> PlatePattern {
    PlatePattern::parse("A*", domain::Wildcards::StarIsAny).unwrap()
}

async fn fill(store: &Store, from: usize, to: usize) {
    let read = |number: usize| {
        let mut new = read(&format!("event-{number}"), &format!("A{number}"));
        // Several reads of one instant, so that the order by id matters.
        new.scan_time = UtcMicros(noon() + i64::try_from(number / 3).unwrap());
        new
    };
    let all: Vec<NewDetection> = (from..to).map(read).collect();
    for batch in all.chunks(BATCH_DETECTIONS_MAX) {
        store.append(batch.to_vec()).await.unwrap();
    }
}

async fn check_small(store: &Store, total: u64) {
    for is_confirmed in [false, true] {
        let Answer::Rows(found) = store.rows_of(ask(by_area(), &[1]), is_confirmed).await.unwrap() else {
            panic!("{total} rows need no confirmation")
        };
        assert_eq!((found.hits.len() as u64, found.counts.total(), found.is_truncated), (total, total, false));
    }
    assert_eq!(store.preview_of(ask(by_area(), &[1])).await.unwrap().count, Count::Exactly(total));
}

async fn check_large(store: &Store, total: u64) {
    let partial = || Criteria::PartialPlate { pattern: pattern(), state: None, vehicle: VehicleFilter::default() };
    for criteria in [by_area(), partial()] {
        let search = ask(criteria, &[1]);
        let warned = store.rows_of(search.clone(), false).await.unwrap();
        assert_eq!(warned, Answer::NeedsConfirmation { at_least: 10_000 });
        let Answer::Rows(found) = store.rows_of(search.clone(), true).await.unwrap() else {
            panic!("confirmed questions are answered")
        };
        assert_eq!((found.hits.len(), found.counts.total(), found.is_truncated), (5_000, total, true));
        let order: Vec<_> = found.hits.iter().map(|hit| (hit.detection.scan_time, hit.detection.id)).collect();
        assert!(order.is_sorted_by(|newer, older| newer > older));
        // Ids were given in the order of scan times, so the newest are the highest.
        assert_eq!(order.first().unwrap().1.0, total);
        assert_eq!(order.last().unwrap().1.0, total - 4_999);
        assert_eq!(store.preview_of(search.clone()).await.unwrap().count, Count::AtLeast(10_000));
        assert_eq!(store.count_of(search).await.unwrap().counts.exact, total);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lim_1_ten_thousand_rows_ask_for_confirmation_and_then_give_the_newest_five_thousand() {
    let home = Home::sqlite();
    let store = home.open().await;
    fill(&store, 0, 6_000).await;
    store.seal().await.unwrap();
    fill(&store, 6_000, 9_999).await;
    check_small(&store, 9_999).await;
    fill(&store, 9_999, 10_000).await;
    check_large(&store, 10_000).await;
    fill(&store, 10_000, 10_001).await;
    check_large(&store, 10_001).await;
    store.seal().await.unwrap();
    check_large(&store, 10_001).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lim_1_all_kinds_of_match_count_together() {
    let home = Home::sqlite();
    let store = home.open().await;
    let kinds = |number: usize| {
        let mut new = read(&format!("event-{number}"), "B1");
        match number % 4 {
            0 => {}
            1 => new.state = None,
            2 => new.plate = super::support::plate("8I"),
            _ => {
                new.plate = super::support::plate("XYZ");
                new.readings = vec![Reading { plate: super::support::plate("B1"), confidence: 1 }];
            }
        }
        new
    };
    store.append((0..10_000).map(kinds).collect()).await.unwrap();
    let plate = super::support::plate("B1");
    let search = ask(Criteria::FullPlate { plate, state: State::us("CA").ok() }, &[1]);
    assert_eq!(store.rows_of(search.clone(), false).await.unwrap(), Answer::NeedsConfirmation { at_least: 10_000 });
    let counts = store.count_of(search).await.unwrap().counts;
    assert_eq!([counts.exact, counts.unknown_state, counts.look_alike, counts.alternative], [2_500; 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lim_1_a_common_plate_question_counts_reads_and_reports_the_plates_of_the_newest() {
    let home = Home::sqlite();
    // One thread, so that this test sees all that is tallied.
    let store = Store::open(crate::StoreConfig { search_threads: 1, ..home.config().await }).await.unwrap();
    let tallied = || crate::search::common_plate::TALLIED.get();
    // 5,001 plates, each once in either place: 10,002 reads.
    let reads = (0..5_001).flat_map(|number| {
        [0, 500].map(|lon_e7| {
            let mut new = read(&format!("event-{number}-{lon_e7}"), &format!("A{number}"));
            new.position = at(lon_e7, 0);
            new.scan_time = UtcMicros(noon() + number * 10 + i64::from(lon_e7 / 500));
            new
        })
    });
    let all: Vec<NewDetection> = reads.collect();
    for batch in all.chunks(BATCH_DETECTIONS_MAX) {
        store.append(batch.to_vec()).await.unwrap();
    }
    let other = Area::new(vec![at(400, -100), at(600, -100), at(600, 100), at(400, 100)], vec![]).unwrap();
    let places = [anywhere(), other].map(|area| Place { area, frame: None }).to_vec();
    let search = ask(Criteria::CommonPlate { places, vehicle: VehicleFilter::default(), state: None }, &[1]);
    assert_eq!(store.rows_of(search.clone(), false).await.unwrap(), Answer::NeedsConfirmation { at_least: 10_000 });
    assert_eq!(tallied(), 0, "a warning needs no report");
    let Answer::Rows(found) = store.rows_of(search, true).await.unwrap() else { panic!("confirmed") };
    assert_eq!(tallied(), 5_000, "the reads of the plates of the hits");
    assert_eq!((found.hits.len(), found.counts.total()), (5_000, 10_002));
    let common = found.common.unwrap();
    assert_eq!(common.len(), 2_500);
    assert!(common.iter().all(|common| common.places.iter().flatten().all(|seen| seen.reads == 1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_3_no_kind_of_question_shows_a_pool_that_is_not_permitted() {
    for home in homes() {
        let store = home.open().await;
        for (pool, event) in [(1, "own"), (2, "foreign"), (2, "foreign, again")] {
            let mut new = read(event, "A1");
            new.pool = PoolId(pool);
            new.vehicle.make = Some("ford".into());
            new.readings = vec![Reading { plate: super::support::plate("A2"), confidence: 1 }];
            store.append(vec![new]).await.unwrap();
            store.seal().await.unwrap();
        }
        let vehicle = VehicleFilter { make: Some("ford".into()), ..VehicleFilter::default() };
        let plate = |text: &str| super::support::plate(text);
        let state = None;
        let places = vec![Place { area: anywhere(), frame: None }; 2];
        let kinds = [
            Criteria::FullPlate { plate: plate("A1"), state },
            Criteria::FullPlate { plate: plate("A2"), state },
            Criteria::Movement { plate: plate("A1"), state },
            Criteria::PartialPlate { pattern: pattern(), state, vehicle: vehicle.clone() },
            Criteria::MakeModel { vehicle: vehicle.clone(), state },
            Criteria::Area { areas: vec![anywhere()], vehicle: vehicle.clone(), state },
            Criteria::CommonPlate { places, vehicle, state },
        ];
        for criteria in kinds {
            for (pools, expected) in [(&[1][..], 1), (&[2], 2), (&[2, 1], 3), (&[3], 0), (&[], 0)] {
                let search = ask(criteria.clone(), pools);
                let Answer::Rows(found) = store.rows_of(search.clone(), true).await.unwrap() else { panic!("few") };
                assert_eq!(found.hits.len(), expected, "{criteria:?} over {pools:?}");
                assert!(found.hits.iter().all(|hit| pools.contains(&hit.detection.pool.0)));
                assert_eq!(store.count_of(search.clone()).await.unwrap().counts.total(), expected as u64);
                let previewed = store.preview_of(search).await.unwrap();
                assert_eq!(previewed.density.iter().map(|cell| cell.count).sum::<u64>(), expected as u64);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_8_what_is_too_large_is_refused_by_name_and_nothing_of_it_is_kept() {
    let home = Home::sqlite();
    let store = home.open().await;
    let many = vec![read("event", "A1"); BATCH_DETECTIONS_MAX + 1];
    assert!(matches!(store.append(many).await, Err(StoreError::BatchTooLarge)));
    let mut long = read("event", "A1");
    long.event_id = "x".repeat(129).into();
    let refused = store.append(vec![read("good", "A1"), long]).await;
    assert!(matches!(refused, Err(StoreError::Refused { index: 1, field: "event_id", .. })));
    assert_eq!(store.stats().rows, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_share_commits_and_each_gets_its_own_answers() {
    for home in homes() {
        let store = home.open().await;
        let tasks: Vec<_> = (0..40)
            .map(|task| {
                let store = store.clone();
                // Every event is sent by two tasks.
                let batch = (0..25).map(|number| read(&format!("event-{}-{number}", task / 2), "A1")).collect();
                tokio::spawn(async move { store.append(batch).await.unwrap() })
            })
            .collect();
        let mut stored = Vec::new();
        for task in tasks {
            let appended = task.await.unwrap();
            assert_eq!(appended.len(), 25);
            stored.extend(appended.into_iter().filter(|one| one.outcome == Outcome::Stored).map(|one| one.id));
        }
        stored.sort();
        stored.dedup();
        assert_eq!(stored.len(), 500);
        assert_eq!(store.stats().rows, 500);
        store.close().await;
        assert!(matches!(store.append(vec![read("late", "A1")]).await, Err(StoreError::Closed)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_are_never_given_twice_not_even_after_reopening() {
    for home in homes() {
        let mut last = 0;
        for number in 0..4 {
            let store = home.open().await;
            let id = store.append(vec![read(&format!("event-{number}"), "A1")]).await.unwrap()[0].id.0;
            assert!(id > last);
            last = id;
            if number % 2 == 0 {
                store.seal().await.unwrap();
            }
            store.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_background_task_seals_when_enough_rows_are_recent() {
    let home = Home::sqlite();
    let store = Store::open(crate::StoreConfig { seal_rows: 100, ..home.config().await }).await.unwrap();
    for number in 0..30 {
        store.append((0..20).map(|row| read(&format!("{number}-{row}"), "A1")).collect()).await.unwrap();
    }
    // Appending waits for sealing when recents pile up, so sealing has happened.
    let stats = store.stats();
    assert!(stats.segments > 0 && stats.recents < 600, "{stats:?}");
    store.close().await;
    let plate = super::support::plate("A1");
    assert_eq!(
        store.count_of(ask(Criteria::FullPlate { plate, state: None }, &[1])).await.unwrap().counts.total(),
        600
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_batches_are_sealed_too_so_that_opening_stays_quick() {
    let home = Home::sqlite();
    let store = Store::open(crate::StoreConfig { seal_batches: 20, ..home.config().await }).await.unwrap();
    for number in 0..120 {
        store.append(vec![read(&format!("event-{number}"), "A1")]).await.unwrap();
    }
    let stats = store.stats();
    assert!(stats.segments > 0 && stats.recents <= 80, "{stats:?}");
    store.close().await;
    let plate = super::support::plate("A1");
    assert_eq!(
        store.count_of(ask(Criteria::FullPlate { plate, state: None }, &[1])).await.unwrap().counts.total(),
        120
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appending_updating_sealing_merging_and_searching_at_once_neither_lose_nor_double_a_read() {
    let home = Home::sqlite();
    let store = home.open().await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..40 {
                    let mut new = read(&format!("{writer}-{number}"), "A1");
                    store.append(vec![new.clone()]).await.unwrap();
                    new.confidence = None;
                    assert_eq!(store.append(vec![new]).await.unwrap()[0].outcome, Outcome::Superseded);
                }
            })
        })
        .collect();
    let sealer = {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..15 {
                store.seal().await.unwrap();
                store.merge().await.unwrap();
            }
        })
    };
    let plate = || Criteria::FullPlate { plate: super::support::plate("A1"), state: None };
    let mut last = 0;
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let Answer::Rows(found) = store.rows_of(ask(plate(), &[1]), false).await.unwrap() else { panic!("few rows") };
        let mut events: Vec<_> = found.hits.iter().map(|hit| hit.detection.event_id.clone()).collect();
        events.sort();
        events.dedup();
        assert_eq!(events.len(), found.hits.len(), "an event is shown once");
        assert!(events.len() >= last, "what was shown stays");
        last = events.len();
    }
    for task in writers.into_iter().chain([sealer]) {
        task.await.unwrap();
    }
    store.close().await;
    for store in [store, home.open().await] {
        let Answer::Rows(found) = store.rows_of(ask(plate(), &[1]), false).await.unwrap() else { panic!("few rows") };
        assert_eq!(found.hits.len(), 160);
        assert!(found.hits.iter().all(|hit| hit.detection.version == 2));
        assert_eq!(store.stats().rows, 320);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_batches_are_joined_while_opening_and_all_of_them_are_sealed_afterwards() {
    for home in homes() {
        let store = home.open().await;
        for number in 0..70 {
            store.append(vec![read(&format!("event-{number}"), "A1")]).await.unwrap();
        }
        store.close().await;
        for sealed in [70, 0] {
            let store = home.open().await;
            let search = ask(Criteria::FullPlate { plate: super::support::plate("A1"), state: None }, &[1]);
            assert_eq!(store.count_of(search.clone()).await.unwrap().counts.total(), 70);
            assert_eq!(store.seal().await.unwrap(), sealed);
            assert_eq!(store.count_of(search).await.unwrap().counts.total(), 70);
            store.close().await;
        }
    }
}
