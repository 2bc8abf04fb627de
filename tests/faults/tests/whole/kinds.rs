//! Kinds: what can go wrong?
//!
//! In: nothing. Out: a name for each kind of fault. Must never: grow without an effect that `strikes` counts.

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal),+ $(,)?) => {
        /// A kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kind { $($(#[$doc])* $kind),+ }

        impl Kind {
            pub(crate) const ALL: &[Kind] = &[$(Kind::$kind),+];

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name),+ }
            }
        }
    };
}

kinds! {
    // The network.
    RequestLost = "request-lost",
    RequestUnsent = "request-unsent",
    AnswerLost = "answer-lost",
    AnswerNever = "answer-never",
    AnswerLate = "answer-late",
    AnswerCut = "answer-cut",
    FrameDoubled = "frame-doubled",
    FrameSwapped = "frame-swapped",
    FrameLost = "frame-lost",
    FrameCut = "frame-cut",
    HalfOpen = "half-open",
    StallUser = "stall-user",
    StallBooks = "stall-books",
    ConnectRefused = "connect-refused",
    ReconnectStorm = "reconnect-storm",
    Close1006 = "close-1006",
    Close1008 = "close-1008",
    Close1012 = "close-1012",
    Outage = "outage",
    OldTicks = "old-ticks",
    DepthGap = "depth-gap",
    /// Two sides of the depth stream overlap: one comes twice.
    DepthOverlap = "depth-overlap",
    KeyOfAnother = "key-of-another-account",
    KeyDoubledExpiry = "key-expiry-twice",
    UnknownEvent = "unknown-event",
    NoJson = "no-json",
    // The venue.
    Unknown503 = "503-unknown",
    Unknown503Done = "503-unknown-and-done",
    Unavailable503 = "503-unavailable",
    Internal503 = "503-internal",
    TooMany = "429",
    TooManyRetry = "429-retry-after",
    Banned = "418",
    StaleTimestamp = "-1021",
    ClockSkew = "clock-skew",
    ClockJump = "clock-jump",
    LostAck = "lost-ack",
    LostSubmit = "lost-submit",
    SlowVenue = "slow-venue",
    CutResponse = "cut-response",
    FillBeforeAck = "fill-before-ack",
    LateFill = "fill-after-cancel-ack",
    CancelFillCross = "cancel-fill-cross",
    DuplicateFill = "duplicate-fill",
    FillUntold = "fill-untold",
    FillLate = "fill-told-late",
    Overfill = "overfill",
    ForeignOrder = "foreign-order",
    ForeignFill = "foreign-fill",
    ForeignCancel = "foreign-cancel",
    Transfer = "transfer",
    Funding = "funding",
    KeyExpired = "listen-key-expired",
    Halted = "halted-symbol",
    Filters = "filters-changed",
    FieldMissing = "field-missing",
    FieldAdded = "field-added",
    FieldNull = "field-null",
    FieldRenamed = "field-renamed",
    UnknownEnum = "unknown-enum",
    ExpiredInMatch = "expired-in-match",
    DeadMan = "dead-man",
    HalfReplaceCancel = "half-replace-cancel",
    HalfReplaceOrder = "half-replace-order",
    DuplicateIdRefused = "misleading-duplicate-id",
    UnknownOrderRefused = "misleading-unknown-order",
    VenueStall = "venue-stall",
    StreamCut = "stream-cut",
    FrameBomb = "frame-bomb",
    // The host.
    Kill = "kill-process",
    PowerLoss = "power-loss",
    ShortWrite = "short-write",
    WriteError = "write-error",
    SyncError = "sync-error",
    DiskFull = "disk-full",
    TruncatedTail = "truncated-tail",
    ClockBack = "clock-back",
    ClockForward = "clock-forward",
    KillL1 = "kill-l1",
    KillL2 = "kill-l2",
    KillL3 = "kill-l3",
    KillL4 = "kill-l4",
    Flatten = "flatten",
    Disable = "disable-enable",
    Compare = "operator-compares",
}
