//! Cancels: ends on request, and the races around them.

use crate::conformance::{Area, Case, Law, Need};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::Orders, rule, script, stories)
}

pub(super) const CASES: &[Case] = &[
    case(
        "a cancel ends a resting buy and says what was open",
        "buy 5 @99; cancel 1; touch 97/98",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2"],
    ),
    case(
        "a cancel ends a resting sell and says what was open",
        "sell 5 @103; cancel 1; touch 104/105",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2"],
    ),
    case(
        "a cancel ends a post-only order",
        "buy 5 @99 post; cancel 1; touch 97/98",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2"],
    ),
    case(
        "a cancel ends a reduce-only order",
        "buy 5; sell 5 @103 reduce; cancel 2; touch 104/105",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0; accepted 1/2; canceled 1/2 open 5 asked by 1/3"],
    )
    .needs(&[Need::ReduceOnly]),
    case(
        "a cancel touches no other order",
        "buy 5 @99; buy 4 @98; buy 3 @97; cancel 2; touch 90/91",
        &["accepted 1/1; accepted 1/2; accepted 1/3; canceled 1/2 open 4 asked by 1/4; \
           filled 1/1 buy 5@99 maker leaves 0; filled 1/3 buy 3@97 maker leaves 0"],
    ),
    case(
        "a cancel of an order that never arrived is refused as unknown",
        "lose buy 5 @99; pretend accepted 1; cancel 1; pass 40s",
        &["cancel-rejected 1/1 unknown-order by 1/2"],
    )
    .excuses(&[Law::Sense]),
    case(
        "a cancel that comes after the fill is refused as too late",
        "buy 5 @99; unheard touch 97/98; cancel 1",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0; cancel-rejected 1/1 too-late by 1/2"],
    ),
    case(
        "a cancel that comes after an emergency cancel is refused as too late",
        "buy 5 @99; unheard kill account; cancel 1",
        &["accepted 1/1; canceled 1/1 open 5 kill-switch; cancel-rejected 1/1 too-late by 1/2"],
    ),
    case(
        "a wish to cancel all ends every order of the strategy and no other",
        "buy 5 @99; sell 4 @104; 3: buy 3 @98; 2: buy 2 @97; cancel-all",
        &[
            "accepted 1/1; accepted 1/2; accepted 3/1; accepted 2/1; canceled 1/1 open 5 asked by 1/3; \
             canceled 1/2 open 4 asked by 1/3.1",
            "accepted 1/1; accepted 1/2; accepted 3/1; accepted 2/1; canceled 1/1 open 5 asked by 1/3.1; \
             canceled 1/2 open 4 asked by 1/3.2",
        ],
    ),
    case(
        "a wish to cancel all reaches both instruments",
        "buy 5 @99; buy 4 @9900 in 2; cancel-all",
        &[
            "accepted 1/1; accepted 1/2 in 2; canceled 1/1 open 5 asked by 1/3; canceled 1/2 open 4 asked by 1/3.1 in 2",
            "accepted 1/1; accepted 1/2 in 2; canceled 1/1 open 5 asked by 1/3.1; \
             canceled 1/2 open 4 asked by 1/3.2 in 2",
        ],
    ),
    case(
        "orders go in and out many times and none is left behind",
        "buy 1 @99; cancel 1; buy 2 @99; cancel 3; buy 3 @99; cancel 5; touch 97/98",
        &["accepted 1/1; canceled 1/1 open 1 asked by 1/2; accepted 1/3; canceled 1/3 open 2 asked by 1/4; \
           accepted 1/5; canceled 1/5 open 3 asked by 1/6"],
    ),
    case(
        "a fill that comes after the confirmed cancel is told",
        "buy 5 @99; next cancel late-fill; cancel 1; pass 5s",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2; filled 1/1 buy 5@99 maker leaves 0"],
    )
    .excuses(&[Law::Life, Law::Sense]),
    case(
        "an order that somebody else canceled ends by the venue",
        "buy 5 @99; foreign-cancel",
        &["accepted 1/1; canceled 1/1 open 5 venue"],
    ),
    case(
        "a cancel that somebody else's cancel overtook is refused as too late",
        "buy 5 @99; unheard foreign-cancel; cancel 1",
        &["accepted 1/1; canceled 1/1 open 5 venue; cancel-rejected 1/1 too-late by 1/2"],
    ),
];
