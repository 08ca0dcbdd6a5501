//! The questions, each with random parameter sets that are the same for every engine.

use crate::dataset::{Dataset, END, METROS, below, mix};
use anyhow::Context;
use domain::time::DAY_MICROS;
use domain::{
    Area, Criteria, NewDetection, Place, PlatePattern, Position, Question, TimeFrame, UtcMicros, VehicleFilter, Widen,
    Wildcards,
};
use std::collections::HashMap;
use std::ops::Range;

/// Parameter sets of each question.
const SETS: u64 = 24;
/// Side of the squares of a common-plate question.
const COMMON_METRES: f64 = 1_200.0;
/// Metres of one degree of latitude.
const METRES: f64 = 111_320.0;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The count, capped at 10,000, and the newest 5,000 full rows at most; all rows where the count is below the cap.
    Rows,
    ExactCount,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    /// Milliseconds to be reached at 20,000,000 rows on two cores.
    pub(crate) reach: f64,
    pub(crate) wanted: Wanted,
    /// Peers are asked too. They are given no alternative readings, so widened questions are not for them.
    pub(crate) is_for_peers: bool,
    make: Make,
}

#[derive(Clone, Copy, Debug)]
enum Make {
    Full(Widen),
    /// A read of a state whose plates have a form, and what to ask of such a plate.
    Partial {
        state: &'static str,
        shape: &'static str,
        widen: Widen,
    },
    Square {
        metres: f64,
        days: i64,
    },
    City {
        days: i64,
        by_vehicle: bool,
    },
    InSeveralPlaces,
}

const PLAIN: Widen = Widen { look_alikes: false, alternatives: false };
const WIDE: Widen = Widen { look_alikes: true, alternatives: true };

const fn line(name: &'static str, reach: f64, make: Make) -> Line {
    Line { name, reach, wanted: Wanted::Rows, is_for_peers: true, make }
}

const fn wide(name: &'static str, reach: f64, make: Make) -> Line {
    Line { name, reach, wanted: Wanted::Rows, is_for_peers: false, make }
}

/// Days of the longest questions.
const LONGEST_DAYS: i64 = 90;

/// In a shape `k` keeps the plate's character, `?` and `*` are wildcards, and `.` leaves a character out.
const BEGINNING: (&str, &str) = ("TX", "kk*..kkk");
const ENDING: (&str, &str) = ("CO", "*kkkkk");

pub(crate) const LINES: [Line; 18] = [
    line("full plate, 90 days", 0.05, Make::Full(PLAIN)),
    line("partial AB*123", 0.1, Make::Partial { state: BEGINNING.0, shape: BEGINNING.1, widen: PLAIN }),
    line("partial *BC123", 0.1, Make::Partial { state: ENDING.0, shape: ENDING.1, widen: PLAIN }),
    line("partial A?C1*4", 1.0, Make::Partial { state: "TX", shape: "k?kk*..k", widen: PLAIN }),
    line("partial *7Q*", 11.0, Make::Partial { state: "CA", shape: "*kk*", widen: PLAIN }),
    line("area 100 m, 1 day", 0.05, Make::Square { metres: 100.0, days: 1 }),
    line("area 100 m, 90 days", 1.2, Make::Square { metres: 100.0, days: 90 }),
    line("area 2 km, 7 days", 0.4, Make::Square { metres: 2_000.0, days: 7 }),
    line("area 2 km, 90 days", 2.5, Make::Square { metres: 2_000.0, days: 90 }),
    line("area 20 km, 1 day", 2.0, Make::City { days: 1, by_vehicle: false }),
    line("area 20 km, 90 days", 3.0, Make::City { days: 90, by_vehicle: false }),
    Line {
        name: "area 20 km, 90 days, exact count",
        reach: 11.0,
        wanted: Wanted::ExactCount,
        is_for_peers: true,
        make: Make::City { days: 90, by_vehicle: false },
    },
    line("area 20 km, 90 days, make and colour", 10.0, Make::City { days: 90, by_vehicle: true }),
    line("common plate, 3-5 areas", 0.3, Make::InSeveralPlaces),
    wide("full plate, widened", 0.15, Make::Full(WIDE)),
    wide("partial AB*123, widened", 0.3, Make::Partial { state: BEGINNING.0, shape: BEGINNING.1, widen: WIDE }),
    wide("partial *BC123, widened", 0.3, Make::Partial { state: ENDING.0, shape: ENDING.1, widen: WIDE }),
    wide("partial A?C1*4, widened", 3.0, Make::Partial { state: "TX", shape: "k?kk*..k", widen: WIDE }),
];

