//! Changes of people and of what they may ask. Each is checked inside the transaction that makes it, so that of two at
//! once none passes on what the other has just taken.

use super::store::{self, Certificate};
use super::{administers, mixes_duties, seats};
use crate::accounts::passkeys::store as passkey_store;
use crate::accounts::{store as account_store, vouching};
use crate::agencies::acts::ActError;
use crate::agencies::store::{join_words, next_id, small_id};
use crate::http::Problem;
use domain::{AgencyId, Permission, Role, UnitId, UserId, UtcMicros};
use serde_json::{Value, json};
use sqlx::{Any, Transaction};
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
pub enum PeopleAct {
    Change {
        agency: AgencyId,
        user: UserId,
        change: PersonChange,
    },
    SetActive {
        agency: AgencyId,
        user: UserId,
        active: bool,
    },
    Certify(NewCertificate),
    Grant {
        agency: AgencyId,
        user: UserId,
        permission: Permission,
        needs_certificate: bool,
    },
    EndGrant {
        agency: AgencyId,
        user: UserId,
        permission: Permission,
    },
    /// `keep`: the permission is still needed; otherwise it ends.
    Review {
        agency: AgencyId,
        user: UserId,
        permission: Permission,
        keep: bool,
    },
    /// Releases an account that too many failures locked.
    Unlock {
        agency: AgencyId,
        user: UserId,
    },
    /// Ends one session or token of a person, by its id and what lists call it, or all of them.
    EndSessions {
        agency: AgencyId,
        user: UserId,
        session: Option<(String, String)>,
    },
    /// Removes all passkeys of a person who lost them, with every session.
    RemovePasskeys {
        agency: AgencyId,
        user: UserId,
    },
    SetSeats {
        agency: AgencyId,
        permission: Permission,
        seats: Option<u32>,
    },
}

/// What is changed of a person; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct PersonChange {
    pub name: Option<String>,
    pub unit: Option<UnitId>,
    pub roles: Option<BTreeSet<Role>>,
    pub cleared: Option<bool>,
}

#[derive(Clone, Debug)]
pub struct NewCertificate {
    pub agency: AgencyId,
    pub user: UserId,
    pub permission: Permission,
    /// As the ledger records it.
    pub why: String,
    /// As the database keeps it.
    pub sealed: Vec<u8>,
    pub until: UtcMicros,
}

impl PeopleAct {
    pub fn agency(&self) -> AgencyId {
        match self {
            Self::Change { agency, .. }
            | Self::SetActive { agency, .. }
            | Self::Grant { agency, .. }
            | Self::EndGrant { agency, .. }
            | Self::Review { agency, .. }
            | Self::Unlock { agency, .. }
            | Self::EndSessions { agency, .. }
            | Self::RemovePasskeys { agency, .. }
            | Self::SetSeats { agency, .. } => *agency,
            Self::Certify(certificate) => certificate.agency,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Change { .. } => "user.changed",
            Self::SetActive { .. } => "user.activity-set",
            Self::Certify(_) => "need.certified",
            Self::Grant { .. } => "permission.granted",
            Self::EndGrant { .. } => "permission.ended",
            Self::Review { .. } => "permission.reviewed",
            Self::Unlock { .. } => "user.unlocked",
            Self::EndSessions { .. } => "sessions.ended",
            Self::RemovePasskeys { .. } => "passkeys.removed",
            Self::SetSeats { .. } => "seats.set",
        }
    }

    pub fn record(&self) -> Value {
        match self {
            Self::Change { user, change, .. } => json!({
                "user": user, "name": change.name, "unit": change.unit, "roles": change.roles, "cleared": change.cleared,
            }),
            Self::SetActive { user, active, .. } => json!({ "user": user, "active": active }),
            Self::Certify(certificate) => json!({
                "user": certificate.user, "permission": certificate.permission, "why": certificate.why,
                "until": certificate.until,
            }),
            Self::Grant { user, permission, .. } | Self::EndGrant { user, permission, .. } => {
                json!({ "user": user, "permission": permission })
            }
            Self::Review { user, permission, keep, .. } => {
                json!({ "user": user, "permission": permission, "keep": keep })
            }
            Self::Unlock { user, .. } | Self::RemovePasskeys { user, .. } => json!({ "user": user }),
            Self::EndSessions { user, session, .. } => {
                json!({ "user": user, "session": session.as_ref().map(|(_, handle)| handle) })
            }
            Self::SetSeats { permission, seats, .. } => json!({ "permission": permission, "seats": seats }),
        }
    }

