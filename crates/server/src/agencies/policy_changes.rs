//! An agency changes its policy: another preset, or numbers of its own. What narrows is in force at once; what widens needs a
//! published document, and a second manager, and is not in force before (AGY-5).

use super::acts::{self, Act, ActError, Secrets};
use super::api::{Made, MadeAnswer, name};
use super::store::{self, Agency, next_id, small_id};
use crate::App;
use crate::accounts::{Caller, store as account_store, vouching};
use crate::http::Problem;
use crate::http::routes::read_json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::{AgencyId, UserId, UtcMicros};
use jiff::civil::Date;
use policy::AgencyPolicy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// Kinds of unit that an agency can have, in any case; those that it has are looked at too.
const PROFILES: [&str; 3] = ["default", "investigations", "enforcement"];

#[derive(Clone, Debug)]
pub enum PolicyAct {
    /// Takes effect at once.
    Narrow {
        agency: AgencyId,
        policy: Chosen,
    },
    /// Waits for a second manager; takes the place of one that waits already.
    Propose {
        agency: AgencyId,
        policy: Chosen,
        widens: Vec<String>,
        document: Document,
    },
    Confirm {
        agency: AgencyId,
        id: u32,
        /// What waits under this number, as the ledger records it.
        policy: Option<Chosen>,
    },
    Withdraw {
        agency: AgencyId,
        id: u32,
    },
}

/// A preset and the numbers that are changed in it.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub preset: String,
    pub limits: Map<String, Value>,
    /// The revision on which it was compared: another change meanwhile makes the comparison void.
    pub compared_with: u32,
}

/// The published document that a wider policy rests on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub reference: String,
    /// Its date, such as `2026-05-03`; not in the future.
    pub date: String,
}

impl PolicyAct {
    pub fn agency(&self) -> AgencyId {
        match self {
            Self::Narrow { agency, .. }
            | Self::Propose { agency, .. }
            | Self::Confirm { agency, .. }
            | Self::Withdraw { agency, .. } => *agency,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Narrow { .. } => "policy.narrowed",
            Self::Propose { .. } => "policy.widening-proposed",
            Self::Confirm { .. } => "policy.widening-confirmed",
            Self::Withdraw { .. } => "policy.widening-withdrawn",
        }
    }

    pub fn record(&self) -> Value {
        match self {
            Self::Narrow { policy, .. } => json!({ "preset": policy.preset, "limits": policy.limits }),
            Self::Propose { policy, widens, document, .. } => json!({
                "preset": policy.preset, "limits": policy.limits, "widens": widens, "document": document,
            }),
            Self::Confirm { id, policy: Some(policy), .. } => {
                json!({ "id": id, "preset": policy.preset, "limits": policy.limits })
            }
            Self::Confirm { id, .. } | Self::Withdraw { id, .. } => json!({ "id": id }),
        }
    }

    pub(crate) async fn apply(
        self,
        transaction: &mut Transaction<'_, Any>,
        by: Option<UserId>,
        now: UtcMicros,
    ) -> Result<u32, ActError> {
        let agency = self.agency();
        sqlx::query("UPDATE agencies SET active = active WHERE id = $1")
            .bind(i64::from(agency.0))
            .execute(&mut **transaction)
            .await?;
        match self {
            Self::Narrow { policy, .. } => {
                put(transaction, agency, &policy).await?;
                Ok(0)
            }
            Self::Propose { policy, widens, document, .. } => {
                still_compared(transaction, agency, policy.compared_with).await?;
                drop_pending(transaction, agency).await?;
                let id = next_id(&mut **transaction, "policy_changes").await?;
                sqlx::query(
                    "INSERT INTO policy_changes (id, agency, made_by, made, preset, limits, widens, reference, dated,
                         revision)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                )
                .bind(id)
                .bind(i64::from(agency.0))
                .bind(by.map(|by| by.to_string()).unwrap_or_default())
                .bind(now.0)
                .bind(policy.preset)
                .bind(Value::Object(policy.limits).to_string())
                .bind(widens.join("\n"))
                .bind(document.reference)
                .bind(document.date)
                .bind(i64::from(policy.compared_with))
                .execute(&mut **transaction)
                .await?;
                Ok(small_id(id)?)
            }
            Self::Confirm { id, .. } => {
                let pending = pending_in(transaction, agency, id).await?;
                if by.is_none() || by == Some(pending.by) {
                    let problem = Problem::not_permitted("another manager than the one who proposed it has to confirm");
                    return Err(Problem { rule: Some("second-manager".into()), ..problem }.into());
                }
                if let Some(by) = by
                    && !vouching::are_independent(transaction, pending.by, by, now).await?
                {
                    let sentence = format!(
                        "the two managers have to be independent: one of them made, invited or changed the other's account \
                         within {} days, or one person both",
                        vouching::VOUCHED_DAYS
                    );
                    let problem = Problem::not_permitted(sentence);
                    return Err(Problem { rule: Some("independent-manager".into()), ..problem }.into());
                }
                put(transaction, agency, &pending.chosen).await?;
                drop_pending(transaction, agency).await?;
                Ok(0)
            }
            Self::Withdraw { id, .. } => {
                pending_in(transaction, agency, id).await?;
                drop_pending(transaction, agency).await?;
                Ok(0)
            }
        }
    }
}

