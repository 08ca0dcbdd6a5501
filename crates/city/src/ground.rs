//! The ground of Port Larkin: coast, bay, river, lake and parks, in metres around the city's centre.
//!
//! The city lies in the open Pacific at 34 N 140 W, where there is no land, so that no map of it can be taken for a
//! real place. It keeps the time of its meridian, UTC-9 all year.

use domain::Position;

/// Where the city's centre is, in degrees.
pub const CENTRE: (f64, f64) = (34.0, -140.0);
/// The city's IANA time zone: UTC-9, no daylight saving time.
pub const ZONE: &str = "Etc/GMT+9";
/// Seconds that local time is ahead of UTC.
pub(crate) const LOCAL_OFFSET_S: i64 = -9 * 3600;

/// Length of a degree at 34 N on WGS 84.
const METRES_PER_LAT: f64 = 110_922.0;
const METRES_PER_LON: f64 = 92_385.0;

/// A point in metres east (`x`) and north (`y`) of the centre, in whole centimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Metre {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Metre {
    /// Rounded to centimetres: a last bit of `sin` that differs between platforms must not move a vehicle.
    pub(crate) fn new(x: f64, y: f64) -> Self {
        Self { x: (x * 100.0).round() / 100.0, y: (y * 100.0).round() / 100.0 }
    }

    pub(crate) fn distance(self, other: Self) -> f64 {
        ((self.x - other.x) * (self.x - other.x) + (self.y - other.y) * (self.y - other.y)).sqrt()
    }

    /// Compass direction to `other`, 0 to 359 degrees.
    pub(crate) fn heading(self, other: Self) -> u16 {
        let degrees = (other.x - self.x).atan2(other.y - self.y).to_degrees().round() as i32;
        degrees.rem_euclid(360) as u16
    }

    pub(crate) fn position(self) -> Position {
        let lat_e7 = (CENTRE.0 * 1e7 + self.y / METRES_PER_LAT * 1e7).round() as i32;
        let lon_e7 = (CENTRE.1 * 1e7 + self.x / METRES_PER_LON * 1e7).round() as i32;
        Position { lat_e7, lon_e7 }
    }
}

/// Metres between two places of the city, on its plane.
pub fn metres_between(a: Position, b: Position) -> f64 {
    let north = f64::from(a.lat_e7 - b.lat_e7) / 1e7 * METRES_PER_LAT;
    let east = f64::from(a.lon_e7 - b.lon_e7) / 1e7 * METRES_PER_LON;
    (north * north + east * east).sqrt()
}

/// What a patch of the map is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatchKind {
    Ocean,
    River,
    Lake,
    Park,
}

impl PatchKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ocean => "ocean",
            Self::River => "river",
            Self::Lake => "lake",
            Self::Park => "park",
        }
    }
}

/// Water or green on the map.
#[derive(Clone, Debug)]
pub struct Patch {
    pub kind: PatchKind,
    pub name: &'static str,
    /// A ring without the repeated last corner.
    pub outline: Vec<Position>,
}

/// Where land begins in the west, at `y` north: a wavy coast with Larkin Bay cut into it.
fn coast_x(y: f64) -> f64 {
    let waves = 430.0 * (y / 2100.0 + 0.7).sin() + 170.0 * (y / 870.0 + 2.0).sin() + 40.0 * (y / 260.0).sin();
    let into_bay = ((y + 1500.0) / 1150.0).powi(2).min(1.0);
    -5500.0 + waves + 2900.0 * (1.0 - into_bay) * (1.0 - into_bay * 0.6)
}

const RIVER_MOUTH_X: f64 = -3300.0;

fn river_y(x: f64) -> f64 {
    -1500.0 + (x - RIVER_MOUTH_X) * 0.27 + 330.0 * (x / 1500.0 + 0.4).sin()
        - 330.0 * (RIVER_MOUTH_X / 1500.0 + 0.4).sin()
}

fn river_half_width(x: f64) -> f64 {
    75.0 + 160.0 * (1.0 - ((x - RIVER_MOUTH_X) / 2600.0).min(1.0)).powi(2)
}

struct Blob {
    kind: PatchKind,
    name: &'static str,
    centre: (f64, f64),
    radii: (f64, f64),
}

