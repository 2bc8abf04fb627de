//! Routes: which request is answered by whom, for what weight?
//!
//! In: verb and path. Out: the row of the table. Must never: decide anything about a request but who answers it.

use serde_json::Value;

use super::answer::Method::{self, Delete, Get, Post, Put};
use super::exchange::{Call, Exchange};
use super::fault::ApiFault;
use super::params::Params;
use super::{account_futures as fa, account_spot as sa, market, orders, orders_futures as fo, orders_spot as so};
use crate::matching::listing::Product::{self, Futures, Spot};

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody.
    Public,
    /// Who has a key.
    Key,
    /// Who signs.
    Signed,
    /// Who signs; it counts as an order.
    Order,
}

/// What a request weighs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Weight {
    Fixed(u64),
    /// With a symbol and without.
    BySymbol(u64, u64),
    Depth,
}

type Run = fn(&mut Exchange, &Call) -> Result<Value, ApiFault>;

/// One row.
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) product: Product,
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) weight: Weight,
    pub(super) run: Run,
}

impl Weight {
    pub(super) fn of(self, product: Product, params: &Params) -> u64 {
        match self {
            Self::Fixed(weight) => weight,
            Self::BySymbol(one, all) => {
                if params.text("symbol").is_some() {
                    one
                } else {
                    all
                }
            }
            Self::Depth => {
                let limit: u64 = params.text("limit").and_then(|text| text.parse().ok()).unwrap_or(100);
                match (product, limit) {
                    (Spot, ..=100) => 5,
                    (Spot, ..=500) => 25,
                    (Spot, ..=1_000) => 50,
                    (Spot, _) => 250,
                    (Futures, ..=50) => 2,
                    (Futures, ..=100) => 5,
                    (Futures, ..=500) => 10,
                    (Futures, _) => 20,
                }
            }
        }
    }
}

/// The row for a request.
pub(super) fn find(method: Method, path: &str) -> Option<&'static Route> {
    TABLE.iter().find(|route| route.method == method && route.path == path)
}

