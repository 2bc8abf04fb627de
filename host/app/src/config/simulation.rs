//! Simulation: by which written rules does the simulated venue answer?
//!
//! In: `[simulation]`. Out: the rules, each one explicit. Must never: fill in a rule that nobody wrote.

use std::collections::BTreeMap;

use ringfence_core::config::Config;
use ringfence_core::ids::AccountId;
use ringfence_core::money::Decimal;
use ringfence_sim::{
    CommissionRounding, FeeTier, Fees, FillMoment, QueueModel, Rates, RestingFills, SimAccount, SimConfig, Slippage,
    SlippageModel, TakerSize,
};

use super::build::{about, no_such};
use super::checked::Table;
use super::problem::{ConfigCode, Problem, Problems};
use super::{Purpose, carry, latency};

/// Reads the rules. `None` = the section is absent, something is wrong and noted, or only the text was asked for and the
/// rules are in a file beside it.
pub(super) fn build(
    root: &Table,
    core: Option<&Config>,
    purpose: Purpose,
    problems: &mut Problems,
) -> Option<SimConfig> {
    let table = root.table("simulation")?;
    let cash = table.table("cash").map(|table| cash(root, table, problems));
    let latency = table.table("latency").and_then(|table| latency::build(table, purpose, problems));
    let fees = table.table("fees").and_then(|fees| self::fees(table, fees, problems));
    let queue = queue(table, problems);
    let slippage = table.table("slippage").and_then(|table| slippage(table, problems));
    let carry = carry::build(root, table, core, problems);
    let (core, (queue, queue_power)) = (core?, queue?);
    let word = |key: &str| table.text(key);
    Some(SimConfig {
        fill: *FillMoment::ALL.iter().find(|moment| Some(moment.code()) == word("fill"))?,
        fees: fees?,
        latency: latency?,
        queue,
        queue_power,
        resting: *RestingFills::ALL.iter().find(|way| Some(way.code()) == word("resting_fills"))?,
        taker_size: *TakerSize::ALL.iter().find(|size| Some(size.code()) == word("taker_size"))?,
        slippage: slippage?,
        carry: carry?,
        accounts: accounts(core, &cash?)?,
        instruments: core.instruments.clone(),
    })
}

/// The queue model and its power.
fn queue(table: &Table, problems: &mut Problems) -> Option<(QueueModel, Option<u8>)> {
    let model = *QueueModel::ALL.iter().find(|model| Some(model.code()) == table.text("queue"))?;
    match (model.has_power(), table.is_written("queue_power")) {
        (true, false) => {
            let message = format!("missing, {model} needs its power n");
            problems.add(about(table, "queue_power", ConfigCode::Missing, &message));
        }
        (false, true) => {
            let message = format!("{model} has no power; it is for power-prob, power-prob-2 and power-prob-3");
            problems.add(with_number(table, "queue_power", &message));
        }
        (true, true) | (false, false) => {}
    }
    Some((model, table.integer("queue_power").and_then(|power| u8::try_from(power).ok())))
}

fn slippage(table: &Table, problems: &mut Problems) -> Option<Slippage> {
    let model = *SlippageModel::ALL.iter().find(|model| Some(model.code()) == table.text("model"))?;
    match (model, table.is_written("amount")) {
        (SlippageModel::Off, true) => {
            problems.add(with_number(table, "amount", "there is none where slippage is off"));
        }
        (SlippageModel::Ticks | SlippageModel::Bps | SlippageModel::Size, false) => {
            problems.add(about(table, "amount", ConfigCode::Missing, "missing, how many ticks or basis points"));
        }
        (SlippageModel::Off | SlippageModel::Ticks | SlippageModel::Bps | SlippageModel::Size, _) => {}
    }
    Some(Slippage { model, amount: u32::try_from(table.integer("amount").unwrap_or(0)).ok()? })
}

/// A number that should not be there.
fn with_number(table: &Table, key: &str, message: &str) -> Problem {
    let value = table.integer(key).map(|number| number.to_string());
    Problem { value, ..about(table, key, ConfigCode::Value, message) }
}

/// Fees; parts that are not written are not charged.
fn fees(simulation: &Table, table: &Table, problems: &mut Problems) -> Option<Fees> {
    let rounding = simulation.text("commission_rounding");
    let mut tiers: Vec<FeeTier> = Vec::new();
    for tier in table.tables("tiers") {
        let Some(volume_from) = tier.decimal("volume_from") else { continue };
        if tiers.last().is_some_and(|last| last.volume_from >= volume_from) {
            let message = "tiers stand in order of their volume, and each begins above the one before it";
            let value = Some(volume_from.to_string());
            problems.add(Problem { value, ..about(tier, "volume_from", ConfigCode::Value, message) });
        }
        tiers.extend(rates(tier).map(|rates| FeeTier { volume_from, rates }));
    }
    let amount = |key: &str| table.decimal(key).unwrap_or_default();
    Some(Fees {
        base: rates(table)?,
        tiers,
        maker_per_unit: amount("maker_per_unit"),
        taker_per_unit: amount("taker_per_unit"),
        order_min: amount("order_min"),
        rounding: *CommissionRounding::ALL.iter().find(|way| Some(way.code()) == rounding)?,
    })
}

fn rates(table: &Table) -> Option<Rates> {
    Some(Rates { maker_bps: table.decimal("maker_bps")?, taker_bps: table.decimal("taker_bps")? })
}

/// Every account with its cash; `None` when one has none, which is noted.
fn accounts(core: &Config, cash: &BTreeMap<String, Decimal>) -> Option<Vec<SimAccount>> {
    let numbered = core.accounts.iter().zip(1_u16..);
    numbered
        .map(|(account, id)| {
            let cash = *cash.get(&account.name)?;
            Some(SimAccount { account: AccountId(id), venue: account.venue, currency: account.currency, cash })
        })
        .collect()
}

fn cash(root: &Table, table: &Table, problems: &mut Problems) -> BTreeMap<String, Decimal> {
    let accounts: Vec<&str> = root
        .tables("venues")
        .flat_map(|venue| venue.tables("accounts"))
        .filter_map(|account| account.text("name"))
        .collect();
    let all_are_named =
        root.names_all("venues", "name") && root.tables("venues").all(|venue| venue.names_all("accounts", "name"));
    for name in table.entries.keys().filter(|name| all_are_named && !accounts.contains(&name.as_str())) {
        problems.add(no_such(table, name, name, accounts.iter().copied()));
    }
    for name in accounts.iter().filter(|name| !table.is_written(name)) {
        problems.add(about(table, name, ConfigCode::Missing, "missing, every account starts with some cash or 0"));
    }
    table.entries.keys().filter_map(|name| Some((name.clone(), table.decimal(name)?))).collect()
}
