//! Which rows of an answer may leave as a print (RES-1, DET-4), and who may print.

use crate::asking::*;
use domain::*;
use policy::*;
use std::collections::BTreeSet;

/// Rows 1, 2 and 3, the last without two photos.
fn rows() -> Vec<RelevantRow> {
    [(1, true), (2, true), (3, false)]
        .map(|(id, is_verified)| RelevantRow { detection: DetectionId(id), is_verified })
        .into()
}

fn printed(policy: &AgencyPolicy, asker: Asker, relevant: &[RelevantRow]) -> Result<PrintPermit, Refusal> {
    let returned: BTreeSet<_> = (1..=4).map(DetectionId).collect();
    print(policy, asker, query(1), &returned, relevant, NOW)
}

#[test]
fn res_1_det_4_a_print_has_the_relevant_rows_and_under_pia_039b_no_unverified_one() {
    let permit = printed(&PIA, asker(), &rows()).unwrap();
    assert_eq!(permit.detections(), [DetectionId(1), DetectionId(2)]);
    assert_eq!(permit.left_out(), [(LeftOut::Unverified, 1)]);
    let permit = printed(&OPEN, asker(), &rows()).unwrap();
    assert_eq!((permit.detections().len(), permit.left_out().len()), (3, 0));
}

#[test]
fn res_1_nothing_but_relevant_rows_of_the_answer_is_printed() {
    let rule = |relevant: &[RelevantRow]| {
        let refusal = printed(&PIA, asker(), relevant).unwrap_err();
        assert!(!refusal.sentence.is_empty() && refusal.field.as_deref() == Some("marks"));
        assert_eq!(refusal.kind(), "print.refused");
        refusal.rule
    };
    assert_eq!(rule(&[]), "print-nothing-relevant");
    assert_eq!(rule(&rows()[2..]), "print-only-unverified");
    assert_eq!(rule(&[RelevantRow { detection: DetectionId(5), is_verified: true }]), "row-not-returned");
}

type Change<'a> = &'a dyn Fn(&mut Asker);

#[test]
fn acc_4_acc_8_who_may_no_longer_ask_prints_nothing() {
    let cases: [(Change<'_>, &str); 4] = [
        (&|asker| asker.active = false, "account-active"),
        (&|asker| asker.agency_active = false, "agency-active"),
        (&|asker| asker.rules_accepted = false, "rules-accepted"),
        (&|asker| asker.signature.roles = vec![Role::HostOperator], "host-operator-never"),
    ];
    for (change, rule) in cases {
        let mut asker = asker();
        change(&mut asker);
        assert_eq!(printed(&PIA, asker, &rows()).unwrap_err().rule, rule);
    }
}

#[test]
fn aud_1_the_entry_of_a_print_says_who_which_query_and_which_rows() {
    let permit = printed(&PIA, asker(), &rows()).unwrap();
    assert_eq!((permit.kind(), permit.agency()), ("answer.printed", Some(OURS)));
    let record = permit.record();
    assert_eq!(record["detections"], serde_json::json!([1, 2]));
    assert_eq!(record["left_out"]["unverified"], serde_json::json!([3]));
    assert_eq!((&record["query"], &record["policy"]), (&serde_json::json!(query(1)), &serde_json::json!("pia-039b/5")));
    assert_eq!(record["by"]["user"], serde_json::json!(user(1)));
}
