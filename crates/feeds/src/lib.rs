//! What cameras and files send, read into detections. Pure: bytes in, detections or reasons out.
//!
//! No database, no server, no clock: the server authenticates the camera, looks up its [`CameraFacts`] and passes both.
//! Start at [`native`], our own format; [`rekor`] and [`plate_recognizer_json`] read what unmodified agents post;
//! [`files`] streams rows for imports. `docs/feeds.md` describes every format for those who send.

mod checks;
pub mod files;
mod format;
mod instant;
mod lax;
pub mod limits;
mod multipart;
mod native;
mod photo;
mod plate_recognizer;
mod region;
mod rekor;
mod report;
mod vendor;

pub use format::{Format, detect_format, read, read_any};
pub use native::native;
pub use photo::{ImageFormat, ImageHeader, image_header};
pub use plate_recognizer::{plate_recognizer_json, plate_recognizer_multipart};
pub use rekor::rekor;
pub use report::to_json;

use domain::detection::NewPhoto;
use domain::limits::{BATCH_DETECTIONS_MAX, FUTURE_MICROS_MAX};
use domain::{AgencyId, CameraId, NewDetection, PoolId, Position, Source, UtcMicros};
use std::borrow::Cow;

/// Why something was not taken. Never holds a plate or another value that was sent (invariant 5).
pub type Reason = Cow<'static, str>;

/// What is registered of the camera that sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraFacts {
    pub camera: CameraId,
    pub owner: AgencyId,
    pub pool: PoolId,
    pub source: Source,
    /// Where a fixed camera stands; it wins over what the camera says of itself. `None` for one that moves.
    pub position: Option<Position>,
    /// IANA zone, for times that come without an offset.
    pub zone: String,
    /// Registered resolution in pixels; 0 where unknown (DET-7).
    pub width_px: u32,
    pub height_px: u32,
}

/// What became of one body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    pub detections: Vec<NewDetection>,
    /// Readable, but of an impossible time: held apart, neither first nor last in any answer.
    pub quarantined: Vec<Quarantined>,
    pub rejected: Vec<Rejected>,
    /// Why there is no detection where that is no fault: a heartbeat, a test, nothing detected.
    pub notice: Option<&'static str>,
    pub left_out: LeftOut,
    /// Events that are the same passing of the same car as one of `detections`, for the store to replace.
    pub supersedes_events: Vec<SameCar>,
}

/// A detection whose time cannot be: before 2000, or more than five minutes ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    pub reason: &'static str,
    pub event_id: domain::ShortText,
    /// As it would be stored, for a data steward to correct or withdraw.
    pub detection: NewDetection,
}

/// A detection, or part of one, that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Counts from 0: the place in the batch, or of the plate in the event.
    pub index: usize,
    /// As the sender writes it, such as `readings[2].confidence`.
    pub field: Cow<'static, str>,
    pub reason: Reason,
}

/// What was read and not kept, because a named limit says so. Counted, never silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Alternative readings beyond the best ten, and unreadable ones of vendors.
    pub readings: usize,
    /// Photos of vendors that are no images or too large; the read was kept without them.
    pub photos: usize,
    /// Frames of a group beyond [`limits::FRAMES_PER_GROUP_MAX`].
    pub frames: usize,
    /// Vehicles that a vendor reports without a plate.
    pub without_plate: usize,
}

impl LeftOut {
    fn add(&mut self, other: Self) {
        self.readings += other.readings;
        self.photos += other.photos;
        self.frames += other.frames;
        self.without_plate += other.without_plate;
    }
}

/// One passing of a car under several event ids: single frames first, the group that sums them up later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameCar {
    /// The event that stays, one of [`Received::detections`].
    pub event_id: domain::ShortText,
    /// The events it replaces, whether they came before or come late.
    pub other_event_ids: Vec<String>,
}

/// Nothing of the body could be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    #[error("the body is larger than {} MiB", limits::BODY_BYTES_MAX / 1024 / 1024)]
    TooLarge,
    #[error("not readable at line {line}, column {column}: {reason}{}", named(field.as_deref()))]
    Malformed { line: usize, column: usize, field: Option<String>, reason: Reason },
    #[error("not a body of this format; expected {expected}")]
    NotThisFormat { expected: &'static str },
    #[error("a batch has at most {BATCH_DETECTIONS_MAX} detections")]
    TooManyDetections,
    #[error("none of the formats that are read: native JSON, Rekor/OpenALPR, Plate Recognizer")]
    UnknownFormat,
}

fn named(field: Option<&str>) -> String {
    field.map(|field| format!(" (`{field}`)")).unwrap_or_default()
}

impl FeedError {
    fn malformed(error: &serde_json::Error) -> Self {
        let (field, reason) = lax::fault_of(error);
        Self::Malformed { line: error.line(), column: error.column(), field, reason }
    }
}

/// A field at fault and what is wrong with it.
#[derive(Debug)]
struct Fault {
    field: Cow<'static, str>,
    reason: Reason,
}

/// Names the field of a reason.
trait At<T> {
    fn at(self, field: impl Into<Cow<'static, str>>) -> Result<T, Fault>;
}

impl<T> At<T> for Result<T, Reason> {
    fn at(self, field: impl Into<Cow<'static, str>>) -> Result<T, Fault> {
        self.map_err(|reason| Fault { field: field.into(), reason })
    }
}

impl Received {
    /// Keeps a detection, or holds it apart when its time cannot be.
    fn admit(&mut self, detection: NewDetection, now: UtcMicros) {
        match impossible_time(detection.scan_time, now) {
            None => self.detections.push(detection),
            Some(reason) => {
                self.quarantined.push(Quarantined { reason, event_id: detection.event_id.clone(), detection });
            }
        }
    }

    fn reject(&mut self, index: usize, fault: Fault) {
        self.rejected.push(Rejected { index, field: fault.field, reason: fault.reason });
    }

    /// A vendor's agent cannot be told to send a better photo, and the read is worth more than it.
    fn drop_photo(&mut self, index: usize, field: &'static str, reason: &Reason) {
        self.left_out.photos += 1;
        let reason = format!("{reason}; the read was kept without this photo").into();
        self.rejected.push(Rejected { index, field: field.into(), reason });
    }

    fn keep_photo(
        &mut self,
        index: usize,
        field: &'static str,
        photo: Result<(NewPhoto, ImageHeader), Reason>,
    ) -> Option<(NewPhoto, ImageHeader)> {
        photo.map_err(|reason| self.drop_photo(index, field, &reason)).ok()
    }
}

/// Why a scan time cannot be, if so.
pub(crate) fn impossible_time(scan_time: UtcMicros, now: UtcMicros) -> Option<&'static str> {
    if scan_time < UtcMicros::YEAR_2000 {
        Some("the scan time is before the year 2000")
    } else if scan_time > now.plus_micros(FUTURE_MICROS_MAX) {
        Some("the scan time is more than 5 minutes in the future")
    } else {
        None
    }
}

pub(crate) const NOTHING_DETECTED: &str = "nothing was detected";
