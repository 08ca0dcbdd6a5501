//! Reads and cameras as files: Parquet, CSV, NDJSON with the same columns (`docs/city.md`).

use crate::read::{CityRead, CityReading};
use crate::{City, CityCamera};
use arrow::array::{
    ArrayRef, Float64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder, UInt8Builder, UInt16Builder,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Columns of every format, in order.
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
/// Columns of `cameras.csv`, in order.
pub const CAMERA_COLUMNS: [&str; 8] = ["key", "name", "source", "owner", "lat", "lon", "width_px", "height_px"];
/// Rows that are held while a Parquet file is written.
const BATCH_ROWS: usize = 8_192;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("cannot write the file")]
    File(#[from] std::io::Error),
    #[error("cannot write the Parquet file")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("cannot make a batch of columns")]
    Columns(#[from] arrow::error::ArrowError),
    #[error("cannot write the CSV file")]
    Csv(#[from] csv::Error),
    #[error("cannot write a row as JSON")]
    Json(#[from] serde_json::Error),
}

/// `ABC123:0.81;ABC128:0.40`; empty without alternatives.
fn readings_text(readings: &[CityReading]) -> String {
    let mut text = String::new();
    for reading in readings {
        let separator = if text.is_empty() { "" } else { ";" };
        let _ = write!(text, "{separator}{}:{}", reading.plate, share(reading.confidence));
    }
    text
}

/// 0 to 1, with the four digits that a confidence has.
pub(crate) fn share(confidence: u16) -> f64 {
    f64::from(confidence) / 10_000.0
}

struct Columns {
    texts: [StringBuilder; 9],
    scan_time: TimestampMicrosecondBuilder,
    confidence: Float64Builder,
    year: UInt16Builder,
    lat: Float64Builder,
    lon: Float64Builder,
    photos: UInt8Builder,
    rows: usize,
}

fn schema() -> Schema {
    let field = |name: &&str| {
        let (kind, optional) = match *name {
            "scan_time" => (DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
            "confidence" | "lat" | "lon" => (DataType::Float64, false),
            "year" => (DataType::UInt16, true),
            "photos" => (DataType::UInt8, false),
            "state" | "make" | "model" | "colour" => (DataType::Utf8, true),
            _ => (DataType::Utf8, false),
        };
        Field::new(*name, kind, optional)
    };
    Schema::new(COLUMNS.iter().map(field).collect::<Vec<_>>())
}

impl Columns {
    fn new() -> Self {
        Self {
            texts: Default::default(),
            scan_time: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            confidence: Float64Builder::new(),
            year: UInt16Builder::new(),
            lat: Float64Builder::new(),
            lon: Float64Builder::new(),
            photos: UInt8Builder::new(),
            rows: 0,
        }
    }

    fn push(&mut self, camera: &CityCamera, read: &CityRead) {
        let readings = readings_text(&read.readings);
        let vehicle = &read.vehicle;
        let texts = [
            Some(camera.key.as_str()),
            Some(&read.event_id),
            Some(&read.raw_plate),
            read.state.as_ref().map(domain::State::as_str),
            Some(&readings),
            vehicle.make.as_deref(),
            vehicle.model.as_deref(),
            vehicle.colour.as_deref(),
            Some(camera.source.word()),
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        self.scan_time.append_value(read.scan_time.0);
        self.confidence.append_value(share(read.confidence));
        self.year.append_option(vehicle.year);
        self.lat.append_value(read.position.lat());
        self.lon.append_value(read.position.lon());
        self.photos.append_value(read.photos_at_camera);
        self.rows += 1;
    }

    fn batch(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, ExportError> {
        self.rows = 0;
        let [camera, event_id, plate, state, readings, make, model, colour, source] =
            self.texts.each_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let columns: Vec<ArrayRef> = vec![
            camera,
            event_id,
            Arc::new(self.scan_time.finish()),
            plate,
            state,
            Arc::new(self.confidence.finish()),
            readings,
            make,
            model,
            colour,
            Arc::new(self.year.finish()),
            Arc::new(self.lat.finish()),
            Arc::new(self.lon.finish()),
            Arc::new(self.photos.finish()),
            source,
        ];
        Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
    }
}

impl City {
    fn camera_of(&self, read: &CityRead) -> &CityCamera {
        &self.cameras()[read.camera]
    }

    /// Writes reads to a Parquet file (Zstandard) and returns how many. `after` is told the number of rows so far, now
    /// and then, for a progress bar.
    pub fn write_parquet(
        &self,
        path: &Path,
        reads: impl Iterator<Item = CityRead>,
        mut after: impl FnMut(u64),
    ) -> Result<u64, ExportError> {
        let schema = Arc::new(schema());
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(16 * BATCH_ROWS))
            .build();
        let mut writer = ArrowWriter::try_new(File::create(path)?, Arc::clone(&schema), Some(properties))?;
        let (mut columns, mut rows) = (Columns::new(), 0);
        for read in reads {
            columns.push(self.camera_of(&read), &read);
            if columns.rows == BATCH_ROWS {
                rows += columns.rows as u64;
                writer.write(&columns.batch(&schema)?)?;
                after(rows);
            }
        }
        rows += columns.rows as u64;
        writer.write(&columns.batch(&schema)?)?;
        let file = writer.into_inner()?;
        file.sync_all()?;
        after(rows);
        Ok(rows)
    }

    /// Writes reads as CSV with a header; times are RFC 3339 in UTC.
    pub fn write_csv(&self, path: &Path, reads: impl Iterator<Item = CityRead>) -> Result<u64, ExportError> {
        let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(path)?));
        writer.write_record(COLUMNS)?;
        let mut rows = 0;
        for read in reads {
            let camera = self.camera_of(&read);
            let vehicle = &read.vehicle;
            let time = read.scan_time.to_string();
            let confidence = share(read.confidence).to_string();
            let readings = readings_text(&read.readings);
            let year = vehicle.year.map(|year| year.to_string()).unwrap_or_default();
            let (lat, lon) = (read.position.lat().to_string(), read.position.lon().to_string());
            let photos = read.photos_at_camera.to_string();
            let word = |word: &Option<domain::ShortText>| word.clone().unwrap_or_default();
            writer.write_record([
                camera.key.as_str(),
                &read.event_id,
                &time,
                &read.raw_plate,
                read.state.as_ref().map_or("", domain::State::as_str),
                &confidence,
                &readings,
                &word(&vehicle.make),
                &word(&vehicle.model),
                &word(&vehicle.colour),
                &year,
                &lat,
                &lon,
                &photos,
                camera.source.word(),
            ])?;
            rows += 1;
        }
        writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?
            .sync_all()?;
        Ok(rows)
    }

    /// Writes reads as NDJSON; `readings` is a list of `{plate, confidence}`, what was not reported is left out.
    pub fn write_ndjson(&self, path: &Path, reads: impl Iterator<Item = CityRead>) -> Result<u64, ExportError> {
        let mut writer = BufWriter::new(File::create(path)?);
        let mut rows = 0;
        for read in reads {
            serde_json::to_writer(&mut writer, &self.row(&read))?;
            writer.write_all(b"\n")?;
            rows += 1;
        }
        writer.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        Ok(rows)
    }

    fn row(&self, read: &CityRead) -> Value {
        let camera = self.camera_of(read);
        let mut row = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                row.insert(name.to_owned(), value);
            }
        };
        put("camera", json!(camera.key));
        put("event_id", json!(read.event_id));
        put("scan_time", json!(read.scan_time.to_string()));
        put("plate", json!(read.raw_plate));
        put("state", json!(read.state));
        put("confidence", json!(share(read.confidence)));
        put("readings", readings_json(&read.readings));
        put("make", json!(read.vehicle.make));
        put("model", json!(read.vehicle.model));
        put("colour", json!(read.vehicle.colour));
        put("year", json!(read.vehicle.year));
        put("lat", json!(read.position.lat()));
        put("lon", json!(read.position.lon()));
        put("photos", json!(read.photos_at_camera));
        put("source", json!(camera.source));
        Value::Object(row)
    }

    /// Writes `cameras.csv`. A mobile camera's place is its base.
    pub fn write_cameras_csv(&self, path: &Path) -> Result<(), ExportError> {
        let mut writer = csv::Writer::from_writer(File::create(path)?);
        writer.write_record(CAMERA_COLUMNS)?;
        for camera in self.cameras() {
            writer.write_record([
                &camera.key,
                &camera.name,
                camera.source.word(),
                camera.owner.as_str(),
                &camera.position.lat().to_string(),
                &camera.position.lon().to_string(),
                &camera.width_px.to_string(),
                &camera.height_px.to_string(),
            ])?;
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)?.sync_all()?;
        Ok(())
    }
}

pub(crate) fn readings_json(readings: &[CityReading]) -> Value {
    readings.iter().map(|reading| json!({ "plate": reading.plate, "confidence": share(reading.confidence) })).collect()
}
