# SPDX-License-Identifier: MIT OR Apache-2.0
# Japanese texts of the patient's and the staff's screens.
# "|" marks where a line may break (文節); it is never shown and never spoken. "~" is a space at
# which a line never breaks.

language-name = 日本語
# as the voice says it; a language without a voice of its own is named in English
language-heard = 日本語

## Frame around every view
step-identity = 本人確認
step-consent = 同意
step-done = 完了
progress-count = { $name } { $step }／{ $steps }
progress-of = { $steps }つの|うち{ $step }つ目
staff-call = お困りの|ときは、|受付へ。
# whoever cannot read the rest of the screen must find it; staff and patients know the word
language-button = Language
language-choose = 言語を|選んでください。

## The screen's own buttons and its choice of text size and colours
ease = 見やすさ
ease-title = 文字の|大きさと|色を|選べます。
ease-lasts = お帰りの|あとは、|もとに|戻ります。
ease-chosen = { $name }、選択中
text-normal = 標準
text-large = 大きい
text-largest = 最大
contrast-normal = 標準の|色
contrast-high = 黒い|背景
layout-low = 車いす用：|ボタンを|下に|並べる
layout-normal = 車いす用を|やめる

## Screen alone: the mode manager is not there yet
starting = 準備しています。
starting-wait = そのまま|少し|お待ちください。
# the firmware shows it before any daemon runs; it stays when the reader cannot start
splash-stays = 長く|かかる|ときは、|受付へ|お声がけください。

## P-00 idle (F-09 uses the same sentence)
place-card = マイナンバーカードを|置いてください。
place-card-picture = カードリーダーに|カードを|置く|絵

## P-02 method
choose-method = 本人確認の|方法を|選んでください。
method-privacy = 本人確認の|情報は、|他の|目的には|使用しません。
method-face = 顔認証を|行う
method-pin = 暗証番号を|入力
finish = 終了する

## P-03 face; F-02 where a hint lasts, F-01, F-05
face-look = カメラを|見てください。
face-hold = そのまま|お待ちください。
face-picture = カメラを|見る|絵
hint-closer = もう少し|近づいてください。
hint-raise = 顔を|上げてください。
hint-dark = お顔が|暗く|写っています。
hint-backlight = 後ろが|明るすぎます。
hint-backlight-lasts = 後ろの|光が|強いため、|お顔が|暗く|写っています。
hint-covered = お顔が|隠れています。
hint-one-person = お一人で|お願いします。
face-pin = 暗証番号で|確認できます。
face-failed = お顔を|確認できませんでした。
face-failed-do = もう一度|行うか、|暗証番号で|確認できます。
face-failed-again = もう一度|行うか、|受付へ|お声がけください。
number-unread = カードの|ケースを|外し、|もう一度|置いてください。

## P-04 PIN pad
enter-pin = 4桁の|暗証番号を|入力してください。
tries-left = あと{ $tries }回
pin-correct = 訂正
pin-count = { $digits }桁の|うち|{ $count }桁を|入力しました
use-face = 顔認証に|する

## P-05x wait
wait = 確認しています。
wait-card = マイナンバーカードを|置いたまま|お待ちください。

## Phone: P-00's choice, P-05a, P-05, and its words on other views
use-phone = スマートフォン
phone-title = スマホによる|手続き
phone-choose = お使いの|スマートフォンを|選んでください。
phone-android = Android
phone-iphone = iPhone
phone-pin = スマホ用|電子証明書の|暗証番号です。
phone-hold = スマートフォンを|隣の|読み取り機に|かざしてください。
phone-hold-still = 読み取るまで|そのまま|お待ちください。
phone-hold-iphone = iPhoneの|画面で|認証してください。
phone-picture = 隣の|読み取り機に|スマートフォンを|かざす|絵
wait-phone = そのまま|お待ちください。

## Staff: P-00's button, S-01, S-02
staff-button = 職員用
enter-passcode = 目視確認用|パスコードを|入力してください。
passcode-wrong = パスコードが|違います。
passcode-unverified = パスコードを|確認できませんでした。
passcode-wait = パスコードを|使えません。
passcode-wait-do = あと|{ $minutes }分|お待ちください。
passcode-wait-hours-do = あと|{ $hours }時間|お待ちください。
passcode-closed = パスコードを|使えません。
passcode-closed-do = 資格確認端末で|発行し直してください。
visual-begin = 資格確認を|開始します。
visual-do = 目視で|本人確認を|行い|マイナンバーカードを|置いてください。
stop = 中止

## P-06 consent method
consent-question = 過去の|医療情報等の|提供に|同意しますか。
consent-groups-x = 【手術、|傷病名、|感染症／|診療、|お薬／|健診】
consent-groups-y = 【手術／|診療、|お薬／|健診】
consent-all = 全て|同意する
consent-each = 個別に|同意する

## P-07 carry over
carry-over = 現在の|同意状況を|引き継ぐ
choose-again = 選択し直す
show-earlier = 現在の|同意状況を|みる

## P-08 earlier consents
earlier-title = 事前・前回の|同意状況
earlier-surgery-x = ・手術、|傷病名、|感染症検査結果：
earlier-surgery-y = ・手術：
earlier-care-x = ・診療|（感染症を除く検査結果、|アレルギー等）、お薬：
earlier-care-y = ・診療、|お薬：
earlier-medicine = ・お薬：
earlier-checkup = ・健診
earlier-row = { $group } { $mark }
consent-mark-yes = 〇
consent-mark-no = ×
back = 戻る

