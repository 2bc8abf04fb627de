//! Strategies: from component bytes to strategies that can be called.
//!
//! In: a configuration and the bytes of each component. Out: a sandbox with every strategy set up. Must never: run one
//! without its safety net.

use ringfence_core::config::{Config, EventDelivery};
use ringfence_core::ids::StrategyId;
use ringfence_sandbox::{Alarm, ComponentBytes, Isolation, Options, Profiler, Refusal, Sandbox, Ticker, Trust};
use ringfence_session::opening::Attached;

use crate::config::{ConfigCode, Origin, Problem, Report, is_refused, key_of};
use crate::exit::{Failure, Fault};
use crate::{compiler, places, secrets, versions};

/// Strategies that are set up. The safety net ends with this value.
pub(crate) struct Crew {
    pub(crate) sandbox: Sandbox,
    pub(crate) attached: Vec<Attached>,
    /// What an operator should look at.
    pub(crate) alarms: Vec<Alarm>,
    _ticker: Ticker,
}

/// A strategy and its component.
pub(crate) struct Source {
    pub(crate) strategy: StrategyId,
    pub(crate) bytes: ComponentBytes,
    /// Whose word is needed for it; `None` = nobody's.
    pub(crate) trust: Option<Trust>,
    /// Where its code runs.
    pub(crate) isolation: Isolation,
}

/// What a refusal says about the place that named the strategy.
pub(crate) type Blame<'a> = dyn Fn(StrategyId, &Refusal) -> Problem + 'a;

/// Sets up every strategy of a configuration.
pub(crate) fn set_up(config: &Config, sources: Vec<Source>, blame: &Blame<'_>) -> Result<Crew, Failure> {
    set_up_profiled(config, sources, blame, None)
}

/// The same, where it is recorded where the fuel of one of them goes.
pub(crate) fn set_up_profiled(
    config: &Config,
    sources: Vec<Source>,
    blame: &Blame<'_>,
    profiler: Option<Profiler>,
) -> Result<Crew, Failure> {
    let cache = places::cache(&secrets::process_environment);
    let trust = sources.iter().filter_map(|source| Some((source.strategy, source.trust.clone()?))).collect();
    let isolation = sources.iter().map(|source| (source.strategy, source.isolation)).collect();
    let (compiler, guests) = (compiler::compiler(), compiler::guests());
    let options = Options { cache, trust, compiler, profiler, isolation, guests, ..Options::default() };
    let mut sandbox = Sandbox::new(options).map_err(|error| Failure::outside(error.to_string()))?;
    let ticker = sandbox.start_ticker().map_err(|error| Failure::outside(format!("no thread: {error}")))?;
    let mut manifests = Vec::new();
    let (mut attached, mut problems, mut alarms) = (Vec::new(), Vec::new(), Vec::new());
    for Source { strategy, bytes, .. } in sources {
        match sandbox.load(strategy, config, bytes) {
            Ok(loaded) => {
                manifests.extend(loaded.manifest);
                attached.push(Attached { strategy, component: loaded.sha256, plan: loaded.plan });
                // One warning is enough, however many strategies it is about.
                alarms.extend(loaded.alarms.into_iter().filter(|alarm| !alarms.contains(alarm)).collect::<Vec<_>>());
            }
            Err(refusals) => {
                outside(config, strategy, &refusals)?;
                problems.extend(refusals.iter().map(|refusal| blame(strategy, refusal)));
            }
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Config(Report { problems }));
    }
    versions::remember(manifests.iter())?;
    Ok(Crew { sandbox, attached, alarms, _ticker: ticker })
}

/// What the surroundings refuse is not the configuration's fault: the same files may pass at another time.
fn outside(config: &Config, strategy: StrategyId, refusals: &[Refusal]) -> Result<(), Failure> {
    let Some(refusal) = refusals.iter().find(|refusal| refusal.is_outside()) else { return Ok(()) };
    let name = config.strategy(strategy).map_or("", |slot| slot.name.as_str());
    let fault = Fault::of_refusal(refusal);
    Err(Failure::Outside(Fault { message: format!("strategy {name}: {}", fault.message), ..fault }))
}

