//! What each preset beside `open` and `pia-039b` adds to the common gates.

use crate::asking::*;
use domain::time::DAY_MICROS;
use domain::*;
use policy::*;

fn preset(name: &str) -> AgencyPolicy {
    AgencyPolicy::preset(name).unwrap()
}

fn told(policy: &AgencyPolicy, request: &QueryRequest) -> String {
    rows(policy, request.clone(), false).map_or_else(|refusal| refusal.rule, |_| "yes".to_owned())
}

fn kinds() -> impl Iterator<Item = QuestionKind> {
    QuestionKind::ALL.iter().copied()
}

#[test]
fn agy_5_every_preset_loads_says_where_each_rule_comes_from_and_names_every_limit() {
    for entry in PRESETS {
        let policy = preset(entry.name);
        assert!(!entry.title.is_empty() && !entry.status.is_empty());
        for id in policy.rule_ids() {
            assert!(policy.sentence(id).ends_with('.'), "{} {id}", entry.name);
            assert!(!policy.source(id).is_empty(), "{} {id}", entry.name);
        }
        let (_, limits) = AgencyPolicy::preset_texts(entry.name).unwrap();
        for word in
            ["needs_certificate", "review_days", "unused_days", "[training_days]", "stock_text", "repeated_text_max"]
        {
            assert!(limits.contains(word), "{} leaves {word} to the default", entry.name);
        }
    }
    assert!(matches!(AgencyPolicy::preset("texas"), Err(PolicyError::NoSuchPreset)));
}

#[test]
fn lim_4_acc_2_strict_wants_a_second_person_for_all_but_full_plates_and_a_preview_before_rows() {
    let strict = preset("strict");
    for kind in kinds() {
        let request = within(ask(kind), frame(5, 5));
        let expected = if kind == QuestionKind::FullPlate { "yes" } else { "second-person" };
        assert_eq!(told(&strict, &request), expected, "{kind}");
    }
    let mut request = within(ask(QuestionKind::FullPlate), frame(5, 5));
    request.record.previewed = false;
    let refusal = rows(&strict, request.clone(), false).unwrap_err();
    assert_eq!(
        (refusal.rule.as_str(), refusal.unlock.as_deref()),
        ("preview-first", Some("Preview first, then show the rows."))
    );
    assert!(preview(&strict, request.clone()).is_ok() && exact_count(&strict, request).is_ok());
    let refusal = rows(&strict, within(ask(QuestionKind::Area), frame(5, 5)), false).unwrap_err();
    assert!(refusal.sentence.contains("needs a second person's approval"));
}

#[test]
fn why_5_strict_and_virginia_look_back_twenty_one_days_whatever_the_reason() {
    for name in ["strict", "virginia"] {
        let policy = preset(name);
        let request = |days| within(ask(QuestionKind::FullPlate), frame(days, 1));
        assert_eq!(told(&policy, &request(21)), "yes", "{name}");
        assert_eq!(told(&policy, &request(22)), "look-back-over-limit", "{name}");
    }
    let refusal = rows(&preset("virginia"), within(ask(QuestionKind::FullPlate), frame(22, 1)), false).unwrap_err();
    assert_eq!(refusal.unlock.as_deref(), Some("Begin at most 21 days ago."));
}

#[test]
fn why_3_california_wants_a_published_policy_and_a_purpose_with_every_access() {
    let california = preset("california");
    for kind in kinds() {
        assert_eq!(told(&california, &ask(kind)), "yes", "{kind}");
        let mut request = ask(kind);
        request.purpose.case_reference = None;
        assert_eq!(told(&california, &request), "case-reference-missing", "{kind}");
        let mut request = ask(kind);
        request.purpose.justification = None;
        assert!(["access-purpose", "justification-missing"].contains(&told(&california, &request).as_str()), "{kind}");
        let mut request = ask(kind);
        request.record.policy_published = false;
        assert_eq!(told(&california, &request), "policy-published", "{kind}");
    }
}

