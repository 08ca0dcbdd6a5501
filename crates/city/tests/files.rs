//! Files and payloads say what the reads say.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may stop at the first surprise, and counts here are small"
)]

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, TimestampMicrosecondType, UInt8Type, UInt16Type};
use city::{CAMERA_COLUMNS, COLUMNS, City, CityPlan, CityRead, Photos};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs;
use std::sync::OnceLock;

fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(|| City::build(CityPlan { vehicles: 5_000, days: 10, ..CityPlan::default() }).unwrap())
}

fn reads(rows: u64) -> Vec<CityRead> {
    city().detections(rows).collect()
}

/// Confidences have four digits and coordinates seven; parsing them back must give the same whole numbers.
fn hundredths(share: f64) -> u16 {
    (share * 10_000.0).round() as u16
}

#[test]
fn parquet_reads_back_equal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reads.parquet");
    let reads = reads(9_000);
    let mut told = Vec::new();
    let rows = city().write_parquet(&path, reads.iter().cloned(), |rows| told.push(rows)).unwrap();
    assert_eq!((rows, told.last().copied()), (9_000, Some(9_000)));
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&path).unwrap()).unwrap();
    let names: Vec<String> = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, COLUMNS);
    let mut expected = reads.iter();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let text = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let number =
            |name: &str, row: usize| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(row);
        for row in 0..batch.num_rows() {
            let read = expected.next().unwrap();
            let camera = &city().cameras()[read.camera];
            assert_eq!(text("camera", row).as_ref(), Some(&camera.key));
            assert_eq!(text("event_id", row).as_deref(), Some(read.event_id.as_str()));
            assert_eq!(text("plate", row).as_ref(), Some(&read.raw_plate));
            assert_eq!(text("state", row), read.state.map(|state| state.to_string()));
            assert_eq!(text("source", row), Some(camera.source.to_string()));
            let vehicle = [text("make", row), text("model", row), text("colour", row)];
            assert_eq!(
                vehicle,
                [&read.vehicle.make, &read.vehicle.model, &read.vehicle.colour]
                    .map(|word| word.as_deref().map(str::to_owned))
            );
            let time = batch.column_by_name("scan_time").unwrap().as_primitive::<TimestampMicrosecondType>();
            assert_eq!(time.value(row), read.scan_time.0);
            assert_eq!(hundredths(number("confidence", row)), read.confidence);
            assert_eq!((number("lat", row) * 1e7).round() as i32, read.position.lat_e7);
            assert_eq!((number("lon", row) * 1e7).round() as i32, read.position.lon_e7);
            let year = batch.column_by_name("year").unwrap().as_primitive::<UInt16Type>();
            assert_eq!(year.is_valid(row).then(|| year.value(row)), read.vehicle.year);
            assert_eq!(
                batch.column_by_name("photos").unwrap().as_primitive::<UInt8Type>().value(row),
                read.photos_at_camera
            );
            let readings = text("readings", row).unwrap();
            let parts: Vec<(String, u16)> = readings
                .split(';')
                .filter(|part| !part.is_empty())
                .map(|part| part.split_once(':').unwrap())
                .map(|(plate, share)| (plate.to_owned(), hundredths(share.parse().unwrap())))
                .collect();
            let known: Vec<(String, u16)> =
                read.readings.iter().map(|other| (other.plate.clone(), other.confidence)).collect();
            assert_eq!(parts, known);
        }
    }
    assert!(expected.next().is_none());
}

