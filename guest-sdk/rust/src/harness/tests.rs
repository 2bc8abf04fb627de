//! What the harness itself promises: scripts become calls, intents become lines.

use expect_test::{Expect, expect};

use super::*;
use crate::ctx::Ctx;
use crate::event::{Bar, Fill, Quote, Side, Signal, Trade};
use crate::intent::{EmitError, Intent};
use crate::number::{IntentId, Notional};
use crate::plan::{BarSpec, ChangeFilter};
use crate::strategy::Handled;
use crate::view::OrderState;

/// Notes every event it gets, and does what the parameter `then` says on the first trade.
struct Parrot {
    then: String,
    trades: u64,
}

impl Strategy for Parrot {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let id = instruments[0].id;
        let plan = match params.optional("plan").unwrap_or("all") {
            "trades" => Plan::new().trades(id),
            "warm" => Plan::new().trades(id).warm_up(2),
            "touch" => Plan::new().quotes(id).filter(ChangeFilter::Touch),
            "touch-price-or-own" => Plan::new().quotes(id).filter(ChangeFilter::TouchPriceOrOwn),
            "touch-price" => Plan::new().quotes(id).filter(ChangeFilter::TouchPrice),
            "minutes" => Plan::new().bars(id, BarSpec::minutes(1)),
            "all" => Plan::new().trades(id).quotes(id).all_bars(id).mark_prices(id).orders(id).signals().trading(),
            other => return Err(SetupError::other(format!("no plan {other}"))),
        };
        Ok((Self { then: params.optional("then").unwrap_or("note").to_owned(), trades: 0 }, plan))
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        self.trades += 1;
        let (id, first) = (ctx.instrument(), IntentId(1));
        match (self.then.as_str(), self.trades) {
            ("buy", 1) => ctx.buy(id, trade.qty).send()?,
            ("limit", 1) => ctx.buy(id, trade.qty).limit(trade.price).post_only().reduce_only().send()?,
            ("stop", 1) => ctx.sell(id, trade.qty).stop(trade.price).day().send()?,
            ("stop-limit", 1) => ctx.sell(id, trade.qty).stop(trade.price).limit(trade.price).send()?,
            ("notional", 1) => ctx.buy(id, Notional(12_345)).slippage_bps_max(25).fok().send()?,
            ("amend", 1) => ctx.buy(id, trade.qty).limit(trade.price).ioc().send()?,
            ("amend", 2) => ctx.amend(first).price(trade.price).qty(trade.qty).send()?,
            ("amend", 3) => ctx.cancel(first)?,
            ("amend", 4) => ctx.cancel_all(id)?,
            ("amend", 5) => ctx.flatten(None)?,
            ("nothing", _) => ctx.amend(first).send()?,
            ("zero", _) => ctx.buy(id, Qty(0)).send()?,
            ("flood", _) => loop {
                ctx.note("x")?;
            },
            ("long", _) => ctx.note("x".repeat(513))?,
            ("wake", 1) => ctx.wake_at(ctx.time().plus_seconds(10))?,
            (_, count) => ctx.note(format!("trade {count} position {}", ctx.position().0))?,
        };
        Ok(())
    }

    fn on_quote(&mut self, ctx: &mut Ctx<'_>, quote: &Quote) -> Handled {
        assert_eq!(ctx.touch(), *quote);
        let side = |level: Option<crate::view::Level>| level.map_or(0, |level| level.price.0);
        let text = format!("touch {} {}", side(ctx.bid()), side(ctx.ask()));
        ctx.note(text).map(drop)
    }

    fn on_bar(&mut self, ctx: &mut Ctx<'_>, bar: &Bar) -> Handled {
        let known = ctx.bars(ctx.instrument(), BarSpec::days(1), 2).len();
        ctx.note(format!("bar {} of {} days, {known} known", bar.close.0, bar.interval_ns / 86_400_000_000_000))
            .map(drop)
    }

    fn on_filled(&mut self, ctx: &mut Ctx<'_>, fill: &Fill) -> Handled {
        let position = ctx.position_of(ctx.instrument());
        let state = ctx.order(fill.id).map(|order| order.state);
        let open = ctx.open_orders(InstrumentId::NONE, 9).len();
        let account = ctx.account();
        ctx.note(format!(
            "{:?} leaves {} position {} cost {} realised {} fees {} cash {} equity {} open {open}",
            state.unwrap_or(OrderState::Unknown),
            fill.leaves.0,
            position.qty.0,
            position.cost,
            position.realised,
            position.fees,
            account.cash,
            account.equity
        ))
        .map(drop)
    }

    fn on_outcome(&mut self, ctx: &mut Ctx<'_>, outcome: &crate::event::Outcome) -> Handled {
        ctx.note(format!("outcome {} {}", outcome.id, outcome.code.name())).map(drop)
    }

    fn on_signal(&mut self, ctx: &mut Ctx<'_>, signal: &Signal) -> Handled {
        ctx.note(format!("signal {} {} {}", signal.source, signal.name, signal.value)).map(drop)
    }

    fn on_wake(&mut self, ctx: &mut Ctx<'_>) -> Handled {
        ctx.note("awake").map(drop)
    }
}

