//! Machine code: which bytes may be run as code?
//!
//! In: what the engine of this build compiled, here, in a worker that this process started, or earlier with the result in
//! this host's cache. Out: code that can be instantiated. Must never: take bytes from anywhere else.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use wasmtime::component::Component;
use wasmtime::{Engine, OutOfMemory};

use crate::shortcut::shortened;
use crate::worker::Answer;

/// Code as the engine writes it. Each constructor is a reason to trust the bytes.
pub(crate) struct MachineCode<'a>(Cow<'a, [u8]>);

/// Why there is no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Uncompiled {
    /// The engine says why.
    Refused(String),
    /// The system gave no more memory.
    OutOfMemory,
}

impl MachineCode<'static> {
    /// Compiles an admitted component, with the shortcut where it has room for one.
    pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<MachineCode<'static>, Uncompiled> {
        if let Some(code) = shortened(bytes).and_then(|bytes| precompile(engine, &bytes).ok()) {
            return Ok(code);
        }
        precompile(engine, bytes)
    }

    /// What a worker of this process compiled.
    pub(crate) fn of_worker(answer: Answer) -> MachineCode<'static> {
        MachineCode(Cow::Owned(answer.into_code()))
    }
}

impl<'a> MachineCode<'a> {
    /// In a guest process: what the host that started it sent.
    #[cfg(target_os = "linux")]
    pub(crate) fn of_host(code: &'a [u8]) -> MachineCode<'a> {
        MachineCode(Cow::Borrowed(code))
    }

    /// Bytes whose tag was made with the key that `mac` was made with, over what `mac` has been given. The comparison
    /// says nothing about how much of a forged tag was right.
    pub(crate) fn authentic(mac: Hmac<Sha256>, tag: &[u8], code: &'a [u8]) -> Option<MachineCode<'a>> {
        mac.verify_slice(tag).ok()?;
        Some(MachineCode(Cow::Borrowed(code)))
    }

    /// The bytes, for the cache or for the process that started this one.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Ready to be instantiated; `None` when it is of another engine.
    pub(crate) fn load(&self, engine: &Engine) -> Option<Component> {
        // SAFETY: `deserialize` trusts its input as it trusts its own compiler: bytes made up by somebody else could run
        // as any code. A `MachineCode` is what `Engine::precompile_component` returned, on one of three ways. (1) In this
        // process, a moment ago. (2) In a process that this one started from the file it runs from itself, over a memory
        // file that nobody else was given; its engine was compared with ours, and the bytes are read once, after its end.
        // (3) From a file whose HMAC-SHA256 matches a key that only this user of this machine can read (0600 in a 0700
        // folder), over a name with the hashes of the component, of this engine's compilation settings and of the engine
        // version. They are checked and used in the same buffer. (4) In a guest process: the host that started it had them on
        // one of these ways and sent them over the one socket that the process has, before it runs anything of a guest.
        #[allow(unsafe_code, reason = "the one place where our own machine code is loaded; see the argument above")]
        let component = unsafe { Component::deserialize(engine, &self.0) };
        component.ok()
    }
}

fn precompile(engine: &Engine, bytes: &[u8]) -> Result<MachineCode<'static>, Uncompiled> {
    // The compiler has had panics on odd input; a panic there leaves nothing of ours half done.
    match catch_unwind(AssertUnwindSafe(|| engine.precompile_component(bytes))) {
        Ok(Ok(code)) => Ok(MachineCode(Cow::Owned(code))),
        Ok(Err(error)) if error.is::<OutOfMemory>() => Err(Uncompiled::OutOfMemory),
        Ok(Err(error)) => Err(Uncompiled::Refused(format!("{error:#}"))),
        Err(_) => Err(Uncompiled::Refused("the compiler stopped on a fault of its own".to_owned())),
    }
}
