//! Server: who may connect, and how many at a time?
//!
//! In: a socket, an address, connections. Out: each connection served until it ends, is too slow or the session is over.
//! Must never: run on the session's thread, serve another user of the machine over the socket, or hold more than
//! [`CONNECTIONS_MAX`] connections.

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream as StdUnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, oneshot};

use crate::actor::Role;
use crate::desk::Desk;
use crate::guard::{Guard, Peer};
use crate::metrics::Metrics;
use crate::routes::{self, Shared};

pub use crate::guard::Token;

/// Most connections at a time; further ones are closed at once.
pub const CONNECTIONS_MAX: usize = 64;
/// Longest time for the head of a request, which a connection that is kept open for the next one has too.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// Largest head, in bytes and in lines.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEAD_LINES_MAX: usize = 64;
/// How long answers that are under way are waited for at the end.
const LEAVE_TIME_MAX: Duration = Duration::from_millis(1_000);
/// Pause after a connection that could not be taken, for want of descriptors for example.
const TROUBLE_PAUSE: Duration = Duration::from_millis(50);

/// Where and to whom is served.
#[derive(Debug)]
pub struct Settings {
    /// Unix socket, for the user that runs the host.
    pub socket: PathBuf,
    /// What that user may do without a token.
    pub socket_role: Role,
    /// Address, with tokens only.
    pub tcp: Option<SocketAddr>,
    /// Another one, for metrics and nothing else; with tokens too.
    pub metrics: Option<SocketAddr>,
    /// Further names by which the addresses are reached, with their ports.
    pub hosts: Vec<String>,
    /// Tokens.
    pub tokens: Vec<Token>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Somebody serves there.
    #[error("{} is served by another session", .0.display())]
    InUse(PathBuf),
    /// Something else lies there.
    #[error("{} is there and is no socket", .0.display())]
    NoSocket(PathBuf),
    /// The socket cannot be made.
    #[error("{}: {reason}", path.display())]
    Socket {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The address cannot be had.
    #[error("{address}: {reason}")]
    Address {
        /// Which.
        address: SocketAddr,
        /// Why.
        reason: io::Error,
    },
    /// No thread, or no loop of events.
    #[error("the control surface cannot start: {0}")]
    Start(io::Error),
}

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    socket: PathBuf,
    tcp: Option<SocketAddr>,
    metrics: Option<SocketAddr>,
}

/// What is listened at.
struct Doors {
    unix: StdUnixListener,
    /// The user that the socket belongs to.
    user: u32,
    tcp: Option<StdTcpListener>,
    metrics: Option<StdTcpListener>,
}

impl Doors {
    fn open(settings: &Settings) -> Result<Doors, ServerError> {
        let (unix, user) = bind(&settings.socket)?;
        let (tcp, metrics) = (settings.tcp.map(listen).transpose()?, settings.metrics.map(listen).transpose()?);
        Ok(Doors { unix, user, tcp, metrics })
    }
}

impl Server {
    /// Begins to serve, on a thread of its own.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn start(settings: Settings, (desk, metrics): (Arc<Desk>, Arc<Metrics>)) -> Result<Server, ServerError> {
        let doors = Doors::open(&settings)?;
        let Settings { socket, socket_role, hosts, tokens, .. } = settings;
        let of = |listener: &Option<StdTcpListener>| listener.as_ref().and_then(|it| it.local_addr().ok());
        let (tcp, metrics_at) = (of(&doors.tcp), of(&doors.metrics));
        let addresses: Vec<SocketAddr> = tcp.into_iter().chain(metrics_at).collect();
        let guard = Guard::new(tokens, socket_role, (&addresses, &hosts));
        let shared = Arc::new(Shared::new(desk, guard, metrics));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServerError::Start)?;
        let work = move || runtime.block_on(serve(doors, shared, stopped));
        let thread = std::thread::Builder::new().name("control".to_owned()).spawn(move || {
            work().ok();
        });
        let thread = Some(thread.map_err(ServerError::Start)?);
        Ok(Server { stop: Some(stop), thread, socket, tcp, metrics: metrics_at })
    }

    /// The address that is served, with the port that was given where 0 was asked for.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// The same of the address for metrics.
    #[must_use]
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        std::fs::remove_file(&self.socket).ok();
    }
}

