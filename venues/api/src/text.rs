//! Text: how does a report read in a test or a message?
//!
//! In: a report. Out: one line, numbers as mantissas. Must never: be parsed by anything.

use ringfence_core::event::{EventKind, Fill, FillReason, OrderStatement, Report};

/// One line about a report: what happened to which order, with its numbers as mantissas.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not about an order reads well enough by its name")]
pub fn describe(report: &Report) -> String {
    match report.kind {
        EventKind::OrderAccepted(key) => format!("accepted {key}"),
        EventKind::OrderRejected(key, reason) => format!("rejected {key} {reason}"),
        EventKind::OrderFilled(fill) => format!("filled {}", describe_fill(&fill)),
        EventKind::OrderCanceled(key, open, reason) => format!("canceled {key} open {} {reason}", open.0),
        EventKind::CancelRejected(key, reason) => format!("cancel-rejected {key} {reason}"),
        EventKind::OrderAmended(key, price, qty) => format!("amended {key} {}@{}", qty.0, price.0),
        EventKind::AmendRejected(key, reason) => format!("amend-rejected {key} {reason}"),
        EventKind::OrderExpired(key, open) => format!("expired {key} open {}", open.0),
        EventKind::OutcomeUnknown(key) => format!("outcome-unknown {key}"),
        EventKind::TransmitRefused(key, command, reason) => format!("transmit-refused {command} {key} {reason}"),
        EventKind::BalanceReported(said) => format!("balance {} of currency {}", said.total, said.currency.0),
        EventKind::BalanceAdjusted(change) => {
            format!("adjusted {} {} of strategy {}", change.reason, change.amount, change.strategy.0)
        }
        EventKind::InstrumentStatus(status) => format!("status {status}"),
        EventKind::OrderReported(said) => {
            let OrderStatement { order, state, side, price, qty, filled } = said;
            format!("reported {order} {state} {side} {}@{} filled {}", qty.0, price.0, filled.0)
        }
        EventKind::PositionReported(said) => format!("position {} {}", said.side, said.qty.0),
        EventKind::LeverageReported(hundredths) => format!("leverage {hundredths}"),
        EventKind::MarginModeReported(mode) => format!("margin-mode {mode}"),
        _other => report.kind.name().to_owned(),
    }
}

fn describe_fill(fill: &Fill) -> String {
    let Fill { order, side, qty, price, liquidity, fee, leaves, reason, ahead, .. } = fill;
    let why = match (*reason, *ahead) {
        (FillReason::Venue, _) => String::new(),
        (reason, Fill::AHEAD_UNKNOWN) => format!(" {reason}"),
        (reason, ahead) => format!(" {reason} behind {}", ahead.0),
    };
    format!("{order} {side} {}@{} {liquidity} fee {fee} leaves {}{why}", qty.0, price.0, leaves.0)
}
