//! From a request's cookie or token to the person behind it, with everything that policy asks of them.
//!
//! All of it is read anew for every request: a closed account, a changed right or new rules act on the next one (ACC-8).

use super::sessions::{self, COOKIE, TOUCH_MICROS};
use super::store::{self, Session, SessionKind, User};
use crate::App;
use crate::agencies::store as agency_store;
use crate::agencies::store::{Agency, Unit};
use crate::http::Problem;
use crate::people::store::{self as people_store, Grants};
use crate::training::store::{self as training_store, Trained};
use axum::http::{HeaderMap, Method, header};
use domain::{LogIn, Permission, Role, UtcMicros};
use policy::{AgencyPolicy, Asker, PersonnelFile, Signature};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Browsers send this header with every change; a form on another site cannot.
pub const SAME_SITE_HEADER: &str = "x-sightline";
/// Longest device name that is kept.
const DEVICE_CHARS_MAX: usize = 120;

/// Who makes a request.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user: User,
    pub agency: Agency,
    pub unit: Unit,
    pub session: Session,
    pub grants: Grants,
    pub trained: Trained,
    /// `None` where the agency's policy is of a newer release.
    policy: Option<Arc<AgencyPolicy>>,
}

impl Caller {
    /// Reads the session of a request. A cookie counts for changes only with [`SAME_SITE_HEADER`].
    pub async fn of_request(app: &App, method: &Method, headers: &HeaderMap) -> Result<Self, Problem> {
        let (secret, kind) = presented(headers).ok_or_else(Problem::signed_out)?;
        if kind == SessionKind::Web && !method.is_safe() && !headers.contains_key(SAME_SITE_HEADER) {
            return Err(Problem::not_permitted("a change by cookie needs the header `x-sightline: 1`"));
        }
        let id = sessions::id_of(&app.vault, secret);
        let now = app.clock.now();
        let session = store::session(&app.sql, &id).await?.filter(|session| session.kind == kind);
        let Some(session) = session.filter(|session| !session.is_over(now)) else {
            return Err(Problem::signed_out());
        };
        let user = store::user(&app.sql, session.user).await?.filter(|user| user.active);
        let user = user.ok_or_else(Problem::signed_out)?;
        let agency = agency_store::agency(&app.sql, user.agency).await?.filter(|agency| agency.active);
        let agency = agency.ok_or_else(Problem::signed_out)?;
        let unit = agency_store::unit(&app.sql, user.unit).await?.ok_or_else(Problem::signed_out)?;
        if now.0 - session.last_seen.0 >= TOUCH_MICROS {
            store::touch_session(&app.sql, &session.id, now).await?;
        }
        let grants = people_store::grants_of_user(&app.sql, user.id).await?;
        let trained = training_store::of_user(&app.sql, user.id).await?;
        let policy = app.policy_of(&agency);
        let only_passkeys = policy.as_ref().is_none_or(|policy| policy.limits().phishing_resistant);
        // The agency began to ask for passkeys while this session was open: it reaches no further than the plain door.
        let mut session = session;
        if only_passkeys && !session.by_passkey {
            session.log_in = LogIn::Plain;
        }
        Ok(Self { user, agency, unit, session, grants, trained, policy })
    }

    /// The rules of behaviour at their current version; for the enhanced door the enhanced ones too (ACC-4).
    pub fn has_accepted_rules(&self) -> bool {
        let standard = self.session.rules_version == self.agency.rules_version;
        let enhanced = self.session.enhanced_rules_version == self.agency.rules_version;
        standard && (self.session.log_in == LogIn::Plain || enhanced)
    }

    /// When the password must be changed, where there is one: at once where somebody else typed it, otherwise when the
    /// agency's rules say so.
    pub fn password_expires(&self) -> Option<UtcMicros> {
        if self.user.password.is_empty() {
            return None;
        }
        if self.user.password_typed_for {
            return Some(self.user.password_set);
        }
        let micros = self.agency.passwords.good_for_micros()?;
        Some(self.user.password_set.plus_micros(micros))
    }

    pub fn has_role(&self, role: Role) -> bool {
        self.user.roles.contains(&role)
    }

    /// What the user holds, as far as this session reaches: a token's scopes only narrow. Lapsed permissions are among
    /// them; decisions tell why these do not count.
    pub fn permissions(&self) -> BTreeSet<Permission> {
        let in_scope =
            |permission: &&Permission| self.session.scopes.as_ref().is_none_or(|scopes| scopes.contains(permission));
        self.grants.keys().filter(in_scope).copied().collect()
    }

    pub fn signature(&self) -> Signature {
        Signature {
            user: self.user.id,
            agency: self.agency.id,
            unit: self.unit.id,
            roles: self.user.roles.iter().copied().collect(),
            log_in: self.session.log_in,
            channel: match self.session.kind {
                SessionKind::Web => "web".into(),
                SessionKind::Token => "api".into(),
            },
            device: self.session.device.clone(),
        }
    }

    pub fn asker(&self) -> Asker {
        Asker {
            signature: self.signature(),
            permissions: self.permissions(),
            cleared: self.user.cleared,
            active: self.user.active,
            agency_active: self.agency.active,
            unit_profile: self.unit.profile.clone(),
            rules_accepted: self.session.rules_version == self.agency.rules_version,
            enhanced_rules_accepted: self.session.enhanced_rules_version == self.agency.rules_version,
            file: personnel_file(&self.grants, &self.trained),
        }
    }

    /// The agency's policy as it was when this request began.
    pub fn policy(&self) -> Result<&AgencyPolicy, Problem> {
        self.policy
            .as_deref()
            .ok_or_else(|| Problem::not_permitted("the agency's policy is of a newer release; nothing can be asked"))
    }
}

/// What is on file of a person, as policy asks it.
pub fn personnel_file(grants: &Grants, trained: &Trained) -> PersonnelFile {
    PersonnelFile {
        trained: trained.clone(),
        grants: grants.iter().map(|(permission, grant)| (*permission, grant.facts())).collect(),
    }
}

/// The secret that a request carries: a bearer token wins over a cookie.
fn presented(headers: &HeaderMap) -> Option<(&str, SessionKind)> {
    if let Some(token) = bearer(headers) {
        return Some((token, SessionKind::Token));
    }
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let secret = cookies.split(';').find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    (!secret.is_empty()).then_some((secret, SessionKind::Web))
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

/// What a client says of its device, cut to a bound and without control characters.
pub fn device_name(said: Option<&str>, headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    said.or(agent)
        .unwrap_or("unnamed")
        .chars()
        .filter(|character| !character.is_control())
        .take(DEVICE_CHARS_MAX)
        .collect()
}
