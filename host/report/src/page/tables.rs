//! Tables: what of a run is read and not looked at?
//!
//! In: a run. Out: markup of tables. Must never: show a name unescaped.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_core::ids::StrategyId;

use crate::figure::{Unit, share_digits, shown};
use crate::page::charts::currency;
use crate::page::escaped;
use crate::recorder::strategy_name;
use crate::series::{by_day, by_month};
use crate::statistics::trading;
use crate::summary::{Fall, Run, Summary};
use crate::{calendar, float, float_of};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Runs of fewer months show days instead.
const MONTHS_MIN: usize = 3;

/// Returns by year and month; of a short run by month and day.
pub(crate) fn monthly(summary: &Summary) -> String {
    let months = by_month(&summary.series);
    if months.len() >= MONTHS_MIN {
        let cells = months.iter().map(|((year, month), value)| ((year.to_string(), usize::from(*month)), *value));
        let columns: Vec<(usize, String)> = (1..).zip(MONTHS.map(str::to_owned)).collect();
        return heat("Returns by month", &columns, &cells.collect());
    }
    let days = by_day(&summary.series);
    let used: BTreeSet<u8> = days.keys().map(|(_, _, day)| *day).collect();
    let columns: Vec<(usize, String)> = used.iter().map(|day| (usize::from(*day), day.to_string())).collect();
    let row = |year: i32, month: u8| format!("{year} {}", MONTHS[usize::from(month - 1)]);
    let cells = days.iter().map(|((year, month, day), value)| ((row(*year, *month), usize::from(*day)), *value));
    heat("Returns by day", &columns, &cells.collect())
}

/// The deepest drawdowns with their times.
pub(crate) fn drawdowns(summary: &Summary) -> String {
    let falls = summary.falls();
    if falls.is_empty() {
        return String::new();
    }
    let row = |fall: &Fall| {
        let end = fall.end.map_or("not yet".to_owned(), calendar::text);
        let cells = [
            shown(fall.depth, Unit::Share),
            calendar::text(fall.start),
            calendar::text(fall.trough),
            end,
            shown(fall.length_s, Unit::Seconds),
        ];
        format!("<tr>{}</tr>", cells.map(|cell| format!("<td>{cell}</td>")).concat())
    };
    let head = ["depth", "peak", "lowest", "recovered", "length"].map(|name| format!("<th>{name}</th>")).concat();
    format!(
        "<section class=\"card\" id=\"drawdowns\"><h2>Deepest drawdowns</h2><p class=\"note\">At ends of periods; the length is \
         from the peak to its recovery, or to the end of the run.</p><div class=\"scroll\"><table><thead><tr>{head}</tr>\
         </thead><tbody>{}</tbody></table></div></section>\n",
        falls.iter().map(row).collect::<String>()
    )
}

fn heat(title: &str, columns: &[(usize, String)], cells: &BTreeMap<(String, usize), f64>) -> String {
    let largest = cells.values().fold(0.0_f64, |most, value| most.max(value.abs()));
    let head: String = columns.iter().map(|(_, name)| format!("<th>{name}</th>")).collect();
    let rows: BTreeSet<&String> = cells.keys().map(|(row, _)| row).collect();
    let mut body = String::new();
    for row in rows {
        let value = |column: usize| cells.get(&(row.clone(), column)).copied();
        let inner: String = columns.iter().map(|(column, _)| cell(value(*column), largest)).collect();
        let growth: f64 = columns.iter().filter_map(|(column, _)| value(*column)).map(|r| 1.0 + r).product();
        body += &format!("<tr><th>{row}</th>{inner}<th>{}</th></tr>", percent(growth - 1.0));
    }
    format!(
        "<section class=\"card\" id=\"heat\"><h2>{title}</h2><p class=\"note\">In per cent; \
         colour by size, blue above and red below 0.</p><div class=\"scroll\"><table class=\"heat\"><thead><tr><th></th>\
         {head}<th>all</th></tr></thead><tbody>{body}</tbody></table></div></section>\n"
    )
}

fn cell(value: Option<f64>, largest: f64) -> String {
    let Some(value) = value else { return "<td class=\"none\"></td>".to_owned() };
    let class = if value < 0.0 { " class=\"n\"" } else { "" };
    let strength = if largest > 0.0 { (value.abs() / largest).sqrt() } else { 0.0 };
    format!("<td{class} style=\"--v:{strength:.2}\">{}</td>", percent(value))
}

