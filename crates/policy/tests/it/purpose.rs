//! What every question must carry (WHY-2 to WHY-7, QRY-1, QRY-2).

use crate::asking::*;
use domain::*;
use policy::*;
use std::collections::BTreeSet;

#[test]
fn why_2_a_reason_must_be_of_the_agencys_list_in_use_and_open_to_the_unit() {
    let field = Some("purpose.reason");
    let rows: &[Row<'_>] = &[
        (
            "no reason",
            &|r| {
                r.purpose.reason = ReasonCode(" ".into());
                r.reason = None;
            },
            "reason-missing",
            field,
        ),
        ("not in the list", &|r| r.reason = None, "reason-unknown", field),
        ("facts of another reason", &|r| r.purpose.reason = ReasonCode("OTHER".into()), "reason-unknown", field),
        ("withdrawn", &|r| r.reason.as_mut().unwrap().active = false, "reason-inactive", field),
        (
            "of another unit",
            &|r| r.reason.as_mut().unwrap().units = Some(BTreeSet::from([UnitId(99)])),
            "reason-not-for-unit",
            field,
        ),
    ];
    table(&PIA, QuestionKind::ALL, rows);
    table(&OPEN, &[QuestionKind::FullPlate, QuestionKind::PartialPlate, QuestionKind::Area], rows);
    let mut own = ask(QuestionKind::FullPlate);
    own.reason.as_mut().unwrap().units = Some(BTreeSet::from([UNIT]));
    assert_eq!(verdict(&PIA, &own), "yes");
}

#[test]
fn why_2_areas_common_plates_and_movement_in_investigations_need_a_criminal_reason() {
    let administrative = |request: &mut QueryRequest| request.reason.as_mut().unwrap().criminal = false;
    table(&PIA, &AREAS, &[("administrative", &administrative, "criminal-reason", Some("purpose.reason"))]);
    table(
        &PIA,
        &[QuestionKind::Movement],
        &[("administrative", &administrative, "movement-criminal-reason", Some("purpose.reason"))],
    );
    for kind in [QuestionKind::FullPlate, QuestionKind::PartialPlate, QuestionKind::MakeModel] {
        let mut request = ask(kind);
        administrative(&mut request);
        assert_eq!(verdict(&PIA, &request), "yes", "{kind}");
    }
}

#[test]
fn why_3_a_missing_case_reference_is_refused_with_the_field_named() {
    let rows: &[Row<'_>] = &[
        ("none", &|r| r.purpose.case_reference = None, "case-reference-missing", Some("purpose.case_reference")),
        (
            "blank",
            &|r| r.purpose.case_reference = Some("  \t".into()),
            "case-reference-missing",
            Some("purpose.case_reference"),
        ),
    ];
    table(&PIA, QuestionKind::ALL, rows);
    table(&OPEN, &[QuestionKind::FullPlate, QuestionKind::PartialPlate], rows);
    let mut area = ask(QuestionKind::Area);
    area.purpose.case_reference = None;
    assert_eq!(verdict(&OPEN, &area), "yes", "the open preset takes a justification instead");
}

#[test]
fn qry_1_a_plate_question_needs_its_state_and_subject() {
    table(
        &PIA,
        &PLATES,
        &[
            ("subject", &|r| r.purpose.subject = None, "subject-missing", Some("purpose.subject")),
            ("blank subject", &|r| r.purpose.subject = Some(" ".into()), "subject-missing", Some("purpose.subject")),
        ],
    );
    let plate = PlateText::normalise("7ABC123").unwrap();
    for criteria in [
        Criteria::FullPlate { plate: plate.clone(), state: None },
        Criteria::PartialPlate { pattern: pattern("7AB*"), state: None, vehicle: VehicleFilter::default() },
        Criteria::Movement { plate, state: None },
    ] {
        let refusal = preview(&PIA, of(ask(criteria.kind()), criteria)).unwrap_err();
        assert_eq!((refusal.rule.as_str(), refusal.field.as_deref()), ("state-missing", Some("criteria.state")));
    }
}

#[test]
fn qry_2_a_partial_plate_needs_every_other_field_that_a_full_plate_needs() {
    let fields: &[&dyn Fn(&mut QueryRequest)] = &[
        &|r| r.purpose.reason = ReasonCode(String::new()),
        &|r| r.purpose.case_reference = None,
        &|r| r.purpose.subject = None,
        &|r| r.purpose.not_based_on_trait = false,
    ];
    for spoil in fields {
        let told = |kind| {
            let mut request = ask(kind);
            spoil(&mut request);
            verdict(&PIA, &request)
        };
        assert_eq!(told(QuestionKind::FullPlate), told(QuestionKind::PartialPlate));
        assert_ne!(told(QuestionKind::FullPlate), "yes");
    }
}

