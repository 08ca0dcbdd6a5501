//! How an agency writes its case references.

use std::fmt;
use std::str::FromStr;

/// Characters of a pattern.
const PATTERN_CHARS_MAX: usize = 60;

/// `9` is one digit, `A` one letter, `*` one or more letters or digits, everything else itself; case does not count.
/// The whole reference must fit: `HF-9999-9999`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePattern(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CasePatternError {
    #[error("a pattern has 1 to {PATTERN_CHARS_MAX} characters, and no control characters")]
    Length,
    #[error("a pattern of `*` alone lets everything through")]
    Anything,
}

impl FromStr for CasePattern {
    type Err = CasePatternError;

    fn from_str(text: &str) -> Result<Self, CasePatternError> {
        let text = normalise_case_reference(text);
        if text.is_empty() || text.chars().count() > PATTERN_CHARS_MAX || text.chars().any(char::is_control) {
            return Err(CasePatternError::Length);
        }
        if text.chars().all(|sign| sign == '*') {
            return Err(CasePatternError::Anything);
        }
        Ok(Self(text))
    }
}

impl fmt::Display for CasePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CasePattern {
    /// Whether a reference is written so.
    pub fn fits(&self, reference: &str) -> bool {
        let signs: Vec<char> = self.0.chars().collect();
        // Which beginnings of the pattern the text so far can be; a run can be entered, and stayed in.
        let mut reached = vec![false; signs.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for character in normalise_case_reference(reference).chars() {
            let mut next = vec![false; signs.len() + 1];
            for (place, sign) in signs.iter().enumerate() {
                let takes = match sign {
                    '9' => character.is_ascii_digit(),
                    'A' => character.is_alphabetic(),
                    '*' => character.is_alphanumeric(),
                    literal => *literal == character,
                };
                let was_here = reached.get(place).copied().unwrap_or_default();
                let was_inside = *sign == '*' && reached.get(place + 1).copied().unwrap_or_default();
                if takes
                    && (was_here || was_inside)
                    && let Some(step) = next.get_mut(place + 1)
                {
                    *step = true;
                }
            }
            reached = next;
        }
        reached.last().copied().unwrap_or_default()
    }
}

/// A reference as it is compared: without blanks around it, single blanks inside, in upper case.
pub fn normalise_case_reference(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, reference: &str) -> bool {
        pattern.parse::<CasePattern>().unwrap().fits(reference)
    }

    #[test]
    fn why_3_a_case_reference_fits_its_agencys_pattern_as_a_whole_or_not_at_all() {
        assert!(fits("HF-9999-9999", "hf-2026-0113"));
        assert!(fits("HF-9999-9999", "  HF-2026-0113 "));
        for wrong in ["HF-2026-011", "HF-2026-01133", "XHF-2026-0113", "HF-2026-O113", "", "HF 2026 0113"] {
            assert!(!fits("HF-9999-9999", wrong), "{wrong}");
        }
        assert!(fits("AA/*-99", "pl/a1b2-26"));
        assert!(!fits("AA/*-99", "pl/-26"), "a run is at least one");
        assert!(fits("*-9*", "abc-12"));
        assert!(!fits("*-9*", "abc-1"));
        assert!(fits("A.9", "b.7") && !fits("A.9", "bx7"), "a point is a point");
    }

    #[test]
    fn why_3_a_pattern_that_lets_everything_through_or_is_none_is_not_taken() {
        for wrong in ["", "   ", "*", "***", "a\u{7}", &"9".repeat(61)] {
            assert!(wrong.parse::<CasePattern>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_long_reference_and_many_runs_cost_no_more_than_their_product() {
        let pattern = "*-".repeat(29);
        assert!(!fits(&pattern, &"A".repeat(10_000)));
    }
}
