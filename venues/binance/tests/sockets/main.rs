//! Sockets: does the adapter conform when its bytes really go over a wire?
//!
//! The local exchange serves on a port of this machine, the adapter has its own transport, and the suite plays every case
//! that needs neither time to pass nor a network that fails. Nothing waits for a time: a step is over once what the adapter
//! has said agrees with the exchange's own books (its orders, fills, touch, book and trades) and every question is answered.

mod told;
mod venue;
#[path = "../../../../tests/faults/tests/conformance/words.rs"]
#[expect(dead_code, reason = "faults of the way are not brought about here")]
mod words;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ringfence_binance::BinanceAdapter;
use ringfence_binance::codec::failure::Product;
use ringfence_binance::codec::{HmacSigner, Secret};
use ringfence_binance::protocol::{Hosts, Listed, Settings, StreamKind};
use ringfence_core::event::{Fill, Report};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, CurrencyId, InstrumentId, TimeNs, VenueId};
use ringfence_core::instrument::InstrumentKind;
use ringfence_core::intent::Action;
use ringfence_core::money::Decimal;
use ringfence_venue::conformance::{self, Act, Outcome, Stage, Truth, instruments};
use ringfence_venue::{Capabilities, EmergencyCancel, Query, QueryId, Rates, Said, Setting, VenueAdapter};

use told::{Told, Waiting, markets_agree};
use venue::{Venue, credentials};

const ACCOUNTS: [AccountId; 2] = [AccountId(1), AccountId(2)];
/// A step that is not over by then never will be; the case then says what was missing.
const PATIENCE: Duration = Duration::from_secs(10);
/// A question of the stage's own.
const OWN: QueryId = QueryId(u64::MAX);
/// Cases that are played beside each other: they mostly wait.
const LANES: usize = 8;

/// An adapter, and what it has been asked and has said.
struct Watched {
    adapter: BinanceAdapter,
    told: Told,
}

impl VenueAdapter for Watched {
    fn venue(&self) -> VenueId {
        self.adapter.venue()
    }

    fn capabilities(&self) -> Capabilities {
        self.adapter.capabilities()
    }

    async fn send(&mut self, command: VenueCommand) {
        let order = match command.action() {
            Action::Submit(_) => command.key(),
            Action::Cancel(terms) => terms.order,
            Action::Amend(terms) => terms.order,
        };
        self.told.waiting.push(Waiting::Command(command.key(), order));
        self.adapter.send(command).await;
    }

    async fn send_emergency(&mut self, cancel: EmergencyCancel) {
        self.told.waiting.push(Waiting::Emergency(cancel));
        self.adapter.send_emergency(cancel).await;
    }

    async fn ask(&mut self, id: QueryId, query: Query) {
        self.told.waiting.push(Waiting::Query(id));
        self.adapter.ask(id, query).await;
    }

    async fn set(&mut self, id: QueryId, place: (AccountId, InstrumentId), setting: Setting) {
        self.told.waiting.push(Waiting::Query(id));
        self.adapter.set(id, place, setting).await;
    }

    fn rates(&self) -> Rates {
        self.adapter.rates()
    }

    async fn next(&mut self) -> Option<Said> {
        self.adapter.next().await
    }

    async fn close(&mut self) {
        self.adapter.close().await;
        // It ends once it has said everything.
        self.told.waiting.push(Waiting::Query(OWN));
    }
}

/// Two adapters at an exchange.
struct Floor {
    adapters: [Watched; 2],
    venue: Venue,
}

impl Floor {
    fn open() -> Floor {
        let venue = Venue::open();
        let open = |account: AccountId| {
            let (key, secret) = credentials(account);
            let signer = HmacSigner::new(Secret::new(key), Secret::new(secret));
            let adapter = BinanceAdapter::local(settings(account, venue.port), Box::new(signer));
            Watched { adapter: adapter.expect("a transport to this machine"), told: Told::default() }
        };
        Floor { adapters: ACCOUNTS.map(open), venue }
    }

    /// What an adapter says next, and which of them; for ever nothing where both have ended.
    async fn next(&mut self) -> (usize, Option<Said>) {
        let [first, second] = &mut self.adapters;
        let has_ended = [first.told.has_ended, second.told.has_ended];
        let (mut first, mut second) = (pin!(first.adapter.next()), pin!(second.adapter.next()));
        poll_fn(|context| {
            if !has_ended[0]
                && let Poll::Ready(said) = first.as_mut().poll(context)
            {
                return Poll::Ready((0, said));
            }
            if has_ended[1] { Poll::Pending } else { second.as_mut().poll(context).map(|said| (1, said)) }
        })
        .await
    }

    /// Takes what an adapter has said. The stage's own questions are nobody else's.
    fn take(&mut self, (at, said): (usize, Option<Said>), heard: &mut Vec<Said>) {
        let told = &mut self.adapters[at].told;
        told.has_ended |= said.is_none();
        let Some(said) = said else { return };
        told.hear(&said);
        heard.extend(Some(said).filter(|said| !matches!(said, Said::Answered(OWN, _))));
    }

