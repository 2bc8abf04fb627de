//! Settings: what does the configuration say about the control surface, in its own words?
//!
//! In: `[control]`, files and environment. Out: settings of the server, with tokens. Must never: show a token, or serve with
//! one that others could have read.

use std::path::PathBuf;

use ringfence_control::actor::Role;
use ringfence_control::desk::People as Needed;
use ringfence_control::server::Settings;

use crate::config::{Control, People, TokenPlace};
use crate::exit::{Failure, Fault};
use crate::secrets;

use ringfence_control::server::Token;

pub(super) fn people(control: &Control) -> Needed {
    match control.people {
        People::One => Needed::One,
        People::Two => Needed::Two,
    }
}

/// # Errors
/// A token that cannot be read.
pub(super) fn settings(control: &Control, socket: PathBuf) -> Result<Settings, Failure> {
    let tokens = control.tokens.iter().map(token).collect::<Result<_, _>>()?;
    let word = control.socket_role.as_deref().unwrap_or("arm-live");
    let (socket_role, tcp, metrics) = (role(word, None), control.tcp, control.metrics);
    Ok(Settings { socket, socket_role, tcp, metrics, hosts: control.hosts.clone(), tokens })
}

fn role(word: &str, strategy: Option<&str>) -> Role {
    match (word, strategy) {
        ("author", Some(strategy)) => Role::Author(strategy.to_owned()),
        ("operate", _) => Role::Operate,
        ("arm-live", _) => Role::ArmLive,
        // Whatever a word may mean, it lets nobody do anything.
        _ => Role::View,
    }
}

fn token(place: &TokenPlace) -> Result<Token, Failure> {
    let refused = |message: String| Failure::Usage(Fault::new(message).coded("C-SECRET"));
    let name = secret_name(&place.name);
    let found = match &place.file {
        Some(file) => secrets::read_named(&format!("the token of {}", place.name), file).map(Some),
        None => secrets::read(&name, &secrets::process_environment),
    };
    let secret = found.map_err(|error| refused(error.to_string()))?;
    let missing = || refused(format!("there is no token for {}: set {name}, {name}_FILE or its `file`", place.name));
    let secret = secret.ok_or_else(missing)?;
    Ok(Token::new(place.name.clone(), role(&place.role, place.strategy.as_deref()), secret.expose().to_vec()))
}

/// `RINGFENCE_TOKEN_` and the name in capitals, with a line for everything that is no letter or digit.
fn secret_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("RINGFENCE_TOKEN_{}", name.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_secret_named_after_it() {
        assert_eq!(secret_name("desk-2 ann"), "RINGFENCE_TOKEN_DESK_2_ANN");
    }

    #[test]
    fn words_of_the_configuration_are_roles_and_no_other_word_is() {
        assert_eq!(role("author", Some("a")), Role::Author("a".to_owned()));
        assert_eq!((role("operate", None), role("arm-live", None)), (Role::Operate, Role::ArmLive));
        assert_eq!(
            (role("view", None), role("author", None), role("root", None)),
            (Role::View, Role::View, Role::View)
        );
    }
}
