//! Question: what does the strategy see and what did it want?
//!
//! In: what the script says happened, intents. Out: views of it, a line for each intent. Must never answer with
//! anything that the script did not say: there is no matching and no Risk here.

use std::collections::{BTreeMap, BTreeSet};

use crate::decimal::{Decimal, NumberError};
use crate::event::{Amended, Bar, Context, Fill, Payload, Quote, Side};
use crate::harness::books::{Book, Books, Said};
use crate::harness::render;
use crate::harness::script::{FillLine, Step};
use crate::instrument::Instrument;
use crate::intent::{Bound, Curve, EmitError, Extras, Intent, Schedule, Size, Submit};
use crate::number::{Amount, InstrumentId, IntentId, Price, Qty, TimeNs};
use crate::plan::BarSpec;
use crate::view::{Account, Host, Level, OrderState, OrderView, Position};

/// Intents in one call; a real host's limit is configuration.
const INTENTS_MAX: usize = 64;

/// Bytes of one note, as hosts allow by default.
const NOTE_BYTES_MAX: usize = 512;

/// Wakes that may be pending, as in a host.
const WAKES_MAX: usize = 64;

/// The soonest a wake can come, as in a host.
const WAKE_DELAY_NS_MIN: u64 = 1_000_000;

/// Bounds of a market order that a host takes, in 1/10000.
const SLIPPAGE_BPS: std::ops::RangeInclusive<u32> = 1..=5_000;

/// Weights of a profile, as in a host.
const WEIGHTS_MAX: usize = 96;

/// Largest number of an intent, as in a host.
const INTENT_ID_MAX: u64 = (1 << 45) - 1;

/// Whether `emit` is possible.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    None,
    WarmingUp,
    Open { emitted: usize },
}

/// Everything around the strategy.
pub(super) struct Desk {
    instruments: Vec<Instrument>,
    books: Books,
    quotes: BTreeMap<InstrumentId, Quote>,
    bars: Vec<(InstrumentId, Bar)>,
    orders: BTreeMap<IntentId, OrderView>,
    wakes: BTreeSet<TimeNs>,
    time: TimeNs,
    call: Call,
    intents: u64,
    /// Something of the strategy's own changed since it was asked last.
    own_changed: bool,
    output: String,
}

impl Desk {
    pub(super) fn new(instruments: Vec<Instrument>, capital: Decimal) -> Self {
        Self {
            instruments,
            books: Books::new(capital),
            quotes: BTreeMap::new(),
            bars: Vec::new(),
            orders: BTreeMap::new(),
            wakes: BTreeSet::new(),
            time: TimeNs(0),
            call: Call::None,
            intents: 0,
            own_changed: false,
            output: String::new(),
        }
    }

    pub(super) fn time(&self) -> TimeNs {
        self.time
    }

    pub(super) fn advance(&mut self, time: TimeNs) {
        self.time = self.time.max(time);
    }

    pub(super) fn into_output(self) -> String {
        self.output
    }

    pub(super) fn open_call(&mut self, warming_up: bool) {
        self.call = if warming_up { Call::WarmingUp } else { Call::Open { emitted: 0 } };
    }

    pub(super) fn close_call(&mut self) {
        self.call = Call::None;
    }

    /// True once when an intent other than a note was emitted, or something came about an order.
    pub(super) fn take_own_change(&mut self) -> bool {
        std::mem::take(&mut self.own_changed)
    }

    /// Takes the earliest wake that is due at `time`.
    pub(super) fn take_wake(&mut self, time: TimeNs) -> Option<TimeNs> {
        self.wakes.first().copied().filter(|due| *due <= time).inspect(|due| {
            self.wakes.remove(due);
        })
    }

    pub(super) fn context(&self, instrument: InstrumentId) -> Context {
        let touch = self.quotes.get(&instrument).copied().unwrap_or_default();
        Context { touch, position: self.books.position(instrument) }
    }

    /// Takes in what happened; answers the event, or `None` when only time passed.
    pub(super) fn apply(&mut self, step: Step) -> Option<(InstrumentId, Payload)> {
        match step {
            Step::Time | Step::Restart => None,
            Step::Filled(line) => {
                let (instrument, fill) = self.fill(&line, Decimal::ONE);
                Some((instrument, Payload::Filled(fill)))
            }
            Step::Busted(line) => {
                let (instrument, fill) = self.fill(&line, Decimal::from(-1));
                Some((instrument, Payload::Busted(fill)))
            }
            Step::Amended(id, price, qty) => Some(self.amended(id, price, qty)),
            Step::Event(instrument, payload) => Some(self.happened(instrument, payload)),
        }
    }

