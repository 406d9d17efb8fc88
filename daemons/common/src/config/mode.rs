// SPDX-License-Identifier: MIT OR Apache-2.0
//! `[mode]`: times of the check-in.

use serde::Deserialize;

use super::Problems;

/// `[mode]` of `reader.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModeConfig {
    /// Seconds without touch before a question ends by itself; 30 to 600.
    pub question_s: u32,
    /// Seconds without touch before the warning; 10 to `question_s` minus 10.
    pub warning_s: u32,
    /// Seconds the answers of a patient who lifted the card are kept for the same card; 5 to 60.
    pub resume_s: u32,
    /// Seconds a card may stay after the end before it counts as forgotten (F-16); 10 to 120.
    pub done_reminder_s: u32,
    /// Seconds a forgotten card may stay before staff are told; 30 to 600.
    pub staff_call_s: u32,
    /// Seconds a message stays that nobody has to answer; 5 to 60.
    pub message_s: u32,
    /// When the button for staff (職員用) comes once the first passcode is issued: `at-once`, or
    /// `after-restart` as one public notice has it. It goes at once with the last.
    pub staff_button: StaffButton,
    /// Minutes for which 目視確認 from the terminal serves one patient after another, each with a tick of
    /// his own; 0 to 15, 0: one patient.
    pub visual_run_min: u32,
    /// How often a card is compared with the face before it, as it lies there; 1 to 3 (FACE-06).
    pub face_attempts: u8,
    /// Longest wait for the centre, in seconds, before the patient is sent to reception; 5 to 60.
    pub link_s: u32,
}

/// When the button for staff comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StaffButton {
    /// With the passcode.
    AtOnce,
    /// With the next start of the reader.
    AfterRestart,
}

impl Default for ModeConfig {
    fn default() -> Self {
        Self {
            question_s: 60,
            warning_s: 45,
            resume_s: 20,
            done_reminder_s: 30,
            staff_call_s: 120,
            message_s: 10,
            link_s: 15,
            face_attempts: 3,
            staff_button: StaffButton::AtOnce,
            visual_run_min: 0,
        }
    }
}

impl ModeConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        problems.range("mode.question_s", self.question_s, 30..=600, "s");
        let latest = self.question_s.saturating_sub(10).max(10);
        problems.range("mode.warning_s", self.warning_s, 10..=latest, "s");
        problems.range("mode.resume_s", self.resume_s, 5..=60, "s");
        problems.range("mode.done_reminder_s", self.done_reminder_s, 10..=120, "s");
        problems.range("mode.staff_call_s", self.staff_call_s, 30..=600, "s");
        problems.range("mode.message_s", self.message_s, 5..=60, "s");
        problems.range("mode.link_s", self.link_s, 5..=60, "s");
        problems.range(
            "mode.face_attempts",
            self.face_attempts,
            1..=3,
            "comparisons",
        );
        problems.range("mode.visual_run_min", self.visual_run_min, 0..=15, "min");
    }
}
