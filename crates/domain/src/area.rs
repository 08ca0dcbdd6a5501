//! Places and areas on the map (QRY-4). Coordinates are WGS 84 in units of 1e-7 degree: about 1 cm, exact in every record.
//!
//! What an area is, in one place: edges are straight in longitude and latitude and take the shorter way round; rings that
//! cross or touch themselves or each other are refused; an area spans at most 180 degrees and goes round no pole.

mod crossing;
mod size;
#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "drawn numbers of coordinates, which are small"
)]
mod tests;
mod union;

use crate::limits::AREA_CORNERS_MAX;
use crossing::{Corner, Fault};
use serde::{Deserialize, Serialize};
pub use union::{TooCrowded, square_metres_together};

/// Half a turn in longitude, in 1e-7 degree.
const HALF_TURN: i64 = 1_800_000_000;
const FULL_TURN: i64 = 2 * HALF_TURN;
/// Degrees of longitude that a corner of an area may be given with: drawn maps go on counting beyond 180.
const LONGITUDE_MAX: f64 = 360.0;

/// A point on the earth, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Latitude in 1e-7 degree, -90 to 90 degrees.
    pub lat_e7: i32,
    /// Longitude in 1e-7 degree, -180 to 180 degrees.
    pub lon_e7: i32,
}

impl Position {
    pub fn from_degrees(lat: f64, lon: f64) -> Result<Self, AreaError> {
        if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
            return Err(AreaError::OffTheEarth);
        }
        #[expect(clippy::cast_possible_truncation, reason = "180e7 fits an i32, and the range was checked")]
        Ok(Self { lat_e7: (lat * 1e7).round() as i32, lon_e7: (lon * 1e7).round() as i32 })
    }

    pub fn lat(&self) -> f64 {
        f64::from(self.lat_e7) / 1e7
    }

    pub fn lon(&self) -> f64 {
        f64::from(self.lon_e7) / 1e7
    }
}

/// A closed ring of corners, without the repeated last corner.
type Ring = Vec<Position>;

/// A polygon with holes. Edges are straight in longitude and latitude, which a map shows as straight where they are short:
/// one of 10 km leaves the straight line of a web map by at most a few metres.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawArea", into = "RawArea")]
pub struct Area {
    outline: Ring,
    holes: Vec<Ring>,
    /// West, south, east, north, in 1e-7 degree. The west is within -180 to 180 degrees; the east lies beyond 180 where the
    /// area crosses the 180th meridian.
    sides: [i64; 4],
}

#[derive(Serialize, Deserialize)]
struct RawArea {
    /// `[lon, lat]` pairs in 1e-7 degree; the first ring is the outline.
    rings: Vec<Vec<[i32; 2]>>,
}

impl TryFrom<RawArea> for Area {
    type Error = AreaError;
    fn try_from(raw: RawArea) -> Result<Self, AreaError> {
        let mut rings = raw
            .rings
            .into_iter()
            .map(|ring| ring.into_iter().map(|[lon_e7, lat_e7]| Position { lat_e7, lon_e7 }).collect::<Ring>());
        let outline = rings.next().ok_or(AreaError::TooFewCorners)?;
        Self::new(outline, rings.collect())
    }
}

impl From<Area> for RawArea {
    fn from(area: Area) -> Self {
        let ring = |ring: &Ring| ring.iter().map(|corner| [corner.lon_e7, corner.lat_e7]).collect();
        Self { rings: std::iter::once(&area.outline).chain(&area.holes).map(ring).collect() }
    }
}

