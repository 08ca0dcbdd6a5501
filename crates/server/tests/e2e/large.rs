//! Many reads: the time that an import takes, and every kind of question on them. A short run asks for correctness and prints
//! its times; `scripts/soak` asks for a million reads and the promised times.

use super::calling::{Caller, Reply};
use super::running::{Running, report, run_well, sightline, text};
use domain::UtcMicros;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use storage::{Clock, SystemClock};

/// Reads of a short run; `SIGHTLINE_SOAK_ROWS` asks for more.
const ROWS: u64 = 60_000;
/// What a million reads may take, and an answer on them.
const IMPORT_MAX: Duration = Duration::from_mins(1);
const ANSWER_MAX: Duration = Duration::from_millis(300);
const ASKED_EACH: usize = 20;

struct Times {
    what: &'static str,
    found: String,
    sorted: Vec<Duration>,
}

impl Times {
    fn median(&self) -> Duration {
        self.sorted[self.sorted.len() / 2]
    }

    fn longest(&self) -> Duration {
        self.sorted[self.sorted.len() - 1]
    }
}

/// Asks through the API as the investigator of the demo.
struct Asking<'a> {
    caller: &'a Caller,
    token: String,
    end: UtcMicros,
}

impl Asking<'_> {
    fn body(&self, kind: &str, days: i64, fields: &Value) -> Value {
        let mut question = json!({
            "kind": kind, "from": self.end.plus_micros(-days * 86_400_000_000).to_string(), "to": self.end.to_string(),
        });
        for (name, value) in fields.as_object().unwrap() {
            question[name] = value.clone();
        }
        json!({
            "question": question,
            "purpose": {
                "reason": "SMUGGLING", "case_reference": "HF-2026-0113", "subject": "driver of the white sedan",
                "target": { "kind": "vehicle", "description": "the white sedan seen at the pier" },
                "justification": "The sedan left the pier with the stolen cargo on the morning of 31 May.",
                "suspicion_facts": "Two witnesses saw the cargo being loaded inside this area at that hour.",
                "place_linked_to_case": true, "not_based_on_trait": true,
            },
        })
    }

    /// Asks each question in turn; every answer must have the status.
    fn time(&self, what: &'static str, status: u16, bodies: &[Value]) -> Times {
        let mut sorted = Vec::new();
        let mut found = String::new();
        for body in bodies.iter().cycle().take(ASKED_EACH) {
            let begun = Instant::now();
            let reply = self.caller.post("/api/v1/queries", &self.token, body);
            sorted.push(begun.elapsed());
            assert_eq!(reply.status, status, "{what}: {}", reply.text);
            found = count(&reply);
        }
        sorted.sort_unstable();
        Times { what, found, sorted }
    }
}

fn count(reply: &Reply) -> String {
    let body = reply.json();
    let count = &body["count"];
    match (count["exactly"].as_u64(), body["truncated"].as_bool()) {
        (Some(count), Some(true)) => format!("{count}, newest 5,000 shown"),
        (Some(count), _) => count.to_string(),
        (None, _) => count["at_least"].as_u64().map_or("10,000 or more".into(), |least| format!("{least} or more")),
    }
}

/// About 220 m around a row's place.
fn square(row: &Value) -> Value {
    let (lat, lon, d, e) = (row["lat"].as_f64().unwrap(), row["lon"].as_f64().unwrap(), 0.001, 0.0012);
    let ring = [[lon - e, lat - d], [lon + e, lat - d], [lon + e, lat + d], [lon - e, lat + d], [lon - e, lat - d]];
    json!({ "type": "Polygon", "coordinates": [ring] })
}

#[test]
fn every_kind_of_question_is_answered_on_many_imported_reads() {
    let wanted = std::env::var("SIGHTLINE_SOAK_ROWS").ok();
    let rows = wanted.as_ref().map_or(ROWS, |text| text.parse().unwrap());
    let home = tempfile::tempdir().unwrap();
    let (data, file) = (home.path().join("data"), home.path().join("city.parquet"));
    let end = SystemClock.now();
    // Agencies, people and cameras of the demo, without its history.
    let mut demo = sightline();
    demo.args(["demo", "--rows", "0", "--quiet", "--listen", "127.0.0.1:0", "--data", text(&data)]);
    assert!(Running::start(&mut demo).terminate().0.success());
    let begun = Instant::now();
    run_well(&["generate", "--rows", &rows.to_string(), "--end", &end.to_string(), "--out", text(&file)]);
    let generated = begun.elapsed();
    let imported = import(&data, &file, rows);
    let checked = run_well(&["check", "--data", text(&data)]);
    assert!(checked.contains(&format!("store: {rows} detections")), "{checked}");

    let server = Running::serve(&data);
    let caller = Caller::new(&server.address);
    let accounts: Value = serde_json::from_slice(&std::fs::read(data.join("demo-accounts.json")).unwrap()).unwrap();
    let people = accounts["accounts"].as_array().unwrap();
    let person = people.iter().find(|person| person["login"] == "investigator").unwrap();
    let token = caller.sign_in("investigator", person["password"].as_str().unwrap(), person["totp_secret"].as_str());
    let times = all_kinds(&Asking { caller: &caller, token, end });

    let mut table = format!(
        "{rows} reads: generated in {:.1} s, imported in {:.1} s, opened by the server in {:.2} s.\n\n\
         | question | matches | median | longest of {ASKED_EACH} |\n| --- | --- | --- | --- |\n",
        generated.as_secs_f64(),
        imported.as_secs_f64(),
        server.start_time.as_secs_f64()
    );
    for times in &times {
        let (median, longest) = (times.median().as_millis(), times.longest().as_millis());
        writeln!(table, "| {} | {} | {median} ms | {longest} ms |", times.what, times.found).unwrap();
    }
    eprintln!("{table}");
    report("large", &table);
    if wanted.is_some() {
        assert!(imported < IMPORT_MAX, "{imported:?}");
        assert!(times.iter().all(|times| times.longest() < ANSWER_MAX), "{table}");
    }
}

