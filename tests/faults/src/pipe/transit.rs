//! Transit: what is on its way, and what happens when it arrives?
//!
//! In: what machines want done. Out: requests at the exchange, answers at the machines, each after its time and with what was
//! planned for it. Must never: hand a machine an answer that was meant for an earlier life of its host.

use ringfence_binance::protocol::{Failed, Headers, HttpCall, Input, Output};
use ringfence_core::ids::TimeNs;
use ringfence_exchange::{Answer, Delivery, Method, Request, SocketId};

use super::Pipe;
use super::links::{Link, channel_of};
use crate::network::{Seen, Trouble};

/// After so long a connection that answers nothing is given up by the system below the machine.
const RESET_NS: u64 = 60_000_000_000;

/// What is on its way.
#[derive(Debug)]
pub(super) enum Message {
    Request { to: (usize, u64), call: u64, request: Box<Request>, trouble: Option<Trouble> },
    Answer { to: (usize, u64), call: u64, outcome: Outcome },
    Connect { to: (usize, u64), link: u64, target: String },
    Connected { to: (usize, u64), link: u64 },
    Frame { to: (usize, u64), link: u64, text: String },
    Lost { to: (usize, u64), link: u64 },
    Text { socket: SocketId, text: String },
    Gone { socket: SocketId },
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    Whole(u16, Headers, String),
    Failed(Failed),
}

impl Pipe {
    pub(super) fn input(&mut self, at: usize, input: Input<'_>) {
        let mut outputs = Vec::new();
        self.lines[at].machine.handle(input, TimeNs(self.now_ns), &mut outputs);
        for output in outputs {
            self.carry_out(at, output);
        }
    }

    fn carry_out(&mut self, at: usize, output: Output) {
        self.note(|| format!("{at} {output:?}"));
        match output {
            Output::Call(call) => self.call(at, &call),
            Output::Connect { link, url } => self.connect((at, link), &format!("{}{}", url.shown, url.hidden)),
            Output::Frame { link, text } => {
                let Some(socket) = self.lines[at].links.get(&link).and_then(Link::reached) else { return };
                let due = self.now_ns + self.network.latency();
                self.network.send(due, Message::Text { socket, text: text.reveal().to_owned() });
            }
            Output::Disconnect { link } => {
                let Some(socket) = self.lines[at].links.remove(&link).and_then(|link| link.socket) else { return };
                let due = self.now_ns + self.network.latency();
                self.network.send(due, Message::Gone { socket });
            }
            Output::Said(said) => self.said.push_back(said),
            Output::Notice(notice) => self.notices.push(notice),
            Output::Ended => self.lines[at].has_ended = true,
        }
    }

    fn call(&mut self, at: usize, call: &HttpCall) {
        let (_, path) = parted(&call.url);
        let method = call.method.text();
        let trouble = self.network.meets(Seen::Request(method, path));
        let to = (at, self.lines[at].life);
        let (there, back) = (self.network.latency(), self.network.latency());
        let number = call.call;
        let failed = |how| Message::Answer { to, call: number, outcome: Outcome::Failed(how) };
        if trouble == Some(Trouble::Unsent) {
            return self.network.send(self.now_ns + there, failed(Failed::NeverSent));
        }
        self.count_order((method, path), &call.query);
        if trouble == Some(Trouble::RequestLost) {
            return self.network.send(self.now_ns + there + back + RESET_NS, failed(Failed::MaybeSent));
        }
        let request = Box::new(Request {
            method: Method::parse(method).expect("machines speak verbs that exist"),
            path: path.to_owned(),
            query: call.query.clone(),
            body: String::new(),
            key: call.api_key.as_ref().map(|key| key.reveal().to_owned()),
        });
        if trouble == Some(Trouble::RequestDoubled) {
            self.count_order((method, path), &call.query);
            let request = request.clone();
            self.network.send(self.now_ns + there, Message::Request { to, call: number, request, trouble: None });
        }
        self.network.send(self.now_ns + there, Message::Request { to, call: number, request, trouble });
    }

    fn count_order(&mut self, (method, path): (&str, &str), query: &str) {
        let is_new = method == "POST" && (path.ends_with("/order") || path.ends_with("/cancelReplace"));
        let id = query.split('&').find_map(|part| part.strip_prefix("newClientOrderId="));
        if let Some(id) = id.filter(|_| is_new) {
            *self.orders.entry(id.to_owned()).or_default() += 1;
        }
    }

    /// What is refused for its time stamp was not taken, and may be sent once more.
    fn count_back(&mut self, query: &str) {
        let id = query.split('&').find_map(|part| part.strip_prefix("newClientOrderId="));
        if let Some(times) = id.and_then(|id| self.orders.get_mut(id)) {
            *times = times.saturating_sub(1);
        }
    }