    fn happened(&mut self, instrument: InstrumentId, payload: Payload) -> (InstrumentId, Payload) {
        let mut settle = |id, state| (self.order_mut(id, state).instrument, payload);
        match payload {
            Payload::Accepted(id) => settle(id, OrderState::Working),
            Payload::Rejected(reject) => settle(reject.id, OrderState::Rejected),
            Payload::CancelRejected(reject) | Payload::AmendRejected(reject) => settle(reject.id, OrderState::Working),
            Payload::Expired(id) => settle(id, OrderState::Expired),
            Payload::Unknown(id) => settle(id, OrderState::Unknown),
            Payload::Canceled(mut canceled) => {
                let order = self.order_mut(canceled.id, OrderState::Canceled);
                canceled.leaves = leaves(order);
                (order.instrument, Payload::Canceled(canceled))
            }
            Payload::Outcome(outcome) => {
                self.orders.remove(&outcome.id);
                (InstrumentId::NONE, payload)
            }
            Payload::Trade(trade) => self.heard(instrument, Said::Last(trade.price), payload),
            Payload::MarkPrice(price) => self.heard(instrument, Said::Mark(price), payload),
            Payload::Bar(bar) => {
                self.bars.push((instrument, bar));
                self.heard(instrument, Said::Last(bar.close), payload)
            }
            Payload::Quote(quote) => {
                self.quotes.insert(instrument, quote);
                self.heard(instrument, Said::Touch(quote), payload)
            }
            Payload::Status(state) => {
                if let Some(known) = self.instruments.iter_mut().find(|known| known.id == instrument) {
                    known.state = state;
                }
                (instrument, payload)
            }
            Payload::Book(_)
            | Payload::Funding(_)
            | Payload::Feed(_)
            | Payload::CorporateAction(_)
            | Payload::Filled(_)
            | Payload::Amended(_)
            | Payload::Busted(_)
            | Payload::Signal(_)
            | Payload::Trading(_)
            | Payload::Wake => (instrument, payload),
        }
    }

    fn heard(&mut self, instrument: InstrumentId, said: Said, payload: Payload) -> (InstrumentId, Payload) {
        let definition = self.definition(instrument).clone();
        self.books.hear(&definition, said);
        (instrument, payload)
    }

    /// Books a fill (`sign` 1) or its reversal (-1).
    fn fill(&mut self, line: &FillLine, sign: Decimal) -> (InstrumentId, Fill) {
        let order = *self.order_mut(line.id, OrderState::PartiallyFilled);
        let definition = self.definition(order.instrument).clone();
        let qty = Qty(exact(line.qty, definition.qty_scale));
        let price = Price(exact(line.price, definition.price_scale));
        let signed = exact(line.qty.checked_mul(sign).expect("a script's numbers are small"), definition.qty_scale);
        let paid = line.fee.checked_mul(sign).expect("a script's numbers are small");
        self.books.fill(&definition, Book { side: order.side, qty: Qty(signed), price, fee: paid });
        let order = self.order_mut(line.id, OrderState::PartiallyFilled);
        order.filled = Qty(order.filled.0 + signed);
        let leaves = leaves(order);
        if leaves.is_zero() {
            order.state = OrderState::Filled;
        }
        let fee = Amount(exact(line.fee, definition.settlement_scale));
        (definition.id, Fill { id: line.id, price, qty, leaves, fee, side: order.side, liquidity: line.liquidity })
    }

    fn amended(&mut self, id: IntentId, price: Decimal, qty: Decimal) -> (InstrumentId, Payload) {
        let instrument = self.order_mut(id, OrderState::Working).instrument;
        let definition = self.definition(instrument);
        let price = Price(exact(price, definition.price_scale));
        let qty = Qty(exact(qty, definition.qty_scale));
        let order = self.order_mut(id, OrderState::Working);
        (order.price, order.qty) = (price, qty);
        (instrument, Payload::Amended(Amended { id, price, qty }))
    }

    /// The order of an intent, in its new state.
    fn order_mut(&mut self, id: IntentId, state: OrderState) -> &mut OrderView {
        let order =
            self.orders.get_mut(&id).unwrap_or_else(|| panic!("the script names intent {id}, which is no order"));
        order.state = state;
        order
    }

