//! Random histories of a store against the oracle: append, repeat, update, withdraw, retention, seal, merge, purge, reopen,
//! and every kind of search.

use super::oracle::{self, Oracle};
use super::support::{DAY, Dice, Home, at, homes, photo, plate};
use crate::Store;
use crate::answer::{Answer, Count, DensityCell};
use crate::search::plan::Search;
use domain::time::DAY_MICROS;
use domain::{
    AgencyId, Area, CameraId, Criteria, DetectionId, MatchKind, NewDetection, Place, PlatePattern, PoolId, Position,
    Question, QuestionKind, Reading, Source, State, TimeFrame, Token, UtcMicros, Vehicle, VehicleFilter, Widen,
};
use std::collections::BTreeMap;

/// Histories on the embedded database; a tenth of them also on the other.
const SEEDS: u64 = 60;
const STEPS: usize = 40;

/// Coordinates lie on a small grid, so that points fall on edges and corners of areas.
const GRID: i32 = 6;
/// Of 1e-7 degree: the grid spans several cells of the density.
const GRID_STEP: i32 = 90_000;

fn text(dice: &mut Dice) -> String {
    (0..=dice.below(3)).map(|_| *dice.pick(&['A', 'B', '8', '0', 'O', '粤'])).collect()
}

fn state(dice: &mut Dice) -> Option<State> {
    dice.pick(&[None, State::us("CA").ok(), State::us("NV").ok()]).to_owned()
}

fn word(dice: &mut Dice, words: &[&str]) -> Option<domain::ShortText> {
    (!dice.one_in(3)).then(|| (*dice.pick(words)).into())
}

fn vehicle(dice: &mut Dice) -> Vehicle {
    Vehicle {
        make: word(dice, &["toyota", "ford"]),
        model: word(dice, &["camry", "focus", "ford"]),
        colour: word(dice, &["white", "red"]),
        year: (!dice.one_in(3)).then(|| 2019 + u16::try_from(dice.below(2)).unwrap()),
    }
}

fn filter(dice: &mut Dice) -> VehicleFilter {
    let wanted = |dice: &mut Dice, word: Option<domain::ShortText>| word.filter(|_| dice.one_in(3));
    let like = vehicle(dice);
    VehicleFilter {
        make: wanted(dice, like.make),
        model: wanted(dice, like.model),
        colour: wanted(dice, like.colour),
        year: like.year.filter(|_| dice.one_in(4)),
    }
}

fn position(dice: &mut Dice) -> Position {
    at(dice.number(GRID) * GRID_STEP, dice.number(GRID) * GRID_STEP)
}

fn time(dice: &mut Dice) -> UtcMicros {
    UtcMicros((DAY - 1 + i64::from(dice.number(4))) * DAY_MICROS + i64::from(dice.number(5)) * (DAY_MICROS / 4 - 1))
}

fn detection(dice: &mut Dice) -> NewDetection {
    let pool = 1 + u32::try_from(dice.below(3)).unwrap();
    let readings = (0..dice.below(3))
        .map(|_| Reading { plate: plate(&text(dice)), confidence: u16::try_from(dice.below(3)).unwrap() })
        .collect();
    NewDetection {
        camera: CameraId(pool * 10 + u32::try_from(dice.below(2)).unwrap()),
        event_id: format!("event-{}", dice.below(40)).into(),
        scan_time: time(dice),
        raw_plate: text(dice).into(),
        plate: plate(&text(dice)),
        state: state(dice),
        confidence: (!dice.one_in(4)).then_some(0),
        readings,
        vehicle: vehicle(dice),
        position: position(dice),
        owner: AgencyId(1 + pool % 2),
        pool: PoolId(pool),
        source: *dice.pick(Source::ALL),
        photos: (0..dice.below(3)).filter(|_| dice.one_in(4)).map(|n| photo(&[u8::try_from(n).unwrap()])).collect(),
        photos_at_camera: u8::try_from(dice.below(2) * 2).unwrap(),
        low_quality: dice.one_in(5),
        replaces_events: Vec::new(),
    }
}

/// Changes one thing of an event that was sent before.
fn update(dice: &mut Dice, old: &NewDetection) -> NewDetection {
    let (fresh, mut new) = (detection(dice), old.clone());
    match dice.below(7) {
        0 => new.plate = fresh.plate,
        1 => new.state = fresh.state,
        2 => new.vehicle = fresh.vehicle,
        3 => new.position = fresh.position,
        4 => new.scan_time = fresh.scan_time,
        5 => new.photos = fresh.photos,
        _ => new.readings = fresh.readings,
    }
    new
}

fn area(dice: &mut Dice) -> Area {
    let ring = |dice: &mut Dice| (0..3 + dice.below(4)).map(|_| position(dice)).collect::<Vec<_>>();
    loop {
        let holes = if dice.one_in(4) { vec![ring(dice)] } else { Vec::new() };
        if let Ok(area) = Area::new(ring(dice), holes) {
            return area;
        }
    }
}

