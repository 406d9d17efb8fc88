// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one thing the screen shows, as `mode` says it: ids and choices, nothing about a person.

use serde::{Deserialize, Serialize};
use zbus::{DeserializeDict, SerializeDict, Type};

use crate::consent::Variant;

macro_rules! wire_names {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
        #[zbus(signature = "s")]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $wire)] $variant,)+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire, in logs and in file names.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)+ }
            }

            /// The value with this wire name, if there is one.
            #[must_use]
            pub fn from_wire(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.as_str() == name)
            }
        }
    };
}

wire_names! {
    /// A view of the reader. P: the patient's path, S: staff, F: something went wrong.
    ViewId {
        /// 初期画面: place your card.
        Idle = "P-00",
        /// 本人確認の方法: choose how to prove who you are.
        Method = "P-02",
        /// 顔認証: look at the camera.
        Face = "P-03",
        /// 暗証番号: the PIN pad.
        Pin = "P-04",
        /// Hold the phone to the reader beside this one.
        HoldPhone = "P-05",
        /// Which phone: Android or iPhone.
        WhichPhone = "P-05a",
        /// The card or the centre is at work.
        Wait = "P-05x",
        /// 同意方法の確認: agree to all, or choose each.
        ConsentMethod = "P-06",
        /// 同意情報の引き継ぎ: carry an earlier consent over.
        CarryOver = "P-07",
        /// 事前・前回の同意状況: what was agreed earlier.
        EarlierConsents = "P-08",
        /// 手術（・傷病名・感染症）.
        ConsentSurgery = "P-09a",
        /// 診療・お薬.
        ConsentCare = "P-09b",
        /// お薬.
        ConsentMedicine = "P-09c",
        /// 健診.
        ConsentCheckUps = "P-09d",
        /// 処方箋発行形態: electronic or on paper.
        PrescriptionForm = "P-10",
        /// 医療費助成: whether to use certificates of public subsidy.
        Subsidy = "P-11",
        /// 診療情報提供書: which referral letters to submit.
        Letters = "P-12",
        /// 完了: done, take your card.
        Done = "P-13",
        /// 高額療養費: whether the limit of what is paid (限度額情報) may be provided. Asked before P-12.
        HighCost = "P-13b",
        /// 有効期限: the certificate is about to expire. The check-in is done already.
        Expiring = "P-14",
        /// 職員用: the staff passcode (目視確認用パスコード).
        Passcode = "S-01",
        /// 目視確認: staff have looked; the patient places the card.
        Visual = "S-02",
        /// 完了 after 目視確認.
        VisualDone = "S-03",
        /// The face was not found to be that of the card.
        FaceFailed = "F-01",
        /// P-03, and for a while now no face that could be used.
        FaceUnclear = "F-02",
        /// The PIN was wrong; the pad again, with the tries left.
        WrongPin = "F-03",
        /// This card's PIN cannot be used.
        PinUnusable = "F-04",
        /// The number on the card's front cannot be read.
        NumberUnread = "F-05",
        /// The certificate has expired.
        CertificateExpired = "F-07",
        /// The card was lifted too early; put it back to go on.
        CardLifted = "F-08",
        /// Not a My Number card.
        WrongCard = "F-09",
        /// The card cannot be read.
        Unreadable = "F-10",
        /// No insurance found.
        NotFound = "F-11",
        /// Insurance not valid, newer or several: neutral words, staff know why.
        WaitAtReception = "F-12",
        /// Terminal, line or centre down.
        LinkDown = "F-14",
        /// Nothing was touched for too long.
        TimedOut = "F-15",
        /// The card was forgotten on the reader.
        CardForgotten = "F-16",
        /// The phone cannot be read.
        PhoneUnreadable = "F-17",
    }
}

