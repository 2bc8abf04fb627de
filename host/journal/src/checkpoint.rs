//! Checkpoints: could everything before this place have been rewritten since?
//!
//! In: the place a chain has reached, and an audit key. Out: a signed line that says so, and the judgement of such lines.
//! Must never: show the secret, or be needed to read a journal.
//!
//! The file `checkpoints` beside the segments has a line for each:
//! `checkpoint SESSION FRAME BYTES HEAD KEY SIGNATURE`, numbers in decimals, the rest in hexadecimal. `FRAME` counts frames
//! from 1, `BYTES` reach from the start of the first segment to the end of that frame, `HEAD` is its hash, `KEY` the public
//! key. Whoever keeps one line elsewhere can show any change to what stood before it.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use ringfence_core::blob::Sha256Hash;
use ringfence_core::ids::SessionId;

use crate::storage::{hex, unhex};

/// Name of the file.
pub const CHECKPOINTS_NAME: &str = "checkpoints";
/// More than a hundred thousand lines.
pub(crate) const CHECKPOINTS_BYTES_MAX: u64 = 64 << 20;

const WORD: &str = "checkpoint";
const KEY_TITLE: &str = "ringfence-audit-key 1";
const DOMAIN: &[u8] = b"ringfence checkpoint 1";

/// The public half of an audit key, and its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditId(pub [u8; 32]);

impl AuditId {
    /// Reads what `Display` writes.
    ///
    /// # Errors
    /// [`AuditError::Key`] when these are not 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<AuditId, AuditError> {
        unhex(text).map(AuditId).ok_or(AuditError::Key("not 64 hexadecimal digits"))
    }
}

impl fmt::Display for AuditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for AuditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditId({self})")
    }
}

/// Signs checkpoints. It is not the key that approves orders: who may trade and who may attest are different people.
pub struct AuditKey(SigningKey);

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKey({})", self.id())
    }
}

/// Why a key or a checkpoint is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// Not a key.
    #[error("not an audit key: {0}")]
    Key(&'static str),
    /// Not a line of a checkpoint.
    #[error("not a checkpoint: {0}")]
    Line(&'static str),
    /// A key that the caller does not trust.
    #[error("audit key {0} is not trusted")]
    Untrusted(AuditId),
    /// Not signed by the key that it names.
    #[error("the signature is not one of audit key {0}")]
    Signature(AuditId),
}

impl AuditKey {
    /// The key that follows from 32 random bytes.
    #[must_use]
    pub fn generate(secret: &[u8; 32]) -> AuditKey {
        AuditKey(SigningKey::from_bytes(secret))
    }

    /// Reads the content of a key file, see [`AuditKey::to_file`].
    ///
    /// # Errors
    /// [`AuditError::Key`].
    pub fn from_file(bytes: &[u8]) -> Result<AuditKey, AuditError> {
        let text = std::str::from_utf8(bytes).map_err(|_| AuditError::Key("not UTF-8"))?;
        let digits = text.trim_end().strip_prefix(KEY_TITLE).and_then(|rest| rest.strip_prefix('\n'));
        let digits = digits.ok_or(AuditError::Key("it does not begin with \"ringfence-audit-key 1\""))?;
        let secret = unhex(digits).ok_or(AuditError::Key("not 64 hexadecimal digits"))?;
        Ok(AuditKey::generate(&secret))
    }

    /// Content of a key file: a title, then the secret. Only its owner may read the file.
    #[must_use]
    pub fn to_file(&self) -> String {
        format!("{KEY_TITLE}\n{}\n", hex(&self.0.to_bytes()))
    }

    /// Its public half.
    #[must_use]
    pub fn id(&self) -> AuditId {
        AuditId(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, session: SessionId, reached: Reached) -> Checkpoint {
        let signature = self.0.sign(&message(session, &reached)).to_bytes();
        Checkpoint { session, reached, key: self.id(), signature }
    }
}

/// A place that a chain has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Number of the frame, from 1.
    pub frame: u64,
    /// Bytes up to its end, over all segments.
    pub bytes: u64,
    /// Its hash, which covers every frame before it.
    pub head: Sha256Hash,
}

/// A signed statement that a chain has reached a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose chain.
    pub session: SessionId,
    /// Which place.
    pub reached: Reached,
    /// Who says so.
    pub key: AuditId,
    /// Over all of the above but the key.
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// [`AuditError::Line`].
    pub fn parse(line: &str) -> Result<Checkpoint, AuditError> {
        let fields: Vec<&str> = line.strip_suffix('\n').unwrap_or(line).split(' ').collect();
        let [WORD, session, frame, bytes, head, key, signature] = fields[..] else {
            return Err(AuditError::Line("not `checkpoint` and six values"));
        };
        let checkpoint = Checkpoint {
            session: SessionId(unhex(session).ok_or(AuditError::Line("no session id"))?),
            reached: Reached {
                frame: frame.parse().map_err(|_| AuditError::Line("no frame number"))?,
                bytes: bytes.parse().map_err(|_| AuditError::Line("no length"))?,
                head: unhex(head).ok_or(AuditError::Line("no hash"))?,
            },
            key: AuditId(unhex(key).ok_or(AuditError::Line("no key"))?),
            signature: unhex(signature).ok_or(AuditError::Line("no signature"))?,
        };
        // One form for one checkpoint: no sign, no leading zero, no capital.
        let is_only_form = checkpoint.to_string() == fields.join(" ");
        if is_only_form { Ok(checkpoint) } else { Err(AuditError::Line("a value in another form")) }
    }

    /// True statement of a trusted key? Whether a journal agrees with it is another question.
    ///
    /// # Errors
    /// [`AuditError::Untrusted`] and [`AuditError::Signature`].
    pub fn verify(&self, trusted: &[AuditId]) -> Result<(), AuditError> {
        if trusted.contains(&self.key) { self.verify_signature() } else { Err(AuditError::Untrusted(self.key)) }
    }

    pub(crate) fn verify_signature(&self) -> Result<(), AuditError> {
        let wrong = |_| AuditError::Signature(self.key);
        let key = VerifyingKey::from_bytes(&self.key.0).map_err(wrong)?;
        let signature = Signature::from_bytes(&self.signature);
        key.verify_strict(&message(self.session, &self.reached), &signature).map_err(wrong)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reached { frame, bytes, head } = &self.reached;
        let (session, head, signature) = (hex(&self.session.0), hex(head), hex(&self.signature));
        write!(f, "{WORD} {session} {frame} {bytes} {head} {} {signature}", self.key)
    }
}

