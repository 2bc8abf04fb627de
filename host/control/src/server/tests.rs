//! The server through real sockets: who gets in, what is answered, and does garbage end anything but its own connection?

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::api::Board;
use crate::client::{Client, Target};
use crate::desk::People;
use crate::fixture;

const VIEWER: &str = "viewer-0123456789abcdef0123456789";
const BOSS: &str = "boss-0123456789abcdef0123456789ab";

struct Open {
    server: Server,
    desk: Arc<Desk>,
    _folder: tempfile::TempDir,
}

fn open() -> Open {
    let folder = tempfile::tempdir().expect("a folder");
    let (desk, _) = fixture::desk(People::One, true);
    desk.show(Board { session: "s".to_owned(), ..Board::default() });
    let token = |name: &str, role, secret: &str| Token::new(name.to_owned(), role, secret.as_bytes().to_vec());
    let settings = Settings {
        socket: folder.path().join("s.sock"),
        socket_role: Role::ArmLive,
        tcp: Some("127.0.0.1:0".parse().expect("an address")),
        metrics: Some("127.0.0.1:0".parse().expect("an address")),
        hosts: Vec::new(),
        tokens: vec![token("viewer", Role::View, VIEWER), token("boss", Role::ArmLive, BOSS)],
    };
    let server = Server::start(settings, (Arc::clone(&desk), Arc::default())).expect("it starts");
    Open { server, desk, _folder: folder }
}

impl Open {
    fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.server.tcp().expect("an address")).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
        // The server may have answered and closed before all was written.
        stream.write_all(request).ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Status and body of a request with these lines of the head.
    fn ask(&self, first: &str, lines: &[String], body: &str) -> (String, String) {
        let head = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
        let length = body.len();
        let answer = self.raw(
            format!("{first} HTTP/1.1\r\n{head}connection: close\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes(),
        );
        let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
        (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
    }

    fn host(&self) -> String {
        format!("host: {}", self.server.tcp().expect("an address"))
    }

    fn socket(&self) -> Client {
        Client::new(Target::Socket(self.server.socket().to_owned()), None)
    }

    fn tcp(&self, token: Option<&str>) -> Client {
        Client::new(Target::Tcp(self.server.tcp().expect("an address").to_string()), token.map(str::to_owned))
    }
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

const JSON: &str = "content-type: application/json";

#[test]
fn the_socket_is_its_owners_alone_and_goes_with_the_session() {
    let open = open();
    let path = open.server.socket().to_owned();
    assert_eq!(path.metadata().expect("it is there").permissions().mode() & 0o777, 0o600);
    assert_eq!(open.socket().get("/v1/status").expect("an answer").status, 200);
    drop(open);
    assert!(!path.exists());
}

#[test]
fn a_socket_that_is_served_is_not_taken_and_one_that_was_left_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.sock");
    let left = StdUnixListener::bind(&path).expect("a socket");
    assert!(matches!(bind(&path), Err(ServerError::InUse(_))));
    drop(left);
    assert!(bind(&path).is_ok());
    let file = folder.path().join("file");
    std::fs::write(&file, "kept").expect("written");
    assert!(matches!(bind(&file), Err(ServerError::NoSocket(_))));
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "kept");
}

#[test]
fn tcp_wants_a_token_a_host_and_no_foreign_origin() {
    let open = open();
    let (host, viewer) = (open.host(), bearer(VIEWER));
    let get = |lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        open.ask("GET /v1/status", &lines, "").0
    };
    assert_eq!(get(&[&host, &viewer]), "200");
    assert_eq!(get(&[&host]), "401");
    assert_eq!(get(&[&host, &bearer("wrong-0123456789abcdef0123456789a")]), "401");
    assert_eq!(get(&["host: evil.example", &viewer]), "421");
    assert_eq!(get(&[&viewer]), "421");
    assert_eq!(get(&[&host, &viewer, "origin: http://evil.example"]), "403");
    assert_eq!(get(&[&host, &viewer, &format!("origin: http://{}", &host["host: ".len()..])]), "200");
}

