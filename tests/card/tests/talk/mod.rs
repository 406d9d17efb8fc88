// SPDX-License-Identifier: MIT OR Apache-2.0
//! Talking to one card byte by byte, with commands in hexadecimal.
#![allow(clippy::unwrap_used, dead_code)]

use std::path::Path;

use myna_card::Transmit;
use tempfile::TempDir;
use uketsuke_virtual_card::card::{Behaviour, Card};
use uketsuke_virtual_card::profile;
use uketsuke_virtual_card::vault::Vault;

pub const JPKI: &str = "00A4040C0AD392F000260100000001";
pub const SURFACE: &str = "00A4040C0AD3921000310001010402";
pub const SUPPORT: &str = "00A4040C0AD3921000310001010408";
pub const REGISTER: &str = "00A4040C0AD3921000310001010401";
pub const COMMON: &str = "00A4040C0AD3921000310001010100";
pub const ISD: &str = "00A4040C07A0000001510000";

/// A card, and the vault it is kept in.
pub struct Talk {
    pub card: Card,
    pub vault: Vault,
    dir: TempDir,
}

impl Talk {
    pub fn with(name: &str, behaviour: Behaviour) -> Self {
        let dir = crate::cards::copied();
        let mut vault = Vault::open(dir.path()).unwrap();
        let card = vault.card(profile::find(name).unwrap(), behaviour).unwrap();
        Self { card, vault, dir }
    }

    pub fn new(name: &str) -> Self {
        Self::with(name, Behaviour::default())
    }

    pub fn send(&mut self, hex: &str) -> (Vec<u8>, u16) {
        let digits: Vec<char> = hex.chars().filter(|digit| *digit != ' ').collect();
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap())
            .collect();
        let (answer, failure) = self.card.transmit(&bytes);
        assert!(failure.is_none());
        (answer.data, answer.sw.0)
    }

    /// Sends each command and compares the status words.
    pub fn expect(&mut self, lines: &[(&str, u16)]) {
        for (number, (command, expected)) in lines.iter().enumerate() {
            let (_, sw) = self.send(command);
            assert_eq!(
                sw, *expected,
                "command {number}, {command}: {sw:04X}, not {expected:04X}"
            );
        }
    }

    /// Presents `value` to the secret in this file.
    pub fn present(&mut self, file: u16, value: &str) -> u16 {
        assert_eq!(self.send(&format!("00A4020C02{file:04X}")).1, 0x9000);
        let hex: String = value.bytes().map(|byte| format!("{byte:02X}")).collect();
        self.send(&format!("00200080{:02X}{hex}", value.len())).1
    }

    /// A whole file as a reader takes it, as far as offsets reach.
    pub fn read(&mut self, file: u16) -> Result<Vec<u8>, u16> {
        assert_eq!(self.send(&format!("00A4020C02{file:04X}")).1, 0x9000);
        let mut bytes = Vec::new();
        while bytes.len() < 0x8000 {
            match self.send(&format!("00B0{:04X}00", bytes.len())) {
                (part, 0x9000) => bytes.extend(part),
                (_, 0x6B00) => break,
                (_, sw) => return Err(sw),
            }
        }
        Ok(bytes)
    }

    /// The state directory.
    pub fn state(&self) -> &Path {
        self.dir.path()
    }

    pub fn number_b(&self, name: &str) -> String {
        self.vault.number_b(profile::find(name).unwrap()).unwrap()
    }
}

/// The card as the independent reader wants a link to one.
pub struct Link(pub Card);

impl Transmit for Link {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        let (answer, failure) = self.0.transmit(command);
        assert!(failure.is_none());
        Ok(answer.into_bytes())
    }
}
