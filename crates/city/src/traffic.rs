//! The traffic of a day: whose trips are seen, and the reads they leave, in order of time.
//!
//! One day's reads are held at a time (24 bytes each); everything else of a read is drawn when it is handed out.

use crate::City;
use crate::chance::{Chance, Topic};
use crate::days::{self, Leg, is_weekend, tell_day};
use crate::ground::{LOCAL_OFFSET_S, Metre};
use crate::stories;
use crate::vehicles::Habits;
use crate::walks::{Stop, walk};
use domain::{Position, Source};
use std::ops::Range;

/// A read before it is written out: who, where, when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawRead {
    /// UTC microseconds.
    pub(crate) time: i64,
    pub(crate) vehicle: u32,
    pub(crate) camera: u16,
    pub(crate) heading: u16,
    pub(crate) position: Position,
}

impl RawRead {
    pub(crate) fn order(&self) -> (i64, u16, u32) {
        (self.time, self.camera, self.vehicle)
    }
}

const DAY_MICROS: i64 = 86_400_000_000;
const OFFSET_MICROS: i64 = LOCAL_OFFSET_S * 1_000_000;

/// The local day that an instant lies in, as days since 1970-01-01.
pub(crate) fn local_day(time: i64) -> i32 {
    (time + OFFSET_MICROS).div_euclid(DAY_MICROS) as i32
}

pub(crate) fn day_start(day: i32) -> i64 {
    i64::from(day) * DAY_MICROS - OFFSET_MICROS
}

/// Traffic by local hour, for sharing rows out over days that are cut by the begin or the end.
const HOUR_WEIGHTS: [u64; 24] =
    [8, 6, 5, 5, 8, 20, 46, 92, 88, 56, 52, 56, 62, 60, 62, 76, 92, 96, 74, 52, 38, 28, 20, 12];

/// How many rows a stretch of a day deserves, relative to others.
pub(crate) fn weight(day: i32, window: &Range<i64>) -> u64 {
    let start = day_start(day);
    let of_hour = |(hour, weight): (usize, &u64)| {
        let begin = start + hour as i64 * 3_600_000_000;
        let covered = (window.end.min(begin + 3_600_000_000) - window.start.max(begin)).max(0);
        weight * (covered / 1_000_000) as u64
    };
    let hours: u64 = HOUR_WEIGHTS.iter().enumerate().map(of_hour).sum();
    let of_day = match days::weekday(day) {
        5 => 82,
        6 => 70,
        4 => 106,
        _ => 100,
    };
    hours * of_day
}

/// The weight of a whole average day.
pub(crate) fn full_weight() -> u64 {
    HOUR_WEIGHTS.iter().sum::<u64>() * 3600 * 94
}

/// Hundredths of a day's reads by who leaves them: mobile cameras, fleet, commuters, often out, seldom out. Visitors
/// leave the rest.
fn shares(weekend: bool) -> [usize; 5] {
    if weekend { [9, 6, 26, 18, 16] } else { [9, 5, 42, 12, 11] }
}

/// A group may be tried this many times per read that is wanted of it, before others take its place.
const TRIES_PER_READ: usize = 40;
/// About as many reads as one taxi or delivery van leaves on a day.
const FLEET_READS_A_DAY: f64 = 110.0;
/// A camera misses this share of what passes it.
const MISSED: f64 = 0.10;

struct Filling<'a> {
    city: &'a City,
    day: i32,
    start: i64,
    window: Range<i64>,
    quota: usize,
    reads: Vec<RawRead>,
    legs: Vec<Leg>,
    /// The share of passing vehicles that is kept.
    kept: f64,
}

/// Exactly `quota` reads of a day within `window`, in order of time; `planted` ones count.
pub(crate) fn fill_day(city: &City, day: i32, window: Range<i64>, quota: usize, planted: &[RawRead]) -> Vec<RawRead> {
    let start = day_start(day);
    let mut reads = Vec::with_capacity(quota);
    reads.extend_from_slice(planted);
    let mut filling = Filling { city, day, start, window, quota, reads, legs: Vec::new(), kept: 1.0 };
    filling.residents();
    let mut passing = 0;
    filling.visitors();
    loop {
        while filling.reads.len() < quota {
            filling.pass_through(passing);
            passing += 1;
        }
        filling.reads.sort_unstable_by_key(RawRead::order);
        // A patrol may meet a parked vehicle twice in one millisecond; once is a read.
        filling.reads.dedup_by_key(|read| read.order());
        if filling.reads.len() >= quota {
            return filling.reads;
        }
    }
}

