//! The same questions through the API: the real `sightline` serves the data folder, and a client on this machine that
//! keeps its connection asks it over HTTP. Sign-in, policy, both durable ledger entries, search and JSON are all in.

use crate::dataset::Dataset;
use crate::figures::{self, percentile};
use crate::folder::{self, Account, REASON};
use crate::questions::{LINES, Line, Wanted};
use crate::sightline::PASSES;
use anyhow::Context;
use domain::limits::RESULTS_WARNING;
use domain::{Area, Criteria, Question, Token};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
const CALL_TIME_MAX: Duration = Duration::from_mins(1);
/// What the service says where a person asked too many questions in the last minute.
const TOO_MANY: &str = "urn:sightline:problem:too-many";
/// How long is waited then, before it is tried again.
const WAIT: Duration = Duration::from_secs(2);

/// Figures of the API, as they are kept between steps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApiFigures {
    pub(crate) date: String,
    pub(crate) load_average: Vec<String>,
    pub(crate) questions: Vec<ApiAsked>,
}

/// One question. Times are milliseconds of each set's fastest call, the medians of them over the sets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApiAsked {
    pub(crate) question: String,
    /// The rule by which policy refused the question; nothing was measured then.
    pub(crate) refused: Option<String>,
    pub(crate) median_ms: f64,
    pub(crate) p95_ms: f64,
    /// Making the two ledger entries durable, as the server tells.
    pub(crate) entries_ms: f64,
    /// All but the entries.
    pub(crate) rest_ms: f64,
    pub(crate) search_ms: f64,
    /// Gathering the facts and deciding.
    pub(crate) policy_ms: f64,
    /// By parameter set, capped at 10,000.
    pub(crate) counts: Vec<u64>,
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Option<ApiFigures>> {
    if path.exists() { Ok(Some(serde_json::from_slice(&std::fs::read(path)?)?)) } else { Ok(None) }
}

pub(crate) fn write(path: &Path, figures: &ApiFigures) -> anyhow::Result<()> {
    Ok(std::fs::write(path, serde_json::to_string_pretty(figures)? + "\n")?)
}

/// Every question that returns rows; exact counts are a second call about an answer and are left out.
pub(crate) fn measure(data: Dataset, data_folder: &Path) -> anyhow::Result<ApiFigures> {
    let account = folder::account(data_folder).context("the step `questions` makes the data folder")?;
    let before = figures::load_average();
    let server = Server::start(data_folder)?;
    let client = Client::sign_in(&server.address, &account)?;
    let mut questions = Vec::new();
    for line in LINES.iter().filter(|line| line.wanted == Wanted::Rows) {
        let asked = ask_sets(data, &client, line)?;
        questions.push(asked);
    }
    server.stop()?;
    Ok(ApiFigures { date: figures::date(), load_average: vec![before, figures::load_average()], questions })
}

/// One call.
#[derive(Clone, Copy, Debug)]
struct Called {
    total: f64,
    entries: f64,
    search: f64,
    policy: f64,
}

fn ask_sets(data: Dataset, client: &Client, line: &Line) -> anyhow::Result<ApiAsked> {
    let bodies: anyhow::Result<Vec<Value>> = line.questions(data)?.iter().map(body).collect();
    let bodies = bodies?;
    let mut fastest: Vec<Option<Called>> = vec![None; bodies.len()];
    let mut counts = vec![0; bodies.len()];
    for pass in 0..=PASSES {
        for (set, body) in bodies.iter().enumerate() {
            let (called, answer) = client.ask_in_turn(body)?;
            if let Some(rule) = answer.get("rule").and_then(Value::as_str) {
                return Ok(refused(line, rule));
            }
            let count = ["/count/exactly", "/count/at_least"].iter().find_map(|at| answer.pointer(at)?.as_u64());
            counts[set] = count.context("an answer has a count")?.min(RESULTS_WARNING as u64);
            // The first pass warms up.
            if pass > 0 && fastest[set].is_none_or(|before| called.total < before.total) {
                fastest[set] = Some(called);
            }
        }
    }
    let sorted = |figure: &dyn Fn(&Called) -> f64| {
        let mut millis: Vec<_> = fastest.iter().flatten().map(figure).collect();
        millis.sort_by(f64::total_cmp);
        millis
    };
    let totals = sorted(&|called| called.total);
    Ok(ApiAsked {
        question: line.name.into(),
        refused: None,
        median_ms: percentile(&totals, 50),
        p95_ms: percentile(&totals, 95),
        entries_ms: percentile(&sorted(&|called| called.entries), 50),
        rest_ms: percentile(&sorted(&|called| called.total - called.entries), 50),
        search_ms: percentile(&sorted(&|called| called.search), 50),
        policy_ms: percentile(&sorted(&|called| called.policy), 50),
        counts,
    })
}

fn refused(line: &Line, rule: &str) -> ApiAsked {
    ApiAsked {
        question: line.name.into(),
        refused: Some(rule.into()),
        median_ms: 0.0,
        p95_ms: 0.0,
        entries_ms: 0.0,
        rest_ms: 0.0,
        search_ms: 0.0,
        policy_ms: 0.0,
        counts: Vec::new(),
    }
}

