//! Transport: how do bytes get to the venue and back?
//!
//! In: what the machine wants done. Out: what came of it, as inputs of the machine. Must never: decide anything, try anything
//! again, or read more than it may hold.
//!
//! One task runs the machine. A request has a task of its own, and so has a connection; both end by a message to the first.
//! While the session takes nothing, frames are left in the sockets, and the venue's own buffers fill; commands and answers
//! still pass.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Client;
use reqwest::header::HeaderMap;
use ringfence_core::ids::TimeNs;
use ringfence_venue::{Rates, Said};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, connect_async_tls_with_config};

use crate::adapter::{OpenError, Order, Wanted};
use crate::codec::Secret;
use crate::codec::json::Limits;
use crate::codec::request::Method;
use crate::protocol::{Failed, Headers, HttpCall, Input, Machine, Notice, Output};

/// Statements that may wait for the session before no more frames are read.
const SAID_MAX: usize = 1 << 16;
/// Frames that may wait for the machine, over all connections.
const FRAMES_MAX: usize = 256;
/// Answers that may wait for the machine.
const ANSWERS_MAX: usize = 1_024;
/// A request is dropped after this. The machine has given it up long before, and would still take its answer.
const HTTP: Duration = Duration::from_secs(60);
/// A connection has to come about in this time.
const CONNECT: Duration = Duration::from_secs(10);

/// What came of a request or a connection.
enum Came {
    Answer(u64, u16, Headers, Vec<u8>),
    Failed(u64, Failed),
    Connected(u64),
    Frame(u64, Vec<u8>),
    Lost(u64),
}

/// What the task tells the session, and what is shared with it.
pub(crate) struct Session {
    pub(crate) said: mpsc::UnboundedSender<Said>,
    pub(crate) waiting: Arc<AtomicUsize>,
    pub(crate) rates: Arc<Mutex<Rates>>,
    pub(crate) notices: mpsc::Sender<Notice>,
    /// Zero of the machine's time.
    pub(crate) begin: Instant,
}

/// Starts the task that runs a machine, on the runtime that this is called on.
pub(crate) fn start(machine: Machine, session: Session, orders: mpsc::Receiver<Wanted>) -> Result<(), OpenError> {
    let (answers_out, answers) = mpsc::channel(ANSWERS_MAX);
    let (frames_out, frames) = mpsc::channel(FRAMES_MAX);
    let tls = tls()?;
    let client = client(&tls)?;
    let begin = session.begin;
    let driver = Driver {
        machine,
        session,
        begin,
        client,
        tls: Arc::new(tls),
        links: BTreeMap::new(),
        answers: answers_out,
        frames: frames_out,
    };
    tokio::spawn(driver.run(orders, answers, frames));
    Ok(())
}

/// The roots of Mozilla, and no other trust.
fn tls() -> Result<ClientConfig, OpenError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(OpenError::Tls)?.with_root_certificates(roots).with_no_client_auth())
}

/// A client that neither follows, retries nor caches.
fn client(tls: &ClientConfig) -> Result<Client, OpenError> {
    let builder = Client::builder().tls_backend_preconfigured(tls.clone()).http1_only().no_proxy();
    let builder = builder.retry(reqwest::retry::never()).redirect(reqwest::redirect::Policy::none());
    builder.connect_timeout(CONNECT).timeout(HTTP).build().map_err(OpenError::Client)
}