async fn still_compared(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    revision: u32,
) -> Result<(), ActError> {
    let row = sqlx::query("SELECT policy_revision FROM agencies WHERE id = $1")
        .bind(i64::from(agency.0))
        .fetch_one(&mut **transaction)
        .await?;
    let now: i64 = row.try_get("policy_revision")?;
    if now == i64::from(revision) {
        return Ok(());
    }
    Err(Problem::conflict("policy", "the policy was changed meanwhile; look at it and try again").into())
}

async fn put(transaction: &mut Transaction<'_, Any>, agency: AgencyId, chosen: &Chosen) -> Result<(), ActError> {
    still_compared(transaction, agency, chosen.compared_with).await?;
    let limits = (!chosen.limits.is_empty()).then(|| Value::Object(chosen.limits.clone()).to_string());
    sqlx::query("UPDATE agencies SET preset = $2, limits = $3, policy_revision = policy_revision + 1 WHERE id = $1")
        .bind(i64::from(agency.0))
        .bind(chosen.preset.as_str())
        .bind(limits)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Its row stays: the number of a change is never that of another, which somebody could confirm unseen.
async fn drop_pending(transaction: &mut Transaction<'_, Any>, agency: AgencyId) -> Result<(), sqlx::Error> {
    let text = "UPDATE policy_changes SET settled = 1 WHERE agency = $1";
    sqlx::query(text).bind(i64::from(agency.0)).execute(&mut **transaction).await.map(|_| ())
}

/// A change that waits for a second manager.
struct Pending {
    id: u32,
    by: UserId,
    made: UtcMicros,
    chosen: Chosen,
    widens: Vec<String>,
    document: Document,
}

const PENDING: &str = "SELECT * FROM policy_changes WHERE agency = $1 AND settled = 0";

fn read_pending(row: &AnyRow) -> Result<Pending, sqlx::Error> {
    let (by, limits, widens): (String, String, String) =
        (row.try_get("made_by")?, row.try_get("limits")?, row.try_get("widens")?);
    Ok(Pending {
        id: small_id(row.try_get("id")?)?,
        by: by.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        made: UtcMicros(row.try_get("made")?),
        chosen: Chosen {
            preset: row.try_get("preset")?,
            limits: serde_json::from_str(&limits).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            compared_with: small_id(row.try_get("revision")?)?,
        },
        widens: widens.lines().map(ToOwned::to_owned).collect(),
        document: Document { reference: row.try_get("reference")?, date: row.try_get("dated")? },
    })
}

async fn pending_in(transaction: &mut Transaction<'_, Any>, agency: AgencyId, id: u32) -> Result<Pending, sqlx::Error> {
    let text = format!("{PENDING} AND id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(i64::from(agency.0))
        .bind(i64::from(id))
        .fetch_one(&mut **transaction)
        .await?;
    read_pending(&row)
}

/// The policy of the agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyView {
    pub preset: String,
    pub version: String,
    /// How often the agency has changed its policy.
    pub revision: u32,
    /// The numbers in force, by name.
    #[schema(value_type = Object)]
    pub limits: Value,
    /// Names of those that differ from the preset.
    pub changed: Vec<String>,
    /// Password rules: `nist` or `cjis`.
    pub passwords: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingView>,
}

/// A wider policy that waits for a second manager.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingView {
    pub id: u32,
    /// Name of the manager who proposed it.
    pub by: String,
    /// The caller proposed it, and cannot confirm it.
    pub own: bool,
    /// RFC 3339, UTC.
    pub made: String,
    pub preset: String,
    /// The numbers that would be changed in the preset.
    #[schema(value_type = Object)]
    pub limits: Value,
    /// What it lets through that the present policy does not.
    pub widens: Vec<String>,
    pub document: Document,
}

