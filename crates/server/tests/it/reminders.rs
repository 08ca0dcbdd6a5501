//! Reminders and one-time links by e-mail, with a real mail server.

use super::invitations;
use super::smtp::MailServer;
use super::world::{PASSWORD, World};
use domain::Course;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use sightline_server::mail::reminders::{Round, round};
use sightline_server::mail::{MailSettings, SmtpServer};
use storage::Clock;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 86_400_000_000;
const OFFICER: &str = "casey.rowan@example.org";
const CHIEF: &str = "chief.of.larkin@example.org";

/// The same server at the same port, after it was away.
fn start_again(server: &mut MailServer) {
    let inbox = std::mem::replace(&mut server.inbox, tempfile::tempdir().unwrap());
    *server = MailServer::run(inbox, server.port, &[]);
}

fn settings(server: &MailServer, scheme: &str) -> MailSettings {
    let server: SmtpServer = format!("{scheme}://localhost:{}", server.port).parse().unwrap();
    let from = "Sightline <lpr@example.org>".parse().unwrap();
    MailSettings { server, from, password: None, authorities: None }
}

async fn set_email(world: &World, chief: &str, login: &str, email: Value) -> Value {
    let path = format!("/api/v1/agency/people/{}/email", world.id(login));
    world.put(&path, chief, json!({ "email": email })).await.ok()
}

/// The police have a server and two addresses; the officer's trainings lapse within 30 days.
async fn near_lapse(server: &MailServer) -> (World, String) {
    let world = World::with_mail(settings(server, "smtp")).await;
    world.clock.advance_micros(340 * DAY);
    let chief = world.sign_in("chief", "plain").await;
    set_email(&world, &chief, "officer", json!(OFFICER)).await;
    (world, chief)
}

async fn go(world: &World) -> Round {
    round(&world.app).await.unwrap()
}

#[tokio::test]
async fn acc_5_a_lapse_is_said_by_mail_thirty_and_seven_days_before_and_after_it_and_each_time_once() {
    let server = MailServer::start();
    let (world, _) = near_lapse(&server).await;
    assert_eq!(go(&world).await.sent, 1);
    let mails = server.mails();
    let mail = &mails[0];
    assert!(mail.contains(&format!("To: {OFFICER}")) && mail.contains("Sightline <lpr@example.org>"), "{mail}");
    assert!(mail.contains("lapses on 2027-06-01."), "{mail}");
    assert_eq!(mail.matches("- The training").count(), 2, "one mail says all that is due: {mail}");
    assert!(mail.contains("http://localhost:8080/"), "{mail}");
    assert!(!mail.contains("Name of officer"), "{mail}");

    assert_eq!(go(&world).await.sent, 0, "at once again");
    world.clock.advance_micros(DAY);
    assert_eq!(go(&world).await.sent, 0, "on another day, as near as before");
    world.clock.advance_micros(18 * DAY);
    assert_eq!(go(&world).await.sent, 1, "six days are left");
    world.clock.advance_micros(7 * DAY);
    assert_eq!(go(&world).await.sent, 1, "it lapsed");
    assert!(server.mails().iter().any(|mail| mail.contains("lapsed on 2027-06-01. Questions are refused")));
    world.clock.advance_micros(30 * DAY);
    assert_eq!(go(&world).await.sent, 0, "it was said");
    let sent = world.records(world.police).await.into_iter().filter(|record| record.kind == "reminder.sent").count();
    assert_eq!((sent, server.mails().len()), (3, 3), "an entry of each");
}

#[tokio::test]
async fn acc_5_who_renews_a_training_is_reminded_of_it_no_more_until_it_lapses_again() {
    let server = MailServer::start();
    let (world, _) = near_lapse(&server).await;
    world.trained(world.police, world.id("officer"), Course::ALL).await;
    assert_eq!(go(&world).await.sent, 0);
    world.clock.advance_micros(340 * DAY);
    assert_eq!(go(&world).await.sent, 1);
}

#[tokio::test]
async fn acc_5_people_without_an_address_and_closed_accounts_get_no_mail_and_without_a_server_nothing_is_sent() {
    let server = MailServer::start();
    let (world, chief) = near_lapse(&server).await;
    let path = format!("/api/v1/agency/users/{}/active", world.id("officer"));
    world.put(&path, &chief, json!({ "active": false })).await.ok();
    assert_eq!(go(&world).await.sent, 0, "the account is closed");
    world.put(&path, &chief, json!({ "active": true })).await.ok();
    set_email(&world, &chief, "officer", Value::Null).await;
    assert_eq!(go(&world).await.sent, 0, "the address was taken away");
    assert!(server.mails().is_empty());

    let without = World::new().await;
    let chief = without.sign_in("chief", "plain").await;
    set_email(&without, &chief, "officer", json!(OFFICER)).await;
    without.clock.advance_micros(364 * DAY);
    assert_eq!(go(&without).await.sent, 0);
    let officer = without.sign_in("officer", "plain").await;
    let me = without.get("/api/v1/me", &officer).await.ok();
    assert_eq!((&me["sends_mail"], &me["email"]), (&json!(false), &json!(OFFICER)));
    let chief = without.sign_in("chief", "plain").await;
    assert_eq!(without.get("/api/v1/agency/mail", &chief).await.ok()["sends"], false);
}

