//! Rendering as a whole: records in, text and JSON out.

use std::path::Path;

use expect_test::{Expect, expect};
use ringfence_core::decision::{Decision, DecisionKind, Denial, DenialCode, Normalised};
use ringfence_core::event::{Cause, Event, EventKind, Fill, FillReason, Halt, Liquidity, Quote};
use ringfence_core::ids::{AccountId, CurrencyId, IntentId, LegId, Seq, TimeNs};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{Action, CancelTerms, Extras, IntentKind, NoteSpan, OrderType, Size, Submit, TimeInForce};
use ringfence_core::strategy::HaltCode;

use super::*;
use crate::config::{Purpose, Request, load};

fn config() -> Config {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/w1_ema_cross.toml");
    let request = Request { file: &file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
    load(&request).expect("the example loads").core
}

fn key() -> LegKey {
    LegKey { strategy: StrategyId(1), intent: IntentId(7), leg: LegId(0) }
}

#[track_caller]
fn check_event(kind: EventKind, want: Expect) {
    let event = Event {
        seq: Seq(9),
        time: TimeNs(1_381_132_800_464_000_000),
        venue_time: TimeNs(0),
        cause: Cause::leg(key()),
        instrument: InstrumentId(1),
        venue: VenueId(1),
        account: AccountId(1),
        kind,
    };
    let config = config();
    let fields = Renderer::new(&config, SessionId([1; 16])).event(&event);
    want.assert_eq(&format!("{}\n{}", fields.text(), fields.json()));
}

#[track_caller]
fn check_decision(kind: DecisionKind, want: Expect) {
    let config = config();
    let decision = Decision { key: key(), kind };
    let fields = Renderer::new(&config, SessionId([1; 16])).decision((Seq(9), 2), &decision, (b"say \"hi\"", None));
    want.assert_eq(&fields.text());
}

#[test]
fn an_event_shows_decimals_and_names_in_both_forms() {
    let (bid_price, ask_price) = (Price(1_674_100), Price(1_674_200));
    check_event(
        EventKind::Quote(Quote { bid_price, bid_qty: Qty(5), ask_price, ask_qty: Qty(0) }),
        expect![[r#"
        seq=9 time=2013-10-07T08:00:00.464Z event=Quote instrument=US:SPY venue=US account=main bid=167.4100 bid_qty=5 ask=167.4200 ask_qty=0 cause=1/7
        {"seq":9,"time":"2013-10-07T08:00:00.464Z","event":"Quote","instrument":"US:SPY","venue":"US","account":"main","bid":"167.4100","bid_qty":"5","ask":"167.4200","ask_qty":"0","cause":"1/7"}"#]],
    );
    let fill = Fill {
        order: key(),
        trade_id: 3,
        price: bid_price,
        qty: Qty(100),
        leaves: Qty(0),
        fee: Decimal::new(16_741, 4),
        fee_currency: CurrencyId(1),
        side: Side::Sell,
        liquidity: Liquidity::Taker,
        position_side: PositionSide::Net,
        reason: FillReason::Venue,
        ahead: Fill::AHEAD_UNKNOWN,
    };
    check_event(
        EventKind::OrderFilled(fill),
        expect![[r#"
            seq=9 time=2013-10-07T08:00:00.464Z event=OrderFilled instrument=US:SPY venue=US account=main order=1/7 client_order_id=aeaqcaibaeaabaaaaaaaahaaa side=sell price=167.4100 qty=100 leaves=0 fee=1.6741 fee_currency=USD liquidity=taker position_side=net trade_id=3 reason=venue cause=1/7
            {"seq":9,"time":"2013-10-07T08:00:00.464Z","event":"OrderFilled","instrument":"US:SPY","venue":"US","account":"main","order":"1/7","client_order_id":"aeaqcaibaeaabaaaaaaaahaaa","side":"sell","price":"167.4100","qty":"100","leaves":"0","fee":"1.6741","fee_currency":"USD","liquidity":"taker","position_side":"net","trade_id":3,"reason":"venue","cause":"1/7"}"#]],
    );
    let halt = Halt { code: HaltCode::Fuel, limit: 10, used: 10 };
    check_event(
        EventKind::StrategyHalted(StrategyId(1), halt),
        expect![[r#"
        seq=9 time=2013-10-07T08:00:00.464Z event=StrategyHalted instrument=US:SPY venue=US account=main strategy=ema code=H-FUEL limit=10 used=10 cause=1/7
        {"seq":9,"time":"2013-10-07T08:00:00.464Z","event":"StrategyHalted","instrument":"US:SPY","venue":"US","account":"main","strategy":"ema","code":"H-FUEL","limit":10,"used":10,"cause":"1/7"}"#]],
    );
}

#[test]
fn a_decision_shows_its_numbers() {
    let submit = Submit {
        instrument: InstrumentId(1),
        side: Side::Buy,
        size: Size::Quantity(Qty(100)),
        order_type: OrderType::Limit,
        limit_price: Some(Price(1_674_100)),
        stop_price: None,
        tif: TimeInForce::Gtc,
        max_slippage_bps: None,
        post_only: true,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras::NONE,
    };
    check_decision(
        DecisionKind::Emitted(IntentKind::Submit(submit)),
        expect![
            "seq=9 ordinal=2 decision=EMITTED strategy=ema intent=1/7 kind=submit instrument=US:SPY side=buy qty=100 type=limit limit_price=167.4100 tif=gtc post_only=true"
        ],
    );
    let (limit, value, allowed) = (Decimal::TEN, Decimal::ONE_HUNDRED, Decimal::TEN);
    check_decision(
        DecisionKind::Denied(Denial { code: DenialCode::OrderQtyMax, limit, value, allowed }),
        expect![
            "seq=9 ordinal=2 decision=DENIED strategy=ema intent=1/7 code=D-ORDER-QTY-MAX limit=10 value=100 allowed=10"
        ],
    );
    let cancel = Action::Cancel(CancelTerms { order: key(), instrument: InstrumentId(1) });
    check_decision(
        DecisionKind::Normalised(Normalised { action: cancel, reference: Price(0) }),
        expect![
            "seq=9 ordinal=2 decision=NORMALISED strategy=ema intent=1/7 action=cancel order=1/7 instrument=US:SPY"
        ],
    );
    check_decision(
        DecisionKind::Dispatched(VenueId(1), AccountId(1)),
        expect!["seq=9 ordinal=2 decision=DISPATCHED strategy=ema intent=1/7 venue=US account=main"],
    );
}

#[test]
fn a_note_is_quoted_and_one_that_points_nowhere_is_empty() {
    check_decision(
        DecisionKind::Emitted(IntentKind::Note(NoteSpan { start: 0, len: 8 })),
        expect![[r#"seq=9 ordinal=2 decision=EMITTED strategy=ema intent=1/7 kind=note note="say \"hi\"""#]],
    );
    check_decision(
        DecisionKind::Emitted(IntentKind::Note(NoteSpan { start: 90, len: 8 })),
        expect![[r#"seq=9 ordinal=2 decision=EMITTED strategy=ema intent=1/7 kind=note note="""#]],
    );
}

#[test]
fn what_is_not_configured_is_shown_by_its_number() {
    let config = config();
    let renderer = Renderer::new(&config, SessionId([1; 16]));
    assert_eq!(renderer.instrument(InstrumentId(9)), "9");
    assert_eq!(renderer.price(InstrumentId(9), Price(55)), "55");
    assert_eq!((renderer.venue(VenueId(1)), renderer.venue(VenueId(9))), ("US".to_owned(), "9".to_owned()));
    assert_eq!(renderer.strategy(StrategyId::EXTERNAL), "external");
    assert_eq!((renderer.account(AccountId(9)), renderer.currency(CurrencyId(9))), ("9".to_owned(), "9".to_owned()));
}

#[test]
fn what_the_kill_switch_withdrew_says_so() {
    let by = LegKey { strategy: StrategyId(1), intent: IntentId(9), leg: LegId(0) };
    check_decision(
        DecisionKind::Withdrawn(by),
        expect!["seq=9 ordinal=2 decision=WITHDRAWN strategy=ema intent=1/7 by=1/9"],
    );
    check_decision(
        DecisionKind::Withdrawn(LegKey::default()),
        expect!["seq=9 ordinal=2 decision=WITHDRAWN strategy=ema intent=1/7 by=kill-switch"],
    );
}
