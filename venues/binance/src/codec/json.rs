//! JSON: what do these bytes say, within limits?
//!
//! In: bytes of a stranger. Out: a tree whose numbers are the text that was sent, so that no digit is lost in a float.
//! Must never: recurse, take more than its [`Limits`], or accept what is not JSON.
//!
//! A parser of our own, because the usual one turns numbers into floats unless a switch is set that changes every user of it
//! in the workspace. Tests compare the two.

use std::borrow::Cow;

/// A JSON value; numbers are text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Flag(bool),
    /// A number as it was written.
    Number(&'a str),
    /// A string, without quotes and escapes.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object, in the order of its fields.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// What a document may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest document in bytes.
    pub bytes: usize,
    /// Deepest nesting of lists and objects.
    pub depth: usize,
    /// Most values of all kinds.
    pub values: usize,
}

impl Limits {
    /// Of one message of a stream: the largest in use (a depth change of 5000 levels a side) has a tenth of it.
    pub const FRAME: Limits = Limits { bytes: 1 << 20, depth: 16, values: 1 << 17 };
    /// Of an answer: definitions of all instruments of a venue are some megabytes.
    pub const ANSWER: Limits = Limits { bytes: 16 << 20, depth: 16, values: 1 << 21 };
}

/// Why bytes are no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Longer than allowed; nothing of it was read.
    #[error("{0} bytes exceed the limit {1}")]
    TooLong(usize, usize),
    /// Nested deeper than allowed.
    #[error("nested deeper than {1} at byte {0}")]
    TooDeep(usize, usize),
    /// More values than allowed.
    #[error("more than {1} values at byte {0}")]
    TooMany(usize, usize),
    /// Not JSON from here on.
    #[error("no JSON at byte {0}")]
    Malformed(usize),
}

/// Reads a document that fills the bytes.
///
/// # Errors
/// [`JsonError`] with the place.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Json<'_>, JsonError> {
    if bytes.len() > limits.bytes {
        return Err(JsonError::TooLong(bytes.len(), limits.bytes));
    }
    let text = core::str::from_utf8(bytes).map_err(|error| JsonError::Malformed(error.valid_up_to()))?;
    let mut parser = Parser { text, at: 0, limits, values: 0, open: Vec::new() };
    let document = parser.document()?;
    parser.skip_space();
    if parser.at < text.len() { Err(JsonError::Malformed(parser.at)) } else { Ok(document) }
}

