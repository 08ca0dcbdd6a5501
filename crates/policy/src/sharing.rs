//! Whether an agency may show its detections to another (AGY-2), which its own policy decides: when an agreement is signed,
//! and again for every question that would see by it.

use crate::agency_policy::AgencyPolicy;
use crate::entities::{self, NotSaid};
use cedar_policy::{Authorizer, Decision, Entities, Request};
use domain::{AgencyId, UtcMicros};

/// What sharing rules may know of an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyFacts {
    pub agency: AgencyId,
    pub active: bool,
    /// The state whose law holds for it, ISO 3166-2 such as `US-CA`; `None` where it is not recorded, or of none, as a
    /// federal agency.
    pub state: Option<String>,
    /// A public body, not a company.
    pub public_body: bool,
}

/// Why an agency may not share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingRefusal {
    pub rule: String,
    pub sentence: String,
    pub unlock: Option<String>,
}

/// Decides by the owner's policy. Whatever goes wrong inside is a no.
pub fn share(
    policy: &AgencyPolicy,
    owner: &PartyFacts,
    recipient: &PartyFacts,
    now: UtcMicros,
) -> Result<(), SharingRefusal> {
    let decide = || {
        let (principal, owner) = entities::party(owner)?;
        let (resource, recipient) = entities::party(recipient)?;
        let schema = &policy.rules.schema;
        let entities = Entities::from_entities([owner, recipient], Some(schema)).map_err(|_| NotSaid)?;
        let (action, context) = (entities::action("share"), entities::sharing_context(now)?);
        let request = Request::new(principal, action.clone(), resource, context, Some(schema)).map_err(|_| NotSaid)?;
        let rules = policy.rules.of_action(&action).ok_or(NotSaid)?;
        Ok::<_, NotSaid>(Authorizer::new().is_authorized(&request, &rules.all, &entities))
    };
    let refused = |rule: &str, sentence: &str, unlock: Option<&str>| {
        let (rule, sentence, unlock) = (rule.to_owned(), sentence.to_owned(), unlock.map(str::to_owned));
        Err(SharingRefusal { rule, sentence, unlock })
    };
    let failed = || refused("policy-error", "The sharing could not be decided, so it is refused.", None);
    let Ok(response) = decide() else { return failed() };
    if response.diagnostics().errors().next().is_some() {
        return failed();
    }
    if response.decision() == Decision::Allow {
        return Ok(());
    }
    let ids = response.diagnostics().reason().map(AsRef::<str>::as_ref);
    match policy.rules.first(ids) {
        Some((id, rule)) => refused(id, &rule.sentence, rule.unlock.as_deref()),
        None => refused("no-permit.share", "Your agency's policy does not allow sharing with this agency.", None),
    }
}
