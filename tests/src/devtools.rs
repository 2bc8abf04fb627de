//! Developer tools: what does a page of a server show, and what happens when somebody clicks?
//!
//! In: an address, a size, a colour scheme, clicks and keys. Out: values of expressions in the page, what its console said,
//! pictures. Must never: reach a network beyond this machine, or put a script into the page: its own policy forbids that.
//!
//! The browser is spoken to over two pipes in the protocol of its developer tools: JSON, each message ended by a zero byte.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Window;

/// Longest wait for one answer of the browser.
const PATIENCE: Duration = Duration::from_secs(60);

const OPTIONS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "about:blank",
];

/// A browser with one page. It is ended when this value goes away.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: String,
    next: u64,
    console: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn start(program: &Path) -> Browser {
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        // It speaks over descriptors 3 and 4.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1"]).arg(program);
        let mut data = OsString::from("--user-data-dir=");
        data.push(profile.path());
        command.arg(data).args(OPTIONS).env("HOME", profile.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the browser starts");
        let (to, out) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let messages = BufReader::new(out).split(0).map_while(Result::ok);
            let parsed = messages.filter_map(|bytes| serde_json::from_slice(&bytes).ok());
            parsed.take_while(|message: &Value| sender.send(message.clone()).is_ok()).for_each(drop);
        });
        let (session, next) = (String::new(), 0);
        let mut browser = Browser { child, to, from, session, next, console: Vec::new(), _profile: profile };
        let page = browser.ask("Target.createTarget", &json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.ask("Target.attachToTarget", &json!({"targetId": page, "flatten": true}));
        attached["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.ask(domain, &json!({}));
        }
        browser
    }

    /// Opens an address in a window like this.
    ///
    /// # Panics
    /// When the browser refuses.
    #[track_caller]
    pub fn open(&mut self, address: &str, window: Window) {
        self.resize(window);
        let opened = self.ask("Page.navigate", &json!({ "url": address }));
        assert!(opened["errorText"].is_null(), "{address}: {opened}");
    }

    /// Gives the window another size or scheme.
    ///
    /// # Panics
    /// When the browser refuses.
    #[track_caller]
    pub fn resize(&mut self, window: Window) {
        let scheme = if window.is_dark { "dark" } else { "light" };
        let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", &json!({ "features": feature }));
        let size = json!({"width": window.width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Value of an expression in the page; a promise is waited for.
    ///
    /// # Panics
    /// When it throws.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let ask = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.ask("Runtime.evaluate", &ask);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Clicks with the mouse at the middle of what this selector finds.
    ///
    /// # Panics
    /// When there is nothing to be seen there, or something else lies above it.
    #[track_caller]
    pub fn click(&mut self, selector: &str) {
        let found = self.value(&format!(
            "(() => {{ const it = document.querySelector({selector:?}); it.scrollIntoView({{block: 'center'}}); \
             const box = it.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2; \
             return {{x, y, isSeen: it.contains(document.elementFromPoint(x, y))}}; }})()"
        ));
        assert_eq!(found["isSeen"], true, "{selector} can be clicked: {found}");
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": found["x"], "y": found["y"], "button": "left", "clickCount": 1});
            self.ask("Input.dispatchMouseEvent", &event);
        }
    }

    /// Types a text where the cursor is.
    ///
    /// # Panics
    /// When the browser refuses.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        self.ask("Input.insertText", &json!({ "text": text }));
    }

    /// What the console said so far: warnings, errors, what was not caught.
    #[must_use]
    pub fn console(&self) -> &[String] {
        &self.console
    }

    /// Writes a picture of the whole page.
    ///
    /// # Panics
    /// When it cannot be taken or written.
    #[track_caller]
    pub fn picture(&mut self, file: &Path) {
        let taken = self.ask("Page.captureScreenshot", &json!({"format": "png", "captureBeyondViewport": true}));
        let bytes = base64(taken["data"].as_str().expect("a picture"));
        std::fs::write(file, bytes).expect("the picture can be written");
    }

    #[track_caller]
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = Value::from(self.session.as_str());
        }
        let bytes = format!("{message}\0");
        self.to.write_all(bytes.as_bytes()).and_then(|()| self.to.flush()).expect("the browser lives");
        loop {
            let mut said = self.from.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no answer to {method}"));
            if said["id"] == self.next {
                assert!(said["error"].is_null(), "{method}: {said}");
                return said["result"].take();
            }
            self.hear(&said);
        }
    }

    fn hear(&mut self, said: &Value) {
        let entry = &said["params"]["entry"];
        match said["method"].as_str() {
            Some("Runtime.exceptionThrown") => self.console.push(said["params"]["exceptionDetails"].to_string()),
            Some("Runtime.consoleAPICalled") => self.console.push(said["params"]["args"].to_string()),
            Some("Log.entryAdded") if entry["level"] == "error" || entry["level"] == "warning" => {
                self.console.push(entry["text"].to_string());
            }
            Some(_) | None => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Bytes of a text in base 64.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes() {
        let Some(digit) = DIGITS.iter().position(|digit| *digit == byte) else { break };
        held = held << 6 | u32::try_from(digit).expect("below 64");
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xFF).expect("a byte"));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn base_64_is_read() {
        assert_eq!(super::base64("cmluZ2ZlbmNl"), b"ringfence");
        assert_eq!((super::base64("Zg=="), super::base64("Zm8=")), (b"f".to_vec(), b"fo".to_vec()));
    }
}