    /// Takes what has arrived.
    fn hear(&mut self, heard: &mut Vec<Said>) {
        while let Some(next) = poll_once(self.next()) {
            self.take(next, heard);
        }
    }

    fn agrees(&mut self) -> bool {
        let ledgers = ACCOUNTS.map(|account| self.venue.ledger(account));
        let accounts = self.adapters.iter_mut().zip(&ledgers).all(|(one, ledger)| one.told.agrees(ledger));
        let first = &mut self.adapters[0].told;
        accounts && (first.has_ended || markets_agree(first, &self.venue))
    }

    /// Hears what is said until the books agree with it: what is missing there, somebody has yet to say.
    async fn agreement(&mut self, heard: &mut Vec<Said>) {
        self.hear(heard);
        while !self.agrees() {
            let next = self.next().await;
            self.take(next, heard);
            self.hear(heard);
        }
    }

    async fn until_agreed(&mut self, heard: &mut Vec<Said>) {
        tokio::time::timeout(PATIENCE, self.agreement(heard)).await.ok();
    }
}

impl Stage for Floor {
    type Adapter = Watched;

    fn adapter(&mut self, account: AccountId) -> &mut Watched {
        &mut self.adapters[usize::from(account.0) - 1]
    }

    fn can(&self, act: &Act) -> bool {
        words::command(act).is_some() && !matches!(act, Act::ExpireKey)
    }

    async fn act(&mut self, act: &Act, _now: TimeNs) {
        if let Act::Transfer(account, _) = act {
            self.adapter(*account).told.due += 1;
        }
        if let Act::Fund = act {
            for account in ACCOUNTS {
                let count = told::positions(&self.venue.ledger(account), account);
                self.adapter(account).told.due += count;
            }
        }
        self.venue.act(words::command(act).expect("it can"));
    }

    async fn settle(&mut self) -> Vec<Said> {
        let mut heard = Vec::new();
        self.until_agreed(&mut heard).await;
        // Whatever more was said comes before the answer to a question that is asked now.
        for one in &mut self.adapters {
            if !one.told.has_ended {
                one.ask(OWN, Query::Time).await;
            }
        }
        self.until_agreed(&mut heard).await;
        heard
    }

    fn has_ended(&self, account: AccountId) -> bool {
        self.adapters[usize::from(account.0) - 1].told.has_ended
    }

    fn kind(&self) -> InstrumentKind {
        InstrumentKind::Perpetual
    }

    fn fee(&self, report: &Report, fill: &Fill) -> Option<(Decimal, CurrencyId)> {
        Some(words::fee(Product::UsdM, report, fill))
    }

    fn truth(&mut self, account: AccountId) -> Option<Truth> {
        Some(words::truth(&self.venue.ledger(account)))
    }
}

fn settings(account: AccountId, port: u16) -> Settings {
    let streams = format!("ws://127.0.0.1:{port}");
    let hosts = Hosts {
        books: format!("{streams}/public"),
        trades: format!("{streams}/market"),
        user: format!("{streams}/private"),
        ..Hosts::local(&format!("http://127.0.0.1:{port}"), &streams)
    };
    let kinds = vec![StreamKind::Touch, StreamKind::Depth, StreamKind::AggTrades, StreamKind::Mark];
    let kinds = if account == ACCOUNTS[0] { kinds } else { Vec::new() };
    let listed = words::SYMBOLS.into_iter().zip(instruments()).map(|(symbol, instrument)| Listed {
        instrument,
        symbol: symbol.to_owned(),
        streams: kinds.clone(),
    });
    Settings {
        instruments: listed.collect(),
        currencies: vec![("USDT".to_owned(), CurrencyId(1)), ("BTC".to_owned(), CurrencyId(2))],
        seed: 1,
        ..Settings::new(Product::UsdM, hosts, (VenueId(1), account), words::SESSION)
    }
}

fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Plays every so many-th case.
fn lane(number: usize) -> Vec<conformance::Verdict> {
    let wanted = std::env::var_os("RINGFENCE_CASE").unwrap_or_default().to_string_lossy().into_owned();
    let all: Vec<&str> = conformance::cases().map(|case| case.rule).collect();
    let mine: Vec<&str> = all.into_iter().skip(number).step_by(LANES).filter(|rule| rule.contains(&wanted)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(conformance::run_those(Floor::open, |case| mine.contains(&case.rule)))
}

#[test]
fn usdm_conforms_over_real_sockets() {
    let lanes: Vec<_> = (0..LANES).map(|number| std::thread::spawn(move || lane(number))).collect();
    let verdicts: Vec<_> = lanes.into_iter().flat_map(|lane| lane.join().expect("a lane ends")).collect();
    let failed: Vec<String> = verdicts
        .iter()
        .filter(|verdict| matches!(verdict.outcome, Outcome::Fails(_)))
        .map(|verdict| verdict.to_string())
        .collect();
    let (holds, fails, not) = conformance::count(&verdicts);
    println!("{holds} hold, {fails} fail, {not} do not apply");
    assert!(failed.is_empty(), "{} of {} fail\n{}", failed.len(), verdicts.len(), failed.join("\n"));
    assert!(holds >= 150 || std::env::var_os("RINGFENCE_CASE").is_some(), "{holds} apply");
}
