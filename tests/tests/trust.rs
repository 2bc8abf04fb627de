//! Trust through the binary: what is signed runs by its signature, and every trick with one is refused before anything of
//! the component is read. The ids in names of tests are explained in `tests/hostile.md`.

use std::path::{Path, PathBuf};

use ringfence_core::blob::sha256;
use ringfence_tests::setup::machine_code;
use ringfence_tests::{Finished, Run, Running, Setup, Tape, binary};
use tempfile::TempDir;

/// A component, two signers, and a folder that is remembered between runs.
struct Desk {
    folder: TempDir,
    signer: String,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::copy(binary::component("ringfence_ema_cross"), folder.path().join("ema.wasm")).expect("copied");
        let made = Run::dev(["key", "new", "--for", "components"]).arg(folder.path().join("signer.key")).finish();
        made.expect_code(0);
        let signer = made.stdout.trim().to_owned();
        Desk { folder, signer }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs the component as this version of this strategy, with the key in this file.
    fn sign(&self, key: &str, strategy: &str, version: &str) -> Finished {
        let run = Run::dev(["sign", "--strategy", strategy, "--version", version, "--key"]);
        run.arg(self.path(key)).arg(self.path("ema.wasm")).finish()
    }

    /// The same although a later version is signed.
    fn sign_again(&self, key: &str, strategy: &str, version: &str) -> Finished {
        let run = Run::dev(["sign", "--allow-downgrade", "--strategy", strategy, "--version", version, "--key"]);
        run.arg(self.path(key)).arg(self.path("ema.wasm")).finish()
    }

    /// A backtest by the signature, with more lines in the strategy's slot and more arguments.
    fn backtest(&self, lines: &str, arguments: &[&str]) -> Finished {
        let lines = format!("params = {{ qty = \"1\" }}\n{lines}");
        let setup = Setup::default().strategy("ema", &self.path("ema.wasm"), &lines);
        let trust = format!("\n[trust]\nkeys = [\"{}\"]\nunsigned = \"refuse\"\n", self.signer);
        let tape = Tape::trades(10);
        let run = Run::dev(["backtest", "--json", "--config"]);
        let config = run.path("host.toml");
        let run = run.env("RINGFENCE_STATE", self.path("state")).file("host.toml", format!("{}{trust}", setup.text()));
        arguments.iter().fold(run.arg(&config).arg("--data").arg(&tape.path), |run, word| run.arg(word)).finish()
    }

    /// Both refuse: a session and `ringfence verify`, with this code.
    #[track_caller]
    fn check_refused(&self, code: &str) {
        let session = self.backtest("", &[]);
        session.expect_code(2);
        assert!(session.stdout.contains(code), "{code} is missing in {}", session.stdout);
        let verify = Run::dev(["verify", "--signer", &self.signer]).arg(self.path("ema.wasm")).finish();
        assert_eq!(verify.code, Some(1), "{} {}", verify.stdout, verify.stderr);
    }

    fn change(&self, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let bytes = std::fs::read(self.path(name)).expect("it is there");
        std::fs::write(self.path(name), change(bytes)).expect("written");
    }
}

#[test]
fn what_is_signed_runs_and_a_lower_version_only_on_purpose() {
    let desk = Desk::new();
    desk.check_refused("E-UNSIGNED");
    desk.sign("signer.key", "ema", "2").expect_code(0);
    Run::dev(["verify", "--signer", &desk.signer]).arg(desk.path("ema.wasm")).finish().expect_code(0);
    desk.backtest("", &[]).expect_code(0);
    assert_eq!(std::fs::read_to_string(desk.path("state/versions")).unwrap(), "ringfence-versions 1\nema 2\n");
    desk.sign_again("signer.key", "ema", "1").expect_code(0);
    let refused = desk.backtest("", &[]);
    refused.expect_code(2);
    assert!(refused.stdout.contains("E-DOWNGRADE"), "{}", refused.stdout);
    desk.backtest("", &["--allow-downgrade"]).expect_code(0);
    assert_eq!(std::fs::read_to_string(desk.path("state/versions")).unwrap(), "ringfence-versions 1\nema 2\n");
    std::fs::write(desk.path("state/versions"), "ringfence-versions 1\nema").unwrap();
    desk.backtest("", &[]).expect_code(4);
}

