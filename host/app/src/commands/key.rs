//! `ringfence key`: keys that sign.
//!
//! In: a place for a key file, random bytes of the operating system. Out: the file, and the id of the key. Must never:
//! show a secret, overwrite a key, or write one that others could read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ringfence_journal::checkpoint::AuditKey;
use ringfence_sandbox::ComponentKey;
use serde_json::json;

use crate::config::ConfigCode;
use crate::exit::{Exit, Failure, Fault};
use crate::output::{Form, Output};
use crate::secrets::{self, SecretError};

/// Make and show keys: one that signs checkpoints of journals, or one that signs components.
///
/// A key file says what its key is for, and is taken for nothing else. Neither is the secret that approves orders.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key: a file that only its owner can read. The id is public: hand it to auditors, or to those who run what you
    /// sign.
    #[command(after_help = "\
Example:
  ringfence key new audit.key
  ringfence key new signer.key --for components
  ringfence backtest --config config/w1_ema_cross.toml --data trades.csv --journal run1 --audit-key audit.key")]
    New(NewFile),
    /// Print the id of a key, and what it is for.
    #[command(after_help = "\
Example:
  ringfence key show audit.key")]
    Show(File),
}

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Purpose {
    /// Checkpoints of journals.
    Journals,
    /// Components.
    Components,
}

#[derive(Debug, clap::Args)]
struct NewFile {
    /// The key file.
    file: PathBuf,
    /// What it signs.
    #[arg(long = "for", value_name = "WHAT", default_value = "journals")]
    purpose: Purpose,
}

#[derive(Debug, clap::Args)]
struct File {
    /// The key file.
    file: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// A file that is there already, or is none that holds a key (usage); a disk or a random source that fails (outside).
pub fn run(args: &Args, out: &mut Output) -> Result<Exit, Failure> {
    let (file, purpose, id) = match &args.command {
        Command::New(NewFile { file, purpose }) => (file, *purpose, new(file, *purpose)?),
        Command::Show(File { file }) => {
            let (purpose, id) = show(file)?;
            (file, purpose, id)
        }
    };
    let name = match purpose {
        Purpose::Journals => "audit_id",
        Purpose::Components => "signer_id",
    };
    match out.form() {
        Form::Json => out.json(&json!({ "path": file.display().to_string(), name: id })),
        Form::Text => out.line(id),
    }
    Ok(Exit::Fine)
}

/// The id of a key of any purpose.
fn show(file: &Path) -> Result<(Purpose, String), Failure> {
    let secret = secrets::read_named("key", file).map_err(|fault| KeyFault::from(fault).failure())?;
    if let Ok(key) = ComponentKey::from_file(secret.expose()) {
        return Ok((Purpose::Components, key.id().to_string()));
    }
    let key = read(file).map_err(|fault| fault.failure())?;
    Ok((Purpose::Journals, key.id().to_string()))
}

/// The key that signs components in a file that belongs to its owner alone.
pub(crate) fn component_key(file: &Path) -> Result<ComponentKey, Failure> {
    let secret = secrets::read_named("component key", file).map_err(|fault| KeyFault::from(fault).failure())?;
    ComponentKey::from_file(secret.expose()).map_err(|error| {
        let fault = Fault::new(format!("{}: {error}", file.display())).coded(ConfigCode::Secret.code());
        Failure::Usage(fault.fixed_by("`ringfence key new FILE --for components` makes a key"))
    })
}

/// Why a file gives no audit key. Names places, never content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFault {
    /// It cannot be read, or others can.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// It holds something else.
    #[error("{}: {error}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        error: ringfence_journal::checkpoint::AuditError,
    },
}

impl KeyFault {
    /// For a file that an argument names.
    pub(crate) fn failure(&self) -> Failure {
        let fault = Fault::new(self.to_string()).coded(ConfigCode::Secret.code());
        Failure::Usage(fault.fixed_by("`ringfence key new FILE` makes a key"))
    }
}

/// The key in a file that belongs to its owner alone.
pub(crate) fn read(path: &Path) -> Result<AuditKey, KeyFault> {
    let secret = secrets::read_named("audit_key", path)?;
    AuditKey::from_file(secret.expose()).map_err(|error| KeyFault::Content { path: path.to_owned(), error })
}

fn new(path: &Path, purpose: Purpose) -> Result<String, Failure> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| Failure::outside(format!("the system gives no random bytes: {error}")))?;
    let (id, content) = match purpose {
        Purpose::Journals => {
            let key = AuditKey::generate(&secret);
            (key.id().to_string(), key.to_file())
        }
        Purpose::Components => {
            let key = ComponentKey::generate(&secret);
            (key.id().to_string(), key.to_file())
        }
    };
    match create(path, &content) {
        Ok(()) => Ok(id),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let fault = Fault::new(format!("{} is there already, and a key is never overwritten", path.display()));
            Err(Failure::Usage(fault.fixed_by("name another file")))
        }
        Err(error) => Err(Failure::outside(format!("{}: {error}", path.display()))),
    }
}

/// A new file with this content, or none: half a key is no key.
fn create(path: &Path, content: &str) -> io::Result<()> {
    let mut file = private(path)?;
    let written = file.write_all(content.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // What keeps the file from being removed is the same fault; the first one is told.
        std::fs::remove_file(path).ok();
    }
    written
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Without Unix permission bits a file cannot be made private, so none is made.
#[cfg(not(unix))]
fn private(_: &Path) -> io::Result<std::fs::File> {
    Err(io::ErrorKind::Unsupported.into())
}
