//! Refusals: why is this component not run?
//!
//! In: what admission, the compiler or the guest's own `setup` found. Out: a stable code, what was found, what is
//! allowed, and how to put it right. Must never: say no without saying what to do about it.

use std::fmt;

use ringfence_core::coded_enum;

use crate::shown::shown;

coded_enum! {
    /// Why a component is refused, in the order of the checks.
    AdmissionCode {
        /// The file cannot be opened or read.
        Read = 1 "E-READ",
        /// Not a regular file: a folder, a link, a pipe, a device.
        NotRegular = 2 "E-NOT-REGULAR",
        /// Larger than a component may be.
        Size = 3 "E-SIZE",
        /// Not the bytes that the configuration pins.
        Pin = 4 "E-PIN",
        /// Machine code in place of WebAssembly; only this host's own cache is ever loaded as such.
        Precompiled = 5 "E-PRECOMPILED",
        /// A core module, not a component.
        CoreModule = 6 "E-CORE-MODULE",
        /// Not WebAssembly, or damaged.
        Parse = 7 "E-PARSE",
        /// More of something than a strategy may have (instances, functions, locals, segments, …).
        Structure = 8 "E-STRUCTURE",
        /// A WebAssembly proposal that is switched off here.
        Proposal = 9 "E-PROPOSAL",
        /// An import that is not ours.
        Import = 10 "E-IMPORT",
        /// A function that a strategy must export is missing or has another type.
        Export = 11 "E-EXPORT",
        /// Built for an interface version that this host does not speak.
        WitVersion = 12 "E-WIT-VERSION",
        /// The compiler refused it.
        Compile = 13 "E-COMPILE",
        /// Creating the instance failed: initial sizes above the limits, or its start code trapped.
        Init = 14 "E-INIT",
        /// Its start code used up the fuel of instantiation.
        InitFuel = 15 "E-INIT-FUEL",
        /// `setup` failed, by its own word or by a trap.
        Setup = 16 "E-SETUP",
        /// `setup` used up its fuel.
        SetupFuel = 17 "E-SETUP-FUEL",
        /// An import was called in a phase where it may not be.
        Phase = 18 "E-PHASE",
        /// The subscriptions that `setup` gave are not possible.
        Plan = 19 "E-PLAN",
        /// Its start code or `setup` ran into the safety net of wall-clock time: no outcome of the component.
        WallClock = 20 "E-WALL-CLOCK",
        /// Compiling it takes more time than it may.
        CompileTime = 21 "E-COMPILE-TIME",
        /// Compiling it takes more memory than it may, or gives more machine code.
        CompileMemory = 22 "E-COMPILE-MEMORY",
        /// The process that compiles it failed: no outcome of the component.
        CompileWorker = 23 "E-COMPILE-WORKER",
        /// A signature that does not hold, or not for this.
        Signature = 24 "E-SIGNATURE",
        /// No signature, where one is wanted.
        Unsigned = 25 "E-UNSIGNED",
        /// A lower version than one that ran here.
        Downgrade = 26 "E-DOWNGRADE",
        /// The configuration gives it more than was signed.
        SignedLimit = 27 "E-SIGNED-LIMIT",
        /// The process that was to run it failed: no outcome of the component.
        GuestProcess = 28 "E-GUEST-PROCESS",
    }
}