/// Lines of the file. The second number counts those that cannot be read, as a crash may leave them.
pub(crate) fn parse_file(bytes: &[u8]) -> (Vec<Checkpoint>, u64) {
    let (mut checkpoints, mut torn) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| *line != b"\n") {
        let whole = line.ends_with(b"\n").then(|| std::str::from_utf8(line).ok()).flatten();
        match whole.map(Checkpoint::parse) {
            Some(Ok(checkpoint)) => checkpoints.push(checkpoint),
            Some(Err(_)) | None => torn += 1,
        }
    }
    (checkpoints, torn)
}

/// What is signed: nothing else that this key might ever sign begins in this way.
fn message(session: SessionId, reached: &Reached) -> Vec<u8> {
    let Reached { frame, bytes, head } = reached;
    [DOMAIN, &session.0, &frame.to_le_bytes(), &bytes.to_le_bytes(), head].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AuditKey {
        AuditKey::generate(&[7; 32])
    }

    fn example() -> Checkpoint {
        key().sign(SessionId([1; 16]), Reached { frame: 12, bytes: 3456, head: [9; 32] })
    }

    #[test]
    fn a_line_is_read_back_and_holds() {
        let checkpoint = example();
        let line = format!("{checkpoint}\n");
        assert_eq!(Checkpoint::parse(&line), Ok(checkpoint));
        assert_eq!(checkpoint.verify(&[key().id()]), Ok(()));
        let other = AuditKey::generate(&[8; 32]).id();
        assert_eq!(checkpoint.verify(&[other]), Err(AuditError::Untrusted(key().id())));
        assert_eq!(checkpoint.verify(&[]), Err(AuditError::Untrusted(key().id())));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_of_a_line_is_refused() {
        let line = example().to_string().into_bytes();
        let holds = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).ok();
            text.and_then(|text| Checkpoint::parse(text).ok()).is_some_and(|read| read.verify(&[key().id()]).is_ok())
        };
        assert!(holds(&line));
        for bit in 0..line.len() * 8 {
            let mut bad = line.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!holds(&bad), "bit {bit}");
        }
        assert!((0..line.len()).all(|len| !holds(&line[..len])));
    }

    #[test]
    fn a_key_file_is_read_back_and_the_secret_is_not_shown() {
        let text = key().to_file();
        let read = AuditKey::from_file(text.as_bytes()).expect("a key file");
        assert_eq!(read.id(), key().id());
        assert_eq!(format!("{read:?}"), format!("AuditKey({})", key().id()));
        assert!(!format!("{read:?}").contains(&"07".repeat(32)));
        for bad in ["", "ringfence-audit-key 1", "ringfence-audit-key 1\n00\n", "ringfence-audit-key 2\n", &text[1..]] {
            assert!(AuditKey::from_file(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert_eq!(AuditId::parse(&key().id().to_string()), Ok(key().id()));
    }

    #[test]
    fn lines_that_a_crash_left_are_counted_and_skipped() {
        let line = format!("{}\n", example());
        let file =
            [&line.as_bytes()[..40], b"\n", line.as_bytes(), &[0xa5; 9], b"\n", &line.as_bytes()[..line.len() - 1]];
        assert_eq!(parse_file(&file.concat()), (vec![example()], 3));
        assert_eq!(parse_file(b""), (vec![], 0));
    }
}
