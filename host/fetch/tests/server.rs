//! Transfers against a server on this machine that does what servers do on bad days.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use ringfence_fetch::{Archive, Client, Limits, Step, fetch};
use sha2::{Digest, Sha256};

/// What the server does with the requests for one path, in order; the last goes on for ever.
#[derive(Clone, Debug)]
enum Act {
    /// The file, or the part of it that was asked for.
    File,
    /// The file from its start, whatever was asked for.
    Whole,
    /// The part that was asked for without its last so many bytes, though the head promised them.
    Cut(usize),
    /// A part from another place.
    Elsewhere,
    /// A status, with a header or without.
    Status(u16, &'static str),
    /// These bytes.
    Bytes(Vec<u8>),
    /// More bytes than anybody wants, without a length.
    Endless,
    /// The connection is closed without an answer.
    Hangup,
}

struct Server {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

const NAME: &str = "X-trades-2024-01-02.zip";
const FOLDER: &str = "data/spot/daily/trades/X";

fn content() -> Vec<u8> {
    (0..300_000_u64).map(|at| u8::try_from(at * at % 251).expect("below 251")).collect()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn checksum() -> Act {
    Act::Bytes(format!("{}  {NAME}\n", hash(&content())).into_bytes())
}

impl Server {
    /// A server that lives as long as the process. Every other path is not found.
    fn new(of_file: Vec<Act>, of_checksum: Vec<Act>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut acts = BTreeMap::from([
            (format!("/{FOLDER}/{NAME}"), of_file),
            (format!("/{FOLDER}/{NAME}.CHECKSUM"), of_checksum),
            ("/moved".to_owned(), vec![Act::File]),
        ]);
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                serve(stream, &mut acts, &log).ok();
            }
        });
        Server { address, seen }
    }
}

fn serve(stream: TcpStream, acts: &mut BTreeMap<String, Vec<Act>>, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut from) = (String::new(), None);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            from = range.split('-').next().and_then(|first| first.parse::<usize>().ok());
        }
    }
    let path = first.split(' ').nth(1).unwrap_or("").to_owned();
    let name = path.rsplit('/').next().unwrap_or("").replace(NAME, "FILE");
    log.lock().expect("one at a time").push(from.map_or(name.clone(), |from| format!("{name} from {from}")));
    let act = match acts.get_mut(&path) {
        Some(acts) if acts.len() > 1 => acts.remove(0),
        Some(acts) => acts[0].clone(),
        None => Act::Status(404, ""),
    };
    answer(stream, &act, from)
}

