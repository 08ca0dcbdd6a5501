//! The webhook of Rekor Scout and `OpenALPR` agents: single frames, groups (versions 1 to 3), alerts, heartbeats, the test.
//!
//! One passing car gives many `alpr_results`, one per frame, and in the end one `alpr_group`. A frame's event id is its
//! `uuid`, a group's is its `best_uuid`, which is one of those frames: the store takes the group as a later version of
//! that frame. The group's other frames are named in [`Received::supersedes_events`], so that nothing counts twice.

use crate::format::Head;
use crate::lax::{Bounded, FromJson, Lax, Loose, json_object};
use crate::limits::{BODY_BYTES_MAX, FRAMES_PER_GROUP_MAX, PLATES_PER_EVENT_MAX};
use crate::vendor::{Best, Candidates, plausible_height, readings, take_photo, vehicle_word, year_of};
use crate::{
    At, CameraFacts, Fault, FeedError, LeftOut, NOTHING_DETECTED, Reason, Received, SameCar, checks, instant, photo,
    region,
};
use domain::detection::PhotoKind;
use domain::{NewDetection, Position, State, UtcMicros, Vehicle};
use serde::Deserialize;
use std::borrow::Cow;

const HEARTBEAT: &str = "a heartbeat of the agent";
const TEST: &str = "a test of the webhook";
const VEHICLE_ONLY: &str = "a vehicle without a plate";
const OTHER: &str = "a kind of message that holds no detection";
/// Full confidence on Rekor's scale.
const PER_CENT: f64 = 100.0;

/// Reads one message of an agent. Messages without a detection are no fault: the agent must get its 200.
pub fn rekor(body: &[u8], camera: &CameraFacts, now: UtcMicros) -> Result<Received, FeedError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(FeedError::TooLarge);
    }
    let expected =
        FeedError::NotThisFormat { expected: "a JSON object with `data_type`, as a Rekor or OpenALPR agent posts it" };
    let Some(head) = object::<Head<'_>>(body)? else { return Err(expected) };
    if !head.is_rekor() {
        return Err(expected);
    }
    let kind = head.data_type.as_ref().map(AsRef::as_ref);
    match kind {
        Some("heartbeat") => Ok(noticed(HEARTBEAT)),
        Some("vehicle") => Ok(noticed(VEHICLE_ONLY)),
        Some("alpr_results") => match object::<Frame<'_>>(body)? {
            Some(frame) => Ok(frame.received(camera, now)),
            None => Err(expected),
        },
        // Alerts carry the group; so do messages whose `data_type` is null.
        Some("alpr_group" | "alpr_alert") | None if head.group.is_present() => match object::<Wrapped<'_>>(body)? {
            Some(Wrapped { group: Lax::Is(group) }) => Ok(group_received(group, camera, now)),
            _ => Err(expected),
        },
        Some("alpr_group") => group_at_the_top(body, camera, now, expected),
        None if head.best_plate_number.is_present() || head.best_plate.is_present() => {
            group_at_the_top(body, camera, now, expected)
        }
        None if head.openalpr_webhook.is_present() => Ok(noticed(TEST)),
        _ => Ok(noticed(OTHER)),
    }
}

fn group_at_the_top(
    body: &[u8],
    camera: &CameraFacts,
    now: UtcMicros,
    expected: FeedError,
) -> Result<Received, FeedError> {
    object::<Group<'_>>(body)?.map(|group| group_received(group, camera, now)).ok_or(expected)
}

fn object<'a, T>(body: &'a [u8]) -> Result<Option<T>, FeedError>
where
    T: FromJson<'a>,
{
    let read: Lax<T> = serde_json::from_slice(body).map_err(|error| FeedError::malformed(&error))?;
    Ok(read.lenient())
}

