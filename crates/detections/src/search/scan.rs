//! A plan over one segment.

use crate::areas::{BoxSide, GeoBox};
use crate::bits::Bits;
use crate::columns::{BLOCK_ROWS, NOT_REPORTED};
use crate::plates::PlateDictionary;
use crate::search::plan::Plan;
use crate::segment::{Reader, UNKNOWN_STATE};
use crate::snapshot::Entry;
use domain::{MatchKind, PlatePattern, UtcMicros, VehicleFilter};
use std::ops::ControlFlow;

/// A row that answers the question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    pub(crate) row: u32,
    pub(crate) kind: MatchKind,
    /// The places that it lies in, as bits; none where the question has no places.
    pub(crate) places: u64,
}

/// A plate and a state by their numbers in one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlateNumbers {
    pub(crate) plate: u32,
    pub(crate) state: u32,
}

/// The plan with everything looked up that it needs of one segment.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    plan: &'a Plan,
    pub(crate) reader: Reader<'a>,
    hidden: Option<&'a Bits>,
    frame: (i64, i64),
    /// Origins whose pool is permitted.
    origins: Bits,
    state: StateTest,
    /// Vehicles that the filter takes.
    vehicles: Option<Bits>,
}

#[derive(Clone, Copy, Debug)]
enum StateTest {
    NotAsked,
    /// The number of the wanted state in this segment; `None` where no row has it.
    Wanted(Option<u32>),
}

impl<'a> Scan<'a> {
    /// `None` where no row can match.
    pub(crate) fn new(plan: &'a Plan, entry: &'a Entry, reader: &Reader<'a>) -> Option<Self> {
        let view = &reader.view;
        let is_permitted = |at: usize| plan.pools.binary_search(&reader.origin(at).pool).is_ok();
        let origins = Bits::of(view.origin_owner.len(), is_permitted);
        let vehicles = plan.vehicle.as_ref().map(|filter| wanted_vehicles(reader, filter));
        if origins.is_empty() || vehicles.as_ref().is_some_and(Bits::is_empty) {
            return None;
        }
        let state = match plan.state {
            None => StateTest::NotAsked,
            wanted => StateTest::Wanted(reader.state_number(wanted)),
        };
        let frame = (plan.frame.from().0, plan.frame.to().0);
        Some(Self { plan, reader: *reader, hidden: entry.hidden_rows(), frame, origins, state, vehicles })
    }

    /// Everything but plate and place: shown at all, in time, of a permitted pool, of the state, like the vehicle.
    /// `Exact`, or `UnknownState` where the state was asked for and not reported.
    fn passes(&self, row: usize) -> Option<MatchKind> {
        let view = &self.reader.view;
        let time = view.scan_time[row];
        let kind = match self.state {
            StateTest::NotAsked => MatchKind::Exact,
            StateTest::Wanted(wanted) => match view.state[row] {
                UNKNOWN_STATE => MatchKind::UnknownState,
                seen if Some(seen) == wanted => MatchKind::Exact,
                _ => return None,
            },
        };
        let holds = self.frame.0 <= time
            && time < self.frame.1
            && self.origins.has(view.origin[row] as usize)
            && self.vehicles.as_ref().is_none_or(|vehicles| vehicles.has(view.vehicle[row] as usize))
            && self.hidden.is_none_or(|hidden| !hidden.has(row));
        holds.then_some(kind)
    }

    /// Visits every match, in no order, each row once.
    pub(crate) fn each(&self, mut visit: impl FnMut(Match) -> ControlFlow<()>) -> ControlFlow<()> {
        match &self.plan.pattern {
            Some(pattern) => {
                self.each_by_plate(pattern, &mut visit)?;
                self.each_by_reading(pattern, &mut visit)
            }
            None => self.each_by_block(&mut visit),
        }
    }