## P-09 individual consent
surgery-heading-x = 手術・|傷病名・|感染症
surgery-heading-y = 手術
surgery-question-x = 過去の|手術情報・|傷病名情報・|感染症検査結果を|当機関に|提供することに|同意しますか。
surgery-question-y = 過去の|手術情報を|当機関に|提供することに|同意しますか。
care-heading = 診療・お薬
care-question-x = 過去の|診療情報|(感染症を|除く|検査結果、|アレルギー等)・|お薬情報を|当機関に|提供することに|同意しますか。
care-question-y = 過去の|手術以外の|診療・|お薬情報を|当機関に|提供することに|同意しますか。
medicine-heading = お薬
medicine-question = 過去の|お薬情報を|当機関に|提供することに|同意しますか。
checkup-heading = 健診
checkup-question = 過去の|健診情報を|当機関に|提供することに|同意しますか。
agree = 同意する
disagree = 同意しない

## P-10 form of prescription, P-11 public subsidy
prescription-question = 処方箋の|発行形態を|選んでください。
prescription-electronic = 電子処方箋
prescription-paper = 紙の|処方箋
subsidy-question = 医療費助成の|各種受給者証を|利用しますか。
use = 利用する
use-not = 利用しない

## P-13b limit of what is paid; asked before P-12
high-cost-question = 限度額情報を|提供しますか。
high-cost-what = 高額療養費制度による、|窓口での|お支払い上限額です。
provide = 提供する
provide-not = 提供しない

## P-12 referral letters
letters-question = 提出する|紹介状を|すべて|選択してください。
letters-page = { $page }/{ $pages }
letters-page-heard = { $page }ページ
letters-ticked = { $count }件選択
letter = 紹介状
letter-heard = { $number }つめの紹介状
letter-issued = 発行日 { $month }/{ $day }
letter-is-ticked = { $letter }、選択中
next-page = 次ページへ
submit = 提出する
submit-none = 提出しない

## P-13 done; F-12 says the same without a name and without a reason
done-name = { $name }様 確認が|完了しました。
done-take-card = マイナンバーカードを|取り出してください。
done-picture = カードを|取り出す|絵
done-neutral = 確認が|完了しました。
done-wait = 受付で|お待ちください。

## P-14 certificate about to expire, with its last day; without it where that cannot be shown
expiring = 電子証明書の|有効期限が|近づいています|（{ $date }）。
expiring-undated = 電子証明書の|有効期限が|近づいています。
expiring-do = 市区町村の|窓口で|更新してください。
day = { $year }年{ $month }月{ $day }日

## F-xx: what happened, what to do now, one way out
pin-wrong = 暗証番号が|違います。
pin-wrong-tries = あと{ $tries }回|まちがえると|使えなくなります。
pin-unusable = このカードは|暗証番号を|使えません。
pin-unusable-do = 顔認証で|確認してください。
expired-recent = 電子証明書の|期限が|切れています。
expired-recent-do = 保険の|確認だけ|行います。
expired-old = このカードでは|確認できません。
expired-old-do = 受付へ|お越しください。
card-away = カードが|離れました。
card-away-do = もう一度|置くと|続きから|始められます。
unreadable = カードを|読み取れません。
unreadable-do = ケースを外し、|置き直してください。
no-insurance = 保険の|情報が|見つかりませんでした。
unavailable = ただいま|確認できません。
timed-out = 操作が|なかったため|終了しました。
timed-out-do = カードを|お取りください。
forgotten = カードを|お取りください
ask-reception = 受付へ|お声がけください。
phone-unreadable = スマートフォンを|読み取れません。
phone-unreadable-do = 上下に|ゆっくり|動かしてください。
phone-other = 選んだ|スマートフォンと|種類が|違います。
phone-other-do = もう一度|選んでください。
retry = もう一度
use-card = カードを|使う
card-here = マイナンバーカードは|こちらの|カードリーダーに|置いてください。
phone-pin-unusable = このスマートフォンは|暗証番号を|使えません。
phone-pin-unusable-do = カードを|使うか、|受付へ|お声がけください。
phone-refused = このスマートフォンでは|確認できません。
phone-timed-out-do = もう一度|はじめから|お願いします。
phone-forgotten = スマートフォンを|お取りください

## Time-out warning, over any view
warning = まもなく終了します。|続けますか。
warning-continue = 続ける

## Staff strip
staff-hop-terminal = 端末に接続できません
staff-hop-network = 回線に接続できません
staff-hop-centre = センターに接続できません
staff-starting = 起動中
staff-camera = カメラ異常
# 運転モード that the terminal holds; the names are the notices', the sentences ours
staff-held-pin-only = 端末：|暗証番号認証固定
staff-held-visual = 端末：|目視確認
staff-held-run = 端末：|目視確認 あと{ $minutes }分
staff-still-pin-only = 端末：|暗証番号認証固定の|ままです
staff-still-visual = 端末：|目視確認の|ままです

## 音声案内: 画面には出ない
voice-help = プラスで次へ、マイナスで前へ、|エンターで決定します。|スターでもう一度、|スラッシュで大きな声で|お聞きになれます。|お困りのときは、|受付へお声がけください。
