//! Facts in Cedar's own words: entities, contexts, requests. Every one is checked against the schema when it is made.

use crate::asking::{
    AgreementFacts, AreaTime, Asker, CaseStanding, ColleagueFacts, M2_PER_KM2, PoolFacts, QueryRequest, ReasonFacts,
};
use crate::facts::{AreaFacts, Facts, Filled};
use crate::limits::{Limits, Strictness};
use crate::personnel::Lapses;
use crate::sharing::PartyFacts;
use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression as Value, Schema,
};
use domain::{AgencyId, Course, LogIn, Permission, PoolId, QuestionKind, Role, UnitId, UserId, UtcMicros};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::FromStr;
use std::sync::LazyLock;

/// Something could not be said in Cedar's words, or did not fit the schema. Leads to a refusal like every failure.
#[derive(Debug)]
pub(crate) struct NotSaid;

macro_rules! entity_types {
    ($($name:ident = $word:literal),+) => {
        $(static $name: LazyLock<EntityTypeName> =
            LazyLock::new(|| EntityTypeName::from_str($word).expect("a plain word is the name of an entity type"));)+
    };
}
entity_types!(
    ACTION = "Action",
    AGENCY = "Agency",
    COURSE = "Course",
    PARTY = "Party",
    PERMISSION = "Permission",
    POOL = "Pool",
    ROLE = "Role",
    STEP = "Step",
    USER = "User"
);

fn uid(kind: &LazyLock<EntityTypeName>, id: impl AsRef<str>) -> EntityUid {
    EntityUid::from_type_name_and_id((**kind).clone(), EntityId::new(id))
}

pub(crate) fn agency(id: AgencyId) -> EntityUid {
    uid(&AGENCY, id.to_string())
}

/// A pool under one agreement: under several it is several times in the list, so its place there is part of the name.
pub(crate) fn pool(id: PoolId, place: usize) -> EntityUid {
    uid(&POOL, format!("{id}/{place}"))
}

fn permission(permission: Permission) -> Value {
    Value::new_entity_uid(uid(&PERMISSION, permission.word()))
}

fn permissions(all: &BTreeSet<Permission>) -> Value {
    Value::new_set(all.iter().map(|one| permission(*one)))
}

fn record<const N: usize>(fields: [(&str, Value); N]) -> Result<Value, NotSaid> {
    Value::new_record(fields.map(|(name, value)| (name.to_owned(), value))).map_err(|_| NotSaid)
}

/// The person on whom a decision is made: the asker, or the colleague for whom is asked.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and rules name them one by one")]
pub(crate) struct Person<'a> {
    user: UserId,
    unit: UnitId,
    roles: &'a [Role],
    permissions: &'a BTreeSet<Permission>,
    cleared: bool,
    active: bool,
    unit_profile: &'a str,
    rules_accepted: bool,
    enhanced_rules_accepted: bool,
    /// Through the enhanced door.
    pub(crate) enhanced: bool,
    pub(crate) lapses: Lapses,
}

impl<'a> Person<'a> {
    pub(crate) fn asker(asker: &'a Asker, limits: &Limits, now: UtcMicros) -> Self {
        Self {
            user: asker.signature.user,
            unit: asker.signature.unit,
            roles: &asker.signature.roles,
            permissions: &asker.permissions,
            cleared: asker.cleared,
            active: asker.active,
            unit_profile: &asker.unit_profile,
            rules_accepted: asker.rules_accepted,
            enhanced_rules_accepted: asker.enhanced_rules_accepted,
            enhanced: asker.signature.log_in == LogIn::Enhanced,
            lapses: Lapses::of(&asker.file, &asker.permissions, limits, now),
        }
    }

    /// The colleague has no session here: the asker's door counts for both, where the colleague may use it.
    pub(crate) fn colleague(colleague: &'a ColleagueFacts, asker: &Asker, limits: &Limits, now: UtcMicros) -> Self {
        let lapses = Lapses::of(&colleague.file, &colleague.permissions, limits, now);
        let may_use_it = colleague.enhanced_rules_accepted && !lapses.training.contains_key(&Course::ToolEnhanced);
        Self {
            user: colleague.user,
            unit: colleague.unit,
            roles: &colleague.roles,
            permissions: &colleague.permissions,
            cleared: colleague.cleared,
            active: colleague.active,
            unit_profile: &colleague.unit_profile,
            rules_accepted: colleague.rules_accepted,
            enhanced_rules_accepted: colleague.enhanced_rules_accepted,
            enhanced: asker.signature.log_in == LogIn::Enhanced && may_use_it,
            lapses,
        }
    }

