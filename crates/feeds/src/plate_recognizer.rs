//! The webhooks of Plate Recognizer Stream and Snapshot: JSON, or multipart with the parts `json` and `upload`.

use crate::lax::{Bounded, FromJson, Label, Lax, Loose, json_object};
use crate::limits::{BODY_BYTES_MAX, PLATES_PER_EVENT_MAX};
use crate::vendor::{Best, Candidates, plausible_height, readings, vehicle_word};
use crate::{
    At, CameraFacts, Fault, FeedError, ImageHeader, NOTHING_DETECTED, Reason, Received, checks, instant, photo, region,
};
use domain::detection::PhotoKind;
use domain::{NewDetection, NewPhoto, UtcMicros, Vehicle};
use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess};
use std::borrow::Cow;

/// Full confidence on Plate Recognizer's scale.
const ONE: f64 = 1.0;

/// Reads the JSON of an event, as Stream's webhook without an image sends it, or of Snapshot.
pub fn plate_recognizer_json(body: &[u8], camera: &CameraFacts, now: UtcMicros) -> Result<Received, FeedError> {
    plate_recognizer_multipart(body, None, camera, now)
}

/// Reads the parts `json` and `upload` of a multipart event. Stream may be set to send no image.
pub fn plate_recognizer_multipart(
    json: &[u8],
    upload: Option<&[u8]>,
    camera: &CameraFacts,
    now: UtcMicros,
) -> Result<Received, FeedError> {
    if json.len() > BODY_BYTES_MAX {
        return Err(FeedError::TooLarge);
    }
    let expected = FeedError::NotThisFormat {
        expected: "a JSON object with `data.results`, as Plate Recognizer Stream or Snapshot posts it",
    };
    let body: Lax<Outer> = serde_json::from_slice(json).map_err(|error| FeedError::malformed(&error))?;
    let Some(body) = body.lenient() else { return Err(expected) };
    let known = body.hook.is_present() || body.results.is_present();
    let data = match body.data {
        Lax::Is(data) => data,
        _ if known => Data {
            camera_id: body.camera_id,
            timestamp: body.timestamp,
            timestamp_local: body.timestamp_local,
            uuid: body.uuid,
            image_height: body.image_height,
            results: body.results,
        },
        _ => return Err(expected),
    };
    Ok(data.received(upload.filter(|bytes| !bytes.is_empty()), camera, now))
}

