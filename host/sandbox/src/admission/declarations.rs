//! Declarations: how many types does a type section declare, and how deep do they lie within each other?
//!
//! In: the bytes of one component type section. Out: two counts. Must never: recurse on input.
//!
//! An instance or component type holds declarations, which can be such types again. The validator reads them by
//! recursion: three bytes a level are enough to use up the host's stack, so the levels are counted here before.

use wasmtime::wasmparser::{BinaryReader, ComponentImport, ComponentType, Error, InstanceTypeDeclaration};

/// What a section holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Declarations {
    /// Types and declarations, on every level.
    pub(super) count: u64,
    /// Instance and component types within each other; 0 = there is none.
    pub(super) depth: u64,
}

/// Counts a section that lies at `offset` of the file.
///
/// # Errors
/// The place where it is damaged.
pub(super) fn count(section: &[u8], offset: usize) -> Result<Declarations, Error> {
    let mut reader = BinaryReader::new(section, offset);
    let mut found = Declarations::default();
    let mut section_left = reader.read_var_u32()?;
    // Declarations to come, of each type that is open. Bounded by the file: a level takes two bytes of it.
    let mut open: Vec<u32> = Vec::new();
    loop {
        match open.last_mut() {
            Some(0) => {
                open.pop();
                continue;
            }
            Some(left) => *left -= 1,
            None if section_left == 0 => return Ok(found),
            None => section_left -= 1,
        }
        found.count += 1;
        let opened = if open.is_empty() { type_at(&mut reader)? } else { declaration(&mut reader)? };
        open.extend(opened);
        found.depth = found.depth.max(open.len() as u64);
    }
}

/// Reads past a declaration; of a type that holds others, past its head: how many it holds.
fn declaration(reader: &mut BinaryReader<'_>) -> Result<Option<u32>, Error> {
    match next_byte(reader)? {
        TYPE => {
            reader.read_u8()?;
            type_at(reader)
        }
        IMPORT => {
            reader.read_u8()?;
            reader.read::<ComponentImport<'_>>().map(|_| None)
        }
        // Recurses for `TYPE` alone.
        _ => reader.read::<InstanceTypeDeclaration<'_>>().map(|_| None),
    }
}

fn type_at(reader: &mut BinaryReader<'_>) -> Result<Option<u32>, Error> {
    match next_byte(reader)? {
        COMPONENT_TYPE | INSTANCE_TYPE => {
            reader.read_u8()?;
            reader.read_var_u32().map(Some)
        }
        // Recurses for these two alone.
        _ => reader.read::<ComponentType<'_>>().map(|_| None),
    }
}

fn next_byte(reader: &BinaryReader<'_>) -> Result<u8, Error> {
    reader.clone().read_u8()
}

/// Leading bytes of the types that hold declarations.
const COMPONENT_TYPE: u8 = 0x41;
const INSTANCE_TYPE: u8 = 0x42;
/// Leading bytes of the declarations that are read here.
const TYPE: u8 = 0x01;
const IMPORT: u8 = 0x03;
