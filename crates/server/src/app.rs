//! What the running product is made of. Built once by [`App::open`]; handlers get it as their state.

use crate::basemap::Basemap;
use crate::mail::{MailSettings, Post};
use crate::queries::answers::Answers;
use crate::{accounts, agencies, cameras, mail, oversight, people, queries, saved_areas, sharing, training};
use axum::http::HeaderValue;
use detections::{PhotoSource, Store, StoreConfig};
use domain::{Detection, NewPhoto};
use ledger::{Ledger, LedgerConfig};
use policy::AgencyPolicy;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use storage::{Blobs, Clock, DataLock, MasterKeySource, Sql, SystemClock, Vault, vault};
use url::Url;

/// Name of a log in its checkpoints where none was given to it. Logs of one name cannot be told apart by a witness.
pub const LEDGER_ORIGIN: &str = "sightline.local/ledger";

/// The name that the log of a data folder has: it keeps the one under which it was first published.
pub fn ledger_origin(data: &Path) -> std::io::Result<Option<String>> {
    match std::fs::read(data.join("ledger").join("checkpoint")) {
        // Whether it is what the log's keys signed is seen when the log is opened.
        Ok(checkpoint) => Ok(String::from_utf8_lossy(&checkpoint).lines().next().map(ToOwned::to_owned)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub struct App {
    pub sql: Sql,
    pub ledger: Ledger,
    /// The public log as files.
    pub ledger_folder: PathBuf,
    pub ledger_sql: Sql,
    pub store: Store,
    pub vault: Arc<Vault>,
    pub clock: Arc<dyn Clock>,
    pub answers: Answers,
    pub area_budgets: queries::area_budget::InFlight,
    pub asking: queries::asking::Asking,
    pub refusals: crate::http::refusals::Refusals,
    pub alarms: oversight::alarms::Alarms,
    pub sign_ins: accounts::throttle::Throttle,
    pub sources: accounts::source::SourceTries,
    /// A proxy stands before the service, and says where requests come from.
    pub behind_proxy: bool,
    pub passwords: accounts::password::Passwords,
    pub assertions: accounts::passkeys::ceremonies::Verified,
    /// Where people reach the service: passkeys are bound to its host name, and answer to this origin only.
    pub public_url: Url,
    /// `None`: no mail server was named, and nothing is sent.
    pub mail: Option<Post>,
    pub ingest: cameras::ingest_log::IngestLog,
    pub photo_source: Arc<dyn PhotoSource>,
    pub basemap: Basemap,
    /// The certificates of the service, where it speaks TLS itself.
    pub certificates: OnceLock<Arc<crate::http::tls::Certificates>>,
    /// The content security policy of the web app's page.
    pub page_policy: HeaderValue,
    policies: BTreeMap<&'static str, Arc<AgencyPolicy>>,
    _lock: DataLock,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// For cameras that keep no pictures to ask for.
#[derive(Clone, Copy, Debug)]
pub struct NoPhotosAtCameras;

#[async_trait::async_trait]
impl PhotoSource for NoPhotosAtCameras {
    async fn fetch(&self, _: &Detection, _: u8) -> Option<NewPhoto> {
        None
    }
}

/// Where things are, and the seams that tests and the demo replace.
pub struct Setup {
    pub data: PathBuf,
    /// `None` is SQLite in the data folder.
    pub postgres: Option<String>,
    pub clock: Arc<dyn Clock>,
    /// Gives pictures that a camera still keeps.
    pub photo_source: Arc<dyn PhotoSource>,
    pub basemap: Basemap,
    /// Where browsers reach the service: links begin with it.
    pub public_url: Url,
    /// The mail server. `None` sends nothing.
    pub mail: Option<MailSettings>,
    /// A proxy stands before the service: clients are where it says they are.
    pub behind_proxy: bool,
    pub master_key: MasterKeySource,
    /// Name of the log, for a new data folder. `None` is [`LEDGER_ORIGIN`].
    pub ledger_origin: Option<String>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").field("data", &self.data).finish_non_exhaustive()
    }
}

impl Setup {
    pub fn keys_folder(&self) -> PathBuf {
        self.data.join("keys")
    }

    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            postgres: None,
            clock: Arc::new(SystemClock),
            photo_source: Arc::new(NoPhotosAtCameras),
            basemap: Basemap::default(),
            public_url: localhost(8080),
            mail: None,
            behind_proxy: false,
            master_key: MasterKeySource::Folder,
            ledger_origin: None,
        }
    }
}

/// The service at this port of this machine, by the name that browsers treat as safe without TLS.
pub fn localhost(port: u16) -> Url {
    let mut url = Url::parse("http://localhost").expect("a constant address");
    url.set_port(Some(port)).expect("an address with a host takes a port");
    url
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder is in use by another sightline process")]
    InUse,
    #[error("the data folder cannot be used")]
    Folder(#[source] std::io::Error),
    #[error(transparent)]
    Sql(#[from] storage::SqlError),
    #[error("an interrupted rotation of keys could not be brought to its end")]
    Rotation(#[source] sqlx::Error),
    #[error(transparent)]
    Vault(#[from] storage::VaultError),
    #[error(transparent)]
    Blobs(#[from] storage::BlobError),
    #[error("the ledger of this data folder is named `{found}`, and keeps that name")]
    LedgerNamed { found: String },
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    #[error(transparent)]
    Store(#[from] detections::StoreError),
    #[error(transparent)]
    Preset(#[from] policy::PolicyError),
    #[error(transparent)]
    Mail(#[from] mail::post::PostError),
}

impl App {
    pub async fn open(setup: Setup) -> Result<Arc<Self>, OpenError> {
        let keys = setup.keys_folder();
        let Setup {
            data,
            postgres,
            clock,
            photo_source,
            basemap,
            public_url,
            behind_proxy,
            mail,
            master_key,
            ledger_origin: asked,
        } = setup;
        let lock = DataLock::take(&data).map_err(OpenError::Folder)?.ok_or(OpenError::InUse)?;
        let interrupted = vault::make_ready(&keys, &master_key)?;
        let vault = Arc::new(Vault::open_with(&keys, &master_key)?);
        let (sql, ledger_sql) = match &postgres {
            Some(url) => (Sql::postgres(url, "sightline").await?, Sql::postgres(url, "sightline_ledger").await?),
            // Two files: a large batch of detections never delays a query's ledger entry.
            None => (Sql::sqlite(&data.join("main.db")).await?, Sql::sqlite(&data.join("ledger.db")).await?),
        };
        agencies::store::migrate(&sql).await?;
        accounts::store::migrate(&sql, clock.now()).await?;
        accounts::passkeys::store::migrate(&sql).await?;
        accounts::invitations::store::migrate(&sql).await?;
        accounts::vouching::migrate(&sql).await?;
        people::store::migrate(&sql, clock.now()).await?;
        training::store::migrate(&sql).await?;
        sharing::store::migrate(&sql).await?;
        agencies::cases::migrate(&sql).await?;
        queries::texts::migrate(&sql).await?;
        queries::area_budget::migrate(&sql).await?;
        oversight::alarms::migrate(&sql).await?;
        cameras::store::migrate(&sql).await?;
        saved_areas::store::migrate(&sql).await?;
        mail::store::migrate(&sql).await?;
        let origin = match (ledger_origin(&data).map_err(OpenError::Folder)?, asked) {
            (Some(found), Some(asked)) if found != asked => return Err(OpenError::LedgerNamed { found }),
            (found, asked) => found.or(asked).unwrap_or_else(|| LEDGER_ORIGIN.into()),
        };
        let ledger = Ledger::open(LedgerConfig {
            sql: ledger_sql.clone(),
            vault: Arc::clone(&vault),
            clock: Arc::clone(&clock),
            origin,
            folder: data.join("ledger"),
        })
        .await?;
        if let Some(interrupted) = &interrupted {
            oversight::key_rotation::conclude(&ledger, &sql, interrupted).await?;
            vault::settle(&keys)?;
        }
        let store = Store::open(StoreConfig::new(
            sql.clone(),
            Blobs::local(&data.join("blobs"))?,
            Arc::clone(&vault),
            Arc::clone(&clock),
        ))
        .await?;
        let mut policies = BTreeMap::new();
        for preset in policy::PRESETS {
            policies.insert(preset.name, Arc::new(AgencyPolicy::preset(preset.name)?));
        }
        Ok(Arc::new(Self {
            sql,
            ledger,
            ledger_folder: data.join("ledger"),
            ledger_sql,
            store,
            vault,
            clock,
            answers: Answers::default(),
            area_budgets: queries::area_budget::InFlight::default(),
            asking: queries::asking::Asking::default(),
            refusals: crate::http::refusals::Refusals::default(),
            alarms: oversight::alarms::Alarms::default(),
            sign_ins: accounts::throttle::Throttle::default(),
            sources: accounts::source::SourceTries::default(),
            behind_proxy,
            passwords: accounts::password::Passwords::default(),
            assertions: accounts::passkeys::ceremonies::Verified::default(),
            mail: mail.map(|settings| Post::new(settings, &public_url)).transpose()?,
            public_url,
            ingest: cameras::ingest_log::IngestLog::default(),
            photo_source,
            page_policy: crate::http::web::content_security_policy(basemap.origin.as_deref()),
            basemap,
            certificates: OnceLock::new(),
            policies,
            _lock: lock,
        }))
    }

    /// The policy of a preset's name as agencies store it. `None` for a name that this release does not know.
    pub fn policy(&self, preset: &str) -> Option<&Arc<AgencyPolicy>> {
        self.policies.get(preset)
    }

    /// The policy of an agency as it is in force: its preset, with the numbers that it changed. `None` for a preset that this
    /// release does not know, or numbers that it does not take.
    pub fn policy_of(&self, agency: &agencies::store::Agency) -> Option<Arc<AgencyPolicy>> {
        let preset = self.policy(&agency.preset)?;
        if agency.limits.is_empty() {
            return Some(Arc::clone(preset));
        }
        preset.with_limits(&agency.limits, agency.policy_revision).ok().map(Arc::new)
    }

    /// Writes what is still pending; the data folder is whole afterwards (as it is after a kill, only faster to open).
    pub async fn close(&self) {
        if let Err(error) = cameras::ingest_log::flush(self).await {
            tracing::error!(cause = crate::http::problem::chain(&error), "ingest entries were not written at shutdown");
        }
        if let Err(error) = crate::http::refusals::flush(self).await {
            tracing::error!(
                cause = crate::http::problem::chain(&error),
                "counts of refusals were not written at shutdown"
            );
        }
        self.store.close().await;
        self.ledger.clone().close().await;
        self.sql.close().await;
    }
}