    pub(crate) async fn apply(
        self,
        transaction: &mut Transaction<'_, Any>,
        by: Option<UserId>,
        now: UtcMicros,
    ) -> Result<u32, ActError> {
        let agency = self.agency();
        // Changes of one agency's people wait for one another: seats are counted, and roles weighed against permissions.
        sqlx::query("UPDATE agencies SET active = active WHERE id = $1")
            .bind(i64::from(agency.0))
            .execute(&mut **transaction)
            .await?;
        match self {
            Self::Change { user, change, .. } => {
                let done = change_person(transaction, agency, user, by, &change).await?;
                if change.roles.is_some() || change.unit.is_some() {
                    vouching::note(transaction, agency, user, by, now).await?;
                }
                Ok(done)
            }
            Self::SetActive { user, active, .. } => {
                not_oneself(by, user)?;
                Ok(account_store::set_active(transaction, agency, user, active).await?)
            }
            Self::Certify(certificate) => certify(transaction, by, &certificate, now).await,
            Self::Grant { user, permission, needs_certificate, .. } => {
                grant(transaction, agency, user, permission, by, needs_certificate, now).await
            }
            Self::EndGrant { user, permission, .. } => {
                store::place_of(transaction, agency, user).await?;
                Ok(end_grant(transaction, user, permission).await?)
            }
            Self::Review { user, permission, keep, .. } => {
                not_oneself(by, user)?;
                store::place_of(transaction, agency, user).await?;
                if keep {
                    confirm(transaction, user, permission, by, now).await
                } else {
                    Ok(end_grant(transaction, user, permission).await?)
                }
            }
            Self::Unlock { user, .. } => {
                not_oneself(by, user)?;
                store::place_of(transaction, agency, user).await?;
                sqlx::query("UPDATE users SET locked = NULL WHERE id = $1")
                    .bind(user.to_string())
                    .execute(&mut **transaction)
                    .await?;
                Ok(0)
            }
            Self::EndSessions { user, session, .. } => {
                store::place_of(transaction, agency, user).await?;
                let session = session.as_ref().map(|(id, _)| id.as_str());
                account_store::end_sessions_of(transaction, user, session).await?;
                Ok(0)
            }
            Self::RemovePasskeys { user, .. } => {
                not_oneself(by, user)?;
                store::place_of(transaction, agency, user).await?;
                passkey_store::remove_all(transaction, user).await?;
                Ok(0)
            }
            Self::SetSeats { permission, seats, .. } => Ok(seats::set(transaction, agency, permission, seats).await?),
        }
    }
}

fn not_oneself(by: Option<UserId>, user: UserId) -> Result<(), ActError> {
    if by == Some(user) {
        return Err(Problem::invalid("user", "nobody changes their own account; ask another manager").into());
    }
    Ok(())
}

pub(super) fn conflict(rule: &str, sentence: impl Into<String>) -> ActError {
    Problem { rule: Some(rule.to_owned()), ..Problem::conflict("permission", sentence) }.into()
}

async fn holds_any(transaction: &mut Transaction<'_, Any>, user: UserId) -> Result<bool, sqlx::Error> {
    let text = "SELECT permission FROM grants WHERE user_id = $1 LIMIT 1";
    Ok(sqlx::query(text).bind(user.to_string()).fetch_optional(&mut **transaction).await?.is_some())
}

