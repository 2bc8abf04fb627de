//! Orders of a book: one by one, or as levels?

use expect_test::expect;
use ringfence_data::{BookForm, Options, Wanted};

use super::{check_with, outcome};

#[test]
fn orders_come_one_by_one_or_as_levels() {
    let record = |(action, side): (u8, u8), order: u64, (price, size): (i64, u32), is_last: bool| {
        let mut bytes = vec![14_u8, 0xa0, 1, 0];
        bytes.extend_from_slice(&7_u32.to_le_bytes());
        bytes.extend_from_slice(&1_000_u64.to_le_bytes());
        bytes.extend_from_slice(&order.to_le_bytes());
        bytes.extend_from_slice(&(price * 1_000_000_000).to_le_bytes());
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&[if is_last { 128 } else { 0 }, 0, action, side]);
        bytes.extend_from_slice(&2_000_u64.to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes
    };
    let mut file = b"DBN\x01".to_vec();
    let metadata = [0; 100 + 5 * 4];
    file.extend_from_slice(&u32::try_from(metadata.len()).expect("short").to_le_bytes());
    file.extend_from_slice(&metadata);
    for bytes in [
        record((b'R', b'N'), 0, (0, 0), false),
        record((b'A', b'B'), 1, (5, 3), false),
        record((b'A', b'B'), 2, (5, 4), true),
        // Smaller: keeps its place. Larger, or elsewhere: does not.
        record((b'M', b'B'), 1, (5, 2), true),
        record((b'M', b'B'), 1, (5, 6), true),
        record((b'M', b'B'), 2, (4, 4), true),
        record((b'C', b'B'), 2, (4, 1), true),
        // A seller takes 2 of order 1.
        record((b'T', b'A'), 0, (5, 2), false),
        record((b'F', b'B'), 1, (5, 2), false),
        record((b'C', b'B'), 1, (5, 2), true),
        record((b'F', b'B'), 9, (5, 2), false),
        record((b'C', b'B'), 1, (5, 4), true),
    ] {
        file.extend_from_slice(&bytes);
    }
    let made = |book| {
        let all = outcome("a.dbn", &file, &Options { book, ..Options::default() }, &Wanted::default());
        all.split_once("--\n").map_or(all.clone(), |(_, made)| made.to_owned())
    };
    expect![[r#"
        13 rows, native market, digits 0 and 0
        2000 1000 clear
        2000 1000 buy 5 = 3
        2000 1000 buy 5 = 7 .
        2000 1000 buy 5 = 4
        2000 1000 buy 5 = 6 .
        2000 1000 buy 5 = 4
        2000 1000 buy 5 = 10 .
        2000 1000 buy 5 = 6
        2000 1000 buy 4 = 4 .
        2000 1000 buy 4 = 3 .
        2000 1000 trade 5 x 2 sell
        2000 1000 buy 5 = 4 .
        2000 1000 buy 5 = 0 .
    "#]]
    .assert_eq(&made(BookForm::Levels));
    expect![[r#"
        13 rows, native orders, digits 0 and 0
        2000 1000 clear buy #0 0 x 0 of 0
        2000 1000 add buy #1 5 x 3 of 3
        2000 1000 add buy #2 5 x 4 of 7 .
        2000 1000 reduce buy #1 5 x 1 of 6 .
        2000 1000 delete buy #1 5 x 2 of 4
        2000 1000 add buy #1 5 x 6 of 10 .
        2000 1000 delete buy #2 5 x 4 of 6
        2000 1000 add buy #2 4 x 4 of 4 .
        2000 1000 reduce buy #2 4 x 1 of 3 .
        2000 1000 trade 5 x 2 sell
        2000 1000 fill buy #1 5 x 2 of 6
        2000 1000 reduce buy #1 5 x 2 of 4 .
        2000 1000 delete buy #1 5 x 4 of 0 .
    "#]]
    .assert_eq(&made(BookForm::Orders));
}

/// A DBN of version 1 with one symbol and these messages: action, side, order, price, size, whether it ends its event.
fn dbn_of(messages: &[(u8, u8, u64, i64, u32, bool)]) -> Vec<u8> {
    let name = |text: &str| [text.as_bytes(), &vec![0; 22 - text.len()]].concat();
    let mut metadata = vec![0; 100];
    metadata.extend_from_slice(&0_u32.to_le_bytes());
    metadata.extend_from_slice(&[1_u32.to_le_bytes().to_vec(), name("ESH4")].concat());
    metadata.extend_from_slice(&[0; 8]);
    metadata.extend_from_slice(&[1_u32.to_le_bytes().to_vec(), name("ESH4"), 1_u32.to_le_bytes().to_vec()].concat());
    metadata.extend_from_slice(&[vec![0; 8], name("77")].concat());
    let length = u32::try_from(metadata.len()).expect("short");
    let mut bytes = [b"DBN\x01".as_slice(), &length.to_le_bytes(), &metadata].concat();
    for (time, (action, side, order, price, size, is_last)) in (1_u64..).zip(messages) {
        bytes.extend_from_slice(&[14, 0xa0, 1, 0]);
        bytes.extend_from_slice(&77_u32.to_le_bytes());
        bytes.extend_from_slice(&(100 + time).to_le_bytes());
        bytes.extend_from_slice(&order.to_le_bytes());
        bytes.extend_from_slice(&price.to_le_bytes());
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&[if *is_last { 0x80 } else { 0 }, 0, *action, *side]);
        bytes.extend_from_slice(&(200 + time).to_le_bytes());
        bytes.extend_from_slice(&[0; 8]);
    }
    bytes
}

#[test]
fn orders_of_a_databento_file_are_summed_into_levels() {
    let messages = [
        (b'R', b'N', 0, i64::MAX, 0, true),
        (b'A', b'B', 1, 5_250_000_000, 3, false),
        (b'A', b'B', 2, 5_250_000_000, 4, true),
        (b'T', b'A', 0, 5_250_000_000, 2, false),
        (b'F', b'B', 1, 5_250_000_000, 2, false),
        (b'C', b'B', 1, 5_250_000_000, 2, true),
        (b'M', b'B', 2, 5_000_000_000, 4, true),
        (b'C', b'B', 1, 5_250_000_000, 9, true),
        (b'C', b'B', 8, 5_250_000_000, 9, true),
        (b'A', b'N', 9, 5_250_000_000, 9, true),
    ];
    check_with(
        "a.dbn",
        &dbn_of(&messages),
        &Options::default(),
        expect![[r#"
        databento: ESH4: 8 rows (1 trades, 7 depth), 1970-01-01T00:00:00.000000201Z to 1970-01-01T00:00:00.000000208Z, digits 2 and 0
        left out: 1 x cancel of an order that was never seen, first at 9
        left out: 1 x fill of a resting order (its cancel changes the book), first at 5
        left out: 1 x order without a side or a price, first at 10
        --
        8 rows, native market, digits 2 and 0
        201 101 clear .
        202 102 buy 5.25 = 3
        203 103 buy 5.25 = 7 .
        204 104 trade 5.25 x 2 sell
        206 106 buy 5.25 = 5 .
        207 107 buy 5.25 = 1
        207 107 buy 5 = 4 .
        208 108 buy 5.25 = 0 .
    "#]],
    );
    let cut = dbn_of(&messages);
    let shown = outcome("a.dbn", &cut[..cut.len() - 1], &Options::default(), &Wanted::default());
    assert!(shown.starts_with("I-READ"), "{shown}");
}
