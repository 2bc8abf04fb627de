//! Actors: who asks, and what may they do?
//!
//! In: who was identified, a command. Out: allowed or not. Must never: identify anybody (`guard` does), or know what a
//! command leads to.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Command;

/// What somebody may do. Each role includes those before it, but for the author, who sees everything and touches one
/// strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Look.
    View,
    /// Look, and touch one strategy: its kill switch, flatten, resume, and intents from outside.
    Author(String),
    /// Everything but arming.
    Operate,
    /// Everything.
    ArmLive,
}

impl Role {
    /// Stable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Role::View => "view",
            Role::Author(_) => "author",
            Role::Operate => "operate",
            Role::ArmLive => "arm-live",
        }
    }

    /// True when a command, about everything or about one strategy, is within the role.
    #[must_use]
    pub fn may(&self, command: &Command) -> bool {
        match self {
            Role::View => false,
            Role::Author(own) => match command {
                // What was killed by somebody above stays killed.
                Command::Kill { level, strategy } => level.is_one() && strategy.as_ref() == Some(own),
                Command::Flatten { strategy } => strategy.as_ref() == Some(own),
                Command::Resume { strategy } => strategy == own,
                Command::Stop {}
                | Command::Enable { .. }
                | Command::Disable { .. }
                | Command::Reload {}
                | Command::Arm {}
                | Command::Disarm {} => false,
            },
            Role::Operate => match command {
                Command::Arm {} => false,
                // To take a latch back is to let orders out again.
                Command::Kill { level, .. } => !level.is_off(),
                Command::Stop {}
                | Command::Enable { .. }
                | Command::Disable { .. }
                | Command::Reload {}
                | Command::Flatten { .. }
                | Command::Resume { .. }
                | Command::Disarm {} => true,
            },
            Role::ArmLive => true,
        }
    }

    /// True when intents for a strategy may be sent.
    #[must_use]
    pub fn may_send_for(&self, strategy: &str) -> bool {
        match self {
            Role::View => false,
            Role::Author(own) => own == strategy,
            Role::Operate | Role::ArmLive => true,
        }
    }
}

/// Somebody who was identified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Actor {
    /// Name of the token, or `uid` and number of the user at the other end of the socket.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Which way they came.
    pub via: Via,
}

/// Ways to the surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The Unix socket.
    Socket,
    /// TCP.
    Tcp,
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::api::KillLevelName;

    fn commands() -> Vec<Command> {
        let (own, other) = (Some("mine".to_owned()), Some("theirs".to_owned()));
        vec![
            Command::Stop {},
            Command::Enable { instrument: None },
            Command::Disable { instrument: None },
            Command::Kill { level: KillLevelName::L1, strategy: own.clone() },
            Command::Kill { level: KillLevelName::L1, strategy: other.clone() },
            Command::Kill { level: KillLevelName::L3, strategy: None },
            Command::Kill { level: KillLevelName::Off, strategy: None },
            Command::Flatten { strategy: own.clone() },
            Command::Flatten { strategy: other },
            Command::Flatten { strategy: None },
            Command::Reload {},
            Command::Resume { strategy: "mine".to_owned() },
            Command::Resume { strategy: "theirs".to_owned() },
            Command::Arm {},
            Command::Disarm {},
        ]
    }

    #[test]
    fn each_role_may_what_it_is_for() {
        let roles = [Role::View, Role::Author("mine".to_owned()), Role::Operate, Role::ArmLive];
        let line = |command: &Command| {
            let marks = roles.iter().map(|role| if role.may(command) { "yes " } else { "no  " }).collect::<String>();
            format!("{marks} {}\n", serde_json::to_string(command).expect("plain values"))
        };
        let table: String = commands().iter().map(line).collect();
        expect![[r#"
            no  no  yes yes  {"command":"stop"}
            no  no  yes yes  {"command":"enable"}
            no  no  yes yes  {"command":"disable"}
            no  yes yes yes  {"command":"kill","level":"L1","strategy":"mine"}
            no  no  yes yes  {"command":"kill","level":"L1","strategy":"theirs"}
            no  no  yes yes  {"command":"kill","level":"L3"}
            no  no  no  yes  {"command":"kill","level":"off"}
            no  yes yes yes  {"command":"flatten","strategy":"mine"}
            no  no  yes yes  {"command":"flatten","strategy":"theirs"}
            no  no  yes yes  {"command":"flatten"}
            no  no  yes yes  {"command":"reload"}
            no  yes yes yes  {"command":"resume","strategy":"mine"}
            no  no  yes yes  {"command":"resume","strategy":"theirs"}
            no  no  no  yes  {"command":"arm"}
            no  no  yes yes  {"command":"disarm"}
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn an_author_sends_intents_for_one_strategy_and_a_viewer_for_none() {
        let may = |role: &Role| (role.may_send_for("mine"), role.may_send_for("theirs"));
        assert_eq!(may(&Role::View), (false, false));
        assert_eq!(may(&Role::Author("mine".to_owned())), (true, false));
        assert_eq!(may(&Role::Operate), (true, true));
    }
}
