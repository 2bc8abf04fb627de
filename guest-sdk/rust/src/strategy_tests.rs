//! Each kind of event reaches its own method, and calls out of order end a strategy.

use expect_test::expect;

use super::*;
use crate::harness::Harness;
use crate::number::Qty;

/// Notes what each method is given.
struct Listener;

/// One method that notes its argument.
macro_rules! notes {
    ($($method:ident($argument:ty);)+) => { $(
        fn $method(&mut self, ctx: &mut Ctx<'_>, argument: $argument) -> Handled {
            ctx.note(format!("{}({argument:?})", stringify!($method))).map(drop)
        }
    )+ };
}

impl Strategy for Listener {
    fn setup(_: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let id = instruments[0].id;
        let market = Plan::new().trades(id).quotes(id).book(id).all_bars(id).mark_prices(id).funding(id);
        Ok((Self, market.status(id).feed(id).corporate_actions(id).orders(id).signals().trading()))
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, trade: &Trade) -> Handled {
        let id = ctx.buy(ctx.instrument(), Qty(9)).limit(trade.price).send()?;
        ctx.wake_at(ctx.time().plus_seconds(100))?;
        ctx.note(format!("on_trade({trade:?}) sent {id}")).map(drop)
    }

    fn on_wake(&mut self, ctx: &mut Ctx<'_>) -> Handled {
        ctx.note("on_wake").map(drop)
    }

    notes! {
        on_quote(&Quote);
        on_book(BookAction);
        on_bar(&Bar);
        on_mark_price(Price);
        on_funding(&Funding);
        on_status(InstrumentState);
        on_feed(FeedState);
        on_corporate_action(&CorporateAction);
        on_accepted(IntentId);
        on_rejected(&Reject);
        on_filled(&Fill);
        on_canceled(&Canceled);
        on_cancel_rejected(&Reject);
        on_amended(&Amended);
        on_amend_rejected(&Reject);
        on_expired(IntentId);
        on_unknown(IntentId);
        on_busted(&Fill);
        on_outcome(&Outcome);
        on_signal(&Signal);
        on_trading(bool);
    }
}

#[test]
fn market_and_control_events_reach_their_methods() {
    let output = Harness::new("SPY 2 0").run::<Listener>(
        "1s quote SPY 1 2 3 4
         2s book SPY changed
         3s bar SPY 1 4 1 2 7 1m
         4s mark SPY 1.50
         5s funding SPY -0.0001 8h
         6s status SPY halted
         7s feed SPY stale
         8s split SPY 2 1
         9s dividend SPY 0.55
         10s rename SPY
         11s delisting SPY
         12s signal 3 7 -1500
         13s trading off",
    );
    expect![[r#"
        1s #1 note "on_quote(Quote { bid_price: Price(100), bid_qty: Qty(2), ask_price: Price(300), ask_qty: Qty(4) })"
        2s #2 note "on_book(Changed)"
        3s #3 note "on_bar(Bar { open: Price(100), high: Price(400), low: Price(100), close: Price(200), volume: Qty(7), open_time: TimeNs(0), interval_ns: 60000000000 })"
        4s #4 note "on_mark_price(Price(150))"
        5s #5 note "on_funding(Funding { rate_e9: -100000, next_time: TimeNs(28805000000000) })"
        6s #6 note "on_status(Halted)"
        7s #7 note "on_feed(Stale)"
        8s #8 note "on_corporate_action(CorporateAction { kind: Split, numerator: 2, denominator: 1, cash: Amount(0) })"
        9s #9 note "on_corporate_action(CorporateAction { kind: Dividend, numerator: 0, denominator: 0, cash: Amount(55000000) })"
        10s #10 note "on_corporate_action(CorporateAction { kind: Rename, numerator: 0, denominator: 0, cash: Amount(0) })"
        11s #11 note "on_corporate_action(CorporateAction { kind: Delisting, numerator: 0, denominator: 0, cash: Amount(0) })"
        12s #12 note "on_signal(Signal { source: 3, name: 7, value: -1500 })"
        13s #13 note "on_trading(false)"
    "#]].assert_eq(&output);
}

#[test]
fn order_events_reach_their_methods() {
    let output = Harness::new("SPY 2 0").run::<Listener>(
        "1s trade SPY 1.50 3 sell
         2s accepted 1
         3s amended 1 @1.60 8
         4s amend-rejected 1 unknown
         5s cancel-rejected 1 too-late
         6s filled 1 3 @1.55 fee 0.01 maker
         7s busted 1 1 @1.55
         8s unknown 1
         9s canceled 1 self-trade
         10s expired 1
         11s rejected 1 would-take
         12s outcome 1 denied-kill-switch
         200s time",
    );
    expect![[r#"
        1s #1 buy SPY 9 limit @1.50 gtc
        1s #2 wake-at 101s
        1s #3 note "on_trade(Trade { price: Price(150), qty: Qty(3), aggressor: Some(Sell) }) sent 1"
        2s #4 note "on_accepted(IntentId(1))"
        3s #5 note "on_amended(Amended { id: IntentId(1), price: Price(160), qty: Qty(8) })"
        4s #6 note "on_amend_rejected(Reject { id: IntentId(1), reason: Unknown })"
        5s #7 note "on_cancel_rejected(Reject { id: IntentId(1), reason: TooLate })"
        6s #8 note "on_filled(Fill { id: IntentId(1), price: Price(155), qty: Qty(3), leaves: Qty(5), fee: Amount(1000000), side: Buy, liquidity: Maker })"
        7s #9 note "on_busted(Fill { id: IntentId(1), price: Price(155), qty: Qty(1), leaves: Qty(6), fee: Amount(0), side: Buy, liquidity: Taker })"
        8s #10 note "on_unknown(IntentId(1))"
        9s #11 note "on_canceled(Canceled { id: IntentId(1), leaves: Qty(6), reason: SelfTrade })"
        10s #12 note "on_expired(IntentId(1))"
        11s #13 note "on_rejected(Reject { id: IntentId(1), reason: WouldTake })"
        12s #14 note "on_outcome(Outcome { id: IntentId(1), code: DeniedKillSwitch })"
        101s #15 note "on_wake"
    "#]].assert_eq(&output);
}

#[test]
#[should_panic(expected = "setup comes first")]
fn a_strategy_that_is_not_set_up_has_no_snapshot() {
    Runner::<Listener>::new().snapshot();
}

#[test]
fn a_failed_restore_ends_the_strategy() {
    let mut runner = Runner::<Listener>::new();
    let instruments = Harness::new("SPY 2 0").instruments().to_vec();
    assert!(runner.setup(&Params::default(), &instruments).is_ok());
    let bytes = runner.snapshot();
    assert_eq!(runner.restore(&bytes), Ok(()));
    assert_eq!(runner.restore(b"nonsense"), Err(RestoreError::NotASnapshot));
    let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runner.snapshot()));
    assert!(end.is_err());
}

#[test]
fn a_plan_that_contradicts_itself_refuses_the_setup() {
    struct Twice;
    impl Strategy for Twice {
        fn setup(_: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
            Ok((Self, Plan::new().trades(instruments[0].id).trades(instruments[0].id)))
        }
    }
    assert_eq!(Harness::new("SPY 2 0").run::<Twice>(""), "setup error: plan: subscribed twice: trade\n");
}