/// The file holds the cameras of two owners; each takes its own.
fn import(data: &Path, file: &Path, rows: u64) -> Duration {
    let begun = Instant::now();
    let mut stored = 0;
    for owner in ["Port Larkin Police", "Larkin Road Data"] {
        let printed = run_well(&["import", "--data", text(data), "--agency", owner, text(file)]);
        stored += printed.split(' ').next().unwrap().parse::<u64>().unwrap();
    }
    assert_eq!(stored, rows);
    begun.elapsed()
}

fn all_kinds(asking: &Asking<'_>) -> Vec<Times> {
    let sedans = json!({ "vehicle": { "make": "toyota", "model": "camry", "colour": "white" } });
    let some = asking.caller.post("/api/v1/queries", &asking.token, &asking.body("make-model", 3, &sedans)).ok();
    let rows: Vec<_> = some["page"]["rows"].as_array().unwrap().iter().filter(|row| row["state"].is_string()).collect();
    let each = |kind: &str, days: i64, fields: &dyn Fn(&Value) -> Value| -> Vec<Value> {
        rows.iter().take(ASKED_EACH).map(|row| asking.body(kind, days, &fields(row))).collect()
    };
    let plate = |row: &Value| json!({ "plate": row["plate"], "state": row["state"] });
    let wide = |row: &Value| json!({ "plate": row["plate"], "state": row["state"], "look_alikes": true, "alternatives": true });
    let pattern = |hide: [usize; 2]| {
        move |row: &Value| {
            let plate = row["plate"].as_str().unwrap().chars().enumerate();
            let plate: String = plate.map(|(at, sign)| if hide.contains(&at) { '?' } else { sign }).collect();
            json!({ "plate": plate, "state": row["state"] })
        }
    };
    let areas = |row: &Value, count: usize| -> Value {
        let mut found = vec![square(row)];
        for other in &rows {
            let next = square(other);
            if found.len() < count && !found.contains(&next) {
                found.push(next);
            }
        }
        json!({ "areas": found })
    };
    let previews: Vec<_> = each("area", 30, &|row| areas(row, 2))
        .into_iter()
        .map(|mut body| {
            body["preview"] = json!(true);
            body
        })
        .collect();
    let large = asking.body("make-model", 30, &json!({ "vehicle": { "colour": "white", "make": "toyota" } }));
    let mut confirmed = large.clone();
    confirmed["confirm_large"] = json!(true);
    let mut common = asking.body("common-plate", 30, &areas(rows[0], 5));
    common["confirm_large"] = json!(true);
    let is_large = asking.caller.post("/api/v1/queries", &asking.token, &large).status == 409;
    let mut times = vec![
        asking.time("full plate, 90 days", 201, &each("full-plate", 90, &plate)),
        asking.time("full plate with look-alikes and alternatives, 90 days", 201, &each("full-plate", 90, &wide)),
        asking.time(
            "partial plate, two unknown in the middle, 90 days",
            201,
            &each("partial-plate", 90, &pattern([2, 4])),
        ),
        asking.time("partial plate, first two unknown, 90 days", 201, &each("partial-plate", 90, &pattern([0, 1]))),
        asking.time("make, model and colour, 3 days", 201, &[asking.body("make-model", 3, &sedans)]),
        asking.time("preview of two areas, 30 days", 201, &previews),
        asking.time("area, 2 days", 201, &each("area", 2, &|row| areas(row, 1))),
        asking.time("plates common to 2 areas, 2 days", 201, &each("common-plate", 2, &|row| areas(row, 2))),
        asking.time("plates common to 5 areas, 30 days, confirmed", 201, &[common]),
        asking.time("movement of a plate, 90 days", 201, &each("movement", 90, &plate)),
    ];
    if is_large {
        times.push(asking.time("make and colour, 30 days: the warning", 409, &[large]));
        times.push(asking.time("the same, confirmed: newest 5,000", 201, &[confirmed]));
    }
    times
}
