# SPDX-License-Identifier: MIT OR Apache-2.0
# やさしい日本語: short sentences, easy words, a space between phrases (分かち書き), kanji only where
# no plain word exists and then with its reading in brackets. A line breaks at a space; "~" is a
# space at which it never does.

language-name = やさしい~にほんご

## Frame around every view
step-identity = あなたの~かくにん
step-consent = 同意(どうい)
step-done = おわり
progress-count = { $name } { $step }/{ $steps }
progress-of = { $steps }つの うち { $step }つめ
staff-call = こまったら、 うけつけへ。
language-button = ことば~Language
language-choose = ことばを えらんで ください。

## Screen alone: the mode manager is not there yet
starting = じゅんび して います。
starting-wait = すこし まって ください。
splash-stays = ながく かかる ときは、 うけつけで きいて ください。

## P-00 idle (F-09 uses the same sentence)
place-card = マイナンバーカードを おいて ください。
place-card-picture = カードを きかいに おく 絵(え)

## P-02 method
choose-method = あなたを かくにん する やりかたを えらんで ください。
method-privacy = あなたを かくにん する ためだけに つかいます。
method-face = かおで~かくにん
method-pin = 番号(ばんごう)を~おす
finish = おわる

## P-04 PIN pad
enter-pin = 4つの 数字(すうじ)の 暗証番号(あんしょうばんごう)を おして ください。
tries-left = あと { $tries }回(かい)
pin-correct = けす
pin-count = { $digits }つの うち { $count }つ おしました
use-face = かおで~かくにん

## P-05x wait
wait = かくにん して います。
wait-card = マイナンバーカードは そのままで、 まって ください。

## Phone: P-00's choice, P-05a, P-05, and its words on other views
use-phone = スマートフォン
phone-title = スマートフォンで うけつけ
phone-choose = どちらの スマートフォンですか。
phone-android = Android
phone-iphone = iPhone
phone-pin = スマホ~電子証明書(でんししょうめいしょ)の~番号です。
phone-hold = となりの きかいに スマートフォンを ちかづけて ください。
phone-hold-still = よみとるまで、 うごかさないで ください。
phone-hold-iphone = iPhoneの 画面(がめん)で かくにん して ください。
phone-picture = となりの きかいに スマートフォンを ちかづける 絵(え)
wait-phone = そのまま まって ください。

## Staff: P-00's button, S-01, S-02
staff-button = 職員(しょくいん)
enter-passcode = 目(め)で みて かくにん する ための パスコードを おして ください。
passcode-wrong = パスコードが ちがいます。
passcode-unverified = パスコードを かくにん できませんでした。
passcode-wait = いま パスコードは つかえません。
passcode-wait-do = あと { $minutes }分(ふん) まって ください。
passcode-wait-hours-do = あと { $hours }時間(じかん) まって ください。
passcode-closed = パスコードは つかえません。
passcode-closed-do = 端末(たんまつ)で もう一度(いちど) 発行(はっこう)して ください。
visual-begin = 職員(しょくいん)が かくにんを はじめます。
visual-do = 目(め)で みて 本人(ほんにん)か かくにん して、 マイナンバーカードを おいて ください。
stop = やめる

## P-06 consent method
consent-question = いままでの 医療(いりょう)の 情報(じょうほう)などを わたしても いいですか。
consent-groups-x = 【手術(しゅじゅつ)、 病気(びょうき)の 名前(なまえ)、 感染症(かんせんしょう)／ 診療(しんりょう)、 くすり／ 健診(けんしん)】
consent-groups-y = 【手術(しゅじゅつ)／ 診療(しんりょう)、 くすり／ 健診(けんしん)】
consent-all = ぜんぶ~いいです
consent-each = 1つずつ~きめる

## P-07 carry over
carry-over = いまの~こたえと~おなじ
choose-again = もう~一度~えらぶ
show-earlier = いまの~こたえを~みる

## P-08 earlier consents
earlier-title = まえに こたえた こと
earlier-surgery-x = 手術(しゅじゅつ)、 病気(びょうき)の 名前(なまえ)、 感染症(かんせんしょう)の 検査(けんさ)
earlier-surgery-y = 手術(しゅじゅつ)
earlier-care-x = 診療(しんりょう)(感染症の ほかの 検査、 アレルギーなど)、 くすり
earlier-care-y = 診療(しんりょう)、 くすり
earlier-medicine = くすり
earlier-checkup = 健診(けんしん)
earlier-row = { $group } { $mark }
consent-mark-yes = はい
consent-mark-no = いいえ
back = もどる

