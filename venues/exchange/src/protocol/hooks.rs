//! Faults at work: what goes wrong with this request, with this message?
//!
//! In: rules that fire. Out: answers that are wrong, late or missing, messages that are wrong, late, doubled or missing.
//! Must never: change what is true without a command in the log: only what is told may differ.

use serde_json::{Value, json};

use super::answer::{Answer, Delivery, Frame, Outgoing, Request, Response};
use super::exchange::Exchange;
use super::fault::ApiFault;
use super::limits;
use super::local::product_name;
use super::params::Params;
use super::publishing::Telling;
use crate::accounts::HOUSE;
use crate::amount::Amount;
use crate::faults::{Drift, Fault, Half, SeenMessage, SeenRequest, Unavailable};
use crate::matching::listing::Product;

/// What the rules have in mind for one request.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// This is answered, and nothing is done.
    pub(super) instead: Option<Response>,
    pub(super) is_stale: bool,
    pub(super) busted: Option<Half>,
    /// This is answered once it is done.
    told: Option<Response>,
    fills: Vec<Forced>,
    drifts: Vec<Drift>,
    delivery: Option<Delivery>,
}

/// A fill that the order which a response speaks of did not ask for.
#[derive(Debug, Clone, Copy)]
enum Forced {
    /// What is open, told after this much time.
    Rest(u64),
    /// This much more than is open.
    Over(Amount),
}

const MS: u64 = 1_000_000;

impl Plan {
    /// How the response goes out.
    pub(super) fn conclude(self, response: Response) -> Answer {
        Answer { response, delivery: self.delivery.unwrap_or(Delivery::Send) }
    }
}

impl Exchange {
    /// Asks the rules about a request that came.
    pub(super) fn plan(&mut self, request: &Request, now_ns: u64) -> Plan {
        if self.faults.is_empty() {
            return Plan::default();
        }
        let params = Params::parse(&request.query, &request.body).unwrap_or_default();
        let account = self.account_of(request.key.as_deref()).ok();
        let seen = SeenRequest {
            method: request.method.name(),
            path: &request.path,
            symbol: params.text("symbol"),
            account: account.map(|at| self.users[at - 1].name.as_str()),
        };
        let mut plan = Plan::default();
        for fault in self.faults.of_request(&seen, now_ns) {
            self.plan_one(&mut plan, fault, now_ns);
        }
        plan
    }

    fn plan_one(&mut self, plan: &mut Plan, fault: Fault, now_ns: u64) {
        let now_ms = now_ns / 1_000_000;
        let said = |fault: ApiFault| {
            let body = fault.body().to_string();
            Some(Response { status: fault.status, headers: fault.headers, body })
        };
        match fault {
            Fault::LostSubmit => {
                plan.instead = Some(unavailable(Unavailable::Unknown));
                plan.delivery = Some(Delivery::Drop);
            }
            Fault::LostAck => plan.delivery = Some(Delivery::Drop),
            Fault::Unavailable { text, is_processed: true } => plan.told = Some(unavailable(text)),
            Fault::Unavailable { text, is_processed: false } => plan.instead = Some(unavailable(text)),
            Fault::TooMany { retry_after_s } => {
                plan.instead = said(limits::too_many(2_400, retry_after_s.map(|seconds| seconds * 1_000)));
            }
            Fault::Banned { seconds } => plan.instead = said(limits::banned(now_ms + seconds * 1_000, now_ms)),
            Fault::StaleTimestamp => plan.is_stale = true,
            Fault::Slow { ms } => plan.delivery = Some(Delivery::After(ms * MS)),
            Fault::CutResponse { bytes } => plan.delivery = Some(Delivery::Cut(bytes)),
            Fault::FillBeforeAck { ms } => {
                plan.fills.push(Forced::Rest(0));
                plan.delivery = Some(Delivery::After(ms * MS));
            }
            Fault::LateFill { ms } => plan.fills.push(Forced::Rest(ms * MS)),
            Fault::Overfill { qty } => plan.fills.push(Forced::Over(qty)),
            Fault::ReplaceHalf { half } => plan.busted = Some(half),
            Fault::Drift(drift) => plan.drifts.push(drift),
            Fault::ClockSkew { ms } => self.skew_ms = ms,
            Fault::Market { command } => self.fault_command(&command, now_ns),
            // These are of messages; a script that has them for a request is refused when it is read.
            Fault::Duplicate | Fault::Lose | Fault::Delay { .. } | Fault::Stall { .. } => {}
            Fault::CutStream { .. } | Fault::FrameBomb { .. } => {}
        }
    }

    /// What a broken exchange does once the request is done.
    pub(super) fn after(&mut self, plan: &Plan, response: &mut Response, now_ns: u64) {
        for fill in &plan.fills {
            self.fill(*fill, response, now_ns);
        }
        for drift in &plan.drifts {
            drift_text(&mut response.body, drift);
        }
        if let Some(told) = &plan.told {
            *response = told.clone();
        }
    }

    /// Fills the order that a response speaks of, beyond all rules.
    fn fill(&mut self, forced: Forced, response: &Response, now_ns: u64) {
        let Some((product, order)) = self.spoken_of(response) else { return };
        let open = self.engine(product).orders[&order].open();
        let qty = match forced {
            Forced::Rest(later_ns) => {
                self.hold_until_ns = (later_ns > 0).then_some(now_ns + later_ns);
                open
            }
            Forced::Over(more) => open + more,
        };
        if !qty.is_positive() {
            self.hold_until_ns = None;
            return;
        }
        self.force(product, order, qty, now_ns);
        self.publish();
        self.hold_until_ns = None;
    }

