//! Question: how does a strategy's state become bytes and come back?
//!
//! In: the fields, listed once in `Strategy::state`. Out: bytes when saving, the same fields when loading. Must never
//! read past the end, allocate more than the bytes can fill, or leave a half-loaded strategy unnoticed.

use core::fmt;

use crate::number::{Amount, InstrumentId, IntentId, Notional, Price, Qty, TimeNs};

/// Why bytes could not be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// The bytes are not a snapshot of this SDK.
    NotASnapshot,
    /// The snapshot comes from a newer version of the strategy.
    TooNew {
        /// Version of the snapshot.
        found: u16,
        /// Version of this strategy.
        known: u16,
    },
    /// The bytes end too early.
    TooShort,
    /// Bytes are left over.
    TooLong,
    /// A value that the field cannot hold.
    BadValue,
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASnapshot => f.write_str("not a snapshot"),
            Self::TooNew { found, known } => write!(f, "snapshot version {found} is newer than {known}"),
            Self::TooShort => f.write_str("snapshot ends too early"),
            Self::TooLong => f.write_str("snapshot has bytes left over"),
            Self::BadValue => f.write_str("snapshot holds a value out of range"),
        }
    }
}

impl core::error::Error for RestoreError {}

/// First bytes of every snapshot, then the version, then the fields, all little-endian.
const MAGIC: [u8; 4] = *b"RFS1";

/// The place where a strategy lists its fields: it writes them while saving and fills them while loading.
#[derive(Debug)]
pub struct Archive<'b> {
    mode: Mode<'b>,
    version: u16,
    fault: Option<RestoreError>,
}

#[derive(Debug)]
enum Mode<'b> {
    Saving(Vec<u8>),
    Loading(&'b [u8]),
}

impl<'b> Archive<'b> {
    /// Starts to save under a version.
    #[must_use]
    pub fn saving(version: u16) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&version.to_le_bytes());
        Self { mode: Mode::Saving(bytes), version, fault: None }
    }

    /// Starts to load a snapshot of at most this version.
    ///
    /// # Errors
    /// No snapshot, or a newer version than `known`.
    pub fn loading(bytes: &'b [u8], known: u16) -> Result<Self, RestoreError> {
        let (magic, rest) = bytes.split_first_chunk::<4>().ok_or(RestoreError::NotASnapshot)?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or(RestoreError::NotASnapshot)?;
        let found = u16::from_le_bytes(*version);
        match (*magic == MAGIC, found <= known) {
            (false, _) => Err(RestoreError::NotASnapshot),
            (true, false) => Err(RestoreError::TooNew { found, known }),
            (true, true) => Ok(Self { mode: Mode::Loading(rest), version: found, fault: None }),
        }
    }

    /// Version of the bytes: the strategy's own while saving, that of the snapshot while loading.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// The next field. The order of calls is the format. After a fault while loading, fields stay as they are.
    pub fn item(&mut self, field: &mut dyn Persist) {
        field.persist(self);
    }

    /// Saves or loads `N` bytes. Building block for [`Persist`].
    pub fn bytes<const N: usize>(&mut self, value: [u8; N]) -> [u8; N] {
        match &mut self.mode {
            Mode::Saving(bytes) => bytes.extend_from_slice(&value),
            Mode::Loading(rest) => match rest.split_first_chunk::<N>() {
                Some((read, after)) if self.fault.is_none() => {
                    *rest = after;
                    return *read;
                }
                Some(_) => {}
                None => self.fail(RestoreError::TooShort),
            },
        }
        value
    }

    /// Notes a fault; the first one counts. Does nothing while saving.
    pub fn fail(&mut self, fault: RestoreError) {
        if let Mode::Loading(_) = self.mode {
            self.fault.get_or_insert(fault);
        }
    }

    /// Ends saving: the bytes. Empty after loading.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        match self.mode {
            Mode::Saving(bytes) => bytes,
            Mode::Loading(_) => Vec::new(),
        }
    }

    /// Ends loading.
    ///
    /// # Errors
    /// The first fault, or bytes left over.
    pub fn finish(self) -> Result<(), RestoreError> {
        match (self.fault, self.mode) {
            (Some(fault), _) => Err(fault),
            (None, Mode::Loading(rest)) if !rest.is_empty() => Err(RestoreError::TooLong),
            (None, Mode::Loading(_) | Mode::Saving(_)) => Ok(()),
        }
    }
}

