// SPDX-License-Identifier: MIT OR Apache-2.0
//! Recorded writes, and what a power cut between any two of them leaves behind.
//!
//! QEMU writes a log of everything a machine does to its disk and to the flash of its firmware
//! ([`log`]). A power cut leaves what was flushed and any part of what was not ([`cut`]); applied to
//! a [`copy`] of the disk as it was before, that is the disk the next start finds. Some questions
//! need no copy: who wrote where is read off the log ([`layout`]), what the firmware will start is
//! read off its flash after each byte ([`flash`], [`choice`]). [`data`] asks the data partition
//! with the product's own code. [`recording`] holds both logs of one update together.

pub mod choice;
pub mod copy;
pub mod cut;
pub mod data;
pub mod flash;
pub mod layout;
pub mod log;
pub mod recording;
pub mod tape;
