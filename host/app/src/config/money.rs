//! Money: can results be added up?
//!
//! In: accounts and instruments with their currencies. Out: a problem for each sum that would need a conversion rate
//! without an instrument that gives it. Must never: let two currencies meet that nothing converts; the one would count as
//! nothing.

use ringfence_core::config::{Account, Conversion};
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
    /// Equity is added up over accounts, in the base currency.
    pub(super) fn note_accounts(
        &self,
        root: &Table,
        (accounts, instruments): (&[Account], &[Option<Instrument>]),
        problems: &mut Problems,
    ) {
        let Some(base) = self.base else { return };
        // One that is wrong may be the pair that is missing.
        let Some(instruments) = instruments.iter().copied().collect::<Option<Vec<Instrument>>>() else { return };
        let tables = root.tables("venues").flat_map(|venue| venue.tables("accounts"));
        for table in tables.filter(|table| table.text("name").is_some() && table.text("currency").is_some()) {
            let account = accounts.iter().find(|account| table.text("name") == Some(account.name.as_str()));
            let Some(account) = account.filter(|account| account.currency != base) else { continue };
            if Conversion::between(&instruments, account.currency, base).is_none() {
                let (held, base) = (self.code(account.currency), self.code(base));
                let message = format!("is not the base currency {base}, and no instrument gives a rate between them");
                let fix = format!(
                    "add an instrument of kind fx-pair or spot with base \"{held}\" and quote \"{base}\" (or the other way \
                     round, or two over one other currency) and a tape of it"
                );
                problems.add(Problem { fix: Some(fix), ..about(table, "currency", ConfigCode::Reference, &message) });
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
            let message = format!("{message}; contracts that settle in another currency are not known");
            problems.add(about(table, "settlement", ConfigCode::Reference, &message));
        }
    }

    /// Why a strategy on this account cannot trade this instrument. Where a currency is a problem of its own already,
    /// nothing is added to it.
    pub(super) fn does_not_fit(&self, account: &Account, instrument: &Instrument) -> Option<String> {
        if account.venue != instrument.venue {
            return Some("the strategy's account is at another venue than the instrument".to_owned());
        }
        let is_noted = instrument.settlement != instrument.quote;
        if is_noted || instrument.settlement == account.currency {
            return None;
        }
        let (settles, holds) = (self.code(instrument.settlement), self.code(account.currency));
        Some(format!("the instrument settles in {settles}, the account holds {holds}; an account has one currency"))
    }

    fn code(&self, id: CurrencyId) -> &str {
        self.currencies.code(id)
    }
}
