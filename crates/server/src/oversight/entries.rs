//! Ledger entries of the server itself: sign-ins, outcomes, ingest.

use domain::{AgencyId, DetectionId, LogIn, PoolId, Recordable};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An entry whose content needs no type of its own.
#[derive(Debug)]
pub struct Entry {
    agency: Option<AgencyId>,
    kind: &'static str,
    details: Value,
}

impl Entry {
    pub fn of(agency: Option<AgencyId>, kind: &'static str, details: Value) -> Self {
        Self { agency, kind, details }
    }
}

impl Recordable for Entry {
    fn agency(&self) -> Option<AgencyId> {
        self.agency
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn record(&self) -> Value {
        self.details.clone()
    }
}

/// A sign-in that failed. The name is kept, sealed, because guesses at one account must be seen; a password never is.
#[derive(Debug)]
pub struct SignInFailed {
    /// The agency of the account, where the name is known.
    pub agency: Option<AgencyId>,
    pub login: String,
    pub door: LogIn,
    pub device: String,
    /// False where the door was closed after too many tries, and the password was not looked at.
    pub checked: bool,
}

impl Recordable for SignInFailed {
    fn agency(&self) -> Option<AgencyId> {
        self.agency
    }

    fn kind(&self) -> &'static str {
        "sign-in.failed"
    }

    fn record(&self) -> Value {
        // A login field takes what is typed, sometimes a password: only the beginning is kept.
        let login: String = self.login.chars().take(80).collect();
        json!({ "login": login, "door": self.door, "device": self.device, "checked": self.checked })
    }
}

/// What a query came to: the sealed list of what was returned shows later what was answered (AUD-2).
#[derive(Debug)]
pub struct Outcome {
    pub agency: AgencyId,
    pub count: Value,
    pub truncated: bool,
    pub returned: Vec<DetectionId>,
    /// How many of each pool: what owners of shared detections are told is counted from this (AGY-3).
    pub shown: BTreeMap<PoolId, u64>,
    /// Damaged segments that did not answer.
    pub set_aside: Vec<String>,
}

impl Recordable for Outcome {
    fn agency(&self) -> Option<AgencyId> {
        Some(self.agency)
    }

    fn kind(&self) -> &'static str {
        "query.outcome"
    }

    fn record(&self) -> Value {
        json!({
            "count": self.count, "truncated": self.truncated, "returned": self.returned, "shown": self.shown,
            "set_aside": self.set_aside,
        })
    }
}
