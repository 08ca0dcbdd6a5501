//! Whether the size of an area means what it says.
//!
//! A ring that crosses itself has lobes whose signed sizes cancel, and a "hole" outside the outline takes away what was
//! never there: such a shape can cover a county and measure a block. Only simple shapes are measured (LIM-2).

use domain::{Area, Position};

/// Comparisons of two edges, or of an edge and a point, that one question may cost: about 10 ms. Enough for every
/// outline of 2,000 corners, and for more where they do not crowd.
const COMPARISONS_MAX: usize = 8_000_000;

/// Whether no ring of an area touches or crosses itself or another, every hole lies inside the outline, and none inside
/// another hole. Also `false` where finding out would take more than the named number of comparisons.
pub(crate) fn are_simple(areas: &[&Area]) -> bool {
    let mut left = COMPARISONS_MAX;
    areas.iter().all(|area| rings_do_not_meet(area, &mut left) && holes_are_inside(area, &mut left))
}

#[derive(Clone, Copy)]
struct Edge {
    from: Position,
    to: Position,
    ring: usize,
    place: usize,
    /// Edges of the ring.
    of: usize,
}

impl Edge {
    fn west(&self) -> i32 {
        self.from.lon_e7.min(self.to.lon_e7)
    }

    fn east(&self) -> i32 {
        self.from.lon_e7.max(self.to.lon_e7)
    }

    fn neighbours(&self, other: &Self) -> bool {
        let apart = self.place.abs_diff(other.place);
        self.ring == other.ring && (apart == 1 || apart == self.of - 1)
    }

    fn meets(&self, other: &Self) -> bool {
        let apart_in_latitude = self.from.lat_e7.max(self.to.lat_e7) < other.from.lat_e7.min(other.to.lat_e7)
            || other.from.lat_e7.max(other.to.lat_e7) < self.from.lat_e7.min(self.to.lat_e7);
        if apart_in_latitude || self.neighbours(other) {
            return false;
        }
        // The boxes overlap, so the edges meet exactly when neither has both ends of the other strictly on one side.
        let sides = |edge: &Self, of: &Self| {
            turn(edge.from, edge.to, of.from).signum() * turn(edge.from, edge.to, of.to).signum()
        };
        sides(self, other) <= 0 && sides(other, self) <= 0
    }
}

/// Positive where `point` lies to the left of the way from `a` to `b`, zero where it lies in line.
fn turn(a: Position, b: Position, point: Position) -> i128 {
    let along = |to: i32, from: i32| i128::from(to) - i128::from(from);
    along(b.lon_e7, a.lon_e7) * along(point.lat_e7, a.lat_e7)
        - along(b.lat_e7, a.lat_e7) * along(point.lon_e7, a.lon_e7)
}

/// From west to east, each edge against those that reach as far east as it begins.
fn rings_do_not_meet(area: &Area, left: &mut usize) -> bool {
    let mut edges = edges(area);
    edges.sort_unstable_by_key(Edge::west);
    let mut open: Vec<Edge> = Vec::new();
    for edge in edges {
        open.retain(|other| other.east() >= edge.west());
        let Some(rest) = left.checked_sub(open.len() + 1) else { return false };
        *left = rest;
        if open.iter().any(|other| edge.meets(other)) {
            return false;
        }
        open.push(edge);
    }
    true
}

fn edges(area: &Area) -> Vec<Edge> {
    let rings = std::iter::once(area.outline()).chain(area.holes().iter().map(Vec::as_slice));
    rings
        .enumerate()
        .flat_map(|(ring, corners)| {
            let next = corners.iter().cycle().skip(1);
            let of = corners.len();
            corners.iter().zip(next).enumerate().map(move |(place, (from, to))| Edge {
                from: *from,
                to: *to,
                ring,
                place,
                of,
            })
        })
        .collect()
}

