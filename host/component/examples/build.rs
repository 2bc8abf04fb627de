//! Builds strategy packages into components: `cargo run -p ringfence-component --example build -- OUT DIR…`

use std::path::{Path, PathBuf};

use ringfence_component::{BuildOptions, Names, Out, Tools, build_dir};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("usage: build OUT DIR…")?;
    let options = BuildOptions { out: Out::Folder(out), tools: Tools::from_env(), names: Names::Dropped };
    for dir in arguments {
        report(&dir, &options)?;
    }
    Ok(())
}

fn report(dir: &Path, options: &BuildOptions) -> Result<(), Box<dyn std::error::Error>> {
    let built = build_dir(dir, options).map_err(|error| error.to_string())?;
    println!("{} {} bytes sha256 {}", built.path.display(), built.size, built.sha256_hex());
    Ok(())
}
