//! The account's stream: is it heard, and what does it tell?
//!
//! In: keys, connections and frames. Out: reports through the ledger; `VenueDown` and `VenueUp` around every gap, after which
//! the session compares. Must never: take a stream that is silent for one that has nothing to say: a quiet stream is proved
//! by a question.

use ringfence_core::event::{BalanceChange, BalanceReason, BalanceStatement, EventKind, PositionStatement};
use ringfence_core::ids::{InstrumentId, StrategyId, TimeNs};
use ringfence_core::instrument::PositionSide;
use ringfence_core::money::{Decimal, Price, Qty, add_exact};

use crate::codec::json::Json;
use crate::codec::read::CodecError;
use crate::codec::request::{KeyAct, listen_key, order_query};
use crate::codec::stream::Message;
use crate::codec::user::AccountUpdate;
use crate::codec::{Failure, Fate, Number, Secret, account, order};
use crate::protocol::budget::Class;
use crate::protocol::calls::Purpose;
use crate::protocol::convert::of_ms;
use crate::protocol::timers::Task;
use crate::protocol::{Address, Channel, Machine, NS_PER_S, Notice, Output, UserStream};

/// A key counts for an hour and is renewed at half of it.
const RENEW_NS: u64 = 1_800 * NS_PER_S;
/// A connection is cut after a day; it is replaced up to half an hour before.
pub(crate) const REPLACE_NS: u64 = 23 * 3_600 * NS_PER_S;
/// How much earlier by chance, so that many hosts do not do it at once.
pub(crate) const REPLACE_SPREAD_NS: u64 = 1_800 * NS_PER_S;
/// A stream that says nothing for so long while an order is open is asked about.
const QUIET_NS: u64 = 30 * NS_PER_S;
/// The subscription's request.
const SUBSCRIBE_ID: u64 = 1;

/// The stream of the account.
#[derive(Debug, Default)]
pub(crate) struct User {
    state: State,
    key: Option<String>,
    link: Option<u64>,
    heard_at: TimeNs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    /// A key is asked for.
    Keying,
    Connecting,
    /// Connected; the subscription is not confirmed.
    Subscribing,
    Live,
}

impl User {
    pub(crate) fn is_live(&self) -> bool {
        self.state == State::Live
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    pub(crate) fn is_link(&self, link: u64) -> bool {
        self.link == Some(link)
    }

    pub(crate) fn take_link(&mut self) -> Option<u64> {
        self.state = State::Idle;
        self.link.take()
    }
}

impl Machine {
    pub(crate) fn open_user(&mut self) {
        if !self.user.is_idle() || self.is_closing {
            return;
        }
        match self.settings.user_stream {
            UserStream::Off => {}
            UserStream::ListenKey => {
                self.user.state = State::Keying;
                let request = listen_key(self.settings.product, KeyAct::Create, "");
                if !self.call(request, Purpose::Key(KeyAct::Create), Class::Query) {
                    self.key_unanswered(KeyAct::Create);
                }
            }
            UserStream::Subscription => {
                let shown = self.settings.hosts.user.clone();
                self.connect_user(Address { shown, hidden: String::new() });
            }
        }
    }

    fn connect_user(&mut self, url: Address) {
        self.user.state = State::Connecting;
        let link = self.link(Channel::User, url);
        self.user.link = Some(link);
    }

    pub(crate) fn key_answered(&mut self, act: KeyAct, json: &Json<'_>) -> Result<(), CodecError> {
        match act {
            KeyAct::Create => {
                let key = account::listen_key(json)?;
                self.user.key = Some(key.clone());
                self.timers.set(self.now.plus(RENEW_NS), Task::RenewKey);
                if self.user.state == State::Keying {
                    let shown = format!("{}/ws/", self.settings.hosts.user);
                    self.connect_user(Address { shown, hidden: key });
                }
            }
            KeyAct::Renew => {
                self.worked(&Task::RenewKey);
                self.timers.set(self.now.plus(RENEW_NS), Task::RenewKey);
            }
            KeyAct::End => {}
        }
        Ok(())
    }

