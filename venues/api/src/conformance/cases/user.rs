//! User stream: what an account is told without asking, whatever becomes of the messages.

use crate::conformance::{Area, Case, Law, Need, Topic};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::User, rule, script, stories).needs(&[Need::UserStream])
}

pub(super) const CASES: &[Case] = &[
    case(
        "fills are told without asking",
        "buy 5 @99; sell 4 @103; touch 97/98; touch 104/105",
        &["accepted 1/1; accepted 1/2; filled 1/1 buy 5@99 maker leaves 0; filled 1/2 sell 4@103 maker leaves 0"],
    ),
    case(
        "messages that come twice are told once",
        "messages twice 20; buy 5 @99; touch 97/98; buy 4 @90; cancel 2",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0; accepted 1/2; canceled 1/2 open 4 asked by 1/3"],
    ),
    case(
        "parts of a fill that come twice are told once each",
        "messages twice 20; buy 5 @99; touch 97x9/98x3; touch 96x9/97x9",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; filled 1/1 buy 2@99 maker leaves 0"],
    ),
    case(
        "a fill whose message is lost is told in the end",
        "buy 5 @99; messages lose-fill; touch 97/98; pass 60s",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a fill that the answer to the order knows of and the stream never tells is told",
        "messages lose-fill; buy 5; pass 60s",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"],
    ),
    case(
        "an end whose message is lost is told in the end",
        "buy 5 @99; messages lose-end; foreign-cancel; pass 60s",
        &["accepted 1/1; canceled 1/1 open 5 venue"],
    ),
    case(
        "the end of a cancel whose message is lost is told by its answer",
        "buy 5 @99; messages lose-end; cancel 1",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2"],
    ),
    case(
        "messages that are late change nothing of what is told",
        "messages late 1500ms; buy 5 @99; touch 97/98; pass 5s",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a part of a fill that is overtaken by the next one is told all the same",
        "buy 5 @99; messages late 1500ms; touch 97x9/98x3; touch 96x9/97x9; pass 5s",
        &[
            "accepted 1/1; filled 1/1 buy 2@99 maker leaves 0; filled 1/1 buy 3@99 maker leaves 2",
            "accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; filled 1/1 buy 2@99 maker leaves 0",
        ],
    )
    .excuses(&[Law::Open, Law::Time, Law::Sense]),
    case(
        "a fill that is overtaken by a confirmed cancel is told before the end",
        "buy 5 @99; messages late 1500ms; touch 97x9/98x3; cancel 1; pass 5s",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; canceled 1/1 open 2 asked by 1/2"],
    ),
    case(
        "a message that cannot be read leads to a reconciliation and nothing is missing",
        "buy 5 @99; messages garbled; touch 97/98; pass 60s",
        &["accepted 1/1; down; reconciling; filled 1/1 buy 5@99 maker leaves 0; reconciled; up"],
    )
    .heeds(&[Topic::Link]),
    case(
        "an account that is cut off is down, reconciles, and is up again",
        "cut user; pass 60s",
        &["down; reconciling; reconciled; up"],
    )
    .heeds(&[Topic::Link]),
    case(
        "a fill during a break is told once, before the account is up again",
        "buy 5 @99; cut user; touch 97/98; pass 60s; touch 95/96",
        &["accepted 1/1; down; reconciling; filled 1/1 buy 5@99 maker leaves 0; reconciled; up"],
    )
    .heeds(&[Topic::Link]),
    case(
        "a part of a fill during a break is told, and the rest afterwards",
        "buy 5 @99; cut user; touch 97x9/98x3; pass 60s; touch 96x9/97x9",
        &["accepted 1/1; filled 1/1 buy 3@99 maker leaves 2; filled 1/1 buy 2@99 maker leaves 0"],
    ),
    case(
        "an end during a break is told",
        "buy 5 @99; buy 4 @98; cut user; foreign-cancel; pass 60s",
        &[
            "accepted 1/1; accepted 1/2; canceled 1/1 open 5 venue; canceled 1/2 open 4 venue",
            "accepted 1/1; accepted 1/2; canceled 1/2 open 4 venue; canceled 1/1 open 5 venue",
        ],
    ),
    case(
        "what was told before a break is not told again",
        "buy 5 @99; buy 4 @98; touch 97/99; cut user; pass 60s; cut user; pass 60s",
        &["accepted 1/1; accepted 1/2; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "balances are told after a break",
        "cut user; pass 60s",
        &[
            "position net 0; position net 0 in 2; balance of currency 1",
            "balance of currency 1; balance of currency 2",
            "balance of currency 2; balance of currency 1",
        ],
    )
    .heeds(&[Topic::Account]),
    case(
        "an order that is sent while the account is cut off is refused",
        "unheard cut user; buy 5 @99",
        &["transmit-refused submit 1/1 transmit-refused"],
    ),
    case(
        "a cancel passes while the account is cut off",
        "buy 5 @99; cut user; cancel 1; pass 60s",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2"],
    ),
    case(
        "an emergency cancel passes while the account is cut off",
        "buy 5 @99; cut user; kill account; pass 60s",
        &["accepted 1/1; canceled 1/1 open 5 kill-switch"],
    ),
    case(
        "the account of the other adapter goes on while one is cut off",
        "2: buy 5 @99; cut user; touch 97/98; pass 60s",
        &["accepted 2/1; filled 2/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a connection that falls silent is found out, and a fill in it is told once",
        "buy 5 @99; stall user 300s; touch 97/98; pass 120s; touch 95/96",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case("a quiet account with an open order stays up", "buy 5 @90; pass 300s", &["accepted 1/1"])
        .heeds(&[Topic::Link]),
    case(
        "a key that expires is renewed, and fills after it are told",
        "buy 5 @99; expire-key; pass 60s; touch 97/98",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a fill between the end of a key and the next one is told once",
        "buy 5 @99; expire-key; touch 97/98; pass 60s",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case("a transfer is told", "transfer 250", &["adjusted transfer of currency 1"]).heeds(&[Topic::Account]),
    case("a withdrawal is told", "transfer -250", &["adjusted transfer of currency 1"]).heeds(&[Topic::Account]),
    case(
        "funding is told where there is a position",
        "buy 5; fund",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; adjusted funding of currency 1"],
    )
    .needs(&[Need::UserStream, Need::Margin])
    .heeds(&[Topic::Account]),
];
