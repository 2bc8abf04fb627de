//! Canonical bytes: what exactly is hashed, signed and stored?
//!
//! In: fixed-width integers, decimals, strings. Out: one byte form per value (little-endian, lengths before content),
//! and a reader that refuses anything else. Must never: depend on the machine, on hash order or on a library's format.

use alloc::string::String;
use alloc::vec::Vec;

use crate::money::Decimal;

/// Appends values in canonical form.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Writer {
        Writer::default()
    }

    /// Keeps the buffer, drops the content.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// What was written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the buffer away.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Two bytes, little-endian.
    pub fn u16(&mut self, value: u16) {
        self.raw(&value.to_le_bytes());
    }

    /// Four bytes, little-endian.
    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    /// Eight bytes, little-endian.
    pub fn u64(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    /// Eight bytes, little-endian, two's complement.
    pub fn i64(&mut self, value: i64) {
        self.raw(&value.to_le_bytes());
    }

    /// Sixteen bytes, little-endian, two's complement.
    pub fn i128(&mut self, value: i128) {
        self.raw(&value.to_le_bytes());
    }

    /// 0 or 1.
    pub fn flag(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// Normalised: scale (one byte), mantissa (sixteen bytes).
    ///
    /// # Panics
    /// Never: a decimal's scale is at most 28.
    pub fn decimal(&mut self, value: Decimal) {
        let value = value.normalize();
        self.u8(u8::try_from(value.scale()).expect("a decimal's scale is at most 28"));
        self.i128(value.mantissa());
    }

    /// 1 and the value, or 0.
    pub fn option<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Writer, T)) {
        match value {
            None => self.u8(0),
            Some(inner) => {
                self.u8(1);
                put(self, inner);
            }
        }
    }

    /// Length (four bytes) and content.
    ///
    /// # Panics
    /// When the content is longer than 4 GiB, which no bounded buffer of this project holds.
    pub fn blob(&mut self, value: &[u8]) {
        self.u32(u32::try_from(value.len()).expect("content below 4 GiB"));
        self.raw(value);
    }

    /// Length and UTF-8 content.
    pub fn text(&mut self, value: &str) {
        self.blob(value.as_bytes());
    }

    /// Number of items (four bytes), then each.
    ///
    /// # Panics
    /// When there are more than 2^32 items.
    pub fn list<T>(&mut self, items: &[T], mut put: impl FnMut(&mut Writer, &T)) {
        self.u32(u32::try_from(items.len()).expect("a list below 2^32 items"));
        for item in items {
            put(self, item);
        }
    }

    /// Bytes as they are, without a length.
    pub fn raw(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
    }
}

/// Bytes that are not a canonical form of what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a value.
    #[error("the bytes end at offset {0}, inside a value")]
    Truncated(usize),
    /// A value outside its range, with its offset and what it was meant to be.
    #[error("no valid {1} at offset {0}")]
    Invalid(usize, &'static str),
    /// Bytes left after the last value.
    #[error("{1} bytes left over at offset {0}")]
    Trailing(usize, usize),
}

/// Reads canonical bytes; every method refuses what the writer would not have written.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Result of reading one value.
pub type Read<T> = Result<T, DecodeError>;

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// Reads one value that takes all of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] of the value, or [`DecodeError::Trailing`].
    pub fn whole<T>(bytes: &'a [u8], take: impl FnOnce(&mut Reader<'a>) -> Read<T>) -> Read<T> {
        let mut reader = Reader::new(bytes);
        let value = take(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }

    /// Offset of the next unread byte.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Bytes not yet read.
    #[must_use]
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] when fewer than `count` are left.
    pub fn raw(&mut self, count: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(DecodeError::Truncated(self.bytes.len()))?;
        let slice = &self.bytes[self.at..end];
        self.at = end;
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let mut out = [0; N];
        out.copy_from_slice(self.raw(N)?);
        Ok(out)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u8(&mut self) -> Read<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// Two bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Eight bytes, signed.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn i64(&mut self) -> Read<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// Sixteen bytes, signed.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn i128(&mut self) -> Read<i128> {
        self.array().map(i128::from_le_bytes)
    }

    /// 0 or 1, nothing else.
    ///
    /// # Errors
    /// [`DecodeError`] when the byte is missing or neither.
    pub fn flag(&mut self) -> Read<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.invalid("flag")),
        }
    }

    /// A normalised decimal.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are missing, out of range or not normalised.
    pub fn decimal(&mut self) -> Read<Decimal> {
        let scale = u32::from(self.u8()?);
        let mantissa = self.i128()?;
        let value = Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| self.invalid("decimal"))?;
        let normal = value.normalize();
        if normal.scale() != scale || normal.mantissa() != mantissa {
            return Err(self.invalid("normalised decimal"));
        }
        Ok(normal)
    }

    /// A value behind a 0 / 1 byte.
    ///
    /// # Errors
    /// [`DecodeError`] of the flag or of the value.
    pub fn option<T>(&mut self, take: impl FnOnce(&mut Reader<'a>) -> Read<T>) -> Read<Option<T>> {
        if self.flag()? { take(self).map(Some) } else { Ok(None) }
    }

    /// Length and content.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn blob(&mut self) -> Read<&'a [u8]> {
        let length = self.u32()?;
        self.raw(length as usize)
    }

    /// Length and UTF-8 content.
    ///
    /// # Errors
    /// [`DecodeError`] when bytes are missing or not UTF-8.
    pub fn text(&mut self) -> Read<String> {
        let bytes = self.blob()?;
        core::str::from_utf8(bytes).map(String::from).map_err(|_| self.invalid("UTF-8 text"))
    }

    /// Number of items, then each. Every item takes at least one byte, so a forged count cannot reserve memory.
    ///
    /// # Errors
    /// [`DecodeError`] of the count or of an item.
    pub fn list<T>(&mut self, mut take: impl FnMut(&mut Reader<'a>) -> Read<T>) -> Read<Vec<T>> {
        let count = self.u32()? as usize;
        if count > self.left() {
            return Err(self.invalid("list length"));
        }
        (0..count).map(|_| take(self)).collect()
    }

    /// An error at the present offset.
    #[must_use]
    pub fn invalid(&self, what: &'static str) -> DecodeError {
        DecodeError::Invalid(self.at, what)
    }

    /// Everything must have been read.
    ///
    /// # Errors
    /// [`DecodeError::Trailing`] when bytes are left.
    pub fn finish(&self) -> Read<()> {
        if self.left() == 0 { Ok(()) } else { Err(DecodeError::Trailing(self.at, self.left())) }
    }
}

