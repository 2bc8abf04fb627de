//! Conformance: does an adapter behave as the core expects of every venue?
//!
//! In: a way to open a fresh venue, whose market and troubles the suite brings about. Out: a verdict per case. Must never:
//! look at anything but what the adapter says and, at the end of a case, the venue's own books; build a command without the
//! whole chain (a [`Desk`](crate::desk::Desk) does); or call a case passed that was not played.
//!
//! The venue under test, `VenueId(1)`, has the two [`instruments`], accounts 1 and 2 with plenty of money, no orders of
//! others on them, and no market before the suite makes one. A stage gives an adapter for each account, or the same for both.
//! Whatever else a stage can bring about ([`Stage::can`]) and an adapter declares
//! ([`Capabilities`](crate::query::Capabilities)) decides which cases apply; a case that does not apply is named as such,
//! with what it lacks, and so is one whose question the venue does not take.
//!
//! A case (a script, see `script.rs`) compares lines of what was said: what happened to which order with which numbers and reason, in the
//! order of the reports; venue, account and instrument; and the cause, which is the leg of the command that the report
//! answers, or the order itself where nothing was asked. Where venues differ in what is right, a case has more than one
//! story. [`Law`]s hold in every case besides: fees, numbers of trades, what is open, times, answers to every command,
//! nothing sent twice, and the venue's books in the end.

mod act;
mod cases;
mod floor;
mod laws;
mod round;
mod script;
mod told;

use core::fmt;
use core::future::Future;

use ringfence_core::event::{Fill, Report};
use ringfence_core::ids::{AccountId, ClientOrderId, CurrencyId, InstrumentId, LegKey, TimeNs};
use ringfence_core::instrument::{Instrument, InstrumentKind};
use ringfence_core::money::Decimal;

use crate::adapter::{Said, VenueAdapter};
use crate::desk;
use crate::query::Capabilities;

pub use act::{Act, Ask, Level, Mishap, Rule, Switch, Trouble, Wire};
pub use laws::Law;
pub use told::Topic;

use floor::Floor;
use script::{Step, What};

/// A venue with its surroundings, under the suite's control.
pub trait Stage {
    /// The adapter under test.
    type Adapter: VenueAdapter;

    /// The adapter of an account: 1 or 2. Market data comes from that of account 1 alone.
    fn adapter(&mut self, account: AccountId) -> &mut Self::Adapter;

    /// Whether it can bring this about. [`Act::Touch`] every stage can; [`Act::Pass`] one whose time is its own.
    fn can(&self, act: &Act) -> bool;

    /// Brings it about; `now` is the time of the session. Only what it [can](Stage::can).
    fn act(&mut self, act: &Act, now: TimeNs) -> impl Future<Output = ()>;

    /// Everything the adapters have to say until the venue has nothing more to say for now. Where commands and answers
    /// travel, it lets them arrive; it may not give up early. Waits of an adapter's own (until it asks again, until
    /// something counts as absent) are not for it but for [`Act::Pass`].
    fn settle(&mut self) -> impl Future<Output = Vec<Said>>;

    /// Whether the adapter of an account has said that nothing more will come.
    fn has_ended(&self, account: AccountId) -> bool;

    /// How its instruments are settled: one that is no [`InstrumentKind::Spot`] moves cash by profit and loss alone.
    fn kind(&self) -> InstrumentKind {
        InstrumentKind::Spot
    }

    /// Fee and currency that the venue takes for a fill; `None` where the stage does not know.
    fn fee(&self, _report: &Report, _fill: &Fill) -> Option<(Decimal, CurrencyId)> {
        None
    }

    /// How often the venue was asked to place an order of this id; `None` where the stage does not count.
    fn times_placed(&self, _id: &ClientOrderId) -> Option<u32> {
        None
    }

    /// What the venue's own books say of an account; `None` where the stage cannot look into them.
    fn truth(&mut self, _account: AccountId) -> Option<Truth> {
        None
    }
}

/// What a venue's own books say of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Open orders of the session, with what is open of them.
    pub open: Vec<(LegKey, i64)>,
    /// Positions, or what was bought and sold, by instrument.
    pub positions: Vec<(InstrumentId, i64)>,
}

/// The instruments that the suite trades: one of whole numbers, and one of prices in steps of 0.05 and quantities in steps
/// of 0.002.
#[must_use]
pub fn instruments() -> [Instrument; 2] {
    [
        desk::instrument(1, (0, 0)),
        Instrument { tick: 5, lot: 2, qty_min: ringfence_core::money::Qty(2), ..desk::instrument(2, (2, 3)) },
    ]
}

/// A part of what an adapter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Market data.
    Data,
    /// Orders, from their submit to their end.
    Orders,
    /// What an account is told without asking.
    User,
    /// Questions, and orders of others.
    Reconciliation,
    /// Requests, answers, connections.
    Connectivity,
    /// Emergency cancels, settings, limits of requests, the end.
    Control,
}

/// A capability that a case needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Amend,
    MarketData,
    UserStream,
    Margin,
    ReduceOnly,
    Queries,
}

impl Need {
    fn is_met(self, can: &Capabilities) -> bool {
        match self {
            Need::Amend => can.amend,
            Need::MarketData => can.market_data,
            Need::UserStream => can.user_stream,
            Need::Margin => can.margin,
            Need::ReduceOnly => can.reduce_only,
            Need::Queries => can.queries,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Need::Amend => "amends",
            Need::MarketData => "market data",
            Need::UserStream => "a user stream",
            Need::Margin => "margin",
            Need::ReduceOnly => "reduce-only",
            Need::Queries => "queries",
        }
    }
}

