//! The ledger and the witness of a second party, as two processes that know each other by address and key.

use super::calling::{Answered, Caller};
use super::installation::{Installation, reads};
use super::running::{Running, run_badly, run_well, sightline, text, until};
use serde_json::json;
use sha2::Digest;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const ORIGIN: &str = "lpr.example.org/ledger";
const NAME: &str = "oversight.example.org/witness";

/// A service's data and a witness's, which outlive their processes.
struct Parties {
    home: TempDir,
}

impl Parties {
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    /// Starts the service, first without a witness, so that the log has a key for the witness to know.
    fn begin() -> Self {
        let parties = Self { home: tempfile::tempdir().unwrap() };
        let mut command = sightline();
        command.args(["serve", "--listen", "127.0.0.1:0", "--ledger-origin", ORIGIN, "--data"]);
        let server = Running::start(command.arg(parties.path("data")));
        let vkey = Caller::new(&server.address).get("/ledger/vkey", "").text;
        assert!(vkey.starts_with(&format!("{ORIGIN}+")), "{vkey}");
        std::fs::write(parties.path("vkey"), vkey).unwrap();
        assert!(server.terminate().0.success());
        parties
    }

    /// Starts the witness; gives it, and what the service must know of it.
    fn witness(&self, listen: &str) -> (Running, String) {
        let mut command = sightline();
        command.args(["witness", "--listen", listen, "--name", NAME, "--log"]);
        command.arg(self.path("vkey")).arg("--data").arg(self.path("witness"));
        let mut witness = Running::start(&mut command);
        let line = witness.line_with(" serve --witness ");
        let asked = line.rsplit(' ').next().unwrap().to_owned();
        (witness, asked)
    }

    fn serve(data: &Path, witness: &str) -> Running {
        let mut command = sightline();
        Running::start(command.args(["serve", "--listen", "127.0.0.1:0", "--witness", witness, "--data"]).arg(data))
    }
}

/// Size of the newest checkpoint, once the witness has cosigned it.
fn cosigned_size(caller: &Caller) -> u64 {
    until("a cosigned checkpoint", || {
        let checkpoint = caller.get("/ledger/checkpoint", "").text;
        let size = checkpoint.lines().nth(1).unwrap().parse().unwrap();
        checkpoint.contains(&format!("\u{2014} {NAME} ")).then_some(size)
    })
}

/// Leaves an entry in the ledger.
fn leave_an_entry(caller: &Caller) {
    let nobody = json!({ "login": "nobody", "password": "violet kettle nine", "door": "plain", "deliver": "token" });
    caller.post("/api/v1/session", "", &nobody).refused(401);
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").args(["-a", text(from), text(to)]).status().unwrap().success());
}

