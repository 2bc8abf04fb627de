//! Batches: how does a guest of this version see many events at once?
//!
//! In: market events with their contexts. Out: 15 words each, as the WIT files lay them out. Must never: hold anything but
//! trades, quotes and bars.

use ringfence_core::event::{Event, EventKind};
use ringfence_core::instrument::Side;
use ringfence_core::strategy::{Call, CallContext, Delivery};

/// Words of one event.
const WORDS: usize = 15;

/// Appends an event.
#[inline]
pub(super) fn write(event: &Event, context: &CallContext, words: &mut Vec<u64>) {
    words.extend_from_slice(&words_of(event, context));
}

/// Whether a call brings what stands at a place.
#[inline]
pub(super) fn is_call(call: &Call<'_>, words: &[u64], place: usize) -> bool {
    let written = words.get(place * WORDS..(place + 1) * WORDS);
    call.delivery == Delivery::Event && written.is_some_and(|written| written == words_of(call.event, &call.context))
}

#[inline]
fn words_of(event: &Event, context: &CallContext) -> [u64; WORDS] {
    let (case, payload) = payload(event);
    let touch = &context.touch;
    let [p0, p1, p2, p3, p4, p5, p6] = payload;
    [
        u64::from(event.instrument.0) | case << 32,
        event.time.0,
        event.venue_time.0,
        p0,
        p1,
        p2,
        p3,
        p4,
        p5,
        p6,
        touch.bid_price.0.cast_unsigned(),
        touch.bid_qty.0.cast_unsigned(),
        touch.ask_price.0.cast_unsigned(),
        touch.ask_qty.0.cast_unsigned(),
        context.position.0.cast_unsigned(),
    ]
}

/// Which case of `payload` it is, and its fields.
#[inline]
#[expect(clippy::wildcard_enum_match_arm, reason = "the core shows no other kind ahead, however many there will be")]
fn payload(event: &Event) -> (u64, [u64; 7]) {
    match event.kind {
        EventKind::Trade(trade) => {
            let (price, qty) = (trade.price.0.cast_unsigned(), trade.qty.0.cast_unsigned());
            let [has_aggressor, aggressor] = match trade.aggressor {
                None => [0, 0],
                Some(Side::Buy) => [1, 0],
                Some(Side::Sell) => [1, 1],
            };
            (0, [price, qty, has_aggressor, aggressor, 0, 0, 0])
        }
        EventKind::Quote(quote) => {
            let numbers = [quote.bid_price.0, quote.bid_qty.0, quote.ask_price.0, quote.ask_qty.0, 0, 0, 0];
            (1, numbers.map(i64::cast_unsigned))
        }
        EventKind::Bar(bar) => {
            let [open, high, low, close] =
                [bar.open, bar.high, bar.low, bar.close].map(|price| price.0.cast_unsigned());
            (3, [open, high, low, close, bar.volume.0.cast_unsigned(), bar.open_time.0, bar.interval_ns])
        }
        _ => panic!("{} is shown ahead to no strategy", event.kind.name()),
    }
}
