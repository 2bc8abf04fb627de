//! Ledger: what is known of the orders that were sent, and what is news?
//!
//! In: what answers, streams and queries say of orders, in any order and as often as they like. Out: reports, each fact once.
//! Must never: be a truth about positions or exposure (State is), report a fill twice, or call an order ended while fills of
//! it are missing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ringfence_core::event::{
    CancelReason, Cause, EventKind, Fill, FillReason, Liquidity, OrderStatement, RejectReason, Report,
};
use ringfence_core::ids::{
    AccountId, ClientOrderId, CurrencyId, InstrumentId, IntentId, LegId, LegKey, SessionId, StrategyId, TimeNs, VenueId,
};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_core::order::OrderState;

use crate::codec::words::{Status, Stay};
use crate::protocol::notice::Notice;
use crate::protocol::replace::replaced_id;

/// Most orders that are remembered, live and ended. The oldest ended ones are forgotten first; a submit beyond it is not
/// sent.
pub(crate) const ORDERS_MAX: usize = 8_192;
/// Most fills that are remembered of an instrument.
const FILLS_MAX: usize = 1 << 14;

/// Where an order stands, as far as was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Sent; the venue has not said that it has it.
    Sent,
    /// Reported as accepted.
    Working,
    /// Its end was reported, or follows from its fills.
    Ended,
}

/// How an order ended, where it was not by its fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Canceled(CancelReason),
    Expired,
    Rejected(RejectReason),
}

/// An amend under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Amending {
    pub(crate) command: LegKey,
    pub(crate) price: Price,
    pub(crate) qty: Qty,
    /// Client id of the order that takes its place, where it is done so.
    pub(crate) new_id: Option<String>,
}

/// An order.
#[derive(Clone, Debug)]
pub(crate) struct Tracked {
    pub(crate) key: LegKey,
    pub(crate) instrument: InstrumentId,
    pub(crate) side: Side,
    pub(crate) price: Price,
    pub(crate) qty: Qty,
    /// The id that it has at the venue now.
    pub(crate) current_id: String,
    /// Ids that it had: what is said of them is about orders that it took the place of.
    pub(crate) retired: Vec<String>,
    /// The venue's number; 0 = not known yet.
    pub(crate) venue_id: u64,
    /// Sum of the fills that were reported.
    pub(crate) filled: i64,
    /// What the venue said is filled.
    pub(crate) executed: i64,
    pub(crate) life: Life,
    /// Newest time of the venue that something was said of it.
    pub(crate) time: TimeNs,
    /// An end that is not reported yet, because fills are missing.
    pub(crate) end: Option<(End, TimeNs)>,
    /// Who asked for its cancel.
    pub(crate) canceler: Option<(LegKey, CancelReason)>,
    pub(crate) amending: Option<Amending>,
    /// Whether it may take: what takes its place has to keep to that.
    pub(crate) stay: Stay,
    /// Nothing is known but its key: it is of before a restart.
    pub(crate) is_hollow: bool,
    /// It was not sent in this run: which fills its executed quantity was made of when it was met, nobody knows.
    pub(crate) is_adopted: bool,
}

/// What somebody says of an order.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) client_id: String,
    pub(crate) instrument: InstrumentId,
    pub(crate) venue_id: u64,
    pub(crate) detail: Option<Detail>,
    pub(crate) time: TimeNs,
}

/// What is said beyond that it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detail {
    pub(crate) status: Status,
    pub(crate) side: Side,
    pub(crate) price: Price,
    pub(crate) qty: Qty,
    pub(crate) executed: Qty,
    /// What its end means, where it has ended.
    pub(crate) end: End,
    /// Whether it may take.
    pub(crate) stay: Stay,
}

/// A fill of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traded {
    pub(crate) trade_id: u64,
    pub(crate) side: Side,
    pub(crate) price: Price,
    pub(crate) qty: Qty,
    pub(crate) fee: Decimal,
    pub(crate) fee_currency: CurrencyId,
    pub(crate) liquidity: Liquidity,
    pub(crate) position_side: PositionSide,
    pub(crate) reason: FillReason,
    /// What stays open by the message that told it.
    pub(crate) leaves: Option<Qty>,
    pub(crate) time: TimeNs,
}

