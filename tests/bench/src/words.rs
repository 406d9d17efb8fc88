// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bus members in words, for people who do not read interface files.

/// Words for a method or signal of ours.
const MEMBERS: [(&str, &str, &str); 21] = [
    (
        "jp.uketsuke.Card1",
        "CardPlaced",
        "カードが置かれた · card placed",
    ),
    (
        "jp.uketsuke.Card1",
        "CardLifted",
        "カードが取られた · card lifted",
    ),
    (
        "jp.uketsuke.Card1.Card",
        "ReadCertificate",
        "証明書を読む · read the certificate",
    ),
    (
        "jp.uketsuke.Card1.Card",
        "SignWithPin",
        "暗証番号で署名する · sign with the PIN",
    ),
    (
        "jp.uketsuke.Card1.Card",
        "SignOnPhone",
        "スマートフォンで署名する · sign on the phone",
    ),
    (
        "jp.uketsuke.Card1.Card",
        "ReadPhoto",
        "顔写真を読む · read the photo",
    ),
    (
        "jp.uketsuke.Card1.Card",
        "Release",
        "カードを放す · release the card",
    ),
    (
        "jp.uketsuke.Mode1",
        "Act",
        "押された · something was pressed",
    ),
    (
        "jp.uketsuke.Mode1",
        "EnterPin",
        "暗証番号が入力された · a PIN was typed",
    ),
    (
        "jp.uketsuke.Mode1",
        "Details",
        "個人の部分を求める · ask for the personal part",
    ),
    (
        "jp.uketsuke.Uplink1",
        "Challenge",
        "照会を始める · open a session",
    ),
    (
        "jp.uketsuke.Uplink1",
        "CheckIn",
        "資格を確認する · check eligibility",
    ),
    (
        "jp.uketsuke.Uplink1",
        "Complete",
        "同意を届ける · deliver the consents",
    ),
    (
        "jp.uketsuke.Uplink1",
        "Abandon",
        "照会をやめる · give the session up",
    ),
    ("jp.uketsuke.Voice1", "Say", "案内を話す · say it aloud"),
    ("jp.uketsuke.Voice1", "Hush", "話すのをやめる · say no more"),
    (
        "org.freedesktop.DBus.Properties",
        "Get",
        "状態を読む · read a property",
    ),
    (
        "org.freedesktop.DBus.Properties",
        "GetAll",
        "状態を読む · read all properties",
    ),
    (
        "org.freedesktop.DBus.Properties",
        "Set",
        "状態を変える · set a property",
    ),
    (
        "org.freedesktop.DBus.Properties",
        "PropertiesChanged",
        "状態が変わった · properties changed",
    ),
    (
        "org.freedesktop.DBus.ObjectManager",
        "GetManagedObjects",
        "カードを尋ねる · ask for cards",
    ),
];

/// Words for a member, or its bare name.
pub fn member(interface: &str, member: &str) -> String {
    let known = MEMBERS
        .iter()
        .find(|(i, m, _)| *i == interface && *m == member);
    known.map_or_else(
        || member.to_owned(),
        |(_, _, words)| format!("{member} — {words}"),
    )
}

/// A peer by its well-known name: `jp.uketsuke.Card1` is `card`.
pub fn peer(name: &str) -> String {
    name.strip_prefix("jp.uketsuke.").map_or_else(
        || name.to_owned(),
        |n| n.trim_end_matches(char::is_numeric).to_lowercase(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_members_read_as_words() {
        assert_eq!(peer("jp.uketsuke.Uplink1"), "uplink");
        assert!(member("jp.uketsuke.Uplink1", "CheckIn").contains("資格を確認する"));
        assert_eq!(member("jp.example", "Odd"), "Odd");
    }
}
