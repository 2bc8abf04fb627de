//! Laws of tapes: what is written reads back, and the outcome depends on the bytes alone.

use proptest::prelude::*;
use ringfence_core::event::{Bar, EventKind, Quote, Trade};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Plain, Price, Qty, Scale};

use super::*;

fn price() -> impl Strategy<Value = Price> {
    prop_oneof![any::<i64>(), -1000_i64..1000].prop_map(Price)
}

fn qty(least: i64) -> impl Strategy<Value = Qty> {
    prop_oneof![least..=i64::MAX, least..1000].prop_map(Qty)
}

fn trade_kind(aggressor: impl Strategy<Value = Option<Side>>) -> impl Strategy<Value = EventKind> {
    (price(), qty(1), aggressor).prop_map(|(price, qty, aggressor)| EventKind::Trade(Trade { price, qty, aggressor }))
}

fn quote_kind() -> impl Strategy<Value = EventKind> {
    (price(), qty(0), price(), qty(0)).prop_map(|(bid_price, bid_qty, ask_price, ask_qty)| {
        EventKind::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty })
    })
}

fn bar_kind() -> impl Strategy<Value = (EventKind, u64)> {
    (prop::array::uniform4(price()), qty(0), any::<bool>(), 60_u64..1 << 62).prop_map(|(prices, volume, up, time)| {
        let mut prices = prices;
        prices.sort_unstable();
        let [low, one, two, high] = prices;
        let (open, close) = if up { (one, two) } else { (two, one) };
        let open_time = TimeNs(time - 60);
        (EventKind::Bar(Bar { open, high, low, close, volume, open_time, interval_ns: 60 }), time)
    })
}

fn rows() -> impl Strategy<Value = (Layout, Vec<(u64, EventKind)>)> {
    let side = prop::sample::select(vec![Some(Side::Buy), Some(Side::Sell)]);
    let times = 0_u64..1 << 62;
    prop_oneof![
        prop::collection::vec((times.clone(), trade_kind(Just(None))), 0..12).prop_map(|rows| (Layout::Trades, rows)),
        prop::collection::vec((times, prop_oneof![quote_kind(), trade_kind(side)]), 0..12)
            .prop_map(|rows| (Layout::Quotes, rows)),
        prop::collection::vec(bar_kind().prop_map(|(kind, time)| (time, kind)), 0..12)
            .prop_map(|rows| (Layout::Bars, rows)),
    ]
    .prop_map(|(layout, mut rows)| {
        rows.sort_by_key(|(time, _)| *time);
        if layout == Layout::Bars {
            // No bar opens before the one above it has closed.
            let mut end = 0;
            rows.retain(|(time, _)| {
                let is_apart = time - 60 >= end;
                end = if is_apart { *time } else { end };
                is_apart
            });
        }
        (layout, rows)
    })
}

/// The file that holds these rows, with bars stamped at their close.
#[expect(clippy::wildcard_enum_match_arm, reason = "a tape holds three kinds of events; any other fails the test")]
fn file_text(layout: Layout, rows: &[(u64, EventKind)]) -> String {
    let px = |price: &Price| Plain(price.0, Scale::new(2).expect("in range")).to_string();
    let qty = |qty: &Qty| Plain(qty.0, Scale::new(1).expect("in range")).to_string();
    let mut text = layout.header().to_owned() + "\n";
    for (time, kind) in rows {
        let row = match kind {
            EventKind::Trade(Trade { price, qty: traded, aggressor }) => match aggressor {
                None => format!("{},{}", px(price), qty(traded)),
                Some(Side::Buy) => format!("B,{},{},0,0", px(price), qty(traded)),
                Some(Side::Sell) => format!("S,{},{},0,0", px(price), qty(traded)),
            },
            EventKind::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty }) => {
                format!("Q,{},{},{},{}", px(bid_price), qty(bid_qty), px(ask_price), qty(ask_qty))
            }
            EventKind::Bar(Bar { open, high, low, close, volume, .. }) => {
                [px(open), px(high), px(low), px(close), qty(volume)].join(",")
            }
            other => panic!("no column layout holds {other:?}"),
        };
        text += &format!("{time},{row}\n");
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rows_written_as_a_file_read_back_the_same((layout, rows) in rows(), rows_max in 1_usize..20) {
        let bar = if layout == Layout::Bars { bars(Stamp::Close, 60) } else { None };
        let text = file_text(layout, &rows);
        let mut tape = Rows::from_source(spec(bar), Box::new(Dribble::new(text.as_bytes(), 64)), Shift::default()).expect("a tape");
        let (mut got, mut block) = (Vec::new(), Vec::new());
        while tape.read(&mut block, rows_max).expect("good rows") > 0 {
            got.extend(block.iter().map(|event| (event.time.0, event.kind)));
        }
        prop_assert_eq!(got, rows);
    }

    #[test]
    fn the_outcome_does_not_depend_on_where_reads_are_cut(
        (layout, rows) in rows(), piece in 1_usize..300, spoiled in any::<prop::sample::Index>(), byte: u8, is_spoiled: bool, pack in 0..3,
    ) {
        let bar = if layout == Layout::Bars { bars(Stamp::Close, 60) } else { None };
        let mut text = file_text(layout, &rows).into_bytes();
        if is_spoiled {
            let at = spoiled.index(text.len());
            text[at] = byte;
        }
        let want = render(spec(bar), Box::new(Dribble::new(&text, usize::MAX)), BLOCK_ROWS);
        let packed = match pack { 0 => text.clone(), 1 => gzip(&text), _ => zstd(&text) };
        prop_assert_eq!(render(spec(bar), Box::new(Dribble::new(&packed, piece)), piece), want);
    }

    #[test]
    fn no_bytes_make_it_panic(head in 0_usize..8, bytes in prop::collection::vec(any::<u8>(), 0..200), near in "[0-9QBS.,\r\n\"-]{0,120}") {
        let heads: [&[u8]; 8] = [
            b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"ts_ns,price,qty\n", b"ts_ns,kind,p1,q1,p2,q2\n",
            b"ts_ns,open,high,low,close,volume\n", b"\xef\xbb\xbf",
        ];
        for tail in [bytes.as_slice(), near.as_bytes()] {
            let text = [heads[head], tail].concat();
            for bar in [None, bars(Stamp::Open, 60)] {
                let out = render(spec(bar), Box::new(Dribble::new(&text, usize::MAX)), BLOCK_ROWS);
                prop_assert!(out.len() < 1 << 20);
            }
        }
    }
}
