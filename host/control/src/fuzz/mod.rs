//! Fuzz targets: whatever is sent to the control surface, by whomever, is answered or its connection ends, and nobody does
//! more than their role may or is told a token.
//!
//! Each target begins with real requests and changes them at random: see `ringfence_fuzz`. Connections are in memory and
//! time passes at once, so that everything that waits for it is reached.

mod corpus;
mod laws;
mod surface;

use std::ops::ControlFlow;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use ringfence_core::canonical::Reader;
use ringfence_core::external::ExternalIntent;
use ringfence_fuzz::target;
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use self::surface::Surface;
use crate::routes::read_command;
use crate::{client, fixture, intent};

/// Bytes of a connection: the first one says which way it came.
#[test]
fn requests() {
    let mut surface = Surface::new();
    let mut count = 0;
    target!("requests", corpus::requests()).with_words(&corpus::WORDS).tried(2_000, |input| {
        count += 1;
        if count % 5_000 == 0 {
            surface = Surface::new();
        }
        let Some((way, bytes)) = input.split_first() else { return };
        let is_socket = way % 2 == 1;
        let answer = surface.ask(bytes, is_socket);
        let orders = surface.work();
        laws::within_roles(bytes, is_socket, &orders);
        laws::no_token_is_told(bytes, &answer);
        laws::answers_are_plain(&answer);
    });
}

/// JSON of intents and commands: one meaning, and what the core is told it reads back.
#[test]
fn intents() {
    let config = fixture::config();
    target!("intents", corpus::json()).with_words(&corpus::WORDS).tried(10_000, |input| {
        if let Ok(command) = read_command(input) {
            let said = serde_json::to_vec(&command).expect("plain values");
            assert_eq!(read_command(&said), Ok(command));
        }
        let Ok(read) = intent::read(input) else { return };
        let said = serde_json::to_vec(&read).expect("plain values");
        assert_eq!(intent::read(&said).as_ref(), Ok(&read));
        if let Ok(external) = read.for_core(&config) {
            let bytes = external.encode();
            assert_eq!(Reader::whole(&bytes, ExternalIntent::take), Ok(external), "the core is told what was meant");
        }
    });
}

/// What a server, or something in its place, answers to `ringfence ctl`: as a whole and as a stream of events.
#[test]
fn replies() {
    let runtime = surface::runtime();
    target!("replies", corpus::replies()).with_words(&["\n\n", "data:", "content-length: ", "\r\n"]).tried(
        2_000,
        |input| {
            for is_stream in [false, true] {
                runtime.block_on(async {
                    let (near, mut far) = tokio::io::duplex(256 << 10);
                    far.write_all(input).await.expect("there is room");
                    far.shutdown().await.expect("it is open");
                    let request = Request::builder().uri("/v1/tail").header("host", "ringfence");
                    let request = request.body(Full::new(Bytes::new())).expect("a request");
                    let Ok(response) = client::asked(near, request).await else { return };
                    if is_stream {
                        let mut bytes = 0;
                        let mut each = |data: &str| {
                            bytes += data.len();
                            ControlFlow::Continue(())
                        };
                        drop(client::stream(response.into_body(), &mut each).await);
                        // A byte that is no text becomes a sign of three.
                        assert!(bytes <= 3 * input.len(), "{bytes} bytes of {}", input.len());
                    } else if let Ok(answer) = client::collected(response).await {
                        assert!(answer.body.len() <= input.len());
                    }
                });
            }
        },
    );
}

/// An object of JSON, or null.
fn object(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
