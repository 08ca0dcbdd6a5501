//! Figures as a table and as `bench/results.json`.

use serde_json::{Value, json};

/// What was measured of one question by one engine.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) question: &'static str,
    pub(crate) engine: &'static str,
    pub(crate) peer: &'static str,
    pub(crate) limit: Option<f64>,
    pub(crate) reach: f64,
    pub(crate) median_ms: f64,
    pub p95_ms: f64,
    /// Median of the rows in the answers; of an exact count, the count.
    pub(crate) answer_rows: u64,
}

/// The element at a share of sorted figures.
pub(crate) fn percentile(sorted: &[f64], share: usize) -> f64 {
    sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// A line of the machine's description.
pub(crate) fn machine() -> Value {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    json!({
        "processor": name,
        "cores": std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        "load_average": load_average(),
    })
}

pub(crate) fn load_average() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

pub(crate) fn table(measured: &[Measured]) -> String {
    let mut lines = vec![
        "| question | best peer | limit | reach | Sightline median ms | p95 ms | answer rows | |".to_owned(),
        "| --- | --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    for one in measured {
        let limit = one.limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
        let verdict = if one.median_ms <= one.reach { "reached" } else { "missed" };
        lines.push(format!(
            "| {} | {} | {limit} | {} | {:.3} | {:.3} | {} | {verdict} |",
            one.question, one.peer, one.reach, one.median_ms, one.p95_ms, one.answer_rows
        ));
    }
    lines.join("\n")
}

pub(crate) fn rows_of(measured: &[Measured], rows: u64) -> Vec<Value> {
    measured
        .iter()
        .map(|one| {
            json!({
                "question": one.question, "engine": one.engine, "rows": rows, "median_ms": one.median_ms,
                "p95_ms": one.p95_ms, "answer_rows": one.answer_rows,
            })
        })
        .collect()
}

/// Milliseconds that all threads of this process ran.
pub(crate) fn cpu_ms() -> anyhow::Result<f64> {
    let mut nanos = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanos += text.split_whitespace().next().unwrap_or_default().parse::<f64>()?;
    }
    Ok(nanos / 1e6)
}