    pub(crate) fn uid(&self) -> EntityUid {
        uid(&USER, self.user.to_string())
    }

    fn entity(&self, of: AgencyId) -> Result<Entity, NotSaid> {
        let lapsed = self.lapses.training.keys().map(|course| Value::new_entity_uid(uid(&COURSE, course.word())));
        let lapsed_training = Value::new_set(lapsed);
        let attributes = HashMap::from([
            ("agency".to_owned(), Value::new_entity_uid(agency(of))),
            ("active".to_owned(), Value::new_bool(self.active)),
            ("cleared".to_owned(), Value::new_bool(self.cleared)),
            ("unitProfile".to_owned(), Value::new_string(self.unit_profile.to_owned())),
            ("permissions".to_owned(), permissions(self.permissions)),
            ("unusedPermissions".to_owned(), permissions(&self.lapses.unused)),
            ("overduePermissions".to_owned(), permissions(&self.lapses.overdue)),
            ("endedPermissions".to_owned(), permissions(&self.lapses.ended)),
            ("lapsedTraining".to_owned(), lapsed_training),
            ("rulesAccepted".to_owned(), Value::new_bool(self.rules_accepted)),
            ("enhancedRulesAccepted".to_owned(), Value::new_bool(self.enhanced_rules_accepted)),
        ]);
        let roles: HashSet<_> = self.roles.iter().map(|role| uid(&ROLE, role.word())).collect();
        Entity::new(self.uid(), attributes, roles).map_err(|_| NotSaid)
    }
}

fn pool_entity(facts: &PoolFacts, place: usize) -> Result<Entity, NotSaid> {
    let mut attributes = HashMap::from([
        ("owner".to_owned(), Value::new_entity_uid(agency(facts.owner))),
        ("commercial".to_owned(), Value::new_bool(facts.source.is_commercial())),
    ]);
    if let Some(agreement) = &facts.agreement {
        attributes.insert("agreement".to_owned(), agreement_record(agreement)?);
    }
    Entity::new(pool(facts.pool, place), attributes, HashSet::new()).map_err(|_| NotSaid)
}

fn agreement_record(agreement: &AgreementFacts) -> Result<Value, NotSaid> {
    let mut fields = vec![
        ("active", Value::new_bool(agreement.active)),
        ("from", Value::new_long(agreement.from.0)),
        ("to", Value::new_long(agreement.to.0)),
        ("permissions", permissions(&agreement.permissions)),
    ];
    if let Some(reasons) = &agreement.reasons {
        fields.push(("reasons", Value::new_set(reasons.iter().map(|reason| Value::new_string(reason.0.clone())))));
    }
    Value::new_record(fields.into_iter().map(|(name, value)| (name.to_owned(), value))).map_err(|_| NotSaid)
}

/// Everybody and everything that a decision looks at. A pool of two owners does not go in.
pub(crate) fn entities(
    schema: &Schema,
    of: AgencyId,
    agency_active: bool,
    people: &[&Person<'_>],
    pools: &[PoolFacts],
) -> Result<Entities, NotSaid> {
    let active = HashMap::from([("active".to_owned(), Value::new_bool(agency_active))]);
    let mut all = vec![Entity::new(agency(of), active, HashSet::new()).map_err(|_| NotSaid)?];
    for person in people {
        all.push(person.entity(of)?);
    }
    let mut owners = HashMap::new();
    for (place, facts) in pools.iter().enumerate() {
        let described = (facts.owner, facts.source, facts.agreement.is_some());
        if *owners.entry(facts.pool).or_insert(described) != described {
            return Err(NotSaid);
        }
        all.push(pool_entity(facts, place)?);
    }
    Entities::from_entities(all, Some(schema)).map_err(|_| NotSaid)
}

/// A party to a sharing agreement: its name in policies, and its entity.
pub(crate) fn party(facts: &PartyFacts) -> Result<(EntityUid, Entity), NotSaid> {
    let uid = uid(&PARTY, facts.agency.to_string());
    let attributes = HashMap::from([
        ("active".to_owned(), Value::new_bool(facts.active)),
        ("state".to_owned(), Value::new_string(facts.state.clone().unwrap_or_default())),
        ("publicBody".to_owned(), Value::new_bool(facts.public_body)),
    ]);
    Ok((uid.clone(), Entity::new(uid, attributes, HashSet::new()).map_err(|_| NotSaid)?))
}

/// The context of a sharing decision.
pub(crate) fn sharing_context(now: UtcMicros) -> Result<Context, NotSaid> {
    context(vec![("now", Value::new_long(now.0))])
}

/// How the colleague stands whom the purpose names, once decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnBehalf {
    /// No colleague at all, but the asker.
    Oneself,
    /// Nobody of the asker's agency.
    Unknown,
    Inactive,
    NotEntitled,
    Entitled,
}

