//! Plate text, patterns over it, and the characters that cameras confuse (QRY-1, QRY-2, QRY-10).

use crate::ShortText;
use crate::limits::{PATTERN_TOKENS_MAX, PLATE_CHARS_MAX};
use crate::roles::word_enum;
use crate::state::State;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A plate as it is compared: NFKC, upper case, letters and digits of any script only, 1 to 16 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlateText(ShortText);

impl PlateText {
    /// Normalises what a camera or a person wrote. Spaces, hyphens, dots and the like are not part of a plate.
    pub fn normalise(raw: &str) -> Result<Self, PlateError> {
        // Most plates come in their normal form, and are read back so from the store many thousands of times.
        let is_normal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if (1..=PLATE_CHARS_MAX).contains(&raw.len()) && raw.bytes().all(is_normal) {
            return Ok(Self(raw.into()));
        }
        let mut text = ShortText::default();
        for (count, character) in plate_characters(raw).enumerate() {
            if count >= PLATE_CHARS_MAX {
                return Err(PlateError::TooLong);
            }
            if !character.is_alphanumeric() {
                return Err(PlateError::NotAPlateCharacter);
            }
            text.push(character);
        }
        if text.is_empty() { Err(PlateError::Empty) } else { Ok(Self(text)) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The characters that count, normalised; those that only separate are left out.
fn plate_characters(raw: &str) -> impl Iterator<Item = char> + '_ {
    // A raw text is bounded before it is expanded: NFKC may make one character into eighteen.
    raw.chars()
        .take(PLATE_CHARS_MAX * 8)
        .nfkc()
        .flat_map(char::to_uppercase)
        .filter(|character| !character.is_whitespace() && !matches!(character, '-' | '.' | '·' | '•' | '‧' | '/'))
}

impl TryFrom<String> for PlateText {
    type Error = PlateError;
    fn try_from(raw: String) -> Result<Self, PlateError> {
        Self::normalise(&raw)
    }
}

impl From<PlateText> for String {
    fn from(plate: PlateText) -> Self {
        plate.0.into()
    }
}

/// One element of a plate pattern, the form in which the store and the API take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Token {
    Literal(char),
    /// Exactly one character.
    One,
    /// Any run of characters, none included.
    Any,
}

/// What a preset says that `*` means. `?` is exactly one character everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wildcards {
    /// `*` is exactly one character, as in the requirement document.
    StarIsOne,
    /// `*` is any run of characters, none included.
    StarIsAny,
}

/// A partial plate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Token>", into = "Vec<Token>")]
pub struct PlatePattern {
    tokens: Vec<Token>,
}

impl PlatePattern {
    /// Checks and normalises: literals are plate characters in upper case, runs of `Any` are one `Any`.
    pub fn new(tokens: impl IntoIterator<Item = Token>) -> Result<Self, PlateError> {
        let mut checked: Vec<Token> = Vec::new();
        for token in tokens {
            match token {
                Token::Literal(character) => {
                    let normal = PlateText::normalise(character.encode_utf8(&mut [0; 4]))?;
                    checked.extend(normal.as_str().chars().map(Token::Literal));
                }
                Token::Any if checked.last() == Some(&Token::Any) => {}
                other => checked.push(other),
            }
            if checked.len() > PATTERN_TOKENS_MAX {
                return Err(PlateError::TooLong);
            }
        }
        if checked.is_empty() { Err(PlateError::Empty) } else { Ok(Self { tokens: checked }) }
    }

    /// Reads what a person typed, with the preset's meaning of `*`.
    pub fn parse(text: &str, wildcards: Wildcards) -> Result<Self, PlateError> {
        Self::new(plate_characters(text).map(|character| match (character, wildcards) {
            ('*', Wildcards::StarIsAny) => Token::Any,
            ('*', Wildcards::StarIsOne) | ('?', _) => Token::One,
            (literal, _) => Token::Literal(literal),
        }))
    }

    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Characters that are known, before any look-alike is thought of (LIM-5).
    pub fn known_characters(&self) -> usize {
        self.tokens.iter().filter(|token| matches!(token, Token::Literal(_))).count()
    }

    /// Whether the pattern matches the whole of `text`; `widened` lets look-alike characters stand for one another.
    pub fn matches(&self, text: &str, widened: bool) -> bool {
        let same = |wanted: char, seen: char| wanted == seen || (widened && fold(wanted) == fold(seen));
        // Greedy with one point to come back to: the last `Any` and the text it has swallowed so far.
        let (mut token, mut rest) = (0, text);
        let mut back: Option<(usize, &str)> = None;
        loop {
            let mut characters = rest.chars();
            let next = characters.next();
            let step = match (self.tokens.get(token), next) {
                (Some(Token::Any), _) => {
                    back = Some((token + 1, rest));
                    token += 1;
                    continue;
                }
                (Some(Token::One), Some(_)) => true,
                (Some(Token::Literal(wanted)), Some(seen)) => same(*wanted, seen),
                (None, None) => return true,
                _ => false,
            };
            if step {
                token += 1;
                rest = characters.as_str();
                continue;
            }
            let Some((after_any, swallowed)) = back else { return false };
            let mut swallowing = swallowed.chars();
            if swallowing.next().is_none() {
                return false;
            }
            token = after_any;
            rest = swallowing.as_str();
            back = Some((after_any, rest));
        }
    }
}

