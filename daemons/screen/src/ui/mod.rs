// SPDX-License-Identifier: MIT OR Apache-2.0
//! The toolkit: view tree, layout, text, spans, damage. It knows nothing of check-ins.

pub mod node;
