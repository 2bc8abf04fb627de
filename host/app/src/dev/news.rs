//! News: what happened that somebody who works on a strategy wants to know?
//!
//! In: builds, reloads, fills, denials. Out: one list of named fields each, as a line of text, as JSON, and on the board.
//! Must never: say different things in the three.

use std::io::Write;

use serde_json::Value as Json;

use crate::render::Fields;

/// How it is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something is as it should be.
    Plain,
    /// Something was gained.
    Good,
    /// Something is wrong.
    Bad,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct News {
    /// Stable name, for programs.
    pub(crate) kind: &'static str,
    /// How it is to be taken.
    pub(crate) tone: Tone,
    /// What there is to know.
    pub(crate) fields: Fields,
    /// Text of several lines, such as what a compiler said; empty where there is none.
    pub(crate) body: String,
}

impl News {
    /// Without a body.
    pub(crate) fn new(kind: &'static str, tone: Tone, fields: Fields) -> News {
        News { kind, tone, fields, body: String::new() }
    }

    /// A sentence.
    pub(crate) fn text_of(kind: &'static str, tone: Tone, text: impl Into<String>) -> News {
        News::new(kind, tone, Fields::new().with("text", text.into()))
    }

    /// With a text of several lines.
    pub(crate) fn with_body(self, body: impl Into<String>) -> News {
        News { body: body.into(), ..self }
    }

    /// One line, without the body. A sentence stands there as it is.
    pub(crate) fn line(&self) -> String {
        let shown = self.fields.shown().map(|(name, value)| match name {
            "text" => value.trim_matches('"').to_owned(),
            name => format!("{name}={value}"),
        });
        format!("{:<12} {}", self.kind, shown.collect::<Vec<_>>().join(" ")).trim_end().to_owned()
    }

    /// The line, and the body below it.
    pub(crate) fn text(&self) -> String {
        let body = self.body.trim_end();
        if body.is_empty() { self.line() } else { format!("{}\n{body}", self.line()) }
    }

    /// An object.
    pub(crate) fn json(&self) -> Json {
        let body = (!self.body.is_empty()).then(|| self.body.clone());
        Fields::new().with("kind", self.kind).and(self.fields.clone()).with_some("body", body).json()
    }
}

/// Where news goes beside the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// Nowhere: a view shows the board.
    Silent,
    /// Lines on standard output.
    Text,
    /// Objects on standard output, one a line.
    Json,
}

impl Voice {
    /// Says it at once. Where standard output cannot be written, nobody is there to be told.
    pub(crate) fn say(self, news: &News) {
        let text = match self {
            Voice::Silent => return,
            Voice::Text => news.text(),
            Voice::Json => news.json().to_string(),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}").and_then(|()| out.flush()).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_say_the_same() {
        let fields = Fields::new().with("strategy", "my-cross").with("code", "D-ORDER-QTY-MAX").with("value", 200);
        let news = News::new("denied", Tone::Bad, fields);
        assert_eq!(news.text(), "denied       strategy=my-cross code=D-ORDER-QTY-MAX value=200");
        let json = r#"{"kind":"denied","strategy":"my-cross","code":"D-ORDER-QTY-MAX","value":200}"#;
        assert_eq!(news.json().to_string(), json);
        let built = News::text_of("build-failed", Tone::Bad, "the old one goes on").with_body("error: x\n  --> y\n");
        assert_eq!(built.text(), "build-failed the old one goes on\nerror: x\n  --> y");
        assert_eq!(built.json()["body"], "error: x\n  --> y\n");
    }
}