#[test]
fn csv_and_ndjson_have_the_same_columns_and_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (csv_path, json_path) = (folder.path().join("reads.csv"), folder.path().join("reads.ndjson"));
    let reads = reads(500);
    assert_eq!(city().write_csv(&csv_path, reads.iter().cloned()).unwrap(), 500);
    assert_eq!(city().write_ndjson(&json_path, reads.iter().cloned()).unwrap(), 500);
    let mut table = csv::Reader::from_path(&csv_path).unwrap();
    assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    let json = fs::read_to_string(&json_path).unwrap();
    let mut rows = 0;
    for ((record, line), read) in table.records().zip(json.lines()).zip(&reads) {
        let record = record.unwrap();
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(&record[1], read.event_id);
        assert_eq!(domain::UtcMicros::parse_rfc3339(&record[2]).unwrap(), read.scan_time);
        assert_eq!(&record[3], read.raw_plate);
        assert_eq!(hundredths(record[5].parse().unwrap()), read.confidence);
        assert_eq!(row["event_id"], record[1]);
        assert_eq!(row["scan_time"], record[2]);
        assert_eq!(row["readings"].as_array().unwrap().len(), read.readings.len());
        assert_eq!(row["photos"], u64::from(read.photos_at_camera));
        rows += 1;
    }
    assert_eq!(rows, 500);
}

#[test]
fn the_camera_list_names_every_camera() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cameras.csv");
    city().write_cameras_csv(&path).unwrap();
    let mut table = csv::Reader::from_path(&path).unwrap();
    assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), CAMERA_COLUMNS);
    let keys: Vec<String> = table.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(keys, city().cameras().iter().map(|camera| camera.key.clone()).collect::<Vec<_>>());
}

#[test]
fn payloads_carry_the_read_in_the_words_of_each_vendor() {
    let read = reads(400).into_iter().find(|read| read.state.is_some() && !read.readings.is_empty()).unwrap();
    let photos = Photos { scene: Some(vec![0xff, 0xd8]), plate: Some(vec![0xff, 0xd8, 0xff]) };
    let camera = &city().cameras()[read.camera];

    let native = city().native(&read, &photos);
    let detection = &native["detections"][0];
    assert_eq!(detection["event_id"], read.event_id);
    assert_eq!(detection["photos"][0]["kind"], "scene");
    assert_eq!(detection["photos"][1]["base64"], "/9j/");
    assert_eq!(hundredths(detection["confidence"].as_f64().unwrap()), read.confidence);

    let group = city().rekor_group(&read, &photos);
    assert_eq!((&group["data_type"], &group["version"]), (&"alpr_group".into(), &2.into()));
    assert_eq!(group["best_plate_number"], read.raw_plate);
    assert_eq!(group["epoch_start"], read.scan_time.0 / 1000);
    assert_eq!(hundredths(group["best_confidence"].as_f64().unwrap() / 100.0), read.confidence);
    assert_eq!(group["best_region"], read.state.unwrap().as_str().to_ascii_lowercase());
    assert_eq!(group["candidates"].as_array().unwrap().len(), read.readings.len() + 1);
    assert_eq!(group["best_plate"]["plate_crop_jpeg"], "/9j/");

    let (json, upload) = city().plate_recognizer(&read, &photos);
    let result = &json["data"]["results"][0];
    assert_eq!(result["plate"], read.raw_plate.to_ascii_lowercase());
    assert_eq!(json["data"]["camera_id"], camera.key);
    assert_eq!(result["region"]["code"], read.state.unwrap().as_str().to_ascii_lowercase());
    assert_eq!(upload, photos.scene);
    assert_eq!(domain::UtcMicros::parse_rfc3339(json["data"]["timestamp"].as_str().unwrap()).unwrap(), read.scan_time);
}

#[test]
fn the_map_has_streets_water_landmarks_and_cameras_in_the_open_pacific() {
    let features = |value: serde_json::Value| value["features"].as_array().unwrap().len();
    assert!(features(city().streets_geojson()) > 100);
    assert!(features(city().patches_geojson()) >= 8);
    assert!(features(city().landmarks_geojson()) >= 25);
    assert_eq!(features(city().cameras_geojson()), city().cameras().len());
    let inside = |place: &domain::Position| (place.lat() - 34.0).abs() < 0.1 && (place.lon() + 140.0).abs() < 0.16;
    assert!(city().streets().iter().flat_map(|street| &street.points).all(inside));
    assert!(city().cameras().iter().all(|camera| inside(&camera.position)));
    for landmark in city().landmarks() {
        domain::Area::new(landmark.outline.clone(), Vec::new()).unwrap();
    }
    for patch in city().patches() {
        domain::Area::new(patch.outline.clone(), Vec::new()).unwrap();
    }
}