/// A field that an [`Archive`] can save and load.
///
/// `#[derive(Persist)]` writes it for a struct or an enum: every field in the order in which it stands, and of an enum the
/// case first. `#[persist(skip)]` leaves out what `setup` gives, `#[persist(since = 2)]` what snapshots have from
/// [`crate::Strategy::STATE_VERSION`] 2 on: older ones leave it as `setup` made it.
///
/// ```
/// use ringfence_sdk::indicators::Rsi;
/// use ringfence_sdk::{Archive, Ctx, Handled, Instrument, Params, Persist, Plan, Qty, SetupError, Strategy};
///
/// #[derive(Persist)]
/// struct Swing {
///     #[persist(skip)]
///     qty: Qty,
///     rsi: Rsi,
///     phase: Phase,
///     #[persist(since = 1)]
///     trades: u32,
/// }
///
/// #[derive(Default, Persist)]
/// enum Phase {
///     #[default]
///     Waiting,
///     Holding { since: u64 },
/// }
///
/// impl Strategy for Swing {
///     const STATE_VERSION: u16 = 1;
///
///     fn setup(params: &Params, all: &[Instrument]) -> Result<(Self, Plan), SetupError> {
///         let instrument = params.instrument("symbol", all)?;
///         let (qty, rsi) = (params.qty("qty", instrument)?, Rsi::new(params.count_or("length", 14, 2..=500)?));
///         Ok((Self { qty, rsi, phase: Phase::Waiting, trades: 0 }, Plan::new().trades(instrument.id)))
///     }
///
///     // The whole state in one line.
///     fn state(&mut self, archive: &mut Archive<'_>) {
///         self.persist(archive);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved in a snapshot",
    note = "derive it where the type is yours: `#[derive(Persist)]`",
    note = "or leave the field out where `setup` makes it anew: `#[persist(skip)]`"
)]
pub trait Persist {
    /// Saves or loads this field, through [`Archive::item`] or [`Archive::bytes`].
    fn persist(&mut self, archive: &mut Archive<'_>);
}

/// Numbers as their little-endian bytes.
macro_rules! persist_number {
    ($($number:ty),+) => { $(
        impl Persist for $number {
            fn persist(&mut self, archive: &mut Archive<'_>) {
                *self = <$number>::from_le_bytes(archive.bytes(self.to_le_bytes()));
            }
        }
    )+ };
}
persist_number!(u8, u16, u32, u64, i8, i16, i32, i64, i128, f64);

/// Types around one number.
macro_rules! persist_wrapper {
    ($($wrapper:ty),+) => { $(
        impl Persist for $wrapper {
            fn persist(&mut self, archive: &mut Archive<'_>) {
                self.0.persist(archive);
            }
        }
    )+ };
}
persist_wrapper!(Price, Qty, Amount, Notional, TimeNs, InstrumentId, IntentId);

impl Persist for bool {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        match archive.bytes([u8::from(*self)]) {
            [0] => *self = false,
            [1] => *self = true,
            [_] => archive.fail(RestoreError::BadValue),
        }
    }
}

impl<T: Persist + Default> Persist for Option<T> {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let mut present = self.is_some();
        present.persist(archive);
        if present {
            self.get_or_insert_default().persist(archive);
        } else if archive.fault.is_none() {
            *self = None;
        }
    }
}

