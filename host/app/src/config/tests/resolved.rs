//! The resolved text: does it read back to the same configuration, from any folder?

use super::*;

/// Paths are written from the root, which differs from machine to machine.
fn without_place(text: &str) -> String {
    text.replace(&std::env::current_dir().unwrap().display().to_string(), "<here>")
}

#[test]
fn the_resolved_text_reads_back_to_the_same_configuration() {
    let first = loaded(GOOD, &["risk.profile=backtest-wide@1"], Purpose::Show).unwrap();
    let again = loaded(&first.resolved(), &[], Purpose::Show).unwrap();
    assert_eq!(first.core, again.core);
    assert_eq!(first.resolved(), again.resolved());
    expect![[r#"
        [session]
        base_currency = "USD"
        env = "dev"
        run = "t"

        [session.currencies]

        [[venues]]
        adapter = "simulated"
        name = "US"

        [[venues.accounts]]
        currency = "USD"
        name = "main"

        [[instruments]]
        base = "SPY"
        kind = "equity"
        lot = "1"
        margin_initial_bps = 0
        margin_maintenance_bps = 0
        multiplier = "1"
        notional_min = "0"
        price_scale = 2
        qty_max = "1000"
        qty_scale = 0
        quote = "USD"
        status = "trading"
        symbol = "US:SPY"
        tick = "0.01"

        [[strategies]]
        account = "main"
        capital = "1000"
        checkpoint_events = "off"
        component = "<here>/ema.wasm"
        fuel_per_call = 20000000
        fuel_total = "off"
        instruments = ["US:SPY"]
        intents_per_s = 10000
        isolation = "in-process"
        lane = "simulation"
        memory_mb = 64
        name = "ema"
        notes_per_s = 1000
        on_halt = "leave"
        profile = "compiled"
        restart_backoff = "1s"
        restarts_max = 0
        wakes_per_s = 1000

        [strategies.params]
        exact = "0.10"
        fast = "5"
        label = "x"
        on = "true"

        [risk]
        balance_min = "off"
        drawdown_peak_max = "off"
        drawdown_session_max = "off"
        duplicate_window = "off"
        exposure_asset_max = "off"
        exposure_counterparty_max = "off"
        exposure_gross_max = "off"
        exposure_net_max = "off"
        leverage_max = "off"
        leverage_reported = "off"
        loss_day_max = "off"
        margin_initial_use_max_bps = "off"
        margin_maintenance_use_max_bps = "off"
        margin_mode_reported = "off"
        market_age_max = "5s"
        open_orders_max = "off"
        order_notional_max = "off"
        order_notional_min = "off"
        order_qty_max = "100"
        order_qty_min = "off"
        order_to_trade_free = "off"
        order_to_trade_max = "off"
        position_account_max = "off"
        position_instrument_max = "off"
        position_strategy_max = "off"
        price_collar_bps = 50
        profile = "backtest-wide@1"
        region_blocked = "off"
        self_trade = "off"
        strategy_capital_use_max_bps = "off"
        strategy_loss_max = "off"
        velocity_orders_max = "off"
        velocity_window = "off"
        venue_unavailable = "off"
        venue_window = "off"

        [execution]
        approval_ttl = "5m"
        delivery = "single"
        queue_max = 10000
        split_parts_max = "off"
        terminal_retention_events = 10000

        [simulation]
        commission_rounding = "exact"
        fill = "same-event"
        queue = "trade-through"
        resting_fills = "whole"
        taker_size = "unlimited"

        [simulation.cash]
        main = "1000"

        [simulation.fees]
        maker_bps = "-0.1"
        taker_bps = "1"

        [simulation.latency]
        entry = "0ns"
        feed = "0ns"
        model = "constant"
        response = "0ns"

        [simulation.slippage]
        model = "off"

        [journal]
        checkpoint_every = 1000

        [control]
        tcp = "off"

        [records]

        [telemetry]
        metrics = "off"
    "#]]
    .assert_eq(&without_place(&first.resolved()));
}

#[test]
fn what_an_interpreter_may_use_is_larger_unless_it_is_written() {
    let limits = |sets: &[&str]| {
        let all: Vec<&str> = ["risk.profile=backtest-wide@1"].iter().chain(sets).copied().collect();
        let config = loaded(GOOD, &all, Purpose::Show).unwrap().core;
        (config.strategies[0].fuel_per_call, config.strategies[0].memory_bytes_max >> 20)
    };
    let name = loaded(GOOD, &["risk.profile=backtest-wide@1"], Purpose::Show).unwrap().core.strategies[0].name.clone();
    let interpreter = format!("strategies.{name}.profile=interpreter");
    let little = format!("strategies.{name}.memory_mb=32");
    assert_eq!(limits(&[]), (20_000_000, 64));
    assert_eq!(limits(&[&interpreter]), (200_000_000, 256));
    assert_eq!(limits(&[&interpreter, &little]), (200_000_000, 32));
}

/// A configuration in one folder, its resolved text in another: both mean the same files.
#[test]
fn the_resolved_text_means_the_same_files_from_another_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here/t.toml"), folder.path().join("there/deeper/t.toml"));
    for file in [&here, &there] {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    }
    let text = format!(
        "{}[[tapes]]\nname = \"t\"\ninstrument = \"US:SPY\"\nfile = \"tape.csv\"\n[journal]\nfolder = \"runs/1\"\naudit_key = \"audit.key\"\n",
        edited(&[("\"ema.wasm\"", "\"../parts/ema.wasm\"")])
    );
    let load_at = |file: &Path, text: &str| {
        std::fs::write(file, text).unwrap();
        let request = Request { file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
        load(&request).unwrap_or_else(|report| panic!("{report}"))
    };
    let first = load_at(&here, &text);
    for shown in [first.resolved(), first.written()] {
        let again = load_at(&there, &shown);
        assert_eq!((&again.components, &again.journal), (&first.components, &first.journal));
        assert_eq!(again.audit_key, Some(folder.path().join("here/audit.key")));
        assert!(shown.contains(&format!("file = {:?}", folder.path().join("here/tape.csv"))), "{shown}");
        assert_eq!(again.core, first.core);
    }
}