impl Filling<'_> {
    fn residents(&mut self) {
        let planted = self.reads.len();
        let open = self.quota.saturating_sub(planted);
        let [mobile, fleet, commuters, often, seldom] = shares(is_weekend(self.day));
        let mut until = planted + open * mobile / 100;
        self.mobile(until);
        let population = self.city.population;
        let mut first = 0;
        until += open * fleet / 100;
        // In a small history, even one taxi would be most of the day: then fewer of its passes are kept.
        self.kept = ((open * fleet / 100) as f64 / FLEET_READS_A_DAY).clamp(0.02, 1.0);
        let offset = self.offset(population.fleet, 3);
        self.take(first..first + population.fleet, offset, until);
        self.kept = 1.0;
        first += population.fleet;
        until += open * commuters / 100;
        self.take(first..first + population.commuters, 0, until);
        first += population.commuters;
        let split = population.occasional / 10;
        for (range, share) in [(first..first + split, often), (first + split..first + population.occasional, seldom)] {
            until += open * share / 100;
            let offset = self.offset(range.len() as u32, 1);
            self.take(range, offset, until);
        }
    }

    /// Another part of a group each day.
    fn offset(&self, count: u32, which: u64) -> u32 {
        Chance::new(self.city.key, Topic::Windows, self.day as u64, which).below(count as usize) as u32
    }

    /// Lets vehicles of a group drive, from `offset` on and round, until there are `until` reads.
    fn take(&mut self, group: Range<u32>, offset: u32, until: usize) {
        let count = group.end - group.start;
        let tries = until.saturating_sub(self.reads.len()) * TRIES_PER_READ + 100;
        for step in 0..count.min(u32::try_from(tries).unwrap_or(u32::MAX)) {
            if self.reads.len() >= until {
                return;
            }
            self.drive(group.start + ((u64::from(offset) + u64::from(step)) % u64::from(count)) as u32);
        }
    }

    fn visitors(&mut self) {
        let population = self.city.population;
        let first = population.residents();
        let offset = self.offset(population.visitors, 2);
        self.take(first..first + population.visitors, offset, self.quota);
    }

    fn push(&mut self, at_s: f64, vehicle: u32, camera: u16, heading: u16, position: Position) {
        // Cameras stamp whole milliseconds.
        let time = self.start + (at_s * 1000.0).round() as i64 * 1000;
        if self.reads.len() < self.quota && self.window.contains(&time) {
            self.reads.push(RawRead { time, vehicle, camera, heading, position });
        }
    }

    fn seen_by(&mut self, at_s: f64, vehicle: u32, camera: u16, heading: u16) {
        if let Some(fixed) = self.city.cameras.get(usize::from(camera)) {
            self.push(at_s, vehicle, camera, heading, fixed.position);
        }
    }

    fn habits(&self, vehicle: u32) -> Habits {
        Habits::of(self.city.key, &self.city.population, &self.city.places, vehicle)
    }

    fn drive(&mut self, vehicle: u32) {
        let city = self.city;
        let mut legs = std::mem::take(&mut self.legs);
        tell_day(city.key, &city.places, &city.routes, self.habits(vehicle), self.day, &mut legs);
        let mut chance = Chance::new(city.key, Topic::Pass, u64::from(vehicle), self.day as u64);
        for leg in &legs {
            let from_lot = city.places.lot(leg.from).filter(|_| !leg.from_home);
            if let Some(camera) = from_lot.filter(|_| chance.happens(0.8 * self.kept)) {
                self.seen_by(f64::from(leg.start_s) + chance.between(4.0, 12.0), vehicle, camera, 180);
            }
            for pass in city.routes.passes(leg.from, leg.to, leg.variant) {
                let jitter = chance.between(-0.5, 0.5);
                if chance.happens((1.0 - MISSED) * self.kept) {
                    let way_s = f64::from(pass.after_s) * leg.slowness + jitter;
                    self.seen_by(f64::from(leg.start_s + leg.before_s) + way_s, vehicle, pass.camera, pass.heading);
                }
            }
            let to_lot = city.places.lot(leg.to).filter(|_| !leg.to_home);
            if let Some(camera) = to_lot.filter(|_| chance.happens(0.8 * self.kept)) {
                self.seen_by(f64::from(leg.end_s) - chance.between(2.0, 10.0), vehicle, camera, 0);
            }
        }
        self.legs = legs;
    }

    /// A visitor beyond all that the plan counts, who only drives through, at a time that the window holds.
    fn pass_through(&mut self, number: u32) {
        let city = self.city;
        let counted = city.population.residents() + city.population.visitors;
        let room = stories::FIRST_STORY_VEHICLE - counted;
        let vehicle = counted + ((self.day as u32).wrapping_mul(1_000_003).wrapping_add(number)) % room;
        let mut chance = Chance::new(city.key, Topic::Visit, u64::from(vehicle), self.day as u64);
        let (from, to) = (city.places.gateway(&mut chance), city.places.gateway(&mut chance));
        let passes = city.routes.passes(from, to, 0);
        let Some(fixed) = passes.get(chance.below(passes.len())) else { return };
        let slowness = chance.between(1.05, 1.4);
        let window_s = (self.window.end - self.window.start) as f64 / 1e6;
        let at_s = (self.window.start - self.start) as f64 / 1e6 + chance.unit() * (window_s - 0.002).max(0.0) + 0.001;
        for pass in passes {
            let later = f64::from(pass.after_s - fixed.after_s) * slowness;
            self.seen_by(at_s + later, vehicle, pass.camera, pass.heading);
        }
    }

    /// Parked vehicles that mobile cameras come by.
    fn mobile(&mut self, until: usize) {
        let city = self.city;
        let walks: Vec<(usize, Source, Vec<Stop>)> = city
            .cameras
            .iter()
            .enumerate()
            .filter(|(_, camera)| camera.mobile)
            .map(|(index, camera)| {
                let stops = walk(city.key, &city.network, &city.places, &city.home_at, camera.source, index, self.day);
                (index, camera.source, stops)
            })
            .collect();
        let mut chance = Chance::new(city.key, Topic::Encounter, self.day as u64, 0);
        let tries = until.saturating_sub(self.reads.len()) * TRIES_PER_READ;
        for _ in 0..tries {
            if self.reads.len() >= until || walks.is_empty() {
                return;
            }
            let kind = [Source::VehicleMounted, Source::Repossession, Source::Handheld]
                [chance.weighted([50, 33, 17].into_iter())];
            let of_kind = walks.iter().filter(|walk| walk.1 == kind);
            let picked = chance.below(of_kind.clone().count());
            if let Some((camera, _, stops)) = of_kind.clone().nth(picked) {
                self.encounter(*camera as u16, stops, &mut chance);
            }
        }
    }

    fn encounter(&mut self, camera: u16, stops: &[Stop], chance: &mut Chance) {
        let city = self.city;
        let Some(stop) = stops.get(chance.below(stops.len())) else { return };
        let (Some(home), residents) = (stop.home, city.population.residents() as usize) else { return };
        // Vehicles of one home are its number and each `homes` further; low numbers are out more often, and met more often.
        let homes = city.places.homes.len();
        let households = residents.saturating_sub(home).div_ceil(homes);
        let household = (chance.unit() * chance.unit() * households as f64) as usize;
        if household >= households {
            return;
        }
        let vehicle = (home + household * homes) as u32;
        let mut legs = std::mem::take(&mut self.legs);
        tell_day(city.key, &city.places, &city.routes, self.habits(vehicle), self.day, &mut legs);
        let at_s = stop.at_s + chance.between(0.0, 5.0);
        if days::is_at_home(&legs, at_s as i32) {
            let kerb = Chance::new(city.key, Topic::Vehicle, u64::from(vehicle), 3).bell() * 12.0;
            let place = Metre::new(stop.place.x + kerb, stop.place.y - kerb * 0.6);
            self.push(at_s, vehicle, camera, stop.heading, place.position());
        }
        self.legs = legs;
    }
}
