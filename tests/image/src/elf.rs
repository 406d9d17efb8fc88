// SPDX-License-Identifier: MIT OR Apache-2.0
//! How an ELF file was built (IMG-03). Formats: System V gABI and the GNU extensions of it.

use memchr::memmem;
use object::elf::{
    DF_1_NOW, DF_1_PIE, DF_BIND_NOW, DF_TEXTREL, DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1, DT_NEEDED,
    DT_TEXTREL, ET_DYN, ET_EXEC, FileHeader32, FileHeader64, PF_W, PF_X, PT_GNU_RELRO,
    PT_GNU_STACK, PT_INTERP, PT_LOAD,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, Sym};
use object::{Endianness, FileKind};

use crate::walk::Entry;
use crate::{Finding, Rule};

/// What one file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Can be started: has a loader, a fixed address, or says so itself.
    pub program: bool,
    /// At a fixed address.
    pub fixed: bool,
    /// Part of it becomes read-only after relocation.
    pub relro: bool,
    /// All symbols are bound before it runs, so that all of it can.
    pub now: bool,
    /// Says that its stack is not executed.
    pub stack: bool,
    /// Its program text is relocated.
    pub text_relocation: bool,
    /// Some part is writable and executable at once.
    pub writable_code: bool,
    /// Uses the C library.
    pub c: bool,
    /// Rust: bounds are checked, and nothing of it is protected by a canary.
    pub rust: bool,
    /// Calls the stack protector.
    pub canary: bool,
}

/// The facts of an ELF program or library; none for other files, objects and kernel modules.
#[must_use]
pub fn facts(path: &str, bytes: &[u8]) -> Option<Facts> {
    let facts = match FileKind::parse(bytes) {
        Ok(FileKind::Elf64) => read::<FileHeader64<Endianness>>(bytes),
        Ok(FileKind::Elf32) => read::<FileHeader32<Endianness>>(bytes),
        _ => return None,
    };
    let mut facts = match facts {
        Ok(facts) => facts?,
        // A file that cannot be judged is not a good one.
        Err(_) => Facts {
            program: true,
            fixed: true,
            ..Facts::default()
        },
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    // The C library and the loader can be started, too; they are judged as libraries.
    facts.program &= facts.fixed || !(name.contains(".so.") || name.ends_with(".so"));
    Some(facts)
}

fn read<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> object::Result<Option<Facts>> {
    let header = H::parse(bytes)?;
    let endian = header.endian()?;
    let kind = header.e_type(endian);
    if kind != ET_EXEC && kind != ET_DYN {
        return Ok(None);
    }
    let mut facts = Facts {
        fixed: kind == ET_EXEC,
        program: kind == ET_EXEC,
        rust: memmem::find(bytes, b"/rustc/").is_some(),
        ..Facts::default()
    };
    for segment in header.program_headers(endian, bytes)? {
        let flags = segment.p_flags(endian);
        match segment.p_type(endian) {
            PT_INTERP => facts.program = true,
            PT_GNU_RELRO => facts.relro = true,
            PT_GNU_STACK => facts.stack = (flags & PF_X).0 == 0,
            PT_LOAD => facts.writable_code |= (flags & PF_W).0 != 0 && (flags & PF_X).0 != 0,
            _ => {}
        }
    }
    let sections = header.sections(endian, bytes)?;
    let symbols = sections.symbols(endian, bytes, object::elf::SHT_DYNSYM)?;
    for symbol in symbols.iter() {
        let name = symbols.symbol_name(endian, symbol)?;
        facts.canary |= symbol.is_undefined(endian) && name == b"__stack_chk_fail";
    }
    if let Some((entries, strings)) = sections.dynamic(endian, bytes)? {
        let strings = sections.strings(endian, bytes, strings)?;
        for entry in entries {
            let tag = entry.tag(endian);
            let value = entry.val(endian);
            let has = |flag: u64| value & flag != 0;
            match tag {
                DT_BIND_NOW => facts.now = true,
                DT_TEXTREL => facts.text_relocation = true,
                DT_FLAGS => {
                    facts.now |= has(DF_BIND_NOW.0);
                    facts.text_relocation |= has(DF_TEXTREL.0);
                }
                DT_FLAGS_1 => {
                    facts.now |= has(DF_1_NOW.0);
                    facts.program |= has(DF_1_PIE.0);
                }
                DT_NEEDED => {
                    facts.c |= entry.string(endian, strings)?.starts_with(b"libc.so.");
                }
                _ => {}
            }
        }
    }
    Ok(Some(facts))
}

/// What is wrong with one file.
#[must_use]
pub fn look(entry: &Entry) -> Vec<Finding> {
    facts(&entry.path, &entry.content)
        .map(|facts| judge(&entry.path, facts))
        .unwrap_or_default()
}

fn judge(path: &str, facts: Facts) -> Vec<Finding> {
    let wrong = [
        (Rule::NotPie, facts.fixed, "at a fixed address"),
        (
            Rule::NotRelro,
            facts.program && !(facts.relro && facts.now),
            if facts.relro {
                "symbols are bound late"
            } else {
                "no read-only relocations"
            },
        ),
        (
            Rule::NotRelro,
            !facts.program && !facts.relro,
            "no read-only relocations",
        ),
        (
            Rule::ExecutableStack,
            !facts.stack,
            "its stack can be executed",
        ),
        (
            Rule::ExecutableStack,
            facts.writable_code,
            "writable and executable memory",
        ),
        (
            Rule::TextRelocation,
            facts.text_relocation,
            "text is relocated",
        ),
        (
            Rule::NoStackProtector,
            facts.program && facts.c && !facts.rust && !facts.canary,
            "C without stack protector",
        ),
    ];
    wrong
        .into_iter()
        .filter(|(_, wrong, _)| *wrong)
        .map(|(rule, _, what)| Finding::new(rule, path, what))
        .collect()
}
