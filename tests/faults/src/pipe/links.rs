//! Links: what goes over connections that stay open?
//!
//! In: frames and ends of connections from the exchange, connections that machines ask for. Out: the same for the machines, in
//! the order of each connection. Must never: let a frame of one connection overtake another of it, unless it was planned.

use ringfence_binance::codec::json::Limits;
use ringfence_binance::protocol::Channel;
use ringfence_core::ids::AccountId;
use ringfence_exchange::{Frame, Outgoing, SocketId};

use super::transit::Message;
use super::{Line, Pipe};
use crate::network::{Seen, Trouble};

/// A connection of a machine.
#[derive(Debug)]
pub(super) struct Link {
    channel: Channel,
    /// The other end; `None` = it has not come about, or is gone.
    pub(super) socket: Option<SocketId>,
    /// Nothing comes before this: what is sent in order comes in order.
    open_ns: u64,
    is_half_open: bool,
    /// Waits for the frame behind it.
    pub(super) swapped: Option<String>,
    /// Some frame that came.
    heard: Option<String>,
}

impl Pipe {
    /// A connection arrives at the exchange.
    pub(super) fn knock(&mut self, to: (usize, u64), link: u64, target: &str) {
        self.sockets_made += 1;
        let socket = SocketId(self.sockets_made);
        let is_there = self.exchange.connect(socket, target, self.now_ns);
        let due = self.now_ns + self.network.latency();
        if !self.has_link(to, link) {
            self.exchange.disconnect(socket);
        } else if is_there {
            let known = self.lines[to.0].links.get_mut(&link).expect("it was found");
            (known.socket, known.open_ns) = (Some(socket), due + 1);
            self.network.send(due, Message::Connected { to, link });
        } else {
            self.network.send(due, Message::Lost { to, link });
        }
        self.collect();
    }

    /// Takes what the exchange wants to have told.
    pub(super) fn collect(&mut self) {
        drop(self.exchange.take_commands());
        for Outgoing { socket, frame } in self.exchange.take_messages() {
            let Some((at, link)) = self.owner(socket) else { continue };
            match frame {
                Frame::Text(text) if text.len() <= Limits::FRAME.bytes => self.frame((at, link), text),
                Frame::Ping(_) => {}
                Frame::Close => self.lose((at, link)),
                // A transport ends a connection on which more comes than it may hold.
                Frame::Text(_) | Frame::Cut(..) => {
                    self.exchange.disconnect(socket);
                    self.lose((at, link));
                }
            }
        }
    }

    fn owner(&self, socket: SocketId) -> Option<(usize, u64)> {
        let of = |(at, line): (usize, &Line)| {
            line.links.iter().find(|(_, link)| link.socket == Some(socket)).map(|(link, _)| (at, *link))
        };
        self.lines.iter().enumerate().find_map(of)
    }

    /// The connection ends for the machine, behind what it was sent before.
    fn lose(&mut self, (at, link): (usize, u64)) {
        let to = (at, self.lines[at].life);
        let latency = self.network.latency();
        if let Some(known) = self.lines[at].links.get_mut(&link) {
            known.socket = None;
            let due = known.due(self.now_ns + latency);
            if !known.is_half_open {
                self.network.send(due, Message::Lost { to, link });
            }
        }
    }

    /// Ends every connection of a channel now, from the venue's side.
    pub fn cut(&mut self, channel: Channel) -> usize {
        self.accounts().into_iter().map(|account| self.cut_of(account, channel)).sum()
    }

    /// Ends the connections of a channel that an account's machine has.
    pub fn cut_of(&mut self, account: AccountId, channel: Channel) -> usize {
        let own = self.line(account);
        let of = |(at, line): (usize, &Line)| {
            let open = line.links.iter().filter(|(_, link)| link.channel == channel && link.socket.is_some());
            open.map(|(number, link)| ((at, *number), link.socket)).collect::<Vec<_>>()
        };
        let found: Vec<_> = self.lines.iter().enumerate().filter(|(at, _)| *at == own).flat_map(of).collect();
        for (link, socket) in &found {
            socket.iter().for_each(|socket| self.exchange.disconnect(*socket));
            self.lose(*link);
        }
        found.len()
    }

    /// Ends every connection now.
    pub fn cut_all(&mut self) {
        for channel in [Channel::Books, Channel::Trades, Channel::User] {
            self.cut(channel);
        }
    }

    /// A frame leaves the exchange.
    fn frame(&mut self, (at, number): (usize, u64), text: String) {
        let channel = self.lines[at].links[&number].channel;
        if self.lines[at].links[&number].is_half_open {
            return;
        }
        let trouble = self.network.meets(Seen::Frame(channel, &text));
        let link = self.lines[at].links.get_mut(&number).expect("it was found");
        let replayed = link.heard.replace(text.clone());
        let swapped = link.swapped.take();
        let frames = match trouble {
            Some(Trouble::FrameLost) => vec![],
            Some(Trouble::FrameDoubled) => vec![text.clone(), text],
            Some(Trouble::FrameReplayed) => [text].into_iter().chain(replayed).collect(),
            Some(Trouble::FrameForged(forged)) => vec![text, forged],
            Some(Trouble::FrameSwapped) if swapped.is_none() => {
                link.swapped = Some(text);
                vec![]
            }
            Some(Trouble::FrameCut) => {
                let socket = link.socket;
                socket.iter().for_each(|socket| self.exchange.disconnect(*socket));
                return self.lose((at, number));
            }
            Some(Trouble::HalfOpen) => {
                link.is_half_open = true;
                return;
            }
            Some(Trouble::Stall(ns)) => {
                link.open_ns = link.open_ns.max(self.now_ns + ns);
                vec![text]
            }
            Some(_) | None => vec![text],
        };
        frames.into_iter().chain(swapped).for_each(|text| self.send_frame((at, number), text));
    }

    pub(super) fn send_frame(&mut self, (at, number): (usize, u64), text: String) {
        let to = (at, self.lines[at].life);
        let due = self.now_ns + self.network.latency();
        let due = self.lines[at].links.get_mut(&number).map_or(due, |link| link.due(due));
        self.network.send(due, Message::Frame { to, link: number, text });
    }
}

impl Link {
    /// One that has not come about.
    pub(super) fn new(channel: Channel) -> Link {
        Link { channel, socket: None, open_ns: 0, is_half_open: false, swapped: None, heard: None }
    }

    /// The other end, where what is sent arrives.
    pub(super) fn reached(&self) -> Option<SocketId> {
        self.socket.filter(|_| !self.is_half_open)
    }

    /// When something that could come at `due` comes: behind everything before it.
    pub(super) fn due(&mut self, due: u64) -> u64 {
        self.open_ns = self.open_ns.max(due);
        self.open_ns
    }
}

/// What a connection carries, by its address.
pub(super) fn channel_of(url: &str) -> Channel {
    match url.split_once("streams=") {
        Some((_, names)) if names.contains("@bookTicker") || names.contains("@depth") => Channel::Books,
        Some(_) => Channel::Trades,
        None => Channel::User,
    }
}
