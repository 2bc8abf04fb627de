//! Sockets: how does the exchange get onto a wire?
//!
//! In: a listener on loopback, an exchange, a log. Out: HTTP/1 and WebSocket. Must never: decide what is answered, or let
//! out a word before what it rests on is in the log.

mod hub;
mod stream;

use std::convert::Infallible;
use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame as BodyFrame, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, ORIGIN, UPGRADE};
use hyper::service::service_fn;
use hyper::{StatusCode, http};
use hyper_util::rt::TokioIo;

use crate::log::{Folder, Log, LogError};
use crate::protocol::{Answer, Delivery, Exchange, Method, Request, Response};
use hub::Hub;

/// Largest body of a request.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How often time passes for the exchange.
const TICK: Duration = Duration::from_millis(20);

type Shared = Arc<Mutex<Hub>>;
type Body = BoxBody<Bytes, Gone>;

/// The connection ends here, without an answer.
#[derive(Debug, Clone, Copy)]
struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("the connection is closed by a fault")
    }
}

impl std::error::Error for Gone {}

/// Why serving ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Sockets cannot be had.
    #[error("{0}")]
    Sockets(#[from] std::io::Error),
    /// The log cannot be written; what was not logged was not answered.
    #[error("{0}")]
    Log(#[from] LogError),
}

/// Serves until `is_over` says so, which is asked many times a second.
///
/// # Errors
/// When sockets cannot be had, or the log cannot be written.
pub fn serve(
    listener: TcpListener,
    exchange: Exchange,
    log: Option<Log<Folder>>,
    is_over: impl Fn() -> bool,
) -> Result<(), ServeError> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let shared = Arc::new(Mutex::new(Hub::new(exchange, log)));
    lock(&shared).start();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        while !is_over() && !lock(&shared).is_failed() {
            tokio::time::sleep(TICK).await;
            lock(&shared).tick();
        }
        accepting.abort();
        Ok::<(), ServeError>(())
    })?;
    match lock(&shared).failure() {
        Some(fault) => Err(fault.into()),
        None => Ok(()),
    }
}

/// Nothing panics while it holds the lock; if something did, the state is still what was logged.
fn lock(shared: &Shared) -> MutexGuard<'_, Hub> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: tokio::net::TcpListener, shared: Shared) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Small answers go out at once; where that cannot be said, they go out a little later.
        drop(stream.set_nodelay(true));
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that goes away, or a fault that closes on it, ends one connection and nothing else.
            drop(connection.with_upgrades().await);
        });
    }
}

async fn answer(shared: Shared, request: http::Request<Incoming>) -> Result<http::Response<Body>, Gone> {
    if let Some(refusal) = refusal(&request) {
        return Ok(refusal);
    }
    if request.headers().contains_key(UPGRADE) {
        return Ok(stream::upgrade(&shared, request));
    }
    let Some(method) = Method::parse(request.method().as_str()) else {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "GET, POST, PUT or DELETE"));
    };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let key = header("X-MBX-APIKEY");
    let (path, query) = (request.uri().path().to_owned(), request.uri().query().unwrap_or("").to_owned());
    let Ok(body) = Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, "a body of more than a mebibyte"));
    };
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    let answered = lock(&shared).request(&Request { method, path, query, body, key });
    match answered {
        Some(answer) => deliver(answer).await,
        None => Err(Gone),
    }
}

/// Pages of browsers have no business here, whatever name they found for this machine.
fn refusal(request: &http::Request<Incoming>) -> Option<http::Response<Body>> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let name = header(HOST).map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    let is_here = name.is_none_or(|name| ["127.0.0.1", "localhost", "[::1]", "[:"].contains(&name));
    let is_local_page = header(ORIGIN).is_none_or(|_| !request.uri().path().starts_with("/local"));
    if is_here && is_local_page {
        return None;
    }
    Some(plain(StatusCode::FORBIDDEN, "only for programs on this machine"))
}

async fn deliver(answer: Answer) -> Result<http::Response<Body>, Gone> {
    match answer.delivery {
        Delivery::Send => Ok(whole(answer.response)),
        Delivery::Drop => Err(Gone),
        Delivery::After(wait_ns) => {
            tokio::time::sleep(Duration::from_nanos(wait_ns)).await;
            Ok(whole(answer.response))
        }
        Delivery::Cut(bytes) => Ok(cut(answer.response, bytes)),
    }
}

fn whole(response: Response) -> http::Response<Body> {
    let body = Full::new(Bytes::from(response.body.clone())).map_err(|never: Infallible| match never {});
    with_head(&response, body.boxed())
}

/// The head promises the whole body, and the connection ends within it.
fn cut(response: Response, bytes: usize) -> http::Response<Body> {
    let part = Bytes::copy_from_slice(&response.body.as_bytes()[..bytes.min(response.body.len())]);
    let parts = [Ok(BodyFrame::data(part)), Err(Gone)];
    let body = StreamBody::new(futures_util::stream::iter(parts));
    let mut cut = with_head(&response, BodyExt::boxed(body));
    cut.headers_mut().insert(http::header::CONTENT_LENGTH, http::HeaderValue::from(response.body.len()));
    cut
}

fn with_head(response: &Response, body: Body) -> http::Response<Body> {
    let mut built = http::Response::new(body);
    *built.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = http::HeaderValue::from_static("application/json;charset=UTF-8");
    built.headers_mut().insert(CONTENT_TYPE, json);
    for (name, value) in &response.headers {
        let name = http::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_str(value)) {
            built.headers_mut().insert(name, value);
        }
    }
    built
}

fn plain(status: StatusCode, text: &'static str) -> http::Response<Body> {
    let body = Full::new(Bytes::from_static(text.as_bytes())).map_err(|never: Infallible| match never {});
    let mut response = http::Response::new(body.boxed());
    *response.status_mut() = status;
    response
}