    fn definition(&self, instrument: InstrumentId) -> &Instrument {
        let found = self.instruments.iter().find(|known| known.id == instrument);
        found.expect("scripts and accepted intents name known instruments")
    }

    fn admit(&self, intent: &Intent) -> Result<(), EmitError> {
        match self.call {
            Call::None => Err(EmitError::NotNow),
            // As in a host: what is malformed is so in a warm-up, too.
            Call::WarmingUp => self.check(intent).and(Err(EmitError::Warmup)),
            Call::Open { emitted } if emitted >= INTENTS_MAX => self.check(intent).and(Err(EmitError::TooMany)),
            Call::Open { .. } => self.check(intent),
        }
    }

    fn check(&self, intent: &Intent) -> Result<(), EmitError> {
        let knows = |id: &InstrumentId| self.instruments.iter().any(|instrument| instrument.id == *id);
        let is_well_formed = match intent {
            Intent::Note(text) if text.len() > NOTE_BYTES_MAX => return Err(EmitError::NoteTooLong),
            Intent::Submit(order) => {
                let is_bound = order.slippage_bps_max.is_none_or(|bps| SLIPPAGE_BPS.contains(&bps));
                knows(&order.instrument) && is_positive(order.size) && is_bound && are_in_range(&order.extras)
            }
            Intent::Amend(change) => {
                let changes_something = change.price.is_some() || change.qty.is_some() || change.trigger.is_some();
                can_exist(change.id) && changes_something && change.qty.is_none_or(Qty::is_positive)
            }
            Intent::Schedule(wish) => {
                let is_bound = match wish.bound {
                    Bound::Limit(_) => true,
                    Bound::Slippage(bps) => SLIPPAGE_BPS.contains(&bps),
                };
                let fits = !matches!(&wish.curve, Curve::Profile(weights) if weights.len() > WEIGHTS_MAX);
                knows(&wish.instrument) && is_positive(wish.size) && is_bound && fits
            }
            Intent::Cancel(order) => can_exist(*order),
            Intent::CancelAll(scope) | Intent::Flatten(scope) => scope.iter().all(knows),
            Intent::WakeAt(_) | Intent::Note(_) => true,
        };
        if is_well_formed { Ok(()) } else { Err(EmitError::Malformed) }
    }

    /// Does what is done at once; answers what there is to add to the intent's line.
    fn take(&mut self, id: IntentId, intent: &Intent) -> &'static str {
        match intent {
            Intent::WakeAt(at) if !self.add_wake(*at) => return " (malformed: 64 wakes are pending)",
            Intent::Submit(order) => {
                self.orders.insert(id, submitted(id, order));
            }
            // When it trades, and how much at a time, is the script's to say.
            Intent::Schedule(wish) => {
                self.orders.insert(id, worked(id, wish));
            }
            Intent::Cancel(order) => self.mark_pending(*order, OrderState::PendingCancel),
            Intent::Amend(change) => self.mark_pending(change.id, OrderState::PendingAmend),
            Intent::WakeAt(_) | Intent::CancelAll(_) | Intent::Flatten(_) | Intent::Note(_) => {}
        }
        ""
    }

    /// False when too many are pending. The past and the present are a moment from now: time must move on.
    fn add_wake(&mut self, at: TimeNs) -> bool {
        let at = at.max(TimeNs(self.time.0.saturating_add(WAKE_DELAY_NS_MIN)));
        let fits = self.wakes.len() < WAKES_MAX || self.wakes.contains(&at);
        if fits {
            self.wakes.insert(at);
        }
        fits
    }

    fn mark_pending(&mut self, id: IntentId, state: OrderState) {
        if let Some(order) = self.orders.get_mut(&id).filter(|order| order.state.is_open()) {
            order.state = state;
        }
    }
}

impl Host for Desk {
    fn top_of_book(&self, instrument: InstrumentId) -> Option<Quote> {
        let is_shown = |quote: &Quote| quote.bid_qty.is_positive() || quote.ask_qty.is_positive();
        self.quotes.get(&instrument).copied().filter(is_shown)
    }

    fn depth(&self, instrument: InstrumentId, side: Side, levels: u8) -> Vec<Level> {
        let touch = self.context(instrument).touch;
        let (price, qty) = match side {
            Side::Buy => (touch.bid_price, touch.bid_qty),
            Side::Sell => (touch.ask_price, touch.ask_qty),
        };
        let shown = qty.is_positive() && levels > 0;
        shown.then_some(Level { price, qty }).into_iter().collect()
    }

