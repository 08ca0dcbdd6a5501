//! What a picture shows: the vehicle as it is, not as it was read.

use crate::City;
use crate::cameras::CityCamera;
use crate::picture;
use crate::read::{CityRead, is_night};
use crate::traffic::RawRead;
use crate::vehicles::{Body, Look};
use domain::{Source, UtcMicros};

/// What the camera saw. The plate is the true one, so that a photo shows where a reading is wrong.
#[derive(Clone, Debug)]
pub struct Subject {
    pub event_id: String,
    pub scan_time: UtcMicros,
    pub camera_name: String,
    pub source: Source,
    pub body: Body,
    /// A colour word, such as `silver`.
    pub colour: &'static str,
    pub make: &'static str,
    pub model: &'static str,
    /// Without separators.
    pub plate: String,
    pub(crate) state: usize,
    /// How sure the reading was, 0 to 10,000: less sure reads have worse pictures.
    pub confidence: u16,
    pub low_quality: bool,
    pub night: bool,
}

/// The pictures of a read, as many as its camera has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Photos {
    /// JPEG of the vehicle on the road.
    pub scene: Option<Vec<u8>>,
    /// JPEG of the plate.
    pub plate: Option<Vec<u8>>,
}

impl City {
    pub fn subject(&self, read: &CityRead) -> Subject {
        let camera = &self.cameras()[read.camera];
        self.portray(camera, read)
    }

    fn portray(&self, camera: &CityCamera, read: &CityRead) -> Subject {
        let look = Look::of(self.key, &self.population, read.vehicle_number);
        Subject {
            event_id: read.event_id.clone(),
            scan_time: read.scan_time,
            camera_name: camera.name.clone(),
            source: camera.source,
            body: look.model.body,
            colour: look.colour,
            make: look.model.make,
            model: look.model.model,
            plate: look.plate,
            state: look.state,
            confidence: read.confidence,
            low_quality: read.low_quality,
            night: is_night(read.scan_time.0),
        }
    }

    /// What the camera saw at an event of this city's history or live reads, for pictures that are drawn when first
    /// asked for. `None` where the id is not one that this city writes. An id holds camera, time and vehicle: one that
    /// was made up from a real camera and any vehicle is answered too, so ask only with ids of stored reads.
    pub fn recall(&self, event_id: &str) -> Option<Subject> {
        let raw: RawRead = self.parse_event_id(event_id)?;
        let read = self.read(&raw);
        (read.event_id == event_id).then(|| self.portray(&self.cameras()[read.camera], &read))
    }

    /// The pictures that the camera has of a read: none, the scene, or both.
    pub fn photos(&self, read: &CityRead) -> Photos {
        let subject = self.subject(read);
        Photos {
            scene: (read.photos_at_camera >= 1).then(|| picture::draw_scene(&subject)),
            plate: (read.photos_at_camera >= 2).then(|| picture::draw_plate(&subject)),
        }
    }

    /// Corners of the plate in the scene picture, in pixels, from the upper left clockwise.
    pub fn plate_corners(&self, read: &CityRead) -> [(i32, i32); 4] {
        picture::plate_corners(&self.subject(read))
    }
}
