// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compares what a daemon serves with the committed interface file.

use std::path::Path;

/// Fails the test when `served` (introspection XML of one interface, as
/// `Interface::introspect_to_writer` prints it) is not the committed `interfaces/<file>`.
/// `BLESS=1` rewrites the file instead, for the reviewer to read.
///
/// # Panics
/// On a difference, or when the file cannot be read or written.
pub fn assert_contract(file: &str, served: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("interfaces")
        .join(file);
    let served =
        format!("<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n<node>\n{served}</node>\n");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &served).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        return;
    }
    let committed =
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(
        committed == served,
        "{file} differs from what is served; read the change, then run BLESS=1 cargo test\n--- served\n{served}"
    );
}