fn percent(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 0.0995 => 1,
        // Fewer would show nothing of it.
        size if size < 0.000_05 => share_digits(value * 100.0),
        _ => 2,
    };
    crate::figure::grouped(value * 100.0, digits)
}

/// One row for each strategy: result, trades, fuel.
pub(crate) fn strategies(run: &Run<'_>) -> String {
    let mut body = String::new();
    for strategy in &run.results.strategies {
        let slot = run.config.strategy(strategy.id);
        let capital = slot.map_or(0.0, |slot| float(slot.capital));
        let trades = run.recorded.tally.trades_of(strategy.id);
        let fees = run.recorded.tally.fees_of(strategy.id);
        let allowed = slot.map_or(0, |slot| slot.fuel_per_call);
        let a_call = |fuel: Option<u64>| {
            fuel.map_or("–".to_owned(), |fuel| {
                format!("{}{}", shown(float_of(fuel), Unit::Count), bar(fuel, allowed))
            })
        };
        let optional = |value: Option<f64>, unit| value.map_or("–".to_owned(), |value| shown(value, unit));
        let cells = [
            shown(capital, Unit::Money),
            shown(float(strategy.equity) - capital, Unit::Money),
            shown(float(fees), Unit::Money),
            shown(float_of(trades.count), Unit::Count),
            optional(trading::hit_rate(&trades), Unit::Share),
            optional(trading::profit_factor(&trades), Unit::Ratio),
            shown(float_of(strategy.calls), Unit::Count),
            shown(float_of(strategy.fuel), Unit::Count),
            a_call(strategy.fuel_p50),
            a_call(strategy.fuel_p99),
            strategy.halt.map_or("–".to_owned(), |halt| escaped(halt.code.code())),
        ];
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        body += &format!("<tr><th>{}</th>{cells}</tr>", escaped(&strategy.name));
    }
    let head = [
        "capital",
        "profit",
        "fees",
        "trades",
        "hit rate",
        "profit factor",
        "calls",
        "fuel",
        "fuel p50",
        "fuel p99",
        "halt",
    ];
    let head: String = head.iter().map(|name| format!("<th>{name}</th>")).collect();
    format!(
        "<section class=\"card\" id=\"strategies\"><h2>Strategies and their fuel</h2><p class=\"note\">Amounts in {}; bars \
         show fuel of a call against what a call may use.</p><div class=\"scroll\"><table><thead><tr><th>strategy</th>{head}\
         </tr></thead><tbody>{body}</tbody></table></div></section>\n",
        currency(run)
    )
}

fn bar(used: u64, allowed: u64) -> String {
    if allowed == 0 {
        return String::new();
    }
    let share = (float_of(used) / float_of(allowed) * 100.0).clamp(0.0, 100.0);
    format!("<div class=\"bar\"><i style=\"width:{share:.2}%\"></i></div>")
}

/// Denials and malformed intents, most frequent first.
pub(crate) fn denials(run: &Run<'_>) -> String {
    let denied = run.recorded.denials.iter().map(|((id, code), count)| (*id, code.code(), *count));
    let malformed = run.recorded.malformed.iter().map(|((id, code), count)| (*id, code.code(), *count));
    let mut all: Vec<(StrategyId, &str, u64)> = denied.chain(malformed).collect();
    all.sort_by(|a, b| b.2.cmp(&a.2).then(a.1.cmp(b.1)).then(a.0.cmp(&b.0)));
    let most = all.first().map_or(0, |(_, _, count)| *count);
    let row = |(id, code, count): &(StrategyId, &str, u64)| {
        let name = escaped(strategy_name(run.config, *id));
        let number = shown(float_of(*count), Unit::Count);
        format!("<tr><th>{code}</th><td>{name}</td><td>{number}</td><td>{}</td></tr>", bar(*count, most))
    };
    let body: String = all.iter().map(row).collect();
    let content = if all.is_empty() {
        "<p class=\"note\">No intent was denied or malformed.</p>".to_owned()
    } else {
        format!(
            "<p class=\"note\">`ringfence explain CODE` tells what each means.</p><div class=\"scroll\"><table><thead><tr>\
             <th>rule</th><th>strategy</th><th>intents</th><th></th></tr></thead><tbody>{body}</tbody></table></div>"
        )
    };
    format!("<section class=\"card\" id=\"denials\"><h2>Denials by rule</h2>{content}</section>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_return_in_a_heat_map_is_not_zero() {
        assert_eq!([0.0, -0.000_023, 0.000_9, 0.01, 0.5].map(percent), ["0.00", "−0.0023", "0.09", "1.00", "50.0"]);
    }
}