fn answer(mut out: TcpStream, act: &Act, from: Option<usize>) -> std::io::Result<()> {
    let whole = content();
    let head =
        |status: &str, length: usize| format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n");
    let part =
        |from: usize| (format!("Content-Range: bytes {from}-{}/{}\r\n", whole.len() - 1, whole.len()), &whole[from..]);
    match (act, from) {
        (Act::File | Act::Cut(_), Some(from)) if from >= whole.len() => {
            write!(out, "{}\r\n", head("416 Range Not Satisfiable", 0))
        }
        (Act::File | Act::Cut(_), from) => {
            let (range, body) = from.map_or((String::new(), whole.as_slice()), part);
            let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
            write!(out, "{}{range}\r\n", head(status, body.len()))?;
            let missing = if let Act::Cut(missing) = act { *missing } else { 0 };
            out.write_all(&body[..body.len().saturating_sub(missing)])
        }
        (Act::Whole, _) => {
            write!(out, "{}\r\n", head("200 OK", whole.len()))?;
            out.write_all(&whole)
        }
        (Act::Elsewhere, _) => {
            let (range, body) = part(7);
            write!(out, "{}{range}\r\n", head("206 Partial Content", body.len()))?;
            out.write_all(body)
        }
        (Act::Status(status, header), _) => write!(out, "{}{header}\r\n", head(&format!("{status} Because"), 0)),
        (Act::Bytes(bytes), _) => {
            write!(out, "{}\r\n", head("200 OK", bytes.len()))?;
            out.write_all(bytes)
        }
        (Act::Endless, _) => {
            write!(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            // Until the client has had enough, and at most 64 MiB.
            (0..1_024).try_for_each(|_| out.write_all(&[0; 64 * 1024]))
        }
        (Act::Hangup, _) => Ok(()),
    }
}

const LIMITS: Limits = Limits { bytes_max: 1 << 20, tries_max: 3 };

fn archive() -> Archive {
    Archive { folder: FOLDER.to_owned(), name: NAME.to_owned() }
}

fn place(folder: &Path) -> PathBuf {
    folder.join(FOLDER).join(NAME)
}

/// Outcome, pauses, requests and what lies in the folder after a fetch; `before` lies there as the part.
fn said(server: &Server, folder: &Path) -> String {
    let client = Client::new(&server.address).expect("an address");
    let mut pauses = String::new();
    let outcome = fetch(&client, &archive(), folder, &LIMITS, &mut |step| {
        if let Step::Pause(pause, reason) = step {
            pauses.push_str(&format!("pause {} ms: {reason}\n", pause.as_millis()));
        }
        ControlFlow::Continue(())
    });
    let outcome = match outcome {
        Ok(outcome) => format!("{outcome:?}"),
        Err(fault) => fault.to_string(),
    };
    let seen = std::mem::take(&mut *server.seen.lock().expect("one at a time")).join(", ");
    let mut names: Vec<String> = std::fs::read_dir(folder.join(FOLDER))
        .map(|all| all.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.sort();
    if let Ok(bytes) = std::fs::read(place(folder)) {
        assert!(bytes == content() || bytes == b"older", "never a wrong file under the final name");
    }
    let text = format!("{pauses}{outcome}\nasked: {seen}\nthere: {}\n", names.join(", "));
    text.replace(&hash(&content()), "GOOD")
        .replace(NAME, "FILE")
        .replace(&format!("{FOLDER}/"), "")
        .replace(&server.address["http://".len()..], "HOST")
}

#[track_caller]
fn check_with(part: Option<&[u8]>, of_file: Vec<Act>, of_checksum: Vec<Act>, want: Expect) {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(part) = part {
        std::fs::create_dir_all(folder.path().join(FOLDER)).expect("a folder");
        std::fs::write(folder.path().join(FOLDER).join(format!("{NAME}.part")), part).expect("written");
    }
    want.assert_eq(&said(&Server::new(of_file, of_checksum), folder.path()));
}

#[track_caller]
fn check(of_file: Vec<Act>, want: Expect) {
    check_with(None, of_file, vec![checksum()], want);
}

#[test]
fn a_file_is_fetched_checked_and_not_fetched_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::new(vec![Act::File], vec![checksum()]);
    expect![[r#"
        Fetched { bytes: 300000, resumed: 0 }
        asked: FILE.CHECKSUM, FILE
        there: FILE
    "#]]
    .assert_eq(&said(&server, folder.path()));
    expect![[r#"
        There
        asked: FILE.CHECKSUM
        there: FILE
    "#]]
    .assert_eq(&said(&server, folder.path()));
    std::fs::write(place(folder.path()), b"older").expect("written");
    expect![[r#"
        Fetched { bytes: 300000, resumed: 0 }
        asked: FILE.CHECKSUM, FILE
        there: FILE
    "#]]
    .assert_eq(&said(&server, folder.path()));
}

#[test]
fn a_cut_is_gone_on_with_where_it_was() {
    check(
        vec![Act::Cut(200_000), Act::Cut(50_000), Act::File],
        expect![[r#"
            pause 500 ms: Peer disconnected
            pause 500 ms: Peer disconnected
            Fetched { bytes: 300000, resumed: 0 }
            asked: FILE.CHECKSUM, FILE, FILE from 100000, FILE from 250000
            there: FILE
        "#]],
    );
    check_with(
        Some(&content()[..120_000]),
        vec![Act::File],
        vec![checksum()],
        expect![[r#"
            Fetched { bytes: 300000, resumed: 120000 }
            asked: FILE.CHECKSUM, FILE from 120000
            there: FILE
        "#]],
    );
    check_with(
        Some(&content()),
        vec![Act::File],
        vec![checksum()],
        expect![[r#"
            Fetched { bytes: 300000, resumed: 300000 }
            asked: FILE.CHECKSUM, FILE from 300000
            there: FILE
        "#]],
    );
}

#[test]
fn a_server_without_ranges_begins_anew() {
    check_with(
        Some(&content()[..120_000]),
        vec![Act::Whole],
        vec![checksum()],
        expect![[r#"
            Fetched { bytes: 300000, resumed: 0 }
            asked: FILE.CHECKSUM, FILE from 120000
            there: FILE
        "#]],
    );
    check_with(
        Some(&content()[..120_000]),
        vec![Act::Elsewhere],
        vec![checksum()],
        expect![[r#"
            FILE: asked from byte 120000 on, and got bytes 7-299999/300000
            asked: FILE.CHECKSUM, FILE from 120000
            there: FILE.part
        "#]],
    );
}

#[test]
fn a_part_of_another_file_is_thrown_away_once() {
    check_with(
        Some(&[9; 1_000]),
        vec![Act::File],
        vec![checksum()],
        expect![[r#"
            Fetched { bytes: 300000, resumed: 0 }
            asked: FILE.CHECKSUM, FILE from 1000, FILE
            there: FILE
        "#]],
    );
}

#[test]
fn wrong_bytes_are_never_kept() {
    let other = Act::Bytes(b"something else".to_vec());
    check(
        vec![other],
        expect![[r#"
            FILE: SHA-256 is f41f3fa625ff120ddca7ef456bf66371ecea23c129f4e4c32367101edb516cf8, and its checksum says GOOD; nothing was kept
            asked: FILE.CHECKSUM, FILE
            there: 
        "#]],
    );
    check_with(
        None,
        vec![Act::File],
        vec![Act::Bytes(format!("{}  Y-trades-2024-01-02.zip\n", hash(&content())).into_bytes())],
        expect![[r#"
            FILE: its checksum is "GOOD  Y-trades-2024-01-02.zip"; a line of SHA-256 and FILE is needed
            asked: FILE.CHECKSUM
            there: 
        "#]],
    );
    check_with(
        None,
        vec![Act::File],
        vec![Act::Endless],
        expect![[r#"
            FILE: its checksum is "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"; a line of SHA-256 and FILE is needed
            asked: FILE.CHECKSUM
            there: 
        "#]],
    );
}

#[test]
fn a_day_that_the_archive_has_not_is_told_apart() {
    check_with(
        None,
        vec![Act::File],
        vec![Act::Status(404, "")],
        expect![[r#"
            Missing
            asked: FILE.CHECKSUM
            there: 
        "#]],
    );
}

#[test]
fn a_server_that_is_busy_is_asked_again_with_longer_pauses_and_not_for_ever() {
    check(
        vec![Act::Status(503, ""), Act::Hangup, Act::File],
        expect![[r#"
            pause 500 ms: the server says 503 Service Unavailable
            pause 1000 ms: io: Peer disconnected
            Fetched { bytes: 300000, resumed: 0 }
            asked: FILE.CHECKSUM, FILE, FILE, FILE
            there: FILE
        "#]],
    );
    check(
        vec![Act::Status(429, "Retry-After: 7\r\n"), Act::Status(503, "Retry-After: 9999\r\n"), Act::File],
        expect![[r#"
            pause 7000 ms: the server says 429 Too Many Requests
            pause 60000 ms: the server says 503 Service Unavailable
            Fetched { bytes: 300000, resumed: 0 }
            asked: FILE.CHECKSUM, FILE, FILE, FILE
            there: FILE
        "#]],
    );
    check(
        vec![Act::Status(500, "")],
        expect![[r#"
            pause 500 ms: the server says 500 Internal Server Error
            pause 1000 ms: the server says 500 Internal Server Error
            FILE: the server says 500 Internal Server Error; given up after 3 tries
            asked: FILE.CHECKSUM, FILE, FILE, FILE
            there: 
        "#]],
    );
    check(
        vec![Act::Status(403, "")],
        expect![[r#"
            FILE: the server says 403 Forbidden
            asked: FILE.CHECKSUM, FILE
            there: 
        "#]],
    );
}

#[test]
fn a_redirect_is_followed_on_the_same_host_only() {
    check(
        vec![Act::Status(302, "Location: /moved\r\n")],
        expect![[r#"
            Fetched { bytes: 300000, resumed: 0 }
            asked: FILE.CHECKSUM, FILE, moved
            there: FILE
        "#]],
    );
    check(
        vec![Act::Status(302, "Location: https://127.0.0.1/elsewhere\r\n")],
        expect![[r#"
            FILE: redirected to "https://127.0.0.1/elsewhere", which is not on HOST
            asked: FILE.CHECKSUM, FILE
            there: 
        "#]],
    );
    check(
        vec![Act::Status(301, "Location: http://other.example/moved\r\n")],
        expect![[r#"
            FILE: redirected to "http://other.example/moved", which is not on HOST
            asked: FILE.CHECKSUM, FILE
            there: 
        "#]],
    );
    check(
        vec![Act::Status(302, "Location: /data/spot/daily/trades/X/X-trades-2024-01-02.zip\r\n")],
        expect![[r#"
            FILE: FILE is redirected more than 3 times
            asked: FILE.CHECKSUM, FILE, FILE, FILE, FILE
            there: 
        "#]],
    );
}

#[test]
fn sizes_have_a_bound_and_a_user_can_stop() {
    check(
        vec![Act::Endless],
        expect![[r#"
            FILE: larger than 1048576 bytes, the bound for one file
            asked: FILE.CHECKSUM, FILE
            there: 
        "#]],
    );
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::new(vec![Act::File], vec![checksum()]);
    let client = Client::new(&server.address).expect("an address");
    let stopped = fetch(&client, &archive(), folder.path(), &LIMITS, &mut |step| match step {
        Step::Bytes(at, _) if at >= 100_000 => ControlFlow::Break(()),
        Step::Bytes(..) | Step::Pause(..) => ControlFlow::Continue(()),
    });
    assert_eq!(stopped.expect_err("stopped").to_string(), "interrupted");
    assert!(!place(folder.path()).exists());
    let again = said(&server, folder.path());
    assert!(again.contains("Fetched { bytes: 300000, resumed: 1"), "{again}");
}
