//! A fictional camera, its clock, and pictures that are nothing but headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::limits::{
    EVENT_ID_CHARS_MAX, FUTURE_MICROS_MAX, PHOTO_BYTES_MAX, PHOTOS_MAX, PLATE_CHARS_MAX, READINGS_MAX,
    VEHICLE_WORD_CHARS_MAX,
};
use domain::{AgencyId, CameraId, NewDetection, PlateText, PoolId, Position, Source, UtcMicros};
use feeds::{CameraFacts, Received};

pub(crate) fn camera() -> CameraFacts {
    CameraFacts {
        camera: CameraId(7),
        owner: AgencyId(2),
        pool: PoolId(3),
        source: Source::Pole,
        position: Some(Position { lat_e7: 375_000_000, lon_e7: -1_220_000_000 }),
        zone: "America/Los_Angeles".into(),
        width_px: 1920,
        height_px: 1080,
    }
}

/// A reader in a patrol car: no registered position.
pub(crate) fn mobile() -> CameraFacts {
    CameraFacts { position: None, source: Source::VehicleMounted, ..camera() }
}

pub(crate) fn at(text: &str) -> UtcMicros {
    UtcMicros::parse_rfc3339(text).unwrap()
}

/// The server's clock in all tests.
pub(crate) fn now() -> UtcMicros {
    at("2026-05-03T21:05:00Z")
}

/// A JPEG of this size, as far as its header goes.
pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xc0, 0, 17, 8];
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9]);
    bytes
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What holds of everything that is accepted, whatever was sent.
pub(crate) fn assert_within_limits(found: &NewDetection, now: UtcMicros) {
    assert!((1..=PLATE_CHARS_MAX).contains(&found.plate.as_str().chars().count()));
    assert!(PlateText::normalise(&found.raw_plate).as_ref() == Ok(&found.plate));
    assert!(!found.raw_plate.chars().any(char::is_control));
    assert!((1..=EVENT_ID_CHARS_MAX).contains(&found.event_id.chars().count()));
    assert!(!found.event_id.chars().any(char::is_control));
    assert!(found.scan_time >= UtcMicros::YEAR_2000 && found.scan_time.0 <= now.0 + FUTURE_MICROS_MAX);
    assert!(found.confidence.is_none_or(|sure| sure <= 10_000));
    assert!(found.readings.len() <= READINGS_MAX);
    assert!(found.readings.iter().all(|reading| reading.plate != found.plate && reading.confidence <= 10_000));
    assert!(found.readings.is_sorted_by(|a, b| a.confidence >= b.confidence));
    let words = [&found.vehicle.make, &found.vehicle.model, &found.vehicle.colour];
    assert!(words.into_iter().flatten().all(|word| (1..=VEHICLE_WORD_CHARS_MAX).contains(&word.chars().count())));
    assert!((-900_000_000..=900_000_000).contains(&found.position.lat_e7));
    assert!((-1_800_000_000..=1_800_000_000).contains(&found.position.lon_e7));
    assert!(found.photos.len() <= PHOTOS_MAX && usize::from(found.photos_at_camera) <= PHOTOS_MAX);
    assert!(found.photos.iter().all(|photo| photo.bytes.len() <= PHOTO_BYTES_MAX));
    assert!(found.photos.iter().all(|photo| feeds::image_header(&photo.bytes).is_ok()));
}

pub(crate) fn assert_all_within_limits(received: &Received, now: UtcMicros) {
    received.detections.iter().for_each(|found| assert_within_limits(found, now));
    let held = |reason: &str| reason.contains("2000") || reason.contains("future");
    assert!(received.quarantined.iter().all(|quarantined| held(quarantined.reason)));
}

/// Whether a key stands anywhere in a JSON value.
pub(crate) fn has_key(value: &serde_json::Value, key: &str) -> bool {
    match value {
        serde_json::Value::Object(map) => map.iter().any(|(name, value)| name == key || has_key(value, key)),
        serde_json::Value::Array(items) => items.iter().any(|item| has_key(item, key)),
        _ => false,
    }
}

/// The same JSON with its fields in alphabetical order, whichever order the build's JSON objects keep.
pub(crate) fn sorted(value: &serde_json::Value) -> serde_json::Value {
    serde_json::from_slice(&domain::record::canonical_bytes(value)).unwrap()
}
