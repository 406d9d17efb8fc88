// SPDX-License-Identifier: MIT OR Apache-2.0
//! Face files: what a receipt computer (レセプトコンピューター) is told of a check-in at a reader, without
//! having asked, in the XML that its makers read already (`OQSsiquc01res_face_<id>_<time>.xml`).
//!
//! The official document (外部インターフェイス仕様書) is not public. What is known comes from public programs
//! that speak it; docs/receipt-computers.md says which point is how sure. So elements are read by their
//! names and never by their order, both spellings and both encodings are read, and what is not known is a
//! setting of whoever writes.
//!
//! - [`Element`]: a document as a tree, read with [`read()`] and written with [`Encoding::write`]
//! - [`Answered`]: the document of one check-in
//! - [`Named`]: names of files
//! - [`check()`]: what is wrong with a file that anybody wrote
//! - [`Folder`]: where they are laid; nobody who looks into it sees half a file
//!
//! Everything here is about a patient: texts are wiped when dropped, nothing has a `Debug` that shows them,
//! and no error or finding quotes one.

mod check;
mod document;
mod element;
mod encoding;
mod folder;
mod known;
mod name;
mod read;

pub use check::{Finding, Weight, check};
pub use document::{Answered, CODE_DIGITS, Eligibility, SideCar, identifier};
pub use element::{Content, Element};
pub use encoding::{Encoding, WriteError};
pub use folder::Folder;
pub use known::is_consent;
pub use name::{KIND_DIGITS, Named};
pub use read::{FILE_BYTES, ReadError, read};