/// `hook` and `data`, or, without a hook, what `data` holds.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Outer<'a> {
    hook: Lax<crate::format::Present>,
    #[serde(borrow)]
    data: Lax<Data<'a>>,
    #[serde(borrow)]
    camera_id: Lax<Label<'a>>,
    #[serde(borrow)]
    timestamp: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    timestamp_local: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    uuid: Lax<Cow<'a, str>>,
    image_height: Lax<Loose>,
    #[serde(borrow)]
    results: Lax<Bounded<Seen<'a>, PLATES_PER_EVENT_MAX>>,
}
json_object!(Outer<'a>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    camera_id: Lax<Label<'a>>,
    #[serde(borrow)]
    timestamp: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    timestamp_local: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    uuid: Lax<Cow<'a, str>>,
    image_height: Lax<Loose>,
    #[serde(borrow)]
    results: Lax<Bounded<Seen<'a>, PLATES_PER_EVENT_MAX>>,
}
json_object!(Data<'a>);

/// One vehicle of an event.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Seen<'a> {
    #[serde(borrow)]
    uuid: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    plate: Lax<PlateSeen<'a>>,
    score: Lax<Loose>,
    r#box: Lax<PlateBox>,
    #[serde(borrow)]
    region: Lax<Region<'a>>,
    #[serde(borrow)]
    candidates: Lax<Candidates<'a>>,
    #[serde(borrow)]
    model_make: Lax<MakeModel<'a>>,
    #[serde(borrow)]
    color: Lax<Best<'a>>,
    #[serde(borrow)]
    vehicle: Lax<VehicleSeen<'a>>,
}
json_object!(Seen<'a>);

/// A plate: its text, or, with vehicle detection on, an object; null where a vehicle has none.
#[derive(Default)]
struct PlateSeen<'a> {
    text: Option<Cow<'a, str>>,
    score: Option<f64>,
    height: Option<f64>,
    region: Option<Cow<'a, str>>,
    candidates: Option<Candidates<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PlateObject<'a> {
    r#box: Lax<PlateBox>,
    #[serde(borrow)]
    props: Lax<PlateProps<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PlateProps<'a> {
    #[serde(borrow)]
    plate: Lax<Candidates<'a>>,
    #[serde(borrow)]
    region: Lax<Best<'a>>,
}
json_object!(PlateProps<'a>);

impl<'de: 'a, 'a> FromJson<'de> for PlateSeen<'a> {
    fn text(text: Cow<'de, str>) -> Option<Self> {
        Some(Self { text: Some(text), ..Self::default() })
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let object = PlateObject::deserialize(serde::de::value::MapAccessDeserializer::new(object))?;
        let props = object.props.lenient().unwrap_or_default();
        let mut candidates = props.plate.lenient().unwrap_or_default();
        // The likeliest is the reading; the candidates are sorted.
        let first = (!candidates.is_empty()).then(|| candidates.held.remove(0));
        let (text, score) = first.map_or((None, None), |(text, score)| (Some(text), score));
        let height = object.r#box.lenient().and_then(PlateBox::height);
        let region = props.region.lenient().map(|best| best.word);
        Ok(Some(Self { text, score, height, region, candidates: Some(candidates) }))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PlateBox {
    ymin: Lax<f64>,
    ymax: Lax<f64>,
}
json_object!(PlateBox);

impl PlateBox {
    /// Pixels.
    fn height(self) -> Option<f64> {
        Some(self.ymax.lenient()? - self.ymin.lenient()?)
    }
}

/// `{"code":"us-ca","score":0.9}`, or the code alone.
#[derive(Default)]
struct Region<'a>(Cow<'a, str>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct RegionObject<'a> {
    #[serde(borrow)]
    code: Lax<Cow<'a, str>>,
}

impl<'de: 'a, 'a> FromJson<'de> for Region<'a> {
    fn text(code: Cow<'de, str>) -> Option<Self> {
        Some(Self(code))
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let object = RegionObject::deserialize(serde::de::value::MapAccessDeserializer::new(object))?;
        Ok(object.code.lenient().map(Self))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct VehicleSeen<'a> {
    #[serde(borrow)]
    props: Lax<VehicleProps<'a>>,
}
json_object!(VehicleSeen<'a>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct VehicleProps<'a> {
    #[serde(borrow)]
    make_model: Lax<MakeModel<'a>>,
    #[serde(borrow)]
    color: Lax<Best<'a>>,
}
json_object!(VehicleProps<'a>);

/// The likeliest make and model.
#[derive(Default)]
struct MakeModel<'a> {
    make: Option<Cow<'a, str>>,
    model: Option<Cow<'a, str>>,
    score: f64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct MakeModelScored<'a> {
    #[serde(borrow)]
    make: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    model: Lax<Cow<'a, str>>,
    score: Lax<Loose>,
}
json_object!(MakeModelScored<'a>);

impl<'de: 'a, 'a> FromJson<'de> for MakeModel<'a> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut best: Option<Self> = None;
        while let Some(scored) = list.next_element::<Lax<MakeModelScored<'de>>>()? {
            let Some(scored) = scored.lenient() else { continue };
            let score = scored.score.lenient().map_or(0.0, |score| score.0);
            if best.as_ref().is_none_or(|known| score > known.score) {
                best = Some(Self { make: scored.make.lenient(), model: scored.model.lenient(), score });
            }
        }
        Ok(best)
    }
}

/// What all vehicles of an event have in common.
struct Event<'a> {
    scan_time: Result<UtcMicros, Fault>,
    camera_id: Cow<'a, str>,
    uuid: Option<Cow<'a, str>>,
    image_height: Option<f64>,
    photo: Option<(NewPhoto, ImageHeader)>,
}

impl Data<'_> {
    fn received(self, upload: Option<&[u8]>, camera: &CameraFacts, now: UtcMicros) -> Received {
        let mut received = Received::default();
        let results = self.results.lenient().unwrap_or_default();
        let photo = upload.and_then(|bytes| {
            // Judged before it is copied.
            let photo = photo::image_header(bytes).and_then(|_| photo::from_bytes(PhotoKind::Scene, bytes.to_vec()));
            received.keep_photo(0, "upload", photo)
        });
        let event = Event {
            scan_time: scan_time(self.timestamp, self.timestamp_local, &camera.zone),
            camera_id: self.camera_id.lenient().map(|label| label.0).unwrap_or_default(),
            uuid: self.uuid.lenient(),
            image_height: self.image_height.lenient().map(|height| height.0),
            photo,
        };
        for (place, seen) in results.items.into_iter().enumerate() {
            let Some(seen) = seen.lenient() else {
                received.reject(place, Fault { field: "results".into(), reason: "must be an object".into() });
                continue;
            };
            match seen.detection(place, &event, camera, &mut received) {
                Ok(Some(detection)) => received.admit(detection, now),
                Ok(None) => received.left_out.without_plate += 1,
                Err(fault) => received.reject(place, fault),
            }
        }
        if results.more > 0 {
            let reason = format!("{} vehicles beyond {PLATES_PER_EVENT_MAX} in one event", results.more).into();
            received.reject(PLATES_PER_EVENT_MAX, Fault { field: "results".into(), reason });
        }
        if received.detections.is_empty() && received.quarantined.is_empty() && received.rejected.is_empty() {
            received.notice = Some(NOTHING_DETECTED);
        }
        received
    }
}

