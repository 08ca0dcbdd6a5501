//! The people of an agency after their accounts are made: role, unit and clearance, and permissions, each with the
//! certificate of need to know that came first, its seat, its reviews and its last use (ACC-1, ACC-7).

pub mod acts;
pub mod api;
pub mod entry;
pub(crate) mod seats;
pub mod store;
pub mod views;

use domain::Role;
use std::collections::BTreeSet;

/// Roles that run or oversee: they ask nothing and hold no permission.
pub const ADMINISTERING: [Role; 4] = [Role::AgencyManager, Role::PrivacyOfficer, Role::DataSteward, Role::HostOperator];
/// Roles that ask.
const ASKING: [Role; 5] = [
    Role::CriminalInvestigator,
    Role::TaskForceOfficer,
    Role::CriminalAnalyst,
    Role::InvestigativeAssistant,
    Role::PatrolOfficer,
];

/// Whether somebody with these roles administers or oversees.
pub fn administers(roles: &BTreeSet<Role>) -> bool {
    ADMINISTERING.iter().any(|role| roles.contains(role))
}

/// Whether roles of both sides are in one hand, which separation of duties does not allow.
pub fn mixes_duties(roles: &BTreeSet<Role>) -> bool {
    administers(roles) && ASKING.iter().any(|role| roles.contains(role))
}
