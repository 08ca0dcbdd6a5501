//! One row of a file, whichever its format: what the columns hold, and the checks.

use super::RowError;
use crate::limits::{CAMERA_NAME_CHARS_MAX, READINGS_READ_MAX};
use crate::native::{photo_count, vehicle_word, year};
use crate::{At, CameraFacts, Fault, LeftOut, Reason, checks, impossible_time, instant};
use domain::state::StateError;
use domain::{NewDetection, PlateText, Position, Reading, Source, State, UtcMicros, Vehicle};

/// A checked row that does not yet know its camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Where it stands in the file; counts from 1.
    pub line: u64,
    /// The camera's name, as the file writes it.
    pub camera: String,
    pub event_id: String,
    pub scan_time: UtcMicros,
    pub raw_plate: String,
    pub plate: PlateText,
    pub state: Option<State>,
    pub confidence: Option<u16>,
    pub readings: Vec<Reading>,
    /// Alternative readings beyond the best ten.
    pub readings_left_out: usize,
    pub vehicle: Vehicle,
    pub position: Option<Position>,
    pub photos_at_camera: u8,
    /// What the file says the camera is; must agree with its registration.
    pub source: Option<Source>,
}

impl FileRow {
    /// The detection, with what is registered of its camera. A row of an impossible time is refused, with its line.
    pub fn into_detection(self, camera: &CameraFacts, now: UtcMicros) -> Result<NewDetection, RowError> {
        if let Some(reason) = impossible_time(self.scan_time, now) {
            return Err(RowError::new(self.line, "scan_time", reason));
        }
        if self.source.is_some_and(|source| source != camera.source) {
            let reason = format!("the camera is registered as `{}`", camera.source);
            return Err(RowError::new(self.line, "source", reason));
        }
        let position =
            checks::position(camera, self.position).map_err(|reason| RowError::new(self.line, "lat", reason))?;
        Ok(NewDetection {
            camera: camera.camera,
            event_id: self.event_id.into(),
            scan_time: self.scan_time,
            raw_plate: self.raw_plate.into(),
            plate: self.plate,
            state: self.state,
            confidence: self.confidence,
            readings: self.readings,
            vehicle: self.vehicle,
            position,
            owner: camera.owner,
            pool: camera.pool,
            source: camera.source,
            photos: Vec::new(),
            photos_at_camera: self.photos_at_camera,
            low_quality: false,
            replaces_events: Vec::new(),
        })
    }
}

/// A scan time as the file has it.
pub(super) enum Time<'a> {
    Text(&'a str),
    Micros(i64),
}

/// Alternative readings as the file has them.
pub(super) enum Readings<'a> {
    /// `ABC123:0.81;ABC128:0.40`
    Text(&'a str),
    Read(Vec<Reading>),
}

/// The columns of a row before any check. Empty texts are columns that were not filled in.
pub(super) struct RawRow<'a> {
    pub(super) camera: &'a str,
    pub(super) event_id: &'a str,
    pub(super) scan_time: Option<Time<'a>>,
    pub(super) plate: &'a str,
    pub(super) state: &'a str,
    pub(super) confidence: Option<f64>,
    pub(super) readings: Readings<'a>,
    pub(super) make: &'a str,
    pub(super) model: &'a str,
    pub(super) colour: &'a str,
    pub(super) year: Option<f64>,
    pub(super) lat: Option<f64>,
    pub(super) lon: Option<f64>,
    pub(super) photos: Option<f64>,
    pub(super) source: &'a str,
}

