//! Who may ask: accounts, rules of behaviour, permissions, roles, units, doors (ACC-2 to ACC-4, ACC-8, AGY-4, MOB-5).

use crate::asking::*;
use domain::time::DAY_MICROS;
use domain::*;
use policy::*;
use std::collections::BTreeSet;

#[test]
fn acc_2_an_investigator_behind_the_enhanced_door_may_ask_all_six_kinds() {
    for kind in QuestionKind::ALL {
        assert_eq!(verdict(&PIA, &ask(*kind)), "yes", "{kind}");
    }
}

#[test]
fn acc_8_who_is_no_longer_active_asks_nothing() {
    let rows: &[Row<'_>] = &[
        ("account closed", &|r| r.asker.active = false, "account-active", None),
        ("agency suspended", &|r| r.asker.agency_active = false, "agency-active", None),
    ];
    table(&PIA, QuestionKind::ALL, rows);
    table(&OPEN, &[QuestionKind::FullPlate, QuestionKind::PartialPlate, QuestionKind::Area], rows);
}

#[test]
fn acc_4_rules_of_behaviour_must_be_accepted_and_enhanced_functions_have_their_own() {
    table(
        &PIA,
        QuestionKind::ALL,
        &[
            ("rules not accepted", &|r| r.asker.rules_accepted = false, "rules-accepted", None),
            ("own rules not accepted", &|r| r.asker.enhanced_rules_accepted = false, "enhanced-rules-accepted", None),
        ],
    );
    let mut plain = ask(QuestionKind::FullPlate);
    plain.asker.signature.log_in = LogIn::Plain;
    plain.asker.enhanced_rules_accepted = false;
    assert_eq!(verdict(&PIA, &plain), "yes", "the plain door does not ask for the enhanced rules");
}

