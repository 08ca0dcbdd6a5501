//! SQL of agreements, and of the pools that they open.

use crate::agencies::store::{join_words, next_id, small_id, split_words};
use domain::{AgencyId, Permission, PoolId, ReasonCode, Source, UtcMicros};
use policy::{AgreementFacts, PoolFacts};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};
use std::collections::BTreeSet;
use storage::sql::Migration;
use storage::{Sql, SqlError};

/// Runs after the agencies' own, which made the table.
pub async fn migrate(sql: &Sql) -> Result<(), SqlError> {
    sql.migrate("sharing", MIGRATIONS).await
}

const MIGRATIONS: &[Migration] = &[Migration {
    // Two signatures and a state. Agreements from before were in force with one: 0 is the time of their signatures.
    number: 1,
    statements: "
        ALTER TABLE agreements ADD COLUMN state TEXT NOT NULL DEFAULT 'in-force';
        ALTER TABLE agreements ADD COLUMN tells_use TEXT NOT NULL DEFAULT 'nothing';
        ALTER TABLE agreements ADD COLUMN owner_signer TEXT NOT NULL DEFAULT '';
        ALTER TABLE agreements ADD COLUMN owner_signed BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE agreements ADD COLUMN recipient_signer TEXT NOT NULL DEFAULT '';
        ALTER TABLE agreements ADD COLUMN recipient_signed BIGINT;
        ALTER TABLE agreements ADD COLUMN changed BIGINT;
        ALTER TABLE agreements ADD COLUMN changed_by BIGINT;
        ALTER TABLE agreements ADD COLUMN why TEXT NOT NULL DEFAULT '';
        UPDATE agreements SET recipient_signed = 0;
        UPDATE agreements SET state = 'ended' WHERE active = 0;
        ALTER TABLE agreements DROP COLUMN active;
        CREATE INDEX agreements_by_owner ON agreements (owner);
        CREATE INDEX agreements_by_recipient ON agreements (recipient);
    ",
}];

/// What of the recipient's use of the detections the owner is told (AGY-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TellsUse {
    #[default]
    Nothing,
    /// How many questions of each kind, and how many detections they showed.
    Numbers,
    /// The same by unit.
    Units,
    /// The same by person.
    People,
}

impl TellsUse {
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Numbers, Self::Units, Self::People];

    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Numbers => "numbers",
            Self::Units => "units",
            Self::People => "people",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementState {
    /// Signed by the owner, waits for the recipient's signature.
    Proposed,
    /// Both have signed.
    InForce,
    /// By one of them, who may let it go on.
    Suspended,
    /// For good.
    Ended,
}

impl AgreementState {
    pub const ALL: [Self; 4] = [Self::Proposed, Self::InForce, Self::Suspended, Self::Ended];

