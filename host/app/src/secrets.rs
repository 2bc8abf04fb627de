//! Secrets: where does a secret come from, and may it be used?
//!
//! In: the name of a secret, the environment. Out: its bytes, in a value that shows nothing. Must never: show a secret in
//! `Debug`, `Display`, errors or logs, or take one that others could have read.
//!
//! A secret NAME comes from exactly one of: the file named by `NAME_FILE`, the file `NAME` in `$CREDENTIALS_DIRECTORY`,
//! or the variable `NAME` itself; an audit key comes from the file that a configuration or an argument names. Files belong
//! to their owner alone (mode 0600 or stricter). A service manager may give the group of the service the right to read
//! (systemd does, with mode 0440): in `$CREDENTIALS_DIRECTORY` folder and file are closed to others, and the group cannot
//! write. One line end is cut off.

use std::ffi::OsString;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::config::ConfigCode;

/// The secret that approvals are signed with.
pub const RISK_HMAC: &str = "AIS_RISK_HMAC_SECRET";

/// Shortest secret in bytes: the output length of the hash.
pub const SECRET_BYTES_MIN: usize = 32;

/// Shortest key of a venue in bytes: an empty one, or one that was copied in part, is a mistake. Those of the local exchange
/// are short.
pub const KEY_BYTES_MIN: usize = 6;

/// Longest secret in bytes; a longer file is not a secret but a mistake.
pub const SECRET_BYTES_MAX: u64 = 4096;

/// Bytes that nobody is shown.
pub struct Secret {
    bytes: Vec<u8>,
}

