//! The numbers and yes-or-no facts that rules speak of, computed from a question and a purpose. No text that a person
//! wrote goes further than here.

use domain::time::DAY_MICROS;
use domain::{Area, Criteria, Purpose, Question, UtcMicros, square_metres_together};

/// How much longer than its whole days a time frame or look-back may be: a question takes minutes to fill in after its
/// times were chosen, and a span of whole local days is an hour longer where the clocks are set back.
pub const FRAME_TOLERANCE_MICROS: i64 = 60 * 60 * 1_000_000;

/// How much smaller than the smallest size an area may come out, in square metres. A corner is rounded to 1e-7 degree,
/// which moves the sides of a square of 3 square metres by at most 6 mm each: 0.04 square metres.
const SMALLEST_AREA_TOLERANCE_M2: f64 = 0.1;

/// Texts that explain nothing, as they stand after [`same_words`]. Compared as a whole: "investigation of the burglary on
/// 4 May" is not one of them.
pub const STOCK_WORDS: [&str; 36] = [
    "aaa",
    "abc",
    "as discussed",
    "asdf",
    "case",
    "criminal",
    "criminal investigation",
    "for investigation",
    "for official use",
    "investigation",
    "investigation ongoing",
    "investigations",
    "investigative purposes",
    "law enforcement",
    "law enforcement purposes",
    "n a",
    "na",
    "nil",
    "none",
    "official business",
    "official use",
    "ongoing case",
    "ongoing investigation",
    "police",
    "police business",
    "query",
    "reasonable suspicion",
    "see case",
    "see case file",
    "suspicion",
    "suspicious",
    "tbd",
    "test",
    "testing",
    "unknown",
    "xxx",
];

/// Days within which a text that is given again and again counts as repeated.
pub const REPEATED_DAYS: u32 = 30;

/// Days of the calendar in UTC over which budgets of area and time are counted, today's among them.
pub const AREA_BUDGET_DAYS: u32 = 30;

/// A text of the purpose, as far as rules may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    No,
    StockWord,
    Yes,
}

impl Filled {
    fn of(text: Option<&String>) -> Self {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Self::No };
        let words = same_words(text);
        // Nothing but signs explains as little as a stock word.
        if words.is_empty() || STOCK_WORDS.contains(&words.as_str()) { Self::StockWord } else { Self::Yes }
    }
}

/// Letters and digits in lower case, everything between them one space: texts that are alike in it say the same.
pub fn same_words(text: &str) -> String {
    let spaced: String =
        text.chars().map(|character| if character.is_alphanumeric() { character } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Sizes in whole square metres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AreaFacts {
    /// `together` is known: it could be found out within the bounds of the domain.
    pub(crate) measured: bool,
    pub(crate) smallest: i64,
    pub(crate) largest: i64,
    pub(crate) together: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) has_case_reference: bool,
    pub(crate) has_subject: bool,
    pub(crate) target: Filled,
    pub(crate) justification: Filled,
    pub(crate) suspicion_facts: Filled,
    pub(crate) has_state: bool,
    pub(crate) span_days: i64,
    pub(crate) look_back_days: i64,
    /// `None` for kinds of question without areas.
    pub(crate) areas: Option<AreaFacts>,
    /// `None` for kinds of question without a partial plate.
    pub(crate) known_characters: Option<i64>,
}

impl Facts {
    pub(crate) fn of(question: &Question, purpose: &Purpose, now: UtcMicros) -> Self {
        let has = |text: Option<&String>| text.is_some_and(|text| !text.trim().is_empty());
        let known = |pattern: &domain::PlatePattern| i64::try_from(pattern.known_characters()).unwrap_or(i64::MAX);
        Self {
            has_case_reference: has(purpose.case_reference.as_ref()),
            has_subject: has(purpose.subject.as_ref()),
            target: Filled::of(purpose.target.as_ref().map(|target| &target.description)),
            justification: Filled::of(purpose.justification.as_ref()),
            suspicion_facts: Filled::of(purpose.suspicion_facts.as_ref()),
            has_state: question.criteria().state().is_some(),
            span_days: span_days(question, now),
            look_back_days: whole_days(question.frame().look_back_micros(now)),
            areas: AreaFacts::of(&question.criteria().areas()),
            known_characters: match question.criteria() {
                Criteria::PartialPlate { pattern, .. } => Some(known(pattern)),
                _ => None,
            },
        }
    }
}

/// Days, rounded up after the tolerance: at most N whole days exactly when the time is at most N days and the tolerance.
fn whole_days(micros: i64) -> i64 {
    let micros = micros.saturating_sub(FRAME_TOLERANCE_MICROS).max(0);
    micros / DAY_MICROS + i64::from(micros % DAY_MICROS > 0)
}

/// The longest time that is looked at in one place. What lies in the future holds no detections and does not count.
fn span_days(question: &Question, now: UtcMicros) -> i64 {
    let past = |frame: domain::TimeFrame| frame.to().min(now).0.saturating_sub(frame.from().0).max(0);
    let micros = match question.criteria() {
        Criteria::CommonPlate { places, .. } => {
            places.iter().map(|place| past(place.frame.unwrap_or(question.frame()))).max().unwrap_or(0)
        }
        _ => past(question.frame()),
    };
    whole_days(micros)
}

impl AreaFacts {
    fn of(areas: &[&Area]) -> Option<Self> {
        if areas.is_empty() {
            return None;
        }
        let sizes: Vec<f64> = areas.iter().map(|area| area.square_metres()).collect();
        let smallest = sizes.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = sizes.iter().copied().fold(0.0, f64::max);
        let together = square_metres_together(areas);
        Some(Self {
            measured: together.is_ok(),
            smallest: whole_m2((smallest + SMALLEST_AREA_TOLERANCE_M2).floor()),
            largest: whole_m2(largest.round()),
            together: whole_m2(together.unwrap_or(f64::INFINITY).round()),
        })
    }
}

/// The whole earth is 5e14 square metres.
#[expect(clippy::cast_possible_truncation, reason = "a float beyond the range saturates, and NaN is zero: too small")]
fn whole_m2(m2: f64) -> i64 {
    m2 as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_3_a_stock_word_is_told_from_an_explanation_whatever_its_case_and_signs() {
        let of = |text: &str| Filled::of(Some(&text.to_owned()));
        for text in [
            "Investigation",
            "  N/A ",
            "TEST...",
            "Ongoing  investigation!",
            "-",
            "???",
            "x.x.x".replace('.', "").as_str(),
        ] {
            assert_eq!(of(text), Filled::StockWord, "{text}");
        }
        assert_eq!(of("   "), Filled::No);
        assert_eq!(Filled::of(None), Filled::No);
        for text in
            ["Investigation of three burglaries on Alder Street", "two witnesses named the yard", "盗難車の捜査"]
        {
            assert_eq!(of(text), Filled::Yes, "{text}");
        }
        assert!(STOCK_WORDS.iter().all(|stock| same_words(stock) == *stock), "a stock word that can never be met");
    }

    #[test]
    fn why_1_days_are_rounded_up_after_an_hour_of_tolerance() {
        assert_eq!(whole_days(0), 0);
        assert_eq!(whole_days(30 * DAY_MICROS), 30);
        assert_eq!(whole_days(30 * DAY_MICROS + FRAME_TOLERANCE_MICROS), 30);
        assert_eq!(whole_days(30 * DAY_MICROS + FRAME_TOLERANCE_MICROS + 1), 31);
        assert_eq!(whole_days(i64::MAX), i64::MAX / DAY_MICROS + 1);
    }
}
