//! Signatures: how does a venue know that a request is ours?
//!
//! In: the canonical parameters of a request, and a time stamp. Out: the parameters with what proves them. Must never: show
//! a secret in a message, a panic or an error, or keep one in memory longer than its owner lives.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Text that is shown nowhere and wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret over.
    #[must_use]
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The text, for whoever signs or sends with it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// When a request is sent, by the venue's clock, and for how long it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Venue time in ms.
    pub timestamp_ms: u64,
    /// The venue refuses it when it comes later than this after the stamp.
    pub recv_window_ms: u64,
}

/// Proves requests. Another scheme (a wallet's signature) is another implementation.
pub trait Signer: Send + fmt::Debug {
    /// Value of the header `X-MBX-APIKEY`; `None` where the scheme has none.
    fn api_key(&self) -> Option<&Secret>;

    /// Adds stamp and proof to the canonical parameters.
    fn seal(&self, query: &mut String, stamp: Stamp);

    /// Proof over a payload that is not a query string.
    fn proof(&self, payload: &str) -> String;
}

/// Hexadecimal HMAC-SHA256 over the parameters, with a key for the header.
#[derive(Clone, Debug)]
pub struct HmacSigner {
    api_key: Secret,
    secret: Secret,
}

impl HmacSigner {
    /// With the key and secret of an account.
    #[must_use]
    pub fn new(api_key: Secret, secret: Secret) -> HmacSigner {
        HmacSigner { api_key, secret }
    }
}

impl Signer for HmacSigner {
    fn api_key(&self) -> Option<&Secret> {
        Some(&self.api_key)
    }

    fn seal(&self, query: &mut String, stamp: Stamp) {
        use fmt::Write as _;
        let comma = if query.is_empty() { "" } else { "&" };
        write!(query, "{comma}recvWindow={}&timestamp={}", stamp.recv_window_ms, stamp.timestamp_ms)
            .expect("text takes text");
        let proof = self.proof(query);
        query.push_str("&signature=");
        query.push_str(&proof);
    }

    fn proof(&self, payload: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.reveal().as_bytes()).expect("any length is a key");
        mac.update(payload.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key and secret of the example in the venue's public description of signed requests.
    fn example() -> HmacSigner {
        HmacSigner::new(
            Secret::new("vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A".to_owned()),
            Secret::new("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j".to_owned()),
        )
    }

    #[test]
    fn the_signature_is_that_of_the_venues_example() {
        let mut query = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1".to_owned();
        example().seal(&mut query, Stamp { timestamp_ms: 1_499_827_319_559, recv_window_ms: 5_000 });
        assert_eq!(
            query,
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000\
             &timestamp=1499827319559&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
        );
    }

    #[test]
    fn parameters_are_signed_as_they_are_sent_percent_encoded() {
        let mut query = format!(
            "symbol={}&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1",
            crate::codec::request::encoded("１２３４５６")
        );
        example().seal(&mut query, Stamp { timestamp_ms: 1_499_827_319_559, recv_window_ms: 5_000 });
        assert!(query.starts_with("symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY"), "{query}");
        assert!(
            query.ends_with("&signature=e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"),
            "{query}"
        );
    }

    #[test]
    fn nothing_shows_a_secret() {
        let signer = example();
        let shown = format!("{signer:?} {} {:?}", signer.secret, signer.secret);
        assert!(!shown.contains("Nhq") && !shown.contains("vmPUZE"), "{shown}");
    }
}
