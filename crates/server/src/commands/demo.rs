//! `sightline demo`: a fictional city with three owners, accounts with random passwords, history and live cameras.

use super::client;
use super::demo_city::{self, DemoPlan};
use super::demo_people::fill;
use super::demo_tls::DemoAuthority;
use super::{block_on, complain, say};
use crate::accounts::{api as account_api, store as account_store};
use crate::app::localhost;
use crate::basemap::Basemap;
use crate::http::door::Door;
use crate::http::serve;
use crate::{App, Setup};
use anyhow::Context;
use city::City;
use domain::UtcMicros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::{Clock, ShiftedClock, SystemClock, write_durably};
use tokio::net::TcpListener;

const ACCOUNTS_FILE: &str = "demo-accounts.json";
const PLAN_FILE: &str = "demo-city.json";

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// The data folder; a new one is filled
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
    /// Reads of history that a new folder is filled with
    #[arg(long, default_value_t = 200_000)]
    rows: u64,
    /// The city's seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The demo's clock starts at this instant and runs on from it, and history ends there; RFC 3339 with offset
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<UtcMicros>,
    /// No live cameras
    #[arg(long)]
    quiet: bool,
    /// Phones may come: listens on all addresses of this machine, by TLS, with a certificate of an authority that is made in
    /// the data folder and that each phone has to trust
    #[arg(long)]
    phones: bool,
}

fn instant(text: &str) -> Result<UtcMicros, String> {
    UtcMicros::parse_rfc3339(text).map_err(|error| error.to_string())
}

/// What the demo made, for the people who try it. Readable by the folder's owner only.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DemoAccounts {
    pub(super) address: String,
    pub(super) accounts: Vec<DemoAccount>,
    /// Credentials of all cameras by key, so that a `curl` can post as one.
    pub(super) cameras: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DemoAccount {
    pub(super) login: String,
    pub(super) password: String,
    pub(super) agency: String,
    pub(super) unit: String,
    pub(super) what: String,
    /// Base32; `sightline demo-code` makes the current code from it.
    pub(super) totp_secret: Option<String>,
}

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<()> {
        block_on(async {
            let mut plan = self.plan()?;
            let city = Arc::new(City::build(plan.city())?);
            let clock = Arc::new(plan.clock());
            let clock_seam: Arc<dyn Clock> = Arc::<ShiftedClock>::clone(&clock);
            let basemap = Basemap::of_city(&city);
            let photo_source = Arc::new(demo_city::FictionalCameras::new(Arc::clone(&city)));
            let listen =
                if self.phones { SocketAddr::new([0, 0, 0, 0].into(), self.listen.port()) } else { self.listen };
            anyhow::ensure!(
                self.phones || listen.ip().is_loopback(),
                "the demo listens on this machine only; for phones, say --phones"
            );
            let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
            // Cookies and second factors want `localhost`, which browsers treat as safe without TLS.
            let port = listener.local_addr()?.port();
            let mut public_url = localhost(port);
            let authority = if self.phones {
                public_url.set_scheme("https").map_err(|()| anyhow::anyhow!("the scheme of an address"))?;
                Some(DemoAuthority::make(&self.data.join("tls"))?)
            } else {
                None
            };
            let master_key = super::master_key()?;
            let setup = Setup {
                photo_source,
                basemap,
                clock: clock_seam,
                public_url: public_url.clone(),
                master_key,
                ..Setup::new(&self.data)
            };
            let app = App::open(setup).await?;
            let address = public_url.as_str().trim_end_matches('/').to_owned();
            let accounts_file = self.data.join(ACCOUNTS_FILE);
            if !accounts_file.exists() {
                anyhow::ensure!(
                    !account_store::any_user(&app.sql).await?,
                    "the folder holds data that is not the demo's; choose a new folder"
                );
                let accounts = fill(&app, &city, &address).await?;
                demo_city::write_history(&app, &city, plan.rows).await?;
                keep_accounts(&accounts_file, &accounts)?;
            }
            if plan.at.is_some() {
                plan.ahead_micros = Some(clock.release());
                keep_plan(&self.data, &plan)?;
            }
            let stop = serve::stop_signal()?;
            let mut accounts = read_accounts(&self.data)?;
            accounts.address.clone_from(&address);
            print_accounts(&accounts, &self.data);
            if let Some(at) = plan.at {
                say(&format!("Its clock started at {at} and runs on from there; now it says {}.", clock.now()));
            }
            let door = match &authority {
                Some(authority) => {
                    authority.print(port);
                    Door::tls(listener, &authority.certificates()?)?
                }
                None => Door::plain(listener)?,
            };
            let live = if self.quiet {
                None
            } else {
                let agent =
                    client::agent(demo_city::POST_TIME_MAX, authority.as_ref().map(DemoAuthority::file).as_deref())?;
                Some(demo_city::Live::start(&city, clock, agent, &address, &accounts.cameras))
            };
            say(&format!("Sightline listens on {address}"));
            let served = serve::serve(Arc::clone(&app), door, stop).await.context("serving");
            if let Some(live) = live {
                live.stop();
            }
            served
        })
    }
}