/// All that is known.
#[derive(Debug)]
pub(crate) struct Ledger {
    place: (VenueId, AccountId),
    session_bits: u64,
    orders: BTreeMap<String, Tracked>,
    by_venue: BTreeMap<(InstrumentId, u64), String>,
    /// Ids of ended orders, oldest first.
    ended: VecDeque<String>,
    seen: BTreeMap<InstrumentId, BTreeSet<(u64, u8)>>,
    pub(crate) said: Vec<Report>,
    pub(crate) notices: Vec<Notice>,
    /// Orders that were taken though everything had been canceled while they were on their way.
    pub(crate) overtaken: Vec<String>,
}

impl Ledger {
    pub(crate) fn new(place: (VenueId, AccountId), session: SessionId) -> Ledger {
        let sample = ClientOrderId::new(session, LegKey::default());
        let (session_bits, _) = ClientOrderId::parse(sample.as_str()).expect("an id of ours reads back");
        Ledger {
            place,
            session_bits,
            orders: BTreeMap::new(),
            by_venue: BTreeMap::new(),
            ended: VecDeque::new(),
            seen: BTreeMap::new(),
            said: Vec::new(),
            notices: Vec::new(),
            overtaken: Vec::new(),
        }
    }

    /// Remembers an order that is about to be sent; false where there is no room.
    pub(crate) fn sent(&mut self, id: &str, order: Tracked) -> bool {
        while self.orders.len() >= ORDERS_MAX {
            let Some(oldest) = self.ended.pop_front() else { return false };
            self.forget(&oldest);
        }
        self.orders.insert(id.to_owned(), order);
        true
    }

    fn forget(&mut self, id: &str) {
        if let Some(order) = self.orders.remove(id) {
            self.by_venue.remove(&(order.instrument, order.venue_id));
        }
    }

