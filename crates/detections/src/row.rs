//! One detection with its texts borrowed: what the encoder takes and what a segment gives, without copying.

use crate::text::Text;
use domain::time::DAY_MICROS;
use domain::{
    AgencyId, CameraId, Detection, DetectionId, NewDetection, PlateText, PoolId, Position, Reading, ShortText, Source,
    State, UtcMicros, Vehicle,
};
use sha2::{Digest, Sha256};

/// Whose a read is and where it comes from. Few different ones make many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    pub(crate) owner: AgencyId,
    pub(crate) pool: PoolId,
    pub(crate) camera: CameraId,
    pub(crate) source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct VehicleRef<'a> {
    pub(crate) make: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    pub(crate) colour: Option<&'a str>,
    pub(crate) year: Option<u16>,
}

impl<'a> From<&'a Vehicle> for VehicleRef<'a> {
    fn from(vehicle: &'a Vehicle) -> Self {
        Self {
            make: vehicle.make.as_deref(),
            model: vehicle.model.as_deref(),
            colour: vehicle.colour.as_deref(),
            year: vehicle.year,
        }
    }
}

/// The plate as the reader wrote it. What it says of the plate is said in one way only, so that equal is equal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raw<'a> {
    AsPlate,
    /// The plate in lower case.
    Lower,
    Other(&'a str),
}

impl<'a> Raw<'a> {
    pub(crate) fn of(raw: &'a str, plate: &str) -> Self {
        let is_lower = || {
            raw.len() == plate.len()
                && raw.bytes().zip(plate.bytes()).all(|(raw, plate)| raw == plate.to_ascii_lowercase())
        };
        if raw == plate {
            Self::AsPlate
        } else if is_lower() {
            Self::Lower
        } else {
            Self::Other(raw)
        }
    }

    fn to_text(self, plate: &str) -> String {
        match self {
            Self::AsPlate => plate.to_owned(),
            Self::Lower => plate.to_ascii_lowercase(),
            Self::Other(raw) => raw.to_owned(),
        }
    }
}

impl std::fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Raw")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowRef<'a> {
    pub(crate) id: u64,
    pub(crate) origin: Origin,
    pub(crate) event_id: &'a str,
    /// Where to look for its event, where that was computed or read before: it takes longer than writing the row.
    pub(crate) known_hash: Option<u32>,
    pub(crate) version: u32,
    pub(crate) supersedes: Option<u64>,
    pub(crate) scan_time: i64,
    pub(crate) receive_time: i64,
    pub(crate) raw: Raw<'a>,
    pub(crate) plate: Text<'a>,
    pub(crate) state: Option<State>,
    pub(crate) confidence: Option<u16>,
    pub(crate) readings: Vec<(Text<'a>, u16)>,
    pub(crate) vehicle: VehicleRef<'a>,
    pub(crate) position: Position,
    pub(crate) photos_stored: u8,
    pub(crate) photos_at_camera: u8,
    pub(crate) low_quality: bool,
}

impl<'a> RowRef<'a> {
    /// A row of version 1; the writer fills in the id and what an earlier version changes.
    pub(crate) fn of_new(new: &'a NewDetection, receive_time: UtcMicros) -> Self {
        Self {
            id: 0,
            origin: Origin { owner: new.owner, pool: new.pool, camera: new.camera, source: new.source },
            event_id: &new.event_id,
            known_hash: Some(event_hash(new.camera, &new.event_id)),
            version: 1,
            supersedes: None,
            scan_time: new.scan_time.0,
            receive_time: receive_time.0,
            raw: Raw::of(&new.raw_plate, new.plate.as_str()),
            plate: Text::of(new.plate.as_str()),
            state: new.state,
            confidence: new.confidence,
            readings: new
                .readings
                .iter()
                .map(|reading| (Text::of(reading.plate.as_str()), reading.confidence))
                .collect(),
            vehicle: VehicleRef::from(&new.vehicle),
            position: new.position,
            photos_stored: u8::try_from(new.photos.len()).expect("the batch was checked: at most PHOTOS_MAX photos"),
            photos_at_camera: new.photos_at_camera,
            low_quality: new.low_quality,
        }
    }

