//! Our own format: a batch of detections as JSON. Strict, so that a misspelt field does not lose data in silence.

use crate::lax::{Bounded, FromJson, Lax, json_object, stop};
use crate::limits::{BODY_BYTES_MAX, READINGS_READ_MAX};
use crate::{
    At, CameraFacts, Fault, FeedError, LeftOut, NOTHING_DETECTED, Reason, Received, checks, instant, lax, photo,
};
use domain::detection::PhotoKind;
use domain::limits::{BATCH_DETECTIONS_MAX, PHOTOS_MAX};
use domain::vehicle::normalise_word;
use domain::{NewDetection, NewPhoto, Position, Reading, State, UtcMicros, Vehicle};
use serde::Deserialize;
use serde::de::SeqAccess;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads a batch `{"detections":[...]}`. Each detection is judged alone.
pub fn native(body: &[u8], camera: &CameraFacts, now: UtcMicros) -> Result<Received, FeedError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(FeedError::TooLarge);
    }
    let expected = FeedError::NotThisFormat { expected: "an object with a list `detections`" };
    let batch: Lax<Batch> = serde_json::from_slice(body).map_err(|error| {
        if error.to_string().contains(TOO_MANY) { FeedError::TooManyDetections } else { FeedError::malformed(&error) }
    })?;
    let raw = batch.lenient().and_then(|batch| batch.detections.lenient()).ok_or(expected)?;
    let mut received = Received::default();
    for (index, raw) in raw.0.into_iter().enumerate() {
        let mut left_out = LeftOut::default();
        match read(raw.get()).and_then(|sent| sent.check(camera, &mut left_out)) {
            Ok(detection) => {
                received.left_out.add(left_out);
                received.admit(detection, now);
            }
            Err(fault) => received.reject(index, fault),
        }
    }
    if received.detections.is_empty() && received.quarantined.is_empty() && received.rejected.is_empty() {
        received.notice = Some(NOTHING_DETECTED);
    }
    Ok(received)
}

fn read(raw: &str) -> Result<Sent<'_>, Fault> {
    match serde_json::from_str::<Lax<Sent>>(raw) {
        Ok(sent) => sent.required().at("detection"),
        Err(error) => {
            let (field, reason) = lax::fault_of(&error);
            Err(Fault { field: field.map_or("detection".into(), Cow::Owned), reason })
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Batch<'a> {
    #[serde(borrow)]
    detections: Lax<RawList<'a>>,
}
json_object!(Batch<'a>);

/// The detections, each still as its text.
struct RawList<'a>(Vec<&'a RawValue>);

const TOO_MANY: &str = "too many detections in the batch";

impl<'de: 'a, 'a> FromJson<'de> for RawList<'a> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut all = Vec::new();
        while let Some(raw) = list.next_element::<&'de RawValue>()? {
            if all.len() == BATCH_DETECTIONS_MAX {
                return Err(stop(TOO_MANY));
            }
            all.push(raw);
        }
        Ok(Some(Self(all)))
    }
}

/// A detection as it is sent.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Sent<'a> {
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
    vehicle: Lax<SentVehicle<'a>>,
    position: Lax<SentPosition>,
    #[serde(borrow)]
    photos: Lax<Bounded<SentPhoto<'a>, PHOTOS_MAX>>,
    photos_at_camera: Lax<f64>,
    low_quality: Lax<bool>,
}
json_object!(Sent<'a>);

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SentReading<'a> {
    #[serde(borrow)]
    plate: Lax<Cow<'a, str>>,
    confidence: Lax<f64>,
}
json_object!(SentReading<'a>);

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct SentVehicle<'a> {
    #[serde(borrow)]
    make: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    model: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    colour: Lax<Cow<'a, str>>,
    year: Lax<f64>,
}
json_object!(SentVehicle<'a>);

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct SentPosition {
    lat: Lax<f64>,
    lon: Lax<f64>,
}
json_object!(SentPosition);

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct SentPhoto<'a> {
    #[serde(borrow)]
    kind: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    media_type: Lax<Cow<'a, str>>,
    #[serde(borrow)]
    base64: Lax<Cow<'a, str>>,
}
json_object!(SentPhoto<'a>);

impl Sent<'_> {
    fn check(self, camera: &CameraFacts, left_out: &mut LeftOut) -> Result<NewDetection, Fault> {
        let event_id = self.event_id.required().and_then(|raw| checks::event_id(&raw)).at("event_id")?;
        let scan_time = self.scan_time.required().and_then(|raw| instant::rfc3339(&raw)).at("scan_time")?;
        let raw_plate = self.plate.required().at("plate")?;
        let plate = checks::plate(&raw_plate).at("plate")?;
        let readings = sent_readings(self.readings.strict().at("readings")?.unwrap_or_default())?;
        let (photos, low_plate) = self.photos.strict().at("photos")?.map(sent_photos).transpose()?.unwrap_or_default();
        let photos_at_camera = at_camera(self.photos_at_camera, photos.len()).at("photos_at_camera")?;
        Ok(NewDetection {
            camera: camera.camera,
            event_id: event_id.into(),
            scan_time,
            raw_plate: raw_plate.into_owned().into(),
            state: state(self.state).at("state")?,
            confidence: fraction(self.confidence).at("confidence")?,
            readings: checks::choose_readings(&plate, readings, left_out),
            plate,
            vehicle: self.vehicle.strict().at("vehicle")?.map(SentVehicle::check).transpose()?.unwrap_or_default(),
            position: sent_position(self.position, camera)?,
            owner: camera.owner,
            pool: camera.pool,
            source: camera.source,
            photos,
            photos_at_camera,
            low_quality: self.low_quality.strict().at("low_quality")?.unwrap_or(false) || low_plate,
            replaces_events: Vec::new(),
        })
    }
}