fn frame(dice: &mut Dice) -> TimeFrame {
    loop {
        if let Ok(frame) = TimeFrame::new(time(dice), time(dice)) {
            return frame;
        }
    }
}

fn frame_within(dice: &mut Dice, all: TimeFrame) -> Option<TimeFrame> {
    let inner = frame(dice);
    (dice.one_in(2) && all.from() <= inner.from() && inner.to() <= all.to()).then_some(inner)
}

fn pattern(dice: &mut Dice) -> PlatePattern {
    let token = |dice: &mut Dice| match dice.below(5) {
        0 => Token::One,
        1 => Token::Any,
        _ => Token::Literal(*dice.pick(&['A', 'B', '8', '0', 'O', '粤'])),
    };
    PlatePattern::new((0..=dice.below(3)).map(|_| token(dice))).unwrap()
}

fn question(dice: &mut Dice) -> Question {
    let whole = TimeFrame::new(UtcMicros((DAY - 9) * DAY_MICROS), UtcMicros((DAY + 9) * DAY_MICROS)).unwrap();
    let frame = if dice.one_in(2) { whole } else { frame(dice) };
    let (state, vehicle) = (state(dice), filter(dice));
    let criteria = match dice.below(6) {
        0 => Criteria::FullPlate { plate: plate(&text(dice)), state },
        1 => Criteria::Movement { plate: plate(&text(dice)), state },
        2 => Criteria::PartialPlate { pattern: pattern(dice), state, vehicle },
        3 => {
            let make = Some((*dice.pick(&["toyota", "ford", "tesla"])).into());
            Criteria::MakeModel { vehicle: VehicleFilter { make, ..vehicle }, state }
        }
        4 => Criteria::Area { areas: (0..=dice.below(3)).map(|_| area(dice)).collect(), vehicle, state },
        _ => {
            let place = |dice: &mut Dice| Place { area: area(dice), frame: frame_within(dice, frame) };
            Criteria::CommonPlate { places: (0..2 + dice.below(3)).map(|_| place(dice)).collect(), vehicle, state }
        }
    };
    let widen = Widen { look_alikes: dice.one_in(2), alternatives: dice.one_in(2) };
    Question::new(criteria, frame, widen).unwrap()
}

fn search(dice: &mut Dice) -> Search {
    let pools = (1..=3).map(PoolId).filter(|_| !dice.one_in(3)).collect();
    Search { question: question(dice), pools }
}

/// The density that the hits should have, at the side that the answer chose.
fn density(hits: &[crate::Hit], side: i64) -> Vec<DensityCell> {
    let mut cells: BTreeMap<(i64, i64), u64> = BTreeMap::new();
    for hit in hits {
        let position = hit.detection.position;
        let cell = (i64::from(position.lat_e7).div_euclid(side), i64::from(position.lon_e7).div_euclid(side));
        *cells.entry(cell).or_default() += 1;
    }
    let corner = |y: i64, x: i64| at(i32::try_from(x * side).unwrap(), i32::try_from(y * side).unwrap());
    cells
        .into_iter()
        .map(|((y, x), count)| DensityCell { south_west: corner(y, x), north_east: corner(y + 1, x + 1), count })
        .collect()
}

/// What the searches of all histories found, so that a test that finds nothing does not pass.
#[derive(Debug, Default)]
struct Tally {
    kinds: BTreeMap<QuestionKind, usize>,
    matches: BTreeMap<MatchKind, usize>,
    outcomes: BTreeMap<String, usize>,
    withdrawn: usize,
    /// Rows that were removed because they were due, and times that a retention was set.
    indexes: usize,
    purged: usize,
    retentions: usize,
}

async fn compare(store: &Store, oracle: &Oracle, search: &Search, tally: &mut Tally) {
    let wanted = oracle.hits(search);
    *tally.kinds.entry(search.question.kind()).or_default() += wanted.len();
    for hit in &wanted {
        *tally.matches.entry(hit.matched).or_default() += 1;
    }
    let Answer::Rows(found) = store.rows_of(search.clone(), false).await.unwrap() else { panic!("no warning is due") };
    assert_eq!(found.hits, wanted, "{search:?}");
    assert_eq!(found.counts, oracle::counts(&wanted));
    assert!(!found.is_truncated && found.set_aside.is_empty());
    let places = search.question.criteria().areas().len();
    let common = found.common.map(|mut common| {
        common.sort_by_key(|common| (common.plate.clone(), common.state));
        common
    });
    let is_common = matches!(search.question.criteria(), Criteria::CommonPlate { .. });
    assert_eq!(common, is_common.then(|| oracle::common(&wanted, places)));
    assert_eq!(store.count_of(search.clone()).await.unwrap().counts, oracle::counts(&wanted));
    let previewed = store.preview_of(search.clone()).await.unwrap();
    assert_eq!(previewed.count, Count::Exactly(wanted.len() as u64));
    assert_eq!(previewed.density, density(&wanted, previewed.cell_e7));
}

/// What of an oracle's rule is due now.
fn due_before(home: &Home, keep: Option<i64>) -> i64 {
    keep.map_or(i64::MIN, |keep| storage::Clock::now(&*home.clock).0 - keep)
}

