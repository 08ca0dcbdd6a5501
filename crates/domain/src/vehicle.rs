//! What a camera says of the vehicle (DET-3), and the filter over it (QRY-3).

use crate::ShortText;
use crate::limits::VEHICLE_WORD_CHARS_MAX;
use serde::{Deserialize, Serialize};

/// Attributes of a vehicle, each only when the camera reported it. Words are lower case (`toyota`, `camry`, `white`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<ShortText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ShortText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<ShortText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
}

/// What a vehicle must be. An attribute left out is not looked at; one that the camera did not report never matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<ShortText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ShortText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<ShortText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
}

impl VehicleFilter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn matches(&self, vehicle: &Vehicle) -> bool {
        fn holds<T: PartialEq + ?Sized>(wanted: Option<&T>, seen: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| seen == Some(wanted))
        }
        holds(self.make.as_deref(), vehicle.make.as_deref())
            && holds(self.model.as_deref(), vehicle.model.as_deref())
            && holds(self.colour.as_deref(), vehicle.colour.as_deref())
            && holds(self.year.as_ref(), vehicle.year.as_ref())
    }
}

/// Brings a make, model or colour to the form that is stored and compared: trimmed, lower case, inner white space single.
/// Empty and over-long words, and words with control characters, are not words: `None`.
pub fn normalise_word(raw: &str) -> Option<ShortText> {
    let word = raw.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let fits =
        !word.is_empty() && word.chars().count() <= VEHICLE_WORD_CHARS_MAX && !word.chars().any(char::is_control);
    fits.then(|| word.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qry_3_an_attribute_that_was_not_reported_never_matches_one_that_is_asked_for() {
        let filter = VehicleFilter { make: Some("toyota".into()), year: Some(2019), ..VehicleFilter::default() };
        let mut vehicle = Vehicle { make: Some("toyota".into()), year: Some(2019), ..Vehicle::default() };
        assert!(filter.matches(&vehicle));
        vehicle.year = None;
        assert!(!filter.matches(&vehicle));
        assert!(VehicleFilter::default().matches(&vehicle));
    }

    #[test]
    fn words_are_compared_without_case_and_spacing() {
        assert_eq!(normalise_word("  Land   Rover ").as_deref(), Some("land rover"));
        assert_eq!(normalise_word(" "), None);
        assert_eq!(normalise_word(&"x".repeat(41)), None);
    }
}
