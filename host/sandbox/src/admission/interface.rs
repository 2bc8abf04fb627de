//! Interface: what does a component ask of its host, and what does it offer?
//!
//! In: a component that validated. Out: its imports, the WIT version it was built for, and every refusal at once.
//! Must never: accept an import outside our own package, or stop at the first fault.

use wasmtime::wasmparser::component_types::{ComponentEntityType, ComponentInstanceTypeId};
use wasmtime::wasmparser::types::Types;

use crate::refusal::{AdmissionCode, Refusal};

/// Package whose interfaces are the whole world of a strategy.
pub const WIT_PACKAGE: &str = "ringfence:strategy";

/// An interface version this host speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WitVersion {
    /// `ringfence:strategy@0.1.0`.
    V0_1_0,
}

impl WitVersion {
    /// Version as in the WIT files.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            WitVersion::V0_1_0 => "0.1.0",
        }
    }

    /// World of that version.
    #[must_use]
    pub const fn world(self) -> &'static str {
        match self {
            WitVersion::V0_1_0 => "ringfence:strategy/strategy@0.1.0",
        }
    }

    fn parse(text: &str) -> Option<WitVersion> {
        match text {
            "0.1.0" => Some(WitVersion::V0_1_0),
            _ => None,
        }
    }
}

/// Interfaces that may be imported, with their functions; `types` holds none.
const IMPORTS: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("view", &["top-of-book", "depth", "position-of", "account", "open-orders", "order", "instrument", "bars"]),
    ("intents", &["emit"]),
];

/// The interface that must be exported, and its functions.
const GUEST: (&str, &[&str]) = ("guest", &["setup", "on-event", "snapshot", "restore"]);

/// What was found.
pub(crate) struct Interface {
    pub(crate) imports: Vec<String>,
    pub(crate) version: Option<WitVersion>,
    pub(crate) refusals: Vec<Refusal>,
}

/// Judges imports, exports and version; `imports` and `exports` are the names at the outermost level.
pub(crate) fn judge(types: &Types, imports: &[String], exports: &[String]) -> Interface {
    let mut foreign = Vec::new();
    let mut versions = Versions::default();
    for name in imports {
        match our_interface(name) {
            Some((interface, version)) => {
                versions.note(name, version);
                foreign.extend(unknown_functions(types, name, interface));
            }
            None => foreign.push(name.clone()),
        }
    }
    let guest = exports.iter().find(|name| matches!(our_interface(name), Some((interface, _)) if interface == GUEST.0));
    if let Some((name, (_, version))) = guest.and_then(|name| Some((name, our_interface(name)?))) {
        versions.note(name, version);
    }
    let mut refusals = Vec::new();
    refusals.extend(refuse_imports(&foreign));
    refusals.extend(refuse_exports(types, guest));
    refusals.extend(versions.refuse());
    Interface { imports: imports.to_vec(), version: versions.spoken, refusals }
}

/// Splits `ringfence:strategy/view@0.1.0` into interface and version; `None` for anything else.
fn our_interface(name: &str) -> Option<(&str, &str)> {
    let path = name.strip_prefix(WIT_PACKAGE)?.strip_prefix('/')?;
    path.split_once('@')
}

/// Which versions were asked for.
#[derive(Default)]
struct Versions {
    spoken: Option<WitVersion>,
    unknown: Vec<String>,
}

impl Versions {
    fn note(&mut self, name: &str, version: &str) {
        match WitVersion::parse(version) {
            Some(version) => self.spoken = Some(version),
            None => self.unknown.push(name.to_owned()),
        }
    }

    fn refuse(&self) -> Option<Refusal> {
        (!self.unknown.is_empty()).then(|| {
            Refusal::new(
                AdmissionCode::WitVersion,
                self.unknown.join(", "),
                format!("{WIT_PACKAGE}@{}", WitVersion::V0_1_0.code()),
                "build against the WIT files of this release, or use a host that speaks the other version",
            )
        })
    }
}

/// Names an interface does not have: `ringfence:strategy/view@0.1.0#clock`.
fn unknown_functions(types: &Types, name: &str, interface: &str) -> Vec<String> {
    let Some((_, functions)) = IMPORTS.iter().find(|(known, _)| *known == interface) else {
        return vec![name.to_owned()];
    };
    let types = types.as_ref();
    let Some(ComponentEntityType::Instance(id)) = types.component_item_for_import(name).map(|item| item.ty) else {
        return vec![name.to_owned()];
    };
    let is_foreign = |(export, item): (&String, &ComponentEntityType)| match item {
        ComponentEntityType::Type { .. } => None,
        ComponentEntityType::Func(_) if functions.contains(&export.as_str()) => None,
        ComponentEntityType::Func(_)
        | ComponentEntityType::Module(_)
        | ComponentEntityType::Value(_)
        | ComponentEntityType::Instance(_)
        | ComponentEntityType::Component(_) => Some(format!("{name}#{export}")),
    };
    types[id].exports.iter().filter_map(|(export, item)| is_foreign((export, &item.ty))).collect()
}

fn refuse_imports(foreign: &[String]) -> Option<Refusal> {
    let first = foreign.first()?;
    let fix = if first.starts_with("wasi:") {
        "a strategy has no clock, file, socket, environment or random source; for Rust build for \
         wasm32-unknown-unknown: `ringfence build DIR`"
    } else {
        "remove the import"
    };
    Some(Refusal::new(
        AdmissionCode::Import,
        foreign.join(", "),
        format!("imports of {WIT_PACKAGE} alone (view, intents)"),
        fix,
    ))
}

fn refuse_exports(types: &Types, guest: Option<&String>) -> Option<Refusal> {
    let fix = "export the world of the WIT files: the SDK's export macro does";
    let expected = format!("{WIT_PACKAGE}/{}@{} with {}", GUEST.0, WitVersion::V0_1_0.code(), GUEST.1.join(", "));
    let Some(name) = guest else {
        let found = format!("no export {WIT_PACKAGE}/{}", GUEST.0);
        return Some(Refusal::new(AdmissionCode::Export, found, expected, fix));
    };
    let Some(ComponentEntityType::Instance(id)) = types.as_ref().component_item_for_export(name).map(|item| item.ty)
    else {
        return Some(Refusal::new(AdmissionCode::Export, format!("{name} is no interface"), expected, fix));
    };
    let missing: Vec<_> = GUEST.1.iter().filter(|function| !has_function(types, id, function)).copied().collect();
    if missing.is_empty() {
        return None;
    }
    Some(Refusal::new(AdmissionCode::Export, format!("{name} without {}", missing.join(", ")), expected, fix))
}

fn has_function(types: &Types, id: ComponentInstanceTypeId, name: &str) -> bool {
    let types = types.as_ref();
    matches!(types[id].exports.get(name).map(|item| item.ty), Some(ComponentEntityType::Func(_)))
}