const fn row(method: Method, at: (Product, &'static str), rule: (Access, Weight), run: Run) -> Route {
    Route { method, product: at.0, path: at.1, access: rule.0, weight: rule.1, run }
}

const fn public(weight: u64) -> (Access, Weight) {
    (Access::Public, Weight::Fixed(weight))
}

const fn signed(weight: u64) -> (Access, Weight) {
    (Access::Signed, Weight::Fixed(weight))
}

const ORDER: (Access, Weight) = (Access::Order, Weight::Fixed(1));
const KEY: (Access, Weight) = (Access::Key, Weight::Fixed(2));

static TABLE: &[Route] = &[
    row(Get, (Spot, "/api/v3/ping"), public(1), market::ping),
    row(Get, (Spot, "/api/v3/time"), public(1), market::time),
    row(Get, (Spot, "/api/v3/exchangeInfo"), public(20), market::exchange_info),
    row(Get, (Spot, "/api/v3/depth"), (Access::Public, Weight::Depth), market::depth),
    row(Get, (Spot, "/api/v3/trades"), public(25), market::trades),
    row(Get, (Spot, "/api/v3/historicalTrades"), public(25), market::trades),
    row(Get, (Spot, "/api/v3/aggTrades"), public(4), market::aggregates),
    row(Get, (Spot, "/api/v3/klines"), public(2), market::klines),
    row(Get, (Spot, "/api/v3/uiKlines"), public(2), market::klines),
    row(Get, (Spot, "/api/v3/avgPrice"), public(2), market::average),
    row(Get, (Spot, "/api/v3/ticker/bookTicker"), (Access::Public, Weight::BySymbol(2, 4)), market::book_ticker),
    row(Get, (Spot, "/api/v3/ticker/price"), (Access::Public, Weight::BySymbol(2, 4)), market::price),
    row(Get, (Spot, "/api/v3/ticker/24hr"), (Access::Public, Weight::BySymbol(2, 80)), market::day),
    row(Post, (Spot, "/api/v3/order"), ORDER, so::place),
    row(Post, (Spot, "/api/v3/order/test"), signed(1), so::test),
    row(Get, (Spot, "/api/v3/order"), signed(4), orders::query),
    row(Delete, (Spot, "/api/v3/order"), signed(1), so::cancel),
    row(Post, (Spot, "/api/v3/order/cancelReplace"), ORDER, so::replace),
    row(Put, (Spot, "/api/v3/order/amend/keepPriority"), signed(4), so::amend),
    row(Get, (Spot, "/api/v3/openOrders"), (Access::Signed, Weight::BySymbol(6, 80)), orders::open),
    row(Delete, (Spot, "/api/v3/openOrders"), signed(1), so::cancel_all),
    row(Get, (Spot, "/api/v3/allOrders"), signed(20), orders::all),
    row(Get, (Spot, "/api/v3/myTrades"), signed(20), orders::fills),
    row(Get, (Spot, "/api/v3/account"), signed(20), sa::account),
    row(Get, (Spot, "/api/v3/account/commission"), signed(20), sa::commission),
    row(Get, (Spot, "/api/v3/rateLimit/order"), signed(40), sa::order_counts),
    row(Post, (Spot, "/api/v3/userDataStream"), KEY, sa::open_key),
    row(Put, (Spot, "/api/v3/userDataStream"), KEY, sa::keep_key),
    row(Delete, (Spot, "/api/v3/userDataStream"), KEY, sa::close_key),
    row(Get, (Futures, "/fapi/v1/ping"), public(1), market::ping),
    row(Get, (Futures, "/fapi/v1/time"), public(1), market::time),
    row(Get, (Futures, "/fapi/v1/exchangeInfo"), public(1), market::exchange_info),
    row(Get, (Futures, "/fapi/v1/depth"), (Access::Public, Weight::Depth), market::depth),
    row(Get, (Futures, "/fapi/v1/trades"), public(5), market::trades),
    row(Get, (Futures, "/fapi/v1/historicalTrades"), public(20), market::trades),
    row(Get, (Futures, "/fapi/v1/aggTrades"), public(20), market::aggregates),
    row(Get, (Futures, "/fapi/v1/klines"), public(5), market::klines),
    row(Get, (Futures, "/fapi/v1/ticker/bookTicker"), (Access::Public, Weight::BySymbol(2, 5)), market::book_ticker),
    row(Get, (Futures, "/fapi/v1/ticker/price"), (Access::Public, Weight::BySymbol(1, 2)), market::price),
    row(Get, (Futures, "/fapi/v2/ticker/price"), (Access::Public, Weight::BySymbol(1, 2)), market::price),
    row(Get, (Futures, "/fapi/v1/ticker/24hr"), (Access::Public, Weight::BySymbol(1, 40)), market::day),
    row(Get, (Futures, "/fapi/v1/premiumIndex"), (Access::Public, Weight::BySymbol(1, 10)), market::premium_index),
    row(Get, (Futures, "/fapi/v1/fundingRate"), public(1), market::funding_rates),
    row(Get, (Futures, "/fapi/v1/fundingInfo"), public(1), market::funding_info),
    row(Post, (Futures, "/fapi/v1/order"), ORDER, fo::place),
    row(Post, (Futures, "/fapi/v1/order/test"), signed(1), fo::test),
    row(Put, (Futures, "/fapi/v1/order"), ORDER, fo::amend),
    row(Get, (Futures, "/fapi/v1/order"), signed(1), orders::query),
    row(Delete, (Futures, "/fapi/v1/order"), signed(1), fo::cancel),
    row(Get, (Futures, "/fapi/v1/openOrder"), signed(1), fo::open_one),
    row(Get, (Futures, "/fapi/v1/openOrders"), (Access::Signed, Weight::BySymbol(1, 40)), orders::open),
    row(Delete, (Futures, "/fapi/v1/allOpenOrders"), signed(1), fo::cancel_all),
    row(Post, (Futures, "/fapi/v1/countdownCancelAll"), signed(10), fo::countdown),
    row(Get, (Futures, "/fapi/v1/allOrders"), signed(5), orders::all),
    row(Get, (Futures, "/fapi/v1/userTrades"), signed(5), orders::fills),
    row(Get, (Futures, "/fapi/v1/openAlgoOrders"), signed(1), fa::no_algo_orders),
    row(Get, (Futures, "/fapi/v2/account"), signed(5), fa::account),
    row(Get, (Futures, "/fapi/v3/account"), signed(5), fa::account),
    row(Get, (Futures, "/fapi/v2/balance"), signed(5), fa::balance),
    row(Get, (Futures, "/fapi/v3/balance"), signed(5), fa::balance),
    row(Get, (Futures, "/fapi/v2/positionRisk"), signed(5), fa::position_risk),
    row(Get, (Futures, "/fapi/v3/positionRisk"), signed(5), fa::held_positions),
    row(Post, (Futures, "/fapi/v1/leverage"), signed(1), fa::leverage),
    row(Post, (Futures, "/fapi/v1/marginType"), signed(1), fa::margin_type),
    row(Get, (Futures, "/fapi/v1/positionSide/dual"), signed(30), fa::position_mode),
    row(Post, (Futures, "/fapi/v1/positionSide/dual"), signed(1), fa::set_position_mode),
    row(Get, (Futures, "/fapi/v1/multiAssetsMargin"), signed(30), fa::multi_assets),
    row(Get, (Futures, "/fapi/v1/leverageBracket"), signed(1), fa::brackets),
    row(Get, (Futures, "/fapi/v1/commissionRate"), signed(20), fa::commission),
    row(Get, (Futures, "/fapi/v1/symbolConfig"), signed(5), fa::symbol_config),
    row(Get, (Futures, "/fapi/v1/accountConfig"), signed(5), fa::account_config),
    row(Get, (Futures, "/fapi/v1/income"), signed(30), fa::income),
    row(Post, (Futures, "/fapi/v1/listenKey"), KEY, fa::open_key),
    row(Put, (Futures, "/fapi/v1/listenKey"), KEY, fa::keep_key),
    row(Delete, (Futures, "/fapi/v1/listenKey"), KEY, fa::close_key),
];