async fn change_person(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
    by: Option<UserId>,
    change: &PersonChange,
) -> Result<u32, ActError> {
    not_oneself(by, user)?;
    store::place_of(transaction, agency, user).await?;
    if let Some(roles) = &change.roles {
        check_roles(roles)?;
        if administers(roles) && holds_any(transaction, user).await? {
            let sentence = "this person holds permissions; end them before the person administers or oversees";
            return Err(Problem::invalid("roles", sentence).into());
        }
    }
    if let Some(unit) = change.unit {
        account_store::unit_of_agency(transaction, agency, unit).await?;
    }
    let id = user.to_string();
    let set = async |transaction: &mut Transaction<'_, Any>, text: &'static str, value: i64| {
        sqlx::query(text).bind(id.as_str()).bind(value).execute(&mut **transaction).await.map(|_| ())
    };
    if let Some(unit) = change.unit {
        set(transaction, "UPDATE users SET unit = $2 WHERE id = $1", i64::from(unit.0)).await?;
    }
    if let Some(cleared) = change.cleared {
        set(transaction, "UPDATE users SET cleared = $2 WHERE id = $1", i64::from(cleared)).await?;
    }
    for (text, value) in [
        ("UPDATE users SET name = $2 WHERE id = $1", change.name.clone()),
        ("UPDATE users SET roles = $2 WHERE id = $1", change.roles.as_ref().map(join_words)),
    ] {
        if let Some(value) = value {
            sqlx::query(text).bind(id.as_str()).bind(value).execute(&mut **transaction).await?;
        }
    }
    Ok(0)
}

/// Roles that an account of an agency can have together.
pub fn check_roles(roles: &BTreeSet<Role>) -> Result<(), Problem> {
    if roles.contains(&Role::HostOperator) {
        return Err(Problem::invalid("roles", "a host operator is not of an agency"));
    }
    if mixes_duties(roles) {
        let sentence = "who administers or oversees does not ask: give the roles to two people";
        return Err(Problem::invalid("roles", sentence));
    }
    Ok(())
}

async fn certify(
    transaction: &mut Transaction<'_, Any>,
    by: Option<UserId>,
    new: &NewCertificate,
    now: UtcMicros,
) -> Result<u32, ActError> {
    let supervisor = by.ok_or(sqlx::Error::RowNotFound)?;
    if supervisor == new.user {
        return Err(Problem::invalid("user", "nobody certifies their own need to know").into());
    }
    let place = store::place_of(transaction, new.agency, new.user).await?;
    let own = store::place_of(transaction, new.agency, supervisor).await?;
    if !supervises(&own, place.unit) {
        return Err(sqlx::Error::RowNotFound.into());
    }
    let id = next_id(&mut **transaction, "certificates").await?;
    sqlx::query(
        "INSERT INTO certificates (id, user_id, unit, permission, supervisor, sealed, made, ends, used)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
    )
    .bind(id)
    .bind(new.user.to_string())
    .bind(i64::from(place.unit.0))
    .bind(new.permission.word())
    .bind(supervisor.to_string())
    .bind(new.sealed.as_slice())
    .bind(now.0)
    .bind(new.until.0)
    .execute(&mut **transaction)
    .await?;
    Ok(small_id(id)?)
}

fn supervises(supervisor: &store::Place, unit: UnitId) -> bool {
    supervisor.active && supervisor.unit == unit && supervisor.roles.contains(&Role::Supervisor)
}

