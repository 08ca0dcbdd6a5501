//! The decisions. A question is decided first by itself, then pool by pool; on behalf of a colleague both for the asker
//! and for the colleague. Cedar skips a rule whose evaluation fails, so here any failure at all is a no.

use crate::agency_policy::AgencyPolicy;
use crate::asking::{Asker, CaseStanding, ColleagueFacts, PoolFacts, QueryRequest};
use crate::entities::{self, Asking, NotSaid, OnBehalf, Person};
use crate::facts::{Facts, Filled};
use crate::permit::{ExactCount, Permit, PhotoPermit, Preview, Rows};
use crate::personnel::Lapses;
use crate::refusal::{Asked, Refusal};
use crate::rules::{Numbers, Rules, RulesOfAction, Stage, fill};
use crate::tries;
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema,
};
use domain::limits::{PAGE_ROWS, PHOTOS_MAX};
use domain::{DetectionId, PoolId, Purpose, QueryId, Question, UtcMicros};
use std::collections::BTreeSet;

/// Photos opened by one permit: all of one page of an answer.
pub const PHOTOS_AT_ONCE_MAX: usize = PAGE_ROWS * PHOTOS_MAX;

/// Decides whether the number and rough places of matches may be told (LIM-4).
pub fn preview(policy: &AgencyPolicy, request: QueryRequest) -> Result<Permit<Preview>, Refusal> {
    decide(policy, request, "preview", Preview(()))
}

/// Decides whether the rows may be returned. `confirmed_large`: the asker has seen the warning of 10,000 or more results
/// and confirmed it (LIM-1); recorded with the permit and kept by the search.
pub fn rows(policy: &AgencyPolicy, request: QueryRequest, confirmed_large: bool) -> Result<Permit<Rows>, Refusal> {
    decide(policy, request, "rows", Rows { confirmed_large })
}

/// Decides whether the exact number of matches may be told (LIM-1).
pub fn exact_count(policy: &AgencyPolicy, request: QueryRequest) -> Result<Permit<ExactCount>, Refusal> {
    decide(policy, request, "exact-count", ExactCount(()))
}

/// Whether the rows may be returned, as [`rows`] decides it; the permit is thrown away.
/// `approved`: as if a second person had approved exactly this question.
pub(crate) fn may_ask(policy: &AgencyPolicy, request: QueryRequest, approved: bool) -> Result<(), Refusal> {
    decide_as_if(policy, request, "rows", (), approved).map(|_| ())
}

/// The first of the rules that permit a question.
pub(crate) fn decisive_rule(policy: &AgencyPolicy, request: QueryRequest) -> Result<String, Refusal> {
    let permit = decide_as_if(policy, request, "rows", (), false)?;
    Ok(permit.rules.into_iter().next().unwrap_or_default())
}

/// Whether an answer over these pools, that was permitted before, would be permitted now.
pub fn still_permitted(policy: &AgencyPolicy, request: QueryRequest, shown: &[PoolId]) -> Result<(), Refusal> {
    let kept = request.clone();
    let permit = decide(policy, request, "rows", ())?;
    if shown.iter().all(|pool| permit.pools.contains(pool)) {
        return Ok(());
    }
    Err(Refusal::own("pools-withdrawn".to_owned(), None, Some("Ask again."), asked(policy, kept, "rows")))
}

/// The fields that the rules forbidding a question name, all of them and not only the one that the asker reads.
pub(crate) fn fields_at_fault<'a>(policy: &'a AgencyPolicy, request: &QueryRequest) -> BTreeSet<&'a str> {
    let facts = Facts::of(&request.question, &request.purpose, request.now);
    let asking = Asking { request, facts, limits: &policy.limits, step: "rows", approved: false };
    let (rules, asker, agency) = (&policy.rules, person_of(policy, request), request.asker.signature.agency);
    let find = || {
        let entities = entities::entities(&rules.schema, agency, request.asker.agency_active, &[&asker], &[])?;
        let context = asking.context(&asker, None)?;
        let request =
            entities::request(Some(&rules.schema), &asker, asking.action(), entities::agency(agency), context)?;
        let RulesOfAction { all, .. } = rules.of_action(&asking.action()).ok_or(NotSaid)?;
        Ok::<_, NotSaid>(Authorizer::new().is_authorized(&request, all, &entities))
    };
    let Ok(response) = find() else { return BTreeSet::new() };
    let forbidding = response.diagnostics().reason().filter_map(|id| rules.get(id.as_ref()));
    forbidding.filter_map(|rule| rule.field.as_deref()).collect()
}

