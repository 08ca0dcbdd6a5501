//! Areas made ready for many points: edges in bands of latitude, and boxes that are wholly inside or outside.
//!
//! The answers are those of [`Area::contains`], the definition; only the way there is shorter.

use domain::{Area, Position};

/// Bands of one ring, at most; fewer where long edges would be listed too often.
const BANDS_MAX: usize = 512;
/// Entries that the bands of a ring may have for each of its edges.
const ENTRIES_PER_EDGE_MAX: usize = 8;
/// Within this span differences and their products fit 64 bits with room for one subtraction.
const NARROW_SPAN: i64 = 1_800_000_000;

#[derive(Debug)]
pub(crate) struct PreparedArea {
    area: Area,
    /// Outline first, then the holes.
    rings: Vec<PreparedRing>,
    /// A ring is wider than 64-bit products allow (only a stray hole can be): the definition itself is asked.
    is_wide: bool,
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
    fn of_corners(corners: &[Position]) -> Self {
        let empty = Self { west: i64::MAX, south: i64::MAX, east: i64::MIN, north: i64::MIN };
        corners.iter().fold(empty, |all, corner| Self {
            west: all.west.min(corner.lon_e7.into()),
            south: all.south.min(corner.lat_e7.into()),
            east: all.east.max(corner.lon_e7.into()),
            north: all.north.max(corner.lat_e7.into()),
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
        let rings: Vec<_> = std::iter::once(area.outline())
            .chain(area.holes().iter().map(Vec::as_slice))
            .map(PreparedRing::new)
            .collect();
        let is_wide = rings.iter().any(|ring| ring.bounds.east - ring.bounds.west > NARROW_SPAN);
        Self { area: area.clone(), rings, is_wide }
    }

    pub(crate) fn contains(&self, point: Position) -> bool {
        if self.is_wide {
            return self.area.contains(point);
        }
        let Some((outline, holes)) = self.rings.split_first() else { return false };
        let (x, y) = (i64::from(point.lon_e7), i64::from(point.lat_e7));
        outline.side(x, y) != Side::Outside && !holes.iter().any(|hole| hole.side(x, y) == Side::Inside)
    }

    /// Where no edge touches the box, all its points are where one corner is.
    pub(crate) fn side_of_box(&self, place: &GeoBox) -> BoxSide {
        let Some(outline) = self.rings.first() else { return BoxSide::Outside };
        if !outline.bounds.meets(place) {
            return BoxSide::Outside;
        }
        if self.rings.iter().any(|ring| ring.touches(place)) {
            return BoxSide::Mixed;
        }
        let narrow = |value: i64| i32::try_from(value).unwrap_or_default();
        let corner = Position { lat_e7: narrow(place.south), lon_e7: narrow(place.west) };
        if self.contains(corner) { BoxSide::Inside } else { BoxSide::Outside }
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
    fn new(corners: &[Position]) -> Self {
        let point = |corner: &Position| (i64::from(corner.lon_e7), i64::from(corner.lat_e7));
        let before = corners.last().into_iter().chain(corners);
        let edges: Vec<Edge> =
            before.zip(corners).map(|(from, to)| Edge { from: point(from), to: point(to) }).collect();
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

    fn ring(corners: &[(i32, i32)]) -> Vec<Position> {
        corners.iter().map(|(lon_e7, lat_e7)| Position { lat_e7: *lat_e7, lon_e7: *lon_e7 }).collect()
    }

    fn corners(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(i32, i32)>> {
        prop_oneof![
            prop::collection::vec((0..20i32, 0..20i32), count.clone()),
            prop::collection::vec((-1_000_000_000..800_000_000i32, -900_000_000..900_000_000i32), count),
        ]
    }

    proptest! {
        #[test]
        fn qry_4_a_prepared_area_contains_what_the_area_contains(
            outline in corners(3..12),
            holes in prop::collection::vec(corners(3..6), 0..3),
            points in prop::collection::vec((-2..22i32, -2..22i32), 60),
            at_corner in any::<prop::sample::Index>(),
        ) {
            let holes = holes.iter().map(|hole| ring(hole)).collect();
            let Ok(area) = Area::new(ring(&outline), holes) else { return Ok(()) };
            let prepared = PreparedArea::new(&area);
            let near = outline[at_corner.index(outline.len())];
            for (x, y) in points {
                for (lon_e7, lat_e7) in [(x, y), (near.0.saturating_add(x), near.1.saturating_add(y))] {
                    let point = Position { lat_e7, lon_e7 };
                    prop_assert_eq!(prepared.contains(point), area.contains(point), "{:?}", point);
                }
            }
        }

        #[test]
        fn qry_4_a_box_that_is_called_inside_or_outside_is_so_at_every_point(
            outline in prop::collection::vec((0..20i32, 0..20i32), 3..8),
            holes in prop::collection::vec(prop::collection::vec((0..20i32, 0..20i32), 3..6), 0..3),
            corner in (0..20i32, 0..20i32),
            size in (0..5i32, 0..5i32),
        ) {
            let holes = holes.iter().map(|hole| ring(hole)).collect();
            let Ok(area) = Area::new(ring(&outline), holes) else { return Ok(()) };
            let (east, north) = (corner.0 + size.0, corner.1 + size.1);
            let place = GeoBox {
                west: corner.0.into(), south: corner.1.into(), east: east.into(), north: north.into(),
            };
            let side = PreparedArea::new(&area).side_of_box(&place);
            for lon_e7 in corner.0..=east {
                for lat_e7 in corner.1..=north {
                    let contains = area.contains(Position { lat_e7, lon_e7 });
                    prop_assert!(side == BoxSide::Mixed || (side == BoxSide::Inside) == contains);
                }
            }
        }
    }
}
