//! Strategies: from component bytes to strategies that can be called.
//!
//! In: a configuration and the bytes of each component. Out: a sandbox with every strategy set up. Must never: run one
//! without its safety net.

use ringfence_core::config::Config;
use ringfence_core::ids::StrategyId;
use ringfence_sandbox::{CacheAlarm, ComponentBytes, Options, Refusal, Sandbox, Ticker};
use ringfence_session::opening::Attached;

use crate::config::{ConfigCode, Origin, Problem, Report, is_refused};
use crate::exit::Failure;
use crate::{places, secrets};

/// Strategies that are set up. The safety net ends with this value.
pub(crate) struct Crew {
    pub(crate) sandbox: Sandbox,
    pub(crate) attached: Vec<Attached>,
    /// What an operator should look at.
    pub(crate) alarms: Vec<CacheAlarm>,
    _ticker: Ticker,
}

/// A component and where it came from, for messages.
pub(crate) struct Source {
    pub(crate) strategy: StrategyId,
    pub(crate) bytes: ComponentBytes,
    pub(crate) origin: String,
}

/// Sets up every strategy of a configuration.
pub(crate) fn set_up(config: &Config, sources: Vec<Source>) -> Result<Crew, Failure> {
    let options = Options { cache: places::cache(&secrets::process_environment), ..Options::default() };
    let mut sandbox = Sandbox::new(options).map_err(|error| Failure::outside(error.to_string()))?;
    let ticker = sandbox.start_ticker().map_err(|error| Failure::outside(format!("no thread: {error}")))?;
    let (mut attached, mut problems, mut alarms) = (Vec::new(), Vec::new(), Vec::new());
    for Source { strategy, bytes, origin } in sources {
        match sandbox.load(strategy, config, bytes) {
            Ok(loaded) => {
                attached.push(Attached { strategy, component: loaded.sha256, plan: loaded.plan });
                alarms.extend(loaded.alarms);
            }
            Err(refusals) => {
                problems.extend(refusals.iter().map(|refusal| refused(config, (strategy, &origin), refusal)))
            }
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Config(Report { problems }));
    }
    alarms.dedup();
    Ok(Crew { sandbox, attached, alarms, _ticker: ticker })
}

/// A refused component is a problem of the configuration that names it.
pub(crate) fn refused(config: &Config, (strategy, origin): (StrategyId, &str), refusal: &Refusal) -> Problem {
    let name = config.strategy(strategy).map_or("", |slot| slot.name.as_str());
    Problem {
        origin: Origin::File(origin.to_owned()),
        key: format!("strategies.{name}.component"),
        value: None,
        code: ConfigCode::Component,
        message: is_refused(refusal),
        fix: Some(refusal.fix.clone()),
    }
}
