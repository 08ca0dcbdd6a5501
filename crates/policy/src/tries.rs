//! "Could this user ask this?": a question that nobody asks, decided by the same code as one that somebody does, and what
//! would change the answer. No detection is looked at, and no permit leaves.

use crate::agency_policy::AgencyPolicy;
use crate::asking::QueryRequest;
use crate::decide;
use crate::kinds::{self, Extent};
use crate::personnel::GrantFacts;
use crate::refusal::Refusal;
use domain::{Course, LogIn, QuestionKind, ReasonClass};

/// Something that is supposed to be otherwise than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supposed {
    /// The same person came through the enhanced door.
    EnhancedDoor,
    /// Every required training was passed today.
    Training,
    /// The person holds the permission of the kind.
    Permission,
    /// A review has just confirmed the person's permissions, and their certificates hold.
    Review,
    /// The reason is one for criminal investigations.
    CriminalReason,
    /// A second person approved exactly this question.
    Approval,
}

impl Supposed {
    pub const ALL: [Self; 6] =
        [Self::EnhancedDoor, Self::Training, Self::Permission, Self::Review, Self::CriminalReason, Self::Approval];
    /// What the asker of a real question is told: the others are for those who manage.
    const TOLD: [Self; 3] = [Self::EnhancedDoor, Self::Training, Self::Approval];

    pub fn word(self) -> &'static str {
        match self {
            Self::EnhancedDoor => "enhanced-door",
            Self::Training => "training",
            Self::Permission => "permission",
            Self::Review => "review",
            Self::CriminalReason => "criminal-reason",
            Self::Approval => "approval",
        }
    }

    pub fn sentence(self) -> &'static str {
        match self {
            Self::EnhancedDoor => "The person logs in through the enhanced door.",
            Self::Training => "The person passes every required training.",
            Self::Permission => "The person is granted the permission of this kind of question.",
            Self::Review => "A review confirms the person's permissions, certified anew where their time is over.",
            Self::CriminalReason => "The question is asked for a criminal reason.",
            Self::Approval => "A second person approves exactly this question.",
        }
    }

    /// The same request in that other world.
    fn of(self, mut request: QueryRequest) -> QueryRequest {
        let (now, permission) = (request.now, request.question.kind().permission());
        let asker = &mut request.asker;
        match self {
            // Each log-in asks for the rules of its door.
            Self::EnhancedDoor => {
                asker.signature.log_in = LogIn::Enhanced;
                asker.rules_accepted = true;
                asker.enhanced_rules_accepted = true;
            }
            Self::Training => asker.file.trained = Course::ALL.iter().map(|course| (*course, now)).collect(),
            Self::Permission => {
                asker.permissions.insert(permission);
                asker.file.grants.insert(permission, GrantFacts { in_use: now, confirmed: now, until: None });
            }
            Self::Review => {
                for facts in asker.file.grants.values_mut() {
                    *facts = GrantFacts { in_use: now, confirmed: now, until: None };
                }
            }
            Self::CriminalReason => {
                if let Some(reason) = &mut request.reason {
                    reason.criminal = true;
                    reason.class = ReasonClass::CriminalInvestigation;
                }
            }
            Self::Approval => {}
        }
        request
    }
}

/// What would change the answer.
#[derive(Debug)]
pub struct WouldHelp {
    pub supposed: Supposed,
    /// What refuses then; nothing where the question would pass.
    pub then: Option<Refusal>,
}

/// What came of a try.
#[derive(Debug)]
pub struct TryOutcome {
    pub refusal: Option<Refusal>,
    /// Each by itself, where it changes the answer.
    pub would_help: Vec<WouldHelp>,
}

/// Tries a question of `request`'s kind and extent. The question in it is replaced by a well-formed one.
/// `None` where no such question can be put.
pub fn try_question(
    policy: &AgencyPolicy,
    kind: QuestionKind,
    extent: &Extent,
    request: impl FnOnce(domain::Question, domain::Purpose) -> QueryRequest,
    now: domain::UtcMicros,
) -> Option<TryOutcome> {
    let (question, purpose) = kinds::tried(kind, policy.limits(), extent, now)?;
    let request = request(question, purpose);
    let Err(refusal) = decide::may_ask(policy, request.clone(), false) else {
        return Some(TryOutcome { refusal: None, would_help: Vec::new() });
    };
    let would_help = what_would_help(policy, &request, &refusal.rule, &Supposed::ALL);
    Some(TryOutcome { refusal: Some(refusal), would_help })
}

fn what_would_help(policy: &AgencyPolicy, request: &QueryRequest, rule: &str, all: &[Supposed]) -> Vec<WouldHelp> {
    let ask = |supposed: &Supposed| {
        let then = decide::may_ask(policy, supposed.of(request.clone()), *supposed == Supposed::Approval).err();
        let changed = then.as_ref().is_none_or(|refusal| refusal.rule != rule);
        changed.then_some(WouldHelp { supposed: *supposed, then })
    };
    all.iter().filter_map(ask).collect()
}

/// What still stands in the way once the asker did what the refusal says would help: found by asking again as if it were
/// done. `None` where the question would pass then, or where nothing of the kind helps.
pub(crate) fn after_unlock(policy: &AgencyPolicy, request: &QueryRequest, rule: &str) -> Option<String> {
    let next = what_would_help(policy, request, rule, &Supposed::TOLD).into_iter().next()?;
    next.then.map(|refusal| refusal.sentence)
}
