//! Whether an answer may leave as a print, and which of its rows (RES-1, DET-4).

use crate::agency_policy::AgencyPolicy;
use crate::asking::Asker;
use crate::decide::{asked_without_question, session_may};
use crate::entities;
use crate::permit::PrintPermit;
use crate::refusal::Refusal;
use domain::{DetectionId, QueryId, UtcMicros};
use std::collections::BTreeSet;

/// A row that the asker marked relevant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelevantRow {
    pub detection: DetectionId,
    /// At least two photos.
    pub is_verified: bool,
}

/// Decides whether rows may be printed. The standing of the session is looked at anew; `returned` are the rows that the
/// answer of `query` gave to this session.
pub fn print(
    policy: &AgencyPolicy,
    asker: Asker,
    query: QueryId,
    returned: &BTreeSet<DetectionId>,
    relevant: &[RelevantRow],
    now: UtcMicros,
) -> Result<PrintPermit, Refusal> {
    let refuse = |rule: &str, unlock: Option<&str>| {
        let asked = asked_without_question(policy, &asker, Some(query), "print");
        Refusal::own(rule.to_owned(), Some("marks".to_owned()), unlock, asked)
    };
    session_may(policy, &asker, Some(query), "print", entities::session_context, now)?;
    if !relevant.iter().all(|row| returned.contains(&row.detection)) {
        return Err(refuse("row-not-returned", None));
    }
    if relevant.is_empty() {
        return Err(refuse("print-nothing-relevant", Some("Mark the rows that matter as relevant.")));
    }
    let may_leave = |row: &&RelevantRow| row.is_verified || policy.limits.print_unverified;
    let (printed, unverified): (Vec<_>, Vec<_>) = relevant.iter().partition(may_leave);
    if printed.is_empty() {
        return Err(refuse("print-only-unverified", Some("A read is verified with two photos or more.")));
    }
    let ids = |rows: Vec<&RelevantRow>| rows.into_iter().map(|row| row.detection).collect();
    let (detections, unverified) = (ids(printed), ids(unverified));
    Ok(PrintPermit { query, by: asker.signature, detections, unverified, policy: policy.label() })
}
