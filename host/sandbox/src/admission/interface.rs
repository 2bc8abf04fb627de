//! Interface: what does a component ask of its host, and what does it offer?
//!
//! In: a component that validated. Out: its imports, the WIT version it was built for, and every refusal at once.
//! Must never: accept an import that is neither of our own package nor one of the inert ones of WASI, or stop at the first
//! fault.

use wasmtime::wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId,
};
use wasmtime::wasmparser::types::Types;

use super::signature;
use crate::refusal::{AdmissionCode, Refusal};
use crate::wasi::{Known, is_resource, known};

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

    pub(crate) fn parse(text: &str) -> Option<WitVersion> {
        match text {
            "0.1.0" => Some(WitVersion::V0_1_0),
            _ => None,
        }
    }
}

/// Interfaces that may be imported; `types` holds no function.
const IMPORTS: &[&str] = &["types", "view", "intents"];

/// The interface that must be exported.
const GUEST: &str = "guest";

/// The interface that may be exported beside it.
const BATCH: &str = "batch";

/// What was found.
pub(crate) struct Interface {
    pub(crate) imports: Vec<String>,
    pub(crate) version: Option<WitVersion>,
    pub(crate) refusals: Vec<Refusal>,
}

/// Judges imports, exports and version; `imports` and `exports` are the names at the outermost level.
pub(crate) fn judge(types: &Types, imports: &[String], exports: &[String]) -> Interface {
    let mut found = Imported::default();
    let mut versions = Versions::default();
    for name in imports {
        match our_interface(name) {
            Some((interface, version)) => {
                versions.note(name, version);
                found.look_at(types, name, interface);
            }
            None => match known(name) {
                Some(interface) => found.look_at_wasi(types, name, interface),
                None => found.foreign.push(name.clone()),
            },
        }
    }
    let exported = |wanted: &str| {
        exports.iter().find(|name| matches!(our_interface(name), Some((interface, _)) if interface == wanted))
    };
    let (guest, batch) = (exported(GUEST), exported(BATCH));
    for name in guest.into_iter().chain(batch) {
        if let Some((_, version)) = our_interface(name) {
            versions.note(name, version);
        }
    }
    let mut refusals = Vec::new();
    refusals.extend(refuse_foreign(&found.foreign));
    // Types of another version are another version's: they say nothing.
    if versions.unknown.is_empty() {
        refusals.extend(found.mistyped);
    }
    refusals.extend(refuse_exports(types, (GUEST, guest), versions.unknown.is_empty()));
    if batch.is_some() {
        refusals.extend(refuse_exports(types, (BATCH, batch), versions.unknown.is_empty()));
    }
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

/// What is wrong with imports.
#[derive(Default)]
struct Imported {
    /// Names that the host does not have: `ringfence:strategy/view@0.1.0#clock`.
    foreign: Vec<String>,
    /// Functions with another type.
    mistyped: Vec<Refusal>,
}

impl Imported {
    /// What a standard library asks for: functions and resources that are listed, the former with their types.
    fn look_at_wasi(&mut self, types: &Types, name: &str, interface: Known) {
        let item = types.as_ref().component_item_for_import(name).map(|item| item.ty);
        let Some(ComponentEntityType::Instance(id)) = item else {
            self.foreign.push(name.to_owned());
            return;
        };
        for (export, item) in &types.as_ref()[id].exports {
            let full = format!("{name}#{export}");
            match item.ty {
                ComponentEntityType::Func(id) => match interface.function(export).map(|function| function.signature) {
                    Some(Some(expected)) => {
                        self.mistyped.extend(mistyped(types, id, AdmissionCode::Import, &full, expected));
                    }
                    Some(None) => {}
                    None => self.foreign.push(full),
                },
                ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(_), .. } => {
                    // An interface names resources of others that its functions speak of. One that is not there by this
                    // name in this place fails when imports are bound.
                    if !is_resource(export) {
                        self.foreign.push(full);
                    }
                }
                ComponentEntityType::Type { .. } => {}
                ComponentEntityType::Module(_)
                | ComponentEntityType::Value(_)
                | ComponentEntityType::Instance(_)
                | ComponentEntityType::Component(_) => self.foreign.push(full),
            }
        }
    }

    fn look_at(&mut self, types: &Types, name: &str, interface: &str) {
        let item = types.as_ref().component_item_for_import(name).map(|item| item.ty);
        let Some(ComponentEntityType::Instance(id)) = item.filter(|_| IMPORTS.contains(&interface)) else {
            self.foreign.push(name.to_owned());
            return;
        };
        for (function, item) in &types.as_ref()[id].exports {
            let full = format!("{name}#{function}");
            match item.ty {
                ComponentEntityType::Func(id) => match signature::expected(interface, function) {
                    Some(expected) => {
                        self.mistyped.extend(mistyped(types, id, AdmissionCode::Import, &full, expected));
                    }
                    None => self.foreign.push(full),
                },
                // A name for a type; a resource would be a thing of the host's.
                ComponentEntityType::Type { created, .. } if !matches!(created, ComponentAnyTypeId::Resource(_)) => {}
                ComponentEntityType::Type { .. }
                | ComponentEntityType::Module(_)
                | ComponentEntityType::Value(_)
                | ComponentEntityType::Instance(_)
                | ComponentEntityType::Component(_) => self.foreign.push(full),
            }
        }
    }
}