/// What is the same for everybody on whom this question is decided.
#[derive(Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) request: &'a QueryRequest,
    pub(crate) facts: Facts,
    pub(crate) limits: &'a Limits,
    /// `preview`, `rows`, `exact-count`.
    pub(crate) step: &'static str,
    /// A second person approved exactly this question. Only ever supposed, until there are approvals.
    pub(crate) approved: bool,
}

impl Asking<'_> {
    fn kind(&self) -> QuestionKind {
        self.request.question.kind()
    }

    /// The reason, if the agency's list has the code that the purpose names.
    pub(crate) fn reason(&self) -> Option<&ReasonFacts> {
        self.request.reason.as_ref().filter(|reason| reason.code == self.request.purpose.reason)
    }

    pub(crate) fn action(&self) -> EntityUid {
        uid(&ACTION, format!("ask-{}", self.kind().word()))
    }

    pub(crate) fn context(&self, person: &Person<'_>, on_behalf: Option<OnBehalf>) -> Result<Context, NotSaid> {
        let facts = &self.facts;
        let mut fields = session(self.request.now, person, &self.request.asker);
        fields.extend([
            ("step", Value::new_entity_uid(uid(&STEP, self.step))),
            ("permission", permission(self.kind().permission())),
            ("previewed", Value::new_bool(self.request.record.previewed)),
            ("approved", Value::new_bool(self.approved)),
            ("policyPublished", Value::new_bool(self.request.record.policy_published)),
            ("purpose", purpose(self.request, facts, self.limits)?),
            ("hasState", Value::new_bool(facts.has_state)),
            ("spanDays", Value::new_long(facts.span_days)),
            ("lookBackDays", Value::new_long(facts.look_back_days)),
            ("limits", limits(self.limits, self.kind())?),
        ]);
        if let Some(reason) = self.reason() {
            fields.push(("reason", reason_record(reason, person.unit)?));
        }
        if let Some(areas) = facts.areas {
            fields.push(("areas", areas_record(areas, &self.request.record.area_time)?));
        }
        if let Some(known) = facts.known_characters {
            fields.push(("knownCharacters", Value::new_long(known)));
        }
        if let Some(on_behalf) = on_behalf {
            fields.push(("onBehalf", on_behalf_record(on_behalf)?));
        }
        context(fields)
    }
}

fn context(fields: Vec<(&str, Value)>) -> Result<Context, NotSaid> {
    Context::from_pairs(fields.into_iter().map(|(name, value)| (name.to_owned(), value))).map_err(|_| NotSaid)
}

fn session(now: UtcMicros, person: &Person<'_>, asker: &Asker) -> Vec<(&'static str, Value)> {
    vec![
        ("now", Value::new_long(now.0)),
        ("enhanced", Value::new_bool(person.enhanced)),
        ("channel", Value::new_string(asker.signature.channel.clone())),
    ]
}

/// The context of an opening of photos.
pub(crate) fn session_context(now: UtcMicros, person: &Person<'_>, asker: &Asker) -> Result<Context, NotSaid> {
    context(session(now, person, asker))
}

/// The context of a question by photo.
pub(crate) fn photo_context(now: UtcMicros, person: &Person<'_>, asker: &Asker) -> Result<Context, NotSaid> {
    let mut fields = session(now, person, asker);
    fields.push(("permission", permission(Permission::Photo)));
    context(fields)
}

