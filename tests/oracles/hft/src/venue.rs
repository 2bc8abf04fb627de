//! The backtester of hftbacktest, with an ear at its exchange.
//!
//! In: a setting, events. Out: the backtester, and every fill its exchange makes. Must never: change what a model says.
//!
//! What a strategy is told of fills is not enough: of an order that takes several levels it hears the last one only. So
//! the exchange is given a fee model that writes down what it is asked to price.

use std::cell::RefCell;
use std::rc::Rc;

use hftbacktest::backtest::assettype::LinearAsset;
use hftbacktest::backtest::data::{Data, Reader};
use hftbacktest::backtest::models::{
    CommonFees, ConstantLatency, FeeModel, IntpOrderLatency, LatencyModel, LogProbQueueFunc, LogProbQueueFunc2,
    OrderLatencyRow, PowerProbQueueFunc, PowerProbQueueFunc2, PowerProbQueueFunc3, ProbQueueModel, Probability,
    QueueModel, RiskAdverseQueueModel, TradingValueFeeModel,
};
use hftbacktest::backtest::order::order_bus;
use hftbacktest::backtest::proc::{Local, NoPartialFillExchange, PartialFillExchange, Processor};
use hftbacktest::backtest::state::State;
use hftbacktest::backtest::{Backtest, BacktestError, DataSource};
use hftbacktest::depth::HashMapMarketDepth;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{Event, OrdType, Order, Side, TimeInForce};

use crate::setting::{Latency, Setting, number};

pub(crate) type Depth = HashMapMarketDepth;

pub(crate) struct Venue {
    pub(crate) backtest: Backtest<Depth>,
    fills: Rc<RefCell<Vec<Fill>>>,
}

/// A fill as the exchange made it; price in ticks.
#[derive(Clone, Copy)]
pub(crate) struct Fill {
    pub(crate) time: i64,
    pub(crate) order: u64,
    price: i64,
    qty: f64,
    is_maker: bool,
}

pub(crate) fn open(setting: &Setting, events: Vec<Event>) -> Result<Venue, String> {
    let problem = |error: std::io::Error| error.to_string();
    let source = vec![DataSource::Data(Data::from_data(&events))];
    let reader = Reader::builder().parallel_load(false).data(source).build().map_err(problem)?;
    let (to_local, to_exchange) = order_bus(Legs::new(&setting.latency));
    let depth = || Depth::new(setting.tick, setting.lot);
    let fees = || TradingValueFeeModel::new(CommonFees::new(setting.fees.0, setting.fees.1));
    let fills = Rc::new(RefCell::new(Vec::new()));
    let state = State::new(LinearAsset::new(1.0), Ear { fees: fees(), fills: fills.clone() });
    let queue = Queue(queue(&setting.queue)?);
    let exchange: Box<dyn Processor> = if setting.has_partial_fills {
        Box::new(PartialFillExchange::new(depth(), state, queue, to_local))
    } else {
        Box::new(NoPartialFillExchange::new(depth(), state, queue, to_local))
    };
    let local = Local::new(depth(), State::new(LinearAsset::new(1.0), fees()), 0, to_exchange);
    let backtest = Backtest::new(vec![Box::new(local)], vec![exchange], vec![reader]);
    Ok(Venue { backtest, fills })
}

impl Venue {
    /// Prints the fills, by time and order: which of several orders that one event fills comes first is chance there.
    pub(crate) fn print_fills(&self, lot: f64) {
        let mut fills = self.fills.borrow().clone();
        fills.sort_by_key(|fill| (fill.time, fill.order));
        for Fill { time, order, price, qty, is_maker } in fills {
            let (qty, liquidity) = (lots(qty, lot), if is_maker { "maker" } else { "taker" });
            println!(
                r#"{{"fill":{{"time":{time},"order":{order},"price":{price},"qty":{qty},"liquidity":"{liquidity}"}}}}"#
            );
        }
    }

    /// How many fills there were.
    pub(crate) fn fills(&self) -> usize {
        self.fills.borrow().len()
    }
}

/// Sends a limit order. (Its `submit_order` sells whatever the side.)
pub(crate) fn place(
    backtest: &mut Backtest<Depth>,
    (id, side): (u64, Side),
    (price, qty): (f64, f64),
    tif: TimeInForce,
) -> Result<(), BacktestError> {
    if side == Side::Buy {
        backtest.submit_buy_order(0, id, price, qty, tif, OrdType::Limit, false)?;
    } else {
        backtest.submit_sell_order(0, id, price, qty, tif, OrdType::Limit, false)?;
    }
    Ok(())
}

