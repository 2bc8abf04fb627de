//! Pending: what has a gateway been given and not answered?
//!
//! In: what goes to it, what comes from it. Out: when it is gone, what has to be said about all the rest. Must never: say
//! of a command that it did not leave, when the gateway may have sent it.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_core::event::{Cause, Command, EventKind, RejectReason, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{LegKey, VenueId};
use ringfence_core::intent::Action;
use ringfence_venue::{Answer, QueryId, Said};

/// Commands and questions that are under way.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// By leg: the command as it would be reported when it was not sent.
    commands: BTreeMap<LegKey, (LegKey, Command, Report)>,
    queries: BTreeSet<QueryId>,
}

impl Pending {
    /// A command is handed over.
    pub(crate) fn sent(&mut self, command: &VenueCommand) {
        let (order, kind) = match command.action() {
            Action::Submit(_) => (command.key(), Command::Submit),
            Action::Cancel(terms) => (terms.order, Command::Cancel),
            Action::Amend(terms) => (terms.order, Command::Amend),
        };
        let report = Report {
            cause: Cause::leg(command.key()),
            instrument: command.action().instrument(),
            venue: command.venue(),
            account: command.account(),
            ..Report::control(EventKind::OutcomeUnknown(order))
        };
        self.commands.insert(command.key(), (order, kind, report));
    }

    /// A question is handed over.
    pub(crate) fn asked(&mut self, id: QueryId) {
        self.queries.insert(id);
    }

    /// The venue said something: the command that led to it has arrived, and so has the one that made its order.
    pub(crate) fn heard(&mut self, report: &Report) {
        if let Cause::Leg { strategy, leg, intent } = report.cause {
            self.commands.remove(&LegKey { intent, strategy, leg });
        }
        if let Some(order) = report.kind.order() {
            self.commands.remove(&order);
        }
    }

    /// A question was answered.
    pub(crate) fn answered(&mut self, id: QueryId) {
        self.queries.remove(&id);
    }

    /// The gateway refuses a command: it did not leave. `None` = it was not under way.
    pub(crate) fn refused(&mut self, leg: LegKey) -> Option<Report> {
        let (order, kind, report) = self.commands.remove(&leg)?;
        let reason = RejectReason::TransmitRefused;
        Some(Report { kind: EventKind::TransmitRefused(order, kind, reason), ..report })
    }

    /// The gateway is gone: what is under way is unknown, what was asked is not answered, and the venue is out of reach.
    pub(crate) fn lost(&mut self, venue: VenueId) -> Vec<Said> {
        let down = Report { venue, ..Report::control(EventKind::VenueDown) };
        let commands = std::mem::take(&mut self.commands).into_values().map(|(_, _, report)| Said::Report(report));
        let failed = || Answer::Failed("its gateway has ended".to_owned());
        let queries = std::mem::take(&mut self.queries).into_iter().map(|id| Said::Answered(id, failed()));
        std::iter::once(Said::Report(down)).chain(commands).chain(queries).collect()
    }
}

#[cfg(test)]
mod tests {
    use ringfence_core::ids::{AccountId, InstrumentId, IntentId, LegId, StrategyId};
    use ringfence_core::instrument::Side;
    use ringfence_core::intent::IntentKind;
    use ringfence_core::money::{Price, Qty};
    use ringfence_venue::desk::{self, Desk};

    use super::*;

    const ONE: LegKey = LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) };
    const TWO: LegKey = LegKey { intent: IntentId(2), ..ONE };

    fn commands(count: usize) -> Vec<VenueCommand> {
        let mut desk = Desk::open(&[desk::instrument(1, (0, 0))]);
        let submit = desk::submit(InstrumentId(1), (Side::Buy, Qty(1)), Some(Price(10)));
        (0..count).flat_map(|_| desk.ask(StrategyId(1), IntentKind::Submit(submit))).collect()
    }

    #[test]
    fn what_nobody_answered_is_unknown_when_the_gateway_is_gone() {
        let mut pending = Pending::default();
        commands(3).iter().for_each(|command| pending.sent(command));
        pending.asked(QueryId(7));
        pending.asked(QueryId(8));
        pending.answered(QueryId(7));
        pending.heard(&Report { cause: Cause::leg(ONE), ..Report::control(EventKind::OrderAccepted(ONE)) });
        let refused = pending.refused(TWO).expect("under way");
        let reason = RejectReason::TransmitRefused;
        assert_eq!(refused.kind, EventKind::TransmitRefused(TWO, Command::Submit, reason));
        assert_eq!((refused.cause, refused.account), (Cause::leg(TWO), AccountId(1)));
        let said: Vec<String> = pending
            .lost(VenueId(1))
            .into_iter()
            .map(|said| match said {
                Said::Report(report) => ringfence_venue::text::describe(&report),
                Said::Answered(id, answer) => format!("{} {answer:?}", id.0),
            })
            .collect();
        assert_eq!(said, ["VenueDown", "outcome-unknown 1/3", "8 Failed(\"its gateway has ended\")"]);
        assert_eq!(pending.lost(VenueId(1)).len(), 1, "it is said once");
        assert_eq!(pending.refused(ONE), None);
    }
}
