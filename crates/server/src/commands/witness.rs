//! `sightline witness`: the witness of a second party over HTTP (C2SP tlog-witness), and how `serve` reaches one.

use super::{block_on, client, say};
use crate::http::door::Door;
use crate::http::serve::stop_signal;
use crate::http::tls::Certificates;
use anyhow::{Context, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as InPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ledger::witness::{NotCosigned, REQUEST_BYTES_MAX, Witness, WitnessConfig};
use ledger::{WITNESS_TIME_MAX, WitnessAnswer, WitnessCall};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use storage::SystemClock;
use tokio::net::TcpListener;
use tower_http::timeout::TimeoutLayer;
use url::Url;

/// A request that takes longer is given up.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes of a witness's answer: a few signature lines.
const ANSWER_BYTES_MAX: u64 = 64 * 1_024;

/// Run a witness for another party's ledger: it cosigns that the log only grew, and never two histories
#[derive(Debug, clap::Args)]
pub(super) struct RunWitness {
    /// The folder of its key and of what it has seen; made where there is none. Keep it: a witness that forgot can be shown
    /// another history
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Its name in cosignatures, such as `oversight.example.org/witness`
    #[arg(long)]
    name: String,
    /// Verifier key of a log that it watches, or a file with a key a line; several logs by saying it again
    #[arg(long = "log", value_name = "KEY|FILE", required = true)]
    logs: Vec<String>,
    /// Address and port to listen on. Without TLS too nothing can be forged: logs sign what they ask, the witness what it answers
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDR")]
    listen: SocketAddr,
    /// Certificate chain, PEM; read anew when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl RunWitness {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut logs = Vec::new();
        for log in &self.logs {
            logs.extend(super::ledger_log::key_texts(log)?);
        }
        let clock = Arc::new(SystemClock);
        let witness = Arc::new(Witness::open(WitnessConfig { folder: self.data, name: self.name, logs, clock })?);
        block_on(async {
            let listener =
                TcpListener::bind(self.listen).await.with_context(|| format!("listening on {}", self.listen))?;
            let address = listener.local_addr()?;
            let stop = stop_signal()?;
            let (door, scheme) = match (&self.tls_cert, &self.tls_key) {
                (Some(certificate), Some(key)) => {
                    let certificates = Certificates::read(certificate, key)?;
                    tokio::spawn(Arc::clone(&certificates).watch());
                    (Door::tls(listener, &certificates)?, "https")
                }
                _ => (Door::plain(listener)?, "http"),
            };
            say(&format!("The witness listens on {scheme}://{address}"));
            say("Whoever verifies the log demands its cosignature by this key:");
            say(&format!("  {}", witness.vkey()));
            say("The log's service asks it when started with:");
            say(&format!("  sightline serve --witness {scheme}://{address}+{}", witness.vkey()));
            axum::serve(door, router(witness)).with_graceful_shutdown(stop).await.context("serving")
        })
    }
}

fn router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{log}/checkpoint", get(newest))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIME_MAX))
        .with_state(witness)
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    // It fsyncs. Started, it ends, also when the caller has gone.
    let answered = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    let refused = match answered {
        Ok(Ok(cosignature)) => return (StatusCode::OK, cosignature).into_response(),
        Ok(Err(refused)) => refused,
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    match &refused {
        NotCosigned::OtherRoot { size } => {
            tracing::error!(size, "a log showed two roots for one size: it was forked");
        }
        NotCosigned::NotConsistent => {
            tracing::error!("a log did not prove that it only grew: its request is wrong, or it was rewritten");
        }
        NotCosigned::NotKept(error) => {
            tracing::error!(error = error as &dyn std::error::Error, "a checkpoint could not be kept");
        }
        _ => {}
    }
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match refused.seen_size() {
        Some(size) => (status, [(header::CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n")).into_response(),
        None => (status, format!("{refused}\n")).into_response(),
    }
}

/// For monitors: what this witness has seen, to compare with what others are shown.
async fn newest(State(witness): State<Arc<Witness>>, InPath(log): InPath<String>) -> Response {
    match witness.newest(&log) {
        Some(note) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A witness of this service's log: where it is, and its verifier key.
#[derive(Clone, Debug)]
pub(super) struct AskedWitness {
    url: Url,
    vkey: String,
}

/// Reads `URL+VKEY`.
pub(super) fn asked_witness(text: &str) -> Result<AskedWitness, String> {
    let (url, vkey) = text.split_once('+').ok_or("a witness is its address, `+`, and its verifier key")?;
    let url: Url = url.parse().map_err(|error| format!("not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("a witness is reached by http or https".into());
    }
    Ok(AskedWitness { url, vkey: vkey.to_owned() })
}

/// Calls a witness over HTTP.
#[derive(Debug)]
struct OverHttp {
    agent: ureq::Agent,
    address: String,
}

impl WitnessCall for OverHttp {
    fn add_checkpoint(&self, request: String) -> WitnessAnswer {
        let (agent, address) = (self.agent.clone(), self.address.clone());
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || {
                let mut response = agent.post(&address).send(request.as_bytes()).map_err(io::Error::other)?;
                let status = response.status().as_u16();
                let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
                Ok((status, body.map_err(io::Error::other)?))
            });
            asked.await.map_err(io::Error::other)?
        })
    }
}

/// What the ledger asks.
pub(super) fn calls(asked: &[AskedWitness]) -> anyhow::Result<Vec<(String, Arc<dyn WitnessCall>)>> {
    let mut calls: Vec<(String, Arc<dyn WitnessCall>)> = Vec::new();
    if asked.is_empty() {
        return Ok(calls);
    }
    let agent = client::agent(WITNESS_TIME_MAX, None)?;
    for witness in asked {
        if witness.url.query().is_some() || witness.url.fragment().is_some() {
            bail!("a witness's address ends with its path");
        }
        let address = format!("{}/add-checkpoint", witness.url.as_str().trim_end_matches('/'));
        calls.push((witness.vkey.clone(), Arc::new(OverHttp { agent: agent.clone(), address })));
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_named_by_its_address_and_its_key() {
        let asked = asked_witness("https://w.example.org/a+w.example.org/a+0a0b0c0d+BA+/x=").unwrap();
        assert_eq!(asked.url.as_str(), "https://w.example.org/a");
        assert_eq!(asked.vkey, "w.example.org/a+0a0b0c0d+BA+/x=");
        for text in ["", "https://w.example.org/a", "w.example.org/a+0a0b0c0d+BA", "ftp://w+w+00+BA"] {
            assert!(asked_witness(text).is_err(), "{text}");
        }
    }
}
