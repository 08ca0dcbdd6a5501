//! The matrix of `docs/generated/policy-matrix.txt`, made by real decisions.

use crate::asking::*;
use domain::*;
use policy::*;
use std::fmt::Write as _;
use std::path::Path;

const PROFILES: [&str; 3] = ["investigations", "enforcement", "default"];

const HEAD: &str = "\
Who may ask what: preset x unit profile x kind of question x role x log-in, with the rule that decides.

Made by real decisions; do not edit. Re-record with BLESS=1 cargo test -p policy matrix.
The asker holds every permission and clearance, and the question has every field filled: a \"no\" is a no to the role,
the unit or the log-in. Without the permission of the kind every cell is \"no permission-missing\" (for roles that never
ask: \"no host-operator-never\" and the like), and that is checked too. \"criminal\" and \"administrative\" are kinds of reason code.
";

fn cell(policy: &AgencyPolicy, request: QueryRequest) -> String {
    match rows(policy, request, false) {
        Ok(permit) => {
            let rules = permit.record()["rules"].clone();
            format!("yes {}", rules[0].as_str().unwrap())
        }
        Err(refusal) => format!("no {}", refusal.rule),
    }
}

fn request(kind: QuestionKind, role: Role, profile: &str, log_in: LogIn, criminal: bool) -> QueryRequest {
    let mut request = ask(kind);
    request.asker.signature.roles = vec![role];
    request.asker.signature.log_in = log_in;
    request.asker.unit_profile = profile.into();
    let reason = request.reason.as_mut().unwrap();
    reason.criminal = criminal;
    reason.class = if criminal { ReasonClass::CriminalInvestigation } else { ReasonClass::Other };
    request
}

fn row(policy: &AgencyPolicy, kind: QuestionKind, role: Role, profile: &str) -> [String; 3] {
    let decide = |log_in, criminal| {
        let mut request = request(kind, role, profile, log_in, criminal);
        let cell = cell(policy, request.clone());
        request.asker.permissions.remove(&kind.permission());
        let without = never(role).unwrap_or("permission-missing");
        assert_eq!(verdict(policy, &request), without, "{role} {kind} without the permission");
        cell
    };
    [decide(LogIn::Plain, true), decide(LogIn::Enhanced, true), decide(LogIn::Enhanced, false)]
}

fn photo_row(policy: &AgencyPolicy, role: Role, profile: &str) -> [String; 3] {
    let decide = |log_in| {
        let asker = request(QuestionKind::FullPlate, role, profile, log_in, true).asker;
        photo_query(policy, &asker, NOW)
            .map_or_else(|refusal| format!("no {}", refusal.rule), |()| "yes photo-query".to_owned())
    };
    // Each plate that is read from the photos is then a question with a reason of its own.
    [decide(LogIn::Plain), decide(LogIn::Enhanced), decide(LogIn::Enhanced)]
}

fn section(text: &mut String, policy: &AgencyPolicy, profile: &str) {
    let title = format!("preset {}, version {}, unit profile {profile}", policy.name(), policy.version());
    write!(text, "\n{title}\n{}\n", "-".repeat(title.len())).unwrap();
    let head = ["kind", "role", "plain, criminal", "enhanced, criminal", "enhanced, administrative"];
    let mut line = |cells: [&str; 5]| {
        let [kind, role, plain, enhanced, administrative] = cells;
        let line = format!("{kind:<14} {role:<24} {plain:<30} {enhanced:<30} {administrative}");
        writeln!(text, "{}", line.trim_end()).unwrap();
    };
    line(head);
    for kind in QuestionKind::ALL {
        for role in Role::ALL {
            let [plain, enhanced, administrative] = row(policy, *kind, *role, profile);
            line([kind.word(), role.word(), &plain, &enhanced, &administrative]);
        }
    }
    for role in Role::ALL {
        let [plain, enhanced, administrative] = photo_row(policy, *role, profile);
        line(["photo query", role.word(), &plain, &enhanced, &administrative]);
    }
}

#[test]
fn acc_2_the_policy_matrix_is_what_is_decided() {
    let mut text = HEAD.to_owned();
    for preset in PRESETS {
        let policy = AgencyPolicy::preset(preset.name).unwrap();
        // Only one preset tells units apart.
        let profiles: &[_] = if preset.name == "pia-039b" { &PROFILES } else { &["default"] };
        for profile in profiles {
            section(&mut text, &policy, profile);
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated/policy-matrix.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let recorded = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(recorded == text, "docs/generated/policy-matrix.txt is not what is decided; re-record it with BLESS=1");
}

#[test]
fn acc_2_the_matrix_that_screens_show_is_the_one_that_is_recorded_here() {
    for preset in PRESETS {
        let policy = AgencyPolicy::preset(preset.name).unwrap();
        let profiles: Vec<String> = PROFILES.iter().map(|profile| (*profile).to_owned()).collect();
        let told = |cell: &MatrixCell| format!("{} {}", if cell.allowed { "yes" } else { "no" }, cell.rule);
        let rows = matrix(&policy, &profiles, NOW);
        assert_eq!(rows.len(), PROFILES.len() * QuestionKind::ALL.len() * Role::ALL.len());
        for one in rows {
            let expected = row(&policy, one.kind, one.role, &one.profile);
            let found = [told(&one.plain), told(&one.enhanced), told(&one.administrative)];
            assert_eq!(found, expected, "{} {} {} {}", preset.name, one.profile, one.kind, one.role);
        }
    }
}

#[test]
fn agy_5_the_rules_of_every_preset_can_be_told_with_stage_sentence_and_source() {
    for preset in PRESETS {
        let policy = AgencyPolicy::preset(preset.name).unwrap();
        let rules = rule_texts(&policy);
        assert_eq!(rules.len(), policy.rule_ids().len());
        assert!(rules.iter().all(|rule| rule.permits == rule.stage.is_none()), "{}", preset.name);
    }
}
