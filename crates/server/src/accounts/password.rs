//! Passwords: Argon2id (RFC 9106, 19 MiB, 2 passes, the OWASP minimum), off the async threads, a few at a time.

use crate::http::Problem;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use domain::time::DAY_MICROS;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

const CHARS_MAX: usize = 128;
/// Hashes at one time: each takes 19 MiB, and sign-in storms must not starve queries.
const AT_ONCE: usize = 4;
/// Words that guesses begin with, one a line.
const BLOCKED: &str = include_str!("blocked-words.txt");

/// Which rules the passwords of an agency follow, chosen apart from its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRules {
    /// SP 800-63B-4: at least 15 characters where the password is the only factor, no composition rules, no yearly change.
    Nist,
    /// CJIS Security Policy IA-5 and AC-7: at least 8 characters of four kinds, changed every year, and after five failures
    /// in fifteen minutes an account stays locked until a manager releases it.
    Cjis,
}

impl PasswordRules {
    pub const ALL: [Self; 2] = [Self::Nist, Self::Cjis];

    pub fn word(self) -> &'static str {
        match self {
            Self::Nist => "nist",
            Self::Cjis => "cjis",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rules| rules.word() == word)
    }

    /// What goes with a preset where nothing else is chosen: the document asks for complexity and change (p. 19).
    pub fn of_preset(preset: &str) -> Self {
        if preset == "pia-039b" { Self::Cjis } else { Self::Nist }
    }

    /// What a password must be, a sentence each, so that they can be said before they are broken.
    pub fn sentences(self) -> Vec<String> {
        let mut sentences = vec![format!("{} to {CHARS_MAX} characters.", self.chars_min())];
        if self == Self::Cjis {
            sentences.push("Upper-case and lower-case letters, digits and other signs.".into());
            sentences.push("Changed every year.".into());
        } else {
            sentences.push("Any characters, also spaces: a few words in a row are good.".into());
        }
        sentences.push("Not made of common words, your sign-in name or your agency's name alone.".into());
        sentences
    }

    fn chars_min(self) -> usize {
        match self {
            Self::Nist => 15,
            Self::Cjis => 8,
        }
    }

    /// How long a password is good for.
    pub fn good_for_micros(self) -> Option<i64> {
        match self {
            Self::Nist => None,
            Self::Cjis => Some(365 * DAY_MICROS),
        }
    }

    /// Whether too many failures lock the account until a manager releases it.
    pub fn locks(self) -> bool {
        self == Self::Cjis
    }
}

static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);

/// A hash that nobody's password makes; verifying against it takes as long as against a real one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody signs in with this").expect("a constant hashes"));

/// Whether a password may be chosen. `own_words`: the login name and the agency's name, which are guessed first.
pub fn check_strength(password: &str, rules: PasswordRules, own_words: &[&str]) -> Result<(), Problem> {
    let (count, min) = (password.chars().count(), rules.chars_min());
    if !(min..=CHARS_MAX).contains(&count) {
        return Err(Problem::invalid("password", format!("a password has {min} to {CHARS_MAX} characters")));
    }
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let has_all = has(char::is_uppercase)
        && has(char::is_lowercase)
        && has(char::is_numeric)
        && has(|sign| !sign.is_alphanumeric());
    if rules == PasswordRules::Cjis && !has_all {
        let detail = "a password has upper-case and lower-case letters, digits and other signs";
        return Err(Problem::invalid("password", detail));
    }
    if is_guessable(password, own_words) {
        let detail = "the password is among the first that are guessed: it is made of common words or of few signs";
        return Err(Problem::invalid("password", detail));
    }
    Ok(())
}

