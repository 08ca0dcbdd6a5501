//! Cells of a space-filling order, for engines that have no index of their own for areas.
//!
//! A cell is 20 bits of longitude and 20 of latitude, interleaved: 38 m wide and 19 m high at the equator. An area is
//! covered by ranges of cells, those wholly inside marked, so that an engine compares corners only along the outline.

use domain::{Area, Position};

/// Bits of each of the two directions.
const BITS: u32 = 20;
/// Blocks that an area is cut into before neighbours are joined.
const BLOCKS_MAX: usize = 64;
/// The whole earth in 1e-7 degree: longitude, latitude.
const SPANS: (i64, i64) = (3_600_000_000, 1_800_000_000);

/// Cells from `first` to `last`, both counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellRange {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Every position of these cells is inside the area.
    pub(crate) is_inside: bool,
}

fn column(value_e7: i32, span: i64) -> u64 {
    let shifted = i64::from(value_e7) + span / 2;
    u64::try_from(((shifted << BITS) / span).clamp(0, (1 << BITS) - 1)).unwrap_or_default()
}

fn spread(value: u64) -> u64 {
    (0..BITS).fold(0, |all, bit| all | ((value >> bit) & 1) << (2 * bit))
}

pub(crate) fn cell_of(position: Position) -> u64 {
    spread(column(position.lon_e7, SPANS.0)) | spread(column(position.lat_e7, SPANS.1)) << 1
}

/// A square of cells: two to the power of `level` each way, from column `x` and row `y` on.
#[derive(Clone, Copy, Debug)]
struct Block {
    x: u64,
    y: u64,
    level: u32,
}

impl Block {
    /// West, south, east and north in 1e-7 degree, rounded outwards: a little too large is only a little too careful.
    fn bounds(self) -> [i64; 4] {
        let side = 1 << self.level;
        let edge = |number: u64, span: i64, up: bool| {
            let scaled = i64::try_from(number).unwrap_or_default() * span;
            let floor = scaled >> BITS;
            floor + i64::from(up && scaled > floor << BITS) - span / 2
        };
        [
            edge(self.x, SPANS.0, false),
            edge(self.y, SPANS.1, false),
            edge(self.x + side, SPANS.0, true),
            edge(self.y + side, SPANS.1, true),
        ]
    }

    fn quarters(self) -> [Self; 4] {
        let half = 1 << (self.level - 1);
        [(0, 0), (half, 0), (0, half), (half, half)].map(|(right, up)| Self {
            x: self.x + right,
            y: self.y + up,
            level: self.level - 1,
        })
    }

    fn range(self, is_inside: bool) -> CellRange {
        let first = spread(self.x) | spread(self.y) << 1;
        CellRange { first, last: first + (1 << (2 * self.level)) - 1, is_inside }
    }
}

#[derive(PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
    Mixed,
}

/// Where no edge of the area touches a block, all its positions are where one corner is.
fn side(area: &Area, block: Block) -> Side {
    let [west, south, east, north] = block.bounds();
    let (low, high) = area.bounds();
    let meets = west <= high.lon_e7.into()
        && i64::from(low.lon_e7) <= east
        && south <= high.lat_e7.into()
        && i64::from(low.lat_e7) <= north;
    if !meets {
        return Side::Outside;
    }
    if std::iter::once(area.outline()).chain(area.holes().iter().map(Vec::as_slice)).any(|ring| touches(ring, &block)) {
        return Side::Mixed;
    }
    let narrow = |value: i64| i32::try_from(value).unwrap_or_default();
    let corner = Position { lat_e7: narrow(south), lon_e7: narrow(west) };
    if area.contains(corner) { Side::Inside } else { Side::Outside }
}

