//! Laws: what holds of every connection, whoever sent what?
//!
//! They are written from what the roles are for, not from the code that decides.

use ringfence_core::event::{EventKind, KillLevel};
use ringfence_core::ids::StrategyId;

use super::object;
use super::surface::{SOCKET_ROLE, USER, people};
use crate::actor::Role;
use crate::desk::{Act, Order};

/// The fixture's strategy that people outside speak for.
const AGENT: StrategyId = StrategyId(2);

/// Every order comes from somebody who showed who they are, and lies within their role.
pub(super) fn within_roles(request: &[u8], is_socket: bool, orders: &[Order]) {
    for order in orders {
        let said = object(&order.text);
        let actor = said["actor"].as_str().expect("an actor");
        let role = match people().into_iter().find(|(name, ..)| *name == actor) {
            Some((_, role, secret)) => {
                assert!(holds(request, &format!("Bearer {secret}")), "{actor} was taken for granted");
                role
            }
            None => {
                assert!(is_socket && actor == format!("uid {USER}"), "{actor} is nobody");
                SOCKET_ROLE
            }
        };
        assert!(is_within(&role, &order.act), "{actor} with the role {role:?} did {:?}", order.act);
        assert_eq!(said["role"], serde_json::to_value(&role).expect("a plain value"), "the journal says so too");
        assert_eq!(said["via"], if is_socket { "socket" } else { "tcp" });
        assert!(is_socket || names_this_host(request), "an order came to another host");
    }
}

fn is_within(role: &Role, act: &Act) -> bool {
    match (role, act) {
        (Role::View, _) => false,
        (Role::Author(_), Act::Event(EventKind::KillSwitch(level, strategy))) => {
            *level == KillLevel::L1 && *strategy == AGENT
        }
        (Role::Author(_), Act::Event(EventKind::FlattenRequested(strategy)) | Act::Resume(strategy)) => {
            *strategy == AGENT
        }
        (Role::Author(_), Act::External(intent)) => intent.strategy == AGENT,
        (Role::Author(_), Act::Record | Act::Event(_) | Act::Reload | Act::Stop) => false,
        (Role::Operate, Act::Event(EventKind::KillSwitch(level, _))) => *level != KillLevel::Off,
        // The first of two who arm is only recorded.
        (Role::Operate, Act::Record) => false,
        (Role::Operate | Role::ArmLive, _) => true,
    }
}

/// The line `Host` says who we are; one of another site's pages says so in `Origin`.
fn names_this_host(request: &[u8]) -> bool {
    let plain = request.to_ascii_lowercase();
    let plain: Vec<u8> = plain.into_iter().filter(|byte| !matches!(byte, b' ' | b'\t')).collect();
    let is_named =
        |line: &str| ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| holds(&plain, &format!("{line}{own}:8420")));
    let is_of_a_page = count(&plain, b"http/1.1") == 1 && holds(&plain, "\norigin:");
    is_named("\nhost:") && (!is_of_a_page || is_named("\norigin:http://") || is_named("\norigin:https://"))
}

/// A token that came in the line that is for it, and nowhere else, is in no answer; nor is one that did not come at all.
pub(super) fn no_token_is_told(request: &[u8], answer: &[u8]) {
    for (name, _, secret) in people() {
        let said = count(request, secret.as_bytes());
        let shown = count(request, format!("Bearer {secret}").as_bytes());
        assert!(said > shown || !holds(answer, secret), "the token of {name} is told");
    }
}

/// Nothing that was sent is the server's own fault.
pub(super) fn answers_are_plain(answer: &[u8]) {
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "an answer is one of HTTP");
    assert!(!holds(answer, "HTTP/1.1 5"), "{}", String::from_utf8_lossy(&answer[..answer.len().min(400)]));
}

fn holds(bytes: &[u8], text: &str) -> bool {
    count(bytes, text.as_bytes()) > 0
}

fn count(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).filter(|window| *window == part).count()
}
