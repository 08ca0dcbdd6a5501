//! Administrative acts. An act is recorded in the ledger before it takes effect, and what takes effect is the act that
//! was recorded.

use super::cases::CaseAct;
use super::policy_changes::PolicyAct;
use super::store::{self, Reason, join_words, next_id};
use crate::App;
use crate::accounts::invitations::acts::InvitationAct;
use crate::accounts::store as account_store;
use crate::accounts::{Caller, password, vouching};
use crate::cameras::store as camera_store;
use crate::http::Problem;
use crate::mail::acts::MailAct;
use crate::oversight::entries::Entry;
use crate::people::acts::PeopleAct;
use crate::people::{seats, store as people_store};
use crate::saved_areas::store::{self as area_store, NewSavedAreas};
use crate::sharing::acts::SharingAct;
use crate::training::acts::TrainingAct;
use domain::{AgencyId, CameraId, Permission, Position, Recordable, Role, Source, UnitId, UserId};
use ledger::Recorded;
use serde_json::{Value, json};
use sqlx::{Any, Transaction};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A change to who may do what. Secrets are not part of an act: they are not recorded.
#[derive(Clone, Debug)]
pub enum Act {
    CreateAgency(NewAgency),
    /// The agency records where its usage and privacy policy is published, and since when.
    PublishPolicy {
        agency: AgencyId,
        reference: String,
        date: String,
    },
    CreateUnit {
        agency: AgencyId,
        name: String,
        profile: String,
    },
    PutReason {
        agency: AgencyId,
        reason: Reason,
    },
    CreateUser(NewUser),
    ReplaceRules {
        agency: AgencyId,
        rules_text: String,
        enhanced_rules_text: String,
    },
    AddCamera(NewCamera),
    SetCameraActive {
        agency: AgencyId,
        camera: CameraId,
        active: bool,
    },
    Sharing(SharingAct),
    SaveAreas(NewSavedAreas),
    DeleteSavedAreas {
        agency: AgencyId,
        user: UserId,
        id: Uuid,
    },
    People(PeopleAct),
    Invitations(InvitationAct),
    Cases(CaseAct),
    Policy(PolicyAct),
    Training(TrainingAct),
    Mail(MailAct),
}

/// An agency that the host operator makes.
#[derive(Clone, Debug)]
pub struct NewAgency {
    pub name: String,
    pub preset: String,
    /// IANA.
    pub zone: String,
    /// The state whose law holds for it, such as `US-CA`.
    pub state: Option<String>,
    /// A public body, not a company.
    pub public_body: bool,
    pub passwords: password::PasswordRules,
}

/// A person whom a manager gives an account (ACC-1).
#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    pub agency: AgencyId,
    pub unit: UnitId,
    pub login: String,
    pub name: String,
    pub roles: BTreeSet<Role>,
    pub permissions: BTreeSet<Permission>,
    pub cleared: bool,
}

#[derive(Clone, Debug)]
pub struct NewCamera {
    pub agency: AgencyId,
    pub key: String,
    pub name: String,
    pub source: Source,
    /// `None` for a camera that moves.
    pub position: Option<Position>,
    pub zone: String,
    pub width_px: u32,
    pub height_px: u32,
}

/// An act with the person who does it; `None` is the operator at the machine itself, with its command line.
#[derive(Debug)]
pub struct SignedAct {
    by: Option<UserId>,
    act: Act,
}