    fn force(&mut self, product: Product, order: u64, qty: Amount, now_ns: u64) {
        let act = json!({"do": "fill", "product": product_name(product), "order": order, "qty": qty.to_string()});
        self.fault_command(&act, now_ns);
    }

    fn spoken_of(&self, response: &Response) -> Option<(Product, u64)> {
        let body: Value = serde_json::from_str(&response.body).ok()?;
        let order = body["orderId"].as_u64()?;
        let product = if body.get("positionSide").is_some() { Product::Futures } else { Product::Spot };
        self.engine(product).orders.get(&order).filter(|order| order.wanted.account != HOUSE)?;
        Some((product, order))
    }

    /// A command of a script that cannot be done is told in the list of rules.
    fn fault_command(&mut self, command: &Value, now_ns: u64) {
        if let Err(fault) = self.market_command(&command.to_string(), now_ns) {
            self.faults.complain(format!("{command}: {}", fault.message));
        }
    }

    /// Rules that fire by time alone.
    pub(super) fn apply_due_faults(&mut self, now_ns: u64) {
        for fault in self.faults.due(now_ns) {
            let mut plan = Plan::default();
            self.plan_one(&mut plan, fault, now_ns);
            self.publish();
        }
    }

    /// Sends a message, unless a rule has something else in mind.
    pub(super) fn deliver(&mut self, telling: &Telling, said: &Value, wrapped: Value) {
        let seen = SeenMessage {
            stream: telling.stream,
            event: said["e"].as_str().unwrap_or(""),
            detail: said["x"].as_str().or_else(|| said["o"]["x"].as_str()).unwrap_or(""),
            symbol: said["s"].as_str().or_else(|| said["o"]["s"].as_str()),
            account: telling.account.map(|at| self.users[at - 1].name.as_str()),
        };
        let faults = if self.faults.is_empty() { Vec::new() } else { self.faults.of_message(&seen, self.now_ns) };
        let mut due_ns = self.hold_until_ns.unwrap_or(0);
        let mut frames = vec![Frame::Text(wrapped.to_string())];
        for fault in faults {
            match fault {
                Fault::Duplicate => frames.extend(frames.first().cloned()),
                Fault::Lose => frames.clear(),
                Fault::Delay { ms } => due_ns = due_ns.max(self.now_ns + ms * MS),
                Fault::Stall { ms } => self.stall(telling, ms),
                Fault::CutStream { bytes } => frames = vec![Frame::Cut(wrapped.to_string(), bytes)],
                Fault::FrameBomb { bytes } => frames.push(Frame::Text(format!("{{\"e\":\"{}\"}}", "x".repeat(bytes)))),
                Fault::Drift(drift) => {
                    let mut text = wrapped.to_string();
                    drift_text(&mut text, &drift);
                    frames = vec![Frame::Text(text)];
                }
                Fault::Market { command } => self.fault_command(&command, self.now_ns),
                // These are of requests; a script that has them for a message is refused when it is read.
                Fault::LostAck | Fault::LostSubmit | Fault::Unavailable { .. } | Fault::TooMany { .. } => {}
                Fault::Banned { .. } | Fault::StaleTimestamp | Fault::Slow { .. } | Fault::CutResponse { .. } => {}
                Fault::FillBeforeAck { .. } | Fault::LateFill { .. } | Fault::Overfill { .. } => {}
                Fault::ReplaceHalf { .. } | Fault::ClockSkew { .. } => {}
            }
        }
        let stalled_ns = self.sockets.get(&telling.socket).map_or(0, |open| open.stalled_until_ns);
        if stalled_ns > self.now_ns {
            return;
        }
        for frame in frames {
            self.send(Outgoing { socket: telling.socket, frame }, due_ns);
        }
    }

    fn stall(&mut self, telling: &Telling, ms: u64) {
        let until_ns = self.now_ns + ms * MS;
        if let Some(open) = self.sockets.get_mut(&telling.socket) {
            open.stalled_until_ns = until_ns;
        }
    }

    fn send(&mut self, outgoing: Outgoing, due_ns: u64) {
        if due_ns > self.now_ns {
            let count = self.held.len() as u64 + self.held.last_key_value().map_or(0, |((_, count), _)| *count);
            self.held.insert((due_ns, count), outgoing);
        } else {
            self.outgoing.push(outgoing);
        }
    }
}

/// Status 503, in one of the documented wordings.
fn unavailable(text: Unavailable) -> Response {
    let body = match text {
        Unavailable::Unknown => {
            json!({"code": -1000, "msg": "Unknown error, please check your request or try again later."})
        }
        Unavailable::Unavailable => json!({"code": -1008, "msg": "Service Unavailable."}),
        Unavailable::Internal => {
            json!({"code": -1001, "msg": "Internal error; unable to process your request. Please try again."})
        }
    };
    Response { status: 503, headers: Vec::new(), body: body.to_string() }
}

/// Makes a body look like that of another version.
fn drift_text(text: &mut String, drift: &Drift) {
    let Ok(mut body) = serde_json::from_str::<Value>(text) else { return };
    let path = drift.within.iter().fold(&mut body, |inner, name| &mut inner[name.as_str()]);
    if let Some(fields) = path.as_object_mut() {
        for name in &drift.remove {
            fields.shift_remove(name);
        }
        for (name, value) in &drift.add {
            fields.insert(name.clone(), value.clone());
        }
        for (from, to) in &drift.rename {
            if let Some(value) = fields.shift_remove(from) {
                fields.insert(to.clone(), value);
            }
        }
    }
    *text = body.to_string();
}