    /// The id that an order was first sent with: that of a replacement says so itself.
    pub(crate) fn first_id<'i>(&self, id: &'i str) -> &'i str {
        let is_ours =
            |first: &&str| ClientOrderId::parse(first).is_some_and(|(session, _)| session == self.session_bits);
        replaced_id(id).filter(is_ours).unwrap_or(id)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Tracked> {
        self.orders.get(self.first_id(id))
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Tracked> {
        let id = self.first_id(id).to_owned();
        self.orders.get_mut(&id)
    }

    /// The id of the order with this number at the venue.
    pub(crate) fn of_venue(&self, instrument: InstrumentId, venue_id: u64) -> Option<&String> {
        self.by_venue.get(&(instrument, venue_id))
    }

    /// Ids of orders that have not ended.
    pub(crate) fn live(&self) -> Vec<String> {
        let is_live = |order: &&Tracked| order.life != Life::Ended;
        self.orders.iter().filter(|(_, order)| is_live(order)).map(|(id, _)| id.clone()).collect()
    }

    /// The key that an order has here: ours by its client id, or one of strategy 0 that follows from the venue's number.
    pub(crate) fn key_of(&self, client_id: &str, instrument: InstrumentId, venue_id: u64) -> LegKey {
        match ClientOrderId::parse(self.first_id(client_id)) {
            Some((session, key)) if session == self.session_bits => key,
            Some(_) | None => external_key(instrument, venue_id),
        }
    }

    /// Takes what somebody says of an order. Gives the id that it was first sent with.
    pub(crate) fn observe(&mut self, said: &Evidence, fills: &[Traded]) -> String {
        let id = self.first_id(&said.client_id).to_owned();
        if !self.orders.contains_key(&id) {
            self.adopt(&id, said, fills.iter().map(|fill| fill.qty.0).sum());
        }
        let Some(mut order) = self.orders.remove(&id) else { return id };
        if order.is_hollow
            && let Some(detail) = said.detail
        {
            fill_in(&mut order, detail);
        }
        let is_replaced = order.amending.as_ref().is_some_and(|amending| amending.new_id.is_some());
        let is_old = (is_replaced && said.client_id == order.current_id)
            || order.retired.contains(&said.client_id)
            || (said.client_id == id && order.current_id != id);
        self.note_number(&id, &mut order, said);
        let is_rejected = said.detail.is_some_and(|detail| detail.status == Status::Rejected);
        if order.life == Life::Sent && !is_rejected {
            self.accept(&mut order, said.time);
        }
        for fill in fills {
            self.fill(&mut order, *fill);
        }
        if let Some(detail) = said.detail {
            self.detail(&mut order, (said, detail), is_old);
        }
        self.end_if_whole(&mut order);
        let has_ended = order.life == Life::Ended;
        self.orders.insert(id.clone(), order);
        if has_ended && !self.ended.contains(&id) {
            self.ended.push_back(id.clone());
        }
        id
    }

    /// What somebody says of an order, not yet observed, with what is known better where it was overtaken: an answer may tell
    /// of a time before an amend or a fill that was heard of since.
    pub(crate) fn newest(&self, said: &Evidence) -> Option<Detail> {
        let mut detail = said.detail?;
        if let Some(order) = self.get(&said.client_id).filter(|order| is_overtaken(order, said.time)) {
            (detail.price, detail.qty) = (order.price, order.qty);
            detail.executed = detail.executed.max(Qty(order.executed));
            if detail.status == Status::New && detail.executed.0 > 0 {
                detail.status = Status::PartiallyFilled;
            }
        }
        Some(detail)
    }

    /// An order that was not sent in this run: of before a restart, or somebody else's.
    /// What was filled before is not ours to tell: the session asks for it.
    fn adopt(&mut self, id: &str, said: &Evidence, told_now: i64) {
        let key = self.key_of(&said.client_id, said.instrument, said.venue_id);
        let mut order = hollow(key, said.instrument, &said.client_id);
        if let Some(detail) = said.detail {
            fill_in(&mut order, detail);
            order.filled = (order.executed - told_now).max(0);
        }
        let is_over = said.detail.is_some_and(|detail| detail.status.has_ended()) && told_now == 0;
        if key.strategy == StrategyId::EXTERNAL {
            self.notices.push(Notice::ExternalOrder(key));
            if let Some(kind) = said.detail.map(|detail| statement(key, &detail)) {
                self.say(key, said.instrument, said.time, kind);
            }
            order.life = if is_over { Life::Ended } else { Life::Working };
        }
        // Without room for it, it is told and not remembered.
        self.sent(id, order);
    }

    fn note_number(&mut self, id: &str, order: &mut Tracked, said: &Evidence) {
        if said.venue_id == 0 || (order.venue_id != 0 && order.venue_id != said.venue_id && said.client_id == *id) {
            return;
        }
        order.venue_id = said.venue_id;
        self.by_venue.insert((order.instrument, said.venue_id), id.to_owned());
    }

    fn accept(&mut self, order: &mut Tracked, time: TimeNs) {
        order.life = Life::Working;
        if order.canceler.is_some_and(|(_, reason)| reason == CancelReason::KillSwitch) {
            self.overtaken.push(order.current_id.clone());
        }
        self.say(order.key, order.instrument, time, EventKind::OrderAccepted(order.key));
    }

    /// Reports a fill unless it was reported before.
    pub(crate) fn fill(&mut self, order: &mut Tracked, fill: Traded) {
        if !self.is_new(order.instrument, &fill) {
            return;
        }
        order.filled = order.filled.saturating_add(fill.qty.0);
        order.executed = order.executed.max(order.filled);
        if order.life == Life::Ended && order.end.is_none() {
            self.notices.push(Notice::LateFill(order.key));
        }
        if order.qty.0 > 0 && order.filled > order.qty.0 {
            self.notices.push(Notice::Overfill(order.key));
        }
        let leaves = fill.leaves.unwrap_or(Qty(order.qty.0 - order.filled));
        // What the venue does on its own account is no order of anybody.
        let key = if fill.reason.is_of_venue() { LegKey::default() } else { order.key };
        self.say_fill(key, order.instrument, &fill, Qty(leaves.0.max(0)));
    }

    /// Remembers a fill; false where it was known.
    pub(crate) fn is_new(&mut self, instrument: InstrumentId, fill: &Traded) -> bool {
        let seen = self.seen.entry(instrument).or_default();
        // What is older than everything remembered comes from a replay.
        if seen.len() == FILLS_MAX && seen.first().is_some_and(|(oldest, _)| fill.trade_id < *oldest) {
            return false;
        }
        let is_new = seen.insert((fill.trade_id, fill.side.number()));
        if seen.len() > FILLS_MAX {
            seen.pop_first();
        }
        is_new
    }

    pub(crate) fn say_fill(&mut self, key: LegKey, instrument: InstrumentId, fill: &Traded, leaves: Qty) {
        let kind = EventKind::OrderFilled(Fill {
            order: key,
            trade_id: fill.trade_id,
            price: fill.price,
            qty: fill.qty,
            leaves,
            fee: fill.fee,
            fee_currency: fill.fee_currency,
            side: fill.side,
            liquidity: fill.liquidity,
            position_side: fill.position_side,
            reason: fill.reason,
            ahead: Fill::AHEAD_UNKNOWN,
        });
        self.say(key, instrument, fill.time, kind);
    }

    /// What is said of terms and end.
    fn detail(&mut self, order: &mut Tracked, (said, detail): (&Evidence, Detail), is_old: bool) {
        order.executed = order.executed.max(detail.executed.0);
        if is_old {
            // The order that is to be replaced; what becomes of the new one decides.
            return;
        }
        // What an answer says that was overtaken is old.
        if said.time >= order.time {
            self.settle_amend(order, (said, &detail));
            order.time = said.time;
        }
        if order.life == Life::Ended {
            return;
        }
        let is_by_fills = detail.status == Status::Filled;
        if detail.status.has_ended() && !is_by_fills {
            order.end.get_or_insert((detail.end, said.time));
        }
    }

    /// An amend is done when the venue has the new terms, whoever says so.
    fn settle_amend(&mut self, order: &mut Tracked, (said, detail): (&Evidence, &Detail)) {
        let is_new_id = |amending: &Amending| amending.new_id.as_ref().is_none_or(|id| *id == said.client_id);
        let is_done =
            |amending: &Amending| (amending.price, amending.qty) == (detail.price, detail.qty) && is_new_id(amending);
        if let Some(amending) = order.amending.take_if(|amending| is_done(amending)) {
            if let Some(new_id) = amending.new_id {
                order.retired.push(std::mem::replace(&mut order.current_id, new_id));
                order.executed = order.filled.max(detail.executed.0);
            }
            (order.price, order.qty) = (detail.price, detail.qty);
            let kind = EventKind::OrderAmended(order.key, detail.price, detail.qty);
            self.say_caused(Cause::leg(amending.command), order.instrument, said.time, kind);
        } else if order.amending.is_none()
            && !detail.status.has_ended()
            && order.life == Life::Working
            && said.time > order.time
            && (order.price, order.qty) != (detail.price, detail.qty)
        {
            // Somebody else changed it, or an amend that was given up came to pass after all.
            if order.current_id != said.client_id {
                order.retired.push(std::mem::replace(&mut order.current_id, said.client_id.clone()));
            }
            (order.price, order.qty) = (detail.price, detail.qty);
            let kind = EventKind::OrderAmended(order.key, detail.price, detail.qty);
            self.say(order.key, order.instrument, said.time, kind);
        }
    }

    /// Reports the end once every fill was.
    fn end_if_whole(&mut self, order: &mut Tracked) {
        if order.life == Life::Ended || order.filled < order.executed {
            return;
        }
        if let Some((end, time)) = order.end.take() {
            self.end(order, end, time);
        } else if order.qty.0 > 0 && order.filled >= order.qty.0 {
            order.life = Life::Ended;
        }
    }

    fn end(&mut self, order: &mut Tracked, end: End, time: TimeNs) {
        let was_sent = order.life == Life::Sent;
        order.life = Life::Ended;
        let open = Qty((order.qty.0 - order.filled).max(0));
        if let Some(amending) = order.amending.take() {
            let kind = EventKind::AmendRejected(order.key, RejectReason::TooLate);
            self.say_caused(Cause::leg(amending.command), order.instrument, time, kind);
        }
        let (cause, kind) = match end {
            End::Canceled(CancelReason::Venue) if order.canceler.is_some() => {
                let (command, reason) = order.canceler.take().expect("it is there");
                (command, EventKind::OrderCanceled(order.key, open, reason))
            }
            End::Canceled(reason) => (order.key, EventKind::OrderCanceled(order.key, open, reason)),
            End::Expired => (order.key, EventKind::OrderExpired(order.key, open)),
            End::Rejected(reason) if was_sent => (order.key, EventKind::OrderRejected(order.key, reason)),
            End::Rejected(_) => (order.key, EventKind::OrderCanceled(order.key, open, CancelReason::Venue)),
        };
        self.say_caused(self.cause(cause), order.instrument, time, kind);
    }

    /// Ends an order though fills of it could not be had.
    pub(crate) fn end_anyway(&mut self, id: &str) {
        let Some(mut order) = self.orders.remove(self.first_id(id).to_owned().as_str()) else { return };
        if let Some((end, time)) = order.end.take() {
            self.notices.push(Notice::FillsMissing(order.key));
            self.end(&mut order, end, time);
        }
        let id = self.first_id(id).to_owned();
        self.orders.insert(id.clone(), order);
        self.ended.push_back(id);
    }

    /// An order that the venue never took.
    pub(crate) fn lost(&mut self, id: &str) {
        let id = self.first_id(id).to_owned();
        if let Some(order) = self.orders.get_mut(&id) {
            order.life = Life::Ended;
            self.ended.push_back(id);
        }
    }

    /// True when the venue says that more of an order is filled than was reported.
    pub(crate) fn misses_fills(&self, id: &str) -> bool {
        self.get(id).is_some_and(|order| order.filled < order.executed)
    }

    /// A report about an order, which is its own cause.
    pub(crate) fn say(&mut self, key: LegKey, instrument: InstrumentId, time: TimeNs, kind: EventKind) {
        self.say_caused(self.cause(key), instrument, time, kind);
    }

    pub(crate) fn say_caused(&mut self, cause: Cause, instrument: InstrumentId, time: TimeNs, kind: EventKind) {
        let (venue, account) = self.place;
        self.said.push(Report { venue_time: time, cause, instrument, venue, account, kind });
    }

    fn cause(&self, key: LegKey) -> Cause {
        if key.strategy == StrategyId::EXTERNAL { Cause::Outside } else { Cause::leg(key) }
    }
}

