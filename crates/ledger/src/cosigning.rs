//! The log's side of witnesses (C2SP tlog-witness): each checkpoint goes to them before it is published, and what they sign goes
//! out with it. Nothing of the log depends on them: one that is away, or refuses, is left out and asked again later.

use crate::error::{LedgerError, Refusal};
use crate::hash::Hash;
use crate::store::{Head, Store};
use crate::tree::{consistency_proof, consistency_tiles};
use crate::verify::{SignedNote, WitnessKey, decimal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use std::fmt::Write;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Witnesses of one log; the specification lets a checkpoint have at least 16 signatures.
pub const WITNESSES_MAX: usize = 8;
/// How long a checkpoint waits for a witness.
pub const WITNESS_TIME_MAX: Duration = Duration::from_secs(3);
/// How long a witness that failed is left alone.
const REST: Duration = Duration::from_secs(15);
/// How often it is looked whether a cosignature is missing.
pub(crate) const COSIGN_RETRY: Duration = Duration::from_secs(5);
/// A cosignature says what was newest at its time, so a log that stands still is cosigned anew.
const REFRESH: Duration = Duration::from_hours(1);

/// Status and body of an answer.
pub type WitnessAnswer = Pin<Box<dyn Future<Output = io::Result<(u16, String)>> + Send>>;

/// The way to a witness. A seam: the ledger knows no HTTP.
pub trait WitnessCall: Send + Sync + std::fmt::Debug {
    /// Sends a request to `add-checkpoint`.
    fn add_checkpoint(&self, request: String) -> WitnessAnswer;
}

/// All witnesses of the log, and how far each has come.
#[derive(Debug)]
pub(crate) struct Cosigning {
    witnesses: Vec<Watched>,
    rest: Duration,
}

impl Default for Cosigning {
    fn default() -> Self {
        Self { witnesses: Vec::new(), rest: REST }
    }
}

#[derive(Debug)]
struct Watched {
    key: WitnessKey,
    call: Arc<dyn WitnessCall>,
    /// Size of the newest checkpoint that it cosigned, as far as is known here.
    seen: u64,
    cosigned: Option<CosignedHead>,
    /// When it failed, until it answers again.
    failed: Option<Instant>,
}

#[derive(Debug)]
struct CosignedHead {
    size: u64,
    root: Hash,
    line: String,
    /// `None` where it was there at the start: asked anew, a witness tells at once if this log was rolled back meanwhile.
    asked: Option<Instant>,
}

/// What came of asking.
enum Asked {
    /// The witness's line.
    Cosigned(String),
    /// It could not be asked, or is not set up for this log.
    Failed(String),
    /// It has seen something that does not agree with this log.
    Contradicts(&'static str),
}

impl Cosigning {
    /// Asks these from now on. What they have signed of the published checkpoint is taken over.
    pub(crate) fn ask_of(
        &mut self,
        witnesses: Vec<(String, Arc<dyn WitnessCall>)>,
        published: &Head,
        origin: &str,
    ) -> Result<(), Refusal> {
        let (asked, max) = (witnesses.len(), WITNESSES_MAX);
        let note = SignedNote::parse(published.checkpoint.as_bytes()).ok();
        let mut watched: Vec<Watched> = Vec::new();
        for (vkey, call) in witnesses {
            let key = WitnessKey::parse(&vkey).map_err(|_| Refusal::WitnessKey)?;
            if key.name() == origin {
                return Err(Refusal::WitnessKey);
            }
            if watched.len() == max || watched.iter().any(|other| other.key.name() == key.name()) {
                return Err(Refusal::TooManyWitnesses { asked, max });
            }
            let line =
                note.as_ref().filter(|note| key.check(note).is_ok()).map(|note| note.lines_of(key.key()).collect());
            let cosigned =
                line.map(|line| CosignedHead { size: published.size, root: published.root, line, asked: None });
            let seen = cosigned.as_ref().map_or(0, |cosigned| cosigned.size);
            watched.push(Watched { key, call, seen, cosigned, failed: None });
        }
        self.witnesses = watched;
        Ok(())
    }

    /// Whether somebody is to be asked about the head that is published.
    pub(crate) fn is_due(&self, head: &Head) -> bool {
        self.witnesses.iter().any(|witness| witness.is_due(head, self.rest))
    }

    /// The head's checkpoint with the lines of all who cosign it. `head` is as the log alone signs it.
    pub(crate) async fn cosigned(&mut self, store: &Store, head: &Head) -> String {
        let mut asking = JoinSet::new();
        let due = |(_, witness): &(usize, &Watched)| witness.is_due(head, self.rest);
        for (place, witness) in self.witnesses.iter().enumerate().filter(due) {
            let (key, call) = (witness.key.clone(), Arc::clone(&witness.call));
            let (store, head, seen) = (store.clone(), head.clone(), witness.seen);
            asking.spawn(async move {
                let asked = tokio::time::timeout(WITNESS_TIME_MAX, ask(&key, call.as_ref(), &store, &head, seen)).await;
                (place, asked.unwrap_or_else(|_| Asked::Failed("it did not answer in time".into())))
            });
        }
        while let Some(joined) = asking.join_next().await {
            // A task that panicked is a witness that was not asked.
            let Ok((place, asked)) = joined else { continue };
            if let Some(witness) = self.witnesses.get_mut(place) {
                witness.take(head, asked);
            }
        }
        let mut note = head.checkpoint.clone();
        for witness in &self.witnesses {
            note.push_str(witness.line_for(head).unwrap_or_default());
        }
        note
    }
}

impl Watched {
    fn line_for(&self, head: &Head) -> Option<&str> {
        let cosigned = self.cosigned.as_ref()?;
        (cosigned.size == head.size && cosigned.root == head.root).then_some(cosigned.line.as_str())
    }

    fn is_due(&self, head: &Head, rest: Duration) -> bool {
        let rests = self.failed.is_some_and(|failed| failed.elapsed() < rest);
        let asked = self.cosigned.as_ref().and_then(|cosigned| cosigned.asked);
        let is_fresh = asked.is_some_and(|asked| asked.elapsed() < REFRESH);
        let is_cosigned = self.line_for(head).is_some() && is_fresh;
        !rests && !is_cosigned
    }

    fn take(&mut self, head: &Head, asked: Asked) {
        let (witness, was_failing) = (self.key.name(), self.failed.is_some());
        match asked {
            Asked::Cosigned(line) => {
                if was_failing {
                    tracing::info!(witness, "a witness cosigns again");
                }
                self.cosigned =
                    Some(CosignedHead { size: head.size, root: head.root, line, asked: Some(Instant::now()) });
                (self.seen, self.failed) = (head.size, None);
            }
            Asked::Failed(reason) => {
                if !was_failing {
                    tracing::warn!(witness, reason, "a witness does not cosign; it is asked again");
                }
                self.failed = Some(Instant::now());
            }
            Asked::Contradicts(reason) => {
                // Said each time: somebody must look, and whoever demands this witness accepts nothing new of the log.
                tracing::error!(witness, reason, size = head.size, "a witness refuses to cosign this log");
                self.failed = Some(Instant::now());
            }
        }
    }
}

async fn ask(key: &WitnessKey, call: &dyn WitnessCall, store: &Store, head: &Head, seen: u64) -> Asked {
    let mut old = seen.min(head.size);
    // Twice: the first answer may be what it has seen.
    for _ in 0..2 {
        let request = match request(store, head, old).await {
            Ok(request) => request,
            Err(error) => return Asked::Failed(error.to_string()),
        };
        let (status, body) = match call.add_checkpoint(request).await {
            Ok(answer) => answer,
            Err(error) => return Asked::Failed(error.to_string()),
        };
        match status {
            200 => {
                let text = SignedNote::parse(head.checkpoint.as_bytes()).map(|note| note.text.to_owned());
                let line = text.ok().and_then(|text| key.valid_line(&text, &body));
                return line.map_or_else(
                    || Asked::Failed("its answer is no cosignature of this checkpoint by its key".into()),
                    Asked::Cosigned,
                );
            }
            409 => match decimal(body.trim_end_matches('\n')) {
                Some(size) if size > head.size => {
                    return Asked::Contradicts("it has seen more entries: this log was rolled back, or forked");
                }
                Some(size) if size != old => old = size,
                _ => return Asked::Contradicts("it has seen another root for as many entries: this log was forked"),
            },
            422 => return Asked::Contradicts("what it has seen is not the beginning of this log"),
            status => return Asked::Failed(format!("it answered {status}")),
        }
    }
    Asked::Failed("what it has seen changed while it was asked".into())
}

/// The body of `add-checkpoint`.
async fn request(store: &Store, head: &Head, old: u64) -> Result<String, LedgerError> {
    let mut tiles = HashMap::new();
    for id in consistency_tiles(old, head.size) {
        tiles.insert(id, store.tile(id).await.map_err(LedgerError::not_read)?);
    }
    let proof = consistency_proof(old, head.size, &tiles);
    let proof = proof.ok_or(LedgerError::Contradiction { what: "the database lacks hashes of published entries" })?;
    let mut request = format!("old {old}\n");
    for hash in proof {
        writeln!(request, "{}", STANDARD.encode(hash)).expect("a string takes every line");
    }
    request.push('\n');
    request.push_str(&head.checkpoint);
    Ok(request)
}

#[cfg(test)]
#[path = "cosigning_tests.rs"]
mod tests;
