//! Simulation: by which written rules does the simulated venue answer?
//!
//! In: `[simulation]`. Out: the rules, each one explicit. Must never: fill in a rule that nobody wrote.

use std::collections::BTreeMap;

use ringfence_core::config::Config;
use ringfence_core::ids::AccountId;
use ringfence_core::money::Decimal;
use ringfence_sim::{CommissionRounding, Fees, FillMoment, QueueModel, SimAccount, SimConfig};

use super::build::{about, no_such};
use super::checked::Table;
use super::problem::{ConfigCode, Problems};

/// Reads the rules. `None` = the section is absent, or something is wrong and noted.
pub(super) fn build(root: &Table, core: Option<&Config>, problems: &mut Problems) -> Option<SimConfig> {
    let table = root.table("simulation")?;
    let cash = table.table("cash").map(|table| cash(root, table, problems))?;
    let core = core?;
    let word = |key: &str| table.text(key);
    let fees = table.table("fees")?;
    Some(SimConfig {
        fill: *FillMoment::ALL.iter().find(|moment| Some(moment.code()) == word("fill"))?,
        fees: Fees {
            maker_bps: fees.decimal("maker_bps")?,
            taker_bps: fees.decimal("taker_bps")?,
            rounding: *CommissionRounding::ALL.iter().find(|way| Some(way.code()) == word("commission_rounding"))?,
        },
        latency_ns: table.duration("latency")?,
        queue: *QueueModel::ALL.iter().find(|model| Some(model.code()) == word("queue"))?,
        accounts: accounts(core, &cash)?,
        instruments: core.instruments.clone(),
    })
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