/// What is said where events were to come in batches and cannot; `None` = they can, or were not to.
pub(crate) fn unbatched(sandbox: &Sandbox, config: &Config) -> Option<String> {
    if config.execution.delivery == EventDelivery::Single {
        return None;
    }
    let why = match config.strategies.as_slice() {
        [slot] if sandbox.looks_ahead(StrategyId(1)) && slot.rates.allow_whole_calls() => return None,
        [slot] if slot.fuel_total.is_some() => format!("strategy {} has a quota of fuel (fuel_total)", slot.name),
        [slot] if sandbox.looks_ahead(StrategyId(1)) => {
            let few = "may emit fewer than 64 intents, notes or wake-ups a second";
            format!("strategy {} {few} (intents_per_s, notes_per_s, wakes_per_s)", slot.name)
        }
        [slot] => format!("strategy {} takes no batches, or has little fuel a call (fuel_per_call)", slot.name),
        several => format!("there are {} strategies, and one can be delivered to in batches", several.len()),
    };
    Some(format!("execution.delivery is \"batch\", and events come one by one all the same: {why}"))
}

/// Texts about strategies that died, for people.
pub(crate) fn deaths(sandbox: &Sandbox, config: &Config) -> Vec<String> {
    let numbered = config.strategies.iter().zip(1_u16..);
    let died = numbered.filter_map(|(slot, id)| {
        let death = sandbox.death(StrategyId(id))?;
        Some(format!("strategy {id} {} was halted, {}:\n{}", slot.name, death.halt.code, death.text.trim_end()))
    });
    died.collect()
}

/// The strategy of this name, or of this number where no name is the same.
pub(crate) fn strategy_of(name: &str, config: &Config) -> Result<StrategyId, Failure> {
    let numbered = || config.strategies.iter().zip(1_u16..);
    let by_name = numbered().find(|(slot, _)| slot.name == name).map(|(_, id)| id);
    let by_number = name.parse::<u16>().ok().filter(|id| config.strategy(StrategyId(*id)).is_some());
    let names: Vec<&str> = config.strategies.iter().map(|slot| slot.name.as_str()).collect();
    let unknown = || Fault::new(format!("no strategy {name}")).fixed_by(format!("known: {}", names.join(", ")));
    by_name.or(by_number).map(StrategyId).ok_or_else(|| Failure::Usage(unknown()))
}

/// A refusal where no configuration file is at hand: it is about what names the component.
pub(crate) fn refused(config: &Config, (strategy, origin): (StrategyId, Origin), refusal: &Refusal) -> Problem {
    let name = config.strategy(strategy).map_or("", |slot| slot.name.as_str());
    Problem {
        origin,
        key: format!("strategies.{name}.{}", key_of(refusal.code)),
        value: None,
        code: ConfigCode::Component,
        message: is_refused(refusal),
        fix: Some(refusal.fix.clone()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ringfence_sandbox::AdmissionCode;

    use super::*;
    use crate::config::{Purpose, Request, load};

    fn refusal(code: AdmissionCode) -> Refusal {
        Refusal { code, found: "found".into(), expected: "expected".into(), fix: "fix".into() }
    }

    #[test]
    fn only_what_the_surroundings_refuse_is_outside() {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/w1_ema_cross.toml"));
        let request = Request { file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
        let config = load(&request).expect("an example of this repository").core;
        let ends = |codes: &[AdmissionCode]| {
            let refusals: Vec<Refusal> = codes.iter().copied().map(refusal).collect();
            outside(&config, StrategyId(1), &refusals).err()
        };
        assert!(ends(&[AdmissionCode::Setup]).is_none());
        let failure = ends(&[AdmissionCode::Setup, AdmissionCode::WallClock]).expect("it is outside");
        assert_eq!(failure.code(), 4);
        assert!(failure.to_string().contains("strategy ema: found, expected expected"), "{failure}");
    }
}
