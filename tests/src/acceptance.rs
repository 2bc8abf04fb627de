//! Promises: what does the project claim, and which test shows each claim?
//!
//! In: the text of `tests/acceptance.toml`, the sources. Out: promises, and for a named test whether it
//! exists. Must never: run or compile anything, or import a crate of this workspace: `cargo xtask status` includes this
//! file, so that both read the list in one way.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// One claim with what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Stable name; for a claim of the README the first column of its table.
    pub id: String,
    /// `README`, or `capability: ` and a name.
    pub source: String,
    /// The claim in one sentence.
    pub text: String,
    /// What shows it.
    pub shown: Shown,
}

/// What shows a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Tests that run in the suite, at least one; each of them has to pass.
    By(Vec<TestName>),
    /// Nothing, and why nothing can.
    Impossible {
        /// What stands in the way.
        reason: String,
        /// What was tried all the same.
        tried: String,
    },
}

/// `package::binary::test`: binary is `lib` for unit tests, otherwise the name of a file in the package's `tests`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestName {
    /// Package name, for example `ringfence-core`.
    pub package: String,
    /// `lib`, or the file name without `.rs`.
    pub binary: String,
    /// Function name, with its module path where that is needed to tell it from others.
    pub test: String,
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}::{}", self.package, self.binary, self.test)
    }
}

/// Reads the list of promises.
///
/// # Errors
/// Every problem found: broken TOML, unknown or missing keys, an id given twice, a claim both shown and impossible.
pub fn read(text: &str) -> Result<Vec<Promise>, Vec<String>> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| vec![error.to_string()])?;
    let mut problems: Vec<String> =
        table.keys().filter(|key| *key != "promise").map(|key| format!("unknown key `{key}`")).collect();
    let entries = table.get("promise").and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut ids = BTreeSet::new();
    let mut promises = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match read_entry(entry) {
            Ok(promise) if !ids.insert(promise.id.clone()) => problems.push(format!("{}: id given twice", promise.id)),
            Ok(promise) => promises.push(promise),
            Err(problem) => problems.push(format!("promise {}: {problem}", index + 1)),
        }
    }
    if problems.is_empty() { Ok(promises) } else { Err(problems) }
}

fn read_entry(entry: &toml::Value) -> Result<Promise, String> {
    let table = entry.as_table().ok_or("no table")?;
    let known = ["id", "source", "text", "test", "impossible", "tried"];
    if let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("unknown key `{key}`"));
    }
    let required = |key: &str| match table.get(key).and_then(toml::Value::as_str) {
        Some(value) if !value.trim().is_empty() => Ok(value.to_owned()),
        Some(_) => Err(format!("`{key}` is empty")),
        None => Err(format!("`{key}` is missing")),
    };
    let (id, source, text) = (required("id")?, required("source")?, required("text")?);
    if source != "README" && !source.starts_with("capability: ") {
        return Err(format!("{id}: source is neither `README` nor `capability: …`"));
    }
    let shown = match (table.contains_key("test"), table.contains_key("impossible")) {
        (true, true) => return Err(format!("{id}: both `test` and `impossible`")),
        (true, false) => Shown::By(read_tests(&id, table)?),
        (false, _) => Shown::Impossible { reason: required("impossible")?, tried: required("tried")? },
    };
    Ok(Promise { id, source, text, shown })
}

/// `test`: one name, or a list of names.
fn read_tests(id: &str, table: &toml::Table) -> Result<Vec<TestName>, String> {
    let items = match table.get("test") {
        Some(toml::Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let text = |item: &toml::Value| item.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let texts: Option<Vec<String>> = items.iter().map(text).collect();
    let texts = texts.filter(|texts| !texts.is_empty()).ok_or("`test` is empty")?;
    if let Some(twice) = texts.iter().enumerate().find(|(at, text)| texts[..*at].contains(text)) {
        return Err(format!("{id}: `{}` given twice", twice.1));
    }
    texts.iter().map(|text| read_test_name(text).map_err(|problem| format!("{id}: {problem}"))).collect()
}

fn read_test_name(text: &str) -> Result<TestName, String> {
    let mut parts = text.splitn(3, "::").map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(package), Some(binary), Some(test)) => Ok(TestName { package, binary, test }),
        _ => Err(format!("`{text}` is not package::binary::test")),
    }
}

/// Whether the sources hold the test: a `fn` of that name under `#[test]` in the files of that binary.
///
/// # Errors
/// What is missing: the package, its files, or the function.
pub fn find_test(root: &Path, name: &TestName) -> Result<(), String> {
    let folder = package_folder(root, &name.package).ok_or_else(|| format!("{name}: no package {}", name.package))?;
    let files = if name.binary == "lib" {
        rust_files(&folder.join("src"))
    } else {
        let single = folder.join("tests").join(format!("{}.rs", name.binary));
        let mut files = rust_files(&folder.join("tests").join(&name.binary));
        files.extend(single.is_file().then_some(single));
        files
    };
    if files.is_empty() {
        return Err(format!("{name}: {} has no test files for `{}`", name.package, name.binary));
    }
    let function = name.test.rsplit("::").next().unwrap_or(&name.test);
    let holds = |file: &PathBuf| std::fs::read_to_string(file).is_ok_and(|text| tests_in(&text).contains(function));
    if files.iter().any(holds) { Ok(()) } else { Err(format!("{name}: no such test in the sources")) }
}

/// Names of the functions under `#[test]` in Rust source text, those inside `proptest!` included.
#[must_use]
pub fn tests_in(source: &str) -> BTreeSet<String> {
    let mut marked = false;
    let mut names = BTreeSet::new();
    for line in source.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        marked |= line.starts_with("#[test]");
        let Some((_, after)) = line.split_once("fn ") else { continue };
        if std::mem::take(&mut marked) {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
            names.insert(after[..end].to_owned());
        }
    }
    names
}

fn package_folder(root: &Path, package: &str) -> Option<PathBuf> {
    let manifest = |folder: &Path| read_manifest(&folder.join("Cargo.toml"));
    let workspace = manifest(root)?;
    let members = workspace.get("workspace")?.get("members")?.as_array()?;
    let folders = members.iter().filter_map(toml::Value::as_str).flat_map(|member| member_folders(root, member));
    let is_it = |folder: &PathBuf| {
        let table = manifest(folder);
        table.and_then(|table| Some(table.get("package")?.get("name")?.as_str()? == package)).unwrap_or(false)
    };
    folders.into_iter().find(is_it)
}

fn read_manifest(path: &Path) -> Option<toml::Table> {
    std::fs::read_to_string(path).ok()?.parse().ok()
}

/// A member as the workspace lists it: a folder, or `folder/*`.
fn member_folders(root: &Path, member: &str) -> Vec<PathBuf> {
    match member.strip_suffix("/*") {
        Some(parent) => children(&root.join(parent)),
        None => vec![root.join(member)],
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = children(folder);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(children(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(Result::ok).map(|entry| entry.path()).collect()
}
