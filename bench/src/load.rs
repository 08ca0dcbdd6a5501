//! Loading, and how fast durable appends are.

use crate::dataset::Dataset;
use crate::report;
use anyhow::Context;
use detections::{Store, StoreConfig};
use domain::NewDetection;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use storage::{Blobs, Sql, SystemClock, Vault};

/// Rows of one batch while loading.
const LOAD_BATCH: u64 = 10_000;
/// Rows of one batch of the measured ingest.
const INGEST_BATCH: u64 = 1_000;
/// Feeds that send at once in the second measurement.
const FEEDS: u64 = 4;

pub(crate) async fn open(folder: &Path) -> anyhow::Result<Store> {
    std::fs::create_dir_all(folder)?;
    let sql = Sql::sqlite(&folder.join("detections.db")).await?;
    let blobs = Blobs::local(&folder.join("blobs"))?;
    Ok(Store::open(StoreConfig::new(sql, blobs, Arc::new(Vault::for_tests()), Arc::new(SystemClock))).await?)
}

/// The store with the whole data set, sealed and merged; loads what is missing. Gives the seconds that loading took.
pub(crate) async fn loaded(data: Dataset, folder: &Path) -> anyhow::Result<(Store, Option<f64>)> {
    let store = open(folder).await?;
    let stored = store.stats().rows;
    if stored == data.rows {
        store.index_days().await?;
        return Ok((store, None));
    }
    let began = Instant::now();
    let (sender, mut made) = tokio::sync::mpsc::channel::<Vec<NewDetection>>(4);
    let making = std::thread::spawn(move || {
        let mut number = stored;
        while number < data.rows {
            let to = data.rows.min(number + LOAD_BATCH);
            if sender.blocking_send((number..to).map(|number| data.read(number)).collect()).is_err() {
                break;
            }
            number = to;
        }
    });
    while let Some(batch) = made.recv().await {
        store.append(batch).await?;
    }
    making.join().ok().context("making rows does not fail")?;
    store.seal().await?;
    store.merge().await?;
    store.index_days().await?;
    Ok((store, Some(began.elapsed().as_secs_f64())))
}

/// Rows a second of durable appends that can be searched on return.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IngestRate {
    /// One feed, which waits for each batch.
    pub(crate) alone: f64,
    /// Milliseconds of one batch of the one feed: median and 95th percentile.
    pub(crate) batch_ms: (f64, f64),
    /// Several feeds at once.
    pub(crate) together: f64,
    /// The same, the seconds of sealing everything afterwards included.
    pub(crate) sealed: f64,
    /// Microseconds that all threads ran for one row of those, sealing included; it does not depend on how busy the
    /// machine is.
    pub(crate) processor_us: f64,
}

/// Appends `rows` rows to a fresh store by one feed, then as many by several.
pub(crate) async fn ingest(rows: u64, folder: &Path) -> anyhow::Result<IngestRate> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let store = open(folder).await?;
    let data = Dataset { rows: 20_000_000 };
    let batch = |first: u64| (first..first + INGEST_BATCH).map(|number| data.read(number)).collect::<Vec<_>>();
    let (mut millis, mut seconds) = (Vec::new(), 0.0);
    for number in 0..rows / INGEST_BATCH {
        let batch = batch(number * INGEST_BATCH);
        let began = Instant::now();
        store.append(batch).await?;
        let took = began.elapsed().as_secs_f64();
        millis.push(took * 1e3);
        seconds += took;
    }
    millis.sort_by(f64::total_cmp);
    let at = |share: usize| millis.get(millis.len() * share / 100).copied().unwrap_or_default();
    let alone = sent(rows) / seconds;
    store.seal().await?;
    let prepared: Vec<Vec<Vec<NewDetection>>> = (0..FEEDS)
        .map(|feed| {
            let batches = 0..rows / INGEST_BATCH / FEEDS;
            batches.map(|number| batch(rows + (number * FEEDS + feed) * INGEST_BATCH)).collect()
        })
        .collect();
    let appended: u64 = prepared.iter().flatten().map(|batch| batch.len() as u64).sum();
    let (began, cpu_ms) = (Instant::now(), report::cpu_ms()?);
    let feeds: Vec<_> = prepared
        .into_iter()
        .map(|batches| {
            let store = store.clone();
            tokio::spawn(async move {
                for batch in batches {
                    store.append(batch).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for feed in feeds {
        feed.await??;
    }
    let together = sent(appended) / began.elapsed().as_secs_f64();
    store.seal().await?;
    let sealed = sent(appended) / began.elapsed().as_secs_f64();
    let processor_us = (report::cpu_ms()? - cpu_ms) * 1e3 / sent(appended);
    store.close().await;
    drop(store);
    std::fs::remove_dir_all(folder)?;
    Ok(IngestRate { alone, batch_ms: (at(50), at(95)), together, sealed, processor_us })
}

fn sent(rows: u64) -> f64 {
    f64::from(u32::try_from(rows).unwrap_or(u32::MAX))
}
