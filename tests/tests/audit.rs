//! Audit through the built binary: keys, signed journals, and what one retained checkpoint exposes.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ringfence_core::event::EventKind;
use ringfence_core::ids::Seq;
use ringfence_journal::checkpoint::{AuditKey, Checkpoint};
use ringfence_journal::verify::verify_chain;
use ringfence_journal::wire::record::Record;
use ringfence_tests::forge::Forgery;
use ringfence_tests::setup::machine_code;
use ringfence_tests::{Finished, Run, Session, Setup, Tape, binary};
use serde_json::{Value, json};
use tempfile::TempDir;

const EMA: &str = "params = { fast = 5, slow = 20, qty = \"100\" }";

fn ema() -> Setup {
    Setup::default().strategy("ema", &binary::component("ringfence_ema_cross"), EMA)
}

/// An auditor: a key, its id, and a folder of their own.
struct Auditor {
    folder: TempDir,
    key: PathBuf,
    id: String,
}

impl Auditor {
    fn new() -> Auditor {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let key = folder.path().join("audit.key");
        let made = Run::dev(["key", "new", "--json"]).arg(&key).finish();
        made.expect_code(0);
        assert_eq!(made.stderr, "");
        let id = made.json()["audit_id"].as_str().expect("an id").to_owned();
        Auditor { folder, key, id }
    }

    fn signed(&self, setup: &Setup, tape: &Tape) -> Session {
        let session = setup.backtest_with(tape, &["--audit-key", self.key.to_str().expect("paths of tests are text")]);
        session.finished.expect_code(0);
        session
    }

    /// Keeps the newest line of a journal.
    fn keep(&self, session: &Session) -> PathBuf {
        let lines = std::fs::read_to_string(session.journal.join("checkpoints")).expect("it is signed");
        self.file("kept.txt", lines.lines().last().expect("a line"))
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("the folder is writable");
        path
    }
}

/// `ringfence replay --verify --json` with these options.
fn replay(session: &Session, options: &[&str]) -> Finished {
    let run = Run::dev(["replay", "--verify", "--json", "--data"]).env("RINGFENCE_CACHE", machine_code());
    run.arg(&session.tape.path).arg(&session.journal).args(options).finish()
}

