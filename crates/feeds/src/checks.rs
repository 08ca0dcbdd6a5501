//! The rules that every format shares: plate, event id, confidence, readings, position.

use crate::limits::RAW_PLATE_CHARS_MAX;
use crate::{CameraFacts, LeftOut, Reason};
use domain::limits::{EVENT_ID_CHARS_MAX, READINGS_MAX};
use domain::{PlateText, Position, Reading};

/// Full confidence, in hundredths of a per cent.
const CONFIDENCE_FULL: f64 = 10_000.0;

/// A plate as a reader wrote it. Line breaks, control and direction characters are refused before `PlateText` drops
/// white space: they have no place on a plate, and the text as written is kept.
pub(crate) fn plate(raw: &str) -> Result<PlateText, Reason> {
    if raw.chars().nth(RAW_PLATE_CHARS_MAX).is_some() {
        return Err("longer than any plate".into());
    }
    if !is_plain(raw) {
        return Err("holds control characters".into());
    }
    PlateText::normalise(raw).map_err(|error| error.to_string().into())
}

/// A camera's id of an event. It comes back in answers and logs, so it is plain text.
pub(crate) fn event_id(raw: &str) -> Result<String, Reason> {
    if raw.trim().is_empty() {
        return Err("missing".into());
    }
    if raw.chars().nth(EVENT_ID_CHARS_MAX).is_some() {
        return Err(format!("longer than {EVENT_ID_CHARS_MAX} characters").into());
    }
    if !is_plain(raw) {
        return Err("holds control characters".into());
    }
    Ok(raw.to_owned())
}

/// No control characters, line separators or characters that turn the writing direction.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    })
}

/// A confidence on the scale 0 to `full`; `None` off the scale.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie in 0 to 10,000")]
pub(crate) fn confidence(value: f64, full: f64) -> Option<u16> {
    (0.0..=full).contains(&value).then(|| (value / full * CONFIDENCE_FULL).round() as u16)
}

/// A vendor's confidence: weighted scores a little above the scale are full confidence, negative ones none.
pub(crate) fn clamped_confidence(value: f64, full: f64) -> Option<u16> {
    if value.is_finite() { confidence(value.clamp(0.0, full), full) } else { None }
}

/// The best readings that differ from the main one, likeliest first, each plate once. The rest is counted, not silent.
pub(crate) fn choose_readings(main: &PlateText, mut all: Vec<Reading>, left_out: &mut LeftOut) -> Vec<Reading> {
    all.retain(|reading| reading.plate != *main);
    all.sort_by_key(|reading| std::cmp::Reverse(reading.confidence));
    let mut chosen: Vec<Reading> = Vec::new();
    for reading in all {
        if chosen.iter().any(|known| known.plate == reading.plate) {
            continue;
        }
        if chosen.len() < READINGS_MAX {
            chosen.push(reading);
        } else {
            left_out.readings += 1;
        }
    }
    chosen
}

/// The registered position of a fixed camera wins over what the camera says of itself.
pub(crate) fn position(camera: &CameraFacts, reported: Option<Position>) -> Result<Position, Reason> {
    camera
        .position
        .or(reported)
        .ok_or_else(|| "no position: the camera has no registered one, and the read brings none".into())
}

/// A reported position. Readers without a fix send -1/-1 or 0/0; both are no position.
pub(crate) fn reported_position(lat: Option<f64>, lon: Option<f64>) -> Option<Position> {
    let (lat, lon) = (lat?, lon?);
    let no_fix = |value: f64| lat.to_bits() == value.to_bits() && lon.to_bits() == value.to_bits();
    if no_fix(-1.0) || no_fix(0.0) {
        return None;
    }
    Position::from_degrees(lat, lon).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn det_5_confidence_comes_out_in_hundredths_of_a_per_cent() {
        assert_eq!(confidence(0.9394, 1.0), Some(9_394));
        assert_eq!(confidence(93.942, 100.0), Some(9_394));
        assert_eq!(confidence(1.2, 1.0), None);
        assert_eq!(confidence(f64::NAN, 1.0), None);
        assert_eq!(clamped_confidence(104.0, 100.0), Some(10_000));
        assert_eq!(clamped_confidence(f64::INFINITY, 100.0), None);
    }

    #[test]
    fn positions_of_readers_without_a_fix_are_no_positions() {
        assert_eq!(reported_position(Some(-1.0), Some(-1.0)), None);
        assert_eq!(reported_position(Some(0.0), Some(0.0)), None);
        assert_eq!(reported_position(Some(91.0), Some(0.5)), None);
        assert!(reported_position(Some(37.5), Some(-1.0)).is_some());
    }
}
