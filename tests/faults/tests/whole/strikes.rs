//! Strikes: how does each kind of fault come about?
//!
//! In: a kind. Out: what goes wrong, planned or at once, and how often it did. Must never: count what had no effect.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each part takes its own kinds; one that no part takes is never met, and fails"
)]

use ringfence_binance::codec::failure::Product;
use ringfence_binance::protocol::Channel;
use ringfence_core::event::{EventKind, KillLevel};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::StrategyId;
use ringfence_core::intent::Action;
use ringfence_faults::{Disturbance, Of, Pipe, SYMBOL, Trouble};
use ringfence_session::live::Input;
use serde_json::{Value, json};

use crate::disk::DiskFault;
use crate::house::{ACCOUNT, House, MS, S, Then};
use crate::kinds::Kind;

impl House {
    /// Something of this kind goes wrong.
    pub(crate) fn strike(&mut self, kind: Kind) {
        *self.drawn.entry(kind.name()).or_default() += 1;
        let applied = self.strike_network(kind) || self.strike_venue(kind) || self.strike_market(kind);
        if !applied {
            self.strike_host(kind);
        }
    }

    fn disturb(&mut self, kind: Kind, trouble: Trouble, (of, times): (Of, u32)) {
        self.pipe.disturb(Disturbance { name: kind.name(), trouble, of, times });
    }

    /// Mostly what changes something at the venue, sometimes any request.
    fn of_requests(&mut self) -> Of {
        match self.random.below(4) {
            0 => Of::Requests,
            1 => Of::Request("DELETE", "/order"),
            2 => Of::Request("", "/order"),
            _ => Of::Request("POST", "/order"),
        }
    }

    fn strike_network(&mut self, kind: Kind) -> bool {
        let of = self.of_requests();
        let times = 1 + u32::try_from(self.random.below(3)).expect("small");
        let user = Of::Link(Channel::User);
        let books = Of::Link(Channel::Books);
        let stall = Trouble::Stall(S + self.random.below(40 * S));
        let (trouble, of, times) = match kind {
            Kind::RequestLost => (Trouble::RequestLost, of, times),
            Kind::RequestUnsent => (Trouble::Unsent, of, times),
            Kind::AnswerLost => (Trouble::AnswerLost, of, times),
            Kind::AnswerNever => (Trouble::AnswerNever, of, times),
            Kind::AnswerLate => (Trouble::AnswerLate(S + self.random.below(30 * S)), of, times),
            Kind::AnswerCut => (Trouble::AnswerCut, of, times),
            Kind::FrameDoubled => (Trouble::FrameDoubled, user, times),
            Kind::FrameSwapped => (Trouble::FrameSwapped, user, times),
            Kind::FrameLost => (Trouble::FrameLost, user, times),
            Kind::FrameCut => (Trouble::FrameCut, user, 1),
            Kind::HalfOpen => (Trouble::HalfOpen, if self.random.percent(60) { user } else { books }, 1),
            Kind::StallUser => (stall, user, 1),
            Kind::StallBooks => (stall, books, 1),
            Kind::OldTicks => (Trouble::FrameReplayed, books, 5),
            Kind::DepthGap => (Trouble::FrameLost, Of::Frames("depthUpdate"), times),
            Kind::DepthOverlap => (Trouble::FrameDoubled, Of::Frames("depthUpdate"), times),
            Kind::UnknownEvent => (Trouble::FrameForged(json!({"e": "SOMETHING_NEW", "E": 1}).to_string()), user, 1),
            Kind::NoJson => (Trouble::FrameForged("{\"e\":".to_owned()), user, 1),
            Kind::KeyOfAnother => {
                let said = json!({"e": "listenKeyExpired", "E": 1, "listenKey": "of-somebody-else"});
                (Trouble::FrameForged(said.to_string()), user, times)
            }
            Kind::DuplicateIdRefused => {
                let said = json!({"code": if self.product == Product::Spot { -2010 } else { -4116 }, "msg": "Duplicate order sent."});
                (Trouble::AnswerInstead(400, said.to_string()), Of::Request("POST", "/order"), 1)
            }
            Kind::UnknownOrderRefused => {
                let said = json!({"code": -2011, "msg": "Unknown order sent."});
                (Trouble::AnswerInstead(400, said.to_string()), Of::Request("DELETE", "/order"), 1)
            }
            Kind::ConnectRefused
            | Kind::ReconnectStorm
            | Kind::Close1006
            | Kind::Close1008
            | Kind::Close1012
            | Kind::Outage => {
                self.strike_connections(kind);
                return true;
            }
            _other => return false,
        };
        self.disturb(kind, trouble, (of, times));
        true
    }

