//! The clock is a seam, so that tests set the time and `policy` never reads one.

use domain::UtcMicros;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> UtcMicros;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UtcMicros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_micros()).unwrap_or_default();
        UtcMicros(i64::try_from(since).unwrap_or(i64::MAX))
    }
}

/// A clock of its own: it stands at an instant until it is released, and runs on from there.
#[derive(Debug)]
pub struct ShiftedClock {
    stands_at: UtcMicros,
    /// How far ahead of the machine's clock it runs; negative is behind.
    ahead_micros: OnceLock<i64>,
}

impl ShiftedClock {
    pub fn standing_at(instant: UtcMicros) -> Self {
        Self { stands_at: instant, ahead_micros: OnceLock::new() }
    }

    /// Runs as far ahead of the machine's clock as another one did.
    pub fn ahead_by(ahead_micros: i64) -> Self {
        Self { stands_at: UtcMicros(0), ahead_micros: OnceLock::from(ahead_micros) }
    }

    /// Runs from now on; says how far ahead of the machine's clock. A clock that runs already is left as it is.
    pub fn release(&self) -> i64 {
        *self.ahead_micros.get_or_init(|| self.stands_at.0.saturating_sub(SystemClock.now().0))
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> UtcMicros {
        match self.ahead_micros.get() {
            Some(ahead) => UtcMicros(SystemClock.now().0.saturating_add(*ahead)),
            None => self.stands_at,
        }
    }
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn at(now: UtcMicros) -> Self {
        Self(AtomicI64::new(now.0))
    }

    pub fn advance_micros(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    pub fn set(&self, now: UtcMicros) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UtcMicros {
        UtcMicros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_clock_stands_until_it_is_released_and_another_start_goes_on_from_it() {
        let clock = ShiftedClock::standing_at(UtcMicros(1_000_000));
        assert_eq!((clock.now(), clock.now()), (UtcMicros(1_000_000), UtcMicros(1_000_000)));
        let ahead = clock.release();
        assert!(ahead < 0 && clock.release() == ahead);
        let (first, later) = (clock.now(), ShiftedClock::ahead_by(ahead).now());
        assert!(UtcMicros(1_000_000) <= first && first <= later && later.0 < 61_000_000);
    }
}
