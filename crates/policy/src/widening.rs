//! Whether one policy lets through what another does not (AGY-5). Found by asking both: who may ask what, questions that are
//! spoilt in one way each, whom the agency may share with; and by comparing the numbers that no decision rests on.

use crate::agency_policy::AgencyPolicy;
use crate::asking::{CaseStanding, QueryRequest};
use crate::decide;
use crate::entities;
use crate::kinds::{self, Extent};
use crate::limits::{Limits, Strictness};
use crate::matrix::example;
use crate::personnel::GrantFacts;
use crate::sharing::{PartyFacts, share};
use domain::time::DAY_MICROS;
use domain::{AgencyId, LogIn, Permission, QuestionKind, Role, UtcMicros, Wildcards};
use std::collections::BTreeSet;

/// Roles whose spoilt questions are compared: one of investigation, one of patrol, one of rank.
const SPOILT_ROLES: [Role; 3] = [Role::CriminalInvestigator, Role::PatrolOfficer, Role::Supervisor];

/// What the new policy lets through that the old one does not, in words; nothing where it only narrows.
pub fn widened(old: &AgencyPolicy, new: &AgencyPolicy, profiles: &[String], now: UtcMicros) -> Vec<String> {
    let mut found = BTreeSet::new();
    for profile in profiles {
        for kind in QuestionKind::ALL {
            rights(old, new, profile, *kind, now, &mut found);
            spoilt(old, new, profile, *kind, now, &mut found);
        }
        sessions(old, new, profile, now, &mut found);
    }
    sharing(old, new, now, &mut found);
    numbers(old.limits(), new.limits(), &mut found);
    found.into_iter().collect()
}

/// A question that keeps the limits of both.
fn small(old: &AgencyPolicy, new: &AgencyPolicy) -> Extent {
    let smallest = old.limits().smallest_area_m2.max(new.limits().smallest_area_m2);
    Extent { square_metres: Some(f64::from(smallest) + 1.0), ..Extent::default() }
}

fn request(
    new: &AgencyPolicy,
    (kind, role, profile): (QuestionKind, Role, &str),
    way: (LogIn, bool),
    extent: &Extent,
    now: UtcMicros,
) -> Option<QueryRequest> {
    let (question, _) = kinds::tried(kind, new.limits(), extent, now)?;
    let request = example(new, kind, role, profile, way, now)?;
    Some(QueryRequest { question, ..request })
}

fn lets_through_more(old: &AgencyPolicy, new: &AgencyPolicy, request: &QueryRequest) -> bool {
    decide::may_ask(old, request.clone(), false).is_err() && decide::may_ask(new, request.clone(), false).is_ok()
}

fn rights(
    old: &AgencyPolicy,
    new: &AgencyPolicy,
    profile: &str,
    kind: QuestionKind,
    now: UtcMicros,
    found: &mut BTreeSet<String>,
) {
    for role in Role::ALL {
        for (way, words) in [
            ((LogIn::Plain, true), "at the standard door for a criminal reason"),
            ((LogIn::Plain, false), "at the standard door for another reason"),
            ((LogIn::Enhanced, true), "at the enhanced door for a criminal reason"),
            ((LogIn::Enhanced, false), "at the enhanced door for another reason"),
        ] {
            let request = request(new, (kind, *role, profile), way, &small(old, new), now);
            if request.is_some_and(|request| lets_through_more(old, new, &request)) {
                found.insert(format!("A {role} of a unit of kind {profile} may ask {kind} questions {words}."));
            }
        }
    }
}

