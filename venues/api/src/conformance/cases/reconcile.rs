//! Reconciliation: what the venue states when it is asked, and orders of others.

use crate::conformance::{Area, Case, Law, Need, Topic};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::Reconciliation, rule, script, stories).needs(&[Need::Queries])
}

pub(super) const CASES: &[Case] = &[
    case("an account without orders has none open", "ask orders", &["answered 1"]),
    case(
        "open orders are stated one by one, as they are now, and then the query ends",
        "buy 5 @99; sell 4 @110; 2: buy 3 @99; ask orders",
        &["accepted 1/1; accepted 1/2; accepted 2/1; reported 1/1 ACCEPTED buy 5@99 filled 0; \
           reported 1/2 ACCEPTED sell 4@110 filled 0; answered 1"],
    ),
    case(
        "open orders of the other account are its own",
        "buy 5 @99; 2: buy 3 @98; 2: ask orders",
        &["accepted 1/1; accepted 2/1; reported 2/1 ACCEPTED buy 3@98 filled 0; answered 1"],
    ),
    case(
        "open orders of both instruments are stated",
        "buy 5 @99; buy 4 @9900 in 2; ask orders",
        &["accepted 1/1; accepted 1/2 in 2; reported 1/1 ACCEPTED buy 5@99 filled 0; \
           reported 1/2 ACCEPTED buy 4@9900 filled 0 in 2; answered 1"],
    ),
    case(
        "orders that ended are not open",
        "buy 5 @99; buy 4 @98; cancel 2; touch 97/98; ask orders",
        &["accepted 1/1; accepted 1/2; canceled 1/2 open 4 asked by 1/3; filled 1/1 buy 5@99 maker leaves 0; \
           answered 1"],
    ),
    case(
        "a question asked twice is answered twice",
        "buy 5 @99; ask orders; ask orders",
        &["accepted 1/1; reported 1/1 ACCEPTED buy 5@99 filled 0; answered 1; \
           reported 1/1 ACCEPTED buy 5@99 filled 0; answered 2"],
    ),
    case(
        "a resting order is stated as accepted",
        "sell 5 @103; ask order 1",
        &["accepted 1/1; reported 1/1 ACCEPTED sell 5@103 filled 0; answered 1"],
    ),
    case(
        "an order that filled is stated as filled",
        "buy 5 @99; touch 97/98; ask order 1",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0; reported 1/1 FILLED buy 5@99 filled 5; answered 1"],
    ),
    case(
        "an order that was canceled is stated as canceled",
        "buy 5 @90; cancel 1; ask order 1",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2; reported 1/1 CANCELED buy 5@90 filled 0; answered 1"],
    ),
    case(
        "an order that had to fill at once and could not is stated as canceled",
        "buy 5 @101 ioc; ask order 1",
        &["accepted 1/1; canceled 1/1 open 5 ioc-remainder; reported 1/1 CANCELED buy 5@101 filled 0; answered 1"],
    ),
    case(
        "an order that never arrived is stated as not transmitted",
        "lose buy 5 @99; ask order 1; pass 40s",
        &[
            "transmit-refused submit 1/1 unknown-order; answered 1",
            "transmit-refused submit 1/1 transmit-refused; answered 1",
        ],
    ),
    case(
        "fills are stated again, and then the query ends",
        "buy 5; sell 3; ask fills 0",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 1/2; filled 1/2 sell 3@100 taker leaves 0; \
           filled 1/1 buy 5@102 taker leaves 0; filled 1/2 sell 3@100 taker leaves 0; answered 1"],
    ),
    case(
        "fills since the moment of one include it",
        "buy 5; pass 2s; sell 3; ask fills 2",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 1/2; filled 1/2 sell 3@100 taker leaves 0; \
           filled 1/2 sell 3@100 taker leaves 0; answered 1"],
    ),
    case(
        "fills of the other instrument are not stated",
        "buy 5; buy 4 in 2; ask fills 0 in 2",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 1/2 in 2; \
           filled 1/2 buy 4@10200 taker leaves 0 in 2; filled 1/2 buy 4@10200 taker leaves 0 in 2; answered 1"],
    ),
    case(
        "fills of the other account are not stated",
        "buy 5; 2: sell 3; 2: ask fills 0",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 2/1; filled 2/1 sell 3@100 taker leaves 0; \
           filled 2/1 sell 3@100 taker leaves 0; answered 1"],
    ),
    case("where nothing filled no fill is stated", "buy 5 @99; ask fills 0", &["accepted 1/1; answered 1"]),
    case(
        "positions of all instruments are stated, those of nothing as well",
        "buy 5; ask positions",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; position net 5; position net 0 in 2; answered 1"],
    )
    .heeds(&[Topic::Account]),
    case(
        "a short position is stated below nothing",
        "sell 5; buy 2; ask positions",
        &["accepted 1/1; filled 1/1 sell 5@100 taker leaves 0; accepted 1/2; filled 1/2 buy 2@102 taker leaves 0; \
           position net -3; position net 0 in 2; answered 1"],
    )
    .heeds(&[Topic::Account]),
    case(
        "a position that was closed is stated as nothing",
        "buy 5; sell 5; ask positions",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 1/2; filled 1/2 sell 5@100 taker leaves 0; \
           position net 0; position net 0 in 2; answered 1"],
    )
    .heeds(&[Topic::Account]),
    case(
        "a position in the finest lot is stated exactly",
        "sell 998 in 2; ask positions",
        &["accepted 1/1 in 2; filled 1/1 sell 998@10000 taker leaves 0 in 2; position net 0; \
           position net -998 in 2; answered 1"],
    )
    .heeds(&[Topic::Account]),
    case(
        "positions of the other account are its own",
        "buy 5; 2: sell 3; 2: ask positions",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 2/1; filled 2/1 sell 3@100 taker leaves 0; \
           position net -3; position net 0 in 2; answered 1"],
    )
    .heeds(&[Topic::Account]),
    case(
        "balances are stated once for each currency of the session",
        "ask balances",
        &[
            "balance of currency 1; answered 1",
            "balance of currency 1; balance of currency 2; answered 1",
            "balance of currency 2; balance of currency 1; answered 1",
        ],
    )
    .heeds(&[Topic::Account]),
    case(
        "instruments are stated as they trade",
        "ask instruments",
        &["status trading; status trading in 2; answered 1", "answered 1"],
    )
    .heeds(&[Topic::Status]),
    case("the venue's clock can be asked for", "ask time", &["answered 1"]),
    case(
        "an order of somebody else on the account has a key of strategy 0",
        "foreign buy 5 @99; ask orders",
        &["reported 0/a ACCEPTED buy 5@99 filled 0; reported 0/a ACCEPTED buy 5@99 filled 0; answered 1"],
    ),
    case(
        "an order of somebody else has the same key each time",
        "foreign buy 5 @99; foreign sell 4 @104; ask orders; ask orders",
        &["reported 0/a ACCEPTED buy 5@99 filled 0; reported 0/b ACCEPTED sell 4@104 filled 0; \
           reported 0/a ACCEPTED buy 5@99 filled 0; reported 0/b ACCEPTED sell 4@104 filled 0; answered 1; \
           reported 0/a ACCEPTED buy 5@99 filled 0; reported 0/b ACCEPTED sell 4@104 filled 0; answered 2"],
    ),
    case(
        "a fill of somebody else's order is told under its key",
        "foreign buy 5 @99; touch 97/98",
        &["reported 0/a ACCEPTED buy 5@99 filled 0; filled 0/a buy 5@99 maker leaves 0"],
    ),
    case(
        "an order of somebody else that takes is told with its fill",
        "foreign buy 5 @102",
        &["reported 0/a ACCEPTED buy 5@102 filled 0; filled 0/a buy 5@102 taker leaves 0"],
    ),
    case(
        "the end of somebody else's order is told under its key",
        "foreign buy 5 @99; foreign-cancel",
        &["reported 0/a ACCEPTED buy 5@99 filled 0; canceled 0/a open 5 venue"],
    ),
    case(
        "orders of somebody else and ours do not mix",
        "buy 5 @99; foreign buy 4 @99; buy 3 @99; touch 97/98",
        &["accepted 1/1; reported 0/a ACCEPTED buy 4@99 filled 0; accepted 1/2; filled 1/1 buy 5@99 maker leaves 0; \
           filled 0/a buy 4@99 maker leaves 0; filled 1/2 buy 3@99 maker leaves 0"],
    ),
    case(
        "a fill of somebody else's order counts in the position",
        "foreign buy 5 @102; ask positions",
        &["reported 0/a ACCEPTED buy 5@102 filled 0; filled 0/a buy 5@102 taker leaves 0; position net 5; \
           position net 0 in 2; answered 1"],
    )
    .heeds(&[Topic::Account]),
    case(
        "an order of somebody else during a break is found",
        "cut user; foreign buy 5 @99; pass 60s",
        &["reported 0/a ACCEPTED buy 5@99 filled 0"],
    ),
    case(
        "a fill of somebody else during a break is found",
        "cut user; foreign buy 5 @102; pass 60s",
        &[
            "reported 0/a FILLED buy 5@102 filled 5; filled 0/a buy 5@102 taker leaves 0",
            "filled 0/a buy 5@102 taker leaves 0",
        ],
    ),
    case(
        "a fill of somebody else early in a long break is found",
        "cut user 7; foreign buy 5 @102; pass 200s",
        &[
            "reported 0/a FILLED buy 5@102 filled 5; filled 0/a buy 5@102 taker leaves 0",
            "filled 0/a buy 5@102 taker leaves 0",
        ],
    ),
    case(
        "an emergency cancel of an account ends orders of somebody else as well",
        "foreign buy 5 @99; buy 4 @98; kill account",
        &[
            "reported 0/a ACCEPTED buy 5@99 filled 0; accepted 1/1; canceled 0/a open 5 venue; \
             canceled 1/1 open 4 kill-switch",
            "reported 0/a ACCEPTED buy 5@99 filled 0; accepted 1/1; canceled 0/a open 5 kill-switch; \
             canceled 1/1 open 4 kill-switch",
        ],
    ),
    case(
        "a fill that came after the confirmed cancel makes the position that is stated",
        "buy 5 @99; next cancel late-fill; cancel 1; pass 5s; ask positions",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2; filled 1/1 buy 5@99 maker leaves 0; position net 5; \
           position net 0 in 2; answered 1"],
    )
    .heeds(&[Topic::Account])
    .excuses(&[Law::Life, Law::Sense]),
];