impl Act {
    fn agency(&self) -> Option<AgencyId> {
        match self {
            Self::CreateAgency(_) => None,
            Self::CreateUnit { agency, .. }
            | Self::PublishPolicy { agency, .. }
            | Self::PutReason { agency, .. }
            | Self::ReplaceRules { agency, .. }
            | Self::SetCameraActive { agency, .. }
            | Self::DeleteSavedAreas { agency, .. } => Some(*agency),
            Self::CreateUser(user) => Some(user.agency),
            Self::AddCamera(camera) => Some(camera.agency),
            Self::Sharing(act) => Some(act.agency()),
            Self::SaveAreas(areas) => Some(areas.agency),
            Self::People(act) => Some(act.agency()),
            Self::Invitations(act) => Some(act.agency()),
            Self::Cases(act) => Some(act.agency()),
            Self::Policy(act) => Some(act.agency()),
            Self::Training(act) => Some(act.agency()),
            Self::Mail(act) => Some(act.agency()),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::CreateAgency(_) => "agency.created",
            Self::PublishPolicy { .. } => "policy.published",
            Self::CreateUnit { .. } => "unit.created",
            Self::PutReason { .. } => "reason.set",
            Self::CreateUser(_) => "user.created",
            Self::ReplaceRules { .. } => "rules.replaced",
            Self::AddCamera(_) => "camera.added",
            Self::SetCameraActive { .. } => "camera.activity-set",
            Self::Sharing(act) => act.kind(),
            Self::SaveAreas(_) => "areas.saved",
            Self::DeleteSavedAreas { .. } => "areas.deleted",
            Self::People(act) => act.kind(),
            Self::Invitations(act) => act.kind(),
            Self::Cases(act) => act.kind(),
            Self::Policy(act) => act.kind(),
            Self::Training(act) => act.kind(),
            Self::Mail(act) => act.kind(),
        }
    }

    fn record(&self) -> Value {
        match self {
            Self::CreateAgency(new) => json!({
                "name": new.name, "preset": new.preset, "zone": new.zone, "state": new.state,
                "public_body": new.public_body, "passwords": new.passwords.word(),
            }),
            Self::PublishPolicy { reference, date, .. } => json!({ "reference": reference, "date": date }),
            Self::CreateUnit { name, profile, .. } => json!({ "name": name, "profile": profile }),
            Self::PutReason { reason, .. } => json!({
                "code": reason.code, "label": reason.label, "criminal": reason.criminal, "active": reason.active,
                "class": reason.class,
                "units": reason.units, "authority": reason.authority, "look_back_days": reason.look_back_days,
            }),
            Self::CreateUser(user) => json!({
                "user": user.id, "unit": user.unit, "login": user.login, "name": user.name, "roles": user.roles,
                "permissions": user.permissions, "cleared": user.cleared,
            }),
            Self::ReplaceRules { rules_text, enhanced_rules_text, .. } => {
                json!({ "rules_text": rules_text, "enhanced_rules_text": enhanced_rules_text })
            }
            Self::AddCamera(camera) => json!({
                "key": camera.key, "name": camera.name, "source": camera.source, "position": camera.position,
                "zone": camera.zone, "width_px": camera.width_px, "height_px": camera.height_px,
            }),
            Self::SetCameraActive { camera, active, .. } => json!({ "camera": camera, "active": active }),
            Self::Sharing(act) => act.record(),
            Self::SaveAreas(areas) => json!({ "id": areas.id, "name": areas.name, "areas": areas.areas }),
            Self::DeleteSavedAreas { id, .. } => json!({ "id": id }),
            Self::People(act) => act.record(),
            Self::Invitations(act) => act.record(),
            Self::Cases(act) => act.record(),
            Self::Policy(act) => act.record(),
            Self::Training(act) => act.record(),
            Self::Mail(act) => act.record(),
        }
    }
}

impl Recordable for SignedAct {
    fn agency(&self) -> Option<AgencyId> {
        self.act.agency()
    }

    fn kind(&self) -> &'static str {
        self.act.kind()
    }

    fn record(&self) -> Value {
        json!({ "by": self.by, "act": self.act.record() })
    }
}

/// What an act made: the number of the new agency, unit, camera or agreement (0 where it made none).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub id: u32,
    pub ledger_entry: u64,
}

/// An act that was recorded and then could not be applied.
struct ActFailed {
    agency: Option<AgencyId>,
}

impl Recordable for ActFailed {
    fn agency(&self) -> Option<AgencyId> {
        self.agency
    }

    fn kind(&self) -> &'static str {
        "act.failed"
    }

    fn record(&self) -> Value {
        json!({})
    }
}

