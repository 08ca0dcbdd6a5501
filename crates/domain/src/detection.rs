//! Detections: what a camera hands in, and what the store holds (DET-1 to DET-7).

use crate::ShortText;
use crate::area::Position;
use crate::ids::{AgencyId, CameraId, DetectionId, PoolId};
use crate::plate::PlateText;
use crate::roles::word_enum;
use crate::state::State;
use crate::time::UtcMicros;
use crate::vehicle::Vehicle;
use serde::{Deserialize, Serialize};

word_enum!(
    /// Where a detection comes from (DET-2): law-enforcement cameras and commercial ones.
    Source {
        Pole = "pole",
        VehicleMounted = "vehicle-mounted",
        Handheld = "handheld",
        TollRoad = "toll-road",
        ParkingLot = "parking-lot",
        Repossession = "repossession",
    }
);

impl Source {
    pub fn is_commercial(self) -> bool {
        matches!(self, Self::TollRoad | Self::ParkingLot | Self::Repossession)
    }
}

/// What recognition says of one image: a text and how sure it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub plate: PlateText,
    /// 0 to 10,000: hundredths of a per cent.
    pub confidence: u16,
}

/// A photo as a camera sent it, its header checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPhoto {
    pub kind: PhotoKind,
    /// JPEG, PNG or WebP, at most [`crate::limits::PHOTO_BYTES_MAX`].
    pub bytes: Vec<u8>,
}

word_enum!(
    /// What a photo shows.
    PhotoKind {
        Scene = "scene",
        Plate = "plate",
    }
);

/// A detection as a feed hands it in, checked and normalised but not yet stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDetection {
    pub camera: CameraId,
    /// The camera's own id of the event; (camera, event id) makes appending idempotent.
    pub event_id: ShortText,
    pub scan_time: UtcMicros,
    /// The plate as the reader wrote it.
    pub raw_plate: ShortText,
    pub plate: PlateText,
    /// `None` where the reader did not report one.
    pub state: Option<State>,
    /// 0 to 10,000: hundredths of a per cent; `None` where the reader did not say.
    pub confidence: Option<u16>,
    /// Alternative readings, likeliest first, without the reading itself.
    pub readings: Vec<Reading>,
    pub vehicle: Vehicle,
    pub position: Position,
    /// The camera's owner and source kind decide the pool; filled in from its registration.
    pub owner: AgencyId,
    pub pool: PoolId,
    pub source: Source,
    /// Photos that came with the read.
    pub photos: Vec<NewPhoto>,
    /// Photos that the camera keeps and gives when first asked, when `photos` is empty.
    pub photos_at_camera: u8,
    /// The plate is too small in the picture to be read with trust (DET-7).
    pub low_quality: bool,
    /// The same camera's event ids of the same passing of the car, which this read sums up: they are hidden by it.
    pub replaces_events: Vec<String>,
}

/// A stored detection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    pub id: DetectionId,
    pub owner: AgencyId,
    pub pool: PoolId,
    pub source: Source,
    pub camera: CameraId,
    pub event_id: ShortText,
    /// 1, and one more for each later update of the same event.
    pub version: u32,
    /// The earlier version that this one replaces.
    pub supersedes: Option<DetectionId>,
    pub scan_time: UtcMicros,
    pub receive_time: UtcMicros,
    pub raw_plate: ShortText,
    pub plate: PlateText,
    pub state: Option<State>,
    pub confidence: Option<u16>,
    pub readings: Vec<Reading>,
    pub vehicle: Vehicle,
    pub position: Position,
    /// Photos that can be opened, stored or still at the camera.
    pub photos: u8,
    pub low_quality: bool,
}

impl Detection {
    /// A read with fewer than two photos is shown as unverified and is not called a match (DET-4).
    pub fn is_verified(&self) -> bool {
        self.photos >= 2
    }
}
