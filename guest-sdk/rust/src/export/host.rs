//! Question: who answers a strategy inside a component?
//!
//! In: the SDK's questions and intents. Out: calls of the imported interfaces `view` and `intents`, converted both
//! ways. Must never keep state.
//!
//! Open orders, which makers ask for at every quote, are not converted: the list that the host wrote becomes the author's
//! as it lies in memory, because [`OrderView`] is laid out like `order-view` in the canonical ABI. That is checked while
//! compiling.

use core::mem::{align_of, offset_of, size_of};

use super::__private::bindings::ringfence::strategy::{intents, types, view};
use super::convert::Wish;
use crate::event::{Bar, Quote, Side};
use crate::instrument::Instrument;
use crate::intent::{EmitError, Intent};
use crate::number::{InstrumentId, IntentId};
use crate::plan::BarSpec;
use crate::view::{Account, Host, Level, OrderState, OrderView, Position};

/// The host on the other side of the component boundary.
pub(super) struct WasmHost;

impl Host for WasmHost {
    fn top_of_book(&self, instrument: InstrumentId) -> Option<Quote> {
        view::top_of_book(instrument.0).map(Into::into)
    }

    fn depth(&self, instrument: InstrumentId, side: Side, levels: u8) -> Vec<Level> {
        view::depth(instrument.0, side.into(), levels).into_iter().map(Into::into).collect()
    }

    fn position_of(&self, instrument: InstrumentId) -> Position {
        view::position_of(instrument.0).into()
    }

    fn account(&self) -> Account {
        view::account().into()
    }

    fn open_orders(&self, instrument: InstrumentId, limit: u16) -> Vec<OrderView> {
        open_orders(instrument, limit)
    }

    fn order(&self, id: IntentId) -> Option<OrderView> {
        view::order(id.0).map(Into::into)
    }

    fn instrument(&self, instrument: InstrumentId) -> Option<Instrument> {
        view::instrument(instrument.0).map(Into::into)
    }

    fn bars(&self, instrument: InstrumentId, spec: BarSpec, count: u16) -> Vec<Bar> {
        view::bars(instrument.0, spec.into(), count).into_iter().map(Into::into).collect()
    }

    #[inline]
    fn emit(&mut self, intent: Intent) -> Result<IntentId, EmitError> {
        let taken = match Wish::from(intent) {
            Wish::Plain(intent) => intents::emit(&intent),
            Wish::Order(request) => intents::emit_order(request),
            Wish::Schedule(schedule) => intents::emit_schedule(&schedule),
        };
        match taken {
            Ok(id) => Ok(IntentId(id)),
            Err(error) => Err(error.into()),
        }
    }
}

#[link(wasm_import_module = "ringfence:strategy/view@0.1.0")]
#[allow(unsafe_code, reason = "how the canonical ABI passes a list: the host writes where it lies and how long it is")]
unsafe extern "C" {
    #[link_name = "open-orders"]
    fn ask_open_orders(instrument: u32, limit: u32, answer: *mut List);
}

/// A list of orders in memory.
#[repr(C)]
struct List {
    orders: *mut OrderView,
    count: usize,
}

/// Fields of `order-view` with their places in the canonical ABI.
const _: () = {
    assert!(size_of::<OrderView>() == 48 && align_of::<OrderView>() == 8);
    assert!(offset_of!(OrderView, id) == 0 && offset_of!(OrderView, instrument) == 8);
    assert!(offset_of!(OrderView, side) == SIDE && offset_of!(OrderView, state) == STATE);
    assert!(offset_of!(OrderView, price) == 16 && offset_of!(OrderView, qty) == 24);
    assert!(offset_of!(OrderView, filled) == 32 && offset_of!(OrderView, trigger) == 40);
};
const SIDE: usize = 12;
const STATE: usize = 13;

/// Cases that have the same number on both sides; a case that the WIT file has more of does not get past `convert`.
macro_rules! same_numbers {
    ($theirs:ty, $ours:ty { $($case:ident),+ $(,)? }) => {
        const _: () = { $( assert!(<$theirs>::$case as u8 == <$ours>::$case as u8); )+ };
    };
}
same_numbers!(types::Side, Side { Buy, Sell });
same_numbers!(
    types::OrderState,
    OrderState {
        Submitted,
        Working,
        PartiallyFilled,
        PendingCancel,
        PendingAmend,
        Filled,
        Canceled,
        Rejected,
        Expired,
        Unknown,
        Held,
    }
);

#[allow(
    unsafe_code,
    reason = "takes over a list that the host wrote; every place that could hold a wrong value is checked"
)]
fn open_orders(instrument: InstrumentId, limit: u16) -> Vec<OrderView> {
    let mut list = List { orders: core::ptr::null_mut(), count: 0 };
    // SAFETY: the signature is that of the WIT file, and the answer is written to a place that lives on.
    unsafe { ask_open_orders(instrument.0, limit.into(), &raw mut list) };
    if list.count == 0 {
        return Vec::new();
    }
    let orders = list.orders.cast::<u8>();
    for place in (0..list.count).map(|order| order * size_of::<OrderView>()) {
        // SAFETY: the host wrote this many records of this size.
        let (side, state) = unsafe { (*orders.add(place + SIDE), *orders.add(place + STATE)) };
        let is_case = usize::from(side) < Side::ALL.len() && usize::from(state) < OrderState::ALL.len();
        assert!(is_case, "a case of the WIT file");
    }
    // SAFETY: the host had the memory allocated by `cabi_realloc`, which asks the global allocator for exactly this many
    // records of this size and alignment; nobody else has it; the two enums hold cases, in the order of the WIT file, and
    // any bits are a value of all other fields.
    unsafe { Vec::from_raw_parts(list.orders, list.count, list.count) }
}
