//! Carry: by which written rules do positions at the simulated venue cost and earn something, and how do they end?
//!
//! In: `[simulation]`, and the instruments, which say what has to be written. Out: the rules. Must never: fill in a rule
//! that nobody wrote.

use ringfence_core::config::Config;
use ringfence_core::ids::InstrumentId;
use ringfence_core::instrument::{Instrument, InstrumentKind};
use ringfence_core::money::{Decimal, Scale, mantissa};
use ringfence_sim::{Carry, FUNDING_INTERVAL_MIN_NS, FundingRule, MarginRule, SettlementPrice};

use super::build::{about, no_such};
use super::checked::Table;
use super::problem::{ConfigCode, Problem, Problems};

/// Reads the rules. `None` = something is missing or wrong, and noted.
pub(super) fn build(root: &Table, table: &Table, core: Option<&Config>, problems: &mut Problems) -> Option<Carry> {
    let funding = table.table("funding").map(|table| funding(table, problems));
    let margin = table.table("margin").map(|table| margin(table, problems));
    let settlement = SettlementPrice::ALL.iter().find(|price| Some(price.code()) == table.text("settlement")).copied();
    let core = core?;
    need(table, core, problems);
    let underlyings = underlyings(root, core, problems);
    Some(Carry {
        funding: funding.unwrap_or(Some(FundingRule::Off))?,
        margin: margin.unwrap_or(Some(MarginRule::Off))?,
        settlement: settlement.unwrap_or(SettlementPrice::Mark),
        underlyings,
    })
}

/// What an instrument makes necessary is written, so that nobody trades a perpetual for nothing without saying so.
fn need(table: &Table, core: &Config, problems: &mut Problems) {
    type Concerns = fn(&Instrument) -> bool;
    let rules: [(&str, &str, Concerns); 3] = [
        ("funding", "is a perpetual, whose holders pay each other", is_perpetual),
        ("margin", "is traded on margin", is_on_margin),
        ("settlement", "expires", expires),
    ];
    for (key, why, is_concerned) in rules {
        let Some(instrument) = core.instruments.iter().find(|it| is_concerned(it)) else { continue };
        if !table.is_written(key) {
            let message = format!("missing, {} {why}", core.symbol(instrument.id));
            let off = if key == "settlement" { "\"mark\"" } else { "{ model = \"off\" }" };
            let fix = Some(format!("{key} = {off} is the plainest rule"));
            problems.add(Problem { fix, ..about(table, key, ConfigCode::Missing, &message) });
        }
    }
}

fn is_perpetual(it: &Instrument) -> bool {
    it.kind == InstrumentKind::Perpetual
}

fn is_on_margin(it: &Instrument) -> bool {
    let has_rates = it.margin_initial_bps > 0 || it.margin_maintenance_bps > 0;
    has_rates || is_perpetual(it) || matches!(it.kind, InstrumentKind::Future { .. })
}

fn expires(it: &Instrument) -> bool {
    matches!(it.kind, InstrumentKind::Future { .. } | InstrumentKind::Option { .. })
}

fn funding(table: &Table, problems: &mut Problems) -> Option<FundingRule> {
    let is_constant = table.text("model")? == "constant";
    for key in ["rate", "interval"] {
        match (is_constant, table.is_written(key)) {
            (true, false) => {
                problems.add(about(
                    table,
                    key,
                    ConfigCode::Missing,
                    "missing, constant funding has a rate and an interval",
                ));
            }
            (false, true) => problems.add(about(table, key, ConfigCode::Value, "only constant funding has it")),
            (true, true) | (false, false) => {}
        }
    }
    match table.text("model")? {
        "off" => Some(FundingRule::Off),
        "tape" => Some(FundingRule::Tape),
        _constant => {
            let rate_e9 = table.decimal("rate").and_then(|rate| rate_e9(table, rate, problems));
            let interval_ns = table.duration("interval")?;
            if interval_ns < FUNDING_INTERVAL_MIN_NS {
                problems.add(about(table, "interval", ConfigCode::Range, "expected at least \"1m\""));
            }
            Some(FundingRule::Constant { rate_e9: rate_e9?, interval_ns })
        }
    }
}

/// A rate in units of 10^-9.
pub(super) fn rate_e9(table: &Table, rate: Decimal, problems: &mut Problems) -> Option<i64> {
    let found = Scale::new(9).and_then(|scale| mantissa(rate, scale).ok());
    if found.is_none() {
        let message = "expected at most 9 digits behind the point";
        let value = Some(rate.to_string());
        problems.add(Problem { value, ..about(table, "rate", ConfigCode::Range, message) });
    }
    found
}

fn margin(table: &Table, problems: &mut Problems) -> Option<MarginRule> {
    let is_cross = table.text("model")? == "cross";
    match (is_cross, table.is_written("liquidation_fee_bps")) {
        (true, false) => {
            let message = "missing, a liquidation costs so much, or 0";
            problems.add(about(table, "liquidation_fee_bps", ConfigCode::Missing, message));
        }
        (false, true) => {
            let message = "there is none where margin is off";
            problems.add(about(table, "liquidation_fee_bps", ConfigCode::Value, message));
        }
        (true, true) | (false, false) => {}
    }
    if !is_cross {
        return Some(MarginRule::Off);
    }
    let liquidation_fee_bps = u32::try_from(table.integer("liquidation_fee_bps")?).ok()?;
    Some(MarginRule::Cross { liquidation_fee_bps })
}

fn underlyings(root: &Table, core: &Config, problems: &mut Problems) -> Vec<(InstrumentId, InstrumentId)> {
    let symbols: Vec<&str> = core.instruments.iter().map(|instrument| core.symbol(instrument.id)).collect();
    let mut found = Vec::new();
    for (table, instrument) in root.tables("instruments").zip(&core.instruments) {
        let Some(symbol) = table.text("underlying") else { continue };
        let is_option = matches!(instrument.kind, InstrumentKind::Option { .. });
        match symbols.iter().position(|known| *known == symbol).and_then(|at| core.instruments.get(at)) {
            _ if !is_option => {
                problems.add(about(table, "underlying", ConfigCode::Value, "only an option has one"));
            }
            None => problems.add(no_such(table, "underlying", symbol, symbols.iter().copied())),
            Some(of) if of.id == instrument.id => {
                problems.add(about(table, "underlying", ConfigCode::Value, "an option is not its own underlying"));
            }
            Some(of) => found.push((instrument.id, of.id)),
        }
    }
    found
}
