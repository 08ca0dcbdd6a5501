//! A process that records without end is killed at any moment; nothing that it acknowledged may be missing.

use crate::place::{Act, ORIGIN};
use domain::AgencyId;
use ledger::verify::verify_folder;
use ledger::{Ledger, LedgerConfig};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use storage::{Sql, SystemClock, Vault};

/// Tells the child where to record.
const FOLDER: &str = "LEDGER_TEST_KILLED_FOLDER";

async fn open(folder: &Path) -> Ledger {
    let config = LedgerConfig {
        sql: Sql::sqlite(&folder.join("ledger.sqlite")).await.unwrap(),
        vault: Arc::new(Vault::open(&folder.join("keys")).unwrap()),
        clock: Arc::new(SystemClock),
        origin: ORIGIN.into(),
        folder: folder.join("log"),
    };
    Ledger::open(config).await.unwrap()
}

/// The child: does nothing unless it was started by the test below.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let ledger = open(Path::new(&folder)).await;
    let recorders: Vec<_> = (0..16)
        .map(|recorder| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                loop {
                    let entry = ledger.record(Act::of(7, recorder)).await.unwrap().entry();
                    println!("acknowledged {} {recorder}", entry.index);
                    if entry.index % 64 == 0 {
                        ledger.receipt(entry.index).await.unwrap();
                    }
                }
            })
        })
        .collect();
    futures::future::join_all(recorders).await;
}

/// Index and number of each act that the child acknowledged until `count` were, then it is killed.
fn run_and_kill(folder: &Path, count: usize) -> Vec<(u64, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child_that_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let read = |line: String| {
        let mut words = line.strip_prefix("acknowledged ")?.split(' ').map(|word| word.parse().ok());
        Some((words.next()??, words.next()??))
    };
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let acknowledged = lines.map_while(Result::ok).filter_map(read).take(count).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn aud_1_no_acknowledged_entry_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut older: Option<String> = None;
    for count in [1, 17, 130, 300, 777, 40] {
        let acknowledged = run_and_kill(folder.path(), count);
        assert_eq!(acknowledged.len(), count, "the child recorded until it was killed");
        let ledger = open(folder.path()).await;
        for (index, number) in acknowledged {
            let opened = ledger.open_record(index, Some(AgencyId(7))).await.unwrap();
            assert_eq!(opened.record, serde_json::json!({ "number": number }));
        }
        let verified = verify_folder(&folder.path().join("log"), &ledger.verifier_key(), older.as_deref()).unwrap();
        assert_eq!(verified.size, ledger.size());
        older = Some(ledger.checkpoint());
        ledger.close().await;
    }
}