    fn strike_connections(&mut self, kind: Kind) {
        let all = [Channel::User, Channel::Books, Channel::Trades];
        let one = *self.random.one_of(&all);
        match kind {
            Kind::ConnectRefused => {
                self.disturb(kind, Trouble::ConnectRefused, (Of::Links, 4));
                self.pipe.cut(one);
            }
            Kind::ReconnectStorm => {
                self.disturb(kind, Trouble::ConnectDropped, (Of::Links, 6));
                self.pipe.cut_all();
            }
            // Abnormal end: one connection, without a word.
            Kind::Close1006 => self.cut(kind, &[one]),
            // Policy: the account's connection, and it is not let in again at once.
            Kind::Close1008 => {
                self.disturb(Kind::ConnectRefused, Trouble::ConnectRefused, (Of::Link(Channel::User), 2));
                self.cut(kind, &[Channel::User]);
            }
            // The service starts anew: all of them, and nothing is there for a moment.
            Kind::Close1012 => {
                self.disturb(Kind::ConnectRefused, Trouble::ConnectRefused, (Of::Links, 3));
                self.cut(kind, &all);
            }
            _outage => {
                let times = 10 + u32::try_from(self.random.below(20)).expect("small");
                self.disturb(kind, Trouble::Unsent, (Of::Requests, times));
                self.disturb(kind, Trouble::ConnectRefused, (Of::Links, 5));
                self.pipe.cut_all();
            }
        }
    }

    fn cut(&mut self, kind: Kind, channels: &[Channel]) {
        let cut: usize = channels.iter().map(|channel| self.pipe.cut(*channel)).sum();
        if cut > 0 {
            self.meets(kind);
        }
    }

    fn rule(&mut self, kind: Kind, when: Value, fault: Value) {
        self.pipe.faults(&json!({"rule": [{"name": kind.name(), "when": when, "fault": fault}]}));
    }

    /// Path of orders, with a method.
    fn at(&self, method: &str) -> Value {
        let path = match self.product {
            Product::Spot => "/api/v3/order",
            Product::UsdM => "/fapi/v1/order",
        };
        json!({"request": format!("{method} {path}")})
    }

    /// Messages of an order to which this was done.
    fn on(&self, done: &str) -> Value {
        let event = match self.product {
            Product::Spot => "executionReport",
            Product::UsdM => "ORDER_TRADE_UPDATE",
        };
        json!({"message": format!("{event}:{done}")})
    }

