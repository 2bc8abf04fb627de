//! Authentication: who asks, and did they say it themselves, just now?
//!
//! In: key, signature, timestamp. Out: the account, or the refusal. Must never: compare signatures in a time that tells
//! where they differ, or name a secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::fault::ApiFault;
use super::params::Params;

/// Window of requests that name none.
const WINDOW_MS: u64 = 5_000;
const WINDOW_MS_MAX: u64 = 60_000;
/// How far a clock may be ahead.
const AHEAD_MS_MAX: u64 = 1_000;

/// HMAC-SHA256 of a text, in hexadecimal digits.
pub(crate) fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length is taken");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// A name that follows from a seed and a count.
pub(crate) fn made_up(seed: u64, purpose: &str, count: u64) -> String {
    hex(&Sha256::digest(format!("{seed} {purpose} {count}").as_bytes()))
}

/// What is signed: query and body as they came, without the signature.
pub(crate) fn payload(query: &str, body: &str) -> String {
    let unsigned = |text: &str| {
        let pairs = text.split('&').filter(|pair| !pair.starts_with("signature=") && !pair.is_empty());
        pairs.collect::<Vec<_>>().join("&")
    };
    unsigned(query) + &unsigned(body)
}

/// Whether a signature belongs to a text.
pub(crate) fn verify(secret: &str, text: &str, params: &Params) -> Result<(), ApiFault> {
    let signature = params.needed("signature")?;
    let right = sign(secret, text);
    let differing =
        right.bytes().zip(signature.bytes()).fold(0u8, |all, (one, other)| all | (one ^ other.to_ascii_lowercase()));
    if differing != 0 || right.len() != signature.len() {
        return Err(ApiFault::new(-1022, "Signature for this request is not valid."));
    }
    Ok(())
}

/// Whether a timestamp is of now.
pub(crate) fn is_fresh(params: &Params, now_ms: u64) -> Result<(), ApiFault> {
    let sent = params.number_needed("timestamp")?;
    let window = match params.text("recvWindow") {
        None => WINDOW_MS,
        Some(text) => {
            let whole = text.split('.').next().unwrap_or(text);
            whole.parse().map_err(|_| ApiFault::illegal("recvWindow", "^[0-9]{1,20}$"))?
        }
    };
    if window > WINDOW_MS_MAX {
        return Err(ApiFault::new(-1131, "'recvWindow' must be less than 60000."));
    }
    // Clients may count in microseconds; the milliseconds of this century have 13 digits.
    let sent = if sent > 100_000_000_000_000 { sent / 1_000 } else { sent };
    if sent >= now_ms + AHEAD_MS_MAX {
        return Err(ApiFault::new(-1021, "Timestamp for this request was 1000ms ahead of the server's time."));
    }
    if now_ms.saturating_sub(sent) > window {
        return Err(ApiFault::new(-1021, "Timestamp for this request is outside of the recvWindow."));
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key and message of RFC 4231, test case 2.
    #[test]
    fn a_signature_is_the_hmac_of_the_standard() {
        let signature = sign("Jefe", "what do ya want for nothing?");
        assert_eq!(signature, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn the_signature_itself_is_not_signed() {
        assert_eq!(payload("a=1&signature=x", "b=2"), "a=1b=2");
        assert_eq!(payload("", "a=1&signature=x&b=2"), "a=1&b=2");
    }

    #[test]
    fn a_timestamp_may_be_a_window_old_and_a_second_ahead() {
        let fresh = |sent: u64| {
            let params = Params::of(vec![("timestamp".to_owned(), sent.to_string())]);
            is_fresh(&params, 1_000_000).map_err(|fault| fault.code)
        };
        assert_eq!(fresh(995_000), Ok(()));
        assert_eq!(fresh(994_999), Err(-1021));
        assert_eq!(fresh(1_000_999), Ok(()));
        assert_eq!(fresh(1_001_000), Err(-1021));
    }
}
