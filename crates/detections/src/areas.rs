//! Areas made ready for many points: edges in bands of latitude, and boxes that are wholly inside or outside.
//!
//! The answers are those of [`Area::contains`], the definition; only the way there is shorter.

use domain::{Area, Position};

/// Bands of one ring, at most; fewer where long edges would be listed too often.
const BANDS_MAX: usize = 512;
/// Entries that the bands of a ring may have for each of its edges.
const ENTRIES_PER_EDGE_MAX: usize = 8;
/// A whole turn in longitude, in 1e-7 degree.
const FULL_TURN: i64 = 3_600_000_000;

#[derive(Debug)]
pub(crate) struct PreparedArea {
    area: Area,
    /// Outline first, then the holes.
    rings: Vec<PreparedRing>,
}

/// A box of positions, its edges included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GeoBox {
    pub(crate) west: i64,
    pub(crate) south: i64,
    pub(crate) east: i64,
    pub(crate) north: i64,
}

impl GeoBox {
    fn of_corners(corners: &[(i64, i64)]) -> Self {
        let empty = Self { west: i64::MAX, south: i64::MAX, east: i64::MIN, north: i64::MIN };
        corners.iter().fold(empty, |all, (lon, lat)| Self {
            west: all.west.min(*lon),
            south: all.south.min(*lat),
            east: all.east.max(*lon),
            north: all.north.max(*lat),
        })
    }

