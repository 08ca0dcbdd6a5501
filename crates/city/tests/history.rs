//! The history of the city, as tests and demonstrations rely on it.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may stop at the first surprise, and counts here are small"
)]

use city::{City, CityPlan, CityRead, Owner, metres_between};
use domain::{Source, UtcMicros};
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

const ROWS: u64 = 60_000;

fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(|| City::build(CityPlan::default()).unwrap())
}

fn reads() -> &'static [CityRead] {
    static READS: OnceLock<Vec<CityRead>> = OnceLock::new();
    READS.get_or_init(|| city().detections(ROWS).collect())
}

fn local_hour(time: UtcMicros) -> i64 {
    (time.seconds() - 9 * 3600).rem_euclid(86_400) / 3600
}

fn letters_and_digits(raw: &str) -> String {
    raw.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// FNV-1a: a fingerprint that does not depend on the standard library's hasher.
fn fingerprint(reads: impl Iterator<Item = CityRead>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for read in reads {
        for byte in format!("{read:?}").bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[test]
fn the_same_seed_gives_the_same_city_and_another_seed_another() {
    let again = City::build(CityPlan::default()).unwrap();
    let first = |city: &City| fingerprint(city.detections(ROWS).take(10_000));
    assert_eq!(first(city()), first(&again));
    // A changed number here means that every data set ever generated changes: say so in the change log.
    assert_eq!(format!("{:016x}", first(&again)), "08d3b699fa1b28ad");
    let other = City::build(CityPlan { seed: 2, ..CityPlan::default() }).unwrap();
    assert_ne!(first(&again), first(&other));
}

#[test]
fn any_number_of_rows_comes_out_exactly_and_in_order() {
    let small = City::build(CityPlan { vehicles: 1_000, days: 3, ..CityPlan::default() }).unwrap();
    for rows in [0, 1, 2, 17, 999, 5_000, 40_000] {
        let reads: Vec<CityRead> = small.detections(rows).collect();
        assert_eq!(reads.len() as u64, rows);
        assert!(reads.is_sorted_by_key(|read| read.scan_time));
        let end = small.plan().end;
        let begin = end.plus_micros(-3 * 86_400_000_000);
        assert!(reads.iter().all(|read| begin <= read.scan_time && read.scan_time < end));
    }
    assert_eq!(reads().len() as u64, ROWS);
    assert!(reads().is_sorted_by_key(|read| read.scan_time));
}

#[test]
fn a_history_may_begin_and_end_at_any_time_of_the_day() {
    for hours in [1, 9, 20] {
        let end = UtcMicros(CityPlan::default().end.0 + hours * 3_600_000_000 + 1_234_567);
        let city = City::build(CityPlan { end, days: 1, vehicles: 5_000, ..CityPlan::default() }).unwrap();
        let reads: Vec<CityRead> = city.detections(3_000).collect();
        assert_eq!(reads.len(), 3_000);
        assert!(reads.iter().all(|read| read.scan_time < end));
        assert!(reads.is_sorted_by_key(|read| read.scan_time));
    }
}

#[test]
fn event_ids_are_unique_per_camera() {
    let ids: HashSet<&str> = reads().iter().map(|read| read.event_id.as_str()).collect();
    assert_eq!(ids.len(), reads().len());
    assert!(ids.iter().all(|id| id.len() <= domain::limits::EVENT_ID_CHARS_MAX));
}

#[test]
fn det_2_all_six_kinds_of_source_occur_and_belong_to_the_right_owner() {
    for source in [
        Source::Pole,
        Source::VehicleMounted,
        Source::Handheld,
        Source::TollRoad,
        Source::ParkingLot,
        Source::Repossession,
    ] {
        let of_kind = reads().iter().filter(|read| city().cameras()[read.camera].source == source).count();
        let share = of_kind as f64 / reads().len() as f64;
        eprintln!("{source:?}: {share:.3}");
        assert!(share > 0.008, "{source:?} has {of_kind} of {} reads", reads().len());
    }
    for camera in city().cameras() {
        assert_eq!(camera.owner == Owner::Commercial, camera.source.is_commercial(), "{}", camera.key);
    }
    let keys: HashSet<&str> = city().cameras().iter().map(|camera| camera.key.as_str()).collect();
    assert_eq!(keys.len(), city().cameras().len());
}

#[test]
fn no_vehicle_is_faster_than_the_streets_allow() {
    let dense = City::build(CityPlan { vehicles: 1_000, days: 2, ..CityPlan::default() }).unwrap();
    let mut last: HashMap<u32, (UtcMicros, domain::Position)> = HashMap::new();
    let (mut hops, mut fastest) = (0, 0.0_f64);
    for read in dense.detections(12_000).chain(reads().iter().cloned()) {
        if let Some((before, place)) = last.insert(read.vehicle_number, (read.scan_time, read.position)) {
            let seconds = (read.scan_time.0 - before.0) as f64 / 1e6;
            // Two histories are chained; the step from one to the other goes back in time.
            if seconds >= 0.0 {
                hops += 1;
                // 30 metres of grace: a kerb is not a camera, and a stamp is not exact.
                let metres = (metres_between(place, read.position) - 30.0).max(0.0);
                fastest = fastest.max(metres / seconds.max(0.001));
                assert!(metres <= seconds * 40.0, "{metres:.0} m in {seconds:.1} s: {} ", read.event_id);
            }
        }
    }
    eprintln!("{hops} hops, fastest {fastest:.1} m/s");
    assert!(hops > 20_000);
}

#[test]
fn rush_hours_are_busy_and_nights_are_quiet() {
    let mut by_hour = [0_u32; 24];
    let mut by_weekday = [0_u32; 7];
    for read in reads() {
        by_hour[local_hour(read.scan_time) as usize] += 1;
        by_weekday[((read.scan_time.seconds() - 9 * 3600).div_euclid(86_400) + 3).rem_euclid(7) as usize] += 1;
    }
    eprintln!("by hour {by_hour:?}, by weekday {by_weekday:?}");
    let mean = |hours: std::ops::Range<usize>| by_hour[hours.clone()].iter().sum::<u32>() / hours.len() as u32;
    assert!(mean(7..9) > mean(9..12) && mean(16..19) > mean(12..15), "no rush hour");
    assert!(mean(7..9) > 4 * mean(1..5), "no quiet night");
    assert!(mean(1..5) > 0, "nights are quiet, not dead");
    assert!(by_weekday[5] < by_weekday[2] && by_weekday[6] < by_weekday[5], "no weekend");
}

#[test]
fn det_5_misreads_are_three_to_six_per_cent_and_mostly_keep_the_truth_as_an_alternative() {
    let misread: Vec<&CityRead> =
        reads().iter().filter(|read| letters_and_digits(&read.raw_plate) != read.true_plate).collect();
    let share = misread.len() as f64 / reads().len() as f64;
    let kept = misread.iter().filter(|read| read.readings.iter().any(|other| other.plate == read.true_plate)).count();
    let kept = kept as f64 / misread.len() as f64;
    let unknown = reads().iter().filter(|read| read.state.is_none()).count() as f64 / reads().len() as f64;
    eprintln!("misread {share:.4}, truth kept {kept:.3}, state unknown {unknown:.4}");
    assert!((0.03..0.06).contains(&share), "{share}");
    assert!((0.8..0.95).contains(&kept), "{kept}");
    assert!((0.03..0.10).contains(&unknown), "{unknown}");
    for read in reads() {
        assert!(read.readings.is_sorted_by(|a, b| a.confidence >= b.confidence));
        assert!(read.readings.iter().all(|other| other.plate != read.raw_plate && other.confidence <= read.confidence));
        assert!(read.readings.len() <= domain::limits::READINGS_MAX);
        assert!((3_000..=10_000).contains(&read.confidence));
        assert!(domain::PlateText::normalise(&read.raw_plate).is_ok());
    }
    let mean =
        |reads: &[&CityRead]| reads.iter().map(|read| u64::from(read.confidence)).sum::<u64>() / reads.len() as u64;
    assert!(
        mean(&misread) + 1_000 < mean(&reads().iter().collect::<Vec<_>>()),
        "a misread looks as sure as a good read"
    );
}

#[test]
fn plates_grow_with_rows_and_some_vehicles_are_seen_very_often() {
    let vehicles = |reads: &[CityRead]| reads.iter().map(|read| read.vehicle_number).collect::<HashSet<_>>().len();
    let all = vehicles(reads());
    let fifth: Vec<CityRead> = city().detections(ROWS / 5).collect();
    eprintln!("{all} vehicles in {ROWS} rows, {} in {}", vehicles(&fifth), ROWS / 5);
    assert!(all > vehicles(&fifth) && all < ROWS as usize / 2, "{all}");
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for read in reads() {
        *counts.entry(read.vehicle_number).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let seldom = counts.values().filter(|count| **count <= 2).count();
    eprintln!("most often {most}, {seldom} at most twice");
    assert!(most > 100 && seldom > all / 5);
    let mut true_plates: HashMap<(&str, &str), u32> = HashMap::new();
    for read in reads() {
        let vehicle = true_plates.entry((&read.true_plate, read.true_state.as_str())).or_insert(read.vehicle_number);
        assert_eq!(*vehicle, read.vehicle_number, "two vehicles carry one plate");
    }
}

#[test]
fn det_3_and_det_4_parts_of_the_report_are_missing_now_and_then() {
    let share =
        |holds: &dyn Fn(&CityRead) -> bool| reads().iter().filter(|read| holds(read)).count() as f64 / ROWS as f64;
    assert!((0.75..0.95).contains(&share(&|read| read.vehicle.make.is_some())));
    assert!((0.15..0.5).contains(&share(&|read| read.vehicle.year.is_some())));
    assert!((0.9..0.99).contains(&share(&|read| read.photos_at_camera == 2)));
    assert!(share(&|read| read.photos_at_camera == 0) > 0.0);
    assert!((0.002..0.15).contains(&share(&|read| read.low_quality)));
    let outside = share(&|read| read.true_state.as_str() != "US-CA");
    assert!((0.2..0.45).contains(&outside), "{outside}");
    assert_eq!(reads().iter().map(|read| read.true_state).collect::<HashSet<_>>().len(), 12);
}

#[test]
fn live_reads_go_on_where_history_ends_at_the_stated_rate() {
    let from = city().plan().end;
    let day: Vec<CityRead> =
        city().live(from).take_while(|read| read.scan_time < from.plus_micros(7 * 86_400_000_000)).collect();
    assert!(day.iter().all(|read| read.scan_time >= from));
    assert!(day.is_sorted_by_key(|read| read.scan_time));
    let a_day = day.len() as f64 / 7.0;
    let wanted = f64::from(city().plan().live_reads_per_day);
    assert!((wanted * 0.9..wanted * 1.1).contains(&a_day), "{a_day}");
    let noon = from.plus_micros(12 * 3_600_000_000);
    let next = city().live(noon).next().unwrap();
    assert!(next.scan_time >= noon && next.scan_time.0 - noon.0 < 120_000_000, "a slow start");
}