#[test]
fn why_3_a_question_without_a_plate_names_its_target() {
    let kinds = [QuestionKind::MakeModel, QuestionKind::Area, QuestionKind::CommonPlate];
    let describe = |request: &mut QueryRequest, text: &str| {
        request.purpose.target = Some(Target { kind: TargetKind::Person, description: text.into() });
    };
    table(
        &PIA,
        &kinds,
        &[
            ("none", &|r| r.purpose.target = None, "target-missing", Some("purpose.target")),
            ("blank", &|r| describe(r, "  "), "target-missing", Some("purpose.target")),
            ("stock", &|r| describe(r, "Unknown"), "target-stock", Some("purpose.target")),
        ],
    );
    for kind in PLATES {
        let mut request = ask(kind);
        request.purpose.target = None;
        assert_eq!(verdict(&PIA, &request), "yes", "{kind}: the plate is the target");
    }
}

#[test]
fn why_3_an_area_question_is_justified_in_words_of_its_own() {
    let rows: &[Row<'_>] = &[
        ("none", &|r| r.purpose.justification = None, "justification-missing", Some("purpose.justification")),
        (
            "stock",
            &|r| r.purpose.justification = Some("Criminal investigation.".into()),
            "justification-stock",
            Some("purpose.justification"),
        ),
        (
            "signs",
            &|r| r.purpose.justification = Some("---".into()),
            "justification-stock",
            Some("purpose.justification"),
        ),
    ];
    table(&PIA, &AREAS, rows);
    table(&OPEN, &[QuestionKind::Area], rows);
}

#[test]
fn why_7_areas_carry_the_facts_of_suspicion_in_a_field_of_their_own() {
    let rows: &[Row<'_>] = &[
        ("none", &|r| r.purpose.suspicion_facts = None, "suspicion-facts-missing", Some("purpose.suspicion_facts")),
        (
            "stock",
            &|r| r.purpose.suspicion_facts = Some("Reasonable suspicion".into()),
            "suspicion-facts-stock",
            Some("purpose.suspicion_facts"),
        ),
    ];
    table(&PIA, &AREAS, rows);
    table(&OPEN, &[QuestionKind::Area], rows);
}

#[test]
fn why_6_every_question_is_attested_and_areas_link_the_place_to_the_case() {
    table(
        &PIA,
        QuestionKind::ALL,
        &[(
            "trait",
            &|r| r.purpose.not_based_on_trait = false,
            "trait-attestation",
            Some("purpose.not_based_on_trait"),
        )],
    );
    table(
        &PIA,
        &AREAS,
        &[(
            "place",
            &|r| r.purpose.place_linked_to_case = false,
            "place-attestation",
            Some("purpose.place_linked_to_case"),
        )],
    );
}

fn for_colleague(kind: QuestionKind, colleague: Option<ColleagueFacts>) -> QueryRequest {
    let mut request = ask(kind);
    request.purpose.on_behalf_of = Some(user(2));
    request.colleague = colleague;
    request
}

#[test]
fn why_4_a_question_for_an_entitled_colleague_passes_and_is_recorded_so() {
    for kind in QuestionKind::ALL {
        assert_eq!(verdict(&PIA, &for_colleague(*kind, Some(colleague()))), "yes", "{kind}");
    }
    let permit = rows(&PIA, for_colleague(QuestionKind::Area, Some(colleague())), false).unwrap();
    assert_eq!(permit.record()["purpose"]["on_behalf_of"], user(2).to_string());
}

#[test]
fn why_4_self_unknown_inactive_and_foreign_colleagues_are_refused() {
    let told = |request: QueryRequest| {
        let refusal = preview(&PIA, request).unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("purpose.on_behalf_of"));
        (refusal.rule, refusal.sentence)
    };
    let mut myself = ask(QuestionKind::FullPlate);
    myself.purpose.on_behalf_of = Some(user(1));
    myself.colleague = Some(ColleagueFacts { user: user(1), ..colleague() });
    assert_eq!(told(myself).0, "on-behalf-self");
    let unknown = told(for_colleague(QuestionKind::FullPlate, None));
    assert_eq!(unknown.0, "on-behalf-unknown");
    let foreign = ColleagueFacts { agency: THEIRS, ..colleague() };
    assert_eq!(told(for_colleague(QuestionKind::FullPlate, Some(foreign))), unknown, "told apart from unknown");
    let mixed_up = ColleagueFacts { user: user(3), ..colleague() };
    assert_eq!(told(for_colleague(QuestionKind::FullPlate, Some(mixed_up))), unknown);
    let inactive = ColleagueFacts { active: false, ..colleague() };
    assert_eq!(told(for_colleague(QuestionKind::FullPlate, Some(inactive))).0, "on-behalf-inactive");
}

