//! Every trick with a signature is refused, each with the code that says which.

use super::*;

fn key(seed: u8) -> ComponentKey {
    ComponentKey::generate(&[seed; 32])
}

fn bytes(component: &[u8]) -> ComponentBytes {
    ComponentBytes::from_memory(component.to_vec(), u64::MAX).expect("no limit")
}

const COMPONENT: &[u8] = b"\0asm, sections one, two";

fn manifest() -> Manifest {
    Manifest { strategy: "ema".into(), version: 3, wit: "0.1.0".into(), fuel_per_call: 1_000, memory_mb: 64 }
}

fn signed() -> String {
    manifest().sign(&bytes(COMPONENT), &key(1)).expect("it can be written down").text()
}

/// Believes key 1, of a strategy `ema`, with room below what is signed.
fn trust(text: impl Into<Vec<u8>>) -> Trust {
    Trust {
        keys: vec![key(1).id()],
        unsigned: Unsigned::Allow,
        strategy: "ema".into(),
        signature: Some(text.into()),
        own: Vec::new(),
        version_min: 3,
        fuel_per_call: 1_000,
        memory_bytes: 64 << 20,
    }
}

/// What is made of it, as text.
fn judge(trust: &Trust, component: &[u8]) -> String {
    match trust.judge(&bytes(component)) {
        Ok(Some(manifest)) => format!("{} {}", manifest.strategy, manifest.version),
        Ok(None) => "unsigned".to_owned(),
        Err(refusal) => format!("{}: {}", refusal.code.code(), refusal.found),
    }
}

#[track_caller]
fn check(trust: &Trust, want: &str) {
    assert_eq!(judge(trust, COMPONENT), want);
}

#[test]
fn what_is_signed_as_believed_runs() {
    check(&trust(signed()), "ema 3");
    assert_eq!(Signed::parse(signed().as_bytes()).map(|it| it.manifest), Ok(manifest()));
}

#[test]
fn h53_wrong_key() {
    let other = manifest().sign(&bytes(COMPONENT), &key(2)).unwrap().text();
    let refused = judge(&trust(other.clone()), COMPONENT);
    assert!(refused.starts_with("E-SIGNATURE: signed with key "), "{refused}");
    // The name of a key that is believed does not make it its signature.
    let renamed = other.replace(&key(2).id().to_string(), &key(1).id().to_string());
    check(&trust(renamed), &format!("E-SIGNATURE: the signature is not one of key {}", key(1).id()));
}

#[test]
fn h53_another_strategys_signature() {
    let other = Manifest { strategy: "sma".into(), ..manifest() }.sign(&bytes(COMPONENT), &key(1)).unwrap();
    check(&trust(other.text()), "E-SIGNATURE: signed as strategy sma");
}

#[test]
fn h53_other_bytes_than_those_that_were_signed() {
    let signed_hash = crate::refusal::hex(&bytes(COMPONENT).sha256());
    let want = format!("E-SIGNATURE: signed was another file, with the SHA-256 {signed_hash}");
    let appended = [COMPONENT, b"\0"].concat();
    let reordered = b"\0asm, sections two, one";
    for component in [appended.as_slice(), reordered, &COMPONENT[1..], b""] {
        assert_eq!(judge(&trust(signed()), component), want);
    }
    // The hash of the other bytes, written in, is not what was signed.
    let replaced = signed().replace(&signed_hash, &crate::refusal::hex(&bytes(&appended).sha256()));
    let refused = judge(&trust(replaced), &appended);
    assert!(refused.starts_with("E-SIGNATURE: the signature is not one of key"), "{refused}");
}

#[test]
fn h53_changed_manifest() {
    for (from, to) in [
        ("strategy ema", "strategy emb"),
        ("version 3", "version 4"),
        ("wit 0.1.0", "wit 0.1.1"),
        ("fuel-per-call 1000", "fuel-per-call 1001"),
        ("memory-mb 64", "memory-mb 65"),
    ] {
        assert!(signed().contains(from));
        let refused = judge(&trust(signed().replace(from, to)), COMPONENT);
        assert!(refused.starts_with("E-SIGNATURE: the signature is not one of key"), "{to}: {refused}");
    }
}

