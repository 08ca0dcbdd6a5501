//! Imports many synthetic reads and asks every kind of question.
//!
//! `cargo run --release -p detections --example scale -- [ROWS]` prints the seconds of the import and the milliseconds
//! of each question. Questions go through policy and ledger, as everywhere; the time is that of the store alone.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement on the command line that may fail loudly")]

use detections::{Answer, Store, StoreConfig};
use domain::time::DAY_MICROS;
use domain::{
    AgencyId, Area, CameraId, Criteria, LogIn, NewDetection, Permission, Place, PlatePattern, PlateText, PoolId,
    Position, Purpose, Question, Reading, ReasonCode, Role, Source, State, Target, TargetKind, TimeFrame, UnitId,
    UtcMicros, Vehicle, VehicleFilter, Widen, Wildcards,
};
use ledger::{Ledger, LedgerConfig};
use policy::{AgencyPolicy, Asker, PoolFacts, QueryRequest, ReasonFacts, Signature};
use std::sync::Arc;
use std::time::Instant;
use storage::{Blobs, Sql, SystemClock, TestClock, Vault};

/// 2026-05-03T12:00:00Z.
const NOW: UtcMicros = UtcMicros(1_777_809_600_000_000);
const DAYS: u64 = 30;
const CAMERAS: u64 = 2_000;
const BATCH: usize = 10_000;
const RUNS: usize = 7;

/// A number from a number, well mixed (`SplitMix64`).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn small<T: TryFrom<u64>>(number: u64) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(number).unwrap()
}

fn plate_of(vehicle: u64) -> String {
    let letter = |shift: u64| char::from(b'A' + small::<u8>((mix(vehicle) >> shift) % 26));
    let digits = mix(vehicle ^ 0x77) % 1000;
    format!("{}{}{}{}{digits:03}", mix(vehicle) % 10, letter(8), letter(16), letter(24))
}

/// Read number `number` of `rows`: times ascend, vehicles repeat, cameras stand in a city of about 30 km.
fn read(number: u64, rows: u64) -> NewDetection {
    let dice = mix(number);
    let vehicle = mix(dice ^ 5) % (rows / 3).max(1);
    let camera = dice % CAMERAS;
    let first = NOW.0 - small::<i64>(DAYS) * DAY_MICROS;
    let time = first + small::<i64>(number * (DAYS * 86_400_000_000 / rows)) - 1;
    let plate = PlateText::normalise(&plate_of(vehicle)).unwrap();
    let alternative = PlateText::normalise(&plate_of(vehicle ^ 1)).unwrap();
    let pick = |words: &[&str], seed: u64| words[small::<usize>(mix(vehicle ^ seed)) % words.len()].to_owned();
    let makes = ["toyota", "ford", "honda", "tesla", "chevrolet", "nissan", "kia", "bmw", "audi", "volvo"];
    NewDetection {
        camera: CameraId(small(camera)),
        event_id: format!("{camera}-{number:012x}"),
        scan_time: UtcMicros(time),
        raw_plate: plate.as_str().to_owned(),
        plate,
        state: (!dice.is_multiple_of(13)).then(|| State::us(["CA", "NV", "AZ"][small::<usize>(vehicle % 3)]).unwrap()),
        confidence: Some(small(8_000 + dice % 2_000)),
        readings: if dice.is_multiple_of(5) { vec![Reading { plate: alternative, confidence: 1_000 }] } else { vec![] },
        vehicle: Vehicle {
            make: Some(pick(&makes, 1)),
            model: Some(format!("model {}", mix(vehicle ^ 2) % 40)),
            colour: Some(pick(&["white", "black", "grey", "red", "blue", "silver"], 3)),
            year: Some(small(2000 + mix(vehicle ^ 4) % 26)),
        },
        position: Position {
            lat_e7: 370_000_000 + small::<i32>(mix(camera) % 3_000_000),
            lon_e7: -1_220_000_000 + small::<i32>(mix(camera ^ 9) % 3_000_000),
        },
        owner: AgencyId(1),
        pool: PoolId(small(1 + camera % 3)),
        source: Source::Pole,
        photos: Vec::new(),
        photos_at_camera: 2,
        low_quality: false,
        replaces_events: Vec::new(),
    }
}

fn square(south: i32, west: i32, side: i32) -> Area {
    let corner =
        |north: i32, east: i32| Position { lat_e7: 370_000_000 + south + north, lon_e7: -1_220_000_000 + west + east };
    Area::new(vec![corner(0, 0), corner(0, side), corner(side, side), corner(side, 0)], vec![]).unwrap()
}

