//! Passwords: Argon2id (RFC 9106, 19 MiB, 2 passes, the OWASP minimum), off the async threads, a few at a time.

use crate::http::Problem;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// NIST SP 800-63B-4: at least 15 characters where the password is the only factor, and no composition rules.
const CHARS_MIN: usize = 15;
const CHARS_MAX: usize = 128;
/// Hashes at one time: each takes 19 MiB, and sign-in storms must not starve queries.
const AT_ONCE: usize = 4;
/// Words that guesses begin with; a password may not consist of one of them repeated or with digits added.
const BLOCKED: [&str; 8] = ["password", "qwerty", "letmein", "welcome", "sightline", "admin", "police", "changeme"];

static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);

/// A hash that nobody's password makes; verifying against it takes as long as against a real one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody signs in with this").expect("a constant hashes"));

pub fn check_strength(password: &str) -> Result<(), Problem> {
    let count = password.chars().count();
    if !(CHARS_MIN..=CHARS_MAX).contains(&count) {
        let detail = format!("a password has {CHARS_MIN} to {CHARS_MAX} characters");
        return Err(Problem::invalid("password", detail));
    }
    let letters: String = password.to_lowercase().chars().filter(|character| character.is_alphabetic()).collect();
    if letters.is_empty() || BLOCKED.iter().any(|word| letters.replace(word, "").is_empty()) {
        return Err(Problem::invalid("password", "the password is among the first that are guessed; choose another"));
    }
    Ok(())
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

/// Whether the password fits. `None` for an unknown user, which takes as long and answers no.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, Problem> {
    off_thread(move || {
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
    fn acc_6_short_and_guessable_passwords_are_refused() {
        for weak in ["short", "password1234567", "PasswordPassword", "123456789012345", "policepolice2026"] {
            assert!(check_strength(weak).is_err(), "{weak}");
        }
        assert!(check_strength("violet kettle seven").is_ok());
    }
}
