//! What the two parties of an agreement do with it. The state is checked inside the transaction that changes it, so that of two
//! at once one finds it changed.

use super::store::{self, AgreementState, Terms};
use crate::agencies::acts::ActError;
use crate::http::Problem;
use domain::{AgencyId, UtcMicros};
use serde_json::{Value, json};
use sqlx::{Any, Transaction};

#[derive(Clone, Debug)]
pub enum SharingAct {
    /// The owner signs, and proposes it to the recipient.
    Propose {
        terms: Terms,
        signer: String,
    },
    /// The recipient signs.
    Sign {
        id: u32,
        recipient: AgencyId,
        signer: String,
    },
    Suspend {
        id: u32,
        agency: AgencyId,
        why: String,
    },
    /// Whoever has suspended it lets it go on.
    Resume {
        id: u32,
        agency: AgencyId,
    },
    /// For good. A proposal is declined or taken back so.
    End {
        id: u32,
        agency: AgencyId,
        why: String,
    },
}

impl SharingAct {
    pub fn agency(&self) -> AgencyId {
        match self {
            Self::Propose { terms, .. } => terms.owner,
            Self::Sign { recipient: agency, .. }
            | Self::Suspend { agency, .. }
            | Self::Resume { agency, .. }
            | Self::End { agency, .. } => *agency,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Propose { .. } => "agreement.proposed",
            Self::Sign { .. } => "agreement.signed",
            Self::Suspend { .. } => "agreement.suspended",
            Self::Resume { .. } => "agreement.resumed",
            Self::End { .. } => "agreement.ended",
        }
    }

    pub fn record(&self) -> Value {
        match self {
            Self::Propose { terms, signer } => json!({
                "recipient": terms.recipient, "sources": terms.sources, "permissions": terms.permissions,
                "reasons": terms.reasons, "from": terms.from, "to": terms.to, "document": terms.document,
                "tells_use": terms.tells_use.word(), "signer": signer,
            }),
            Self::Sign { id, signer, .. } => json!({ "agreement": id, "signer": signer }),
            Self::Resume { id, .. } => json!({ "agreement": id }),
            Self::Suspend { id, why, .. } | Self::End { id, why, .. } => json!({ "agreement": id, "why": why }),
        }
    }

    pub(crate) async fn apply(self, transaction: &mut Transaction<'_, Any>, now: UtcMicros) -> Result<u32, ActError> {
        let (is_done, fault) = match &self {
            Self::Propose { terms, signer } => return Ok(store::insert(transaction, terms, signer, now).await?),
            Self::Sign { id, recipient, signer } => (
                store::sign(transaction, *id, *recipient, signer, now).await?,
                "there is no proposal that this agency could sign",
            ),
            Self::Suspend { id, agency, why } => {
                (store::stop(transaction, *id, *agency, false, why, now).await?, "it is not in force")
            }
            Self::Resume { id, agency } => {
                (store::resume(transaction, *id, *agency).await?, "it is not suspended by this agency")
            }
            Self::End { id, agency, why } => {
                (store::stop(transaction, *id, *agency, true, why, now).await?, "it is over already")
            }
        };
        if is_done { Ok(0) } else { Err(Problem::conflict("state", fault).into()) }
    }

    /// The act that brings an agreement into the state that a party asks for.
    pub fn into_state(
        agreement: &store::Agreement,
        agency: AgencyId,
        to: AgreementState,
        signer: &str,
        why: &str,
    ) -> Self {
        let (id, why) = (agreement.id, why.to_owned());
        match to {
            AgreementState::InForce if agreement.state == AgreementState::Proposed => {
                Self::Sign { id, recipient: agency, signer: signer.to_owned() }
            }
            AgreementState::Proposed | AgreementState::InForce => Self::Resume { id, agency },
            AgreementState::Suspended => Self::Suspend { id, agency, why },
            AgreementState::Ended => Self::End { id, agency, why },
        }
    }
}