/// Declares a field-less enum with a stable one-byte code per case, in canonical form and as text.
///
/// One table gives the wire number, the decoder and the list of all cases, so the three cannot disagree.
#[macro_export]
macro_rules! coded_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$case_meta:meta])* $case:ident = $code:literal $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$case_meta])* $case = $code),+ }

        impl $name {
            /// Every case, in order of its number.
            pub const ALL: &'static [$name] = &[$($name::$case),+];

            /// Stable number on the wire.
            #[must_use]
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The case with this number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<$name> {
                match number {
                    $($code => Some($name::$case),)+
                    _ => None,
                }
            }

            /// Stable name in text, JSON and messages.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $($name::$case => $text),+
                }
            }

            /// Reads the number from canonical bytes.
            ///
            /// # Errors
            /// [`DecodeError`]($crate::canonical::DecodeError) when missing or unknown.
            pub fn take(reader: &mut $crate::canonical::Reader<'_>) -> $crate::canonical::Read<$name> {
                let number = reader.u8()?;
                $name::from_number(number).ok_or_else(|| reader.invalid(stringify!($name)))
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(number: i64, text: &str, flag: bool, mantissa: i64, scale: u32) {
        let decimal = Decimal::new(mantissa, scale);
        let mut writer = Writer::new();
        writer.i64(number);
        writer.text(text);
        writer.flag(flag);
        writer.decimal(decimal);
        writer.option(flag.then_some(number), Writer::i64);
        let mut reader = Reader::new(writer.bytes());
        assert_eq!(reader.i64(), Ok(number));
        assert_eq!(reader.text().as_deref(), Ok(text));
        assert_eq!(reader.flag(), Ok(flag));
        assert_eq!(reader.decimal(), Ok(decimal.normalize()));
        assert_eq!(reader.option(Reader::i64), Ok(flag.then_some(number)));
        assert_eq!(reader.finish(), Ok(()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(n: i64, text in ".{0,20}", flag: bool, mantissa: i64, scale in 0_u32..28) {
            round_trip(n, &text, flag, mantissa, scale);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = Reader::new(&bytes);
            drop(reader.list(|r| r.text()));
            let _read = reader.decimal();
            drop(reader.option(|r| r.blob().map(<[u8]>::to_vec)));
        }
    }

    #[test]
    fn equal_decimals_have_equal_bytes() {
        let (mut a, mut b) = (Writer::new(), Writer::new());
        a.decimal(Decimal::new(150, 2));
        b.decimal(Decimal::new(15, 1));
        assert_eq!(a.bytes(), b.bytes());
    }

    #[test]
    fn a_decimal_that_is_not_normalised_is_refused() {
        let mut writer = Writer::new();
        writer.u8(2);
        writer.i128(150);
        assert_eq!(Reader::new(writer.bytes()).decimal(), Err(DecodeError::Invalid(17, "normalised decimal")));
    }

    #[test]
    fn a_forged_list_length_is_refused_before_anything_is_reserved() {
        let mut writer = Writer::new();
        writer.u32(u32::MAX);
        assert!(Reader::new(writer.bytes()).list(Reader::u8).is_err());
    }
}
