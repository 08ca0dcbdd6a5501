//! Many people asking while reads arrive.
//!
//! `cargo run --release --workspace --example concurrency -- [ROWS [SECONDS [THINK_MS]]]` loads ROWS reads, and lets 50 users
//! ask mixed questions for SECONDS, each `THINK_MS` after the answer before, while 5,000 reads a second are appended. Prints
//! the times of the answers and the memory beside the page cache, and fails where they are not within what is promised.
//! A time is that of the store alone, from the recorded permit to the rows; the ledger's entry is beside it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement on the command line that may fail loudly")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "fiction/mod.rs"]
mod fiction;

use detections::{Answer, Store, StoreConfig, StoreError};
use domain::{Criteria, NewDetection, Widen};
use fiction::{NOW, anything, mix, questions, read, request, small};
use ledger::{Ledger, LedgerConfig};
use policy::AgencyPolicy;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use storage::{Blobs, Sql, SystemClock, TestClock, Vault};

const USERS: u64 = 50;
const READS_PER_SECOND: u64 = 5_000;
/// Reads of one append: what a few cameras post together.
const BATCH: u64 = 50;
/// Appends that wait for one another's commit at most: feeds that post at once.
const FEEDS: usize = 16;
/// Recent rows that make the store seal: fewer than usual, so that it seals several times in a short run.
const SEAL_ROWS: usize = 100_000;

/// Plates common to two quarters of a city over 30 days: hundreds of thousands of reads, 200 ms of both cores at two million
/// rows, and far above the area that any preset permits. Asked by every sixteenth, it is what all others wait for.
const NOT_ASKED: &str = "common, two quarters of the city";

/// What is promised on two cores.
const ANSWER_P99_MAX: Duration = Duration::from_millis(100);
const MEMORY_MAX: u64 = 2 << 30;

struct Asked {
    kind: &'static str,
    store: Duration,
    with_entry: Duration,
}

/// Memory of this process beside mapped files, in bytes.
fn anonymous_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