impl RawRow<'_> {
    pub(super) fn check(self, line: u64) -> Result<FileRow, RowError> {
        self.checked(line).map_err(|fault| RowError::of(line, fault))
    }

    fn checked(self, line: u64) -> Result<FileRow, Fault> {
        let camera = camera_name(self.camera).at("camera")?;
        let event_id = checks::event_id(self.event_id).at("event_id")?;
        let scan_time = match self.scan_time {
            Some(Time::Micros(micros)) => UtcMicros(micros),
            Some(Time::Text(text)) if !text.is_empty() => instant::rfc3339(text).at("scan_time")?,
            Some(Time::Text(_)) | None => return Err(missing("scan_time")),
        };
        if self.plate.is_empty() {
            return Err(missing("plate"));
        }
        let plate = checks::plate(self.plate).at("plate")?;
        let mut left_out = LeftOut::default();
        let readings = match self.readings {
            Readings::Text(text) => listed_readings(text)?,
            Readings::Read(readings) => readings,
        };
        let readings = checks::choose_readings(&plate, readings, &mut left_out);
        let sure = |value| checks::confidence(value, 1.0).ok_or_else(|| Reason::from("must lie between 0 and 1"));
        let vehicle = Vehicle {
            make: vehicle_word(self.make).at("make")?,
            model: vehicle_word(self.model).at("model")?,
            colour: vehicle_word(self.colour).at("colour")?,
            year: self.year.map(year).transpose().at("year")?,
        };
        Ok(FileRow {
            line,
            camera,
            event_id,
            scan_time,
            raw_plate: self.plate.to_owned(),
            plate,
            state: optional(self.state, |code| code.parse().map_err(|error: StateError| error.to_string().into()))
                .at("state")?,
            confidence: self.confidence.map(sure).transpose().at("confidence")?,
            readings,
            readings_left_out: left_out.readings,
            vehicle,
            position: position(self.lat, self.lon)?,
            photos_at_camera: self.photos.map(photo_count).transpose().at("photos")?.unwrap_or(0),
            source: optional(self.source, source).at("source")?,
        })
    }
}

fn missing(field: &'static str) -> Fault {
    Fault { field: field.into(), reason: "missing".into() }
}

fn optional<T>(text: &str, read: impl Fn(&str) -> Result<T, Reason>) -> Result<Option<T>, Reason> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

fn source(word: &str) -> Result<Source, Reason> {
    Source::from_word(word).ok_or_else(|| {
        let known: Vec<&str> = Source::ALL.iter().map(|source| source.word()).collect();
        format!("must be one of {}", known.join(", ")).into()
    })
}

fn camera_name(name: &str) -> Result<String, Reason> {
    if name.trim().is_empty() {
        return Err("missing".into());
    }
    if name.chars().nth(CAMERA_NAME_CHARS_MAX).is_some() {
        return Err(format!("longer than {CAMERA_NAME_CHARS_MAX} characters").into());
    }
    if !checks::is_plain(name) {
        return Err("holds control characters".into());
    }
    Ok(name.to_owned())
}

fn position(lat: Option<f64>, lon: Option<f64>) -> Result<Option<Position>, Fault> {
    match (lat, lon) {
        (None, None) => Ok(None),
        (Some(lat), Some(lon)) => {
            Position::from_degrees(lat, lon).map(Some).map_err(|error| Reason::from(error.to_string())).at("lat")
        }
        (Some(_), None) => Err(missing("lon")),
        (None, Some(_)) => Err(missing("lat")),
    }
}

/// `ABC123:0.81;ABC128:0.40`
fn listed_readings(text: &str) -> Result<Vec<Reading>, Fault> {
    let mut readings = Vec::new();
    for entry in text.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
        if readings.len() == READINGS_READ_MAX {
            return Err(Fault { field: "readings".into(), reason: format!("more than {READINGS_READ_MAX}").into() });
        }
        let form = || Reason::from("must be plates with a confidence between 0 and 1, as in `ABC123:0.81;ABC128:0.40`");
        let (raw, sure) = entry.rsplit_once(':').ok_or_else(form).at("readings")?;
        let confidence = sure.trim().parse().ok().and_then(|sure| checks::confidence(sure, 1.0));
        readings.push(Reading {
            plate: checks::plate(raw).at("readings")?,
            confidence: confidence.ok_or_else(form).at("readings")?,
        });
    }
    Ok(readings)
}
