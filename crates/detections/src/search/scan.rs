//! A plan over one segment.

use crate::areas::{BoxSide, GeoBox};
use crate::bits::Bits;
use crate::columns::NOT_REPORTED;
use crate::container::FormatError;
use crate::machine::{BoxColumns, NarrowBox, select_boxes, select_points};
use crate::plates::PlateDictionary;
use crate::search::gather::Of;
use crate::search::listing::Listed;
use crate::search::plan::Plan;
use crate::segment::{Reader, UNKNOWN_STATE};
use crate::snapshot::Entry;
use domain::{MatchKind, UtcMicros, VehicleFilter};
use std::ops::{ControlFlow, Range};

/// A row that answers the question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    pub(crate) row: u32,
    pub(crate) kind: MatchKind,
    /// The places that it lies in, as bits; none where the question has no places.
    pub(crate) places: u64,
}

/// What is done with the matches of a segment. They come in no order, each row once.
pub(crate) trait Visit<'s> {
    fn one(&mut self, reader: &Reader<'s>, found: Match) -> ControlFlow<()>;

    /// Neighbouring rows that all match exactly.
    fn span(&mut self, reader: &Reader<'s>, rows: Range<usize>, places: u64) -> ControlFlow<()> {
        rows.map(number).try_for_each(|row| self.one(reader, Match { row, kind: MatchKind::Exact, places }))
    }
}

fn number(row: usize) -> u32 {
    u32::try_from(row).expect("rows of a segment are numbered in 24 bits")
}

/// Memory that is used again from segment to segment.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    found: Vec<u32>,
    rows: Vec<u32>,
}

/// Visits every match in an entry.
pub(crate) fn scan<'s>(
    plan: &Plan,
    Of { entry, listed, .. }: Of<'s, '_>,
    scratch: &mut Scratch,
    visit: &mut impl Visit<'s>,
) -> Result<ControlFlow<()>, FormatError> {
    if let Some(listed) = listed {
        return scan_listed(plan, entry, listed, visit);
    }
    if plan.pattern.is_none() {
        let reader = entry.reader()?;
        let scan = Scan::new(plan, entry, &reader);
        return Ok(scan.map_or(ControlFlow::Continue(()), |scan| scan.each_by_block(scratch, visit)));
    }
    let by_plate = scan_plates(plan, entry, scratch, visit)?;
    if by_plate.is_break() || !plan.widen.alternatives {
        return Ok(by_plate);
    }
    scan_readings(plan, entry, scratch, visit)
}

/// The tests of one segment's rows.
enum Slot<'p, 's> {
    NotAsked,
    /// No row can pass.
    Nothing,
    Made(Box<Scan<'p, 's>>),
}

/// The tests of rows, made when the first row asks for them: most segments do not have the plate.
fn made<'m, 'p, 's>(slot: &'m mut Slot<'p, 's>, plan: &'p Plan, entry: &'s Entry) -> Option<&'m Scan<'p, 's>> {
    if matches!(slot, Slot::NotAsked) {
        let scan = entry.reader().ok().and_then(|reader| Scan::new(plan, entry, &reader));
        *slot = scan.map_or(Slot::Nothing, |scan| Slot::Made(Box::new(scan)));
    }
    if let Slot::Made(scan) = slot { Some(scan) } else { None }
}

fn scan_plates<'s>(
    plan: &Plan,
    entry: &'s Entry,
    scratch: &mut Scratch,
    visit: &mut impl Visit<'s>,
) -> Result<ControlFlow<()>, FormatError> {
    let Some(pattern) = &plan.pattern else { return Ok(ControlFlow::Continue(())) };
    let Some(index) = entry.segment()?.plate_index(pattern.hash())? else { return Ok(ControlFlow::Continue(())) };
    let mut slot = Slot::NotAsked;
    let flow = pattern.each(&index, &mut scratch.found, |text, row| {
        let Some(scan) = made(&mut slot, plan, entry) else { return ControlFlow::Break(()) };
        let Some(kind) = scan.passes(row as usize) else { return ControlFlow::Continue(()) };
        let kind = if pattern.is_plain(text) { kind } else { MatchKind::LookAlike };
        visit.one(&scan.reader, Match { row, kind, places: 0 })
    });
    // Where no row of the segment can pass, the break ends this segment only.
    Ok(if matches!(slot, Slot::Nothing) { ControlFlow::Continue(()) } else { flow })
}

