// SPDX-License-Identifier: MIT OR Apache-2.0
//! The journal's part of a bundle: our units and the kernel, allowed fields only.
//!
//! journalctl is asked for these alone, and what it says is sorted out once more here: a field or a
//! unit that nobody listed does not leave the machine, whoever wrote it. Our daemons log nothing
//! about a patient; other programs promise no such thing.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

/// Units whose lines go into a bundle; `*` stands for any rest of a name.
pub const UNITS: [&str; 5] = [
    "uketsuke-*",
    "rauc.service",
    "dbus-broker.service",
    "systemd-networkd.service",
    "systemd-timesyncd.service",
];

/// Fields of journal entries that go into a bundle (systemd.journal-fields(7)); `F_` are those of
/// our own log lines.
const FIELDS: [&str; 40] = [
    "MESSAGE",
    "MESSAGE_ID",
    "PRIORITY",
    "SYSLOG_IDENTIFIER",
    "CODE_FILE",
    "CODE_LINE",
    "TARGET",
    "UNIT",
    "JOB_TYPE",
    "JOB_RESULT",
    "UNIT_RESULT",
    "COMMAND",
    "EXIT_CODE",
    "EXIT_STATUS",
    "N_RESTARTS",
    "ERRNO",
    "_PID",
    "_BOOT_ID",
    "_TRANSPORT",
    "_SYSTEMD_UNIT",
    "_KERNEL_SUBSYSTEM",
    "__REALTIME_TIMESTAMP",
    "__MONOTONIC_TIMESTAMP",
    "F_ERROR",
    "F_PATH",
    "F_DEVICE",
    "F_PAUSE",
    "F_REFUSAL",
    "F_VERSION",
    "F_READER",
    "F_KIND",
    "F_KEY",
    "F_DIRECTORY",
    "F_STATUS",
    "F_SLOT",
    "F_OUTPUT",
    "F_ROTATION",
    "F_SERVICE",
    "F_SOURCE",
    "F_HOP",
];

/// Longest value that is kept, in bytes.
const VALUE_BYTES: usize = 2048;

/// Why the journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// journalctl cannot be started.
    #[error("cannot start {program}")]
    Start {
        /// What was called.
        program: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It broke off.
    #[error("cannot read what journalctl says")]
    Read(#[from] std::io::Error),
    /// It failed; why stands on standard error.
    #[error("journalctl failed: {0}")]
    Failed(String),
}

/// What was taken.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// JSON lines, oldest first.
    pub text: String,
    /// Entries in them.
    pub entries: usize,
    /// Entries left out because of their unit or form.
    pub refused: usize,
    /// Whether older entries were left out for their size.
    pub cut: bool,
}

/// Our units' entries, the newest `limit` bytes of them.
///
/// # Errors
/// [`JournalError`].
pub fn units(program: &str, limit: usize) -> Result<Taken, JournalError> {
    let mut arguments: Vec<String> = UNITS.iter().map(|unit| format!("--unit={unit}")).collect();
    arguments.push("--all".to_owned());
    ask(program, &arguments, limit, &ours)
}

/// The kernel's entries, the newest `limit` bytes of them.
///
/// # Errors
/// [`JournalError`].
pub fn kernel(program: &str, limit: usize) -> Result<Taken, JournalError> {
    ask(
        program,
        &["_TRANSPORT=kernel".to_owned()],
        limit,
        &from_kernel,
    )
}

fn ask(
    program: &str,
    arguments: &[String],
    limit: usize,
    wanted: &dyn Fn(&Map<String, Value>) -> bool,
) -> Result<Taken, JournalError> {
    let start = |source| JournalError::Start {
        program: program.to_owned(),
        source,
    };
    let mut child = Command::new(program)
        .args(["--output=json", "--no-pager", "--quiet", "--reverse"])
        .arg(format!("--output-fields={}", FIELDS.join(",")))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(start)?;
    let Some(output) = child.stdout.take() else {
        return Ok(Taken::default());
    };
    let taken = take(BufReader::new(output), limit, wanted);
    if taken.as_ref().is_ok_and(|taken| taken.cut) {
        // It would write on for ever into a pipe that nobody reads.
        child.kill()?;
        child.wait()?;
        return Ok(taken?);
    }
    let status = child.wait()?;
    if status.success() {
        Ok(taken?)
    } else {
        Err(JournalError::Failed(status.to_string()))
    }
}