fn percentile(sorted: &[Duration], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let at = (last as f64 * part).round() as usize;
    sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// One user: asks, reads, asks again.
async fn ask(
    user: u64,
    store: &Store,
    ledger: &Ledger,
    policy: &AgencyPolicy,
    questions: &[(&'static str, Criteria, Widen)],
    (think, is_over): (Duration, &AtomicBool),
) -> Vec<Asked> {
    let mut asked = Vec::new();
    // Not all at once.
    tokio::time::sleep(think.mul_f64((mix(user) % 1_000) as f64 / 1e3)).await;
    for number in 0.. {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let (kind, criteria, widen) = &questions[small::<usize>(mix(user << 32 | number) % questions.len() as u64)];
        let permit = policy::rows(policy, request(criteria.clone(), *widen), true).unwrap();
        let began = Instant::now();
        let recorded = ledger.record(permit).await.unwrap();
        let permitted = Instant::now();
        let answer = store.rows(recorded).await;
        asked.push(Asked { kind, store: permitted.elapsed(), with_entry: began.elapsed() });
        assert!(matches!(answer, Ok(Answer::Rows(_)) | Err(StoreError::TooManyPlates)), "an answer");
        tokio::time::sleep(think).await;
    }
    asked
}

/// Appends reads at their pace; gives the times of the appends.
async fn arrive(store: Store, rows: u64, seconds: u64) -> Vec<Duration> {
    let (began, turns) = (Instant::now(), Arc::new(tokio::sync::Semaphore::new(FEEDS)));
    let mut appends = tokio::task::JoinSet::new();
    for number in 0..seconds * READS_PER_SECOND / BATCH {
        tokio::time::sleep_until(
            (began + Duration::from_secs_f64((number * BATCH) as f64 / READS_PER_SECOND as f64)).into(),
        )
        .await;
        let first = rows + number * BATCH;
        let batch: Vec<NewDetection> = (first..first + BATCH).map(|number| read(number, rows)).collect();
        let (store, turn) = (store.clone(), Arc::clone(&turns).acquire_owned().await.unwrap());
        appends.spawn(async move {
            let began = Instant::now();
            store.append(batch).await.unwrap();
            drop(turn);
            began.elapsed()
        });
    }
    appends.join_all().await
}

async fn load(store: &Store, rows: u64) {
    for first in (0..rows).step_by(10_000) {
        store.append((first..rows.min(first + 10_000)).map(|number| read(number, rows)).collect()).await.unwrap();
    }
    store.seal().await.unwrap();
    store.merge().await.unwrap();
}

#[tokio::main]
async fn main() {
    let argument = |at: usize, or: u64| std::env::args().nth(at).map_or(or, |text| text.parse().unwrap());
    let (rows, seconds, think) = (argument(1, 2_000_000), argument(2, 60), Duration::from_millis(argument(3, 500)));
    let folder = tempfile::tempdir_in("target").unwrap();
    let vault = Arc::new(Vault::for_tests());
    let sql = Sql::sqlite(&folder.path().join("detections.db")).await.unwrap();
    let blobs = Blobs::local(&folder.path().join("blobs")).unwrap();
    let config = StoreConfig::new(sql, blobs, Arc::clone(&vault), Arc::new(SystemClock));
    let store = Store::open(StoreConfig { seal_rows: SEAL_ROWS, ..config }).await.unwrap();
    let ledger = Ledger::open(LedgerConfig {
        sql: Sql::sqlite(&folder.path().join("ledger.db")).await.unwrap(),
        vault,
        clock: Arc::new(TestClock::at(NOW)),
        origin: "example.org/ledger".into(),
        folder: folder.path().join("ledger"),
    });
    let (ledger, policy) = (ledger.await.unwrap(), Arc::new(anything()));
    load(&store, rows).await;
    let asked_of_all = questions(rows).into_iter().filter(|(kind, ..)| *kind != NOT_ASKED).collect();
    let (questions, is_over): (Arc<Vec<_>>, _) = (Arc::new(asked_of_all), Arc::new(AtomicBool::new(false)));
    let mut users = tokio::task::JoinSet::new();
    for user in 0..USERS {
        let (store, ledger, policy) = (store.clone(), ledger.clone(), Arc::clone(&policy));
        let (questions, is_over) = (Arc::clone(&questions), Arc::clone(&is_over));
        users.spawn(async move { ask(user, &store, &ledger, &policy, &questions, (think, &is_over)).await });
    }
    let (memory, watched) = (Arc::new(AtomicU64::new(0)), Arc::clone(&is_over));
    let highest = Arc::clone(&memory);
    let watch = tokio::spawn(async move {
        while !watched.load(Ordering::SeqCst) {
            highest.fetch_max(anonymous_memory(), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let began = Instant::now();
    let mut appends = arrive(store.clone(), rows, seconds).await;
    let took = began.elapsed();
    is_over.store(true, Ordering::SeqCst);
    let asked: Vec<Asked> = users.join_all().await.into_iter().flatten().collect();
    watch.await.unwrap();
    let is_kept = report(rows, think, &asked, &mut appends, took, memory.load(Ordering::SeqCst));
    let expected = rows + seconds * READS_PER_SECOND;
    assert_eq!(store.stats().rows, expected, "every read that arrived is there");
    store.close().await;
    assert!(is_kept, "what is promised was not kept");
}

/// Prints the figures; whether they are within what is promised.
fn report(rows: u64, think: Duration, asked: &[Asked], appends: &mut [Duration], took: Duration, memory: u64) -> bool {
    let mut kinds: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for one in asked {
        kinds.entry(one.kind).or_default().push(one.store);
    }
    kinds.insert("all of them", asked.iter().map(|one| one.store).collect());
    kinds.insert("all of them, with the ledger's entry", asked.iter().map(|one| one.with_entry).collect());
    let arrived = appends.len() as u64 * BATCH;
    let rate = arrived as f64 / took.as_secs_f64();
    println!(
        "{rows} reads, and {arrived} that arrived meanwhile, {rate:.0} a second; {USERS} users, {} ms from an answer to the \
         next question: {:.0} answers a second.\n",
        think.as_millis(),
        asked.len() as f64 / took.as_secs_f64()
    );
    println!("| question | answers | median | p99 | longest |\n| --- | --- | --- | --- | --- |");
    let mut p99 = 0.0;
    for (kind, mut times) in kinds {
        times.sort_unstable();
        let [median, nearly_all, longest] = [0.5, 0.99, 1.0].map(|part| percentile(&times, part));
        println!("| {kind} | {} | {median:.1} ms | {nearly_all:.1} ms | {longest:.1} ms |", times.len());
        if kind == "all of them" {
            p99 = nearly_all;
        }
    }
    appends.sort_unstable();
    let [median, nearly_all, longest] = [0.5, 0.99, 1.0].map(|part| percentile(appends, part));
    println!(
        "| append of {BATCH}, durable | {} | {median:.1} ms | {nearly_all:.1} ms | {longest:.1} ms |",
        appends.len()
    );
    println!("\nMemory beside the page cache: {} MB at most.", memory >> 20);
    p99 < ANSWER_P99_MAX.as_secs_f64() * 1e3 && memory < MEMORY_MAX && rate > 0.99 * READS_PER_SECOND as f64
}