#[tokio::test]
async fn acc_7_managers_hear_of_reviews_and_of_access_that_lapses_for_want_of_use_and_of_no_name() {
    let server = MailServer::start();
    let world = World::with_mail(settings(&server, "smtp")).await;
    let chief = world.sign_in("chief", "plain").await;
    set_email(&world, &chief, "chief", json!(CHIEF)).await;
    assert_eq!(go(&world).await.sent, 0, "nothing is near");
    let access = world.get("/api/v1/agency/access", &chief).await.ok();
    let days = |name: &str| i64::try_from(access[name].as_u64().unwrap()).unwrap();
    let (review, unused) = (days("review_days"), days("unused_days"));
    assert!(unused + 14 < review, "the two are apart");
    world.clock.advance_micros((unused - 13) * DAY);
    assert_eq!(go(&world).await.sent, 1);
    world.clock.advance_micros((review - unused) * DAY);
    assert_eq!(go(&world).await.sent, 1);
    world.clock.advance_micros(14 * DAY);
    assert_eq!(go(&world).await.sent, 1);
    assert_eq!(go(&world).await.sent, 0);
    let mails = server.mails();
    for said in ["for want of use: 8.", "Access reviews due on", "Access reviews that were due on"] {
        assert_eq!(mails.iter().filter(|mail| mail.contains(said)).count(), 1, "{said} {mails:?}");
    }
    assert!(mails.iter().all(|mail| mail.contains(CHIEF) && !mail.contains("Name of")), "{mails:?}");
}

