// SPDX-License-Identifier: MIT OR Apache-2.0
//! What to do about a finding, in both languages. One table, so that a translator finds it.

use super::Verdict;

/// Advice in English (for what is bad) and words in Japanese.
pub fn of(name: &str, verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Ok => ("", "正常です。"),
        Verdict::Absent => ("", absent(name)),
        Verdict::Bad => bad(name),
    }
}

fn absent(name: &str) -> &'static str {
    match name {
        "camera" => "カメラはまだ対応していません。",
        "tpm" => "TPMはありません。",
        "passcodes" => "TPMがないため、パスコードの記録を古いものに戻されても分かりません。",
        "sealed" => "データ領域は、この機械のTPMでは保護されていません。",
        "secure-boot" => "セキュアブートは使われていません。",
        "terminal" => "資格確認端末は、この機械では動かしません。",
        "provisioning" => "まだ施設の設定がされていません。",
        "slot" => "更新用の2つの領域がある機械ではありません。",
        _ => "この機械にはない、またはここからは確認できません。",
    }
}

fn bad(name: &str) -> (&'static str, &'static str) {
    match name {
        "bus" => (
            "Restart the reader; if it stays, replace it.",
            "内部の通信が動いていません。再起動し、直らなければ機械を交換してください。",
        ),
        "card" => (
            "The card daemon fails: take a log bundle and restart the reader.",
            "カード処理が動いていません。ログを取り、再起動してください。",
        ),
        "card-reader" => (
            "Plug the card reader in again; if it stays, replace it.",
            "カードの読取部が見つかりません。つなぎ直し、直らなければ交換してください。",
        ),
        "pcscd" => (
            "The PC/SC service is not to be reached: take a log bundle and restart the reader.",
            "読取部の制御が動いていません。ログを取り、再起動してください。",
        ),
        "mode" => (
            "The mode manager fails: take a log bundle and restart the reader.",
            "受付の処理が動いていません。ログを取り、再起動してください。",
        ),
        "passcodes" => (
            "The log of the mode manager says what is missing: take a log bundle; restart the reader.",
            "目視確認用パスコードを扱えません。ログを取り、再起動してください。",
        ),
        "screen" | "display" => (
            "Check the cable of the display, then restart the reader.",
            "画面が出せません。画面のケーブルを確かめ、再起動してください。",
        ),
        "uplink" => (
            "The uplink fails: take a log bundle; check its certificates.",
            "資格確認端末への通信処理が動いていません。証明書を確かめ、ログを取ってください。",
        ),
        "line" => (
            "Check the cable and the line to the hop named.",
            "表示された区間の回線が切れています。ケーブルと回線を確かめてください。",
        ),
        "terminal" => (
            "The terminal program fails: take a log bundle; check its certificates.",
            "資格確認端末の処理が動いていません。証明書を確かめ、ログを取ってください。",
        ),
        "update" => (
            "Updates cannot be installed: take a log bundle.",
            "更新の処理が動いていません。ログを取ってください。",
        ),
        "units" => (
            "These programs failed too often and rest: take a log bundle and restart the reader.",
            "繰り返し止まったプログラムがあります。ログを取り、再起動してください。",
        ),
        "storage" => (
            "The data partition cannot keep anything: take a log bundle; replace the reader.",
            "データを保存できません。ログを取り、機械を交換してください。",
        ),
        "sealed" => (
            "The data partition is open to whoever takes the disk: provision the reader anew.",
            "データ領域が暗号化されていません。設定をやり直してください。",
        ),
        "root" => (
            "The system is not protected against changes: install the release again.",
            "システムの改ざん防止が働いていません。正規の版を入れ直してください。",
        ),
        "slot" => (
            "The slots cannot be told apart: install the release again.",
            "起動した領域が分かりません。正規の版を入れ直してください。",
        ),
        "secure-boot" => (
            "Switch secure boot on in the firmware.",
            "セキュアブートを有効にしてください。",
        ),
        "tpm" => (
            "The TPM does not answer: replace the reader.",
            "TPMが応答しません。機械を交換してください。",
        ),
        "clock" => (
            "The clock is wrong: check the line to the time server and the battery.",
            "時計が正しくありません。時刻サーバーへの回線と電池を確かめてください。",
        ),
        "configuration" => (
            "Mend the file and key named, or provision the reader anew.",
            "設定に誤りがあります。表示された箇所を直してください。",
        ),
        "provisioning" => (
            "Provision the reader again with the clinic's file.",
            "施設の設定を入れ直してください。",
        ),
        "certificates" => (
            "Order new certificates and provision them.",
            "証明書の期限が近い、または切れています。新しい証明書を入れてください。",
        ),
        _ => (
            "Take a log bundle and call the maker.",
            "ログを取り、製造元へ連絡してください。",
        ),
    }
}
