//! The whole story on the fictional city, from a terminal.

use super::calling::{Caller, Reply};
use super::running::{Running, complaint, run_badly, run_well, sightline, text};
use city::{City, CityPlan, CityRead};
use domain::UtcMicros;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tempfile::TempDir;

const ROWS: &str = "20000";
const WHY: [&str; 14] = [
    "--reason",
    "SMUGGLING",
    "--case",
    "HF-2026-0113",
    "--subject",
    "driver of the grey van",
    "--target",
    "vehicle: grey van seen at the pier",
    "--justification",
    "The van left the pier with the stolen cargo on the morning of 31 May.",
    "--suspicion-facts",
    "Two witnesses saw the cargo being loaded inside this area at that hour.",
    "--place-linked-to-case",
    "--not-based-on-trait",
];

/// The demo, running, with somebody signed in.
struct Story {
    server: Running,
    home: TempDir,
    accounts: Value,
    end: UtcMicros,
}

impl Story {
    fn begin() -> Self {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let mut demo = sightline();
        demo.args(["demo", "--rows", ROWS, "--quiet", "--listen", "127.0.0.1:0", "--data", text(&data)]);
        let server = Running::start(&mut demo);
        let read = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(data.join(name)).unwrap()).unwrap() };
        let end = UtcMicros(read("demo-city.json")["end"].as_i64().unwrap());
        Self { server, accounts: read("demo-accounts.json"), home, end }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The city that history was drawn from.
    fn city(&self) -> City {
        City::build(CityPlan { end: self.end, ..CityPlan::default() }).unwrap()
    }

    /// The longest frame that every kind of question may have, with what is posted now.
    fn frame(&self) -> [String; 4] {
        let (from, to) = (self.end.plus_micros(-29 * 86_400_000_000), self.end.plus_micros(600_000_000));
        ["--from".into(), from.to_string(), "--to".into(), to.to_string()]
    }

    fn sign_in(&self, login: &str, enhanced: bool) -> String {
        let accounts = self.accounts["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|account| account["login"] == login).unwrap();
        let code = enhanced.then(|| run_well(&["demo-code", "--data", text(&self.data()), login]));
        let mut command = sightline();
        command.args(["sign-in", login, "--accept-rules", "--server", &self.server.address]);
        command.args(code.iter().flat_map(|code| ["--code", code]));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", account["password"].as_str().unwrap()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", complaint(&output));
        assert!(complaint(&output).contains("rules of behaviour"));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn query_with(&self, token: &str, arguments: &[&str], why: &[&str]) -> Output {
        let mut command = sightline();
        command.env("SIGHTLINE_TOKEN", token).env("SIGHTLINE_SERVER", &self.server.address);
        command.arg("query").args(arguments).args(self.frame()).args(why).output().unwrap()
    }

    /// Asks for a table; gives its lines.
    #[track_caller]
    fn table(&self, token: &str, arguments: &[&str]) -> Vec<String> {
        let output = self.query_with(token, arguments, &WHY);
        assert!(output.status.success(), "{arguments:?} {}", complaint(&output));
        assert!(complaint(&output).contains("Verify before acting"), "{}", complaint(&output));
        String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
    }

    #[track_caller]
    fn answer(&self, token: &str, arguments: &[&str]) -> Value {
        let output = self.query_with(token, &[arguments, &["--json"]].concat(), &WHY);
        assert!(output.status.success(), "{arguments:?} {}", complaint(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Asks what is refused; gives the complaint.
    #[track_caller]
    fn refused(&self, token: &str, arguments: &[&str], why: &[&str]) -> String {
        let output = self.query_with(token, arguments, why);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{arguments:?}");
        complaint(&output)
    }

    fn areas(&self, name: &str, places: &[(f64, f64)]) -> String {
        let file = self.home.path().join(name);
        let squares: Vec<_> = places.iter().map(|(lat, lon)| square(*lat, *lon)).collect();
        std::fs::write(&file, json!({ "type": "FeatureCollection", "features": squares }).to_string()).unwrap();
        text(&file).to_owned()
    }
}

/// About 220 m around a place.
fn square(lat: f64, lon: f64) -> Value {
    let (d, e) = (0.001, 0.0012);
    let ring = [[lon - e, lat - d], [lon + e, lat - d], [lon + e, lat + d], [lon - e, lat + d], [lon - e, lat - d]];
    json!({ "type": "Feature", "properties": {}, "geometry": { "type": "Polygon", "coordinates": [ring] } })
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["page"]["rows"].as_array().unwrap()
}

fn place(row: &Value) -> (f64, f64) {
    (row["lat"].as_f64().unwrap(), row["lon"].as_f64().unwrap())
}

/// A vehicle that was read in two places well apart.
struct Seen {
    plate: String,
    state: String,
    places: [(f64, f64); 2],
}

fn seen_twice(answer: &Value) -> Seen {
    let mut first: HashMap<&str, &Value> = HashMap::new();
    for row in rows(answer).iter().filter(|row| row["state"].is_string()) {
        let earlier = first.entry(row["plate"].as_str().unwrap()).or_insert(row);
        let (a, b) = (place(earlier), place(row));
        if (a.0 - b.0).abs() > 0.01 && earlier["state"] == row["state"] {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            return Seen { plate: text("plate"), state: text("state"), places: [a, b] };
        }
    }
    panic!("no vehicle was read twice")
}

#[test]
fn the_whole_story_from_a_terminal() {
    let story = Story::begin();
    let investigator = story.sign_in("investigator", true);
    let seen = all_six_kinds(&story, &investigator);
    refusals(&story, &investigator, &seen);
    payloads_and_photos(&story, &investigator);
    only_own_reads_without_an_agreement(&story, &investigator, &seen);
    the_log(&story, &investigator, &seen);
}

fn all_six_kinds(story: &Story, token: &str) -> Seen {
    let made = story.answer(token, &["make-model", "--make", "toyota", "--model", "camry"]);
    assert_eq!(rows(&made).len() as u64, made["count"]["exactly"].as_u64().unwrap());
    assert!(rows(&made).iter().all(|row| row["make"] == "toyota" && row["model"] == "camry"));
    let seen = seen_twice(&made);
    let (plate, state) = (seen.plate.as_str(), seen.state.as_str());

    let full = story.table(token, &["full-plate", "--plate", plate, "--state", state]);
    // Reads of unknown state are told apart.
    let says_why = |line: &String| line.contains(" exact") || line.contains(" unknown-state");
    assert!(full.len() >= 2 && full.iter().all(|line| line.contains(plate) && says_why(line)), "{full:?}");
    let pattern: String = plate.chars().enumerate().map(|(at, sign)| if at == 1 { '*' } else { sign }).collect();
    let partial = story.table(token, &["partial-plate", "--plate", &pattern, "--state", state]);
    assert!(partial.len() >= full.len() && full.iter().all(|line| partial.contains(line)), "{full:#?} {partial:#?}");
    assert!(story.table(token, &["make-model", "--make", "toyota", "--model", "camry"]).len() >= full.len());
    let one = story.areas("one.json", &seen.places[..1]);
    let area = story.table(token, &["area", "--areas", &one]);
    assert!(area.iter().any(|line| line.contains(plate)), "{area:?}");
    let both = story.areas("both.json", &seen.places);
    let common = story.table(token, &["common-plate", "--areas", &both]);
    assert!(common.iter().any(|line| line.starts_with("common") && line.contains(plate)), "{common:?}");
    let movement = story.table(token, &["movement", "--plate", plate, "--state", state]);
    assert_eq!(movement.len(), full.len());
    seen
}

fn refusals(story: &Story, investigator: &str, seen: &Seen) {
    // A missing case reference is refused with the field named.
    let without_case = [&WHY[..2], &WHY[4..]].concat();
    let complaint =
        story.refused(investigator, &["full-plate", "--plate", &seen.plate, "--state", &seen.state], &without_case);
    assert!(complaint.contains("purpose.case_reference"), "{complaint}");
    let complaint = story.refused(investigator, &["full-plate", "--plate", "<script>", "--state", "US-CA"], &WHY);
    assert!(complaint.contains("question.plate") && !complaint.contains("script"), "{complaint}");

    // A unit without area permission is refused, whatever its people's own permissions.
    let enforcement = story.sign_in("enforcement", true);
    let area = story.areas("refused.json", &seen.places[..1]);
    let why: Vec<_> = WHY.iter().map(|word| if *word == "SMUGGLING" { "ADMIN" } else { *word }).collect();
    let complaint = story.refused(&enforcement, &["area", "--areas", &area], &why);
    assert!(complaint.contains("area"), "{complaint}");
    let plain = story.sign_in("investigator", false);
    let complaint = story.refused(&plain, &["area", "--areas", &area], &WHY);
    assert!(complaint.contains("enhanced"), "{complaint}");
    let complaint = story.refused("not-a-token", &["full-plate", "--plate", &seen.plate, "--state", &seen.state], &WHY);
    assert!(!complaint.contains(&seen.plate), "{complaint}");
}

/// Live reads of each owner, as their cameras send them, are in an answer at once, with their pictures.
fn payloads_and_photos(story: &Story, token: &str) {
    let city = story.city();
    let caller = Caller::new(&story.server.address);
    let is_fixed = |read: &CityRead, commercial: bool| {
        let camera = &city.cameras()[read.camera];
        !camera.mobile && camera.source.is_commercial() == commercial && read.state.is_some()
    };
    for (commercial, path) in [(false, "/api/v1/feeds/rekor"), (true, "/api/v1/feeds/plate-recognizer")] {
        // At night the next read may be further ahead than a clock may be wrong; half a day before there is one in time.
        let half_a_day_ago = story.end.plus_micros(-43_200_000_000);
        let read = city.live(half_a_day_ago).find(|read| is_fixed(read, commercial)).unwrap();
        let state = read.state.unwrap().to_string();
        let photos = city.photos(&read);
        let body = if commercial { city.plate_recognizer(&read, &photos).0 } else { city.rekor_group(&read, &photos) };
        let credential = story.accounts["cameras"][&city.cameras()[read.camera].key].as_str().unwrap();
        let taken = caller.post(path, credential, &body).ok();
        assert_eq!(taken["stored"], json!(1), "{path} {taken}");
        let answer = story.answer(token, &["full-plate", "--plate", &read.raw_plate, "--state", &state]);
        let expected = read.scan_time.to_string();
        let row = rows(&answer).iter().find(|row| row["scan_time"].as_str().unwrap()[..19] == expected[..19]);
        let row = row.unwrap_or_else(|| panic!("{path}: {answer}"));
        if !commercial {
            assert_is_picture(&photo(&caller, token, &answer, row));
        }
    }
    // A picture of history is drawn by its camera when it is first asked for, and kept.
    let answer = story.answer(token, &["make-model", "--make", "ford", "--model", "f-150"]);
    let row = rows(&answer).iter().find(|row| row["source"] == "pole").unwrap();
    let first = photo(&caller, token, &answer, row);
    assert_is_picture(&first);
    assert_eq!(first.bytes, photo(&caller, token, &answer, row).bytes);
}

fn photo(caller: &Caller, token: &str, answer: &Value, row: &Value) -> Reply {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    caller.get(&format!("/api/v1/queries/{}/photos/{}/0", text(&answer["query"]), text(&row["id"])), token)
}

fn assert_is_picture(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.bytes.starts_with(&[0xff, 0xd8, 0xff]) && reply.bytes.len() > 1_000, "a JPEG");
}

fn only_own_reads_without_an_agreement(story: &Story, investigator: &str, seen: &Seen) {
    let officer = story.sign_in("officer", false);
    let why: Vec<_> = WHY.iter().map(|word| if *word == "SMUGGLING" { "STOLEN" } else { *word }).collect();
    let (from, to) = (story.end.plus_micros(-29 * 86_400_000_000), story.end);
    let asked = |token: &str, why: &[&str]| {
        let mut command = sightline();
        command.env("SIGHTLINE_TOKEN", token).args([
            "query",
            "full-plate",
            "--json",
            "--server",
            &story.server.address,
        ]);
        command
            .args([
                "--plate",
                &seen.plate,
                "--state",
                &seen.state,
                "--from",
                &from.to_string(),
                "--to",
                &to.to_string(),
            ])
            .args(why);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", complaint(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let of_police = asked(&officer, &why);
    assert!(rows(&of_police).iter().all(|row| row["owner"] == "Port Larkin Police"), "{of_police}");
    // The federal agency has agreements with both owners.
    let of_both = asked(investigator, &WHY);
    let police = rows(&of_both).iter().filter(|row| row["owner"] == "Port Larkin Police").count();
    assert_eq!(rows(&of_police).len(), police);
}

/// The log is exported while it is served, accepted, and refused after any change.
fn the_log(story: &Story, token: &str, seen: &Seen) {
    let answer = story.answer(token, &["movement", "--plate", &seen.plate, "--state", &seen.state]);
    let out = story.home.path().join("log");
    // The checkpoint over the newest entries is published in the background; a receipt brings it about.
    let (entry, leaf_hash) = (&answer["receipt"]["entry"], answer["receipt"]["leaf_hash"].as_str().unwrap());
    let path = format!("/api/v1/ledger/entries/{entry}/receipt");
    let receipt = story.home.path().join("receipt");
    std::fs::write(&receipt, Caller::new(&story.server.address).get(&path, token).text).unwrap();
    run_well(&["ledger", "export", "--data", text(&story.data()), "--out", text(&out)]);
    assert!(run_well(&["ledger", "verify", text(&out)]).contains("holds"));
    assert!(run_well(&["ledger", "verify", text(&story.data())]).contains("holds"));

    let vkey = out.join("vkey");
    let with_hash = |hash: &str| {
        vec!["ledger", "receipt", text(&receipt), "--vkey", text(&vkey), "--leaf-hash"]
            .into_iter()
            .chain([hash])
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    let arguments = with_hash(leaf_hash);
    let verified = run_well(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(verified.starts_with(&format!("entry {entry} is in the log")), "{verified}");
    let other = if leaf_hash.starts_with('0') { "1" } else { "0" };
    let arguments = with_hash(&format!("{other}{}", &leaf_hash[1..]));
    run_badly(&arguments.iter().map(String::as_str).collect::<Vec<_>>());

    let mut files = Vec::new();
    all_files(&out, &mut files);
    assert!(
        ["checkpoint", "tile/entries", "tile/0"]
            .iter()
            .all(|part| { files.iter().any(|file| text(file).contains(&format!("/log/{part}"))) })
    );
    for file in files.iter().filter(|file| **file != vkey) {
        let content = std::fs::read(file).unwrap();
        for at in [0, content.len() / 3, content.len() / 2, content.len() - 1] {
            let mut changed = content.clone();
            changed[at] ^= 1;
            std::fs::write(file, changed).unwrap();
            let complaint = run_badly(&["ledger", "verify", text(&out)]);
            assert!(complaint.starts_with("sightline: "), "{} byte {at}: {complaint}", file.display());
        }
        std::fs::write(file, content).unwrap();
    }
    assert!(run_well(&["ledger", "verify", text(&out)]).contains("holds"));
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_files(&path, found);
        } else {
            found.push(path);
        }
    }
}