/// Decides whether photos of returned rows may be opened. The standing of the session is looked at anew; `returned` are
/// the rows that the answer of `query` gave to this session.
pub fn photos(
    policy: &AgencyPolicy,
    asker: Asker,
    query: QueryId,
    returned: &BTreeSet<DetectionId>,
    wanted: Vec<(DetectionId, u8)>,
    now: UtcMicros,
) -> Result<PhotoPermit, Refusal> {
    let refuse = |rule: &str| {
        let asked = asked_without_question(policy, &asker, Some(query), "open-photos");
        Err(Refusal::own(rule.to_owned(), None, None, asked))
    };
    if wanted.len() > PHOTOS_AT_ONCE_MAX {
        return refuse("photos-too-many");
    }
    session_may(policy, &asker, Some(query), "open-photos", entities::session_context, now)?;
    if !wanted.iter().all(|(detection, number)| returned.contains(detection) && usize::from(*number) < PHOTOS_MAX) {
        return refuse("photo-not-returned");
    }
    Ok(PhotoPermit { query, by: asker.signature, photos: wanted })
}

/// Whether this session may upload photos to ask for the plates on them (QRY-7). Each plate that is read is then a
/// question of its own, with its own decision.
pub fn photo_query(policy: &AgencyPolicy, asker: &Asker, now: UtcMicros) -> Result<(), Refusal> {
    session_may(policy, asker, None, "by-photo", entities::photo_context, now)
}

/// Why there is no permit, before it is put in words.
enum Denial {
    /// A rule forbids, or several do: their ids.
    Forbidden(Vec<String>),
    /// No rule permits.
    NotPermitted,
    /// The question passes, and no pool does.
    NoPools,
    /// The rules whose evaluation failed; none where the facts could not be said.
    Failed(Vec<String>),
}

impl From<NotSaid> for Denial {
    fn from(_: NotSaid) -> Self {
        Self::Failed(Vec::new())
    }
}

/// One evaluation, the request checked against the schema: the ids of the rules that permit, or why not.
fn evaluate(
    rules: &Rules,
    entities: &Entities,
    person: &Person<'_>,
    action: &EntityUid,
    resource: EntityUid,
    context: Context,
) -> Result<Vec<String>, Denial> {
    let request = entities::request(Some(&rules.schema), person, action.clone(), resource, context)?;
    answer(rules, entities, action, &request)
}

fn answer(rules: &Rules, entities: &Entities, action: &EntityUid, request: &Request) -> Result<Vec<String>, Denial> {
    let RulesOfAction { all, permits } = rules.of_action(action).ok_or(NotSaid)?;
    let ask = |set: &PolicySet| {
        let response = Authorizer::new().is_authorized(request, set, entities);
        let failed: Vec<_> = response.diagnostics().errors().map(failed_rule).collect();
        let ids: Vec<_> = response.diagnostics().reason().map(ToString::to_string).collect();
        if failed.is_empty() { Ok((response.decision(), ids)) } else { Err(Denial::Failed(failed)) }
    };
    let (decision, ids) = ask(all)?;
    if decision == Decision::Allow {
        return Ok(ids);
    }
    // Who could not ask even with everything filled in is told that, not what to fill in.
    let of_the_form = rules
        .first(ids.iter().map(String::as_str))
        .is_some_and(|(_, rule)| rule.stage.is_some_and(|stage| stage > Stage::Right));
    if ids.is_empty() || (of_the_form && ask(permits)?.0 == Decision::Deny) {
        return Err(Denial::NotPermitted);
    }
    Err(Denial::Forbidden(ids))
}

