//! Sightline's own figures: the store is asked in this process, each question decided and recorded before it is timed.

use crate::dataset::Dataset;
use crate::figures::{self, Answered, Asked, Figures, SIGHTLINE, percentile};
use crate::gate::Gate;
use crate::ingest::cpu_ms;
use crate::questions::{LINES, Line, Wanted};
use crate::sets::hash_of_ids;
use detections::{Answer, Count, Store};
use domain::Question;
use domain::limits::RESULTS_WARNING;
use sightline_server::App;
use std::time::Instant;

/// Passes over all parameter sets after the warm-up; the lowest time of each set counts.
pub(crate) const PASSES: usize = 5;

/// Every question, or the one that `ONLY` in the environment names.
fn lines() -> impl Iterator<Item = &'static Line> {
    let only = std::env::var("ONLY").ok();
    LINES.iter().filter(move |line| only.as_ref().is_none_or(|only| line.name == only))
}

pub(crate) async fn measure(
    data: Dataset,
    app: &App,
    sets: String,
    loaded_s: Option<f64>,
) -> anyhow::Result<Vec<Figures>> {
    let store = &app.store;
    let before = figures::load_average();
    let began = Instant::now();
    anyhow::ensure!(store.check().await?.findings.is_empty(), "a segment is damaged");
    println!("every checksum compared in {:.1} s", began.elapsed().as_secs_f64());
    let stats = store.stats();
    let sections = store.section_bytes();
    let of_columns = sections.iter().filter(|(name, _)| is_of_the_columns(name)).map(|(_, bytes)| bytes).sum();
    let gate = Gate::new(app.ledger.clone())?;
    let mut questions = Vec::new();
    for line in lines() {
        let one = ask_sets(data, store, &gate, line).await?;
        println!("{}: {:.3} ms, p95 {:.3}, {} rows", line.name, one.median_ms, one.p95_ms, one.answer_rows);
        questions.push(one);
    }
    Ok(vec![Figures {
        engine: SIGHTLINE.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        date: figures::date(),
        load_average: vec![before, figures::load_average()],
        sets,
        rows: stats.rows,
        loaded_s,
        bytes_per_row: per_row(of_columns, stats.rows),
        bytes_per_row_of_everything: Some(per_row(stats.bytes, stats.rows)),
        questions,
        ingest: None,
    }])
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

/// Each parameter set is asked several times, all sets in turn; its lowest time counts, because the machine may be shared.
async fn ask_sets(data: Dataset, store: &Store, gate: &Gate, line: &Line) -> anyhow::Result<Asked> {
    let questions = line.questions(data)?;
    let mut millis = vec![f64::MAX; questions.len()];
    let mut answers = Vec::new();
    for pass in 0..=PASSES {
        answers.clear();
        for (question, lowest) in questions.iter().zip(&mut millis) {
            let (took, answered) = ask(store, gate, line, question).await?;
            answers.push(answered);
            // The first pass warms up.
            if pass > 0 {
                *lowest = lowest.min(took);
            }
        }
    }
    millis.sort_by(f64::total_cmp);
    let sizes = answers.iter().map(|answer| if line.wanted == Wanted::Rows { answer.rows } else { answer.count });
    Ok(Asked {
        question: line.name.into(),
        variant: None,
        median_ms: percentile(&millis, 50),
        p95_ms: percentile(&millis, 95),
        answer_rows: figures::median_of(sizes),
        timed_sets: questions.len(),
        answers,
    })
}

/// Milliseconds of one answer, and what came out.
async fn ask(store: &Store, gate: &Gate, line: &Line, question: &Question) -> anyhow::Result<(f64, Answered)> {
    match line.wanted {
        Wanted::Rows => {
            let permit = gate.rows(question).await?;
            let began = Instant::now();
            let answer = store.rows(permit).await?;
            let took = began.elapsed();
            let Answer::Rows(found) = answer else { anyhow::bail!("a confirmed question gives rows") };
            let count = match found.count {
                Count::Exactly(count) | Count::AtLeast(count) => count.min(RESULTS_WARNING as u64),
            };
            let ids = hash_of_ids(found.hits.iter().map(|hit| hit.detection.id.0));
            Ok((took.as_secs_f64() * 1e3, Answered { count, rows: found.hits.len() as u64, ids }))
        }
        Wanted::ExactCount => {
            let permit = gate.exact_count(question).await?;
            let began = Instant::now();
            let counted = store.exact_count(permit).await?;
            let took = began.elapsed();
            let answered = Answered { count: counted.counts.total(), rows: 0, ids: String::new() };
            Ok((took.as_secs_f64() * 1e3, answered))
        }
    }
}

/// Asks questions over and over for a profiler, and prints the processor time of one answer.
pub(crate) async fn profile(data: Dataset, app: &App) -> anyhow::Result<()> {
    let gate = Gate::new(app.ledger.clone())?;
    for line in lines() {
        let questions = line.questions(data)?;
        let mut permits = Vec::new();
        for question in questions.iter().cycle().take(questions.len() * 20) {
            permits.push(gate.rows(question).await?);
        }
        let (count, cpu, began) = (permits.len(), cpu_ms()?, Instant::now());
        for permit in permits {
            app.store.rows(permit).await?;
        }
        let count = f64::from(u32::try_from(count)?);
        println!(
            "{}: {:.3} ms of processor, {:.3} ms of time, dropping included",
            line.name,
            (cpu_ms()? - cpu) / count,
            began.elapsed().as_secs_f64() * 1e3 / count
        );
    }
    Ok(())
}
