//! An adapter whose gateway is a shell: what is said when it ends, and that the next one takes over.

use std::path::{Path, PathBuf};

use ringfence_core::decision::RefusalCode;
use ringfence_core::ids::{InstrumentId, StrategyId};
use ringfence_core::instrument::Side;
use ringfence_core::intent::IntentKind;
use ringfence_core::money::{Price, Qty};
use ringfence_venue::checks::{Condition, LiveChecks};
use ringfence_venue::desk::{self, Desk};
use ringfence_venue::text::describe;

use super::*;

fn permit() -> LivePermit {
    let mut checks = LiveChecks::new();
    Condition::ALL.iter().for_each(|condition| checks.found(*condition, Ok(())));
    checks.permit().expect("every condition holds")
}

fn frames(folder: &Path, heard: &[Heard]) -> PathBuf {
    let mut bytes = Vec::new();
    for message in heard {
        super::super::message::write_frame(&mut bytes, &message.bytes()).expect("a Vec takes everything");
    }
    let file = folder.join("frames");
    std::fs::write(&file, bytes).expect("written");
    file
}

/// A gateway that says what lies in a file, and then does this.
fn gateway(file: &Path, then: &str) -> impl Fn() -> Command + Send + 'static {
    let script = format!("cat '{}'; {then}", file.display());
    move || {
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command
    }
}

fn command(desk: &mut Desk) -> VenueCommand {
    let submit = desk::submit(InstrumentId(1), (Side::Buy, Qty(1)), Some(Price(10)));
    desk.ask(StrategyId(1), IntentKind::Submit(submit)).pop().expect("allowed")
}

fn text(said: Option<Said>) -> String {
    match said {
        Some(Said::Report(report)) => describe(&report),
        Some(Said::Answered(id, answer)) => format!("{} {answer:?}", id.0),
        None => "end".to_owned(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads")
}

#[test]
fn what_was_on_its_way_when_a_gateway_ended_is_unknown_and_the_next_one_takes_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let can = Capabilities { amend: true, ..Capabilities::default() };
    let file = frames(folder.path(), &[Heard::Ready(can)]);
    runtime().block_on(async {
        // It reads one byte of the first frame, and is gone.
        let start = gateway(&file, "head -c 1 >/dev/null");
        let mut adapter = GatewayAdapter::open(VenueId(1), start, permit()).await.expect("ready");
        assert_eq!(adapter.capabilities(), can);
        let mut desk = Desk::open(&[desk::instrument(1, (0, 0))]);
        adapter.send(command(&mut desk)).await;
        assert_eq!(text(adapter.next().await), "VenueDown");
        assert_eq!(text(adapter.next().await), "outcome-unknown 1/1");
        // Nobody is there: it is certain that this does not leave.
        adapter.send(command(&mut desk)).await;
        assert_eq!(text(adapter.next().await), "transmit-refused submit 1/2 transmit-refused");
        adapter.ask(QueryId(4), Query::Time).await;
        assert_eq!(text(adapter.next().await), "4 Failed(\"its gateway takes nothing at the moment\")");
        // A cancel in an emergency waits for the next one, which it ends like the first.
        adapter.send_emergency(EmergencyCancel::account(VenueId(1), AccountId(1))).await;
        assert_eq!(text(adapter.next().await), "VenueDown");
        assert!(adapter.emergencies.is_empty(), "the next gateway was told");
    });
}

#[test]
fn a_gateway_that_lacks_something_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = frames(folder.path(), &[Heard::NotReady("LOCAL_API_KEY is not set".to_owned())]);
    let opened = runtime().block_on(GatewayAdapter::open(VenueId(1), gateway(&file, "exit 2"), permit()));
    assert_eq!(opened.err().as_deref(), Some("LOCAL_API_KEY is not set"));
}

#[test]
fn a_refused_command_is_reported_as_not_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(&[desk::instrument(1, (0, 0))]);
    let command = command(&mut desk);
    let heard = [Heard::Ready(Capabilities::default()), Heard::Refused(command.key(), RefusalCode::Forged)];
    let file = frames(folder.path(), &heard);
    runtime().block_on(async {
        let start = gateway(&file, "cat >/dev/null");
        let mut adapter = GatewayAdapter::open(VenueId(1), start, permit()).await.expect("ready");
        adapter.send(command).await;
        assert_eq!(text(adapter.next().await), "transmit-refused submit 1/1 transmit-refused");
        adapter.close().await;
        drop(adapter);
    });
}
