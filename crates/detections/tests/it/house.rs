//! A store, a ledger and the rules of one fictional agency, on a temporary folder.

use detections::{PhotoSource, Store, StoreConfig};
use domain::time::DAY_MICROS;
use domain::*;
use ledger::{Ledger, LedgerConfig};
use policy::{AgencyPolicy, Asker, PoolFacts, QueryRequest, ReasonFacts, Signature};
use std::sync::Arc;
use storage::{Blobs, Sql, TestClock, Vault};

/// 2026-05-03T12:00:00Z.
pub(crate) const NOW: UtcMicros = UtcMicros(1_777_809_600_000_000);
pub(crate) const OURS: AgencyId = AgencyId(1);

pub(crate) struct House {
    #[expect(dead_code, reason = "removed when the test ends")]
    folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) policy: AgencyPolicy,
}

pub(crate) async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::for_tests());
    let clock = Arc::new(TestClock::at(NOW));
    let sql = Sql::sqlite(&folder.path().join("detections.db")).await.unwrap();
    let blobs = Blobs::local(&folder.path().join("blobs")).unwrap();
    let store = Store::open(StoreConfig::new(sql, blobs, Arc::clone(&vault), clock.clone())).await.unwrap();
    let ledger = Ledger::open(LedgerConfig {
        sql: Sql::sqlite(&folder.path().join("ledger.db")).await.unwrap(),
        vault,
        clock,
        origin: "example.org/ledger".into(),
        folder: folder.path().join("ledger"),
    });
    let (ledger, policy) = (ledger.await.unwrap(), AgencyPolicy::preset("pia-039b").unwrap());
    House { folder, store, ledger, policy }
}

pub(crate) fn asker() -> Asker {
    Asker {
        signature: Signature {
            user: "00000000-0000-4000-8000-000000000001".parse().unwrap(),
            agency: OURS,
            unit: UnitId(11),
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
        file: policy::PersonnelFile::fresh(NOW),
    }
}

/// A question over the last week that the rules answer, asked of the agency's own pool 1.
pub(crate) fn request(criteria: Criteria) -> QueryRequest {
    let frame = TimeFrame::new(NOW.plus_micros(-7 * DAY_MICROS), NOW).unwrap();
    QueryRequest {
        now: NOW,
        query: "00000000-0000-4000-9000-000000000001".parse().unwrap(),
        asker: asker(),
        question: Question::new(criteria, frame, Widen::default()).unwrap(),
        purpose: Purpose {
            reason: ReasonCode("BURGLARY".into()),
            case_reference: Some("24-001".into()),
            subject: Some("owner of a white pickup, name not known".into()),
            target: Some(Target { kind: TargetKind::Vehicle, description: "white pickup with a ladder rack".into() }),
            justification: Some("the pickup was seen leaving the yard after each theft".into()),
            suspicion_facts: Some("three thefts from the same yard within a week".into()),
            on_behalf_of: None,
            place_linked_to_case: true,
            not_based_on_trait: true,
        },
        reason: Some(ReasonFacts {
            code: ReasonCode("BURGLARY".into()),
            criminal: true,
            active: true,
            class: ReasonClass::CriminalInvestigation,
            units: None,
            authority: "Penal Code 459".into(),
            max_look_back_days: 365,
        }),
        colleague: None,
        pools: vec![PoolFacts { pool: PoolId(1), owner: OURS, source: Source::Pole, agreement: None }],
        again_of: None,
        record: policy::QueryRecord::default(),
    }
}

/// A read an hour ago, of the agency's own pool.
pub(crate) fn read(event_id: &str, plate: &str) -> NewDetection {
    NewDetection {
        camera: CameraId(1),
        event_id: event_id.to_owned(),
        scan_time: NOW.plus_micros(-3_600_000_000),
        raw_plate: plate.to_owned(),
        plate: PlateText::normalise(plate).unwrap(),
        state: State::us("CA").ok(),
        confidence: Some(9_000),
        readings: Vec::new(),
        vehicle: Vehicle { make: Some("toyota".into()), ..Vehicle::default() },
        position: Position { lat_e7: 370_000_500, lon_e7: -1_219_999_500 },
        owner: OURS,
        pool: PoolId(1),
        source: Source::Pole,
        photos: Vec::new(),
        photos_at_camera: 0,
        low_quality: false,
        replaces_events: Vec::new(),
    }
}

/// A square of about 200 metres around the reads, moved east by so many units of 1e-7 degree.
pub(crate) fn square(east: i32) -> Area {
    let corner = |north: i32, more: i32| Position { lat_e7: 370_000_000 + north, lon_e7: -1_220_000_000 + east + more };
    Area::new(vec![corner(0, 0), corner(0, 22_000), corner(18_000, 22_000), corner(18_000, 0)], vec![]).unwrap()
}

pub(crate) fn criteria(kind: QuestionKind) -> Criteria {
    let (plate, state) = (PlateText::normalise("7ABC123").unwrap(), State::us("CA").ok());
    let vehicle = VehicleFilter::default();
    let pattern = || PlatePattern::parse("7AB*1*3", Wildcards::StarIsOne).unwrap();
    match kind {
        QuestionKind::FullPlate => Criteria::FullPlate { plate, state },
        QuestionKind::PartialPlate => Criteria::PartialPlate { pattern: pattern(), state, vehicle },
        QuestionKind::MakeModel => {
            Criteria::MakeModel { vehicle: VehicleFilter { make: Some("toyota".into()), ..vehicle }, state: None }
        }
        QuestionKind::Area => Criteria::Area { areas: vec![square(0)], vehicle, state: None },
        QuestionKind::CommonPlate => {
            let places = [0, 500_000].map(|east| Place { area: square(east), frame: None }).to_vec();
            Criteria::CommonPlate { places, vehicle, state: None }
        }
        QuestionKind::Movement => Criteria::Movement { plate, state },
    }
}

/// A camera that keeps no photos.
pub(crate) struct NoCamera;

#[async_trait::async_trait]
impl PhotoSource for NoCamera {
    async fn fetch(&self, _detection: &Detection, _n: u8) -> Option<NewPhoto> {
        None
    }
}
