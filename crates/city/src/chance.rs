//! Repeatable chance: a number sequence that depends on the city's key and on what is drawn, on nothing else.
//!
//! `ChaCha8` turns the seed into the key once; from there `SplitMix64` draws are cheap enough for each read, and give the
//! same numbers on every platform. No `ln`, `exp` or `sin` is taken of them, so no C library can change a result.

/// What a sequence is for, so that two uses of one number never share draws.
#[derive(Clone, Copy)]
pub(crate) enum Topic {
    Vehicle = 1,
    Day = 2,
    Windows = 3,
    Visit = 4,
    Walk = 5,
    Encounter = 6,
    Read = 7,
    Picture = 8,
    Pass = 9,
    Network = 10,
}

pub(crate) struct Chance {
    state: u64,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl Chance {
    pub(crate) fn new(key: u64, topic: Topic, a: u64, b: u64) -> Self {
        let first = mix(key ^ (topic as u64).wrapping_mul(GOLDEN));
        let second = mix(first.wrapping_add(a).wrapping_mul(GOLDEN));
        Self { state: mix(second ^ b.wrapping_mul(0xd6e8_feb8_6659_fd93)) }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Evenly from 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Evenly from 0 to below `count`; 0 where `count` is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A bell-shaped draw of mean 0 and deviation 1, never beyond 3.5: the sum of four even draws.
    pub(crate) fn bell(&mut self) -> f64 {
        (self.unit() + self.unit() + self.unit() + self.unit() - 2.0) * 1.732_050_807_568_877_2
    }

    /// An index, likelier where its weight is larger. `weights` is not empty and not all zeros.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u64 = weights.clone().map(u64::from).sum();
        let mut left = self.below(total as usize) as u64;
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            last = index;
            if left < u64::from(weight) {
                break;
            }
            left -= u64::from(weight);
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_differ_by_topic() {
        let first = |topic, a| Chance::new(7, topic, a, 1).next();
        assert_eq!(first(Topic::Day, 3), first(Topic::Day, 3));
        assert_ne!(first(Topic::Day, 3), first(Topic::Walk, 3));
        assert_ne!(first(Topic::Day, 3), first(Topic::Day, 4));
    }

    #[test]
    fn bells_have_mean_zero_and_deviation_one() {
        let mut chance = Chance::new(1, Topic::Day, 0, 0);
        let draws: Vec<f64> = (0..20_000).map(|_| chance.bell()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let spread = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (spread - 1.0).abs() < 0.05, "{mean} {spread}");
    }
}
