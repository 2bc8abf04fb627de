//! Control: emergency cancels, settings, limits of requests, the end.

use crate::conformance::{Area, Case, Law, Need, Topic};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::Control, rule, script, stories)
}

pub(super) const CASES: &[Case] = &[
    case(
        "an emergency cancel of an order ends it and nothing else",
        "buy 5 @99; buy 4 @98; sell 3 @110; kill 2; touch 97/98",
        &["accepted 1/1; accepted 1/2; accepted 1/3; canceled 1/2 open 4 kill-switch; \
           filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "an emergency cancel of an instrument ends every order of the account in it",
        "buy 5 @99; sell 4 @110; 2: buy 3 @99; kill instrument",
        &["accepted 1/1; accepted 1/2; accepted 2/1; canceled 1/1 open 5 kill-switch; \
           canceled 1/2 open 4 kill-switch"],
    ),
    case(
        "an emergency cancel of an instrument leaves the other instrument alone",
        "buy 5 @99; buy 4 @9900 in 2; kill instrument in 2; touch 97/98",
        &["accepted 1/1; accepted 1/2 in 2; canceled 1/2 open 4 kill-switch in 2; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "an emergency cancel of an account ends its orders in every instrument and no other account's",
        "buy 5 @99; buy 4 @9900 in 2; 2: buy 3 @99; kill account; touch 97/98",
        &["accepted 1/1; accepted 1/2 in 2; accepted 2/1; canceled 1/1 open 5 kill-switch; \
           canceled 1/2 open 4 kill-switch in 2; filled 2/1 buy 3@99 maker leaves 0"],
    ),
    case(
        "an emergency cancel of the other account ends its orders alone",
        "buy 5 @99; 2: buy 3 @99; 2: kill account; touch 97/98",
        &["accepted 1/1; accepted 2/1; canceled 2/1 open 3 kill-switch; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "an emergency cancel of one order, and then of all",
        "buy 5 @99; buy 4 @98; sell 3 @110; kill 2; kill account",
        &["accepted 1/1; accepted 1/2; accepted 1/3; canceled 1/2 open 4 kill-switch; \
           canceled 1/1 open 5 kill-switch; canceled 1/3 open 3 kill-switch"],
    ),
    case("an emergency cancel where nothing is open says nothing", "kill account; kill instrument", &[""]),
    case(
        "an emergency cancel of an order that ended says nothing",
        "buy 5; kill 1; kill account",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"],
    ),
    case(
        "an emergency cancel said twice ends an order once",
        "buy 5 @99; kill account; kill account; kill 1",
        &["accepted 1/1; canceled 1/1 open 5 kill-switch"],
    ),
    case(
        "orders can be sent after an emergency cancel",
        "buy 5 @99; kill account; buy 4 @98; touch 96/97",
        &["accepted 1/1; canceled 1/1 open 5 kill-switch; accepted 1/2; filled 1/2 buy 4@98 maker leaves 0"],
    ),
    case(
        "an emergency cancel reaches an order that the adapter was never told of",
        "foreign buy 5 @99; kill instrument; ask orders",
        &[
            "reported 0/a ACCEPTED buy 5@99 filled 0; canceled 0/a open 5 venue; answered 1",
            "reported 0/a ACCEPTED buy 5@99 filled 0; canceled 0/a open 5 kill-switch; answered 1",
        ],
    )
    .needs(&[Need::Queries]),
    case(
        "an emergency cancel whose answer is lost is done",
        "buy 5 @99; next cancel-all lost-answer; kill account; pass 20s",
        &["accepted 1/1; canceled 1/1 open 5 kill-switch"],
    ),
    case(
        "an emergency cancel that never arrived is sent again",
        "buy 5 @99; next cancel-all lost-request; kill account; pass 30s",
        &["accepted 1/1; canceled 1/1 open 5 kill-switch"],
    ),
    case(
        "an emergency cancel that the venue was too busy for is sent again",
        "buy 5 @99; next cancel-all too-many 1; kill account; pass 20s",
        &["accepted 1/1; canceled 1/1 open 5 kill-switch"],
    ),
    case("leverage is told once the venue has it", "set leverage 500", &["leverage 500; answered 1", "leverage 500; leverage 500; margin-mode cross; answered 1"])
        .needs(&[Need::Margin])
        .heeds(&[Topic::Account]),
    case(
        "leverage can be set again, and is told as it is now",
        "set leverage 500; set leverage 300",
        &[
            "leverage 500; answered 1; leverage 300; answered 2",
            "leverage 500; leverage 500; margin-mode cross; answered 1; leverage 300; leverage 300; margin-mode cross; \
             answered 2",
        ],
    )
    .needs(&[Need::Margin])
    .heeds(&[Topic::Account]),
    case(
        "leverage of the second instrument is its own",
        "set leverage 500; set leverage 700 in 2",
        &[
            "leverage 500; answered 1; leverage 700 in 2; answered 2",
            "leverage 500; leverage 500; margin-mode cross; answered 1; leverage 700 in 2; leverage 700 in 2; \
             margin-mode cross in 2; answered 2",
        ],
    )
    .needs(&[Need::Margin])
    .heeds(&[Topic::Account]),
    case("a margin mode is told once the venue has it", "set margin isolated", &["margin-mode isolated; answered 1", "leverage 2000; margin-mode isolated; answered 1"])
        .needs(&[Need::Margin])
        .heeds(&[Topic::Account]),
    case(
        "a margin mode that is there already is told",
        "set margin cross; set margin cross",
        &[
            "margin-mode cross; answered 1; margin-mode cross; answered 2",
            "leverage 2000; margin-mode cross; answered 1; leverage 2000; margin-mode cross; answered 2",
        ],
    )
    .needs(&[Need::Margin])
    .heeds(&[Topic::Account]),
    case(
        "leverage and margin mode are stated as they were set",
        "set leverage 700; set margin isolated; ask margin",
        &[
            "leverage 700; answered 1; margin-mode isolated; answered 2; leverage 700; margin-mode isolated; answered 3",
            "leverage 700; answered 1; margin-mode isolated; answered 2; margin-mode isolated; leverage 700; answered 3",
            "leverage 700; leverage 700; margin-mode cross; answered 1; leverage 700; margin-mode isolated; answered 2; \
             leverage 700; margin-mode isolated; answered 3",
        ],
    )
    .needs(&[Need::Margin])
    .heeds(&[Topic::Account]),
    case("requests use the venue's budget", "buy 5 @99; look used", &["accepted 1/1; used some"])
        .needs(&[Need::Queries, Need::MarketData]),
    case("a quiet adapter is held by nothing", "look held", &["held no"]),
    case("after the end nothing more comes", "close; look end", &["end yes"]),
    case(
        "a command after the end is refused",
        "close; buy 5 @99",
        &["transmit-refused submit 1/1 transmit-refused", ""],
    )
    .excuses(&[Law::Answers]),
    case(
        "orders stay at the venue when the session ends",
        "buy 5 @99; close; look end",
        &["accepted 1/1; end yes"],
    ),
    case("the end may be told twice", "buy 5 @99; close; close; look end", &["accepted 1/1; end yes"]),
    case(
        "what is under way at the end is unknown",
        "next submit slow 5s; unheard buy 5 @99; close; look end",
        &["outcome-unknown 1/1; end yes", "accepted 1/1; end yes"],
    ),
    case(
        "a question that waits at the end fails",
        "next order slow 8s; buy 5 @99; unheard ask order 1; close; look end",
        &["accepted 1/1; failed 1; end yes"],
    )
    .needs(&[Need::Queries]),
];
