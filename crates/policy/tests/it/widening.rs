//! Which change of a policy widens it (AGY-5).

use crate::asking::*;
use domain::*;
use policy::*;
use serde_json::{Map, Value, json};

fn preset(name: &str) -> AgencyPolicy {
    AgencyPolicy::preset(name).unwrap()
}

fn profiles() -> Vec<String> {
    ["default", "investigations", "enforcement"].map(str::to_owned).into()
}

fn with(policy: &AgencyPolicy, changes: &Value) -> AgencyPolicy {
    policy.with_limits(changes.as_object().unwrap(), 1).unwrap()
}

fn widens(old: &AgencyPolicy, new: &AgencyPolicy) -> Vec<String> {
    widened(old, new, &profiles(), NOW)
}

#[test]
fn agy_5_a_policy_does_not_widen_itself_and_neither_does_a_narrower_number() {
    for entry in PRESETS {
        let policy = preset(entry.name);
        let found = widened(&policy, &policy, &["default".to_owned()], NOW);
        assert_eq!(found, Vec::<String>::new(), "{}", entry.name);
    }
    for changes in [
        json!({ "largest_area_m2": 1_000_000 }),
        json!({ "fewest_known_characters": 3 }),
        json!({ "longest_span_days": { "area": 7 } }),
        json!({ "unused_days": 30, "review_days": 90 }),
        json!({ "training_days": { "tool": 180 } }),
        json!({ "repeated_text": "refuse", "repeated_text_max": 3 }),
        json!({ "longest_look_back_days": 30 }),
        json!({ "area_budget_person_km2_days": 10, "area_budget_case_km2_days": 10 }),
    ] {
        assert_eq!(widens(&PIA, &with(&PIA, &changes)), Vec::<String>::new(), "{changes}");
    }
}

#[test]
fn agy_5_every_wider_number_is_found_and_said_in_words() {
    let strict = with(
        &PIA,
        &json!({
            "area_budget_person_km2_days": 10, "area_budget_case_km2_days": 10,
            "smallest_area_m2": 100, "largest_area_m2": 1_000_000, "largest_areas_together_m2": 2_000_000,
            "fewest_known_characters": 3, "narrow_below_known": 5, "look_back_default_days": 30,
            "longest_look_back_days": 30, "repeated_text": "refuse", "repeated_text_max": 3, "review_days": 90,
            "unused_days": 30, "training_days": { "tool": 180 },
            "longest_span_days": { "full-plate": 7, "area": 7, "common-plate": 7, "movement": 7 },
        }),
    );
    for (change, word) in [
        (json!({ "smallest_area_m2": 3 }), "square meters"),
        (json!({ "area_budget_person_km2_days": 11 }), "A person may ask about more area and time"),
        (json!({ "area_budget_case_km2_days": 11 }), "for one case within 30 days"),
        (json!({ "largest_area_m2": 1_500_000 }), "square meters"),
        (json!({ "largest_areas_together_m2": 2_500_000 }), "together"),
        (json!({ "fewest_known_characters": 2 }), "2 known characters"),
        (json!({ "narrow_below_known": 4 }), "narrowed"),
        (json!({ "largest_area_m2": 1_000_001 }), "Areas may be larger."),
        (json!({ "largest_areas_together_m2": 2_000_001 }), "larger together"),
        (json!({ "look_back_default_days": 60 }), "do not say"),
        (json!({ "longest_look_back_days": 31 }), "further back"),
        (json!({ "longest_look_back_days": null }), "further back"),
        (json!({ "repeated_text_max": 4 }), "given 3 times"),
        (json!({ "repeated_text": "flag" }), "given 3 times"),
        (json!({ "stock_text": "flag" }), "stock word"),
        (json!({ "closed_case": "flag" }), "closed case"),
        (json!({ "review_days": 91 }), "less often"),
        (json!({ "unused_days": 31 }), "last longer"),
        (json!({ "training_days": { "tool": 181 } }), "good for longer"),
        (json!({ "training_days": { "privacy": null } }), "privacy training"),
        (json!({ "longest_span_days": { "area": 8 } }), "over 8 days"),
        (json!({ "case_reference_required": [] }), "without a case reference"),
        (json!({ "needs_certificate": [] }), "certificate"),
        (json!({ "preview_first": false }), "preview"),
        (json!({ "print_unverified": true }), "Unverified"),
        (json!({ "wildcards": "star-is-any" }), "star"),
    ] {
        let Value::Object(names) = &change else { unreachable!() };
        let found = widened(&strict, &with(&strict, &change), &["investigations".to_owned()], NOW);
        assert!(found.iter().any(|sentence| sentence.contains(word)), "{names:?}: {found:?}");
    }
}