/// The socket for its owner alone, and who that is. A socket that nobody serves any more is taken away.
fn bind(path: &Path) -> Result<(StdUnixListener, u32), ServerError> {
    let fault = |reason| ServerError::Socket { path: path.to_owned(), reason };
    match path.symlink_metadata() {
        Ok(found) if !found.file_type().is_socket() => return Err(ServerError::NoSocket(path.to_owned())),
        Ok(_) if StdUnixStream::connect(path).is_ok() => return Err(ServerError::InUse(path.to_owned())),
        Ok(_) => std::fs::remove_file(path).map_err(fault)?,
        Err(_absent) => {}
    }
    let listener = StdUnixListener::bind(path).map_err(fault)?;
    // Whoever came in between is turned away by its number.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(fault)?;
    listener.set_nonblocking(true).map_err(fault)?;
    let user = path.symlink_metadata().map_err(fault)?.uid();
    Ok((listener, user))
}

fn listen(address: SocketAddr) -> Result<StdTcpListener, ServerError> {
    let fault = |reason| ServerError::Address { address, reason };
    let listener = StdTcpListener::bind(address).map_err(fault)?;
    listener.set_nonblocking(true).map_err(fault)?;
    Ok(listener)
}

async fn serve(doors: Doors, shared: Arc<Shared>, stopped: oneshot::Receiver<()>) -> io::Result<()> {
    let Doors { unix, user, tcp, metrics } = doors;
    let async_of = |listener: Option<StdTcpListener>| listener.map(TcpListener::from_std).transpose();
    let (unix, tcp, metrics) = (UnixListener::from_std(unix)?, async_of(tcp)?, async_of(metrics)?);
    let (all, few) = (routes::router(Arc::clone(&shared)), routes::metrics_alone(Arc::clone(&shared)));
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::select! {
        () = take_sockets(&unix, user, (&all, &seats)) => {}
        () = take_addresses(tcp.as_ref(), (&all, &seats)) => {}
        () = take_addresses(metrics.as_ref(), (&few, &seats)) => {}
        _asked = stopped => {}
    }
    let leave = async {
        while shared.answering.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The last bytes are written by the task of the connection.
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    tokio::time::timeout(LEAVE_TIME_MAX, leave).await.ok();
    Ok(())
}

type Serving<'a> = (&'a Router, &'a Arc<Semaphore>);

async fn take_sockets(listener: &UnixListener, user: u32, (router, seats): Serving<'_>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let peer = stream.peer_cred().ok().map(|peer| peer.uid()).filter(|peer| *peer == user || *peer == 0);
                if let Some(peer) = peer {
                    spawn(stream, Peer::User(peer), (router, seats));
                }
            }
            Err(_trouble) => tokio::time::sleep(TROUBLE_PAUSE).await,
        }
    }
}

async fn take_addresses(listener: Option<&TcpListener>, (router, seats): Serving<'_>) {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => spawn(stream, Peer::Address, (router, seats)),
            Err(_trouble) => tokio::time::sleep(TROUBLE_PAUSE).await,
        }
    }
}

/// Serves one connection, where there is a seat.
fn spawn(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer, (router, seats): Serving<'_>) {
    let Ok(seat) = Arc::clone(seats).try_acquire_owned() else { return };
    let connection = connection(stream, peer, router);
    tokio::spawn(async move {
        connection.await;
        drop(seat);
    });
}

/// Answers requests until the connection ends. What a peer does to its own connection concerns nobody else.
pub(crate) fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: &Router,
) -> impl Future<Output = ()> + Send + 'static {
    let service = TowerToHyperService::new(router.clone().layer(Extension(peer)));
    let mut head = http1::Builder::new();
    head.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_headers(HEAD_LINES_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    let connection = head.serve_connection(TokioIo::new(stream), service);
    async move {
        connection.await.ok();
    }
}

#[cfg(test)]
mod tests;
