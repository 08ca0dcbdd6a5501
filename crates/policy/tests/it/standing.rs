//! Who may ask: accounts, rules of behaviour, permissions, roles, units, doors (ACC-2 to ACC-4, ACC-8, AGY-4, MOB-5).

use crate::asking::*;
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
                Role::HostOperator => "host-operator-never".to_owned(),
                _ => format!("no-permit.{kind}"),
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
            let expected = if *role == Role::HostOperator { "host-operator-never" } else { "permission-missing" };
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