type Spoil = (&'static str, fn(&mut QueryRequest));

/// One thing each that a policy may ask for.
const SPOILS: [Spoil; 20] = [
    ("without a case reference", |request| request.purpose.case_reference = None),
    ("without a subject", |request| request.purpose.subject = None),
    ("without a target", |request| request.purpose.target = None),
    ("without a justification", |request| request.purpose.justification = None),
    ("without facts of suspicion", |request| request.purpose.suspicion_facts = None),
    ("with a stock word as its justification", |request| request.purpose.justification = Some("investigation".into())),
    ("with a stock word as its facts", |request| request.purpose.suspicion_facts = Some("investigation".into())),
    ("without stating that the place is linked to the case", |request| request.purpose.place_linked_to_case = false),
    ("without stating that no trait is its ground", |request| request.purpose.not_based_on_trait = false),
    ("for a closed case", |request| request.record.case = CaseStanding::Closed),
    ("for a case that is not listed", |request| request.record.case = CaseStanding::Unknown),
    ("without a preview before", |request| request.record.previewed = false),
    ("before the agency's policy is published", |request| request.record.policy_published = false),
    ("without the clearance", |request| request.asker.cleared = false),
    ("without the permission", |request| request.asker.permissions.clear()),
    ("without the training in the tool", |request| forget(request, domain::Course::Tool)),
    ("without the training in the enhanced functions", |request| forget(request, domain::Course::ToolEnhanced)),
    ("without the privacy training", |request| forget(request, domain::Course::Privacy)),
    ("without the integrity training", |request| forget(request, domain::Course::Integrity)),
    ("on the phone", |request| request.asker.signature.channel = "mobile".into()),
];

fn forget(request: &mut QueryRequest, course: domain::Course) {
    request.asker.file.trained.remove(&course);
}

fn spoilt(
    old: &AgencyPolicy,
    new: &AgencyPolicy,
    profile: &str,
    kind: QuestionKind,
    now: UtcMicros,
    found: &mut BTreeSet<String>,
) {
    for role in SPOILT_ROLES {
        let who = (kind, role, profile);
        let way = (LogIn::Enhanced, true);
        let Some(good) = request(new, who, way, &small(old, new), now) else { continue };
        // What is let through even unspoilt is told by its right; what is refused unspoilt is refused spoilt.
        if lets_through_more(old, new, &good) || decide::may_ask(new, good.clone(), false).is_err() {
            continue;
        }
        for (words, spoil) in SPOILS {
            let mut request = good.clone();
            spoil(&mut request);
            if lets_through_more(old, new, &request) {
                found.insert(format!("Questions of the kind {kind} may be asked {words}."));
            }
        }
        for uses in [old.limits().repeated_text_max, new.limits().repeated_text_max] {
            let mut request = good.clone();
            request.record.justification_uses = uses.max(1);
            if lets_through_more(old, new, &request) {
                found.insert(format!(
                    "Questions of the kind {kind} may be asked with a text that was given {uses} times before."
                ));
            }
        }
        for days in
            [old.limits().unused_days, new.limits().unused_days, old.limits().review_days, new.limits().review_days]
        {
            let mut request = good.clone();
            let since = now.plus_micros(-i64::from(days) * DAY_MICROS);
            let facts = GrantFacts { in_use: since, confirmed: since, until: None };
            request.asker.file.grants = Permission::ALL.iter().map(|permission| (*permission, facts)).collect();
            if lets_through_more(old, new, &request) {
                found.insert(format!(
                    "Questions of the kind {kind} may be asked by a permission last used {days} days ago."
                ));
            }
        }
        extents(old, new, who, now, found);
    }
}

/// Questions just beyond the numbers of either policy.
fn extents(
    old: &AgencyPolicy,
    new: &AgencyPolicy,
    who: (QuestionKind, Role, &str),
    now: UtcMicros,
    found: &mut BTreeSet<String>,
) {
    let kind = who.0;
    let small = small(old, new);
    let mut tried: Vec<(String, Extent)> = Vec::new();
    for limits in [old.limits(), new.limits()] {
        let days = limits.longest_span_days(kind);
        tried.push((format!("over {days} days"), Extent { days: Some(days), ..small }));
        let look_backs = [limits.longest_look_back_days, Some(90), Some(91)];
        for back in look_backs.into_iter().flatten() {
            let extent = Extent { days: Some(1), days_back: Some(back), ..small };
            tried.push((format!("that begins {back} days ago"), extent));
        }
        for size in [limits.smallest_area_m2, limits.largest_area_m2] {
            // What is drawn comes out a little smaller or larger than asked for.
            let size = f64::from(size) * 0.99;
            tried.push((
                format!("about areas of {size:.0} square meters"),
                Extent { square_metres: Some(size), ..small },
            ));
        }
        let together = f64::from(limits.largest_areas_together_m2);
        let count = (together / f64::from(limits.largest_area_m2)).ceil().clamp(2.0, 50.0);
        let extent = Extent { square_metres: Some(together / count * 0.99), areas: Some(whole(count)), ..small };
        tried.push((format!("about areas of {together:.0} square meters together"), extent));
        let known = limits.fewest_known_characters;
        tried.push((format!("with {known} known characters"), Extent { known_characters: Some(known), ..small }));
    }
    for (words, extent) in tried {
        let request = request(new, who, (LogIn::Enhanced, true), &extent, now);
        if request.is_some_and(|request| lets_through_more(old, new, &request)) {
            found.insert(format!("Questions of the kind {kind} may be asked {words}."));
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 2 and 50")]
fn whole(count: f64) -> u32 {
    count as u32
}

/// What a session may do beside asking.
fn sessions(old: &AgencyPolicy, new: &AgencyPolicy, profile: &str, now: UtcMicros, found: &mut BTreeSet<String>) {
    for role in Role::ALL {
        for log_in in [LogIn::Plain, LogIn::Enhanced] {
            let kind = QuestionKind::FullPlate;
            let Some(request) = example(new, kind, *role, profile, (log_in, true), now) else { continue };
            for (step, words) in
                [("by-photo", "ask by photo"), ("open-photos", "open photos"), ("print", "print answers")]
            {
                let context = if step == "by-photo" { entities::photo_context } else { entities::session_context };
                let may = |policy| decide::session_may(policy, &request.asker, None, step, context, now).is_ok();
                if !may(old) && may(new) {
                    found.insert(format!("A {role} of a unit of kind {profile} may {words}."));
                }
            }
        }
    }
}

fn sharing(old: &AgencyPolicy, new: &AgencyPolicy, now: UtcMicros, found: &mut BTreeSet<String>) {
    let states = [None, Some("US-CA"), Some("US-NV")];
    let parties = |agency: u32| {
        states.into_iter().flat_map(move |state| {
            [true, false].map(|public_body| PartyFacts {
                agency: AgencyId(agency),
                active: true,
                state: state.map(str::to_owned),
                public_body,
            })
        })
    };
    for owner in parties(1) {
        for recipient in parties(2) {
            if share(old, &owner, &recipient, now).is_err() && share(new, &owner, &recipient, now).is_ok() {
                found.insert("Detections may be shared with more agencies.".to_owned());
            }
        }
    }
}

/// Every number, so that a new one cannot be forgotten. Those that decisions rest on were asked for above; they are compared
/// here too, because a question that is drawn or counted lies a little beside the number that it probes.
fn numbers(old: &Limits, new: &Limits, found: &mut BTreeSet<String>) {
    let Limits {
        wildcards,
        smallest_area_m2,
        largest_area_m2,
        largest_areas_together_m2,
        area_budget_person_km2_days,
        area_budget_case_km2_days,
        longest_span_days,
        fewest_known_characters,
        narrow_below_known,
        case_reference_required,
        look_back_default_days,
        preview_first,
        phishing_resistant,
        print_unverified,
        // A label on paper.
        records_notice: _,
        stock_text,
        repeated_text,
        repeated_text_max,
        closed_case,
        longest_look_back_days,
        needs_certificate,
        review_days,
        unused_days,
        training_days,
    } = new;
    let mut tell = |wider: bool, sentence: &str| {
        if wider {
            found.insert(sentence.to_owned());
        }
    };
    tell(*smallest_area_m2 < old.smallest_area_m2, "Areas may be smaller.");
    tell(*largest_area_m2 > old.largest_area_m2, "Areas may be larger.");
    tell(*largest_areas_together_m2 > old.largest_areas_together_m2, "Areas may be larger together.");
    let longer = longest_span_days.iter().any(|(kind, days)| *days > old.longest_span_days(*kind));
    tell(longer, "Time frames may be longer.");
    tell(*fewest_known_characters < old.fewest_known_characters, "Plates with fewer known characters may be asked.");
    let fewer_cases = !case_reference_required.is_superset(&old.case_reference_required);
    tell(fewer_cases, "More questions need no case reference.");
    let passes = |new: Strictness, old: Strictness| new == Strictness::Flag && old == Strictness::Refuse;
    tell(passes(*stock_text, old.stock_text), "Stock words pass.");
    let repeated = passes(*repeated_text, old.repeated_text) || *repeated_text_max > old.repeated_text_max;
    tell(repeated, "The same text passes more often.");
    tell(passes(*closed_case, old.closed_case), "Closed cases pass.");
    let any = |wildcards: &Wildcards| *wildcards == Wildcards::StarIsAny;
    tell(any(wildcards) && !any(&old.wildcards), "A star in a plate stands for any run of characters.");
    tell(*narrow_below_known < old.narrow_below_known, "Fewer partial plates are asked to be narrowed.");
    tell(*look_back_default_days > old.look_back_default_days, "Reasons reach further back where they do not say.");
    tell(!preview_first && old.preview_first, "Screens do not begin with a preview.");
    let by_code = !phishing_resistant && old.phishing_resistant;
    tell(by_code, "The enhanced door takes a password with a code, not only a passkey.");
    tell(*print_unverified && !old.print_unverified, "Unverified reads are printed.");
    let more = *area_budget_person_km2_days > old.area_budget_person_km2_days;
    tell(more, "A person may ask about more area and time within 30 days.");
    let more = *area_budget_case_km2_days > old.area_budget_case_km2_days;
    tell(more, "More area and time may be asked about for one case within 30 days.");
    let reach = |days: Option<u32>| days.unwrap_or(u32::MAX);
    let further = reach(*longest_look_back_days) > reach(old.longest_look_back_days);
    tell(further, "Questions reach further back.");
    tell(!needs_certificate.is_superset(&old.needs_certificate), "More permissions are granted without a certificate.");
    tell(*review_days > old.review_days, "Permissions are reviewed less often.");
    tell(*unused_days > old.unused_days, "Unused permissions last longer.");
    let lasts_longer =
        old.training_days.iter().any(|(course, days)| training_days.get(course).is_none_or(|new| new > days));
    tell(lasts_longer, "A training is no longer required, or is good for longer.");
}
