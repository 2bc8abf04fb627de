//! Permissions: regions, windows, venues that are down, statements that a venue has not made.

use alloc::format;

use expect_test::expect;

use crate::tests::check;

#[test]
fn a_region_that_the_venue_blocks_or_that_is_not_stated_is_denied() {
    check(
        "with deny region-blocked
         with blocks US
         strategy 1: buy 1 limit 90
         0s quote 100 5 101 5
         with region US
         1s config
         strategy 1: buy 1 limit 90
         2s quote 100 5 101 6
         with region DE
         3s config
         strategy 1: buy 1 limit 90
         4s quote 100 5 101 7
         with region US
         with no region-blocked
         5s config
         strategy 1: buy 1 limit 90
         6s quote 100 5 101 8",
        expect![[r#"
            0s
              1/1 denied D-REGION-BLOCKED limit 0 value 1 allowed 0
            1s
            2s
              s1 outcome 1: denied-not-authorised
              1/2 denied D-REGION-BLOCKED limit 0 value 1 allowed 0
            3s
            4s
              s1 outcome 2: denied-not-authorised
              1/3 sent buy 1 limit @90 gtc on 1
            5s
            6s
              1/4 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn outside_the_venues_window_nothing_new_is_sent_and_cancels_are() {
    check(
        // Scripts begin on a Tuesday (bit 1) at 80000 s of the day.
        "with deny venue-window
         with window 2 80001 80010
         strategy 1: buy 1 limit 90
         0s quote 100 5 101 5
         strategy 1: buy 1 limit 90
         1s quote 100 5 101 6
         2s accept 1/2
         strategy 1: buy 1 limit 90
         9s+999999999 quote 100 5 101 7
         strategy 1: buy 1 limit 90; cancel 2
         10s quote 100 5 101 8
         with no venue-window
         11s config
         strategy 1: buy 1 limit 90
         12s quote 100 5 101 9",
        expect![[r#"
            0s
              1/1 denied D-VENUE-WINDOW limit 0 value 80000 allowed 0
            1s
              s1 outcome 1: denied-other
              1/2 sent buy 1 limit @90 gtc on 1
            2s
            9s+999999999
              1/3 sent buy 1 limit @90 gtc on 1
            10s
              1/4 denied D-VENUE-WINDOW limit 0 value 80010 allowed 0
              1/5 sent cancel of 1/2 on 1
            11s
            12s
              s1 outcome 4: denied-other
              1/6 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_venue_that_cannot_be_reached_is_denied_new_orders_or_holds_them() {
    check(
        "with deny venue-unavailable
         0s quote 100 5 101 5
         1s venue-down
         strategy 1: buy 1 limit 90
         2s quote 100 5 101 6
         with no venue-unavailable
         3s config
         strategy 1: buy 1 limit 90
         4s quote 100 5 101 7
         show queue
         with deny venue-unavailable
         5s venue-up
         strategy 1: buy 1 limit 90
         6s quote 100 5 101 8",
        expect![[r#"
            0s
            1s
            2s
              1/1 denied D-VENUE-UNAVAILABLE limit 0 value 1 allowed 0
            3s
            4s
              s1 outcome 1: denied-other
              queue: 1/2
            5s
              1/2 sent buy 1 limit @90 gtc on 1
            6s
              1/3 sent buy 1 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn nothing_is_traded_on_margin_before_leverage_and_margin_mode_are_reported() {
    check(
        "with deny leverage-reported
         with deny margin-mode-reported
         with margin C 1000 500
         0s C quote 10 5 10 5
         # What is fully paid needs neither.
         strategy 1: C buy 1 limit 10; B buy 100 limit 10000
         1s B quote 10000 50 10010 50
         2s C leverage 500
         strategy 1: C buy 1 limit 10
         3s C quote 10 5 10 6
         4s C margin-mode isolated
         strategy 1: C buy 1 limit 10
         # Account 2 has reported nothing.
         strategy 3: C buy 1 limit 10
         5s C quote 10 5 10 7
         with no leverage-reported
         with no margin-mode-reported
         6s config
         strategy 3: C buy 1 limit 10
         7s C quote 10 5 10 8",
        expect![[r#"
            0s
            1s
              1/1 denied D-LEVERAGE-NOT-REPORTED limit 0 value 3 allowed 0
              1/2 sent buy 100 limit @10000 gtc on 1
            2s
            3s
              s1 outcome 1: denied-margin
              1/3 denied D-MARGIN-MODE-NOT-REPORTED limit 0 value 3 allowed 0
            4s
            5s
              s1 outcome 3: denied-margin
              3/1 denied D-LEVERAGE-NOT-REPORTED limit 0 value 3 allowed 0
              1/4 sent buy 1 limit @10 gtc on 1
            6s
            7s
              s3 outcome 1: denied-margin
              3/2 sent buy 1 limit @10 gtc on 2
        "#]],
    );
}

#[test]
fn live_nothing_is_traded_before_the_venue_states_the_leverage_and_margin_mode_that_are_configured() {
    check(
        "with mode live
         with lane 1 live
         with deny leverage-reported
         with deny margin-mode-reported
         with venue-leverage 50000
         with venue-margin-mode cross
         with perpetual C
         0s C quote 10 5 10 5
         # What has no leverage needs none.
         strategy 1: C buy 1 limit 10; B buy 100 limit 10000
         1s B quote 10000 50 10010 50
         # The venue kept what it had.
         2s C leverage 500
         strategy 1: C buy 1 limit 10
         3s C quote 10 5 10 6
         4s C leverage 50000
         5s C margin-mode isolated
         strategy 1: C buy 1 limit 10
         6s C quote 10 5 10 7
         7s C margin-mode cross
         strategy 1: C buy 1 limit 10
         8s C quote 10 5 10 8
         # Somebody sets it anew at the venue.
         9s C leverage 49999
         strategy 1: C buy 1 limit 10
         10s C quote 10 5 10 9",
        expect![[r#"
            0s
            1s
              1/1 denied D-LEVERAGE-NOT-REPORTED limit 0 value 3 allowed 0
              1/2 sent buy 100 limit @10000 gtc on 1
            2s
            3s
              s1 outcome 1: denied-margin
              1/3 denied D-LEVERAGE-NOT-REPORTED limit 50000 value 500 allowed 50000
            4s
            5s
            6s
              s1 outcome 3: denied-margin
              1/4 denied D-MARGIN-MODE-NOT-REPORTED limit 1 value 2 allowed 1
            7s
            8s
              s1 outcome 4: denied-margin
              1/5 sent buy 1 limit @10 gtc on 1
            9s
            10s
              1/6 denied D-LEVERAGE-NOT-REPORTED limit 50000 value 49999 allowed 50000
        "#]],
    );
}

#[test]
fn a_simulated_venue_has_no_settings_that_could_be_refused() {
    for mode in ["backtest", "paper", "shadow"] {
        let script = format!(
            "with mode {mode}
             with lane 1 live
             with deny leverage-reported
             with deny margin-mode-reported
             with venue-leverage 50000
             with venue-margin-mode cross
             with perpetual C
             strategy 1: C buy 1 limit 10
             1s C quote 10 5 10 5"
        );
        let want = expect![[r#"
            1s
              1/1 sent buy 1 limit @10 gtc on 1
        "#]];
        check(&script, want);
    }
}

#[test]
fn closing_by_itself_does_not_authorise_a_strategy() {
    check(
        "strategy 1: buy 5 limit 101
         0s quote 100 5 101 5
         1s fill 1/1 5 @101
         with unauthorised 1 A
         2s config
         strategy 1: sell 5 limit 100 reduce-only
         3s quote 100 5 101 6",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @101 gtc on 1
            1s
            2s
            3s
              1/2 denied D-NOT-AUTHORISED limit 0 value 1 allowed 0
        "#]],
    );
}
