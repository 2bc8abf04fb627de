//! The targets, one for each way in.

use std::path::Path;

use ringfence_core::config::StrategySlot;
use ringfence_core::event::EventKind;
use ringfence_core::ids::StrategyId;
use ringfence_core::strategy::{Renewal, StrategyHost};
use ringfence_fuzz::target;
use ringfence_sandbox::{
    COMPONENT_BYTES_MAX, ComponentBytes, ComponentKey, Manifest, Options, Rules, Signed, Trust, Unsigned, WitVersion,
    admit, understood,
};

use crate::guest::{Guest, submit};
use crate::puppet::{input, puppet, spelled};
use crate::rig::{Rig, config, load, slot};

const ONE: StrategyId = StrategyId(1);
/// Changed inputs of a usual run.
const ROUNDS: u64 = 300;
/// Inputs of one session: orders that nobody answers stay open, and a session is not to grow for ever.
const RIG_INPUTS: u32 = 2_000;

/// Compiles once: what an input takes is its own doing.
fn cached(folder: &Path) -> Options {
    Options { cache: Some(folder.join("code")), ..Options::default() }
}

/// A strategy that an input ended is called again for the next.
fn resume(rig: &mut Rig) {
    rig.control(EventKind::StrategyResumed(ONE, 1));
}

/// Bytes of a component: judged, and where they are admitted, compiled, set up and called.
#[test]
fn admission() {
    let whole = [Guest::on_event(""), Guest::on_event(&submit(0, 1)).in_batches("(i32.const 0)")];
    let whole = whole.map(|guest| guest.component()).to_vec();
    target!("admission", whole).tried(ROUNDS, |input| {
        let component = ComponentBytes::from_memory(input.to_vec(), COMPONENT_BYTES_MAX).expect("short");
        match admit(component, &Rules::default()) {
            Ok(_) => drop(load(input, slot("fuzzed"))),
            Err(refusals) => {
                assert!(!refusals.is_empty(), "a refusal says why");
                let is_plain = |text: &str| !text.contains(char::is_control);
                assert!(refusals.iter().all(|refusal| is_plain(&refusal.to_string()) && !refusal.fix.is_empty()));
            }
        }
    });
}

/// Text of a signature: nothing but what a signer wrote is believed.
#[test]
fn manifest() {
    let component = ComponentBytes::from_memory(b"a component".to_vec(), 100).expect("short");
    let key = ComponentKey::generate(&[1; 32]);
    let manifest =
        Manifest { strategy: "ema".into(), version: 3, wit: "0.1.0".into(), fuel_per_call: 9, memory_mb: 64 };
    let genuine = manifest.sign(&component, &key).expect("it can be written down").text();
    let trust = |text: &[u8]| Trust {
        keys: vec![key.id()],
        unsigned: Unsigned::Refuse,
        strategy: "ema".into(),
        signature: Some(text.to_vec()),
        own: Vec::new(),
        version_min: 1,
        fuel_per_call: 1,
        memory_bytes: 1 << 20,
    };
    target!("manifest", vec![genuine.clone().into_bytes()]).tried(ROUNDS, |input| {
        let is_genuine = input == genuine.as_bytes();
        // What is believed gets as far as being judged as a component, which these bytes are not.
        let rules = Rules { trust: Some(trust(input)), ..Rules::default() };
        let refusals = admit(component.clone(), &rules).map(|_| ()).expect_err("no component");
        let is_believed = refusals.iter().all(|refusal| refusal.code.code() == "E-PARSE");
        assert_eq!(is_believed, is_genuine, "{} {refusals:#?}", String::from_utf8_lossy(input));
        if let Ok(signed) = Signed::parse(input) {
            assert_eq!(signed.text().as_bytes(), input, "there is one way to write it");
        }
    });
}

