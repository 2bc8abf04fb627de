//! Acts: what does a command lead to, and in which words is that said?
//!
//! In: commands, what is configured, what was shown last. Out: an act and a message, or a refusal. Must never: promise what is
//! only asked for.

use ringfence_core::event::{EventKind, KillLevel};
use ringfence_core::ids::{InstrumentId, StrategyId};

use super::{Act, Inner, Refused, arming, strategy_id};
use crate::actor::Actor;
use crate::api::{Command, KillLevelName};

impl Inner {
    /// What a command leads to, and in words: those of what was asked for, since what comes of it is seen later.
    pub(super) fn act(&mut self, actor: &Actor, command: &Command) -> Result<(Act, String), Refused> {
        let event = |kind, text: String| Ok((Act::Event(kind), text));
        match command {
            Command::Stop {} => Ok((Act::Stop, self.start.at_stop.message().to_owned())),
            Command::Enable { instrument: Some(name) } => event(EventKind::TradingEnabled, lifted(name)),
            Command::Disable { instrument: Some(name) } => event(EventKind::TradingDisabled, held(name)),
            Command::Enable { .. } if !self.arming.is_armed() => Err(Refused::NotArmed),
            Command::Enable { .. } => {
                event(EventKind::TradingEnabled, format!("new orders are allowed{}", self.venues.hindrances()))
            }
            Command::Disable { .. } => event(EventKind::TradingDisabled, "new orders are denied".to_owned()),
            Command::Kill { level, strategy } => self.kill(*level, strategy.as_deref()),
            Command::Flatten { strategy } => {
                let id = self.strategy_or_all(strategy.as_deref())?;
                let what = format!("asked for: orders canceled, positions of {} closed", of_whom(strategy.as_deref()));
                event(EventKind::FlattenRequested(id), what + &self.beside_closing())
            }
            Command::Reload {} => Ok((Act::Reload, "files are read again; events tell what comes of it".to_owned())),
            Command::Resume { strategy } => self.resume(strategy),
            Command::Disarm {} => {
                self.arming.disarm();
                let text = "disarmed: new orders are denied until somebody arms again";
                event(EventKind::TradingDisabled, text.to_owned())
            }
            Command::Arm {} => match self.arming.arm(&actor.name)? {
                arming::Step::Armed => {
                    let text = format!("armed: new orders are allowed{}", self.venues.hindrances());
                    event(EventKind::TradingEnabled, text)
                }
                arming::Step::Waits => Ok((Act::Record, "armed by one; a second person has to arm too".to_owned())),
            },
        }
    }

    /// What is shown may be some events old: one that has just halted is then not there yet, and whoever asks asks again.
    fn resume(&self, name: &str) -> Result<(Act, String), Refused> {
        let id = self.strategy(name)?;
        let shown = self.board.strategies.iter().find(|shown| shown.name == name);
        if shown.is_some_and(|shown| !shown.is_halted()) {
            return Err(Refused::NotHalted(name.to_owned()));
        }
        Ok((Act::Resume(id), format!("asked for: {name} runs again where it was halted")))
    }

    /// The instrument that a command is about alone.
    pub(super) fn instrument_of(&self, command: &Command) -> Result<InstrumentId, Refused> {
        let (Command::Enable { instrument: Some(name) } | Command::Disable { instrument: Some(name) }) = command else {
            return Ok(InstrumentId::NONE);
        };
        let config = &self.start.config;
        let found = config.instruments.iter().find(|instrument| config.symbol(instrument.id) == name);
        found.map(|instrument| instrument.id).ok_or_else(|| Refused::UnknownInstrument(name.clone()))
    }

    fn kill(&self, level: KillLevelName, strategy: Option<&str>) -> Result<(Act, String), Refused> {
        let kill = |level, id| Act::Event(EventKind::KillSwitch(level, id));
        let all = StrategyId::EXTERNAL;
        match (level, strategy) {
            (KillLevelName::L1, Some(name)) => {
                Ok((kill(KillLevel::L1, self.strategy(name)?), format!("{name} sends no new orders")))
            }
            (KillLevelName::L1, None) => Err(Refused::Contradiction("L1 stops one strategy: name it")),
            (KillLevelName::Off, Some(name)) => {
                Ok((kill(KillLevel::Off, self.strategy(name)?), format!("{name} may send orders again")))
            }
            (KillLevelName::Off, None) => Ok((kill(KillLevel::Off, all), "the kill switch is released".to_owned())),
            (_, Some(_)) => Err(Refused::Contradiction("this level stops all strategies: name none")),
            (KillLevelName::L2, None) => Ok((kill(KillLevel::L2, all), "no new orders".to_owned())),
            (KillLevelName::L3, None) => {
                let text = format!("no new orders; asked for: all canceled{}", self.venues.deaf());
                Ok((kill(KillLevel::L3, all), text))
            }
            (KillLevelName::L4, None) => {
                let what = "no new orders; asked for: all canceled, positions of strategies closed";
                Ok((kill(KillLevel::L4, all), what.to_owned() + &self.beside_closing() + &self.venues.deaf()))
            }
        }
    }

    /// What closing positions leaves, and what it waits for.
    fn beside_closing(&self) -> String {
        let board = &self.board;
        let left: Vec<String> = board.external().map(|it| format!("{} {}", it.instrument, it.qty)).collect();
        let mut text = String::new();
        if !left.is_empty() {
            text += &format!("; external positions stay: {}", left.join(", "));
        }
        if board.trading == "disabled" {
            text += "; trading is disabled: they are closed once it is enabled";
        }
        text
    }

    fn strategy(&self, name: &str) -> Result<StrategyId, Refused> {
        strategy_id(&self.start.config, name).ok_or_else(|| Refused::UnknownStrategy(name.to_owned()))
    }

    fn strategy_or_all(&self, name: Option<&str>) -> Result<StrategyId, Refused> {
        name.map_or(Ok(StrategyId::EXTERNAL), |name| self.strategy(name))
    }
}

fn lifted(instrument: &str) -> String {
    format!("the host's halt of {instrument} ends")
}

fn held(instrument: &str) -> String {
    format!("the host halts {instrument}: new orders are denied there until it is enabled")
}

fn of_whom(strategy: Option<&str>) -> String {
    strategy.map_or_else(|| "strategies".to_owned(), str::to_owned)
}
