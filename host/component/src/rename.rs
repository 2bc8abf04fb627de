//! Question: how does a core module get exports that its language cannot name?
//!
//! In: a core module, and old and new names. Out: the same module with the new names in its export section. Must never
//! change another section.

use crate::strip::{Malformed, push_leb, push_section, read_leb, sections, take_sized};

const EXPORT_SECTION: u8 = 7;

/// Renames exports; names that are not in the list stay.
pub(crate) fn exports(module: &[u8], names: &[(&str, &str)]) -> Result<Vec<u8>, Malformed> {
    let (preamble, all) = sections(module)?;
    let mut out = preamble.to_vec();
    for (id, body) in all {
        match id {
            EXPORT_SECTION => push_section(&mut out, id, &renamed(body, names)?),
            _ => push_section(&mut out, id, body),
        }
    }
    Ok(out)
}

fn renamed(body: &[u8], names: &[(&str, &str)]) -> Result<Vec<u8>, Malformed> {
    let (count, mut rest) = read_leb(body)?;
    let mut out = Vec::new();
    push_leb(&mut out, count as usize);
    for _ in 0..count {
        let (name, after) = take_sized(rest)?;
        let known = names.iter().find(|(old, _)| old.as_bytes() == name);
        let name = known.map_or(name, |(_, new)| new.as_bytes());
        push_leb(&mut out, name.len());
        out.extend_from_slice(name);
        // What it is, and its number.
        let (&kind, after) = after.split_first().ok_or(Malformed)?;
        let (index, after) = read_leb(after)?;
        out.push(kind);
        push_leb(&mut out, index as usize);
        rest = after;
    }
    if rest.is_empty() { Ok(out) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with a memory that is exported under some names.
    fn module(names: &[&str]) -> Vec<u8> {
        let mut out = b"\0asm\x01\0\0\0\x05\x03\x01\x00\x01".to_vec();
        let mut body = vec![names.len() as u8];
        for name in names {
            body.push(name.len() as u8);
            body.extend_from_slice(name.as_bytes());
            body.extend_from_slice(&[2, 0]);
        }
        push_section(&mut out, EXPORT_SECTION, &body);
        out
    }

    #[test]
    fn exports_get_new_names_and_others_keep_theirs() {
        let renamed = exports(&module(&["on_event", "memory"]), &[("on_event", "a#on-event"), ("setup", "b")]);
        assert_eq!(renamed, Ok(module(&["a#on-event", "memory"])));
    }

    #[test]
    fn a_section_that_is_cut_or_goes_on_is_refused() {
        let good = module(&["a"]);
        for cut in [4, good.len() - 1] {
            assert_eq!(exports(&good[..cut], &[]), Err(Malformed), "cut at {cut}");
        }
        let mut longer = b"\0asm\x01\0\0\0".to_vec();
        push_section(&mut longer, EXPORT_SECTION, &[1, 1, b'a', 2, 0, 9]);
        assert_eq!(exports(&longer, &[]), Err(Malformed));
        assert_eq!(exports(&longer[..longer.len() - 1], &[]), Err(Malformed));
    }
}
