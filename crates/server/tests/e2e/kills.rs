//! SIGKILL in the middle of ingest, again and again: nothing acknowledged is lost, nothing is doubled (invariant 2).

use super::calling::{Answered, Caller};
use super::installation::{Installation, beginning_with, reads};
use super::running::{Running, pause, report, run_well, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `SIGHTLINE_KILLS` asks for more in a long run.
const KILLS: u64 = 50;
const SEED: u64 = 20_260_601;
/// Longest time that a server posts before it is killed; shorter where there are more kills, because a restart reads all
/// recent batches, and a long run is about the kills.
const LIFE_MS_MAX: u64 = 300;
const LONG_RUN_LIFE_MS_MAX: u64 = 100;
/// A restart after a kill, on a slow machine with other work.
const START_MAX: Duration = Duration::from_secs(10);

/// Drawn numbers (`SplitMix64`), the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A batch that was posted: the reads of one plate.
#[derive(Clone)]
struct Batch {
    plate: String,
    count: u64,
    /// Kept as it was made: a camera that got no acknowledgement sends the same again.
    body: Arc<Value>,
}

impl Batch {
    fn new(number: u64) -> Self {
        let (plate, count) = (format!("K{number:06}"), 1 + number * 7 % 40);
        let body = Arc::new(reads(&plate, count));
        Self { plate, count, body }
    }
}

/// What the installation has promised.
#[derive(Default)]
struct Promised {
    batches: Vec<Batch>,
    answers: Vec<Answered>,
}

/// Posts batches one after another until the server is gone. Gives the batch that was not acknowledged.
fn post_until_gone(caller: &Caller, installation: &Installation, first: Batch, promised: &mut Vec<Batch>) -> Batch {
    let mut batch = first;
    loop {
        let Some(reply) = caller.try_call("POST", "/api/v1/detections", &installation.camera, Some(&batch.body)) else {
            return batch;
        };
        let posted = reply.ok();
        // The first batch is a repeat of one that may have been stored without its acknowledgement.
        let taken = posted["stored"].as_u64().unwrap() + posted["duplicates"].as_u64().unwrap();
        assert_eq!(taken, batch.count, "{posted}");
        promised.push(batch);
        batch = Batch::new(promised.len() as u64);
    }
}

/// Asks about what is known to be there until the server is gone.
fn ask_until_gone(caller: &Caller, installation: &Installation, known: &[Batch], promised: &mut Vec<Answered>) {
    for batch in known.iter().cycle() {
        let Some(reply) = installation.try_ask(caller, &batch.plate) else { return };
        let answered = Answered::of(&reply.ok());
        assert_eq!(answered.count, batch.count, "{}", batch.plate);
        promised.push(answered);
    }
}

fn work_until_killed(
    server: Running,
    installation: &Installation,
    first: Batch,
    life: Duration,
    promised: &mut Promised,
) -> Batch {
    let caller = Caller::new(&server.address);
    let known = promised.batches.clone();
    let Promised { batches, answers } = promised;
    std::thread::scope(|scope| {
        let posting = scope.spawn(|| post_until_gone(&caller, installation, first, batches));
        scope.spawn(|| ask_until_gone(&caller, installation, &known, answers));
        pause(life);
        server.kill();
        posting.join().unwrap()
    })
}

#[test]
fn fifty_kills_during_ingest_lose_nothing_acknowledged() {
    let kills = std::env::var("SIGHTLINE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let data = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut server = Running::serve(data.path());
    let installation = Installation::begin(&mut server);
    let mut chance = Chance(SEED);
    let mut promised = Promised::default();
    let mut next = Batch::new(0);
    let mut starts = Vec::new();
    let life_ms_max = if kills > KILLS { LONG_RUN_LIFE_MS_MAX } else { LIFE_MS_MAX };
    for _ in 0..kills {
        let life = Duration::from_millis(chance.below(life_ms_max));
        next = work_until_killed(server, &installation, next, life, &mut promised);
        server = Running::serve(data.path());
        starts.push(server.start_time);
        assert!(server.start_time < START_MAX, "{:?} for {} batches\n{}", starts, promised.batches.len(), server.log());
        spot_checks(&Caller::new(&server.address), &installation, &promised, &mut chance);
    }
    starts.sort_unstable();
    let (median, slowest) = (starts[starts.len() / 2], starts[starts.len() - 1]);

    let caller = Caller::new(&server.address);
    every_batch_is_there_once(&caller, &installation, &promised.batches);
    for answered in &promised.answers {
        caller.verify_receipt(answered, &installation.investigator);
    }
    let (status, log) = server.terminate();
    assert!(status.success(), "{log}");
    check_folder(data.path(), &promised);
    let figures = format!(
        "{kills} kills during ingest: {} batches and {} answers were acknowledged, all of them there, once. Restart after a \
         kill: median {:.2} s, longest {:.2} s, the more batches the longer. In all {:.0} s.",
        promised.batches.len(),
        promised.answers.len(),
        median.as_secs_f64(),
        slowest.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    eprintln!("{figures}");
    report("kills", &figures);
}

/// The newest batches, an old one, and the newest answers.
fn spot_checks(caller: &Caller, installation: &Installation, promised: &Promised, chance: &mut Chance) {
    let batches = &promised.batches;
    let old = batches.get(usize::try_from(chance.below(batches.len().max(1) as u64)).unwrap());
    for batch in batches.iter().rev().take(3).chain(old) {
        assert_eq!(installation.count(caller, &batch.plate), batch.count, "{}", batch.plate);
    }
    for answered in promised.answers.iter().rev().take(3) {
        caller.verify_receipt(answered, &installation.investigator);
    }
}

/// Ten batches a question, by the beginning of their plates.
fn every_batch_is_there_once(caller: &Caller, installation: &Installation, batches: &[Batch]) {
    for ten in batches.chunks(10) {
        let beginning = ten[0].plate.strip_suffix('0').unwrap();
        let answer = caller.post("/api/v1/queries", &installation.investigator, &beginning_with(beginning)).ok();
        let mut found: BTreeMap<&str, u64> = BTreeMap::new();
        for row in answer["page"]["rows"].as_array().unwrap() {
            *found.entry(row["plate"].as_str().unwrap()).or_default() += 1;
        }
        for batch in ten {
            assert_eq!(found.get(batch.plate.as_str()), Some(&batch.count), "{}", batch.plate);
        }
    }
}

fn check_folder(data: &Path, promised: &Promised) {
    let stored: u64 = promised.batches.iter().map(|batch| batch.count).sum();
    let checked = run_well(&["check", "--data", text(data)]);
    // The last batch may be stored without its acknowledgement; it has at most 40 reads.
    let rows: u64 = checked.split(' ').nth(1).unwrap().parse().unwrap();
    assert!((stored..=stored + 40).contains(&rows), "{stored} promised: {checked}");
    assert!(run_well(&["ledger", "verify", text(data)]).contains("holds"));
}