    pub fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::InForce => "in-force",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What is agreed: who shows what to whom, from when to when.
#[derive(Clone, Debug)]
pub struct Terms {
    pub owner: AgencyId,
    pub recipient: AgencyId,
    /// `None` is every source kind of the owner.
    pub sources: Option<BTreeSet<Source>>,
    pub permissions: BTreeSet<Permission>,
    /// `None` is every reason.
    pub reasons: Option<BTreeSet<ReasonCode>>,
    pub from: UtcMicros,
    pub to: UtcMicros,
    /// Reference of the document.
    pub document: String,
    pub tells_use: TellsUse,
}

/// Who signed for an agency, and when; time 0 for what was signed before a release that asks for two signatures.
#[derive(Clone, Debug)]
pub struct Signature {
    pub name: String,
    pub at: UtcMicros,
}

/// A sharing agreement (AGY-2).
#[derive(Clone, Debug)]
pub struct Agreement {
    pub id: u32,
    pub terms: Terms,
    pub state: AgreementState,
    pub owner_signed: Signature,
    pub recipient_signed: Option<Signature>,
    /// When it was suspended or ended, by which of the two, and why.
    pub changed: Option<(UtcMicros, AgencyId, String)>,
}

impl Agreement {
    /// What of a period lies after both signatures, within the agreed time, and before an end.
    pub fn within_its_time(&self, from: UtcMicros, to: UtcMicros) -> (UtcMicros, UtcMicros) {
        let signed = self.recipient_signed.as_ref().map_or(self.terms.to, |signature| signature.at);
        let ended = self.changed.as_ref().filter(|_| self.state == AgreementState::Ended).map(|(at, ..)| *at);
        let from = from.max(self.terms.from).max(signed);
        (from, to.min(self.terms.to).min(ended.unwrap_or(self.terms.to)).max(from))
    }
}

fn read(row: &AnyRow) -> Result<Agreement, sqlx::Error> {
    let sources: Option<String> = row.try_get("sources")?;
    let reasons: Option<String> = row.try_get("reasons")?;
    let permissions: String = row.try_get("permissions")?;
    let agency = |column: &str| Ok::<_, sqlx::Error>(AgencyId(small_id(row.try_get(column)?)?));
    let recipient_signed: Option<i64> = row.try_get("recipient_signed")?;
    let recipient_signer: String = row.try_get("recipient_signer")?;
    let changed: Option<i64> = row.try_get("changed")?;
    let changed = match changed {
        Some(at) => Some((UtcMicros(at), agency("changed_by")?, row.try_get("why")?)),
        None => None,
    };
    let terms = Terms {
        owner: agency("owner")?,
        recipient: agency("recipient")?,
        sources: sources.map(|words| split_words(&words, Source::from_word).collect()),
        permissions: split_words(&permissions, Permission::from_word).collect(),
        reasons: reasons.map(|words| split_words(&words, |word| Some(ReasonCode(word.to_owned()))).collect()),
        from: UtcMicros(row.try_get("starts")?),
        to: UtcMicros(row.try_get("ends")?),
        document: row.try_get("document")?,
        tells_use: TellsUse::from_word(row.try_get("tells_use")?).unwrap_or_default(),
    };
    Ok(Agreement {
        id: small_id(row.try_get("id")?)?,
        terms,
        // What a newer release calls otherwise opens nothing here.
        state: AgreementState::from_word(row.try_get("state")?).unwrap_or(AgreementState::Suspended),
        owner_signed: Signature { name: row.try_get("owner_signer")?, at: UtcMicros(row.try_get("owner_signed")?) },
        recipient_signed: recipient_signed.map(|at| Signature { name: recipient_signer, at: UtcMicros(at) }),
        changed,
    })
}

/// Agreements in which the agency is a party, on either side, by number.
pub async fn agreements_of(sql: &Sql, agency: AgencyId) -> Result<Vec<Agreement>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM agreements WHERE owner = $1 OR recipient = $1 ORDER BY id")
        .bind(i64::from(agency.0))
        .fetch_all(sql.pool())
        .await?;
    rows.iter().map(read).collect()
}

/// An agreement in which the agency is a party; another's is like none.
pub async fn agreement(sql: &Sql, id: u32, agency: AgencyId) -> Result<Option<Agreement>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM agreements WHERE id = $1 AND (owner = $2 OR recipient = $2)")
        .bind(i64::from(id))
        .bind(i64::from(agency.0))
        .fetch_optional(sql.pool())
        .await?;
    row.as_ref().map(read).transpose()
}

/// The pools that policy decides on for an agency: its own, and those of others with the agreement that may open them.
/// A pool under several agreements is listed once for each; a pool without one is not listed at all. `owner_allows`: whether
/// the owner's policy, as it is now, allows what the agreement says.
pub async fn pool_facts(
    sql: &Sql,
    agency: AgencyId,
    owner_allows: impl Fn(AgencyId) -> bool,
) -> Result<Vec<PoolFacts>, sqlx::Error> {
    let agreements = agreements_of(sql, agency).await?;
    let rows = sqlx::query("SELECT id, owner, source FROM pools ORDER BY id").fetch_all(sql.pool()).await?;
    let mut facts = Vec::new();
    for row in rows {
        let pool = PoolId(small_id(row.try_get("id")?)?);
        let owner = AgencyId(small_id(row.try_get("owner")?)?);
        let word: String = row.try_get("source")?;
        let Some(source) = Source::from_word(&word) else { continue };
        if owner == agency {
            facts.push(PoolFacts { pool, owner, source, agreement: None });
            continue;
        }
        if !agreements.iter().any(|agreement| agreement.terms.owner == owner) || !owner_allows(owner) {
            continue;
        }
        let covers = |agreement: &&Agreement| {
            let terms = &agreement.terms;
            terms.owner == owner
                && terms.recipient == agency
                && terms.sources.as_ref().is_none_or(|sources| sources.contains(&source))
        };
        for Agreement { terms, state, .. } in agreements.iter().filter(covers) {
            let agreement = AgreementFacts {
                permissions: terms.permissions.clone(),
                reasons: terms.reasons.clone(),
                from: terms.from,
                to: terms.to,
                active: *state == AgreementState::InForce,
            };
            facts.push(PoolFacts { pool, owner, source, agreement: Some(agreement) });
        }
    }
    Ok(facts)
}

