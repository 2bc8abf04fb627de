//! Question: what are the cases of a small enum called in text?
//!
//! In: cases with the names that the WIT file gives them. Out: the enum, the list of its cases, and both directions
//! between case and name. Must never do anything at run time that allocates.

/// Declares an enum of plain cases with their names in text.
macro_rules! named_enum {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$case_meta:meta])* $case:ident = $text:literal, )+
        }
    ) => {
        $(#[$meta])*
        // One byte, numbered in the order of the WIT file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $( $(#[$case_meta])* $case, )+
        }

        impl $name {
            /// Every case, in the order of the WIT file.
            pub const ALL: &'static [$name] = &[ $( $name::$case, )+ ];

            /// The name in text, as the WIT file has it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( $name::$case => $text, )+ }
            }

            /// The case of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $( $text => Some($name::$case), )+ _ => None }
            }
        }
    };
}

/// The case at a place in its list; it is how enums come in the flat arguments of an event.
///
/// # Panics
/// There is none: a host sends only cases of the WIT file.
#[cfg(any(target_arch = "wasm32", test))]
#[inline]
pub(crate) fn case_at<T: Copy>(cases: &[T], place: u64) -> T {
    usize::try_from(place).ok().and_then(|place| cases.get(place)).copied().expect("a case of the WIT file")
}

pub(crate) use named_enum;