#[test]
fn h53_empty_or_cut_off_or_written_otherwise() {
    let whole = signed();
    for end in 0..whole.len() {
        let refused = judge(&trust(&whole.as_bytes()[..end]), COMPONENT);
        assert!(refused.starts_with("E-SIGNATURE: not the text of a signature"), "{end}: {refused}");
    }
    let others = [
        format!("{whole}\n"),
        whole.replace('\n', "\r\n"),
        whole.replace("version 3", "version 03"),
        whole.replace("version 3", "version +3"),
        whole.replace("version 3\n", "version 3\nversion 3\n"),
        whole.replace("strategy ema", "strategy  ema"),
        whole.replace("signature ", "signature 00"),
    ];
    for other in others {
        let refused = judge(&trust(other.clone()), COMPONENT);
        assert!(refused.starts_with("E-SIGNATURE: not the text of a signature"), "{other}: {refused}");
    }
}

#[test]
fn no_byte_of_a_signature_can_be_changed() {
    let whole = signed().into_bytes();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(judge(&trust(changed), COMPONENT).starts_with("E-SIGNATURE"), "byte {at}");
    }
}

#[test]
fn h53_key_of_another_purpose() {
    let audit = "ringfence-audit-key 1\n0000000000000000000000000000000000000000000000000000000000000000\n";
    assert_eq!(ComponentKey::from_file(audit.as_bytes()).err(), Some(KeyError::Purpose("audit-key 1".into())));
    assert_eq!(ComponentKey::from_file(b"0123").err(), Some(KeyError::Title));
    assert_eq!(ComponentKey::from_file(key(1).to_file().as_bytes()).map(|it| it.id()), Ok(key(1).id()));
    let short = key(1).to_file().replace("01\n", "\n");
    assert_eq!(ComponentKey::from_file(short.as_bytes()).err(), Some(KeyError::Digits));
    assert!(!format!("{:?}", key(1)).contains("0101"));
}

#[test]
fn a_lower_version_than_one_that_ran_is_refused() {
    for (version_min, want) in [(2, "ema 3"), (3, "ema 3"), (4, "E-DOWNGRADE: version 3 of ema")] {
        check(&Trust { version_min, ..trust(signed()) }, want);
    }
}

#[test]
fn a_strategy_gets_no_more_than_was_signed() {
    check(&Trust { fuel_per_call: 1_001, ..trust(signed()) }, "E-SIGNED-LIMIT: fuel_per_call 1001");
    check(&Trust { memory_bytes: 65 << 20, ..trust(signed()) }, "E-SIGNED-LIMIT: memory_mb 65");
}

#[test]
fn without_a_signature_the_policy_and_the_mode_decide() {
    let unsigned = Trust { signature: None, ..trust("") };
    check(&unsigned, "unsigned");
    check(&Trust { unsigned: Unsigned::Refuse, ..unsigned.clone() }, "E-UNSIGNED: no signature");
    let nobody = Trust { keys: Vec::new(), ..trust(signed()) };
    check(&nobody, "unsigned");
    check(&Trust { unsigned: Unsigned::Refuse, ..nobody }, "E-UNSIGNED: no key is trusted");
    let refused = [Mode::Backtest, Mode::Replay, Mode::Paper, Mode::Shadow, Mode::Live]
        .map(|mode| Unsigned::Allow.in_mode(mode) == Unsigned::Refuse);
    assert_eq!(refused, [false, false, false, true, true]);
    assert_eq!(Unsigned::Refuse.in_mode(Mode::Backtest), Unsigned::Refuse);
}

#[test]
fn a_manifest_that_cannot_be_written_down_is_not_signed() {
    for (strategy, version, wit) in
        [("", 1, "0.1.0"), ("a b", 1, "0.1.0"), ("a\nversion 9", 1, "x"), ("a", 0, "x"), ("a", 1, "")]
    {
        let manifest = Manifest { strategy: strategy.into(), version, wit: wit.into(), ..manifest() };
        assert!(manifest.clone().sign(&bytes(COMPONENT), &key(1)).is_err(), "{manifest:?}");
    }
}