    fn connect(&mut self, (at, link): (usize, u64), url: &str) {
        let channel = channel_of(url);
        let to = (at, self.lines[at].life);
        self.lines[at].links.insert(link, Link::new(channel));
        let due = self.now_ns + self.network.latency();
        match self.network.meets(Seen::Connect(channel)) {
            Some(Trouble::ConnectRefused) => self.network.send(due, Message::Lost { to, link }),
            Some(Trouble::ConnectDropped) => {
                self.network.send(due, Message::Connected { to, link });
                self.network.send(due + 1, Message::Lost { to, link });
            }
            Some(_) | None => self.network.send(due, Message::Connect { to, link, target: target(url) }),
        }
    }

    pub(super) fn arrive(&mut self, message: Message) {
        self.note(|| shown(&message));
        match message {
            Message::Request { to, call, request, trouble } => self.request(to, call, (&request, trouble)),
            Message::Answer { to, call, outcome } if self.lives(to) => match outcome {
                Outcome::Whole(status, headers, body) => {
                    let body = body.as_bytes();
                    self.input(to.0, Input::Answer { call, status, headers, body });
                }
                Outcome::Failed(how) => self.input(to.0, Input::Failed { call, how }),
            },
            Message::Connect { to, link, target } => self.knock(to, link, &target),
            Message::Connected { to, link } if self.has_link(to, link) => self.input(to.0, Input::Connected { link }),
            Message::Frame { to, link, text } if self.has_link(to, link) => {
                self.input(to.0, Input::Frame { link, bytes: text.as_bytes() });
            }
            Message::Lost { to, link } if self.has_link(to, link) => {
                self.lines[to.0].links.remove(&link);
                self.input(to.0, Input::Lost { link });
            }
            Message::Text { socket, text } => {
                self.exchange.receive(socket, &text, self.now_ns);
                self.collect();
            }
            Message::Gone { socket } => self.exchange.disconnect(socket),
            // Whoever it was for is gone.
            Message::Answer { .. } | Message::Connected { .. } | Message::Frame { .. } | Message::Lost { .. } => {}
        }
    }

    fn lives(&self, (at, life): (usize, u64)) -> bool {
        self.lines[at].life == life
    }

    pub(super) fn has_link(&self, to: (usize, u64), link: u64) -> bool {
        self.lives(to) && self.lines[to.0].links.contains_key(&link)
    }

    /// A request arrives at the exchange.
    fn request(&mut self, to: (usize, u64), call: u64, (request, trouble): (&Request, Option<Trouble>)) {
        let Answer { mut response, delivery } = self.exchange.request(request, self.now_ns);
        self.collect();
        let mut due = self.now_ns + self.network.latency();
        let mut is_whole = true;
        match delivery {
            Delivery::Send => {}
            Delivery::After(ns) => due += ns,
            Delivery::Drop | Delivery::Cut(_) => is_whole = false,
        }
        match trouble {
            Some(Trouble::AnswerLate(ns)) => due += ns,
            Some(Trouble::AnswerLost | Trouble::AnswerCut) => is_whole = false,
            Some(Trouble::AnswerNever) => (is_whole, due) = (false, due + RESET_NS),
            Some(Trouble::AnswerInstead(status, body)) => (response.status, response.body) = (status, body),
            Some(_) | None => {}
        }
        if is_whole && response.body.contains("\"code\":-1021,") {
            self.count_back(&request.query);
        }
        let outcome = if is_whole {
            Outcome::Whole(response.status, headers(&response.headers), response.body)
        } else {
            Outcome::Failed(Failed::MaybeSent)
        };
        self.network.send(due, Message::Answer { to, call, outcome });
    }
}

/// Host and path of an address.
fn parted(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}

/// What the exchange is asked for at an address: futures have hosts of their own, which the path has to name.
fn target(url: &str) -> String {
    let (host, path) = parted(url);
    if host.starts_with("fstream.") { format!("/{host}{path}") } else { path.to_owned() }
}

fn headers(all: &[(String, String)]) -> Headers {
    let number = |name: &str| {
        let found = all.iter().find(|(is, _)| is.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.parse::<u64>().ok())
    };
    let small = |name: &str| number(name).and_then(|value| u32::try_from(value).ok());
    Headers {
        used_weight: small("x-mbx-used-weight-1m"),
        order_count: small("x-mbx-order-count-10s"),
        retry_after_s: number("retry-after"),
    }
}

fn shown(message: &Message) -> String {
    match message {
        Message::Request { to, call, request, trouble } => {
            let query = request.query.split("&recvWindow").next().unwrap_or("");
            format!("{} <- #{call} {} {}?{query} {trouble:?}", to.0, request.method.name(), request.path)
        }
        Message::Answer { to, call, outcome } => format!("{} -> #{call} {outcome:?}", to.0),
        Message::Frame { to, link, text } => format!("{} -> {link} {text}", to.0),
        other @ (Message::Connect { .. }
        | Message::Connected { .. }
        | Message::Lost { .. }
        | Message::Text { .. }
        | Message::Gone { .. }) => format!("{other:?}"),
    }
}
