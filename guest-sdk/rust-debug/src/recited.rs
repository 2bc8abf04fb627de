//! Question: what does the source get where its component asked the host?
//!
//! In: the recorded calls of imports of one call. Out: the recorded answers, as long as the same is asked in the same
//! order. Must never make up an answer: the program ends at the first difference, with code 1.

use core::cell::RefCell;
use std::collections::VecDeque;

use ringfence_sdk::{
    Account, Bar, BarSpec, EmitError, Host, Instrument, InstrumentId, Intent, IntentId, Level, OrderView, Position,
    Quote, Side,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::export::{Wish, wit};
use crate::transcript::Import;

/// The host of one call.
pub(crate) struct Recited {
    left: RefCell<VecDeque<Import>>,
}

impl Recited {
    pub(crate) fn new(imports: Vec<Import>) -> Recited {
        Recited { left: RefCell::new(imports.into()) }
    }

    /// What the component asked for, and the source did not.
    pub(crate) fn difference(&self) -> Option<String> {
        let Import(function, asked, _) = self.left.borrow().front().cloned()?;
        Some(difference(None, Some((&function, &asked))))
    }

    fn ask<R: DeserializeOwned>(&self, function: &str, asked: impl Serialize) -> R {
        let asked = serde_json::to_value(asked).expect("types of the interface have a form in JSON");
        let next = self.left.borrow_mut().pop_front();
        let Some(Import(_, _, mut answered)) = next.clone().filter(|next| next.0 == function && next.1 == asked) else {
            let recorded = next.as_ref().map(|Import(function, asked, _)| (function.as_str(), asked));
            end(&difference(Some((function, &asked)), recorded));
        };
        match serde_json::from_value(answered[0].take()) {
            Ok(answer) => answer,
            Err(error) => end(&format!("the answer to {function} cannot be read: {error}")),
        }
    }
}

/// The component did not go on from here as the source does: there is nothing left to run.
fn end(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(1);
}

fn difference(source: Option<(&str, &Value)>, recorded: Option<(&str, &Value)>) -> String {
    let said = |call: Option<(&str, &Value)>| match call {
        Some((function, asked)) => format!("{function}{asked}"),
        None => "nothing more".to_owned(),
    };
    format!("first difference\n  recorded  {}\n  source    {}", said(recorded), said(source))
}

fn each<T, U: From<T>>(list: Vec<T>) -> Vec<U> {
    list.into_iter().map(Into::into).collect()
}

impl Host for Recited {
    fn top_of_book(&self, instrument: InstrumentId) -> Option<Quote> {
        self.ask::<Option<wit::Quote>>("top-of-book", [instrument.0]).map(Into::into)
    }

    fn depth(&self, instrument: InstrumentId, side: Side, levels: u8) -> Vec<Level> {
        each(self.ask::<Vec<wit::Level>>("depth", (instrument.0, wit::Side::from(side), levels)))
    }

    fn position_of(&self, instrument: InstrumentId) -> Position {
        self.ask::<wit::PositionView>("position-of", [instrument.0]).into()
    }

    fn account(&self) -> Account {
        self.ask::<wit::AccountView>("account", ()).into()
    }

    fn open_orders(&self, instrument: InstrumentId, limit: u16) -> Vec<OrderView> {
        each(self.ask::<Vec<wit::OrderView>>("open-orders", (instrument.0, limit)))
    }

    fn order(&self, id: IntentId) -> Option<OrderView> {
        self.ask::<Option<wit::OrderView>>("order", [id.0]).map(Into::into)
    }

    fn instrument(&self, instrument: InstrumentId) -> Option<Instrument> {
        self.ask::<Option<wit::InstrumentView>>("instrument", [instrument.0]).map(Into::into)
    }

    fn bars(&self, instrument: InstrumentId, spec: BarSpec, count: u16) -> Vec<Bar> {
        each(self.ask::<Vec<wit::Bar>>("bars", (instrument.0, wit::BarSpec::from(spec), count)))
    }

    fn emit(&mut self, intent: Intent) -> Result<IntentId, EmitError> {
        let answer: Result<u64, wit::EmitError> = match Wish::from(intent) {
            Wish::Plain(intent) => self.ask("emit", json!([intent])),
            Wish::Order(request) => self.ask("emit-order", json!([request])),
            Wish::Schedule(schedule) => self.ask("emit-schedule", json!([schedule])),
        };
        answer.map(IntentId).map_err(Into::into)
    }
}
