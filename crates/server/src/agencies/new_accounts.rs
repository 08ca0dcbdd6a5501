//! A new account with a password that was typed for it, or with a one-time link by which its person sets one.

use super::acts::{self, Act, Done, NewUser, Secrets};
use crate::App;
use crate::accounts::Caller;
use crate::accounts::invitations::{InvitationMade, invite};
use crate::http::Problem;
use domain::AgencyId;

/// Secrets of an account that comes with a password; without one its person sets password and second factor by a link.
pub(super) async fn first_secrets(
    app: &App,
    agency: AgencyId,
    login: &str,
    password: Option<&str>,
    totp_secret: Option<&[u8]>,
) -> Result<Secrets, Problem> {
    match password {
        Some(password) => acts::user_secrets(app, agency, login, password, totp_secret).await,
        None if totp_secret.is_some() => {
            Err(Problem::invalid("second_factor", "who is invited by a link makes the second factor with it"))
        }
        None => Ok(Secrets::default()),
    }
}

/// Makes the account, and the link where it has no password.
pub(super) async fn make_account(
    app: &App,
    caller: &Caller,
    user: NewUser,
    secrets: Secrets,
) -> Result<(Done, Option<InvitationMade>), Problem> {
    let (agency, id, is_invited) = (user.agency, user.id, secrets.password_hash.is_none());
    let done = acts::perform(app, Some(caller.user.id), Act::CreateUser(user), secrets).await?;
    let invitation = if is_invited { Some(invite(app, caller.user.id, agency, id).await?) } else { None };
    Ok((done, invitation))
}
