//! The size of several areas together, each place counted once (LIM-2).
//!
//! Areas that lie apart are measured one by one, exactly. Those that may overlap are first made one figure by `geo`
//! (`i_overlay`), on a grid of 2^30 steps across them: a corner where two edges cross is off by at most one step, which is
//! 0.1 mm for areas within 100 km. Who comes back to the first area after going round the whole earth is not looked for:
//! such areas are counted one by one, never too small.

use super::size;
use super::{Area, FULL_TURN};
use geo::algorithm::bool_ops::unary_union;

/// Edges that may be compared before their areas are made one figure: about 60 ms.
const COMPARISONS_MAX: usize = 20_000_000;
/// Places where edges of different areas may cross or nearly do: making one figure of them takes about half a second.
const MEETINGS_MAX: usize = 200_000;

/// The areas overlap in too many places to be measured within the named bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the areas overlap in too many places to be measured together")]
pub struct TooCrowded;

/// Size of all that lies in any of the areas, in square metres; zero where there are none.
pub fn square_metres_together(areas: &[&Area]) -> Result<f64, TooCrowded> {
    let mut left = Budget { comparisons: COMPARISONS_MAX, meetings: MEETINGS_MAX };
    clusters(areas).iter().map(|cluster| cluster.square_metres(&mut left)).sum()
}

struct Budget {
    comparisons: usize,
    meetings: usize,
}

/// An area as its cluster counts longitudes.
#[derive(Clone, Copy)]
struct Shifted<'a> {
    area: &'a Area,
    shift: i64,
}

impl Shifted<'_> {
    /// West, south, east, north.
    fn sides(&self) -> [i64; 4] {
        let [west, south, east, north] = self.area.sides;
        [west + self.shift, south, east + self.shift, north]
    }

    fn meets(&self, other: &Self) -> bool {
        let ([west, south, east, north], [its_west, its_south, its_east, its_north]) = (self.sides(), other.sides());
        west <= its_east && its_west <= east && south <= its_north && its_south <= north
    }
}

/// Areas whose boxes hang together.
#[derive(Default)]
struct Cluster<'a> {
    areas: Vec<Shifted<'a>>,
    goes_round: bool,
}

fn clusters<'a>(areas: &[&'a Area]) -> Vec<Cluster<'a>> {
    let mut waiting: Vec<&Area> = areas.to_vec();
    let mut found = Vec::new();
    while let Some(first) = waiting.pop() {
        let mut cluster = Cluster { areas: vec![Shifted { area: first, shift: 0 }], goes_round: false };
        let mut at = 0;
        while let Some(known) = cluster.areas.get(at).copied() {
            at += 1;
            waiting.retain(|area| {
                // Two areas of at most half a turn can meet one way, and both ways round only over poles of longitude.
                let meeting = [-FULL_TURN, 0, FULL_TURN].map(|turn| Shifted { area, shift: known.shift + turn });
                let Some(near) = meeting.into_iter().find(|shifted| shifted.meets(&known)) else { return true };
                cluster.areas.push(near);
                false
            });
        }
        let turned = |area: &Shifted<'a>, turn: i64| Shifted { area: area.area, shift: area.shift + turn };
        cluster.goes_round = cluster.areas.iter().any(|area| {
            let others = [turned(area, FULL_TURN), turned(area, -FULL_TURN)];
            cluster.areas.iter().any(|known| others.iter().any(|other| other.meets(known)))
        });
        found.push(cluster);
    }
    found
}

impl Cluster<'_> {
    fn square_metres(&self, left: &mut Budget) -> Result<f64, TooCrowded> {
        if self.areas.len() == 1 || self.goes_round {
            return Ok(self.areas.iter().map(|shifted| shifted.area.square_metres()).sum());
        }
        self.count_meetings(left)?;
        let sides: Vec<_> = self.areas.iter().map(Shifted::sides).collect();
        let middle = |low: usize| {
            let (least, most) =
                (sides.iter().map(|side| side[low]).min(), sides.iter().map(|side| side[low + 2]).max());
            i64::midpoint(least.unwrap_or_default(), most.unwrap_or_default())
        };
        let origin = (middle(0), middle(1));
        let polygons: Vec<_> = self.areas.iter().map(|shifted| shifted.polygon(origin)).collect();
        let latitude = metric(origin.1);
        let offsets = |ring: &geo::LineString<f64>| {
            let corners: Vec<_> = ring.coords().map(|corner| (corner.x, corner.y)).collect();
            size::of_ring(&corners, latitude)
        };
        let whole = unary_union(&polygons);
        Ok(whole.iter().map(|part| offsets(part.exterior()) - part.interiors().iter().map(offsets).sum::<f64>()).sum())
    }

    /// From west to east, each edge against those that reach as far east as it begins.
    fn count_meetings(&self, left: &mut Budget) -> Result<(), TooCrowded> {
        // Sides of each edge, and the number of its area.
        let mut edges: Vec<([i64; 4], usize)> = Vec::new();
        for (number, shifted) in self.areas.iter().enumerate() {
            for ring in shifted.area.unrolled() {
                for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                    let (west, east) = (from.0.min(to.0) + shifted.shift, from.0.max(to.0) + shifted.shift);
                    edges.push(([west, from.1.min(to.1), east, from.1.max(to.1)], number));
                }
            }
        }
        edges.sort_unstable();
        let mut open: Vec<([i64; 4], usize)> = Vec::new();
        for (edge, area) in edges {
            open.retain(|(other, _)| other[2] >= edge[0]);
            left.comparisons = left.comparisons.checked_sub(open.len() + 1).ok_or(TooCrowded)?;
            let meet = |other: &[i64; 4]| other[1] <= edge[3] && edge[1] <= other[3];
            let met = open.iter().filter(|(other, of)| *of != area && meet(other)).count();
            left.meetings = left.meetings.checked_sub(met).ok_or(TooCrowded)?;
            open.push((edge, area));
        }
        Ok(())
    }
}

impl Shifted<'_> {
    /// Outlines one way round and holes the other, as `unary_union` asks.
    fn polygon(&self, origin: (i64, i64)) -> geo::Polygon<f64> {
        let mut rings = self.area.unrolled().into_iter().enumerate().map(|(number, mut ring)| {
            if is_clockwise(&ring) == (number == 0) {
                ring.reverse();
            }
            let offset = |(x, y): (i64, i64)| (metric(x + self.shift - origin.0), metric(y - origin.1));
            geo::LineString::from(ring.into_iter().map(offset).collect::<Vec<_>>())
        });
        let outline = rings.next().unwrap_or_else(|| geo::LineString::new(Vec::new()));
        geo::Polygon::new(outline, rings.collect())
    }
}

fn is_clockwise(ring: &[(i64, i64)]) -> bool {
    super::twice_signed(ring) < 0
}

#[expect(clippy::cast_precision_loss, reason = "1e-7 degrees of the whole earth are below 2^53")]
fn metric(e7: i64) -> f64 {
    e7 as f64
}
