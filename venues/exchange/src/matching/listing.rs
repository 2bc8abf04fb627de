//! Listings: what is traded, under which rules?
//!
//! In: settings. Out: the rules that orders are held against. Must never: change by itself.

use serde::Deserialize;

use crate::amount::Amount;

/// Which of the two markets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Coins against coins, under `/api`.
    Spot,
    /// Perpetual contracts settled in the quote asset, under `/fapi`.
    Futures,
}

/// Whether a symbol takes orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Orders are taken.
    Trading,
    /// Nothing is taken but cancels.
    Halt,
    /// As `Halt`, for a planned break.
    Break,
}

impl Status {
    /// As the protocol writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trading => "TRADING",
            Self::Halt => "HALT",
            Self::Break => "BREAK",
        }
    }
}

/// A symbol and its filters.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Name, such as `BTCUSDT`.
    pub symbol: String,
    /// What is traded.
    pub base: String,
    /// What it is paid with.
    pub quote: String,
    /// In which market.
    pub product: Product,
    /// Whether it takes orders.
    #[serde(default = "trading")]
    pub status: Status,
    /// Prices are multiples of this.
    pub tick: Amount,
    /// Quantities are multiples of this.
    pub step: Amount,
    /// Smallest quantity.
    pub qty_min: Amount,
    /// Largest quantity of an order with a price.
    pub qty_max: Amount,
    /// Largest quantity of an order without one.
    pub market_qty_max: Amount,
    /// Largest price.
    pub price_max: Amount,
    /// Smallest price times quantity.
    pub notional_min: Amount,
    /// Highest price as a multiple of the market's.
    pub multiplier_up: Amount,
    /// Lowest price as a multiple of the market's.
    pub multiplier_down: Amount,
    /// Open orders of an account.
    pub orders_max: usize,
    /// Fee of the order that was there first, as a fraction.
    pub maker_fee: Amount,
    /// Fee of the order that came, as a fraction.
    pub taker_fee: Amount,
    /// Where the price begins.
    pub start_price: Amount,
}

impl Listing {
    /// A price as the protocol shows it.
    pub(crate) fn price(&self, price: Amount) -> String {
        match self.product {
            Product::Spot => price.to_string(),
            Product::Futures => price.shown(self.tick.decimals().max(2)),
        }
    }

    /// A quantity as the protocol shows it.
    pub(crate) fn qty(&self, qty: Amount) -> String {
        match self.product {
            Product::Spot => qty.to_string(),
            Product::Futures => qty.shown(self.step.decimals()),
        }
    }
}

fn trading() -> Status {
    Status::Trading
}

/// What is listed when the settings list nothing: bitcoin and ether against dollars, in both markets.
///
/// # Panics
/// Never: the numbers stand in the source.
#[must_use]
pub fn usual() -> Vec<Listing> {
    let amount = |text: &str| Amount::parse(text).expect("written here");
    let spot = |symbol: &str, base: &str, step: &str, price: &str| Listing {
        symbol: symbol.to_owned(),
        base: base.to_owned(),
        quote: "USDT".to_owned(),
        product: Product::Spot,
        status: Status::Trading,
        tick: amount("0.01"),
        step: amount(step),
        qty_min: amount(step),
        qty_max: amount("9000"),
        market_qty_max: amount("100"),
        price_max: amount("1000000"),
        notional_min: amount("5"),
        multiplier_up: amount("5"),
        multiplier_down: amount("0.2"),
        orders_max: 200,
        maker_fee: amount("0.001"),
        taker_fee: amount("0.001"),
        start_price: amount(price),
    };
    let futures = |tick: &str, step: &str, of: Listing| Listing {
        product: Product::Futures,
        tick: amount(tick),
        step: amount(step),
        qty_min: amount(step),
        qty_max: amount("1000"),
        market_qty_max: amount("120"),
        notional_min: amount("5"),
        multiplier_up: amount("1.05"),
        multiplier_down: amount("0.95"),
        maker_fee: amount("0.0002"),
        taker_fee: amount("0.0005"),
        ..of
    };
    let bitcoin = spot("BTCUSDT", "BTC", "0.00001", "30000");
    let ether = spot("ETHUSDT", "ETH", "0.0001", "2000");
    let contracts = [futures("0.1", "0.001", bitcoin.clone()), futures("0.01", "0.001", ether.clone())];
    [bitcoin, ether].into_iter().chain(contracts).collect()
}
