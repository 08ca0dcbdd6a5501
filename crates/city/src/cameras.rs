//! The cameras of the city: all six kinds of source (DET-2), of two owners.

use crate::chance::{Chance, Topic};
use crate::ground::{Metre, ZONE};
use crate::places::Places;
use crate::streets::{Network, StreetClass, TOLL_ROW};
use domain::{Position, Source};
use std::collections::BTreeMap;

/// Who owns a camera. The demo's third agency owns none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The police of Port Larkin: pole, vehicle-mounted and handheld cameras.
    Police,
    /// A commercial source: toll road, parking lots and repossession vehicles.
    Commercial,
}

impl Owner {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Police => "police",
            Self::Commercial => "commercial",
        }
    }
}

#[derive(Clone, Debug)]
pub struct CityCamera {
    /// Its short name in feeds, such as `harbor-03`.
    pub key: String,
    pub name: String,
    pub source: Source,
    pub owner: Owner,
    /// Where a fixed camera stands; where a mobile one is based.
    pub position: Position,
    /// Carried by a vehicle or a person: each read has its own position.
    pub mobile: bool,
    pub width_px: u32,
    pub height_px: u32,
    /// IANA time zone.
    pub zone: &'static str,
    pub(crate) node: usize,
    /// Reports make, model and colour; older ones read plates only.
    pub(crate) sees_vehicles: bool,
}

/// Cameras of each kind.
const POLES: usize = 64;
const TOLL_GANTRIES: usize = 4;
pub(crate) const LOTS: usize = 14;
const PATROLS: usize = 8;
const HANDHELDS: usize = 4;
const REPOSSESSIONS: usize = 5;

struct Siting<'a> {
    network: &'a Network,
    chance: Chance,
    numbers: BTreeMap<String, u32>,
    cameras: Vec<CityCamera>,
    taken: Vec<usize>,
}

pub(crate) fn site_cameras(key: u64, network: &Network, places: &mut Places) -> Vec<CityCamera> {
    let chance = Chance::new(key, Topic::Network, 2, 0);
    let mut siting = Siting { network, chance, numbers: BTreeMap::new(), cameras: Vec::new(), taken: Vec::new() };
    for node in places.gateway_nodes() {
        siting.fix("gateway", node, Source::Pole);
    }
    siting.toll_gantries();
    siting.parking_lots(places);
    siting.poles(places);
    siting.mobile("patrol", "Patrol car", PATROLS, Source::VehicleMounted);
    siting.mobile("handheld", "Handheld", HANDHELDS, Source::Handheld);
    siting.mobile("repo", "Repossession car", REPOSSESSIONS, Source::Repossession);
    siting.cameras
}

/// What people call the part of the city around a point.
fn district(place: Metre) -> &'static str {
    let near = |x: f64, y: f64, metres: f64| place.distance(Metre { x, y }) < metres;
    match () {
        () if near(-2300.0, 300.0, 1500.0) => "downtown",
        () if near(-3000.0, -1600.0, 1900.0) => "harbor",
        () if place.y > 2300.0 && place.x > 2500.0 => "lakeside",
        () if place.y > 2300.0 => "northgate",
        () if place.y < -2500.0 && place.x > 1900.0 => "signal-hill",
        () if place.y < -2500.0 => "southshore",
        () if place.x > 2500.0 => "eastfield",
        () => "midtown",
    }
}

impl Siting<'_> {
    fn number(&mut self, series: &str) -> u32 {
        let number = self.numbers.entry(series.to_owned()).or_insert(0);
        *number += 1;
        *number
    }

    fn fix(&mut self, series: &str, node: usize, source: Source) {
        if self.taken.contains(&node) {
            return;
        }
        self.taken.push(node);
        let number = self.number(series);
        let resolution = [(640, 480), (1280, 720), (1920, 1080), (1920, 1080), (1920, 1080), (2560, 1440)];
        let picked = if source == Source::Pole { self.chance.below(resolution.len()) } else { 2 };
        let (width_px, height_px) = resolution.get(picked).copied().unwrap_or((1920, 1080));
        let corner = self.network.corner(node);
        let name = match source {
            Source::TollRoad => format!("Toll gantry {number:02}, {corner}"),
            Source::ParkingLot => format!("Parking {number:02}, {corner}"),
            _ => format!("{} {number:02}, {corner}", titled(series)),
        };
        self.cameras.push(CityCamera {
            key: format!("{series}-{number:02}"),
            name,
            source,
            owner: if source.is_commercial() { Owner::Commercial } else { Owner::Police },
            position: self.network.place(node).position(),
            mobile: false,
            width_px,
            height_px,
            zone: ZONE,
            node,
            sees_vehicles: width_px >= 1280 && (source != Source::ParkingLot || !number.is_multiple_of(3)),
        });
    }

    fn toll_gantries(&mut self) {
        let on_toll_road = |node: &usize| {
            let toll = self.network.nodes.get(*node).is_some_and(|node| node.row == TOLL_ROW);
            toll && !self.taken.contains(node)
        };
        let nodes: Vec<usize> = (0..self.network.nodes.len()).filter(on_toll_road).collect();
        let count = TOLL_GANTRIES.min(nodes.len());
        for step in 0..count {
            if let Some(node) = nodes.get(step * nodes.len() / count) {
                self.fix("toll", *node, Source::TollRoad);
            }
        }
    }

    /// Busy places that are not close to one another.
    fn parking_lots(&mut self, places: &mut Places) {
        let mut chosen: Vec<Metre> = Vec::new();
        for anchor in places.busiest_first() {
            let Some(node) = places.node_of(anchor) else { continue };
            let place = self.network.place(node);
            if chosen.len() >= LOTS
                || self.taken.contains(&node)
                || chosen.iter().any(|other| other.distance(place) < 800.0)
            {
                continue;
            }
            chosen.push(place);
            let camera = self.cameras.len();
            self.fix("lot", node, Source::ParkingLot);
            places.open_lot(anchor, camera);
        }
    }

    fn poles(&mut self, places: &Places) {
        let large = |node: &usize| {
            let classes = self.network.nodes.get(*node).map(|node| node.classes);
            places.is_reachable(*node)
                && classes
                    .is_some_and(|(large, small)| large == StreetClass::Arterial && small >= StreetClass::Collector)
        };
        let mut nodes: Vec<usize> = (0..self.network.nodes.len()).filter(large).collect();
        while self.cameras.iter().filter(|camera| camera.source == Source::Pole).count() < POLES && !nodes.is_empty() {
            let node = nodes.swap_remove(self.chance.below(nodes.len()));
            let place = self.network.place(node);
            let crowded = self.taken.iter().any(|other| self.network.place(*other).distance(place) < 420.0);
            if !crowded {
                self.fix(district(place), node, Source::Pole);
            }
        }
    }

    fn mobile(&mut self, series: &str, name: &str, count: usize, source: Source) {
        let base = Metre { x: -1400.0, y: 700.0 };
        for _ in 0..count {
            let number = self.number(series);
            self.cameras.push(CityCamera {
                key: format!("{series}-{number:02}"),
                name: format!("{name} {number:02}"),
                source,
                owner: if source.is_commercial() { Owner::Commercial } else { Owner::Police },
                position: base.position(),
                mobile: true,
                width_px: if source == Source::Handheld { 1280 } else { 1920 },
                height_px: if source == Source::Handheld { 720 } else { 1080 },
                zone: ZONE,
                node: usize::MAX,
                sees_vehicles: source != Source::Handheld || number.is_multiple_of(2),
            });
        }
    }
}

fn titled(word: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    word.split('-').map(part).collect::<Vec<_>>().join(" ")
}