/// Nothing but blocked words in a row, also with digits and signs around them or in the place of letters.
fn is_guessable(password: &str, own_words: &[&str]) -> bool {
    let letters: Vec<char> = letters_of(password);
    let distinct: BTreeSet<char> = password.to_lowercase().chars().collect();
    if letters.is_empty() || distinct.len() <= 3 {
        return true;
    }
    let own: Vec<String> = own_words.iter().flat_map(|words| words.split_whitespace()).map(letters_of).collect();
    let words = BLOCKED.lines().map(str::trim).chain(own.iter().map(String::as_str)).filter(|word| word.len() >= 3);
    let words: Vec<Vec<char>> = words.map(|word| word.chars().collect()).collect();
    // Which beginnings are made of words.
    let mut made = vec![false; letters.len() + 1];
    if let Some(start) = made.first_mut() {
        *start = true;
    }
    for place in 0..letters.len() {
        if !made.get(place).copied().unwrap_or_default() {
            continue;
        }
        for word in &words {
            if letters.get(place..place + word.len()) == Some(word.as_slice())
                && let Some(end) = made.get_mut(place + word.len())
            {
                *end = true;
            }
        }
    }
    made.last().copied().unwrap_or_default()
}

/// The letters of a text in lower case, with those that signs and digits stand for.
fn letters_of<T: FromIterator<char>>(text: &str) -> T {
    // Digits at the end are digits: `police2026` is `police`.
    let core = text.trim_end_matches(|sign: char| !sign.is_alphabetic());
    let letter = |sign: char| match sign {
        '0' => Some('o'),
        '1' => Some('i'),
        '3' => Some('e'),
        '4' | '@' => Some('a'),
        '5' | '$' => Some('s'),
        '7' => Some('t'),
        sign if sign.is_alphabetic() => Some(sign),
        _ => None,
    };
    core.to_lowercase().chars().filter_map(letter).collect()
}

fn hash_now(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

fn verify_now(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

pub async fn hash(password: String) -> Result<String, Problem> {
    let result = off_thread(move || hash_now(&password)).await?;
    result.map_err(|error| Problem::failed("the password could not be hashed", &error))
}

/// The one way to check a password. Counts, so that a test can compare the work for names that exist and that do not.
#[derive(Debug, Default)]
pub struct Passwords {
    checked: AtomicU64,
}

impl Passwords {
    /// Whether the password fits. `None` for an unknown user, which takes as long and answers no.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        self.checked.fetch_add(1, Ordering::Relaxed);
        verify(password, hash).await
    }

    /// Passwords that were hashed to be compared, since the start.
    pub fn checked_since_start(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }
}

async fn verify(password: String, hash: Option<String>) -> Result<bool, Problem> {
    off_thread(move || {
        // Who was invited and has no password yet takes as long as well.
        let hash = hash.filter(|hash| !hash.is_empty());
        let fits = verify_now(&password, hash.as_deref().unwrap_or(&NOBODY));
        fits && hash.is_some()
    })
    .await
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let _permit = PERMITS.acquire().await.map_err(|error| Problem::failed("the service is stopping", &error))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::failed("password hashing stopped", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn acc_6_a_password_verifies_and_another_or_an_unknown_user_does_not() {
        let hash = hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!verify("correct horse batterz".into(), Some(hash)).await.unwrap());
        assert!(!verify("nobody signs in with this".into(), None).await.unwrap());
    }

    #[test]
    fn acc_6_nist_short_and_guessable_passwords_are_refused_and_long_ones_need_no_signs() {
        let check = |password: &str| check_strength(password, PasswordRules::Nist, &["ada", "Port Larkin Police"]);
        for weak in [
            "short",
            "password1234567",
            "PasswordPassword",
            "P@ssw0rd!P@ssw0rd!",
            "123456789012345",
            "policepolice2026",
            "aaaaaaaaaaaaaaaa",
            "PortLarkinPolice!",
            "larkin-welcome-2026",
        ] {
            assert!(check(weak).is_err(), "{weak}");
        }
        for good in ["violet kettle seven", "a-long-made-up-password-1"] {
            assert!(check(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn acc_6_cjis_passwords_have_four_kinds_of_signs_and_are_good_for_a_year() {
        let check = |password: &str| check_strength(password, PasswordRules::Cjis, &[]);
        for weak in ["violet kettle seven", "Violet7x", "violet-7", "VIOLET-7", "Vi-7", "Password-1", "P@ssw0rd-2026"] {
            assert!(check(weak).is_err(), "{weak}");
        }
        assert!(check("Violet-7").is_ok());
        assert_eq!(PasswordRules::Cjis.good_for_micros(), Some(365 * DAY_MICROS));
        assert_eq!(PasswordRules::Nist.good_for_micros(), None);
    }
}
