//! Data: trades, touches, books, marks, status, and when they cannot be trusted.

use crate::conformance::{Area, Case, Need, Topic};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::Data, rule, script, stories).needs(&[Need::MarketData])
}

pub(super) const CASES: &[Case] = &[
    case("a touch is told with both prices and sizes", "touch 99x4/103x6; look touch", &["touch 99x4/103x6"]),
    case(
        "a touch that moves is told as it is now",
        "touch 99x4/103x6; touch 104x1/105x2; touch 98x7/99x8; look touch",
        &["touch 98x7/99x8"],
    ),
    case(
        "touches of two instruments are apart",
        "touch 99x4/103x6; touch 9990x14/10010x16 in 2; look touch; look touch in 2",
        &["touch 99x4/103x6; touch 9990x14/10010x16"],
    ),
    case("a trade is told with its price, quantity and taker", "trade buy 3 @102", &["trade 3@102 buy"])
        .needs(&[Need::MarketData])
        .heeds(&[Topic::Trades]),
    case("a trade of a seller is told as one", "trade sell 4 @100", &["trade 4@100 sell"]).heeds(&[Topic::Trades]),
    case(
        "trades are told once, in their order",
        "trade buy 3 @102; trade sell 2 @100; trade buy 1 @102",
        &["trade 3@102 buy; trade 2@100 sell; trade 1@102 buy"],
    )
    .heeds(&[Topic::Trades]),
    case(
        "trades of the second instrument are told as such",
        "trade buy 6 @10200 in 2; trade sell 3 @100",
        &["trade 6@10200 buy in 2; trade 3@100 sell"],
    )
    .heeds(&[Topic::Trades]),
    case("a trade that the venue tells twice is told once", "echo; trade buy 3 @102; pass 1s", &["trade 3@102 buy"])
        .heeds(&[Topic::Trades]),
    case(
        "an own fill is a trade of the market as well",
        "buy 5",
        &[
            "accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; trade 5@102 buy",
            "trade 5@102 buy; accepted 1/1; filled 1/1 buy 5@102 taker leaves 0",
            "accepted 1/1; trade 5@102 buy; filled 1/1 buy 5@102 taker leaves 0",
        ],
    )
    .heeds(&[Topic::Trades]),
    case(
        "a book has the levels that there are",
        "touch 100x9/102x8; level sell 3 @104; level buy 4 @97; pass 1s; look book",
        &["book 100x9 97x4 / 102x8 104x3"],
    ),
    case(
        "a level that is gone is gone from the book",
        "touch 100x9/102x8; level sell 3 @104; level buy 4 @97; pass 1s; level sell 0 @104; pass 1s; look book",
        &["book 100x9 97x4 / 102x8"],
    ),
    case(
        "a level that grows and shrinks is told as it is now",
        "touch 100x9/102x8; level sell 3 @104; pass 1s; level sell 7 @104; pass 1s; level sell 2 @104; pass 1s; \
         look book",
        &["book 100x9 / 102x8 104x2"],
    ),
    case(
        "a book follows the touch",
        "touch 100x9/102x8; pass 1s; touch 95x5/96x6; pass 1s; look book",
        &["book 95x5 / 96x6"],
    ),
    case(
        "an own order stands in the book, and leaves it",
        "touch 100x9/102x8; buy 5 @99; pass 1s; look book; cancel 1; pass 1s; look book",
        &["accepted 1/1; book 100x9 99x5 / 102x8; canceled 1/1 open 5 asked by 1/2; book 100x9 / 102x8"],
    ),
    case(
        "a change of the book that is lost makes the market stale until the book is whole again",
        "touch 100x9/102x8; pass 1s; gap; level sell 3 @104; pass 1s; level buy 4 @97; pass 5s; look book",
        &["stale; recovered; book 100x9 97x4 / 102x8 104x3"],
    )
    .heeds(&[Topic::Feed]),
    case(
        "a message that cannot be read makes the market stale until the book is whole again",
        "touch 100x9/102x8; pass 1s; garble; level sell 3 @104; pass 1s; level buy 4 @97; pass 5s; look book",
        &[
            "stale; recovered; book 100x9 97x4 / 102x8 104x3",
            "stale; stale in 2; recovered; book 100x9 97x4 / 102x8 104x3",
        ],
    )
    .heeds(&[Topic::Feed]),
    case(
        "a market whose connection ends is stale until it is heard again, and then as it is",
        "touch 100x9/102x8; pass 1s; cut market; touch 98x7/99x6; pass 30s; look touch; look book",
        &[
            "stale; stale in 2; recovered; recovered in 2; touch 98x7/99x6; book 98x7 / 99x6",
            "stale; stale in 2; recovered in 2; recovered; touch 98x7/99x6; book 98x7 / 99x6",
        ],
    )
    .heeds(&[Topic::Feed]),
    case(
        "a market that falls silent is stale, and is heard again",
        "touch 100x9/102x8; pass 1s; stall market 300s; touch 98x7/99x6; pass 200s; look touch; look book",
        &[
            "stale; stale in 2; recovered; recovered in 2; touch 98x7/99x6; book 98x7 / 99x6",
            "stale; stale in 2; recovered in 2; recovered; touch 98x7/99x6; book 98x7 / 99x6",
        ],
    )
    .heeds(&[Topic::Feed]),
    case("a quiet market is not stale", "pass 300s", &[""]).heeds(&[Topic::Feed]),
    case("trades after a break are told", "cut market; pass 30s; trade buy 3 @102", &["trade 3@102 buy"])
        .heeds(&[Topic::Trades]),
    case(
        "a halt is told when the session asks",
        "halt; ask instruments",
        &["status halted; answered 1", "status halted; status trading in 2; answered 1"],
    )
    .heeds(&[Topic::Status]),
    case(
        "a halt is told without asking in the end, and so is its end",
        "halt; pass 700s; resume; pass 700s",
        &["status halted; status trading", "status halted; status halted; status trading; status trading"],
    )
    .heeds(&[Topic::Status]),
    case(
        "an instrument whose tick is no longer the session's is halted",
        "rule tick 5; ask instruments",
        &["status halted; answered 1", "status halted; status trading in 2; answered 1"],
    )
    .heeds(&[Topic::Status]),
    case(
        "an instrument whose lot is no longer the session's is halted",
        "rule lot 5; ask instruments",
        &["status halted; answered 1", "status halted; status trading in 2; answered 1"],
    )
    .heeds(&[Topic::Status]),
    case("a mark price is told and follows the market", "touch 98/100; pass 4s; look mark", &["mark Some(99)"])
        .needs(&[Need::MarketData, Need::Margin]),
    case("a funding rate is told with its time", "pass 4s; look funding", &["funding told"])
        .needs(&[Need::MarketData, Need::Margin]),
];
