//! `sightline camera`: registration from the machine itself, or through a server's API.

use super::client::{Client, ServerArgs};
use super::{block_on, complain, plainly, say};
use crate::agencies::api::{AddCamera, register_camera};
use crate::agencies::store as agency_store;
use crate::{App, Setup};
use anyhow::Context;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Camera {
    /// Register a camera and print its credential, with which it can post reads and nothing else
    Add(Box<Add>),
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// The data folder, when no server runs on it; left out, the server is asked
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The owner's name; with --data only (a server takes the manager's own agency)
    #[arg(long)]
    agency: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    /// The agency's own short name of the camera
    #[arg(long)]
    key: String,
    /// A name for people
    #[arg(long)]
    name: String,
    /// `pole`, `vehicle-mounted`, `handheld`, `toll-road`, `parking-lot`, `repossession`
    #[arg(long)]
    source: String,
    /// Where it stands, as `LAT,LON`; left out, it moves
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    position: Option<String>,
    /// IANA time zone; left out, the agency's
    #[arg(long)]
    zone: Option<String>,
    #[arg(long, default_value_t = 1920)]
    width_px: u32,
    #[arg(long, default_value_t = 1080)]
    height_px: u32,
}

impl Camera {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Add(add) = self;
        let position = add.position.as_deref().map(super::feed::read_position).transpose()?;
        let body = AddCamera {
            key: add.key.clone(),
            name: add.name.clone(),
            source: add.source.clone(),
            lat: position.map(|position| position.lat()),
            lon: position.map(|position| position.lon()),
            zone: add.zone.clone(),
            width_px: add.width_px,
            height_px: add.height_px,
        };
        let credential = match &add.data {
            Some(data) => local(data, add.agency.as_deref().context("--agency names the owner")?, body)?,
            None => through_server(&add.server, &body)?,
        };
        complain(
            "the credential is shown once; the camera sends it as `Authorization: Bearer`, or as the last part of a feed's path",
        );
        say(&credential);
        Ok(())
    }
}

fn local(data: &Path, agency: &str, body: AddCamera) -> anyhow::Result<String> {
    block_on(async {
        let app = App::open(Setup { master_key: super::master_key()?, ..Setup::new(data) }).await?;
        let agencies = agency_store::agencies(&app.sql).await?;
        let found = agencies.into_iter().find(|known| known.name == agency).context("there is no such agency")?;
        let made = register_camera(&app, None, &found, body).await.map_err(plainly)?;
        app.close().await;
        Ok(made.credential)
    })
}

fn through_server(server: &ServerArgs, body: &AddCamera) -> anyhow::Result<String> {
    let body = json!({
        "key": body.key, "name": body.name, "source": body.source, "lat": body.lat, "lon": body.lon,
        "zone": body.zone, "width_px": body.width_px, "height_px": body.height_px,
    });
    let made = Client::new(server)?.post("/api/v1/agency/cameras", &body)?.success()?;
    made.get("credential").and_then(Value::as_str).map(ToOwned::to_owned).context("a credential in the answer")
}