    pub(crate) fn key_refused(&mut self, act: KeyAct, failure: &Failure) {
        let is_gone = failure.fate == Fate::NoListenKey && act == KeyAct::Renew;
        if is_gone { self.key_expired() } else { self.key_unanswered(act) }
    }

    pub(crate) fn key_unanswered(&mut self, act: KeyAct) {
        match act {
            KeyAct::Create => {
                if self.user.state == State::Keying {
                    self.user.state = State::Idle;
                }
                self.retry(Task::OpenUser);
            }
            KeyAct::Renew => self.retry(Task::RenewKey),
            KeyAct::End => {}
        }
    }

    pub(crate) fn renew_key(&mut self) {
        let Some(key) = self.user.key.clone() else { return };
        let request = listen_key(self.settings.product, KeyAct::Renew, &key);
        if !self.call(request, Purpose::Key(KeyAct::Renew), Class::Query) {
            self.retry(Task::RenewKey);
        }
    }

    pub(crate) fn end_key(&mut self) {
        if let Some(key) = self.user.key.take() {
            let request = listen_key(self.settings.product, KeyAct::End, &key);
            self.call(request, Purpose::Key(KeyAct::End), Class::Cancel);
        }
    }

    /// The key in use has ended: a new one, and what was missed.
    fn key_expired(&mut self) {
        self.user.key = None;
        self.timers.cancel(&Task::RenewKey);
        self.notice(Notice::KeyExpired);
        self.drop_user();
        self.timers.set(self.now, Task::OpenUser);
    }

    /// Ends the connection, whatever state it is in.
    pub(crate) fn drop_user(&mut self) {
        if let Some(link) = self.user.take_link() {
            self.out.push(Output::Disconnect { link });
        }
    }

    pub(crate) fn user_connected(&mut self) {
        match self.settings.user_stream {
            UserStream::Off => {}
            UserStream::ListenKey => self.user_live(),
            UserStream::Subscription => self.subscribe(),
        }
    }

    fn subscribe(&mut self) {
        let (Some(signer), Some(link)) = (&self.signer, self.user.link) else { return };
        let stamp = self.stamp();
        let key = signer.api_key().map_or("", Secret::reveal);
        let (window, time) = (stamp.recv_window_ms, stamp.timestamp_ms);
        let proof = signer.proof(&format!("apiKey={key}&recvWindow={window}&timestamp={time}"));
        let text = format!(
            "{{\"id\":{SUBSCRIBE_ID},\"method\":\"userDataStream.subscribe.signature\",\"params\":{{\"apiKey\":\"{key}\",\
             \"recvWindow\":{window},\"timestamp\":{time},\"signature\":\"{proof}\"}}}}"
        );
        self.user.state = State::Subscribing;
        self.out.push(Output::Frame { link, text: Secret::new(text) });
    }

    fn user_live(&mut self) {
        self.user.state = State::Live;
        self.user.heard_at = self.now;
        self.worked(&Task::OpenUser);
        if let Some(link) = self.user.link {
            self.timers.cancel(&Task::GiveUp(Channel::User, link));
        }
        let early = self.random.below(REPLACE_SPREAD_NS);
        self.timers.set(self.now.plus(REPLACE_NS - early), Task::Replace(Channel::User));
    }

    pub(crate) fn user_lost(&mut self) {
        self.user.take_link();
        self.notice(Notice::Disconnected(Channel::User));
        self.retry(Task::OpenUser);
    }

