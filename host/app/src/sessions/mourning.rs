//! Mourning: who says that a strategy died, as it happens?
//!
//! In: calls of a session that runs by the clock. Out: the same calls; a text for people behind one that a strategy did not
//! survive. Must never: change what comes of a call.

use ringfence_core::config::Config;
use ringfence_core::event::Halt;
use ringfence_core::ids::StrategyId;
use ringfence_core::plan::Plan;
use ringfence_core::strategy::{Call, CallReport, LookAhead, Renewal, StateLoan, StrategyHost};

use crate::output::diagnostic;
use crate::render::halt_text;

/// Lines of what is known of a death that are told at once: the message, and the first frames of a backtrace.
const LINES_SHOWN: usize = 8;

/// Says that a strategy died: limit and use or what trapped, and the first lines of what is known beside.
fn mourn(config: &Config, id: StrategyId, halt: &Halt, last_words: &str) {
    let name = config.strategy(id).map_or("", |slot| slot.name.as_str());
    let text = last_words.trim_end();
    let shown: Vec<&str> = text.lines().take(LINES_SHOWN).collect();
    let rest = if text.lines().count() > LINES_SHOWN { "\n  ..." } else { "" };
    let head = format!("alarm: strategy {} {name} was halted, {}", id.0, halt_text(halt, Some(text)));
    diagnostic(format_args!("{head}\n{}{rest}", shown.join("\n")));
}

/// Strategies whose deaths are told.
pub(crate) struct Mourned<'a> {
    host: &'a mut dyn StrategyHost,
    config: &'a Config,
}

impl<'a> Mourned<'a> {
    pub(crate) fn new(host: &'a mut dyn StrategyHost, config: &'a Config) -> Mourned<'a> {
        Mourned { host, config }
    }
}

impl StrategyHost for Mourned<'_> {
    fn call(&mut self, call: &Call<'_>, loan: StateLoan) -> (StateLoan, CallReport) {
        let (loan, report) = self.host.call(call, loan);
        if let Some(halt) = report.fault.as_deref()
            && let Some(words) = self.host.last_words(call.strategy)
        {
            mourn(self.config, call.strategy, halt, words);
        }
        (loan, report)
    }

    fn look_ahead(&mut self, ahead: &LookAhead<'_>) -> Result<usize, Halt> {
        self.host.look_ahead(ahead)
    }

    fn obeyed(&mut self, strategy: StrategyId, fuel: u64) {
        self.host.obeyed(strategy, fuel);
    }

    fn memory_bytes(&self, strategy: StrategyId) -> Option<u64> {
        self.host.memory_bytes(strategy)
    }

    fn last_words(&self, strategy: StrategyId) -> Option<&str> {
        self.host.last_words(strategy)
    }

    fn snapshot(&mut self, strategy: StrategyId) -> Result<Vec<u8>, Halt> {
        self.host.snapshot(strategy)
    }

    fn renew(&mut self, renewal: &Renewal<'_>) -> Result<Plan, String> {
        self.host.renew(renewal)
    }
}
