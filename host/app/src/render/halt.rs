//! Halts in words: what ended a strategy?
//!
//! In: a halt, and what is known of it beside the code. Out: a few words. Must never: give the fuel of a call for a limit
//! that was not hit.

use ringfence_core::event::Halt;

/// `H-FUEL, limit 5, used 5`; where no limit was hit, what it was: ``H-TRAP, wasm `unreachable` instruction executed``, or
/// how far it got where that is not known.
pub(crate) fn halt_text(halt: &Halt, last_words: Option<&str>) -> String {
    let Halt { code, limit, used } = *halt;
    if code.is_limit() {
        return format!("{code}, limit {limit}, used {used}");
    }
    match last_words.and_then(cause) {
        Some(cause) => format!("{code}, {cause}"),
        None if limit == 0 => code.to_string(),
        None => format!("{code}, after {used} units of fuel"),
    }
}

/// The innermost cause, which the engine tells behind the backtrace; the first line where there is none.
fn cause(last_words: &str) -> Option<&str> {
    let told = last_words.lines().map(str::trim);
    let is_said = |line: &str| BESIDE.iter().any(|mark| line.starts_with(mark));
    let causes = told.clone().skip_while(|line| *line != "Caused by:").skip(1);
    let cause = causes.take_while(|line| !line.is_empty() && !is_said(line)).last().or(told.clone().next());
    let cause =
        cause.map(|line| line.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ':').trim());
    cause.map(|line| line.trim_start_matches("wasm trap: ")).filter(|line| !line.is_empty())
}

/// What the sandbox adds behind the causes: what the strategy printed, and advice.
const BESIDE: [&str; 4] = ["stdout: ", "stderr: ", "printed: ", "hint: "];

#[cfg(test)]
mod tests {
    use ringfence_core::strategy::HaltCode;

    use super::*;

    const TRAP: &str = "error while executing at wasm backtrace:\n        0:   0x8ade - <unknown>!<wasm function 111>\n    \n    \
                        Caused by:\n        wasm trap: wasm `unreachable` instruction executed\nstderr: panicked";

    fn told(code: HaltCode, words: Option<&str>) -> String {
        halt_text(&Halt { code, limit: 10, used: 7 }, words)
    }

    #[test]
    fn a_limit_is_told_with_its_figures_and_a_trap_with_what_trapped() {
        assert_eq!(told(HaltCode::Fuel, Some(TRAP)), "H-FUEL, limit 10, used 7");
        assert_eq!(told(HaltCode::Trap, Some(TRAP)), "H-TRAP, wasm `unreachable` instruction executed");
        assert_eq!(told(HaltCode::Trap, None), "H-TRAP, after 7 units of fuel");
        let numbered = "outer\n\nCaused by:\n    0: middle\n    1: wasm trap: integer divide by zero";
        assert_eq!(told(HaltCode::Trap, Some(numbered)), "H-TRAP, integer divide by zero");
        assert_eq!(told(HaltCode::Fault, Some("a result is no valid value\n")), "H-FAULT, a result is no valid value");
        assert_eq!(halt_text(&Halt { code: HaltCode::Fault, limit: 0, used: 0 }, None), "H-FAULT");
    }
}