impl Area {
    /// Reads rings of `[longitude, latitude]` in degrees, the outline first. Longitudes may go on beyond 180 degrees, up to
    /// 360, or jump from 180 to -180 where an area crosses the 180th meridian.
    pub fn from_degrees(rings: &[Vec<[f64; 2]>]) -> Result<Self, AreaError> {
        if rings.iter().map(Vec::len).sum::<usize>() > AREA_CORNERS_MAX + rings.len() {
            return Err(AreaError::TooManyCorners);
        }
        let mut read = Vec::with_capacity(rings.len());
        for ring in rings {
            let (west, east) = ring
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(west, east), [lon, _]| (west.min(*lon), east.max(*lon)));
            let goes_on = west < -180.0 || east > 180.0;
            // Taken the shorter way round it would be another area than the one that is meant.
            if goes_on && east - west > 180.0 {
                return Err(AreaError::TooWide);
            }
            let corner = |[lon, lat]: &[f64; 2]| {
                if !(-LONGITUDE_MAX..=LONGITUDE_MAX).contains(lon) {
                    return Err(AreaError::OffTheEarth);
                }
                let turn = if *lon > 180.0 {
                    -360.0
                } else if *lon < -180.0 {
                    360.0
                } else {
                    0.0
                };
                Position::from_degrees(*lat, lon + turn)
            };
            read.push(ring.iter().map(corner).collect::<Result<Ring, _>>()?);
        }
        let mut read = read.into_iter();
        Self::new(read.next().unwrap_or_default(), read.collect())
    }

    /// An edge takes the shorter way round: where longitudes jump by more than 180 degrees it crosses the 180th meridian.
    pub fn new(outline: Vec<Position>, holes: Vec<Vec<Position>>) -> Result<Self, AreaError> {
        let corners = outline.len() + holes.iter().map(Vec::len).sum::<usize>();
        // A ring may repeat its first corner at the end.
        if corners > AREA_CORNERS_MAX + holes.len() + 1 {
            return Err(AreaError::TooManyCorners);
        }
        let mut rings = Vec::with_capacity(holes.len() + 1);
        for ring in std::iter::once(outline).chain(holes) {
            rings.push(on_earth(ring)?);
        }
        let is_across = turns(&rings[0]) > 0;
        // Round a pole there is no way back, and each way is as short as the other over exactly half a turn.
        if turns(&rings[0]) % 2 == 1 {
            return Err(AreaError::TooWide);
        }
        let rings = rings.into_iter().map(|ring| checked_ring(ring, is_across)).collect::<Result<Vec<_>, _>>()?;
        if rings.iter().map(Vec::len).sum::<usize>() > AREA_CORNERS_MAX {
            return Err(AreaError::TooManyCorners);
        }
        let sides = sides_of(&rings[0]);
        let [west, south, east, north] = sides;
        if east - west > HALF_TURN {
            return Err(AreaError::TooWide);
        }
        if is_in_line(&rings[0]) {
            return Err(AreaError::NoArea);
        }
        let is_beside = |(x, y): &&Corner| *x < west || *x > east || *y < south || *y > north;
        if let Some(corner) = rings.iter().flatten().find(is_beside) {
            return Err(AreaError::HoleOutside(position(*corner)));
        }
        match crossing::fault(&rings) {
            None => {}
            Some(Fault::HoleOutside(corner)) => return Err(AreaError::HoleOutside(position(corner))),
            #[expect(clippy::cast_possible_truncation, reason = "it lies between corners")]
            Some(Fault::Meets(x, y)) => return Err(AreaError::Crosses(position((x.round() as i64, y.round() as i64)))),
        }
        // Written one way: an area that only touches the meridian from one side does not cross it.
        let turn = if west >= HALF_TURN { FULL_TURN } else { 0 };
        let sides = [west - turn, south, east - turn, north];
        let written = |(x, y): Corner| position((x - turn, y));
        let mut rings = rings.into_iter().map(|ring| ring.into_iter().map(written).collect::<Ring>());
        Ok(Self { outline: rings.next().unwrap_or_default(), holes: rings.collect(), sides })
    }

    pub fn outline(&self) -> &[Position] {
        &self.outline
    }

    pub fn holes(&self) -> &[Vec<Position>] {
        &self.holes
    }

    /// The corners of the smallest box around it. Across the 180th meridian the west has the larger longitude, as in GeoJSON.
    pub fn bounds(&self) -> (Position, Position) {
        let [west, south, east, north] = self.sides;
        (position((west, south)), position((east, north)))
    }

    /// Whether it has places on both sides of the 180th meridian.
    pub fn is_across(&self) -> bool {
        self.sides[2] > HALF_TURN
    }

    /// Whether it has a place on the 180th meridian, which has two longitudes.
    pub fn reaches_half_turn(&self) -> bool {
        self.sides[2] >= HALF_TURN || self.sides[0] == -HALF_TURN
    }

    /// A longitude as this area counts it, without a jump at the 180th meridian; in 1e-7 degree.
    pub fn unrolled_lon(&self, lon_e7: i32) -> i64 {
        let (lon, [west, _, east, _]) = (i64::from(lon_e7), self.sides);
        match lon {
            lon if east > HALF_TURN && lon < 0 => lon + FULL_TURN,
            lon if lon == -HALF_TURN && east == HALF_TURN => HALF_TURN,
            lon if lon == HALF_TURN && west == -HALF_TURN => -HALF_TURN,
            lon => lon,
        }
    }

    /// All rings, the outline first, in 1e-7 degree of longitude and latitude, without a jump at the 180th meridian.
    pub fn unrolled(&self) -> Vec<Vec<(i64, i64)>> {
        let corner = |corner: &Position| (self.unrolled_lon(corner.lon_e7), i64::from(corner.lat_e7));
        std::iter::once(&self.outline).chain(&self.holes).map(|ring| ring.iter().map(corner).collect()).collect()
    }

    /// Whether a point lies inside. Points on an edge, of the outline or of a hole, are inside.
    pub fn contains(&self, point: Position) -> bool {
        let [west, south, east, north] = self.sides;
        let (x, y) = (self.unrolled_lon(point.lon_e7), i64::from(point.lat_e7));
        let side = |ring: &Ring| {
            side_of(ring.iter().map(|corner| (self.unrolled_lon(corner.lon_e7), i64::from(corner.lat_e7))), (x, y))
        };
        (west..=east).contains(&x)
            && (south..=north).contains(&y)
            && side(&self.outline) != Side::Outside
            && !self.holes.iter().any(|hole| side(hole) == Side::Inside)
    }

    /// Size on the WGS 84 ellipsoid in square metres, holes taken out: of exactly the figure that [`Self::contains`] speaks
    /// of. It errs by less than 1e-9 of itself.
    pub fn square_metres(&self) -> f64 {
        let [west, south, ..] = self.sides;
        #[expect(clippy::cast_precision_loss, reason = "1e-7 degrees are below 2^53")]
        let metric = |e7: i64| e7 as f64;
        let mut sizes = self.unrolled().into_iter().map(|ring| {
            let offsets: Vec<_> = ring.into_iter().map(|(x, y)| (metric(x - west), metric(y - south))).collect();
            size::of_ring(&offsets, metric(south))
        });
        sizes.next().unwrap_or_default() - sizes.sum::<f64>()
    }
}

