//! Guessing is slowed: five failures in fifteen minutes close an account's door for the rest of them. Sources are counted
//! in the same way (`source.rs`).
//! Counted per login name, known or not, so that the answer does not tell which names exist. A try is counted before its
//! password is checked and settled afterwards: many at the same time check no more passwords than one after another.

use domain::UtcMicros;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// Tries that count, failed or not yet settled. People sign in one by one; programs use a token.
const TRIES_MAX: usize = 5;
const WINDOW_MICROS: i64 = 15 * 60 * 1_000_000;
/// Names remembered; beyond, the oldest half is forgotten.
const NAMES_MAX: usize = 10_000;

/// Tries to sign in, by login name unless it says otherwise. In memory: a restart forgives, the ledger does not forget.
#[derive(Debug)]
pub struct Throttle {
    tries: Mutex<Tries>,
    max: usize,
    /// Whether who passes is forgiven earlier failures.
    forgives: bool,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { tries: Mutex::default(), max: TRIES_MAX, forgives: true }
    }
}

#[derive(Debug, Default)]
struct Tries {
    /// Number of the next try.
    next: u64,
    by_login: HashMap<String, Vec<Try>>,
}

#[derive(Debug)]
struct Try {
    number: u64,
    time: UtcMicros,
    failed: bool,
}

/// A try that is counted: its password may be checked. Dropped without being settled it counts to the end of the window,
/// so that nobody guesses for nothing by hanging up.
#[derive(Debug)]
#[must_use]
struct Reserved {
    login: String,
    number: u64,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    /// Earlier failures are forgiven; other tries that are not settled stay counted.
    Passed,
    Failed,
    /// The try does not count: something else failed and nothing was learned about the password, or it passed where passing
    /// forgives nothing.
    NotChecked,
}

impl Throttle {
    /// Closes after `max` tries. Passing takes nothing back: whoever has one good account would guess at others for nothing.
    pub fn that_forgives_nothing(max: usize) -> Self {
        Self { max, forgives: false, ..Self::default() }
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Counts a try. `None` where the door is closed.
    fn reserve(&self, login: &str, now: UtcMicros) -> Option<Reserved> {
        let mut tries = self.tries();
        if tries.by_login.len() >= NAMES_MAX && !tries.by_login.contains_key(login) {
            tries.forget_the_oldest_half(now);
        }
        let number = tries.next;
        let of_login = tries.by_login.entry(login.to_owned()).or_default();
        of_login.retain(|a_try| now.0 - a_try.time.0 < WINDOW_MICROS);
        if of_login.len() >= self.max {
            return None;
        }
        of_login.push(Try { number, time: now, failed: false });
        tries.next += 1;
        Some(Reserved { login: login.to_owned(), number })
    }

    /// Whether the door is closed to this name by failures.
    pub fn is_closed(&self, login: &str, now: UtcMicros) -> bool {
        let tries = self.tries();
        let recent = |a_try: &&Try| a_try.failed && now.0 - a_try.time.0 < WINDOW_MICROS;
        tries.by_login.get(login).is_some_and(|of_login| of_login.iter().filter(recent).count() >= self.max)
    }

    /// Forgives a name's failures.
    pub fn forgive(&self, login: &str) {
        self.tries().by_login.remove(login);
    }

    /// Runs a check of what can be guessed, counted as a try. `None` where the door is closed: nothing was looked at.
    pub async fn check<E>(
        &self,
        login: &str,
        now: UtcMicros,
        fits: impl Future<Output = Result<bool, E>>,
    ) -> Option<Result<bool, E>> {
        let reserved = self.reserve(login, now)?;
        let fits = fits.await;
        let settled = match &fits {
            Ok(true) if self.forgives => Settled::Passed,
            Ok(false) => Settled::Failed,
            Ok(true) | Err(_) => Settled::NotChecked,
        };
        self.settle(reserved, settled);
        Some(fits)
    }

    fn settle(&self, reserved: Reserved, settled: Settled) {
        let Reserved { login, number } = reserved;
        let mut tries = self.tries();
        let Some(of_login) = tries.by_login.get_mut(&login) else { return };
        match settled {
            Settled::Passed => of_login.retain(|a_try| !a_try.failed && a_try.number != number),
            Settled::NotChecked => of_login.retain(|a_try| a_try.number != number),
            Settled::Failed => {
                for a_try in of_login.iter_mut().filter(|a_try| a_try.number == number) {
                    a_try.failed = true;
                }
            }
        }
        if of_login.is_empty() {
            tries.by_login.remove(&login);
        }
    }
}

impl Tries {
    fn forget_the_oldest_half(&mut self, now: UtcMicros) {
        let mut newest: Vec<_> = self.by_login.values().filter_map(|tries| Some(tries.last()?.time)).collect();
        newest.sort_unstable();
        let middle = newest.get(newest.len() / 2).copied().unwrap_or(now);
        self.by_login.retain(|_, tries| tries.last().is_some_and(|a_try| a_try.time > middle));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UtcMicros = UtcMicros(0);

    fn fail(throttle: &Throttle, login: &str, now: UtcMicros) {
        throttle.settle(throttle.reserve(login, now).unwrap(), Settled::Failed);
    }

    #[test]
    fn acc_6_the_sixth_try_within_fifteen_minutes_finds_the_door_closed() {
        let throttle = Throttle::default();
        for _ in 0..TRIES_MAX {
            fail(&throttle, "a", START);
        }
        assert!(throttle.reserve("a", START).is_none() && throttle.reserve("b", START).is_some());
        assert!(throttle.reserve("a", START.plus_micros(WINDOW_MICROS)).is_some());
    }

    #[test]
    fn acc_6_tries_count_before_they_are_settled_and_also_when_they_never_are() {
        let throttle = Throttle::default();
        let reserved: Vec<_> = (0..50).filter_map(|_| throttle.reserve("a", START)).collect();
        assert_eq!(reserved.len(), TRIES_MAX);
        drop(reserved);
        assert!(throttle.reserve("a", START).is_none());
    }

    #[test]
    fn acc_6_a_sign_in_forgives_failures_but_not_tries_that_are_still_running() {
        let throttle = Throttle::default();
        fail(&throttle, "a", START);
        fail(&throttle, "a", START);
        let running = throttle.reserve("a", START).unwrap();
        throttle.settle(throttle.reserve("a", START).unwrap(), Settled::Passed);
        throttle.settle(running, Settled::Failed);
        let left: Vec<_> = std::iter::from_fn(|| throttle.reserve("a", START)).collect();
        assert_eq!(left.len(), TRIES_MAX - 1);
        for reserved in left {
            throttle.settle(reserved, Settled::NotChecked);
        }
        assert_eq!(std::iter::from_fn(|| throttle.reserve("a", START)).count(), TRIES_MAX - 1);
    }

    #[test]
    fn the_memory_of_names_is_bounded() {
        let throttle = Throttle::default();
        for number in 0..NAMES_MAX + 50 {
            fail(&throttle, &format!("name {number}"), UtcMicros(i64::try_from(number).unwrap()));
        }
        assert!(throttle.tries().by_login.len() <= NAMES_MAX);
    }
}
