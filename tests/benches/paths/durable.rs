//! What does a journal with fsync cost on the way from an event to the bytes on a socket?
//!
//! The way of a live session: core, record of the step, commit confirmed by the disk, then the order's bytes to a peer on
//! the loopback device. Time ends when the peer has them. Beside it, in turn: writing as much to a file of the same folder
//! and having it confirmed, and nothing else.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

use ringfence::config::Loaded;
use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::decision::Effects;
use ringfence_core::event::{EventKind, Mode, Report, Trade};
use ringfence_core::gate::VenueCommand;
use ringfence_core::ids::{AccountId, BlobId, InstrumentId, Seq, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::{IntentKind, Submit};
use ringfence_core::money::{Price, Qty};
use ringfence_core::plan::{ChangeFilter, Plan, Subscription, Topic};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};
use ringfence_journal::sidecar::Provenance;
use ringfence_journal::wire::header::{Feed, Header};
use ringfence_journal::writer::{Beginning, Durability, JournalWriter, Options};
use ringfence_session::histogram::Histogram;
use serde_json::{Value, json};

const ORDERS: usize = 500;

pub(crate) fn measure(loaded: &Loaded) -> Value {
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(ringfence_tests::workspace::target());
    let folder = folder.expect("a folder beside the build");
    let mut desk = Desk::new(loaded, &folder.path().join("journal"));
    let mut alone = File::create(folder.path().join("alone")).expect("a file");
    let (mut whole, mut sync) = (Histogram::default(), Histogram::default());
    for _ in 0..ORDERS {
        let before = desk.journal.written_bytes();
        whole.record(timed(|| desk.order()));
        let bytes = vec![7; usize::try_from(desk.journal.written_bytes() - before).expect("a step is small")];
        sync.record(timed(|| {
            alone.write_all(&bytes).expect("written");
            alone.sync_all().expect("confirmed");
        }));
    }
    json!({ "orders": ORDERS, "event_to_socket_ns": shown(&whole), "fsync_alone_ns": shown(&sync) })
}

fn shown(spread: &Histogram) -> Value {
    json!({ "p50": spread.quantile(500), "p99": spread.quantile(990), "max": spread.largest() })
}

fn timed(work: impl FnOnce()) -> u64 {
    let start = Instant::now();
    work();
    u64::try_from(start.elapsed().as_nanos()).expect("shorter than centuries")
}

/// Orders at every trade, alternating sides.
struct Native(u64);

impl StrategyHost for Native {
    fn call(&mut self, _call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        self.0 += 1;
        let side = if self.0.is_multiple_of(2) { Side::Buy } else { Side::Sell };
        let submit = Submit::limit(InstrumentId(1), side, Qty(100), Price(1_450_700));
        loan.emit(IntentKind::Submit(submit)).expect("room for one intent");
        (loan, CallReport::default())
    }
}

/// A session in motion, with a peer in the place of a venue.
struct Desk {
    core: Core,
    blobs: BlobTable,
    effects: Effects,
    host: Native,
    journal: JournalWriter,
    seq: u64,
    venue: TcpStream,
    peer: TcpStream,
    received: Vec<u8>,
}

impl Desk {
    fn new(loaded: &Loaded, folder: &Path) -> Desk {
        let session = SessionId([7; 16]);
        let header = Header {
            session,
            mode: Mode::Backtest,
            rules_version: RULES_VERSION,
            engine: "bench".into(),
            operator_costs: "none".into(),
            config: loaded.core.hash(),
            components: Vec::new(),
            tapes: Vec::new(),
            feed: Feed { rows_max: None, repeat: 1 },
            facts: Vec::new(),
        };
        let beginning = Beginning { header: &header, components: &[], provenance: Provenance::default() };
        let options = Options::new(Durability::EveryCommit);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let venue = TcpStream::connect(listener.local_addr().expect("bound")).expect("the loopback device is up");
        venue.set_nodelay(true).expect("an option of every system");
        let (peer, _) = listener.accept().expect("the connection just made");
        let mut desk = Desk {
            core: Core::new(ApprovalKeys::simulation(session)),
            blobs: BlobTable::new(),
            effects: Effects::new(),
            host: Native(0),
            journal: JournalWriter::create(folder, beginning, options).expect("a fresh folder"),
            seq: 0,
            venue,
            peer,
            received: Vec::new(),
        };
        desk.open(loaded, session);
        desk
    }

    fn open(&mut self, loaded: &Loaded, session: SessionId) {
        let (topic, filter) = (Topic::Trade, ChangeFilter::Every);
        let subscription = Subscription { instrument: InstrumentId(1), topic, filter, bars: None, warm_up: 0 };
        let mut plan = Writer::new();
        Plan { subscriptions: vec![subscription] }.put(&mut plan);
        let config = self.blob(&loaded.core.encode());
        let (component, plan) = (self.blob(&[0; 32]), self.blob(plan.bytes()));
        self.step(EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION));
        self.step(EventKind::ConfigChanged(config));
        self.step(EventKind::StrategyAttached(StrategyId(1), component, plan));
    }

    fn blob(&mut self, bytes: &[u8]) -> BlobId {
        let id = self.blobs.append(bytes);
        self.journal.blob(id, bytes).expect("recorded");
        id
    }

    /// A trade, the order it leads to, its record, its bytes at the peer.
    fn order(&mut self) {
        self.step(EventKind::Trade(Trade { price: Price(1_450_700), qty: Qty(100), aggressor: None }));
        let decided = &self.effects.decisions;
        assert_eq!(self.effects.commands.len(), 1, "a trade did not lead to an order: {decided:?}");
        self.journal.commit_sync().expect("confirmed");
        for command in &self.effects.commands {
            let message = message(command);
            self.venue.write_all(&message).expect("sent");
            self.received.resize(message.len(), 0);
            self.peer.read_exact(&mut self.received).expect("received");
        }
    }

    fn step(&mut self, kind: EventKind) {
        self.seq += 1;
        let (instrument, venue, account) = (InstrumentId(1), VenueId(1), AccountId(1));
        let report = Report { instrument, venue, account, ..Report::control(kind) };
        let event = report.at(Seq(self.seq), TimeNs(self.seq));
        self.journal.event(&event);
        self.core.step(&event, &self.blobs, &mut self.host, &mut self.effects);
        self.journal.fuel(&self.effects.fuel);
        self.journal.decisions(self.effects.seq, &self.effects.decisions, &self.effects.notes);
        self.journal.end_step().expect("recorded");
    }
}

/// As much as a venue's text message.
fn message(command: &VenueCommand) -> Vec<u8> {
    format!("new {} {} {:?}\n", command.client_id().as_str(), command.account().0, command.action()).into_bytes()
}