fn on_earth(ring: Ring) -> Result<Ring, AreaError> {
    let is_there = |corner: &Position| {
        (-900_000_000..=900_000_000).contains(&corner.lat_e7)
            && (-HALF_TURN..=HALF_TURN).contains(&i64::from(corner.lon_e7))
    };
    match ring {
        ring if ring.is_empty() => Err(AreaError::TooFewCorners),
        ring if ring.iter().all(is_there) => Ok(ring),
        _ => Err(AreaError::OffTheEarth),
    }
}

/// Edges whose shorter way round crosses the 180th meridian.
fn turns(ring: &[Position]) -> usize {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).filter(|(a, b)| (i64::from(a.lon_e7) - i64::from(b.lon_e7)).abs() > HALF_TURN).count()
}

fn checked_ring(ring: Ring, is_across: bool) -> Result<Vec<Corner>, AreaError> {
    let unrolled = |corner: Position| {
        let lon = i64::from(corner.lon_e7);
        (if is_across && lon < 0 { lon + FULL_TURN } else { lon }, i64::from(corner.lat_e7))
    };
    let mut ring: Vec<_> = ring.into_iter().map(unrolled).collect();
    ring.dedup();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    if ring.len() < 3 { Err(AreaError::TooFewCorners) } else { Ok(ring) }
}

