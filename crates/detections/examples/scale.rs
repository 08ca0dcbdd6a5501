//! Imports many synthetic reads and asks every kind of question.
//!
//! `cargo run --release -p detections --example scale -- [ROWS]` prints the seconds of the import and the milliseconds
//! of each question. Questions go through policy and ledger, as everywhere; the time is that of the store alone.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement on the command line that may fail loudly")]

#[path = "fiction/mod.rs"]
mod fiction;

use detections::{Answer, Store, StoreConfig};
use domain::{Criteria, NewDetection, Widen};
use fiction::{NOW, anything, questions, read, request};
use ledger::{Ledger, LedgerConfig};
use policy::AgencyPolicy;
use std::sync::Arc;
use std::time::Instant;
use storage::{Blobs, Sql, SystemClock, TestClock, Vault};

const BATCH: usize = 10_000;
const RUNS: usize = 7;

async fn import(store: &Store, rows: u64) {
    let mut number = 0;
    let start = Instant::now();
    let mut making = std::time::Duration::ZERO;
    while number < rows {
        let began = Instant::now();
        let batch: Vec<NewDetection> = (number..rows.min(number + BATCH as u64)).map(|at| read(at, rows)).collect();
        making += began.elapsed();
        number += batch.len() as u64;
        store.append(batch).await.unwrap();
    }
    store.seal().await.unwrap();
    store.merge().await.unwrap();
    println!(
        "import {rows} rows: {:.1} s ({:.1} s of it making them)",
        start.elapsed().as_secs_f64(),
        making.as_secs_f64()
    );
}

async fn measure(
    store: &Store,
    ledger: &Ledger,
    policy: &AgencyPolicy,
    (name, criteria, widen): (&str, Criteria, Widen),
) {
    let (mut millis, mut outcome) = ([Vec::new(), Vec::new()], String::new());
    for _ in 0..RUNS {
        let permit = policy::preview(policy, request(criteria.clone(), widen)).unwrap();
        let recorded = ledger.record(permit).await.unwrap();
        let began = Instant::now();
        store.preview(recorded).await.unwrap();
        millis[0].push(began.elapsed().as_secs_f64() * 1e3);
        let permit = policy::rows(policy, request(criteria.clone(), widen), true).unwrap();
        let recorded = ledger.record(permit).await.unwrap();
        let began = Instant::now();
        let Answer::Rows(found) = store.rows(recorded).await.unwrap() else { continue };
        millis[1].push(began.elapsed().as_secs_f64() * 1e3);
        outcome = format!("{} matches, {} returned", found.counts.total(), found.hits.len());
    }
    let [preview, rows] = millis.map(|mut all| {
        all.sort_by(f64::total_cmp);
        (all[all.len() / 2], all[all.len() - 1])
    });
    println!("{name:34} rows {:7.2} ms (worst {:7.2})  preview {:7.2} ms  {outcome}", rows.0, rows.1, preview.0);
}

#[tokio::main]
async fn main() {
    let rows = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::for_tests());
    let config = || async {
        let sql = Sql::sqlite(&folder.path().join("detections.db")).await.unwrap();
        let blobs = Blobs::local(&folder.path().join("blobs")).unwrap();
        StoreConfig::new(sql, blobs, Arc::clone(&vault), Arc::new(SystemClock))
    };
    let store = Store::open(config().await).await.unwrap();
    import(&store, rows).await;
    let stats = store.stats();
    println!("{} segments, {} bytes a row", stats.segments, stats.bytes / stats.rows);
    store.close().await;
    let began = Instant::now();
    let store = Store::open(config().await).await.unwrap();
    println!("reopen {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let began = Instant::now();
    assert!(store.check().await.unwrap().findings.is_empty());
    println!("check of every segment {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let ledger = Ledger::open(LedgerConfig {
        sql: Sql::sqlite(&folder.path().join("ledger.db")).await.unwrap(),
        vault: Arc::clone(&vault),
        clock: Arc::new(TestClock::at(NOW)),
        origin: "example.org/ledger".into(),
        folder: folder.path().join("ledger"),
    });
    let (ledger, policy) = (ledger.await.unwrap(), anything());
    for question in questions(rows) {
        measure(&store, &ledger, &policy, question).await;
    }
}
