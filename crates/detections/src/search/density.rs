//! Roughly where matches are: numbers in coarse cells (LIM-4).

use crate::answer::{Counts, DensityCell};
use crate::search::gather::Gather;
use crate::search::scan::Match;
use crate::segment::Reader;
use domain::Position;
use std::collections::HashMap;

/// Side of the finest cell, in 1e-7 degree: 0.02 degrees, about 2.2 km. Coarse, because no plate was shown yet.
pub const DENSITY_CELL_E7: i64 = 200_000;
/// Cells of one preview; where more would be needed, cells double their side until fewer are.
pub const DENSITY_CELLS_MAX: usize = 256;

#[derive(Debug)]
pub(crate) struct Density {
    pub(crate) counts: Counts,
    /// Times that the finest side was doubled.
    doublings: u32,
    cells: HashMap<(i64, i64), u64>,
}

impl Density {
    pub(crate) fn new() -> Self {
        Self { counts: Counts::default(), doublings: 0, cells: HashMap::new() }
    }

    fn side_e7(&self) -> i64 {
        DENSITY_CELL_E7 << self.doublings
    }

    fn add(&mut self, cell: (i64, i64), count: u64) {
        *self.cells.entry(cell).or_default() += count;
        while self.cells.len() > DENSITY_CELLS_MAX {
            self.double();
        }
    }

    fn double(&mut self) {
        self.doublings += 1;
        let mut cells = HashMap::new();
        for ((x, y), count) in self.cells.drain() {
            *cells.entry((x.div_euclid(2), y.div_euclid(2))).or_default() += count;
        }
        self.cells = cells;
    }

    /// The cells from south-west to north-east, and the side they have.
    pub(crate) fn into_cells(self) -> (Vec<DensityCell>, i64) {
        let side = self.side_e7();
        let on_earth = |value: i64, half: i64| i32::try_from(value.clamp(-half, half)).expect("clamped to the earth");
        let at = |x: i64, y: i64| Position {
            lat_e7: on_earth(y * side, 900_000_000),
            lon_e7: on_earth(x * side, 1_800_000_000),
        };
        let mut cells: Vec<DensityCell> = self
            .cells
            .into_iter()
            .map(|((x, y), count)| DensityCell { south_west: at(x, y), north_east: at(x + 1, y + 1), count })
            .collect();
        cells.sort_unstable_by_key(|cell| cell.south_west);
        (cells, side)
    }
}

impl Gather for Density {
    fn take(&mut self, _entry: usize, reader: &Reader<'_>, found: Match) {
        self.counts.add(found.kind, 1);
        let position = reader.position(found.row as usize);
        let side = self.side_e7();
        let cell = (i64::from(position.lon_e7).div_euclid(side), i64::from(position.lat_e7).div_euclid(side));
        self.add(cell, 1);
    }

    fn join(&mut self, mut other: Self) {
        self.counts.join(&other.counts);
        while self.doublings < other.doublings {
            self.double();
        }
        while other.doublings < self.doublings {
            other.double();
        }
        for (cell, count) in other.cells {
            // Adding may double again; the cell is then one of the coarser grid.
            let more = self.doublings - other.doublings;
            self.add((cell.0 >> more, cell.1 >> more), count);
        }
    }
}
