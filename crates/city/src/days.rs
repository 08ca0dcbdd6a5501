//! What a vehicle does on a day: its trips, as a pure function of the city's key, the vehicle and the day.
//!
//! Every resident is at home when a day begins and ends, save those who work by night; every trip ends before midnight.
//! So any vehicle's day can be told without telling the day before, and no two reads contradict each other.

use crate::chance::{Chance, Topic};
use crate::places::{Anchor, Places};
use crate::routes::Routes;
use crate::vehicles::{Habits, Role};

/// No trip starts later, so that all end before midnight.
const LAST_START_S: i32 = 84_000;
/// No stay is planned beyond this time; the way home follows.
const LAST_STAY_S: i32 = 81_500;

/// One trip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    pub(crate) start_s: i32,
    pub(crate) from: Anchor,
    pub(crate) to: Anchor,
    pub(crate) from_home: bool,
    pub(crate) to_home: bool,
    /// Seconds between the door and the first anchor.
    pub(crate) before_s: i32,
    /// How much longer than in free flow the way takes.
    pub(crate) slowness: f64,
    pub(crate) variant: usize,
    pub(crate) end_s: i32,
}

/// Days since 1970-01-01 in local time; Monday is 0.
pub(crate) fn weekday(day: i32) -> i32 {
    (day + 3).rem_euclid(7)
}

pub(crate) fn is_weekend(day: i32) -> bool {
    weekday(day) >= 5
}

/// Traffic at an hour of the day.
fn slowness(start_s: i32, weekend: bool) -> f64 {
    match (start_s / 3600, weekend) {
        (7 | 8, false) => 1.5,
        (16..=18, false) => 1.55,
        (9..=15 | 19, false) | (10..=18, true) => 1.22,
        _ => 1.04,
    }
}

/// Where visitors' hours lie: weights for each hour of entry.
const VISITOR_HOURS: [u32; 24] =
    [6, 4, 3, 3, 5, 14, 34, 62, 66, 54, 56, 60, 64, 62, 64, 72, 84, 86, 66, 46, 34, 26, 18, 8];

/// A day being told.
pub(crate) struct DayPlan<'a> {
    places: &'a Places,
    routes: &'a Routes,
    habits: Habits,
    weekend: bool,
    chance: Chance,
    at: Anchor,
    at_home: bool,
    now_s: i32,
    legs: &'a mut Vec<Leg>,
}

/// Writes the trips of a vehicle's day into `legs`, in order of time.
pub(crate) fn tell_day(key: u64, places: &Places, routes: &Routes, habits: Habits, day: i32, legs: &mut Vec<Leg>) {
    legs.clear();
    let chance = Chance::new(key, Topic::Day, u64::from(habits.vehicle), day as u64);
    let weekend = is_weekend(day);
    let mut plan = DayPlan { places, routes, habits, weekend, chance, at: habits.home, at_home: true, now_s: 0, legs };
    match habits.role {
        Role::Taxi => plan.taxi(),
        Role::Delivery => plan.delivery(),
        Role::Commuter if habits.night_shift => {
            plan.night_shift(works(key, &habits, day - 1), works(key, &habits, day));
        }
        Role::Commuter if works(key, &habits, day) => plan.working_day(),
        Role::Commuter | Role::Occasional => plan.free_day(),
        Role::Visitor => plan.visit(),
        Role::Story => {}
    }
}

fn works(key: u64, habits: &Habits, day: i32) -> bool {
    let mut chance = Chance::new(key, Topic::Day, u64::from(habits.vehicle), day as u64 ^ 0x5a5a_0000_0000);
    !is_weekend(day) && chance.happens(0.93)
}

