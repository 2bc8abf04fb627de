//! Guard: who is at the other end, and may a browser have sent this?
//!
//! In: the head of a request, the way it came. Out: an actor, or a refusal that says which rule. Must never: compare a token
//! in a time that depends on it, log one, or let a request through that names a host we are not.

use std::net::SocketAddr;

use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use subtle::{Choice, ConstantTimeEq};

use crate::actor::{Actor, Role, Via};

/// A token, whom it stands for and what they may do.
pub struct Token {
    name: String,
    role: Role,
    secret: Vec<u8>,
}

impl Token {
    /// A token. The secret is kept here and shown nowhere.
    #[must_use]
    pub fn new(name: String, role: Role, secret: Vec<u8>) -> Token {
        Token { name, role, secret }
    }

    /// Whom it stands for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// What is let through.
#[derive(Debug)]
pub(crate) struct Guard {
    tokens: Vec<Token>,
    /// Role of whoever comes over the socket without a token.
    socket_role: Role,
    /// What a `Host` may say on TCP, in lower case.
    hosts: Vec<String>,
}

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Over the socket, from a user with this number.
    User(u32),
    /// Over TCP.
    Address,
}

/// Why a request is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stopped {
    /// `Host` is missing or names another host: somebody's DNS points here.
    #[error("this host does not answer to that Host")]
    Host,
    /// A page of another site sent it.
    #[error("requests of that Origin are not taken")]
    Origin,
    /// There is no token where there has to be one.
    #[error("a bearer token is needed")]
    NoToken,
    /// There is one, and it is nobody's.
    #[error("the bearer token is not known")]
    WrongToken,
}

impl Guard {
    /// On addresses, whose host and port may be named, and loopback's names where it is loopback.
    pub(crate) fn new(tokens: Vec<Token>, socket_role: Role, names: (&[SocketAddr], &[String])) -> Guard {
        let (addresses, more) = names;
        let own = addresses.iter().flat_map(|address| {
            let names = if address.ip().is_loopback() { vec!["localhost", "127.0.0.1", "[::1]"] } else { Vec::new() };
            let named = names.into_iter().map(move |name| format!("{name}:{}", address.port()));
            std::iter::once(address.to_string()).chain(named)
        });
        let hosts = own.chain(more.iter().map(|host| host.to_lowercase())).collect();
        Guard { tokens, socket_role, hosts }
    }

    /// Whether a browser may have been led here by somebody else. On the socket no browser is.
    pub(crate) fn check_site(&self, peer: Peer, headers: &HeaderMap) -> Result<(), Stopped> {
        if let Peer::User(_) = peer {
            return Ok(());
        }
        let host = text(headers.get(HOST)).ok_or(Stopped::Host)?.to_lowercase();
        if headers.get_all(HOST).iter().count() != 1 || !self.hosts.contains(&host) {
            return Err(Stopped::Host);
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        if origins.all(|origin| self.is_own_origin(origin)) { Ok(()) } else { Err(Stopped::Origin) }
    }

    fn is_own_origin(&self, origin: &HeaderValue) -> bool {
        let origin = text(Some(origin)).unwrap_or_default().to_lowercase();
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|host| self.hosts.iter().any(|own| own == host))
    }

    /// Who it is.
    pub(crate) fn identify(&self, peer: Peer, headers: &HeaderMap) -> Result<Actor, Stopped> {
        let via = if matches!(peer, Peer::User(_)) { Via::Socket } else { Via::Tcp };
        match (headers.get(AUTHORIZATION), peer) {
            (Some(given), _) => {
                let given = text(Some(given)).and_then(|given| given.strip_prefix("Bearer "));
                let token = given.and_then(|given| self.token(given.as_bytes())).ok_or(Stopped::WrongToken)?;
                Ok(Actor { name: token.name.clone(), role: token.role.clone(), via })
            }
            (None, Peer::User(user)) => Ok(Actor { name: format!("uid {user}"), role: self.socket_role.clone(), via }),
            (None, Peer::Address) => Err(Stopped::NoToken),
        }
    }

    /// The token with this secret. All are compared, each in a time that depends on its length alone.
    fn token(&self, given: &[u8]) -> Option<&Token> {
        let mut found = None;
        for token in &self.tokens {
            let is_same: Choice = token.secret.ct_eq(given);
            if bool::from(is_same) {
                found = Some(token);
            }
        }
        found
    }
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn guard() -> Guard {
        let tokens = vec![
            Token::new("viewer".to_owned(), Role::View, SECRET.as_bytes().to_vec()),
            Token::new("boss".to_owned(), Role::ArmLive, b"another-secret-of-some-length-0000".to_vec()),
        ];
        let addresses = ["127.0.0.1:8420".parse().expect("an address")];
        Guard::new(tokens, Role::Operate, (&addresses, &["Desk.example:443".to_owned()]))
    }

    fn check_site(peer: Peer, lines: &[(&str, &str)]) -> Result<(), Stopped> {
        guard().check_site(peer, &headers(lines))
    }

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = axum::http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.append(name, value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn only_own_hosts_are_answered_to() {
        for host in ["127.0.0.1:8420", "localhost:8420", "[::1]:8420", "desk.example:443", "DESK.example:443"] {
            assert_eq!(check_site(Peer::Address, &[("host", host)]), Ok(()), "{host}");
        }
        for host in ["evil.example", "127.0.0.1", "127.0.0.1:8421", "localhost", "127.0.0.1:8420.evil.example", ""] {
            assert_eq!(check_site(Peer::Address, &[("host", host)]), Err(Stopped::Host), "{host}");
        }
        assert_eq!(check_site(Peer::Address, &[]), Err(Stopped::Host));
        let twice = [("host", "localhost:8420"), ("host", "evil.example")];
        assert_eq!(check_site(Peer::Address, &twice), Err(Stopped::Host));
        assert_eq!(check_site(Peer::User(0), &[]), Ok(()));
    }

    #[test]
    fn only_own_pages_may_send() {
        let of = |origin| check_site(Peer::Address, &[("host", "localhost:8420"), ("origin", origin)]);
        for origin in ["http://localhost:8420", "https://desk.example:443", "http://127.0.0.1:8420"] {
            assert_eq!(of(origin), Ok(()), "{origin}");
        }
        for origin in
            ["null", "http://evil.example", "http://localhost:8421", "localhost:8420", "file://localhost:8420"]
        {
            assert_eq!(of(origin), Err(Stopped::Origin), "{origin}");
        }
    }

    #[test]
    fn tcp_needs_a_token_and_the_socket_does_not() {
        let who = |peer, lines: &[(&str, &str)]| guard().identify(peer, &headers(lines)).map(|actor| actor.name);
        let bearer = format!("Bearer {SECRET}");
        assert_eq!(who(Peer::Address, &[]), Err(Stopped::NoToken));
        assert_eq!(who(Peer::Address, &[("authorization", &bearer)]), Ok("viewer".to_owned()));
        assert_eq!(who(Peer::User(7), &[]), Ok("uid 7".to_owned()));
        assert_eq!(who(Peer::User(7), &[("authorization", &bearer)]), Ok("viewer".to_owned()));
        let shorter = &bearer[..bearer.len() - 1];
        for wrong in [shorter, &format!("{bearer}0"), SECRET, "Bearer ", "Basic 0123", &bearer.to_lowercase()] {
            for peer in [Peer::Address, Peer::User(7)] {
                assert_eq!(who(peer, &[("authorization", wrong)]), Err(Stopped::WrongToken), "{wrong}");
            }
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        assert!(!format!("{:?}", guard()).contains(SECRET));
    }
}
