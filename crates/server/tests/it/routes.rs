//! The table of routes against the OpenAPI document, against callers who may not, and against the ledger.

use super::world::{PASSWORD, World, ask, read, square};
use domain::{Permission, Role};
use serde_json::{Value, json};
use sightline_server::http::openapi;
use sightline_server::http::routes::{Access, Audit, Route, Verb, table};
use sightline_server::training::courses;
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub(crate) fn verb(route: &Route) -> &'static str {
    match route.verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Delete => "DELETE",
    }
}

/// Routes of the web app itself, which the document leaves out.
const NOT_IN_THE_DOCUMENT: [&str; 3] = ["/", "/{*path}", "/api/v1/openapi.json"];

#[test]
fn every_route_is_in_the_openapi_document_and_the_document_has_no_other() {
    let document = serde_json::to_value(openapi::build()).unwrap();
    let documented: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, verbs)| {
            verbs.as_object().unwrap().keys().map(move |verb| format!("{} {path}", verb.to_uppercase()))
        })
        .collect();
    let routed: BTreeSet<String> = table()
        .iter()
        .filter(|route| !NOT_IN_THE_DOCUMENT.contains(&route.path))
        .map(|route| format!("{} {}", verb(route), route.path.replace("{*", "{")))
        .collect();
    assert_eq!(documented, routed);
}

#[test]
fn qry_8_parameters_in_a_path_template_are_in_the_path_and_all_others_are_in_the_query() {
    let mut found = 0;
    for (path, verbs) in DOCUMENT["paths"].as_object().unwrap() {
        let named: BTreeSet<_> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for (verb, operation) in verbs.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let of = |place: &str, required: bool| -> BTreeSet<_> {
                let at = parameters.iter().filter(|one| one["in"] == place && one["required"] == required);
                at.map(|one| one["name"].as_str().unwrap()).collect()
            };
            assert_eq!(of("path", true), named, "{verb} {path}");
            assert_eq!(parameters.len(), named.len() + of("query", false).len(), "{verb} {path}");
            found += of("query", false).len();
        }
    }
    assert!(found >= 12, "the filter of rows is in the document");
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(openapi::build()).unwrap());

/// What stands before every handler can give these: the body that cannot be read or is too large, the session, the
/// rules, the role, the verb, the world.
const OF_EVERY_ROUTE: [u16; 7] = [400, 401, 403, 405, 413, 500, 503];

/// Fails where a route answers with an error that the document does not list for it. The world asks this of every answer
/// that any test gets.
pub(crate) fn assert_documented(method: &str, path: &str, status: u16) {
    if status < 400 || OF_EVERY_ROUTE.contains(&status) {
        return;
    }
    let literals = |template: &str| template.split('/').filter(|part| !part.starts_with('{')).count();
    let table = table();
    let routes = table.iter().filter(|route| verb(route) == method && !NOT_IN_THE_DOCUMENT.contains(&route.path));
    let Some(route) = routes.filter(|route| fits(route.path, path)).max_by_key(|route| literals(route.path)) else {
        return;
    };
    let operation = &DOCUMENT["paths"][route.path.replace("{*", "{")][method.to_lowercase()];
    assert!(operation["responses"].get(status.to_string()).is_some(), "{route:?} answers {status}: document it");
}

fn fits(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for wanted in template.split('/') {
        match (wanted, parts.next()) {
            (wanted, Some(_)) if wanted.starts_with("{*") => return true,
            (wanted, Some(part)) if wanted.starts_with('{') || wanted == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[test]
#[should_panic(expected = "answers 409: document it")]
fn an_error_that_the_document_does_not_list_for_its_route_is_noticed() {
    assert_documented("GET", "/api/v1/reasons", 403);
    assert_documented("POST", "/api/v1/first-start", 409);
    assert_documented("PUT", "/api/v1/agency/reasons/THEFT", 409);
}

#[test]
fn each_operation_of_the_openapi_document_has_an_id_of_its_own() {
    let mut seen = BTreeSet::new();
    let paths = DOCUMENT["paths"].as_object().unwrap().values();
    let ids: Vec<_> = paths
        .flat_map(|path| path.as_object().unwrap().values())
        .filter_map(|one| one["operationId"].as_str())
        .collect();
    let repeated: Vec<_> = ids.iter().filter(|id| !seen.insert(**id)).collect();
    assert!(ids.len() > 50 && repeated.is_empty(), "clients made from the document would mix these up: {repeated:?}");
}

#[test]
fn the_generated_openapi_document_is_fresh_and_of_version_3_1() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/generated/openapi.json");
    let text = serde_json::to_string_pretty(&openapi::build()).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &text).unwrap();
    }
    assert!(text.contains("\"openapi\": \"3.1."));
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == text, "docs/generated/openapi.json is old: run `make bless`");
}

