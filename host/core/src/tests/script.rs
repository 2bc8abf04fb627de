//! Scripts: how is a test written as text?
//!
//! In: lines. Out: the log of a [`World`] that lived through them. Prices, quantities and values are mantissas; `min` and
//! `max` are the ends of `i64`. An instrument stands first where it is not `A`; an order is `strategy/intent[.leg]`.
//!
//! `with order-qty-max 10` · `strategy 1: buy 5 limit 101 ioc; cancel 1; trap` · `strategy 1 on outcome: see` ·
//! `0s quote 100 5 101 5` · `1s B trade 100 1` · `1s level buy 99 2 more` · `300s+1 time` · `show orders`

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::iter::Peekable;
use core::str::SplitWhitespace;

use crate::ids::{IntentId, LegId, LegKey, StrategyId, TimeNs};
use crate::instrument::{InstrumentStatus, PositionSide, Side};
use crate::intent::{
    Amend, Bound, Curve, Extras, GroupKind, IntentKind, NoteSpan, OrderType, Schedule, Size, Submit, TimeInForce,
    Trail, TrailUnit, TriggerBy,
};
use crate::money::{Price, Qty};
use crate::tests::world::{A, Act, B, C, SECOND, START, World};
use crate::tests::{configure, reports, show};

/// Runs a script and gives back what came of it.
#[track_caller]
pub(crate) fn run(script: &str) -> String {
    run_world(script).log
}

/// Runs a script and gives back the world it leaves.
#[track_caller]
pub(crate) fn run_world(script: &str) -> World {
    let mut world = World::new();
    let mut is_open = false;
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = Words::new(line);
        let first = words.word();
        if first == "with" {
            configure::configure(&mut world, &mut words);
            continue;
        }
        if !core::mem::replace(&mut is_open, true) {
            world.open();
        }
        match first {
            "strategy" => instruct(&mut world, line),
            "show" => {
                let shown = show::state(&world, words.rest().as_str());
                world.log += &shown;
            }
            time => {
                world.log += time;
                world.log += "\n";
                let report = reports::report(&mut world, at(time), &mut words);
                if let Some(report) = report {
                    world.report(at(time), report);
                }
            }
        }
        assert!(words.0.peek().is_none() || first == "strategy", "words left over in `{line}`");
    }
    world
}

/// `5s`, `300s+1` (ns), `max`.
pub(crate) fn at(text: &str) -> TimeNs {
    if text == "max" {
        return TimeNs(u64::MAX);
    }
    let (seconds, ns) = text.split_once('+').unwrap_or((text, "0"));
    let number = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("no time: `{text}`"));
    START.plus(number(seconds.trim_end_matches('s')) * SECOND).plus(number(ns))
}

fn instruct(world: &mut World, line: &str) {
    let (who, what) = line.split_once(':').unwrap_or_else(|| panic!("no colon in `{line}`"));
    let mut who = Words::new(who);
    assert_eq!(who.word(), "strategy");
    let strategy = who.strategy();
    let acts = what.split(';').flat_map(|act| acts(&mut Words::new(act))).collect();
    match who.rest().as_str() {
        "" => world.host.tell(strategy, acts),
        "on outcome" => world.host.tell_on_outcome(strategy, acts),
        other => panic!("a strategy does things `on outcome` or when called, not `{other}`"),
    }
}

fn acts(words: &mut Words<'_>) -> Vec<Act> {
    let times = words.0.peek().and_then(|word| word.strip_suffix('x')).and_then(|count| count.parse().ok());
    if let Some(times) = times {
        words.word();
        return vec![act(words); times];
    }
    // `wakes 40 2s`: forty wake-ups, a ns apart.
    if words.takes("wakes") {
        let (count, first) = (words.count(), at(words.word()));
        return (0..count).map(|ns| Act::Emit(IntentKind::WakeAt(first.plus(ns)))).collect();
    }
    vec![act(words)]
}

pub(crate) fn act(words: &mut Words<'_>) -> Act {
    let instrument = words.instrument();
    let optional = |words: &mut Words<'_>| words.0.peek().is_some().then(|| words.named_instrument());
    let kind = match words.word() {
        "buy" => IntentKind::Submit(submit(words, Side::Buy, instrument)),
        "sell" => IntentKind::Submit(submit(words, Side::Sell, instrument)),
        "cancel" => IntentKind::Cancel(words.intent()),
        "amend" => IntentKind::Amend(amend(words)),
        "cancel-all" => IntentKind::CancelAll(optional(words)),
        "flatten" => IntentKind::Flatten(optional(words)),
        "wake" => IntentKind::WakeAt(at(words.word())),
        "note" => return Act::Note(words.rest()),
        "schedule" => return schedule(words, instrument),
        "see" => return Act::See,
        "trap" => return Act::Trap,
        other => panic!("strategies do not `{other}`"),
    };
    assert!(words.0.peek().is_none(), "words left over: {}", words.rest());
    Act::Emit(kind)
}

