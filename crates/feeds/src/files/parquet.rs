//! Parquet: the same columns, typed. Columns of related types are brought to one by Arrow's casts, a batch at a time.

use super::row::{RawRow, Readings, Time};
use super::{COLUMNS, FileRow, RowError, places};
use crate::limits::PARQUET_BATCH_ROWS;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Schema, TimeUnit, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::fs::File;

/// The rows of a Parquet file.
pub struct ParquetRows {
    batches: ParquetRecordBatchReader,
    places: [Option<usize>; COLUMNS.len()],
    columns: Option<Columns>,
    next: usize,
    row: u64,
    rows: u64,
    over: bool,
}

impl std::fmt::Debug for ParquetRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetRows").field("row", &self.row).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Opens a Parquet file: reads its schema.
pub fn parquet_rows(file: File) -> Result<ParquetRows, RowError> {
    // The library's messages name columns and types, not values.
    let refuse = |error: parquet::errors::ParquetError| {
        RowError::new(1, "file", format!("not a readable Parquet file: {error}"))
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(refuse)?;
    let schema = builder.schema().clone();
    let places = places(schema.fields().iter().map(|field| field.name().as_str()))?;
    check_types(&schema)?;
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let batches = builder.with_batch_size(PARQUET_BATCH_ROWS).build().map_err(refuse)?;
    Ok(ParquetRows { batches, places, columns: None, next: 0, row: 0, rows, over: false })
}

impl ParquetRows {
    /// How many rows the file says it has, for a progress bar.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Iterator for ParquetRows {
    type Item = Result<FileRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.over {
                return None;
            }
            if let Some(columns) = &self.columns
                && self.next < columns.rows
            {
                let place = self.next;
                self.next += 1;
                self.row += 1;
                return Some(columns.row(place).check(self.row));
            }
            let fault = |error: &dyn std::fmt::Display| RowError::new(self.row + 1, "file", error.to_string());
            let columns = match self.batches.next() {
                None => Ok(None),
                Some(Err(error)) => Err(fault(&error)),
                Some(Ok(batch)) => Columns::new(&batch, &self.places).map(Some).map_err(|error| fault(&error)),
            };
            self.next = 0;
            match columns {
                Ok(Some(columns)) => self.columns = Some(columns),
                Ok(None) => {
                    self.over = true;
                    return None;
                }
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// What a column is brought to.
fn wanted(column: &str) -> DataType {
    match column {
        "confidence" | "year" | "lat" | "lon" | "photos" => DataType::Float64,
        _ => DataType::Utf8,
    }
}

/// Refuses a file whose columns mean something else, before its first row.
fn check_types(schema: &Schema) -> Result<(), RowError> {
    for field in schema.fields() {
        let kind = match field.data_type() {
            DataType::Dictionary(_, inner) => inner.as_ref(),
            other => other,
        };
        let text = matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let nothing = *kind == DataType::Null;
        let (fits, expected) = match field.name().as_str() {
            "scan_time" => (text || is_instant(field.data_type()), "a timestamp in UTC or RFC 3339 text"),
            "confidence" => (kind.is_floating() || nothing, "a fraction between 0 and 1"),
            "lat" | "lon" => (kind.is_floating() || nothing, "degrees as floating point numbers"),
            "year" | "photos" => (kind.is_integer() || nothing, "whole numbers"),
            "camera" | "event_id" => (text || kind.is_integer(), "text"),
            _ => (text || nothing, "text"),
        };
        if !fits {
            let reason = format!("column `{}` is {}; expected {expected}", field.name(), field.data_type());
            return Err(RowError::new(1, "header", reason));
        }
    }
    Ok(())
}

/// A timestamp that means one instant: with a zone it does by itself, without one it is taken for UTC.
fn is_instant(kind: &DataType) -> bool {
    matches!(kind, DataType::Timestamp(_, _))
}

/// One batch, each column brought to its type.
struct Columns {
    rows: usize,
    arrays: [Option<ArrayRef>; COLUMNS.len()],
    time_is_text: bool,
}

impl Columns {
    fn new(batch: &RecordBatch, places: &[Option<usize>; COLUMNS.len()]) -> Result<Self, arrow::error::ArrowError> {
        let mut arrays: [Option<ArrayRef>; COLUMNS.len()] = Default::default();
        let mut time_is_text = true;
        for ((slot, column), place) in arrays.iter_mut().zip(COLUMNS).zip(places) {
            let Some(place) = place else { continue };
            let Some(array) = batch.columns().get(*place) else { continue };
            let wanted = match array.data_type() {
                // The zone stays: taking it off would move the instant.
                DataType::Timestamp(_, zone) => {
                    time_is_text = false;
                    DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
                }
                _ => wanted(column),
            };
            *slot = Some(if *array.data_type() == wanted { array.clone() } else { cast(array, &wanted)? });
        }
        Ok(Self { rows: batch.num_rows(), arrays, time_is_text })
    }

    fn array(&self, column: usize, row: usize) -> Option<&ArrayRef> {
        self.arrays.get(column)?.as_ref().filter(|array| array.is_valid(row))
    }

    fn text(&self, column: usize, row: usize) -> &str {
        self.array(column, row).and_then(|array| array.as_string_opt::<i32>()).map_or("", |texts| texts.value(row))
    }

    fn number(&self, column: usize, row: usize) -> Option<f64> {
        self.array(column, row)?.as_primitive_opt::<Float64Type>().map(|numbers| numbers.value(row))
    }

    fn time(&self, column: usize, row: usize) -> Option<Time<'_>> {
        if self.time_is_text {
            return Some(Time::Text(self.text(column, row)));
        }
        let times = self.array(column, row)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        Some(Time::Micros(times.value(row)))
    }

    /// The columns in the order of [`COLUMNS`].
    fn row(&self, row: usize) -> RawRow<'_> {
        RawRow {
            camera: self.text(0, row),
            event_id: self.text(1, row),
            scan_time: self.time(2, row),
            plate: self.text(3, row),
            state: self.text(4, row),
            confidence: self.number(5, row),
            readings: Readings::Text(self.text(6, row)),
            make: self.text(7, row),
            model: self.text(8, row),
            colour: self.text(9, row),
            year: self.number(10, row),
            lat: self.number(11, row),
            lon: self.number(12, row),
            photos: self.number(13, row),
            source: self.text(14, row),
        }
    }
}
