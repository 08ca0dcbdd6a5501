//! `sightline serve`.

use super::{DataArgs, block_on, say};
use crate::App;
use crate::accounts::{sessions, store as account_store};
use crate::basemap::Basemap;
use crate::http::serve;
use anyhow::Context;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    data: DataArgs,
    /// Address and port to listen on; put TLS in front of anything that is not this machine
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
    /// Settings of the base map; left out, `basemap.toml` in the data folder, where there is one
    #[arg(long, value_name = "FILE")]
    basemap: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<()> {
        block_on(async {
            let basemap = Basemap::read(&self.data.data, self.basemap.as_deref())?;
            let listener =
                TcpListener::bind(self.listen).await.with_context(|| format!("listening on {}", self.listen))?;
            let address = listener.local_addr()?;
            let public_url = crate::app::local_url(address.port());
            let app = App::open(crate::Setup { basemap, public_url, ..self.data.setup() }).await?;
            let stop = serve::stop_signal()?;
            say(&format!("Sightline listens on http://{address}"));
            if !account_store::any_user(&app.sql).await? {
                print_setup_link(&app, address).await?;
            }
            serve::serve(app, listener, stop).await.context("serving")
        })
    }
}

/// An empty data folder has no account, and no default password either: whoever reads this line makes the first one.
async fn print_setup_link(app: &Arc<App>, address: SocketAddr) -> anyhow::Result<()> {
    let (secret, id) = sessions::new_secret(&app.vault);
    let expires = app.clock.now().plus_micros(sessions::SETUP_LINK_MICROS);
    account_store::put_setup_link(&app.sql, &id, expires).await?;
    say("No account exists yet. Within 24 hours, make the first host operator with this one-time link:");
    say(&format!("  http://{address}/#first-start={secret}"));
    Ok(())
}
