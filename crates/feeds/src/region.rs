//! Regions as vendors write them, to states. What is not sure is unknown: a wrong state hides a read, an unknown one
//! lists it apart.

use domain::State;

/// Postal letters of the US states, the district and the territories that issue plates.
const US: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME",
    "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA",
    "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC", "PR", "GU", "VI", "AS", "MP",
];

/// Countries whose plates name a state or province: the country alone does not say who issued the plate.
const BY_REGION: &[&str] = &["US", "CA", "MX", "AU"];

/// Rekor: `us-ca`, `mx-bcn`, `eu-de`; version 1 and inner plates have `ca`, which is California where the country is the US.
pub(crate) fn rekor(region: &str, country: Option<&str>) -> Option<State> {
    let region = region.trim().to_ascii_uppercase();
    if let Some(inside) = region.strip_prefix("EU-") {
        return (inside.len() == 2).then(|| inside.parse().ok()).flatten();
    }
    if region.contains('-') {
        return code(&region);
    }
    match country.map(|country| country.trim().to_ascii_uppercase()).as_deref() {
        None | Some("" | "US") => US.contains(&region.as_str()).then(|| State::us(&region).ok()).flatten(),
        Some("EU") => (region.len() == 2).then(|| region.parse().ok()).flatten(),
        Some(country) => code(&format!("{country}-{region}")),
    }
}

/// Plate Recognizer: `us-ca`, `au-nsw`, `gb`; `ca` is Canada.
pub(crate) fn plate_recognizer(region: &str) -> Option<State> {
    code(&region.trim().to_ascii_uppercase())
}

fn code(upper: &str) -> Option<State> {
    let state: State = upper.parse().ok()?;
    let sure = match upper.split_once('-') {
        Some(("US", letters)) => US.contains(&letters),
        Some(_) => true,
        None => !BY_REGION.contains(&upper),
    };
    sure.then_some(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(state: Option<State>) -> Option<String> {
        state.map(|state| state.to_string())
    }

    #[test]
    fn det_1_rekor_regions_of_every_version_become_states() {
        for (region, country, state) in [
            ("us-ca", None, Some("US-CA")),
            ("ma", None, Some("US-MA")),
            ("ca", Some("us"), Some("US-CA")),
            ("MX-BCN", None, Some("MX-BCN")),
            ("eu-de", None, Some("DE")),
            ("de", Some("eu"), Some("DE")),
            ("us", None, None),
            ("us-zz", None, None),
            ("zz", None, None),
            ("", None, None),
            ("north carolina", None, None),
        ] {
            assert_eq!(text(rekor(region, country)).as_deref(), state, "{region} {country:?}");
        }
    }

    #[test]
    fn det_1_plate_recognizer_regions_become_states_and_a_country_of_many_states_is_unknown() {
        for (region, state) in [
            ("us-ca", Some("US-CA")),
            ("gb", Some("GB")),
            ("au-nsw", Some("AU-NSW")),
            ("us", None),
            ("ca", None),
            ("", None),
        ] {
            assert_eq!(text(plate_recognizer(region)).as_deref(), state, "{region}");
        }
    }
}
