//! Builder: when is a strategy built again, and what came of it?
//!
//! In: the source's folder, a wish to build. Out: a component in its place, or what the tools say. Must never: run on the
//! session's thread, or take what a build writes for a change of the source.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use ringfence_component::{BuildError, BuildOptions, Built, Names, Out, Project, Tools, build_dir, build_project};

use super::board::{Build, Desk};
use super::news::{News, Tone};
use super::spectator::now;
use crate::exit::Failure;
use crate::render::Fields;

/// What is built, and where to.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Folder of the project or of the Cargo package.
    pub(crate) dir: PathBuf,
    /// What its project file says; `None` = a Cargo package.
    pub(crate) project: Option<Project>,
    /// The component's file.
    pub(crate) component: PathBuf,
    /// The configuration, which is watched by itself.
    pub(crate) config: PathBuf,
}

/// Folders in which builds, package managers and editors write.
const NOT_SOURCE: &[&str] =
    &["target", ".git", ".ringfence", ".venv", "node_modules", "__pycache__", ".idea", ".vscode"];

/// Time without a change after which the source counts as saved: editors write more than once.
const QUIET: Duration = Duration::from_millis(200);

/// Why something is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    /// A file changed.
    Changed,
    /// Somebody wants it.
    Asked,
    /// No more builds.
    Over,
}

impl Source {
    /// Builds it here and now.
    ///
    /// # Errors
    /// See [`BuildError`].
    fn build(&self) -> Result<Built, BuildError> {
        let options =
            BuildOptions { out: Out::File(self.component.clone()), tools: Tools::from_env(), names: Names::Dropped };
        match &self.project {
            Some(project) => build_project(project, &options),
            None => build_dir(&self.dir, &options),
        }
    }

    /// Builds it and tells what came of it.
    ///
    /// # Errors
    /// See [`BuildError`]; it was told.
    pub(crate) fn build_and_tell(&self, desk: &Desk) -> Result<(), BuildError> {
        desk.board().build = Build::UnderWay;
        let began = now();
        let built = self.build();
        let seconds = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        match built {
            Ok(built) => {
                desk.board().build = Build::Fine;
                let hash: String = built.sha256[..6].iter().map(|byte| format!("{byte:02x}")).collect();
                let fields = Fields::new().with("seconds", seconds).with("bytes", built.size).with("component", hash);
                desk.tell(&News::new("built", Tone::Good, fields).with_body(built.warnings.trim_end()));
                Ok(())
            }
            Err(error) => {
                let text = error.to_string();
                desk.board().build = Build::Failed(text.clone());
                desk.tell(&News::text_of("build-failed", Tone::Bad, format!("after {seconds} s")).with_body(text));
                Err(error)
            }
        }
    }

    /// Whether a change of this path is one of the source.
    fn is_source(&self, path: &Path) -> bool {
        let inner = path.strip_prefix(&self.dir).unwrap_or(path);
        let mut parts = inner.components().map(|part| part.as_os_str().to_string_lossy());
        let is_scratch =
            path.extension().is_some_and(|end| end == "tmp" || end == "swp") || path.to_string_lossy().ends_with('~');
        path != self.component && path != self.config && !is_scratch && !parts.any(|part| NOT_SOURCE.contains(&&*part))
    }
}

/// Builds whenever the source changes, until it is dropped.
pub(crate) struct Builder {
    wakes: Sender<Wake>,
    thread: Option<JoinHandle<()>>,
    _watcher: RecommendedWatcher,
}

impl Builder {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system gives no watch or no thread.
    pub(crate) fn start(source: Source, desk: Arc<Desk>) -> Result<Builder, Failure> {
        let (wakes, woken) = channel();
        let watcher = watch(&source, wakes.clone())?;
        let work = move || work(&source, &woken, &desk);
        let thread = std::thread::Builder::new().name("build".to_owned()).spawn(work);
        let thread = thread.map_err(|error| Failure::outside(format!("no thread: {error}")))?;
        Ok(Builder { wakes, thread: Some(thread), _watcher: watcher })
    }

    /// Somebody who can ask for a build.
    pub(crate) fn bell(&self) -> Bell {
        Bell(self.wakes.clone())
    }
}

/// Asks for a build.
#[derive(Clone, Debug)]
pub(crate) struct Bell(Sender<Wake>);

