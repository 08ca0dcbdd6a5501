//! Places and areas on the map (QRY-4). Coordinates are WGS 84 in units of 1e-7 degree: about 1 cm, exact in every record.

use crate::limits::AREA_CORNERS_MAX;
use geo::GeodesicArea;
use serde::{Deserialize, Serialize};

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

/// A polygon with holes. Edges are straight in longitude and latitude, as maps draw them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawArea", into = "RawArea")]
pub struct Area {
    outline: Ring,
    holes: Vec<Ring>,
    south_west: Position,
    north_east: Position,
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
    pub fn new(outline: Vec<Position>, holes: Vec<Vec<Position>>) -> Result<Self, AreaError> {
        let corners = outline.len() + holes.iter().map(Vec::len).sum::<usize>();
        if corners > AREA_CORNERS_MAX {
            return Err(AreaError::TooManyCorners);
        }
        let outline = checked_ring(outline)?;
        let holes = holes.into_iter().map(checked_ring).collect::<Result<Vec<_>, _>>()?;
        let south_west = Position {
            lat_e7: outline.iter().map(|corner| corner.lat_e7).min().unwrap_or_default(),
            lon_e7: outline.iter().map(|corner| corner.lon_e7).min().unwrap_or_default(),
        };
        let north_east = Position {
            lat_e7: outline.iter().map(|corner| corner.lat_e7).max().unwrap_or_default(),
            lon_e7: outline.iter().map(|corner| corner.lon_e7).max().unwrap_or_default(),
        };
        if i64::from(north_east.lon_e7) - i64::from(south_west.lon_e7) > 1_800_000_000 {
            return Err(AreaError::AcrossTheDateLine);
        }
        if encloses_nothing(&outline) {
            return Err(AreaError::NoArea);
        }
        Ok(Self { outline, holes, south_west, north_east })
    }

    pub fn outline(&self) -> &[Position] {
        &self.outline
    }

    pub fn holes(&self) -> &[Vec<Position>] {
        &self.holes
    }

    /// The corners of the smallest box around it.
    pub fn bounds(&self) -> (Position, Position) {
        (self.south_west, self.north_east)
    }

    /// Whether a point lies inside. Points on an edge, of the outline or of a hole, are inside.
    pub fn contains(&self, point: Position) -> bool {
        let in_box = self.south_west.lat_e7 <= point.lat_e7
            && point.lat_e7 <= self.north_east.lat_e7
            && self.south_west.lon_e7 <= point.lon_e7
            && point.lon_e7 <= self.north_east.lon_e7;
        in_box
            && side_of(&self.outline, point) != Side::Outside
            && !self.holes.iter().any(|hole| side_of(hole, point) == Side::Inside)
    }

    /// Size on the WGS 84 ellipsoid in square metres, holes taken out (Karney, "Algorithms for geodesics", 2013, by `geo`).
    pub fn square_metres(&self) -> f64 {
        let ring = |ring: &Ring| {
            geo::LineString::from(ring.iter().map(|corner| (corner.lon(), corner.lat())).collect::<Vec<_>>())
        };
        // The signed form measures what is on the left; the smaller side of the ring is the one that was drawn.
        let size = |drawn: &Ring| geo::Polygon::new(ring(drawn), Vec::new()).geodesic_area_signed().abs();
        size(&self.outline) - self.holes.iter().map(size).sum::<f64>()
    }
}

fn checked_ring(mut ring: Ring) -> Result<Ring, AreaError> {
    ring.dedup();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    if ring.len() < 3 {
        return Err(AreaError::TooFewCorners);
    }
    let on_earth = |corner: &Position| {
        (-900_000_000..=900_000_000).contains(&corner.lat_e7)
            && (-1_800_000_000..=1_800_000_000).contains(&corner.lon_e7)
    };
    if ring.iter().all(on_earth) { Ok(ring) } else { Err(AreaError::OffTheEarth) }
}

/// Twice the signed area in the plane is zero: all corners in line, or a ring that takes back all it encloses.
fn encloses_nothing(ring: &[Position]) -> bool {
    let shifted = ring.iter().cycle().skip(1);
    let twice: i128 = ring
        .iter()
        .zip(shifted)
        .map(|(a, b)| i128::from(a.lon_e7) * i128::from(b.lat_e7) - i128::from(b.lon_e7) * i128::from(a.lat_e7))
        .sum();
    twice == 0
}

#[derive(PartialEq, Eq)]
enum Side {
    Inside,
    Edge,
    Outside,
}

