//! Tables: does `ARCHITECTURE.md` show the order states, rules and decisions that the code has?
//!
//! In: the document and the lists of the code. Out: the document with its tables written anew, compared with what is there;
//! `UPDATE_EXPECT=1 cargo test -p ringfence-core tables` writes it.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use expect_test::expect_file;

use crate::decision::{
    Anomaly, AnomalyCode, ApprovalMark, DecisionKind, Denial, DenialCode, DropReason, EndCode, Ended, Malformed,
    MalformedCode, Normalised, Refusal, RefusalCode, Scheduled,
};
use crate::event::Halt;
use crate::ids::{AccountId, InstrumentId, LegKey, TimeNs, VenueId};
use crate::intent::{Action, CancelTerms, IntentKind};
use crate::money::{Decimal, Price, Qty};
use crate::order::{OrderInput, OrderState, Transition, transition};
use crate::risk::{self, KeyId};
use crate::strategy::HaltCode;

const DOCUMENT: &str = include_str!("../../../../ARCHITECTURE.md");
/// A profile, in which every limit stands.
const PROFILE: &str = include_str!("../../../../config/profiles/backtest-wide@1.toml");

#[test]
fn the_architecture_shows_the_tables_of_the_code() {
    let mut document = DOCUMENT.to_string();
    for (name, table) in [("order states", order_states()), ("rules", rules()), ("decisions", decisions())] {
        document = with_table(&document, name, &table);
    }
    expect_file!["../../../../ARCHITECTURE.md"].assert_eq(&document);
}

#[test]
fn every_limit_that_can_be_configured_is_in_the_table_of_rules() {
    let configured: BTreeSet<&str> = PROFILE.lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    let keys = risk::CHECKS.iter().flat_map(|(code, _)| limit(*code).0.split(", "));
    let shown: BTreeSet<&str> = keys.filter_map(|key| key.strip_prefix("risk.")).collect();
    assert_eq!(shown, configured);
}

/// The document with what stands between the marks of a table replaced.
fn with_table(document: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- table: {name} -->\n"), format!("<!-- end: {name} -->"));
    let (before, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no mark `{begin}`"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no mark `{end}`"));
    format!("{before}{begin}{table}{end}{after}")
}

fn rows(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    [line(head), rule].into_iter().chain(rows.map(|cells| line(&cells))).collect()
}

fn order_states() -> String {
    let head: Vec<String> =
        ["input".to_string()].into_iter().chain(OrderState::ALL.iter().map(|state| state.to_string())).collect();
    let row = |input: &OrderInput| {
        let cells = OrderState::ALL.iter().map(|state| shown(transition(*state, *input)).to_string());
        [input.to_string()].into_iter().chain(cells).collect()
    };
    rows(&head, OrderInput::ALL.iter().map(row))
}

fn shown(transition: Transition) -> &'static str {
    match transition {
        Transition::To(state) => state.code(),
        Transition::Stay => "stays",
        Transition::ToWorking => "works",
        Transition::Late => "late",
        Transition::Illegal => "–",
    }
}

fn rules() -> String {
    let head = ["", "code", "configuration", "unit"].map(str::to_string);
    let row = |(at, (code, _)): (usize, &(DenialCode, _))| {
        let (keys, unit) = limit(*code);
        let keys: Vec<String> = keys.split(", ").map(|key| format!("`{key}`")).collect();
        let keys = if keys == ["`–`"] { "–".to_string() } else { keys.join(", ") };
        [(at + 1).to_string(), code.to_string(), keys, unit.to_string()].to_vec()
    };
    rows(&head, risk::CHECKS.iter().enumerate().map(row))
}

/// Keys of the configuration that a rule reads, and in which unit its numbers are.
fn limit(code: DenialCode) -> (&'static str, &'static str) {
    use DenialCode as D;
    match code {
        D::KillSwitch | D::TradingDisabled => ("–", "yes or no"),
        D::NotAuthorised => ("strategies.instruments", "yes or no"),
        D::LaneNotPermitted => ("strategies.lane", "yes or no"),
        D::RegionBlocked => ("risk.region_blocked", "yes or no"),
        D::VenueUnavailable => ("risk.venue_unavailable", "yes or no"),
        D::VenueWindow => ("risk.venue_window", "yes or no"),
        D::InstrumentRestricted | D::InstrumentHalted | D::InstrumentCancelOnly => ("instruments.status", "yes or no"),
        D::LeverageNotReported => ("risk.leverage_reported", "yes or no"),
        D::MarginModeNotReported => ("risk.margin_mode_reported", "yes or no"),
        D::StaleMarket => ("risk.market_age_max", "event time"),
        D::ReduceOnly => ("–", "units"),
        D::OrderQtyMin => ("risk.order_qty_min", "units"),
        D::OrderQtyMax => ("risk.order_qty_max", "units"),
        D::OrderNotionalMin => ("risk.order_notional_min", "quote currency"),
        D::OrderNotionalMax => ("risk.order_notional_max", "quote currency"),
        D::PriceCollar => ("risk.price_collar_bps", "basis points of the reference"),
        D::SelfTrade => ("risk.self_trade", "yes or no"),
        D::Duplicate => ("risk.duplicate_window", "event time"),
        D::OpenOrders => ("risk.open_orders_max", "orders of the strategy"),
        D::Velocity => ("risk.velocity_orders_max, risk.velocity_window", "orders and amends in event time"),
        D::OrderToTrade => ("risk.order_to_trade_max, risk.order_to_trade_free", "messages a fill"),
        D::PositionStrategy => ("risk.position_strategy_max", "units"),
        D::PositionAccount => ("risk.position_account_max", "units"),
        D::PositionInstrument => ("risk.position_instrument_max", "units"),
        D::ExposureGross => ("risk.exposure_gross_max", "currency of the account"),
        D::ExposureNet => ("risk.exposure_net_max", "currency of the account"),
        D::ExposureAsset => ("risk.exposure_asset_max", "base currency"),
        D::ExposureCounterparty => ("risk.exposure_counterparty_max", "base currency"),
        D::StrategyCapital => ("risk.strategy_capital_use_max_bps", "basis points of the strategy's capital"),
        D::Leverage => ("risk.leverage_max", "times the equity of the account"),
        D::MarginInitial => ("risk.margin_initial_use_max_bps", "basis points of the account's equity"),
        D::MarginMaintenance => ("risk.margin_maintenance_use_max_bps", "basis points of the account's equity"),
        D::Balance => ("risk.balance_min", "currency of the account"),
        D::StrategyLoss => ("risk.strategy_loss_max, strategies.loss_max", "currency of the account"),
        D::DrawdownSession => ("risk.drawdown_session_max", "currency of the account"),
        D::DrawdownPeak => ("risk.drawdown_peak_max", "currency of the account"),
        D::LossDay => ("risk.loss_day_max", "currency of the account"),
        D::QueueFull => ("execution.queue_max", "submits"),
        D::NotComputable => ("–", "yes or no"),
    }
}

