//! Known: which imports of WASI may a component have?
//!
//! In: the name of an import. Out: its functions and resources with their types as text. Must never: know one that the
//! linker does not have.
//!
//! The list is `functions-0.2.txt`: a line is the interface, `#`, the function and its type, or `never` for those that trap
//! (`never.rs`), or `resource`.

const LIST: &str = include_str!("functions-0.2.txt");

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) interface: &'static str,
    pub(crate) name: &'static str,
    /// Its type as admission writes it; `None` = any, because it traps.
    pub(crate) signature: Option<&'static str>,
}

/// An interface that may be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known(&'static str);

/// The interface behind `wasi:cli/stdout@0.2.6`; `None` for those that are not there, and for other versions than 0.2.
pub(crate) fn known(import: &str) -> Option<Known> {
    let (interface, version) = import.split_once('@')?;
    version.strip_prefix("0.2.").filter(|patch| patch.bytes().all(|digit| digit.is_ascii_digit()))?;
    lines().find(|(known, _, _)| *known == interface).map(|(known, _, _)| Known(known))
}

impl Known {
    /// A function of it.
    pub(crate) fn function(self, name: &str) -> Option<Function> {
        functions().find(|function| function.interface == self.0 && function.name == name)
    }
}

/// True for the name of a resource of any interface.
pub(crate) fn is_resource(name: &str) -> bool {
    lines().any(|(_, known, kind)| known == name && kind == "resource")
}

/// All functions.
pub(super) fn functions() -> impl Iterator<Item = Function> {
    lines().filter(|(_, _, kind)| *kind != "resource").map(|(interface, name, kind)| Function {
        interface,
        name,
        signature: (kind != "never").then_some(kind),
    })
}

fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    LIST.lines().filter_map(|line| {
        let (name, kind) = line.split_once(' ')?;
        let (interface, item) = name.split_once('#')?;
        Some((interface, item, kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_known_in_every_patch_of_its_version() {
        for import in ["wasi:cli/stdout@0.2.0", "wasi:cli/stdout@0.2.12"] {
            assert_eq!(known(import), Some(Known("wasi:cli/stdout")), "{import}");
        }
        for import in [
            "wasi:cli/stdout",
            "wasi:cli/stdout@0.3.0",
            "wasi:cli/stdout@0.2.0-rc",
            "wasi:cli/stdou@0.2.0",
            "wasi:sockets/tcp@0.2.0",
            "wasi:http/types@0.2.0",
        ] {
            assert_eq!(known(import), None, "{import}");
        }
    }

    #[test]
    fn every_line_is_read_and_none_stands_twice() {
        let all: Vec<_> = lines().collect();
        assert_eq!(all.len(), LIST.lines().count());
        for (at, (interface, name, _)) in all.iter().enumerate() {
            assert!(!all[..at].iter().any(|(i, n, _)| (i, n) == (interface, name)), "{interface}#{name}");
        }
    }
}
