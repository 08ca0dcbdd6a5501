//! Session secrets and their lifetimes.

use super::store::{Session, SessionKind};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{LogIn, UtcMicros};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use storage::Vault;

/// A browser session ends after this long without a request (CJIS AC-11 asks for 30 minutes at most).
pub const IDLE_MICROS_MAX: i64 = 30 * MINUTE_MICROS;
/// A browser session ends after this long whatever happens.
pub const SESSION_MICROS_MAX: i64 = 12 * 60 * MINUTE_MICROS;
/// A token from the plain door may live this long.
pub const PLAIN_TOKEN_MICROS_MAX: i64 = 90 * 24 * 60 * MINUTE_MICROS;
/// A token from the enhanced door lives no longer than the session that makes it, see [`tokens_end_with_it`].
pub const ENHANCED_TOKEN_MICROS_MAX: i64 = SESSION_MICROS_MAX;
/// Valid tokens of one user.
pub const TOKENS_MAX: i64 = 20;
/// Sessions and tokens of one user together; a further sign-in ends the one that was unused longest.
pub const SESSIONS_MAX: i64 = 100;
/// The last request's time is written at most this often.
pub const TOUCH_MICROS: i64 = MINUTE_MICROS;
/// A first start's one-time link.
pub const SETUP_LINK_MICROS: i64 = 24 * 60 * MINUTE_MICROS;

const MINUTE_MICROS: i64 = 60 * 1_000_000;
const SECRET_BYTES: usize = 32;
const HANDLE_BYTES: usize = 16;

pub const COOKIE: &str = "sightline";

/// A new secret, and the id under which it is stored.
pub fn new_secret(vault: &Vault) -> (String, String) {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(storage::vault::random_bytes::<SECRET_BYTES>());
    let id = id_of(vault, &secret);
    (secret, id)
}

/// The keyed hash of a secret: a copy of the database opens no session. A new session key makes all of them unknown.
pub fn id_of(vault: &Vault, secret: &str) -> String {
    keyed_hash(vault.session_key(), secret)
}

/// A new secret that outlives every session key, such as a camera's, and the id under which it is stored.
pub fn new_lasting_secret(vault: &Vault) -> (String, String) {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(storage::vault::random_bytes::<SECRET_BYTES>());
    let id = lasting_id_of(vault, &secret);
    (secret, id)
}

/// The keyed hash of what must be found again whatever session key is in force.
pub fn lasting_id_of(vault: &Vault, text: &str) -> String {
    keyed_hash(vault.lookup_key(), text)
}

fn keyed_hash(key: &[u8], text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// The cookie's header value. `Secure` is kept by browsers on `http://localhost` too.
pub fn cookie(secret: &str) -> String {
    let seconds = SESSION_MICROS_MAX / 1_000_000;
    format!("{COOKIE}={secret}; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age={seconds}")
}

pub fn expired_cookie() -> String {
    format!("{COOKIE}=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0")
}

impl Session {
    /// When it ends if nobody uses it any more.
    pub fn ends(&self) -> UtcMicros {
        let idle = self.last_seen.plus_micros(IDLE_MICROS_MAX);
        if self.kind == SessionKind::Web { idle.min(self.expires) } else { self.expires }
    }

    /// What lists call it. The id itself is half of what a cookie is compared by, and stays inside.
    pub fn handle(&self) -> String {
        let digest = Sha256::digest(self.id.as_bytes());
        hex::encode(digest.get(..HANDLE_BYTES).unwrap_or_default())
    }

    pub fn is_over(&self, now: UtcMicros) -> bool {
        let idle = self.kind == SessionKind::Web && now.0 - self.last_seen.0 >= IDLE_MICROS_MAX;
        now >= self.expires || idle
    }
}

/// How long a token through this door may live.
pub fn token_micros_max(log_in: LogIn) -> i64 {
    match log_in {
        LogIn::Plain => PLAIN_TOKEN_MICROS_MAX,
        LogIn::Enhanced => ENHANCED_TOKEN_MICROS_MAX,
    }
}

/// Whether a token made in this session ends with it at the latest. One second factor, or one sign-in of a program, would
/// otherwise hold without end: each token would make the next.
pub fn tokens_end_with_it(session: &Session) -> bool {
    session.kind == SessionKind::Token || session.log_in == LogIn::Enhanced
}