/// Only the id: the message may name values.
fn failed_rule(error: &AuthorizationError) -> String {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    error.policy_id().to_string()
}

/// A decision that counts: nothing is supposed, and a refusal says what still stands in the way once its own advice is
/// followed.
fn decide<K>(policy: &AgencyPolicy, request: QueryRequest, step: &'static str, kind: K) -> Result<Permit<K>, Refusal> {
    let kept = request.clone();
    decide_as_if(policy, request, step, kind, false).map_err(|mut refusal| {
        if let (Some(unlock), Some(next)) = (&mut refusal.unlock, tries::after_unlock(policy, &kept, &refusal.rule)) {
            unlock.push_str(" After that: ");
            unlock.push_str(&next);
        }
        refusal
    })
}

fn decide_as_if<K>(
    policy: &AgencyPolicy,
    mut request: QueryRequest,
    step: &'static str,
    kind: K,
    approved: bool,
) -> Result<Permit<K>, Refusal> {
    request.purpose = match request.purpose.clone().normalise() {
        Ok(purpose) => purpose,
        Err(error) => {
            request.purpose = without_long_fields(request.purpose);
            let (field, help) = (format!("purpose.{}", error.field), format!("At most {} characters.", error.max));
            let asked = asked(policy, request, step);
            return Err(Refusal::own("purpose-field-too-long".to_owned(), Some(field), Some(&help), asked));
        }
    };
    let facts = Facts::of(&request.question, &request.purpose, request.now);
    let asking = Asking { request: &request, facts, limits: &policy.limits, step, approved };
    let flags = flags(&asking);
    let authority = asking.reason().map(|reason| reason.authority.clone()).unwrap_or_default();
    match passes(policy, &asking) {
        Ok((pools, rules)) => Ok(Permit {
            query: request.query,
            by: request.asker.signature,
            question: request.question,
            purpose: request.purpose,
            pools,
            again_of: request.again_of,
            authority,
            policy: policy.label(),
            rules,
            flags,
            kind,
        }),
        Err(no) => Err(refusal(policy, request, step, no)),
    }
}

fn person_of<'a>(policy: &AgencyPolicy, request: &'a QueryRequest) -> Person<'a> {
    Person::asker(&request.asker, &policy.limits, request.now)
}