#[test]
fn acc_5_every_required_training_must_be_current_or_nothing_is_asked() {
    let gone = |course: Course| {
        move |r: &mut QueryRequest| {
            r.asker.file.trained.remove(&course);
        }
    };
    let old = |course: Course| {
        move |r: &mut QueryRequest| {
            r.asker.file.trained.insert(course, NOW.plus_micros(-365 * DAY_MICROS));
        }
    };
    for (course, rule) in [
        (Course::Tool, "training-tool"),
        (Course::ToolEnhanced, "training-tool-enhanced"),
        (Course::Privacy, "training-privacy"),
        (Course::Integrity, "training-integrity"),
    ] {
        let rows: &[Row<'_>] = &[("never passed", &gone(course), rule, None), ("a year ago", &old(course), rule, None)];
        table(&PIA, QuestionKind::ALL, rows);
        let mut late = ask(QuestionKind::FullPlate);
        late.asker.file.trained.insert(course, NOW.plus_micros(-365 * DAY_MICROS + 1));
        assert_eq!(verdict(&PIA, &late), "yes", "the last moment of {course}");
    }
    let mut request = ask(QuestionKind::FullPlate);
    request.asker.file.trained.insert(Course::Privacy, NOW.plus_micros(-366 * DAY_MICROS));
    let refusal = preview(&PIA, request.clone()).unwrap_err();
    assert_eq!(refusal.sentence, "Your privacy training is not current.");
    let unlock = "It lapsed on 2026-05-02. Ask your agency's manager to record the new training.";
    assert_eq!(refusal.unlock.as_deref(), Some(unlock));
    request.asker.file.trained.clear();
    let refusal = preview(&PIA, request.clone()).unwrap_err();
    assert_eq!(refusal.unlock.as_deref(), Some("Take the short course under Training."), "there is no date to tell");
    assert_eq!(verdict(&OPEN, &request), "training-tool");
    request.asker.file.trained.insert(Course::Tool, NOW);
    assert_eq!(verdict(&OPEN, &request), "training-tool-enhanced");
    request.asker.signature.log_in = LogIn::Plain;
    assert_eq!(verdict(&OPEN, &request), "yes", "a small department requires no more at the standard door");
}

#[test]
fn acc_7_a_permission_lapses_when_it_is_not_used_and_when_its_certificate_ends() {
    let since = |days: i64| GrantFacts { in_use: NOW.plus_micros(-days * DAY_MICROS), confirmed: NOW, until: None };
    for kind in QuestionKind::ALL {
        let with = |facts: Option<GrantFacts>| {
            let mut request = ask(*kind);
            request.asker.file.grants.remove(&kind.permission());
            request.asker.file.grants.extend(facts.map(|facts| (kind.permission(), facts)));
            request
        };
        assert_eq!(verdict(&PIA, &with(Some(since(89)))), "yes", "{kind}");
        assert_eq!(verdict(&PIA, &with(Some(since(90)))), "access-unused", "{kind}");
        assert_eq!(verdict(&PIA, &with(None)), "access-unused", "{kind}: nothing is on file");
        let until = |micros| Some(GrantFacts { until: Some(NOW.plus_micros(micros)), ..since(0) });
        assert_eq!(verdict(&PIA, &with(until(1))), "yes", "{kind}");
        assert_eq!(verdict(&PIA, &with(until(0))), "certificate-ended", "{kind}");
    }
    let mut request = ask(QuestionKind::Area);
    request.asker.file.grants.insert(Permission::Area, since(200));
    let refusal = preview(&PIA, request).unwrap_err();
    assert!(refusal.unlock.unwrap().starts_with("After 90 days without use"));
}

#[test]
fn why_4_a_colleague_whose_training_or_permission_lapsed_is_not_entitled() {
    for kind in QuestionKind::ALL {
        let with = |spoil: &dyn Fn(&mut PersonnelFile)| {
            let mut request = ask(*kind);
            request.purpose.on_behalf_of = Some(user(2));
            let mut facts = colleague();
            spoil(&mut facts.file);
            request.colleague = Some(facts);
            verdict(&PIA, &request)
        };
        assert_eq!(with(&|_| {}), "yes");
        assert_eq!(
            with(&|file| file.trained.retain(|course, _| *course != Course::Privacy)),
            "on-behalf-not-entitled",
            "{kind}"
        );
        assert_eq!(with(&|file| file.grants.clear()), "on-behalf-not-entitled", "{kind}");
        let expected = if *kind == QuestionKind::FullPlate { "yes" } else { "on-behalf-not-entitled" };
        assert_eq!(with(&|file| file.trained.retain(|course, _| *course != Course::ToolEnhanced)), expected, "{kind}");
    }
}

#[test]
fn acc_2_who_administers_or_oversees_never_asks_whatever_else_the_account_holds() {
    for role in [Role::AgencyManager, Role::PrivacyOfficer, Role::DataSteward, Role::HostOperator] {
        for kind in QuestionKind::ALL {
            let mut request = ask(*kind);
            request.asker.signature.roles = vec![Role::CriminalInvestigator, role];
            assert_eq!(verdict(&PIA, &request), never(role).unwrap(), "{role} {kind}");
        }
    }
}

#[test]
fn acc_2_every_kind_is_a_permission_of_its_own() {
    for kind in QuestionKind::ALL {
        let mut request = ask(*kind);
        request.asker.permissions.remove(&kind.permission());
        assert_eq!(verdict(&PIA, &request), "permission-missing", "{kind}");
        request.asker.permissions = BTreeSet::from([kind.permission()]);
        assert_eq!(verdict(&PIA, &request), "yes", "{kind} needs no other permission");
    }
}

#[test]
fn acc_3_everything_but_a_full_plate_needs_the_enhanced_door() {
    for kind in QuestionKind::ALL {
        let mut request = ask(*kind);
        request.asker.signature.log_in = LogIn::Plain;
        let expected = if *kind == QuestionKind::FullPlate { "yes" } else { "enhanced-log-in" };
        assert_eq!(verdict(&PIA, &request), expected, "{kind}");
    }
    for (kind, expected) in [
        (QuestionKind::FullPlate, "yes"),
        (QuestionKind::PartialPlate, "enhanced-log-in"),
        (QuestionKind::Area, "enhanced-log-in"),
    ] {
        let mut request = ask(kind);
        request.asker.signature.log_in = LogIn::Plain;
        assert_eq!(verdict(&OPEN, &request), expected, "{kind}");
    }
}

#[test]
fn acc_2_areas_and_common_plates_are_for_four_roles_with_clearance() {
    for role in Role::ALL {
        for kind in AREAS {
            let mut request = ask(kind);
            request.asker.signature.roles = vec![*role];
            let expected = match role {
                Role::CriminalInvestigator
                | Role::TaskForceOfficer
                | Role::CriminalAnalyst
                | Role::InvestigativeAssistant => "yes".to_owned(),
                role => never(*role).map_or_else(|| format!("no-permit.{kind}"), str::to_owned),
            };
            assert_eq!(verdict(&PIA, &request), expected, "{role} {kind}");
            request.asker.cleared = false;
            assert_ne!(verdict(&PIA, &request), "yes", "{role} {kind} without clearance");
        }
    }
    let mut uncleared = ask(QuestionKind::Area);
    uncleared.asker.cleared = false;
    assert_eq!(verdict(&PIA, &uncleared), "clearance");
}

#[test]
fn agy_4_enforcement_asks_plates_and_granted_movement_and_never_areas() {
    for (kind, expected) in [
        (QuestionKind::FullPlate, "yes"),
        (QuestionKind::PartialPlate, "yes"),
        (QuestionKind::MakeModel, "enforcement-no-make-model"),
        (QuestionKind::Area, "enforcement-no-area"),
        (QuestionKind::CommonPlate, "enforcement-no-area"),
        (QuestionKind::Movement, "yes"),
    ] {
        assert_eq!(verdict(&PIA, &ask_of_enforcement(kind)), expected, "{kind}");
    }
    let mut ungranted = ask_of_enforcement(QuestionKind::Movement);
    ungranted.asker.permissions.remove(&Permission::Movement);
    assert_eq!(verdict(&PIA, &ungranted), "permission-missing");
}

#[test]
fn agy_4_a_unit_that_the_preset_does_not_know_asks_full_plates_only() {
    for kind in QuestionKind::ALL {
        let mut request = ask(*kind);
        request.asker.unit_profile = "default".into();
        let expected = if *kind == QuestionKind::FullPlate { "yes".to_owned() } else { format!("no-permit.{kind}") };
        assert_eq!(verdict(&PIA, &request), expected, "{kind}");
    }
}

#[test]
fn acc_2_no_role_asks_by_being_that_role_and_a_host_operator_never_asks() {
    for role in Role::ALL {
        for kind in QuestionKind::ALL {
            let mut request = ask(*kind);
            request.asker.signature.roles = vec![*role];
            request.asker.permissions.clear();
            let expected = never(*role).unwrap_or("permission-missing");
            assert_eq!(verdict(&PIA, &request), expected, "{role} {kind}");
        }
    }
    let mut both = ask(QuestionKind::FullPlate);
    both.asker.signature.roles = vec![Role::CriminalInvestigator, Role::HostOperator];
    assert_eq!(verdict(&PIA, &both), "host-operator-never", "a second role does not lift it");
    let mut nobody = ask(QuestionKind::Area);
    nobody.asker.signature.roles.clear();
    assert_eq!(verdict(&PIA, &nobody), "no-permit.area");
}

#[test]
fn acc_2_who_may_not_ask_at_all_is_told_that_and_not_what_to_fill_in() {
    let mut request = ask(QuestionKind::Area);
    request.asker.signature.roles = vec![Role::PatrolOfficer];
    request.asker.signature.log_in = LogIn::Plain;
    request.purpose.case_reference = None;
    let refusal = preview(&PIA, request).unwrap_err();
    assert_eq!(refusal.rule, "no-permit.area");
    assert_eq!(refusal.sentence, "Your role does not include area questions in this unit.");
    assert_eq!(refusal.field, None);
}

#[test]
fn the_open_preset_answers_full_and_partial_plates_and_areas_only() {
    for kind in QuestionKind::ALL {
        let mut request = ask(*kind);
        request.asker.unit_profile = "default".into();
        request.asker.signature.roles = vec![Role::PatrolOfficer];
        let expected = match kind {
            QuestionKind::FullPlate | QuestionKind::PartialPlate | QuestionKind::Area => "yes".to_owned(),
            _ => format!("no-permit.{kind}"),
        };
        assert_eq!(verdict(&OPEN, &request), expected, "{kind}");
    }
}

#[test]
fn mob_5_the_phone_app_is_a_permission_with_the_enhanced_door_and_for_criminal_investigations() {
    let phone = |kind| {
        let mut request = ask(kind);
        request.asker.signature.channel = "mobile".into();
        request
    };
    let full = QuestionKind::FullPlate;
    assert_eq!(verdict(&PIA, &phone(full)), "yes");
    let mut request = phone(full);
    request.asker.permissions.remove(&Permission::Mobile);
    assert_eq!(verdict(&PIA, &request), "mobile-permission-missing");
    let mut request = phone(full);
    request.asker.signature.log_in = LogIn::Plain;
    assert_eq!(verdict(&PIA, &request), "mobile-enhanced-log-in");
    let mut request = phone(full);
    request.asker.unit_profile = "enforcement".into();
    assert_eq!(verdict(&PIA, &request), "phone-app-for-investigations");
    let mut request = phone(full);
    request.reason.as_mut().unwrap().criminal = false;
    assert_eq!(verdict(&PIA, &request), "phone-app-criminal-reason");
}

#[test]
fn qry_7_asking_by_photo_is_for_named_users_behind_the_enhanced_door() {
    let told = |policy: &AgencyPolicy, asker: &Asker| {
        photo_query(policy, asker, NOW).map_or_else(|refusal| refusal.rule, |()| "yes".to_owned())
    };
    assert_eq!(told(&PIA, &asker()), "yes");
    let enforcement = Asker { unit_profile: "enforcement".into(), ..asker() };
    assert_eq!(told(&PIA, &enforcement), "yes");
    let mut plain = asker();
    plain.signature.log_in = LogIn::Plain;
    assert_eq!(told(&PIA, &plain), "enhanced-log-in");
    let mut ungranted = asker();
    ungranted.permissions.remove(&Permission::Photo);
    assert_eq!(told(&PIA, &ungranted), "permission-missing");
    assert_eq!(told(&OPEN, &asker()), "no-permit.by-photo");
}
