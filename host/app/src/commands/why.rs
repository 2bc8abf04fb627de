//! `ringfence why`: how did it come to this trade, or to this order?
//!
//! In: a journal. Out: the chain from what a strategy wanted to what a venue filled, in sentences with their numbers. Must
//! never: execute anything, or need the tapes.

use std::path::PathBuf;

use ringfence_core::config::Config;
use ringfence_core::ids::{LegKey, StrategyId};
use ringfence_core::money::Decimal;
use ringfence_journal::reader::{Input, JournalReader, Step};
use serde_json::{Map, Value as Json, json};

use crate::calendar::time_text;
use crate::commands::inspect::{OrderName, intent_key, order_name};
use crate::commands::number;
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output, diagnostic};
use crate::render::Renderer;
use crate::render::instrument_in;
use crate::sessions::replay::recorded_config;
use crate::sessions::strategies::strategy_of;
use crate::sessions::{finding_failure, journal_failure, journal_folder};
use crate::why::life::{IntentKey, Life, Lives, Moment, intent};
use crate::why::tell::Teller;
use crate::why::trades::{Closed, Trades, Wanted};

/// Explain trades and orders of a journal.
///
/// Without a choice: the trades that lost the most, each with the orders that opened and closed it. A trade goes from a
/// flat position to the next flat one, or to the turn of its side; its profit is after fees. The journal alone is read:
/// rows of tapes are named by their numbers.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ringfence why run1
  ringfence why run1 --worst 10 --strategy ema
  ringfence why run1 --trade 17
  ringfence why run1 --intent 1/42 --json
  ringfence why run1 --order aucqkbifauaabaaaaaaaadaaa")]
pub struct Args {
    /// Folder of the journal.
    journal: PathBuf,
    /// This intent: STRATEGY/INTENT, the host's own as 1/h1.
    #[arg(long, value_name = "INTENT", value_parser = intent_key, conflicts_with_all = ["trade", "worst", "strategy"])]
    intent: Option<LegKey>,
    /// The intent of this order: STRATEGY/INTENT.LEG, or the client order id that its venue knows.
    #[arg(long, value_name = "ORDER", value_parser = order_name, conflicts_with_all = ["intent", "trade", "worst", "strategy"])]
    order: Option<OrderName>,
    /// This closed trade, counted from 1.
    #[arg(long, value_name = "NUMBER", conflicts_with = "worst", value_parser = number::whole(1..=u64::MAX))]
    trade: Option<u64>,
    /// So many of the trades that lost the most.
    #[arg(long, value_name = "COUNT", default_value = "3", value_parser = number::whole(1..=1000_u16))]
    worst: u16,
    /// Only trades of this strategy: its name or number.
    #[arg(long, value_name = "STRATEGY")]
    strategy: Option<String>,
}

/// Runs the command; a journal that is damaged is explained up to the damage and does not hold (1).
///
/// # Errors
/// A journal that cannot be read at all; a trade or an intent that is not in it.
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    journal_folder(&args.journal)?;
    let (reader, damage) = JournalReader::open_prefix(&args.journal).map_err(|error| journal_failure(&error))?;
    let header = reader.header().clone();
    drop(reader);
    // Where damage begins before the configuration, it is the damage that has to be told.
    let early = |failure| damage.as_ref().map_or(failure, finding_failure);
    let config = recorded_config(&args.journal, &header).map_err(early)?;
    let teller = Teller { renderer: Renderer::new(&config, header.session), config: &config };
    let of_order = args.order.as_ref().map(|order| order.key(header.session)).transpose()?;
    match args.intent.or(of_order) {
        Some(key) => one_intent(args, (key, &teller), out)?,
        None => trades(args, &teller, out)?,
    }
    let Some(finding) = &damage else { return Ok(Exit::Fine) };
    diagnostic(format_args!("the journal ends here: {finding}\n  fix: {}", finding.code.fix()));
    Ok(Exit::DoesNotHold)
}

/// Shows every step of the journal to `look`.
fn each(args: &Args, look: &mut dyn FnMut(&Step) -> Result<(), Failure>) -> Result<(), Failure> {
    let fault = |error| journal_failure(&error);
    let (mut reader, _) = JournalReader::open_prefix(&args.journal).map_err(fault)?;
    reader.ignore_fuel();
    let mut step = Step::new();
    while reader.next_step(&mut step).map_err(fault)? {
        look(&step)?;
    }
    Ok(())
}

fn lives(args: &Args, intents: impl IntoIterator<Item = IntentKey>) -> Result<Lives, Failure> {
    let mut lives = Lives::new(intents);
    each(args, &mut |step| {
        lives.step(step);
        Ok(())
    })?;
    Ok(lives)
}

