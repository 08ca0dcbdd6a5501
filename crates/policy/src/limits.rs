//! The numbers of an agency's policy. The rules that use them are Cedar; the numbers stand apart so that screens and
//! forms can show them before anything is asked.

use crate::rules::PolicyError;
use domain::{Course, Permission, QuestionKind, Wildcards};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Days of any limit, at most: 100 years, so that arithmetic on them cannot overflow.
const DAYS_MAX: u32 = 36_500;

/// What a policy does about a weak purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strictness {
    #[default]
    Refuse,
    /// The question passes, and its ledger entry carries a flag for those who oversee.
    Flag,
}

/// Bounds on what may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// What `*` means in a partial plate.
    pub wildcards: Wildcards,
    /// Square metres of a single area, at least.
    pub smallest_area_m2: u32,
    /// Square metres of a single area, at most.
    pub largest_area_m2: u32,
    /// Square metres of all areas of a question, at most.
    pub largest_areas_together_m2: u32,
    /// Area and time that one person may ask about within 30 days, in square-kilometer days (LIM-2).
    #[serde(default = "small_budget")]
    pub area_budget_person_km2_days: u32,
    /// The same for all questions that name one case, whoever asks them.
    #[serde(default = "small_budget")]
    pub area_budget_case_km2_days: u32,
    /// Days that a time frame may span, for every kind. For a common plate: the frame of each area.
    pub longest_span_days: BTreeMap<QuestionKind, u32>,
    /// Known characters of a partial plate, at least (LIM-5).
    pub fewest_known_characters: u32,
    /// Below this many known characters the asker is asked to narrow first (LIM-5).
    pub narrow_below_known: u32,
    /// The kinds of question whose purpose must carry a case reference.
    pub case_reference_required: BTreeSet<QuestionKind>,
    /// The look-back that the agency's list gives a reason without a limit of its own (WHY-5). Decisions use the
    /// reason's.
    pub look_back_default_days: u32,
    /// Screens begin with a preview (LIM-4). Advice to screens: no decision rests on it.
    pub preview_first: bool,
    /// The enhanced door takes a passkey only, and no password with a code (ACC-6).
    #[serde(default = "yes")]
    pub phishing_resistant: bool,
    /// Rows with fewer than two photos may be printed (DET-4).
    pub print_unverified: bool,
    /// The records notice that a print carries, by unit profile (RES-4); none where a profile is not named.
    #[serde(default)]
    pub records_notice: BTreeMap<String, String>,
    /// What happens to a text of the purpose that is only a stock word (WHY-3, WHY-7).
    #[serde(default)]
    pub stock_text: Strictness,
    /// What happens to a justification or to facts that are given again and again.
    #[serde(default)]
    pub repeated_text: Strictness,
    /// Questions of one person with the same text within 30 days that are taken as they are.
    #[serde(default)]
    pub repeated_text_max: u32,
    /// What happens to the reference of a case that the agency's list says is closed.
    #[serde(default)]
    pub closed_case: Strictness,
    /// Days that a time frame may reach back, whatever the reason; none where the reason alone says (WHY-5).
    #[serde(default)]
    pub longest_look_back_days: Option<u32>,
    /// Permissions that are granted only after a supervisor certified the need to know (ACC-7).
    #[serde(default = "every_permission")]
    pub needs_certificate: BTreeSet<Permission>,
    /// Days after which a manager or a supervisor looks at a grant again (ACC-7).
    #[serde(default = "a_year")]
    pub review_days: u32,
    /// Days after which a permission that is not used lapses (ACC-7).
    #[serde(default = "three_months")]
    pub unused_days: u32,
    /// Trainings that are required, with the days for which each is good (ACC-5).
    #[serde(default = "every_course_yearly")]
    pub training_days: BTreeMap<Course, u32>,
}

// A policy that leaves these out means the strict answer.

fn yes() -> bool {
    true
}

fn every_permission() -> BTreeSet<Permission> {
    Permission::ALL.iter().copied().collect()
}

/// Less than that of any preset but the strictest.
fn small_budget() -> u32 {
    100
}

fn a_year() -> u32 {
    365
}

fn three_months() -> u32 {
    90
}

fn every_course_yearly() -> BTreeMap<Course, u32> {
    Course::ALL.iter().map(|course| (*course, a_year())).collect()
}

impl Limits {
    /// Reads and checks the limits of a preset.
    pub(crate) fn parse(text: &str) -> Result<Self, PolicyError> {
        let limits: Self = toml::from_str(text).map_err(|error| PolicyError::Limits(error.message().to_owned()))?;
        limits.checked()
    }

