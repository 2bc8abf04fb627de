//! Support for tests of the simulated venue: a script in, the stream of events out.
//!
//! Lines of a script, parted by `;` (numbers are mantissas; each line is 1 ns after the one before unless `at N` says otherwise):
//! `quote BID SIZE ASK SIZE` · `trade PRICE SIZE [buy|sell]` · `bar OPEN HIGH LOW CLOSE @OPENED` · `level buy|sell PRICE
//! SIZE [last]` · `order ACTION buy|sell NUMBER PRICE SIZE LEVEL [last]` · `mark PRICE` · `rate E9 @NEXT` · `split NEW/OLD` · `dividend CASH` · `status NAME` · `day-until NS` · `time` · `[2:] buy|sell QTY [@PRICE] [ioc|fok|day] [post] [reduce]` · `[2:] cancel N` ·
//! `[2:] amend N QTY@PRICE` · `venue: ` and a market fact that the core does not hear of. `2:` is strategy 2, on account 2, `3:` strategy 3, on account 1 like strategy 1; `N` is the number of the strategy's intent.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use std::fmt::Write;

use expect_test::Expect;
use ringfence_core::decision::DecisionKind;
use ringfence_core::event::{
    Adjustment, Bar, BookAction, BookLevel, BookOrder, BookOrderAction, CorporateAction, Event, EventKind, Funding,
    Quote, Report, Trade,
};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, IntentId, LegKey, Seq, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::{Instrument, InstrumentStatus, PositionSide, Side};
use ringfence_core::intent::{Amend, Extras, IntentKind, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_sim::{
    Carry, Fees, FillMoment, Latency, QueueModel, RestingFills, Sim, SimAccount, SimConfig, Slippage, SlippageModel,
    TakerSize,
};
use ringfence_venue::desk::{self, Desk};
use ringfence_venue::text::describe;

/// Same event, trade-through, maker 1 bp, taker 2 bp, no latency; `change` makes it another.
pub fn config(instruments: &[Instrument], change: impl FnOnce(&mut SimConfig)) -> SimConfig {
    let account = |id: u16| SimAccount {
        account: AccountId(id),
        venue: VenueId(1),
        currency: CurrencyId(1),
        cash: Decimal::from(1_000),
    };
    let mut config = SimConfig {
        fill: FillMoment::SameEvent,
        fees: Fees::bps(Decimal::ONE, Decimal::TWO),
        latency: Latency::NONE,
        queue: QueueModel::TradeThrough,
        queue_power: None,
        resting: RestingFills::Whole,
        taker_size: TakerSize::Unlimited,
        slippage: Slippage { model: SlippageModel::Off, amount: 0 },
        carry: Carry::NONE,
        accounts: (1..=desk::ACCOUNTS).map(account).collect(),
        instruments: instruments.to_vec(),
    };
    change(&mut config);
    // A power where the model of the test has one.
    config.queue_power = config.queue_power.or(config.queue.has_power().then_some(2));
    config
}

/// A core and a simulated venue, joined as a backtest joins them.
pub struct Run {
    pub desk: Desk,
    pub sim: Sim,
    /// One line per event, and per wish that did not reach the venue.
    pub text: String,
    /// Everything the venue said, with the time it was appended at.
    pub said: Vec<(TimeNs, Report)>,
    /// What was asked for by each submit of the script: quantity, and limit price where it has one.
    pub asked: BTreeMap<LegKey, (i64, Option<i64>)>,
    /// What was asked for by each amend: order, quantity, price.
    pub amends: Vec<(LegKey, i64, i64)>,
    /// Intents of each strategy so far.
    intents: BTreeMap<StrategyId, u64>,
    reports: Vec<Report>,
    /// True where time passes as a run loop lets it: what falls due comes before the next line.
    pub is_timely: bool,
    /// Instrument that lines are about.
    pub instrument: InstrumentId,
}

impl Run {
    pub fn new(instruments: &[Instrument], change: impl FnOnce(&mut SimConfig)) -> Run {
        let mut sim = Sim::new(config(instruments, change)).expect("a sound configuration");
        let mut desk = Desk::open(instruments);
        let mut reports = Vec::new();
        sim.open(&mut reports);
        for report in &reports {
            assert!(desk.tell(report).is_empty());
        }
        reports.clear();
        let (asked, amends, intents) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        let (said, is_timely, instrument) = (Vec::new(), false, InstrumentId(1));
        Run { desk, sim, text: String::new(), said, asked, amends, intents, reports, is_timely, instrument }
    }

    /// Lets the core hear a report; what a sound venue says never surprises it.
    fn tell(&mut self, report: &Report) -> Vec<VenueCommand> {
        let commands = self.desk.tell(report);
        for decision in self.desk.decisions() {
            assert!(!matches!(decision.kind, DecisionKind::Anomaly(_)), "{decision:?} after {report:?}\n{}", self.text);
        }
        commands
    }

    /// Shows a market fact to the venue, then what the venue says and the fact itself to the core.
    pub fn market(&mut self, fact: &Report) {
        let event: Event = fact.at(Seq(0), self.desk.time());
        self.sim.on_market(&event, &mut self.reports);
        self.settle();
        let commands = self.desk.tell(fact);
        self.carry_out(commands);
    }

    /// Shows a market fact to the venue alone.
    pub fn market_unheard(&mut self, fact: &Report) {
        let event: Event = fact.at(Seq(0), self.desk.time());
        self.sim.on_market(&event, &mut self.reports);
        self.settle();
    }

    pub fn time(&mut self) {
        self.sim.on_time(self.desk.time(), &mut self.reports);
        self.settle();
    }

    pub fn ask(&mut self, strategy: StrategyId, wish: IntentKind) {
        // A wish comes by a signal, which is no market event: the venue has to be told the time.
        self.time();
        self.remember(strategy, &wish);
        let commands = self.desk.ask(strategy, wish);
        for decision in self.desk.decisions().to_vec() {
            let line = if let DecisionKind::Malformed(malformed) = decision.kind {
                format!("malformed {} {}", decision.key, malformed.code)
            } else if let DecisionKind::Denied(denial) = decision.kind {
                format!("denied {} {}", decision.key, denial.code)
            } else {
                continue;
            };
            self.say(&line);
        }
        self.carry_out(commands);
    }

    /// Keeps what the script asks for, before any part of the host has seen it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other wish has a size")]
    fn remember(&mut self, strategy: StrategyId, wish: &IntentKind) {
        let count = self.intents.entry(strategy).or_default();
        *count += 1;
        let key = |intent| LegKey { intent, strategy, ..LegKey::default() };
        match wish {
            IntentKind::Submit(Submit { size: Size::Quantity(qty), limit_price, .. }) => {
                self.asked.insert(key(IntentId(*count)), (qty.0, limit_price.map(|price| price.0)));
            }
            IntentKind::Amend(Amend { order, price: Some(price), qty: Some(qty), .. }) => {
                self.amends.push((key(*order), qty.0, price.0));
            }
            _ => {}
        }
    }

    pub fn say(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("a string takes everything");
    }

    /// Lets everything that falls due by now happen at its time.
    fn pass(&mut self) {
        while let Some(due) = self.sim.next_arrival().filter(|due| *due <= self.desk.time()) {
            self.sim.on_time(due, &mut self.reports);
            self.settle();
        }
    }

    fn carry_out(&mut self, commands: Vec<VenueCommand>) {
        for command in commands {
            self.sim.on_command(command, &mut self.reports);
        }
        self.settle();
    }

    fn settle(&mut self) {
        while !self.reports.is_empty() {
            for report in std::mem::take(&mut self.reports) {
                let time = self.desk.time();
                let moment = report.venue_time;
                let late = if moment == time { String::new() } else { format!(" (of {})", moment.0) };
                self.say(&format!("  {}{late}", describe(&report)));
                self.said.push((time, report));
                for command in self.tell(&report) {
                    self.sim.on_command(command, &mut self.reports);
                }
            }
        }
    }

    pub fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["at", time] = words[..] {
            return self.desk.advance(TimeNs(number(time)));
        }
        if let ["of", id] = words[..] {
            self.instrument = InstrumentId(number(id));
            return;
        }
        self.desk.advance(self.desk.time().plus(1));
        if self.is_timely {
            self.pass();
        }
        if words == ["time"] {
            self.say(&format!("{line}:"));
            return self.time();
        }
        if let Some(kind) = fact(&words) {
            let fact = Report { instrument: self.instrument, venue: VenueId(1), ..Report::control(kind) };
            // The venue speaks first: what a market event causes stands before it in the stream.
            self.market(&fact);
            return self.say(line);
        }
        if let ["venue:", ref words @ ..] = words[..] {
            let kind = fact(words).expect("a market fact for the venue alone");
            self.market_unheard(&Report { instrument: InstrumentId(1), venue: VenueId(1), ..Report::control(kind) });
            return self.say(line);
        }
        let (strategy, words) = match words[..] {
            ["2:", ref rest @ ..] => (StrategyId(2), rest),
            ["3:", ref rest @ ..] => (StrategyId(3), rest),
            ref all => (StrategyId(1), all),
        };
        self.say(&format!("{line}:"));
        let instrument = self.instrument;
        let mut wish = wish(words);
        if let IntentKind::Submit(submit) = &mut wish {
            submit.instrument = instrument;
        }
        self.ask(strategy, wish);
    }
}

