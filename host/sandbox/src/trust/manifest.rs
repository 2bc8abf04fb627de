//! Manifests: what does a signer say of a component?
//!
//! In: what the signer wants to say, or the text beside a component. Out: that text, or what it says once the signature
//! holds. Must never: read a text in two ways; what differs from what a signer writes in one byte is refused.
//!
//! The file NAME.wasm.sig: a title, then a line for each of `sha256`, `strategy`, `version`, `wit`, `fuel-per-call`, `memory-mb`,
//! `key` and `signature`, in this order, name and value parted by one space. The signature is over the name of this format
//! and all lines before its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, VerifyingKey};
use ringfence_core::blob::Sha256Hash;

use super::key::{ComponentKey, SignerId, unhex};
use super::refused;
use crate::file::{ComponentBytes, open_regular};
use crate::refusal::{Refusal, hex};

const TITLE: &str = "ringfence-component-signature 1";
const DOMAIN: &[u8] = b"ringfence component signature 1\0";
const NAME_BYTES_MAX: usize = 64;
/// Longer texts are none of ours.
pub const SIGNATURE_BYTES_MAX: u64 = 2_048;

/// What is said of a component beside its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Which strategy it is: 1 to 64 of letters, digits, `.`, `_` and `-`.
    pub strategy: String,
    /// Grows with every release of the strategy; from 1.
    pub version: u64,
    /// Interface version it was built for.
    pub wit: String,
    /// Most fuel that a call of it may be given.
    pub fuel_per_call: u64,
    /// Most memory that it may be given, in MiB.
    pub memory_mb: u64,
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not what a signer writes.
    #[error("not the text of a signature: {0}")]
    Text(&'static str),
    /// It is of another file.
    #[error("signed was another file, with the SHA-256 {}", hex(.0))]
    Hash(Sha256Hash),
    /// The key did not sign this.
    #[error("the signature is not one of key {0}")]
    Signature(SignerId),
}

/// A manifest with the signature of somebody. Nothing of it is true before it was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// SHA-256 of the component that was signed.
    pub sha256: Sha256Hash,
    /// What is said of it.
    pub manifest: Manifest,
    /// Who says so.
    pub signer: SignerId,
    signature: [u8; 64],
}

impl Manifest {
    /// Signs a component with this manifest.
    ///
    /// # Errors
    /// [`SignatureError::Text`] when the manifest cannot be written down: a name that is none, version 0.
    pub fn sign(self, component: &ComponentBytes, key: &ComponentKey) -> Result<Signed, SignatureError> {
        self.check()?;
        let signer = key.id();
        let unsigned = Signed { sha256: component.sha256(), manifest: self, signer, signature: [0; 64] };
        let signature = key.sign(&unsigned.message());
        Ok(Signed { signature, ..unsigned })
    }

    fn check(&self) -> Result<(), SignatureError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_name = |text: &str| (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_plain);
        if !is_name(&self.strategy) {
            return Err(SignatureError::Text("a strategy is named by 1 to 64 letters, digits, dots, `_` and `-`"));
        }
        if !is_name(&self.wit) {
            return Err(SignatureError::Text("the interface version is none"));
        }
        if self.version == 0 { Err(SignatureError::Text("versions begin with 1")) } else { Ok(()) }
    }
}

impl Signed {
    /// Reads the text of a signature.
    ///
    /// # Errors
    /// [`SignatureError::Text`].
    pub fn parse(bytes: &[u8]) -> Result<Signed, SignatureError> {
        let text = str::from_utf8(bytes).map_err(|_| SignatureError::Text("not UTF-8"))?;
        if text.is_empty() {
            return Err(SignatureError::Text("it is empty"));
        }
        let mut lines = Lines(text.lines());
        lines.title()?;
        let sha256 = unhex(lines.value("sha256")?).ok_or(SignatureError::Text("sha256 is no hash"))?;
        let manifest = Manifest {
            strategy: lines.value("strategy")?.to_owned(),
            version: lines.number("version")?,
            wit: lines.value("wit")?.to_owned(),
            fuel_per_call: lines.number("fuel-per-call")?,
            memory_mb: lines.number("memory-mb")?,
        };
        manifest.check()?;
        let signer = SignerId::parse(lines.value("key")?).map_err(|_| SignatureError::Text("key is no key"))?;
        let signature = unhex(lines.value("signature")?).ok_or(SignatureError::Text("signature is none"))?;
        let signed = Signed { sha256, manifest, signer, signature };
        // One way to write it: whatever else stands there, was left out or is written otherwise.
        if signed.text() == text { Ok(signed) } else { Err(SignatureError::Text("it is not written as signers write")) }
    }

    /// The text of the file beside the component.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}signature {}\n", self.said(), hex(&self.signature))
    }

    /// Holds the signature against the bytes that have this hash.
    ///
    /// # Errors
    /// [`SignatureError::Hash`] or [`SignatureError::Signature`].
    pub fn verify(&self, sha256: Sha256Hash) -> Result<(), SignatureError> {
        if self.sha256 != sha256 {
            return Err(SignatureError::Hash(self.sha256));
        }
        let wrong = |_| SignatureError::Signature(self.signer);
        let key = VerifyingKey::from_bytes(&self.signer.0).map_err(wrong)?;
        key.verify_strict(&self.message(), &Signature::from_bytes(&self.signature)).map_err(wrong)
    }

    fn said(&self) -> String {
        let Manifest { strategy, version, wit, fuel_per_call, memory_mb } = &self.manifest;
        format!(
            "{TITLE}\nsha256 {}\nstrategy {strategy}\nversion {version}\nwit {wit}\nfuel-per-call {fuel_per_call}\n\
             memory-mb {memory_mb}\nkey {}\n",
            hex(&self.sha256),
            self.signer
        )
    }

    fn message(&self) -> Vec<u8> {
        [DOMAIN, self.said().as_bytes()].concat()
    }
}

struct Lines<'a>(std::str::Lines<'a>);

impl<'a> Lines<'a> {
    fn title(&mut self) -> Result<(), SignatureError> {
        let is_title = self.0.next() == Some(TITLE);
        if is_title { Ok(()) } else { Err(SignatureError::Text("it does not begin as one")) }
    }

    fn value(&mut self, name: &str) -> Result<&'a str, SignatureError> {
        let line = self.0.next().ok_or(SignatureError::Text("it is cut off"))?;
        let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
        value.ok_or(SignatureError::Text("a line is missing or cut off"))
    }

    fn number(&mut self, name: &str) -> Result<u64, SignatureError> {
        self.value(name)?.parse().map_err(|_| SignatureError::Text("a number is none"))
    }
}

/// Where the signature of a component lies when nothing else is said: beside it, with `.sig` behind its name.
#[must_use]
pub fn signature_path(component: &Path) -> PathBuf {
    let mut name = OsString::from(component);
    name.push(".sig");
    PathBuf::from(name)
}

/// Reads the text of a signature; `None` when there is no such file.
///
/// # Errors
/// `E-SIGNATURE` when what lies there is no regular file, too long, or cannot be read.
pub fn signature_text(path: &Path) -> Result<Option<Vec<u8>>, Refusal> {
    use std::io::Read;
    let file = match open_regular(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| refused(format!("{}: {error}", path.display())))?,
    };
    let mut bytes = Vec::new();
    let read = file.take(SIGNATURE_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| refused(format!("{}: {error}", path.display())))?;
    if bytes.len() as u64 > SIGNATURE_BYTES_MAX {
        return Err(refused(format!("{} has more than {SIGNATURE_BYTES_MAX} bytes", path.display())));
    }
    Ok(Some(bytes))
}
