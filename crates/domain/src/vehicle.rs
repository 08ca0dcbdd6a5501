//! What a camera says of the vehicle (DET-3), and the filter over it (QRY-3).

use crate::limits::VEHICLE_WORD_CHARS_MAX;
use serde::{Deserialize, Serialize};

/// Attributes of a vehicle, each only when the camera reported it. Words are lower case (`toyota`, `camry`, `white`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
}

/// What a vehicle must be. An attribute left out is not looked at; one that the camera did not report never matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
}

impl VehicleFilter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn matches(&self, vehicle: &Vehicle) -> bool {
        fn holds<T: PartialEq>(wanted: Option<&T>, seen: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| seen == Some(wanted))
        }
        holds(self.make.as_ref(), vehicle.make.as_ref())
            && holds(self.model.as_ref(), vehicle.model.as_ref())
            && holds(self.colour.as_ref(), vehicle.colour.as_ref())
            && holds(self.year.as_ref(), vehicle.year.as_ref())
    }
}

/// Brings a make, model or colour to the form that is stored and compared: trimmed, lower case, inner white space single.
/// Empty and over-long words, and words with control characters, are not words: `None`.
pub fn normalise_word(raw: &str) -> Option<String> {
    let word = raw.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let fits =
        !word.is_empty() && word.chars().count() <= VEHICLE_WORD_CHARS_MAX && !word.chars().any(char::is_control);
    fits.then_some(word)
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
