//! Queue: when does approved work leave, and in which order?

use expect_test::expect;

use crate::tests::check;
use crate::tests::script::run_world;

#[test]
fn cancels_leave_before_amends_before_submits_and_one_command_is_in_flight() {
    check(
        "strategy 1: buy 1 limit 90; buy 2 limit 91
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         strategy 1: buy 3 limit 92; amend 1 price 89; buy 4 limit 93; cancel 2
         2s quote 100 5 101 6
         # The amend is under way: the cancel of the same order waits for its answer.
         strategy 1: cancel 1
         3s quote 100 5 101 7
         show queue
         4s amended 1/1 89 1
         show orders
         show queue",
        expect![[r#"
            0s
              1/1 sent buy 1 limit @90 gtc on 1
              1/2 sent buy 2 limit @91 gtc on 1
            1s
            1s
            2s
              1/6 sent cancel of 1/2 on 1
              1/4 sent amend of 1/1 to 1 @89 on 1
              1/3 sent buy 3 limit @92 gtc on 1
              1/5 sent buy 4 limit @93 gtc on 1
            3s
              queue: 1/7
            4s
              1/7 sent cancel of 1/1 on 1
              1/1 PENDING_CANCEL 0/1 @89 reserved 1
              1/2 PENDING_CANCEL 0/2 @91 reserved 2
              1/3 SUBMITTED 0/3 @92 reserved 3
              1/5 SUBMITTED 0/4 @93 reserved 4
              queue: empty
        "#]],
    );
}

#[test]
fn a_cancel_of_an_unacknowledged_order_waits_and_then_leaves() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         strategy 1: cancel 1
         0s quote 100 5 101 6
         show queue
         1s time
         2s accept 1/1
         show queue
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            0s
              queue: 1/2
            1s
            2s
              1/2 sent cancel of 1/1 on 1
              queue: empty
              1/1 PENDING_CANCEL 0/5 @90 reserved 5
        "#]],
    );
}

#[test]
fn a_cancel_of_an_unknown_order_leaves_and_an_amend_of_it_waits() {
    check(
        "strategy 1: buy 5 limit 90; buy 6 limit 91
         0s quote 100 5 101 5
         1s unknown 1/1
         1s unknown 1/2
         strategy 1: cancel 1; amend 2 qty 7
         2s quote 100 5 101 6
         show queue
         3s accept 1/2",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
              1/2 sent buy 6 limit @91 gtc on 1
            1s
            1s
            2s
              1/3 sent cancel of 1/1 on 1
              queue: 1/4
            3s
              1/4 sent amend of 1/2 to 7 @91 on 1
        "#]],
    );
}

#[test]
fn what_waits_for_an_order_that_ended_is_withdrawn() {
    check(
        "strategy 1: buy 5 limit 90; buy 6 limit 91
         0s quote 100 5 101 5
         strategy 1: cancel 1; amend 2 qty 9
         1s quote 100 5 101 6
         show queue
         show position 1
         2s fill 1/1 5 @90
         3s canceled 1/2
         show queue
         show position 1
         strategy 1: see
         4s quote 100 5 101 7",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
              1/2 sent buy 6 limit @91 gtc on 1
            1s
              queue: 1/3 1/4
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 14/0
            2s
              1/3 withdrawn by 1/1
            3s
              s1 outcome 3: withdrawn
              1/4 withdrawn by 1/2
              queue: empty
              position 1: qty 5 cost 450 realised 0 fees 0 reserved 0/0
            4s
              s1 outcome 4: withdrawn
              s1 sees 5x100 101x7 position 5 orders []
        "#]],
    );
}

