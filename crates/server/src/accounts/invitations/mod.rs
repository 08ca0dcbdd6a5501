//! Invitations: a one-time link by which a person sets an own password and second factor, for a new account or in the place
//! of a lost one. A manager makes it and sees it once; nobody but the invited ever knows the password (ASVS 6.4.6).
//!
//! The link's secret stands behind the `#`, which browsers send to no server, so that no log of paths can keep it.

pub mod acts;
pub mod api;
pub mod store;

use super::sessions;
use crate::App;
use crate::agencies::acts::{self as agency_acts, Act, Secrets};
use crate::http::Problem;
use acts::InvitationAct;
use domain::{AgencyId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a link can be used: CJIS AC-2(2) gives temporary accounts as long.
pub const LINK_HOURS: i64 = 72;
/// Bytes of a TOTP secret (RFC 4226 recommends 160 bits).
const TOTP_SECRET_BYTES: usize = 20;

/// A link that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationMade {
    /// For the invited person alone; shown once.
    pub link: String,
    /// Until when it can be used, RFC 3339, UTC.
    pub expires: String,
    pub ledger_entry: u64,
}

/// Makes a person's link; an earlier one ends. The present password and second factor hold until it is used.
pub async fn invite(app: &App, by: UserId, agency: AgencyId, user: UserId) -> Result<InvitationMade, Problem> {
    let (secret, id) = sessions::new_secret(&app.vault);
    let expires = app.clock.now().plus_micros(LINK_HOURS * 3_600_000_000);
    let factor = storage::vault::random_bytes::<TOTP_SECRET_BYTES>();
    let factor = app
        .vault
        .seal(&super::store::totp_scope(agency), &factor)
        .map_err(|error| Problem::failed("the second factor could not be sealed", &error))?;
    let secrets = Secrets { link_hash: Some(id), totp_sealed: Some(factor), ..Secrets::default() };
    let act = Act::Invitations(InvitationAct::Make { agency, user, expires });
    let done = agency_acts::perform(app, Some(by), act, secrets).await?;
    let mut link = app.public_url.join("join").map_err(|_| Problem::broken("the public address takes no path"))?;
    link.set_fragment(Some(&format!("link={secret}")));
    Ok(InvitationMade { link: link.into(), expires: expires.to_string(), ledger_entry: done.ledger_entry })
}
