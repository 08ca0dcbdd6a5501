//! What a caller may ask, told before anything is asked, for every role, unit and door.

use crate::asking::*;
use domain::*;
use policy::*;

fn standing(policy: &AgencyPolicy, asker: &Asker, kind: QuestionKind, reasons: &[ReasonFacts]) -> KindStanding {
    kind_standing(policy, asker, kind, reasons, &ask(kind).pools, true, NOW).unwrap()
}

fn rule(standing: &KindStanding) -> &str {
    standing.refusal.as_ref().map_or("yes", |refusal| refusal.rule.as_str())
}

fn reason(criminal: bool) -> ReasonFacts {
    ReasonFacts { criminal, ..ask(QuestionKind::FullPlate).reason.unwrap() }
}

#[test]
fn acc_2_acc_3_agy_4_what_is_told_is_what_a_question_with_everything_filled_in_meets() {
    for policy in [&*PIA, &*OPEN] {
        for kind in QuestionKind::ALL {
            for role in Role::ALL {
                for profile in ["investigations", "enforcement", "default"] {
                    for log_in in [LogIn::Plain, LogIn::Enhanced] {
                        let mut request = ask(*kind);
                        request.asker.signature.roles = vec![*role];
                        request.asker.signature.log_in = log_in;
                        request.asker.unit_profile = profile.into();
                        let told = standing(policy, &request.asker, *kind, &[reason(true)]);
                        assert_eq!(rule(&told), verdict(policy, &request), "{kind} {role} {profile} {log_in}");
                    }
                }
            }
        }
    }
}

#[test]
fn why_2_the_best_of_the_reasons_counts_and_without_any_the_reason_is_what_is_missing() {
    let of = |reasons: &[ReasonFacts]| rule(&standing(&PIA, &asker(), QuestionKind::Area, reasons)).to_owned();
    assert_eq!(of(&[reason(false), reason(true)]), "yes");
    assert_eq!(of(&[reason(false)]), "criminal-reason");
    assert_eq!(of(&[]), "reason-unknown");
}

#[test]
fn qry_2_why_3_why_6_why_7_the_needs_of_each_kind_are_those_of_its_rules() {
    let plate =
        Needs { state: true, case_reference: true, subject: true, not_based_on_trait: true, ..Needs::default() };
    let place = Needs {
        case_reference: true,
        target: true,
        justification: true,
        suspicion_facts: true,
        place_linked_to_case: true,
        not_based_on_trait: true,
        ..Needs::default()
    };
    let vehicle = Needs { case_reference: true, target: true, not_based_on_trait: true, ..Needs::default() };
    let expected = [
        (QuestionKind::FullPlate, plate),
        (QuestionKind::PartialPlate, plate),
        (QuestionKind::MakeModel, vehicle),
        (QuestionKind::Area, place),
        (QuestionKind::CommonPlate, place),
        (QuestionKind::Movement, plate),
    ];
    for (kind, needs) in expected {
        assert_eq!(standing(&PIA, &asker(), kind, &[reason(true)]).needs, needs, "{kind}");
        // Also for somebody who may not ask: a form can show what it would take.
        let mut plain = asker();
        plain.signature.log_in = LogIn::Plain;
        assert_eq!(standing(&PIA, &plain, kind, &[reason(true)]).needs, needs, "{kind}");
    }
    let open = standing(&OPEN, &asker(), QuestionKind::FullPlate, &[reason(true)]).needs;
    assert!(!open.subject && !open.state);
    assert!(!standing(&OPEN, &asker(), QuestionKind::Area, &[reason(true)]).needs.case_reference);
}
