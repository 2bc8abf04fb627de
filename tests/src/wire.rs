//! Wire: what does a program of this machine answer over HTTP?
//!
//! In: a port or a Unix socket, a request. Out: status and JSON, or nothing where nobody answers in full. Must never: wait for
//! ever: programs under test are killed while they are asked.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// Longest time without a byte.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks at a port of this machine; `head` is verb and path. `None` where there is no whole answer.
#[must_use]
pub fn at_port(port: u16, head: &str, body: &str) -> Option<(u16, Value)> {
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    asked(stream, (head, &format!("127.0.0.1:{port}")), body)
}

/// Asks at a Unix socket. `None` where there is no whole answer.
#[must_use]
pub fn at_socket(socket: &Path, head: &str, body: &str) -> Option<(u16, Value)> {
    let stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    asked(stream, (head, "ringfence"), body)
}

fn asked(mut stream: impl Read + Write, (head, host): (&str, &str), body: &str) -> Option<(u16, Value)> {
    let (kind, length) = ("content-type: application/json", body.len());
    let request = format!(
        "{head} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{kind}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).ok()?))
}
