//! The demo at an instant: the same day every day, so that pictures of it can be compared.

use super::calling::Caller;
use super::running::{Running, run_badly, run_well, sightline, text};
use domain::UtcMicros;
use serde_json::{Value, json};
use std::path::Path;

const AT: &str = "2026-05-04T10:00:00Z";

fn demo(data: &Path, at: &[&str]) -> Running {
    let mut command = sightline();
    command.args(["demo", "--rows", "3000", "--quiet", "--listen", "127.0.0.1:0", "--data", text(data)]).args(at);
    Running::start(&mut command)
}

/// Signs in through the enhanced door with a code of the demo's clock; gives what the service says of the session.
fn signed_in(server: &Running, data: &Path, login: &str) -> (String, Value) {
    let accounts: Value = serde_json::from_slice(&std::fs::read(data.join("demo-accounts.json")).unwrap()).unwrap();
    let account = accounts["accounts"].as_array().unwrap().iter().find(|account| account["login"] == login).unwrap();
    let code = run_well(&["demo-code", "--data", text(data), login]);
    let caller = Caller::new(&server.address);
    let body = json!({
        "login": login, "password": account["password"], "door": "enhanced", "code": code, "deliver": "token",
    });
    let token = caller.post("/api/v1/session", "", &body).ok()["token"].as_str().unwrap().to_owned();
    let me = caller.get("/api/v1/session", &token).ok();
    let accept = json!({ "version": me["rules"]["version"], "accepted": true });
    assert_eq!(caller.post("/api/v1/session/rules", &token, &accept).status, 204);
    (token, me)
}

#[test]
fn the_demo_at_an_instant_starts_there_and_its_history_ends_there() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let server = demo(&data, &["--at", AT]);
    assert!(
        server.printed.iter().any(|line| line.contains(&format!("Its clock started at {AT}"))),
        "{:?}",
        server.printed
    );
    let (token, me) = signed_in(&server, &data, "investigator");
    let now = |me: &Value| UtcMicros::parse_rfc3339(me["now"].as_str().unwrap()).unwrap();
    let at = UtcMicros::parse_rfc3339(AT).unwrap();
    let first = now(&me);
    assert!(at <= first && first < at.plus_micros(600_000_000), "{first}");

    let caller = Caller::new(&server.address);
    let question = json!({
        "question": { "kind": "make-model", "vehicle": { "make": "toyota" }, "from": "2026-04-05T10:00:00Z", "to": "2026-05-05T10:00:00Z" },
        "purpose": {
            "reason": "SMUGGLING", "case_reference": "HF-2026-0113", "not_based_on_trait": true,
            "target": { "kind": "vehicle", "description": "grey van seen at the pier" },
        },
    });
    let answer = caller.post("/api/v1/queries", &token, &question).ok();
    let newest = UtcMicros::parse_rfc3339(answer["page"]["rows"][0]["scan_time"].as_str().unwrap()).unwrap();
    assert!(newest <= at && newest > at.plus_micros(-86_400_000_000), "{newest}");
    let map = caller.get("/api/v1/basemap", &token).ok();
    assert_eq!((&map["kind"], &map["url"]), (&json!("city"), &json!("/basemap/city.geojson")));
    drop(server);

    // Started again, with or without the instant, the clock runs on; another instant is another demo.
    let server = demo(&data, &[]);
    let (_, me) = signed_in(&server, &data, "detective");
    assert!(now(&me) > first && now(&me) < at.plus_micros(600_000_000));
    drop(server);
    drop(demo(&data, &["--at", AT]));
    let other = ["demo", "--quiet", "--listen", "127.0.0.1:0", "--data", text(&data), "--at", "2026-05-05T10:00:00Z"];
    assert!(run_badly(&other).contains("another clock"));
}