#[test]
fn a_cancel_annihilates_a_queued_submit() {
    check(
        "0s venue-down
         strategy 1: buy 5 limit 90; buy 6 limit 91
         1s quote 100 5 101 5
         show queue
         show position 1
         strategy 1: cancel 1
         2s quote 100 5 101 6
         show queue
         show position 1
         show open
         3s venue-up
         show queue
         4s quote 100 5 101 7",
        expect![[r#"
            0s
            1s
              queue: 1/1 1/2
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 11/0
            2s
              1/1 withdrawn by 1/3
              1/3 withdrawn by 1/1
              queue: 1/2
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 6/0
              open: 1 0 0
            3s
              1/2 sent buy 6 limit @91 gtc on 1
              queue: empty
            4s
              s1 outcome 1: withdrawn
              s1 outcome 3: withdrawn
        "#]],
    );
}

#[test]
fn a_venue_that_is_down_holds_everything_back() {
    check(
        "strategy 1: buy 5 limit 90; buy 6 limit 91
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         2s venue-down
         strategy 1: cancel 1; amend 2 qty 7; buy 1 limit 92
         3s quote 100 5 101 6
         show queue
         4s venue-up
         show queue",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
              1/2 sent buy 6 limit @91 gtc on 1
            1s
            1s
            2s
            3s
              queue: 1/3 1/4 1/5
            4s
              1/3 sent cancel of 1/1 on 1
              1/4 sent amend of 1/2 to 7 @91 on 1
              1/5 sent buy 1 limit @92 gtc on 1
              queue: empty
        "#]],
    );
}

#[test]
fn a_newer_amend_supersedes_a_queued_one() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         strategy 1: amend 1 qty 9
         1s quote 100 5 101 6
         show position 1
         strategy 1: amend 1 qty 7
         2s quote 100 5 101 7
         show queue
         # Only what the newer one needs stays reserved.
         show position 1
         3s accept 1/1
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 9/0
            2s
              1/2 superseded by 1/3
              queue: 1/3
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 7/0
            3s
              s1 outcome 2: superseded
              1/3 sent amend of 1/1 to 7 @90 on 1
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 7/0
        "#]],
    );
}

#[test]
fn a_second_cancel_of_the_same_order_adds_nothing() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         strategy 1: cancel 1; cancel 1
         0s quote 100 5 101 6
         show queue
         1s accept 1/1
         # One is under way; the next waits for its answer and comes to nothing.
         strategy 1: cancel 1
         2s quote 100 5 101 6
         show queue
         3s canceled 1/1
         show queue",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            0s
              1/3 superseded by 1/2
              queue: 1/2
            1s
              s1 outcome 3: superseded
              1/2 sent cancel of 1/1 on 1
            2s
              queue: 1/4
            3s
              1/4 withdrawn by 1/1
              queue: empty
        "#]],
    );
}

#[test]
fn a_cancel_takes_a_queued_amend_of_its_order_with_it() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         strategy 1: amend 1 qty 9; cancel 1
         1s quote 100 5 101 6
         show queue
         show position 1
         2s accept 1/1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
              1/2 withdrawn by 1/3
              queue: 1/3
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
            2s
              s1 outcome 2: withdrawn
              1/3 sent cancel of 1/1 on 1
        "#]],
    );
}

#[test]
fn a_cancel_that_was_refused_can_be_asked_for_again() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         strategy 1: cancel 1
         2s quote 100 5 101 6
         strategy 1: cancel 1
         3s quote 100 5 101 7
         4s cancel-reject 1/1
         show queue
         5s cancel-reject 1/1
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            2s
              1/2 sent cancel of 1/1 on 1
            3s
            4s
              1/3 sent cancel of 1/1 on 1
              queue: empty
            5s
              1/1 ACCEPTED 0/5 @90 reserved 5
        "#]],
    );
}

#[test]
fn an_approval_lives_300_seconds_of_event_time_and_not_a_ns_longer() {
    check(
        "0s venue-down
         strategy 1: buy 5 limit 90
         1s quote 100 5 101 5
         show wake
         301s time
         show queue
         show wake
         301s+1 time
         show queue
         show wake
         show position 1
         show open
         302s quote 100 5 101 5",
        expect![[r#"
            0s
            1s
              wake: 301s+1
            301s
              queue: 1/1
              wake: 301s+1
            301s+1
              1/1 approval of 1s expired
              queue: empty
              wake: never
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
              open: 0 0 0
            302s
              s1 outcome 1: approval-expired
        "#]],
    );
}

#[test]
fn an_amend_expires_like_a_submit_and_gives_back_its_reservation() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         1s venue-down
         strategy 1: amend 1 qty 9
         2s quote 100 5 101 5
         show position 1
         302s time
         show queue
         302s+1 time
         show queue
         show position 1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            1s
            2s
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 9/0
            302s
              queue: 1/2
            302s+1
              1/2 approval of 2s expired
              queue: empty
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 5/0
        "#]],
    );
}

#[test]
fn an_amend_that_fills_have_overtaken_is_withdrawn() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         strategy 1: amend 1 qty 3
         1s quote 100 5 101 6
         2s fill 1/1 3 @90
         show queue
         show orders",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            2s
              1/2 withdrawn by 1/1
              queue: empty
              1/1 PARTIALLY_FILLED 3/5 @90 reserved 2
        "#]],
    );
}

