//! The data set: reads of fictional vehicles by fictional cameras in five fictional metropolitan areas over 90 days, or over a year.
//!
//! Every read is a function of its number and of how many there are, so that any part can be made again without the
//! rest, and every engine is given the same rows.

use domain::time::DAY_MICROS;
use domain::{
    AgencyId, CameraId, NewDetection, PlateText, PoolId, Position, Reading, Source, State, TimeFrame, UtcMicros,
    Vehicle,
};
use std::ops::Range;

/// 2026-05-03T00:00:00Z: the end of the 90 days.
pub(crate) const END: UtcMicros = UtcMicros(1_777_766_400_000_000);
/// Days of a data set up to [`ROWS_OF_A_SEASON`] rows ...
const SEASON_DAYS: i64 = 90;
const ROWS_OF_A_SEASON: u64 = 100_000_000;
/// ... and of a larger one: a million reads a day are a large region's.
const YEAR_DAYS: i64 = 365;
/// Who owns all cameras: the first agency of the data folder.
pub(crate) const OWNER: AgencyId = AgencyId(1);
/// Vehicles for each read: 4,000,000 at 20,000,000 reads.
const READS_PER_VEHICLE: u64 = 5;
/// Fixed cameras; four of five reads are theirs.
const SITES: u64 = 4_000;
/// Cameras on vehicles, which read wherever they are.
const MOBILES: u64 = 1_000;
/// Centres of the metropolitan areas, in 1e-7 degree.
pub(crate) const METROS: [(i32, i32); 5] = [
    (371_000_000, -1_218_000_000),
    (329_500_000, -1_171_500_000),
    (301_200_000, -975_000_000),
    (392_400_000, -1_048_800_000),
    (418_700_000, -876_300_000),
];
const MAKES: [&str; 20] = [
    "toyota",
    "ford",
    "honda",
    "chevrolet",
    "nissan",
    "hyundai",
    "kia",
    "jeep",
    "subaru",
    "gmc",
    "ram",
    "tesla",
    "bmw",
    "mazda",
    "volkswagen",
    "lexus",
    "audi",
    "dodge",
    "volvo",
    "buick",
];
const COLOURS: [&str; 10] = ["white", "black", "grey", "silver", "blue", "red", "green", "brown", "beige", "yellow"];
const STATES: [&str; 8] = ["CA", "TX", "NV", "AZ", "CO", "IL", "OR", "WA"];

/// A number from a number, well mixed (`SplitMix64`).
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number below `limit`, drawn for `seed`.
pub(crate) fn below(seed: u64, limit: u64) -> u64 {
    mix(seed) % limit
}

fn small<T: TryFrom<u64> + Default>(number: u64) -> T {
    T::try_from(number).unwrap_or_default()
}

/// One of `words`, the first ones more often.
fn skewed<'a>(words: &[&'a str], seed: u64) -> &'a str {
    let count = words.len() as u64;
    let at = below(seed, count).min(below(seed ^ 0x51, count));
    words.get(small::<usize>(at)).copied().unwrap_or_default()
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Dataset {
    pub(crate) rows: u64,
}

impl Dataset {
    pub(crate) fn vehicle_of(self, number: u64) -> u64 {
        let vehicles = (self.rows / READS_PER_VEHICLE).max(1);
        let dice = mix(number ^ 0x7e1c);
        // A third of the reads are of vehicles that drive much.
        if dice.is_multiple_of(3) {
            below(dice, vehicles).min(below(dice ^ 1, vehicles))
        } else {
            below(dice, vehicles)
        }
    }

    pub(crate) fn days(self) -> i64 {
        if self.rows > ROWS_OF_A_SEASON { YEAR_DAYS } else { SEASON_DAYS }
    }

    pub(crate) fn start(self) -> UtcMicros {
        END.plus_micros(-self.days() * DAY_MICROS)
    }

    /// Microseconds from one read to the next, on average.
    fn step(self) -> u64 {
        (u64::try_from(self.days() * DAY_MICROS).unwrap_or_default() / self.rows).max(1)
    }

    fn time_of(self, number: u64) -> UtcMicros {
        let since = number.saturating_mul(self.step()) + below(number ^ 0x71, self.step());
        self.start().plus_micros(small::<i64>(since))
    }

    /// The numbers of the reads whose whole step lies inside a frame.
    pub(crate) fn numbers_in(self, frame: TimeFrame) -> Range<u64> {
        let since = |instant: UtcMicros| u64::try_from(instant.0 - self.start().0).unwrap_or_default();
        since(frame.from()).div_ceil(self.step())..(since(frame.to()) / self.step()).min(self.rows)
    }

