//! Many people asking while reads arrive, for a few seconds: `examples/concurrency.rs` measures it properly.

use crate::house::{House, criteria, house, read, request};
use detections::Answer;
use domain::QuestionKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const USERS: usize = 50;
const READS_PER_SECOND: usize = 5_000;
const BATCH: usize = 50;
const SECONDS: usize = 3;
/// Ten times what is promised on a machine with nothing else to do: other tests run beside this one.
const ANSWER_P99_MAX: Duration = Duration::from_secs(1);
const MEMORY_MAX: u64 = 2 << 30;

/// Memory of this process beside mapped files, in bytes.
fn anonymous_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

async fn ask(house: &House, user: usize, is_over: &AtomicBool) -> Vec<Duration> {
    const KINDS: [QuestionKind; 6] = [
        QuestionKind::FullPlate,
        QuestionKind::PartialPlate,
        QuestionKind::MakeModel,
        QuestionKind::Area,
        QuestionKind::CommonPlate,
        QuestionKind::Movement,
    ];
    let mut times = Vec::new();
    for number in 0.. {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let kind = KINDS[(user + number) % KINDS.len()];
        let permit = policy::rows(&house.policy, request(criteria(kind)), true).unwrap();
        let recorded = house.ledger.record(permit).await.unwrap();
        let began = Instant::now();
        let answer = house.store.rows(recorded).await.unwrap();
        times.push(began.elapsed());
        assert!(matches!(answer, Answer::Rows(_)));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    times
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_users_are_answered_while_five_thousand_reads_a_second_arrive() {
    let (house, is_over) = (Arc::new(house().await), Arc::new(AtomicBool::new(false)));
    let mut users = tokio::task::JoinSet::new();
    for user in 0..USERS {
        let (house, is_over) = (Arc::clone(&house), Arc::clone(&is_over));
        users.spawn(async move { ask(&house, user, &is_over).await });
    }
    let began = Instant::now();
    for number in 0..SECONDS * READS_PER_SECOND / BATCH {
        let due = began + Duration::from_millis(u64::try_from(number * BATCH * 1_000 / READS_PER_SECOND).unwrap());
        tokio::time::sleep_until(due.into()).await;
        let plate =
            |row: usize| if row == 0 { "7ABC123".to_owned() } else { format!("8XY{:03}", (number + row) % 900) };
        let batch = (0..BATCH).map(|row| read(&format!("{number}-{row}"), &plate(row))).collect();
        house.store.append(batch).await.unwrap();
    }
    let memory = anonymous_memory();
    is_over.store(true, Ordering::SeqCst);
    let mut times: Vec<Duration> = users.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    assert!(times.len() > 10 * USERS, "{} answers", times.len());
    let p99 = times[times.len() * 99 / 100];
    eprintln!("{} answers, median {:?}, p99 {p99:?}; {} MB", times.len(), times[times.len() / 2], memory >> 20);
    assert!(p99 < ANSWER_P99_MAX && memory < MEMORY_MAX, "{p99:?}, {memory} bytes");
    let permit = policy::exact_count(&house.policy, request(criteria(QuestionKind::FullPlate))).unwrap();
    let counted = house.store.exact_count(house.ledger.record(permit).await.unwrap()).await.unwrap();
    assert_eq!(counted.counts.total(), (SECONDS * READS_PER_SECOND / BATCH) as u64, "every one that arrived is found");
}