/// A ring of many corners, as drawn by hand around a city.
fn round(corners: u32, radius: f64) -> Area {
    let corner = |at: u32| {
        let angle = f64::from(at) / f64::from(corners) * std::f64::consts::TAU;
        Position::from_degrees(37.15 + radius * angle.sin(), -121.85 + radius * angle.cos()).unwrap()
    };
    Area::new((0..corners).map(corner).collect(), vec![]).unwrap()
}

fn questions(rows: u64) -> Vec<(&'static str, Criteria, Widen)> {
    let plate = |vehicle| PlateText::normalise(&plate_of(vehicle)).unwrap();
    let pattern = |text: &str| PlatePattern::parse(text, Wildcards::StarIsAny).unwrap();
    let (state, none) = (State::us("CA").ok(), VehicleFilter::default());
    let tesla = || VehicleFilter { make: Some("tesla".into()), ..VehicleFilter::default() };
    let red = || VehicleFilter { colour: Some("red".into()), model: Some("model 7".into()), ..tesla() };
    let partial = |text, vehicle| Criteria::PartialPlate { pattern: pattern(text), state: None, vehicle };
    let area = |area, vehicle| Criteria::Area { areas: vec![area], vehicle, state: None };
    let common = |areas: Vec<Area>| Criteria::CommonPlate {
        places: areas.into_iter().map(|area| Place { area, frame: None }).collect(),
        vehicle: VehicleFilter::default(),
        state: None,
    };
    let plain = Widen::default();
    let wide = Widen { look_alikes: true, alternatives: true };
    let some = plate_of(mix(mix(rows / 2) ^ 5) % (rows / 3).max(1));
    let begin: String = some.chars().take(3).collect();
    let end: String = some.chars().skip(3).collect();
    let quarter = |south, west| square(south, west, 1_500_000);
    vec![
        ("full plate", Criteria::FullPlate { plate: plate(mix(mix(7) ^ 5) % (rows / 3).max(1)), state }, plain),
        ("full plate, widened", Criteria::FullPlate { plate: plate(3), state }, wide),
        ("movement", Criteria::Movement { plate: plate(5), state }, plain),
        ("partial, beginning", partial(&format!("{begin}*"), none.clone()), plain),
        ("partial, ending", partial(&format!("*{end}"), none.clone()), plain),
        ("partial, ending, widened", partial(&format!("*{end}"), none.clone()), wide),
        ("partial, middle", partial("*7Q*", none.clone()), plain),
        ("partial, any two characters", partial("*1*2*", none.clone()), wide),
        ("make-model", Criteria::MakeModel { vehicle: red(), state: None }, plain),
        ("make-model, broad", Criteria::MakeModel { vehicle: tesla(), state: None }, plain),
        ("area, block", area(square(100_000, 100_000, 20_000), none.clone()), plain),
        ("area, quarter of the city", area(quarter(0, 0), none.clone()), plain),
        ("area, city, 200 corners", area(round(200, 0.14), none.clone()), plain),
        ("area, city, 200 corners, red", area(round(200, 0.14), red()), plain),
        ("common, three blocks", common([0, 500_000, 900_000].map(|at| square(at, at, 40_000)).to_vec()), plain),
        ("common, two quarters of the city", common(vec![quarter(0, 0), quarter(1_500_000, 0)]), plain),
    ]
}

fn request(criteria: Criteria, widen: Widen) -> QueryRequest {
    let frame = TimeFrame::new(NOW.plus_micros(-30 * DAY_MICROS), NOW).unwrap();
    let pool = |number| PoolFacts { pool: PoolId(number), owner: AgencyId(1), source: Source::Pole, agreement: None };
    QueryRequest {
        now: NOW,
        query: "00000000-0000-4000-9000-000000000001".parse().unwrap(),
        asker: Asker {
            signature: Signature {
                user: "00000000-0000-4000-8000-000000000001".parse().unwrap(),
                agency: AgencyId(1),
                unit: UnitId(1),
                roles: vec![Role::CriminalInvestigator],
                log_in: LogIn::Enhanced,
                channel: "api".into(),
                device: "scale".into(),
            },
            permissions: Permission::ALL.iter().copied().collect(),
            cleared: true,
            active: true,
            agency_active: true,
            unit_profile: "default".into(),
            rules_accepted: true,
            enhanced_rules_accepted: true,
            file: policy::PersonnelFile::fresh(NOW),
        },
        question: Question::new(criteria, frame, widen).unwrap(),
        purpose: Purpose {
            reason: ReasonCode("SCALE".into()),
            case_reference: Some("24-001".into()),
            subject: Some("a vehicle that does not exist".into()),
            target: Some(Target { kind: TargetKind::Vehicle, description: "a vehicle that does not exist".into() }),
            justification: Some("how long does the store take for this".into()),
            suspicion_facts: Some("it may be slower than what was promised".into()),
            on_behalf_of: None,
            place_linked_to_case: true,
            not_based_on_trait: true,
        },
        reason: Some(ReasonFacts {
            code: ReasonCode("SCALE".into()),
            criminal: true,
            active: true,
            class: domain::ReasonClass::CriminalInvestigation,
            units: None,
            authority: "none".into(),
            max_look_back_days: 365,
        }),
        colleague: None,
        pools: (1..=3).map(pool).collect(),
        again_of: None,
        record: policy::QueryRecord::default(),
    }
}

