//! Network: what becomes of a message on its way?
//!
//! In: messages with the time they left, and what is to go wrong. Out: the same messages in order of arrival, and what went
//! wrong how often. Must never: know what a message means beyond the request or the connection that it belongs to.

use std::collections::BTreeMap;

use ringfence_binance::protocol::Channel;

use crate::random::Random;

/// What goes wrong with one message or one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A request does not leave the machine: the connection is refused.
    Unsent,
    /// A request does not arrive, and nobody ever says so.
    RequestLost,
    /// A request leaves and arrives twice, as from somebody who sends again what may have been lost.
    RequestDoubled,
    /// A request arrives; the connection ends before the answer.
    AnswerLost,
    /// A request arrives, and nothing ever comes back.
    AnswerNever,
    /// The answer comes this much later.
    AnswerLate(u64),
    /// The connection ends within the answer.
    AnswerCut,
    /// The request is carried out, and answered with this status and body all the same.
    AnswerInstead(u16, String),
    /// A frame comes twice.
    FrameDoubled,
    /// A frame comes after the one behind it.
    FrameSwapped,
    /// A frame does not come, and the connection goes on.
    FrameLost,
    /// A frame that came before comes once more, behind this one.
    FrameReplayed,
    /// Behind a frame comes this one, which the venue never sent.
    FrameForged(String),
    /// The connection ends within a frame.
    FrameCut,
    /// From a frame on nothing comes for this long; then everything at once.
    Stall(u64),
    /// From a frame on nothing comes any more, and neither side is told.
    HalfOpen,
    /// A connection does not come about.
    ConnectRefused,
    /// A connection comes about, and ends at once.
    ConnectDropped,
}

/// Which messages or connections a trouble is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// Any request.
    Requests,
    /// Requests with this method (or any, where it is empty) whose path ends so.
    Request(&'static str, &'static str),
    /// Frames and connections of a channel.
    Link(Channel),
    /// Frames and connections of any channel.
    Links,
    /// Frames with this text in them.
    Frames(&'static str),
}

/// Something that is to go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// What people call it.
    pub name: &'static str,
    /// What goes wrong.
    pub trouble: Trouble,
    /// With what.
    pub of: Of,
    /// How often.
    pub times: u32,
}

/// What is on its way, and what is to go wrong.
#[derive(Debug)]
pub(crate) struct Network<M> {
    under_way: BTreeMap<(u64, u64), M>,
    counted: u64,
    random: Random,
    latency_ns: (u64, u64),
    planned: Vec<Disturbance>,
    met: BTreeMap<&'static str, u32>,
}

/// What a disturbance looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen<'a> {
    Request(&'a str, &'a str),
    Frame(Channel, &'a str),
    Connect(Channel),
}

impl<M> Network<M> {
    pub(crate) fn new(seed: u64, latency_ns: (u64, u64)) -> Network<M> {
        Network {
            under_way: BTreeMap::new(),
            counted: 0,
            random: Random::new(seed ^ 0x6e65_7477_6f72_6b21),
            latency_ns,
            planned: Vec::new(),
            met: BTreeMap::new(),
        }
    }

    pub(crate) fn plan(&mut self, disturbance: Disturbance) {
        self.planned.push(disturbance);
    }

    /// Nothing goes wrong any more. What has been delayed comes when it comes.
    pub(crate) fn heal(&mut self) {
        self.planned.clear();
    }

    pub(crate) fn met(&self) -> &BTreeMap<&'static str, u32> {
        &self.met
    }

    /// What goes wrong with this, if anything does.
    pub(crate) fn meets(&mut self, seen: Seen<'_>) -> Option<Trouble> {
        let at = self.planned.iter().position(|one| is_for(one, seen))?;
        let planned = &mut self.planned[at];
        planned.times -= 1;
        let (name, trouble) = (planned.name, planned.trouble.clone());
        if planned.times == 0 {
            self.planned.remove(at);
        }
        *self.met.entry(name).or_default() += 1;
        Some(trouble)
    }

    /// How long the next message travels.
    pub(crate) fn latency(&mut self) -> u64 {
        self.random.between(self.latency_ns)
    }

    pub(crate) fn send(&mut self, due_ns: u64, message: M) {
        self.counted += 1;
        self.under_way.insert((due_ns, self.counted), message);
    }

    pub(crate) fn next_at(&self) -> Option<u64> {
        self.under_way.first_key_value().map(|((due, _), _)| *due)
    }

    /// The next message, if it has arrived.
    pub(crate) fn take(&mut self, now_ns: u64) -> Option<M> {
        let first = self.under_way.first_entry()?;
        (first.key().0 <= now_ns).then(|| first.remove())
    }
}

fn is_for(planned: &Disturbance, seen: Seen<'_>) -> bool {
    let (is_request, is_frame, is_connect) = planned.trouble.places();
    match (seen, &planned.of) {
        (Seen::Request(..), Of::Requests) => is_request,
        (Seen::Request(method, path), Of::Request(wanted, end)) => {
            is_request && (wanted.is_empty() || *wanted == method) && path.ends_with(end)
        }
        (Seen::Frame(channel, _), Of::Link(wanted)) => is_frame && channel == *wanted,
        (Seen::Connect(channel), Of::Link(wanted)) => is_connect && channel == *wanted,
        (Seen::Frame(_, text), Of::Frames(part)) => is_frame && text.contains(part),
        (Seen::Frame(..), Of::Links) => is_frame,
        (Seen::Connect(_), Of::Links) => is_connect,
        (Seen::Request(..), Of::Link(_) | Of::Links | Of::Frames(_))
        | (Seen::Frame(..), Of::Requests | Of::Request(..))
        | (Seen::Connect(_), Of::Requests | Of::Request(..) | Of::Frames(_)) => false,
    }
}

impl Trouble {
    /// Whether it can happen to a request, to a frame, to a connection that is to come about.
    fn places(&self) -> (bool, bool, bool) {
        match self {
            Trouble::Unsent
            | Trouble::RequestLost
            | Trouble::RequestDoubled
            | Trouble::AnswerLost
            | Trouble::AnswerNever
            | Trouble::AnswerLate(_)
            | Trouble::AnswerCut
            | Trouble::AnswerInstead(..) => (true, false, false),
            Trouble::FrameDoubled
            | Trouble::FrameSwapped
            | Trouble::FrameLost
            | Trouble::FrameReplayed
            | Trouble::FrameForged(_)
            | Trouble::FrameCut
            | Trouble::Stall(_)
            | Trouble::HalfOpen => (false, true, false),
            Trouble::ConnectRefused | Trouble::ConnectDropped => (false, false, true),
        }
    }
}