impl Line {
    /// The question with every parameter set.
    pub(crate) fn questions(&self, data: Dataset) -> anyhow::Result<Vec<Question>> {
        (0..SETS).map(|set| self.question(data, set)).collect()
    }

    fn question(&self, data: Dataset, set: u64) -> anyhow::Result<Question> {
        let seed = mix(set ^ 0x5e7);
        let whole = TimeFrame::new(END.plus_micros(-LONGEST_DAYS * DAY_MICROS), END)?;
        let numbers = data.numbers_in(whole);
        let read = |dice: u64| data.read(numbers.start + below(dice, numbers.end - numbers.start));
        match self.make {
            Make::Full(widen) => {
                let read = reads_from(data, &numbers, seed)
                    .find(|read| read.state.is_some())
                    .context("no read has a state")?;
                Ok(Question::new(Criteria::FullPlate { state: read.state, plate: read.plate }, whole, widen)?)
            }
            Make::Partial { state, shape, widen } => {
                let read = of_state(data, &numbers, seed, state, shape.chars().filter(|kind| *kind != '*').count())?;
                let pattern = PlatePattern::parse(&shaped(read.plate.as_str(), shape), Wildcards::StarIsAny)?;
                let criteria = Criteria::PartialPlate { pattern, state: read.state, vehicle: VehicleFilter::default() };
                Ok(Question::new(criteria, whole, widen)?)
            }
            Make::Square { metres, days } => {
                let read = read(seed);
                let criteria = Criteria::Area {
                    areas: vec![square(read.position, metres)?],
                    vehicle: VehicleFilter::default(),
                    state: None,
                };
                Ok(Question::new(criteria, around(data, read.scan_time, days)?, PLAIN)?)
            }
            Make::City { days, by_vehicle } => {
                let read = read(seed);
                let vehicle = if by_vehicle {
                    VehicleFilter { make: read.vehicle.make, colour: read.vehicle.colour, ..VehicleFilter::default() }
                } else {
                    VehicleFilter::default()
                };
                let criteria = Criteria::Area { areas: vec![city(seed)?], vehicle, state: None };
                Ok(Question::new(criteria, around(data, read.scan_time, days)?, PLAIN)?)
            }
            Make::InSeveralPlaces => in_several_places(data, seed),
        }
    }
}

/// The reads of some numbers from a random one on, each once.
fn reads_from(data: Dataset, numbers: &Range<u64>, seed: u64) -> impl Iterator<Item = NewDetection> {
    let (start, count) = (numbers.start, numbers.end - numbers.start);
    (0..count).map(move |more| data.read(start + (below(seed, count) + more) % count))
}

/// A read of a state whose plate is at least as long as a shape, taken from the numbers after a random one.
fn of_state(
    data: Dataset,
    numbers: &Range<u64>,
    seed: u64,
    state: &str,
    length: usize,
) -> anyhow::Result<NewDetection> {
    let fits = |read: &NewDetection| {
        read.state.is_some_and(|own| own.as_str().ends_with(state))
            && read.plate.as_str().is_ascii()
            && (length..=7).contains(&read.plate.as_str().len())
    };
    reads_from(data, numbers, seed).find(fits).context("no plate has the form")
}

/// The pattern that a shape makes of a plate.
fn shaped(plate: &str, shape: &str) -> String {
    let keeps = shape.chars().filter(|kind| *kind != '*').count();
    // What stands before a leading star is skipped from the front, everything else counts from there.
    let skip = if shape.starts_with('*') && !shape.ends_with('*') { plate.chars().count() - keeps } else { 0 };
    let mut characters = plate.chars().skip(skip);
    let mut pattern = String::new();
    for kind in shape.chars() {
        match kind {
            '*' => pattern.push('*'),
            '?' => {
                characters.next();
                pattern.push('?');
            }
            '.' => drop(characters.next()),
            _ => pattern.extend(characters.next()),
        }
    }
    pattern
}

