//! The client: what does the server say to one request?
//!
//! In: a path below the base address, a place to go on from. Out: an answer with its head and a stream. Must never: follow a
//! server to another host, send anything in the clear to another machine, or read a head without a bound.

use std::io::Read;
use std::time::Duration;

use ureq::http::{Response, StatusCode, Uri, header};
use ureq::{Agent, Body};

/// Binance's public archive.
pub const DEFAULT_BASE: &str = "https://data.binance.vision";

/// Redirects that are followed, on one host.
const REDIRECTS_MAX: u32 = 3;

/// A server, and how it is asked.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    base: Uri,
}

/// An answer with a body.
pub(crate) struct Answer {
    /// Bytes to come, where the server says so.
    pub(crate) length: Option<u64>,
    /// First byte of the file that they are, from 0.
    pub(crate) from: u64,
    pub(crate) body: Box<dyn Read>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such file.
    Missing,
    /// Asked for a place behind its end.
    Behind,
    /// It may be better later; the server may say after how long.
    Later(String, Option<Duration>),
    /// It will not be better.
    Never(String),
}

impl Client {
    /// A client of the archive below this address: `https`, or `http` on this machine.
    ///
    /// # Errors
    /// What is wrong with the address, and what is allowed.
    pub fn new(base: &str) -> Result<Client, String> {
        let wrong = || format!("{base:?} is no address; allowed are https://HOST, and http:// on this machine");
        let base: Uri = base.trim_end_matches('/').parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(host)) = (base.scheme_str(), base.host()) else { return Err(wrong()) };
        let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        if base.query().is_some() || !(scheme == "https" || scheme == "http" && is_here) {
            return Err(wrong());
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("ringfence/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(HEAD_BYTES_MAX)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE));
        if is_here {
            // Between two programs of one machine stands no proxy, whatever the environment says.
            config = config.proxy(None);
        }
        Ok(Client { agent: config.build().new_agent(), base })
    }

    /// Asks for a file, from a byte on.
    pub(crate) fn get(&self, path: &str, from: u64) -> Result<Answer, Refusal> {
        let below = self.base.path().trim_end_matches('/');
        let mut uri = self.with_path(&format!("{below}/{path}"))?;
        for _ in 0..=REDIRECTS_MAX {
            let mut request = self.agent.get(&uri);
            if from > 0 {
                request = request.header(header::RANGE, format!("bytes={from}-"));
            }
            let response = request.call().map_err(|error| failed(&error))?;
            match response.status() {
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => uri = self.moved(&response)?,
                _ => return answer(response, from),
            }
        }
        Err(Refusal::Never(format!("{path} is redirected more than {REDIRECTS_MAX} times")))
    }

    fn with_path(&self, path: &str) -> Result<Uri, Refusal> {
        let mut parts = self.base.clone().into_parts();
        parts.path_and_query = Some(path.parse().map_err(|_| Refusal::Never(format!("{path:?} is no path")))?);
        Uri::from_parts(parts).map_err(|_| Refusal::Never(format!("{path:?} is no path")))
    }

    /// The place that a redirect names, on the same host by the same scheme.
    fn moved(&self, response: &Response<Body>) -> Result<Uri, Refusal> {
        let text = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("");
        let refused = || Refusal::Never(format!("redirected to {text:?}, which is not on {}", self.shown_host()));
        let uri: Uri = text.parse().map_err(|_| refused())?;
        match (uri.scheme(), uri.authority()) {
            (None, None) if text.starts_with('/') => self.with_path(text),
            (scheme, authority) if scheme == self.base.scheme() && authority == self.base.authority() => Ok(uri),
            _ => Err(refused()),
        }
    }

    fn shown_host(&self) -> &str {
        self.base.authority().map_or("", |authority| authority.as_str())
    }
}

fn answer(response: Response<Body>, wanted: u64) -> Result<Answer, Refusal> {
    let status = response.status();
    let length = response.body().content_length();
    match status {
        StatusCode::OK => Ok(Answer { length, from: 0, body: Box::new(response.into_body().into_reader()) }),
        StatusCode::PARTIAL_CONTENT => {
            let range = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
            let from = range.and_then(first_of);
            if from != Some(wanted) {
                return Err(Refusal::Never(format!(
                    "asked from byte {wanted} on, and got {}",
                    range.unwrap_or("no range")
                )));
            }
            Ok(Answer { length, from: wanted, body: Box::new(response.into_body().into_reader()) })
        }
        StatusCode::NOT_FOUND => Err(Refusal::Missing),
        StatusCode::RANGE_NOT_SATISFIABLE => Err(Refusal::Behind),
        _ if status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::REQUEST_TIMEOUT =>
        {
            let seconds =
                response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            Err(Refusal::Later(format!("the server says {status}"), seconds.map(Duration::from_secs)))
        }
        _ => Err(Refusal::Never(format!("the server says {status}"))),
    }
}

/// `bytes 5-9/10` begins at 5.
fn first_of(range: &str) -> Option<u64> {
    range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}

/// What went wrong on the way. A wrong certificate or address does not get better by waiting.
fn failed(error: &ureq::Error) -> Refusal {
    let is_passing = matches!(
        error,
        ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::ConnectionFailed
            | ureq::Error::HostNotFound
            | ureq::Error::Protocol(_)
            | ureq::Error::BodyStalled
    );
    if is_passing { Refusal::Later(error.to_string(), None) } else { Refusal::Never(error.to_string()) }
}

/// To find and reach the server.
const CONNECT: Duration = Duration::from_secs(15);

/// For an answer, and for more of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest head of an answer.
const HEAD_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_in_the_clear_to_another_machine() {
        for base in [
            "https://data.binance.vision",
            "https://mirror.example/below/",
            "http://127.0.0.1:1",
            "http://localhost:2/",
        ] {
            assert!(Client::new(base).is_ok(), "{base}");
        }
        for base in [
            "",
            "data.binance.vision",
            "http://data.binance.vision",
            "http://127.0.0.1.example",
            "ftp://localhost",
            "https://x/?y=1",
        ] {
            let want = format!("{base:?} is no address; allowed are https://HOST, and http:// on this machine");
            assert_eq!(Client::new(base).map(|_| ()), Err(want));
        }
    }
}
