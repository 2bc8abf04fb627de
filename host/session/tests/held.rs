//! Positions that are held: funding, expiry and splits inside a backtest, and that a replay takes them from the journal.

mod support;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ringfence_core::decision::Effects;
use ringfence_core::event::{Adjustment, BalanceReason, CorporateAction, Event, EventKind, Report};
use ringfence_core::ids::{AccountId, InstrumentId, TimeNs};
use ringfence_core::instrument::{Instrument, InstrumentKind};
use ringfence_core::money::Decimal;
use ringfence_core::state::State;
use ringfence_session::observer::Observer;
use ringfence_session::script::{Fact, Scripted};
use ringfence_sim::{Carry, FillMoment, FundingRule};
use support::{Native, Work, spy};

const HOUR: u64 = 3_600_000_000_000;

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal in a test")
}

/// A trade at 100 every half hour from 1970-01-01T00:30 on; the first one is bought.
fn half_hours(dir: &Path, rows: u64) -> PathBuf {
    let tape = dir.join("tape.csv");
    let text: String = (1..=rows).map(|n| format!("{},100,1\n", n * HOUR / 2)).collect();
    fs::write(&tape, format!("ts_ns,price,qty\n{text}")).expect("written");
    tape
}

fn held(dir: &Path, kind: InstrumentKind, carry: Carry) -> Work {
    let natives = vec![Native::Faulty(0)];
    let instrument = Instrument { kind, ..spy() };
    let journal = Some(dir.join("journal"));
    let tape = half_hours(dir, 5);
    Work { instrument, natives, carry, journal, fees_bps: (0, 0), ..Work::trades(&tape, FillMoment::SameEvent) }
}

#[test]
fn funding_is_paid_between_rows_shown_apart_and_replayed_without_the_venue() {
    let dir = tempfile::tempdir().expect("a folder");
    let funding = FundingRule::Constant { rate_e9: 1_000_000, interval_ns: HOUR };
    let work = held(dir.path(), InstrumentKind::Perpetual, Carry { funding, ..Carry::NONE });
    let results = work.run();
    // One is held at one o'clock, two at two; what trades at one comes after the payment.
    assert_eq!(results.adjusted.of(BalanceReason::Funding), dec("-0.3"));
    assert_eq!(results.equity, Decimal::from(work.cash) - dec("0.3"), "prices never moved");
    let verdict = work.replay();
    assert_eq!((verdict.first_difference, verdict.is_sealed), (None, true));
}

#[test]
fn a_future_settles_inside_a_run_and_a_replay_takes_it_from_the_journal() {
    let dir = tempfile::tempdir().expect("a folder");
    let work = held(dir.path(), InstrumentKind::Future { expiry: TimeNs(HOUR * 5 / 4) }, Carry::NONE);
    let results = work.run();
    assert_eq!(results.positions, [(InstrumentId(1), Decimal::ZERO)]);
    assert_eq!(results.equity, Decimal::from(work.cash));
    assert!(work.inputs().contains("InstrumentStatus"), "{}", work.inputs());
    let verdict = work.replay();
    assert_eq!((verdict.first_difference, verdict.is_sealed), (None, true));
}

/// Equity before each row.
#[derive(Default)]
struct Equity(Vec<(u64, Decimal)>);

impl Observer for Equity {
    fn row(&mut self, row: &Event, state: &State) {
        self.0.push((row.time.0, state.account_total(AccountId(1)).expect("small amounts").equity));
    }

    fn event(&mut self, _event: &Event, _state: &State) {}

    fn decided(&mut self, _effects: &Effects, _state: &State) {}

    fn end(&mut self, _state: &State) {}
}

/// Ex times of the splits of AAPL that the raw prices show, and how many new shares came for one.
fn splits() -> Vec<(u64, u64)> {
    vec![
        (961_594_200_000_000_000, 2),
        (1_109_597_400_000_000_000, 2),
        (1_402_320_600_000_000_000, 7),
        (1_598_880_600_000_000_000, 4),
    ]
}

#[test]
fn buying_and_holding_a_real_share_over_its_splits_has_continuous_equity() {
    let Some(folder) = std::env::var_os("RINGFENCE_DATA").map(PathBuf::from) else {
        return println!("skipped: RINGFENCE_DATA names no folder");
    };
    let tape = folder.join("w3_aapl_daily_1998-2021.csv");
    let Ok(text) = fs::read_to_string(&tape) else {
        return println!("skipped: no {}", tape.display());
    };
    let closes: Vec<Decimal> = text.lines().skip(1).map(|line| dec(line.split(',').nth(4).expect("a close"))).collect();
    let fact = |(time, numerator): (u64, u64)| {
        let action = CorporateAction { kind: Adjustment::Split, numerator, denominator: 1, cash: 0 };
        let report = Report::control(EventKind::CorporateAction(action));
        Scripted { time: TimeNs(time), fact: Fact::Report(Report { instrument: InstrumentId(1), ..report }) }
    };
    let work = Work {
        natives: vec![Native::Hold(false)],
        script: splits().into_iter().map(fact).collect(),
        fees_bps: (0, 0),
        ..Work::daily_bars(&tape, FillMoment::SameEvent)
    };
    let mut equity = Equity::default();
    let results = work.observed(&mut |_| ControlFlow::Continue(()), Some(&mut equity)).expect("it runs");
    assert_eq!(results.positions, [(InstrumentId(1), Decimal::from(11_200))], "100 x 2 x 2 x 7 x 4");
    let paid = Decimal::ONE_HUNDRED * closes[0];
    let worth = Decimal::from(11_200) * closes[closes.len() - 1];
    assert_eq!(results.equity, Decimal::from(100_000) - paid + worth);
    for (time, ratio) in splits() {
        // Before the split, and behind the first bar after it.
        let at = equity.0.partition_point(|(row, _)| *row <= time);
        let (before, after) = (equity.0[at].1, equity.0[at + 1].1);
        let move_of_the_day = (after - before).abs() / before;
        assert!(move_of_the_day < dec("0.15"), "1 to {ratio}: {before} then {after}");
    }
}
