//! What is fuzzed: each target is a function of any bytes that must not panic. `scripts/fuzz` runs them under libFuzzer for a
//! bounded time; `tests/replay.rs` replays the corpora, and some alterations of each file, in every `make test`.
#![allow(clippy::panic, reason = "a panic is how a target says that something is wrong")]

mod reseal;

use detections::fuzzing;
use domain::limits::{
    BATCH_DETECTIONS_MAX, EVENT_ID_CHARS_MAX, PHOTO_BYTES_MAX, PHOTOS_MAX, READINGS_MAX, VEHICLE_WORD_CHARS_MAX,
};
use domain::{
    AgencyId, CameraId, NewDetection, PlatePattern, PlateText, PoolId, Position, Source, UtcMicros, Vehicle, Wildcards,
};
use feeds::{CameraFacts, Format};

/// 2026-05-03T21:05:00Z, the server's clock.
const NOW: UtcMicros = UtcMicros(1_777_842_300_000_000);
/// Plates that one input of [`patterns`] is looked for in.
const PLATES_MAX: usize = 64;

/// The bytes of a segment, with checksums made right: what is damaged is refused, and what is not refused can be read and
/// asked for.
pub fn segments(data: &[u8]) {
    // A refusal is an answer.
    let _ = fuzzing::read_segment(data);
    let _ = fuzzing::read_segment(&reseal::resealed(data));
}

/// A byte of options, then lines: a pattern, and plates. The index finds those that the definition matches.
pub fn patterns(data: &[u8]) {
    let Some((options, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let wildcards = if options & 1 == 0 { Wildcards::StarIsAny } else { Wildcards::StarIsOne };
    let look_alikes = options & 2 != 0;
    let mut lines = text.lines();
    let Ok(pattern) = PlatePattern::parse(lines.next().unwrap_or_default(), wildcards) else { return };
    let plates: Vec<NewDetection> =
        lines.filter_map(|line| PlateText::normalise(line).ok()).take(PLATES_MAX).map(read_of).collect();
    let wanted: Vec<usize> = plates
        .iter()
        .enumerate()
        .filter(|(_, new)| pattern.matches(new.plate.as_str(), look_alikes))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(
        fuzzing::find_plates(&pattern, &plates, look_alikes),
        wanted,
        "the index finds what the pattern matches"
    );
}

fn read_of(plate: PlateText) -> NewDetection {
    NewDetection {
        camera: CameraId(1),
        event_id: "event".to_owned(),
        scan_time: NOW,
        raw_plate: plate.as_str().to_owned(),
        plate,
        state: None,
        confidence: None,
        readings: Vec::new(),
        vehicle: Vehicle::default(),
        position: Position { lat_e7: 0, lon_e7: 0 },
        owner: AgencyId(1),
        pool: PoolId(1),
        source: Source::Pole,
        photos: Vec::new(),
        photos_at_camera: 0,
        low_quality: false,
        replaces_events: Vec::new(),
    }
}

/// The first bytes of an image.
pub fn photo_headers(data: &[u8]) {
    if let Ok(header) = feeds::image_header(data) {
        assert!(header.width > 0 && header.height > 0, "an image has a size");
    }
}

/// A byte that picks the format, then what a camera posts or a file holds. What is accepted is within the limits.
pub fn feeds(data: &[u8]) {
    let Some((format, body)) = data.split_first() else { return };
    let received = match format % 7 {
        0 => feeds::read(Format::Native, body, &camera(), NOW),
        1 => feeds::read(Format::Rekor, body, &camera(), NOW),
        2 => feeds::read(Format::PlateRecognizerJson, body, &camera(), NOW),
        3 => feeds::read(Format::PlateRecognizerMultipart, body, &camera(), NOW),
        4 => feeds::read_any(body, &camera(), NOW).map(|(_, received)| received),
        5 => return feeds::files::csv_rows(body).into_iter().flatten().for_each(check_row),
        _ => return feeds::files::ndjson_rows(body).into_iter().flatten().for_each(check_row),
    };
    let Ok(received) = received else { return };
    assert!(received.detections.len() <= BATCH_DETECTIONS_MAX, "too many");
    received.detections.iter().for_each(check_read);
    drop(feeds::to_json(&received));
}

fn check_row(row: Result<feeds::files::FileRow, feeds::files::RowError>) {
    if let Ok(found) = row.and_then(|row| row.into_detection(&camera(), NOW)) {
        check_read(&found);
    }
}

/// What the store takes.
fn check_read(new: &NewDetection) {
    assert!(PlateText::normalise(new.plate.as_str()).as_ref() == Ok(&new.plate), "a plate is in its normal form");
    assert!((1..=EVENT_ID_CHARS_MAX).contains(&new.event_id.chars().count()), "an event id is of some characters");
    assert!(new.readings.len() <= READINGS_MAX && new.photos.len() <= PHOTOS_MAX, "readings and photos are few");
    assert!(new.photos.iter().all(|photo| photo.bytes.len() <= PHOTO_BYTES_MAX), "photos are small");
    assert!(new.raw_plate.len() <= detections::RAW_PLATE_BYTES_MAX, "what was written is short");
    assert!(new.replaces_events.len() <= detections::REPLACED_EVENTS_MAX, "a sum is of few events");
    let words = [&new.vehicle.make, &new.vehicle.model, &new.vehicle.colour];
    let is_short = |word: &&String| word.chars().count() <= VEHICLE_WORD_CHARS_MAX;
    assert!(words.into_iter().flatten().all(|word| is_short(&word)), "words of vehicles are short");
}

fn camera() -> CameraFacts {
    CameraFacts {
        camera: CameraId(7),
        owner: AgencyId(2),
        pool: PoolId(3),
        source: Source::VehicleMounted,
        position: None,
        zone: "America/Los_Angeles".into(),
        width_px: 1920,
        height_px: 1080,
    }
}
