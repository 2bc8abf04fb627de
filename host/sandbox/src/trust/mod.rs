//! Trust: may this component be run, by the word of somebody we believe?
//!
//! In: bytes that were hashed, the text of a signature, what the configuration believes. Out: the signed manifest, nothing
//! where an unsigned component may run, or a refusal. Must never: look into the component, or take a text that is not
//! exactly what a signer writes.

mod key;
mod manifest;

use ringfence_core::event::Mode;

pub use self::key::{ComponentKey, KeyError, SignerId};
pub use self::manifest::{Manifest, SIGNATURE_BYTES_MAX, SignatureError, Signed, signature_path, signature_text};
use crate::apart::Maker;
use crate::file::ComponentBytes;
use crate::refusal::{AdmissionCode, Refusal};

/// Whether a component without a signature may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsigned {
    /// In backtest, replay and paper; never where orders may leave for a venue, or real prices are watched.
    #[default]
    Allow,
    /// Nowhere.
    Refuse,
}

impl Unsigned {
    /// What holds in a mode.
    #[must_use]
    pub const fn in_mode(self, mode: Mode) -> Unsigned {
        match mode {
            Mode::Backtest | Mode::Replay | Mode::Paper => self,
            Mode::Shadow | Mode::Live => Unsigned::Refuse,
        }
    }
}

/// What is believed of one strategy's component, and what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// Whose signatures count. None = no signature is looked at.
    pub keys: Vec<SignerId>,
    /// Those of them that are one's own.
    pub own: Vec<SignerId>,
    /// What happens without one.
    pub unsigned: Unsigned,
    /// The strategy that the manifest must name.
    pub strategy: String,
    /// Text of the signature; `None` = there is no file.
    pub signature: Option<Vec<u8>>,
    /// Lowest version that may run.
    pub version_min: u64,
    /// Fuel of a call that the configuration gives it.
    pub fuel_per_call: u64,
    /// Bytes of memory that the configuration gives it.
    pub memory_bytes: u64,
}

impl Trust {
    /// Whose component it is, by the signature that is there; whether it holds is judged where the component is admitted.
    #[must_use]
    pub fn maker(&self) -> Maker {
        let signer = self.signature.as_deref().and_then(|text| Signed::parse(text).ok()).map(|signed| signed.signer);
        match signer.filter(|signer| self.keys.contains(signer)) {
            None => Maker::Nobody,
            Some(signer) if self.own.contains(&signer) => Maker::Own,
            Some(_) => Maker::ThirdParty,
        }
    }

    /// Judges bytes by their hash alone. `None` = it is unsigned and may run so.
    ///
    /// # Errors
    /// `E-UNSIGNED`, `E-SIGNATURE`, `E-DOWNGRADE`, `E-SIGNED-LIMIT`.
    pub(crate) fn judge(&self, bytes: &ComponentBytes) -> Result<Option<Manifest>, Refusal> {
        let text = match &self.signature {
            Some(text) if !self.keys.is_empty() => text,
            Some(_) | None => return self.unsigned().map(|()| None),
        };
        let signed = Signed::parse(text).map_err(|error| refused(error.to_string()))?;
        self.is_signer_known(&signed)?;
        signed.verify(bytes.sha256()).map_err(|error| refused(error.to_string()))?;
        let manifest = signed.manifest;
        self.is_strategy(&manifest)?;
        self.is_new_enough(&manifest)?;
        self.is_within(&manifest)?;
        Ok(Some(manifest))
    }

    fn unsigned(&self) -> Result<(), Refusal> {
        match self.unsigned {
            Unsigned::Allow => Ok(()),
            Unsigned::Refuse => Err(Refusal::new(
                AdmissionCode::Unsigned,
                if self.keys.is_empty() { "no key is trusted" } else { "no signature" },
                "a component signed with a key in trust.keys",
                "`ringfence sign FILE --key KEY --strategy ID --version N` signs one; name its key in [trust] keys",
            )),
        }
    }

    fn is_signer_known(&self, signed: &Signed) -> Result<(), Refusal> {
        if self.keys.contains(&signed.signer) {
            return Ok(());
        }
        let known: Vec<String> = self.keys.iter().map(SignerId::to_string).collect();
        Err(Refusal::new(
            AdmissionCode::Signature,
            format!("signed with key {}", signed.signer),
            format!("a signature with {}", known.join(" or ")),
            "get a signature from whom you trust, or add the key to [trust] keys on purpose",
        ))
    }

    fn is_strategy(&self, manifest: &Manifest) -> Result<(), Refusal> {
        if manifest.strategy == self.strategy {
            return Ok(());
        }
        Err(Refusal::new(
            AdmissionCode::Signature,
            format!("signed as strategy {}", manifest.strategy),
            format!("strategy {}", self.strategy),
            "use the component of this strategy, or say with signed_as which strategy is meant",
        ))
    }

    fn is_new_enough(&self, manifest: &Manifest) -> Result<(), Refusal> {
        if manifest.version >= self.version_min {
            return Ok(());
        }
        Err(Refusal::new(
            AdmissionCode::Downgrade,
            format!("version {} of {}", manifest.version, manifest.strategy),
            format!("version {} or later, which ran here before", self.version_min),
            "use the later version, or run this one on purpose with --allow-downgrade",
        ))
    }

    fn is_within(&self, manifest: &Manifest) -> Result<(), Refusal> {
        let pairs = [
            ("fuel_per_call", self.fuel_per_call, manifest.fuel_per_call),
            ("memory_mb", self.memory_bytes >> 20, manifest.memory_mb),
        ];
        match pairs.into_iter().find(|(_, given, signed)| given > signed) {
            None => Ok(()),
            Some((name, given, signed)) => Err(Refusal::new(
                AdmissionCode::SignedLimit,
                format!("{name} {given}"),
                format!("at most {signed}, as signed"),
                "lower it in [[strategies]], or have the component signed for more",
            )),
        }
    }
}

/// A signature that does not hold.
pub(crate) fn refused(found: impl Into<String>) -> Refusal {
    Refusal::new(
        AdmissionCode::Signature,
        found,
        "the signature of exactly this file",
        "get file and signature again from whom you trust; `ringfence verify FILE` tries them",
    )
}

#[cfg(test)]
mod tests;
