//! Instants and time frames. Instants are UTC microseconds; frames are half-open (WHY-1).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Microseconds of a day in UTC.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcMicros(pub i64);

impl UtcMicros {
    /// 2000-01-01T00:00:00Z. A camera that reports an earlier time has lost its clock.
    pub const YEAR_2000: Self = Self(946_684_800_000_000);

    /// Parses RFC 3339 with an offset. A time without an offset is refused, because guessing a zone moves a vehicle.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        text.parse::<Timestamp>().map(|instant| Self(instant.as_microsecond())).map_err(|_| TimeError::NotRfc3339)
    }

    /// The UTC day this instant lies in, as days since 1970-01-01.
    pub fn day(self) -> i32 {
        i32::try_from(self.0.div_euclid(DAY_MICROS)).unwrap_or(if self.0 < 0 { i32::MIN } else { i32::MAX })
    }

    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

/// RFC 3339 in UTC, as the API writes every instant.
impl fmt::Display for UtcMicros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(instant) => instant.fmt(f),
            Err(_) => write!(f, "{} us since 1970", self.0),
        }
    }
}

/// A half-open span of time, `from <= t < to`. There is no question without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawFrame", into = "RawFrame")]
pub struct TimeFrame {
    from: UtcMicros,
    to: UtcMicros,
}

#[derive(Serialize, Deserialize)]
struct RawFrame {
    from: UtcMicros,
    to: UtcMicros,
}

impl TryFrom<RawFrame> for TimeFrame {
    type Error = TimeError;
    fn try_from(raw: RawFrame) -> Result<Self, TimeError> {
        Self::new(raw.from, raw.to)
    }
}

impl From<TimeFrame> for RawFrame {
    fn from(frame: TimeFrame) -> Self {
        Self { from: frame.from, to: frame.to }
    }
}

impl TimeFrame {
    pub fn new(from: UtcMicros, to: UtcMicros) -> Result<Self, TimeError> {
        if from < to { Ok(Self { from, to }) } else { Err(TimeError::EmptyFrame) }
    }

    pub fn from(&self) -> UtcMicros {
        self.from
    }

    pub fn to(&self) -> UtcMicros {
        self.to
    }

    pub fn contains(&self, instant: UtcMicros) -> bool {
        self.from <= instant && instant < self.to
    }

    pub fn span_micros(&self) -> i64 {
        self.to.0.saturating_sub(self.from.0)
    }

    /// How far back from `now` the frame reaches (WHY-5).
    pub fn look_back_micros(&self, now: UtcMicros) -> i64 {
        now.0.saturating_sub(self.from.0).max(0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    #[error("a time must be RFC 3339 with an offset, such as `2026-05-03T14:00:00-07:00`")]
    NotRfc3339,
    #[error("the time frame ends before it begins; `to` must be later than `from`")]
    EmptyFrame,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_1_a_frame_holds_its_first_instant_and_not_its_last() {
        let frame = TimeFrame::new(UtcMicros(10), UtcMicros(20)).unwrap();
        assert!(frame.contains(UtcMicros(10)) && frame.contains(UtcMicros(19)));
        assert!(!frame.contains(UtcMicros(20)) && !frame.contains(UtcMicros(9)));
    }

    #[test]
    fn why_1_an_empty_or_reversed_frame_cannot_be_made_not_even_by_parsing() {
        assert_eq!(TimeFrame::new(UtcMicros(5), UtcMicros(5)), Err(TimeError::EmptyFrame));
        assert!(serde_json::from_str::<TimeFrame>(r#"{"from":9,"to":3}"#).is_err());
    }

    #[test]
    fn a_time_without_an_offset_is_refused() {
        assert!(UtcMicros::parse_rfc3339("2026-05-03T14:00:00").is_err());
        let pacific = UtcMicros::parse_rfc3339("2026-05-03T14:00:00-07:00").unwrap();
        assert_eq!(pacific, UtcMicros::parse_rfc3339("2026-05-03T21:00:00Z").unwrap());
        assert_eq!(pacific.to_string(), "2026-05-03T21:00:00Z");
    }

    #[test]
    fn days_before_1970_round_down() {
        assert_eq!(UtcMicros(-1).day(), -1);
        assert_eq!(UtcMicros(DAY_MICROS).day(), 1);
    }
}