async fn grant(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
    permission: Permission,
    by: Option<UserId>,
    needs_certificate: bool,
    now: UtcMicros,
) -> Result<u32, ActError> {
    not_oneself(by, user)?;
    let place = store::place_of(transaction, agency, user).await?;
    if administers(&place.roles) {
        let sentence = "this person administers or oversees, and asks nothing";
        let problem = Problem::invalid("permission", sentence);
        return Err(Problem { rule: Some("separation".into()), ..problem }.into());
    }
    // A grant whose certificate is over counts for nothing, and gives its place to a new one.
    sqlx::query(
        "DELETE FROM grants WHERE user_id = $1 AND permission = $2
         AND certificate IN (SELECT id FROM certificates WHERE ends <= $3)",
    )
    .bind(user.to_string())
    .bind(permission.word())
    .bind(now.0)
    .execute(&mut **transaction)
    .await?;
    let held = sqlx::query("SELECT permission FROM grants WHERE user_id = $1 AND permission = $2")
        .bind(user.to_string())
        .bind(permission.word())
        .fetch_optional(&mut **transaction)
        .await?;
    if held.is_some() {
        return Err(conflict("already-held", "the person holds this permission already"));
    }
    let certificate = if needs_certificate {
        Some(usable_certificate(transaction, agency, user, &place, permission, by, now).await?.id)
    } else {
        None
    };
    seats::free(transaction, agency, permission).await?;
    sqlx::query(
        "INSERT INTO grants (user_id, permission, granted, granted_by, certificate) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(user.to_string())
    .bind(permission.word())
    .bind(now.0)
    .bind(by.map(|by| by.to_string()))
    .bind(certificate.map(i64::from))
    .execute(&mut **transaction)
    .await?;
    if let Some(certificate) = certificate {
        sqlx::query("UPDATE certificates SET used = 1 WHERE id = $1")
            .bind(i64::from(certificate))
            .execute(&mut **transaction)
            .await?;
    }
    Ok(0)
}

/// The certificate that a grant rests on: of somebody who still supervises the person's unit, is not the one who grants,
/// and does not hang on them either.
async fn usable_certificate(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    user: UserId,
    place: &store::Place,
    permission: Permission,
    by: Option<UserId>,
    now: UtcMicros,
) -> Result<Certificate, ActError> {
    let mut refused = None;
    for certificate in store::open_certificates(transaction, user, place.unit, permission, now).await? {
        let supervisor = store::place_of(transaction, agency, certificate.supervisor).await?;
        if by == Some(certificate.supervisor) {
            let sentence = "who certified the need to know does not grant as well; ask another manager";
            refused = Some(conflict("certificate-by-granter", sentence));
        } else if supervises(&supervisor, place.unit) {
            let Some(by) = by else { return Ok(certificate) };
            if vouching::are_independent(transaction, certificate.supervisor, by, now).await? {
                return Ok(certificate);
            }
            let sentence = format!(
                "who certified the need to know and who grants have to be independent: one made, invited or changed the \
                 other's account within {} days, or one person both; ask another manager or supervisor",
                vouching::VOUCHED_DAYS
            );
            refused = Some(conflict("certificate-not-independent", sentence));
        }
    }
    Err(refused.unwrap_or_else(|| {
        let sentence = "a supervisor of the person's unit has to certify the need to know first";
        conflict("certificate-missing", sentence)
    }))
}

async fn end_grant(
    transaction: &mut Transaction<'_, Any>,
    user: UserId,
    permission: Permission,
) -> Result<u32, sqlx::Error> {
    let ended = sqlx::query("DELETE FROM grants WHERE user_id = $1 AND permission = $2")
        .bind(user.to_string())
        .bind(permission.word())
        .execute(&mut **transaction)
        .await?;
    if ended.rows_affected() == 0 { Err(sqlx::Error::RowNotFound) } else { Ok(0) }
}

async fn confirm(
    transaction: &mut Transaction<'_, Any>,
    user: UserId,
    permission: Permission,
    by: Option<UserId>,
    now: UtcMicros,
) -> Result<u32, ActError> {
    let over = sqlx::query(
        "SELECT grants.permission FROM grants JOIN certificates ON certificates.id = grants.certificate
         WHERE grants.user_id = $1 AND grants.permission = $2 AND certificates.ends <= $3",
    )
    .bind(user.to_string())
    .bind(permission.word())
    .bind(now.0)
    .fetch_optional(&mut **transaction)
    .await?;
    if over.is_some() {
        let sentence = "the certified time is over: a supervisor certifies anew, then a manager grants";
        return Err(conflict("certificate-ended", sentence));
    }
    let confirmed =
        sqlx::query("UPDATE grants SET reviewed = $3, reviewed_by = $4 WHERE user_id = $1 AND permission = $2")
            .bind(user.to_string())
            .bind(permission.word())
            .bind(now.0)
            .bind(by.map(|by| by.to_string()))
            .execute(&mut **transaction)
            .await?;
    if confirmed.rows_affected() == 0 { Err(sqlx::Error::RowNotFound.into()) } else { Ok(0) }
}
