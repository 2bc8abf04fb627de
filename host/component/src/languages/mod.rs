//! Question: how does each language become a component?
//!
//! In: a project. Out: the bytes of its component. Must never: install a tool, or leave what only
//! the build needs outside of the project's `target` folder and [`SDK_FOLDER`](crate::SDK_FOLDER).

mod assemblyscript;
mod go;
pub(crate) mod javascript;
pub(crate) mod python;
mod quickjs;
mod zig;

use std::fs;
use std::path::{Path, PathBuf};

use crate::build::{BuildError, file_error};
use crate::encode::{self, Names, World};
use crate::language::Language;
use crate::project::{Project, SDK_FOLDER};

/// A component.
pub(crate) struct Made {
    pub(crate) component: Vec<u8>,
}

/// World that is built for.
const WORLD: &str = "strategy";

/// Builds a project of any language but Rust, which has a build of its own. Engines that interpret have the names they have.
pub(crate) fn make(project: &Project, names: Names) -> Result<Made, BuildError> {
    match project.language {
        Language::Python => python::make(project),
        Language::JavaScript | Language::TypeScript => javascript::make(project),
        Language::C => zig::make_c(project, names),
        Language::Cpp => zig::make_cpp(project, names),
        Language::Zig => zig::make_zig(project, names),
        Language::AssemblyScript => assemblyscript::make(project, names),
        Language::Go => go::make(project, names),
        Language::Rust => unreachable!("`build_dir` builds cargo packages by itself"),
    }
}

/// The component of a core module that says nothing of its world; its exports get the names of the interface first.
fn compiled((project, names): (&Project, Names), core: &Path, exports: &[(&str, &str)]) -> Result<Made, BuildError> {
    adapted((project, names), &read(core)?, exports, &[])
}

/// The same, with modules that answer other imports than those of the interface.
fn adapted(
    (project, names): (&Project, Names),
    core: &[u8],
    exports: &[(&str, &str)],
    adapters: &[(&str, &[u8])],
) -> Result<Made, BuildError> {
    let wit = sdk(project, "wit/strategy.wit")?;
    let wit = fs::read_to_string(&wit).map_err(|source| file_error(&wit, source))?;
    let world = World { wit: &wit, name: WORLD, exports, adapters };
    Ok(Made { component: encode::encode_for(core, &world, names)? })
}

fn sdk(project: &Project, place: &str) -> Result<PathBuf, BuildError> {
    let path = project.dir.join(SDK_FOLDER).join(place);
    if path.exists() { Ok(path) } else { Err(BuildError::NoSdk { path }) }
}

/// An empty file's place in the project's `target` folder.
fn scratch(project: &Project, name: &str) -> Result<PathBuf, BuildError> {
    let folder = project.dir.join("target").join("build");
    fs::create_dir_all(&folder).map_err(|source| file_error(&folder, source))?;
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file_error(&path, error)),
        Ok(()) | Err(_) => Ok(path),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|source| file_error(path, source))
}
