use crate::place::{Act, Place, on_every_database, record_many};
use domain::UtcMicros;
use ledger::hash::leaf_hash;
use ledger::verify::verify_folder;
use ledger::{Ledger, LedgerError, RECORD_BYTES_MAX, Refusal};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use storage::Dialect;

#[tokio::test]
async fn aud_1_an_act_comes_back_with_its_place_time_and_hash_and_the_log_goes_on_after_reopening() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        let first = ledger.record(Act::of(7, 1)).await.unwrap();
        assert_eq!((first.act(), first.entry().index, first.entry().time), (&Act::of(7, 1), 0, UtcMicros::YEAR_2000));
        assert_eq!(leaf_hash(&ledger.leaf(0).await.unwrap()), first.entry().leaf_hash);
        ledger.close().await;

        let ledger = place.open().await;
        assert_eq!(ledger.size(), 1);
        assert_eq!(ledger.record(Act::of(7, 2)).await.unwrap().entry().index, 1);
        assert_eq!(ledger.open_record(0, Some(domain::AgencyId(7))).await.unwrap().record, json!({ "number": 1 }));
        ledger.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aud_1_concurrent_recorders_get_distinct_places_and_all_are_durable() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        let tasks: Vec<_> = (0..40)
            .map(|task| {
                let ledger = ledger.clone();
                tokio::spawn(async move {
                    let mut entries = Vec::new();
                    for number in 0..25 {
                        entries.push(ledger.record(Act::of(task, number)).await.unwrap().entry());
                    }
                    entries
                })
            })
            .collect();
        let mut entries = Vec::new();
        for task in tasks {
            entries.extend(task.await.unwrap());
        }
        let indexes: BTreeSet<u64> = entries.iter().map(|entry| entry.index).collect();
        assert_eq!(indexes, (0..1_000).collect());
        // Not closed: what was acknowledged is on disk as it is. Published only so that no background work is under way.
        ledger.publish().await.unwrap();
        drop(ledger);
        let ledger = place.open().await;
        assert_eq!(ledger.size(), 1_000);
        for entry in entries {
            assert_eq!(leaf_hash(&ledger.leaf(entry.index).await.unwrap()), entry.leaf_hash);
        }
        assert_eq!(verify_folder(&place.log(), &ledger.verifier_key(), None).unwrap().size, 1_000);
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_1_without_a_database_nothing_is_recorded() {
    on_every_database(async |place| {
        let sql = place.sql().await;
        let ledger = Ledger::open(place.config(sql.clone())).await.unwrap();
        record_many(&ledger, 2).await;
        sql.close().await;
        for _ in 0..2 {
            assert!(ledger.record(Act::of(7, 3)).await.is_err());
        }
        drop(ledger);
        let ledger = place.open().await;
        assert_eq!(ledger.size(), 2);
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_1_a_write_that_the_database_refuses_fails_its_acts_whole_and_the_next_take_their_places() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        record_many(&ledger, 255).await;
        // Entry 256 breaks; its group would also complete a tile.
        let (make, remove) = match place.dialect() {
            Dialect::Sqlite => (
                "CREATE TRIGGER broken BEFORE INSERT ON ledger_entries WHEN NEW.idx = 256 \
                 BEGIN SELECT RAISE(ABORT, 'broken'); END",
                "DROP TRIGGER broken",
            ),
            Dialect::Postgres => (
                "ALTER TABLE ledger_entries ADD CONSTRAINT broken CHECK (idx <> 256)",
                "ALTER TABLE ledger_entries DROP CONSTRAINT broken",
            ),
        };
        place.tamper(make).await;
        let together = futures::future::join_all((0..3).map(|number| ledger.record(Act::of(7, number)))).await;
        for refused in together {
            assert!(matches!(refused, Err(LedgerError::NotWritten(_))));
        }
        assert_eq!(ledger.size(), 255);
        place.tamper(remove).await;
        record_many(&ledger, 3).await;
        ledger.publish().await.unwrap();
        assert_eq!(verify_folder(&place.log(), &ledger.verifier_key(), None).unwrap().size, 258);
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_1_an_outcome_names_the_entry_that_it_is_of() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        let intent = ledger.record(Act::of(7, 1)).await.unwrap().entry();
        let outcome = ledger.record_outcome(intent, Act::of(7, 2)).await.unwrap();
        let opened = ledger.open_record(outcome.index, Some(domain::AgencyId(7))).await.unwrap();
        assert_eq!(opened.record, json!({ "number": 2, "of": 0 }));
        for record in [json!([1]), json!({ "of": 5 })] {
            let act = Act { agency: None, record };
            let error = ledger.record_outcome(intent, act).await.unwrap_err();
            assert!(matches!(error, LedgerError::Refused(Refusal::OutcomeShape)));
        }
        let nowhere = ledger::EntryRef { index: 99, ..intent };
        assert!(matches!(ledger.record_outcome(nowhere, Act::of(7, 3)).await, Err(LedgerError::Missing)));
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_1_a_record_that_is_too_large_or_holds_a_fraction_is_refused() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    let refused = async |record: Value| match ledger.record(Act { agency: None, record }).await {
        Err(LedgerError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(json!({ "a": [{ "b": 0.5 }] })).await, Refusal::NotAnInteger);
    let large = json!("x".repeat(RECORD_BYTES_MAX));
    assert!(matches!(refused(large).await, Refusal::TooLarge { .. }));
    assert_eq!(ledger.size(), 0);
    let largest = json!("x".repeat(RECORD_BYTES_MAX - r#"{"agency":null,"kind":"test.act","record":""}"#.len()));
    assert_eq!(ledger.record(Act { agency: None, record: largest }).await.unwrap().entry().index, 0);
    ledger.close().await;
}

#[tokio::test]
async fn aud_1_time_in_the_log_never_runs_backwards() {
    on_every_database(async |place| {
        let start = UtcMicros::YEAR_2000;
        let ledger = place.open().await;
        place.clock.set(start.plus_micros(500));
        assert_eq!(ledger.record(Act::of(7, 1)).await.unwrap().entry().time, start.plus_micros(500));
        place.clock.set(start);
        assert_eq!(ledger.record(Act::of(7, 2)).await.unwrap().entry().time, start.plus_micros(500));
        ledger.close().await;
        let ledger = place.open().await;
        assert_eq!(ledger.record(Act::of(7, 3)).await.unwrap().entry().time, start.plus_micros(500));
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn after_closing_other_handles_record_nothing() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    let other = ledger.clone();
    record_many(&ledger, 300).await;
    ledger.close().await;
    assert!(matches!(other.record(Act::of(7, 1)).await, Err(LedgerError::Stopped)));
    assert_eq!(verify_folder(&place.log(), &other.verifier_key(), None).unwrap().size, 300, "closing publishes");
}

#[tokio::test]
async fn an_origin_that_no_checkpoint_can_carry_is_refused() {
    let place = Place::sqlite();
    let mut config = place.config(place.sql().await);
    config.origin = "two words".into();
    assert!(matches!(Ledger::open(config).await, Err(LedgerError::Refused(Refusal::Origin))));
}

#[tokio::test]
async fn aud_6_a_log_is_not_continued_under_another_key_or_name() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    record_many(&ledger, 1).await;
    ledger.close().await;
    let mut config = place.config(place.sql().await);
    config.vault = std::sync::Arc::new(storage::Vault::for_tests());
    assert!(matches!(Ledger::open(config).await, Err(LedgerError::Contradiction { .. })));
    let mut config = place.config(place.sql().await);
    config.origin = "sightline.example/other".into();
    assert!(matches!(Ledger::open(config).await, Err(LedgerError::Contradiction { .. })));
}

/// Ungated: printed for the record (`cargo test -p ledger -- --nocapture entries_per_second`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_per_second_with_64_recorders_is_measured() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        let (tasks, each) = (64, 40);
        let start = std::time::Instant::now();
        let recorders: Vec<_> = (0..tasks)
            .map(|task| {
                let ledger = ledger.clone();
                tokio::spawn(async move {
                    for number in 0..each {
                        ledger.record(Act::of(task, number)).await.unwrap();
                    }
                })
            })
            .collect();
        for recorder in recorders {
            recorder.await.unwrap();
        }
        let seconds = start.elapsed().as_secs_f64();
        let count = f64::from(tasks) * f64::from(u32::try_from(each).unwrap());
        eprintln!("{:?}: {:.0} durable entries/s with {tasks} recorders", place.dialect(), count / seconds);
        ledger.close().await;
    })
    .await;
}

/// Ungated: printed for the record. `LEDGER_TEST_ENTRIES` sets another number of entries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_a_log_of_many_entries_is_measured() {
    let count: u64 = std::env::var("LEDGER_TEST_ENTRIES").map_or(5_000, |count| count.parse().unwrap());
    on_every_database(async |place| {
        let ledger = place.open().await;
        for left in (0..count).step_by(2_048).map(|done| count - done) {
            record_many(&ledger, left.min(2_048)).await;
        }
        ledger.close().await;
        let start = std::time::Instant::now();
        let ledger = place.open().await;
        let opening = start.elapsed();
        let start = std::time::Instant::now();
        verify_folder(&place.log(), &ledger.verifier_key(), None).unwrap();
        let verifying = start.elapsed();
        eprintln!("{:?}: {count} entries opened in {opening:?}, verified in {verifying:?}", place.dialect());
        assert_eq!(ledger.size(), count);
        ledger.close().await;
    })
    .await;
}
