//! Admission: may this file be compiled?
//!
//! In: a component's bytes, its pin and the limits. Out: an admitted component, or everything that is wrong with it; and
//! in both cases the report that `ringfence check` prints. Must never: compile, or look at a byte that was not hashed.
//!
//! Order: regular file, size, hash ([`ComponentBytes`]), pin, signature, parse, structural limits, proposals, imports, exports and
//! WIT version. The checks that cost little and tell most come first; nothing later is looked at after a fault that
//! makes it meaningless.

mod declarations;
mod interface;
mod signature;
mod structure;

use std::path::Path;

use ringfence_core::blob::Sha256Hash;
use ringfence_core::config::GuestProfile;
use wasmtime::Engine;
use wasmtime::wasmparser::types::Types;
use wasmtime::wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

pub use self::interface::{WIT_PACKAGE, WitVersion};
pub use self::structure::Structure;
use crate::engine::{PROPOSALS, Switch, permitted};
use crate::file::{COMPONENT_BYTES_MAX, ComponentBytes, INTERPRETER_BYTES_MAX};
use crate::refusal::{AdmissionCode, Refusal, hex};
use crate::shown::shown;
use crate::trust::{self, Manifest, Trust};
use crate::worker::CompileLimits;

/// What admission judges by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Largest file in bytes.
    pub size_max: u64,
    /// Most of everything inside it.
    pub structure: Structure,
    /// SHA-256 the file must have; `None` = any.
    pub pin: Option<Sha256Hash>,
    /// Whose word is needed; `None` = nobody's.
    pub trust: Option<Trust>,
    /// What compiling it may take.
    pub compile: CompileLimits,
}

impl Rules {
    /// Those of a profile, without a pin.
    #[must_use]
    pub const fn of(profile: GuestProfile) -> Rules {
        let compile = CompileLimits::of(profile);
        let (size_max, structure) = match profile {
            GuestProfile::Compiled | GuestProfile::External => (COMPONENT_BYTES_MAX, Structure::LIMITS),
            GuestProfile::Interpreter => (INTERPRETER_BYTES_MAX, Structure::INTERPRETER_LIMITS),
        };
        Rules { size_max, structure, pin: None, trust: None, compile }
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::of(GuestProfile::Compiled)
    }
}

/// A limit beside what was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitUse {
    /// Name of the limit.
    pub name: &'static str,
    /// What the component has.
    pub used: u64,
    /// What it may have.
    pub limit: u64,
}

/// Everything that can be said about a component without running it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// WIT version it was built for, where it is one that this host speaks.
    pub wit_version: Option<&'static str>,
    /// World of that version.
    pub world: Option<&'static str>,
    /// Names of its imports, fit to be shown.
    pub imports: Vec<String>,
    /// Bytes of the file; 0 when it could not be read.
    pub size: u64,
    /// SHA-256 of the file in hexadecimal; empty when it could not be read.
    pub sha256: String,
    /// Counts beside their limits; empty when it could not be parsed.
    pub limits: Vec<LimitUse>,
    /// What a signer says of it, where one whose word counts has signed it.
    pub manifest: Option<Manifest>,
    /// Why it is refused; empty = admitted.
    pub refusals: Vec<Refusal>,
}

impl Report {
    /// True when nothing is wrong with it.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.refusals.is_empty()
    }
}

/// A component that passed; the only thing the compiler takes.
#[derive(Clone, Debug)]
pub struct Admitted {
    bytes: ComponentBytes,
    version: WitVersion,
    compile: CompileLimits,
    manifest: Option<Manifest>,
}

impl Admitted {
    /// The bytes that were judged.
    #[must_use]
    pub fn component(&self) -> &ComponentBytes {
        &self.bytes
    }

    /// What its signer says of it; `None` = unsigned, or no key is trusted.
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// What compiling it may take.
    pub(crate) fn compile_limits(&self) -> CompileLimits {
        self.compile
    }

    /// The interface version to speak with it.
    #[must_use]
    pub fn version(&self) -> WitVersion {
        self.version
    }
}