impl<T: Persist + Default> Persist for Vec<T> {
    fn persist(&mut self, archive: &mut Archive<'_>) {
        let mut count = self.len() as u64;
        count.persist(archive);
        if let Mode::Loading(_) = archive.mode {
            self.clear();
            // Grows only as far as there are bytes: a hostile count stops at the first missing item.
            for _ in 0..count {
                if archive.fault.is_some() {
                    break;
                }
                let mut item = T::default();
                item.persist(archive);
                self.push(item);
            }
        } else {
            for item in self {
                item.persist(archive);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Fields {
        price: Price,
        ratio: f64,
        seen: bool,
        order: Option<IntentId>,
        window: Vec<i64>,
    }

    impl Fields {
        fn example() -> Self {
            Self { price: Price(-5), ratio: -0.0, seen: true, order: Some(IntentId(7)), window: vec![1, -2, 3] }
        }

        fn list(&mut self, archive: &mut Archive<'_>) {
            archive.item(&mut self.price);
            archive.item(&mut self.ratio);
            archive.item(&mut self.seen);
            archive.item(&mut self.order);
            archive.item(&mut self.window);
        }

        fn save(&mut self, version: u16) -> Vec<u8> {
            let mut archive = Archive::saving(version);
            self.list(&mut archive);
            archive.into_bytes()
        }

        fn load(&mut self, bytes: &[u8], known: u16) -> Result<(), RestoreError> {
            let mut archive = Archive::loading(bytes, known)?;
            self.list(&mut archive);
            archive.finish()
        }
    }

    #[test]
    fn what_was_saved_is_loaded_bit_for_bit() {
        let bytes = Fields::example().save(3);
        let mut loaded = Fields::default();
        assert_eq!(loaded.load(&bytes, 3), Ok(()));
        assert_eq!(loaded, Fields::example());
        assert_eq!(loaded.ratio.to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn an_older_snapshot_is_read_and_a_newer_one_refused() {
        let bytes = Fields::example().save(3);
        assert_eq!(Fields::default().load(&bytes, 4), Ok(()));
        assert_eq!(Fields::default().load(&bytes, 2), Err(RestoreError::TooNew { found: 3, known: 2 }));
    }

    #[test]
    fn a_snapshot_cut_anywhere_is_refused() {
        let bytes = Fields::example().save(1);
        for cut in 0..bytes.len() {
            let want = if cut < 6 { RestoreError::NotASnapshot } else { RestoreError::TooShort };
            assert_eq!(Fields::default().load(&bytes[..cut], 1), Err(want), "cut at {cut}");
        }
    }

    #[test]
    fn bytes_left_over_are_refused() {
        let mut bytes = Fields::example().save(1);
        bytes.push(0);
        assert_eq!(Fields::default().load(&bytes, 1), Err(RestoreError::TooLong));
    }

    #[test]
    fn a_hostile_count_ends_at_the_first_missing_item() {
        let mut bytes = Fields { window: Vec::new(), ..Fields::example() }.save(1);
        let at = bytes.len() - 8;
        bytes[at..].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(Fields::default().load(&bytes, 1), Err(RestoreError::TooShort));
    }

    #[test]
    fn a_boolean_is_0_or_1() {
        let mut bytes = Archive::saving(0).into_bytes();
        bytes.extend([2, 5]);
        let mut archive = Archive::loading(&bytes, 0).expect("a snapshot");
        let mut after = 7_u8;
        archive.item(&mut true);
        archive.item(&mut after);
        assert_eq!(after, 7, "fields after the fault stay as they are");
        assert_eq!(archive.finish(), Err(RestoreError::BadValue));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn arbitrary_bytes_load_as_what_saves_to_them_or_not_at_all(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut bytes = Archive::saving(1).into_bytes();
            bytes.extend_from_slice(&body);
            let mut fields = Fields::default();
            if fields.load(&bytes, 1).is_ok() {
                prop_assert_eq!(fields.save(1), bytes);
            }
        }

        #[test]
        fn any_fields_come_back(price: i64, ratio: u64, seen: bool, order: Option<u64>, window: Vec<i64>) {
            let (ratio, order) = (f64::from_bits(ratio), order.map(IntentId));
            let bytes = Fields { price: Price(price), ratio, seen, order, window }.save(9);
            let mut loaded = Fields::default();
            prop_assert_eq!(loaded.load(&bytes, 9), Ok(()));
            prop_assert_eq!(loaded.save(9), bytes);
        }
    }
}
