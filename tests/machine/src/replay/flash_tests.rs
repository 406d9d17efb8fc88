// SPDX-License-Identifier: MIT OR Apache-2.0
#![allow(clippy::unwrap_used)]

use super::*;

/// Sizes of OVMF's volume of 528 KiB.
const HALF: usize = 0x42000;
const WORK: usize = 0x41000;
const VENDOR: Uuid = uuid!("8be4df61-93ca-11d2-aa0d-00e098032b8c");

/// A flash that writes down each of its states, as firmware that programs byte by byte makes them.
pub(crate) struct Chip {
    pub now: Vec<u8>,
    end: usize,
    pub states: Vec<Vec<u8>>,
}

impl Chip {
    pub fn new() -> Self {
        let mut now = vec![0xff; 2 * HALF];
        now[..16].fill(0);
        now[16..32].copy_from_slice(&VOLUME.to_bytes_le());
        now[32..40].copy_from_slice(&(2 * HALF as u64).to_le_bytes());
        now[40..44].copy_from_slice(b"_FVH");
        now[48..50].copy_from_slice(&0x48u16.to_le_bytes());
        now[0x48..0x58].copy_from_slice(&STORE.to_bytes_le());
        now[0x58..0x5c].copy_from_slice(&(0x40000u32 - 0x48).to_le_bytes());
        now[0x5c..0x64].copy_from_slice(&[0x5a, 0xfe, 0, 0, 0, 0, 0, 0]);
        now[WORK..WORK + 16].copy_from_slice(&WORKING.to_bytes_le());
        now[WORK + 16..WORK + 32].fill(0);
        Self {
            now,
            end: 0x48 + STORE_HEADER,
            states: Vec::new(),
        }
    }

    fn program(&mut self, at: usize, bytes: &[u8]) {
        for (at, byte) in (at..).zip(bytes) {
            self.now[at] &= byte;
            assert_eq!(self.now[at], *byte, "flash cannot set bits");
            self.states.push(self.now.clone());
        }
    }

    /// Where the variable of this name is that counts.
    fn find(&self, name: &str) -> Option<usize> {
        let mut at = 0x48 + STORE_HEADER;
        while at < self.end {
            let (length, data) = sizes(&self.now[at..]);
            let text = &self.now[at + VARIABLE_HEADER..][..length];
            if self.now[at + 2] == 0x3f && uketsuke_boot::efi::vars::text(text) == name {
                return Some(at);
            }
            at = (at + VARIABLE_HEADER + length + data).next_multiple_of(4);
        }
        None
    }

    /// Sets a variable as EDK II does (`UpdateVariable`).
    pub fn set(&mut self, name: &str, data: &[u8]) {
        let old = self.find(name);
        if let Some(old) = old {
            self.program(old + 2, &[0x3e]);
        }
        let name: Vec<u8> = name
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_le_bytes)
            .collect();
        let mut header = vec![0xaa, 0x55, 0xff, 0];
        header.extend(7u32.to_le_bytes());
        header.extend([0; 8 + 16 + 4]);
        header.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
        header.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        header.extend(VENDOR.to_bytes_le());
        let at = self.end;
        self.program(at, &header);
        self.program(at + 2, &[0x7f]);
        self.program(at + VARIABLE_HEADER, &[&name, data].concat());
        self.program(at + 2, &[0x3f]);
        if let Some(old) = old {
            self.program(old + 2, &[0x3c]);
        }
        self.end = (at + VARIABLE_HEADER + name.len() + data.len()).next_multiple_of(4);
    }

    pub fn delete(&mut self, name: &str) {
        let at = self.find(name).unwrap();
        self.program(at + 2, &[0x3d]);
    }

    /// Writes the store anew, with what counts, by way of the spare half.
    fn reclaim(&mut self) {
        let kept = variables(&self.now).unwrap();
        let mut fresh = Self::new();
        for ((_, name), data) in kept {
            fresh.set(&name, &data);
        }
        let queue = WORK + WORKING_HEADER;
        let mut write = vec![0xfe, 0xff, 0xff, 0xff];
        write.extend([0; 20]);
        write.extend(1u64.to_le_bytes());
        write.extend(0u64.to_le_bytes());
        self.program(queue, &write);
        self.program(queue, &[0xfc]);
        let record = queue + WRITE;
        let fields: Vec<u8> = [0u64, 0x48, 0x3f_ff00, HALF as u64]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .collect();
        self.program(record + 8, &fields);
        let store = fresh.now[..WORK].to_vec();
        let (first, second) = self.now.split_at_mut(HALF);
        second[..WORK].copy_from_slice(&store);
        first[WORK - 1] = 0xff;
        self.states.push(self.now.clone());
        self.program(record, &[0xfd]);
        // Erased block by block, then written.
        for at in (0..WORK).step_by(BLOCK) {
            self.now[at..at + BLOCK].fill(0xff);
            self.states.push(self.now.clone());
        }
        self.now[..WORK].copy_from_slice(&store);
        self.states.push(self.now.clone());
        self.program(record, &[0xf9]);
        self.program(queue, &[0xf8]);
        self.end = fresh.end;
    }
}