/// The question as a program sends it, with the whole purpose.
fn body(question: &Question) -> anyhow::Result<Value> {
    let criteria = question.criteria();
    let (plate, tokens) = match criteria {
        Criteria::FullPlate { plate, .. } => (Some(plate.as_str().to_owned()), None),
        _ => (None, criteria.pattern().map(|pattern| pattern.tokens().iter().copied().map(token).collect::<Vec<_>>())),
    };
    let vehicle = criteria.vehicle().cloned().unwrap_or_default();
    let areas: Vec<Value> = criteria.areas().into_iter().map(polygon).collect();
    anyhow::ensure!(vehicle.model.is_none() && vehicle.year.is_none(), "no question asks for models and years");
    Ok(json!({
        "question": {
            "kind": criteria.kind().word(), "plate": plate, "tokens": tokens, "state": criteria.state(),
            "vehicle": { "make": vehicle.make, "colour": vehicle.colour }, "areas": areas,
            "from": question.frame().from().to_string(), "to": question.frame().to().to_string(),
            "look_alikes": question.widen().look_alikes, "alternatives": question.widen().alternatives,
        },
        "purpose": {
            "reason": REASON, "case_reference": "24-001", "subject": "a vehicle that does not exist",
            "target": { "kind": "vehicle", "description": "a vehicle that does not exist" },
            "justification": "how long does the service take for this",
            "suspicion_facts": "it may be slower than what was promised", "place_linked_to_case": true,
            "not_based_on_trait": true,
        },
        "confirm_large": true,
    }))
}

fn token(token: Token) -> Value {
    match token {
        Token::Literal(character) => json!(character),
        Token::One => json!({ "one": true }),
        Token::Any => json!({ "any": true }),
    }
}

fn polygon(area: &Area) -> Value {
    let ring: Vec<_> = area.outline().iter().map(|corner| [corner.lon(), corner.lat()]).collect();
    json!({ "type": "Polygon", "coordinates": [ring] })
}

/// The served data folder; ended when it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(data_folder: &Path) -> anyhow::Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("sightline");
        let mut child = Command::new(&binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data_folder)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let said = child.stdout.take().context("its standard output")?;
        let mut server = Self { child, address: String::new() };
        for line in BufReader::new(said).lines() {
            if let Some((_, address)) = line?.split_once("listens on ") {
                address.clone_into(&mut server.address);
                return Ok(server);
            }
        }
        anyhow::bail!("the server ended before it listened")
    }

    /// Asks it to end as an operator does, and waits.
    fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        anyhow::ensure!(self.child.wait()?.success(), "the server did not end well");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where it was stopped in order it is gone already, and there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client {
    agent: ureq::Agent,
    address: String,
    token: String,
}

impl Client {
    fn sign_in(address: &str, account: &Account) -> anyhow::Result<Self> {
        let config =
            ureq::Agent::config_builder().timeout_global(Some(CALL_TIME_MAX)).http_status_as_error(false).build();
        let mut client = Self { agent: config.into(), address: address.into(), token: String::new() };
        let seconds = u64::try_from(storage::Clock::now(&storage::SystemClock).seconds())?;
        let totp = sightline_server::accounts::api::totp(account.totp_secret.clone()).context("a second factor")?;
        let signed_in = client.post(
            "/api/v1/session",
            &json!({
                "login": account.login, "password": account.password, "door": "enhanced",
                "code": totp.generate(seconds).to_string(), "deliver": "token", "device": "bench",
            }),
        )?;
        let signed_in: Value = serde_json::from_str(&signed_in.1)?;
        let token = signed_in.get("token").and_then(Value::as_str);
        token.context("the sign-in was refused")?.clone_into(&mut client.token);
        let accept = json!({ "version": signed_in.pointer("/rules/version"), "accepted": true });
        client.post("/api/v1/session/rules", &accept)?;
        Ok(client)
    }

    /// The body, and the header `Server-Timing` where there is one.
    fn post(&self, path: &str, body: &Value) -> anyhow::Result<(Option<String>, String)> {
        let mut request = self.agent.post(format!("{}{path}", self.address));
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        let mut response = request.send_json(body)?;
        let timing = response.headers().get("server-timing").map(|value| value.to_str().map(ToOwned::to_owned));
        let text = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        Ok((timing.transpose()?, text))
    }

    /// A person asks so many questions a minute: where they are used up, this waits for the next minute and asks then.
    fn ask_in_turn(&self, body: &Value) -> anyhow::Result<(Called, Value)> {
        loop {
            let (called, answer) = self.ask(body)?;
            if answer.get("type").and_then(Value::as_str) != Some(TOO_MANY) {
                return Ok((called, answer));
            }
            std::thread::sleep(WAIT);
        }
    }

    /// Times from before sending to the last byte; reading the JSON is not the server's.
    fn ask(&self, body: &Value) -> anyhow::Result<(Called, Value)> {
        let began = Instant::now();
        let (timing, text) = self.post("/api/v1/queries", body)?;
        let total = began.elapsed().as_secs_f64() * 1e3;
        let answer = serde_json::from_str(&text)?;
        let told = |name: &str| -> Option<f64> {
            timing.as_ref()?.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix(";dur=")?.parse().ok())
        };
        let called = Called {
            total,
            entries: told("entry").unwrap_or_default() + told("outcome").unwrap_or_default(),
            search: told("search").unwrap_or_default(),
            policy: told("policy").unwrap_or_default(),
        };
        Ok((called, answer))
    }
}
