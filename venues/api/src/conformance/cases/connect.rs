//! Connectivity: requests whose fate is not known, refusals of the venue's front, clocks and networks.

use crate::conformance::{Area, Case, Law, Need, Topic};

const fn case(rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
    Case::new(Area::Connectivity, rule, script, stories)
}

pub(super) const CASES: &[Case] = &[
    case(
        "a submit whose answer is lost is unknown, or known by the stream, and never sent again",
        "next submit lost-answer; buy 5 @99; pass 40s; touch 97/98",
        &[
            "outcome-unknown 1/1; accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
            "accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
        ],
    ),
    case(
        "a market order whose answer is lost fills once",
        "next submit lost-answer; buy 5; pass 40s",
        &[
            "outcome-unknown 1/1; accepted 1/1; filled 1/1 buy 5@102 taker leaves 0",
            "accepted 1/1; filled 1/1 buy 5@102 taker leaves 0",
        ],
    ),
    case(
        "a submit that never arrived is unknown until the venue was asked often and long enough",
        "next submit lost-request; buy 5 @99; pass 60s",
        &["outcome-unknown 1/1; transmit-refused submit 1/1 transmit-refused"],
    ),
    case(
        "a submit that never arrived is not given up early",
        "next submit lost-request; buy 5 @99; pass 5s",
        &["outcome-unknown 1/1", ""],
    )
    .excuses(&[Law::Answers]),
    case(
        "after a submit that never arrived the next one goes its way",
        "next submit lost-request; buy 5 @99; buy 4 @98; pass 60s; touch 96/97",
        &["accepted 1/2; outcome-unknown 1/1; transmit-refused submit 1/1 transmit-refused; \
           filled 1/2 buy 4@98 maker leaves 0"],
    ),
    case(
        "a submit for which no connection came about is refused at once",
        "next submit unsent; buy 5 @99; buy 4 @98",
        &["transmit-refused submit 1/1 transmit-refused; accepted 1/2"],
    ),
    case(
        "a submit whose answer is cut is unknown, or known by the stream",
        "next submit cut-answer; buy 5 @99; pass 40s",
        &["outcome-unknown 1/1; accepted 1/1", "accepted 1/1"],
    ),
    case(
        "a submit that is answered later than anybody waits is found",
        "next submit slow 20s; buy 5 @99; pass 60s; touch 97/98",
        &[
            "accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
            "outcome-unknown 1/1; accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
        ],
    ),
    case(
        "an answer with a field that nobody knows is an answer",
        "next submit strange-field; buy 5 @99; touch 97/98",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a venue that says it does not know is asked, and the order was never there",
        "next submit says-unknown; buy 5 @99; pass 60s",
        &["outcome-unknown 1/1; transmit-refused submit 1/1 transmit-refused"],
    ),
    case(
        "a venue that says it does not know is asked, and the order is there",
        "next submit says-unknown-done; buy 5 @99; pass 60s; touch 97/98",
        &[
            "outcome-unknown 1/1; accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
            "accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
        ],
    ),
    case(
        "a venue that says it is unavailable did nothing, or is asked",
        "next submit says-unavailable; buy 5 @99; pass 60s",
        &[
            "transmit-refused submit 1/1 transmit-refused",
            "outcome-unknown 1/1; transmit-refused submit 1/1 transmit-refused",
        ],
    ),
    case(
        "a venue that says something inside failed did nothing, or is asked",
        "next submit says-internal; buy 5 @99; pass 60s",
        &[
            "transmit-refused submit 1/1 transmit-refused",
            "outcome-unknown 1/1; transmit-refused submit 1/1 transmit-refused",
        ],
    ),
    case(
        "a cancel whose answer is lost ends the order once",
        "buy 5 @99; next cancel lost-answer; cancel 1; pass 60s",
        &[
            "accepted 1/1; canceled 1/1 open 5 asked by 1/2",
            "accepted 1/1; outcome-unknown 1/1 by 1/2; canceled 1/1 open 5 asked by 1/2",
        ],
    ),
    case(
        "a cancel that never arrived leaves the order, which is told",
        "buy 5 @99; next cancel lost-request; cancel 1; pass 60s; touch 97/98",
        &["accepted 1/1; outcome-unknown 1/1 by 1/2; cancel-rejected 1/1 unknown by 1/2; \
           reported 1/1 ACCEPTED buy 5@99 filled 0; filled 1/1 buy 5@99 maker leaves 0"],
    ),
    case(
        "a cancel for which no connection came about is refused at once, and may be sent anew",
        "buy 5 @99; next cancel unsent; cancel 1; cancel 1",
        &["accepted 1/1; transmit-refused cancel 1/1 transmit-refused by 1/2; canceled 1/1 open 5 asked by 1/3"],
    ),
    case(
        "an amend whose answer is lost is done once",
        "buy 5 @99; next amend lost-answer; amend 1 7@98; pass 60s; touch 96/97",
        &[
            "accepted 1/1; amended 1/1 7@98 by 1/2; filled 1/1 buy 7@98 maker leaves 0",
            "accepted 1/1; outcome-unknown 1/1 by 1/2; amended 1/1 7@98 by 1/2; filled 1/1 buy 7@98 maker leaves 0",
        ],
    )
    .needs(&[Need::Amend]),
    case(
        "an amend that never arrived leaves the order as it is, which is told",
        "buy 5 @99; next amend lost-request; amend 1 7@98; pass 60s; touch 96/97",
        &["accepted 1/1; outcome-unknown 1/1 by 1/2; amend-rejected 1/1 unknown by 1/2; \
           reported 1/1 ACCEPTED buy 5@99 filled 0; filled 1/1 buy 5@99 maker leaves 0"],
    )
    .needs(&[Need::Amend]),
    case(
        "an amend for which no connection came about is refused at once",
        "buy 5 @99; next amend unsent; amend 1 7@98; touch 96/97",
        &["accepted 1/1; transmit-refused amend 1/1 transmit-refused by 1/2; filled 1/1 buy 5@99 maker leaves 0"],
    )
    .needs(&[Need::Amend]),
    case(
        "too many requests is no rejection, and holds submits for as long as the venue says",
        "next submit too-many 5; buy 5 @99; look held; buy 4 @99; pass 6s; look held; buy 3 @99",
        &["transmit-refused submit 1/1 rate-limited; held yes; transmit-refused submit 1/2 rate-limited; held no; \
           accepted 1/3"],
    ),
    case(
        "too many requests without a time holds submits for a while",
        "next submit too-many; buy 5 @99; pass 10s; buy 4 @99; pass 60s; buy 3 @99",
        &["transmit-refused submit 1/1 rate-limited; transmit-refused submit 1/2 rate-limited; accepted 1/3"],
    ),
    case(
        "cancels pass while submits are held",
        "buy 5 @99; next submit too-many 30; buy 4 @99; cancel 1",
        &["accepted 1/1; transmit-refused submit 1/2 rate-limited; canceled 1/1 open 5 asked by 1/3"],
    ),
    case(
        "emergency cancels pass while submits are held",
        "buy 5 @99; next submit too-many 30; buy 4 @99; kill account",
        &["accepted 1/1; transmit-refused submit 1/2 rate-limited; canceled 1/1 open 5 kill-switch"],
    ),
    case(
        "a ban is the end of everything until it is over",
        "next submit banned 30; unheard buy 5 @99; buy 4 @99; pass 60s; buy 3 @99",
        &["transmit-refused submit 1/1 rate-limited; down; transmit-refused submit 1/2 rate-limited; reconciling; \
             reconciled; up; accepted 1/3"],
    )
    .heeds(&[Topic::Link]),
    case(
        "an emergency cancel during a ban goes out when it is over",
        "buy 5 @99; next submit banned 30; buy 4 @99; kill account; pass 60s",
        &["accepted 1/1; transmit-refused submit 1/2 rate-limited; canceled 1/1 open 5 kill-switch"],
    ),
    case(
        "a time stamp that is off costs a look at the clock, and the order goes out once",
        "next submit stale-stamp; buy 5 @99; pass 5s; touch 97/98",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    )
    .excuses(&[Law::Once]),
    case(
        "a cancel whose time stamp is off goes out once the clock was read",
        "buy 5 @99; next cancel stale-stamp; cancel 1; pass 5s",
        &["accepted 1/1; canceled 1/1 open 5 asked by 1/2"],
    ),
    case(
        "a venue whose clock jumps ahead is traded on",
        "skew 7000; buy 5 @99; pass 10s; touch 97/98",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    )
    .excuses(&[Law::Time, Law::Once]),
    case(
        "a venue whose clock jumps back is traded on",
        "skew -7000; buy 5 @99; pass 10s; touch 97/98",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    )
    .excuses(&[Law::Time, Law::Once]),
    case(
        "requests that do not get through make the venue down, and it comes up again",
        "network off; ask orders; pass 400s; network on; pass 400s; buy 5 @102",
        &[
            "failed 1; down; reconciling; reconciled; up; accepted 1/1; filled 1/1 buy 5@102 taker leaves 0",
            "down; failed 1; reconciling; reconciled; up; accepted 1/1; filled 1/1 buy 5@102 taker leaves 0",
        ],
    )
    .heeds(&[Topic::Link])
    .needs(&[Need::Queries]),
    case(
        "a question about an order that does not get through is asked again",
        "buy 5 @99; next order lost-request; ask order 1; pass 40s",
        &["accepted 1/1; reported 1/1 ACCEPTED buy 5@99 filled 0; answered 1"],
    )
    .needs(&[Need::Queries]),
    case(
        "fills that could not be had at once are had later",
        "messages lose-fill; next fills lost-request; buy 5; pass 60s",
        &["accepted 1/1; filled 1/1 buy 5@102 taker leaves 0"],
    ),
    case(
        "a fill after an unknown outcome is told once",
        "next submit lost-answer; buy 5 @99; touch 97/98; pass 60s",
        &[
            "outcome-unknown 1/1; accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
            "accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
        ],
    ),
    case(
        "an order of unknown outcome can be canceled",
        "next submit lost-answer; buy 5 @99; cancel 1; pass 60s; touch 97/98",
        &[
            "outcome-unknown 1/1; accepted 1/1; canceled 1/1 open 5 asked by 1/2",
            "accepted 1/1; canceled 1/1 open 5 asked by 1/2",
        ],
    ),
    case(
        "an order of unknown outcome is ended by an emergency cancel",
        "next submit lost-answer; buy 5 @99; kill account; pass 60s",
        &[
            "outcome-unknown 1/1; accepted 1/1; canceled 1/1 open 5 kill-switch",
            "accepted 1/1; canceled 1/1 open 5 kill-switch",
        ],
    ),
    case(
        "a break of the account in the middle of an unknown outcome loses nothing",
        "cut user; pass 60s; next submit lost-answer; buy 5 @99; cut user; touch 97/98; pass 90s",
        &[
            "outcome-unknown 1/1; accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
            "accepted 1/1; filled 1/1 buy 5@99 maker leaves 0",
            "accepted 1/1; outcome-unknown 1/1; filled 1/1 buy 5@99 maker leaves 0",
        ],
    ),
    case(
        "breaks of market and account do not disturb each other",
        "buy 5 @99; cut market; cut user; pass 60s; touch 97/98",
        &["accepted 1/1; filled 1/1 buy 5@99 maker leaves 0"],
    ),
];