/// An agency that may ask anything, so that broad questions can be measured too.
fn anything() -> AgencyPolicy {
    let (_, limits) = AgencyPolicy::preset_texts("open").unwrap();
    let rules = r#"
        @id("everything") @sentence("Everything may be asked here.") @source("a measurement")
        permit (principal, action, resource);
    "#;
    AgencyPolicy::parse("anything", "1", rules, limits).unwrap()
}

async fn import(store: &Store, rows: u64) {
    let mut number = 0;
    let start = Instant::now();
    let mut making = std::time::Duration::ZERO;
    while number < rows {
        let began = Instant::now();
        let batch: Vec<NewDetection> = (number..rows.min(number + BATCH as u64)).map(|at| read(at, rows)).collect();
        making += began.elapsed();
        number += batch.len() as u64;
        store.append(batch).await.unwrap();
    }
    store.seal().await.unwrap();
    store.merge().await.unwrap();
    println!(
        "import {rows} rows: {:.1} s ({:.1} s of it making them)",
        start.elapsed().as_secs_f64(),
        making.as_secs_f64()
    );
}

async fn measure(
    store: &Store,
    ledger: &Ledger,
    policy: &AgencyPolicy,
    (name, criteria, widen): (&str, Criteria, Widen),
) {
    let (mut millis, mut outcome) = ([Vec::new(), Vec::new()], String::new());
    for _ in 0..RUNS {
        let permit = policy::preview(policy, request(criteria.clone(), widen)).unwrap();
        let recorded = ledger.record(permit).await.unwrap();
        let began = Instant::now();
        store.preview(recorded).await.unwrap();
        millis[0].push(began.elapsed().as_secs_f64() * 1e3);
        let permit = policy::rows(policy, request(criteria.clone(), widen), true).unwrap();
        let recorded = ledger.record(permit).await.unwrap();
        let began = Instant::now();
        let Answer::Rows(found) = store.rows(recorded).await.unwrap() else { continue };
        millis[1].push(began.elapsed().as_secs_f64() * 1e3);
        outcome = format!("{} matches, {} returned", found.counts.total(), found.hits.len());
    }
    let [preview, rows] = millis.map(|mut all| {
        all.sort_by(f64::total_cmp);
        (all[all.len() / 2], all[all.len() - 1])
    });
    println!("{name:34} rows {:7.2} ms (worst {:7.2})  preview {:7.2} ms  {outcome}", rows.0, rows.1, preview.0);
}

#[tokio::main]
async fn main() {
    let rows = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::for_tests());
    let config = || async {
        let sql = Sql::sqlite(&folder.path().join("detections.db")).await.unwrap();
        let blobs = Blobs::local(&folder.path().join("blobs")).unwrap();
        StoreConfig::new(sql, blobs, Arc::clone(&vault), Arc::new(SystemClock))
    };
    let store = Store::open(config().await).await.unwrap();
    import(&store, rows).await;
    let stats = store.stats();
    println!("{} segments, {} bytes a row", stats.segments, stats.bytes / stats.rows);
    store.close().await;
    let began = Instant::now();
    let store = Store::open(config().await).await.unwrap();
    println!("reopen {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let began = Instant::now();
    assert!(store.check().await.unwrap().is_empty());
    println!("check of every segment {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let ledger = Ledger::open(LedgerConfig {
        sql: Sql::sqlite(&folder.path().join("ledger.db")).await.unwrap(),
        vault: Arc::clone(&vault),
        clock: Arc::new(TestClock::at(NOW)),
        origin: "example.org/ledger".into(),
        folder: folder.path().join("ledger"),
    });
    let (ledger, policy) = (ledger.await.unwrap(), anything());
    for question in questions(rows) {
        measure(&store, &ledger, &policy, question).await;
    }
}
