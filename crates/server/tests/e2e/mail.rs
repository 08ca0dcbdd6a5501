//! Sending mail as an installation is set up for it: by flags, to a real mail server.

use super::calling::Caller;
use super::installation::Installation;
use super::running::{Running, run_badly, sightline, text};
use super::smtp::MailServer;
use serde_json::json;

#[test]
fn acc_1_a_link_is_mailed_by_an_installation_that_was_told_of_a_mail_server_and_no_address_is_in_its_log() {
    let (data, mut mails) = (tempfile::tempdir().unwrap(), MailServer::start());
    let smtp = format!("smtp://localhost:{}", mails.port);
    let mut command = sightline();
    command.args(["serve", "--listen", "127.0.0.1:0", "--mail-from", "Sightline <lpr@example.org>", "--smtp", &smtp]);
    let mut server = Running::start(command.arg("--data").arg(data.path()));
    let installation = Installation::begin(&mut server);
    let caller = Caller::new(&server.address);
    let people = caller.call("GET", "/api/v1/agency/people", &installation.manager, None).ok();
    let detective = people.as_array().unwrap().iter().find(|one| one["login"] == "detective").unwrap();
    let person = format!("/api/v1/agency/people/{}", detective["user"].as_str().unwrap());
    let set = |email: &str| {
        let body = json!({ "email": email });
        caller.call("PUT", &format!("{person}/email"), &installation.manager, Some(&body)).ok();
    };
    let invite =
        || caller.post(&format!("{person}/invitation"), &installation.manager, &json!({ "deliver": "e-mail" }));
    set("cleo.hart@example.org");
    invite().ok();
    assert!(mails.mails()[0].contains("/join#link="));
    set("refused@example.org");
    invite().refused(503);
    set("cleo.hart@example.org");
    mails.stop();
    invite().refused(503);

    let (status, log) = server.terminate();
    assert!(status.success(), "{log}");
    assert!(log.contains("550"), "the refusal is in the log: {log}");
    for private in ["@example.org", "cleo", "Cleo", "#link="] {
        assert!(!log.contains(private), "`{private}` is in the log\n{log}");
    }
}

#[test]
fn sec_a_mail_servers_password_is_no_argument_and_its_settings_belong_together() {
    let data = tempfile::tempdir().unwrap();
    let serve = |more: &[&str]| {
        let output = sightline().args(["serve", "--data", text(data.path())]).args(more).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = serve(&["--smtp", "smtps://lpr:secret@mail.example.org", "--mail-from", "lpr@example.org"]);
    assert!(code == Some(2) && said.contains("--smtp-password-file"), "{said}");
    let (code, said) = serve(&["--smtp", "smtps://mail.example.org"]);
    assert!(code == Some(2) && said.contains("--mail-from"), "{said}");
    let with_user = ["--smtp", "smtps://lpr@mail.example.org", "--mail-from", "lpr@example.org"];
    let said =
        run_badly(&[&["serve", "--listen", "127.0.0.1:0", "--data", text(data.path())], &with_user[..]].concat());
    assert!(said.contains("names a user"), "{said}");
}
