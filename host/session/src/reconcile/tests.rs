//! Comparisons: from when on what is asked, what waits for what, and what a venue that offers little leads to.

use ringfence_core::event::OrderStatement;
use ringfence_core::gate::VenueCommand;
use ringfence_core::intent::IntentKind;
use ringfence_core::money::Price;
use ringfence_venue::desk::{self, Desk};

use super::*;

const S: u64 = 1_000_000_000;
const VENUE: VenueId = VenueId(1);

/// From when on fills are asked for, in seconds, by a comparison that begins now.
fn asked_since(reconciler: &mut Reconciler, now_s: u64) -> u64 {
    reconciler.begin(VENUE, TimeNs(now_s * S));
    let fills = reconciler.rounds[0].questions.iter().find_map(|query| match query {
        Query::FillsSince { since, .. } => Some(since.0 / S),
        Query::OpenOrders(_) | Query::Order { .. } | Query::Positions(_) | Query::Balances(_) => None,
        Query::Margin { .. } | Query::Instruments | Query::Time => None,
    });
    fills.expect("fills are asked for")
}

fn reconciler() -> Reconciler {
    let (accounts, instruments) = (vec![AccountId(1)], vec![InstrumentId(1)]);
    Reconciler::new(vec![Reached { venue: VENUE, accounts, instruments }])
}

fn said_at(second: u64) -> Report {
    Report { venue: VENUE, venue_time: TimeNs(second * S), ..Report::control(EventKind::VenueUp) }
}

fn end(reconciler: &mut Reconciler) {
    reconciler.rounds[0].questions.clear();
    reconciler.rounds[0].asked.clear();
    reconciler.ask(0);
}

#[test]
fn fills_are_asked_for_by_the_venues_clock_whatever_the_hosts_says() {
    let mut reconciler = reconciler();
    reconciler.is_fresh();
    reconciler.ticks(&said_at(1_000));
    assert_eq!(asked_since(&mut reconciler, 5_000), 985, "the host is far ahead");
    reconciler.ticks(&said_at(1_060));
    end(&mut reconciler);
    reconciler.ticks(&said_at(1_100));
    assert_eq!(asked_since(&mut reconciler, 100), 985, "from when the last comparison began, not when it ended");
    end(&mut reconciler);
    assert_eq!(asked_since(&mut reconciler, 7_000), 1_085);
}

#[test]
fn a_venue_that_tells_no_time_is_asked_by_the_hosts() {
    let mut reconciler = reconciler();
    reconciler.is_fresh();
    reconciler.ticks(&said_at(0));
    assert_eq!(asked_since(&mut reconciler, 100), 85);
}

#[test]
fn a_venue_of_which_nothing_is_known_tells_everything() {
    assert_eq!(asked_since(&mut reconciler(), 100), 0);
}

#[test]
fn a_comparison_that_a_new_break_ended_does_not_count_however_long_the_breaks_are() {
    let mut reconciler = reconciler();
    reconciler.is_fresh();
    reconciler.ticks(&said_at(1_000));
    reconciler.begin(VENUE, TimeNs(0));
    end(&mut reconciler);
    reconciler.ticks(&said_at(2_000));
    reconciler.begin(VENUE, TimeNs(0));
    reconciler.forget(VENUE);
    reconciler.ticks(&said_at(90_000));
    assert_eq!(asked_since(&mut reconciler, 0), 985, "fills early in the first break are still unknown");
}

#[test]
fn fills_are_asked_for_behind_orders_and_before_the_positions_and_balances_that_hold_them() {
    let reached =
        Reached { venue: VENUE, accounts: vec![AccountId(1)], instruments: vec![InstrumentId(1), InstrumentId(2)] };
    let names = questions(&reached, TimeNs(0)).into_iter().map(|query| match query {
        Query::Instruments => "instruments".to_owned(),
        Query::OpenOrders(_) => "orders".to_owned(),
        Query::Order { .. } => "order".to_owned(),
        Query::FillsSince { instrument, .. } => format!("fills {}", instrument.0),
        Query::Positions(_) => "positions".to_owned(),
        Query::Balances(_) => "balances".to_owned(),
        Query::Margin { instrument, .. } => format!("margin {}", instrument.0),
        Query::Time => "time".to_owned(),
    });
    let names: Vec<String> = names.collect();
    assert_eq!(names.join("; "), "instruments; orders; fills 1; fills 2; positions; balances; margin 1; margin 2");
}

