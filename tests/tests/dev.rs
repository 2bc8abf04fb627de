//! `ringfence dev` on a terminal of its own: from a new project to the first fill, through a swap and a source that does not
//! build, to a sealed journal that replays.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ringfence_tests::setup::machine_code;
use ringfence_tests::{Run, binary, skip, workspace};

/// Longest wait for anything to show; a first build on a cold machine takes a minute.
const LIMIT: Duration = Duration::from_secs(400);

/// What a toolchain needs to find itself, and where what is built for all projects of these tests is kept.
fn environment() -> Vec<(&'static str, OsString)> {
    let known = ["HOME", "PATH", "CARGO_HOME", "RUSTUP_HOME"].into_iter();
    let mut all: Vec<_> = known.filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
    all.push(("CARGO_TARGET_DIR", workspace::target().join("tmp/authors").into()));
    all.push(("RINGFENCE_CACHE", machine_code().into()));
    all
}

fn run(arguments: &[&str]) -> Run {
    environment().into_iter().fold(Run::dev(arguments), |run, (name, value)| run.env(name, value))
}

/// A program on a terminal.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    pieces: Receiver<Vec<u8>>,
    shown: Vec<u8>,
    /// How much of it was looked at.
    seen: usize,
}

impl Terminal {
    /// `script` gives the program a terminal, and hands on what is typed and what is shown; `None` = it is not here.
    fn start(arguments: &[&str], dir: &Path) -> Option<Terminal> {
        let words =
            [binary::dev().display().to_string()].into_iter().chain(arguments.iter().map(|word| (*word).to_owned()));
        let words: Vec<String> = words.chain([dir.display().to_string()]).map(|word| format!("'{word}'")).collect();
        let line = format!("stty rows 40 cols 160; exec {}", words.join(" "));
        let mut command = Command::new("script");
        command.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
        command.env_clear().envs(environment()).env("TERM", "xterm-256color").env("SHELL", "/bin/sh");
        let mut child = match command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => panic!("`script` does not start: {error}"),
        };
        let (sender, pieces) = channel();
        let mut shown = child.stdout.take().expect("it is a pipe");
        std::thread::spawn(move || {
            let mut piece = vec![0; 4_096];
            while let Ok(count) = shown.read(&mut piece) {
                if count == 0 || sender.send(piece[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = child.stdin.take().expect("it is a pipe");
        Some(Terminal { child, keys, pieces, shown: Vec::new(), seen: 0 })
    }

    /// Waits until this text is shown, behind what was waited for before.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        loop {
            let shown = String::from_utf8_lossy(&self.shown[self.seen..]).into_owned();
            if let Some(at) = shown.find(text) {
                self.seen += at;
                return;
            }
            match self.pieces.recv_timeout(LIMIT) {
                Ok(piece) => self.shown.extend(piece),
                Err(error) => panic!("`{text}` is not shown ({error}):\n{}", shown.escape_debug()),
            }
        }
    }

    fn press(&mut self, key: &str) {
        self.keys.write_all(key.as_bytes()).and_then(|()| self.keys.flush()).expect("the terminal takes keys");
    }

    fn end(mut self) -> String {
        let status = self.child.wait().expect("a child of this process");
        assert!(status.success(), "{status}");
        while let Ok(piece) = self.pieces.recv_timeout(Duration::from_secs(5)) {
            self.shown.extend(piece);
        }
        String::from_utf8_lossy(&self.shown).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Written beside and renamed onto it, as editors do.
fn save(path: &Path, text: &str) {
    let beside = path.with_extension("rs.tmp");
    std::fs::write(&beside, text).expect("writable");
    std::fs::rename(&beside, path).expect("renamed");
}

/// The only folder in it.
fn only(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let first = entries.next().expect("one");
    assert!(entries.next().is_none(), "one journal");
    first
}

/// With the live view this is what somebody at a terminal goes through; where the program was built without, lines come.
#[test]
fn from_a_new_project_to_a_fill_a_swap_an_error_and_a_sealed_journal() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let dir = folder.path().join("my-cross");
    run(&["new"]).arg(&dir).finish().expect_code(0);
    let Some(mut terminal) = Terminal::start(&["dev", "--generate", "3", "--speed", "20"], &dir) else {
        skip!("there is no `script` on this machine, which makes a terminal");
    };
    terminal.wait_for("first-fill");
    let source = dir.join("src/lib.rs");
    let good = std::fs::read_to_string(&source).expect("the template has it");
    save(&source, &good.replace(">= self.slow.update(price)", "> self.slow.update(price)"));
    terminal.wait_for("swapped");
    save(&source, &good.replace("let is_up =", "let is_up = nothing_of_this_name +"));
    terminal.wait_for("nothing_of_this_name");
    terminal.press("?");
    // What does not change on a screen is not drawn again, so only a word is sure to come in one piece.
    terminal.wait_for("sealed");
    terminal.press("q");
    let shown = terminal.end();
    // Back on the screen of before, with the cursor: what a view took is given back.
    assert!(shown.contains("\u{1b}[?1049l") && shown.contains("\u{1b}[?25h"), "{}", shown.escape_debug());
    assert!(shown.contains("executes it again"), "{}", shown.escape_debug());
    let journal = only(&dir.join("target/dev"));
    let replayed = run(&["replay", "--verify", "--json"]).arg(&journal).finish();
    replayed.expect_code(0);
    assert_eq!(replayed.json()["match"], true);
    let swaps = run(&["inspect", "--json"]).arg(&journal).finish();
    let is_swap = |record: &serde_json::Value| record["event"] == "StrategySwapped";
    assert_eq!(swaps.json_lines().iter().filter(|record| is_swap(record)).count(), 1);

    // Without a terminal the same comes as lines.
    std::fs::write(&source, good).expect("writable");
    let lines = run(&["dev", "--json", "--speed", "max", "--rows", "2000"]).arg(&dir).finish();
    lines.expect_code(0);
    let kinds: Vec<String> =
        lines.json_lines().iter().map(|line| line["kind"].as_str().unwrap_or("").to_owned()).collect();
    assert_eq!(kinds[..2], ["built", "session"], "{kinds:?}");
    let first = kinds.iter().position(|kind| kind == "first-fill").expect("a fill");
    assert_eq!(kinds[first - 1], "fill");
    assert_eq!(lines.json_lines().last().expect("results")["rows"], 2_000);
}

#[test]
fn what_cannot_be_worked_on_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let nothing = run(&["dev"]).arg(folder.path()).finish();
    nothing.expect_code(2);
    assert!(nothing.stderr.contains("`ringfence new NAME` makes a project"), "{}", nothing.stderr);
    let bare = run(&["dev"]).arg(binary::strategy_source("ema-cross")).finish();
    bare.expect_code(2);
    assert!(bare.stderr.contains("name one with --config FILE"), "{}", bare.stderr);
}
