//! Control: who may arm, and are there enough of them?

use super::*;

fn armed_by(control: &str) -> String {
    report(&format!("{GOOD}\n[control]\narming = \"two\"\n{control}"), &[])
}

fn token(name: &str, role: &str) -> String {
    format!("\n[[control.tokens]]\nname = \"{name}\"\nrole = \"{role}\"\nfile = \"{name}.token\"\n")
}

#[test]
fn two_who_arm_have_to_be_there() {
    let alone = armed_by("");
    assert!(alone.contains("control.arming = \"two\": nobody could arm"), "{alone}");
    assert!(alone.contains("or set arming = \"one\""), "{alone}");
    assert_eq!(armed_by(&token("eve", "operate")), alone, "an operator does not arm");
    assert_eq!(armed_by(&token("ann", "arm-live")), "fine", "the other one is at the socket");
    let without_socket = |tokens: &str| armed_by(&format!("socket_role = \"operate\"\n{tokens}"));
    assert_eq!(without_socket(&token("ann", "arm-live")).lines().count(), 1);
    assert_eq!(without_socket(&(token("ann", "arm-live") + &token("bob", "arm-live"))), "fine");
}