/// Runs a script over one instrument whose prices and quantities are whole numbers.
#[track_caller]
pub fn check(change: impl FnOnce(&mut SimConfig), script: &str, want: &Expect) {
    want.assert_eq(&play(change, script));
}

/// Runs a script over these instruments, with time passing as a run loop lets it; lines are about the first one until
/// `of N` says another. Ends with what each account has.
#[track_caller]
pub fn hold(instruments: &[Instrument], change: impl FnOnce(&mut SimConfig), script: &str, want: &Expect) {
    let mut run = Run::new(instruments, change);
    run.is_timely = true;
    for line in script.split(';').map(str::trim) {
        run.line(line);
    }
    for account in (1..=desk::ACCOUNTS).map(AccountId) {
        let total = run.desk.state().account_total(account).expect("small amounts");
        run.say(&format!("account {}: cash {} equity {}", account.0, total.cash, total.equity));
    }
    want.assert_eq(&run.text);
}

/// What happens in such a script.
#[track_caller]
pub fn play(change: impl FnOnce(&mut SimConfig), script: &str) -> String {
    let mut run = Run::new(&[desk::instrument(1, (0, 0))], change);
    for line in script.split(';').map(str::trim) {
        run.line(line);
    }
    run.text
}

fn number<T: std::str::FromStr>(word: &str) -> T {
    word.trim_start_matches('@').parse().unwrap_or_else(|_| panic!("{word} is no number"))
}

