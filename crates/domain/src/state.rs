//! The issuing state or region of a plate: ISO 3166-2 (`US-CA`, `MX-BCN`), else ISO 3166-1 (`CA`).
//! An unknown state is `None` where it is used, not a value of this type.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An ISO 3166 code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct State {
    /// ASCII, padded with zeros. Six bytes hold the longest code (`MX-BCN`).
    code: [u8; 6],
}

impl State {
    pub fn as_str(&self) -> &str {
        let end = self.code.iter().position(|byte| *byte == 0).unwrap_or(self.code.len());
        std::str::from_utf8(self.code.get(..end).unwrap_or_default()).unwrap_or_default()
    }

    /// A US state by its postal letters.
    pub fn us(letters: &str) -> Result<Self, StateError> {
        format!("US-{letters}").parse()
    }

    /// The code as fixed-width bytes, for columns. All zeros never come out.
    pub fn to_bytes(self) -> [u8; 6] {
        self.code
    }

    /// Reads what [`Self::to_bytes`] wrote; all zeros, or anything that is not a code, is the unknown state.
    pub fn from_bytes(code: [u8; 6]) -> Option<Self> {
        let state = Self { code };
        let length = state.as_str().len();
        let is_padded = code.iter().skip(length).all(|byte| *byte == 0);
        (is_padded && is_code(state.as_str())).then_some(state)
    }
}

/// Whether a text is two letters, or two letters and one to three letters or digits, in upper case.
fn is_code(text: &str) -> bool {
    let (country, region) = match text.split_once('-') {
        Some((country, region)) => (country, Some(region)),
        None => (text, None),
    };
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_region = |region: &str| {
        (1..=3).contains(&region.len()) && region.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    is_country && region.is_none_or(is_region)
}

impl FromStr for State {
    type Err = StateError;

    fn from_str(text: &str) -> Result<Self, StateError> {
        let upper = text.trim().to_ascii_uppercase();
        if !is_code(&upper) {
            return Err(StateError);
        }
        let mut code = [0; 6];
        for (slot, byte) in code.iter_mut().zip(upper.bytes()) {
            *slot = byte;
        }
        Ok(Self { code })
    }
}

impl TryFrom<String> for State {
    type Error = StateError;
    fn try_from(text: String) -> Result<Self, StateError> {
        text.parse()
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.as_str().to_owned()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a state must be an ISO 3166 code such as `US-CA`, `MX-BCN` or `CA`")]
pub struct StateError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_states_and_countries_are_read_in_any_case() {
        for (text, code) in [("us-ca", "US-CA"), ("MX-BCN", "MX-BCN"), ("ca", "CA"), (" US-CA ", "US-CA")] {
            assert_eq!(text.parse::<State>().unwrap().as_str(), code);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "California", "US-", "US-CALI", "U-CA", "US_CA", "-CA", "ÜS-CA"] {
            assert!(text.parse::<State>().is_err(), "`{text}` was taken");
        }
    }

    #[test]
    fn column_bytes_read_back_and_zeros_are_the_unknown_state() {
        let state: State = "MX-BCN".parse().unwrap();
        assert_eq!(State::from_bytes(state.to_bytes()), Some(state));
        assert_eq!(State::from_bytes([0; 6]), None);
    }
}