/// Judges a file.
#[must_use]
pub fn check(path: &Path, rules: &Rules) -> Report {
    check_kept(path, rules).0
}

/// Judges a file, and hands its bytes on when they pass.
pub(crate) fn check_kept(path: &Path, rules: &Rules) -> (Report, Option<ComponentBytes>) {
    match ComponentBytes::read(path, rules.size_max) {
        Ok(bytes) => {
            let (report, version) = judge(&bytes, rules);
            let is_admitted = report.is_ok() && version.is_some();
            (report, is_admitted.then_some(bytes))
        }
        // What is too large is not read, and its size is known all the same.
        Err(refusal) => {
            let size = std::fs::symlink_metadata(path).map_or(0, |file| if file.is_file() { file.len() } else { 0 });
            (Report { size, refusals: vec![refusal], ..Report::default() }, None)
        }
    }
}

/// Judges bytes, and hands them on when they pass.
///
/// # Errors
/// All refusals of the first check that found any.
pub fn admit(bytes: ComponentBytes, rules: &Rules) -> Result<Admitted, Vec<Refusal>> {
    let (report, version) = judge(&bytes, rules);
    match version {
        Some(version) if report.is_ok() => {
            Ok(Admitted { bytes, version, compile: rules.compile, manifest: report.manifest })
        }
        Some(_) | None => Err(report.refusals),
    }
}

fn judge(bytes: &ComponentBytes, rules: &Rules) -> (Report, Option<WitVersion>) {
    let mut report = Report { size: bytes.bytes().len() as u64, sha256: hex(&bytes.sha256()), ..Report::default() };
    match judge_into(&mut report, bytes, rules) {
        Ok(version) => (report, version),
        Err(refusals) => {
            report.refusals = refusals;
            (report, None)
        }
    }
}

fn judge_into(report: &mut Report, bytes: &ComponentBytes, rules: &Rules) -> Result<Option<WitVersion>, Vec<Refusal>> {
    pinned(bytes, rules).map_err(one)?;
    report.manifest = rules.trust.as_ref().map_or(Ok(None), |trust| trust.judge(bytes)).map_err(one)?;
    header(bytes.bytes()).map_err(one)?;
    let found = Structure::count(bytes.bytes()).map_err(|error| one(damaged(&error)))?;
    report.limits = beside(&found, &rules.structure);
    let above: Vec<_> = report.limits.iter().filter(|row| row.used > row.limit).map(above_limit).collect();
    if !above.is_empty() {
        return Err(above);
    }
    let types = validate(bytes.bytes()).map_err(one)?;
    let (imports, exports) = outer_names(bytes.bytes()).map_err(|error| one(damaged(&error)))?;
    let interface = interface::judge(&types, &imports, &exports);
    report.imports = interface.imports.iter().map(|name| shown(name)).collect();
    report.wit_version = interface.version.map(WitVersion::code);
    report.world = interface.version.map(WitVersion::world);
    if !interface.refusals.is_empty() {
        return Err(interface.refusals);
    }
    as_signed(report.manifest.as_ref(), report.wit_version).map_err(one)?;
    Ok(interface.version)
}

fn one(refusal: Refusal) -> Vec<Refusal> {
    vec![refusal]
}

fn as_signed(manifest: Option<&Manifest>, version: Option<&str>) -> Result<(), Refusal> {
    match manifest {
        Some(manifest) if Some(manifest.wit.as_str()) != version => Err(trust::refused(format!(
            "signed was a component for interface version {}, this one is for {}",
            manifest.wit,
            version.unwrap_or("none")
        ))),
        Some(_) | None => Ok(()),
    }
}

fn pinned(bytes: &ComponentBytes, rules: &Rules) -> Result<(), Refusal> {
    match rules.pin {
        Some(pin) if pin != bytes.sha256() => Err(Refusal::new(
            AdmissionCode::Pin,
            format!("sha256 {}", hex(&bytes.sha256())),
            format!("sha256 {}", hex(&pin)),
            "restore the pinned file, or change the pin on purpose",
        )),
        Some(_) | None => Ok(()),
    }
}

const WASM_MAGIC: &[u8] = b"\0asm";
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";
const ELF_MAGIC: &[u8] = b"\x7fELF";

