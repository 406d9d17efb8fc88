# SPDX-License-Identifier: MIT OR Apache-2.0
# やさしい日本語: short sentences, easy words in kana, a space between phrases (分かち書き). Readings in
# brackets stand only where there is room for them. A line breaks at a space; "~" is a space at
# which it never does.

language-name = やさしい にほんご
# as the voice says it; a language without a voice of its own is named in English
language-heard = やさしい にほんご

## Frame around every view
step-identity = かくにん
step-consent = どうい
step-done = おわり
progress-count = { $name } { $step }/{ $steps }
progress-of = { $steps }つの うち { $step }つめ
staff-call = こまったら、 うけつけへ。
language-button = ことば
language-choose = ことばを えらんで ください。

## Text size, colours, layout
ease = みやすさ
ease-title = もじの おおきさと いろを えらべます。
ease-lasts = つぎの ひとの ときは、もとに もどります。
ease-chosen = { $name }、えらんで います
text-normal = ふつう
text-large = おおきい
text-largest = いちばん おおきい
contrast-normal = ふつうの いろ
contrast-high = くろい がめん
layout-low = くるまいすの ひと：ボタンを したに します
layout-normal = くるまいすの ならびを やめます

## Screen alone: the mode manager is not there yet
starting = じゅんび して います。
starting-wait = すこし まって ください。
splash-stays = ながく かかる ときは、 うけつけで きいて ください。

## P-00 idle (F-09 uses the same sentence)
place-card = マイナンバーカードを おいて ください。
place-card-picture = カードを きかいに おく え

## P-02 method
choose-method = あなたを かくにん する やりかたを えらんで ください。
method-privacy = あなたを かくにん する ためだけに つかいます。
method-face = かおで~かくにん
method-pin = ばんごうを~おす
finish = おわる

## P-03 face; F-02 where a hint lasts, F-01, F-05
face-look = カメラを みて ください。
face-hold = そのまま まって ください。
face-picture = カメラを みる え
hint-closer = もうすこし ちかづいて ください。
hint-raise = かおを うえに あげて ください。
hint-dark = かおが くらいです。
hint-backlight = うしろが あかるすぎます。
hint-backlight-lasts = うしろの ひかりが つよくて かおが くらいです。
hint-covered = かおが かくれて います。
hint-one-person = ひとりで カメラの まえに たって ください。
face-pin = ばんごうでも かくにん できます。
face-failed = かおを かくにん できませんでした。
face-failed-do = もういちど するか ばんごうで かくにん できます。
face-failed-again = もういちど するか うけつけで きいて ください。
number-unread = カードを ケースから だして もういちど おいて ください。

## P-04 PIN pad
enter-pin = 4つの ばんごうを おして ください。
tries-left = あと { $tries }かい
pin-correct = けす
pin-count = { $digits }つの うち { $count }つ おしました
use-face = かおで かくにん

## P-05x wait
wait = かくにん して います。
wait-card = マイナンバーカードは そのままで、 まって ください。

## Phone: P-00's choice, P-05a, P-05, and its words on other views
use-phone = スマートフォン
phone-title = スマートフォンで うけつけ
phone-choose = どちらの スマートフォンですか。
phone-android = Android
phone-iphone = iPhone
phone-pin = スマホ しょうめいしょの ばんごう
phone-hold = スマホを となりに ちかづけて ください。
phone-hold-still = よみとるまで、 うごかさないで ください。
phone-hold-iphone = iPhoneの がめんで かくにん して ください。
phone-picture = となりの きかいに スマホを ちかづける え
wait-phone = そのまま まって ください。

## Staff: P-00's button, S-01, S-02
staff-button = 職員(しょくいん)
enter-passcode = パスコードを おして ください。
passcode-wrong = パスコードが ちがいます。
passcode-unverified = パスコードを かくにん できませんでした。
passcode-wait = いま パスコードは つかえません。
passcode-wait-do = あと { $minutes }分(ふん) まって ください。
passcode-wait-hours-do = あと { $hours }時間(じかん) まって ください。
passcode-closed = パスコードは つかえません。
passcode-closed-do = 端末(たんまつ)で もういちど だして ください。
visual-begin = 職員(しょくいん)が かくにん します。
visual-do = 見(み)て 本人(ほんにん)か かくにん して、 カードを おいて ください。
stop = やめる

## P-06 consent method
consent-question = まえの いりょうの きろくなどを わたしても いいですか。
consent-groups-x = 【しゅじゅつ、 びょうきの なまえ、 かんせんしょう／ しんりょう、 くすり／ けんしん】
consent-groups-y = 【しゅじゅつ／ しんりょう、 くすり／ けんしん】
consent-all = ぜんぶ~いいです
consent-each = 1つずつ~きめる

## P-07 carry over
carry-over = いまの こたえと おなじ
choose-again = えらびなおす
show-earlier = いまの こたえを みる

## P-08 earlier consents
earlier-title = まえに こたえた こと
earlier-surgery-x = しゅじゅつ、 びょうきの なまえ、 かんせんしょうの けんさ
earlier-surgery-y = しゅじゅつ
earlier-care-x = しんりょう （ほかの けんさ、 アレルギーなど）、 くすり
earlier-care-y = しんりょう、 くすり
earlier-medicine = くすり
earlier-checkup = けんしん
earlier-row = { $group } { $mark }
consent-mark-yes = はい
consent-mark-no = いいえ
back = もどる

