//! Refusals: in which words does the exchange say no?
//!
//! In: what is wrong. Out: HTTP status, code and message of the public documentation. Must never: invent a code.

use serde_json::{Value, json};

use crate::matching::checks::Refused;
use crate::matching::listing::Product;

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiFault {
    pub(crate) status: u16,
    pub(crate) code: i32,
    pub(crate) message: String,
    /// What else the body holds.
    pub(crate) data: Option<Box<Value>>,
    pub(crate) headers: Vec<(String, String)>,
}

impl ApiFault {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into(), data: None, headers: Vec::new() }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"code": self.code, "msg": self.message});
        if let Some(data) = &self.data {
            body["data"] = (**data).clone();
        }
        body
    }

    pub(crate) fn mandatory(name: &str) -> Self {
        Self::new(-1102, format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed."))
    }

    pub(crate) fn illegal(name: &str, range: &str) -> Self {
        Self::new(-1100, format!("Illegal characters found in parameter '{name}'; legal range is '{range}'."))
    }

    pub(crate) fn symbol() -> Self {
        Self::new(-1121, "Invalid symbol.")
    }

    pub(crate) fn listen_key() -> Self {
        Self::new(-1125, "This listenKey does not exist.")
    }

    pub(crate) fn no_order() -> Self {
        Self::new(-2013, "Order does not exist.")
    }

    pub(crate) fn unread_path(path: &str, method: &str) -> Self {
        Self::new(-5000, format!("Path {path}, Method {method} is invalid")).with_status(404)
    }
}

/// The words for what the engine refuses.
pub(crate) fn refused(product: Product, why: Refused) -> ApiFault {
    match product {
        Product::Spot => spot(why),
        Product::Futures => futures(why),
    }
}

fn spot(why: Refused) -> ApiFault {
    let (code, message) = match why {
        Refused::Closed => (-1013, "Market is closed."),
        Refused::PriceRange | Refused::PriceTick => (-1013, "Filter failure: PRICE_FILTER"),
        Refused::PriceHigh | Refused::PriceLow => (-1013, "Filter failure: PERCENT_PRICE"),
        Refused::QtyZero => (-1013, "Invalid quantity."),
        Refused::QtyLow | Refused::QtyHigh | Refused::QtyStep => (-1013, "Filter failure: LOT_SIZE"),
        Refused::Notional => (-1013, "Filter failure: NOTIONAL"),
        Refused::TooManyOrders => (-1013, "Filter failure: MAX_NUM_ORDERS"),
        Refused::DuplicateId => (-2010, "Duplicate order sent."),
        Refused::WouldTake => (-2010, "Order would immediately match and take."),
        Refused::WouldTrigger => (-2010, "Stop price would trigger immediately."),
        Refused::NoFunds | Refused::NoMargin => (-2010, "Account has insufficient balance for requested action."),
        Refused::NoMarket | Refused::CannotFill => (-1112, "No orders on book for symbol."),
        Refused::NothingToReduce => (-1106, "Parameter 'reduceOnly' sent when not required."),
        Refused::UnknownOrder => (-2011, "Unknown order sent."),
        Refused::NothingToAmend => (-2038, "Order amend (or its quantity) is not a reduction."),
    };
    ApiFault::new(code, message)
}

fn futures(why: Refused) -> ApiFault {
    const RECORDED: &str = "The order will not be recorded in the order history";
    let (code, message) = match why {
        Refused::Closed => (-4140, "Invalid symbol status for opening position.".to_owned()),
        Refused::PriceRange => (-4002, "Price greater than max price.".to_owned()),
        Refused::PriceTick => (-4014, "Price not increased by tick size.".to_owned()),
        Refused::PriceHigh => (-4016, "Limit price can't be higher than allowed.".to_owned()),
        Refused::PriceLow => (-4024, "Limit price can't be lower than allowed.".to_owned()),
        Refused::QtyZero => (-4003, "Quantity less than or equal to zero.".to_owned()),
        Refused::QtyLow => (-4004, "Quantity less than min quantity.".to_owned()),
        Refused::QtyHigh => (-4005, "Quantity greater than max quantity.".to_owned()),
        Refused::QtyStep => (-4023, "Quantity not increased by step size.".to_owned()),
        Refused::Notional => {
            (-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only).".to_owned())
        }
        Refused::TooManyOrders => (-2025, "Reach max open order limit.".to_owned()),
        Refused::DuplicateId => (-4116, "ClientOrderId is duplicated.".to_owned()),
        Refused::WouldTake => (
            -5022,
            format!(
                "Due to the order could not be executed as maker, the Post Only order will be rejected. {RECORDED}"
            ),
        ),
        Refused::CannotFill => (
            -5021,
            format!("Due to the order could not be filled immediately, the FOK order has been rejected. {RECORDED}"),
        ),
        Refused::WouldTrigger => (-2021, "Order would immediately trigger.".to_owned()),
        Refused::NoFunds => (-2018, "Balance is insufficient.".to_owned()),
        Refused::NoMargin => (-2019, "Margin is insufficient.".to_owned()),
        Refused::NothingToReduce => (-2022, "ReduceOnly Order is rejected.".to_owned()),
        Refused::NoMarket => (-1112, "No orders on book for symbol.".to_owned()),
        Refused::UnknownOrder => (-2011, "Unknown order sent.".to_owned()),
        Refused::NothingToAmend => (-5027, "No need to modify the order.".to_owned()),
    };
    ApiFault::new(code, message)
}
