// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every daemon starts with, so that all of them start alike.
//!
//! [`run`] reads the arguments and the configuration, sets up logging, and runs the daemon's
//! `app` on a single-threaded runtime until it ends or the service manager asks it to stop.
//! [`config`] is the one `reader.toml`; [`Notify`] tells the service manager that the daemon is
//! ready and alive; [`console`] is what the terminal says to who stands at the box; [`Beat`] is the turn that comes around; [`owner`] watches for peers that leave the bus.

mod beat;
pub mod config;
pub mod console;
mod logging;
mod notify;
pub mod owner;
mod start;

pub use beat::Beat;
pub use logging::start as log;
pub use notify::Notify;
pub use start::{Start, run};

/// Exit code of a daemon whose configuration is wrong (`EX_CONFIG` of sysexits.h). The units name
/// it in `RestartPreventExitStatus=`: a restart cannot mend a file.
pub const EXIT_CONFIG: u8 = 78;
