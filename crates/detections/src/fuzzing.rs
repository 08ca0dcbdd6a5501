//! Doors for the fuzz targets of `fuzz/`, to what has no public face: a segment's bytes, and patterns over plates. No part of
//! the interface.

use crate::container::FormatError;
use crate::encode::encode;
use crate::row::RowRef;
use crate::search::newest;
use crate::search::plan::{Plan, Search};
use crate::search::turn::Turn;
use crate::segment::Segment;
use crate::snapshot::{Entry, Snapshot};
use domain::{
    Area, Criteria, MatchKind, NewDetection, PlatePattern, PlateText, PoolId, Position, Question, TimeFrame, UtcMicros,
    VehicleFilter, Widen, Wildcards,
};
use std::sync::Arc;

/// Opens bytes as a segment. Where they pass every check, all rows are read, written anew, and asked for in every way:
/// nothing of that may panic. Gives the number of rows.
pub fn read_segment(bytes: &[u8]) -> Result<usize, FormatError> {
    let segment = Segment::from_bytes(bytes)?;
    let reader = segment.read()?;
    let rows: Vec<RowRef<'_>> = (0..reader.rows()).map(|row| reader.row(row)).collect();
    for row in &rows {
        drop(row.to_detection());
    }
    let rewritten = Segment::in_memory(encode(&rows))?;
    let mut pools: Vec<PoolId> = rows.iter().map(|row| row.origin.pool).collect();
    pools.dedup();
    let count = rows.len();
    for segment in [segment, rewritten] {
        let snapshot = snapshot_of(segment);
        for criteria in every_kind() {
            for is_wide in [false, true] {
                let widen = Widen { look_alikes: is_wide, alternatives: is_wide };
                drop(ask(&snapshot, criteria.clone(), widen, pools.clone()));
            }
        }
    }
    Ok(count)
}

/// Plates that a pattern finds among some, by their places, as the index finds them.
pub fn find_plates(pattern: &PlatePattern, plates: &[NewDetection], look_alikes: bool) -> Vec<usize> {
    let rows = plates.iter().zip(1..).map(|(new, id)| RowRef { id, ..RowRef::of_new(new, new.scan_time) });
    let Ok(segment) = Segment::in_memory(encode(&rows.collect::<Vec<_>>())) else { return Vec::new() };
    let criteria = Criteria::PartialPlate { pattern: pattern.clone(), state: None, vehicle: VehicleFilter::default() };
    let widen = Widen { look_alikes, alternatives: false };
    let pools = plates.iter().map(|new| new.pool).collect();
    let found = ask(&snapshot_of(segment), criteria, widen, pools);
    let mut places: Vec<usize> =
        found.into_iter().filter_map(|(id, _)| usize::try_from(id).ok()?.checked_sub(1)).collect();
    places.sort_unstable();
    places
}

fn snapshot_of(segment: Segment) -> Snapshot {
    Snapshot::of(vec![Arc::new(Entry::recent(1, 1, segment))], Vec::new())
}

/// Ids and kinds of what a question finds.
fn ask(snapshot: &Snapshot, criteria: Criteria, widen: Widen, pools: Vec<PoolId>) -> Vec<(u64, MatchKind)> {
    let frame = TimeFrame::new(UtcMicros(i64::MIN), UtcMicros(i64::MAX));
    let Some(question) = frame.ok().and_then(|frame| Question::new(criteria, frame, widen).ok()) else {
        return Vec::new();
    };
    let plan = Plan::new(&Search { question, pools });
    let found = newest::newest(snapshot, &plan, &Turn::alone(), false);
    let hits = newest::hits(snapshot, &plan, &Turn::alone(), &found.found);
    hits.into_iter().map(|hit| (hit.detection.id.0, hit.matched)).collect()
}

fn every_kind() -> Vec<Criteria> {
    let vehicle = VehicleFilter::default();
    let pattern = |text| PlatePattern::parse(text, Wildcards::StarIsAny).ok();
    let mut kinds: Vec<Criteria> = ["A*", "*1", "*B*", "?0*", "A?C*", "*"]
        .into_iter()
        .filter_map(pattern)
        .map(|pattern| Criteria::PartialPlate { pattern, state: None, vehicle: vehicle.clone() })
        .collect();
    kinds.extend(PlateText::normalise("A1").ok().map(|plate| Criteria::FullPlate { plate, state: None }));
    let make = Some("toyota".into());
    kinds.push(Criteria::MakeModel { vehicle: VehicleFilter { make, ..vehicle.clone() }, state: None });
    let corner = |lat_e7, lon_e7| Position { lat_e7, lon_e7 };
    let (south, west, north, east) = (-899_000_000, -1_799_000_000, 899_000_000, 1_799_000_000);
    let ring = vec![corner(south, west), corner(north, west), corner(north, east), corner(0, 0), corner(south, east)];
    let areas = Area::new(ring, Vec::new()).ok().into_iter().collect();
    kinds.push(Criteria::Area { areas, vehicle, state: None });
    kinds
}
