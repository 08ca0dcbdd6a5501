//! What was measured of an engine, Sightline's own and the peers' alike, as it is kept in files between steps.

use serde::{Deserialize, Serialize};
use std::path::Path;

/// The name of our own figures; peers have theirs.
pub(crate) const SIGHTLINE: &str = "Sightline";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) engine: String,
    pub(crate) version: String,
    /// When the questions were asked: RFC 3339, UTC, to the second.
    pub(crate) date: String,
    /// The load averages of the machine before and after.
    pub(crate) load_average: Vec<String>,
    /// Hash of the parameter sets.
    pub(crate) sets: String,
    pub(crate) rows: u64,
    /// Seconds that loading took, indexes included, when it was done.
    pub(crate) loaded_s: Option<f64>,
    /// Bytes on disk for each row, of the columns that all engines are given, indexes included.
    pub(crate) bytes_per_row: f64,
    /// The same with what only Sightline keeps: event ids, receive times, alternative readings and their indexes.
    #[serde(default)]
    pub(crate) bytes_per_row_of_everything: Option<f64>,
    pub(crate) questions: Vec<Asked>,
    pub(crate) ingest: Option<Ingest>,
}

/// One question by one engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) question: String,
    /// Which of several ways to ask the engine was the fastest and is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) variant: Option<String>,
    pub(crate) median_ms: f64,
    pub(crate) p95_ms: f64,
    /// Median of the rows in the answers; of an exact count, the count.
    pub(crate) answer_rows: u64,
    /// Parameter sets that were timed after the warm-up; fewer than all where the time budget ended first.
    pub(crate) timed_sets: usize,
    /// By parameter set.
    pub(crate) answers: Vec<Answered>,
}

/// What came out of one parameter set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answered {
    /// Matches, capped at 10,000 unless the exact count was asked for.
    pub(crate) count: u64,
    /// Full rows that were returned.
    pub(crate) rows: u64,
    /// Hash of their ids, newest first; empty for an exact count.
    pub(crate) ids: String,
}

/// Durable appends of 1,000 rows at a time by one feed, each searchable when its append returns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ingest {
    pub(crate) rows: u64,
    pub(crate) rows_per_second: f64,
    pub(crate) batch_median_ms: f64,
    pub(crate) batch_p95_ms: f64,
    /// Whether a batch is on disk when its append returns.
    pub(crate) is_durable: bool,
    /// What is measured besides, by name.
    #[serde(default)]
    pub(crate) further: std::collections::BTreeMap<String, f64>,
}

/// Figures of an earlier step; none where it did not run.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Figures>> {
    if path.exists() { Ok(serde_json::from_slice(&std::fs::read(path)?)?) } else { Ok(Vec::new()) }
}

pub(crate) fn write(path: &Path, figures: &[Figures]) -> anyhow::Result<()> {
    Ok(std::fs::write(path, serde_json::to_string_pretty(figures)? + "\n")?)
}

/// The element at a share of sorted figures.
pub(crate) fn percentile(sorted: &[f64], share: usize) -> f64 {
    sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

pub(crate) fn median_of(sizes: impl Iterator<Item = u64>) -> u64 {
    let mut sizes: Vec<_> = sizes.collect();
    sizes.sort_unstable();
    sizes.get(sizes.len() / 2).copied().unwrap_or_default()
}

/// Now, to the second.
pub(crate) fn date() -> String {
    let now = storage::Clock::now(&storage::SystemClock).to_string();
    now.chars().take(19).chain(['Z']).collect()
}

pub(crate) fn load_average() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
