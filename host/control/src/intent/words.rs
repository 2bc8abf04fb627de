//! Words: which choices has an order from outside?
//!
//! In: words of JSON. Out: cases of the core. Must never: have a word that the core has not.

use ringfence_core::instrument as core_instrument;
use ringfence_core::intent as core_intent;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The same words as the core's cases, one by one.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident = $core:path { $($(#[$case_meta:meta])* $case:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$case_meta])* $case),+ }

        impl $name {
            pub(super) const fn of_core(self) -> $core {
                match self {
                    $($name::$case => <$core>::$case),+
                }
            }

            #[cfg(test)]
            pub(super) const ALL: &'static [$name] = &[$($name::$case),+];
        }
    };
}

words! {
    /// Side of an order.
    Side = core_instrument::Side {
        /// Buys.
        Buy,
        /// Sells.
        Sell,
    }
}

words! {
    /// Order type.
    OrderType = core_intent::OrderType {
        /// At the best available price.
        Market,
        /// At the limit price or better.
        Limit,
        /// Market order once the stop price trades.
        StopMarket,
        /// Limit order once the stop price trades.
        StopLimit,
        /// Market order once the market comes to the stop price from its better side.
        MarketIfTouched,
        /// Limit order once the market comes to the stop price from its better side.
        LimitIfTouched,
        /// Market order whose remainder rests as a limit at the price of its last fill.
        MarketToLimit,
    }
}

words! {
    /// How long an order stands.
    #[derive(Default)]
    TimeInForce = core_intent::TimeInForce {
        /// Until canceled.
        #[default]
        Gtc,
        /// Fills at once, the rest is canceled.
        Ioc,
        /// Fills whole at once or not at all.
        Fok,
        /// Until the end of the trading day.
        Day,
        /// Until a time that it names.
        Gtd,
        /// When the market opens next.
        AtOpen,
        /// Before the market closes.
        AtClose,
    }
}

words! {
    /// Position that an order belongs to.
    #[derive(Default)]
    PositionSide = core_instrument::PositionSide {
        /// One signed position.
        #[default]
        Net,
        /// Hedge mode, long leg.
        Long,
        /// Hedge mode, short leg.
        Short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words<T: Copy + Serialize>(all: &[T], core: impl Fn(T) -> &'static str) -> Vec<(String, &'static str)> {
        let text = |case: &T| serde_json::to_value(case).expect("a word").as_str().expect("a word").to_owned();
        all.iter().map(|case| (text(case), core(*case))).collect()
    }

    #[test]
    fn the_words_are_those_of_the_core() {
        let all = [
            words(Side::ALL, |case| case.of_core().code()),
            words(OrderType::ALL, |case| case.of_core().code()),
            words(TimeInForce::ALL, |case| case.of_core().code()),
            words(PositionSide::ALL, |case| case.of_core().code()),
        ];
        all.iter().flatten().for_each(|(own, core)| assert_eq!(own, core));
    }
}
