//! Hands one mail to the mail server.

use super::settings::{MailSettings, Protection};
use crate::http::problem::chain;
use domain::UtcMicros;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

/// How long the server may take over one command.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(10);
/// How long one mail may take, from the connection to the server's answer.
const SEND_TIME_MAX: Duration = Duration::from_secs(30);
/// Connections to the mail server at once; further mails wait for one.
const CONNECTIONS_MAX: u32 = 2;

/// Sends mails. Its errors name no address: what a server answers may repeat it, so only the code is kept.
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Stands behind the `@` of message ids.
    host: String,
    at_once: Semaphore,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").finish_non_exhaustive()
    }
}

/// Why a mail was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection, no TLS, no STARTTLS, or no answer in time: other mails would not pass either.
    #[error("the mail server could not be reached safely")]
    Unreachable,
    /// An answer of 4xx or 5xx to this mail.
    #[error("the mail server refused with {0}")]
    Refused(u16),
    /// The mail could not be written.
    #[error("the mail could not be composed")]
    Unsayable,
}

#[derive(Debug, thiserror::Error)]
#[error("TLS to the mail server cannot be prepared")]
pub struct PostError(#[from] lettre::transport::smtp::Error);

impl Post {
    /// Needs a runtime: connections are kept for a while.
    pub fn new(settings: MailSettings, public_url: &Url) -> Result<Self, PostError> {
        let MailSettings { server, from, password, authorities } = settings;
        let host = public_url.host_str().unwrap_or("localhost").to_owned();
        let tls = match server.protection {
            Protection::None => Tls::None,
            Protection::StartTls => Tls::Required(tls(&server.host, authorities.as_deref())?),
            Protection::Tls => Tls::Wrapper(tls(&server.host, authorities.as_deref())?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(COMMAND_TIME_MAX))
            .hello_name(ClientId::Domain(host.clone()))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS_MAX));
        if let Some((user, password)) = server.user.zip(password) {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), from, host, at_once: Semaphore::new(CONNECTIONS_MAX as usize) })
    }

    /// Returns when the server has taken the mail upon itself (250).
    pub async fn send(&self, to: &Address, subject: &str, text: String, now: UtcMicros) -> Result<(), SendError> {
        let sent_at = UNIX_EPOCH + Duration::from_micros(u64::try_from(now.0).unwrap_or_default());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .date(sent_at)
            .message_id(Some(format!("<{}@{}>", Uuid::new_v4(), self.host)))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|_| SendError::Unsayable)?;
        let sending = async {
            let _place = self.at_once.acquire().await.map_err(|_| SendError::Unreachable)?;
            self.transport.send(message).await.map(drop).map_err(|error| why(&error))
        };
        tokio::time::timeout(SEND_TIME_MAX, sending).await.unwrap_or(Err(SendError::Unreachable))
    }
}

fn why(error: &lettre::transport::smtp::Error) -> SendError {
    match error.status() {
        Some(code) => SendError::Refused(code.to_string().parse().unwrap_or_default()),
        // What was answered is not said: it may repeat an address.
        None if error.is_response() => SendError::Unreachable,
        None => {
            // Of the connection, not of a mail: no address is in it.
            tracing::warn!(cause = chain(error), "the mail server could not be reached");
            SendError::Unreachable
        }
    }
}

fn tls(host: &str, authorities: Option<&[u8]>) -> Result<TlsParameters, PostError> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(pem) = authorities {
        parameters =
            parameters.certificate_store(CertificateStore::None).add_root_certificate(Certificate::from_pem(pem)?);
    }
    Ok(parameters.build()?)
}