#[test]
fn a_signature_of_a_later_version_is_replaced_on_purpose_alone() {
    let desk = Desk::new();
    desk.sign("signer.key", "ema", "3").expect_code(0);
    let later = std::fs::read_to_string(desk.path("ema.wasm.sig")).unwrap();
    let refused = desk.sign("signer.key", "ema", "2");
    refused.expect_code(2);
    for part in ["ema.wasm.sig says version 3 of ema, and this is 2", "E-DOWNGRADE", "--allow-downgrade"] {
        assert!(refused.stderr.contains(part), "{part} is missing in {}", refused.stderr);
    }
    assert_eq!(std::fs::read_to_string(desk.path("ema.wasm.sig")).unwrap(), later, "nothing was written");
    desk.sign("signer.key", "ema", "3").expect_code(0);
    desk.sign("signer.key", "ema", "4").expect_code(0);
    desk.sign("signer.key", "other", "1").expect_code(0);
    desk.change("ema.wasm.sig", |_| b"no signature".to_vec());
    desk.sign("signer.key", "ema", "9").expect_code(0);
    desk.sign_again("signer.key", "ema", "1").expect_code(0);
}

#[test]
fn a_key_that_is_none_is_one_problem() {
    let desk = Desk { signer: "xyz".to_owned(), ..Desk::new() };
    let told = desk.backtest("", &[]);
    told.expect_code(2);
    let problems = told.json()["problems"].as_array().expect("problems").clone();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0]["key"].as_str().is_some_and(|key| key.starts_with("trust.keys")), "{problems:?}");
}

#[test]
fn a_slot_gets_no_more_than_was_signed_and_may_have_another_name() {
    let desk = Desk::new();
    desk.sign("signer.key", "ema-cross", "1").expect_code(0);
    desk.check_slot("", 2, "signed as strategy ema-cross");
    desk.check_slot("signed_as = \"ema-cross\"", 0, "");
    desk.check_slot("signed_as = \"ema-cross\"\nfuel_per_call = 20_000_001", 2, "E-SIGNED-LIMIT");
    desk.check_slot("signed_as = \"ema-cross\"\nmemory_mb = 65", 2, "E-SIGNED-LIMIT");
}

impl Desk {
    #[track_caller]
    fn check_slot(&self, lines: &str, code: u8, said: &str) {
        let session = self.backtest(lines, &[]);
        session.expect_code(i32::from(code));
        assert!(session.stdout.contains(said), "{}", session.stdout);
    }
}

/// What is done to a signature.
type Change = fn(Vec<u8>) -> Vec<u8>;

#[test]
fn h53_signature_tricks() {
    let desk = Desk::new();
    desk.sign("signer.key", "ema", "1").expect_code(0);
    let whole = std::fs::read(desk.path("ema.wasm.sig")).unwrap();
    let tricks: [(&str, Change); 4] = [
        ("empty", |_| Vec::new()),
        ("cut off", |mut text| {
            text.truncate(text.len() / 2);
            text
        }),
        ("another version", |text| String::from_utf8(text).unwrap().replace("version 1\n", "version 2\n").into_bytes()),
        ("a line more", |mut text| {
            text.extend(b"\n");
            text
        }),
    ];
    for (trick, change) in tricks {
        desk.change("ema.wasm.sig", change);
        desk.check_refused("E-SIGNATURE");
        assert!(desk.path("ema.wasm.sig").exists(), "{trick}");
        std::fs::write(desk.path("ema.wasm.sig"), &whole).unwrap();
    }
    let component = std::fs::read(desk.path("ema.wasm")).unwrap();
    // A custom section behind everything, which no engine reads; and bytes that are no component at all: the signature
    // is judged before.
    for other in [[&component[..], b"\0\x02\x01x"].concat(), b"nothing".to_vec()] {
        std::fs::write(desk.path("ema.wasm"), other).unwrap();
        desk.check_refused("E-SIGNATURE");
    }
    std::fs::write(desk.path("ema.wasm"), &component).unwrap();
    desk.backtest("", &[]).expect_code(0);
}

