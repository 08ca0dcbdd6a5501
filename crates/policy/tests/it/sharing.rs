//! Whose detections a question may see (AGY-2, AGY-3).

use crate::asking::*;
use domain::*;
use policy::*;
use std::collections::BTreeSet;

type Change<'a> = &'a dyn Fn(&mut AgreementFacts);

fn with_agreement(change: impl Fn(&mut AgreementFacts)) -> QueryRequest {
    let mut facts = agreement();
    change(&mut facts);
    let mut request = ask(QuestionKind::Area);
    request.pools = vec![own_pool(1), PoolFacts { agreement: Some(facts), ..shared_pool(2) }];
    request
}

fn ids(numbers: &[u32]) -> BTreeSet<PoolId> {
    numbers.iter().map(|number| PoolId(*number)).collect()
}

#[test]
fn agy_2_another_owners_pool_is_seen_only_under_an_agreement_in_force_that_covers_the_question() {
    assert_eq!(pools(&PIA, &with_agreement(|_| ())), ids(&[1, 2]));
    let area_only = |facts: &mut AgreementFacts| facts.permissions = BTreeSet::from([Permission::Area]);
    assert_eq!(pools(&PIA, &with_agreement(area_only)), ids(&[1, 2]));
    let burglary = |facts: &mut AgreementFacts| facts.reasons = Some(BTreeSet::from([ReasonCode("BURGLARY".into())]));
    assert_eq!(pools(&PIA, &with_agreement(burglary)), ids(&[1, 2]));

    let spoilt: [(&str, Change); 6] = [
        ("ended", &|facts| facts.active = false),
        ("not begun", &|facts| facts.from = NOW.plus_micros(1)),
        ("over at this instant", &|facts| facts.to = NOW),
        ("another kind of question", &|facts| facts.permissions = BTreeSet::from([Permission::Full])),
        ("another reason", &|facts| facts.reasons = Some(BTreeSet::from([ReasonCode("FRAUD".into())]))),
        ("no reason at all", &|facts| facts.reasons = Some(BTreeSet::new())),
    ];
    for (what, change) in spoilt {
        assert_eq!(pools(&PIA, &with_agreement(change)), ids(&[1]), "{what}");
    }
    let mut none = with_agreement(|_| ());
    none.pools[1].agreement = None;
    assert_eq!(pools(&PIA, &none), ids(&[1]), "no agreement");
}

#[test]
fn agy_2_an_agreement_begins_at_its_first_instant() {
    assert_eq!(pools(&PIA, &with_agreement(|facts| facts.from = NOW)), ids(&[1, 2]));
    assert_eq!(pools(&PIA, &with_agreement(|facts| facts.to = NOW.plus_micros(1))), ids(&[1, 2]));
}

#[test]
fn agy_3_where_nothing_may_be_seen_the_refusal_does_not_say_what_exists() {
    let told = |pools: Vec<PoolFacts>| {
        let refusal = preview(&PIA, QueryRequest { pools, ..ask(QuestionKind::FullPlate) }).unwrap_err();
        (refusal.rule, refusal.field, refusal.sentence, refusal.unlock)
    };
    let nothing = told(vec![]);
    assert_eq!(nothing.0, "no-pools");
    assert_eq!(told(vec![PoolFacts { agreement: None, ..shared_pool(2) }]), nothing);
    let over = PoolFacts { agreement: Some(AgreementFacts { to: NOW, ..agreement() }), ..shared_pool(2) };
    assert_eq!(told(vec![over]), nothing);
}

#[test]
fn agy_2_the_open_preset_sees_its_own_cameras_only() {
    let request = QueryRequest { pools: vec![shared_pool(2), own_pool(1)], ..ask(QuestionKind::FullPlate) };
    assert_eq!(pools(&OPEN, &request), ids(&[1]));
}

#[test]
fn agy_2_the_pools_of_a_permit_are_sorted_and_without_duplicates() {
    let request = QueryRequest {
        pools: vec![own_pool(9), shared_pool(4), own_pool(2), own_pool(9)],
        ..ask(QuestionKind::FullPlate)
    };
    assert_eq!(preview(&PIA, request).unwrap().pools(), [PoolId(2), PoolId(4), PoolId(9)]);
}

#[test]
fn agy_2_one_pool_described_in_two_ways_is_refused() {
    let request = QueryRequest { pools: vec![own_pool(2), shared_pool(2)], ..ask(QuestionKind::FullPlate) };
    assert_eq!(verdict(&PIA, &request), "policy-error");
}

#[test]
fn agy_2_a_pool_under_several_agreements_is_seen_under_the_one_that_is_in_force() {
    let over = PoolFacts { agreement: Some(AgreementFacts { to: NOW, ..agreement() }), ..shared_pool(2) };
    let request = QueryRequest { pools: vec![over, shared_pool(2), own_pool(1)], ..ask(QuestionKind::FullPlate) };
    assert_eq!(pools(&PIA, &request), ids(&[1, 2]));
}