fn purpose(request: &QueryRequest, facts: &Facts, limits: &Limits) -> Result<Value, NotSaid> {
    let (purpose, known) = (&request.purpose, &request.record);
    let filled = |field: Filled| Value::new_bool(field != Filled::No);
    let stock = |field: Filled| Value::new_bool(field == Filled::StockWord);
    record([
        ("hasReason", Value::new_bool(!purpose.reason.0.trim().is_empty())),
        ("hasCaseReference", Value::new_bool(facts.has_case_reference)),
        ("hasSubject", Value::new_bool(facts.has_subject)),
        ("hasTarget", filled(facts.target)),
        ("targetIsStock", stock(facts.target)),
        ("hasJustification", filled(facts.justification)),
        ("justificationIsStock", stock(facts.justification)),
        ("hasSuspicionFacts", filled(facts.suspicion_facts)),
        ("suspicionFactsAreStock", stock(facts.suspicion_facts)),
        ("justificationIsRepeated", Value::new_bool(known.justification_uses >= limits.repeated_text_max.max(1))),
        ("suspicionFactsAreRepeated", Value::new_bool(known.suspicion_facts_uses >= limits.repeated_text_max.max(1))),
        ("caseIsOfPattern", Value::new_bool(known.case != CaseStanding::NotOfPattern)),
        ("caseIsKnown", Value::new_bool(known.case != CaseStanding::Unknown)),
        ("caseIsOpen", Value::new_bool(known.case != CaseStanding::Closed)),
        ("placeLinkedToCase", Value::new_bool(purpose.place_linked_to_case)),
        ("notBasedOnTrait", Value::new_bool(purpose.not_based_on_trait)),
    ])
}

fn reason_record(reason: &ReasonFacts, unit: UnitId) -> Result<Value, NotSaid> {
    record([
        ("code", Value::new_string(reason.code.0.clone())),
        ("criminal", Value::new_bool(reason.criminal)),
        ("class", Value::new_string(reason.class.word().to_owned())),
        ("active", Value::new_bool(reason.active)),
        ("forUnit", Value::new_bool(reason.units.as_ref().is_none_or(|units| units.contains(&unit)))),
        ("maxLookBackDays", Value::new_long(reason.max_look_back_days.into())),
    ])
}

fn areas_record(areas: AreaFacts, time: &AreaTime) -> Result<Value, NotSaid> {
    record([
        ("measured", Value::new_bool(areas.measured)),
        ("smallest", Value::new_long(areas.smallest)),
        ("largest", Value::new_long(areas.largest)),
        ("together", Value::new_long(areas.together)),
        ("personAdds", Value::new_long(time.person.adds)),
        ("personWith", Value::new_long(time.person.with())),
        ("caseAdds", Value::new_long(time.case.adds)),
        ("caseWith", Value::new_long(time.case.with())),
    ])
}

/// Square-meter days, in which the budgets are counted.
fn m2_days(km2_days: u32) -> i64 {
    i64::from(km2_days) * M2_PER_KM2
}

fn on_behalf_record(on_behalf: OnBehalf) -> Result<Value, NotSaid> {
    record([
        ("isSelf", Value::new_bool(on_behalf == OnBehalf::Oneself)),
        ("isKnown", Value::new_bool(on_behalf != OnBehalf::Unknown)),
        ("isActive", Value::new_bool(on_behalf != OnBehalf::Inactive)),
        ("isEntitled", Value::new_bool(matches!(on_behalf, OnBehalf::Entitled | OnBehalf::Oneself))),
    ])
}

fn limits(limits: &Limits, kind: QuestionKind) -> Result<Value, NotSaid> {
    record([
        ("smallestArea", Value::new_long(limits.smallest_area_m2.into())),
        ("largestArea", Value::new_long(limits.largest_area_m2.into())),
        ("largestAreasTogether", Value::new_long(limits.largest_areas_together_m2.into())),
        ("areaBudgetPerson", Value::new_long(m2_days(limits.area_budget_person_km2_days))),
        ("areaBudgetCase", Value::new_long(m2_days(limits.area_budget_case_km2_days))),
        ("longestSpanDays", Value::new_long(limits.longest_span_days(kind).into())),
        ("fewestKnownCharacters", Value::new_long(limits.fewest_known_characters.into())),
        ("caseReferenceRequired", Value::new_bool(limits.case_reference_required(kind))),
        ("longestLookBackDays", Value::new_long(limits.longest_look_back_days.map_or(i64::MAX, i64::from))),
        ("stockTextRefused", Value::new_bool(limits.stock_text == Strictness::Refuse)),
        ("repeatedTextRefused", Value::new_bool(limits.repeated_text == Strictness::Refuse)),
        ("closedCaseRefused", Value::new_bool(limits.closed_case == Strictness::Refuse)),
    ])
}

/// What one evaluation asks of Cedar. `None` for the schema only where the same context was checked for the same action.
pub(crate) fn request(
    schema: Option<&Schema>,
    person: &Person<'_>,
    action: EntityUid,
    resource: EntityUid,
    context: Context,
) -> Result<Request, NotSaid> {
    Request::new(person.uid(), action, resource, context, schema).map_err(|_| NotSaid)
}

pub(crate) fn action(word: &str) -> EntityUid {
    uid(&ACTION, word)
}
