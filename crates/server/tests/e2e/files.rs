//! Files of reads: `generate`, `camera add`, `import`.

use super::calling::Caller;
use super::installation::Installation;
use super::running::{Running, run_badly, run_well, text};
use serde_json::json;
use std::path::Path;

const POLICE: &str = "Port Larkin Police";
const ROWS: &str = "20000";

/// `stored`, `duplicates` and `rejected` of an import's last line.
fn numbers(printed: &str) -> [u64; 3] {
    let words: Vec<_> = printed.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [stored, "stored", duplicates, "were", "here", "before", rejected, "rejected", ..] = words[..] else {
        panic!("{printed}");
    };
    [stored, duplicates, rejected].map(|number| number.parse().unwrap())
}

fn import(data: &Path, file: &Path, more: &[&str]) -> [u64; 3] {
    let arguments = ["import", "--data", text(data), "--agency", POLICE, text(file)];
    numbers(&run_well(&[&arguments, more].concat()))
}

/// A data folder with an agency; the manager's and investigator's tokens stay good.
fn begin(data: &Path) -> Installation {
    let mut server = Running::serve(data);
    let installation = Installation::begin(&mut server);
    assert!(server.terminate().0.success());
    installation
}

/// Registers the cameras of the list with the agency, whoever owns them in the city.
fn add_cameras(data: &Path, list: &Path) {
    let mut lines = csv::Reader::from_path(list).unwrap();
    for line in lines.records() {
        let line = line.unwrap();
        let field = |number: usize| line.get(number).unwrap();
        let position = format!("{},{}", field(4), field(5));
        let mut arguments = vec!["camera", "add", "--data", text(data), "--agency", POLICE, "--key", field(0)];
        arguments.extend(["--name", field(1), "--source", field(2), "--width-px", field(6), "--height-px", field(7)]);
        if !field(4).is_empty() {
            arguments.extend(["--position", &position]);
        }
        assert!(run_well(&arguments).len() > 30, "a credential");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn det_2_every_format_imports_the_same_reads_and_again_only_duplicates() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for extension in ["parquet", "csv", "ndjson"] {
        let (out, list) = (at(&format!("city.{extension}")), at("cameras.csv"));
        run_well(&["generate", "--rows", ROWS, "--out", text(&out), "--cameras", text(&list)]);
    }
    begin(&at("base"));
    add_cameras(&at("base"), &at("cameras.csv"));
    let stored = ["parquet", "csv", "ndjson"].map(|extension| {
        let (data, file) = (at(extension), at(&format!("city.{extension}")));
        copy_folder(&at("base"), &data);
        let [stored, duplicates, rejected] = import(&data, &file, &[]);
        assert_eq!((stored + duplicates + rejected, duplicates), (20_000, 0), "{extension}");
        assert_eq!(import(&data, &file, &[]), [0, stored, rejected], "{extension}");
        let checked = run_well(&["check", "--data", text(&data)]);
        assert!(checked.contains(&format!("store: {stored} detections")), "{checked}");
        stored
    });
    assert_eq!(stored, [20_000; 3]);
    // The same seed gives the same file; another one does not.
    let of_seed = |seed: &str, name: &str| {
        run_well(&["generate", "--rows", "500", "--seed", seed, "--out", text(&at(name))]);
        std::fs::read(at(name)).unwrap()
    };
    assert_eq!(of_seed("7", "a.csv"), of_seed("7", "b.csv"));
    assert_ne!(of_seed("7", "a.csv"), of_seed("8", "b.csv"));
    // A format is imported after another one as what it is: the same reads.
    assert_eq!(import(&at("csv"), &at("city.parquet"), &[]), [0, 20_000, 0]);
}

#[test]
fn det_2_rejected_rows_are_reported_by_line_field_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let installation = begin(&at("data"));
    let good = "pier-1,e1,2026-05-03T12:00:00Z,7ABC123,US-CA,0.9";
    let rows = [
        "camera,event_id,scan_time,plate,state,confidence",
        good,
        "pier-9,e2,2026-05-03T12:00:00Z,7ABC123,US-CA,0.9",
        "pier-1,e3,yesterday,7ABC123,US-CA,0.9",
        "pier-1,e4,2026-05-03T12:00:00Z,<script>,US-CA,0.9",
        "pier-1,e5,2026-05-03T12:00:00Z,7ABC124,Narnia,0.9",
        "pier-1,e6,2026-05-03T12:00:00Z,7ABC125,US-CA,17",
        "pier-1,,2026-05-03T12:00:00Z,7ABC126,US-CA,0.9",
        "pier-1,e8,2026-05-03T12:00:00Z,7ABC127,US-CA,0.9",
    ];
    std::fs::write(at("bad.csv"), rows.join("\n")).unwrap();
    let report = at("rejected.csv");
    let [stored, duplicates, rejected] = import(&at("data"), &at("bad.csv"), &["--rejected", text(&report)]);
    let told = std::fs::read_to_string(&report).unwrap();
    assert_eq!([stored, duplicates, rejected], [2, 0, 6], "{told}");
    let mut lines = csv::Reader::from_path(&report).unwrap();
    assert_eq!(lines.headers().unwrap(), vec!["line", "field", "reason"]);
    let lines: Vec<_> = lines.records().map(Result::unwrap).collect();
    let places: Vec<_> = lines.iter().map(|line| (line[0].to_owned(), line[1].to_owned())).collect();
    let expected =
        [("3", "camera"), ("4", "scan_time"), ("5", "plate"), ("6", "state"), ("7", "confidence"), ("8", "event_id")];
    assert_eq!(places, expected.map(|(line, field)| (line.to_owned(), field.to_owned())));
    assert!(lines.iter().all(|line| !line[2].is_empty() && !line[2].contains("7ABC")), "{lines:?}");

    // Without a report the first ones are complained about. The import stands in the ledger.
    let complaint =
        super::running::run(&["import", "--data", text(&at("data")), "--agency", POLICE, text(&at("bad.csv"))]);
    assert!(super::running::complaint(&complaint).contains("line 3"), "{complaint:?}");
    let server = Running::serve(&at("data"));
    let health = Caller::new(&server.address).get("/api/v1/health", "").ok();
    assert_eq!(health["status"], json!("ok"));
    let me = Caller::new(&server.address).get("/api/v1/session", &installation.manager).ok();
    assert_eq!(me["agency"], json!(POLICE));
}

