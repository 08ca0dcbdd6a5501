//! From an empty folder to a first answer.

use super::calling::{Answered, Caller};
use super::installation::{Installation, PASSWORD, one_time_link, reads, use_link};
use super::running::{Running, run_badly, run_well, text};
use serde_json::json;

#[test]
fn acc_1_from_an_empty_folder_to_an_answer_with_a_receipt() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Running::serve(data.path());
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);

    let posted = caller.post("/api/v1/detections", &installation.camera, &reads("7ABC123", 3)).ok();
    assert_eq!((&posted["stored"], &posted["duplicates"]), (&json!(3), &json!(0)));
    let answer = installation.ask(&caller, "7abc-123");
    assert_eq!(answer["page"]["rows"].as_array().unwrap().len(), 3);
    caller.verify_receipt(&Answered::of(&answer), &installation.investigator);

    // A camera's credential writes and does nothing else; nobody without an account asks.
    for token in [installation.camera.as_str(), "", "not-a-token"] {
        let problem = installation_without(&installation, token).try_ask(&caller, "7ABC123").unwrap().refused(401);
        assert_eq!(problem["status"], 401);
    }
    // The host operator's agency sees no records, and managers of agencies do not ask.
    let host = caller.sign_in("host", PASSWORD, None);
    for token in [&host, &installation.manager] {
        let reply = installation_without(&installation, token).try_ask(&caller, "7ABC123").unwrap();
        assert!(matches!(reply.status, 403 | 422), "{} {}", reply.status, reply.text);
    }

    // Neither plates nor names nor cases reach the log.
    let (status, log) = server.terminate();
    assert!(status.success(), "{log}");
    for private in ["7ABC123", "Cleo", "detective", "PL-2026-7", "driver of"] {
        assert!(!log.contains(private), "`{private}` is in the log\n{log}");
    }
    assert!(run_well(&["check", "--data", text(data.path())]).contains("store: 3 detections"));
}

fn installation_without(installation: &Installation, token: &str) -> Installation {
    Installation { investigator: token.to_owned(), ..installation.clone() }
}

#[test]
fn acc_1_the_one_time_link_makes_a_host_operator_once_and_only_once() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Running::serve(data.path());
    let first_link = one_time_link(&mut server);
    let caller = Caller::new(&server.address);

    // There is no default password, and a refused attempt uses nothing up.
    for login in ["admin", "host", "root"] {
        let body = json!({ "login": login, "password": login, "deliver": "token" });
        caller.post("/api/v1/session", "", &body).refused(401);
    }
    let with = |field: &str, value: &str| {
        let mut body = json!({ "link": first_link, "login": "host", "name": "Host", "password": PASSWORD });
        body[field] = json!(value);
        caller.post("/api/v1/first-start", "", &body)
    };
    assert_eq!(with("password", "short").refused(422)["field"], "password");
    assert_eq!(with("login", " ").refused(422)["field"], "login");
    assert_eq!(with("name", "").refused(422)["field"], "name");
    with("link", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").refused(404);

    // Started again before anybody came, it prints another link. The first use of either closes both.
    server.kill();
    let mut server = Running::serve(data.path());
    let second_link = one_time_link(&mut server);
    let caller = Caller::new(&server.address);
    assert_ne!(first_link, second_link);
    assert_eq!(use_link(&caller, &second_link).status, 201);
    for link in [&second_link, &first_link] {
        let body = json!({ "link": link, "login": "second", "name": "Second", "password": PASSWORD });
        caller.post("/api/v1/first-start", "", &body).refused(404);
        caller
            .post("/api/v1/session", "", &json!({ "login": "second", "password": PASSWORD, "deliver": "token" }))
            .refused(401);
    }
    caller.sign_in("host", PASSWORD, None);

    // With an account there is no link any more.
    server.kill();
    let server = Running::serve(data.path());
    Caller::new(&server.address).sign_in("host", PASSWORD, None);
    assert_eq!(server.printed.len(), 1);
    let (status, log) = server.terminate();
    assert!(status.success(), "{log}");
}

#[test]
fn an_address_that_is_taken_is_a_plain_complaint() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Running::serve(data.path());
    let listen = server.address.trim_start_matches("http://");
    let complaint = run_badly(&["serve", "--data", text(other.path()), "--listen", listen]);
    assert!(complaint.contains("listening on"), "{complaint}");
}
