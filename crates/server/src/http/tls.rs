//! TLS of the service itself, by rustls: versions 1.2 and 1.3 with the suites of its aws-lc-rs provider, all of them with forward
//! secrecy. The certificate is read anew when its files change; connections that are open go on with the one they began with.

use super::problem::chain;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error as RustlsError, ServerConfig, version};

/// How often the certificate's files are looked at; SIGHUP looks at once.
pub const CERTIFICATE_LOOK: Duration = Duration::from_secs(30);
/// Bytes of a certificate chain or a key.
const PEM_BYTES_MAX: u64 = 1 << 20;

/// Ciphers, key exchange and signatures; named wherever rustls is used, so that no other crate's choice decides.
pub fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the file `{}` could not be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the file `{}` has more than 1 MiB", path.display())]
    TooLarge { path: PathBuf },
    #[error("the file `{}` holds no certificates in PEM", path.display())]
    NoCertificate { path: PathBuf, source: Option<PemError> },
    #[error("the file `{}` holds no private key in PEM", path.display())]
    NoKey { path: PathBuf, source: PemError },
    #[error("the key in `{}` is not that of the certificate in `{}`, or one of them is damaged", key.display(), certificate.display())]
    NotAPair { key: PathBuf, certificate: PathBuf, source: RustlsError },
    #[error("TLS could not be set up")]
    Setup(#[source] RustlsError),
}

/// The service's certificate and key, and the files that they come from.
#[derive(Debug)]
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    /// What the files held when they were last read.
    seen: Mutex<(Vec<u8>, Vec<u8>)>,
    stale: AtomicBool,
}

impl Certificates {
    /// Reads a certificate chain and its key, both PEM.
    pub fn read(certificate: &Path, key: &Path) -> Result<Arc<Self>, TlsError> {
        let content = (read(certificate)?, read(key)?);
        let pair = pair(certificate, key, &content)?;
        Ok(Arc::new(Self {
            certificate: certificate.into(),
            key: key.into(),
            current: RwLock::new(Arc::new(pair)),
            seen: Mutex::new(content),
            stale: AtomicBool::new(false),
        }))
    }

    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Looks whether the files changed, and takes them over. Files that cannot be used leave the certificate that is in use;
    /// the log says so once for each change, and health as long as it holds. Blocks on files.
    pub fn look(&self) {
        match self.take_over() {
            Ok(false) => {}
            Ok(true) => {
                self.stale.store(false, Ordering::SeqCst);
                tracing::info!(file = %self.certificate.display(), "the certificate was read anew");
            }
            Err(error) => {
                if !self.stale.swap(true, Ordering::SeqCst) {
                    tracing::error!(
                        cause = chain(&error),
                        "the new certificate cannot be used; the old one stays in use"
                    );
                }
            }
        }
    }

    fn take_over(&self) -> Result<bool, TlsError> {
        let content = (read(&self.certificate)?, read(&self.key)?);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == content {
            // Put back as it was after a change that could not be used.
            return Ok(self.stale.load(Ordering::SeqCst));
        }
        let pair = pair(&self.certificate, &self.key, &content)?;
        *seen = content;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
        Ok(true)
    }

    /// The files hold something that cannot be used; an older certificate is in use.
    pub fn is_stale(&self) -> bool {
        self.stale.load(Ordering::SeqCst)
    }

    /// Looks at an interval and at SIGHUP, for as long as it is polled.
    pub async fn watch(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(CERTIFICATE_LOOK);
        let mut hang_up = Hangup::listen();
        loop {
            tokio::select! { _ = ticks.tick() => {}, () = hang_up.come() => {} }
            let certificates = Arc::clone(&self);
            if let Err(error) = tokio::task::spawn_blocking(move || certificates.look()).await {
                tracing::error!(cause = chain(&error), "the certificate could not be looked at");
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// SIGHUP, where there is one.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    fn listen() -> Self {
        Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn come(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |source| TlsError::Unreadable { path: path.into(), source };
    if std::fs::metadata(path).map_err(unreadable)?.len() > PEM_BYTES_MAX {
        return Err(TlsError::TooLarge { path: path.into() });
    }
    std::fs::read(path).map_err(unreadable)
}

fn pair(certificate: &Path, key: &Path, content: &(Vec<u8>, Vec<u8>)) -> Result<CertifiedKey, TlsError> {
    let none = |source| TlsError::NoCertificate { path: certificate.into(), source };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&content.0).collect::<Result<_, _>>().map_err(|error| none(Some(error)))?;
    if chain.is_empty() {
        return Err(none(None));
    }
    let private =
        PrivateKeyDer::from_pem_slice(&content.1).map_err(|source| TlsError::NoKey { path: key.into(), source })?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|source| TlsError::NotAPair {
        key: key.into(),
        certificate: certificate.into(),
        source,
    })
}
