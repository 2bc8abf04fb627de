//! Names: which number does a currency, symbol or counterparty get?
//!
//! In: names in order of first use. Out: ids from 1 and the lists the core keeps. Must never: depend on anything but
//! that order, because ids stand in journals.

use ringfence_core::config::Currency;
use ringfence_core::ids::{CurrencyId, NameId};

use super::checked::Table;

/// Digits behind the point where a currency is not listed.
const CURRENCY_SCALE_DEFAULT: u8 = 8;

/// Currencies by code.
#[derive(Debug)]
pub(super) struct Currencies<'a> {
    scales: Option<&'a Table>,
    list: Vec<Currency>,
}

impl<'a> Currencies<'a> {
    /// None yet; `scales` is `session.currencies`.
    #[must_use]
    pub(super) fn new(scales: Option<&'a Table>) -> Currencies<'a> {
        Currencies { scales, list: Vec::new() }
    }

    /// The id of a code, a new one at first use.
    pub(super) fn id(&mut self, code: &str) -> CurrencyId {
        let at = self.list.iter().position(|known| known.code == code).unwrap_or_else(|| {
            let listed = self.scales.and_then(|table| table.integer(code));
            let scale = listed.and_then(|digits| u8::try_from(digits).ok()).unwrap_or(CURRENCY_SCALE_DEFAULT);
            self.list.push(Currency { code: code.to_owned(), scale });
            self.list.len() - 1
        });
        CurrencyId(number(at))
    }

    /// The code of an id that this list gave.
    #[must_use]
    pub(super) fn code(&self, id: CurrencyId) -> &str {
        let at = usize::try_from(id.0).ok().and_then(|id| id.checked_sub(1));
        at.and_then(|at| self.list.get(at)).map_or("", |currency| currency.code.as_str())
    }

    /// Listed codes that nothing uses.
    pub(super) fn unused(&self) -> impl Iterator<Item = &str> {
        let listed = self.scales.into_iter().flat_map(|table| table.entries.keys());
        listed.map(String::as_str).filter(|code| self.list.iter().all(|known| known.code != *code))
    }

    /// The list, in order of id.
    #[must_use]
    pub(super) fn into_list(self) -> Vec<Currency> {
        self.list
    }
}

/// Names by text.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: Vec<String>,
}

impl Names {
    /// The id of a name, a new one at first use.
    pub(super) fn id(&mut self, name: &str) -> NameId {
        let at = self.list.iter().position(|known| known == name).unwrap_or_else(|| {
            self.list.push(name.to_owned());
            self.list.len() - 1
        });
        NameId(number(at))
    }

    /// The list, in order of id.
    #[must_use]
    pub(super) fn into_list(self) -> Vec<String> {
        self.list
    }
}

/// The id of entry `at`: ids count from 1.
fn number(at: usize) -> u32 {
    u32::try_from(at + 1).expect("a configuration of at most 1 MiB names fewer than 2^32 things")
}
