//! What a decision rests on, gathered by the caller: who asks, what and why, and what the agency's records say of it.

use crate::permit::Signature;
use crate::personnel::PersonnelFile;
use domain::{
    AgencyId, Permission, PoolId, Purpose, QueryId, Question, ReasonClass, ReasonCode, Role, Source, UnitId, UserId,
    UtcMicros,
};
use std::collections::BTreeSet;

/// The person who asks, through one session, as the accounts say at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and rules name them one by one")]
pub struct Asker {
    pub signature: Signature,
    pub permissions: BTreeSet<Permission>,
    /// Vetted with the clearance that criminal investigations need.
    pub cleared: bool,
    pub active: bool,
    pub agency_active: bool,
    /// What kind of unit it is to the preset: `investigations`, `enforcement`, `default`.
    pub unit_profile: String,
    /// The current version of the rules of behaviour was accepted at this log-in (ACC-4).
    pub rules_accepted: bool,
    /// The same for the rules of the enhanced functions; looked at when the session came through that door.
    pub enhanced_rules_accepted: bool,
    pub file: PersonnelFile,
}

/// The colleague for whom a question is asked (WHY-4), as the accounts say at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and rules name them one by one")]
pub struct ColleagueFacts {
    pub user: UserId,
    pub agency: AgencyId,
    pub unit: UnitId,
    pub roles: Vec<Role>,
    pub permissions: BTreeSet<Permission>,
    pub cleared: bool,
    pub active: bool,
    pub unit_profile: String,
    /// The current version of the rules was accepted at some log-in of the colleague's own.
    pub rules_accepted: bool,
    pub enhanced_rules_accepted: bool,
    pub file: PersonnelFile,
}

/// What the agency's list says of the reason code (WHY-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonFacts {
    pub code: ReasonCode,
    /// For criminal investigations, not administrative ones.
    pub criminal: bool,
    pub active: bool,
    /// What the agency says that it is for.
    pub class: ReasonClass,
    /// The units that may use it; `None` is all.
    pub units: Option<BTreeSet<UnitId>>,
    /// The legal authority that the code stands for; recorded with the permit.
    pub authority: String,
    /// How far back a question may reach (WHY-5).
    pub max_look_back_days: u32,
}

/// What the agency's pattern and list of cases say of a case reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseStanding {
    /// It is written as it should be, and there is no list to look it up in.
    #[default]
    NotListed,
    Open,
    Closed,
    /// It is not in the list.
    Unknown,
    NotOfPattern,
}

/// Square meters of a square kilometer, of which budgets are written.
pub const M2_PER_KM2: i64 = 1_000_000;

/// Area and time against one budget, in square-meter days: the size of what is asked about, times the days that are looked
/// at. What the same areas were asked about before within the window counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetFacts {
    /// What the question adds; nothing where it looks only at what was looked at before.
    pub adds: i64,
    /// What was spent within [`crate::AREA_BUDGET_DAYS`] before it.
    pub spent: i64,
    /// When enough is free again, where that is ever.
    pub enough_free: Option<UtcMicros>,
}

impl BudgetFacts {
    /// What would be spent with this question.
    pub(crate) fn with(&self) -> i64 {
        self.spent.saturating_add(self.adds)
    }
}

/// Area and time against both budgets (LIM-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AreaTime {
    pub person: BudgetFacts,
    /// Of the case that the purpose names.
    pub case: BudgetFacts,
}

/// What is on record about a question beside who asks and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryRecord {
    pub case: CaseStanding,
    /// Questions of this person with the same justification within [`crate::REPEATED_DAYS`] before this one.
    pub justification_uses: u32,
    /// The same for the facts of suspicion.
    pub suspicion_facts_uses: u32,
    pub area_time: AreaTime,
    /// A preview of exactly this question was seen in this session (LIM-4).
    pub previewed: bool,
    /// The agency has recorded where its usage and privacy policy is published.
    pub policy_published: bool,
}

/// A pool that could be asked, and the agreement under which its owner shares it with the asker's agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolFacts {
    pub pool: PoolId,
    pub owner: AgencyId,
    pub source: Source,
    /// Own pools need none.
    pub agreement: Option<AgreementFacts>,
}

/// A sharing agreement (AGY-2): who, what, from when to when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementFacts {
    /// The kinds of question it covers.
    pub permissions: BTreeSet<Permission>,
    /// The asker's reasons it covers; `None` is all.
    pub reasons: Option<BTreeSet<ReasonCode>>,
    /// In force from this instant on ...
    pub from: UtcMicros,
    /// ... and until before this one.
    pub to: UtcMicros,
    pub active: bool,
}

/// A question to be decided. A permit takes the question and the purpose out of it, so what was decided is what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRequest {
    pub now: UtcMicros,
    pub query: QueryId,
    pub asker: Asker,
    pub question: Question,
    pub purpose: Purpose,
    /// `None` where the agency's list does not have the purpose's code.
    pub reason: Option<ReasonFacts>,
    /// `None` where the purpose names no colleague, or one whom nobody knows.
    pub colleague: Option<ColleagueFacts>,
    pub pools: Vec<PoolFacts>,
    /// The query that this one asks again (QRY-9).
    pub again_of: Option<QueryId>,
    pub record: QueryRecord,
}
