//! Question: how does a project in Zig, C or C++ become a component?
//!
//! In: `src/strategy.zig`, `.c` or `.cpp`. Out: a core module without operating system or standard library, which the SDK's
//! hand-written or generated bindings make a strategy, encoded. One toolchain, the `ziglang` package, compiles all three.

use std::path::Path;
use std::process::Command;

use super::{Made, compiled, scratch, sdk};
use crate::build::BuildError;
use crate::encode::Names;
use crate::project::Project;
use crate::tool::Tool;

const ZIG: Tool =
    Tool { name: "python-zig", install: "python3 -m venv .venv && .venv/bin/pip install ziglang==0.17.0" };

const TARGET: &str = "wasm32-freestanding";

/// What the toolchain makes.
const CORE: &str = "core.wasm";

/// Variables that say where the toolchain keeps what it has compiled; without them that is the home folder.
const CACHES: &[&str] = &["ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"];

/// With the checks of the language: what overflows or leaves a list halts the strategy.
pub(super) fn make_zig(project: &Project, names: Names) -> Result<Made, BuildError> {
    let (folder, out) = (sdk(project, "zig")?, scratch(project, CORE)?);
    let module = |name: &str, path: &Path| format!("-M{name}={}", path.display());
    run(project, |command| {
        command.args(["build-exe", "-target", TARGET, "-OReleaseSafe", "-fno-entry", "-rdynamic"]);
        command.arg(if names == Names::Kept { "-fno-strip" } else { "-fstrip" });
        command.arg(format!("-femit-bin={}", out.display()));
        command.args(["--dep", "strategy", "--dep", "ringfence"]).arg(module("root", &folder.join("main.zig")));
        command.args(["--dep", "ringfence"]).arg(module("strategy", Path::new("src/strategy.zig")));
        command.arg(module("ringfence", &folder.join("ringfence.zig")));
    })?;
    compiled((project, names), &out, &[])
}

pub(super) fn make_c(project: &Project, names: Names) -> Result<Made, BuildError> {
    link((project, names), Path::new("src/strategy.c"))
}

pub(super) fn make_cpp(project: &Project, names: Names) -> Result<Made, BuildError> {
    let (own, includes) = (sdk(project, "cpp")?, includes(project)?);
    let object = scratch(project, "strategy.o")?;
    run(project, |command| {
        command.arg("c++").args(FLAGS).args(["-std=c++20", "-fno-exceptions", "-fno-rtti"]).args(includes);
        command.arg(format!("-I{}", own.display())).args(["-c", "src/strategy.cpp", "-o"]).arg(&object);
    })?;
    link((project, names), &object)
}

/// Compiles C, or takes what is compiled, together with the SDK.
fn link((project, names): (&Project, Names), source: &Path) -> Result<Made, BuildError> {
    let (folder, includes, out) = (sdk(project, "c")?, includes(project)?, scratch(project, CORE)?);
    run(project, |command| {
        command
            .arg("cc")
            .args(FLAGS)
            .args(["-std=c17", "-Wl,--no-entry"])
            .args((names == Names::Dropped).then_some("-Wl,--strip-all"))
            .args(includes)
            .arg(source);
        command.arg(folder.join("ringfence.c")).arg(folder.join("bindings").join("strategy.c")).arg("-o").arg(&out);
    })?;
    compiled((project, names), &out, &[])
}

fn run(project: &Project, arguments: impl FnOnce(&mut Command)) -> Result<(), BuildError> {
    ZIG.run(&project.dir, |command| {
        keep_within(project, command);
        arguments(command);
    })
}

/// Unless the author says otherwise, what the toolchain keeps stays in the project's `target` folder.
fn keep_within(project: &Project, command: &mut Command) {
    let own = project.dir.join("target").join("build").join("zig-cache");
    for name in CACHES.iter().filter(|name| std::env::var_os(name).is_none()) {
        command.env(name, &own);
    }
}

/// Flags of C and C++; `ffp-contract` keeps product and sum apart, as everywhere else.
const FLAGS: &[&str] = &[
    "-target",
    TARGET,
    "-O2",
    "-flto",
    "-ffreestanding",
    "-ffp-contract=off",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-Werror=return-type",
    "-Werror=implicit-function-declaration",
];

/// Folders of headers, those that stand for a standard library last.
fn includes(project: &Project) -> Result<[String; 2], BuildError> {
    let folder = sdk(project, "c")?;
    Ok([format!("-I{}", folder.display()), format!("-isystem{}", folder.join("libc").display())])
}