/// Secrets that go into the database beside an act.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// Argon2id, PHC string form.
    pub password_hash: Option<String>,
    /// Sealed by the vault.
    pub totp_sealed: Option<Vec<u8>>,
    /// The step of the code that showed the second factor.
    pub totp_step: Option<u64>,
    /// Hash of a camera's credential.
    pub credential_hash: Option<String>,
    /// Hash of an invitation's link.
    pub link_hash: Option<String>,
}

/// Records the act, then applies it. An act that could not be applied leaves a second entry that says so.
pub async fn perform(app: &App, by: Option<UserId>, act: Act, secrets: Secrets) -> Result<Done, Problem> {
    let agency = act.agency();
    let recorded = app.ledger.record(SignedAct { by, act }).await?;
    let entry = recorded.entry();
    match apply(app, recorded, secrets).await {
        Ok(id) => Ok(Done { id, ledger_entry: entry.index }),
        Err(error) => {
            app.ledger.record_outcome(entry, ActFailed { agency }).await?;
            let error = match error {
                ActError::Refused(problem) => return Err(*problem),
                ActError::Sql(error) => error,
            };
            Err(match &error {
                sqlx::Error::Database(cause) if cause.is_unique_violation() => {
                    Problem::conflict("name", "the name is already taken")
                }
                sqlx::Error::Database(cause) if cause.is_foreign_key_violation() => Problem::not_found(),
                sqlx::Error::RowNotFound => Problem::not_found(),
                _ => Problem::from(error),
            })
        }
    }
}

/// Records that a file was not taken, and who sent it. Nothing of the file is recorded.
pub async fn refuse_file(app: &App, caller: &Caller, kind: &'static str, problem: Problem) -> Result<Problem, Problem> {
    let lines = problem.lines.len() as u64 + problem.more_lines.unwrap_or_default();
    let details = json!({ "by": caller.user.id, "faulty_lines": lines });
    let entry = app.ledger.record(Entry::of(Some(caller.agency.id), kind, details)).await?.entry();
    Ok(problem.recorded_as(entry.index))
}

/// Why an act that was recorded could not be applied.
#[derive(Debug)]
pub enum ActError {
    Sql(sqlx::Error),
    /// A rule of the act itself, seen inside its transaction.
    Refused(Box<Problem>),
}

impl From<sqlx::Error> for ActError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Problem> for ActError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

async fn apply(app: &App, recorded: Recorded<SignedAct>, secrets: Secrets) -> Result<u32, ActError> {
    let mut transaction = app.sql.begin().await?;
    let now = app.clock.now();
    let SignedAct { by, act } = recorded.into_act();
    let id = match act {
        Act::CreateAgency(new) => insert_agency(&mut transaction, &new).await?,
        Act::PublishPolicy { agency, reference, date } => {
            sqlx::query("UPDATE agencies SET published = $2 WHERE id = $1")
                .bind(i64::from(agency.0))
                .bind(format!("{reference}, {date}"))
                .execute(&mut *transaction)
                .await?;
            0
        }
        Act::CreateUnit { agency, name, profile } => insert_unit(&mut transaction, agency, &name, &profile).await?,
        Act::PutReason { agency, reason } => upsert_reason(&mut transaction, agency, &reason).await?,
        Act::CreateUser(user) => {
            seats::take(&mut transaction, user.agency, &user.permissions).await?;
            account_store::insert_user(&mut transaction, &user, &secrets, by, now).await?;
            vouching::note(&mut transaction, user.agency, user.id, by, now).await?;
            people_store::insert_grants(&mut transaction, user.id, &user.permissions, now).await?;
            0
        }
        Act::ReplaceRules { agency, rules_text, enhanced_rules_text } => {
            replace_rules(&mut transaction, agency, &rules_text, &enhanced_rules_text).await?
        }
        Act::AddCamera(camera) => camera_store::insert_camera(&mut transaction, &camera, &secrets).await?,
        Act::SetCameraActive { agency, camera, active } => {
            camera_store::set_active(&mut transaction, agency, camera, active).await?
        }
        Act::Sharing(act) => act.apply(&mut transaction, now).await?,
        Act::SaveAreas(areas) => area_store::insert(&mut transaction, &areas).await?,
        Act::DeleteSavedAreas { user, id, .. } => area_store::delete(&mut transaction, user, id).await?,
        Act::People(act) => act.apply(&mut transaction, by, now).await?,
        Act::Invitations(act) => act.apply(&mut transaction, by, &secrets, now).await?,
        Act::Cases(act) => act.apply(&mut transaction, now).await?,
        Act::Policy(act) => act.apply(&mut transaction, by, now).await?,
        Act::Training(act) => act.apply(&mut transaction, now).await?,
        Act::Mail(act) => act.apply(&mut transaction).await?,
    };
    transaction.commit().await?;
    Ok(id)
}