const ONE: LegKey = LegKey { intent: IntentId(1), strategy: StrategyId(1), leg: LegId(0) };

/// A desk with one open order of ten, of which nothing is filled.
fn desk() -> Desk {
    let mut desk = Desk::open(&[desk::instrument(1, (0, 0))]);
    let submit = desk::submit(InstrumentId(1), (Side::Buy, Qty(10)), Some(Price(100)));
    let sent: Vec<VenueCommand> = desk.ask(StrategyId(1), IntentKind::Submit(submit));
    assert_eq!(sent.len(), 1, "{:?}", desk.decisions());
    desk
}

/// The venue states that so much of the order is filled.
fn filled(qty: i64) -> Report {
    let said = OrderStatement {
        order: ONE,
        state: OrderState::PartiallyFilled,
        side: Side::Buy,
        price: Price(100),
        qty: Qty(10),
        filled: Qty(qty),
    };
    of_account(EventKind::OrderReported(said))
}

fn of_account(kind: EventKind) -> Report {
    Report { venue: VENUE, account: AccountId(1), instrument: InstrumentId(1), ..Report::control(kind) }
}

/// Answers every question with `answer` until nothing is asked any more; what is said on the way, by name.
fn answers(reconciler: &mut Reconciler, mut next: Vec<Next>, answer: &Answer, state: &State) -> Vec<&'static str> {
    let mut said = Vec::new();
    while !next.is_empty() {
        let now = TimeNs(S);
        let then = next.into_iter().flat_map(|next| match next {
            Next::Ask(_, id, _) => reconciler.answered(id, answer, (now, state)),
            Next::Say(report) => {
                said.push(report.kind.name());
                Vec::new()
            }
            Next::Again(_) => Vec::new(),
        });
        next = then.collect();
    }
    said
}

#[test]
fn a_statement_waits_for_the_fills_that_it_is_about_and_comes_behind_them() {
    let (desk, mut reconciler) = (desk(), reconciler());
    let next = reconciler.begin(VENUE, TimeNs(S));
    assert!(!reconciler.keeps(&filled(0), desk.state()), "it says nothing that is not known");
    assert!(reconciler.keeps(&filled(4), desk.state()));
    let said = answers(&mut reconciler, next, &Answer::Complete, desk.state());
    assert_eq!(said, ["ReconcileStarted", "OrderReported", "ReconcileFinished", "VenueUp"]);
    assert!(!reconciler.keeps(&filled(4), desk.state()), "nothing is compared any more");
}

#[test]
fn what_is_heard_of_an_order_drops_the_older_statement_that_waits() {
    let (desk, mut reconciler) = (desk(), reconciler());
    let next = reconciler.begin(VENUE, TimeNs(S));
    assert!(reconciler.keeps(&filled(4), desk.state()));
    let other = LegKey { intent: IntentId(2), ..ONE };
    reconciler.heard(&of_account(EventKind::OrderAccepted(other)), desk.state());
    assert_eq!(reconciler.rounds[0].kept, [filled(4)], "another order says nothing of it");
    reconciler.heard(&of_account(EventKind::OrderExpired(ONE, Qty(0))), desk.state());
    let said = answers(&mut reconciler, next, &Answer::Complete, desk.state());
    assert_eq!(said, ["ReconcileStarted", "ReconcileFinished", "VenueUp"]);
}

#[test]
fn so_many_statements_wait_and_one_more_is_stated_at_once() {
    let (desk, mut reconciler) = (desk(), reconciler());
    reconciler.begin(VENUE, TimeNs(S));
    for _ in 0..KEPT_MAX {
        assert!(reconciler.keeps(&filled(4), desk.state()));
    }
    assert!(!reconciler.keeps(&filled(4), desk.state()));
    assert_eq!(reconciler.rounds[0].kept.len(), KEPT_MAX);
}

#[test]
fn a_venue_that_offers_no_answers_is_compared_all_the_same_and_what_waited_is_stated() {
    let (desk, mut reconciler) = (desk(), reconciler());
    let next = reconciler.begin(VENUE, TimeNs(S));
    assert!(reconciler.keeps(&filled(4), desk.state()));
    let said = answers(&mut reconciler, next, &Answer::NotOffered, desk.state());
    assert_eq!(said, ["ReconcileStarted", "OrderReported", "ReconcileFinished", "VenueUp"]);
    assert_eq!(reconciler.next_due(), None, "nothing is asked again");
}