/// A case: what happens, and what the venue has to say to it.
#[derive(Clone, Copy, Debug)]
struct Case {
    area: Area,
    rule: &'static str,
    script: &'static str,
    /// Any of these is right.
    stories: &'static [&'static str],
    needs: &'static [Need],
    heeds: &'static [Topic],
    excuses: &'static [Law],
}

impl Case {
    const fn new(area: Area, rule: &'static str, script: &'static str, stories: &'static [&'static str]) -> Case {
        Case { area, rule, script, stories, needs: &[], heeds: &[], excuses: &[] }
    }

    const fn needs(self, needs: &'static [Need]) -> Case {
        Case { needs, ..self }
    }

    const fn heeds(self, heeds: &'static [Topic]) -> Case {
        Case { heeds, ..self }
    }

    const fn excuses(self, excuses: &'static [Law]) -> Case {
        Case { excuses, ..self }
    }
}

/// Area and rule of a case; rules are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseName {
    /// What it belongs to.
    pub area: Area,
    /// The rule that it shows.
    pub rule: &'static str,
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The case.
    pub case: CaseName,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rule holds.
    Holds,
    /// It does not: what was said instead, or which law was broken.
    Fails(String),
    /// It was not played to its end: what adapter or stage do not have.
    NotApplicable(Vec<&'static str>),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CaseName { area, rule } = self.case;
        match &self.outcome {
            Outcome::Holds => write!(f, "holds  {area:?}: {rule}"),
            Outcome::Fails(how) => write!(f, "FAILS  {area:?}: {rule}\n{how}"),
            Outcome::NotApplicable(lacks) => write!(f, "n/a    {area:?}: {rule} (no {})", lacks.join(", no ")),
        }
    }
}

/// How many cases hold, fail, and do not apply.
#[must_use]
pub fn count(verdicts: &[Verdict]) -> (usize, usize, usize) {
    let of = |is: fn(&Outcome) -> bool| verdicts.iter().filter(|verdict| is(&verdict.outcome)).count();
    (
        of(|outcome| matches!(outcome, Outcome::Holds)),
        of(|outcome| matches!(outcome, Outcome::Fails(_))),
        of(|outcome| matches!(outcome, Outcome::NotApplicable(_))),
    )
}

/// Every case of the suite, in the order in which they are played.
pub fn cases() -> impl Iterator<Item = CaseName> {
    cases::all().map(|case| CaseName { area: case.area, rule: case.rule })
}

/// Plays every case, each on a fresh venue.
pub async fn run<S: Stage>(open: impl FnMut() -> S) -> Vec<Verdict> {
    run_those(open, |_| true).await
}

/// Plays the cases whose name `is_wanted`.
pub async fn run_those<S: Stage>(mut open: impl FnMut() -> S, is_wanted: impl Fn(&CaseName) -> bool) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for case in cases::all() {
        let name = CaseName { area: case.area, rule: case.rule };
        if is_wanted(&name) {
            verdicts.push(Verdict { case: name, outcome: play(open(), case).await });
        }
    }
    verdicts
}

async fn play<S: Stage>(mut stage: S, case: &Case) -> Outcome {
    let steps = script::parse(case.script);
    let lacks = lacks(&mut stage, case, &steps);
    if !lacks.is_empty() {
        return Outcome::NotApplicable(lacks);
    }
    let mut floor = Floor::open(stage, case).await;
    for step in &steps {
        floor.take(step).await;
    }
    let (said, broken) = floor.finish().await;
    judge(case, &said, &broken)
}

fn lacks<S: Stage>(stage: &mut S, case: &Case, steps: &[Step]) -> Vec<&'static str> {
    let can = stage.adapter(AccountId(1)).capabilities();
    let mut lacks: Vec<&'static str> =
        case.needs.iter().filter(|need| !need.is_met(&can)).map(|need| need.name()).collect();
    for step in steps {
        if let What::Act(act) = &step.what
            && !stage.can(act)
            && !lacks.contains(&act.hook())
        {
            lacks.push(act.hook());
        }
    }
    lacks
}

fn judge(case: &Case, said: &[String], broken: &[String]) -> Outcome {
    let story = said.join("; ");
    let is_refused = said.iter().any(|line| line.starts_with(told::NOT_OFFERED));
    if !broken.is_empty() {
        return Outcome::Fails(format!("  said {story}\n  laws {}", broken.join("\n       ")));
    }
    if case.stories.contains(&story.as_str()) {
        return Outcome::Holds;
    }
    if is_refused {
        return Outcome::NotApplicable(vec!["answer to this question"]);
    }
    Outcome::Fails(format!("  want {}\n  said {story}", case.stories.join("\n  or   ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_at_least_a_hundred_cases_and_each_has_a_name_of_its_own() {
        let mut rules: Vec<&str> = cases().map(|case| case.rule).collect();
        let count = rules.len();
        assert!(count >= 100, "{count} cases");
        rules.sort_unstable();
        rules.dedup();
        assert_eq!(rules.len(), count, "two cases have the same name");
    }

    #[test]
    fn every_case_can_be_read() {
        for case in cases::all() {
            assert!(!script::parse(case.script).is_empty(), "{}", case.rule);
            assert!(!case.stories.is_empty(), "{}", case.rule);
        }
    }
}
