//! Transcript: how are the heard calls written down for the source to be run on?
//!
//! In: what a listener heard. Out: one JSON text: `setup`, `state`, `calls`, each with what was given, asked and answered.
//! Must never: hold what did not cross between the strategy and its host.

use ringfence_core::ids::Seq;
use ringfence_sandbox::Heard;
use serde_json::{Value as Json, json};

use super::listener::{HeardCall, Stretch};
use crate::output::hex;

/// Calls of a strategy up to an event.
#[derive(Debug)]
pub(crate) struct Transcript {
    setup: String,
    stretch: Stretch,
    at: Seq,
}

impl Transcript {
    /// Of what was heard up to event `at`; `None` where the strategy was not called for that event.
    pub(crate) fn new(setup: String, stretch: Stretch, at: Seq) -> Option<Transcript> {
        let is_called = stretch.calls.last().is_some_and(|call| call.seq == at);
        is_called.then_some(Transcript { setup, stretch, at })
    }

    /// Calls that are executed.
    pub(crate) fn calls(&self) -> usize {
        self.stretch.calls.len()
    }

    /// Intents that they emitted.
    pub(crate) fn intents(&self) -> usize {
        let calls = self.stretch.calls.iter();
        calls.flat_map(|call| &call.imports).filter(|heard| heard.function.starts_with("emit")).count()
    }

    /// Kind of event that the last call brings, as the interface names it in Rust: `Trade`.
    pub(crate) fn kind(&self) -> String {
        let given = self.stretch.calls.last().map_or(Json::Null, |call| value(&call.given));
        let kind = &given[0]["kind"];
        let name = kind.as_object().and_then(|case| case.keys().next().map(String::as_str));
        name.or(kind.as_str()).unwrap_or_default().to_owned()
    }

    /// The last call ended the strategy, with this code.
    pub(crate) fn halt(&self) -> Option<&'static str> {
        self.stretch.calls.last()?.halt.map(|halt| halt.code.code())
    }

    /// As one JSON text; numbers as texts where a reader has no integers.
    pub(crate) fn json(&self, are_numbers_texts: bool) -> Json {
        let import = |heard: &Heard| json!([heard.function, value(&heard.asked), value(&heard.answered)]);
        let call = |call: &HeardCall| {
            json!({
                "seq": call.seq.0,
                "given": value(&call.given),
                "imports": call.imports.iter().map(import).collect::<Vec<_>>(),
                "halted": call.halt.map(|halt| halt.code.code()),
            })
        };
        let whole = json!({
            "format": 1,
            "at": self.at.0,
            "setup": value(&self.setup),
            "state": self.stretch.state.as_deref().map(hex),
            "calls": self.stretch.calls.iter().map(call).collect::<Vec<_>>(),
        });
        if are_numbers_texts { texts(whole) } else { whole }
    }
}

fn value(text: &str) -> Json {
    serde_json::from_str(text).expect("the sandbox writes JSON")
}

fn texts(value: Json) -> Json {
    match value {
        Json::Number(number) => Json::String(number.to_string()),
        Json::Array(items) => items.into_iter().map(texts).collect(),
        Json::Object(fields) => fields.into_iter().map(|(key, value)| (key, texts(value))).collect(),
        Json::Null | Json::Bool(_) | Json::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn call(seq: u64, kind: &str) -> HeardCall {
        let (asked, answered) = (r#"[{"Cancel":18446744073709551615}]"#.to_owned(), r#"[{"Ok":3}]"#.to_owned());
        let given = format!(r#"[{{"time":1,"venue_time":1,"instrument":1,"kind":{kind}}},{{"position":-2}}]"#);
        HeardCall { seq: Seq(seq), given, imports: vec![Heard { function: "emit", asked, answered }], halt: None }
    }

    fn transcript(at: u64) -> Option<Transcript> {
        let calls = vec![call(7, r#"{"Trade":{"price":5}}"#), call(9, r#""Wake""#)];
        Transcript::new("[[],[]]".to_owned(), Stretch { state: Some(vec![1, 171]), calls }, Seq(at))
    }

    #[test]
    fn a_transcript_holds_what_crossed_and_every_number_whole() {
        let transcript = transcript(9).expect("it was called for event 9");
        let facts = (transcript.calls(), transcript.intents(), transcript.kind(), transcript.halt());
        assert_eq!(facts, (2, 2, "Wake".to_owned(), None));
        expect![[r#"{"format":"1","at":"9","setup":[[],[]],"state":"01ab","calls":[{"seq":"7","given":[{"time":"1","venue_time":"1","instrument":"1","kind":{"Trade":{"price":"5"}}},{"position":"-2"}],"imports":[["emit",[{"Cancel":"18446744073709551615"}],[{"Ok":"3"}]]],"halted":null},{"seq":"9","given":[{"time":"1","venue_time":"1","instrument":"1","kind":"Wake"},{"position":"-2"}],"imports":[["emit",[{"Cancel":"18446744073709551615"}],[{"Ok":"3"}]]],"halted":null}]}"#]]
        .assert_eq(&transcript.json(true).to_string());
        assert_eq!(transcript.json(false)["calls"][0]["imports"][0][1][0]["Cancel"], json!(u64::MAX));
    }

    #[test]
    fn an_event_that_was_not_brought_to_the_strategy_has_no_transcript() {
        assert!(transcript(8).is_none() && transcript(7).is_none());
    }
}
