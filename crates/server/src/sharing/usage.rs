//! What use a recipient made of an owner's detections, counted from the recipient's own entries in the ledger (AGY-3): each
//! recorded question names the pools that it searched, and its outcome how many detections of each pool it showed.

use super::store::{self, Agreement, TellsUse};
use crate::App;
use crate::accounts::store as account_store;
use crate::agencies::store as agency_store;
use crate::http::Problem;
use domain::{AgencyId, PoolId, UserId, UtcMicros};
use ledger::OpenedRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};

/// Entries that are opened for one count; where there are more, the count says until when it reaches.
const ENTRIES_MAX: usize = 100_000;
/// Entries that are opened together.
const ENTRIES_AT_ONCE: usize = 2_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsePeriod {
    /// RFC 3339 with offset; left out, 30 days before `to`.
    pub from: Option<String>,
    /// RFC 3339 with offset, at most 92 days after `from`; left out, now.
    pub to: Option<String>,
}

/// Use of one kind, of one unit or person where that is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct UseLine {
    /// Kind of question.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Questions for rows that searched these detections.
    pub questions: u64,
    /// Previews and counts, which show no rows.
    pub counts: u64,
    /// Detections of the owner that were shown.
    pub shown: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Usage {
    /// `numbers`, `units` or `people`.
    pub told: String,
    /// RFC 3339, UTC.
    pub from: String,
    /// Until when it is counted, RFC 3339, UTC: earlier than asked where there are too many entries for one count.
    pub to: String,
    pub is_cut: bool,
    pub lines: Vec<UseLine>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    questions: u64,
    counts: u64,
    shown: u64,
}

/// Kind of question, unit, person; the latter two where they are told.
type Key = (String, Option<u32>, Option<UserId>);

struct Tally {
    pools: BTreeSet<PoolId>,
    told: TellsUse,
    sums: BTreeMap<Key, Sums>,
    /// Entries of questions whose outcome is still to come.
    open: HashMap<u64, Key>,
}

impl Tally {
    fn take(&mut self, entry: &OpenedRecord) {
        let record = &entry.record;
        match entry.kind.as_str() {
            "query.rows" | "query.preview" | "query.count" => {
                let Some(key) = self.key(record) else { return };
                let sums = self.sums.entry(key.clone()).or_default();
                if entry.kind == "query.rows" {
                    sums.questions += 1;
                    self.open.insert(entry.index, key);
                } else {
                    sums.counts += 1;
                }
            }
            "query.outcome" => {
                let of = record["of"].as_u64().and_then(|of| self.open.remove(&of));
                let Some(key) = of else { return };
                let shown = record["shown"].as_object().into_iter().flatten();
                let shown = shown.filter(|(pool, _)| self.is_asked(pool.parse().ok())).filter_map(|(_, n)| n.as_u64());
                self.sums.entry(key).or_default().shown += shown.sum::<u64>();
            }
            _ => {}
        }
    }

    fn is_asked(&self, pool: Option<u32>) -> bool {
        pool.is_some_and(|pool| self.pools.contains(&PoolId(pool)))
    }

    /// `None` where none of the owner's pools was searched.
    fn key(&self, record: &Value) -> Option<Key> {
        let mut pools = record["pools"].as_array()?.iter().filter_map(Value::as_u64);
        if !pools.any(|pool| self.is_asked(u32::try_from(pool).ok())) {
            return None;
        }
        let by = &record["by"];
        let unit = by["unit"].as_u64().and_then(|unit| u32::try_from(unit).ok());
        let person = by["user"].as_str().and_then(|user| user.parse().ok());
        Some((
            record["question"]["criteria"]["kind"].as_str().unwrap_or("unknown").to_owned(),
            unit.filter(|_| self.told >= TellsUse::Units),
            person.filter(|_| self.told >= TellsUse::People),
        ))
    }
}

/// Counts the use from `from` on, before `to`.
pub async fn count(
    app: &App,
    agreement: &Agreement,
    told: TellsUse,
    from: UtcMicros,
    to: UtcMicros,
) -> Result<Usage, Problem> {
    let recipient = agreement.terms.recipient;
    let pools = store::pools_under(&app.sql, &agreement.terms).await?;
    let mut tally = Tally { pools, told, sums: BTreeMap::new(), open: HashMap::new() };
    let (mut next, mut opened, mut reached) = (first_since(app, recipient, from).await?, 0, to);
    'entries: loop {
        let page = app.ledger.records_of(Some(recipient), next, ENTRIES_AT_ONCE).await?;
        for entry in &page {
            let is_late = entry.time >= to;
            if is_late && tally.open.is_empty() {
                break 'entries;
            }
            if opened == ENTRIES_MAX {
                reached = reached.min(entry.time);
                break 'entries;
            }
            opened += 1;
            // After the end only outcomes of what was asked before it count.
            if !is_late || entry.kind == "query.outcome" {
                tally.take(entry);
            }
        }
        match page.last() {
            Some(last) => next = last.index + 1,
            None => break,
        }
    }
    Ok(Usage {
        told: told.word().into(),
        from: from.to_string(),
        to: reached.to_string(),
        is_cut: reached < to,
        lines: lines(app, recipient, tally.sums).await?,
    })
}

/// Index from which on the agency's entries are of `from` or later. Entries are in order of time.
async fn first_since(app: &App, agency: AgencyId, from: UtcMicros) -> Result<u64, Problem> {
    let (mut low, mut high) = (0, app.ledger.size());
    while low < high {
        let middle = low + (high - low) / 2;
        let found = app.ledger.records_of(Some(agency), middle, 1).await?;
        match found.first() {
            Some(entry) if entry.time < from => low = entry.index + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

async fn lines(app: &App, recipient: AgencyId, sums: BTreeMap<Key, Sums>) -> Result<Vec<UseLine>, Problem> {
    let units = agency_store::units(&app.sql, recipient).await?;
    let people = account_store::users_of(&app.sql, recipient).await?;
    let name_of_unit = |id: u32| units.iter().find(|unit| unit.id.0 == id).map(|unit| unit.name.clone());
    let name_of = |id: UserId| people.iter().find(|user| user.id == id).map(|user| user.name.clone());
    let line = |((kind, unit, person), Sums { questions, counts, shown }): (Key, Sums)| UseLine {
        kind,
        unit: unit.and_then(name_of_unit),
        person: person.and_then(name_of),
        questions,
        counts,
        shown,
    };
    Ok(sums.into_iter().map(line).collect())
}
