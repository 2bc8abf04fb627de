//! Orders: every type, time in force and side, and what a venue refuses.

use crate::conformance::{Area, Case, Law, Need};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::Orders, rule, script, stories)
}

pub(super) const CASES: &[Case] = &[
    case(
        "a market order to buy is accepted and fills whole at the ask",
        "buy 25",
        &["accepted 1/1; filled 1/1 buy 25@102 taker leaves 0"],
    ),
    case(
        "a market order to sell is accepted and fills whole at the bid",
        "sell 25",
        &["accepted 1/1; filled 1/1 sell 25@100 taker leaves 0"],
    ),
    case(
        "a market order that must fill at once does",
        "buy 3 ioc",
        &["accepted 1/1; filled 1/1 buy 3@102 taker leaves 0"],
    ),
    case(
        "a marketable buy takes at the touch, not at its limit",
        "buy 5 @110",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"],
    ),
    case(
        "a marketable sell takes at the touch, not at its limit",
        "sell 5 @95",
        &["accepted 1/1; filled 1/1 sell 5@100 taker leaves 0"],
    ),
    case("a buy with its limit at the ask takes", "buy 5 @102", &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"]),
    case(
        "a sell with its limit at the bid takes",
        "sell 5 @100",
        &["accepted 1/1; filled 1/1 sell 5@100 taker leaves 0"],
    ),
    case(
        "a buy away from the market rests until the touch reaches it and fills at its own price",
        "buy 5 @99; touch 99/101; touch 97/98",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a sell away from the market rests until the touch reaches it and fills at its own price",
        "sell 5 @103; touch 101/103; touch 104/105",
        &["accepted 1/1; filled 1/1 sell 5@103 maker leaves 0"],
    ),
    case(
        "an order inside the spread rests",
        "buy 5 @101; ask order 1",
        &["accepted 1/1; reported 1/1 ACCEPTED buy 5@101 filled 0; answered 1"],
    )
    .needs(&[Need::Queries]),
    case("a marketable day order takes", "buy 5 @102 day", &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"]),
    case(
        "a day order away from the market rests and fills",
        "sell 5 @103 day; touch 104/105",
        &["accepted 1/1; filled 1/1 sell 5@103 maker leaves 0"],
    ),
    case(
        "a buy that must fill at once fills where it can",
        "buy 5 @102 ioc",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"],
    ),
    case(
        "a sell that must fill at once fills where it can",
        "sell 5 @100 ioc",
        &["accepted 1/1; filled 1/1 sell 5@100 taker leaves 0"],
    ),
    case(
        "a buy that must fill at once and cannot is canceled",
        "buy 5 @101 ioc",
        &["accepted 1/1; canceled 1/1 open 5 ioc-remainder"],
    ),
    case(
        "a sell that must fill at once and cannot is canceled",
        "sell 5 @101 ioc",
        &["accepted 1/1; canceled 1/1 open 5 ioc-remainder"],
    ),
    case(
        "a buy that must fill whole fills where it can",
        "buy 5 @102 fok",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"],
    ),
    case(
        "a sell that must fill whole fills where it can",
        "sell 5 @100 fok",
        &["accepted 1/1; filled 1/1 sell 5@100 taker leaves 0"],
    ),
    case(
        "a buy that must fill whole and cannot is canceled or rejected",
        "buy 5 @101 fok",
        &["accepted 1/1; canceled 1/1 open 5 ioc-remainder", "rejected 1/1 no-liquidity"],
    ),
    case(
        "a sell that must fill whole and cannot is canceled or rejected",
        "sell 5 @101 fok",
        &["accepted 1/1; canceled 1/1 open 5 ioc-remainder", "rejected 1/1 no-liquidity"],
    ),
    case(
        "a post-only buy that would take is rejected",
        "buy 5 @102 post",
        &["rejected 1/1 would-take", "accepted 1/1; canceled 1/1 open 5 would-take"],
    ),
    case(
        "a post-only sell that would take is rejected",
        "sell 5 @100 post",
        &["rejected 1/1 would-take", "accepted 1/1; canceled 1/1 open 5 would-take"],
    ),
    case(
        "a post-only buy one tick below the ask rests and makes",
        "buy 5 @101 post; touch 98/99",
        &["accepted 1/1; filled 1/1 buy 5@101 maker leaves 0"],
    ),
    case(
        "a post-only sell one tick above the bid rests and makes",
        "sell 5 @101 post; touch 103/104",
        &["accepted 1/1; filled 1/1 sell 5@101 maker leaves 0"],
    ),
    case(
        "a reduce-only order closes a position",
        "buy 5; sell 5 reduce; buy 3 @99",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 1/2; filled 1/2 sell 5@100 taker leaves 0; \
           accepted 1/3"],
    )
    .needs(&[Need::ReduceOnly]),
    case(
        "a reduce-only order may close a part of a position",
        "sell 5; buy 3 @102 reduce",
        &["accepted 1/1; filled 1/1 sell 5@100 taker leaves 0; accepted 1/2; filled 1/2 buy 3@102 taker leaves 0"],
    )
    .needs(&[Need::ReduceOnly]),
    case(
        "a reduce-only order rests and fills",
        "buy 5; sell 5 @103 reduce; touch 104/105",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 1/2; filled 1/2 sell 5@103 maker leaves 0"],
    )
    .needs(&[Need::ReduceOnly]),
    case(
        "a client order id is taken once, alive or ended",
        "buy 5 @99; twin buy 5 @99; cancel 1; twin buy 5 @99",
        &[
            "accepted 1/1; rejected 1/1 duplicate; canceled 1/1 open 5 asked by 1/2; rejected 1/1 duplicate",
            "accepted 1/1; transmit-refused submit 1/1 duplicate; canceled 1/1 open 5 asked by 1/2; \
             transmit-refused submit 1/1 duplicate",
        ],
    )
    .excuses(&[Law::Sense]),
    case(
        "orders of one price fill in the order of their arrival",
        "buy 3 @99; 3: buy 4 @99; buy 5 @99; touch 97/98",
        &["accepted 1/1; accepted 3/1; accepted 1/2; filled 1/1 buy 3@99 maker leaves 0; \
           filled 3/1 buy 4@99 maker leaves 0; filled 1/2 buy 5@99 maker leaves 0"],
    ),
    case(
        "better prices fill first",
        "buy 3 @97; buy 4 @99; buy 5 @98; touch 95/96",
        &["accepted 1/1; accepted 1/2; accepted 1/3; filled 1/2 buy 4@99 maker leaves 0; \
           filled 1/3 buy 5@98 maker leaves 0; filled 1/1 buy 3@97 maker leaves 0"],
    ),
    case(
        "only orders that the touch reaches fill",
        "sell 3 @103; sell 4 @104; touch 103/105; touch 104/105",
        &["accepted 1/1; accepted 1/2; filled 1/1 sell 3@103 maker leaves 0; filled 1/2 sell 4@104 maker leaves 0"],
    ),
    case(
        "each account's orders are its own",
        "buy 5 @99; 2: sell 4; 2: buy 3 @99; touch 97/98",
        &["accepted 1/1; accepted 2/1; filled 2/1 sell 4@100 taker leaves 0; accepted 2/2; \
           filled 1/1 buy 5@99 maker leaves 0; filled 2/2 buy 3@99 maker leaves 0"],
    ),
    case(
        "two strategies of one account have orders of their own",
        "buy 5; 3: sell 5; 3: buy 2",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 3/1; filled 3/1 sell 5@100 taker leaves 0; \
           accepted 3/2; filled 3/2 buy 2@102 taker leaves 0"],
    ),
    case(
        "a price of the finest tick and a quantity of the finest lot arrive as they are",
        "buy 2 @9995 in 2; ask order 1 in 2",
        &["accepted 1/1 in 2; reported 1/1 ACCEPTED buy 2@9995 filled 0 in 2; answered 1"],
    )
    .needs(&[Need::Queries]),
    case(
        "a price of the finest tick fills exactly",
        "sell 998 @10205 in 2; touch 10210/10215 in 2",
        &["accepted 1/1 in 2; filled 1/1 sell 998@10205 maker leaves 0 in 2"],
    ),
    case("a large quantity fills exactly", "buy 999", &["accepted 1/1; filled 1/1 buy 999@102 taker leaves 0"]),
    case(
        "the smallest quantity fills",
        "buy 1; sell 1 @100",
        &["accepted 1/1; filled 1/1 buy 1@102 taker leaves 0; accepted 1/2; filled 1/2 sell 1@100 taker leaves 0"],
    ),
    case(
        "markets of two instruments are apart",
        "buy 5 @99; buy 6 @9900 in 2; touch 9800/9850 in 2; touch 97/98",
        &["accepted 1/1; accepted 1/2 in 2; filled 1/2 buy 6@9900 maker leaves 0 in 2; \
           filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a symbol that was halted a moment ago refuses an order",
        "halt; buy 5 @99",
        &["rejected 1/1 market-closed", "transmit-refused submit 1/1 market-closed"],
    ),
    case(
        "a symbol that goes on takes orders again",
        "halt; pass 1s; resume; buy 5 @102",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"],
    ),
    case(
        "orders rest through a halt, and can be canceled in it",
        "buy 5 @99; buy 4 @98; halt; cancel 2; resume; touch 97/98",
        &["accepted 1/1; accepted 1/2; canceled 1/2 open 4 asked by 1/3; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "what is too small by a rule that has changed is refused, and once the rule is known it does not leave",
        "rule notional-min 300; buy 2 @99; pass 1s; buy 2 @99; buy 5 @99",
        &[
            "rejected 1/1 unknown; transmit-refused submit 1/2 transmit-refused; accepted 1/3",
            "rejected 1/1 precision; rejected 1/2 precision; accepted 1/3",
        ],
    ),
    case(
        "a quantity below a smallest one that has changed is refused",
        "rule qty-min 3; buy 2 @99; pass 1s; buy 3 @99",
        &["rejected 1/1 unknown; accepted 1/2"],
    ),
    case(
        "an order that meets one of its own account trades with it or is stopped by the venue",
        "sell 5 @101; 3: buy 5 @101",
        &[
            "accepted 1/1; accepted 3/1; canceled 3/1 open 5 self-trade",
            "accepted 1/1; accepted 3/1; filled 1/1 sell 5@101 maker leaves 0; filled 3/1 buy 5@101 taker leaves 0",
        ],
    )
    .needs(&[Need::UserStream, Need::MarketData]),
    case(
        "an order that meets one of the other account trades with it",
        "sell 5 @101; 2: buy 5 @101",
        &[
            "accepted 1/1; accepted 2/1; filled 1/1 sell 5@101 maker leaves 0; filled 2/1 buy 5@101 taker leaves 0",
            "accepted 1/1; accepted 2/1; filled 2/1 buy 5@101 taker leaves 0; filled 1/1 sell 5@101 maker leaves 0",
            "accepted 1/1; filled 1/1 sell 5@101 maker leaves 0; accepted 2/1; filled 2/1 buy 5@101 taker leaves 0",
        ],
    )
    .needs(&[Need::MarketData]),
    case(
        "an order that fills before its answer comes is accepted once and fills once",
        "next submit fill-first; buy 5 @99; pass 2s",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a fill beyond what an order wanted is told as it is",
        "next submit overfill 2; buy 5 @99; pass 2s",
        &["accepted 1/1; filled 1/1 buy 7@99 maker leaves 0"],
    )
    .excuses(&[Law::Terms, Law::Sense, Law::Open]),
];
