//! Reports: which fact does a line of a script state?
//!
//! In: the words after the time. Out: a report, or nothing where the world does the step itself (configuration, attaching).

use alloc::string::ToString;
use alloc::vec::Vec;

use crate::event::{
    Adjustment, BalanceChange, BalanceReason, BalanceStatement, Bar, BookAction, BookLevel, BookOrder, BookOrderAction,
    CancelReason, Cause, Command, CorporateAction, EventKind, Fill, FillReason, Halt, KillLevel, Liquidity, MarginMode,
    OrderStatement, PositionStatement, Quote, RejectReason, Report, Trade,
};
use crate::external::ExternalIntent;
use crate::ids::{AccountId, BlobId, CurrencyId, InstrumentId, LegKey, NameId, StrategyId, TimeNs, VenueId};
use crate::instrument::{PositionSide, Side};
use crate::intent::{IntentKind, NoteSpan};
use crate::money::{Decimal, Price, Qty};
use crate::order::OrderState;
use crate::strategy::HaltCode;
use crate::tests::script::{self, Words, coded};
use crate::tests::world::{Act, World};

/// The report that a line states.
pub(crate) fn report(world: &mut World, time: TimeNs, words: &mut Words<'_>) -> Option<Report> {
    let instrument = words.instrument();
    let mut is_about_one = true;
    let kind = match words.word() {
        "flatten-requested" => {
            // Of everything; `flatten-in` is of the instrument.
            is_about_one = false;
            EventKind::FlattenRequested(words.strategy())
        }
        // Of the instrument; `disable` and `enable` are of everything.
        name @ ("hold" | "lift") => {
            let kind = if name == "hold" { EventKind::TradingDisabled } else { EventKind::TradingEnabled };
            return Some(Report { instrument, ..Report::control(kind) });
        }
        "config" => {
            world.change_config(time);
            return None;
        }
        "attach" => {
            let strategy = words.strategy();
            world.attach(time, strategy);
            return None;
        }
        "external" => EventKind::ExternalIntent(external(world, words)),
        name => market(name, words)
            .or_else(|| order(name, words))
            .or_else(|| fill(name, words, world))
            .or_else(|| account(name, words))
            .or_else(|| control(name, words))
            .unwrap_or_else(|| panic!("no event `{name}`")),
    };
    let account =
        if words.takes("on") { AccountId(u16::try_from(words.count()).expect("small")) } else { owner(&kind, world) };
    let instrument = if Topicless::is(&kind) || !is_about_one { InstrumentId::NONE } else { instrument };
    Some(Report { venue_time: TimeNs(0), cause: Cause::Outside, instrument, venue: VenueId(1), account, kind })
}

/// `external 2 buy 5 limit 101`; `external bytes` is nothing that can be read.
fn external(world: &mut World, words: &mut Words<'_>) -> BlobId {
    if words.takes("bytes") {
        return world.blobs.append(b"what is this?");
    }
    let (strategy, reference) = (words.strategy(), "ref".to_string());
    let (kind, notes) = match script::act(words) {
        Act::Emit(kind) => (kind, Vec::new()),
        Act::Note(text) => {
            let span = NoteSpan { start: 0, len: u32::try_from(text.len()).expect("short") };
            (IntentKind::Note(span), text.into_bytes())
        }
        other @ (Act::Schedule(..) | Act::See | Act::Trap) => panic!("nobody outside can {other:?}"),
    };
    world.blobs.append(&ExternalIntent { strategy, reference, kind, notes }.encode())
}

/// Account of the order's strategy, as the world is configured.
fn owner(kind: &EventKind, world: &World) -> AccountId {
    let strategy = kind.order().map_or(StrategyId(1), |key| key.strategy);
    world.config.strategy(strategy).map_or(AccountId(1), |slot| slot.account)
}

struct Topicless;

impl Topicless {
    fn is(kind: &EventKind) -> bool {
        matches!(kind, EventKind::TradingEnabled | EventKind::TradingDisabled | EventKind::Signal(..))
    }
}

