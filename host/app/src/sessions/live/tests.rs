//! Going on: a record is of its account, and of no other.

use ringfence_journal::wire::header::Feed;

use super::*;

fn header(facts: &[(&str, &str)]) -> Header {
    Header {
        session: SessionId([1; 16]),
        mode: Mode::Live,
        rules_version: RULES_VERSION,
        engine: String::new(),
        operator_costs: String::new(),
        config: [0; 32],
        components: vec![],
        tapes: vec![],
        feed: Feed { rows_max: None, repeat: 1 },
        facts: facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

/// What is said of accounts that are given for venues, where the record has these.
fn refused(recorded: &[(&str, &str)], given: &[(&str, &str)]) -> Option<String> {
    let owned = |(venue, id): &(&str, &str)| (account_fact(venue), (*id).to_owned());
    let recorded: Vec<(String, String)> = recorded.iter().map(owned).collect();
    let recorded: Vec<(&str, &str)> = recorded.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    let given: Vec<(String, String)> = given.iter().map(owned).collect();
    refuse_other_account(&header(&recorded), &given, Path::new("journal")).err().map(|failure| failure.words())
}

#[test]
fn a_record_goes_on_with_its_own_accounts() {
    assert_eq!(refused(&[("A", "alice"), ("B", "bob")], &[("A", "alice"), ("B", "bob")]), None);
    assert_eq!(refused(&[], &[("A", "alice")]), None, "a record that names none is of an earlier release");
    assert_eq!(refused(&[("A", "alice")], &[]), None);
}

#[test]
fn another_account_is_refused_with_both_and_the_venue() {
    let said = refused(&[("A", "alice"), ("B", "bob")], &[("A", "alice"), ("B", "carol")]).expect("another account");
    assert!(said.contains("journal is the record of account bob at venue B, and carol is given"), "{said}");
    assert!(refused(&[("A", "alice")], &[("A", "Alice")]).is_some(), "ids are compared as they are written");
}
