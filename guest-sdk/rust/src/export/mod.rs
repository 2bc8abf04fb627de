//! Question: how does a strategy become the exports of a component?
//!
//! In: the type that implements `Strategy`. Out: the functions of the WIT interface `guest`, on wasm32 only.
//! Must never show a generated type to an author: each is converted at once.

#[cfg(target_arch = "wasm32")]
mod convert;

#[cfg(target_arch = "wasm32")]
mod host;

/// Exports a strategy as a component; once in a crate. Natively it expands to nothing.
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
#[macro_export]
macro_rules! export {
    ($strategy:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "export names and raw arguments are what the component ABI is made of")]
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
        };
    };
}

/// What the expansion of [`export!`] needs. Not for authors.
#[cfg(target_arch = "wasm32")]
pub mod __private {
    use super::host::WasmHost;
    use crate::params::Params;
    use crate::strategy::{Guest, Runner, Strategy};

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
    pub mod bindings {
        wit_bindgen::generate!({
            path: "../../wit",
            world: "strategy",
            pub_export_macro: true,
        });
    }

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

        #[inline]
        fn on_event(event: wit::Event, context: wit::Context) {
            S::with(|runner| runner.on_event(&mut WasmHost, &event.into(), &context.into()));
        }

        fn snapshot() -> Vec<u8> {
            S::with(Guest::snapshot)
        }

        fn restore(bytes: Vec<u8>) -> Result<(), String> {
            S::with(|runner| runner.restore(&bytes)).map_err(|error| error.to_string())
        }
    }
}