impl AdmissionCode {
    /// What the code means and what to do, in a few sentences.
    #[must_use]
    pub const fn explain(self) -> &'static str {
        match self {
            AdmissionCode::Read => "The component file cannot be opened or read. Check the path and its permissions.",
            AdmissionCode::NotRegular => {
                "A component must be a regular file. Links, pipes, devices and folders are refused; name the file itself."
            }
            AdmissionCode::Size => {
                "The file is larger than a component may be. Build in release mode and strip it; `ringfence build` does both."
            }
            AdmissionCode::Pin => {
                "The configuration pins the SHA-256 of this component and the file has another. Either the file was \
                 replaced, or the pin must be changed on purpose."
            }
            AdmissionCode::Precompiled => {
                "The file holds machine code, which is never loaded from outside this host's own cache. Give the .wasm file."
            }
            AdmissionCode::CoreModule => {
                "The file is a core module; a strategy is a component. `ringfence build DIR` makes one from the source."
            }
            AdmissionCode::Parse => "The file is not a WebAssembly component, or it is damaged. Build it again.",
            AdmissionCode::Structure => {
                "The component has more of something than a strategy may have. Small files can cost minutes and gigabytes \
                 to compile, so these are counted before."
            }
            AdmissionCode::Proposal => {
                "The component uses a WebAssembly proposal that is switched off, because its results or its cost could \
                 differ between machines. Build without that target feature."
            }
            AdmissionCode::Import => {
                "A strategy may import the interfaces of ringfence:strategy and those of WASI 0.2 that a standard library \
                 asks for, which are inert: docs/wasi.md lists them. There are no sockets, no HTTP and nothing else of a world \
                 outside. For Rust, build for wasm32-unknown-unknown; `ringfence build` does."
            }
            AdmissionCode::Export => {
                "A strategy exports setup, on-event, snapshot and restore in the interface ringfence:strategy/guest, with \
                 exactly the types of the WIT files."
            }
            AdmissionCode::WitVersion => {
                "The component was built for an interface version that this host does not speak. Build it against the WIT \
                 files of this release, or use a newer host."
            }
            AdmissionCode::Compile => {
                "The engine could not compile the component. Build it again; if it persists, report it."
            }
            AdmissionCode::Init => {
                "The component could not be instantiated within the limits of the strategy (memory, tables, instances), or \
                 its start code trapped."
            }
            AdmissionCode::InitFuel => "The component's start code did not end within the fuel of instantiation.",
            AdmissionCode::Setup => "The strategy's own setup refused its parameters or instruments, or trapped.",
            AdmissionCode::SetupFuel => "The strategy's setup did not end within its fuel.",
            AdmissionCode::Phase => {
                "Views and emit can be called from on-event only, not from setup, snapshot or restore."
            }
            AdmissionCode::Plan => "The subscriptions given by setup are not possible: see the detail.",
            AdmissionCode::WallClock => {
                "Starting the strategy ran into the safety net of wall-clock time long before its fuel was used up. The \
                 machine was far too busy; run again. It says nothing about the component, and the exit code is 4."
            }
            AdmissionCode::CompileTime => {
                "Components are compiled in a process of their own, which is stopped when it takes too long: a few \
                 kilobytes can be made to take minutes. Build in release mode and split the largest functions: time \
                 grows with the branches of a function times its locals."
            }
            AdmissionCode::CompileMemory => {
                "Components are compiled in a process of their own with a limit of memory and of machine code, and this \
                 one went past it. Build in release mode and split the largest functions."
            }
            AdmissionCode::CompileWorker => {
                "The process that compiles components did not start, was ended by something else than a limit, or did not \
                 answer as it should. `ringfence doctor` tries it. It says nothing about the component, and the exit \
                 code is 4."
            }
            AdmissionCode::Signature => {
                "The signature beside the component is damaged, of another file, of another strategy, or made with a key \
                 that [trust] does not name. It is looked at before anything of the component is; get both again from \
                 whom you trust."
            }
            AdmissionCode::Unsigned => {
                "The configuration wants components that are signed (unsigned = \"refuse\", and always in shadow and live), \
                 and this one has no signature with a key in [trust] keys."
            }
            AdmissionCode::Downgrade => {
                "A later version of this strategy ran on this host before, and an older one may have faults that were \
                 mended. Use the later one, or say --allow-downgrade."
            }
            AdmissionCode::GuestProcess => {
                "The configuration has the strategy run in a process of its own (isolation = \"process\"), and that process did \
                 not start, was ended by something else, or did not answer as it should; it needs Linux. It says nothing about \
                 the component, and the exit code is 4."
            }
            AdmissionCode::SignedLimit => {
                "The configuration gives the strategy more fuel or memory than its signer says it needs. Lower the limit, or \
                 have the component signed for more."
            }
        }
    }
}

/// Why a component is not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// Which rule.
    pub code: AdmissionCode,
    /// What was found, with the values; text of a guest in it is made fit to be shown.
    pub found: String,
    /// What is allowed.
    pub expected: String,
    /// What to do about it.
    pub fix: String,
}

impl Refusal {
    pub(crate) fn new(
        code: AdmissionCode,
        found: impl Into<String>,
        expected: impl Into<String>,
        fix: impl Into<String>,
    ) -> Refusal {
        Refusal { code, found: shown(&found.into()), expected: expected.into(), fix: fix.into() }
    }

    /// Adds a trace below what was found.
    pub(crate) fn traced(mut self, trace: &str) -> Refusal {
        self.found.push('\n');
        self.found.push_str(trace);
        self
    }

    /// True where the surroundings decided, not the component: the same file may pass at another time.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        matches!(self.code, AdmissionCode::WallClock | AdmissionCode::CompileWorker | AdmissionCode::GuestProcess)
    }

    /// All of it but the code, as one line.
    #[must_use]
    pub fn detail(&self) -> String {
        format!("{}; expected {}; {}", self.found, self.expected, self.fix)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.code(), self.detail())
    }
}

/// A fault of the host's own making or surroundings, not of a component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// The engine cannot run on this platform.
    #[error("the WebAssembly engine cannot run here: {0}")]
    Engine(String),
}

/// Lower-case hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
