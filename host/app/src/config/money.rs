//! Money: can results be added up?
//!
//! In: accounts and instruments with their currencies. Out: a problem for each sum that would need a conversion rate,
//! which no release has yet. Must never: let two currencies meet; what cannot be converted would count as nothing.

use ringfence_core::config::Account;
use ringfence_core::ids::CurrencyId;
use ringfence_core::instrument::Instrument;

use super::build::about;
use super::checked::Table;
use super::names::Currencies;
use super::problem::{ConfigCode, Problem, Problems};

/// The currency of results, and the names of all.
#[derive(Debug)]
pub(super) struct Money<'a> {
    /// `None` = missing or wrong, and noted.
    pub(super) base: Option<CurrencyId>,
    /// Codes by id.
    pub(super) currencies: &'a Currencies<'a>,
}

impl Money<'_> {
    /// Equity is added up over accounts.
    pub(super) fn note_accounts(&self, root: &Table, accounts: &[Account], problems: &mut Problems) {
        let Some(base) = self.base else { return };
        let tables = root.tables("venues").flat_map(|venue| venue.tables("accounts"));
        for table in tables.filter(|table| table.text("name").is_some() && table.text("currency").is_some()) {
            let account = accounts.iter().find(|account| table.text("name") == Some(account.name.as_str()));
            if account.is_some_and(|account| account.currency != base) {
                let message = format!("is not the base currency {}", self.code(base));
                problems.add(no_rate(table, "currency", &message));
            }
        }
    }

    /// Prices are in the quote currency, profit and fees in the one of settlement.
    pub(super) fn note_settlements(&self, root: &Table, instruments: &[Option<Instrument>], problems: &mut Problems) {
        for (table, instrument) in root.tables("instruments").zip(instruments) {
            let Some(instrument) = instrument.filter(|instrument| instrument.settlement != instrument.quote) else {
                continue;
            };
            let message = format!("is not the quote currency {}", self.code(instrument.quote));
            problems.add(no_rate(table, "settlement", &message));
        }
    }

    /// Why a strategy on this account cannot trade this instrument. Where a currency is a problem of its own already,
    /// nothing is added to it.
    pub(super) fn does_not_fit(&self, account: &Account, instrument: &Instrument) -> Option<String> {
        if account.venue != instrument.venue {
            return Some("the strategy's account is at another venue than the instrument".to_owned());
        }
        let is_noted = Some(account.currency) != self.base || instrument.settlement != instrument.quote;
        if is_noted || instrument.settlement == account.currency {
            return None;
        }
        let (settles, holds) = (self.code(instrument.settlement), self.code(account.currency));
        Some(format!("the instrument settles in {settles}, the account holds {holds}, {NO_RATE}"))
    }

    fn code(&self, id: CurrencyId) -> &str {
        self.currencies.code(id)
    }
}

const NO_RATE: &str = "and there is no conversion rate yet";

fn no_rate(table: &Table, key: &str, message: &str) -> Problem {
    about(table, key, ConfigCode::Reference, &format!("{message}, {NO_RATE}"))
}
