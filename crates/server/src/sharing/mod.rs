//! Sharing (AGY-2, AGY-3): whose detections an agency may see. An agreement has two signatures, either side suspends or ends
//! it at once, and each side sees what use was made of its detections as far as the other has signed that it may.

pub mod acts;
pub mod api;
pub mod store;
pub mod usage;

use crate::App;
use crate::agencies::store::{self as agency_store, Agency};
use crate::cameras::store::{self as camera_store, Camera};
use crate::http::Problem;
use policy::{PoolFacts, SharingRefusal};

/// Whether the owner's policy lets it share with the recipient.
pub fn allowed(app: &App, owner: &Agency, recipient: &Agency) -> Result<(), SharingRefusal> {
    let Some(policy) = app.policy_of(owner) else {
        return Err(SharingRefusal {
            rule: "policy-unknown".into(),
            sentence: "The owner's policy is of a newer release; nothing can be shared.".into(),
            unlock: None,
        });
    };
    policy::share(&policy, &owner.party(), &recipient.party(), app.clock.now())
}

/// The pools that policy decides on for an agency.
pub async fn pools(app: &App, recipient: &Agency) -> Result<Vec<PoolFacts>, Problem> {
    let agencies = agency_store::agencies(&app.sql).await?;
    let owner_allows = |owner| {
        let owner = agencies.iter().find(|agency| agency.id == owner);
        owner.is_some_and(|owner| allowed(app, owner, recipient).is_ok())
    };
    Ok(store::pool_facts(&app.sql, recipient.id, owner_allows).await?)
}

/// The active cameras whose detections an agency could ask for.
pub async fn cameras(app: &App, recipient: &Agency) -> Result<Vec<Camera>, Problem> {
    let pools = pools(app, recipient).await?;
    Ok(camera_store::visible_in(&app.sql, &pools, app.clock.now()).await?)
}