fn market(name: &str, words: &mut Words<'_>) -> Option<EventKind> {
    Some(match name {
        "quote" => EventKind::Quote(Quote {
            bid_price: words.price(),
            bid_qty: words.qty(),
            ask_price: words.price(),
            ask_qty: words.qty(),
        }),
        "trade" => EventKind::Trade(Trade { price: words.price(), qty: words.qty(), aggressor: None }),
        "bar" => EventKind::Bar(Bar {
            open: words.price(),
            high: words.price(),
            low: words.price(),
            close: words.price(),
            volume: words.qty(),
            open_time: TimeNs(0),
            interval_ns: if words.takes("every") { words.count() } else { 0 },
        }),
        "level" => EventKind::BookLevel(BookLevel {
            action: BookAction::Set,
            side: coded(Side::ALL, Side::code, words.word()),
            price: words.price(),
            qty: words.qty(),
            is_last: !words.takes("more"),
        }),
        "clear" => EventKind::BookLevel(BookLevel {
            action: BookAction::Clear,
            side: Side::Buy,
            price: Price(0),
            qty: Qty(0),
            is_last: !words.takes("more"),
        }),
        "order" => EventKind::BookOrder(BookOrder {
            action: coded(BookOrderAction::ALL, BookOrderAction::code, words.word()),
            side: coded(Side::ALL, Side::code, words.word()),
            order: words.count(),
            price: words.price(),
            qty: words.qty(),
            level: words.qty(),
            is_last: !words.takes("more"),
        }),
        "mark" => EventKind::MarkPrice(words.price()),
        "status" => EventKind::InstrumentStatus(words.status()),
        "day-until" => EventKind::TradingDay(script::at(words.word())),
        "stale" => EventKind::FeedStale,
        "recovered" => EventKind::FeedRecovered,
        "split" => EventKind::CorporateAction(CorporateAction {
            kind: Adjustment::Split,
            numerator: words.count(),
            denominator: words.count(),
            cash: 0,
        }),
        "dividend" | "rename" | "delisting" => EventKind::CorporateAction(CorporateAction {
            kind: coded(Adjustment::ALL, Adjustment::code, name),
            numerator: 0,
            denominator: 0,
            cash: if name == "dividend" { words.number() } else { 0 },
        }),
        "defined" => EventKind::InstrumentDefined(BlobId(u32::try_from(words.count()).expect("small"))),
        _ => return None,
    })
}

fn order(name: &str, words: &mut Words<'_>) -> Option<EventKind> {
    Some(match name {
        "accept" => EventKind::OrderAccepted(words.order()),
        "reject" => EventKind::OrderRejected(words.order(), RejectReason::Unknown),
        "canceled" => EventKind::OrderCanceled(words.order(), Qty(0), CancelReason::Asked),
        "cancel-reject" => EventKind::CancelRejected(words.order(), RejectReason::TooLate),
        "amended" => EventKind::OrderAmended(words.order(), words.price(), words.qty()),
        "amend-reject" => EventKind::AmendRejected(words.order(), RejectReason::TooLate),
        "expired" => EventKind::OrderExpired(words.order(), Qty(0)),
        "unknown" => EventKind::OutcomeUnknown(words.order()),
        "not-sent" => EventKind::TransmitRefused(words.order(), command(words), RejectReason::TransmitRefused),
        "reported" => EventKind::OrderReported(OrderStatement {
            order: words.order(),
            state: coded(OrderState::ALL, OrderState::code, words.word()),
            side: Side::Buy,
            price: words.price(),
            qty: words.qty(),
            filled: words.qty(),
        }),
        _ => return None,
    })
}

/// `[cancel | amend]`: which command could not be sent; the submit unless said otherwise.
fn command(words: &mut Words<'_>) -> Command {
    let is = |command: &Command, words: &mut Words<'_>| words.takes(command.code());
    [Command::Cancel, Command::Amend].into_iter().find(|command| is(command, words)).unwrap_or(Command::Submit)
}