#[tokio::test]
async fn acc_5_a_mail_server_that_is_away_is_tried_again_later_and_managers_see_it() {
    let mut server = MailServer::start();
    let (world, chief) = near_lapse(&server).await;
    server.stop();
    let now = world.clock.now();
    let away = go(&world).await;
    assert_eq!((away.sent, away.failed, away.next), (0, 1, now.plus_micros(5 * MINUTE)));
    let seen = world.get("/api/v1/agency/mail", &chief).await.ok();
    assert_eq!((&seen["sends"], &seen["waiting"]), (&json!(true), &json!(1)));
    assert_eq!(seen["since"], now.to_string());
    assert_eq!(go(&world).await.failed, 0, "not before its time");
    world.clock.advance_micros(5 * MINUTE);
    assert_eq!(go(&world).await.next, world.clock.now().plus_micros(10 * MINUTE), "twice as long");
    assert!(world.newest(world.police, "reminder.failed").await.record["why"].as_str().unwrap().contains("reached"));

    start_again(&mut server);
    world.clock.advance_micros(10 * MINUTE);
    assert_eq!(go(&world).await.sent, 1);
    assert_eq!(world.newest(world.police, "reminder.sent").await.record["try"], 3);
    assert_eq!(world.get("/api/v1/agency/mail", &chief).await.ok()["waiting"], 0);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn acc_5_an_address_that_is_refused_holds_up_nobody_else_and_is_in_no_entry_and_stays_sealed() {
    let server = MailServer::start();
    let (world, chief) = near_lapse(&server).await;
    set_email(&world, &chief, "detective", json!("refused@example.org")).await;
    let done = go(&world).await;
    assert_eq!((done.sent, done.failed), (1, 1));
    let failed = world.newest(world.police, "reminder.failed").await.record;
    assert_eq!(failed["why"], "the mail server refused with 550");

    let me = world.sign_in("detective", "plain").await;
    world.put("/api/v1/me/email", &me, json!({ "email": "dana.reyes@example.org" })).await.ok();
    assert_eq!(go(&world).await.sent, 1, "another address has a try of its own at once");
    assert_eq!(world.get("/api/v1/me", &me).await.ok()["email"], "dana.reyes@example.org");
    let set = world.newest(world.police, "email.set").await.record;
    assert_eq!(set["act"]["has_address"], true);

    world.app.ledger.publish().await.unwrap();
    for record in world.records(world.police).await {
        assert!(!record.record.to_string().contains("@example.org"), "{}", record.kind);
    }
    for file in ["main.db", "main.db-wal", "ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(world.data().join(file)).unwrap();
        let found = bytes.windows(12).any(|part| part == b"@example.org");
        assert!(!found, "an address lies open in {file}");
    }
}

#[tokio::test]
async fn acc_1_an_address_has_the_form_of_one_and_only_managers_and_the_person_see_it() {
    let world = World::new().await;
    let chief = world.sign_in("chief", "plain").await;
    let path = format!("/api/v1/agency/people/{}/email", world.id("officer"));
    let long = format!("{}@example.org", "a".repeat(260));
    for wrong in
        ["casey", "casey@", "@example.org", "a b@example.org", "casey@example.org\r\nBcc: x@example.org", &long]
    {
        let problem = world.put(&path, &chief, json!({ "email": wrong })).await.refused(422);
        assert_eq!(problem["field"], "email");
        assert!(!problem.to_string().contains("casey"), "what was typed is not repeated");
    }
    world.put(&path, &chief, json!({ "email": format!(" {OFFICER} ") })).await.ok();
    let of_officer = async |token: &str| {
        let people = world.get("/api/v1/agency/people", token).await.ok();
        people.as_array().unwrap().iter().find(|one| one["login"] == "officer").unwrap()["email"].clone()
    };
    assert_eq!(of_officer(&chief).await, OFFICER);
    let sergeant = world.sign_in("sergeant", "plain").await;
    assert_eq!(of_officer(&sergeant).await, Value::Null, "a supervisor needs no address");
    let of_another = format!("/api/v1/agency/people/{}/email", world.id("investigator"));
    world.put(&of_another, &chief, json!({ "email": OFFICER })).await.refused(404);
}

#[tokio::test]
async fn acc_1_a_one_time_link_goes_to_the_persons_address_and_the_manager_does_not_see_it() {
    let server = MailServer::start();
    let world = World::with_mail(settings(&server, "smtp")).await;
    let chief = world.sign_in("chief", "plain").await;
    let path = format!("/api/v1/agency/people/{}/invitation", world.id("officer"));
    let by_mail = json!({ "deliver": "e-mail" });
    assert_eq!(world.post(&path, &chief, by_mail.clone()).await.refused(409)["field"], "email");
    assert_eq!(world.post(&path, &chief, json!({ "deliver": "pigeon" })).await.refused(422)["field"], "deliver");
    set_email(&world, &chief, "officer", json!(OFFICER)).await;
    let made = world.post(&path, &chief, by_mail.clone()).await.ok();
    assert!(made.get("link").is_none());
    let mails = server.mails();
    let (_, rest) = mails[0].split_once("http://localhost:8080/join#link=").expect("the secret stands behind the #");
    let link = rest.split_whitespace().next().unwrap();
    assert_eq!(invitations::open(&world, link).await.ok()["name"], "Name of officer");
    let sent = world.newest(world.police, "invitation.sent").await.record.to_string();
    assert!(!sent.contains(link) && !sent.contains(OFFICER) && !sent.contains(PASSWORD));

    set_email(&world, &chief, "officer", json!("refused@example.org")).await;
    let problem = world.post(&path, &chief, by_mail).await.refused(503);
    assert!(problem["detail"].as_str().unwrap().contains("the link has ended"), "{problem}");
    invitations::open(&world, link).await.refused(404);
    let people = world.get("/api/v1/agency/people", &chief).await.ok();
    let officer = people.as_array().unwrap().iter().find(|one| one["login"] == "officer").unwrap();
    assert!(officer.get("invited_until").is_none(), "no link is open");
}

#[tokio::test]
async fn sec_mails_leave_by_starttls_with_a_certificate_that_is_trusted_or_not_at_all() {
    // Demanded, and the server has none.
    let plain = MailServer::start();
    let send = async |settings: MailSettings| {
        let world = World::with_mail(settings).await;
        world.clock.advance_micros(340 * DAY);
        let chief = world.sign_in("chief", "plain").await;
        set_email(&world, &chief, "officer", json!(OFFICER)).await;
        go(&world).await.sent
    };
    assert_eq!(send(settings(&plain, "smtp+starttls")).await, 0);
    assert!(plain.mails().is_empty());

    let (key, folder) = (KeyPair::generate().unwrap(), tempfile::tempdir().unwrap());
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (pem, private) = (folder.path().join("server.pem"), folder.path().join("server.key"));
    std::fs::write(&pem, certificate.pem()).unwrap();
    std::fs::write(&private, key.serialize_pem()).unwrap();
    let server = MailServer::run(tempfile::tempdir().unwrap(), 0, &[&pem, &private]);
    assert_eq!(send(settings(&server, "smtp+starttls")).await, 0, "nobody vouches for the certificate");
    assert_eq!(send(settings(&server, "smtp")).await, 0, "the server takes nothing in clear");
    assert!(server.mails().is_empty());
    let authorities = Some(certificate.pem().into_bytes());
    assert_eq!(send(MailSettings { authorities, ..settings(&server, "smtp+starttls") }).await, 1);
    assert_eq!(server.mails().len(), 1);
}