## P-09 individual consent
surgery-heading-x = しゅじゅつ・ びょうきの なまえ・ かんせんしょう
surgery-heading-y = しゅじゅつ
surgery-question-x = まえの しゅじゅつ、 びょうきの なまえ、 かんせんしょうの けんさの きろくを ここに わたしても いいですか。
surgery-question-y = まえの しゅじゅつの きろくを ここに わたしても いいですか。
care-heading = しんりょう・ くすり
care-question-x = まえの しんりょう（ほかの けんさ、 アレルギーなど）と くすりの きろくを ここに わたしても いいですか。
care-question-y = まえの しんりょう （しゅじゅつの ほか）と くすりの きろくを ここに わたしても いいですか。
medicine-heading = くすり
medicine-question = まえの くすりの きろくを ここに わたしても いいですか。
checkup-heading = けんしん
checkup-question = まえの けんしんの きろくを ここに わたしても いいですか。
agree = はい
disagree = いいえ

## P-10 form of prescription, P-11 public subsidy
prescription-question = しょほうせんは どちらが いいですか。
prescription-electronic = でんし
prescription-paper = かみ
subsidy-question = いりょうひを たすける しょうめいしょを つかいますか。
use = つかいます
use-not = つかいません

## P-13b limit of what is paid; asked before P-12
high-cost-question = 「げんどがく」の じょうほうを わたしても いいですか。
high-cost-what = いりょうひが たかい とき、 まどぐちで はらう おかねの いちばん おおい がくです。
provide = わたす
provide-not = わたさない

## P-12 referral letters
letters-question = どの しょうかいじょうを だしますか。
letters-page = { $page }/{ $pages }
letters-page-heard = { $page }ページ
letters-ticked = えらんだ { $count }
letter = しょうかいじょう
letter-heard = { $number }ばんの しょうかいじょう
letter-issued = つくった 日 { $month }/{ $day }
letter-is-ticked = { $letter }、 えらびました
next-page = つぎの~ページ
submit = だす
submit-none = ださない

## P-14 certificate about to expire, with its last day; without it where that cannot be shown
expiring = カードの しょうめいしょが もうすぐ きれます （{ $date }）。
expiring-undated = カードの しょうめいしょが もうすぐ きれます。
expiring-do = しやくしょなどで あたらしく して ください。
day = { $year }年{ $month }月{ $day }日

## P-13 done; F-12 says the same without a name and without a reason
done-name = { $name }さん、 かくにんが おわりました。
done-take-card = マイナンバーカードを とって ください。
done-picture = カードを とる え
done-neutral = かくにんが おわりました。
done-wait = うけつけで まって ください。

## F-xx: what happened, what to do now, one way out
pin-wrong = ばんごうが ちがいます。
pin-wrong-tries = あと { $tries }かい まちがえると つかえません。
pin-unusable = この カードは ばんごうを つかえません。
pin-unusable-do = かおで かくにん して ください。
expired-recent = しょうめいしょの きげんが きれて います。
expired-recent-do = ほけんだけ かくにん します。
expired-old = この カードでは かくにん できません。
expired-old-do = うけつけに きて ください。
card-away = カードが はなれました。
card-away-do = もういちど おくと、 つづきから できます。
unreadable = カードを よめません。
unreadable-do = ケースから だして もういちど おいて ください。
no-insurance = ほけんの きろくが ありませんでした。
unavailable = いま かくにん できません。
timed-out = なにも おさなかったので、 おわりました。
timed-out-do = カードを とって ください。
forgotten = カードを とって ください
ask-reception = うけつけで きいて ください。
phone-unreadable = スマホを よめません。
phone-unreadable-do = ゆっくり うえ したに うごかして ください。
phone-other = えらんだ ものと ちがいます。
phone-other-do = えらびなおして ください。
retry = もういちど
use-card = カード
card-here = マイナンバーカードは こちらの きかいに おいて ください。
phone-pin-unusable = この スマホは ばんごうを つかえません。
phone-pin-unusable-do = カードを つかうか、 うけつけで きいて ください。
phone-refused = この スマホでは かくにん できません。
phone-timed-out-do = もういちど はじめから おねがいします。
phone-forgotten = スマホを とって ください

## Time-out warning, over any view
warning = おわります。 つづけますか。
warning-continue = つづける

## Staff strip
staff-hop-terminal = 端末に つながりません
staff-hop-network = 回線に つながりません
staff-hop-centre = センターに つながりません
staff-starting = はじめて います
staff-camera = カメラが うごきません
# for staff: what the terminal holds the reader in, by the names of its page
staff-held-pin-only = 端末：~暗証番号認証固定
staff-held-visual = 端末：~目視確認
staff-held-run = 端末：~目視確認 あと{ $minutes }分
staff-still-pin-only = 端末：~暗証番号認証固定の~まま
staff-still-visual = 端末：~目視確認の~まま

## Said by the voice; never shown
voice-help = プラスの キーで つぎへ、 マイナスの キーで まえへ、 エンターの キーで きめます。 スターの キーで もういちど、 スラッシュの キーで 大きな こえに なります。 こまった ときは、 うけつけの 人を よんで ください。
