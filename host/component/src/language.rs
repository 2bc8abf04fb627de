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
    /// C, by the `ziglang` package: no operating system, no standard library.
    C,
    /// C++, likewise.
    Cpp,
    /// Zig, likewise.
    Zig,
    /// AssemblyScript, by `asc`, without any import of its own.
    AssemblyScript,
    /// Go, by its own compiler: runtime and collector with the program, without any import of WASI.
    Go,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Language] = &[
        Language::Rust,
        Language::Python,
        Language::JavaScript,
        Language::TypeScript,
        Language::C,
        Language::Cpp,
        Language::Zig,
        Language::AssemblyScript,
        Language::Go,
    ];

    /// The word for it in projects and flags.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Python => "python",
            Language::JavaScript => "javascript",
            Language::TypeScript => "typescript",
            Language::C => "c",
            Language::Cpp => "cpp",
            Language::Zig => "zig",
            Language::AssemblyScript => "assemblyscript",
            Language::Go => "go",
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
            Language::Rust | Language::C | Language::Cpp | Language::Zig | Language::AssemblyScript => "compiled",
            // Go's runtime is no interpreter, but it takes as much room.
            Language::Python | Language::JavaScript | Language::TypeScript | Language::Go => "interpreter",
        }
    }

    /// True where a component holds a JavaScript engine, of which a project names one.
    #[must_use]
    pub const fn has_engine(self) -> bool {
        matches!(self, Language::JavaScript | Language::TypeScript)
    }
}