fn mistyped(
    types: &Types,
    id: ComponentFuncTypeId,
    code: AdmissionCode,
    name: &str,
    expected: &str,
) -> Option<Refusal> {
    let found = signature::found(types, id);
    (found != expected).then(|| {
        let (found, expected) = signature::difference(&found, expected);
        let fix = "build against the WIT files of this release";
        Refusal::new(code, format!("{name}: {found}"), expected, fix)
    })
}

fn refuse_foreign(foreign: &[String]) -> Option<Refusal> {
    let first = foreign.first()?;
    let fix = if first.starts_with("wasi:") {
        "a strategy has no socket, HTTP or other world outside; leave out what asks for it: `ringfence build DIR` does"
    } else {
        "remove the import"
    };
    Some(Refusal::new(
        AdmissionCode::Import,
        foreign.join(", "),
        format!("imports of {WIT_PACKAGE} (view, intents), or of wasi 0.2 those that are inert here (docs/wasi.md)"),
        fix,
    ))
}

fn refuse_exports(types: &Types, (interface, export): (&str, Option<&String>), is_our_version: bool) -> Vec<Refusal> {
    let functions: Vec<_> = signature::functions(interface).collect();
    let refuse = |found: String| {
        let version = WitVersion::V0_1_0.code();
        let expected = format!("{WIT_PACKAGE}/{interface}@{version} with {}", functions.join(", "));
        let fix = "export the world of the WIT files: the SDK's export macro does";
        vec![Refusal::new(AdmissionCode::Export, found, expected, fix)]
    };
    let Some(name) = export else {
        return refuse(format!("no export {WIT_PACKAGE}/{interface}"));
    };
    let Some(ComponentEntityType::Instance(id)) = types.as_ref().component_item_for_export(name).map(|item| item.ty)
    else {
        return refuse(format!("{name} is no interface"));
    };
    let missing: Vec<_> = functions.iter().copied().filter(|name| function(types, id, name).is_none()).collect();
    if !missing.is_empty() {
        return refuse(format!("{name} without {}", missing.join(", ")));
    }
    let wrong = functions.iter().filter(|_| is_our_version).filter_map(|export| {
        let (id, expected) = (function(types, id, export)?, signature::expected(interface, export)?);
        mistyped(types, id, AdmissionCode::Export, &format!("{name}#{export}"), expected)
    });
    wrong.collect()
}

fn function(types: &Types, id: ComponentInstanceTypeId, name: &str) -> Option<ComponentFuncTypeId> {
    match types.as_ref()[id].exports.get(name).map(|item| item.ty) {
        Some(ComponentEntityType::Func(id)) => Some(id),
        Some(_) | None => None,
    }
}
