//! Mourning: who says that a strategy died, as it happens?
//!
//! In: calls of a session that runs by the clock. Out: the same calls; a text for people behind one that a strategy did not
//! survive. Must never: change what comes of a call.

use ringfence_core::config::Config;
use ringfence_core::event::Halt;
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::strategy::{Call, CallReport, LookAhead, Renewal, StateLoan, StrategyHost};
use ringfence_sandbox::Sandbox;

use crate::output::diagnostic;

/// Lines of what is known of a death that are told at once: the message, and the first frames of a backtrace.
const LINES_SHOWN: usize = 8;

/// Says that a strategy died: limit, what was used, and the first lines of what is known beside.
pub(crate) fn mourn(sandbox: &Sandbox, config: &Config, id: StrategyId) {
    let Some(death) = sandbox.death(id) else { return };
    let Halt { code, limit, used } = death.halt;
    let name = config.strategy(id).map_or("", |slot| slot.name.as_str());
    let text = death.text.trim_end();
    let shown: Vec<&str> = text.lines().take(LINES_SHOWN).collect();
    let rest = if text.lines().count() > LINES_SHOWN { "\n  ..." } else { "" };
    let head = format!("alarm: strategy {} {name} was halted, {code}: limit {limit}, used {used}", id.0);
    diagnostic(format_args!("{head}\n{}{rest}", shown.join("\n")));
}

/// Strategies whose deaths are told.
pub(crate) struct Mourned<'a> {
    sandbox: &'a mut Sandbox,
    config: &'a Config,
}

impl<'a> Mourned<'a> {
    pub(crate) fn new(sandbox: &'a mut Sandbox, config: &'a Config) -> Mourned<'a> {
        Mourned { sandbox, config }
    }
}

impl StrategyHost for Mourned<'_> {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        let (loan, report) = self.sandbox.call(call, loan);
        if report.fault.is_some() {
            mourn(self.sandbox, self.config, call.strategy);
        }
        (loan, report)
    }

    fn look_ahead(&mut self, ahead: &LookAhead<'_>) -> Result<usize, Halt> {
        self.sandbox.look_ahead(ahead)
    }

    fn obeyed(&mut self, strategy: StrategyId, fuel: u64) {
        self.sandbox.obeyed(strategy, fuel);
    }

    fn memory_bytes(&self, strategy: StrategyId) -> Option<u64> {
        self.sandbox.memory_bytes(strategy)
    }

    fn last_words(&self, strategy: StrategyId) -> Option<&str> {
        self.sandbox.last_words(strategy)
    }

    fn snapshot(&mut self, strategy: StrategyId) -> Result<Vec<u8>, Halt> {
        self.sandbox.snapshot(strategy)
    }

    fn renew(&mut self, renewal: &Renewal<'_>) -> Result<Plan, String> {
        self.sandbox.renew(renewal)
    }
}
