//! Guessing is slowed: five failures in fifteen minutes close an account's door for the rest of them.
//! Counted per login name, known or not, so that the answer does not tell which names exist.

use domain::UtcMicros;
use std::collections::HashMap;
use std::sync::Mutex;

const FAILURES_MAX: usize = 5;
const WINDOW_MICROS: i64 = 15 * 60 * 1_000_000;
/// Names remembered; beyond, the oldest half is forgotten.
const NAMES_MAX: usize = 10_000;

/// Failed sign-ins by login name. In memory: a restart forgives, the ledger does not forget.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, Vec<UtcMicros>>>);

impl Throttle {
    pub fn is_closed(&self, login: &str, now: UtcMicros) -> bool {
        let mut failures = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(times) = failures.get_mut(login) else { return false };
        times.retain(|time| now.0 - time.0 < WINDOW_MICROS);
        times.len() >= FAILURES_MAX
    }

    pub fn failed(&self, login: &str, now: UtcMicros) {
        let mut failures = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if failures.len() >= NAMES_MAX {
            let mut newest: Vec<_> = failures.values().filter_map(|times| times.last().copied()).collect();
            newest.sort_unstable();
            let middle = newest.get(newest.len() / 2).copied().unwrap_or(now);
            failures.retain(|_, times| times.last().is_some_and(|time| *time > middle));
        }
        let times = failures.entry(login.to_owned()).or_default();
        times.push(now);
        let excess = times.len().saturating_sub(FAILURES_MAX);
        times.drain(..excess);
    }

    pub fn succeeded(&self, login: &str) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(login);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_6_the_sixth_try_within_fifteen_minutes_finds_the_door_closed() {
        let throttle = Throttle::default();
        let start = UtcMicros(0);
        for _ in 0..FAILURES_MAX {
            assert!(!throttle.is_closed("a", start));
            throttle.failed("a", start);
        }
        assert!(throttle.is_closed("a", start) && !throttle.is_closed("b", start));
        assert!(!throttle.is_closed("a", start.plus_micros(WINDOW_MICROS)));
    }

    #[test]
    fn the_memory_of_names_is_bounded() {
        let throttle = Throttle::default();
        for number in 0..NAMES_MAX + 50 {
            throttle.failed(&format!("name {number}"), UtcMicros(i64::try_from(number).unwrap()));
        }
        assert!(throttle.0.lock().unwrap().len() <= NAMES_MAX);
    }
}
