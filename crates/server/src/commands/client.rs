//! The API's client for terminals: sign-in, and calls with a token.

use super::{complain, say};
use crate::http::tls;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

/// How long a call may take.
const CALL_TIME_MAX: Duration = Duration::from_mins(1);

/// Where the server is, and who calls.
#[derive(Debug, clap::Args)]
pub(super) struct ServerArgs {
    /// Address of the server
    #[arg(long, default_value = "http://localhost:8080", env = "SIGHTLINE_SERVER", value_name = "URL")]
    pub(super) server: String,
    /// Bearer token, from `sightline sign-in` or made on the page
    #[arg(long, env = "SIGHTLINE_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(super) token: Option<String>,
    /// Certificates (PEM) to trust besides the system's, such as the demo's `DATA/tls/ca.pem`
    #[arg(long, env = "SIGHTLINE_CA_FILE", value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
}

/// A client of this machine's trusted certificates, and of those in a file.
pub(super) fn agent(time_max: Duration, ca_file: Option<&Path>) -> anyhow::Result<ureq::Agent> {
    let mut trusted: Vec<_> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    if let Some(file) = ca_file {
        let pem = std::fs::read(file).with_context(|| file.display().to_string())?;
        let before = trusted.len();
        for item in ureq::tls::parse_pem(&pem) {
            if let PemItem::Certificate(certificate) = item.with_context(|| file.display().to_string())? {
                trusted.push(certificate);
            }
        }
        anyhow::ensure!(trusted.len() > before, "{} holds no certificate", file.display());
    }
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(trusted)))
        .unversioned_rustls_crypto_provider(Arc::new(tls::provider()))
        .build();
    let config = ureq::Agent::config_builder().timeout_global(Some(time_max)).http_status_as_error(false);
    Ok(config.tls_config(tls).build().into())
}

/// Calls a server.
pub(super) struct Client {
    agent: ureq::Agent,
    server: String,
    token: Option<String>,
}

/// An answer: status and JSON.
pub(super) struct Called {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Client {
    pub(super) fn new(args: &ServerArgs) -> anyhow::Result<Self> {
        let agent = agent(CALL_TIME_MAX, args.ca_file.as_deref())?;
        Ok(Self { agent, server: args.server.trim_end_matches('/').to_owned(), token: args.token.clone() })
    }

    pub(super) fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Called> {
        let mut request = self.agent.post(format!("{}{path}", self.server));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        read(request.send_json(body).with_context(|| format!("calling {}", self.server))?)
    }

    pub(super) fn get(&self, path: &str) -> anyhow::Result<Called> {
        let mut request = self.agent.get(format!("{}{path}", self.server));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        read(request.call().with_context(|| format!("calling {}", self.server))?)
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<Called> {
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string()?;
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).context("the server did not answer in JSON")?
    };
    Ok(Called { status, body })
}

impl Called {
    /// The body of a success; a problem becomes a plain sentence.
    pub(super) fn success(self) -> anyhow::Result<Value> {
        if self.status < 400 {
            return Ok(self.body);
        }
        let text = |name: &str| self.body.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let mut sentence = match text("field") {
            Some(field) => format!("{field}: {}", text("detail").unwrap_or_default()),
            None => text("detail").unwrap_or_else(|| format!("the server answered {}", self.status)),
        };
        if let Some(unlock) = text("unlock") {
            sentence = format!("{sentence} (to get further: {unlock})");
        }
        bail!(sentence)
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct SignIn {
    #[command(flatten)]
    server: ServerArgs,
    /// Login name; the password is read from standard input
    login: String,
    /// The six digits of the second factor: signs in through the enhanced door
    #[arg(long, value_name = "DIGITS")]
    code: Option<String>,
    /// Accept the rules of behaviour that are printed, without being asked
    #[arg(long)]
    accept_rules: bool,
}

impl SignIn {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut lines = std::io::stdin().lock().lines();
        complain("password:");
        let password = lines.next().context("a password on standard input")??;
        let door = if self.code.is_some() { "enhanced" } else { "plain" };
        let body = json!({
            "login": self.login, "password": password, "door": door, "code": self.code, "deliver": "token",
            "device": "sightline command line",
        });
        let client = Client::new(&self.server)?;
        let signed_in = client.post("/api/v1/session", &body)?.success()?;
        let token = signed_in.get("token").and_then(Value::as_str).context("a token in the answer")?.to_owned();
        let rules = signed_in.get("rules").context("rules in the answer")?;
        let text = |name: &str| rules.get(name).and_then(Value::as_str).unwrap_or_default();
        complain(&format!("rules of behaviour\n\n{}\n\n{}", text("text"), text("enhanced_text")));
        if !self.accept_rules {
            complain("type `yes` to accept them:");
            let answer = lines.next().context("an answer on standard input")??;
            anyhow::ensure!(answer.trim() == "yes", "the rules were not accepted; nothing can be asked");
        }
        let accept = json!({ "version": rules.get("version"), "accepted": true });
        client.with_token(token.clone()).post("/api/v1/session/rules", &accept)?.success()?;
        say(&token);
        Ok(())
    }
}
