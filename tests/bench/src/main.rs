// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bench: a whole reception desk on this machine, behind one page on loopback.
//!
//! `main` enters the private space of [`uketsuke_house::space`] before any thread starts; inside it
//! [`app`] starts the house and serves the page and the control API (README.md lists it).

mod app;
mod live;
mod routes;
mod traffic;
mod words;

use std::process::ExitCode;

use uketsuke_house::options::{Options, USAGE};
use uketsuke_house::space::{Side, enter};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("uketsuke-bench: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match enter() {
        Ok(Side::Ended(code)) => code,
        Ok(Side::Inside(space)) => app::run(space, &options),
        Err(error) => {
            eprintln!("uketsuke-bench: {:#}", anyhow::Error::from(error));
            ExitCode::FAILURE
        }
    }
}
