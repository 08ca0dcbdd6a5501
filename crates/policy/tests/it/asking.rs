//! A question that passes, to be spoilt one field at a time.

use domain::time::DAY_MICROS;
use domain::*;
use policy::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub(crate) static PIA: LazyLock<AgencyPolicy> = LazyLock::new(|| AgencyPolicy::preset("pia-039b").unwrap());
pub(crate) static OPEN: LazyLock<AgencyPolicy> = LazyLock::new(|| AgencyPolicy::preset("open").unwrap());

/// 2026-05-03T12:00:00Z.
pub(crate) const NOW: UtcMicros = UtcMicros(1_777_809_600_000_000);
pub(crate) const OURS: AgencyId = AgencyId(1);
pub(crate) const THEIRS: AgencyId = AgencyId(2);
pub(crate) const UNIT: UnitId = UnitId(11);

pub(crate) fn user(number: u8) -> UserId {
    format!("00000000-0000-4000-8000-0000000000{number:02x}").parse().unwrap()
}

pub(crate) fn query(number: u8) -> QueryId {
    format!("00000000-0000-4000-9000-0000000000{number:02x}").parse().unwrap()
}

pub(crate) fn frame(days_back: i64, days: i64) -> TimeFrame {
    let from = NOW.plus_micros(-days_back * DAY_MICROS);
    TimeFrame::new(from, from.plus_micros(days * DAY_MICROS)).unwrap()
}

/// A square at 37 degrees north with sides of about so many metres.
pub(crate) fn square(metres: f64) -> Area {
    square_at(metres, 0)
}

/// The same, moved east by so many units of 1e-7 degree.
pub(crate) fn square_at(metres: f64, east: i32) -> Area {
    #[expect(clippy::cast_possible_truncation, reason = "a test's square is smaller than the earth")]
    let (height, width) = ((metres / 110_992.0 * 1e7).round() as i32, (metres / 89_011.0 * 1e7).round() as i32);
    let (south, west) = (370_000_000, -1_220_000_000 + east);
    let corner = |north: i32, east: i32| Position { lat_e7: south + north, lon_e7: west + east };
    Area::new(vec![corner(0, 0), corner(0, width), corner(height, width), corner(height, 0)], vec![]).unwrap()
}

pub(crate) fn pattern(text: &str) -> PlatePattern {
    PlatePattern::parse(text, Wildcards::StarIsOne).unwrap()
}

pub(crate) fn criteria(kind: QuestionKind) -> Criteria {
    let (plate, state) = (PlateText::normalise("7ABC123").unwrap(), State::us("CA").ok());
    let vehicle = VehicleFilter::default();
    match kind {
        QuestionKind::FullPlate => Criteria::FullPlate { plate, state },
        QuestionKind::PartialPlate => Criteria::PartialPlate { pattern: pattern("7AB*1*3"), state, vehicle },
        QuestionKind::MakeModel => {
            Criteria::MakeModel { vehicle: VehicleFilter { make: Some("toyota".into()), ..vehicle }, state: None }
        }
        QuestionKind::Area => Criteria::Area { areas: vec![square(200.0)], vehicle, state: None },
        QuestionKind::CommonPlate => {
            let place = |area| Place { area, frame: None };
            Criteria::CommonPlate {
                places: vec![place(square(200.0)), place(square_at(200.0, 500_000))],
                vehicle,
                state: None,
            }
        }
        QuestionKind::Movement => Criteria::Movement { plate, state },
    }
}

pub(crate) fn asker() -> Asker {
    Asker {
        signature: Signature {
            user: user(1),
            agency: OURS,
            unit: UNIT,
            roles: vec![Role::CriminalInvestigator],
            log_in: LogIn::Enhanced,
            channel: "web".into(),
            device: "test".into(),
        },
        permissions: Permission::ALL.iter().copied().collect(),
        cleared: true,
        active: true,
        agency_active: true,
        unit_profile: "investigations".into(),
        rules_accepted: true,
        enhanced_rules_accepted: true,
        file: PersonnelFile::fresh(NOW),
    }
}

pub(crate) fn colleague() -> ColleagueFacts {
    ColleagueFacts {
        user: user(2),
        agency: OURS,
        unit: UNIT,
        roles: vec![Role::CriminalInvestigator],
        permissions: Permission::ALL.iter().copied().collect(),
        cleared: true,
        active: true,
        unit_profile: "investigations".into(),
        rules_accepted: true,
        enhanced_rules_accepted: true,
        file: PersonnelFile::fresh(NOW),
    }
}

pub(crate) fn purpose() -> Purpose {
    Purpose {
        reason: ReasonCode("BURGLARY".into()),
        case_reference: Some("24-001".into()),
        subject: Some("owner of a white pickup, name not known".into()),
        target: Some(Target { kind: TargetKind::Vehicle, description: "white pickup with a ladder rack".into() }),
        justification: Some("the pickup was seen leaving the yard after each theft".into()),
        suspicion_facts: Some("three thefts from the same yard within a week".into()),
        on_behalf_of: None,
        place_linked_to_case: true,
        not_based_on_trait: true,
    }
}