/// `timestamp` is UTC, whether or not it says so; `timestamp_local` counts only where there is no other.
fn scan_time(timestamp: Lax<Cow<'_, str>>, timestamp_local: Lax<Cow<'_, str>>, zone: &str) -> Result<UtcMicros, Fault> {
    match (timestamp, timestamp_local.lenient()) {
        (Lax::Is(text), _) => instant::utc(&text).at("timestamp"),
        (Lax::Wrong, _) => Err(Reason::from("must be a text")).at("timestamp"),
        (Lax::Missing, Some(text)) => instant::local(&text, zone).at("timestamp_local"),
        (Lax::Missing, None) => Err(Reason::from("missing")).at("timestamp"),
    }
}

impl Seen<'_> {
    fn detection(
        self,
        place: usize,
        event: &Event<'_>,
        camera: &CameraFacts,
        received: &mut Received,
    ) -> Result<Option<NewDetection>, Fault> {
        let seen = self.plate.lenient().unwrap_or_default();
        let Some(raw_plate) = seen.text.filter(|raw| !raw.trim().is_empty()) else { return Ok(None) };
        let plate = checks::plate(&raw_plate).at("plate")?;
        let scan_time = match &event.scan_time {
            Ok(scan_time) => *scan_time,
            Err(fault) => return Err(Fault { field: fault.field.clone(), reason: fault.reason.clone() }),
        };
        let event_id = event_id(self.uuid.lenient().as_deref(), event, scan_time, place)?;
        let sure = seen.score.or(self.score.lenient().map(|score| score.0));
        let region = self.region.lenient().map(|region| region.0).or(seen.region);
        let height = self.r#box.lenient().and_then(PlateBox::height).or(seen.height);
        let image_height = event.image_height.or(event.photo.as_ref().map(|(_, header)| f64::from(header.height)));
        let low = height.and_then(|height| plausible_height(height, image_height, camera)).is_some_and(photo::is_low);
        let candidates = self.candidates.lenient().or(seen.candidates);
        Ok(Some(NewDetection {
            camera: camera.camera,
            event_id: event_id.into(),
            scan_time,
            raw_plate: raw_plate.into_owned().into(),
            state: region.and_then(|code| region::plate_recognizer(&code)),
            confidence: sure.and_then(|sure| checks::clamped_confidence(sure, ONE)),
            readings: readings(&plate, candidates, ONE, &mut received.left_out),
            plate,
            vehicle: words(self.model_make, self.color, self.vehicle),
            position: checks::position(camera, None).at("position")?,
            owner: camera.owner,
            pool: camera.pool,
            source: camera.source,
            photos: event.photo.iter().map(|(photo, _)| photo.clone()).collect(),
            photos_at_camera: 0,
            low_quality: low,
            replaces_events: Vec::new(),
        }))
    }
}

/// The vehicle's own `uuid`, else the event's, else camera, time and place in the list.
fn event_id(own: Option<&str>, event: &Event<'_>, scan_time: UtcMicros, place: usize) -> Result<String, Fault> {
    match (own, event.uuid.as_deref()) {
        (Some(uuid), _) => checks::event_id(uuid).at("uuid"),
        (None, Some(uuid)) if place == 0 => checks::event_id(uuid).at("uuid"),
        (None, Some(uuid)) => checks::event_id(&format!("{uuid}#{place}")).at("uuid"),
        (None, None) => checks::event_id(&format!("{}/{scan_time}/{place}", event.camera_id)).at("camera_id"),
    }
}

fn words(model_make: Lax<MakeModel<'_>>, color: Lax<Best<'_>>, vehicle: Lax<VehicleSeen<'_>>) -> Vehicle {
    let props = vehicle.lenient().and_then(|vehicle| vehicle.props.lenient()).unwrap_or_default();
    let both = model_make.lenient().or(props.make_model.lenient()).unwrap_or_default();
    let colour = color.lenient().or(props.color.lenient());
    Vehicle {
        make: both.make.and_then(|word| vehicle_word(&word)),
        model: both.model.and_then(|word| vehicle_word(&word)),
        colour: colour.and_then(|best| vehicle_word(&best.word)),
        year: None,
    }
}
