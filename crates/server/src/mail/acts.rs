//! Setting a person's e-mail address. The entry says that it was set or taken away, and not what it is.

use super::store;
use crate::agencies::acts::ActError;
use domain::{AgencyId, UserId};
use serde_json::{Value, json};
use sqlx::{Any, Transaction};

#[derive(Clone, Debug)]
pub enum MailAct {
    /// Sealed under the agency's key; `None` takes the address away.
    SetAddress { agency: AgencyId, user: UserId, sealed: Option<Vec<u8>> },
}

impl MailAct {
    pub fn agency(&self) -> AgencyId {
        let Self::SetAddress { agency, .. } = self;
        *agency
    }

    pub fn kind(&self) -> &'static str {
        "email.set"
    }

    pub fn record(&self) -> Value {
        let Self::SetAddress { user, sealed, .. } = self;
        json!({ "user": user, "has_address": sealed.is_some() })
    }

    pub(crate) async fn apply(self, transaction: &mut Transaction<'_, Any>) -> Result<u32, ActError> {
        let Self::SetAddress { agency, user, sealed } = self;
        Ok(store::set_address(transaction, agency, user, sealed).await?)
    }
}
