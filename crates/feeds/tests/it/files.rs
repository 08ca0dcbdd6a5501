//! Files for `sightline import`.

use crate::given::{assert_within_limits, at, camera, mobile, now};
use arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, UInt8Array, UInt16Array,
};
use arrow::datatypes::Int32Type;
use feeds::files::{FileRow, RowError, csv_rows, ndjson_rows, parquet_rows};
use parquet::arrow::ArrowWriter;
use std::fs::File;
use std::sync::Arc;

const HEADER: &str = "camera,event_id,scan_time,plate,state,confidence,readings,make,model,colour,year,lat,lon,photos";
const ROW: &str = "Elm & 3rd,e-1,2026-05-03T14:00:00-07:00,7FKT204,US-CA,0.91,7FKT2O4:0.4;7FKT2D4:0.62,Toyota,Camry,white,2019,37.5,-122.0,2";

fn csv(text: &str) -> Vec<Result<FileRow, RowError>> {
    csv_rows(text.as_bytes()).unwrap().collect()
}

fn told(rows: &[Result<FileRow, RowError>]) -> Vec<String> {
    rows.iter()
        .map(|row| row.as_ref().map_or_else(ToString::to_string, |row| format!("{} taken", row.event_id)))
        .collect()
}

fn assert_is_the_row(row: FileRow) {
    assert_eq!(row.camera, "Elm & 3rd");
    let found = row.into_detection(&camera(), now()).unwrap();
    assert_within_limits(&found, now());
    assert_eq!((found.event_id.as_str(), found.plate.as_str()), ("e-1", "7FKT204"));
    assert_eq!(found.scan_time, at("2026-05-03T21:00:00Z"));
    assert_eq!(found.state.unwrap().as_str(), "US-CA");
    assert_eq!(found.confidence, Some(9_100));
    let readings: Vec<(&str, u16)> = found.readings.iter().map(|read| (read.plate.as_str(), read.confidence)).collect();
    assert_eq!(readings, [("7FKT2D4", 6_200), ("7FKT2O4", 4_000)]);
    assert_eq!(found.vehicle.make.as_deref(), Some("toyota"));
    assert_eq!(found.vehicle.model.as_deref(), Some("camry"));
    assert_eq!(found.vehicle.colour.as_deref(), Some("white"));
    assert_eq!(found.vehicle.year, Some(2019));
    assert_eq!(found.photos_at_camera, 2);
}

#[test]
fn det_1_a_csv_row_becomes_a_detection() {
    let mut rows = csv(&format!("{HEADER}\n{ROW}\n"));
    assert_eq!(rows.len(), 1);
    assert_is_the_row(rows.remove(0).unwrap());
}

#[test]
fn a_byte_order_mark_windows_line_ends_quotes_and_any_order_of_columns_are_read() {
    let text = "\u{feff}plate,\"camera\",scan_time,event_id\r\n\"7FKT204\",\"Elm \"\"A\"\", 3rd\",2026-05-03T21:00:00Z,e-1\r\n\r\n7FKT205,B,2026-05-03T21:00:00Z,e-2";
    let rows = csv(text);
    assert_eq!(rows[0].as_ref().unwrap().camera, "Elm \"A\", 3rd");
    assert_eq!((rows[1].as_ref().unwrap().line, rows.len()), (4, 2));
}

#[test]
fn a_wrong_header_is_refused_by_the_column() {
    for (header, reason) in [
        ("", "the file is empty"),
        ("camera,event_id,scan_time", "column `plate` is missing"),
        ("camera,event_id,scan_time,plate,driver", "unknown column `driver`; known are camera, event_id"),
        ("camera,event_id,scan_time,plate,plate", "column `plate` twice"),
        ("camera;event_id;scan_time;plate", "unknown column `camera;event_id;scan_time;plate`"),
        ("camera,\"event_id", "a quoted field does not end on its line"),
    ] {
        let error = csv_rows(format!("{header}\n").as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("line 1, `header`: {reason}")), "{error}");
    }
    assert!(csv_rows(format!("{HEADER},source\n").as_bytes()).is_ok());
}

