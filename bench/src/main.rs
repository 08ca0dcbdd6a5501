//! `make bench`: Sightline on the data and the questions that its figures are promised for.
//!
//! `bench [ROWS]` loads the data set into `target/bench` once, asks every question with 24 parameter sets, measures
//! durable ingest, prints the table and writes `bench/results.json`. Start at [`run`].
#![allow(clippy::print_stdout, reason = "a program of the command line")]

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod dataset;
mod gate;
mod load;
mod parquet_file;
mod questions;
mod report;

use crate::dataset::Dataset;
use crate::gate::Gate;
use crate::questions::{LINES, Line, SETS, Wanted};
use crate::report::Measured;
use detections::{Answer, Store};
use serde_json::json;
use std::path::Path;
use std::time::Instant;

/// Passes over all parameter sets.
fn passes() -> usize {
    std::env::var("PASSES").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}
const INGEST_ROWS: u64 = 400_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rows = match arguments.next() {
        Some(text) => text.parse()?,
        None => 20_000_000,
    };
    run(Dataset { rows }, arguments.collect()).await
}

/// `parts` names what to do, of `parquet`, `questions` and `ingest`; all where empty. `profile` asks the
/// questions for a profiler; `ONLY` in the environment names one of them.
async fn run(data: Dataset, parts: Vec<String>) -> anyhow::Result<()> {
    let wants = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let folder = Path::new("target/bench").join(data.rows.to_string());
    std::fs::create_dir_all(&folder)?;
    println!("{} rows; load average {}", data.rows, report::load_average());
    let mut results = Vec::new();
    if wants("parquet") {
        parquet_file::write(data, &folder.join("detections.parquet"))?;
    }
    if wants("questions") || wants("profile") {
        let began = Instant::now();
        let (store, loading) = load::loaded(data, &folder.join("store")).await?;
        match loading {
            Some(seconds) => println!("loaded and sealed in {seconds:.0} s"),
            None => println!("opened in {:.0} ms", began.elapsed().as_secs_f64() * 1e3),
        }
        let stats = store.stats();
        let all = store.section_bytes();
        let of_columns = all.iter().filter(|(name, _)| is_of_the_columns(name)).map(|(_, bytes)| bytes).sum();
        println!(
            "{} segments, {:.1} bytes a row, {:.1} of them for the benchmark's columns",
            stats.segments,
            per_row(stats.bytes, stats.rows),
            per_row(of_columns, stats.rows),
        );
        let began = Instant::now();
        anyhow::ensure!(store.check().await?.findings.is_empty(), "a segment is damaged");
        println!("every checksum compared in {:.1} s", began.elapsed().as_secs_f64());
        let gate = Gate::open(&folder.join("gate")).await?;
        let mut measured = Vec::new();
        let only = std::env::var("ONLY").ok();
        for line in LINES.iter().filter(|line| only.as_ref().is_none_or(|only| line.name == only)) {
            if parts.iter().any(|part| part == "profile") {
                profile(data, &store, &gate, line).await?;
                continue;
            }
            let one = measure(data, &store, &gate, line).await?;
            println!("{}", report::table(std::slice::from_ref(&one)).lines().last().unwrap_or_default());
            measured.push(one);
        }
        println!("\nload average {}\n{}", report::load_average(), report::table(&measured));
        results = report::rows_of(&measured, data.rows);
        store.close().await;
    }
    if wants("ingest") {
        let rate = load::ingest(INGEST_ROWS, &folder.join("ingest")).await?;
        println!(
            "durable ingest in batches of 1,000: {:.0} rows/s by one feed (batch {:.2} ms, p95 {:.2}), {:.0} rows/s by four, \
             {:.0} with sealing all ({:.2} us of processor a row)",
            rate.alone, rate.batch_ms.0, rate.batch_ms.1, rate.together, rate.sealed, rate.processor_us
        );
        results.push(json!({
            "question": "durable ingest, batches of 1,000", "engine": "Sightline", "rows": INGEST_ROWS,
            "median_ms": rate.batch_ms.0, "p95_ms": rate.batch_ms.1, "rows_per_second": rate.alone,
            "rows_per_second_four_feeds": rate.together, "rows_per_second_sealed": rate.sealed,
            "processor_us_per_row": rate.processor_us,
        }));
    }
    if parts.is_empty() {
        let document = json!({ "date": date(), "machine": report::machine(), "results": results });
        std::fs::write("bench/results.json", serde_json::to_string_pretty(&document)? + "\n")?;
    }
    Ok(())
}

