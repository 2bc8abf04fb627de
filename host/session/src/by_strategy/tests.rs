//! Counts by strategy: whose a fill is that a venue tells twice.

use ringfence_core::decision::{Anomaly, Decision, DenialCode};
use ringfence_core::event::{Fill, FillReason, Liquidity, Report};
use ringfence_core::ids::{CurrencyId, InstrumentId, IntentId, LegId, LegKey, Seq, TimeNs};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::IntentKind;
use ringfence_core::money::{Decimal, Price, Qty};

use super::*;

const HOST: LegKey = LegKey { intent: IntentId(0), strategy: StrategyId::EXTERNAL, leg: LegId(0) };

fn leg(strategy: u16, intent: u64) -> LegKey {
    LegKey { strategy: StrategyId(strategy), intent: IntentId(intent), leg: LegId(0) }
}

fn filled(order: LegKey) -> Event {
    let fill = Fill {
        order,
        trade_id: 7,
        price: Price(1),
        qty: Qty(1),
        leaves: Qty(0),
        fee: Decimal::ZERO,
        fee_currency: CurrencyId(1),
        side: Side::Buy,
        liquidity: Liquidity::Taker,
        position_side: PositionSide::Net,
        reason: FillReason::Venue,
        ahead: Fill::AHEAD_UNKNOWN,
    };
    let report = Report { instrument: InstrumentId(1), ..Report::control(EventKind::OrderFilled(fill)) };
    report.at(Seq(1), TimeNs(1))
}

fn decided(decisions: &[(LegKey, DecisionKind)]) -> Effects {
    let mut effects = Effects::new();
    effects.decisions.extend(decisions.iter().map(|(key, kind)| Decision { key: *key, kind: *kind }));
    effects
}

fn told_again() -> (LegKey, DecisionKind) {
    (HOST, DecisionKind::Anomaly(Anomaly { code: AnomalyCode::DuplicateFill, value: 7 }))
}

#[test]
fn a_fill_that_is_told_again_is_none_of_its_strategy_and_of_nobody_elses() {
    let mut counts = ByStrategy::new(2);
    for order in [leg(1, 1), leg(2, 1)] {
        counts.event(&filled(order));
        counts.effects(&decided(&[]));
    }
    counts.event(&filled(leg(2, 1)));
    counts.effects(&decided(&[told_again()]));
    let shown = |id| {
        let counts = counts.of(StrategyId(id));
        (counts.fills, counts.told_again, counts.anomalies, counts.fills_by_reason().collect::<Vec<_>>())
    };
    assert_eq!(shown(1), (1, 0, 0, vec![(FillReason::Venue, 1)]));
    assert_eq!(shown(2), (1, 1, 1, vec![(FillReason::Venue, 1)]));
    assert_eq!(shown(0), (0, 0, 0, vec![]), "that it was told again is no decision of nobody's");
}

#[test]
fn an_anomaly_behind_another_event_takes_no_fill_back() {
    let mut counts = ByStrategy::new(1);
    counts.event(&filled(leg(1, 1)));
    counts.effects(&decided(&[]));
    counts.event(&Report::control(EventKind::OrderAccepted(leg(1, 2))).at(Seq(2), TimeNs(2)));
    counts.effects(&decided(&[told_again()]));
    let one = counts.of(StrategyId(1));
    assert_eq!((one.fills, one.told_again, one.anomalies), (1, 0, 0));
    assert_eq!(counts.of(StrategyId(0)).anomalies, 1);
}

#[test]
fn what_was_decided_about_a_leg_is_its_strategys() {
    let mut counts = ByStrategy::new(2);
    let limit = Decimal::ONE;
    let denial = ringfence_core::decision::Denial { code: DenialCode::KillSwitch, limit, value: limit, allowed: limit };
    let emitted = DecisionKind::Emitted(IntentKind::CancelAll(None));
    counts.effects(&decided(&[(leg(2, 1), emitted), (leg(2, 1), DecisionKind::Denied(denial))]));
    let shown = |id| {
        let counts = counts.of(StrategyId(id));
        (counts.intents, counts.denied, counts.decisions)
    };
    assert_eq!((shown(1), shown(2)), ((0, 0, 0), (1, 1, 2)));
    assert_eq!(counts.of(StrategyId(9)).intents, 0, "nobody has that id");
}
