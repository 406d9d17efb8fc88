// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rows of a measurement, as `make bench` collects them.

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;

/// Environment variable that names the file rows are appended to.
const OUT: &str = "UKETSUKE_BENCH_OUT";

/// Prints a row (one JSON object with `name`, `ours`, `peer`, `peer_name`, `ratio`, `unit`, `n`,
/// `goal`, `note`) and appends it to the file named by `UKETSUKE_BENCH_OUT`, if there is one.
///
/// # Panics
/// When the file cannot be written: a row that is lost must not go unnoticed.
pub fn row(row: &impl Display) {
    println!("{row}");
    if let Some(path) = std::env::var_os(OUT) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("the file named by UKETSUKE_BENCH_OUT can be written");
        writeln!(file, "{row}").expect("the row can be written");
    }
}