/// A path with something in its places.
fn filled(route: &Route) -> String {
    route.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn acc_1_nobody_and_a_session_without_rules_get_nothing_from_any_route_that_is_not_open() {
    let world = World::new().await;
    let pending = world.sign_in_only("detective", "enhanced").await;
    for route in table() {
        let (method, path) = (verb(&route), filled(&route));
        match route.access {
            Access::Open => {}
            Access::Session => {
                world.call(method, &path, None, Some(json!({}))).await.refused(401);
            }
            Access::Camera => {
                world.call(method, &path, None, Some(json!({}))).await.refused(401);
                world.call(method, &path, Some(&pending), Some(json!({}))).await.refused(401);
            }
            Access::Caller | Access::Role(_) | Access::AnyRole(_) => {
                world.call(method, &path, None, Some(json!({}))).await.refused(401);
                world.call(method, &path, Some("wrong"), Some(json!({}))).await.refused(401);
                let problem = world.call(method, &path, Some(&pending), Some(json!({}))).await.refused(403);
                assert_eq!(problem["type"], "urn:sightline:problem:accept-rules", "{route:?}");
            }
        }
    }
}

#[tokio::test]
async fn acc_2_a_route_for_a_role_refuses_every_other_role() {
    let world = World::new().await;
    for login in ["host", "chief", "sergeant", "officer", "detective", "investigator", "enforcement"] {
        let token = world.sign_in(login, "plain").await;
        let me = world.get("/api/v1/session", &token).await.ok();
        let roles: Vec<_> =
            me["roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap().to_owned()).collect();
        for route in table() {
            let wanted = match &route.access {
                Access::Role(role) => std::slice::from_ref(role),
                Access::AnyRole(roles) => roles,
                _ => continue,
            };
            if !wanted.iter().any(|role| roles.contains(&role.to_string())) {
                let problem =
                    world.call(verb(&route), &filled(&route), Some(&token), Some(json!({}))).await.refused(403);
                let detail = problem["detail"].as_str().unwrap();
                assert!(wanted.iter().all(|role| detail.contains(role.word())), "{route:?}");
            }
        }
    }
}

/// A call to every route that must leave an entry, with who calls it. The match has no wildcard for audited routes: a new
/// one fails the test below until it is here.
async fn call(world: &World, route: &Route, as_login: &As<'_>) -> Option<super::world::Reply> {
    let As { host, chief, sergeant, subject, detective, query, detection, officer, agency } = as_login;
    let person = |rest: &str| format!("/api/v1/agency/people/{subject}{rest}");
    let again = json!({ "from": "2026-06-01T00:00:00Z", "to": "2026-06-01T11:00:00Z" });
    let camera = json!({ "key": "new", "name": "New", "source": "pole", "width_px": 1, "height_px": 1 });
    let user =
        json!({ "login": "new", "name": "New", "password": PASSWORD, "unit": 2, "roles": [], "permissions": [] });
    let agreement = json!({
        "recipient": world.federal.0, "permissions": ["full"], "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z",
        "document": "MOU 9",
    });
    let reason = json!({ "label": "New", "criminal": true, "authority": "Code", "look_back_days": 30 });
    let (token, path, body): (Option<&str>, String, Value) = match (route.verb, route.path) {
        (Verb::Post, "/api/v1/session") => {
            (None, route.path.into(), json!({ "login": "officer", "password": PASSWORD, "deliver": "token" }))
        }
        (Verb::Post, "/api/v1/session/rules") => {
            (Some(detective), route.path.into(), json!({ "version": 1, "accepted": true }))
        }
        // The present password is asked for: the try with a wrong one changes nothing, and the right one is recorded.
        (Verb::Put, "/api/v1/session/password") => {
            (Some(sergeant), route.path.into(), json!({ "current": PASSWORD, "new": "amber lantern nine" }))
        }
        (Verb::Post, "/api/v1/agency/users/{user}/unlock") => {
            (Some(chief), format!("/api/v1/agency/users/{subject}/unlock"), json!({}))
        }
        // There is none of this id: what was wanted is recorded first.
        (Verb::Put, "/api/v1/passkeys/{id}") => {
            let path = "/api/v1/passkeys/0190aaaa-0000-7000-8000-000000000000";
            (Some(detective), path.into(), json!({ "name": "Key" }))
        }
        (Verb::Delete, "/api/v1/passkeys/{id}") => {
            (Some(detective), "/api/v1/passkeys/0190aaaa-0000-7000-8000-000000000000".into(), json!({}))
        }
        (Verb::Post, "/api/v1/passkeys/challenge") => (Some(detective), route.path.into(), json!({})),
        (Verb::Get | Verb::Delete, "/api/v1/agency/people/{user}/sessions") => {
            (Some(chief), person("/sessions"), json!({}))
        }
        (Verb::Delete, "/api/v1/agency/people/{user}/passkeys") => (Some(chief), person("/passkeys"), json!({})),
        (Verb::Delete, "/api/v1/session") => (Some(officer), route.path.into(), json!({})),
        (Verb::Post, "/api/v1/tokens") => (Some(detective), route.path.into(), json!({ "label": "x", "hours": 1 })),
        (Verb::Post, "/api/v1/queries") => {
            (Some(detective), route.path.into(), ask("area", json!({ "areas": [square(34.0, -140.0)] })))
        }
        (Verb::Post, "/api/v1/queries/{query}/show") => {
            (Some(detective), format!("/api/v1/queries/{query}/show"), json!({}))
        }
        (Verb::Post, "/api/v1/queries/{query}/again") => {
            (Some(detective), format!("/api/v1/queries/{query}/again"), again)
        }
        (Verb::Post, "/api/v1/queries/{query}/count") => {
            (Some(detective), format!("/api/v1/queries/{query}/count"), json!({}))
        }
        (Verb::Get, "/api/v1/queries/{query}/photos/{detection}/{number}") => {
            (Some(detective), format!("/api/v1/queries/{query}/photos/{detection}/0"), json!({}))
        }
        (Verb::Post, "/api/v1/queries/{query}/photos") => {
            let photos = json!({ "photos": [{ "detection": detection, "number": 0 }] });
            (Some(detective), format!("/api/v1/queries/{query}/photos"), photos)
        }
        // No row is marked: the refusal is recorded.
        (Verb::Post, "/api/v1/queries/{query}/prints") => {
            (Some(detective), format!("/api/v1/queries/{query}/prints"), json!({}))
        }
        (Verb::Post, "/api/v1/saved-areas") => {
            (Some(detective), route.path.into(), json!({ "name": "Pier", "areas": [square(34.0, -140.0)] }))
        }
        // There are none of this id: the act that could not be applied is recorded.
        (Verb::Delete, "/api/v1/saved-areas/{id}") => {
            (Some(detective), "/api/v1/saved-areas/0190aaaa-0000-7000-8000-000000000000".into(), json!({}))
        }
        (Verb::Post, "/api/v1/agencies") => {
            (Some(host), route.path.into(), json!({ "name": "New", "preset": "open", "zone": "UTC" }))
        }
        (Verb::Post, "/api/v1/agencies/{agency}/managers") => {
            let body = json!({ "login": "newest", "name": "New", "password": PASSWORD, "unit": "Office" });
            (Some(host), format!("/api/v1/agencies/{agency}/managers"), body)
        }
        (Verb::Post, "/api/v1/agency/units") => {
            (Some(chief), route.path.into(), json!({ "name": "N", "profile": "default" }))
        }
        (Verb::Put, "/api/v1/agency/reasons/{code}") => (Some(chief), "/api/v1/agency/reasons/NEW".into(), reason),
        (Verb::Put, "/api/v1/agency/rules") => {
            (Some(chief), route.path.into(), json!({ "text": "a", "enhanced_text": "b" }))
        }
        (Verb::Post, "/api/v1/agency/users") => (Some(chief), route.path.into(), user),
        (Verb::Put, "/api/v1/agency/users/{user}/active") => {
            let path = "/api/v1/agency/users/0190aaaa-0000-7000-8000-000000000000/active";
            (Some(chief), path.into(), json!({ "active": false }))
        }
        (Verb::Put, "/api/v1/agency/people/{user}") => (Some(chief), person(""), json!({ "cleared": false })),
        (Verb::Post, "/api/v1/agency/people/{user}/certificates") => {
            let body = json!({ "permission": "area", "why": "Works the harbor cases.", "until": "2026-12-31" });
            (Some(sergeant), person("/certificates"), body)
        }
        (Verb::Post | Verb::Delete, "/api/v1/agency/people/{user}/invitation") => {
            (Some(chief), person("/invitation"), json!({}))
        }
        (Verb::Put, "/api/v1/agency/people/{user}/email") => {
            (Some(chief), person("/email"), json!({ "email": "subject@example.org" }))
        }
        (Verb::Put, "/api/v1/me/email") => {
            (Some(detective), route.path.into(), json!({ "email": "detective@example.org" }))
        }
        (Verb::Post, "/api/v1/agency/people/{user}/grants") => {
            (Some(chief), person("/grants"), json!({ "permission": "area" }))
        }
        (Verb::Delete, "/api/v1/agency/people/{user}/grants/{permission}") => {
            (Some(sergeant), person("/grants/area"), json!({}))
        }
        (Verb::Post, "/api/v1/agency/people/{user}/grants/{permission}/review") => {
            (Some(chief), person("/grants/full/review"), json!({ "keep": true }))
        }
        (Verb::Put, "/api/v1/agency/seats/{permission}") => {
            (Some(chief), "/api/v1/agency/seats/area".into(), json!({ "seats": 3 }))
        }
        (Verb::Post, "/api/v1/training/courses/{course}/answers") => {
            let answers = courses::lesson(domain::Course::Tool).unwrap().right_answers();
            (Some(detective), "/api/v1/training/courses/tool/answers".into(), json!({ "answers": answers }))
        }
        (Verb::Post, "/api/v1/agency/training/imports") => {
            let file = "login,course,date\nofficer,privacy,2026-05-01\n";
            return Some(world.post_csv(route.path, chief, file).await);
        }
        (Verb::Post, "/api/v1/policy/tries") => {
            let body = json!({ "user": subject, "kind": "area", "reason": "CRIME", "door": "plain" });
            (Some(chief), route.path.into(), body)
        }
        (Verb::Post, "/api/v1/agency/policy/changes") => {
            (Some(chief), route.path.into(), json!({ "limits": { "fewest_known_characters": 3 } }))
        }
        // There is none of this number: the act that could not be applied is recorded.
        (Verb::Post, "/api/v1/agency/policy/changes/{id}/confirm") => {
            (Some(chief), "/api/v1/agency/policy/changes/9/confirm".into(), json!({}))
        }
        (Verb::Delete, "/api/v1/agency/policy/changes/{id}") => {
            (Some(chief), "/api/v1/agency/policy/changes/9".into(), json!({}))
        }
        (Verb::Put, "/api/v1/agency/publication") => {
            (Some(chief), route.path.into(), json!({ "reference": "Order 14", "date": "2026-05-01" }))
        }
        (Verb::Put, "/api/v1/agency/cases/pattern") => (Some(chief), route.path.into(), json!({ "pattern": "PL-9*" })),
        (Verb::Post, "/api/v1/agency/cases/imports") => {
            return Some(world.post_csv(route.path, chief, "case_reference,status\nPL-12,open\n").await);
        }
        (Verb::Get, "/api/v1/agency/people") | (Verb::Delete, "/api/v1/agency/cases") => {
            (Some(chief), route.path.into(), json!({}))
        }
        (Verb::Post, "/api/v1/agency/cameras") => (Some(chief), route.path.into(), camera),
        (Verb::Put, "/api/v1/agency/cameras/{camera}/active") => {
            (Some(chief), "/api/v1/agency/cameras/2/active".into(), json!({ "active": false }))
        }
        (Verb::Post, "/api/v1/agency/agreements") => (Some(chief), route.path.into(), agreement),
        (Verb::Put, "/api/v1/agency/agreements/{agreement}/state") => {
            let over = json!({ "state": "ended", "why": "Over." });
            (Some(chief), "/api/v1/agency/agreements/1/state".into(), over)
        }
        (Verb::Get, "/api/v1/agency/agreements/{agreement}/use") => {
            let period = "from=2026-05-01T00:00:00Z&to=2026-06-02T00:00:00Z";
            (Some(chief), format!("/api/v1/agency/agreements/1/use?{period}"), json!({}))
        }
        _ => return None,
    };
    Some(world.call(verb(route), &path, token, Some(body)).await)
}

struct As<'a> {
    host: &'a str,
    chief: &'a str,
    sergeant: &'a str,
    /// User id of somebody to change.
    subject: &'a str,
    detective: &'a str,
    officer: &'a str,
    query: &'a str,
    detection: &'a str,
    agency: u32,
}

#[tokio::test]
async fn aud_1_every_route_that_reads_personal_data_or_changes_anything_leaves_an_entry() {
    let mut world = World::new().await;
    world.ingest("pole-1", vec![read("7ABC123", Some("US-CA"), 60)]).await;
    let (police, patrol) = (world.police, world.unit_of("sergeant").await);
    world.user("subject", police, patrol, &[Role::PatrolOfficer], &[Permission::Full]).await;
    let (sergeant, subject) = (world.sign_in("sergeant", "plain").await, world.id("subject").to_string());
    let (host, chief) = (world.sign_in("host", "plain").await, world.sign_in("chief", "plain").await);
    let (detective, officer) = (world.sign_in("detective", "enhanced").await, world.sign_in("officer", "plain").await);
    let answer =
        world.post("/api/v1/queries", &detective, ask("area", json!({ "areas": [square(34.0, -140.0)] }))).await.ok();
    let as_login = As {
        host: &host,
        chief: &chief,
        sergeant: &sergeant,
        subject: &subject,
        detective: &detective,
        officer: &officer,
        query: answer["query"].as_str().unwrap(),
        detection: answer["page"]["rows"][0]["id"].as_str().unwrap(),
        agency: world.police.0,
    };
    // Routes whose entries other tests show: the first start and invitations (their links are used up once), ingest by the minute, and what
    // needs a passkey's answer or a session to end, which `coverage` calls.
    let shown = [
        "/api/v1/first-start",
        "/api/v1/invitations/open",
        "/api/v1/invitations/use",
        "/api/v1/session/passkey",
        "/api/v1/session/step-up",
        "/api/v1/passkeys",
        "/api/v1/sessions/{session}",
        "/api/v1/agency/people/{user}/sessions/{session}",
    ];
    let elsewhere = |route: &Route| shown.contains(&route.path) || route.audit == Audit::Ingest;
    let mut replaced_rules = false;
    for route in table() {
        if matches!(route.audit, Audit::None | Audit::WithinAnAnswer) || elsewhere(&route) {
            continue;
        }
        if route.path == "/api/v1/agency/rules" {
            // It stops every session of the agency; called last.
            replaced_rules = true;
            continue;
        }
        let before = world.app.ledger.size();
        let reply = call(&world, &route, &as_login).await.unwrap_or_else(|| panic!("no call for {route:?}"));
        assert!(reply.status.as_u16() < 500 && reply.status.as_u16() != 401, "{route:?} {}", reply.status);
        assert!(world.app.ledger.size() > before, "{route:?} left no entry");
    }
    assert!(replaced_rules);
    let before = world.app.ledger.size();
    let rules = table().into_iter().find(|route| route.path == "/api/v1/agency/rules").unwrap();
    call(&world, &rules, &as_login).await.unwrap().ok();
    assert!(world.app.ledger.size() > before);
}

#[tokio::test]
async fn errors_of_the_framework_are_problem_details_too() {
    let world = World::new().await;
    world.call("GET", "/api/v1/no/such/path", None, None).await.refused(404);
    world.call("PUT", "/api/v1/health", None, None).await.refused(405);
    let token = world.sign_in("officer", "plain").await;
    world.get("/api/v1/queries/not-an-id/rows", &token).await.refused(404);
    world.get("/api/v1/ledger/entries/nine/receipt", &token).await.refused(400);
    for path in
        ["/ledger/tile/../../keys/master-1.key", "/ledger/tile/%2e%2e/%2e%2e/main.db", "/ledger/tile/0/..%2f..%2fkeys"]
    {
        world.call("GET", path, None, None).await.refused(404);
    }
}

#[tokio::test]
async fn aud_6_the_public_log_is_served_in_the_layout_that_other_tools_read() {
    let world = World::new().await;
    world.app.ledger.publish().await.unwrap();
    let checkpoint = String::from_utf8(world.call("GET", "/ledger/checkpoint", None, None).await.bytes).unwrap();
    let size: u64 = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    assert!(size > 10 && size < 256);
    let tile = world.call("GET", &format!("/ledger/tile/0/000.p/{size}"), None, None).await;
    assert_eq!(tile.bytes.len() as u64, size * 32);
    let bundle = world.call("GET", &format!("/ledger/tile/entries/000.p/{size}"), None, None).await;
    assert!(bundle.status.is_success());
    assert!(!String::from_utf8_lossy(&bundle.bytes).contains("officer"), "the public log tells nothing about the acts");
}