#[test]
fn h53_keys_of_others_and_of_another_purpose() {
    let desk = Desk::new();
    Run::dev(["key", "new", "--for", "components"]).arg(desk.path("other.key")).finish().expect_code(0);
    desk.sign("other.key", "ema", "1").expect_code(0);
    desk.check_refused("E-SIGNATURE");
    Run::dev(["key", "new"]).arg(desk.path("audit.key")).finish().expect_code(0);
    let refused = desk.sign("audit.key", "ema", "1");
    refused.expect_code(2);
    assert!(refused.stderr.contains("made for another purpose (audit-key 1)"), "{}", refused.stderr);
    // And a key that signs components signs no journal.
    let session = signed_journal(&desk.path("signer.key"));
    session.expect_code(2);
    assert!(session.stderr.contains("not an audit key"), "{}", session.stderr);
}

fn signed_journal(key: &Path) -> Finished {
    let component = binary::component("ringfence_ema_cross");
    let setup = Setup::default().strategy("ema", &component, "params = { qty = \"1\" }");
    let tape = Tape::trades(10);
    let run = Run::dev(["backtest", "--config"]);
    let (config, journal) = (run.path("host.toml"), run.path("journal"));
    let run = run.file("host.toml", setup.text()).arg(&config).arg("--data").arg(&tape.path);
    run.arg("--journal").arg(&journal).arg("--audit-key").arg(key).finish()
}

// Reloads and swaps

/// A release that waits to be put in place.
struct Release {
    component: Vec<u8>,
    signature: Vec<u8>,
}

impl Release {
    /// As people are told.
    fn swapped(&self) -> String {
        let hash: String = sha256(&self.component)[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("swapped to component {hash}")
    }
}

impl Desk {
    /// The component with a custom section more, which changes nothing but its hash, signed as this version.
    fn release(&self, version: u8) -> Release {
        let name = format!("release-{version}.wasm");
        let component =
            [&std::fs::read(self.path("ema.wasm")).expect("the desk holds it")[..], &[0, 5, 3], b"tag", &[version]]
                .concat();
        std::fs::write(self.path(&name), &component).expect("the desk holds it");
        let run = Run::dev(["sign", "--strategy", "ema", "--version", &version.to_string(), "--key"]);
        run.arg(self.path("signer.key")).arg(self.path(&name)).finish().expect_code(0);
        Release { component, signature: std::fs::read(self.path(&format!("{name}.sig"))).expect("the desk holds it") }
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path("draft"), bytes).expect("the desk holds it");
        std::fs::rename(self.path("draft"), self.path(name)).expect("the desk holds it");
    }

    /// A run by the signature, in the desk's own folder.
    fn run(&self, command: &[&str]) -> Run {
        let setup = Setup::default().strategy("ema", &self.path("ema.wasm"), "params = { qty = \"1\" }");
        let trust = format!("\n[trust]\nkeys = [\"{}\"]\nunsigned = \"refuse\"\n", self.signer);
        let text = setup.text().replace("simulation\"\ncap", "paper\"\ncap");
        std::fs::write(self.path("host.toml"), format!("{text}{trust}")).expect("the desk holds it");
        let run = Run::dev(command.iter().copied()).env("RINGFENCE_STATE", self.path("state"));
        run.env("RINGFENCE_CACHE", machine_code()).arg("--config").arg(self.path("host.toml"))
    }

    /// A paper session that watches its files, on a market that lasts longer than the test.
    fn paper(&self, flags: &[&str]) -> Running {
        let run = self.run(&["run", "--mode", "paper", "--json", "--watch", "--generate", "7", "--rows", "1000000"]);
        let mut session = run.arg("--journal").arg(self.path("journal")).args(flags).start();
        session.wait_for("Ctrl-C ends it");
        session
    }