fn submit(words: &mut Words<'_>, side: Side, instrument: crate::ids::InstrumentId) -> Submit {
    let size = words.word();
    let mut submit = Submit {
        instrument,
        side,
        size: match size.strip_prefix('$') {
            Some(value) => Size::Notional(mantissa(value)),
            None => Size::Quantity(Qty(mantissa(size))),
        },
        order_type: OrderType::Market,
        limit_price: None,
        stop_price: None,
        tif: TimeInForce::Gtc,
        max_slippage_bps: None,
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    };
    while let Some(word) = words.0.next() {
        match word {
            "market" => submit.order_type = OrderType::Market,
            "market-to-limit" => submit.order_type = OrderType::MarketToLimit,
            "limit" => (submit.order_type, submit.limit_price) = (OrderType::Limit, Some(words.price())),
            "stop" => (submit.order_type, submit.stop_price) = (OrderType::StopMarket, Some(words.price())),
            "stop-limit" => {
                submit.order_type = OrderType::StopLimit;
                (submit.stop_price, submit.limit_price) = (Some(words.price()), Some(words.price()));
            }
            "touched" => (submit.order_type, submit.stop_price) = (OrderType::MarketIfTouched, Some(words.price())),
            "touched-limit" => {
                submit.order_type = OrderType::LimitIfTouched;
                (submit.stop_price, submit.limit_price) = (Some(words.price()), Some(words.price()));
            }
            "trail" => (submit.order_type, submit.extras.trail) = (OrderType::TrailingStopMarket, trail(words)),
            "trail-limit" => {
                (submit.order_type, submit.extras.trail) = (OrderType::TrailingStopLimit, trail(words));
                submit.extras.trail.limit_offset = mantissa(words.word());
            }
            "trail-offset" => submit.extras.trail = trail(words),
            "by" => submit.extras.trigger_by = coded(TriggerBy::ALL, TriggerBy::code, words.word()),
            "until" => (submit.tif, submit.extras.expire_at) = (TimeInForce::Gtd, at(words.word())),
            "expire-at" => submit.extras.expire_at = at(words.word()),
            "display" => submit.extras.display_qty = Qty(mantissa(words.word())),
            "after" => submit.extras.link.parent = IntentId(words.count()),
            "oco" | "ouo" => {
                submit.extras.link.group_kind = coded(GroupKind::ALL, GroupKind::code, word);
                submit.extras.link.group = IntentId(words.count());
            }
            "limit-price" => submit.limit_price = Some(words.price()),
            "stop-price" => submit.stop_price = Some(words.price()),
            "no-limit" => submit.limit_price = None,
            "slippage" => submit.max_slippage_bps = Some(u32::try_from(words.count()).expect("basis points")),
            "post-only" => submit.post_only = true,
            "reduce-only" => submit.reduce_only = true,
            other => match TimeInForce::ALL.iter().find(|tif| tif.code() == other) {
                Some(tif) => submit.tif = *tif,
                None => submit.position_side = coded(PositionSide::ALL, PositionSide::code, other),
            },
        }
    }
    submit
}

/// `schedule buy 100 limit 101 even 4 to 40s`, also `slippage 10`, `profile 1,2,1`, `volume 4 1000`, `from 5s`.
fn schedule(words: &mut Words<'_>, instrument: crate::ids::InstrumentId) -> Act {
    let side = coded(Side::ALL, Side::code, words.word());
    let size = words.word();
    let mut weights = Vec::new();
    let mut wish = Schedule {
        instrument,
        side,
        size: match size.strip_prefix('$') {
            Some(value) => Size::Notional(mantissa(value)),
            None => Size::Quantity(Qty(mantissa(size))),
        },
        bound: Bound::Slippage(100),
        post_only: false,
        reduce_only: false,
        position_side: PositionSide::Net,
        start: TimeNs(0),
        end: TimeNs(0),
        curve: Curve::Even(1),
    };
    let count = |words: &mut Words<'_>| u16::try_from(words.count()).expect("a number of slices");
    while let Some(word) = words.0.next() {
        match word {
            "limit" => wish.bound = Bound::Limit(words.price()),
            "slippage" => wish.bound = Bound::Slippage(u32::try_from(words.count()).expect("basis points")),
            "post-only" => wish.post_only = true,
            "reduce-only" => wish.reduce_only = true,
            "from" => wish.start = at(words.word()),
            "to" => wish.end = at(words.word()),
            "even" => wish.curve = Curve::Even(count(words)),
            "volume" => {
                let slices = count(words);
                wish.curve = Curve::Volume { slices, bps: u32::try_from(words.count()).expect("basis points") };
            }
            "profile" => {
                wish.curve = Curve::Profile(NoteSpan::default());
                let list = words.word().split(',').filter(|weight| *weight != "none");
                weights = list.map(|weight| weight.parse().expect("a weight")).collect();
            }
            other => panic!("a schedule has no `{other}`"),
        }
    }
    Act::Schedule(wish, weights)
}