fn noticed(notice: &'static str) -> Received {
    Received { notice: Some(notice), ..Received::default() }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wrapped<'a> {
    #[serde(borrow)]
    group: Lax<Group<'a>>,
}
json_object!(Wrapped<'a>);

/// `alpr_group`. Version 1 has its candidates and region in `best_plate` only.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Group<'a> {
    epoch_start: Lax<Loose>,
    #[serde(borrow)]
    best_plate_number: Lax<Cow<'a, str>>,
    best_confidence: Lax<Loose>,
    #[serde(borrow)]
    best_region: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    country: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    best_uuid: Lax<Cow<'a, str>>,
    best_image_height: Lax<Loose>,
    #[serde(borrow)]
    uuids: Lax<Bounded<Cow<'a, str>, FRAMES_PER_GROUP_MAX>>,
    plate_indexes: Lax<Bounded<f64, FRAMES_PER_GROUP_MAX>>,
    #[serde(borrow)]
    candidates: Lax<Candidates<'a>>,
    #[serde(borrow)]
    best_plate: Lax<Plate<'a>>,
    #[serde(borrow)]
    vehicle: Lax<VehicleSeen<'a>>,
    #[serde(borrow)]
    vehicle_crop_jpeg: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    overview_jpeg: Lax<Cow<'a, str>>,
    gps_latitude: Lax<Loose>,
    gps_longitude: Lax<Loose>,
}
json_object!(Group<'a>);

/// `alpr_results`: the plates of one frame.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Frame<'a> {
    epoch_time: Lax<Loose>,
    #[serde(borrow)]
    uuid: Lax<Cow<'a, str>>,
    img_height: Lax<Loose>,
    #[serde(borrow)]
    country: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    results: Lax<Bounded<Plate<'a>, PLATES_PER_EVENT_MAX>>,
    gps_latitude: Lax<Loose>,
    gps_longitude: Lax<Loose>,
}
json_object!(Frame<'a>);

/// One plate of a frame, also the best plate of a group.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Plate<'a> {
    #[serde(borrow)]
    plate: Lax<Cow<'a, str>>,
    confidence: Lax<Loose>,
    plate_index: Lax<f64>,
    #[serde(borrow)]
    region: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    candidates: Lax<Candidates<'a>>,
    /// Corners from the upper left, clockwise.
    coordinates: Lax<Bounded<Corner, 4>>,
    #[serde(borrow)]
    plate_crop_jpeg: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    vehicle: Lax<VehicleSeen<'a>>,
}
json_object!(Plate<'a>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Corner {
    x: Lax<f64>,
    y: Lax<f64>,
}
json_object!(Corner);

#[derive(Deserialize, Default)]
#[serde(default)]
struct VehicleSeen<'a> {
    #[serde(borrow)]
    make: Lax<Best<'a>>,
    #[serde(borrow)]
    make_model: Lax<Best<'a>>,
    #[serde(borrow)]
    color: Lax<Best<'a>>,
    #[serde(borrow)]
    year: Lax<Best<'a>>,
}
json_object!(VehicleSeen<'a>);

impl VehicleSeen<'_> {
    /// Rekor writes `land_rover` and `land_rover_discovery`; a year may be a range, which is no year.
    fn words(self) -> Vehicle {
        let spaced = |best: Lax<Best<'_>>| best.lenient().map(|best| best.word.replace('_', " "));
        let make = spaced(self.make).and_then(|word| vehicle_word(&word));
        let model = spaced(self.make_model).and_then(|both| {
            let both = vehicle_word(&both)?;
            both.strip_prefix(make.as_deref()?)?.strip_prefix(' ').map(domain::ShortText::new)
        });
        let year = self.year.lenient().and_then(|best| best.word.trim().parse().ok()).and_then(year_of);
        Vehicle { make, model, colour: spaced(self.color).and_then(|word| vehicle_word(&word)), year }
    }
}

/// An event id of a plate in a frame: plates after the first get their place, so that two cars in a frame stay two.
fn frame_event_id(uuid: &str, plate_index: usize) -> Result<String, Reason> {
    if plate_index == 0 { checks::event_id(uuid) } else { checks::event_id(&format!("{uuid}#{plate_index}")) }
}

/// The place of a plate in its frame; anything but a small whole number is as good as none.
fn index(value: Option<&f64>, otherwise: usize) -> usize {
    let whole = value.filter(|number| number.fract() == 0.0 && (0.0..10_000.0).contains(*number));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
    whole.map_or(otherwise, |number| *number as usize)
}

fn group_received(group: Group<'_>, camera: &CameraFacts, now: UtcMicros) -> Received {
    let mut received = Received::default();
    match group.detection(camera, &mut received) {
        Ok(Some((detection, other_event_ids))) => {
            let event_id = detection.event_id.clone();
            received.admit(detection, now);
            // A group that is held apart replaces nothing.
            if !received.detections.is_empty() && !other_event_ids.is_empty() {
                received.supersedes_events.push(SameCar { event_id, other_event_ids });
            }
        }
        Ok(None) => {
            received.left_out.without_plate += 1;
            received.notice = Some(VEHICLE_ONLY);
        }
        Err(fault) => received.reject(0, fault),
    }
    received
}

