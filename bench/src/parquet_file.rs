//! The data set as Parquet, for the peers.

use crate::cells::cell_of;
use crate::dataset::Dataset;
use arrow::array::{
    ArrayRef, Int32Array, StringArray, TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::path::Path;
use std::sync::Arc;

const BATCH: u64 = 100_000;

/// Writes the benchmark's columns of every row, unless the file is there.
pub(crate) fn write(data: Dataset, path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let staged = path.with_extension("part");
    let file = std::fs::File::create(&staged)?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = None;
    for first in (0..data.rows).step_by(usize::try_from(BATCH)?) {
        let batch = columns(data, first, data.rows.min(first + BATCH))?;
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(ArrowWriter::try_new(file.try_clone()?, batch.schema(), Some(properties.clone()))?),
        };
        writer.write(&batch)?;
    }
    if let Some(writer) = writer {
        writer.close()?;
    }
    std::fs::rename(staged, path)?;
    Ok(())
}

fn columns(data: Dataset, from: u64, to: u64) -> anyhow::Result<RecordBatch> {
    let reads: Vec<_> = (from..to).map(|number| data.read(number)).collect();
    let texts = |text: &dyn Fn(&domain::NewDetection) -> Option<String>| -> ArrayRef {
        Arc::new(reads.iter().map(text).collect::<StringArray>())
    };
    let times = reads.iter().map(|read| read.scan_time.0);
    Ok(RecordBatch::try_from_iter([
        // The store gives ids from 1 in the order of appending, which is the order of the numbers.
        ("id", Arc::new(UInt64Array::from_iter_values(from + 1..=to)) as ArrayRef),
        ("scan_time", Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))),
        ("plate", texts(&|read| Some(read.plate.as_str().to_owned()))),
        ("state", texts(&|read| read.state.map(|state| state.as_str().to_owned()))),
        ("lat_e7", Arc::new(Int32Array::from_iter_values(reads.iter().map(|read| read.position.lat_e7)))),
        ("lon_e7", Arc::new(Int32Array::from_iter_values(reads.iter().map(|read| read.position.lon_e7)))),
        ("camera", Arc::new(UInt32Array::from_iter_values(reads.iter().map(|read| read.camera.0)))),
        (
            "pool",
            Arc::new(UInt8Array::from_iter_values(
                reads.iter().map(|read| u8::try_from(read.pool.0).unwrap_or_default()),
            )),
        ),
        ("make", texts(&|read| read.vehicle.make.as_deref().map(str::to_owned))),
        ("model", texts(&|read| read.vehicle.model.as_deref().map(str::to_owned))),
        ("colour", texts(&|read| read.vehicle.colour.as_deref().map(str::to_owned))),
        (
            "confidence",
            Arc::new(UInt16Array::from_iter_values(reads.iter().map(|read| read.confidence.unwrap_or_default()))),
        ),
        // For engines that find areas by ranges of it.
        ("cell", Arc::new(UInt64Array::from_iter_values(reads.iter().map(|read| cell_of(read.position))))),
    ])?)
}
