//! What a body would become, as JSON: the output of `sightline feed try`.

use crate::{LeftOut, Received, photo};
use domain::{NewDetection, Reading};
use serde_json::{Value, json};

/// The detections in the words of the native format, and everything else that became of the body. There is no key
/// `plate` anywhere when nothing was detected. Photos are described, not repeated.
pub fn to_json(received: &Received) -> Value {
    let quarantined: Vec<Value> = received
        .quarantined
        .iter()
        .map(|held| {
            json!({
                "event_id": held.event_id,
                "scan_time": held.detection.scan_time.to_string(),
                "reason": held.reason,
            })
        })
        .collect();
    let rejected: Vec<Value> = received
        .rejected
        .iter()
        .map(|fault| json!({"index": fault.index, "field": fault.field, "reason": fault.reason}))
        .collect();
    let same: Vec<Value> = received
        .supersedes_events
        .iter()
        .map(|car| json!({"event_id": car.event_id, "other_event_ids": car.other_event_ids}))
        .collect();
    let LeftOut { readings, photos, frames, without_plate } = received.left_out;
    json!({
        "detections": received.detections.iter().map(detection).collect::<Vec<_>>(),
        "quarantined": quarantined,
        "rejected": rejected,
        "notice": received.notice,
        "left_out": {"readings": readings, "photos": photos, "frames": frames, "without_plates": without_plate},
        "supersedes_events": same,
    })
}

fn detection(found: &NewDetection) -> Value {
    let photos: Vec<Value> = found
        .photos
        .iter()
        .map(|photo| {
            let header = photo::image_header(&photo.bytes).ok();
            json!({
                "kind": photo.kind.word(),
                "media_type": header.map(|header| header.format.media_type()),
                "bytes": photo.bytes.len(),
                "width": header.map(|header| header.width),
                "height": header.map(|header| header.height),
            })
        })
        .collect();
    json!({
        "event_id": found.event_id,
        "scan_time": found.scan_time.to_string(),
        "plate": found.plate.as_str(),
        "raw_plate": found.raw_plate,
        "state": found.state.map(|state| state.to_string()),
        "confidence": found.confidence.map(fraction),
        "readings": found.readings.iter().map(reading).collect::<Vec<_>>(),
        "vehicle": found.vehicle,
        "position": {"lat": found.position.lat(), "lon": found.position.lon()},
        "source": found.source.word(),
        "photos": photos,
        "photos_at_camera": found.photos_at_camera,
        "low_quality": found.low_quality,
    })
}

fn reading(reading: &Reading) -> Value {
    json!({"plate": reading.plate.as_str(), "confidence": fraction(reading.confidence)})
}

/// Hundredths of a per cent as a fraction of one.
fn fraction(confidence: u16) -> f64 {
    f64::from(confidence) / 10_000.0
}