fn value(flash: &[u8], name: &str) -> Option<Vec<u8>> {
    let found = variables(flash).unwrap();
    found.get(&(VENDOR, name.to_owned())).cloned()
}

#[test]
fn at_every_byte_of_an_update_the_old_value_counts_or_the_new_one() {
    let mut chip = Chip::new();
    chip.set("BootOrder", &[0, 0, 1, 0]);
    chip.set("Other", &[5; 100]);
    chip.states.clear();
    chip.set("BootOrder", &[1, 0, 0, 0, 2, 0]);
    let (old, new) = (vec![0, 0, 1, 0], vec![1, 0, 0, 0, 2, 0]);
    let mut seen = Vec::new();
    for state in &chip.states {
        seen.push(value(state, "BootOrder").unwrap());
        assert_eq!(value(state, "Other"), Some(vec![5; 100]));
    }
    let change = seen.iter().position(|value| *value == new).unwrap();
    assert!(seen[..change].iter().all(|value| *value == old));
    assert!(seen[change..].iter().all(|value| *value == new));
    assert_eq!(
        change,
        chip.states.len() - 2,
        "all there, then the old one goes"
    );
}

#[test]
fn what_was_deleted_is_gone_and_what_is_half_new_is_not_there_yet() {
    let mut chip = Chip::new();
    chip.set("BootNext", &[1, 0]);
    chip.delete("BootNext");
    assert_eq!(value(&chip.now, "BootNext"), None);
    chip.states.clear();
    chip.set("BootNext", &[2, 0]);
    let (last, before) = chip.states.split_last().unwrap();
    assert!(before.iter().all(|s| value(s, "BootNext").is_none()));
    assert_eq!(value(last, "BootNext"), Some(vec![2, 0]));
}

#[test]
fn a_store_that_is_written_anew_is_never_without_its_variables() {
    let mut chip = Chip::new();
    chip.set("BootOrder", &[0, 0]);
    for number in 0..20 {
        chip.set("Other", &[number; 50]);
    }
    chip.states.clear();
    chip.reclaim();
    assert!(chip.states.len() > WORK / BLOCK);
    for (number, state) in chip.states.iter().enumerate() {
        let found = (value(state, "BootOrder"), value(state, "Other"));
        assert_eq!(found, (Some(vec![0, 0]), Some(vec![19; 50])), "{number}");
    }
    // The queue goes on behind a write that is complete.
    chip.set("Other", &[1]);
    assert_eq!(value(&chip.now, "Other"), Some(vec![1]));
}

#[test]
fn what_is_no_store_is_refused() {
    for empty in [&[0xff; 64][..], &[]] {
        assert_eq!(variables(empty), Err(FlashError::Absent("volume", 0)));
    }
    let chip = Chip::new();
    assert!(variables(&chip.now).unwrap().is_empty());
    for (at, value) in [(16, 0), (40, 0), (0x48, 0), (0x5c, 0), (0x5d, 0xff)] {
        let mut broken = chip.now.clone();
        broken[at] = value;
        let error = variables(&broken).unwrap_err();
        assert!(matches!(error, FlashError::Absent(..)), "{at}: {error}");
    }
    let mut broken = chip.now.clone();
    broken[0x5a] = 0xff;
    assert_eq!(variables(&broken), Err(FlashError::Outside("store", 0x48)));
    let mut huge = chip;
    huge.set("Other", &[1]);
    huge.now[0x48 + STORE_HEADER + 43] = 0x7f;
    let error = variables(&huge.now).unwrap_err();
    assert!(matches!(error, FlashError::Outside("variable", _)));
}