    fn strike_venue(&mut self, kind: Kind) -> bool {
        let method = *self.random.one_of(&["POST", "POST", "POST", "DELETE", "GET"]);
        let (any, new) = (self.at(method), self.at("POST"));
        let ms = 200 + self.random.below(20_000);
        let done = *self.random.one_of(&["NEW", "TRADE", "CANCELED"]);
        let bytes = self.random.below(400);
        let (when, fault) = match kind {
            Kind::Unknown503 => (any, json!({"kind": "unavailable", "text": "unknown"})),
            Kind::Unknown503Done => (any, json!({"kind": "unavailable", "text": "unknown", "is_processed": true})),
            Kind::Unavailable503 => (any, json!({"kind": "unavailable", "text": "unavailable"})),
            Kind::Internal503 => (any, json!({"kind": "unavailable", "text": "internal"})),
            Kind::TooMany => (any, json!({"kind": "too_many"})),
            Kind::TooManyRetry => (any, json!({"kind": "too_many", "retry_after_s": 1 + self.random.below(10)})),
            Kind::Banned => (any, json!({"kind": "banned", "seconds": 5 + self.random.below(40)})),
            Kind::StaleTimestamp => (any, json!({"kind": "stale_timestamp"})),
            Kind::LostAck => (any, json!({"kind": "lost_ack"})),
            Kind::LostSubmit => (any, json!({"kind": "lost_submit"})),
            Kind::SlowVenue => (any, json!({"kind": "slow", "ms": 2_000 + ms * 2})),
            Kind::CutResponse => (any, json!({"kind": "cut_response", "bytes": bytes})),
            Kind::FillBeforeAck => (new, json!({"kind": "fill_before_ack", "ms": ms / 40})),
            Kind::LateFill => (self.at("DELETE"), json!({"kind": "late_fill", "ms": ms})),
            Kind::Overfill => (new, json!({"kind": "overfill", "qty": "0.5"})),
            Kind::DuplicateFill => (self.on("TRADE"), json!({"kind": "duplicate"})),
            Kind::FillUntold => (self.on("TRADE"), json!({"kind": "lose"})),
            Kind::FillLate => (self.on("TRADE"), json!({"kind": "delay", "ms": ms})),
            Kind::VenueStall => (self.on(done), json!({"kind": "stall", "ms": ms})),
            Kind::StreamCut => (self.on(done), json!({"kind": "cut_stream", "bytes": bytes})),
            Kind::FrameBomb => (self.on(done), json!({"kind": "frame_bomb", "bytes": 3_000_000})),
            Kind::HalfReplaceCancel | Kind::HalfReplaceOrder if self.product == Product::Spot => {
                let half = if kind == Kind::HalfReplaceCancel { "cancel" } else { "order" };
                (json!({"request": "POST /api/v3/order/cancelReplace"}), json!({"kind": "replace_half", "half": half}))
            }
            Kind::FieldMissing | Kind::FieldAdded | Kind::FieldNull | Kind::FieldRenamed | Kind::UnknownEnum => {
                return self.strike_schema(kind, done);
            }
            Kind::ClockSkew | Kind::ClockJump => {
                let far = if kind == Kind::ClockSkew { 1_500 } else { 5_000 };
                let ms = if self.random.percent(50) { far } else { -far };
                self.rule(kind, json!({"after_ms": 0}), json!({"kind": "clock_skew", "ms": ms}));
                let after_ms = 5_000 + self.random.below(20_000);
                (json!({"after_ms": after_ms}), json!({"kind": "clock_skew", "ms": 0}))
            }
            _other => return false,
        };
        self.rule(kind, when, fault);
        true
    }

    /// Answers and messages look like those of another version.
    fn strike_schema(&mut self, kind: Kind, done: &str) -> bool {
        let is_message = self.random.percent(60);
        let method = *self.random.one_of(&["POST", "DELETE", "GET"]);
        let when = if is_message { self.on(done) } else { self.at(method) };
        let within = match (is_message, self.product) {
            (false, _) => json!([]),
            (true, Product::Spot) => json!(["event"]),
            (true, Product::UsdM) => json!(["o"]),
        };
        let names = if is_message { ["i", "z", "X"] } else { ["orderId", "executedQty", "status"] };
        let name = *self.random.one_of(&names);
        let drift = match kind {
            Kind::FieldMissing => json!({"remove": [name]}),
            Kind::FieldAdded => json!({"add": {"brandNew": {"a": [1, null]}, "zz": "x"}}),
            Kind::FieldNull => json!({"add": {name: null}}),
            Kind::FieldRenamed => json!({"rename": {name: "elsewhere"}}),
            _unknown_enum => json!({"add": {names[2]: "PENDING_SOMETHING"}}),
        };
        let mut fault = json!({"kind": "drift", "within": within});
        for (key, value) in drift.as_object().into_iter().flatten() {
            fault[key] = value.clone();
        }
        self.rule(kind, when, fault);
        true
    }

