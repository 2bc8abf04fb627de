//! Scripts: how is a case written?
//!
//! In: text. Out: steps. Must never: guess; a word that is not known is a fault of the case.
//!
//! Steps are parted by `;`. Numbers are mantissas; orders are of strategy 1, and named by the number of their intent.
//!
//! | step | what happens |
//! |---|---|
//! | `touch 100/102`, `touch 100x3/102x5` | the market moves; with sizes, they limit what trades |
//! | `level sell 3 @104`, `trade buy 3 @102` | others have so much there; somebody else takes |
//! | `pass 20s`, `pass 300ms` | time passes |
//! | `halt`, `resume`, `rule notional-min 200` | the venue changes |
//! | `foreign buy 5 @99`, `foreign-cancel`, `transfer 250`, `fund` | the account without this session |
//! | `next submit lost-answer` | what goes wrong with the next request of a kind |
//! | `messages twice 9`, `cut user`, `cut user 7`, `stall market 90s`, `gap`, `echo`, `garble`, `expire-key`, `skew 1500`, `network off` | other faults |
//! | `buy 5`, `sell 5 @101 post ioc` | a strategy wants an order |
//! | `cancel 1`, `amend 1 7@98`, `amend 1 7`, `amend 1 @98`, `cancel-all`, `flatten` | it wants something else |
//! | `lose buy 5 @99` | the command that the core lets out never reaches the adapter |
//! | `twin buy 5 @99` | it comes from another desk of the same session, which counts its intents alike |
//! | `pretend accepted 1` | the core hears it although the venue did not say it |
//! | `kill 1`, `kill instrument`, `kill account` | emergency cancels |
//! | `ask orders`, `ask order 1`, `ask fills 0`, `ask positions`, `ask balances`, `ask margin`, `ask instruments`, `ask time` | the session asks; fills since the n-th one that was told |
//! | `set leverage 500`, `set margin isolated` | it sets something |
//! | `look touch`, `look book`, `look mark`, `look funding`, `look held`, `look used`, `look end` | what was told last, in one line |
//! | `close` | the session ends |
//!
//! In front of a step, `unheard` keeps the core from hearing what the venue says to it until the next step has gone out, and
//! `2:` or `3:` means strategy 2 (of account 2) or 3 (of account 1, like 1). Behind it, `in 2` means the second instrument.

use ringfence_core::event::{EventKind, MarginMode, Quote};
use ringfence_core::ids::{AccountId, InstrumentId, IntentId, LegId, LegKey, StrategyId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{Amend, IntentKind, OrderType, Submit, TimeInForce};
use ringfence_core::money::{Price, Qty};

use crate::conformance::act::{Act, Ask, Level, Mishap, Rule, Switch, Trouble, Wire};
use crate::desk::submit;
use crate::query::Setting;

/// Sizes where a script names none: more than any case trades.
const DEEP: i64 = 1_000;

/// A step, and whether the core hears what comes of it before the next one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) what: What,
    pub(super) is_heard: bool,
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Act(Act),
    Wish(StrategyId, IntentKind, Way),
    Pretend(EventKind),
    Kill(AccountId, Kill),
    Ask(AccountId, Question),
    Set(AccountId, InstrumentId, Setting),
    Look(Look),
    Close(AccountId),
}