#[test]
fn a_waiting_cancel_does_not_expire() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         strategy 1: cancel 1
         1s quote 100 5 101 6
         show queue
         show wake
         1000s time
         1001s accept 1/1",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
              queue: 1/2
              wake: never
            1000s
            1001s
              1/2 sent cancel of 1/1 on 1
        "#]],
    );
}

#[test]
fn an_approval_that_is_still_good_leaves_at_its_last_moment() {
    check(
        "0s venue-down
         strategy 1: buy 5 limit 90
         1s quote 100 5 101 5
         301s venue-up",
        expect![[r#"
            0s
            1s
            301s
              1/1 sent buy 5 limit @90 gtc on 1
        "#]],
    );
}

#[test]
fn a_submit_and_its_cancel_in_one_step_come_to_nothing() {
    check(
        "strategy 1: buy 5 limit 90; cancel 1
         0s quote 100 5 101 5
         show position 1
         show open",
        expect![[r#"
            0s
              1/1 withdrawn by 1/2
              1/2 withdrawn by 1/1
              position 1: qty 0 cost 0 realised 0 fees 0 reserved 0/0
              open: 0 0 0
        "#]],
    );
}

#[test]
fn collective_cancels_take_queued_submits_with_them() {
    check(
        "strategy 1: buy 5 limit 90
         0s quote 100 5 101 5
         1s accept 1/1
         1s venue-down
         strategy 1: buy 6 limit 91; B buy 100 limit 10000; cancel-all A
         strategy 2: buy 7 limit 92
         2s quote 100 5 101 6
         show queue
         strategy 1: flatten
         3s quote 100 5 101 7
         show queue",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
            1s
            1s
            2s
              1/2 withdrawn by 1/4.1
              1/4.1 withdrawn by 1/2
              queue: 1/4 1/3 2/1
            3s
              s1 outcome 2: withdrawn
              s1 outcome 4: withdrawn
              1/3 withdrawn by 1/5
              1/5 withdrawn by 1/3
              queue: 1/4 2/1
        "#]],
    );
}

/// Every order can have one cancel and one amend waiting, whatever a strategy asks for.
#[test]
fn the_queue_stays_bounded_under_a_flood() {
    let mut script = alloc::string::String::from(
        "with queue-max 50
         strategy 1: 10x buy 1 limit 90
         0s quote 100 5 101 5
         0s venue-down\n",
    );
    for round in 0..20 {
        for order in 1..=10 {
            script +=
                &alloc::format!("strategy 1: 60x cancel {order}; 2x buy 1 limit 90; amend {order} qty {}\n", round + 2);
            script += "1s quote 100 5 101 5\n";
        }
    }
    let world = run_world(&script);
    assert_eq!(world.core.queue().submits(), 50, "the limit");
    assert!(world.core.queue().len() <= 50 + 2 * 10, "{}", world.core.queue().len());
}

#[test]
fn an_amend_that_waits_for_its_order_does_not_hold_up_amends_of_others() {
    check(
        "strategy 1: buy 5 limit 90; buy 5 limit 91
         0s quote 100 5 101 5
         1s accept 1/1
         1s accept 1/2
         strategy 1: amend 1 qty 6
         2s quote 100 5 101 6
         strategy 1: amend 1 qty 7; amend 2 qty 6
         3s quote 100 5 101 7
         show queue",
        expect![[r#"
            0s
              1/1 sent buy 5 limit @90 gtc on 1
              1/2 sent buy 5 limit @91 gtc on 1
            1s
            1s
            2s
              1/3 sent amend of 1/1 to 6 @90 on 1
            3s
              1/5 sent amend of 1/2 to 6 @91 on 1
              queue: 1/4
        "#]],
    );
}

#[test]
fn the_queue_counts_what_waits() {
    let waits = |script: &str| {
        let world = run_world(script);
        let queue = world.core.queue();
        (queue.len(), queue.submits(), queue.is_empty())
    };
    let orders = "0s quote 100 5 101 5\n0s venue-down\nstrategy 1: buy 1 limit 90; buy 1 limit 91; buy 1 limit 92\n";
    assert_eq!(waits(orders), (0, 0, true));
    assert_eq!(waits(&alloc::format!("{orders}1s quote 100 5 101 6")), (3, 3, false));
}
