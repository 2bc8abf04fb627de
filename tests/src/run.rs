//! Runs: what does the binary print, with which exit code, and what does it leave in its folder?
//!
//! In: a binary, arguments, files to lie in its folder. Out: exit code, stdout, stderr, the folder. Must never: let the
//! run see the caller's environment (secrets, switches, caches) or wait for ever.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use crate::scrub::Scrubber;
use crate::{binary, data};

/// A run may take this long before it is killed and the test fails; whole real files in the dev profile need minutes.
const LIMIT: Duration = Duration::from_secs(600);

/// A run of the binary to be: in an empty folder of its own, with an empty environment but for `PATH`, `HOME` (that
/// folder) and `RINGFENCE_DATA`.
#[derive(Debug)]
pub struct Run {
    command: Command,
    folder: TempDir,
    limit: Duration,
    input: Stdio,
}

/// A run that ended. Its folder lives as long as this value.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; `None` when a signal ended the run.
    pub code: Option<i32>,
    /// Standard output as text; bytes that are no UTF-8 become U+FFFD.
    pub stdout: String,
    /// Standard error as text; bytes that are no UTF-8 become U+FFFD.
    pub stderr: String,
    folder: TempDir,
}

impl Run {
    /// A run of the dev binary, see [`binary::dev`].
    #[must_use]
    pub fn dev<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
        Run::of(binary::dev(), arguments)
    }

    /// A run of any binary.
    ///
    /// # Panics
    /// If no temporary folder can be made.
    #[must_use]
    pub fn of<A: AsRef<OsStr>>(program: &Path, arguments: impl IntoIterator<Item = A>) -> Run {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", folder.path()).env("RINGFENCE_DATA", data::folder());
        Run { command, folder, limit: LIMIT, input: Stdio::null() }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Run {
        self.command.env(name, value);
        self
    }

    /// Another limit than ten minutes.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Run {
        self.limit = limit;
        self
    }

    /// Appends an argument, for paths that depend on [`Run::path`].
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Run {
        self.command.arg(argument.into());
        self
    }

    /// Appends arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.command.args(arguments);
        self
    }

    /// Writes a file into the folder of the run; `name` may contain folders.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Run {
        let path = self.path(name);
        let parent = path.parent().expect("the path lies in the folder of the run");
        std::fs::create_dir_all(parent).expect("the folder of the run is writable");
        std::fs::write(&path, content).expect("the folder of the run is writable");
        self
    }

    /// What stands on standard input; otherwise there is nothing.
    ///
    /// # Panics
    /// If it cannot be kept in the folder of the run.
    #[must_use]
    pub fn input(self, text: &str) -> Run {
        let run = self.file("standard-input", text);
        let file = std::fs::File::open(run.path("standard-input")).expect("it was written just now");
        Run { input: file.into(), ..run }
    }

    /// Absolute path of `name` in the folder of the run.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs to the end.
    ///
    /// # Panics
    /// If the binary does not start, or does not end within the limit (it is killed and what it said is shown).
    #[must_use]
    pub fn finish(mut self) -> Finished {
        self.command.stdin(self.input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        let (stdout, stderr) = (text_of(child.stdout.take()), text_of(child.stderr.take()));
        let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(self.limit), stderr.recv_timeout(self.limit)) else {
            child.kill().expect("a child of this process can be killed");
            end_of(&mut child);
            panic!("killed after {:?}: {:?}", self.limit, self.command);
        };
        Finished { code: end_of(&mut child).code(), stdout, stderr, folder: self.folder }
    }
}

/// A run that goes on. It is killed when this value goes away first.
#[derive(Debug)]
pub struct Running {
    child: Child,
    folder: TempDir,
    limit: Duration,
    stdout: mpsc::Receiver<String>,
    lines: mpsc::Receiver<String>,
    stderr: String,
}

impl Run {
    /// Starts the run and lets it go on.
    ///
    /// # Panics
    /// If the binary does not start.
    #[must_use]
    pub fn start(mut self) -> Running {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        let (stdout, lines) = (text_of(child.stdout.take()), lines_of(child.stderr.take()));
        let Run { folder, limit, .. } = self;
        Running { child, folder, limit, stdout, lines, stderr: String::new() }
    }
}