    /// These limits with some of them changed, by name.
    pub(crate) fn changed(&self, changes: &Map<String, Value>) -> Result<Self, PolicyError> {
        let wrong = |what: String| PolicyError::Limits(what);
        let mut all = serde_json::to_value(self).map_err(|error| wrong(error.to_string()))?;
        for (name, value) in changes {
            let place = all.get_mut(name).ok_or_else(|| wrong(format!("there is no limit `{name}`")))?;
            match (place, value) {
                (Value::Object(group), Value::Object(some)) => {
                    for (word, value) in some {
                        if value.is_null() {
                            group.remove(word);
                        } else {
                            group.insert(word.clone(), value.clone());
                        }
                    }
                }
                (place, value) => *place = value.clone(),
            }
        }
        let limits: Self = serde_json::from_value(all).map_err(|error| wrong(error.to_string()))?;
        limits.checked()
    }

    fn checked(self) -> Result<Self, PolicyError> {
        let limits = self;
        let wrong = |what: &str| Err(PolicyError::Limits(what.to_owned()));
        if let Some(kind) = QuestionKind::ALL.iter().find(|kind| !limits.longest_span_days.contains_key(kind)) {
            return Err(PolicyError::Limits(format!("`longest_span_days` has no number for {kind}")));
        }
        if limits.smallest_area_m2 > limits.largest_area_m2 || limits.largest_area_m2 > limits.largest_areas_together_m2
        {
            return wrong("the sizes of areas must rise: smallest, largest, largest together");
        }
        if limits.fewest_known_characters == 0 {
            return wrong("`fewest_known_characters` must be at least 1");
        }
        let all_days = [limits.look_back_default_days, limits.review_days, limits.unused_days];
        let of_groups = limits.longest_span_days.values().chain(limits.training_days.values()).copied();
        if all_days.into_iter().chain(of_groups).chain(limits.longest_look_back_days).any(|days| days > DAYS_MAX) {
            return Err(PolicyError::Limits(format!("days are at most {DAYS_MAX}")));
        }
        if limits.review_days == 0 || limits.unused_days == 0 || limits.training_days.values().any(|days| *days == 0) {
            return wrong("days are at least 1");
        }
        Ok(limits)
    }

    /// Days that a time frame of this kind of question may span.
    pub fn longest_span_days(&self, kind: QuestionKind) -> u32 {
        // Every kind is there after `parse`; none at all is the safe answer.
        self.longest_span_days.get(&kind).copied().unwrap_or(0)
    }

    pub fn case_reference_required(&self, kind: QuestionKind) -> bool {
        self.case_reference_required.contains(&kind)
    }
}

/// Square kilometres in as few digits as are true.
pub(crate) fn square_kilometres(m2: u32) -> String {
    let (whole, rest) = (m2 / 1_000_000, m2 % 1_000_000);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:06}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIA: &str = include_str!("../presets/pia-039b.toml");

    #[test]
    fn a_limit_that_is_missing_misspelt_or_impossible_is_refused() {
        assert!(Limits::parse(PIA).is_ok());
        for (from, to) in [
            ("movement = 365", ""),
            ("smallest_area_m2", "smalest_area_m2"),
            ("smallest_area_m2 = 3", "smallest_area_m2 = 6_000_000"),
            ("fewest_known_characters = 1", "fewest_known_characters = 0"),
            ("preview_first = true", ""),
            ("print_unverified = false", ""),
        ] {
            assert!(Limits::parse(&PIA.replace(from, to)).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn acc_5_acc_7_what_a_policy_leaves_out_of_access_and_training_is_strict() {
        let bare = PIA.split("\n# p. 17").next().unwrap();
        let rest = PIA.split("# \"A specific").nth(1).unwrap();
        let limits = Limits::parse(&format!("{bare}\n# {rest}")).unwrap();
        assert_eq!(limits.needs_certificate.len(), Permission::ALL.len());
        assert_eq!(limits.training_days.len(), Course::ALL.len());
        assert_eq!((limits.review_days, limits.unused_days), (365, 90));
    }

    #[test]
    fn square_kilometres_are_written_without_needless_digits() {
        assert_eq!(square_kilometres(5_000_000), "5");
        assert_eq!(square_kilometres(2_500_000), "2.5");
        assert_eq!(square_kilometres(300), "0.0003");
    }
}