/// Whole days up to the one that holds an instant; the last ones of the data where there are not as many before.
fn around(data: Dataset, instant: UtcMicros, days: i64) -> anyhow::Result<TimeFrame> {
    let start = data.start().0;
    let last = (instant.0 - start) / DAY_MICROS + 1;
    let last = last.clamp(days, data.days());
    Ok(TimeFrame::new(UtcMicros(start + (last - days) * DAY_MICROS), UtcMicros(start + last * DAY_MICROS))?)
}

fn square(middle: Position, metres: f64) -> anyhow::Result<Area> {
    let (lat, lon) = (metres / 2.0 / METRES, metres / 2.0 / METRES / middle.lat().to_radians().cos());
    let corner = |north: f64, east: f64| Position::from_degrees(middle.lat() + north * lat, middle.lon() + east * lon);
    let corners = vec![corner(-1.0, -1.0)?, corner(-1.0, 1.0)?, corner(1.0, 1.0)?, corner(1.0, -1.0)?];
    Ok(Area::new(corners, Vec::new())?)
}

/// A ring of 48 corners and 20 km across, drawn by hand in the middle of a metropolitan area.
fn city(seed: u64) -> anyhow::Result<Area> {
    let at = usize::try_from(below(seed ^ 1, METROS.len() as u64))?;
    let (lat, lon) = METROS.get(at).copied().context("there are five")?;
    let middle = Position { lat_e7: lat, lon_e7: lon };
    let jitter =
        |salt: u64| -> anyhow::Result<f64> { Ok(f64::from(u32::try_from(below(seed ^ salt, 1_000))?) / 1_000.0) };
    let (north, east) = (0.05 * (jitter(2)? - 0.5), 0.05 * (jitter(3)? - 0.5));
    let corners: anyhow::Result<Vec<Position>> = (0..48_u32)
        .map(|number| {
            let angle = f64::from(number) / 48.0 * std::f64::consts::TAU;
            let radius = 10_000.0 * (0.9 + 0.2 * jitter(0x100 + u64::from(number))?) / METRES;
            let lat = middle.lat() + north + radius * angle.sin();
            Ok(Position::from_degrees(lat, middle.lon() + east + radius * angle.cos() / lat.to_radians().cos())?)
        })
        .collect();
    Ok(Area::new(corners?, Vec::new())?)
}

/// Squares of 1,200 m around three to five successive reads of a vehicle that is seen often within a week: at least its plate
/// is common to them, unless a camera did not tell its state.
fn in_several_places(data: Dataset, seed: u64) -> anyhow::Result<Question> {
    let day = i64::try_from(below(seed ^ 7, 80))?;
    let frame = around(data, END.plus_micros(-day * DAY_MICROS - 1), 7)?;
    let reads =
        often_seen(data, frame, seed).context("no vehicle is seen three times within the week: too few rows")?;
    let wanted = usize::try_from(3 + below(seed ^ 6, 3))?;
    let place = |number: &u64| -> anyhow::Result<Place> {
        Ok(Place { area: square(data.read(*number).position, COMMON_METRES)?, frame: None })
    };
    let places: anyhow::Result<Vec<Place>> = reads.iter().take(wanted).map(place).collect();
    let criteria = Criteria::CommonPlate { places: places?, vehicle: VehicleFilter::default(), state: None };
    Ok(Question::new(criteria, frame, PLAIN)?)
}

/// The reads of the vehicle that is read most often in a frame, of one in sixteen vehicles. `None` below three reads.
fn often_seen(data: Dataset, frame: TimeFrame, seed: u64) -> Option<Vec<u64>> {
    let mut reads: HashMap<u64, Vec<u64>> = HashMap::new();
    for number in data.numbers_in(frame) {
        let vehicle = data.vehicle_of(number);
        if mix(vehicle ^ seed).is_multiple_of(16) {
            reads.entry(vehicle).or_default().push(number);
        }
    }
    // Of several the first one, so that the same question is made every time.
    let most = reads.into_iter().max_by_key(|(vehicle, reads)| (reads.len(), std::cmp::Reverse(*vehicle)))?.1;
    (most.len() >= 3).then_some(most)
}
