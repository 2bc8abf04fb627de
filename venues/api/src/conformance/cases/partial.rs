//! Partial fills: what is open stays right.

use crate::conformance::{Area, Case, Need};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::Orders, rule, script, stories)
}

pub(super) const CASES: &[Case] = &[
    case(
        "a resting buy fills in parts as far as sizes go",
        "buy 5 @99; touch 97x9/98x3; touch 96x9/97x9",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; filled 1/1 buy 2@99 maker leaves 0"],
    ),
    case(
        "a resting sell fills in parts as far as sizes go",
        "sell 5 @103; touch 104x3/105x9; touch 105x9/106x9",
        &["accepted 1/1; filled 1/1 sell 3@103 maker leaves 2; filled 1/1 sell 2@103 maker leaves 0"],
    ),
    case(
        "an order fills in as many parts as there are",
        "buy 6 @99; touch 97x9/98x1; touch 97x9/98x2; touch 97x9/98x3",
        &["accepted 1/1; filled 1/1 buy 1@99 maker leaves 5; filled 1/1 buy 2@99 maker leaves 3; \
           filled 1/1 buy 3@99 maker leaves 0"],
    ),
    case(
        "a buy that takes what there is rests with what is left",
        "touch 100x3/102x3; buy 5 @102; touch 99x9/101x9",
        &["accepted 1/1; filled 1/1 buy 3@102 taker leaves 2; filled 1/1 buy 2@102 maker leaves 0"],
    ),
    case(
        "a sell that takes what there is rests with what is left",
        "touch 100x3/102x3; sell 5 @100; touch 101x9/103x9",
        &["accepted 1/1; filled 1/1 sell 3@100 taker leaves 2; filled 1/1 sell 2@100 maker leaves 0"],
    ),
    case(
        "a market order ends with what there is",
        "touch 100x3/102x3; buy 5",
        &["accepted 1/1; filled 1/1 buy 3@102 taker leaves 2; canceled 1/1 open 2 ioc-remainder"],
    ),
    case(
        "an order that must fill at once fills as far as it can, and what is left is canceled",
        "touch 100x3/102x3; buy 5 @102 ioc",
        &["accepted 1/1; filled 1/1 buy 3@102 taker leaves 2; canceled 1/1 open 2 ioc-remainder"],
    ),
    case(
        "an order that must fill whole fills not at all where there is too little",
        "touch 100x3/102x3; buy 5 @102 fok; buy 3 @102 fok",
        &[
            "accepted 1/1; canceled 1/1 open 5 ioc-remainder; accepted 1/2; filled 1/2 buy 3@102 taker leaves 0",
            "rejected 1/1 no-liquidity; accepted 1/2; filled 1/2 buy 3@102 taker leaves 0",
        ],
    ),
    case(
        "an order takes level after level, each at its own price",
        "touch 100x3/102x3; level sell 4 @103; buy 5 @104",
        &["accepted 1/1; filled 1/1 buy 3@102 taker leaves 2; filled 1/1 buy 2@103 taker leaves 0"],
    ),
    case(
        "an order takes no level beyond its limit",
        "touch 100x3/102x3; level sell 4 @103; buy 5 @102 ioc",
        &["accepted 1/1; filled 1/1 buy 3@102 taker leaves 2; canceled 1/1 open 2 ioc-remainder"],
    ),
    case(
        "a trade of somebody else fills a resting order as far as it goes",
        "buy 5 @101; trade sell 3 @101; trade sell 9 @101",
        &["accepted 1/1; filled 1/1 buy 3@101 maker leaves 2; filled 1/1 buy 2@101 maker leaves 0"],
    ),
    case(
        "a trade of somebody else at another price fills nothing",
        "sell 5 @103; trade buy 3 @102; ask order 1",
        &["accepted 1/1; reported 1/1 ACCEPTED sell 5@103 filled 0; answered 1"],
    )
    .needs(&[Need::Queries]),
    case(
        "a cancel of a partly filled order says what was open",
        "buy 5 @99; touch 97x9/98x3; cancel 1; touch 96x9/97x9",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; canceled 1/1 open 2 asked by 1/2"],
    ),
    case(
        "a cancel that crosses a part of a fill leaves both right",
        "buy 5 @99; unheard touch 97x9/98x3; cancel 1",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; canceled 1/1 open 2 asked by 1/2"],
    ),
    case(
        "an emergency cancel of a partly filled order says what was open",
        "buy 5 @99; touch 97x9/98x3; kill account",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; canceled 1/1 open 2 kill-switch"],
    ),
    case(
        "a partly filled order is stated with what was filled",
        "buy 5 @99; touch 97x9/98x3; ask order 1; ask orders",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; reported 1/1 PARTIALLY_FILLED buy 5@99 filled 3; \
           answered 1; reported 1/1 PARTIALLY_FILLED buy 5@99 filled 3; answered 2"],
    )
    .needs(&[Need::Queries]),
    case(
        "an order that was canceled after a part of it filled is stated with both",
        "buy 5 @99; touch 97x9/98x3; cancel 1; ask order 1",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; canceled 1/1 open 2 asked by 1/2; \
           reported 1/1 CANCELED buy 5@99 filled 3; answered 1"],
    )
    .needs(&[Need::Queries]),
    case(
        "an amend after a part filled counts what was filled, or is refused",
        "buy 5 @99; touch 97x9/98x3; amend 1 7@99; touch 96x9/97x9",
        &[
            "accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; amended 1/1 7@99 by 1/2; \
             filled 1/1 buy 4@99 maker leaves 0",
            "accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; transmit-refused amend 1/1 transmit-refused by 1/2; \
             filled 1/1 buy 2@99 maker leaves 0",
        ],
    )
    .needs(&[Need::Amend]),
    case(
        "an order partly filled becomes smaller",
        "buy 5 @99; touch 97x9/98x2; amend 1 4@99; touch 96x9/97x9",
        &["accepted 1/1; filled 1/1 buy 2@99 maker leaves 3; amended 1/1 4@99 by 1/2; \
           filled 1/1 buy 2@99 maker leaves 0"],
    )
    .needs(&[Need::Amend]),
    case(
        "an amend to no more than was filled never leaves more open",
        "buy 5 @99; unheard touch 97x9/98x3; amend 1 2@99; touch 94x9/95x9",
        &[
            "accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; amend-rejected 1/1 too-late by 1/2; \
             filled 1/1 buy 2@99 maker leaves 0",
            "accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; amend-rejected 1/1 too-late by 1/2; \
             canceled 1/1 open 2 venue",
            "accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; amend-rejected 1/1 unknown by 1/2; \
             filled 1/1 buy 2@99 maker leaves 0",
        ],
    )
    .needs(&[Need::Amend]),
];
