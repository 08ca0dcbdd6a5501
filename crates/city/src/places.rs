//! Where vehicles come from and go to: anchors (large crossings), gateways at the edge of the city, homes in lanes.

use crate::chance::Chance;
use crate::ground::Metre;
use crate::streets::{Network, StreetClass};

/// An anchor's index. Trips are routed between anchors; the way from a home to its anchor is a fixed number of seconds.
pub(crate) type Anchor = u16;

pub(crate) struct Home {
    pub(crate) node: usize,
    pub(crate) anchor: Anchor,
    /// Seconds between the house and the anchor.
    pub(crate) access_s: u16,
}

struct AnchorPlace {
    node: usize,
    /// How many people go there, in no unit.
    draw: u32,
    lot: Option<u16>,
}

pub(crate) struct Places {
    anchors: Vec<AnchorPlace>,
    gateways: Vec<Anchor>,
    pub(crate) homes: Vec<Home>,
    reachable: Vec<bool>,
    /// Sums of `draw`, for picking destinations quickly.
    draw_sums: Vec<u64>,
}

/// Streets that trips are routed on; lanes are only the last few metres.
pub(crate) fn is_routed(class: StreetClass) -> bool {
    class >= StreetClass::Collector
}

const DOWNTOWN: Metre = Metre { x: -2300.0, y: 300.0 };
/// Centres that draw people, besides downtown.
const CENTRES: [Metre; 4] = [
    Metre { x: 2900.0, y: 1500.0 },
    Metre { x: 900.0, y: -4500.0 },
    Metre { x: 5000.0, y: 600.0 },
    Metre { x: 400.0, y: 4300.0 },
];
/// Straight metres a second between a house and its anchor: lanes wind, so this is slow.
const ACCESS_SPEED: f64 = 6.5;

impl Places {
    pub(crate) fn find(network: &Network, chance: &mut Chance) -> Self {
        let reachable = largest_part(network);
        let gateways = gateway_nodes(network, &reachable);
        let crossing = |node: &usize| {
            let large = network.nodes.get(*node).is_some_and(|node| node.classes.1 >= StreetClass::Arterial);
            large && reachable.get(*node).copied().unwrap_or(false) && !gateways.contains(node)
        };
        let inner: Vec<usize> = (0..network.nodes.len()).filter(crossing).collect();
        let anchors: Vec<AnchorPlace> = gateways
            .iter()
            .chain(&inner)
            .map(|node| AnchorPlace { node: *node, draw: draw_of(network.place(*node)), lot: None })
            .collect();
        let mut sum = 0;
        let draw_sums = anchors
            .iter()
            .map(|anchor| {
                sum += u64::from(anchor.draw);
                sum
            })
            .collect();
        let gateways = (0..gateways.len() as Anchor).collect();
        let mut places = Self { anchors, gateways, homes: Vec::new(), reachable, draw_sums };
        places.settle(network, chance);
        places
    }