/// Hides some detections, shown or not, known or not.
async fn withdraw(store: &Store, oracle: &mut Oracle, dice: &mut Dice, tally: &mut Tally) {
    let known = oracle.versions.len() + 3;
    let ids: Vec<_> = (0..=dice.below(4)).map(|_| DetectionId(1 + dice.below(known) as u64)).collect();
    let withdrawn = store.shared.withdraw(&ids).await.unwrap();
    assert_eq!(withdrawn, oracle.withdraw(&ids));
    tally.withdrawn += withdrawn.len();
}

/// Keeps reads for a time, never longer than before, so that what is due stays due.
async fn keep(store: &Store, keep: &mut Option<i64>, dice: &mut Dice, tally: &mut Tally) {
    let shorter = DAY_MICROS + i64::from(dice.number(8)) * (DAY_MICROS / 4);
    *keep = Some(keep.map_or(shorter, |keep| keep.min(shorter)));
    store.shared.set_retention(*keep).await.unwrap();
    tally.retentions += 1;
}

async fn append(store: &Store, oracle: &mut Oracle, home: &Home, batch: Vec<NewDetection>, tally: &mut Tally) {
    home.clock.advance_micros(1);
    let now = storage::Clock::now(&*home.clock);
    let wanted: Vec<_> = batch.iter().map(|new| oracle.append(new, now)).collect();
    let appended = store.append(batch).await.unwrap();
    let found: Vec<_> = appended.iter().map(|appended| (appended.id, appended.outcome)).collect();
    assert_eq!(found, wanted);
    for (_, outcome) in wanted {
        *tally.outcomes.entry(format!("{outcome:?}")).or_default() += 1;
    }
}

async fn run(home: &Home, seed: u64, tally: &mut Tally) {
    let mut dice = Dice(seed);
    let (mut store, mut oracle, mut sent) = (home.open().await, Oracle::default(), Vec::<NewDetection>::new());
    let mut kept = None;
    for _ in 0..STEPS {
        oracle.due_before = due_before(home, kept);
        match dice.below(16) {
            0..=4 => {
                let mut batch = Vec::new();
                for _ in 0..=dice.below(12) {
                    let again = (!sent.is_empty()).then(|| dice.pick(&sent).clone());
                    let new = match (dice.below(4), again) {
                        (0, Some(old)) => old,
                        (1, Some(old)) => update(&mut dice, &old),
                        _ => detection(&mut dice),
                    };
                    sent.push(new.clone());
                    batch.push(new);
                }
                append(&store, &mut oracle, home, batch, tally).await;
            }
            5 => drop(store.seal().await.unwrap()),
            6 => drop(store.merge().await.unwrap()),
            7 => {
                if dice.one_in(2) {
                    store.close().await;
                }
                drop(store);
                store = home.open().await;
            }
            15 => tally.indexes += store.index_days().await.unwrap(),
            8 => withdraw(&store, &mut oracle, &mut dice, tally).await,
            9 => tally.purged += store.purge().await.unwrap().rows,
            // Half of the histories keep everything.
            10 if seed % 2 == 1 && dice.one_in(2) => keep(&store, &mut kept, &mut dice, tally).await,
            10 => home.clock.advance_micros(DAY_MICROS / 8),
            _ => compare(&store, &oracle, &search(&mut dice), tally).await,
        }
    }
    store.seal().await.unwrap();
    store.merge().await.unwrap();
    tally.indexes += store.index_days().await.unwrap();
    tally.purged += store.purge().await.unwrap().rows;
    oracle.due_before = due_before(home, kept);
    for _ in 0..60 {
        compare(&store, &oracle, &search(&mut dice), tally).await;
    }
    // Of days that are due no row is left; of the day that becomes due some may be.
    let days =
        |day: i32| oracle.versions.iter().filter(|version| version.detection.scan_time.day() >= day).count() as u64;
    let day = UtcMicros(oracle.due_before).day();
    assert!((days(day + 1)..=days(day)).contains(&store.stats().rows), "{day}: {:?}", store.stats());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn qry_10_any_history_answers_every_kind_of_question_as_a_plain_list_would() {
    for (number, home) in homes().into_iter().enumerate() {
        let (is_postgres, mut tally) = (number == 1, Tally::default());
        for seed in (0..SEEDS).filter(|seed| !is_postgres || seed % 5 == 1) {
            eprintln!("seed {seed}");
            run(&home.another(), seed, &mut tally).await;
        }
        assert!(tally.kinds.len() == 6 && tally.kinds.values().all(|hits| *hits > 10), "{tally:?}");
        assert!(tally.matches.len() == 4 && tally.outcomes.len() == 3, "{tally:?}");
        // Fewer histories run on the second database.
        let least = if is_postgres { 1 } else { 10 };
        let counts = [tally.indexes, tally.withdrawn, tally.purged, 3 * tally.retentions];
        assert!(counts.iter().all(|count| *count >= least), "{tally:?}");
    }
}