fn touches(ring: &[Position], block: &Block) -> bool {
    let [west, south, east, north] = block.bounds();
    let at = |corner: &Position| (i64::from(corner.lon_e7), i64::from(corner.lat_e7));
    ring.iter().zip(ring.iter().cycle().skip(1)).any(|(from, to)| {
        let ((x1, y1), (x2, y2)) = (at(from), at(to));
        let is_near = x1.min(x2) <= east && west <= x1.max(x2) && y1.min(y2) <= north && south <= y1.max(y2);
        // On which side of the edge's line a corner of the block lies; all on one side, and the edge passes by.
        let turn = |x: i64, y: i64| {
            let cross = i128::from(x2 - x1) * i128::from(y - y1) - i128::from(x - x1) * i128::from(y2 - y1);
            cross.signum()
        };
        let turns = [turn(west, south), turn(west, north), turn(east, south), turn(east, north)];
        is_near && !(turns.iter().all(|turn| *turn > 0) || turns.iter().all(|turn| *turn < 0))
    })
}

/// The cells of an area, ascending.
pub(crate) fn cover(area: &Area) -> Vec<CellRange> {
    let mut mixed = vec![Block { x: 0, y: 0, level: BITS }];
    let mut inside = Vec::new();
    // The largest block is cut first; the queue stays short, so it is looked through.
    while mixed.len() + inside.len() < BLOCKS_MAX {
        let largest = (0..mixed.len()).filter(|at| mixed[*at].level > 0).max_by_key(|at| mixed[*at].level);
        let Some(largest) = largest else { break };
        for quarter in mixed.swap_remove(largest).quarters() {
            match side(area, quarter) {
                Side::Inside => inside.push(quarter),
                Side::Mixed => mixed.push(quarter),
                Side::Outside => {}
            }
        }
    }
    let mut ranges: Vec<_> = inside.into_iter().map(|block| block.range(true)).collect();
    ranges.extend(mixed.into_iter().map(|block| block.range(false)));
    ranges.sort_by_key(|range| range.first);
    ranges.dedup_by(|next, before| {
        let joins = next.first == before.last + 1 && next.is_inside == before.is_inside;
        if joins {
            before.last = next.last;
        }
        joins
    });
    ranges
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails loudly")]
mod tests {
    use super::*;

    fn area(corners: &[(i32, i32)]) -> Area {
        let corners = corners.iter().map(|(lon_e7, lat_e7)| Position { lat_e7: *lat_e7, lon_e7: *lon_e7 });
        Area::new(corners.collect(), Vec::new()).unwrap()
    }

    #[test]
    fn bench_a_cover_holds_every_position_of_the_area_and_its_inner_cells_nothing_else() {
        let middle = (-1_218_000_000, 371_000_000);
        let shape = area(&[
            (middle.0 - 90_000, middle.1 - 70_000),
            (middle.0 + 100_000, middle.1 - 20_000),
            (middle.0 + 10_000, middle.1 + 10_000),
            (middle.0 + 60_000, middle.1 + 90_000),
            (middle.0 - 110_000, middle.1 + 30_000),
        ]);
        let ranges = cover(&shape);
        assert!(ranges.len() > 10 && ranges.len() <= BLOCKS_MAX + 3, "{}", ranges.len());
        assert!(ranges.iter().any(|range| range.is_inside) && ranges.iter().any(|range| !range.is_inside));
        assert!(ranges.windows(2).all(|pair| pair[0].last < pair[1].first));
        let mut seen = [0; 3];
        for x in -130..130 {
            for y in -110..110 {
                let position = Position { lon_e7: middle.0 + x * 997, lat_e7: middle.1 + y * 991 };
                let cell = cell_of(position);
                let range = ranges.iter().find(|range| range.first <= cell && cell <= range.last);
                match (shape.contains(position), range.map(|range| range.is_inside)) {
                    (true, Some(false)) => seen[0] += 1,
                    (true, Some(true)) => seen[1] += 1,
                    (false, Some(false) | None) => seen[2] += 1,
                    other => unreachable!("{other:?}"),
                }
            }
        }
        assert!(seen.iter().all(|seen| *seen > 100), "{seen:?}");
    }
}