fn one_intent(args: &Args, (key, teller): (LegKey, &Teller<'_>), out: &mut Output) -> Result<(), Failure> {
    let key = intent(key);
    let lives = lives(args, [key])?;
    let life = lives.of.get(&key).filter(|life| !life.moments.is_empty());
    let Some(life) = life else {
        let fault = Fault::new(format!("the journal has no intent {}/{}", key.0.0, key.1));
        return Err(Failure::Usage(fault.fixed_by("`ringfence inspect JOURNAL --only EMITTED` lists them")));
    };
    match out.form() {
        Form::Json => out.json(&life_json(teller, (&key, life))),
        Form::Text => life_text(teller, (&key, life), "").iter().for_each(|line| out.line(line)),
    }
    Ok(())
}

fn trades(args: &Args, teller: &Teller<'_>, out: &mut Output) -> Result<(), Failure> {
    let strategy = args.strategy.as_deref().map(|name| strategy_of(name, teller.config)).transpose()?;
    let wanted = args.trade.map_or(Wanted::Worst(usize::from(args.worst)), Wanted::Number);
    let mut trades = Trades::new(teller.config, wanted, strategy);
    each(args, &mut |step| match &step.input {
        Input::Event(event) => {
            trades.event(event).map_err(|error| Failure::outside(format!("an amount of the journal: {error}")))
        }
        Input::TapeRows { .. } | Input::Unknown { .. } => Ok(()),
    })?;
    if let (Wanted::Number(number), []) = (wanted, trades.kept.as_slice()) {
        return Err(Failure::usage(format!("there is no trade {number}; {} were closed", trades.count)));
    }
    let lives = lives(args, trades.orders().into_iter().map(intent))?;
    let shown = Shown { teller, trades: &trades, lives: &lives, strategy };
    match out.form() {
        Form::Json => out.json(&shown.json()),
        Form::Text => shown.lines().iter().for_each(|line| out.line(line)),
    }
    Ok(())
}

/// What was found about trades.
struct Shown<'a> {
    teller: &'a Teller<'a>,
    trades: &'a Trades<'a>,
    lives: &'a Lives,
    strategy: Option<StrategyId>,
}

impl Shown<'_> {
    fn json(&self) -> Json {
        let Trades { count, losers, gross, fees, kept, .. } = self.trades;
        json!({
            "trades": count,
            "losers": losers,
            "gross": Renderer::decimal(*gross),
            "fees": Renderer::decimal(*fees),
            "net": Renderer::decimal(*gross - *fees),
            "explained": kept.iter().map(|closed| self.trade_json(closed)).collect::<Vec<_>>(),
        })
    }

    fn trade_json(&self, closed: &Closed) -> Json {
        let trade = &closed.trade;
        let fills = closed.parts.iter().map(|part| {
            let mut fill = Map::new();
            fill.insert("seq".to_owned(), json!(part.seq.0));
            fill.insert("time".to_owned(), json!(time_text(part.time.0)));
            fill.insert("order".to_owned(), json!(part.fill.order.to_string()));
            fill.insert("is_bust".to_owned(), json!(part.is_bust));
            let reference = self.reference(part.fill.order);
            fill.insert("text".to_owned(), json!(self.teller.fill(&part.fill, (trade.instrument, reference))));
            Json::Object(fill)
        });
        json!({
            "number": closed.number,
            "strategy": self.teller.renderer.strategy(trade.strategy),
            "instrument": self.teller.renderer.instrument(trade.instrument),
            "side": trade.side.code(),
            "opened": time_text(trade.opened.0),
            "closed": time_text(trade.closed.0),
            "held_s": trade.held_s(),
            "gross": Renderer::decimal(trade.gross),
            "fees": Renderer::decimal(trade.fees),
            "net": Renderer::decimal(trade.net()),
            "slippage": Renderer::decimal(self.slippage(closed)),
            "fills": fills.collect::<Vec<_>>(),
            "fills_left_out": closed.left_out,
            "orders": self.orders(closed).iter().map(|life| life_json(self.teller, *life)).collect::<Vec<_>>(),
        })
    }

    fn lines(&self) -> Vec<String> {
        let Trades { count, losers, gross, fees, kept, .. } = self.trades;
        let currency = base(self.teller.config);
        let whose = self.strategy.map_or(String::new(), |id| format!(" of {}", self.teller.renderer.strategy(id)));
        if *count == 0 {
            return vec![none_closed(&whose)];
        }
        let mut lines = vec![format!(
            "{count} closed trades{whose}, {losers} lost; {}",
            split(*gross - *fees, (*gross, *fees), currency)
        )];
        for closed in kept {
            lines.push(String::new());
            lines.extend(self.trade(closed));
        }
        lines
    }

    fn trade(&self, closed: &Closed) -> Vec<String> {
        let trade = &closed.trade;
        let held = if trade.side == ringfence_core::instrument::Side::Buy { "long" } else { "short" };
        let settled = self.teller.config.instrument(trade.instrument).map(|instrument| instrument.settlement);
        let currency = settled.map_or(String::new(), |id| self.teller.renderer.currency(id));
        let mut lines = vec![
            format!(
                "trade {}: {} was {held} {} for {}",
                closed.number,
                self.teller.renderer.strategy(trade.strategy),
                self.teller.renderer.instrument(trade.instrument),
                ringfence_report::figure::shown(trade.held_s(), ringfence_report::figure::Unit::Seconds)
            ),
            format!("  {} to {}", time_text(trade.opened.0), time_text(trade.closed.0)),
            format!("  {}", split(trade.net(), (trade.gross, trade.fees), &currency)),
        ];
        let slippage = self.slippage(closed);
        if !slippage.is_zero() {
            let word = if slippage > Decimal::ZERO { "worse" } else { "better" };
            let size = Renderer::decimal(slippage.abs());
            lines.push(format!("  of what prices did, fills {word} than the orders were valued at: {size} {currency}"));
        }
        if closed.left_out > 0 {
            lines.push(format!("  {} fills in between are left out", closed.left_out));
        }
        let orders = self.orders(closed);
        for (place, life) in orders.iter().enumerate() {
            let what = match place {
                0 => "opened by",
                place if place + 1 == orders.len() => "closed by",
                _ => "then",
            };
            lines.push(format!("  {what} intent {}/{}", life.0.0.0, life.0.1));
            lines.extend(life_text(self.teller, *life, "  "));
        }
        lines
    }

    /// Orders of a trade, in order of their first fills.
    fn orders<'a>(&'a self, closed: &Closed) -> Vec<(&'a IntentKey, &'a Life)> {
        let mut found: Vec<(&IntentKey, &Life)> = Vec::new();
        for part in &closed.parts {
            let known = self.lives.of.get_key_value(&intent(part.fill.order));
            if let Some(life) = known.filter(|(key, _)| found.iter().all(|(other, _)| other != key)) {
                found.push(life);
            }
        }
        found
    }

    fn reference(&self, order: LegKey) -> Option<ringfence_core::money::Price> {
        self.lives.of.get(&intent(order)).and_then(|life| life.reference)
    }

    /// What all fills that are told cost against the prices their orders were valued at.
    fn slippage(&self, closed: &Closed) -> Decimal {
        let parts = closed.parts.iter().filter(|part| !part.is_bust);
        let costs = parts.filter_map(|part| {
            let reference = self.reference(part.fill.order)?;
            self.teller.slippage(&part.fill, (closed.trade.instrument, reference))
        });
        costs.sum()
    }
}

