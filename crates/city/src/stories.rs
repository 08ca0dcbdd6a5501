//! Planted stories: vehicles whose reads are written down, so that a demonstration or a test knows what it will find.

use crate::City;
use crate::cameras::CityCamera;
use crate::ground::metres_between;
use crate::traffic::RawRead;
use domain::{Area, Position, Source, State, TimeFrame, UtcMicros};

/// Vehicles of stories have the highest numbers.
pub(crate) const FIRST_STORY_VEHICLE: u32 = 0xffff_ff00;
/// With fewer rows than this, no story is told: it would be most of the data.
pub const STORY_ROWS_MIN: u64 = 5_000;
/// With fewer days than this, no story is told: the first one reaches back three weeks.
pub const STORY_DAYS_MIN: u32 = 30;

pub(crate) struct StoryVehicle {
    pub(crate) plate: &'static str,
    pub(crate) state: &'static str,
    pub(crate) model: &'static str,
    pub(crate) colour: &'static str,
    pub(crate) year: u16,
    /// What the cameras make of it.
    twist: Twist,
}

/// How the reads of a story differ from the truth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twist {
    AsItIs,
    /// Read as this, a text that looks alike.
    LooksLike(&'static str),
    /// Read as this, the truth being an alternative reading.
    Alternative(&'static str),
    StateUnknown,
    /// One photo only.
    Unverified,
}

const VEHICLES: [StoryVehicle; 6] = [
    story("7KXM204", "CA", "f-150", "gray", 2016, Twist::AsItIs),
    story("482KDR", "OR", "tacoma", "white", 2019, Twist::AsItIs),
    story("8BSO150", "CA", "accord", "silver", 2014, Twist::LooksLike("88S0I50")),
    story("TRX9284", "WA", "escape", "blue", 2018, Twist::Alternative("TRK9284")),
    story("HNB7316", "AZ", "wrangler", "red", 2021, Twist::StateUnknown),
    story("5WPT618", "CA", "transit", "white", 2020, Twist::Unverified),
];

const fn story(
    plate: &'static str,
    state: &'static str,
    model: &'static str,
    colour: &'static str,
    year: u16,
    twist: Twist,
) -> StoryVehicle {
    StoryVehicle { plate, state, model, colour, year, twist }
}

pub(crate) fn vehicle(number: u32) -> Option<&'static StoryVehicle> {
    VEHICLES.get(number.checked_sub(FIRST_STORY_VEHICLE)? as usize)
}

pub(crate) fn is_planted(plate: &str) -> bool {
    let read_as = |twist| match twist {
        Twist::LooksLike(text) | Twist::Alternative(text) => Some(text),
        _ => None,
    };
    VEHICLES.iter().any(|vehicle| vehicle.plate == plate || read_as(vehicle.twist) == Some(plate))
}

/// What a story changes about a read.
pub(crate) struct Told {
    pub(crate) raw_plate: String,
    pub(crate) alternatives: Vec<(String, u16)>,
    pub(crate) confidence: u16,
    pub(crate) state_known: bool,
    pub(crate) photos: u8,
}

pub(crate) fn tell(vehicle: &StoryVehicle) -> Told {
    let plain = |text: &str, confidence, alternatives| Told {
        raw_plate: text.to_owned(),
        alternatives,
        confidence,
        state_known: true,
        photos: 2,
    };
    match vehicle.twist {
        Twist::AsItIs => plain(vehicle.plate, 9_410, Vec::new()),
        Twist::LooksLike(text) => plain(text, 7_120, Vec::new()),
        Twist::Alternative(text) => plain(text, 6_480, vec![(vehicle.plate.to_owned(), 5_930)]),
        Twist::StateUnknown => Told { state_known: false, ..plain(vehicle.plate, 8_870, Vec::new()) },
        Twist::Unverified => Told { photos: 1, ..plain(vehicle.plate, 9_020, Vec::new()) },
    }
}

/// A place and time that a story speaks of.
#[derive(Clone, Debug)]
pub struct StoryScene {
    pub title: String,
    /// About 250 metres around a camera.
    pub area: Area,
    pub frame: TimeFrame,
}

/// A planted story: what happened, and what a question about it must find.
#[derive(Clone, Debug)]
pub struct Story {
    /// A short name that does not change.
    pub key: &'static str,
    pub title: &'static str,
    /// What an investigator knows, and what the answer is.
    pub text: String,
    pub plate: &'static str,
    pub state: State,
    /// How the cameras read it.
    pub read_as: &'static str,
    /// A partial plate to ask with (`?` is one character), where the story is about one.
    pub partial: Option<&'static str>,
    /// Places and times, in order.
    pub scenes: Vec<StoryScene>,
    /// How many reads there are of it.
    pub reads: usize,
}

/// A planted read: which vehicle, where among the story cameras, how long before the end.
struct Planted {
    vehicle: usize,
    /// Which of the pole cameras, by rank; story scenes are far apart.
    spot: usize,
    days_before: i64,
    /// Local minute of the day.
    minute: i64,
}

const fn planted(vehicle: usize, spot: usize, days_before: i64, minute: i64) -> Planted {
    Planted { vehicle, spot, days_before, minute }
}