#[test]
fn rejected_rows_come_with_line_column_and_reason_and_the_rest_is_read() {
    let text = "camera,event_id,scan_time,plate,lat,lon\n\
        c,e-1,2026-05-03T21:00:00Z,7FKT204,,\n\
        c,e-2,2026-05-03T21:00:00,7FKT204,,\n\
        c,e-3,2026-05-03T21:00:00Z,<b>,,\n\
        c,e-4,2026-05-03T21:00:00Z,\"7FKT204,,\n\
        c,e-5,2026-05-03T21:00:00Z\n\
        c,e-6,2026-05-03T21:00:00Z,7FKT204,north,\n\
        c,e-7,2026-05-03T21:00:00Z,7FKT204,37.5,\n\
        ,e-8,2026-05-03T21:00:00Z,7FKT204,,\n\
        c,e-9,2026-05-03T21:00:00Z,\"7FKT204\"x,,\n\
        c,e-10,2026-05-03T21:00:00Z,7FKT204,,\n";
    assert_eq!(
        told(&csv(text)),
        [
            "e-1 taken",
            "line 3, `scan_time`: a time must be RFC 3339 with an offset, such as `2026-05-03T14:00:00-07:00`",
            "line 4, `plate`: a plate holds letters and digits; a pattern also `*` and `?`",
            "line 5, `row`: a quoted field does not end on its line",
            "line 6, `row`: 3 fields, the header has 6",
            "line 7, `lat`: must be a number",
            "line 8, `lon`: missing",
            "line 9, `camera`: missing",
            "line 10, `row`: text after a closing quote",
            "e-10 taken",
        ]
    );
}

#[test]
fn a_row_without_end_or_of_another_encoding_costs_itself_only() {
    let mut text = b"camera,event_id,scan_time,plate\n".to_vec();
    text.extend(b"c,\xff\xfe,2026-05-03T21:00:00Z,7FKT204\n");
    text.extend(vec![b'x'; 1_000_000]);
    text.extend(b"\nc,e-3,2026-05-03T21:00:00Z,7FKT204\n");
    let rows: Vec<_> = csv_rows(text.as_slice()).unwrap().collect();
    assert_eq!(told(&rows), ["line 2, `row`: not UTF-8", "line 3, `row`: longer than 64 KiB", "e-3 taken"]);
}

#[test]
fn joining_a_row_with_its_camera_checks_time_position_and_source() {
    let row = |columns: &str, fields: &str| {
        let text = format!("camera,event_id,plate,{columns}\nc,e-1,7FKT204,{fields}\n");
        csv(&text).remove(0).unwrap()
    };
    let early = row("scan_time", "1970-01-01T00:00:00Z").into_detection(&camera(), now()).unwrap_err();
    assert_eq!(early.to_string(), "line 2, `scan_time`: the scan time is before the year 2000");
    let late = row("scan_time", "2026-05-03T21:10:01Z").into_detection(&camera(), now()).unwrap_err();
    assert_eq!(late.field, "scan_time");
    let nowhere = row("scan_time", "2026-05-03T21:00:00Z").into_detection(&mobile(), now()).unwrap_err();
    assert_eq!(nowhere.field, "lat");
    let here = row("scan_time,lat,lon", "2026-05-03T21:00:00Z,40,-100").into_detection(&mobile(), now()).unwrap();
    assert_eq!(here.position.lat_e7, 400_000_000);
    let other = row("scan_time,source", "2026-05-03T21:00:00Z,toll-road").into_detection(&camera(), now()).unwrap_err();
    assert_eq!(other.to_string(), "line 2, `source`: the camera is registered as `pole`");
}

