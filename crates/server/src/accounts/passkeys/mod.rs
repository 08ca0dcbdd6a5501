//! Passkeys (`WebAuthn` Level 3): a person registers own ones, signs in through the enhanced door with them, and steps up.
//!
//! User verification is always asked for. A ceremony's state is in the database, for five minutes and for one use; a
//! signature counter that does not rise is refused. Synced passkeys are taken: attestation is not asked for
//! (`docs/threats.md`).

pub mod api;
pub mod ceremonies;
pub mod sign_in;
pub mod store;

use crate::App;
use crate::http::Problem;
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// Passkeys of one person.
pub const PASSKEYS_MAX: i64 = 10;
/// Characters of a passkey's name.
pub const NAME_CHARS_MAX: usize = 80;
/// How long a person may take over a ceremony.
pub const CEREMONY_MICROS: i64 = 5 * 60 * 1_000_000;
/// Sign-ins that were begun and not ended. Anybody may begin one; a further one pushes the oldest out.
pub const SIGN_INS_BEGUN_MAX: i64 = 10_000;

/// The service as browsers know it: the host name of its public address is the id that passkeys are bound to.
pub fn relying_party(app: &App) -> Result<Webauthn, Problem> {
    let host = app.public_url.domain().ok_or_else(no_host_name)?;
    let builder = WebauthnBuilder::new(host, &app.public_url).map_err(|_| no_host_name())?;
    builder.rp_name("Sightline").build().map_err(|_| no_host_name())
}

fn no_host_name() -> Problem {
    Problem::conflict("public_url", "the service's public address has no host name, which passkeys are bound to")
}
