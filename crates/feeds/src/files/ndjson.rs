//! NDJSON: one JSON object on each line, with the same columns; `readings` is a list as in the native format.

use super::lines::Lines;
use super::row::{RawRow, Readings, Time};
use super::{FileRow, RowError};
use crate::lax::{Bounded, Lax, fault_of, json_object};
use crate::limits::READINGS_READ_MAX;
use crate::native::{SentReading, sent_readings};
use crate::{At, Fault};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

/// The rows of an NDJSON file.
pub struct NdjsonRows<R> {
    lines: Lines<R>,
}

impl<R> std::fmt::Debug for NdjsonRows<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NdjsonRows").finish_non_exhaustive()
    }
}

/// Opens an NDJSON file.
pub fn ndjson_rows<R: Read>(reader: R) -> Result<NdjsonRows<R>, RowError> {
    Ok(NdjsonRows { lines: Lines::new(reader) })
}

impl<R: Read> Iterator for NdjsonRows<R> {
    type Item = Result<FileRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.next_line()? {
            Ok((number, line)) => Some(row(line, number)),
            Err(fault) => Some(Err(fault)),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Row<'a> {
    #[serde(borrow)]
    camera: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    event_id: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    scan_time: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    plate: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    state: Lax<Cow<'a, str>>,
    confidence: Lax<f64>,
    #[serde(borrow)]
    readings: Lax<Bounded<SentReading<'a>, READINGS_READ_MAX>>,
    #[serde(borrow)]
    make: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    model: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    colour: Lax<Cow<'a, str>>,
    year: Lax<f64>,
    lat: Lax<f64>,
    lon: Lax<f64>,
    photos: Lax<f64>,
    #[serde(borrow)]
    source: Lax<Cow<'a, str>>,
}
json_object!(Row<'a>);

fn row(line: &str, number: u64) -> Result<FileRow, RowError> {
    let row: Lax<Row<'_>> = serde_json::from_str(line).map_err(|error| {
        let (field, reason) = fault_of(&error);
        RowError::new(number, field.map_or(Cow::Borrowed("row"), Cow::Owned), reason)
    })?;
    let row = row.required().at("row").map_err(|fault| RowError::of(number, fault))?;
    check(row, number).map_err(|fault| RowError::of(number, fault))
}

fn check(row: Row<'_>, number: u64) -> Result<FileRow, Fault> {
    let camera = text(row.camera, "camera")?;
    let event_id = text(row.event_id, "event_id")?;
    let scan_time = text(row.scan_time, "scan_time")?;
    let plate = text(row.plate, "plate")?;
    let state = text(row.state, "state")?;
    let make = text(row.make, "make")?;
    let model = text(row.model, "model")?;
    let colour = text(row.colour, "colour")?;
    let source = text(row.source, "source")?;
    let raw = RawRow {
        camera: &camera,
        event_id: &event_id,
        scan_time: Some(Time::Text(&scan_time)),
        plate: &plate,
        state: &state,
        confidence: row.confidence.strict().at("confidence")?,
        readings: Readings::Read(sent_readings(row.readings.strict().at("readings")?.unwrap_or_default())?),
        make: &make,
        model: &model,
        colour: &colour,
        year: row.year.strict().at("year")?,
        lat: row.lat.strict().at("lat")?,
        lon: row.lon.strict().at("lon")?,
        photos: row.photos.strict().at("photos")?,
        source: &source,
    };
    raw.check(number).map_err(|error| Fault { field: error.field, reason: error.reason })
}

fn text<'a>(value: Lax<Cow<'a, str>>, field: &'static str) -> Result<Cow<'a, str>, Fault> {
    value.strict().map(Option::unwrap_or_default).at(field)
}