/// A list or object whose end has not come yet.
enum Open<'a> {
    List(Vec<Json<'a>>),
    /// With the name of the field whose value comes next.
    Object(Vec<(Cow<'a, str>, Json<'a>)>, Cow<'a, str>),
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    limits: Limits,
    values: usize,
    open: Vec<Open<'a>>,
}

impl<'a> Parser<'a> {
    /// One value, nested ones on a stack of our own.
    fn document(&mut self) -> Result<Json<'a>, JsonError> {
        loop {
            let Some(mut value) = self.begin()? else { continue };
            loop {
                value = match self.open.pop() {
                    None => return Ok(value),
                    Some(Open::List(mut list)) => {
                        list.push(value);
                        match self.next_of(b']')? {
                            true => {
                                self.open.push(Open::List(list));
                                break;
                            }
                            false => Json::List(list),
                        }
                    }
                    Some(Open::Object(mut fields, name)) => {
                        fields.push((name, value));
                        match self.next_of(b'}')? {
                            true => {
                                let name = self.name()?;
                                self.open.push(Open::Object(fields, name));
                                break;
                            }
                            false => Json::Object(fields),
                        }
                    }
                };
            }
        }
    }

    /// A whole value, or `None` where a list or object with something in it begins.
    fn begin(&mut self) -> Result<Option<Json<'a>>, JsonError> {
        self.values += 1;
        if self.values > self.limits.values {
            return Err(JsonError::TooMany(self.at, self.limits.values));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.container(b'}'),
            Some(b'[') => self.container(b']'),
            Some(b'"') => Ok(Some(Json::Text(self.string()?))),
            Some(b'-' | b'0'..=b'9') => Ok(Some(Json::Number(self.number()?))),
            Some(b't') => self.word("true", Json::Flag(true)),
            Some(b'f') => self.word("false", Json::Flag(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) | None => Err(JsonError::Malformed(self.at)),
        }
    }

    fn container(&mut self, end: u8) -> Result<Option<Json<'a>>, JsonError> {
        if self.open.len() >= self.limits.depth {
            return Err(JsonError::TooDeep(self.at, self.limits.depth));
        }
        self.at += 1;
        self.skip_space();
        let is_object = end == b'}';
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(Some(if is_object { Json::Object(Vec::new()) } else { Json::List(Vec::new()) }));
        }
        let open = if is_object { Open::Object(Vec::new(), self.name()?) } else { Open::List(Vec::new()) };
        self.open.push(open);
        Ok(None)
    }

    /// True at a comma, false at the end of the list or object.
    fn next_of(&mut self, end: u8) -> Result<bool, JsonError> {
        self.skip_space();
        let found = self.peek();
        self.at += 1;
        match found {
            Some(b',') => Ok(true),
            Some(byte) if byte == end => Ok(false),
            Some(_) | None => Err(JsonError::Malformed(self.at - 1)),
        }
    }

    /// The name of a field and its colon.
    fn name(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.skip_space();
        let name = self.string()?;
        self.skip_space();
        self.expect(b':')?;
        Ok(name)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"')?;
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut plain = start;
        loop {
            match self.peek() {
                None | Some(0..=0x1f) => return Err(JsonError::Malformed(self.at)),
                Some(b'"') => break,
                Some(b'\\') => {
                    let text = owned.get_or_insert_with(String::new);
                    text.push_str(&self.text[plain..self.at]);
                    let letter = self.escape()?;
                    owned.get_or_insert_with(String::new).push(letter);
                    plain = self.at;
                }
                Some(_) => self.at += 1,
            }
        }
        let rest = &self.text[plain..self.at];
        self.at += 1;
        Ok(match owned {
            None => Cow::Borrowed(rest),
            Some(mut text) => {
                text.push_str(rest);
                Cow::Owned(text)
            }
        })
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let kind = self.peek();
        self.at += 1;
        Ok(match kind {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode().ok_or(JsonError::Malformed(start)),
            Some(_) | None => return Err(JsonError::Malformed(start)),
        })
    }

    /// Four hexadecimal digits, or twice that for a pair of surrogates.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first);
        }
        let follows = self.text.as_bytes().get(self.at..self.at + 2)?;
        if first >= 0xdc00 || follows != b"\\u" {
            return None;
        }
        self.at += 2;
        let second = self.hex()?;
        let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0_u32, |value, byte| Some(value << 4 | char::from(*byte).to_digit(16)?))
    }

    fn number(&mut self) -> Result<&'a str, JsonError> {
        let start = self.at;
        self.take_if(b'-');
        let whole = self.digits();
        if whole == 0 || (whole > 1 && self.text.as_bytes()[self.at - whole] == b'0') {
            return Err(JsonError::Malformed(start));
        }
        if self.take_if(b'.') && self.digits() == 0 {
            return Err(JsonError::Malformed(self.at));
        }
        if self.take_if(b'e') || self.take_if(b'E') {
            if !self.take_if(b'+') {
                self.take_if(b'-');
            }
            if self.digits() == 0 {
                return Err(JsonError::Malformed(self.at));
            }
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Option<Json<'a>>, JsonError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(JsonError::Malformed(self.at));
        }
        self.at += word.len();
        Ok(Some(value))
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.take_if(byte) { Ok(()) } else { Err(JsonError::Malformed(self.at)) }
    }

    fn take_if(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the usual parser makes of a tree; `None` where a number is no whole number, and it would lose digits.
    fn same(ours: &Json<'_>, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Json::Null, serde_json::Value::Null) => true,
            (Json::Flag(a), serde_json::Value::Bool(b)) => a == b,
            (Json::Number(a), serde_json::Value::Number(b)) => {
                a.parse::<i64>().ok().is_some_and(|whole| Some(whole) == b.as_i64())
                    || a.parse::<f64>().ok() == b.as_f64()
            }
            (Json::Text(a), serde_json::Value::String(b)) => a == b,
            (Json::List(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Json::Object(a), serde_json::Value::Object(b)) => {
                // The last of equal names counts, for both.
                b.iter().all(|(name, value)| {
                    a.iter().rev().find(|(ours, _)| ours == name).is_some_and(|(_, ours)| same(ours, value))
                }) && a.iter().all(|(name, _)| b.contains_key(name.as_ref()))
            }
            _ => false,
        }
    }

    #[track_caller]
    fn agree(text: &[u8]) {
        let theirs = serde_json::from_slice::<serde_json::Value>(text);
        match (parse(text, Limits::FRAME), theirs) {
            (Ok(ours), Ok(theirs)) => assert!(same(&ours, &theirs), "{ours:?} is not {theirs}"),
            // A float beyond its range is theirs alone; depth is ours alone.
            (Ok(_), Err(error)) => assert!(error.to_string().contains("out of range"), "{error}"),
            (Err(JsonError::TooDeep(..)), _) | (Err(_), Err(_)) => {}
            (Err(error), Ok(theirs)) => panic!("{error}, but they read {theirs}"),
        }
    }

    #[test]
    fn the_two_parsers_agree_on_every_corner() {
        for text in [
            "",
            " ",
            "{}",
            "[]",
            "null",
            "nul",
            "tru",
            "-",
            "-0",
            "01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "1E-7",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ud83dx\"",
            "\"\\udc00\"",
            "\"\\u00e9\\n\\/\"",
            "\"\\x\"",
            "\"\n\"",
            "{\"a\":1,\"a\":2}",
            "{\"a\"}",
            "{\"a\":}",
            "{,}",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\":1,}",
            "1 2",
            "[[[[]]]]",
            "\u{feff}{}",
            "\"",
            "[",
            "{\"",
            "\"\\u12\"",
        ] {
            agree(text.as_bytes());
        }
    }

    #[test]
    fn each_limit_holds_and_one_past_it_does_not() {
        let limits = Limits { bytes: 8, depth: 2, values: 3 };
        assert!(parse(b"[[1, 2 ]", limits).is_err());
        assert!(parse(b"[[     ]]", limits) == Err(JsonError::TooLong(9, 8)));
        assert!(parse(b"[[     ]", Limits { bytes: 8, ..limits }).is_err());
        assert!(parse(b"[[]]", limits).is_ok());
        assert_eq!(parse(b"[[[]]]", limits), Err(JsonError::TooDeep(2, 2)));
        assert!(parse(b"[1,2]", limits).is_ok());
        assert!(matches!(parse(b"[1,2,3]", limits), Err(JsonError::TooMany(_, 3))));
    }

    #[test]
    fn nesting_of_a_hundred_thousand_is_refused_without_a_stack() {
        for open in ["[", "{\"a\":"] {
            let bomb = open.repeat(100_000);
            assert!(matches!(parse(bomb.as_bytes(), Limits::ANSWER), Err(JsonError::TooDeep(..))));
        }
    }

    proptest! {
        #[test]
        fn both_parsers_agree_on_anything_that_looks_like_json(text in "[\\[\\]{}:,\"\\\\a1e.\\-+ tnu0]{0,40}") {
            agree(text.as_bytes());
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            agree(&bytes);
        }
    }
}
