//! Question: how does a strategy become the exports of a component?
//!
//! In: the type that implements `Strategy`. Out: the functions of the WIT interface `guest`, and of `batch` where it is
//! asked for, on wasm32 only.
//! Must never show a generated type to an author: each is converted at once.

#[cfg(any(target_arch = "wasm32", test))]
mod batch;

#[cfg(target_arch = "wasm32")]
mod convert;

#[cfg(any(target_arch = "wasm32", test))]
mod flat;

#[cfg(target_arch = "wasm32")]
mod host;

/// Exports a strategy as a component; once in a crate, in its `lib.rs`. Natively it only makes the strategy known to
/// `ringfence debug`.
///
/// ```
/// # use ringfence_sdk::{Instrument, Params, Plan, SetupError, Strategy};
/// struct Silent;
///
/// impl Strategy for Silent {
///     fn setup(_: &Params, _: &[Instrument]) -> Result<(Self, Plan), SetupError> {
///         Ok((Self, Plan::new()))
///     }
/// }
///
/// ringfence_sdk::export!(Silent);
/// ```
///
/// `export!(Silent, batch)` also lets a host hand over many events with one call, in backtests that ask for it
/// (`execution.delivery = "batch"`). It is for strategies that decide from events, their contexts and own state alone:
/// asking the host for anything (`top_of_book`, `account`, `order`, …) while events come that way ends the run.
#[macro_export]
macro_rules! export {
    ($strategy:ty, batch) => {
        $crate::export!(@exports $strategy, { $crate::__private::batch_bindings::export!(Entry with_types_in $crate::__private::batch_bindings); });
    };
    ($strategy:ty) => {
        $crate::export!(@exports $strategy, {});
    };
    (@exports $strategy:ty, { $($more:tt)* }) => {
        #[cfg(not(target_arch = "wasm32"))]
        #[doc(hidden)]
        #[must_use]
        pub fn __ringfence_guest() -> ::std::boxed::Box<dyn $crate::Guest> {
            ::std::boxed::Box::new($crate::Runner::<$strategy>::new())
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Entry;

            impl $crate::__private::Slot for Entry {
                type Strategy = $strategy;

                #[inline]
                fn with<T>(call: impl FnOnce(&mut $crate::Runner<$strategy>) -> T) -> T {
                    ::std::thread_local! {
                        static RUNNER: ::core::cell::RefCell<$crate::Runner<$strategy>> =
                            const { ::core::cell::RefCell::new($crate::Runner::new()) };
                    }
                    RUNNER.with(|runner| call(&mut runner.borrow_mut()))
                }
            }

    $crate::__private::bindings::export!(Entry with_types_in $crate::__private::bindings);
            $($more)*

            #[unsafe(export_name = "ringfence:strategy/guest@0.1.0#on-event")]
            extern "C" fn on_event(
                time: u64,
                venue_time: u64,
                instrument: u32,
                kind: u32,
                w0: u64,
                w1: u64,
                w2: u64,
                w3: u64,
                w4: u64,
                w5: u64,
                w6: u64,
                bid_price: i64,
                bid_qty: i64,
                ask_price: i64,
                ask_qty: i64,
                position: i64,
            ) {
                $crate::__private::on_event::<Entry>($crate::__private::Flat {
                    time,
                    venue_time,
                    instrument,
                    kind,
                    words: [w0, w1, w2, w3, w4, w5, w6],
                    context: [bid_price, bid_qty, ask_price, ask_qty, position],
                });
            }
        };
    };
}

/// What the expansion of [`export!`] needs. Not for authors.
#[cfg(target_arch = "wasm32")]
pub mod __private {
    use super::host::WasmHost;
    use super::{batch, flat};
    use crate::ctx::Ctx;
    use crate::number::{InstrumentId, TimeNs};
    use crate::params::Params;
    use crate::strategy::{Guest, Runner, Strategy, deliver, note_refusal};

    /// Everything that wit-bindgen generates.
    #[allow(
        unsafe_code,
        missing_docs,
        unreachable_pub,
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        clippy::unwrap_used,
        clippy::missing_errors_doc,
        clippy::missing_panics_doc,
        reason = "generated code, reviewed at its source"
    )]
    mod generated {
        pub mod bindings {
            wit_bindgen::generate!({
                path: "../../wit",
                world: "strategy",
                pub_export_macro: true,
                skip: ["on-event"],
            });
        }

        pub mod batch_bindings {
            wit_bindgen::generate!({
                path: "../../wit",
                inline: "package ringfence:sdk; world batch { export ringfence:strategy/batch@0.1.0; }",
                pub_export_macro: true,
            });
        }
    }

    pub use generated::{batch_bindings, bindings};

    use batch_bindings::exports::ringfence::strategy::batch as batch_wit;
    use bindings::exports::ringfence::strategy::guest as wit;

    /// Where the one strategy of a component lives between calls.
    pub trait Slot {
        /// The author's type.
        type Strategy: Strategy;

        /// Lends the runner for one call. The component model rules out a call within a call.
        fn with<T>(call: impl FnOnce(&mut Runner<Self::Strategy>) -> T) -> T;
    }

    impl<S: Slot> wit::Guest for S {
        fn setup(params: Vec<wit::Param>, instruments: Vec<wit::InstrumentView>) -> Result<wit::Plan, String> {
            let params = Params::new(params.into_iter().map(|param| (param.key, param.value)));
            let instruments: Vec<_> = instruments.into_iter().map(Into::into).collect();
            match S::with(|runner| runner.setup(&params, &instruments)) {
                Ok(plan) => Ok(plan.into()),
                Err(error) => Err(error.to_string()),
            }
        }

        fn snapshot() -> Vec<u8> {
            S::with(Guest::snapshot)
        }

        fn restore(bytes: Vec<u8>) -> Result<(), String> {
            S::with(|runner| runner.restore(&bytes)).map_err(|error| error.to_string())
        }
    }

    impl<S: Slot> batch_wit::Guest for S {
        fn on_events(words: Vec<u64>) -> u32 {
            S::with(|runner| batch::on_events(runner.strategy(), &mut WasmHost, &words))
        }
    }

    /// The arguments of `on-event`, flat: 16 core values.
    pub struct Flat {
        /// Host receive time.
        pub time: u64,
        /// The venue's time stamp.
        pub venue_time: u64,
        /// Number of the instrument.
        pub instrument: u32,
        /// Which case of `payload`.
        pub kind: u32,
        /// The payload's fields.
        pub words: [u64; 7],
        /// The fields of `context`.
        pub context: [i64; 5],
    }

    /// One event, from flat arguments to the author's method.
    #[inline(always)]
    pub fn on_event<S: Slot>(flat: Flat) {
        let mut ctx = Ctx {
            host: &mut WasmHost,
            time: TimeNs(flat.time),
            venue_time: TimeNs(flat.venue_time),
            instrument: InstrumentId(flat.instrument),
            context: flat::context(flat.context),
        };
        let handled = S::with(|runner| {
            let strategy = runner.strategy();
            flat::with_payload(flat.kind, flat.words, |payload| deliver(strategy, &mut ctx, payload))
        });
        if let Err(refusal) = handled {
            note_refusal(&mut WasmHost, refusal);
        }
    }
}
