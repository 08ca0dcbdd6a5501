//! How fast durable appends are.

use crate::dataset::Dataset;
use crate::figures::{Ingest, percentile};
use detections::{Store, StoreConfig};
use domain::NewDetection;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use storage::{Blobs, Sql, SystemClock, Vault};

/// Rows of one batch.
const BATCH: u64 = 1_000;
/// Feeds that send at once in the second measurement.
const FEEDS: u64 = 4;

async fn open(folder: &Path) -> anyhow::Result<Store> {
    std::fs::create_dir_all(folder)?;
    let sql = Sql::sqlite(&folder.join("detections.db")).await?;
    let blobs = Blobs::local(&folder.join("blobs"))?;
    Ok(Store::open(StoreConfig::new(sql, blobs, Arc::new(Vault::for_tests()), Arc::new(SystemClock))).await?)
}

/// Appends `rows` rows to a fresh store by one feed that waits for each batch, then as many by several at once.
pub(crate) async fn measure(rows: u64, folder: &Path) -> anyhow::Result<Ingest> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let store = open(folder).await?;
    let data = Dataset { rows: 20_000_000 };
    let batch = |first: u64| (first..first + BATCH).map(|number| data.read(number)).collect::<Vec<_>>();
    let (mut millis, mut seconds) = (Vec::new(), 0.0);
    for number in 0..rows / BATCH {
        let batch = batch(number * BATCH);
        let began = Instant::now();
        store.append(batch).await?;
        let took = began.elapsed().as_secs_f64();
        millis.push(took * 1e3);
        seconds += took;
    }
    millis.sort_by(f64::total_cmp);
    store.seal().await?;
    let prepared: Vec<Vec<Vec<NewDetection>>> = (0..FEEDS)
        .map(|feed| {
            let batches = 0..rows / BATCH / FEEDS;
            batches.map(|number| batch(rows + (number * FEEDS + feed) * BATCH)).collect()
        })
        .collect();
    let appended: u64 = prepared.iter().flatten().map(|batch| batch.len() as u64).sum();
    let (began, cpu_ms) = (Instant::now(), cpu_ms()?);
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
    let together = as_f64(appended) / began.elapsed().as_secs_f64();
    store.seal().await?;
    let sealed = as_f64(appended) / began.elapsed().as_secs_f64();
    let processor_us = (self::cpu_ms()? - cpu_ms) * 1e3 / as_f64(appended);
    store.close().await;
    drop(store);
    std::fs::remove_dir_all(folder)?;
    Ok(Ingest {
        rows,
        rows_per_second: as_f64(rows) / seconds,
        batch_median_ms: percentile(&millis, 50),
        batch_p95_ms: percentile(&millis, 95),
        is_durable: true,
        further: [
            ("rows_per_second_of_four_feeds".to_owned(), together),
            ("rows_per_second_of_four_feeds_with_sealing_all".to_owned(), sealed),
            // Of all threads, sealing included; it does not depend on how busy the machine is.
            ("processor_us_per_row".to_owned(), processor_us),
        ]
        .into(),
    })
}

fn as_f64(rows: u64) -> f64 {
    f64::from(u32::try_from(rows).unwrap_or(u32::MAX))
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
