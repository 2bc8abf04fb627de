//! Positions that are held: what has to be written, and what is refused?

use ringfence_sim::{Carry, FundingRule, MarginRule, SettlementPrice};

use super::*;

const KIND: &str = "kind = \"equity\"";
const SLIPPAGE: &str = "slippage = { model = \"off\" }";

fn with(kind: &str, rules: &str) -> Vec<(&'static str, String)> {
    vec![(KIND, format!("kind = {kind}")), (SLIPPAGE, format!("{SLIPPAGE}\n{rules}"))]
}

#[track_caller]
fn refused(kind: &str, rules: &str, want: Expect) {
    let edits = with(kind, rules);
    let edits: Vec<(&str, &str)> = edits.iter().map(|(line, new)| (*line, new.as_str())).collect();
    check(&edits, want);
}

fn carry(kind: &str, rules: &str) -> Carry {
    let edits = with(kind, rules);
    let edits: Vec<(&str, &str)> = edits.iter().map(|(line, new)| (*line, new.as_str())).collect();
    loaded(&edited(&edits), &[], Purpose::Show).expect("fine").simulation.expect("it is there").carry
}

#[test]
fn what_an_instrument_makes_necessary_is_written() {
    assert_eq!(carry("\"equity\"", ""), Carry::NONE);
    refused(
        "\"perpetual\"",
        "",
        expect![[r#"
        t.toml:66: simulation.funding: missing, US:SPY is a perpetual, whose holders pay each other; funding = { model = "off" } is the plainest rule [C-MISSING]
        t.toml:66: simulation.margin: missing, US:SPY is traded on margin; margin = { model = "off" } is the plainest rule [C-MISSING]
    "#]],
    );
    refused(
        "\"future\"\nexpiry = 2026-12-18T16:00:00Z",
        "",
        expect![[r#"
        t.toml:67: simulation.margin: missing, US:SPY is traded on margin; margin = { model = "off" } is the plainest rule [C-MISSING]
        t.toml:67: simulation.settlement: missing, US:SPY expires; settlement = "mark" is the plainest rule [C-MISSING]
    "#]],
    );
    refused(
        "\"equity\"\nmargin_maintenance_bps = 1",
        "",
        expect![[r#"
        t.toml:67: simulation.margin: missing, US:SPY is traded on margin; margin = { model = "off" } is the plainest rule [C-MISSING]
    "#]],
    );
}

#[test]
fn rules_that_are_written_are_taken() {
    let funding = "funding = { model = \"constant\", rate = \"-0.000000001\", interval = \"1m\" }";
    let margin = "margin = { model = \"cross\", liquidation_fee_bps = 10000 }";
    let found = carry("\"perpetual\"", &format!("{funding}\n{margin}"));
    assert_eq!(found.funding, FundingRule::Constant { rate_e9: -1, interval_ns: 60_000_000_000 });
    assert_eq!(found.margin, MarginRule::Cross { liquidation_fee_bps: 10_000 });
    let off = "funding = { model = \"tape\" }\nmargin = { model = \"off\" }\nsettlement = \"last\"";
    let found = carry("\"future\"\nexpiry = 2026-12-18T16:00:00Z", off);
    assert_eq!(
        (found.funding, found.margin, found.settlement),
        (FundingRule::Tape, MarginRule::Off, SettlementPrice::Last)
    );
}

#[test]
fn a_rule_with_a_key_too_few_or_too_many_is_refused() {
    let margin = "margin = { model = \"off\" }";
    refused(
        "\"perpetual\"",
        &format!("funding = {{ model = \"constant\" }}\n{margin}"),
        expect![[r#"
        t.toml:75: simulation.funding.interval: missing, constant funding has a rate and an interval [C-MISSING]
        t.toml:75: simulation.funding.rate: missing, constant funding has a rate and an interval [C-MISSING]
    "#]],
    );
    refused(
        "\"perpetual\"",
        &format!("funding = {{ model = \"off\", rate = 1 }}\n{margin}"),
        expect![[r#"
        t.toml:75: simulation.funding.rate: only constant funding has it [C-VALUE]
    "#]],
    );
    let often = "funding = { model = \"constant\", rate = \"0.0000000001\", interval = \"59s\" }";
    refused(
        "\"perpetual\"",
        &format!("{often}\n{margin}"),
        expect![[r#"
        t.toml:75: simulation.funding.interval: expected at least "1m" [C-RANGE]
        t.toml:75: simulation.funding.rate = 0.0000000001: expected at most 9 digits behind the point [C-RANGE]
    "#]],
    );
    refused(
        "\"equity\"",
        "margin = { model = \"cross\" }",
        expect![[r#"
        t.toml:75: simulation.margin.liquidation_fee_bps: missing, a liquidation costs so much, or 0 [C-MISSING]
    "#]],
    );
    refused(
        "\"equity\"",
        "margin = { model = \"off\", liquidation_fee_bps = 1 }",
        expect![[r#"
        t.toml:75: simulation.margin.liquidation_fee_bps: there is none where margin is off [C-VALUE]
    "#]],
    );
    refused(
        "\"equity\"\nunderlying = \"US:SPY\"",
        "",
        expect![[r#"
        t.toml:13: instruments.US:SPY.underlying = "US:SPY": only an option has one [C-VALUE]
    "#]],
    );
}

/// What a file of actions says.
fn actions(rows: &str, digest: Option<&str>) -> Result<usize, String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("actions.csv");
    std::fs::write(&file, format!("ts_ns,kind,numerator,denominator,cash\n{rows}")).unwrap();
    let hash = ringfence_tape::sha256_file(&file).unwrap().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let digest = digest.map_or(hash, str::to_owned);
    let kind = format!("{KIND}\nactions = {:?}\nactions_sha256 = \"{digest}\"", file.display().to_string());
    match loaded(&edited(&[(KIND, &kind)]), &[], Purpose::Backtest) {
        Ok(loaded) => Ok(loaded.script.len()),
        Err(report) => {
            let text = report.to_string().replace(&dir.path().display().to_string(), "DIR");
            Err(text.lines().filter(|line| line.contains("actions")).collect::<Vec<_>>().join("\n"))
        }
    }
}

#[test]
fn a_file_of_actions_is_read_as_it_was_pinned_and_row_by_row() {
    let lines = [
        ("1,split,4,1,0\n2,dividend,0,0,0.25\n2,rename,0,0,0\n3,delisting,0,0,0", None),
        ("1,split,0,1,0", None),
        ("1,dividend,1,1,0.25", None),
        ("2,rename,0,0,0\n1,rename,0,0,0", None),
        ("1,merger,0,0,0", None),
        ("1,split,4,1,0", Some("00")),
    ];
    let mut shown = String::new();
    for (rows, digest) in lines {
        let digest = digest.map(|digit: &str| digit.repeat(32));
        // The small configuration names no tape, which is its one other problem.
        shown += &format!(
            "{:?}\n",
            actions(rows, digest.as_deref()).map_err(|why| why
                .lines()
                .map(|line| line.split(": ").skip(2).collect::<Vec<_>>().join(": "))
                .collect::<Vec<_>>())
        );
    }
    expect![[r#"
        Err([])
        Err(["line 2: \"1,split,0,1,0\": expected ts_ns, a kind, two whole numbers (above 0 for splits alone) and cash at the price scale (for dividends alone) [C-FILE]"])
        Err(["line 2: \"1,dividend,1,1,0.25\": expected ts_ns, a kind, two whole numbers (above 0 for splits alone) and cash at the price scale (for dividends alone) [C-FILE]"])
        Err(["line 3: \"1,rename,0,0,0\": is before the row above it [C-FILE]"])
        Err(["line 2: \"1,merger,0,0,0\": expected ts_ns, a kind, two whole numbers (above 0 for splits alone) and cash at the price scale (for dividends alone) [C-FILE]"])
        Err(["the file has the SHA-256 c18efc617ea2681acfd9d875336f396b39e51a67e612b34aa880e2d687cf5bd8 [C-FILE]"])
    "#]].assert_eq(&shown);
}