fn against(session: &Session, file: &Path, id: &str) -> Finished {
    replay(session, &["--checkpoint", file.to_str().expect("paths of tests are text"), "--audit-id", id])
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn a_new_key_is_private_and_is_never_overwritten() {
    let auditor = Auditor::new();
    assert_eq!(mode(&auditor.key), 0o600);
    let content = std::fs::read_to_string(&auditor.key).unwrap();
    assert_eq!(AuditKey::from_file(content.as_bytes()).expect("a key file").id().to_string(), auditor.id);
    let again = Run::dev(["key", "new"]).arg(&auditor.key).finish();
    again.expect_code(2);
    assert!(again.stderr.contains("is there already") && again.stdout.is_empty(), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(&auditor.key).unwrap(), content);
    let shown = Run::dev(["key", "show"]).arg(&auditor.key).finish();
    shown.expect_code(0);
    assert_eq!(shown.stdout.trim_end(), auditor.id);
    let secret = content.lines().nth(1).expect("the secret");
    for said in [&again.stderr, &shown.stdout, &shown.stderr] {
        assert!(!said.contains(secret));
    }
    assert_ne!(Auditor::new().id, auditor.id, "keys are drawn");
    // A link that leads nowhere is not followed.
    let link = auditor.folder.path().join("link");
    std::os::unix::fs::symlink(auditor.folder.path().join("target"), &link).unwrap();
    Run::dev(["key", "new"]).arg(&link).finish().expect_code(2);
    assert!(!auditor.folder.path().join("target").exists());
    Run::dev(["key", "new", "/no/such/folder/audit.key"]).finish().expect_code(4);
}

#[test]
fn a_key_that_others_can_read_or_that_is_none_is_refused_before_the_run() {
    let (auditor, tape) = (Auditor::new(), Tape::trades(300));
    let refused = |said: &str| {
        let shown = Run::dev(["key", "show"]).arg(&auditor.key).finish();
        shown.expect_code(2);
        assert!(shown.stderr.contains(said) && shown.stderr.contains("[C-SECRET]"), "{}", shown.stderr);
        let by_flag = ema().backtest_with(&tape, &["--audit-key", auditor.key.to_str().unwrap()]);
        by_flag.finished.expect_code(2);
        let set = format!("journal.audit_key={}", auditor.key.display());
        let by_key = ema().backtest_with(&tape, &["--set", &set]);
        by_key.finished.expect_code(2);
        let problem = &by_key.finished.json()["problems"][0];
        assert_eq!((&problem["key"], &problem["code"]), (&json!("journal.audit_key"), &json!("C-SECRET")));
        assert!(!by_flag.journal.exists() && !by_key.journal.exists(), "nothing was begun");
    };
    for mode in [0o640, 0o604, 0o620] {
        chmod(&auditor.key, mode);
        refused("only its owner may have access");
    }
    chmod(&auditor.key, 0o600);
    std::fs::write(&auditor.key, "0123456789".repeat(10)).unwrap();
    refused("not an audit key");
    std::fs::remove_file(&auditor.key).unwrap();
    refused("cannot be read");
}

#[test]
fn signing_changes_no_byte_of_the_journal() {
    let (auditor, tape) = (Auditor::new(), Tape::trades(2_000));
    let key = auditor.key.to_str().unwrap();
    let set = format!("journal.audit_key={key}");
    let runs: [&[&str]; 4] =
        [&[], &["--audit-key", key], &["--set", &set], &["--audit-key", key, "--set", "journal.checkpoint_every=1"]];
    let sessions = runs.map(|options| ema().backtest_with(&tape, options));
    let bytes = |session: &Session| {
        session.finished.expect_code(0);
        std::fs::read(session.journal.join("000001.seg")).unwrap()
    };
    let plain = bytes(&sessions[0]);
    assert!(!sessions[0].journal.join("checkpoints").exists());
    for session in &sessions[1..] {
        assert!(bytes(session) == plain, "other bytes");
        let lines = std::fs::read_to_string(session.journal.join("checkpoints")).expect("it is signed");
        let last = Checkpoint::parse(lines.lines().last().expect("a line")).expect("a checkpoint");
        assert_eq!((last.key.to_string(), last.reached.bytes), (auditor.id.clone(), plain.len() as u64));
        assert!(session.finished.stderr.contains(&auditor.id), "{}", session.finished.stderr);
    }
    for every in ["0", "1000000001"] {
        let refused = ema().backtest_with(&tape, &["--set", &format!("journal.checkpoint_every={every}")]);
        refused.finished.expect_code(2);
    }
    let without = Run::dev(["backtest", "--audit-key", key, "--config", "host.toml", "--data"]).arg(&tape.path);
    let without = without.file("host.toml", ema().text()).finish();
    without.expect_code(2);
    assert!(without.stderr.contains("none is recorded"), "{}", without.stderr);
}

#[test]
fn a_journal_agrees_with_its_retained_checkpoint() {
    let (auditor, tape) = (Auditor::new(), Tape::trades(2_000));
    let session = auditor.signed(&ema(), &tape);
    let kept = auditor.keep(&session);
    let line = std::fs::read_to_string(&kept).unwrap();
    let stated = Checkpoint::parse(&line).expect("a checkpoint").reached;
    let want = |trusted: bool| {
        json!({
            "ok": true, "frames": stated.frame, "bytes": stated.bytes, "key": auditor.id, "trusted": trusted,
        })
    };
    // A foreign session's lines and a torn one beside it change nothing.
    let other = auditor.signed(&ema(), &Tape::trades(300));
    let foreign = std::fs::read_to_string(other.journal.join("checkpoints")).unwrap();
    let file = auditor.file("all.txt", &format!("{}\n{foreign}checkpoint 00", line.trim_end()));
    for file in [&kept, &file, &session.journal.join("checkpoints")] {
        let verdict = against(&session, file, &auditor.id);
        verdict.expect_code(0);
        let json = verdict.json();
        assert_eq!((&json["match"], &json["checkpoint"]), (&json!(true), &want(true)));
        assert_eq!(json["checkpoints"], 1);
        assert!(!verdict.stderr.contains("untrusted"), "{}", verdict.stderr);
    }
    let unpinned = replay(&session, &["--checkpoint", kept.to_str().unwrap()]);
    unpinned.expect_code(0);
    assert_eq!(unpinned.json()["checkpoint"], want(false));
    assert!(unpinned.stderr.contains(&format!("audit key {} is untrusted", auditor.id)), "{}", unpinned.stderr);
    let plain = replay(&session, &[]).json();
    assert_eq!((&plain["checkpoint"], &plain["checkpoints"]), (&Value::Null, &json!(1)));
    let text = Run::dev(["replay", "--verify", "--checkpoint"]).arg(&kept).args(["--audit-id", &auditor.id, "--data"]);
    let text = text.arg(&tape.path).arg(&session.journal).finish();
    text.expect_code(0);
    for part in ["the retained one holds", "1 beside the journal hold", &format!("{} (trusted)", auditor.id)] {
        assert!(text.stdout.contains(part), "{part:?} is missing in {}", text.stdout);
    }
}

/// The retained checkpoint does not hold, and what differs is named.
#[track_caller]
fn exposed(verdict: &Finished, said: &str) -> Value {
    verdict.expect_code(1);
    let mut json = verdict.json();
    let difference = json["first_difference"].take();
    assert_eq!((&difference["what"], &difference["code"]), (&json!("journal"), &json!("J-CHECKPOINT")), "{difference}");
    assert!(
        difference["detail"].as_str().is_some_and(|detail| detail.contains(said)),
        "{said:?} is missing in {difference}"
    );
    assert_eq!((&json["match"], &json["checkpoint"]["ok"]), (&json!(false), &json!(false)));
    json
}

#[test]
fn a_checkpoint_of_another_key_signature_or_session_is_named_so() {
    let (auditor, tape) = (Auditor::new(), Tape::trades(300));
    let session = auditor.signed(&ema(), &tape);
    let kept = auditor.keep(&session);
    let line = std::fs::read_to_string(&kept).unwrap();
    let json = exposed(&against(&session, &kept, &Auditor::new().id), "is not trusted");
    assert_eq!((&json["checkpoint"]["trusted"], &json["checkpoint"]["key"]), (&json!(false), &json!(auditor.id)));
    let (head, last) = line.trim_end().split_at(line.trim_end().len() - 1);
    let flipped = auditor.file("flipped.txt", &format!("{head}{}", if last == "0" { "1" } else { "0" }));
    exposed(&against(&session, &flipped, &auditor.id), "the signature is not one of");
    let other = auditor.signed(&ema(), &Tape::trades(400));
    exposed(&against(&other, &kept, &auditor.id), "another session: ");
    // What is no checkpoint says nothing about the journal.
    for text in ["", "checkpoint", &line[1..]] {
        let finished = against(&session, &auditor.file("bad.txt", text), &auditor.id);
        finished.expect_code(2);
        assert!(finished.stderr.contains("holds no checkpoint"), "{}", finished.stderr);
    }
    against(&session, Path::new("/no/such/file"), &auditor.id).expect_code(2);
    against(&session, &kept, &auditor.id[1..]).expect_code(2);
    let unverified = Run::dev(["replay", "--checkpoint"]).arg(&kept).arg(&session.journal).finish();
    unverified.expect_code(2);
}

/// Somebody changes a signed journal and makes the chain anew: the chain alone is accepted, the checkpoint exposes it.
/// Answers what a replay without the checkpoint says.
#[track_caller]
fn check_attack(forge: impl FnOnce(&mut Forgery), said: &str) -> Value {
    let (auditor, tape) = (Auditor::new(), Tape::trades(20_000));
    let session = auditor.signed(&ema(), &tape);
    let kept = auditor.keep(&session);
    let mut forgery = Forgery::of(&session.journal);
    forge(&mut forgery);
    forgery.write();
    let chain = verify_chain(&session.journal).expect("the journal reads");
    assert!(chain.is_intact(), "the chain alone shows nothing: {:?}", chain.findings);
    exposed(&against(&session, &kept, &auditor.id), said);
    replay(&session, &[]).json()
}

/// Numbers of the recorded fills.
fn fills(forgery: &mut Forgery) -> Vec<Seq> {
    let fills = forgery.events().filter(|event| matches!(event.kind, EventKind::OrderFilled(_)));
    fills.map(|event| event.seq).collect()
}

#[test]
fn a_journal_that_is_only_written_anew_still_agrees() {
    let (auditor, tape) = (Auditor::new(), Tape::trades(2_000));
    let session = auditor.signed(&ema(), &tape);
    let kept = auditor.keep(&session);
    Forgery::of(&session.journal).write();
    against(&session, &kept, &auditor.id).expect_code(0);
}

#[test]
fn a_rewrite_is_exposed() {
    let plain = check_attack(
        |forgery| {
            let fill = fills(forgery)[1];
            let event = forgery.events().find(|event| event.seq == fill).expect("a fill");
            let EventKind::OrderFilled(fill) = &mut event.kind else { unreachable!("a fill") };
            fill.price.0 += 1;
        },
        "another head: ",
    );
    assert_ne!(plain["first_difference"]["what"], "journal", "{plain}");
}

/// The whole session told anew, with another strategy: nothing in the journal contradicts anything else.
#[test]
fn a_rewrite_that_replays_without_a_difference_is_exposed() {
    let (auditor, tape) = (Auditor::new(), Tape::trades(2_000));
    let session = auditor.signed(&ema(), &tape);
    let kept = auditor.keep(&session);
    let other = Setup::default().strategy("ema", &binary::component("ringfence_sma_cross"), EMA);
    let forged = other.backtest_with(&tape, &[]);
    forged.finished.expect_code(0);
    let plain = replay(&forged, &[]);
    plain.expect_code(0);
    assert_eq!(plain.json()["match"], true);
    exposed(&against(&forged, &kept, &auditor.id), "another ");
}

#[test]
fn a_splice_is_exposed() {
    let plain = check_attack(|forgery| forgery.splice(EventKind::TradingDisabled), "another ");
    assert_eq!(plain["match"], false, "{plain}");
    assert_ne!(plain["first_difference"]["what"], "journal", "{plain}");
}

#[test]
fn another_order_is_exposed() {
    let plain = check_attack(
        |forgery| {
            let of = fills(forgery);
            let kinds: Vec<EventKind> =
                forgery.events().filter(|event| of[..2].contains(&event.seq)).map(|event| event.kind).collect();
            for (event, kind) in forgery.events().filter(|event| of[..2].contains(&event.seq)).zip([kinds[1], kinds[0]])
            {
                event.kind = kind;
            }
        },
        "another head: ",
    );
    assert_ne!(plain["first_difference"]["what"], "journal", "{plain}");
}

#[test]
fn what_was_dropped_from_the_middle_is_exposed() {
    let plain = check_attack(
        |forgery| {
            let fill = fills(forgery)[1];
            forgery.drop_event(fill);
        },
        "another ",
    );
    assert_eq!(plain["match"], false, "{plain}");
}

/// What is left is a journal that was never sealed, and replays without a difference.
#[test]
fn what_was_dropped_from_the_end_is_exposed() {
    let plain = check_attack(|forgery| forgery.cut(2), "another size: ");
    assert_eq!(plain["match"], true, "{plain}");
}

#[test]
fn fuel_that_was_counted_by_another_table_is_told() {
    let session = ema().backtest(&Tape::trades(300));
    let mut forgery = Forgery::of(&session.journal);
    let header = forgery.records().find_map(|record| {
        let Record::Header(header) = record else { return None };
        Some(header)
    });
    header.expect("a journal begins with it").operator_costs = "elsewhere-1".to_owned();
    forgery.write();
    assert_eq!(replay(&session, &[]).json()["other_costs"], "elsewhere-1");
    let text = Run::dev(["replay", "--data"]).arg(&session.tape.path).arg(&session.journal).finish();
    assert!(text.stdout.contains("elsewhere-1"), "{}", text.stdout);
}