    fn each_by_plate(
        &self,
        pattern: &PlatePattern,
        visit: &mut impl FnMut(Match) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (plates, look_alikes) = (self.reader.plates(), self.plan.widen.look_alikes);
        for plate in plates.matching(pattern, look_alikes) {
            let is_exact = !look_alikes || pattern.matches(plates.get(plate), false);
            for row in self.reader.rows_of_plate(plate) {
                if let Some(kind) = self.passes(*row as usize) {
                    let kind = if is_exact { kind } else { MatchKind::LookAlike };
                    visit(Match { row: *row, kind, places: 0 })?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Rows whose plate does not match, but one of whose alternative readings does.
    fn each_by_reading(
        &self,
        pattern: &PlatePattern,
        visit: &mut impl FnMut(Match) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if !self.plan.widen.alternatives {
            return ControlFlow::Continue(());
        }
        let look_alikes = self.plan.widen.look_alikes;
        let readings = self.reader.reading_plates().matching(pattern, look_alikes);
        let mut rows: Vec<u32> = readings.flat_map(|reading| self.reader.rows_of_reading(reading)).copied().collect();
        rows.sort_unstable();
        rows.dedup();
        for row in rows {
            let place = row as usize;
            if self.passes(place).is_some() && !pattern.matches(self.reader.plate(place), look_alikes) {
                visit(Match { row, kind: MatchKind::Alternative, places: 0 })?;
            }
        }
        ControlFlow::Continue(())
    }

    fn each_by_block(&self, visit: &mut impl FnMut(Match) -> ControlFlow<()>) -> ControlFlow<()> {
        let view = &self.reader.view;
        for block in 0..self.reader.blocks() {
            if view.block_time_min[block] >= self.frame.1 || view.block_time_max[block] < self.frame.0 {
                continue;
            }
            let sides = self.sides_of_block(block);
            if !self.plan.places.is_empty() && sides.inside | sides.mixed == 0 {
                continue;
            }
            let rows = block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(self.reader.rows());
            for row in rows {
                let Some(kind) = self.passes(row) else { continue };
                let places = self.places_of(row, &sides);
                if places != 0 || self.plan.places.is_empty() {
                    let row = u32::try_from(row).expect("rows of a segment are numbered in 32 bits");
                    visit(Match { row, kind, places })?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Visits the reads, in one of the places, of some plates and states, by their numbers in this segment. The second
    /// half of a common-plate question.
    pub(crate) fn each_of(
        &self,
        plates: &[PlateNumbers],
        mut visit: impl FnMut(Match) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let everywhere = Sides { inside: 0, mixed: all_places(self.plan) };
        for wanted in plates {
            for row in self.reader.rows_of_plate(wanted.plate) {
                let place = *row as usize;
                if self.reader.view.state[place] != wanted.state {
                    continue;
                }
                let Some(kind) = self.passes(place) else { continue };
                let places = self.places_of(place, &everywhere);
                if places != 0 {
                    visit(Match { row: *row, kind, places })?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn sides_of_block(&self, block: usize) -> Sides {
        let view = &self.reader.view;
        let extent = GeoBox {
            west: view.block_lon_min[block].into(),
            south: view.block_lat_min[block].into(),
            east: view.block_lon_max[block].into(),
            north: view.block_lat_max[block].into(),
        };
        let mut sides = Sides { inside: 0, mixed: 0 };
        for (at, place) in self.plan.places.iter().enumerate() {
            match place.area.side_of_box(&extent) {
                BoxSide::Inside => sides.inside |= 1 << at,
                BoxSide::Mixed => sides.mixed |= 1 << at,
                BoxSide::Outside => {}
            }
        }
        sides
    }

    /// The places that a row lies in, in space and time.
    fn places_of(&self, row: usize, sides: &Sides) -> u64 {
        let (mut found, mut rest) = (0, sides.inside | sides.mixed);
        while rest != 0 {
            let at = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let place = &self.plan.places[at];
            let is_there = place.frame.contains(UtcMicros(self.reader.view.scan_time[row]))
                && (sides.inside & (1 << at) != 0 || place.area.contains(self.reader.position(row)));
            found |= u64::from(is_there) << at;
        }
        found
    }
}

/// What is known of a block's box: places that it lies in wholly, and those that must be asked for each row.
#[derive(Clone, Copy, Debug)]
struct Sides {
    inside: u64,
    mixed: u64,
}

fn all_places(plan: &Plan) -> u64 {
    (0..plan.places.len()).fold(0, |all, at| all | 1 << at)
}

/// The vehicles of a segment's table that a filter takes. Words are compared as numbers of the sorted word dictionary.
fn wanted_vehicles(reader: &Reader<'_>, filter: &VehicleFilter) -> Bits {
    let view = &reader.view;
    let words = PlateDictionary { offsets: view.word_offsets, bytes: view.word_bytes };
    // A word that the segment does not have is a number that no vehicle has.
    let number = |word: &Option<String>| word.as_ref().map(|word| words.find(word).unwrap_or(NOT_REPORTED - 1));
    let (make, model, colour) = (number(&filter.make), number(&filter.model), number(&filter.colour));
    let year = filter.year.map(i32::from);
    Bits::of(view.vehicle_make.len(), |at| {
        make.is_none_or(|wanted| view.vehicle_make[at] == wanted)
            && model.is_none_or(|wanted| view.vehicle_model[at] == wanted)
            && colour.is_none_or(|wanted| view.vehicle_colour[at] == wanted)
            && year.is_none_or(|wanted| view.vehicle_year[at] == wanted)
    })
}