    fn position_of(&self, instrument: InstrumentId) -> Position {
        self.books.view(instrument)
    }

    fn account(&self) -> Account {
        self.books.account()
    }

    fn open_orders(&self, instrument: InstrumentId, limit: u16) -> Vec<OrderView> {
        let is_asked =
            |order: &&OrderView| order.state.is_open() && [order.instrument, InstrumentId::NONE].contains(&instrument);
        self.orders.values().filter(is_asked).take(usize::from(limit)).copied().collect()
    }

    fn order(&self, id: IntentId) -> Option<OrderView> {
        self.orders.get(&id).copied()
    }

    fn instrument(&self, instrument: InstrumentId) -> Option<Instrument> {
        self.instruments.iter().find(|known| known.id == instrument).cloned()
    }

    fn bars(&self, instrument: InstrumentId, spec: BarSpec, count: u16) -> Vec<Bar> {
        let is_asked = |(of, bar): &&(InstrumentId, Bar)| *of == instrument && bar.interval_ns == spec.code();
        let mut bars: Vec<Bar> =
            self.bars.iter().rev().filter(is_asked).take(usize::from(count)).map(|(_, bar)| *bar).collect();
        bars.reverse();
        bars
    }

    fn emit(&mut self, intent: Intent) -> Result<IntentId, EmitError> {
        let of_order = |id: IntentId| self.orders.get(&id).map_or(InstrumentId::NONE, |order| order.instrument);
        let text = render::intent(&intent, of_order, &self.instruments);
        let time = render::time(self.time);
        if let Err(refusal) = self.admit(&intent) {
            self.output.push_str(&format!("{time} refused {}: {text}\n", refusal.name()));
            return Err(refusal);
        }
        if let Call::Open { emitted } = &mut self.call {
            *emitted += 1;
        }
        self.intents += 1;
        self.own_changed |= !matches!(intent, Intent::Note(_));
        let id = IntentId(self.intents);
        let remark = self.take(id, &intent);
        self.output.push_str(&format!("{time} #{id} {text}{remark}\n"));
        Ok(id)
    }
}

fn submitted(id: IntentId, order: &Submit) -> OrderView {
    let (qty, price) = (known(order.size), order.limit_price.unwrap_or_default());
    let waits = order.stop_price.is_some() || order.extras.trail.is_some();
    let state = if waits { OrderState::Held } else { OrderState::Submitted };
    let trigger = order.stop_price.unwrap_or_default();
    OrderView { id, instrument: order.instrument, side: order.side, state, price, qty, filled: Qty::ZERO, trigger }
}

/// A schedule as one order of its whole quantity.
fn worked(id: IntentId, wish: &Schedule) -> OrderView {
    let price = match wish.bound {
        Bound::Limit(price) => price,
        Bound::Slippage(_) => Price::default(),
    };
    let (qty, state) = (known(wish.size), OrderState::Submitted);
    let trigger = Price::default();
    OrderView { id, instrument: wish.instrument, side: wish.side, state, price, qty, filled: Qty::ZERO, trigger }
}

const fn known(size: Size) -> Qty {
    match size {
        Size::Quantity(qty) => qty,
        // Only the Normalizer knows; fills say the rest.
        Size::Notional(_) => Qty::ZERO,
    }
}

fn leaves(order: &OrderView) -> Qty {
    Qty((order.qty.0 - order.filled.0).max(0))
}

const fn is_positive(size: Size) -> bool {
    match size {
        Size::Quantity(qty) => qty.is_positive(),
        Size::Notional(value) => value.is_positive(),
    }
}

fn are_in_range(extras: &Extras) -> bool {
    extras.display_qty.is_none_or(Qty::is_positive)
        && extras.trail.is_none_or(|trail| trail.offset > 0 && trail.limit_offset >= 0)
        && extras.parent.is_none_or(can_exist)
        && extras.group.is_none_or(can_exist)
}

/// A number that an intent can have.
fn can_exist(id: IntentId) -> bool {
    (1..=INTENT_ID_MAX).contains(&id.0)
}

/// The mantissa of a script's number at a scale.
fn exact(value: Decimal, scale: u8) -> i64 {
    let rescaled = value.rescale(scale).map(Decimal::mantissa);
    let mantissa = rescaled.and_then(|mantissa| i64::try_from(mantissa).map_err(|_| NumberError::TooLarge));
    mantissa.unwrap_or_else(|error| panic!("the script's number {value} at scale {scale}: {error}"))
}