const BLOBS: [Blob; 8] = [
    Blob { kind: PatchKind::Lake, name: "Mirror Lake", centre: (3900.0, 4000.0), radii: (430.0, 300.0) },
    Blob { kind: PatchKind::Park, name: "Mirror Lake Park", centre: (3950.0, 4020.0), radii: (690.0, 520.0) },
    Blob { kind: PatchKind::Park, name: "Alder Park", centre: (300.0, 2500.0), radii: (720.0, 430.0) },
    Blob { kind: PatchKind::Park, name: "Signal Hill", centre: (4700.0, -2100.0), radii: (620.0, 780.0) },
    Blob { kind: PatchKind::Park, name: "Founders Green", centre: (-2050.0, 820.0), radii: (230.0, 170.0) },
    Blob { kind: PatchKind::Park, name: "Lighthouse Point", centre: (-4900.0, 3350.0), radii: (520.0, 620.0) },
    Blob { kind: PatchKind::Park, name: "Southshore Dunes", centre: (-4300.0, -4500.0), radii: (480.0, 900.0) },
    Blob { kind: PatchKind::Park, name: "Quarry Gardens", centre: (1500.0, -4700.0), radii: (520.0, 330.0) },
];

impl Blob {
    /// How far out `point` is: 1 at the wobbly rim.
    fn reach(&self, point: Metre) -> f64 {
        let (dx, dy) = ((point.x - self.centre.0) / self.radii.0, (point.y - self.centre.1) / self.radii.1);
        let angle = dy.atan2(dx);
        (dx * dx + dy * dy).sqrt() / Self::rim(angle)
    }

    fn rim(angle: f64) -> f64 {
        1.0 + 0.09 * (3.0 * angle + 0.6).sin() + 0.05 * (5.0 * angle).cos()
    }

    fn outline(&self) -> Vec<Position> {
        let corner = |step: u32| {
            let angle = f64::from(step) * std::f64::consts::TAU / 72.0;
            let rim = Self::rim(angle);
            let x = self.centre.0 + self.radii.0 * rim * angle.cos();
            Metre::new(x, self.centre.1 + self.radii.1 * rim * angle.sin()).position()
        };
        (0..72).map(corner).collect()
    }
}

/// What lies at a point, as far as a street builder cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    Land,
    Park,
    /// Can be bridged.
    River,
    /// Cannot be built on.
    Water,
}

pub(crate) fn ground_at(point: Metre) -> Ground {
    let in_lake = BLOBS.iter().any(|blob| blob.kind == PatchKind::Lake && blob.reach(point) < 1.08);
    if point.x < coast_x(point.y) + 60.0 || in_lake {
        return Ground::Water;
    }
    let from_river = (point.y - river_y(point.x)).abs();
    if point.x > RIVER_MOUTH_X && from_river < river_half_width(point.x) + 30.0 {
        return Ground::River;
    }
    if BLOBS.iter().any(|blob| blob.reach(point) < 1.0) { Ground::Park } else { Ground::Land }
}

/// The patches of the map, large ones first, so that drawing them in order is right.
pub(crate) fn patches() -> Vec<Patch> {
    let mut ocean: Vec<Position> =
        (-70..=70).map(|step| f64::from(step) * 130.0).map(|y| Metre::new(coast_x(y), y).position()).collect();
    ocean.push(Metre::new(-14_000.0, 9_100.0).position());
    ocean.push(Metre::new(-14_000.0, -9_100.0).position());
    let bank = |side: f64| {
        move |step: i32| {
            let x = RIVER_MOUTH_X - 450.0 + f64::from(step) * 110.0;
            let width = if step < 4 { 130.0 } else { river_half_width(x) };
            Metre::new(x, river_y(x) + side * width).position()
        }
    };
    let river = (0..=116).map(bank(1.0)).chain((0..=116).rev().map(bank(-1.0))).collect();
    let mut all = vec![
        Patch { kind: PatchKind::Ocean, name: "Larkin Bay and the ocean", outline: ocean },
        Patch { kind: PatchKind::River, name: "Otter River", outline: river },
    ];
    let blobs = |kind| {
        BLOBS.iter().filter(move |blob| blob.kind == kind).map(|blob| Patch {
            kind: blob.kind,
            name: blob.name,
            outline: blob.outline(),
        })
    };
    all.extend(blobs(PatchKind::Park));
    all.extend(blobs(PatchKind::Lake));
    all
}