#[test]
fn a_role_ends_where_it_ends_and_a_form_cannot_send_a_command() {
    let open = open();
    let post = |token: &str, kind: &str, body: &str| {
        open.ask("POST /v1/commands", &[open.host(), bearer(token), kind.to_owned()], body)
    };
    assert_eq!(post(VIEWER, JSON, r#"{"command":"disable"}"#).0, "403");
    assert_eq!(post(BOSS, "content-type: text/plain", r#"{"command":"disable"}"#).0, "415");
    assert_eq!(post(BOSS, "x: y", r#"{"command":"disable"}"#).0, "415");
    for wrong in
        [r#"{"command":"disable","more":1}"#, r#"{"command":"explode"}"#, "{", "", "[]", r#"{"command":"kill"}"#]
    {
        assert_eq!(post(BOSS, JSON, wrong).0, "400", "{wrong}");
    }
    assert_eq!(post(BOSS, JSON, r#"{"command":"kill","level":"L1"}"#).0, "400");
    assert_eq!(post(BOSS, JSON, r#"{"command":"resume","strategy":"who"}"#).0, "404");
    assert_eq!(post(BOSS, JSON, &"x".repeat(20 << 10)).0, "413");
}

#[test]
fn a_command_is_answered_once_the_session_has_recorded_it() {
    let open = open();
    let desk = Arc::clone(&open.desk);
    let session = std::thread::spawn(move || {
        while desk.recorded(9).is_none() {
            std::thread::yield_now();
        }
        desk.stepped();
    });
    let answer = open.socket().post("/v1/commands", br#"{"command":"disable"}"#.to_vec()).expect("an answer");
    session.join().expect("it ends");
    let answer: crate::api::Accepted = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!((answer.seq, answer.is_applied), (Some(9), true));
}

#[test]
fn events_are_followed_until_the_session_ends() {
    let open = open();
    let line = |name: &str| crate::api::TailLine { name: name.to_owned(), ..Default::default() };
    open.desk.tell(line("first"));
    let (client, desk) = (open.tcp(Some(VIEWER)), Arc::clone(&open.desk));
    let mut seen = Vec::new();
    let ended = client.follow("/v1/tail", &mut |data| {
        let lines: Vec<crate::api::TailLine> = serde_json::from_str(data).expect("lines");
        seen.extend(lines.into_iter().map(|line| line.name));
        if seen.len() == 1 {
            desk.tell(line("second"));
        } else {
            desk.end();
        }
        std::ops::ControlFlow::Continue(())
    });
    assert!(ended.expect("an end").is_none());
    assert_eq!(seen, ["first", "second"]);
    assert_eq!(
        open.tcp(None).follow("/v1/tail", &mut |_| unreachable!()).expect("an answer").expect("no stream").status,
        401
    );
}

#[test]
fn health_and_page_need_no_token_and_metrics_do() {
    let open = open();
    let status = |path: &str| open.ask(&format!("GET {path}"), &[open.host()], "").0;
    for path in ["/livez", "/readyz", "/", "/assets/control.js", "/openapi.json", "/schemas/intent.json"] {
        assert_eq!(status(path), "200", "{path}");
    }
    for path in ["/metrics", "/v1/status", "/v1/events", "/v1/config", "/v1/curve", "/v1/orders", "/v1/positions"] {
        assert_eq!(status(path), "401", "{path}");
    }
    for path in ["/assets/../Cargo.toml", "/assets/none", "/schemas/other.json", "/v2"] {
        assert_eq!(status(path), "404", "{path}");
    }
    open.desk.end();
    assert_eq!((status("/livez"), status("/readyz")), ("200".to_owned(), "503".to_owned()));
    let metrics = open.tcp(Some(VIEWER)).get("/metrics").expect("an answer");
    let text = String::from_utf8(metrics.body).expect("text");
    assert!(text.contains("ringfence_requests_stopped_total{reason=\"no-token\"} 7\n"), "{text}");
}

#[test]
fn the_address_of_metrics_serves_metrics_and_nothing_else() {
    let open = open();
    let address = open.server.metrics().expect("an address");
    let status = |token: Option<&str>, path: &str| {
        let client = Client::new(Target::Tcp(address.to_string()), token.map(str::to_owned));
        client.get(path).expect("an answer").status
    };
    assert_eq!((status(None, "/livez"), status(None, "/readyz")), (200, 200));
    assert_eq!((status(None, "/metrics"), status(Some(VIEWER), "/metrics")), (401, 200));
    for path in ["/", "/v1/status", "/v1/commands", "/v1/config", "/assets/control.js", "/openapi.json"] {
        assert_eq!(status(Some(BOSS), path), 404, "{path}");
    }
}

#[test]
fn more_connections_than_there_are_seats_are_closed() {
    let open = open();
    let path = open.server.socket();
    let held: Vec<UnixStream> = (0..CONNECTIONS_MAX).map(|_| UnixStream::connect(path).expect("taken")).collect();
    // They are seated in the order in which they came.
    let mut further = UnixStream::connect(path).expect("taken by the system");
    further.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
    assert_eq!(further.read(&mut [0; 1]).expect("closed"), 0);
    drop(held);
    let answered = (0..200).any(|_| open.socket().get("/livez").is_ok_and(|answer| answer.status == 200));
    assert!(answered, "seats come free");
}

#[test]
fn garbage_ends_nothing_but_its_own_connection() {
    let open = open();
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let head = format!("POST /v1/commands HTTP/1.1\r\n{}\r\n{}\r\n{JSON}\r\n", open.host(), bearer(BOSS));
    let tail = proptest::collection::vec(any::<u8>(), 0..300);
    let answered = runner.run(&(0..head.len() + 1, tail), |(cut, tail)| {
        let mut request = head.as_bytes()[..cut].to_vec();
        request.extend(tail);
        // Ends the head, so that the server need not wait for more of it.
        request.extend_from_slice(b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        let mut stream = TcpStream::connect(open.server.tcp().expect("an address")).expect("it listens");
        stream.write_all(&request).ok();
        stream.shutdown(std::net::Shutdown::Write).ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok();
        Ok(())
    });
    answered.expect("no case fails");
    assert_eq!(open.socket().get("/livez").expect("it lives").status, 200);
}
