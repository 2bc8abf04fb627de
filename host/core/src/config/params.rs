//! Parameters: how are a strategy's parameters written into the stream?
//!
//! In: names with values, in order. Out: canonical bytes, and back. Must never: know what a parameter means.

use alloc::string::String;
use alloc::vec::Vec;

use crate::canonical::{Read, Reader, Writer};

/// Canonical bytes of parameters: what a `ParametersChanged` event names.
#[must_use]
pub fn encode_params(params: &[(String, String)]) -> Vec<u8> {
    let mut w = Writer::new();
    w.list(params, |w, (name, value)| {
        w.text(name);
        w.text(value);
    });
    w.into_bytes()
}

/// Parameters from canonical bytes.
///
/// # Errors
/// [`DecodeError`](crate::canonical::DecodeError) when bytes are missing, left over or not text.
pub fn decode_params(bytes: &[u8]) -> Read<Vec<(String, String)>> {
    Reader::whole(bytes, |r| r.list(|r| Ok((r.text()?, r.text()?))))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn parameters_come_back_as_they_were() {
        let params = [("fast".to_string(), "5".to_string()), ("name".to_string(), String::new())];
        let bytes = encode_params(&params);
        assert_eq!(decode_params(&bytes).expect("canonical"), params);
        assert!(decode_params(&bytes[..bytes.len() - 1]).is_err());
    }
}
