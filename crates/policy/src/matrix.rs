//! Who may ask what, as a table that is made by real decisions, and the rules in words.

use crate::agency_policy::AgencyPolicy;
use crate::asking::{Asker, PoolFacts, QueryRecord, QueryRequest, ReasonFacts};
use crate::decide;
use crate::kinds::{self, Extent};
use crate::permit::Signature;
use crate::personnel::PersonnelFile;
use domain::{
    AgencyId, LogIn, Permission, PoolId, QuestionKind, ReasonClass, ReasonCode, Role, Source, UnitId, UtcMicros,
};

/// A cell: the same person, who holds everything, asks with everything filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixCell {
    pub allowed: bool,
    /// The rule that decides.
    pub rule: String,
}

/// A row: a kind of question and a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixRow {
    pub profile: String,
    pub kind: QuestionKind,
    pub role: Role,
    /// Standard door, criminal reason.
    pub plain: MatrixCell,
    /// Enhanced door, criminal reason.
    pub enhanced: MatrixCell,
    /// Enhanced door, administrative reason.
    pub administrative: MatrixCell,
}

/// The table of a policy for some kinds of unit.
pub fn matrix(policy: &AgencyPolicy, profiles: &[String], now: UtcMicros) -> Vec<MatrixRow> {
    let mut rows = Vec::new();
    for profile in profiles {
        for kind in QuestionKind::ALL {
            for role in Role::ALL {
                let cell = |log_in, criminal| cell(policy, *kind, *role, profile, (log_in, criminal), now);
                rows.push(MatrixRow {
                    profile: profile.clone(),
                    kind: *kind,
                    role: *role,
                    plain: cell(LogIn::Plain, true),
                    enhanced: cell(LogIn::Enhanced, true),
                    administrative: cell(LogIn::Enhanced, false),
                });
            }
        }
    }
    rows
}

fn cell(
    policy: &AgencyPolicy,
    kind: QuestionKind,
    role: Role,
    profile: &str,
    (log_in, criminal): (LogIn, bool),
    now: UtcMicros,
) -> MatrixCell {
    match example(policy, kind, role, profile, (log_in, criminal), now)
        .map(|request| decide::decisive_rule(policy, request))
    {
        Some(Ok(rule)) => MatrixCell { allowed: true, rule },
        Some(Err(refusal)) => MatrixCell { allowed: false, rule: refusal.rule },
        None => MatrixCell { allowed: false, rule: "policy-error".into() },
    }
}

/// A question of somebody who holds every permission, clearance and training, with everything filled in.
pub(crate) fn example(
    policy: &AgencyPolicy,
    kind: QuestionKind,
    role: Role,
    profile: &str,
    (log_in, criminal): (LogIn, bool),
    now: UtcMicros,
) -> Option<QueryRequest> {
    let (question, purpose) = kinds::tried(kind, policy.limits(), &Extent::default(), now)?;
    let code = ReasonCode("-".into());
    let agency = AgencyId(0);
    Some(QueryRequest {
        now,
        query: "00000000-0000-0000-0000-000000000000".parse().ok()?,
        asker: Asker {
            signature: Signature {
                user: "00000000-0000-0000-0000-000000000000".parse().ok()?,
                agency,
                unit: UnitId(0),
                roles: vec![role],
                log_in,
                channel: "web".into(),
                device: String::new(),
            },
            permissions: Permission::ALL.iter().copied().collect(),
            cleared: true,
            active: true,
            agency_active: true,
            unit_profile: profile.to_owned(),
            rules_accepted: true,
            enhanced_rules_accepted: true,
            file: PersonnelFile::fresh(now),
        },
        question,
        purpose: domain::Purpose { reason: code.clone(), ..purpose },
        reason: Some(ReasonFacts {
            code,
            criminal,
            active: true,
            class: if criminal { ReasonClass::CriminalInvestigation } else { ReasonClass::Other },
            units: None,
            authority: String::new(),
            max_look_back_days: u32::MAX,
        }),
        colleague: None,
        pools: vec![PoolFacts { pool: PoolId(0), owner: agency, source: Source::Pole, agreement: None }],
        again_of: None,
        record: QueryRecord { previewed: true, policy_published: true, ..QueryRecord::default() },
    })
}

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText<'a> {
    pub id: &'a str,
    pub permits: bool,
    /// Where in the order of refusals a rule that forbids stands.
    pub stage: Option<&'static str>,
    pub sentence: &'a str,
    pub unlock: Option<&'a str>,
    pub source: &'a str,
}

/// All rules of a policy, those of every agency first.
pub fn rule_texts(policy: &AgencyPolicy) -> Vec<RuleText<'_>> {
    let text = |id| {
        let rule = policy.rules.get(id)?;
        Some(RuleText {
            id,
            permits: rule.stage.is_none(),
            stage: rule.stage.map(crate::rules::Stage::word),
            sentence: &rule.sentence,
            unlock: rule.unlock.as_deref(),
            source: &rule.source,
        })
    };
    policy.rules.ids().into_iter().filter_map(text).collect()
}