async fn insert_agency(transaction: &mut Transaction<'_, Any>, new: &NewAgency) -> Result<u32, sqlx::Error> {
    let id = next_id(&mut **transaction, "agencies").await?;
    sqlx::query(
        "INSERT INTO agencies (id, name, preset, zone, active, rules_version, rules_text, enhanced_rules_text,
             state, public_body, passwords)
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(new.name.as_str())
    .bind(new.preset.as_str())
    .bind(new.zone.as_str())
    .bind(1_i64)
    .bind(super::rules_text::RULES_OF_BEHAVIOUR)
    .bind(super::rules_text::ENHANCED_RULES_OF_BEHAVIOUR)
    .bind(new.state.clone())
    .bind(i64::from(new.public_body))
    .bind(new.passwords.word())
    .execute(&mut **transaction)
    .await?;
    store::small_id(id)
}

async fn insert_unit(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    name: &str,
    profile: &str,
) -> Result<u32, sqlx::Error> {
    let id = next_id(&mut **transaction, "units").await?;
    sqlx::query("INSERT INTO units (id, agency, name, profile) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(i64::from(agency.0))
        .bind(name)
        .bind(profile)
        .execute(&mut **transaction)
        .await?;
    store::small_id(id)
}

async fn upsert_reason(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    reason: &Reason,
) -> Result<u32, sqlx::Error> {
    sqlx::query(
        "INSERT INTO reasons (agency, code, label, criminal, active, units, authority, look_back_days, class)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (agency, code) DO UPDATE SET label = excluded.label, criminal = excluded.criminal,
             active = excluded.active, units = excluded.units, authority = excluded.authority,
             look_back_days = excluded.look_back_days, class = excluded.class",
    )
    .bind(i64::from(agency.0))
    .bind(reason.code.0.as_str())
    .bind(reason.label.as_str())
    .bind(i64::from(reason.criminal))
    .bind(i64::from(reason.active))
    .bind(reason.units.as_ref().map(join_words))
    .bind(reason.authority.as_str())
    .bind(i64::from(reason.look_back_days))
    .bind(reason.class.word())
    .execute(&mut **transaction)
    .await?;
    Ok(0)
}

async fn replace_rules(
    transaction: &mut Transaction<'_, Any>,
    agency: AgencyId,
    rules_text: &str,
    enhanced_rules_text: &str,
) -> Result<u32, sqlx::Error> {
    sqlx::query(
        "UPDATE agencies SET rules_version = rules_version + 1, rules_text = $2, enhanced_rules_text = $3 WHERE id = $1",
    )
    .bind(i64::from(agency.0))
    .bind(rules_text)
    .bind(enhanced_rules_text)
    .execute(&mut **transaction)
    .await?;
    Ok(0)
}

/// A new person's password and, where wanted, second factor, as they go into the database.
pub async fn user_secrets(
    app: &App,
    agency: AgencyId,
    login: &str,
    plain_password: &str,
    totp_secret: Option<&[u8]>,
) -> Result<Secrets, Problem> {
    let owner = store::agency(&app.sql, agency).await?.ok_or_else(Problem::not_found)?;
    password::check_strength(plain_password, owner.passwords, &[login, &owner.name])?;
    let totp_sealed = totp_secret
        .map(|secret| app.vault.seal(&account_store::totp_scope(agency), secret))
        .transpose()
        .map_err(|error| Problem::failed("the second factor could not be sealed", &error))?;
    Ok(Secrets {
        password_hash: Some(password::hash(plain_password.to_owned()).await?),
        totp_sealed,
        ..Secrets::default()
    })
}
