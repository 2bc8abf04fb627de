//! Critique: why did it come out so, and what should a reader doubt?
//!
//! In: a run and its figures. Out: findings in words, each with the number that it rests on. Must never: say something
//! that its number does not show, or call a run good.

use ringfence_core::ids::StrategyId;

use crate::figure::{Unit, grouped, shown};
use crate::page::charts::currency;
use crate::recorder::{Halted, STALE_AFTER_NS, strategy_name};
use crate::statistics::trading;
use crate::summary::{Run, Summary};
use crate::{float, float_of};

/// A remark about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable name, for programs.
    pub key: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// The remark.
    pub title: String,
    /// Its figures.
    pub text: String,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// How the result came about.
    Fact,
    /// The result may not hold.
    Doubt,
    /// The result says little, or nothing.
    Serious,
}

/// Fewer closed trades than this say little about the next one.
pub const TRADES_MIN: u64 = 30;
/// Trades for each parameter below which parameters may have been fitted to them.
pub const TRADES_PER_PARAMETER_MIN: u64 = 30;
/// Share of the net profit from which one trade makes the result.
pub const ONE_TRADE_SHARE: f64 = 0.5;
/// A hit rate from here on is rarely honest.
pub const HIT_RATE_MAX: f64 = 0.9;
/// An annual Sharpe ratio from here on is rarely honest.
pub const SHARPE_MAX: f64 = 4.0;
/// Share of intents that Risk denied from which the run is not that of the strategy.
pub const DENIED_SHARE: f64 = 0.2;