    fn strike_market(&mut self, kind: Kind) -> bool {
        let account = Pipe::name(ACCOUNT);
        let pause = 2 * S + self.random.below(12 * S);
        let (side, through) = *self.random.one_of(&[("BUY", 1), ("SELL", -1)]);
        let away = through * i64::try_from(8 + self.random.below(20)).expect("small");
        let act = match kind {
            Kind::ForeignOrder | Kind::ForeignFill | Kind::ExpiredInMatch => {
                let away = if kind == Kind::ForeignOrder { -away } else { away };
                let prevention = if kind == Kind::ExpiredInMatch { "EXPIRE_BOTH" } else { "NONE" };
                let (price, qty) = (self.price(away), "1.5");
                json!({"do": "order", "account": account, "symbol": SYMBOL, "side": side, "price": price, "qty": qty,
                    "prevention": prevention})
            }
            Kind::ForeignCancel => match self.one_open() {
                Some(order) => json!({"do": "cancel", "order": order}),
                None => return true,
            },
            Kind::DeadMan if self.one_open().is_none() => return true,
            Kind::DeadMan => json!({"do": "cancel_all", "account": account}),
            Kind::Transfer => {
                let amount = if self.random.percent(50) { "25.5" } else { "-17.25" };
                json!({"do": "transfer", "account": account, "asset": "USDT", "amount": amount})
            }
            Kind::Funding | Kind::KeyExpired | Kind::KeyDoubledExpiry if self.product == Product::Spot => return true,
            Kind::Funding => json!({"do": "fund"}),
            Kind::KeyDoubledExpiry => {
                let of = (Of::Frames("listenKeyExpired"), 1);
                self.disturb(kind, Trouble::FrameDoubled, of);
                self.pipe.act(json!({"do": "expire_keys"})).expect("keys expire");
                return true;
            }
            Kind::KeyExpired => json!({"do": "expire_keys"}),
            Kind::Halted => {
                self.plan(pause, Then::Undo(kind));
                json!({"do": "status", "symbol": SYMBOL, "status": "HALT"})
            }
            Kind::Filters => {
                self.plan(pause, Then::Undo(kind));
                json!({"do": "filter", "symbol": SYMBOL, "tick": "0.05", "step": "0.5"})
            }
            Kind::CancelFillCross => {
                self.crosses += 2;
                return true;
            }
            _other => return false,
        };
        if self.pipe.act(act).is_ok() {
            self.meets(kind);
        }
        true
    }

    /// What a strike began ends.
    pub(crate) fn undo(&mut self, kind: Kind) {
        let act = match kind {
            Kind::Halted => json!({"do": "status", "symbol": SYMBOL, "status": "TRADING"}),
            Kind::Filters => json!({"do": "filter", "symbol": SYMBOL, "tick": "0.01", "step": "0.1"}),
            Kind::DiskFull => return self.disk.heal(),
            _disable => return self.tell(EventKind::TradingEnabled),
        };
        self.pipe.act(act).expect("the exchange does it");
    }

    /// The number of an open order at the exchange.
    fn one_open(&mut self) -> Option<u64> {
        let ledger = self.pipe.ledger(ACCOUNT);
        let is_open = |order: &&Value| matches!(order["status"].as_str(), Some("NEW" | "PARTIALLY_FILLED"));
        ledger["orders"].as_array()?.iter().find(is_open)?["orderId"].as_u64()
    }