    fn meets(&self, other: &Self) -> bool {
        self.west <= other.east && other.west <= self.east && self.south <= other.north && other.south <= self.north
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BoxSide {
    Inside,
    Outside,
    /// Its points must be asked one by one.
    Mixed,
}

impl PreparedArea {
    pub(crate) fn new(area: &Area) -> Self {
        // An area is at most half a turn wide, so that products fit 64 bits with room for one subtraction.
        let rings = area.unrolled().iter().map(|corners| PreparedRing::new(corners)).collect();
        Self { area: area.clone(), rings }
    }

    pub(crate) fn contains(&self, point: Position) -> bool {
        let Some((outline, holes)) = self.rings.split_first() else { return false };
        let (x, y) = (self.area.unrolled_lon(point.lon_e7), i64::from(point.lat_e7));
        outline.side(x, y) != Side::Outside && !holes.iter().any(|hole| hole.side(x, y) == Side::Inside)
    }

    /// Where no edge touches the box, all its points are where one corner is.
    pub(crate) fn side_of_box(&self, place: &GeoBox) -> BoxSide {
        let Some(outline) = self.rings.first() else { return BoxSide::Outside };
        let Some(unrolled) = self.unrolled_box(place) else { return BoxSide::Mixed };
        let place = &unrolled;
        if !outline.bounds.meets(place) {
            return BoxSide::Outside;
        }
        if self.rings.iter().any(|ring| ring.touches(place)) {
            return BoxSide::Mixed;
        }
        let (x, y) = (place.west, place.south);
        let in_hole = || self.rings.iter().skip(1).any(|hole| hole.side(x, y) == Side::Inside);
        if outline.side(x, y) != Side::Outside && !in_hole() { BoxSide::Inside } else { BoxSide::Outside }
    }

    /// A box as the area counts longitudes; none where it would be two boxes, or has a side on the 180th meridian, which is
    /// in two places.
    fn unrolled_box(&self, place: &GeoBox) -> Option<GeoBox> {
        if !self.area.reaches_half_turn() {
            return Some(*place);
        }
        let is_on_it = |lon: i64| lon.abs() == FULL_TURN / 2;
        if is_on_it(place.west) || is_on_it(place.east) || (self.area.is_across() && place.west < 0 && place.east >= 0)
        {
            return None;
        }
        let turn = if self.area.is_across() && place.east < 0 { FULL_TURN } else { 0 };
        Some(GeoBox { west: place.west + turn, east: place.east + turn, ..*place })
    }
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    from: (i64, i64),
    to: (i64, i64),
}

impl Edge {
    fn low(&self) -> i64 {
        self.from.1.min(self.to.1)
    }

    fn high(&self) -> i64 {
        self.from.1.max(self.to.1)
    }
}

#[derive(Debug)]
struct PreparedRing {
    edges: Vec<Edge>,
    bounds: GeoBox,
    /// A band is two to the power of this high, in 1e-7 degree: found by a shift.
    band_shift: u32,
    /// Edges that reach into each band: offsets into `listed`, one more than bands.
    offsets: Vec<usize>,
    listed: Vec<u32>,
}

#[derive(PartialEq, Eq)]
enum Side {
    Inside,
    Edge,
    Outside,
}

impl PreparedRing {
    fn new(corners: &[(i64, i64)]) -> Self {
        let before = corners.last().into_iter().chain(corners);
        let edges: Vec<Edge> = before.zip(corners).map(|(from, to)| Edge { from: *from, to: *to }).collect();
        let bounds = GeoBox::of_corners(corners);
        let mut band_shift = 0;
        loop {
            let bands = band(bounds.north, &bounds, band_shift) + 1;
            let entries = || -> usize {
                let listed =
                    |edge: &Edge| band(edge.high(), &bounds, band_shift) - band(edge.low(), &bounds, band_shift);
                edges.iter().map(|edge| listed(edge) + 1).sum()
            };
            if bands == 1 || bands <= BANDS_MAX && entries() <= edges.len() * ENTRIES_PER_EDGE_MAX {
                let (offsets, listed) = list_bands(&edges, &bounds, band_shift);
                return Self { edges, bounds, band_shift, offsets, listed };
            }
            band_shift += 1;
        }
    }

    /// Even-odd rule in exact integers, as the definition has it. An edge counts only where it spans the point's
    /// latitude, so the edges of the point's band are enough.
    fn side(&self, x: i64, y: i64) -> Side {
        let bounds = &self.bounds;
        if x < bounds.west || x > bounds.east || y < bounds.south || y > bounds.north {
            return Side::Outside;
        }
        let mut is_inside = false;
        for edge in self.in_bands(y, y) {
            let (before, after) = (edge.from, edge.to);
            let cross = (after.0 - before.0) * (y - before.1) - (x - before.0) * (after.1 - before.1);
            let beside = x >= before.0.min(after.0) && x <= before.0.max(after.0);
            if cross == 0 && beside && y >= edge.low() && y <= edge.high() {
                return Side::Edge;
            }
            if (before.1 > y) != (after.1 > y) && (cross > 0) == (after.1 > before.1) {
                is_inside = !is_inside;
            }
        }
        if is_inside { Side::Inside } else { Side::Outside }
    }

    /// The edges listed in the bands of a span of latitudes; an edge may come more than once.
    fn in_bands(&self, low: i64, high: i64) -> impl Iterator<Item = &Edge> {
        let first = band(low.max(self.bounds.south), &self.bounds, self.band_shift);
        let last = band(high.min(self.bounds.north), &self.bounds, self.band_shift);
        self.listed[self.offsets[first]..self.offsets[last + 1]].iter().map(|edge| &self.edges[*edge as usize])
    }

    fn touches(&self, place: &GeoBox) -> bool {
        self.bounds.meets(place) && self.in_bands(place.south, place.north).any(|edge| edge_touches(edge, place))
    }
}

fn band(y: i64, bounds: &GeoBox, band_shift: u32) -> usize {
    usize::try_from((y - bounds.south) >> band_shift).unwrap_or_default()
}

fn list_bands(edges: &[Edge], bounds: &GeoBox, band_shift: u32) -> (Vec<usize>, Vec<u32>) {
    let mut bands: Vec<Vec<u32>> = vec![Vec::new(); band(bounds.north, bounds, band_shift) + 1];
    for (number, edge) in (0..).zip(edges) {
        for slot in &mut bands[band(edge.low(), bounds, band_shift)..=band(edge.high(), bounds, band_shift)] {
            slot.push(number);
        }
    }
    let mut offsets = vec![0];
    for slot in &bands {
        offsets.push(offsets.last().copied().unwrap_or_default() + slot.len());
    }
    (offsets, bands.concat())
}

/// Whether a straight edge has a point in a box: their extents meet, and the box's corners are not all on one side.
fn edge_touches(edge: &Edge, place: &GeoBox) -> bool {
    let extent = GeoBox {
        west: edge.from.0.min(edge.to.0),
        south: edge.low(),
        east: edge.from.0.max(edge.to.0),
        north: edge.high(),
    };
    if !extent.meets(place) {
        return false;
    }
    let side = |x: i64, y: i64| -> i128 {
        let (from, to) = (edge.from, edge.to);
        i128::from(to.0 - from.0) * i128::from(y - from.1) - i128::from(x - from.0) * i128::from(to.1 - from.1)
    };
    let corners = [
        side(place.west, place.south),
        side(place.west, place.north),
        side(place.east, place.south),
        side(place.east, place.north),
    ];
    !(corners.iter().all(|corner| *corner > 0) || corners.iter().all(|corner| *corner < 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Corners round a middle, in the order of their angles: they seldom cross, and what crosses is no area.
    fn star(count: std::ops::Range<usize>, reach: i32) -> impl Strategy<Value = Vec<(i32, i32)>> {
        prop::collection::vec((-reach..=reach, -reach..=reach), count).prop_map(|mut corners| {
            corners.sort_by(|a, b| {
                let angle = |corner: &(i32, i32)| f64::from(corner.1).atan2(f64::from(corner.0));
                angle(a).total_cmp(&angle(b))
            });
            corners
        })
    }

    /// A star somewhere on the earth: at the 180th meridian as often as anywhere else.
    fn placed(star: &[(i32, i32)], (lon, lat): (i64, i64)) -> Vec<Position> {
        let wrapped = |lon: i64| match lon {
            lon if lon > FULL_TURN / 2 => lon - FULL_TURN,
            lon if lon < -FULL_TURN / 2 => lon + FULL_TURN,
            lon => lon,
        };
        let narrow = |e7: i64| i32::try_from(e7).unwrap();
        let corner = |(x, y): &(i32, i32)| Position {
            lat_e7: narrow((lat + i64::from(*y)).clamp(-900_000_000, 900_000_000)),
            lon_e7: narrow(wrapped(lon + i64::from(*x))),
        };
        star.iter().map(corner).collect()
    }

    fn middle() -> impl Strategy<Value = (i64, i64)> {
        let near = |lon: i64| (lon - 15..=lon + 15, -15..=15i64);
        prop_oneof![
            near(0),
            near(1_800_000_000),
            near(-1_800_000_000),
            (-1_800_000_000..1_800_000_000i64, -800_000_000..800_000_000i64)
        ]
    }

    /// Small figures, whose edges and corners are met, and large ones.
    fn reach() -> impl Strategy<Value = i32> {
        prop_oneof![Just(10), Just(20), Just(1_000_000), Just(800_000_000)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn qry_4_a_prepared_area_contains_what_the_area_contains(
            (outline, hole, reach) in reach().prop_flat_map(|reach| {
                (star(3..14, reach), prop::option::of(star(3..6, reach / 4)), Just(reach))
            }),
            middle in middle(),
            points in prop::collection::vec((-1.2..1.2f64, -1.2..1.2f64), 60),
            at_corner in any::<prop::sample::Index>(),
        ) {
            let holes = hole.iter().map(|hole| placed(hole, middle)).collect();
            let Ok(area) = Area::new(placed(&outline, middle), holes) else { return Ok(()) };
            let prepared = PreparedArea::new(&area);
            let near = outline[at_corner.index(outline.len())];
            for (x, y) in points {
                #[expect(clippy::cast_possible_truncation, reason = "a share of an i32")]
                let far = ((x * f64::from(reach)) as i32, (y * f64::from(reach)) as i32);
                #[expect(clippy::cast_possible_truncation, reason = "three steps")]
                let by_corner = (near.0 + (x * 3.0) as i32, near.1 + (y * 3.0) as i32);
                for point in placed(&[far, by_corner], middle) {
                    prop_assert_eq!(prepared.contains(point), area.contains(point), "{:?}", point);
                }
            }
        }

        #[test]
        fn qry_4_a_box_that_is_called_inside_or_outside_is_so_at_every_point(
            outline in star(3..12, 12),
            hole in prop::option::of(star(3..6, 4)),
            middle in middle(),
            corner in (-14..14i32, -14..14i32),
            size in (0..6i32, 0..6i32),
        ) {
            let holes = hole.iter().map(|hole| placed(hole, middle)).collect();
            let Ok(area) = Area::new(placed(&outline, middle), holes) else { return Ok(()) };
            let points: Vec<_> = (corner.0..=corner.0 + size.0)
                .flat_map(|x| (corner.1..=corner.1 + size.1).map(move |y| (x, y)))
                .flat_map(|point| placed(&[point], middle))
                .collect();
            // As the store makes boxes: around written longitudes, on whichever side of the meridian.
            let place = GeoBox::of_corners(
                &points.iter().map(|point| (i64::from(point.lon_e7), i64::from(point.lat_e7))).collect::<Vec<_>>(),
            );
            let side = PreparedArea::new(&area).side_of_box(&place);
            for point in points {
                prop_assert!(side == BoxSide::Mixed || (side == BoxSide::Inside) == area.contains(point));
            }
        }
    }
}
