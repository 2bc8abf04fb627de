//! Laws: no text makes the reader panic.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|\n|\\[|\\]|=|\"|\\.){0,80}", set in "\\PC{0,20}") {
        drop(report(&text, &[&set]));
    }

    #[test]
    fn no_line_put_anywhere_makes_the_reader_panic(at in 0_usize..60, line in "[a-z_]{1,12} ?= ?(\"?[a-z0-9.:-]{0,8}\"?|\\[\\]|\\{\\}|[0-9.]{1,9})") {
        let mut lines: Vec<&str> = GOOD.lines().collect();
        lines.insert(at.min(lines.len()), &line);
        drop(report(&lines.join("\n"), &[]));
    }

    #[test]
    fn no_line_taken_away_makes_the_reader_panic(from in 0_usize..60, count in 1_usize..6) {
        let lines: Vec<&str> = GOOD.lines().enumerate().filter(|(at, _)| *at < from || *at >= from + count).map(|(_, line)| line).collect();
        drop(report(&lines.join("\n"), &[]));
    }

    #[test]
    fn no_override_makes_the_reader_panic(key in "(session|strategies|risk|tapes)(\\.[a-z0-9]{1,6}){0,3}", value in "\\PC{0,12}") {
        drop(report(GOOD, &[&format!("{key}={value}")]));
    }
}
