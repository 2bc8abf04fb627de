//! Test output: how many tests of each binary passed, failed, were ignored, and which?
//!
//! In: the lines that `cargo test` prints, both outputs in one. Out: a result for each test binary. Must never: count a
//! binary that ended without a result (crash, exit) as passed.

/// Results of one test binary, or of the documentation tests of one library.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Binary {
    /// `ringfence_core` for unit tests, `layering` for `tests/layering.rs`, a crate name for documentation tests.
    pub(crate) name: String,
    /// What kind of binary it is.
    pub(crate) kind: Kind,
    /// Tests that passed, by their own count.
    pub(crate) passed: u64,
    /// Tests that were ignored.
    pub(crate) ignored: u64,
    /// Names of the tests that passed.
    pub(crate) passed_names: Vec<String>,
    /// Names of the tests that failed; `ended without a result` where it did.
    pub(crate) failed_names: Vec<String>,
    /// Whether it printed a result: one that crashes or exits does not.
    pub(crate) has_result: bool,
}

/// Where the tests of a binary stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In the sources of a library or program.
    #[default]
    Unit,
    /// In a file of the folder `tests`.
    Integration,
    /// In documentation comments.
    Doc,
}

/// Reads lines one by one.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    done: Vec<Binary>,
    current: Option<Binary>,
    /// Names of the list after `failures:`; the second list of a binary replaces the first part with the outputs.
    listed: Option<Vec<String>>,
    not_compiled: Vec<String>,
}

/// What a line is to somebody who watches.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing to show.
    Quiet,
    /// Part of the account of a failure, or said outside of any test binary.
    Show,
    /// A binary ended: one line about it.
    Ended(String),
}

impl Reader {
    /// Takes the next line, without its end.
    pub(crate) fn line(&mut self, line: &str) -> Seen {
        if let Some(binary) = header(line) {
            self.finish_current();
            self.current = Some(binary);
            return Seen::Quiet;
        }
        if line.starts_with("error: could not compile") {
            self.not_compiled.push(line.trim_start_matches("error: ").to_owned());
        }
        let Some(current) = &mut self.current else { return Seen::Show };
        if let Some(counts) = line.strip_prefix("test result: ") {
            current.take_counts(counts, self.listed.take());
            return Seen::Ended(current.in_one_line());
        }
        if line.starts_with("error: ") && line.contains("to rerun pass `") {
            // Cargo's own verdict follows the binary it is about.
            self.finish_current();
            return Seen::Show;
        }
        if line == "failures:" {
            self.listed = Some(Vec::new());
        }
        match &mut self.listed {
            Some(names) => {
                names.extend(line.strip_prefix("    ").filter(|name| !name.starts_with(' ')).map(str::to_owned));
                Seen::Show
            }
            None => {
                current.passed_names.extend(passed_name(line));
                Seen::Quiet
            }
        }
    }

    /// Ends the reading: every binary, and the packages that did not compile.
    pub(crate) fn end(mut self) -> (Vec<Binary>, Vec<String>) {
        self.finish_current();
        (self.done, self.not_compiled)
    }

    fn finish_current(&mut self) {
        let Some(mut binary) = self.current.take() else { return };
        self.listed = None;
        if !binary.has_result {
            binary.failed_names.push("ended without a result".to_owned());
        }
        self.done.push(binary);
    }
}

impl Binary {
    /// Adds a line `FAILED. 1 passed; 2 failed; 0 ignored; …`; documentation tests may print several.
    fn take_counts(&mut self, counts: &str, listed: Option<Vec<String>>) {
        let count = |word: &str| {
            let part = counts.split([';', '.']).map(str::trim).find_map(|part| part.strip_suffix(word));
            part.and_then(|number| number.trim().parse::<u64>().ok())
        };
        let (Some(passed), Some(failed), Some(ignored)) = (count("passed"), count("failed"), count("ignored")) else {
            self.failed_names.push(format!("result not understood: {counts}"));
            return;
        };
        self.has_result = true;
        self.passed += passed;
        self.ignored += ignored;
        let mut names = listed.unwrap_or_default();
        for unnamed in names.len() as u64..failed {
            names.push(format!("failed test {} without a name", unnamed + 1));
        }
        self.failed_names.extend(names);
    }

    fn in_one_line(&self) -> String {
        let kind = match self.kind {
            Kind::Unit => "unit",
            Kind::Integration => "integration",
            Kind::Doc => "doc",
        };
        let verdict = if self.failed_names.is_empty() { "ok    " } else { "FAILED" };
        format!("{verdict} {:>5} passed, {} failed  {} ({kind})", self.passed, self.failed_names.len(), self.name)
    }
}

/// `     Running unittests src/lib.rs (target/debug/deps/ringfence_core-0123)`, `Running tests/a.rs (…)`, `Doc-tests x`.
fn header(line: &str) -> Option<Binary> {
    let line = line.trim_start();
    if let Some(name) = line.strip_prefix("Doc-tests ") {
        return Some(Binary { name: name.to_owned(), kind: Kind::Doc, ..Binary::default() });
    }
    let (source, program) = line.strip_prefix("Running ")?.strip_suffix(')')?.split_once(" (")?;
    let kind = if source.starts_with("unittests ") { Kind::Unit } else { Kind::Integration };
    let file = program.rsplit(['/', '\\']).next()?.trim_end_matches(".exe");
    let name = file.rsplit_once('-').map_or(file, |(name, _)| name);
    Some(Binary { name: name.to_owned(), kind, ..Binary::default() })
}

/// `test a::b ... ok`, whatever a child process wrote before it on the same line.
fn passed_name(line: &str) -> Option<String> {
    let before = line.strip_suffix(" ... ok")?;
    let before = before.strip_suffix(" - should panic").unwrap_or(before);
    before.rsplit(' ').next().map(str::to_owned)
}

#[cfg(test)]
#[path = "libtest_tests.rs"]
mod tests;
