//! What is done with invitations. Each is checked inside the transaction that does it, so that of two uses at once one finds
//! the link gone.

use super::store;
use crate::agencies::acts::{ActError, Secrets};
use crate::http::Problem;
use domain::{AgencyId, UserId, UtcMicros};
use serde_json::{Value, json};
use sqlx::{Any, Transaction};

#[derive(Clone, Debug)]
pub enum InvitationAct {
    /// A manager makes a person's link; an earlier one ends.
    Make { agency: AgencyId, user: UserId, expires: UtcMicros },
    /// A manager ends it before it is used.
    End { agency: AgencyId, user: UserId },
    /// The person uses it: password and second factor are theirs, earlier ones and all open sessions end.
    Use { agency: AgencyId, user: UserId },
}

impl InvitationAct {
    pub fn agency(&self) -> AgencyId {
        match self {
            Self::Make { agency, .. } | Self::End { agency, .. } | Self::Use { agency, .. } => *agency,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Make { .. } => "invitation.made",
            Self::End { .. } => "invitation.ended",
            Self::Use { .. } => "invitation.used",
        }
    }

    pub fn record(&self) -> Value {
        match self {
            Self::Make { user, expires, .. } => json!({ "user": user, "expires": expires }),
            Self::End { user, .. } | Self::Use { user, .. } => json!({ "user": user }),
        }
    }

    pub(crate) async fn apply(
        self,
        transaction: &mut Transaction<'_, Any>,
        by: Option<UserId>,
        secrets: &Secrets,
        now: UtcMicros,
    ) -> Result<u32, ActError> {
        match self {
            Self::Make { agency, user, expires } => {
                if by == Some(user) {
                    // A stolen session must not become a new password.
                    let detail = "nobody makes a link for their own account; ask another manager";
                    return Err(Problem::invalid("user", detail).into());
                }
                if !store::is_active(transaction, agency, user).await? {
                    return Err(Problem::conflict("user", "the account is closed; open it first").into());
                }
                Ok(store::put(transaction, user, by, secrets, now, expires).await?)
            }
            Self::End { agency, user } => {
                store::is_active(transaction, agency, user).await?;
                Ok(store::end(transaction, user).await?)
            }
            Self::Use { agency, user } => Ok(store::take(transaction, agency, user, secrets, now).await?),
        }
    }
}
