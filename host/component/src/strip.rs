//! Question: which bytes of a binary are not part of the program?
//!
//! In: a core module or a component. Out: the same without custom sections, in nested modules too. Must never change
//! a section that means something.

/// Length of the preamble: magic number, version, layer.
const PREAMBLE: usize = 8;

/// Deepest nesting that is followed; our encoder makes two levels.
const DEPTH_MAX: u32 = 8;

const CUSTOM_SECTION: u8 = 0;
pub(crate) const CORE_MODULE_SECTION: u8 = 1;
pub(crate) const COMPONENT_SECTION: u8 = 4;

/// The bytes end inside a section, or nest too deeply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Removes every custom section whose name `keeps` does not keep.
pub(crate) fn strip(binary: &[u8], keeps: fn(&str) -> bool) -> Result<Vec<u8>, Malformed> {
    strip_level(binary, keeps, DEPTH_MAX)
}

fn strip_level(binary: &[u8], keeps: fn(&str) -> bool, depth: u32) -> Result<Vec<u8>, Malformed> {
    let (preamble, all) = sections(binary)?;
    let is_component = matches!(preamble, [b'\0', b'a', b's', b'm', _, _, 1, 0]);
    let mut out = preamble.to_vec();
    for (id, body) in all {
        match id {
            CUSTOM_SECTION if !keeps(custom_name(body)?) => {}
            CORE_MODULE_SECTION | COMPONENT_SECTION if is_component => {
                let depth = depth.checked_sub(1).ok_or(Malformed)?;
                push_section(&mut out, id, &strip_level(body, keeps, depth)?);
            }
            _ => push_section(&mut out, id, body),
        }
    }
    Ok(out)
}

/// Number and content of a section.
pub(crate) type Section<'b> = (u8, &'b [u8]);

/// The preamble of a binary, and its sections.
pub(crate) fn sections(binary: &[u8]) -> Result<(&[u8], Vec<Section<'_>>), Malformed> {
    let (preamble, mut rest) = binary.split_at_checked(PREAMBLE).ok_or(Malformed)?;
    let mut all = Vec::new();
    while let Some((&id, after)) = rest.split_first() {
        let (body, next) = take_sized(after)?;
        rest = next;
        all.push((id, body));
    }
    Ok((preamble, all))
}

fn custom_name(body: &[u8]) -> Result<&str, Malformed> {
    let (name, _) = take_sized(body)?;
    core::str::from_utf8(name).map_err(|_| Malformed)
}

/// Splits off a run of bytes with its length in front.
pub(crate) fn take_sized(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let (length, rest) = read_leb(bytes)?;
    rest.split_at_checked(length as usize).ok_or(Malformed)
}

/// Reads an unsigned LEB128 number of at most 32 bits.
pub(crate) fn read_leb(bytes: &[u8]) -> Result<(u32, &[u8]), Malformed> {
    let mut value: u64 = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let rest = bytes.get(at + 1..).ok_or(Malformed)?;
            return u32::try_from(value).map(|value| (value, rest)).map_err(|_| Malformed);
        }
    }
    Err(Malformed)
}

/// Writes a section with its length.
pub(crate) fn push_section(out: &mut Vec<u8>, id: u8, body: &[u8]) {
    out.push(id);
    push_leb(out, body.len());
    out.extend_from_slice(body);
}

/// Writes an unsigned LEB128 number.
pub(crate) fn push_leb(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn custom(name: &str, size: usize) -> Vec<u8> {
        let mut body = vec![name.len() as u8];
        body.extend_from_slice(name.as_bytes());
        body.resize(body.len() + size, 7);
        body
    }

    fn binary(preamble: &[u8], sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut out = preamble.to_vec();
        for (id, body) in sections {
            push_section(&mut out, *id, body);
        }
        out
    }

    #[test]
    fn custom_sections_go_and_the_rest_stays() {
        let memory = (5, vec![1, 0, 1]);
        let full = binary(MODULE, &[(0, custom("name", 300)), memory.clone(), (0, custom("component-type:x", 2))]);
        let kept = binary(MODULE, &[memory.clone(), (0, custom("component-type:x", 2))]);
        assert_eq!(strip(&full, |name| name.starts_with("component-type")), Ok(kept));
        assert_eq!(strip(&full, |_| false), Ok(binary(MODULE, &[memory])));
    }

    #[test]
    fn modules_inside_a_component_are_stripped_too() {
        let inner = binary(MODULE, &[(0, custom("producers", 200))]);
        let full = binary(COMPONENT, &[(1, inner), (0, custom("name", 1))]);
        assert_eq!(strip(&full, |_| false), Ok(binary(COMPONENT, &[(1, MODULE.to_vec())])));
    }

    #[test]
    fn a_type_section_of_a_module_is_not_taken_for_a_nested_module() {
        let full = binary(MODULE, &[(1, vec![0])]);
        assert_eq!(strip(&full, |_| false), Ok(full.clone()));
    }

    #[test]
    fn a_binary_cut_inside_a_section_is_refused() {
        let full = binary(MODULE, &[(5, vec![1, 0, 1]), (0, custom("name", 3))]);
        for cut in [0, 7, 9, 12, full.len() - 1] {
            assert_eq!(strip(&full[..cut], |_| false), Err(Malformed), "cut at {cut}");
        }
    }

    #[test]
    fn nesting_beyond_the_limit_is_refused() {
        let nested = |levels: u32| (0..levels).fold(COMPONENT.to_vec(), |inner, _| binary(COMPONENT, &[(4, inner)]));
        assert!(strip(&nested(DEPTH_MAX), |_| false).is_ok());
        assert_eq!(strip(&nested(DEPTH_MAX + 1), |_| false), Err(Malformed));
    }

    #[test]
    fn a_length_of_more_than_32_bits_is_refused() {
        let mut bytes = MODULE.to_vec();
        bytes.extend_from_slice(&[5, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        assert_eq!(strip(&bytes, |_| false), Err(Malformed));
    }
}