/// `5`, `50bps` or `3ticks`.
fn trail(words: &mut Words<'_>) -> Trail {
    let word = words.word();
    let (number, unit) = match (word.strip_suffix("bps"), word.strip_suffix("ticks")) {
        (Some(number), _) => (number, TrailUnit::Bps),
        (None, Some(number)) => (number, TrailUnit::Ticks),
        (None, None) => (word, TrailUnit::Price),
    };
    Trail { offset: mantissa(number), unit, limit_offset: 0 }
}

fn amend(words: &mut Words<'_>) -> Amend {
    let mut amend = Amend { order: words.intent(), price: None, qty: None, trigger: None };
    while let Some(word) = words.0.next() {
        match word {
            "price" => amend.price = Some(words.price()),
            "qty" => amend.qty = Some(words.qty()),
            "trigger" => amend.trigger = Some(words.price()),
            other => panic!("an amend has no `{other}`"),
        }
    }
    amend
}

/// The words of a line, taken one by one.
pub(crate) struct Words<'a>(pub(crate) Peekable<SplitWhitespace<'a>>);

impl<'a> Words<'a> {
    pub(crate) fn new(line: &'a str) -> Words<'a> {
        Words(line.split_whitespace().peekable())
    }

    #[track_caller]
    pub(crate) fn word(&mut self) -> &'a str {
        self.0.next().expect("one more word")
    }

    pub(crate) fn rest(&mut self) -> String {
        self.0.by_ref().collect::<Vec<_>>().join(" ")
    }

    /// Takes the next word if it is this one.
    pub(crate) fn takes(&mut self, word: &str) -> bool {
        self.0.next_if(|next| *next == word).is_some()
    }

    #[track_caller]
    pub(crate) fn number(&mut self) -> i64 {
        mantissa(self.word())
    }

    #[track_caller]
    pub(crate) fn count(&mut self) -> u64 {
        let word = self.word();
        if word == "max" { u64::MAX } else { word.parse().unwrap_or_else(|_| panic!("no count: `{word}`")) }
    }

    #[track_caller]
    pub(crate) fn price(&mut self) -> Price {
        Price(self.number())
    }

    #[track_caller]
    pub(crate) fn qty(&mut self) -> Qty {
        Qty(self.number())
    }

    #[track_caller]
    pub(crate) fn strategy(&mut self) -> StrategyId {
        StrategyId(u16::try_from(self.count()).expect("a strategy"))
    }

    /// `3`, or `h1`: the host's first.
    #[track_caller]
    pub(crate) fn intent(&mut self) -> IntentId {
        match self.0.next_if(|word| word.starts_with('h')) {
            Some(of_host) => IntentId::of_host(of_host[1..].parse().expect("an intent of the host")),
            None => IntentId(self.count()),
        }
    }

    /// `strategy/intent[.leg]`
    #[track_caller]
    pub(crate) fn order(&mut self) -> LegKey {
        let word = self.word();
        let (strategy, intent) = word.split_once('/').unwrap_or_else(|| panic!("no order: `{word}`"));
        let (intent, leg) = intent.split_once('.').unwrap_or((intent, "0"));
        LegKey {
            strategy: StrategyId(strategy.parse().expect("a strategy")),
            intent: Words::new(intent).intent(),
            leg: LegId(leg.parse().expect("a leg")),
        }
    }

    /// The instrument named next, or `A`.
    pub(crate) fn instrument(&mut self) -> crate::ids::InstrumentId {
        let is_named = self.0.peek().is_some_and(|word| instrument(word).is_some());
        if is_named { self.named_instrument() } else { A }
    }

    #[track_caller]
    pub(crate) fn named_instrument(&mut self) -> crate::ids::InstrumentId {
        let word = self.word();
        instrument(word).unwrap_or_else(|| panic!("no instrument: `{word}`"))
    }

    pub(crate) fn limit<T: core::str::FromStr>(&mut self) -> Option<T> {
        let word = self.word();
        (word != "off").then(|| word.parse().unwrap_or_else(|_| panic!("no limit: `{word}`")))
    }

    pub(crate) fn status(&mut self) -> InstrumentStatus {
        coded(InstrumentStatus::ALL, InstrumentStatus::code, self.word())
    }
}

fn instrument(word: &str) -> Option<crate::ids::InstrumentId> {
    match word {
        "A" => Some(A),
        "B" => Some(B),
        "C" => Some(C),
        "D" => Some(crate::ids::InstrumentId(4)),
        _ => None,
    }
}

fn mantissa(word: &str) -> i64 {
    match word.trim_start_matches('@') {
        "min" => i64::MIN,
        "max" => i64::MAX,
        digits => digits.parse().unwrap_or_else(|_| panic!("no number: `{word}`")),
    }
}

/// The case with this code.
#[track_caller]
pub(crate) fn coded<T: Copy>(all: &[T], code: fn(T) -> &'static str, word: &str) -> T {
    all.iter().copied().find(|case| code(*case) == word).unwrap_or_else(|| {
        let known: Vec<String> = all.iter().map(|case| code(*case).to_string()).collect();
        panic!("`{word}` is none of {known:?}")
    })
}