impl Bell {
    /// Builds, whether or not anything changed.
    pub(crate) fn ring(&self) {
        self.0.send(Wake::Asked).ok();
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        self.wakes.send(Wake::Over).ok();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn watch(source: &Source, wakes: Sender<Wake>) -> Result<RecommendedWatcher, Failure> {
    let fault = |error: notify::Error| Failure::outside(format!("{} cannot be watched: {error}", source.dir.display()));
    let known = source.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_change = match &event {
            Ok(event) => {
                !matches!(event.kind, EventKind::Access(_))
                    && (event.need_rescan() || event.paths.iter().any(|path| known.is_source(path)))
            }
            // An event was lost: something may have changed.
            Err(_) => true,
        };
        if is_change {
            wakes.send(Wake::Changed).ok();
        }
    })
    .map_err(fault)?;
    watched(&mut watcher, source).map_err(fault)?;
    Ok(watcher)
}

/// Watches the folder and what is in it, but not where builds write: that may be a hundred thousand files.
fn watched(watcher: &mut RecommendedWatcher, source: &Source) -> notify::Result<()> {
    watcher.watch(&source.dir, RecursiveMode::NonRecursive)?;
    for entry in std::fs::read_dir(&source.dir).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && source.is_source(&entry.path()) {
            watcher.watch(&entry.path(), RecursiveMode::Recursive)?;
        }
    }
    Ok(())
}

fn work(source: &Source, woken: &Receiver<Wake>, desk: &Desk) {
    while let Some(wake) = quiet(woken) {
        if wake == Wake::Over {
            return;
        }
        // What is built replaces the component, and that is what the session's own watch looks at.
        let _told = source.build_and_tell(desk);
    }
}

/// Waits for a change and then until nothing changes any more; `None` = nobody can change anything.
fn quiet(woken: &Receiver<Wake>) -> Option<Wake> {
    let mut wake = woken.recv().ok()?;
    while wake == Wake::Changed {
        match woken.recv_timeout(QUIET) {
            Ok(next) => wake = next,
            Err(RecvTimeoutError::Timeout) => return Some(wake),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    Some(wake)
}

/// Waits until the source changes; false when `is_over` says so first.
pub(crate) fn wait_for_change(source: &Source, is_over: &dyn Fn() -> bool) -> Result<bool, Failure> {
    let (wakes, woken) = channel();
    let _watcher = watch(source, wakes)?;
    loop {
        match woken.recv_timeout(QUIET) {
            Ok(_) => {
                while woken.recv_timeout(QUIET).is_ok() {}
                return Ok(!is_over());
            }
            Err(RecvTimeoutError::Timeout) if !is_over() => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(dir: &Path) -> Source {
        Source {
            dir: dir.to_owned(),
            project: None,
            component: dir.join("target/x.wasm"),
            config: dir.join("host.toml"),
        }
    }

    #[test]
    fn what_a_build_or_an_editor_writes_is_no_change_of_the_source() {
        let source = source(Path::new("/p"));
        for own in ["/p/src/lib.rs", "/p/strategy.py", "/p/Cargo.toml", "/p/src/deep/a.ts"] {
            assert!(source.is_source(Path::new(own)), "{own}");
        }
        for other in [
            "/p/host.toml",
            "/p/target/x.wasm",
            "/p/target/a/b",
            "/p/.git/index",
            "/p/.ringfence/bindings/a.py",
            "/p/src/a.rs~",
        ] {
            assert!(!source.is_source(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn changes_in_a_row_are_one_and_a_wish_is_met_at_once() {
        let (wakes, woken) = channel();
        for wake in [Wake::Changed, Wake::Changed, Wake::Changed] {
            wakes.send(wake).expect("received");
        }
        assert_eq!(quiet(&woken), Some(Wake::Changed));
        wakes.send(Wake::Asked).expect("received");
        assert_eq!(quiet(&woken), Some(Wake::Asked));
        wakes.send(Wake::Changed).expect("received");
        wakes.send(Wake::Over).expect("received");
        assert_eq!(quiet(&woken), Some(Wake::Over));
        drop(wakes);
        assert_eq!(quiet(&woken), None);
    }

    #[test]
    fn a_saved_file_ends_the_wait_and_one_below_target_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path();
        std::fs::create_dir_all(dir.join("src")).expect("made");
        std::fs::create_dir_all(dir.join("target")).expect("made");
        let writer = {
            let dir = dir.to_owned();
            move |file: &str| {
                let path = dir.join(file);
                std::thread::spawn(move || {
                    std::thread::park_timeout(Duration::from_millis(100));
                    std::fs::write(path, "x").expect("written");
                })
            }
        };
        let saved = writer("src/lib.rs");
        assert!(wait_for_change(&source(dir), &|| false).expect("watched"));
        saved.join().expect("written");
        let built = writer("target/x.wasm");
        let looks = std::cell::Cell::new(0);
        let is_over = || {
            looks.set(looks.get() + 1);
            looks.get() > 3
        };
        assert!(!wait_for_change(&source(dir), &is_over).expect("watched"));
        built.join().expect("written");
    }
}
