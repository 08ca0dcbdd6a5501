//! The base map of a deployment: read at the start, and a mistake in it stops the start.

use super::calling::Caller;
use super::running::{Running, run_badly, text};
use std::fs::write;

const SETTINGS: &str = "kind = 'pmtiles'\nfile = 'region.pmtiles'\nattribution = 'Somebody'\nlayers = 'protomaps'\n";

fn tiles() -> Vec<u8> {
    let mut bytes = vec![7; 4_000];
    bytes[..8].copy_from_slice(b"PMTiles\x03");
    bytes[99] = 1;
    bytes
}

#[test]
fn a_base_map_in_the_data_folder_is_served_and_a_bad_one_stops_the_start() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    std::fs::create_dir(&data).unwrap();
    write(data.join("basemap.toml"), SETTINGS).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", text(&data)];
    let complaint = run_badly(&serve);
    assert!(complaint.contains("basemap.toml") && complaint.contains("region.pmtiles"), "{complaint}");

    write(data.join("region.pmtiles"), tiles()).unwrap();
    let server = Running::serve(&data);
    let caller = Caller::new(&server.address);
    assert_eq!(caller.get("/basemap/region.pmtiles", "").bytes, tiles());
    assert!(caller.get("/", "").text.contains("<title>Sightline</title>"));
    drop(server);

    // Another file can be named; what it says holds, and nothing else.
    let named = home.path().join("other.toml");
    let complaint = run_badly(&[serve.as_slice(), &["--basemap", text(&named)]].concat());
    assert!(complaint.contains("other.toml"), "{complaint}");
    write(
        &named,
        "kind = 'vector'\nurl = 'http://tiles.example.org/{z}/{x}/{y}'\nattribution = 'a'\nlayers = 'protomaps'",
    )
    .unwrap();
    let complaint = run_badly(&[serve.as_slice(), &["--basemap", text(&named)]].concat());
    assert!(complaint.contains("https://"), "{complaint}");
}
