//! Keys of signers: who signs components?
//!
//! In: random bytes, the content of a key file. Out: a key that signs, and its public half. Must never: show the secret, or
//! take a key that was made for another purpose.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};

use crate::refusal::hex;

const TITLE: &str = "ringfence-component-key 1";
/// How every key file begins, whatever the key is for.
const ANY_TITLE: &str = "ringfence-";

/// The public half of a key that signs components, and its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignerId(pub [u8; 32]);

impl SignerId {
    /// Reads what `Display` writes.
    ///
    /// # Errors
    /// [`KeyError::Digits`] when these are not 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<SignerId, KeyError> {
        unhex(text).map(SignerId).ok_or(KeyError::Digits)
    }
}

impl fmt::Display for SignerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for SignerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerId({self})")
    }
}

/// Why bytes are no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is a key for something else.
    #[error("made for another purpose ({0}), and a key has one purpose only")]
    Purpose(String),
    /// It is no key file.
    #[error("not a key of a signer: it does not begin with {TITLE:?}")]
    Title,
    /// The digits are wrong.
    #[error("not 64 hexadecimal digits")]
    Digits,
}

/// Signs components. It is neither the key that signs journals nor the secret that approves orders.
pub struct ComponentKey(SigningKey);

impl fmt::Debug for ComponentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComponentKey({})", self.id())
    }
}

impl ComponentKey {
    /// The key that follows from 32 random bytes.
    #[must_use]
    pub fn generate(secret: &[u8; 32]) -> ComponentKey {
        ComponentKey(SigningKey::from_bytes(secret))
    }

    /// Reads the content of a key file, see [`ComponentKey::to_file`].
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_file(bytes: &[u8]) -> Result<ComponentKey, KeyError> {
        let text = str::from_utf8(bytes).map_err(|_| KeyError::Title)?;
        let (title, digits) = text.trim_end().split_once('\n').ok_or(KeyError::Title)?;
        if title != TITLE {
            // Only the title is told: what stands below it is a secret.
            let purpose = title.strip_prefix(ANY_TITLE).filter(|rest| rest.len() < 40);
            return Err(purpose.map_or(KeyError::Title, |rest| KeyError::Purpose(rest.to_owned())));
        }
        unhex(digits).map(|secret| ComponentKey::generate(&secret)).ok_or(KeyError::Digits)
    }

    /// Content of a key file: a title, then the secret. Only its owner may read the file.
    #[must_use]
    pub fn to_file(&self) -> String {
        format!("{TITLE}\n{}\n", hex(&self.0.to_bytes()))
    }

    /// Its public half.
    #[must_use]
    pub fn id(&self) -> SignerId {
        SignerId(self.0.verifying_key().to_bytes())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// Lower-case hexadecimal digits of exactly so many bytes.
pub(super) fn unhex<const BYTES: usize>(digits: &str) -> Option<[u8; BYTES]> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != 2 * BYTES || !digits.bytes().all(is_digit) {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
