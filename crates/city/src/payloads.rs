//! Reads as cameras send them: our own format, a Rekor Scout (`OpenALPR`) agent, Plate Recognizer Stream.
//!
//! Field names and scales are those of the real agents: Rekor's confidence goes to 100 and its times are milliseconds;
//! Plate Recognizer writes plates in lower case and scores to 1.

use crate::export::{readings_json, share};
use crate::ground::LOCAL_OFFSET_S;
use crate::read::CityRead;
use crate::vehicles::Body;
use crate::{City, CityCamera, Photos};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::UtcMicros;
use serde_json::{Map, Value, json};

/// The frame that a camera's coordinates are in, where its pictures are drawn.
const FRAME: (u32, u32) = (crate::picture::SCENE_WIDTH, crate::picture::SCENE_HEIGHT);

impl City {
    /// The body of `POST /api/v1/detections` for one read, with the photos given.
    pub fn native(&self, read: &CityRead, photos: &Photos) -> Value {
        let photo = |kind: &str, bytes: &Vec<u8>| json!({ "kind": kind, "media_type": "image/jpeg", "base64": STANDARD.encode(bytes) });
        let scene = photos.scene.iter().map(|bytes| photo("scene", bytes));
        let plate = photos.plate.iter().map(|bytes| photo("plate", bytes));
        let mut detection = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                detection.insert(name.to_owned(), value);
            }
        };
        put("event_id", json!(read.event_id));
        put("scan_time", json!(read.scan_time.to_string()));
        put("plate", json!(read.raw_plate));
        put("state", json!(read.state));
        put("confidence", json!(share(read.confidence)));
        put("readings", readings_json(&read.readings));
        put("vehicle", json!(read.vehicle));
        put("position", json!({ "lat": read.position.lat(), "lon": read.position.lon() }));
        put("photos", scene.chain(plate).collect());
        put("photos_at_camera", json!(read.photos_at_camera));
        json!({ "detections": [detection] })
    }

    /// An `alpr_group` of version 2, as a Rekor Scout agent posts it.
    pub fn rekor_group(&self, read: &CityRead, photos: &Photos) -> Value {
        let camera = &self.cameras()[read.camera];
        let crop =
            |bytes: &Option<Vec<u8>>| json!(bytes.as_ref().map(|bytes| STANDARD.encode(bytes)).unwrap_or_default());
        let per_cent = |confidence: u16| f64::from(confidence) / 100.0;
        let own = json!({ "plate": read.raw_plate, "confidence": per_cent(read.confidence), "matches_template": 1 });
        let others = read.readings.iter().map(
            |other| json!({ "plate": other.plate, "confidence": per_cent(other.confidence), "matches_template": 0 }),
        );
        let candidates: Value = std::iter::once(own).chain(others).collect();
        let millis = read.scan_time.0.div_euclid(1000);
        let (region, region_confidence) = match read.state {
            Some(state) => (state.as_str().to_ascii_lowercase(), 88.0),
            None => (String::new(), 0.0),
        };
        let corners = self.plate_corners(read);
        json!({
            "data_type": "alpr_group",
            "version": 2,
            "epoch_start": millis,
            "epoch_end": millis + 900,
            "frame_start": 0,
            "frame_end": 14,
            "company_id": "00000000-0000-4000-8000-000000000000",
            "agent_uid": format!("AGENT{:08X}", self.key as u32),
            "agent_version": "3.4.0",
            "agent_type": "alprd",
            "camera_id": read.camera + 1,
            "web_server_config": { "camera_label": camera.key, "agent_label": "port-larkin" },
            "gps_latitude": read.position.lat(),
            "gps_longitude": read.position.lon(),
            "country": "us",
            "uuids": [read.event_id],
            "plate_indexes": [0],
            "vehicle_path": [],
            "candidates": candidates,
            "vehicle_crop_jpeg": crop(&photos.scene),
            "overview_jpeg": "",
            "best_plate": {
                "plate": read.raw_plate,
                "confidence": per_cent(read.confidence),
                "matches_template": 1,
                "plate_index": 0,
                "region": region,
                "region_confidence": region_confidence,
                "processing_time_ms": 31.4,
                "requested_topn": 10,
                "coordinates": corners.map(|(x, y)| json!({ "x": x, "y": y })),
                "plate_crop_jpeg": crop(&photos.plate),
                "vehicle_region": { "x": FRAME.0 / 4, "y": FRAME.1 / 5, "width": FRAME.0 / 2, "height": FRAME.1 / 2 },
                "vehicle_detected": true,
                "candidates": candidates,
            },
            "best_confidence": per_cent(read.confidence),
            "best_uuid": read.event_id,
            "best_uuid_epoch_ms": millis,
            "best_plate_number": read.raw_plate,
            "best_region": region,
            "best_region_confidence": region_confidence,
            "matches_template": true,
            "best_image_width": FRAME.0,
            "best_image_height": FRAME.1,
            "travel_direction": read.heading,
            "is_parked": false,
            "is_preview": false,
            "vehicle_signature": "",
            "vehicle": self.rekor_vehicle(read),
            "custom_data": "",
        })
    }

    /// Rekor's lists of likely attributes; what was not seen is an empty list.
    fn rekor_vehicle(&self, read: &CityRead) -> Value {
        let scored = |word: Option<String>, confidence: f64| -> Value {
            word.into_iter().map(|name| json!({ "name": name, "confidence": confidence })).collect()
        };
        let vehicle = &read.vehicle;
        let make = vehicle.make.as_ref().map(|make| make.replace(' ', "_"));
        let both =
            make.clone().zip(vehicle.model.as_ref()).map(|(make, model)| format!("{make}_{}", model.replace(' ', "_")));
        let body = match self.subject(read).body {
            Body::Sedan => "sedan-standard",
            Body::Suv => "suv-standard",
            Body::Pickup => "truck-standard",
            Body::Van => "van-full",
        };
        json!({
            "color": scored(vehicle.colour.as_deref().map(rekor_colour).map(str::to_owned), 86.2),
            "make": scored(make, 84.0),
            "make_model": scored(both, 77.5),
            "body_type": scored(vehicle.make.is_some().then(|| body.to_owned()), 91.0),
            "year": scored(vehicle.year.map(|year| year.to_string()), 52.0),
            "orientation": scored(Some("180".to_owned()), 98.0),
        })
    }

    /// A recognition as Plate Recognizer Stream posts it: the part `json`, and the part `upload` where there is a photo.
    pub fn plate_recognizer(&self, read: &CityRead, photos: &Photos) -> (Value, Option<Vec<u8>>) {
        let camera = &self.cameras()[read.camera];
        let corners = self.plate_corners(read);
        let filename = format!("{}_screenshots/{}.jpg", camera.key, read.event_id);
        let mut result = json!({
            "box": { "xmin": corners[0].0, "ymin": corners[0].1, "xmax": corners[2].0, "ymax": corners[2].1 },
            "plate": read.raw_plate.to_ascii_lowercase(),
            "score": share(read.confidence),
            "dscore": 0.871,
            "candidates": plate_recognizer_candidates(read),
            "vehicle": {
                "score": 0.812,
                "type": plate_recognizer_type(self.subject(read).body),
                "box": { "xmin": FRAME.0 / 4, "ymin": FRAME.1 / 5, "xmax": FRAME.0 * 3 / 4, "ymax": FRAME.1 * 7 / 10 },
            },
            "direction": read.heading,
            "source_url": format!("rtsp://{}.example", camera.key),
            "position_sec": 0,
        });
        if let Some(fields) = result.as_object_mut() {
            if let Some(state) = read.state {
                fields.insert("region".into(), json!({ "code": state.as_str().to_ascii_lowercase(), "score": 0.812 }));
            }
            if let Some((make, model)) = read.vehicle.make.as_ref().zip(read.vehicle.model.as_ref()) {
                fields.insert("model_make".into(), json!([{ "make": make, "model": model, "score": 0.74 }]));
            }
            if let Some(colour) = &read.vehicle.colour {
                fields.insert("color".into(), json!([{ "color": colour, "score": 0.83 }]));
            }
            fields.insert("orientation".into(), json!([{ "orientation": "Rear", "score": 0.93 }]));
        }
        let body = json!({
            "hook": {
                "target": "http://receiver.example/plate-recognizer",
                "id": camera.key,
                "event": "recognition",
                "filename": filename,
            },
            "data": {
                "camera_id": camera.key,
                "filename": filename,
                "timestamp": read.scan_time.to_string(),
                "timestamp_local": local_text(read.scan_time),
                "results": [result],
            },
        });
        (body, photos.scene.clone())
    }

    /// A heartbeat, as a Rekor Scout agent posts it each minute.
    pub fn rekor_heartbeat(&self, camera: &CityCamera, now: UtcMicros) -> Value {
        json!({
            "data_type": "heartbeat",
            "version": 1,
            "company_id": "00000000-0000-4000-8000-000000000000",
            "agent_uid": format!("AGENT{:08X}", self.key as u32),
            "agent_type": "alprd",
            "timestamp": now.0.div_euclid(1000),
            "cpu_cores": 4,
            "video_streams": [{ "camera_name": camera.key, "is_streaming": true, "fps": 12 }],
        })
    }
}

fn plate_recognizer_candidates(read: &CityRead) -> Value {
    let own = json!({ "plate": read.raw_plate.to_ascii_lowercase(), "score": share(read.confidence) });
    let others = read
        .readings
        .iter()
        .map(|other| json!({ "plate": other.plate.to_ascii_lowercase(), "score": share(other.confidence) }));
    std::iter::once(own).chain(others).collect()
}

fn plate_recognizer_type(body: Body) -> &'static str {
    match body {
        Body::Sedan => "Sedan",
        Body::Suv => "SUV",
        Body::Pickup => "Pickup Truck",
        Body::Van => "Van",
    }
}

/// Rekor has one word for silver and gray.
fn rekor_colour(colour: &str) -> &str {
    if matches!(colour, "silver" | "gray") { "silver-gray" } else { colour }
}

/// `2026-05-03 05:56:13.606-09:00`, as Plate Recognizer writes local time.
fn local_text(time: UtcMicros) -> String {
    let local = time.plus_micros(LOCAL_OFFSET_S * 1_000_000).to_string();
    local.replace('T', " ").replace('Z', "-09:00")
}
