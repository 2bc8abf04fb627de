//! Remote: a venue that lives on while the host does not, with a network in between that fails as it is told.
//!
//! The venue is the simulated one, at the other end. What is between acts as an adapter has to: every command ends
//! acknowledged, refused or unknown; what is unknown is asked for and never sent again.

use std::collections::{BTreeMap, VecDeque};

use ringfence_core::event::{Cause, Command, EventKind, Fill, PositionStatement, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, InstrumentId, LegKey, Seq, TimeNs, VenueId};
use ringfence_core::instrument::PositionSide;
use ringfence_core::intent::Action;
use ringfence_core::money::{Price, Qty};
use ringfence_core::order::OrderState;
use ringfence_session::live::Input;
use ringfence_session::script::Fact;
use ringfence_sim::Sim;
use ringfence_venue::{Answer, Query, QueryId};

/// What the network does to a command or a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The venue has it, and what it says at once is lost.
    LostAck,
    /// It never arrives, and nobody knows that.
    LostSubmit,
    /// It cannot leave.
    Refused,
    /// Its reports come twice.
    Twice,
    /// The fill comes before the acknowledgement.
    Swapped,
    /// What was reported comes only after the next market event.
    Late,
    /// The connection is cut, and comes back after some market events.
    Cut,
    /// The next questions are not answered.
    Deaf,
    /// Somebody else trades on the account.
    Foreign,
    /// A fill is taken back.
    Bust,
}

/// The venue, its memory of what it did, and the way to it.
pub struct Remote {
    sim: Sim,
    now: u64,
    /// Fills in order, for whoever asks for them.
    fills: Vec<Report>,
    /// Reports and answers on their way to the host.
    inbox: VecDeque<Input>,
    /// Held back until the next market event.
    held: Vec<Report>,
    /// Commands of unknown outcome that are to be asked for.
    doubtful: Vec<(LegKey, Command)>,
    /// Market events until the connection is there again; 0 = it is there.
    cut_for: u32,
    deaf_for: u32,
    trouble: VecDeque<Trouble>,
    /// How often each leg was sent.
    pub sent: BTreeMap<LegKey, u32>,
    /// Troubles that had an effect.
    pub met: BTreeMap<Trouble, u32>,
    /// Whether it says that its market data can be trusted again.
    pub tells_of_feed: bool,
    /// Quantity taken back of each order.
    busted: BTreeMap<LegKey, i64>,
    /// Quantity of the account by the venue's own fills.
    pub position: i64,
}

const VENUE: VenueId = VenueId(1);
const ACCOUNT: AccountId = AccountId(1);
const INSTRUMENT: InstrumentId = InstrumentId(1);

impl Remote {
    pub fn new(sim: Sim) -> Remote {
        Remote {
            sim,
            now: 0,
            fills: Vec::new(),
            inbox: VecDeque::new(),
            held: Vec::new(),
            doubtful: Vec::new(),
            cut_for: 0,
            deaf_for: 0,
            trouble: VecDeque::new(),
            sent: BTreeMap::new(),
            met: BTreeMap::new(),
            tells_of_feed: true,
            busted: BTreeMap::new(),
            position: 0,
        }
    }

    /// What the network does to the next command.
    pub fn plan(&mut self, trouble: Trouble) {
        self.trouble.push_back(trouble);
    }

    fn meets(&mut self, trouble: Trouble) {
        *self.met.entry(trouble).or_default() += 1;
    }

    /// The host is gone, and with it what it had not taken.
    pub fn hang_up(&mut self) {
        self.inbox.clear();
        self.held.clear();
        self.doubtful.clear();
        (self.cut_for, self.deaf_for) = (0, 0);
    }

    /// A host connects.
    pub fn dial(&mut self) {
        self.say(Report { venue: VENUE, ..Report::control(EventKind::VenueUp) });
        if self.tells_of_feed {
            let market = Report::control(EventKind::FeedRecovered);
            self.say(Report { venue: VENUE, instrument: INSTRUMENT, ..market });
        }
    }

    pub fn next(&mut self) -> Option<Input> {
        self.inbox.pop_front()
    }

    pub fn is_silent(&self) -> bool {
        self.inbox.is_empty() && self.held.is_empty() && self.doubtful.is_empty() && self.cut_for == 0
    }

    fn say(&mut self, report: Report) {
        self.inbox.push_back(Input::Fact(Fact::Report(report)));
    }

    /// The market moves; the host hears of it if it is connected.
    pub fn market(&mut self, report: Report, now: u64) {
        self.now = now;
        let mut out = Vec::new();
        self.sim.on_market(&report.at(Seq(0), TimeNs(now)), &mut out);
        self.note(&out);
        if self.cut_for > 0 {
            self.cut_for -= 1;
            if self.cut_for == 0 {
                self.dial();
            }
            return;
        }
        let held: Vec<Report> = self.held.drain(..).collect();
        held.into_iter().chain(out).for_each(|report| self.say(report));
        self.resolve();
        self.say(report);
    }

    /// What the venue did, as it knows it itself.
    fn note(&mut self, out: &[Report]) {
        for report in out {
            if let EventKind::OrderFilled(fill) = report.kind {
                self.position += fill.qty.0 * fill.side.sign();
                self.fills.push(Report { venue_time: TimeNs(self.now), ..*report });
            }
        }
    }