/// What is weak about a question that passes, for those who oversee. A rule that refuses it leaves no flag.
fn flags(asking: &Asking<'_>) -> Vec<&'static str> {
    let (facts, record, limits) = (&asking.facts, &asking.request.record, asking.limits);
    let repeated_from = limits.repeated_text_max.max(1);
    let found = [
        ("target-stock", facts.target == Filled::StockWord),
        ("justification-stock", facts.justification == Filled::StockWord),
        ("suspicion-facts-stock", facts.suspicion_facts == Filled::StockWord),
        ("justification-repeated", record.justification_uses >= repeated_from),
        ("suspicion-facts-repeated", record.suspicion_facts_uses >= repeated_from),
        ("case-closed", record.case == CaseStanding::Closed),
    ];
    found.into_iter().filter_map(|(flag, holds)| holds.then_some(flag)).collect()
}

/// The pools that may be seen and the rules that permitted it.
fn passes(policy: &AgencyPolicy, asking: &Asking<'_>) -> Result<(Vec<PoolId>, Vec<String>), Denial> {
    let request = asking.request;
    let (rules, asker) = (&policy.rules, person_of(policy, request));
    let colleague_facts = colleague(request);
    let colleague = colleague_facts.map(|facts| Person::colleague(facts, &request.asker, &policy.limits, request.now));
    let people: Vec<_> = std::iter::once(&asker).chain(&colleague).collect();
    let agency = request.asker.signature.agency;
    let entities = entities::entities(&rules.schema, agency, request.asker.agency_active, &people, &request.pools)?;

    let for_colleague = match &colleague {
        None => None,
        Some(colleague) => {
            let context = asking.context(colleague, None)?;
            let answer =
                evaluate(rules, &entities, colleague, &asking.action(), entities::agency(agency), context.clone());
            if let Err(Denial::Failed(failed)) = answer {
                return Err(Denial::Failed(failed));
            }
            Some((colleague, context, answer.is_ok()))
        }
    };
    let on_behalf = request.purpose.on_behalf_of.map(|named| match (colleague_facts, &for_colleague) {
        _ if named == request.asker.signature.user => OnBehalf::Oneself,
        (Some(facts), _) if !facts.active => OnBehalf::Inactive,
        (Some(_), Some((_, _, true))) => OnBehalf::Entitled,
        (Some(_), _) => OnBehalf::NotEntitled,
        (None, _) => OnBehalf::Unknown,
    });
    let context = asking.context(&asker, on_behalf)?;
    let mut permitting =
        evaluate(rules, &entities, &asker, &asking.action(), entities::agency(agency), context.clone())?;

    let mut seers = vec![(&asker, context)];
    seers.extend(for_colleague.map(|(colleague, context, _)| (colleague, context)));
    let mut pools = BTreeSet::new();
    for (place, pool) in request.pools.iter().enumerate() {
        // The context is the same for every pool: it is checked once.
        let schema = (place == 0).then_some(&rules.schema);
        if let Some(ids) = seen_by_all(rules, schema, &entities, &seers, (pool, place))? {
            pools.insert(pool.pool);
            permitting.extend(ids);
        }
    }
    if pools.is_empty() {
        return Err(Denial::NoPools);
    }
    permitting.sort_unstable_by_key(|id| rules.get(id).map(|rule| rule.place));
    permitting.dedup();
    Ok((pools.into_iter().collect(), permitting))
}

/// The rules by which everybody concerned may see the pool; `None` where somebody may not.
fn seen_by_all(
    rules: &Rules,
    schema: Option<&Schema>,
    entities: &Entities,
    seers: &[(&Person<'_>, Context)],
    (pool, place): (&PoolFacts, usize),
) -> Result<Option<Vec<String>>, Denial> {
    let mut permitting = Vec::new();
    for (person, context) in seers {
        let (action, resource) = (entities::action("see"), entities::pool(pool.pool, place));
        let request = entities::request(schema, person, action.clone(), resource, context.clone())?;
        match answer(rules, entities, &action, &request) {
            Ok(ids) => permitting.extend(ids),
            Err(Denial::Failed(failed)) => return Err(Denial::Failed(failed)),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(permitting))
}

/// The colleague whom the purpose names, if known and of the asker's own agency; anybody else is as good as unknown.
fn colleague(request: &QueryRequest) -> Option<&ColleagueFacts> {
    let (named, asker) = (request.purpose.on_behalf_of?, &request.asker.signature);
    let facts = request.colleague.as_ref()?;
    (facts.user == named && facts.user != asker.user && facts.agency == asker.agency).then_some(facts)
}

/// A decision on the session alone.
pub(crate) fn session_may(
    policy: &AgencyPolicy,
    asker: &Asker,
    query: Option<QueryId>,
    step: &'static str,
    context: fn(UtcMicros, &Person<'_>, &Asker) -> Result<Context, NotSaid>,
    now: UtcMicros,
) -> Result<(), Refusal> {
    let decide = || {
        let person = Person::asker(asker, &policy.limits, now);
        let (rules, agency) = (&policy.rules, asker.signature.agency);
        let entities = entities::entities(&rules.schema, agency, asker.agency_active, &[&person], &[])?;
        let action = entities::action(if step == "by-photo" { "ask-by-photo" } else { step });
        let context = context(now, &person, asker)?;
        evaluate(rules, &entities, &person, &action, entities::agency(agency), context)
    };
    decide().map(|_| ()).map_err(|no| {
        let asked = asked_without_question(policy, asker, query, step);
        let lapses = Lapses::of(&asker.file, &asker.permissions, &policy.limits, now);
        let numbers = Numbers::of(&policy.limits, 0, 0).with_lapsed(&lapses.training);
        in_words(policy, no, step, &numbers, asked)
    })
}

pub(crate) fn asked_without_question(
    policy: &AgencyPolicy,
    asker: &Asker,
    query: Option<QueryId>,
    step: &'static str,
) -> Asked {
    Asked {
        by: asker.signature.clone(),
        query,
        question: None,
        purpose: None,
        again_of: None,
        step,
        policy: policy.label(),
        failed_rules: Vec::new(),
    }
}

fn asked(policy: &AgencyPolicy, request: QueryRequest, step: &'static str) -> Asked {
    Asked {
        by: request.asker.signature,
        query: Some(request.query),
        question: Some(request.question),
        purpose: Some(request.purpose),
        again_of: request.again_of,
        step,
        policy: policy.label(),
        failed_rules: Vec::new(),
    }
}

fn refusal(policy: &AgencyPolicy, request: QueryRequest, step: &'static str, no: Denial) -> Refusal {
    let kind = request.question.kind();
    let look_back = request.reason.as_ref().map_or(0, |reason| reason.max_look_back_days);
    let lapses = Lapses::of(&request.asker.file, &request.asker.permissions, &policy.limits, request.now);
    let numbers = Numbers::of(&policy.limits, policy.limits.longest_span_days(kind), look_back);
    let numbers = numbers.with_lapsed(&lapses.training).with_budgets(&policy.limits, &request.record.area_time);
    in_words(policy, no, kind.word(), &numbers, asked(policy, request, step))
}

/// `what`: the kind of question, or the step where there is no question.
fn in_words(policy: &AgencyPolicy, no: Denial, what: &str, numbers: &Numbers, mut asked: Asked) -> Refusal {
    match no {
        Denial::Forbidden(ids) => match policy.rules.first(ids.iter().map(String::as_str)) {
            Some((id, rule)) => Refusal {
                rule: id.to_owned(),
                field: rule.field.clone(),
                sentence: rule.sentence.clone(),
                unlock: rule.unlock.as_deref().map(|text| fill(text, numbers)),
                asked: Box::new(asked),
            },
            None => Refusal::own("policy-error".to_owned(), None, None, asked),
        },
        Denial::NotPermitted => {
            let help = "Ask your agency's manager what your account may ask.";
            Refusal::own(format!("no-permit.{what}"), None, Some(help), asked)
        }
        Denial::NoPools => Refusal::own("no-pools".to_owned(), None, None, asked),
        Denial::Failed(failed) => {
            asked.failed_rules = failed;
            Refusal::own("policy-error".to_owned(), None, None, asked)
        }
    }
}

/// Drops what is too long to be recorded.
fn without_long_fields(mut purpose: Purpose) -> Purpose {
    while let Err(error) = purpose.clone().normalise() {
        match error.field {
            "case_reference" => purpose.case_reference = None,
            "subject" => purpose.subject = None,
            "justification" => purpose.justification = None,
            "suspicion_facts" => purpose.suspicion_facts = None,
            "target" => purpose.target = None,
            _ => purpose.reason.0.clear(),
        }
    }
    purpose
}

/// What an asker of a broad partial plate is asked to do first (LIM-5); `None` where the question is narrow enough.
/// Advice, not a decision: with fewer characters than the least, the question is refused.
pub fn narrowing_advice(policy: &AgencyPolicy, question: &Question) -> Option<String> {
    let domain::Criteria::PartialPlate { pattern, vehicle, .. } = question.criteria() else { return None };
    let wanted = policy.limits.narrow_below_known;
    if u32::try_from(pattern.known_characters()).unwrap_or(u32::MAX) >= wanted {
        return None;
    }
    let also = if vehicle.is_empty() { ", or add make, model, year or color" } else { "" };
    Some(format!("Few characters of the plate are known. Give at least {wanted} of them{also}, to see fewer vehicles."))
}