    #[track_caller]
    fn check_ended(&self, session: Running, (component, swaps): (&Release, usize), versions: &str) {
        let finished = session.interrupt();
        finished.expect_code(0);
        let json = finished.json();
        let hash: String = sha256(&component.component).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(json["strategies"][0]["component_sha256"], hash);
        assert_eq!(json["notices"].as_array().map(Vec::len), Some(swaps), "{json}");
        assert_eq!(std::fs::read_to_string(self.path("state/versions")).expect("the desk holds it"), versions);
        Run::dev(["replay", "--verify"]).arg(self.path("journal")).finish().expect_code(0);
        std::fs::remove_dir_all(self.path("journal")).expect("the desk holds it");
    }
}

#[test]
fn h53_a_reloaded_component_is_judged_by_the_signature_beside_it_and_what_is_refused_changes_nothing() {
    let desk = Desk::new();
    let [second, third, fourth] = [2, 3, 4].map(|version| desk.release(version));
    desk.sign("signer.key", "ema", "1").expect_code(0);
    let mut session = desk.paper(&[]);
    // Whichever of the two files is written first.
    desk.put("ema.wasm.sig", &second.signature);
    desk.put("ema.wasm", &second.component);
    session.wait_for(&second.swapped());
    desk.put("ema.wasm", &third.component);
    session.wait_for("strategy ema goes on as it was: E-SIGNATURE: ");
    desk.put("ema.wasm.sig", &third.signature);
    session.wait_for(&third.swapped());
    std::fs::remove_file(desk.path("ema.wasm.sig")).unwrap();
    desk.put("ema.wasm", &fourth.component);
    session.wait_for("E-UNSIGNED");
    desk.put("ema.wasm.sig", b"half a signa");
    session.wait_for("E-SIGNATURE");
    desk.put("ema.wasm.sig", &second.signature);
    session.wait_for("; it is tried again when ema.wasm.sig changes");
    desk.put("ema.wasm", &second.component);
    session.wait_for("strategy ema goes on as it was: E-DOWNGRADE: ");
    desk.check_ended(session, (&third, 2), "ringfence-versions 1\nema 3\n");
    // On purpose.
    let mut session = desk.paper(&["--allow-downgrade"]);
    let first = desk.release(1);
    desk.put("ema.wasm.sig", &first.signature);
    desk.put("ema.wasm", &first.component);
    session.wait_for(&first.swapped());
    desk.check_ended(session, (&first, 1), "ringfence-versions 1\nema 3\n");
}

#[test]
fn what_a_script_swaps_in_is_judged_by_the_signature_beside_it_and_a_journal_needs_none() {
    let desk = Desk::new();
    desk.sign("signer.key", "ema", "1").expect_code(0);
    let second = desk.release(2);
    let tape = Tape::trades(200);
    let script =
        "[[events]]\nat = 2023-11-14T22:14:00Z\nkind = \"swap\"\nstrategy = \"ema\"\ncomponent = \"release-2.wasm\"\n";
    std::fs::write(desk.path("events.toml"), script).unwrap();
    let backtest = |flags: &[&str]| {
        let run = desk.run(&["backtest", "--json"]).arg("--data").arg(&tape.path).args(flags);
        run.arg("--events").arg(desk.path("events.toml")).finish()
    };
    std::fs::write(desk.path("release-2.wasm.sig"), "").unwrap();
    let refused = backtest(&[]);
    refused.expect_code(2);
    assert!(refused.stdout.contains("E-SIGNATURE"), "{} {}", refused.stdout, refused.stderr);
    std::fs::write(desk.path("release-2.wasm.sig"), &second.signature).unwrap();
    let journal = desk.path("journal");
    backtest(&["--journal", journal.to_str().unwrap()]).expect_code(0);
    assert_eq!(std::fs::read_to_string(desk.path("state/versions")).unwrap(), "ringfence-versions 1\nema 2\n");
    let again =
        Run::dev(["whatif"]).arg(&journal).arg("--data").arg(&tape.path).args(["--set", "risk.order_qty_max=5"]);
    again.finish().expect_code(0);
    let unsigned = format!("--strategy=ema={}", binary::component("ringfence_sma_cross").display());
    let again = Run::dev(["whatif"]).arg(&journal).arg("--data").arg(&tape.path).arg(unsigned).finish();
    again.expect_code(2);
    assert!(again.stderr.contains("E-UNSIGNED"), "{}", again.stderr);
}