impl Running {
    /// Waits until standard error has a line with this text.
    ///
    /// # Panics
    /// If the run ends or the limit passes before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        loop {
            let Ok(line) = self.lines.recv_timeout(self.limit) else {
                panic!("no line with `{text}`\n--- stderr\n{}", self.stderr);
            };
            self.stderr.push_str(&line);
            self.stderr.push('\n');
            if line.contains(text) {
                return;
            }
        }
    }

    /// Number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Absolute path of `name` in the folder of the run.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// If it does not within the limit.
    #[must_use]
    pub fn wait(self) -> Finished {
        self.ended()
    }

    /// Sends the signal of Ctrl-C and waits for the end.
    ///
    /// # Panics
    /// If the signal cannot be sent, or the run does not end within the limit.
    #[must_use]
    pub fn interrupt(self) -> Finished {
        self.signal("INT")
    }

    /// Sends the signal by which a service manager ends a program, and waits for the end.
    ///
    /// # Panics
    /// If the signal cannot be sent, or the run does not end within the limit.
    #[must_use]
    pub fn terminate(self) -> Finished {
        self.signal("TERM")
    }

    /// What follows this text in the first line of standard error that has it, of those that were waited for.
    #[must_use]
    pub fn said(&self, text: &str) -> Option<&str> {
        self.stderr.lines().find_map(|line| line.split_once(text).map(|(_, rest)| rest))
    }

    /// Standard error so far.
    pub fn heard(&mut self) -> &str {
        self.stderr.extend(self.lines.try_iter().map(|line| line + "\n"));
        &self.stderr
    }

    fn signal(self, name: &str) -> Finished {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal is sent");
        self.ended()
    }

    fn ended(mut self) -> Finished {
        let Ok(stdout) = self.stdout.recv_timeout(self.limit) else {
            panic!("still running after {:?}\n--- stderr\n{}", self.limit, self.stderr);
        };
        self.stderr.extend(self.lines.iter().map(|line| line + "\n"));
        let code = end_of(&mut self.child).code();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a temporary folder can be made"));
        Finished { code, stdout, stderr: std::mem::take(&mut self.stderr), folder }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

impl Finished {
    /// Asserts the exit code; both outputs are shown when it is another.
    ///
    /// # Panics
    /// If the exit code is another.
    #[track_caller]
    pub fn expect_code(&self, want: i32) -> &Finished {
        let (out, err) = (&self.stdout, &self.stderr);
        assert_eq!(self.code, Some(want), "exit code\n--- stdout\n{out}\n--- stderr\n{err}");
        self
    }

    /// Standard output as one JSON value.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON: {error}\n{}\n--- stderr\n{}", self.stdout, self.stderr))
    }

    /// Standard output as JSON values, one a line.
    ///
    /// # Panics
    /// If a line is none.
    #[must_use]
    #[track_caller]
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON: {error}\n{line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// Absolute path of `name` in the folder of the run.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Both outputs and the exit code as one text without this machine's paths, for expected texts.
    #[must_use]
    pub fn transcript(&self) -> String {
        let code = self.code.map_or("signal".to_owned(), |code| code.to_string());
        let mut text = format!("exit {code}\n");
        for (name, output) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !output.is_empty() {
                text.push_str(&format!("--- {name}\n{}\n", output.trim_end()));
            }
        }
        Scrubber::for_folder(self.folder.path()).scrub(&text)
    }
}

/// Reads a pipe to its end on a thread of its own, so that neither pipe of a child fills up and stops it.
fn text_of(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let mut pipe = pipe.expect("both outputs of the child are piped");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let text = match pipe.read_to_end(&mut bytes) {
            Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("unreadable: {error}"),
        };
        // The receiver is gone only after the limit; then nobody wants the text.
        sender.send(text).ok();
    });
    receiver
}

/// Lines of a pipe, as they come.
fn lines_of(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let pipe = pipe.expect("both outputs of the child are piped");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn end_of(child: &mut Child) -> ExitStatus {
    child.wait().expect("a child of this process can be waited for")
}