## P-09 individual consent
surgery-heading-x = 手術(しゅじゅつ)・ 病気(びょうき)の 名前・ 感染症(かんせんしょう)
surgery-heading-y = 手術(しゅじゅつ)
surgery-question-x = いままでの 手術、 病気の 名前、 感染症の 検査(けんさ)の 結果(けっか)を ここに わたしても いいですか。
surgery-question-y = いままでの 手術(しゅじゅつ)の 情報(じょうほう)を ここに わたしても いいですか。
care-heading = 診療(しんりょう)・ くすり
care-question-x = いままでの 診療(感染症の ほかの 検査、 アレルギーなど)と くすりの 情報(じょうほう)を ここに わたしても いいですか。
care-question-y = いままでの 診療(手術の ほか)と くすりの 情報(じょうほう)を ここに わたしても いいですか。
medicine-heading = くすり
medicine-question = いままでの くすりの 情報(じょうほう)を ここに わたしても いいですか。
checkup-heading = 健診(けんしん)
checkup-question = いままでの 健診(けんしん)の 情報(じょうほう)を ここに わたしても いいですか。
agree = はい
disagree = いいえ

## P-13 done; F-12 says the same without a name and without a reason
done-name = { $name }さん、 かくにんが おわりました。
done-take-card = マイナンバーカードを とって ください。
done-picture = カードを とる 絵(え)
done-neutral = かくにんが おわりました。
done-wait = うけつけで まって ください。

## F-xx: what happened, what to do now, one way out
pin-wrong = 番号(ばんごう)が ちがいます。
pin-wrong-tries = あと { $tries }回(かい) まちがえると つかえなく なります。
pin-unusable = この カードは 番号(ばんごう)を つかえません。
pin-unusable-do = かおで かくにん して ください。
expired-recent = 電子証明書(でんししょうめいしょ)の 期限(きげん)が きれて います。
expired-recent-do = 保険(ほけん)だけ かくにん します。
expired-old = この カードでは かくにん できません。
expired-old-do = うけつけに きて ください。
card-away = カードが はなれました。
card-away-do = もう一度(いちど) おくと、 つづきから できます。
unreadable = カードを よむ ことが できません。
unreadable-do = ケースから だして、 もう一度(いちど) おいて ください。
no-insurance = 保険(ほけん)の 情報(じょうほう)が ありませんでした。
unavailable = いま かくにん できません。
timed-out = なにも おさなかったので、 おわりました。
timed-out-do = カードを とって ください。
forgotten = カードを とって ください
ask-reception = うけつけで きいて ください。
phone-unreadable = スマートフォンを よむ ことが できません。
phone-unreadable-do = 上(うえ)と 下(した)に ゆっくり うごかして ください。
phone-other = えらんだ スマートフォンと ちがいます。
phone-other-do = もう一度(いちど) えらんで ください。
retry = もう~一度
use-card = カードを~つかう
card-here = マイナンバーカードは こちらの きかいに おいて ください。
phone-pin-unusable = この スマートフォンは 番号(ばんごう)を つかえません。
phone-pin-unusable-do = カードを つかうか、 うけつけで きいて ください。
phone-refused = この スマートフォンでは かくにん できません。
phone-timed-out-do = もう一度(いちど) はじめから おねがいします。
phone-forgotten = スマートフォンを とって ください

## Time-out warning, over any view
warning = もうすぐ おわります。 つづけますか。
warning-continue = つづける

## Staff strip
staff-hop-terminal = 端末に つながりません
staff-hop-network = 回線に つながりません
staff-hop-centre = センターに つながりません
staff-starting = はじめて います
# for staff: what the terminal holds the reader in, by the names of its page
staff-held-pin-only = 端末：~暗証番号認証固定
staff-held-visual = 端末：~目視確認
staff-still-pin-only = 端末：~暗証番号認証固定の~まま
staff-still-visual = 端末：~目視確認の~まま