    /// A message of the account's stream.
    pub(crate) fn user_frame(&mut self, read: Result<Message<'_>, CodecError>) {
        self.user.heard_at = self.now;
        let message = match read {
            Ok(message) => message,
            Err(error) => {
                // Something was told that we cannot read: it has to be asked for.
                self.notice(Notice::Undecodable(error.to_string()));
                return self.has_missed();
            }
        };
        match message {
            Message::Order(update) => {
                if let Some((evidence, fills)) = self.update(&update) {
                    let id = self.ledger.observe(&evidence, &fills);
                    self.settle_doubts(&id);
                    self.chase_fills(&id);
                }
            }
            Message::Account(update) => self.account_changed(&update),
            Message::Transfer(asset, change, ms) => {
                self.adjusted((asset, change), BalanceReason::Transfer, of_ms(ms));
            }
            Message::Leverage(symbol, times) => {
                let instrument = self.by_symbol(symbol).map(|listed| listed.instrument.id);
                let hundredths = u32::try_from(times.saturating_mul(100)).ok();
                if let Some((instrument, hundredths)) = instrument.zip(hundredths) {
                    let now = self.venue_time();
                    self.report_account(instrument, now, EventKind::LeverageReported(hundredths));
                }
            }
            Message::KeyExpired(key) => self.expiry_told(key),
            Message::Terminated | Message::Shutdown => {
                self.drop_user();
                self.user_lost();
            }
            Message::Answer(id, refusal) => self.subscribed(id, refusal),
            Message::Lite(..)
            | Message::Trade(_)
            | Message::AggTrade(_)
            | Message::Touch(_)
            | Message::Depth(_)
            | Message::Mark(_)
            | Message::Kline(_)
            | Message::DayTicker(_)
            | Message::Liquidation(_)
            | Message::Other(_) => {}
        }
    }

    fn subscribed(&mut self, id: u64, refusal: Option<(i64, &str)>) {
        if id != SUBSCRIBE_ID || self.user.state != State::Subscribing {
            return;
        }
        match refusal {
            None => self.user_live(),
            Some((code, words)) => {
                self.notice(Notice::Credentials(format!("{code}: {words}")));
                if code == -1021 {
                    self.clock.distrust();
                    self.timers.set_by(self.now, Task::MeasureTime);
                }
                self.drop_user();
                self.user_lost();
            }
        }
    }

    /// An expiry of another key, or told again after a new one was asked for, is nothing to us.
    fn expiry_told(&mut self, key: Option<&str>) {
        let is_ours = match (key, &self.user.key) {
            (Some(told), Some(ours)) => told == ours,
            (None, Some(_)) => self.user.is_live(),
            (_, None) => false,
        };
        if is_ours {
            self.key_expired();
        }
    }

    /// Cash that moved without a fill. Balances and positions as such are not taken from here: they come before or after the
    /// fills that made them, and would contradict them. Who wants to know them asks.
    fn account_changed(&mut self, update: &AccountUpdate<'_>) {
        let Some(reason) = adjustment(update.reason) else { return };
        for (balance, change) in update.balances.iter().zip(&update.changes) {
            self.adjusted((balance.asset, *change), reason, of_ms(update.time_ms));
        }
    }

    fn adjusted(&mut self, (asset, change): (&str, Number), reason: BalanceReason, time: TimeNs) {
        let currency = self.settings.currency(asset);
        let Ok(amount) = change.decimal() else { return };
        if amount.is_zero() {
            return;
        }
        if currency.0 == 0 {
            return self.notice(Notice::UnknownAsset(asset.to_owned()));
        }
        let change = BalanceChange { reason, currency, amount, strategy: StrategyId::EXTERNAL };
        self.report_account(InstrumentId::NONE, time, EventKind::BalanceAdjusted(change));
    }

