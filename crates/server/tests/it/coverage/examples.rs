//! A request for every route that somebody is refused: who may make it, and what it says.

use super::super::world::{PASSWORD, ask, read, square};
use super::stage::{Ids, PLATE, Stage, Who};
use axum::body::Body;
use axum::http::Request;
use domain::Course;
use serde_json::{Value, json};
use sightline_server::http::routes::{Route, Verb};
use sightline_server::training::courses;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    Json(Value),
    Csv(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Example {
    pub(super) who: Who,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) content: Content,
}

impl Example {
    pub(super) fn request(&self, token: Option<&str>) -> Request<Body> {
        let (kind, body) = match &self.content {
            Content::Json(body) => ("application/json", body.to_string()),
            Content::Csv(text) => ("text/csv", (*text).to_owned()),
        };
        let mut request = Request::builder().method(self.method).uri(&self.path).header("content-type", kind);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.body(Body::from(body)).unwrap()
    }
}

/// The key of a camera that posts by its path is in the path itself; everybody else shows a token.
const KEY_IN_PATH: &str = "{key}";

/// `None`: the route has no example yet, and the coverage test fails.
#[expect(clippy::too_many_lines, reason = "a table")]
#[expect(clippy::match_same_arms, reason = "routes that belong together stand together")]
pub(super) fn example(route: &Route, stage: &Stage, ids: &Ids) -> Option<Example> {
    use Verb::{Delete, Get, Post, Put};
    use Who::{Camera, Colleague, Host, Investigator, Manager, Newcomer, Nobody, Supervisor};
    let Ids { subject, leaver, invited, colleague, unit, camera, query, detection, saved_areas, policy_change, .. } =
        ids;
    let nothing = || json!({});
    let areas = || json!({ "areas": [square(34.0, -140.0)] });
    let csv = |who, text| (who, Content::Csv(text));
    let plain = |who, body: Value| (who, Content::Json(body));
    let (who, content) = match (route.verb, route.path) {
        (Post, "/api/v1/first-start") => plain(
            Nobody,
            json!({ "link": "the link", "login": "first", "name": "First", "password": "amber lantern nine" }),
        ),
        (Post, "/api/v1/session") => {
            plain(Nobody, json!({ "login": "colleague", "password": PASSWORD, "deliver": "token" }))
        }
        (Post, "/api/v1/invitations/open" | "/api/v1/invitations/use") => plain(Nobody, ids.proof.clone()),
        (Post | Delete, "/api/v1/agency/people/{user}/invitation") => plain(Manager, nothing()),
        (Post, "/api/v1/session/rules") => plain(Colleague, json!({ "version": 1, "accepted": true })),
        (Put, "/api/v1/session/password") => {
            plain(Supervisor, json!({ "current": PASSWORD, "new": "amber lantern nine" }))
        }
        (Post, "/api/v1/session/passkey") => plain(Nobody, ids.proof.clone()),
        (Post, "/api/v1/session/step-up/challenge") => plain(Newcomer, nothing()),
        (Post, "/api/v1/session/step-up") => plain(Newcomer, ids.proof.clone()),
        (Get, "/api/v1/passkeys") | (Post, "/api/v1/passkeys/challenge") => plain(Colleague, nothing()),
        (Delete, "/api/v1/passkeys/{id}") => plain(Colleague, nothing()),
        (Post, "/api/v1/passkeys") => plain(Colleague, ids.proof.clone()),
        (Put, "/api/v1/passkeys/{id}") => plain(Colleague, json!({ "name": "Red key" })),
        (Get, "/api/v1/sessions") | (Delete, "/api/v1/sessions/{session}") => plain(Investigator, nothing()),
        (Get | Delete, "/api/v1/agency/people/{user}/sessions")
        | (Delete, "/api/v1/agency/people/{user}/sessions/{session}" | "/api/v1/agency/people/{user}/passkeys") => {
            plain(Manager, nothing())
        }
        (Delete, "/api/v1/session") => plain(Newcomer, nothing()),
        (Post, "/api/v1/tokens") => plain(Investigator, json!({ "label": "x", "hours": 1 })),
        (Post, "/api/v1/detections") => plain(Camera, json!({ "detections": [read("8FED002", Some("US-CA"), 30)] })),
        (Post, "/api/v1/feeds/rekor" | "/api/v1/feeds/rekor/{key}") => {
            let streams = json!([{ "camera_name": "fed-1", "is_streaming": true, "fps": 12 }]);
            let agent = json!({ "data_type": "heartbeat", "version": 1, "company_id": "1", "agent_uid": "A",
                "agent_type": "alprd", "timestamp": 1_780_315_200_000_i64, "cpu_cores": 4, "video_streams": streams });
            plain(Camera, agent)
        }
        (Post, "/api/v1/feeds/plate-recognizer" | "/api/v1/feeds/plate-recognizer/{key}") => {
            let result = json!({ "plate": "8fed003", "score": 0.9, "dscore": 0.9,
                "box": { "xmin": 10, "ymin": 10, "xmax": 200, "ymax": 90 } });
            let data = json!({ "camera_id": "fed-1", "filename": "a.jpg", "timestamp": "2026-06-01T11:00:00Z",
                "results": [result] });
            plain(
                Camera,
                json!({ "hook": { "id": "fed-1", "event": "recognition", "filename": "a.jpg" }, "data": data }),
            )
        }
        (Post, "/api/v1/areas/measure") => plain(Investigator, areas()),
        (Post, "/api/v1/queries") => {
            let mut body = ask("area", areas());
            body["purpose"]["on_behalf_of"] = json!(colleague);
            plain(Investigator, body)
        }
        (Post, "/api/v1/queries/{query}/again") => {
            plain(Investigator, json!({ "from": "2026-06-01T00:00:00Z", "to": "2026-06-01T11:30:00Z" }))
        }
        (Put, "/api/v1/queries/{query}/marks") => {
            plain(Investigator, json!({ "marks": { detection.as_str(): "relevant" } }))
        }
        (Post, "/api/v1/queries/{query}/photos") => {
            plain(Investigator, json!({ "photos": [{ "detection": detection, "number": 0 }] }))
        }
        (Post, "/api/v1/queries/{query}/show" | "/api/v1/queries/{query}/count" | "/api/v1/queries/{query}/prints") => {
            plain(Investigator, nothing())
        }
        (Post, "/api/v1/saved-areas") => {
            plain(Investigator, json!({ "name": "Harbor", "areas": [square(34.0, -140.0)] }))
        }
        (Delete, "/api/v1/saved-areas/{id}") => plain(Investigator, nothing()),
        (
            Get,
            "/api/v1/basemap"
            | "/api/v1/session"
            | "/api/v1/kinds"
            | "/api/v1/reasons"
            | "/api/v1/colleagues"
            | "/api/v1/cameras"
            | "/api/v1/saved-areas"
            | "/api/v1/queries/{query}/rows"
            | "/api/v1/queries/{query}/photos/{detection}/{number}"
            | "/api/v1/ledger/entries/{index}/receipt"
            | "/api/v1/policy/presets"
            | "/api/v1/me"
            | "/api/v1/training/courses/{course}",
        ) => plain(Investigator, nothing()),
        (Post, "/api/v1/training/courses/{course}/answers") => {
            let answers = courses::lesson(Course::Tool).unwrap().right_answers();
            plain(Investigator, json!({ "answers": answers }))
        }
        (Post, "/api/v1/agencies") => plain(Host, json!({ "name": "New", "preset": "open", "zone": "UTC" })),
        (Post, "/api/v1/agencies/{agency}/managers") => {
            plain(Host, json!({ "login": "newest", "name": "New", "password": PASSWORD, "unit": "Office" }))
        }
        (
            Get,
            "/api/v1/agencies/names"
            | "/api/v1/agency"
            | "/api/v1/agency/cases"
            | "/api/v1/agency/alarms"
            | "/api/v1/agency/policy",
        )
        | (Delete, "/api/v1/agency/cases" | "/api/v1/agency/policy/changes/{id}")
        | (Post, "/api/v1/agency/policy/changes/{id}/confirm" | "/api/v1/agency/users/{user}/unlock") => {
            plain(Manager, nothing())
        }
        (
            Get,
            "/api/v1/policy/matrix" | "/api/v1/agency/people" | "/api/v1/agency/access" | "/api/v1/agency/training",
        )
        | (Delete, "/api/v1/agency/people/{user}/grants/{permission}") => plain(Supervisor, nothing()),
        (Post, "/api/v1/agency/units") => plain(Manager, json!({ "name": "New", "profile": "default" })),
        (Put, "/api/v1/agency/reasons/{code}") => {
            let reason = json!({ "label": "New", "criminal": true, "authority": "Code", "look_back_days": 30,
                "units": [unit] });
            plain(Manager, reason)
        }
        (Put, "/api/v1/agency/cases/pattern") => plain(Manager, json!({ "pattern": "HF-9999-9999" })),
        (Post, "/api/v1/agency/cases/imports") => csv(Manager, "case_reference,status\nHF-2026-0113,open\n"),
        (Put, "/api/v1/agency/publication") => plain(Manager, json!({ "reference": "Order 14", "date": "2026-05-01" })),
        (Post, "/api/v1/policy/tries") => {
            plain(Manager, json!({ "user": subject, "kind": "area", "reason": "CRIME", "door": "plain" }))
        }
        (Post, "/api/v1/agency/policy/changes") => {
            plain(Manager, json!({ "limits": { "fewest_known_characters": 2 } }))
        }
        (Put, "/api/v1/agency/rules") => plain(Manager, json!({ "text": "a", "enhanced_text": "b" })),
        (Post, "/api/v1/agency/users") => {
            let user = json!({ "login": "new", "name": "New", "password": PASSWORD, "unit": unit, "roles": [],
                "permissions": [] });
            plain(Manager, user)
        }
        (Put, "/api/v1/agency/users/{user}/active") => plain(Manager, json!({ "active": false })),
        (Put, "/api/v1/agency/people/{user}") => plain(Manager, json!({ "cleared": false, "unit": unit })),
        (Post, "/api/v1/agency/people/{user}/certificates") => plain(
            Supervisor,
            json!({ "permission": "common", "why": "Works the harbor cases.", "until": "2026-12-31" }),
        ),
        (Post, "/api/v1/agency/people/{user}/grants") => plain(Manager, json!({ "permission": "area" })),
        (Post, "/api/v1/agency/people/{user}/grants/{permission}/review") => plain(Manager, json!({ "keep": true })),
        (Put, "/api/v1/agency/seats/{permission}") => plain(Manager, json!({ "seats": 9 })),
        (Post, "/api/v1/agency/training/imports") => csv(Manager, "login,course,date\nsubject,privacy,2026-05-01\n"),
        (Post, "/api/v1/agency/cameras") => {
            plain(Manager, json!({ "key": "new", "name": "New", "source": "pole", "width_px": 1, "height_px": 1 }))
        }
        (Put, "/api/v1/agency/cameras/{camera}/active") => plain(Manager, json!({ "active": true })),
        (Get, "/api/v1/agency/agreements" | "/api/v1/agency/agreements/{agreement}/use") => plain(Manager, nothing()),
        (Put, "/api/v1/agency/agreements/{agreement}/state") => {
            plain(Manager, json!({ "state": "ended", "why": "The project is over." }))
        }
        (Post, "/api/v1/agency/agreements") => {
            let agreement = json!({ "recipient": stage.world.roads.0, "permissions": ["full"],
                "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z", "document": "MOU 9" });
            plain(Manager, agreement)
        }
        _ => return None,
    };
    let id = if route.path.contains("saved-areas") {
        saved_areas.clone()
    } else if route.path.contains("passkeys") {
        ids.passkey.clone()
    } else {
        policy_change.to_string()
    };
    let session = if route.path.contains("{user}") { &ids.session } else { &ids.own_session };
    // The person whose account is closed asks nothing afterwards.
    let user = match route.path {
        path if path.ends_with("/active") => leaver,
        path if path.ends_with("/invitation") => invited,
        _ => subject,
    };
    let permission = if route.path.ends_with("/review") { "full" } else { "partial" };
    let fill = |part: &str| match part {
        "{query}" => query.clone(),
        "{detection}" => detection.clone(),
        "{number}" | "{index}" => "0".to_owned(),
        "{user}" => user.clone(),
        "{session}" => session.clone(),
        "{camera}" => camera.to_string(),
        "{agreement}" => ids.agreement.to_string(),
        "{id}" => id.clone(),
        "{permission}" => permission.to_owned(),
        "{course}" => "tool".to_owned(),
        "{code}" => "NEW".to_owned(),
        "{agency}" => stage.world.federal.0.to_string(),
        KEY_IN_PATH => stage.token(Camera).to_owned(),
        word => {
            assert!(!word.starts_with('{'), "say what stands for {word} in {}", route.path);
            word.to_owned()
        }
    };
    let path = route.path.split('/').map(fill).collect::<Vec<_>>().join("/");
    let path = if route.path.ends_with("/use") {
        format!("{path}?from=2026-05-01T00:00:00Z&to=2026-06-02T00:00:00Z")
    } else {
        path
    };
    Some(Example { who, method: super::super::routes::verb(route), path, content })
}

/// What nobody who is refused, and nobody of another agency, gets to see.
pub(super) fn tells(text: &str) -> Option<&'static str> {
    [PLATE, "Name of investigator", "Name of subject", "Works the harbor", "Pier"]
        .into_iter()
        .find(|word| text.contains(word))
}