/// Values that a guest passes and returns: lifted, answered or the end of the guest.
#[test]
fn lifting() {
    let order = [1, 0, 0, 5, 1, 1, 10_000, 0, 0, 0, 0, 0, 0, 0].map(|number: u64| number);
    let flat =
        |case: u64, values: &[u64]| -> Vec<u64> { [case].iter().chain(values).copied().chain([2_048]).collect() };
    let note = [65_600, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let (submits, notes) = (flat(0, &order), flat(6, &note));
    let schedule = [1, 0, 0, 5, 0, 10_000, 0, 0, 0, 9_000_000_000_000_000_000, 1, 65_600, 8, 2_048];
    let views: Vec<(u8, &[u64])> = vec![(3, &[1, 2_048]), (4, &[1, 0, 5, 2_048]), (6, &[2_048]), (8, &[1, 2_048])];
    let more = [(7, &[1_u64, 1, 2_048][..]), (9, &[1, 2_048]), (10, &[1, 0, 60, 9, 2_048])];
    // What `setup` has to answer: one subscription, of which the rest is zeros.
    let plan: Vec<u8> =
        [0_u32, 4_096 + 512 + 16, 1, 0, 1, 0].iter().flat_map(|word| word.to_le_bytes()).chain([0; 40]).collect();
    let whole = vec![
        input(&[(0, &submits), (0, &notes), (1, &[65_600, 2_048]), (2, &schedule)]),
        input(&views),
        input(&more),
        plan,
    ];
    let (component, plan) = (puppet(), spelled(&whole[3]));
    let cache = tempfile::tempdir().expect("a folder");
    let fresh = || Rig::with(config(vec![wide(&plan)]), std::slice::from_ref(&component), cached(cache.path()));
    let (mut rig, mut count) = (fresh(), 0);
    target!("lifting", whole).tried(ROUNDS, |input| {
        count += 1;
        if count % RIG_INPUTS == 0 {
            rig = fresh();
        }
        let config = config(vec![wide(&spelled(input))]);
        // A plan of its own making, or a refusal.
        drop(rig.sandbox.load_again(ONE, &config));
        let renewal =
            Renewal { strategy: ONE, config: &rig.config, params: None, component: None, snapshot: Some(input) };
        if rig.sandbox.renew(&renewal).is_ok() {
            let _shown = rig.trade(10_000);
            drop(rig.sandbox.snapshot(ONE));
        }
        resume(&mut rig);
    });
}

/// Frames of a guest process: understood or not, and never more than they are.
#[test]
fn apart() {
    let slot = slot("fuzzed");
    let text = |text: &[u8]| [&[u8::try_from(text.len()).expect("short")], text].concat();
    let order = [0, 0, 1, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0];
    let note = [&[0, 6][..], &text(b"a note")].concat();
    let done = |first: &[u8], wishes: &[u8], last: &[u8]| {
        [first, &[0x90, 0x4e, 0x80, 0x80, 4, 0], &text(wishes), last].concat()
    };
    // One subscription: instrument 1, trades, every one, no bars, no warm-up.
    let plan = [0, 1, 1, 0, 0, 0, 0];
    let whole = vec![
        [vec![0], vec![3; 32], vec![3]].concat(),
        [&[1][..], &text(&plan), &[0, 0]].concat(),
        [&[2, 16][..], &text(b"found"), &text(b"expected"), &text(b"fix")].concat(),
        [&[3][..], &text(b"why")].concat(),
        [&[4][..], &text(&[0, 1])].concat(),
        [&[4][..], &text(&[7, 1, 0, 60, 9])].concat(),
        [&[4][..], &text(&[4, 0, 9])].concat(),
        done(&[5], &[&order[..], &note].concat(), &[]),
        done(&[6], &order, &[3]),
        [&[7, 3, 5, 0][..], &text(b"trap")].concat(),
        [&[8][..], &text(b"state")].concat(),
        vec![9, 0],
    ];
    for frame in &whole {
        assert!(understood(frame, (WitVersion::V0_1_0, &slot)).is_some(), "{frame:?}");
    }
    target!("apart", whole).tried(ROUNDS, |input| {
        if let Some(shown) = understood(input, (WitVersion::V0_1_0, &slot)) {
            assert!(shown.len() <= 4_096 + 64 * input.len(), "{} bytes of {}", shown.len(), input.len());
        }
    });
}

fn wide(param: &str) -> StrategySlot {
    let params = vec![("plan".to_owned(), param.to_owned())];
    StrategySlot { memory_bytes_max: 4 << 20, params, ..slot("puppet") }
}

/// State that was saved: taken or refused by the strategy, and what was taken is what it says next.
#[test]
fn state() {
    let component = saving();
    let mut slot = slot("saving");
    slot.memory_bytes_max = 8 << 20;
    slot.params =
        [("fast", "5"), ("slow", "20"), ("qty", "1")].map(|(name, value)| (name.into(), value.into())).to_vec();
    let cache = tempfile::tempdir().expect("a folder");
    let fresh = || Rig::with(config(vec![slot.clone()]), std::slice::from_ref(&component), cached(cache.path()));
    let (mut rig, mut count) = (fresh(), 0);
    let mut real = Vec::new();
    for price in [10_000, 10_050, 9_900, 10_400] {
        let _shown = rig.trade(price);
        real.push(rig.sandbox.snapshot(ONE).expect("alive"));
    }
    target!("state", real).tried(ROUNDS, |input| {
        count += 1;
        if count % RIG_INPUTS == 0 {
            rig = fresh();
        }
        if renew(&mut rig, input).is_ok() {
            let said = rig.sandbox.snapshot(ONE).expect("what it took it can say");
            renew(&mut rig, &said).expect("what it says it takes");
            assert_eq!(rig.sandbox.snapshot(ONE), Ok(said), "the same state");
            let _shown = rig.trade(10_000);
        }
        resume(&mut rig);
    });
}

fn renew(rig: &mut Rig, snapshot: &[u8]) -> Result<(), String> {
    let snapshot = Some(snapshot);
    let renewal = Renewal { strategy: ONE, config: &rig.config, params: None, component: None, snapshot };
    rig.sandbox.renew(&renewal).map(|_| ())
}

/// The example strategy where it was built, otherwise one that counts.
fn saving() -> Vec<u8> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/components/ringfence_ema_cross.wasm");
    std::fs::read(built).unwrap_or_else(|_| {
        let word =
            "(i32.store (i32.const 192) (i32.const 0)) (i32.store (i32.const 196) (i32.const 8)) (i32.const 192)";
        let restore = "(i64.store (i32.const 0) (i64.load (local.get 0))) (i32.const 256)";
        let count = "(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))";
        Guest { snapshot: word.to_owned(), restore: restore.to_owned(), ..Guest::on_event(count) }.component()
    })
}
