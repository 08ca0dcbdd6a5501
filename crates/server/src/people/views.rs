//! People, their permissions and certificates as managers and supervisors see them, and a person's own permissions.

use super::store::{Certificate, Grant, scope};
use crate::accounts::store::User;
use crate::http::Problem;
use crate::training::views::CourseView;
use domain::time::DAY_MICROS;
use domain::{AgencyId, Permission, Role, UserId, UtcMicros};
use policy::{GrantStanding, Limits};
use serde::Serialize;
use std::collections::HashMap;
use storage::Vault;
use utoipa::ToSchema;

/// How long before its review a permission is listed.
pub const REVIEW_SHOWN_DAYS: i64 = 30;

/// A person of the agency.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that is said of the person")]
pub struct PersonView {
    pub user: String,
    pub login: String,
    pub name: String,
    pub unit: u32,
    pub unit_name: String,
    pub roles: Vec<String>,
    pub cleared: bool,
    pub active: bool,
    /// For reminders and one-time links; managers only are shown it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Since when too many failed sign-ins keep the account locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<String>,
    /// Has one-time codes.
    pub second_factor: bool,
    /// How many passkeys.
    pub passkeys: i64,
    /// Signs in with a password; false until the invitation is used.
    pub password: bool,
    /// Until when a one-time link can still be used, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_until: Option<String>,
    pub grants: Vec<GrantView>,
    /// Newest first.
    pub certificates: Vec<CertificateView>,
    pub training: Vec<CourseView>,
}

/// A permission that the person holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantView {
    pub permission: String,
    /// RFC 3339, UTC, as all times here.
    pub granted: String,
    /// Left out where it came with the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<String>,
    /// The supervisor who certified the need to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certified_by: Option<String>,
    /// Until when it was certified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<String>,
    pub review_due: String,
    /// The review is late.
    pub overdue: bool,
    /// `in-force`; `unused`, lapsed until a review confirms it; `ended`, the certified time is over.
    pub state: String,
}

/// A supervisor's word that a person needs a permission.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateView {
    pub id: u32,
    pub permission: String,
    /// Name of the supervisor.
    pub supervisor: String,
    pub why: String,
    pub made: String,
    pub until: String,
    /// A permission can still be granted on it.
    pub usable: bool,
}

/// One of the caller's own permissions.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnGrantView {
    pub permission: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    pub review_due: String,
    /// `in-force`, `unused`, `ended`.
    pub state: String,
}

fn state(limits: &Limits, grant: &Grant, now: UtcMicros) -> &'static str {
    match limits.grant(grant.facts(), now) {
        GrantStanding::InForce => "in-force",
        GrantStanding::Unused => "unused",
        GrantStanding::Ended => "ended",
    }
}

fn text(time: Option<UtcMicros>) -> Option<String> {
    time.map(|time| time.to_string())
}

impl OwnGrantView {
    pub fn of(limits: &Limits, permission: Permission, grant: &Grant, now: UtcMicros) -> Self {
        Self {
            permission: permission.word().into(),
            until: text(grant.certified.map(|(_, until)| until)),
            last_used: text(grant.last_used),
            review_due: limits.review_due(grant.confirmed()).to_string(),
            state: state(limits, grant, now).into(),
        }
    }
}

impl GrantView {
    pub(super) fn of(
        limits: &Limits,
        permission: Permission,
        grant: &Grant,
        people: &HashMap<UserId, &User>,
        now: UtcMicros,
    ) -> Self {
        let name = |user: UserId| people.get(&user).map(|user| user.name.clone());
        let due = limits.review_due(grant.confirmed());
        Self {
            permission: permission.word().into(),
            granted: grant.granted.to_string(),
            granted_by: grant.granted_by.and_then(name),
            certified_by: grant.certified.and_then(|(supervisor, _)| name(supervisor)),
            until: text(grant.certified.map(|(_, until)| until)),
            last_used: text(grant.last_used),
            reviewed: text(grant.reviewed),
            reviewed_by: grant.reviewed_by.and_then(name),
            review_due: due.to_string(),
            overdue: due <= now,
            state: state(limits, grant, now).into(),
        }
    }
}

impl CertificateView {
    pub(super) fn of(
        vault: &Vault,
        agency: AgencyId,
        certificate: &Certificate,
        people: &HashMap<UserId, &User>,
        now: UtcMicros,
    ) -> Result<Self, Problem> {
        let why = vault
            .open_sealed(&scope(agency), &certificate.sealed)
            .map_err(|error| Problem::failed("a certificate could not be opened", &error))?;
        let supervisor = people.get(&certificate.supervisor);
        let still = |supervisor: &&User| {
            supervisor.active && supervisor.unit == certificate.unit && supervisor.roles.contains(&Role::Supervisor)
        };
        let in_unit = people.get(&certificate.user).is_some_and(|user| user.unit == certificate.unit);
        Ok(Self {
            id: certificate.id,
            permission: certificate.permission.word().into(),
            supervisor: supervisor.map(|user| user.name.clone()).unwrap_or_default(),
            why: String::from_utf8_lossy(&why).into_owned(),
            made: certificate.made.to_string(),
            until: certificate.until.to_string(),
            usable: !certificate.used && now < certificate.until && in_unit && supervisor.is_some_and(still),
        })
    }
}

/// Whether a review is near enough to be listed.
pub(super) fn review_is_near(due: UtcMicros, now: UtcMicros) -> bool {
    due.0 - now.0 <= REVIEW_SHOWN_DAYS * DAY_MICROS
}