/// One corner tells for a whole ring, because rings that meet were sorted out before.
fn holes_are_inside(area: &Area, left: &mut usize) -> bool {
    let holes = area.holes();
    let corners = area.outline().len() + holes.iter().map(Vec::len).sum::<usize>();
    let Some(rest) = left.checked_sub(holes.len().saturating_mul(corners)) else { return false };
    *left = rest;
    holes.iter().enumerate().all(|(place, hole)| {
        let Some(corner) = hole.first() else { return false };
        let in_another = || holes.iter().enumerate().any(|(other, ring)| other != place && encloses(ring, *corner));
        encloses(area.outline(), *corner) && !in_another()
    })
}

/// Even-odd rule in exact integers, for a point that is not on the ring.
fn encloses(ring: &[Position], point: Position) -> bool {
    let next = ring.iter().cycle().skip(1);
    let crossings = ring.iter().zip(next).filter(|(a, b)| {
        let spans = (a.lat_e7 > point.lat_e7) != (b.lat_e7 > point.lat_e7);
        spans && (turn(**a, **b, point) > 0) == (b.lat_e7 > a.lat_e7)
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::limits::AREA_CORNERS_MAX;

    fn ring(corners: &[(i32, i32)]) -> Vec<Position> {
        corners.iter().map(|(lon_e7, lat_e7)| Position { lat_e7: *lat_e7, lon_e7: *lon_e7 }).collect()
    }

    fn simple(outline: &[(i32, i32)], holes: &[&[(i32, i32)]]) -> bool {
        let area = Area::new(ring(outline), holes.iter().map(|hole| ring(hole)).collect()).unwrap();
        are_simple(&[&area])
    }

    const SQUARE: [(i32, i32); 4] = [(0, 0), (100, 0), (100, 100), (0, 100)];

    #[test]
    fn lim_2_a_shape_that_crosses_or_touches_itself_is_not_measured() {
        assert!(simple(&SQUARE, &[]));
        assert!(simple(&[(0, 0), (50, 80), (100, 0)], &[]), "a triangle");
        assert!(simple(&[(0, 0), (100, 0), (100, 100), (50, 10), (0, 100)], &[]), "a dent");
        assert!(!simple(&[(0, 0), (100, 100), (100, 0), (0, 90)], &[]), "a figure of eight");
        assert!(!simple(&[(0, 0), (50, 50), (100, 0), (100, 100), (50, 50), (0, 90)], &[]), "two lobes at one corner");
        assert!(!simple(&[(0, 0), (100, 0), (100, 100), (50, 0), (0, 100)], &[]), "a corner on an edge");
    }

    #[test]
    fn lim_2_a_hole_must_lie_inside_the_outline_and_outside_other_holes() {
        let hole = [(20, 20), (40, 20), (40, 40), (20, 40)];
        assert!(simple(&SQUARE, &[&hole, &[(60, 60), (80, 60), (80, 80)]]));
        assert!(!simple(&SQUARE, &[&[(200, 200), (220, 200), (220, 220)]]), "outside");
        assert!(!simple(&SQUARE, &[&[(90, 90), (120, 90), (120, 120)]]), "across the outline");
        assert!(!simple(&SQUARE, &[&hole, &[(25, 25), (30, 25), (30, 30)]]), "inside another");
        assert!(!simple(&SQUARE, &[&hole, &hole]), "twice the same");
    }

    #[test]
    fn lim_2_a_large_outline_is_measured_and_a_crowded_one_is_refused_in_bounded_time() {
        let count = i32::try_from(AREA_CORNERS_MAX).unwrap();
        // Half a gear wheel: many corners, few of them above one another.
        let mut comb: Vec<_> = (0..count - 2).map(|step| (step * 10, 1_000 + (step % 2) * 10)).collect();
        comb.extend([(count * 10, 0), (-10, 0)]);
        assert!(simple(&comb, &[]));
        // Long edges to and fro, each above all others.
        let mut pleats: Vec<_> = (0..count - 1).map(|step| ((step % 2) * 1_000_000, step * 10)).collect();
        pleats.push((-1_000_000, 0));
        assert!(!simple(&pleats, &[]));
    }
}