    /// Read `number`, from 0. Times ascend with the number, within one step.
    pub(crate) fn read(self, number: u64) -> NewDetection {
        let dice = mix(number);
        let vehicle = self.vehicle_of(number);
        let (camera, position) = seen_at(dice);
        let text = plate_of(vehicle);
        let plate = PlateText::normalise(&text).unwrap_or_else(|_| unreachable!("plates are letters and digits"));
        let readings = if dice.is_multiple_of(5) { vec![misread(&text, dice)] } else { Vec::new() };
        NewDetection {
            camera: CameraId(1 + small::<u32>(camera)),
            event_id: format!("{camera}-{number:x}").into(),
            scan_time: self.time_of(number),
            raw_plate: text.into(),
            plate,
            state: (!below(dice ^ 2, 20).is_multiple_of(20)).then(|| state_of(vehicle)).flatten(),
            confidence: Some(small(7_000 + below(dice ^ 3, 3_000))),
            readings,
            vehicle: Vehicle {
                make: Some(skewed(&MAKES, vehicle ^ 0x11).to_owned().into()),
                model: Some(format!("model {}", below(vehicle ^ 0x12, 12)).into()),
                colour: Some(skewed(&COLOURS, vehicle ^ 0x13).to_owned().into()),
                year: None,
            },
            position,
            owner: OWNER,
            pool: pool_of(camera).0,
            source: pool_of(camera).1,
            photos: Vec::new(),
            photos_at_camera: 2,
            low_quality: false,
            replaces_events: Vec::new(),
        }
    }
}

/// The cameras in the order of their ids, which begin with 1: source, and position where they stand still.
pub(crate) fn cameras() -> impl Iterator<Item = (Source, Option<Position>)> {
    (0..SITES + MOBILES).map(|camera| (pool_of(camera).1, (camera < SITES).then(|| site_of(camera))))
}

/// A pool is owner and source; they are numbered as they come up in the order of the cameras.
fn pool_of(camera: u64) -> (PoolId, Source) {
    if camera >= SITES {
        (PoolId(3), Source::VehicleMounted)
    } else if camera.is_multiple_of(2) {
        (PoolId(1), Source::Pole)
    } else {
        (PoolId(2), Source::TollRoad)
    }
}

fn site_of(camera: u64) -> Position {
    near_a_centre(mix(camera ^ 0x517e))
}

/// Which camera reads, and where it is then: fixed ones always at their site.
fn seen_at(dice: u64) -> (u64, Position) {
    if below(dice ^ 5, 5) > 0 {
        let site = below(dice ^ 6, SITES);
        (site, site_of(site))
    } else {
        (SITES + below(dice ^ 6, MOBILES), near_a_centre(mix(dice ^ 7)))
    }
}

/// Dense in the middle of a metropolitan area, thin 60 km out: the sum of four dice.
fn near_a_centre(seed: u64) -> Position {
    let (lat, lon) = METROS[small::<usize>(below(seed, METROS.len() as u64))];
    let offset =
        |salt: u64| (0..4).map(|dice| small::<i32>(below(seed ^ salt ^ dice, 3_200_000))).sum::<i32>() - 6_400_000;
    Position { lat_e7: lat + offset(0x100), lon_e7: lon + offset(0x200) }
}

fn state_of(vehicle: u64) -> Option<State> {
    State::us(skewed(&STATES, vehicle ^ 0x21)).ok()
}

/// The plate of a vehicle; one in a hundred is long or not Latin, as plates are.
pub(crate) fn plate_of(vehicle: u64) -> String {
    let letter = |salt: u64| char::from(b'A' + small::<u8>(below(vehicle ^ (salt << 32), 26)));
    let digit = |salt: u64| char::from(b'0' + small::<u8>(below(vehicle ^ (salt << 40), 10)));
    let form = |shape: &str| -> String {
        (1..)
            .zip(shape.chars())
            .map(|(salt, kind)| {
                if kind == 'A' {
                    letter(salt)
                } else if kind == '0' {
                    digit(salt)
                } else {
                    kind
                }
            })
            .collect()
    };
    if below(vehicle ^ 0x31, 200) == 0 {
        return form(if vehicle.is_multiple_of(2) { "粤A00A00" } else { "AAAA000000" });
    }
    match skewed(&STATES, vehicle ^ 0x21) {
        "CA" => form("0AAA000"),
        "TX" | "WA" => form("AAA0000"),
        "NV" => form("000A00"),
        "IL" => form("AA00000"),
        _ => form("AAA000"),
    }
}

/// The plate with one character taken for another.
fn misread(plate: &str, dice: u64) -> Reading {
    let at = small::<usize>(below(dice ^ 8, plate.chars().count() as u64));
    let text: String = plate
        .chars()
        .enumerate()
        .map(
            |(place, character)| {
                if place == at { char::from(b'0' + small::<u8>(below(dice ^ 9, 10))) } else { character }
            },
        )
        .collect();
    let plate = PlateText::normalise(&text).unwrap_or_else(|_| unreachable!("plates are letters and digits"));
    Reading { plate, confidence: small(500 + below(dice ^ 0xa, 2_000)) }
}
