//! Session: does the core live through a few events under what it read?

use ringfence_core::blob::BlobTable;
use ringfence_core::config::{Config, GuestProfile, StrategySlot};
use ringfence_core::decision::Effects;
use ringfence_core::event::{EventKind, Mode, Quote, Report, Trade};
use ringfence_core::ids::{AccountId, BlobId, Seq, SessionId, StrategyId, TimeNs, VenueId};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Decimal, Price, Qty};
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::{Core, RULES_VERSION};
use ringfence_core::strategy::{Call, CallReport, StateLoan, StrategyHost};

use crate::world::{A, bare_config, every_limit, plan, slot, submit};
use crate::{CONFIG, EXTERNAL, PLAN, written};

/// Wants something at every call.
struct Eager;

impl StrategyHost for Eager {
    fn call(&mut self, _: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        // One that may say no more says no more.
        loan.emit(submit(Side::Buy, 3, None)).ok();
        (loan, CallReport::fine(1))
    }
}

/// A session with this configuration, plan or intent from outside in place of a usual one.
pub(crate) fn lived_through((what, bytes): (u8, &[u8])) {
    let or = |kind: u8, usual: Vec<u8>| if what == kind { bytes.to_vec() } else { usual };
    let session = SessionId([9; 16]);
    let (mut core, mut blobs, mut effects) =
        (Core::new(ApprovalKeys::simulation(session)), BlobTable::new(), Effects::new());
    let config = blobs.append(&or(CONFIG, config().encode()));
    let plan = blobs.append(&or(PLAN, written(&plan())));
    let intent = blobs.append(&or(EXTERNAL, Vec::new()));
    let quote = Quote { bid_price: Price(1_000), bid_qty: Qty(5), ask_price: Price(1_001), ask_qty: Qty(5) };
    let trade = Trade { price: Price(1_001), qty: Qty(3), aggressor: Some(Side::Buy) };
    let kinds = [
        EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION),
        EventKind::ConfigChanged(config),
        EventKind::StrategyAttached(StrategyId(1), BlobId(1), plan),
        EventKind::Quote(quote),
        EventKind::Trade(trade),
        EventKind::ExternalIntent(intent),
        EventKind::TimeAdvanced,
        EventKind::ParametersChanged(StrategyId(1), plan),
        EventKind::ConfigChanged(config),
        EventKind::Trade(trade),
    ];
    for (kind, seq) in kinds.into_iter().zip(1..) {
        let report = Report { instrument: A, venue: VenueId(1), account: AccountId(1), ..Report::control(kind) };
        let event = report.at(Seq(seq), TimeNs(1_700_000_000_000_000_000 + seq * 1_000_000));
        core.step(&event, &blobs, &mut Eager, &mut effects);
    }
}

/// One strategy with a component and one without, every limit on.
pub(crate) fn config() -> Config {
    let slot = |name, profile| StrategySlot {
        loss_max: Some(Decimal::from(5)),
        params: vec![("fast".to_owned(), "5".to_owned())],
        fuel_total: Some(9),
        memory_bytes_max: 1 << 20,
        pin: Some([7; 32]),
        ..slot(name, profile)
    };
    Config {
        region: Some("EU".to_owned()),
        strategies: vec![slot("one", GuestProfile::Compiled), slot("two", GuestProfile::External)],
        risk: every_limit(),
        sections: vec![("fills".to_owned(), "taker".to_owned())],
        ..bare_config()
    }
}