/// Everything there is to say, in a fixed order.
#[must_use]
pub fn all(run: &Run<'_>, summary: &Summary) -> Vec<Finding> {
    let rules: [fn(&Run<'_>, &Summary) -> Option<Finding>; 14] = [
        halted,
        outcome,
        sides,
        against_benchmark,
        no_trades,
        same_event_on_bars,
        too_good,
        few_trades,
        one_trade,
        parameters,
        one_tick,
        stale,
        denied,
        short,
    ];
    rules.iter().filter_map(|rule| rule(run, summary)).collect()
}

fn finding(key: &'static str, weight: Weight, title: &str, text: String) -> Option<Finding> {
    Some(Finding { key, weight, title: title.to_owned(), text })
}

fn money(run: &Run<'_>, value: f64) -> String {
    format!("{} {}", shown(value, Unit::Money), currency(run))
}

fn profit(run: &Run<'_>) -> f64 {
    float(run.results.equity - run.recorded.start)
}

/// A strategy that was halted has no say in what comes behind: its result is that of the rows before.
fn halted(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let (halts, total) = (&run.recorded.halts, run.recorded.rows);
    let one = |(id, halted): (&StrategyId, &Halted)| {
        let share = float_of(halted.rows) / float_of(total.max(1));
        let again = if halted.count > 1 { format!(", the first of {} halts", halted.count) } else { String::new() };
        format!(
            "{}: {} after {} of the rows ({} of {}){again}.",
            strategy_name(run.config, *id),
            halted.first.code.code(),
            shown(share, Unit::Share),
            grouped(float_of(halted.rows), 0),
            grouped(float_of(total), 0)
        )
    };
    let title = match (halts.len(), run.config.strategies.len()) {
        (0, _) => return None,
        (1, 1) => "The strategy was halted: the result is not one of all rows".to_owned(),
        (count, all) => format!("{count} of {all} strategies were halted: the result is not one of all rows"),
    };
    let text = halts.iter().map(one).collect::<Vec<_>>().join(" ");
    finding("halted", Weight::Serious, &title, text)
}

/// Where profit or loss came from: prices and fees.
fn outcome(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let (net, fees) = (profit(run), float(run.recorded.tally.fills.fees));
    if run.recorded.tally.fills.count == 0 {
        return None;
    }
    let gross = net + fees;
    let moved = |value: f64| if value < 0.0 { "took" } else { "gave" };
    let mut text = format!(
        "Prices {} {}, fees {} {}.",
        moved(gross),
        money(run, gross.abs()),
        moved(-fees),
        money(run, fees.abs())
    );
    let slippage = float(run.recorded.tally.fills.slippage);
    if slippage != 0.0 {
        let away = money(run, slippage.abs());
        text += &format!(" Of what prices did, fills away from the mark at dispatch {} {away}.", moved(-slippage));
    }
    let title = match (net < 0.0, gross < 0.0) {
        (true, false) => format!("It lost {}: fees ate what prices gave", money(run, -net)),
        (true, true) if fees > -gross => format!("It lost {}, most of it to fees", money(run, -net)),
        (true, true) => format!("It lost {}, most of it to prices", money(run, -net)),
        (false, _) => format!("It made {}", money(run, net)),
    };
    finding("outcome", Weight::Fact, &title, text)
}

/// Long against short.
fn sides(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let [long, short] = &run.recorded.tally.by_side;
    if long.count == 0 || short.count == 0 {
        return None;
    }
    let one = |trades: &trading::Trades| {
        format!("{} in {} trades", money(run, trades.net()), shown(float_of(trades.count), Unit::Count))
    };
    let text = format!("Long {}, short {}, after fees.", one(long), one(short));
    let title = match (long.net() < 0.0, short.net() < 0.0) {
        (true, true) => "Both sides lost",
        (false, false) => "Both sides made money",
        (true, false) => "Only the short side made money",
        (false, true) => "Only the long side made money",
    };
    finding("sides", Weight::Fact, title, text)
}

fn against_benchmark(run: &Run<'_>, summary: &Summary) -> Option<Finding> {
    let theirs = summary.figure("benchmark_return")?.value?;
    let ours = summary.figure("total_return")?.value?;
    if ours >= theirs || run.recorded.tally.fills.count == 0 {
        return None;
    }
    let symbol = summary.benchmark.as_deref().unwrap_or_default();
    let text =
        format!("{} against {} of {symbol}, bought and held.", shown(ours, Unit::Share), shown(theirs, Unit::Share));
    finding("benchmark", Weight::Doubt, "Doing nothing would have paid more", text)
}

fn no_trades(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let counts = run.results.counts;
    if run.recorded.tally.trades.count > 0 {
        return None;
    }
    let text = format!(
        "{} intents, {} denied, {} orders, {} fills.",
        grouped(float_of(counts.intents), 0),
        grouped(float_of(counts.denied), 0),
        grouped(float_of(counts.orders), 0),
        grouped(float_of(counts.fills), 0)
    );
    finding("no-trades", Weight::Serious, "No trade was closed: there is no result to judge", text)
}

/// A decision on a bar's close that is filled at that same close knew its price before it was sent.
fn same_event_on_bars(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let tally = &run.recorded.tally;
    if !tally.has_bars || run.fill_moment != "same-event" || tally.fills.count == 0 {
        return None;
    }
    let text = format!(
        "{} fills came at the close of the very bar that led to them. Run it with simulation.fill = \"next-open\" and compare.",
        grouped(float_of(tally.fills.count), 0)
    );
    finding("look-ahead", Weight::Serious, "Orders are filled at a price that was known when they were decided", text)
}

fn too_good(run: &Run<'_>, summary: &Summary) -> Option<Finding> {
    let trades = &run.recorded.tally.trades;
    let hit = trading::hit_rate(trades).filter(|hit| *hit >= HIT_RATE_MAX && trades.count >= TRADES_MIN);
    let sharpe = summary.figure("sharpe")?.value.filter(|sharpe| *sharpe >= SHARPE_MAX);
    let text = match (hit, sharpe) {
        (None, None) => return None,
        (Some(hit), None) => format!("{} of {} trades won.", shown(hit, Unit::Share), trades.count),
        (None, Some(sharpe)) => format!("A Sharpe ratio of {sharpe:.2} a year."),
        (Some(hit), Some(sharpe)) => {
            format!(
                "{} of {} trades won, with a Sharpe ratio of {sharpe:.2} a year.",
                shown(hit, Unit::Share),
                trades.count
            )
        }
    };
    let text = format!("{text} Figures like these come more often from looking ahead than from skill.");
    finding("too-good", Weight::Serious, "Too good: suspect that it looks ahead", text)
}

fn few_trades(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let count = run.recorded.tally.trades.count;
    if count == 0 || count >= TRADES_MIN {
        return None;
    }
    let text = format!("{count} closed trades; below {TRADES_MIN} their mean says little about the next one.");
    finding("few-trades", Weight::Serious, "Too few trades", text)
}

fn one_trade(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let trades = &run.recorded.tally.trades;
    let net = trades.net();
    if net <= 0.0 || trades.count < 2 || trades.best < ONE_TRADE_SHARE * net {
        return None;
    }
    let text = format!(
        "The best of {} trades made {}; all others together {}.",
        trades.count,
        money(run, trades.best),
        money(run, net - trades.best)
    );
    finding("one-trade", Weight::Serious, "One trade makes the result", text)
}

fn parameters(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let count = run.config.strategies.iter().map(|slot| slot.params.len() as u64).sum::<u64>();
    let trades = run.recorded.tally.trades.count;
    if count == 0 || trades == 0 || trades >= count.saturating_mul(TRADES_PER_PARAMETER_MIN) {
        return None;
    }
    let text = format!("{trades} trades for {count} parameters: {:.1} each.", float_of(trades) / float_of(count));
    finding("parameters", Weight::Doubt, "Many parameters for so few trades: they may fit the past alone", text)
}

/// What one tick more against every taking fill would leave.
fn one_tick(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let (net, cost) = (profit(run), float(run.recorded.tally.fills.one_tick));
    if cost <= 0.0 || net == 0.0 {
        return None;
    }
    let left = net - cost;
    let text = format!("At one tick worse for every taking fill {} would be {}.", money(run, net), money(run, left));
    if net > 0.0 && left <= 0.0 {
        return finding("one-tick", Weight::Serious, "One more tick of slippage turns the profit into a loss", text);
    }
    let weight = if cost > 0.25 * net.abs() { Weight::Doubt } else { Weight::Fact };
    let title = format!("One more tick of slippage costs {} of the result", shown(cost / net.abs(), Unit::Share));
    finding("one-tick", weight, &title, text)
}

fn stale(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let tally = &run.recorded.tally;
    if tally.stale_orders == 0 {
        return None;
    }
    let text = format!(
        "{} of {} orders were sent when the price they were judged against was more than {} s old; the oldest was {}.",
        grouped(float_of(tally.stale_orders), 0),
        grouped(float_of(tally.orders), 0),
        STALE_AFTER_NS / 1_000_000_000,
        shown(float_of(tally.oldest_price_ns) / 1e9, Unit::Seconds)
    );
    finding("stale", Weight::Doubt, "Orders rest on stale prices", text)
}

fn denied(run: &Run<'_>, _: &Summary) -> Option<Finding> {
    let counts = run.results.counts;
    let share = float_of(counts.denied) / float_of(counts.intents.max(1));
    if share < DENIED_SHARE {
        return None;
    }
    let by_rule = run.recorded.denials.iter().max_by_key(|(_, count)| **count);
    let most = by_rule.map_or("", |((_, code), _)| code.code());
    let text =
        format!("{} of {} intents, most by {most}.", shown(share, Unit::Share), grouped(float_of(counts.intents), 0));
    finding("denied", Weight::Doubt, "Risk denied a large part: this is not the strategy as it was meant", text)
}

/// Annual figures of a run of weeks are a rule of three.
fn short(_: &Run<'_>, summary: &Summary) -> Option<Finding> {
    if !summary.is_short() {
        return None;
    }
    let years = float_of(summary.returns.len() as u64) / summary.basis.periods_per_year();
    let text = format!(
        "It covers {} of a year; CAGR, volatility and every ratio that is annual are extrapolated from that.",
        shown(years, Unit::Share)
    );
    finding("short", Weight::Doubt, "The run is short", text)
}

#[cfg(test)]
mod tests;