fn side(word: &str) -> Side {
    *Side::ALL.iter().find(|side| side.code() == word).unwrap_or_else(|| panic!("{word} is no side"))
}

fn fact(words: &[&str]) -> Option<EventKind> {
    let kind = match *words {
        ["quote", bid, bids, ask, asks] => EventKind::Quote(Quote {
            bid_price: Price(number(bid)),
            bid_qty: Qty(number(bids)),
            ask_price: Price(number(ask)),
            ask_qty: Qty(number(asks)),
        }),
        ["trade", price, qty, ref rest @ ..] => EventKind::Trade(Trade {
            price: Price(number(price)),
            qty: Qty(number(qty)),
            aggressor: rest.first().map(|word| side(word)),
        }),
        ["bar", open, high, low, close, opened] => EventKind::Bar(Bar {
            open: Price(number(open)),
            high: Price(number(high)),
            low: Price(number(low)),
            close: Price(number(close)),
            volume: Qty(1),
            open_time: TimeNs(number(opened)),
            interval_ns: 1,
        }),
        ["level", word, price, qty, ref rest @ ..] => EventKind::BookLevel(BookLevel {
            action: BookAction::Set,
            side: side(word),
            price: Price(number(price)),
            qty: Qty(number(qty)),
            is_last: rest == ["last"],
        }),
        ["order", action, word, order, price, qty, level, ref rest @ ..] => EventKind::BookOrder(BookOrder {
            action: *BookOrderAction::ALL.iter().find(|known| known.code() == action).expect("an action"),
            side: side(word),
            order: number(order),
            price: Price(number(price)),
            qty: Qty(number(qty)),
            level: Qty(number(level)),
            is_last: rest == ["last"],
        }),
        ["mark", price] => EventKind::MarkPrice(Price(number(price))),
        ["rate", rate, next] => {
            EventKind::FundingRate(Funding { rate_e9: number(rate), next_time: TimeNs(number(next)) })
        }
        ["split", ratio] => {
            let (new, old) = ratio.split_once('/').expect("NEW/OLD");
            EventKind::CorporateAction(CorporateAction {
                kind: Adjustment::Split,
                numerator: number(new),
                denominator: number(old),
                cash: 0,
            })
        }
        ["dividend", cash] => EventKind::CorporateAction(CorporateAction {
            kind: Adjustment::Dividend,
            numerator: 0,
            denominator: 0,
            cash: number(cash),
        }),
        ["delisting"] => EventKind::CorporateAction(CorporateAction {
            kind: Adjustment::Delisting,
            numerator: 0,
            denominator: 0,
            cash: 0,
        }),
        ["day-until", time] => EventKind::TradingDay(TimeNs(time.parse().expect("a time in ns"))),
        ["status", name] => {
            let status = InstrumentStatus::ALL.iter().find(|status| status.code() == name);
            EventKind::InstrumentStatus(*status.unwrap_or_else(|| panic!("{name} is no status")))
        }
        _ => return None,
    };
    Some(kind)
}

fn wish(words: &[&str]) -> IntentKind {
    match *words {
        ["cancel", order] => IntentKind::Cancel(IntentId(number(order))),
        ["amend", order, change] => {
            let (qty, price) = change.split_once('@').expect("QTY@PRICE");
            let (price, qty) = (Some(Price(number(price))), Some(Qty(number(qty))));
            IntentKind::Amend(Amend { order: IntentId(number(order)), price, qty, trigger: None })
        }
        [word, qty, ref rest @ ..] => IntentKind::Submit(submit(side(word), Qty(number(qty)), rest)),
        _ => panic!("{words:?} is no line of a script"),
    }
}

fn submit(side: Side, qty: Qty, rest: &[&str]) -> Submit {
    let limit_price = rest.iter().find(|word| word.starts_with('@')).map(|word| Price(number(word)));
    let tif = TimeInForce::ALL.iter().find(|tif| rest.contains(&tif.code()));
    Submit {
        instrument: InstrumentId(1),
        side,
        size: Size::Quantity(qty),
        order_type: if limit_price.is_some() { OrderType::Limit } else { OrderType::Market },
        limit_price,
        stop_price: None,
        tif: tif.copied().unwrap_or(TimeInForce::Gtc),
        max_slippage_bps: None,
        post_only: rest.contains(&"post"),
        reduce_only: rest.contains(&"reduce"),
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    }
}
