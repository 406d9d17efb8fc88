// SPDX-License-Identifier: MIT OR Apache-2.0
//! Log lines on standard error, with the priority prefix of sd-daemon(3).
//!
//! No logging framework: the program runs for milliseconds, in the initrd and from udev rules, and
//! what it says must reach the journal or the kernel log with nothing else running. On a terminal
//! the prefix is left out.

use std::fmt::Arguments;
use std::io::IsTerminal;

/// How much a line matters; the numbers are those of syslog(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A person must act.
    Error = 3,
    /// We recovered.
    Warning = 4,
    /// A state changed.
    Notice = 5,
}

/// Writes one line.
pub fn line(priority: Priority, text: Arguments<'_>) {
    if std::io::stderr().is_terminal() {
        eprintln!("{text}");
    } else {
        eprintln!("<{}>{text}", priority as u8);
    }
}

/// A person must act.
macro_rules! error {
    ($($part:tt)*) => { $crate::report::line($crate::report::Priority::Error, format_args!($($part)*)) };
}
/// We recovered.
macro_rules! warning {
    ($($part:tt)*) => { $crate::report::line($crate::report::Priority::Warning, format_args!($($part)*)) };
}
/// A state changed.
macro_rules! notice {
    ($($part:tt)*) => { $crate::report::line($crate::report::Priority::Notice, format_args!($($part)*)) };
}
pub(crate) use {error, notice, warning};

/// An error with everything that caused it, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