impl DayPlan<'_> {
    fn go(&mut self, start_s: i32, to: Anchor, to_home: bool) {
        let start_s = start_s.max(self.now_s).min(LAST_START_S.max(self.now_s));
        let side = |home: bool, anchor: Anchor| match (home, self.places.lot(anchor)) {
            (true, _) => i32::from(self.habits.home_access_s),
            (false, Some(_)) => 45,
            (false, None) => 15,
        };
        let (before_s, after_s) = (side(self.at_home, self.at), side(to_home, to));
        let slowness = slowness(start_s, self.weekend) * self.chance.between(1.0, 1.15);
        let way_s = self.routes.seconds(self.at, to, self.habits.variant) * slowness;
        let end_s = start_s + before_s + way_s as i32 + after_s + 1;
        self.legs.push(Leg {
            start_s,
            from: self.at,
            to,
            from_home: self.at_home,
            to_home,
            before_s,
            slowness,
            variant: self.habits.variant,
            end_s,
        });
        (self.at, self.at_home, self.now_s) = (to, to_home, end_s);
    }

    fn go_home(&mut self, start_s: i32) {
        self.go(start_s, self.habits.home, true);
    }

    fn somewhere(&mut self) -> Anchor {
        self.places.destination(&mut self.chance)
    }

    fn minutes(&mut self, low: f64, high: f64) -> i32 {
        (self.chance.between(low, high) * 60.0) as i32
    }

    fn working_day(&mut self) {
        let leave = self.habits.to_work_s + (480.0 * self.chance.bell()) as i32;
        self.go(leave.max(14_400), self.habits.work, false);
        if self.chance.happens(0.13) {
            let shop = self.somewhere();
            let noon = 43_200 + (1500.0 * self.chance.bell()) as i32;
            self.go(noon, shop, false);
            let stay = self.minutes(15.0, 45.0);
            self.go(self.now_s + stay, self.habits.work, false);
        }
        let leave = self.habits.from_work_s + (900.0 * self.chance.bell()) as i32;
        if self.chance.happens(0.22) {
            let shop = self.somewhere();
            self.go(leave, shop, false);
            let stay = self.minutes(8.0, 40.0);
            self.go_home(self.now_s + stay);
        } else {
            self.go_home(leave);
        }
        if self.chance.happens(0.22) && self.now_s < 73_000 {
            let start = self.now_s + self.minutes(25.0, 90.0);
            self.outing(start);
        }
    }

    fn outing(&mut self, start_s: i32) {
        let first = self.somewhere();
        self.go(start_s, first, false);
        if self.chance.happens(0.3) {
            let stay = self.minutes(15.0, 60.0);
            let second = self.somewhere();
            self.go((self.now_s + stay).min(LAST_STAY_S), second, false);
        }
        let stay = self.minutes(25.0, 130.0);
        self.go_home((self.now_s + stay).min(LAST_STAY_S));
    }

    fn free_day(&mut self) {
        if self.chance.happens(0.08) {
            return;
        }
        let start = (9.0 * 3600.0 + self.chance.unit() * 9.5 * 3600.0) as i32;
        self.outing(start);
        if self.chance.happens(0.35) && self.now_s < 70_000 {
            let start = self.now_s + self.minutes(30.0, 150.0);
            self.outing(start);
        }
    }

    /// Comes home in the morning where it worked in the night, leaves in the evening where it works again.
    fn night_shift(&mut self, worked: bool, works: bool) {
        if worked {
            (self.at, self.at_home) = (self.habits.work, false);
            let leave = 21_600 + (900.0 * self.chance.bell()) as i32;
            self.go_home(leave);
        }
        if works {
            let leave = 76_500 + (1200.0 * self.chance.bell()) as i32;
            self.go(leave, self.habits.work, false);
        }
    }

    fn taxi(&mut self) {
        // Three of four drive by day; the others in the early and the late hours.
        let blocks: &[(i32, i32)] =
            if self.habits.vehicle % 4 == 3 { &[(300, 14_000), (61_000, LAST_STAY_S)] } else { &[(22_000, 77_000)] };
        for (begin, end) in blocks {
            let late = self.minutes(0.0, 40.0);
            let first = self.somewhere();
            self.go(begin + late, first, false);
            while self.now_s < *end {
                let wait = self.minutes(3.0, 22.0);
                let next = self.somewhere();
                self.go((self.now_s + wait).min(LAST_STAY_S), next, false);
            }
            self.go_home(self.now_s + 120);
        }
    }

    fn delivery(&mut self) {
        if weekday_off(self.weekend, &mut self.chance) {
            return;
        }
        let begin = 27_000 + self.minutes(0.0, 50.0);
        let first = self.somewhere();
        self.go(begin, first, false);
        while self.now_s < 64_000 {
            let stop = self.minutes(4.0, 16.0);
            let next = self.somewhere();
            self.go(self.now_s + stop, next, false);
        }
        self.go_home(self.now_s + 300);
    }

    fn visit(&mut self) {
        let hour = self.chance.weighted(VISITOR_HOURS.iter().copied()) as i32;
        let start = hour * 3600 + self.minutes(0.0, 60.0);
        (self.at, self.at_home) = (self.places.gateway(&mut self.chance), false);
        if self.chance.happens(0.6) {
            let stop = self.somewhere();
            self.go(start.min(LAST_STAY_S), stop, false);
            let stay = self.minutes(20.0, 260.0);
            let out = self.places.gateway(&mut self.chance);
            self.go((self.now_s + stay).min(LAST_STAY_S), out, false);
        } else {
            let mut out = self.places.gateway(&mut self.chance);
            if out == self.at {
                out = self.somewhere();
            }
            self.go(start, out, false);
        }
    }
}

fn weekday_off(weekend: bool, chance: &mut Chance) -> bool {
    weekend && chance.happens(0.6)
}

/// Whether a resident with these trips is parked at home at a time of the day.
pub(crate) fn is_at_home(legs: &[Leg], at_s: i32) -> bool {
    let Some(before) = legs.iter().rev().find(|leg| leg.start_s <= at_s) else {
        return legs.first().is_none_or(|leg| leg.from_home);
    };
    before.end_s <= at_s && before.to_home
}
