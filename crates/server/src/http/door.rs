//! Where connections come in: a bounded number, plain or TLS.

use super::tls::{Certificates, TlsError};
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Connections at a time; further ones wait in the system's queue.
pub const CONNECTIONS_MAX: usize = 4_096;
/// A client that takes longer to agree on TLS is let go.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Connections that agreed on TLS and wait to be served.
const READY_MAX: usize = 64;

/// Listens for connections.
#[derive(Debug)]
pub struct Door {
    address: SocketAddr,
    certificates: Option<Arc<Certificates>>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Plain { listener: TcpListener, places: Arc<Semaphore> },
    Tls { ready: mpsc::Receiver<(Connection, SocketAddr)>, accepting: JoinHandle<()> },
}

impl Door {
    pub fn plain(listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        Ok(Self { address, certificates: None, way: Way::Plain { listener, places } })
    }

    /// Agrees on TLS with many at a time, so that a slow client holds up nobody. Spawns on the present runtime.
    pub fn tls(listener: TcpListener, certificates: &Arc<Certificates>) -> Result<Self, DoorError> {
        let address = listener.local_addr().map_err(DoorError::Listener)?;
        let acceptor = TlsAcceptor::from(Arc::new(certificates.server_config()?));
        let (sender, ready) = mpsc::channel(READY_MAX);
        let accepting = tokio::spawn(accept_tls(listener, acceptor, sender));
        Ok(Self { address, certificates: Some(Arc::clone(certificates)), way: Way::Tls { ready, accepting } })
    }

    pub fn certificates(&self) -> Option<&Arc<Certificates>> {
        self.certificates.as_ref()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    #[error("the listener could not be used")]
    Listener(#[source] io::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Way::Tls { accepting, .. } = &self.way {
            accepting.abort();
        }
    }
}

async fn accept_tls(mut listener: TcpListener, acceptor: TlsAcceptor, ready: mpsc::Sender<(Connection, SocketAddr)>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, from) = Listener::accept(&mut listener).await;
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            // A client that does not speak TLS, or gives up, is its own affair.
            let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIME_MAX, acceptor.accept(stream)).await else {
                return;
            };
            let connection = Connection { stream: Stream::Tls(Box::new(stream)), _place: place };
            // An error means that the service stops.
            let _ = ready.send((connection, from)).await;
        });
    }
}

impl Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match &mut self.way {
            Way::Plain { listener, places } => {
                let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
                let (stream, from) = Listener::accept(listener).await;
                (Connection { stream: Stream::Plain(stream), _place: place }, from)
            }
            Way::Tls { ready, .. } => match ready.recv().await {
                Some(connection) => connection,
                // The accepting task ended, which happens at the end of the runtime only.
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// A connection and its place among [`CONNECTIONS_MAX`].
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