#[test]
fn agy_5_another_preset_widens_where_a_right_a_rule_or_sharing_does() {
    let told = |old: &str, new: &str| widens(&preset(old), &preset(new)).join("\n");
    assert!(told("open", "pia-039b").contains("may ask movement questions"));
    assert!(
        told("strict", "california").contains("may ask area questions at the enhanced door for a criminal reason.")
    );
    assert!(told("strict", "california").contains("without a preview before"));
    assert!(told("california", "strict").contains("before the agency's policy is published"));
    assert!(told("california", "new-jersey").contains("shared with more agencies"));
    assert!(told("virginia", "uk").contains("for another reason"));
    assert!(told("uk", "new-jersey").contains("begins 91 days ago"));
    assert!(told("pia-039b", "open").contains("privacy training"));
    // An added rule never widens.
    let (cedar, limits) = AgencyPolicy::preset_texts("pia-039b").unwrap();
    let rule = r#"@id("own") @stage("right") @sentence("No areas.") @source("ours")
        forbid (principal, action == Action::"ask-area", resource);"#;
    let narrower = AgencyPolicy::parse("pia-039b", "own", &format!("{cedar}\n{rule}"), limits).unwrap();
    assert_eq!(widens(&PIA, &narrower), Vec::<String>::new());
    assert!(!widens(&narrower, &PIA).is_empty());
}

#[test]
fn agy_5_numbers_that_do_not_exist_or_cannot_be_are_not_taken() {
    for (changes, word) in [
        (json!({ "largest_aera_m2": 5 }), "largest_aera_m2"),
        (json!({ "largest_area_m2": -5 }), ""),
        (json!({ "largest_area_m2": 1 }), "rise"),
        (json!({ "fewest_known_characters": 0 }), "fewest_known_characters"),
        (json!({ "longest_span_days": { "area": null } }), "area"),
        (json!({ "longest_span_days": { "everything": 5 } }), ""),
        (json!({ "training_days": { "juggling": 5 } }), ""),
        (json!({ "unused_days": 0 }), "days"),
        (json!({ "unused_days": 4_000_000_000_u32 }), "36500"),
        (json!({ "longest_span_days": { "area": 4_000_000_000_u32 } }), "36500"),
    ] {
        let Value::Object(map) = changes else { unreachable!() };
        let error = PIA.with_limits(&map, 1).unwrap_err().to_string();
        assert!(error.contains(word), "{map:?}: {error}");
    }
    let changed = with(&PIA, &json!({ "longest_span_days": { "area": 7 } }));
    assert_eq!(changed.limits().longest_span_days(QuestionKind::Area), 7);
    assert_eq!(changed.limits().longest_span_days(QuestionKind::FullPlate), 1827, "the rest stays");
    let permit = preview(&changed, ask(QuestionKind::FullPlate)).unwrap();
    assert_eq!(permit.record()["policy"], "pia-039b/5+1", "an entry says which revision decided");
    assert_eq!(PIA.with_limits(&Map::new(), 0).unwrap().limits(), PIA.limits());
}