#[test]
fn det_1_an_ndjson_row_becomes_a_detection_and_faults_name_line_and_field() {
    let good = r#"{"camera":"Elm & 3rd","event_id":"e-1","scan_time":"2026-05-03T14:00:00-07:00","plate":"7FKT204","state":"US-CA","confidence":0.91,"readings":[{"plate":"7FKT2O4","confidence":0.4},{"plate":"7FKT2D4","confidence":0.62}],"make":"Toyota","model":"Camry","colour":"white","year":2019,"lat":37.5,"lon":-122.0,"photos":2}"#;
    let text = format!(
        "{good}\n\n{{\"plate\":\"7FKT204\"}}\n{{\"event_id\":7}}\n{{\"driver\":1}}\n{{\"camera\":\n[]\n{{\"camera\":\"c\",\"event_id\":\"e\",\"scan_time\":\"2026-05-03T21:00:00Z\",\"plate\":\"7FKT204\",\"readings\":[{{\"plate\":\"\"}}]}}\n"
    );
    let mut rows: Vec<_> = ndjson_rows(text.as_bytes()).unwrap().collect();
    assert_eq!(
        told(&rows),
        [
            "e-1 taken",
            "line 3, `camera`: missing",
            "line 4, `event_id`: must be a text",
            "line 5, `driver`: unknown field; expected one of `camera`, `event_id`, `scan_time`, `plate`, `state`, `confidence`, `readings`, `make`, `model`, `colour`, `year`, `lat`, `lon`, `photos`, `source`",
            "line 6, `row`: the JSON ends too early",
            "line 7, `row`: must be an object",
            "line 8, `readings[0].plate`: a plate or pattern needs at least one character",
        ]
    );
    assert_is_the_row(rows.remove(0).unwrap());
}

