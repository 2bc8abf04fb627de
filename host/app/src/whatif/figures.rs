//! Figures: what changed, line by line?
//!
//! In: the sums of a session and of its counterfactual. Out: named figures of both with the change, for text and JSON.
//! Must never: leave out a figure that changed.

use std::collections::BTreeSet;

use ringfence_core::config::Config;
use ringfence_core::money::Decimal;
use serde_json::{Value as Json, json};

use super::tally::Sums;
use crate::render::Renderer;
use crate::table::Table;

/// One figure of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) baseline: Decimal,
    pub(crate) what_if: Decimal,
    /// Shown even where both are nothing.
    is_always_shown: bool,
}

impl Figure {
    fn change(&self) -> Decimal {
        self.what_if - self.baseline
    }

    fn json(&self) -> Json {
        json!({
            "figure": self.name,
            "baseline": Renderer::decimal(self.baseline),
            "what_if": Renderer::decimal(self.what_if),
            "change": Renderer::decimal(self.change()),
        })
    }
}

/// Every figure of two sums.
pub(crate) fn figures(baseline: &Sums, what_if: &Sums, config: &Config) -> Vec<Figure> {
    let mut all = Vec::new();
    let mut add = |name: &str, of: &dyn Fn(&Sums) -> Decimal, is_always_shown: bool| {
        all.push(Figure { name: name.to_owned(), baseline: of(baseline), what_if: of(what_if), is_always_shown });
    };
    add("intents", &|sums| sums.counts.intents.into(), true);
    add("malformed", &|sums| sums.counts.malformed.into(), false);
    add("denied", &|sums| sums.denied.values().sum::<u64>().into(), true);
    let codes: BTreeSet<&str> = baseline.denied.keys().chain(what_if.denied.keys()).copied().collect();
    for code in codes {
        add(&format!("denied {code}"), &|sums| sums.denied.get(code).copied().unwrap_or(0).into(), false);
    }
    add("refused", &|sums| sums.refused.into(), false);
    add("orders", &|sums| sums.counts.orders.into(), true);
    add("fills", &|sums| sums.counts.fills.into(), true);
    add("cancels", &|sums| sums.counts.cancels.into(), false);
    add("rejects", &|sums| sums.counts.rejects.into(), false);
    add("notes", &|sums| sums.counts.notes.into(), false);
    add("halts", &|sums| sums.halts.into(), false);
    let held: BTreeSet<_> = baseline.positions.keys().chain(what_if.positions.keys()).copied().collect();
    for id in held {
        let name = format!("position {}", config.symbol(id));
        add(&name, &|sums| sums.positions.get(&id).copied().unwrap_or_default(), false);
    }
    add("fees", &|sums| sums.fees, true);
    add("realised", &|sums| sums.realised, true);
    if baseline.profit.is_some() || what_if.profit.is_some() {
        add("profit", &|sums| sums.profit.unwrap_or_default(), true);
    }
    add("equity", &|sums| sums.equity, true);
    all.retain(|figure| figure.is_always_shown || !figure.baseline.is_zero() || !figure.what_if.is_zero());
    all
}

/// The figures as a table.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut table = Table::new(&["", "baseline", "what if", "change"]);
    for figure in figures {
        let change = figure.change();
        let sign = if change > Decimal::ZERO { "+" } else { "" };
        let change = if change.is_zero() { "0".to_owned() } else { format!("{sign}{}", Renderer::decimal(change)) };
        let [baseline, what_if] = [figure.baseline, figure.what_if].map(Renderer::decimal);
        table.row([figure.name.clone(), baseline, what_if, change]);
    }
    table.to_string()
}

/// The figures as JSON.
pub(crate) fn array(figures: &[Figure]) -> Vec<Json> {
    figures.iter().map(Figure::json).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use ringfence_session::results::Counts;

    use super::*;
    use crate::config::{Purpose, Request, load};

    #[test]
    fn figures_stand_side_by_side_with_their_change() {
        let file = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/w1_ema_cross.toml"));
        let request = Request { file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
        let config = load(&request).expect("an example of this repository").core;
        let id = config.instruments[0].id;
        let baseline = Sums {
            counts: Counts { intents: 12, orders: 10, fills: 10, ..Counts::default() },
            denied: [("D-ORDER-QTY-MAX", 2)].into(),
            positions: [(id, Decimal::from(100))].into(),
            fees: Decimal::new(125, 1),
            equity: Decimal::from(1_000),
            profit: Some(Decimal::from(-3)),
            ..Sums::default()
        };
        let what_if = Sums {
            counts: Counts { intents: 12, ..Counts::default() },
            denied: [("D-POSITION-STRATEGY", 12)].into(),
            equity: Decimal::from(1_003),
            profit: Some(Decimal::ZERO),
            ..Sums::default()
        };
        expect![[r#"
            figures
                                          baseline  what if  change
              intents                           12       12       0
              denied                             2       12     +10
              denied D-ORDER-QTY-MAX             2        0      -2
              denied D-POSITION-STRATEGY         0       12     +12
              orders                            10        0     -10
              fills                             10        0     -10
              position US:SPY                  100        0    -100
              fees                            12.5        0   -12.5
              realised                           0        0       0
              profit                            -3        0      +3
              equity                          1000     1003      +3"#]]
        .assert_eq(&format!("figures\n{}", table(&figures(&baseline, &what_if, &config))));
    }
}