impl Group<'_> {
    /// The car that passed, and the other event ids of its frames. `None` where no plate was seen.
    fn detection(
        self,
        camera: &CameraFacts,
        received: &mut Received,
    ) -> Result<Option<(NewDetection, Vec<String>)>, Fault> {
        let best = self.best_plate.lenient().unwrap_or_default();
        let raw = self.best_plate_number.lenient().or(best.plate.lenient()).filter(|raw| !raw.trim().is_empty());
        let Some(raw_plate) = raw else { return Ok(None) };
        let plate = checks::plate(&raw_plate).at("best_plate_number")?;
        let millis = self.epoch_start.lenient().ok_or("missing".into()).at("epoch_start")?;
        let scan_time = instant::epoch_millis(millis.0).at("epoch_start")?;
        let uuid = self.best_uuid.lenient().ok_or("missing".into()).at("best_uuid")?;
        let event_id = frame_event_id(&uuid, index(best.plate_index.as_ref(), 0)).at("best_uuid")?;
        let gps = reported(self.gps_latitude, self.gps_longitude);
        let position = checks::position(camera, gps).at("gps_latitude")?;
        let country = self.country.lenient();
        let state = state_of([self.best_region.lenient(), best.region.lenient()], country.as_deref());
        let confidence = self.best_confidence.lenient().or(best.confidence.lenient());
        let candidates = self.candidates.lenient().filter(|found| !found.is_empty()).or(best.candidates.lenient());
        let plate_height = height_of(best.coordinates, self.best_image_height.lenient(), camera);
        let others = other_frames(self.uuids, self.plate_indexes, &event_id, &mut received.left_out);
        let mut photos = Vec::new();
        let mut low = plate_height.is_some_and(photo::is_low);
        for (field, kind, sent) in [
            ("vehicle_crop_jpeg", PhotoKind::Scene, self.vehicle_crop_jpeg),
            ("best_plate.plate_crop_jpeg", PhotoKind::Plate, best.plate_crop_jpeg),
            ("overview_jpeg", PhotoKind::Scene, self.overview_jpeg),
        ] {
            low |= take_photo(received, 0, field, kind, sent, &mut photos) && plate_height.is_none();
        }
        let detection = NewDetection {
            camera: camera.camera,
            event_id: event_id.into(),
            scan_time,
            raw_plate: raw_plate.into_owned().into(),
            state,
            confidence: confidence.and_then(|sure| checks::clamped_confidence(sure.0, PER_CENT)),
            readings: readings(&plate, candidates, PER_CENT, &mut received.left_out),
            plate,
            vehicle: self.vehicle.lenient().map(VehicleSeen::words).unwrap_or_default(),
            position,
            owner: camera.owner,
            pool: camera.pool,
            source: camera.source,
            photos,
            photos_at_camera: 0,
            low_quality: low,
            replaces_events: Vec::new(),
        };
        Ok(Some((detection, others)))
    }
}

impl Frame<'_> {
    fn received(self, camera: &CameraFacts, now: UtcMicros) -> Received {
        let mut received = Received::default();
        let results = self.results.lenient().unwrap_or_default();
        let shared = SharedFacts {
            epoch: self.epoch_time.lenient(),
            uuid: self.uuid.lenient(),
            height: self.img_height.lenient(),
            country: self.country.lenient(),
            gps: reported(self.gps_latitude, self.gps_longitude),
        };
        let more = results.more;
        for (place, plate) in results.items.into_iter().enumerate() {
            let Some(plate) = plate.lenient() else {
                received.reject(place, Fault { field: "results".into(), reason: "must be an object".into() });
                continue;
            };
            match plate.detection(place, &shared, camera, &mut received) {
                Ok(Some(detection)) => received.admit(detection, now),
                Ok(None) => received.left_out.without_plate += 1,
                Err(fault) => received.reject(place, fault),
            }
        }
        if more > 0 {
            let reason = format!("{more} plates beyond {PLATES_PER_EVENT_MAX} in one frame").into();
            received.reject(PLATES_PER_EVENT_MAX, Fault { field: "results".into(), reason });
        }
        if received.detections.is_empty() && received.quarantined.is_empty() && received.rejected.is_empty() {
            received.notice = Some(NOTHING_DETECTED);
        }
        received
    }
}

