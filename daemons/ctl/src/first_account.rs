// SPDX-License-Identifier: MIT OR Apache-2.0
//! `uketsukectl first-account`: the code with which the first account of the console is made.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use uketsuke_common::console::{DIRECTORY, FirstCode, SOCKET};

/// Longest wait for the terminal.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer, bytes.
const ANSWER: u64 = 4096;

/// What is asked.
#[derive(Args)]
pub struct Arguments {
    /// One JSON object instead of lines.
    #[arg(long)]
    json: bool,
    /// The terminal's runtime directory.
    #[arg(long, value_name = "DIRECTORY", default_value = DIRECTORY)]
    terminal: PathBuf,
}

/// Prints the code; the exit code is the one of the module's crate docs.
pub fn command(arguments: &Arguments) -> ExitCode {
    match ask(&arguments.terminal) {
        Ok((text, _)) if arguments.json => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Ok((_, answer)) => print(&answer),
        Err(error) => {
            eprintln!("uketsukectl: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn ask(terminal: &Path) -> anyhow::Result<(String, FirstCode)> {
    let path = terminal.join(SOCKET);
    let stream = UnixStream::connect(&path).with_context(|| {
        format!(
            "cannot reach the terminal at {}; run this as root on the box that it runs on",
            path.display()
        )
    })?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = String::new();
    stream
        .take(ANSWER)
        .read_to_string(&mut text)
        .context("the terminal does not answer")?;
    let answer = serde_json::from_str(&text).context("the terminal's answer is not understood")?;
    Ok((text, answer))
}

fn print(answer: &FirstCode) -> ExitCode {
    match answer {
        FirstCode::Drawn {
            code,
            minutes,
            page,
        } => {
            println!("{code}");
            println!("{page} で、{minutes}分以内に、1回だけ使えます。");
            println!("Good once at {page}, for {minutes} minutes.");
            ExitCode::SUCCESS
        }
        FirstCode::Exists => {
            eprintln!("アカウントがあります。管理アカウントでログインして登録してください。");
            eprintln!("There is an account already: its administrators register others.");
            ExitCode::FAILURE
        }
        FirstCode::Failed => {
            eprintln!("端末に異常があります。端末の記録を確認してください。");
            eprintln!("The terminal could not make one; its log says why.");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn answered(with: &'static str) -> anyhow::Result<(String, FirstCode)> {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join(SOCKET)).unwrap();
        let terminal = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(with.as_bytes()).unwrap();
        });
        let answer = ask(dir.path());
        terminal.join().unwrap();
        answer
    }

    #[test]
    fn what_the_terminal_says_is_understood_or_refused() {
        let drawn = r#"{"first-code":"drawn","code":"A-1","minutes":30,"page":"http://x/first"}"#;
        let (text, answer) = answered(drawn).unwrap();
        assert_eq!(text, drawn);
        assert!(matches!(answer, FirstCode::Drawn { code, minutes: 30, .. } if code == "A-1"));
        let (_, answer) = answered(r#"{"first-code":"exists"}"#).unwrap();
        assert!(matches!(answer, FirstCode::Exists));
        for strange in ["", "{}", "exists", r#"{"first-code":"other"}"#] {
            assert!(answered(strange).is_err(), "{strange}");
        }
    }

    #[test]
    fn a_terminal_that_is_not_there_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = ask(dir.path()).err().unwrap();
        assert!(format!("{error:#}").contains("console.socket"), "{error:#}");
    }
}
