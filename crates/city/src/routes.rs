//! Ways through the city: for each pair of anchors, the cameras that a vehicle passes and when.

use crate::cameras::CityCamera;
use crate::chance::{Chance, Topic};
use crate::places::{Anchor, Places, routed_neighbours};
use crate::streets::Network;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A camera beside the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    pub(crate) camera: u16,
    /// Direction of travel, degrees.
    pub(crate) heading: u16,
    /// Seconds after leaving the first anchor, in free flow.
    pub(crate) after_s: f32,
}

/// Different drivers prefer different ways: this many per pair.
pub(crate) const VARIANTS: usize = 2;

pub(crate) struct Routes {
    anchors: usize,
    /// Where the passes of a pair end, by variant, from, to; they begin where the pair before ends.
    ends: Vec<u32>,
    passes: Vec<Pass>,
    seconds: Vec<f32>,
}

#[derive(Clone, Copy)]
struct Step {
    from: usize,
    edge: usize,
}

impl Routes {
    pub(crate) fn find(key: u64, network: &Network, places: &Places, cameras: &[CityCamera]) -> Self {
        let mut at_node: Vec<Option<u16>> = vec![None; network.nodes.len()];
        for (index, camera) in cameras.iter().enumerate() {
            // A lot's camera looks at its gate, not at the street.
            let on_street = !camera.mobile && camera.source != domain::Source::ParkingLot;
            if let Some(slot) = at_node.get_mut(camera.node).filter(|_| on_street) {
                *slot = Some(index as u16);
            }
        }
        let count = places.len();
        let mut routes = Self { anchors: count, ends: vec![], passes: vec![], seconds: vec![] };
        for variant in 0..VARIANTS {
            let mut chance = Chance::new(key, Topic::Network, 3, variant as u64);
            let liking: Vec<f64> =
                network.edges.iter().map(|_| if variant == 0 { 1.0 } else { chance.between(0.8, 1.5) }).collect();
            for from in 0..count {
                let tree =
                    places.node_of(from as Anchor).map(|node| shortest(network, node, &liking)).unwrap_or_default();
                for to in 0..count {
                    routes.add(network, &tree, places.node_of(to as Anchor), &at_node);
                }
            }
        }
        routes
    }

    /// Walks back from the goal, then turns the passes round.
    fn add(&mut self, network: &Network, tree: &[Option<Step>], goal: Option<usize>, at_node: &[Option<u16>]) {
        let begin = self.passes.len();
        let mut node = goal.unwrap_or(usize::MAX);
        let mut seconds = 0.0_f64;
        while let Some(step) = tree.get(node).copied().flatten() {
            let Some(edge) = network.edges.get(step.edge) else { break };
            if let Some(camera) = at_node.get(node).copied().flatten() {
                let heading = network.place(step.from).heading(network.place(node));
                // Seconds before the goal for now.
                self.passes.push(Pass { camera, heading, after_s: seconds as f32 });
            }
            seconds += edge.metres / edge.class.speed();
            node = step.from;
        }
        let found = self.passes.get_mut(begin..).unwrap_or_default();
        found.reverse();
        for pass in found {
            pass.after_s = seconds as f32 - pass.after_s;
        }
        self.seconds.push(seconds as f32);
        self.ends.push(self.passes.len() as u32);
    }

    fn pair(&self, from: Anchor, to: Anchor, variant: usize) -> usize {
        (variant * self.anchors + usize::from(from)) * self.anchors + usize::from(to)
    }

    pub(crate) fn passes(&self, from: Anchor, to: Anchor, variant: usize) -> &[Pass] {
        let pair = self.pair(from, to, variant);
        let end = self.ends.get(pair).copied().unwrap_or(0) as usize;
        let begin = if pair == 0 { 0 } else { self.ends.get(pair - 1).copied().unwrap_or(0) as usize };
        self.passes.get(begin..end).unwrap_or_default()
    }

    pub(crate) fn seconds(&self, from: Anchor, to: Anchor, variant: usize) -> f64 {
        self.seconds.get(self.pair(from, to, variant)).copied().map_or(0.0, f64::from)
    }
}

/// Dijkstra's shortest paths over the routed streets, as the step that leads to each node. `liking` stretches edges.
fn shortest(network: &Network, start: usize, liking: &[f64]) -> Vec<Option<Step>> {
    let mut best = vec![u64::MAX; network.nodes.len()];
    let mut steps = vec![None; network.nodes.len()];
    let mut open = BinaryHeap::from([(Reverse(0_u64), start)]);
    if let Some(slot) = best.get_mut(start) {
        *slot = 0;
    }
    while let Some((Reverse(cost), node)) = open.pop() {
        if best.get(node).is_some_and(|known| cost > *known) {
            continue;
        }
        for (other, edge_index) in routed_neighbours(network, node) {
            let (Some(edge), Some(liking)) = (network.edges.get(edge_index), liking.get(edge_index)) else { continue };
            // Milliseconds, whole: ties and order are then the same everywhere.
            let next = cost + (edge.metres / edge.class.speed() * liking * 1000.0) as u64 + 1;
            if let Some(known) = best.get_mut(other).filter(|known| next < **known) {
                *known = next;
                if let Some(slot) = steps.get_mut(other) {
                    *slot = Some(Step { from: node, edge: edge_index });
                }
                open.push((Reverse(next), other));
            }
        }
    }
    steps
}
