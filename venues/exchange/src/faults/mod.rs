//! Faults: what goes wrong, and when?
//!
//! In: a script, and what passes by. Out: the faults of rules that fire. Must never: carry a fault out; the protocol does.

mod script;

pub use script::{Drift, Fault, Half, Rule, Script, ScriptError, Unavailable, When};

use serde_json::{Value, json};

/// Complaints that are kept.
const COMPLAINTS_MAX: usize = 100;

/// A request, as rules look at it.
pub(crate) struct SeenRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) symbol: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
}

/// A message, as rules look at it.
pub(crate) struct SeenMessage<'a> {
    pub(crate) stream: &'a str,
    pub(crate) event: &'a str,
    /// What was done to an order, such as `TRADE`.
    pub(crate) detail: &'a str,
    pub(crate) symbol: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
}

/// A rule that waits for its moment.
#[derive(Debug, Clone)]
struct Armed {
    rule: Rule,
    /// When it was first looked at.
    since_ns: Option<u64>,
    seen: u64,
    fired: u64,
}

/// All rules.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    armed: Vec<Armed>,
    complaints: Vec<String>,
}

impl Faults {
    pub(crate) fn add(&mut self, script: Script) {
        let arm = |rule| Armed { rule, since_ns: None, seen: 0, fired: 0 };
        self.armed.extend(script.rules.into_iter().map(arm));
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.armed.is_empty()
    }

    pub(crate) fn of_request(&mut self, seen: &SeenRequest, now_ns: u64) -> Vec<Fault> {
        self.fire(now_ns, |when| when.fits_request(seen))
    }

    pub(crate) fn of_message(&mut self, seen: &SeenMessage, now_ns: u64) -> Vec<Fault> {
        self.fire(now_ns, |when| when.fits_message(seen))
    }

    /// Rules of time alone.
    pub(crate) fn due(&mut self, now_ns: u64) -> Vec<Fault> {
        self.fire(now_ns, When::is_of_time)
    }

    fn fire(&mut self, now_ns: u64, fits: impl Fn(&When) -> bool) -> Vec<Fault> {
        let mut fired = Vec::new();
        for armed in &mut self.armed {
            let since_ns = *armed.since_ns.get_or_insert(now_ns);
            let when = &armed.rule.when;
            let is_early = now_ns < since_ns + when.after_ms * 1_000_000;
            if is_early || armed.fired >= when.times || !fits(when) {
                continue;
            }
            armed.seen += 1;
            if armed.seen >= when.nth {
                armed.fired += 1;
                fired.push(armed.rule.fault.clone());
            }
        }
        fired
    }

    pub(crate) fn complain(&mut self, complaint: String) {
        if self.complaints.len() < COMPLAINTS_MAX {
            self.complaints.push(complaint);
        }
    }

    /// Rules with their counts, and what could not be done.
    pub(crate) fn said(&self) -> Value {
        let rules = self.armed.iter().map(|armed| {
            json!({"name": armed.rule.name, "fault": armed.rule.fault.name(), "seen": armed.seen, "fired": armed.fired})
        });
        json!({"rules": rules.collect::<Vec<_>>(), "complaints": self.complaints})
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(script: &str, want: Expect) {
        let shown = match Script::parse_toml(script) {
            Ok(script) => {
                let mut faults = Faults::default();
                faults.add(script);
                let order = SeenRequest {
                    method: "POST",
                    path: "/api/v3/order",
                    symbol: Some("BTCUSDT"),
                    account: Some("alice"),
                };
                let other = SeenRequest { symbol: Some("ETHUSDT"), ..order };
                let report =
                    SeenMessage { stream: "x", event: "executionReport", detail: "TRADE", symbol: None, account: None };
                let mut lines = Vec::new();
                for second in 0..5u64 {
                    let now_ns = second * 1_000_000_000;
                    let names = |all: Vec<Fault>| all.iter().map(Fault::name).collect::<Vec<_>>().join("+");
                    lines.push(format!(
                        "{second}s order={} other={} report={} time={}",
                        names(faults.of_request(&order, now_ns)),
                        names(faults.of_request(&other, now_ns)),
                        names(faults.of_message(&report, now_ns)),
                        names(faults.due(now_ns)),
                    ));
                }
                lines.join("\n")
            }
            Err(fault) => fault.to_string(),
        };
        want.assert_eq(&shown);
    }

    #[test]
    fn a_rule_fires_at_the_nth_match_as_often_as_it_says() {
        check(
            "[[rule]]\nwhen = {request = 'POST /api/v3/order', symbol = 'BTCUSDT', nth = 2, times = 2}\nfault = {kind = 'lost_ack'}",
            expect![[r#"
                0s order= other= report= time=
                1s order=lost_ack other= report= time=
                2s order=lost_ack other= report= time=
                3s order= other= report= time=
                4s order= other= report= time="#]],
        );
    }

    #[test]
    fn a_rule_of_messages_and_one_of_time_do_not_hear_requests() {
        check(
            "[[rule]]\nwhen = {message = 'executionReport:TRADE'}\nfault = {kind = 'duplicate'}\n\
             [[rule]]\nwhen = {after_ms = 3000}\nfault = {kind = 'market', command = {do = 'expire_keys'}}",
            expect![[r#"
                0s order= other= report=duplicate time=
                1s order= other= report= time=
                2s order= other= report= time=
                3s order= other= report= time=market
                4s order= other= report= time="#]],
        );
    }

    #[test]
    fn a_fault_where_it_cannot_happen_is_refused() {
        check(
            "[[rule]]\nwhen = {request = '/x'}\nfault = {kind = 'duplicate'}",
            expect!["rule 1: duplicate happens at a message"],
        );
        check(
            "[[rule]]\nwhen = {message = 'trade'}\nfault = {kind = 'lost_ack'}",
            expect!["rule 1: lost_ack happens at a request"],
        );
        check(
            "[[rule]]\nwhen = {message = 'trade', request = '/x'}\nfault = {kind = 'lose'}",
            expect!["rule 1: it names both a request and a message"],
        );
        check(
            "[[rule]]\nwhen = {request = '/x', nth = 0}\nfault = {kind = 'lost_ack'}",
            expect!["rule 1: nth and times count from 1"],
        );
    }
}
