//! Question: how is a strategy's package built so that the bytes are the same everywhere?
//!
//! In: the package's folder. Out: one component file, its size and hash. Must never need anything in the author's
//! manifest beside the `cdylib`, and never share a target folder with host builds.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::cargo::{self, Package, TARGET, ToolError, Toolchain, Tools};
use crate::encode::{self, EncodeError, Names};
use crate::language::Language;
use crate::languages::{self, Made};
use crate::project::Project;

/// Where a component goes and what builds it.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Where to; folders are made when they do not exist.
    pub out: Out,
    /// The toolchain.
    pub tools: Tools,
    /// Whether names of functions are kept. Engines that interpret, of Python and JavaScript, come with the names they have.
    pub names: Names,
}

/// Where a component is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    /// Into this folder, under the crate's name: `<folder>/my_strategy.wasm`.
    Folder(PathBuf),
    /// To this file.
    File(PathBuf),
}

/// A component that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The component's file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// What the compiler said; empty when it had nothing to say.
    pub warnings: String,
    /// False when there was no `Cargo.lock`: cargo chose the newest dependencies and wrote one, so the bytes depend on
    /// the day.
    pub was_locked: bool,
    /// Path dependencies outside the workspace. Cargo puts their place into the names that order the code, so with any
    /// of these the bytes depend on where they lie; without them, on source and toolchain alone.
    pub outside: Vec<String>,
}

impl Built {
    /// The hash as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no package in the folder.
    #[error("no ringfence.toml and no Cargo package in {dir}; `ringfence new NAME` makes a project")]
    NoPackage {
        /// The folder.
        dir: PathBuf,
    },
    /// The library is not built as a module.
    #[error("{manifest} makes no WebAssembly module; add to it:\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]")]
    NotACdylib {
        /// The package's manifest.
        manifest: PathBuf,
    },
    /// The toolchain has no libraries for the target.
    #[error("the Rust target {TARGET} is not installed; run: rustup target add {TARGET}")]
    NoTarget,
    /// Cargo or rustc could not be asked.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The source does not compile.
    #[error("the strategy does not compile:\n{stderr}")]
    Compile {
        /// What cargo wrote.
        stderr: String,
    },
    /// The module is no strategy.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A program of the toolchain is missing.
    #[error("`{name}` is not installed; in the project's folder run: {install}")]
    NoTool {
        /// Its name.
        name: &'static str,
        /// What installs it.
        install: &'static str,
    },
    /// What a program made is not of the form that is known.
    #[error(
        "`{name}` made a component of another form than its version {known}; in the project's folder run: npm install --save-dev {name}@{known}"
    )]
    OtherVersion {
        /// Its name.
        name: &'static str,
        /// The version whose form is known.
        known: &'static str,
    },
    /// The project has no copy of the SDK.
    #[error("{path} is missing: it comes with `ringfence new`; make a new project and copy that folder from it")]
    NoSdk {
        /// What was looked for.
        path: PathBuf,
    },
    /// There is no native host for strategies of this language.
    #[error(
        "the source of a strategy in {language} is not run natively, that of rust, python, javascript and typescript is; \
         try scripts with `ringfence test` or look at the session with `ringfence inspect`"
    )]
    NotNative {
        /// The language's word.
        language: &'static str,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// Builds the package in `dir` and writes the component.
///
/// # Errors
/// See [`BuildError`]; each says what to do about it.
pub fn build_dir(dir: &Path, options: &BuildOptions) -> Result<Built, BuildError> {
    let dir = dir.canonicalize().map_err(|_| BuildError::NoPackage { dir: dir.to_owned() })?;
    if !dir.join("Cargo.toml").is_file() {
        return Err(BuildError::NoPackage { dir });
    }
    // Asked before cargo writes one by itself.
    let was_locked = cargo::is_locked(&options.tools, &dir)?;
    let package = Package::find(&options.tools, &dir)?.ok_or_else(|| BuildError::NoPackage { dir: dir.clone() })?;
    if !package.is_cdylib {
        return Err(BuildError::NotACdylib { manifest: package.manifest });
    }
    let toolchain = Toolchain::find(&options.tools, &dir)?;
    if !toolchain.target_libraries.is_dir() {
        return Err(BuildError::NoTarget);
    }
    let (module_path, warnings) = compile(&dir, &package, &toolchain, options)?;
    let module = fs::read(&module_path).map_err(|source| file_error(&module_path, source))?;
    let component = encode::encode(&module, options.names)?;
    let path = match &options.out {
        Out::Folder(folder) => folder.join(module_path.file_name().unwrap_or_default()),
        Out::File(file) => file.clone(),
    };
    write(&path, &component)?;
    let sha256 = Sha256::digest(&component).into();
    let outside = package.outside.into_iter().map(|(_, name)| name).collect();
    Ok(Built { path, size: component.len() as u64, sha256, warnings, was_locked, outside })
}

/// Builds a project of any language and writes the component.
///
/// # Errors
/// See [`BuildError`]; each says what to do about it.
pub fn build_project(project: &Project, options: &BuildOptions) -> Result<Built, BuildError> {
    if project.language == Language::Rust {
        return build_dir(&project.dir, options);
    }
    let dir = project.dir.canonicalize().map_err(|source| file_error(&project.dir, source))?;
    let Made { component } = languages::make(&Project { dir, ..project.clone() }, options.names)?;
    let path = match &options.out {
        Out::Folder(folder) => folder.join(format!("{}.wasm", project.name)),
        Out::File(file) => file.clone(),
    };
    write(&path, &component)?;
    let sha256 = Sha256::digest(&component).into();
    let (warnings, outside) = (String::new(), Vec::new());
    Ok(Built { path, size: component.len() as u64, sha256, warnings, was_locked: true, outside })
}

/// Settings of the release profile that decide the bytes; set from outside, so that the manifest needs none.
const PROFILE: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_SPLIT_DEBUGINFO", "off"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_RELEASE_RPATH", "false"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "false"),
];