/// Whether a section holds, or indexes, what the Parquet file has too: the peers are given neither event ids, receive
/// times, photos nor alternative readings.
fn is_of_the_columns(section: &str) -> bool {
    let others = ["event.", "receive.", "photos_", "reading.", "rplate.", "raw.", "update."];
    !others.iter().any(|other| section.starts_with(other))
}

#[expect(clippy::cast_precision_loss, reason = "a figure of a few digits")]
fn per_row(bytes: u64, rows: u64) -> f64 {
    bytes as f64 / rows.max(1) as f64
}

fn date() -> String {
    storage::Clock::now(&storage::SystemClock).to_string().chars().take(10).collect()
}

/// Each parameter set is asked several times, all sets in turn; its lowest time counts, because the machine may be shared.
async fn measure(data: Dataset, store: &Store, gate: &Gate, line: &Line) -> anyhow::Result<Measured> {
    let (mut millis, mut sizes) = (vec![f64::MAX; usize::try_from(SETS)?], vec![0; usize::try_from(SETS)?]);
    // The first pass warms up.
    for pass in 0..=passes() {
        for ((set, lowest), size) in (0..SETS).zip(&mut millis).zip(&mut sizes) {
            let question = line.question(data, set)?;
            let took = ask(store, gate, line, &question, size).await?;
            if pass > 0 {
                *lowest = lowest.min(took);
            }
        }
    }
    millis.sort_by(f64::total_cmp);
    sizes.sort_unstable();
    Ok(Measured {
        question: line.name,
        engine: "Sightline",
        peer: line.peer,
        limit: line.limit,
        reach: line.reach,
        median_ms: report::percentile(&millis, 50),
        p95_ms: report::percentile(&millis, 95),
        answer_rows: sizes.get(sizes.len() / 2).copied().unwrap_or_default(),
    })
}

/// Asks one question over and over for a profiler, and prints the processor time of one answer.
async fn profile(data: Dataset, store: &Store, gate: &Gate, line: &Line) -> anyhow::Result<()> {
    let mut permits = Vec::new();
    for number in 0..SETS * 20 {
        permits.push(gate.rows(&line.question(data, number % SETS)?).await?);
    }
    let (count, cpu, began) = (permits.len(), report::cpu_ms()?, Instant::now());
    for permit in permits {
        store.rows(permit).await?;
    }
    let count = f64::from(u32::try_from(count)?);
    println!(
        "{}: {:.3} ms of processor, {:.3} ms of time, dropping included",
        line.name,
        (report::cpu_ms()? - cpu) / count,
        began.elapsed().as_secs_f64() * 1e3 / count
    );
    Ok(())
}

/// Milliseconds of one answer; `size` becomes its rows.
async fn ask(
    store: &Store,
    gate: &Gate,
    line: &Line,
    question: &domain::Question,
    size: &mut u64,
) -> anyhow::Result<f64> {
    let took = match line.wanted {
        Wanted::Rows => {
            let permit = gate.rows(question).await?;
            let began = Instant::now();
            let answer = store.rows(permit).await?;
            let took = began.elapsed();
            let Answer::Rows(found) = answer else { anyhow::bail!("a confirmed question gives rows") };
            *size = found.hits.len() as u64;
            took
        }
        Wanted::ExactCount => {
            let permit = gate.exact_count(question).await?;
            let began = Instant::now();
            let counted = store.exact_count(permit).await?;
            *size = counted.counts.total();
            began.elapsed()
        }
    };
    Ok(took.as_secs_f64() * 1e3)
}