/// Time of a machine that began then.
pub(crate) fn since(begin: Instant) -> TimeNs {
    TimeNs(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

/// The task that runs the machine.
struct Driver {
    machine: Machine,
    session: Session,
    begin: Instant,
    client: Client,
    tls: Arc<ClientConfig>,
    links: BTreeMap<u64, (AbortHandle, mpsc::Sender<Secret>)>,
    answers: mpsc::Sender<Came>,
    frames: mpsc::Sender<Came>,
}

impl Driver {
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<Wanted>,
        mut answers: mpsc::Receiver<Came>,
        mut frames: mpsc::Receiver<Came>,
    ) {
        let mut is_over = self.handle(Input::Open);
        while !is_over {
            let wake = self.machine.wake_at().map_or(self.begin + HTTP, |at| self.begin + Duration::from_nanos(at.0));
            let is_heard = self.session.waiting.load(Ordering::Relaxed) < SAID_MAX;
            tokio::select! {
                biased;
                order = orders.recv() => {
                    let (order, done) = order.unzip();
                    is_over = self.handle(match order.unwrap_or(Order::Close) {
                        Order::Send(command) => Input::Send(command),
                        Order::Emergency(cancel) => Input::Emergency(cancel),
                        Order::Ask(id, query) => Input::Ask(id, query),
                        Order::Set(id, place, setting) => Input::Set(id, place, setting),
                        Order::Close => Input::Close,
                    });
                    // Whoever does not wait for it any more does not mind.
                    if let Some(done) = done {
                        done.send(()).unwrap_or(());
                    }
                }
                Some(came) = answers.recv() => is_over = self.came(&came),
                Some(came) = frames.recv(), if is_heard => is_over = self.came(&came),
                () = sleep_until(wake) => is_over = self.handle(Input::Time),
            }
        }
        self.links.values().for_each(|(task, _)| task.abort());
    }

    fn came(&mut self, came: &Came) -> bool {
        self.handle(match came {
            Came::Answer(call, status, headers, body) => {
                Input::Answer { call: *call, status: *status, headers: *headers, body }
            }
            Came::Failed(call, how) => Input::Failed { call: *call, how: *how },
            Came::Connected(link) => Input::Connected { link: *link },
            Came::Frame(link, bytes) => Input::Frame { link: *link, bytes },
            Came::Lost(link) => Input::Lost { link: *link },
        })
    }

    /// True when the machine has ended.
    fn handle(&mut self, input: Input<'_>) -> bool {
        let now = since(self.begin);
        let mut outputs = Vec::new();
        self.machine.handle(input, now, &mut outputs);
        *self.session.rates.lock().unwrap_or_else(PoisonError::into_inner) = self.machine.rates(now);
        // The last output of all says that it was the last.
        outputs.into_iter().map(|output| self.carry_out(output)).last().unwrap_or(false)
    }

    fn carry_out(&mut self, output: Output) -> bool {
        match output {
            Output::Call(call) => drop(tokio::spawn(request(self.client.clone(), call, self.answers.clone()))),
            Output::Connect { link, url } => {
                let (texts, texts_in) = mpsc::channel(FRAMES_MAX);
                let url = format!("{}{}", url.shown, url.hidden);
                let task = tokio::spawn(connection((link, url), Arc::clone(&self.tls), texts_in, self.frames.clone()));
                self.links.insert(link, (task.abort_handle(), texts));
            }
            Output::Frame { link, text } => {
                // A connection that is gone or does not take anything is lost, and says so itself.
                if let Some((_, texts)) = self.links.get(&link) {
                    texts.try_send(text).unwrap_or(());
                }
            }
            Output::Disconnect { link } => {
                self.links.remove(&link).into_iter().for_each(|(task, _)| task.abort());
            }
            Output::Said(said) => {
                self.session.waiting.fetch_add(1, Ordering::Relaxed);
                // A session that is gone hears nothing.
                self.session.said.send(said).unwrap_or(());
            }
            Output::Notice(notice) => self.session.notices.try_send(notice).unwrap_or(()),
            Output::Ended => return true,
        }
        false
    }
}

async fn request(client: Client, call: HttpCall, out: mpsc::Sender<Came>) {
    let number = call.call;
    let came = match exchange(&client, call).await {
        Ok((status, headers, body)) => Came::Answer(number, status, headers, body),
        Err(error) if error.is_connect() || error.is_builder() => Came::Failed(number, Failed::NeverSent),
        Err(_) => Came::Failed(number, Failed::MaybeSent),
    };
    out.send(came).await.unwrap_or(());
}

async fn exchange(client: &Client, call: HttpCall) -> Result<(u16, Headers, Vec<u8>), reqwest::Error> {
    let mark = if call.query.is_empty() { "" } else { "?" };
    let url = format!("{}{mark}{}", call.url, call.query);
    let method = match call.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    };
    let request = client.request(method, url);
    let request = match &call.api_key {
        Some(key) => request.header("X-MBX-APIKEY", key.reveal()),
        None => request,
    };
    let mut response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), headers(response.headers()));
    let mut body = Vec::new();
    // One byte beyond the limit is enough for the codec to refuse it.
    while let Some(chunk) = response.chunk().await?.filter(|_| body.len() <= Limits::ANSWER.bytes) {
        body.extend_from_slice(&chunk);
    }
    Ok((status, headers, body))
}

fn headers(all: &HeaderMap) -> Headers {
    let number = |name: &str| all.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let small = |name: &str| number(name).and_then(|value| u32::try_from(value).ok());
    Headers {
        used_weight: small("x-mbx-used-weight-1m"),
        order_count: small("x-mbx-order-count-10s"),
        retry_after_s: number("retry-after"),
    }
}

async fn connection(
    (link, url): (u64, String),
    tls: Arc<ClientConfig>,
    mut texts: mpsc::Receiver<Secret>,
    out: mpsc::Sender<Came>,
) {
    let bytes = Limits::FRAME.bytes;
    let config = WebSocketConfig::default().max_message_size(Some(bytes)).max_frame_size(Some(bytes));
    let connector = Some(Connector::Rustls(tls));
    if let Ok((mut socket, _)) = connect_async_tls_with_config(url, Some(config), true, connector).await {
        out.send(Came::Connected(link)).await.unwrap_or(());
        loop {
            let is_well = tokio::select! {
                frame = socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => out.send(Came::Frame(link, text.as_bytes().to_vec())).await.is_ok(),
                    // Pings are answered below us, and prove nothing.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => true,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                },
                Some(text) = texts.recv() => socket.send(Message::text(text.reveal())).await.is_ok(),
            };
            if !is_well {
                break;
            }
        }
    }
    out.send(Came::Lost(link)).await.unwrap_or(());
}