/// The kinds of file that are known and are not components.
fn header(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.starts_with(ELF_MAGIC) || Engine::detect_precompiled(bytes).is_some() {
        return Err(Refusal::new(
            AdmissionCode::Precompiled,
            "machine code",
            "a WebAssembly component",
            "give the .wasm file it was compiled from",
        ));
    }
    if bytes.starts_with(CORE_MODULE) {
        return Err(Refusal::new(
            AdmissionCode::CoreModule,
            "a core module",
            "a component",
            "make one from the source: `ringfence build DIR`",
        ));
    }
    if bytes.starts_with(WASM_MAGIC) {
        return Ok(());
    }
    let shown = hex(&bytes[..bytes.len().min(4)]);
    Err(parse_refusal(&format!("{} bytes that begin with {shown:?}, at offset 0", bytes.len())))
}

fn damaged(error: &wasmtime::wasmparser::Error) -> Refusal {
    parse_refusal(&format!("{}, at offset {}", error.message(), error.offset()))
}

fn parse_refusal(found: &str) -> Refusal {
    Refusal::new(AdmissionCode::Parse, found, "a WebAssembly component", "build it again: `ringfence build DIR`")
}

fn beside(found: &Structure, limits: &Structure) -> Vec<LimitUse> {
    let pairs = found.rows().into_iter().zip(limits.rows());
    pairs.map(|((name, used), (_, limit))| LimitUse { name, used, limit }).collect()
}

fn above_limit(row: &LimitUse) -> Refusal {
    Refusal::new(
        AdmissionCode::Structure,
        format!("{} {}", row.name, row.used),
        format!("at most {}", row.limit),
        "build in release mode and stripped; simplify what the tools generate",
    )
}

/// Validates with the permitted proposals; when others are needed, names all of them.
fn validate(bytes: &[u8]) -> Result<Types, Refusal> {
    let mut features = permitted();
    let mut needed: Vec<&'static str> = Vec::new();
    loop {
        match Validator::new_with_features(features).validate_all(bytes) {
            Ok(types) if needed.is_empty() => return Ok(types),
            Ok(_) => return Err(banned(&needed)),
            Err(error) => {
                let missing = error.missing_wasm_feature().unwrap_or(WasmFeatures::empty()) - features;
                let names = names_of(missing);
                if names.is_empty() {
                    return Err(unexplained(bytes, needed, &error));
                }
                needed.extend(names);
                features |= missing;
            }
        }
    }
}

fn names_of(features: WasmFeatures) -> Vec<&'static str> {
    let is_meant =
        |proposal: &&crate::engine::Proposal| proposal.switch != Switch::On && features.contains(proposal.flag);
    PROPOSALS.iter().filter(is_meant).map(|proposal| proposal.name).collect()
}

/// The validator does not always say which proposal is missing: find those without which the file is not valid.
fn unexplained(bytes: &[u8], mut needed: Vec<&'static str>, error: &wasmtime::wasmparser::Error) -> Refusal {
    let holds = |features| Validator::new_with_features(features).validate_all(bytes).is_ok();
    if holds(WasmFeatures::all()) {
        let off = PROPOSALS.iter().filter(|proposal| proposal.switch != Switch::On);
        let more: Vec<_> = off
            .filter(|proposal| !needed.contains(&proposal.name) && !holds(WasmFeatures::all() - proposal.flag))
            .map(|proposal| proposal.name)
            .collect();
        needed.extend(more);
    }
    if needed.is_empty() { damaged(error) } else { banned(&needed) }
}

fn banned(names: &[&'static str]) -> Refusal {
    Refusal::new(
        AdmissionCode::Proposal,
        format!("needs {}", names.join(", ")),
        "WebAssembly without proposals that are switched off here",
        "build without these target features",
    )
}

/// Names of the outermost imports and exports, in order.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's list is open; everything was counted and validated")]
fn outer_names(bytes: &[u8]) -> Result<(Vec<String>, Vec<String>), wasmtime::wasmparser::Error> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding: Encoding::Component | Encoding::Module, .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
