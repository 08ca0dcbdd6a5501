//! The way in that everybody takes: a question is decided by policy and recorded by the ledger before it is timed.

use crate::dataset::{END, OWNER};
use domain::{
    LogIn, Permission, PoolId, Purpose, Question, ReasonCode, Role, Source, Target, TargetKind, UnitId, UserId,
};
use ledger::{Ledger, Recorded};
use policy::{AgencyPolicy, Asker, ExactCount, Permit, PoolFacts, QueryRequest, ReasonFacts, Rows, Signature};

/// Wide enough for every question of the table.
const LIMITS: &str = r#"
wildcards = "star-is-any"
smallest_area_m2 = 3
largest_area_m2 = 4_000_000_000
largest_areas_together_m2 = 4_000_000_000
fewest_known_characters = 1
narrow_below_known = 1
phishing_resistant = false
print_unverified = true
case_reference_required = []
look_back_default_days = 365
preview_first = false

[longest_span_days]
full-plate = 400
partial-plate = 400
make-model = 400
area = 400
common-plate = 400
movement = 400
"#;

/// Policy and ledger of an agency that may ask anything.
pub(crate) struct Gate {
    ledger: Ledger,
    policy: AgencyPolicy,
}

impl Gate {
    pub(crate) fn new(ledger: Ledger) -> anyhow::Result<Self> {
        let rules = r#"
            @id("everything") @sentence("Everything may be asked here.") @source("a measurement")
            permit (principal, action, resource);
        "#;
        let policy =
            AgencyPolicy::parse("anything", "1", rules, LIMITS).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(Self { ledger, policy })
    }

    /// Rows, with the warning of many confirmed.
    pub(crate) async fn rows(&self, question: &Question) -> anyhow::Result<Recorded<Permit<Rows>>> {
        let permit =
            policy::rows(&self.policy, request(question)?, true).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        Ok(self.ledger.record(permit).await?)
    }

    pub(crate) async fn exact_count(&self, question: &Question) -> anyhow::Result<Recorded<Permit<ExactCount>>> {
        let permit =
            policy::exact_count(&self.policy, request(question)?).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        Ok(self.ledger.record(permit).await?)
    }
}

fn request(question: &Question) -> anyhow::Result<QueryRequest> {
    let pool = |number, source| PoolFacts { pool: PoolId(number), owner: OWNER, source, agreement: None };
    let user: UserId = "00000000-0000-4000-8000-000000000001".parse()?;
    Ok(QueryRequest {
        now: END,
        query: "00000000-0000-4000-9000-000000000001".parse()?,
        asker: Asker {
            signature: Signature {
                user,
                agency: OWNER,
                unit: UnitId(1),
                roles: vec![Role::CriminalInvestigator],
                log_in: LogIn::Enhanced,
                channel: "api".into(),
                device: "bench".into(),
            },
            permissions: Permission::ALL.iter().copied().collect(),
            cleared: true,
            active: true,
            agency_active: true,
            unit_profile: "default".into(),
            rules_accepted: true,
            enhanced_rules_accepted: true,
            file: policy::PersonnelFile::fresh(END),
        },
        question: question.clone(),
        purpose: Purpose {
            reason: ReasonCode("BENCH".into()),
            case_reference: Some("24-001".into()),
            subject: Some("a vehicle that does not exist".into()),
            target: Some(Target { kind: TargetKind::Vehicle, description: "a vehicle that does not exist".into() }),
            justification: Some("how long does the store take for this".into()),
            suspicion_facts: Some("it may be slower than what was promised".into()),
            on_behalf_of: None,
            place_linked_to_case: true,
            not_based_on_trait: true,
        },
        reason: Some(ReasonFacts {
            code: ReasonCode("BENCH".into()),
            criminal: true,
            active: true,
            class: domain::ReasonClass::CriminalInvestigation,
            units: None,
            authority: "none".into(),
            max_look_back_days: 365,
        }),
        colleague: None,
        pools: vec![pool(1, Source::Pole), pool(2, Source::TollRoad), pool(3, Source::VehicleMounted)],
        again_of: None,
        record: policy::QueryRecord::default(),
    })
}
