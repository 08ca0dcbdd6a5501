//! `sightline serve`.

use super::mail::MailArgs;
use super::witness::{self, AskedWitness};
use super::{DataArgs, block_on, say};
use crate::App;
use crate::accounts::{sessions, store as account_store};
use crate::app::localhost;
use crate::basemap::Basemap;
use crate::http::door::Door;
use crate::http::serve;
use crate::http::tls::Certificates;
use anyhow::{Context, ensure};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use url::{Host, Url};

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    data: DataArgs,
    /// Address and port to listen on; beyond this machine with TLS only, or behind a proxy
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR", env = "SIGHTLINE_LISTEN")]
    listen: SocketAddr,
    /// Certificate chain of the service, PEM; read anew when it changes, at once on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "SIGHTLINE_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "SIGHTLINE_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// A proxy that speaks TLS stands before every address that this listens on. Of clients it is believed
    /// the address that it adds last to X-Forwarded-For
    #[arg(long, conflicts_with = "tls_cert", env = "SIGHTLINE_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Address under which browsers reach the service, such as `https://lpr.example.org/`; links and passkeys go by it
    #[arg(long, value_name = "URL", value_parser = public_url, env = "SIGHTLINE_PUBLIC_URL")]
    public_url: Option<Url>,
    #[command(flatten)]
    mail: MailArgs,
    /// Settings of the base map; left out, `basemap.toml` in the data folder, where there is one
    #[arg(long, value_name = "FILE")]
    basemap: Option<PathBuf>,
    /// A witness of the ledger, by a second party: its address, `+`, and its verifier key; several by saying it again
    #[arg(long = "witness", value_name = "URL+KEY", value_parser = witness::asked_witness, env = "SIGHTLINE_WITNESS", value_delimiter = ' ')]
    witnesses: Vec<AskedWitness>,
    /// Name of the ledger in its checkpoints, such as `lpr.example.org/ledger`, for a new data folder; it cannot be changed later.
    /// Witnesses tell logs apart by it
    #[arg(long, value_name = "NAME", env = "SIGHTLINE_LEDGER_ORIGIN")]
    ledger_origin: Option<String>,
}

/// Passwords and sessions travel in clear by `http`, so that is for this machine alone.
fn public_url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("not an address: {error}"))?;
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        "http" => return Err("http is for localhost only; others need https".into()),
        _ => return Err("the address begins with https://".into()),
    }
    let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_plain || !url.username().is_empty() || url.password().is_some() {
        return Err("the address is a host and a port, with nothing after it".into());
    }
    Ok(url)
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<()> {
        block_on(async {
            let basemap = Basemap::read(&self.data.data, self.basemap.as_deref())?;
            let certificates = match (&self.tls_cert, &self.tls_key) {
                (Some(certificate), Some(key)) => Some(Certificates::read(certificate, key)?),
                _ => None,
            };
            ensure!(
                certificates.is_some() || self.behind_proxy || self.listen.ip().is_loopback(),
                "{} is reached from other machines, where passwords would travel in clear: give --tls-cert and --tls-key, or \
                 say --behind-proxy",
                self.listen
            );
            let listener =
                TcpListener::bind(self.listen).await.with_context(|| format!("listening on {}", self.listen))?;
            let address = listener.local_addr()?;
            let scheme = if certificates.is_some() { "https" } else { "http" };
            let public_url = self.public_url.clone().map_or_else(
                || {
                    let mut url = localhost(address.port());
                    // Both schemes have hosts, so one can stand for the other.
                    url.set_scheme(scheme).map_err(|()| anyhow::anyhow!("the scheme of an address"))?;
                    Ok::<_, anyhow::Error>(url)
                },
                Ok,
            )?;
            let app = App::open(crate::Setup {
                basemap,
                public_url,
                mail: self.mail.settings()?,
                behind_proxy: self.behind_proxy,
                ledger_origin: self.ledger_origin,
                ..self.data.setup()?
            })
            .await?;
            app.ledger.set_witnesses(witness::calls(&self.witnesses)?).await?;
            let stop = serve::stop_signal()?;
            let door = match &certificates {
                Some(certificates) => Door::tls(listener, certificates)?,
                None => Door::plain(listener)?,
            };
            say(&format!("Sightline listens on {scheme}://{address}"));
            if !account_store::any_user(&app.sql).await? {
                let reached = self.public_url.as_ref().map_or(format!("{scheme}://{address}/"), Url::to_string);
                print_setup_link(&app, &reached).await?;
            }
            serve::serve(app, door, stop).await.context("serving")
        })
    }
}

/// An empty data folder has no account, and no default password either: whoever reads this line makes the first one.
async fn print_setup_link(app: &Arc<App>, reached: &str) -> anyhow::Result<()> {
    let (secret, id) = sessions::new_secret(&app.vault);
    let expires = app.clock.now().plus_micros(sessions::SETUP_LINK_MICROS);
    account_store::put_setup_link(&app.sql, &id, expires).await?;
    say("No account exists yet. Within 24 hours, make the first host operator with this one-time link:");
    say(&format!("  {reached}#first-start={secret}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_https_or_this_machine_and_nothing_more_than_a_host() {
        for text in
            ["https://lpr.example.org", "https://lpr.example.org:8443/", "http://localhost:8080", "http://127.0.0.1"]
        {
            assert!(public_url(text).is_ok(), "{text}");
        }
        for text in [
            "http://lpr.example.org",
            "http://10.0.0.7:8080",
            "ftp://localhost",
            "https://lpr.example.org/app",
            "https://lpr.example.org/?a=b",
            "https://lpr.example.org/#a",
            "https://somebody@lpr.example.org",
            "lpr.example.org",
            "",
        ] {
            assert!(public_url(text).is_err(), "{text}");
        }
    }
}