/// An order of which the key is known and nothing else.
pub(crate) fn hollow(key: LegKey, instrument: InstrumentId, id: &str) -> Tracked {
    Tracked {
        key,
        instrument,
        side: Side::Buy,
        price: Price(0),
        qty: Qty(0),
        current_id: id.to_owned(),
        retired: Vec::new(),
        venue_id: 0,
        filled: 0,
        executed: 0,
        life: Life::Working,
        time: TimeNs(0),
        end: None,
        canceler: None,
        amending: None,
        stay: Stay::Rests,
        is_hollow: true,
        is_adopted: true,
    }
}

/// True where what is said of this time cannot change an order's terms. Of the same time only an amend under way can.
fn is_overtaken(order: &Tracked, time: TimeNs) -> bool {
    !order.is_hollow && (time < order.time || (time == order.time && order.amending.is_none()))
}

fn fill_in(order: &mut Tracked, detail: Detail) {
    (order.side, order.price, order.qty, order.stay) = (detail.side, detail.price, detail.qty, detail.stay);
    order.executed = detail.executed.0;
    order.is_hollow = false;
}

/// A statement of an order.
pub(crate) fn statement(key: LegKey, detail: &Detail) -> EventKind {
    let state = match detail.status {
        Status::New => OrderState::Accepted,
        Status::PartiallyFilled => OrderState::PartiallyFilled,
        Status::Filled => OrderState::Filled,
        Status::Canceled | Status::ExpiredInMatch => OrderState::Canceled,
        Status::Rejected => OrderState::Rejected,
        Status::Expired => match detail.end {
            End::Canceled(_) => OrderState::Canceled,
            End::Expired | End::Rejected(_) => OrderState::Expired,
        },
    };
    let Detail { side, price, qty, executed, .. } = *detail;
    EventKind::OrderReported(OrderStatement { order: key, state, side, price, qty, filled: executed })
}

/// A key of strategy 0 that follows from the venue's number of an order.
pub(crate) fn external_key(instrument: InstrumentId, venue_id: u64) -> LegKey {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    hash.update(instrument.0.to_be_bytes());
    hash.update(venue_id.to_be_bytes());
    let mut head = [0_u8; 8];
    head.copy_from_slice(&hash.finalize()[..8]);
    // From 1 and below the host's own numbers.
    let number = u64::from_be_bytes(head) % ((1 << 44) - 1) + 1;
    LegKey { intent: IntentId(number), strategy: StrategyId::EXTERNAL, leg: LegId(0) }
}
