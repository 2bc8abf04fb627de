//! Shown: how does text that a guest may have written look to a person?
//!
//! In: names, messages and errors with a guest's bytes in them. Out: text of bounded length that a terminal shows and
//! does not obey. Must never: let through an escape, a change of writing direction or, in one line, a line break.

/// Longest line of text shown.
const LINE_BYTES_MAX: usize = 4 << 10;
/// Longest trace shown.
const TRACE_BYTES_MAX: usize = 4 << 10;
/// Before each line of a trace but the first, so that none of them can look like the host's own.
const INDENT: &str = "\n    ";

/// One line.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if out.len() + c.len_utf8() > LINE_BYTES_MAX {
            out.push('…');
            break;
        }
        push(&mut out, c);
    }
    out
}

/// A message of several lines: those after the first are indented.
pub(crate) fn shown_lines(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if out.len() + c.len_utf8() > TRACE_BYTES_MAX {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push_str(INDENT),
            c => push(&mut out, c),
        }
    }
    out
}

fn push(out: &mut String, c: char) {
    if c.is_control() || is_invisible(c) {
        out.extend(c.escape_default());
    } else {
        out.push(c);
    }
}

/// What changes how its neighbours are shown, or is not shown itself.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(shown("a\u{1b}[2Jb\u{9b}c\u{7}"), "a\\u{1b}[2Jb\\u{9b}c\\u{7}");
        assert_eq!(shown("\u{202e}txt.exe\u{2066}\u{200b}"), "\\u{202e}txt.exe\\u{2066}\\u{200b}");
        assert_eq!(shown("one\r\ntwo\tthree\u{2028}"), "one\\r\\ntwo\\tthree\\u{2028}");
        assert_eq!(shown("Größe → 1 \"x\" \\"), "Größe → 1 \"x\" \\");
    }

    #[test]
    fn lines_of_a_trace_cannot_look_like_the_hosts_own() {
        assert_eq!(shown_lines("trap\n0: f\u{1b}c\n1: g"), "trap\n    0: f\\u{1b}c\n    1: g");
    }

    #[test]
    fn text_is_cut_at_its_limit_between_characters() {
        assert_eq!(shown(&"x".repeat(LINE_BYTES_MAX)).len(), LINE_BYTES_MAX);
        assert_eq!(shown(&"x".repeat(LINE_BYTES_MAX + 1)), "x".repeat(LINE_BYTES_MAX) + "…");
        assert_eq!(shown(&"ä".repeat(LINE_BYTES_MAX)), "ä".repeat(LINE_BYTES_MAX / 2) + "…");
        assert_eq!(shown_lines(&"ä".repeat(TRACE_BYTES_MAX)), "ä".repeat(TRACE_BYTES_MAX / 2) + "…");
    }
}
