//! What a decision leaves behind, and what happens when one fails (AUD-1, invariants 4 and 5).

use crate::asking::*;
use domain::*;
use policy::*;
use std::collections::BTreeSet;

type Change<'a> = &'a dyn Fn(&mut Asker);

fn with_rule(rule: &str) -> AgencyPolicy {
    let (cedar, limits) = AgencyPolicy::preset_texts("pia-039b").unwrap();
    AgencyPolicy::parse("own", "7", &format!("{cedar}\n{rule}"), limits).unwrap()
}

#[test]
fn a_forbid_whose_evaluation_fails_denies_and_is_named_in_the_record() {
    // Too large a number: Cedar skips the rule, and the permits would stand.
    let policy = with_rule(
        r#"@id("overflows") @stage("extent") @sentence("No.") @source("ours")
           forbid (principal, action in Action::"use", resource) when { context.now * 9223372036854775807 == 5 };"#,
    );
    for kind in QuestionKind::ALL {
        let refusal = preview(&policy, ask(*kind)).unwrap_err();
        assert_eq!(refusal.rule, "policy-error");
        assert_eq!(refusal.record()["failed_rules"], serde_json::json!(["overflows"]));
    }
    assert_eq!(photo_query(&policy, &asker(), NOW).unwrap_err().rule, "policy-error");
}

#[test]
fn a_rule_over_pools_whose_evaluation_fails_denies_the_whole_question() {
    let policy = with_rule(
        r#"@id("overflows") @stage("pools") @sentence("No.") @source("ours")
           forbid (principal, action == Action::"see", resource)
           when { resource.commercial && context.now * 9223372036854775807 == 5 };"#,
    );
    let request = QueryRequest { pools: vec![own_pool(1), shared_pool(2)], ..ask(QuestionKind::FullPlate) };
    assert_eq!(verdict(&policy, &request), "policy-error");
    assert_eq!(verdict(&policy, &ask(QuestionKind::FullPlate)), "yes", "without the pool it does not fail");
}

#[test]
fn aud_1_a_permit_records_who_what_why_which_pools_and_by_which_rules() {
    let mut request = ask(QuestionKind::Area);
    request.pools.push(shared_pool(2));
    let permit = rows(&PIA, request, false).unwrap();
    assert_eq!((permit.kind(), permit.agency()), ("query.rows", Some(OURS)));
    let record = permit.record();
    assert_eq!(record["by"]["user"], user(1).to_string());
    assert_eq!(record["question"]["criteria"]["kind"], "area");
    assert_eq!(record["purpose"]["case_reference"], "24-001");
    assert_eq!(record["authority"], "Penal Code 459");
    assert_eq!(record["pools"], serde_json::json!([1, 2]));
    assert_eq!(record["policy"], "pia-039b/5");
    assert_eq!(record["rules"], serde_json::json!(["area-and-common-plate", "pools"]));
}

#[test]
fn aud_1_a_refusal_is_recorded_with_question_purpose_and_rule() {
    let mut request = ask(QuestionKind::FullPlate);
    request.purpose.case_reference = None;
    let refusal = rows(&PIA, request, true).unwrap_err();
    assert_eq!((refusal.kind(), refusal.agency()), ("query.refused", Some(OURS)));
    let record = refusal.record();
    assert_eq!(record["rule"], "case-reference-missing");
    assert_eq!(record["field"], "purpose.case_reference");
    assert_eq!(record["step"], "rows");
    assert_eq!(record["question"]["criteria"]["plate"], "7ABC123");
    assert_eq!(record["by"]["log_in"], "enhanced");
    assert_eq!(record["query"], query(1).to_string());
}

#[test]
fn no_plate_name_or_case_reference_is_in_the_text_of_a_refusal() {
    for kind in QuestionKind::ALL {
        let mut request = ask(*kind);
        request.purpose.not_based_on_trait = false;
        let refusal = preview(&PIA, request).unwrap_err();
        let text = format!("{refusal} {refusal:?} {refusal:#?}");
        for secret in ["7ABC123", "24-001", "pickup", "yard"] {
            assert!(!text.contains(secret), "{kind}: {secret} in {text}");
        }
    }
}

#[test]
fn aud_1_the_purpose_of_a_permit_is_the_trimmed_one() {
    let mut request = ask(QuestionKind::FullPlate);
    request.purpose.case_reference = Some("  24-001 ".into());
    request.purpose.justification = Some("   ".into());
    let permit = preview(&PIA, request).unwrap();
    assert_eq!(permit.purpose().case_reference.as_deref(), Some("24-001"));
    assert_eq!(permit.purpose().justification, None);
}

#[test]
fn every_rule_says_in_words_what_it_does_and_where_it_comes_from() {
    for preset in PRESETS {
        let name = preset.name;
        let policy = AgencyPolicy::preset(name).unwrap();
        for id in policy.rule_ids() {
            assert!(policy.sentence(id).ends_with('.') && policy.sentence(id).len() > 20, "{name} {id}");
            let source = policy.source(id);
            let told = ["p. ", "ours", "Code", "Directive", "ACPO"].iter().any(|word| source.contains(word));
            assert!(told, "{name} {id}");
        }
    }
    assert!(!PIA.sentence("no-pools").is_empty() && !PIA.sentence("no-permit.area").is_empty());
    assert_eq!(PIA.sentence("no-such-rule"), "");
    assert!(AgencyPolicy::preset("no-such-preset").is_err());
}

fn returned() -> BTreeSet<DetectionId> {
    BTreeSet::from([DetectionId(5), DetectionId(6)])
}

#[test]
fn acc_8_photos_are_opened_only_for_returned_rows_and_while_the_session_stands() {
    let open = |asker: Asker, wanted: &[(u64, u8)]| {
        let wanted = wanted.iter().map(|(id, number)| (DetectionId(*id), *number)).collect();
        photos(&PIA, asker, query(1), &returned(), wanted, NOW)
    };
    let permit = open(asker(), &[(5, 0), (5, 1), (6, 0)]).unwrap();
    assert_eq!(permit.photos(), [(DetectionId(5), 0), (DetectionId(5), 1), (DetectionId(6), 0)]);
    assert_eq!((permit.kind(), permit.query()), ("photos.opened", query(1)));
    for (wanted, what) in
        [(&[(7, 0)][..], "another row"), (&[(5, 0), (7, 0)], "one of two"), (&[(5, 8)], "no such photo")]
    {
        assert_eq!(open(asker(), wanted).unwrap_err().rule, "photo-not-returned", "{what}");
    }
    assert_eq!(open(asker(), &vec![(5, 0); PHOTOS_AT_ONCE_MAX + 1]).unwrap_err().rule, "photos-too-many");
    let changes: [(Change, &str); 4] = [
        (&|a| a.active = false, "account-active"),
        (&|a| a.agency_active = false, "agency-active"),
        (&|a| a.rules_accepted = false, "rules-accepted"),
        (&|a| a.signature.roles = vec![Role::HostOperator], "host-operator-never"),
    ];
    for (change, rule) in changes {
        let mut changed = asker();
        change(&mut changed);
        let refusal = open(changed, &[(5, 0)]).unwrap_err();
        assert_eq!((refusal.rule.as_str(), refusal.kind()), (rule, "photos.refused"));
    }
}