/// At three burglaries at night, the truck comes and goes.
const BURGLARIES: [(usize, i64, i64); 3] = [(0, 20, 130), (1, 13, 222), (2, 6, 108)];
const PLANTED: [Planted; 24] = [
    planted(0, 0, 20, 128),
    planted(0, 0, 20, 151),
    planted(0, 1, 13, 219),
    planted(0, 1, 13, 240),
    planted(0, 2, 6, 104),
    planted(0, 2, 6, 133),
    planted(0, 3, 17, 1030),
    planted(0, 4, 9, 742),
    planted(1, 3, 11, 905),
    planted(1, 5, 11, 931),
    planted(1, 4, 4, 610),
    planted(1, 1, 2, 1172),
    planted(2, 4, 15, 510),
    planted(2, 6, 12, 1010),
    planted(2, 2, 8, 655),
    planted(2, 0, 3, 1220),
    planted(3, 5, 14, 870),
    planted(3, 0, 10, 545),
    planted(3, 6, 5, 1105),
    planted(4, 6, 16, 700),
    planted(4, 2, 7, 985),
    planted(4, 3, 2, 470),
    planted(5, 1, 5, 930),
    planted(5, 4, 3, 815),
];
/// How long a scene lasts around its minute, in minutes.
const BEFORE_SCENE: i64 = 15;
const AFTER_SCENE: i64 = 35;
const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;

/// Pole cameras far from one another, in an order that does not change; `None` where the city has too few.
fn spots(cameras: &[CityCamera]) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for (index, camera) in cameras.iter().enumerate() {
        let at_the_edge = camera.key.starts_with("gateway");
        let good = camera.source == Source::Pole && !at_the_edge && camera.width_px >= 1920;
        let apart = |other: &usize| metres_between(cameras[*other].position, camera.position) > 1_600.0;
        if good && chosen.iter().all(apart) {
            chosen.push(index);
        }
    }
    chosen
}

/// The local midnight before `end`, as an instant.
fn last_midnight(end: UtcMicros) -> i64 {
    let offset = crate::ground::LOCAL_OFFSET_S * 1_000_000;
    (end.0 + offset).div_euclid(DAY) * DAY - offset
}

fn instant(end: UtcMicros, days_before: i64, minute: i64) -> i64 {
    last_midnight(end) - days_before * DAY + minute * MINUTE
}

/// The reads of all stories, in order of time.
pub(crate) fn raw_reads(city: &City) -> Vec<RawRead> {
    let spots = spots(city.cameras());
    let read = |(number, planted): (usize, &Planted)| {
        let camera = *spots.get(planted.spot)?;
        // Some seconds within the minute, so that the times do not look written down.
        let seconds = (number as i64 * 17 + 11) % 60;
        Some(RawRead {
            time: instant(city.plan().end, planted.days_before, planted.minute) + seconds * 1_000_000 + 250_000,
            vehicle: FIRST_STORY_VEHICLE + planted.vehicle as u32,
            camera: camera as u16,
            heading: (number as u16 * 90 + 4) % 360,
            position: city.cameras()[camera].position,
        })
    };
    let mut reads: Vec<RawRead> = PLANTED.iter().enumerate().filter_map(read).collect();
    reads.sort_unstable_by_key(RawRead::order);
    reads
}

fn around(position: Position, metres: f64) -> Option<Area> {
    let corner = |north: f64, east: f64| {
        Position::from_degrees(position.lat() + north * metres / 110_922.0, position.lon() + east * metres / 92_385.0)
            .ok()
    };
    let ring = vec![corner(-1.0, -1.0)?, corner(-1.0, 1.0)?, corner(1.0, 1.0)?, corner(1.0, -1.0)?];
    Area::new(ring, Vec::new()).ok()
}

fn scene(city: &City, title: String, spot: usize, days_before: i64, minute: i64) -> Option<StoryScene> {
    let camera = *spots(city.cameras()).get(spot)?;
    let begin = instant(city.plan().end, days_before, minute - BEFORE_SCENE);
    let end = instant(city.plan().end, days_before, minute + AFTER_SCENE);
    let frame = TimeFrame::new(UtcMicros(begin), UtcMicros(end)).ok()?;
    Some(StoryScene { title, area: around(city.cameras()[camera].position, 250.0)?, frame })
}

/// The stories as they can be asked about.
pub(crate) fn stories(city: &City) -> Vec<Story> {
    const TEXTS: [(&str, &str, &str); 6] = [
        (
            "burglaries",
            "Three burglaries by night",
            "Three shops were broken into at night, a week apart. One vehicle was near all three: ask for the common plate of the three places and times.",
        ),
        (
            "partial",
            "Half a plate",
            "A witness saw a white pickup and remembers `?82K?R`. The pattern with make and colour finds one vehicle.",
        ),
        (
            "look-alike",
            "Read as another",
            "Every camera took B for 8, O for 0 and 1 for I. The exact plate finds nothing; with look-alike characters it is found.",
        ),
        (
            "alternative",
            "The second reading",
            "Every camera preferred a K over the X. The exact plate finds nothing; alternative readings find it.",
        ),
        (
            "unknown-state",
            "No state",
            "No camera could tell the state. A question for the state lists these reads apart.",
        ),
        ("unverified", "One photo", "Each read has a single photo, so none is called a match."),
    ];
    let build = |(number, (key, title, text)): (usize, &(&'static str, &'static str, &str))| {
        let vehicle = VEHICLES.get(number)?;
        let read_as = match vehicle.twist {
            Twist::LooksLike(text) | Twist::Alternative(text) => text,
            _ => vehicle.plate,
        };
        let scenes = if number == 0 {
            let at = |(index, (spot, days, minute)): (usize, &(usize, i64, i64))| {
                scene(city, format!("Burglary {}", index + 1), *spot, *days, *minute)
            };
            BURGLARIES.iter().enumerate().filter_map(at).collect()
        } else {
            Vec::new()
        };
        Some(Story {
            key,
            title,
            text: (*text).to_owned(),
            plate: vehicle.plate,
            state: State::us(vehicle.state).ok()?,
            read_as,
            partial: (number == 1).then_some("?82K?R"),
            scenes,
            reads: PLANTED.iter().filter(|planted| planted.vehicle == number).count(),
        })
    };
    TEXTS.iter().enumerate().filter_map(build).collect()
}
