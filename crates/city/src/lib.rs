//! Port Larkin, a fictional city whose cameras read plates: the source of demonstrations, tests and the benchmark.
//!
//! Everything is drawn from a seed, so that the same plan always gives the same world. Nothing here is a record of a
//! person or a vehicle that exists. Start at [`City::build`], then [`City::detections`] for history and
//! [`City::live`] for what comes after it. `docs/city.md` says what the numbers mean.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "drawn numbers: each is bounded where it is drawn, and a lost bit moves a picture by less than a pixel"
)]

mod cameras;
mod chance;
mod days;
mod export;
mod ground;
mod landmarks;
mod map;
mod payloads;
pub mod picture;
mod places;
mod plates;
mod read;
mod routes;
mod stories;
mod stream;
mod streets;
mod subject;
mod traffic;
mod vehicles;
mod walks;

pub use cameras::{CityCamera, Owner};
pub use export::{CAMERA_COLUMNS, COLUMNS, ExportError};
pub use ground::{CENTRE, Patch, PatchKind, ZONE, metres_between};
pub use landmarks::{Landmark, LandmarkKind};
pub use read::{CityRead, CityReading};
pub use stories::{STORY_DAYS_MIN, STORY_ROWS_MIN, Story, StoryScene};
pub use stream::Reads;
pub use streets::{Street, StreetClass};
pub use subject::{Photos, Subject};
pub use vehicles::Body;

use domain::UtcMicros;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::ops::Range;

/// The city's name.
pub const NAME: &str = "Port Larkin";
/// Vehicles of a plan.
pub const VEHICLES_MIN: usize = 1_000;
pub const VEHICLES_MAX: usize = 50_000_000;
/// Days of a plan.
pub const DAYS_MAX: u32 = 3_660;
/// Reads a day of the live stream.
pub const LIVE_READS_MAX: u32 = 100_000_000;

/// What to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CityPlan {
    /// The same seed gives the same streets, vehicles and reads.
    pub seed: u64,
    /// Vehicles that live in the city or visit it.
    pub vehicles: usize,
    /// How many days of history there are before `end`.
    pub days: u32,
    /// Where history ends; live reads go on from here.
    pub end: UtcMicros,
    /// How many reads an average day of [`City::live`] has.
    pub live_reads_per_day: u32,
}

impl Default for CityPlan {
    /// Ninety days of a city of 60,000 vehicles, which ends at 2026-06-01 local midnight.
    fn default() -> Self {
        Self { seed: 1, vehicles: 60_000, days: 90, end: UtcMicros(1_780_304_400_000_000), live_reads_per_day: 20_000 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CityError {
    #[error("a city has between {VEHICLES_MIN} and {VEHICLES_MAX} vehicles")]
    Vehicles,
    #[error("a history has between 1 and {DAYS_MAX} days")]
    Days,
    #[error("a history begins after the year 2000 and ends before the year 2200")]
    Span,
    #[error("a live day has between 1 and {LIVE_READS_MAX} reads")]
    LiveReads,
}

/// 2200-01-01T00:00:00Z.
const LAST_END: i64 = 7_258_118_400_000_000;

/// A built city: streets, cameras, habits. A few megabytes, whatever the number of vehicles.
pub struct City {
    plan: CityPlan,
    pub(crate) key: u64,
    pub(crate) network: streets::Network,
    pub(crate) places: places::Places,
    pub(crate) routes: routes::Routes,
    pub(crate) cameras: Vec<CityCamera>,
    pub(crate) population: vehicles::Population,
    /// The home at each street corner, where there is one.
    pub(crate) home_at: Vec<Option<u32>>,
    landmarks: Vec<Landmark>,
    patches: Vec<Patch>,
}

impl std::fmt::Debug for City {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("City").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl City {
    pub fn build(plan: CityPlan) -> Result<Self, CityError> {
        check(&plan)?;
        let key = ChaCha8Rng::seed_from_u64(plan.seed).next_u64();
        let network = streets::Network::build(key);
        let mut chance = chance::Chance::new(key, chance::Topic::Network, 4, 0);
        let mut places = places::Places::find(&network, &mut chance);
        let cameras = cameras::site_cameras(key, &network, &mut places);
        let routes = routes::Routes::find(key, &network, &places, &cameras);
        let mut home_at = vec![None; network.nodes.len()];
        for (index, home) in places.homes.iter().enumerate() {
            home_at[home.node] = Some(index as u32);
        }
        let population = vehicles::Population::of(plan.vehicles as u32);
        let (landmarks, patches) = (landmarks::landmarks(), ground::patches());
        Ok(Self { plan, key, network, places, routes, cameras, population, home_at, landmarks, patches })
    }

    pub fn plan(&self) -> &CityPlan {
        &self.plan
    }

    pub fn streets(&self) -> &[Street] {
        &self.network.streets
    }

    /// Cameras of both owners, all six kinds.
    pub fn cameras(&self) -> &[CityCamera] {
        &self.cameras
    }

    pub fn landmarks(&self) -> &[Landmark] {
        &self.landmarks
    }

    /// Water and parks, in the order in which they are drawn over one another.
    pub fn patches(&self) -> &[Patch] {
        &self.patches
    }

    /// Exactly `rows` reads of the plan's days, in order of scan time. Fewer rows are fewer of the same vehicles' days,
    /// more rows are more vehicles; where they run out, further visitors pass through.
    pub fn detections(&self, rows: u64) -> Reads<'_> {
        Reads::counted(self, rows)
    }

    /// Reads from an instant on, without end, in order of scan time. The caller waits until each is due.
    pub fn live(&self, from: UtcMicros) -> Reads<'_> {
        Reads::live(self, from)
    }

    /// The planted stories. They are part of every history of [`STORY_ROWS_MIN`] rows and [`STORY_DAYS_MIN`] days.
    pub fn stories(&self) -> Vec<Story> {
        stories::stories(self)
    }

    /// Microseconds of history: begin and end.
    pub(crate) fn span(&self) -> Range<i64> {
        self.plan.end.0 - i64::from(self.plan.days) * domain::time::DAY_MICROS..self.plan.end.0
    }
}

fn check(plan: &CityPlan) -> Result<(), CityError> {
    if !(VEHICLES_MIN..=VEHICLES_MAX).contains(&plan.vehicles) {
        return Err(CityError::Vehicles);
    }
    if !(1..=DAYS_MAX).contains(&plan.days) {
        return Err(CityError::Days);
    }
    if !(1..=LIVE_READS_MAX).contains(&plan.live_reads_per_day) {
        return Err(CityError::LiveReads);
    }
    let begin = plan.end.0.saturating_sub(i64::from(plan.days) * domain::time::DAY_MICROS);
    if begin < UtcMicros::YEAR_2000.0 || plan.end.0 > LAST_END {
        return Err(CityError::Span);
    }
    Ok(())
}
