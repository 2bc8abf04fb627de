//! One WebSocket: how do texts come in and frames go out?
//!
//! In: an upgraded connection. Out: texts for the hub, frames from it. Must never: read what a text says.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::http::{HeaderValue, Request, Response};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc::Receiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Body, Shared, lock, plain};
use crate::protocol::{Frame, SocketId};

type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// Answers a request to become a WebSocket, and lets it become one.
pub(super) fn upgrade(shared: &Shared, mut request: Request<Incoming>) -> Response<Body> {
    let Some(key) = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes())) else {
        return plain(StatusCode::BAD_REQUEST, "an upgrade without a key");
    };
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let Some((socket, frames)) = lock(shared).connect(&target) else {
        return plain(StatusCode::NOT_FOUND, "no stream at this path");
    };
    let Ok(key) = HeaderValue::from_str(&key) else {
        return plain(StatusCode::BAD_REQUEST, "a key that is no key");
    };
    let upgrading = hyper::upgrade::on(&mut request);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrading.await {
            let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            run(&shared, socket, stream, frames).await;
        }
        lock(&shared).disconnect(socket);
    });
    let body = Full::new(Bytes::new()).map_err(|never| match never {});
    let mut response = Response::new(body.boxed());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, key);
    response
}

/// Until one side closes.
async fn run(shared: &Shared, socket: SocketId, mut stream: Stream, mut frames: Receiver<Frame>) {
    loop {
        tokio::select! {
            biased;
            frame = frames.recv() => {
                let Some(frame) = frame else { break };
                if send(&mut stream, frame).await.is_none() {
                    return;
                }
            }
            message = stream.next() => match message {
                Some(Ok(Message::Text(text))) => lock(shared).receive(socket, text.as_str()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                // The library answers pings; binary messages mean nothing here.
                Some(Ok(_)) => {}
            },
        }
    }
    // The other side may be gone already.
    drop(stream.close(None).await);
}

/// The answer is whether the stream goes on.
async fn send(stream: &mut Stream, frame: Frame) -> Option<()> {
    match frame {
        Frame::Text(text) => stream.send(Message::text(text)).await.ok(),
        Frame::Ping(payload) => stream.send(Message::Ping(payload.into())).await.ok(),
        Frame::Close => {
            drop(stream.close(None).await);
            None
        }
        Frame::Cut(text, bytes) => {
            let mut raw = head(text.len());
            raw.extend_from_slice(text.as_bytes());
            raw.truncate(bytes);
            // Whether it arrives or not, the connection is over.
            drop(stream.get_mut().write_all(&raw).await);
            drop(stream.get_mut().flush().await);
            None
        }
    }
}

/// Head of an unmasked text frame.
fn head(length: usize) -> Vec<u8> {
    let mut head = vec![0x81];
    match length {
        ..126 => head.push(u8::try_from(length).unwrap_or(0)),
        126..=0xFFFF => {
            head.push(126);
            head.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
        _ => {
            head.push(127);
            head.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    head
}
