//! Which files does `ringfence new` write? Lists templates, SDKs and the WIT, so that the binary holds all of them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folder in a project, folder in the repository, endings that are taken.
const SOURCES: &[(&str, &str, &[&str])] = &[
    ("wit", "../../wit", &["wit"]),
    ("guest-sdk/rust/src", "../../guest-sdk/rust/src", &["rs"]),
    ("guest-sdk/rust-derive/src", "../../guest-sdk/rust-derive/src", &["rs"]),
    ("guest-sdk/rust-debug/src", "../../guest-sdk/rust-debug/src", &["rs"]),
    ("python/debug", "../../guest-sdk/python/debug", &["py"]),
    ("python/src", "../../guest-sdk/python/src", &["py", "typed"]),
    ("python/bindings", "../../guest-sdk/python/bindings", &["py"]),
    ("javascript", "../../guest-sdk/javascript", &["js", "ts", "json"]),
    ("c", "../../guest-sdk/c", &["c", "h"]),
    ("cpp", "../../guest-sdk/cpp", &["hpp"]),
    ("zig", "../../guest-sdk/zig", &["zig"]),
    ("go", "../../guest-sdk/go", &["go", "mod"]),
    ("assemblyscript", "../../guest-sdk/assemblyscript", &["ts", "json"]),
];

/// Folders that tools make beside sources.
const MADE: &[&str] = &["__pycache__", ".mypy_cache", ".pytest_cache", "node_modules", "target"];

fn main() -> io::Result<()> {
    let mut list = String::from(
        "/// Files of SDKs and interface: place in `.ringfence`, content.\npub(super) const SDK: &[(&str, &str)] = &[\n",
    );
    for (place, folder, endings) in SOURCES {
        each(&absolute(folder), &mut |file, inner| {
            let is_taken = file.extension().is_some_and(|end| endings.iter().any(|known| end == *known));
            if is_taken {
                entry(&mut list, &format!("{place}/{inner}"), file);
            }
        })?;
    }
    list.push_str("];\n\n/// Files of templates: place under `templates`, content.\npub(super) const TEMPLATES: &[(&str, &str)] = &[\n");
    each(&absolute("templates"), &mut |file, inner| entry(&mut list, inner, file))?;
    list.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("embedded.rs"), list)
}

fn absolute(folder: &str) -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
    Path::new(&manifest).join(folder)
}

fn entry(list: &mut String, place: &str, file: &Path) {
    let path = file.display().to_string();
    writeln!(list, "    ({place:?}, include_str!({path:?})),").expect("text takes everything");
}

/// Visits every file below a folder in order of its name, with its path from there.
fn each(folder: &Path, visit: &mut dyn FnMut(&Path, &str)) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut open = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            let is_made = path.file_name().is_some_and(|name| MADE.iter().any(|made| name == *made));
            if !path.is_dir() {
                files.push(path);
            } else if !is_made {
                open.push(path);
            }
        }
    }
    files.sort();
    for file in &files {
        let inner = file.strip_prefix(folder).expect("it lies below").to_string_lossy().replace('\\', "/");
        visit(file, &inner);
    }
    Ok(())
}