/// What all plates of a frame have in common.
struct SharedFacts<'a> {
    epoch: Option<Loose>,
    uuid: Option<Cow<'a, str>>,
    height: Option<Loose>,
    country: Option<Cow<'a, str>>,
    gps: Option<Position>,
}

impl Plate<'_> {
    fn detection(
        self,
        place: usize,
        frame: &SharedFacts<'_>,
        camera: &CameraFacts,
        received: &mut Received,
    ) -> Result<Option<NewDetection>, Fault> {
        let Some(raw_plate) = self.plate.lenient().filter(|raw| !raw.trim().is_empty()) else { return Ok(None) };
        let plate = checks::plate(&raw_plate).at("plate")?;
        let scan_time = frame.epoch.ok_or("missing".into()).and_then(|millis| instant::epoch_millis(millis.0));
        let uuid = frame.uuid.as_deref().ok_or("missing".into()).at("uuid")?;
        let event_id = frame_event_id(uuid, index(self.plate_index.as_ref(), place)).at("uuid")?;
        let plate_height = height_of(self.coordinates, frame.height, camera);
        let mut photos = Vec::new();
        let crop = take_photo(received, place, "plate_crop_jpeg", PhotoKind::Plate, self.plate_crop_jpeg, &mut photos);
        Ok(Some(NewDetection {
            camera: camera.camera,
            event_id: event_id.into(),
            scan_time: scan_time.at("epoch_time")?,
            raw_plate: raw_plate.into_owned().into(),
            state: state_of([self.region.lenient(), None], frame.country.as_deref()),
            confidence: self.confidence.lenient().and_then(|sure| checks::clamped_confidence(sure.0, PER_CENT)),
            readings: readings(&plate, self.candidates.lenient(), PER_CENT, &mut received.left_out),
            plate,
            vehicle: self.vehicle.lenient().map(VehicleSeen::words).unwrap_or_default(),
            position: checks::position(camera, frame.gps).at("gps_latitude")?,
            owner: camera.owner,
            pool: camera.pool,
            source: camera.source,
            photos,
            photos_at_camera: 0,
            low_quality: plate_height.map_or(crop, photo::is_low),
            replaces_events: Vec::new(),
        }))
    }
}

fn reported(lat: Lax<Loose>, lon: Lax<Loose>) -> Option<Position> {
    checks::reported_position(lat.lenient().map(|lat| lat.0), lon.lenient().map(|lon| lon.0))
}

/// The first region that says who issued the plate.
fn state_of(regions: [Option<Cow<'_, str>>; 2], country: Option<&str>) -> Option<State> {
    regions.into_iter().flatten().find_map(|region| region::rekor(&region, country))
}

/// The height of the plate in pixels, from its corners: the mean of the left and the right edge.
fn height_of(corners: Lax<Bounded<Corner, 4>>, image: Option<Loose>, camera: &CameraFacts) -> Option<u32> {
    let corners: Vec<(f64, f64)> = corners
        .lenient()?
        .items
        .into_iter()
        .filter_map(|corner| corner.lenient().and_then(|at| Some((at.x.lenient()?, at.y.lenient()?))))
        .collect();
    let [upper_left, upper_right, lower_right, lower_left] = corners.as_slice() else { return None };
    let edge = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
    let height = f64::midpoint(edge(upper_left, lower_left), edge(upper_right, lower_right));
    plausible_height(height, image.map(|height| height.0), camera)
}

/// The event ids that the other frames of a group have.
fn other_frames(
    uuids: Lax<Bounded<Cow<'_, str>, FRAMES_PER_GROUP_MAX>>,
    indexes: Lax<Bounded<f64, FRAMES_PER_GROUP_MAX>>,
    own: &str,
    left_out: &mut LeftOut,
) -> Vec<String> {
    let uuids = uuids.lenient().unwrap_or_default();
    let indexes = indexes.lenient().unwrap_or_default();
    left_out.frames += uuids.more;
    let mut others = Vec::new();
    for (place, uuid) in uuids.items.into_iter().enumerate() {
        let plate_index = index(indexes.items.get(place).and_then(Lax::as_ref), 0);
        match uuid.lenient().map(|uuid| frame_event_id(&uuid, plate_index)) {
            Some(Ok(event_id)) if event_id != own => others.push(event_id),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => left_out.frames += 1,
        }
    }
    others.sort();
    others.dedup();
    others
}
