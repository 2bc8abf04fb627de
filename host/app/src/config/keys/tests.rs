//! Tests of the keys: does each say what it means, in words of the core?

use ringfence_core::config::{GuestProfile, Lane};
use ringfence_core::instrument::{InstrumentStatus, OptionRight};
use ringfence_core::intent::Env;
use ringfence_sim::{
    CommissionRounding, FillMoment, FundingModel, MarginModel, QueueModel, RestingFills, SettlementPrice,
    SlippageModel, TakerSize,
};

use super::super::document::parse_value;
use super::super::problem::{Origin, Problems};
use super::super::read::{self, Place};
use super::*;

/// Visits every key with its dotted name.
fn each(prefix: &str, keys: &'static [Key], visit: &mut dyn FnMut(&str, &Key)) {
    for key in keys {
        let name = format!("{prefix}{}", key.name);
        visit(&name, key);
        if let Kind::Table(inner) | Kind::Tables(inner) = key.kind {
            each(&format!("{name}."), inner, visit);
        }
    }
}

#[test]
fn every_default_is_a_value_its_own_key_accepts() {
    each("", ROOT, &mut |name, key| {
        let texts = match key.need {
            Need::Default(text) => vec![text],
            Need::DefaultBy(_, cases) => cases.iter().map(|(_, text)| *text).collect(),
            Need::Required | Need::Optional => Vec::new(),
        };
        for text in texts {
            let mut problems = Problems::new();
            let node = parse_value(text, &Origin::Default);
            let nodes = [(key.name.to_owned(), node)].into();
            let place = Place { key: String::new(), origin: &Origin::Default };
            let keys: &'static [Key] = Box::leak(Box::new([*key]));
            read::table(place, &nodes, keys, &mut problems);
            assert!(problems.is_empty(), "{name}: {}", problems.into_report());
        }
    });
}

/// As the core lists its cases: each has a default, and the choice stands before what depends on it.
#[test]
fn a_default_by_another_key_has_one_for_each_of_its_words() {
    let by = STRATEGY.iter().enumerate().filter_map(|(at, key)| match key.need {
        Need::DefaultBy(choice, cases) => Some((at, choice, cases)),
        Need::Default(_) | Need::Required | Need::Optional => None,
    });
    for (at, choice, cases) in by {
        let place = STRATEGY[..at].iter().find(|key| key.name == choice).expect("the choice stands before");
        let Kind::Choice(words) = place.kind else { panic!("{choice} is no choice") };
        assert_eq!(cases.iter().map(|(word, _)| *word).collect::<Vec<_>>(), words);
    }
}

#[test]
fn no_limit_and_no_rule_of_the_simulation_has_a_default() {
    each("", ROOT, &mut |name, key| {
        let must_be_written = name.starts_with("risk.") || name.starts_with("simulation.");
        let has_default = matches!(key.need, Need::Default(_) | Need::DefaultBy(..));
        assert!(!(must_be_written && has_default), "{name} has a default");
    });
}

#[test]
fn every_key_says_what_it_means() {
    each("", ROOT, &mut |name, key| assert!(key.doc.ends_with('.') && key.doc.len() > 4, "{name}: {:?}", key.doc));
}

#[test]
fn repeated_tables_are_named_by_a_required_text() {
    each("", ROOT, &mut |name, key| {
        let Kind::Tables(inner) = key.kind else { return };
        assert!(matches!(inner[0].kind, Kind::Text) && inner[0].need == Need::Required, "{name}");
    });
}

#[test]
fn the_words_of_choices_are_those_of_the_core() {
    let words = |wanted: &str| {
        let mut found = Vec::new();
        each("", ROOT, &mut |name, key| {
            if let (Kind::Choice(words), true) = (key.kind, name == wanted) {
                found = words.to_vec();
            }
        });
        found
    };
    assert_eq!(words("session.env"), Env::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    assert_eq!(words("strategies.profile"), GuestProfile::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    assert_eq!(words("strategies.lane"), Lane::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    assert_eq!(words("instruments.right"), OptionRight::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    assert_eq!(words("simulation.fill"), FillMoment::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    let roundings: Vec<_> = CommissionRounding::ALL.iter().map(|case| case.code()).collect();
    assert_eq!(words("simulation.commission_rounding"), roundings);
    let slippages: Vec<_> = SlippageModel::ALL.iter().map(|case| case.code()).collect();
    assert_eq!(words("simulation.slippage.model"), slippages);
    let resting: Vec<_> = RestingFills::ALL.iter().map(|case| case.code()).collect();
    assert_eq!(words("simulation.resting_fills"), resting);
    assert_eq!(words("simulation.taker_size"), TakerSize::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    assert_eq!(words("simulation.queue"), QueueModel::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    let fundings: Vec<_> = FundingModel::ALL.iter().map(|case| case.code()).collect();
    assert_eq!(words("simulation.funding.model"), fundings);
    assert_eq!(words("simulation.margin.model"), MarginModel::ALL.iter().map(|case| case.code()).collect::<Vec<_>>());
    let settlements: Vec<_> = SettlementPrice::ALL.iter().map(|case| case.code()).collect();
    assert_eq!(words("simulation.settlement"), settlements);
    let statuses: Vec<_> = InstrumentStatus::ALL.iter().map(|case| case.code()).collect();
    assert_eq!(words("instruments.status"), statuses);
}
