//! Rows of files, for `sightline import`: CSV, NDJSON and Parquet, read as a stream in bounded memory.
//!
//! Each reader yields rows that are checked but do not yet know their camera; [`FileRow::into_detection`] joins the two.

mod csv;
mod lines;
mod ndjson;
mod parquet;
mod row;

pub use csv::{CsvRows, csv_rows};
pub use ndjson::{NdjsonRows, ndjson_rows};
pub use parquet::{ParquetRows, parquet_rows};
pub use row::FileRow;

use crate::{Fault, Reason};
use std::borrow::Cow;

/// The columns of a file. The first [`REQUIRED`] must be there; others may be left out, and their order is free.
pub const COLUMNS: [&str; 15] = [
    "camera",
    "event_id",
    "scan_time",
    "plate",
    "state",
    "confidence",
    "readings",
    "make",
    "model",
    "colour",
    "year",
    "lat",
    "lon",
    "photos",
    "source",
];

/// How many of [`COLUMNS`] every file has.
pub const REQUIRED: usize = 4;

/// A row, or a whole file, that was not taken. Never holds a value of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, `{field}`: {reason}")]
pub struct RowError {
    /// Counts from 1; the header of a CSV file is line 1. In Parquet, the row.
    pub line: u64,
    /// The column, or `file`, `header` or `row`.
    pub field: Cow<'static, str>,
    pub reason: Reason,
}

impl RowError {
    fn new(line: u64, field: impl Into<Cow<'static, str>>, reason: impl Into<Reason>) -> Self {
        Self { line, field: field.into(), reason: reason.into() }
    }

    fn of(line: u64, fault: Fault) -> Self {
        Self { line, field: fault.field, reason: fault.reason }
    }
}

/// Finds each of [`COLUMNS`] in a header: at most once, the required ones there, and no others.
fn places<'a>(header: impl Iterator<Item = &'a str>) -> Result<[Option<usize>; COLUMNS.len()], RowError> {
    let mut places = [None; COLUMNS.len()];
    let fault = |reason: String| Err(RowError::new(1, "header", reason));
    for (place, name) in header.enumerate() {
        let known = COLUMNS.iter().zip(places.iter_mut()).find(|(column, _)| **column == name);
        let Some((_, slot)) = known else {
            let shown: String = name.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect();
            return fault(format!("unknown column `{shown}`; known are {}", COLUMNS.join(", ")));
        };
        if slot.replace(place).is_some() {
            return fault(format!("column `{name}` twice"));
        }
    }
    for (column, place) in COLUMNS.iter().zip(&places).take(REQUIRED) {
        if place.is_none() {
            return fault(format!("column `{column}` is missing"));
        }
    }
    Ok(places)
}
