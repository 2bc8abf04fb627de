//! Fuzz targets: whatever stands in a blob that an event names has one form or is refused, and the core neither panics nor
//! takes memory that the bytes do not answer for.
//!
//! It begins with what the core writes and changes it at random: see `ringfence_fuzz`. The first byte says what the rest
//! should be.

mod session;
#[path = "../world/mod.rs"]
mod world;

use ringfence_core::canonical::{DecodeError, Reader, Writer};
use ringfence_core::config::{Config, decode_params, encode_params};
use ringfence_core::external::ExternalIntent;
use ringfence_core::ids::{ClientOrderId, InstrumentId, IntentId, LegId, LegKey, SessionId, StrategyId, TimeNs};
use ringfence_core::instrument::PositionSide;
use ringfence_core::instrument::Side;
use ringfence_core::intent::{Amend, Extras, IntentKind, NoteSpan, OrderType, Size, Submit, TimeInForce};
use ringfence_core::money::{Price, Qty};
use ringfence_core::plan::Plan;
use ringfence_fuzz::{largest_of, target};

#[global_allocator]
static ALLOCATOR: ringfence_fuzz::Counting = ringfence_fuzz::Counting;

/// Configurations, plans, intents from outside, parameters and client order ids.
#[test]
fn canonical() {
    target!("canonical", corpus()).tried(40_000, |input| {
        let Some((what, bytes)) = input.split_first() else { return };
        let (largest, again) = largest_of(|| again(*what, bytes));
        assert!(largest <= 4_096 + 256 * bytes.len(), "{largest} bytes at once for {}", bytes.len());
        if let Ok(again) = again {
            assert_eq!(again, bytes, "there is one way to write it");
            session::lived_through((*what % KINDS, bytes));
        }
    });
}

pub(crate) const CONFIG: u8 = 0;
pub(crate) const PLAN: u8 = 1;
pub(crate) const EXTERNAL: u8 = 2;
const PARAMS: u8 = 3;
const KINDS: u8 = 5;

/// What was read, written again.
fn again(what: u8, bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    match what % KINDS {
        CONFIG => Config::decode(bytes).map(|config| config.encode()),
        PLAN => Reader::whole(bytes, Plan::take).map(|plan| written(&plan)),
        EXTERNAL => Reader::whole(bytes, ExternalIntent::take).map(|intent| intent.encode()),
        PARAMS => decode_params(bytes).map(|params| encode_params(&params)),
        _ => {
            let text = str::from_utf8(bytes).map_err(|_| DecodeError::Invalid(0, "text"))?;
            let (session, key) = ClientOrderId::parse(text).ok_or(DecodeError::Invalid(0, "client order id"))?;
            let mut bits = [0; 16];
            bits[..8].copy_from_slice(&(session << 14).to_be_bytes());
            Ok(ClientOrderId::new(SessionId(bits), key).as_str().as_bytes().to_vec())
        }
    }
}

fn written(plan: &Plan) -> Vec<u8> {
    let mut w = Writer::new();
    plan.put(&mut w);
    w.into_bytes()
}

fn corpus() -> Vec<Vec<u8>> {
    let key = LegKey { strategy: StrategyId(7), intent: IntentId(12_345), leg: LegId(2) };
    let id = ClientOrderId::new(SessionId([0x5a; 16]), key);
    let params = [("fast".to_owned(), "5".to_owned()), ("name".to_owned(), String::new())];
    let mut all = vec![
        [&[CONFIG][..], &session::config().encode()].concat(),
        [&[CONFIG][..], &world::bare_config().encode()].concat(),
        [&[PLAN][..], &written(&world::plan())].concat(),
        [&[PARAMS][..], &encode_params(&params)].concat(),
        [&[4][..], id.as_str().as_bytes()].concat(),
    ];
    all.extend(intents().into_iter().map(|intent| [&[EXTERNAL][..], &intent.encode()].concat()));
    all
}

fn intents() -> Vec<ExternalIntent> {
    let of = |kind, notes: &[u8]| ExternalIntent {
        strategy: StrategyId(2),
        reference: "agent-7".to_owned(),
        kind,
        notes: notes.to_vec(),
    };
    let submit = Submit {
        instrument: InstrumentId(1),
        side: Side::Buy,
        size: Size::Quantity(Qty(5)),
        order_type: OrderType::Limit,
        limit_price: Some(Price(1_000)),
        stop_price: None,
        tif: TimeInForce::Gtd,
        max_slippage_bps: None,
        post_only: true,
        reduce_only: false,
        position_side: PositionSide::Net,
        extras: Extras { expire_at: TimeNs(2_000_000_000), ..Extras::NONE },
    };
    let amend = Amend { order: IntentId(1), price: Some(Price(7)), qty: Some(Qty(1)), trigger: None };
    vec![
        of(IntentKind::Submit(submit), b""),
        of(IntentKind::Amend(amend), b""),
        of(IntentKind::Cancel(IntentId(1)), b""),
        of(IntentKind::CancelAll(None), b""),
        of(IntentKind::Flatten(Some(InstrumentId(1))), b""),
        of(IntentKind::Note(NoteSpan { start: 0, len: 4 }), b"note"),
    ]
}
