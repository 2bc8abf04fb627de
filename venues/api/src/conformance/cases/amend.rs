//! Amends: price and quantity of a resting order, and the races around them.

use crate::conformance::{Area, Case, Need};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::Orders, rule, script, stories).needs(&[Need::Amend])
}

pub(super) const CASES: &[Case] = &[
    case(
        "an amend changes price and quantity of a resting buy",
        "buy 5 @99; amend 1 7@98; touch 98/99; touch 96/97",
        &["accepted 1/1; amended 1/1 7@98 by 1/2; filled 1/1 buy 7@98 maker leaves 0"],
    ),
    case(
        "an amend changes price and quantity of a resting sell",
        "sell 5 @103; amend 1 7@104; touch 103/105; touch 105/106",
        &["accepted 1/1; amended 1/1 7@104 by 1/2; filled 1/1 sell 7@104 maker leaves 0"],
    ),
    case(
        "an amend changes the price alone",
        "buy 5 @99; amend 1 @98; touch 96/97",
        &["accepted 1/1; amended 1/1 5@98 by 1/2; filled 1/1 buy 5@98 maker leaves 0"],
    ),
    case(
        "an amend makes an order larger",
        "buy 5 @99; amend 1 8; touch 96/97",
        &["accepted 1/1; amended 1/1 8@99 by 1/2; filled 1/1 buy 8@99 maker leaves 0"],
    ),
    case(
        "an amend makes an order smaller",
        "buy 5 @99; amend 1 2; touch 96/97",
        &["accepted 1/1; amended 1/1 2@99 by 1/2; filled 1/1 buy 2@99 maker leaves 0"],
    ),
    case(
        "an order that became smaller keeps its place",
        "buy 5 @99; 3: buy 4 @99; amend 1 2; touch 96/97",
        &["accepted 1/1; accepted 3/1; amended 1/1 2@99 by 1/2; filled 1/1 buy 2@99 maker leaves 0; \
           filled 3/1 buy 4@99 maker leaves 0"],
    ),
    case(
        "an order that became larger goes behind the others",
        "buy 5 @99; 3: buy 4 @99; amend 1 6; touch 96/97",
        &["accepted 1/1; accepted 3/1; amended 1/1 6@99 by 1/2; filled 3/1 buy 4@99 maker leaves 0; \
           filled 1/1 buy 6@99 maker leaves 0"],
    ),
    case(
        "a buy amended into the market takes",
        "buy 5 @99; amend 1 5@103",
        &["accepted 1/1; amended 1/1 5@103 by 1/2; filled 1/1 buy 5@102 taker leaves 0"],
    ),
    case(
        "a sell amended into the market takes",
        "sell 5 @103; amend 1 5@99",
        &["accepted 1/1; amended 1/1 5@99 by 1/2; filled 1/1 sell 5@100 taker leaves 0"],
    ),
    case(
        "two amends after each other both count",
        "buy 5 @99; amend 1 6@98; amend 1 7@97; touch 97/98; touch 95/96",
        &["accepted 1/1; amended 1/1 6@98 by 1/2; amended 1/1 7@97 by 1/3; filled 1/1 buy 7@97 maker leaves 0"],
    ),
    case(
        "an amended order can be canceled, and says what was open",
        "buy 5 @99; amend 1 7@98; cancel 1; touch 90/91",
        &["accepted 1/1; amended 1/1 7@98 by 1/2; canceled 1/1 open 7 asked by 1/3"],
    ),
    case(
        "an amended order is stated as it is now",
        "buy 5 @99; amend 1 7@98; ask order 1; ask orders",
        &["accepted 1/1; amended 1/1 7@98 by 1/2; reported 1/1 ACCEPTED buy 7@98 filled 0; answered 1; \
           reported 1/1 ACCEPTED buy 7@98 filled 0; answered 2"],
    )
    .needs(&[Need::Amend, Need::Queries]),
    case(
        "an amend that comes after the fill is refused as too late",
        "buy 5 @99; unheard touch 97/98; amend 1 5@98",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0; amend-rejected 1/1 too-late by 1/2"],
    ),
    case(
        "an amend of an order that never arrived is refused as unknown",
        "lose buy 5 @99; pretend accepted 1; amend 1 5@98; pass 40s",
        &["amend-rejected 1/1 unknown-order by 1/2", "transmit-refused amend 1/1 transmit-refused by 1/2"],
    )
    .excuses(&[crate::conformance::Law::Sense]),
    case(
        "a post-only order that an amend would let take is refused or stays as it is",
        "buy 5 @99 post; amend 1 5@102; touch 97/98",
        &[
            "accepted 1/1; amend-rejected 1/1 would-take by 1/2; filled 1/1 buy 5@99 maker leaves 0",
            "accepted 1/1; amend-rejected 1/1 would-take by 1/2; canceled 1/1 open 5 venue",
            "accepted 1/1; canceled 1/1 open 5 would-take",
        ],
    ),
    case(
        "an amend touches no other order",
        "buy 5 @99; buy 4 @98; amend 1 6@97; touch 97/98; touch 95/96",
        &["accepted 1/1; accepted 1/2; amended 1/1 6@97 by 1/3; filled 1/2 buy 4@98 maker leaves 0; \
           filled 1/1 buy 6@97 maker leaves 0"],
    ),
    case(
        "an amend in the finest tick and lot arrives as it is",
        "buy 2 @9995 in 2; amend 1 4@9990; ask order 1 in 2",
        &["accepted 1/1 in 2; amended 1/1 4@9990 by 1/2 in 2; reported 1/1 ACCEPTED buy 4@9990 filled 0 in 2; \
           answered 1"],
    )
    .needs(&[Need::Amend, Need::Queries]),
];
