//! Checked values: what does the configuration say, now that every value has its type?
//!
//! In: what the reader accepted. Out: values by key, each with its place. Must never: hold a value outside the range
//! that `keys` gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ringfence_core::money::Decimal;

use super::problem::Origin;

/// A value of the right type and range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// Text or a word of a choice.
    Text(String),
    /// A path as written; see [`Entry::path`].
    Path(String),
    /// An exact decimal, normalised.
    Decimal(Decimal),
    /// A whole number.
    Integer(u64),
    /// A length of time in ns.
    Duration(u64),
    /// A point in time in ns since the Unix epoch.
    Time(u64),
    /// The word `off`.
    Off,
    /// A list.
    List(Vec<Entry>),
    /// A table, of fixed keys or of names.
    Table(Table),
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The value.
    pub(super) value: Checked,
    /// Where it was written.
    pub(super) origin: Origin,
}

impl Entry {
    /// A path: relative ones start at the folder of the file they stand in, in a flag at the working folder.
    #[must_use]
    pub(super) fn path(&self) -> Option<PathBuf> {
        let Checked::Path(path) = &self.value else { return None };
        match &self.origin {
            Origin::Line(file, _) => Some(Path::new(file).parent().unwrap_or(Path::new("")).join(path)),
            Origin::File(_) | Origin::Flag(_) | Origin::Profile(_) | Origin::Default => Some(PathBuf::from(path)),
        }
    }

    /// The same path from the root of the file system, so that it leads there from any folder.
    #[must_use]
    pub(super) fn absolute_path(&self) -> Option<PathBuf> {
        self.path().map(|path| std::path::absolute(&path).unwrap_or(path))
    }
}

/// A table. Keys that were missing or wrong are absent; each of them is a problem that was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// Dotted key of the table itself.
    pub(super) key: String,
    /// Where it begins.
    pub(super) origin: Origin,
    /// Values by key, in order of the key.
    pub(super) entries: BTreeMap<String, Entry>,
    /// Keys that were written and are not in `entries`, or not whole, because what stands behind them is wrong.
    pub(super) wrong: BTreeSet<String>,
}

/// A limit: a value, or `None` for the word `off`.
pub(super) type Limit<T> = Option<T>;

impl Table {
    /// A value with its place.
    #[must_use]
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// True when the key was written, whether its value is right or wrong: then nothing is missing there.
    #[must_use]
    pub(super) fn is_written(&self, key: &str) -> bool {
        self.is_wrong(key) || self.entry(key).is_some_and(|entry| entry.origin != Origin::Default)
    }

    /// True when the key was written and its value is wrong; that was noted, and what follows from it is no news.
    #[must_use]
    pub(super) fn is_wrong(&self, key: &str) -> bool {
        self.wrong.contains(key)
    }

    /// True when the key holds tables, and each of them has this text: then a name that is not among them points to
    /// nothing. Otherwise it may be the one that is missing or wrong.
    #[must_use]
    pub(super) fn names_all(&self, key: &str, name: &str) -> bool {
        self.tables(key).next().is_some() && self.tables(key).all(|table| table.text(name).is_some())
    }

    /// Text.
    #[must_use]
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let Checked::Text(text) = &self.entry(key)?.value else { return None };
        Some(text)
    }

    /// A decimal.
    #[must_use]
    pub(super) fn decimal(&self, key: &str) -> Option<Decimal> {
        decimal_in(self.entry(key)?)
    }

    /// A whole number.
    #[must_use]
    pub(super) fn integer(&self, key: &str) -> Option<u64> {
        integer_in(self.entry(key)?)
    }

    /// A length of time in ns.
    #[must_use]
    pub(super) fn duration(&self, key: &str) -> Option<u64> {
        duration_in(self.entry(key)?)
    }

    /// A point in time in ns since the Unix epoch.
    #[must_use]
    pub(super) fn time(&self, key: &str) -> Option<u64> {
        let Checked::Time(ns) = &self.entry(key)?.value else { return None };
        Some(*ns)
    }

    /// A decimal or `off`.
    #[must_use]
    pub(super) fn decimal_limit(&self, key: &str) -> Option<Limit<Decimal>> {
        limit(self.entry(key)?, decimal_in)
    }

    /// A whole number or `off`.
    #[must_use]
    pub(super) fn integer_limit(&self, key: &str) -> Option<Limit<u64>> {
        limit(self.entry(key)?, integer_in)
    }

    /// A length of time in ns or `off`.
    #[must_use]
    pub(super) fn duration_limit(&self, key: &str) -> Option<Limit<u64>> {
        limit(self.entry(key)?, duration_in)
    }

    /// A path, see [`Entry::path`].
    #[must_use]
    pub(super) fn path(&self, key: &str) -> Option<PathBuf> {
        self.entry(key)?.path()
    }

    /// Texts of a list, each with its place.
    pub(super) fn texts(&self, key: &str) -> impl Iterator<Item = (&str, &Origin)> {
        self.items(key).iter().filter_map(|item| {
            let Checked::Text(text) = &item.value else { return None };
            Some((text.as_str(), &item.origin))
        })
    }

    /// A table.
    #[must_use]
    pub(super) fn table(&self, key: &str) -> Option<&Table> {
        let Checked::Table(table) = &self.entry(key)?.value else { return None };
        Some(table)
    }

    /// Repeated tables; none when the key is absent.
    pub(super) fn tables(&self, key: &str) -> impl Iterator<Item = &Table> {
        self.items(key).iter().filter_map(|item| {
            let Checked::Table(table) = &item.value else { return None };
            Some(table)
        })
    }

    fn items(&self, key: &str) -> &[Entry] {
        let Some(Checked::List(items)) = self.entry(key).map(|entry| &entry.value) else { return &[] };
        items
    }
}

fn decimal_in(entry: &Entry) -> Option<Decimal> {
    let Checked::Decimal(value) = entry.value else { return None };
    Some(value)
}

fn integer_in(entry: &Entry) -> Option<u64> {
    let Checked::Integer(value) = entry.value else { return None };
    Some(value)
}

fn duration_in(entry: &Entry) -> Option<u64> {
    let Checked::Duration(ns) = entry.value else { return None };
    Some(ns)
}

fn limit<T>(entry: &Entry, read: fn(&Entry) -> Option<T>) -> Option<Limit<T>> {
    if entry.value == Checked::Off { Some(None) } else { read(entry).map(Some) }
}