    /// Homes on the corners of lanes, in an order that does not follow the map.
    fn settle(&mut self, network: &Network, chance: &mut Chance) {
        let lane = |node: &usize| {
            network.nodes.get(*node).is_some_and(|node| {
                node.classes.1 == StreetClass::Residential && node.classes.0 <= StreetClass::Collector
            })
        };
        let mut nodes: Vec<usize> = (0..network.nodes.len()).filter(lane).collect();
        while !nodes.is_empty() {
            let node = nodes.swap_remove(chance.below(nodes.len()));
            let place = network.place(node);
            let near = self.anchors.iter().enumerate().skip(self.gateways.len());
            let nearest = near.map(|(index, anchor)| (place.distance(network.place(anchor.node)), index));
            let Some((metres, index)) = nearest.min_by(|a, b| a.0.total_cmp(&b.0)) else { return };
            let access_s = (metres / ACCESS_SPEED) as u16 + 15;
            self.homes.push(Home { node, anchor: index as Anchor, access_s });
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.anchors.len()
    }

    pub(crate) fn node_of(&self, anchor: Anchor) -> Option<usize> {
        self.anchors.get(usize::from(anchor)).map(|anchor| anchor.node)
    }

    pub(crate) fn gateway_nodes(&self) -> Vec<usize> {
        self.gateways.iter().filter_map(|gateway| self.node_of(*gateway)).collect()
    }

    pub(crate) fn gateway(&self, chance: &mut Chance) -> Anchor {
        self.gateways.get(chance.below(self.gateways.len())).copied().unwrap_or(0)
    }

    /// Somewhere to go: busy places more often.
    pub(crate) fn destination(&self, chance: &mut Chance) -> Anchor {
        let total = self.draw_sums.last().copied().unwrap_or(0);
        let drawn = chance.below(total as usize) as u64;
        self.draw_sums.partition_point(|sum| *sum <= drawn) as Anchor
    }

    pub(crate) fn lot(&self, anchor: Anchor) -> Option<u16> {
        self.anchors.get(usize::from(anchor)).and_then(|anchor| anchor.lot)
    }

    pub(crate) fn open_lot(&mut self, anchor: Anchor, camera: usize) {
        if let Some(place) = self.anchors.get_mut(usize::from(anchor)) {
            place.lot = Some(camera as u16);
        }
    }

    pub(crate) fn is_reachable(&self, node: usize) -> bool {
        self.reachable.get(node).copied().unwrap_or(false)
    }

    pub(crate) fn busiest_first(&self) -> Vec<Anchor> {
        let mut order: Vec<Anchor> = (self.gateways.len() as Anchor..self.anchors.len() as Anchor).collect();
        order.sort_by_key(|anchor| {
            std::cmp::Reverse(self.anchors.get(usize::from(*anchor)).map_or(0, |anchor| anchor.draw))
        });
        order
    }
}

fn draw_of(place: Metre) -> u32 {
    let pull = |centre: Metre, strength: f64, reach: f64| strength / (1.0 + (place.distance(centre) / reach).powi(2));
    let centres: f64 = CENTRES.iter().map(|centre| pull(*centre, 45.0, 700.0)).sum();
    (8.0 + pull(DOWNTOWN, 90.0, 1300.0) + centres) as u32
}

/// Nodes of the largest part of the routed network that hangs together.
fn largest_part(network: &Network) -> Vec<bool> {
    let mut part = vec![usize::MAX; network.nodes.len()];
    let mut best = (0, usize::MAX);
    for start in 0..network.nodes.len() {
        if part.get(start) != Some(&usize::MAX) {
            continue;
        }
        let (mut open, mut size) = (vec![start], 0);
        while let Some(node) = open.pop() {
            let Some(mark) = part.get_mut(node).filter(|mark| **mark == usize::MAX) else { continue };
            *mark = start;
            size += 1;
            open.extend(routed_neighbours(network, node).map(|(other, _)| other));
        }
        if size > best.0 {
            best = (size, start);
        }
    }
    part.iter().map(|mark| *mark == best.1).collect()
}

pub(crate) fn routed_neighbours(network: &Network, node: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    let beside = network.beside.get(node).map(Vec::as_slice).unwrap_or_default();
    beside.iter().copied().filter(|(_, edge)| network.edges.get(*edge).is_some_and(|edge| is_routed(edge.class)))
}

/// Ends of large streets at the northern, southern and eastern edge, a kilometre apart at least.
fn gateway_nodes(network: &Network, reachable: &[bool]) -> Vec<usize> {
    let mut ends: Vec<(f64, usize)> = Vec::new();
    for (index, node) in network.nodes.iter().enumerate() {
        let large = node.classes.0 >= StreetClass::Arterial && reachable.get(index).copied().unwrap_or(false);
        let out = ((node.place.x - 900.0) / 6700.0).powi(4) + (node.place.y / 6350.0).powi(4);
        if large && out > 0.6 {
            let freeway = if node.classes.0 == StreetClass::Freeway { 1.0 } else { 0.0 };
            ends.push((out + freeway, index));
        }
    }
    ends.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<usize> = Vec::new();
    for (_, node) in ends {
        let apart = |other: &usize| network.place(*other).distance(network.place(node)) > 1500.0;
        if chosen.len() < 12 && chosen.iter().all(apart) {
            chosen.push(node);
        }
    }
    chosen
}
