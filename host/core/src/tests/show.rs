//! Show: what does a test see of effects and State?
//!
//! In: effects, State, a question. Out: lines of text. What went as asked (emitted, normalised, allowed, queued) is left out.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::fmt::Write;

use crate::decision::{Decision, DecisionKind, Effects};
use crate::gate::VenueCommand;
use crate::ids::{AccountId, InstrumentId, StrategyId, TimeNs};
use crate::instrument::PositionSide;
use crate::intent::{Action, OrderTerms};
use crate::state::State;
use crate::state::execution::Holder;
use crate::state::schedules::Schedule;
use crate::strategy::Call;
use crate::tests::script::Words;
use crate::tests::world::{A, START, World};

/// What came of one step, a line each.
pub(crate) fn effects(effects: &Effects) -> String {
    let mut commands = effects.commands.iter();
    let mut out = String::new();
    for decision in &effects.decisions {
        let is_sent = matches!(decision.kind, DecisionKind::Dispatched(..));
        let line = if is_sent { commands.next().map(command) } else { dropped(decision, effects) };
        let Some(line) = line else { continue };
        writeln!(out, "  {line}").expect("a string grows");
    }
    assert!(commands.next().is_none(), "a command without a dispatch");
    out
}

fn dropped(decision: &Decision, effects: &Effects) -> Option<String> {
    let key = decision.key;
    Some(match decision.kind {
        DecisionKind::Emitted(crate::intent::IntentKind::Note(span)) => {
            let bytes = &effects.notes[span.start as usize..][..span.len as usize];
            format!("{key} note {}", String::from_utf8_lossy(bytes))
        }
        DecisionKind::Malformed(m) => format!("{key} malformed {} value {} limit {}", m.code, m.value, m.limit),
        DecisionKind::Denied(d) => {
            format!("{key} denied {} limit {} value {} allowed {}", d.code, d.limit, d.value, d.allowed)
        }
        DecisionKind::Superseded(by) => format!("{key} superseded by {by}"),
        DecisionKind::Withdrawn(by) => format!("{key} withdrawn by {by}"),
        DecisionKind::ApprovalExpired(at) => format!("{key} approval of {}s expired", (at.0 - START.0) / 1_000_000_000),
        DecisionKind::Refused(refusal) => format!("{key} refused {}", refusal.code),
        DecisionKind::Halted(halt) => {
            format!("s{} halted {} limit {} used {}", key.strategy.0, halt.code, halt.limit, halt.used)
        }
        DecisionKind::Anomaly(anomaly) => format!("anomaly {} {}", anomaly.code, anomaly.value),
        DecisionKind::Held(trigger) => format!("{key} held until {}", trigger.0),
        DecisionKind::Released(price) => format!("{key} released at {}", price.0),
        DecisionKind::Dropped(reason) => format!("{key} dropped {reason}"),
        DecisionKind::Scheduled(whole) => {
            format!("{key} scheduled {} from {} to {}", whole.qty.0, time(whole.start), time(whole.end))
        }
        DecisionKind::Tied(parent) => format!("{key} tied to {parent}"),
        DecisionKind::Ended(end) => format!("{key} ended {} filled {} left {}", end.code, end.filled.0, end.left.0),
        DecisionKind::Normalised(normalised) if normalised.reference.0 != 0 => {
            format!("{key} normalised {} from {}", terms(&normalised.action), normalised.reference.0)
        }
        DecisionKind::Emitted(_)
        | DecisionKind::Normalised(_)
        | DecisionKind::Allowed(_)
        | DecisionKind::Queued
        | DecisionKind::Dispatched(..) => return None,
    })
}

fn command(command: &VenueCommand) -> String {
    assert_eq!(command.action().target().is_none(), command.client_id() == command.target_id());
    format!("{} sent {} on {}", command.key(), terms(command.action()), command.account().0)
}

fn terms(action: &Action) -> String {
    match action {
        Action::Submit(terms) => order_terms(terms),
        Action::Cancel(terms) => format!("cancel of {}", terms.order),
        Action::Amend(terms) => format!("amend of {} to {} @{}", terms.order, terms.qty.0, terms.price.0),
    }
}

fn order_terms(terms: &OrderTerms) -> String {
    let mut out = format!("{} {} {}", terms.side, terms.qty.0, terms.order_type);
    if let Some(price) = terms.limit_price {
        write!(out, " @{}", price.0).expect("a string grows");
    }
    write!(out, " {}", terms.tif).expect("a string grows");
    for (word, is_set) in [("post-only", terms.post_only), ("reduce-only", terms.reduce_only)] {
        if is_set {
            write!(out, " {word}").expect("a string grows");
        }
    }
    if terms.position_side != PositionSide::Net {
        write!(out, " {}", terms.position_side).expect("a string grows");
    }
    out
}