    /// Whether two versions of one event say the same. Whose the camera is and when the read came are not what it says.
    pub(crate) fn says_the_same_as(&self, other: &RowRef<'_>) -> bool {
        self.scan_time == other.scan_time
            && self.raw == other.raw
            && self.plate == other.plate
            && self.state == other.state
            && self.confidence == other.confidence
            && self.readings == other.readings
            && self.vehicle == other.vehicle
            && self.position == other.position
            && self.photos_stored == other.photos_stored
            && self.photos_at_camera == other.photos_at_camera
            && self.low_quality == other.low_quality
    }

    /// Photos that can be opened: those stored, or those that the camera keeps when none came with the read.
    pub(crate) fn photos(&self) -> u8 {
        if self.photos_stored > 0 { self.photos_stored } else { self.photos_at_camera }
    }

    pub(crate) fn to_detection(&self) -> Detection {
        let plate = |text: Text<'_>| text.read(PlateText::normalise).expect("only normalised plate texts are stored");
        let text = plate(self.plate);
        Detection {
            id: DetectionId(self.id),
            owner: self.origin.owner,
            pool: self.origin.pool,
            source: self.origin.source,
            camera: self.origin.camera,
            event_id: self.event_id.to_owned().into(),
            version: self.version,
            supersedes: self.supersedes.map(DetectionId),
            scan_time: UtcMicros(self.scan_time),
            receive_time: UtcMicros(self.receive_time),
            raw_plate: self.raw.to_text(text.as_str()).into(),
            plate: text,
            state: self.state,
            confidence: self.confidence,
            readings: self
                .readings
                .iter()
                .map(|(text, confidence)| Reading { plate: plate(*text), confidence: *confidence })
                .collect(),
            vehicle: Vehicle {
                make: self.vehicle.make.map(ShortText::new),
                model: self.vehicle.model.map(ShortText::new),
                colour: self.vehicle.colour.map(ShortText::new),
                year: self.vehicle.year,
            },
            position: self.position,
            photos: self.photos(),
            low_quality: self.low_quality,
        }
    }

    pub(crate) fn event_hash(&self) -> u32 {
        self.known_hash.unwrap_or_else(|| event_hash(self.origin.camera, self.event_id))
    }
}

/// Where to look for an event; events with one hash are told apart by comparing camera and event id.
pub(crate) fn event_hash(camera: CameraId, event_id: &str) -> u32 {
    let digest = Sha256::new().chain_update(camera.0.to_le_bytes()).chain_update(event_id).finalize();
    digest.iter().take(4).rev().fold(0, |hash, byte| (hash << 8) | u32::from(*byte))
}

/// The UTC day of an instant in microseconds.
pub(crate) fn day_of(scan_time: i64) -> i32 {
    UtcMicros(scan_time).day()
}

/// A camera that repeats or updates an event may move it over midnight, not further: beyond that, an event id that comes
/// again is a counter that started over.
pub(crate) fn is_near_day(one: i32, other: i32) -> bool {
    one.abs_diff(other) <= 1
}

/// A day as `2026-05-03`, for names of files.
pub(crate) fn date_of(day: i32) -> String {
    let midnight = UtcMicros(i64::from(day).saturating_mul(DAY_MICROS)).to_string();
    midnight.split_once('T').map_or_else(|| day.to_string(), |(date, _)| date.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plate_text_reads_back_as_itself() {
        for character in '\0'..=char::MAX {
            if let Ok(plate) = PlateText::normalise(character.encode_utf8(&mut [0; 4])) {
                assert_eq!(PlateText::normalise(plate.as_str()).as_ref(), Ok(&plate), "{:x}", u32::from(character));
            }
        }
    }
}
