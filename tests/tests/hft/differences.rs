//! Where both differ, on purpose or by a fault of the other side: each difference in the smallest market that shows it.
//! `docs/simulation.md` has the list with the reasons.

use expect_test::{Expect, expect};
use ringfence_sim::QueueModel;
use ringfence_tests::skip;

use crate::case::Models;
use crate::{ours, theirs};

/// What either side makes of a few lines, parted by `;`, and the fault that hftbacktest stops with.
#[track_caller]
fn check(models: &Models, lines: &str, want: (&Expect, &Expect)) -> Result<Option<String>, String> {
    let lines: String = lines.split(';').map(|line| format!("{}\n", line.trim())).collect();
    let (theirs, sum) = theirs::run(models, &lines)?;
    want.0.assert_eq(&ours::run(models, &lines).text());
    want.1.assert_eq(&theirs.text());
    Ok(sum["fault"].as_str().map(str::to_owned))
}

/// As [`check`], where hftbacktest goes on to the end.
macro_rules! differ {
    ($models:expr, $lines:expr, $ours:expr, $theirs:expr) => {
        match check(&$models, $lines, (&$ours, &$theirs)) {
            Ok(fault) => assert_eq!(fault, None),
            Err(reason) => skip!("{reason}"),
        }
    };
}

#[test]
fn an_amend_that_would_take_is_refused_here_and_ends_a_post_only_order_there() {
    differ!(
        Models::PLAIN,
        "quote 10 100 20 103 20; submit 11 1 buy 100 5 gtx; amend 12 1 103 5; quote 13 100 20 103 22",
        expect!["1 open 5"],
        expect!["1 expired 5"]
    );
}

#[test]
fn behind_the_touch_of_quotes_nobody_stands_there_and_it_is_not_known_here() {
    differ!(
        Models::PLAIN,
        "quote 10 100 20 103 20; submit 11 1 buy 99 5 gtc; trade 12 sell 99 2; quote 13 99 30 103 20; trade 14 sell 99 20; trade 15 sell 99 11",
        expect!["15: 1 5@99 maker; 1 filled 0"],
        expect!["12: 1 5@99 maker; 1 filled 0"]
    );
}

#[test]
fn what_a_limit_order_does_not_find_rests_here_and_is_filled_at_its_limit_there() {
    differ!(
        Models::PLAIN.partial(),
        "level 10 buy 100 20; level 11 sell 101 4; level 12 sell 102 6; submit 13 1 buy 102 25 gtc; level 14 sell 103 2",
        expect!["13: 1 4@101 taker; 13: 1 6@102 taker; 14: 1 15@102 maker; 1 filled 0"],
        expect!["13: 1 4@101 taker; 13: 1 21@102 taker; 1 filled 0"]
    );
}

#[test]
fn an_amended_quantity_is_the_whole_here_and_what_is_open_there() {
    differ!(
        Models::PLAIN.partial(),
        "level 10 buy 100 20; level 11 sell 103 4; submit 12 1 buy 101 9 gtc; trade 13 sell 101 2; amend 14 1 101 5; level 15 sell 103 6",
        expect!["13: 1 2@101 maker; 1 open 3"],
        expect!["13: 1 2@101 maker; 1 open 5"]
    );
}

#[test]
fn an_amend_of_price_and_quantity_changes_both_here_and_the_price_alone_there() {
    differ!(
        Models::PLAIN,
        "level 10 buy 100 20; level 11 sell 103 4; submit 12 1 buy 101 9 gtc; amend 14 1 102 5; trade 15 sell 101 2",
        expect!["15: 1 5@102 maker; 1 filled 0"],
        expect!["15: 1 9@102 maker; 1 filled 0"]
    );
}

#[test]
fn an_order_that_arrives_with_an_event_comes_before_it_here_and_after_it_there() {
    differ!(
        Models::PLAIN.legs(10, 0),
        "level 10 buy 100 20; level 11 sell 103 4; submit 15 1 buy 101 9 gtc; trade 25 sell 101 2; level 26 sell 103 6",
        expect!["25: 1 9@101 maker; 1 filled 0"],
        expect!["1 open 9"]
    );
}

#[test]
fn an_order_that_a_trade_fills_to_the_lot_ends_here_and_is_filled_again_there() {
    let lines = "level 10 buy 100 20; level 11 sell 103 4; submit 12 1 buy 101 9 gtc; trade 13 sell 101 9; trade 14 sell 101 9; level 15 sell 103 6";
    match check(
        &Models::PLAIN.partial(),
        lines,
        (&expect!["13: 1 9@101 maker; 1 filled 0"], &expect!["13: 1 9@101 maker; 1 filled 0"]),
    ) {
        Ok(fault) => assert_eq!(fault.as_deref(), Some("order status is invalid to proceed the request")),
        Err(reason) => skip!("{reason}"),
    }
}

#[test]
fn less_than_nothing_ahead_counts_as_nothing_here_and_as_a_chance_above_one_there() {
    // 3 of 20 are ahead; of 2 that go 0.545 were behind, of 1.545 ahead a trade of 2 takes 0.455 too much, and of the 15
    // that go then (16.455 / 16)^8 = 1.25 of each would have been behind.
    let lines = "level 10 sell 103 40; level 11 buy 100 3; submit 12 1 buy 100 5 gtc; level 13 buy 100 20; \
                 level 14 buy 100 18; trade 15 sell 100 2; level 16 buy 100 16; level 17 buy 100 1; trade 18 sell 100 1; \
                 level 19 sell 103 6";
    let models = Models::PLAIN.queue(QueueModel::PowerProb2, 8);
    let filled = || expect!["18: 1 5@100 maker; 1 filled 0"];
    differ!(models.clone(), lines, filled(), filled());
    differ!(Models { is_raw: true, ..models }, lines, filled(), expect!["1 open 5"]);
}
