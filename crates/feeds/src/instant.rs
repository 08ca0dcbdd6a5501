//! Times as senders write them. A time is taken only when it means one instant (DST-ambiguous times are refused with both).

use crate::Reason;
use domain::UtcMicros;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Error, Timestamp};

/// RFC 3339 with an offset.
pub(crate) fn rfc3339(text: &str) -> Result<UtcMicros, Reason> {
    UtcMicros::parse_rfc3339(text).map_err(|error| error.to_string().into())
}

/// Milliseconds since 1970.
pub(crate) fn epoch_millis(millis: f64) -> Result<UtcMicros, Reason> {
    // 1e14 ms is the year 5138; beyond it a number is no time at all.
    if !(-1e14..=1e14).contains(&millis) {
        return Err("not milliseconds since 1970".into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to lie within 1e14")]
    Ok(UtcMicros((millis * 1_000.0).round() as i64))
}

/// A time with an offset, or a civil time that its sender documents as UTC.
pub(crate) fn utc(text: &str) -> Result<UtcMicros, Reason> {
    let text = with_plus(text);
    absolute(&text)
        .or_else(|_| TimeZone::UTC.to_timestamp(civil(&text)?).map(|instant| UtcMicros(instant.as_microsecond())))
        .map_err(|_| "not a time; expected a form such as `2026-05-03T14:00:00.000000Z`".into())
}

/// A time with an offset, or else a civil time in the camera's zone, if it happened exactly once there.
pub(crate) fn local(text: &str, zone: &str) -> Result<UtcMicros, Reason> {
    let text = with_plus(text);
    if let Ok(instant) = absolute(&text) {
        return Ok(instant);
    }
    let civil = civil(&text).map_err(|_| Reason::from("not a time"))?;
    let zone = TimeZone::get(zone)
        .map_err(|_| Reason::from("a time without an offset, and the camera's zone is not an IANA zone"))?;
    let moment = zone.to_ambiguous_timestamp(civil);
    let readings = |before: jiff::tz::Offset, after: jiff::tz::Offset| match (
        before.to_timestamp(civil),
        after.to_timestamp(civil),
    ) {
        (Ok(earlier), Ok(later)) => format!("{earlier} or {later}"),
        _ => "out of range".to_owned(),
    };
    match moment.offset() {
        AmbiguousOffset::Unambiguous { .. } => moment
            .unambiguous()
            .map(|instant| UtcMicros(instant.as_microsecond()))
            .map_err(|_| "a time out of range".into()),
        AmbiguousOffset::Fold { before, after } => {
            Err(format!("happened twice as the clocks went back: {}; send an offset", readings(before, after)).into())
        }
        AmbiguousOffset::Gap { before, after } => {
            Err(format!("did not happen, the clocks went forward: {}; send an offset", readings(before, after)).into())
        }
    }
}

fn absolute(text: &str) -> Result<UtcMicros, Error> {
    text.parse::<Timestamp>().map(|instant| UtcMicros(instant.as_microsecond()))
}

fn civil(text: &str) -> Result<DateTime, Error> {
    text.parse()
}

/// Form decoding turns the `+` of an offset into a space: `2026-05-03 14:00:00 00:00`.
fn with_plus(text: &str) -> String {
    let parts: Vec<&str> = text.split_whitespace().collect();
    match parts.as_slice() {
        [date, time, offset] if offset.starts_with(|c: char| c.is_ascii_digit()) => format!("{date} {time}+{offset}"),
        _ => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcMicros {
        UtcMicros::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn every_form_of_a_plate_recognizer_time_is_one_instant() {
        for text in [
            "2026-05-03T14:00:00.250000Z",
            "2026-05-03 14:00:00.250000+00:00",
            "2026-05-03 14:00:00.250000 00:00",
            "2026-05-03 15:00:00.250000+0100",
            "2026-05-03T15:00:00.250000+01:00",
            "2026-05-03 14:00:00.250000",
        ] {
            assert_eq!(utc(text), Ok(at("2026-05-03T14:00:00.25Z")), "{text}");
        }
        assert!(utc("yesterday").is_err() && utc("").is_err());
    }

    #[test]
    fn a_local_time_that_happened_twice_is_refused_with_both_readings() {
        let zone = "America/Los_Angeles";
        assert_eq!(local("2026-07-01 12:00:00", zone), Ok(at("2026-07-01T12:00:00-07:00")));
        let twice = local("2026-11-01 01:30:00", zone).unwrap_err();
        assert!(twice.contains("2026-11-01T08:30:00Z or 2026-11-01T09:30:00Z"), "{twice}");
        let never = local("2026-03-08 02:30:00", zone).unwrap_err();
        assert!(never.contains("did not happen"), "{never}");
        assert_eq!(local("2026-11-01 01:30:00-08:00", zone), Ok(at("2026-11-01T09:30:00Z")));
        assert!(local("2026-07-01 12:00:00", "Mars/Olympus").is_err());
    }

    #[test]
    fn milliseconds_that_are_no_time_are_refused() {
        assert_eq!(epoch_millis(1_777_816_800_000.0), Ok(UtcMicros(1_777_816_800_000_000)));
        assert!(epoch_millis(f64::NAN).is_err() && epoch_millis(1e300).is_err());
    }
}
