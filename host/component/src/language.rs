//! Question: which languages can a strategy be written in?
//!
//! In: the word that a project or a flag gives. Out: the language, and what differs between them in one place. Must never:
//! name a language that cannot be built.

/// A language with a template, an SDK and a way to build it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, by cargo, without any import of WASI.
    Rust,
    /// Python, by componentize-py: CPython with the program.
    Python,
    /// JavaScript, by componentize-js: StarlingMonkey with the program.
    JavaScript,
    /// TypeScript, likewise; checked by `tsc`.
    TypeScript,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Language] =
        &[Language::Rust, Language::Python, Language::JavaScript, Language::TypeScript];

    /// The word for it in projects and flags.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Python => "python",
            Language::JavaScript => "javascript",
            Language::TypeScript => "typescript",
        }
    }

    /// The language of a word.
    #[must_use]
    pub fn from_code(word: &str) -> Option<Language> {
        Language::ALL.iter().copied().find(|language| language.code() == word)
    }

    /// The word for `profile` of `[[strategies]]` that its components need.
    #[must_use]
    pub const fn profile(self) -> &'static str {
        match self {
            Language::Rust => "compiled",
            Language::Python | Language::JavaScript | Language::TypeScript => "interpreter",
        }
    }

    /// True where a component holds a JavaScript engine, of which a project names one.
    #[must_use]
    pub const fn has_engine(self) -> bool {
        matches!(self, Language::JavaScript | Language::TypeScript)
    }
}
