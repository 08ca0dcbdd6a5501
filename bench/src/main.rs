//! `make bench`: Sightline and its peers on the same data and the same questions.
//!
//! `bench ROWS STEP...` does steps of it: `prepare` writes the rows as Parquet and the parameter sets, for peers too
//! (`bench/peers`); `questions`, `api` and `ingest` measure Sightline; `table` compares the answers, prints the table and
//! writes `bench/results.json`, and fails where answers differ. `scripts/bench` puts the steps together. `profile` asks
//! for a profiler. Start at [`run`].
#![allow(clippy::print_stdout, reason = "a program of the command line")]

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod api;
mod cells;
mod dataset;
mod figures;
mod folder;
mod gate;
mod ingest;
mod parquet_file;
mod questions;
mod report;
mod sets;
mod sightline;

use crate::dataset::Dataset;
use crate::report::Peers;
use anyhow::Context;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

const INGEST_ROWS: u64 = 400_000;
const STEPS: [&str; 6] = ["prepare", "questions", "api", "ingest", "table", "profile"];

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let rows = arguments.next().context("bench ROWS STEP...")?.parse()?;
    let steps: Vec<String> = arguments.collect();
    if let Some(unknown) = steps.iter().find(|step| !STEPS.contains(&step.as_str())) {
        anyhow::bail!("no step is called {unknown}; there are {}", STEPS.join(", "));
    }
    run(Dataset { rows }, &steps).await
}

/// Each step leaves its figures in `target/bench/ROWS`, where `table` reads them.
async fn run(data: Dataset, steps: &[String]) -> anyhow::Result<ExitCode> {
    let wants = |step: &str| steps.iter().any(|wanted| wanted == step);
    let kept = Path::new("target/bench").join(data.rows.to_string());
    let folder = kept.join("data");
    std::fs::create_dir_all(&kept)?;
    println!("{} rows: {}; load average {}", data.rows, steps.join(", "), figures::load_average());
    if wants("prepare") {
        parquet_file::write(data, &kept.join("detections.parquet"))?;
        sets::write(data, &kept.join("sets.json"))?;
    }
    if wants("questions") || wants("profile") {
        let began = Instant::now();
        let (app, loaded_s) = folder::loaded(data, &folder).await?;
        if loaded_s.is_none() {
            println!("opened in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
        }
        if wants("profile") {
            sightline::profile(data, &app).await?;
        }
        if wants("questions") {
            let sets = sets::write(data, &kept.join("sets.json"))?;
            let measured = sightline::measure(data, &app, sets, loaded_s).await?;
            figures::write(&kept.join("sightline.json"), &measured)?;
        }
        app.close().await;
    }
    if wants("api") {
        api::write(&kept.join("api.json"), &api::measure(data, &folder)?)?;
    }
    if wants("ingest") {
        let measured = ingest::measure(INGEST_ROWS, &kept.join("ingest")).await?;
        std::fs::write(kept.join("ingest.json"), serde_json::to_vec(&measured)?)?;
    }
    if wants("table") {
        let peers = match std::env::var("PEERS").as_deref() {
            Ok("kept") => Peers::Kept,
            Ok("none") => Peers::None,
            _ => Peers::Measured,
        };
        return report::compare(data, &kept, peers);
    }
    Ok(ExitCode::SUCCESS)
}
