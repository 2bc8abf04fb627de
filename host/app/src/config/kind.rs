//! Kinds: what may stand behind a key?
//!
//! In: nothing. Out: the words in which `keys` describes the configuration; the reader, the JSON Schema and the
//! resolved text all follow the same description. Must never: read a value.

/// One key of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Its name.
    pub(super) name: &'static str,
    /// What may stand behind it.
    pub(super) kind: Kind,
    /// Whether it must be there.
    pub(super) need: Need,
    /// What it means, for the schema.
    pub(super) doc: &'static str,
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It must.
    Required,
    /// It need not, and then there is nothing.
    Optional,
    /// It need not, and then this TOML value stands there.
    Default(&'static str),
    /// It need not, and then the TOML value stands there that belongs to the word behind another key of the same table: a
    /// choice that stands before it and has a default itself.
    DefaultBy(&'static str, &'static [(&'static str, &'static str)]),
}

/// What may stand behind a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Text of 1 to 200 characters without control characters.
    Text,
    /// A path; relative ones start at the file's folder, in a flag at the working folder. Never part of a hash.
    Path,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An exact decimal.
    Decimal(Sign),
    /// A whole number in a range.
    Integer(u64, u64),
    /// A length of time with its unit, for example `250us`.
    Duration,
    /// A point in time: a TOML date-time with offset.
    Time,
    /// A point in time, or its nanoseconds since the Unix epoch.
    Moment,
    /// 64 hexadecimal digits.
    Sha256,
    /// The inner kind, or the word `off`.
    OrOff(&'static Kind),
    /// A list.
    List(&'static Kind),
    /// A table whose keys are names the user chose.
    Map(&'static Kind),
    /// A strategy's parameter: text, number or flag, handed over as text.
    Parameter,
    /// A table with these keys.
    Table(&'static [Key]),
    /// Tables with these keys, at least one where the key is required; the first key names each and is unique.
    Tables(&'static [Key]),
}

/// Which decimals are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Any.
    Any,
    /// 0 or more.
    NotNegative,
    /// More than 0.
    Positive,
    /// Basis points of a fee: at most a whole value, either side, at most 8 digits behind the point.
    Fee,
    /// An amount of a fee: at most 10^12, either side, at most 8 digits behind the point.
    Amount,
    /// A traded value or a least fee: above 0, at most 10^12, at most 8 digits behind the point.
    Volume,
}

/// True for a table that a named profile of a version can fill.
pub(super) fn takes_profile(keys: &[Key]) -> bool {
    keys.iter().any(|key| key.name == "profile" && matches!(key.kind, Kind::Text))
}

/// Longest text.
pub(super) const TEXT_CHARS_MAX: usize = 200;

impl Kind {
    /// How messages name what is allowed.
    #[must_use]
    pub(super) fn allowed(&self) -> String {
        match self {
            Kind::Text => format!("text of 1 to {TEXT_CHARS_MAX} characters"),
            Kind::Path => "a path".to_owned(),
            Kind::Choice(words) => one_of(words),
            Kind::Decimal(sign) => sign.allowed().to_owned(),
            Kind::Integer(min, max) => format!("a whole number from {min} to {max}"),
            Kind::Duration => {
                "a length of time with its unit (ns, us, ms, s, m, h, d), for example \"250us\"".to_owned()
            }
            Kind::Time => "a date and time with offset, for example 2026-12-18T16:00:00Z".to_owned(),
            Kind::Moment => {
                "a date and time with offset, for example 2026-12-18T16:00:00Z, or ns since 1970 as a whole number"
                    .to_owned()
            }
            Kind::Sha256 => "a SHA-256 as 64 hexadecimal digits".to_owned(),
            Kind::OrOff(inner) => format!("{} or \"off\"", inner.allowed()),
            Kind::List(inner) => format!("a list, each item {}", inner.allowed()),
            Kind::Map(inner) => format!("a table of names, each with {}", inner.allowed()),
            Kind::Parameter => "text, a number, true or false".to_owned(),
            Kind::Table(_) => "a table".to_owned(),
            Kind::Tables(_) => "tables written with [[ ]]".to_owned(),
        }
    }
}

impl Sign {
    fn allowed(self) -> &'static str {
        match self {
            Sign::Any => "a decimal",
            Sign::NotNegative => "a decimal of 0 or more",
            Sign::Positive => "a decimal above 0",
            Sign::Fee => "a decimal from -10000 to 10000 with at most 8 digits behind the point",
            Sign::Amount => "a decimal from -10^12 to 10^12 with at most 8 digits behind the point",
            Sign::Volume => "a decimal above 0, at most 10^12, with at most 8 digits behind the point",
        }
    }
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}