/// Runs cargo; answers the core module's file and what the compiler said.
fn compile(
    dir: &Path,
    package: &Package,
    toolchain: &Toolchain,
    options: &BuildOptions,
) -> Result<(PathBuf, String), BuildError> {
    let tools = &options.tools;
    let mut command = Command::new(&tools.cargo);
    // Quiet about its own progress; what the compiler says is shown all the same.
    command.args(["build", "--quiet", "--release", "--lib", "--target", TARGET]);
    command.arg("--message-format=json-render-diagnostics");
    // Apart, so that neither build throws the other's work away.
    let (folder, strip) = match options.names {
        Names::Dropped => ("guest", "symbols"),
        Names::Kept => ("guest-named", "none"),
    };
    command.arg("--target-dir").arg(package.target_dir.join(folder));
    command.envs(PROFILE.iter().copied()).env("CARGO_PROFILE_RELEASE_STRIP", strip);
    command.env("CARGO_ENCODED_RUSTFLAGS", rustflags(package, toolchain, tools));
    let output = cargo::run(&mut command, dir).map_err(|error| match error {
        ToolError::Failed { stderr, .. } => BuildError::Compile { stderr },
        other @ (ToolError::NotStarted { .. } | ToolError::Unreadable { .. }) => BuildError::Tool(other),
    })?;
    let missing = || ToolError::Unreadable { program: "cargo build".to_owned(), missing: "a .wasm file" };
    let module = cargo::artifact(&output.stdout, &package.manifest).ok_or_else(missing)?;
    Ok((module, String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Flags that hide where things lie, joined by the separator that cargo wants (flags may hold spaces).
///
/// Of two matching prefixes rustc takes the later one, so the order is from wide to narrow.
fn rustflags(package: &Package, toolchain: &Toolchain, tools: &Tools) -> OsString {
    let sources = toolchain.sysroot.join("lib/rustlib/src/rust");
    let mut moves: Vec<(&Path, String)> = vec![
        (&tools.cargo_home, "/cargo".to_owned()),
        (&toolchain.sysroot, "/toolchain".to_owned()),
        (&sources, format!("/rustc/{}", toolchain.commit)),
    ];
    moves.extend(package.outside.iter().map(|(folder, name)| (folder.as_path(), format!("/outside/{name}"))));
    moves.push((&package.workspace_root, "/strategy".to_owned()));
    let mut flags = OsString::new();
    for (from, to) in moves {
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    flags
}

/// Writes beside the place and renames, so that nobody sees half a component.
fn write(path: &Path, component: &[u8]) -> Result<(), BuildError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| file_error(folder, source))?;
    }
    // A name of this process alone: two builds at once do not write into each other's file.
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    let written = write_new(&partial, component).map_err(|source| file_error(&partial, source));
    let renamed = written.and_then(|()| fs::rename(&partial, path).map_err(|source| file_error(path, source)));
    if renamed.is_err() {
        fs::remove_file(&partial).ok();
    }
    renamed
}

/// Writes a file that does not exist, so never through a link; what a process of the same number left goes first.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::File::create_new(path)?.write_all(bytes)
}

pub(crate) fn file_error(path: &Path, source: std::io::Error) -> BuildError {
    BuildError::File { path: path.to_owned(), source }
}