#[test]
fn why_4_a_colleague_who_could_not_ask_this_gets_no_answer_through_another() {
    let entitled_to = |kind, change: &dyn Fn(&mut ColleagueFacts)| {
        let mut facts = colleague();
        change(&mut facts);
        verdict(&PIA, &for_colleague(kind, Some(facts)))
    };
    let no = "on-behalf-not-entitled";
    for kind in QuestionKind::ALL {
        assert_eq!(entitled_to(*kind, &|c| c.permissions.retain(|held| *held != kind.permission())), no, "{kind}");
        assert_eq!(entitled_to(*kind, &|c| c.rules_accepted = false), no, "{kind}");
    }
    assert_eq!(entitled_to(QuestionKind::Area, &|c| c.unit_profile = "enforcement".into()), no);
    assert_eq!(entitled_to(QuestionKind::Area, &|c| c.cleared = false), no);
    assert_eq!(entitled_to(QuestionKind::Area, &|c| c.roles = vec![Role::PatrolOfficer]), no);
    assert_eq!(entitled_to(QuestionKind::Area, &|c| c.enhanced_rules_accepted = false), no);
    assert_eq!(entitled_to(QuestionKind::FullPlate, &|c| c.roles = vec![Role::HostOperator]), no);
    assert_eq!(entitled_to(QuestionKind::FullPlate, &|c| c.enhanced_rules_accepted = false), "yes");
    let mut other_unit =
        for_colleague(QuestionKind::FullPlate, Some(ColleagueFacts { unit: UnitId(12), ..colleague() }));
    other_unit.reason.as_mut().unwrap().units = Some(BTreeSet::from([UNIT]));
    assert_eq!(verdict(&PIA, &other_unit), no, "the colleague's unit may not use the reason");
}

#[test]
fn why_4_an_entitled_colleague_does_not_lend_rights_to_the_asker() {
    let mut request = for_colleague(QuestionKind::Area, Some(colleague()));
    request.asker.permissions.remove(&Permission::Area);
    assert_eq!(verdict(&PIA, &request), "permission-missing");
}

#[test]
fn a_field_that_is_too_long_is_refused_by_name_and_not_recorded() {
    let mut request = ask(QuestionKind::Area);
    request.purpose.justification = Some("x".repeat(4_001));
    let refusal = preview(&PIA, request).unwrap_err();
    assert_eq!(refusal.rule, "purpose-field-too-long");
    assert_eq!(refusal.field.as_deref(), Some("purpose.justification"));
    assert!(refusal.record().to_string().len() < 4_000);
    assert_eq!(refusal.record()["purpose"]["case_reference"], "24-001");
}

#[test]
fn why_3_a_case_that_is_unknown_closed_or_written_wrongly_is_refused() {
    let with = |case: CaseStanding| move |r: &mut QueryRequest| r.record.case = case;
    let field = Some("purpose.case_reference");
    table(
        &PIA,
        QuestionKind::ALL,
        &[
            ("written wrongly", &with(CaseStanding::NotOfPattern), "case-reference-pattern", field),
            ("not in the list", &with(CaseStanding::Unknown), "case-unknown", field),
            ("closed", &with(CaseStanding::Closed), "case-closed", field),
        ],
    );
    for case in [CaseStanding::NotListed, CaseStanding::Open] {
        let mut request = ask(QuestionKind::FullPlate);
        request.record.case = case;
        assert_eq!(verdict(&PIA, &request), "yes");
    }
}

/// A preset with some of its words replaced.
fn changed(name: &str, changes: &[(&str, &str)]) -> AgencyPolicy {
    let (cedar, limits) = AgencyPolicy::preset_texts(name).unwrap();
    let limits = changes.iter().fold(limits.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    AgencyPolicy::parse(name, "changed", &cedar, &limits).unwrap()
}

#[test]
fn why_3_why_7_repeated_and_stock_words_are_refused_or_flagged_as_the_policy_says() {
    let repeated = |r: &mut QueryRequest| {
        r.record.justification_uses = 20;
        r.record.suspicion_facts_uses = 20;
    };
    let flags = |policy: &AgencyPolicy, request: &QueryRequest| {
        rows(policy, request.clone(), false).map(|permit| permit.record()["flags"].clone()).unwrap()
    };
    let mut request = ask(QuestionKind::Area);
    assert_eq!(flags(&PIA, &request), serde_json::json!([]));
    repeated(&mut request);
    assert_eq!(flags(&PIA, &request), serde_json::json!(["justification-repeated", "suspicion-facts-repeated"]));
    let strict = changed("pia-039b", &[(r#"repeated_text = "flag""#, r#"repeated_text = "refuse""#)]);
    assert_eq!(verdict(&strict, &request), "justification-repeated");
    request.record.justification_uses = 19;
    assert_eq!(verdict(&strict, &request), "suspicion-facts-repeated");

    let mut request = ask(QuestionKind::Area);
    request.purpose.justification = Some("Police business".into());
    assert_eq!(verdict(&PIA, &request), "justification-stock");
    let lenient = changed("pia-039b", &[(r#"stock_text = "refuse""#, r#"stock_text = "flag""#)]);
    assert_eq!(flags(&lenient, &request), serde_json::json!(["justification-stock"]));
    request.record.case = CaseStanding::Closed;
    assert_eq!(verdict(&lenient, &request), "case-closed");
    let lenient = changed(
        "pia-039b",
        &[
            (r#"stock_text = "refuse""#, r#"stock_text = "flag""#),
            (r#"closed_case = "refuse""#, r#"closed_case = "flag""#),
        ],
    );
    assert_eq!(flags(&lenient, &request), serde_json::json!(["justification-stock", "case-closed"]));
}