/// The policy in force, and a wider one that waits.
#[utoipa::path(get, path = "/api/v1/agency/policy", operation_id = "agency_policy", tag = "policy", responses((status = 200, body = PolicyView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Result<Json<PolicyView>, Problem> {
    let policy = caller.policy()?;
    let row = sqlx::query(PENDING).bind(i64::from(caller.agency.id.0)).fetch_optional(app.sql.pool()).await?;
    let pending = match row.as_ref().map(read_pending).transpose()? {
        None => None,
        Some(pending) => Some(PendingView {
            id: pending.id,
            own: pending.by == caller.user.id,
            by: account_store::user(&app.sql, pending.by).await?.map(|user| user.name).unwrap_or_default(),
            made: pending.made.to_string(),
            preset: pending.chosen.preset,
            limits: Value::Object(pending.chosen.limits),
            widens: pending.widens,
            document: pending.document,
        }),
    };
    let limits = serde_json::to_value(policy.limits()).map_err(|_| Problem::broken("limits could not be written"))?;
    Ok(Json(PolicyView {
        preset: policy.name().into(),
        version: policy.version().into(),
        revision: caller.agency.policy_revision,
        limits,
        changed: caller.agency.limits.keys().cloned().collect(),
        passwords: caller.agency.passwords.word().into(),
        pending,
    }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    /// Left out, the present one.
    pub preset: Option<String>,
    /// Numbers by name, as `GET /api/v1/agency/policy` shows them; `null` gives a number back to the preset. Left out, those
    /// of the present policy stay where the preset does, and none are changed in another.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub limits: Map<String, Value>,
    /// Names of optional limits that are to be none at all, such as `longest_look_back_days`.
    #[serde(default)]
    pub without: Vec<String>,
    /// A wider policy needs one.
    pub document: Option<Document>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    /// Number of a change that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    pub ledger_entry: u64,
    /// In force now; otherwise a second manager has to confirm it.
    pub effective: bool,
    /// What it lets through that the present policy does not.
    pub widens: Vec<String>,
}

/// Changes the policy. What only narrows is in force at once; what widens needs a published document and waits for another
/// manager.
#[utoipa::path(post, path = "/api/v1/agency/policy/changes", tag = "policy", request_body = ChangeBody,
    responses((status = 201, body = Changed), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn propose(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Changed>), Problem> {
    let body: ChangeBody = read_json(&bytes)?;
    let agency = &caller.agency;
    let (chosen, policy) = choose(&app, agency, &body)?;
    let present = app.policy_of(agency).ok_or_else(|| Problem::not_permitted("the policy is of a newer release"))?;
    let units = store::units(&app.sql, agency.id).await?;
    let profiles: BTreeSet<String> =
        units.into_iter().map(|unit| unit.profile).chain(PROFILES.map(ToOwned::to_owned)).collect();
    let now = app.clock.now();
    // Tens of thousands of decisions: off the threads that answer.
    let compare = move || policy::widened(&present, &policy, &profiles.into_iter().collect::<Vec<_>>(), now);
    let widens = tokio::task::spawn_blocking(compare).await.map_err(|_| Problem::broken("the comparison stopped"))?;
    let act = if widens.is_empty() {
        PolicyAct::Narrow { agency: agency.id, policy: chosen }
    } else {
        let document = document(body.document, now, &widens)?;
        PolicyAct::Propose { agency: agency.id, policy: chosen, widens: widens.clone(), document }
    };
    let done = acts::perform(&app, Some(caller.user.id), Act::Policy(act), Secrets::default()).await?;
    let id = (done.id != 0).then_some(done.id);
    let effective = widens.is_empty();
    Ok((StatusCode::CREATED, Json(Changed { id, ledger_entry: done.ledger_entry, effective, widens })))
}

/// What is chosen, and the policy that it makes.
fn choose(app: &App, agency: &Agency, body: &ChangeBody) -> Result<(Chosen, AgencyPolicy), Problem> {
    let name = body.preset.clone().unwrap_or_else(|| agency.preset.clone());
    let preset = app.policy(&name).ok_or_else(|| {
        let names = policy::PRESETS.map(|preset| preset.name).join(", ");
        Problem::invalid("preset", format!("the preset is one of: {names}"))
    })?;
    let mut limits = if name == agency.preset { agency.limits.clone() } else { Map::new() };
    for (name, value) in &body.limits {
        match value {
            Value::Null => drop(limits.remove(name)),
            Value::Object(some) => {
                let group = limits.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(group) = group {
                    group.extend(some.clone());
                }
            }
            value => drop(limits.insert(name.clone(), value.clone())),
        }
    }
    for name in &body.without {
        limits.insert(name.clone(), Value::Null);
    }
    let policy = preset
        .with_limits(&limits, agency.policy_revision + 1)
        .map_err(|error| Problem::invalid("limits", error.to_string()))?;
    Ok((Chosen { preset: name, limits, compared_with: agency.policy_revision }, policy))
}

fn document(given: Option<Document>, now: UtcMicros, widens: &[String]) -> Result<Document, Problem> {
    let needed = || {
        let first = widens.first().map(String::as_str).unwrap_or_default();
        let more = widens.len().saturating_sub(1);
        let detail = format!("this widens the policy, and needs a published document: {first} ({more} more)");
        Problem::invalid("document", detail)
    };
    let given = given.ok_or_else(needed)?;
    let reference = name("document.reference", &given.reference)?;
    let date: Date =
        given.date.parse().map_err(|_| Problem::invalid("document.date", "the date is a day such as 2026-05-03"))?;
    let today: String = now.to_string().chars().take_while(|character| *character != 'T').collect();
    if date.to_string() > today {
        return Err(Problem::invalid("document.date", "a document of the future is not published"));
    }
    Ok(Document { reference, date: date.to_string() })
}

async fn perform(app: &App, caller: &Caller, act: PolicyAct) -> MadeAnswer {
    let done = acts::perform(app, Some(caller.user.id), Act::Policy(act), Secrets::default()).await?;
    Ok((StatusCode::CREATED, Json(Made::from(done))))
}

/// Confirms a wider policy that another manager proposed; in force from the next request on.
#[utoipa::path(post, path = "/api/v1/agency/policy/changes/{id}/confirm", tag = "policy", params(("id" = u32, Path)),
    responses((status = 201, body = Made), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn confirm(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<u32>,
) -> MadeAnswer {
    let row = sqlx::query(PENDING).bind(i64::from(caller.agency.id.0)).fetch_optional(app.sql.pool()).await?;
    let pending = row.as_ref().map(read_pending).transpose()?.filter(|pending| pending.id == id);
    let policy = pending.map(|pending| pending.chosen);
    perform(&app, &caller, PolicyAct::Confirm { agency: caller.agency.id, id, policy }).await
}

/// Withdraws a wider policy that waits.
#[utoipa::path(delete, path = "/api/v1/agency/policy/changes/{id}", tag = "policy", params(("id" = u32, Path)),
    responses((status = 201, body = Made), (status = 404, body = Problem)))]
pub async fn withdraw(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<u32>,
) -> MadeAnswer {
    perform(&app, &caller, PolicyAct::Withdraw { agency: caller.agency.id, id }).await
}