/// Rows whose plate does not match, but one of whose alternative readings does.
fn scan_readings<'s>(
    plan: &Plan,
    entry: &'s Entry,
    scratch: &mut Scratch,
    visit: &mut impl Visit<'s>,
) -> Result<ControlFlow<()>, FormatError> {
    let Some(pattern) = &plan.pattern else { return Ok(ControlFlow::Continue(())) };
    let Some(index) = entry.segment()?.reading_index(pattern.hash())? else { return Ok(ControlFlow::Continue(())) };
    let Scratch { found, rows } = scratch;
    rows.clear();
    let _ = pattern.each(&index, found, |_, row| {
        rows.push(row);
        ControlFlow::<()>::Continue(())
    });
    rows.sort_unstable();
    rows.dedup();
    let mut slot = Slot::NotAsked;
    for row in rows.iter().copied() {
        let Some(scan) = made(&mut slot, plan, entry) else { break };
        if scan.passes(row as usize).is_some() && !pattern.matches(scan.reader.plate(row as usize)) {
            let found = Match { row, kind: MatchKind::Alternative, places: 0 };
            if visit.one(&scan.reader, found).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Rows that an index names.
fn scan_listed<'s>(
    plan: &Plan,
    entry: &'s Entry,
    listed: &[Listed],
    visit: &mut impl Visit<'s>,
) -> Result<ControlFlow<()>, FormatError> {
    let reader = entry.reader()?;
    let (Some(scan), Some(pattern)) = (Scan::new(plan, entry, &reader), &plan.pattern) else {
        return Ok(ControlFlow::Continue(()));
    };
    // Several readings of one row may match; they stand side by side.
    let mut before = None;
    for some in listed.chunks(LISTED_TOUCHED) {
        reader.touch_times(some.iter().map(|listed| listed.row as usize).filter(|row| *row < reader.rows()));
        for listed in some.iter().filter(|listed| (listed.row as usize) < reader.rows()) {
            let row = listed.row as usize;
            let kind = if !listed.is_reading {
                scan.passes_beside_state(row).then(|| listed.kind.into())
            } else if before == Some(row) || !scan.passes_beside_state(row) || pattern.matches(reader.plate(row)) {
                None
            } else {
                Some(MatchKind::Alternative)
            };
            before = listed.is_reading.then_some(row);
            if let Some(kind) = kind
                && visit.one(&reader, Match { row: listed.row, kind, places: 0 }).is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Listed rows whose columns are touched ahead.
const LISTED_TOUCHED: usize = 32;

/// The plan with everything looked up that it needs of one segment.
#[derive(Debug)]
struct Scan<'p, 's> {
    plan: &'p Plan,
    reader: Reader<'s>,
    hidden: Option<&'s Bits>,
    /// `None` where the whole segment lies within the question's frame.
    frame: Option<(i64, i64)>,
    /// The permitted pools of the segment; `None` where all of its pools are.
    pools: Option<Vec<u32>>,
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

impl<'p, 's> Scan<'p, 's> {
    /// `None` where no row can match.
    fn new(plan: &'p Plan, entry: &'s Entry, reader: &Reader<'s>) -> Option<Self> {
        let all = reader.view.pool;
        let pools: Vec<u32> =
            all.iter().copied().filter(|pool| plan.pools.binary_search_by_key(pool, |own| own.0).is_ok()).collect();
        let vehicles = plan.vehicle.as_ref().map(|filter| wanted_vehicles(reader, filter));
        if pools.is_empty() || vehicles.as_ref().is_some_and(Bits::is_empty) {
            return None;
        }
        let state = match plan.state {
            None => StateTest::NotAsked,
            wanted => StateTest::Wanted(reader.find_state(wanted)),
        };
        let frame = (plan.frame.from().0, plan.frame.to().0);
        let is_within = frame.0 <= entry.times.0 && entry.times.1 < frame.1;
        Some(Self {
            plan,
            reader: *reader,
            hidden: entry.hidden_rows(),
            frame: (!is_within).then_some(frame),
            pools: (pools.len() < all.len()).then_some(pools),
            state,
            vehicles,
        })
    }

    /// Whether every row passes, and exactly.
    fn passes_all(&self) -> bool {
        matches!(self.state, StateTest::NotAsked)
            && self.hidden.is_none()
            && self.frame.is_none()
            && self.pools.is_none()
            && self.vehicles.is_none()
    }

    /// Everything but plate and place: shown at all, in time, of a permitted pool, of the state, like the vehicle.
    /// `Exact`, or `UnknownState` where the state was asked for and not reported.
    fn passes(&self, row: usize) -> Option<MatchKind> {
        let reader = &self.reader;
        let kind = match self.state {
            StateTest::NotAsked => MatchKind::Exact,
            StateTest::Wanted(wanted) => match reader.state_number(row) {
                UNKNOWN_STATE => MatchKind::UnknownState,
                seen if Some(seen) == wanted => MatchKind::Exact,
                _ => return None,
            },
        };
        self.passes_beside_state(row).then_some(kind)
    }

    /// The same without the state.
    fn passes_beside_state(&self, row: usize) -> bool {
        let reader = &self.reader;
        self.vehicles.as_ref().is_none_or(|vehicles| vehicles.has(reader.vehicle_number(row)))
            && self.frame.is_none_or(|(from, to)| (from..to).contains(&reader.time(row)))
            && self
                .pools
                .as_ref()
                .is_none_or(|pools| pools.contains(&reader.view.origin_pool[reader.origin_number(row)]))
            && self.hidden.is_none_or(|hidden| !hidden.has(row))
    }

    fn each_by_block(&self, scratch: &mut Scratch, visit: &mut impl Visit<'s>) -> ControlFlow<()> {
        let blocks = self.reader.view.block_time_min.len();
        if self.plan.places.is_empty() {
            return (0..blocks).try_for_each(|block| self.visit_block(block, None, visit));
        }
        self.blocks_near_places(&mut scratch.found);
        scratch.found.iter().try_for_each(|block| {
            let block = *block as usize;
            let sides = self.sides_of_block(block);
            if sides.inside | sides.mixed == 0 {
                return ControlFlow::Continue(());
            }
            self.visit_block(block, Some(sides), visit)
        })
    }

    /// The blocks whose box meets that of a place, ascending, each once.
    fn blocks_near_places(&self, found: &mut Vec<u32>) {
        let view = &self.reader.view;
        let boxes = BoxColumns {
            west: view.block_lon_min,
            south: view.block_lat_min,
            east: view.block_lon_max,
            north: view.block_lat_max,
        };
        found.clear();
        for place in &self.plan.places {
            select_boxes(&boxes, &place.bounds, found);
        }
        if self.plan.places.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
    }

    /// The rows of one block; `sides` is where it lies in the places, if there are any.
    fn visit_block(&self, block: usize, sides: Option<Sides>, visit: &mut impl Visit<'s>) -> ControlFlow<()> {
        let view = &self.reader.view;
        let (earliest, latest) = (view.block_time_min[block], view.block_time_max[block]);
        if self.frame.is_some_and(|(from, to)| earliest >= to || latest < from) {
            return ControlFlow::Continue(());
        }
        let rows = self.reader.rows_of_block(block);
        let Some(mut sides) = sides else {
            return if self.passes_all() { visit.span(&self.reader, rows, 0) } else { self.visit_passing(rows, visit) };
        };
        // A place with a frame of its own holds a block only where it holds its times.
        for (at, place) in self.plan.places.iter().enumerate().filter(|(at, _)| sides.inside & (1 << at) != 0) {
            if !(place.frame.contains(UtcMicros(earliest)) && place.frame.contains(UtcMicros(latest))) {
                sides.timed |= 1 << at;
            }
        }
        if sides.mixed | sides.timed == 0 && self.passes_all() {
            return visit.span(&self.reader, rows, sides.inside);
        }
        self.visit_cut(&rows, &sides, visit)
    }

    /// The rows of a block that a place cuts, in space or time. Groups of rows are smaller than the block, and mostly not cut.
    fn visit_cut(&self, rows: &Range<usize>, sides: &Sides, visit: &mut impl Visit<'s>) -> ControlFlow<()> {
        let passes_all = self.passes_all();
        let mut words = [0_u64; PLACES_MAX];
        let mut start = rows.start;
        while start < rows.end {
            let group = start..rows.end.min(start + GROUP_ROWS);
            start = group.end;
            let whole = u64::MAX >> (GROUP_ROWS - group.len());
            let (mut any, mut holding, mut is_cut) = (0, 0_u64, false);
            self.each_word(&group, sides, |at, word| {
                words[at] = word;
                any |= word;
                holding |= u64::from(word != 0) << at;
                is_cut |= word != 0 && word != whole;
            });
            if any == 0 {
                continue;
            }
            if passes_all && !is_cut {
                visit.span(&self.reader, group, holding)?;
                continue;
            }
            for bit in bits_of(any) {
                let row = group.start + bit;
                let Some(kind) = self.passes(row) else { continue };
                let places = bits_of(holding).fold(0, |places, at| places | (words[at] >> bit & 1) << at);
                visit.one(&self.reader, Match { row: number(row), kind, places })?;
            }
        }
        ControlFlow::Continue(())
    }

    /// For each place that has to do with a block: which rows of a group lie in it, in space and time, as bits.
    fn each_word(&self, group: &Range<usize>, sides: &Sides, mut found: impl FnMut(usize, u64)) {
        let view = &self.reader.view;
        let (lat, lon) = (&view.lat_e7[group.clone()], &view.lon_e7[group.clone()]);
        let whole = u64::MAX >> (GROUP_ROWS - group.len());
        let mut extent = None;
        for at in bits_of(sides.inside | sides.mixed) {
            let (place, is_inside) = (&self.plan.places[at], sides.inside & (1 << at) != 0);
            let mut word = if is_inside {
                whole
            } else {
                let mut near = [0; 1];
                select_points(lat, lon, &place.bounds, &mut near);
                match near {
                    [0] => 0,
                    [near] => match place.area.side_of_box(extent.get_or_insert_with(|| extent_of(lat, lon))) {
                        BoxSide::Outside => 0,
                        BoxSide::Inside => whole,
                        BoxSide::Mixed => {
                            kept(near, |bit| place.area.contains(self.reader.position(group.start + bit)))
                        }
                    },
                }
            };
            // The block's rows are within the question's frame, or each is asked for its time by `passes`.
            let is_timed = if is_inside { sides.timed & (1 << at) != 0 } else { place.frame != self.plan.frame };
            if is_timed {
                word = kept(word, |bit| place.frame.contains(UtcMicros(self.reader.time(group.start + bit))));
            }
            found(at, word);
        }
    }

    fn visit_passing(&self, rows: Range<usize>, visit: &mut impl Visit<'s>) -> ControlFlow<()> {
        for row in rows {
            if let Some(kind) = self.passes(row) {
                visit.one(&self.reader, Match { row: number(row), kind, places: 0 })?;
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
        let mut sides = Sides { inside: 0, mixed: 0, timed: 0 };
        for (at, place) in self.plan.places.iter().enumerate() {
            match place.area.side_of_box(&extent) {
                BoxSide::Inside => sides.inside |= 1 << at,
                BoxSide::Mixed => sides.mixed |= 1 << at,
                BoxSide::Outside => {}
            }
        }
        sides
    }
}

/// Rows that are looked at together: a bit of a word for each.
const GROUP_ROWS: usize = 64;
/// Places of a question: a bit of a word for each.
const PLACES_MAX: usize = 64;

/// The numbers of the set bits, ascending.
fn bits_of(word: u64) -> impl Iterator<Item = usize> {
    std::iter::successors((word != 0).then_some(word), |rest| {
        let rest = rest & (rest - 1);
        (rest != 0).then_some(rest)
    })
    .map(|rest| rest.trailing_zeros() as usize)
}

/// The set bits whose numbers pass a test.
fn kept(word: u64, mut passes: impl FnMut(usize) -> bool) -> u64 {
    bits_of(word).filter(|bit| passes(*bit)).fold(0, |kept, bit| kept | 1 << bit)
}

/// The smallest box around some positions.
fn extent_of(lat: &[i32], lon: &[i32]) -> GeoBox {
    let bounds = |values: &[i32]| {
        let (low, high) =
            values.iter().fold((i32::MAX, i32::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
        (i64::from(low), i64::from(high))
    };
    let ((south, north), (west, east)) = (bounds(lat), bounds(lon));
    GeoBox { west, south, east, north }
}

/// What is known of a block's box: places that it lies in wholly, those that must be asked for each row, and those of
/// the first whose own time frame must be.
#[derive(Clone, Copy, Debug)]
struct Sides {
    inside: u64,
    mixed: u64,
    timed: u64,
}

/// The vehicles of a segment's table that a filter takes. Words are compared as numbers of the sorted word dictionary.
fn wanted_vehicles(reader: &Reader<'_>, filter: &VehicleFilter) -> Bits {
    let view = &reader.view;
    let words = PlateDictionary { offsets: view.word_offsets, bytes: view.word_bytes };
    // A word that the segment does not have is a number that no vehicle has.
    let number =
        |word: &Option<domain::ShortText>| word.as_ref().map(|word| words.find(word).unwrap_or(NOT_REPORTED - 1));
    let (make, model, colour) = (number(&filter.make), number(&filter.model), number(&filter.colour));
    let year = filter.year.map(i32::from);
    Bits::of(view.vehicle_make.len(), |at| {
        make.is_none_or(|wanted| view.vehicle_make[at] == wanted)
            && model.is_none_or(|wanted| view.vehicle_model[at] == wanted)
            && colour.is_none_or(|wanted| view.vehicle_colour[at] == wanted)
            && year.is_none_or(|wanted| view.vehicle_year[at] == wanted)
    })
}

pub(crate) fn narrow_box(area: &domain::Area) -> NarrowBox {
    let (mut south_west, mut north_east) = area.bounds();
    if area.reaches_half_turn() {
        // One box of longitudes cannot say it; the area itself is asked about every one of these latitudes.
        (south_west.lon_e7, north_east.lon_e7) = (i32::MIN, i32::MAX);
    }
    NarrowBox { west: south_west.lon_e7, south: south_west.lat_e7, east: north_east.lon_e7, north: north_east.lat_e7 }
}