/// A full plate is the pattern without a wildcard.
impl From<&PlateText> for PlatePattern {
    fn from(plate: &PlateText) -> Self {
        Self { tokens: plate.0.chars().map(Token::Literal).collect() }
    }
}

impl TryFrom<Vec<Token>> for PlatePattern {
    type Error = PlateError;
    fn try_from(tokens: Vec<Token>) -> Result<Self, PlateError> {
        Self::new(tokens)
    }
}

impl From<PlatePattern> for Vec<Token> {
    fn from(pattern: PlatePattern) -> Self {
        pattern.tokens
    }
}

/// The character that stands for all that look like it: O/0/D/Q, I/1/L, B/8, S/5, Z/2, G/6.
pub fn fold(character: char) -> char {
    match character {
        'O' | 'D' | 'Q' => '0',
        'I' | 'L' => '1',
        'B' => '8',
        'S' => '5',
        'Z' => '2',
        'G' => '6',
        other => other,
    }
}

/// All characters that look like `character`, itself first.
pub fn look_alikes(character: char) -> Vec<char> {
    let class: &[char] = match fold(character) {
        '0' => &['0', 'O', 'D', 'Q'],
        '1' => &['1', 'I', 'L'],
        '8' => &['8', 'B'],
        '5' => &['5', 'S'],
        '2' => &['2', 'Z'],
        '6' => &['6', 'G'],
        _ => return vec![character],
    };
    let mut all = vec![character];
    all.extend(class.iter().copied().filter(|other| *other != character));
    all
}

/// What else a plate question looks at, on request (QRY-10, DET-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widen {
    pub look_alikes: bool,
    pub alternatives: bool,
}

word_enum!(
    /// Why a row is in an answer; each kind is labelled and counted apart. A row that is several takes the last that applies.
    MatchKind {
        /// The plate as read, and the state where one was asked for.
        Exact = "exact",
        /// As asked, but the camera did not report a state.
        UnknownState = "unknown-state",
        /// The plate as read, with look-alike characters taken for one another.
        LookAlike = "look-alike",
        /// One of the reader's alternative readings.
        Alternative = "alternative",
    }
);

/// The definition of a plate match; every faster way must agree with it.
///
/// `readings` are the alternative readings. `None` where the detection does not match at all.
pub fn match_plate<'a>(
    pattern: &PlatePattern,
    wanted_state: Option<State>,
    widen: Widen,
    plate: &str,
    state: Option<State>,
    mut readings: impl Iterator<Item = &'a str>,
) -> Option<MatchKind> {
    let unknown_state = match_state(wanted_state, state)? == MatchKind::UnknownState;
    if pattern.matches(plate, false) {
        Some(if unknown_state { MatchKind::UnknownState } else { MatchKind::Exact })
    } else if widen.look_alikes && pattern.matches(plate, true) {
        Some(MatchKind::LookAlike)
    } else if widen.alternatives && readings.any(|reading| pattern.matches(reading, widen.look_alikes)) {
        Some(MatchKind::Alternative)
    } else {
        None
    }
}

/// How the state answers a question for `wanted`: a different state is no match, an unknown one is listed apart.
pub fn match_state(wanted: Option<State>, seen: Option<State>) -> Option<MatchKind> {
    match (wanted, seen) {
        (None, _) => Some(MatchKind::Exact),
        (Some(_), None) => Some(MatchKind::UnknownState),
        (Some(wanted), Some(seen)) => (wanted == seen).then_some(MatchKind::Exact),
    }
}

