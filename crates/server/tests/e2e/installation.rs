//! An installation that was begun by its one-time link and filled over HTTP, with one person of each kind and one camera.

use super::calling::{Answered, Caller};
use super::running::Running;
use domain::{Course, UtcMicros};
use serde_json::{Value, json};
use sightline_server::training::courses;
use storage::{Clock, SystemClock};

pub(crate) const PASSWORD: &str = "violet kettle seven";
/// What somebody else types for a person, who changes it to [`PASSWORD`] at once.
const TYPED: &str = "copper teapot five";

/// Credentials of an installation; they stay good when the server is started again.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    pub(crate) manager: String,
    /// Signed in through the enhanced door.
    pub(crate) investigator: String,
    pub(crate) camera: String,
}

/// The secret of the one-time link that a first start prints.
#[track_caller]
pub(crate) fn one_time_link(server: &mut Running) -> String {
    server.line_with("No account exists yet");
    server.line_with("#first-start=").split_once("#first-start=").unwrap().1.to_owned()
}

#[track_caller]
pub(crate) fn use_link(caller: &Caller, link: &str) -> super::calling::Reply {
    let body = json!({ "link": link, "login": "host", "name": "Host Operator", "password": PASSWORD });
    caller.post("/api/v1/first-start", "", &body)
}

impl Installation {
    /// From an empty data folder to a camera that can post and a person who can ask.
    #[track_caller]
    pub(crate) fn begin(server: &mut Running) -> Self {
        let link = one_time_link(server);
        let caller = Caller::new(&server.address);
        assert_eq!(use_link(&caller, &link).status, 201);
        let host = caller.sign_in("host", PASSWORD, None);
        let agency = json!({ "name": "Port Larkin Police", "preset": "open", "zone": "Etc/GMT+9" });
        let agency = caller.post("/api/v1/agencies", &host, &agency).ok()["id"].clone();
        for (login, name) in [("chief", "Ada Quill"), ("deputychief", "Tom Reed")] {
            let manager = json!({ "login": login, "name": name, "password": TYPED, "unit": "Office" });
            caller.post(&format!("/api/v1/agencies/{agency}/managers"), &host, &manager).ok();
        }

        let manager = caller.sign_in_first("chief", TYPED, PASSWORD, None);
        // Made by the second: on the certificate of a supervisor whom one made, one does not grant.
        let second = caller.sign_in_first("deputychief", TYPED, PASSWORD, None);
        let unit = json!({ "name": "Detectives", "profile": "default" });
        let unit = caller.post("/api/v1/agency/units", &manager, &unit).ok()["id"].clone();
        let reason = json!({
            "label": "Burglary", "criminal": true, "authority": "Fictional Code 7", "look_back_days": 30,
        });
        caller.call("PUT", "/api/v1/agency/reasons/BURGLARY", &manager, Some(&reason)).ok();
        let user = json!({
            "login": "detective", "name": "Cleo Hart", "password": TYPED, "unit": unit, "second_factor": true,
            "roles": ["criminal-investigator"], "permissions": ["full"], "cleared": true,
        });
        let user = caller.post("/api/v1/agency/users", &manager, &user).ok();
        let supervisor = json!({
            "login": "sergeant", "name": "Jill Tarn", "password": TYPED, "unit": unit, "roles": ["supervisor"],
            "permissions": [],
        });
        caller.post("/api/v1/agency/users", &second, &supervisor).ok();
        let supervisor = caller.sign_in_first("sergeant", TYPED, PASSWORD, None);
        let person = format!("/api/v1/agency/people/{}", user["user"].as_str().unwrap());
        let until: String = now().plus_micros(100 * 86_400_000_000).to_string().chars().take(10).collect();
        for permission in ["partial", "area", "photo"] {
            let certificate = json!({ "permission": permission, "why": "Works the burglaries.", "until": until });
            caller.post(&format!("{person}/certificates"), &supervisor, &certificate).ok();
            caller.post(&format!("{person}/grants"), &manager, &json!({ "permission": permission })).ok();
        }
        let camera = json!({
            "key": "pier-1", "name": "Pier 1", "source": "pole", "lat": 34.01, "lon": -139.99, "width_px": 1920,
            "height_px": 1080,
        });
        let camera = caller.post("/api/v1/agency/cameras", &manager, &camera).ok();
        let investigator = caller.sign_in_first("detective", TYPED, PASSWORD, user["totp_secret"].as_str());
        for course in [Course::Tool, Course::ToolEnhanced] {
            let answers = json!({ "answers": courses::lesson(course).unwrap().right_answers() });
            caller.post(&format!("/api/v1/training/courses/{course}/answers"), &investigator, &answers).ok();
        }
        Self { manager, investigator, camera: camera["credential"].as_str().unwrap().to_owned() }
    }

    /// Asks for a full plate over the last day.
    pub(crate) fn try_ask(&self, caller: &Caller, plate: &str) -> Option<super::calling::Reply> {
        caller.try_call("POST", "/api/v1/queries", &self.investigator, Some(&full_plate(plate)))
    }

    #[track_caller]
    pub(crate) fn ask(&self, caller: &Caller, plate: &str) -> Value {
        self.try_ask(caller, plate).expect("an answer").ok()
    }

    #[track_caller]
    pub(crate) fn count(&self, caller: &Caller, plate: &str) -> u64 {
        Answered::of(&self.ask(caller, plate)).count
    }
}

fn now() -> UtcMicros {
    SystemClock.now()
}

pub(crate) fn full_plate(plate: &str) -> Value {
    question("full-plate", plate)
}

/// Asks for the plates that begin so.
pub(crate) fn beginning_with(beginning: &str) -> Value {
    question("partial-plate", &format!("{beginning}*"))
}

fn question(kind: &str, plate: &str) -> Value {
    let (from, to) = (now().plus_micros(-86_400_000_000), now().plus_micros(60_000_000));
    json!({
        "question": { "kind": kind, "plate": plate, "from": from.to_string(), "to": to.to_string() },
        "purpose": {
            "reason": "BURGLARY", "case_reference": "PL-2026-7", "subject": "driver of the white van",
            "target": { "kind": "vehicle", "description": "white van at the pier" },
            "justification": "The van left the pier with the stolen cargo that morning.",
            "not_based_on_trait": true,
        },
    })
}

/// `count` reads of one plate, a minute ago, with event ids that begin with the plate.
pub(crate) fn reads(plate: &str, count: u64) -> Value {
    let time = now().plus_micros(-60_000_000);
    let read = |number: u64| {
        let scan_time = time.plus_micros(i64::try_from(number).unwrap() * 1_000).to_string();
        json!({
            "event_id": format!("{plate}-{number}"), "scan_time": scan_time, "plate": plate, "state": "US-CA",
            "confidence": 0.93, "vehicle": { "make": "Toyota", "model": "Camry", "colour": "White", "year": 2019 },
        })
    };
    json!({ "detections": (0..count).map(read).collect::<Vec<_>>() })
}