#[test]
fn aud_6_a_witness_in_a_process_of_its_own_cosigns_the_log_and_tells_when_its_data_were_rolled_back() {
    let parties = Parties::begin();
    let (witness, asked) = parties.witness("127.0.0.1:0");
    let witness_key = asked.split_once('+').unwrap().1.to_owned();
    let (data, vkey) = (parties.path("data"), parties.path("vkey"));
    let mut server = Parties::serve(&data, &asked);
    let caller = Caller::new(&server.address);
    let installation = Installation::begin(&mut server);
    caller.post("/api/v1/detections", &installation.camera, &reads("W1", 3)).ok();
    let answered = Answered::of(&installation.try_ask(&caller, "W1").unwrap().ok());

    // The receipt says that the witness saw the log with this very question in it.
    let path = format!("/api/v1/ledger/entries/{}/receipt", answered.entry);
    let receipt = parties.path("receipt");
    std::fs::write(&receipt, caller.get(&path, &installation.investigator).text).unwrap();
    let verify_receipt = |witness: &str| {
        let arguments = ["ledger", "verify-receipt", text(&receipt), "--vkey", text(&vkey), "--leaf-hash"];
        [&arguments[..], &[&answered.leaf_hash, "--witness", witness]].concat().join("\n")
    };
    let said = run_well(&verify_receipt(&witness_key).split('\n').collect::<Vec<_>>());
    assert!(said.contains(&format!("cosigned by the witness `{NAME}` at 20")), "{said}");

    // What a code on paper holds is enough: it says which entry it is of.
    let alone = ["ledger", "verify-receipt", text(&receipt), "--vkey", text(&vkey), "--witness", &witness_key];
    let said = run_well(&alone);
    assert!(said.starts_with(&format!("entry {} is in the log `{ORIGIN}`", answered.entry)), "{said}");
    assert!(said.contains(&format!("leaf hash {}", answered.leaf_hash)), "{said}");

    // Anybody verifies what the service shows, from where they are.
    let shown = format!("{}/ledger", server.address);
    let by_address = ["ledger", "verify", &shown, "--vkey", text(&vkey), "--witness", &witness_key];
    let said = run_well(&by_address);
    assert!(said.contains("were fetched from") && said.contains("cosigned by the witness"), "{said}");
    let elsewhere = run_badly(&["ledger", "verify", &format!("{shown}r"), "--vkey", text(&vkey)]);
    assert!(elsewhere.contains("`checkpoint`"), "{elsewhere}");

    // Killed in the middle, the witness holds nothing up; started again it remembers, and goes on.
    let address = witness.address.trim_start_matches("http://").to_owned();
    witness.kill();
    leave_an_entry(&caller);
    assert_eq!(installation.count(&caller, "W1"), 3);
    until("a checkpoint without the witness", || {
        (!caller.get("/ledger/checkpoint", "").text.contains(NAME)).then_some(())
    });
    let (witness, again) = parties.witness(&address);
    assert_eq!(again, asked, "the same key at the same address");
    let size = cosigned_size(&caller);
    let log_of = |server: Running| {
        let (status, log) = server.terminate();
        assert!(status.success(), "{log}");
        log
    };
    let log = log_of(server);
    assert!(log.contains("a witness does not cosign") && log.contains("a witness cosigns again"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");

    // Yesterday's data, and today's as they went on.
    let yesterday = parties.path("yesterday");
    copy(&data, &yesterday);
    let server = Parties::serve(&data, &asked);
    let caller = Caller::new(&server.address);
    for _ in 0..3 {
        leave_an_entry(&caller);
    }
    until("the new entries are cosigned", || (cosigned_size(&caller) >= size + 3).then_some(()));
    log_of(server);
    let verify = |data: &Path, run: fn(&[&str]) -> String| {
        run(&["ledger", "verify", text(data), "--vkey", text(&vkey), "--witness", &witness_key])
    };
    assert!(verify(&data, run_well).contains("cosigned by the witness"));

    let server = Parties::serve(&yesterday, &asked);
    let caller = Caller::new(&server.address);
    leave_an_entry(&caller);
    until("the witness is asked", || {
        server.log().contains("it has seen more entries: this log was rolled back, or forked").then_some(())
    });
    let log = log_of(server);
    assert!(log.contains("a witness refuses to cosign this log"), "{log}");
    run_well(&["ledger", "verify", text(&yesterday), "--vkey", text(&vkey)]);
    let refused = verify(&yesterday, run_badly);
    assert!(refused.contains("has not cosigned the checkpoint"), "{refused}");
    // An own copy of what was published before shows the same, without a witness.
    let older = data.join("ledger").join("checkpoint");
    let refused = run_badly(&["ledger", "verify", text(&yesterday), "--vkey", text(&vkey), "--older", text(&older)]);
    assert!(refused.contains("the log was rolled back"), "{refused}");
    assert!(witness.terminate().0.success());
}

#[test]
fn a_witness_speaks_the_protocol_over_http() {
    let parties = Parties::begin();
    let (witness, asked) = parties.witness("127.0.0.1:0");
    let server = Parties::serve(&parties.path("data"), &asked);
    let caller = Caller::new(&server.address);
    leave_an_entry(&caller);
    let size = until("an entry that is cosigned", || Some(cosigned_size(&caller)).filter(|size| *size > 0));
    let checkpoint = caller.get("/ledger/checkpoint", "").text;
    assert!(server.terminate().0.success());

    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let post = |body: &str| {
        let mut answer = agent.post(format!("{}/add-checkpoint", witness.address)).send(body.as_bytes()).unwrap();
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        (answer.status().as_u16(), kind, answer.body_mut().read_to_string().unwrap())
    };
    let (status, _, line) = post(&format!("old {size}\n\n{checkpoint}"));
    assert_eq!((status, line.starts_with(&format!("\u{2014} {NAME} "))), (200, true), "{line}");
    let (status, kind, body) = post(&format!("old {}\n\n{checkpoint}", size - 1));
    assert_eq!((status, kind.as_deref(), body), (409, Some("text/x.tlog.size"), format!("{size}\n")));
    assert_eq!(post("nonsense").0, 400);
    assert_eq!(post(&format!("old {size}\n\n{}", checkpoint.replace(ORIGIN, "other.example"))).0, 404);
    assert_eq!(post(&format!("old {size}\n\n{}", checkpoint.replacen('=', "A", 1))).0, 400);
    assert_eq!(post(&format!("old 0\n\n{}", "x".repeat(200 * 1_024))).0, 413);

    // What a monitor fetches is the checkpoint that the service shows.
    let log = hex::encode(sha2::Sha256::digest(ORIGIN));
    let seen = Caller::new(&witness.address).get(&format!("/{log}/checkpoint"), "").text;
    assert_eq!(seen.lines().take(3).collect::<Vec<_>>(), checkpoint.lines().take(3).collect::<Vec<_>>());
    Caller::new(&witness.address).get(&format!("/{}/checkpoint", "0".repeat(64)), "").refused(404);
    let second = run_badly(&[
        "witness",
        "--name",
        NAME,
        "--log",
        text(&parties.path("vkey")),
        "--data",
        text(&parties.path("witness")),
    ]);
    assert!(second.contains("another process has this witness open"), "{second}");
}

#[test]
fn aud_6_a_torn_log_is_not_exported_and_a_log_keeps_its_name() {
    let parties = Parties::begin();
    let data = parties.path("data");
    let server = Running::serve(&data);
    let caller = Caller::new(&server.address);
    leave_an_entry(&caller);
    assert!(server.terminate().0.success());
    let bundle = std::fs::read_dir(data.join("ledger/tile/entries/000.p")).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&bundle).unwrap();
    let export = |name: &str, run: fn(&[&str]) -> String| {
        run(&["ledger", "export", "--data", text(&data), "--out", text(&parties.path(name))])
    };
    for (name, torn) in [("cut", &whole[..whole.len() - 1]), ("altered", &[&[2], &whole[1..]].concat())] {
        std::fs::write(&bundle, torn).unwrap();
        let refused = export(name, run_badly);
        assert!(refused.contains("the log does not hold, and is not exported"), "{refused}");
        assert!(!parties.path(name).join("checkpoint").exists());
    }
    std::fs::write(&bundle, &whole).unwrap();
    export("sound", run_well);
    assert!(run_well(&["ledger", "verify", text(&parties.path("sound"))]).contains(ORIGIN));
    assert!(run_well(&["keys", "list", "--data", text(&data)]).contains(ORIGIN));
    run_well(&["check", "--data", text(&data)]);

    let renamed = ["serve", "--listen", "127.0.0.1:0", "--ledger-origin", "another.example", "--data", text(&data)];
    assert!(run_badly(&renamed).contains("and keeps that name"));
}