/// West, south, east, north.
fn sides_of(ring: &[Corner]) -> [i64; 4] {
    let none = [i64::MAX, i64::MAX, i64::MIN, i64::MIN];
    ring.iter()
        .fold(none, |[west, south, east, north], (x, y)| [west.min(*x), south.min(*y), east.max(*x), north.max(*y)])
}

/// Back to longitudes of at most 180 degrees.
fn position((x, y): Corner) -> Position {
    let narrow = |e7: i64| i32::try_from(e7).unwrap_or_default();
    Position { lat_e7: narrow(y), lon_e7: narrow(if x > HALF_TURN { x - FULL_TURN } else { x }) }
}

/// Twice the signed area in the plane: positive where the ring goes round counterclockwise.
fn twice_signed(ring: &[Corner]) -> i128 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| i128::from(a.0) * i128::from(b.1) - i128::from(b.0) * i128::from(a.1)).sum()
}

fn is_in_line(ring: &[Corner]) -> bool {
    let [a, b, rest @ ..] = ring else { return true };
    let turn =
        |c: &Corner| i128::from(b.0 - a.0) * i128::from(c.1 - a.1) - i128::from(b.1 - a.1) * i128::from(c.0 - a.0);
    rest.iter().all(|corner| turn(corner) == 0)
}

#[derive(PartialEq, Eq)]
enum Side {
    Inside,
    Edge,
    Outside,
}

/// Even-odd rule in exact integers, so that a point on an edge is always known to be on it.
fn side_of(ring: impl DoubleEndedIterator<Item = Corner> + Clone, (x, y): Corner) -> Side {
    let mut inside = false;
    let Some(mut before) = ring.clone().next_back() else { return Side::Outside };
    for after in ring {
        // Twice the signed area of the triangle of the edge and the point: zero when they are in line. Neither edges nor
        // points inside the box are further apart than half a turn, so products fit.
        let cross = (after.0 - before.0) * (y - before.1) - (x - before.0) * (after.1 - before.1);
        let beside = x >= before.0.min(after.0) && x <= before.0.max(after.0);
        let between = y >= before.1.min(after.1) && y <= before.1.max(after.1);
        if cross == 0 && beside && between {
            return Side::Edge;
        }
        let upward = after.1 > before.1;
        if (before.1 > y) != (after.1 > y) && (cross > 0) == upward {
            inside = !inside;
        }
        before = after;
    }
    if inside { Side::Inside } else { Side::Outside }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    #[error("an area needs at least three different corners")]
    TooFewCorners,
    #[error("an area has at most {AREA_CORNERS_MAX} corners, holes included")]
    TooManyCorners,
    #[error("a latitude is between -90 and 90 degrees, a longitude between -180 and 180, or up to 360 for a corner")]
    OffTheEarth,
    #[error("an area spans at most 180 degrees of longitude and goes round no pole; draw it as several areas")]
    TooWide,
    #[error("the area encloses nothing")]
    NoArea,
    /// Two edges of the area's rings meet where they should not.
    #[error("the outline or a hole crosses or touches itself or another at {}; draw it without, or as several areas", place(*.0))]
    Crosses(Position),
    #[error("the hole at {} is not inside the outline, or lies in another hole", place(*.0))]
    HoleOutside(Position),
}

/// Latitude and longitude as people read them, to about ten centimetres.
fn place(position: Position) -> String {
    format!("{:.6}, {:.6}", position.lat(), position.lon())
}
