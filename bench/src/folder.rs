//! The data folder: the product's own, with an agency, its cameras, one investigator and the data set.

use crate::dataset::{Dataset, OWNER, cameras};
use anyhow::Context;
use domain::limits::BATCH_DETECTIONS_MAX;
use domain::{AgencyId, Course, NewDetection, Permission, ReasonClass, ReasonCode, Role, UnitId, UserId};
use serde::{Deserialize, Serialize};
use sightline_server::accounts::password::PasswordRules;
use sightline_server::agencies::acts::{self, Act, NewAgency, NewUser, Secrets};
use sightline_server::agencies::api::{AddCamera, register_camera};
use sightline_server::agencies::store::{self as agency_store, Reason};
use sightline_server::http::Problem;
use sightline_server::sharing::store as sharing_store;
use sightline_server::training::acts::{Record, TrainingAct};
use sightline_server::{App, Setup};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// The strictest preset of this release.
const PRESET: &str = "pia-039b";
pub(crate) const REASON: &str = "SMUGGLING";
const LOGIN: &str = "investigator";
/// Beside the data, readable by its owner.
const ACCOUNT_FILE: &str = "bench-account.json";
/// Batches that wait to be appended while loading.
const BATCHES_AHEAD: usize = 4;

/// Who asks through the API. Exists in this folder only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) login: String,
    pub(crate) password: String,
    pub(crate) totp_secret: Vec<u8>,
}

/// The open folder with the whole data set, sealed and merged; makes what is missing. Gives the seconds that loading took.
pub(crate) async fn loaded(data: Dataset, folder: &Path) -> anyhow::Result<(Arc<App>, Option<f64>)> {
    std::fs::create_dir_all(folder)?;
    let app = App::open(Setup::new(folder)).await?;
    let account = folder.join(ACCOUNT_FILE);
    if !account.exists() {
        anyhow::ensure!(app.store.stats().rows == 0, "{} was made by an older benchmark; delete it", folder.display());
        let made = fill(&app).await?;
        storage::write_durably(&account, &serde_json::to_vec(&made)?)?;
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&account, std::fs::Permissions::from_mode(0o600))?;
        }
    }
    let loaded_s = load(data, &app).await?;
    Ok((app, loaded_s))
}

pub(crate) fn account(folder: &Path) -> anyhow::Result<Account> {
    Ok(serde_json::from_slice(&std::fs::read(folder.join(ACCOUNT_FILE))?)?)
}

async fn load(data: Dataset, app: &App) -> anyhow::Result<Option<f64>> {
    let stored = app.store.stats().rows;
    if stored == data.rows {
        app.store.index_days().await?;
        return Ok(None);
    }
    let began = Instant::now();
    let batch = u64::try_from(BATCH_DETECTIONS_MAX)?;
    let (sender, mut made) = tokio::sync::mpsc::channel::<Vec<NewDetection>>(BATCHES_AHEAD);
    let making = std::thread::spawn(move || {
        let mut number = stored;
        while number < data.rows {
            let to = data.rows.min(number + batch);
            if sender.blocking_send((number..to).map(|number| data.read(number)).collect()).is_err() {
                break;
            }
            number = to;
        }
    });
    while let Some(batch) = made.recv().await {
        app.store.append(batch).await?;
    }
    making.join().ok().context("making rows does not fail")?;
    app.store.seal().await?;
    app.store.merge().await?;
    app.store.index_days().await?;
    Ok(Some(began.elapsed().as_secs_f64()))
}

fn plainly(problem: Problem) -> anyhow::Error {
    anyhow::anyhow!(problem.detail)
}

/// Agency, investigator and cameras, all of them recorded acts.
async fn fill(app: &Arc<App>) -> anyhow::Result<Account> {
    let act = async |act: Act, secrets: Secrets| acts::perform(app, None, act, secrets).await.map_err(plainly);
    let none = Secrets::default;
    let name = "Harbor Federal Service".to_owned();
    let create = Act::CreateAgency(NewAgency {
        name,
        preset: PRESET.into(),
        zone: "America/Los_Angeles".into(),
        state: None,
        public_body: true,
        // The password is random, and nobody has to remember it.
        passwords: PasswordRules::Nist,
    });
    let agency = AgencyId(act(create, none()).await?.id);
    anyhow::ensure!(agency == OWNER, "the data set's owner is the first agency");
    let create = Act::CreateUnit { agency, name: "Investigations".into(), profile: "investigations".into() };
    let unit = UnitId(act(create, none()).await?.id);
    let reason = Reason {
        code: ReasonCode(REASON.into()),
        label: "Smuggling investigation".into(),
        criminal: true,
        active: true,
        class: ReasonClass::CriminalInvestigation,
        units: None,
        authority: "Fictional Code, title 7, section 12".into(),
        look_back_days: 3_650,
    };
    act(Act::PutReason { agency, reason }, none()).await?;
    let password = hex::encode(storage::vault::random_bytes::<20>());
    let account = Account { login: LOGIN.into(), password, totp_secret: storage::vault::random_bytes::<20>().to_vec() };
    let secrets = acts::user_secrets(app, agency, LOGIN, &account.password, Some(&account.totp_secret)).await;
    let user = NewUser {
        id: UserId(uuid::Uuid::now_v7()),
        agency,
        unit,
        login: LOGIN.into(),
        name: "Finn Ash".into(),
        roles: [Role::CriminalInvestigator].into(),
        permissions: Permission::ALL.iter().copied().collect(),
        cleared: true,
    };
    let (user_id, agency_id) = (user.id, user.agency);
    act(Act::CreateUser(user), secrets.map_err(plainly)?).await?;
    let passed = storage::Clock::now(&*app.clock);
    let records = Course::ALL.iter().map(|course| Record { user: user_id, course: *course, passed }).collect();
    act(Act::Training(TrainingAct::Import { agency: agency_id, records }), none()).await?;
    let agency = agency_store::agency(&app.sql, agency).await?.context("the agency that was just made")?;
    for (number, (source, position)) in (1_u32..).zip(cameras()) {
        let camera = AddCamera {
            key: format!("camera-{number}"),
            name: format!("Camera {number}"),
            source: source.word().into(),
            lat: position.map(|position| position.lat()),
            lon: position.map(|position| position.lon()),
            zone: None,
            width_px: 1_920,
            height_px: 1_080,
        };
        let made = register_camera(app, None, &agency, camera).await.map_err(plainly)?;
        anyhow::ensure!(made.camera == number, "cameras are numbered in the order of their registration");
    }
    let pools = sharing_store::pool_facts(&app.sql, agency.id, |_| true).await?;
    let first = Dataset { rows: 1_000 };
    let fits = |number| {
        let read = first.read(number);
        pools.iter().any(|pool| pool.pool == read.pool && pool.source == read.source)
    };
    anyhow::ensure!((0..100).all(fits), "pools are numbered as the data set has them");
    Ok(account)
}