    pub fn send(&mut self, command: VenueCommand) {
        let (key, order, kind) = match command.action() {
            Action::Submit(_) => (command.key(), command.key(), Command::Submit),
            Action::Cancel(terms) => (command.key(), terms.order, Command::Cancel),
            Action::Amend(terms) => (command.key(), terms.order, Command::Amend),
        };
        *self.sent.entry(key).or_default() += 1;
        let not_sent = |kind| Report {
            venue: VENUE,
            account: ACCOUNT,
            instrument: INSTRUMENT,
            cause: Cause::leg(key),
            ..Report::control(kind)
        };
        let refused = EventKind::TransmitRefused(order, kind, RejectReason::TransmitRefused);
        if self.cut_for > 0 {
            return self.say(not_sent(refused));
        }
        let trouble = self.trouble.pop_front();
        if let Some(trouble) = trouble {
            self.meets(trouble);
        }
        if trouble == Some(Trouble::Refused) {
            return self.say(not_sent(refused));
        }
        if trouble == Some(Trouble::LostSubmit) {
            self.doubtful.push((order, kind));
            return self.say(not_sent(EventKind::OutcomeUnknown(order)));
        }
        let mut out = Vec::new();
        self.sim.on_command(command, &mut out);
        self.note(&out);
        self.answer(trouble, (order, kind), out);
    }

    fn answer(&mut self, trouble: Option<Trouble>, (order, kind): (LegKey, Command), mut out: Vec<Report>) {
        match trouble {
            Some(Trouble::LostAck) => {
                let unknown = Report { kind: EventKind::OutcomeUnknown(order), ..out[0] };
                self.doubtful.push((order, kind));
                return self.say(unknown);
            }
            Some(Trouble::Twice) => out = out.iter().flat_map(|report| [*report, *report]).collect(),
            Some(Trouble::Swapped) => out.reverse(),
            Some(Trouble::Late) => return self.held.extend(out),
            Some(Trouble::Cut) => {
                self.cut_for = 3;
                return self.say(Report { venue: VENUE, ..Report::control(EventKind::VenueDown) });
            }
            Some(Trouble::Deaf) => self.deaf_for = 2,
            Some(Trouble::Foreign | Trouble::Bust | Trouble::Refused | Trouble::LostSubmit) | None => {}
        }
        out.into_iter().for_each(|report| self.say(report));
        if trouble == Some(Trouble::Foreign) {
            self.trade_by_somebody_else();
        } else if trouble == Some(Trouble::Bust) {
            self.take_back();
        }
    }

    /// The venue declares its last fill void.
    fn take_back(&mut self) {
        let Some(last) = self.fills.pop() else { return };
        let EventKind::OrderFilled(fill) = last.kind else { return };
        self.position -= fill.qty.0 * fill.side.sign();
        *self.busted.entry(fill.order).or_default() += fill.qty.0;
        self.say(Report { kind: EventKind::FillBusted(fill), ..last });
    }

    fn trade_by_somebody_else(&mut self) {
        let Some(like) = self.fills.last().copied() else { return };
        let EventKind::OrderFilled(fill) = like.kind else { return };
        let order = LegKey { strategy: ringfence_core::ids::StrategyId(0), ..fill.order };
        let kind = EventKind::OrderFilled(Fill { order, trade_id: fill.trade_id + 1_000_000, ..fill });
        let report = Report { kind, cause: Cause::Outside, ..like };
        self.note(&[report]);
        self.say(report);
    }

    /// The adapter asks what became of commands of unknown outcome.
    fn resolve(&mut self) {
        for (order, _) in std::mem::take(&mut self.doubtful) {
            self.state(&Query::Order {
                account: ACCOUNT,
                instrument: INSTRUMENT,
                key: order,
                client_id: ringfence_core::ids::ClientOrderId::new(ringfence_core::ids::SessionId([0; 16]), order),
                sent_ago_ns: 0,
            });
            let of_order = |report: &&Report| report.kind.order() == Some(order);
            let fills: Vec<Report> = self.fills.iter().filter(of_order).copied().collect();
            fills.into_iter().for_each(|report| self.say(report));
        }
    }

    fn state(&mut self, query: &Query) -> Answer {
        let mut out = Vec::new();
        let answer = self.sim.on_query(VENUE, query, &mut out);
        for report in &mut out {
            if let EventKind::OrderReported(said) = &mut report.kind
                && let Some(busted) = self.busted.get(&said.order)
            {
                // What was taken back is not filled any more, and not open either.
                said.filled.0 -= busted;
                said.state = if said.state.is_terminal() { OrderState::Canceled } else { said.state };
            }
        }
        out.into_iter().for_each(|report| self.say(report));
        answer
    }

    pub fn ask(&mut self, id: QueryId, query: &Query) {
        if self.cut_for > 0 || self.deaf_for > 0 {
            self.deaf_for = self.deaf_for.saturating_sub(1);
            let why = Answer::Failed("no answer".to_owned());
            return self.inbox.push_back(Input::Answered(VENUE, id, why));
        }
        let answer = match query {
            Query::FillsSince { since, .. } => {
                let fills: Vec<Report> = self.fills.iter().filter(|fill| fill.venue_time >= *since).copied().collect();
                fills.into_iter().for_each(|report| self.say(report));
                Answer::Complete
            }
            Query::Positions(_) => {
                let said =
                    PositionStatement { side: PositionSide::Net, qty: Qty(self.position), entry_price: Price(0) };
                self.say(Report {
                    venue: VENUE,
                    account: ACCOUNT,
                    instrument: INSTRUMENT,
                    ..Report::control(EventKind::PositionReported(said))
                });
                Answer::Complete
            }
            other => self.state(other),
        };
        self.inbox.push_back(Input::Answered(VENUE, id, answer));
    }

    /// Live orders at the venue.
    pub fn live(&self) -> usize {
        self.sim.live_orders()
    }
}
