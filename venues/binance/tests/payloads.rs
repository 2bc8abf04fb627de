//! Recorded payloads: is every one of them read, whole and cut anywhere?
//!
//! The files are not part of the project: `RINGFENCE_DATA` names their folder, and without them the tests say so and pass.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use ringfence_binance::codec::read::answer;
use ringfence_binance::codec::{CodecError, account, market, order, rules, stream};

/// Folder of the payloads, where there is one.
fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("RINGFENCE_DATA")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(data).join("venue-payloads/binance");
    folder.is_dir().then_some(folder)
}

fn files() -> Vec<(String, Vec<u8>)> {
    let Some(folder) = folder() else {
        println!("skipped: no venue-payloads/binance (set RINGFENCE_DATA)");
        return Vec::new();
    };
    let mut found = Vec::new();
    for part in [
        "futures/http_json",
        "futures/market_data_json",
        "futures/user_data_json",
        "spot/http_json",
        "spot/user_data_json",
    ] {
        for entry in fs::read_dir(folder.join(part)).expect("the folder reads") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            found.push((format!("{part}/{name}"), fs::read(&path).expect("the file reads")));
        }
    }
    found.sort();
    found
}

/// Reads a payload with the reader that it belongs to, and shows the beginning of what came of it.
fn read(name: &str, bytes: &[u8]) -> Result<String, CodecError> {
    if !name.contains("http_json") {
        return stream::with(bytes, |message| message.map(|message| format!("{message:?}")));
    }
    let json = &answer(bytes)?;
    let (_, file) = name.rsplit_once('/').expect("a path");
    Ok(match file {
        "account_info_v2.json" => format!("{:?}", account::futures_account(json)?),
        "balance.json" => format!("{:?}", account::futures_balances(json)?),
        "position_risk.json" => format!("{:?}", account::positions(json)?),
        "open_algo_orders.json" => format!("{:?}", order::waiting_orders(json)?),
        "account_response.json" => format!("{:?}", account::spot_balances(json)?),
        "order_response.json" | "new_order_full_response.json" => format!("{:?}", order::order(json)?),
        "all_orders_response.json" | "open_orders_response.json" | "cancel_open_orders_response.json" => {
            format!("{:?}", order::orders(json)?)
        }
        "avg_price_response.json" => format!("{:?}", market::average_price(json)?),
        "book_ticker_response.json" => format!("{:?}", market::touch_answer(json)?),
        "depth_response.json" => format!("{:?}", market::depth_snapshot(json)?),
        "exchange_info_response.json" => format!("{:?}", rules::exchange_info(json, |_| true)?),
        "klines_response.json" => format!("{:?}", market::klines_answer(json)?),
        "ping_response.json" => format!("{json:?}"),
        "server_time_response.json" => format!("{:?}", market::server_time(json)?),
        "ticker_24hr_response.json" => format!("{:?}", market::day_ticker_answer(json)?),
        "trades_response.json" => format!("{:?}", market::trades_answer(json)?),
        other => panic!("no reader for {other}"),
    })
}

#[test]
fn every_recorded_payload_is_read() {
    let files = files();
    let mut seen = 0;
    for (name, bytes) in &files {
        let text = read(name, bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(text.len() > 2 && text != "Other(\"\")", "{name}: {text}");
        seen += 1;
    }
    println!("{seen} payloads read");
    assert!(files.is_empty() || seen == 42, "{seen} payloads");
}

#[test]
fn a_cut_payload_is_an_error_and_never_a_panic() {
    for (name, bytes) in files() {
        for end in 0..bytes.len() {
            let whole = bytes[end..].iter().all(u8::is_ascii_whitespace);
            assert!(whole || read(&name, &bytes[..end]).is_err(), "{name} cut at {end}");
        }
    }
}

#[test]
fn a_missing_field_is_named() {
    let frame = br#"{"e":"executionReport","E":1,"s":"ETHUSDT","c":"x","S":"BUY","o":"LIMIT","f":"GTC","q":"1","p":"1","x":"NEW","X":"NEW","r":"NONE","i":1,"l":"0","z":"0","L":"0","T":1,"t":-1,"m":false}"#;
    let text = String::from_utf8(frame.to_vec()).expect("text");
    let error =
        |frame: &str| stream::with(frame.as_bytes(), |read| read.map(|_| ()).expect_err("it is broken").to_string());
    assert!(stream::with(text.as_bytes(), |read| read.is_ok()));
    let shown = [
        error(&text.replace("\"i\":1,", "")),
        error(&text.replace("\"i\":1,", "\"i\":-1,")),
        error(&text.replace("\"q\":\"1\"", "\"q\":null")),
        error(&text.replace("\"x\":\"NEW\"", "\"x\":\"TELEPORTED\"")),
        error(&text.replace("\"X\":\"NEW\"", "\"X\":\"SOMEWHERE\"")),
        error(&text.replace("\"z\":\"0\"", "\"z\":\"0x10\"")),
        error(
            &text
                .replace("\"m\":false", "\"m\":\"no\"")
                .replace("\"x\":\"NEW\"", "\"x\":\"TRADE\"")
                .replace("\"l\":\"0\"", "\"l\":\"1\"")
                .replace("\"t\":-1", "\"t\":1"),
        ),
    ]
    .join("\n");
    expect![[r#"
        executionReport has no field i
        field i of executionReport is no whole number
        executionReport has no field q
        field x of executionReport is no type of execution
        field X of executionReport is no status of an order
        field z of executionReport is no number
        field m of executionReport is no flag"#]]
    .assert_eq(&shown);
}

#[test]
fn numbers_are_read_from_text_and_from_numbers() {
    let frame = |price: &str| {
        format!(r#"{{"e":"trade","E":1,"s":"X","t":"7","p":{price},"q":"1","T":1,"m":true,"new field":[[{{}}]]}}"#)
    };
    let read = |price: &str| stream::with(frame(price).as_bytes(), |read| format!("{:?}", read.expect("a trade")));
    assert_eq!(read("\"0.10\""), read("0.1"));
    assert_eq!(read("\"0.1\""), read("1e-1"));
    assert_ne!(read("0.1000000000000000000000000001"), read("0.1"));
}
