//! Bodies that no camera would send: nothing panics, nothing takes long, and what is accepted is within the limits.

use crate::given::{assert_all_within_limits, assert_within_limits, camera, now};
use crate::rekor::payload;
use feeds::files::{FileRow, RowError, csv_rows, ndjson_rows, parquet_rows};
use feeds::{Format, detect_format, read, read_any, to_json};
use proptest::prelude::*;
use std::io::Write;
use std::time::{Duration, Instant};

const FORMATS: [Format; 4] =
    [Format::Native, Format::Rekor, Format::PlateRecognizerJson, Format::PlateRecognizerMultipart];

/// Gives a body to every reader; texts of errors must not hold what was sent.
fn give_to_all(body: &[u8]) {
    let _ = detect_format(body);
    let _ = read_any(body, &camera(), now());
    for format in FORMATS {
        match read(format, body, &camera(), now()) {
            Ok(received) => {
                assert_all_within_limits(&received, now());
                let _ = to_json(&received);
                assert!(!received.rejected.iter().any(|fault| fault.reason.contains("7FKT204")));
            }
            Err(error) => assert!(!error.to_string().contains("7FKT204"), "{error}"),
        }
    }
    for rows in [csv_rows(body).map(Iterator::collect::<Vec<_>>), ndjson_rows(body).map(Iterator::collect)] {
        rows.into_iter().flatten().for_each(check_row);
    }
}

fn check_row(row: Result<FileRow, RowError>) {
    if let Ok(found) = row.and_then(|row| row.into_detection(&camera(), now())) {
        assert_within_limits(&found, now());
    }
}

fn give_as_parquet(bytes: &[u8]) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    if let Ok(rows) = parquet_rows(file) {
        rows.take(10_000).for_each(check_row);
    }
}

/// An unmodified agent's next post is read, whatever came before.
fn next_post_works() {
    let (_, received) = read_any(&payload("rekor_group_v2.json"), &camera(), now()).unwrap();
    assert_eq!(received.detections.len(), 1);
}

#[test]
fn every_body_of_the_corpus_is_refused_or_read_within_fixed_time_and_the_next_post_works() {
    let mut bodies = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus")).unwrap() {
        let path = entry.unwrap().path();
        let body = std::fs::read(&path).unwrap();
        let started = Instant::now();
        give_to_all(&body);
        give_as_parquet(&body);
        assert!(started.elapsed() < Duration::from_secs(2), "{} took {:?}", path.display(), started.elapsed());
        next_post_works();
        bodies += 1;
    }
    assert!(bodies >= 30, "the corpus has {bodies} bodies");
}

#[test]
fn large_bodies_of_little_sense_are_read_within_fixed_time() {
    let many = |item: &str, count: usize| vec![item; count].join(",");
    for body in [
        format!(
            r#"{{"data_type":"alpr_results","epoch_time":1777842000000,"uuid":"u","results":[{}]}}"#,
            many("{}", 500_000)
        ),
        format!(r#"{{"data_type":"alpr_group","best_plate_number":"A1","uuids":[{}]}}"#, many("\"u\"", 500_000)),
        format!(r#"{{"data":{{"results":[{{"plate":"a1","candidates":[{}]}}]}}}}"#, many("[]", 1_000_000)),
        format!(r#"{{"detections":[{{"readings":[{}]}}]}}"#, many("{}", 1_000_000)),
        format!(r#"{{"detections":[{}]}}"#, many("1", 3_000_000)),
        format!(r#"{{"data_type":"alpr_group","x":{}}}"#, "[".repeat(2_000_000)),
        format!("--b\r\n{}", "\r\n--".repeat(1_000_000)),
        "\"".repeat(2_000_000),
    ] {
        let started = Instant::now();
        give_to_all(body.as_bytes());
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }
    next_post_works();
}

#[test]
fn a_body_beyond_the_limit_is_refused_unread() {
    let body = vec![b' '; feeds::limits::BODY_BYTES_MAX + 1];
    for format in [Format::Native, Format::Rekor, Format::PlateRecognizerJson] {
        assert_eq!(read(format, &body, &camera(), now()), Err(feeds::FeedError::TooLarge));
    }
    assert_eq!(read_any(&body, &camera(), now()), Err(feeds::FeedError::TooLarge));
}

/// JSON of any shape with the names that readers look for.
fn vendor_like() -> impl Strategy<Value = serde_json::Value> {
    let name = prop::sample::select(vec![
        "data_type",
        "group",
        "best_plate",
        "best_plate_number",
        "best_uuid",
        "uuid",
        "uuids",
        "epoch_start",
        "epoch_time",
        "results",
        "plate",
        "candidates",
        "confidence",
        "score",
        "coordinates",
        "x",
        "y",
        "region",
        "code",
        "data",
        "hook",
        "timestamp",
        "timestamp_local",
        "camera_id",
        "box",
        "ymin",
        "ymax",
        "vehicle",
        "make",
        "model_make",
        "color",
        "name",
        "detections",
        "event_id",
        "scan_time",
        "state",
        "readings",
        "photos",
        "kind",
        "base64",
        "position",
        "lat",
        "lon",
        "props",
        "value",
        "photos_at_camera",
        "plate_index",
        "camera",
        "plate_crop_jpeg",
        "country",
    ]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (1_777_840_000_000i64..1_777_850_000_000).prop_map(Into::into),
        "\\PC{0,12}".prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
        prop::sample::select(vec![
            "alpr_group",
            "alpr_results",
            "alpr_alert",
            "us-ca",
            "ca",
            "7FKT204",
            "2026-05-03T21:00:00Z",
            "scene",
            "plate",
            "2026-05-03 14:00:00",
            "/9j/wAARCABAAEADASIA",
        ])
        .prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..600)) {
        give_to_all(&body);
        give_as_parquet(&body);
    }

    #[test]
    fn json_of_any_shape_never_panics_and_what_is_accepted_is_within_limits(value in vendor_like()) {
        give_to_all(value.to_string().as_bytes());
    }

    #[test]
    fn real_payloads_with_a_few_bytes_changed_never_panic(
        name in prop::sample::select(vec![
            "rekor_group_v1.json", "rekor_group_v3.json", "rekor_results.json", "rekor_alert.json",
            "plate_recognizer_stream.json", "plate_recognizer_vehicles.json",
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut body = payload(name);
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        give_to_all(&body);
    }

    #[test]
    fn rows_of_any_text_never_panic_and_accepted_ones_are_within_limits(
        fields in prop::collection::vec(prop_oneof![
            ".{0,20}", Just("7FKT204".to_owned()), Just("2026-05-03T21:00:00Z".to_owned()), "-?[0-9]{1,4}(\\.[0-9]{1,3})?",
            Just("US-CA".to_owned()), Just("ABC123:0.5".to_owned()), Just(String::new()),
        ], 14),
    ) {
        let header = "camera,event_id,scan_time,plate,state,confidence,readings,make,model,colour,year,lat,lon,photos";
        let quoted: Vec<String> = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
        for line in [fields.join(","), quoted.join(",")] {
            csv_rows(format!("{header}\n{line}\n").as_bytes()).unwrap().for_each(check_row);
        }
    }
}
