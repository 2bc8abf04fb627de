//! Simulation: which rules of the simulated venue are refused, and what becomes of the others?

use ringfence_core::ids::TimeNs;
use ringfence_sim::{OrderLatency, QueueModel, SlippageModel};

use super::*;

const LATENCY: &str = "latency = { model = \"constant\", feed = \"0ns\", entry = \"0ns\", response = \"0ns\" }";
const SLIPPAGE: &str = "slippage = { model = \"off\" }";
const FEES: &str = "fees = { maker_bps = -0.1, taker_bps = 1 }";
const QUEUE: &str = "queue = \"trade-through\"";

#[test]
fn a_power_is_written_where_the_model_has_one_and_nowhere_else() {
    check(
        &[(QUEUE, "queue = \"power-prob-3\"")],
        expect![[r#"
        t.toml:66: simulation.queue_power: missing, power-prob-3 needs its power n [C-MISSING]
    "#]],
    );
    check(
        &[(QUEUE, "queue = \"log-prob\"\nqueue_power = 2")],
        expect![[r#"
            t.toml:72: simulation.queue_power = 2: log-prob has no power; it is for power-prob, power-prob-2 and power-prob-3 [C-VALUE]
        "#]],
    );
    check(
        &[(QUEUE, "queue = \"power-prob-3\"\nqueue_power = 0")],
        expect![[r#"
        t.toml:72: simulation.queue_power = 0: expected a whole number from 1 to 8 [C-RANGE]
    "#]],
    );
    check(
        &[(QUEUE, "queue = \"power-prob-3\"\nqueue_power = 9")],
        expect![[r#"
        t.toml:72: simulation.queue_power = 9: expected a whole number from 1 to 8 [C-RANGE]
    "#]],
    );
    for power in [1, 8] {
        let text = edited(&[(QUEUE, &format!("queue = \"power-prob\"\nqueue_power = {power}"))]);
        let simulation = loaded(&text, &[], Purpose::Show).unwrap().simulation.unwrap();
        assert_eq!((simulation.queue, simulation.queue_power), (QueueModel::PowerProb, Some(power)));
    }
}

#[test]
fn slippage_has_an_amount_unless_it_is_off() {
    check(
        &[(SLIPPAGE, "slippage = { model = \"bps\" }")],
        expect![[r#"
        t.toml:74: simulation.slippage.amount: missing, how many ticks or basis points [C-MISSING]
    "#]],
    );
    check(
        &[(SLIPPAGE, "slippage = { model = \"off\", amount = 1 }")],
        expect![[r#"
            t.toml:74: simulation.slippage.amount = 1: there is none where slippage is off [C-VALUE]
        "#]],
    );
    check(
        &[(SLIPPAGE, "slippage = { model = \"size\", amount = 10001 }")],
        expect![[r#"
        t.toml:74: simulation.slippage.amount = 10001: expected a whole number from 0 to 10000 [C-RANGE]
    "#]],
    );
    let text = edited(&[(SLIPPAGE, "slippage = { model = \"ticks\", amount = 10000 }")]);
    let slippage = loaded(&text, &[], Purpose::Show).unwrap().simulation.unwrap().slippage;
    assert_eq!((slippage.model, slippage.amount), (SlippageModel::Ticks, 10_000));
}

#[test]
fn fees_have_tiers_in_order_amounts_per_unit_and_a_least_fee() {
    let tiers = |first: &str, second: &str| {
        format!(
            "fees = {{ maker_bps = 1, taker_bps = 2, taker_per_unit = \"0.005\", order_min = 1, tiers = [\
             {{ name = \"a\", volume_from = {first}, maker_bps = 0, taker_bps = 1 }}, \
             {{ name = \"b\", volume_from = {second}, maker_bps = -1, taker_bps = 0 }}] }}"
        )
    };
    check(
        &[(FEES, &tiers("10", "10"))],
        expect![[r#"
            t.toml:68: simulation.fees.tiers.b.volume_from = 10: tiers stand in order of their volume, and each begins above the one before it [C-VALUE]
        "#]],
    );
    check(
        &[(FEES, &tiers("0", "10"))],
        expect![[r#"
        t.toml:68: simulation.fees.tiers.a.volume_from = 0: expected a decimal above 0, at most 10^12, with at most 8 digits behind the point [C-RANGE]
    "#]],
    );
    let text = edited(&[(FEES, &tiers("10", "10.01"))]);
    let fees = loaded(&text, &[], Purpose::Show).unwrap().simulation.unwrap().fees;
    let shown: Vec<String> = fees.tiers.iter().map(|tier| tier.volume_from.to_string()).collect();
    assert_eq!(
        (shown, fees.taker_per_unit.to_string(), fees.order_min.to_string()),
        (vec!["10".into(), "10.01".into()], "0.005".into(), "1".into())
    );
    check(
        &[(FEES, "fees = { maker_bps = 1, taker_bps = 2, order_min = 0 }")],
        expect![[r#"
        t.toml:68: simulation.fees.order_min = 0: expected a decimal above 0, at most 10^12, with at most 8 digits behind the point [C-RANGE]
    "#]],
    );
    check(
        &[(FEES, "fees = { maker_bps = 1, taker_bps = 2, maker_per_unit = \"0.000000001\" }")],
        expect![[r#"
        t.toml:68: simulation.fees.maker_per_unit = "0.000000001": expected a decimal from -10^12 to 10^12 with at most 8 digits behind the point [C-RANGE]
    "#]],
    );
}

#[test]
fn each_latency_has_its_own_keys() {
    check(
        &[(LATENCY, "latency = { model = \"constant\", feed = \"0ns\", entry = \"1ms\" }")],
        expect![[r#"
        t.toml:70: simulation.latency.response: missing, a constant latency has it [C-MISSING]
    "#]],
    );
    check(
        &[(LATENCY, "latency = { model = \"measured\", feed = \"0ns\", entry = \"1ms\" }")],
        expect![[r#"
        t.toml:70: simulation.latency.entry: a measured latency has no such key [C-VALUE]
        t.toml:70: simulation.latency.file: missing, a measured latency has it [C-MISSING]
        t.toml:70: simulation.latency.sha256: missing, a measured latency has it [C-MISSING]
    "#]],
    );
    check(
        &[(LATENCY, "latency = { model = \"constant\", feed = \"60s\", entry = \"1ms\", response = \"1ms\" }")],
        expect!["fine"],
    );
    check(
        &[(LATENCY, "latency = { model = \"constant\", feed = \"60001ms\", entry = \"1ms\", response = \"1ms\" }")],
        expect![[r#"
            t.toml:70: simulation.latency.feed = "60001ms": expected at most "60s", whose rows are kept in memory [C-RANGE]
        "#]],
    );
}

/// Loads a file of measured latencies with this digest, or its own.
fn measured(text: &str, digest: Option<&str>) -> Result<OrderLatency, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("latency.csv");
    std::fs::write(&file, text).unwrap();
    let own: String = ringfence_tape::sha256_file(&file).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    let (path, digest) = (file.display(), digest.unwrap_or(&own));
    let latency =
        format!("latency = {{ model = \"measured\", feed = \"0ns\", file = \"{path}\", sha256 = \"{digest}\" }}");
    let shown = |report: Report| {
        let wrong = report.problems.iter().filter(|problem| problem.key.contains("latency"));
        wrong
            .map(|problem| format!("{problem}\n"))
            .collect::<String>()
            .replace(&folder.path().display().to_string(), "<folder>")
    };
    let (table, mut problems) = (edited(&[(LATENCY, &latency)]), Problems::new());
    let request = Request { file: Path::new("t.toml"), sets: &[], data: &[], events: None, purpose: Purpose::Check };
    let simulation = from_text(&table, &request, &mut problems).and_then(|loaded| loaded.simulation);
    simulation.map(|simulation| simulation.latency.orders).ok_or_else(|| shown(problems.into_report()))
}

#[track_caller]
fn check_measured(text: &str, want: Expect) {
    want.assert_eq(&measured(text, None).map_or_else(|report| report, |_| "fine".to_owned()));
}

#[test]
fn measured_latencies_are_read_from_the_file_whose_digest_is_written() {
    let text = "request_ns,exchange_ns,response_ns\n100,110,130\n200,230,240\n";
    let Ok(OrderLatency::Measured(latency)) = measured(text, None) else { panic!("they are sound") };
    let row = |request, exchange, response| ringfence_sim::LatencyRow {
        request: TimeNs(request),
        exchange: TimeNs(exchange),
        response: TimeNs(response),
    };
    assert_eq!(latency, ringfence_sim::MeasuredLatency::new(vec![row(100, 110, 130), row(200, 230, 240)]).unwrap());
    expect![[r#"
        t.toml:70: simulation.latency.sha256 = "0000000000000000000000000000000000000000000000000000000000000000": the file has the SHA-256 8acc82ec76e6240fc83feb43b9076230fd5d3649f3c7940333366d3af5c5cc1c [C-FILE]
    "#]].assert_eq(&measured(text, Some(&"0".repeat(64))).unwrap_err());
}

#[test]
fn a_file_that_holds_no_measured_latencies_is_refused_with_its_line() {
    check_measured(
        "100,110,130\n",
        expect![[r#"
        t.toml:70: simulation.latency.file = "<folder>/latency.csv": line 1: expected "request_ns,exchange_ns,response_ns" [C-FILE]
    "#]],
    );
    check_measured(
        "request_ns,exchange_ns,response_ns\n",
        expect![[r#"
        t.toml:70: simulation.latency.file = "<folder>/latency.csv": no measured request that the venue handled [C-FILE]
    "#]],
    );
    check_measured(
        "request_ns,exchange_ns,response_ns\n100,110,130\n100,110\n",
        expect![[r#"
        t.toml:70: simulation.latency.file = "<folder>/latency.csv": line 3: "100,110": expected three whole numbers from 0 to 18446744073709551615 with commas between [C-FILE]
    "#]],
    );
    check_measured(
        "request_ns,exchange_ns,response_ns\n100,110,130,0\n",
        expect![[r#"
        t.toml:70: simulation.latency.file = "<folder>/latency.csv": line 2: "100,110,130,0": expected three whole numbers from 0 to 18446744073709551615 with commas between [C-FILE]
    "#]],
    );
    check_measured(
        "request_ns,exchange_ns,response_ns\n100,-1,130\n",
        expect![[r#"
        t.toml:70: simulation.latency.file = "<folder>/latency.csv": line 2: "100,-1,130": expected three whole numbers from 0 to 18446744073709551615 with commas between [C-FILE]
    "#]],
    );
    check_measured(
        "request_ns,exchange_ns,response_ns\n100,110,105\n",
        expect![[r#"
        t.toml:70: simulation.latency.file = "<folder>/latency.csv": row 1: request 100, exchange 110 and response 105 are not in this order [C-FILE]
    "#]],
    );
    check_measured(
        "request_ns,exchange_ns,response_ns\n100,110,120\n100,110,120\n",
        expect![[r#"
        t.toml:70: simulation.latency.file = "<folder>/latency.csv": row 2: the request at 100 is not later than the one before it [C-FILE]
    "#]],
    );
}