/// A quantity in whole lots.
pub(crate) fn lots(qty: f64, lot: f64) -> i64 {
    (qty / lot).round() as i64
}

struct Ear<F> {
    fees: F,
    fills: Rc<RefCell<Vec<Fill>>>,
}

impl<F: FeeModel> FeeModel for Ear<F> {
    fn amount(&self, order: &Order, amount: f64) -> f64 {
        self.fills.borrow_mut().push(Fill {
            time: order.exch_timestamp,
            order: order.order_id,
            price: order.exec_price_tick,
            qty: order.exec_qty,
            is_maker: order.maker,
        });
        self.fees.amount(order, amount)
    }
}

#[derive(Clone)]
enum Legs {
    Constant(ConstantLatency),
    Measured(IntpOrderLatency),
}

impl Legs {
    fn new(latency: &Latency) -> Legs {
        match latency {
            Latency::Constant(entry, response) => Legs::Constant(ConstantLatency::new(*entry, *response)),
            Latency::Measured(rows) => {
                let row = |[req_ts, exch_ts, resp_ts]: &[i64; 3]| OrderLatencyRow {
                    req_ts: *req_ts,
                    exch_ts: *exch_ts,
                    resp_ts: *resp_ts,
                    _padding: 0,
                };
                let rows: Vec<OrderLatencyRow> = rows.iter().map(row).collect();
                Legs::Measured(IntpOrderLatency::new(vec![DataSource::Data(Data::from_data(&rows))], 0))
            }
        }
    }
}

impl LatencyModel for Legs {
    fn entry(&mut self, timestamp: i64, order: &Order) -> i64 {
        match self {
            Legs::Constant(legs) => legs.entry(timestamp, order),
            Legs::Measured(legs) => legs.entry(timestamp, order),
        }
    }

    fn response(&mut self, timestamp: i64, order: &Order) -> i64 {
        match self {
            Legs::Constant(legs) => legs.response(timestamp, order),
            Legs::Measured(legs) => legs.response(timestamp, order),
        }
    }
}

/// A model by name. With `:at-least-0` behind it, its function is asked with sizes below 0 counted as 0: a trade that
/// used up less than half a lot more than what was ahead leaves a little less than nothing there.
fn queue(text: &str) -> Result<Box<dyn QueueModel<Depth>>, String> {
    let (text, is_clamped) = text.strip_suffix(":at-least-0").map_or((text, false), |text| (text, true));
    let (name, power) = text.split_once(':').unwrap_or((text, "0"));
    let power: f64 = number(power)?;
    Ok(match name {
        "risk-averse" => Box::new(RiskAdverseQueueModel::new()),
        "power-prob" => by_chance(PowerProbQueueFunc::new(power), is_clamped),
        "power-prob-2" => by_chance(PowerProbQueueFunc2::new(power), is_clamped),
        "power-prob-3" => by_chance(PowerProbQueueFunc3::new(power), is_clamped),
        "log-prob" => by_chance(LogProbQueueFunc::new(), is_clamped),
        "log-prob-2" => by_chance(LogProbQueueFunc2::new(), is_clamped),
        _ => return Err(format!("queue={text}")),
    })
}

fn by_chance<P: Probability + 'static>(function: P, is_clamped: bool) -> Box<dyn QueueModel<Depth>> {
    if is_clamped { Box::new(ProbQueueModel::new(AtLeast0(function))) } else { Box::new(ProbQueueModel::new(function)) }
}

/// One of its functions, asked with sizes of at least 0.
struct AtLeast0<P>(P);

impl<P: Probability> Probability for AtLeast0<P> {
    fn prob(&self, front: f64, back: f64) -> f64 {
        self.0.prob(front.max(0.0), back.max(0.0))
    }
}

/// Any of its queue models.
struct Queue(Box<dyn QueueModel<Depth>>);

impl QueueModel<Depth> for Queue {
    fn new_order(&self, order: &mut Order, depth: &Depth) {
        self.0.new_order(order, depth);
    }

    fn trade(&self, order: &mut Order, qty: f64, depth: &Depth) {
        self.0.trade(order, qty, depth);
    }

    fn depth(&self, order: &mut Order, prev_qty: f64, new_qty: f64, depth: &Depth) {
        self.0.depth(order, prev_qty, new_qty, depth);
    }

    fn is_filled(&self, order: &mut Order, depth: &Depth) -> f64 {
        self.0.is_filled(order, depth)
    }
}