fn decisions() -> String {
    let head = ["decision", "number", "name", "meaning"].map(str::to_string);
    let all = every_decision();
    assert!(all.iter().map(DecisionKind::number).eq(1000..1019), "every number is there once");
    let row = |kind: DecisionKind| {
        let (name, meaning) = told(&kind);
        [format!("`{name}`"), kind.number().to_string(), kind.name().to_string(), meaning.to_string()].to_vec()
    };
    rows(&head, all.into_iter().map(row))
}

/// One of each; what [`told`] lists and this does not is missing here.
fn every_decision() -> [DecisionKind; 19] {
    let (leg, now) = (LegKey::default(), TimeNs(0));
    let action = Action::Cancel(CancelTerms { order: leg, instrument: InstrumentId(1) });
    let zero = Decimal::ZERO;
    [
        DecisionKind::Emitted(IntentKind::WakeAt(now)),
        DecisionKind::Malformed(Malformed { code: MalformedCode::Order, value: 0, limit: 0 }),
        DecisionKind::Normalised(Normalised { action, reference: Price(0) }),
        DecisionKind::Denied(Denial { code: DenialCode::OpenOrders, limit: zero, value: zero, allowed: zero }),
        DecisionKind::Allowed(ApprovalMark { number: 1, key_id: KeyId(0), tag: [0; 32] }),
        DecisionKind::Queued,
        DecisionKind::Superseded(leg),
        DecisionKind::Withdrawn(leg),
        DecisionKind::ApprovalExpired(now),
        DecisionKind::Dispatched(VenueId(1), AccountId(1)),
        DecisionKind::Refused(Refusal { code: RefusalCode::Expired, approved_at: now }),
        DecisionKind::Halted(Halt { code: HaltCode::Trap, limit: 0, used: 0 }),
        DecisionKind::Anomaly(Anomaly { code: AnomalyCode::Overfill, value: 0 }),
        DecisionKind::Scheduled(Scheduled { qty: Qty(1), start: now, end: now, reference: Price(0) }),
        DecisionKind::Ended(Ended { code: EndCode::Filled, filled: Qty(1), left: Qty(0) }),
        DecisionKind::Tied(leg),
        DecisionKind::Held(Price(0)),
        DecisionKind::Released(Price(0)),
        DecisionKind::Dropped(DropReason::Canceled),
    ]
}

fn told(kind: &DecisionKind) -> (&'static str, &'static str) {
    match kind {
        DecisionKind::Emitted(_) => ("Emitted", "a strategy, or the host for it, wants this"),
        DecisionKind::Malformed(_) => ("Malformed", "no order can be made of it"),
        DecisionKind::Normalised(_) => ("Normalised", "exactly how much at what price"),
        DecisionKind::Denied(_) => ("Denied", "Risk says no: code, limit, value, what would have passed"),
        DecisionKind::Allowed(_) => ("Allowed", "Risk says yes: number and tag; exposure is reserved"),
        DecisionKind::Queued => ("Queued", "it waits"),
        DecisionKind::Superseded(_) => ("Superseded", "another leg for the same order takes its place"),
        DecisionKind::Withdrawn(_) => {
            ("Withdrawn", "a cancel, the end of its order or its parent, or the kill switch took it out")
        }
        DecisionKind::ApprovalExpired(_) => ("ApprovalExpired", "it waited longer than its approval lives"),
        DecisionKind::Dispatched(..) => ("Dispatched", "it went to this venue and account"),
        DecisionKind::Refused(_) => ("Refused", "the Gate says no"),
        DecisionKind::Halted(_) => ("Halted", "a strategy is stopped; the next event says so"),
        DecisionKind::Anomaly(_) => ("Anomaly", "something that should not happen; State stays consistent"),
        DecisionKind::Held(_) => ("Held", "Execution Control keeps it until this price; exposure is reserved"),
        DecisionKind::Released(_) => ("Released", "this price is what it waited for; a leg of it follows"),
        DecisionKind::Dropped(_) => ("Dropped", "it is kept no more, and nothing of it was sent"),
        DecisionKind::Scheduled(_) => ("Scheduled", "a schedule begins; the whole of it is allowed and reserved"),
        DecisionKind::Tied(_) => ("Tied", "it waits until the order of this intent fills"),
        DecisionKind::Ended(_) => ("Ended", "a schedule is over: why, what it filled, what it will not trade"),
    }
}
