//! Answers: how do intents read as text, and what differs from what was expected?
//!
//! In: an intent and the session's configuration. Out: one line, in the form of the Rust SDK's harness; a difference line by
//! line. Must never: leave out a field that was asked for.

use ringfence_core::config::Config;
use ringfence_core::ids::{InstrumentId, SessionId, TimeNs};
use ringfence_core::instrument::{PositionSide, Side};
use ringfence_core::intent::{
    Amend, Bound, Curve, Extras, GroupKind, IntentKind, Schedule, Size, Submit, TrailUnit, TriggerBy,
};
use ringfence_core::money::{Price, Qty};
use ringfence_journal::wire::decision::note_bytes;

use crate::render::Renderer;

/// `#1 buy X:SPY 100 market ioc` and so on. `of_order` knows the instrument of the order that an amend means.
pub(crate) fn shown(
    kind: &IntentKind,
    (config, notes): (&Config, &[u8]),
    of_order: impl Fn(u64) -> InstrumentId,
) -> String {
    let writer = Writer { renderer: Renderer::new(config, SessionId::default()) };
    match kind {
        IntentKind::Submit(order) => writer.submit(order),
        IntentKind::Cancel(id) => format!("cancel #{}", id.0),
        IntentKind::Amend(change) => writer.amend(change, of_order(change.order.0)),
        IntentKind::CancelAll(scope) => writer.scoped("cancel-all", *scope),
        IntentKind::Flatten(scope) => writer.scoped("flatten", *scope),
        IntentKind::WakeAt(at) => format!("wake-at {}", time(*at)),
        IntentKind::Note(span) => format!("note {:?}", String::from_utf8_lossy(note_bytes(*span, notes))),
        IntentKind::Schedule(wish) => writer.schedule(wish, notes),
    }
}

/// A moment in seconds, without zeros that say nothing: `1.5s`.
pub(crate) fn time(time: TimeNs) -> String {
    let (seconds, rest) = (time.0 / 1_000_000_000, time.0 % 1_000_000_000);
    if rest == 0 {
        return format!("{seconds}s");
    }
    format!("{seconds}.{}s", format!("{rest:09}").trim_end_matches('0'))
}

struct Writer<'a> {
    renderer: Renderer<'a>,
}

impl Writer<'_> {
    fn scoped(&self, word: &str, scope: Option<InstrumentId>) -> String {
        match scope {
            Some(id) => format!("{word} {}", self.renderer.instrument(id)),
            None => word.to_owned(),
        }
    }

    fn size(&self, id: InstrumentId, size: Size) -> String {
        match size {
            Size::Quantity(qty) => self.renderer.qty(id, qty),
            Size::Notional(value) => format!("notional {}", self.renderer.price(id, Price(value))),
        }
    }

    fn head(&self, side: Side, id: InstrumentId, size: Size) -> Vec<String> {
        vec![side.code().to_owned(), self.renderer.instrument(id), self.size(id, size)]
    }

    fn submit(&self, order: &Submit) -> String {
        let id = order.instrument;
        let price = |price: Price| self.renderer.price(id, price);
        let mut words = self.head(order.side, id, order.size);
        words.push(order.order_type.code().to_owned());
        words.extend(order.limit_price.map(|limit| format!("@{}", price(limit))));
        words.extend(order.stop_price.map(|stop| format!("stop @{}", price(stop))));
        words.push(order.tif.code().to_owned());
        words.extend(order.max_slippage_bps.map(|bps| format!("slippage {bps}bps")));
        words.extend(flags(order.post_only, order.reduce_only));
        if order.position_side != PositionSide::Net {
            words.push(order.position_side.code().to_owned());
        }
        words.extend(self.extras(&order.extras, id));
        words.join(" ")
    }

    /// What few orders ask for.
    fn extras(&self, extras: &Extras, id: InstrumentId) -> impl Iterator<Item = String> {
        let Extras { expire_at, display_qty, trail, trigger_by, link } = *extras;
        let offset = |value: i64| match trail.unit {
            TrailUnit::Price => self.renderer.price(id, Price(value)),
            TrailUnit::Bps | TrailUnit::Ticks => format!("{value}{}", trail.unit.code()),
        };
        let words = [
            (trail.offset != 0).then(|| format!("trail {}", offset(trail.offset))),
            (trail.limit_offset != 0).then(|| format!("limit-offset {}", offset(trail.limit_offset))),
            (trigger_by != TriggerBy::Last).then(|| format!("by {}", trigger_by.code())),
            (expire_at != TimeNs(0)).then(|| format!("until {}", time(expire_at))),
            (display_qty != Qty(0)).then(|| format!("display {}", self.renderer.qty(id, display_qty))),
            (link.parent.0 != 0).then(|| format!("after #{}", link.parent.0)),
            (link.group_kind != GroupKind::None).then(|| link.group_kind.code().to_owned()),
            (link.group.0 != 0).then(|| format!("#{}", link.group.0)),
        ];
        words.into_iter().flatten()
    }

    fn amend(&self, change: &Amend, id: InstrumentId) -> String {
        let price = |price: Price| self.renderer.price(id, price);
        let mut words = vec![format!("amend #{}", change.order.0)];
        words.extend(change.price.map(|value| format!("@{}", price(value))));
        words.extend(change.qty.map(|value| format!("qty {}", self.renderer.qty(id, value))));
        words.extend(change.trigger.map(|value| format!("trigger @{}", price(value))));
        words.join(" ")
    }

    fn schedule(&self, wish: &Schedule, notes: &[u8]) -> String {
        let id = wish.instrument;
        let mut words = vec!["schedule".to_owned()];
        words.extend(self.head(wish.side, id, wish.size));
        words.push(match wish.bound {
            Bound::Limit(limit) => format!("@{}", self.renderer.price(id, limit)),
            Bound::Slippage(bps) => format!("slippage {bps}bps"),
        });
        words.push(match wish.curve {
            Curve::Even(slices) => format!("even {slices}"),
            Curve::Profile(span) => format!("profile {:?}", weights(note_bytes(span, notes))),
            Curve::Volume { slices, bps } => format!("volume {slices} {bps}bps"),
        });
        words.extend((wish.start != TimeNs(0)).then(|| format!("from {}", time(wish.start))));
        words.push(format!("to {}", time(wish.end)));
        words.extend(flags(wish.post_only, wish.reduce_only));
        words.join(" ")
    }
}

