//! Elsewhere: how do the host and a guest process of this version say to each other what a call brings and gives?
//!
//! In: on the host's side core values, and bytes that a hostile process wrote; on the guest's side bytes that the host wrote.
//! Out: bytes, and what they mean. Must never: believe bytes of a guest process, or do work for them that was not paid for.
//!
//! What crosses are the records of the interface, so that what a guest process says is checked by the very functions that
//! check what a guest says in this process.

use postcard::{take_from_bytes, to_extend};
use ringfence_core::config::{Config, StrategySlot};
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::state::State;
use ringfence_core::strategy::{Call, EMITS_MAX, Emissions};
use serde::{Deserialize, Serialize};
use wasmtime::{StoreContextMut, Trap, format_err};

use super::view::{Oracle, Question, View};
use super::{emit, event, given_to_setup, plan, types};
use crate::bindings::{Asked, SetupFault, Taken, Unreadable};
use crate::price::{self, charge};
use crate::room::Room;

/// Something that a guest wants, as it said it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Wish {
    /// By `emit`.
    Intent(types::Intent),
    /// By `emit-order`.
    Order(types::OrderRequest),
    /// By `emit-schedule`.
    Schedule(types::Schedule),
    /// A line that it printed: a note that was paid for while it was written.
    Printed(String),
}

/// Appends a value.
pub(super) fn put(value: &impl Serialize, out: &mut Vec<u8>) {
    let mut taken = std::mem::take(out);
    taken = to_extend(value, taken).expect("records of the interface can always be written, and memory grows");
    *out = taken;
}

/// Reads a value that fills the bytes.
///
/// # Errors
/// [`Unreadable`], also when something follows.
pub(super) fn whole<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Unreadable> {
    match take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(Unreadable),
    }
}

// The host's side.

/// What `setup` is given.
pub(super) fn setup(slot: &StrategySlot, config: &Config, out: &mut Vec<u8>) {
    put(&given_to_setup(slot, config), out);
}

/// What `setup` gave, checked.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn planned(said: &[u8], slot: &StrategySlot) -> Result<Result<Plan, SetupFault>, Unreadable> {
    let answer: Result<types::Plan, String> = whole(said)?;
    Ok(match answer {
        Ok(wanted) => plan::plan(&wanted, slot).map_err(SetupFault::Plan),
        Err(text) => Err(SetupFault::Said(text)),
    })
}

/// What a call brings.
#[inline]
pub(super) fn told(call: &Call<'_>, state: &State, out: &mut Vec<u8>) {
    put(&(event::event(call, state), event::context(call)), out);
}

/// Answers a question when there is fuel left to pay for it; the price comes to light in any case.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn answer(
    asked: &[u8],
    (state, strategy): (&State, StrategyId),
    left: u64,
    out: &mut Vec<u8>,
) -> Result<Asked, Unreadable> {
    let question: Question = whole(asked)?;
    Ok(question.to(Answering { state, strategy, left, out }))
}

struct Answering<'a> {
    state: &'a State,
    strategy: StrategyId,
    left: u64,
    out: &'a mut Vec<u8>,
}

impl Oracle for Answering<'_> {
    type Said = Asked;

    fn hear<V: View<Answer: Serialize>>(self, view: &V) -> Asked {
        let price = price::IMPORT + view.price(self.state, self.strategy);
        if price > self.left {
            return Asked { price, is_answered: false };
        }
        put(&view.answer(self.state, self.strategy).map_err(|error| error.to_string()), self.out);
        Asked { price, is_answered: true }
    }
}

/// Takes what a guest process says that its guest wants, each as `emit` would; it was told that each was taken.
///
/// # Errors
/// [`Unreadable`] for bytes that mean nothing, and for what would not have been taken.
pub(super) fn take(mut said: &[u8], out: &mut Emissions) -> Result<Taken, Unreadable> {
    let mut taken = Taken { intents: 0, price: 0 };
    while !said.is_empty() {
        if taken.intents as usize >= EMITS_MAX {
            return Err(Unreadable);
        }
        let (wish, rest) = take_from_bytes::<Wish>(said).map_err(|_| Unreadable)?;
        said = rest;
        let (price, number) = match &wish {
            Wish::Intent(intent) => (emit::price(intent), emit::take(intent, out)),
            Wish::Order(request) => (price::IMPORT, emit::take_order(request, out)),
            Wish::Schedule(wanted) => (emit::schedule_price(wanted), emit::take_schedule(wanted, out)),
            Wish::Printed(line) => (0, out.emit_note(line.as_bytes())),
        };
        number.map_err(|_| Unreadable)?;
        taken.intents += 1;
        taken.price += price;
    }
    Ok(taken)
}

// The guest's side.

/// Asks the host.
///
/// # Errors
/// The end of the instance: asked where it may not be, no fuel for the answer, no answer.
pub(super) fn ask<A: for<'de> Deserialize<'de>>(
    mut store: StoreContextMut<'_, Room>,
    question: &Question,
) -> wasmtime::Result<A> {
    let line = store.data_mut().line()?;
    line.question(|out| put(question, out));
    let Asked { price, is_answered } = line.ask()?;
    charge(&mut store, price)?;
    if !is_answered {
        return Err(Trap::OutOfFuel.into());
    }
    let answer: Result<A, String> =
        whole(store.data_mut().line()?.answer()).map_err(|Unreadable| format_err!("an answer that is none"))?;
    answer.map_err(|said| format_err!("{said}"))
}
