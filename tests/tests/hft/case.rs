//! A case: one market with orders, and one set of models.
//!
//! In: lines as the oracle reads them (`tests/oracles/hft/src/input.rs`), models. Out: what either side made of them, in
//! one form. Must never: know one of the sides.

use std::collections::BTreeMap;

use ringfence_sim::{LatencyRow, QueueModel};

/// Models that both have.
#[derive(Clone, Debug)]
pub(crate) struct Models {
    pub queue: QueueModel,
    /// 0 where the model has none.
    pub power: u8,
    pub fills: Fills,
    pub latency: Legs,
    /// Whether hftbacktest's functions are asked as they are, also with a size below 0 in front: see
    /// [`crate::differences`].
    pub is_raw: bool,
}

/// How much fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fills {
    /// Resting orders whole, takers all they want.
    Whole,
    /// Resting orders what a trade leaves, takers what is displayed.
    Partial,
}

/// Legs of orders.
#[derive(Clone, Debug)]
pub(crate) enum Legs {
    Constant { entry_ns: u64, response_ns: u64 },
    Measured(Vec<LatencyRow>),
}

impl Models {
    /// Risk-averse, whole fills, no latency.
    pub(crate) const PLAIN: Models = Models {
        queue: QueueModel::RiskAverse,
        power: 0,
        fills: Fills::Whole,
        latency: Legs::Constant { entry_ns: 0, response_ns: 0 },
        is_raw: false,
    };

    pub(crate) fn queue(self, queue: QueueModel, power: u8) -> Models {
        Models { queue, power, ..self }
    }

    pub(crate) fn partial(self) -> Models {
        Models { fills: Fills::Partial, ..self }
    }

    pub(crate) fn legs(self, entry_ns: u64, response_ns: u64) -> Models {
        Models { latency: Legs::Constant { entry_ns, response_ns }, ..self }
    }

    pub(crate) fn measured(self, rows: Vec<LatencyRow>) -> Models {
        Models { latency: Legs::Measured(rows), ..self }
    }
}

/// Every queue model that both have, with the powers it is tried with.
pub(crate) const QUEUES: [(QueueModel, u8); 10] = [
    (QueueModel::RiskAverse, 0),
    (QueueModel::PowerProb, 1),
    (QueueModel::PowerProb, 2),
    (QueueModel::PowerProb, 3),
    (QueueModel::PowerProb2, 2),
    (QueueModel::PowerProb3, 1),
    (QueueModel::PowerProb3, 2),
    (QueueModel::PowerProb3, 3),
    (QueueModel::LogProb, 0),
    (QueueModel::LogProb2, 0),
];

/// A fill; price in ticks, quantity in lots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Filled {
    pub time: u64,
    pub order: u64,
    pub price: i64,
    pub qty: i64,
    pub liquidity: String,
}

/// What came of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Result {
    /// By time and order; fills of one order as they came.
    pub fills: Vec<Filled>,
    /// How each order stood at the end (none, open, filled, canceled, expired), and what was left of it.
    pub orders: BTreeMap<u64, (String, i64)>,
}

impl Result {
    /// What was bought less what was sold, and what was paid for it, in lots and ticks x lots.
    pub(crate) fn held(&self, is_buy: impl Fn(u64) -> bool) -> (i64, i64) {
        self.fills.iter().fold((0, 0), |(position, cash), fill| {
            let sign = if is_buy(fill.order) { 1 } else { -1 };
            (position + sign * fill.qty, cash - sign * fill.qty * fill.price)
        })
    }

    /// All of it in a line.
    pub(crate) fn text(&self) -> String {
        let fill = |fill: &Filled| {
            let Filled { time, order, price, qty, liquidity } = fill;
            format!("{time}: {order} {qty}@{price} {liquidity}")
        };
        let order = |(id, (status, left)): (&u64, &(String, i64))| format!("{id} {status} {left}");
        let texts: Vec<String> = self.fills.iter().map(fill).chain(self.orders.iter().map(order)).collect();
        texts.join("; ")
    }

    /// How many orders ended so.
    pub(crate) fn ended(&self, status: &str) -> usize {
        self.orders.values().filter(|(word, _)| word == status).count()
    }
}