/// Never carries the text itself: plates stay out of errors and logs (invariant 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlateError {
    #[error("a plate or pattern needs at least one character")]
    Empty,
    #[error("a plate has at most {PLATE_CHARS_MAX} characters, a pattern at most {PATTERN_TOKENS_MAX}")]
    TooLong,
    #[error("a plate holds letters and digits; a pattern also `*` and `?`")]
    NotAPlateCharacter,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str, wildcards: Wildcards) -> PlatePattern {
        PlatePattern::parse(text, wildcards).unwrap()
    }

    #[test]
    fn qry_2_the_documents_star_is_exactly_one_character() {
        let one = Wildcards::StarIsOne;
        assert!(pattern("AB*123", one).matches("ABC123", false));
        assert!(pattern("XY*7*9", one).matches("XYZ789", false));
        assert!(!pattern("AB*123", one).matches("AB123", false));
        assert!(!pattern("AB*123", one).matches("ABCC123", false));
    }

    #[test]
    fn qry_2_elsewhere_star_is_any_run_and_question_mark_exactly_one() {
        let any = Wildcards::StarIsAny;
        for text in ["AB123", "ABC123", "ABCCC123"] {
            assert!(pattern("AB*123", any).matches(text, false), "{text}");
        }
        assert!(!pattern("AB?123", any).matches("AB123", false));
        assert!(pattern("*7Q*", any).matches("7Q", false) && pattern("*7Q*", any).matches("17Q7", false));
    }

    #[test]
    fn spaces_hyphens_and_case_do_not_count_and_width_variants_are_one() {
        assert_eq!(PlateText::normalise(" abc-12 3 ").unwrap().as_str(), "ABC123");
        assert_eq!(PlateText::normalise("ＡＢＣ１２３").unwrap().as_str(), "ABC123");
        assert_eq!(PlateText::normalise("粤B·12345").unwrap().as_str(), "粤B12345");
    }

    #[test]
    fn sql_and_shell_wildcards_are_refused_not_interpreted() {
        for text in ["AB%123", "AB_123", "AB.*123;", "AB\u{202e}1", "<b>", "AB\n\0"] {
            assert!(PlateText::normalise(text).is_err(), "{text:?}");
        }
        assert_eq!(PlateText::normalise(""), Err(PlateError::Empty));
        assert_eq!(PlateText::normalise(&"A".repeat(65_536)), Err(PlateError::TooLong));
    }

    #[test]
    fn lim_5_known_characters_are_counted_before_look_alikes() {
        assert_eq!(pattern("O*0?", Wildcards::StarIsAny).known_characters(), 2);
    }

    #[test]
    fn qry_10_every_pair_of_look_alikes_matches_when_asked_for_and_only_then() {
        for class in ["O0DQ", "I1L", "B8", "S5", "Z2", "G6"] {
            for (a, b) in class.chars().flat_map(|a| class.chars().map(move |b| (a, b))) {
                let asked = pattern(&format!("X{a}7"), Wildcards::StarIsAny);
                assert!(asked.matches(&format!("X{b}7"), true), "{a}/{b}");
                assert_eq!(asked.matches(&format!("X{b}7"), false), a == b, "{a}/{b}");
                assert!(look_alikes(a).contains(&b));
            }
        }
        assert!(!pattern("X0", Wildcards::StarIsAny).matches("X8", true));
    }

    #[test]
    fn a_match_says_why_and_a_different_state_is_no_match() {
        let asked = PlatePattern::from(&PlateText::normalise("ABC123").unwrap());
        let (ca, nv) = (State::us("CA").ok(), State::us("NV").ok());
        let all = Widen { look_alikes: true, alternatives: true };
        let check = |widen, plate, state, readings: &[&'static str]| {
            match_plate(&asked, ca, widen, plate, state, readings.iter().copied())
        };
        assert_eq!(check(all, "ABC123", ca, &[]), Some(MatchKind::Exact));
        assert_eq!(check(all, "ABC123", None, &[]), Some(MatchKind::UnknownState));
        assert_eq!(check(all, "A8C123", ca, &[]), Some(MatchKind::LookAlike));
        assert_eq!(check(all, "XXX999", ca, &["ABC123"]), Some(MatchKind::Alternative));
        assert_eq!(check(all, "ABC123", nv, &[]), None);
        assert_eq!(check(Widen::default(), "A8C123", ca, &["ABC123"]), None);
    }

    /// The plainest possible matcher: tries every way.
    fn naive(tokens: &[Token], text: &[char], widened: bool) -> bool {
        match (tokens.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((Token::Any, tokens_after)), rest) => {
                naive(tokens_after, text, widened) || rest.is_some_and(|(_, after)| naive(tokens, after, widened))
            }
            (Some(_), None) => false,
            (Some((Token::One, tokens_after)), Some((_, after))) => naive(tokens_after, after, widened),
            (Some((Token::Literal(wanted), tokens_after)), Some((seen, after))) => {
                (wanted == seen || (widened && fold(*wanted) == fold(*seen))) && naive(tokens_after, after, widened)
            }
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_plainest_matcher(
            tokens in prop::collection::vec(prop_oneof![
                3 => prop::sample::select(vec!['A', 'B', '8', '0', 'O']).prop_map(Token::Literal),
                1 => Just(Token::One),
                1 => Just(Token::Any),
            ], 1..8),
            text in "[AB8O0]{0,9}",
            widened: bool,
        ) {
            let characters: Vec<char> = text.chars().collect();
            let pattern = PlatePattern::new(tokens).unwrap();
            prop_assert_eq!(pattern.matches(&text, widened), naive(pattern.tokens(), &characters, widened));
        }

        #[test]
        fn normalising_twice_changes_nothing(raw in "\\PC{0,24}") {
            if let Ok(once) = PlateText::normalise(&raw) {
                prop_assert_eq!(PlateText::normalise(once.as_str()), Ok(once));
            }
        }
    }
}
