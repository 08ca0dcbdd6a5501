//! How many entries a second the ledger makes durable, and how long an act waits for its entry.
//!
//! `cargo run --release --workspace --example waiting` records acts of the size of a query's, on SQLite in a temporary folder.
//! First as many as it can, then as many as a large installation makes, paced, so that what is measured is the wait and not a
//! queue of the measurement's own. Beside it stands what the disk's own fsync takes at the same time. Fails where it is not
//! within what is promised.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement on the command line that may fail loudly")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use domain::{AgencyId, Recordable};
use ledger::verify::verify_folder;
use ledger::{Ledger, LedgerConfig};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use storage::{Sql, SystemClock, Vault};

/// Acts under way at once while as many as can be are recorded.
const RECORDERS: u64 = 256;
const EACH: u64 = 200;
/// Users, each of whom acts every [`PAUSE`]: 1,000 entries a second.
const USERS: u64 = 50;
const PAUSE: Duration = Duration::from_millis(50);
const PACED_FOR: Duration = Duration::from_secs(10);

/// What is promised on two cores.
const ENTRIES_PER_SECOND_MIN: f64 = 5_000.0;
/// Beside the disk's own fsync.
const WAIT_P99_MAX: Duration = Duration::from_millis(10);

/// A query as the gate records it, about 1 KB.
struct Query(u64);

impl Recordable for Query {
    fn agency(&self) -> Option<AgencyId> {
        Some(AgencyId(7))
    }

    fn kind(&self) -> &'static str {
        "query.rows"
    }

    fn record(&self) -> Value {
        let corner = |number: i64| json!({ "lat": 34_010_000 + number, "lon": -139_990_000 - number });
        json!({
            "by": { "user": self.0, "unit": 12, "session": "01890a5d-ac96-774b-bcce-b302099a8057", "log_in": "enhanced" },
            "question": {
                "kind": "area", "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z", "pools": [1, 2, 5],
                "area": (0..16).map(corner).collect::<Vec<_>>(),
            },
            "purpose": {
                "reason": "BURGLARY", "case": "BU-2026-00417", "justification": "Three burglaries on one night, same quarter.",
                "target": { "kind": "vehicle", "description": "a white pickup seen by two neighbours" },
            },
            "rules": ["area.kind", "area.size", "purpose.case", "training.tool"],
        })
    }
}

fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let at = (last as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

fn row(what: &str, times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    let shown = |part| percentile(times, part).as_secs_f64() * 1e3;
    println!("| {what} | {} | {:.1} ms | {:.1} ms | {:.1} ms |", times.len(), shown(0.5), shown(0.99), shown(1.0));
    percentile(times, 0.99)
}

/// What the disk takes to keep a page, again and again until the other end is dropped.
fn time_fsyncs(folder: &Path, ended: &Receiver<()>) -> Vec<Duration> {
    let mut file = File::create(folder.join("fsync")).unwrap();
    let mut times = Vec::new();
    while ended.recv_timeout(Duration::from_millis(5)) == Err(RecvTimeoutError::Timeout) {
        let start = Instant::now();
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(&[7; 4_096]).unwrap();
        file.sync_all().unwrap();
        times.push(start.elapsed());
    }
    times
}

async fn record_all(ledger: &Ledger) -> Duration {
    let start = Instant::now();
    let recorders: Vec<_> = (0..RECORDERS)
        .map(|recorder| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                for number in 0..EACH {
                    ledger.record(Query(recorder * EACH + number)).await.unwrap();
                }
            })
        })
        .collect();
    for recorder in recorders {
        recorder.await.unwrap();
    }
    start.elapsed()
}

async fn record_paced(ledger: &Ledger) -> Vec<Duration> {
    let users: Vec<_> = (0..USERS)
        .map(|user| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                // Not all in one moment.
                tokio::time::sleep(PAUSE.mul_f64(user as f64 / USERS as f64)).await;
                let (begun, mut times) = (Instant::now(), Vec::new());
                let mut ticks = tokio::time::interval(PAUSE);
                while begun.elapsed() < PACED_FOR {
                    ticks.tick().await;
                    let start = Instant::now();
                    ledger.record(Query(user)).await.unwrap();
                    times.push(start.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for user in users {
        times.extend(user.await.unwrap());
    }
    times
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let config = LedgerConfig {
        sql: Sql::sqlite(&folder.path().join("ledger.db")).await.unwrap(),
        vault: Arc::new(Vault::for_tests()),
        clock: Arc::new(SystemClock),
        origin: "sightline.example/ledger".into(),
        folder: folder.path().join("ledger"),
    };
    let ledger = Ledger::open(config).await.unwrap();
    let took = record_all(&ledger).await;
    let rate = (RECORDERS * EACH) as f64 / took.as_secs_f64();
    println!(
        "{} entries in {:.1} s: {rate:.0} entries a second, each durable before it is answered.",
        RECORDERS * EACH,
        took.as_secs_f64()
    );
    println!();
    println!("| {} users, {} entries a second | times | median | p99 | longest |", USERS, USERS * 1_000 / 50);
    println!("| --- | --- | --- | --- | --- |");
    let (going_on, ended) = channel();
    let fsyncs = {
        let folder = folder.path().to_owned();
        std::thread::spawn(move || time_fsyncs(&folder, &ended))
    };
    let mut waits = record_paced(&ledger).await;
    drop(going_on);
    let mut fsyncs = fsyncs.join().unwrap();
    let wait = row("an act waits for its entry", &mut waits);
    let fsync = row("the disk's own fsync of 4 KB meanwhile", &mut fsyncs);
    let key = ledger.verifier_key();
    let size = ledger.size();
    ledger.close().await;
    assert_eq!(verify_folder(&folder.path().join("ledger"), &key, None).unwrap().size, size);
    let is_kept = rate >= ENTRIES_PER_SECOND_MIN && wait <= fsync + WAIT_P99_MAX;
    if is_kept {
        ExitCode::SUCCESS
    } else {
        println!(
            "Not within what is promised: {ENTRIES_PER_SECOND_MIN} entries a second, p99 of {WAIT_P99_MAX:?} beside the fsync."
        );
        ExitCode::FAILURE
    }
}
