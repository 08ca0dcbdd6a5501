//! Whether the rings of an area are what they look like: none crosses or touches itself or another, and every hole lies
//! inside the outline and outside the other holes. Only then does a size mean what it says (LIM-2), and "inside" one thing.
//!
//! A line sweeps over the area from west to east (Shamos and Hoey, "Geometric intersection problems", 1976) and stops at
//! the first place that is wrong. For n corners that takes time of n log n whatever the shape. Exact in integers.

use std::cmp::Ordering;

/// A corner in 1e-7 degree: longitude, latitude. Ordered from west to east, then from south to north.
pub(super) type Corner = (i64, i64);

/// What is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// Two edges cross or touch, at this longitude and latitude.
    Meets(f64, f64),
    /// A hole begins here, outside the outline or inside another hole.
    HoleOutside(Corner),
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    west: Corner,
    east: Corner,
}

impl Edge {
    /// Positive where the point lies above the edge, zero where it lies in line.
    fn side(&self, point: Corner) -> i64 {
        (self.east.0 - self.west.0) * (point.1 - self.west.1) - (point.0 - self.west.0) * (self.east.1 - self.west.1)
    }

    /// Of two edges that the line cuts at once: whether they have a point in common that is no shared corner.
    fn meets(&self, other: &Self) -> bool {
        // Edges in line that share a corner were told by the corner of one that lies on the other.
        if self.west == other.west || self.east == other.east {
            return false;
        }
        let apart = |a: i64, b: i64| a.signum() * b.signum() > 0;
        !apart(self.side(other.west), self.side(other.east)) && !apart(other.side(self.west), other.side(self.east))
    }

    #[expect(clippy::cast_precision_loss, reason = "a place to show; coordinates are exact, products nearly so")]
    fn crossing(&self, other: &Self) -> Fault {
        let (from, to) = (self.side(other.west), self.side(other.east));
        let share = if from == to { 0.0 } else { from as f64 / (from as f64 - to as f64) };
        let along = |a: i64, b: i64| a as f64 + share * (b - a) as f64;
        Fault::Meets(along(other.west.0, other.east.0), along(other.west.1, other.east.1))
    }
}

/// One end of an edge.
#[derive(Clone, Copy, Debug)]
struct End {
    at: Corner,
    edge: usize,
    ring: usize,
    begins: bool,
}

/// The first thing that is wrong with rings of at least three corners each, the outline first. No two corners may be
/// further apart than 180 degrees in longitude, so that products fit 64 bits.
pub(super) fn fault(rings: &[Vec<Corner>]) -> Option<Fault> {
    let mut edges = Vec::new();
    let mut ends = Vec::new();
    for (ring, corners) in rings.iter().enumerate() {
        for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            let (west, east) = (*from.min(to), *from.max(to));
            let edge = edges.len();
            edges.push(Edge { west, east });
            ends.extend([End { at: west, edge, ring, begins: true }, End { at: east, edge, ring, begins: false }]);
        }
    }
    ends.sort_unstable_by_key(|end| end.at);
    let mut sweep = Sweep { edges, cut: Vec::new() };
    let mut is_begun = vec![false; rings.len()];
    for both in ends.chunk_by(|a, b| a.at == b.at) {
        // Each corner ends two edges. More of them: rings touch there.
        let [a, b] = both else { return Some(touch(both.first()?.at)) };
        if let Err(fault) = sweep.pass(*a, *b, &mut is_begun) {
            return Some(fault);
        }
    }
    None
}

#[expect(clippy::cast_precision_loss, reason = "coordinates are below 2^53")]
fn touch(at: Corner) -> Fault {
    Fault::Meets(at.0 as f64, at.1 as f64)
}

struct Sweep {
    edges: Vec<Edge>,
    /// The edges that the line cuts, from south to north.
    cut: Vec<usize>,
}

impl Sweep {
    fn pass(&mut self, a: End, b: End, is_begun: &mut [bool]) -> Result<(), Fault> {
        let at = a.at;
        // As long as nothing was wrong the edges below a point come first, then those through it.
        let place = self.cut.partition_point(|edge| self.edges[*edge].side(at) > 0);
        let ending = usize::from(!a.begins) + usize::from(!b.begins);
        let found = self.cut.get(place..place + ending).ok_or_else(|| touch(at))?;
        let is_of_both = |edge: &usize| (!a.begins && *edge == a.edge) || (!b.begins && *edge == b.edge);
        let one_more = self.cut.get(place + ending).is_some_and(|edge| self.edges[*edge].side(at) == 0);
        if !found.iter().all(is_of_both) || one_more {
            return Err(touch(at));
        }
        let mut begins: Vec<usize> = [a, b].iter().filter(|end| end.begins).map(|end| end.edge).collect();
        if let [first, second] = begins[..] {
            match self.edges[first].side(self.edges[second].east).cmp(&0) {
                Ordering::Equal => return Err(touch(at)),
                Ordering::Less => begins.reverse(),
                Ordering::Greater => {}
            }
            // The westernmost corner of a ring: the edges below say what it lies in.
            if !std::mem::replace(&mut is_begun[a.ring], true) && (place % 2 == 1) != (a.ring > 0) {
                return Err(Fault::HoleOutside(at));
            }
        }
        let count = begins.len();
        self.cut.splice(place..place + ending, begins);
        self.compare(place.checked_sub(1), place)?;
        if count > 0 {
            self.compare(Some(place + count - 1), place + count)?;
        }
        Ok(())
    }

    /// Edges that cross become neighbours before they do.
    fn compare(&self, below: Option<usize>, above: usize) -> Result<(), Fault> {
        let edge = |place: usize| self.cut.get(place).map(|edge| self.edges[*edge]);
        match (below.and_then(edge), edge(above)) {
            (Some(below), Some(above)) if below.meets(&above) => Err(below.crossing(&above)),
            _ => Ok(()),
        }
    }
}