/// Answers `show …`.
pub(crate) fn state(world: &World, question: &str) -> String {
    let (state, mut words) = (world.core.state(), Words::new(question));
    let answer = match words.word() {
        "orders" => return orders(state),
        "position" => position(state, Holder::Strategy(words.strategy()), words.instrument()),
        "account" => {
            let account = AccountId(u16::try_from(words.count()).expect("small"));
            position(state, Holder::Account(account), words.instrument())
        }
        "cash" => cash(state, words.strategy()),
        "total" => {
            let view = state.account_total(AccountId(u16::try_from(words.count()).expect("small")));
            let view = view.expect("computable");
            format!("cash {} equity {} realised {} fees {}", view.cash, view.equity, view.realised, view.fees)
        }
        "open" => {
            let counts = &state.execution.open_counts;
            counts.iter().skip(1).map(|count| format!("{count}")).collect::<Vec<_>>().join(" ")
        }
        "queue" => {
            let waiting: Vec<_> = world.core.queue().waiting().map(|item| format!("{}", item.key())).collect();
            if waiting.is_empty() { String::from("empty") } else { waiting.join(" ") }
        }
        "status" => {
            let status = state.market(words.instrument()).expect("an instrument").status();
            format!("{status}")
        }
        "wake" => world.effects.wake_at.map_or(String::from("never"), time),
        "schedules" => return schedules(state),
        "links" => return links(state),
        "kill" => format!("{}", state.kill_level()),
        "held" => {
            let held = state.held.of(words.strategy()).iter();
            let shown: Vec<_> =
                held.map(|held| format!("{} {:?} at {}", held.key, held.stage, held.trigger.0)).collect();
            if shown.is_empty() { String::from("none") } else { shown.join(", ") }
        }
        "waiting" => {
            let shown: Vec<_> = state
                .held_orders(words.strategy(), InstrumentId::NONE)
                .map(|held| format!("{} {} {} at {}", held.intent, held.side, held.qty.0, held.trigger.0))
                .collect();
            if shown.is_empty() { String::from("none") } else { shown.join(", ") }
        }
        other => panic!("nothing to show: `{other}`"),
    };
    format!("  {question}: {answer}\n")
}

fn time(at: TimeNs) -> String {
    format!("{}s+{}", (at.0 - START.0) / 1_000_000_000, (at.0 - START.0) % 1_000_000_000)
}

fn schedules(state: &State) -> String {
    let line = |schedule: &Schedule| {
        let (filled, total, reserved) = (schedule.filled, schedule.total.0, schedule.reserved.0);
        let child = schedule.child.map_or(String::from("no order"), |child| format!("{}", schedule.child_key(child)));
        format!("  {} filled {filled}/{total} reserved {reserved} {child}\n", schedule.key)
    };
    let lines: String = state.schedules.iter().map(line).collect();
    if lines.is_empty() { String::from("  no schedules\n") } else { lines }
}

fn links(state: &State) -> String {
    let mut out = String::new();
    for held in &state.links.held {
        let (released, total, parent) = (held.released, held.total.0, held.parent);
        writeln!(out, "  {} waits for {parent}, sent {released}/{total}", held.key).expect("a string grows");
    }
    for group in &state.links.groups {
        let members: Vec<_> = group.members.iter().map(|member| format!("{}", member.intent)).collect();
        let winner = group.winner.map_or(String::new(), |intent| format!(", {intent} was filled"));
        writeln!(out, "  {} of {}: {}{winner}", group.kind, group.strategy.0, members.join(" "))
            .expect("a string grows");
    }
    if out.is_empty() { String::from("  no links\n") } else { out }
}

fn orders(state: &State) -> String {
    let mut out = String::new();
    for strategy in 0..state.execution.open_counts.len() {
        let strategy = StrategyId(u16::try_from(strategy).expect("few"));
        for order in state.execution.orders.of_strategy(strategy) {
            let (qty, filled, reserved) = (order.terms.qty.0, order.filled.0, order.reserved.0);
            let price = order.terms.limit_price.map_or(0, |price| price.0);
            writeln!(out, "  {} {} {filled}/{qty} @{price} reserved {reserved}", order.key, order.state)
                .expect("a string grows");
        }
    }
    out
}

fn position(state: &State, holder: Holder, instrument: InstrumentId) -> String {
    let position = state.execution.position(holder, instrument, PositionSide::Net).copied().unwrap_or_default();
    format!(
        "qty {} cost {} realised {} fees {} reserved {}/{}",
        position.qty, position.cost, position.realised, position.fees, position.reserved_buy, position.reserved_sell
    )
}

fn cash(state: &State, strategy: StrategyId) -> String {
    let view = state.account_view(strategy).expect("computable");
    format!(
        "cash {} equity {} capital {} realised {} fees {}",
        view.cash, view.equity, view.capital, view.realised, view.fees
    )
}

/// What a strategy sees in a call: the touch and its own position in the event's instrument, its own orders in all.
pub(crate) fn seen(state: &State, call: &Call<'_>) -> String {
    let (touch, position) = (call.context.touch, call.context.position);
    let id = if call.event.instrument == InstrumentId::NONE { A } else { call.event.instrument };
    let orders: Vec<_> = state.open_orders(call.strategy, id).map(|order| format!("{}", order.key)).collect();
    format!(
        "{}x{} {}x{} position {} orders [{}]",
        touch.bid_qty.0,
        touch.bid_price.0,
        touch.ask_price.0,
        touch.ask_qty.0,
        position.0,
        orders.join(" ")
    )
}
