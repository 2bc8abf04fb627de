//! Question: which types besides plain numbers can be saved?
//!
//! In: a value, an archive. Out: its bytes, or the value of the bytes. Must never load what would be saved as other bytes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::archive::{Archive, Persist, RestoreError};
use crate::decimal::Decimal;
use crate::event::{Bar, Quote, Side};
use crate::number::{Price, Qty, TimeNs};

impl<T: Persist, const N: usize> Persist for [T; N] {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        self.iter_mut().for_each(|item| item.persist(archive));
    }
}

impl<T: Persist + ?Sized> Persist for Box<T> {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        (**self).persist(archive);
    }
}

impl<A: Persist, B: Persist> Persist for (A, B) {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        self.0.persist(archive);
        self.1.persist(archive);
    }
}

impl<A: Persist, B: Persist, C: Persist> Persist for (A, B, C) {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        self.0.persist(archive);
        self.1.persist(archive);
        self.2.persist(archive);
    }
}

/// UTF-8, with its length in bytes.
impl Persist for String {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let mut bytes = core::mem::take(self).into_bytes();
        bytes.persist(archive);
        match Self::from_utf8(bytes) {
            Ok(text) => *self = text,
            Err(_) => archive.fail(RestoreError::BadValue),
        }
    }
}

impl<T: Persist + Default> Persist for VecDeque<T> {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let mut items = Vec::from(core::mem::take(self));
        items.persist(archive);
        *self = items.into();
    }
}

/// Keys ascend; bytes in which they do not are refused.
impl<K: Persist + Default + Ord, V: Persist + Default> Persist for BTreeMap<K, V> {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let mut entries: Vec<(K, V)> = core::mem::take(self).into_iter().collect();
        entries.persist(archive);
        check_ascending(archive, &entries, |(key, _)| key);
        *self = entries.into_iter().collect();
    }
}

/// Items ascend; bytes in which they do not are refused.
impl<T: Persist + Default + Ord> Persist for BTreeSet<T> {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let mut items: Vec<T> = core::mem::take(self).into_iter().collect();
        items.persist(archive);
        check_ascending(archive, &items, |item| item);
        *self = items.into_iter().collect();
    }
}

fn check_ascending<T, K: Ord>(archive: &mut Archive<'_>, items: &[T], key: impl Fn(&T) -> &K) {
    let ascends = items.iter().zip(items.iter().skip(1)).all(|(before, after)| key(before) < key(after));
    if !ascends {
        archive.fail(RestoreError::BadValue);
    }
}

/// Mantissa, then scale: 1.5 and 1.50 come back as they were.
impl Persist for Decimal {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let (mut mantissa, mut scale) = (self.mantissa(), self.scale());
        mantissa.persist(archive);
        scale.persist(archive);
        match Self::new(mantissa, scale) {
            Ok(decimal) => *self = decimal,
            Err(_) => archive.fail(RestoreError::BadValue),
        }
    }
}

/// 0 = buy, 1 = sell.
impl Persist for Side {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let mut sells = *self == Self::Sell;
        sells.persist(archive);
        *self = if sells { Self::Sell } else { Self::Buy };
    }
}

impl Persist for Quote {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let Self { bid_price, bid_qty, ask_price, ask_qty } = self;
        for price in [bid_price, ask_price] {
            price.persist(archive);
        }
        for qty in [bid_qty, ask_qty] {
            qty.persist(archive);
        }
    }
}

impl Persist for Bar {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let Self { open, high, low, close, volume, open_time, interval_ns } = self;
        for price in [open, high, low, close] {
            price.persist(archive);
        }
        volume.persist(archive);
        open_time.persist(archive);
        interval_ns.persist(archive);
    }
}

/// A bar of nothing, for collections that are loaded.
impl Default for Bar {
    fn default() -> Self {
        let none = Price::ZERO;
        let (volume, open_time) = (Qty::ZERO, TimeNs(0));
        Self { open: none, high: none, low: none, close: none, volume, open_time, interval_ns: 0 }
    }
}

#[cfg(test)]
mod tests {
    use core::fmt;

    use proptest::prelude::*;

    use super::*;

    fn saved<T: Persist>(value: &mut T) -> Vec<u8> {
        let mut archive = Archive::saving(0);
        archive.item(value);
        archive.into_bytes()
    }

    fn loaded<T: Persist>(value: &mut T, bytes: &[u8]) -> Result<(), RestoreError> {
        let mut archive = Archive::loading(bytes, 0)?;
        archive.item(value);
        archive.finish()
    }

    #[track_caller]
    fn check<T: Persist + Default + Clone + PartialEq + fmt::Debug>(value: T) {
        let bytes = saved(&mut value.clone());
        let mut other = T::default();
        assert_eq!(loaded(&mut other, &bytes), Ok(()));
        assert_eq!(other, value);
        assert_eq!(loaded(&mut other, &bytes[..bytes.len() - 1]), Err(RestoreError::TooShort));
    }

    #[test]
    fn every_kind_comes_back() {
        check(([1_u8, 2, 3], "tö".to_owned(), Box::new(-7_i64)));
        check((VecDeque::from([1_i64, 2]), 0.5_f64));
        check(BTreeMap::from([(1_u32, "a".to_owned()), (2, String::new())]));
        check(BTreeSet::from([TimeNs(3), TimeNs(5)]));
        check(Quote { bid_price: Price(1), bid_qty: Qty(2), ask_price: Price(3), ask_qty: Qty(4) });
        check(Bar { close: Price(7), volume: Qty(9), interval_ns: 60, ..Bar::default() });
        let mut side = Side::Buy;
        assert_eq!((loaded(&mut side, &saved(&mut Side::Sell)), side), (Ok(()), Side::Sell));
        let (mut decimal, mut wanted) = (Decimal::ZERO, Decimal::new(150, 2).expect("a decimal"));
        assert_eq!(loaded(&mut decimal, &saved(&mut wanted)), Ok(()));
        assert_eq!((decimal.mantissa(), decimal.scale()), (150, 2));
    }

    #[test]
    fn bytes_that_nothing_saves_to_are_refused() {
        let bad = Err(RestoreError::BadValue);
        let twice = saved(&mut vec![(1_u32, 5_u8), (1, 6)]);
        assert_eq!(loaded(&mut BTreeMap::<u32, u8>::new(), &twice), bad);
        assert_eq!(loaded(&mut BTreeSet::<u8>::new(), &saved(&mut vec![2_u8, 1])), bad);
        assert_eq!(loaded(&mut String::new(), &saved(&mut vec![0xff_u8])), bad);
        assert_eq!(loaded(&mut Decimal::ZERO.clone(), &saved(&mut (1_i128, 29_u8))), bad);
        assert_eq!(loaded(&mut Side::Buy.clone(), &saved(&mut 2_u8)), bad);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn arbitrary_bytes_load_as_what_saves_to_them_or_not_at_all(body in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut bytes = Archive::saving(0).into_bytes();
            bytes.extend_from_slice(&body);
            let mut value = (BTreeMap::<u8, u8>::new(), String::new(), VecDeque::<u16>::new());
            if loaded(&mut value, &bytes).is_ok() {
                prop_assert_eq!(saved(&mut value), bytes);
            }
        }
    }
}