impl Demo {
    /// The city must stay the one that history was drawn from, also when the program is started again.
    fn plan(&self) -> anyhow::Result<DemoPlan> {
        if let Some(plan) = read_plan(&self.data)? {
            anyhow::ensure!(
                self.at.is_none() || self.at == plan.at,
                "the folder was filled with another clock; leave --at out, or choose a new folder"
            );
            return Ok(plan);
        }
        std::fs::create_dir_all(&self.data)?;
        let end = self.at.unwrap_or_else(|| SystemClock.now());
        let plan = DemoPlan { seed: self.seed, rows: self.rows, end, at: self.at, ahead_micros: None };
        keep_plan(&self.data, &plan)?;
        Ok(plan)
    }
}

/// `None` for a folder that is not filled yet.
fn read_plan(data: &Path) -> anyhow::Result<Option<DemoPlan>> {
    let file = data.join(PLAN_FILE);
    if !file.exists() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&std::fs::read(&file)?).with_context(|| file.display().to_string())?))
}

fn keep_plan(data: &Path, plan: &DemoPlan) -> anyhow::Result<()> {
    Ok(write_durably(&data.join(PLAN_FILE), &serde_json::to_vec_pretty(plan)?)?)
}

fn keep_accounts(file: &Path, accounts: &DemoAccounts) -> anyhow::Result<()> {
    write_durably(file, &serde_json::to_vec_pretty(accounts)?)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn read_accounts(data: &Path) -> anyhow::Result<DemoAccounts> {
    let file = data.join(ACCOUNTS_FILE);
    Ok(serde_json::from_slice(&std::fs::read(&file).with_context(|| file.display().to_string())?)?)
}

fn print_accounts(accounts: &DemoAccounts, data: &Path) {
    say(&format!("The fictional city of Port Larkin is at {}", accounts.address));
    for account in &accounts.accounts {
        let door = if account.totp_secret.is_some() { "both doors" } else { "plain door" };
        say(&format!("  {:<12} {:<26} {} ({}, {door})", account.login, account.password, account.what, account.agency));
    }
    let data = data.display();
    say(&format!(
        "For the enhanced door: sightline demo-code --data {data} LOGIN. All of this is in {data}/{ACCOUNTS_FILE}."
    ));
}

#[derive(Debug, clap::Args)]
pub(super) struct DemoCode {
    /// The demo's data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    login: String,
}

impl DemoCode {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let accounts = read_accounts(&self.data)?;
        let account =
            accounts.accounts.iter().find(|account| account.login == self.login).context("no such account")?;
        let secret = account.totp_secret.as_ref().context("this account has no second factor")?;
        let secret =
            totp_rs::Secret::try_from_base32(secret).map_err(|_| anyhow::anyhow!("the secret is not base32"))?;
        let totp = account_api::totp(secret.as_ref().to_vec()).context("the secret makes no code")?;
        // The demo's clock, which may be another than the machine's.
        let now = read_plan(&self.data)?.map_or_else(|| SystemClock.now(), |plan| plan.clock().now());
        let seconds = u64::try_from(now.seconds())?;
        say(&totp.generate(seconds).to_string());
        complain(&format!("valid for {} s more, and once", 30 - seconds % 30));
        Ok(())
    }
}
