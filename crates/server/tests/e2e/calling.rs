//! Calls over HTTP, as programs make them.

use serde_json::{Value, json};
use sightline_server::accounts::api::totp;
use std::time::Duration;
use storage::{Clock, SystemClock};

/// Longer than any call may take.
const CALL_TIME_MAX: Duration = Duration::from_mins(1);

/// A server's address, and one connection pool.
#[derive(Clone)]
pub(crate) struct Caller {
    agent: ureq::Agent,
    pub(crate) address: String,
}

/// An answer: its status and body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json()
    }

    /// Asserts a refusal; gives its problem.
    #[track_caller]
    pub(crate) fn refused(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }
}

impl Caller {
    pub(crate) fn new(address: &str) -> Self {
        let config =
            ureq::Agent::config_builder().timeout_global(Some(CALL_TIME_MAX)).http_status_as_error(false).build();
        Self { agent: config.into(), address: address.to_owned() }
    }

    /// `None` where no whole answer came: the server is gone.
    pub(crate) fn try_call(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Option<Reply> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.address));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let sent = body.map(ToString::to_string).unwrap_or_default();
        let mut response = self.agent.run(request.body(sent).unwrap()).ok()?;
        let status = response.status().as_u16();
        let bytes = response.body_mut().with_config().limit(1 << 28).read_to_vec().ok()?;
        Some(Reply { status, text: String::from_utf8_lossy(&bytes).into_owned(), bytes })
    }

    #[track_caller]
    pub(crate) fn call(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Reply {
        self.try_call(method, path, token, body).expect("an answer")
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str, token: &str) -> Reply {
        self.call("GET", path, token, None)
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.call("POST", path, token, Some(body))
    }

    /// Signs in, through the enhanced door where there is a second factor, and accepts the rules. Gives the token.
    #[track_caller]
    pub(crate) fn sign_in(&self, login: &str, password: &str, second_factor: Option<&str>) -> String {
        let door = if second_factor.is_some() { "enhanced" } else { "plain" };
        let code = second_factor.map(code_now);
        let body = json!({ "login": login, "password": password, "door": door, "code": code, "deliver": "token" });
        let signed_in = self.post("/api/v1/session", "", &body).ok();
        let token = signed_in["token"].as_str().unwrap().to_owned();
        let accept = json!({ "version": signed_in["rules"]["version"], "accepted": true });
        self.post("/api/v1/session/rules", &token, &accept).ok();
        token
    }

    /// The first sign-in of somebody whose password another typed, who chooses an own one. Gives the token.
    #[track_caller]
    pub(crate) fn sign_in_first(&self, login: &str, typed: &str, own: &str, second_factor: Option<&str>) -> String {
        let token = self.sign_in(login, typed, second_factor);
        let change = json!({ "current": typed, "new": own });
        let changed = self.call("PUT", "/api/v1/session/password", &token, Some(&change));
        assert_eq!(changed.status, 204, "{}", changed.text);
        token
    }

    /// Asserts that the log's receipt for an answer verifies offline against the leaf hash that the answer showed.
    #[track_caller]
    pub(crate) fn verify_receipt(&self, answered: &Answered, token: &str) {
        let key = self.get("/ledger/vkey", "").text;
        let path = format!("/api/v1/ledger/entries/{}/receipt", answered.entry);
        let receipt = self.get(&path, token).text;
        let hash = hex::decode(&answered.leaf_hash).unwrap().try_into().unwrap();
        let (index, _) = ledger::verify::verify_receipt_of_hash(&receipt, key.trim(), hash).unwrap();
        assert_eq!(index, answered.entry);
    }
}

/// What an answer promised.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) count: u64,
    pub(crate) entry: u64,
    pub(crate) leaf_hash: String,
}

impl Answered {
    pub(crate) fn of(answer: &Value) -> Self {
        Self {
            count: answer["count"]["exactly"].as_u64().unwrap(),
            entry: answer["receipt"]["entry"].as_u64().unwrap(),
            leaf_hash: answer["receipt"]["leaf_hash"].as_str().unwrap().to_owned(),
        }
    }
}

/// The current one-time code of a base32 secret.
pub(crate) fn code_now(secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let seconds = u64::try_from(SystemClock.now().seconds()).unwrap();
    totp(secret.as_ref().to_vec()).unwrap().generate(seconds).to_string()
}