/// The pools of an owner that an agreement is about.
pub async fn pools_under(sql: &Sql, terms: &Terms) -> Result<BTreeSet<PoolId>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, source FROM pools WHERE owner = $1")
        .bind(i64::from(terms.owner.0))
        .fetch_all(sql.pool())
        .await?;
    let mut pools = BTreeSet::new();
    for row in rows {
        let word: String = row.try_get("source")?;
        let is_meant = |source| terms.sources.as_ref().is_none_or(|sources| sources.contains(&source));
        if Source::from_word(&word).is_some_and(is_meant) {
            pools.insert(PoolId(small_id(row.try_get("id")?)?));
        }
    }
    Ok(pools)
}

pub(super) async fn insert(
    transaction: &mut Transaction<'_, Any>,
    terms: &Terms,
    signer: &str,
    now: UtcMicros,
) -> Result<u32, sqlx::Error> {
    let id = next_id(&mut **transaction, "agreements").await?;
    sqlx::query(
        "INSERT INTO agreements
             (id, owner, recipient, sources, permissions, reasons, starts, ends, document, tells_use, state, owner_signer,
              owner_signed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'proposed', $11, $12)",
    )
    .bind(id)
    .bind(i64::from(terms.owner.0))
    .bind(i64::from(terms.recipient.0))
    .bind(terms.sources.as_ref().map(join_words))
    .bind(join_words(&terms.permissions))
    .bind(terms.reasons.as_ref().map(|reasons| join_words(reasons.iter().map(|reason| reason.0.as_str()))))
    .bind(terms.from.0)
    .bind(terms.to.0)
    .bind(terms.document.as_str())
    .bind(terms.tells_use.word())
    .bind(signer)
    .bind(now.0)
    .execute(&mut **transaction)
    .await?;
    small_id(id)
}

/// The recipient's signature, under what it has read; false where there is no proposal to it any more.
pub(super) async fn sign(
    transaction: &mut Transaction<'_, Any>,
    id: u32,
    recipient: AgencyId,
    signer: &str,
    now: UtcMicros,
) -> Result<bool, sqlx::Error> {
    let signed = sqlx::query(
        "UPDATE agreements SET state = 'in-force', recipient_signer = $3, recipient_signed = $4
         WHERE id = $1 AND recipient = $2 AND state = 'proposed'",
    )
    .bind(i64::from(id))
    .bind(i64::from(recipient.0))
    .bind(signer)
    .bind(now.0)
    .execute(&mut **transaction)
    .await?;
    Ok(signed.rows_affected() > 0)
}

/// Lets one that the agency has suspended go on; false where it has not.
pub(super) async fn resume(
    transaction: &mut Transaction<'_, Any>,
    id: u32,
    agency: AgencyId,
) -> Result<bool, sqlx::Error> {
    let resumed = sqlx::query(
        "UPDATE agreements SET state = 'in-force', changed = NULL, changed_by = NULL, why = ''
         WHERE id = $1 AND state = 'suspended' AND changed_by = $2",
    )
    .bind(i64::from(id))
    .bind(i64::from(agency.0))
    .execute(&mut **transaction)
    .await?;
    Ok(resumed.rows_affected() > 0)
}

/// Suspends what is in force, or ends what is not ended; false where it is in another state.
pub(super) async fn stop(
    transaction: &mut Transaction<'_, Any>,
    id: u32,
    agency: AgencyId,
    ends: bool,
    why: &str,
    now: UtcMicros,
) -> Result<bool, sqlx::Error> {
    let text = if ends {
        "UPDATE agreements SET state = 'ended', changed = $3, changed_by = $2, why = $4
         WHERE id = $1 AND (owner = $2 OR recipient = $2) AND state <> 'ended'"
    } else {
        "UPDATE agreements SET state = 'suspended', changed = $3, changed_by = $2, why = $4
         WHERE id = $1 AND (owner = $2 OR recipient = $2) AND state = 'in-force'"
    };
    let stopped = sqlx::query(text)
        .bind(i64::from(id))
        .bind(i64::from(agency.0))
        .bind(now.0)
        .bind(why)
        .execute(&mut **transaction)
        .await?;
    Ok(stopped.rows_affected() > 0)
}
