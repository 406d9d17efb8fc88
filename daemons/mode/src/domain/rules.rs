// SPDX-License-Identifier: MIT OR Apache-2.0
//! The figures the check-in runs by.

use std::sync::Arc;

use uketsuke_bus::consent::{Categories, ConsentGroup, Variant};
use uketsuke_bus::face1;

use super::face::COMPARISONS;
use super::{Millis, letters};

/// Times and facility variants; configuration of `[mode]` and `[facility]`.
#[derive(Clone)]
pub struct Rules {
    /// A question ends after this long without a touch.
    pub question: Millis,
    /// The warning comes after this long; less than `question`.
    pub warning: Millis,
    /// Answers of a patient who lifted the card wait this long for the same card.
    pub resume: Millis,
    /// A card still there this long after the end is forgotten (F-16).
    pub done_reminder: Millis,
    /// Staff are told this long after the end.
    pub staff_call: Millis,
    /// A message nobody has to answer stays this long.
    pub message: Millis,
    /// How long P-05 waits for a phone before it says that none is read (F-17).
    pub hold: Millis,
    /// How long a face is compared at the longest; who compares keeps to the same.
    pub compare: Millis,
    /// How long a hint lasts until it is told as F-02.
    pub lasting: Millis,
    /// How long 目視確認 waits for the card of the one patient it is for (MODE-08).
    pub visual: Millis,
    /// After this long without anybody P-00 reminds staff of what the terminal holds (MODE-09).
    pub held_reminder: Millis,
    /// How long the terminal may hold 目視確認 at a time.
    pub held: Millis,
    /// How long it holds 目視確認 for one patient after another; none: for one patient.
    pub run: Option<Millis>,
    /// Longest wait until somebody says whose a passcode is.
    pub verify_limit: Millis,
    /// Longest wait for the certificate: some ten commands, each with its limit in the card daemon.
    pub read_limit: Millis,
    /// Longest wait for a challenge.
    pub challenge_limit: Millis,
    /// Longest wait for a signature.
    pub sign_limit: Millis,
    /// Longest wait for the centre's answer.
    pub check_in_limit: Millis,
    /// Longest wait until the consents are durable.
    pub complete_limit: Millis,
    /// How often a card is compared with the face before it, as it lies there.
    pub attempts: u8,
    /// Whether phones are offered, where there is a reader for them.
    pub phones: bool,
    /// What the facility asks for.
    pub categories: Arc<Categories>,
    /// Whether the patient chooses the form of prescription at the check-in (P-10).
    pub prescription: bool,
    /// Whether certificates of public subsidy can be used (PMH): P-11.
    pub subsidy: bool,
    /// Whether the patient is asked if the limit of what is paid (限度額情報) may be provided: P-13b.
    pub high_cost: bool,
    /// Whether 電子カルテ情報共有サービス is in use: referral letters are asked about (P-12).
    pub letters: bool,
    /// Letters on one page of P-12: 1 to as many as there are actions to tick them.
    pub letters_a_page: usize,
    /// A defect planted to prove that the exploration finds it.
    #[cfg(test)]
    pub(crate) planted: Option<Defect>,
}

impl Default for Rules {
    /// The times of flows §1.4 and §3 and the groups of a facility that takes everything.
    fn default() -> Self {
        let s = |seconds: u64| Millis(seconds * 1000);
        Self {
            question: s(60),
            warning: s(45),
            resume: s(20),
            done_reminder: s(30),
            staff_call: s(120),
            message: s(10),
            hold: s(30),
            compare: s(face1::LONGEST_S),
            lasting: s(5),
            visual: s(180),
            held_reminder: s(300),
            held: s(900),
            run: None,
            verify_limit: s(30),
            read_limit: s(15),
            challenge_limit: s(15),
            sign_limit: s(20),
            check_in_limit: s(15),
            complete_limit: s(15),
            attempts: COMPARISONS,
            phones: true,
            categories: Arc::new(Categories {
                variant: Variant::X,
                groups: vec![
                    ConsentGroup::Surgery,
                    ConsentGroup::Care,
                    ConsentGroup::CheckUps,
                ],
            }),
            prescription: false,
            subsidy: false,
            high_cost: false,
            letters: false,
            letters_a_page: letters::TICKS.len(),
            #[cfg(test)]
            planted: None,
        }
    }
}

/// One rule broken on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    /// Any card may take up the answers of another.
    AnyCardResumes,
    /// P-13 comes before the consents are durable.
    DoneBeforeDurable,
    /// A VERIFY whose outcome is unknown is sent again.
    RepeatVerify,
    /// The name stays when the forgotten card is reminded of.
    KeepName,
    /// P-06 waits for ever.
    EndlessConsent,
    /// A consent not answered counts as given.
    AssumeConsent,
    /// A phone that lies there after a wrong PIN is asked again by itself.
    PhoneAskedAgain,
    /// The certificate is read of whatever lies there, not of the phone that signed.
    AnyPhoneSigned,
    /// P-05 waits for ever.
    EndlessHold,
    /// 目視確認 stays on for the next patient.
    VisualStays,
    /// 目視確認 outlives the screen on which it was opened.
    VisualOutlivesScreen,
    /// 目視確認 waits for a card for ever.
    EndlessVisual,
    /// A right passcode that comes too late still opens.
    LatePasscodeOpens,
    /// The terminal's 目視確認 stays on after its one patient.
    HoldStays,
    /// The terminal's 目視確認 stays on while nobody comes.
    HeldForEver,
    /// 中止 ends the one patient and not the run.
    RunGoesOn,
    /// P-14 waits for a touch for ever.
    EndlessNotice,
    /// P-14 comes after F-07 as well.
    NoticeForAll,
    /// 利用しない counts as 利用する.
    AssumeUse,
    /// The form of prescription is recorded where nobody asked for it.
    AssumeForm,
    /// Who carries an earlier consent over provides 限度額情報 with it, unasked.
    LimitCarriedOver,
    /// 提出しない submits what is ticked.
    SubmitAnyway,
    /// What was ticked is forgotten with the page.
    TicksForgotten,
    /// Whoever is seen counts as the card's holder.
    AnyFace,
    /// A face found after the patient was told otherwise still signs.
    LateFaceSigns,
    /// A signature that failed is asked for again on the same face.
    FaceSignsTwice,
    /// A card is compared as often as anybody wants.
    ComparedForEver,
    /// P-03 waits for ever.
    EndlessCompare,
    /// The camera looks on after the patient has left.
    CameraLooksOn,
    /// P-12 comes although there is no letter, or nobody asks about any.
    LettersForAll,
}

impl Rules {
    /// Whether this defect is planted. A product build has none.
    #[cfg(test)]
    pub(super) fn broken(&self, defect: Defect) -> bool {
        self.planted == Some(defect)
    }

    /// Whether this defect is planted. A product build has none.
    #[cfg(not(test))]
    pub(super) const fn broken(&self, _: Defect) -> bool {
        false
    }
}