#[test]
fn files_that_cannot_be_imported_are_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    begin(&at("data"));
    std::fs::write(at("reads.txt"), "camera\n").unwrap();
    std::fs::write(at("empty.csv"), "").unwrap();
    std::fs::write(at("other.csv"), "fruit,colour\napple,red\n").unwrap();
    std::fs::write(at("broken.parquet"), "PAR1 no").unwrap();
    let refused = |file: &str, agency: &str| {
        run_badly(&["import", "--data", text(&at("data")), "--agency", agency, text(&at(file))])
    };
    assert!(refused("reads.txt", POLICE).contains("must end in `.parquet`, `.csv` or `.ndjson`"));
    assert!(refused("no-such-file.csv", POLICE).contains("no-such-file.csv"));
    assert!(refused("other.csv", "Nobody").contains("there is no such agency"));
    assert!(refused("other.csv", "Host").contains("no camera"));
    for file in ["empty.csv", "other.csv", "broken.parquet"] {
        assert!(refused(file, POLICE).starts_with("sightline: "), "{file}");
    }
    let complaint = run_badly(&["generate", "--rows", "10", "--out", text(&at("city.xlsx"))]);
    assert!(complaint.contains("must end in"), "{complaint}");
    let data = at("data");
    let add = ["camera", "add", "--data", text(&data), "--agency", POLICE, "--name", "x", "--key"];
    let twice = run_badly(&[&add[..], &["pier-1", "--source", "pole", "--position", "34,-140"]].concat());
    assert!(twice.starts_with("sightline: "), "{twice}");
    assert!(run_badly(&[&add[..], &["p-2", "--source", "balloon"]].concat()).contains("source"));
}