/// Which way a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    ToAdapter,
    Lost,
    Twin,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kill {
    Order(LegKey, InstrumentId),
    Instrument(InstrumentId),
    Account,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Question {
    Orders,
    Order(LegKey, InstrumentId),
    /// Since the fill that was told as this one, from 1; 0 = since ever.
    Fills(InstrumentId, usize),
    Positions,
    Balances,
    Margin(InstrumentId),
    Instruments,
    Time,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    Touch(InstrumentId),
    Book(InstrumentId),
    Mark(InstrumentId),
    Funding(InstrumentId),
    Held,
    Used,
    End,
}

/// Steps of a script.
pub(super) fn parse(script: &str) -> Vec<Step> {
    script.split(';').map(str::trim).filter(|step| !step.is_empty()).map(step).collect()
}

/// Account of a strategy of the desk.
pub(super) fn account_of(strategy: StrategyId) -> AccountId {
    AccountId(if strategy.0 == 2 { 2 } else { 1 })
}

fn step(text: &str) -> Step {
    let (is_heard, rest) = match text.strip_prefix("unheard ") {
        Some(rest) => (false, rest),
        None => (true, text),
    };
    let (strategy, rest) = match rest.split_once(": ") {
        Some((number, rest)) => (StrategyId(number.parse().unwrap_or_else(|_| panic!("no strategy in {text}"))), rest),
        None => (StrategyId(1), rest),
    };
    let (instrument, rest) = match rest.strip_suffix(" in 2") {
        Some(rest) => (InstrumentId(2), rest),
        None => (InstrumentId(1), rest),
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let by = By { strategy, instrument };
    let what = act(by, &words).map(What::Act).or_else(|| wish(by, &words)).or_else(|| asked(by, &words));
    Step { what: what.unwrap_or_else(|| panic!("no step {text}")), is_heard }
}

/// Who does it, where.
#[derive(Clone, Copy)]
struct By {
    strategy: StrategyId,
    instrument: InstrumentId,
}

impl By {
    fn account(self) -> AccountId {
        account_of(self.strategy)
    }

    fn key(self, intent: &str) -> LegKey {
        LegKey { intent: IntentId(number(intent)), strategy: self.strategy, leg: LegId(0) }
    }
}

fn act(by: By, words: &[&str]) -> Option<Act> {
    let (account, instrument) = (by.account(), by.instrument);
    Some(match *words {
        ["touch", prices] => touch(instrument, prices),
        ["level", side, qty, price] => Act::Level(instrument, side_of(side), level(qty, price)),
        ["trade", side, qty, price] => Act::Trade(instrument, side_of(side), level(qty, price)),
        ["pass", time] => Act::Pass(ms(time)),
        ["halt"] => Act::Halt(instrument, Switch::Off),
        ["resume"] => Act::Halt(instrument, Switch::On),
        ["rule", rule, value] => Act::Rule(instrument, rule_of(rule, number(value))),
        ["foreign", side, qty, price] => Act::Foreign(account, side_of(side), level(qty, price)),
        ["foreign-cancel"] => Act::ForeignCancel(account),
        ["transfer", amount] => Act::Transfer(account, number(amount)),
        ["fund"] => Act::Fund,
        ["next", ask, ref mishap @ ..] => Act::Next(ask_of(ask), mishap_of(mishap)),
        ["messages", ref trouble @ ..] => Act::Messages(trouble_of(trouble)),
        ["cut", wire] => Act::Cut(wire_of(wire), 3),
        ["cut", wire, attempts] => Act::Cut(wire_of(wire), number(attempts)),
        ["stall", wire, time] => Act::Stall(wire_of(wire), ms(time)),
        ["gap"] => Act::Gap,
        ["echo"] => Act::Echo,
        ["garble"] => Act::Garble,
        ["expire-key"] => Act::ExpireKey,
        ["skew", by] => Act::Skew(number(by)),
        ["network", switch] => Act::Network(if switch == "on" { Switch::On } else { Switch::Off }),
        _ => return None,
    })
}

fn wish(by: By, words: &[&str]) -> Option<What> {
    let (way, words) = match *words {
        ["lose", ref rest @ ..] => (Way::Lost, rest),
        ["twin", ref rest @ ..] => (Way::Twin, rest),
        ref all => (Way::ToAdapter, all),
    };
    let kind = match *words {
        [side @ ("buy" | "sell"), qty, ref rest @ ..] => IntentKind::Submit(order(by, (side, qty), rest)),
        ["cancel", order] => IntentKind::Cancel(IntentId(number(order))),
        ["amend", order, change] => IntentKind::Amend(amend(order, change)),
        ["cancel-all"] => IntentKind::CancelAll(None),
        ["flatten"] => IntentKind::Flatten(None),
        _ => return None,
    };
    Some(What::Wish(by.strategy, kind, way))
}

fn asked(by: By, words: &[&str]) -> Option<What> {
    let (account, instrument) = (by.account(), by.instrument);
    let question = |question| Some(What::Ask(account, question));
    match *words {
        ["pretend", "accepted", order] => Some(What::Pretend(EventKind::OrderAccepted(by.key(order)))),
        ["kill", "instrument"] => Some(What::Kill(account, Kill::Instrument(instrument))),
        ["kill", "account"] => Some(What::Kill(account, Kill::Account)),
        ["kill", order] => Some(What::Kill(account, Kill::Order(by.key(order), instrument))),
        ["ask", "orders"] => question(Question::Orders),
        ["ask", "order", order] => question(Question::Order(by.key(order), instrument)),
        ["ask", "fills", since] => question(Question::Fills(instrument, number(since))),
        ["ask", "positions"] => question(Question::Positions),
        ["ask", "balances"] => question(Question::Balances),
        ["ask", "margin"] => question(Question::Margin(instrument)),
        ["ask", "instruments"] => question(Question::Instruments),
        ["ask", "time"] => question(Question::Time),
        ["set", "leverage", hundredths] => Some(What::Set(account, instrument, Setting::Leverage(number(hundredths)))),
        ["set", "margin", mode] => {
            let mode = MarginMode::ALL.iter().find(|known| known.code() == mode)?;
            Some(What::Set(account, instrument, Setting::MarginMode(*mode)))
        }
        ["look", what] => Some(What::Look(look(what, instrument)?)),
        ["close"] => Some(What::Close(account)),
        _ => None,
    }
}

fn look(what: &str, instrument: InstrumentId) -> Option<Look> {
    Some(match what {
        "touch" => Look::Touch(instrument),
        "book" => Look::Book(instrument),
        "mark" => Look::Mark(instrument),
        "funding" => Look::Funding(instrument),
        "held" => Look::Held,
        "used" => Look::Used,
        "end" => Look::End,
        _ => return None,
    })
}

fn touch(instrument: InstrumentId, prices: &str) -> Act {
    let (bid, ask) = prices.split_once('/').unwrap_or_else(|| panic!("{prices} is no touch"));
    let side = |text: &str| match text.split_once('x') {
        Some((price, size)) => (Price(number(price)), Qty(number(size))),
        None => (Price(number(text)), Qty(DEEP)),
    };
    let ((bid_price, bid_qty), (ask_price, ask_qty)) = (side(bid), side(ask));
    let quote = Quote { bid_price, bid_qty, ask_price, ask_qty };
    if prices.contains('x') { Act::SizedTouch(instrument, quote) } else { Act::Touch(instrument, quote) }
}

/// `QTY [@PRICE] [post] [reduce] [ioc|fok|day]`.
fn order(by: By, (side, qty): (&str, &str), rest: &[&str]) -> Submit {
    let mut order = submit(by.instrument, (side_of(side), Qty(number(qty))), None);
    for word in rest {
        match *word {
            "post" => order.post_only = true,
            "reduce" => order.reduce_only = true,
            "ioc" => order.tif = TimeInForce::Ioc,
            "fok" => order.tif = TimeInForce::Fok,
            "day" => order.tif = TimeInForce::Day,
            price => (order.order_type, order.limit_price) = (OrderType::Limit, Some(Price(number(price)))),
        }
    }
    order
}

/// `QTY@PRICE`, `QTY` or `@PRICE`.
fn amend(order: &str, change: &str) -> Amend {
    let (qty, price) = match change.split_once('@') {
        Some(("", price)) => (None, Some(price)),
        Some((qty, price)) => (Some(qty), Some(price)),
        None => (Some(change), None),
    };
    let (price, qty) = (price.map(|price| Price(number(price))), qty.map(|qty| Qty(number(qty))));
    Amend { order: IntentId(number(order)), price, qty, trigger: None }
}

fn ask_of(word: &str) -> Ask {
    match word {
        "submit" => Ask::Submit,
        "cancel" => Ask::Cancel,
        "amend" => Ask::Amend,
        "cancel-all" => Ask::CancelAll,
        "order" => Ask::Order,
        "fills" => Ask::Fills,
        other => panic!("no request {other}"),
    }
}

fn mishap_of(words: &[&str]) -> Mishap {
    match *words {
        ["lost-answer"] => Mishap::LostAnswer,
        ["lost-request"] => Mishap::LostRequest,
        ["unsent"] => Mishap::Unsent,
        ["cut-answer"] => Mishap::CutAnswer,
        ["slow", time] => Mishap::Slow(ms(time)),
        ["says-unknown"] => Mishap::SaysUnknown,
        ["says-unknown-done"] => Mishap::SaysUnknownDone,
        ["says-unavailable"] => Mishap::SaysUnavailable,
        ["says-internal"] => Mishap::SaysInternal,
        ["too-many"] => Mishap::TooMany(None),
        ["too-many", seconds] => Mishap::TooMany(Some(number(seconds))),
        ["banned", seconds] => Mishap::Banned(number(seconds)),
        ["stale-stamp"] => Mishap::StaleStamp,
        ["fill-first"] => Mishap::FillFirst,
        ["late-fill"] => Mishap::LateFill,
        ["overfill", qty] => Mishap::Overfill(number(qty)),
        ["strange-field"] => Mishap::StrangeField,
        ref other => panic!("no mishap {other:?}"),
    }
}

fn trouble_of(words: &[&str]) -> Trouble {
    match *words {
        ["twice", times] => Trouble::Twice(number(times)),
        ["lose-fill"] => Trouble::LoseFill,
        ["lose-end"] => Trouble::LoseEnd,
        ["late", time] => Trouble::Late(ms(time)),
        ["garbled"] => Trouble::Garbled,
        ref other => panic!("no trouble {other:?}"),
    }
}

fn rule_of(word: &str, value: i64) -> Rule {
    match word {
        "notional-min" => Rule::NotionalMin(value),
        "qty-min" => Rule::QtyMin(value),
        "tick" => Rule::Tick(value),
        "lot" => Rule::Lot(value),
        other => panic!("no rule {other}"),
    }
}

fn wire_of(word: &str) -> Wire {
    match word {
        "market" => Wire::Market,
        "user" => Wire::User,
        other => panic!("no connection {other}"),
    }
}

fn side_of(word: &str) -> Side {
    *Side::ALL.iter().find(|side| side.code() == word).unwrap_or_else(|| panic!("{word} is no side"))
}

fn level(qty: &str, price: &str) -> Level {
    Level { price: Price(number(price)), qty: Qty(number(qty)) }
}

fn ms(word: &str) -> u64 {
    match (word.strip_suffix("ms"), word.strip_suffix('s')) {
        (Some(ms), _) => number(ms),
        (None, Some(seconds)) => number::<u64>(seconds) * 1_000,
        (None, None) => panic!("{word} is no time"),
    }
}

fn number<T: core::str::FromStr>(word: &str) -> T {
    word.trim_start_matches('@').parse().unwrap_or_else(|_| panic!("{word} is no number"))
}