/// Takes entries, newest first, until `limit` bytes are full.
fn take(
    lines: impl BufRead,
    limit: usize,
    wanted: &dyn Fn(&Map<String, Value>) -> bool,
) -> std::io::Result<Taken> {
    let mut taken = Taken::default();
    let mut kept = Vec::new();
    let mut bytes = 0;
    for line in lines.split(b'\n') {
        let line = line?;
        if line.is_empty() {
            continue;
        }
        // journalctl writes one object a line; whatever else comes is not passed on.
        let entry = serde_json::from_slice::<Map<String, Value>>(&line).ok();
        let Some(text) = entry.filter(|entry| wanted(entry)).map(allowed) else {
            taken.refused += 1;
            continue;
        };
        if bytes + text.len() + 1 > limit {
            taken.cut = true;
            break;
        }
        bytes += text.len() + 1;
        kept.push(text);
    }
    taken.entries = kept.len();
    for line in kept.iter().rev() {
        taken.text.push_str(line);
        taken.text.push('\n');
    }
    Ok(taken)
}

/// Whether an entry is of one of our units, or of the service manager about one.
fn ours(entry: &Map<String, Value>) -> bool {
    let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
    let listed = |unit: &str| {
        UNITS.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => unit.starts_with(start),
            None => unit == *known,
        })
    };
    // UNIT is what anybody can write; it counts only from the first process.
    listed(text("_SYSTEMD_UNIT")) || (text("_PID") == "1" && listed(text("UNIT")))
}

fn from_kernel(entry: &Map<String, Value>) -> bool {
    entry.get("_TRANSPORT").and_then(Value::as_str) == Some("kernel")
}

/// The allowed fields of an entry, as one line.
fn allowed(mut entry: Map<String, Value>) -> String {
    entry.retain(|field, value| FIELDS.contains(&field.as_str()) && value.is_string());
    for value in entry.values_mut() {
        if let Value::String(text) = value
            && text.len() > VALUE_BYTES
        {
            let end = (0..=VALUE_BYTES)
                .rev()
                .find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or_default());
            text.push('…');
        }
    }
    Value::Object(entry).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn line(unit: &str, message: &str) -> Value {
        json!({ "_SYSTEMD_UNIT": unit, "MESSAGE": message, "_PID": "77" })
    }

    fn taken(lines: &[Value], limit: usize) -> Taken {
        let text: Vec<String> = lines.iter().map(Value::to_string).collect();
        take(text.join("\n").as_bytes(), limit, &ours).unwrap()
    }

    #[test]
    fn foreign_units_and_unlisted_fields_stay() {
        let mut good = line("uketsuke-card.service", "ready");
        good["F_NAME_KANA"] = json!("カナリヤ");
        good["_CMDLINE"] = json!("CANARY");
        good["__CURSOR"] = json!("CANARY");
        good["MESSAGE_ID"] = json!(["several", "CANARY"]);
        let mut forged = line("evil.service", "CANARY");
        forged["UNIT"] = json!("uketsuke-card.service");
        let mut about = line("init.scope", "Started");
        about["_PID"] = json!("1");
        about["UNIT"] = json!("uketsuke-card.service");
        let lines = [
            good,
            forged,
            about,
            line("uketsuke", "CANARY"),
            json!(["CANARY"]),
        ];
        let taken = taken(&lines, 1 << 20);
        assert_eq!((taken.entries, taken.refused), (2, 3));
        assert!(!taken.text.contains("CANARY") && !taken.text.contains("カナリヤ"));
        assert!(taken.text.contains("ready") && taken.text.contains("Started"));
    }

    #[test]
    fn the_newest_are_kept_in_their_order_and_long_values_are_cut() {
        let lines: Vec<Value> = (0..100)
            .rev()
            .map(|n| line("rauc.service", &format!("n{n}")))
            .collect();
        let taken = taken(&lines, 500);
        assert!(taken.cut && taken.text.len() <= 500);
        let first = taken.text.find("n98").unwrap();
        assert!(first < taken.text.find("n99").unwrap());
        assert!(!taken.text.contains("\"n1\""));
        let long = super::tests::taken(&[line("rauc.service", &"あ".repeat(5000))], 1 << 20);
        assert!(long.text.len() < VALUE_BYTES + 200);
    }

    #[test]
    fn only_the_kernels_own_lines_are_the_kernels() {
        let lines = [
            json!({ "_TRANSPORT": "kernel", "MESSAGE": "usb 1-1: new device" }),
            json!({ "_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": "CANARY" }),
        ];
        let text = format!("{}\n{}\nnot json CANARY\n", lines[0], lines[1]);
        let taken = take(text.as_bytes(), 1 << 20, &from_kernel).unwrap();
        assert_eq!((taken.entries, taken.refused), (1, 2));
        assert!(!taken.text.contains("CANARY"));
    }

    #[test]
    fn a_journalctl_that_fails_is_told() {
        let error = units("false", 100).unwrap_err();
        assert!(matches!(error, JournalError::Failed(_)), "{error}");
        assert!(matches!(
            units("/gone", 100),
            Err(JournalError::Start { .. })
        ));
        assert_eq!(units("true", 100).unwrap(), Taken::default());
    }
}