    /// A fill that happens while a cancel is on its way.
    pub(crate) fn cross(&mut self, command: &VenueCommand) {
        let Action::Cancel(terms) = command.action() else { return };
        if self.crosses == 0 {
            return;
        }
        let id = ringfence_core::ids::ClientOrderId::new(crate::house::session(self.seed), terms.order);
        let ledger = self.pipe.ledger(ACCOUNT);
        let is_it = |order: &&Value| order["clientOrderId"] == id.as_str() && order["status"] == "NEW";
        let Some(order) = ledger["orders"].as_array().into_iter().flatten().find(is_it) else { return };
        let qty = if self.random.percent(50) { order["origQty"].clone() } else { json!("0.1") };
        let act = json!({"do": "fill", "order": order["orderId"], "qty": qty});
        if self.pipe.act(act).is_ok() {
            self.crosses -= 1;
            self.meets(Kind::CancelFillCross);
        }
    }

    fn strike_host(&mut self, kind: Kind) {
        let soon = self.random.below(60);
        match kind {
            Kind::Kill => self.fuse = Some(soon),
            Kind::TruncatedTail => {
                self.is_tail_cut = true;
                self.disk.plan(DiskFault::Torn, soon / 8);
            }
            Kind::PowerLoss => self.disk.plan(DiskFault::Power, soon / 4),
            Kind::ShortWrite => {
                let bytes = usize::try_from(self.random.below(600)).expect("small");
                self.disk.plan(DiskFault::Short(bytes), soon / 8);
            }
            Kind::WriteError => self.disk.plan(DiskFault::Write, soon / 8),
            Kind::SyncError => self.disk.plan(DiskFault::Sync, soon / 8),
            Kind::DiskFull => {
                self.disk.plan(DiskFault::Full, soon / 8);
                self.plan(20 * S, Then::Undo(kind));
            }
            Kind::ClockBack | Kind::ClockForward => {
                let ns = i64::try_from(S + self.random.below(9 * S)).expect("small");
                self.wall_ns += if kind == Kind::ClockBack { -ns } else { ns };
                self.meets(kind);
            }
            Kind::KillL1 => self.kill(kind, KillLevel::L1, StrategyId(1)),
            Kind::KillL2 => self.kill(kind, KillLevel::L2, StrategyId::EXTERNAL),
            Kind::KillL3 => self.kill(kind, KillLevel::L3, StrategyId::EXTERNAL),
            Kind::KillL4 => self.kill(kind, KillLevel::L4, StrategyId::EXTERNAL),
            Kind::Flatten => {
                self.tell(EventKind::FlattenRequested(StrategyId::EXTERNAL));
                self.meets(kind);
            }
            Kind::Disable => {
                self.tell(EventKind::TradingDisabled);
                self.plan(3 * S, Then::Undo(kind));
                self.meets(kind);
            }
            Kind::Compare => {
                self.returned.push_back(Input::Reconcile);
                self.meets(kind);
            }
            _no_kind_of_the_host => {}
        }
    }

    fn kill(&mut self, kind: Kind, level: KillLevel, strategy: StrategyId) {
        self.brake(level, strategy);
        self.tell(EventKind::KillSwitch(level, strategy));
        self.meets(kind);
        let pause = 2 * S + self.random.below(10 * S);
        self.plan(pause, Then::LetGo);
    }

    /// What the disk did of what was planned.
    pub(crate) fn count_disk(&mut self) {
        for fault in self.disk.take_met() {
            self.meets(match fault {
                // Counted when something is gone.
                DiskFault::Torn => continue,
                DiskFault::Short(_) => Kind::ShortWrite,
                DiskFault::Write => Kind::WriteError,
                DiskFault::Sync => Kind::SyncError,
                DiskFault::Full => Kind::DiskFull,
                DiskFault::Power => Kind::PowerLoss,
            });
        }
    }

    /// How long a host that is gone stays away.
    pub(crate) fn absence(&mut self) -> u64 {
        50 * MS + self.random.below(8 * S)
    }
}