/// What to do instead where there is no trade to explain.
fn none_closed(whose: &str) -> String {
    format!(
        "no trade{whose} was closed: `ringfence inspect JOURNAL --only EMITTED` lists what was wanted, and --intent or \
         --order explain one of it"
    )
}

fn life_text(teller: &Teller<'_>, (_, life): (&IntentKey, &Life), indent: &str) -> Vec<String> {
    let line =
        |moment: &Moment| format!("{indent}  {}: {}", teller.place(moment), teller.sentence(moment, life.reference));
    let mut lines: Vec<String> = life.moments.iter().map(line).collect();
    if life.left_out > 0 {
        lines.push(format!("{indent}  and {} more", life.left_out));
    }
    lines
}

fn life_json(teller: &Teller<'_>, (key, life): (&IntentKey, &Life)) -> Json {
    let named = life.moments.iter().find_map(|moment| match moment {
        Moment::Decided { decision, .. } => instrument_in(&decision.kind),
        Moment::Happened(_) => None,
    });
    let one = |(ordinal, moment): (usize, &Moment)| {
        let fields = match moment {
            Moment::Decided { seq, decision, note, .. } => {
                teller.renderer.decision((*seq, ordinal), decision, (note, named))
            }
            Moment::Happened(event) => teller.renderer.event(event),
        };
        let mut object = Map::new();
        object.insert("text".to_owned(), json!(teller.sentence(moment, life.reference)));
        if let Json::Object(fields) = fields.json() {
            object.extend(fields.into_iter().filter(|(name, _)| name != "ordinal"));
        }
        Json::Object(object)
    };
    json!({
        "intent": format!("{}/{}", key.0.0, key.1),
        "strategy": teller.renderer.strategy(key.0),
        "moments": life.moments.iter().enumerate().map(one).collect::<Vec<_>>(),
        "moments_left_out": life.left_out,
    })
}

/// A profit, and what prices and fees have in it.
fn split(net: Decimal, (gross, fees): (Decimal, Decimal), currency: &str) -> String {
    let moved = |amount: Decimal, up: &str, down: &str| {
        let word = if amount < Decimal::ZERO { down } else { up };
        format!("{word} {} {currency}", Renderer::decimal(amount.abs()))
    };
    format!(
        "{}: {}, {}",
        moved(net, "made", "lost"),
        moved(gross, "prices gave", "prices took"),
        moved(-fees, "fees gave", "fees took")
    )
}

fn base(config: &Config) -> &str {
    config.currency(config.base_currency).map_or("", |currency| currency.code.as_str())
}
