//! Client: how does a program of ours ask a session that runs?
//!
//! In: a socket or an address, a token, requests. Out: answers. Must never: wait for ever, or take an answer of any size.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixStream};

/// Longest time to connect and to have an answer.
const TIME_MAX: Duration = Duration::from_secs(20);
/// Largest answer.
const BYTES_MAX: usize = 16 << 20;

/// Where a session is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// At its socket.
    Socket(PathBuf),
    /// At host and port.
    Tcp(String),
}

/// Asks a session.
pub struct Client {
    target: Target,
    token: Option<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("target", &self.target).finish_non_exhaustive()
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Everything that it says.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody is there.
    #[error("no session answers at {place}: {reason}")]
    Nobody {
        /// Where.
        place: String,
        /// Why.
        reason: String,
    },
    /// The connection broke, or what came is no answer.
    #[error("no whole answer: {0}")]
    Broken(String),
    /// It took too long.
    #[error("no answer within {} s", TIME_MAX.as_secs())]
    Late,
    /// The token cannot stand in a request.
    #[error("the token holds characters that a token cannot have")]
    Token,
}

impl Client {
    /// Asks there, as whoever the token stands for.
    #[must_use]
    pub fn new(target: Target, token: Option<String>) -> Client {
        Client { target, token }
    }

    /// Asks for something.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn get(&self, path: &str) -> Result<Answer, ClientError> {
        block(async { within(self.whole("GET", path, None)).await })
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn post(&self, path: &str, json: Vec<u8>) -> Result<Answer, ClientError> {
        block(async { within(self.whole("POST", path, Some(json))).await })
    }

    /// Follows server-sent events: hands over the data of each until it is told to stop or the session ends. An answer that
    /// is no stream comes back.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn follow(
        &self,
        path: &str,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Answer>, ClientError> {
        block(async {
            let response = within(self.send("GET", path, None)).await?;
            if !response.status().is_success() {
                return collected(response).await.map(Some);
            }
            stream(response.into_body(), each).await.map(|()| None)
        })
    }

    async fn whole(&self, method: &str, path: &str, json: Option<Vec<u8>>) -> Result<Answer, ClientError> {
        collected(self.send(method, path, json).await?).await
    }

    async fn send(&self, method: &str, path: &str, json: Option<Vec<u8>>) -> Result<Response<Incoming>, ClientError> {
        let (host, place) = match &self.target {
            Target::Socket(path) => ("ringfence".to_owned(), path.display().to_string()),
            Target::Tcp(address) => (address.clone(), address.clone()),
        };
        let mut request = Request::builder().method(method).uri(path).header("host", host);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if json.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Full::new(Bytes::from(json.unwrap_or_default()))).map_err(|_| ClientError::Token)?;
        let nobody = |reason: std::io::Error| ClientError::Nobody { place, reason: reason.to_string() };
        match &self.target {
            Target::Socket(path) => asked(UnixStream::connect(path).await.map_err(nobody)?, request).await,
            Target::Tcp(address) => asked(TcpStream::connect(address).await.map_err(nobody)?, request).await,
        }
    }
}

pub(crate) async fn asked(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, ClientError> {
    let broken = |error: hyper::Error| ClientError::Broken(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tokio::spawn(async move { connection.await.ok() });
    sender.send_request(request).await.map_err(broken)
}

pub(crate) async fn collected(response: Response<Incoming>) -> Result<Answer, ClientError> {
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), BYTES_MAX).collect().await;
    let body = body.map_err(|error| ClientError::Broken(error.to_string()))?;
    Ok(Answer { status, body: body.to_bytes().to_vec() })
}

/// Events are separated by empty lines; those of comments keep the connection alive.
pub(crate) async fn stream(
    mut body: Incoming,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<(), ClientError> {
    let mut held = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ClientError::Broken(error.to_string()))?;
        held.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = held.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = held.drain(..end + 2).collect();
            let event = String::from_utf8_lossy(&event);
            for data in event.lines().filter_map(|line| line.strip_prefix("data:")) {
                if each(data.trim_start()).is_break() {
                    return Ok(());
                }
            }
        }
        if held.len() > BYTES_MAX {
            return Err(ClientError::Broken("an event without end".to_owned()));
        }
    }
    Ok(())
}

async fn within<T>(work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    tokio::time::timeout(TIME_MAX, work).await.unwrap_or(Err(ClientError::Late))
}

fn block<T>(work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| ClientError::Broken(error.to_string()))?.block_on(work)
}