fn write(columns: Vec<(&str, ArrayRef)>) -> File {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = tempfile::tempfile().unwrap();
    let mut writer = ArrowWriter::try_new(file.try_clone().unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

#[test]
fn det_1_a_parquet_row_becomes_a_detection_whatever_related_types_its_columns_have() {
    let micros = at("2026-05-03T21:00:00Z").0;
    let times: [ArrayRef; 4] = [
        Arc::new(TimestampMicrosecondArray::from(vec![micros])),
        Arc::new(TimestampMicrosecondArray::from(vec![micros]).with_timezone("-07:00")),
        Arc::new(TimestampMillisecondArray::from(vec![micros / 1_000]).with_timezone("UTC")),
        text("2026-05-03T14:00:00-07:00"),
    ];
    for time in times {
        let words: DictionaryArray<Int32Type> = vec!["Toyota"].into_iter().collect();
        let file = write(vec![
            ("camera", text("Elm & 3rd")),
            ("event_id", text("e-1")),
            ("scan_time", time),
            ("plate", text("7FKT204")),
            ("state", text("US-CA")),
            ("confidence", Arc::new(arrow::array::Float32Array::from(vec![0.91]))),
            ("readings", text("7FKT2O4:0.4;7FKT2D4:0.62")),
            ("make", Arc::new(words)),
            ("model", text("Camry")),
            ("colour", text("white")),
            ("year", Arc::new(UInt16Array::from(vec![2019]))),
            ("lat", Arc::new(Float64Array::from(vec![37.5]))),
            ("lon", Arc::new(Float64Array::from(vec![-122.0]))),
            ("photos", Arc::new(UInt8Array::from(vec![2]))),
        ]);
        let rows = parquet_rows(file).unwrap();
        assert_eq!(rows.rows(), 1);
        let mut rows: Vec<_> = rows.collect();
        assert_is_the_row(rows.remove(0).unwrap());
        assert!(rows.is_empty());
    }
}

#[test]
fn parquet_columns_that_mean_something_else_are_refused_before_the_first_row() {
    let base = |name: &'static str, array: ArrayRef| {
        let mut columns = vec![
            ("camera", text("c")),
            ("event_id", text("e")),
            ("scan_time", text("2026-05-03T21:00:00Z")),
            ("plate", text("7FKT204")),
        ];
        columns.retain(|(known, _)| *known != name);
        columns.push((name, array));
        parquet_rows(write(columns)).map(Iterator::collect::<Vec<_>>)
    };
    let number: ArrayRef = Arc::new(Int64Array::from(vec![9_100]));
    let error = base("confidence", number.clone()).unwrap_err().to_string();
    assert_eq!(error, "line 1, `header`: column `confidence` is Int64; expected a fraction between 0 and 1");
    assert!(base("scan_time", number.clone()).unwrap_err().to_string().contains("a timestamp in UTC"));
    assert!(base("driver", text("x")).unwrap_err().to_string().contains("unknown column `driver`"));
    let nothing: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
    assert_eq!(told(&base("plate", nothing).unwrap()), ["line 1, `plate`: missing"]);
    // A camera may go by a number.
    assert_eq!(base("camera", number).unwrap()[0].as_ref().unwrap().camera, "9100");
}

#[test]
fn what_is_no_parquet_file_is_an_error_not_a_panic() {
    let good = {
        use std::io::{Read, Seek};
        let mut file = write(vec![
            ("camera", text("c")),
            ("event_id", text("e")),
            ("scan_time", text("2026-05-03T21:00:00Z")),
            ("plate", text("7FKT204")),
        ]);
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    };
    let open = |bytes: &[u8]| {
        use std::io::Write;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        parquet_rows(file).map(Iterator::count)
    };
    assert_eq!(open(&good).unwrap(), 1);
    for end in 0..good.len() {
        assert!(open(&good[..end]).is_err(), "cut off at {end}");
    }
}

/// Also prints how many rows a second each format gives; see it with `--nocapture`.
#[test]
fn a_hundred_thousand_rows_of_each_format_are_all_taken() {
    const ROWS: usize = 100_000;
    let mut text = format!("{HEADER}\n");
    for i in 0..ROWS {
        text.push_str(&ROW.replace("e-1", &format!("e-{i}")));
        text.push('\n');
    }
    let camera = camera();
    let rate = |name: &str, started: std::time::Instant, rows: usize| {
        assert_eq!(rows, ROWS);
        #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
        let per_second = rows as f64 / started.elapsed().as_secs_f64();
        eprintln!("{name}: {per_second:.0} rows/s");
    };
    let count = |rows: &mut dyn Iterator<Item = Result<FileRow, RowError>>| {
        rows.filter(|row| row.clone().unwrap().into_detection(&camera, now()).is_ok()).count()
    };
    let started = std::time::Instant::now();
    rate("csv", started, count(&mut csv_rows(text.as_bytes()).unwrap()));
    drop(text);
    let column = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; ROWS])) };
    let ids: Vec<String> = (0..ROWS).map(|i| format!("e-{i}")).collect();
    let file = write(vec![
        ("camera", column("Elm & 3rd")),
        ("event_id", Arc::new(StringArray::from(ids))),
        ("scan_time", Arc::new(TimestampMicrosecondArray::from(vec![at("2026-05-03T21:00:00Z").0; ROWS]))),
        ("plate", column("7FKT204")),
        ("state", column("US-CA")),
        ("confidence", Arc::new(Float64Array::from(vec![0.91; ROWS]))),
        ("readings", column("7FKT2O4:0.4;7FKT2D4:0.62")),
        ("make", column("toyota")),
        ("model", column("camry")),
        ("colour", column("white")),
        ("year", Arc::new(UInt16Array::from(vec![2019; ROWS]))),
        ("lat", Arc::new(Float64Array::from(vec![37.5; ROWS]))),
        ("lon", Arc::new(Float64Array::from(vec![-122.0; ROWS]))),
        ("photos", Arc::new(UInt8Array::from(vec![2; ROWS]))),
    ]);
    let started = std::time::Instant::now();
    rate("parquet", started, count(&mut parquet_rows(file).unwrap()));
    let line = r#"{"camera":"Elm & 3rd","event_id":"e-1","scan_time":"2026-05-03T14:00:00-07:00","plate":"7FKT204","state":"US-CA","confidence":0.91,"readings":[{"plate":"7FKT2O4","confidence":0.4}],"make":"toyota","lat":37.5,"lon":-122.0,"photos":2}"#;
    let text = format!("{line}\n").repeat(ROWS);
    let started = std::time::Instant::now();
    rate("ndjson", started, count(&mut ndjson_rows(text.as_bytes()).unwrap()));
}
