// SPDX-License-Identifier: MIT OR Apache-2.0
pub mod app;
pub mod disk;
pub mod efi;
pub mod machine;
pub mod pstore;
pub(crate) mod report;
pub mod slot;
pub mod state;
