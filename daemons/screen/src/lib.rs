// SPDX-License-Identifier: MIT OR Apache-2.0
//! Screen daemon: draws views, reads touch. It holds no rule: it shows what the mode daemon says
//! and sends what was pressed.
//!
//! `Mode1.View` → `views` (pure, millimetres) → `ui` (layout, text, spans, damage) → `output`.
//! `input` → `ui` (which node) → `Act` or `EnterPin` on `Mode1`. Bus name `jp.uketsuke.Screen1`.

pub mod fonts;
pub mod texts;
pub mod ui;
