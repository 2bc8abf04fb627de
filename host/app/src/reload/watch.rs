//! Watch: which of these files were written, and are written no more?
//!
//! In: paths. Out: those that changed, once nothing has happened to them for a while. Must never: miss a file that was replaced
//! by renaming another onto it, which is how editors and compilers write.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Folders that are watched for some of their files.
pub(super) struct Watch {
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<notify::Event>>,
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

/// A file that is written without end is taken as it is after so many quiet times.
const ROUNDS_MAX: u32 = 25;

impl Watch {
    /// Watches the folders that these files are in: a file that is replaced is another file in the same folder.
    pub(super) fn new(files: impl IntoIterator<Item = PathBuf>) -> Result<Watch, String> {
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(move |event| {
            let _over = sender.send(event);
        });
        let watcher = watcher.map_err(|error| format!("files cannot be watched: {error}"))?;
        let mut watch = Watch { watcher, events, files: BTreeSet::new(), folders: BTreeSet::new() };
        files.into_iter().try_for_each(|file| watch.add(&file))?;
        Ok(watch)
    }

    /// Watches one more file.
    pub(super) fn add(&mut self, file: &Path) -> Result<(), String> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if self.folders.insert(folder.to_owned()) {
            let watched = self.watcher.watch(folder, RecursiveMode::NonRecursive);
            watched.map_err(|error| format!("{} cannot be watched: {error}", folder.display()))?;
        }
        self.files.insert(file.to_owned());
        Ok(())
    }

    /// Files that changed, once they have been quiet for so long; none when nothing happened for that long.
    pub(super) fn changed(&mut self, quiet: Duration) -> Vec<PathBuf> {
        let mut changed = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            match self.events.recv_timeout(quiet) {
                Ok(Ok(event)) => {
                    self.note(&event, &mut changed);
                    while let Ok(Ok(event)) = self.events.try_recv() {
                        self.note(&event, &mut changed);
                    }
                }
                // An event was lost: any file may have changed.
                Ok(Err(_)) => changed.extend(self.files.iter().cloned()),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    std::thread::park_timeout(quiet);
                    break;
                }
            }
        }
        changed.into_iter().collect()
    }

    fn note(&self, event: &notify::Event, changed: &mut BTreeSet<PathBuf>) {
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        if event.need_rescan() {
            changed.extend(self.files.iter().cloned());
        }
        changed.extend(event.paths.iter().filter(|path| self.files.contains(*path)).cloned());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const QUIET: Duration = Duration::from_millis(100);

    /// Names of the files that changed, after as many looks as it takes.
    fn changed(watch: &mut Watch) -> Vec<String> {
        for _ in 0..50 {
            let files = watch.changed(QUIET);
            if !files.is_empty() {
                return files.iter().map(|path| path.file_name().expect("a name").display().to_string()).collect();
            }
        }
        Vec::new()
    }

    #[test]
    fn a_file_that_is_written_or_replaced_is_told_once_and_others_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.wasm"), "1").expect("written");
        let mut watch = Watch::new([at("a.wasm"), at("late.wasm")]).expect("a watch");
        for part in ["2", "3", "4"] {
            fs::write(at("a.wasm"), part).expect("written");
        }
        assert_eq!(changed(&mut watch), ["a.wasm"]);
        fs::write(at("a.wasm.tmp"), "5").expect("written");
        fs::rename(at("a.wasm.tmp"), at("a.wasm")).expect("renamed");
        assert_eq!(changed(&mut watch), ["a.wasm"]);
        fs::write(at("other"), "6").expect("written");
        assert!(watch.changed(QUIET).is_empty());
        fs::write(at("late.wasm"), "7").expect("written");
        fs::remove_file(at("a.wasm")).expect("removed");
        assert_eq!(changed(&mut watch), ["a.wasm", "late.wasm"]);
    }
}