fn state(sent: Lax<Cow<'_, str>>) -> Result<Option<State>, Reason> {
    sent.strict()?
        .map(|code| code.parse().map_err(|error: domain::state::StateError| error.to_string().into()))
        .transpose()
}

fn fraction(sent: Lax<f64>) -> Result<Option<u16>, Reason> {
    sent.strict()?.map(|value| checks::confidence(value, 1.0).ok_or("must lie between 0 and 1".into())).transpose()
}

/// Alternative readings; each must be readable and say how sure it is.
pub(crate) fn sent_readings<const MAX: usize>(sent: Bounded<SentReading<'_>, MAX>) -> Result<Vec<Reading>, Fault> {
    if sent.more > 0 {
        return Err(Fault { field: "readings".into(), reason: format!("more than {MAX} readings").into() });
    }
    let read = |(index, reading): (usize, Lax<SentReading<'_>>)| {
        let reading = reading.required().at(format!("readings[{index}]"))?;
        let plate = reading.plate.required().and_then(|raw| checks::plate(&raw));
        let confidence = fraction(reading.confidence).and_then(|value| value.ok_or("missing".into()));
        Ok(Reading {
            plate: plate.at(format!("readings[{index}].plate"))?,
            confidence: confidence.at(format!("readings[{index}].confidence"))?,
        })
    };
    sent.items.into_iter().enumerate().map(read).collect()
}

impl SentVehicle<'_> {
    fn check(self) -> Result<Vehicle, Fault> {
        Ok(Vehicle {
            make: word(self.make).at("vehicle.make")?,
            model: word(self.model).at("vehicle.model")?,
            colour: word(self.colour).at("vehicle.colour")?,
            year: self.year.strict().and_then(|value| value.map(year).transpose()).at("vehicle.year")?,
        })
    }
}

fn word(sent: Lax<Cow<'_, str>>) -> Result<Option<domain::ShortText>, Reason> {
    sent.strict()?.map_or(Ok(None), |raw| vehicle_word(&raw))
}

/// A make, model or colour; an empty one was not reported.
pub(crate) fn vehicle_word(raw: &str) -> Result<Option<domain::ShortText>, Reason> {
    if raw.trim().is_empty() {
        return Ok(None);
    }
    let word = Some(raw).filter(|raw| checks::is_plain(raw)).and_then(normalise_word);
    word.map(Some).ok_or_else(|| "must be at most 40 characters of plain text".into())
}

/// A model year.
pub(crate) fn year(value: f64) -> Result<u16, Reason> {
    if value.fract() == 0.0 && (1885.0..=2100.0).contains(&value) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in 1885 to 2100")]
        return Ok(value as u16);
    }
    Err("must be a year between 1885 and 2100".into())
}

fn sent_position(sent: Lax<SentPosition>, camera: &CameraFacts) -> Result<Position, Fault> {
    let reported = match sent.strict().at("position")? {
        None => None,
        Some(SentPosition { lat, lon }) => {
            let (lat, lon) = (lat.required().at("position.lat")?, lon.required().at("position.lon")?);
            Some(Position::from_degrees(lat, lon).map_err(|error| Reason::from(error.to_string())).at("position")?)
        }
    };
    checks::position(camera, reported).at("position")
}

/// The photos, and whether the picture of the plate is too low.
fn sent_photos(sent: Bounded<SentPhoto<'_>, PHOTOS_MAX>) -> Result<(Vec<NewPhoto>, bool), Fault> {
    if sent.more > 0 {
        return Err(Fault { field: "photos".into(), reason: format!("more than {PHOTOS_MAX} photos").into() });
    }
    let (mut photos, mut low) = (Vec::new(), false);
    for (index, sent) in sent.items.into_iter().enumerate() {
        let sent = sent.required().at(format!("photos[{index}]"))?;
        let kind = sent
            .kind
            .required()
            .and_then(|word| PhotoKind::from_word(&word).ok_or_else(|| "must be `scene` or `plate`".into()));
        let kind = kind.at(format!("photos[{index}].kind"))?;
        let text = sent.base64.required().at(format!("photos[{index}].base64"))?;
        let (photo, header) = photo::from_base64(kind, &text).at(format!("photos[{index}].base64"))?;
        let media_type = sent.media_type.strict().at(format!("photos[{index}].media_type"))?;
        if media_type.is_some_and(|said| said != header.format.media_type()) {
            let reason = format!("the bytes are {}", header.format.media_type()).into();
            return Err(Fault { field: format!("photos[{index}].media_type").into(), reason });
        }
        low |= kind == PhotoKind::Plate && photo::is_low(header.height);
        photos.push(photo);
    }
    Ok((photos, low))
}

/// Photos that were sent are the photos of the read; those left at the camera count only where none were.
fn at_camera(sent: Lax<f64>, photos: usize) -> Result<u8, Reason> {
    let count = sent.strict()?.map_or(Ok(0), photo_count)?;
    Ok(if photos > 0 { 0 } else { count })
}

/// How many photos a camera keeps for later.
pub(crate) fn photo_count(value: f64) -> Result<u8, Reason> {
    let known = (0u8..).take(PHOTOS_MAX + 1).find(|count| f64::from(*count).to_bits() == value.to_bits());
    known.ok_or_else(|| format!("must be a whole number of at most {PHOTOS_MAX}").into())
}