/// Two bytes each, as the core keeps them.
fn weights(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|weight| u16::from_le_bytes([weight[0], weight[1]])).collect()
}

fn flags(post_only: bool, reduce_only: bool) -> impl Iterator<Item = String> {
    let named = [(post_only, "post-only"), (reduce_only, "reduce-only")];
    named.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| name.to_owned())
}

/// What differs, line by line: `-` was expected, `+` came, two spaces stand before what is the same. `None` = nothing.
pub(crate) fn difference(expected: &str, got: &str) -> Option<String> {
    if expected == got {
        return None;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = (old.len() - start).min(new.len() - start);
    let end = (0..rest).take_while(|n| old[old.len() - 1 - n] == new[new.len() - 1 - n]).count();
    let mut text = String::new();
    let mut push = |mark: &str, lines: &[&str]| lines.iter().for_each(|line| text.push_str(&format!("{mark}{line}\n")));
    push("  ", &old[start.saturating_sub(CONTEXT_LINES)..start]);
    push("- ", &old[start..old.len() - end]);
    push("+ ", &new[start..new.len() - end]);
    push("  ", &old[old.len() - end..(old.len() - end + CONTEXT_LINES).min(old.len())]);
    if text.is_empty() {
        text.push_str("  (they differ in the last newline)\n");
    }
    Some(text)
}

/// Lines before and after a difference that are shown with it.
const CONTEXT_LINES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_what_was_expected_and_what_came() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        let text = difference("1\n2\n3\n4\n5\n6\n", "1\n2\n3\nx\ny\n5\n6\n").expect("they differ");
        assert_eq!(text, "  2\n  3\n- 4\n+ x\n+ y\n  5\n  6\n");
        assert_eq!(difference("a\n", "a\nb\n").as_deref(), Some("  a\n+ b\n"));
        assert_eq!(difference("", "a\n").as_deref(), Some("+ a\n"));
        assert_eq!(difference("a", "a\n").as_deref(), Some("  a\n"));
    }

    #[test]
    fn times_are_shown_without_zeros_that_say_nothing() {
        let shown: Vec<String> = [0, 1_500_000_000, 1, 60_000_000_000].map(|ns| time(TimeNs(ns))).to_vec();
        assert_eq!(shown, ["0s", "1.5s", "0.000000001s", "60s"]);
    }
}