#[track_caller]
fn check(params: &str, script: &str, want: Expect) {
    let params = params.split_whitespace().filter_map(|pair| pair.split_once('='));
    let harness = params.fold(Harness::new("SPY 2 0"), |harness, (key, value)| harness.param(key, value));
    want.assert_eq(&harness.run::<Parrot>(script));
}

#[test]
fn every_kind_of_order_reads_as_one_line() {
    let script = "1s trade SPY 145.07 100";
    check("then=buy", script, expect![["1s #1 buy SPY 100 market ioc\n"]]);
    check(
        "then=limit",
        script,
        expect![[r#"
        1s #1 buy SPY 100 limit @145.07 gtc post-only reduce-only
    "#]],
    );
    check(
        "then=stop",
        script,
        expect![[r#"
        1s #1 sell SPY 100 stop-market stop @145.07 day
    "#]],
    );
    check(
        "then=stop-limit",
        script,
        expect![[r#"
        1s #1 sell SPY 100 stop-limit @145.07 stop @145.07 gtc
    "#]],
    );
    check(
        "then=notional",
        script,
        expect![[r#"
        1s #1 buy SPY notional 123.45 market fok slippage 25bps
    "#]],
    );
}

#[test]
fn changes_and_cancels_read_as_one_line() {
    let script = "
        1s trade SPY 145.07 100
        2s trade SPY 145.08 50
        3s trade SPY 145.08 50
        4s trade SPY 145.08 50
        5s trade SPY 145.08 50";
    check(
        "then=amend",
        script,
        expect![[r#"
        1s #1 buy SPY 100 limit @145.07 ioc
        2s #2 amend #1 @145.08 qty 50
        3s #3 cancel #1
        4s #4 cancel-all SPY
        5s #5 flatten
    "#]],
    );
}

#[test]
fn what_a_host_refuses_is_shown_and_noted_once() {
    let script = "1s trade SPY 145.07 100";
    check(
        "then=zero",
        script,
        expect![[r#"
        1s refused malformed: buy SPY 0 market ioc
        1s #1 note "emit refused: malformed"
    "#]],
    );
    check(
        "then=nothing",
        script,
        expect![[r#"
        1s refused malformed: amend #1
        1s #1 note "emit refused: malformed"
    "#]],
    );
    let long = Harness::new("SPY 2 0").param("then", "long").run::<Parrot>(script);
    assert!(long.starts_with("1s refused note-too-long: note \"xxx"), "{long}");
    assert!(long.ends_with("\n1s #1 note \"emit refused: note-too-long\"\n"), "{long}");
}

#[test]
fn the_number_of_intents_in_a_call_is_bounded() {
    let harness = Harness::new("SPY 2 0").param("then", "flood");
    let output = harness.run::<Parrot>("1s trade SPY 145.07 100");
    assert_eq!(output.lines().filter(|line| line.contains("#")).count(), 64);
    // The note about the refusal is refused as well.
    assert_eq!(output.lines().filter(|line| line.contains("refused too-many")).count(), 2);
}

#[test]
fn only_what_is_subscribed_is_delivered() {
    let script = "
        1s quote SPY 145.06 1 145.08 1
        2s trade SPY 145.07 100
        3s signal 1 2 3";
    check(
        "plan=trades",
        script,
        expect![[r#"
        2s #1 note "trade 1 position 0"
    "#]],
    );
    check(
        "",
        script,
        expect![[r#"
        1s #1 note "touch 14506 14508"
        2s #2 note "trade 1 position 0"
        3s #3 note "signal 1 2 3"
    "#]],
    );
}

#[test]
fn warm_up_events_are_delivered_and_intents_refused() {
    let script = "
        1s trade SPY 1 1
        2s trade SPY 1 1
        3s trade SPY 1 1";
    check(
        "plan=warm",
        script,
        expect![[r#"
        1s refused warmup: note "trade 1 position 0"
        2s refused warmup: note "trade 2 position 0"
        3s #1 note "trade 3 position 0"
    "#]],
    );
}

#[test]
fn filters_let_only_their_changes_through() {
    let script = "
        1s quote SPY 145.06 1 145.08 1
        2s quote SPY 145.06 1 145.08 1
        3s quote SPY 145.06 2 145.08 1
        4s quote SPY 145.06 2 145.09 1
        5s quote SPY 145.06 2 0 0";
    check(
        "plan=touch",
        script,
        expect![[r#"
        1s #1 note "touch 14506 14508"
        3s #2 note "touch 14506 14508"
        4s #3 note "touch 14506 14509"
        5s #4 note "touch 14506 0"
    "#]],
    );
    for plan in ["plan=touch-price", "plan=touch-price-or-own"] {
        check(
            plan,
            script,
            expect![[r#"
            1s #1 note "touch 14506 14508"
            4s #2 note "touch 14506 14509"
            5s #3 note "touch 14506 0"
        "#]],
        );
    }
}

#[test]
fn bars_of_another_size_are_not_delivered() {
    let script = "
        1m bar SPY 1 2 1 2 10 1m
        2m bar SPY 5
        3m bar SPY 1 2 1 3 10 1m";
    check(
        "plan=minutes",
        script,
        expect![[r#"
        60s #1 note "bar 200 of 0 days, 0 known"
        180s #2 note "bar 300 of 0 days, 1 known"
    "#]],
    );
    check(
        "",
        script,
        expect![[r#"
        60s #1 note "bar 200 of 0 days, 0 known"
        120s #2 note "bar 500 of 1 days, 1 known"
        180s #3 note "bar 300 of 0 days, 1 known"
    "#]],
    );
}

#[test]
fn a_fill_moves_position_order_and_money() {
    let script = "
        1s trade SPY 10.00 100
        2s filled 1 60 @10.00 fee 0.50
        3s filled 1 40 @10.10 maker
        4s mark SPY 10.20";
    check(
        "then=buy",
        script,
        expect![[r#"
            1s #1 buy SPY 100 market ioc
            2s #2 note "PartiallyFilled leaves 40 position 60 cost 600.00 realised 0 fees 0.50 cash 999399.50 equity 999999.50 open 1"
            3s #3 note "Filled leaves 0 position 100 cost 1004.00 realised 0 fees 0.50 cash 998995.50 equity 999995.50 open 0"
        "#]],
    );
}

#[test]
fn a_busted_fill_is_taken_back() {
    let script = "
        1s trade SPY 10.00 100
        2s filled 1 60 @10.00
        3s busted 1 60 @10.00
        4s trade SPY 10.00 1";
    check(
        "then=buy",
        script,
        expect![[r#"
        1s #1 buy SPY 100 market ioc
        2s #2 note "PartiallyFilled leaves 40 position 60 cost 600.00 realised 0 fees 0 cash 999400.00 equity 1000000.00 open 1"
        4s #3 note "trade 2 position 0"
    "#]],
    );
}

/// Asks for a wake at the present moment, again and again; buys in two instruments; shows what an outcome shows.
struct Restless;

impl Strategy for Restless {
    fn setup(params: &Params, all: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let plan = match params.optional("bars") {
            Some("ticks") => Plan::new().trades(all[0].id).bars(all[0].id, BarSpec::Ticks(100)),
            Some("renko") => Plan::new().bars(all[0].id, BarSpec::Renko(Price(5))),
            Some(_) | None => all.iter().fold(Plan::new(), |plan, instrument| plan.trades(instrument.id)),
        };
        Ok((Self, plan))
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        match trade.qty.0 {
            1 => ctx.wake_at(ctx.time()).map(drop),
            count => (0..count).try_for_each(|n| ctx.wake_at(TimeNs(9_000_000_000 + n.unsigned_abs())).map(drop)),
        }
    }

    fn on_bar(&mut self, ctx: &mut Ctx<'_>, bar: &Bar) -> Handled {
        let spec = bar.spec();
        let kept = spec.map_or(0, |spec| ctx.bars(ctx.instrument(), spec, 9).len());
        ctx.note(format!("{spec:?}, {kept} kept")).map(drop)
    }

    fn on_wake(&mut self, ctx: &mut Ctx<'_>) -> Handled {
        ctx.wake_at(TimeNs(0)).map(drop)
    }

    fn on_outcome(&mut self, ctx: &mut Ctx<'_>, _: &crate::event::Outcome) -> Handled {
        let (touch, position) = (ctx.touch(), ctx.position());
        ctx.note(format!("of {} touch {} position {}", ctx.instrument().0, touch.bid_qty.0, position.0)).map(drop)
    }
}

#[test]
fn a_wake_is_a_millisecond_away_at_least() {
    let run = Harness::new("SPY 2 0").run::<Restless>("1s trade SPY 1 1\n1.003s time");
    expect![[r#"
        1s #1 wake-at 1s
        1.001s #2 wake-at 0s
        1.002s #3 wake-at 0s
        1.003s #4 wake-at 0s
    "#]]
    .assert_eq(&run);
}

#[test]
fn sixty_four_wakes_can_be_pending() {
    let harness = Harness::new("SPY 2 0");
    let run = harness.run::<Restless>("1s trade SPY 1 64");
    assert!(run.ends_with("#64 wake-at 9.000000063s\n"), "{run}");
    let run = harness.run::<Restless>("1s trade SPY 1 64\n2s trade SPY 1 1\n3s trade SPY 1 2");
    // One more is too many; two that are pending already are not.
    assert!(run.contains("2s #65 wake-at 2s (malformed: 64 wakes are pending)\n3s #66 wake-at 9s\n"), "{run}");
}

#[test]
fn an_outcome_has_no_instrument_and_no_position() {
    let script = "
        1s quote SPY 1.00 5 1.01 5
        2s quote QQQ 2.00 7 2.01 7
        3s trade SPY 1.00 3
        4s outcome 1 denied-position";
    let run = Harness::new("SPY 2 0").and("QQQ 2 0").run::<Restless>(script);
    assert!(run.ends_with("4s #4 note \"of 0 touch 0 position 0\"\n"), "{run}");
}

#[test]
fn a_bar_of_a_kind_comes_to_those_who_asked_for_that_kind_and_size() {
    let script = "
        1s bar SPY 1 2 1 2 100 ticks 100
        2s bar SPY 1 2 1 2 100 ticks 99
        3s bar SPY 1 2 1 2 100 tick-runs 100
        4s bar SPY 1 2 1 2 100 renko 0.05
        5s bar SPY 1 2 1 2 100 1m";
    let told = |bars| {
        let harness = Harness::new("SPY 2 0").param("bars", bars);
        (harness.plan::<Restless>(), harness.run::<Restless>(script))
    };
    expect![[r#"
        trade SPY
        bar SPY 100 ticks

        1s #1 note "Some(Ticks(100)), 1 kept"
    "#]]
    .assert_eq(&[told("ticks").0, told("ticks").1].join("\n"));
    expect![[r#"
        bar SPY renko 0.05

        4s #1 note "Some(Renko(Price(5))), 1 kept"
    "#]]
    .assert_eq(&[told("renko").0, told("renko").1].join("\n"));
}

#[test]
fn what_a_host_calls_malformed_is_malformed_here() {
    let spy = InstrumentId(1);
    let mut desk = desk::Desk::new(Harness::new("SPY 2 0").instruments().to_vec(), Decimal::ZERO);
    let submit = |bps| {
        Intent::Submit(crate::intent::Submit {
            instrument: spy,
            side: Side::Buy,
            size: crate::intent::Size::Quantity(Qty(1)),
            order_type: crate::intent::OrderType::Market,
            limit_price: None,
            stop_price: None,
            tif: crate::intent::TimeInForce::Ioc,
            slippage_bps_max: Some(bps),
            post_only: false,
            reduce_only: false,
            extras: crate::intent::Extras::NONE,
        })
    };
    let amend = |id, qty| {
        Intent::Amend(crate::intent::Amend { id: IntentId(id), price: None, qty: Some(Qty(qty)), trigger: None })
    };
    for warming_up in [false, true] {
        desk.open_call(warming_up);
        let mut answer = |intent| crate::view::Host::emit(&mut desk, intent).err();
        for wrong in [
            submit(0),
            submit(5_001),
            amend(0, 1),
            amend(1, 0),
            amend(1, -1),
            amend(1 << 45, 1),
            Intent::Cancel(IntentId(0)),
            Intent::Cancel(IntentId(1 << 45)),
        ] {
            assert_eq!(answer(wrong.clone()), Some(EmitError::Malformed), "{wrong:?}");
        }
        let fine = warming_up.then_some(EmitError::Warmup);
        for right in [submit(1), submit(5_000), amend(1, 1), Intent::Cancel(IntentId((1 << 45) - 1))] {
            assert_eq!(answer(right.clone()), fine, "{right:?}");
        }
    }
}

#[test]
fn outcomes_and_wakes_come_without_a_subscription() {
    let script = "
        1s trade SPY 1 1
        9s outcome 1 denied-position
        20s time";
    check(
        "plan=trades then=wake",
        script,
        expect![[r#"
        1s #1 wake-at 11s
        9s #2 note "outcome 1 denied-position"
        11s #3 note "awake"
    "#]],
    );
}

#[test]
fn a_restart_goes_on_with_saved_state_and_shows_what_was_not_saved() {
    /// Emits on every second trade; saves its count only when told to.
    struct Counter<const SAVES: bool>(u64);
    impl<const SAVES: bool> Strategy for Counter<SAVES> {
        fn setup(_: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
            Ok((Self(0), Plan::new().trades(instruments[0].id)))
        }
        fn state(&mut self, archive: &mut crate::Archive<'_>) {
            if SAVES {
                archive.item(&mut self.0);
            }
        }
        fn on_trade(&mut self, ctx: &mut Ctx<'_>, _: &Trade) -> Handled {
            self.0 += 1;
            if self.0.is_multiple_of(2) { ctx.note("even").map(drop) } else { Ok(()) }
        }
    }
    let script = "1s trade SPY 1 1\n2s trade SPY 1 1\n3s trade SPY 1 1";
    let harness = Harness::new("SPY 2 0");
    harness.check_restarts::<Counter<true>>(script);
    let forgetful = std::panic::catch_unwind(|| harness.check_restarts::<Counter<false>>(script));
    let message = forgetful.expect_err("a restart loses the count").downcast::<String>().expect("a text");
    assert!(message.contains("with a restart before event 2"), "{message}");
}

#[test]
fn setup_errors_and_plans_read_as_text() {
    check(
        "plan=none",
        "",
        expect![[r#"
        setup error: no plan none
    "#]],
    );
    check(
        "speed=9",
        "",
        expect![[r#"
        setup error: unknown parameter `speed`; known: plan, then
    "#]],
    );
    let plan = |name: &str| Harness::new("SPY 2 0").param("plan", name).plan::<Parrot>();
    expect![[r#"
        trade SPY
        quote SPY
        bar SPY
        mark-price SPY
        order SPY
        signal
        trading
    "#]]
    .assert_eq(&plan("all"));
    expect![[r#"
        trade SPY warm-up 2
        quote SPY touch
        bar SPY 60s
    "#]]
    .assert_eq(&(plan("warm") + &plan("touch") + &plan("minutes")));
}

#[track_caller]
fn refuses(script: &str, want: &str) {
    let run = || Harness::new("SPY 2 0").run::<Parrot>(script);
    let message = std::panic::catch_unwind(run).expect_err("the script is malformed");
    assert_eq!(*message.downcast::<String>().expect("a text"), want);
}

#[test]
fn a_line_that_is_not_understood_is_named() {
    refuses("1s trade SPY 1 1\n\nnow trade SPY 1 1", "script line 3: `now` is no time in `now trade SPY 1 1`");
    refuses("1s trade QQQ 1 1", "script line 1: `QQQ` is no instrument in `1s trade QQQ 1 1`");
    refuses(
        "1s trade SPY 1.001 1",
        "script line 1: `1.001`: more digits after the point than the scale has in `1s trade SPY 1.001 1`",
    );
    refuses("1s trade SPY 1", "script line 1: a quantity is missing in `1s trade SPY 1`");
    refuses("1s trade SPY 1 1 buy now", "script line 1: `now` is too much in `1s trade SPY 1 1 buy now`");
    refuses("1s explode SPY", "script line 1: `explode` is no event in `1s explode SPY`");
    refuses("2s time\n1s time", "script line 2: time runs backwards in `1s time`");
    refuses("1.0000000001s time", "script line 1: `1.0000000001s` is no time in `1.0000000001s time`");
    refuses("1s accepted 1", "the script names intent 1, which is no order");
}

#[test]
fn emitting_outside_a_call_is_refused() {
    use crate::intent::Intent;
    use crate::view::Host;
    let mut desk = Desk::new(vec![example(InstrumentId(1), "SPY", 2, 0)], Decimal::ZERO);
    assert_eq!(desk.emit(Intent::Cancel(IntentId(1))), Err(EmitError::NotNow));
}
