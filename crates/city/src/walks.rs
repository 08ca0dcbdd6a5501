//! The ways of mobile cameras: patrol cars, repossession cars and officers on foot wander through lanes in shifts and
//! read what is parked there.

use crate::chance::{Chance, Topic};
use crate::ground::Metre;
use crate::places::Places;
use crate::streets::{Network, StreetClass};
use domain::Source;

/// A corner that a mobile camera comes by.
pub(crate) struct Stop {
    pub(crate) at_s: f64,
    pub(crate) place: Metre,
    pub(crate) heading: u16,
    /// The home at this corner, where there is one.
    pub(crate) home: Option<usize>,
}

/// Shifts of a day, in local seconds. None crosses midnight, so that days are told one by one.
fn shifts(source: Source, number: usize) -> &'static [(f64, f64)] {
    match (source, number % 3) {
        (Source::Handheld, _) => &[(36_000.0, 54_000.0)],
        (Source::Repossession, _) => &[(1_200.0, 19_000.0), (72_000.0, 85_500.0)],
        (_, 0) => &[(22_000.0, 50_000.0)],
        (_, 1) => &[(50_000.0, 78_000.0)],
        _ => &[(600.0, 14_000.0), (75_000.0, 85_800.0)],
    }
}

/// The stops of one mobile camera on one day, in order of time.
pub(crate) fn walk(
    key: u64,
    network: &Network,
    places: &Places,
    home_at: &[Option<u32>],
    source: Source,
    camera: usize,
    day: i32,
) -> Vec<Stop> {
    let mut chance = Chance::new(key, Topic::Walk, camera as u64, day as u64);
    // Metres a second: looking at plates is slower than driving.
    let speed = if source == Source::Handheld { 1.3 } else { 7.5 };
    let mut stops = Vec::new();
    for (begin, end) in shifts(source, camera) {
        let Some(home) = places.homes.get(chance.below(places.homes.len())) else { continue };
        let (mut node, mut before, mut at_s) = (home.node, usize::MAX, begin + chance.between(0.0, 600.0));
        while at_s < *end {
            let place = network.place(node);
            let heading = if before == usize::MAX { 0 } else { network.place(before).heading(place) };
            let home = home_at.get(node).copied().flatten().map(|home| home as usize);
            stops.push(Stop { at_s, place, heading, home });
            let Some((next, metres)) = onward(network, node, before, &mut chance) else { break };
            at_s += metres / speed;
            (before, node) = (node, next);
        }
    }
    stops
}

/// The next corner: not back, unless there is no other way, and never onto a freeway.
fn onward(network: &Network, node: usize, before: usize, chance: &mut Chance) -> Option<(usize, f64)> {
    let beside = network.beside.get(node)?;
    let open =
        |(_, edge): &(usize, usize)| network.edges.get(*edge).is_some_and(|edge| edge.class != StreetClass::Freeway);
    let ahead = beside.iter().filter(|way| open(way) && way.0 != before);
    let count = ahead.clone().count();
    let way = if count == 0 { beside.iter().find(|way| open(way)) } else { ahead.clone().nth(chance.below(count)) };
    let (other, edge) = way?;
    Some((*other, network.edges.get(*edge)?.metres))
}
