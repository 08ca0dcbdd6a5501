//! `sightline import`: files of reads into the store, with a progress bar and a report of rejected rows.

use super::{DataArgs, block_on, complain, say};
use crate::App;
use crate::agencies::store as agency_store;
use crate::cameras::store as camera_store;
use crate::oversight::entries::Entry;
use anyhow::Context;
use detections::Outcome;
use domain::limits::BATCH_DETECTIONS_MAX;
use domain::{NewDetection, UtcMicros};
use feeds::CameraFacts;
use feeds::files::{FileRow, RowError, csv_rows, ndjson_rows, parquet_rows};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Batches that are read ahead of the store.
const BATCHES_AHEAD: usize = 2;
/// Batches that are made durable at one time; they share a commit.
const BATCHES_AT_ONCE: usize = 2;

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    #[command(flatten)]
    data: DataArgs,
    /// The owner's name; the file's cameras must be registered with it
    #[arg(long)]
    agency: String,
    /// Where to write rejected rows as CSV: line, field, reason
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
    /// A file whose name ends in `.parquet`, `.csv` or `.ndjson`; see docs/feeds.md for its columns
    file: PathBuf,
}

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    stored: u64,
    duplicates: u64,
    rejected: u64,
}

enum Item {
    Batch(Vec<NewDetection>),
    Rejected(RowError),
    Position(u64),
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<()> {
        block_on(async {
            let app = App::open(self.data.setup()?).await?;
            let result = self.import(&app).await;
            app.close().await;
            result
        })
    }

    async fn import(&self, app: &Arc<App>) -> anyhow::Result<()> {
        let started = std::time::Instant::now();
        let agencies = agency_store::agencies(&app.sql).await?;
        let owner =
            agencies.into_iter().find(|agency| agency.name == self.agency).context("there is no such agency")?;
        let cameras: HashMap<String, CameraFacts> = camera_store::of_agency(&app.sql, owner.id)
            .await?
            .into_iter()
            .filter(|camera| camera.active)
            .map(|camera| (camera.key.clone(), camera.facts()))
            .collect();
        anyhow::ensure!(!cameras.is_empty(), "the agency has no camera; register the file's cameras first");
        let bytes = std::fs::metadata(&self.file).with_context(|| self.file.display().to_string())?.len();
        let progress = progress_bar(bytes);
        let (sender, mut items) = mpsc::channel(BATCHES_AHEAD);
        let (file, now) = (self.file.clone(), app.clock.now());
        let reader = tokio::task::spawn_blocking(move || read(&file, &cameras, now, &sender));

        let mut report = self.rejected.as_deref().map(csv::Writer::from_path).transpose()?;
        if let Some(report) = &mut report {
            report.write_record(["line", "field", "reason"])?;
        }
        let mut numbers = Numbers::default();
        let mut running = tokio::task::JoinSet::new();
        while let Some(item) = items.recv().await {
            match item {
                Item::Batch(batch) => {
                    while running.len() >= BATCHES_AT_ONCE {
                        add(&mut numbers, running.join_next().await)?;
                    }
                    let app = Arc::clone(app);
                    running.spawn(async move { app.store.append(batch).await });
                }
                Item::Rejected(error) => {
                    numbers.rejected += 1;
                    if let Some(report) = &mut report {
                        report.write_record([&error.line.to_string(), error.field.as_ref(), error.reason.as_ref()])?;
                    } else if numbers.rejected <= 10 {
                        progress.suspend(|| complain(&error.to_string()));
                    }
                }
                Item::Position(position) => progress.set_position(position.min(bytes)),
            }
        }
        while let Some(done) = running.join_next().await {
            add(&mut numbers, Some(done))?;
        }
        reader.await??;
        progress.finish_and_clear();
        if let Some(mut report) = report {
            report.flush()?;
        }
        let details = json!({
            "stored": numbers.stored, "duplicates": numbers.duplicates, "rejected": numbers.rejected, "bytes": bytes,
        });
        app.ledger.record(Entry::of(Some(owner.id), "import", details)).await?;
        say(&format!(
            "{} stored, {} were here before, {} rejected, in {:.1} s",
            numbers.stored,
            numbers.duplicates,
            numbers.rejected,
            started.elapsed().as_secs_f64()
        ));
        if numbers.rejected > 10 && self.rejected.is_none() {
            complain("only the first 10 rejected rows were named; --rejected FILE lists all");
        }
        Ok(())
    }
}

type AppendResult = Result<Vec<detections::Appended>, detections::StoreError>;

fn add(numbers: &mut Numbers, done: Option<Result<AppendResult, tokio::task::JoinError>>) -> anyhow::Result<()> {
    let Some(done) = done else { return Ok(()) };
    for appended in done?? {
        match appended.outcome {
            Outcome::Stored | Outcome::Superseded => numbers.stored += 1,
            Outcome::Duplicate => numbers.duplicates += 1,
        }
    }
    Ok(())
}

fn progress_bar(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style)
}

/// Counts what was read, for the progress bar.
struct Counting<R> {
    inner: R,
    position: Arc<std::sync::atomic::AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.position.fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(count)
    }
}

/// Reads the file in this thread and sends batches; the channel's bound holds it back.
fn read(
    path: &Path,
    cameras: &HashMap<String, CameraFacts>,
    now: UtcMicros,
    sender: &mpsc::Sender<Item>,
) -> anyhow::Result<()> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let position = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counting = |file| BufReader::with_capacity(1 << 20, Counting { inner: file, position: Arc::clone(&position) });
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => {
            let rows = parquet_rows(file)?;
            let total = rows.rows().max(1);
            send(rows, cameras, now, sender, |row| row * bytes / total)
        }
        Some("csv") => {
            let at = Arc::clone(&position);
            send(csv_rows(counting(file))?, cameras, now, sender, move |_| {
                at.load(std::sync::atomic::Ordering::Relaxed)
            })
        }
        Some("ndjson") => {
            let at = Arc::clone(&position);
            send(ndjson_rows(counting(file))?, cameras, now, sender, move |_| {
                at.load(std::sync::atomic::Ordering::Relaxed)
            })
        }
        _ => anyhow::bail!("the file's name must end in `.parquet`, `.csv` or `.ndjson`"),
    }
}

fn send(
    rows: impl Iterator<Item = Result<FileRow, RowError>>,
    cameras: &HashMap<String, CameraFacts>,
    now: UtcMicros,
    sender: &mpsc::Sender<Item>,
    position: impl Fn(u64) -> u64,
) -> anyhow::Result<()> {
    let mut batch = Vec::with_capacity(BATCH_DETECTIONS_MAX);
    let mut count = 0;
    let give = |item| sender.blocking_send(item).map_err(|_| anyhow::anyhow!("the import was stopped"));
    for row in rows {
        count += 1;
        let joined = row.and_then(|row| match cameras.get(&row.camera) {
            Some(camera) => row.into_detection(camera, now),
            None => Err(RowError {
                line: row.line,
                field: "camera".into(),
                reason: "no active camera of this agency has this key".into(),
            }),
        });
        match joined {
            Ok(detection) => batch.push(detection),
            Err(error) => give(Item::Rejected(error))?,
        }
        if batch.len() == BATCH_DETECTIONS_MAX {
            give(Item::Batch(std::mem::replace(&mut batch, Vec::with_capacity(BATCH_DETECTIONS_MAX))))?;
            give(Item::Position(position(count)))?;
        }
    }
    if !batch.is_empty() {
        give(Item::Batch(batch))?;
    }
    Ok(())
}
