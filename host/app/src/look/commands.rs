//! Commands: where does somebody who looks around want to go?
//!
//! In: a line that was typed. Out: a command, or what there is to type. Must never: take half a word for a command.

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// To so many events from here.
    By(i64),
    /// To this event.
    To(u64),
    /// Show this place again.
    Again,
    /// Stop.
    Quit,
}

/// What can be typed.
pub(crate) const COMMANDS: &str = "n next, p previous, +COUNT or -COUNT so many, NUMBER that event, s again, q quit";

/// Reads a line; an empty one is `n`.
pub(crate) fn parse(line: &str) -> Result<Command, String> {
    match line.trim() {
        "" | "n" => Ok(Command::By(1)),
        "p" => Ok(Command::By(-1)),
        "s" => Ok(Command::Again),
        "q" => Ok(Command::Quit),
        word => {
            let is_relative = word.starts_with(['+', '-']);
            let by = word.parse().ok().filter(|_| is_relative).map(Command::By);
            let to = word.parse().ok().filter(|_| !is_relative).map(Command::To);
            by.or(to).ok_or_else(|| format!("{word:?} is no command: {COMMANDS}"))
        }
    }
}

/// The event that is so many from this one, at least 1.
pub(crate) fn moved(from: u64, by: i64) -> u64 {
    from.saturating_add_signed(by).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_or_says_what_there_is() {
        let read = |line: &str| parse(line);
        assert_eq!([read(""), read(" n "), read("p")], [Ok(Command::By(1)), Ok(Command::By(1)), Ok(Command::By(-1))]);
        assert_eq!([read("+20"), read("-3")], [Ok(Command::By(20)), Ok(Command::By(-3))]);
        assert_eq!([read("17"), read("s"), read("q")], [Ok(Command::To(17)), Ok(Command::Again), Ok(Command::Quit)]);
        for line in ["next", "+", "--1", "1.5", "99999999999999999999999"] {
            assert!(read(line).unwrap_err().contains("is no command: n next"), "{line}");
        }
    }

    #[test]
    fn no_step_goes_before_the_first_event() {
        assert_eq!([moved(5, 2), moved(5, -4), moved(5, -9), moved(1, i64::MIN)], [7, 1, 1, 1]);
        assert_eq!(moved(u64::MAX, 1), u64::MAX);
    }
}