/// Even-odd rule in exact integers, so that a point on an edge is always known to be on it.
fn side_of(ring: &[Position], point: Position) -> Side {
    let (x, y) = (i128::from(point.lon_e7), i128::from(point.lat_e7));
    let mut inside = false;
    let mut before = match ring.last() {
        Some(corner) => (i128::from(corner.lon_e7), i128::from(corner.lat_e7)),
        None => return Side::Outside,
    };
    for corner in ring {
        let after = (i128::from(corner.lon_e7), i128::from(corner.lat_e7));
        // Twice the signed area of the triangle of the edge and the point: zero when they are in line.
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
    #[error("a latitude is between -90 and 90 degrees, a longitude between -180 and 180")]
    OffTheEarth,
    #[error("an area across the 180th meridian must be drawn as two areas, one on each side")]
    AcrossTheDateLine,
    #[error("the area encloses nothing")]
    NoArea,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring(corners: &[(i32, i32)]) -> Ring {
        corners.iter().map(|(lon_e7, lat_e7)| Position { lat_e7: *lat_e7, lon_e7: *lon_e7 }).collect()
    }

    fn at(lon_e7: i32, lat_e7: i32) -> Position {
        Position { lat_e7, lon_e7 }
    }

    #[test]
    fn qry_4_an_area_of_three_square_metres_works() {
        // 1e-7 degree of latitude is 1.11 cm; at the equator so is one of longitude.
        let area = Area::new(ring(&[(0, 0), (156, 0), (156, 156), (0, 156)]), vec![]).unwrap();
        assert!((area.square_metres() - 3.0).abs() < 0.05, "{}", area.square_metres());
        assert!(area.contains(at(78, 78)) && !area.contains(at(157, 78)));
    }

    #[test]
    fn points_on_an_edge_are_inside_and_points_in_a_hole_are_not() {
        let hole = ring(&[(40, 40), (60, 40), (60, 60), (40, 60)]);
        let area = Area::new(ring(&[(0, 0), (100, 0), (100, 100), (0, 100)]), vec![hole]).unwrap();
        assert!(area.contains(at(0, 50)) && area.contains(at(100, 100)) && area.contains(at(20, 20)));
        assert!(area.contains(at(40, 50)), "the hole's edge belongs to the area");
        assert!(!area.contains(at(50, 50)) && !area.contains(at(101, 50)));
    }

    #[test]
    fn drawing_direction_and_a_repeated_last_corner_do_not_matter() {
        let clockwise = Area::new(ring(&[(0, 0), (0, 900), (900, 900), (900, 0), (0, 0)]), vec![]).unwrap();
        let counter = Area::new(ring(&[(0, 0), (900, 0), (900, 900), (0, 900)]), vec![]).unwrap();
        assert!((clockwise.square_metres() - counter.square_metres()).abs() < 1e-9);
        assert_eq!(clockwise.outline().len(), 4);
    }

    #[test]
    fn bad_areas_are_refused_by_name() {
        let make = |corners: &[(i32, i32)]| Area::new(ring(corners), vec![]).unwrap_err();
        assert_eq!(make(&[(0, 0), (10, 10), (0, 0)]), AreaError::TooFewCorners);
        assert_eq!(make(&[(0, 0), (10, 10), (20, 20)]), AreaError::NoArea);
        assert_eq!(make(&[(0, 0), (0, 10), (1_900_000_000, 0)]), AreaError::OffTheEarth);
        assert_eq!(make(&[(-1_790_000_000, 0), (1_790_000_000, 0), (0, 90)]), AreaError::AcrossTheDateLine);
        assert_eq!(Area::new(vec![at(0, 0); AREA_CORNERS_MAX + 1], vec![]), Err(AreaError::TooManyCorners));
    }

    #[test]
    fn an_area_reads_back_from_its_record() {
        let area = Area::new(ring(&[(0, 0), (900, 0), (900, 900)]), vec![]).unwrap();
        let text = serde_json::to_string(&area).unwrap();
        assert_eq!(text, r#"{"rings":[[[0,0],[900,0],[900,900]]]}"#);
        assert_eq!(serde_json::from_str::<Area>(&text).unwrap(), area);
    }

    proptest! {
        #[test]
        fn contains_agrees_with_geo_away_from_edges(
            corners in prop::collection::vec((0..1000i32, 0..1000i32), 3..9),
            point in (0..1000i32, 0..1000i32),
        ) {
            use geo::{Contains, Intersects};
            let Ok(area) = Area::new(ring(&corners), vec![]) else { return Ok(()) };
            let line = geo::LineString::from(
                area.outline().iter().chain(area.outline().first())
                    .map(|corner| (f64::from(corner.lon_e7), f64::from(corner.lat_e7))).collect::<Vec<_>>());
            let spot = geo::Point::new(f64::from(point.0), f64::from(point.1));
            if line.intersects(&spot) {
                prop_assert!(area.contains(at(point.0, point.1)));
            } else {
                // Even-odd and winding rules differ only where a ring crosses itself; compare where they must agree.
                let simple = geo::Polygon::new(line, vec![]);
                if geo::Validation::is_valid(&simple) {
                    prop_assert_eq!(area.contains(at(point.0, point.1)), simple.contains(&spot));
                }
            }
        }
    }
}
