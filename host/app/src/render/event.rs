//! Events: what is in each kind?
//!
//! In: an event. Out: its fields, numbers at the instrument's scales. Must never: skip a field.

use ringfence_core::event::{
    Bar, BookLevel, BookOrder, Cause, CorporateAction, Event, EventKind, Family, Fill, OrderStatement, Quote,
};
use ringfence_core::ids::{InstrumentId, LegKey, TimeNs};
use ringfence_core::money::Price;

use super::{Fields, Renderer};
use crate::calendar::time_text;

impl Renderer<'_> {
    /// Everything an event says.
    pub(crate) fn event(&self, event: &Event) -> Fields {
        let head = Fields::new().with("seq", event.seq.0).with("time", time_text(event.time.0));
        let venue_time =
            (event.venue_time != TimeNs(0) && event.venue_time != event.time).then_some(event.venue_time.0);
        head.with_some("venue_time", venue_time.map(time_text))
            .with("event", event.kind.name())
            .with_some("instrument", (event.instrument.0 != 0).then(|| self.instrument(event.instrument)))
            .with_some("venue", (event.venue.0 != 0).then(|| self.venue(event.venue)))
            .with_some("account", (event.account.0 != 0).then(|| self.account(event.account)))
            .and(self.kind(&event.kind, event.instrument))
            .with_some("cause", cause(event.cause))
    }

    fn kind(&self, kind: &EventKind, id: InstrumentId) -> Fields {
        match kind.family() {
            Family::Market => self.market(kind, id),
            Family::Order => self.order(kind, id),
            Family::Account => self.account_fact(kind, id),
            Family::Control => self.control(kind),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`kind` sends only market events here")]
    fn market(&self, kind: &EventKind, id: InstrumentId) -> Fields {
        let fields = Fields::new();
        match kind {
            EventKind::Trade(trade) => fields
                .with("price", self.price(id, trade.price))
                .with("qty", self.qty(id, trade.qty))
                .with_some("aggressor", trade.aggressor.map(|side| side.code())),
            EventKind::Quote(quote) => self.quote(quote, id),
            EventKind::BookLevel(level) => self.level(level, id),
            EventKind::BookOrder(order) => self.book_order(order, id),
            EventKind::Bar(bar) => self.bar(bar, id),
            EventKind::MarkPrice(price) => fields.with("price", self.price(id, *price)),
            EventKind::FundingRate(funding) => fields
                .with("rate_e9", funding.rate_e9)
                .with_some("next_time", (funding.next_time.0 != 0).then(|| time_text(funding.next_time.0))),
            EventKind::InstrumentDefined(blob) => fields.with("blob", blob.0),
            EventKind::InstrumentStatus(status) => fields.with("status", status.code()),
            EventKind::CorporateAction(action) => corporate(action),
            EventKind::TradingDay(ends) => fields.with("ends", time_text(ends.0)),
            _ => fields,
        }
    }

    fn quote(&self, quote: &Quote, id: InstrumentId) -> Fields {
        Fields::new()
            .with("bid", self.price(id, quote.bid_price))
            .with("bid_qty", self.qty(id, quote.bid_qty))
            .with("ask", self.price(id, quote.ask_price))
            .with("ask_qty", self.qty(id, quote.ask_qty))
    }

    fn level(&self, level: &BookLevel, id: InstrumentId) -> Fields {
        Fields::new()
            .with("action", level.action.code())
            .with("side", level.side.code())
            .with("price", self.price(id, level.price))
            .with("qty", self.qty(id, level.qty))
            .with("last", level.is_last)
    }

    fn book_order(&self, order: &BookOrder, id: InstrumentId) -> Fields {
        Fields::new()
            .with("action", order.action.code())
            .with("side", order.side.code())
            .with("order", order.order.to_string())
            .with("price", self.price(id, order.price))
            .with("qty", self.qty(id, order.qty))
            .with("level", self.qty(id, order.level))
            .with("last", order.is_last)
    }

    fn bar(&self, bar: &Bar, id: InstrumentId) -> Fields {
        Fields::new()
            .with("open_time", time_text(bar.open_time.0))
            .with("interval_ns", bar.interval_ns)
            .with("open", self.price(id, bar.open))
            .with("high", self.price(id, bar.high))
            .with("low", self.price(id, bar.low))
            .with("close", self.price(id, bar.close))
            .with("volume", self.qty(id, bar.volume))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`kind` sends only facts about orders here")]
    fn order(&self, kind: &EventKind, id: InstrumentId) -> Fields {
        let of = |key: &LegKey| self.order_key(*key);
        match kind {
            EventKind::OrderAccepted(key) | EventKind::OutcomeUnknown(key) => of(key),
            EventKind::OrderRejected(key, reason)
            | EventKind::CancelRejected(key, reason)
            | EventKind::AmendRejected(key, reason) => of(key).with("reason", reason.code()),
            EventKind::TransmitRefused(key, command, reason) => {
                of(key).with("command", command.code()).with("reason", reason.code())
            }
            EventKind::OrderFilled(fill) | EventKind::FillBusted(fill) => self.fill(fill, id),
            EventKind::OrderCanceled(key, open, reason) => {
                of(key).with("open", self.qty(id, *open)).with("reason", reason.code())
            }
            EventKind::OrderAmended(key, price, qty) => {
                of(key).with("price", self.price(id, *price)).with("qty", self.qty(id, *qty))
            }
            EventKind::OrderExpired(key, open) => of(key).with("open", self.qty(id, *open)),
            EventKind::OrderReported(said) => self.statement(said, id),
            _ => Fields::new(),
        }
    }

    fn fill(&self, fill: &Fill, id: InstrumentId) -> Fields {
        self.order_key(fill.order)
            .with("side", fill.side.code())
            .with("price", self.price(id, fill.price))
            .with("qty", self.qty(id, fill.qty))
            .with("leaves", self.qty(id, fill.leaves))
            .with("fee", Renderer::decimal(fill.fee))
            .with("fee_currency", self.currency(fill.fee_currency))
            .with("liquidity", fill.liquidity.code())
            .with("position_side", fill.position_side.code())
            .with("trade_id", fill.trade_id)
            .with("reason", fill.reason.code())
            .with_some("ahead", (fill.ahead != Fill::AHEAD_UNKNOWN).then(|| self.qty(id, fill.ahead)))
    }

    fn statement(&self, said: &OrderStatement, id: InstrumentId) -> Fields {
        self.order_key(said.order)
            .with("state", said.state.code())
            .with("side", said.side.code())
            .with("price", self.price(id, said.price))
            .with("qty", self.qty(id, said.qty))
            .with("filled", self.qty(id, said.filled))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`kind` sends only facts about accounts and venues here")]
    fn account_fact(&self, kind: &EventKind, id: InstrumentId) -> Fields {
        let fields = Fields::new();
        match kind {
            EventKind::BalanceReported(said) => fields
                .with("currency", self.currency(said.currency))
                .with("total", Renderer::decimal(said.total))
                .with("available", Renderer::decimal(said.available)),
            EventKind::BalanceAdjusted(change) => fields
                .with("reason", change.reason.code())
                .with("currency", self.currency(change.currency))
                .with("amount", Renderer::decimal(change.amount))
                .with("strategy", self.strategy(change.strategy)),
            EventKind::PositionReported(said) => fields
                .with("position_side", said.side.code())
                .with("qty", self.qty(id, said.qty))
                .with_some("entry_price", (said.entry_price != Price(0)).then(|| self.price(id, said.entry_price))),
            EventKind::LeverageReported(hundredths) => fields.with("leverage_hundredths", *hundredths),
            EventKind::MarginModeReported(mode) => fields.with("mode", mode.code()),
            EventKind::ReconcileFinished(differences) => fields.with("differences", *differences),
            _ => fields,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`kind` sends only control and time events here")]
    fn control(&self, kind: &EventKind) -> Fields {
        let fields = Fields::new();
        let of = |id| Fields::new().with("strategy", self.strategy(id));
        match kind {
            EventKind::SessionOpened(session, mode, rules) => {
                fields.with("session", session.to_string()).with("mode", mode.code()).with("rules_version", *rules)
            }
            EventKind::ConfigChanged(blob) | EventKind::ExternalIntent(blob) | EventKind::OperatorCommand(blob) => {
                fields.with("blob", blob.0)
            }
            EventKind::KillSwitch(level, id) => fields.with("level", level.code()).and(of(*id)),
            EventKind::StrategyAttached(id, component, plan) => {
                of(*id).with("component_blob", component.0).with("plan_blob", plan.0)
            }
            EventKind::StrategySwapped(id, component, plan, snapshot) => {
                of(*id).with("component_blob", component.0).with("plan_blob", plan.0).with("snapshot_blob", snapshot.0)
            }
            EventKind::StrategyDetached(id) | EventKind::FlattenRequested(id) => of(*id),
            EventKind::StrategyCheckpointed(id, blob)
            | EventKind::ParametersChanged(id, blob)
            | EventKind::ReloadRefused(id, blob) => of(*id).with("blob", blob.0),
            EventKind::StrategyHalted(id, halt) => {
                of(*id).with("code", halt.code.code()).with("limit", halt.limit).with("used", halt.used)
            }
            EventKind::StrategyResumed(id, times) => of(*id).with("restarts", *times),
            EventKind::Signal(source, name, value) => {
                fields.with("source", self.name(*source)).with("name", self.name(*name)).with("value", *value)
            }
            EventKind::ClockAdjusted(ns) => fields.with("by_ns", *ns),
            _ => fields,
        }
    }

    /// An order: its leg and the id a venue sees.
    fn order_key(&self, key: LegKey) -> Fields {
        let client = ringfence_core::ids::ClientOrderId::new(self.session, key);
        Fields::new().with("order", Renderer::leg(key)).with("client_order_id", client.as_str())
    }
}

fn corporate(action: &CorporateAction) -> Fields {
    Fields::new()
        .with("action", action.kind.code())
        .with("numerator", action.numerator)
        .with("denominator", action.denominator)
        .with("cash", action.cash)
}

fn cause(cause: Cause) -> Option<String> {
    match cause {
        Cause::Outside => None,
        Cause::Event(seq) => Some(format!("event {}", seq.0)),
        Cause::Leg { strategy, leg, intent } => Some(Renderer::leg(LegKey { intent, strategy, leg })),
    }
}