wire_names! {
    /// What a person can press.
    Action {
        /// 顔認証を行う / 顔認証にする.
        Face = "face",
        /// 暗証番号を入力.
        Pin = "pin",
        /// 終了する: give up and take the card.
        Finish = "finish",
        /// 全て同意する.
        AgreeAll = "agree-all",
        /// 個別に同意する.
        ChooseEach = "choose-each",
        /// 現在の同意状況を引き継ぐ.
        KeepEarlier = "keep-earlier",
        /// 選択し直す.
        ChooseAgain = "choose-again",
        /// 現在の同意状況をみる.
        ShowEarlier = "show-earlier",
        /// 戻る.
        Back = "back",
        /// 同意する.
        Agree = "agree",
        /// 同意しない.
        Refuse = "refuse",
        /// 続ける: more time, or go on after a notice.
        Continue = "continue",
        /// 電子処方箋.
        ElectronicPrescription = "electronic-prescription",
        /// 紙の処方箋.
        PaperPrescription = "paper-prescription",
        /// 利用する.
        Use = "use",
        /// 利用しない.
        UseNot = "use-not",
        /// 提供する: the limit of what is paid.
        Provide = "provide",
        /// 提供しない.
        ProvideNot = "provide-not",
        /// The first letter on this page, to be submitted or not.
        Tick1 = "tick-1",
        /// The second.
        Tick2 = "tick-2",
        /// The third.
        Tick3 = "tick-3",
        /// 次ページへ.
        NextPage = "next-page",
        /// 提出する: what is ticked.
        Submit = "submit",
        /// 提出しない: none of them.
        SubmitNone = "submit-none",
        /// スマートフォン: check in by phone.
        Phone = "phone",
        /// Android.
        Android = "android",
        /// iPhone.
        Iphone = "iphone",
        /// もう一度: hold the phone once more, or look at the camera once more.
        Retry = "retry",
        /// カードを使う: no phone, but the card.
        Card = "card",
        /// 職員用: staff want to vouch for a patient (目視確認).
        Staff = "staff",
        /// 中止: no 目視確認 after all.
        Stop = "stop",
    }
}

wire_names! {
    /// A stretch of the way to the centre.
    Hop {
        /// 資格確認端末, from the reader.
        Terminal = "terminal",
        /// 回線, from the terminal.
        Network = "network",
        /// オンライン資格確認等システム.
        Centre = "centre",
    }
}

wire_names! {
    /// 運転モード: what the terminal holds a reader in. 目視確認 after a passcode typed on the reader is
    /// none of these: it is one patient's, on S-02, whatever the terminal holds.
    Operation {
        /// 無人運転: the patient chooses face or PIN.
        Unattended = "unattended",
        /// 暗証番号認証固定: PIN only.
        PinOnly = "pin-only",
        /// 目視確認: staff vouch at the terminal for the patient who comes next.
        Visual = "visual",
    }
}

wire_names! {
    /// Which of several texts a view shows.
    Form {
        /// P-00: the terminal still holds the reader, and nobody has come for a while.
        StillHeld = "still-held",
        /// F-07: expired within three months, eligibility only.
        EligibilityOnly = "eligibility-only",
        /// F-07: expired longer; F-14, F-10: nothing more can be done here.
        Reception = "reception",
        /// F-09: a card lies on the reader for phones.
        CardSlot = "card-slot",
        /// F-09: a phone belongs on the reader for phones, and nothing else does.
        PhoneSlot = "phone-slot",
        /// F-17: not the kind of phone that was chosen.
        OtherPhone = "other-phone",
        /// S-01: that was nobody's passcode.
        WrongPasscode = "wrong-passcode",
        /// S-01: too many were wrong; after a while again.
        WaitPasscode = "wait-passcode",
        /// S-01: too many were wrong; not before a new one is issued.
        ClosedPasscode = "closed-passcode",
        /// S-01: nobody could say whose it is.
        UnverifiedPasscode = "unverified-passcode",
    }
}