impl Secret {
    /// The bytes. Hand them to the key that needs them and to nothing else.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

/// Why a secret cannot be used. Names places, never content.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Given in more than one place.
    #[error("{name} is given in more than one place: {}", places.join(", "))]
    Ambiguous {
        /// Which secret.
        name: String,
        /// Where it was found.
        places: Vec<String>,
    },
    /// The file cannot be read.
    #[error("the file of {name}, {}, cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which secret.
        name: String,
        /// Its file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Others than the owner may read or write the file.
    #[error("the file of {name}, {}, has mode {mode:04o}; only its owner may have access (chmod 600)", path.display())]
    Shared {
        /// Which secret.
        name: String,
        /// Its file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A credential, or the folder of credentials, is open to others, or its group may write.
    #[error("the credential {name}: {} has mode {mode:04o}; others must have no access and the group must not write", path.display())]
    SharedCredential {
        /// Which secret.
        name: String,
        /// Its file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Too short or too long.
    #[error("{name} has {length} bytes, allowed are {min} to {SECRET_BYTES_MAX}")]
    Length {
        /// Which secret.
        name: String,
        /// Its length in bytes.
        length: usize,
        /// The shortest that is taken.
        min: usize,
    },
}

impl SecretError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ConfigCode {
        ConfigCode::Secret
    }
}

/// The process's environment, or a made-up one.
pub type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// The environment of this process.
#[must_use]
pub fn process_environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Reads a secret; `None` when it is given nowhere.
///
/// # Errors
/// [`SecretError`] when it is given twice, cannot be read, is open to others, too short or too long.
pub fn read(name: &str, environment: &Environment<'_>) -> Result<Option<Secret>, SecretError> {
    read_at_least(SECRET_BYTES_MIN, name, environment)
}

/// Reads a key that somebody else gave out, whose length is theirs to choose; `None` when it is given nowhere.
///
/// # Errors
/// As [`read`], with [`KEY_BYTES_MIN`].
pub fn read_key(name: &str, environment: &Environment<'_>) -> Result<Option<Secret>, SecretError> {
    read_at_least(KEY_BYTES_MIN, name, environment)
}

fn read_at_least(min: usize, name: &str, environment: &Environment<'_>) -> Result<Option<Secret>, SecretError> {
    let mut places = places(name, environment);
    if places.len() > 1 {
        let places = places.iter().map(|place| place.shown(name)).collect();
        return Err(SecretError::Ambiguous { name: name.to_owned(), places });
    }
    let Some(place) = places.pop() else { return Ok(None) };
    let bytes = match place {
        Place::Variable(value) => value.into_encoded_bytes(),
        Place::File(path) => read_file(name, &path)?,
        Place::Credential(path) => read_credential(name, &path)?,
    };
    of_length((name, min), bytes).map(Some)
}

/// Reads the secret in a file that a configuration or an argument names. Errors call it `name`.
///
/// # Errors
/// [`SecretError`] when it cannot be read, is open to others, too short or too long.
pub fn read_named(name: &str, path: &Path) -> Result<Secret, SecretError> {
    of_length((name, SECRET_BYTES_MIN), read_file(name, path)?)
}

fn of_length((name, min): (&str, usize), bytes: Vec<u8>) -> Result<Secret, SecretError> {
    if bytes.len() < min || bytes.len() as u64 > SECRET_BYTES_MAX {
        return Err(SecretError::Length { name: name.to_owned(), length: bytes.len(), min });
    }
    Ok(Secret { bytes })
}

/// Where a secret is given.
enum Place {
    Variable(OsString),
    File(PathBuf),
    /// A file in the folder of a service manager.
    Credential(PathBuf),
}

impl Place {
    fn shown(&self, name: &str) -> String {
        match self {
            Place::Variable(_) => format!("variable {name}"),
            Place::File(path) | Place::Credential(path) => format!("file {}", path.display()),
        }
    }
}

fn places(name: &str, environment: &Environment<'_>) -> Vec<Place> {
    let named = environment(&format!("{name}_FILE")).map(|path| Place::File(PathBuf::from(path)));
    let folder = environment("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(name));
    let credential = folder.filter(|path| path.exists()).map(Place::Credential);
    let variable = environment(name).map(Place::Variable);
    named.into_iter().chain(credential).chain(variable).collect()
}

fn read_file(name: &str, path: &Path) -> Result<Vec<u8>, SecretError> {
    read_private(name, path, OWNER_ONLY)
}

fn read_credential(name: &str, path: &Path) -> Result<Vec<u8>, SecretError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let unreadable = |error: std::io::Error| SecretError::Unreadable {
        name: name.to_owned(),
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    let shared =
        |path: &Path, mode| SecretError::SharedCredential { name: name.to_owned(), path: path.to_owned(), mode };
    if let Some(mode) = shared_mode(&folder.metadata().map_err(unreadable)?, GROUP_READS) {
        return Err(shared(folder, mode));
    }
    match read_private(name, path, GROUP_READS) {
        Err(SecretError::Shared { path, mode, .. }) => Err(shared(&path, mode)),
        other => other,
    }
}

/// Permission bits that nobody but the owner may have.
const OWNER_ONLY: u32 = 0o077;

/// Permission bits that must not be set where the group may read, and enter the folder.
const GROUP_READS: u32 = 0o027;

fn read_private(name: &str, path: &Path, forbidden: u32) -> Result<Vec<u8>, SecretError> {
    let unreadable = |reason: String| SecretError::Unreadable { name: name.to_owned(), path: path.to_owned(), reason };
    let file = crate::regular::open(path).map_err(|error| unreadable(error.to_string()))?;
    let metadata = file.metadata().map_err(|error| unreadable(error.to_string()))?;
    if let Some(mode) = shared_mode(&metadata, forbidden) {
        return Err(SecretError::Shared { name: name.to_owned(), path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    // One byte more than allowed, so that a file that is too long is seen to be.
    file.take(SECRET_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes)
}

/// The permission bits, when one of the forbidden ones is set.
#[cfg(unix)]
fn shared_mode(metadata: &std::fs::Metadata, forbidden: u32) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & forbidden != 0).then_some(mode)
}

/// Without Unix permission bits a file cannot be shown to be private, so none is taken.
#[cfg(not(unix))]
fn shared_mode(_: &std::fs::Metadata, _: u32) -> Option<u32> {
    Some(0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    fn file(folder: &Path, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).expect("the folder is writable");
        chmod(&path, mode);
        path
    }

    fn folder(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        chmod(folder.path(), mode);
        folder
    }

    fn chmod(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
    }

    /// Reads `S` in an environment of these variables; shows its length or the error.
    fn shown(variables: &[(&str, &Path)]) -> String {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.as_os_str().to_owned())
        };
        match read("S", &environment) {
            Ok(None) => "none".to_owned(),
            Ok(Some(secret)) => format!("{} bytes {secret:?}", secret.expose().len()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_secret_comes_from_variable_file_or_credentials_folder() {
        let folder = folder(0o700);
        let (private, named) = (file(folder.path(), "S", &format!("{LONG}\n"), 0o400), Path::new(LONG));
        assert_eq!(shown(&[]), "none");
        assert_eq!(shown(&[("S", named)]), "32 bytes Secret(not shown)");
        assert_eq!(shown(&[("S_FILE", &private)]), "32 bytes Secret(not shown)");
        assert_eq!(shown(&[("CREDENTIALS_DIRECTORY", folder.path())]), "32 bytes Secret(not shown)");
        assert_eq!(shown(&[("CREDENTIALS_DIRECTORY", Path::new("/nowhere"))]), "none");
    }

    #[test]
    fn two_places_are_one_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let private = file(folder.path(), "x", LONG, 0o600);
        let text = shown(&[("S", Path::new(LONG)), ("S_FILE", &private)]);
        assert!(
            text.starts_with("S is given in more than one place: file ") && text.ends_with(", variable S"),
            "{text}"
        );
        assert!(!text.contains(LONG));
    }

    #[test]
    fn a_file_that_others_can_read_or_write_is_refused_whatever_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o644, 0o610] {
            let path = file(folder.path(), "s", LONG, mode);
            assert!(shown(&[("S_FILE", &path)]).contains(&format!("has mode {mode:04o}")), "{mode:o}");
        }
        let path = file(folder.path(), "s", LONG, 0o600);
        assert_eq!(shown(&[("S_FILE", &path)]), "32 bytes Secret(not shown)");
    }

    #[test]
    fn a_credential_may_be_read_by_its_group_and_by_nobody_else() {
        let folder = folder(0o700);
        let of = |mode: u32| {
            file(folder.path(), "S", LONG, 0o600);
            file(folder.path(), "S", LONG, mode);
            shown(&[("CREDENTIALS_DIRECTORY", folder.path())])
        };
        for mode in [0o400, 0o440, 0o600, 0o640] {
            assert_eq!(of(mode), "32 bytes Secret(not shown)", "{mode:o}");
            std::fs::remove_file(folder.path().join("S")).unwrap();
        }
        for mode in [0o444, 0o404, 0o460, 0o604, 0o620] {
            assert!(of(mode).contains(&format!("has mode {mode:04o}; others must have no access")), "{mode:o}");
            std::fs::remove_file(folder.path().join("S")).unwrap();
        }
        chmod(folder.path(), 0o750);
        assert_eq!(of(0o440), "32 bytes Secret(not shown)");
        for mode in [0o755, 0o701, 0o770] {
            chmod(folder.path(), mode);
            assert!(
                shown(&[("CREDENTIALS_DIRECTORY", folder.path())]).contains(&format!("has mode {mode:04o}")),
                "{mode:o}"
            );
        }
    }

    #[test]
    fn a_secret_of_31_bytes_is_refused_and_4096_is_the_longest() {
        let folder = tempfile::tempdir().unwrap();
        let of = |length: usize| {
            let path = file(folder.path(), "s", &"x".repeat(length), 0o600);
            shown(&[("S_FILE", &path)])
        };
        assert_eq!(of(31), "S has 31 bytes, allowed are 32 to 4096");
        assert_eq!(of(32), "32 bytes Secret(not shown)");
        assert_eq!(of(4096), "4096 bytes Secret(not shown)");
        assert_eq!(of(4097), "S has 4097 bytes, allowed are 32 to 4096");
        assert_eq!(shown(&[("S", Path::new("short"))]), "S has 5 bytes, allowed are 32 to 4096");
    }

    #[test]
    fn an_absent_file_and_a_folder_are_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(shown(&[("S_FILE", &folder.path().join("none"))]).contains("cannot be read"));
        assert!(shown(&[("S_FILE", folder.path())]).contains("not a regular file"));
    }
}