#[test]
fn why_2_virginia_allows_three_purposes_and_an_investigation_with_suspicion() {
    let virginia = preset("virginia");
    let with = |class| {
        let mut request = ask(QuestionKind::FullPlate);
        request.reason.as_mut().unwrap().class = class;
        request
    };
    assert_eq!(told(&virginia, &with(ReasonClass::Other)), "three-purposes");
    for class in [ReasonClass::CriminalInvestigation, ReasonClass::MissingOrEndangered, ReasonClass::Notice] {
        assert_eq!(told(&virginia, &with(class)), "yes", "{class}");
    }
    let mut request = with(ReasonClass::CriminalInvestigation);
    request.purpose.suspicion_facts = None;
    assert_eq!(told(&virginia, &request), "investigation-needs-suspicion");
    let mut request = with(ReasonClass::Notice);
    request.purpose.suspicion_facts = None;
    assert_eq!(told(&virginia, &request), "yes");
}

#[test]
fn acc_7_new_jersey_stops_access_that_was_not_reviewed_within_the_year() {
    let with = |days: i64| {
        let mut request = ask(QuestionKind::FullPlate);
        let confirmed = NOW.plus_micros(-days * DAY_MICROS);
        request.asker.file.grants.insert(Permission::Full, GrantFacts { in_use: NOW, confirmed, until: None });
        request
    };
    assert_eq!(told(&preset("new-jersey"), &with(364)), "yes");
    assert_eq!(told(&preset("new-jersey"), &with(365)), "review-overdue");
    assert_eq!(told(&preset("pia-039b"), &with(365)), "yes", "elsewhere an overdue review is listed");
}

#[test]
fn why_5_uk_a_look_back_beyond_ninety_days_needs_rank_and_none_is_longer_than_a_year() {
    let uk = preset("uk");
    let mut request = within(ask(QuestionKind::FullPlate), frame(90, 1));
    assert_eq!(told(&uk, &request), "yes");
    request = within(request, frame(91, 1));
    assert_eq!(told(&uk, &request), "rank-for-look-back");
    request.asker.signature.roles = vec![Role::Supervisor];
    assert_eq!(told(&uk, &request), "yes");
    request.reason.as_mut().unwrap().max_look_back_days = 3_650;
    assert_eq!(told(&uk, &within(request, frame(367, 1))), "look-back-over-limit");
}

#[test]
fn agy_2_whom_an_agency_may_share_with_is_its_own_policys_word() {
    let party = |state: Option<&str>, public_body| PartyFacts {
        agency: OURS,
        active: true,
        state: state.map(str::to_owned),
        public_body,
    };
    let other = |state: Option<&str>, public_body| PartyFacts { agency: THEIRS, ..party(state, public_body) };
    let asked = |name: &str, owner: PartyFacts, recipient: PartyFacts| {
        share(&preset(name), &owner, &recipient, NOW).map_or_else(|refusal| refusal.rule, |()| "yes".to_owned())
    };
    let (california, virginia) = (Some("US-CA"), Some("US-VA"));
    for name in ["california", "virginia"] {
        let own = if name == "california" { california } else { virginia };
        let foreign = if name == "california" { virginia } else { california };
        assert_eq!(asked(name, party(own, true), other(own, true)), "yes");
        for recipient in [other(own, false), other(foreign, true), other(None, true)] {
            assert_eq!(asked(name, party(own, true), recipient), "no-permit.share", "{name}");
        }
        assert_eq!(
            asked(name, party(None, true), other(None, true)),
            "no-permit.share",
            "a state that is not recorded"
        );
    }
    assert_eq!(asked("new-jersey", party(None, true), other(None, false)), "no-permit.share");
    assert_eq!(asked("pia-039b", party(None, true), other(california, false)), "yes");
    let inactive = PartyFacts { active: false, ..other(california, true) };
    assert_eq!(asked("california", party(california, true), inactive), "sharing-party-inactive");
}