wire_names! {
    /// What whoever stands before the camera could do (P-03, F-02).
    Hint {
        /// Look at the camera.
        LookHere = "look-here",
        /// Stay as you are: a face is seen and compared.
        HoldStill = "hold-still",
        /// Come closer.
        Closer = "closer",
        /// Raise the face.
        RaiseFace = "raise-face",
        /// It is too dark.
        TooDark = "too-dark",
        /// Strong light from behind.
        Backlight = "backlight",
        /// Something covers the face.
        Covered = "covered",
        /// One person alone.
        OnePerson = "one-person",
    }
}

impl Hint {
    /// Whether nothing can be compared as long as it lasts.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        !matches!(self, Self::LookHere | Self::HoldStill)
    }
}

wire_names! {
    /// A phone that carries a certificate (スマホ搭載).
    Phone {
        /// スマホ用電子証明書: its PIN is typed here.
        Android = "android",
        /// iPhoneのマイナンバーカード: its holder proves on it who he is.
        Iphone = "iphone",
        /// Whichever: nobody said.
        Any = "any",
    }
}

/// The current view (`Mode1.View`), `a{sv}` on the wire. Absent keys do not apply to the view.
#[derive(Clone, Debug, PartialEq, Eq, Hash, SerializeDict, DeserializeDict, Type)]
#[zbus(signature = "a{sv}")]
pub struct View {
    /// Which view.
    pub id: ViewId,
    /// Rises with every change; quoted in each call so that a late touch meets the view it was
    /// meant for.
    pub number: u64,
    /// What can be pressed now, main choice first.
    pub choices: Vec<Action>,
    /// Whether the PIN pad is open.
    pub pad: Option<bool>,
    /// Tries the card has left; shown on P-04 from 2 down, always on F-03.
    pub tries_left: Option<u8>,
    /// Wording of P-06 and P-09.
    pub variant: Option<Variant>,
    /// Place of this question among the individual consents, or of this page among those of P-12,
    /// from 1.
    pub step: Option<u8>,
    /// Number of individual consents, or of pages.
    pub steps: Option<u8>,
    /// Which hop is down (F-14), for the staff strip.
    pub hop: Option<Hop>,
    /// What the terminal holds the reader in, where that is not 無人運転 (P-00, S-02).
    pub operation: Option<Operation>,
    /// Whole minutes until the terminal's 目視確認 ends, rounded up; where it is for a run of patients.
    pub held_min: Option<u8>,
    /// Which text the view shows, where it has several.
    pub form: Option<Form>,
    /// What would help the camera (P-03, F-02).
    pub hint: Option<Hint>,
    /// Set where a face cannot be compared because a camera does not work (F-06), for the staff strip.
    pub camera_fault: Option<bool>,
    /// Set where the view is about a phone instead of a card: words and pictures are those for it.
    pub phone: Option<Phone>,
    /// Whole seconds until the view ends by itself; present while the time-out warning is up.
    pub warning_s: Option<u32>,
    /// Whole seconds until a passcode can be tried again (S-01).
    pub wait_s: Option<u32>,
    /// Whether `Mode1.Details` has something for this view.
    pub personal: Option<bool>,
}

impl View {
    /// A view with no choice and nothing else; fields are set where they apply.
    #[must_use]
    pub fn new(id: ViewId, number: u64) -> Self {
        Self {
            id,
            number,
            choices: Vec::new(),
            pad: None,
            tries_left: None,
            variant: None,
            step: None,
            steps: None,
            hop: None,
            operation: None,
            held_min: None,
            form: None,
            hint: None,
            camera_fault: None,
            phone: None,
            warning_s: None,
            wait_s: None,
            personal: None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn wire_names_are_unique_and_come_back() {
        for id in ViewId::ALL {
            assert_eq!(ViewId::from_wire(id.as_str()), Some(*id));
            assert_eq!(
                serde_json::to_string(id).unwrap(),
                format!("\"{}\"", id.as_str())
            );
        }
        for action in Action::ALL {
            assert_eq!(Action::from_wire(action.as_str()), Some(*action));
        }
        assert_eq!(Action::from_wire("visual"), None);
    }
}