/// `fill 1/1 5 @101 [sell] [id 7] [fee 0.1] [leaves 3] [long]`: the side is the order's where State knows it.
fn fill(name: &str, words: &mut Words<'_>, world: &World) -> Option<EventKind> {
    let wrap = match name {
        "fill" => EventKind::OrderFilled,
        "bust" => EventKind::FillBusted,
        _ => return None,
    };
    let (order, qty, price) = (words.order(), words.qty(), words.price());
    let mut fill = plain_fill(world, order, (qty, price));
    loop {
        if words.takes("buy") {
            fill.side = Side::Buy;
        } else if words.takes("sell") {
            fill.side = Side::Sell;
        } else if words.takes("id") {
            fill.trade_id = words.count();
        } else if words.takes("fee") {
            fill.fee = words.word().parse().expect("a fee");
            fill.fee_currency = CurrencyId(1);
        } else if words.takes("euro-fee") {
            fill.fee = words.word().parse().expect("a fee");
            fill.fee_currency = CurrencyId(3);
        } else if words.takes("leaves") {
            fill.leaves = words.qty();
        } else if words.takes("long") {
            fill.position_side = PositionSide::Long;
        } else {
            return Some(wrap(fill));
        }
    }
}

/// A fill as the venue would report it for this order.
pub(crate) fn plain_fill(world: &World, order: LegKey, (qty, price): (Qty, Price)) -> Fill {
    let known = world.core.state().order_by_key(order);
    Fill {
        order,
        trade_id: world.seq.0,
        price,
        qty,
        leaves: known.map_or(Qty(0), |order| Qty((order.leaves().0 - qty.0.max(0)).max(0))),
        fee: Decimal::ZERO,
        fee_currency: CurrencyId(1),
        side: known.map_or(Side::Buy, |order| order.terms.side),
        liquidity: Liquidity::Taker,
        position_side: known.map_or(PositionSide::Net, |order| order.terms.position_side),
        reason: FillReason::Venue,
        ahead: Fill::AHEAD_UNKNOWN,
    }
}

fn account(name: &str, words: &mut Words<'_>) -> Option<EventKind> {
    Some(match name {
        "balance" => {
            let total = words.word().parse().expect("a decimal");
            EventKind::BalanceReported(BalanceStatement { currency: CurrencyId(1), total, available: total })
        }
        "adjust" => EventKind::BalanceAdjusted(BalanceChange {
            reason: BalanceReason::Transfer,
            currency: CurrencyId(1),
            amount: words.word().parse().expect("a decimal"),
            strategy: words.strategy(),
        }),
        "position" => {
            let qty = words.qty();
            EventKind::PositionReported(PositionStatement { side: PositionSide::Net, qty, entry_price: Price(0) })
        }
        "leverage" => EventKind::LeverageReported(u32::try_from(words.count()).expect("small")),
        "margin-mode" => EventKind::MarginModeReported(coded(MarginMode::ALL, MarginMode::code, words.word())),
        "venue-up" => EventKind::VenueUp,
        "venue-down" => EventKind::VenueDown,
        _ => return None,
    })
}

fn control(name: &str, words: &mut Words<'_>) -> Option<EventKind> {
    Some(match name {
        "enable" => EventKind::TradingEnabled,
        "disable" => EventKind::TradingDisabled,
        "kill" => {
            let level = coded(KillLevel::ALL, KillLevel::code, words.word());
            let is_one = words.0.peek().is_some();
            EventKind::KillSwitch(level, if is_one { words.strategy() } else { StrategyId::EXTERNAL })
        }
        "flatten-in" => EventKind::FlattenRequested(words.strategy()),
        "detach" => EventKind::StrategyDetached(words.strategy()),
        "halt" => EventKind::StrategyHalted(words.strategy(), Halt { code: HaltCode::Fault, limit: 0, used: 0 }),
        "resume" => EventKind::StrategyResumed(words.strategy(), 1),
        "signal" => EventKind::Signal(NameId(1), NameId(1), words.number()),
        "session-mode" => {
            let mode = coded(crate::event::Mode::ALL, crate::event::Mode::code, words.word());
            EventKind::SessionOpened(crate::tests::world::SESSION, mode, crate::step::RULES_VERSION)
        }
        "time" => EventKind::TimeAdvanced,
        _ => return None,
    })
}