    /// Reports a balance.
    pub(crate) fn state_balance(&mut self, balance: &account::Balance) {
        let currency = self.settings.currency(&balance.asset);
        let numbers = (balance.available.decimal(), balance.locked.map_or(Ok(Decimal::ZERO), Number::decimal));
        let (Ok(available), Ok(locked)) = numbers else { return };
        let total = match balance.total.map(Number::decimal) {
            Some(Ok(total)) => Ok(total),
            Some(Err(error)) => Err(error),
            None => add_exact(available, locked),
        };
        let Ok(total) = total else { return };
        if currency.0 > 0 {
            let now = self.venue_time();
            let statement = BalanceStatement { currency, total, available };
            self.report_account(InstrumentId::NONE, now, EventKind::BalanceReported(statement));
        }
    }

    /// Reports a position of an instrument of the session.
    pub(crate) fn state_position(
        &mut self,
        symbol: &str,
        (side, (qty, entry)): (PositionSide, (Number, Number)),
        time: TimeNs,
    ) {
        let Some(listed) = self.by_symbol(symbol) else { return };
        let definition = listed.instrument;
        let Some(qty) = qty.at(definition.qty_scale) else {
            return self.notice(Notice::Undecodable(format!("position in {symbol}: beyond the instrument's scale")));
        };
        // An average has digits of its own; it is left out where they do not fit.
        let entry_price = Price(entry.at(definition.price_scale).unwrap_or(0));
        let kind = EventKind::PositionReported(PositionStatement { side, qty: Qty(qty), entry_price });
        self.report_account(definition.id, time, kind);
    }

    /// A stream that is quiet while orders are open is proved by one of them.
    pub(crate) fn watch_user(&mut self) {
        let is_quiet = self.now.age_of(self.user.heard_at).unwrap_or(0) >= QUIET_NS;
        let is_asked = self.calls.all().any(|call| !call.is_late && matches!(call.purpose, Purpose::ProbeUser(_)));
        if !self.user.is_live() || !is_quiet || is_asked {
            return;
        }
        let live = self.ledger.live();
        let at = self.random.below(live.len() as u64);
        let Some(id) = usize::try_from(at).ok().and_then(|at| live.get(at)) else { return };
        let Some(order) = self.ledger.get(id) else { return };
        let Some(listed) = self.listed(order.instrument) else { return };
        let request = order_query(&listed.place(self.settings.product), &order.current_id);
        self.call(request, Purpose::ProbeUser(id.clone()), Class::Query);
    }

    /// What the answer tells should have been told by the stream.
    pub(crate) fn user_probed(&mut self, id: &str, json: &Json<'_>) -> Result<(), CodecError> {
        let said = order::order(json)?;
        let Some((evidence, fills)) = self.evidence(&said) else { return Ok(()) };
        let known = self.ledger.get(id).map(|order| (order.life, order.executed));
        self.ledger.observe(&evidence, &fills);
        self.settle_doubts(id);
        self.chase_fills(id);
        let found = self.ledger.get(id).map(|order| (order.life, order.executed));
        if known != found && self.user.is_live() {
            self.notice(Notice::Stalled(Channel::User));
            self.drop_user();
            self.user_lost();
        } else {
            self.user.heard_at = self.now;
        }
        Ok(())
    }
}

/// What an account update means where it is not about a trade.
fn adjustment(reason: &str) -> Option<BalanceReason> {
    Some(match reason {
        "DEPOSIT"
        | "WITHDRAW"
        | "WITHDRAW_REJECT"
        | "ADMIN_DEPOSIT"
        | "ADMIN_WITHDRAW"
        | "MARGIN_TRANSFER"
        | "ASSET_TRANSFER"
        | "STRATEGY_UMFUTURES_TRANSFER" => BalanceReason::Transfer,
        "FUNDING_FEE" => BalanceReason::Funding,
        "ADJUSTMENT" => BalanceReason::Correction,
        "INSURANCE_CLEAR" => BalanceReason::Liquidation,
        "COIN_SWAP_DEPOSIT" | "COIN_SWAP_WITHDRAW" | "AUTO_EXCHANGE" => BalanceReason::Transfer,
        _ => return None,
    })
}