pub(crate) fn reason() -> ReasonFacts {
    ReasonFacts {
        code: ReasonCode("BURGLARY".into()),
        criminal: true,
        active: true,
        class: ReasonClass::CriminalInvestigation,
        units: None,
        authority: "Penal Code 459".into(),
        max_look_back_days: 365,
    }
}

pub(crate) fn own_pool(number: u32) -> PoolFacts {
    PoolFacts { pool: PoolId(number), owner: OURS, source: Source::Pole, agreement: None }
}

pub(crate) fn agreement() -> AgreementFacts {
    AgreementFacts {
        permissions: Permission::ALL.iter().copied().collect(),
        reasons: None,
        from: NOW.plus_micros(-DAY_MICROS),
        to: NOW.plus_micros(DAY_MICROS),
        active: true,
    }
}

pub(crate) fn shared_pool(number: u32) -> PoolFacts {
    PoolFacts { pool: PoolId(number), owner: THEIRS, source: Source::TollRoad, agreement: Some(agreement()) }
}

/// A question that the presets answer, of a criminal investigator behind the enhanced door.
pub(crate) fn ask(kind: QuestionKind) -> QueryRequest {
    QueryRequest {
        now: NOW,
        query: query(1),
        asker: asker(),
        question: Question::new(criteria(kind), frame(7, 7), Widen::default()).unwrap(),
        purpose: purpose(),
        reason: Some(reason()),
        colleague: None,
        pools: vec![own_pool(1)],
        again_of: None,
        record: QueryRecord { previewed: true, policy_published: true, ..QueryRecord::default() },
    }
}

/// The same, of the Enforcement unit, by its administrative reason.
pub(crate) fn ask_of_enforcement(kind: QuestionKind) -> QueryRequest {
    let mut request = ask(kind);
    request.asker.unit_profile = "enforcement".into();
    if let Some(reason) = &mut request.reason {
        reason.criminal = false;
    }
    request
}

pub(crate) fn of(request: QueryRequest, criteria: Criteria) -> QueryRequest {
    let question = Question::new(criteria, request.question.frame(), Widen::default()).unwrap();
    QueryRequest { question, ..request }
}

pub(crate) fn within(request: QueryRequest, frame: TimeFrame) -> QueryRequest {
    let question = Question::new(request.question.criteria().clone(), frame, Widen::default()).unwrap();
    QueryRequest { question, ..request }
}

/// The rule by which a role never asks.
pub(crate) fn never(role: Role) -> Option<&'static str> {
    match role {
        Role::HostOperator => Some("host-operator-never"),
        Role::AgencyManager => Some("administrator-never"),
        Role::PrivacyOfficer | Role::DataSteward => Some("overseer-never"),
        _ => None,
    }
}

/// `yes`, or the rule that refused. Preview, rows and the exact count are decided by the same rules.
pub(crate) fn verdict(policy: &AgencyPolicy, request: &QueryRequest) -> String {
    let answers = [
        preview(policy, request.clone()).err(),
        rows(policy, request.clone(), false).err(),
        exact_count(policy, request.clone()).err(),
    ]
    .map(|refusal| refusal.map_or_else(|| "yes".to_owned(), |refusal| refusal.rule));
    assert_eq!(answers[0], answers[1], "preview and rows differ");
    assert_eq!(answers[0], answers[2], "preview and exact count differ");
    let [answer, ..] = answers;
    answer
}

/// Spoils a good question in several ways and compares what each is told: the rule and the field.
pub(crate) fn table(policy: &AgencyPolicy, kinds: &[QuestionKind], rows: &[Row<'_>]) {
    for kind in kinds {
        for (what, spoil, rule, field) in rows {
            let mut request = ask(*kind);
            spoil(&mut request);
            assert!(preview(policy, request.clone()).is_err(), "{kind}: {what}: was not refused");
            let refusal = preview(policy, request.clone()).unwrap_err();
            assert_eq!((refusal.rule.as_str(), refusal.field.as_deref()), (*rule, *field), "{kind}: {what}");
            assert!(refusal.sentence.ends_with('.'), "{kind}: {what}: a refusal is a sentence");
            assert_eq!(verdict(policy, &request), *rule, "{kind}: {what}");
        }
    }
}

/// What is spoilt, how, which rule refuses, which field it names.
pub(crate) type Row<'a> = (&'a str, &'a dyn Fn(&mut QueryRequest), &'a str, Option<&'a str>);

pub(crate) fn pools(policy: &AgencyPolicy, request: &QueryRequest) -> BTreeSet<PoolId> {
    preview(policy, request.clone()).map(|permit| permit.pools().iter().copied().collect()).unwrap_or_default()
}

pub(crate) const PLATES: [QuestionKind; 3] =
    [QuestionKind::FullPlate, QuestionKind::PartialPlate, QuestionKind::Movement];
pub(crate) const AREAS: [QuestionKind; 2] = [QuestionKind::Area, QuestionKind::CommonPlate];
